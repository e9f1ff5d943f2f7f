/* train.c - the command: set a training up, run it, say where it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/train.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/settings.h"

static void
log_start(const dna_training *t)
{
    const dna_net_sizes *s = &t->net->sizes;
    dna_log_info(t->log, "process %ld", (long)getpid());
    dna_log_info(t->log, "preparing run %s in %s", t->run.name, t->run.dir);
    dna_log_info(t->log, "seed %llu", (unsigned long long)t->seed);
    dna_log_info(t->log, "dataset %s: %lld validation samples, %lld training samples",
        dna_setting_text(t->config, "dataset.dataset_name"), (long long)t->n_validation,
        (long long)t->n_training);
    dna_log_info(t->log,
        "network %s, from the data: n_snp %lld, n_indiv %lld, concat %s, n_outputs %lld; %lld learned numbers",
        t->net->def->name, (long long)s->n_snp, (long long)s->n_indiv,
        s->concat ? "true" : "false", (long long)s->n_outputs,
        (long long)dna_state_n_param(t->net->state));
    dna_log_info(t->log, "optimizer %s, %d threads", t->optim->def->name,
        dna_pool_n_thread(t->pool));
    dna_log_info(t->log, "start of training; networks are saved at each validation");
    dna_log_warning(t->log,
        "samples of different sizes in one batch are padded with -1 on the right and at the bottom");
}

int
dna_run_train(const dna_train_options *o, char **run_dir)
{
    dna_training t;
    char *dir = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_init(&t, o));
    DNA_TRY(dna_training_open(&t));
    log_start(&t);
    dir = dna_strdup(t.run.dir);
    if (dir == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_training_run(&t));
out:
    dna_training_clear(&t);
    if (run_dir != NULL && dir != NULL && (rc == DNA_OK || rc == DNA_ECANCEL)) {
        *run_dir = dir;
        dir = NULL;
    }
    dna_free(dir);
    return rc;
}

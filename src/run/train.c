/* train.c - the command: set a training up, run it, say where it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/train_loop.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/settings.h"

static void
log_place(const dna_loop *l)
{
    const dna_training *t = l->t;

    dna_log_info(t->log, "process %ld", (long)getpid());
    if (t->options->resume == NULL) {
        dna_log_info(t->log, "preparing run %s in %s", t->run.name, t->run.dir);
    } else if (t->state == NULL) {
        dna_log_info(t->log,
            "run %s in %s has no state yet: it begins at its beginning", t->run.name,
            t->run.dir);
    } else if (l->is_epoch_done) {
        dna_log_info(t->log, "resuming run %s in %s after epoch %lld", t->run.name,
            t->run.dir, (long long)l->epoch);
    } else if (l->next_batch == 0) {
        dna_log_info(t->log, "resuming run %s in %s at the beginning of epoch %lld",
            t->run.name, t->run.dir, (long long)l->epoch);
    } else {
        dna_log_info(t->log, "resuming run %s in %s in epoch %lld after batch %lld",
            t->run.name, t->run.dir, (long long)l->epoch, (long long)l->batch + 1);
    }
}

static void
log_fresh(dna_log *log, const dna_fresh *f)
{
    char sites[64] = "all sites";

    if (f->max_snp[DNA_TRAINING] > 0) {
        snprintf(sites, sizeof(sites), "the first %lld SNPs",
            (long long)f->max_snp[DNA_TRAINING]);
    }
    dna_log_info(log,
        "samples are drawn by simulator %s, %s of each; fixed draws: seed %llu",
        f->sim->def->name, sites, (unsigned long long)f->seed);
}

/* How often min_snp refused a replicate. */
static void
log_redraws(const dna_loop *l)
{
    const dna_fresh *f = l->t->fresh;

    dna_log_info(l->t->log,
        "min_snp %lld: %lld replicates were drawn again, and %lld times the parameters, for %lld samples",
        (long long)f->min_snp, (long long)l->n_redrawn, (long long)l->n_given_up,
        (long long)l->step);
}

static void
log_start(const dna_loop *l)
{
    const dna_training *t = l->t;
    const dna_net_sizes *s = &t->net->sizes;

    log_place(l);
    dna_log_info(t->log, "seed %llu", (unsigned long long)t->seed);
    dna_log_info(t->log, "dataset %s: %lld validation samples, %lld training samples%s",
        dna_setting_text(t->config, "dataset.dataset_name"), (long long)t->n_validation,
        (long long)t->n_training, t->fresh != NULL ? " an epoch" : "");
    if (t->fresh != NULL) {
        log_fresh(t->log, t->fresh);
    }
    dna_log_info(t->log,
        "network %s, from the data: n_snp %lld, n_indiv %lld, concat %s, n_outputs %lld; %lld learned numbers",
        t->net->def->name, (long long)s->n_snp, (long long)s->n_indiv,
        s->concat ? "true" : "false", (long long)s->n_outputs,
        (long long)dna_state_n_param(t->net->state));
    dna_log_info(t->log, "optimizer %s, %d threads", t->optim->def->name,
        dna_pool_n_thread(t->pool));
    dna_regime_log(&l->regime, t->log);
    dna_log_info(t->log, "start of training; networks are saved at each validation");
}

static void
log_finished(const dna_training *t)
{
    int64_t epoch = t->n_epoch, is_whole = 1;

    (void)dna_train_state_peek(t->state, "loop.epoch", &epoch);
    (void)dna_train_state_peek(t->state, "loop.is_epoch_done", &is_whole);
    if (epoch < t->n_epoch || is_whole == 0) {
        dna_log_info(t->log,
            "run %s in %s is finished, by early stopping in epoch %lld of %lld: nothing to do",
            t->run.name, t->run.dir, (long long)epoch, (long long)t->n_epoch);
        return;
    }
    dna_log_info(t->log, "run %s in %s is finished after %lld epoch%s: nothing to do",
        t->run.name, t->run.dir, (long long)t->n_epoch, DNA_PLURAL(t->n_epoch));
}

/* All is checked, and what is to go on is restored, before the disk is touched. */
static int
train(dna_training *t)
{
    dna_loop l;
    bool is_resumed = t->options->resume != NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_loop_init(&l, t));
    DNA_TRY(is_resumed ? dna_training_reopen(t) : dna_training_open(t));
    log_start(&l);
    rc = dna_loop_run(&l);
    if (t->fresh != NULL && (rc == DNA_OK || rc == DNA_ECANCEL)) {
        log_redraws(&l);
    }
out:
    dna_loop_clear(&l);
    return rc;
}

int
dna_run_train(const dna_train_options *o, char **run_dir)
{
    dna_training t;
    char *dir = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_init(&t, o));
    if (t.is_finished) {
        log_finished(&t);
    } else {
        rc = train(&t);
    }
    if (run_dir != NULL && (rc == DNA_OK || rc == DNA_ECANCEL)) {
        dir = dna_strdup(t.run.dir);
        if (dir == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        *run_dir = dir;
    }
out:
    dna_training_clear(&t);
    return rc;
}

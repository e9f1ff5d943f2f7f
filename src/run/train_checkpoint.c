/* train_checkpoint.c - when a training writes its network and its state.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/golden.h"
#include "run/settings.h"
#include "run/train_loop.h"

#define MAX_GOLDEN ((int64_t)1 << 22) /* entries of an input */

/* "dnadna train --resume DIR"; a word that begins with a dash would be an option. */
static int
resume_command(char **out, const char *dir)
{
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    dna_str_add(
        &s, dir[0] == '-' ? "dnadna train --resume=" : "dnadna train --resume ");
    dna_str_add_shell(&s, dir);
    DNA_TRY(dna_str_status(&s));
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

static int
say_diverged(const dna_loop *l)
{
    char why[512];

    snprintf(why, sizeof(why), "%s", dna_message());
    return dna_fail(DNA_ENUMERIC,
        "epoch %lld, batch %lld: %s; a smaller learning rate or other settings of the optimizer may help",
        (long long)l->epoch, (long long)l->batch + 1, why);
}

/* With what the network answers to made-up inputs, unless they are very large. */
static int
save_with_golden(dna_network *net, const char *path, dna_checkpoint *c)
{
    float *golden = NULL;
    int rc = DNA_OK;

    if (dna_net_n_row(&net->sizes) * net->sizes.n_snp <= MAX_GOLDEN) {
        c->n_golden = DNA_N_GOLDEN * net->sizes.n_outputs;
        DNA_NEW(golden, c->n_golden);
        DNA_TRY(dna_golden_outputs(net, golden));
        c->golden = golden;
    }
    DNA_TRY(dna_network_save(net, path, c));
out:
    dna_free(golden);
    return rc;
}

int
dna_loop_save(const dna_loop *l, const char *name, double validation_loss, char **path)
{
    dna_checkpoint c = {.checkpoint = name,
        .epoch = l->epoch,
        .batch = l->batch,
        .step = l->step,
        .training_loss = dna_loop_running_loss(l),
        .validation_loss = validation_loss,
        .n_sample = l->step + l->n_uncounted,
        .n_redrawn = l->n_redrawn,
        .n_given_up = l->n_given_up};
    int rc = DNA_OK;

    DNA_TRY(dna_training_path(path, l->t, name));
    dna_regime_show_mean(&l->regime, l->t->net->state);
    rc = save_with_golden(l->t->net, *path, &c);
    dna_regime_hide_mean(&l->regime, l->t->net->state);
    if (rc == DNA_ENUMERIC) { /* a weight that the losses do not depend on */
        rc = say_diverged(l);
    }
out:
    return rc;
}

int
dna_loop_save_best(dna_loop *l, double loss)
{
    char *path = NULL;
    int rc = DNA_OK;

    if (!(isnan(l->best) || loss < l->best)) {
        goto out;
    }
    DNA_TRY(dna_loop_save(l, "best", loss, &path));
    if (isnan(l->best)) {
        dna_log_info(l->t->log, "new best loss: none --> %.17g", loss);
    } else {
        dna_log_info(l->t->log, "new best loss: %.17g --> %.17g", l->best, loss);
    }
    dna_log_info(l->t->log, "saved the best network to %s", path);
    l->best = loss;
out:
    dna_free(path);
    return rc;
}

int
dna_loop_save_state(dna_loop *l)
{
    dna_training *t = l->t;
    dna_train_state *s = NULL;
    dna_record_marks marks = {0};
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_file(&path, t, DNA_STATE_SUFFIX));
    DNA_TRY(dna_record_sync(l->record, &marks));
    if (!l->is_finished) { /* what the end has told is void if more epochs follow */
        l->marks = marks;
    }
    DNA_TRY(dna_train_state_new(&s, t->final_config));
    rc = dna_loop_exchange(l, s);
    if (rc == DNA_ENUMERIC) { /* the next batch says which loss diverged */
        dna_log_warning(
            t->log, "the state of the training is not saved: %s", dna_message());
        rc = DNA_OK;
        goto out;
    }
    DNA_TRY(rc);
    DNA_TRY(dna_train_state_write(s, path));
    l->last_state = dna_seconds();
out:
    dna_train_state_free(s);
    dna_free(path);
    return rc;
}

int
dna_loop_checkpoint(dna_loop *l)
{
    char *path = NULL;
    double loss = 0.0;
    int rc = DNA_OK;

    rc = dna_loop_validate(l, &loss);
    l->is_pending = rc == DNA_ECANCEL;
    if (l->is_pending) {
        dna_log_info(l->t->log, "validation cut short on request");
        rc = DNA_OK;
        goto out;
    }
    DNA_TRY(rc);
    DNA_TRY(dna_loop_save(l, "last_checkpoint", loss, &path));
    DNA_TRY(dna_loop_save_best(l, loss));
    dna_regime_see(&l->regime, loss);
out:
    dna_free(path);
    return rc;
}

/* The line with which a stop on request ends. */
static int
say_stopped(const dna_loop *l)
{
    char *command = NULL;
    int rc = DNA_OK;

    DNA_TRY(resume_command(&command, l->t->run.dir));
    if (l->next_batch == 0 && !l->is_epoch_done) {
        rc = dna_fail(DNA_ECANCEL,
            "stopped on request at the beginning of epoch %lld; to go on: %s",
            (long long)l->epoch, command);
        goto out;
    }
    rc = dna_fail(DNA_ECANCEL,
        "stopped on request in epoch %lld after batch %lld; to go on: %s",
        (long long)l->epoch, (long long)l->batch + 1, command);
out:
    dna_free(command);
    return rc;
}

int
dna_loop_stop(dna_loop *l)
{
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_loop_save(l, "last_checkpoint", (double)NAN, &path));
    DNA_TRY(dna_loop_save_state(l));
    dna_log_info(l->t->log, "the network so far is %s", path);
    rc = say_stopped(l);
out:
    dna_free(path);
    return rc;
}

/* The last validation and the networks of the end. */
static int
save_last_epoch(dna_loop *l, char **path)
{
    double loss = 0.0;
    int rc = DNA_OK;

    DNA_TRY(dna_loop_validate(l, &loss));
    DNA_TRY(dna_loop_save(l, "last_checkpoint", loss, path));
    DNA_TRY(dna_loop_save_best(l, loss));
    dna_log_info(l->t->log, "training took %.2f s", dna_seconds() - l->start);
    dna_log_info(l->t->log, "best loss: %.17g", l->best);
    dna_free(*path);
    *path = NULL;
    DNA_TRY(dna_loop_save(l, "last_epoch", loss, path));
    dna_log_info(l->t->log, "saved the network of the last epoch to %s", *path);
out:
    return rc;
}

int
dna_loop_finish(dna_loop *l)
{
    dna_training *t = l->t;
    char *path = NULL;
    dna_str quoted;
    int rc = DNA_OK;

    dna_str_init(&quoted, 0);
    rc = save_last_epoch(l, &path);
    if (rc == DNA_OK) {
        rc = dna_loop_test(l);
    }
    if (rc == DNA_ECANCEL) { /* the state of the end of the epoch does it all again */
        rc = say_stopped(l);
    }
    DNA_TRY(rc);
    l->is_finished = true;
    DNA_TRY(dna_loop_save_state(l));
    dna_log_info(t->log, "to predict with it:");
    dna_str_add_shell(&quoted, path);
    DNA_TRY(dna_str_status(&quoted));
    dna_log_info(t->log, "    dnadna predict %s <npz files or a dataset config>",
        dna_str_text(&quoted));
out:
    dna_str_clear(&quoted);
    dna_free(path);
    return rc;
}

/* train_checkpoint.c - when a training writes its network.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "base/mem.h"
#include "run/settings.h"
#include "run/train_loop.h"

int
dna_loop_save(const dna_loop *l, const char *name, double validation_loss, char **path)
{
    dna_checkpoint c = {.checkpoint = name,
        .epoch = l->epoch,
        .batch = l->batch,
        .step = l->step,
        .training_loss = dna_loop_running_loss(l),
        .validation_loss = validation_loss};
    int rc = DNA_OK;

    DNA_TRY(dna_training_path(path, l->t, name));
    DNA_TRY(dna_network_save(l->t->net, *path, &c));
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
dna_loop_checkpoint(dna_loop *l)
{
    char *path = NULL;
    double loss = 0.0;
    int rc = DNA_OK;

    DNA_TRY(dna_loop_validate(l, &loss));
    DNA_TRY(dna_loop_save(l, "last_checkpoint", loss, &path));
    DNA_TRY(dna_loop_save_best(l, loss));
out:
    dna_free(path);
    return rc;
}

int
dna_loop_stop(dna_loop *l)
{
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_loop_save(l, "last_checkpoint", (double)NAN, &path));
    rc = dna_fail(DNA_ECANCEL,
        "stopped on request in epoch %lld after batch %lld; the network so far is %s",
        (long long)l->epoch, (long long)l->batch + 1, path);
out:
    dna_free(path);
    return rc;
}

int
dna_loop_finish(dna_loop *l)
{
    dna_training *t = l->t;
    char *path = NULL;
    double loss = 0.0;
    int rc = DNA_OK;

    DNA_TRY(dna_loop_validate(l, &loss));
    DNA_TRY(dna_loop_save_best(l, loss));
    dna_log_info(t->log, "training took %.2f s", dna_seconds() - l->start);
    dna_log_info(t->log, "best loss: %.17g", l->best);
    DNA_TRY(dna_loop_save(l, "last_epoch", loss, &path));
    dna_log_info(t->log, "saved the network of the last epoch to %s", path);
    DNA_TRY(dna_loop_test(l));
    dna_log_info(t->log, "to predict with it:");
    dna_log_info(t->log, "    dnadna predict %s <npz files or a dataset config>", path);
out:
    dna_free(path);
    return rc;
}

/* train_validate.c - the loss of the whole validation set.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "run/settings.h"
#include "run/train_loop.h"

/* Run the whole validation set; *n gets how many samples could be loaded. */
static int
gather(dna_loop *l, int64_t *n)
{
    dna_training *t = l->t;
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    int64_t share = (int64_t)t->n_worker * t->n_validation / t->n_training;
    dna_loader_options options = {.split = DNA_VALIDATION,
        .batch_size = t->batch_size,
        .n_worker = (int)DNA_MIN(share, 1024)};
    int64_t epoch = t->is_validation_fresh ? l->n_validation : 0;
    int rc = DNA_OK;

    *n = 0;
    DNA_TRY(dna_loader_new(&loader, t->dataset, &options, epoch));
    while ((rc = dna_loader_next(loader, &b)) > 0) {
        DNA_TRY(dna_network_forward(t->net, b->x, b->n, b->n_row, b->n_site,
            DNA_MIN(t->batch_size, t->n_validation),
            l->valid_out + *n * t->objective.n_output));
        memcpy(l->valid_target + *n * t->n_param, b->target,
            (size_t)(b->n * t->n_param) * sizeof(double));
        *n += b->n;
    }
    DNA_TRY(rc);
    DNA_REQUIRE(*n > 0, DNA_EIO, "no sample of the validation set could be loaded");
out:
    dna_loader_free(loader);
    return rc;
}

static void
log_losses(const dna_loop *l)
{
    const dna_objective *o = &l->t->objective;
    for (int64_t i = 0; i < o->n; i++) {
        dna_log_info(l->t->log, "  %s: loss %.6g, %s %.6g", o->terms[i].name,
            l->losses[i],
            o->terms[i].loss->is_classification ? "wrong classes" : "squared error",
            l->errors[i]);
    }
}

int
dna_loop_validate(dna_loop *l, double *loss)
{
    dna_training *t = l->t;
    double begin = dna_seconds();
    int64_t n = 0;
    int rc = DNA_OK;

    dna_log_info(t->log, "epoch %lld, batch %lld: validation", (long long)l->epoch,
        (long long)l->batch + 1);
    DNA_TRY(gather(l, &n));
    *loss = dna_objective_eval(
        &t->objective, l->valid_out, n, l->valid_target, NULL, l->losses);
    int64_t bad = dna_objective_first_bad(&t->objective, l->losses);
    if (bad >= 0) {
        char place[96];
        snprintf(place, sizeof(place), "validation in epoch %lld after batch %lld",
            (long long)l->epoch, (long long)l->batch + 1);
        rc = dna_loop_bad_loss(l, bad, place, false);
        goto out;
    }
    dna_objective_errors(&t->objective, l->valid_out, n, l->valid_target, l->errors);
    l->n_validation++;
    l->validating += dna_seconds() - begin;
    dna_log_info(t->log,
        "end of validation: training loss %.17g, validation loss %.17g",
        dna_loop_running_loss(l), *loss);
    log_losses(l);
out:
    return rc;
}

/* train_validate.c - the whole validation set now and then, the test set at the end.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/mem.h"
#include "run/settings.h"
#include "run/train_loop.h"

/* ---- validation ------------------------------------------------------------------ */

static int
record_validation(dna_loop *l)
{
    const dna_training *t = l->t;
    dna_record_point p = {.epoch = l->epoch,
        .batch = l->batch,
        .step = l->step,
        .training_loss = dna_loop_running_loss(l),
        .learning_rate = l->regime.lr,
        .measured = &l->validation};
    double *means = NULL;
    int rc = DNA_OK;

    DNA_NEW(means, t->n_param);
    for (int64_t i = 0; i < t->n_param; i++) {
        means[i] = l->losses_sum[i] / (double)l->loss_n;
    }
    p.training_losses = means;
    DNA_TRY(dna_record_validation(l->record, &p));
out:
    dna_free(means);
    return rc;
}

int
dna_loop_validate(dna_loop *l, double *loss)
{
    dna_training *t = l->t;
    dna_evaluation *e = &l->validation;
    double begin = dna_seconds();
    int rc = DNA_OK;

    dna_log_info(t->log, "epoch %lld, batch %lld: validation", (long long)l->epoch,
        (long long)l->batch + 1);
    dna_regime_show_mean(&l->regime, t->net->state);
    rc = dna_evaluation_run(e, t->net, t->is_validation_fresh ? l->n_validation : 0);
    dna_regime_hide_mean(&l->regime, t->net->state);
    DNA_TRY(rc);
    int64_t bad = dna_objective_first_bad(&t->objective, e->losses);
    if (bad >= 0) {
        char place[96];
        snprintf(place, sizeof(place), "validation in epoch %lld after batch %lld",
            (long long)l->epoch, (long long)l->batch + 1);
        rc = dna_loop_bad_loss(l, e->losses, bad, place, false);
        goto out;
    }
    *loss = e->loss;
    l->n_validation++;
    l->validating += dna_seconds() - begin;
    dna_log_info(t->log,
        "end of validation: training loss %.17g, validation loss %.17g",
        dna_loop_running_loss(l), *loss);
    dna_log_info(t->log, "learning rate %.6g", l->regime.lr);
    DNA_TRY(dna_evaluation_log(e));
    DNA_TRY(record_validation(l));
out:
    return rc;
}

/* ---- test ------------------------------------------------------------------------ */

/* One network, from its file: what users will predict with is what is tested. */
static int
test_network(dna_loop *l, dna_evaluation *e, const char *name)
{
    dna_training *t = l->t;
    dna_network *net = NULL;
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_path(&path, t, name));
    DNA_TRY(dna_network_load(&net, path));
    dna_programs_set_pool(net->programs, t->pool);
    DNA_TRY(dna_programs_set_isa(net->programs, t->options->isa));
    DNA_TRY(dna_evaluation_run(e, net, 0));
    const dna_record_point p = {
        .epoch = dna_setting_int(net->meta, "provenance.epoch", -1),
        .batch = dna_setting_int(net->meta, "provenance.batch", -1),
        .step = dna_setting_int(net->meta, "provenance.step", -1),
        .measured = e};
    dna_log_info(t->log, "test of %s (epoch %lld, batch %lld): loss %.17g", name,
        (long long)p.epoch, (long long)p.batch + 1, e->loss);
    DNA_TRY(dna_evaluation_log(e));
    DNA_TRY(dna_record_test(l->record, &p, name));
out:
    dna_network_free(net);
    dna_free(path);
    return rc;
}

int
dna_loop_test(dna_loop *l)
{
    static const char *const names[] = {"best", "last_epoch"};
    dna_evaluation e = {0};
    int rc = DNA_OK;

    if (dna_dataset_count(l->t->dataset, DNA_TEST) == 0) {
        dna_log_info(l->t->log, "no test: the dataset has no test scenarios");
        goto out;
    }
    DNA_TRY(dna_evaluation_init(&e, l->t, DNA_TEST));
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        DNA_TRY(test_network(l, &e, names[i]));
    }
out:
    dna_evaluation_clear(&e);
    return rc;
}

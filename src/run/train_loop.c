/* train_loop.c - the training loop: epochs of batches.
 *
 * SPDX-License-Identifier: MIT
 *
 * The order of events is that of the original, since losses in logs are
 * compared with those of the original: the first validation comes after the first
 * batch, then one every evaluation_interval batches of an epoch, and a last one after
 * the last epoch.
 */
#include "run/train_loop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/settings.h"

/* Seconds of work that a crash may cost. */
#define STATE_INTERVAL 300.0

/* What the state says fits the config that is trained now. */
static int
check_place(const dna_loop *l)
{
    const char *path = dna_train_state_path(l->t->state);
    int rc = DNA_OK;

    DNA_REQUIRE(l->epoch <= l->t->n_epoch, DNA_EARG,
        "n_epochs %lld: epoch %lld of this run has begun already (%s)",
        (long long)l->t->n_epoch, (long long)l->epoch, path);
    DNA_REQUIRE(isfinite(l->loss_sum) && !isinf(l->best), DNA_ENUMERIC,
        "%s: loop: a loss that is not finite", path);
out:
    return rc;
}

int
dna_loop_init(dna_loop *l, dna_training *t)
{
    int rc = DNA_OK;

    *l = (dna_loop){.t = t, .epoch = 1, .best = (double)NAN, .start = dna_seconds()};
    DNA_NEW(l->losses, t->n_param);
    DNA_NEW(l->losses_sum, t->n_param);
    DNA_TRY(dna_evaluation_init(&l->validation, t, DNA_VALIDATION));
    DNA_TRY(dna_regime_init(
        &l->regime, &t->regime, dna_optim_lr(t->optim), t->n_epoch, t->net->state));
    if (t->state != NULL) {
        DNA_TRY(dna_loop_exchange(l, t->state));
        DNA_TRY(check_place(l));
        dna_regime_restart_mean(&l->regime, l->epoch);
        if (l->is_finished) { /* of fewer epochs: more were asked for since */
            l->is_finished = false;
            dna_regime_go_on(&l->regime);
        }
    }
    DNA_TRY(dna_freeze_new(&l->freeze, t)); /* of the weights that it goes on from */
    l->first_step = l->step;
    l->last_state = l->start;
out:
    return rc;
}

void
dna_loop_clear(dna_loop *l)
{
    dna_record_close(l->record);
    dna_regime_clear(&l->regime);
    dna_freeze_free(l->freeze);
    dna_evaluation_clear(&l->validation);
    dna_free(l->losses_sum);
    dna_free(l->losses);
    *l = (dna_loop){0};
}

double
dna_loop_running_loss(const dna_loop *l)
{
    return l->loss_n > 0 ? l->loss_sum / (double)l->loss_n : (double)NAN;
}

/* A sign of NaN tells nobody anything. */
int
dna_loop_bad_loss(const dna_loop *l, const double *losses, int64_t bad,
    const char *place, bool is_untrained)
{
    const dna_objective_term *term = &l->t->objective.terms[bad];
    double loss = losses[bad];
    char advice[128] = "a smaller learning rate may help";

    if (is_untrained) {
        snprintf(advice, sizeof(advice),
            "before any learning: the loss_func %.40s may not take these targets",
            term->loss->name);
    }
    return dna_fail(DNA_ENUMERIC, "%s: the loss of %s is %s; %s", place, term->name,
        isnan(loss)  ? "nan"
        : loss > 0.0 ? "inf"
                     : "-inf",
        advice);
}

/* ---- one batch ------------------------------------------------------------------- */

static int
check_losses(const dna_loop *l)
{
    int64_t bad = dna_objective_first_bad(&l->t->objective, l->losses);
    if (bad < 0) {
        return DNA_OK;
    }
    char place[96];
    snprintf(place, sizeof(place), "epoch %lld, batch %lld", (long long)l->epoch,
        (long long)l->batch + 1);
    /* no step was made yet: the rate of learning cannot be the cause */
    return dna_loop_bad_loss(l, l->losses, bad, place, l->epoch == 1 && l->batch == 0);
}

static int
take_step(dna_loop *l)
{
    dna_training *t = l->t;
    dna_state *state = t->net->state;
    float *grads = dna_state_grads(state);
    int rc = DNA_OK;

    double factor = dna_regime_begin_step(&l->regime, l->epoch, t->optim->step + 1);
    dna_freeze_gradient(l->freeze, state);
    DNA_TRY(dna_regime_bound_gradient(&l->regime, grads, dna_state_n_param(state)));
    DNA_TRY(dna_optim_step(t->optim, dna_state_params(state), grads, factor, t->pool));
    dna_freeze_restore(l->freeze);
    dna_regime_end_step(&l->regime, state, l->epoch);
out:
    return rc;
}

/* Once: that bf16 was asked for, but nothing is rounded to it. */
static void
tell_precision(dna_loop *l, const dna_program *p)
{
    const char *precision = dna_setting_text(l->t->config, "precision");
    if (!l->is_precision_told && dna_str_equal_nocase(precision, "bf16")
        && !dna_program_rounds(p)) {
        dna_log_warning(l->t->log,
            "precision: bf16 changes nothing: this network, or batches of several sizes, have no convolution that it is for");
    }
    l->is_precision_told = true;
}

static int
learn(dna_loop *l, const dna_batch *b)
{
    dna_training *t = l->t;
    dna_program *p = NULL;
    int rc = DNA_OK;

    dna_batch_sizes sizes = dna_training_sizes(b);
    int64_t bad = -1;
    rc = dna_programs_get(t->net->programs, &sizes, true, &p, &bad);
    DNA_TRY(dna_training_blame(rc, b, bad));
    tell_precision(l, p);
    memcpy(dna_program_input(p, 0), b->x,
        (size_t)(b->n * b->n_row * b->n_site) * sizeof(float));
    /* a resumed run draws the same */
    dna_program_set_random(p, t->seed, t->optim->step);
    DNA_TRY(dna_program_forward(p));
    double loss = dna_objective_eval(&t->objective, dna_program_output(p), b->n,
        b->target, dna_program_output_grad(p), l->losses);
    DNA_TRY(check_losses(l));
    DNA_TRY(dna_program_backward(p));
    DNA_TRY(take_step(l));
    l->loss_sum += loss;
    l->n_redrawn += b->n_redrawn;
    l->n_given_up += b->n_given_up;
    for (int64_t i = 0; i < t->n_param; i++) {
        l->losses_sum[i] += l->losses[i];
    }
    l->loss_n++;
out:
    return rc;
}

static void
show_progress(const dna_loop *l)
{
    const dna_train_options *o = l->t->options;
    if (o->progress == NULL) {
        return;
    }
    dna_progress p = {
        .what = "training", .done = l->step, .total = l->t->n_training * l->t->n_epoch};
    double seconds = dna_seconds() - l->start - l->validating;
    p.per_second = seconds > 0.0 ? (double)(l->step - l->first_step) / seconds : 0.0;
    p.seconds_left =
        p.per_second > 0.0 ? (double)DNA_MAX(p.total - p.done, 0) / p.per_second : 0.0;
    o->progress(o->payload, &p);
}

static bool
is_time_to_validate(const dna_loop *l)
{
    bool is_first = l->batch == 0 && l->epoch == 1;
    return is_first || (l->batch > 0 && l->batch % l->t->evaluation_interval == 0);
}

/* After a batch and its validation. */
static void
count_samples(dna_loop *l)
{
    l->step += l->n_uncounted;
    l->n_uncounted = 0;
    show_progress(l);
}

/* The validation after the last batch, and the state that says it is made. */
static int
validate_and_save(dna_loop *l)
{
    int rc = DNA_OK;

    DNA_TRY(dna_loop_checkpoint(l));
    if (!l->is_pending) {
        count_samples(l);
        DNA_TRY(dna_loop_save_state(l));
    }
out:
    return rc;
}

static int
one_batch(dna_loop *l, const dna_batch *b)
{
    int rc = DNA_OK;

    l->next_batch = b->number + 1;
    if (b->n == 1 && l->t->net->needs_batch_of_two) {
        dna_log_warning(l->t->log,
            "epoch %lld, batch %lld: only one sample could be loaded: left out, since %s cannot train on one",
            (long long)l->epoch, (long long)l->batch + 1, l->t->net->def->name);
        goto out;
    }
    rc = learn(l, b);
    if (rc < 0 && rc != DNA_ENUMERIC) {
        dna_context(
            "epoch %lld, batch %lld", (long long)l->epoch, (long long)l->batch + 1);
    }
    DNA_TRY(rc);
    l->n_uncounted = b->n;
    if (is_time_to_validate(l)) {
        DNA_TRY(validate_and_save(l));
    } else {
        count_samples(l);
        if (dna_seconds() - l->last_state >= STATE_INTERVAL) {
            DNA_TRY(dna_loop_save_state(l));
        }
    }
out:
    return rc;
}

/* ---- epochs ---------------------------------------------------------------------- */

/* At its first batch, or behind those that were done before. */
static void
begin_epoch(dna_loop *l)
{
    dna_training *t = l->t;

    l->is_epoch_done = false;
    if (l->next_batch == 0) {
        l->loss_sum = 0.0;
        memset(l->losses_sum, 0, (size_t)t->n_param * sizeof(*l->losses_sum));
        l->loss_n = 0;
        l->batch = 0;
        dna_log_info(
            t->log, "epoch %lld of %lld", (long long)l->epoch, (long long)t->n_epoch);
    } else {
        l->batch++;
        dna_log_info(t->log, "epoch %lld of %lld, from batch %lld", (long long)l->epoch,
            (long long)t->n_epoch, (long long)l->batch + 1);
    }
}

static int
end_epoch(dna_loop *l, double begin, int64_t step_before)
{
    double seconds = dna_seconds() - begin;
    int rc = DNA_OK;

    DNA_REQUIRE(l->loss_n > 0, DNA_EIO,
        "epoch %lld: no training sample could be loaded", (long long)l->epoch);
    l->batch--; /* the last one that was done */
    dna_log_info(l->t->log,
        "end of epoch %lld: training loss %.17g, %.1f s, %.1f samples/s",
        (long long)l->epoch, dna_loop_running_loss(l), seconds,
        seconds > 0.0 ? (double)(l->step - step_before) / seconds : 0.0);
    dna_regime_end_epoch(&l->regime, l->t->net->state, l->epoch);
    l->is_epoch_done = true;
    l->next_batch = 0;
    DNA_TRY(dna_loop_save_state(l));
out:
    return rc;
}

/* Asked for while samples were made: the batches before are what was done. */
static int
stop_without_batch(dna_loop *l)
{
    l->batch = DNA_MAX(l->batch - 1, 0);
    return dna_loop_stop(l);
}

static int
one_epoch(dna_loop *l)
{
    dna_training *t = l->t;
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    dna_loader_options options = {.split = DNA_TRAINING,
        .batch_size = t->batch_size,
        .n_worker = t->n_worker,
        .is_shuffled = true,
        .drop_single = t->net->needs_batch_of_two,
        .first_batch = l->next_batch};
    double begin = dna_seconds();
    int64_t step_before = l->step;
    int rc = DNA_OK;

    begin_epoch(l);
    DNA_TRY(dna_loader_new(&loader, t->dataset, &options, l->epoch));
    while ((rc = dna_loader_next(loader, &b)) > 0) {
        DNA_TRY(one_batch(l, b));
        if (dna_training_is_stopped(t)) {
            rc = dna_loop_stop(l);
            goto out;
        }
        if (dna_regime_is_over(&l->regime)) {
            rc = DNA_OK;
            goto out;
        }
        l->batch++;
    }
    if (rc == DNA_ECANCEL) {
        rc = stop_without_batch(l);
        goto out;
    }
    DNA_TRY(rc);
    DNA_TRY(end_epoch(l, begin, step_before));
out:
    dna_loader_free(loader);
    return rc;
}

/* A resumed run may owe the validation after its last batch. */
static int
make_up_for(dna_loop *l)
{
    int rc = DNA_OK;

    if (l->is_pending) {
        DNA_TRY(validate_and_save(l));
        if (l->is_pending) {
            rc = dna_loop_stop(l);
        }
    }
out:
    return rc;
}

static bool
is_at_end(const dna_loop *l)
{
    bool is_last = l->is_epoch_done && l->epoch >= l->t->n_epoch;
    return is_last || dna_regime_is_over(&l->regime);
}

int
dna_loop_run(dna_loop *l)
{
    int rc = DNA_OK;

    DNA_TRY(dna_record_open(&l->record, l->t, &l->marks));
    DNA_TRY(make_up_for(l));
    while (!is_at_end(l)) {
        l->epoch += l->is_epoch_done ? 1 : 0;
        DNA_TRY(one_epoch(l));
    }
    if (dna_regime_is_over(&l->regime)) {
        dna_log_info(l->t->log,
            "early stopping: no better loss in the last %lld validation%s",
            (long long)l->t->regime.patience, DNA_PLURAL(l->t->regime.patience));
    }
    DNA_TRY(dna_loop_finish(l));
out:
    return rc;
}

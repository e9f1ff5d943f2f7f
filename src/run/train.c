/* train.c - the training loop: epochs of batches, validations, checkpoints.
 *
 * SPDX-License-Identifier: MIT
 *
 * The order of events is that of the original, since losses in logs are
 * compared with those of the original: the first validation comes after the first
 * batch, then one every evaluation_interval batches of an epoch, and a last one after
 * the last epoch.
 */
#include "run/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "run/settings.h"

typedef struct {
    dna_training *t;
    double *losses;       /* [n_param] of the last evaluation */
    double *errors;       /* [n_param] of the last validation */
    float *valid_out;     /* [n_validation, n_output] */
    double *valid_target; /* [n_validation, n_param] */
    int64_t epoch;        /* from 1 */
    int64_t batch;        /* from 0 */
    int64_t step;         /* samples seen before this batch */
    int64_t n_validation; /* made so far */
    double loss_sum;      /* of the batches of this epoch */
    int64_t loss_n;
    double best;       /* NaN: none yet */
    double start;      /* seconds */
    double validating; /* seconds spent in validations */
} loop;

static int
loop_init(loop *l, dna_training *t)
{
    int rc = DNA_OK;

    *l = (loop){.t = t, .best = (double)NAN, .start = dna_seconds()};
    DNA_NEW(l->losses, t->n_param);
    DNA_NEW(l->errors, t->n_param);
    DNA_NEW(l->valid_out, t->n_validation * t->objective.n_output);
    DNA_NEW(l->valid_target, t->n_validation * t->n_param);
out:
    return rc;
}

static void
loop_clear(loop *l)
{
    dna_free(l->losses);
    dna_free(l->errors);
    dna_free(l->valid_out);
    dna_free(l->valid_target);
}

static bool
is_stopped(const loop *l)
{
    const volatile int *stop = l->t->options->stop;
    return stop != NULL && *stop != 0;
}

static double
running_loss(const loop *l)
{
    return l->loss_n > 0 ? l->loss_sum / (double)l->loss_n : (double)NAN;
}

/* ---- checkpoints ----------------------------------------------------------------- */

static int
save(const loop *l, const char *name, double validation_loss, char **path)
{
    dna_checkpoint c = {.checkpoint = name,
        .epoch = l->epoch,
        .batch = l->batch,
        .step = l->step,
        .training_loss = running_loss(l),
        .validation_loss = validation_loss};
    int rc = DNA_OK;

    DNA_TRY(dna_training_path(path, l->t, name));
    DNA_TRY(dna_network_save(l->t->net, *path, &c));
out:
    return rc;
}

static int
save_if_best(loop *l, double loss)
{
    char *path = NULL;
    int rc = DNA_OK;

    if (!(isnan(l->best) || loss < l->best)) {
        goto out;
    }
    DNA_TRY(save(l, "best", loss, &path));
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

/* ---- validation ------------------------------------------------------------------ */

/* Run the whole validation set; *n gets how many samples could be loaded. */
static int
gather(loop *l, int64_t *n)
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
log_losses(const loop *l)
{
    const dna_objective *o = &l->t->objective;
    for (int64_t i = 0; i < o->n; i++) {
        dna_log_info(l->t->log, "  %s: loss %.6g, %s %.6g", o->terms[i].name,
            l->losses[i],
            o->terms[i].loss->is_classification ? "wrong classes" : "squared error",
            l->errors[i]);
    }
}

/* A sign of NaN tells nobody anything. */
static int
bad_loss(const loop *l, int64_t bad, const char *place, bool is_untrained)
{
    const dna_objective_term *term = &l->t->objective.terms[bad];
    double loss = l->losses[bad];
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

/* The loss over the whole set at once, not a mean over batches. */
static int
validate(loop *l, double *loss)
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
        rc = bad_loss(l, bad, place, false);
        goto out;
    }
    dna_objective_errors(&t->objective, l->valid_out, n, l->valid_target, l->errors);
    l->n_validation++;
    l->validating += dna_seconds() - begin;
    dna_log_info(t->log,
        "end of validation: training loss %.17g, validation loss %.17g",
        running_loss(l), *loss);
    log_losses(l);
out:
    return rc;
}

static int
checkpoint(loop *l)
{
    char *path = NULL;
    double loss = 0.0;
    int rc = DNA_OK;

    DNA_TRY(validate(l, &loss));
    DNA_TRY(save(l, "last_checkpoint", loss, &path));
    DNA_TRY(save_if_best(l, loss));
out:
    dna_free(path);
    return rc;
}

/* ---- one batch ------------------------------------------------------------------- */

static int
check_losses(const loop *l)
{
    int64_t bad = dna_objective_first_bad(&l->t->objective, l->losses);
    if (bad < 0) {
        return DNA_OK;
    }
    char place[96];
    snprintf(place, sizeof(place), "epoch %lld, batch %lld", (long long)l->epoch,
        (long long)l->batch + 1);
    /* no step was made yet: the rate of learning cannot be the cause */
    return bad_loss(l, bad, place, l->epoch == 1 && l->batch == 0);
}

static int
learn(loop *l, const dna_batch *b)
{
    dna_training *t = l->t;
    dna_program *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_programs_get(t->net->programs, b->n_row, b->n_site, b->n, true, &p));
    memcpy(dna_program_input(p, 0), b->x,
        (size_t)(b->n * b->n_row * b->n_site) * sizeof(float));
    DNA_TRY(dna_program_forward(p));
    double loss = dna_objective_eval(&t->objective, dna_program_output(p), b->n,
        b->target, dna_program_output_grad(p), l->losses);
    DNA_TRY(check_losses(l));
    DNA_TRY(dna_program_backward(p));
    DNA_TRY(dna_optim_step(t->optim, dna_state_params(t->net->state),
        dna_state_grads(t->net->state), 1.0, t->pool));
    l->loss_sum += loss;
    l->loss_n++;
out:
    return rc;
}

static void
show_progress(const loop *l)
{
    const dna_train_options *o = l->t->options;
    if (o->progress == NULL) {
        return;
    }
    dna_progress p = {
        .what = "training", .done = l->step, .total = l->t->n_training * l->t->n_epoch};
    double seconds = dna_seconds() - l->start - l->validating;
    p.per_second = seconds > 0.0 ? (double)l->step / seconds : 0.0;
    p.seconds_left =
        p.per_second > 0.0 ? (double)DNA_MAX(p.total - p.done, 0) / p.per_second : 0.0;
    o->progress(o->payload, &p);
}

static bool
is_time_to_validate(const loop *l)
{
    bool is_first = l->batch == 0 && l->epoch == 1;
    return is_first || (l->batch > 0 && l->batch % l->t->evaluation_interval == 0);
}

static int
one_batch(loop *l, const dna_batch *b)
{
    int rc = DNA_OK;

    if (b->n == 1 && l->t->net->def->needs_batch_of_two) {
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
    if (is_time_to_validate(l)) {
        DNA_TRY(checkpoint(l));
    }
    l->step += b->n;
    show_progress(l);
out:
    return rc;
}

/* ---- epochs ---------------------------------------------------------------------- */

/* On request: keep what was learned, and say so. */
static int
stop(loop *l)
{
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(save(l, "last_checkpoint", (double)NAN, &path));
    rc = dna_fail(DNA_ECANCEL,
        "stopped on request in epoch %lld after batch %lld; the network so far is %s",
        (long long)l->epoch, (long long)l->batch + 1, path);
out:
    dna_free(path);
    return rc;
}

static int
one_epoch(loop *l)
{
    dna_training *t = l->t;
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    dna_loader_options options = {.split = DNA_TRAINING,
        .batch_size = t->batch_size,
        .n_worker = t->n_worker,
        .is_shuffled = true,
        .drop_single = t->net->def->needs_batch_of_two};
    double begin = dna_seconds();
    int64_t before = l->step;
    int rc = DNA_OK;

    dna_log_info(
        t->log, "epoch %lld of %lld", (long long)l->epoch, (long long)t->n_epoch);
    l->loss_sum = 0.0;
    l->loss_n = 0;
    l->batch = 0;
    DNA_TRY(dna_loader_new(&loader, t->dataset, &options, l->epoch));
    while ((rc = dna_loader_next(loader, &b)) > 0) {
        DNA_TRY(one_batch(l, b));
        if (is_stopped(l)) {
            rc = stop(l);
            goto out;
        }
        l->batch++;
    }
    DNA_TRY(rc);
    DNA_REQUIRE(l->loss_n > 0, DNA_EIO,
        "epoch %lld: no training sample could be loaded", (long long)l->epoch);
    l->batch--; /* the last one that was done */
    double seconds = dna_seconds() - begin;
    dna_log_info(t->log,
        "end of epoch %lld: training loss %.17g, %.1f s, %.1f samples/s",
        (long long)l->epoch, running_loss(l), seconds,
        seconds > 0.0 ? (double)(l->step - before) / seconds : 0.0);
out:
    dna_loader_free(loader);
    return rc;
}

static int
finish(loop *l)
{
    dna_training *t = l->t;
    char *path = NULL;
    double loss = 0.0;
    int rc = DNA_OK;

    DNA_TRY(validate(l, &loss));
    DNA_TRY(save_if_best(l, loss));
    dna_log_info(t->log, "training took %.2f s", dna_seconds() - l->start);
    dna_log_info(t->log, "best loss: %.17g", l->best);
    DNA_TRY(save(l, "last_epoch", loss, &path));
    dna_log_info(t->log, "saved the network of the last epoch to %s", path);
    dna_log_info(t->log, "to predict with it:");
    dna_log_info(t->log, "    dnadna predict %s <npz files or a dataset config>", path);
out:
    dna_free(path);
    return rc;
}

int
dna_training_run(dna_training *t)
{
    loop l;
    int rc = DNA_OK;

    DNA_TRY(loop_init(&l, t));
    for (l.epoch = 1; l.epoch <= t->n_epoch; l.epoch++) {
        DNA_TRY(one_epoch(&l));
    }
    l.epoch = t->n_epoch;
    DNA_TRY(finish(&l));
out:
    loop_clear(&l);
    return rc;
}

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

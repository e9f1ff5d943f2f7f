/* regime.h - how a training is led beside its optimiser: the learning rate, bounds of
 * the gradient, the mean of the weights, and when it is over.
 *
 * SPDX-License-Identifier: MIT
 *
 *     factor = dna_regime_begin_step(r, epoch, optim->step + 1);
 *     DNA_TRY(dna_regime_bound_gradient(r, grads, n));
 *     ... the optimiser's step, with the factor ...
 *     dna_regime_end_step(r, state, epoch);
 *     dna_regime_end_epoch(r, state, epoch);
 *     dna_regime_show_mean(r, state);    // validate and save between these two
 *     dna_regime_hide_mean(r, state);
 *     dna_regime_see(r, validation_loss);
 *     if (dna_regime_is_over(r)) ...
 *
 * All of it is off unless the config asks for it; then these do nothing.
 */
#ifndef DNA_RUN_REGIME_H
#define DNA_RUN_REGIME_H

#include "config/tables.h"
#include "nn/early_stop.h"
#include "nn/lr_schedule.h"
#include "nn/weight_average.h"

typedef enum { DNA_AVERAGE_NONE, DNA_AVERAGE_EMA, DNA_AVERAGE_SWA } dna_average_kind;

/* What a config says. */
typedef struct {
    const dna_lr_schedule_def *schedule; /* NULL: none */
    const void *schedule_opts;
    int64_t warmup_steps;
    double max_norm, max_value; /* NaN: none */
    int64_t patience;           /* 0: never stop */
    double min_delta;
    dna_average_kind average;
    double decay;        /* of ema */
    int64_t start_epoch; /* of averaging */
} dna_regime_settings;

/** lr_scheduler, gradient_clipping, early_stopping and weight_averaging of a checked
 * training config; params of the schedule are checked and completed in place. */
int dna_regime_read(dna_regime_settings *out, dna_arena *arena, dna_value *config,
    dna_log *log) DNA_MUST_CHECK;

typedef struct {
    const dna_regime_settings *settings;
    dna_lr_schedule schedule;
    double lr; /* of the last step; before the first: of the optimiser */
    dna_early_stop stop;
    dna_weight_average *average; /* NULL: none */
} dna_regime;

/** lr: of the optimiser's settings. Keeps: settings. Clear in any case. */
int dna_regime_init(dna_regime *r, const dna_regime_settings *settings, double lr,
    int64_t n_epoch, const dna_state *state) DNA_MUST_CHECK;
void dna_regime_clear(dna_regime *r);
/** What is switched on, a line each. */
void dna_regime_log(const dna_regime *r, dna_log *log);

/** The factor of the learning rate in optimiser step `step`, both from 1. */
double dna_regime_begin_step(dna_regime *r, int64_t epoch, int64_t step);
/** Errors: DNA_ENUMERIC if the norm is bounded and is no finite number. */
int dna_regime_bound_gradient(const dna_regime *r, float *g, int64_t n) DNA_MUST_CHECK;
void dna_regime_end_step(dna_regime *r, dna_state *state, int64_t epoch);
/** Of a whole epoch; the mean of one that was cut short is without it. */
void dna_regime_end_epoch(dna_regime *r, dna_state *state, int64_t epoch);
/** Put the mean in the place of the weights, if there is one, and back. */
void dna_regime_show_mean(const dna_regime *r, dna_state *state);
void dna_regime_hide_mean(const dna_regime *r, dna_state *state);
/** To be told of each validation but the one after the last epoch. */
void dna_regime_see(dna_regime *r, double loss);
/** Whether early stopping ends the training. */
bool dna_regime_is_over(const dna_regime *r);
/** A training that was over shall go on: patience begins anew. */
void dna_regime_go_on(dna_regime *r);

/** A state in this epoch was read, perhaps of a training that was to have fewer epochs: a
 * mean that was begun too early for the new number begins anew. */
void dna_regime_restart_mean(dna_regime *r, int64_t epoch);

#endif

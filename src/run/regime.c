/* regime.c - how a training is led beside its optimiser.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/regime.h"

#include <math.h>

#include "base/mem.h"
#include "nn/gradient.h"

int
dna_regime_init(dna_regime *r, const dna_regime_settings *settings, double lr,
    int64_t n_epoch, const dna_state *state)
{
    const dna_regime_settings *s = settings;
    int rc = DNA_OK;

    *r = (dna_regime){.settings = s, .lr = lr};
    dna_lr_schedule_init(
        &r->schedule, s->schedule, s->schedule_opts, lr, n_epoch, s->warmup_steps);
    dna_early_stop_init(&r->stop, s->patience, s->min_delta);
    if (s->average != DNA_AVERAGE_NONE) {
        DNA_TRY(dna_weight_average_new(&r->average, state,
            s->average == DNA_AVERAGE_EMA ? s->decay : (double)NAN));
    }
out:
    return rc;
}

void
dna_regime_clear(dna_regime *r)
{
    dna_weight_average_free(r->average);
    *r = (dna_regime){0};
}

void
dna_regime_log(const dna_regime *r, dna_log *log)
{
    const dna_regime_settings *s = r->settings;

    if (s->schedule != NULL || s->warmup_steps > 0) {
        dna_log_info(log, "learning rate %g, schedule %s, warm-up %lld step%s",
            r->schedule.lr, s->schedule != NULL ? s->schedule->name : "none",
            (long long)s->warmup_steps, DNA_PLURAL(s->warmup_steps));
    }
    if (!isnan(s->max_norm)) {
        dna_log_info(log, "gradients are bounded to a norm of %g", s->max_norm);
    }
    if (!isnan(s->max_value)) {
        dna_log_info(log, "numbers of gradients are bounded to %g", s->max_value);
    }
    if (s->average == DNA_AVERAGE_EMA) {
        dna_log_info(log,
            "networks are moving averages of the weights from epoch %lld on, decay %g",
            (long long)s->start_epoch, s->decay);
    } else if (s->average == DNA_AVERAGE_SWA) {
        dna_log_info(log,
            "networks are means of the weights at the ends of epochs from %lld on",
            (long long)s->start_epoch);
    }
    if (s->patience > 0) {
        dna_log_info(log,
            "early stopping after %lld validation%s without a better loss",
            (long long)s->patience, DNA_PLURAL(s->patience));
    }
}

double
dna_regime_begin_step(dna_regime *r, int64_t epoch, int64_t step)
{
    r->lr = dna_lr_schedule_lr(&r->schedule, epoch - 1, step);
    /* a rate of 0 is not learning, whatever the schedule */
    return r->schedule.lr > 0.0 ? r->lr / r->schedule.lr : 1.0;
}

int
dna_regime_bound_gradient(const dna_regime *r, float *g, int64_t n)
{
    const dna_regime_settings *s = r->settings;
    int rc = DNA_OK;

    if (!isnan(s->max_value)) {
        dna_gradient_clip_value(g, n, s->max_value);
    }
    if (!isnan(s->max_norm)) {
        double norm = dna_gradient_clip_norm(g, n, s->max_norm);
        DNA_REQUIRE(isfinite(norm), DNA_ENUMERIC,
            "the norm of the gradient is %s; a smaller learning rate may help",
            isnan(norm) ? "nan" : "inf");
    }
out:
    return rc;
}

void
dna_regime_end_step(dna_regime *r, dna_state *state, int64_t epoch)
{
    if (r->settings->average == DNA_AVERAGE_EMA && epoch >= r->settings->start_epoch) {
        dna_weight_average_add(r->average, state);
    }
}

void
dna_regime_end_epoch(dna_regime *r, dna_state *state, int64_t epoch)
{
    if (r->settings->average == DNA_AVERAGE_SWA && epoch >= r->settings->start_epoch) {
        dna_weight_average_add(r->average, state);
    }
}

void
dna_regime_show_mean(const dna_regime *r, dna_state *state)
{
    if (r->average != NULL) {
        dna_weight_average_swap(r->average, state);
    }
}

void
dna_regime_hide_mean(const dna_regime *r, dna_state *state)
{
    dna_regime_show_mean(r, state); /* the same exchange */
}

void
dna_regime_see(dna_regime *r, double loss)
{
    dna_lr_schedule_see(&r->schedule, loss);
    dna_early_stop_see(&r->stop, loss);
}

bool
dna_regime_is_over(const dna_regime *r)
{
    return dna_early_stop_is_over(&r->stop);
}

void
dna_regime_go_on(dna_regime *r)
{
    if (dna_regime_is_over(r)) {
        r->stop.n_bad = 0;
    }
}

void
dna_regime_restart_mean(dna_regime *r, int64_t epoch)
{
    if (r->average != NULL && epoch < r->settings->start_epoch) {
        dna_weight_average_reset(r->average);
    }
}

/* regime_read.c - what a training config says of the learning rate, clipping, averaging
 * and early stopping.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "base/mem.h"
#include "run/regime.h"
#include "run/settings.h"

#define EMA_DECAY 0.999

static bool
has(const dna_value *config, const char *key)
{
    return !dna_value_is_null(dna_value_get(config, key));
}

static int
read_schedule(dna_regime_settings *s, dna_arena *arena, dna_value *config, dna_log *log)
{
    const dna_value *scheduler = dna_value_get(config, "lr_scheduler");
    dna_value *params = dna_value_get(scheduler, "params");
    int rc = DNA_OK;

    s->warmup_steps = dna_setting_int(scheduler, "warmup_steps", 0);
    s->schedule = dna_lr_schedule_find(dna_setting_text(scheduler, "name"));
    if (s->schedule == NULL) {
        if (params->type != DNA_MAP || params->n > 0) {
            rc = dna_config_fail(DNA_EARG, params, "lr_scheduler.params",
                "are settings of a schedule, but lr_scheduler has no name");
        }
        goto out;
    }
    DNA_TRY(dna_config_check(
        arena, params, s->schedule->fields, "lr_scheduler.params", log));
    void *opts = dna_arena_alloc(arena, 1, s->schedule->opts_size);
    if (opts == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    dna_config_bind(params, s->schedule->fields, opts);
    s->schedule_opts = opts;
out:
    return rc;
}

static int
read_clipping(dna_regime_settings *s, const dna_value *config)
{
    const dna_value *clipping = dna_value_get(config, "gradient_clipping");

    s->max_norm = dna_setting_double(clipping, "max_norm", (double)NAN);
    s->max_value = dna_setting_double(clipping, "max_value", (double)NAN);
    if (isnan(s->max_norm) && isnan(s->max_value)) {
        return dna_config_fail(DNA_EARG, clipping, "gradient_clipping",
            "bounds nothing: max_norm or max_value is missing");
    }
    return DNA_OK;
}

static int
read_averaging(dna_regime_settings *s, const dna_value *config)
{
    const dna_value *averaging = dna_value_get(config, "weight_averaging");
    int64_t n_epoch = dna_setting_int(config, "n_epochs", 1);
    double decay = dna_setting_double(averaging, "decay", (double)NAN);
    bool is_ema = dna_setting_is(averaging, "name", "ema");

    if (!is_ema && !isnan(decay)) {
        return dna_config_fail(DNA_EARG, dna_value_get(averaging, "decay"),
            "weight_averaging.decay", "is a setting of ema; swa has none");
    }
    s->average = is_ema ? DNA_AVERAGE_EMA : DNA_AVERAGE_SWA;
    s->decay = isnan(decay) ? EMA_DECAY : decay;
    s->start_epoch = dna_setting_int(
        averaging, "start_epoch", is_ema ? 1 : n_epoch + 1 - DNA_MAX(n_epoch / 4, 1));
    if (s->start_epoch > n_epoch) {
        return dna_config_fail(DNA_EARG, dna_value_get(averaging, "start_epoch"),
            "weight_averaging.start_epoch",
            "%lld is after the last epoch: n_epochs is %lld", (long long)s->start_epoch,
            (long long)n_epoch);
    }
    return DNA_OK;
}

int
dna_regime_read(
    dna_regime_settings *out, dna_arena *arena, dna_value *config, dna_log *log)
{
    dna_regime_settings s = {.max_norm = (double)NAN, .max_value = (double)NAN};
    int rc = DNA_OK;

    if (has(config, "lr_scheduler")) {
        DNA_TRY(read_schedule(&s, arena, config, log));
    }
    if (has(config, "gradient_clipping")) {
        DNA_TRY(read_clipping(&s, config));
    }
    if (has(config, "early_stopping")) {
        s.patience = dna_setting_int(config, "early_stopping.patience", 0);
        s.min_delta = dna_setting_double(config, "early_stopping.min_delta", 0.0);
    }
    if (has(config, "weight_averaging")) {
        DNA_TRY(read_averaging(&s, config));
    }
    *out = s;
out:
    return rc;
}

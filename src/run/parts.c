/* parts.c - check the parts of a config that are described elsewhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/parts.h"

#include "base/mem.h"
#include "base/str.h"
#include "config/override.h"
#include "data/transform.h"
#include "run/objective.h"
#include "run/regime.h"
#include "run/settings.h"

/* ---- the command line ------------------------------------------------------------ */

void
dna_parts_settle_learning_rate(dna_value *config)
{
    dna_value *params = dna_value_get_path(config, "optimizer.params");
    const dna_value *lr = dna_value_get(params, "lr");
    const dna_value *alias = dna_value_get(params, "learning_rate");

    if (lr != NULL && alias != NULL
        && (lr->option != NULL) != (alias->option != NULL)) {
        dna_value_remove(params, lr->option != NULL ? "learning_rate" : "lr");
    }
}

int
dna_parts_override(
    dna_value *config, dna_arena *arena, const char *const *texts, int64_t n)
{
    dna_override *overrides = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_overrides_read(&overrides, arena, texts, n));
    DNA_TRY(dna_overrides_apply(config, arena, overrides, n));
    dna_parts_settle_learning_rate(config);
out:
    return rc;
}

/* ---- the optimizer --------------------------------------------------------------- */

/* Whether lr overrides an inherited learning_rate: a mapping's own keys come before those of
 * the files that it inherits. */
static bool
is_lr_nearer(const dna_value *params, const dna_value *lr, const dna_value *alias)
{
    if (lr == NULL || dna_str_equal(lr->file, alias->file)) {
        return false;
    }
    for (int64_t i = 0; i < params->n; i++) {
        if (params->items[i] == lr || params->items[i] == alias) {
            return params->items[i] == lr;
        }
    }
    return false;
}

/* learning_rate is another name of lr, and wins within a file. */
static int
resolve_alias(dna_arena *arena, dna_value *params, dna_log *log)
{
    dna_value *alias = dna_value_get(params, "learning_rate");
    int rc = DNA_OK;

    if (alias == NULL) {
        goto out;
    }
    const dna_value *lr = dna_value_get(params, "lr");
    bool is_lr = lr != NULL && (alias->is_default || is_lr_nearer(params, lr, alias));
    if (lr != NULL && !is_lr && dna_str_equal(lr->file, alias->file)) {
        dna_config_warn(log, alias, "optimizer.params",
            "learning_rate and lr are the same setting: learning_rate is used");
    }
    if (!is_lr) {
        DNA_TRY(dna_value_set(arena, params, "lr", alias));
    }
    dna_value_remove(params, "learning_rate");
out:
    return rc;
}

static int
unknown_optimizer(const dna_value *name)
{
    const char *why_not = dna_optim_why_not(dna_value_as_text(name));
    if (why_not != NULL) {
        return dna_config_fail(DNA_EUNSUPPORTED, name, "optimizer.name",
            "%s cannot be used: it %s", dna_value_as_text(name), why_not);
    }
    dna_str known;
    dna_str_init(&known, 0);
    const dna_optim_def *def = NULL;
    for (int64_t i = 0; (def = dna_optim_at(i)) != NULL; i++) {
        dna_str_addf(&known, "%s%s", i > 0 ? ", " : "", def->name);
    }
    int rc = dna_config_fail(DNA_ENOTFOUND, name, "optimizer.name",
        "unknown optimizer \"%s\", there are: %s", dna_value_as_text(name),
        dna_str_text(&known));
    dna_str_clear(&known);
    return rc;
}

int
dna_parts_optimizer(const dna_optim_def **out, const void **opts, dna_arena *arena,
    dna_value *optimizer, dna_log *log)
{
    const dna_value *name = dna_value_get(optimizer, "name");
    dna_value *params = dna_value_get(optimizer, "params");
    const dna_optim_def *def = dna_optim_find(dna_value_as_text(name));
    int rc = DNA_OK;

    if (def == NULL) {
        rc = unknown_optimizer(name);
        goto out;
    }
    DNA_TRY(resolve_alias(arena, params, log));
    DNA_TRY(dna_config_check(arena, params, def->fields, "optimizer.params", log));
    void *bound = dna_arena_alloc(arena, 1, def->opts_size);
    if (bound == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    dna_config_bind(params, def->fields, bound);
    *out = def;
    *opts = bound;
out:
    return rc;
}

/* Settings that exclude each other. */
static int
check_optimizer(dna_arena *arena, dna_value *config, dna_log *log)
{
    const dna_optim_def *def = NULL;
    const void *opts = NULL;
    dna_optim *optim = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_parts_optimizer(
        &def, &opts, arena, dna_value_get(config, "optimizer"), log));
    rc = dna_optim_new(&optim, def, opts, 0);
    if (rc == DNA_EARG) {
        (void)dna_setting_blame(rc, config, "optimizer.params");
    }
out:
    dna_optim_free(optim);
    return rc;
}

/* ---- all ------------------------------------------------------------------------- */

int
dna_parts_check(dna_arena *arena, dna_value *config, bool is_training, dna_log *log)
{
    dna_param *params = NULL;
    int64_t n_param = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_params_read(&params, &n_param, arena,
        dna_value_get(config, "learned_params"), NULL, 0, log));
    DNA_TRY(dna_objective_check(params, n_param));
    if (is_training) {
        const dna_net_def *net = NULL;
        dna_value *net_params = NULL;
        dna_transform_set transforms;
        dna_regime_settings regime;
        DNA_TRY(dna_params_read_stats(params, n_param, config));
        DNA_TRY(dna_parts_inline_network(arena, config));
        DNA_TRY(dna_parts_network(
            &net, &net_params, arena, dna_value_get(config, "network"), log));
        DNA_TRY(check_optimizer(arena, config, log));
        DNA_TRY(dna_regime_read(&regime, arena, config, log));
        DNA_TRY(dna_transforms_read(
            &transforms, arena, dna_value_get(config, "dataset_transforms"), log));
    }
out:
    return rc;
}

/* fresh.c - open the simulator of a config, draw parameters with it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/fresh.h"

#include <math.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run/settings.h"

bool
dna_fresh_is_wanted(const dna_value *config)
{
    const dna_value *v = dna_value_get(config, "fresh_samples");
    return v != NULL && v->type == DNA_MAP;
}

bool
dna_fresh_is_stopped(void *fresh)
{
    const dna_fresh *f = fresh;
    return f->stop != NULL && *f->stop != 0;
}

/* ---- opening --------------------------------------------------------------------- */

/* The seed of the fixed draws, which the config says from now on. */
static int
settle_seed(dna_fresh *f)
{
    dna_value *own = dna_value_get(f->config, "fresh_samples");
    int64_t seed = dna_setting_int(own, "seed", DNA_NULL_INT);

    if (seed == DNA_NULL_INT) {
        seed = dna_setting_int(f->config, "dataset.seed", DNA_NULL_INT);
    }
    f->seed = seed != DNA_NULL_INT ? (uint64_t)seed : dna_rng_os_seed();
    return dna_value_set(
        f->arena, own, "seed", dna_value_int(f->arena, (int64_t)f->seed));
}

static void
read_settings(dna_fresh *f)
{
    const dna_value *own = dna_value_get(f->config, "fresh_samples");

    f->n_replicate = dna_setting_int(own, "n_replicates", 1);
    f->max_redraws = dna_setting_int(own, "max_redraws", 0);
    f->n_first_draw = dna_setting_int(own, "n_first_draw", 2);
    /* a sample without any SNP is of no use */
    f->min_snp = dna_setting_int(f->config, "preprocessing.min_snp", 1);
    f->min_indiv = dna_setting_int(f->config, "preprocessing.min_indiv", 1);
    f->maker.count[DNA_TRAINING] = dna_setting_int(own, "n_training", 1);
    f->maker.count[DNA_VALIDATION] = dna_setting_int(own, "n_validation", 1);
    f->maker.count[DNA_TEST] = dna_setting_int(own, "n_test", 0);
}

int
dna_fresh_new(dna_fresh **out, dna_arena *arena, dna_value *config,
    const volatile int *stop, dna_log *log)
{
    dna_fresh *f = NULL;
    int rc = DNA_OK;

    DNA_NEW(f, 1);
    f->arena = arena;
    f->config = config;
    f->stop = stop;
    f->log = log;
    const dna_value *splits = dna_value_get(config, "dataset_splits");
    if (splits != NULL) {
        dna_config_warn(log, splits, "dataset_splits",
            "has no effect with fresh_samples, which has n_training, n_validation and n_test");
    }
    if (dna_setting_text(config, "dataset.simulator_name") == NULL) {
        rc = dna_config_fail(DNA_EARG, dna_value_get(config, "fresh_samples"),
            "fresh_samples",
            "the dataset names no simulator (simulator_name) to draw them");
        goto out;
    }
    DNA_TRY(settle_seed(f));
    read_settings(f);
    /* all draws here have seeds of their own */
    DNA_TRY(
        dna_simulator_new(&f->sim, arena, dna_value_get(config, "dataset"), 0, log));
    f->sim->has_trees = false; /* nobody keeps them */
    f->sim->is_cancelled = dna_fresh_is_stopped;
    f->sim->payload = f;
    *out = f;
    f = NULL;
out:
    dna_fresh_free(f);
    return rc;
}

void
dna_fresh_free(dna_fresh *f)
{
    if (f != NULL) {
        dna_simulator_free(f->sim);
        dna_free(f);
    }
}

/* ---- parameters ------------------------------------------------------------------ */

/* The class of each label of a column of texts. */
static int
map_labels(dna_fresh *f, int64_t p, const dna_sim_column *column)
{
    const dna_param *param = &f->params[p];
    double *classes =
        dna_arena_alloc(f->arena, (size_t)column->n_label, sizeof(*classes));
    int rc = DNA_OK;

    if (classes == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < column->n_label; i++) {
        int64_t c = 0;
        while (
            c < param->n_class && !dna_str_equal(column->labels[i], param->labels[c])) {
            c++;
        }
        if (c == param->n_class) {
            rc = dna_config_fail(DNA_EARG, param->source, "learned_params",
                "%s: the simulator gives \"%s\", which is none of its classes",
                param->name, column->labels[i]);
            goto out;
        }
        classes[i] = (double)c;
    }
    f->class_of[p] = classes;
out:
    return rc;
}

static int
map_columns(dna_fresh *f)
{
    const dna_simulator *sim = f->sim;
    int rc = DNA_OK;

    f->column = dna_arena_alloc(f->arena, (size_t)f->n_param, sizeof(*f->column));
    f->class_of = dna_arena_alloc(f->arena, (size_t)f->n_param, sizeof(*f->class_of));
    if (f->column == NULL || f->class_of == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t p = 0; p < f->n_param; p++) {
        const dna_param *param = &f->params[p];
        int64_t c = dna_simulator_column(sim, param->name);
        f->column[p] = c;
        f->class_of[p] = NULL;
        if (c >= 0 && sim->columns[c].labels == NULL) {
            continue;
        }
        if (c < 0 || param->type == DNA_REGRESSION) {
            rc = dna_config_fail(DNA_EARG, param->source, "learned_params",
                c < 0 ? "%s: simulator %s has no such column"
                      : "%s: a regression, but simulator %s gives texts",
                param->name, sim->def->name);
            goto out;
        }
        DNA_TRY(map_labels(f, p, &sim->columns[c]));
    }
out:
    return rc;
}

int
dna_fresh_read_params(dna_fresh *f, dna_param **params, int64_t *n_param)
{
    const dna_simulator *sim = f->sim;
    const char **names =
        dna_arena_alloc(f->arena, (size_t)sim->n_column, sizeof(*names));
    int rc = DNA_OK;

    if (names == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < sim->n_column; i++) {
        names[i] = sim->columns[i].name;
    }
    DNA_TRY(dna_params_read(params, n_param, f->arena,
        dna_value_get(f->config, "learned_params"), names, sim->n_column, f->log));
    f->params = *params;
    f->n_param = *n_param;
    DNA_TRY(map_columns(f));
out:
    return rc;
}

int
dna_fresh_value(const dna_fresh *f, int64_t p, const double *values, double *out)
{
    const dna_param *param = &f->params[p];
    double v = values[f->column[p]];
    int rc = DNA_OK;

    if (f->class_of[p] != NULL) {
        v = f->class_of[p][(int64_t)v];
    } else if (param->type == DNA_CLASSIFICATION) {
        DNA_REQUIRE(v >= 0 && v < (double)param->n_class && v == rint(v), DNA_EARG,
            "%s: the simulator gives %.10g, which is no class index from 0 to %lld",
            param->name, v, (long long)param->n_class - 1);
    }
    *out = v;
out:
    return rc;
}

/* ---- what a network file says ---------------------------------------------------- */

/* The simulator's own settings, without the folders of this machine. */
static int
copy_settings(dna_value *to, dna_arena *a, const dna_fresh *f)
{
    const dna_value *dataset = dna_value_get(f->config, "dataset");
    int rc = DNA_OK;

    for (const dna_field *row = f->sim->def->fields; row->key != NULL; row++) {
        const dna_value *v = dna_value_get(dataset, row->key);
        const char *text = dna_value_as_text(v);
        bool is_of_files = dna_str_equal(row->key, "n_scenarios")
                           || dna_str_equal(row->key, "n_replicates");
        if (v == NULL || is_of_files) {
            continue;
        }
        DNA_TRY(dna_value_set(a, to, row->key,
            row->kind == DNA_KIND_PATH && text != NULL
                ? dna_value_string(a, dna_path_basename(text))
                : dna_value_copy(a, v)));
    }
out:
    return rc;
}

int
dna_fresh_describe(dna_value **out, dna_arena *a, const dna_fresh *f)
{
    dna_value *map = dna_value_map(a), *settings = dna_value_map(a);
    int rc = DNA_OK;

    if (map == NULL || settings == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_value_set(
        a, map, "simulator_name", dna_value_string(a, f->sim->def->name)));
    DNA_TRY(copy_settings(settings, a, f));
    DNA_TRY(dna_value_set(a, map, "settings", settings));
    DNA_TRY(dna_value_set(a, map, "seed", dna_value_int(a, (int64_t)f->seed)));
    DNA_TRY(dna_value_set(a, map, "n_replicates", dna_value_int(a, f->n_replicate)));
    DNA_TRY(dna_value_set(a, map, "max_redraws", dna_value_int(a, f->max_redraws)));
    *out = map;
out:
    return rc;
}

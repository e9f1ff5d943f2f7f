/* preprocess.c - from a parameter table and its samples to a table ready for training.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/pool.h"
#include "base/str.h"
#include "config/config.h"
#include "data/preprocess.h"
#include "dnadna/dnadna.h"
#include "run/objective.h"
#include "run/settings.h"
#include "run/simulators.h"

typedef struct {
    const dna_preprocess_options *o;
    dna_log *log;
    dna_arena *arena;
    dna_value *config;
    const char *model_root, *model_name;
    dna_param *params;
    int64_t n_param;
    dna_params_table table;
    dna_source *source;
    dna_pool *pool;
    char *table_path, *training_path;
} preprocess_job;

static void
job_clear(preprocess_job *j)
{
    dna_params_table_clear(&j->table);
    dna_source_free(j->source);
    dna_pool_free(j->pool);
    dna_free(j->table_path);
    dna_free(j->training_path);
    dna_arena_free(j->arena);
}

static int
model_file(char **out, const preprocess_job *j, const char *suffix)
{
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s/%s%s", j->model_root, j->model_name, suffix);
    DNA_TRY(dna_str_status(&s));
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

static int
open_log(const preprocess_job *j)
{
    char *path = NULL;
    int rc = DNA_OK;

    if (j->log == NULL) {
        goto out;
    }
    if (j->o->log_file == NULL) {
        DNA_TRY(model_file(&path, j, "_preprocessing.log"));
    }
    DNA_TRY(dna_log_add_file(j->log, path != NULL ? path : j->o->log_file));
out:
    dna_free(path);
    return rc;
}

static int
read_config(preprocess_job *j)
{
    int rc = DNA_OK;

    DNA_TRY(dna_config_load(&j->config, j->arena, j->o->config));
    DNA_TRY(dna_config_check_preprocessing(j->arena, j->config, j->log));
    j->model_root = dna_setting_text(j->config, "model_root");
    j->model_name = dna_setting_text(j->config, "model_name");
    DNA_TRY(dna_setting_check_folder(j->config, "model_root"));
    DNA_TRY(dna_setting_check_folder(j->config, "dataset.data_root"));
    DNA_REQUIRE(strchr(j->model_name, '/') == NULL, DNA_EARG,
        "%s: model_name: \"%s\" must be usable in file names", j->o->config,
        j->model_name);
    DNA_TRY(open_log(j));
    dna_config_notices(j->config, j->log);
    DNA_TRY(model_file(&j->table_path, j, "_preprocessed_params.csv"));
    DNA_TRY(model_file(&j->training_path, j, "_training_config.yml"));
out:
    return rc;
}

static int
read_table(preprocess_job *j)
{
    const char *path = dna_setting_text(j->config, "dataset.scenario_params_path");
    char **columns = NULL;
    int64_t n_column = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(path != NULL, DNA_EARG, "%s: dataset.scenario_params_path: is missing",
        j->o->config);
    DNA_TRY(dna_params_table_columns(path, &columns, &n_column));
    DNA_TRY(dna_params_read(&j->params, &j->n_param, j->arena,
        dna_value_get(j->config, "learned_params"), (const char *const *)columns,
        n_column, j->log));
    DNA_TRY(dna_objective_check(j->params, j->n_param));
    DNA_TRY(dna_params_table_read(&j->table, path, j->params, j->n_param));
out:
    dna_path_list_free(columns, n_column);
    return rc;
}

/* ---- scenarios ------------------------------------------------------------------- */

typedef struct {
    const dna_preprocess_options *o;
    double start;
} progress_state;

static void
show_progress(void *payload, int64_t done, int64_t total)
{
    const progress_state *s = payload;
    double seconds = dna_seconds() - s->start;
    dna_progress p = {.what = "scenarios", .done = done, .total = total};
    p.per_second = seconds > 0.0 ? (double)done / seconds : 0.0;
    p.seconds_left = p.per_second > 0.0 ? (double)(total - done) / p.per_second : 0.0;
    s->o->progress(s->o->payload, &p);
}

static void
log_criteria(const preprocess_job *j, const dna_scenario_check *check)
{
    bool has_limit = check->min_snp != DNA_NULL_INT || check->min_indiv != DNA_NULL_INT;
    if (has_limit || !check->ignore_missing) {
        dna_log_info(j->log, "a scenario is left out");
    }
    if (!check->ignore_missing) {
        dna_log_info(j->log, "  - if one of its replicates is missing");
    }
    if (check->min_snp != DNA_NULL_INT) {
        dna_log_info(j->log, "  - if one has fewer SNPs than min_snp, %lld",
            (long long)check->min_snp);
    }
    if (check->min_indiv != DNA_NULL_INT) {
        dna_log_info(j->log, "  - if one has fewer individuals than min_indiv, %lld",
            (long long)check->min_indiv);
    }
    dna_log_info(
        j->log, "checking scenarios, processors: %d", dna_pool_n_thread(j->pool));
}

static int
check_scenarios(preprocess_job *j)
{
    int64_t n_worker = dna_setting_int(j->config, "preprocessing.n_workers", 0);
    int64_t total = j->table.n_row;
    int64_t n_sample = 0;
    progress_state state = {.o = j->o, .start = dna_seconds()};
    int rc = DNA_OK;

    n_worker = DNA_MIN(n_worker, (int64_t)dna_cpu_count());
    if (n_worker > 1) {
        DNA_TRY(dna_pool_new(&j->pool, (int)n_worker));
    }
    DNA_TRY(dna_source_new(&j->source, dna_value_get(j->config, "dataset")));
    dna_scenario_check check = {
        .min_snp = dna_setting_int(j->config, "preprocessing.min_snp", DNA_NULL_INT),
        .min_indiv =
            dna_setting_int(j->config, "preprocessing.min_indiv", DNA_NULL_INT),
        .ignore_missing = dna_setting_bool(j->config, "dataset.ignore_missing", false),
        .pool = j->pool,
        .log = j->log,
        .progress = j->o->progress != NULL ? show_progress : NULL,
        .payload = &state};
    log_criteria(j, &check);
    DNA_TRY(dna_scenarios_check(&j->table, j->source, &check, &n_sample));
    dna_log_info(j->log, "%lld of %lld scenario%s kept: %lld simulation%s",
        (long long)j->table.n_row, (long long)total, DNA_PLURAL(total),
        (long long)n_sample, DNA_PLURAL(n_sample));
    DNA_REQUIRE(j->table.n_row > 0 && n_sample > 0, DNA_EARG,
        "%s: no scenario is usable: the warnings in the log say why", j->table.path);
out:
    return rc;
}

/* ---- splits ---------------------------------------------------------------------- */

/* As checked with the config: the sum is 1, what was missing is unused. */
static void
read_proportions(const preprocess_job *j, double p[DNA_N_SPLIT])
{
    const dna_value *splits = dna_value_get(j->config, "dataset_splits");
    for (int s = 0; s < DNA_N_SPLIT; s++) {
        p[s] = dna_setting_double(splits, dna_split_name((dna_split)s), 0.0);
    }
}

static int
check_split_counts(const preprocess_job *j, bool is_given, int64_t total)
{
    int64_t n[DNA_N_SPLIT] = {0};

    for (int64_t i = 0; i < j->table.n_row; i++) {
        n[j->table.split[i]]++;
    }
    dna_log_info(j->log, "scenarios: %lld training, %lld validation, %lld test",
        (long long)n[DNA_TRAINING], (long long)n[DNA_VALIDATION],
        (long long)n[DNA_TEST]);
    if (n[DNA_TRAINING] > 0 && n[DNA_VALIDATION] > 0) {
        return DNA_OK;
    }
    const char *empty = n[DNA_TRAINING] > 0 ? "validation" : "training";
    if (is_given) {
        return dna_fail(DNA_EARG, "%s: the column \"splits\" leaves the %s set empty",
            j->table.path, empty);
    }
    return dna_config_fail(DNA_EARG, dna_value_get(j->config, "dataset_splits"),
        "dataset_splits", "of %lld scenario%s none is left for the %s set (table: %s)",
        (long long)total, DNA_PLURAL(total), empty, j->table.path);
}

static int
split_scenarios(preprocess_job *j)
{
    double proportions[DNA_N_SPLIT];
    int64_t seed = dna_setting_int(j->config, "preprocessing.seed", DNA_NULL_INT);
    int rc = DNA_OK;

    read_proportions(j, proportions);
    int64_t total = j->table.n_row;
    bool is_given = j->table.has_split;
    if (is_given) {
        dna_log_info(
            j->log, "splits: taken from the column \"splits\" of %s", j->table.path);
    } else {
        if (seed == DNA_NULL_INT) {
            seed = (int64_t)(dna_rng_os_seed() & UINT32_MAX);
        }
        dna_log_info(j->log, "splitting the scenarios, seed %lld", (long long)seed);
        dna_splits_assign(
            j->table.split, j->table.n_row, proportions, true, (uint32_t)seed);
        j->table.has_split = true;
    }
    int64_t n_unused = dna_params_table_drop_split(&j->table, DNA_UNUSED);
    if (n_unused > 0) {
        dna_log_warning(j->log, "unused scenarios: %lld", (long long)n_unused);
    }
    DNA_TRY(check_split_counts(j, is_given, total));
out:
    return rc;
}

static int
standardise(preprocess_job *j)
{
    bool has_regression = false;
    int rc = DNA_OK;

    for (int64_t i = 0; i < j->n_param; i++) {
        has_regression = has_regression || j->params[i].type == DNA_REGRESSION;
    }
    if (has_regression) {
        dna_log_info(j->log, "standardising the targets of regressions");
    }
    rc = dna_targets_standardise(&j->table, j->params,
        dna_setting_is(j->config, "preprocessing.nan_targets", "minus_one"), j->log);
    if (rc < 0) {
        dna_context("%s", j->table.path);
    }
    return rc;
}

/* ---- the training config --------------------------------------------------------- */

/* {name: number} of each regression. */
static int
stats_map(dna_value **out, const preprocess_job *j, bool is_mean)
{
    dna_value *map = dna_value_map(j->arena);
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < j->n_param; i++) {
        const dna_param *p = &j->params[i];
        if (p->type == DNA_REGRESSION) {
            DNA_TRY(dna_value_set(j->arena, map, p->name,
                dna_value_float(j->arena, is_mean ? p->mean : p->std)));
        }
    }
    *out = map;
out:
    return rc;
}

/* Training settings: the preprocessing config's own, the simulator's, the template's.
 * Keys that the preprocessing config has are inherited and left out here. */
static int
base_settings(dna_value **out, preprocess_job *j)
{
    dna_arena *a = j->arena;
    dna_value *layers[2] = {NULL, NULL};
    dna_value *merged = NULL;
    dna_value *config = dna_value_map(a);
    int rc = DNA_OK;

    if (config == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_simulator_training(
        &layers[0], a, dna_setting_text(j->config, "dataset.simulator_name")));
    int64_t n = layers[0] != NULL ? 1 : 0;
    DNA_TRY(dna_config_template_training(&layers[n], a));
    DNA_TRY(dna_config_merge(&merged, a, layers, n + 1));
    for (int64_t i = 0; i < merged->n; i++) {
        const dna_value *own = dna_value_get(j->config, merged->keys[i]);
        if (own == NULL) {
            DNA_TRY(dna_value_set(a, config, merged->keys[i], merged->items[i]));
        }
    }
    *out = config;
out:
    return rc;
}

static int
own_settings(dna_value *config, preprocess_job *j)
{
    dna_arena *a = j->arena;
    dna_value *dataset = dna_value_map(a);
    dna_value *part = NULL;
    char now[DNA_TIME_TEXT];
    char *relative = NULL;
    int rc = DNA_OK;

    relative = dna_path_relative(j->o->config, j->model_root);
    if (dataset == NULL || relative == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    /* paths are relative to the file that says them: this one lies in the model's root
     */
    DNA_TRY(dna_value_set(a, dataset, "scenario_params_path",
        dna_value_string(a, dna_path_basename(j->table_path))));
    DNA_TRY(dna_value_set(a, config, "dataset", dataset));
    DNA_TRY(dna_value_set(a, config, "model_root", dna_value_string(a, ".")));
    DNA_TRY(dna_params_to_value(&part, a, j->params, j->n_param));
    DNA_TRY(dna_value_set(a, config, "learned_params", part));
    DNA_TRY(stats_map(&part, j, true));
    if (part->n > 0) {
        DNA_TRY(dna_value_set(a, config, "train_mean", part));
        DNA_TRY(stats_map(&part, j, false));
        DNA_TRY(dna_value_set(a, config, "train_std", part));
    }
    DNA_TRY(
        dna_value_set(a, config, "dnadna_version", dna_value_string(a, DNA_VERSION)));
    DNA_TRY(dna_value_set(a, config, "preprocessing_datetime",
        dna_value_string(a, dna_utc_now(now, sizeof(now)))));
    DNA_TRY(dna_value_set(a, config, "inherit", dna_value_string(a, relative)));
out:
    dna_free(relative);
    return rc;
}

static int
write_results(preprocess_job *j)
{
    dna_value *config = NULL;
    int rc = DNA_OK;

    bool is_there = dna_path_exists(j->training_path);
    DNA_TRY(base_settings(&config, j));
    DNA_TRY(own_settings(config, j));
    DNA_TRY(dna_params_table_write(&j->table, j->table_path, j->params));
    dna_log_info(j->log, "wrote the preprocessed parameters %s", j->table_path);
    DNA_TRY(dna_config_write(j->training_path, config, dna_fields_training,
        "Training config: the network and how it is trained. What preprocessing used is inherited.",
        4));
    dna_log_info(j->log, "%s the training config %s", is_there ? "replaced" : "wrote",
        j->training_path);
    dna_log_info(j->log, "edit it, then run:");
    dna_log_info(j->log, "    dnadna train %s", j->training_path);
out:
    return rc;
}

int
dna_run_preprocess(const dna_preprocess_options *o, char **training_config)
{
    preprocess_job j = {.o = o, .log = o->log};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&j.arena));
    DNA_TRY(read_config(&j));
    DNA_TRY(read_table(&j));
    DNA_TRY(check_scenarios(&j));
    DNA_TRY(split_scenarios(&j));
    DNA_TRY(standardise(&j));
    DNA_TRY(write_results(&j));
    if (training_config != NULL) {
        *training_config = j.training_path;
        j.training_path = NULL;
    }
out:
    job_clear(&j);
    return rc;
}

/* preprocess.c - from a parameter table and its samples to a table ready for training.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/preprocess.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/pool.h"
#include "base/str.h"
#include "run/objective.h"
#include "run/settings.h"

static void
job_clear(dna_preprocess_job *j)
{
    dna_params_table_clear(&j->table);
    dna_source_free(j->source);
    dna_fresh_free(j->fresh);
    dna_pool_free(j->pool);
    dna_free(j->table_path);
    dna_free(j->training_path);
    dna_arena_free(j->arena);
}

static int
read_table(dna_preprocess_job *j)
{
    const char *path = dna_setting_text(j->config, "dataset.scenario_params_path");
    char **columns = NULL;
    int64_t n_column = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_source_new(&j->source, dna_value_get(j->config, "dataset")));
    if (path == NULL && dna_source_packed(j->source) != NULL) {
        path = dna_packed_path(dna_source_packed(j->source)->files[0]);
    }
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

static int
open_pool(dna_preprocess_job *j)
{
    int64_t n_worker = dna_setting_int(j->config, "preprocessing.n_workers", 0);

    n_worker = DNA_MIN(n_worker, (int64_t)dna_cpu_count());
    return n_worker > 1 ? dna_pool_new(&j->pool, (int)n_worker) : DNA_OK;
}

static void
log_criteria(const dna_preprocess_job *j, const dna_scenario_check *check)
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
check_scenarios(dna_preprocess_job *j)
{
    int64_t total = j->table.n_row;
    int64_t n_sample = 0;
    progress_state state = {.o = j->o, .start = dna_seconds()};
    int rc = DNA_OK;

    DNA_TRY(open_pool(j));
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
read_proportions(const dna_preprocess_job *j, double p[DNA_N_SPLIT])
{
    const dna_value *splits = dna_value_get(j->config, "dataset_splits");
    for (int s = 0; s < DNA_N_SPLIT; s++) {
        p[s] = dna_setting_double(splits, dna_split_name((dna_split)s), 0.0);
    }
}

static int
check_split_counts(const dna_preprocess_job *j, bool is_given, int64_t total)
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
split_scenarios(dna_preprocess_job *j)
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
standardise(dna_preprocess_job *j)
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
        dna_context("%s", j->table.path != NULL ? j->table.path : "first draw");
    }
    return rc;
}

/* Where training draws its samples itself there is only their scale to find. */
static int
draw_table(dna_preprocess_job *j)
{
    progress_state state = {.o = j->o, .start = dna_seconds()};
    dna_fresh_draw how = {
        .progress = j->o->progress != NULL ? show_progress : NULL, .payload = &state};
    int rc = DNA_OK;

    DNA_TRY(open_pool(j));
    how.pool = j->pool;
    DNA_TRY(dna_fresh_new(&j->fresh, j->arena, j->config, NULL, j->log));
    DNA_TRY(dna_fresh_read_params(j->fresh, &j->params, &j->n_param));
    DNA_TRY(dna_objective_check(j->params, j->n_param));
    DNA_TRY(dna_fresh_first_draw(j->fresh, &how, &j->table));
    dna_log_info(j->log, "first draw of simulator %s: %lld scenario%s, seed %llu",
        j->fresh->sim->def->name, (long long)j->table.n_row, DNA_PLURAL(j->table.n_row),
        (unsigned long long)j->fresh->seed);
out:
    return rc;
}

static int
prepare_files(dna_preprocess_job *j)
{
    int rc = DNA_OK;

    DNA_TRY(read_table(j));
    DNA_TRY(check_scenarios(j));
    DNA_TRY(split_scenarios(j));
out:
    return rc;
}

int
dna_run_preprocess(const dna_preprocess_options *o, char **training_config)
{
    dna_preprocess_job j = {.o = o, .log = o->log};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&j.arena));
    DNA_TRY(dna_preprocess_read_config(&j));
    DNA_TRY(dna_fresh_is_wanted(j.config) ? draw_table(&j) : prepare_files(&j));
    DNA_TRY(standardise(&j));
    DNA_TRY(dna_preprocess_write(&j));
    if (training_config != NULL) {
        *training_config = j.training_path;
        j.training_path = NULL;
    }
out:
    job_clear(&j);
    return rc;
}

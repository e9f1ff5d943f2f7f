/* train_setup.c - from a training config to data, network and optimiser in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/config.h"
#include "data/preprocess.h"
#include "popgen/sample_ops.h"
#include "run/fine_tuning.h"
#include "run/parts.h"
#include "run/settings.h"
#include "run/train.h"

/* ---- config ---------------------------------------------------------------------- */

/* The final config of an earlier run makes a new run: its id is history, not a wish. */
static bool
is_final_config(const dna_value *config)
{
    return dna_setting_text(config, "run_name") != NULL
           || dna_setting_text(config, "training_datetime") != NULL;
}

int
dna_training_choose_run(dna_training *t, int64_t not_below)
{
    const dna_train_options *o = t->options;
    dna_run_wish wish = {.model_root = t->model_root,
        .model_name = t->model_name,
        .format = dna_setting_text(t->config, "run_name_format"),
        .wanted = o->run_id,
        .not_below = not_below};
    char *path = NULL;
    int rc = DNA_OK;

    if (wish.wanted == NULL && !is_final_config(t->config)) {
        const dna_value *id = dna_value_get(t->config, "run_id");
        bool is_id =
            dna_value_is_null(id) || id->type == DNA_INT || id->type == DNA_STRING;
        if (!is_id) {
            rc = dna_config_fail(DNA_EARG, id, "run_id", "%s is no number or text",
                dna_value_type_name(id));
            goto out;
        }
        wish.wanted = dna_value_is_null(id) ? NULL : dna_value_as_text(id);
    }
    dna_run_name_clear(&t->run);
    rc = dna_run_name_choose(&t->run, &wish);
    if (rc == DNA_EARG && o->run_id == NULL) {
        (void)dna_setting_blame(
            rc, t->config, wish.wanted != NULL ? "run_id" : "run_name_format");
    }
    DNA_TRY(rc);
    DNA_REQUIRE(!t->run.has_files || o->overwrite, DNA_EEXISTS,
        "%s: the folder of run \"%s\" is not empty: give --overwrite or another --run-id",
        t->run.dir, t->run.id);
    rc = dna_training_path(&path, t, "best");
    if (rc == DNA_EARG) {
        (void)dna_setting_blame(rc, t->config, "model_filename_format");
    }
out:
    dna_free(path);
    return rc;
}

static int
read_config(dna_training *t)
{
    const dna_train_options *o = t->options;
    int rc = DNA_OK;

    DNA_TRY(dna_config_load(&t->config, t->arena, t->config_path));
    if (o->resume != NULL) {
        DNA_TRY(dna_training_check_overrides(t));
    }
    DNA_TRY(dna_parts_override(t->config, t->arena, o->overrides, o->n_override));
    DNA_TRY(dna_config_check_training(t->arena, t->config, t->log));
    DNA_TRY(dna_fine_tuning_begin(t, o->from));
    DNA_TRY(dna_parts_inline_network(t->arena, t->config));
    dna_config_notices(t->config, t->log);
    if (o->resume == NULL) { /* a run may have been moved */
        DNA_TRY(dna_setting_check_folder(t->config, "model_root"));
    }
    const dna_value *c = t->config;
    bool is_fresh = dna_fresh_is_wanted(c);
    if (!is_fresh) {
        DNA_TRY(dna_setting_check_folder(c, "dataset.data_root"));
    }
    t->model_name = dna_setting_text(c, "model_name");
    t->model_root = dna_setting_text(c, "model_root");
    t->filename_format = dna_setting_text(c, "model_filename_format");
    t->n_epoch = dna_setting_int(c, "n_epochs", 1);
    t->evaluation_interval = dna_setting_int(c, "evaluation_interval", 1);
    t->batch_size = dna_setting_int(c, "batch_size", 1);
    t->n_worker = (int)DNA_MIN(dna_setting_int(c, "loader_num_workers", 0), 1024);
    t->is_validation_fresh =
        dna_setting_is(c, "random_transforms_in_validation", "fresh");
    int64_t seed = dna_setting_int(c, "seed", DNA_NULL_INT);
    t->seed = seed != DNA_NULL_INT ? (uint64_t)seed : dna_rng_os_seed();
    const char *table = dna_setting_text(c, "dataset.scenario_params_path");
    DNA_REQUIRE(is_fresh || table != NULL, DNA_EARG,
        "%s: dataset.scenario_params_path: is missing; dnadna preprocess writes it%s",
        t->config_path,
        dna_setting_text(c, "dataset.simulator_name") != NULL
            ? ", and fresh_samples: {} trains without files"
            : "");
out:
    return rc;
}

int
dna_training_path(char **out, const dna_training *t, const char *checkpoint)
{
    bool is_renamed = false;
    return dna_run_network_path(
        out, &t->run, t->model_name, t->filename_format, checkpoint, &is_renamed);
}

/* ---- data ------------------------------------------------------------------------ */

static int
read_table(dna_training *t)
{
    const char *path = dna_setting_text(t->config, "dataset.scenario_params_path");
    char **columns = NULL;
    int64_t n_column = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_params_table_columns(path, &columns, &n_column));
    DNA_TRY(dna_params_read(&t->params, &t->n_param, t->arena,
        dna_value_get(t->config, "learned_params"), (const char *const *)columns,
        n_column, t->log));
    DNA_TRY(dna_params_read_stats(t->params, t->n_param, t->config));
    DNA_TRY(dna_params_table_read(&t->table, path, t->params, t->n_param));
    DNA_REQUIRE(t->table.has_split, DNA_EFORMAT,
        "%s: has no column \"splits\"; training needs the table of dnadna preprocess",
        path);
out:
    dna_path_list_free(columns, n_column);
    return rc;
}

/* The first draw that preprocessing has stored, or one of our own. */
static int
read_first_draw(dna_training *t)
{
    const char *path = dna_setting_text(t->config, "fresh_samples.first_draw_path");
    const dna_value *mean = dna_value_get(t->config, "train_mean");
    int rc = DNA_OK;

    DNA_TRY(dna_fresh_new(&t->fresh, t->arena, t->config, t->options->stop, t->log));
    DNA_TRY(dna_fresh_read_params(t->fresh, &t->params, &t->n_param));
    if (path != NULL) {
        DNA_TRY(dna_params_read_stats(t->params, t->n_param, t->config));
        DNA_TRY(dna_params_table_read(&t->table, path, t->params, t->n_param));
        goto out;
    }
    if (!dna_value_is_null(mean)) {
        rc = dna_config_fail(DNA_EARG, mean, "train_mean",
            "comes with the table of the first draw, and fresh_samples.first_draw_path is not given");
        goto out;
    }
    DNA_TRY(
        dna_fresh_first_draw(t->fresh, &(dna_fresh_draw){.pool = t->pool}, &t->table));
    rc = dna_targets_standardise(&t->table, t->params, false, t->log);
    if (rc < 0) {
        dna_context("first draw of simulator %s", t->fresh->sim->def->name);
    }
out:
    return rc;
}

static int
read_targets(dna_training *t)
{
    int rc = DNA_OK;

    DNA_TRY(dna_fresh_is_wanted(t->config) ? read_first_draw(t) : read_table(t));
    DNA_TRY(dna_objective_init(&t->objective, t->params, t->n_param, t->table.targets,
        t->table.split, t->table.n_row));
out:
    return rc;
}

int
dna_training_first_sample(dna_training *t, dna_sample **sample, char **path)
{
    char *name = NULL;
    int64_t row = 0;
    int rc = DNA_OK;

    if (t->fresh != NULL) {
        DNA_TRY(dna_fresh_first_sample(t->fresh, sample));
        goto out;
    }
    while (row < t->table.n_row && t->table.n_replicate[row] == 0) {
        row++;
    }
    DNA_REQUIRE(row < t->table.n_row, DNA_EARG, "%s: no scenario has a replicate",
        t->table.path);
    DNA_TRY(dna_source_path(t->source, t->table.scenario[row], 0, &name));
    DNA_TRY(dna_source_load(sample, t->source, t->table.scenario[row], 0, NULL, NULL));
out:
    if (path != NULL) {
        *path = name;
        name = NULL;
    }
    dna_free(name);
    return rc;
}

/* Where the config does not say it, the order of the positions tells distances from
 * absolute positions; so that prediction treats files as training did. */
static int
settle_positions(dna_training *t)
{
    const dna_position_format *known = dna_source_sample_options(t->source)->format;
    dna_sample *s = NULL;
    char *path = NULL;
    int rc = DNA_OK;

    if (known->distance >= 0) {
        goto out;
    }
    DNA_TRY(dna_training_first_sample(t, &s, &path));
    bool is_distance = dna_sample_count_decreases(s, NULL) > 0;
    if (is_distance) {
        dna_log_warning(t->log,
            "%s: positions that decrease are taken for distances to the previous SNP; "
            "position_format: {distance: true} in the dataset config says so for good",
            path);
    }
    dna_source_settle_distance(t->source, is_distance);
out:
    dna_sample_free(s);
    dna_free(path);
    return rc;
}

/* An option for what preprocessing has done: it cannot be done again here. */
static void
warn_settled(
    const dna_training *t, const dna_value *v, const char *dotted, const char *effect)
{
    if (v != NULL && v->option != NULL && !v->is_default) {
        dna_config_warn(t->log, v, dotted,
            "%s; preprocessing has settled it: set it on dnadna preprocess", effect);
    }
}

static void
warn_of_settled(const dna_training *t)
{
    static const char *const keys[] = {"dataset_splits.training",
        "dataset_splits.validation", "dataset_splits.test", "dataset_splits.unused",
        "preprocessing.nan_targets", "preprocessing.n_workers"};

    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        warn_settled(
            t, dna_value_get_path(t->config, keys[i]), keys[i], "has no effect here");
    }
    for (int64_t i = 0; i < t->n_param; i++) {
        warn_settled(t, dna_value_get(t->params[i].source, "log_transform"),
            "log_transform", "does not change the targets, only their unit");
    }
}

/* Ready to draw. Validation samples are kept, unless the config says no, where only their
 * first sites are made; whole ones could be too large. */
static int
begin_fresh(dna_training *t)
{
    dna_value *dataset = dna_value_get(t->config, "dataset");
    const dna_value *v = dna_value_get(dataset, "cache_validation_set");
    int rc = DNA_OK;

    dna_fresh_begin(t->fresh, t->seed, &t->transforms);
    if (v->is_default && t->fresh->max_snp[DNA_VALIDATION] > 0) {
        rc = dna_value_set(
            t->arena, dataset, "cache_validation_set", dna_value_bool(t->arena, true));
    }
    return rc;
}

static int
make_dataset(dna_training *t)
{
    int rc = DNA_OK;

    if (t->fresh == NULL) {
        DNA_TRY(dna_source_new(&t->source, dna_value_get(t->config, "dataset")));
        DNA_TRY(settle_positions(t));
    }
    DNA_TRY(dna_transforms_read(&t->transforms, t->arena,
        dna_value_get(t->config, "dataset_transforms"), t->log));
    DNA_TRY(t->fresh != NULL ? begin_fresh(t) : DNA_OK);
    dna_dataset_options options = {.maker = t->fresh != NULL ? &t->fresh->maker : NULL,
        .source = t->source,
        .table = &t->table,
        .transforms = &t->transforms,
        .params = t->params,
        .n_param = t->n_param,
        .seed = t->seed,
        .cache_validation_set =
            dna_setting_bool(t->config, "dataset.cache_validation_set", false),
        .log = t->log};
    DNA_TRY(dna_dataset_new(&t->dataset, &options));
    t->n_training = dna_dataset_count(t->dataset, DNA_TRAINING);
    t->n_validation = dna_dataset_count(t->dataset, DNA_VALIDATION);
    DNA_REQUIRE(
        t->n_training > 0, DNA_EARG, "%s: the training set is empty", t->table.path);
    DNA_REQUIRE(t->n_validation > 0, DNA_EARG, "%s: the validation set is empty",
        t->table.path);
out:
    return rc;
}

/* ---- optimiser ------------------------------------------------------------------- */

/* The config stays as it was given; what is completed is a copy. */
int
dna_training_make_optim(dna_training *t)
{
    dna_value *optimizer =
        dna_value_copy(t->arena, dna_value_get(t->config, "optimizer"));
    const dna_optim_def *def = NULL;
    int rc = DNA_OK;

    if (optimizer == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_parts_optimizer(&def, &t->optim_opts, t->arena, optimizer, t->log));
    rc = dna_optim_new(&t->optim, def, t->optim_opts,
        t->net != NULL ? dna_state_n_param(t->net->state) : 0);
    if (rc == DNA_EARG) {
        (void)dna_setting_blame(rc, t->config, "optimizer.params");
    }
out:
    return rc;
}

/* Schedule, clipping, averaging, early stopping. */
static int
read_regime(dna_training *t)
{
    const dna_regime_settings *s = &t->regime;
    int rc = DNA_OK;

    DNA_TRY(dna_regime_read(&t->regime, t->arena, t->config, t->log));
    if ((s->schedule != NULL || s->warmup_steps > 0)
        && strcmp(t->optim->def->name, "Rprop") == 0) {
        dna_config_warn(t->log, dna_value_get(t->config, "lr_scheduler"),
            "lr_scheduler",
            "the steps of Rprop depend on the learning rate of the first one only");
    }
out:
    return rc;
}

/* ---- all ------------------------------------------------------------------------- */

int
dna_training_init(dna_training *t, const dna_train_options *o)
{
    dna_precision precision = DNA_PRECISION_F32;
    int rc = DNA_OK;

    *t = (dna_training){.options = o, .log = o->log, .lock = -1};
    DNA_TRY(dna_arena_new(&t->arena));
    t->config_path = o->config;
    if (o->resume != NULL) {
        DNA_TRY(dna_training_find_run(t));
    }
    DNA_TRY(read_config(t));
    if (o->resume != NULL) {
        DNA_TRY(dna_training_adopt_run(t));
    } else {
        DNA_TRY(dna_training_choose_run(t, 0));
    }
    if (t->is_finished) {
        goto out;
    }
    DNA_TRY(dna_pool_new(&t->pool, o->n_thread));
    DNA_TRY(read_targets(t));
    warn_of_settled(t);
    DNA_TRY(make_dataset(t));
    DNA_TRY(dna_training_make_network(t));
    DNA_TRY(dna_fine_tuning_apply(t));
    DNA_TRY(dna_training_make_optim(t));
    DNA_TRY(read_regime(t));
    dna_programs_set_pool(t->net->programs, t->pool);
    DNA_TRY(dna_programs_set_isa(t->net->programs, o->isa));
    DNA_TRY(dna_precision_find(&precision, dna_setting_text(t->config, "precision")));
    (void)dna_programs_set_precision(t->net->programs, precision);
out:
    return rc;
}

void
dna_training_clear(dna_training *t)
{
    if (t->lock >= 0) {
        close(t->lock);
    }
    dna_train_state_free(t->state);
    dna_optim_free(t->optim);
    dna_network_free(t->net);
    dna_network_free(t->from);
    dna_objective_clear(&t->objective);
    dna_dataset_free(t->dataset);
    dna_source_free(t->source);
    dna_fresh_free(t->fresh);
    dna_params_table_clear(&t->table);
    dna_pool_free(t->pool);
    dna_run_name_clear(&t->run);
    dna_arena_free(t->arena);
    *t = (dna_training){.lock = -1};
}

bool
dna_training_is_stopped(const dna_training *t)
{
    const volatile int *stop = t->options->stop;
    return stop != NULL && *stop != 0;
}

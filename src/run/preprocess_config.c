/* preprocess_config.c - the config that preprocessing reads, and the one it writes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/preprocess.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/config.h"
#include "config/override.h"
#include "dnadna/dnadna.h"
#include "run/parts.h"
#include "run/settings.h"
#include "run/simulators.h"

static int
model_file(char **out, const dna_preprocess_job *j, const char *suffix)
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
open_log(const dna_preprocess_job *j)
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

/* ---- the config, and what the command line says ---------------------------------- */

/* Without files: nothing to split, and a validation set that is not small beside what is
 * learned between two validations. */
static int
adapt_to_fresh(dna_value *training, const dna_preprocess_job *j)
{
    int64_t n = dna_setting_int(j->config, "fresh_samples.n_training", 1);
    int64_t batch_size = dna_setting_int(training, "batch_size", 1);

    dna_value_remove(training, "dataset_splits");
    return dna_value_set(j->arena, training, "evaluation_interval",
        dna_value_int(j->arena, DNA_MAX(n / DNA_MAX(4 * batch_size, 1), 1)));
}

/* Training settings: the simulator's, the template's. */
static int
recommended_training(dna_value **out, const dna_preprocess_job *j)
{
    dna_value *layers[2] = {NULL, NULL};
    int rc = DNA_OK;

    DNA_TRY(dna_simulator_training(
        &layers[0], j->arena, dna_setting_text(j->config, "dataset.simulator_name")));
    int64_t n = layers[0] != NULL ? 1 : 0;
    DNA_TRY(dna_config_template_training(&layers[n], j->arena));
    DNA_TRY(dna_config_merge(out, j->arena, layers, n + 1));
    DNA_TRY(dna_fresh_is_wanted(j->config) ? adapt_to_fresh(*out, j) : DNA_OK);
out:
    return rc;
}

/* Whether a key is read by training and not by preprocessing. */
static bool
is_training_key(const dna_override *o)
{
    char first[64];
    size_t n = strcspn(o->key, ".");
    if (n >= sizeof(first)) {
        return false;
    }
    memcpy(first, o->key, n);
    first[n] = '\0';
    return dna_field_find(dna_fields_training, first) != NULL
           && dna_field_find(dna_fields_preprocessing, first) == NULL;
}

/* Apply what is meant for training to the settings that the training config would have
 * without it, and check the outcome: a typing mistake is told now, not in training. */
static int
set_for_training(dna_preprocess_job *j, const dna_override *list, int64_t n)
{
    dna_arena *a = j->arena;
    dna_value *all = NULL;
    dna_value *set = dna_value_map(a);
    int rc = DNA_OK;

    DNA_TRY(recommended_training(&all, j));
    for (int64_t i = 0; i < j->config->n; i++) {
        DNA_TRY(dna_value_set(
            a, all, j->config->keys[i], dna_value_copy(a, j->config->items[i])));
    }
    DNA_TRY(dna_overrides_apply(all, a, list, n));
    dna_parts_settle_learning_rate(all);
    for (int64_t i = 0; i < n; i++) {
        char *key = dna_arena_strndup(a, list[i].key, strcspn(list[i].key, "."));
        if (key == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        DNA_TRY(dna_value_set(a, set, key, dna_value_copy(a, dna_value_get(all, key))));
    }
    DNA_TRY(dna_config_check_training(a, all, NULL));
    DNA_TRY(dna_parts_check(a, all, true, j->log));
    j->set_for_training = set;
out:
    return rc;
}

static int
override_config(dna_preprocess_job *j)
{
    dna_arena *a = j->arena;
    int64_t n = j->o->n_override;
    dna_override *all = NULL;
    int64_t n_own = 0;
    int64_t n_training = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_overrides_read(&all, a, j->o->overrides, n));
    dna_override *own = dna_arena_alloc(a, (size_t)n + 1, sizeof(*own));
    dna_override *training = dna_arena_alloc(a, (size_t)n + 1, sizeof(*training));
    if (own == NULL || training == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    for (int64_t i = 0; i < n; i++) {
        if (is_training_key(&all[i])) {
            training[n_training++] = all[i];
        } else {
            own[n_own++] = all[i];
        }
    }
    DNA_TRY(dna_overrides_apply(j->config, a, own, n_own));
    DNA_TRY(dna_config_check_preprocessing(a, j->config, j->log));
    if (n_training > 0) {
        DNA_TRY(set_for_training(j, training, n_training));
    }
out:
    return rc;
}

int
dna_preprocess_read_config(dna_preprocess_job *j)
{
    int rc = DNA_OK;

    DNA_TRY(dna_config_load(&j->config, j->arena, j->o->config));
    DNA_TRY(override_config(j));
    j->model_root = dna_setting_text(j->config, "model_root");
    j->model_name = dna_setting_text(j->config, "model_name");
    DNA_TRY(dna_setting_check_folder(j->config, "model_root"));
    if (!dna_fresh_is_wanted(j->config)) {
        DNA_TRY(dna_setting_check_folder(j->config, "dataset.data_root"));
    }
    DNA_REQUIRE(strpbrk(j->model_name, "/\n\r") == NULL, DNA_EARG,
        "%s: model_name: \"%s\" must be usable in file names", j->o->config,
        j->model_name);
    DNA_TRY(open_log(j));
    dna_config_notices(j->config, j->log);
    DNA_TRY(model_file(&j->table_path, j, "_preprocessed_params.csv"));
    DNA_TRY(model_file(&j->training_path, j, "_training_config.yml"));
out:
    return rc;
}

/* ---- the training config --------------------------------------------------------- */

/* {name: number} of each regression. */
static int
stats_map(dna_value **out, const dna_preprocess_job *j, bool is_mean)
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

/* Training settings: the simulator's and the template's. Keys that the preprocessing
 * config has are inherited and left out here, unless the command line changed them. */
static int
base_settings(dna_value **out, dna_preprocess_job *j)
{
    dna_arena *a = j->arena;
    dna_value *merged = NULL;
    dna_value *config = dna_value_map(a);
    int rc = DNA_OK;

    if (config == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(recommended_training(&merged, j));
    for (int64_t i = 0; i < merged->n; i++) {
        if (dna_value_get(j->config, merged->keys[i]) == NULL) {
            DNA_TRY(dna_value_set(a, config, merged->keys[i], merged->items[i]));
        }
    }
    const dna_value *set = j->set_for_training;
    for (int64_t i = 0; set != NULL && i < set->n; i++) {
        /* complete as it is: not to be merged with what is inherited */
        const dna_value *inherited = dna_value_get(j->config, set->keys[i]);
        bool is_final = set->items[i]->type == DNA_MAP && inherited != NULL;
        const char *key =
            is_final ? dna_arena_printf(a, "%s!", set->keys[i]) : set->keys[i];
        if (key == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(dna_value_set(a, config, key, set->items[i]));
    }
    *out = config;
out:
    return rc;
}

/* What the command line changed of the preprocessing config, over what is inherited.
 * learned_params are written out anyway; the model's root is where this file lies. */
static int
set_overrides(dna_value *config, dna_preprocess_job *j)
{
    dna_value *layer = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_overrides_collect(&layer, j->arena, j->config));
    dna_value_remove(layer, "learned_params");
    dna_value_remove(layer, "learned_params!");
    dna_value_remove(layer, "model_root");
    for (int64_t i = 0; i < layer->n; i++) {
        DNA_TRY(dna_value_set(j->arena, config, layer->keys[i], layer->items[i]));
    }
out:
    return rc;
}

/* A section of the config as it is so far, with or without its mark; or a new one. */
static int
open_section(dna_value **out, dna_arena *a, dna_value *config, const char *key)
{
    const char *marked = dna_arena_printf(a, "%s!", key);
    int rc = DNA_OK;

    if (marked == NULL) {
        return DNA_ENOMEM;
    }
    *out = dna_value_get(config, key);
    if (*out == NULL) {
        *out = dna_value_get(config, marked);
    }
    if (*out == NULL) {
        *out = dna_value_map(a);
        DNA_TRY(dna_value_set(a, config, key, *out));
    }
out:
    return rc;
}

/* Paths are relative to the file that says them: this one lies in the model's root. */
static int
set_table_path(dna_value *config, dna_preprocess_job *j)
{
    dna_arena *a = j->arena;
    const char *name = dna_path_basename(j->table_path);
    dna_value *section = NULL;
    int rc = DNA_OK;

    if (j->fresh == NULL) {
        DNA_TRY(open_section(&section, a, config, "dataset"));
        DNA_TRY(dna_value_set(
            a, section, "scenario_params_path", dna_value_string(a, name)));
        goto out;
    }
    DNA_TRY(open_section(&section, a, config, "fresh_samples"));
    DNA_TRY(dna_value_set(a, section, "first_draw_path", dna_value_string(a, name)));
    DNA_TRY(
        dna_value_set(a, section, "seed", dna_value_int(a, (int64_t)j->fresh->seed)));
out:
    return rc;
}

static int
own_settings(dna_value *config, dna_preprocess_job *j)
{
    dna_arena *a = j->arena;
    dna_value *part = NULL;
    char now[DNA_TIME_TEXT];
    char *relative = NULL;
    int rc = DNA_OK;

    relative = dna_path_relative(j->o->config, j->model_root);
    if (relative == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(set_overrides(config, j));
    DNA_TRY(set_table_path(config, j));
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

int
dna_preprocess_write(dna_preprocess_job *j)
{
    dna_value *config = NULL;
    dna_str quoted;
    int rc = DNA_OK;

    dna_str_init(&quoted, 0);
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
    dna_str_add_shell(&quoted, j->training_path);
    DNA_TRY(dna_str_status(&quoted));
    dna_log_info(j->log, "    dnadna train %s", dna_str_text(&quoted));
out:
    dna_str_clear(&quoted);
    return rc;
}

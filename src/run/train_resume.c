/* train_resume.c - find a run that is to go on, and make sure that it is the same.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/config.h"
#include "config/override.h"
#include "run/settings.h"
#include "run/train.h"

/* ---- the folder ------------------------------------------------------------------ */

/* The name of the only final config among files. */
static int
pick_final_config(const char **out, const char *dir, char *const *names, int64_t n)
{
    const char *found = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; i < n; i++) {
        if (names[i][0] != '.'
            && dna_str_ends_with(names[i], DNA_FINAL_CONFIG_SUFFIX)) {
            DNA_REQUIRE(found == NULL, DNA_EARG,
                "%s: has two final configs, %s and %s: which run is meant?", dir, found,
                names[i]);
            found = names[i];
        }
    }
    DNA_REQUIRE(found != NULL, DNA_ENOTFOUND,
        "%s: has no file *" DNA_FINAL_CONFIG_SUFFIX
        ": not the folder of a training run",
        dir);
    *out = found;
out:
    return rc;
}

int
dna_training_find_run(dna_training *t)
{
    const char *dir = t->options->resume;
    const char *name = NULL;
    char **names = NULL;
    int64_t n = 0;
    bool is_taken = false;
    int rc = DNA_OK;

    DNA_REQUIRE(!dna_path_exists(dir) || dna_path_is_dir(dir), DNA_EARG,
        "%s: is no folder: what is resumed is the folder of a run", dir);
    DNA_TRY(dna_run_dir_hold(&t->lock, &is_taken, dir));
    DNA_REQUIRE(
        !is_taken, DNA_EEXISTS, "%s: another process trains in this folder now", dir);
    DNA_TRY(dna_path_list(dir, &names, &n));
    DNA_TRY(pick_final_config(&name, dir, names, n));
    t->config_path = dna_arena_printf(t->arena, "%s/%s", dir, name);
    if (t->config_path == NULL) {
        rc = DNA_ENOMEM;
    }
out:
    dna_path_list_free(names, n);
    return rc;
}

int
dna_training_check_overrides(dna_training *t)
{
    const dna_train_options *o = t->options;
    dna_override *overrides = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_overrides_read(&overrides, t->arena, o->overrides, o->n_override));
    for (int64_t i = 0; i < o->n_override; i++) {
        DNA_REQUIRE(strcmp(overrides[i].key, "n_epochs") == 0, DNA_EARG,
            "--set %s: a run that goes on keeps its settings; only n_epochs may be changed",
            overrides[i].key);
    }
out:
    return rc;
}

/* As the final config calls it, wherever its folder is now. */
static int
adopt_name(dna_training *t)
{
    const dna_value *id = dna_value_get(t->config, "run_id");
    const char *name = dna_setting_text(t->config, "run_name");
    const char *id_text = dna_value_as_text(id);
    char *expected = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(name != NULL && id_text != NULL, DNA_EARG,
        "%s: has no run_name and run_id: not the final config of a run",
        t->config_path);
    t->run.is_number = id->type == DNA_INT;
    t->run.number = id->type == DNA_INT ? id->integer : 0;
    t->run.has_files = true;
    t->run.id = dna_strdup(id_text);
    t->run.name = dna_strdup(name);
    t->run.dir = dna_path_dirname(t->config_path);
    if (t->run.id == NULL || t->run.name == NULL || t->run.dir == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_training_file(&expected, t, DNA_FINAL_CONFIG_SUFFIX));
    DNA_REQUIRE(
        strcmp(dna_path_basename(expected), dna_path_basename(t->config_path)) == 0,
        DNA_EARG, "%s: is the config of model %s, %s: its name should be %s",
        t->config_path, t->model_name, name, dna_path_basename(expected));
out:
    dna_free(expected);
    return rc;
}

/* The run's own copy, wherever the folder is now. */
static int
adopt_table(dna_training *t)
{
    char *table = NULL;
    char *absolute = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_file(&table, t, DNA_TABLE_SUFFIX));
    absolute = dna_path_absolute(table);
    if (absolute == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_training_set_table(t, t->config, absolute));
out:
    dna_free(absolute);
    dna_free(table);
    return rc;
}

/* ---- the state ------------------------------------------------------------------- */

/* Settings that do not change what is learned, or say where things are. */
static bool
may_differ(const char *dotted)
{
    static const char *const keys[] = {"n_epochs", "loader_num_workers", "use_cuda",
        "cuda_device", "model_root", "run_id", "run_name", "training_datetime",
        "dnadna_version", "dataset.data_root", "dataset.scenario_params_path",
        "dataset.cache_validation_set", "fresh_samples.first_draw_path"};
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        if (strcmp(keys[i], dotted) == 0) {
            return true;
        }
    }
    return false;
}

static int
differs(const dna_training *t, const char *dotted, const dna_value *then,
    const dna_value *now)
{
    char a[64] = "nothing";
    char b[64] = "nothing";

    if (then != NULL) {
        dna_value_describe(then, a, sizeof(a));
    }
    if (now != NULL) {
        dna_value_describe(now, b, sizeof(b));
    }
    return dna_config_fail(DNA_EARG, now, dotted,
        "was %s and is %s now: a run that goes on keeps its settings (state: %s)", a, b,
        dna_train_state_path(t->state));
}

static int same_settings(const dna_training *t, const char *prefix,
    const dna_value *then, const dna_value *now);

static int
same_setting(const dna_training *t, const char *prefix, const char *key,
    const dna_value *then, const dna_value *now)
{
    char dotted[512];

    snprintf(
        dotted, sizeof(dotted), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", key);
    if (may_differ(dotted)) {
        return DNA_OK;
    }
    if (then != NULL && now != NULL && then->type == DNA_MAP && now->type == DNA_MAP) {
        return same_settings(t, dotted, then, now);
    }
    /* a later version may know more settings: their defaults are what was done */
    bool is_new_default = then == NULL && (now->is_default || dna_value_is_null(now));
    if (is_new_default || (now != NULL && dna_value_equal(then, now))) {
        return DNA_OK;
    }
    return differs(t, dotted, then, now);
}

static int
same_settings(const dna_training *t, const char *prefix, const dna_value *then,
    const dna_value *now)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < now->n; i++) {
        DNA_TRY(same_setting(
            t, prefix, now->keys[i], dna_value_get(then, now->keys[i]), now->items[i]));
    }
    for (int64_t i = 0; i < then->n; i++) {
        if (dna_value_get(now, then->keys[i]) == NULL) {
            DNA_TRY(same_setting(t, prefix, then->keys[i], then->items[i], NULL));
        }
    }
out:
    return rc;
}

/* Finished, and no more epochs are asked for. */
static bool
is_finished(const dna_training *t)
{
    int64_t flag = 0, n_epoch = 0;
    return dna_train_state_peek(t->state, "loop.is_finished", &flag) && flag == 1
           && dna_train_state_peek(t->state, "loop.n_epochs", &n_epoch)
           && n_epoch == t->n_epoch;
}

static int
read_state(dna_training *t)
{
    const dna_value *then = NULL;
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_file(&path, t, DNA_STATE_SUFFIX));
    if (!dna_path_exists(path)) {
        goto out; /* killed before the first */
    }
    DNA_TRY(dna_train_state_read(&t->state, path));
    then = dna_train_state_config(t->state);
    DNA_REQUIRE(then->type == DNA_MAP, DNA_EFORMAT, "%s: its config is %s", path,
        dna_value_type_name(then));
    DNA_TRY(same_settings(t, "", then, t->config));
    t->is_finished = is_finished(t);
out:
    dna_free(path);
    return rc;
}

int
dna_training_adopt_run(dna_training *t)
{
    int rc = DNA_OK;

    DNA_TRY(adopt_name(t));
    DNA_TRY(adopt_table(t));
    DNA_TRY(read_state(t));
out:
    return rc;
}

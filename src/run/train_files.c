/* train_files.c - the folder of a run: final config, copy of the table, log.
 *
 * SPDX-License-Identifier: MIT
 *
 * The final config is the last file to be written and the first to be removed: a folder
 * that has one has all that it takes to train.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/config.h"
#include "dnadna/dnadna.h"
#include "run/settings.h"
#include "run/train.h"

#define TABLE_MAX ((size_t)1 << 30)

/* "<dir>/<model>_<run><suffix>" */
static int
file_in(char **out, const dna_training *t, const char *dir, const char *suffix)
{
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s/%s_%s%s", dir, t->model_name, t->run.name, suffix);
    DNA_TRY(dna_str_status(&s));
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

int
dna_training_file(char **out, const dna_training *t, const char *suffix)
{
    return file_in(out, t, t->run.dir, suffix);
}

static int
copy_table(const dna_training *t, const char *dir)
{
    unsigned char *data = NULL;
    char *copy = NULL;
    size_t size = 0;
    int rc = DNA_OK;

    DNA_TRY(file_in(&copy, t, dir, DNA_TABLE_SUFFIX));
    if (t->table.path == NULL) { /* a first draw that no file has yet */
        DNA_TRY(dna_params_table_write(&t->table, copy, t->params));
        goto out;
    }
    DNA_TRY(dna_file_read(t->table.path, TABLE_MAX, &data, &size));
    DNA_TRY(dna_atomic_write(copy, data, size));
out:
    dna_free(copy);
    dna_free(data);
    return rc;
}

int
dna_training_set_table(const dna_training *t, dna_value *config, const char *path)
{
    bool is_fresh = dna_fresh_is_wanted(config);

    return dna_value_set(t->arena,
        dna_value_get(config, is_fresh ? "fresh_samples" : "dataset"),
        is_fresh ? "first_draw_path" : "scenario_params_path",
        dna_value_string(t->arena, path));
}

/* The whole config, without inheritance and with absolute paths, pointing at the run's
 * own copy of the table: it makes the same run again. */
static int
compose_final_config(dna_training *t)
{
    dna_arena *a = t->arena;
    dna_value *config = dna_value_copy(a, t->config);
    char now[DNA_TIME_TEXT];
    char *table = NULL;
    char *absolute = NULL;
    int rc = DNA_OK;

    if (config == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_training_file(&table, t, DNA_TABLE_SUFFIX));
    absolute = dna_path_absolute(table);
    if (absolute == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    dna_value *id = t->run.is_number ? dna_value_int(a, t->run.number)
                                     : dna_value_string(a, t->run.id);
    DNA_TRY(dna_training_set_table(t, config, absolute));
    if (t->fresh != NULL) {
        DNA_TRY(dna_training_describe_stats(a, config, t));
    }
    DNA_TRY(dna_value_set(a, config, "seed", dna_value_int(a, (int64_t)t->seed)));
    DNA_TRY(dna_value_set(a, config, "run_id", id));
    DNA_TRY(dna_value_set(a, config, "run_name", dna_value_string(a, t->run.name)));
    if (t->options->resume == NULL) {
        DNA_TRY(dna_value_set(a, config, "training_datetime",
            dna_value_string(a, dna_utc_now(now, sizeof(now)))));
    }
    DNA_TRY(
        dna_value_set(a, config, "dnadna_version", dna_value_string(a, DNA_VERSION)));
    t->final_config = config;
out:
    dna_free(absolute);
    dna_free(table);
    return rc;
}

static int
write_final_config(dna_training *t, const char *dir)
{
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(file_in(&path, t, dir, DNA_FINAL_CONFIG_SUFFIX));
    DNA_TRY(dna_config_write(path, t->final_config, dna_fields_training_run,
        "Final config of a training run: what it was made with. "
        "To make the run again, give this file to dnadna train; "
        "to predict with it, to dnadna predict; "
        "to go on with it, give its folder to dnadna train --resume.",
        2));
out:
    dna_free(path);
    return rc;
}

/* ---- what an earlier training left ----------------------------------------------- */

static int
remove_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return dna_path_fail(path, errno);
    }
    return DNA_OK;
}

/* Files of this very name only: whatever else is in the folder is the user's. */
static int
remove_results(const dna_training *t)
{
    static const char *const suffixes[] = {DNA_STATE_SUFFIX, DNA_METRICS_SUFFIX};
    static const char *const checkpoints[] = {"best", "last_checkpoint", "last_epoch"};
    char *path = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; i < DNA_COUNT(suffixes); i++) {
        DNA_TRY(dna_training_file(&path, t, suffixes[i]));
        DNA_TRY(remove_file(path));
        dna_free(path);
        path = NULL;
    }
    for (int64_t i = 0; i < DNA_COUNT(checkpoints); i++) {
        DNA_TRY(dna_training_path(&path, t, checkpoints[i]));
        DNA_TRY(remove_file(path));
        dna_free(path);
        path = NULL;
    }
    dna_atomic_sweep(t->run.dir);
out:
    dna_free(path);
    return rc;
}

static int
remove_final_config(const dna_training *t)
{
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_file(&path, t, DNA_FINAL_CONFIG_SUFFIX));
    DNA_TRY(remove_file(path));
out:
    dna_free(path);
    return rc;
}

/* What dna_run_dir_claim() asks for. */
static int
fill_folder(void *payload, const char *dir)
{
    dna_training *t = payload;
    int rc = DNA_OK;

    DNA_TRY(compose_final_config(t));
    if (t->run.has_files) {
        DNA_TRY(remove_final_config(t));
        DNA_TRY(remove_results(t));
    }
    DNA_TRY(copy_table(t, dir));
    DNA_TRY(write_final_config(t, dir));
out:
    return rc;
}

static int
open_log(dna_training *t)
{
    char *path = NULL;
    int rc = DNA_OK;

    if (t->log == NULL) {
        goto out;
    }
    if (t->options->log_file == NULL) {
        DNA_TRY(dna_training_file(&path, t, "_training.log"));
    }
    DNA_TRY(dna_log_add_file(t->log, path != NULL ? path : t->options->log_file));
out:
    dna_free(path);
    return rc;
}

/* Whether the log can be opened only when there is the run's folder. */
static bool
is_log_of_new_folder(const dna_training *t)
{
    const char *file = t->options->log_file;
    char *path = file != NULL ? dna_path_absolute(file) : NULL;
    size_t n = strlen(t->run.dir);
    bool is_inside = path == NULL
                     || (strncmp(path, t->run.dir, n) == 0 && path[n] == '/'
                         && !dna_path_is_dir(t->run.dir));
    dna_free(path);
    return is_inside;
}

/* Tell once that names of PyTorch files mean ours. */
static int
tell_file_names(const dna_training *t)
{
    bool is_renamed = false;
    char *path = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_run_network_path(
        &path, &t->run, t->model_name, t->filename_format, "best", &is_renamed));
    if (is_renamed) {
        dna_log_info(t->log,
            "model_filename_format: networks are saved as .safetensors files: %s",
            dna_path_basename(path));
    }
out:
    dna_free(path);
    return rc;
}

/* Hold the run's folder, or that of the next free number if another training has it. */
static int
claim_run(dna_training *t)
{
    bool is_taken = false;
    int rc = DNA_OK;

    for (;;) {
        DNA_TRY(dna_run_dir_claim(&t->lock, &is_taken, &t->run, fill_folder, t));
        if (!is_taken) {
            break;
        }
        DNA_REQUIRE(t->run.is_free_choice, DNA_EEXISTS,
            "%s: another training works in this folder: give another --run-id",
            t->run.dir);
        DNA_TRY(dna_training_choose_run(t, t->run.number + 1));
    }
out:
    return rc;
}

int
dna_training_open(dna_training *t)
{
    bool had_files = t->run.has_files;
    bool is_log_last = is_log_of_new_folder(t);
    int rc = DNA_OK;

    if (!is_log_last) { /* before an earlier run is removed, or a folder is made */
        DNA_TRY(open_log(t));
    }
    DNA_TRY(claim_run(t));
    if (is_log_last) {
        DNA_TRY(open_log(t));
    }
    if (had_files) {
        dna_log_warning(t->log,
            "%s is not empty: what an earlier run of this name left is replaced, other files stay",
            t->run.dir);
    }
    DNA_TRY(tell_file_names(t));
out:
    return rc;
}

int
dna_training_reopen(dna_training *t)
{
    int rc = DNA_OK;

    DNA_TRY(open_log(t));
    t->final_config = t->config;
    if (t->options->n_override > 0) { /* of n_epochs */
        DNA_TRY(compose_final_config(t));
        DNA_TRY(write_final_config(t, t->run.dir));
    }
    if (t->state == NULL) {
        DNA_TRY(remove_results(t));
    }
    dna_atomic_sweep(t->run.dir);
out:
    return rc;
}

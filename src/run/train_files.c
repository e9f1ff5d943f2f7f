/* train_files.c - the folder of a run: log, final config, copy of the table.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/config.h"
#include "dnadna/dnadna.h"
#include "run/settings.h"
#include "run/train.h"

#define TABLE_MAX ((size_t)1 << 30)

int
dna_training_file(char **out, const dna_training *t, const char *suffix)
{
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s/%s_%s%s", t->run.dir, t->model_name, t->run.name, suffix);
    DNA_TRY(dna_str_status(&s));
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

static int
copy_table(dna_training *t, char **copy)
{
    unsigned char *data = NULL;
    size_t size = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_training_file(copy, t, "_preprocessed_params.csv"));
    DNA_TRY(dna_file_read(t->table.path, TABLE_MAX, &data, &size));
    DNA_TRY(dna_atomic_write(*copy, data, size));
out:
    dna_free(data);
    return rc;
}

/* The whole config, without inheritance and with absolute paths, pointing at the run's
 * own copy of the table: it makes the same run again. */
static int
write_final_config(dna_training *t, const char *table)
{
    dna_arena *a = t->arena;
    dna_value *config = dna_value_copy(a, t->config);
    dna_value *dataset = dna_value_get(config, "dataset");
    char now[DNA_TIME_TEXT];
    char *path = NULL;
    char *absolute = NULL;
    int rc = DNA_OK;

    if (config == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    absolute = dna_path_absolute(table);
    if (absolute == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    dna_value *id = t->run.is_number ? dna_value_int(a, t->run.number)
                                     : dna_value_string(a, t->run.id);
    DNA_TRY(dna_value_set(
        a, dataset, "scenario_params_path", dna_value_string(a, absolute)));
    DNA_TRY(dna_value_set(a, config, "seed", dna_value_int(a, (int64_t)t->seed)));
    DNA_TRY(dna_value_set(a, config, "run_id", id));
    DNA_TRY(dna_value_set(a, config, "run_name", dna_value_string(a, t->run.name)));
    DNA_TRY(dna_value_set(a, config, "training_datetime",
        dna_value_string(a, dna_utc_now(now, sizeof(now)))));
    DNA_TRY(
        dna_value_set(a, config, "dnadna_version", dna_value_string(a, DNA_VERSION)));
    DNA_TRY(dna_training_file(&path, t, "_final_config.yml"));
    DNA_TRY(dna_config_write(path, config, dna_fields_training_run,
        "Final config of a training run: what it was made with. "
        "To make the run again, give this file to dnadna train; "
        "to predict with it, to dnadna predict.",
        2));
out:
    dna_free(absolute);
    dna_free(path);
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

int
dna_training_open(dna_training *t)
{
    char *table = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_training_claim_run(t));
    DNA_TRY(open_log(t));
    if (t->run.has_files) {
        dna_log_warning(t->log,
            "%s is not empty: files of the same names are overwritten, others stay",
            t->run.dir);
    }
    DNA_TRY(tell_file_names(t));
    DNA_TRY(copy_table(t, &table));
    DNA_TRY(write_final_config(t, table));
out:
    dna_free(table);
    return rc;
}

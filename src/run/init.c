/* init.c - the first config files of a model.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/config.h"
#include "config/tables.h"
#include "data/packed_meta.h"
#include "dnadna/dnadna.h"
#include "run/settings.h"
#include "run/simulators.h"
#include "sim/simulator.h"

typedef struct {
    const dna_init_options *o;
    dna_arena *arena;
    char *dir;             /* the model's folder */
    char *dataset_path;    /* of the dataset config: the user's or ours */
    char *config_path;     /* of the preprocessing config */
    dna_value *dataset;    /* as the user's file has it; NULL: the template */
    bool is_packed;        /* dataset is ours, for a packed file */
    const char *simulator; /* that made the data, by its config or record; or NULL */
    dna_value *config;
} init_job;

static void
job_clear(init_job *j)
{
    dna_free(j->dir);
    dna_free(j->dataset_path);
    dna_free(j->config_path);
    dna_arena_free(j->arena);
}

static int
model_file(char **out, const init_job *j, const char *suffix)
{
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s/%s%s", j->dir, j->o->model_name, suffix);
    DNA_TRY(dna_str_status(&s));
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

static int
check_new(const init_job *j, const char *path)
{
    if (j->o->force || !dna_path_exists(path)) {
        return DNA_OK;
    }
    return dna_fail(DNA_EEXISTS, "%s: is there already; --force replaces it", path);
}

/* A config of ours that reads a packed file. */
static int
read_packed(init_job *j, const char *path)
{
    dna_value *meta = NULL;
    char *root = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(
        !j->o->fresh_samples, DNA_EARG, "fresh samples need a simulation config");
    DNA_TRY(dna_packed_dataset_config(&j->dataset, &meta, j->arena, path));
    j->simulator = dna_setting_text(meta, "simulation_record.simulator");
    root = dna_path_relative(dna_setting_text(j->dataset, "data_root"), j->dir);
    if (root == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_value_set(
        j->arena, j->dataset, "data_root", dna_value_string(j->arena, root)));
    j->is_packed = true;
out:
    dna_free(root);
    return rc;
}

static int
read_dataset(init_job *j)
{
    const dna_init_options *o = j->o;
    const char *given =
        o->dataset_config != NULL ? o->dataset_config : o->simulation_config;
    int rc = DNA_OK;

    DNA_REQUIRE(!o->fresh_samples || given != NULL, DNA_EARG,
        "fresh samples need a simulation config");
    DNA_REQUIRE(o->dataset_config == NULL || o->simulation_config == NULL, DNA_EARG,
        "give a dataset config or a simulation config, not both");
    bool is_packed = given != NULL && dna_str_ends_with(given, DNA_PACKED_SUFFIX);
    if (given == NULL || is_packed) {
        DNA_TRY(model_file(&j->dataset_path, j, "_dataset_config.yml"));
        DNA_TRY(check_new(j, j->dataset_path));
        if (is_packed) {
            DNA_TRY(read_packed(j, given));
        }
        goto out;
    }
    DNA_TRY(dna_config_load(&j->dataset, j->arena, given));
    DNA_TRY(dna_config_check_dataset(j->arena, j->dataset, o->log));
    dna_config_notices(j->dataset, o->log);
    j->simulator = dna_setting_text(j->dataset, "simulator_name");
    DNA_REQUIRE(!o->fresh_samples || dna_simulator_find(j->simulator) != NULL, DNA_EARG,
        "%s: simulator_name: %s: fresh samples need a simulator that is built in",
        given, j->simulator != NULL ? j->simulator : "is not given");
    j->dataset_path = dna_strdup(given);
    if (j->dataset_path == NULL) {
        rc = DNA_ENOMEM;
    }
out:
    return rc;
}

/* All settings of a model without files; proportions of scenarios have no meaning then. */
static int
ask_for_fresh(init_job *j)
{
    dna_value *section = dna_value_map(j->arena);
    int rc = DNA_OK;

    if (section == NULL) {
        return DNA_ENOMEM;
    }
    const dna_field *row = dna_field_find(dna_fields_preprocessing, "fresh_samples");
    DNA_TRY(
        dna_config_check(j->arena, section, row->fields, "fresh_samples", j->o->log));
    dna_value_remove(section, "first_draw_path");
    DNA_TRY(dna_value_set(j->arena, j->config, "fresh_samples", section));
    dna_value_remove(j->config, "dataset_splits");
out:
    return rc;
}

/* The template, below it what the simulator recommends, above all the names. */
static int
compose(init_job *j)
{
    dna_arena *a = j->arena;
    dna_value *layers[2] = {NULL, NULL};
    int64_t n = 0;
    char *relative = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_simulator_preprocessing(&layers[0], a, j->simulator));
    n = layers[0] != NULL ? 1 : 0;
    DNA_TRY(dna_config_template_preprocessing(&layers[n], a));
    DNA_TRY(dna_config_merge(&j->config, a, layers, n + 1));
    relative = dna_path_relative(j->dataset_path, j->dir);
    dna_value *dataset = dna_value_map(a);
    if (relative == NULL || dataset == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_value_set(a, dataset, "inherit", dna_value_string(a, relative)));
    DNA_TRY(dna_value_set(
        a, j->config, "model_name", dna_value_string(a, j->o->model_name)));
    DNA_TRY(dna_value_set(a, j->config, "dataset", dataset));
    if (j->o->fresh_samples) {
        DNA_TRY(ask_for_fresh(j));
    }
    DNA_TRY(dna_value_set(
        a, j->config, "dnadna_version", dna_value_string(a, DNA_VERSION)));
out:
    dna_free(relative);
    return rc;
}

static int
write_dataset(init_job *j)
{
    dna_value *config = j->dataset;
    int rc = DNA_OK;

    if (config == NULL) {
        DNA_TRY(dna_config_template_dataset(&config, j->arena));
    }
    DNA_TRY(dna_config_write(j->dataset_path, config, dna_fields_dataset,
        "Dataset config: where the samples are and how they are stored.", 4));
out:
    return rc;
}

/* Both files or neither: half a model would be in the way of the next try. */
static int
write_all(init_job *j)
{
    bool is_new_dir = !dna_path_exists(j->dir);
    bool is_ours = j->dataset == NULL || j->is_packed;
    bool is_new_dataset = is_ours && !dna_path_exists(j->dataset_path);
    int rc = DNA_OK;

    DNA_TRY(dna_path_make_dirs(j->dir));
    if (is_ours) {
        DNA_TRY(write_dataset(j));
    }
    DNA_TRY(dna_config_write(j->config_path, j->config, dna_fields_preprocessing,
        "Preprocessing config: what the network learns, from which scenarios.", 4));
    if (is_ours) {
        dna_log_info(j->o->log, "wrote the dataset config %s", j->dataset_path);
    }
    dna_log_info(j->o->log, "wrote the preprocessing config %s", j->config_path);
out:
    if (rc < 0 && is_new_dataset) {
        (void)unlink(j->dataset_path);
    }
    if (rc < 0 && is_new_dir) {
        (void)rmdir(j->dir); /* empty, or it stays */
    }
    return rc;
}

static int
make(init_job *j)
{
    const dna_init_options *o = j->o;
    int rc = DNA_OK;

    DNA_TRY(dna_new_folder(&j->dir, "model name", o->model_name, o->models_root));
    DNA_TRY(model_file(&j->config_path, j, "_preprocessing_config.yml"));
    DNA_TRY(check_new(j, j->config_path));
    DNA_TRY(read_dataset(j));
    DNA_TRY(compose(j));
    DNA_TRY(write_all(j));
out:
    return rc;
}

int
dna_run_init(const dna_init_options *o, char **config)
{
    init_job j = {.o = o};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&j.arena));
    DNA_TRY(make(&j));
    if (config != NULL) {
        *config = j.config_path;
        j.config_path = NULL;
    }
out:
    job_clear(&j);
    return rc;
}

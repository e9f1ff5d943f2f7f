/* cmd_init.c - dnadna init: the first config files of a model.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/str.h"
#include "cli/command.h"

typedef struct {
    dna_common common;
    const char *simulation_config, *dataset_config;
    bool fresh_samples, force;
    const char *model_name, *models_root;
} init_values;

static const dna_opt options[] = {
    {.name = "simulation-config",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .exclusive = 1,
        .offset = offsetof(init_values, simulation_config),
        .doc = "Config of the simulation to train on."},
    {.name = "dataset-config",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .exclusive = 1,
        .offset = offsetof(init_values, dataset_config),
        .doc =
            "Config of the dataset to train on, or a packed dataset (.dnapack), for which one is written."},
    {.name = "fresh-samples",
        .kind = OPT_FLAG,
        .offset = offsetof(init_values, fresh_samples),
        .doc =
            "Of a simulation: no files; each sample is drawn when training wants it."},
    {.name = "force",
        .letter = 'f',
        .kind = OPT_FLAG,
        .offset = offsetof(init_values, force),
        .doc = "Replace config files that are there already."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "MODEL-NAME",
        .offset = offsetof(init_values, model_name),
        .doc =
            "Name of the model: of its folder, and the first part of its file names."},
    {.name = "MODELS-ROOT",
        .is_optional = true,
        .offset = offsetof(init_values, models_root),
        .doc = "Folder in which the model's folder is made (default: here)."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna init",
    .doc =
        "Start a model: write its preprocessing config, to be edited. "
        "Without a dataset or simulation config, a dataset config to fill in is written too.",
    .example =
        "dnadna init --simulation-config my_dataset/my_dataset_simulation_config.yml my_model",
    .opts = {dna_opts_common, options},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const init_values *v = values;
    dna_init_options o = {.model_name = v->model_name,
        .models_root = v->models_root,
        .dataset_config = v->dataset_config,
        .simulation_config = v->simulation_config,
        .fresh_samples = v->fresh_samples,
        .force = v->force,
        .log = log};
    char *config = NULL;
    dna_str quoted;

    dna_str_init(&quoted, 0);
    int rc = dna_run_init(&o, &config);
    if (rc == DNA_OK) {
        dna_log_info(log, "edit %s, then run:",
            o.dataset_config == NULL && o.simulation_config == NULL ? "both files"
                                                                    : "it");
        dna_str_add_shell(&quoted, config);
        dna_log_info(log, "\n    dnadna preprocess %s", dna_str_text(&quoted));
    }
    dna_str_clear(&quoted);
    free(config);
    return rc;
}

const dna_command dna_command_init = {.name = "init",
    .summary = "Start a model: write its first config files",
    .spec = &spec,
    .values_size = sizeof(init_values),
    .run = run};

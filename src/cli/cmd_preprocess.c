/* cmd_preprocess.c - dnadna preprocess: check scenarios, split, standardise.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"
#include "cli/console.h"

typedef struct {
    dna_common common;
    dna_opt_list set;
    const char *config;
} preprocess_values;

static const dna_opt options[] = {
    {.name = "set",
        .kind = OPT_LIST,
        .metavar = "KEY=VALUE",
        .is_assignment = true,
        .offset = offsetof(preprocess_values, set),
        .doc =
            "Give a key of the config another value (repeatable), in YAML, such as --set preprocessing.min_snp=400; keys of training, too. The training config gets it. Paths are relative to the current directory."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "CONFIG",
        .offset = offsetof(preprocess_values, config),
        .doc = "Preprocessing config, as dnadna init writes it."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna preprocess",
    .doc =
        "Check which scenarios are usable, assign them to the training, "
        "validation and test sets, and standardise what is learned. "
        "Writes the preprocessed parameter table and the training config into the model's folder.",
    .example = "dnadna preprocess my_model/my_model_preprocessing_config.yml",
    .opts = {dna_opts_common, options, dna_opts_log},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const preprocess_values *v = values;
    dna_preprocess_options o = {.config = v->config,
        .overrides = v->set.items,
        .n_override = v->set.n,
        .log = log,
        .log_file = v->common.log_file,
        .progress = dna_console_progress};
    int rc = dna_run_preprocess(&o, NULL);
    dna_console_finish();
    return rc;
}

const dna_command dna_command_preprocess = {.name = "preprocess",
    .summary = "Check, split and standardise a dataset for training",
    .spec = &spec,
    .values_size = sizeof(preprocess_values),
    .is_logging = true,
    .run = run};

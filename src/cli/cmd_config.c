/* cmd_config.c - dnadna config: what a config says when all is said.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

typedef struct {
    dna_common common;
    dna_opt_list set;
    const char *kind;
    bool no_origin;
    const char *file;
} config_values;

static const dna_opt options[] = {
    {.name = "set",
        .kind = OPT_LIST,
        .metavar = "KEY=VALUE",
        .is_assignment = true,
        .offset = offsetof(config_values, set),
        .doc =
            "Give a key another value (repeatable), as preprocess and train do with it."},
    {.name = "kind",
        .letter = 'k',
        .kind = OPT_CHOICE,
        .choices =
            "dataset|simulation|preprocessing|training|training-run|summary-statistics",
        .offset = offsetof(config_values, kind),
        .doc =
            "What the file is: dataset, simulation, preprocessing, training, training-run or summary-statistics (default: seen from its keys)."},
    {.name = "no-origin",
        .kind = OPT_FLAG,
        .offset = offsetof(config_values, no_origin),
        .doc = "Do not tell where each value comes from."},
    {0}};

static const dna_arg arguments[] = {{.name = "FILE",
                                        .offset = offsetof(config_values, file),
                                        .doc = "A config of any kind."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna config",
    .doc =
        "Check a config and print it as the commands see it: inheritance followed, defaults filled in, paths absolute. "
        "At the end of each line stands where the value comes from: file and line, default, or --set. "
        "The output is a config that means the same.",
    .example = "dnadna config my_model/my_model_training_config.yml",
    .opts = {dna_opts_common, options},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const config_values *v = values;
    dna_config_options o = {.config = v->file,
        .overrides = v->set.items,
        .n_override = v->set.n,
        .kind = v->kind,
        .no_origin = v->no_origin,
        .log = log};
    return dna_run_config(&o, stdout);
}

const dna_command dna_command_config = {.name = "config",
    .summary = "Check a config and show it with all it inherits",
    .spec = &spec,
    .values_size = sizeof(config_values),
    .run = run};

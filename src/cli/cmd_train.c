/* cmd_train.c - dnadna train: train a network.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"
#include "cli/console.h"

typedef struct {
    dna_common common;
    dna_opt_list set;
    const char *run_id;
    bool overwrite;
    int64_t n_thread;
    const char *config;
} train_values;

static const dna_opt options[] = {
    {.name = "set",
        .kind = OPT_LIST,
        .metavar = "KEY=VALUE",
        .is_assignment = true,
        .offset = offsetof(train_values, set),
        .doc =
            "Give a key of the config another value (repeatable), in YAML, such as --set optimizer.params.lr=1e-3. Paths are relative to the current directory."},
    {.name = "run-id",
        .letter = 'r',
        .kind = OPT_TEXT,
        .offset = offsetof(train_values, run_id),
        .doc =
            "Identifier of the run, a number or a text (default: the config's, else the next free number)."},
    {.name = "overwrite",
        .kind = OPT_FLAG,
        .offset = offsetof(train_values, overwrite),
        .doc =
            "Allow the folder of an earlier run; its files are replaced one by one."},
    {.name = "threads",
        .letter = 't',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .offset = offsetof(train_values, n_thread),
        .doc =
            "Threads that compute (default 0: as many as there are processors). The result does not depend on it."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "CONFIG",
        .offset = offsetof(train_values, config),
        .doc =
            "Training config, as dnadna preprocess writes it, or the final config of a run."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna train",
    .doc =
        "Train a network. "
        "The run gets a folder of its own with the networks, the log, "
        "the final config and a copy of the parameter table. "
        "Ctrl-C stops after the current batch and keeps what was learned as the last checkpoint.",
    .opts = {dna_opts_common, options, dna_opts_plugin, dna_opts_log},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const train_values *v = values;
    dna_train_options o = {.config = v->config,
        .overrides = v->set.items,
        .n_override = v->set.n,
        .run_id = v->run_id,
        .overwrite = v->overwrite,
        .n_thread = v->n_thread > INT16_MAX ? INT16_MAX : (int)v->n_thread,
        .log = log,
        .log_file = v->common.log_file,
        .progress = dna_console_progress,
        .stop = dna_console_catch_signals()};
    int rc = dna_run_train(&o, NULL);
    dna_console_finish();
    return rc;
}

const dna_command dna_command_train = {.name = "train",
    .summary = "Train a network on a preprocessed dataset",
    .spec = &spec,
    .values_size = sizeof(train_values),
    .is_logging = true,
    .run = run};

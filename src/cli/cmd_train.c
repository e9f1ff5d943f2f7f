/* cmd_train.c - dnadna train: train a network.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/pool.h"
#include "cli/command.h"
#include "cli/console.h"

typedef struct {
    dna_common common;
    dna_opt_list set;
    const char *run_id;
    bool overwrite;
    const char *resume, *from;
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
        .exclusive = 1,
        .doc =
            "Begin anew in the folder of an earlier run, whose networks and state are removed."},
    {.name = "resume",
        .kind = OPT_TEXT,
        .metavar = "RUN_DIR",
        .exclusive = 1,
        .offset = offsetof(train_values, resume),
        .doc =
            "Go on with the run in this folder, which was stopped or killed, instead of a CONFIG. The result is that of a run that never stopped."},
    {.name = "from",
        .kind = OPT_TEXT,
        .metavar = "NETWORK",
        .offset = offsetof(train_values, from),
        .doc =
            "Start from the weights of this network, whose layers take the place of the config's; fine_tuning in the config says which of them stay as they are."},
    {.name = "threads",
        .letter = 't',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(train_values, n_thread),
        .doc =
            "Threads that compute (default 0: as many as there are processors). The result does not depend on it."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "CONFIG",
        .is_optional = true,
        .offset = offsetof(train_values, config),
        .doc =
            "Training config, as dnadna preprocess writes it, or the final config of a run."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna train",
    .doc = "Train a network. "
           "The run gets a folder of its own with the networks, the log, "
           "the final config and a copy of the parameter table. "
           "Ctrl-C stops after the current batch; --resume goes on from there.",
    .example =
        "dnadna train my_model/my_model_training_config.yml\n"
        "dnadna train --set optimizer.params.learning_rate=1e-3 --run-id slow my_model/my_model_training_config.yml\n"
        "dnadna train --from other_net.safetensors my_model/my_model_training_config.yml\n"
        "dnadna train --resume my_model/run_slow",
    .opts = {dna_opts_common, options, dna_opts_plugin, dna_opts_log},
    .args = arguments};

/* What the tables of options cannot say. */
static int
check_usage(const train_values *v)
{
    if (v->resume == NULL && v->config == NULL) {
        return dna_fail(DNA_EARG, "CONFIG is missing (or --resume RUN_DIR)");
    }
    if (v->resume != NULL && v->config != NULL) {
        return dna_fail(DNA_EARG,
            "--resume takes the config in the run's folder: give no CONFIG (%s)",
            v->config);
    }
    if (v->resume != NULL && v->from != NULL) {
        return dna_fail(DNA_EARG, "--resume goes on with a run: give no --from");
    }
    if (v->resume != NULL && v->run_id != NULL) {
        return dna_fail(DNA_EARG, "--resume goes on with a run: give no --run-id");
    }
    return DNA_OK;
}

static int
run(const void *values, dna_log *log)
{
    const train_values *v = values;
    if (check_usage(v) < 0) {
        return DNA_EXIT_USAGE;
    }
    dna_train_options o = {.config = v->config,
        .resume = v->resume,
        .from = v->from,
        .overrides = v->set.items,
        .n_override = v->set.n,
        .run_id = v->run_id,
        .overwrite = v->overwrite,
        .n_thread = (int)v->n_thread,
        .isa = v->common.isa,
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

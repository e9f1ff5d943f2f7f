/* cmd_simulation.c - dnadna simulation init and run: make data to train on.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/pool.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/console.h"

/* ---- simulation init ------------------------------------------------------------- */

typedef struct {
    dna_common common;
    bool force;
    const char *name, *simulator, *root;
} init_values;

static const dna_opt init_options[] = {
    {.name = "force",
        .letter = 'f',
        .kind = OPT_FLAG,
        .offset = offsetof(init_values, force),
        .doc = "Replace a config file that is there already."},
    {0}};

static const dna_arg init_arguments[] = {
    {.name = "NAME",
        .is_optional = true,
        .offset = offsetof(init_values, name),
        .doc =
            "Name of the dataset: of its folder, and the first part of its file names (default: the simulator's name)."},
    {.name = "SIMULATOR",
        .is_optional = true,
        .offset = offsetof(init_values, simulator),
        .doc =
            "What simulates (default: one_event); dnadna simulation --help-simulators lists them."},
    {.name = "SIMULATIONS-ROOT",
        .is_optional = true,
        .offset = offsetof(init_values, root),
        .doc = "Folder in which the dataset's folder is made (default: here)."},
    {0}};

static const dna_opt_spec init_spec = {.name = "dnadna simulation init",
    .doc = "Start a simulation: write its config with every setting explained, to be "
           "edited.",
    .example = "dnadna simulation init my_dataset one_event",
    .opts = {dna_opts_common, init_options, dna_opts_plugin},
    .args = init_arguments};

static int
run_init(const void *values, dna_log *log)
{
    const init_values *v = values;
    dna_simulation_init_options o = {.name = v->name,
        .simulator = v->simulator,
        .root = v->root,
        .force = v->force,
        .log = log};
    char *config = NULL;
    dna_str quoted;

    dna_str_init(&quoted, 0);
    int rc = dna_run_simulation_init(&o, &config);
    if (rc == DNA_OK) {
        dna_str_add_shell(&quoted, config);
        dna_log_info(log, "edit it, then run:\n\n    dnadna simulation run %s",
            dna_str_text(&quoted));
    }
    dna_str_clear(&quoted);
    free(config);
    return rc;
}

static const dna_command command_init = {.name = "init",
    .summary = "Start a simulation: write its config file",
    .spec = &init_spec,
    .values_size = sizeof(init_values),
    .run = run_init};

/* ---- simulation run -------------------------------------------------------------- */

typedef struct {
    dna_common common;
    int64_t scenario_id, scenarios_to_simulate, n_cpus;
    bool packed, overwrite, backup, resume, verbose;
    dna_opt_list set;
    const char *config;
} run_values;

static const dna_opt run_options[] = {
    {.name = "scenario-id",
        .kind = OPT_INT,
        .metavar = "N",
        .offset = offsetof(run_values, scenario_id),
        .doc =
            "First scenario to simulate (default: 0). With the next option, a slice: jobs of a cluster can make one each, with one seed."},
    {.name = "scenarios-to-simulate",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(run_values, scenarios_to_simulate),
        .doc = "How many scenarios from there (default: all)."},
    {.name = "packed",
        .kind = OPT_FLAG,
        .offset = offsetof(run_values, packed),
        .doc =
            "Write one packed file, <dataset_name>.dnapack, in the place of an npz a replicate; the same as --set data_source.format=packed. A slice is a file of its own."},
    {.name = "resume",
        .kind = OPT_FLAG,
        .offset = offsetof(run_values, resume),
        .doc =
            "Go on with a simulation that was stopped or killed: good files stay, missing and damaged ones are made. The result is that of a run that never stopped."},
    {.name = "overwrite",
        .kind = OPT_FLAG,
        .offset = offsetof(run_values, overwrite),
        .doc = "Remove the files of a simulation that is there."},
    {.name = "backup",
        .kind = OPT_FLAG,
        .offset = offsetof(run_values, backup),
        .doc =
            "Move the files of a simulation that is there into a folder of their own."},
    {.name = "n-cpus",
        .kind = OPT_INT,
        .metavar = "N",
        .min = -1,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(run_values, n_cpus),
        .doc =
            "Threads; below 1: as many as there are processors (default). The files are the same for any number."},
    {.name = "set",
        .kind = OPT_LIST,
        .metavar = "KEY=VALUE",
        .is_assignment = true,
        .offset = offsetof(run_values, set),
        .doc =
            "Give a key of the config another value (repeatable), in YAML, such as --set n_scenarios=1000."},
    {.name = "verbose",
        .kind = OPT_FLAG,
        .offset = offsetof(run_values, verbose),
        .doc = "Log the parameters of each scenario."},
    {0}};

static const dna_arg run_arguments[] = {
    {.name = "CONFIG",
        .offset = offsetof(run_values, config),
        .doc = "Simulation config, as dnadna simulation init writes it."},
    {0}};

static const dna_opt_spec run_spec = {.name = "dnadna simulation run",
    .doc =
        "Draw the parameters of all scenarios and simulate their replicates. "
        "Writes the parameter table and one npz file a replicate, or one packed file. "
        "Ctrl-C stops; --resume goes on from there.",
    .example =
        "dnadna simulation run my_dataset/my_dataset_simulation_config.yml\n"
        "dnadna simulation run --resume my_dataset/my_dataset_simulation_config.yml",
    .opts = {dna_opts_common, run_options, dna_opts_log},
    .args = run_arguments};

static int
run_run(const void *values, dna_log *log)
{
    const run_values *v = values;
    if (v->resume && (v->overwrite || v->backup)) {
        (void)dna_fail(DNA_EARG,
            "--resume keeps what is there: it goes neither with --overwrite nor with --backup");
        return DNA_EXIT_USAGE;
    }
    char *packed_path = NULL;
    dna_simulation_options o = {.config = v->config,
        .overrides = v->set.items,
        .n_override = v->set.n,
        .first_scenario = v->scenario_id,
        .n_scenario = v->scenarios_to_simulate,
        .resume = v->resume,
        .overwrite = v->overwrite,
        .backup = v->backup,
        .verbose = v->verbose,
        .packed = v->packed,
        .packed_path = &packed_path,
        .n_thread = (int)v->n_cpus,
        .log = log,
        .log_file = v->common.log_file,
        .progress = dna_console_progress,
        .stop = dna_console_catch_signals()};
    dna_str quoted;

    int rc = dna_run_simulation(&o);
    dna_console_finish();
    if (rc == DNA_OK) {
        dna_str_init(&quoted, 0);
        dna_str_addf(&quoted, "--%s-config=", v->packed ? "dataset" : "simulation");
        dna_str_add_shell(&quoted, v->packed ? packed_path : v->config);
        dna_log_info(log, "next, with a name for the model:");
        dna_log_info(log, "    dnadna init %s MODEL-NAME", dna_str_text(&quoted));
        dna_str_clear(&quoted);
    }
    free(packed_path);
    return rc;
}

static const dna_command command_run = {.name = "run",
    .summary = "Draw parameters and simulate",
    .spec = &run_spec,
    .values_size = sizeof(run_values),
    .is_logging = true,
    .run = run_run};

/* ---- the group ------------------------------------------------------------------- */

typedef struct {
    dna_common common;
    bool help_simulators;
} group_values;

static const dna_opt group_options[] = {
    {.name = "help-simulators",
        .kind = OPT_FLAG,
        .offset = offsetof(group_values, help_simulators),
        .doc = "List the simulators there are, and exit."},
    {0}};

static const dna_opt_spec group_spec = {.name = "dnadna simulation",
    .doc = "Make data to train on: samples simulated under parameters that are drawn "
           "for each scenario.",
    .example = "dnadna simulation --help-simulators\n"
               "dnadna simulation init my_dataset one_event\n"
               "dnadna simulation run my_dataset/my_dataset_simulation_config.yml",
    .opts = {dna_opts_common, group_options, dna_opts_plugin},
    .is_group = true};

static int
run_group(const void *values, dna_log *log)
{
    const group_values *v = values;

    (void)log;
    if (v->help_simulators) {
        int rc = dna_run_help_simulators(stdout);
        return rc < 0 ? rc : DNA_EXIT_OK;
    }
    return DNA_GO_ON;
}

static const dna_command *const commands[] = {&command_init, &command_run, NULL};

const dna_command dna_command_simulation = {.name = "simulation",
    .summary = "Simulate samples under parameters drawn from priors",
    .spec = &group_spec,
    .values_size = sizeof(group_values),
    .run = run_group,
    .commands = commands};

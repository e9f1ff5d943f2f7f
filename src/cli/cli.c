/* cli.c - find the command, parse its line, run it, say what went wrong.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/console.h"
#include "config/tables.h"
#include "dnadna/dnadna.h"

static const dna_command *const commands[] = {&dna_command_simulation,
    &dna_command_pack, &dna_command_init, &dna_command_preprocess, &dna_command_train,
    &dna_command_predict, &dna_command_plot, &dna_command_sumstats,
    &dna_command_convert, &dna_command_config, &dna_command_schema,
    &dna_command_inspect, &dna_command_export, &dna_command_net, &dna_command_bench,
    &dna_command_doctor, &dna_command_completion, &dna_command_help, NULL};

typedef struct {
    dna_common common;
    bool version;
} main_values;

static const dna_opt main_options[] = {{.name = "version",
                                           .letter = 'V',
                                           .kind = OPT_FLAG,
                                           .offset = offsetof(main_values, version),
                                           .doc = "Show the version and exit."},
    {0}};

static const dna_opt_spec main_spec = {.name = "dnadna",
    .doc = "Deep learning on population-genetic data: "
           "trains networks that read a SNP matrix and infer evolutionary parameters, "
           "and applies them.",
    .example =
        "dnadna simulation init my_dataset one_event\n"
        "dnadna simulation run my_dataset/my_dataset_simulation_config.yml\n"
        "dnadna init --simulation-config my_dataset/my_dataset_simulation_config.yml my_model\n"
        "dnadna preprocess my_model/my_model_preprocessing_config.yml\n"
        "dnadna train my_model/my_model_training_config.yml\n"
        "dnadna help train",
    .opts = {dna_opts_common, main_options, dna_opts_plugin},
    .is_group = true};

static int
run_main(const void *values, dna_log *log)
{
    const main_values *v = values;

    (void)log;
    if (v->version) {
        puts("dnadna " DNA_VERSION);
        return DNA_EXIT_OK;
    }
    return DNA_GO_ON;
}

const dna_command dna_command_main = {.name = "dnadna",
    .summary = "deep learning on population-genetic data",
    .spec = &main_spec,
    .values_size = sizeof(main_values),
    .run = run_main,
    .commands = commands};

/* What was said before the name of a command: the options of its groups. */
typedef struct group group;
struct group {
    const dna_common *common;
    const group *outer;
};

/* ---- groups ---------------------------------------------------------------------- */

static void
list_commands(const dna_command *command, FILE *out)
{
    fputs("\ncommands:\n", out);
    for (int64_t i = 0; command->commands[i] != NULL; i++) {
        const dna_command *c = command->commands[i];
        fprintf(out, "  %-14s%s\n", c->name, c->summary);
    }
}

const dna_command *
dna_command_find(const dna_command *command, const char *name)
{
    for (int64_t i = 0; command->commands != NULL && command->commands[i] != NULL;
         i++) {
        if (strcmp(command->commands[i]->name, name) == 0) {
            return command->commands[i];
        }
    }
    return NULL;
}

int
dna_command_unknown(const dna_command *command, const char *name)
{
    const char *names[DNA_COUNT(commands)] = {0};
    int64_t n = 0;
    if (command->commands == NULL) {
        fprintf(stderr, "%s has no commands of its own: \"%s\" is too many\n",
            command->spec->name, name);
        return DNA_EXIT_FAILED;
    }
    for (; command->commands[n] != NULL && n < DNA_COUNT(names); n++) {
        names[n] = command->commands[n]->name;
    }
    const char *near = dna_nearest_name(name, names, n);
    fprintf(stderr, "%s: unknown command \"%s\"", command->spec->name, name);
    if (near != NULL) {
        fprintf(stderr, "; did you mean %s?", near);
    }
    fputs(" (there are:", stderr);
    for (int64_t i = 0; i < n; i++) {
        fprintf(stderr, "%s %s", i > 0 ? "," : "", names[i]);
    }
    fputs(")\n", stderr);
    return DNA_EXIT_FAILED;
}

static int
missing_command(const dna_command *command)
{
    dna_opt_usage(command->spec, stdout);
    fprintf(stderr, "%s: a command is required\n", command->spec->name);
    list_commands(command, stderr);
    return DNA_EXIT_USAGE;
}

static int
usage_error(const dna_opt_spec *spec)
{
    dna_opt_usage(spec, stderr);
    fprintf(stderr, "%s: %s\n", spec->name, dna_message());
    return DNA_EXIT_USAGE;
}

/* Plugins of the command line are treated as those of a config. */
static int
tell_plugins(const dna_common *c, dna_log *log)
{
    dna_arena *a = NULL;
    int rc = DNA_OK;

    if (c->plugins.n == 0 && !c->trace_plugins) {
        goto out;
    }
    if (c->trace_plugins) {
        dna_log_info(log, "plugin dnadna.examples.one_event: built in");
    }
    DNA_TRY(dna_arena_new(&a));
    dna_value *config = dna_value_map(a);
    dna_value *list = dna_value_list(a);
    if (config == NULL || list == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    for (int64_t i = 0; i < c->plugins.n; i++) {
        DNA_TRY(dna_value_append(a, list, dna_value_string(a, c->plugins.items[i])));
        if (c->trace_plugins) {
            dna_log_info(
                log, "plugin %s: given on the command line", c->plugins.items[i]);
        }
    }
    DNA_TRY(dna_value_set(a, config, "plugins", list));
    dna_config_notices(config, log);
out:
    dna_arena_free(a);
    return rc;
}

static void
report_error(const dna_command *command, const dna_common *common, dna_log *log, int rc)
{
    const char *code = common->debug ? dna_status_name(rc) : "";
    const char *colon = common->debug ? ": " : "";

    dna_console_finish();
    if (command->is_logging && log != NULL) {
        dna_log_error(log, "%s%s%s", code, colon, dna_message());
    } else {
        fprintf(stderr, "%s: error: %s%s%s\n", command->spec->name, code, colon,
            dna_message());
    }
}

static int run_command(
    const dna_command *command, const group *outer, int argc, char **argv);

/* The words after a group's own options. */
static int
run_sub_command(const dna_command *command, const group *outer, int argc, char **argv)
{
    if (argc == 0) {
        return missing_command(command);
    }
    const dna_command *sub = dna_command_find(command, argv[0]);
    return sub == NULL ? dna_command_unknown(command, argv[0])
                       : run_command(sub, outer, argc, argv);
}

void
dna_command_describe(const dna_command *command, FILE *out)
{
    dna_opt_help(command->spec, out);
    if (command->commands != NULL) {
        list_commands(command, out);
    }
}

/* Plugins that the groups were given, then the command's own; then the command. */
static int
run_with_log(const dna_command *command, const dna_common *common, const group *outer,
    dna_log *log)
{
    int rc = DNA_OK;

    if (command->commands == NULL) {
        for (const group *g = outer; g != NULL; g = g->outer) {
            DNA_TRY(tell_plugins(g->common, log));
        }
        DNA_TRY(tell_plugins(common, log));
        if (dna_run_check_isa(common->isa) < 0) {
            dna_context("DNADNA_ISA=%s", common->isa);
            return DNA_EUNSUPPORTED;
        }
    }
    rc = command->run(common, log);
out:
    return rc;
}

static int
run_command(const dna_command *command, const group *outer, int argc, char **argv)
{
    dna_log *log = NULL;
    void *values = NULL;
    int n_used = 0;
    int status = DNA_EXIT_FAILED;
    int rc = DNA_OK;

    values = dna_calloc(1, command->values_size);
    if (values == NULL) {
        fprintf(stderr, "dnadna: %s\n", dna_message());
        return DNA_EXIT_FAILED;
    }
    dna_common *common = values; /* the first member of every command's values */
    rc = dna_opt_parse(command->spec, argc, argv, values, &n_used);
    if (rc < 0) {
        status = usage_error(command->spec);
        goto out;
    }
    if (common->help) {
        dna_command_describe(command, stdout);
        status = DNA_EXIT_OK;
        goto out;
    }
    const char *isa = getenv("DNADNA_ISA");
    common->isa = isa != NULL && isa[0] != '\0' ? isa : NULL;
    common->debug = common->debug || (outer != NULL && outer->common->debug);
    rc = dna_console_log(&log, common, !command->is_logging);
    if (rc == DNA_OK) {
        rc = run_with_log(command, common, outer, log);
    }
    if (rc < 0) {
        report_error(command, common, log, rc);
    } else if (rc == DNA_EXIT_USAGE) {
        (void)usage_error(command->spec);
    } else if (rc == DNA_GO_ON) {
        group own = {.common = common, .outer = outer};
        rc = run_sub_command(command, &own, argc - n_used, argv + n_used);
    }
    status = rc < 0 ? DNA_EXIT_FAILED : rc;
out:
    dna_log_free(log);
    dna_opt_clear(command->spec, values);
    dna_free(values);
    return status;
}

/* Data that could not be written is a failure, even at the very end. */
static int
close_output(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (status == DNA_EXIT_OK) {
            fputs("dnadna: standard output could not be written\n", stderr);
        }
        return status == DNA_EXIT_OK ? DNA_EXIT_FAILED : status;
    }
    return status;
}

int
dna_main(int argc, char **argv)
{
    dna_console_ignore_limits();
    return close_output(run_command(&dna_command_main, NULL, argc, argv));
}

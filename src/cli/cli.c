/* cli.c - find the command, parse its line, run it, say what went wrong.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/console.h"
#include "config/tables.h"
#include "dnadna/dnadna.h"

static const dna_command *const commands[] = {&dna_command_init,
    &dna_command_preprocess, &dna_command_train, &dna_command_predict,
    &dna_command_config, &dna_command_schema, &dna_command_inspect};

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
    .opts = {dna_opts_common, main_options, dna_opts_plugin},
    .is_group = true};

static void
list_commands(FILE *out)
{
    fputs("\ncommands:\n", out);
    for (int64_t i = 0; i < DNA_COUNT(commands); i++) {
        fprintf(out, "  %-14s%s\n", commands[i]->name, commands[i]->summary);
    }
}

static const dna_command *
find_command(const char *name)
{
    for (int64_t i = 0; i < DNA_COUNT(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int
unknown_command(const char *name)
{
    const char *names[DNA_COUNT(commands)];
    for (int64_t i = 0; i < DNA_COUNT(commands); i++) {
        names[i] = commands[i]->name;
    }
    const char *near = dna_nearest_name(name, names, DNA_COUNT(commands));
    fprintf(stderr, "dnadna: unknown command \"%s\"", name);
    if (near != NULL) {
        fprintf(stderr, "; did you mean %s?", near);
    }
    fputs(" (there are:", stderr);
    for (int64_t i = 0; i < DNA_COUNT(commands); i++) {
        fprintf(stderr, "%s %s", i > 0 ? "," : "", names[i]);
    }
    fputs(")\n", stderr);
    return DNA_EXIT_FAILED;
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

/* first: what was said before the command's name. */
static int
run_command(const dna_command *command, const dna_common *first, int argc, char **argv)
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
        dna_opt_help(command->spec, stdout);
        status = DNA_EXIT_OK;
        goto out;
    }
    common->debug = common->debug || first->debug;
    rc = dna_console_log(&log, common, !command->is_logging);
    if (rc == DNA_OK) {
        rc = tell_plugins(first, log);
    }
    if (rc == DNA_OK) {
        rc = tell_plugins(common, log);
    }
    if (rc == DNA_OK) {
        rc = command->run(values, log);
    }
    if (rc < 0) {
        report_error(command, common, log, rc);
    } else if (rc == DNA_EXIT_USAGE) {
        (void)usage_error(command->spec);
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
    main_values v = {0};
    int n_used = 0;
    int status = DNA_EXIT_OK;

    dna_console_ignore_limits();
    if (dna_opt_parse(&main_spec, argc, argv, &v, &n_used) < 0) {
        status = usage_error(&main_spec);
    } else if (v.common.help) {
        dna_opt_help(&main_spec, stdout);
        list_commands(stdout);
    } else if (v.version) {
        puts("dnadna " DNA_VERSION);
    } else if (n_used >= argc) {
        dna_opt_usage(&main_spec, stdout);
        fputs("dnadna: a command is required\n", stderr);
        list_commands(stderr);
        status = DNA_EXIT_USAGE;
    } else {
        const dna_command *command = find_command(argv[n_used]);
        status = command == NULL
                     ? unknown_command(argv[n_used])
                     : run_command(command, &v.common, argc - n_used, argv + n_used);
    }
    dna_opt_clear(&main_spec, &v);
    return close_output(status);
}

/* command.h - the commands of the program, one row each, and what they share.
 *
 * SPDX-License-Identifier: MIT
 *
 * A command is one file cmd_<name>.c: its options as a table, and a function that fills
 * the options struct of the library's function of the same name and calls it. Standard
 * output is for data; everything else goes to standard error.
 */
#ifndef DNA_CLI_COMMAND_H
#define DNA_CLI_COMMAND_H

#include "cli/opt.h"
#include "dnadna/log.h"
#include "dnadna/run.h"

/* Exit statuses; DNA_GO_ON is none, but says that a group's sub-command is to run. */
enum { DNA_EXIT_OK = 0, DNA_EXIT_FAILED = 1, DNA_EXIT_USAGE = 2, DNA_GO_ON = 256 };

/* What every command has; the first member of its values. */
typedef struct {
    bool help;
    bool debug;
    const char *log_level; /* NULL: INFO */
    const char *log_file;
    bool log_nc; /* no colours */
    dna_opt_list plugins;
    bool trace_plugins;
    const char *isa; /* no option: DNADNA_ISA of the environment; NULL: not set */
} dna_common;

extern const dna_opt dna_opts_common[]; /* --help, --debug */
extern const dna_opt dna_opts_log[];    /* --log-level, --log-file, --log-nc */
extern const dna_opt dna_opts_plugin[]; /* --plugin, --trace-plugins */

typedef struct dna_command {
    const char *name;
    const char *summary; /* one line for the list of commands */
    const dna_opt_spec *spec;
    size_t values_size;
    bool is_logging; /* lines with date and level; else plain ones */
    /* An exit status, or a negative code with the message set. DNA_EXIT_USAGE too has a
     * message: usage is shown before it. */
    int (*run)(const void *values, dna_log *log);
    /* A group: its sub-commands, NULL at the end. Its `run` does what its own options ask
     * for, or returns DNA_GO_ON. */
    const struct dna_command *const *commands;
} dna_command;

extern const dna_command dna_command_simulation;
extern const dna_command dna_command_pack;
extern const dna_command dna_command_init;
extern const dna_command dna_command_preprocess;
extern const dna_command dna_command_train;
extern const dna_command dna_command_predict;
extern const dna_command dna_command_sumstats;
extern const dna_command dna_command_plot;
extern const dna_command dna_command_convert;
extern const dna_command dna_command_config;
extern const dna_command dna_command_schema;
extern const dna_command dna_command_inspect;
extern const dna_command dna_command_export;
extern const dna_command dna_command_net;
extern const dna_command dna_command_bench;
extern const dna_command dna_command_doctor;
extern const dna_command dna_command_completion;
extern const dna_command dna_command_help;
/** The program itself: the group of all of them. */
extern const dna_command dna_command_main;

/** The sub-command of a group; NULL if it has none of this name. */
const dna_command *dna_command_find(const dna_command *group, const char *name);
/** Tell that there is none of this name, and which there are; the exit status. */
int dna_command_unknown(const dna_command *group, const char *name);
/** Its help, with the list of its sub-commands. */
void dna_command_describe(const dna_command *command, FILE *out);

/** Run a command line; the exit status. */
int dna_main(int argc, char **argv);

#endif

/* cmd_help.c - dnadna help: what a command does, as text or as a manual page.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/man.h"

typedef struct {
    dna_common common;
    bool man;
    const char *man_dir;
    dna_opt_list words;
} help_values;

static const dna_opt options[] = {{.name = "man",
                                      .kind = OPT_FLAG,
                                      .offset = offsetof(help_values, man),
                                      .doc = "Print the manual page, for man -l -."},
    {.name = "man-dir",
        .kind = OPT_TEXT,
        .metavar = "DIR",
        .offset = offsetof(help_values, man_dir),
        .doc = "Write the manual pages of the command and all below it into DIR."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "COMMAND",
        .is_optional = true,
        .is_repeated = true,
        .offset = offsetof(help_values, words),
        .doc = "The command, one word or two (default: the list of all)."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna help",
    .doc = "Tell what a command does, with an example and its options by theme.",
    .example = "dnadna help train\n"
               "dnadna help simulation run\n"
               "dnadna help --man predict | man -l -",
    .opts = {dna_opts_common, options},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const help_values *v = values;
    const dna_command *command = &dna_command_main;

    (void)log;
    for (int64_t i = 0; i < v->words.n; i++) {
        const dna_command *sub = dna_command_find(command, v->words.items[i]);
        if (sub == NULL) {
            return dna_command_unknown(command, v->words.items[i]);
        }
        command = sub;
    }
    if (v->man_dir != NULL) {
        return dna_man_write_all(command, v->man_dir);
    }
    if (v->man) {
        dna_man_write(command, stdout);
    } else {
        dna_command_describe(command, stdout);
    }
    return DNA_EXIT_OK;
}

const dna_command dna_command_help = {.name = "help",
    .summary = "Tell what a command does, with an example",
    .spec = &spec,
    .values_size = sizeof(help_values),
    .run = run};

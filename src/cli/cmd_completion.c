/* cmd_completion.c - dnadna completion: the script with which a shell completes commands.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/completion.h"

typedef struct {
    dna_common common;
    const char *shell;
} completion_values;

static const dna_arg arguments[] = {{.name = "SHELL",
                                        .offset = offsetof(completion_values, shell),
                                        .doc = "bash, zsh or fish."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna completion",
    .doc =
        "Print the script with which a shell completes the commands, options and "
        "choices of dnadna. Installed with the program; without that, load it as below.",
    .example = "source <(dnadna completion bash)\n"
               "dnadna completion fish > ~/.config/fish/completions/dnadna.fish",
    .opts = {dna_opts_common},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const completion_values *v = values;

    (void)log;
    return dna_completion_write(&dna_command_main, v->shell, stdout);
}

const dna_command dna_command_completion = {.name = "completion",
    .summary = "Print what bash, zsh or fish need to complete commands",
    .spec = &spec,
    .values_size = sizeof(completion_values),
    .run = run};

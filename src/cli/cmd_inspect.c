/* cmd_inspect.c - dnadna inspect: what a network file holds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

typedef struct {
    dna_common common;
    const char *file;
} inspect_values;

static const dna_arg arguments[] = {{.name = "FILE",
                                        .offset = offsetof(inspect_values, file),
                                        .doc = "A network file (.safetensors)."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna inspect",
    .doc =
        "Describe a network file: the network, where it comes from, what it takes and predicts, its tensors. "
        "The file is checked as prediction checks it.",
    .opts = {dna_opts_common},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const inspect_values *v = values;
    (void)log;
    return dna_run_inspect(v->file, stdout);
}

const dna_command dna_command_inspect = {.name = "inspect",
    .summary = "Describe a network file",
    .spec = &spec,
    .values_size = sizeof(inspect_values),
    .run = run};

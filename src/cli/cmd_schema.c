/* cmd_schema.c - dnadna schema: the JSON Schema of a kind of config.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

typedef struct {
    dna_common common;
    const char *kind;
} schema_values;

static const dna_arg arguments[] = {
    {.name = "KIND",
        .offset = offsetof(schema_values, kind),
        .doc =
            "dataset, simulation, preprocessing, training, training-run or summary-statistics."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna schema",
    .doc =
        "Print the JSON Schema (draft 7) of a kind of config, "
        "with which an editor completes, explains and checks such files: "
        "save it and name it in the editor's settings, or in a first line of the config. "
        "How is said in docs/config.md, section 10.",
    .example = "dnadna schema training > training.schema.json",
    .opts = {dna_opts_common},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const schema_values *v = values;
    (void)log;
    return dna_run_schema(v->kind, stdout);
}

const dna_command dna_command_schema = {.name = "schema",
    .summary = "Print the JSON Schema of a kind of config, for editors",
    .spec = &spec,
    .values_size = sizeof(schema_values),
    .run = run};

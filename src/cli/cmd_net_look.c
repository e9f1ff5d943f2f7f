/* cmd_net_look.c - dnadna net list, ops, show and check.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/pool.h"
#include "cli/net_words.h"

/* ---- list, ops ---------------------------------------------------------------------- */

typedef struct {
    dna_common common;
} plain_values;

static const dna_opt_spec list_spec = {.name = "dnadna net list",
    .doc = "List the built-in networks with their settings.",
    .example = "dnadna net list",
    .opts = {dna_opts_common}};

static int
run_list(const void *values, dna_log *log)
{
    (void)values;
    (void)log;
    return dna_run_net_list(stdout);
}

const dna_command dna_command_net_list = {.name = "list",
    .summary = "List the built-in networks",
    .spec = &list_spec,
    .values_size = sizeof(plain_values),
    .run = run_list};

static const dna_opt_spec ops_spec = {.name = "dnadna net ops",
    .doc = "List the ops that networks in YAML are made of, with their arguments.",
    .example = "dnadna net ops",
    .opts = {dna_opts_common}};

static int
run_ops(const void *values, dna_log *log)
{
    (void)values;
    (void)log;
    return dna_run_net_ops(stdout);
}

const dna_command dna_command_net_ops = {.name = "ops",
    .summary = "List the ops of networks in YAML",
    .spec = &ops_spec,
    .values_size = sizeof(plain_values),
    .run = run_ops};

/* ---- show, check -------------------------------------------------------------------- */

typedef struct {
    dna_common common;
    const char *network, *shape, *svg;
    int64_t n_outputs, n_thread;
    bool no_positions;
    dna_opt_list set;
} look_values;

static const dna_opt look_options[] = {
    {.name = "shape",
        .letter = 's',
        .kind = OPT_TEXT,
        .metavar = "HAPLOTYPESxSNPS",
        .offset = offsetof(look_values, shape),
        .doc = "Size of a sample (default: that of training, or 50x400)."},
    {.name = "outputs",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(look_values, n_outputs),
        .doc = "Outputs (default: those of a network file, or 2)."},
    {.name = "no-positions",
        .kind = OPT_FLAG,
        .offset = offsetof(look_values, no_positions),
        .doc = "Inputs without a row of positions."},
    {.name = "set",
        .kind = OPT_LIST,
        .metavar = "KEY=VALUE",
        .is_assignment = true,
        .offset = offsetof(look_values, set),
        .doc =
            "Give a setting of the network another value (repeatable), such as --set n_blocks=6."},
    {0}};

static const dna_opt show_options[] = {
    {.name = "svg",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(look_values, svg),
        .doc = "Draw the graph, too; .pdf and .png work as well."},
    {0}};

static const dna_opt check_options[] = {
    {.name = "threads",
        .letter = 't',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(look_values, n_thread),
        .doc = "Threads (default 0: as many as there are processors)."},
    {0}};

static const dna_arg look_arguments[] = {
    {.name = "NET",
        .offset = offsetof(look_values, network),
        .doc = "A built-in network, a YAML or JSON file of layers, or a network file."},
    {0}};

static const dna_opt_spec show_spec = {.name = "dnadna net show",
    .doc =
        "Print the graph of a network: its layers with what they read, shapes, parameters, and additions and multiplications a sample.",
    .example = "dnadna net show my_net.yml --shape 20x500 --svg my_net.svg",
    .opts = {dna_opts_common, look_options, show_options},
    .args = look_arguments};

static const dna_opt_spec check_spec = {.name = "dnadna net check",
    .doc =
        "Put a network to the test, on random samples: other sizes; gradients against differences of its outputs, and compiled ones against double precision; whether a sample gives the same alone and in a batch; the order of haplotypes, where it claims to be exchangeable; whether it can learn one batch by heart. Fails if one of them does.",
    .example = "dnadna net check my_net.yml --shape 20x500",
    .opts = {dna_opts_common, look_options, check_options},
    .args = look_arguments};

static int
read_options(dna_net_look_options *o, const look_values *v)
{
    *o = (dna_net_look_options){.network = v->network,
        .overrides = v->set.items,
        .n_override = v->set.n,
        .n_outputs = v->n_outputs,
        .no_positions = v->no_positions,
        .figure = v->svg,
        .n_thread = (int)v->n_thread};
    return v->shape != NULL ? dna_read_shape(v->shape, &o->n_indiv, &o->n_snp) : DNA_OK;
}

static int
run_show(const void *values, dna_log *log)
{
    dna_net_look_options o;

    (void)log;
    return read_options(&o, values) < 0 ? DNA_EXIT_USAGE : dna_run_net_show(&o, stdout);
}

const dna_command dna_command_net_show = {.name = "show",
    .summary = "Print or draw the graph of a network",
    .spec = &show_spec,
    .values_size = sizeof(look_values),
    .run = run_show};

static int
run_check(const void *values, dna_log *log)
{
    dna_net_look_options o;
    int n_failed = 0;

    (void)log;
    if (read_options(&o, values) < 0) {
        return DNA_EXIT_USAGE;
    }
    int rc = dna_run_net_check(&o, stdout, &n_failed);
    return rc < 0 ? rc : n_failed > 0 ? DNA_EXIT_FAILED : DNA_EXIT_OK;
}

const dna_command dna_command_net_check = {.name = "check",
    .summary = "Put a network to the test",
    .spec = &check_spec,
    .values_size = sizeof(look_values),
    .run = run_check};

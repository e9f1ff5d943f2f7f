/* cmd_net.c - dnadna net: what networks are made of.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/number.h"
#include "base/pool.h"
#include "cli/command.h"
#include "cli/net_words.h"
#include "cli/pass_words.h"

/* ---- net explain ----------------------------------------------------------------- */

typedef struct {
    dna_common common;
    const char *network, *shape;
    int64_t batch, n_outputs, n_thread;
    bool is_training, is_prediction;
    dna_opt_list without, set;
} explain_values;

static const dna_opt explain_options[] = {
    {.name = "shape",
        .letter = 's',
        .kind = OPT_TEXT,
        .metavar = "HAPLOTYPESxSNPS",
        .offset = offsetof(explain_values, shape),
        .doc = "Size of a sample, such as 50x400 (required)."},
    {.name = "batch",
        .letter = 'b',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .max = INT32_MAX,
        .offset = offsetof(explain_values, batch),
        .doc = "Samples of a batch (default 64)."},
    {.name = "train",
        .kind = OPT_FLAG,
        .exclusive = 1,
        .offset = offsetof(explain_values, is_training),
        .doc = "The program of a training step: forward and backward (default)."},
    {.name = "predict",
        .kind = OPT_FLAG,
        .exclusive = 1,
        .offset = offsetof(explain_values, is_prediction),
        .doc = "The program of a prediction."},
    DNA_OPT_WITHOUT(explain_values, without),
    {.name = "set",
        .kind = OPT_LIST,
        .metavar = "KEY=VALUE",
        .is_assignment = true,
        .offset = offsetof(explain_values, set),
        .doc =
            "Give a setting of a built-in network another value (repeatable), such as --set n_blocks=6."},
    {.name = "outputs",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(explain_values, n_outputs),
        .doc = "Outputs of a built-in network (default 1)."},
    {.name = "threads",
        .letter = 't',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(explain_values, n_thread),
        .doc = "Threads (default 0: as many as there are processors)."},
    {0}};

static const dna_arg explain_arguments[] = {
    {.name = "NET",
        .offset = offsetof(explain_values, network),
        .doc = "A built-in network (CNN, CustomCNN, "
               "MLP, SPIDNA) or a network file."},
    {0}};

static const dna_opt_spec explain_spec = {.name = "dnadna net explain",
    .doc =
        "Compile a network and print the program: each step with the ops that are fused in it, "
        "its arithmetic, the memory it reads and writes; each buffer with its shape and its place; totals.",
    .example = "dnadna net explain SPIDNA --shape 50x400 --batch 64",
    .opts = {dna_opts_common, explain_options},
    .args = explain_arguments};

/* "50x400" */
int
dna_read_shape(const char *text, int64_t *n_indiv, int64_t *n_snp)
{
    const char *x = text == NULL ? NULL : strchr(text, 'x');
    char first[DNA_NUMBER_SIZE];
    int rc = DNA_OK;

    DNA_REQUIRE(text != NULL, DNA_EARG,
        "--shape is required: haplotypes x SNPs, such as --shape 50x400");
    bool fits = x != NULL && (size_t)(x - text) < sizeof(first);
    if (fits) {
        memcpy(first, text, (size_t)(x - text));
        first[x - text] = '\0';
        fits = dna_parse_int(first, n_indiv) && dna_parse_int(x + 1, n_snp)
               && *n_indiv > 0 && *n_snp > 0;
    }
    DNA_REQUIRE(fits, DNA_EARG,
        "--shape %s: expected haplotypes x SNPs, two numbers above 0 such as 50x400",
        text);
out:
    return rc;
}

static int
run_explain(const void *values, dna_log *log)
{
    const explain_values *v = values;
    dna_net_explain_options o = {.network = v->network,
        .overrides = v->set.items,
        .n_override = v->set.n,
        .without = v->without.items,
        .n_without = v->without.n,
        .batch = v->batch,
        .n_outputs = v->n_outputs,
        .n_thread = (int)v->n_thread,
        .is_prediction = v->is_prediction,
        .isa = v->common.isa};

    (void)log;
    if (dna_read_shape(v->shape, &o.n_indiv, &o.n_snp) < 0) {
        return DNA_EXIT_USAGE;
    }
    return dna_run_net_explain(&o, stdout);
}

static const dna_command command_explain = {.name = "explain",
    .summary = "Print the program that a network is compiled to",
    .spec = &explain_spec,
    .values_size = sizeof(explain_values),
    .run = run_explain};

/* ---- the group ------------------------------------------------------------------- */

typedef struct {
    dna_common common;
} group_values;

static const dna_opt_spec group_spec = {.name = "dnadna net",
    .doc = "Look at networks.",
    .example = "dnadna net explain CNN --shape 50x400",
    .opts = {dna_opts_common},
    .is_group = true};

static int
run_group(const void *values, dna_log *log)
{
    (void)values;
    (void)log;
    return DNA_GO_ON;
}

static const dna_command *const commands[] = {&dna_command_net_list,
    &dna_command_net_ops, &dna_command_net_show, &dna_command_net_check,
    &command_explain, NULL};

const dna_command dna_command_net = {.name = "net",
    .summary = "Look at networks: list, show, check, explain",
    .spec = &group_spec,
    .values_size = sizeof(group_values),
    .run = run_group,
    .commands = commands};

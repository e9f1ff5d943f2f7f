/* cmd_inspect.c - dnadna inspect: what a network file or genotype data hold.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

typedef struct {
    dna_common common;
    const char *file;
    dna_opt_list networks;
    bool markdown, verify;
} inspect_values;

static const dna_opt options[] = {
    {.name = "network",
        .kind = OPT_LIST,
        .metavar = "FILE",
        .offset = offsetof(inspect_values, networks),
        .doc =
            "Of genotype data: tell whether they have the sizes that this network needs "
            "(repeatable)."},
    {.name = "markdown",
        .kind = OPT_FLAG,
        .exclusive = 1,
        .offset = offsetof(inspect_values, markdown),
        .doc = "Of a network: its card in Markdown, to go with the file."},
    {.name = "verify",
        .kind = OPT_FLAG,
        .exclusive = 1,
        .offset = offsetof(inspect_values, verify),
        .doc =
            "Of a network: compute again what its file says of made-up inputs, and tell whether this machine gives the same numbers."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "FILE",
        .offset = offsetof(inspect_values, file),
        .doc = "A network file (.safetensors), or genotype data: VCF, BCF, .trees, "
               "PLINK 1, ms text, npz; - for standard input."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna inspect",
    .doc =
        "Describe a network file: the network, where it comes from, what it takes and predicts, its tensors. "
        "The file is checked as prediction checks it. "
        "Or describe genotype data: samples, ploidy, phase, missing, contigs and sites.",
    .example =
        "dnadna inspect my_model_run_000_best_net.safetensors\n"
        "dnadna inspect cows.vcf.gz --network my_model_run_000_best_net.safetensors",
    .opts = {dna_opts_common, options},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const inspect_values *v = values;
    bool is_same = false;

    (void)log;
    if (v->markdown) {
        return dna_run_inspect_card(v->file, stdout);
    }
    if (v->verify) {
        int rc = dna_run_inspect_verify(v->file, stdout, &is_same);
        return rc < 0 ? rc : is_same ? DNA_EXIT_OK : DNA_EXIT_FAILED;
    }
    if (v->networks.n > 0 || dna_run_is_genotypes(v->file)) {
        return dna_run_inspect_data(v->file, v->networks.items, v->networks.n, stdout);
    }
    return dna_run_inspect(v->file, stdout);
}

const dna_command dna_command_inspect = {.name = "inspect",
    .summary = "Describe a network file or genotype data",
    .spec = &spec,
    .values_size = sizeof(inspect_values),
    .run = run};

/* cmd_convert.c - dnadna convert: genotype data to npz or to a dataset.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/mem.h"
#include "cli/console.h"
#include "cli/opts_genome.h"

typedef struct {
    dna_genome_values genome; /* first */
    int64_t chromosome_size;
    const char *output;
    dna_opt_list inputs;
} convert_values;

static const dna_opt options[] = {
    {.name = "output",
        .letter = 'o',
        .kind = OPT_TEXT,
        .metavar = "OUT",
        .offset = offsetof(convert_values, output),
        .doc = "Where to write, if it is not the last argument."},
    {.name = "chromosome-size",
        .kind = OPT_INT,
        .metavar = "BP",
        .min = 1,
        .offset = offsetof(convert_values, chromosome_size),
        .doc = "Length that positions from 0 to 1 (ms text, some npz) are shares of."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "IN",
        .is_repeated = true,
        .offset = offsetof(convert_values, inputs),
        .doc =
            "Genotype data (VCF, BCF, .trees, PLINK 1, ms text, npz; - for standard "
            "input), and last the output: a name that ends with .npz or .dnapack, or a new folder."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna convert",
    .doc =
        "Write genotype data as an npz with SNP and POS (one contig), or as a dataset: "
        "a folder with a sample a window, or a contig without windows, a table of their "
        "places and a dataset config; or, .dnapack, all of it packed. What is dropped is counted by reason.",
    .example = "dnadna convert cows.vcf.gz chr1.npz --region chr1\n"
               "dnadna convert cows.vcf.gz cows_windows --window-sites 400",
    .opts = {dna_opts_common, options, dna_opts_genome, dna_opts_log},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const convert_values *v = values;
    dna_convert_options o = {.log = log, .output = v->output, .n_input = v->inputs.n};
    char *config = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_genome_values_read(&o.genome, &v->genome, v->chromosome_size));
    o.inputs = v->inputs.items;
    if (o.output == NULL) {
        o.n_input--;
        o.output = v->inputs.items[v->inputs.n - 1];
    }
    if (o.n_input < 1) {
        (void)dna_fail(DNA_EARG, "convert needs an input and an output");
        rc = DNA_EXIT_USAGE;
        goto out;
    }
    if (v->genome.common.log_file != NULL) {
        DNA_TRY(dna_log_add_file(log, v->genome.common.log_file));
    }
    o.stop = dna_console_catch_signals();
    DNA_TRY(dna_run_convert(&o, &config));
    if (config != NULL) {
        dna_log_info(log, "to predict: dnadna predict NETWORK %s", config);
    }
out:
    dna_free(config);
    dna_genome_values_clear(&o.genome);
    return rc;
}

const dna_command dna_command_convert = {.name = "convert",
    .summary = "Write genotype data as npz or as a dataset",
    .spec = &spec,
    .values_size = sizeof(convert_values),
    .is_logging = true,
    .run = run};

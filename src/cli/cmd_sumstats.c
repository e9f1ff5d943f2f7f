/* cmd_sumstats.c - dnadna sumstats: summary statistics of a dataset or of files.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/mem.h"
#include "base/pool.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/sample_words.h"

typedef struct {
    dna_common common;
    int64_t n_cpus, n_replicates;
    bool overwrite;
    const char *label, *output, *figure;
    dna_opt_list set;
    const char *keys, *position_format;
    int64_t chromosome_size;
    dna_opt_list inputs;
} sumstats_values;

static const dna_opt options[] = {
    {.name = "n-cpus",
        .kind = OPT_INT,
        .metavar = "N",
        .min = -1,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(sumstats_values, n_cpus),
        .doc =
            "Threads; below 1: as many as there are processors (default). The tables are the same for any number."},
    {.name = "n-replicates",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(sumstats_values, n_replicates),
        .doc = "At most the first N replicates of each scenario (default: all)."},
    {.name = "overwrite",
        .kind = OPT_FLAG,
        .offset = offsetof(sumstats_values, overwrite),
        .doc = "Replace tables that are there; without it rows are added to them."},
    {.name = "label",
        .kind = OPT_TEXT,
        .metavar = "TEXT",
        .offset = offsetof(sumstats_values, label),
        .doc = "Text in the column label of every row, to tell runs apart."},
    {.name = "output",
        .letter = 'o',
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(sumstats_values, output),
        .doc =
            "File of the long table, one number a row (default: sumstats/<dataset>_sumstats.csv in the data root; of npz files: standard output)."},
    {.name = "figure",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(sumstats_values, figure),
        .doc =
            "Draw the spectrum, the decay of LD and Tajima's D, too: an .svg, .pdf or .png file."},
    {.name = "set",
        .kind = OPT_LIST,
        .metavar = "KEY=VALUE",
        .is_assignment = true,
        .offset = offsetof(sumstats_values, set),
        .doc =
            "Give a key of the config another value (repeatable), in YAML, such as --set summary_statistics.sel_options.window=50; with npz files a setting of summary_statistics itself, --set sel_options.window=50."},
    {.name = "keys",
        .theme = "npz files",
        .kind = OPT_TEXT,
        .metavar = "SNP,POS",
        .offset = offsetof(sumstats_values, keys),
        .doc = "Of npz files: names of the arrays in them (default: SNP,POS)."},
    {.name = "position-format",
        .kind = OPT_TEXT,
        .metavar = "WORDS",
        .offset = offsetof(sumstats_values, position_format),
        .doc =
            "Of npz files: what the positions are, words out of absolute or distance, "
            "bp or normalized, linear or circular, joined by commas (default: seen from the values)."},
    {.name = "chromosome-size",
        .kind = OPT_INT,
        .metavar = "BP",
        .min = 1,
        .offset = offsetof(sumstats_values, chromosome_size),
        .doc = "Of npz files: size of the chromosome or region in base pairs."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "INPUT",
        .is_repeated = true,
        .offset = offsetof(sumstats_values, inputs),
        .doc =
            "One config (of a dataset, a simulation, or of summary statistics), or npz files."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna sumstats",
    .doc =
        "Compute summary statistics of every sample: site frequency spectrum, diversity, Tajima's D, "
        "linkage disequilibrium, haplotypes, iHS, nSL, lengths of identity by state, and Fst of populations, "
        "of the whole and in windows. "
        "Of a config, tables of each scenario are written, averaged over its replicates; "
        "the long table has every number.",
    .example =
        "dnadna sumstats my_dataset/my_dataset_simulation_config.yml --figure spectrum.svg",
    .opts = {dna_opts_common, options, dna_opts_log, dna_opts_plugin},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const sumstats_values *v = values;
    dna_sumstats_run_options o = DNA_SUMSTATS_RUN_OPTIONS_INIT;
    char *keys = NULL;
    int rc = DNA_OK;

    o.inputs = v->inputs.items;
    o.n_input = v->inputs.n;
    o.overrides = v->set.items;
    o.n_override = v->set.n;
    o.n_replicate = v->n_replicates;
    o.overwrite = v->overwrite;
    o.label = v->label;
    o.out_path = v->output;
    o.figure = v->figure;
    o.out = stdout;
    o.n_thread = (int)v->n_cpus;
    o.log = log;
    o.log_file = v->common.log_file;
    o.progress = dna_console_progress;
    o.stop = dna_console_catch_signals();
    DNA_TRY(dna_read_position_format(&o.format, v->position_format));
    o.format.chromosome_size = v->chromosome_size;
    DNA_TRY(dna_read_keys(&keys, &o.snp_key, &o.pos_key, v->keys));
    DNA_TRY(dna_run_sumstats(&o));
out:
    dna_console_finish();
    dna_free(keys);
    return rc;
}

const dna_command dna_command_sumstats = {.name = "sumstats",
    .summary = "Summary statistics of samples, as tables",
    .spec = &spec,
    .values_size = sizeof(sumstats_values),
    .is_logging = true,
    .run = run};

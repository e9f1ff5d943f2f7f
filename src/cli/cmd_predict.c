/* cmd_predict.c - dnadna predict: apply a trained network to files.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/str.h"
#include "cli/console.h"
#include "cli/opts_genome.h"
#include "cli/sample_words.h"

typedef struct {
    dna_genome_values genome; /* first */
    const char *output;
    bool preprocess;
    const char *gpus;
    const char *precision;
    int64_t batch_size, n_worker, n_thread, seed;
    const char *checkpoint;
    bool progress_bar;
    bool is_raw, no_transforms;
    const char *by;
    const char *keys;
    const char *position_format;
    int64_t chromosome_size, region_start;
    const char *summary, *bedgraph, *bed, *figure;
    const char *model;
    dna_opt_list also;
    dna_opt_list inputs;
} predict_values;

static const dna_opt options[] = {
    {.name = "output",
        .letter = 'o',
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(predict_values, output),
        .doc =
            "Append the table to this file; the header is written if it is empty (default: standard output)."},
    {.name = "also",
        .kind = OPT_LIST,
        .metavar = "NETWORK",
        .offset = offsetof(predict_values, also),
        .doc =
            "Another network that answers together with MODEL (repeatable): the values are means over the networks, and <name>_sd tells how far they are apart."},
    {.name = "checkpoint",
        .kind = OPT_CHOICE,
        .metavar = "NAME",
        .choices = "best|last_epoch|last_checkpoint",
        .offset = offsetof(predict_values, checkpoint),
        .doc =
            "With a run's config as MODEL: best (default), last_epoch or last_checkpoint."},
    {.name = "preprocess",
        .letter = 'p',
        .kind = OPT_FLAG,
        .offset = offsetof(predict_values, preprocess),
        .doc = "Skip samples below the network's min_snp and min_indiv."},
    {.name = "raw",
        .kind = OPT_FLAG,
        .offset = offsetof(predict_values, is_raw),
        .doc = "The network's outputs as they are: columns out_0, out_1, ..."},
    {.name = "no-transforms",
        .kind = OPT_FLAG,
        .offset = offsetof(predict_values, no_transforms),
        .doc =
            "Samples as they are: the transforms of the training are not applied, such as a crop to its sizes."},
    {.name = "by",
        .kind = OPT_CHOICE,
        .metavar = "WHAT",
        .choices = "sample|scenario",
        .offset = offsetof(predict_values, by),
        .doc =
            "sample (default): one row a file; "
            "scenario: one row a scenario of a dataset, with mean, median and quantiles over its replicates."},
    {.name = "keys",
        .kind = OPT_TEXT,
        .metavar = "SNP,POS",
        .offset = offsetof(predict_values, keys),
        .doc =
            "Names of the arrays in the npz files (default: those of the training data)."},
    {.name = "position-format",
        .theme = "positions",
        .kind = OPT_TEXT,
        .metavar = "WORDS",
        .offset = offsetof(predict_values, position_format),
        .doc =
            "What the positions in the files are: words out of absolute or distance, "
            "bp or normalized, linear or circular, joined by commas (default: "
            "what the dataset config says, else seen from the values)."},
    {.name = "chromosome-size",
        .kind = OPT_INT,
        .metavar = "BP",
        .min = 1,
        .offset = offsetof(predict_values, chromosome_size),
        .doc = "Size of the chromosome or region in base pairs, to convert positions "
               "(default: the dataset config's, else that of the training data)."},
    {.name = "region-start",
        .kind = OPT_INT,
        .metavar = "BP",
        .min = 0,
        .offset = offsetof(predict_values, region_start),
        .doc = "Where the region begins: subtracted from absolute positions in bp."},
    {.name = "batch-size",
        .theme = "running",
        .letter = 'b',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(predict_values, batch_size),
        .doc =
            "Samples in memory at a time (default 64). Beside samples of other sizes, or of other numbers than 0 and 1, a result may differ in the last digits of 32-bit numbers from that of the sample alone."},
    {.name = "loader-num-workers",
        .letter = 'w',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(predict_values, n_worker),
        .doc =
            "Threads that load samples (default 0: as many as --threads); of VCF.gz and BCF "
            "those that decompress, beside the one that reads (default 0)."},
    {.name = "threads",
        .letter = 't',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(predict_values, n_thread),
        .doc = "Threads that compute (default 0: as many as there are processors)."},
    {.name = "precision",
        .kind = OPT_CHOICE,
        .metavar = "NAME",
        .choices = "f32|bf16",
        .offset = offsetof(predict_values, precision),
        .doc =
            "How convolutions multiply: f32 (default), or numbers rounded to bf16, faster, with 8 bits of significand."},
    {.name = "seed",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .offset = offsetof(predict_values, seed),
        .doc = "Seed of random transforms (default 0)."},
    {.name = "bedgraph",
        .kind = OPT_TEXT,
        .metavar = "PREFIX",
        .offset = offsetof(predict_values, bedgraph),
        .doc = "Of genotype data: also a track a value, PREFIX.<name>.bedgraph."},
    {.name = "bed",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(predict_values, bed),
        .doc = "Of genotype data: also the windows as BED, with predictions as names."},
    {.name = "summary",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(predict_values, summary),
        .doc =
            "Of genotype data: also a CSV with mean, median and quantiles over all windows."},
    {.name = "figure",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(predict_values, figure),
        .doc =
            "Of genotype data: also draw predictions along the genome (.svg, .pdf, .png)."},
    {.name = "gpus",
        .letter = 'g',
        .kind = OPT_TEXT,
        .metavar = "LIST",
        .offset = offsetof(predict_values, gpus),
        .doc = "Accepted; everything runs on the CPU."},
    {.name = "progress-bar",
        .kind = OPT_FLAG,
        .offset = offsetof(predict_values, progress_bar),
        .doc = "Show progress on standard error, if that is a terminal."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "MODEL",
        .offset = offsetof(predict_values, model),
        .doc = "A network file (.safetensors), or the final config of a run."},
    {.name = "INPUT",
        .is_repeated = true,
        .offset = offsetof(predict_values, inputs),
        .doc =
            "npz files; or one dataset config or packed dataset; or genotype data "
            "(VCF, BCF, .trees, PLINK 1, ms text; - for standard input), in windows."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna predict",
    .doc =
        "Apply a trained network and write a CSV table, one row a sample in the order of the inputs, "
        "or a window of genotype data (default: of as many sites as in training). "
        "A file that cannot be predicted is reported and the others still are; "
        "the exit status is then 1. "
        "Positions are converted to the form that the network was trained on.",
    .example =
        "dnadna predict my_model/run_000/my_model_run_000_best_net.safetensors my_dataset/scenario_004/*.npz > predictions.csv",
    .opts = {dna_opts_common, options, dna_opts_genome, dna_opts_log},
    .args = arguments};

/* Case does not count in a choice, but does in a file's name. */
static const char *
checkpoint_name(const char *word)
{
    static const char *const names[] = {"best", "last_epoch", "last_checkpoint"};
    for (int64_t i = 0; word != NULL && i < DNA_COUNT(names); i++) {
        if (dna_str_equal_nocase(names[i], word)) {
            return names[i];
        }
    }
    return word;
}

static int
run(const void *values, dna_log *log)
{
    const predict_values *v = values;
    dna_predict_files_options o = DNA_PREDICT_FILES_OPTIONS_INIT;
    char *keys = NULL;
    int64_t n_failed = 0;
    int rc = DNA_OK;

    o.model = v->model;
    o.inputs = v->inputs.items;
    o.n_input = v->inputs.n;
    o.also = v->also.items;
    o.n_also = v->also.n;
    o.checkpoint = checkpoint_name(v->checkpoint);
    o.preprocess = v->preprocess;
    o.is_raw = v->is_raw;
    o.no_transforms = v->no_transforms;
    o.by_scenario = dna_str_equal_nocase(v->by, "scenario");
    o.batch_size = v->batch_size;
    o.n_worker = (int)v->n_worker;
    o.n_thread = (int)v->n_thread;
    o.isa = v->genome.common.isa;
    o.precision = v->precision;
    o.seed = (uint64_t)v->seed;
    o.out = stdout;
    o.out_path = v->output;
    o.log = log;
    o.region_start = v->region_start;
    o.summary = v->summary;
    o.bedgraph = v->bedgraph;
    o.bed = v->bed;
    o.figure = v->figure;
    /* of samples the size alone asks for no windows */
    DNA_TRY(dna_genome_values_read(&o.genome, &v->genome, 0));
    DNA_TRY(dna_read_position_format(&o.format, v->position_format));
    o.format.chromosome_size = v->chromosome_size;
    DNA_TRY(dna_read_keys(&keys, &o.snp_key, &o.pos_key, v->keys));
    if (v->gpus != NULL) {
        dna_log_warning(log, "--gpus: CPU only");
    }
    if (v->genome.common.log_file != NULL) {
        DNA_TRY(dna_log_add_file(log, v->genome.common.log_file));
    }
    o.progress = v->progress_bar ? dna_console_progress : NULL;
    o.stop = dna_console_catch_signals();
    DNA_TRY(dna_run_predict(&o, &n_failed));
    if (n_failed > 0) {
        dna_console_finish();
        dna_log_error(
            log, "%lld of the inputs could not be predicted", (long long)n_failed);
        rc = DNA_EXIT_FAILED;
    }
out:
    dna_console_finish();
    dna_free(keys);
    dna_genome_values_clear(&o.genome);
    return rc;
}

const dna_command dna_command_predict = {.name = "predict",
    .summary = "Apply a trained network to samples",
    .spec = &spec,
    .values_size = sizeof(predict_values),
    .is_logging = true,
    .run = run};

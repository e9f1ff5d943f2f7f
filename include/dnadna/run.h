/* run.h - the commands as functions: simulation, init, preprocess, train, predict,
 * convert, sumstats, config, schema, inspect, net, bench.
 *
 * SPDX-License-Identifier: MIT
 *
 * Each takes an options struct and a log; file names they made come back where a caller
 * may want them (heap strings, free()). They never print and never exit.
 */
#ifndef DNA_RUN_H
#define DNA_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dnadna/log.h"
#include "dnadna/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Progress of long work, for a bar on a terminal; called by one thread at a time, which
 * need not be the caller's. */
typedef struct {
    const char *what;    /* "scenarios", "training", "predicting" */
    int64_t done, total; /* total 0: unknown */
    double per_second;   /* items (samples) a second */
    double seconds_left;
} dna_progress;
typedef void (*dna_progress_fn)(void *payload, const dna_progress *progress);

typedef struct {
    const char *name;      /* of the dataset; NULL: the simulator's */
    const char *simulator; /* NULL: "one_event" */
    const char *root;      /* NULL: "." */
    bool force;            /* replace an existing file */
    dna_log *log;
} dna_simulation_init_options;
/** Write <root>/<name>/<name>_simulation_config.yml with all settings of the simulator;
 * *config gets its path. */
DNA_API int dna_run_simulation_init(
    const dna_simulation_init_options *o, char **config) DNA_MUST_CHECK;

typedef struct {
    const char *config; /* simulation config file */
    const char *const *overrides;
    int64_t n_override;
    int64_t first_scenario; /* of the slice that is made */
    int64_t n_scenario;     /* 0: all from there */
    /* Of what is there; none of the three: an error. */
    bool resume;    /* keep good files, make what is missing */
    bool overwrite; /* remove what is there */
    bool backup;    /* move it to <data_root>/<dataset_name>-backup.<seconds>/, whatever
                     * overwrite says */
    bool verbose;   /* log the parameters of each scenario */
    int n_thread;   /* 0: as many as there are */
    dna_log *log;
    const char *log_file; /* NULL: none */
    dna_progress_fn progress;
    void *payload;
    const volatile int *stop; /* set to non-zero to stop soon */
    bool packed;              /* one file for all samples: data_source.format packed */
    char **
        packed_path; /* gets the name of the file of all scenarios, a heap string; NULL:
                         * not wanted */
} dna_simulation_options;
/** Draw the parameter table and simulate every replicate of its scenarios, or of a
 * slice. The same config and seed give the same files, whatever the threads, the slices
 * and the restarts. DNA_ECANCEL when stopped on request: what is written stays, and a
 * call with `resume` goes on. */
DNA_API int dna_run_simulation(const dna_simulation_options *o) DNA_MUST_CHECK;
/** Name and first paragraph of every simulator, for people. */
DNA_API int dna_run_help_simulators(FILE *out) DNA_MUST_CHECK;

typedef struct {
    const char
        *dataset; /* a dataset config, or a packed dataset whose slices are joined */
    const char *path; /* of the packed file, .dnapack */
    bool force;       /* replace a file that is there */
    int n_thread;     /* 0: as many as there are */
    dna_log *log;
    const char *log_file; /* NULL: none */
    dna_progress_fn progress;
    void *payload;
    const volatile int *stop; /* set to non-zero to stop soon */
} dna_pack_options;
/** Write all samples of a dataset into one packed file, with its parameter table and the
 * record of the simulation if they are there. A sample that cannot be read is an error. */
DNA_API int dna_run_pack(const dna_pack_options *o) DNA_MUST_CHECK;

typedef struct {
    const char *model_name;     /* required */
    const char *models_root;    /* NULL: "." */
    const char *dataset_config; /* one of these two, or neither */
    const char *simulation_config;
    bool fresh_samples; /* of a simulation: training draws its samples itself */
    bool force;         /* replace existing files */
    dna_log *log;
} dna_init_options;
/** Write <root>/<name>/<name>_preprocessing_config.yml (and a dataset config if none
 * was given); *config gets its path. */
DNA_API int dna_run_init(const dna_init_options *o, char **config) DNA_MUST_CHECK;

/* `overrides` of preprocessing and training: texts "key.path=value" that go before the
 * config, the value in YAML: "optimizer.params.lr=1e-3" (docs/cli.md). */

typedef struct {
    const char *config;           /* preprocessing config file */
    const char *const *overrides; /* they enter the training config, too */
    int64_t n_override;
    dna_log *log;
    const char *log_file; /* NULL: <model>_preprocessing.log in the model root */
    dna_progress_fn progress;
    void *payload;
} dna_preprocess_options;
/** *training_config gets the path of the config for dna_run_train(). */
DNA_API int dna_run_preprocess(
    const dna_preprocess_options *o, char **training_config) DNA_MUST_CHECK;

typedef struct {
    const char *config; /* training config, or the final config of a run ... */
    const char *resume; /* ... or the folder of a run that is to go on */
    const char *from;   /* network file to start from; NULL: the config's, if any */
    const char *const *overrides; /* of a run that goes on: n_epochs alone */
    int64_t n_override;
    const char *run_id; /* NULL: the config's, else the next free number */
    bool overwrite;     /* begin anew in a folder that is not empty */
    int n_thread;       /* 0: as many as there are */
    const char *isa;    /* kernels, as for dna_run_check_isa(); NULL: the best */
    dna_log *log;
    const char *log_file; /* NULL: <model>_<run>_training.log in the run */
    dna_progress_fn progress;
    void *payload;
    const volatile int *stop; /* set to non-zero to stop after the current batch */
} dna_train_options;
/** *run_dir gets the run's folder (NULL: not asked for). DNA_ECANCEL when stopped on
 * request. A run that was stopped or killed and goes on with `resume` gives the numbers
 * of one that never stopped; for one that is finished nothing is done. Errors of a run
 * to resume: DNA_ENOTFOUND (no run there), DNA_EEXISTS (another process trains it),
 * DNA_EFORMAT or DNA_ENUMERIC (a state that is damaged), DNA_EARG or DNA_ESHAPE (one
 * that does not belong to the run's config, table or network). */
DNA_API int dna_run_train(const dna_train_options *o, char **run_dir) DNA_MUST_CHECK;

/* How genotype data (VCF, BCF, .trees, PLINK 1, ms text, npz) become samples. */
typedef struct {
    const char *config; /* file with a section `genotypes`; NULL: none */
    const char *const
        *rules; /* settings of the section that go before, each key=value */
    int64_t n_rule;
    const char *region; /* "20" or "20:1000-2000" (from 1, ends included); NULL: all */
    /* At most one of the two: windows of so many sites, or of so many base pairs. */
    int64_t window_sites, window_bp;
    int64_t window_step;           /* 0: the size */
    const char *snp_key, *pos_key; /* arrays of npz files; NULL: SNP, POS */
    int n_worker; /* threads that decompress VCF.gz and BCF; 0: the one that reads */
} dna_genome_options;

typedef struct {
    const char *const *inputs;
    int64_t n_input;
    const char
        *output; /* "x.npz": one matrix; "x.dnapack": a packed dataset; else a folder.
                         * The latter two must not be there yet */
    dna_genome_options genome;
    dna_log *log;
    const volatile int *stop;
} dna_convert_options;
/** Write genotype data as an npz, or as a dataset: a sample a window, their places in
 * <name>_windows.csv, and a dataset config for dna_run_predict(). *config gets its path,
 * that of a packed file, NULL for an npz. */
DNA_API int dna_run_convert(const dna_convert_options *o, char **config) DNA_MUST_CHECK;

typedef struct {
    const char *model; /* network file or a run's final config */
    /* Networks that answer together with it: means, and <name>_sd, their deviation. */
    const char *const *also;
    int64_t n_also;
    /* npz files, or one dataset config; or genotype data, which go in windows */
    const char *const *inputs;
    int64_t n_input;
    const char *checkpoint; /* NULL: "best" */
    bool preprocess;        /* skip samples below min_snp, min_indiv */
    bool is_raw;
    bool no_transforms;    /* samples as they are, without the network's transforms */
    bool by_scenario;      /* one row a scenario: mean, median, quantiles */
    int64_t batch_size;    /* 0: 64 */
    int n_thread;          /* 0: as many as there are */
    const char *precision; /* "f32" (or NULL) or "bf16": program.h */
    const char *isa;       /* kernels, as for dna_run_check_isa(); NULL: the best */
    int n_worker;          /* loading threads */
    uint64_t seed;         /* of random transforms */
    FILE *out;             /* the CSV goes here ... */
    const char *out_path; /* ... or, if not NULL, is appended as a whole to this file */
    dna_log *log;
    dna_progress_fn progress;
    void *payload;
    const volatile int *stop; /* set to non-zero to stop after the current batch */
    /* What is known of plain npz files; a dataset config says it by itself. */
    const char *snp_key, *pos_key; /* NULL: those of the network's training data */
    dna_position_format format; /* flags of -1: as trained, or seen from the values */
    int64_t region_start;       /* bp, subtracted from absolute positions in bp */
    /* Of genotype data; without a window, one of as many sites as in training. A window is
     * a row: contig, start, end (BED), n_snp, missing, values, reason of "NA" values. */
    dna_genome_options genome;
    /* Made of all windows; NULL: none. */
    const char *summary;  /* CSV of mean, median and quantiles over windows */
    const char *bedgraph; /* <this>.<value>.bedgraph for each value */
    const char *bed;      /* BED file with the values as names */
    const char *figure;   /* a plot along the genome: .svg, .pdf or .png */
} dna_predict_files_options;
/* Start from this: flags unknown, everything else zero. */
#define DNA_PREDICT_FILES_OPTIONS_INIT     \
    {                                      \
        .format = DNA_POSITION_FORMAT_INIT \
    }
/** *n_failed gets the number of inputs that could not be predicted (not those that
 *  `preprocess` skips); each was reported in the log. */
DNA_API int dna_run_predict(
    const dna_predict_files_options *o, int64_t *n_failed) DNA_MUST_CHECK;

typedef struct {
    /* One config (of a dataset, of a simulation, or of summary statistics with a
     * `simulation` in it), or npz files. */
    const char *const *inputs;
    int64_t n_input;
    const char *const
        *overrides; /* of the config; of npz files: of the settings alone */
    int64_t n_override;
    int64_t n_replicate; /* the first ones of each scenario at most; 0: all */
    bool overwrite;      /* replace tables that are there; else rows are added */
    const char *label;   /* in every row; NULL: "" */
    const char
        *out_path; /* the long table; NULL: of a config, sumstats/<dataset>_sumstats.csv
                           * in its data root, else `out` */
    FILE *out;     /* may be NULL with out_path or a config */
    const char *figure; /* also draw: .svg, .pdf or .png; NULL: no */
    int n_thread;       /* below 1: as many as there are */
    dna_log *log;
    const char *log_file; /* NULL: none */
    dna_progress_fn progress;
    void *payload;
    const volatile int *stop; /* set to non-zero to stop soon */
    /* What is known of plain npz files; a config says it by itself. */
    const char *snp_key, *pos_key; /* NULL: SNP, POS */
    dna_position_format format;    /* flags of -1: seen from the values */
} dna_sumstats_run_options;
/* Start from this: flags unknown, everything else zero. */
#define DNA_SUMSTATS_RUN_OPTIONS_INIT      \
    {                                      \
        .format = DNA_POSITION_FORMAT_INIT \
    }
/** Compute the summary statistics of every sample (sumstats.h). Of a config, the tables
 * sfs, ld and sel of each scenario are written where its filename_format says, averaged over
 * replicates; the long table has every number in a row. Results do not depend on threads.
 * The first sample that cannot be read ends it (with ignore_missing in the dataset, not one
 * that is missing); the tables of scenarios before it stay. */
DNA_API int dna_run_sumstats(const dna_sumstats_run_options *o) DNA_MUST_CHECK;

typedef struct {
    const char *config; /* a config file of any kind */
    const char *const *overrides;
    int64_t n_override;
    const char *kind; /* "dataset", "simulation", "preprocessing", "training",
                       * "training-run" or "summary-statistics"; NULL: seen from its
                       * keys */
    bool no_origin;   /* do not tell where each value comes from */
    dna_log *log;
} dna_config_options;
/** Check a config as far as that needs no data, and write it as YAML as the commands see
 * it: inheritance followed, defaults filled in, paths absolute; the comment at the end
 * of a line is where its value comes from. */
DNA_API int dna_run_config(const dna_config_options *o, FILE *out) DNA_MUST_CHECK;
/** Write the JSON Schema (draft 7) of a kind of config. It accepts and refuses what
 * dna_run_config() does, but for rules over several keys (docs/config.md). */
DNA_API int dna_run_schema(const char *kind, FILE *out) DNA_MUST_CHECK;

/** Whether this processor and build have kernels of that name, "c", "avx2", "avx512",
 *  "avx512_bf16" or "amx"
 *  (NULL: the best, which are always there). DNA_EUNSUPPORTED names those that are. */
DNA_API int dna_run_check_isa(const char *isa) DNA_MUST_CHECK;

typedef struct {
    const char *network;          /* name of a built-in one, or a network file */
    const char *const *overrides; /* of a built-in one's settings */
    int64_t n_override;
    int64_t n_indiv, n_snp; /* of a sample */
    int64_t n_outputs;      /* 0: the file's; of a built-in one 1 */
    int64_t batch;          /* 0: 64 */
    bool is_prediction;     /* the program of a prediction, else of a training step */
    const char *const *without; /* names of passes that are left out (program.h) */
    int64_t n_without;
    int n_thread;    /* 0: as many as there are */
    const char *isa; /* kernels, as for dna_run_check_isa(); NULL: the best */
} dna_net_explain_options;
/** Compile a network and describe the program for people: steps with the ops that are
 * fused in them, arithmetic and memory traffic, buffers and their places, totals. */
DNA_API int dna_run_net_explain(
    const dna_net_explain_options *o, FILE *out) DNA_MUST_CHECK;

typedef struct {
    const char
        *network; /* a built-in one, a YAML or JSON file of layers, a network file */
    const char *const *overrides; /* of its settings; none of a network file */
    int64_t n_override;
    int64_t n_indiv, n_snp, n_outputs; /* 0: of the file; else 50, 400, 2 */
    bool no_positions;                 /* inputs without a row of positions */
    const char *figure; /* file for a drawing: .svg, .pdf, .png; NULL: none */
    int n_thread;       /* of the check; 0: as many as there are */
} dna_net_look_options;
/** The built-in networks with their settings; the ops of networks in YAML. */
DNA_API int dna_run_net_list(FILE *out) DNA_MUST_CHECK;
DNA_API int dna_run_net_ops(FILE *out) DNA_MUST_CHECK;
/** Layers, shapes, parameters and arithmetic of a network, as it is recorded. */
DNA_API int dna_run_net_show(const dna_net_look_options *o, FILE *out) DNA_MUST_CHECK;
/** Put a network to the test: shapes, gradients, batches, order of haplotypes, learning.
 *  *n_failed gets the number of checks that failed. */
DNA_API int dna_run_net_check(
    const dna_net_look_options *o, FILE *out, int *n_failed) DNA_MUST_CHECK;

typedef struct {
    const char *const *cases; /* names; n_case 0: all */
    int64_t n_case;
    int n_thread;    /* 0: as many as there are */
    const char *isa; /* kernels, as for dna_run_check_isa(); NULL: the best */
    double seconds;  /* of a window; 0: 1 */
    bool is_json;
    const char *const *without; /* names of passes that are left out (program.h) */
    int64_t n_without;
    const char *python;   /* which shall run PyTorch on the same work; NULL: none */
    const char *temp_dir; /* where datasets are written, and removed; NULL: /tmp */
    dna_progress_fn progress;
    void *payload;
    const volatile int *stop;
} dna_bench_options;
/** Measure the standard cases and print them, as a table or as JSON. Where PyTorch is
 * installed it does the same work in turn, and the ratio is printed too. Forks: to be
 * called while there are no other threads. */
DNA_API int dna_run_bench(const dna_bench_options *o, FILE *out) DNA_MUST_CHECK;
/** Names of the cases, with what each does. */
DNA_API void dna_run_bench_list(FILE *out);

typedef struct {
    const char *input;  /* folder of a run, table of metrics, or table of predictions */
    const char *truth;  /* parameter table, for predictions; NULL: none */
    const char *output; /* .svg, .pdf or .png; NULL: beside the table, .svg */
    dna_log *log;
} dna_plot_options;
/** Draw a training's curves, or predictions against what is true (docs/cli.md). */
DNA_API int dna_run_plot(const dna_plot_options *o) DNA_MUST_CHECK;

typedef struct {
    const char *isa;      /* kernels, as for dna_run_check_isa(); NULL: the best */
    const char *temp_dir; /* NULL: /tmp */
} dna_doctor_options;
/** Tell what dnadna finds on this machine (processor, kernels, threads, memory, libraries,
 *  disk), and check one step of training against double precision, and one thread against
 *  all. DNA_EBACKEND if the numbers are wrong, DNA_EUNSUPPORTED for other kernels. */
DNA_API int dna_run_doctor(const dna_doctor_options *o, FILE *out) DNA_MUST_CHECK;

typedef struct {
    const char *network; /* network file */
    const char *out; /* its ending says the form: .pth .pt .onnx .npz .safetensors */
    int64_t n_snp, n_indiv; /* of the inputs of an ONNX model; 0: as in training */
    bool force;             /* replace an existing file */
    dna_log *log;
} dna_export_options;
/** Write a network in the form of another program (docs/cli.md). DNA_EUNSUPPORTED for
 *  what the form cannot say. */
DNA_API int dna_run_export(const dna_export_options *o) DNA_MUST_CHECK;

/** Describe a network file for people. */
DNA_API int dna_run_inspect(const char *path, FILE *out) DNA_MUST_CHECK;
/** Its card in Markdown: what it predicts, which inputs it takes, its training, metrics on its
 *  test set (of the table beside it), layers, checksum. */
DNA_API int dna_run_inspect_card(const char *path, FILE *out) DNA_MUST_CHECK;
/** Compute the outputs again that its file has for made-up inputs; *is_same: they are the same
 *  up to rounding. DNA_ENOTFOUND: the file has none. */
DNA_API int dna_run_inspect_verify(
    const char *path, FILE *out, bool *is_same) DNA_MUST_CHECK;
/** Describe genotype data of any format: all is read, nothing is dropped. networks: files
 * of networks; told is whether the data have the sizes they need. */
DNA_API int dna_run_inspect_data(const char *path, const char *const *networks,
    int64_t n_network, FILE *out) DNA_MUST_CHECK;
/** Whether a file is genotype data, by its content. */
DNA_API bool dna_run_is_genotypes(const char *path);

#ifdef __cplusplus
}
#endif
#endif

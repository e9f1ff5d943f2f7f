/* sumstats.h - what the parts of `dnadna sumstats` share: the job.
 *
 * SPDX-License-Identifier: MIT
 *
 * A job is a list of groups of samples: the replicates of a scenario, or one plain file
 * (sumstats_inputs.c). Batches of groups are computed by all threads (sumstats.c), then
 * their tables are written in order (sumstats_output.c).
 */
#ifndef DNA_RUN_SUMSTATS_H
#define DNA_RUN_SUMSTATS_H

#include "data/source.h"
#include "dnadna/run.h"
#include "dnadna/sumstats.h"
#include "report/sumstats_figure.h"
#include "report/table.h"

typedef struct {
    char *path;
    int64_t scenario, replicate; /* -1: a plain file */
} dna_sumstats_input;

typedef struct {
    const dna_sumstats_run_options *o;
    dna_log *log;
    dna_arena *arena;
    const dna_value *dataset;  /* checked; NULL: plain files */
    const dna_value *settings; /* checked */
    const char *name;          /* of the dataset */
    dna_source *source;
    int64_t n; /* samples, those of a scenario one after the other */
    dna_sumstats_input *inputs;
    int64_t n_scenario;
    int scenario_width;      /* digits of a scenario in the names of tables */
    dna_sample_options read; /* how files are read */
    dna_position_format format;
    dna_sumstats_options stats; /* but for n_thread */
    double *ld_edges;
    int64_t *population_sizes;
    bool is_folded;
    const char *label;
    char *long_path;             /* NULL: the stream of the options */
    dna_sumstats_figure *figure; /* NULL: none is wanted */
    dna_table *table;            /* the long one; opened with the first rows */
} dna_sumstats_job;

/** Read the config or the names of files, and list the samples. */
int dna_sumstats_inputs(dna_sumstats_job *j) DNA_MUST_CHECK;
/** The rows and tables of the samples [first, last), one scenario or a plain file. */
int dna_sumstats_output(dna_sumstats_job *j, int64_t first, int64_t last,
    dna_sumstats *const *stats) DNA_MUST_CHECK;
/** Whether tables can be named and places written, before anything is computed. */
int dna_sumstats_output_check(dna_sumstats_job *j) DNA_MUST_CHECK;

#endif

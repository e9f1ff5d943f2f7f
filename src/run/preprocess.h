/* preprocess.h - one preprocessing in memory: what its files share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_PREPROCESS_H
#define DNA_RUN_PREPROCESS_H

#include "base/pool.h"
#include "config/tables.h"
#include "data/preprocess.h"
#include "dnadna/run.h"
#include "run/fresh.h"

typedef struct {
    const dna_preprocess_options *o;
    dna_log *log;
    dna_arena *arena;
    dna_value *config;
    dna_value *set_for_training; /* what --set says of keys that training reads */
    const char *model_root, *model_name;
    dna_param *params;
    int64_t n_param;
    dna_params_table table;
    dna_source *source;
    dna_fresh *fresh; /* NULL: samples are files */
    dna_pool *pool;
    char *table_path, *training_path;
} dna_preprocess_job;

/** Config and command line to a checked config, names of the files, the log. */
int dna_preprocess_read_config(dna_preprocess_job *j) DNA_MUST_CHECK;
/** The preprocessed table and the training config. */
int dna_preprocess_write(dna_preprocess_job *j) DNA_MUST_CHECK;

#endif

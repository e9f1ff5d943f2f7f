/* dataset_load.h - one sample of a dataset, for the loader.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_DATA_DATASET_LOAD_H
#define DNA_DATA_DATASET_LOAD_H

#include "data/dataset.h"

typedef struct {
    dna_sample *sample; /* NULL: failed, and message says why */
    dna_snp_form form;
    int64_t index, scenario, replicate;
    int64_t n_redrawn, n_given_up; /* of a sample that was made */
    double *target;                /* [n_param] standardised; the caller's memory */
    char *message;                 /* heap text */
} dna_loaded;

const dna_dataset_options *dna_dataset_settings(const dna_dataset *ds);

/* What a thread needs to make samples; nothing where they are files. */
typedef struct dna_dataset_worker dna_dataset_worker;
/** Take one that is idle, or a new one; for one thread at a time. It is to be given back
 * before the dataset is freed. Threads: safe. */
int dna_dataset_take_worker(dna_dataset_worker **out, dna_dataset *ds) DNA_MUST_CHECK;
void dna_dataset_give_back(
    dna_dataset *ds, dna_dataset_worker *worker); /* may be NULL */

/** Load and transform sample `index`, all of `out` but the target memory is filled. A
 *  sample that cannot be had is DNA_OK with a message; DNA_ENOMEM, and what a maker
 *  returns, are errors. Random: stream "transform" of (seed, epoch, index).
 *  Threads: safe, with a worker each. */
int dna_dataset_load(dna_dataset *ds, dna_dataset_worker *worker, int64_t index,
    int64_t epoch, dna_loaded *out) DNA_MUST_CHECK;
/** Let validate_snp see its first sample, always the same one whatever the threads. */
int dna_dataset_settle_shape(dna_dataset *ds, dna_split split) DNA_MUST_CHECK;
void dna_loaded_clear(dna_loaded *loaded);

#endif

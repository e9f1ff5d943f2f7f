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
    double *target; /* [n_param] standardised; the caller's memory */
    char *message;  /* heap text */
} dna_loaded;

const dna_dataset_options *dna_dataset_settings(const dna_dataset *ds);
/** Load and transform sample `index`, all of `out` but the target memory is filled. A
 *  sample that cannot be had is DNA_OK with a message; only DNA_ENOMEM is an error.
 *  Random: stream "transform" of (seed, epoch, index). Threads: safe. */
int dna_dataset_load(
    dna_dataset *ds, int64_t index, int64_t epoch, dna_loaded *out) DNA_MUST_CHECK;
/** Let validate_snp see its first sample, always the same one whatever the threads. */
int dna_dataset_settle_shape(dna_dataset *ds, dna_split split) DNA_MUST_CHECK;
void dna_loaded_clear(dna_loaded *loaded);

#endif

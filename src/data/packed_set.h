/* packed_set.h - the packed files that make up a dataset: one, or its slices.
 *
 * SPDX-License-Identifier: MIT
 *
 * Jobs of a cluster write a slice of the scenarios each: "cows.000-499.dnapack" has the
 * scenarios 0 to 499 of "cows.dnapack". Where the whole is not there, its slices are read
 * as if they were one.
 */
#ifndef DNA_DATA_PACKED_SET_H
#define DNA_DATA_PACKED_SET_H

#include "data/packed.h"

typedef struct {
    dna_packed **files; /* in the order of their scenarios */
    int64_t n;
} dna_packed_set;

/** The file `name` of a folder, or its slices; name NULL: "<dataset_name>.dnapack".
 *  Errors: DNA_ENOTFOUND, those of dna_packed_open(), DNA_EFORMAT for slices that
 *  overlap or belong to different datasets. Clear in any case. */
int dna_packed_set_open(dna_packed_set *set, const char *folder, const char *name,
    const char *dataset_name) DNA_MUST_CHECK;
void dna_packed_set_clear(dna_packed_set *set);
/** Where a sample is: *i in *file; false: nowhere. */
bool dna_packed_set_find(const dna_packed_set *set, int64_t scenario, int64_t replicate,
    dna_packed **file, int64_t *i);

/** The name of a file, or of its slice of scenarios [first, last] with so many digits
 *  (0: all): a heap string, NULL when memory is out. */
char *dna_packed_slice_path(const char *path, int64_t first, int64_t last, int n_digit);
/** Whether a file name is that of a slice of the file named `whole`. */
bool dna_packed_is_slice(const char *name, const char *whole);

#endif

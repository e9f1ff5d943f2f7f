/* preprocess.h - which scenarios are usable, which split each belongs to, and the scale
 * of the targets.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_DATA_PREPROCESS_H
#define DNA_DATA_PREPROCESS_H

#include "base/pool.h"
#include "data/params_table.h"
#include "data/source.h"

typedef struct {
    int64_t min_snp, min_indiv; /* DNA_NULL_INT: no limit */
    bool ignore_missing;
    dna_pool *pool;                                               /* may be NULL */
    dna_log *log;                                                 /* may be NULL */
    void (*progress)(void *payload, int64_t done, int64_t total); /* may be NULL */
    void *payload;
} dna_scenario_check;

/** Drop rows with missing, unreadable or too small samples, with a warning each. With
 *  ignore_missing, replicates whose file is absent or cannot be opened are passed over:
 *  those at the end lower n_replicates; a hole in the middle cannot, since replicates
 * are numbered 0 .. n-1, and training leaves it out each time. A scenario of which
 * nothing is left stays, with n_replicates 0, so that the split is the original's.
 *  *n_sample gets the number of readable replicates kept. progress is called by one
 *  thread at a time. Warnings come in the order of the table. */
int dna_scenarios_check(dna_params_table *table, dna_source *source,
    const dna_scenario_check *options, int64_t *n_sample) DNA_MUST_CHECK;

/** Assign splits as the original does for a seed (NumPy's MT19937 shuffle over
 *  ceil(n * p) slots, in the order unused, training, validation, test). proportions are
 *  indexed by dna_split and sum to 1 within 1e-9. has_seed false: a seed from the
 *  system. Check values: docs/math.md. */
void dna_splits_assign(int *split, int64_t n, const double proportions[DNA_N_SPLIT],
    bool has_seed, uint32_t seed);

/** Log-transform, then fill mean and std (n-1, over training rows without NaN; std 0 or
 * a single row: 1; no row at all: mean 0, std 1) of each regression parameter, and
 *  standardise all rows. A log of a number <= 0 is an error naming the scenario.
 *  nan_to_minus_one: the original's replacement of missing targets. A target without
 * two different values in the training rows is a warning in log, which may be NULL. */
int dna_targets_standardise(dna_params_table *table, dna_param *params,
    bool nan_to_minus_one, dna_log *log) DNA_MUST_CHECK;

#endif

/* ensemble.h - several networks that answer together: the mean, and how far they are apart.
 *
 * SPDX-License-Identifier: MIT
 *
 * All predict the same parameters from the same kind of samples; architectures and transforms
 * may differ. The values of an ensemble are those of one network, and behind those of each
 * parameter one number more, <name>_sd: for a regression the standard deviation over the
 * networks (n - 1 in the denominator); for a classification that of the probability of the
 * class that the mean probabilities choose.
 */
#ifndef DNA_RUN_ENSEMBLE_H
#define DNA_RUN_ENSEMBLE_H

#include "run/network.h"

typedef struct {
    dna_arena *arena;
    dna_network *first; /* borrowed */
    dna_network **others;
    int64_t n_other;
    dna_predicted *params; /* [n_param]: those of a network, each with its <name>_sd */
    int64_t n_param, n_value;
} dna_ensemble;

/** Load the other networks; each must go with the first. Clear in any case. */
int dna_ensemble_open(dna_ensemble *e, dna_network *first, const char *const *paths,
    int64_t n) DNA_MUST_CHECK;
void dna_ensemble_clear(dna_ensemble *e);
/** As dna_network_predict(), with values [n, e->n_value]. A sample that one network cannot
 *  take has no values. */
int dna_ensemble_predict(dna_ensemble *e, const dna_sample *const *samples, int64_t n,
    const dna_predict_options *options, double *values, int *status,
    char **messages) DNA_MUST_CHECK;

#endif

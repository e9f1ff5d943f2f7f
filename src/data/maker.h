/* maker.h - samples that are made when they are asked for, rather than read.
 *
 * SPDX-License-Identifier: MIT
 *
 * Whoever has a source of samples without end, a simulator say, fills in a
 * dna_sample_maker and gives it to a dataset in the place of files and table. The numbers
 * of the training set go on from epoch to epoch, so that no sample is seen twice; the
 * other sets are the same samples each time.
 */
#ifndef DNA_DATA_MAKER_H
#define DNA_DATA_MAKER_H

#include "data/transform.h"

typedef struct {
    dna_sample *sample; /* before any transform; the caller's */
    int64_t scenario, replicate;
    int64_t n_redrawn;  /* replicates that were drawn before this one and refused */
    int64_t n_given_up; /* sets of parameters that were, after all their replicates */
} dna_made;

typedef struct {
    int64_t
        count[DNA_N_SPLIT]; /* samples: of one epoch of training; of the other sets */
    /* Working memory of one thread. */
    int (*worker_new)(void **worker, void *payload);
    void (*worker_free)(void *worker);
    /* Sample `number` of a set, a function of these two alone, and its targets [n_param] on
     * the scale of the network (NaN: missing; class index). Any error ends the pass. */
    int (*make)(
        void *worker, dna_split split, int64_t number, dna_made *out, double *target);
    void *payload;
} dna_sample_maker;

#endif

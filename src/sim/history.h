/* history.h - a demography made ready for the event loops.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_HISTORY_H
#define DNA_SIM_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/demography.h"

typedef struct {
    double until; /* generations; INFINITY in the last */
    double rate;  /* 1 / (2 N): of a pair */
} dna_epoch;

/** A copy of the demography, and, if it is one population of piecewise constant size
 *  sampled at time 0, its epochs. */
typedef struct {
    dna_demography d;
    int64_t n_sample;
    int64_t *group_order; /* [n_group] groups from young to old */
    bool is_simple;
    dna_epoch *epoch; /* [n_epoch] if simple */
    int64_t n_epoch;
} dna_history;

int dna_history_init(dna_history *h, const dna_demography *d) DNA_MUST_CHECK;
void dna_history_clear(dna_history *h);
/** Expected total branch length of the tree of one site, if simple. */
double dna_history_branch_length(const dna_history *h);

#endif

/* loops.h - the processes that turn a history into ancestry.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_LOOPS_H
#define DNA_SIM_LOOPS_H

#include "sim/ancestry.h"
#include "sim/history.h"

/** One population, sizes constant by pieces, all samples at time 0; a->n_set is 1. */
int dna_run_single(dna_ancestry *a, const dna_history *h) DNA_MUST_CHECK;

/** Any history; a->n_set is at least 2 * n_population. If `before` is not NULL, the block
 *  continues the one it is the log of, which ends where this block begins: `before` says
 *  what happens to the lineages that have material there, and what is drawn here is only
 *  what it leaves open. */
int dna_run_structured(
    dna_ancestry *a, const dna_history *h, const dna_log *before) DNA_MUST_CHECK;

/** SMC' along the sequence, at most 64 genomes of a simple history, uniform rates, until
 *  there are max_snp sites (0: to the end); *simulated: where it stopped, base pairs.
 *  Sites are added in order. */
int dna_run_smc(dna_ancestry *a, const dna_history *h, int64_t max_snp,
    double *simulated) DNA_MUST_CHECK;

#endif

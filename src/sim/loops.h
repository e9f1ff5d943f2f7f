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

#endif

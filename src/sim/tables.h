/* tables.h - what was recorded, as the tables of a tree sequence.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_TABLES_H
#define DNA_SIM_TABLES_H

#include "sim/ancestry.h"

/** From the whole sequence just simulated, its sites sorted. Replaces what t had. */
int dna_tables_fill(
    dna_tree_tables *t, const dna_ancestry *a, int64_t n_population) DNA_MUST_CHECK;
void dna_tables_clear(dna_tree_tables *t);

#endif

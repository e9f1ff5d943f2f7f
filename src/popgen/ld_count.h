/* ld_count.h - how many haplotypes carry the derived allele at two sites.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_LD_COUNT_H
#define DNA_POPGEN_LD_COUNT_H

#include "dnadna/haplotypes.h"

/** counts[j] = haplotypes with 1 at site a and at sites[j], by the widest instructions that
 * the processor has; all give the same. */
void dna_ld_count(int32_t *counts, const dna_haplotypes *h, int64_t a,
    const int64_t *sites, int64_t n);

#endif

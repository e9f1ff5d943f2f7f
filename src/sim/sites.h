/* sites.h - from mutations to the matrix of a sample.
 *
 * SPDX-License-Identifier: MIT
 *
 * In between, a site is a column of bits: words[w], bit i set if genome 64 w + i carries
 * the derived allele.
 */
#ifndef DNA_SIM_SITES_H
#define DNA_SIM_SITES_H

#include "sim/axis.h"
#include "sim/record.h"

/** By position; equal positions keep their order. scratch [n]; positions lie in [from,
 * to), about uniformly if is_uniform. */
void dna_sites_sort(dna_site *at, dna_site *scratch, int64_t n, double from, double to,
    bool is_uniform);
/** Who carries sites at[0 .. n-1], sorted, whose tags are nodes of r: words [n * n_word],
 *  zeroed here. */
int dna_sites_trace(uint64_t *words, const dna_site *at, int64_t n, const dna_record *r,
    const dna_axis *axis, int64_t n_sample) DNA_MUST_CHECK;
/** snp [n_hap, n] of 0 and 1 from words [n * n_word], n_word = ceil(n_hap / 64). */
void dna_sites_matrix(uint8_t *snp, const uint64_t *words, int64_t n_hap, int64_t n);

#endif

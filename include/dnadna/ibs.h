/* ibs.h - lengths of identity by state: how far two haplotypes go without a difference.
 *
 * SPDX-License-Identifier: MIT
 *
 * A tract of a pair lies between two sites at which it differs, with no difference
 * between; its length is the distance of the two. Tracts that begin or end with the sample
 * are cut off by it, not by a difference, and are left out. Long tracts are young: their
 * lengths tell of recent population sizes.
 *
 * All pairs are counted, exactly, at the cost of a pass over the haplotypes for each site
 * (ehh.h says how).
 *
 * Missing: sites with missing entries are left out.
 */
#ifndef DNA_IBS_H
#define DNA_IBS_H

#include "dnadna/haplotypes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t n_tract;    /* over all pairs */
    double length_mean; /* bp; NaN without a tract */
    double length_sd;   /* bp; of the population of tracts */
} dna_ibs;

/** counts[i] gets the tracts with edges[i] < length <= edges[i + 1]; they may be fewer
 * than out->n_tract. n_thread below 1: all processors. Needs h->pos. Shapes: counts
 * [n_bin], edges [n_bin + 1].
 * Errors: DNA_ENOMEM; DNA_EARG for a sample without positions.
 * Source: Harris and Nielsen 2013, PLoS Genet. 9:e1003521. */
DNA_API int dna_ibs_compute(dna_ibs *out, int64_t *counts, const double *edges,
    int64_t n_bin, const dna_haplotypes *h, int n_thread) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

/* ld.h - linkage disequilibrium: r^2 of pairs of sites, its decay with distance, ZnS and
 * omega.
 *
 * SPDX-License-Identifier: MIT
 *
 * r^2 of two sites is the squared Pearson correlation of their columns of 0 and 1. With n
 * haplotypes, a of which carry the derived allele at the first, b at the second and ab at
 * both:
 *
 *   r^2 = (n ab - a b)^2 / (a (n - a) b (n - b))
 *
 * All pairs are computed, none is drawn: columns of bits make 1000 haplotypes by 20,000
 * sites a matter of about a second (bench/sumstats.c). Sites that do not segregate have no
 * r^2 and are left out.
 *
 * Missing: a pair is computed from the haplotypes called at both sites; it has no r^2 if
 * one of them does not segregate among those.
 * Source: Hill and Robertson 1968, Theor. Appl. Genet. 38:226-231.
 */
#ifndef DNA_LD_H
#define DNA_LD_H

#include "dnadna/haplotypes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** r^2 of two sites; NaN if there is none. */
DNA_API double dna_ld_r2(const dna_haplotypes *h, int64_t a, int64_t b);

/** The pairs whose distance d has lower < d <= upper. */
typedef struct {
    double lower, upper;  /* bp */
    int64_t count;        /* pairs with an r^2 */
    double distance_mean; /* bp; NaN if count is 0 */
    double r2_mean;       /* NaN if count is 0 */
    double r2_sem; /* standard error, sd (n - 1) / sqrt(count); NaN below 2 pairs;
                           * as if pairs were independent, which they are not */
} dna_ld_bin;

typedef struct {
    bool is_circular; /* distance min(d, L - d) with the next member as L */
    double length;    /* bp */
    int n_thread;     /* below 1: all processors */
} dna_ld_options;

/** n_bin + 1 edges for bins of distance: 0, then n_bin values equally spaced in log from
 * 100 bp to `length` (the half of a circle). One bin is (0, length]. Shapes: edges
 * [n_bin + 1]. */
DNA_API void dna_ld_edges(double *edges, int64_t n_bin, double length);
/** Mean r^2 by distance over all pairs of sites. Bins [n_bin] get their limits from
 * edges [n_bin + 1], which must rise. Needs h->pos. options may be NULL: linear, all
 * processors.
 * Errors: DNA_ENOMEM; DNA_EARG for edges that do not rise, a sample without positions, or
 * a circle that is shorter than the span of the positions. */
DNA_API int dna_ld_decay(dna_ld_bin *bins, const double *edges, int64_t n_bin,
    const dna_haplotypes *h, const dna_ld_options *options) DNA_MUST_CHECK;

typedef struct {
    double zns;   /* mean r^2 of all pairs; NaN without a pair */
    double omega; /* NaN below 4 segregating sites, or where no split has r^2 across */
} dna_ld_summary;

/** ZnS and omega of the sites [first, last). With S segregating sites, the first l on the
 * left (L) and the others on the right (R), and the largest value over 2 <= l <= S - 2:
 *
 *   omega = (sum of r^2 within L and within R) / (C(l, 2) + C(S - l, 2))
 *           / ((sum of r^2 between L and R) / (l (S - l)))
 *
 * Pairs without r^2 (missing entries alone make them) add nothing to the sums of omega.
 * Source: Kelly 1997, Genetics 146:1197-1206, eq. 3 (ZnS); Kim and Nielsen 2004, Genetics
 * 167:1513-1524 (omega). */
DNA_API int dna_ld_summary_compute(dna_ld_summary *out, const dna_haplotypes *h,
    int64_t first, int64_t last, int n_thread) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

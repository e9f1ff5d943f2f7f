/* sfs.h - statistics of sites one by one: the site frequency spectrum, and what is
 * computed from it.
 *
 * SPDX-License-Identifier: MIT
 *
 * With n haplotypes, c_j of which carry the derived allele at site j; a site segregates
 * if 0 < c_j < n. Sums are over the sites of a range [first, last) and are not divided by
 * its length: divide by base pairs for values a base pair.
 *
 * Missing: a spectrum has one n, so it leaves out sites with missing entries. The other
 * statistics take each site with the n_j haplotypes called there (below 2: no difference
 * can be seen, the site counts as not segregating).
 */
#ifndef DNA_SFS_H
#define DNA_SFS_H

#include "dnadna/haplotypes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** xi_k, the number of sites with c_j = k, for k = 0 .. n (the ends do not segregate).
 * Shapes: sfs [n_hap + 1]. */
DNA_API void dna_sfs_unfolded(
    int64_t *sfs, const dna_haplotypes *h, int64_t first, int64_t last);
/** eta_k, the number of sites with min(c_j, n - c_j) = k, from the unfolded spectrum; 0
 * above n / 2. Shapes: folded [n + 1], sfs [n + 1]. */
DNA_API void dna_sfs_fold(int64_t *folded, const int64_t *sfs, int64_t n);
/** The spectrum times what makes it flat for a population of constant size: k xi_k, all
 * of expectation theta; folded, eta_k k (n - k) / n, and twice that at k = n / 2, where
 * both alleles have the same count.
 * Source: Fu 1995, Theor. Popul. Biol. 48:172-197 (expectations of the spectrum). */
DNA_API double dna_sfs_scaled(int64_t count, int64_t k, int64_t n, bool is_folded);

typedef struct {
    int64_t n_segregating; /* S */
    double pi;      /* sum of 2 c (n - c) / (n (n - 1)): mean pairwise differences */
    double theta_w; /* sum of 1 / a1(n_j) over segregating sites: Watterson */
    double theta_h; /* sum of 2 c^2 / (n (n - 1)) over segregating sites */
    double tajima_d;
    double fay_wu_h; /* pi - theta_h */
} dna_diversity;

/** Diversity of the sites [first, last). With a1 = sum 1/i, a2 = sum 1/i^2 for i below n:
 *
 *   D = (pi - theta_w) / sqrt(e1 S + e2 S (S - 1)),
 *   e1 = ((n + 1) / (3 (n - 1)) - 1 / a1) / a1,
 *   e2 = (2 (n^2 + n + 3) / (9 n (n - 1)) - (n + 2) / (a1 n) + a2 / a1^2) / (a1^2 + a2),
 *
 * n being all haplotypes. D is NaN below 3 segregating sites or 4 haplotypes (its variance
 * is then too small to divide by), everything but S is NaN below 2 haplotypes.
 * Source: pi, Nei 1987, Molecular Evolutionary Genetics, eq. 10.6; theta_w, Watterson
 * 1975, Theor. Popul. Biol. 7:256-276, eq. 1.4a; D, Tajima 1989, Genetics 123:585-595, eq.
 * 38; theta_h and H, Fay and Wu 2000, Genetics 155:1405-1413. */
DNA_API void dna_diversity_compute(
    dna_diversity *out, const dna_haplotypes *h, int64_t first, int64_t last);

#ifdef __cplusplus
}
#endif
#endif

/* divergence.h - differences between two populations: dxy and Fst.
 *
 * SPDX-License-Identifier: MIT
 *
 * A population is a list of rows. At a site, c1 of n1 haplotypes of the first carry the
 * derived allele, c2 of n2 of the second; pi1 = 2 c1 (n1 - c1) / (n1 (n1 - 1)) and dxy =
 * (c1 (n2 - c2) + c2 (n1 - c1)) / (n1 n2) are the chances that two haplotypes within the
 * first, and one of each, differ.
 *
 * Missing: n1 and n2 are the haplotypes called at the site. A site counts for dxy if both
 * populations have one, for Fst if both have two.
 */
#ifndef DNA_DIVERGENCE_H
#define DNA_DIVERGENCE_H

#include "dnadna/haplotypes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    double dxy; /* sum over sites; divide by base pairs for a value a base pair */
    double fst; /* NaN if no site differs; may be negative, since it is unbiased */
    double fst_numerator,
        fst_denominator; /* sums over sites, for ranges to be joined */
} dna_divergence;

/** Of the sites [first, last), between the rows a[n_a] and b[n_b].
 *
 *   Fst = sum over sites of (dxy - (pi1 + pi2) / 2) / sum over sites of dxy
 *
 * Errors: DNA_ENOMEM; DNA_EARG for a row that is not there.
 * Source: dxy, Nei 1987, Molecular Evolutionary Genetics, eq. 10.20; Fst, the estimator of Hudson,
 * Slatkin and Maddison 1992, Genetics 132:583-589, as a ratio of averages, Bhatia et al.
 * 2013, Genome Res. 23:1514-1521, eq. 10. */
DNA_API int dna_divergence_compute(dna_divergence *out, const dna_haplotypes *h,
    int64_t first, int64_t last, const int64_t *a, int64_t n_a, const int64_t *b,
    int64_t n_b) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

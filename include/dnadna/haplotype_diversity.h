/* haplotype_diversity.h - statistics of the frequencies of whole haplotypes.
 *
 * SPDX-License-Identifier: MIT
 *
 * Two rows are the same haplotype if they agree at all sites of a range; p_1 >= p_2 >= ...
 * are the frequencies of the different ones. A sweep makes one of them common (H1), a soft
 * sweep or one from standing variation several (H12 high, H2/H1 high).
 *
 * Missing: sites with missing entries are left out.
 */
#ifndef DNA_HAPLOTYPE_DIVERSITY_H
#define DNA_HAPLOTYPE_DIVERSITY_H

#include "dnadna/haplotypes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t n_haplotype; /* different ones */
    double diversity;    /* n / (n - 1) (1 - sum p_i^2); NaN for one row */
    double h1;           /* sum p_i^2 */
    double h12;          /* (p_1 + p_2)^2 + sum over i > 2 of p_i^2 */
    double h123;         /* (p_1 + p_2 + p_3)^2 + sum over i > 3 of p_i^2 */
    double h2_h1;        /* (H1 - p_1^2) / H1 */
} dna_haplotype_diversity;

/** Of the sites [first, last). Without sites all rows are one haplotype; without rows
 * n_haplotype is 0 and the rest NaN.
 * Errors: DNA_ENOMEM.
 * Source: Garud et al. 2015, PLoS Genet. 11:e1005004 (H12, H123 and H2/H1); diversity,
 * Nei 1987, Molecular Evolutionary Genetics, eq. 8.4. */
DNA_API int dna_haplotype_diversity_compute(dna_haplotype_diversity *out,
    const dna_haplotypes *h, int64_t first, int64_t last) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

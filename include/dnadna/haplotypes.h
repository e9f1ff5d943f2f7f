/* haplotypes.h - a sample of haplotypes packed into bits, which all summary statistics
 * read; and windows along it.
 *
 * SPDX-License-Identifier: MIT
 *
 * Each site is a column of bits, one a haplotype: whether it carries the derived allele
 * (1), and, only where something is missing, whether it was called at all. So two
 * columns are compared 64 haplotypes at a time.
 *
 *     DNA_TRY(dna_haplotypes_new(&h, sample, 2000000, "sample"));
 *     dna_diversity_compute(&d, h, 0, h->n_site);           // sfs.h
 *     DNA_TRY(dna_ld_summary_compute(&ld, h, 0, h->n_site, 0)); // ld.h
 *
 * Missing entries are -1 in the sample. What is made of them is one rule a family:
 *
 *   sites one by one (sfs.h, divergence.h)  each site counts with the haplotypes that
 *                                           were called there; a spectrum leaves out
 *                                           sites that lack any
 *   pairs of sites (ld.h)                   the haplotypes called at both
 *   whole haplotypes (haplotype_diversity.h, ehh.h, ibs.h)
 *                                           sites that lack any are left out
 *
 * Functions that take n_thread use so many threads (below 1: all processors there are);
 * results never depend on it.
 */
#ifndef DNA_HAPLOTYPES_H
#define DNA_HAPLOTYPES_H

#include "dnadna/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t n_hap, n_site;
    int64_t n_word; /* 64-bit words a column; bits past n_hap are 0 */
    uint64_t
        *derived;     /* [n_site, n_word] bit h % 64 of word h / 64: haplotype h is 1 */
    uint64_t *called; /* [n_site, n_word] it is not missing; NULL: nothing is */
    int32_t *count;   /* [n_site] haplotypes with 1 */
    int32_t *n_called; /* [n_site] haplotypes that are not missing */
    double *pos;       /* [n_site] bp, never decreasing; NULL: the sample has none */
} dna_haplotypes;

/** Pack a sample of 0, 1 and -1 (missing). Positions become absolute and base pairs,
 * rounded: distances are added up, normalised ones multiplied by the chromosome's size.
 * chromosome_size goes before that of the sample's format; 0: the format's. name is for
 * messages.
 * Errors: DNA_EUNSUPPORTED for any other value (genotypes 0/1/2, densities); DNA_EFORMAT
 * for absolute positions that decrease; DNA_EARG for normalised positions if the size is
 * not known; DNA_ESHAPE beyond 2^31 - 1 haplotypes or sites. */
DNA_API int dna_haplotypes_new(dna_haplotypes **out, const dna_sample *sample,
    int64_t chromosome_size, const char *name) DNA_MUST_CHECK;
DNA_API void dna_haplotypes_free(dna_haplotypes *h);

/** Whether both alleles were seen at a site. */
DNA_API bool dna_haplotypes_is_segregating(const dna_haplotypes *h, int64_t site);
/** Whether no haplotype is missing at a site. */
DNA_API bool dna_haplotypes_is_complete(const dna_haplotypes *h, int64_t site);

/** Sites [first, last) of a window, which lies between two positions. */
typedef struct {
    double start, end; /* bp */
    int64_t first, last;
} dna_window;

/** Cut the span of the positions into n_window windows of equal width: window w holds the
 * sites with start < pos <= end, the first one also those at its start. If all positions
 * are the same, all sites are in the first. Needs h->pos; without sites all windows are
 * empty. */
DNA_API void dna_windows_span(
    dna_window *windows, int64_t n_window, const dna_haplotypes *h);

#ifdef __cplusplus
}
#endif
#endif

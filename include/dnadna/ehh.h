/* ehh.h - statistics of how far haplotypes that share an allele stay the same: iHS, nSL.
 *
 * SPDX-License-Identifier: MIT
 *
 * Of all pairs of haplotypes that carry allele a at a site, EHH_a(x) is the share that is
 * identical at all sites from there to x. It is 1 at the site and falls on both sides; the
 * integral iHH_a over the distance is large where a rose quickly, before recombination
 * could break the haplotype around it.
 *
 *     dna_ehh_options o = DNA_EHH_OPTIONS_INIT;
 *     DNA_TRY(dna_ehh_new(&ehh, h, &o));
 *     DNA_TRY(dna_ehh_standardize(ehh->ihs, h));
 *
 * Exact, without looking at pairs: haplotypes are kept sorted by what precedes a site
 * (Durbin 2014, Bioinformatics 30:1266-1272), where a pair's match begins at the largest
 * of the match starts between the two. So a site costs one pass over the haplotypes rather
 * than over their pairs, however long they match.
 *
 * Missing: sites with missing entries have no score and are passed over.
 */
#ifndef DNA_EHH_H
#define DNA_EHH_H

#include "dnadna/haplotypes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    double min_ehh;   /* integrate up to the first site where EHH is not above it */
    double gap_scale; /* bp; a longer gap between neighbours counts as this long */
    double max_gap;   /* bp; no integral crosses a longer gap: the score is undefined */
    double min_maf;   /* iHS is undefined at sites with a rarer minor allele */
    bool
        include_edges; /* keep an integral that met the first or last site; else the score
                         * is undefined, as in Voight et al. */
    int n_thread;      /* below 1: all processors */
} dna_ehh_options;

/* As the original program, and scikit-allel but for its min_maf of 0.05 and its edges. */
#define DNA_EHH_OPTIONS_INIT                                                     \
    {                                                                            \
        .min_ehh = 0.05, .gap_scale = 20000, .max_gap = 200000, .min_maf = 0.01, \
        .include_edges = true, .n_thread = 0                                     \
    }

/* All [n_site]; NaN where undefined. _0 is the ancestral allele, _1 the derived one. */
typedef struct {
    int64_t n_site;
    double *ihh_0, *ihh_1; /* bp; both sides together */
    double *sl_0, *sl_1; /* mean shared length of pairs, in sites; both sides, each with
                            * the site itself */
    double *ihs;         /* ln(ihh_1 / ihh_0), not standardised */
    double *nsl;         /* ln(sl_1 / sl_0), not standardised */
} dna_ehh;

/** All of the above, for every site. Integrals are by trapezoids between sites. Undefined
 * where an allele is carried by fewer than two haplotypes, or an integral is 0. Without
 * positions iHS and its integrals are NaN. options may be NULL.
 * Errors: DNA_ENOMEM.
 * Source: EHH, Sabeti et al. 2002, Nature 419:832-837; iHS, Voight et al. 2006, PLoS Biol.
 * 4:e72 (whose ratio is the inverse); nSL, Ferrer-Admetlla et al. 2014, Mol. Biol. Evol.
 * 31:1275-1291. */
DNA_API int dna_ehh_new(dna_ehh **out, const dna_haplotypes *h,
    const dna_ehh_options *options) DNA_MUST_CHECK;
DNA_API void dna_ehh_free(dna_ehh *ehh);

/** Give scores [h->n_site] mean 0 and variance 1 among sites of about the same count of
 * the derived allele. The m sites with a score, sorted by count, are cut into q = min(half
 * the largest count, m) bins of about m / q sites each, where counts change; a bin is from
 * its edge to below the next. Scores become (score - mean) / sd (sd of the population);
 * NaN where a bin has no spread. NaN stay NaN.
 * Errors: DNA_ENOMEM. */
DNA_API int dna_ehh_standardize(double *scores, const dna_haplotypes *h) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

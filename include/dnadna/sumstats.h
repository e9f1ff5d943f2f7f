/* sumstats.h - all summary statistics of one sample: of the whole, and along it.
 *
 * SPDX-License-Identifier: MIT
 *
 * What `dnadna sumstats` writes as tables. The statistics and their sources are described
 * in sfs.h, haplotype_diversity.h, ld.h, ehh.h, ibs.h and divergence.h.
 *
 *     dna_sumstats_options o = DNA_SUMSTATS_OPTIONS_INIT;
 *     DNA_TRY(dna_sumstats_new(&s, sample, &o, "sample.npz"));
 *     printf("D = %g\n", s->whole[DNA_STAT_TAJIMA_D]);
 *     dna_sumstats_free(s);
 */
#ifndef DNA_SUMSTATS_H
#define DNA_SUMSTATS_H

#include "dnadna/ehh.h"
#include "dnadna/haplotypes.h"
#include "dnadna/ibs.h"
#include "dnadna/ld.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Statistics that a range of sites has, each one number. */
typedef enum {
    DNA_STAT_N_SITE,        /* sites, segregating or not */
    DNA_STAT_N_SEGREGATING, /* sfs.h from here */
    DNA_STAT_PI,            /* sums over the range, not a base pair */
    DNA_STAT_THETA_W,
    DNA_STAT_THETA_H,
    DNA_STAT_TAJIMA_D,
    DNA_STAT_FAY_WU_H,
    DNA_STAT_N_HAPLOTYPE, /* haplotype_diversity.h */
    DNA_STAT_HAPLOTYPE_DIVERSITY,
    DNA_STAT_H1,
    DNA_STAT_H12,
    DNA_STAT_H123,
    DNA_STAT_H2_H1,
    DNA_STAT_ZNS, /* ld.h */
    DNA_STAT_OMEGA,
    DNA_STAT_IHS, /* ehh.h: mean of the standardised scores; 0 of the whole, but for
                   * rounding */
    DNA_STAT_NSL,
    DNA_N_STAT
} dna_stat;

/** "n_site", "pi", "tajima_d", ...; NULL past the end. */
DNA_API const char *dna_stat_name(dna_stat stat);

typedef struct {
    int64_t
        chromosome_size;    /* bp; goes before the sample's own, which may be unknown */
    bool is_circular;       /* of distances between sites */
    int64_t n_window;       /* 0: no windows */
    int64_t n_ld_bin;       /* of distances; with ld_edges NULL, those of dna_ld_edges()
                              * up to the chromosome's size (half of a circle) */
    const double *ld_edges; /* [n_ld_bin + 1] */
    const int64_t *population_sizes; /* [n_population] rows of each, in their order */
    int64_t n_population;            /* below 2: no dxy, no Fst */
    int n_thread;                    /* below 1: all processors */
} dna_sumstats_options;

#define DNA_SUMSTATS_OPTIONS_INIT       \
    {                                   \
        .n_window = 100, .n_ld_bin = 18 \
    }

typedef struct {
    int64_t first, second; /* populations, from 0 */
    double whole_dxy, whole_fst;
    double *dxy, *fst; /* [n_window] */
} dna_population_pair;

typedef struct {
    int64_t n_hap, n_site;
    int64_t *sfs; /* [n_hap + 1] unfolded */
    double whole[DNA_N_STAT];

    /* What follows needs positions: without them n_window, n_bin and pos are 0. */
    double *pos; /* [n_site] bp */
    int64_t n_window;
    dna_window *windows;          /* [n_window] */
    double (*values)[DNA_N_STAT]; /* [n_window] */
    int64_t n_bin;
    dna_ld_bin *ld; /* [n_bin] */
    dna_ibs ibs;
    int64_t *ibs_counts; /* [n_bin] tracts, by the same bins as ld */

    /* Per site, standardised; iHS needs positions. */
    double *ihs, *nsl; /* [n_site] */

    int64_t n_pair;
    dna_population_pair *pairs; /* [n_pair] of populations 0-1, 0-2, ..., 1-2, ... */
} dna_sumstats;

/** Everything of one sample of 0, 1 and -1. options may be NULL; name is for messages.
 * Errors: those of dna_haplotypes_new(); DNA_EARG for more rows in populations than there
 * are, positions beyond a circle, edges that do not rise, or an unknown size without
 * ld_edges; DNA_ENOMEM. */
DNA_API int dna_sumstats_new(dna_sumstats **out, const dna_sample *sample,
    const dna_sumstats_options *options, const char *name) DNA_MUST_CHECK;
DNA_API void dna_sumstats_free(dna_sumstats *s);

#ifdef __cplusplus
}
#endif
#endif

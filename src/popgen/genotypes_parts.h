/* genotypes_parts.h - the state of dna_genotypes, shared by its files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_GENOTYPES_PARTS_H
#define DNA_POPGEN_GENOTYPES_PARTS_H

#include "io/intervals.h"
#include "popgen/genotypes.h"

typedef enum { DNA_PHASED, DNA_PSEUDO, DNA_DOSAGE } dna_phase_rule;
typedef enum { DNA_MULTI_DROP, DNA_MULTI_FIRST, DNA_MULTI_SPLIT } dna_multi_rule;
typedef enum {
    DNA_POLAR_REF,
    DNA_POLAR_AA,
    DNA_POLAR_FASTA,
    DNA_POLAR_BED,
    DNA_POLAR_MINOR
} dna_polar_rule;

struct dna_genotypes {
    dna_site_source *source;
    const dna_genotype_rules *rules;
    dna_phase_rule phase;
    dna_multi_rule multi;
    dna_polar_rule polar;
    bool any_variant, keeps_monomorphic, imputes;
    dna_intervals *inside, *outside, *ancestral;
    dna_fasta *fasta;

    int64_t *samples; /* [n_sample] numbers in the source */
    int64_t n_sample, n_row, n_copy_total;
    int *copies;      /* [n_sample] rows (or copies to count) of a sample */
    bool is_strict;   /* ploidy auto: another number of copies is an error */
    bool is_identity; /* rows are the calls of the source as they are */
    int fixed_ploidy; /* 0: auto or mixed */

    dna_site site;   /* of the source, being told */
    bool has_site;   /* it was read ahead */
    int derived;     /* the allele that is 1 */
    int ancestor;    /* the allele that is 0; -1: unknown */
    bool is_ready;   /* site.call are the rows */
    bool is_telling; /* a multiallelic site, more to come */
    int8_t *alleles; /* [n_copy_total] of the chosen samples */
    int8_t *ones;    /* [n_copy_total] the same, 1 for the derived one */
    int8_t *row;     /* [n_row] sums of dosages */

    int64_t n_read, n_kept, n_dropped[DNA_N_DROP];
    bool *is_done; /* [n_contig_seen] contigs that ended */
    int64_t n_seen;
    int32_t last_contig; /* of the source; -1: none */
    double last_position;
    int32_t kept_contig;
    double kept_position;
    struct dna_sorted_sites *sorted; /* NULL: not sorted */
};

/** "20:1000851" of the current site, into buf. */
const char *dna_genotypes_place(const dna_genotypes *g, char *buf, size_t size);

/* genotype_rows.c: */
/** How many rows each sample gives, from the first site (NULL: there is none). */
int dna_genotypes_set_ploidy(dna_genotypes *g, const dna_site *first) DNA_MUST_CHECK;
/** Alleles of all chosen copies of the current site. *is_ready: site.call is them. */
int dna_genotypes_gather(dna_genotypes *g, bool *is_ready) DNA_MUST_CHECK;
/** The row of the current site and derived allele; applies the rules on missing, rare and
 *  monomorphic sites and on polarisation by frequency. 1: kept, *row is it. */
int dna_genotypes_make_row(dna_genotypes *g, const int8_t *alleles, const int8_t **row,
    int64_t *n_missing) DNA_MUST_CHECK;

/* genotype_sort.c: */
/** All sites of `next`, sorted by contig (as they first came) and position. */
int dna_sorted_sites_new(struct dna_sorted_sites **out, dna_genotypes *g,
    int (*next)(dna_genotypes *g, dna_kept_site *site)) DNA_MUST_CHECK;
int dna_sorted_sites_next(struct dna_sorted_sites *s, dna_kept_site *site);
void dna_sorted_sites_free(struct dna_sorted_sites *s);

#endif

/* genotypes.h - from sites of any format to rows of a matrix, under explicit rules.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_genotypes_new(&g, &source, &rules));      // takes the source
 *     while ((rc = dna_genotypes_next(g, &site)) > 0) { ... site.row ... }
 *
 * A row of the matrix is a haplotype (a copy of a sample's genome; 0 or 1) or, with
 * dosages, a sample (0 .. ploidy). Each site goes through the rules in this order: masks;
 * genotypes are there; SNPs; multiallelic sites; ancestral allele; missing share;
 * monomorphic; minor-allele count and frequency; duplicates. What a rule drops is counted
 * under its name. The section `genotypes` of a config has the same keys (docs/config.md).
 */
#ifndef DNA_POPGEN_GENOTYPES_H
#define DNA_POPGEN_GENOTYPES_H

#include "dnadna/field.h"
#include "popgen/site_source.h"

/* Bound by dna_fields_genotypes; texts borrow from the config. Choices are texts. */
typedef struct {
    const char *samples, *samples_file;
    const char *populations, *population_file, *sample_column, *population_column;
    const char *ploidy;       /* "auto", "mixed" or a number */
    const char *phase;        /* haplotypes, pseudo, dosage */
    const char *variants;     /* snp, all */
    const char *multiallelic; /* drop, first, split */
    const char *polarize;     /* ref, aa, fasta, bed, minor */
    const char *ancestral_file;
    double max_missing;
    const char *missing;     /* keep, impute */
    const char *monomorphic; /* drop, keep */
    int64_t min_mac;
    double min_maf;
    const char *mask_in, *mask_out;
    const char *duplicates; /* first, keep, error */
    int sort;
    int64_t seed;
    int64_t chromosome_size; /* DNA_NULL_INT: unknown */
} dna_genotype_rules;

extern const dna_field dna_fields_genotypes[];

typedef enum {
    DNA_DROP_MASK,
    DNA_DROP_NO_GENOTYPES,
    DNA_DROP_NOT_SNP,
    DNA_DROP_MULTIALLELIC,
    DNA_DROP_NO_ANCESTRAL,
    DNA_DROP_MISSING,
    DNA_DROP_MONOMORPHIC,
    DNA_DROP_RARE,
    DNA_DROP_DUPLICATE,
    DNA_N_DROP
} dna_drop;

typedef struct {
    int32_t contig;
    double position;
    const int8_t *row; /* [n_row] 0, 1 (or dosage), -1 missing */
    int64_t n_missing; /* entries that were missing, also those that were imputed */
} dna_kept_site;

typedef struct dna_genotypes dna_genotypes;

/** Takes: *source, which becomes NULL. Keeps: rules. The first site is read, since it
 *  tells the ploidy. Errors: DNA_EARG for rules that contradict each other, DNA_ENOTFOUND
 *  for samples that are not there, those of reading. */
int dna_genotypes_new(dna_genotypes **out, dna_site_source **source,
    const dna_genotype_rules *rules) DNA_MUST_CHECK;
void dna_genotypes_free(dna_genotypes *g);
const dna_site_source *dna_genotypes_source(const dna_genotypes *g);
int64_t dna_genotypes_n_row(const dna_genotypes *g);
int64_t dna_genotypes_n_sample(const dna_genotypes *g); /* that were chosen */
/** 1: a site, valid until the next call. 0: the end. Sites come sorted by position within
 *  a contig; each contig comes once. Errors name contig and position and the option that
 *  helps. */
int dna_genotypes_next(dna_genotypes *g, dna_kept_site *site) DNA_MUST_CHECK;
int64_t dna_genotypes_n_read(const dna_genotypes *g);
int64_t dna_genotypes_n_kept(const dna_genotypes *g);
int64_t dna_genotypes_n_dropped(const dna_genotypes *g, dna_drop why);
/** "outside of the mask", ... */
const char *dna_drop_text(dna_drop why);

#endif

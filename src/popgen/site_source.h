/* site_source.h - genotypes of any format, site after site.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_site_source_open(&source, "a.vcf.gz", &options));
 *     while ((rc = dna_site_source_next(source, &site)) > 0) { ... }
 *
 * VCF, VCF.gz, BCF, .trees, PLINK 1, ms text and npz give the same: samples with names,
 * contigs, and sites with the alleles that each sample's copies carry. Nothing is chosen
 * or dropped here; popgen/genotypes.h does that. The format is seen from the content.
 */
#ifndef DNA_POPGEN_SITE_SOURCE_H
#define DNA_POPGEN_SITE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "popgen/tree_sequence.h" /* dna_allele */

enum { DNA_SITE_MISSING = -1, DNA_SITE_ABSENT = -2, DNA_SITE_MAX_ALLELE = 127 };

typedef struct {
    int32_t contig;
    double position; /* bp, or a share of the sequence (is_normalized) */
    int n_allele;
    const dna_allele *alleles; /* [n_allele]; NULL: 0 and 1 without texts */
    const char *ancestral;     /* as the file tells it (INFO/AA); NULL: not told */
    int n_copy;                /* the most copies a sample has here; 0: no genotypes */
    const int8_t
        *call; /* [n_sample, n_copy] allele, -1 missing, -2 no such copy; alleles
                         * from 127 on are told as 127 */
    const uint8_t *phased; /* [n_sample] whether copies have an order; NULL: all */
    bool is_complete;      /* no call is missing or absent */
} dna_site;

typedef struct {
    bool wants_ancestral;    /* of VCF: read INFO/AA */
    int64_t chromosome_size; /* bp, of normalized positions (ms, npz); 0: unknown */
    const char *snp_key, *pos_key; /* of npz; NULL: SNP, POS */
    int n_worker;                  /* of VCF.gz and BCF: threads that decompress */
    const char *contig;            /* a region, or NULL for all ... */
    int64_t from, to;              /* ... from <= position <= to */
} dna_site_options;

typedef struct dna_site_source dna_site_source;

/** "-": standard input, but for PLINK. Errors name the file: DNA_ENOTFOUND, DNA_EIO,
 *  DNA_EFORMAT, DNA_EUNSUPPORTED, DNA_ENOMEM. options may be NULL. */
int dna_site_source_open(dna_site_source **out, const char *path,
    const dna_site_options *options) DNA_MUST_CHECK;
/** Bytes in memory, called `name` in messages; not of PLINK. A copy is made. */
int dna_site_source_open_memory(dna_site_source **out, const void *bytes, size_t n,
    const char *name, const dna_site_options *options) DNA_MUST_CHECK;
void dna_site_source_close(dna_site_source *source);
/** 1: a site, valid until the next call. 0: the end. */
int dna_site_source_next(dna_site_source *source, dna_site *site) DNA_MUST_CHECK;
/** "VCF", "BCF", ... */
const char *dna_site_source_format(const dna_site_source *source);
const char *dna_site_source_name(const dna_site_source *source);
int64_t dna_site_source_n_sample(const dna_site_source *source);
/** Valid until the next call. */
const char *dna_site_source_sample(const dna_site_source *source, int64_t i);
/** Name of a contig, NULL past the end, valid until the next call; there may be more
 *  contigs after each site. */
const char *dna_site_source_contig(const dna_site_source *source, int64_t i);
/** bp; 0: unknown. */
double dna_site_source_contig_length(const dna_site_source *source, int64_t i);
/** Whether positions are whole numbers of base pairs (VCF, PLINK). */
bool dna_site_source_is_integer(const dna_site_source *source);
/** Whether positions are shares of a sequence of unknown length. */
bool dna_site_source_is_normalized(const dna_site_source *source);
/** Whether a region was found by an index, so that only it is read. */
bool dna_site_source_is_indexed(const dna_site_source *source);

#endif

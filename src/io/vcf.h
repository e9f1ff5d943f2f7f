/* vcf.h - records of VCF, VCF.gz and BCF, one after the other, through htslib.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_vcf_open(&vcf, &file));              // takes the data file
 *     while ((rc = dna_vcf_next(vcf, &record)) > 0) { ... }
 *
 * A record's genotypes are numbers of alleles: 0 is REF, 1 the first ALT; -1 is missing,
 * -2 a copy that this sample does not have (a haploid call among diploid ones). Memory
 * does not grow with the file. A file that ends too early, a line with a wrong number of
 * columns or a position that is no number is an error that names the record.
 */
#ifndef DNA_IO_VCF_H
#define DNA_IO_VCF_H

#include <stdbool.h>
#include <stdint.h>

#include "io/data_file.h"

#define DNA_CALL_MISSING (-1)
#define DNA_CALL_ABSENT  (-2)
/* Alleles of a record whose genotypes can be told in a signed byte. */
#define DNA_CALL_MAX_ALLELE 127

typedef struct dna_vcf dna_vcf;

typedef struct {
    int32_t contig;   /* dna_vcf_contig() */
    int64_t position; /* from 1 */
    int n_allele;     /* with REF; 1: no ALT */
    const char *const *alleles;
    const char *ancestral; /* INFO/AA; NULL: none, or not asked for */
    int n_copy;            /* the most copies a sample has here; 0: no genotypes */
    const int8_t *call;    /* [n_sample, n_copy] */
    const uint8_t *phased; /* [n_sample] 1: the copies have an order */
    bool is_complete;      /* no call is missing or absent */
} dna_vcf_record;

/** Takes: *file, which becomes NULL. */
int dna_vcf_open(dna_vcf **out, dna_data_file **file) DNA_MUST_CHECK;
void dna_vcf_close(dna_vcf *vcf);
int64_t dna_vcf_n_sample(const dna_vcf *vcf);
const char *dna_vcf_sample(const dna_vcf *vcf, int64_t i);
/** Contigs of the header, then those that records add. NULL past the end. */
const char *dna_vcf_contig(const dna_vcf *vcf, int64_t i);
int64_t dna_vcf_contig_length(const dna_vcf *vcf, int64_t i); /* 0: not told */
/** Threads that decompress beside the one that reads; 0: none. */
int dna_vcf_set_threads(dna_vcf *vcf, int n_thread) DNA_MUST_CHECK;
/** Read INFO/AA too. */
void dna_vcf_want_ancestral(dna_vcf *vcf);
/** Only records with from <= position <= to. By the index where there is one
 *  (*is_indexed), else all are read. Before the first record. DNA_ENOTFOUND: the header
 *  has contigs and this is none. */
int dna_vcf_set_region(dna_vcf *vcf, const char *contig, int64_t from, int64_t to,
    bool *is_indexed) DNA_MUST_CHECK;
/** 1: a record, valid until the next call. 0: the end.
 *  Errors: DNA_EFORMAT, DNA_EIO, DNA_ENOMEM. */
int dna_vcf_next(dna_vcf *vcf, dna_vcf_record *record) DNA_MUST_CHECK;

#endif

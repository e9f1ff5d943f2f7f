/* plink.h - PLINK 1 binary files: genotypes (.bed), variants (.bim), samples (.fam).
 *
 * SPDX-License-Identifier: MIT
 *
 * Bytes of a .bed: 6c 1b, 01 (a row a variant); then rows of ceil(n_sample / 4) bytes, two
 * bits a sample from the lowest: 00 both copies A1, 01 missing, 10 one of each, 11 both
 * copies A2. A2 is what other formats call the reference. The three files must agree.
 *
 * Source: Purcell et al. 2007, Am. J. Hum. Genet. 81:559-575; cog-genomics.org/plink/1.9/formats
 */
#ifndef DNA_IO_PLINK_H
#define DNA_IO_PLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_plink dna_plink;

typedef struct {
    const char *chromosome, *id;
    int64_t position; /* bp; 0: unknown */
    const char *a1, *a2;
    const unsigned char *row; /* [ceil(n_sample / 4)] */
} dna_plink_variant;

/** The .bim and .fam beside a .bed. Any of the three names, or the name without an end. */
int dna_plink_open(dna_plink **out, const char *path) DNA_MUST_CHECK;
/** Takes: the three contents (dna_free), also on failure; bim and fam end with a zero
 *  byte that is not counted. */
int dna_plink_open_memory(dna_plink **out, unsigned char *bed, size_t n_bed, char *bim,
    size_t n_bim, char *fam, size_t n_fam, const char *name) DNA_MUST_CHECK;
/** Whether the name is that of one of three files that are there. */
bool dna_plink_is_name(const char *path);
void dna_plink_close(dna_plink *plink);
int64_t dna_plink_n_sample(const dna_plink *plink);
int64_t dna_plink_n_variant(const dna_plink *plink);
/** Second column of the .fam. */
const char *dna_plink_sample(const dna_plink *plink, int64_t i);
/** 1: a variant, its texts valid until the reader is closed. 0: the end. */
int dna_plink_next(dna_plink *plink, dna_plink_variant *variant) DNA_MUST_CHECK;

#endif

/* data_file.h - genotype data of any format: what a file is, seen from its first bytes.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_data_open(&file, path));          // "-": standard input
 *     switch (dna_data_kind_of(file)) {
 *     case DNA_DATA_VCF: DNA_TRY(dna_vcf_open(&vcf, &file)); break;
 *     default: DNA_TRY(dna_data_read(file, &bytes, &n)); ...
 *
 * Compressed VCF is seen through its compression. Names of servers are refused.
 */
#ifndef DNA_IO_DATA_FILE_H
#define DNA_IO_DATA_FILE_H

#include <stdint.h>

#include "dnadna/status.h"

typedef enum {
    DNA_DATA_UNKNOWN,
    DNA_DATA_VCF, /* plain, gzip or BGZF */
    DNA_DATA_BCF,
    DNA_DATA_TREES,
    DNA_DATA_OLD_TREES, /* HDF5, of the time before kastore */
    DNA_DATA_PLINK,     /* bed, of variants or of individuals */
    DNA_DATA_NPZ,
    DNA_DATA_MS /* any text that has a line "//" or "segsites:" soon */
} dna_data_kind;

typedef struct dna_data_file dna_data_file;

/** Errors: DNA_ENOTFOUND, DNA_EIO, DNA_ENOMEM; DNA_EARG for the name of a server. */
int dna_data_open(dna_data_file **out, const char *path) DNA_MUST_CHECK;
/** Bytes in memory, of which a copy is made. Keeps: name, for messages. */
int dna_data_open_memory(
    dna_data_file **out, const void *bytes, size_t n, const char *name) DNA_MUST_CHECK;
void dna_data_close(dna_data_file *file);
dna_data_kind dna_data_kind_of(const dna_data_file *file);
/** "VCF", ... */
const char *dna_data_kind_name(dna_data_kind kind);
/** The path, or "standard input". */
const char *dna_data_name(const dna_data_file *file);
/** All that is left, at most `max` bytes; *bytes is the caller's (dna_free). */
int dna_data_read(
    dna_data_file *file, size_t max, unsigned char **bytes, size_t *n) DNA_MUST_CHECK;

#endif

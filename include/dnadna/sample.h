/* sample.h - one SNP sample: a matrix of haplotypes by sites, with positions.
 *
 * SPDX-License-Identifier: MIT
 *
 * Rows are individuals (haploid genomes, or diploid ones with dosages 0/1/2), columns
 * are sites. Any numeric type is allowed: 0/1 haplotypes, 0/1/2 genotypes, or floats
 * such as SNP densities and statistics along the genome, for which positions may be
 * absent. Positions are absolute or distances to the previous site, in base pairs or
 * divided by the chromosome size; `format` says which, as far as it is known.
 *
 * Invariants after dna_sample_check(): snp has two dimensions; pos has n_site entries
 * or none; no value of either is NaN or infinite; no position is negative; positions
 * that are said to be absolute (distance 0) never decrease; the normalised flag agrees
 * with the values.
 */
#ifndef DNA_SAMPLE_H
#define DNA_SAMPLE_H

#include <stdbool.h>

#include "dnadna/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Flags are 0, 1 or -1 for unknown. */
typedef struct {
    int distance;            /* entry i is the gap to site i-1 */
    int normalized;          /* divided by the chromosome size */
    int circular;            /* changes the meaning of distance 0 */
    int64_t chromosome_size; /* base pairs; 0: unknown */
    double initial_position; /* of the first site, in the current unit; NaN: unknown */
} dna_position_format;

#define DNA_POSITION_FORMAT_INIT         \
    {                                    \
        -1, -1, -1, 0, __builtin_nan("") \
    }

typedef struct {
    dna_array snp; /* [n_hap, n_site] */
    dna_array pos; /* [n_site]; n_dim 0 and data NULL if there are none */
    bool has_pos;
    dna_position_format format; /* after a check its three flags are 0 or 1 */
    int64_t n_hap, n_site;
} dna_sample;

typedef struct {
    const char *snp_key;               /* NULL: "SNP" */
    const char *pos_key;               /* NULL: "POS" */
    const dna_position_format *format; /* what is known beforehand; NULL: nothing */
    /* of dna_sample_save(): */
    bool is_stored;  /* not deflated: larger, and faster to write and read */
    bool skips_sync; /* do not wait for the disk: after a loss of power the file may be
                      * lost or empty */
} dna_sample_options;

/** Read an npz file. Errors: DNA_ENOTFOUND, DNA_EIO, DNA_EFORMAT, DNA_ESHAPE,
 * DNA_ENOMEM. A missing POS is an error only for integer and boolean matrices. options
 * may be NULL. */
DNA_API int dna_sample_load(dna_sample **out, const char *path,
    const dna_sample_options *options) DNA_MUST_CHECK;
/** The same of the bytes of such a file; `name` stands for the path in messages. */
DNA_API int dna_sample_load_memory(dna_sample **out, const void *bytes, size_t n,
    const char *name, const dna_sample_options *options) DNA_MUST_CHECK;
/** Only n_hap and n_site, from the header. */
DNA_API int dna_sample_load_shape(int64_t *n_hap, int64_t *n_site, const char *path,
    const dna_sample_options *options) DNA_MUST_CHECK;
/** Copy arrays into a new sample and check it; pos may be NULL; name is for
 *  messages. */
DNA_API int dna_sample_new(dna_sample **out, const dna_array *snp, const dna_array *pos,
    const dna_position_format *format, const char *name) DNA_MUST_CHECK;
DNA_API int dna_sample_copy(dna_sample **out, const dna_sample *sample) DNA_MUST_CHECK;
/** The invariants above; name is for messages. Sets n_hap, n_site and unknown flags. */
DNA_API int dna_sample_check(dna_sample *sample, const char *name) DNA_MUST_CHECK;
DNA_API void dna_sample_free(dna_sample *sample);
/** Write SNP and POS as an npz, deflated unless told. */
DNA_API int dna_sample_save(const dna_sample *sample, const char *path,
    const dna_sample_options *options) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

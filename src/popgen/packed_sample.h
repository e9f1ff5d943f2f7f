/* packed_sample.h - a sample in few bytes: the records of a packed dataset.
 *
 * SPDX-License-Identifier: MIT
 *
 * A record is a header of DNA_RECORD_HEADER bytes and a payload: the matrix, zeros up to
 * a multiple of 8, the positions, zeros up to a multiple of 8. A matrix of 0 and 1 has
 * a bit an entry (popgen/bit_matrix.h); another has its numbers, row after row, in the
 * narrowest type that holds them (base/narrow.h); so have the positions. What is
 * unpacked is what was packed, to the bit and in its own types. The header field by field:
 * docs/formats.md.
 */
#ifndef DNA_POPGEN_PACKED_SAMPLE_H
#define DNA_POPGEN_PACKED_SAMPLE_H

#include "dnadna/sample.h"

#define DNA_RECORD_HEADER 64
#define DNA_CODED_AS_BITS 128 /* in the place of a type: a bit an entry */
#define DNA_CODED_NONE    255 /* there are no positions */
/* A sample has fewer individuals and sites than this. */
#define DNA_RECORD_MOST_HAP  (INT64_C(1) << 24)
#define DNA_RECORD_MOST_SITE (INT64_C(1) << 31)

typedef struct {
    int64_t scenario, replicate;
    int64_t n_hap, n_site;
    uint64_t offset;  /* of the record in its file */
    uint64_t payload; /* bytes, a multiple of 8 */
    uint32_t crc;     /* CRC-32 of the payload */
    /* dna_dtype: the sample's own, and as stored */
    uint8_t snp_dtype, snp_coding, pos_dtype, pos_coding;
} dna_packed_sample;

/** Pack a checked sample: *payload is the caller's, *r all but scenario, replicate, offset.
 * Errors: DNA_EUNSUPPORTED (too many individuals or sites), DNA_ENOMEM. */
int dna_packed_sample_pack(dna_packed_sample *r, unsigned char **payload,
    const dna_sample *sample) DNA_MUST_CHECK;
/** The header, with its checksum. */
void dna_packed_sample_put(
    unsigned char out[DNA_RECORD_HEADER], const dna_packed_sample *r);
/** Read a header and check all that can be without the payload; `name` begins messages.
 *  Errors: DNA_EFORMAT. */
int dna_packed_sample_get(dna_packed_sample *r,
    const unsigned char in[DNA_RECORD_HEADER], const char *name) DNA_MUST_CHECK;

/** What is wanted of a sample. */
typedef struct {
    int64_t n_hap, n_site; /* the first ones, at most; < 0: all */
    bool only_polymorphic; /* of the sites, those that vary among the first n_hap */
} dna_sample_part;

/** Whether a part can be unpacked without the rest: bits, and, where sites are dropped,
 *  positions that are no distances. */
bool dna_packed_sample_has_parts(const dna_packed_sample *r, bool is_distance);
/** Unpack r->payload bytes (part NULL: all). The sample is not checked and its flags are
 *  unknown. */
int dna_packed_sample_unpack(dna_sample **out, const dna_packed_sample *r,
    const unsigned char *payload, const dna_sample_part *part) DNA_MUST_CHECK;

#endif

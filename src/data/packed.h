/* packed.h - a packed dataset: all samples of a dataset in one file.
 *
 * SPDX-License-Identifier: MIT
 *
 * The file is a header, the metadata (JSON), one record a sample in order of scenario and
 * replicate (popgen/packed_sample.h), the headers of all records once more as the index,
 * and an end. It is mapped, not read; each record is verified when it is first asked
 * for, its place in the file each time. Byte by byte: docs/formats.md. Written by
 * data/packed_writer.h.
 *
 *     DNA_TRY(dna_packed_open(&p, "data/cows.dnapack"));
 *     int64_t i = dna_packed_find(p, scenario, replicate);
 *     DNA_TRY(dna_packed_load(&sample, p, i, &format, NULL, NULL));
 */
#ifndef DNA_DATA_PACKED_H
#define DNA_DATA_PACKED_H

#include "base/value.h"
#include "popgen/packed_sample.h"

#define DNA_PACKED_SUFFIX   ".dnapack"
#define DNA_PACKED_HEADER   64
#define DNA_PACKED_END      64
#define DNA_PACKED_VERSION  1
#define DNA_PACKED_MAX_META ((size_t)1 << 30) /* bytes */

typedef struct dna_packed dna_packed;

/** Errors: DNA_ENOTFOUND, DNA_EIO; DNA_EFORMAT for a file that is damaged, cut off or still
 *  being written; DNA_EUNSUPPORTED for another version. */
int dna_packed_open(dna_packed **out, const char *path) DNA_MUST_CHECK;
void dna_packed_close(dna_packed *p);
const char *dna_packed_path(const dna_packed *p);
int64_t dna_packed_count(const dna_packed *p);
/** The metadata as text; it is not terminated. */
const char *dna_packed_meta(const dna_packed *p, size_t *n);
/** The metadata as a mapping (docs/formats.md). */
int dna_packed_read_meta(
    dna_value **out, dna_arena *arena, const dna_packed *p) DNA_MUST_CHECK;
/** What the index says of sample i. Errors: DNA_EFORMAT. */
int dna_packed_record(
    dna_packed_sample *r, const dna_packed *p, int64_t i) DNA_MUST_CHECK;
/** The number of a sample; -1 if there is none. */
int64_t dna_packed_find(const dna_packed *p, int64_t scenario, int64_t replicate);
/** A checked sample, as dna_sample_load() gives it; `format` is what is known
 *  beforehand. Of `part` (NULL: all) as much is done as can be without the rest: *is_part
 *  tells whether it was. Threads: safe. Errors: DNA_EFORMAT, DNA_ENOMEM. */
int dna_packed_load(dna_sample **out, dna_packed *p, int64_t i,
    const dna_position_format *format, const dna_sample_part *part,
    bool *is_part) DNA_MUST_CHECK;

/* Header and end of a file, for reader and writer. */
void dna_packed_put_header(
    unsigned char out[DNA_PACKED_HEADER], const void *meta, size_t n_meta);
/** The metadata of the first `size` bytes of a file, as told by its header. Errors:
 *  DNA_EFORMAT, DNA_EUNSUPPORTED. */
int dna_packed_get_header(const unsigned char **meta, size_t *n_meta,
    const unsigned char *file, size_t size, const char *path) DNA_MUST_CHECK;
/** Where records begin, behind so many bytes of metadata. */
uint64_t dna_packed_first_record(size_t n_meta);
void dna_packed_put_end(unsigned char out[DNA_PACKED_END], uint64_t index_at,
    const unsigned char *index, int64_t n);
/** Whether the record at `at` of a mapped file is whole; *r is what it says. */
int dna_packed_check_record(dna_packed_sample *r, const unsigned char *file,
    size_t size, uint64_t at, const char *path) DNA_MUST_CHECK;

#endif

/* npz.h - NumPy .npz archives: a zip of .npy members, through libzip.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_npz_open(&npz, path));
 *     DNA_TRY(dna_npz_read(npz, "SNP", &snp));      // any numeric type
 *
 * Every size is checked against a limit before memory is taken; CRCs are checked.
 * Messages name the file and the member.
 */
#ifndef DNA_IO_NPZ_H
#define DNA_IO_NPZ_H

#include "dnadna/array.h"
#include "io/npy.h"

typedef struct dna_npz dna_npz;

/** Bytes one array may have when decoded; larger is refused (4 GiB). */
#define DNA_NPZ_MAX_ARRAY ((size_t)4 << 30)

int dna_npz_open(dna_npz **out, const char *path) DNA_MUST_CHECK;
/** The same on bytes that the caller keeps; `name` stands for the path in messages. */
int dna_npz_open_memory(
    dna_npz **out, const void *bytes, size_t n, const char *name) DNA_MUST_CHECK;
void dna_npz_close(dna_npz *npz);
int64_t dna_npz_count(const dna_npz *npz);
/** Member i without ".npy", or NULL if i is out of range or the member is no array. */
const char *dna_npz_name(const dna_npz *npz, int64_t i);
bool dna_npz_has(dna_npz *npz, const char *key);
/** Only the header: shape and type without reading the numbers. DNA_ENOTFOUND: no key.
 */
int dna_npz_header(dna_npz *npz, const char *key, dna_npy_header *h) DNA_MUST_CHECK;
/** out is initialised here (clear it with dna_array_clear). DNA_ENOTFOUND: no key. */
int dna_npz_read(dna_npz *npz, const char *key, dna_array *out) DNA_MUST_CHECK;

/** Write arrays[i] under keys[i], deflated if asked, atomically and with fixed dates:
 *  the same arrays give the same bytes. Deflated with level 1: matrices of 0 and 1
 *  take a third more room than with level 6, in a ninth of the time. */
int dna_npz_write(const char *path, const char *const *keys, const dna_array *arrays,
    int64_t n, bool is_deflated) DNA_MUST_CHECK;
/** The same without waiting for the disk (dna_atomic_skip_sync()). */
int dna_npz_write_unsynced(const char *path, const char *const *keys,
    const dna_array *arrays, int64_t n, bool is_deflated) DNA_MUST_CHECK;

#endif

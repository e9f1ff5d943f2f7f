/* kastore.h - named arrays in one file: the container of tree sequences.
 *
 * SPDX-License-Identifier: MIT
 *
 * Bytes, little-endian: magic, u16 version 1.0, u32 number of arrays, u64 file size, zeros
 * up to 64; a descriptor of 64 bytes an array (u8 type, u64 key start and length, u64 array
 * start, u64 number of elements); the keys, sorted; the arrays in the order of the keys,
 * each beginning at a multiple of 8.
 *
 * Source: the kastore file format 1.0 (github.com/tskit-dev/kastore).
 */
#ifndef DNA_IO_KASTORE_H
#define DNA_IO_KASTORE_H

#include <stdbool.h>

#include "dnadna/array.h"

/** data may be NULL if n is 0; of any integer or floating type but DNA_BOOL, DNA_F16. */
typedef struct {
    const char *key;
    dna_dtype type;
    const void *data;
    int64_t n;
} dna_kastore_item;

/** Write atomically; items must be sorted by key, as bytes. */
int dna_kastore_write(
    const char *path, const dna_kastore_item *items, int64_t n) DNA_MUST_CHECK;

typedef struct dna_kastore dna_kastore;
/** Look at the bytes of a file, which the caller keeps, aligned to 8; also `name`, which
 *  stands for the path in messages. All places are checked against the size. Errors:
 *  DNA_EFORMAT; DNA_EUNSUPPORTED for another version and for HDF5, which came before. */
int dna_kastore_open_memory(dna_kastore **out, const unsigned char *bytes, size_t n,
    const char *name) DNA_MUST_CHECK;
void dna_kastore_close(dna_kastore *store);
/** The array of a key, in the bytes; false if there is none. */
bool dna_kastore_find(
    const dna_kastore *store, const char *key, dna_kastore_item *item);

#endif

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

#endif

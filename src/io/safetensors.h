/* safetensors.h - named tensors and text metadata in one file that runs no code.
 *
 * SPDX-License-Identifier: MIT
 *
 * Bytes: u64 little-endian n; n bytes of JSON {"__metadata__": {text: text}, name:
 * {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ...}; then the data,
 * without holes or overlaps. The reader checks all of it: sizes before allocating,
 * offsets contiguous and within the file, shapes times type equal to the span.
 */
#ifndef DNA_IO_SAFETENSORS_H
#define DNA_IO_SAFETENSORS_H

#include "dnadna/array.h"

typedef struct {
    int64_t n_tensor;
    char **names;
    dna_array *arrays; /* of any dtype of array.h; names[i] belongs to arrays[i] */
    int64_t n_meta;
    char **meta_keys;
    char **meta_texts;
} dna_safetensors;

/** out is initialised here; clear with dna_safetensors_clear(). */
int dna_safetensors_read(dna_safetensors *out, const char *path) DNA_MUST_CHECK;
int dna_safetensors_parse(dna_safetensors *out, const unsigned char *bytes, size_t n,
    const char *name) DNA_MUST_CHECK;
void dna_safetensors_clear(dna_safetensors *st);
/** NULL if absent. */
const dna_array *dna_safetensors_find(const dna_safetensors *st, const char *name);
const char *dna_safetensors_meta(const dna_safetensors *st, const char *key);
/** Write atomically; tensors in the given order, header padded to 8 bytes. */
int dna_safetensors_write(const char *path, const char *const *names,
    const dna_array *arrays, int64_t n_tensor, const char *const *meta_keys,
    const char *const *meta_texts, int64_t n_meta) DNA_MUST_CHECK;

#endif

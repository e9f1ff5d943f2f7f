/* npy.h - the header of a NumPy .npy file (format versions 1.0, 2.0 and 3.0).
 *
 * SPDX-License-Identifier: MIT
 *
 * Bytes: magic "\x93NUMPY", major, minor, header length (u16 or u32, little-endian),
 * then a Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
 * Object arrays and structured types are refused by name: nothing is ever executed.
 */
#ifndef DNA_IO_NPY_H
#define DNA_IO_NPY_H

#include <stdbool.h>

#include "dnadna/array.h"

typedef struct {
    dna_dtype dtype;
    bool is_big_endian;
    bool is_fortran;
    int n_dim;
    int64_t dim[DNA_MAX_DIM];
    size_t data_offset; /* where the numbers begin */
    size_t data_size;   /* bytes of numbers that must follow */
} dna_npy_header;

/** Most bytes a header may have: enough to read before parsing. */
#define DNA_NPY_HEADER_MAX 65536

/** Parse the first n bytes; name is used in messages ("a.npz: SNP"). */
int dna_npy_parse_header(dna_npy_header *h, const unsigned char *bytes, size_t n,
    const char *name) DNA_MUST_CHECK;
/** Turn the numbers of a .npy file into a row-major array of native byte order. */
int dna_npy_decode(dna_array *out, const dna_npy_header *h, const unsigned char *data,
    size_t n, const char *name) DNA_MUST_CHECK;
/** A complete .npy file in memory (version 1.0, C order); free with dna_free(). */
int dna_npy_encode(unsigned char **bytes, size_t *n, const dna_array *a) DNA_MUST_CHECK;

#endif

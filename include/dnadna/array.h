/* array.h - an n-dimensional array of numbers in memory.
 *
 * SPDX-License-Identifier: MIT
 *
 * Row-major (the last dimension is contiguous), at most DNA_MAX_DIM dimensions, one
 * numeric type. It is what a .npy file holds. The struct lives where the caller puts
 * it; its memory belongs to it unless `is_borrowed`. A zeroed dna_array is empty and
 * safe to clear.
 */
#ifndef DNA_ARRAY_H
#define DNA_ARRAY_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DNA_MAX_DIM 8

typedef enum {
    DNA_BOOL,
    DNA_U8,
    DNA_I8,
    DNA_U16,
    DNA_I16,
    DNA_U32,
    DNA_I32,
    DNA_U64,
    DNA_I64,
    DNA_F16, /* IEEE 754 half; read and written, converted to float to compute */
    DNA_F32,
    DNA_F64
} dna_dtype;

typedef struct {
    dna_dtype dtype;
    int n_dim;
    int64_t dim[DNA_MAX_DIM];
    void *data;
    bool is_borrowed; /* data belongs to somebody else */
} dna_array;

/** Bytes of one element. */
DNA_API size_t dna_dtype_size(dna_dtype dtype);
/** "uint8", "float32", ... */
DNA_API const char *dna_dtype_name(dna_dtype dtype);

/** Allocate, zero-filled. Errors: DNA_ESHAPE (negative or overflowing), DNA_ENOMEM. */
DNA_API int dna_array_init(
    dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim) DNA_MUST_CHECK;
/** The same, the numbers left as they are in memory: for who sets all of them at once. */
DNA_API int dna_array_init_unset(
    dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim) DNA_MUST_CHECK;
/** A view of memory that the caller keeps alive and unchanged. */
DNA_API void dna_array_borrow(
    dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim, const void *data);
DNA_API int dna_array_copy(dna_array *out, const dna_array *a) DNA_MUST_CHECK;
DNA_API void dna_array_clear(dna_array *a);
/** Number of elements (1 for zero dimensions). */
DNA_API int64_t dna_array_count(const dna_array *a);
/** Whether all numbers are 0 or 1. */
DNA_API bool dna_array_is_binary(const dna_array *a);
/** Element i in row-major order as a double (64-bit integers may round). */
DNA_API double dna_array_get(const dna_array *a, int64_t i);
DNA_API void dna_array_set(dna_array *a, int64_t i, double value);
/** Elements [first, first + n) converted into out. */
DNA_API void dna_array_to_float(
    const dna_array *a, int64_t first, int64_t n, float *out);
DNA_API void dna_array_to_double(
    const dna_array *a, int64_t first, int64_t n, double *out);

#ifdef __cplusplus
}
#endif
#endif

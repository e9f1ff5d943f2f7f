/* array.c - numbers of any type behind one struct.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/array.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

size_t
dna_dtype_size(dna_dtype dtype)
{
    switch (dtype) {
    case DNA_BOOL:
    case DNA_U8:
    case DNA_I8:
        return 1;
    case DNA_U16:
    case DNA_I16:
    case DNA_F16:
        return 2;
    case DNA_U32:
    case DNA_I32:
    case DNA_F32:
        return 4;
    case DNA_U64:
    case DNA_I64:
    case DNA_F64:
        return 8;
    }
    return 0;
}

const char *
dna_dtype_name(dna_dtype dtype)
{
    switch (dtype) {
    case DNA_BOOL:
        return "bool";
    case DNA_U8:
        return "uint8";
    case DNA_I8:
        return "int8";
    case DNA_U16:
        return "uint16";
    case DNA_I16:
        return "int16";
    case DNA_U32:
        return "uint32";
    case DNA_I32:
        return "int32";
    case DNA_U64:
        return "uint64";
    case DNA_I64:
        return "int64";
    case DNA_F16:
        return "float16";
    case DNA_F32:
        return "float32";
    case DNA_F64:
        return "float64";
    }
    return "unknown";
}

/* Sets the shape only; the number of elements goes to *count. */
static int
set_shape(dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim, size_t *count)
{
    size_t total = 1;
    memset(a, 0, sizeof(*a));
    if (n_dim < 0 || n_dim > DNA_MAX_DIM) {
        return dna_fail(DNA_ESHAPE, "%d dimensions, but an array has at most %d", n_dim,
            DNA_MAX_DIM);
    }
    for (int i = 0; i < n_dim; i++) {
        if (dim[i] < 0) {
            return dna_fail(
                DNA_ESHAPE, "dimension %d is negative: %lld", i, (long long)dim[i]);
        }
        if (!dna_mul_size(total, (size_t)dim[i], &total) || total > PTRDIFF_MAX) {
            return dna_fail(DNA_ESHAPE, "array is too large for this machine");
        }
        a->dim[i] = dim[i];
    }
    if (total > PTRDIFF_MAX / dna_dtype_size(dtype)) {
        return dna_fail(DNA_ESHAPE, "array is too large for this machine");
    }
    a->dtype = dtype;
    a->n_dim = n_dim;
    *count = total;
    return DNA_OK;
}

static int
init(dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim, bool is_zeroed)
{
    size_t count = 0;
    int rc = set_shape(a, dtype, n_dim, dim, &count);
    if (rc == DNA_OK) {
        size_t size = dna_dtype_size(dtype);
        a->data = is_zeroed ? dna_calloc(count, size) : dna_malloc(count * size);
        rc = a->data != NULL ? DNA_OK : DNA_ENOMEM;
    }
    if (rc < 0) {
        memset(a, 0, sizeof(*a));
    }
    return rc;
}

int
dna_array_init(dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim)
{
    return init(a, dtype, n_dim, dim, true);
}

int
dna_array_init_unset(dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim)
{
    return init(a, dtype, n_dim, dim, false);
}

void
dna_array_borrow(
    dna_array *a, dna_dtype dtype, int n_dim, const int64_t *dim, const void *data)
{
    memset(a, 0, sizeof(*a));
    a->dtype = dtype;
    a->n_dim = DNA_MIN(n_dim, DNA_MAX_DIM);
    for (int i = 0; i < a->n_dim; i++) {
        a->dim[i] = dim[i];
    }
    memcpy(&a->data, &data, sizeof(data)); /* the struct serves both kinds of memory */
    a->is_borrowed = true;
}

int
dna_array_copy(dna_array *out, const dna_array *a)
{
    int rc = dna_array_init_unset(out, a->dtype, a->n_dim, a->dim);
    if (rc == DNA_OK && a->data != NULL) {
        memcpy(
            out->data, a->data, (size_t)dna_array_count(a) * dna_dtype_size(a->dtype));
    }
    return rc;
}

void
dna_array_clear(dna_array *a)
{
    if (a != NULL) {
        if (!a->is_borrowed) {
            dna_free(a->data);
        }
        memset(a, 0, sizeof(*a));
    }
}

int64_t
dna_array_count(const dna_array *a)
{
    int64_t n = 1;
    for (int i = 0; i < a->n_dim; i++) {
        n *= a->dim[i];
    }
    return n;
}

static double
from_half(uint16_t h)
{
    int exponent = (h >> 10) & 31;
    double mantissa = h & 1023;
    double v = 0;
    if (exponent == 0) {
        v = ldexp(mantissa, -24);
    } else if (exponent < 31) {
        v = ldexp(mantissa + 1024, exponent - 25);
    } else {
        v = mantissa == 0 ? (double)INFINITY : (double)NAN;
    }
    return (h & 0x8000) != 0 ? -v : v;
}

/* Rounded to nearest, ties to even, in one step. */
static uint16_t
to_half(double v)
{
    unsigned sign = signbit(v) ? 0x8000u : 0u;
    unsigned bits = 0;
    v = fabs(v);
    if (isnan(v)) {
        bits = 0x7e00;
    } else if (v >= 65520) {
        bits = 0x7c00;
    } else if (v < 0x1p-14) {
        bits = (unsigned)nearbyint(v * 0x1p24);
    } else {
        int e = 0;
        double m = nearbyint(frexp(v, &e) * 2048); /* 1024 .. 2048 */
        bits =
            (unsigned)(e + 13) * 1024u + (unsigned)m; /* a carry raises the exponent */
    }
    return (uint16_t)(sign | bits);
}

#define CONVERT(type)                                              \
    do {                                                           \
        const type *restrict from = (const type *)a->data + first; \
        for (int64_t i = 0; i < n; i++) {                          \
            out[i] = (OUT)from[i];                                 \
        }                                                          \
    } while (0)

#define CONVERT_ANY                                                          \
    switch (a->dtype) {                                                      \
    case DNA_BOOL:                                                           \
        for (int64_t i = 0; i < n; i++) {                                    \
            out[i] = ((const uint8_t *)a->data)[first + i] != 0 ? 1 : 0;     \
        }                                                                    \
        break;                                                               \
    case DNA_U8:                                                             \
        CONVERT(uint8_t);                                                    \
        break;                                                               \
    case DNA_I8:                                                             \
        CONVERT(int8_t);                                                     \
        break;                                                               \
    case DNA_U16:                                                            \
        CONVERT(uint16_t);                                                   \
        break;                                                               \
    case DNA_I16:                                                            \
        CONVERT(int16_t);                                                    \
        break;                                                               \
    case DNA_U32:                                                            \
        CONVERT(uint32_t);                                                   \
        break;                                                               \
    case DNA_I32:                                                            \
        CONVERT(int32_t);                                                    \
        break;                                                               \
    case DNA_U64:                                                            \
        CONVERT(uint64_t);                                                   \
        break;                                                               \
    case DNA_I64:                                                            \
        CONVERT(int64_t);                                                    \
        break;                                                               \
    case DNA_F16:                                                            \
        for (int64_t i = 0; i < n; i++) {                                    \
            out[i] = (OUT)from_half(((const uint16_t *)a->data)[first + i]); \
        }                                                                    \
        break;                                                               \
    case DNA_F32:                                                            \
        CONVERT(float);                                                      \
        break;                                                               \
    case DNA_F64:                                                            \
        CONVERT(double);                                                     \
        break;                                                               \
    }

void
dna_array_to_float(const dna_array *a, int64_t first, int64_t n, float *restrict out)
{
#define OUT float
    CONVERT_ANY
#undef OUT
}

void
dna_array_to_double(const dna_array *a, int64_t first, int64_t n, double *restrict out)
{
#define OUT double
    CONVERT_ANY
#undef OUT
}

bool
dna_array_is_binary(const dna_array *a)
{
    int64_t n = dna_array_count(a);

    if (dna_dtype_size(a->dtype) == 1) {
        const uint8_t *bytes = a->data;
        uint8_t seen = 0;
        for (int64_t i = 0; i < n; i++) {
            seen |= bytes[i];
        }
        return seen <= 1;
    }
    for (int64_t i = 0; i < n; i++) {
        double v = dna_array_get(a, i);
        if (!(v >= 0 && v <= 1) || (v > 0 && v < 1)) {
            return false;
        }
    }
    return true;
}

double
dna_array_get(const dna_array *a, int64_t i)
{
    double v = 0;
    dna_array_to_double(a, i, 1, &v);
    return v;
}

/* v towards zero, held within [low, high]; NaN gives 0. */
static double
hold(double v, double low, double high)
{
    if (isnan(v)) {
        return 0;
    }
    return v < low ? low : v > high ? high : trunc(v);
}

void
dna_array_set(dna_array *a, int64_t i, double v)
{
    switch (a->dtype) {
    case DNA_BOOL:
        ((uint8_t *)a->data)[i] = v != 0;
        break;
    case DNA_U8:
        ((uint8_t *)a->data)[i] = (uint8_t)hold(v, 0, UINT8_MAX);
        break;
    case DNA_I8:
        ((int8_t *)a->data)[i] = (int8_t)hold(v, INT8_MIN, INT8_MAX);
        break;
    case DNA_U16:
        ((uint16_t *)a->data)[i] = (uint16_t)hold(v, 0, UINT16_MAX);
        break;
    case DNA_I16:
        ((int16_t *)a->data)[i] = (int16_t)hold(v, INT16_MIN, INT16_MAX);
        break;
    case DNA_U32:
        ((uint32_t *)a->data)[i] = (uint32_t)hold(v, 0, UINT32_MAX);
        break;
    case DNA_I32:
        ((int32_t *)a->data)[i] = (int32_t)hold(v, INT32_MIN, INT32_MAX);
        break;
    case DNA_U64: /* the largest doubles below 2^64 and 2^63 */
        ((uint64_t *)a->data)[i] = (uint64_t)hold(v, 0, 18446744073709549568.0);
        break;
    case DNA_I64:
        ((int64_t *)a->data)[i] = (int64_t)hold(v, -0x1p63, 9223372036854774784.0);
        break;
    case DNA_F16:
        ((uint16_t *)a->data)[i] = to_half(v);
        break;
    case DNA_F32:
        ((float *)a->data)[i] = (float)v;
        break;
    case DNA_F64:
        ((double *)a->data)[i] = v;
        break;
    }
}

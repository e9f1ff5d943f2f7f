/* narrow.c - arrays of numbers in fewer bytes, without losing any.
 *
 * SPDX-License-Identifier: MIT
 *
 * Every type that is narrowed to has at most 32 bits, so a double holds its numbers
 * exactly and serves as the way in between.
 */
#include "base/narrow.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK 256

static bool
is_unsigned(dna_dtype t)
{
    return t == DNA_U8 || t == DNA_U16 || t == DNA_U32 || t == DNA_U64;
}

typedef struct {
    bool is_integer;     /* all are integers, and no -0 */
    bool is_exact_float; /* all survive as float32 */
    double min, max;
} range;

static bool
is_float(dna_dtype t)
{
    return t == DNA_F16 || t == DNA_F32 || t == DNA_F64;
}

static range
find_range(const dna_array *a)
{
    range r = {.is_integer = true, .is_exact_float = true, .min = 0, .max = 0};
    int64_t n = dna_array_count(a);
    double v[CHUNK];

    for (int64_t first = 0; first < n; first += CHUNK) {
        int64_t m = DNA_MIN((int64_t)CHUNK, n - first);
        dna_array_to_double(a, first, m, v);
        for (int64_t i = 0; i < m; i++) {
            bool is_whole =
                v[i] >= INT32_MIN && v[i] <= UINT32_MAX && trunc(v[i]) == v[i];
            bool is_minus_zero = v[i] == 0 && signbit(v[i]) != 0;
            r.is_integer = r.is_integer && is_whole && !is_minus_zero;
            r.is_exact_float = r.is_exact_float && (double)(float)v[i] == v[i];
            r.min = DNA_MIN(r.min, v[i]);
            r.max = DNA_MAX(r.max, v[i]);
        }
    }
    return r;
}

dna_dtype
dna_narrowest(const dna_array *a)
{
    static const struct {
        dna_dtype dtype;
        double min, max;
    } types[] = {
        {DNA_U8, 0, UINT8_MAX},
        {DNA_I8, INT8_MIN, INT8_MAX},
        {DNA_U16, 0, UINT16_MAX},
        {DNA_I16, INT16_MIN, INT16_MAX},
        {DNA_U32, 0, UINT32_MAX},
        {DNA_I32, INT32_MIN, INT32_MAX},
    };
    size_t size = dna_dtype_size(a->dtype);

    if (size <= 1 || a->dtype == DNA_F16) {
        return a->dtype;
    }
    range r = find_range(a);
    for (int64_t i = 0; r.is_integer && i < DNA_COUNT(types); i++) {
        if (r.min >= types[i].min && r.max <= types[i].max
            && dna_dtype_size(types[i].dtype) < size) {
            return types[i].dtype;
        }
    }
    return a->dtype == DNA_F64 && r.is_exact_float ? DNA_F32 : a->dtype;
}

bool
dna_may_narrow(dna_dtype dtype, dna_dtype stored)
{
    if (stored == dtype) {
        return true;
    }
    if (dtype == DNA_F16 || dna_dtype_size(stored) >= dna_dtype_size(dtype)) {
        return false;
    }
    if (stored == DNA_F32) {
        return dtype == DNA_F64;
    }
    if (is_unsigned(dtype) && !is_unsigned(stored)) {
        return false;
    }
    return stored != DNA_BOOL && !is_float(stored);
}

/* Between the order of this machine and little-endian. */
static void
swap_on_big_endian(void *data, int64_t n, size_t size)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    unsigned char *p = data;
    for (int64_t i = 0; i < n; i++, p += size) {
        for (size_t j = 0; j < size / 2; j++) {
            unsigned char t = p[j];
            p[j] = p[size - 1 - j];
            p[size - 1 - j] = t;
        }
    }
#else
    (void)data;
    (void)n;
    (void)size;
#endif
}

void
dna_narrow(void *out, dna_dtype dtype, const dna_array *a)
{
    int64_t n = dna_array_count(a);
    dna_array to = {.dtype = dtype, .n_dim = 1, .dim = {n}, .data = out};

    if (n == 0) {
        return;
    }
    if (dtype == a->dtype) {
        memcpy(out, a->data, (size_t)n * dna_dtype_size(dtype));
    } else {
        for (int64_t i = 0; i < n; i++) {
            dna_array_set(&to, i, dna_array_get(a, i));
        }
    }
    swap_on_big_endian(out, n, dna_dtype_size(dtype));
}

#define PUT(type)                         \
    do {                                  \
        type *to = out->data;             \
        for (int64_t i = 0; i < m; i++) { \
            to[first + i] = (type)v[i];   \
        }                                 \
    } while (0)

/* What can be narrowed has two bytes at least. */
static void
put_chunk(dna_array *out, int64_t first, int64_t m, const double *v)
{
    switch (out->dtype) {
    case DNA_U16:
        PUT(uint16_t);
        break;
    case DNA_I16:
        PUT(int16_t);
        break;
    case DNA_U32:
        PUT(uint32_t);
        break;
    case DNA_I32:
        PUT(int32_t);
        break;
    case DNA_U64:
        PUT(uint64_t);
        break;
    case DNA_I64:
        PUT(int64_t);
        break;
    case DNA_F32:
        PUT(float);
        break;
    case DNA_F64:
        PUT(double);
        break;
    case DNA_BOOL:
    case DNA_U8:
    case DNA_I8:
    case DNA_F16:
    default:
        break;
    }
}

/* Numbers of the other byte order would have to be copied first. */
static void
widen_chunk(dna_array *out, dna_dtype stored, const void *in, int64_t first, int64_t m)
{
    size_t size = dna_dtype_size(stored);
    double v[CHUNK];
    uint64_t room[CHUNK];
    dna_array chunk = {.dtype = stored, .n_dim = 1, .dim = {m}, .data = room};

    memcpy(room, (const unsigned char *)in + (size_t)first * size, (size_t)m * size);
    swap_on_big_endian(room, m, size);
    dna_array_to_double(&chunk, 0, m, v);
    put_chunk(out, first, m, v);
}

void
dna_widen(dna_array *out, dna_dtype stored, const void *in, int64_t n)
{
    if (n == 0) {
        return;
    }
    if (stored == out->dtype) {
        memcpy(out->data, in, (size_t)n * dna_dtype_size(stored));
        swap_on_big_endian(out->data, n, dna_dtype_size(stored));
        return;
    }
    for (int64_t first = 0; first < n; first += CHUNK) {
        widen_chunk(out, stored, in, first, DNA_MIN((int64_t)CHUNK, n - first));
    }
}

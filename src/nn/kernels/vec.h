/* vec.h - vectors of floats of the instruction set that a kernel is compiled for.
 *
 * SPDX-License-Identifier: MIT
 *
 * A part says how many entries of a vector exist: all, or those of the last vector of a
 * row. Masks come from comparisons. Kernels written with these have no loop that is left
 * over for the last few channels.
 */
#ifndef DNA_NN_KERNELS_VEC_H
#define DNA_NN_KERNELS_VEC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VEC_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)

#include <immintrin.h>

#define VEC_WIDTH 16
typedef __m512 vec;
typedef __mmask16 vec_part, vec_mask;

VEC_INLINE vec_part
vec_part_of(int64_t n)
{
    const unsigned bits = n >= VEC_WIDTH ? 0xffffu : (1u << n) - 1u;
    return (vec_part)bits;
}

VEC_INLINE vec
vec_load(const float *p, vec_part part)
{
    return _mm512_maskz_loadu_ps(part, p);
}

VEC_INLINE void
vec_store(float *p, vec_part part, vec v)
{
    _mm512_mask_storeu_ps(p, part, v);
}

VEC_INLINE vec
vec_set1(float x)
{
    return _mm512_set1_ps(x);
}

VEC_INLINE vec
vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* x, but 0 below 0; NaN stays */
VEC_INLINE vec
vec_relu(vec x)
{
    return _mm512_max_ps(_mm512_setzero_ps(), x);
}

VEC_INLINE vec_mask
vec_greater(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

VEC_INLINE vec_mask
vec_equal(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

/* a larger than b, or a is NaN */
VEC_INLINE vec_mask
vec_replaces(vec a, vec b)
{
    return (vec_mask)(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ)
                      | _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q));
}

VEC_INLINE vec
vec_select(vec_mask mask, vec a, vec b)
{
    return _mm512_mask_blend_ps(mask, b, a);
}

/* Whole numbers 0 to 255 as bytes. */
VEC_INLINE void
vec_store_bytes(uint8_t *p, vec_part part, vec v)
{
    _mm512_mask_cvtepi32_storeu_epi8(p, part, _mm512_cvttps_epi32(v));
}

VEC_INLINE vec
vec_load_bytes(const uint8_t *p, vec_part part)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(part, p)));
}

#elif defined(__AVX2__)

#include <immintrin.h>

#define VEC_WIDTH 8
typedef __m256 vec;
typedef __m256 vec_mask;
typedef struct {
    __m256i bits;
    int n;
} vec_part;

VEC_INLINE vec_part
vec_part_of(int64_t n)
{
    int m = n >= VEC_WIDTH ? VEC_WIDTH : (int)n;
    __m256i place = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (vec_part){_mm256_cmpgt_epi32(_mm256_set1_epi32(m), place), m};
}

VEC_INLINE vec
vec_load(const float *p, vec_part part)
{
    return part.n == VEC_WIDTH ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, part.bits);
}

VEC_INLINE void
vec_store(float *p, vec_part part, vec v)
{
    if (part.n == VEC_WIDTH) {
        _mm256_storeu_ps(p, v);
    } else {
        _mm256_maskstore_ps(p, part.bits, v);
    }
}

VEC_INLINE vec
vec_set1(float x)
{
    return _mm256_set1_ps(x);
}

VEC_INLINE vec
vec_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

VEC_INLINE vec
vec_relu(vec x)
{
    return _mm256_max_ps(_mm256_setzero_ps(), x);
}

VEC_INLINE vec_mask
vec_greater(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
}

VEC_INLINE vec_mask
vec_equal(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

VEC_INLINE vec_mask
vec_replaces(vec a, vec b)
{
    return _mm256_or_ps(
        _mm256_cmp_ps(a, b, _CMP_GT_OQ), _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}

VEC_INLINE vec
vec_select(vec_mask mask, vec a, vec b)
{
    return _mm256_blendv_ps(b, a, mask);
}

VEC_INLINE void
vec_store_bytes(uint8_t *p, vec_part part, vec v)
{
    __m256i i = _mm256_cvttps_epi32(v);
    __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
    uint8_t bytes[16];
    _mm_storeu_si128((__m128i *)(void *)bytes, _mm_packus_epi16(words, words));
    if (part.n == VEC_WIDTH) {
        memcpy(p, bytes, VEC_WIDTH);
        return;
    }
    for (int k = 0; k < part.n; k++) {
        p[k] = bytes[k];
    }
}

VEC_INLINE vec
vec_load_bytes(const uint8_t *p, vec_part part)
{
    uint8_t bytes[16] = {0};
    if (part.n == VEC_WIDTH) {
        memcpy(bytes, p, VEC_WIDTH);
    } else {
        for (int k = 0; k < part.n; k++) {
            bytes[k] = p[k];
        }
    }
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(b));
}

#else /* four numbers, for any processor */

#define VEC_WIDTH 4
typedef float vec __attribute__((vector_size(16)));
typedef int32_t vec_mask __attribute__((vector_size(16)));
typedef int vec_part; /* how many */

VEC_INLINE vec_part
vec_part_of(int64_t n)
{
    return n >= VEC_WIDTH ? VEC_WIDTH : (int)n;
}

VEC_INLINE vec
vec_load(const float *p, vec_part part)
{
    vec v = {0};
    if (part == VEC_WIDTH) {
        memcpy(&v, p, sizeof(v));
        return v;
    }
    for (int k = 0; k < part; k++) {
        v[k] = p[k];
    }
    return v;
}

VEC_INLINE void
vec_store(float *p, vec_part part, vec v)
{
    if (part == VEC_WIDTH) {
        memcpy(p, &v, sizeof(v));
        return;
    }
    for (int k = 0; k < part; k++) {
        p[k] = v[k];
    }
}

VEC_INLINE vec
vec_set1(float x)
{
    return (vec){x, x, x, x};
}

VEC_INLINE vec
vec_fma(vec a, vec b, vec c)
{
    return a * b + c;
}

VEC_INLINE vec_mask
vec_greater(vec a, vec b)
{
    return a > b;
}

VEC_INLINE vec_mask
vec_equal(vec a, vec b)
{
    return a == b;
}

VEC_INLINE vec_mask
vec_replaces(vec a, vec b)
{
    return (a > b) | (a != a);
}

VEC_INLINE vec
vec_select(vec_mask mask, vec a, vec b)
{
    return (vec)(((vec_mask)a & mask) | ((vec_mask)b & ~mask));
}

VEC_INLINE vec
vec_relu(vec x)
{
    vec zero = {0};
    return vec_select(x < zero, zero, x);
}

VEC_INLINE void
vec_store_bytes(uint8_t *p, vec_part part, vec v)
{
    for (int k = 0; k < part; k++) {
        p[k] = (uint8_t)v[k];
    }
}

VEC_INLINE vec
vec_load_bytes(const uint8_t *p, vec_part part)
{
    vec v = {0};
    for (int k = 0; k < part; k++) {
        v[k] = (float)p[k];
    }
    return v;
}

#endif

#endif

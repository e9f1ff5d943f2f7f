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

#include "nn/kernels/bf16.h"

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

/* Rounded to bf16 (bf16.h). */
VEC_INLINE __m256i
vec_bf16(vec v)
{
#if defined(__AVX512BF16__)
    return (__m256i)_mm512_cvtneps_pbh(v);
#else
    __m512i bits = _mm512_castps_si512(v);
    __m512i upper = _mm512_srli_epi32(bits, 16);
    __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
    __m512i up = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff));
    __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(up, odd), 16);
    __m512i quiet = _mm512_or_si512(upper, _mm512_set1_epi32(0x40));
    __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    rounded = _mm512_mask_blend_epi32(is_nan, rounded, quiet);
    return _mm512_cvtepi32_epi16(rounded);
#endif
}

VEC_INLINE void
vec_store_bf16(dna_bf16 *p, vec_part part, vec v)
{
    _mm256_mask_storeu_epi16(p, part, vec_bf16(v));
}

VEC_INLINE vec
vec_load_bf16(const dna_bf16 *p, vec_part part)
{
    __m512i x = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(part, p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16));
}

/* The floats that bf16 would hold. */
VEC_INLINE vec
vec_round_bf16(vec v)
{
    __m512i x = _mm512_cvtepu16_epi32(vec_bf16(v));
    return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16));
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

VEC_INLINE void
vec_store_bf16(dna_bf16 *p, vec_part part, vec v)
{
    __m256i bits = _mm256_castps_si256(v);
    __m256i upper = _mm256_srli_epi32(bits, 16);
    __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
    __m256i up = _mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff));
    __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(up, odd), 16);
    __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
    __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    rounded = _mm256_blendv_epi8(rounded, quiet, is_nan);
    dna_bf16 x[VEC_WIDTH];
    _mm_storeu_si128(
        (__m128i *)(void *)x, _mm_packus_epi32(_mm256_castsi256_si128(rounded),
                                  _mm256_extracti128_si256(rounded, 1)));
    if (part.n == VEC_WIDTH) {
        memcpy(p, x, sizeof(x));
        return;
    }
    for (int k = 0; k < part.n; k++) {
        p[k] = x[k];
    }
}

VEC_INLINE vec
vec_load_bf16(const dna_bf16 *p, vec_part part)
{
    dna_bf16 x[VEC_WIDTH] = {0};
    if (part.n == VEC_WIDTH) {
        memcpy(x, p, sizeof(x));
    } else {
        for (int k = 0; k < part.n; k++) {
            x[k] = p[k];
        }
    }
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)x);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(b), 16));
}

VEC_INLINE vec
vec_round_bf16(vec v)
{
    dna_bf16 x[VEC_WIDTH];
    vec_store_bf16(x, vec_part_of(VEC_WIDTH), v);
    return vec_load_bf16(x, vec_part_of(VEC_WIDTH));
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

VEC_INLINE void
vec_store_bf16(dna_bf16 *p, vec_part part, vec v)
{
    for (int k = 0; k < part; k++) {
        p[k] = dna_bf16_of(v[k]);
    }
}

VEC_INLINE vec
vec_load_bf16(const dna_bf16 *p, vec_part part)
{
    vec v = {0};
    for (int k = 0; k < part; k++) {
        v[k] = dna_bf16_float(p[k]);
    }
    return v;
}

VEC_INLINE vec
vec_round_bf16(vec v)
{
    for (int k = 0; k < VEC_WIDTH; k++) {
        v[k] = dna_bf16_round(v[k]);
    }
    return v;
}

#endif

#endif

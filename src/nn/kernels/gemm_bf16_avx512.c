/* gemm_bf16_avx512.c - products of pairs of bf16: one instruction a pair where the
 * processor has AVX512_BF16, else a shift and a product for each number.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/kernels/gemm.h"

#include <immintrin.h>

static inline __m512i
repeat_pair(const dna_bf16 *p)
{
    int pair = 0;
    memcpy(&pair, p, sizeof(pair));
    return _mm512_set1_epi32(pair);
}

#if defined(__AVX512BF16__)
#define multiply_add(a, b, c) _mm512_dpbf16_ps(c, (__m512bh)(a), (__m512bh)(b))
#else
static inline __m512
first_of(__m512i pairs)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
}

static inline __m512
second_of(__m512i pairs)
{
    return _mm512_castsi512_ps(
        _mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000u)));
}

static inline __m512
multiply_add(__m512i a, __m512i b, __m512 c)
{
    c = _mm512_fmadd_ps(second_of(a), second_of(b), c);
    return _mm512_fmadd_ps(first_of(a), first_of(b), c);
}
#endif

#define VEC                     __m512
#define TERMS                   __m512i
#define WIDTH                   16
#define TILE_M                  6
#define TILE_V                  4
#define MASK                    __mmask16
#define vec_zero()              _mm512_setzero_ps()
#define vec_load(p)             _mm512_loadu_ps(p)
#define vec_load_mask(p, k)     _mm512_maskz_loadu_ps(k, p)
#define vec_store(p, v)         _mm512_storeu_ps(p, v)
#define vec_store_mask(p, k, v) _mm512_mask_storeu_ps(p, k, v)
#define vec_sum(v)              _mm512_reduce_add_ps(v)
#define mask_of(n)              ((__mmask16)((1u << (n)) - 1u))
#define load_terms(p)           _mm512_loadu_si512(p)
#define load_terms_mask(p, k)   _mm512_maskz_loadu_epi32(k, p)
#define repeat_term(p)          repeat_pair(p)

#include "nn/kernels/gemm_bf16.inc"

#if defined(__AVX512BF16__)
#define EXPORTED dna_gemm_bf16_avx512_bf16
#else
#define EXPORTED dna_gemm_bf16_avx512
#endif

void
EXPORTED(const dna_left_bf16 *left, int64_t N, const dna_bf16 *B, const float *first,
    int64_t ld_first, float *C, int64_t ldc)
{
    gemm_bf16(left, N, B, first, ld_first, C, ldc);
}

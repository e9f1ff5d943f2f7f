/* gemm_bf16_avx2.c - products of pairs of bf16: a shift and a product for each number.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/kernels/gemm.h"

#include <immintrin.h>

static const int32_t mask_bits[16] = {
    -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

static inline float
sum_of(__m256 v)
{
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

static inline __m256i
load_pairs(const dna_bf16 *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline __m256i
repeat_pair(const dna_bf16 *p)
{
    int pair = 0;
    memcpy(&pair, p, sizeof(pair));
    return _mm256_set1_epi32(pair);
}

static inline __m256
first_of(__m256i pairs)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16));
}

static inline __m256
second_of(__m256i pairs)
{
    return _mm256_castsi256_ps(
        _mm256_and_si256(pairs, _mm256_set1_epi32((int)0xffff0000u)));
}

static inline __m256
multiply_add(__m256i a, __m256i b, __m256 c)
{
    c = _mm256_fmadd_ps(second_of(a), second_of(b), c);
    return _mm256_fmadd_ps(first_of(a), first_of(b), c);
}

#define VEC                     __m256
#define TERMS                   __m256i
#define WIDTH                   8
#define TILE_M                  4
#define TILE_V                  2
#define MASK                    __m256i
#define vec_zero()              _mm256_setzero_ps()
#define vec_load(p)             _mm256_loadu_ps(p)
#define vec_load_mask(p, k)     _mm256_maskload_ps(p, k)
#define vec_store(p, v)         _mm256_storeu_ps(p, v)
#define vec_store_mask(p, k, v) _mm256_maskstore_ps(p, k, v)
#define vec_sum(v)              sum_of(v)
#define mask_of(n) \
    _mm256_loadu_si256((const __m256i *)(const void *)(mask_bits + 8 - (n)))
#define load_terms(p)         load_pairs(p)
#define load_terms_mask(p, k) _mm256_maskload_epi32((const int *)(const void *)(p), k)
#define repeat_term(p)        repeat_pair(p)

#include "nn/kernels/gemm_bf16.inc"

void
dna_gemm_bf16_avx2(const dna_left_bf16 *left, int64_t N, const dna_bf16 *B,
    const float *first, int64_t ld_first, float *C, int64_t ldc)
{
    gemm_bf16(left, N, B, first, ld_first, C, ldc);
}

/* gemm_avx2.c - tiles of 4 rows by up to 3 vectors of 8 floats: 12 of 16 registers.
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

#define LEFT                    dna_left
#define NUMBER                  float
#define PER                     1
#define TERMS                   __m256
#define VEC                     __m256
#define WIDTH                   8
#define TILE_M                  4
#define TILE_V                  3
#define MASK                    __m256i
#define vec_zero()              _mm256_setzero_ps()
#define vec_load(p)             _mm256_loadu_ps(p)
#define vec_load_mask(p, k)     _mm256_maskload_ps(p, k)
#define vec_store(p, v)         _mm256_storeu_ps(p, v)
#define vec_store_mask(p, k, v) _mm256_maskstore_ps(p, k, v)
#define vec_sum(v)              sum_of(v)
#define mask_of(n) \
    _mm256_loadu_si256((const __m256i *)(const void *)(mask_bits + 8 - (n)))

#define load_terms(p)         vec_load(p)
#define load_terms_mask(p, k) vec_load_mask(p, k)
#define repeat_term(p)        _mm256_set1_ps(*(p))
#define multiply_add(a, b, c) _mm256_fmadd_ps(a, b, c)

#include "nn/kernels/gemm_tiles.inc"

void
dna_gemm_avx2(const dna_left *left, int64_t N, const float *B, int64_t ldb,
    const float *first, int64_t ld_first, float *C, int64_t ldc)
{
    gemm_tiles(left, N, B, ldb, first, ld_first, C, ldc);
}

/* gemm_avx512.c - tiles of 6 rows by up to 4 vectors of 16 floats: 24 of 32 registers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/kernels/gemm.h"

#include <immintrin.h>

#define LEFT                    dna_left
#define NUMBER                  float
#define PER                     1
#define TERMS                   __m512
#define VEC                     __m512
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

#define load_terms(p)         vec_load(p)
#define load_terms_mask(p, k) vec_load_mask(p, k)
#define repeat_term(p)        _mm512_set1_ps(*(p))
#define multiply_add(a, b, c) _mm512_fmadd_ps(a, b, c)

#include "nn/kernels/gemm_tiles.inc"

void
dna_gemm_avx512(const dna_left *left, int64_t N, const float *B, int64_t ldb,
    const float *first, int64_t ld_first, float *C, int64_t ldc)
{
    gemm_tiles(left, N, B, ldb, first, ld_first, C, ldc);
}

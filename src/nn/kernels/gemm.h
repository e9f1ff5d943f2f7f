/* gemm.h - products in tiles of vectors, for processors that have fused multiply-add.
 *
 * SPDX-License-Identifier: MIT
 *
 * How a product is cut into tiles is drawn in gemm_tiles.inc; gemm_bf16_amx.c draws the
 * tiles of AMX, bf16.h the order of pairs.
 */
#ifndef DNA_NN_KERNELS_GEMM_H
#define DNA_NN_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/kernels/bf16.h"

/* The left factor, M rows of U * K numbers seen through strides:
 *     A[m * step_m + u * step_u + k * step_k],  number u * K + k of row m.
 * So it may be transposed, its rows may overlap, and a row may be U pieces of K: the
 * window of a convolution is kh pieces of kw * C numbers, one image row apart. */
typedef struct {
    const float *A;
    int64_t M, K, U;
    int64_t step_m, step_k, step_u;
} dna_left;

/* C (M x N) = A B + first; B is [U * K][N], all row-major. first may be C or NULL (0). */
void dna_gemm_avx2(const dna_left *left, int64_t N, const float *B, int64_t ldb,
    const float *first, int64_t ld_first, float *C, int64_t ldc);
void dna_gemm_avx512(const dna_left *left, int64_t N, const float *B, int64_t ldb,
    const float *first, int64_t ld_first, float *C, int64_t ldc);

/* The same of numbers rounded to bf16 (bf16.h): pair k / 2 of row m is the numbers at
 *     A + m * step_m + k / 2 * step_pair    and behind it.
 * step_pair is 2 where a row's numbers are neighbours; else K is even. */
typedef struct {
    const dna_bf16 *A;
    int64_t M, K;
    int64_t step_m, step_pair;
} dna_left_bf16;

/* C (M x N) = A B + first, in float; B is packed. */
typedef void dna_product_bf16_fn(const dna_left_bf16 *left, int64_t N,
    const dna_bf16 *B, const float *first, int64_t ld_first, float *C, int64_t ldc);
dna_product_bf16_fn dna_gemm_bf16_avx2, dna_gemm_bf16_avx512, dna_gemm_bf16_avx512_bf16,
    dna_gemm_bf16_amx;

/* An odd K: C += its last number, which has no partner, times the first ones of B's pairs. */
static inline void
dna_add_last_bf16(
    const dna_left_bf16 *left, int64_t N, const dna_bf16 *B, float *C, int64_t ldc)
{
    for (int64_t m = 0; m < left->M; m++) {
        float x = dna_bf16_float(left->A[m * left->step_m + left->K - 1]);
        for (int64_t n = 0; n < N; n++) {
            C[m * ldc + n] += x * dna_bf16_float(B[2 * n]);
        }
    }
}

#endif

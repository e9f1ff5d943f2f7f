/* gemm.h - products with fused multiply-add, for processors that have it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_KERNELS_GEMM_H
#define DNA_NN_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

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

#endif

/* gemm.h - products with fused multiply-add, for processors that have it.
 *
 * SPDX-License-Identifier: MIT
 *
 * C (+)= A B where A[m][k] stands at A[m * step_m + k * step_k]: transposed A has
 * step_m 1, and rows may overlap. B and C are row-major.
 */
#ifndef DNA_NN_KERNELS_GEMM_H
#define DNA_NN_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

void dna_gemm_avx2(int64_t M, int64_t N, int64_t K, const float *A, int64_t step_m,
    int64_t step_k, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc);
void dna_gemm_avx512(int64_t M, int64_t N, int64_t K, const float *A, int64_t step_m,
    int64_t step_k, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc);

#endif

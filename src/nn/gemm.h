/* gemm.h - products of matrices by oneDNN, if it is built in.
 *
 * SPDX-License-Identifier: MIT
 *
 * C (+)= op(A) op(B), row-major, M x K times K x N; op transposes if asked. Runs in the
 * calling thread alone: the pool of the program spreads the work.
 */
#ifndef DNA_NN_GEMM_H
#define DNA_NN_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef int (*dna_gemm_fn)(bool trans_a, bool trans_b, int64_t M, int64_t N, int64_t K,
    const float *A, int64_t lda, const float *B, int64_t ldb, bool is_add, float *C,
    int64_t ldc);

/** oneDNN's sgemm (onednn/gemm.c); NULL if dnadna was built without it. */
dna_gemm_fn dna_gemm_onednn(void);
/** "2.6.3", as loaded; false if dnadna was built without it. */
bool dna_gemm_onednn_version(char *buf, size_t size);

#endif

/* gemm.c - our own product of matrices, from the kernel table of this processor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/gemm.h"

#include "nn/kernels/kernels.h"

static int
own(bool trans_a, bool trans_b, int64_t M, int64_t N, int64_t K, const float *A,
    int64_t lda, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc)
{
    dna_kernels_for(NULL)->gemm(
        trans_a, trans_b, M, N, K, A, lda, B, ldb, is_add, C, ldc);
    return DNA_OK;
}

dna_gemm_fn
dna_gemm_own(void)
{
    return own;
}

#if !defined(DNA_HAVE_ONEDNN)
dna_gemm_fn
dna_gemm_onednn(void)
{
    return NULL;
}
#endif

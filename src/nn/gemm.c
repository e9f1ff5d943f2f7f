/* gemm.c - products of matrices: oneDNN's for large ones, else the kernels of the
 * program.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/gemm.h"

#include "nn/compile/lower.h"

/* Below this many multiplications a call to oneDNN costs more than the work. */
#define SMALL 2048

int
dna_gemm(const dna_exec *e, bool trans_a, bool trans_b, int64_t M, int64_t N, int64_t K,
    const float *A, int64_t lda, const float *B, int64_t ldb, bool is_add, float *C,
    int64_t ldc)
{
    /* oneDNN chooses its loops by the number of rows; in evaluation a sample must have
     * the same bits alone as in any batch, which ours grant */
    if (e->p->gemm != NULL && e->p->is_training && M * N * K >= SMALL) {
        return e->p->gemm(trans_a, trans_b, M, N, K, A, lda, B, ldb, is_add, C, ldc);
    }
    e->p->k->gemm(trans_a, trans_b, M, N, K, A, lda, B, ldb, is_add, C, ldc);
    return DNA_OK;
}

#if !defined(DNA_HAVE_ONEDNN)
dna_gemm_fn
dna_gemm_onednn(void)
{
    return NULL;
}

bool
dna_gemm_onednn_version(char *buf, size_t size)
{
    (void)buf;
    (void)size;
    return false;
}
#endif

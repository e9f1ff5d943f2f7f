/* gemm.c - products of matrices by oneDNN; the only folder that includes its header.
 *
 * SPDX-License-Identifier: MIT
 *
 * oneDNN would start OpenMP threads of its own; each call is held to the calling
 * thread, so that our pool decides how many work and sums do not depend on it.
 */
#include "nn/gemm.h"

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

static int
onednn_gemm(bool trans_a, bool trans_b, int64_t M, int64_t N, int64_t K, const float *A,
    int64_t lda, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc)
{
    int n_thread = omp_get_max_threads();
    omp_set_num_threads(1);
    dnnl_status_t status = dnnl_sgemm(trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', M, N, K,
        1.0f, A, lda, B, ldb, is_add ? 1.0f : 0.0f, C, ldc);
    omp_set_num_threads(n_thread);
    if (status != dnnl_success) {
        return dna_fail(DNA_EBACKEND, "oneDNN: product %lld x %lld x %lld: status %d",
            (long long)M, (long long)N, (long long)K, (int)status);
    }
    return DNA_OK;
}

dna_gemm_fn
dna_gemm_onednn(void)
{
    return onednn_gemm;
}

bool
dna_gemm_onednn_version(char *buf, size_t size)
{
    const dnnl_version_t *v = dnnl_version();
    snprintf(buf, size, "%d.%d.%d", v->major, v->minor, v->patch);
    return true;
}

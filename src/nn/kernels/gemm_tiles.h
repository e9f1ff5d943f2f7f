/* gemm_tiles.h - the product of matrices for one vector width; included by
 * gemm_<isa>.c.
 *
 * SPDX-License-Identifier: MIT
 *
 * C (M x N) is cut into tiles that stay in registers while all of K runs:
 *
 *            N: up to TILE_V vectors of WIDTH floats, the last one masked
 *          +--------+--------+--------+
 *   M:     |  acc   |  acc   |  acc   |     acc[m][v] += A[m][k] * B[k][v]
 *   TILE_M +--------+--------+--------+
 *   rows   |        |        |        |     one B row is loaded once for TILE_M rows,
 *          +--------+--------+--------+     one A number is broadcast to TILE_V vectors
 *
 * A is read as A[m * step_m + k * step_k]: so it may be transposed, and its rows may
 * overlap (step_m < K), which is how a convolution reads its windows without a copy.
 * B is not packed: a row of it is contiguous, and the few hundred rows in use fit the
 * cache. The includer defines: VEC, WIDTH, TILE_M, TILE_V, MASK, vec_zero, vec_load,
 * vec_load_mask, vec_store, vec_store_mask, vec_fma, vec_set1, mask_of, TABLE.
 */
#include <stdbool.h>
#include <stdint.h>

/* One tile of `rows` x (`vectors` * WIDTH) with constant sizes, so that acc is unrolled
 * into registers. `mask` is for the last vector. */
static inline __attribute__((always_inline)) void
tile(int rows, int vectors, MASK mask, int64_t K, const float *A, int64_t step_m,
    int64_t step_k, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc)
{
    VEC acc[TILE_M][TILE_V];
#pragma GCC unroll 16
    for (int m = 0; m < rows; m++) {
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) {
            float *c = C + m * ldc + v * WIDTH;
            acc[m][v] = !is_add            ? vec_zero()
                        : v == vectors - 1 ? vec_load_mask(c, mask)
                                           : vec_load(c);
        }
    }
    for (int64_t k = 0; k < K; k++) {
        VEC b[TILE_V];
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) {
            const float *at = B + k * ldb + v * WIDTH;
            b[v] = v == vectors - 1 ? vec_load_mask(at, mask) : vec_load(at);
        }
#pragma GCC unroll 16
        for (int m = 0; m < rows; m++) {
            VEC a = vec_set1(A[m * step_m + k * step_k]);
#pragma GCC unroll 16
            for (int v = 0; v < vectors; v++) {
                acc[m][v] = vec_fma(a, b[v], acc[m][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int m = 0; m < rows; m++) {
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) {
            float *c = C + m * ldc + v * WIDTH;
            if (v == vectors - 1) {
                vec_store_mask(c, mask, acc[m][v]);
            } else {
                vec_store(c, acc[m][v]);
            }
        }
    }
}

/* All rows of one column block of `vectors` vectors. */
static inline __attribute__((always_inline)) void
columns(int vectors, MASK mask, int64_t M, int64_t K, const float *A, int64_t step_m,
    int64_t step_k, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc)
{
    int64_t m = 0;
    for (; m + TILE_M <= M; m += TILE_M) {
        tile(TILE_M, vectors, mask, K, A + m * step_m, step_m, step_k, B, ldb, is_add,
            C + m * ldc, ldc);
    }
    for (; m + 2 <= M; m += 2) {
        tile(2, vectors, mask, K, A + m * step_m, step_m, step_k, B, ldb, is_add,
            C + m * ldc, ldc);
    }
    if (m < M) {
        tile(1, vectors, mask, K, A + m * step_m, step_m, step_k, B, ldb, is_add,
            C + m * ldc, ldc);
    }
}

static void
gemm_tiles(int64_t M, int64_t N, int64_t K, const float *A, int64_t step_m,
    int64_t step_k, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc)
{
    for (int64_t n = 0; n < N; n += TILE_V * WIDTH) {
        int64_t left = N - n < TILE_V * WIDTH ? N - n : TILE_V * WIDTH;
        MASK mask = mask_of((left - 1) % WIDTH + 1);
        switch ((left + WIDTH - 1) / WIDTH) {
        case 1:
            columns(1, mask, M, K, A, step_m, step_k, B + n, ldb, is_add, C + n, ldc);
            break;
        case 2:
            columns(2, mask, M, K, A, step_m, step_k, B + n, ldb, is_add, C + n, ldc);
            break;
#if TILE_V > 3
        case 3:
            columns(3, mask, M, K, A, step_m, step_k, B + n, ldb, is_add, C + n, ldc);
            break;
#endif
        default:
            columns(
                TILE_V, mask, M, K, A, step_m, step_k, B + n, ldb, is_add, C + n, ldc);
            break;
        }
    }
}

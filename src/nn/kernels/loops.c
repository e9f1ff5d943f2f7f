/* loops.c - the kernels in plain C; compiled once for each instruction set.
 *
 * SPDX-License-Identifier: MIT
 *
 * DNA_ISA is the suffix of the table. Channels are the innermost loop wherever that is
 * possible, since they are contiguous: that is what the compiler vectorises.
 */
#include "nn/kernels/kernels.h"

#include <string.h>

#include "nn/kernels/gemm.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)
#define TEXT2(a)     #a
#define TEXT(a)      TEXT2(a)

/* ---- strided copies and sums ---- */

static void
inner_loop(const dna_strided *s, float *restrict dst, const float *restrict src)
{
    int64_t n = s->extent[3];
    int64_t ds = s->dst_stride[3];
    int64_t ss = s->src_stride[3];
    float k = s->scale;

    if (ds == 1 && ss == 1 && k == 1.0f && !s->is_add) {
        memcpy(dst, src, (size_t)n * sizeof(*dst));
    } else if (ds == 1 && ss == 1 && s->is_add) {
        for (int64_t i = 0; i < n; i++) {
            dst[i] += k * src[i];
        }
    } else if (ds == 1 && ss == 1) {
        for (int64_t i = 0; i < n; i++) {
            dst[i] = k * src[i];
        }
    } else if (s->is_add) {
        for (int64_t i = 0; i < n; i++) {
            dst[i * ds] += k * src[i * ss];
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            dst[i * ds] = k * src[i * ss];
        }
    }
}

static void
strided(const dna_strided *s, float *dst, const float *src)
{
    for (int64_t i = 0; i < s->extent[0]; i++) {
        for (int64_t j = 0; j < s->extent[1]; j++) {
            for (int64_t k = 0; k < s->extent[2]; k++) {
                inner_loop(s,
                    dst + i * s->dst_stride[0] + j * s->dst_stride[1]
                        + k * s->dst_stride[2],
                    src + i * s->src_stride[0] + j * s->src_stride[1]
                        + k * s->src_stride[2]);
            }
        }
    }
}

/* ---- batch norm ---- */

/* Rows are summed in float over short runs, the runs in double: fast and exact enough.
 */
#define RUN   64
#define BLOCK 64

static void
moments(const float *x, int64_t n, int64_t C, const float *shift, double *sum,
    double *squares)
{
    for (int64_t c0 = 0; c0 < C; c0 += BLOCK) {
        int64_t m = C - c0 < BLOCK ? C - c0 : BLOCK;
        for (int64_t r0 = 0; r0 < n; r0 += RUN) {
            int64_t r1 = n - r0 < RUN ? n : r0 + RUN;
            float a[BLOCK] = {0};
            float b[BLOCK] = {0};
            for (int64_t r = r0; r < r1; r++) {
                const float *row = x + r * C + c0;
                for (int64_t c = 0; c < m; c++) {
                    float d = row[c] - shift[c0 + c];
                    a[c] += d;
                    b[c] += d * d;
                }
            }
            for (int64_t c = 0; c < m; c++) {
                sum[c0 + c] += (double)a[c];
                squares[c0 + c] += (double)b[c];
            }
        }
    }
}

static void
normalise(float *y, const float *x, int64_t n, int64_t C, const float *mean,
    const float *scale, const float *shift)
{
    for (int64_t r = 0; r < n; r++) {
        for (int64_t c = 0; c < C; c++) {
            y[r * C + c] = (x[r * C + c] - mean[c]) * scale[c] + shift[c];
        }
    }
}

static void
norm_sums(const float *dy, const float *x, int64_t n, int64_t C, const float *mean,
    double *sum, double *sum_x)
{
    for (int64_t c0 = 0; c0 < C; c0 += BLOCK) {
        int64_t m = C - c0 < BLOCK ? C - c0 : BLOCK;
        for (int64_t r0 = 0; r0 < n; r0 += RUN) {
            int64_t r1 = n - r0 < RUN ? n : r0 + RUN;
            float a[BLOCK] = {0};
            float b[BLOCK] = {0};
            for (int64_t r = r0; r < r1; r++) {
                const float *row = x + r * C + c0;
                const float *grad = dy + r * C + c0;
                for (int64_t c = 0; c < m; c++) {
                    a[c] += grad[c];
                    b[c] += grad[c] * (row[c] - mean[c0 + c]);
                }
            }
            for (int64_t c = 0; c < m; c++) {
                sum[c0 + c] += (double)a[c];
                sum_x[c0 + c] += (double)b[c];
            }
        }
    }
}

static void
norm_backward(float *dx, const float *dy, const float *x, int64_t n, int64_t C,
    const float *mean, const float *a, const float *b, const float *c, bool is_add)
{
    for (int64_t r = 0; r < n; r++) {
        float *out = dx + r * C;
        const float *grad = dy + r * C;
        const float *row = x + r * C;
        if (is_add) {
            for (int64_t k = 0; k < C; k++) {
                out[k] += a[k] * grad[k] + b[k] * (row[k] - mean[k]) + c[k];
            }
        } else {
            for (int64_t k = 0; k < C; k++) {
                out[k] = a[k] * grad[k] + b[k] * (row[k] - mean[k]) + c[k];
            }
        }
    }
}

/* ---- products ---- */

#define TILE_N 64

#define DOT_ROWS 4
#define DOT_SUMS 16

/* out[r] = row r of a times b, in sixteen partial sums each. The sums of a row are the
 * same whichever rows stand beside it. */
static inline __attribute__((always_inline)) void
dots_of(int rows, const float *a, int64_t lda, const float *b, int64_t n, float *out)
{
    float sum[DOT_ROWS][DOT_SUMS] = {{0}};
    int64_t i = 0;
    for (; i + DOT_SUMS <= n; i += DOT_SUMS) {
        for (int r = 0; r < rows; r++) {
            for (int64_t j = 0; j < DOT_SUMS; j++) {
                sum[r][j] += a[r * lda + i + j] * b[i + j];
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        out[r] = 0.0f;
        for (int64_t k = i; k < n; k++) {
            out[r] += a[r * lda + k] * b[k];
        }
        for (int64_t j = 0; j < DOT_SUMS; j++) {
            out[r] += sum[r][j];
        }
    }
}

static void
dots(int64_t rows, const float *a, int64_t lda, const float *b, int64_t n, float *out)
{
    switch (rows) {
    case 1:
        dots_of(1, a, lda, b, n, out);
        break;
    case 2:
        dots_of(2, a, lda, b, n, out);
        break;
    case 3:
        dots_of(3, a, lda, b, n, out);
        break;
    default:
        dots_of(DOT_ROWS, a, lda, b, n, out);
        break;
    }
}

#if defined(DNA_TILES) /* the tiles of this instruction set */
#define tiles PASTE(dna_gemm_, DNA_BASE_ISA)
#else
static void
tiles(const dna_left *a, int64_t N, const float *B, int64_t ldb, const float *first,
    int64_t ld_first, float *C, int64_t ldc)
{
    for (int64_t m = 0; m < a->M; m++) {
        for (int64_t n0 = 0; n0 < N; n0 += TILE_N) {
            int64_t n = N - n0 < TILE_N ? N - n0 : TILE_N;
            float row[TILE_N] = {0};
            if (first != NULL) {
                memcpy(row, first + m * ld_first + n0, (size_t)n * sizeof(*row));
            }
            for (int64_t u = 0; u < a->U; u++) {
                const float *left = a->A + m * a->step_m + u * a->step_u;
                const float *b = B + u * a->K * ldb + n0;
                for (int64_t k = 0; k < a->K; k++) {
                    float x = left[k * a->step_k];
                    for (int64_t j = 0; j < n; j++) {
                        row[j] += x * b[k * ldb + j];
                    }
                }
            }
            memcpy(C + m * ldc + n0, row, (size_t)n * sizeof(*row));
        }
    }
}
#endif

static void
product(
    const dna_left *left, int64_t N, const float *B, int64_t ldb, float *C, int64_t ldc)
{
    tiles(left, N, B, ldb, C, ldc, C, ldc);
}

static void
gemm(bool trans_a, bool trans_b, int64_t M, int64_t N, int64_t K, const float *A,
    int64_t lda, const float *B, int64_t ldb, bool is_add, float *C, int64_t ldc)
{
    if (!trans_b) {
        dna_left left = {.A = A,
            .M = M,
            .K = K,
            .U = 1,
            .step_m = trans_a ? 1 : lda,
            .step_k = trans_a ? lda : 1};
        tiles(&left, N, B, ldb, is_add ? C : NULL, ldc, C, ldc);
        return;
    }
    for (int64_t m = 0; trans_a && m < M; m++) {
        for (int64_t n = 0; n < N; n++) {
            float v = is_add ? C[m * ldc + n] : 0.0f;
            for (int64_t k = 0; k < K; k++) {
                v += A[k * lda + m] * B[n * ldb + k];
            }
            C[m * ldc + n] = v;
        }
    }
    for (int64_t m = 0; !trans_a && m < M; m += DOT_ROWS) {
        int64_t rows = M - m < DOT_ROWS ? M - m : DOT_ROWS;
        for (int64_t n = 0; n < N; n++) {
            float v[DOT_ROWS];
            dots(rows, A + m * lda, lda, B + n * ldb, K, v);
            for (int64_t r = 0; r < rows; r++) {
                float *out = &C[(m + r) * ldc + n];
                *out = is_add ? *out + v[r] : v[r];
            }
        }
    }
}

static void
column_sums(float *sum, const float *x, int64_t n, int64_t C)
{
    for (int64_t r = 0; r < n; r++) {
        for (int64_t c = 0; c < C; c++) {
            sum[c] += x[r * C + c];
        }
    }
}

const dna_kernels PASTE(dna_kernels_, DNA_ISA) = {
    .isa = TEXT(DNA_ISA),
    .strided = strided,
    .activation = PASTE(dna_activations_, DNA_BASE_ISA),
    .moments = moments,
    .normalise = normalise,
    .norm_sums = norm_sums,
    .norm_backward = norm_backward,
    .pool = &PASTE(dna_pools_, DNA_BASE_ISA),
    .axis = &PASTE(dna_axes_, DNA_BASE_ISA),
    .gemm = gemm,
    .product = product,
    .product_from = tiles,
    .windows = &PASTE(dna_windows_, DNA_ISA),
    .tables = &PASTE(dna_tables_, DNA_BASE_ISA),
    .bf16 = &PASTE(dna_bf16_, DNA_ISA),
    .column_sums = column_sums,
    .rows = &PASTE(dna_rows_, DNA_BASE_ISA),
    .cells = &PASTE(dna_cells_, DNA_BASE_ISA),
};

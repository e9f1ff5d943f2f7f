/* kernels.h - the inner loops, behind one table chosen for the processor at run time.
 *
 * SPDX-License-Identifier: MIT
 *
 * Most kernels are plain C that compilers turn into vector code; the same sources are
 * compiled for several instruction sets (no contraction of products and sums), so all
 * of them give the same bits. Products and windows have vectors of each set (gemm.h,
 * vec.h), with fused multiply-add where there is one. Tensors with space are channels-last: position p, channel
 * c of one sample at [p * C + c].
 */
#ifndef DNA_NN_KERNELS_H
#define DNA_NN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"
#include "nn/activation.h"
#include "nn/dropout.h"
#include "nn/kernels/gemm.h"

#define DNA_STRIDED_DIM \
    4 /* a tensor without its batch; extents of 1 in front if fewer */

/* One loop nest: dst[sum i_d * dst_stride[d]] (+)= scale * src[sum i_d *
 * src_stride[d]]. A source stride of 0 repeats, a destination stride of 0 sums (with
 * is_add). */
typedef struct {
    int64_t extent[DNA_STRIDED_DIM];
    int64_t dst_stride[DNA_STRIDED_DIM];
    int64_t src_stride[DNA_STRIDED_DIM];
    float scale;
    bool is_add;
} dna_strided;

/* Sizes of a pooling in channels-last planes. */
typedef struct {
    int64_t C, H, W, OH, OW;
    int64_t kernel[2], stride[2], pad[2];
} dna_pool_dims;

/* One sample. */
typedef struct {
    /* at [OH * OW * C] gets the place of the largest in its window (NULL: not wanted).
     * Windows of at most 255 entries. */
    void (*max)(const dna_pool_dims *d, float *y, const float *x, uint8_t *at);
    /* dx must be zeroed or hold what is to be added to. */
    void (*max_backward)(
        const dna_pool_dims *d, float *dx, const float *dy, const uint8_t *at);
    void (*avg)(const dna_pool_dims *d, float *y, const float *x, bool exclude_pad);
    /* dx as above */
    void (*avg_backward)(
        const dna_pool_dims *d, float *dx, const float *dy, bool exclude_pad);
} dna_pool_kernels;

/* A sample as [outer][extent][inner]. */
typedef struct {
    int64_t outer, extent, inner;
} dna_axis_dims;

/* One sample, along `extent`. */
typedef struct {
    /* y may be x, dx may be dy */
    void (*softmax)(const dna_axis_dims *d, float *y, const float *x);
    void (*softmax_backward)(const dna_axis_dims *d, float *dx, const float *dy,
        const float *y, bool is_add);
    /* y, at [outer][inner]; at gets the places of the largest (NULL: not wanted) */
    void (*max)(const dna_axis_dims *d, float *y, const float *x, int32_t *at);
    /* dx must be zeroed or hold what is to be added to */
    void (*max_backward)(
        const dna_axis_dims *d, float *dx, const float *dy, const int32_t *at);
    /* y (+)= x where the draw leaves it, scaled. P positions of C channels, drawn in the
     * order [C][P] */
    void (*dropout)(const dna_dropout_draw *draw, int64_t P, int64_t C, float *y,
        const float *x, bool is_add);
} dna_axis_kernels;

/* y = f(x); dx (+)= dy * f'. v is y or x, as dna_activation_uses_output() says. y may
 * be x, dx may be dy. */
typedef struct {
    void (*forward)(float *y, const float *x, int64_t n, const float *k);
    void (*backward)(float *dx, const float *dy, const float *v, int64_t n,
        const float *k, bool is_add);
} dna_activation_kernel;

/* Norms over a row of n neighbouring numbers; weight and bias may be NULL. */
typedef struct {
    /* Sums of (x - shift) and (x - shift)^2, added to doubles. */
    void (*moments)(
        const float *x, int64_t n, float shift, double *sum, double *squares);
    /* y = ((x - mean) * scale + shift) * weight + bias */
    void (*normalise)(float *y, const float *x, int64_t n, float mean, float scale,
        float shift, const float *weight, const float *bias);
    /* Sums of weight * dy and weight * dy * (x - mean), added to doubles. */
    void (*sums)(const float *dy, const float *x, int64_t n, float mean,
        const float *weight, double *sum, double *sum_x);
    /* dweight += dy * (x - mean + rest) * inv_std, dbias += dy */
    void (*weight_grad)(double *dweight, double *dbias, const float *dy, const float *x,
        int64_t n, float mean, float rest, float inv_std);
    /* dx (+)= a * weight * dy + b * (x - mean) + c; dx may be dy */
    void (*backward)(float *dx, const float *dy, const float *x, int64_t n, float mean,
        const float *weight, float a, float b, float c, bool is_add);
} dna_row_kernels;

/* One step of a recurrent layer with H entries. g: four blocks of H, in gru n, r, z and
 * the part of n from the state, in lstm i, f, g, o: sums of products that become gates;
 * backward: gates that become the gradients of those sums. `before` is the state (gru) or
 * cell (lstm) of the step before, NULL at the first. */
typedef struct {
    void (*gru)(int64_t H, float *g, const float *before, float *h);
    /* dh becomes the part of the gradient of `before` that goes past the gates. */
    void (*gru_backward)(int64_t H, float *g, const float *before, float *dh);
    void (*lstm)(int64_t H, float *g, const float *before, float *c, float *h);
    /* dc becomes the gradient of `before`. */
    void (*lstm_backward)(int64_t H, float *g, const float *before, const float *c,
        const float *dh, float *dc);
} dna_cell_kernels;

/* Windows of kh x kw neighbours in rows of products, without overlap: n side by side in a
 * block of at least n * kw positions of C channels; rows are `row` numbers apart. */
typedef struct {
    int64_t C, n, kh, kw, row;
    bool is_relu; /* of the largest */
} dna_windows;

/* Where the results of n windows go; NULL: not wanted. */
typedef struct {
    float *y;           /* [n][C] */
    dna_bf16 *y_bf16;   /* the same instead, rounded; sums are those of the rounded */
    uint8_t *at;        /* [n][C]: which entry was the largest */
    float *row_sums;    /* [n][C] += y */
    float *sums;        /* [2][C] = sums of y - shift and of its squares */
    const float *shift; /* [C]; NULL: the first of y */
} dna_window_result;

/* The gradient of the results: slopes[0] * dy + slopes[1] * y + slopes[2] + row_factor *
 * row. Without slopes it is dy + row_factor * row; dy or row may be NULL (0). */
typedef struct {
    const float *dy, *y;              /* [n][C] */
    const dna_bf16 *dy_bf16, *y_bf16; /* instead of these */
    const uint8_t *at;                /* NULL where a window has one entry */
    const float *slopes;              /* [3][C] */
    const float *row;                 /* [n][C] */
    float row_factor;
    float *sums;       /* [C] = its sum over the windows, after the ReLU */
    float *row_sums;   /* NULL, or += that of the products, over the rows of a window */
    dna_bf16 *dt_bf16; /* where the gradient of the products goes instead, rounded */
} dna_window_grad;

typedef struct {
    void (*forward)(const dna_windows *d, const dna_window_result *r, const float *t);
    /* dt: all entries of the windows are written. */
    void (*backward)(const dna_windows *d, const dna_window_grad *g, float *dt);
} dna_window_kernels;

/* Tables of 2^bits rows of C numbers (compile/table.h). The code of a position p is made of
 * the entries p .. p + bits - 1, the first as the highest bit; beyond the end they are 0. */
typedef struct {
    void (*encode)(uint8_t *codes, const float *x, int64_t n, int bits);
    /* whether all entries are 0 or 1 */
    bool (*is_binary)(const float *x, int64_t n);
    /* out[p] = table[codes[p] >> shift] + first[p], whose rows are ld_first apart; NULL: 0 */
    void (*gather)(float *out, const float *table, const uint8_t *codes, int shift,
        int64_t n, int64_t C, const float *first, int64_t ld_first);
    /* table[codes[p] >> shift] += x[p] */
    void (*scatter)(float *table, const float *x, const uint8_t *codes, int shift,
        int64_t n, int64_t C);
} dna_table_kernels;

/* Numbers rounded to bf16 (bf16.h). */
typedef struct {
    dna_product_bf16_fn *product;
    /* n rows of C numbers, two neighbours side by side:
     * pairs[(i * C + c) * 2 + h] = x[(2 i + h) * C + c], for n_pair pairs; 0 beyond n */
    void (*interleave)(
        dna_bf16 *pairs, const dna_bf16 *x, int64_t n, int64_t n_pair, int64_t C);
    void (*round)(dna_bf16 *y, const float *x, int64_t n);
} dna_bf16_kernels;

typedef struct {
    const char *isa; /* "c", "avx2", "avx512", "avx512_bf16", "amx" */

    void (*strided)(const dna_strided *s, float *dst, const float *src);

    const dna_activation_kernel *activation; /* [DNA_N_ACTIVATION] */

    /* Sums over n rows of C channels of (x - shift) and (x - shift)^2, added to
     * doubles. */
    void (*moments)(const float *x, int64_t n, int64_t C, const float *shift,
        double *sum, double *squares);
    /* y = (x - mean) * scale + shift, per channel; the mean goes first, so that nothing
     * cancels where it is large against the deviation */
    void (*normalise)(float *y, const float *x, int64_t n, int64_t C, const float *mean,
        const float *scale, const float *shift);
    /* Sums over n rows of dy and dy * (x - mean), added to doubles. */
    void (*norm_sums)(const float *dy, const float *x, int64_t n, int64_t C,
        const float *mean, double *sum, double *sum_x);
    /* dx (+)= a * dy + b * (x - mean) + c, per channel */
    void (*norm_backward)(float *dx, const float *dy, const float *x, int64_t n,
        int64_t C, const float *mean, const float *a, const float *b, const float *c,
        bool is_add);

    const dna_pool_kernels *pool;
    const dna_axis_kernels *axis;

    /* C (+)= op(A) op(B), row-major; op transposes if asked. M x K times K x N. */
    void (*gemm)(bool trans_a, bool trans_b, int64_t M, int64_t N, int64_t K,
        const float *A, int64_t lda, const float *B, int64_t ldb, bool is_add, float *C,
        int64_t ldc);
    /* C += A B; B is [U * K][N]. */
    void (*product)(const dna_left *left, int64_t N, const float *B, int64_t ldb,
        float *C, int64_t ldc);
    /* C = A B + first, whose rows are ld_first apart (0: one row for all); NULL: 0. */
    void (*product_from)(const dna_left *left, int64_t N, const float *B, int64_t ldb,
        const float *first, int64_t ld_first, float *C, int64_t ldc);
    /* sum[c] += over n rows */
    void (*column_sums)(float *sum, const float *x, int64_t n, int64_t C);

    const dna_window_kernels *windows;
    const dna_table_kernels *tables;
    const dna_bf16_kernels *bf16;
    const dna_row_kernels *rows;
    const dna_cell_kernels *cells;
} dna_kernels;

/** The best table this processor can run; isa names a lower one ("c", "avx2", ...),
 *  NULL: the best. An unknown or impossible name gives NULL. */
const dna_kernels *dna_kernels_for(const char *isa);
/** The same; DNA_EUNSUPPORTED with a message that names what there is. */
int dna_kernels_find(const dna_kernels **out, const char *isa) DNA_MUST_CHECK;

extern const dna_pool_kernels dna_pools_c, dna_pools_avx2, dna_pools_avx512;
extern const dna_axis_kernels dna_axes_c, dna_axes_avx2, dna_axes_avx512;
extern const dna_activation_kernel dna_activations_c[DNA_N_ACTIVATION];
extern const dna_activation_kernel dna_activations_avx2[DNA_N_ACTIVATION];
extern const dna_activation_kernel dna_activations_avx512[DNA_N_ACTIVATION];
extern const dna_row_kernels dna_rows_c, dna_rows_avx2, dna_rows_avx512;
extern const dna_window_kernels dna_windows_c, dna_windows_avx2, dna_windows_avx512,
    dna_windows_avx512_bf16, dna_windows_amx;
extern const dna_bf16_kernels dna_bf16_c, dna_bf16_avx2, dna_bf16_avx512,
    dna_bf16_avx512_bf16, dna_bf16_amx;
extern const dna_table_kernels dna_tables_c, dna_tables_avx2, dna_tables_avx512;
extern const dna_cell_kernels dna_cells_c, dna_cells_avx2, dna_cells_avx512;

extern const dna_kernels dna_kernels_c;
#if defined(DNA_HAVE_AVX2)
extern const dna_kernels dna_kernels_avx2;
#endif
#if defined(DNA_HAVE_AVX512)
extern const dna_kernels dna_kernels_avx512;
extern const dna_kernels dna_kernels_avx512_bf16;
extern const dna_kernels dna_kernels_amx;
#endif

#endif

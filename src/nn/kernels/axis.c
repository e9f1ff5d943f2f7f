/* axis.c - softmax and maximum along one dimension, and dropout; compiled once for each
 * instruction set.
 *
 * SPDX-License-Identifier: MIT
 *
 * A sample is [outer][extent][inner]. Columns of a block of inner go together, each in a
 * lane of a vector; where inner is 1 the entries of the one column lie side by side.
 */
#include <string.h>

#include "nn/kernels/kernels.h"
#include "nn/kernels/vector_math.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

#define BLOCK 64

static int64_t
smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- softmax ---- */

/* m columns, `inner` from one entry of a column to the next. y may be x. */
static void
softmax_columns(float *y, const float *x, int64_t extent, int64_t inner, int64_t m)
{
    float most[BLOCK];
    float value[BLOCK];
    double sum[BLOCK] = {0};
    memcpy(most, x, (size_t)m * sizeof(*most));
    for (int64_t e = 1; e < extent; e++) {
        for (int64_t i = 0; i < m; i++) {
            most[i] = x[e * inner + i] > most[i] ? x[e * inner + i] : most[i];
        }
    }
    for (int64_t e = 0; e < extent; e++) {
        for (int64_t i = 0; i < m; i++) {
            value[i] = exp_of(x[e * inner + i] - most[i]);
            sum[i] += (double)value[i];
        }
        memcpy(y + e * inner, value, (size_t)m * sizeof(*value));
    }
    for (int64_t i = 0; i < m; i++) {
        value[i] = (float)(1.0 / sum[i]);
    }
    for (int64_t e = 0; e < extent; e++) {
        for (int64_t i = 0; i < m; i++) {
            y[e * inner + i] *= value[i];
        }
    }
}

/* One column without gaps. */
static void
softmax_row(float *y, const float *x, int64_t n)
{
    float value[BLOCK];
    float most = x[0];
    double sum = 0.0;
    for (int64_t i = 1; i < n; i++) {
        most = x[i] > most ? x[i] : most;
    }
    for (int64_t i0 = 0; i0 < n; i0 += BLOCK) {
        int64_t m = smaller(n - i0, BLOCK);
        for (int64_t i = 0; i < m; i++) {
            value[i] = exp_of(x[i0 + i] - most);
        }
        for (int64_t i = 0; i < m; i++) {
            sum += (double)value[i];
        }
        memcpy(y + i0, value, (size_t)m * sizeof(*value));
    }
    float scale = (float)(1.0 / sum);
    for (int64_t i = 0; i < n; i++) {
        y[i] *= scale;
    }
}

static void
softmax(const dna_axis_dims *d, float *y, const float *x)
{
    int64_t size = d->extent * d->inner;
    for (int64_t o = 0; o < d->outer; o++) {
        if (d->inner == 1) {
            softmax_row(y + o * size, x + o * size, size);
            continue;
        }
        for (int64_t i = 0; i < d->inner; i += BLOCK) {
            softmax_columns(y + o * size + i, x + o * size + i, d->extent, d->inner,
                smaller(d->inner - i, BLOCK));
        }
    }
}

/* dx (+)= y (dy - sum of dy y) of m columns; dx may be dy. */
static void
softmax_backward_columns(float *dx, const float *dy, const float *y, int64_t extent,
    int64_t inner, int64_t m, bool is_add)
{
    double sum[BLOCK] = {0};
    for (int64_t e = 0; e < extent; e++) {
        for (int64_t i = 0; i < m; i++) {
            sum[i] += (double)dy[e * inner + i] * (double)y[e * inner + i];
        }
    }
    for (int64_t e = 0; e < extent; e++) {
        for (int64_t i = 0; i < m; i++) {
            int64_t at = e * inner + i;
            float v = y[at] * (float)((double)dy[at] - sum[i]);
            dx[at] = is_add ? dx[at] + v : v;
        }
    }
}

static void
softmax_backward(
    const dna_axis_dims *d, float *dx, const float *dy, const float *y, bool is_add)
{
    int64_t size = d->extent * d->inner;
    for (int64_t o = 0; o < d->outer; o++) {
        for (int64_t i = 0; i < d->inner; i += BLOCK) {
            int64_t at = o * size + i;
            softmax_backward_columns(dx + at, dy + at, y + at, d->extent, d->inner,
                smaller(d->inner - i, BLOCK), is_add);
        }
    }
}

/* ---- maximum ---- */

/* The first of the largest stays, as does the first NaN. */
static void
max(const dna_axis_dims *d, float *y, const float *x, int32_t *at)
{
    int64_t size = d->extent * d->inner;
    for (int64_t o = 0; o < d->outer; o++) {
        for (int64_t i0 = 0; i0 < d->inner; i0 += BLOCK) {
            const float *in = x + o * size + i0;
            int64_t m = smaller(d->inner - i0, BLOCK);
            float best[BLOCK];
            int32_t place[BLOCK] = {0};
            memcpy(best, in, (size_t)m * sizeof(*best));
            for (int64_t e = 1; e < d->extent; e++) {
                for (int64_t i = 0; i < m; i++) {
                    float v = in[e * d->inner + i];
                    bool is_larger = v > best[i] || (v != v && best[i] == best[i]);
                    best[i] = is_larger ? v : best[i];
                    place[i] = is_larger ? (int32_t)e : place[i];
                }
            }
            memcpy(y + o * d->inner + i0, best, (size_t)m * sizeof(*best));
            if (at != NULL) {
                memcpy(at + o * d->inner + i0, place, (size_t)m * sizeof(*place));
            }
        }
    }
}

static void
max_backward(const dna_axis_dims *d, float *dx, const float *dy, const int32_t *at)
{
    for (int64_t o = 0; o < d->outer; o++) {
        for (int64_t i = 0; i < d->inner; i++) {
            int64_t from = o * d->inner + i;
            dx[(o * d->extent + at[from]) * d->inner + i] += dy[from];
        }
    }
}

/* ---- dropout ---- */

static void
dropout(const dna_dropout_draw *draw, int64_t P, int64_t C, float *y, const float *x,
    bool is_add)
{
    float scale = (float)draw->scale;
    float out[BLOCK];
    for (int64_t p = 0; p < P; p++) {
        for (int64_t c0 = 0; c0 < C; c0 += BLOCK) {
            int64_t at = p * C + c0;
            int64_t m = smaller(C - c0, BLOCK);
            for (int64_t c = 0; c < m; c++) {
                bool is_zero = dna_dropout_drops(draw, (uint64_t)((c0 + c) * P + p));
                out[c] = x[at + c] * (is_zero ? 0.0f : scale);
            }
            for (int64_t c = 0; is_add && c < m; c++) {
                out[c] += y[at + c];
            }
            memcpy(y + at, out, (size_t)m * sizeof(*out));
        }
    }
}

const dna_axis_kernels PASTE(dna_axes_, DNA_ISA) = {
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .max = max,
    .max_backward = max_backward,
    .dropout = dropout,
};

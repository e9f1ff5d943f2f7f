/* pool.c - pooling of one sample; compiled once for each instruction set.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "nn/kernels/kernels.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

/* ---- maximum ---- */

/* The common window: 1 x 2 without padding or overlap. */
static void
max_pool_1x2(const dna_pool_dims *d, float *y, const float *x, uint8_t *at)
{
    int64_t C = d->C;
    for (int64_t h = 0; h < d->H; h++) {
        for (int64_t w = 0; w < d->OW; w++) {
            const float *a = x + (h * d->W + 2 * w) * C;
            const float *b = a + C;
            float *out = y + (h * d->OW + w) * C;
            if (at == NULL) {
                for (int64_t c = 0; c < C; c++) {
                    out[c] = b[c] > a[c] || b[c] != b[c] ? b[c] : a[c];
                }
                continue;
            }
            uint8_t *place = at + (h * d->OW + w) * C;
            for (int64_t c = 0; c < C; c++) {
                bool is_b = b[c] > a[c] || b[c] != b[c];
                out[c] = is_b ? b[c] : a[c];
                place[c] = is_b;
            }
        }
    }
}

/* Fold the entries at position p of x, number `entry` of the window, into the maxima.
 */
static void
max_fold(float *out, uint8_t *place, const float *in, int64_t C, uint8_t entry)
{
    for (int64_t c = 0; c < C; c++) {
        bool is_larger = in[c] > out[c] || in[c] != in[c];
        out[c] = is_larger ? in[c] : out[c];
        if (place != NULL) {
            place[c] = is_larger ? entry : place[c];
        }
    }
}

/* Where the entries of a window stand, from its first one. */
static void
window_offsets(const dna_pool_dims *d, int64_t offsets[256])
{
    for (int64_t k = 0; k < d->kernel[0] * d->kernel[1]; k++) {
        offsets[k] = (k / d->kernel[1] * d->W + k % d->kernel[1]) * d->C;
    }
}

/* Few channels and no padding: one number after the other, without loops over channels
 * that are shorter than a vector. */
#define FEW 16

static bool
has_few(const dna_pool_dims *d)
{
    return d->C < FEW && d->pad[0] == 0 && d->pad[1] == 0;
}

static void
max_pool_few(const dna_pool_dims *d, float *y, const float *x, uint8_t *at)
{
    int64_t n = d->kernel[0] * d->kernel[1];
    int64_t offsets[256];
    window_offsets(d, offsets);
    for (int64_t i = 0; i < d->OH; i++) {
        for (int64_t j = 0; j < d->OW; j++) {
            const float *in = x + (i * d->stride[0] * d->W + j * d->stride[1]) * d->C;
            int64_t out = (i * d->OW + j) * d->C;
            for (int64_t c = 0; c < d->C; c++) {
                float best = in[c];
                uint8_t place = 0;
                for (int64_t k = 1; k < n; k++) {
                    float v = in[offsets[k] + c];
                    bool is_larger = v > best || v != v;
                    best = is_larger ? v : best;
                    place = is_larger ? (uint8_t)k : place;
                }
                y[out + c] = best;
                if (at != NULL) {
                    at[out + c] = place;
                }
            }
        }
    }
}

static void
max_pool_backward_few(
    const dna_pool_dims *d, float *dx, const float *dy, const uint8_t *at)
{
    int64_t offsets[256];
    window_offsets(d, offsets);
    for (int64_t i = 0; i < d->OH; i++) {
        for (int64_t j = 0; j < d->OW; j++) {
            float *to = dx + (i * d->stride[0] * d->W + j * d->stride[1]) * d->C;
            int64_t from = (i * d->OW + j) * d->C;
            for (int64_t c = 0; c < d->C; c++) {
                to[offsets[at[from + c]] + c] += dy[from + c];
            }
        }
    }
}

static void
max_pool(const dna_pool_dims *d, float *y, const float *x, uint8_t *at)
{
    if (d->kernel[0] == 1 && d->kernel[1] == 2 && d->stride[0] == 1 && d->stride[1] == 2
        && d->pad[0] == 0 && d->pad[1] == 0) {
        max_pool_1x2(d, y, x, at);
        return;
    }
    if (has_few(d)) {
        max_pool_few(d, y, x, at);
        return;
    }
    for (int64_t p = 0; p < d->OH * d->OW; p++) {
        float *out = y + p * d->C;
        uint8_t *place = at == NULL ? NULL : at + p * d->C;
        for (int64_t c = 0; c < d->C; c++) {
            out[c] = -INFINITY;
        }
        if (place != NULL) {
            memset(place, 255, (size_t)d->C);
        }
        for (int64_t k = 0; k < d->kernel[0] * d->kernel[1]; k++) {
            int64_t h = p / d->OW * d->stride[0] + k / d->kernel[1] - d->pad[0];
            int64_t w = p % d->OW * d->stride[1] + k % d->kernel[1] - d->pad[1];
            if (h >= 0 && h < d->H && w >= 0 && w < d->W) {
                max_fold(out, place, x + (h * d->W + w) * d->C, d->C, (uint8_t)k);
            }
        }
    }
}

static void
max_pool_backward(const dna_pool_dims *d, float *dx, const float *dy, const uint8_t *at)
{
    if (has_few(d)) {
        max_pool_backward_few(d, dx, dy, at);
        return;
    }
    for (int64_t p = 0; p < d->OH * d->OW; p++) {
        const float *grad = dy + p * d->C;
        const uint8_t *place = at + p * d->C;
        int64_t h0 = p / d->OW * d->stride[0] - d->pad[0];
        int64_t w0 = p % d->OW * d->stride[1] - d->pad[1];
        for (int64_t k = 0; k < d->kernel[0] * d->kernel[1]; k++) {
            int64_t h = h0 + k / d->kernel[1];
            int64_t w = w0 + k % d->kernel[1];
            if (h < 0 || h >= d->H || w < 0 || w >= d->W) {
                continue;
            }
            float *out = dx + (h * d->W + w) * d->C;
            for (int64_t c = 0; c < d->C; c++) {
                out[c] += place[c] == k ? grad[c] : 0.0f;
            }
        }
    }
}

/* ---- mean ---- */

/* The part [first, end) of the window of output `out` that lies in the input. */
static void
window_part(const dna_pool_dims *d, int i, int64_t out, int64_t *first, int64_t *end)
{
    int64_t begin = out * d->stride[i] - d->pad[i];
    int64_t extent = i == 0 ? d->H : d->W;
    *first = begin < 0 ? 0 : begin;
    *end = begin + d->kernel[i] < extent ? begin + d->kernel[i] : extent;
}

typedef struct {
    int64_t h0, h1, w0, w1;
    float share; /* of one entry */
} window;

static window
window_of(const dna_pool_dims *d, int64_t p, bool exclude_pad)
{
    window v;
    window_part(d, 0, p / d->OW, &v.h0, &v.h1);
    window_part(d, 1, p % d->OW, &v.w0, &v.w1);
    int64_t count =
        exclude_pad ? (v.h1 - v.h0) * (v.w1 - v.w0) : d->kernel[0] * d->kernel[1];
    v.share = 1.0f / (float)count;
    return v;
}

static void
avg_pool(const dna_pool_dims *d, float *y, const float *x, bool exclude_pad)
{
    for (int64_t p = 0; p < d->OH * d->OW; p++) {
        window v = window_of(d, p, exclude_pad);
        float *restrict out = y + p * d->C;
        memset(out, 0, (size_t)d->C * sizeof(*out));
        for (int64_t h = v.h0; h < v.h1; h++) {
            for (int64_t w = v.w0; w < v.w1; w++) {
                const float *restrict in = x + (h * d->W + w) * d->C;
                for (int64_t c = 0; c < d->C; c++) {
                    out[c] += in[c];
                }
            }
        }
        for (int64_t c = 0; c < d->C; c++) {
            out[c] *= v.share;
        }
    }
}

static void
avg_pool_backward(const dna_pool_dims *d, float *dx, const float *dy, bool exclude_pad)
{
    for (int64_t p = 0; p < d->OH * d->OW; p++) {
        window v = window_of(d, p, exclude_pad);
        const float *restrict grad = dy + p * d->C;
        for (int64_t h = v.h0; h < v.h1; h++) {
            for (int64_t w = v.w0; w < v.w1; w++) {
                float *restrict out = dx + (h * d->W + w) * d->C;
                for (int64_t c = 0; c < d->C; c++) {
                    out[c] += v.share * grad[c];
                }
            }
        }
    }
}

const dna_pool_kernels PASTE(dna_pools_, DNA_ISA) = {
    .max = max_pool,
    .max_backward = max_pool_backward,
    .avg = avg_pool,
    .avg_backward = avg_pool_backward,
};

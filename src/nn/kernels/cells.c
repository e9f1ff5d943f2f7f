/* cells.c - one time step of recurrent layers; compiled once for each instruction set.
 *
 * SPDX-License-Identifier: MIT
 *
 * g holds four blocks of H numbers, before as sums of products, after as gates (forward);
 * before as gates, after as gradients of the sums (backward). Formulas: graph.h.
 */
#include <math.h>

#include "nn/kernels/kernels.h"
#include "nn/kernels/vector_math.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

static inline float
logistic(float x)
{
    return 1.0f / (1.0f + exp_of(-x));
}

/* -(e - 1) / (e + 1) with e = exp(-2 |x|) */
static inline float
tangent(float x)
{
    float e = expm1_below(-2.0f * fabsf(x));
    return copysignf(-e / (2.0f + e), x);
}

/* The loops are functions of their own, whose restrict the compiler believes. */
#define LOOP static __attribute__((noinline)) void

LOOP
gru_loop(int64_t H, float *restrict n, float *restrict r, float *restrict z,
    const float *restrict hn, const float *restrict before, float *restrict h)
{
    for (int64_t j = 0; j < H; j++) {
        r[j] = logistic(r[j]);
        z[j] = logistic(z[j]);
        n[j] = tangent(n[j] + r[j] * hn[j]);
        h[j] = (1.0f - z[j]) * n[j];
    }
    for (int64_t j = 0; before != NULL && j < H; j++) {
        h[j] += z[j] * before[j];
    }
}

static void
gru(int64_t H, float *g, const float *before, float *h)
{
    gru_loop(H, g, g + H, g + 2 * H, g + 3 * H, before, h);
}

LOOP
gru_backward_loop(int64_t H, float *restrict n, float *restrict r, float *restrict z,
    float *restrict hn, const float *restrict before, float *restrict dh)
{
    for (int64_t j = 0; j < H; j++) {
        float past = before == NULL ? 0.0f : before[j];
        float dn = dh[j] * (1.0f - z[j]) * (1.0f - n[j]) * (1.0f + n[j]);
        float dz = dh[j] * (past - n[j]) * z[j] * (1.0f - z[j]);
        float dr = dn * hn[j] * r[j] * (1.0f - r[j]);
        dh[j] *= z[j];
        hn[j] = dn * r[j];
        n[j] = dn;
        r[j] = dr;
        z[j] = dz;
    }
}

static void
gru_backward(int64_t H, float *g, const float *before, float *dh)
{
    gru_backward_loop(H, g, g + H, g + 2 * H, g + 3 * H, before, dh);
}

LOOP
lstm_loop(int64_t H, float *restrict i, float *restrict f, float *restrict g,
    float *restrict o, const float *restrict before, float *restrict c,
    float *restrict h)
{
    for (int64_t j = 0; j < H; j++) {
        i[j] = logistic(i[j]);
        f[j] = logistic(f[j]);
        g[j] = tangent(g[j]);
        o[j] = logistic(o[j]);
        c[j] = i[j] * g[j];
    }
    for (int64_t j = 0; before != NULL && j < H; j++) {
        c[j] += f[j] * before[j];
    }
    for (int64_t j = 0; j < H; j++) {
        h[j] = o[j] * tangent(c[j]);
    }
}

static void
lstm(int64_t H, float *g, const float *before, float *c, float *h)
{
    lstm_loop(H, g, g + H, g + 2 * H, g + 3 * H, before, c, h);
}

LOOP
lstm_backward_loop(int64_t H, float *restrict i, float *restrict f, float *restrict g,
    float *restrict o, const float *restrict before, const float *restrict c,
    const float *restrict dh, float *restrict dc)
{
    for (int64_t j = 0; j < H; j++) {
        float past = before == NULL ? 0.0f : before[j];
        float t = tangent(c[j]);
        float d = dc[j] + dh[j] * o[j] * (1.0f - t) * (1.0f + t);
        float di = d * g[j] * i[j] * (1.0f - i[j]);
        float dg = d * i[j] * (1.0f - g[j]) * (1.0f + g[j]);
        float df = d * past * f[j] * (1.0f - f[j]);
        dc[j] = d * f[j];
        o[j] = dh[j] * t * o[j] * (1.0f - o[j]);
        i[j] = di;
        f[j] = df;
        g[j] = dg;
    }
}

static void
lstm_backward(int64_t H, float *g, const float *before, const float *c, const float *dh,
    float *dc)
{
    lstm_backward_loop(H, g, g + H, g + 2 * H, g + 3 * H, before, c, dh, dc);
}

const dna_cell_kernels PASTE(dna_cells_, DNA_ISA) = {
    .gru = gru,
    .gru_backward = gru_backward,
    .lstm = lstm,
    .lstm_backward = lstm_backward,
};

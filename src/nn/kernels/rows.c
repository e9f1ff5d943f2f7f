/* rows.c - norms whose entries lie in one row; compiled once for each instruction set.
 *
 * SPDX-License-Identifier: MIT
 *
 * A row is summed in LANES partial sums of short runs in float, the runs in double, as
 * the kernels of batch norms do.
 */
#include "nn/kernels/kernels.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

#define LANES 16
#define RUN   (64 * LANES)

static inline double
total(const float *lanes)
{
    double sum = 0.0;
    for (int l = 0; l < LANES; l++) {
        sum += (double)lanes[l];
    }
    return sum;
}

static void
moments(const float *x, int64_t n, float shift, double *sum, double *squares)
{
    for (int64_t i0 = 0; i0 < n; i0 += RUN) {
        int64_t m = n - i0 < RUN ? n - i0 : RUN;
        const float *run = x + i0;
        float a[LANES] = {0};
        float b[LANES] = {0};
        int64_t i = 0;
        for (; i + LANES <= m; i += LANES) {
            for (int l = 0; l < LANES; l++) {
                float d = run[i + l] - shift;
                a[l] += d;
                b[l] += d * d;
            }
        }
        for (; i < m; i++) {
            float d = run[i] - shift;
            a[i % LANES] += d;
            b[i % LANES] += d * d;
        }
        *sum += total(a);
        *squares += total(b);
    }
}

static void
normalise(float *y, const float *x, int64_t n, float mean, float scale, float shift,
    const float *weight, const float *bias)
{
    if (weight == NULL) {
        for (int64_t i = 0; i < n; i++) {
            y[i] = (x[i] - mean) * scale + shift;
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            y[i] = ((x[i] - mean) * scale + shift) * weight[i] + bias[i];
        }
    }
}

static void
sums(const float *dy, const float *x, int64_t n, float mean, const float *weight,
    double *sum, double *sum_x)
{
    for (int64_t i0 = 0; i0 < n; i0 += RUN) {
        int64_t m = n - i0 < RUN ? n - i0 : RUN;
        float a[LANES] = {0};
        float b[LANES] = {0};
        int64_t i = 0;
        for (; i + LANES <= m; i += LANES) {
            for (int l = 0; l < LANES; l++) {
                int64_t at = i0 + i + l;
                float g = weight == NULL ? dy[at] : dy[at] * weight[at];
                a[l] += g;
                b[l] += g * (x[at] - mean);
            }
        }
        for (; i < m; i++) {
            int64_t at = i0 + i;
            float g = weight == NULL ? dy[at] : dy[at] * weight[at];
            a[i % LANES] += g;
            b[i % LANES] += g * (x[at] - mean);
        }
        *sum += total(a);
        *sum_x += total(b);
    }
}

static void
weight_grad(double *dweight, double *dbias, const float *dy, const float *x, int64_t n,
    float mean, float rest, float inv_std)
{
    for (int64_t i = 0; i < n; i++) {
        dweight[i] += (double)(dy[i] * ((x[i] - mean + rest) * inv_std));
        dbias[i] += (double)dy[i];
    }
}

static void
backward(float *dx, const float *dy, const float *x, int64_t n, float mean,
    const float *weight, float a, float b, float c, bool is_add)
{
    for (int64_t i = 0; i < n; i++) {
        float g = weight == NULL ? dy[i] : dy[i] * weight[i];
        float v = a * g + b * (x[i] - mean) + c;
        dx[i] = is_add ? dx[i] + v : v;
    }
}

const dna_row_kernels PASTE(dna_rows_, DNA_ISA) = {
    .moments = moments,
    .normalise = normalise,
    .sums = sums,
    .weight_grad = weight_grad,
    .backward = backward,
};

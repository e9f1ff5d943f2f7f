/* gradient.c - bound a gradient before the optimiser's step.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/gradient.h"

#include <math.h>

double
dna_gradient_norm(const float *g, int64_t n)
{
    /* four sums in turn: the order is fixed, and additions need not wait */
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    int64_t i = 0;

    for (; i + 4 <= n; i += 4) {
        for (int k = 0; k < 4; k++) {
            sum[k] += (double)g[i + k] * (double)g[i + k];
        }
    }
    for (; i < n; i++) {
        sum[0] += (double)g[i] * (double)g[i];
    }
    return sqrt((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

double
dna_gradient_clip_norm(float *g, int64_t n, double max_norm)
{
    double norm = dna_gradient_norm(g, n);
    double factor = max_norm / (norm + 1e-6);

    if (isfinite(norm) && factor < 1.0) {
        for (int64_t i = 0; i < n; i++) {
            g[i] = (float)((double)g[i] * factor);
        }
    }
    return norm;
}

void
dna_gradient_clip_value(float *g, int64_t n, double max_value)
{
    float bound = (float)max_value;
    for (int64_t i = 0; i < n; i++) {
        g[i] = g[i] > bound ? bound : g[i] < -bound ? -bound : g[i];
    }
}

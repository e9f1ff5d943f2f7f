/* norm_rows.c - the reference of norms that treat rows of neighbouring entries apart.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/ops/norm_rows.h"

#include <math.h>

/* The weight of entry i of row k. */
static int64_t
weight_at(const dna_norm_rows *r, int64_t k, int64_t i)
{
    return (k * r->n + i) / r->times % r->n_weight + r->first_weight;
}

static void
statistics(const double *x, int64_t n, double eps, double *mean, double *inv_std)
{
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
    }
    *mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        squares += (x[i] - *mean) * (x[i] - *mean);
    }
    *inv_std = 1.0 / sqrt(squares / (double)n + eps);
}

void
dna_norm_rows_forward(const dna_ref_args *a, const dna_norm_rows *r)
{
    for (int64_t k = 0; k < r->n_row; k++) {
        const double *x = a->x[0] + k * r->n;
        double *mean = &a->saved[2 * k];
        double *inv_std = &a->saved[2 * k + 1];
        statistics(x, r->n, a->node->eps, mean, inv_std);
        for (int64_t i = 0; i < r->n; i++) {
            int64_t c = weight_at(r, k, i);
            double w = a->w[DNA_WEIGHT] == NULL ? 1.0 : a->w[DNA_WEIGHT][c];
            double b = a->w[DNA_BIAS] == NULL ? 0.0 : a->w[DNA_BIAS][c];
            a->y[k * r->n + i] = (x[i] - *mean) * *inv_std * w + b;
        }
    }
}

/* With xhat = (x - mean) inv_std and g = w dy: dx = inv_std (g - mean(g) - xhat mean(g
 * xhat)), the means over the row. Source: as for batch norm, Ioffe and Szegedy 2015. */
static void
backward_row(const dna_ref_args *a, const dna_norm_rows *r, int64_t k)
{
    double mean = a->saved[2 * k];
    double inv_std = a->saved[2 * k + 1];
    double sum = 0.0;
    double sum_xhat = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < r->n; i++) {
            int64_t c = weight_at(r, k, i);
            double dy = a->dy[k * r->n + i];
            double g = a->w[DNA_WEIGHT] == NULL ? dy : dy * a->w[DNA_WEIGHT][c];
            double xhat = (a->x[0][k * r->n + i] - mean) * inv_std;
            if (pass == 1) {
                a->dx[0][k * r->n + i] +=
                    inv_std * (g - (sum + xhat * sum_xhat) / (double)r->n);
                continue;
            }
            sum += g;
            sum_xhat += g * xhat;
            if (a->dw[DNA_WEIGHT] != NULL) {
                a->dw[DNA_WEIGHT][c] += dy * xhat;
                a->dw[DNA_BIAS][c] += dy;
            }
        }
    }
}

void
dna_norm_rows_backward(const dna_ref_args *a, const dna_norm_rows *r)
{
    for (int64_t k = 0; k < r->n_row; k++) {
        backward_row(a, r, k);
    }
}

/* op_norm_as.c - normalise with the statistics that a batch norm takes of another tensor.
 *
 * SPDX-License-Identifier: MIT
 *
 * Passes make these nodes (compile/pass_mean.c): the mean of normalised rows is the mean
 * row, normalised with the rows' statistics. Inputs: x; the tensor that the batch norm
 * normalises; the batch norm itself, which alone moves the running statistics.
 */
#include <math.h>

#include "nn/node.h"

dna_node *
dna_node_norm_as(dna_graph *g, dna_node *x, dna_node *norm)
{
    if (x == NULL || norm == NULL) {
        return NULL;
    }
    dna_node *in[3] = {x, norm->in[0], norm};
    dna_node *node = dna_node_like(g, norm, in, 3, x->dim + 1);
    if (node == NULL) {
        return NULL;
    }
    node->kind = DNA_OP_NORM_AS;
    return node;
}

/* saved: mean and 1/sqrt(var + eps) of each channel */
static int64_t
n_saved(const dna_node *node)
{
    return 2 * node->dim[1];
}

static void
statistics(const dna_ref_args *a, int64_t c, double *mean, double *var)
{
    const dna_node *source = a->node->in[1];
    int64_t C = source->dim[1];
    int64_t P = dna_node_span(source, 2);
    double count = (double)(a->batch * P);
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t p = 0; p < P; p++) {
            sum += a->x[1][(n * C + c) * P + p];
        }
    }
    *mean = sum / count;
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t p = 0; p < P; p++) {
            double d = a->x[1][(n * C + c) * P + p] - *mean;
            squares += d * d;
        }
    }
    *var = squares / count;
}

static void
norm_as_forward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t C = node->dim[1];
    int64_t P = dna_node_span(node, 2);
    for (int64_t c = 0; c < C; c++) {
        int64_t k = node->param_begin + c;
        double mean = a->w[DNA_RUNNING_MEAN][k];
        double var = a->w[DNA_RUNNING_VAR][k];
        if (a->is_training) {
            statistics(a, c, &mean, &var);
        }
        double inv_std = 1.0 / sqrt(var + node->eps);
        a->saved[c] = mean;
        a->saved[C + c] = inv_std;
        for (int64_t n = 0; n < a->batch; n++) {
            for (int64_t p = 0; p < P; p++) {
                int64_t i = (n * C + c) * P + p;
                a->y[i] = (a->x[0][i] - mean) * inv_std * a->w[DNA_WEIGHT][k]
                          + a->w[DNA_BIAS][k];
            }
        }
    }
}

/* As that of a batch norm, with what passes through x and what passes through the
 * statistics apart. */
static void
norm_as_backward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    const dna_node *source = node->in[1];
    int64_t C = node->dim[1];
    int64_t P = dna_node_span(node, 2);
    int64_t Q = dna_node_span(source, 2);
    double count = (double)(a->batch * Q);
    for (int64_t c = 0; c < C; c++) {
        int64_t k = node->param_begin + c;
        double mean = a->saved[c];
        double inv_std = a->saved[C + c];
        double scale = a->w[DNA_WEIGHT][k] * inv_std;
        double sum_dy = 0.0;
        double sum_dy_xhat = 0.0;
        for (int64_t n = 0; n < a->batch; n++) {
            for (int64_t p = 0; p < P; p++) {
                int64_t i = (n * C + c) * P + p;
                sum_dy += a->dy[i];
                sum_dy_xhat += a->dy[i] * (a->x[0][i] - mean) * inv_std;
                a->dx[0][i] += scale * a->dy[i];
            }
        }
        a->dw[DNA_WEIGHT][k] += sum_dy_xhat;
        a->dw[DNA_BIAS][k] += sum_dy;
        for (int64_t n = 0; a->is_training && n < a->batch; n++) {
            for (int64_t p = 0; p < Q; p++) {
                int64_t i = (n * C + c) * Q + p;
                double xhat = (a->x[1][i] - mean) * inv_std;
                a->dx[1][i] -= scale * (sum_dy + xhat * sum_dy_xhat) / count;
            }
        }
    }
}

const dna_op_def dna_op_norm_as = {.name = "norm_as",
    .forward = norm_as_forward,
    .backward = norm_as_backward,
    .n_saved = n_saved,
    .joins_samples = true};

/* op_layer_norm.c - normalise over the last dimensions, row by row.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "nn/node.h"

dna_node *
dna_layer_norm(dna_graph *g, dna_node *x, const char *layer, dna_layer_norm_opts o)
{
    if (x == NULL) {
        return NULL;
    }
    int n_dim = o.n_dim == 0 ? 1 : o.n_dim;
    if (n_dim < 1 || n_dim >= x->n_dim) {
        char shape[DNA_SHAPE_TEXT];
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s has no %d last dimensions to normalise over", layer,
            dna_node_shape_text(x, shape, sizeof(shape)), n_dim);
    }
    dna_node *node =
        dna_node_new(g, DNA_OP_LAYER_NORM, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node == NULL) {
        return NULL;
    }
    node->axis = x->n_dim - n_dim;
    node->eps = o.eps > 0 ? o.eps : 1e-5;
    if (!o.no_affine) {
        const int64_t *dim = &x->dim[node->axis];
        node->tensor[DNA_WEIGHT] =
            dna_graph_tensor(g, layer, "weight", DNA_TENSOR_PARAM, n_dim, dim, 0);
        node->tensor[DNA_BIAS] =
            dna_graph_tensor(g, layer, "bias", DNA_TENSOR_PARAM, n_dim, dim, 0);
    }
    return dna_node_name(g, node, layer);
}

/* saved: mean and 1/sqrt(var + eps) of each row */
static int64_t
n_saved(const dna_node *node)
{
    return 2 * dna_node_size(node) / dna_node_span(node, node->axis);
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

static void
layer_norm_forward(const dna_ref_args *a)
{
    int64_t n = dna_node_span(a->node, a->node->axis);
    int64_t rows = a->batch * dna_node_size(a->node) / n;
    for (int64_t r = 0; r < rows; r++) {
        const double *x = a->x[0] + r * n;
        double *mean = &a->saved[2 * r];
        double *inv_std = &a->saved[2 * r + 1];
        statistics(x, n, a->node->eps, mean, inv_std);
        for (int64_t i = 0; i < n; i++) {
            double w = a->w[DNA_WEIGHT] == NULL ? 1.0 : a->w[DNA_WEIGHT][i];
            double b = a->w[DNA_BIAS] == NULL ? 0.0 : a->w[DNA_BIAS][i];
            a->y[r * n + i] = (x[i] - *mean) * *inv_std * w + b;
        }
    }
}

/* As group_norm_backward: dx = inv_std (g - mean(g) - xhat mean(g xhat)), g = w dy. */
static void
layer_norm_backward(const dna_ref_args *a)
{
    int64_t n = dna_node_span(a->node, a->node->axis);
    int64_t rows = a->batch * dna_node_size(a->node) / n;
    for (int64_t r = 0; r < rows; r++) {
        double mean = a->saved[2 * r];
        double inv_std = a->saved[2 * r + 1];
        double sum = 0.0;
        double sum_xhat = 0.0;
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t i = 0; i < n; i++) {
                double dy = a->dy[r * n + i];
                double g = a->w[DNA_WEIGHT] == NULL ? dy : dy * a->w[DNA_WEIGHT][i];
                double xhat = (a->x[0][r * n + i] - mean) * inv_std;
                if (pass == 1) {
                    a->dx[0][r * n + i] +=
                        inv_std * (g - (sum + xhat * sum_xhat) / (double)n);
                    continue;
                }
                sum += g;
                sum_xhat += g * xhat;
                if (a->dw[DNA_WEIGHT] != NULL) {
                    a->dw[DNA_WEIGHT][i] += dy * xhat;
                    a->dw[DNA_BIAS][i] += dy;
                }
            }
        }
    }
}

const dna_op_def dna_op_layer_norm = {.name = "layer_norm",
    .forward = layer_norm_forward,
    .backward = layer_norm_backward,
    .n_saved = n_saved};

/* op_softmax.c - exponentials along one dimension, divided by their sum.
 *
 * SPDX-License-Identifier: MIT
 *
 * The largest entry is subtracted first, which changes nothing but keeps exponentials
 * below 1. With s = sum over k of dy_k y_k: dx_i = y_i (dy_i - s).
 */
#include <math.h>

#include "nn/node.h"

dna_node *
dna_softmax(dna_graph *g, dna_node *x, int axis)
{
    if (x == NULL) {
        return NULL;
    }
    if (axis < 1 || axis >= x->n_dim) {
        return dna_graph_fail(g, DNA_EARG,
            "softmax: dimension %d, 1 to %d are possible", axis, x->n_dim - 1);
    }
    dna_node *node = dna_node_new(g, DNA_OP_SOFTMAX, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node != NULL) {
        node->axis = axis;
    }
    return node;
}

static void
forward_one(double *y, const double *x, int64_t n, int64_t stride)
{
    double most = x[0];
    double sum = 0.0;
    for (int64_t i = 1; i < n; i++) {
        most = x[i * stride] > most ? x[i * stride] : most;
    }
    for (int64_t i = 0; i < n; i++) {
        y[i * stride] = exp(x[i * stride] - most);
        sum += y[i * stride];
    }
    for (int64_t i = 0; i < n; i++) {
        y[i * stride] /= sum;
    }
}

static void
backward_one(double *dx, const double *dy, const double *y, int64_t n, int64_t stride)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += dy[i * stride] * y[i * stride];
    }
    for (int64_t i = 0; i < n; i++) {
        dx[i * stride] += y[i * stride] * (dy[i * stride] - sum);
    }
}

/* x is [outer, extent, inner] */
static void
walk(const dna_ref_args *a, bool is_forward)
{
    const dna_node *x = a->node->in[0];
    int64_t extent = x->dim[a->node->axis];
    int64_t inner = dna_node_span(x, a->node->axis + 1);
    int64_t n = a->batch * dna_node_size(x) / extent;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = i / inner * extent * inner + i % inner;
        if (is_forward) {
            forward_one(a->y + at, a->x[0] + at, extent, inner);
        } else {
            backward_one(a->dx[0] + at, a->dy + at, a->y + at, extent, inner);
        }
    }
}

static void
softmax_forward(const dna_ref_args *a)
{
    walk(a, true);
}

static void
softmax_backward(const dna_ref_args *a)
{
    walk(a, false);
}

const dna_op_def dna_op_softmax = {
    .name = "softmax", .forward = softmax_forward, .backward = softmax_backward};

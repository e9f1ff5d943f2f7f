/* op_relu.c - max(0, x); NaN stays NaN, so that a diverging network shows it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/node.h"

dna_node *
dna_relu(dna_graph *g, dna_node *x)
{
    return x == NULL ? NULL
                     : dna_node_new(g, DNA_OP_RELU, &x, 1, x->n_dim - 1, x->dim + 1);
}

static void
relu_forward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->y[i] = a->x[0][i] <= 0.0 ? 0.0 : a->x[0][i];
    }
}

static void
relu_backward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->dx[0][i] += a->x[0][i] <= 0.0 ? 0.0 : a->dy[i];
    }
}

const dna_op_def dna_op_relu = {
    .name = "relu", .forward = relu_forward, .backward = relu_backward};

/* op_linear.c - y = W x + b on the last dimension.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/node.h"

dna_node *
dna_linear(dna_graph *g, dna_node *x, const char *layer, dna_linear_opts o)
{
    if (x == NULL) {
        return NULL;
    }
    if (x->n_dim < 2 || o.out < 1) {
        return dna_graph_fail(
            g, DNA_EARG, "%s: at least one feature in and one out is needed", layer);
    }
    int last = x->n_dim - 1;
    int64_t dim[DNA_GRAPH_MAX_DIM];
    for (int i = 1; i < last; i++) {
        dim[i - 1] = x->dim[i];
    }
    dim[last - 1] = o.out;
    dna_node *node = dna_node_new(g, DNA_OP_LINEAR, &x, 1, last, dim);
    if (node == NULL) {
        return NULL;
    }
    int64_t w[2] = {o.out, x->dim[last]};
    node->tensor[DNA_WEIGHT] =
        dna_graph_tensor(g, layer, "weight", DNA_TENSOR_PARAM, 2, w, w[1]);
    if (!o.no_bias) {
        node->tensor[DNA_BIAS] =
            dna_graph_tensor(g, layer, "bias", DNA_TENSOR_PARAM, 1, &o.out, w[1]);
    }
    return dna_node_name(g, node, layer);
}

static void
linear_forward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t I = node->in[0]->dim[node->n_dim - 1];
    int64_t O = node->dim[node->n_dim - 1];
    int64_t ld = node->graph->tensors[node->tensor[DNA_WEIGHT]].dim[1];
    int64_t rows = a->batch * dna_node_size(node) / O;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < O; o++) {
            double sum = a->w[DNA_BIAS] == NULL ? 0.0 : a->w[DNA_BIAS][o];
            for (int64_t i = 0; i < I; i++) {
                sum += a->w[DNA_WEIGHT][o * ld + node->param_begin + i]
                       * a->x[0][r * I + i];
            }
            a->y[r * O + o] = sum;
        }
    }
}

static void
linear_backward(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t I = node->in[0]->dim[node->n_dim - 1];
    int64_t O = node->dim[node->n_dim - 1];
    int64_t ld = node->graph->tensors[node->tensor[DNA_WEIGHT]].dim[1];
    int64_t rows = a->batch * dna_node_size(node) / O;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < O; o++) {
            double dy = a->dy[r * O + o];
            if (a->dw[DNA_BIAS] != NULL) {
                a->dw[DNA_BIAS][o] += dy;
            }
            for (int64_t i = 0; i < I; i++) {
                int64_t w = o * ld + node->param_begin + i;
                a->dw[DNA_WEIGHT][w] += dy * a->x[0][r * I + i];
                a->dx[0][r * I + i] += dy * a->w[DNA_WEIGHT][w];
            }
        }
    }
}

const dna_op_def dna_op_linear = {
    .name = "linear", .forward = linear_forward, .backward = linear_backward};

/* op_layer_norm.c - normalise over the last dimensions, row by row.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/ops/norm_rows.h"

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
    double eps = dna_norm_eps(g, layer, o.eps);
    dna_node *node =
        dna_node_new(g, DNA_OP_LAYER_NORM, &x, 1, x->n_dim - 1, x->dim + 1);
    if (node == NULL) {
        return NULL;
    }
    node->axis = x->n_dim - n_dim;
    node->eps = eps;
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

static dna_norm_rows
rows_of(const dna_ref_args *a)
{
    int64_t n = dna_node_span(a->node, a->node->axis);
    return (dna_norm_rows){.n_row = a->batch * dna_node_size(a->node) / n,
        .n = n,
        .n_weight = n,
        .times = 1};
}

static void
layer_norm_forward(const dna_ref_args *a)
{
    dna_norm_rows r = rows_of(a);
    dna_norm_rows_forward(a, &r);
}

static void
layer_norm_backward(const dna_ref_args *a)
{
    dna_norm_rows r = rows_of(a);
    dna_norm_rows_backward(a, &r);
}

const dna_op_def dna_op_layer_norm = {.name = "layer_norm",
    .forward = layer_norm_forward,
    .backward = layer_norm_backward,
    .n_saved = n_saved};

/* op_concat.c - join along a dimension.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "nn/node.h"

dna_node *
dna_concat(dna_graph *g, dna_node *const *xs, int n, int axis)
{
    int64_t dim[DNA_GRAPH_MAX_DIM];

    for (int k = 0; k < n; k++) {
        if (xs[k] == NULL) {
            return NULL;
        }
    }
    if (n < 1 || axis < 1 || axis >= xs[0]->n_dim) {
        return dna_graph_fail(g, DNA_EARG, "concat: dimension %d does not exist", axis);
    }
    memcpy(dim, xs[0]->dim + 1, (size_t)(xs[0]->n_dim - 1) * sizeof(*dim));
    for (int k = 1; k < n; k++) {
        bool fits = xs[k]->n_dim == xs[0]->n_dim;
        for (int i = 1; fits && i < xs[0]->n_dim; i++) {
            fits = i == axis || xs[k]->dim[i] == xs[0]->dim[i];
        }
        if (!fits) {
            char a[DNA_SHAPE_TEXT];
            char b[DNA_SHAPE_TEXT];
            return dna_graph_fail(g, DNA_ESHAPE,
                "concat: %s and %s differ in more than dimension %d",
                dna_node_shape_text(xs[0], a, sizeof(a)),
                dna_node_shape_text(xs[k], b, sizeof(b)), axis);
        }
        dim[axis - 1] += xs[k]->dim[axis];
    }
    dna_node *node = dna_node_new(g, DNA_OP_CONCAT, xs, n, xs[0]->n_dim - 1, dim);
    if (node != NULL) {
        node->axis = axis;
    }
    return node;
}

/* y is [outer, extent, inner]; input k is [outer, extent of k, inner] at `begin` */
static void
walk(const dna_ref_args *a, bool is_forward)
{
    const dna_node *node = a->node;
    int64_t inner = dna_node_span(node, node->axis + 1);
    int64_t row = node->dim[node->axis] * inner;
    int64_t outer = a->batch * dna_node_size(node) / row;
    int64_t begin = 0;
    for (int k = 0; k < node->n_in; k++) {
        int64_t part = node->in[k]->dim[node->axis] * inner;
        for (int64_t o = 0; o < outer; o++) {
            for (int64_t i = 0; i < part; i++) {
                if (is_forward) {
                    a->y[o * row + begin + i] = a->x[k][o * part + i];
                } else {
                    a->dx[k][o * part + i] += a->dy[o * row + begin + i];
                }
            }
        }
        begin += part;
    }
}

static void
concat_forward(const dna_ref_args *a)
{
    walk(a, true);
}

static void
concat_backward(const dna_ref_args *a)
{
    walk(a, false);
}

const dna_op_def dna_op_concat = {
    .name = "concat", .forward = concat_forward, .backward = concat_backward};

/* op_slice.c - some entries of one dimension.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "nn/node.h"

dna_node *
dna_slice(dna_graph *g, dna_node *x, int axis, int64_t begin, int64_t length)
{
    if (x == NULL) {
        return NULL;
    }
    if (axis < 1 || axis >= x->n_dim || begin < 0 || length < 1
        || begin > x->dim[axis] - length) {
        char shape[DNA_SHAPE_TEXT];
        return dna_graph_fail(g, DNA_ESHAPE,
            "slice: input %s has no %lld entries from %lld on in dimension %d",
            dna_node_shape_text(x, shape, sizeof(shape)), (long long)length,
            (long long)begin, axis);
    }
    int64_t dim[DNA_GRAPH_MAX_DIM];
    memcpy(dim, x->dim + 1, (size_t)(x->n_dim - 1) * sizeof(*dim));
    dim[axis - 1] = length;
    dna_node *node = dna_node_new(g, DNA_OP_SLICE, &x, 1, x->n_dim - 1, dim);
    if (node != NULL) {
        node->axis = axis;
        node->begin = begin;
    }
    return node;
}

static void
walk(const dna_ref_args *a, bool is_forward)
{
    const dna_node *node = a->node;
    int64_t inner = dna_node_span(node, node->axis + 1);
    int64_t part = node->dim[node->axis] * inner;
    int64_t row = node->in[0]->dim[node->axis] * inner;
    int64_t outer = a->batch * dna_node_size(node) / part;
    for (int64_t o = 0; o < outer; o++) {
        for (int64_t i = 0; i < part; i++) {
            int64_t at = o * row + node->begin * inner + i;
            if (is_forward) {
                a->y[o * part + i] = a->x[0][at];
            } else {
                a->dx[0][at] += a->dy[o * part + i];
            }
        }
    }
}

static void
slice_forward(const dna_ref_args *a)
{
    walk(a, true);
}

static void
slice_backward(const dna_ref_args *a)
{
    walk(a, false);
}

const dna_op_def dna_op_slice = {
    .name = "slice", .forward = slice_forward, .backward = slice_backward};

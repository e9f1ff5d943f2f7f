/* op_expand.c - repeat a dimension of extent 1.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "nn/node.h"

dna_node *
dna_expand(dna_graph *g, dna_node *x, int axis, int64_t n)
{
    if (x == NULL) {
        return NULL;
    }
    if (axis < 1 || axis >= x->n_dim || x->dim[axis] != 1 || n < 1) {
        char shape[DNA_SHAPE_TEXT];
        return dna_graph_fail(g, DNA_ESHAPE,
            "expand: input %s, dimension %d must have extent 1, to be repeated at least once (%lld times)",
            dna_node_shape_text(x, shape, sizeof(shape)), axis, (long long)n);
    }
    int64_t dim[DNA_GRAPH_MAX_DIM];
    memcpy(dim, x->dim + 1, (size_t)(x->n_dim - 1) * sizeof(*dim));
    dim[axis - 1] = n;
    dna_node *node = dna_node_new(g, DNA_OP_EXPAND, &x, 1, x->n_dim - 1, dim);
    if (node != NULL) {
        node->axis = axis;
    }
    return node;
}

/* y is [outer, extent, inner] */
static void
expand_forward(const dna_ref_args *a)
{
    int64_t extent = a->node->dim[a->node->axis];
    int64_t inner = dna_node_span(a->node, a->node->axis + 1);
    int64_t outer = a->batch * dna_node_size(a->node) / (extent * inner);
    for (int64_t o = 0; o < outer; o++) {
        for (int64_t e = 0; e < extent; e++) {
            memcpy(a->y + (o * extent + e) * inner, a->x[0] + o * inner,
                (size_t)inner * sizeof(double));
        }
    }
}

static void
expand_backward(const dna_ref_args *a)
{
    int64_t extent = a->node->dim[a->node->axis];
    int64_t inner = dna_node_span(a->node, a->node->axis + 1);
    int64_t outer = a->batch * dna_node_size(a->node) / (extent * inner);
    for (int64_t o = 0; o < outer; o++) {
        for (int64_t e = 0; e < extent; e++) {
            for (int64_t i = 0; i < inner; i++) {
                a->dx[0][o * inner + i] += a->dy[(o * extent + e) * inner + i];
            }
        }
    }
}

const dna_op_def dna_op_expand = {
    .name = "expand", .forward = expand_forward, .backward = expand_backward};

/* op_reshape.c - the same entries under another shape.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "nn/node.h"

dna_node *
dna_reshape(dna_graph *g, dna_node *x, int n_dim, const int64_t *dim)
{
    if (x == NULL) {
        return NULL;
    }
    dna_node *node = dna_node_new(g, DNA_OP_RESHAPE, &x, 1, n_dim, dim);
    if (node != NULL && dna_node_size(node) != dna_node_size(x)) {
        char from[DNA_SHAPE_TEXT];
        char to[DNA_SHAPE_TEXT];
        return dna_graph_fail(g, DNA_ESHAPE, "reshape: %s has other entries than %s",
            dna_node_shape_text(x, from, sizeof(from)),
            dna_node_shape_text(node, to, sizeof(to)));
    }
    return node;
}

dna_node *
dna_flatten(dna_graph *g, dna_node *x)
{
    if (x == NULL) {
        return NULL;
    }
    int64_t n = dna_node_size(x);
    return dna_reshape(g, x, 1, &n);
}

dna_node *
dna_node_line_as_image(dna_graph *g, dna_node *x)
{
    dna_node *node =
        x == NULL ? NULL : dna_reshape(g, x, 3, (int64_t[]){x->dim[1], 1, x->dim[2]});
    if (node != NULL) {
        node->line = DNA_LINE_AS_IMAGE;
    }
    return node;
}

dna_node *
dna_node_image_as_line(dna_graph *g, dna_node *x)
{
    dna_node *node =
        x == NULL ? NULL : dna_reshape(g, x, 2, (int64_t[]){x->dim[1], x->dim[3]});
    if (node != NULL) {
        node->line = DNA_IMAGE_AS_LINE;
    }
    return node;
}

static void
reshape_forward(const dna_ref_args *a)
{
    memcpy(a->y, a->x[0], (size_t)(a->batch * dna_node_size(a->node)) * sizeof(double));
}

static void
reshape_backward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->dx[0][i] += a->dy[i];
    }
}

const dna_op_def dna_op_reshape = {
    .name = "reshape", .forward = reshape_forward, .backward = reshape_backward};

/* op_add.c - elementwise sum; extents of 1 are repeated.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/node.h"

dna_node *
dna_add(dna_graph *g, dna_node *a, dna_node *b)
{
    if (a == NULL || b == NULL) {
        return NULL;
    }
    int64_t dim[DNA_GRAPH_MAX_DIM];
    bool fits = a->n_dim == b->n_dim;
    for (int i = 1; fits && i < a->n_dim; i++) {
        fits = a->dim[i] == b->dim[i] || a->dim[i] == 1 || b->dim[i] == 1;
        dim[i - 1] = a->dim[i] == 1 ? b->dim[i] : a->dim[i];
    }
    if (!fits) {
        char sa[DNA_SHAPE_TEXT];
        char sb[DNA_SHAPE_TEXT];
        return dna_graph_fail(g, DNA_ESHAPE, "add: %s and %s do not fit together",
            dna_node_shape_text(a, sa, sizeof(sa)),
            dna_node_shape_text(b, sb, sizeof(sb)));
    }
    dna_node *in[2] = {a, b};
    return dna_node_new(g, DNA_OP_ADD, in, 2, a->n_dim - 1, dim);
}

/* Index into input `in` of entry i of the output: repeated dimensions count as 0. */
static int64_t
source(const dna_node *y, const dna_node *in, int64_t i)
{
    int64_t at = 0;
    int64_t stride = 1;
    for (int d = y->n_dim - 1; d > 0; d--) {
        int64_t k = i % y->dim[d];
        i /= y->dim[d];
        at += in->dim[d] == 1 ? 0 : k * stride;
        stride *= in->dim[d];
    }
    return at + i * stride; /* i is now the sample */
}

static void
add_forward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->y[i] = a->x[0][source(a->node, a->node->in[0], i)]
                  + a->x[1][source(a->node, a->node->in[1], i)];
    }
}

static void
add_backward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->dx[0][source(a->node, a->node->in[0], i)] += a->dy[i];
        a->dx[1][source(a->node, a->node->in[1], i)] += a->dy[i];
    }
}

const dna_op_def dna_op_add = {
    .name = "add", .forward = add_forward, .backward = add_backward};

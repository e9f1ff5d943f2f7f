/* op_transpose.c - dimensions in another order.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "nn/node.h"

dna_node *
dna_transpose(dna_graph *g, dna_node *x, const int *perm)
{
    if (x == NULL) {
        return NULL;
    }
    int64_t dim[DNA_GRAPH_MAX_DIM];
    int seen = 0;
    for (int i = 0; i < x->n_dim; i++) {
        if (perm[i] < 0 || perm[i] >= x->n_dim || (seen >> perm[i] & 1) != 0
            || (i == 0 && perm[0] != 0)) {
            return dna_graph_fail(g, DNA_EARG,
                "transpose: the order must name each dimension once, the batch first");
        }
        seen |= 1 << perm[i];
        if (i > 0) {
            dim[i - 1] = x->dim[perm[i]];
        }
    }
    dna_node *node = dna_node_new(g, DNA_OP_TRANSPOSE, &x, 1, x->n_dim - 1, dim);
    if (node != NULL) {
        memcpy(node->perm, perm, (size_t)x->n_dim * sizeof(*perm));
    }
    return node;
}

/* Index into x of entry i of y. */
static int64_t
source(const dna_node *y, int64_t i)
{
    const dna_node *x = y->in[0];
    int64_t stride[DNA_GRAPH_MAX_DIM];
    int64_t at = 0;
    stride[x->n_dim - 1] = 1;
    for (int d = x->n_dim - 1; d > 0; d--) {
        stride[d - 1] = stride[d] * x->dim[d];
    }
    for (int d = y->n_dim - 1; d > 0; d--) {
        at += i % y->dim[d] * stride[y->perm[d]];
        i /= y->dim[d];
    }
    return at + i * stride[0];
}

static void
transpose_forward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->y[i] = a->x[0][source(a->node, i)];
    }
}

static void
transpose_backward(const dna_ref_args *a)
{
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        a->dx[0][source(a->node, i)] += a->dy[i];
    }
}

const dna_op_def dna_op_transpose = {
    .name = "transpose", .forward = transpose_forward, .backward = transpose_backward};

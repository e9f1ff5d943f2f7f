/* op_mean.c - the mean or the sum over one dimension.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/node.h"

dna_node *
dna_node_reduced(dna_graph *g, dna_op_kind kind, dna_node *x, int axis, bool keep)
{
    if (x == NULL) {
        return NULL;
    }
    if (axis < 1 || axis >= x->n_dim) {
        return dna_graph_fail(g, DNA_EARG, "%s: dimension %d, 1 to %d are possible",
            dna_op(kind)->name, axis, x->n_dim - 1);
    }
    int64_t dim[DNA_GRAPH_MAX_DIM];
    int n = 0;
    for (int i = 1; i < x->n_dim; i++) {
        if (i != axis) {
            dim[n++] = x->dim[i];
        } else if (keep) {
            dim[n++] = 1;
        }
    }
    dna_node *node = dna_node_new(g, kind, &x, 1, n, dim);
    if (node != NULL) {
        node->axis = axis;
        node->keep = keep;
    }
    return node;
}

dna_node *
dna_mean(dna_graph *g, dna_node *x, int axis, bool keep)
{
    return dna_node_reduced(g, DNA_OP_MEAN, x, axis, keep);
}

dna_node *
dna_sum(dna_graph *g, dna_node *x, int axis, bool keep)
{
    return dna_node_reduced(g, DNA_OP_SUM, x, axis, keep);
}

double
dna_node_factor(const dna_node *node)
{
    return node->kind == DNA_OP_MEAN ? 1.0 / (double)node->in[0]->dim[node->axis]
                                     : (double)node->repeat;
}

/* x is [outer, extent, inner] */
static void
mean_forward(const dna_ref_args *a)
{
    const dna_node *x = a->node->in[0];
    int64_t extent = x->dim[a->node->axis];
    int64_t inner = dna_node_span(x, a->node->axis + 1);
    double factor = dna_node_factor(a->node);
    int64_t outer = a->batch * dna_node_size(x) / (extent * inner);
    for (int64_t o = 0; o < outer; o++) {
        for (int64_t i = 0; i < inner; i++) {
            double sum = 0.0;
            for (int64_t e = 0; e < extent; e++) {
                sum += a->x[0][(o * extent + e) * inner + i];
            }
            a->y[o * inner + i] = sum * factor;
        }
    }
}

static void
mean_backward(const dna_ref_args *a)
{
    const dna_node *x = a->node->in[0];
    int64_t extent = x->dim[a->node->axis];
    int64_t inner = dna_node_span(x, a->node->axis + 1);
    double factor = dna_node_factor(a->node);
    int64_t outer = a->batch * dna_node_size(x) / (extent * inner);
    for (int64_t o = 0; o < outer; o++) {
        for (int64_t e = 0; e < extent; e++) {
            for (int64_t i = 0; i < inner; i++) {
                a->dx[0][(o * extent + e) * inner + i] += a->dy[o * inner + i] * factor;
            }
        }
    }
}

const dna_op_def dna_op_mean = {
    .name = "mean", .forward = mean_forward, .backward = mean_backward};

const dna_op_def dna_op_sum = {
    .name = "sum", .forward = mean_forward, .backward = mean_backward};

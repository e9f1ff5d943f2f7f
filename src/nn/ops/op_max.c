/* op_max.c - the largest entry along one dimension.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "nn/node.h"

dna_node *
dna_max(dna_graph *g, dna_node *x, int axis, bool keep)
{
    return dna_node_reduced(g, DNA_OP_MAX, x, axis, keep);
}

/* Index of the first largest of n entries, or of the first NaN. */
static int64_t
largest(const double *x, int64_t n, int64_t stride)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n && !isnan(x[best * stride]); i++) {
        if (x[i * stride] > x[best * stride] || isnan(x[i * stride])) {
            best = i;
        }
    }
    return best;
}

static void
walk(const dna_ref_args *a, bool is_forward)
{
    const dna_node *x = a->node->in[0];
    int64_t extent = x->dim[a->node->axis];
    int64_t inner = dna_node_span(x, a->node->axis + 1);
    int64_t n = a->batch * dna_node_size(a->node);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = i / inner * extent * inner + i % inner;
        at += largest(a->x[0] + at, extent, inner) * inner;
        if (is_forward) {
            a->y[i] = a->x[0][at];
        } else {
            a->dx[0][at] += a->dy[i];
        }
    }
}

static void
max_forward(const dna_ref_args *a)
{
    walk(a, true);
}

static void
max_backward(const dna_ref_args *a)
{
    walk(a, false);
}

const dna_op_def dna_op_max = {
    .name = "max", .forward = max_forward, .backward = max_backward};

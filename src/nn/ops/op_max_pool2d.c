/* op_max_pool2d.c - the maximum in each window.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "nn/node.h"

dna_node *
dna_max_pool2d(dna_graph *g, dna_node *x, dna_pool_opts o)
{
    char shape[DNA_SHAPE_TEXT];
    int64_t dim[3];

    if (x == NULL) {
        return NULL;
    }
    if (x->n_dim != 4) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "max_pool2d: input %s, [N, channels, height, width] is needed",
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    dim[0] = x->dim[1];
    for (int i = 0; i < 2; i++) {
        o.stride[i] = o.stride[i] == 0 ? o.kernel[i] : o.stride[i];
        if (o.kernel[i] < 1 || o.stride[i] < 1 || o.pad[i] < 0
            || 2 * o.pad[i] > o.kernel[i]) {
            return dna_graph_fail(g, DNA_EARG,
                "max_pool2d: kernel and stride must be at least 1, padding at most half the kernel");
        }
        int64_t room = x->dim[2 + i] + 2 * o.pad[i] - o.kernel[i];
        dim[1 + i] = room < 0 ? 0 : room / o.stride[i] + 1;
    }
    if (dim[1] < 1 || dim[2] < 1) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "max_pool2d: input %s is smaller than the window %lld x %lld",
            dna_node_shape_text(x, shape, sizeof(shape)), (long long)o.kernel[0],
            (long long)o.kernel[1]);
    }
    dna_node *node = dna_node_new(g, DNA_OP_MAX_POOL2D, &x, 1, 3, dim);
    if (node != NULL) {
        node->pool = o;
    }
    return node;
}

/* Index of the first largest entry of the window of output (i, j), in row-major order.
 */
static int64_t
largest(const dna_node *node, const double *plane, int64_t i, int64_t j)
{
    const dna_pool_opts *o = &node->pool;
    int64_t H = node->in[0]->dim[2];
    int64_t W = node->in[0]->dim[3];
    int64_t best = -1;
    for (int64_t u = 0; u < o->kernel[0]; u++) {
        for (int64_t v = 0; v < o->kernel[1]; v++) {
            int64_t h = i * o->stride[0] + u - o->pad[0];
            int64_t w = j * o->stride[1] + v - o->pad[1];
            if (h >= 0 && h < H && w >= 0 && w < W
                && (best < 0 || plane[h * W + w] > plane[best]
                    || isnan(plane[h * W + w]))) {
                best = h * W + w;
            }
        }
    }
    return best;
}

static void
walk(const dna_ref_args *a, bool is_forward)
{
    const dna_node *node = a->node;
    int64_t planes = a->batch * node->dim[1];
    int64_t in_size = node->in[0]->dim[2] * node->in[0]->dim[3];
    int64_t OW = node->dim[3];
    int64_t out_size = node->dim[2] * OW;
    for (int64_t k = 0; k < planes; k++) {
        const double *x = a->x[0] + k * in_size;
        for (int64_t p = 0; p < out_size; p++) {
            int64_t at = largest(node, x, p / OW, p % OW);
            if (is_forward) {
                a->y[k * out_size + p] = x[at];
            } else {
                a->dx[0][k * in_size + at] += a->dy[k * out_size + p];
            }
        }
    }
}

static void
max_pool2d_forward(const dna_ref_args *a)
{
    walk(a, true);
}

static void
max_pool2d_backward(const dna_ref_args *a)
{
    walk(a, false);
}

const dna_op_def dna_op_max_pool2d = {.name = "max_pool2d",
    .forward = max_pool2d_forward,
    .backward = max_pool2d_backward};

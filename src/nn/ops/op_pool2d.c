/* op_pool2d.c - the maximum or the mean in each window.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "base/mem.h"
#include "nn/node.h"

static dna_node *
pool_node(dna_graph *g, dna_op_kind kind, dna_node *x, dna_pool_opts o)
{
    const char *name = dna_op(kind)->name;
    char shape[DNA_SHAPE_TEXT];
    int64_t dim[3];

    if (x == NULL) {
        return NULL;
    }
    if (x->n_dim != 4) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s, [N, channels, height, width] is needed", name,
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    dim[0] = x->dim[1];
    for (int i = 0; i < 2; i++) {
        o.stride[i] = o.stride[i] == 0 ? o.kernel[i] : o.stride[i];
        if (o.kernel[i] < 1 || o.kernel[i] > DNA_MAX_WINDOW || o.stride[i] < 1
            || o.stride[i] > DNA_MAX_WINDOW || o.pad[i] < 0
            || o.pad[i] > o.kernel[i] / 2) {
            return dna_graph_fail(g, DNA_EARG,
                "%s: kernel and stride must be at least 1 (and at most %lld), padding at most half the kernel",
                name, (long long)DNA_MAX_WINDOW);
        }
        int64_t room = x->dim[2 + i] + 2 * o.pad[i] - o.kernel[i];
        dim[1 + i] = room < 0 ? 0 : room / o.stride[i] + 1;
    }
    if (dim[1] < 1 || dim[2] < 1) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s is smaller than the window %lld x %lld", name,
            dna_node_shape_text(x, shape, sizeof(shape)), (long long)o.kernel[0],
            (long long)o.kernel[1]);
    }
    dna_node *node = dna_node_new(g, kind, &x, 1, 3, dim);
    if (node != NULL) {
        node->pool = o;
    }
    return node;
}

dna_node *
dna_max_pool2d(dna_graph *g, dna_node *x, dna_pool_opts o)
{
    return pool_node(g, DNA_OP_MAX_POOL2D, x, o);
}

dna_node *
dna_avg_pool2d(dna_graph *g, dna_node *x, dna_avg_pool_opts o)
{
    dna_pool_opts window = {.kernel = {o.kernel[0], o.kernel[1]},
        .stride = {o.stride[0], o.stride[1]},
        .pad = {o.pad[0], o.pad[1]}};
    dna_node *node = pool_node(g, DNA_OP_AVG_POOL2D, x, window);
    if (node != NULL) {
        node->exclude_pad = o.exclude_pad;
    }
    return node;
}

static dna_node *
image_of(dna_graph *g, dna_node *x, const char *name)
{
    char shape[DNA_SHAPE_TEXT];
    if (x != NULL && x->n_dim != 3) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s, [N, channels, length] is needed", name,
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    return dna_node_line_as_image(g, x);
}

dna_node *
dna_max_pool1d(dna_graph *g, dna_node *x, dna_pool1d_opts o)
{
    dna_pool_opts window = {
        .kernel = {1, o.kernel}, .stride = {1, o.stride}, .pad = {0, o.pad}};
    x = image_of(g, x, "max_pool1d");
    return dna_node_image_as_line(g, dna_max_pool2d(g, x, window));
}

dna_node *
dna_avg_pool1d(dna_graph *g, dna_node *x, dna_pool1d_opts o)
{
    dna_avg_pool_opts window = {.kernel = {1, o.kernel},
        .stride = {1, o.stride},
        .pad = {0, o.pad},
        .exclude_pad = o.exclude_pad};
    x = image_of(g, x, "avg_pool1d");
    return dna_node_image_as_line(g, dna_avg_pool2d(g, x, window));
}

/* ---- maximum ---- */

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

/* ---- mean ---- */

/* The part [first, end) of a window that lies in the input. */
static void
window_part(const dna_node *node, int i, int64_t out, int64_t *first, int64_t *end)
{
    const dna_pool_opts *o = &node->pool;
    int64_t begin = out * o->stride[i] - o->pad[i];
    *first = DNA_MAX(begin, 0);
    *end = DNA_MIN(begin + o->kernel[i], node->in[0]->dim[2 + i]);
}

/* One window of a plane: its mean into *y, or dy's shares added to dx. */
static void
avg_window(
    const dna_node *node, int64_t p, const double *x, double *y, double *dx, double dy)
{
    int64_t W = node->in[0]->dim[3];
    int64_t h0 = 0, h1 = 0, w0 = 0, w1 = 0;
    window_part(node, 0, p / node->dim[3], &h0, &h1);
    window_part(node, 1, p % node->dim[3], &w0, &w1);
    int64_t count = node->exclude_pad ? (h1 - h0) * (w1 - w0)
                                      : node->pool.kernel[0] * node->pool.kernel[1];
    double sum = 0.0;
    for (int64_t h = h0; h < h1; h++) {
        for (int64_t w = w0; w < w1; w++) {
            if (y != NULL) {
                sum += x[h * W + w];
            } else {
                dx[h * W + w] += dy / (double)count;
            }
        }
    }
    if (y != NULL) {
        *y = sum / (double)count;
    }
}

static void
avg_walk(const dna_ref_args *a, bool is_forward)
{
    const dna_node *node = a->node;
    int64_t planes = a->batch * node->dim[1];
    int64_t in_size = dna_node_span(node->in[0], 2);
    int64_t out_size = dna_node_span(node, 2);
    for (int64_t k = 0; k < planes; k++) {
        for (int64_t p = 0; p < out_size; p++) {
            int64_t at = k * out_size + p;
            avg_window(node, p, a->x[0] + k * in_size, is_forward ? &a->y[at] : NULL,
                a->dx[0] + k * in_size, is_forward ? 0.0 : a->dy[at]);
        }
    }
}

static void
avg_pool2d_forward(const dna_ref_args *a)
{
    avg_walk(a, true);
}

static void
avg_pool2d_backward(const dna_ref_args *a)
{
    avg_walk(a, false);
}

const dna_op_def dna_op_avg_pool2d = {.name = "avg_pool2d",
    .forward = avg_pool2d_forward,
    .backward = avg_pool2d_backward};

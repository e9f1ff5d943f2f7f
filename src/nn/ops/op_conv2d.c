/* op_conv2d.c - two-dimensional convolution (cross-correlation).
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "nn/node.h"

static int64_t
out_extent(int64_t in, int64_t kernel, int64_t stride, int64_t pad)
{
    return in + 2 * pad < kernel ? 0 : (in + 2 * pad - kernel) / stride + 1;
}

dna_node *
dna_conv2d(dna_graph *g, dna_node *x, const char *layer, dna_conv2d_opts o)
{
    char shape[DNA_SHAPE_TEXT];

    if (x == NULL) {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        o.stride[i] = o.stride[i] == 0 ? 1 : o.stride[i];
        if (o.kernel[i] < 1 || o.stride[i] < 1 || o.pad[i] < 0 || o.out < 1
            || o.pad[i] >= o.kernel[i]) {
            return dna_graph_fail(g, DNA_EARG,
                "%s: kernel, stride and output channels must be at least 1, padding from 0 to below the kernel",
                layer);
        }
    }
    if (x->n_dim != 4 || (o.is_1d && (x->dim[2] != 1 || o.kernel[0] != 1))) {
        return dna_graph_fail(g, DNA_ESHAPE, "%s: input %s, %s is needed", layer,
            dna_node_shape_text(x, shape, sizeof(shape)),
            o.is_1d ? "[N, channels, 1, width]" : "[N, channels, height, width]");
    }
    int64_t dim[3] = {o.out, out_extent(x->dim[2], o.kernel[0], o.stride[0], o.pad[0]),
        out_extent(x->dim[3], o.kernel[1], o.stride[1], o.pad[1])};
    if (dim[1] < 1 || dim[2] < 1) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s is smaller than the kernel %lld x %lld", layer,
            dna_node_shape_text(x, shape, sizeof(shape)), (long long)o.kernel[0],
            (long long)o.kernel[1]);
    }
    dna_node *node = dna_node_new(g, DNA_OP_CONV2D, &x, 1, 3, dim);
    if (node == NULL) {
        return NULL;
    }
    int64_t w4[4] = {o.out, x->dim[1], o.kernel[0], o.kernel[1]};
    int64_t w3[3] = {o.out, x->dim[1], o.kernel[1]};
    int64_t fan_in = x->dim[1] * o.kernel[0] * o.kernel[1];
    node->conv = o;
    node->tensor[DNA_WEIGHT] = dna_graph_tensor(g, layer, "weight", DNA_TENSOR_PARAM,
        o.is_1d ? 3 : 4, o.is_1d ? w3 : w4, fan_in);
    if (!o.no_bias) {
        node->tensor[DNA_BIAS] =
            dna_graph_tensor(g, layer, "bias", DNA_TENSOR_PARAM, 1, &o.out, fan_in);
    }
    return dna_node_name(g, node, layer);
}

/* Sizes of one convolution, and a walk over all its products. */
typedef struct {
    int64_t C, H, W, O, OH, OW;
    int64_t wc; /* input channels of the whole weight tensor */
    const dna_conv2d_opts *o;
    int64_t begin;
} dims;

static dims
dims_of(const dna_node *node)
{
    const dna_node *x = node->in[0];
    const dna_tensor *w = &node->graph->tensors[node->tensor[DNA_WEIGHT]];
    return (dims){.C = x->dim[1],
        .H = x->dim[2],
        .W = x->dim[3],
        .O = node->dim[1],
        .OH = node->dim[2],
        .OW = node->dim[3],
        .wc = w->dim[1],
        .o = &node->conv,
        .begin = node->param_begin};
}

static int64_t
weight_at(const dims *d, int64_t o, int64_t c, int64_t u, int64_t v)
{
    return ((o * d->wc + d->begin + c) * d->o->kernel[0] + u) * d->o->kernel[1] + v;
}

/* Input index for output (i, j) and tap (u, v); -1 in the padding. */
static int64_t
input_at(
    const dims *d, int64_t n, int64_t c, int64_t i, int64_t j, int64_t u, int64_t v)
{
    int64_t h = i * d->o->stride[0] + u - d->o->pad[0];
    int64_t w = j * d->o->stride[1] + v - d->o->pad[1];
    if (h < 0 || h >= d->H || w < 0 || w >= d->W) {
        return -1;
    }
    return ((n * d->C + c) * d->H + h) * d->W + w;
}

static double
forward_one(
    const dims *d, const dna_ref_args *a, int64_t n, int64_t o, int64_t i, int64_t j)
{
    double sum = a->w[DNA_BIAS] == NULL ? 0.0 : a->w[DNA_BIAS][o];
    for (int64_t c = 0; c < d->C; c++) {
        for (int64_t u = 0; u < d->o->kernel[0]; u++) {
            for (int64_t v = 0; v < d->o->kernel[1]; v++) {
                int64_t at = input_at(d, n, c, i, j, u, v);
                if (at >= 0) {
                    sum += a->w[DNA_WEIGHT][weight_at(d, o, c, u, v)] * a->x[0][at];
                }
            }
        }
    }
    return sum;
}

static void
backward_one(const dims *d, const dna_ref_args *a, int64_t n, int64_t o, int64_t i,
    int64_t j, double dy)
{
    if (a->dw[DNA_BIAS] != NULL) {
        a->dw[DNA_BIAS][o] += dy;
    }
    for (int64_t c = 0; c < d->C; c++) {
        for (int64_t u = 0; u < d->o->kernel[0]; u++) {
            for (int64_t v = 0; v < d->o->kernel[1]; v++) {
                int64_t at = input_at(d, n, c, i, j, u, v);
                int64_t w = weight_at(d, o, c, u, v);
                if (at >= 0) {
                    a->dw[DNA_WEIGHT][w] += dy * a->x[0][at];
                    a->dx[0][at] += dy * a->w[DNA_WEIGHT][w];
                }
            }
        }
    }
}

static void
conv2d_forward(const dna_ref_args *a)
{
    dims d = dims_of(a->node);
    double *y = a->y;
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t o = 0; o < d.O; o++) {
            for (int64_t p = 0; p < d.OH * d.OW; p++) {
                *y++ = forward_one(&d, a, n, o, p / d.OW, p % d.OW);
            }
        }
    }
}

static void
conv2d_backward(const dna_ref_args *a)
{
    dims d = dims_of(a->node);
    const double *dy = a->dy;
    for (int64_t n = 0; n < a->batch; n++) {
        for (int64_t o = 0; o < d.O; o++) {
            for (int64_t p = 0; p < d.OH * d.OW; p++) {
                backward_one(&d, a, n, o, p / d.OW, p % d.OW, *dy++);
            }
        }
    }
}

const dna_op_def dna_op_conv2d = {
    .name = "conv2d", .forward = conv2d_forward, .backward = conv2d_backward};

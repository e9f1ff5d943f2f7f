/* op_conv2d.c - convolution (cross-correlation) in two dimensions, or in one: that is an
 * image of height 1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/node.h"

/* What a kernel spans, its gaps included. */
static int64_t
span_of(const dna_conv2d_opts *o, int i)
{
    return (o->kernel[i] - 1) * o->dilation[i] + 1;
}

static int64_t
out_extent(const dna_conv2d_opts *o, int i, int64_t in)
{
    int64_t room = in + 2 * o->pad[i] - span_of(o, i);
    return room < 0 ? 0 : room / o->stride[i] + 1;
}

static bool
are_possible(const dna_conv2d_opts *o)
{
    bool fits = o->out >= 1;
    for (int i = 0; i < 2; i++) {
        fits = fits && o->kernel[i] >= 1 && o->kernel[i] <= DNA_MAX_WINDOW
               && o->stride[i] >= 1 && o->stride[i] <= DNA_MAX_WINDOW
               && o->dilation[i] >= 1 && o->dilation[i] <= DNA_MAX_WINDOW
               && o->pad[i] >= 0 && o->pad[i] < span_of(o, i);
    }
    return fits;
}

/* The node of a convolution on [N, C, H, W], with a weight of n_weight dimensions. */
static dna_node *
conv_node(dna_graph *g, dna_node *x, const char *layer, const dna_conv2d_opts *o,
    int n_weight)
{
    int64_t dim[3] = {o->out, out_extent(o, 0, x->dim[2]), out_extent(o, 1, x->dim[3])};
    dna_node *node = dna_node_new(g, DNA_OP_CONV2D, &x, 1, 3, dim);
    if (node == NULL) {
        return NULL;
    }
    int64_t w4[4] = {o->out, x->dim[1], o->kernel[0], o->kernel[1]};
    int64_t w3[3] = {o->out, x->dim[1], o->kernel[1]};
    int64_t fan_in = dna_fan_in(4, w4);
    node->conv = *o;
    node->tensor[DNA_WEIGHT] = dna_graph_tensor(g, layer, "weight", DNA_TENSOR_PARAM,
        n_weight, n_weight == 3 ? w3 : w4, fan_in);
    if (!o->no_bias) {
        node->tensor[DNA_BIAS] =
            dna_graph_tensor(g, layer, "bias", DNA_TENSOR_PARAM, 1, &o->out, fan_in);
    }
    return dna_node_name(g, node, layer);
}

static dna_node *
fail_options(dna_graph *g, const char *layer)
{
    return dna_graph_fail(g, DNA_EARG,
        "%s: kernel, stride, dilation and output channels must be at least 1 (and the first three at most %lld), padding from 0 to below what the kernel spans",
        layer, (long long)DNA_MAX_WINDOW);
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
        o.dilation[i] = o.dilation[i] == 0 ? 1 : o.dilation[i];
    }
    if (!are_possible(&o)) {
        return fail_options(g, layer);
    }
    if (x->n_dim != 4) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s, [N, channels, height, width] is needed", layer,
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    if (out_extent(&o, 0, x->dim[2]) < 1 || out_extent(&o, 1, x->dim[3]) < 1) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s is smaller than the kernel %lld x %lld", layer,
            dna_node_shape_text(x, shape, sizeof(shape)), (long long)span_of(&o, 0),
            (long long)span_of(&o, 1));
    }
    return conv_node(g, x, layer, &o, 4);
}

dna_node *
dna_conv1d(dna_graph *g, dna_node *x, const char *layer, dna_conv1d_opts o)
{
    char shape[DNA_SHAPE_TEXT];
    dna_conv2d_opts o2 = {.out = o.out,
        .kernel = {1, o.kernel},
        .stride = {1, o.stride == 0 ? 1 : o.stride},
        .pad = {0, o.pad},
        .dilation = {1, o.dilation == 0 ? 1 : o.dilation},
        .no_bias = o.no_bias};

    if (x == NULL) {
        return NULL;
    }
    if (!are_possible(&o2)) {
        return fail_options(g, layer);
    }
    if (x->n_dim != 3) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s, [N, channels, length] is needed", layer,
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    if (out_extent(&o2, 1, x->dim[2]) < 1) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s is shorter than the kernel %lld", layer,
            dna_node_shape_text(x, shape, sizeof(shape)), (long long)span_of(&o2, 1));
    }
    x = dna_node_line_as_image(g, x);
    return x == NULL ? NULL : dna_node_image_as_line(g, conv_node(g, x, layer, &o2, 3));
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
    int64_t h = i * d->o->stride[0] + u * d->o->dilation[0] - d->o->pad[0];
    int64_t w = j * d->o->stride[1] + v * d->o->dilation[1] - d->o->pad[1];
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

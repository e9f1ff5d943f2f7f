/* layer_op.c - the rows of the layers, and how each records its nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nets/layer_op.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* ---- what arguments mean ----------------------------------------------------------- */

static int64_t
count_of(const dna_layer_call *c, int i)
{
    return c->arg[i].n[0];
}

static bool
flag_of(const dna_layer_call *c, int i)
{
    return c->arg[i].n[0] != 0;
}

static dna_node *
conv2d(dna_graph *g, const dna_layer_call *c)
{
    dna_conv2d_opts o = {.out = count_of(c, 0), .no_bias = !flag_of(c, 5)};
    memcpy(o.kernel, c->arg[1].n, sizeof(o.kernel));
    memcpy(o.stride, c->arg[2].n, sizeof(o.stride));
    memcpy(o.pad, c->arg[3].n, sizeof(o.pad));
    memcpy(o.dilation, c->arg[4].n, sizeof(o.dilation));
    return dna_conv2d(g, c->in[0], c->layer, o);
}

static dna_node *
conv1d(dna_graph *g, const dna_layer_call *c)
{
    dna_conv1d_opts o = {.out = count_of(c, 0),
        .kernel = count_of(c, 1),
        .stride = count_of(c, 2),
        .pad = count_of(c, 3),
        .dilation = count_of(c, 4),
        .no_bias = !flag_of(c, 5)};
    return dna_conv1d(g, c->in[0], c->layer, o);
}

static dna_node *
linear(dna_graph *g, const dna_layer_call *c)
{
    return dna_linear(g, c->in[0], c->layer,
        (dna_linear_opts){.out = count_of(c, 0), .no_bias = !flag_of(c, 1)});
}

static dna_node *
batch_norm(dna_graph *g, const dna_layer_call *c)
{
    return dna_batch_norm(g, c->in[0], c->layer,
        (dna_batch_norm_opts){.eps = c->arg[0].number, .momentum = c->arg[1].number});
}

static dna_node *
instance_norm(dna_graph *g, const dna_layer_call *c)
{
    return dna_instance_norm(g, c->in[0], c->layer,
        (dna_instance_norm_opts){.eps = c->arg[0].number, .affine = flag_of(c, 1)});
}

static dna_node *
group_norm(dna_graph *g, const dna_layer_call *c)
{
    return dna_group_norm(g, c->in[0], c->layer,
        (dna_group_norm_opts){.groups = count_of(c, 0),
            .eps = c->arg[1].number,
            .no_affine = !flag_of(c, 2)});
}

static dna_node *
layer_norm(dna_graph *g, const dna_layer_call *c)
{
    if (count_of(c, 0) >= DNA_GRAPH_MAX_DIM) {
        return dna_graph_fail(g, DNA_EARG, "%s: dims is %lld, at most %d are possible",
            c->layer, (long long)count_of(c, 0), DNA_GRAPH_MAX_DIM - 1);
    }
    return dna_layer_norm(g, c->in[0], c->layer,
        (dna_layer_norm_opts){.n_dim = (int)count_of(c, 0),
            .eps = c->arg[1].number,
            .no_affine = !flag_of(c, 2)});
}

static dna_node *
relu(dna_graph *g, const dna_layer_call *c)
{
    return dna_relu(g, c->in[0]);
}

static dna_node *
leaky_relu(dna_graph *g, const dna_layer_call *c)
{
    return dna_leaky_relu(g, c->in[0], c->arg[0].number);
}

static dna_node *
elu(dna_graph *g, const dna_layer_call *c)
{
    return dna_elu(g, c->in[0], c->arg[0].number);
}

static dna_node *
gelu(dna_graph *g, const dna_layer_call *c)
{
    return dna_gelu(g, c->in[0]);
}

static dna_node *
sigmoid(dna_graph *g, const dna_layer_call *c)
{
    return dna_sigmoid(g, c->in[0]);
}

static dna_node *
softplus(dna_graph *g, const dna_layer_call *c)
{
    return dna_softplus(g, c->in[0], c->arg[0].number, c->arg[1].number);
}

static dna_node *
tanh_of(dna_graph *g, const dna_layer_call *c)
{
    return dna_tanh(g, c->in[0]);
}

static dna_node *
max_pool2d(dna_graph *g, const dna_layer_call *c)
{
    dna_pool_opts o = {.kernel = {0, 0}};
    memcpy(o.kernel, c->arg[0].n, sizeof(o.kernel));
    memcpy(o.stride, c->arg[1].n, sizeof(o.stride));
    memcpy(o.pad, c->arg[2].n, sizeof(o.pad));
    return dna_max_pool2d(g, c->in[0], o);
}

static dna_node *
avg_pool2d(dna_graph *g, const dna_layer_call *c)
{
    dna_avg_pool_opts o = {.exclude_pad = !flag_of(c, 3)};
    memcpy(o.kernel, c->arg[0].n, sizeof(o.kernel));
    memcpy(o.stride, c->arg[1].n, sizeof(o.stride));
    memcpy(o.pad, c->arg[2].n, sizeof(o.pad));
    return dna_avg_pool2d(g, c->in[0], o);
}

static dna_node *
max_pool1d(dna_graph *g, const dna_layer_call *c)
{
    return dna_max_pool1d(g, c->in[0],
        (dna_pool1d_opts){
            .kernel = count_of(c, 0), .stride = count_of(c, 1), .pad = count_of(c, 2)});
}

static dna_node *
avg_pool1d(dna_graph *g, const dna_layer_call *c)
{
    return dna_avg_pool1d(g, c->in[0],
        (dna_pool1d_opts){.kernel = count_of(c, 0),
            .stride = count_of(c, 1),
            .pad = count_of(c, 2),
            .exclude_pad = !flag_of(c, 3)});
}

/* A dimension as builders take it; what is too large for one exists nowhere. */
static int
axis_of(const dna_layer_call *c, int i)
{
    return (int)DNA_MIN(count_of(c, i), DNA_GRAPH_MAX_DIM);
}

static dna_node *
mean(dna_graph *g, const dna_layer_call *c)
{
    return dna_mean(g, c->in[0], axis_of(c, 0), flag_of(c, 1));
}

static dna_node *
sum(dna_graph *g, const dna_layer_call *c)
{
    return dna_sum(g, c->in[0], axis_of(c, 0), flag_of(c, 1));
}

static dna_node *
max_of(dna_graph *g, const dna_layer_call *c)
{
    return dna_max(g, c->in[0], axis_of(c, 0), flag_of(c, 1));
}

static dna_node *
softmax(dna_graph *g, const dna_layer_call *c)
{
    return dna_softmax(g, c->in[0], axis_of(c, 0));
}

static dna_node *
dropout(dna_graph *g, const dna_layer_call *c)
{
    return dna_dropout(g, c->in[0], c->arg[0].number);
}

static dna_node *
expand(dna_graph *g, const dna_layer_call *c)
{
    return dna_expand(g, c->in[0], axis_of(c, 0), count_of(c, 1));
}

static dna_node *
concat(dna_graph *g, const dna_layer_call *c)
{
    return dna_concat(g, c->in, c->n_in, axis_of(c, 0));
}

static dna_node *
add(dna_graph *g, const dna_layer_call *c)
{
    dna_node *x = c->in[0];
    for (int i = 1; i < c->n_in; i++) {
        x = dna_add(g, x, c->in[i]);
    }
    return x;
}

static dna_node *
slice(dna_graph *g, const dna_layer_call *c)
{
    return dna_slice(g, c->in[0], axis_of(c, 0), count_of(c, 1), count_of(c, 2));
}

static dna_node *
crop(dna_graph *g, const dna_layer_call *c)
{
    int axis = axis_of(c, 0);
    int64_t excess = dna_node_dim(c->in[0], axis) - count_of(c, 1);
    return excess == 0 && axis > 0
               ? c->in[0]
               : dna_slice(g, c->in[0], axis, excess / 2, count_of(c, 1));
}

/* One -1 stands for what the other dimensions leave. */
static dna_node *
reshape(dna_graph *g, const dna_layer_call *c)
{
    const dna_arg_value *shape = &c->arg[0];
    int64_t dim[DNA_GRAPH_MAX_DIM];
    int64_t size = 1, rest = 1;
    int open = -1;

    for (int i = 1; i < dna_node_n_dim(c->in[0]); i++) {
        size *= dna_node_dim(c->in[0], i);
    }
    for (int i = 0; i < shape->count; i++) {
        dim[i] = shape->n[i];
        if (dim[i] == 0 || (dim[i] < 0 && open >= 0)) {
            return dna_graph_fail(g, DNA_EARG,
                "reshape: a dimension is at least 1, or once -1 for what is left");
        }
        if (dim[i] < 0) {
            open = i;
        } else {
            rest = dim[i] <= size / rest ? rest * dim[i] : size + 1;
        }
    }
    if (open >= 0) {
        dim[open] =
            size % rest == 0 ? size / rest : 1; /* wrong sizes: told by reshape */
    }
    return dna_reshape(g, c->in[0], shape->count, dim);
}

static dna_node *
flatten(dna_graph *g, const dna_layer_call *c)
{
    return dna_flatten(g, c->in[0]);
}

static dna_node *
transpose(dna_graph *g, const dna_layer_call *c)
{
    const dna_arg_value *order = &c->arg[0];
    int perm[DNA_GRAPH_MAX_DIM] = {0};

    if (order->count != dna_node_n_dim(c->in[0]) - 1) {
        return dna_graph_fail(g, DNA_ESHAPE,
            "transpose: order has %d dimensions, the input has %d beside the batch",
            order->count, dna_node_n_dim(c->in[0]) - 1);
    }
    for (int i = 0; i < order->count; i++) {
        perm[i + 1] = (int)DNA_MIN(order->n[i], DNA_GRAPH_MAX_DIM);
    }
    return dna_transpose(g, c->in[0], perm);
}

static dna_node *
recurrent(dna_graph *g, const dna_layer_call *c,
    dna_node *(*build)(dna_graph *, dna_node *, const char *, dna_rnn_opts))
{
    dna_rnn_opts o = {.hidden = count_of(c, 0),
        .n_layer = (int)DNA_MIN(count_of(c, 1), INT32_MAX),
        .bidirectional = flag_of(c, 2),
        .final = flag_of(c, 3),
        .no_bias = !flag_of(c, 4)};
    return build(g, c->in[0], c->layer, o);
}

static dna_node *
gru(dna_graph *g, const dna_layer_call *c)
{
    return recurrent(g, c, dna_gru);
}

static dna_node *
lstm(dna_graph *g, const dna_layer_call *c)
{
    return recurrent(g, c, dna_lstm);
}

static dna_node *
zeros(dna_graph *g, const dna_layer_call *c)
{
    return dna_zeros(g, c->arg[0].count, c->arg[0].n);
}

static dna_node *
same(dna_graph *g, const dna_layer_call *c)
{
    (void)g;
    return c->in[0];
}

/* ---- the table --------------------------------------------------------------------- */

#define COUNT(key, least, text)                                                \
    {                                                                          \
        .name = key, .kind = DNA_ARG_COUNT, .is_required = true, .min = least, \
        .doc = text                                                            \
    }
#define COUNT_OR(key, least, value, text)                                            \
    {                                                                                \
        .name = key, .kind = DNA_ARG_COUNT, .min = least, .dflt = value, .doc = text \
    }
#define PAIR(key, text)                                                               \
    {                                                                                 \
        .name = key, .kind = DNA_ARG_PAIR, .is_required = true, .min = 1, .doc = text \
    }
#define PAIR_OR(key, least, value, text)                                            \
    {                                                                               \
        .name = key, .kind = DNA_ARG_PAIR, .min = least, .dflt = value, .doc = text \
    }
#define NUMBER_OR(key, open, value, text)                                        \
    {                                                                            \
        .name = key, .kind = DNA_ARG_NUMBER, .is_min_open = open, .dflt = value, \
        .doc = text                                                              \
    }
#define FLAG(key, value, text)                                        \
    {                                                                 \
        .name = key, .kind = DNA_ARG_FLAG, .dflt = value, .doc = text \
    }
#define DIMS(key, least, text)                                                \
    {                                                                         \
        .name = key, .kind = DNA_ARG_DIMS, .is_required = true, .min = least, \
        .doc = text                                                           \
    }
#define AXIS COUNT("axis", 1, "The dimension, from 1; 0 is the batch.")
#define KEEP FLAG("keep", 0, "Keep the dimension, with extent 1.")
#define EPS  NUMBER_OR("eps", true, 1e-5, "Added to the variance.")
#define STRIDE_1D \
    COUNT_OR("stride", 1, 0, "From window to window; by default the kernel.")
#define STRIDE_2D \
    PAIR_OR("stride", 1, 0, "From window to window; by default the kernel.")

#define CONVOLUTION_ARGS(KERNEL, PAIRED)                                           \
    {                                                                              \
        COUNT("out", 1, "Output channels."),                                       \
            KERNEL("kernel", "Extent of the filters."),                            \
            PAIRED("stride", 1, 1, "From one place of the filter to the next."),   \
            PAIRED("padding", 0, 0, "Zeros on both sides."),                       \
            PAIRED("dilation", 1, 1, "From one entry of the filter to the next."), \
            FLAG("bias", 1, "Add a number to each channel.")                       \
    }
#define COUNT_1(key, text) COUNT(key, 1, text)

#define RECURRENT_ARGS                                                       \
    {                                                                        \
        COUNT("hidden", 1, "Entries of the state."),                         \
            COUNT_OR("layers", 1, 1, "Stacked layers."),                     \
            FLAG("bidirectional", 0, "Read from the end, too."),             \
            FLAG("final", 0,                                                 \
                "Give the last state only, [N, H], not that of each step."), \
            FLAG("bias", 1, "Add numbers to the gates.")                     \
    }

static const dna_layer_op ops[] = {
    {"conv2d", 1, 1, true, false,
        "Convolution of images: [N, C, H, W] -> [N, out, H', W'].",
        CONVOLUTION_ARGS(PAIR, PAIR_OR), conv2d},
    {"conv1d", 1, 1, true, false, "Convolution of lines: [N, C, L] -> [N, out, L'].",
        CONVOLUTION_ARGS(COUNT_1, COUNT_OR), conv1d},
    {"linear", 1, 1, true, false,
        "Linear map of the last dimension: [N, ..., I] -> [N, ..., out].",
        {COUNT("out", 1, "Output features."), FLAG("bias", 1, "Add a number to each.")},
        linear},
    {"batch_norm", 1, 1, true, false,
        "Each channel (dimension 1) to mean 0 and variance 1 over batch and space, then scale and shift.",
        {EPS,
            NUMBER_OR("momentum", true, 0.1,
                "Share of a batch in the running statistics, which evaluation uses.")},
        batch_norm},
    {"instance_norm", 1, 1, true, false,
        "The same for each sample and channel over space: [N, C, L] or [N, C, H, W].",
        {EPS, FLAG("affine", 0, "Scale and shift each channel.")}, instance_norm},
    {"group_norm", 1, 1, true, false,
        "The same for each sample and group of neighbouring channels.",
        {COUNT("groups", 1, "Number of groups; divides the channels."), EPS,
            FLAG("affine", 1, "Scale and shift each channel.")},
        group_norm},
    {"layer_norm", 1, 1, true, false,
        "The same for each sample over the last dimensions together.",
        {COUNT_OR("dims", 1, 1, "How many dimensions."), EPS,
            FLAG("affine", 1, "Scale and shift each entry.")},
        layer_norm},
    {"relu", 1, 1, false, true, "max(x, 0).", {{0}}, relu},
    {"leaky_relu", 1, 1, false, true, "x, or slope * x below 0.",
        {{.name = "slope",
            .kind = DNA_ARG_NUMBER,
            .dflt = 0.01,
            .min = -1e30,
            .doc = "The slope below 0."}},
        leaky_relu},
    {"elu", 1, 1, false, true, "x, or alpha (exp(x) - 1) below 0.",
        {{.name = "alpha",
            .kind = DNA_ARG_NUMBER,
            .dflt = 1,
            .min = -1e30,
            .doc = "Minus the limit at minus infinity."}},
        elu},
    {"gelu", 1, 1, false, true, "x times the normal distribution function at x.", {{0}},
        gelu},
    {"sigmoid", 1, 1, false, true, "1 / (1 + exp(-x)).", {{0}}, sigmoid},
    {"softplus", 1, 1, false, true, "log(1 + exp(beta x)) / beta.",
        {NUMBER_OR("beta", true, 1, "Steepness."),
            NUMBER_OR("threshold", true, 20, "Where beta x is above it, x itself.")},
        softplus},
    {"tanh", 1, 1, false, true, "Hyperbolic tangent.", {{0}}, tanh_of},
    {"max_pool2d", 1, 1, false, false, "Largest entry of each window: [N, C, H, W].",
        {PAIR("kernel", "Extent of the windows."), STRIDE_2D,
            PAIR_OR("padding", 0, 0, "On both sides, never the largest.")},
        max_pool2d},
    {"avg_pool2d", 1, 1, false, false, "Mean of each window: [N, C, H, W].",
        {PAIR("kernel", "Extent of the windows."), STRIDE_2D,
            PAIR_OR("padding", 0, 0, "Zeros on both sides."),
            FLAG("count_padding", 1, "Divide by the whole window, padding included.")},
        avg_pool2d},
    {"max_pool1d", 1, 1, false, false, "Largest entry of each window: [N, C, L].",
        {COUNT_1("kernel", "Extent of the windows."), STRIDE_1D,
            COUNT_OR("padding", 0, 0, "On both sides, never the largest.")},
        max_pool1d},
    {"avg_pool1d", 1, 1, false, false, "Mean of each window: [N, C, L].",
        {COUNT_1("kernel", "Extent of the windows."), STRIDE_1D,
            COUNT_OR("padding", 0, 0, "Zeros on both sides."),
            FLAG("count_padding", 1, "Divide by the whole window, padding included.")},
        avg_pool1d},
    {"mean", 1, 1, false, false, "Mean over a dimension.", {AXIS, KEEP}, mean},
    {"sum", 1, 1, false, false, "Sum over a dimension.", {AXIS, KEEP}, sum},
    {"max", 1, 1, false, false, "Largest entry along a dimension.", {AXIS, KEEP},
        max_of},
    {"softmax", 1, 1, false, false,
        "Positive numbers that add up to 1 along a dimension.", {AXIS}, softmax},
    {"dropout", 1, 1, false, false,
        "In training, entries become 0 at random and the others are scaled up.",
        {{.name = "rate",
            .kind = DNA_ARG_NUMBER,
            .is_required = true,
            .doc = "Probability of 0, from 0 to 1."}},
        dropout},
    {"expand", 1, 1, false, false, "Repeat a dimension of extent 1.",
        {AXIS, COUNT("times", 1, "The new extent.")}, expand},
    {"concat", 1, 64, false, false, "Inputs side by side along a dimension.",
        {COUNT_OR("axis", 1, 1, "The dimension, from 1; 0 is the batch.")}, concat},
    {"add", 2, 64, false, false,
        "Sum of the inputs, entry by entry; extents of 1 are repeated.", {{0}}, add},
    {"slice", 1, 1, false, false, "Some neighbouring entries of a dimension.",
        {AXIS, COUNT_OR("begin", 0, 0, "The first one, from 0."),
            COUNT("length", 1, "How many.")},
        slice},
    {"crop", 1, 1, false, false,
        "The middle of a dimension; of an odd number too many the larger half goes at the end.",
        {AXIS, COUNT("length", 1, "How many entries stay.")}, crop},
    {"reshape", 1, 1, false, false, "The same entries, row by row, in another shape.",
        {DIMS("shape", -1,
            "Dimensions without the batch; one may be -1: what the others leave.")},
        reshape},
    {"flatten", 1, 1, false, false,
        "All entries of a sample in one row: [N, ...] -> [N, F].", {{0}}, flatten},
    {"transpose", 1, 1, false, false, "Dimensions in another order.",
        {DIMS("order", 1,
            "The input's dimensions in their new order, without the batch: [2, 1] swaps two.")},
        transpose},
    {"gru", 1, 1, true, false,
        "Gated recurrent unit along dimension 1: [N, L, I] -> [N, L, H].",
        RECURRENT_ARGS, gru},
    {"lstm", 1, 1, true, false,
        "Long short-term memory along dimension 1: [N, L, I] -> [N, L, H].",
        RECURRENT_ARGS, lstm},
    {"zeros", 0, 0, false, false, "Zeros.",
        {DIMS("shape", 1, "Dimensions without the batch.")}, zeros},
    {"same", 1, 1, false, false, "Its input, under another name.", {{0}}, same},
};

const dna_layer_op *
dna_layer_op_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(ops) ? &ops[i] : NULL;
}

const dna_layer_op *
dna_layer_op_find(const char *name)
{
    for (int64_t i = 0; name != NULL && i < DNA_COUNT(ops); i++) {
        if (dna_name_matches(name, ops[i].name)) {
            return &ops[i];
        }
    }
    return NULL;
}

const char *
dna_layer_op_nearest(const char *name)
{
    const char *names[DNA_COUNT(ops)];
    for (int64_t i = 0; i < DNA_COUNT(ops); i++) {
        names[i] = ops[i].name;
    }
    return dna_nearest_name(name, names, DNA_COUNT(ops));
}

int
dna_layer_op_n_arg(const dna_layer_op *op)
{
    int n = 0;
    while (n < DNA_LAYER_MAX_ARG && op->args[n].name != NULL) {
        n++;
    }
    return n;
}

dna_arg_value
dna_layer_arg_default(const dna_layer_arg *arg)
{
    int64_t n = arg->kind == DNA_ARG_NUMBER ? 0 : (int64_t)arg->dflt;
    return (dna_arg_value){
        .count = arg->kind == DNA_ARG_PAIR ? 2 : 1, .n = {n, n}, .number = arg->dflt};
}

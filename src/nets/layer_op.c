/* layer_op.c - the rows of the layers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nets/layer_build.h"

#include "base/mem.h"
#include "base/str.h"

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
        CONVOLUTION_ARGS(PAIR, PAIR_OR), dna_layer_conv2d},
    {"conv1d", 1, 1, true, false, "Convolution of lines: [N, C, L] -> [N, out, L'].",
        CONVOLUTION_ARGS(COUNT_1, COUNT_OR), dna_layer_conv1d},
    {"linear", 1, 1, true, false,
        "Linear map of the last dimension: [N, ..., I] -> [N, ..., out].",
        {COUNT("out", 1, "Output features."), FLAG("bias", 1, "Add a number to each.")},
        dna_layer_linear},
    {"batch_norm", 1, 1, true, false,
        "Each channel (dimension 1) to mean 0 and variance 1 over batch and space, then scale and shift.",
        {EPS,
            NUMBER_OR("momentum", true, 0.1,
                "Share of a batch in the running statistics, which evaluation uses.")},
        dna_layer_batch_norm},
    {"instance_norm", 1, 1, true, false,
        "The same for each sample and channel over space: [N, C, L] or [N, C, H, W].",
        {EPS, FLAG("affine", 0, "Scale and shift each channel.")},
        dna_layer_instance_norm},
    {"group_norm", 1, 1, true, false,
        "The same for each sample and group of neighbouring channels.",
        {COUNT("groups", 1, "Number of groups; divides the channels."), EPS,
            FLAG("affine", 1, "Scale and shift each channel.")},
        dna_layer_group_norm},
    {"layer_norm", 1, 1, true, false,
        "The same for each sample over the last dimensions together.",
        {COUNT_OR("dims", 1, 1, "How many dimensions."), EPS,
            FLAG("affine", 1, "Scale and shift each entry.")},
        dna_layer_layer_norm},
    {"relu", 1, 1, false, true, "max(x, 0).", {{0}}, dna_layer_relu},
    {"leaky_relu", 1, 1, false, true, "x, or slope * x below 0.",
        {{.name = "slope",
            .kind = DNA_ARG_NUMBER,
            .dflt = 0.01,
            .min = -1e30,
            .doc = "The slope below 0."}},
        dna_layer_leaky_relu},
    {"elu", 1, 1, false, true, "x, or alpha (exp(x) - 1) below 0.",
        {{.name = "alpha",
            .kind = DNA_ARG_NUMBER,
            .dflt = 1,
            .min = -1e30,
            .doc = "Minus the limit at minus infinity."}},
        dna_layer_elu},
    {"gelu", 1, 1, false, true, "x times the normal distribution function at x.", {{0}},
        dna_layer_gelu},
    {"sigmoid", 1, 1, false, true, "1 / (1 + exp(-x)).", {{0}}, dna_layer_sigmoid},
    {"softplus", 1, 1, false, true, "log(1 + exp(beta x)) / beta.",
        {NUMBER_OR("beta", true, 1, "Steepness."),
            NUMBER_OR("threshold", true, 20, "Where beta x is above it, x itself.")},
        dna_layer_softplus},
    {"tanh", 1, 1, false, true, "Hyperbolic tangent.", {{0}}, dna_layer_tanh_of},
    {"max_pool2d", 1, 1, false, false, "Largest entry of each window: [N, C, H, W].",
        {PAIR("kernel", "Extent of the windows."), STRIDE_2D,
            PAIR_OR("padding", 0, 0, "On both sides, never the largest.")},
        dna_layer_max_pool2d},
    {"avg_pool2d", 1, 1, false, false, "Mean of each window: [N, C, H, W].",
        {PAIR("kernel", "Extent of the windows."), STRIDE_2D,
            PAIR_OR("padding", 0, 0, "Zeros on both sides."),
            FLAG("count_padding", 1, "Divide by the whole window, padding included.")},
        dna_layer_avg_pool2d},
    {"max_pool1d", 1, 1, false, false, "Largest entry of each window: [N, C, L].",
        {COUNT_1("kernel", "Extent of the windows."), STRIDE_1D,
            COUNT_OR("padding", 0, 0, "On both sides, never the largest.")},
        dna_layer_max_pool1d},
    {"avg_pool1d", 1, 1, false, false, "Mean of each window: [N, C, L].",
        {COUNT_1("kernel", "Extent of the windows."), STRIDE_1D,
            COUNT_OR("padding", 0, 0, "Zeros on both sides."),
            FLAG("count_padding", 1, "Divide by the whole window, padding included.")},
        dna_layer_avg_pool1d},
    {"mean", 1, 1, false, false, "Mean over a dimension.", {AXIS, KEEP},
        dna_layer_mean},
    {"sum", 1, 1, false, false, "Sum over a dimension.", {AXIS, KEEP}, dna_layer_sum},
    {"max", 1, 1, false, false, "Largest entry along a dimension.", {AXIS, KEEP},
        dna_layer_max_of},
    {"softmax", 1, 1, false, false,
        "Positive numbers that add up to 1 along a dimension.", {AXIS},
        dna_layer_softmax},
    {"dropout", 1, 1, false, false,
        "In training, entries become 0 at random and the others are scaled up.",
        {{.name = "rate",
            .kind = DNA_ARG_NUMBER,
            .is_required = true,
            .doc = "Probability of 0, from 0 to 1."}},
        dna_layer_dropout},
    {"expand", 1, 1, false, false, "Repeat a dimension of extent 1.",
        {AXIS, COUNT("times", 1, "The new extent.")}, dna_layer_expand},
    {"concat", 1, 64, false, false, "Inputs side by side along a dimension.",
        {COUNT_OR("axis", 1, 1, "The dimension, from 1; 0 is the batch.")},
        dna_layer_concat},
    {"add", 2, 64, false, false,
        "Sum of the inputs, entry by entry; extents of 1 are repeated.", {{0}},
        dna_layer_add},
    {"slice", 1, 1, false, false, "Some neighbouring entries of a dimension.",
        {AXIS, COUNT_OR("begin", 0, 0, "The first one, from 0."),
            COUNT("length", 1, "How many.")},
        dna_layer_slice},
    {"crop", 1, 1, false, false,
        "The middle of a dimension; of an odd number too many the larger half goes at the end.",
        {AXIS, COUNT("length", 1, "How many entries stay.")}, dna_layer_crop},
    {"reshape", 1, 1, false, false, "The same entries, row by row, in another shape.",
        {DIMS("shape", -1,
            "Dimensions without the batch; one may be -1: what the others leave.")},
        dna_layer_reshape},
    {"flatten", 1, 1, false, false,
        "All entries of a sample in one row: [N, ...] -> [N, F].", {{0}},
        dna_layer_flatten},
    {"transpose", 1, 1, false, false, "Dimensions in another order.",
        {DIMS("order", 1,
            "The input's dimensions in their new order, without the batch: [2, 1] swaps two.")},
        dna_layer_transpose},
    {"gru", 1, 1, true, false,
        "Gated recurrent unit along dimension 1: [N, L, I] -> [N, L, H].",
        RECURRENT_ARGS, dna_layer_gru},
    {"lstm", 1, 1, true, false,
        "Long short-term memory along dimension 1: [N, L, I] -> [N, L, H].",
        RECURRENT_ARGS, dna_layer_lstm},
    {"zeros", 0, 0, false, false, "Zeros.",
        {DIMS("shape", 1, "Dimensions without the batch.")}, dna_layer_zeros},
    {"same", 1, 1, false, false, "Its input, under another name.", {{0}},
        dna_layer_same},
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

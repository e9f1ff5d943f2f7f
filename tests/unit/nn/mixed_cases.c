/* mixed_cases.c - small networks that take samples of several sizes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "mixed_cases.h"

#include <string.h>

#include "layer_cases.h"
#include "support/support.h"

static dna_node *
conv(dna_graph *g, dna_node *x, const char *name, int64_t out, int64_t kh, int64_t kw,
    int64_t sh, int64_t sw, int64_t ph, int64_t pw)
{
    return dna_conv2d(g, x, name,
        (dna_conv2d_opts){
            .out = out, .kernel = {kh, kw}, .stride = {sh, sw}, .pad = {ph, pw}});
}

/* The mean over space, then a linear layer. */
static dna_node *
head(dna_graph *g, dna_node *x)
{
    while (dna_node_n_dim(x) > 2) {
        x = dna_mean(g, x, dna_node_n_dim(x) - 1, false);
    }
    return dna_linear(g, x, "head", (dna_linear_opts){.out = 3});
}

static dna_node *
conv_plain(dna_graph *g, dna_node *x)
{
    x = dna_relu(g, conv(g, x, "a", 5, 3, 3, 1, 1, 0, 0));
    return head(g, dna_relu(g, conv(g, x, "b", 2, 2, 4, 2, 3, 0, 0)));
}

static dna_node *
conv_padded(dna_graph *g, dna_node *x)
{
    x = dna_relu(g, conv(g, x, "a", 3, 3, 5, 1, 1, 1, 2));
    x = conv(g, x, "b", 4, 5, 3, 3, 2, 2, 1);
    return head(g, conv(g, x, "c", 4, 3, 3, 1, 1, 2, 2));
}

static dna_node *
conv_tall(dna_graph *g, dna_node *x) /* channels become rows, the sizes mix */
{
    x = dna_relu(g, conv(g, x, "a", 4, 5, 1, 1, 1, 0, 0));
    x = dna_transpose(g, x, (int[]){0, 2, 1, 3});
    x = dna_reshape(g, x, 3,
        (int64_t[]){1, dna_node_dim(x, 1) * dna_node_dim(x, 2), dna_node_dim(x, 3)});
    x = conv(g, x, "b", 3, 7, 2, 2, 3, 0, 0);
    return head(g, conv(g, x, "c", 2, 1, 1, 1, 1, 0, 0));
}

static dna_node *
conv_shared(dna_graph *g, dna_node *x)
{
    x = dna_relu(g, conv(g, x, "a", 2, 1, 3, 1, 1, 0, 1));
    return head(g, dna_relu(g, conv(g, x, "a", 2, 1, 3, 1, 1, 0, 1)));
}

static dna_node *
conv_1d(dna_graph *g, dna_node *x)
{
    x = dna_conv1d(g, x, "a", (dna_conv1d_opts){.out = 5, .kernel = 4});
    x = dna_conv1d(g, dna_sigmoid(g, x), "b",
        (dna_conv1d_opts){.out = 3, .kernel = 3, .stride = 2, .pad = 1, .dilation = 2});
    return head(g, dna_relu(g, x));
}

static dna_node *
conv_dilated(dna_graph *g, dna_node *x)
{
    dna_conv2d_opts a = {.out = 3, .kernel = {2, 3}, .dilation = {2, 3}};
    dna_conv2d_opts b = {.out = 4, .kernel = {3, 2}, .pad = {3, 1}, .dilation = {2, 2}};
    x = dna_relu(g, dna_conv2d(g, x, "a", a));
    return head(g, dna_conv2d(g, x, "b", b));
}

static dna_node *
linear_rows(dna_graph *g, dna_node *x) /* on the last of 3 and of 4 dimensions */
{
    dna_node *y = dna_linear(g, x, "a", (dna_linear_opts){.out = 6});
    y = dna_linear(g, dna_relu(g, y), "b", (dna_linear_opts){.out = 3});
    dna_node *z =
        dna_reshape(g, y, 2, (int64_t[]){dna_node_dim(y, 1) * dna_node_dim(y, 2), 3});
    z = dna_relu(g, dna_linear(g, z, "c", (dna_linear_opts){.out = 4}));
    return head(g, dna_transpose(g, z, (int[]){0, 2, 1}));
}

static dna_node *
norm_spaces(dna_graph *g, dna_node *x) /* over 4, 3 and 5 dimensions, and 2 */
{
    x = dna_batch_norm(g, x, "n4", (dna_batch_norm_opts){0});
    x = conv(g, x, "a", 3, 1, 2, 1, 1, 0, 0);
    x = dna_relu(g, dna_batch_norm(g, x, "m4", (dna_batch_norm_opts){.momentum = 0.3}));
    int64_t h = dna_node_dim(x, 2);
    int64_t w = dna_node_dim(x, 3);
    x = dna_reshape(g, x, 2, (int64_t[]){3, h * w});
    x = dna_batch_norm(g, x, "n3", (dna_batch_norm_opts){.eps = 1e-3});
    x = dna_reshape(g, dna_relu(g, x), 4, (int64_t[]){3, 1, h, w});
    x = dna_batch_norm(g, x, "n5", (dna_batch_norm_opts){0});
    x = dna_reshape(g, x, 3, (int64_t[]){3, h, w});
    x = dna_mean(g, dna_mean(g, x, 3, false), 2, false);
    x = dna_relu(g, dna_batch_norm(g, x, "n2", (dna_batch_norm_opts){0}));
    return head(g, x);
}

static dna_node *
norm_twice(dna_graph *g, dna_node *x)
{
    dna_node *a = dna_batch_norm(g, x, "p", (dna_batch_norm_opts){0});
    a = dna_batch_norm(g, dna_relu(g, a), "n", (dna_batch_norm_opts){0});
    dna_node *b = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    return head(g, dna_relu(g, dna_add(g, a, b)));
}

static dna_node *
norm_before_padding(dna_graph *g, dna_node *x) /* its shift must not leak in */
{
    x = dna_batch_norm(g, x, "a", (dna_batch_norm_opts){0});
    x = conv(g, x, "b", 3, 3, 3, 1, 1, 1, 1);
    return head(g, dna_batch_norm(g, x, "c", (dna_batch_norm_opts){0}));
}

static dna_node *
activations(dna_graph *g, dna_node *x) /* also those that make something of 0 */
{
    x = dna_sigmoid(g, conv(g, x, "a", 3, 1, 2, 1, 1, 0, 1));
    x = dna_softplus(g, conv(g, x, "b", 2, 3, 1, 1, 1, 1, 0), 2.0, 20.0);
    x = dna_gelu(g, dna_elu(g, conv(g, x, "c", 2, 2, 2, 1, 1, 0, 0), 0.5));
    dna_node *y = dna_sigmoid(g, x);
    return head(g, dna_add(g, dna_tanh(g, dna_leaky_relu(g, x, -0.5)), y));
}

static dna_node *
pools(dna_graph *g, dna_node *x) /* negative values at the padded borders */
{
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0);
    x = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {1, 2}});
    x = conv(g, x, "b", 3, 1, 1, 1, 1, 0, 0);
    x = dna_max_pool2d(
        g, x, (dna_pool_opts){.kernel = {3, 2}, .stride = {1, 1}, .pad = {1, 1}});
    x = dna_max_pool2d(
        g, x, (dna_pool_opts){.kernel = {2, 3}, .stride = {3, 2}, .pad = {1, 1}});
    return head(g, x);
}

static dna_node *
avg_pools(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0);
    x = dna_avg_pool2d(
        g, x, (dna_avg_pool_opts){.kernel = {3, 2}, .stride = {1, 1}, .pad = {1, 1}});
    x = dna_avg_pool2d(g, dna_sigmoid(g, x),
        (dna_avg_pool_opts){
            .kernel = {2, 3}, .stride = {2, 2}, .pad = {1, 1}, .exclude_pad = true});
    return head(g, dna_avg_pool2d(g, x, (dna_avg_pool_opts){.kernel = {1, 2}}));
}

static dna_node *
reductions(dna_graph *g, dna_node *x) /* negative values beside the zeros outside */
{
    dna_node *xs[6];
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0);
    dna_node *low = dna_elu(g, conv(g, x, "b", 3, 1, 2, 1, 1, 0, 0), 0.5);
    xs[0] = dna_max(g, dna_max(g, low, 3, false), 2, false);
    xs[1] = dna_sum(g, dna_sum(g, dna_sigmoid(g, low), 2, true), 3, false);
    xs[2] = dna_sum(g, dna_max(g, low, 1, false), 1, true);
    xs[3] = dna_max(g, dna_max(g, low, 2, true), 3, true);
    xs[4] = dna_max(g, dna_sum(g, x, 2, false), 2, false);
    xs[5] = dna_mean(g, dna_max(g, x, 2, false), 2, false);
    xs[2] = dna_max(g, dna_expand(g, xs[2], 1, 2), 2, true);
    xs[1] = dna_flatten(g, xs[1]);
    xs[2] = dna_flatten(g, xs[2]);
    xs[3] = dna_flatten(g, xs[3]);
    return head(g, dna_concat(g, xs, 6, 1));
}

static dna_node *
softmaxes(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0);
    dna_node *a = dna_softmax(g, dna_softmax(g, x, 1), 2);
    dna_node *b = dna_softmax(g, dna_add(g, x, a), 3);
    dna_node *c = dna_reshape(g, dna_add(g, a, b), 2,
        (int64_t[]){3, dna_node_dim(x, 2) * dna_node_dim(x, 3)});
    return head(g, dna_softmax(g, dna_add(g, c, dna_softmax(g, c, 1)), 2));
}

static dna_node *
repeated_sums(dna_graph *g, dna_node *x) /* as often as the sample has rows */
{
    x = conv(g, x, "a", 2, 1, 1, 1, 1, 0, 0);
    dna_node *r = dna_expand(g, dna_mean(g, x, 2, true), 2, dna_node_dim(x, 2));
    dna_node *xs[4] = {x, r, dna_softmax(g, r, 2), dna_softmax(g, r, 3)};
    x = dna_concat(g, xs, 4, 1);
    dna_node *ys[3] = {dna_sum(g, dna_sum(g, x, 2, false), 2, false),
        dna_max(g, dna_sum(g, r, 2, false), 2, false),
        dna_sum(g, dna_max(g, r, 2, false), 2, false)};
    return head(g, dna_concat(g, ys, 3, 1));
}

static dna_node *
dropouts(dna_graph *g, dna_node *x)
{
    x = dna_dropout(g, conv(g, x, "a", 3, 1, 2, 1, 1, 0, 0), 0.3);
    x = dna_conv2d(g, x, "b", (dna_conv2d_opts){.out = 3, .kernel = {1, 1}});
    x = dna_add(g, dna_dropout(g, x, 0.5), dna_dropout(g, dna_gelu(g, x), 0.6));
    int64_t h = dna_node_dim(x, 2);
    x = dna_reshape(g, x, 2, (int64_t[]){3, h * dna_node_dim(x, 3)});
    return head(g, dna_dropout(g, x, 0.2));
}

static dna_node *
moves(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 4, 1, 2, 1, 1, 0, 0);
    int64_t h = dna_node_dim(x, 2);
    int64_t w = dna_node_dim(x, 3);
    dna_node *middle = dna_slice(g, x, 3, w / 2, 2); /* begins where the size says */
    dna_node *bottom = dna_slice(g, x, 2, h / 2, h - h / 2);
    dna_node *top = dna_slice(g, x, 2, 0, h / 2);
    dna_node *both[3] = {bottom, top, bottom}; /* joined along sizes that differ */
    dna_node *tall = dna_concat(g, both, 3, 2);
    dna_node *wide[2] = {tall, dna_slice(g, tall, 3, 0, w - 1)};
    dna_node *all = dna_concat(g, wide, 2, 3);
    dna_node *turned = dna_transpose(g, all, (int[]){0, 2, 3, 1});
    turned = dna_mean(g, dna_mean(g, turned, 1, true), 2, true);
    turned = dna_reshape(g, turned, 1, (int64_t[]){4});
    dna_node *m = dna_mean(g, dna_mean(g, middle, 3, false), 2, false);
    dna_node *u = dna_slice(g, dna_relu(g, dna_slice(g, x, 1, 1, 2)), 1, 0, 1);
    u = dna_mean(g, dna_mean(g, u, 3, false), 2, false);
    dna_node *parts[3] = {turned, m, u};
    return dna_linear(g, dna_relu(g, dna_concat(g, parts, 3, 1)), "head",
        (dna_linear_opts){.out = 2});
}

static dna_node *
sums(dna_graph *g, dna_node *x)
{
    dna_node *a = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0);
    dna_node *b = dna_mean(g, conv(g, x, "b", 3, 1, 1, 1, 1, 0, 0), 2, true);
    dna_node *c = dna_add(g, dna_add(g, a, b), dna_add(g, a, a));
    dna_node *e = dna_add(g, b, dna_mean(g, a, 3, true)); /* both are repeated */
    dna_node *d = dna_add(g, dna_add(g, b, a), e);
    dna_node *m = dna_mean(g, dna_relu(g, dna_add(g, c, d)), 3, false);
    dna_node *z = dna_zeros(g, 1, (int64_t[]){3});
    return head(g, dna_add(g, z, dna_mean(g, m, 2, false)));
}

static dna_node *
channels_mean(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 5, 1, 1, 1, 1, 0, 0);
    x = dna_expand(g, dna_mean(g, dna_relu(g, x), 1, true), 1, 3);
    return head(g, dna_mean(g, x, 3, true));
}

/* One exchangeable block: what split_concat and broadcast are for. */
static dna_node *
block(dna_graph *g, dna_node *x, const char *norm, const char *layer, dna_node **out)
{
    x = conv(g, dna_batch_norm(g, x, norm, (dna_batch_norm_opts){0}), layer, 4, 1, 3, 1,
        1, 0, 0);
    dna_node *psi = dna_mean(g, x, 2, true);
    dna_node *s =
        dna_mean(g, dna_mean(g, dna_slice(g, psi, 1, 0, 2), 3, false), 2, false);
    s = dna_linear(g, s, layer[0] == 'p' ? "fp" : "fq", (dna_linear_opts){.out = 2});
    *out = *out == NULL ? s : dna_add(g, *out, s);
    dna_node *xs[2] = {x, dna_expand(g, psi, 2, dna_node_dim(x, 2))};
    x = dna_concat(g, xs, 2, 1);
    return dna_relu(g, dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {1, 2}}));
}

static dna_node *
exchangeable(dna_graph *g, dna_node *x)
{
    int64_t n = dna_node_dim(x, 2) - 1;
    dna_node *pos = dna_slice(g, x, 2, 0, 1);
    dna_node *snp = dna_slice(g, x, 2, 1, n);
    pos = conv(g, pos, "pos", 3, 1, 3, 1, 1, 0, 0);
    pos = dna_relu(g, dna_batch_norm(g, pos, "pos_bn", (dna_batch_norm_opts){0}));
    snp = conv(g, snp, "snp", 2, 1, 3, 1, 1, 0, 0);
    snp = dna_relu(g, dna_batch_norm(g, snp, "snp_bn", (dna_batch_norm_opts){0}));
    dna_node *xs[2] = {dna_expand(g, pos, 2, n), snp};
    dna_node *out = dna_zeros(g, 1, (int64_t[]){2});
    x = block(g, dna_concat(g, xs, 2, 1), "np", "p", &out);
    block(g, x, "nq", "q", &out);
    return out;
}

/* The same from a matrix without channels. */
static dna_node *
exchangeable_matrix(dna_graph *g, dna_node *x)
{
    x = dna_reshape(g, x, 3, (int64_t[]){1, dna_node_dim(x, 1), dna_node_dim(x, 2)});
    return exchangeable(g, x);
}

/* Repeated rows that meet ops which do not treat rows alike. */
static dna_node *
repeated(dna_graph *g, dna_node *x)
{
    dna_node *a = conv(g, x, "a", 2, 1, 1, 1, 1, 0, 0);
    dna_node *r = dna_expand(g, dna_mean(g, a, 2, true), 2, dna_node_dim(a, 2));
    dna_node *xs[2] = {a, r};
    dna_node *c = dna_concat(g, xs, 2, 1);
    dna_node *t = dna_mean(g, dna_transpose(g, c, (int[]){0, 1, 3, 2}), 3, false);
    dna_node *p = dna_max_pool2d(g, r, (dna_pool_opts){.kernel = {2, 1}});
    dna_node *k = conv(g, c, "k", 2, 2, 2, 1, 1, 1, 1);
    dna_node *q = dna_slice(g, dna_relu(g, r), 2, 1, dna_node_dim(r, 2) - 1);
    dna_node *ss[4] = {dna_mean(g, t, 2, false),
        dna_mean(g, dna_mean(g, p, 3, false), 2, false),
        dna_mean(g, dna_mean(g, k, 3, false), 2, false),
        dna_mean(g, dna_mean(g, q, 3, false), 2, false)};
    return dna_linear(g, dna_concat(g, ss, 4, 1), "head", (dna_linear_opts){.out = 3});
}

/* Two values of which the smaller is repeated in samples of one column only. */
static dna_node *
repeated_by_chance(dna_graph *g, dna_node *x)
{
    dna_node *narrow = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {1, 1}});
    narrow = dna_slice(g, narrow, 3, 0, dna_node_dim(x, 3) > 1 ? 2 : 1);
    dna_node *wide[2] = {narrow, narrow};
    dna_node *y = dna_concat(g, wide, 2, 3);
    y = dna_slice(g, y, 3, 0, 2);
    return head(g, dna_relu(g, dna_add(g, y, narrow)));
}

static dna_node *
flat_only(dna_graph *g, dna_node *x) /* no linear layer: outputs of one shape each */
{
    return dna_linear(g,
        dna_mean(g,
            dna_reshape(g, dna_flatten(g, x), 2,
                (int64_t[]){1, dna_node_dim(x, 1) * dna_node_dim(x, 2)}),
            2, false),
        "head", (dna_linear_opts){.out = 2});
}

const mixed_case mixed_cases[] = {
    {"conv", 3, {3, 4, 6}, {3, 9, 13}, 5, conv_plain, false},
    {"conv one channel", 3, {1, 5, 9}, {1, 6, 40}, 4, conv_plain, false},
    {"conv padded", 3, {2, 1, 1}, {2, 6, 9}, 6, conv_padded, false},
    {"conv, tall kernels", 3, {1, 6, 4}, {1, 9, 11}, 4, conv_tall, false},
    {"conv, shared weights", 3, {2, 1, 1}, {2, 3, 8}, 5, conv_shared, false},
    {"conv 1d", 2, {2, 6}, {2, 12}, 4, conv_1d, false},
    {"conv dilated", 3, {2, 3, 7}, {2, 8, 14}, 4, conv_dilated, false},
    {"linear on rows", 3, {1, 1, 5}, {3, 4, 5}, 5, linear_rows, false},
    {"batch norm", 3, {2, 1, 2}, {2, 4, 6}, 7, norm_spaces, true},
    {"batch norm, 40 samples", 3, {1, 1, 2}, {1, 2, 5}, 40, norm_spaces, true},
    {"batch norm used twice", 3, {2, 1, 1}, {2, 3, 5}, 5, norm_twice, true},
    {"batch norm before padding", 3, {2, 1, 1}, {2, 4, 6}, 5, norm_before_padding,
        true},
    {"instance and group norm", 3, {2, 1, 3}, {2, 4, 6}, 6, mixed_norm_samples, false},
    {"layer norm", 3, {2, 1, 3}, {2, 4, 6}, 6, mixed_norm_rows, false},
    {"norms of several channels", 3, {1, 1, 3}, {5, 4, 3}, 6, mixed_norm_channels,
        false},
    {"norms of repeated rows", 3, {2, 1, 3}, {2, 5, 6}, 6, mixed_norm_repeated, false},
    {"gru and lstm", 2, {1, 2}, {6, 2}, 7, mixed_recurrent, false},
    {"lstm, final state, 40 samples", 2, {1, 3}, {5, 3}, 40, mixed_recurrent_last,
        false},
    {"activations", 3, {2, 2, 2}, {2, 5, 6}, 5, activations, false},
    {"max pool", 3, {2, 1, 2}, {2, 6, 12}, 6, pools, false},
    {"average pool", 3, {2, 2, 4}, {2, 6, 12}, 5, avg_pools, false},
    {"max and sum", 3, {2, 1, 2}, {2, 5, 7}, 5, reductions, false},
    {"softmax", 3, {2, 1, 1}, {2, 5, 6}, 5, softmaxes, false},
    {"repeated rows, sums", 3, {2, 1, 1}, {2, 5, 6}, 5, repeated_sums, false},
    {"dropout", 3, {2, 1, 2}, {2, 5, 6}, 5, dropouts, true},
    {"transpose, slice, concat", 3, {2, 2, 4}, {2, 7, 10}, 6, moves, false},
    {"add, mean, zeros", 3, {2, 1, 1}, {2, 4, 5}, 6, sums, false},
    {"mean and expand of channels", 3, {2, 1, 1}, {2, 4, 5}, 4, channels_mean, false},
    {"exchangeable blocks", 3, {1, 3, 14}, {1, 7, 24}, 6, exchangeable, true},
    {"exchangeable blocks, one row too", 3, {1, 2, 14}, {1, 4, 20}, 7, exchangeable,
        true},
    {"exchangeable blocks, matrix", 2, {2, 14}, {5, 30}, 5, exchangeable_matrix, true},
    {"repeated rows, mixed", 3, {2, 2, 2}, {2, 5, 6}, 5, repeated, false},
    {"repeated in some samples only", 3, {3, 1, 1}, {3, 2, 2}, 6, repeated_by_chance,
        false},
    {"flatten", 2, {1, 1}, {4, 5}, 5, flat_only, false},
};
const int n_mixed_case = (int)(sizeof(mixed_cases) / sizeof(mixed_cases[0]));

dna_graph *
mixed_case_graph(const mixed_case *c, const int64_t *dim)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    assert_ok(dna_graph_output(g, c->build(g, dna_input(g, "x", c->n_dim, dim))));
    return g;
}

mixture
mixture_new(const mixed_case *c, int64_t n, dna_rng *rng)
{
    mixture m = {.c = c, .n = n};
    m.dim = dna_calloc((size_t)n * 4, sizeof(*m.dim));
    m.graphs = dna_calloc((size_t)n, sizeof(*m.graphs));
    for (int64_t b = 0; b < n; b++) {
        for (int d = 0; d < c->n_dim; d++) {
            int64_t room = c->max[d] - c->min[d] + 1;
            m.dim[b * 4 + d] = c->min[d] + dna_rng_below(rng, room);
            m.full[d] = DNA_MAX(m.full[d], m.dim[b * 4 + d]);
        }
        m.graphs[b] = mixed_case_graph(c, &m.dim[b * 4]);
    }
    m.g = mixed_case_graph(c, m.full);
    return m;
}

void
mixture_free(mixture *m)
{
    for (int64_t b = 0; b < m->n; b++) {
        dna_graph_free(m->graphs[b]);
    }
    dna_graph_free(m->g);
    dna_free(m->graphs);
    dna_free(m->dim);
}

int64_t
mixture_size(const mixture *m, const int64_t *dim)
{
    int64_t n = 1;
    for (int d = 0; d < m->c->n_dim; d++) {
        n *= dim[d];
    }
    return n;
}

int64_t
mixture_at(const mixture *m, int64_t b, int64_t i)
{
    const int64_t *dim = &m->dim[b * 4];
    int64_t at = 0;
    int64_t stride = 1;
    for (int d = m->c->n_dim - 1; d >= 0; d--) {
        at += i % dim[d] * stride;
        i /= dim[d];
        stride *= m->full[d];
    }
    return at + b * stride;
}

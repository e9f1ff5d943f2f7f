/* ops_cases.c - small networks that use every op in odd shapes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops_cases.h"

#include "layer_cases.h"
#include "support/support.h"

static dna_node *
conv(dna_graph *g, dna_node *x, const char *name, int64_t out, int64_t kh, int64_t kw,
    int64_t sh, int64_t sw, int64_t ph, int64_t pw, bool no_bias)
{
    return dna_conv2d(g, x, name,
        (dna_conv2d_opts){.out = out,
            .kernel = {kh, kw},
            .stride = {sh, sw},
            .pad = {ph, pw},
            .no_bias = no_bias});
}

static dna_node *
head(dna_graph *g, dna_node *x)
{
    return dna_linear(g, dna_flatten(g, x), "head", (dna_linear_opts){.out = 3});
}

static dna_node *
conv_plain(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 5, 3, 3, 1, 1, 0, 0, false);
    return head(g, conv(g, x, "b", 2, 2, 4, 2, 3, 0, 0, true));
}

static dna_node *
conv_wide(dna_graph *g, dna_node *x) /* more channels than a tile of products has */
{
    x = conv(g, x, "a", 70, 2, 5, 1, 1, 0, 0, false);
    x = conv(g, dna_relu(g, x), "b", 33, 1, 3, 1, 1, 0, 0, false);
    return head(g, conv(g, x, "c", 9, 2, 3, 1, 4, 1, 2, false));
}

static dna_node *
conv_whole(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 4, 1, 1, 1, 1, 0, 0, false);
    return head(g,
        conv(g, x, "b", 3, dna_node_dim(x, 2), dna_node_dim(x, 3), 1, 1, 0, 0, false));
}

static dna_node *
conv_tall(dna_graph *g, dna_node *x) /* more rows in the kernel than numbers in a row */
{
    x = conv(g, x, "a", 4, 5, 1, 1, 1, 0, 0, false);
    x = dna_transpose(
        g, dna_relu(g, x), (int[]){0, 2, 1, 3}); /* channels become rows */
    x = dna_reshape(g, x, 3,
        (int64_t[]){1, dna_node_dim(x, 1) * dna_node_dim(x, 2), dna_node_dim(x, 3)});
    x = conv(g, x, "b", 3, 7, 2, 2, 3, 0, 0, false);
    return head(g, conv(g, x, "c", 2, 1, 1, 1, 1, 0, 0, true));
}

static dna_node *
conv_padded(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 3, 3, 5, 1, 1, 1, 2, false);
    return head(g, conv(g, x, "b", 4, 5, 3, 3, 2, 2, 1, false));
}

static dna_node *
normed(dna_graph *g, dna_node *x, const char *layer)
{
    return dna_relu(g, dna_batch_norm(g, x, layer, (dna_batch_norm_opts){0}));
}

static dna_node *
rows_of_maps(dna_graph *g, dna_node *x, int64_t width) /* cropped in the middle */
{
    x = dna_reshape(g, x, 3,
        (int64_t[]){1, dna_node_dim(x, 1) * dna_node_dim(x, 2), dna_node_dim(x, 3)});
    return dna_slice(g, x, 3, (dna_node_dim(x, 3) - width) / 2, width);
}

static dna_node *
stacked_maps(dna_graph *g, dna_node *x) /* images joined one by one, and cut again */
{
    int64_t w = dna_node_dim(x, 3) - 3;
    dna_node *a = normed(g, conv(g, x, "a", 3, 2, 1, 1, 1, 0, 0, false), "na");
    dna_node *b = normed(g, conv(g, x, "b", 2, 1, 2, 1, 1, 0, 0, false), "nb");
    dna_node *c = dna_elu(g,
        dna_batch_norm(g, conv(g, x, "c", 2, 2, 4, 1, 1, 0, 0, false), "nc",
            (dna_batch_norm_opts){0}),
        0.7);
    dna_node *ab[2] = {rows_of_maps(g, a, w + 1), rows_of_maps(g, b, w + 1)};
    dna_node *abc[2] = {
        dna_slice(g, dna_concat(g, ab, 2, 2), 3, 1, w), rows_of_maps(g, c, w)};
    x = dna_concat(g, abc, 2, 2);
    int64_t n = dna_node_dim(x, 2);
    dna_node *parts[3] = {dna_slice(g, x, 2, 0, n - 2), dna_slice(g, x, 2, 1, n - 2),
        dna_slice(g, dna_slice(g, x, 2, 1, n - 1), 2, 1, n - 2)};
    x = dna_concat(g, parts, 3, 1);
    x = normed(g, conv(g, x, "d", 4, 3, 1, 1, 1, 0, 0, false), "nd");
    return head(
        g, dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 2}, .stride = {1, 2}}));
}

static dna_node *
norm_then_pool(dna_graph *g, dna_node *x) /* conv, norm, activation, pool; a residual */
{
    x = normed(g, conv(g, x, "a", 5, 3, 3, 1, 1, 1, 1, false), "na");
    dna_node *y = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {1, 2}});
    dna_node *z =
        dna_gelu(g, dna_batch_norm(g, conv(g, y, "b", 5, 1, 3, 1, 1, 0, 1, false), "nb",
                        (dna_batch_norm_opts){0}));
    y = dna_add(g, y, z);
    y = dna_batch_norm(
        g, conv(g, y, "c", 3, 2, 3, 2, 2, 0, 0, true), "nc", (dna_batch_norm_opts){0});
    y = dna_leaky_relu(g, y, 0.1);
    return head(g, dna_avg_pool2d(g, y, (dna_avg_pool_opts){.kernel = {1, 2}}));
}

static dna_node *
pool_many_channels(dna_graph *g, dna_node *x) /* more than a vector; ends uncovered */
{
    x = conv(g, x, "a", 19, 1, 2, 1, 1, 0, 0, false);
    dna_node *y = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 3}});
    y = dna_max_pool2d(
        g, dna_sigmoid(g, y), (dna_pool_opts){.kernel = {1, 2}, .stride = {1, 2}});
    dna_node *z = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 2}});
    dna_node *w = dna_max_pool2d(g, dna_tanh(g, x), (dna_pool_opts){.kernel = {3, 2}});
    dna_node *parts[3] = {dna_flatten(g, y), dna_flatten(g, z), dna_flatten(g, w)};
    return head(g, dna_concat(g, parts, 3, 1));
}

static dna_node *
conv_one_by_one(dna_graph *g, dna_node *x)
{
    return head(g, conv(g, conv(g, x, "a", 7, 1, 1, 1, 1, 0, 0, false), "b", 1, 1, 1, 2,
                       2, 0, 0, false));
}

static dna_node *
conv_1d(dna_graph *g, dna_node *x)
{
    x = dna_conv1d(g, x, "a", (dna_conv1d_opts){.out = 5, .kernel = 4});
    x = dna_conv1d(g, dna_relu(g, x), "b",
        (dna_conv1d_opts){.out = 3, .kernel = 3, .stride = 2, .pad = 3, .dilation = 2});
    x = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    x = dna_relu(g, dna_conv1d(g, x, "c",
                        (dna_conv1d_opts){.out = 2, .kernel = 1, .no_bias = true}));
    return head(g, x);
}

static dna_node *
dilated(dna_graph *g, dna_node *x, const char *name, dna_conv2d_opts o)
{
    return dna_relu(g, dna_conv2d(g, x, name, o));
}

static dna_node *
conv_dilated(dna_graph *g, dna_node *x) /* without padding: rows, columns, strides */
{
    x = dilated(
        g, x, "a", (dna_conv2d_opts){.out = 4, .kernel = {2, 3}, .dilation = {3, 1}});
    x = dilated(
        g, x, "b", (dna_conv2d_opts){.out = 3, .kernel = {2, 3}, .dilation = {2, 3}});
    x = dilated(g, x, "c",
        (dna_conv2d_opts){
            .out = 5, .kernel = {1, 2}, .stride = {2, 2}, .dilation = {5, 2}});
    return head(g, x);
}

static dna_node *
conv_dilated_padded(dna_graph *g, dna_node *x) /* some kernel rows miss the image */
{
    x = dilated(g, x, "a",
        (dna_conv2d_opts){
            .out = 3, .kernel = {2, 3}, .pad = {4, 2}, .dilation = {4, 2}});
    x = dilated(g, x, "b",
        (dna_conv2d_opts){.out = 2,
            .kernel = {3, 2},
            .stride = {3, 2},
            .pad = {4, 0},
            .dilation = {5, 3}});
    x = dilated(g, x, "c",
        (dna_conv2d_opts){
            .out = 2, .kernel = {2, 1}, .pad = {4, 0}, .dilation = {4, 1}});
    return head(g, x);
}

static dna_node *
conv_dilated_tall(dna_graph *g, dna_node *x) /* channels become rows */
{
    x = dilated(
        g, x, "a", (dna_conv2d_opts){.out = 4, .kernel = {3, 1}, .dilation = {2, 1}});
    x = dna_transpose(g, x, (int[]){0, 2, 1, 3});
    x = dna_reshape(g, x, 3,
        (int64_t[]){1, dna_node_dim(x, 1) * dna_node_dim(x, 2), dna_node_dim(x, 3)});
    x = dilated(g, x, "b",
        (dna_conv2d_opts){
            .out = 3, .kernel = {7, 2}, .stride = {2, 1}, .dilation = {2, 3}});
    return head(g, x);
}

static dna_node *
conv_twice_the_same(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 2, 1, 3, 1, 1, 0, 1, false);
    return head(
        g, dna_relu(g, conv(g, dna_relu(g, x), "a", 2, 1, 3, 1, 1, 0, 1, false)));
}

static dna_node *
linear_deep(dna_graph *g, dna_node *x)
{
    x = dna_relu(
        g, dna_linear(g, dna_flatten(g, x), "a", (dna_linear_opts){.out = 17}));
    x = dna_relu(
        g, dna_linear(g, x, "b", (dna_linear_opts){.out = 1, .no_bias = true}));
    return dna_linear(g, x, "c", (dna_linear_opts){.out = 4});
}

static dna_node *
linear_large(dna_graph *g, dna_node *x) /* cut along outputs and inputs */
{
    x = dna_linear(g, dna_flatten(g, x), "a", (dna_linear_opts){.out = 1100});
    x = dna_linear(g, dna_relu(g, x), "b", (dna_linear_opts){.out = 70});
    return dna_linear(g, x, "c", (dna_linear_opts){.out = 2});
}

static dna_node *
linear_rows(dna_graph *g, dna_node *x) /* on the last of 3 and of 4 dimensions */
{
    dna_node *y = dna_linear(g, x, "a", (dna_linear_opts){.out = 6});
    y = dna_linear(g, dna_relu(g, y), "b", (dna_linear_opts){.out = 3});
    dna_node *z =
        dna_reshape(g, y, 2, (int64_t[]){dna_node_dim(y, 1) * dna_node_dim(y, 2), 3});
    return head(g, dna_linear(g, z, "c", (dna_linear_opts){.out = 2}));
}

static dna_node *
norm_spaces(dna_graph *g, dna_node *x)
{
    x = dna_batch_norm(g, x, "n4", (dna_batch_norm_opts){0});
    x = conv(g, x, "a", 3, 1, 2, 1, 1, 0, 0, false);
    x = dna_relu(g, dna_batch_norm(g, x, "m4", (dna_batch_norm_opts){.momentum = 0.3}));
    x = dna_reshape(g, x, 2, (int64_t[]){3, dna_node_dim(x, 2) * dna_node_dim(x, 3)});
    x = dna_batch_norm(g, x, "n3", (dna_batch_norm_opts){.eps = 1e-3});
    x = dna_linear(g, dna_flatten(g, x), "l", (dna_linear_opts){.out = 5});
    return dna_linear(g,
        dna_relu(g, dna_batch_norm(g, x, "n2", (dna_batch_norm_opts){0})), "o",
        (dna_linear_opts){.out = 2});
}

static dna_node *
norm_twice(dna_graph *g, dna_node *x) /* the later use is ready first */
{
    dna_node *a = dna_batch_norm(g, x, "p", (dna_batch_norm_opts){0});
    a = dna_batch_norm(g, dna_relu(g, a), "n", (dna_batch_norm_opts){0});
    dna_node *b = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    return head(g, dna_add(g, a, b));
}

static dna_node *
pools(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0, false);
    x = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {1, 2}});
    x = conv(g, x, "b", 3, 1, 1, 1, 1, 0, 0, false);
    x = dna_max_pool2d(
        g, x, (dna_pool_opts){.kernel = {3, 2}, .stride = {1, 1}, .pad = {1, 1}});
    return head(
        g, dna_relu(g, dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 2}})));
}

/* Each function once over the value of a layer (may overwrite it), once more over what is
 * still needed, and once on what another function gave. */
static dna_node *
activations(dna_graph *g, dna_node *x)
{
    dna_node *a = conv(g, x, "a", 3, 1, 2, 1, 1, 0, 0, false);
    a = dna_elu(g, dna_leaky_relu(g, a, 0.2), 0.7);
    dna_node *b = dna_gelu(g, conv(g, a, "b", 3, 1, 1, 1, 1, 0, 0, false));
    b = dna_tanh(g, dna_add(g, dna_leaky_relu(g, a, -0.3), b));
    dna_node *c =
        dna_softplus(g, conv(g, b, "c", 2, 1, 1, 1, 1, 0, 0, false), 1.5, 20.0);
    c = dna_linear(
        g, dna_sigmoid(g, dna_flatten(g, c)), "l", (dna_linear_opts){.out = 5});
    dna_node *xs[4] = {
        dna_sigmoid(g, c), dna_gelu(g, c), dna_relu(g, c), dna_gelu(g, dna_tanh(g, c))};
    return head(g, dna_elu(g, dna_concat(g, xs, 4, 1), -0.4));
}

static dna_node *
activations_repeated(dna_graph *g, dna_node *x) /* over repeated pieces */
{
    x = conv(g, x, "a", 2, 1, 1, 1, 1, 0, 0, false);
    dna_node *r = dna_expand(g, dna_mean(g, x, 2, true), 2, dna_node_dim(x, 2));
    dna_node *xs[2] = {x, dna_sigmoid(g, r)};
    dna_node *y = dna_gelu(g, dna_concat(g, xs, 2, 1));
    return head(g, dna_tanh(g, conv(g, y, "b", 2, 1, 2, 1, 1, 0, 0, false)));
}

static dna_node *
avg_pools(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0, false);
    dna_node *y = dna_avg_pool2d(
        g, x, (dna_avg_pool_opts){.kernel = {3, 2}, .stride = {2, 1}, .pad = {1, 1}});
    x = dna_avg_pool2d(g, dna_relu(g, y),
        (dna_avg_pool_opts){
            .kernel = {2, 3}, .stride = {1, 2}, .pad = {1, 1}, .exclude_pad = true});
    dna_node *xs[2] = {
        dna_flatten(g, dna_avg_pool2d(g, x, (dna_avg_pool_opts){.kernel = {2, 2}})),
        dna_flatten(g, y)};
    return head(g, dna_concat(g, xs, 2, 1));
}

static dna_node *
lines(dna_graph *g, dna_node *x) /* a residual block on lines, and what leaves them */
{
    x = dna_conv1d(g, x, "a", (dna_conv1d_opts){.out = 3, .kernel = 2});
    dna_node *y = dna_dropout(g, dna_relu(g, x), 0.3);
    y = dna_conv1d(g, y, "b", (dna_conv1d_opts){.out = 3, .kernel = 3, .pad = 1});
    y = dna_batch_norm(g, y, "n", (dna_batch_norm_opts){0});
    y = dna_sigmoid(g, dna_add(g, y, x));
    y = dna_add(g, y, dna_max_pool1d(g, y, (dna_pool1d_opts){.kernel = 11}));
    dna_node *z = dna_add(g, dna_mean(g, y, 2, true), y);
    return head(g, dna_softmax(g, dna_tanh(g, z), 2));
}

static dna_node *
pools_1d(dna_graph *g, dna_node *x)
{
    x = dna_conv1d(g, x, "a", (dna_conv1d_opts){.out = 3, .kernel = 2});
    dna_node *a =
        dna_max_pool1d(g, x, (dna_pool1d_opts){.kernel = 3, .stride = 2, .pad = 1});
    a = dna_avg_pool1d(g, dna_tanh(g, a), (dna_pool1d_opts){.kernel = 2});
    dna_node *b = dna_avg_pool1d(g, x,
        (dna_pool1d_opts){.kernel = 4, .stride = 3, .pad = 2, .exclude_pad = true});
    dna_node *xs[2] = {dna_flatten(g, a), dna_flatten(g, b)};
    return head(g, dna_concat(g, xs, 2, 1));
}

/* Maxima and sums along each dimension of 4, with and without it, and of 5, 3 and 2. */
static dna_node *
reductions(dna_graph *g, dna_node *x)
{
    dna_node *xs[12];
    int n = 0;
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0, false);
    int64_t h = dna_node_dim(x, 2);
    int64_t w = dna_node_dim(x, 3);
    for (int axis = 1; axis <= 3; axis++) {
        xs[n++] = dna_max(g, x, axis, true);
        xs[n++] = dna_max(g, x, axis, false);
        xs[n++] = dna_sum(g, dna_tanh(g, x), axis, axis == 2);
    }
    dna_node *five = dna_reshape(g, x, 4, (int64_t[]){3, h, 1, w});
    xs[n++] = dna_max(g, dna_relu(g, five), 2, false);
    dna_node *three = dna_max(g, dna_mean(g, x, 2, false), 1, false);
    xs[n++] = dna_sum(g, three, 1, true);
    xs[n++] = dna_max(g, dna_gelu(g, three), 1, true);
    for (int i = 0; i < n; i++) {
        xs[i] = dna_flatten(g, xs[i]);
    }
    return head(g, dna_concat(g, xs, n, 1));
}

static dna_node *
max_of_many(dna_graph *g, dna_node *x) /* more than a block side by side */
{
    x = conv(g, x, "a", 70, 1, 1, 1, 1, 0, 0, false);
    dna_node *a = dna_max(g, dna_relu(g, x), 2, false); /* ties at 0 */
    dna_node *b = dna_softmax(g, x, 3);
    return head(g, dna_add(g, a, dna_max(g, b, 2, false)));
}

static dna_node *
softmaxes(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0, false);
    dna_node *a = dna_softmax(g, dna_softmax(g, x, 1), 2);
    dna_node *b = dna_softmax(g, dna_add(g, x, a), 3);
    dna_node *c = dna_reshape(g, dna_add(g, a, b), 2,
        (int64_t[]){3, dna_node_dim(x, 2) * dna_node_dim(x, 3)});
    dna_node *d = dna_softmax(g, dna_add(g, c, dna_softmax(g, c, 1)), 2);
    return dna_softmax(g, head(g, d), 1);
}

static dna_node *
softmax_long(dna_graph *g, dna_node *x) /* longer than a block */
{
    x = dna_linear(g, dna_flatten(g, x), "a", (dna_linear_opts){.out = 150});
    return head(g, dna_softmax(g, x, 1));
}

static dna_node *
dropouts(
    dna_graph *g, dna_node *x) /* of 4, 3 and 2 dimensions, of all and of nothing */
{
    dna_node *a =
        dna_dropout(g, conv(g, x, "a", 3, 1, 2, 1, 1, 0, 0, false), 0.3); /* in place */
    dna_node *b = dna_relu(g, conv(g, a, "b", 3, 1, 1, 1, 1, 0, 0, false));
    dna_node *c = dna_add(g, dna_dropout(g, a, 0.5), dna_dropout(g, b, 0.6));
    c = dna_add(g, c, dna_add(g, dna_dropout(g, b, 1.0), dna_dropout(g, b, 0.0)));
    c = dna_reshape(g, c, 2, (int64_t[]){3, dna_node_dim(c, 2) * dna_node_dim(c, 3)});
    c = dna_dropout(g, dna_gelu(g, c), 0.2);
    c = dna_linear(g, dna_flatten(g, c), "c", (dna_linear_opts){.out = 9});
    return head(g, dna_dropout(g, dna_sigmoid(g, c), 0.4));
}

/* Repeated rows that meet ops which look at several rows, or at none. */
static dna_node *
repeated_ops(dna_graph *g, dna_node *x)
{
    dna_node *a = conv(g, x, "a", 2, 1, 1, 1, 1, 0, 0, false);
    dna_node *r = dna_expand(g, dna_mean(g, a, 2, true), 2, dna_node_dim(a, 2));
    dna_node *pieces[2] = {a, r};
    dna_node *c = dna_tanh(g, dna_concat(g, pieces, 2, 1));
    dna_avg_pool_opts rows = {.kernel = {1, 2}, .stride = {1, 1}, .pad = {0, 1}};
    dna_avg_pool_opts mixed = {.kernel = {2, 2}, .pad = {1, 0}, .exclude_pad = true};
    dna_node *xs[] = {dna_sum(g, r, 2, false), dna_sum(g, r, 2, true),
        dna_sum(g, r, 3, false), dna_max(g, r, 2, false), dna_max(g, r, 2, true),
        dna_max(g, r, 3, true), dna_softmax(g, r, 2), dna_softmax(g, r, 3),
        dna_dropout(g, r, 0.4), dna_avg_pool2d(g, r, rows), dna_avg_pool2d(g, r, mixed),
        dna_sum(g, c, 1, true), dna_sum(g, c, 2, false), dna_max(g, c, 1, false),
        dna_max(g, c, 3, false), dna_softmax(g, c, 1), dna_softmax(g, c, 2),
        dna_dropout(g, c, 0.4), dna_avg_pool2d(g, c, rows)};
    int n = (int)(sizeof(xs) / sizeof(xs[0]));
    for (int i = 0; i < n; i++) {
        xs[i] = dna_flatten(g, xs[i]);
    }
    return head(g, dna_concat(g, xs, n, 1));
}

static dna_node *
moves(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 4, 1, 2, 1, 1, 0, 0, false);
    dna_node *t = dna_transpose(g, x, (int[]){0, 3, 1, 2});
    dna_node *s = dna_slice(g, x, 1, 1, 2);
    dna_node *w = dna_slice(g, x, 3, 2, 1);
    dna_node *h = dna_slice(g, x, 2, 1, dna_node_dim(x, 2) - 1);
    dna_node *xs[4] = {
        dna_flatten(g, t), dna_flatten(g, s), dna_flatten(g, w), dna_flatten(g, h)};
    dna_node *y = dna_concat(g, xs, 4, 1);
    y = dna_reshape(g, y, 3, (int64_t[]){1, 1, dna_node_dim(y, 1)});
    return head(g, dna_relu(g, y));
}

/* Slices of every dimension and several orders of 2, 3 and 5 dimensions. */
static dna_node *
moves_of_ranks(dna_graph *g, dna_node *x)
{
    dna_node *xs[13];
    int n = 0;
    x = conv(g, x, "a", 4, 1, 1, 1, 1, 0, 0, false);
    int64_t h = dna_node_dim(x, 2);
    int64_t w = dna_node_dim(x, 3);
    dna_node *five = dna_reshape(g, x, 4, (int64_t[]){2, 2, h, w});
    dna_node *three = dna_reshape(g, x, 2, (int64_t[]){4 * h, w});
    for (int axis = 1; axis <= 4; axis++) {
        xs[n++] = dna_tanh(g, dna_slice(g, five, axis, 1, 1));
    }
    xs[n++] = dna_transpose(g, five, (int[]){0, 4, 2, 1, 3});
    xs[n++] = dna_transpose(g, five, (int[]){0, 1, 3, 2, 4});
    xs[n++] = dna_relu(g, dna_slice(g, three, 1, 2, h));
    xs[n++] = dna_slice(g, three, 2, 0, w - 1);
    xs[n++] = dna_transpose(g, three, (int[]){0, 2, 1});
    xs[n++] = dna_relu(g, dna_slice(g, dna_flatten(g, three), 1, 3, 5));
    xs[n++] = dna_transpose(g, dna_flatten(g, five), (int[]){0, 1});
    xs[n++] = dna_slice(g, dna_transpose(g, x, (int[]){0, 2, 3, 1}), 1, 1, 2);
    xs[n++] = dna_sigmoid(g, dna_transpose(g, x, (int[]){0, 1, 3, 2}));
    for (int i = 0; i < n; i++) {
        xs[i] = dna_flatten(g, xs[i]);
    }
    return head(g, dna_concat(g, xs, n, 1));
}

static dna_node *
reshapes(dna_graph *g, dna_node *x) /* between two four-dimensional shapes */
{
    x = conv(g, x, "a", 6, 1, 1, 1, 1, 0, 0, false);
    x = dna_reshape(
        g, x, 3, (int64_t[]){2, 3 * dna_node_dim(x, 2), dna_node_dim(x, 3)});
    return head(g, conv(g, x, "b", 3, 2, 2, 1, 1, 0, 0, false));
}

static dna_node *
sums(dna_graph *g, dna_node *x)
{
    dna_node *a = conv(g, x, "a", 3, 1, 1, 1, 1, 0, 0, false);
    dna_node *b = dna_mean(g, conv(g, x, "b", 3, 1, 1, 1, 1, 0, 0, false), 2, true);
    dna_node *c = dna_add(g, dna_add(g, a, b), dna_add(g, a, a));
    dna_node *d = dna_add(g, b, a);
    dna_node *m = dna_mean(g, dna_relu(g, dna_add(g, c, d)), 3, false);
    dna_node *z = dna_zeros(g, 1, (int64_t[]){3});
    return head(g, dna_add(g, z, dna_mean(g, m, 2, false)));
}

static dna_node *
channels_mean(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 5, 1, 1, 1, 1, 0, 0, false);
    return head(g, dna_mean(g, dna_expand(g, dna_mean(g, x, 1, true), 1, 3), 3, true));
}

/* One exchangeable block: what split_concat and broadcast are for. */
static dna_node *
block(dna_graph *g, dna_node *x, const char *norm, const char *layer, dna_node **out)
{
    x = conv(g, dna_batch_norm(g, x, norm, (dna_batch_norm_opts){0}), layer, 4, 1, 3, 1,
        1, 0, 0, false);
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
    pos = conv(g, pos, "pos", 3, 1, 3, 1, 1, 0, 0, false);
    pos = dna_relu(g, dna_batch_norm(g, pos, "pos_bn", (dna_batch_norm_opts){0}));
    snp = conv(g, snp, "snp", 2, 1, 3, 1, 1, 0, 0, false);
    snp = dna_relu(g, dna_batch_norm(g, snp, "snp_bn", (dna_batch_norm_opts){0}));
    dna_node *xs[2] = {dna_expand(g, pos, 2, n), snp};
    dna_node *out = dna_zeros(g, 1, (int64_t[]){2});
    x = block(g, dna_concat(g, xs, 2, 1), "np", "p", &out);
    block(g, x, "nq", "q", &out);
    return out;
}

/* Repeated rows that meet ops which do not treat rows alike. */
static dna_node *
repeated_mixed(dna_graph *g, dna_node *x)
{
    dna_node *a = conv(g, x, "a", 2, 1, 1, 1, 1, 0, 0, false);
    dna_node *r = dna_expand(g, dna_mean(g, a, 2, true), 2, dna_node_dim(a, 2));
    dna_node *xs[2] = {a, r};
    dna_node *c = dna_concat(g, xs, 2, 1);
    dna_node *t = dna_mean(g, dna_transpose(g, c, (int[]){0, 1, 3, 2}), 3, false);
    dna_node *p = dna_max_pool2d(g, r, (dna_pool_opts){.kernel = {2, 1}});
    dna_node *k = conv(g, c, "k", 2, 2, 2, 1, 1, 1, 1, false);
    dna_node *q = dna_slice(g, dna_relu(g, r), 2, 1, 2);
    dna_node *l = dna_linear(g, r, "l", (dna_linear_opts){.out = 2});
    dna_node *ss[5] = {dna_flatten(g, t), dna_flatten(g, p), dna_flatten(g, k),
        dna_flatten(g, q), dna_flatten(g, l)};
    return head(g, dna_concat(g, ss, 5, 1));
}

/* Convolutions with all that can follow them in one pass over memory, in either order. */
static dna_node *
chains(dna_graph *g, dna_node *x)
{
    x = dna_relu(
        g, conv(g, x, "a", 19, 2, 3, 1, 1, 1, 0, false)); /* a vector and a rest */
    x = dna_batch_norm(g, x, "na", (dna_batch_norm_opts){0});
    dna_node *y = dna_mean(g, conv(g, x, "m", 3, 1, 2, 1, 2, 0, 0, true), 2, false);
    x = conv(g, x, "b", 5, 1, 3, 1, 1, 0, 0, false);
    x = dna_max_pool2d(g, dna_relu(g, x), (dna_pool_opts){.kernel = {2, 3}});
    x = dna_batch_norm(g, x, "nb", (dna_batch_norm_opts){0});
    x = conv(g, x, "c", 4, 2, 2, 1, 2, 0, 0, true);
    dna_node *r = dna_mean(g, x, 2, true);
    x = dna_relu(
        g, dna_max_pool2d(g, dna_add(g, r, x), (dna_pool_opts){.kernel = {1, 2}}));
    dna_node *both[2] = {dna_flatten(g, x), dna_flatten(g, y)};
    return head(g, dna_concat(g, both, 2, 1));
}

static dna_node *
chains_strided(dna_graph *g, dna_node *x) /* dilated and padded ones; ones of one row */
{
    x = dilated(g, x, "a",
        (dna_conv2d_opts){.out = 3, .kernel = {3, 2}, .stride = {1, 2}, .pad = {1, 1}});
    dna_node *y = dna_batch_norm(g, x, "na", (dna_batch_norm_opts){0});
    y = dna_conv2d(
        g, y, "b", (dna_conv2d_opts){.out = 17, .kernel = {2, 2}, .dilation = {1, 2}});
    y = dna_max_pool2d(g, dna_relu(g, y), (dna_pool_opts){.kernel = {2, 2}});
    y = dna_mean(g, y, 2, true);
    y = dna_relu(g, conv(g, y, "c", 2, 1, 2, 1, 1, 0, 0, false));
    return head(g, y);
}

/* What tables are made for: rows of bits, read by windows of up to five. */
static dna_node *
bits(dna_graph *g, dna_node *x)
{
    int64_t n = dna_node_dim(x, 2) - 1;
    dna_node *r = conv(g, dna_slice(g, x, 2, 0, 1), "r", 3, 1, 5, 1, 1, 0, 0, false);
    x = dna_slice(g, x, 2, 1, n);
    x = conv(g, x, "a", 4, 1, 2, 1, 1, 0, 0, true);
    x = dna_elu(g, dna_batch_norm(g, x, "na", (dna_batch_norm_opts){0}), 1.0);
    dna_node *m = dna_mean(g, x, 2, true);
    x = conv(g, x, "b", 3, 1, 3, 1, 1, 0, 0, false);
    x = dna_batch_norm(g, x, "nb", (dna_batch_norm_opts){0});
    dna_node *k = dna_mean(g, conv(g, x, "k", 2, 1, 2, 1, 1, 0, 0, false), 2, true);
    x = dna_add(g, conv(g, x, "c", 3, 1, 2, 1, 1, 0, 0, false), r);
    x = dna_relu(g, dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {1, 2}}));
    dna_node *all[3] = {dna_flatten(g, m), dna_flatten(g, k), dna_flatten(g, x)};
    return head(g, dna_concat(g, all, 3, 1));
}

static dna_node *
concat_linear(dna_graph *g, dna_node *x) /* a linear layer over repeated pieces */
{
    dna_node *a = dna_linear(g, dna_flatten(g, x), "a", (dna_linear_opts){.out = 3});
    dna_node *xs[2] = {a, dna_relu(g, a)};
    return dna_linear(g, dna_concat(g, xs, 2, 1), "b", (dna_linear_opts){.out = 2});
}

const op_case op_cases[] = {
    {"conv", 3, {3, 7, 11}, 3, conv_plain},
    {"conv one channel, one sample", 3, {1, 5, 9}, 1, conv_plain},
    {"conv, many channels", 3, {3, 4, 40}, 2, conv_wide},
    {"conv, kernel as wide as the input", 3, {2, 3, 5}, 2, conv_whole},
    {"conv, tall kernels", 3, {1, 8, 9}, 3, conv_tall},
    {"conv padded", 3, {2, 6, 7}, 2, conv_padded},
    {"images joined one by one", 3, {1, 6, 13}, 3, stacked_maps},
    {"images joined one by one, two channels", 3, {2, 5, 12}, 2, stacked_maps},
    {"norm, activation, pool", 3, {2, 7, 19}, 3, norm_then_pool},
    {"norm, activation, pool, one row", 3, {1, 3, 11}, 4, norm_then_pool},
    {"pool, many channels", 3, {2, 7, 17}, 3, pool_many_channels},
    {"conv 1 x 1", 3, {5, 3, 4}, 4, conv_one_by_one},
    {"conv 1d", 2, {2, 9}, 3, conv_1d},
    {"conv dilated", 3, {2, 8, 14}, 3, conv_dilated},
    {"conv dilated, padded", 3, {2, 3, 5}, 3, conv_dilated_padded},
    {"conv dilated, tall kernels", 3, {1, 8, 7}, 2, conv_dilated_tall},
    {"conv, shared weights", 3, {2, 2, 6}, 3, conv_twice_the_same},
    {"linear", 2, {3, 5}, 6, linear_deep},
    {"linear, one sample, one feature", 1, {1}, 1, linear_deep},
    {"linear, large", 2, {9, 10}, 11, linear_large},
    {"linear on rows", 3, {2, 3, 5}, 4, linear_rows},
    {"batch norm", 3, {2, 3, 5}, 7, norm_spaces},
    {"batch norm, batch of 70", 3, {1, 1, 4}, 70, norm_spaces},
    {"batch norm used twice", 3, {2, 3, 4}, 5, norm_twice},
    {"instance norm", 3, {2, 3, 5}, 4, case_norm_instances},
    {"instance norm, many channels", 3, {70, 2, 4}, 9, case_norm_instances},
    {"group norm", 3, {2, 3, 5}, 4, case_norm_groups},
    {"group norm, one sample", 3, {1, 1, 4}, 1, case_norm_groups},
    {"layer norm", 3, {2, 3, 5}, 4, case_norm_layers},
    {"layer norm, one row", 3, {1, 1, 4}, 9, case_norm_layers},
    {"layer norm, long rows", 2, {3, 1100}, 2, case_norm_long_rows},
    {"norms of repeated rows", 3, {2, 4, 5}, 3, case_norm_repeated},
    {"gru", 2, {6, 3}, 4, case_rnn_gru},
    {"gru, one entry", 2, {1, 2}, 9, case_rnn_gru},
    {"lstm", 2, {6, 3}, 4, case_rnn_lstm},
    {"lstm, one entry", 2, {1, 2}, 9, case_rnn_lstm},
    {"gru and lstm, stacked", 2, {5, 4}, 11, case_rnn_stacked},
    {"lstm, final state", 2, {4, 3}, 5, case_rnn_final},
    {"max pool", 3, {2, 5, 9}, 3, pools},
    {"activations", 3, {2, 3, 5}, 4, activations},
    {"activations of repeated rows", 3, {2, 4, 5}, 3, activations_repeated},
    {"average pool", 3, {2, 5, 8}, 3, avg_pools},
    {"lines", 2, {2, 12}, 3, lines},
    {"pools 1d", 2, {2, 11}, 3, pools_1d},
    {"max and sum along dimensions", 3, {2, 4, 5}, 3, reductions},
    {"max and softmax of many", 3, {1, 2, 4}, 2, max_of_many},
    {"softmax", 3, {2, 4, 5}, 3, softmaxes},
    {"softmax, long", 1, {5}, 3, softmax_long},
    {"dropout", 3, {2, 4, 6}, 4, dropouts},
    {"repeated rows, ops along dimensions", 3, {2, 4, 5}, 3, repeated_ops},
    {"transpose, slice, concat", 3, {2, 3, 6}, 2, moves},
    {"transpose and slice of other ranks", 3, {2, 3, 4}, 3, moves_of_ranks},
    {"reshape", 3, {2, 3, 4}, 3, reshapes},
    {"add, mean, zeros", 3, {2, 3, 4}, 3, sums},
    {"mean and expand of channels", 3, {2, 3, 4}, 2, channels_mean},
    {"exchangeable blocks", 3, {1, 6, 20}, 3, exchangeable},
    {"exchangeable blocks, two rows", 3, {1, 3, 14}, 9, exchangeable},
    {"repeated rows, mixed", 3, {2, 4, 5}, 3, repeated_mixed},
    {"chains", 3, {2, 6, 17}, 3, chains},
    {"chains, one row, one sample", 3, {1, 4, 17}, 2, chains},
    {"chains, strided", 3, {2, 5, 16}, 10, chains_strided},
    {"bits", 3, {1, 7, 13}, 3, bits},
    {"bits, two rows", 3, {1, 3, 9}, 19, bits},
    {"linear over a concat", 2, {2, 3}, 3, concat_linear},
};
const int n_op_case = (int)(sizeof(op_cases) / sizeof(op_cases[0]));

dna_graph *
op_case_graph(const op_case *c)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    assert_ok(dna_graph_output(g, c->build(g, dna_input(g, "x", c->n_dim, c->dim))));
    return g;
}

/* layer_cases.c - small networks of norms and recurrent layers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "layer_cases.h"

static dna_node *
conv(dna_graph *g, dna_node *x, const char *name, int64_t out, int64_t kh, int64_t kw)
{
    return dna_conv2d(g, x, name, (dna_conv2d_opts){.out = out, .kernel = {kh, kw}});
}

static dna_node *
head(dna_graph *g, dna_node *x)
{
    return dna_linear(g, dna_flatten(g, x), "head", (dna_linear_opts){.out = 3});
}

dna_node *
case_norm_instances(dna_graph *g, dna_node *x)
{
    x = dna_instance_norm(g, x, "n", (dna_instance_norm_opts){0});
    x = conv(g, x, "a", 3, 1, 2);
    x = dna_instance_norm(g, x, "i", (dna_instance_norm_opts){.affine = true});
    x = dna_relu(g, conv(g, x, "b", 4, 1, 1));
    x = dna_reshape(g, x, 2, (int64_t[]){4, dna_node_dim(x, 2) * dna_node_dim(x, 3)});
    return head(g, dna_instance_norm(g, x, "j",
                       (dna_instance_norm_opts){.eps = 1e-2, .affine = true}));
}

dna_node *
case_norm_groups(dna_graph *g, dna_node *x)
{
    x = conv(g, x, "a", 6, 1, 2);
    x = dna_group_norm(g, x, "n2", (dna_group_norm_opts){.groups = 2});
    dna_node *y = dna_group_norm(
        g, x, "n3", (dna_group_norm_opts){.groups = 3, .no_affine = true});
    x = dna_group_norm(
        g, dna_relu(g, dna_add(g, x, y)), "n1", (dna_group_norm_opts){.groups = 1});
    x = dna_reshape(g, x, 2, (int64_t[]){6, dna_node_dim(x, 2) * dna_node_dim(x, 3)});
    x = dna_group_norm(g, x, "m", (dna_group_norm_opts){.groups = 2, .eps = 1e-3});
    x = dna_linear(g, dna_flatten(g, x), "l", (dna_linear_opts){.out = 8});
    return head(g, dna_group_norm(g, x, "k", (dna_group_norm_opts){.groups = 2}));
}

dna_node *
case_norm_layers(dna_graph *g, dna_node *x)
{
    x = dna_layer_norm(g, x, "n", (dna_layer_norm_opts){.n_dim = 3, .no_affine = true});
    x = conv(g, x, "a", 3, 1, 2);
    x = dna_layer_norm(g, x, "n3", (dna_layer_norm_opts){.n_dim = 3});
    x = dna_relu(g, dna_layer_norm(g, x, "n1", (dna_layer_norm_opts){.eps = 1e-3}));
    x = dna_layer_norm(g, x, "n2", (dna_layer_norm_opts){.n_dim = 2});
    x = dna_reshape(g, x, 2, (int64_t[]){3 * dna_node_dim(x, 2), dna_node_dim(x, 3)});
    x = dna_layer_norm(g, x, "m1", (dna_layer_norm_opts){.no_affine = true});
    x = dna_layer_norm(g, x, "m2", (dna_layer_norm_opts){.n_dim = 2});
    x = dna_linear(g, dna_flatten(g, x), "l", (dna_linear_opts){.out = 7});
    return head(g, dna_layer_norm(g, x, "k", (dna_layer_norm_opts){0}));
}

dna_node *
case_norm_long_rows(dna_graph *g, dna_node *x)
{
    dna_node *y = dna_layer_norm(g, x, "n", (dna_layer_norm_opts){0});
    return dna_linear(
        g, dna_mean(g, dna_relu(g, y), 1, false), "l", (dna_linear_opts){.out = 2});
}

/* Repeated rows, alone and as a piece of a concat, that norms leave equal or not. */
dna_node *
case_norm_repeated(dna_graph *g, dna_node *x)
{
    dna_node *a = conv(g, x, "a", 2, 1, 1);
    dna_node *r = dna_expand(g, dna_mean(g, a, 2, true), 2, dna_node_dim(a, 2));
    dna_node *xs[2] = {a, r};
    dna_node *c = dna_concat(g, xs, 2, 1);
    dna_node *i =
        dna_instance_norm(g, c, "i", (dna_instance_norm_opts){.affine = true});
    dna_node *ss[5] = {conv(g, dna_relu(g, i), "b", 3, 1, 2),
        dna_group_norm(g, c, "g", (dna_group_norm_opts){.groups = 2}),
        dna_group_norm(g, r, "h", (dna_group_norm_opts){.groups = 1}),
        dna_layer_norm(g, r, "l", (dna_layer_norm_opts){0}),
        dna_layer_norm(g, r, "m", (dna_layer_norm_opts){.n_dim = 2})};
    for (int k = 0; k < 5; k++) {
        ss[k] = dna_flatten(g, ss[k]);
    }
    return head(g, dna_concat(g, ss, 5, 1));
}

dna_node *
case_rnn_gru(dna_graph *g, dna_node *x)
{
    x = dna_gru(g, x, "a", (dna_rnn_opts){.hidden = 5});
    dna_node *y = dna_gru(
        g, x, "b", (dna_rnn_opts){.hidden = 3, .bidirectional = true, .no_bias = true});
    return head(g, dna_relu(g, y));
}

dna_node *
case_rnn_lstm(dna_graph *g, dna_node *x)
{
    x = dna_lstm(g, x, "a", (dna_rnn_opts){.hidden = 4});
    dna_node *y = dna_lstm(
        g, x, "b", (dna_rnn_opts){.hidden = 3, .bidirectional = true, .no_bias = true});
    return head(g, dna_relu(g, y));
}

/* Two layers in both directions, all states and the last; rows with gaps as input. */
dna_node *
case_rnn_stacked(dna_graph *g, dna_node *x)
{
    dna_rnn_opts o = {.hidden = 17, .n_layer = 2, .bidirectional = true};
    dna_node *y = dna_linear(g, x, "l", (dna_linear_opts){.out = 3});
    y = dna_slice(g, y, 1, 1, dna_node_dim(y, 1) - 1);
    dna_node *all = dna_gru(g, y, "g", o);
    o.final = true;
    dna_node *xs[3] = {
        dna_flatten(g, all), dna_gru(g, y, "g", o), dna_lstm(g, y, "h", o)};
    return head(g, dna_concat(g, xs, 3, 1));
}

dna_node *
case_rnn_final(dna_graph *g, dna_node *x) /* the output of the graph itself */
{
    return dna_lstm(g, x, "a", (dna_rnn_opts){.hidden = 2, .final = true});
}

/* ---- for samples of several sizes ---- */

/* The mean over space, then a linear layer. */
static dna_node *
mean_head(dna_graph *g, dna_node *x)
{
    while (dna_node_n_dim(x) > 2) {
        x = dna_mean(g, x, dna_node_n_dim(x) - 1, false);
    }
    return head(g, x);
}

dna_node *
mixed_norm_samples(dna_graph *g, dna_node *x) /* instance and group norm over 4 and 3 */
{
    x = conv(g, x, "a", 4, 1, 2);
    x = dna_group_norm(g, x, "g", (dna_group_norm_opts){.groups = 2});
    x = dna_instance_norm(g, dna_relu(g, x), "i", (dna_instance_norm_opts){0});
    dna_node *y = dna_group_norm(
        g, x, "h", (dna_group_norm_opts){.groups = 1, .no_affine = true});
    x = dna_relu(g, dna_add(g, x, y));
    x = dna_reshape(g, x, 2, (int64_t[]){4, dna_node_dim(x, 2) * dna_node_dim(x, 3)});
    x = dna_instance_norm(g, x, "j", (dna_instance_norm_opts){.affine = true});
    x = dna_relu(g, dna_group_norm(g, x, "k", (dna_group_norm_opts){.groups = 2}));
    x = dna_mean(g, x, 2, false);
    return mean_head(g, dna_group_norm(g, x, "l", (dna_group_norm_opts){.groups = 2}));
}

/* Weights over dimensions that do not vary; without weights over any. */
dna_node *
mixed_norm_rows(dna_graph *g, dna_node *x)
{
    dna_layer_norm_opts none = {.n_dim = 3, .no_affine = true};
    x = conv(g, dna_layer_norm(g, x, "n", none), "a", 3, 1, 2);
    x = dna_transpose(g, x, (int[]){0, 2, 3, 1});
    x = dna_relu(g, dna_layer_norm(g, x, "c", (dna_layer_norm_opts){0}));
    none.n_dim = 2;
    x = dna_layer_norm(g, x, "m", none);
    dna_node *y = dna_mean(g, x, 1, false);
    y = dna_layer_norm(g, y, "o", none);
    y = dna_relu(g, dna_layer_norm(g, y, "r", (dna_layer_norm_opts){.eps = 1e-2}));
    y = dna_transpose(g, y, (int[]){0, 2, 1});
    none.n_dim = 1;
    y = dna_mean(g, dna_relu(g, dna_layer_norm(g, y, "p", none)), 2, false);
    return mean_head(g, dna_layer_norm(g, y, "q", (dna_layer_norm_opts){0}));
}

dna_node *
mixed_norm_repeated(dna_graph *g, dna_node *x) /* where rows are repeated */
{
    x = conv(g, x, "a", 2, 1, 1);
    dna_node *r = dna_expand(g, dna_mean(g, x, 2, true), 2, dna_node_dim(x, 2));
    dna_node *xs[2] = {x, r};
    dna_node *c = dna_concat(g, xs, 2, 1);
    dna_node *i =
        dna_instance_norm(g, c, "i", (dna_instance_norm_opts){.affine = true});
    i = conv(g, dna_relu(g, i), "b", 3, 1, 2);
    dna_node *h = dna_group_norm(g, r, "h", (dna_group_norm_opts){.groups = 1});
    h = dna_mean(g, dna_mean(g, dna_relu(g, h), 3, false), 2, false);
    return dna_add(
        g, mean_head(g, i), dna_linear(g, h, "l", (dna_linear_opts){.out = 3}));
}

/* Channels without weights are as many as the sample has. */
dna_node *
mixed_norm_channels(dna_graph *g, dna_node *x)
{
    dna_group_norm_opts whole = {.groups = 1, .no_affine = true};
    x = dna_linear(g, x, "a", (dna_linear_opts){.out = 3});
    dna_node *y = dna_instance_norm(g, x, "i", (dna_instance_norm_opts){0});
    y = dna_add(g, dna_group_norm(g, dna_sigmoid(g, x), "g", whole), y);
    y = dna_mean(g, dna_relu(g, y), 2, false);
    y = dna_sigmoid(g, dna_group_norm(g, y, "h", whole));
    return mean_head(g, dna_mean(g, y, 1, true));
}

/* Both directions, all states and the last. */
dna_node *
mixed_recurrent(dna_graph *g, dna_node *x)
{
    dna_rnn_opts o = {.hidden = 3, .bidirectional = true};
    dna_node *a = dna_gru(g, x, "a", o);
    dna_node *b = dna_lstm(g, dna_sigmoid(g, a), "b", o);
    o.final = true;
    o.n_layer = 2;
    dna_node *c = dna_add(g, dna_gru(g, b, "c", o), dna_lstm(g, a, "d", o));
    dna_node *m = dna_mean(g, dna_relu(g, b), 1, false);
    return dna_linear(g, dna_add(g, c, m), "head", (dna_linear_opts){.out = 2});
}

dna_node *
mixed_recurrent_last(dna_graph *g, dna_node *x) /* the output of the graph itself */
{
    return dna_lstm(g, x, "a", (dna_rnn_opts){.hidden = 2, .final = true});
}

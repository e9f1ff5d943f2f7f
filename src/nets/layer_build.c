/* layer_build.c - from the arguments of a layer to the engine's builders.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nets/layer_build.h"

#include <string.h>

#include "base/mem.h"

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

dna_node *
dna_layer_conv2d(dna_graph *g, const dna_layer_call *c)
{
    dna_conv2d_opts o = {.out = count_of(c, 0), .no_bias = !flag_of(c, 5)};
    memcpy(o.kernel, c->arg[1].n, sizeof(o.kernel));
    memcpy(o.stride, c->arg[2].n, sizeof(o.stride));
    memcpy(o.pad, c->arg[3].n, sizeof(o.pad));
    memcpy(o.dilation, c->arg[4].n, sizeof(o.dilation));
    return dna_conv2d(g, c->in[0], c->layer, o);
}

dna_node *
dna_layer_conv1d(dna_graph *g, const dna_layer_call *c)
{
    dna_conv1d_opts o = {.out = count_of(c, 0),
        .kernel = count_of(c, 1),
        .stride = count_of(c, 2),
        .pad = count_of(c, 3),
        .dilation = count_of(c, 4),
        .no_bias = !flag_of(c, 5)};
    return dna_conv1d(g, c->in[0], c->layer, o);
}

dna_node *
dna_layer_linear(dna_graph *g, const dna_layer_call *c)
{
    return dna_linear(g, c->in[0], c->layer,
        (dna_linear_opts){.out = count_of(c, 0), .no_bias = !flag_of(c, 1)});
}

dna_node *
dna_layer_batch_norm(dna_graph *g, const dna_layer_call *c)
{
    return dna_batch_norm(g, c->in[0], c->layer,
        (dna_batch_norm_opts){.eps = c->arg[0].number, .momentum = c->arg[1].number});
}

dna_node *
dna_layer_instance_norm(dna_graph *g, const dna_layer_call *c)
{
    return dna_instance_norm(g, c->in[0], c->layer,
        (dna_instance_norm_opts){.eps = c->arg[0].number, .affine = flag_of(c, 1)});
}

dna_node *
dna_layer_group_norm(dna_graph *g, const dna_layer_call *c)
{
    return dna_group_norm(g, c->in[0], c->layer,
        (dna_group_norm_opts){.groups = count_of(c, 0),
            .eps = c->arg[1].number,
            .no_affine = !flag_of(c, 2)});
}

dna_node *
dna_layer_layer_norm(dna_graph *g, const dna_layer_call *c)
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

dna_node *
dna_layer_relu(dna_graph *g, const dna_layer_call *c)
{
    return dna_relu(g, c->in[0]);
}

dna_node *
dna_layer_leaky_relu(dna_graph *g, const dna_layer_call *c)
{
    return dna_leaky_relu(g, c->in[0], c->arg[0].number);
}

dna_node *
dna_layer_elu(dna_graph *g, const dna_layer_call *c)
{
    return dna_elu(g, c->in[0], c->arg[0].number);
}

dna_node *
dna_layer_gelu(dna_graph *g, const dna_layer_call *c)
{
    return dna_gelu(g, c->in[0]);
}

dna_node *
dna_layer_sigmoid(dna_graph *g, const dna_layer_call *c)
{
    return dna_sigmoid(g, c->in[0]);
}

dna_node *
dna_layer_softplus(dna_graph *g, const dna_layer_call *c)
{
    return dna_softplus(g, c->in[0], c->arg[0].number, c->arg[1].number);
}

dna_node *
dna_layer_tanh_of(dna_graph *g, const dna_layer_call *c)
{
    return dna_tanh(g, c->in[0]);
}

dna_node *
dna_layer_max_pool2d(dna_graph *g, const dna_layer_call *c)
{
    dna_pool_opts o = {.kernel = {0, 0}};
    memcpy(o.kernel, c->arg[0].n, sizeof(o.kernel));
    memcpy(o.stride, c->arg[1].n, sizeof(o.stride));
    memcpy(o.pad, c->arg[2].n, sizeof(o.pad));
    return dna_max_pool2d(g, c->in[0], o);
}

dna_node *
dna_layer_avg_pool2d(dna_graph *g, const dna_layer_call *c)
{
    dna_avg_pool_opts o = {.exclude_pad = !flag_of(c, 3)};
    memcpy(o.kernel, c->arg[0].n, sizeof(o.kernel));
    memcpy(o.stride, c->arg[1].n, sizeof(o.stride));
    memcpy(o.pad, c->arg[2].n, sizeof(o.pad));
    return dna_avg_pool2d(g, c->in[0], o);
}

dna_node *
dna_layer_max_pool1d(dna_graph *g, const dna_layer_call *c)
{
    return dna_max_pool1d(g, c->in[0],
        (dna_pool1d_opts){
            .kernel = count_of(c, 0), .stride = count_of(c, 1), .pad = count_of(c, 2)});
}

dna_node *
dna_layer_avg_pool1d(dna_graph *g, const dna_layer_call *c)
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

dna_node *
dna_layer_mean(dna_graph *g, const dna_layer_call *c)
{
    return dna_mean(g, c->in[0], axis_of(c, 0), flag_of(c, 1));
}

dna_node *
dna_layer_sum(dna_graph *g, const dna_layer_call *c)
{
    return dna_sum(g, c->in[0], axis_of(c, 0), flag_of(c, 1));
}

dna_node *
dna_layer_max_of(dna_graph *g, const dna_layer_call *c)
{
    return dna_max(g, c->in[0], axis_of(c, 0), flag_of(c, 1));
}

dna_node *
dna_layer_softmax(dna_graph *g, const dna_layer_call *c)
{
    return dna_softmax(g, c->in[0], axis_of(c, 0));
}

dna_node *
dna_layer_dropout(dna_graph *g, const dna_layer_call *c)
{
    return dna_dropout(g, c->in[0], c->arg[0].number);
}

dna_node *
dna_layer_expand(dna_graph *g, const dna_layer_call *c)
{
    return dna_expand(g, c->in[0], axis_of(c, 0), count_of(c, 1));
}

dna_node *
dna_layer_concat(dna_graph *g, const dna_layer_call *c)
{
    return dna_concat(g, c->in, c->n_in, axis_of(c, 0));
}

dna_node *
dna_layer_add(dna_graph *g, const dna_layer_call *c)
{
    dna_node *x = c->in[0];
    for (int i = 1; i < c->n_in; i++) {
        x = dna_add(g, x, c->in[i]);
    }
    return x;
}

dna_node *
dna_layer_slice(dna_graph *g, const dna_layer_call *c)
{
    return dna_slice(g, c->in[0], axis_of(c, 0), count_of(c, 1), count_of(c, 2));
}

dna_node *
dna_layer_crop(dna_graph *g, const dna_layer_call *c)
{
    int axis = axis_of(c, 0);
    int64_t excess = dna_node_dim(c->in[0], axis) - count_of(c, 1);
    return excess == 0 && axis > 0
               ? c->in[0]
               : dna_slice(g, c->in[0], axis, excess / 2, count_of(c, 1));
}

/* One -1 stands for what the other dimensions leave. */
dna_node *
dna_layer_reshape(dna_graph *g, const dna_layer_call *c)
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

dna_node *
dna_layer_flatten(dna_graph *g, const dna_layer_call *c)
{
    return dna_flatten(g, c->in[0]);
}

dna_node *
dna_layer_transpose(dna_graph *g, const dna_layer_call *c)
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

dna_node *
dna_layer_gru(dna_graph *g, const dna_layer_call *c)
{
    return recurrent(g, c, dna_gru);
}

dna_node *
dna_layer_lstm(dna_graph *g, const dna_layer_call *c)
{
    return recurrent(g, c, dna_lstm);
}

dna_node *
dna_layer_zeros(dna_graph *g, const dna_layer_call *c)
{
    return dna_zeros(g, c->arg[0].count, c->arg[0].n);
}

dna_node *
dna_layer_same(dna_graph *g, const dna_layer_call *c)
{
    (void)g;
    return c->in[0];
}

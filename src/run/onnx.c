/* onnx.c - write a graph as an ONNX model.
 *
 * SPDX-License-Identifier: MIT
 *
 * Nodes are in an order in which all inputs come before; each becomes one ONNX operator,
 * or a few where ONNX has none of its kind. The value of node k is called "n<k>", helpers
 * of it "n<k>.<what>".
 */
#include "run/onnx.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "dnadna/dnadna.h"
#include "io/protobuf.h"
#include "nn/node.h"

#define OPSET     13
#define MAX_BYTES ((size_t)INT32_MAX)

/* Field numbers of onnx.proto. */
enum {
    MODEL_IR = 1,
    MODEL_PRODUCER = 2,
    MODEL_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_PROPS = 14
};
enum { OPSET_VERSION = 2, PROP_KEY = 1, PROP_VALUE = 2 };
enum {
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_TENSOR = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12
};
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP = 4, NODE_ATTR = 5 };
enum {
    ATTR_NAME = 1,
    ATTR_F = 2,
    ATTR_I = 3,
    ATTR_S = 4,
    ATTR_INTS = 8,
    ATTR_TYPE = 20
};
enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_INTS = 7 };
enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum { ELEM_FLOAT = 1, ELEM_INT64 = 7 };
enum {
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_ELEM = 1,
    TENSOR_SHAPE = 2
};
enum { SHAPE_DIM = 1, DIM_VALUE = 1, DIM_PARAM = 2 };

#define NAME_SIZE 96

typedef struct {
    dna_str nodes, tensors; /* fields of the graph message */
    dna_str node;           /* the node that is being written */
    const dna_graph *g;
    dna_state *state;
    bool *is_written; /* [n_tensor]: weights may be shared */
    int rc;
} writer;

/* ---- tensors --------------------------------------------------------------------- */

static void
put_tensor(writer *w, const char *name, int type, int n_dim, const int64_t *dim,
    const void *data, size_t n_byte)
{
    dna_str t;
    dna_str_init(&t, MAX_BYTES);
    for (int i = 0; i < n_dim; i++) {
        dna_pb_int(&t, TENSOR_DIM, dim[i]);
    }
    dna_pb_int(&t, TENSOR_TYPE, type);
    dna_pb_text(&t, TENSOR_NAME, name);
    dna_pb_bytes(&t, TENSOR_RAW, data, n_byte);
    dna_pb_message(&w->tensors, GRAPH_TENSOR, &t);
}

static void
put_floats(
    writer *w, const char *name, int n_dim, const int64_t *dim, const float *data)
{
    size_t n = 1;
    for (int i = 0; i < n_dim; i++) {
        n *= (size_t)dim[i];
    }
    put_tensor(w, name, ELEM_FLOAT, n_dim, dim, data, n * sizeof(float));
}

static void
put_ints(writer *w, const char *name, int64_t n, const int64_t *data)
{
    put_tensor(w, name, ELEM_INT64, 1, &n, data, (size_t)n * sizeof(*data));
}

static void
put_scalar(writer *w, const char *name, double v)
{
    const float f = (float)v;
    put_floats(w, name, 0, NULL, &f);
}

static const float *
data_of(const writer *w, int tensor, const dna_tensor **t)
{
    *t = dna_state_find(w->state, w->g->tensors[tensor].name);
    return (*t)->kind == DNA_TENSOR_PARAM ? dna_state_params(w->state) + (*t)->offset
                                          : dna_state_buffers(w->state) + (*t)->offset;
}

/* A tensor of the state as it is, but for its shape; its name. */
static const char *
put_weight(writer *w, int tensor, int n_dim, const int64_t *dim)
{
    const dna_tensor *t = NULL;
    const float *data = data_of(w, tensor, &t);
    if (!w->is_written[tensor]) {
        put_floats(w, t->name, n_dim, dim, data);
        w->is_written[tensor] = true;
    }
    return t->name;
}

static const char *
put_whole(writer *w, int tensor)
{
    const dna_tensor *t = &w->g->tensors[tensor];
    return put_weight(w, tensor, t->n_dim, t->dim);
}

/* ---- operators ------------------------------------------------------------------- */

static void
begin(writer *w, const char *op)
{
    dna_str_init(&w->node, MAX_BYTES);
    dna_pb_text(&w->node, NODE_OP, op);
}

static void
put_input(writer *w, const char *name)
{
    dna_pb_text(&w->node, NODE_INPUT, name);
}

static void
put_attribute(writer *w, dna_str *a, const char *name, int type)
{
    dna_pb_text(a, ATTR_NAME, name);
    dna_pb_int(a, ATTR_TYPE, type);
    dna_pb_message(&w->node, NODE_ATTR, a);
}

static void
put_int(writer *w, const char *name, int64_t v)
{
    dna_str a;
    dna_str_init(&a, 0);
    dna_pb_int(&a, ATTR_I, v);
    put_attribute(w, &a, name, TYPE_INT);
}

static void
put_int_list(writer *w, const char *name, int n, const int64_t *v)
{
    dna_str a;
    dna_str_init(&a, 0);
    for (int i = 0; i < n; i++) {
        dna_pb_int(&a, ATTR_INTS, v[i]);
    }
    put_attribute(w, &a, name, TYPE_INTS);
}

static void
put_number(writer *w, const char *name, double v)
{
    dna_str a;
    dna_str_init(&a, 0);
    dna_pb_float(&a, ATTR_F, (float)v);
    put_attribute(w, &a, name, TYPE_FLOAT);
}

static void
put_word(writer *w, const char *name, const char *v)
{
    dna_str a;
    dna_str_init(&a, 0);
    dna_pb_text(&a, ATTR_S, v);
    put_attribute(w, &a, name, TYPE_STRING);
}

static void
end(writer *w, const char *output)
{
    dna_pb_text(&w->node, NODE_OUTPUT, output);
    dna_pb_text(&w->node, NODE_NAME, output);
    dna_pb_message(&w->nodes, GRAPH_NODE, &w->node);
}

/* An operator of two inputs without attributes (b NULL: of one). */
static void
put_simple(writer *w, const char *op, const char *a, const char *b, const char *output)
{
    begin(w, op);
    put_input(w, a);
    if (b != NULL) {
        put_input(w, b);
    }
    end(w, output);
}

/* "n7", or "n7.what". */
static const char *
name_of(char *buf, const dna_node *node, const char *what)
{
    snprintf(buf, NAME_SIZE, "n%d%s%s", node->id, what[0] != '\0' ? "." : "", what);
    return buf;
}

#define NAME(node, what) name_of((char[NAME_SIZE]){0}, (node), (what))
#define IN(node, i)      NAME((node)->in[i], "")
#define OUT(node)        NAME((node), "")

/* The node's shape for Reshape: 0 is the batch as it is. */
static const char *
put_shape(writer *w, const dna_node *node, char *buf, const char *what, int64_t batch)
{
    int64_t dim[DNA_GRAPH_MAX_DIM];
    memcpy(dim, node->dim, sizeof(dim));
    dim[0] = batch;
    put_ints(w, name_of(buf, node, what), node->n_dim, dim);
    return buf;
}

/* ---- layers ---------------------------------------------------------------------- */

static void
put_conv2d(writer *w, const dna_node *node)
{
    const dna_conv2d_opts *o = &node->conv;
    const int64_t pads[4] = {o->pad[0], o->pad[1], o->pad[0], o->pad[1]};
    const int64_t strides[2] = {DNA_MAX(o->stride[0], 1), DNA_MAX(o->stride[1], 1)};
    const int64_t dilations[2] = {
        DNA_MAX(o->dilation[0], 1), DNA_MAX(o->dilation[1], 1)};
    const int64_t weight[4] = {
        node->dim[1], node->in[0]->dim[1], o->kernel[0], o->kernel[1]};

    begin(w, "Conv");
    put_input(w, IN(node, 0));
    put_input(w, put_weight(w, node->tensor[DNA_WEIGHT], 4, weight));
    if (node->tensor[DNA_BIAS] >= 0) {
        put_input(w, put_whole(w, node->tensor[DNA_BIAS]));
    }
    put_int_list(w, "kernel_shape", 2, o->kernel);
    put_int_list(w, "strides", 2, strides);
    put_int_list(w, "pads", 4, pads);
    put_int_list(w, "dilations", 2, dilations);
    end(w, OUT(node));
}

static void
put_linear(writer *w, const dna_node *node)
{
    const char *weight = put_whole(w, node->tensor[DNA_WEIGHT]);
    bool has_bias = node->tensor[DNA_BIAS] >= 0;

    if (node->n_dim == 2) {
        begin(w, "Gemm");
        put_input(w, IN(node, 0));
        put_input(w, weight);
        if (has_bias) {
            put_input(w, put_whole(w, node->tensor[DNA_BIAS]));
        }
        put_int(w, "transB", 1);
        end(w, OUT(node));
        return;
    }
    const int64_t perm[2] = {1, 0};
    begin(w, "Transpose");
    put_input(w, weight);
    put_int_list(w, "perm", 2, perm);
    end(w, NAME(node, "weight"));
    put_simple(w, "MatMul", IN(node, 0), NAME(node, "weight"),
        has_bias ? NAME(node, "product") : OUT(node));
    if (has_bias) {
        put_simple(w, "Add", NAME(node, "product"),
            put_whole(w, node->tensor[DNA_BIAS]), OUT(node));
    }
}

static void
put_batch_norm(writer *w, const dna_node *node)
{
    static const int parts[] = {
        DNA_WEIGHT, DNA_BIAS, DNA_RUNNING_MEAN, DNA_RUNNING_VAR};
    begin(w, "BatchNormalization");
    put_input(w, IN(node, 0));
    for (int64_t i = 0; i < DNA_COUNT(parts); i++) {
        put_input(w, put_whole(w, node->tensor[parts[i]]));
    }
    put_number(w, "epsilon", node->eps);
    end(w, OUT(node));
}

/* y * weight + bias, a number a channel (as [C, 1, ...]) or an entry; out of NAME(node,
 * from). */
static void
put_affine(
    writer *w, const dna_node *node, const char *from, int n_dim, const int64_t *dim)
{
    if (node->tensor[DNA_WEIGHT] < 0) {
        put_simple(w, "Identity", NAME(node, from), NULL, OUT(node));
        return;
    }
    const char *const weight = put_whole(w, node->tensor[DNA_WEIGHT]);
    const char *const bias = put_whole(w, node->tensor[DNA_BIAS]);
    put_ints(w, NAME(node, "affine"), n_dim, dim);
    put_simple(w, "Reshape", weight, NAME(node, "affine"), NAME(node, "weight"));
    put_simple(w, "Reshape", bias, NAME(node, "affine"), NAME(node, "bias"));
    put_simple(w, "Mul", NAME(node, from), NAME(node, "weight"), NAME(node, "scaled"));
    put_simple(w, "Add", NAME(node, "scaled"), NAME(node, "bias"), OUT(node));
}

/* ONNX normalises each channel of [N, groups, entries of a group]. */
static int
put_group_norm(writer *w, const dna_node *node)
{
    const int64_t groups = dna_node_groups(node);
    const int64_t rows[3] = {0, groups, -1};
    int64_t channels[DNA_GRAPH_MAX_DIM] = {node->dim[1], 1, 1, 1, 1};
    float *ones = NULL;
    int rc = DNA_OK;

    DNA_NEW(ones, groups);
    put_floats(w, NAME(node, "zeros"), 1, &groups, ones);
    for (int64_t i = 0; i < groups; i++) {
        ones[i] = 1.0f;
    }
    put_floats(w, NAME(node, "ones"), 1, &groups, ones);
    put_ints(w, NAME(node, "rows"), 3, rows);
    put_simple(w, "Reshape", IN(node, 0), NAME(node, "rows"), NAME(node, "groups"));
    begin(w, "InstanceNormalization");
    put_input(w, NAME(node, "groups"));
    put_input(w, NAME(node, "ones"));
    put_input(w, NAME(node, "zeros"));
    put_number(w, "epsilon", node->eps);
    end(w, NAME(node, "even"));
    put_simple(w, "Reshape", NAME(node, "even"),
        put_shape(w, node, (char[NAME_SIZE]){0}, "shape", 0), NAME(node, "normed"));
    put_affine(w, node, "normed", node->n_dim - 1, channels);
out:
    dna_free(ones);
    return rc;
}

/* A reduction over the last dimensions, from `axis` on, which stay as 1. */
static void
put_row_mean(writer *w, const dna_node *node, const char *from, const char *to)
{
    int64_t axes[DNA_GRAPH_MAX_DIM];
    int n = 0;
    for (int d = node->axis; d < node->n_dim; d++) {
        axes[n++] = d;
    }
    begin(w, "ReduceMean");
    put_input(w, from);
    put_int_list(w, "axes", n, axes);
    put_int(w, "keepdims", 1);
    end(w, to);
}

static void
put_layer_norm(writer *w, const dna_node *node)
{
    put_row_mean(w, node, IN(node, 0), NAME(node, "mean"));
    put_simple(w, "Sub", IN(node, 0), NAME(node, "mean"), NAME(node, "centred"));
    put_simple(
        w, "Mul", NAME(node, "centred"), NAME(node, "centred"), NAME(node, "squares"));
    put_row_mean(w, node, NAME(node, "squares"), NAME(node, "variance"));
    put_scalar(w, NAME(node, "eps"), node->eps);
    put_simple(
        w, "Add", NAME(node, "variance"), NAME(node, "eps"), NAME(node, "above"));
    put_simple(w, "Sqrt", NAME(node, "above"), NULL, NAME(node, "deviation"));
    put_simple(
        w, "Div", NAME(node, "centred"), NAME(node, "deviation"), NAME(node, "normed"));
    put_affine(w, node, "normed", node->n_dim - node->axis, node->dim + node->axis);
}

/* x / 2 (1 + erf(x / sqrt 2)). */
static void
put_gelu(writer *w, const dna_node *node)
{
    put_scalar(w, NAME(node, "root"), sqrt(0.5));
    put_scalar(w, NAME(node, "one"), 1.0);
    put_scalar(w, NAME(node, "half"), 0.5);
    put_simple(w, "Mul", IN(node, 0), NAME(node, "root"), NAME(node, "z"));
    put_simple(w, "Erf", NAME(node, "z"), NULL, NAME(node, "erf"));
    put_simple(w, "Add", NAME(node, "erf"), NAME(node, "one"), NAME(node, "twice"));
    put_simple(w, "Mul", IN(node, 0), NAME(node, "twice"), NAME(node, "product"));
    put_simple(w, "Mul", NAME(node, "product"), NAME(node, "half"), OUT(node));
}

/* Above the threshold ours is x itself, which Softplus is there to 1e-8. */
static void
put_softplus(writer *w, const dna_node *node)
{
    put_scalar(w, NAME(node, "beta"), node->activation.k[0]);
    put_simple(w, "Mul", IN(node, 0), NAME(node, "beta"), NAME(node, "times"));
    put_simple(w, "Softplus", NAME(node, "times"), NULL, NAME(node, "soft"));
    put_simple(w, "Div", NAME(node, "soft"), NAME(node, "beta"), OUT(node));
}

static void
put_activation(writer *w, const dna_node *node)
{
    static const char *const ops[DNA_N_ACTIVATION] = {[DNA_RELU] = "Relu",
        [DNA_LEAKY_RELU] = "LeakyRelu",
        [DNA_ELU] = "Elu",
        [DNA_SIGMOID] = "Sigmoid",
        [DNA_TANH] = "Tanh"};
    const dna_activation *a = &node->activation;

    if (a->kind == DNA_GELU) {
        put_gelu(w, node);
        return;
    }
    if (a->kind == DNA_SOFTPLUS) {
        put_softplus(w, node);
        return;
    }
    begin(w, ops[a->kind]);
    put_input(w, IN(node, 0));
    if (a->kind == DNA_LEAKY_RELU || a->kind == DNA_ELU) {
        put_number(w, "alpha", a->k[0]);
    }
    end(w, OUT(node));
}

static void
put_pool(writer *w, const dna_node *node)
{
    const dna_pool_opts *o = &node->pool;
    const int64_t pads[4] = {o->pad[0], o->pad[1], o->pad[0], o->pad[1]};
    const int64_t strides[2] = {o->stride[0] > 0 ? o->stride[0] : o->kernel[0],
        o->stride[1] > 0 ? o->stride[1] : o->kernel[1]};
    bool is_mean = node->kind == DNA_OP_AVG_POOL2D;

    begin(w, is_mean ? "AveragePool" : "MaxPool");
    put_input(w, IN(node, 0));
    put_int_list(w, "kernel_shape", 2, o->kernel);
    put_int_list(w, "strides", 2, strides);
    put_int_list(w, "pads", 4, pads);
    if (is_mean) {
        put_int(w, "count_include_pad", !node->exclude_pad);
    }
    end(w, OUT(node));
}

static void
put_reduction(writer *w, const dna_node *node)
{
    const int64_t axis = node->axis;
    bool is_sum = node->kind == DNA_OP_SUM;

    if (is_sum) {
        put_ints(w, NAME(node, "axes"), 1, &axis);
    }
    begin(w, is_sum                      ? "ReduceSum"
             : node->kind == DNA_OP_MEAN ? "ReduceMean"
                                         : "ReduceMax");
    put_input(w, IN(node, 0));
    if (is_sum) {
        put_input(w, NAME(node, "axes"));
    } else {
        put_int_list(w, "axes", 1, &axis);
    }
    put_int(w, "keepdims", node->keep);
    end(w, OUT(node));
}

static void
put_slice(writer *w, const dna_node *node)
{
    const int64_t axis = node->axis;
    const int64_t stop = node->begin + node->dim[node->axis];

    put_ints(w, NAME(node, "starts"), 1, &node->begin);
    put_ints(w, NAME(node, "ends"), 1, &stop);
    put_ints(w, NAME(node, "axes"), 1, &axis);
    begin(w, "Slice");
    put_input(w, IN(node, 0));
    put_input(w, NAME(node, "starts"));
    put_input(w, NAME(node, "ends"));
    put_input(w, NAME(node, "axes"));
    end(w, OUT(node));
}

static void
put_expand(writer *w, const dna_node *node)
{
    int64_t shape[DNA_GRAPH_MAX_DIM] = {1, 1, 1, 1, 1};
    shape[node->axis] = node->dim[node->axis];
    put_ints(w, NAME(node, "shape"), node->n_dim, shape);
    put_simple(w, "Expand", IN(node, 0), NAME(node, "shape"), OUT(node));
}

static void
put_with_axis(writer *w, const dna_node *node, const char *op)
{
    begin(w, op);
    for (int i = 0; i < node->n_in; i++) {
        put_input(w, IN(node, i));
    }
    put_int(w, "axis", node->axis);
    end(w, OUT(node));
}

static void
put_transpose(writer *w, const dna_node *node)
{
    int64_t perm[DNA_GRAPH_MAX_DIM];
    for (int i = 0; i < node->n_dim; i++) {
        perm[i] = node->perm[i];
    }
    begin(w, "Transpose");
    put_input(w, IN(node, 0));
    put_int_list(w, "perm", node->n_dim, perm);
    end(w, OUT(node));
}

/* Zeros for each sample: the batch is seen from the input. */
static void
put_zeros(writer *w, const dna_node *node)
{
    const int64_t zero = 0;
    const int64_t one = 1;

    put_ints(w, NAME(node, "zero"), 1, &zero);
    put_ints(w, NAME(node, "one"), 1, &one);
    put_ints(w, NAME(node, "rest"), node->n_dim - 1, node->dim + 1);
    put_simple(w, "Shape", NAME(w->g->inputs[0], ""), NULL, NAME(node, "of_x"));
    begin(w, "Slice");
    put_input(w, NAME(node, "of_x"));
    put_input(w, NAME(node, "zero"));
    put_input(w, NAME(node, "one"));
    end(w, NAME(node, "batch"));
    begin(w, "Concat");
    put_input(w, NAME(node, "batch"));
    put_input(w, NAME(node, "rest"));
    put_int(w, "axis", 0);
    end(w, NAME(node, "shape"));
    put_simple(w, "ConstantOfShape", NAME(node, "shape"), NULL, OUT(node));
}

/* ---- recurrent layers ------------------------------------------------------------ */

/* ONNX has the gates of a GRU as z, r, h and of an LSTM as i, o, f, c. */
static const int gru_gates[] = {1, 0, 2};
static const int lstm_gates[] = {0, 3, 1, 2};

/* The blocks of a tensor, one a gate, in ONNX's order. */
static void
copy_gates(float *to, const float *from, const int *gates, int n_gate, size_t block)
{
    for (int k = 0; k < n_gate; k++) {
        memcpy(to + (size_t)k * block, from + (size_t)gates[k] * block,
            block * sizeof(*to));
    }
}

static int
put_gate_weights(writer *w, const dna_node *node, int part, const char *what,
    const int *gates, int n_gate)
{
    const dna_tensor *t = NULL;
    const float *data = data_of(w, node->tensor[part], &t);
    const int64_t dim[3] = {1, t->dim[0], t->dim[1]};
    float *sorted = NULL;
    int rc = DNA_OK;

    DNA_NEW(sorted, t->count);
    copy_gates(sorted, data, gates, n_gate, (size_t)(t->count / n_gate));
    put_floats(w, NAME(node, what), 3, dim, sorted);
out:
    dna_free(sorted);
    return rc;
}

/* Both biases one after the other: [1, 2 gates H]. */
static int
put_gate_biases(writer *w, const dna_node *node, const int *gates, int n_gate)
{
    const dna_tensor *t = NULL;
    const float *from_x = data_of(w, node->tensor[DNA_BIAS_IH], &t);
    const float *from_h = data_of(w, node->tensor[DNA_BIAS_HH], &t);
    const int64_t dim[2] = {1, 2 * t->count};
    float *both = NULL;
    int rc = DNA_OK;

    DNA_NEW(both, 2 * t->count);
    copy_gates(both, from_x, gates, n_gate, (size_t)(t->count / n_gate));
    copy_gates(both + t->count, from_h, gates, n_gate, (size_t)(t->count / n_gate));
    put_floats(w, NAME(node, "B"), 2, dim, both);
out:
    dna_free(both);
    return rc;
}

/* ONNX has time first, and a dimension for directions: Y [L, 1, N, H], Y_h [1, N, H]. */
static int
put_recurrent(writer *w, const dna_node *node)
{
    const bool is_gru = node->kind == DNA_OP_GRU;
    const int *gates = is_gru ? gru_gates : lstm_gates;
    const int n_gate = is_gru ? 3 : 4;
    const int64_t hidden = node->dim[node->n_dim - 1];
    const int64_t to_time[3] = {1, 0, 2};
    const int64_t to_batch[4] = {2, 0, 1, 3};
    const int64_t axis = 0;
    bool has_bias = node->tensor[DNA_BIAS_IH] >= 0;
    int rc = DNA_OK;

    DNA_TRY(put_gate_weights(w, node, DNA_WEIGHT, "W", gates, n_gate));
    DNA_TRY(put_gate_weights(w, node, DNA_WEIGHT_HH, "R", gates, n_gate));
    if (has_bias) {
        DNA_TRY(put_gate_biases(w, node, gates, n_gate));
    }
    begin(w, "Transpose");
    put_input(w, IN(node, 0));
    put_int_list(w, "perm", 3, to_time);
    end(w, NAME(node, "in_time"));
    begin(w, is_gru ? "GRU" : "LSTM");
    put_input(w, NAME(node, "in_time"));
    put_input(w, NAME(node, "W"));
    put_input(w, NAME(node, "R"));
    if (has_bias) {
        put_input(w, NAME(node, "B"));
    }
    put_int(w, "hidden_size", hidden);
    put_word(w, "direction", node->is_reverse ? "reverse" : "forward");
    if (is_gru) {
        put_int(w, "linear_before_reset", 1);
    }
    if (node->is_final) { /* the second output */
        dna_pb_text(&w->node, NODE_OUTPUT, "");
        end(w, NAME(node, "last"));
        put_ints(w, NAME(node, "axes"), 1, &axis);
        put_simple(w, "Squeeze", NAME(node, "last"), NAME(node, "axes"), OUT(node));
        goto out;
    }
    end(w, NAME(node, "states"));
    begin(w, "Transpose");
    put_input(w, NAME(node, "states"));
    put_int_list(w, "perm", 4, to_batch);
    end(w, NAME(node, "by_sample"));
    put_simple(w, "Reshape", NAME(node, "by_sample"),
        put_shape(w, node, (char[NAME_SIZE]){0}, "shape", 0), OUT(node));
out:
    return rc;
}

/* ---- the model ------------------------------------------------------------------- */

static int
put_node(writer *w, const dna_node *node)
{
    switch (node->kind) {
    case DNA_OP_INPUT:
        return DNA_OK;
    case DNA_OP_ZEROS:
        put_zeros(w, node);
        return DNA_OK;
    case DNA_OP_CONV2D:
        put_conv2d(w, node);
        return DNA_OK;
    case DNA_OP_LINEAR:
        put_linear(w, node);
        return DNA_OK;
    case DNA_OP_BATCH_NORM:
        put_batch_norm(w, node);
        return DNA_OK;
    case DNA_OP_GROUP_NORM:
        return put_group_norm(w, node);
    case DNA_OP_LAYER_NORM:
        put_layer_norm(w, node);
        return DNA_OK;
    case DNA_OP_ACTIVATION:
        put_activation(w, node);
        return DNA_OK;
    case DNA_OP_MAX_POOL2D:
    case DNA_OP_AVG_POOL2D:
        put_pool(w, node);
        return DNA_OK;
    case DNA_OP_MEAN:
    case DNA_OP_SUM:
    case DNA_OP_MAX:
        put_reduction(w, node);
        return DNA_OK;
    case DNA_OP_SOFTMAX:
        put_with_axis(w, node, "Softmax");
        return DNA_OK;
    case DNA_OP_DROPOUT:
        put_simple(w, "Identity", IN(node, 0), NULL, OUT(node));
        return DNA_OK;
    case DNA_OP_EXPAND:
        put_expand(w, node);
        return DNA_OK;
    case DNA_OP_CONCAT:
        put_with_axis(w, node, "Concat");
        return DNA_OK;
    case DNA_OP_ADD:
        put_simple(w, "Add", IN(node, 0), IN(node, 1), OUT(node));
        return DNA_OK;
    case DNA_OP_SLICE:
        put_slice(w, node);
        return DNA_OK;
    case DNA_OP_RESHAPE:
        put_simple(w, "Reshape", IN(node, 0),
            put_shape(w, node, (char[NAME_SIZE]){0}, "shape", 0), OUT(node));
        return DNA_OK;
    case DNA_OP_TRANSPOSE:
        put_transpose(w, node);
        return DNA_OK;
    case DNA_OP_GRU:
    case DNA_OP_LSTM:
        return put_recurrent(w, node);
    case DNA_OP_NORM_AS: /* made by passes only */
    case DNA_N_OP:
    default:
        return dna_fail(DNA_EUNSUPPORTED, "%s: has no equal in ONNX",
            node->layer != NULL ? node->layer : dna_op(node->kind)->name);
    }
}

/* A tensor with a free batch. */
static void
put_value(dna_str *graph, int field, const char *name, const dna_node *node)
{
    dna_str shape, tensor, type, value;
    dna_str_init(&shape, 0);
    dna_str_init(&tensor, 0);
    dna_str_init(&type, 0);
    dna_str_init(&value, 0);
    for (int i = 0; i < node->n_dim; i++) {
        dna_str dim;
        dna_str_init(&dim, 0);
        if (i == 0) {
            dna_pb_text(&dim, DIM_PARAM, "N");
        } else {
            dna_pb_int(&dim, DIM_VALUE, node->dim[i]);
        }
        dna_pb_message(&shape, SHAPE_DIM, &dim);
    }
    dna_pb_int(&tensor, TENSOR_ELEM, ELEM_FLOAT);
    dna_pb_message(&tensor, TENSOR_SHAPE, &shape);
    dna_pb_message(&type, TYPE_TENSOR, &tensor);
    dna_pb_text(&value, VALUE_NAME, name);
    dna_pb_message(&value, VALUE_TYPE, &type);
    dna_pb_message(graph, field, &value);
}

/* Inputs have their own names outside, as the output has. */
static void
put_ends(writer *w, dna_str *graph)
{
    for (int i = 0; i < w->g->n_input; i++) {
        const dna_node *x = w->g->inputs[i];
        put_value(graph, GRAPH_INPUT, x->layer, x);
    }
    put_value(graph, GRAPH_OUTPUT, "output", w->g->output);
}

static int
put_graph(writer *w, dna_str *graph)
{
    int rc = DNA_OK;

    for (int i = 0; i < w->g->n_input; i++) {
        const dna_node *x = w->g->inputs[i];
        put_simple(w, "Identity", x->layer, NULL, OUT(x));
    }
    for (int i = 0; i < w->g->n_node; i++) {
        DNA_TRY(put_node(w, w->g->nodes[i]));
    }
    put_simple(w, "Identity", OUT(w->g->output), NULL, "output");
    DNA_TRY(dna_str_status(&w->nodes));
    DNA_TRY(dna_str_status(&w->tensors));
    dna_str_addn(graph, dna_str_text(&w->nodes), w->nodes.len);
    dna_pb_text(graph, GRAPH_NAME, "dnadna");
    dna_str_addn(graph, dna_str_text(&w->tensors), w->tensors.len);
    put_ends(w, graph);
    DNA_TRY(dna_str_status(graph));
out:
    return rc;
}

static void
put_model(dna_str *out, dna_str *graph, const char *metadata)
{
    dna_str opset, prop;
    dna_str_init(&opset, 0);
    dna_str_init(&prop, 0);
    dna_pb_int(out, MODEL_IR, 7);
    dna_pb_text(out, MODEL_PRODUCER, "dnadna");
    dna_pb_text(out, MODEL_VERSION, DNA_VERSION);
    dna_pb_message(out, MODEL_GRAPH, graph);
    dna_pb_int(&opset, OPSET_VERSION, OPSET);
    dna_pb_message(out, MODEL_OPSET, &opset);
    if (metadata != NULL) {
        dna_pb_text(&prop, PROP_KEY, "dnadna");
        dna_pb_text(&prop, PROP_VALUE, metadata);
        dna_pb_message(out, MODEL_PROPS, &prop);
    }
}

int
dna_onnx_write(dna_str *out, const dna_graph *g, dna_state *state, const char *metadata)
{
    writer w = {.g = g, .state = state};
    dna_str graph;
    int rc = DNA_OK;

    dna_str_init(&w.nodes, MAX_BYTES);
    dna_str_init(&w.tensors, MAX_BYTES);
    dna_str_init(&graph, MAX_BYTES);
    DNA_REQUIRE(dna_state_n_param(state) <= (int64_t)(MAX_BYTES / sizeof(float)),
        DNA_EUNSUPPORTED,
        "%lld numbers: an ONNX file has at most 2 GiB, as every protocol buffer",
        (long long)dna_state_n_param(state));
    DNA_NEW(w.is_written, DNA_MAX(g->n_tensor, 1));
    DNA_TRY(put_graph(&w, &graph));
    put_model(out, &graph, metadata);
    DNA_TRY(dna_str_status(out));
out:
    dna_str_clear(&w.nodes);
    dna_str_clear(&w.tensors);
    dna_str_clear(&w.node);
    dna_str_clear(&graph);
    dna_free(w.is_written);
    return rc;
}

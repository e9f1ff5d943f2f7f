/* node.h - what a graph is inside: nodes, the tensors they name, and the row of an op.
 *
 * SPDX-License-Identifier: MIT
 *
 * An op is one file ops/op_<name>.c: its builder with the shape rule, and the naive
 * double-precision forward and backward that are the truth for everything faster.
 * Passes (compile/) rewrite graphs into equal graphs that cost less; lowering
 * (compile/lower*.c) turns the nodes into steps of a program.
 *
 * All reference data are row-major in the order of the dimensions, batch first.
 */
#ifndef DNA_NN_NODE_H
#define DNA_NN_NODE_H

#include "base/arena.h"
#include "dnadna/graph.h"
#include "dnadna/program.h"
#include "nn/activation.h"

typedef enum {
    DNA_OP_INPUT,
    DNA_OP_ZEROS,
    DNA_OP_CONV2D,
    DNA_OP_LINEAR,
    DNA_OP_BATCH_NORM,
    DNA_OP_NORM_AS,    /* made by passes: another batch norm's statistics */
    DNA_OP_GROUP_NORM, /* instance norm too: a group a channel */
    DNA_OP_LAYER_NORM,
    DNA_OP_ACTIVATION,
    DNA_OP_MAX_POOL2D,
    DNA_OP_AVG_POOL2D,
    DNA_OP_MEAN,
    DNA_OP_SUM,
    DNA_OP_MAX,
    DNA_OP_SOFTMAX,
    DNA_OP_DROPOUT,
    DNA_OP_EXPAND,
    DNA_OP_CONCAT,
    DNA_OP_ADD,
    DNA_OP_SLICE,
    DNA_OP_RESHAPE,
    DNA_OP_TRANSPOSE,
    DNA_OP_GRU, /* one direction */
    DNA_OP_LSTM,
    DNA_N_OP
} dna_op_kind;

#define DNA_NODE_MAX_TENSOR 5

/* Places in dna_node.tensor. */
enum {
    DNA_WEIGHT = 0,
    DNA_BIAS = 1,
    DNA_RUNNING_MEAN = 2,
    DNA_RUNNING_VAR = 3,
    DNA_TRACKED = 4
};

/* The same for gru and lstm; W_ih is DNA_WEIGHT. */
enum { DNA_WEIGHT_HH = 1, DNA_BIAS_IH = 2, DNA_BIAS_HH = 3 };

/* Reshapes that ops on lines [N, C, L] make, which work on images [N, C, 1, L]: two of
 * them that meet are none, whatever the sizes. */
typedef enum { DNA_NO_LINE, DNA_LINE_AS_IMAGE, DNA_IMAGE_AS_LINE } dna_line_reshape;

/* A new option goes into same_options() of extent.c too. */
struct dna_node {
    dna_op_kind kind;
    int id; /* place in the graph: inputs of a node have smaller ids */
    int n_in;
    dna_node **in;
    int n_dim;
    int64_t dim[DNA_GRAPH_MAX_DIM]; /* dim[0] is -1, the batch */
    dna_graph *graph;
    const char *layer;               /* NULL for ops without tensors; an input's name */
    int tensor[DNA_NODE_MAX_TENSOR]; /* index into graph->tensors, -1: none */
    /* Passes split layers over channels: the part of the tensors that this node uses.
     */
    int64_t param_begin; /* conv2d, linear: first input channel of the weight;
                            batch_norm, group_norm: first channel */
    int64_t repeat; /* batch_norm, sum: how often each stored row stands in the original
                       graph */
    dna_conv2d_opts conv;
    dna_pool_opts pool;
    bool exclude_pad; /* avg_pool2d */
    dna_activation activation;
    double rate;                 /* dropout */
    int64_t stream;              /* dropout: its number in the network */
    double eps, momentum;        /* norms; batch_norm */
    int64_t groups;              /* group_norm; 0: a group a channel */
    int axis;                    /* mean, sum, max, softmax, expand, concat, slice;
                                    layer_norm: the first dimension it normalises over */
    bool keep;                   /* mean, sum, max */
    int64_t begin;               /* slice */
    dna_line_reshape line;       /* reshape */
    int perm[DNA_GRAPH_MAX_DIM]; /* transpose */
    bool is_reverse, is_final; /* gru, lstm: reads from the end; y is the last state */
};

struct dna_graph {
    dna_arena *arena;
    dna_node **nodes;
    int n_node, cap_node;
    dna_tensor *tensors; /* in order of first mention */
    int n_tensor, cap_tensor;
    dna_node **inputs;
    int n_input;
    dna_node *output;
    int rc; /* first error of a builder */
    char message[1024];
};

struct dna_extents; /* extent.h */

/* What a reference op sees. Vectors of tensors are those of the whole tensor. In a batch
 * of several sizes an op that treats samples apart is called for each sample, with the
 * sample's own node and dense vectors; it need not know of sizes. */
typedef struct {
    const dna_node *node;
    int64_t first; /* place of its first sample in the batch */
    int64_t batch;
    bool is_training;
    uint64_t seed;          /* dropout */
    int64_t step;           /* dropout */
    const double *const *x; /* [n_in] */
    double *const *dx;      /* [n_in], backward adds to them */
    double *y;
    const double *dy;
    double *w[DNA_NODE_MAX_TENSOR];
    double *dw[DNA_NODE_MAX_TENSOR]; /* backward adds to them */
    double *saved; /* batch * n_saved doubles kept from forward to backward */
    const struct dna_extents *extents; /* of the samples, for ops with joins_samples;
                                        * NULL: all are as large as the node */
} dna_ref_args;

typedef struct {
    const char *name;
    void (*forward)(const dna_ref_args *a);
    void (*backward)(const dna_ref_args *a);  /* NULL: no gradient flows */
    int64_t (*n_saved)(const dna_node *node); /* a sample; NULL: none */
    bool joins_samples; /* a result depends on several samples: the op sees the whole
                         * batch, with zeros outside of the samples' extents */
} dna_op_def;

extern const dna_op_def dna_op_input, dna_op_zeros, dna_op_conv2d, dna_op_linear,
    dna_op_batch_norm, dna_op_norm_as, dna_op_group_norm, dna_op_layer_norm,
    dna_op_activation, dna_op_max_pool2d, dna_op_avg_pool2d, dna_op_mean, dna_op_sum,
    dna_op_max, dna_op_softmax, dna_op_dropout, dna_op_expand, dna_op_concat,
    dna_op_add, dna_op_slice, dna_op_reshape, dna_op_transpose, dna_op_gru, dna_op_lstm;

/** The row of a kind. */
const dna_op_def *dna_op(dna_op_kind kind);

/** A new node with the given shape (batch excluded), or NULL with the graph's error
 * set. Any NULL input gives NULL. */
dna_node *dna_node_new(dna_graph *g, dna_op_kind kind, dna_node *const *in, int n_in,
    int n_dim, const int64_t *dim);
/** A node like `like` (attributes, tensors) on other inputs and with another shape. */
dna_node *dna_node_like(dna_graph *g, const dna_node *like, dna_node *const *in,
    int n_in, const int64_t *dim);
/** Give a node its layer name. The node, or NULL if it is NULL or the graph has an
 * error. */
dna_node *dna_node_name(dna_graph *g, dna_node *node, const char *layer);
/** The index of "<layer>.<suffix>", made if new; -1 with the graph's error set if it
 * exists with another shape. */
int dna_graph_tensor(dna_graph *g, const char *layer, const char *suffix,
    dna_tensor_kind kind, int n_dim, const int64_t *dim, int64_t fan_in);
/** Inputs of one output of a weight [outputs, ...]: the product of its other dimensions; 0
 * if that overflows, which dna_graph_tensor() will not take. */
int64_t dna_fan_in(int n_dim, const int64_t *dim);
/** Whether there can be something of these dimensions (a batch excluded), so that sizes
 * do not overflow; else false with the graph's error set, which begins with name. */
bool dna_graph_fits(dna_graph *g, const char *name, int n_dim, const int64_t *dim);
/** An empty graph with the same tensors: where a pass writes its result. */
int dna_graph_new_like(dna_graph **out, const dna_graph *g) DNA_MUST_CHECK;

/** A mean, sum or max of x over a dimension, which stays with extent 1 if keep. */
dna_node *dna_node_reduced(
    dna_graph *g, dna_op_kind kind, dna_node *x, int axis, bool keep);
/** What a mean or sum multiplies the sum of its entries by. */
double dna_node_factor(const dna_node *node);

/** x normalised by the statistics and with the weight and bias of a batch norm of
 * another tensor (DNA_OP_NORM_AS): inputs are x, that tensor, and the batch norm. */
dna_node *dna_node_norm_as(dna_graph *g, dna_node *x, dna_node *norm);

/** [N, C, L] as [N, C, 1, L], and back. */
dna_node *dna_node_line_as_image(dna_graph *g, dna_node *x);
dna_node *dna_node_image_as_line(dna_graph *g, dna_node *x);

/** A norm's eps, the default for 0; the graph's error is set if it is not 0 or more. */
double dna_norm_eps(dna_graph *g, const char *layer, double eps);
/** Groups of channels of a group norm. */
int64_t dna_node_groups(const dna_node *node);

/** Product of dim[first .. n_dim-1] without the batch (first >= 1). */
int64_t dna_node_span(const dna_node *x, int first);
/** Elements of one sample. */
int64_t dna_node_size(const dna_node *x);
/** "[N, 50, 51, 400]" for messages. */
const char *dna_node_shape_text(const dna_node *x, char *buf, size_t size);

#define DNA_SHAPE_TEXT 128

/* Kernels, strides and dilations beyond this are mistakes, and could overflow. */
#define DNA_MAX_WINDOW ((int64_t)1 << 30)

#endif

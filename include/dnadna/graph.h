/* graph.h - describe a network: nodes recorded in a graph, nothing computed yet.
 *
 * SPDX-License-Identifier: MIT
 *
 * A network is a function that records nodes; the graph is then compiled (program.h)
 * for a batch size and run as often as needed. Dimensions are listed as in the
 * literature, batch first: images are [N, C, H, W], rows of features [N, C]. The batch
 * is -1.
 *
 *     dna_node *x = dna_input(g, "x", 2, (int64_t[]){n_row, n_site});
 *     x = dna_reshape(g, x, 3, (int64_t[]){1, n_row, n_site});
 *     dna_conv2d_opts conv = {.out = 5, .kernel = {3, 3}, .stride = {2, 2}};
 *     x = dna_conv2d(g, x, "conv1", conv);
 *     x = dna_relu(g, x);
 *     x = dna_linear(g, dna_flatten(g, x), "fc", (dna_linear_opts){.out = 3});
 *     DNA_TRY(dna_graph_output(g, x));
 *
 * Errors are sticky: a builder given NULL returns NULL, the graph keeps the first
 * message, and dna_graph_output() returns it. A shape that does not fit names the
 * layer, its input shape and what it needs. Nodes belong to the graph.
 *
 * Parameters are named "<layer>.weight" and "<layer>.bias", in the layout of PyTorch:
 * a layer's name given twice shares its parameters. Semantics of every layer are those
 * of the PyTorch module of the same name, with one exception: what the output does not
 * depend on is not computed, so the running statistics of a batch norm, or of channels
 * of it, that nothing reads stay as they are.
 */
#ifndef DNA_GRAPH_H
#define DNA_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DNA_GRAPH_MAX_DIM 5 /* batch included */

typedef struct dna_graph dna_graph;
typedef struct dna_node dna_node;

DNA_API int dna_graph_new(dna_graph **out) DNA_MUST_CHECK;
DNA_API void dna_graph_free(dna_graph *g);
/** Mark the output and return the first error of any builder, if there was one. */
DNA_API int dna_graph_output(dna_graph *g, dna_node *x) DNA_MUST_CHECK;
/** Record a builder's own error (a size the network cannot take); returns NULL. */
DNA_API dna_node *dna_graph_fail(dna_graph *g, int code, const char *fmt, ...)
    DNA_PRINTF(3, 4);

/** Number of dimensions, the batch included (0 for NULL). */
DNA_API int dna_node_n_dim(const dna_node *x);
/** Extent of a dimension: 0 is the batch (-1), then the others (0 for NULL or out of
 * range). */
DNA_API int64_t dna_node_dim(const dna_node *x, int i);

/* How the parameters of a layer begin. fan_in: inputs of one output; fan_out: outputs that
 * one input reaches; of a weight [O, I, k...] I k... and O k.... */
typedef enum {
    DNA_INIT_DEFAULT,          /* PyTorch's (program.h) */
    DNA_INIT_CONSTANT,         /* a */
    DNA_INIT_UNIFORM,          /* from a to b */
    DNA_INIT_NORMAL,           /* mean a, standard deviation b */
    DNA_INIT_TRUNCATED_NORMAL, /* the same, drawn again beyond two deviations */
    /* uniform on +-sqrt(6 / (fan_in + fan_out)); normal, sd sqrt(2 / (fan_in + fan_out)).
     * Source: Glorot and Bengio 2010, AISTATS, eq. 16 */
    DNA_INIT_GLOROT_UNIFORM,
    DNA_INIT_GLOROT_NORMAL,
    /* uniform on +-sqrt(6 / fan_in); normal, sd sqrt(2 / fan_in).
     * Source: He et al. 2015, ICCV, eq. 10 */
    DNA_INIT_HE_UNIFORM,
    DNA_INIT_HE_NORMAL,
    /* uniform on +-sqrt(3 / fan_in); normal, sd sqrt(1 / fan_in).
     * Source: LeCun et al. 1998, Neural Networks: Tricks of the Trade, eq. 16 */
    DNA_INIT_LECUN_UNIFORM,
    DNA_INIT_LECUN_NORMAL
} dna_init_law;

typedef struct {
    dna_init_law law;
    double a, b; /* of the first laws */
} dna_init;

/** The parameters "<layer>.<part>" and, of recurrent layers, "<layer>.<part>_l0", ... begin
 *  by a law. Returns how many there are: 0 if the layer has no such part. */
DNA_API int dna_graph_init(
    dna_graph *g, const char *layer, const char *part, dna_init init);

/** A placeholder of shape [N, dim[0], ..., dim[n_dim - 1]]. One input a graph is enough
 *  for the built-in networks; more are allowed. */
DNA_API dna_node *dna_input(
    dna_graph *g, const char *name, int n_dim, const int64_t *dim);
/** Zeros of shape [N, dim...]. */
DNA_API dna_node *dna_zeros(dna_graph *g, int n_dim, const int64_t *dim);

typedef struct {
    int64_t out;         /* output channels */
    int64_t kernel[2];   /* height, width */
    int64_t stride[2];   /* 0: 1 */
    int64_t pad[2];      /* zeros on both sides; fewer than the kernel spans */
    int64_t dilation[2]; /* from one entry of the kernel to the next; 0: 1 */
    bool no_bias;
} dna_conv2d_opts;

/** y[n,o,i,j] = b[o] + sum over c,u,v of
 *      w[o,c,u,v] x[n,c,i*s0+u*d0-p0,j*s1+v*d1-p1]
 *  x [N,C,H,W], w [O,C,k0,k1] -> y [N,O,H',W'],
 *  H' = floor((H + 2 p0 - d0 (k0 - 1) - 1) / s0) + 1. */
DNA_API dna_node *dna_conv2d(
    dna_graph *g, dna_node *x, const char *layer, dna_conv2d_opts opts);

typedef struct {
    int64_t out; /* output channels */
    int64_t kernel;
    int64_t stride;   /* 0: 1 */
    int64_t pad;      /* zeros on both sides; fewer than the kernel spans */
    int64_t dilation; /* 0: 1 */
    bool no_bias;
} dna_conv1d_opts;

/** The same along a line: x [N,C,L], w [O,C,k] -> y [N,O,L']. */
DNA_API dna_node *dna_conv1d(
    dna_graph *g, dna_node *x, const char *layer, dna_conv1d_opts opts);

typedef struct {
    int64_t out;
    bool no_bias;
} dna_linear_opts;

/** y = W x + b on the last dimension: x [N, ..., I] -> y [N, ..., O]. */
DNA_API dna_node *dna_linear(
    dna_graph *g, dna_node *x, const char *layer, dna_linear_opts opts);

typedef struct {
    double eps;      /* 0: 1e-5 */
    double momentum; /* 0: 0.1 */
} dna_batch_norm_opts;

/** Per channel (dimension 1) over batch and space; x [N,C], [N,C,L] or [N,C,H,W].
 *  Training: batch mean and biased variance; the running statistics move by `momentum`
 *  towards the batch's (variance unbiased). Evaluation: running statistics.
 *  Source: Ioffe and Szegedy 2015, ICML, algorithm 1. */
DNA_API dna_node *dna_batch_norm(
    dna_graph *g, dna_node *x, const char *layer, dna_batch_norm_opts opts);

typedef struct {
    double eps;  /* 0: 1e-5 */
    bool affine; /* scale and shift each channel; not by default */
} dna_instance_norm_opts;

/** Per sample and channel (dimension 1) over space, in training and in evaluation alike:
 *      y = (x - mean) / sqrt(var + eps) * weight[c] + bias[c],   var biased.
 *  x [N,C,L], [N,C,H,W] with at least two entries a channel. No running statistics.
 *  Source: Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022, eq. 3. */
DNA_API dna_node *dna_instance_norm(
    dna_graph *g, dna_node *x, const char *layer, dna_instance_norm_opts opts);

typedef struct {
    int64_t groups; /* divides the channels */
    double eps;     /* 0: 1e-5 */
    bool no_affine;
} dna_group_norm_opts;

/** As the instance norm, but with one mean and variance for the C / groups neighbouring
 *  channels of a group; x [N,C], [N,C,L] or [N,C,H,W]; weight and bias are [C].
 *  Source: Wu and He 2018, ECCV, eq. 1 to 4 and 7. */
DNA_API dna_node *dna_group_norm(
    dna_graph *g, dna_node *x, const char *layer, dna_group_norm_opts opts);

typedef struct {
    int n_dim;  /* how many of the last dimensions are normalised together; 0: 1 */
    double eps; /* 0: 1e-5 */
    bool no_affine;
} dna_layer_norm_opts;

/** One mean and variance for all entries of the last n_dim dimensions, each of which has
 *  its own weight and bias (whose shape they are):
 *      y[..., i] = (x[..., i] - mean) / sqrt(var + eps) * weight[i] + bias[i].
 *  Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450, eq. 3 and 4. */
DNA_API dna_node *dna_layer_norm(
    dna_graph *g, dna_node *x, const char *layer, dna_layer_norm_opts opts);

/* Elementwise. NaN stays NaN. */
/** max(x, 0). */
DNA_API dna_node *dna_relu(dna_graph *g, dna_node *x);
/** x, or slope * x below 0; PyTorch's default slope is 0.01. */
DNA_API dna_node *dna_leaky_relu(dna_graph *g, dna_node *x, double slope);
/** x, or alpha (exp(x) - 1) below 0; PyTorch's default alpha is 1.
 *  Source: Clevert et al. 2016, ICLR, eq. 15. */
DNA_API dna_node *dna_elu(dna_graph *g, dna_node *x, double alpha);
/** x Phi(x), Phi the distribution function of the standard normal (exact, by erfc).
 *  Source: Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2. */
DNA_API dna_node *dna_gelu(dna_graph *g, dna_node *x);
/** 1 / (1 + exp(-x)). */
DNA_API dna_node *dna_sigmoid(dna_graph *g, dna_node *x);
/** log(1 + exp(beta x)) / beta, and x itself where beta x > threshold; PyTorch's
 * defaults are 1 and 20. */
DNA_API dna_node *dna_softplus(
    dna_graph *g, dna_node *x, double beta, double threshold);
DNA_API dna_node *dna_tanh(dna_graph *g, dna_node *x);

typedef struct {
    int64_t kernel[2];
    int64_t stride[2]; /* 0: the kernel */
    int64_t pad[2];    /* with minus infinity; at most half the kernel */
} dna_pool_opts;

/** x [N,C,H,W] -> maximum in each window; floor sizes. */
DNA_API dna_node *dna_max_pool2d(dna_graph *g, dna_node *x, dna_pool_opts opts);

typedef struct {
    int64_t kernel[2];
    int64_t stride[2]; /* 0: the kernel */
    int64_t pad[2];    /* with zeros; at most half the kernel */
    bool exclude_pad;  /* divide by the entries in the window that are not padding */
} dna_avg_pool_opts;

/** x [N,C,H,W] -> mean of each window, padding included unless exclude_pad; floor sizes. */
DNA_API dna_node *dna_avg_pool2d(dna_graph *g, dna_node *x, dna_avg_pool_opts opts);

typedef struct {
    int64_t kernel;
    int64_t stride;   /* 0: the kernel */
    int64_t pad;      /* at most half the kernel */
    bool exclude_pad; /* mean only */
} dna_pool1d_opts;

/** The same along a line, x [N,C,L]. */
DNA_API dna_node *dna_max_pool1d(dna_graph *g, dna_node *x, dna_pool1d_opts opts);
DNA_API dna_node *dna_avg_pool1d(dna_graph *g, dna_node *x, dna_pool1d_opts opts);

/** Mean over one dimension (1 .. n_dim-1), which stays with extent 1 if keep. */
DNA_API dna_node *dna_mean(dna_graph *g, dna_node *x, int axis, bool keep);
/** Sum over one dimension, in the same way. */
DNA_API dna_node *dna_sum(dna_graph *g, dna_node *x, int axis, bool keep);
/** Largest entry along one dimension, in the same way; the gradient goes to the first of
 *  equal ones. NaN if any is NaN. */
DNA_API dna_node *dna_max(dna_graph *g, dna_node *x, int axis, bool keep);
/** y_i = exp(x_i) / sum over k of exp(x_k) along one dimension (1 .. n_dim-1). */
DNA_API dna_node *dna_softmax(dna_graph *g, dna_node *x, int axis);
/** Training: each entry becomes 0 with probability rate (0 to 1), the others are divided by
 *  1 - rate. Evaluation: x.
 *  Random: dna_program_set_random().
 *  Source: Srivastava et al. 2014, JMLR 15:1929-1958, section 10 ("inverted"). */
DNA_API dna_node *dna_dropout(dna_graph *g, dna_node *x, double rate);
/** Repeat a dimension of extent 1 (not the batch) n times. */
DNA_API dna_node *dna_expand(dna_graph *g, dna_node *x, int axis, int64_t n);
/** Join along a dimension (not the batch); all others equal. */
DNA_API dna_node *dna_concat(dna_graph *g, dna_node *const *xs, int n, int axis);
/** Elementwise; shapes equal, or extents of 1 in either are repeated (not the batch).
 */
DNA_API dna_node *dna_add(dna_graph *g, dna_node *a, dna_node *b);
/** Entries begin .. begin+length-1 of a dimension (not the batch). */
DNA_API dna_node *dna_slice(
    dna_graph *g, dna_node *x, int axis, int64_t begin, int64_t length);
/** Same entries in row-major order, new shape [N, dim...]. */
DNA_API dna_node *dna_reshape(dna_graph *g, dna_node *x, int n_dim, const int64_t *dim);
/** [N, everything]. */
DNA_API dna_node *dna_flatten(dna_graph *g, dna_node *x);
/** y dimension i is x dimension perm[i]; perm[0] must be 0 (the batch stays). */
DNA_API dna_node *dna_transpose(dna_graph *g, dna_node *x, const int *perm);

typedef struct {
    int64_t hidden; /* H: entries of the state */
    int n_layer;    /* stacked, each reads the outputs of the one before; 0: 1 */
    bool
        bidirectional; /* each layer also reads from the end, with its own parameters */
    bool final;        /* y is the last layer's final state instead of all states */
    bool no_bias;
} dna_rnn_opts;

/* Recurrent layers: x [N, L, I], time is dimension 1 -> y [N, L, H * directions], the
 * states h[1] .. h[L] of the last layer, forward direction first. The state before the
 * first entry is zero. With `final`, y is [N, H * directions]: the state after reading
 * all of x, which for the direction from the end is the one at the first entry. The same
 * layer name once without and once with `final` gives both.
 *
 * Parameters of layer k = 0, 1, ...: "<layer>.weight_ih_lk" [gates * H, I of the layer],
 * "weight_hh_lk" [gates * H, H], "bias_ih_lk" and "bias_hh_lk" [gates * H], those of the
 * other direction "..._lk_reverse"; all begin uniform on +-1/sqrt(H).
 */

/** Gates in the order r, z, n (s: logistic function, *: entry by entry):
 *      r = s(W_ir x + b_ir + W_hr h + b_hr)           z = s(W_iz x + b_iz + W_hz h + b_hz)
 *      n = tanh(W_in x + b_in + r * (W_hn h + b_hn))  h' = (1 - z) * n + z * h
 *  Source: Cho et al. 2014, EMNLP, eq. 5 to 8; r after the product and (1 - z) at n as in
 *  PyTorch. */
DNA_API dna_node *dna_gru(
    dna_graph *g, dna_node *x, const char *layer, dna_rnn_opts opts);

/** Gates in the order i, f, g, o:
 *      i, f, o = s(W_i. x + b_i. + W_h. h + b_h.)     g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 *      c' = f * c + i * g                             h' = o * tanh(c')
 *  Source: Hochreiter and Schmidhuber 1997, Neural Comput. 9:1735-1780; with the forget
 *  gate f of Gers, Schmidhuber and Cummins 2000, Neural Comput. 12:2451-2471. */
DNA_API dna_node *dna_lstm(
    dna_graph *g, dna_node *x, const char *layer, dna_rnn_opts opts);

#ifdef __cplusplus
}
#endif
#endif

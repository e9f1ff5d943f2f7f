/* lower.h - from the nodes of a graph to the steps of a program.
 *
 * SPDX-License-Identifier: MIT
 *
 * A program is a list of steps on buffers. There are two kinds of steps:
 *
 * - Chunk steps work on a few samples of the batch at a time; what chunk k reads of the
 *   batch was written by chunk k. Consecutive chunk steps need no barrier: a thread takes
 *   a chunk and runs all of them on it, while it is in cache.
 *
 * - Task steps need the whole batch (finish a sum over it) or none of it (pack weights).
 *
 * schedule.c puts the steps into levels: all chunk steps that can run without a barrier
 * between them share one. plan.c then gives every buffer a place in memory. A
 * buffer that lives within one level of chunk steps has room for one chunk per thread
 * only, and never leaves the cache of its processor if it is small.
 *
 * The number of chunks depends on the batch alone, and sums over chunks are made in
 * their order: the number of threads never changes a bit of a result.
 *
 * Tensors with four dimensions [N, C, H, W] are stored channels-last (NHWC), all others
 * row-major.
 */
#ifndef DNA_NN_COMPILE_LOWER_H
#define DNA_NN_COMPILE_LOWER_H

#include "base/pool.h"
#include "nn/extent.h"
#include "nn/gemm.h"
#include "nn/kernels/kernels.h"
#include "nn/node.h"

/* Memory that steps read and write. */
typedef struct {
    int id;
    const char *what;      /* "value", "gradient", "weights" */
    const dna_node *shape; /* the node whose value or gradient it is; NULL */
    size_t sample_bytes; /* bytes a sample; 0: the size does not depend on the batch */
    size_t fixed_bytes;
    bool is_pinned;  /* inputs, output: never shared */
    bool is_input;   /* placed first: where it is does not depend on the rest */
    int first, last; /* levels (forward and backward numbered on) */
    int first_step, last_step; /* places in the schedule */
    bool is_local;             /* one chunk a thread */
    size_t offset;
} dna_buffer;

/* A tensor: a buffer seen through strides (in floats). */
typedef struct {
    dna_buffer *buf;
    int n_dim;
    int64_t dim[DNA_GRAPH_MAX_DIM];    /* dim[0] is not used */
    int64_t stride[DNA_GRAPH_MAX_DIM]; /* stride[0]: from sample to sample */
    int64_t offset;
    int64_t size; /* floats a sample, without gaps */
    bool
        is_bf16; /* bf16 in the place of floats: only chains make and read such values */
} dna_tensor_value;

/* What a step sees when it runs. */
typedef struct {
    const dna_program *p;
    int64_t task; /* chunk number, or task number */
    int64_t b0,
        n; /* chunk steps: first sample and how many; task steps: 0 and the batch */
    int worker;
} dna_exec;

typedef int (*dna_step_fn)(const dna_exec *e, const void *args);

#define DNA_STEP_MAX_USE DNA_PROGRAM_MAX_USE

typedef struct {
    const char *name;  /* "conv2d", "batch_norm.moments" */
    const char *layer; /* NULL if the node has none */
    bool is_chunk;
    int64_t n_task; /* task steps */
    dna_step_fn run;
    const void *args; /* in the program's arena */
    dna_buffer *reads[DNA_STEP_MAX_USE];
    int n_read;
    dna_buffer *writes[DNA_STEP_MAX_USE]; /* also what is read and changed */
    int n_write;
    int level;
    /* What the step costs, for dna_program_step_at(); program.h says what is counted. */
    const char *fused;  /* the ops it does; NULL: its name says it */
    double flops;       /* of the batch */
    double params_read; /* floats of the state */
    double params_written;
} dna_step;

typedef struct {
    dna_step *steps;
    int n, cap;
    int n_level;
} dna_step_list;

struct dna_chain;
struct dna_table;
struct dna_bits;

/* Chunks of a batch: each has its own partial sums. */
#define DNA_MAX_CHUNK 64
/* Images of bits (table.h). */
#define DNA_MAX_BITS 4

/* A gradient that is put together where it is read (lower_chain.c):
 *     slopes[0] * dy + slopes[1] * y + slopes[2] + the mean's share
 * of a value y that only a batch norm and a mean over rows read. */
typedef struct {
    bool is_set;
    dna_tensor_value dy; /* buf NULL: 0 */
    dna_buffer *slopes;  /* [3][C] */
} dna_deferred_grad;

/* A compiled program; dna_program in program.h. */
struct dna_program {
    dna_arena *arena;
    const dna_graph *source; /* the caller's */
    dna_graph *g;            /* after the passes */
    dna_state *state;
    dna_program_options options;
    dna_extents *extents; /* NULL: all samples have one size */
    dna_program *plain;   /* the program after dna_pass_plain(), once sizes needed it */
    bool is_plain;        /* it computes the sizes that were set */
    dna_program *dense;   /* the program without tables, once an input needed it */
    bool is_dense;        /* it computes the input at hand */
    dna_pool *pool;
    const dna_kernels *k;
    dna_gemm_fn gemm; /* oneDNN's; NULL: that of k */
    bool is_training;
    uint64_t seed; /* of dropout */
    int64_t step;
    int64_t batch, chunk, n_chunk;
    dna_step_list forward, backward;
    dna_buffer **buffers;
    int n_buffer, cap_buffer;
    dna_tensor_value *values; /* by node id */
    dna_tensor_value *grads;  /* by node id; buf NULL: none yet */
    dna_tensor_value *inputs; /* by place in g->inputs */
    dna_tensor_value output, output_grad;
    dna_tensor_value *operands; /* by node id: linear's input with even rows, all states
                                   of a gru or lstm */
    dna_buffer **saved;         /* by node id: what forward keeps for backward */
    dna_buffer *
        *statistics; /* by tensor: of no size, they order steps on a running mean */
    struct dna_chain **chains; /* by node id: the chain it is part of, or NULL */
    struct dna_table **tables; /* by node id: its table (table.h), or NULL */
    struct dna_bits *bits[DNA_MAX_BITS];
    int n_bits;
    bool *is_made;               /* by node id: its value is a by-product of a chain */
    dna_deferred_grad *deferred; /* by node id */
    dna_buffer **follower_sums;  /* by batch norm: sums of a norm_as for its backward */
    int *n_use;                  /* consumers, by node id */
    bool *needs_grad;            /* by node id */
    dna_workspace *workspace;    /* the planned arena lies in its memory */
    bool owns_workspace;
    size_t memory_size, shared_size, local_size;
    int n_worker;
};

/* ---- building ---- */

/** All lowering functions return DNA_OK or an error; forward for each node in order,
 * then backward in reverse. */
int dna_lower_forward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;

/** what: one or two words for people. */
dna_buffer *dna_buffer_new(
    dna_program *p, size_t sample_bytes, size_t fixed_bytes, const char *what);
/** A value of a node's shape in a new buffer, in the storage order of its rank. */
int dna_value_new(
    dna_program *p, dna_tensor_value *v, const dna_node *shape) DNA_MUST_CHECK;
/** The same of numbers rounded to bf16. */
int dna_value_new_bf16(
    dna_program *p, dna_tensor_value *v, const dna_node *shape) DNA_MUST_CHECK;
/** The same without a buffer. */
void dna_value_shape(dna_tensor_value *v, const dna_node *shape);
/** Entries of a value in the batch. */
double dna_entries(const dna_program *p, const dna_tensor_value *v);
/** Strides of a dense tensor of v's dimensions: row-major or channels-last. */
void dna_value_set_strides(dna_tensor_value *v, bool channels_last);
/* The same memory seen otherwise: as [N, dim...] (v must be row-major), some entries of
 * one dimension, dimensions in another order. */
dna_tensor_value dna_value_seen_as(
    const dna_tensor_value *v, int n_dim, const int64_t *dim);
dna_tensor_value dna_value_sliced(
    const dna_tensor_value *v, int axis, int64_t begin, int64_t length);
dna_tensor_value dna_value_permuted(const dna_tensor_value *v, const int *perm);
/** Whether memory order equals row-major order of the dimensions. */
bool dna_value_is_row_major(const dna_tensor_value *v);
/** Whether a sample has no gaps and the storage order of its rank. */
bool dna_value_is_dense(const dna_tensor_value *v);

/** A new step in forward or backward; NULL when memory is out. args are copied. */
dna_step *dna_step_add(dna_program *p, dna_step_list *list, const char *name,
    const char *layer, dna_step_fn run, const void *args, size_t args_size);
void dna_step_reads(dna_step *s, dna_buffer *b);
void dna_step_writes(dna_step *s, dna_buffer *b);

/** The gradient of a node's value, where a consumer stores or adds its share: *is_add
 * tells which. The first call makes the buffer. */
int dna_grad_of(dna_program *p, const dna_node *node, dna_tensor_value **grad,
    bool *is_add) DNA_MUST_CHECK;
/* Copies between values of equal dims (the loops are in kernels/loops.c): dst (+)= scale * src. Repeated dims
 * of src or summed dims of dst have stride 0. */
int dna_lower_copy(dna_program *p, dna_step_list *list, const char *name,
    const dna_tensor_value *dst, const dna_tensor_value *src, float scale, bool is_add,
    bool zero_first) DNA_MUST_CHECK;

/** The loops of such a copy of one sample, without scale and is_add. */
void dna_copy_loops(
    dna_strided *loops, const dna_tensor_value *dst, const dna_tensor_value *src);
/** A value of a mean, sum or max with the dropped dimension back as extent 1. */
dna_tensor_value dna_value_with_axis(const dna_tensor_value *v, const dna_node *node);

/** dst (+)= src where both have the same entries in row-major order of their own dims. */
int dna_lower_reshaped_copy(dna_program *p, dna_step_list *list,
    const dna_tensor_value *dst, const dna_tensor_value *src,
    bool is_add) DNA_MUST_CHECK;

/** Whether steps for the gradient of an op's first input will be asked for. */
bool dna_lower_has_backward(const dna_program *p, const dna_node *node);
/** Whether the value of an activation is not kept for its backward step, but made again
 * from what the batch norm before it read: no reader's backward step needs it, so
 * it can go as soon as these have read it. */
bool dna_lower_is_made_again(const dna_program *p, const dna_node *node);
/** Whether an op may write its result over the value of its input `in`: nobody else reads
 * it, nor the backward steps of in. (Those of the op itself must not need it either.) */
bool dna_lower_may_overwrite(const dna_program *p, const dna_node *in);

/** A step that adds sums of the chunks, [n_chunk][2][n] doubles, to n entries of the
 * gradients of a norm's weight and bias. */
int dna_lower_norm_weight_grad(dna_program *p, const dna_node *node,
    dna_buffer *partial, int64_t n) DNA_MUST_CHECK;

/* ---- samples of several sizes (lower_mixed.c) ----
 *
 * All nothing where the program has no extents. Ops that only move numbers are lowered
 * sample by sample, each with its own shapes. The others work on the full shapes, and
 * zeros are written outside of the samples' extents after them; those that count or
 * compare entries ask for the sample's own node in their steps. Values never share
 * memory with a part of another, so that writing zeros into one changes no other.
 */

/** Whether the samples of the batch at hand may differ in size and the op is lowered by
 * the two functions below. */
bool dna_lower_is_mixed_move(const dna_program *p, const dna_node *node);
int dna_lower_mixed_move(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_mixed_move_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
/** A step that writes zeros outside of the samples' extents of a value or gradient of
 * `node`, which is dense. */
int dna_lower_mask(dna_program *p, dna_step_list *list, const dna_tensor_value *v,
    const dna_node *node) DNA_MUST_CHECK;

/** Room for the input and the output of one sample, for steps that take samples out
 * (dna_sample_take); NULL where the program has no extents. */
int dna_sample_scratch(
    dna_program *p, const dna_node *node, dna_buffer **scratch) DNA_MUST_CHECK;

/* Ops with lowering of their own (lower_<op>.c). */
int dna_lower_reshape(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_slice(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_slice_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_concat(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_concat_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
/** Of mean, sum, expand, reshape and transpose. */
int dna_lower_move_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
/** Zeros, not before `after` is there (NULL: at any time). */
int dna_lower_zero(dna_program *p, dna_step_list *list, const dna_tensor_value *v,
    const dna_tensor_value *after) DNA_MUST_CHECK;
int dna_lower_activation(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_activation_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_conv2d(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_conv2d_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_linear(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_linear_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_batch_norm(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_batch_norm_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_norm_as(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_norm_as_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_dropout(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_dropout_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_pool2d(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_pool2d_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_max(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_max_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_softmax(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_softmax_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_group_norm(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_group_norm_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_layer_norm(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_layer_norm_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_rnn(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_rnn_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;

/* ---- after lowering ---- */

/** Give every step its level and sort the list. Levels count from 0. */
int dna_schedule(dna_program *p, dna_step_list *list) DNA_MUST_CHECK;
/** Bytes of a buffer in the plan: of the batch, or of a chunk if it is local. */
size_t dna_buffer_bytes(const dna_program *p, const dna_buffer *b);
/** Place all buffers and take the memory. */
int dna_plan_memory(dna_program *p) DNA_MUST_CHECK;

struct dna_workspace {
    unsigned char *memory;
    size_t size;
};

/* ---- running ---- */

/** The first float of what a step may touch of a value: its chunk, or the whole batch.
 */
float *dna_at(const dna_exec *e, const dna_tensor_value *v);
/** The same of a value that is_bf16. */
dna_bf16 *dna_bf16_at(const dna_exec *e, const dna_tensor_value *v);
/** The node as sample e->b0 + b has it; the node itself unless sizes are mixed. */
const dna_node *dna_own_node(const dna_exec *e, const dna_node *node, int64_t b);
/* The positions of a sample of a norm's node, which has 2 or 4 dimensions and P positions
 * at full size: n runs of `length` that begin `step` positions apart. */
typedef struct {
    int64_t n, length, step;
    double times; /* how often each counts: 1 where all samples have one size */
} dna_positions;
dna_positions dna_positions_of(
    const dna_exec *e, const dna_node *node, int64_t P, int64_t b);
/** Copy one sample (at x, a value seen as v) to `dense`, which has no gaps and the storage
 *  order of its rank, or back; `own` is the sample's own node of the value. Back outside
 *  of its extents nothing is written. */
void dna_sample_take(const dna_exec *e, const dna_tensor_value *v, const dna_node *own,
    const float *x, float *dense);
void dna_sample_put(const dna_exec *e, const dna_tensor_value *v, const dna_node *own,
    float *x, const float *dense, bool is_add);
/** The same for a buffer of bytes with sample_bytes. */
void *dna_bytes_at(const dna_exec *e, const dna_buffer *b);
/** C (+)= op(A) op(B) by oneDNN if it is there, else by our kernels. */
int dna_gemm(const dna_exec *e, bool trans_a, bool trans_b, int64_t M, int64_t N,
    int64_t K, const float *A, int64_t lda, const float *B, int64_t ldb, bool is_add,
    float *C, int64_t ldc) DNA_MUST_CHECK;
/** Vectors of the state; NULL if the node has no such tensor. */
float *dna_node_param(const dna_program *p, const dna_node *node, int which);
float *dna_node_grad(const dna_program *p, const dna_node *node, int which);
float *dna_node_buffer(const dna_program *p, const dna_node *node, int which);

#endif

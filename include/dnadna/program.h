/* program.h - state (parameters) of a network, and compiled programs that run it.
 *
 * SPDX-License-Identifier: MIT
 *
 * A state holds the tensors that a graph names: parameters in one flat vector, their
 * gradients in a second, buffers (running statistics) in a third. A program is a graph
 * compiled for one batch size and mode; it reads and updates the state it was made for.
 * Another input shape needs another graph and program on the same state.
 *
 *     DNA_TRY(dna_state_new(&state, g));
 *     DNA_TRY(dna_state_init_random(state, seed));
 *     dna_program_options options = {.batch = 64, .is_training = true};
 *     DNA_TRY(dna_program_new(&p, g, state, &options));
 *     memcpy(dna_program_input(p, 0), x, ...);
 *     DNA_TRY(dna_program_forward(p));
 *     ... fill dna_program_output_grad(p) from dna_program_output(p) ...
 *     DNA_TRY(dna_program_backward(p));    // state gradients are overwritten
 *
 * Results depend on the inputs alone, not on the number of threads.
 *
 * Samples of different sizes share a batch with is_mixed: the program is compiled for the
 * graph of the largest size, and before each batch is told the graph of each sample's own
 * size. Nothing outside of a sample's own extents has an effect: in evaluation each
 * sample gives what it gives alone, to the rounding of 32-bit numbers; in training statistics
 * run over the samples' own entries. A batch with other numbers than 0 and 1 is computed
 * without tables, which rounds otherwise, too.
 */
#ifndef DNA_PROGRAM_H
#define DNA_PROGRAM_H

#include "dnadna/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dna_pool;
typedef struct dna_state dna_state;

typedef enum {
    DNA_TENSOR_PARAM,  /* learned: float, has a gradient */
    DNA_TENSOR_BUFFER, /* running statistic: float */
    DNA_TENSOR_COUNTER /* num_batches_tracked: int64 */
} dna_tensor_kind;

typedef struct {
    const char *name; /* "blocks.0.phi.weight" */
    dna_tensor_kind kind;
    dna_init init; /* how it begins; by itself as dna_state_init_random() says */
    int n_dim;
    int64_t dim[DNA_GRAPH_MAX_DIM];
    int64_t count;  /* elements */
    int64_t offset; /* into the vector of its kind */
    int64_t fan_in; /* of the layer, for the initial law (0: none); of a recurrent layer
                       its hidden size */
} dna_tensor;

/** The tensors a graph names, in order of first mention: weight, bias, then buffers.
 * All zero. */
DNA_API int dna_state_new(dna_state **out, const dna_graph *g) DNA_MUST_CHECK;
DNA_API void dna_state_free(dna_state *state);
DNA_API int64_t dna_state_n_tensor(const dna_state *state);
DNA_API const dna_tensor *dna_state_tensor(const dna_state *state, int64_t i);
DNA_API const dna_tensor *dna_state_find(const dna_state *state, const char *name);
/** Flat vectors and their lengths. */
DNA_API float *dna_state_params(dna_state *state);
DNA_API float *dna_state_grads(dna_state *state);
DNA_API int64_t dna_state_n_param(const dna_state *state);
DNA_API float *dna_state_buffers(dna_state *state);
DNA_API int64_t dna_state_n_buffer(const dna_state *state);
DNA_API int64_t *dna_state_counters(dna_state *state);
DNA_API int64_t dna_state_n_counter(const dna_state *state);

/** The law of each tensor (dna_graph_init()), else PyTorch's default: weight and bias
 * uniform on +-1/sqrt(fan_in), norms scale 1, shift 0, running mean 0 and variance 1.
 * Random: one stream a tensor, from (seed, name). */
DNA_API int dna_state_init_random(dna_state *state, uint64_t seed) DNA_MUST_CHECK;

/* Memory that several programs use in turn, as large as the largest of them needs. From
 * filling its input to reading its last result only one of them may work; a pointer got
 * from one is good until another of them is compiled. */
typedef struct dna_workspace dna_workspace;

DNA_API int dna_workspace_new(dna_workspace **out) DNA_MUST_CHECK;
/** After all programs that use it. */
DNA_API void dna_workspace_free(dna_workspace *w);

typedef struct dna_program dna_program;

/* What a compilation can leave out, to measure it or to look for a fault. Results stay
 * the same but for rounding, and but for running statistics that nothing reads: without
 * removing dead code these move, too. */
enum {
    DNA_WITHOUT_MEANS = 1,  /* means of rows stay behind the convolutions */
    DNA_WITHOUT_FUSION = 2, /* every op makes its own pass over memory: neither folding
                               nor tables */
    DNA_WITHOUT_TABLES = 4, /* inputs of zeros and ones are treated as any others */
    DNA_WITHOUT_SPLIT = 8,  /* a layer over a concat stays one layer */
    DNA_WITHOUT_BROADCAST = 16, /* repeated rows are computed again and again */
    DNA_WITHOUT_DEAD_CODE = 32, /* what the output does not need is computed */
    DNA_WITHOUT_FOLDING = 64, /* batch norms before convolutions make their own pass */
    DNA_WITHOUT_PLAN = 128,   /* every buffer has its own memory */
    DNA_WITHOUT_MOVES = 256,  /* slices and concats stay as they are */
    DNA_WITHOUT_ALL = 511
};

/* How numbers are multiplied. Whatever it is, parameters, gradients of parameters, the state
 * of an optimiser, biases, sums and statistics are f32 or f64, and results do not depend on
 * the number of threads.
 *
 * DNA_PRECISION_BF16 rounds to bf16 (8 bits of significand, range of a float; to the nearest, ties to
 * even):
 * - of a convolution along rows (a kernel of one row, stride 1, no padding, no dilation) that
 *   is fused with a pooling, a ReLU or a batch norm before it: its input, its weights (with
 *   the scale of that norm in them) and the gradient of its products, each once, before the
 *   products of the forward pass and of both gradients, which are summed in f32;
 * - what such a convolution's input is stored as, if only such ones read it, and the gradient
 *   on its way back between two of them.
 * All else is computed as with DNA_PRECISION_F32, such as other convolutions, linear layers, tables of
 * few neighbouring zeros and ones, and whole programs with is_mixed. Processors without
 * instructions for bf16 round the same and give the same up to the order of f32 sums. */
typedef enum { DNA_PRECISION_F32, DNA_PRECISION_BF16 } dna_precision;

/** By name: "f32" (or NULL) and "bf16". DNA_EARG: neither. */
DNA_API int dna_precision_find(dna_precision *out, const char *name) DNA_MUST_CHECK;

typedef struct {
    const char *name; /* "tables" */
    unsigned without; /* its bit */
    const char *doc;  /* what it does */
} dna_pass_info;

/** What can be left out, one after the other; NULL beyond the last. */
DNA_API const dna_pass_info *dna_pass_at(int64_t i);
/** Add the bit of a pass of this name to *without. Errors: DNA_ENOTFOUND. */
DNA_API int dna_pass_find(unsigned *without, const char *name) DNA_MUST_CHECK;

typedef struct {
    int64_t batch;            /* samples, >= 1 */
    bool is_training;         /* batch statistics, gradients available */
    struct dna_pool *pool;    /* threads; NULL: the caller alone. Kept. */
    dna_workspace *workspace; /* NULL: memory of its own. Kept. */
    bool is_mixed; /* samples may have different sizes: dna_program_set_sizes() */
    /* kernels: "c", "avx2", "avx512", "avx512_bf16", "amx"; NULL: the best here */
    const char *isa;
    dna_precision precision;
    bool own_products; /* our own loops even where oneDNN is built in */
    unsigned without;  /* DNA_WITHOUT_... */
} dna_program_options;

/** Keeps: g and state, until the program is freed. Errors: DNA_ESHAPE if the graph's
 * tensors are not those of the state, DNA_ENOMEM, DNA_EBACKEND. */
DNA_API int dna_program_new(dna_program **out, const dna_graph *g, dna_state *state,
    const dna_program_options *options) DNA_MUST_CHECK;
DNA_API void dna_program_free(dna_program *p);
/** The sizes of the samples of the next batches, for a program with is_mixed: graphs
 *  [batch], each made as the program's graph was, for the sample's size; NULL: as large as
 *  the program's graph. They need to live during the call only. To be called before the
 *  input is filled: pointers got from the program before are no longer good. Errors:
 *  DNA_ESHAPE for a graph that is larger in any node, or is not the same list of nodes
 *  with the same tensors. */
DNA_API int dna_program_set_sizes(
    dna_program *p, const dna_graph *const *graphs) DNA_MUST_CHECK;
/** [batch, dim...] row-major, to be filled before forward. NULL if there is no input i.
 *  A smaller sample's entries begin at index 0 of each dimension; what is left outside of
 *  its extents does not matter, and is overwritten. */
DNA_API float *dna_program_input(dna_program *p, int i);
/** What dropout draws in the next passes: forward and backward of one step take the same.
 *  Random: every entry from (seed, "dropout", step, number of the dropout in the network,
 *  place of the sample in the batch, place of the entry in the sample), so neither threads
 *  nor the order of anything matter, and a step that is done again is the same. At first
 *  seed and step are 0. Not needed in evaluation or without dropout. */
DNA_API void dna_program_set_random(dna_program *p, uint64_t seed, int64_t step);
DNA_API int dna_program_forward(dna_program *p) DNA_MUST_CHECK;
/** [batch, n_output] after forward. */
DNA_API const float *dna_program_output(const dna_program *p);
/** [batch, n_output] to be filled before backward; NULL unless training, and where no
 *  parameter leads to the output. */
DNA_API float *dna_program_output_grad(dna_program *p);
DNA_API int dna_program_backward(dna_program *p) DNA_MUST_CHECK;
/** Whether any products are those of numbers rounded to bf16, if that was asked for. */
DNA_API bool dna_program_rounds(const dna_program *p);
/** Bytes of the planned arena. */
DNA_API size_t dna_program_bytes(const dna_program *p);

/* ---- what a compiled program does, for people and tests ----
 *
 * A program is a list of steps, forward then backward. Steps of one level follow each
 * other without a barrier: a thread takes a chunk of the batch through all of them. All
 * numbers are of one pass over the batch, as the program was compiled.
 *
 * FLOPs: an addition, a multiplication, a comparison or a function of one number is one,
 * so two a weight in products; those with padding and with zeros count. Copies, codes and
 * what is done once a batch to a vector of channels (statistics, bias) do not.
 *
 * Bytes: each buffer that a step reads or writes, once and whole, and the floats of the
 * state. Those of local buffers are left out: they stay in cache. */

#define DNA_PROGRAM_MAX_USE 12

typedef struct {
    const char *name;  /* "chain", "linear.weight_grad" */
    const char *layer; /* NULL: it belongs to none */
    const char *fused; /* the ops it does: "conv2d + max_pool2d + relu"; NULL: its name
                          says it */
    bool is_backward;
    bool is_chunk;  /* chunks of the batch; else n_task tasks */
    int64_t n_task; /* pieces that threads can take */
    int64_t level;  /* counted from 0 in forward, and anew in backward */
    double flops, bytes_read, bytes_written;
    int64_t reads[DNA_PROGRAM_MAX_USE], writes[DNA_PROGRAM_MAX_USE]; /* buffers */
    int64_t n_read, n_write;
} dna_program_step;

typedef struct {
    const char *what; /* "value", "gradient", "weights" */
    const char *of;   /* op or layer whose value it is; NULL */
    int n_dim;        /* 0: no tensor */
    int64_t
        dim[DNA_GRAPH_MAX_DIM]; /* as the graph has them; dim[0] is the batch, or the
                                       chunk if is_local */
    size_t bytes;
    size_t offset;  /* from the begin of the block, or of a thread's part of it */
    bool is_local;  /* each thread has its own, for one chunk */
    bool is_pinned; /* an input, the output or its gradient: no one else's memory */
    int64_t first, last; /* steps that touch it; -1: none, and it has no memory */
} dna_program_buffer;

typedef struct {
    const char *isa;
    int64_t n_step, n_buffer, n_chunk, chunk; /* samples a chunk */
    int64_t n_thread;
    int64_t n_barrier; /* of all threads, in forward and backward */
    double flops, bytes_read, bytes_written;
    size_t bytes; /* shared + n_thread * local */
    size_t shared_bytes, local_bytes;
} dna_program_totals;

DNA_API void dna_program_total(const dna_program *p, dna_program_totals *out);
/** Step i of n_step; false if there is none. Texts are the program's. */
DNA_API bool dna_program_step_at(
    const dna_program *p, int64_t i, dna_program_step *out);
DNA_API bool dna_program_buffer_at(
    const dna_program *p, int64_t i, dna_program_buffer *out);

/* The naive double-precision evaluation of the same graph: slow, plain, and the truth
 * that everything faster is tested against. */
typedef struct dna_reference dna_reference;

DNA_API int dna_reference_new(dna_reference **out, const dna_graph *g, dna_state *state,
    int64_t batch, bool is_training) DNA_MUST_CHECK;
DNA_API void dna_reference_free(dna_reference *r);
/** As dna_program_set_sizes(). */
DNA_API int dna_reference_set_sizes(
    dna_reference *r, const dna_graph *const *graphs) DNA_MUST_CHECK;
/** Double copies of the state, same layout; change them freely. */
DNA_API double *dna_reference_params(dna_reference *r);
DNA_API double *dna_reference_grads(dna_reference *r);
DNA_API double *dna_reference_buffers(dna_reference *r);
DNA_API double *dna_reference_input(dna_reference *r, int i);
DNA_API double *dna_reference_input_grad(dna_reference *r, int i);
/** As dna_program_set_random(). */
DNA_API void dna_reference_set_random(dna_reference *r, uint64_t seed, int64_t step);
DNA_API int dna_reference_forward(dna_reference *r) DNA_MUST_CHECK;
DNA_API const double *dna_reference_output(const dna_reference *r);
DNA_API double *dna_reference_output_grad(dna_reference *r);
DNA_API int dna_reference_backward(dna_reference *r) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

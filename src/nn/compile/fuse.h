/* fuse.h - which nodes of a graph make one pass over memory together.
 *
 * SPDX-License-Identifier: MIT
 *
 * A chain is a convolution with what surrounds it:
 *
 *     x -> [batch norm] -> convolution -> [+ a row] -> [max pool, ReLU] -> last
 *
 * Rows of products never leave the cache; only `last` is stored. The batch norm before it
 * is folded into the weights (exact, since nothing is padded), and its sums for the
 * gradient come out of the weight gradient: it costs no pass. Where a batch norm or a
 * mean over rows reads `last`, their sums are made while a row is in cache, and if nobody
 * else reads it, its gradient is put together as the chain's backward pass reads it.
 * So convolution -> batch norm is a chain in training even where nothing else is fused: the
 * norm takes no pass over its input but the one that applies it. An activation behind that is
 * not kept where no reader's backward step needs it, but made again (lower_activation.c).
 * What is fused is decided in fuse.c alone; the steps are in lower_chain.c.
 */
#ifndef DNA_NN_COMPILE_FUSE_H
#define DNA_NN_COMPILE_FUSE_H

#include "nn/compile/lower.h"

typedef struct dna_chain {
    const dna_node *x;    /* what it reads */
    const dna_node *norm; /* NULL where there is none, as the next four */
    const dna_node *conv;
    const dna_node *row; /* what is added to all rows */
    const dna_node *pool;
    const dna_node *relu;
    const dna_node *last;
    const dna_node *next_norm; /* a batch norm that reads last; NULL */
    const dna_node *mean;      /* a mean over rows of last; NULL */
    bool is_by_table; /* products are looked up: x is the convolution's own table */
    bool is_deferred; /* the gradient of last is a dna_deferred_grad */
    bool is_bf16;     /* products are those of rounded numbers (precision.h) */
    bool stores_bf16; /* last is stored rounded */
    /* set by the steps */
    dna_buffer *packed;  /* weights and bias, folded */
    dna_buffer *back;    /* weights for the input gradient */
    dna_buffer *at;      /* places of the largest */
    dna_buffer *moments; /* of next_norm */
    dna_buffer *joined;  /* doubles: gradients of folded weights, then of the bias */
} dna_chain;

/** Find the chains; p->chains then tells of each node which one it is in. */
int dna_fuse(dna_program *p) DNA_MUST_CHECK;

/** The chain whose result a node is, or NULL. */
const dna_chain *dna_chain_of_result(const dna_program *p, const dna_node *node);
/** The chain that a batch norm is folded into, or NULL. */
dna_chain *dna_chain_of_norm(const dna_program *p, const dna_node *norm);

int dna_lower_chain(dna_program *p, dna_chain *chain) DNA_MUST_CHECK;
int dna_lower_chain_backward(dna_program *p, dna_chain *chain) DNA_MUST_CHECK;

#endif

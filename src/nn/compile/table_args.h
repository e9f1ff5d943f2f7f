/* table_args.h - what the forward and backward steps of tables share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_COMPILE_TABLE_ARGS_H
#define DNA_NN_COMPILE_TABLE_ARGS_H

#include "nn/compile/table.h"

typedef struct {
    const dna_node *node;
    dna_table *table; /* its own; NULL: a mean over rows */
    dna_table *in;    /* that of its input; NULL: the bits themselves */
    int64_t C;        /* channels of the input */
    int n_tap;
    dna_buffer *vectors; /* batch norm */
    dna_buffer *partial; /* backward: shares of the chunks */
    dna_buffer *follower_sums;
    dna_tensor_value mean; /* the mean, or its gradient */
    bool is_add;
} dna_table_args;

dna_table_args dna_table_args_of(const dna_program *p, const dna_node *node);
/** The name of the op whose table it is. */
const char *dna_table_op(const dna_node *node);
/** What it costs to make a node's table, and the floats of the state it needs. */
double dna_table_flops(const dna_table_args *a);
double dna_table_params(const dna_program *p, const dna_table_args *a);
/** The table that a node reads, at run time. */
const float *dna_table_input(const dna_exec *e, const dna_table_args *a);

/** The part of a code that tap t of a convolution sees. */
static inline int
dna_table_part(const dna_table_args *a, int code, int t)
{
    int bits = a->in == NULL ? 1 : a->in->bits;
    return code >> (a->table->bits - bits - t) & ((1 << bits) - 1);
}

/** Number of w[o][c][0][t] in the layout of PyTorch. */
static inline int64_t
dna_table_weight(
    const dna_program *p, const dna_table_args *a, int64_t o, int64_t c, int64_t t)
{
    int64_t channels = p->g->tensors[a->node->tensor[DNA_WEIGHT]].dim[1];
    return (o * channels + a->node->param_begin + c) * a->n_tap + t;
}

/** How often each code of the table occurs in the batch. */
static inline const double *
dna_table_counts(const dna_exec *e, const dna_table_args *a)
{
    const double *counts = dna_bytes_at(e, a->table->of->counts);
    return counts + ((int64_t)a->table->bits << DNA_TABLE_MAX_BITS);
}

#endif

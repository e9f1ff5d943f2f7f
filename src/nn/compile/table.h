/* table.h - values that only depend on a few neighbouring bits of an input.
 *
 * SPDX-License-Identifier: MIT
 *
 * SNPs are 0 or 1. What a convolution of three SNPs makes of them, and what norms and
 * activations make of that, has only 8 different values a channel; a convolution of
 * three such values has 32. So it is computed for each code, the bits under its window,
 * once for the whole batch:
 *
 *     input  0 1 1 0 1 ...     codes of 3 bits:  011 110 101 ...     table [8][C]
 *
 * and looked up where a chain (fuse.h) or a mean over rows reads it. Gradients are added
 * up by code, [2^bits][C], on the way back; statistics are sums weighted with how often
 * each code occurs. All exact, in a different order of summation.
 *
 * Whether the input has other values than 0 and 1 is looked at before each forward pass; if
 * so, the program that was compiled without tables runs instead.
 */
#ifndef DNA_NN_COMPILE_TABLE_H
#define DNA_NN_COMPILE_TABLE_H

#include "nn/compile/lower.h"

#define DNA_TABLE_MAX_BITS 5

/* The bits of an input image of one channel. */
typedef struct dna_bits {
    const dna_node *image;
    int bits; /* of the longest code, which is the one that is stored */
    bool is_used[DNA_TABLE_MAX_BITS + 1];   /* lengths of codes */
    bool is_placed[DNA_TABLE_MAX_BITS + 1]; /* counts by position are wanted */
    dna_buffer *codes;                      /* a byte a position */
    dna_buffer *partial;                    /* [n_chunk][bits + 1][32] doubles */
    dna_buffer *counts;                     /* [bits + 1][32] doubles: in the batch */
    dna_buffer *places[DNA_TABLE_MAX_BITS + 1]; /* [W][2^bits]: share of the rows */
} dna_bits;

/* The table of a node. */
typedef struct dna_table {
    dna_bits *of;
    int bits;
    dna_buffer *value; /* [2^bits][C] floats */
    dna_buffer *grad;  /* the same; NULL: none yet */
} dna_table;

/** Find the nodes that have tables: p->tables then has them. After dna_fuse(). */
int dna_find_tables(dna_program *p) DNA_MUST_CHECK;
/** Whether the input at hand has the values that the tables are made for. */
int dna_tables_fit(const dna_program *p, bool *fit) DNA_MUST_CHECK;

/** Of a node with a table, or a mean over rows of one. */
int dna_lower_table(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
int dna_lower_table_backward(dna_program *p, const dna_node *node) DNA_MUST_CHECK;
/** Whether the node's value is computed by way of tables. */
bool dna_is_by_table(const dna_program *p, const dna_node *node);
/** Steps that add a table's shares of the chunks, [n_chunk][2^bits][C] floats. */
int dna_table_add_partial(
    dna_program *p, const dna_node *node, dna_buffer *partial) DNA_MUST_CHECK;

#endif

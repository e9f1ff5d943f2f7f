/* norm.h - what the forward and backward steps of batch norms share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_COMPILE_NORM_H
#define DNA_NN_COMPILE_NORM_H

#include "nn/compile/lower.h"

/* Vectors of C floats each, in one fixed buffer: y = (x - mean) * scale + shift. */
enum {
    DNA_NORM_MEAN,
    DNA_NORM_INV_STD,
    DNA_NORM_SCALE,
    DNA_NORM_SHIFT,
    DNA_N_NORM_VECTOR
};

/** How much samples b0 .. b0+n-1 count in the statistics of a norm of P positions. */
double dna_norm_count(
    const dna_program *p, const dna_node *node, int64_t P, int64_t b0, int64_t n);
/** The vectors of channel c for given statistics. */
void dna_norm_set(const dna_program *p, const dna_node *node, float *vectors, int64_t c,
    double mean, double var);
/** Move the running statistics of channel c; count: values a channel. */
void dna_norm_move(const dna_program *p, const dna_node *node, int64_t c, double mean,
    double var, double count);
/** A layer used twice moves its running statistics in the order of the graph: s does. */
int dna_norm_keep_order(
    dna_program *p, const dna_node *node, dna_step *s) DNA_MUST_CHECK;
/** A backward step that makes a batch norm's value again, at y, out of what it read; not
 *  before the gradient `after` is there. */
int dna_lower_norm_again(dna_program *p, const dna_node *node,
    const dna_tensor_value *y, const dna_tensor_value *after) DNA_MUST_CHECK;
/** Room for batches of several sizes; NULL where there is one. */
int dna_norm_scratch(
    dna_program *p, size_t sample_bytes, dna_buffer **scratch) DNA_MUST_CHECK;

#endif

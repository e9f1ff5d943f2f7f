/* gradient.h - bound a gradient before the optimiser's step.
 *
 * SPDX-License-Identifier: MIT
 *
 * A gradient is one flat vector over all parameters. Threads: none are used, and sums
 * run in the order of the vector, so that the result is always the same bits.
 */
#ifndef DNA_NN_GRADIENT_H
#define DNA_NN_GRADIENT_H

#include <stdint.h>

/** The Euclidean norm of g[0 .. n-1], in double precision. */
double dna_gradient_norm(const float *g, int64_t n);
/** Multiply g by min(1, max_norm / (norm + 1e-6)), as clip_grad_norm_ of PyTorch 1.13
 *  (Pascanu, Mikolov and Bengio 2013, ICML, algorithm 1). Returns the norm before; if
 *  it is NaN or infinite, g stays as it is. */
double dna_gradient_clip_norm(float *g, int64_t n, double max_norm);
/** Bring each number into [-max_value, max_value], as clip_grad_value_; NaN stays. */
void dna_gradient_clip_value(float *g, int64_t n, double max_value);

#endif

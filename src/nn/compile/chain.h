/* chain.h - what the forward and backward steps of chains (fuse.h) share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_COMPILE_CHAIN_H
#define DNA_NN_COMPILE_CHAIN_H

#include "nn/compile/conv_sample.h"
#include "nn/compile/fuse.h"

/* Windows of a block whose products stay in the first cache. */
int64_t dna_chain_block(const dna_conv_dims *dims, int64_t kw);
/** Windows of the pooling; 1 x 1 where there is none. */
dna_windows dna_chain_windows(const dna_chain *chain);
/** Rows and columns of windows. */
void dna_chain_extent(const dna_chain *chain, int64_t *rows, int64_t *columns);
int64_t dna_chain_n_weight(const dna_conv_dims *dims);
/** The ops of a chain for people, in the program's arena; NULL: no memory. */
const char *dna_chain_text(const dna_program *p, const dna_chain *c);
/** Number of w[o][c][t] in the layout of PyTorch, tap t = u * kw + v. */
int64_t dna_chain_torch_index(
    const dna_program *p, const dna_node *conv, int64_t o, int64_t c, int64_t t);

#endif

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
/** Of packed weights, for K terms a kernel row of N columns. */
size_t dna_chain_packed_bytes(const dna_chain *chain, int64_t K, int64_t N);
/** Floats that hold the packed weights, behind which the biases are. */
int64_t dna_chain_n_packed(const dna_chain *chain);
/** The step that packs; vectors: of the norm that is folded in, or NULL. */
int dna_lower_chain_pack(
    dna_program *p, const dna_chain *chain, dna_buffer *vectors) DNA_MUST_CHECK;
/** Number of w[o][c][t] in the layout of PyTorch, tap t = u * kw + v. */
int64_t dna_chain_torch_index(
    const dna_program *p, const dna_node *conv, int64_t o, int64_t c, int64_t t);

/* ---- products of numbers rounded to bf16 (chain_bf16.c) ---- */

/* Weight k of column n goes to pair k / 2; there are (K + 1) / 2 * N pairs, of 4 bytes. */
static inline void
dna_pack_bf16(dna_bf16 *packed, int64_t N, int64_t k, int64_t n, float w)
{
    packed[(k / 2 * N + n) * 2 + k % 2] = dna_bf16_of(w);
}

/* Of one row of the input: what its gradients are made of, and where they go. */
typedef struct {
    const dna_conv_dims *dims;
    int64_t used;           /* positions with a gradient */
    const float *x;         /* [W][C] ... */
    const dna_bf16 *x_bf16; /* ... or already rounded */
    const dna_bf16 *dt;     /* [OW][O], kw - 1 positions of zeros before and behind */
    const dna_bf16 *back;   /* packed */
    float *dw;              /* [kw][C][O] += */
    float *dx;              /* [W][C] = or += ... */
    dna_bf16 *dx_bf16;      /* ... or = rounded; both NULL: not wanted */
    bool adds_x;
    void *scratch; /* of dna_chain_row_scratch() bytes */
} dna_chain_row;

size_t dna_chain_row_scratch(const dna_conv_dims *d);
void dna_chain_row_gradients(const dna_kernels *k, const dna_chain_row *r);

#endif

/* lower_chain_pack.c - the weights of a chain (fuse.h) in the order that its products want,
 * once a pass.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/chain.h"
#include "nn/compile/norm.h"

typedef struct {
    const dna_chain *chain;
    dna_conv_dims dims;
    dna_buffer *vectors; /* of the norm that is folded in; NULL */
} pack_args;

/* packed: [kh][kw][C][O], then O biases. With y = (x - mean) scale + shift before it,
 * w y = (w scale) x + w (shift - mean scale). Where w scale is rounded, the mean is taken
 * times what it was rounded to, so that an x near the mean gives what it should. */
static void
pack_forward(const dna_exec *e, const pack_args *a, const float *w)
{
    const dna_conv_dims *d = &a->dims;
    const float *bias = dna_node_param(e->p, a->chain->conv, DNA_BIAS);
    const float *v = a->vectors == NULL ? NULL : dna_bytes_at(e, a->vectors);
    float *packed = dna_bytes_at(e, a->chain->packed);
    bool is_bf16 = a->chain->is_bf16;
    memset(packed, 0, (size_t)dna_chain_n_packed(a->chain) * sizeof(*packed));
    for (int64_t o = 0; o < d->O; o++) {
        double sum = bias == NULL ? 0.0 : (double)bias[o];
        for (int64_t c = 0; c < d->C; c++) {
            double scale = v == NULL ? 1.0 : (double)v[DNA_NORM_SCALE * d->C + c];
            double mean = v == NULL ? 0.0 : (double)v[DNA_NORM_MEAN * d->C + c];
            double shift = v == NULL ? 0.0 : (double)v[DNA_NORM_SHIFT * d->C + c];
            double rest = shift - mean * scale;
            for (int64_t t = 0; t < d->kh * d->kw; t++) {
                double x =
                    (double)w[dna_chain_torch_index(e->p, a->chain->conv, o, c, t)];
                float scaled = (float)(x * scale);
                if (is_bf16) {
                    dna_pack_bf16((dna_bf16 *)packed, d->O, t * d->C + c, o, scaled);
                    sum += x * shift - (double)dna_bf16_round(scaled) * mean;
                } else {
                    packed[(t * d->C + c) * d->O + o] = scaled;
                    sum += x * rest;
                }
            }
        }
        packed[dna_chain_n_packed(a->chain) + o] = (float)sum;
    }
}

/* back: the taps in reverse, [kh][kw][O][C]. */
static void
pack_back(const dna_exec *e, const pack_args *a, const float *w)
{
    const dna_conv_dims *d = &a->dims;
    float *back = dna_bytes_at(e, a->chain->back);
    memset(back, 0, dna_chain_packed_bytes(a->chain, d->kw * d->O, d->C));
    for (int64_t o = 0; o < d->O; o++) {
        for (int64_t c = 0; c < d->C; c++) {
            for (int64_t t = 0; t < d->kh * d->kw; t++) {
                int64_t reversed = t + d->kw - 1 - 2 * (t % d->kw);
                float x = w[dna_chain_torch_index(e->p, a->chain->conv, o, c, t)];
                if (a->chain->is_bf16) {
                    dna_pack_bf16((dna_bf16 *)back, d->C, reversed * d->O + o, c, x);
                } else {
                    back[(reversed * d->O + o) * d->C + c] = x;
                }
            }
        }
    }
}

static int
run_pack(const dna_exec *e, const void *args)
{
    const pack_args *a = args;
    const float *w = dna_node_param(e->p, a->chain->conv, DNA_WEIGHT);
    pack_forward(e, a, w);
    if (a->chain->back != NULL) {
        pack_back(e, a, w);
    }
    return DNA_OK;
}

int
dna_lower_chain_pack(dna_program *p, const dna_chain *c, dna_buffer *vectors)
{
    pack_args a = {.chain = c, .dims = dna_conv_dims_of(c->conv), .vectors = vectors};
    dna_step *s = dna_step_add(
        p, &p->forward, "chain.pack", c->conv->layer, run_pack, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    s->is_chunk = false;
    double n_weight = (double)dna_chain_n_weight(&a.dims);
    s->flops = vectors == NULL ? 0.0 : 3.0 * n_weight;
    s->params_read =
        n_weight + (c->conv->tensor[DNA_BIAS] < 0 ? 0.0 : (double)a.dims.O);
    if (vectors != NULL) {
        dna_step_reads(s, vectors);
    }
    dna_step_writes(s, c->packed);
    if (c->back != NULL) {
        dna_step_writes(s, c->back);
    }
    return DNA_OK;
}

/* chain_bf16.c - the gradients of a row of a chain (fuse.h) out of numbers rounded to bf16.
 *
 * SPDX-License-Identifier: MIT
 *
 * The gradient of the weights sums over positions, so its pairs (bf16.h) are neighbouring
 * positions. Those of tap v begin at position v: taps of even v find theirs in one copy of
 * the row, in which positions 0 and 1, 2 and 3 ... stand side by side, taps of odd v in one
 * that begins with 1 and 2:
 *
 *     even   0 1 | 2 3 | 4 5 | ...      tap 0 from the start, tap 2 one pair further
 *     odd    1 2 | 3 4 | 5 6 | ...      tap 1 from the start
 *
 * The gradient of the input takes its pairs as they lie, two channels of a position.
 */
#include "base/mem.h"
#include "nn/compile/chain.h"

#define WEIGHT_BLOCK 192 /* positions whose pairs stay in cache; even */
#define INPUT_BLOCK  96

/* Numbers of each part of the scratch. */
typedef struct {
    int64_t out, x, pairs, dt;
} parts;

static parts
parts_of(const dna_conv_dims *d)
{
    return (parts){.out = INPUT_BLOCK * d->C,
        .x = (d->W * d->C + 1) / 2 * 2,
        .pairs = (WEIGHT_BLOCK + d->kw + 1) * d->C,
        .dt = WEIGHT_BLOCK * d->O};
}

size_t
dna_chain_row_scratch(const dna_conv_dims *d)
{
    parts n = parts_of(d);
    return (size_t)n.out * sizeof(float)
           + (size_t)(n.x + 2 * n.pairs + n.dt) * sizeof(dna_bf16);
}

static void
weight_block(const dna_kernels *k, const dna_chain_row *r, const dna_bf16 *x, int64_t j,
    dna_bf16 *pairs[2], dna_bf16 *dt)
{
    const dna_conv_dims *d = r->dims;
    int64_t n = DNA_MIN(WEIGHT_BLOCK, r->used - j);
    int64_t n_pair = (n + 1) / 2;
    k->bf16->interleave(dt, r->dt + j * d->O, n, n_pair, d->O);
    for (int64_t odd = 0; odd < DNA_MIN(d->kw, 2); odd++) {
        k->bf16->interleave(pairs[odd], x + (j + odd) * d->C, d->W - j - odd,
            n_pair + (d->kw - 1 - odd) / 2, d->C);
    }
    for (int64_t v = 0; v < d->kw; v++) {
        dna_left_bf16 left = {.A = pairs[v % 2] + v / 2 * 2 * d->C,
            .M = d->C,
            .K = 2 * n_pair,
            .step_m = 2,
            .step_pair = 2 * d->C};
        float *dw = r->dw + v * d->C * d->O;
        k->bf16->product(&left, d->O, dt, dw, d->O, dw, d->O);
    }
}

/* dx[j] gathers dt[j - kw + 1 .. j] times the taps in reverse. */
static void
input_block(const dna_kernels *k, const dna_chain_row *r, int64_t j, float *scratch)
{
    const dna_conv_dims *d = r->dims;
    int64_t n = DNA_MIN(INPUT_BLOCK, d->W - j);
    dna_left_bf16 left = {.A = r->dt + (j - d->kw + 1) * d->O,
        .M = n,
        .K = d->kw * d->O,
        .step_m = d->O,
        .step_pair = 2};
    if (r->dx_bf16 == NULL) {
        float *dx = r->dx + j * d->C;
        k->bf16->product(&left, d->C, r->back, r->adds_x ? dx : NULL, d->C, dx, d->C);
        return;
    }
    k->bf16->product(&left, d->C, r->back, NULL, 0, scratch, d->C);
    k->bf16->round(r->dx_bf16 + j * d->C, scratch, n * d->C);
}

void
dna_chain_row_gradients(const dna_kernels *k, const dna_chain_row *r)
{
    const dna_conv_dims *d = r->dims;
    parts n = parts_of(d);
    float *out = r->scratch;
    dna_bf16 *rounded = (dna_bf16 *)(out + n.out);
    dna_bf16 *pairs[2] = {rounded + n.x, rounded + n.x + n.pairs};
    const dna_bf16 *x = r->x_bf16;
    if (x == NULL) {
        k->bf16->round(rounded, r->x, d->W * d->C);
        x = rounded;
    }
    for (int64_t j = 0; j < r->used; j += WEIGHT_BLOCK) {
        weight_block(k, r, x, j, pairs, rounded + n.x + 2 * n.pairs);
    }
    for (int64_t j = 0; (r->dx != NULL || r->dx_bf16 != NULL) && j < d->W;
         j += INPUT_BLOCK) {
        input_block(k, r, j, out);
    }
}

/* dropout.h - which entries a dropout leaves out.
 *
 * SPDX-License-Identifier: MIT
 *
 * Each entry has its own draw, found from where it stands and not from the order in which
 * entries are visited: the stream of (seed, "dropout", step, layer, sample) gives a key,
 * and entry i of the sample, in row-major order of its own shape, the hash of key and i.
 * Source of the hash: SplitMix64 (Steele et al. 2014, OOPSLA, figure 16) at place i.
 */
#ifndef DNA_NN_DROPOUT_H
#define DNA_NN_DROPOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/rng.h"

typedef struct {
    uint64_t key;
    uint64_t threshold; /* of 2^32 */
    double scale;       /* of what stays: 1 / (1 - rate) */
} dna_dropout_draw;

static inline dna_dropout_draw
dna_dropout_draw_of(
    uint64_t seed, int64_t step, int64_t stream, int64_t sample, double rate)
{
    dna_rng rng;
    dna_rng_init(&rng, seed, "dropout", step, stream, sample);
    return (dna_dropout_draw){.key = dna_rng_next(&rng),
        .threshold = (uint64_t)(rate * 0x1p32 + 0.5),
        .scale = rate < 1.0 ? 1.0 / (1.0 - rate) : 0.0};
}

static inline bool
dna_dropout_drops(const dna_dropout_draw *d, uint64_t i)
{
    uint64_t z = d->key + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (z >> 32) < d->threshold;
}

#endif

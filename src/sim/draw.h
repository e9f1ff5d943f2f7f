/* draw.h - the random numbers of the coalescent, where a call would cost more than the
 * number.
 *
 * SPDX-License-Identifier: MIT
 *
 * The streams are those of dnadna/rng.h: dna_draw_bits() gives what dna_rng_next() gives.
 */
#ifndef DNA_SIM_DRAW_H
#define DNA_SIM_DRAW_H

#include <math.h>
#include <stdint.h>

#include "dnadna/rng.h"

#define DNA_ZIGGURAT 256

/** Layers of equal area under exp(-x): x[0] > x[1] > ... > x[256] = 0, f = exp(-x). */
typedef struct {
    double x[DNA_ZIGGURAT + 1], f[DNA_ZIGGURAT + 1];
} dna_ziggurat;

void dna_ziggurat_init(dna_ziggurat *z);
/** The rare half of dna_draw_exponential(): the value `x` drawn in `layer` is not below
 *  the layer above. */
double dna_ziggurat_edge(const dna_ziggurat *z, dna_rng *rng, int layer, double x);

static inline uint64_t
dna_draw_bits(dna_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t sum = s[0] + s[3];
    uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/** Uniform on [0, 1), 53 bits. */
static inline double
dna_draw_uniform(dna_rng *rng)
{
    return (double)(dna_draw_bits(rng) >> 11) * 0x1p-53;
}

/** Uniform integer on 0 .. n-1, n > 0: the high word of n x 64 random bits. No value's
 *  probability is off by more than 2^-64. */
static inline uint64_t
dna_draw_below(dna_rng *rng, uint64_t n)
{
    uint64_t u = dna_draw_bits(rng);
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)u * n) >> 64);
#else
    uint64_t u0 = u & 0xffffffffu;
    uint64_t u1 = u >> 32;
    uint64_t n0 = n & 0xffffffffu;
    uint64_t n1 = n >> 32;
    uint64_t middle = u1 * n0 + ((u0 * n0) >> 32);
    return u1 * n1 + (middle >> 32) + ((u0 * n1 + (middle & 0xffffffffu)) >> 32);
#endif
}

/** Standard exponential. */
static inline double
dna_draw_exponential(const dna_ziggurat *z, dna_rng *rng)
{
    uint64_t bits = dna_draw_bits(rng);
    int layer = (int)(bits & (DNA_ZIGGURAT - 1));
    double x = (double)(bits >> 11) * 0x1p-53 * z->x[layer];
    if (x < z->x[layer + 1]) {
        return x;
    }
    return dna_ziggurat_edge(z, rng, layer, x);
}

#endif

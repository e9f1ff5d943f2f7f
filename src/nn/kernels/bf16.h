/* bf16.h - numbers rounded to bf16: the upper half of a float.
 *
 * SPDX-License-Identifier: MIT
 *
 * 8 bits of significand and the range of a float. Rounding is to the nearest, ties to the
 * even one; a NaN stays one. Products take them in pairs (gemm.h):
 *
 *     left, a row:      k k+1 | k+2 k+3 | ...              one pair is 32 bits
 *     right, packed:    [K / 2][N][2]:  row of pairs k, k+1 of all N columns, then k+2, ...
 *
 * so that a vector of the right holds pairs of neighbouring columns, and one instruction of
 * a processor with AVX512_BF16 (or a tile of AMX) multiplies and adds both numbers of each.
 * Where there is none, both numbers become floats (a shift each) for the same products and
 * sums in float. An odd K ends in a pair whose second number is 0.
 */
#ifndef DNA_NN_KERNELS_BF16_H
#define DNA_NN_KERNELS_BF16_H

#include <stdint.h>
#include <string.h>

typedef uint16_t dna_bf16;

static inline float
dna_bf16_float(dna_bf16 x)
{
    uint32_t bits = (uint32_t)x << 16;
    float v = 0.0f;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

static inline dna_bf16
dna_bf16_of(float x)
{
    uint32_t bits = 0;
    memcpy(&bits, &x, sizeof(bits));
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        return (dna_bf16)(bits >> 16 | 0x40u); /* a quiet NaN */
    }
    return (dna_bf16)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/* The nearest float that a bf16 holds. */
static inline float
dna_bf16_round(float x)
{
    return dna_bf16_float(dna_bf16_of(x));
}

#endif

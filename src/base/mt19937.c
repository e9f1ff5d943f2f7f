/* mt19937.c - the Mersenne Twister as NumPy's legacy generator uses it.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Matsumoto and Nishimura 1998, ACM TOMACS 8:3-30; the tempering constants and
 * the recurrence are those of the paper, the seeding is init_genrand of 2002.
 */
#include "base/mt19937.h"

#define N 624
#define M 397

void
dna_mt19937_init(dna_mt19937 *mt, uint32_t seed)
{
    mt->state[0] = seed;
    for (uint32_t i = 1; i < N; i++) {
        uint32_t last = mt->state[i - 1];
        mt->state[i] = 1812433253u * (last ^ (last >> 30)) + i;
    }
    mt->next = N;
}

static void
refill(uint32_t *s)
{
    for (int i = 0; i < N; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % N] & 0x7fffffffu);
        s[i] = s[(i + M) % N] ^ (y >> 1) ^ ((y & 1u) != 0 ? 0x9908b0dfu : 0u);
    }
}

uint32_t
dna_mt19937_next(dna_mt19937 *mt)
{
    if (mt->next >= N) {
        refill(mt->state);
        mt->next = 0;
    }
    uint32_t y = mt->state[mt->next++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    y ^= y >> 18;
    return y;
}

double
dna_mt19937_uniform(dna_mt19937 *mt)
{
    uint32_t high = dna_mt19937_next(mt) >> 5;
    uint32_t low = dna_mt19937_next(mt) >> 6;
    return ((double)high * 67108864.0 + (double)low) / 9007199254740992.0;
}

uint32_t
dna_mt19937_bounded(dna_mt19937 *mt, uint32_t max)
{
    if (max == 0) {
        return 0;
    }
    uint32_t mask = max;
    for (int shift = 1; shift <= 16; shift *= 2) {
        mask |= mask >> shift;
    }
    uint32_t value = dna_mt19937_next(mt) & mask;
    while (value > max) {
        value = dna_mt19937_next(mt) & mask;
    }
    return value;
}

void
dna_mt19937_shuffle(dna_mt19937 *mt, int *values, int64_t n)
{
    for (int64_t i = n - 1; i > 0; i--) {
        uint32_t j = dna_mt19937_bounded(mt, (uint32_t)i);
        int swapped = values[i];
        values[i] = values[j];
        values[j] = swapped;
    }
}

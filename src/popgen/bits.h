/* bits.h - counting bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_BITS_H
#define DNA_POPGEN_BITS_H

#include <stdint.h>

/** Bits that both have. */
static inline int32_t
dna_count_both(const uint64_t *a, const uint64_t *b, int64_t n_word)
{
    int32_t n = 0;
    for (int64_t i = 0; i < n_word; i++) {
        n += __builtin_popcountll(a[i] & b[i]);
    }
    return n;
}

static inline int
dna_bit(const uint64_t *bits, int64_t i)
{
    return (int)(bits[i / 64] >> (i % 64) & 1);
}

#endif

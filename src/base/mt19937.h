/* mt19937.h - NumPy's legacy generator, where the original's random choices are
 * repeated.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Matsumoto and Nishimura 1998, ACM TOMACS 8:3-30 (init_genrand seeding);
 * shuffle and doubles as numpy.random.RandomState does them.
 */
#ifndef DNA_BASE_MT19937_H
#define DNA_BASE_MT19937_H

#include <stdint.h>

typedef struct {
    uint32_t state[624];
    int next;
} dna_mt19937;

void dna_mt19937_init(dna_mt19937 *mt, uint32_t seed);
uint32_t dna_mt19937_next(dna_mt19937 *mt);
/** Uniform on [0, 1), 53 bits from two draws. */
double dna_mt19937_uniform(dna_mt19937 *mt);
/** Uniform on 0 .. max by masked rejection; no draw when max is 0. */
uint32_t dna_mt19937_bounded(dna_mt19937 *mt, uint32_t max);
/** values[0..n-1] shuffled in place as numpy.random.shuffle does. */
void dna_mt19937_shuffle(dna_mt19937 *mt, int *values, int64_t n);

#endif

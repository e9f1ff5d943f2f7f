/* rng.h - seeded, splittable random streams.
 *
 * SPDX-License-Identifier: MIT
 *
 * There is no global generator: a `dna_rng *` is always a parameter. A stream is
 * derived from (seed, purpose, up to three indices), so a result depends on the seed
 * alone and never on threads, order or slicing:
 *
 *     dna_rng rng;
 *     dna_rng_init(&rng, seed, "shuffle", epoch, 0, 0);
 *     dna_rng_permutation(&rng, order, n);
 *
 * Source: xoshiro256++ (Blackman and Vigna 2021, ACM TOMS 47:36), its state filled by
 * SplitMix64 (Steele et al. 2014) from a 64-bit hash of purpose and indices.
 */
#ifndef DNA_RNG_H
#define DNA_RNG_H

#include <stdint.h>

#include "dnadna/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint64_t s[4];
} dna_rng;

DNA_API void dna_rng_init(
    dna_rng *rng, uint64_t seed, const char *purpose, int64_t i, int64_t j, int64_t k);
/** 64 random bits. */
DNA_API uint64_t dna_rng_next(dna_rng *rng);
/** Uniform on [0, 1), 53 bits. */
DNA_API double dna_rng_uniform(dna_rng *rng);
/** Uniform integer on 0 .. n-1 without bias (Lemire 2019); n > 0. */
DNA_API int64_t dna_rng_below(dna_rng *rng, int64_t n);
/** Standard normal (polar method of Marsaglia; draws as often as it needs). */
DNA_API double dna_rng_normal(dna_rng *rng);
/** order[0..n-1] := a random permutation of 0..n-1 (Fisher-Yates). */
DNA_API void dna_rng_permutation(dna_rng *rng, int64_t *order, int64_t n);
/** A seed from the operating system, for runs that were given none. 63 bits. */
DNA_API uint64_t dna_rng_os_seed(void);

#ifdef __cplusplus
}
#endif
#endif

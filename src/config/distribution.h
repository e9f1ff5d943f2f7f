/* distribution.h - the distributions that values are drawn from.
 *
 * SPDX-License-Identifier: MIT
 *
 * A distribution is a row: its name, the names of its arguments, what they may be, and
 * how a number is drawn. Expressions call them (`10 ^ uniform(1, 5)`), configs name them
 * (`{uniform: [1, 5]}`); both read this table.
 */
#ifndef DNA_CONFIG_DISTRIBUTION_H
#define DNA_CONFIG_DISTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/rng.h"

enum { DNA_DISTRIBUTION_MAX_ARGS = 4 };

typedef struct {
    const char *name;
    const char *args[DNA_DISTRIBUTION_MAX_ARGS];
    int n_arg;
    bool is_integer; /* every number drawn is whole */
    /** DNA_EARG with what is wrong with finite arguments; draw() asks for checked ones. */
    int (*check)(const double *a);
    double (*draw)(const double *a, dna_rng *rng);
    const char *doc;
} dna_distribution;

/** By name, NULL if there is none. */
const dna_distribution *dna_distribution_find(const char *name);
/** i-th, NULL past the end. */
const dna_distribution *dna_distribution_at(int64_t i);

#endif

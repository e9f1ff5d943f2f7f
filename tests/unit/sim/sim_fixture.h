/* sim_fixture.h - small models and means over replicates, for the tests of sim.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_SIM_FIXTURE_H
#define DNA_TESTS_SIM_FIXTURE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

#include "dnadna/coalescent.h"

/* Running mean and variance of a statistic. */
typedef struct {
    double n, mean, m2;
} running;

static inline void
running_add(running *r, double v)
{
    double d = v - r->mean;
    r->n++;
    r->mean += d / r->n;
    r->m2 += d * (v - r->mean);
}

/* Seeds are fixed, so these cannot fail by chance; a wrong model is off by far more than
 * 4 standard errors. */
static inline void
assert_mean(const running *r, double expected, const char *what)
{
    double se = sqrt(r->m2 / (r->n - 1) / r->n);
    double z = (r->mean - expected) / se;
    if (!(fabs(z) < 4)) {
        fail_msg("%s: mean %g, expected %g, z = %.2f", what, r->mean, expected, z);
    }
}

static inline void
assert_same_mean(const running *a, const running *b, const char *what)
{
    double se = sqrt(a->m2 / (a->n - 1) / a->n + b->m2 / (b->n - 1) / b->n);
    double z = (a->mean - b->mean) / se;
    if (!(fabs(z) < 4)) {
        fail_msg("%s: means %g and %g, z = %.2f", what, a->mean, b->mean, z);
    }
}

static inline dna_coalescent *
new_simulator(const dna_coalescent_model *m)
{
    dna_coalescent *sim = NULL;
    assert_ok(dna_coalescent_new(&sim));
    assert_ok(dna_coalescent_set(sim, m));
    return sim;
}

/* One replicate without a sample; its TMRCA at probe 0. */
static inline double
draw_tmrca(dna_coalescent *sim, int64_t replicate)
{
    assert_ok(dna_coalescent_run(sim, 7, 0, replicate, NULL));
    return dna_coalescent_last(sim)->tmrca[0];
}

/* Mean TMRCA of a demography without recombination. */
static inline running
mean_tmrca(const dna_demography *d, int64_t n)
{
    double probe = 0;
    running r = {0};
    dna_coalescent_model m = {
        .demography = d, .length = 1, .probe = &probe, .n_probe = 1};
    dna_coalescent *sim = new_simulator(&m);
    for (int64_t i = 0; i < n; i++) {
        running_add(&r, draw_tmrca(sim, i));
    }
    dna_coalescent_free(sim);
    return r;
}

#endif

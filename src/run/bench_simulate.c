/* bench_simulate.c - how many replicates a second the coalescent draws.
 *
 * SPDX-License-Identifier: MIT
 *
 * 50 genomes of 2 Mb of a population of 5,000, mutation rate 1e-8, recombination rate
 * 5e-9; matrices and positions included, one thread.
 */
#include <stdio.h>

#include "dnadna/coalescent.h"
#include "run/bench.h"

typedef struct {
    dna_coalescent *sim;
    int64_t replicate;
} sim_bench;

static int
step(void *payload)
{
    sim_bench *b = payload;
    dna_sample *sample = NULL;

    int rc = dna_coalescent_run(b->sim, 1, 0, b->replicate++, &sample);
    dna_sample_free(sample);
    return rc;
}

int
dna_bench_simulate(const dna_bench_case *c, const dna_bench_options *o, int n_window,
    dna_bench_rates *out)
{
    dna_population population = {.size = 5000};
    dna_sample_group group = {.n = 50};
    dna_demography demography = {
        .population = &population, .n_population = 1, .group = &group, .n_group = 1};
    dna_coalescent_model model = {.demography = &demography,
        .length = 2e6,
        .recombination_rate = 5e-9,
        .mutation_rate = 1e-8,
        .max_snp = c->max_snp};
    sim_bench b = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_coalescent_new(&b.sim));
    DNA_TRY(dna_coalescent_set(b.sim, &model));
    DNA_TRY(dna_bench_windows(o, n_window, 1, step, &b, out));
    snprintf(out->engine, sizeof(out->engine), "exact");
out:
    dna_coalescent_free(b.sim);
    return rc;
}

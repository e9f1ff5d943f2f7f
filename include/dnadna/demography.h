/* demography.h - the history of populations, as a coalescent simulation needs it.
 *
 * SPDX-License-Identifier: MIT
 *
 * Time runs backwards, in generations before the present (0). Sizes are diploid: a pair
 * of lineages of one population meets at rate 1 / (2 N(t)) per generation. Samples are
 * haploid genomes. Lineages change population backwards: `migration[i * n + j]` is the
 * rate, per generation, at which a lineage now in i is found to come from j, the share
 * of i's genomes that immigrated from j in each generation.
 *
 * One population of 10,000 that was 2,000 until 500 generations ago, 50 genomes:
 *
 *     dna_population one = {.size = 10000};
 *     dna_demographic_event then = {
 *         .time = 500, .kind = DNA_EVENT_SIZE, .value = 2000};
 *     dna_sample_group now = {.n = 50};
 *     dna_demography d = {.population = &one, .n_population = 1,
 *         .event = &then, .n_event = 1, .group = &now, .n_group = 1};
 *
 * Two populations that were one until 6,000 generations ago: one event DNA_EVENT_MOVE
 * with value 1 moves every lineage of `population` into `other`. An admixture pulse is
 * the same with a value below 1: each lineage moves with that probability.
 */
#ifndef DNA_DEMOGRAPHY_H
#define DNA_DEMOGRAPHY_H

#include <stdint.h>

#include "dnadna/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** In an event: every population, or every ordered pair of them. */
#define DNA_EVERY           (-1)
#define DNA_MAX_POPULATIONS 1000

/** N(t) = size * exp(-growth * (t - t0)), t0 = end_time. Growth above 0 is growth
 *  forwards in time: smaller the further back. A population exists for
 *  end_time <= t < start_time; start_time 0 means for ever. */
typedef struct {
    const char *name; /* for messages; NULL: its number */
    double size, growth;
    double end_time, start_time;
} dna_population;

typedef enum {
    DNA_EVENT_SIZE,      /* N(time) of `population` becomes value; growth stays */
    DNA_EVENT_GROWTH,    /* growth of `population` becomes value; N(time) stays */
    DNA_EVENT_MIGRATION, /* rate from `population` to `other` becomes value */
    DNA_EVENT_MOVE       /* each lineage of `population` moves to `other` with
                          * probability value: split (1) or admixture */
} dna_event_kind;

/** Sorted by time; events of one time happen in their order. Before one changes the
 *  parameters, all earlier (younger) events have. */
typedef struct {
    double time;
    dna_event_kind kind;
    int32_t population, other;
    double value;
} dna_demographic_event;

/** n genomes of a population, all taken at one time. They are consecutive rows. */
typedef struct {
    int64_t n;
    int32_t population;
    double time;
} dna_sample_group;

/** Borrowed arrays: the struct owns nothing. */
typedef struct {
    const dna_population *population;
    int64_t n_population;
    const double *migration; /* [n_population * n_population] or NULL: none */
    const dna_demographic_event *event;
    int64_t n_event;
    const dna_sample_group *group;
    int64_t n_group;
} dna_demography;

/** Whether this can happen: finite positive sizes, rates >= 0, fractions in [0, 1], times
 *  >= 0 and in order, at least two genomes, no lineage in a population outside its time,
 *  and all lineages able to meet in the end.
 *  Errors: DNA_EARG, one line that names the population, event or group. */
DNA_API int dna_demography_check(const dna_demography *d) DNA_MUST_CHECK;

/** Genomes of all groups. */
DNA_API int64_t dna_demography_n_sample(const dna_demography *d);

#ifdef __cplusplus
}
#endif
#endif

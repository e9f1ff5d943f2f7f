/* coalescent_simulator.h - what the simulators behind the coalescent share: settings, rows of
 * parameters, replicates. Each differs in where its demography comes from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_COALESCENT_SIMULATOR_H
#define DNA_SIM_COALESCENT_SIMULATOR_H

#include <stddef.h>

#include "config/tables.h"
#include "sim/prior.h"
#include "sim/simulator.h"

/* The first member of every options struct. */
typedef struct {
    int64_t n_scenarios, n_replicates;
    const char *recombination_map, *mutation_map;
    double map_start;
    int64_t max_snp;
    const char *ancestry;
} dna_sim_coalescent_opts;

/** Set up sim: values of the config, the demography in `section` (whose values may name
 *  those of the config and those that are in priors already), samples, rates, columns.
 *  Takes: priors, also if it fails. Keeps: section. */
int dna_sim_coalescent_open(dna_simulator *sim, dna_priors *priors,
    const dna_value *section, const char *at) DNA_MUST_CHECK;

/* The rest of a dna_simulator_def. */
void dna_sim_coalescent_close(dna_simulator *sim);
int dna_sim_coalescent_table(const dna_simulator *sim, double *values) DNA_MUST_CHECK;
int dna_sim_coalescent_draw(
    const dna_simulator *sim, dna_rng *rng, double *values) DNA_MUST_CHECK;
int dna_sim_coalescent_worker_new(
    void **worker, const dna_simulator *sim) DNA_MUST_CHECK;
void dna_sim_coalescent_worker_free(void *worker);
int dna_sim_coalescent_run(void *worker, const dna_simulator *sim, const double *row,
    uint64_t seed, int64_t scenario, int64_t replicate, int64_t max_snp,
    dna_sample **out) DNA_MUST_CHECK;
const dna_tree_tables *dna_sim_coalescent_trees(void *worker);

#define DNA_SIM_COALESCENT_FUNCTIONS                                              \
    .close = dna_sim_coalescent_close, .table = dna_sim_coalescent_table,         \
    .draw = dna_sim_coalescent_draw, .worker_new = dna_sim_coalescent_worker_new, \
    .worker_free = dna_sim_coalescent_worker_free, .run = dna_sim_coalescent_run, \
    .trees = dna_sim_coalescent_trees

/* Rows of field tables. */
#define DNA_SIM_COUNT_FIELD(name, least, value, text)                        \
    {                                                                        \
        .key = #name, .kind = DNA_KIND_INT, .has_min = true, .min = (least), \
        .dflt = (value), .offset = offsetof(dna_sim_coalescent_opts, name),  \
        .doc = (text)                                                        \
    }
#define DNA_SIM_VALUE_FIELD(name, value, text)                \
    {                                                         \
        .key = (name), .kind = DNA_KIND_ANY, .dflt = (value), \
        .schema = DNA_DEFINITION("prior"), .doc = (text)      \
    }
#define DNA_SIM_SCENARIO_FIELDS(n_scenario, n_replicate)      \
    DNA_SIM_COUNT_FIELD(n_scenarios, 1, n_scenario,           \
        "Number of scenarios: rows of the parameter table."), \
        DNA_SIM_COUNT_FIELD(n_replicates, 1, n_replicate,     \
            "Independent regions simulated for each scenario.")
#define DNA_SIM_SEQUENCE_FIELDS(length, recombination, mutation)                       \
    DNA_SIM_VALUE_FIELD("segment_length", length,                                      \
        "Length of a region in base pairs; like the rates a number, a formula or a "   \
        "distribution."),                                                              \
        DNA_SIM_VALUE_FIELD("recombination_rate", recombination,                       \
            "Recombinations per base pair per generation."),                           \
        DNA_SIM_VALUE_FIELD(                                                           \
            "mutation_rate", mutation, "Mutations per base pair per generation."),     \
        {.key = "recombination_map",                                                   \
            .kind = DNA_KIND_PATH,                                                     \
            .is_nullable = true,                                                       \
            .must_exist = true,                                                        \
            .offset = offsetof(dna_sim_coalescent_opts, recombination_map),            \
            .doc = "Rates along the sequence instead of recombination_rate: a HapMap " \
                   "file, or a .map file of PLINK. The column recombination_rate is "  \
                   "then its mean."},                                                  \
        {.key = "mutation_map",                                                        \
            .kind = DNA_KIND_PATH,                                                     \
            .is_nullable = true,                                                       \
            .must_exist = true,                                                        \
            .offset = offsetof(dna_sim_coalescent_opts, mutation_map),                 \
            .doc = "The same for mutation_rate, in HapMap's format: a rate of 1 is "   \
                   "1e-8 per base pair and generation."},                              \
        {.key = "map_start",                                                           \
            .kind = DNA_KIND_FLOAT,                                                    \
            .has_min = true,                                                           \
            .dflt = "0",                                                               \
            .offset = offsetof(dna_sim_coalescent_opts, map_start),                    \
            .doc = "Where in the maps the region begins, in base pairs."},             \
        {.key = "max_snp",                                                             \
            .kind = DNA_KIND_INT,                                                      \
            .is_nullable = true,                                                       \
            .has_min = true,                                                           \
            .min = 1,                                                                  \
            .dflt = "null",                                                            \
            .offset = offsetof(dna_sim_coalescent_opts, max_snp),                      \
            .doc = "Only the first SNPs of the region, which takes less time; the "    \
                   "same distribution as cutting off the others."},                    \
    {                                                                                  \
        .key = "ancestry", .kind = DNA_KIND_CHOICE, .choices = "hudson|smc_prime",     \
        .dflt = "hudson", .offset = offsetof(dna_sim_coalescent_opts, ancestry),       \
        .doc = "hudson: the coalescent with recombination. smc_prime: a faster "       \
               "approximation of it (Marjoram and Wall 2006) whose means are "         \
               "right but whose replicates differ too little: the variance of "        \
               "the number of SNPs is 15 to 25 % too small, deviations of pi "         \
               "and Tajima's D 4 to 12 %, so that a network trained on it is "         \
               "too sure of itself. For one population without growth, at most "       \
               "64 genomes of the present, without maps and trees."                    \
    }

#endif

/* coalescent.h - samples of genomes drawn from Hudson's coalescent with recombination.
 *
 * SPDX-License-Identifier: MIT
 *
 * The ancestry of n haploid genomes is followed backwards. Two lineages of a population
 * meet at rate 1 / (2 N(t)) per generation; a lineage that carries ancestral material
 * from l to r breaks at rate (recombination rate) x (r - l), at a uniform place; material
 * whose ancestor common to the whole sample is found is followed no further. Mutations
 * fall on the branches at the mutation rate per base pair, each at a place of its own
 * (infinite sites), so every site has two alleles, 0 ancestral and 1 derived.
 *
 *     dna_coalescent *sim = NULL;
 *     DNA_TRY(dna_coalescent_new(&sim));
 *     DNA_TRY(dna_coalescent_set(sim, &(dna_coalescent_model){.demography = &d,
 *         .length = 2e6, .recombination_rate = 1e-8, .mutation_rate = 1e-8}));
 *     for (int64_t i = 0; i < n_replicate; i++) {
 *         DNA_TRY(dna_coalescent_run(sim, seed, scenario, i, &sample));
 *         ...
 *     }
 *
 * Exact, with one reservation far below what can be seen: breakpoints lie on a grid of
 * 2^32 - 1 cells of equal recombination (0.0005 bp at 2 Mb), positions of sites do not.
 *
 * `max_snp` makes only the first sites, still exactly: a prefix of the sequence is
 * simulated whose length does not depend on what comes out, and where it has too few
 * sites, the same ancestry is continued to the right. Nothing is dropped and redrawn,
 * which would favour histories with many mutations.
 *
 * Source: Hudson 1983, Theor. Popul. Biol. 23:183-201; Tajima 1983 for the mutations.
 */
#ifndef DNA_COALESCENT_H
#define DNA_COALESCENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnadna/demography.h"
#include "dnadna/genetic_map.h"
#include "dnadna/sample.h"
#include "dnadna/tree_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dna_coalescent dna_coalescent;

/** Everything is borrowed for the call of dna_coalescent_set() only, but is_cancelled
 *  and its payload. Zero is a good value of all that follows mutation_rate. */
typedef struct {
    const dna_demography *demography;
    double length;             /* base pairs, > 0 */
    double recombination_rate; /* per base pair per generation, >= 0 */
    double mutation_rate;
    /* used instead of the rate if not NULL; must reach from 0 to length */
    const dna_rate_map *recombination_map, *mutation_map;

    int64_t max_snp; /* only the first sites; 0: all */
    bool has_tables; /* record the tree sequence; all sites only */
    /* SMC' (Marjoram and Wall 2006): a tree after the other along the sequence, each
     * knowing only the one before. An approximation: means are right, but spreads over
     * replicates are too small, Var(S) by 15 to 25 % and the deviations of pi and Tajima's
     * D by 4 to 12 % in histories measured (bench_coalescent_check smc), so that a network
     * trained on it is too sure of itself. One population without growth, at most 64
     * genomes of the present, no maps, no tables. */
    bool is_smc;
    const double *probe; /* [n_probe] places (bp) whose TMRCA is wanted */
    int64_t n_probe;

    int64_t max_events; /* per replicate; 0: 2e9, some minutes. Work grows about as
                         * (N r L)^1.8 */
    size_t max_memory;  /* bytes for one replicate's ancestry; 0: 4 GiB */
    bool (*is_cancelled)(void *payload); /* asked every few thousand events */
    void *payload;
} dna_coalescent_model;

/** What happened in the last run. */
typedef struct {
    int64_t n_site;  /* of the sample */
    int64_t n_event; /* coalescences, recombinations and migrations */
    int64_t n_recombination;
    int64_t n_extension;  /* how often max_snp needed more than the prefix */
    double simulated;     /* base pairs whose ancestry was drawn */
    double branch_length; /* total, summed over the simulated base pairs: generations
                             * x bp; the mean tree's length is this / simulated */
    const double *tmrca;  /* [n_probe] generations; NaN beyond `simulated` */
} dna_coalescent_info;

/** A simulator with its working memory, for one thread at a time.
 *  Threads: one each; they give the same numbers whatever thread runs a replicate. */
DNA_API int dna_coalescent_new(dna_coalescent **out) DNA_MUST_CHECK;
DNA_API void dna_coalescent_free(dna_coalescent *sim);

/** Check a model and make ready for it. Memory is kept from model to model.
 *  Errors: DNA_EARG (what is impossible), DNA_EUNSUPPORTED (options that do not go
 *  together), DNA_ENOMEM. After an error no model is set. */
DNA_API int dna_coalescent_set(
    dna_coalescent *sim, const dna_coalescent_model *model) DNA_MUST_CHECK;

/** Draw one replicate: SNP uint8 [n_hap, n_site], POS float64 in base pairs below length,
 *  increasing; out may be NULL if only the info or the tables are wanted.
 *  Random: streams (seed, "coalescent", scenario, replicate, 0 .. n_extension).
 *  Errors: DNA_ENOMEM and DNA_ENUMERIC (beyond max_memory, max_events), DNA_ECANCEL. */
DNA_API int dna_coalescent_run(dna_coalescent *sim, uint64_t seed, int64_t scenario,
    int64_t replicate, dna_sample **out) DNA_MUST_CHECK;

/** Of the last run; valid until the next call on `sim`. */
DNA_API const dna_coalescent_info *dna_coalescent_last(const dna_coalescent *sim);
/** The tree sequence of the last run, valid until the next call on `sim`; NULL unless the
 *  model has_tables. dna_tree_tables_save() writes it as a .trees file. */
DNA_API const dna_tree_tables *dna_coalescent_tables(const dna_coalescent *sim);

#ifdef __cplusplus
}
#endif
#endif

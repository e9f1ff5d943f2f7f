/* fresh.h - samples that the simulator of the dataset draws while a network is trained.
 *
 * SPDX-License-Identifier: MIT
 *
 * A config with a section fresh_samples needs no files. Sample i of a set has the
 * parameters of scenario i / n_replicates of a seed derived for this set; the training
 * set's is derived from the seed of the training, the others' from fresh_samples.seed.
 * The first draw is a table of parameters alone: their means and deviations are the scale
 * of the targets, whatever is drawn later.
 *
 * A replicate below min_snp (1 at least) or min_indiv is drawn again with the same
 * parameters, max_redraws times; then the parameters are drawn again. With max_redraws 0
 * the pair (parameters, data) is the simulator's, given that the data are large enough, so
 * what is learned of such data is the posterior under the whole prior. With many redraws
 * the parameters keep their prior, and those that rarely give enough SNPs are learned as
 * if such data were as frequent as others.
 *
 *     DNA_TRY(dna_fresh_new(&fresh, arena, config, stop, log));
 *     DNA_TRY(dna_fresh_read_params(fresh, &params, &n_param));
 *     DNA_TRY(dna_fresh_first_draw(fresh, &(dna_fresh_draw){.pool = pool}, &table));
 *     DNA_TRY(dna_targets_standardise(&table, params, false, log));
 *     dna_fresh_begin(fresh, seed, &transforms);
 *     options.maker = &fresh->maker;                   // of a dataset
 */
#ifndef DNA_RUN_FRESH_H
#define DNA_RUN_FRESH_H

#include "base/pool.h"
#include "data/dataset.h"
#include "sim/simulator.h"

/* Parameters that are drawn for one sample before min_snp is said to be out of reach. */
#define DNA_FRESH_MAX_GIVEN_UP 1000

typedef struct {
    dna_simulator *sim;
    dna_arena *arena;  /* the config's */
    dna_value *config; /* the whole, checked */
    dna_log *log;
    const volatile int *stop; /* may be NULL */
    int64_t n_replicate, max_redraws, n_first_draw;
    int64_t min_snp, min_indiv;
    uint64_t seed, training_seed;
    const dna_param *params;
    int64_t n_param;
    int64_t *column;              /* [n_param] of the simulator's row */
    const double **class_of;      /* [n_param] class of each label; NULL: numbers */
    int64_t max_snp[DNA_N_SPLIT]; /* first sites that are needed, 0: all */
    dna_sample_maker maker;
} dna_fresh;

/** Whether a checked config asks for fresh samples. */
bool dna_fresh_is_wanted(const dna_value *config);
/** Open the simulator of the dataset of a checked config, to which its settings' defaults
 *  and the seed are added. Keeps: arena, config, stop, log. */
int dna_fresh_new(dna_fresh **out, dna_arena *arena, dna_value *config,
    const volatile int *stop, dna_log *log) DNA_MUST_CHECK;
void dna_fresh_free(dna_fresh *fresh);
/** The learned parameters, each a column of the simulator; in the arena, and kept. */
int dna_fresh_read_params(
    dna_fresh *fresh, dna_param **params, int64_t *n_param) DNA_MUST_CHECK;
typedef struct {
    dna_pool *pool;                                               /* may be NULL */
    void (*progress)(void *payload, int64_t done, int64_t total); /* may be NULL */
    void *payload;
} dna_fresh_draw;
/** The table of the first draw in natural units, all rows of the training split. With
 *  min_snp or min_indiv samples are simulated for it, as far as they need be to tell
 *  whether their parameters would be learned. */
int dna_fresh_first_draw(
    dna_fresh *fresh, const dna_fresh_draw *how, dna_params_table *out) DNA_MUST_CHECK;
/** The value of parameter p in a row of the simulator, in natural units or as a class. */
int dna_fresh_value(const dna_fresh *fresh, int64_t p, const double *values,
    double *out) DNA_MUST_CHECK;
/** Ready to make samples. Keeps: nothing. */
void dna_fresh_begin(
    dna_fresh *fresh, uint64_t training_seed, const dna_transform_set *transforms);
/** The first training sample before its transforms. */
int dna_fresh_first_sample(dna_fresh *fresh, dna_sample **out) DNA_MUST_CHECK;
/** Whether somebody asked to stop. */
bool dna_fresh_is_stopped(void *fresh);
/** What a network file says of the simulation. */
int dna_fresh_describe(
    dna_value **out, dna_arena *a, const dna_fresh *fresh) DNA_MUST_CHECK;

#endif

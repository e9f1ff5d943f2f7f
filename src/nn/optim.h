/* optim.h - optimisers with PyTorch's names, settings and formulas, on flat vectors.
 *
 * SPDX-License-Identifier: MIT
 *
 *     const dna_optim_def *def = dna_optim_find("Adam");
 *     ... check and bind `optimizer.params` with def->fields into opts ...
 *     DNA_TRY(dna_optim_new(&optim, def, opts, dna_state_n_param(state)));
 *     DNA_TRY(dna_optim_step(optim, dna_state_params(state),
 * dna_state_grads(state), 1.0, pool));
 *
 * The tables hold `lr` only: who reads a config renames its alias `learning_rate`
 * first. The whole state is `step` and `slots`, both zero at the start: restoring them
 * resumes exactly. Settings that need fewer slots leave the others at zero.
 */
#ifndef DNA_NN_OPTIM_H
#define DNA_NN_OPTIM_H

#include <stdint.h>

#include "base/pool.h"
#include "dnadna/field.h"
#include "dnadna/status.h"

typedef struct dna_optim_def {
    const char *name; /* "Adam"; answers to its snake case too */
    const char *doc;  /* formula, source */
    const dna_field *fields;
    size_t opts_size;
    int n_slot; /* state vectors as long as the parameters */
    /* Update w[0..n-1] in place; step counts from 1; slot[s] is the s-th vector's same
     * part. */
    void (*update)(const void *opts, int64_t step, double lr, int64_t n, float *w,
        const float *g, float *const *slot);
    double (*lr)(const void *opts);
    const char *(*check)(
        const void *opts); /* a sentence if the settings conflict, else NULL */
} dna_optim_def;

/** The most state vectors an optimiser may have. */
#define DNA_OPTIM_MAX_SLOT 4

const dna_optim_def *dna_optim_find(const char *name);
const dna_optim_def *dna_optim_at(int64_t i);

typedef struct dna_optim {
    const dna_optim_def *def;
    const void *opts; /* borrowed */
    int64_t step;     /* updates made so far */
    int64_t n;
    float *slots; /* [n_slot, n] */
} dna_optim;

/** Keeps: opts, until the optimiser is freed. Errors: DNA_EARG with the sentence of
 * check(). */
int dna_optim_new(dna_optim **out, const dna_optim_def *def, const void *opts,
    int64_t n) DNA_MUST_CHECK;
void dna_optim_free(dna_optim *o);
/** One update; lr_factor multiplies the learning rate.
 *  Threads: fixed chunks of the vector, so the result does not depend on their number.
 */
int dna_optim_step(dna_optim *o, float *w, const float *g, double lr_factor,
    dna_pool *pool) DNA_MUST_CHECK;

#endif

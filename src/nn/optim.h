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
 * first.
 *
 * State. `step`, `scalars` and `slots` are all of it, and all zero at the start: what
 * PyTorch starts elsewhere (Adagrad's sums, Rprop's step sizes) is set by the first
 * step. To save an optimiser, write step, scalars[0 .. def->n_scalar-1] and
 * slots[0 .. def->n_slot * n - 1], slot after slot; written into a new one with the
 * same def, opts and n they resume it to the bit. Settings that need fewer slots leave
 * the others at zero.
 */
#ifndef DNA_NN_OPTIM_H
#define DNA_NN_OPTIM_H

#include <stdint.h>

#include "base/pool.h"
#include "dnadna/field.h"
#include "dnadna/status.h"

/** The most state vectors, and numbers beside them, an optimiser may have. */
#define DNA_OPTIM_MAX_SLOT   4
#define DNA_OPTIM_MAX_SCALAR 2

/* What is the same for all weights in one step. */
typedef struct {
    int64_t step; /* from 1 */
    double lr;    /* with its factor */
    double scalars[DNA_OPTIM_MAX_SCALAR];
} dna_optim_now;

typedef struct dna_optim_def {
    const char *name; /* "Adam"; answers to its snake case too */
    const char *doc;  /* formula, source */
    const dna_field *fields;
    size_t opts_size; /* of a struct that begins with `double lr` */
    int n_slot;       /* state vectors as long as the parameters */
    int n_scalar;     /* numbers of state beside them */
    /* Once a step, before any update: bring now->scalars to this step. NULL: none. */
    void (*advance)(const void *opts, dna_optim_now *now);
    /* Update w[0..n-1] in place; slot[s] is the s-th vector's same part. */
    void (*update)(const void *opts, const dna_optim_now *now, int64_t n, float *w,
        const float *g, float *const *slot);
    /* A sentence if the settings conflict, else NULL. NULL: they cannot. */
    const char *(*check)(const void *opts);
} dna_optim_def;

const dna_optim_def *dna_optim_find(const char *name);
const dna_optim_def *dna_optim_at(int64_t i);
/** Why an optimiser of PyTorch is not here, as a sentence; NULL for other names. */
const char *dna_optim_why_not(const char *name);

typedef struct dna_optim {
    const dna_optim_def *def;
    const void *opts; /* borrowed */
    int64_t step;     /* updates made so far */
    double scalars[DNA_OPTIM_MAX_SCALAR];
    int64_t n;
    float *slots; /* [n_slot, n] */
} dna_optim;

/** Keeps: opts, until the optimiser is freed. Errors: DNA_EARG with the sentence of
 * check(). */
int dna_optim_new(dna_optim **out, const dna_optim_def *def, const void *opts,
    int64_t n) DNA_MUST_CHECK;
void dna_optim_free(dna_optim *o);
/** The learning rate of the settings, without any factor. */
double dna_optim_lr(const dna_optim *o);
/** One update; lr_factor multiplies the learning rate.
 *  Threads: fixed chunks of the vector, so the result does not depend on their number.
 */
int dna_optim_step(dna_optim *o, float *w, const float *g, double lr_factor,
    dna_pool *pool) DNA_MUST_CHECK;

#endif

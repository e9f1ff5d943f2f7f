/* optim.c - the list of optimisers, and one step of any of them over a flat vector.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/optim.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "nn/optim/optim_defs.h"

/* Floats a task updates: a few pages of each vector, enough work to hand out. */
#define CHUNK 16384

static const dna_optim_def *const defs[] = {
    &dna_optim_adam,
    &dna_optim_adamw,
    &dna_optim_adamax,
    &dna_optim_nadam,
    &dna_optim_radam,
    &dna_optim_sgd,
    &dna_optim_adagrad,
    &dna_optim_adadelta,
    &dna_optim_rmsprop,
    &dna_optim_rprop,
    &dna_optim_asgd,
};

/* PyTorch has them, and they cannot train a network by batches. */
static const struct {
    const char *name, *why;
} unusable[] = {
    {"SparseAdam", "takes sparse gradients only, and those of networks are dense"},
    {"LBFGS", "evaluates the loss many times in one step, which training by batches "
              "does not offer"},
};

const dna_optim_def *
dna_optim_find(const char *name)
{
    for (int64_t i = 0; name != NULL && i < DNA_COUNT(defs); i++) {
        if (dna_name_matches(name, defs[i]->name)) {
            return defs[i];
        }
    }
    return NULL;
}

const dna_optim_def *
dna_optim_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(defs) ? defs[i] : NULL;
}

const char *
dna_optim_why_not(const char *name)
{
    for (int64_t i = 0; name != NULL && i < DNA_COUNT(unusable); i++) {
        if (dna_name_matches(name, unusable[i].name)) {
            return unusable[i].why;
        }
    }
    return NULL;
}

int
dna_optim_new(dna_optim **out, const dna_optim_def *def, const void *opts, int64_t n)
{
    dna_optim *o = NULL;
    int rc = DNA_OK;

    assert(n >= 0 && def->n_slot <= DNA_OPTIM_MAX_SLOT
           && def->n_scalar <= DNA_OPTIM_MAX_SCALAR);
    const char *conflict = def->check != NULL ? def->check(opts) : NULL;
    DNA_REQUIRE(conflict == NULL, DNA_EARG, "optimizer %s: %s", def->name, conflict);
    DNA_NEW(o, 1);
    o->def = def;
    o->opts = opts;
    o->n = n;
    DNA_NEW(o->slots, n * def->n_slot);

    *out = o;
    o = NULL;
out:
    dna_optim_free(o);
    return rc;
}

void
dna_optim_free(dna_optim *o)
{
    if (o != NULL) {
        dna_free(o->slots);
        dna_free(o);
    }
}

typedef struct {
    const dna_optim *o;
    const dna_optim_now *now;
    float *w;
    const float *g;
} step_job;

static int
step_chunk(void *payload, int64_t task, int worker)
{
    const step_job *job = payload;
    const dna_optim *o = job->o;
    int64_t first = task * CHUNK;
    float *slot[DNA_OPTIM_MAX_SLOT] = {NULL};

    (void)worker; /* chunks need no scratch memory */
    for (int s = 0; s < o->def->n_slot; s++) {
        slot[s] = o->slots + s * o->n + first;
    }
    o->def->update(o->opts, job->now, DNA_MIN(CHUNK, o->n - first), job->w + first,
        job->g + first, slot);
    return DNA_OK;
}

double
dna_optim_lr(const dna_optim *o)
{
    return *(const double *)o->opts; /* the first member of every options struct */
}

int
dna_optim_step(dna_optim *o, float *w, const float *g, double lr_factor, dna_pool *pool)
{
    dna_optim_now now = {.step = ++o->step, .lr = dna_optim_lr(o) * lr_factor};
    step_job job = {.o = o, .now = &now, .w = w, .g = g};

    memcpy(now.scalars, o->scalars, sizeof(now.scalars));
    if (o->def->advance != NULL) {
        o->def->advance(o->opts, &now);
        memcpy(o->scalars, now.scalars, sizeof(now.scalars));
    }
    return dna_pool_run(pool, (o->n + CHUNK - 1) / CHUNK, step_chunk, &job);
}

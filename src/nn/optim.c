/* optim.c - the list of optimisers, and one step of any of them over a flat vector.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/optim.h"

#include <assert.h>

#include "base/mem.h"
#include "base/str.h"
#include "nn/optim/optim_defs.h"

/* Floats a task updates: a few pages of each vector, enough work to hand out. */
#define CHUNK 16384

static const dna_optim_def *const defs[] = {
    &dna_optim_adam,
    &dna_optim_adamw,
    &dna_optim_sgd,
    &dna_optim_rmsprop,
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
dna_optim_no_conflict(const void *opts)
{
    (void)opts;
    return NULL;
}

int
dna_optim_new(dna_optim **out, const dna_optim_def *def, const void *opts, int64_t n)
{
    dna_optim *o = NULL;
    int rc = DNA_OK;

    assert(n >= 0 && def->n_slot <= DNA_OPTIM_MAX_SLOT);
    const char *conflict = def->check(opts);
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
    dna_optim *o;
    float *w;
    const float *g;
    double lr;
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
    o->def->update(o->opts, o->step, job->lr, DNA_MIN(CHUNK, o->n - first),
        job->w + first, job->g + first, slot);
    return DNA_OK;
}

int
dna_optim_step(dna_optim *o, float *w, const float *g, double lr_factor, dna_pool *pool)
{
    step_job job = {.o = o, .w = w, .g = g, .lr = o->def->lr(o->opts) * lr_factor};

    o->step++;
    return dna_pool_run(pool, (o->n + CHUNK - 1) / CHUNK, step_chunk, &job);
}

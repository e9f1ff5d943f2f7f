/* fresh_make.c - samples drawn one by one, whoever asks and in whatever order, and the
 * table of the first draw.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "base/mem.h"
#include "run/fresh.h"

typedef struct {
    dna_fresh *fresh;
    dna_simulator_worker *simulator;
    double *values; /* [n_column] */
} worker;

static void
worker_free(void *state)
{
    worker *w = state;
    if (w != NULL) {
        dna_simulator_worker_free(w->simulator);
        dna_free(w->values);
        dna_free(w);
    }
}

static int
worker_new(void **out, void *payload)
{
    dna_fresh *fresh = payload;
    worker *w = NULL;
    int rc = DNA_OK;

    DNA_NEW(w, 1);
    w->fresh = fresh;
    DNA_NEW(w->values, fresh->sim->n_column);
    DNA_TRY(dna_simulator_worker_new(&w->simulator, fresh->sim));
    *out = w;
    w = NULL;
out:
    worker_free(w);
    return rc;
}

/* The first draw is a set of its own, the one of no split. */
#define FIRST_DRAW DNA_UNUSED

/* Of each set, and of each set of parameters that is tried for a sample. */
static uint64_t
derive_seed(const dna_fresh *f, dna_split split, int64_t n_given_up)
{
    dna_rng rng;
    dna_rng_init(&rng, split == DNA_TRAINING ? f->training_seed : f->seed,
        "fresh samples", split, n_given_up, 0);
    return dna_rng_next(&rng);
}

static int
set_targets(const dna_fresh *f, const double *values, double *target)
{
    int rc = DNA_OK;

    for (int64_t p = 0; p < f->n_param; p++) {
        DNA_TRY(dna_fresh_value(f, p, values, &target[p]));
        if (f->params[p].type == DNA_REGRESSION) {
            double natural = target[p];
            target[p] = dna_param_to_target(&f->params[p], natural);
            DNA_REQUIRE(isfinite(target[p]), DNA_ENUMERIC,
                "%s: the simulator gives %.10g, which has no logarithm",
                f->params[p].name, natural);
        }
    }
out:
    return rc;
}

/* Replicates of one set of parameters, until one is large enough. made->sample stays NULL
 * if none is. */
static int
try_parameters(worker *w, uint64_t seed, dna_split split, dna_made *made)
{
    const dna_fresh *f = w->fresh;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; made->sample == NULL && i <= f->max_redraws; i++) {
        int64_t replicate = made->replicate + i * f->n_replicate;
        DNA_REQUIRE(!dna_fresh_is_stopped(w->fresh), DNA_ECANCEL, "stopped on request");
        DNA_TRY(dna_simulator_run(w->simulator, w->values, seed, made->scenario,
            replicate, f->max_snp[split], &s));
        if (s->n_site >= f->min_snp && s->n_hap >= f->min_indiv) {
            made->sample = s;
            made->replicate = replicate;
            s = NULL;
        } else {
            made->n_redrawn++;
            dna_sample_free(s);
            s = NULL;
        }
    }
out:
    dna_sample_free(s);
    return rc;
}

/* The parameters of a sample are in w->values after. */
static int
draw_sample(worker *w, dna_split split, dna_made *made)
{
    const dna_fresh *f = w->fresh;
    int rc = DNA_OK;

    for (;;) {
        uint64_t seed = derive_seed(f, split, made->n_given_up);
        DNA_TRY(dna_simulator_draw(f->sim, seed, made->scenario, w->values));
        DNA_TRY(try_parameters(w, seed, split, made));
        if (made->sample != NULL) {
            break;
        }
        made->n_given_up++;
        DNA_REQUIRE(made->n_given_up < DNA_FRESH_MAX_GIVEN_UP, DNA_EARG,
            "%d draws of the parameters, %lld replicates, and none has %lld SNPs and %lld individuals: "
            "preprocessing.min_snp or min_indiv is out of reach",
            DNA_FRESH_MAX_GIVEN_UP, (long long)made->n_redrawn, (long long)f->min_snp,
            (long long)f->min_indiv);
    }
out:
    return rc;
}

static int
make(void *state, dna_split split, int64_t number, dna_made *out, double *target)
{
    worker *w = state;
    const dna_fresh *f = w->fresh;
    dna_made made = {
        .scenario = number / f->n_replicate, .replicate = number % f->n_replicate};
    int rc = DNA_OK;

    DNA_TRY(draw_sample(w, split, &made));
    DNA_TRY(set_targets(f, w->values, target));
    *out = made;
out:
    if (rc < 0) {
        dna_sample_free(made.sample);
        dna_context("simulator %s, %s sample %lld", f->sim->def->name,
            dna_split_name(split), (long long)number);
    }
    return rc;
}

/* ---- the first draw -------------------------------------------------------------- */

/* Rows between two words of progress. */
#define BLOCK 256

typedef struct {
    dna_fresh *fresh;
    dna_params_table *table;
    int64_t first;    /* row of task 0 */
    worker **workers; /* [n_thread] */
} first_draw;

/* The parameters of row i: of a sample that would be learned from. */
static int
draw_row(worker *w, int64_t i, double *natural)
{
    const dna_fresh *f = w->fresh;
    dna_made made = {.scenario = i};
    bool is_conditioned = f->min_snp > 1 || f->min_indiv > 1;
    int rc = DNA_OK;

    if (is_conditioned) {
        DNA_TRY(draw_sample(w, FIRST_DRAW, &made));
    } else { /* the data do not matter */
        DNA_TRY(
            dna_simulator_draw(f->sim, derive_seed(f, FIRST_DRAW, 0), i, w->values));
    }
    for (int64_t p = 0; p < f->n_param; p++) {
        DNA_TRY(dna_fresh_value(f, p, w->values, &natural[p]));
    }
out:
    dna_sample_free(made.sample);
    return rc;
}

static int
draw_task(void *payload, int64_t task, int thread)
{
    const first_draw *d = payload;
    dna_params_table *t = d->table;
    int64_t i = d->first + task;

    t->scenario[i] = i;
    t->n_replicate[i] = 1;
    t->split[i] = DNA_TRAINING;
    return draw_row(d->workers[thread], i, &t->targets[i * t->n_param]);
}

static int
allocate_table(dna_params_table *t, int64_t n, int64_t n_param)
{
    int rc = DNA_OK;

    *t = (dna_params_table){.n_param = n_param, .has_split = true};
    DNA_NEW(t->scenario, n);
    DNA_NEW(t->n_replicate, n);
    DNA_NEW(t->split, n);
    DNA_NEW(t->targets, n * n_param);
    t->n_row = n;
out:
    return rc;
}

int
dna_fresh_first_draw(dna_fresh *f, const dna_fresh_draw *how, dna_params_table *out)
{
    first_draw d = {.fresh = f, .table = out};
    int n_thread = dna_pool_n_thread(how->pool);
    int rc = DNA_OK;

    f->max_snp[FIRST_DRAW] = f->min_snp; /* that there are so many is all that counts */
    DNA_TRY(allocate_table(out, f->n_first_draw, f->n_param));
    DNA_NEW(d.workers, n_thread);
    for (int i = 0; i < n_thread; i++) {
        void *w = NULL;
        DNA_TRY(worker_new(&w, f));
        d.workers[i] = w;
    }
    for (; d.first < out->n_row; d.first += BLOCK) {
        int64_t n = DNA_MIN(BLOCK, out->n_row - d.first);
        DNA_TRY(dna_pool_run(how->pool, n, draw_task, &d));
        if (how->progress != NULL) {
            how->progress(how->payload, d.first + n, out->n_row);
        }
    }
out:
    for (int i = 0; d.workers != NULL && i < n_thread; i++) {
        worker_free(d.workers[i]);
    }
    dna_free(d.workers);
    if (rc < 0) {
        dna_context("first draw of simulator %s", f->sim->def->name);
        dna_params_table_clear(out);
    }
    return rc;
}

/* ---- sets ------------------------------------------------------------------------ */

void
dna_fresh_begin(dna_fresh *f, uint64_t training_seed, const dna_transform_set *set)
{
    f->training_seed = training_seed;
    f->maker.worker_new = worker_new;
    f->maker.worker_free = worker_free;
    f->maker.make = make;
    f->maker.payload = f;
    for (int s = 0; s < FIRST_DRAW; s++) {
        int64_t n = dna_transforms_first_sites(&set->list[s]);
        bool is_whole = n == DNA_SITES_ALL || f->sim->format.circular == 1;
        f->max_snp[s] = is_whole ? 0 : DNA_MAX(n, f->min_snp);
    }
}

int
dna_fresh_first_sample(dna_fresh *f, dna_sample **out)
{
    dna_made made = {0};
    void *state = NULL;
    double *target = NULL;
    int rc = DNA_OK;

    DNA_NEW(target, f->n_param);
    DNA_TRY(worker_new(&state, f));
    DNA_TRY(make(state, DNA_TRAINING, 0, &made, target));
    *out = made.sample;
out:
    worker_free(state);
    dna_free(target);
    return rc;
}

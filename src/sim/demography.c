/* demography.c - whether a history can happen.
 *
 * SPDX-License-Identifier: MIT
 *
 * After the checks of single values, the populations that lineages can be in are followed
 * from moment to moment (samples, events, begins and ends): none may be outside its time,
 * and in the last interval all lineages must be able to meet.
 */
#include "dnadna/demography.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NAME_SIZE = 80 };

static const char *
population_name(const dna_demography *d, int64_t i, char *buf)
{
    const char *name = d->population[i].name;
    if (name != NULL) {
        snprintf(buf, NAME_SIZE, "population \"%.60s\"", name);
    } else {
        snprintf(buf, NAME_SIZE, "population %lld", (long long)i);
    }
    return buf;
}

int64_t
dna_demography_n_sample(const dna_demography *d)
{
    int64_t n = 0;
    for (int64_t i = 0; i < d->n_group; i++) {
        n += d->group[i].n;
    }
    return n;
}

/* ---- single values ----------------------------------------------------------------- */

static int
check_population(const dna_demography *d, int64_t i)
{
    const dna_population *p = &d->population[i];
    char name[NAME_SIZE];
    int rc = DNA_OK;

    population_name(d, i, name);
    DNA_REQUIRE(isfinite(p->size) && p->size > 0, DNA_EARG,
        "%s: size %g is not a finite number > 0", name, p->size);
    DNA_REQUIRE(isfinite(p->growth), DNA_EARG, "%s: growth %g is not a finite number",
        name, p->growth);
    DNA_REQUIRE(isfinite(p->end_time) && p->end_time >= 0, DNA_EARG,
        "%s: end_time %g is not a finite number >= 0", name, p->end_time);
    DNA_REQUIRE(p->start_time == 0 || p->start_time > p->end_time, DNA_EARG,
        "%s: start_time %g is not before (above) its end_time %g", name, p->start_time,
        p->end_time);
out:
    return rc;
}

static int
check_migration(const dna_demography *d)
{
    int64_t n = d->n_population;
    int rc = DNA_OK;

    for (int64_t i = 0; d->migration != NULL && i < n * n; i++) {
        double m = d->migration[i];
        DNA_REQUIRE(isfinite(m) && m >= 0, DNA_EARG,
            "migration rate from %lld to %lld: %g is not a finite number >= 0",
            (long long)(i / n), (long long)(i % n), m);
        DNA_REQUIRE(i / n != i % n || m == 0, DNA_EARG,
            "migration rate from %lld to itself: %g is not 0", (long long)(i / n), m);
    }
out:
    return rc;
}

static int
check_event_populations(const dna_demography *d, int64_t i)
{
    const dna_demographic_event *e = &d->event[i];
    bool is_pair = e->kind == DNA_EVENT_MIGRATION || e->kind == DNA_EVENT_MOVE;
    bool may_be_every = e->kind != DNA_EVENT_MOVE;
    int rc = DNA_OK;

    DNA_REQUIRE((e->population >= 0 && e->population < d->n_population)
                    || (may_be_every && e->population == DNA_EVERY),
        DNA_EARG, "event %lld: there is no population %d", (long long)i, e->population);
    if (is_pair) {
        DNA_REQUIRE((e->other >= 0 && e->other < d->n_population)
                        || (may_be_every && e->other == DNA_EVERY),
            DNA_EARG, "event %lld: there is no population %d", (long long)i, e->other);
        DNA_REQUIRE(e->population != e->other || e->other == DNA_EVERY, DNA_EARG,
            "event %lld: population %d and itself", (long long)i, e->other);
        DNA_REQUIRE((e->population == DNA_EVERY) == (e->other == DNA_EVERY), DNA_EARG,
            "event %lld: one side is every population, the other is not", (long long)i);
    }
out:
    return rc;
}

static int
check_event(const dna_demography *d, int64_t i)
{
    const dna_demographic_event *e = &d->event[i];
    int rc = DNA_OK;

    DNA_REQUIRE(isfinite(e->time) && e->time >= 0, DNA_EARG,
        "event %lld: time %g is not a finite number >= 0", (long long)i, e->time);
    DNA_REQUIRE(i == 0 || e->time >= d->event[i - 1].time, DNA_EARG,
        "event %lld: time %g is before %g of the event before it: events must be sorted "
        "by time",
        (long long)i, e->time, i > 0 ? d->event[i - 1].time : 0);
    DNA_TRY(check_event_populations(d, i));
    switch (e->kind) {
    case DNA_EVENT_SIZE:
        DNA_REQUIRE(isfinite(e->value) && e->value > 0, DNA_EARG,
            "event %lld: size %g is not a finite number > 0", (long long)i, e->value);
        break;
    case DNA_EVENT_GROWTH:
        DNA_REQUIRE(isfinite(e->value), DNA_EARG,
            "event %lld: growth %g is not a finite number", (long long)i, e->value);
        break;
    case DNA_EVENT_MIGRATION:
        DNA_REQUIRE(isfinite(e->value) && e->value >= 0, DNA_EARG,
            "event %lld: migration rate %g is not a finite number >= 0", (long long)i,
            e->value);
        break;
    case DNA_EVENT_MOVE:
        DNA_REQUIRE(e->value >= 0 && e->value <= 1, DNA_EARG,
            "event %lld: fraction %g is not in [0, 1]", (long long)i, e->value);
        break;
    default:
        return dna_fail(DNA_EARG, "event %lld: %d is not a kind of event", (long long)i,
            (int)e->kind);
    }
out:
    return rc;
}

static int
check_group(const dna_demography *d, int64_t i)
{
    const dna_sample_group *g = &d->group[i];
    char name[NAME_SIZE];
    int rc = DNA_OK;

    DNA_REQUIRE(g->n >= 1 && g->n <= INT32_MAX, DNA_EARG,
        "sample group %lld: %lld genomes, at least 1 is needed", (long long)i,
        (long long)g->n);
    DNA_REQUIRE(g->population >= 0 && g->population < d->n_population, DNA_EARG,
        "sample group %lld: there is no population %d", (long long)i, g->population);
    DNA_REQUIRE(isfinite(g->time) && g->time >= 0, DNA_EARG,
        "sample group %lld: time %g is not a finite number >= 0", (long long)i,
        g->time);
    const dna_population *p = &d->population[g->population];
    DNA_REQUIRE(
        g->time >= p->end_time && (p->start_time == 0 || g->time < p->start_time),
        DNA_EARG, "sample group %lld: %s does not exist at %g generations",
        (long long)i, population_name(d, g->population, name), g->time);
out:
    return rc;
}

/* ---- where lineages can be --------------------------------------------------------- */

typedef struct {
    const dna_demography *d;
    double *moment; /* [n_moment] sorted */
    int64_t n_moment, next_event;
    double *migration;             /* [n * n] now */
    double *size, *growth, *since; /* [n] now */
    bool *is_in;                   /* [n] lineages can be here */
    int64_t *stack;                /* [n] */
    bool *reach;                   /* [n * n] */
} walk;

static int
compare_times(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int
walk_init(walk *w, const dna_demography *d)
{
    int64_t n = d->n_population;
    int rc = DNA_OK;

    *w = (walk){.d = d};
    DNA_NEW(w->moment, 1 + 2 * n + d->n_event + d->n_group);
    DNA_NEW(w->migration, n * n);
    DNA_NEW(w->size, n);
    DNA_NEW(w->growth, n);
    DNA_NEW(w->since, n);
    DNA_NEW(w->is_in, n);
    DNA_NEW(w->stack, n);
    DNA_NEW(w->reach, n * n);
    if (d->migration != NULL) {
        memcpy(w->migration, d->migration, (size_t)(n * n) * sizeof(double));
    }
    int64_t k = 1; /* moment[0] = 0 */
    for (int64_t i = 0; i < n; i++) {
        const dna_population *p = &d->population[i];
        w->size[i] = p->size;
        w->growth[i] = p->growth;
        w->since[i] = p->end_time;
        w->moment[k++] = p->end_time;
        if (isfinite(p->start_time)) {
            w->moment[k++] = p->start_time;
        }
    }
    for (int64_t i = 0; i < d->n_event; i++) {
        w->moment[k++] = d->event[i].time;
    }
    for (int64_t i = 0; i < d->n_group; i++) {
        w->moment[k++] = d->group[i].time;
    }
    qsort(w->moment, (size_t)k, sizeof(double), compare_times);
    w->n_moment = k;
out:
    return rc;
}

static void
walk_clear(walk *w)
{
    dna_free(w->moment);
    dna_free(w->migration);
    dna_free(w->size);
    dna_free(w->growth);
    dna_free(w->since);
    dna_free(w->is_in);
    dna_free(w->stack);
    dna_free(w->reach);
}

/* Size of population i at a time; must still be one. */
static int
grow_to(walk *w, int64_t i, double time)
{
    char name[NAME_SIZE];
    double size = w->size[i];
    int rc = DNA_OK;

    if (w->growth[i] != 0 && time > w->since[i]) {
        size *= exp(-w->growth[i] * (time - w->since[i]));
    }
    DNA_REQUIRE(isfinite(size) && size > 0, DNA_EARG,
        "%s: growth %g since %g generations makes its size %g at %g generations",
        population_name(w->d, i, name), w->growth[i], w->since[i], size, time);
    w->size[i] = size;
    w->since[i] = DNA_MAX(time, w->since[i]);
out:
    return rc;
}

static int
walk_event(walk *w, const dna_demographic_event *e)
{
    int64_t n = w->d->n_population;
    int rc = DNA_OK;

    for (int64_t i = 0; i < n; i++) {
        if (e->population != DNA_EVERY && e->population != i) {
            continue;
        }
        if (e->kind == DNA_EVENT_SIZE || e->kind == DNA_EVENT_GROWTH) {
            DNA_TRY(grow_to(w, i, e->time));
            *(e->kind == DNA_EVENT_SIZE ? &w->size[i] : &w->growth[i]) = e->value;
        }
        for (int64_t j = 0; e->kind == DNA_EVENT_MIGRATION && j < n; j++) {
            if (j != i && (e->other == DNA_EVERY || e->other == j)) {
                w->migration[i * n + j] = e->value;
            }
        }
        if (e->kind == DNA_EVENT_MOVE && w->is_in[i] && e->value > 0) {
            w->is_in[e->other] = true;
            w->is_in[i] = e->value < 1;
        }
    }
out:
    return rc;
}

/* seen[] gets every population that migration leads to from those in it. */
static void
spread(walk *w, bool *seen)
{
    int64_t n = w->d->n_population;
    int64_t n_stack = 0;
    for (int64_t i = 0; i < n; i++) {
        if (seen[i]) {
            w->stack[n_stack++] = i;
        }
    }
    while (n_stack > 0) {
        int64_t i = w->stack[--n_stack];
        for (int64_t j = 0; j < n; j++) {
            if (w->migration[i * n + j] > 0 && !seen[j]) {
                seen[j] = true;
                w->stack[n_stack++] = j;
            }
        }
    }
}

static int
check_lifetimes(const walk *w, double from, double to)
{
    char name[NAME_SIZE];
    int rc = DNA_OK;

    for (int64_t i = 0; i < w->d->n_population; i++) {
        const dna_population *p = &w->d->population[i];
        double start = p->start_time == 0 ? (double)INFINITY : p->start_time;
        DNA_REQUIRE(!w->is_in[i] || (p->end_time <= from && start >= to), DNA_EARG,
            "%s does not exist at %g generations, but lineages can be in it",
            population_name(w->d, i, name), from);
    }
out:
    return rc;
}

/* Population i is final if everything reachable from it leads back to it. All final ones
 * must be reachable from each other, and one of them must not grow for ever. */
static int
check_meeting(walk *w)
{
    int64_t n = w->d->n_population;
    int64_t final = -1;
    bool has_bound = false;
    char name[NAME_SIZE];
    char other[NAME_SIZE];
    int rc = DNA_OK;

    for (int64_t i = 0; i < n; i++) {
        w->reach[i * n + i] = true;
        spread(w, w->reach + i * n);
    }
    for (int64_t i = 0; i < n; i++) {
        bool is_final = w->is_in[i];
        for (int64_t j = 0; j < n; j++) {
            is_final = is_final && (!w->reach[i * n + j] || w->reach[j * n + i]);
        }
        if (!is_final) {
            continue;
        }
        DNA_REQUIRE(final < 0 || w->reach[final * n + i], DNA_EARG,
            "lineages of %s and %s can never meet: no event or migration joins them",
            population_name(w->d, final, name), population_name(w->d, i, other));
        final = i;
        has_bound = has_bound || w->growth[i] >= 0;
    }
    DNA_REQUIRE(has_bound, DNA_EARG,
        "%s: growth %g for ever back in time: lineages may never meet; end it with an "
        "event",
        population_name(w->d, final, name), w->growth[final]);
out:
    return rc;
}

static int
check_walk(const dna_demography *d)
{
    walk w;
    int rc = DNA_OK;

    DNA_TRY(walk_init(&w, d));
    for (int64_t k = 0; k < w.n_moment; k++) {
        double now = w.moment[k];
        if (k + 1 < w.n_moment && w.moment[k + 1] == now) {
            continue;
        }
        for (int64_t i = 0; i < d->n_group; i++) {
            w.is_in[d->group[i].population] =
                w.is_in[d->group[i].population] || d->group[i].time == now;
        }
        while (w.next_event < d->n_event && d->event[w.next_event].time <= now) {
            DNA_TRY(walk_event(&w, &d->event[w.next_event++]));
        }
        spread(&w, w.is_in);
        DNA_TRY(check_lifetimes(
            &w, now, k + 1 < w.n_moment ? w.moment[k + 1] : (double)INFINITY));
    }
    DNA_TRY(check_meeting(&w));
out:
    walk_clear(&w);
    return rc;
}

int
dna_demography_check(const dna_demography *d)
{
    int rc = DNA_OK;

    DNA_REQUIRE(d->n_population >= 1 && d->n_population <= DNA_MAX_POPULATIONS,
        DNA_EARG, "%lld populations, allowed are 1 to %d", (long long)d->n_population,
        DNA_MAX_POPULATIONS);
    for (int64_t i = 0; i < d->n_population; i++) {
        DNA_TRY(check_population(d, i));
    }
    DNA_TRY(check_migration(d));
    for (int64_t i = 0; i < d->n_event; i++) {
        DNA_TRY(check_event(d, i));
    }
    for (int64_t i = 0; i < d->n_group; i++) {
        DNA_TRY(check_group(d, i));
    }
    int64_t n = dna_demography_n_sample(d);
    DNA_REQUIRE(n >= 2 && n <= INT32_MAX / 2, DNA_EARG,
        "%lld genomes sampled, at least 2 are needed", (long long)n);
    DNA_TRY(check_walk(d));
out:
    return rc;
}

/* demes_history.c - a model with its numbers as populations and events backwards in time.
 *
 * SPDX-License-Identifier: MIT
 *
 * A population lives in [end, start). Backwards, at one time: pulses from the last written
 * to the first, since forwards they happen in their order; then lineages of a population
 * that starts go to its ancestors; then sizes and migration change, rates that end before
 * those that begin. A pulse may touch a population at its start but not at its end, and
 * come from one at its end but not at its start. A rate m from source to dest moves
 * lineages from dest to source.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "sim/demes_model.h"

typedef struct {
    double start, end; /* generations; infinity: for ever */
} life;

typedef struct {
    double start, end, rate;
} flow;

/* An event and where it belongs among those of its time. */
typedef struct {
    dna_demographic_event event;
    int class;
    int64_t order;
} pending;

enum { PULSE, DESCENT, SIZE, STOP, FLOW };

struct dna_history {
    const dna_demes *m;
    const double *values;
    double generation_time;
    life *lives;                   /* [n_deme] */
    flow *flows;                   /* [n_migration] */
    dna_population *populations;   /* [n_deme] */
    double *migration;             /* [n_deme * n_deme] */
    pending *pendings;             /* [cap] */
    dna_demographic_event *events; /* [cap] */
    int64_t n_pending, cap;
    dna_demography demography;
};

int
dna_history_new(dna_history **out, const dna_demes *m)
{
    dna_history *h = NULL;
    int64_t cap = 2 * m->n_migration;
    int rc = DNA_OK;

    for (int64_t i = 0; i < m->n_deme; i++) {
        cap += 2 * m->demes[i].n_epoch + m->demes[i].n_ancestor;
    }
    for (int64_t i = 0; i < m->n_pulse; i++) {
        cap += m->pulses[i].n_source;
    }
    DNA_NEW(h, 1);
    h->m = m;
    h->cap = cap;
    DNA_NEW(h->lives, m->n_deme);
    DNA_NEW(h->flows, m->n_migration + 1);
    DNA_NEW(h->populations, m->n_deme);
    DNA_NEW(h->migration, m->n_deme * m->n_deme);
    DNA_NEW(h->pendings, cap + 1);
    DNA_NEW(h->events, cap + 1);
    *out = h;
    h = NULL;
out:
    dna_history_free(h);
    return rc;
}

void
dna_history_free(dna_history *h)
{
    if (h != NULL) {
        dna_free(h->lives);
        dna_free(h->flows);
        dna_free(h->populations);
        dna_free(h->migration);
        dna_free(h->pendings);
        dna_free(h->events);
        dna_free(h);
    }
}

const dna_demography *
dna_history_demography(const dna_history *h)
{
    return &h->demography;
}

/* ---- numbers ----------------------------------------------------------------------- */

static double
number(const dna_history *h, int64_t i)
{
    const dna_demes_number *n = &h->m->numbers[i];
    return n->place < 0 ? n->value : h->values[n->place];
}

static double
time_of(const dna_history *h, int64_t i, double otherwise)
{
    return i == DNA_DEMES_NONE ? otherwise : number(h, i) / h->generation_time;
}

static int
check_numbers(const dna_history *h)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < h->m->n_number; i++) {
        DNA_TRY(dna_demes_check_number(&h->m->numbers[i], number(h, i)));
    }
out:
    return rc;
}

static void
add(dna_history *h, int class, double time, dna_event_kind kind, int64_t population,
    int64_t other, double value)
{
    pending *p = &h->pendings[h->n_pending];

    *p = (pending){.event = {.time = time,
                       .kind = kind,
                       .population = (int32_t)population,
                       .other = (int32_t)other,
                       .value = value},
        .class = class,
        .order = h->n_pending++};
}

/* ---- populations --------------------------------------------------------------------- */

static bool
lives_at(const life *l, double time)
{
    return time >= l->end && time < l->start;
}

static int
set_life(dna_history *h, int64_t i)
{
    const dna_demes_deme *d = &h->m->demes[i];
    life *l = &h->lives[i];
    double last = 0;

    l->start = last = time_of(h, d->start_time, (double)INFINITY);
    for (int64_t k = 0; k < d->n_epoch; k++) {
        double end = time_of(h, d->epochs[k].end_time, 0);
        if (!(end < last)) {
            return dna_config_fail(DNA_EARG, d->epochs[k].source, d->epochs[k].at,
                "the epoch ends at %.10g generations, not after (below) its start at "
                "%.10g",
                end, last);
        }
        last = end;
    }
    l->end = last;
    for (int64_t k = 0; k < d->n_ancestor; k++) {
        int64_t a = d->ancestors[k];
        if (!lives_at(&h->lives[a], l->start)) {
            return dna_config_fail(DNA_EARG, d->source, d->at,
                "\"%s\" starts at %.10g generations, when its ancestor \"%s\", of "
                "[%.10g, %.10g), is not there",
                d->name, l->start, h->m->demes[a].name, h->lives[a].end,
                h->lives[a].start);
        }
    }
    return DNA_OK;
}

/* Epochs from young to old: the first is the population's, the others are events. */
static int
set_sizes(dna_history *h, int64_t i)
{
    const dna_demes_deme *d = &h->m->demes[i];
    dna_population *p = &h->populations[i];
    double end = h->lives[i].end;
    double growth_now = 0;

    for (int64_t k = d->n_epoch - 1; k >= 0; k--) {
        const dna_demes_epoch *e = &d->epochs[k];
        double start =
            k > 0 ? time_of(h, d->epochs[k - 1].end_time, 0) : h->lives[i].start;
        double size = number(h, e->end_size);
        double old_size = number(h, e->start_size);
        double growth = 0;
        if (e->growth != DNA_DEMES_NONE) {
            growth = number(h, e->growth);
        } else if (old_size != size) {
            if (isinf(start) || e->is_constant) {
                return dna_config_fail(DNA_EARG, e->source, e->at,
                    "the size changes from %.10g to %.10g in an epoch %s", old_size,
                    size, isinf(start) ? "without a start" : "of constant size");
            }
            growth = log(size / old_size) / (start - end);
        }
        if (k == d->n_epoch - 1) {
            *p = (dna_population){.name = d->name,
                .size = size,
                .growth = growth,
                .end_time = end,
                .start_time = isinf(h->lives[i].start) ? 0 : h->lives[i].start};
        } else {
            add(h, SIZE, end, DNA_EVENT_SIZE, i, 0, size);
            if (growth != growth_now) {
                add(h, SIZE, end, DNA_EVENT_GROWTH, i, 0, growth);
            }
        }
        growth_now = growth;
        end = start;
    }
    return DNA_OK;
}

/* Lineages move one after the other: with p_1, then with p_2 / (1 - p_1), ... */
static void
add_moves(dna_history *h, int class, double time, int64_t from, const int64_t *to,
    const int64_t *proportions, int64_t n)
{
    double left = 1;

    for (int64_t k = 0; k < n; k++) {
        double p = proportions != NULL ? number(h, proportions[k]) : 1;
        double share = left > 0 ? DNA_MIN(p / left, 1) : 0;
        if (k == n - 1 && class == DESCENT) {
            share = 1;
        }
        if (share > 0) {
            add(h, class, time, DNA_EVENT_MOVE, from, to[k], share);
        }
        left -= p;
    }
}

static int
set_descent(dna_history *h, int64_t i)
{
    const dna_demes_deme *d = &h->m->demes[i];
    double sum = 0;

    for (int64_t k = 0; d->proportions != NULL && k < d->n_ancestor; k++) {
        sum += number(h, d->proportions[k]);
    }
    if (d->proportions != NULL && d->n_ancestor > 0 && fabs(sum - 1) > 1e-9) {
        return dna_config_fail(DNA_EARG, d->source, d->at,
            "the proportions of its ancestors add up to %.12g, not 1", sum);
    }
    add_moves(
        h, DESCENT, h->lives[i].start, i, d->ancestors, d->proportions, d->n_ancestor);
    return DNA_OK;
}

/* ---- pulses -------------------------------------------------------------------------- */

static int
set_pulse(dna_history *h, int64_t i)
{
    const dna_demes_pulse *p = &h->m->pulses[i];
    double time = time_of(h, p->time, 0);
    const life *dest = &h->lives[p->dest];
    double sum = 0;

    for (int64_t k = 0; k < p->n_source; k++) {
        sum += number(h, p->proportions[k]);
        if (!lives_at(&h->lives[p->sources[k]], time)) {
            return dna_config_fail(DNA_EARG, p->tree, p->at,
                "the source \"%s\" is not there at %.10g generations",
                h->m->demes[p->sources[k]].name, time);
        }
    }
    if (!(time > dest->end && time <= dest->start)) {
        return dna_config_fail(DNA_EARG, p->tree, p->at,
            "the dest \"%s\" is not there after %.10g generations",
            h->m->demes[p->dest].name, time);
    }
    if (sum > 1 + 1e-9) {
        return dna_config_fail(DNA_EARG, p->tree, p->at,
            "the proportions add up to %.10g, more than 1", sum);
    }
    add_moves(h, PULSE, time, p->dest, p->sources, p->proportions, p->n_source);
    return DNA_OK;
}

/* ---- migration ----------------------------------------------------------------------- */

static int
set_flow(dna_history *h, int64_t i)
{
    const dna_demes_migration *g = &h->m->migrations[i];
    const life *a = &h->lives[g->source];
    const life *b = &h->lives[g->dest];
    flow *f = &h->flows[i];

    if (g->source == g->dest) {
        return dna_config_fail(DNA_EARG, g->tree, g->at, "source and dest are one");
    }
    f->rate = number(h, g->rate);
    f->start = g->is_start_infinite
                   ? (double)INFINITY
                   : time_of(h, g->start_time, DNA_MIN(a->start, b->start));
    f->end = time_of(h, g->end_time, DNA_MAX(a->end, b->end));
    if (!(f->end < f->start)) {
        return dna_config_fail(DNA_EARG, g->tree, g->at,
            "the migration starts at %.10g generations, not before (above) its end at "
            "%.10g",
            f->start, f->end);
    }
    if (f->start > DNA_MIN(a->start, b->start) || f->end < DNA_MAX(a->end, b->end)) {
        return dna_config_fail(DNA_EARG, g->tree, g->at,
            "\"%s\" and \"%s\" are not both there from %.10g to %.10g generations",
            h->m->demes[g->source].name, h->m->demes[g->dest].name, f->end, f->start);
    }
    if (f->end == 0) {
        h->migration[g->dest * h->m->n_deme + g->source] = f->rate;
    } else {
        add(h, FLOW, f->end, DNA_EVENT_MIGRATION, g->dest, g->source, f->rate);
    }
    if (!isinf(f->start)) {
        add(h, STOP, f->start, DNA_EVENT_MIGRATION, g->dest, g->source, 0);
    }
    return DNA_OK;
}

/* Two rates of one pair at a time, and rates into a population that exceed 1. */
static int
check_flows(const dna_history *h)
{
    const dna_demes *m = h->m;

    for (int64_t i = 0; i < m->n_migration; i++) {
        double sum = 0; /* just before (above) the end of i */
        for (int64_t k = 0; k < m->n_migration; k++) {
            const dna_demes_migration *a = &m->migrations[i], *b = &m->migrations[k];
            bool overlaps = h->flows[i].end < h->flows[k].start
                            && h->flows[k].end < h->flows[i].start;
            if (k < i && overlaps && a->source == b->source && a->dest == b->dest) {
                return dna_config_fail(DNA_EARG, a->tree, a->at,
                    "there is another migration from \"%s\" to \"%s\" at the same time",
                    m->demes[a->source].name, m->demes[a->dest].name);
            }
            if (a->dest == b->dest && h->flows[k].end <= h->flows[i].end
                && h->flows[k].start > h->flows[i].end) {
                sum += h->flows[k].rate;
            }
        }
        if (sum > 1 + 1e-6) {
            return dna_config_fail(DNA_EARG, m->migrations[i].tree, m->migrations[i].at,
                "the rates into \"%s\" add up to %.10g, more than 1",
                m->demes[m->migrations[i].dest].name, sum);
        }
    }
    return DNA_OK;
}

/* ---- the whole ----------------------------------------------------------------------- */

static int
compare(const void *x, const void *y)
{
    const pending *a = x, *b = y;

    if (a->event.time != b->event.time) {
        return a->event.time < b->event.time ? -1 : 1;
    }
    if (a->class != b->class) {
        return a->class - b->class;
    }
    return (a->order > b->order) - (a->order < b->order);
}

int
dna_history_set(dna_history *h, const double *values)
{
    const dna_demes *m = h->m;
    int rc = DNA_OK;

    h->values = values;
    h->n_pending = 0;
    memset(h->migration, 0, (size_t)(m->n_deme * m->n_deme) * sizeof(double));
    DNA_TRY(check_numbers(h));
    h->generation_time =
        m->generation_time == DNA_DEMES_NONE ? 1 : number(h, m->generation_time);
    for (int64_t i = 0; i < m->n_deme; i++) {
        DNA_TRY(set_life(h, i));
        DNA_TRY(set_sizes(h, i));
        DNA_TRY(set_descent(h, i));
    }
    for (int64_t i = m->n_pulse - 1; i >= 0; i--) {
        DNA_TRY(set_pulse(h, i));
    }
    for (int64_t i = 0; i < m->n_migration; i++) {
        DNA_TRY(set_flow(h, i));
    }
    DNA_TRY(check_flows(h));
    qsort(h->pendings, (size_t)h->n_pending, sizeof(*h->pendings), compare);
    for (int64_t i = 0; i < h->n_pending; i++) {
        h->events[i] = h->pendings[i].event;
    }
    h->demography = (dna_demography){.population = h->populations,
        .n_population = m->n_deme,
        .migration = h->migration,
        .event = h->events,
        .n_event = h->n_pending};
out:
    return rc;
}

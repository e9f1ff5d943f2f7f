/* structured.c - the event loop of any history, and of the continuation of a block.
 *
 * SPDX-License-Identifier: MIT
 *
 * The ancestry of [0, b) does not depend on what lies beyond b. So a block [b, c) may be
 * added later: lineages with material in [0, b) (led) do what the log of [0, b) says and
 * carry along what they have in [b, c): a break hands it to the right part, a coalescence
 * joins it, and where the log's material is finished it goes on alone. Lineages with
 * material in [b, c) only (own) are drawn here: they meet each other and led ones, move,
 * and break, as led ones do between the end of their material in the log and of that
 * here. Each of these events has the rate it has in the process on [0, c), so the whole
 * is a draw of that process. A first block has own lineages only.
 *
 * A led lineage has the hull [e - 1, right), e being where its material in the log ends:
 * so its mass counts the borders that are new.
 */
#include "sim/structured.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* ---- the log being written --------------------------------------------------------- */

uint32_t
dna_loop_new_name(dna_loop *l)
{
    return l->a->has_log ? dna_log_name(&l->a->log) : 0;
}

int
dna_loop_log(dna_loop *l, dna_log_kind kind, uint32_t x, uint32_t y, uint32_t right)
{
    return l->a->has_log ? dna_ancestry_log(l->a, kind, x, y, right) : DNA_OK;
}

int
dna_loop_log_merge(dna_loop *l, uint32_t x, uint32_t y, bool is_gone, uint32_t right)
{
    int rc = DNA_OK;

    if (l->a->has_log) {
        DNA_TRY(dna_loop_log(l, is_gone ? DNA_LOG_VANISH : DNA_LOG_MERGE, x, y, right));
        DNA_TRY(dna_log_forget(&l->a->log, y));
        if (is_gone) {
            DNA_TRY(dna_log_forget(&l->a->log, x));
        }
    }
out:
    return rc;
}

int
dna_loop_push(dna_lineages *s, dna_lineage line, uint64_t id)
{
    if (s->n == s->room) {
        int rc = dna_lineages_grow(s);
        if (rc < 0) {
            return rc;
        }
    }
    dna_lineages_push(s, line, id);
    return DNA_OK;
}

/* ---- own lineages ------------------------------------------------------------------ */

static int
add_group(dna_loop *l, int64_t group)
{
    const dna_sample_group *g = &l->h->d.group[group];
    int64_t first = 0;
    int rc = DNA_OK;

    for (int64_t i = 0; i < group; i++) {
        first += l->h->d.group[i].n;
    }
    DNA_TRY(dna_ancestry_reserve(l->a, (uint64_t)g->n));
    for (int64_t i = first; i < first + g->n; i++) {
        uint32_t name = dna_loop_new_name(l);
        DNA_TRY(dna_loop_push(
            dna_loop_own(l, g->population), dna_ancestry_sample(l->a, i), name));
        DNA_TRY(dna_loop_log(
            l, DNA_LOG_SAMPLE, name, (uint32_t)g->population, (uint32_t)i));
    }
out:
    return rc;
}

static int
move_own(dna_loop *l, int64_t from, uint32_t slot, int64_t to)
{
    dna_lineages *s = dna_loop_own(l, from);
    dna_lineage line = s->line[slot];
    uint64_t id = s->id[slot];
    int rc = DNA_OK;

    dna_lineages_remove(s, slot);
    DNA_TRY(dna_loop_push(dna_loop_own(l, to), line, id));
    DNA_TRY(dna_loop_log(l, DNA_LOG_MOVE, dna_loop_name(id), (uint32_t)to, 0));
out:
    return rc;
}

static int
merge_own(dna_loop *l, int64_t population)
{
    dna_ancestry *a = l->a;
    dna_lineages *s = dna_loop_own(l, population);
    uint32_t i = (uint32_t)dna_draw_below(&a->rng, s->n);
    uint32_t j = (uint32_t)dna_draw_below(&a->rng, s->n - 1);
    int rc = DNA_OK;

    j += j >= i;
    DNA_TRY(dna_ancestry_reserve(a, dna_merge_room(s->line[i], s->line[j])));
    dna_lineage m = dna_ancestry_merge(a, s->line[i], s->line[j]);
    DNA_TRY(dna_loop_log_merge(
        l, dna_loop_name(s->id[i]), dna_loop_name(s->id[j]), m.n == 0, m.right));
    if (m.n > 0) {
        dna_lineages_put(s, i, m);
        dna_lineages_remove(s, j);
    } else {
        dna_lineages_remove(s, DNA_MAX(i, j));
        dna_lineages_remove(s, DNA_MIN(i, j));
    }
out:
    return rc;
}

/* An own lineage meets a led one and rides along. */
static int
merge_with_led(dna_loop *l, int64_t population)
{
    dna_ancestry *a = l->a;
    dna_lineages *s = dna_loop_own(l, population);
    dna_lineages *t = dna_loop_led(l, population);
    uint32_t i = (uint32_t)dna_draw_below(&a->rng, s->n);
    uint32_t j = (uint32_t)dna_draw_below(&a->rng, t->n);
    uint32_t end = t->line[j].left + 1;
    int rc = DNA_OK;

    DNA_TRY(dna_ancestry_reserve(a, dna_merge_room(s->line[i], t->line[j])));
    dna_lineage m =
        dna_loop_led_line(dna_ancestry_merge(a, s->line[i], t->line[j]), end);
    DNA_TRY(dna_loop_log_merge(
        l, dna_loop_name(t->id[j]), dna_loop_name(s->id[i]), false, m.right));
    dna_lineages_put(t, j, m);
    dna_lineages_remove(s, i);
out:
    return rc;
}

static int
coalesce(dna_loop *l, int64_t population)
{
    double n = dna_loop_own(l, population)->n;
    double all = n * (n - 1) / 2 + n * dna_loop_led(l, population)->n;
    l->a->population = (int32_t)population;
    l->a->n_event++;
    if (dna_draw_uniform(&l->a->rng) * all < n * (n - 1) / 2) {
        return merge_own(l, population);
    }
    return merge_with_led(l, population);
}

static int
recombine(dna_loop *l, uint64_t mass)
{
    dna_ancestry *a = l->a;
    uint64_t x = dna_draw_below(&a->rng, mass);
    int64_t k = 0;
    uint32_t border = 0;
    uint32_t name = dna_loop_new_name(l);
    dna_lineage right;
    int rc = DNA_OK;

    a->n_event++;
    a->n_recombination++;
    while (x >= a->set[k].mass) {
        x -= a->set[k++].mass;
    }
    dna_lineages *s = &a->set[k];
    uint32_t i = dna_lineages_find(s, x, &border);
    uint32_t end = s->line[i].left + 1;
    dna_lineage left = dna_ancestry_cut(a, s->line[i], border, &right);
    if (k % 2 == 1) {
        left = dna_loop_led_line(left, end);
    }
    dna_lineages_put(s, i, left);
    DNA_TRY(dna_loop_log(l, DNA_LOG_CUT, dna_loop_name(s->id[i]), name, left.right));
    DNA_TRY(dna_loop_push(dna_loop_own(l, k / 2), right, name));
out:
    return rc;
}

static int
migrate(dna_loop *l, double at)
{
    int64_t from = 0;
    int64_t to = 0;
    while (from + 1 < l->n && at >= l->leave[from] * dna_loop_own(l, from)->n) {
        at -= l->leave[from] * dna_loop_own(l, from)->n;
        from++;
    }
    while (
        dna_loop_own(l, from)->n == 0 || l->leave[from] == 0) { /* rounding at an end */
        from--;
    }
    dna_lineages *s = dna_loop_own(l, from);
    const double *rate = l->migration + from * l->n;
    double x = dna_draw_uniform(&l->a->rng) * l->leave[from];
    while (to + 1 < l->n && x >= rate[to]) {
        x -= rate[to++];
    }
    while (rate[to] == 0) {
        to--;
    }
    l->a->n_event++;
    return move_own(l, from, (uint32_t)dna_draw_below(&l->a->rng, s->n), to);
}

/* ---- the history ------------------------------------------------------------------- */

static void
sum_rates(dna_loop *l)
{
    for (int64_t i = 0; i < l->n; i++) {
        l->leave[i] = 0;
        for (int64_t j = 0; j < l->n; j++) {
            l->leave[i] += l->migration[i * l->n + j];
        }
    }
}

static double
size_now(const dna_loop *l, int64_t i)
{
    double age = l->a->time - l->since[i];
    return l->growth[i] != 0 && age > 0 ? l->size[i] * exp(-l->growth[i] * age)
                                        : l->size[i];
}

/* Each own lineage moves with probability e->value; led ones are told by their log. */
static int
move_fraction(dna_loop *l, const dna_demographic_event *e)
{
    dna_lineages *s = dna_loop_own(l, e->population);
    int rc = DNA_OK;

    for (uint32_t i = s->n; i-- > 0;) {
        if (e->value == 1 || dna_draw_uniform(&l->a->rng) < e->value) {
            DNA_TRY(move_own(l, e->population, i, e->other));
        }
    }
out:
    return rc;
}

static int
apply_event(dna_loop *l, const dna_demographic_event *e)
{
    if (e->kind == DNA_EVENT_MOVE) {
        return move_fraction(l, e);
    }
    for (int64_t i = 0; i < l->n; i++) {
        if (e->population != DNA_EVERY && e->population != i) {
            continue;
        }
        if (e->kind == DNA_EVENT_MIGRATION) {
            for (int64_t j = 0; j < l->n; j++) {
                if (j != i && (e->other == DNA_EVERY || e->other == j)) {
                    l->migration[i * l->n + j] = e->value;
                }
            }
            continue;
        }
        l->size[i] = size_now(l, i);
        l->since[i] = DNA_MAX(l->since[i], e->time);
        *(e->kind == DNA_EVENT_SIZE ? &l->size[i] : &l->growth[i]) = e->value;
    }
    sum_rates(l);
    return DNA_OK;
}

static double
next_group_time(const dna_loop *l)
{
    return l->before == NULL && l->next_group < l->h->d.n_group
               ? l->h->d.group[l->h->group_order[l->next_group]].time
               : (double)INFINITY;
}

static double
next_event_time(const dna_loop *l)
{
    return l->next_event < l->h->d.n_event ? l->h->d.event[l->next_event].time
                                           : (double)INFINITY;
}

static double
next_entry_time(const dna_loop *l)
{
    return l->before != NULL && l->next_entry < l->before->n
               ? l->before->entry[l->next_entry].time
               : (double)INFINITY;
}

/* One of the things that happen at a fixed time: samples, then events, then the log. */
static int
stop(dna_loop *l)
{
    if (next_group_time(l) <= l->a->time) {
        return add_group(l, l->h->group_order[l->next_group++]);
    }
    if (next_event_time(l) <= l->a->time) {
        return apply_event(l, &l->h->d.event[l->next_event++]);
    }
    return dna_loop_replay(l, &l->before->entry[l->next_entry++]);
}

/* ---- the loop ---------------------------------------------------------------------- */

static int
init(dna_loop *l)
{
    const dna_demography *d = &l->h->d;
    int rc = DNA_OK;

    l->n = d->n_population;
    DNA_NEW(l->size, l->n);
    DNA_NEW(l->growth, l->n);
    DNA_NEW(l->since, l->n);
    DNA_NEW(l->leave, l->n);
    DNA_NEW(l->pairs, l->n);
    DNA_NEW(l->migration, l->n * l->n);
    memcpy(l->migration, d->migration, (size_t)(l->n * l->n) * sizeof(double));
    for (int64_t i = 0; i < l->n; i++) {
        l->size[i] = d->population[i].size;
        l->growth[i] = d->population[i].growth;
        l->since[i] = d->population[i].end_time;
    }
    sum_rates(l);
    if (l->before != NULL) {
        DNA_NEW(l->where, l->before->n_id);
    }
out:
    return rc;
}

static void
clear(dna_loop *l)
{
    dna_free(l->size);
    dna_free(l->growth);
    dna_free(l->since);
    dna_free(l->leave);
    dna_free(l->pairs);
    dna_free(l->migration);
    dna_free(l->where);
}

static bool
is_finished(const dna_loop *l)
{
    uint32_t n = 0;
    for (int64_t i = 0; i < l->n; i++) {
        n += dna_loop_own(l, i)->n;
    }
    return n == 0 && isinf(next_group_time(l)) && isinf(next_entry_time(l));
}

/* What can happen next, while nothing stops it. */
typedef struct {
    double breaks, moves, pairs; /* rates */
    uint64_t mass;
    double time;        /* when */
    int64_t population; /* the growing one that coalesces then, -1: another event */
} outlook;

/* Time to the first of `pairs` coalescences at rate pairs / (2 N(t)) in a population that
 * grows: the integrated rate reaches a standard exponential draw. */
static double
grown_wait(dna_loop *l, int64_t i, double pairs)
{
    double g = l->growth[i];
    double draw = dna_draw_exponential(&l->a->ziggurat, &l->a->rng);
    double x = g * draw * 2 * size_now(l, i) / pairs;
    return x > -1 ? log1p(x) / g : (double)INFINITY;
}

static outlook
look_ahead(dna_loop *l)
{
    dna_ancestry *a = l->a;
    outlook o = {.time = (double)INFINITY, .population = -1};
    for (int64_t i = 0; i < l->n; i++) {
        const dna_lineages *own = dna_loop_own(l, i);
        const dna_lineages *led = dna_loop_led(l, i);
        double n = own->n;
        double pairs = n * (n - 1) / 2 + n * led->n;
        o.mass += own->mass + led->mass;
        o.moves += n * l->leave[i];
        l->pairs[i] = 0;
        if (pairs > 0 && l->growth[i] == 0) {
            l->pairs[i] = pairs / (2 * l->size[i]);
            o.pairs += l->pairs[i];
        } else if (pairs > 0) {
            double time = a->time + grown_wait(l, i, pairs);
            if (time < o.time) {
                o.time = time;
                o.population = i;
            }
        }
    }
    o.breaks = a->axis->link * (double)o.mass;
    double total = o.breaks + o.moves + o.pairs;
    if (total > 0) {
        double time = a->time + dna_draw_exponential(&a->ziggurat, &a->rng) / total;
        if (time < o.time) {
            o.time = time;
            o.population = -1;
        }
    }
    return o;
}

static int
happen(dna_loop *l, const outlook *o)
{
    if (o->population >= 0) {
        return coalesce(l, o->population);
    }
    double u = dna_draw_uniform(&l->a->rng) * (o->breaks + o->moves + o->pairs);
    if (u < o->breaks) {
        return recombine(l, o->mass);
    }
    u -= o->breaks;
    if (u < o->moves) {
        return migrate(l, u);
    }
    u -= o->moves;
    int64_t i = 0;
    while (i + 1 < l->n && u >= l->pairs[i]) {
        u -= l->pairs[i++];
    }
    while (l->pairs[i] == 0) { /* rounding at the end */
        i--;
    }
    return coalesce(l, i);
}

int
dna_run_structured(dna_ancestry *a, const dna_history *h, const dna_log *before)
{
    dna_loop l = {.a = a, .h = h, .before = before};
    uint64_t turns = 0;
    int rc = DNA_OK;

    DNA_TRY(init(&l));
    while (!is_finished(&l)) {
        double fixed =
            fmin(fmin(next_group_time(&l), next_event_time(&l)), next_entry_time(&l));
        outlook o = {.time = (double)INFINITY};
        if (fixed > a->time) {
            o = look_ahead(&l);
        }
        if ((++turns & (DNA_POLL_EVENTS - 1)) == 0) {
            DNA_TRY(dna_ancestry_poll(a));
        }
        if (o.time < fixed) {
            a->time = o.time;
            DNA_TRY(happen(&l, &o));
        } else {
            DNA_REQUIRE(isfinite(fixed), DNA_ENUMERIC,
                "lineages do not meet after %g generations", a->time);
            a->time = fixed;
            DNA_TRY(stop(&l));
        }
    }
    DNA_TRY(a->rc);
out:
    clear(&l);
    return rc;
}

/* smc.c - SMC': trees along the sequence, each made from the one before.
 *
 * SPDX-License-Identifier: MIT
 *
 * At a recombination the branch below a uniform point of the tree is cut there and joins
 * the tree again at the rate of coalescence, on any branch at its time, its own old one
 * included (then the tree stays). What earlier trees looked like is forgotten: that is
 * the approximation.
 *
 * Source: Marjoram and Wall 2006, BMC Genetics 7:16.
 */
#include "sim/loops.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

typedef struct {
    dna_ancestry *a;
    const dna_history *h;
    int64_t n, n_node;   /* samples; 2 n - 1 */
    int32_t *parent;     /* [n_node] -1: the root */
    int32_t (*child)[2]; /* [n_node] of inner nodes */
    double *time;        /* [n_node] */
    int32_t *order;      /* [n - 1] inner nodes from young to old */
    int32_t *stack;      /* [n_node] */
    double length;       /* of all branches */
} tree;

static double
tree_height(const tree *t)
{
    return t->time[t->order[t->n - 2]];
}

static void
measure_tree(tree *t)
{
    double before = 0;
    t->length = 0;
    for (int64_t i = 0; i < t->n - 1; i++) {
        double now = t->time[t->order[i]];
        t->length += (now - before) * (double)(t->n - i);
        before = now;
    }
}

/* The time after `from` at which a rate of pairs / (2 N(t)) has integrated to a draw;
 * INFINITY if that is after `until`. */
static double
wait_from(tree *t, double from, double until, double pairs)
{
    double draw = dna_draw_exponential(&t->a->ziggurat, &t->a->rng) / pairs;
    const dna_epoch *e = t->h->epoch;
    while (e->until <= from) {
        e++;
    }
    while (from + draw / e->rate > e->until && e->until < until) {
        draw -= (e->until - from) * e->rate;
        from = e->until;
        e++;
    }
    double time = from + draw / e->rate;
    return time < until ? time : (double)INFINITY;
}

static void
join(tree *t, int32_t node, int32_t x, int32_t y, double time)
{
    t->time[node] = time;
    t->child[node][0] = x;
    t->child[node][1] = y;
    t->parent[x] = node;
    t->parent[y] = node;
}

static void
first_tree(tree *t)
{
    int64_t k = t->n;
    double now = 0;
    for (int32_t i = 0; i < t->n; i++) {
        t->stack[i] = i;
    }
    for (int32_t node = (int32_t)t->n; node < t->n_node; node++) {
        now = wait_from(t, now, (double)INFINITY, 0.5 * (double)(k * (k - 1)));
        uint64_t i = dna_draw_below(&t->a->rng, (uint64_t)k);
        int32_t x = t->stack[i];
        t->stack[i] = t->stack[--k];
        uint64_t j = dna_draw_below(&t->a->rng, (uint64_t)k);
        join(t, node, x, t->stack[j], now);
        t->stack[j] = node;
        t->order[node - t->n] = node;
    }
    t->parent[t->n_node - 1] = -1;
    measure_tree(t);
}

/* A uniform point of the tree: the node below it, and its time. */
static int32_t
draw_point(tree *t, double *time)
{
    double x = dna_draw_uniform(&t->a->rng) * t->length;
    int32_t last = 0;
    for (int32_t u = 0; u < t->n_node; u++) {
        if (t->parent[u] < 0) {
            continue;
        }
        double branch = t->time[t->parent[u]] - t->time[u];
        if (x < branch) {
            *time = t->time[u] + x;
            return u;
        }
        x -= branch;
        last = u;
    }
    *time = t->time[t->parent[last]]; /* rounding */
    return last;
}

/* Where a lineage that begins at `time` joins the tree: the node below, and when. */
static int32_t
draw_join(tree *t, double *time)
{
    int64_t i = 0; /* the first inner node above */
    double when = (double)INFINITY;
    while (i < t->n - 1 && t->time[t->order[i]] <= *time) {
        i++;
    }
    while (isinf(when)) {
        double until = i < t->n - 1 ? t->time[t->order[i]] : (double)INFINITY;
        when = wait_from(t, *time, until, (double)(t->n - i));
        if (isinf(when)) {
            *time = until;
            i++;
        }
    }
    *time = when;
    int64_t which = (int64_t)dna_draw_below(&t->a->rng, (uint64_t)(t->n - i));
    for (int32_t u = 0; u < t->n_node; u++) {
        bool is_there =
            t->time[u] <= when && (t->parent[u] < 0 || t->time[t->parent[u]] > when);
        if (is_there && which-- == 0) {
            return u;
        }
    }
    return t->order[t->n - 2];
}

static void
replace_child(tree *t, int32_t parent, int32_t old, int32_t new_child)
{
    if (parent >= 0) {
        int32_t *c = t->child[parent];
        c[c[0] == old ? 0 : 1] = new_child;
    }
    t->parent[new_child] = parent;
}

/* Inner node p has a new time: keep the order. */
static void
reorder(tree *t, int32_t p)
{
    int64_t i = 0;
    while (t->order[i] != p) {
        i++;
    }
    for (; i + 1 < t->n - 1 && t->time[t->order[i + 1]] < t->time[p]; i++) {
        t->order[i] = t->order[i + 1];
    }
    for (; i > 0 && t->time[t->order[i - 1]] > t->time[p]; i--) {
        t->order[i] = t->order[i - 1];
    }
    t->order[i] = p;
}

/* Cut above `node` and join above `target` at `time`; p, the cut branch's parent, becomes
 * the new node. */
static void
regraft(tree *t, int32_t node, int32_t target, double time)
{
    int32_t p = t->parent[node];
    int32_t sibling = t->child[p][t->child[p][0] == node ? 1 : 0];
    if (target == node) {
        return; /* its own old branch */
    }
    replace_child(t, t->parent[p], p, sibling);
    if (target == p) {
        target = sibling;
    }
    replace_child(t, t->parent[target], target, p);
    join(t, p, node, target, time);
    reorder(t, p);
    measure_tree(t);
}

static uint64_t
carriers(tree *t, int32_t node)
{
    uint64_t bits = 0;
    int64_t n = 0;
    t->stack[n++] = node;
    while (n > 0) {
        int32_t u = t->stack[--n];
        if (u < t->n) {
            bits |= UINT64_C(1) << u;
        } else {
            t->stack[n++] = t->child[u][0];
            t->stack[n++] = t->child[u][1];
        }
    }
    return bits;
}

/* Mutations of the tree over [from, to) base pairs. */
static int
mutate(tree *t, double from, double to)
{
    dna_ancestry *a = t->a;
    double expected = a->axis->mutation_rate * t->length * (to - from);
    double passed = 0;
    int rc = DNA_OK;

    while (a->to_mutation < expected - passed) {
        passed += a->to_mutation;
        a->to_mutation = dna_draw_exponential(&a->ziggurat, &a->rng);
        double time = 0;
        int32_t node = draw_point(t, &time);
        double pos = from + (to - from) * (passed / expected);
        pos = pos < to ? pos : nextafter(to, from);
        DNA_TRY(dna_sites_add(
            &a->sites, (dna_site){pos, carriers(t, node), time, (uint32_t)node}));
    }
    a->to_mutation -= expected - passed;
out:
    return rc;
}

static int
init(tree *t)
{
    int rc = DNA_OK;

    t->n = t->a->n_sample;
    t->n_node = 2 * t->n - 1;
    DNA_NEW(t->parent, t->n_node);
    DNA_NEW(t->child, t->n_node);
    DNA_NEW(t->time, t->n_node);
    DNA_NEW(t->order, t->n - 1);
    DNA_NEW(t->stack, t->n_node);
out:
    return rc;
}

static void
clear(tree *t)
{
    dna_free(t->parent);
    dna_free(t->child);
    dna_free(t->time);
    dna_free(t->order);
    dna_free(t->stack);
}

static void
note_probes(const tree *t, double from, double to)
{
    const dna_ancestry *a = t->a;
    for (int64_t i = 0; i < a->n_probe; i++) {
        if (from <= a->probe[i] && a->probe[i] < to) {
            a->tmrca[i] = tree_height(t);
        }
    }
}

int
dna_run_smc(dna_ancestry *a, const dna_history *h, int64_t max_snp, double *simulated)
{
    tree t = {.a = a, .h = h};
    double rate = a->axis->link * (double)(DNA_CELLS - 1) / a->axis->length;
    double at = 0;
    int rc = DNA_OK;

    DNA_TRY(init(&t));
    first_tree(&t);
    while (at < a->axis->length && (max_snp == 0 || a->sites.n < max_snp)) {
        double next = a->axis->length;
        if (rate > 0) {
            next = fmin(next,
                at + dna_draw_exponential(&a->ziggurat, &a->rng) / (rate * t.length));
        }
        if ((++a->n_event & (DNA_POLL_EVENTS - 1)) == 0) {
            DNA_TRY(dna_ancestry_poll(a));
        }
        a->branch_length += (next - at) * t.length;
        note_probes(&t, at, next);
        DNA_TRY(mutate(&t, at, next));
        at = next;
        if (at < a->axis->length) {
            double time = 0;
            int32_t node = draw_point(&t, &time);
            int32_t target = draw_join(&t, &time);
            a->n_recombination++;
            regraft(&t, node, target, time);
        }
    }
    *simulated = at;
out:
    clear(&t);
    return rc;
}

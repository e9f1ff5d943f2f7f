/* ancestry.c - the array of segments, and what happens to material at an event.
 *
 * SPDX-License-Identifier: MIT
 *
 * A recombination copies nothing: both parts point into the old array, clipped by their
 * hulls. A coalescence writes a new array. The collector copies what the hulls show, so
 * afterwards nothing is shared and clips are real.
 */
#include "sim/ancestry.h"

#include <string.h>

#include "base/mem.h"

/* Not inlined into the loop of a merge, whose registers they would take. */
#if defined(__GNUC__)
#define RARE __attribute__((noinline))
#else
#define RARE
#endif

enum { LEAST_ROOM = 1 << 13 }; /* segments; what fits a fast cache */

void
dna_ancestry_begin(dna_ancestry *a, uint32_t begin, uint32_t end)
{
    a->begin = begin;
    a->end = end;
    a->time = 0;
    a->n_seg = 0;
    a->room = 0; /* limits are met alike whatever was simulated before */
    a->to_mutation = dna_draw_exponential(&a->ziggurat, &a->rng);
    a->rc = DNA_OK;
    for (int64_t i = 0; i < a->n_set; i++) {
        dna_lineages_reset(&a->set[i]);
    }
    dna_record_reset(&a->record);
    dna_log_reset(&a->log);
}

void
dna_ancestry_clear(dna_ancestry *a)
{
    dna_free(a->seg);
    dna_free(a->spare);
    for (int64_t i = 0; i < a->n_set; i++) {
        dna_lineages_clear(&a->set[i]);
    }
    dna_free(a->set);
    dna_sites_clear(&a->sites);
    dna_record_clear(&a->record);
    dna_log_clear(&a->log);
    dna_free(a->tmrca);
    *a = (dna_ancestry){0};
}

/* ---- memory ------------------------------------------------------------------------ */

/* By what is used, not by what was kept from other replicates. */
static size_t
memory_used(const dna_ancestry *a)
{
    size_t sum = 2 * (size_t)a->room * sizeof(dna_segment);
    for (int64_t i = 0; i < a->n_set; i++) {
        sum += a->set[i].n * (sizeof(dna_lineage) + sizeof(uint64_t));
    }
    sum += (size_t)a->sites.n * sizeof(dna_site);
    sum += (size_t)a->record.n_edge * sizeof(dna_edge);
    sum += (size_t)a->record.n_node * (sizeof(double) + sizeof(int32_t));
    return sum + (size_t)a->log.n * sizeof(dna_log_entry);
}

static int
fail_too_big(const dna_ancestry *a)
{
    return dna_fail(DNA_ENOMEM,
        "the ancestry needs more than %.0f MiB after %lld events: population size x "
        "rate of recombination or mutation x length is too large; raise max_memory or "
        "lower one of them",
        (double)a->max_memory / 1048576, (long long)a->n_event);
}

int
dna_ancestry_poll(dna_ancestry *a)
{
    int rc = DNA_OK;

    DNA_TRY(a->rc);
    DNA_REQUIRE(a->n_event <= a->max_events, DNA_ENUMERIC,
        "more than %lld events, at %g generations: population size x recombination rate "
        "x length is too large; raise max_events or lower one of them",
        (long long)a->max_events, a->time);
    if (memory_used(a) > a->max_memory) {
        rc = fail_too_big(a);
        goto out;
    }
    DNA_REQUIRE(a->is_cancelled == NULL || !a->is_cancelled(a->payload), DNA_ECANCEL,
        "the simulation was stopped");
out:
    return rc;
}

static dna_segment *
copy_clipped(dna_segment *out, const dna_segment *from, dna_lineage l)
{
    memcpy(out, from + l.first, l.n * sizeof(*out));
    out[0].left = DNA_MAX(out[0].left, l.left);
    out[l.n - 1].right = DNA_MIN(out[l.n - 1].right, l.right);
    return out + l.n;
}

static uint64_t
count_live(const dna_ancestry *a)
{
    uint64_t live = 0;
    for (int64_t i = 0; i < a->n_set; i++) {
        for (uint32_t j = 0; j < a->set[i].n; j++) {
            live += a->set[i].line[j].n;
        }
    }
    return live;
}

/* Copy what is alive into the spare array, which is made at least four times as large,
 * so that a segment is copied a third of a time on average. */
RARE static int
collect(dna_ancestry *a, uint64_t n)
{
    uint64_t want = 4 * (count_live(a) + n);
    uint64_t room = DNA_MAX(a->room, LEAST_ROOM);

    while (room < want) {
        room *= 2;
    }
    if (room > UINT32_MAX / 2 || room * sizeof(dna_segment) > a->max_memory / 2) {
        return fail_too_big(a);
    }
    if (a->spare_size < room) {
        dna_free(a->spare);
        a->spare_size = 0;
        a->spare = dna_alloc_aligned(room * sizeof(dna_segment));
        if (a->spare == NULL) {
            return DNA_ENOMEM;
        }
        a->spare_size = (uint32_t)room;
    }
    dna_segment *out = a->spare;
    for (int64_t i = 0; i < a->n_set; i++) {
        for (uint32_t j = 0; j < a->set[i].n; j++) {
            dna_lineage *l = &a->set[i].line[j];
            uint32_t first = (uint32_t)(out - a->spare);
            if (l->n > 0) {
                out = copy_clipped(out, a->seg, *l);
            }
            l->first = first;
        }
    }
    a->n_seg = (uint32_t)(out - a->spare);
    dna_segment *seg = a->seg;
    uint32_t size = a->seg_size;
    a->seg = a->spare;
    a->seg_size = a->spare_size;
    a->spare = seg;
    a->spare_size = size;
    a->room = (uint32_t)room;
    return DNA_OK;
}

int
dna_ancestry_reserve(dna_ancestry *a, uint64_t n)
{
    return a->n_seg + n <= a->room ? DNA_OK : collect(a, n);
}

/* ---- events ------------------------------------------------------------------------ */

dna_lineage
dna_ancestry_sample(dna_ancestry *a, int64_t sample)
{
    uint64_t tag =
        a->is_node ? UINT64_C(1) << 32 | (uint64_t)sample : UINT64_C(1) << sample;
    a->seg[a->n_seg] = (dna_segment){a->begin, a->end, tag, a->time};
    return (dna_lineage){a->n_seg++, 1, a->begin, a->end};
}

dna_lineage
dna_ancestry_cut(
    const dna_ancestry *a, dna_lineage x, uint32_t border, dna_lineage *right)
{
    const dna_segment *s = a->seg + x.first;
    uint32_t low = 0;
    uint32_t high = x.n; /* the first segment that reaches beyond the border */
    while (high - low > 8) {
        uint32_t middle = (low + high) / 2;
        if (s[middle].right > border) {
            high = middle + 1;
        } else {
            low = middle + 1;
        }
    }
    while (s[low].right <= border) {
        low++;
    }
    if (s[low].left < border) { /* inside: both keep it */
        *right = (dna_lineage){x.first + low, x.n - low, border, x.right};
        return (dna_lineage){x.first, low + 1, x.left, border};
    }
    *right = (dna_lineage){x.first + low, x.n - low, s[low].left, x.right};
    return (dna_lineage){x.first, low, x.left, low > 0 ? s[low - 1].right : x.left};
}

/* The node a branch begins at. Where tags are carriers, it is the genome itself, or the
 * node as old as the birth: nodes are made in the order of their times, and two have the
 * same only if a wait is lost in rounding. */
static uint32_t
node_of(const dna_ancestry *a, const dna_segment *s)
{
    if (a->is_node) {
        return (uint32_t)s->tag;
    }
    if ((s->tag & (s->tag - 1)) == 0) {
        uint32_t i = 0;
        while (s->tag >> i != 1) {
            i++;
        }
        return i;
    }
    int64_t low = a->n_sample;
    int64_t high = a->record.n_node;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (a->record.time[middle] <= s->birth) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

/* Mutations on the two branches of one overlap: `expected` of them, the first falls when
 * to_mutation is used up. Given their number they are uniform. */
RARE static void
scatter(dna_ancestry *a, const dna_segment *x, const dna_segment *y, uint32_t right,
    double expected)
{
    double on_x = a->time - x->birth;
    double both = on_x + (a->time - y->birth);
    while (a->to_mutation < expected && a->rc == DNA_OK) {
        if ((size_t)a->sites.n > a->max_memory / 2 / sizeof(dna_site)) {
            a->rc = fail_too_big(a);
            return;
        }
        expected -= a->to_mutation;
        a->to_mutation = dna_draw_exponential(&a->ziggurat, &a->rng);
        double pos = dna_axis_place(a->axis, x->left, right, dna_draw_uniform(&a->rng));
        double at = dna_draw_uniform(&a->rng) * both;
        bool is_x = at < on_x;
        const dna_segment *on = is_x ? x : y;
        dna_site site = {pos, on->tag, on->birth + (is_x ? at : at - on_x),
            a->has_record ? node_of(a, on) : 0};
        int rc = dna_sites_add(&a->sites, site);
        if (rc < 0) {
            a->rc = rc;
            return;
        }
    }
    a->to_mutation -= expected;
}

RARE static void
probe_mrca(dna_ancestry *a, uint32_t left, uint32_t right)
{
    double from = dna_axis_bp(a->axis, left);
    double to = dna_axis_bp(a->axis, right);
    for (int64_t i = 0; i < a->n_probe; i++) {
        if (from <= a->probe[i] && a->probe[i] < to) {
            a->tmrca[i] = a->time;
        }
    }
}

/* Two materials meet in cells [x->left, right): the branches end, their length counts,
 * mutations fall. */
static inline void
end_branches(
    dna_ancestry *a, const dna_segment *x, const dna_segment *y, uint32_t right)
{
    const dna_axis *axis = a->axis;
    double both = (a->time - x->birth) + (a->time - y->birth);
    double expected = 0;
    if (axis->is_uniform) {
        double area = (double)(right - x->left) * axis->bp_per_cell * both;
        a->branch_length += area;
        expected = area * axis->mutation_rate;
    } else {
        a->branch_length +=
            (dna_axis_bp(axis, right) - dna_axis_bp(axis, x->left)) * both;
        expected = (dna_axis_mass(axis, right) - dna_axis_mass(axis, x->left)) * both;
    }
    if (expected <= a->to_mutation) {
        a->to_mutation -= expected;
    } else {
        dna_segment px = *x; /* copies, so that the readers stay in registers */
        dna_segment py = *y;
        scatter(a, &px, &py, right, expected);
    }
}

/* Write down that two materials have an ancestor now, the node of this merge: it is made
 * at the first overlap. */
RARE static uint32_t
record_overlap(dna_ancestry *a, const dna_segment *x, const dna_segment *y,
    uint32_t right, int64_t *node)
{
    int rc = DNA_OK;

    if (*node < 0) {
        DNA_TRY(dna_record_node(&a->record, a->time, a->population));
        *node = a->record.n_node - 1;
    }
    uint32_t parent = (uint32_t)*node;
    uint32_t left = x->left;
    DNA_TRY(
        dna_record_edge(&a->record, (dna_edge){left, right, parent, node_of(a, x)}));
    DNA_TRY(
        dna_record_edge(&a->record, (dna_edge){left, right, parent, node_of(a, y)}));
out:
    if (rc < 0) {
        a->rc = rc;
    }
    return *node < 0 ? 0 : (uint32_t)*node;
}

/* A lineage being read: `now` is the current segment, clipped, its left end moving. */
typedef struct {
    const dna_segment *at, *last; /* last may be below at: nothing left */
    uint32_t end;
    dna_segment now;
} reader;

static inline void
read_segment(reader *r)
{
    r->now = *r->at;
    if (r->now.right > r->end) {
        r->now.right = r->end;
    }
}

static inline reader
reader_of(const dna_ancestry *a, dna_lineage l)
{
    reader r = {.at = a->seg + l.first, .end = l.right};
    r.last = r.at + l.n; /* one beyond */
    if (l.n > 0) {
        read_segment(&r);
        if (r.now.left < l.left) {
            r.now.left = l.left;
        }
    }
    return r;
}

static inline void
read_next(reader *r)
{
    if (++r->at < r->last) {
        read_segment(r);
    }
}

/* Append, or prolong the segment before if it is the same material. */
static inline dna_segment *
emit(dna_segment *out, const dna_segment *begin, dna_segment s)
{
    if (out > begin && out[-1].right == s.left && out[-1].tag == s.tag
        && out[-1].birth == s.birth) {
        out[-1].right = s.right;
        return out;
    }
    *out = s;
    return out + 1;
}

/* The current segment, and those after it that end before a cell. Only the first can be
 * a continuation of what is there: neighbours in one lineage differ. */
static inline dna_segment *
emit_before(dna_segment *out, const dna_segment *begin, reader *r, uint32_t cell)
{
    out = emit(out, begin, r->now);
    read_next(r);
    while (r->at < r->last && r->now.right <= cell) {
        *out++ = r->now;
        read_next(r);
    }
    return out;
}

/* The current segment up to a cell inside it. */
static inline dna_segment *
emit_until(dna_segment *out, const dna_segment *begin, reader *r, uint32_t cell)
{
    dna_segment alone = r->now;
    alone.right = cell;
    r->now.left = cell;
    return emit(out, begin, alone);
}

/* All that is left of a reader. */
static inline dna_segment *
emit_rest(dna_segment *out, const dna_segment *begin, reader *r)
{
    if (r->at < r->last) {
        size_t n = (size_t)(r->last - r->at) - 1;
        out = emit(out, begin, r->now);
        if (n > 0) {
            memcpy(out, r->at + 1, n * sizeof(*out));
            out += n;
            if (out[-1].right > r->end) {
                out[-1].right = r->end;
            }
        }
    }
    return out;
}

dna_lineage
dna_ancestry_merge(dna_ancestry *a, dna_lineage lx, dna_lineage ly)
{
    reader x = reader_of(a, lx);
    reader y = reader_of(a, ly);
    dna_segment *begin = a->seg + a->n_seg;
    dna_segment *out = begin;
    int64_t node = -1;

    while (x.at < x.last && y.at < y.last) {
        if (x.now.right <= y.now.left) {
            out = emit_before(out, begin, &x, y.now.left);
            continue;
        }
        if (y.now.right <= x.now.left) {
            out = emit_before(out, begin, &y, x.now.left);
            continue;
        }
        /* what one has alone before they meet */
        if (x.now.left < y.now.left) {
            out = emit_until(out, begin, &x, y.now.left);
        } else if (y.now.left < x.now.left) {
            out = emit_until(out, begin, &y, x.now.left);
        }
        uint32_t right = DNA_MIN(x.now.right, y.now.right);
        dna_segment both = {x.now.left, right, x.now.tag | y.now.tag, a->time};
        end_branches(a, &x.now, &y.now, right);
        uint64_t done = both.tag;
        if (a->has_record) {
            dna_segment px = x.now;
            dna_segment py = y.now;
            uint32_t parent = record_overlap(a, &px, &py, right, &node);
            if (a->is_node) {
                done = (x.now.tag >> 32) + (y.now.tag >> 32);
                both.tag = done << 32 | parent;
            }
        }
        if (done != a->full) {
            out = emit(out, begin, both);
        } else if (a->n_probe > 0) {
            probe_mrca(a, both.left, right);
        }
        x.now.left = y.now.left = right;
        if (x.now.right == right) {
            read_next(&x);
        }
        if (y.now.right == right) {
            read_next(&y);
        }
    }
    out = emit_rest(out, begin, &x);
    out = emit_rest(out, begin, &y);
    uint32_t n = (uint32_t)(out - begin);
    dna_lineage merged = {a->n_seg, n, 0, 0};
    if (n > 0) {
        merged.left = begin->left;
        merged.right = out[-1].right;
    }
    a->n_seg += n;
    return merged;
}

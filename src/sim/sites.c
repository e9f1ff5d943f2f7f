/* sites.c - sort sites, trace carriers through trees, turn bits into bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/sites.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- sorting ----------------------------------------------------------------------- */

static int
compare_sites(const void *pa, const void *pb)
{
    const dna_site *a = pa;
    const dna_site *b = pb;
    if (a->pos != b->pos) {
        return a->pos < b->pos ? -1 : 1;
    }
    return (a->time > b->time) - (a->time < b->time);
}

/* Into the order of 4096 equal bins, by counting. */
static void
sort_bins(const dna_site *at, dna_site *out, int64_t n, double from, double to)
{
    enum { BINS = 4096 };
    int64_t start[BINS + 1] = {0};
    double scale = BINS / (to - from);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < n; i++) {
            int64_t bin = (int64_t)((at[i].pos - from) * scale);
            bin = bin < 0 ? 0 : DNA_MIN(bin, BINS - 1);
            if (pass == 0) {
                start[bin + 1]++;
            } else {
                out[start[bin]++] = at[i];
            }
        }
        for (int64_t b = 0; pass == 0 && b < BINS; b++) {
            start[b + 1] += start[b];
        }
    }
}

void
dna_sites_sort(
    dna_site *at, dna_site *scratch, int64_t n, double from, double to, bool is_uniform)
{
    if (n == 0) {
        return;
    }
    if (!is_uniform || n > 200000) { /* bins would be full */
        qsort(at, (size_t)n, sizeof(*at), compare_sites);
        return;
    }
    sort_bins(at, scratch, n, from, to);
    for (int64_t i = 0; i < n; i++) {
        dna_site s = scratch[i];
        int64_t j = i;
        while (j > 0 && at[j - 1].pos > s.pos) {
            at[j] = at[j - 1];
            j--;
        }
        at[j] = s;
    }
}

/* ---- carriers from trees ----------------------------------------------------------- */

/* The tree at one place: children of a node are a list. */
typedef struct {
    int32_t *parent, *child, *next, *before; /* [n_node], -1: none */
    int64_t *come, *go; /* [n_edge] edges by left and by right end */
    int32_t *stack;
} tree;

typedef struct {
    uint32_t cell;
    int64_t edge;
} ending;

static int
compare_ends(const void *pa, const void *pb)
{
    const ending *a = pa;
    const ending *b = pb;
    if (a->cell != b->cell) {
        return a->cell < b->cell ? -1 : 1;
    }
    return (a->edge > b->edge) - (a->edge < b->edge);
}

static int
order_edges(int64_t **out, const dna_record *r, bool is_left)
{
    ending *ends = NULL;
    int rc = DNA_OK;

    DNA_NEW(ends, r->n_edge);
    DNA_NEW(*out, r->n_edge);
    for (int64_t i = 0; i < r->n_edge; i++) {
        ends[i].cell = is_left ? r->edge[i].left : r->edge[i].right;
        ends[i].edge = i;
    }
    qsort(ends, (size_t)r->n_edge, sizeof(*ends), compare_ends);
    for (int64_t i = 0; i < r->n_edge; i++) {
        (*out)[i] = ends[i].edge;
    }
out:
    dna_free(ends);
    return rc;
}

static void
link_edge(tree *t, const dna_edge *e)
{
    int32_t parent = (int32_t)e->parent;
    int32_t child = (int32_t)e->child;
    t->parent[child] = parent;
    t->before[child] = -1;
    t->next[child] = t->child[parent];
    if (t->child[parent] >= 0) {
        t->before[t->child[parent]] = child;
    }
    t->child[parent] = child;
}

static void
unlink_edge(tree *t, const dna_edge *e)
{
    int32_t parent = (int32_t)e->parent;
    int32_t child = (int32_t)e->child;
    if (t->before[child] >= 0) {
        t->next[t->before[child]] = t->next[child];
    } else {
        t->child[parent] = t->next[child];
    }
    if (t->next[child] >= 0) {
        t->before[t->next[child]] = t->before[child];
    }
    t->parent[child] = -1;
}

/* Set the bits of the samples below a node. */
static void
mark_below(tree *t, int32_t node, int64_t n_sample, uint64_t *words)
{
    int64_t n = 0;
    t->stack[n++] = node;
    while (n > 0) {
        int32_t u = t->stack[--n];
        if (u < n_sample) {
            words[u / 64] |= UINT64_C(1) << (u % 64);
        }
        for (int32_t c = t->child[u]; c >= 0; c = t->next[c]) {
            t->stack[n++] = c;
        }
    }
}

static int
tree_init(tree *t, const dna_record *r)
{
    int rc = DNA_OK;

    DNA_NEW(t->parent, r->n_node);
    DNA_NEW(t->child, r->n_node);
    DNA_NEW(t->next, r->n_node);
    DNA_NEW(t->before, r->n_node);
    DNA_NEW(t->stack, r->n_node);
    for (int64_t i = 0; i < r->n_node; i++) {
        t->parent[i] = t->child[i] = t->next[i] = t->before[i] = -1;
    }
    DNA_TRY(order_edges(&t->come, r, true));
    DNA_TRY(order_edges(&t->go, r, false));
out:
    return rc;
}

static void
tree_clear(tree *t)
{
    dna_free(t->parent);
    dna_free(t->child);
    dna_free(t->next);
    dna_free(t->before);
    dna_free(t->stack);
    dna_free(t->come);
    dna_free(t->go);
}

int
dna_sites_trace(uint64_t *words, const dna_site *at, int64_t n, const dna_record *r,
    const dna_axis *axis, int64_t n_sample)
{
    tree t = {0};
    int64_t n_word = (n_sample + 63) / 64;
    int64_t come = 0;
    int64_t go = 0;
    int rc = DNA_OK;

    memset(words, 0, (size_t)(n * n_word) * sizeof(*words));
    if (n == 0) {
        return DNA_OK;
    }
    DNA_TRY(tree_init(&t, r));
    for (int64_t i = 0; i < n; i++) {
        while (go < r->n_edge || come < r->n_edge) {
            uint32_t ends = go < r->n_edge ? r->edge[t.go[go]].right : UINT32_MAX;
            uint32_t begins =
                come < r->n_edge ? r->edge[t.come[come]].left : UINT32_MAX;
            if (dna_axis_bp(axis, DNA_MIN(ends, begins)) > at[i].pos) {
                break;
            }
            if (ends <= begins) { /* what ends here goes before what begins here */
                unlink_edge(&t, &r->edge[t.go[go++]]);
            } else {
                link_edge(&t, &r->edge[t.come[come++]]);
            }
        }
        mark_below(&t, (int32_t)(uint32_t)at[i].tag, n_sample, words + i * n_word);
    }
out:
    tree_clear(&t);
    return rc;
}

/* ---- bits to bytes ----------------------------------------------------------------- */

/* x[i] bit j becomes x[j] bit i (Warren, Hacker's Delight, section 7-3). */
static void
transpose(uint64_t x[64])
{
    uint64_t mask = UINT64_C(0x00000000ffffffff);
    for (unsigned j = 32; j != 0; j >>= 1, mask ^= mask << j) {
        for (unsigned k = 0; k < 64; k = ((k | j) + 1) & ~j) {
            uint64_t t = ((x[k] >> j) ^ x[k | j]) & mask;
            x[k] ^= t << j;
            x[k | j] ^= t;
        }
    }
}

/* out[k] = bit k of byte */
static inline void
spread_byte(uint8_t *out, uint64_t byte)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t x = byte * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
    x = (x + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7 & UINT64_C(0x0101010101010101);
    memcpy(out, &x, sizeof(x));
#else
    for (int k = 0; k < 8; k++) {
        out[k] = (uint8_t)(byte >> k & 1);
    }
#endif
}

static void
spread_row(uint8_t *out, uint64_t bits, int64_t n)
{
    int64_t k = 0;
    for (; k + 8 <= n; k += 8) {
        spread_byte(out + k, bits >> k & 0xff);
    }
    for (; k < n; k++) {
        out[k] = (uint8_t)(bits >> k & 1);
    }
}

void
dna_sites_matrix(uint8_t *snp, const uint64_t *words, int64_t n_hap, int64_t n)
{
    int64_t n_word = (n_hap + 63) / 64;
    for (int64_t first = 0; first < n; first += 64) {
        int64_t n_here = DNA_MIN(64, n - first);
        for (int64_t w = 0; w < n_word; w++) {
            uint64_t x[64] = {0};
            for (int64_t j = 0; j < n_here; j++) {
                x[j] = words[(first + j) * n_word + w];
            }
            transpose(x);
            for (int64_t i = 0; i < DNA_MIN(64, n_hap - 64 * w); i++) {
                spread_row(snp + (64 * w + i) * n + first, x[i], n_here);
            }
        }
    }
}

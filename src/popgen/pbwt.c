/* pbwt.c - the positional Burrows-Wheeler transform, and pairs by where they match.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/pbwt.h"

#include <string.h>

#include "base/mem.h"
#include "popgen/bits.h"

#define FEWEST_STEPS 256 /* of a chunk */
#define MOST_CHUNKS  64

/* ---- the order ------------------------------------------------------------------- */

static int
list_sites(dna_pbwt_path *path, bool from_right)
{
    const dna_haplotypes *h = path->h;
    int rc = DNA_OK;

    DNA_NEW(path->sites, h->n_site);
    for (int64_t i = 0; i < h->n_site; i++) {
        int64_t site = from_right ? h->n_site - 1 - i : i;
        if (dna_haplotypes_is_complete(h, site)) {
            path->sites[path->n_step++] = site;
        }
    }
out:
    return rc;
}

static int
state_init(dna_pbwt *p, const dna_pbwt_path *path)
{
    int64_t n = path->h->n_hap;
    int rc = DNA_OK;

    *p = (dna_pbwt){.path = path};
    DNA_NEW(p->order, n);
    DNA_NEW(p->start, n);
    DNA_NEW(p->next_order, n);
    DNA_NEW(p->next_start, n);
    for (int64_t k = 0; k < n; k++) {
        p->order[k] = (int32_t)k;
    }
out:
    return rc;
}

int
dna_pbwt_path_init(dna_pbwt_path *path, const dna_haplotypes *h, bool from_right)
{
    size_t n = (size_t)h->n_hap;
    dna_pbwt p = {0};
    int rc = DNA_OK;

    *path = (dna_pbwt_path){.h = h};
    DNA_TRY(list_sites(path, from_right));
    path->chunk = DNA_MAX(FEWEST_STEPS, (path->n_step + MOST_CHUNKS - 1) / MOST_CHUNKS);
    path->n_chunk = (path->n_step + path->chunk - 1) / path->chunk;
    DNA_NEW(path->order, (size_t)path->n_chunk * n);
    DNA_NEW(path->start, (size_t)path->n_chunk * n);
    DNA_TRY(state_init(&p, path));
    for (int64_t t = 0; t < path->n_step; t++) {
        if (t % path->chunk == 0) {
            size_t at = (size_t)(t / path->chunk) * n;
            memcpy(path->order + at, p.order, n * sizeof(*p.order));
            memcpy(path->start + at, p.start, n * sizeof(*p.start));
        }
        dna_pbwt_step(&p);
    }
out:
    dna_pbwt_clear(&p);
    return rc;
}

void
dna_pbwt_path_clear(dna_pbwt_path *path)
{
    dna_free(path->sites);
    dna_free(path->order);
    dna_free(path->start);
    *path = (dna_pbwt_path){0};
}

int
dna_pbwt_init(dna_pbwt *p, const dna_pbwt_path *path, int64_t chunk)
{
    size_t n = (size_t)path->h->n_hap;
    size_t at = (size_t)chunk * n;
    int rc = DNA_OK;

    DNA_TRY(state_init(p, path));
    memcpy(p->order, path->order + at, n * sizeof(*p->order));
    memcpy(p->start, path->start + at, n * sizeof(*p->start));
    p->n_taken = chunk * path->chunk;
out:
    return rc;
}

void
dna_pbwt_clear(dna_pbwt *p)
{
    dna_free(p->order);
    dna_free(p->start);
    dna_free(p->next_order);
    dna_free(p->next_start);
    *p = (dna_pbwt){0};
}

void
dna_pbwt_step(dna_pbwt *p)
{
    const dna_haplotypes *h = p->path->h;
    int64_t site = p->path->sites[p->n_taken];
    const uint64_t *column = h->derived + site * h->n_word;
    int64_t n_zero = h->n_hap - h->count[site];
    int64_t place[2] = {0, n_zero};
    /* the start of the match between a haplotype and the one before it with the same
     * allele: the largest start since that one */
    int32_t begin[2] = {(int32_t)p->n_taken + 1, (int32_t)p->n_taken + 1};

    for (int64_t k = 0; k < h->n_hap; k++) {
        int allele = dna_bit(column, p->order[k]);
        begin[0] = DNA_MAX(begin[0], p->start[k]);
        begin[1] = DNA_MAX(begin[1], p->start[k]);
        p->next_order[place[allele]] = p->order[k];
        p->next_start[place[allele]++] = begin[allele];
        begin[allele] = 0;
    }
    int32_t *order = p->order;
    int32_t *start = p->start;
    p->order = p->next_order;
    p->start = p->next_start;
    p->next_order = order;
    p->next_start = start;
    p->n_zero = n_zero;
    p->n_taken++;
}

/* ---- pairs ----------------------------------------------------------------------- */

/* Left ends of pairs whose largest start is, so far, the one at place `at`. */
typedef struct dna_match_entry {
    int32_t start;
    int64_t at, n_left;
} entry;

int
dna_match_tally_init(dna_match_tally *y, int64_t n_step, int64_t n_hap)
{
    int rc = DNA_OK;

    *y = (dna_match_tally){.n_step = n_step, .highest = -1};
    DNA_NEW(y->pairs, n_step + 1);
    DNA_NEW(y->touched, n_step / 64 + 1);
    DNA_NEW(y->stack, n_hap);
out:
    return rc;
}

void
dna_match_tally_clear(dna_match_tally *y)
{
    dna_free(y->pairs);
    dna_free(y->touched);
    dna_free(y->stack);
    *y = (dna_match_tally){0};
}

static void
add(dna_match_tally *y, int32_t start, int64_t pairs)
{
    y->pairs[start] += pairs;
    y->start_sum += pairs * start;
    y->touched[start / 64] |= UINT64_C(1) << (start % 64);
    y->highest = DNA_MAX(y->highest, start / 64);
}

void
dna_match_tally_add(
    dna_match_tally *y, const int32_t *start, int64_t first, int64_t last, int64_t sign)
{
    int64_t top = 0;

    for (int64_t k = first + 1; k < last; k++) {
        entry e = {start[k], k, 1};
        while (top > 0 && y->stack[top - 1].start <= e.start) {
            const entry *done = &y->stack[--top];
            add(y, done->start, sign * done->n_left * (k - done->at));
            e.n_left += done->n_left;
        }
        y->stack[top++] = e;
    }
    while (top > 0) {
        const entry *done = &y->stack[--top];
        add(y, done->start, sign * done->n_left * (last - done->at));
    }
}

bool
dna_match_tally_take(dna_match_tally *y, int64_t *step, int64_t *pairs)
{
    while (y->highest >= 0 && y->touched[y->highest] == 0) {
        y->highest--;
    }
    if (y->highest < 0) {
        y->start_sum = 0;
        return false;
    }
    int bit = 63 - __builtin_clzll(y->touched[y->highest]);
    *step = y->highest * 64 + bit;
    *pairs = y->pairs[*step];
    y->pairs[*step] = 0;
    y->touched[y->highest] ^= UINT64_C(1) << bit;
    return true;
}

void
dna_match_tally_empty(dna_match_tally *y)
{
    int64_t step = 0;
    int64_t pairs = 0;
    while (dna_match_tally_take(y, &step, &pairs)) {
    }
}

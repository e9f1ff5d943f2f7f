/* ld_scan.c - all pairs of sites, 64 haplotypes at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/ld_scan.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "dnadna/ld.h"
#include "popgen/bits.h"
#include "popgen/ld_count.h"

#define MOST_TASKS 64

/* A pair of which some haplotypes are missing at one site or the other. */
static double
r2_incomplete(const dna_haplotypes *h, int64_t a, int64_t b)
{
    const uint64_t *derived_a = h->derived + a * h->n_word;
    const uint64_t *derived_b = h->derived + b * h->n_word;
    const uint64_t *called_a = h->called + a * h->n_word;
    const uint64_t *called_b = h->called + b * h->n_word;
    double n = dna_count_both(called_a, called_b, h->n_word);
    double c_a = dna_count_both(derived_a, called_b, h->n_word);
    double c_b = dna_count_both(derived_b, called_a, h->n_word);
    double both = dna_count_both(derived_a, derived_b, h->n_word);
    double spread = c_a * (n - c_a) * (c_b * (n - c_b));
    double d = n * both - c_a * c_b;

    return spread > 0 ? d * d / spread : (double)NAN;
}

static double
site_weight(const dna_haplotypes *h, int64_t site)
{
    double c = h->count[site];
    double rest = (double)h->n_hap - c;
    return 1 / (c * rest);
}

double
dna_ld_r2(const dna_haplotypes *h, int64_t a, int64_t b)
{
    if (!dna_haplotypes_is_segregating(h, a) || !dna_haplotypes_is_segregating(h, b)) {
        return (double)NAN;
    }
    if (!dna_haplotypes_is_complete(h, a) || !dna_haplotypes_is_complete(h, b)) {
        return r2_incomplete(h, a, b);
    }
    double both = dna_count_both(
        h->derived + a * h->n_word, h->derived + b * h->n_word, h->n_word);
    double d = (double)h->n_hap * both - (double)h->count[a] * h->count[b];
    return d * d * (site_weight(h, a) * site_weight(h, b));
}

/* One row of the tile against one block of columns. */
static void
compute_row(const dna_ld_scan *s, int64_t a, int64_t b, int64_t n, double *r2)
{
    const dna_haplotypes *h = s->h;
    int32_t counts[DNA_LD_BLOCK];
    int64_t site = s->sites[a];

    if (h->called != NULL) {
        for (int64_t j = 0; j < n; j++) {
            r2[j] = dna_ld_r2(h, site, s->sites[b + j]);
        }
        return;
    }
    dna_ld_count(counts, h, site, s->sites + b, n);
    for (int64_t j = 0; j < n; j++) {
        double d = (double)h->n_hap * counts[j]
                   - (double)h->count[site] * h->count[s->sites[b + j]];
        r2[j] = d * d * (s->weight[a] * s->weight[b + j]);
    }
}

static void
compute_tile(const dna_ld_scan *s, int64_t task, int64_t first, int64_t last)
{
    double r2[DNA_LD_BLOCK];

    for (int64_t block = first; block < s->n; block += DNA_LD_BLOCK) {
        int64_t end = DNA_MIN(block + DNA_LD_BLOCK, s->n);
        for (int64_t a = first; a < last; a++) {
            int64_t b = DNA_MAX(block, a + 1);
            if (b < end) {
                compute_row(s, a, b, end - b, r2);
                s->fn(s->payload, task, a, b, end - b, r2);
            }
        }
    }
}

static int
run_task(void *payload, int64_t task, int worker)
{
    const dna_ld_scan *s = payload;
    int64_t last = DNA_MIN((task + 1) * s->n_row, s->n);

    (void)worker;
    for (int64_t a = task * s->n_row; a < last; a += DNA_LD_TILE) {
        compute_tile(s, task, a, DNA_MIN(a + DNA_LD_TILE, last));
    }
    return DNA_OK;
}

int
dna_ld_scan_init(
    dna_ld_scan *scan, const dna_haplotypes *h, int64_t first, int64_t last)
{
    dna_ld_scan s = {.h = h};
    int rc = DNA_OK;

    DNA_NEW(s.sites, last - first);
    DNA_NEW(s.weight, last - first);
    for (int64_t site = first; site < last; site++) {
        if (dna_haplotypes_is_segregating(h, site)) {
            s.weight[s.n] = site_weight(h, site);
            s.sites[s.n++] = site;
        }
    }
    int64_t n_tile = (s.n + DNA_LD_TILE - 1) / DNA_LD_TILE;
    s.n_row = DNA_LD_TILE * DNA_MAX(1, (n_tile + MOST_TASKS - 1) / MOST_TASKS);
out:
    *scan = s;
    return rc;
}

void
dna_ld_scan_clear(dna_ld_scan *scan)
{
    dna_free(scan->sites);
    dna_free(scan->weight);
    *scan = (dna_ld_scan){0};
}

int64_t
dna_ld_scan_n_task(const dna_ld_scan *scan)
{
    return (scan->n + scan->n_row - 1) / scan->n_row;
}

int
dna_ld_scan_run(dna_ld_scan *scan, int n_thread)
{
    dna_pool *pool = NULL;
    int64_t n_task = dna_ld_scan_n_task(scan);
    int rc = DNA_OK;

    if (n_thread != 1 && n_task > 1) {
        DNA_TRY(dna_pool_new(&pool, n_thread));
    }
    DNA_TRY(dna_pool_run(pool, n_task, run_task, scan));
out:
    dna_pool_free(pool);
    return rc;
}

/* ibs.c - tracts between the differences of all pairs.
 *
 * SPDX-License-Identifier: MIT
 *
 * At each site the pairs with different alleles end a tract. Where it began is known of
 * all pairs before the site is taken, and of those with the same allele after it; what is
 * in the one and not in the other are the pairs that differ.
 */
#include "dnadna/ibs.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "popgen/pbwt.h"

typedef struct {
    int64_t n;
    double length, squared; /* sums */
} tract_sums;

typedef struct {
    dna_pbwt_path path;
    const double *edges;
    int64_t n_bin;
    tract_sums *sums; /* [n_chunk] */
    int64_t *counts;  /* [n_chunk, n_bin] */
} scan;

static int64_t
find_bin(const double *edges, int64_t n_bin, double length)
{
    int64_t low = 0;
    int64_t high = n_bin; /* edges[low] < length <= edges[high] */

    if (n_bin < 1 || !(length > edges[0]) || length > edges[n_bin]) {
        return -1;
    }
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (length > edges[middle]) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Pairs that begin at step `begin` differ at the step before it, and at step t. */
static void
add_tracts(scan *x, int64_t chunk, int64_t t, dna_match_tally *y)
{
    const double *pos = x->path.h->pos;
    tract_sums *sums = &x->sums[chunk];
    int64_t begin = 0;
    int64_t pairs = 0;

    while (dna_match_tally_take(y, &begin, &pairs)) {
        if (begin == 0 || pairs == 0) { /* cut off by the first site */
            continue;
        }
        double length = pos[x->path.sites[t]] - pos[x->path.sites[begin - 1]];
        int64_t bin = find_bin(x->edges, x->n_bin, length);
        sums->n += pairs;
        sums->length += (double)pairs * length;
        sums->squared += (double)pairs * length * length;
        if (bin >= 0) {
            x->counts[chunk * x->n_bin + bin] += pairs;
        }
    }
}

static int
run_task(void *payload, int64_t chunk, int worker)
{
    scan *x = payload;
    const dna_haplotypes *h = x->path.h;
    int64_t end = DNA_MIN((chunk + 1) * x->path.chunk, x->path.n_step);
    dna_pbwt p = {0};
    dna_match_tally y = {0};
    int rc = DNA_OK;

    (void)worker;
    DNA_TRY(dna_pbwt_init(&p, &x->path, chunk));
    DNA_TRY(dna_match_tally_init(&y, x->path.n_step, h->n_hap));
    while (p.n_taken < end) {
        int64_t t = p.n_taken;
        if (!dna_haplotypes_is_segregating(h, x->path.sites[t])) {
            dna_pbwt_step(&p);
            continue;
        }
        dna_match_tally_add(&y, p.start, 0, h->n_hap, 1);
        dna_pbwt_step(&p);
        dna_match_tally_add(&y, p.start, 0, p.n_zero, -1);
        dna_match_tally_add(&y, p.start, p.n_zero, h->n_hap, -1);
        add_tracts(x, chunk, t, &y);
    }
out:
    dna_match_tally_clear(&y);
    dna_pbwt_clear(&p);
    return rc;
}

static void
join_chunks(dna_ibs *out, int64_t *counts, const scan *x)
{
    tract_sums all = {0};

    for (int64_t i = 0; i < x->n_bin; i++) {
        counts[i] = 0;
    }
    for (int64_t chunk = 0; chunk < x->path.n_chunk; chunk++) {
        all.n += x->sums[chunk].n;
        all.length += x->sums[chunk].length;
        all.squared += x->sums[chunk].squared;
        for (int64_t i = 0; i < x->n_bin; i++) {
            counts[i] += x->counts[chunk * x->n_bin + i];
        }
    }
    double n = (double)all.n;
    double mean = all.length / n;
    out->n_tract = all.n;
    out->length_mean = all.n > 0 ? mean : (double)NAN;
    out->length_sd =
        all.n > 0 ? sqrt(DNA_MAX(all.squared / n - mean * mean, 0)) : (double)NAN;
}

int
dna_ibs_compute(dna_ibs *out, int64_t *counts, const double *edges, int64_t n_bin,
    const dna_haplotypes *h, int n_thread)
{
    scan x = {.edges = edges, .n_bin = n_bin};
    dna_pool *pool = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(h->pos != NULL, DNA_EARG, "lengths of tracts need positions");
    DNA_TRY(dna_pbwt_path_init(&x.path, h, false));
    DNA_NEW(x.sums, x.path.n_chunk);
    DNA_NEW(x.counts, x.path.n_chunk * n_bin);
    if (n_thread != 1) {
        DNA_TRY(dna_pool_new(&pool, n_thread));
    }
    DNA_TRY(dna_pool_run(pool, x.path.n_chunk, run_task, &x));
    join_chunks(out, counts, &x);
out:
    dna_pool_free(pool);
    dna_free(x.sums);
    dna_free(x.counts);
    dna_pbwt_path_clear(&x.path);
    return rc;
}

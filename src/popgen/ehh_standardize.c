/* ehh_standardize.c - scores standardised among sites of about the same allele count.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dnadna/ehh.h"

static int
rising(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Edges of bins of about the same number of sites, from sorted counts; returns how many,
 * of which the first and the last are the ends. */
static int64_t
find_edges(int32_t *edges, const int32_t *counts, int64_t m)
{
    int64_t n_bin = DNA_MAX(1, DNA_MIN((int64_t)counts[m - 1] / 2, m));
    int64_t step = m / n_bin;
    int64_t n = 0;

    edges[n++] = counts[0];
    for (int64_t i = step; i < m; i += step) {
        if (counts[i] > edges[n - 1]) {
            edges[n++] = counts[i];
        }
    }
    if (n == 1) {
        n++;
    }
    edges[n - 1] = counts[m - 1];
    return n;
}

/* The bin of a count: from its edge to below the next; the last takes the rest. */
static int64_t
find_bin(const int32_t *edges, int64_t n_edge, int32_t count)
{
    int64_t low = 0;
    int64_t high = n_edge - 1; /* edges[low] <= count, but for the first bin */

    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (edges[middle] <= count) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

typedef struct {
    double n, mean, squares;
} moments;

int
dna_ehh_standardize(double *scores, const dna_haplotypes *h)
{
    int32_t *counts = NULL;
    int32_t *edges = NULL;
    moments *bins = NULL;
    int64_t m = 0;
    int rc = DNA_OK;

    DNA_NEW(counts, h->n_site);
    for (int64_t i = 0; i < h->n_site; i++) {
        if (!isnan(scores[i])) {
            counts[m++] = h->count[i];
        }
    }
    if (m == 0) {
        goto out;
    }
    qsort(counts, (size_t)m, sizeof(*counts), rising);
    DNA_NEW(edges, m + 1);
    int64_t n_edge = find_edges(edges, counts, m);
    DNA_NEW(bins, n_edge);
    for (int64_t i = 0; i < h->n_site; i++) {
        if (!isnan(scores[i])) { /* Welford's mean and sum of squares */
            moments *b = &bins[find_bin(edges, n_edge, h->count[i])];
            double d = scores[i] - b->mean;
            b->n++;
            b->mean += d / b->n;
            b->squares += d * (scores[i] - b->mean);
        }
    }
    for (int64_t i = 0; i < h->n_site; i++) {
        if (!isnan(scores[i])) {
            const moments *b = &bins[find_bin(edges, n_edge, h->count[i])];
            double sd = sqrt(b->squares / b->n);
            scores[i] = sd > 0 ? (scores[i] - b->mean) / sd : (double)NAN;
        }
    }
out:
    dna_free(counts);
    dna_free(edges);
    dna_free(bins);
    return rc;
}

/* ld.c - what is made of r^2 of all pairs: decay with distance, ZnS, omega.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/ld.h"

#include <math.h>

#include "base/mem.h"
#include "popgen/ld_scan.h"

#define SHORTEST 100.0 /* bp, the upper end of the first bin */
#define FEWEST   4     /* sites of omega */

/* ---- decay ----------------------------------------------------------------------- */

typedef struct {
    int64_t count;
    double distance, r2, r2_squared; /* sums */
} bin_sums;

typedef struct {
    const dna_ld_scan *scan;
    const double *pos;
    const double *edges;
    int64_t n_bin;
    double circle;  /* 0: linear */
    bin_sums *sums; /* [n_task, n_bin] */
} decay;

void
dna_ld_edges(double *edges, int64_t n_bin, double length)
{
    double low = log10(SHORTEST);
    double high = log10(length);

    edges[0] = 0;
    for (int64_t i = 1; i <= n_bin; i++) {
        double at = n_bin > 1 ? (double)(i - 1) / (double)(n_bin - 1) : 1;
        edges[i] = i == n_bin ? length : pow(10, low + at * (high - low));
    }
}

/* The bin of a distance: lower < d <= upper; -1: none. Searched from a guess, since
 * distances of neighbours are alike. */
static int64_t
find_bin(const decay *d, double distance, int64_t guess)
{
    int64_t i = guess < 0 ? 0 : guess;

    while (i < d->n_bin && distance > d->edges[i + 1]) {
        i++;
    }
    while (i >= 0 && i < d->n_bin && distance <= d->edges[i]) {
        i--;
    }
    return i < d->n_bin ? i : -1;
}

static void
add_row(void *payload, int64_t task, int64_t a, int64_t b, int64_t n, const double *r2)
{
    const decay *d = payload;
    bin_sums *sums = d->sums + task * d->n_bin;
    const int64_t *sites = d->scan->sites;
    double from = d->pos[sites[a]];
    int64_t bin = 0;

    for (int64_t j = 0; j < n; j++) {
        double distance = d->pos[sites[b + j]] - from;
        if (d->circle > 0 && distance > d->circle - distance) {
            distance = d->circle - distance;
        }
        bin = find_bin(d, distance, bin);
        if (bin >= 0 && !isnan(r2[j])) {
            sums[bin].count++;
            sums[bin].distance += distance;
            sums[bin].r2 += r2[j];
            sums[bin].r2_squared += r2[j] * r2[j];
        }
    }
}

/* Tasks are added in their order, whoever did them. */
static void
finish_bin(dna_ld_bin *out, const decay *d, int64_t bin, int64_t n_task)
{
    bin_sums all = {0};

    for (int64_t task = 0; task < n_task; task++) {
        const bin_sums *s = &d->sums[task * d->n_bin + bin];
        all.count += s->count;
        all.distance += s->distance;
        all.r2 += s->r2;
        all.r2_squared += s->r2_squared;
    }
    double n = (double)all.count;
    *out = (dna_ld_bin){.lower = d->edges[bin],
        .upper = d->edges[bin + 1],
        .count = all.count,
        .distance_mean = all.count > 0 ? all.distance / n : (double)NAN,
        .r2_mean = all.count > 0 ? all.r2 / n : (double)NAN,
        .r2_sem = (double)NAN};
    if (all.count > 1) {
        double squares = DNA_MAX(all.r2_squared - n * out->r2_mean * out->r2_mean, 0);
        out->r2_sem = sqrt(squares / (n - 1) / n);
    }
}

int
dna_ld_decay(dna_ld_bin *bins, const double *edges, int64_t n_bin,
    const dna_haplotypes *h, const dna_ld_options *options)
{
    dna_ld_scan scan = {0};
    decay d = {.scan = &scan, .pos = h->pos, .edges = edges, .n_bin = n_bin};
    int rc = DNA_OK;

    DNA_REQUIRE(h->pos != NULL, DNA_EARG, "r2 by distance needs positions");
    for (int64_t i = 0; i < n_bin; i++) {
        DNA_REQUIRE(edges[i] < edges[i + 1], DNA_EARG,
            "edges of distance bins must rise, but %.10g comes before %.10g", edges[i],
            edges[i + 1]);
    }
    if (options != NULL && options->is_circular) {
        double span = h->n_site > 0 ? h->pos[h->n_site - 1] - h->pos[0] : 0;
        DNA_REQUIRE(options->length > 0 && span <= options->length, DNA_EARG,
            "positions span %.10g bp, more than the circular chromosome of %.10g bp",
            span, options->length);
        d.circle = options->length;
    }
    DNA_TRY(dna_ld_scan_init(&scan, h, 0, h->n_site));
    int64_t n_task = dna_ld_scan_n_task(&scan);
    DNA_NEW(d.sums, n_task * n_bin);
    scan.fn = add_row;
    scan.payload = &d;
    DNA_TRY(dna_ld_scan_run(&scan, options != NULL ? options->n_thread : 0));
    for (int64_t i = 0; i < n_bin; i++) {
        finish_bin(&bins[i], &d, i, n_task);
    }
out:
    dna_free(d.sums);
    dna_ld_scan_clear(&scan);
    return rc;
}

/* ---- ZnS and omega --------------------------------------------------------------- */

typedef struct {
    int64_t n, n_task;
    double
        *before;   /* [n_task, n] sums of r^2 with sites on the left; the first row gets
                      * all of them in the end */
    double *after; /* [n] sums of r^2 with the sites on the right */
    int64_t *n_pair; /* [n] of those */
} sides;

static void
add_sides(
    void *payload, int64_t task, int64_t a, int64_t b, int64_t n, const double *r2)
{
    sides *s = payload;
    double *before = s->before + task * s->n + b;

    for (int64_t j = 0; j < n; j++) {
        if (!isnan(r2[j])) {
            before[j] += r2[j];
            s->after[a] += r2[j];
            s->n_pair[a]++;
        }
    }
}

static double
pairs_of(int64_t n)
{
    return (double)n * (double)(n - 1) / 2;
}

static double
find_omega(const sides *s, double total)
{
    int64_t n = s->n;
    double best = (double)NAN;
    double left = 0;      /* sum of r^2 within the first l sites */
    double with_left = 0; /* sum of r^2 of all pairs that touch them */

    for (int64_t l = 1; n >= FEWEST && l <= n - 2; l++) {
        left += s->before[l - 1];
        with_left += s->after[l - 1];
        double right = total - with_left;
        double between = with_left - left;
        /* what is left of a sum of nothing is not above rounding */
        if (l < 2 || !(between > 1e-12 * total)) {
            continue;
        }
        double omega = (left + right) / (pairs_of(l) + pairs_of(n - l))
                       / (between / ((double)l * (double)(n - l)));
        if (isnan(best) || omega > best) {
            best = omega;
        }
    }
    return best;
}

int
dna_ld_summary_compute(dna_ld_summary *out, const dna_haplotypes *h, int64_t first,
    int64_t last, int n_thread)
{
    dna_ld_scan scan = {0};
    sides s = {0};
    double total = 0;
    int64_t n_pair = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_ld_scan_init(&scan, h, first, last));
    s.n = scan.n;
    s.n_task = dna_ld_scan_n_task(&scan);
    DNA_NEW(s.before, s.n_task * s.n);
    DNA_NEW(s.after, s.n);
    DNA_NEW(s.n_pair, s.n);
    scan.fn = add_sides;
    scan.payload = &s;
    DNA_TRY(dna_ld_scan_run(&scan, n_thread));
    for (int64_t i = 0; i < s.n; i++) {
        total += s.after[i];
        n_pair += s.n_pair[i];
        for (int64_t task = 1; task < s.n_task; task++) {
            s.before[i] += s.before[task * s.n + i];
        }
    }
    out->zns = n_pair > 0 ? total / (double)n_pair : (double)NAN;
    out->omega = find_omega(&s, total);
out:
    dna_free(s.before);
    dna_free(s.after);
    dna_free(s.n_pair);
    dna_ld_scan_clear(&scan);
    return rc;
}

/* sfs.c - site frequency spectra and the diversity statistics.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/sfs.h"

#include <math.h>

#include "base/mem.h"

#define FEWEST_SITES 3 /* of Tajima's D */
#define FEWEST_HAPS  4

void
dna_sfs_unfolded(int64_t *sfs, const dna_haplotypes *h, int64_t first, int64_t last)
{
    for (int64_t k = 0; k <= h->n_hap; k++) {
        sfs[k] = 0;
    }
    for (int64_t site = first; site < last; site++) {
        if (dna_haplotypes_is_complete(h, site)) {
            sfs[h->count[site]]++;
        }
    }
}

void
dna_sfs_fold(int64_t *folded, const int64_t *sfs, int64_t n)
{
    for (int64_t k = 0; k <= n; k++) {
        folded[k] = 2 * k < n ? sfs[k] + sfs[n - k] : 2 * k == n ? sfs[k] : 0;
    }
}

double
dna_sfs_scaled(int64_t count, int64_t k, int64_t n, bool is_folded)
{
    double scale = (double)k;

    if (is_folded) {
        scale = (double)k * (double)(n - k) / (double)n * (2 * k == n ? 2 : 1);
    }
    return scale * (double)count;
}

/* sum of 1 / i^power for i = 1 .. n-1 */
static double
harmonic(int64_t n, int power)
{
    double sum = 0;
    for (int64_t i = 1; i < n; i++) {
        sum += power == 1 ? 1.0 / (double)i : 1.0 / ((double)i * (double)i);
    }
    return sum;
}

/* The variance of pi - theta_w, estimated from S. */
static double
tajima_variance(int64_t n_hap, int64_t n_segregating)
{
    double n = (double)n_hap;
    double s = (double)n_segregating;
    double a1 = harmonic(n_hap, 1);
    double a2 = harmonic(n_hap, 2);
    double b1 = (n + 1) / (3 * (n - 1));
    double b2 = 2 * (n * n + n + 3) / (9 * n * (n - 1));
    double c1 = b1 - 1 / a1;
    double c2 = b2 - (n + 2) / (a1 * n) + a2 / (a1 * a1);
    return c1 / a1 * s + c2 / (a1 * a1 + a2) * s * (s - 1);
}

void
dna_diversity_compute(
    dna_diversity *out, const dna_haplotypes *h, int64_t first, int64_t last)
{
    dna_diversity d = {.tajima_d = (double)NAN};
    double a1 = harmonic(h->n_hap, 1);

    for (int64_t site = first; site < last; site++) {
        if (!dna_haplotypes_is_segregating(h, site)) {
            continue;
        }
        double n = h->n_called[site];
        double c = h->count[site];
        d.n_segregating++;
        d.pi += 2 * c * (n - c) / (n * (n - 1));
        d.theta_h += 2 * c * c / (n * (n - 1));
        d.theta_w +=
            1
            / (dna_haplotypes_is_complete(h, site) ? a1
                                                   : harmonic(h->n_called[site], 1));
    }
    d.fay_wu_h = d.pi - d.theta_h;
    if (d.n_segregating >= FEWEST_SITES && h->n_hap >= FEWEST_HAPS) {
        d.tajima_d =
            (d.pi - d.theta_w) / sqrt(tajima_variance(h->n_hap, d.n_segregating));
    }
    if (h->n_hap < 2) {
        d.pi = d.theta_w = d.theta_h = d.fay_wu_h = (double)NAN;
    }
    *out = d;
}

/* coalescent_stats.c - statistics of simulated samples, and their comparison.
 *
 * SPDX-License-Identifier: MIT
 */
#include "coalescent_stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const double bin_edge[BINS + 1] = {0, 1000, 5000, 10000, 30000, 100000};

/* ---- statistics of a sample -------------------------------------------------------- */

static void
site_masks(const dna_sample *s, uint64_t *mask)
{
    const uint8_t *snp = s->snp.data;
    for (int64_t j = 0; j < s->n_site; j++) {
        mask[j] = 0;
        for (int64_t i = 0; i < s->n_hap; i++) {
            mask[j] |= (uint64_t)snp[i * s->n_site + j] << i;
        }
    }
}

static int
count_bits(uint64_t x)
{
    return __builtin_popcountll(x);
}

/* Tajima 1989, eq. 38, from the spectrum. */
static double
tajima_d(const double *sfs, int64_t n)
{
    double n_site = 0;
    double pairwise = 0;
    double a1 = 0;
    double a2 = 0;
    double m = (double)n;
    for (int64_t i = 1; i < n; i++) {
        double k = (double)i;
        n_site += sfs[i - 1];
        pairwise += sfs[i - 1] * 2 * k * (m - k) / (m * (m - 1));
        a1 += 1 / k;
        a2 += 1 / (k * k);
    }
    double b1 = (m + 1) / (3 * (m - 1));
    double b2 = 2 * (m * m + m + 3) / (9 * m * (m - 1));
    double c1 = b1 - 1 / a1;
    double c2 = b2 - (m + 2) / (a1 * m) + a2 / (a1 * a1);
    double e1 = c1 / a1;
    double e2 = c2 / (a1 * a1 + a2);
    return (pairwise - n_site / a1) / sqrt(e1 * n_site + e2 * n_site * (n_site - 1));
}

/* Mean r2 by distance over sites whose rarer allele is there at least twice. */
static void
ld(double *r2, const uint64_t *mask, const double *pos, int64_t n_site, int64_t n)
{
    double sum[BINS] = {0};
    int64_t pairs[BINS] = {0};
    for (int64_t i = 0; i < n_site; i++) {
        double a = count_bits(mask[i]);
        if (a < 2 || a > (double)n - 2) {
            continue;
        }
        for (int64_t j = i + 1; j < n_site && pos[j] - pos[i] < bin_edge[BINS]; j++) {
            double b = count_bits(mask[j]);
            if (b < 2 || b > (double)n - 2) {
                continue;
            }
            double m = (double)n;
            double d = count_bits(mask[i] & mask[j]) / m - a * b / (m * m);
            int bin = 0;
            while (pos[j] - pos[i] >= bin_edge[bin + 1]) {
                bin++;
            }
            sum[bin] += d * d * m * m * m * m / (a * (m - a) * b * (m - b));
            pairs[bin]++;
        }
    }
    for (int b = 0; b < BINS; b++) {
        r2[b] = pairs[b] > 0 ? sum[b] / (double)pairs[b] : (double)NAN;
    }
}

int
stats_measure(
    row *r, const dna_sample *s, int64_t n_site, const dna_coalescent_info *info)
{
    uint64_t *mask = NULL;
    const double *pos = s->pos.data;
    int64_t n = s->n_hap;
    int rc = DNA_OK;

    DNA_NEW(mask, s->n_site + 1);
    site_masks(s, mask);
    *r = (row){.n_hap = n};
    for (int64_t j = 0; j < n_site; j++) {
        r->value[count_bits(mask[j]) - 1]++;
    }
    double *more = r->value + n - 1;
    more[DV] = n_site > 0 ? tajima_d(r->value, n) : (double)NAN;
    more[TMRCA] = info->tmrca[0];
    more[LENGTH] = info->branch_length / info->simulated;
    more[SPAN] = n_site > 0 ? pos[n_site - 1] : 0;
    ld(more + R2, mask, pos, n_site, n);
out:
    dna_free(mask);
    return rc;
}

/* ---- means and their covariance ---------------------------------------------------- */

int
stats_simulate(
    rows *out, const dna_coalescent_model *model, int64_t first_snps, uint64_t seed)
{
    dna_coalescent *sim = NULL;
    int64_t extended = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_coalescent_new(&sim));
    DNA_TRY(dna_coalescent_set(sim, model));
    for (int64_t i = 0; i < out->n; i++) {
        dna_sample *s = NULL;
        DNA_TRY(dna_coalescent_run(sim, seed, 0, i, &s));
        int64_t n_site =
            first_snps > 0 && s->n_site > first_snps ? first_snps : s->n_site;
        rc = stats_measure(&out->at[i], s, n_site, dna_coalescent_last(sim));
        extended += dna_coalescent_last(sim)->n_extension > 0;
        dna_sample_free(s);
        DNA_TRY(rc);
    }
    out->n_hap = out->at[0].n_hap;
    if (model->max_snp > 0) {
        printf("# continued: %.2f %% of the replicates\n",
            100 * (double)extended / (double)out->n);
    }
out:
    dna_coalescent_free(sim);
    return rc;
}

double
stats_plain(const row *r, int which)
{
    return r->value[which];
}

double
stats_sites(const row *r, int which)
{
    double sum = 0;
    (void)which;
    for (int64_t i = 0; i + 1 < r->n_hap; i++) {
        sum += r->value[i];
    }
    return sum;
}

double
stats_pi(const row *r, int which)
{
    double sum = 0;
    double n = (double)r->n_hap;
    (void)which;
    for (int64_t i = 0; i + 1 < r->n_hap; i++) {
        double k = (double)(i + 1);
        sum += r->value[i] * 2 * k * (n - k) / (n * (n - 1));
    }
    return sum;
}

double
stats_folded(const row *r, int which)
{
    int64_t other = r->n_hap - 2 - which;
    return r->value[which] + (other != which ? r->value[other] : 0);
}

moments
stats_moments_of(const rows *s, statistic f, int which)
{
    double n = 0;
    double sum = 0;
    moments m = {0};
    for (int64_t i = 0; i < s->n; i++) {
        double v = f(&s->at[i], which);
        if (isfinite(v)) {
            n++;
            sum += v;
        }
    }
    m.n = n;
    m.mean = sum / n;
    double m2 = 0;
    double m4 = 0;
    for (int64_t i = 0; i < s->n; i++) {
        double v = f(&s->at[i], which) - m.mean;
        if (isfinite(v)) {
            m2 += v * v / n;
            m4 += v * v * v * v / n;
        }
    }
    m.se = sqrt(m2 / (n - 1));
    m.variance = m2 * n / (n - 1);
    m.variance_se = sqrt((m4 - m2 * m2) / n);
    return m;
}

/* ---- comparison -------------------------------------------------------------------- */

void
stats_judge(score *sc, const char *setting, const char *name, double ours,
    double our_se, double theirs, double their_se)
{
    double se = sqrt(our_se * our_se + their_se * their_se);
    double z = se > 0 ? (ours - theirs) / se : (ours == theirs ? 0 : (double)INFINITY);
    sc->n++;
    sc->sum2 += z * z;
    if (!(fabs(z) < 4.5)) {
        sc->n_bad++;
        printf("BAD ");
    }
    if (!(fabs(z) < sc->worst)) {
        sc->worst = fabs(z);
    }
    if (!(fabs(z) < 3)) {
        printf("%s %s: %.8g against %.8g, z = %.2f\n", setting, name, ours, theirs, z);
    }
}

/* P(chi2 with k degrees > x): the upper incomplete gamma function, by its series or its
 * continued fraction (Abramowitz and Stegun 6.5.29, 6.5.31). */
static double
chi2_p(double x, double k)
{
    double a = k / 2;
    double z = x / 2;
    double scale = exp(a * log(z) - z - lgamma(a));
    if (z < a + 1) {
        double term = 1 / a;
        double sum = term;
        for (int i = 1; i < 1000; i++) {
            term *= z / (a + i);
            sum += term;
        }
        return 1 - sum * scale;
    }
    double f = 0;
    for (int i = 1000; i > 0; i--) {
        f = i * (i - a) / (z + 2 * i + 1 - a - f);
    }
    return scale / (z + 1 - a - f);
}

/* What the chi2 takes: all plain statistics and squared deviations of three. */
static double
column(const row *r, int64_t c, int64_t n_plain, const double *center)
{
    if (c < n_plain) {
        return r->value[c];
    }
    double d = 0;
    if (c == n_plain) {
        d = stats_sites(r, 0) - center[0];
    } else {
        int which = (int)r->n_hap - 1 + (c == n_plain + 1 ? DV : TMRCA);
        d = r->value[which] - center[c - n_plain];
    }
    return d * d;
}

/* Mean [m] of the columns and the covariance [m * m] of what each replicate adds to them.
 * A statistic that a replicate does not have (D without sites, r2 without pairs) adds
 * nothing, and the others so much more. */
void
stats_covariance(const rows *s, int64_t m, int64_t n_plain, const double *center,
    const bool *is_used, double *mean, double *cov)
{
    double n[MOST] = {0};
    memset(mean, 0, (size_t)m * sizeof(*mean));
    memset(cov, 0, (size_t)(m * m) * sizeof(*cov));
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < s->n; i++) {
            double v[MOST] = {0};
            for (int64_t c = 0; c < m; c++) {
                double x = is_used[c] ? column(&s->at[i], c, n_plain, center) : 0;
                if (isfinite(x) && pass == 0) {
                    mean[c] += x;
                    n[c]++;
                } else if (isfinite(x)) {
                    v[c] = (x - mean[c]) * (double)s->n / n[c];
                }
            }
            for (int64_t c = 0; c < m && pass == 1; c++) {
                for (int64_t d = 0; d <= c; d++) {
                    cov[c * m + d] += v[c] * v[d];
                }
            }
        }
        for (int64_t c = 0; c < m && pass == 0; c++) {
            mean[c] /= n[c];
        }
    }
    for (int64_t c = 0; c < m * m; c++) {
        cov[c] /= (double)(s->n - 1);
    }
}

/* d' C^-1 d for a covariance C in its lower triangle; columns without variance are left
 * out and *rank says how many are not. */
double
stats_mahalanobis(double *c, double *d, int64_t m, int64_t *rank)
{
    double sum = 0;
    *rank = 0;
    for (int64_t i = 0; i < m; i++) {
        double diagonal = c[i * m + i];
        for (int64_t j = 0; j < i; j++) {
            double v = c[i * m + j];
            for (int64_t k = 0; k < j; k++) {
                v -= c[i * m + k] * c[j * m + k];
            }
            c[i * m + j] = c[j * m + j] > 0 ? v / c[j * m + j] : 0;
            diagonal -= c[i * m + j] * c[i * m + j];
            d[i] -= c[i * m + j] * d[j];
        }
        if (diagonal > 1e-9 * c[i * m + i]) {
            c[i * m + i] = sqrt(diagonal);
            d[i] /= c[i * m + i];
            sum += d[i] * d[i];
            (*rank)++;
        } else {
            c[i * m + i] = 0;
            d[i] = 0;
        }
    }
    return sum;
}

bool
stats_report(const char *setting, const score *sc, double chi2, int64_t rank)
{
    double p = chi2_p(chi2, (double)rank);
    bool is_good = sc->n_bad == 0 && p > 1e-4;
    printf("%-16s %3lld statistics: max |z| %.2f, rms z %.3f; chi2 %.1f of %lld, p = "
           "%.4f: %s\n",
        setting, (long long)sc->n, sc->worst, sqrt(sc->sum2 / (double)sc->n), chi2,
        (long long)rank, p, is_good ? "good" : "BAD");
    fflush(stdout);
    return is_good;
}

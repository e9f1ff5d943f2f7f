/* coalescent_check.c - whether the coalescent draws what it should, by its statistics.
 *
 * SPDX-License-Identifier: MIT
 *
 *     bench_coalescent_check REFERENCE.json [REPLICATES [SEED]]
 *     bench_coalescent_check first-snps [REPLICATES [SEED]]
 *     bench_coalescent_check smc [REPLICATES [SEED]]
 *     bench_coalescent_check growth|islands|pulse|ancient [REPLICATES [SEED]] <MS_TEXT
 *
 * The first form compares every setting of a reference (means and standard errors over
 * replicates of another simulator, and exact expectations where it has them): number of
 * sites, each class of the frequency spectrum, pi, Tajima's D, TMRCA in the middle, branch
 * length, r2 by distance, and three variances. The second compares the first 100 SNPs of
 * whole sequences with those made by max_snp. The third shows how far SMC' is off.
 * The fourth compares a history with as many replicates of another simulator in ms's
 * format: bench/coalescent_scrm.sh runs scrm for them.
 *
 * Each statistic must have |z| < 4.5, with both standard errors; all of a setting
 * together, which are correlated, a Mahalanobis chi2 with p > 1e-4. Exit status 1 if not.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/value.h"
#include "dnadna/coalescent.h"
#include "histories.h"
#include "io/json.h"

enum { MOST_HAP = 64, BINS = 5, MOST = MOST_HAP + 24, MOST_EVENTS = 32 };

static const double bin_edge[BINS + 1] = {0, 1000, 5000, 10000, 30000, 100000};

/* ---- statistics of a sample -------------------------------------------------------- */

/* Columns: SFS classes 1 .. n-1, then these. */
enum { DV, TMRCA, LENGTH, SPAN, R2, N_MORE = R2 + BINS };

typedef struct {
    int64_t n_hap;
    double value[MOST];
} row;

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
    double sites = 0;
    double pi = 0;
    double a1 = 0;
    double a2 = 0;
    double m = (double)n;
    for (int64_t i = 1; i < n; i++) {
        double k = (double)i;
        sites += sfs[i - 1];
        pi += sfs[i - 1] * 2 * k * (m - k) / (m * (m - 1));
        a1 += 1 / k;
        a2 += 1 / (k * k);
    }
    double b1 = (m + 1) / (3 * (m - 1));
    double b2 = 2 * (m * m + m + 3) / (9 * m * (m - 1));
    double c1 = b1 - 1 / a1;
    double c2 = b2 - (m + 2) / (a1 * m) + a2 / (a1 * a1);
    double e1 = c1 / a1;
    double e2 = c2 / (a1 * a1 + a2);
    return (pi - sites / a1) / sqrt(e1 * sites + e2 * sites * (sites - 1));
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

static int
measure(row *r, const dna_sample *s, int64_t n_site, const dna_coalescent_info *info)
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

typedef struct {
    int64_t n_hap, n, n_row;
    row *at;
} rows;

static int
simulate(
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
        rc = measure(&out->at[i], s, n_site, dna_coalescent_last(sim));
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

typedef double (*statistic)(const row *r, int which);

static double
plain(const row *r, int which)
{
    return r->value[which];
}

static double
sites(const row *r, int which)
{
    double sum = 0;
    (void)which;
    for (int64_t i = 0; i + 1 < r->n_hap; i++) {
        sum += r->value[i];
    }
    return sum;
}

static double
pi(const row *r, int which)
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

static double
folded(const row *r, int which)
{
    int64_t other = r->n_hap - 2 - which;
    return r->value[which] + (other != which ? r->value[other] : 0);
}

typedef struct {
    double n, mean, se, variance, variance_se;
} moments;

static moments
moments_of(const rows *s, statistic f, int which)
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

typedef struct {
    int64_t n, n_bad;
    double worst, sum2;
} score;

static void
judge(score *sc, const char *setting, const char *name, double ours, double our_se,
    double theirs, double their_se)
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
        d = sites(r, 0) - center[0];
    } else {
        int which = (int)r->n_hap - 1 + (c == n_plain + 1 ? DV : TMRCA);
        d = r->value[which] - center[c - n_plain];
    }
    return d * d;
}

/* Mean [m] of the columns and the covariance [m * m] of what each replicate adds to them.
 * A statistic that a replicate does not have (D without sites, r2 without pairs) adds
 * nothing, and the others so much more. */
static void
covariance(const rows *s, int64_t m, int64_t n_plain, const double *center,
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
static double
mahalanobis(double *c, double *d, int64_t m, int64_t *rank)
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

static bool
report(const char *setting, const score *sc, double chi2, int64_t rank)
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

/* ---- against a reference ----------------------------------------------------------- */

static double
number_at(const dna_value *v, const char *path)
{
    const dna_value *x = dna_value_get_path(v, path);
    return x != NULL ? x->number : (double)NAN;
}

static double
item_at(const dna_value *v, const char *path, int64_t i)
{
    const dna_value *x = dna_value_get_path(v, path);
    return x != NULL && i < x->n ? x->items[i]->number : (double)NAN;
}

static void
compare_spectrum(score *sc, const char *name, const dna_value *ref, const rows *ours)
{
    char label[64];
    for (int i = 0; i < ours->n_hap - 1; i++) {
        moments m = moments_of(ours, plain, i);
        snprintf(label, sizeof(label), "sfs[%d]", i + 1);
        judge(sc, name, label, m.mean, m.se, item_at(ref, "sfs_unfolded.mean", i),
            item_at(ref, "sfs_unfolded.se", i));
        double exact = item_at(ref, "exact_expectation.sfs_unfolded", i);
        if (isfinite(exact)) {
            snprintf(label, sizeof(label), "exact sfs[%d]", i + 1);
            judge(sc, name, label, m.mean, m.se, exact, 0);
        }
    }
    for (int i = 0; i < ours->n_hap / 2; i++) {
        moments m = moments_of(ours, folded, i);
        snprintf(label, sizeof(label), "folded sfs[%d]", i + 1);
        judge(sc, name, label, m.mean, m.se, item_at(ref, "sfs_folded.mean", i),
            item_at(ref, "sfs_folded.se", i));
    }
}

static void
compare_one(score *sc, const char *name, const dna_value *ref, const char *key,
    const char *exact, moments m)
{
    char path[96];
    snprintf(path, sizeof(path), "%s.mean", key);
    double mean = number_at(ref, path);
    snprintf(path, sizeof(path), "%s.se", key);
    judge(sc, name, key, m.mean, m.se, mean, number_at(ref, path));
    snprintf(path, sizeof(path), "%s_variance.mean", key);
    double variance = number_at(ref, path);
    if (isfinite(variance)) {
        snprintf(path, sizeof(path), "%s_variance.se", key);
        judge(
            sc, name, path, m.variance, m.variance_se, variance, number_at(ref, path));
    }
    snprintf(path, sizeof(path), "exact_expectation.%s", exact);
    if (exact[0] != '\0' && isfinite(number_at(ref, path))) {
        judge(sc, name, path, m.mean, m.se, number_at(ref, path), 0);
    }
}

/* The reference's mean of every column of the chi2. */
static void
reference_columns(double *out, const dna_value *ref, int64_t n_hap)
{
    double *more = out + n_hap - 1;
    for (int64_t i = 0; i < n_hap - 1; i++) {
        out[i] = item_at(ref, "sfs_unfolded.mean", i);
    }
    more[DV] = number_at(ref, "tajimas_D.mean");
    more[TMRCA] = number_at(ref, "tmrca_at_midpoint.mean");
    more[LENGTH] = number_at(ref, "total_branch_length.mean");
    more[SPAN] = (double)NAN;
    for (int b = 0; b < BINS; b++) {
        const dna_value *bins = dna_value_get(ref, "r2");
        more[R2 + b] = number_at(bins->items[b], "mean_of_replicate_means.mean");
    }
    more[N_MORE] = number_at(ref, "segregating_sites_variance.mean");
    more[N_MORE + 1] = number_at(ref, "tajimas_D_variance.mean");
    more[N_MORE + 2] = number_at(ref, "tmrca_at_midpoint_variance.mean");
}

static double
chi2_reference(const dna_value *ref, const rows *ours, int64_t *rank)
{
    static double cov[MOST * MOST];
    double mean[MOST];
    double theirs[MOST];
    bool is_used[MOST];
    int which = (int)ours->n_hap - 1;
    int64_t n_plain = which + N_MORE;
    int64_t m = n_plain + 3;
    double center[3] = {moments_of(ours, sites, 0).mean,
        moments_of(ours, plain, which + DV).mean,
        moments_of(ours, plain, which + TMRCA).mean};
    double n_ref = number_at(ref, "n_reps");
    reference_columns(theirs, ref, ours->n_hap);
    for (int64_t c = 0; c < m; c++) {
        is_used[c] = isfinite(theirs[c]);
    }
    covariance(ours, m, n_plain, center, is_used, mean, cov);
    for (int64_t c = 0; c < m; c++) {
        mean[c] = is_used[c] ? mean[c] - theirs[c] : 0;
    }
    for (int64_t c = 0; c < m * m; c++) {
        cov[c] *= 1 / (double)ours->n + 1 / n_ref;
    }
    return mahalanobis(cov, mean, m, rank);
}

static bool
compare_reference(const char *name, const dna_value *ref, const rows *ours)
{
    score sc = {0};
    int which = (int)ours->n_hap - 1;
    int64_t rank = 0;
    compare_spectrum(&sc, name, ref, ours);
    compare_one(&sc, name, ref, "segregating_sites", "segregating_sites",
        moments_of(ours, sites, 0));
    compare_one(&sc, name, ref, "pi_total", "pi_total", moments_of(ours, pi, 0));
    compare_one(&sc, name, ref, "tajimas_D", "", moments_of(ours, plain, which + DV));
    compare_one(&sc, name, ref, "tmrca_at_midpoint", "tmrca",
        moments_of(ours, plain, which + TMRCA));
    compare_one(&sc, name, ref, "total_branch_length", "total_branch_length",
        moments_of(ours, plain, which + LENGTH));
    for (int b = 0; b < BINS; b++) {
        char label[32];
        const dna_value *bin = dna_value_get(ref, "r2")->items[b];
        moments m = moments_of(ours, plain, which + R2 + b);
        snprintf(label, sizeof(label), "r2[%d]", b);
        judge(&sc, name, label, m.mean, m.se,
            number_at(bin, "mean_of_replicate_means.mean"),
            number_at(bin, "mean_of_replicate_means.se"));
    }
    double chi2 = chi2_reference(ref, ours, &rank);
    return report(name, &sc, chi2, rank);
}

/* Epochs [[time, size], ...] of one population, or the two populations of the file. */
typedef struct {
    dna_population population[2];
    dna_demographic_event event[MOST_EVENTS];
    dna_sample_group group[2];
    double migration[4];
    dna_demography d;
} setting_demography;

static void
read_epochs(setting_demography *s, const dna_value *epochs, int64_t n_hap)
{
    *s = (setting_demography){
        .population = {{.size = epochs->items[0]->items[1]->number}},
        .group = {{.n = n_hap}}};
    for (int64_t i = 1; i < epochs->n && i <= MOST_EVENTS; i++) {
        const dna_value *e = epochs->items[i];
        s->event[i - 1] = (dna_demographic_event){.time = e->items[0]->number,
            .kind = DNA_EVENT_SIZE,
            .value = e->items[1]->number};
    }
    s->d = (dna_demography){.population = s->population,
        .n_population = 1,
        .event = s->event,
        .n_event = epochs->n - 1,
        .group = s->group,
        .n_group = 1};
}

/* split_migration: population 1 moves wholly into 0 at merge_time, migration stops,
 * population 0 gets 12,000. */
static void
read_split(setting_demography *s, const dna_value *model)
{
    double rate = number_at(model, "migration_rate_each_way_backward_per_generation");
    double time = number_at(model, "merge_time");
    *s = (setting_demography){.migration = {0, rate, rate, 0}};
    for (int i = 0; i < 2; i++) {
        const dna_value *p = dna_value_get(model, "populations")->items[i];
        s->population[i] = (dna_population){.size = number_at(p, "size")};
        s->group[i] = (dna_sample_group){
            .n = (int64_t)number_at(p, "n_haploid"), .population = i};
    }
    s->event[0] = (dna_demographic_event){time, DNA_EVENT_MOVE, 1, 0, 1};
    s->event[1] =
        (dna_demographic_event){time, DNA_EVENT_MIGRATION, DNA_EVERY, DNA_EVERY, 0};
    s->event[2] = (dna_demographic_event){time, DNA_EVENT_SIZE, 0, 0, 12000};
    s->d = (dna_demography){.population = s->population,
        .n_population = 2,
        .migration = s->migration,
        .event = s->event,
        .n_event = 3,
        .group = s->group,
        .n_group = 2};
}

static int
check_reference(const char *path, int64_t n, uint64_t seed, bool *is_good)
{
    dna_arena *arena = NULL;
    dna_value *file = NULL;
    rows ours = {.n = n};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(dna_json_read(&file, arena, path));
    DNA_NEW(ours.at, n);
    const dna_value *settings = dna_value_get(file, "settings");
    double length = number_at(file, "conventions.sequence_length");
    double middle = length / 2;
    for (int64_t i = 0; i < settings->n; i++) {
        setting_demography s;
        const dna_value *ref = settings->items[i];
        if (dna_value_get(ref, "model") != NULL) {
            read_split(&s, dna_value_get(ref, "model"));
        } else {
            read_epochs(&s, dna_value_get(ref, "epochs_t_N"),
                (int64_t)number_at(file, "conventions.n_haploid_samples"));
        }
        dna_coalescent_model model = {.demography = &s.d,
            .length = length,
            .recombination_rate = number_at(file, "conventions.recombination_rate"),
            .mutation_rate = number_at(file, "conventions.mutation_rate"),
            .probe = &middle,
            .n_probe = 1};
        DNA_TRY(simulate(&ours, &model, 0, seed));
        *is_good = compare_reference(settings->keys[i], ref, &ours) && *is_good;
    }
out:
    dna_free(ours.at);
    dna_arena_free(arena);
    return rc;
}

/* ---- the first sites against whole sequences --------------------------------------- */

static bool
compare_rows(const char *name, const rows *x, const rows *y)
{
    static double cov[MOST * MOST];
    static double cov2[MOST * MOST];
    double mean[MOST];
    double mean2[MOST];
    double center[3] = {0};
    bool is_used[MOST];
    score sc = {0};
    int which = (int)x->n_hap - 1;
    int64_t m = which + N_MORE;
    int64_t rank = 0;
    for (int c = 0; c < m; c++) {
        char label[32];
        moments a = moments_of(x, plain, c);
        moments b = moments_of(y, plain, c);
        /* TMRCA and length are of different stretches, or not known; S may be fixed; r2 at
         * a distance that few replicates reach is no mean */
        double least = 0.02 * (double)x->n;
        is_used[c] = c != which + TMRCA && c != which + LENGTH && a.se > 0
                     && a.n > least && b.n > least;
        if (is_used[c]) {
            snprintf(label, sizeof(label), "statistic %d", c);
            judge(&sc, name, label, a.mean, a.se, b.mean, b.se);
            snprintf(label, sizeof(label), "variance %d", c);
            judge(
                &sc, name, label, a.variance, a.variance_se, b.variance, b.variance_se);
        }
    }
    covariance(x, m, m, center, is_used, mean, cov);
    covariance(y, m, m, center, is_used, mean2, cov2);
    for (int64_t c = 0; c < m; c++) {
        mean[c] -= mean2[c];
    }
    for (int64_t c = 0; c < m * m; c++) {
        cov[c] = cov[c] / (double)x->n + cov2[c] / (double)y->n;
    }
    double chi2 = mahalanobis(cov, mean, m, &rank);
    return report(name, &sc, chi2, rank);
}

static int
check_first_snps(int64_t n, uint64_t seed, bool *is_good)
{
    enum { FIRST = 100, HAPS = 20 };
    rows whole = {.n = n};
    rows first = {.n = n};
    double start = 0;
    int rc = DNA_OK;

    DNA_NEW(whole.at, n);
    DNA_NEW(first.at, n);
    for (int h = 0; h < HISTORIES; h++) {
        dna_demographic_event event[HISTORY_WINDOWS];
        dna_population one = {.size = history_size(h, 0)};
        dna_sample_group group = {.n = HAPS};
        history_events(h, event);
        dna_demography d = {&one, 1, NULL, event, HISTORY_WINDOWS - 1, &group, 1};
        dna_coalescent_model model = {.demography = &d,
            .length = 3e5,
            .recombination_rate = 1e-8,
            .mutation_rate = 1e-8,
            .probe = &start,
            .n_probe = 1};
        DNA_TRY(simulate(&whole, &model, FIRST, seed));
        model.max_snp = FIRST;
        DNA_TRY(simulate(&first, &model, FIRST, seed + 1));
        *is_good = compare_rows(histories[h].name, &first, &whole) && *is_good;
    }
out:
    dna_free(whole.at);
    dna_free(first.at);
    return rc;
}

/* ---- against ms text --------------------------------------------------------------- */

static int
read_rows(FILE *in, dna_sample *s, int64_t n_site, double length)
{
    uint8_t *snp = s->snp.data;
    double *pos = s->pos.data;
    int rc = DNA_OK;

    DNA_REQUIRE(fscanf(in, " positions:") == 0, DNA_EFORMAT, "no line of positions");
    for (int64_t j = 0; j < n_site; j++) {
        DNA_REQUIRE(
            fscanf(in, "%lf", &pos[j]) == 1, DNA_EFORMAT, "a position is missing");
        pos[j] *= length;
    }
    for (int64_t i = 0; i < s->n_hap * n_site; i++) {
        int c = fgetc(in);
        while (c == '\n' || c == ' ') {
            c = fgetc(in);
        }
        DNA_REQUIRE(c == '0' || c == '1', DNA_EFORMAT, "an allele is not 0 or 1");
        snp[i] = (uint8_t)(c - '0');
    }
out:
    return rc;
}

/* One replicate of ms's text. */
static int
read_ms(row *r, FILE *in, int64_t n_hap, double length)
{
    char line[256];
    long long n_site = -1;
    double none = (double)NAN;
    dna_coalescent_info info = {.simulated = 1, .tmrca = &none};
    dna_sample s = {.n_hap = n_hap};
    int rc = DNA_OK;

    while (n_site < 0 && fgets(line, sizeof(line), in) != NULL) {
        (void)sscanf(line, "segsites: %lld", &n_site);
    }
    DNA_REQUIRE(n_site >= 0, DNA_EFORMAT, "the text has too few replicates");
    s.n_site = n_site;
    DNA_TRY(dna_array_init(&s.snp, DNA_U8, 2, (int64_t[]){n_hap, n_site}));
    DNA_TRY(dna_array_init(&s.pos, DNA_F64, 1, (int64_t[]){n_site}));
    if (n_site > 0) {
        DNA_TRY(read_rows(in, &s, n_site, length));
    }
    DNA_TRY(measure(r, &s, n_site, &info));
out:
    dna_array_clear(&s.snp);
    dna_array_clear(&s.pos);
    return rc;
}

/* The histories of bench/coalescent_scrm.sh, 20 genomes each. */
static bool
named_history(setting_demography *s, const char *name)
{
    *s = (setting_demography){.population = {{.size = 10000}, {.size = 3000}},
        .group = {{10, 0, 0}, {10, 1, 0}}};
    s->d = (dna_demography){.population = s->population,
        .n_population = 2,
        .migration = s->migration,
        .event = s->event,
        .group = s->group,
        .n_group = 2};
    if (strcmp(name, "growth") == 0) {
        s->population[0].growth = 2e-4;
        s->event[0] = (dna_demographic_event){10000, DNA_EVENT_GROWTH, 0, 0, -1e-4};
        s->event[1] = (dna_demographic_event){20000, DNA_EVENT_GROWTH, 0, 0, 0};
        s->group[0].n = 20;
        s->d.n_population = 1;
        s->d.n_group = 1;
        s->d.n_event = 2;
    } else if (strcmp(name, "islands") == 0) {
        s->migration[1] = 1e-4;
        s->migration[2] = 2.5e-5;
        s->population[1].growth = 1e-4;
        s->event[0] = (dna_demographic_event){4000, DNA_EVENT_MIGRATION, 0, 1, 0};
        s->event[1] = (dna_demographic_event){12000, DNA_EVENT_MOVE, 1, 0, 1};
        s->event[2] = (dna_demographic_event){
            12000, DNA_EVENT_MIGRATION, DNA_EVERY, DNA_EVERY, 0};
        s->d.n_event = 3;
    } else if (strcmp(name, "pulse") == 0) {
        s->event[0] = (dna_demographic_event){2000, DNA_EVENT_MOVE, 0, 1, 0.3};
        s->event[1] = (dna_demographic_event){16000, DNA_EVENT_MOVE, 1, 0, 1};
        s->event[2] = (dna_demographic_event){16000, DNA_EVENT_SIZE, 0, 0, 5000};
        s->d.n_event = 3;
    } else if (strcmp(name, "ancient") == 0) {
        s->group[1] = (dna_sample_group){10, 0, 6000};
        s->d.n_population = 1;
    } else {
        return false;
    }
    return true;
}

static int
check_ms(
    setting_demography *s, const char *name, int64_t n, uint64_t seed, bool *is_good)
{
    rows ours = {.n = n};
    rows theirs = {.n = n, .n_hap = 20};
    double probe = 0;
    dna_coalescent_model model = {.demography = &s->d,
        .length = 1e5,
        .recombination_rate = 1e-8,
        .mutation_rate = 1e-8,
        .probe = &probe,
        .n_probe = 1};
    int rc = DNA_OK;

    DNA_NEW(ours.at, n);
    DNA_NEW(theirs.at, n);
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(read_ms(&theirs.at[i], stdin, 20, model.length));
    }
    DNA_TRY(simulate(&ours, &model, 0, seed));
    *is_good = compare_rows(name, &ours, &theirs);
out:
    dna_free(ours.at);
    dna_free(theirs.at);
    return rc;
}

/* ---- what SMC' gets wrong ---------------------------------------------------------- */

static int
show_smc(int64_t n, uint64_t seed)
{
    rows exact = {.n = n};
    rows smc = {.n = n};
    double middle = 2.5e5;
    dna_population one = {.size = 10000};
    dna_sample_group group = {.n = 20};
    dna_demography d = {
        .population = &one, .n_population = 1, .group = &group, .n_group = 1};
    dna_coalescent_model model = {.demography = &d,
        .length = 5e5,
        .recombination_rate = 1e-8,
        .mutation_rate = 1e-8,
        .probe = &middle,
        .n_probe = 1};
    int rc = DNA_OK;

    DNA_NEW(exact.at, n);
    DNA_NEW(smc.at, n);
    DNA_TRY(simulate(&exact, &model, 0, seed));
    model.is_smc = true;
    DNA_TRY(simulate(&smc, &model, 0, seed));
    static const struct {
        const char *name;
        statistic f;
        int which;
    } shown[] = {{"S", sites, 0}, {"pi", pi, 0}, {"Tajima's D", plain, 19 + DV},
        {"TMRCA", plain, 19 + TMRCA}, {"branch length", plain, 19 + LENGTH},
        {"r2 below 1 kb", plain, 19 + R2}, {"r2 30 to 100 kb", plain, 19 + R2 + 4}};
    for (int i = 0; i < DNA_COUNT(shown); i++) {
        moments a = moments_of(&exact, shown[i].f, shown[i].which);
        moments b = moments_of(&smc, shown[i].f, shown[i].which);
        printf("%-16s mean %+.2f %% (z = %.1f), variance %+.1f %% (z = %.1f)\n",
            shown[i].name, 100 * (b.mean / a.mean - 1),
            (b.mean - a.mean) / sqrt(a.se * a.se + b.se * b.se),
            100 * (b.variance / a.variance - 1),
            (b.variance - a.variance)
                / sqrt(a.variance_se * a.variance_se + b.variance_se * b.variance_se));
    }
out:
    dna_free(exact.at);
    dna_free(smc.at);
    return rc;
}

int
main(int argc, char **argv)
{
    setting_demography history;
    bool is_good = true;
    int64_t n = argc > 2 ? atoll(argv[2]) : 20000;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    int rc = DNA_OK;

    if (argc < 2 || n < 100) {
        fprintf(stderr, "usage: bench_coalescent_check REFERENCE.json|first-snps|smc|"
                        "growth|islands|pulse|ancient "
                        "[REPLICATES (at least 100) [SEED]]\n");
        return 2;
    }
    if (strcmp(argv[1], "first-snps") == 0) {
        rc = check_first_snps(n, seed, &is_good);
    } else if (strcmp(argv[1], "smc") == 0) {
        rc = show_smc(n, seed);
    } else if (named_history(&history, argv[1])) {
        rc = check_ms(&history, argv[1], n, seed, &is_good);
    } else {
        rc = check_reference(argv[1], n, seed, &is_good);
    }
    if (rc < 0) {
        fprintf(stderr, "bench_coalescent_check: %s\n", dna_message());
    }
    return rc < 0 || !is_good;
}

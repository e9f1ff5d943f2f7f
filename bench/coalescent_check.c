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
#include "coalescent_stats.h"
#include "histories.h"
#include "io/json.h"

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
        moments m = stats_moments_of(ours, stats_plain, i);
        snprintf(label, sizeof(label), "sfs[%d]", i + 1);
        stats_judge(sc, name, label, m.mean, m.se, item_at(ref, "sfs_unfolded.mean", i),
            item_at(ref, "sfs_unfolded.se", i));
        double exact = item_at(ref, "exact_expectation.sfs_unfolded", i);
        if (isfinite(exact)) {
            snprintf(label, sizeof(label), "exact sfs[%d]", i + 1);
            stats_judge(sc, name, label, m.mean, m.se, exact, 0);
        }
    }
    for (int i = 0; i < ours->n_hap / 2; i++) {
        moments m = stats_moments_of(ours, stats_folded, i);
        snprintf(label, sizeof(label), "folded sfs[%d]", i + 1);
        stats_judge(sc, name, label, m.mean, m.se, item_at(ref, "sfs_folded.mean", i),
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
    stats_judge(sc, name, key, m.mean, m.se, mean, number_at(ref, path));
    snprintf(path, sizeof(path), "%s_variance.mean", key);
    double variance = number_at(ref, path);
    if (isfinite(variance)) {
        snprintf(path, sizeof(path), "%s_variance.se", key);
        stats_judge(
            sc, name, path, m.variance, m.variance_se, variance, number_at(ref, path));
    }
    snprintf(path, sizeof(path), "exact_expectation.%s", exact);
    if (exact[0] != '\0' && isfinite(number_at(ref, path))) {
        stats_judge(sc, name, path, m.mean, m.se, number_at(ref, path), 0);
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
    double center[3] = {stats_moments_of(ours, stats_sites, 0).mean,
        stats_moments_of(ours, stats_plain, which + DV).mean,
        stats_moments_of(ours, stats_plain, which + TMRCA).mean};
    double n_ref = number_at(ref, "n_reps");
    reference_columns(theirs, ref, ours->n_hap);
    for (int64_t c = 0; c < m; c++) {
        is_used[c] = isfinite(theirs[c]);
    }
    stats_covariance(ours, m, n_plain, center, is_used, mean, cov);
    for (int64_t c = 0; c < m; c++) {
        mean[c] = is_used[c] ? mean[c] - theirs[c] : 0;
    }
    for (int64_t c = 0; c < m * m; c++) {
        cov[c] *= 1 / (double)ours->n + 1 / n_ref;
    }
    return stats_mahalanobis(cov, mean, m, rank);
}

static bool
compare_reference(const char *name, const dna_value *ref, const rows *ours)
{
    score sc = {0};
    int which = (int)ours->n_hap - 1;
    int64_t rank = 0;
    compare_spectrum(&sc, name, ref, ours);
    compare_one(&sc, name, ref, "segregating_sites", "segregating_sites",
        stats_moments_of(ours, stats_sites, 0));
    compare_one(
        &sc, name, ref, "pi_total", "pi_total", stats_moments_of(ours, stats_pi, 0));
    compare_one(&sc, name, ref, "tajimas_D", "",
        stats_moments_of(ours, stats_plain, which + DV));
    compare_one(&sc, name, ref, "tmrca_at_midpoint", "tmrca",
        stats_moments_of(ours, stats_plain, which + TMRCA));
    compare_one(&sc, name, ref, "total_branch_length", "total_branch_length",
        stats_moments_of(ours, stats_plain, which + LENGTH));
    for (int b = 0; b < BINS; b++) {
        char label[32];
        const dna_value *bin = dna_value_get(ref, "r2")->items[b];
        moments m = stats_moments_of(ours, stats_plain, which + R2 + b);
        snprintf(label, sizeof(label), "r2[%d]", b);
        stats_judge(&sc, name, label, m.mean, m.se,
            number_at(bin, "mean_of_replicate_means.mean"),
            number_at(bin, "mean_of_replicate_means.se"));
    }
    double chi2 = chi2_reference(ref, ours, &rank);
    return stats_report(name, &sc, chi2, rank);
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
        DNA_TRY(stats_simulate(&ours, &model, 0, seed));
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
        moments a = stats_moments_of(x, stats_plain, c);
        moments b = stats_moments_of(y, stats_plain, c);
        /* TMRCA and length are of different stretches, or not known; S may be fixed; r2 at
         * a distance that few replicates reach is no mean */
        double least = 0.02 * (double)x->n;
        is_used[c] = c != which + TMRCA && c != which + LENGTH && a.se > 0
                     && a.n > least && b.n > least;
        if (is_used[c]) {
            snprintf(label, sizeof(label), "statistic %d", c);
            stats_judge(&sc, name, label, a.mean, a.se, b.mean, b.se);
            snprintf(label, sizeof(label), "variance %d", c);
            stats_judge(
                &sc, name, label, a.variance, a.variance_se, b.variance, b.variance_se);
        }
    }
    stats_covariance(x, m, m, center, is_used, mean, cov);
    stats_covariance(y, m, m, center, is_used, mean2, cov2);
    for (int64_t c = 0; c < m; c++) {
        mean[c] -= mean2[c];
    }
    for (int64_t c = 0; c < m * m; c++) {
        cov[c] = cov[c] / (double)x->n + cov2[c] / (double)y->n;
    }
    double chi2 = stats_mahalanobis(cov, mean, m, &rank);
    return stats_report(name, &sc, chi2, rank);
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
        DNA_TRY(stats_simulate(&whole, &model, FIRST, seed));
        model.max_snp = FIRST;
        DNA_TRY(stats_simulate(&first, &model, FIRST, seed + 1));
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
    DNA_TRY(stats_measure(r, &s, n_site, &info));
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
    DNA_TRY(stats_simulate(&ours, &model, 0, seed));
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
    DNA_TRY(stats_simulate(&exact, &model, 0, seed));
    model.is_smc = true;
    DNA_TRY(stats_simulate(&smc, &model, 0, seed));
    static const struct {
        const char *name;
        statistic f;
        int which;
    } shown[] = {{"S", stats_sites, 0}, {"pi", stats_pi, 0},
        {"Tajima's D", stats_plain, 19 + DV}, {"TMRCA", stats_plain, 19 + TMRCA},
        {"branch length", stats_plain, 19 + LENGTH},
        {"r2 below 1 kb", stats_plain, 19 + R2},
        {"r2 30 to 100 kb", stats_plain, 19 + R2 + 4}};
    for (int i = 0; i < DNA_COUNT(shown); i++) {
        moments a = stats_moments_of(&exact, shown[i].f, shown[i].which);
        moments b = stats_moments_of(&smc, shown[i].f, shown[i].which);
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

/* test_histories.c - coalescence times of populations against theory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/sim/sim_fixture.h"

enum { N = 8000 };

static dna_demography
one_population(
    dna_population *p, dna_demographic_event *e, int64_t n_event, dna_sample_group *g)
{
    return (dna_demography){.population = p,
        .n_population = 1,
        .event = e,
        .n_event = n_event,
        .group = g,
        .n_group = 1};
}

/* E[TMRCA] = 4 N (1 - 1 / n) and, of two, variance (2 N)^2 (Tajima 1983). */
static void
test_constant_size(void **state)
{
    (void)state;
    dna_population p = {.size = 50};
    dna_sample_group g = {.n = 10};
    dna_demography d = one_population(&p, NULL, 0, &g);
    running t = mean_tmrca(&d, N);
    assert_mean(&t, 4 * 50 * 0.9, "TMRCA of 10");
    g.n = 2;
    t = mean_tmrca(&d, N);
    assert_mean(&t, 100, "TMRCA of 2");
    assert_near(t.m2 / t.n / 1e4, 1, 0.12);
}

/* E[T] of two: 2 a (1 - e^(-s / 2a)) + e^(-s / 2a) 2 b for size a until s, b before. */
static void
test_size_change(void **state)
{
    (void)state;
    dna_population p = {.size = 50};
    dna_demographic_event e = {60, DNA_EVENT_SIZE, 0, 0, 400};
    dna_sample_group g = {.n = 2};
    dna_demography d = one_population(&p, &e, 1, &g);
    running t = mean_tmrca(&d, N);
    double stay = exp(-0.6);
    assert_mean(&t, 100 * (1 - stay) + 800 * stay, "TMRCA, simple loop");
    e.population = DNA_EVERY;
    d.event = (dna_demographic_event[]){e, {1e5, DNA_EVENT_GROWTH, 0, 0, 1e-9}};
    d.n_event = 2; /* growth far away: the loop of all histories */
    t = mean_tmrca(&d, N);
    assert_mean(&t, 100 * (1 - stay) + 800 * stay, "TMRCA, structured loop");
}

/* Exponential growth g of a population of N: E[T] = e^b E1(b) / g with b = 1 / (2 N g)
 * (Slatkin and Hudson 1991); E1(0.5) = 0.5597735947761608 (Abramowitz and Stegun, table
 * 5.1). */
static void
test_growth(void **state)
{
    (void)state;
    dna_population p = {.size = 1000, .growth = 1e-3};
    dna_sample_group g = {.n = 2};
    dna_demography d = one_population(&p, NULL, 0, &g);
    running t = mean_tmrca(&d, N);
    assert_mean(&t, exp(0.5) * 0.5597735947761608 * 1000, "growing");
    p = (dna_population){.size = 50, .growth = 1e-13}; /* as good as none */
    t = mean_tmrca(&d, N);
    assert_mean(&t, 100, "growth near 0");

    /* a decline: e^-g backwards to time s, then constant. H(s) = (1 - e^(-gs)) / (2 N g);
     * E[T] = integral of e^-H up to s + e^-H(s) 2 N e^(gs) */
    p = (dna_population){.size = 100, .growth = -0.01};
    dna_demographic_event e = {120, DNA_EVENT_GROWTH, 0, 0, 0};
    d = one_population(&p, &e, 1, &g);
    double sum = 0;
    for (int i = 0; i < 120000; i++) {
        sum += exp(-(1 - exp(-0.01 * (i + 0.5) * 1e-3)) / 2) * 1e-3;
    }
    sum += exp(-(1 - exp(-1.2)) / 2) * 200 * exp(1.2);
    t = mean_tmrca(&d, N);
    assert_mean(&t, sum, "declining");
}

/* Two populations of N with symmetric migration m: two lineages of one meet after 4 N on
 * average, whatever m; of different ones after 4 N + 1 / (2 m) (Strobeck 1987). */
static void
test_migration(void **state)
{
    (void)state;
    dna_population p[2] = {{.size = 50}, {.size = 50}};
    double m[4] = {0, 4e-3, 4e-3, 0};
    dna_sample_group g[2] = {{1, 0, 0}, {1, 1, 0}};
    dna_demography d = {
        .population = p, .n_population = 2, .migration = m, .group = g, .n_group = 2};
    running t = mean_tmrca(&d, N);
    assert_mean(&t, 200 + 125, "between");
    g[1].population = 0;
    t = mean_tmrca(&d, N);
    assert_mean(&t, 200, "within");
}

/* Expected time at which lineages of populations i and j meet, for all pairs [n * n]: what
 * the first event leads to, solved by iteration. */
static void
solve_pairs(double *time, int n, const double *size, const double *m)
{
    memset(time, 0, (size_t)(n * n) * sizeof(*time));
    for (int round = 0; round < 20000; round++) {
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double total = i == j ? 1 / (2 * size[i]) : 0;
                double sum = 1;
                for (int k = 0; k < n; k++) {
                    total += m[i * n + k] + m[j * n + k];
                    sum += m[i * n + k] * time[k * n + j];
                    sum += m[j * n + k] * time[i * n + k];
                }
                time[i * n + j] = sum / total;
            }
        }
    }
}

static void
test_unequal_migration(void **state)
{
    (void)state;
    static const double size[3] = {50, 20, 80};
    static const double m[9] = {0, 0.01, 0.001, 0.002, 0, 0.008, 0.004, 0, 0};
    dna_population p[3] = {{.size = 50}, {.size = 20}, {.size = 80}};
    double expected[9];
    solve_pairs(expected, 3, size, m);
    for (int32_t i = 0; i < 3; i++) {
        for (int32_t j = i; j < 3; j++) {
            dna_sample_group g[2] = {{1, i, 0}, {1, j, 0}};
            dna_demography d = {.population = p,
                .n_population = 3,
                .migration = m,
                .group = g,
                .n_group = 2};
            running t = mean_tmrca(&d, N);
            assert_mean(&t, expected[i * 3 + j], "pair");
        }
    }
}

/* A split at s: lineages of different populations meet after s + 2 A on average. */
static void
test_split(void **state)
{
    (void)state;
    dna_population p[3] = {
        {.size = 50}, {.size = 10, .start_time = 70}, {.size = 200, .end_time = 70}};
    dna_demographic_event e[2] = {
        {70, DNA_EVENT_MOVE, 0, 2, 1}, {70, DNA_EVENT_MOVE, 1, 2, 1}};
    dna_sample_group g[2] = {{1, 0, 0}, {1, 1, 0}};
    dna_demography d = {.population = p,
        .n_population = 3,
        .event = e,
        .n_event = 2,
        .group = g,
        .n_group = 2};
    running t = mean_tmrca(&d, N);
    assert_mean(&t, 70 + 400, "between");
    assert_near(t.m2 / t.n / 160000, 1, 0.12);
}

/* An admixture pulse f at time s from population 0 into 1, which join at u. */
static void
test_admixture(void **state)
{
    (void)state;
    double f = 0.3;
    dna_population p[2] = {{.size = 50}, {.size = 20}};
    dna_demographic_event e[2] = {
        {40, DNA_EVENT_MOVE, 0, 1, f}, {90, DNA_EVENT_MOVE, 1, 0, 1}};
    dna_sample_group g = {.n = 2};
    dna_demography d = {.population = p,
        .n_population = 2,
        .event = e,
        .n_event = 2,
        .group = &g,
        .n_group = 1};
    double in0 = exp(-40 / 100.0); /* not met by s */
    /* from s to u in one population of 2N = w, then 100 more on average */
    double stay0 = 100 * (1 - exp(-50 / 100.0)) + exp(-50 / 100.0) * 100;
    double stay1 = 40 * (1 - exp(-50 / 40.0)) + exp(-50 / 40.0) * 100;
    double later =
        (1 - f) * (1 - f) * stay0 + f * f * stay1 + 2 * f * (1 - f) * (50 + 100);
    running t = mean_tmrca(&d, N);
    assert_mean(&t, 100 * (1 - in0) + in0 * later, "TMRCA");
}

/* A genome of time s: the two meet after s + 2 N; its branch is s shorter, so it carries
 * s mu L fewer mutations. */
static void
test_samples_of_the_past(void **state)
{
    (void)state;
    dna_population p = {.size = 50};
    dna_sample_group g[2] = {{1, 0, 80}, {1, 0, 0}};
    dna_demography d = {.population = &p, .n_population = 1, .group = g, .n_group = 2};
    running t = mean_tmrca(&d, N);
    assert_mean(&t, 80 + 100, "TMRCA");
    dna_coalescent_model m = {.demography = &d,
        .length = 1000,
        .recombination_rate = 1e-5,
        .mutation_rate = 1e-4};
    dna_coalescent *sim = new_simulator(&m);
    running old = {0};
    running young = {0};
    for (int64_t i = 0; i < 2000; i++) {
        dna_sample *s = NULL;
        double count[2] = {0};
        assert_ok(dna_coalescent_run(sim, 3, 0, i, &s));
        const uint8_t *snp = s->snp.data;
        for (int64_t j = 0; j < s->n_site; j++) {
            count[0] += snp[j];
            count[1] += snp[s->n_site + j];
        }
        running_add(&old, count[0]);
        running_add(&young, count[1]);
        dna_sample_free(s);
    }
    assert_mean(&old, 10, "mutations of the old genome"); /* 2 N mu L */
    assert_mean(&young, 18, "mutations of the young genome");
    dna_coalescent_free(sim);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_size),
        cmocka_unit_test(test_size_change),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_migration),
        cmocka_unit_test(test_unequal_migration),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_admixture),
        cmocka_unit_test(test_samples_of_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

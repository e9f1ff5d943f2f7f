/* test_maps.c - rates that change along the sequence.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/sim/sim_fixture.h"

/* A hot spot at 4,000 to 5,000 of 10,000; no recombination at all from 6,000 to 8,000. */
static const double pos[] = {0, 4000, 5000, 6000, 8000, 10000};
static const double rate[] = {1e-6, 4e-5, 1e-6, 0, 1e-6};

static dna_rate_map *
hot_spot(void)
{
    dna_rate_map *map = NULL;
    assert_ok(dna_rate_map_new(&map, pos, rate, 5));
    return map;
}

static dna_demography
simple(int64_t n)
{
    static dna_population p = {.size = 1000};
    static dna_sample_group g;
    g = (dna_sample_group){.n = n};
    return (dna_demography){
        .population = &p, .n_population = 1, .group = &g, .n_group = 1};
}

/* Breakpoints of trees, seen in the edges, against the map by Kolmogorov and Smirnov. */
static void
test_breakpoints_follow_the_map(void **state)
{
    (void)state;
    enum { MOST = 200000, CELLS = 100 };
    dna_rate_map *map = hot_spot();
    dna_demography d = simple(4);
    dna_coalescent_model m = {
        .demography = &d, .length = 1e4, .recombination_map = map, .has_tables = true};
    dna_coalescent *sim = new_simulator(&m);
    static double at[MOST];
    int64_t n = 0;
    for (int64_t i = 0; i < 60; i++) {
        assert_ok(dna_coalescent_run(sim, 1, 0, i, NULL));
        const dna_tree_tables *t = dna_coalescent_tables(sim);
        int64_t first = n;
        for (int64_t j = 0; j < t->n_edge && n < MOST; j++) {
            bool is_new = t->edge_left[j] > 0;
            for (int64_t k = first; k < n && is_new; k++) {
                is_new = at[k] != t->edge_left[j];
            }
            if (is_new) {
                at[n++] = t->edge_left[j];
            }
        }
    }
    assert_in_range(n, 2000, MOST - 1);
    double all = dna_rate_map_mass(map, 1e4);
    double worst = 0;
    for (int c = 1; c < CELLS; c++) {
        double x = 100.0 * c;
        double below = 0;
        for (int64_t i = 0; i < n; i++) {
            below += at[i] <= x;
        }
        worst = fmax(worst, fabs(below / (double)n - dna_rate_map_mass(map, x) / all));
    }
    /* 1.95 is passed once in 1,000; breakpoints of one ancestry are nearly independent */
    assert_true(worst * sqrt((double)n) < 1.95);
    dna_coalescent_free(sim);
    dna_rate_map_free(map);
}

/* Cov(T1, T2) = (2N)^2 (R + 18) / (R^2 + 13 R + 18) for two genomes and two loci, with
 * R = 4 N x recombination between them (Griffiths 1981; Hudson 1983). */
static void
check_covariance(const dna_coalescent_model *m, const dna_rate_map *map)
{
    double n2 = 2000;
    double mass = map != NULL ? dna_rate_map_mass(map, m->probe[1])
                                    - dna_rate_map_mass(map, m->probe[0])
                              : m->recombination_rate * (m->probe[1] - m->probe[0]);
    double r = 2 * n2 * mass;
    running product = {0};
    dna_coalescent *sim = new_simulator(m);
    for (int64_t i = 0; i < 5000; i++) {
        assert_ok(dna_coalescent_run(sim, 5, 1, i, NULL));
        const double *t = dna_coalescent_last(sim)->tmrca;
        running_add(&product, (t[0] / n2 - 1) * (t[1] / n2 - 1));
    }
    assert_mean(&product, (r + 18) / (r * r + 13 * r + 18), "covariance");
    dna_coalescent_free(sim);
}

static void
test_two_loci_covary_as_they_must(void **state)
{
    (void)state;
    dna_rate_map *map = hot_spot();
    dna_demography d = simple(2);
    static const double probes[][2] = {
        {3000, 3900}, {3900, 5100}, {5900, 8100}, {10, 9990}};
    for (int i = 0; i < DNA_COUNT(probes); i++) {
        dna_coalescent_model m = {.demography = &d,
            .length = 1e4,
            .recombination_map = map,
            .probe = probes[i],
            .n_probe = 2};
        check_covariance(&m, map);
        m.recombination_map = NULL;
        m.recombination_rate = 1e-6;
        check_covariance(&m, NULL);
    }
    dna_rate_map_free(map);
}

static void
test_sites_follow_the_mutation_map(void **state)
{
    (void)state;
    dna_rate_map *recombination = hot_spot();
    dna_rate_map *mutation = NULL;
    assert_ok(dna_rate_map_new(
        &mutation, (double[]){0, 4500, 5500, 10000}, (double[]){1e-5, 0, 3e-5}, 3));
    dna_demography d = simple(5);
    dna_coalescent_model m = {.demography = &d,
        .length = 1e4,
        .recombination_map = recombination,
        .mutation_map = mutation};
    dna_coalescent *sim = new_simulator(&m);
    running left = {0};
    running right = {0};
    for (int64_t i = 0; i < 400; i++) {
        dna_sample *s = NULL;
        assert_ok(dna_coalescent_run(sim, 2, 0, i, &s));
        const double *at = s->pos.data;
        double count[2] = {0};
        for (int64_t j = 0; j < s->n_site; j++) {
            assert_true(at[j] >= 0 && at[j] < 1e4);
            assert_true(j == 0 || at[j] > at[j - 1]);
            assert_false(at[j] > 4500 && at[j] < 5500);
            count[at[j] > 5000]++;
        }
        running_add(&left, count[0]);
        running_add(&right, count[1]);
        dna_sample_free(s);
    }
    double length = 4 * 1000 * (1 + 1 / 2.0 + 1 / 3.0 + 1 / 4.0);
    assert_mean(&left, 4500 * 1e-5 * length, "sites on the left");
    assert_mean(&right, 4500 * 3e-5 * length, "sites on the right");
    /* the same with a prefix that has to be continued through the map */
    m.max_snp = 60;
    dna_coalescent *first = new_simulator(&m);
    running whole_span = {0};
    running first_span = {0};
    int64_t n_continued = 0;
    for (int64_t i = 0; i < 400; i++) {
        dna_sample *s = NULL;
        assert_ok(dna_coalescent_run(sim, 9, 0, i, &s));
        running_add(&whole_span, ((double *)s->pos.data)[59]);
        dna_sample_free(s);
        assert_ok(dna_coalescent_run(first, 10, 0, i, &s));
        assert_int_equal(s->n_site, 60);
        running_add(&first_span, ((double *)s->pos.data)[59]);
        n_continued += dna_coalescent_last(first)->n_extension > 0;
        dna_sample_free(s);
    }
    assert_in_range(n_continued, 20, 300);
    assert_same_mean(&whole_span, &first_span, "position of site 60");
    dna_coalescent_free(first);
    dna_coalescent_free(sim);
    dna_rate_map_free(mutation);
    dna_rate_map_free(recombination);
}

static void
test_bad_maps_are_refused(void **state)
{
    (void)state;
    dna_coalescent *sim = NULL;
    dna_rate_map *map = hot_spot();
    dna_demography d = simple(2);
    assert_ok(dna_coalescent_new(&sim));
    dna_coalescent_model m = {
        .demography = &d, .length = 10001, .recombination_map = map};
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG,
        "recombination map: it reaches from 0 to 10000, not from 0 to the length");
    m.recombination_map = NULL;
    m.mutation_map = map;
    map->rate[2] = -1;
    assert_fails(dna_coalescent_set(sim, &m), DNA_EARG, "mutation map: rate 2: -1");
    assert_fails(dna_coalescent_run(sim, 1, 0, 0, NULL), DNA_EARG, "no model");
    dna_coalescent_free(sim);
    dna_rate_map_free(map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breakpoints_follow_the_map),
        cmocka_unit_test(test_two_loci_covary_as_they_must),
        cmocka_unit_test(test_sites_follow_the_mutation_map),
        cmocka_unit_test(test_bad_maps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_parts.c - random numbers, sets of lineages, sites, axes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/sim/sim_fixture.h"

#include "sim/draw.h"
#include "sim/history.h"
#include "sim/lineages.h"
#include "sim/sites.h"

static void
test_bits_are_those_of_the_stream(void **state)
{
    (void)state;
    dna_rng a;
    dna_rng b;
    dna_rng_init(&a, 1, "x", 2, 3, 4);
    b = a;
    for (int i = 0; i < 100; i++) {
        assert_true(dna_draw_bits(&a) == dna_rng_next(&b));
        assert_true(dna_draw_below(&a, 10) < 10);
        (void)dna_rng_next(&b);
    }
}

/* Moments 1 to 4 of the exponential are 1, 2, 6, 24; and the distribution function in
 * bins that cross layers and the tail. */
static void
test_exponentials(void **state)
{
    (void)state;
    enum { N = 400000 };
    static const double edge[] = {0.001, 0.1, 0.5, 1, 2, 4, 7, 7.69, 8, 9};
    double below[DNA_COUNT(edge)] = {0};
    dna_ziggurat z;
    dna_rng rng;
    running moment[3] = {0};
    dna_ziggurat_init(&z);
    dna_rng_init(&rng, 1, "exponential", 0, 0, 0);
    for (int i = 0; i < N; i++) {
        double x = dna_draw_exponential(&z, &rng);
        assert_true(x >= 0);
        running_add(&moment[0], x);
        running_add(&moment[1], x * x);
        running_add(&moment[2], x * x * x);
        for (int k = 0; k < DNA_COUNT(edge); k++) {
            below[k] += x < edge[k];
        }
    }
    assert_mean(&moment[0], 1, "mean");
    assert_mean(&moment[1], 2, "second moment");
    assert_mean(&moment[2], 6, "third moment");
    for (int k = 0; k < DNA_COUNT(edge); k++) {
        double p = -expm1(-edge[k]);
        assert_true(fabs(below[k] / N - p) < 4 * sqrt(p * (1 - p) / N));
    }
    for (int i = 1; i < DNA_ZIGGURAT; i++) { /* equal areas */
        double area = z.x[i] * (z.f[i + 1] - z.f[i]);
        assert_near(area / (z.x[0] * z.f[1]), 1, 1e-9);
    }
}

/* Against plain sums, through growth and removal. */
static void
test_lineages_are_found_by_mass(void **state)
{
    (void)state;
    dna_lineages s = {0};
    dna_rng rng;
    dna_rng_init(&rng, 2, "lineages", 0, 0, 0);
    for (int step = 0; step < 6000; step++) {
        if (s.n == s.room) {
            assert_ok(dna_lineages_grow(&s));
        }
        uint32_t left = (uint32_t)dna_rng_below(&rng, UINT32_MAX / 2);
        dna_lineage l = {0, 1, left, left + 1 + (uint32_t)dna_rng_below(&rng, 1 << 30)};
        int64_t what = dna_rng_below(&rng, 4);
        if (what < 2 || s.n == 0) {
            dna_lineages_push(&s, l, 0);
        } else if (what == 2) {
            dna_lineages_put(&s, (uint32_t)dna_rng_below(&rng, s.n), l);
        } else {
            dna_lineages_remove(&s, (uint32_t)dna_rng_below(&rng, s.n));
        }
        uint64_t sum = 0;
        for (uint32_t i = 0; i < s.n; i++) {
            sum += s.line[i].right - s.line[i].left - 1;
        }
        assert_true(sum == s.mass);
        if (sum == 0 || step % 50 != 0) {
            continue;
        }
        uint64_t x = dna_draw_below(&rng, sum);
        uint32_t at = 0;
        uint32_t found = dna_lineages_find(&s, x, &at);
        uint64_t before = 0;
        for (uint32_t i = 0; i < found; i++) {
            before += s.line[i].right - s.line[i].left - 1;
        }
        assert_true(before <= x);
        assert_int_equal(at, s.line[found].left + 1 + (x - before));
        assert_true(at > s.line[found].left && at < s.line[found].right);
    }
    assert_true(s.room > 512);
    dna_lineages_reset(&s);
    assert_true(s.n == 0 && s.mass == 0 && s.super[0] == 0);
    dna_lineages_clear(&s);
}

static void
test_bits_become_a_matrix(void **state)
{
    (void)state;
    static const int64_t haps[] = {2, 8, 50, 64, 65, 130};
    static const int64_t sites[] = {0, 1, 7, 64, 65, 200};
    dna_rng rng;
    dna_rng_init(&rng, 3, "bits", 0, 0, 0);
    for (int a = 0; a < DNA_COUNT(haps); a++) {
        for (int b = 0; b < DNA_COUNT(sites); b++) {
            int64_t n_word = (haps[a] + 63) / 64;
            uint64_t words[200 * 3] = {0};
            uint8_t *snp = calloc((size_t)(haps[a] * sites[b] + 1), 1);
            for (int64_t i = 0; i < sites[b] * n_word; i++) {
                words[i] = dna_rng_next(&rng);
            }
            snp[haps[a] * sites[b]] = 77;
            dna_sites_matrix(snp, words, haps[a], sites[b]);
            for (int64_t h = 0; h < haps[a]; h++) {
                for (int64_t j = 0; j < sites[b]; j++) {
                    assert_int_equal(snp[h * sites[b] + j],
                        words[j * n_word + h / 64] >> (h % 64) & 1);
                }
            }
            assert_int_equal(snp[haps[a] * sites[b]], 77);
            free(snp);
        }
    }
}

static void
test_sites_are_sorted(void **state)
{
    (void)state;
    enum { N = 5000 };
    static dna_site at[N];
    static dna_site scratch[N];
    dna_rng rng;
    dna_rng_init(&rng, 4, "sites", 0, 0, 0);
    for (int is_uniform = 0; is_uniform < 2; is_uniform++) {
        uint64_t sum = 0;
        for (int i = 0; i < N; i++) {
            at[i] = (dna_site){10 + 90 * dna_rng_uniform(&rng), (uint64_t)i, 0, 0};
        }
        dna_sites_sort(at, scratch, N, 10, 100, is_uniform);
        for (int i = 0; i < N; i++) {
            sum += at[i].tag;
            assert_true(i == 0 || at[i - 1].pos <= at[i].pos);
        }
        assert_true(sum == (uint64_t)N * (N - 1) / 2);
    }
}

/* E[branch length] of constant size is 4 N sum 1/i (Watterson 1975); with a change of
 * size, of two genomes, twice E[T]. */
static void
test_expected_branch_length(void **state)
{
    (void)state;
    static const int64_t n[] = {2, 3, 10, 50, 300};
    dna_population p = {.size = 100};
    dna_demographic_event e = {60, DNA_EVENT_SIZE, 0, 0, 700};
    dna_sample_group g = {.n = 2};
    dna_demography d = {.population = &p, .n_population = 1, .group = &g, .n_group = 1};
    dna_history h;
    for (int i = 0; i < DNA_COUNT(n); i++) {
        double sum = 0;
        for (int64_t k = 1; k < n[i]; k++) {
            sum += 400 / (double)k;
        }
        g.n = n[i];
        assert_ok(dna_history_init(&h, &d));
        assert_near(dna_history_branch_length(&h) / sum, 1, 1e-10);
        dna_history_clear(&h);
    }
    g.n = 2;
    d.event = &e;
    d.n_event = 1;
    assert_ok(dna_history_init(&h, &d));
    double stay = exp(-60 / 200.0);
    assert_near(
        dna_history_branch_length(&h), 2 * (200 * (1 - stay) + 1400 * stay), 1e-10);
    dna_history_clear(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_are_those_of_the_stream),
        cmocka_unit_test(test_exponentials),
        cmocka_unit_test(test_lineages_are_found_by_mass),
        cmocka_unit_test(test_bits_become_a_matrix),
        cmocka_unit_test(test_sites_are_sorted),
        cmocka_unit_test(test_expected_branch_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rng.c - splittable streams: exact values, independence, distributions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "dnadna/rng.h"

/* The values that the reference implementation of xoshiro256++ gives for state 1 2 3 4.
 */
static void
test_generator_is_xoshiro256pp(void **state)
{
    (void)state;
    dna_rng rng = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {41943041, 58720359, 3588806011781223,
        3591011842654386, UINT64_C(9228616714210784205), UINT64_C(9973669472204895162)};
    for (int i = 0; i < 6; i++) {
        assert_true(dna_rng_next(&rng) == expected[i]);
    }
}

/* From a second implementation of header and seeding, in Python's integers. */
static void
test_seeding_stays_as_it_is(void **state)
{
    (void)state;
    dna_rng rng;
    dna_rng_init(&rng, 42, "shuffle", 3, -1, 0);
    assert_true(dna_rng_next(&rng) == UINT64_C(17381921585244621563));
    assert_true(dna_rng_next(&rng) == UINT64_C(10235574135907124235));
    assert_true(dna_rng_next(&rng) == UINT64_C(8127644147241615303));
}

static void
test_every_part_of_the_name_counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        const char *purpose;
        int64_t i, j, k;
    } names[] = {{1, "a", 0, 0, 0}, {2, "a", 0, 0, 0}, {1, "b", 0, 0, 0},
        {1, "", 0, 0, 0}, {1, "a", 1, 0, 0}, {1, "a", 0, 1, 0}, {1, "a", 0, 0, 1},
        {1, "a", -1, 0, 0}, {0, "a", 1, 0, 0}, {1, "ab", 0, 0, 0}};
    uint64_t first[10];
    for (int n = 0; n < 10; n++) {
        dna_rng rng;
        dna_rng_init(
            &rng, names[n].seed, names[n].purpose, names[n].i, names[n].j, names[n].k);
        first[n] = dna_rng_next(&rng);
        for (int m = 0; m < n; m++) {
            assert_true(first[n] != first[m]);
        }
    }
}

/* Neighbouring streams look unrelated: mean and correlation within 4 sigma. */
static void
test_neighbouring_streams_are_uncorrelated(void **state)
{
    (void)state;
    enum { N = 20000 };
    double sum = 0;
    double product = 0;
    double before = 0.5;
    for (int i = 0; i < N; i++) {
        dna_rng rng;
        dna_rng_init(&rng, 7, "sample", i, 0, 0);
        double u = dna_rng_uniform(&rng);
        sum += u;
        product += (u - 0.5) * (before - 0.5);
        before = u;
    }
    assert_true(fabs(sum / N - 0.5) < 4 * sqrt(1.0 / 12 / N));
    assert_true(fabs(product / N) < 4 * (1.0 / 12) / sqrt(N));
}

static void
test_uniform_is_within_0_and_1_and_flat(void **state)
{
    (void)state;
    enum { N = 100000 };
    dna_rng rng;
    int count[10] = {0};
    dna_rng_init(&rng, 1, "uniform", 0, 0, 0);
    for (int i = 0; i < N; i++) {
        double u = dna_rng_uniform(&rng);
        assert_true(u >= 0 && u < 1);
        count[(int)(u * 10)]++;
    }
    for (int i = 0; i < 10; i++) {
        assert_true(fabs(count[i] - N / 10.0) < 4 * sqrt(N * 0.09));
    }
}

static void
test_below_has_no_bias_even_for_large_ranges(void **state)
{
    (void)state;
    enum { N = 30000 };
    dna_rng rng;
    int count[3] = {0};
    const int64_t n = INT64_C(3) << 61; /* a modulo would favour low values 3 to 2 */
    dna_rng_init(&rng, 1, "below", 0, 0, 0);
    for (int i = 0; i < N; i++) {
        int64_t v = dna_rng_below(&rng, n);
        assert_true(v >= 0 && v < n);
        count[v >> 61]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(count[i] - N / 3.0) < 4 * sqrt(N * 2.0 / 9));
    }
    assert_int_equal(dna_rng_below(&rng, 1), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(dna_rng_below(&rng, 7) < 7);
    }
}

/* Moments 1 to 4 of the standard normal within 4 standard errors. */
static void
test_normal_has_its_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    dna_rng rng;
    double m[5] = {0};
    dna_rng_init(&rng, 1, "normal", 0, 0, 0);
    for (int i = 0; i < N; i++) {
        double x = dna_rng_normal(&rng);
        for (int p = 1; p <= 4; p++) {
            m[p] += pow(x, p) / N;
        }
    }
    assert_true(fabs(m[1]) < 4 * sqrt(1.0 / N));
    assert_true(fabs(m[2] - 1) < 4 * sqrt(2.0 / N));
    assert_true(fabs(m[3]) < 4 * sqrt(15.0 / N));
    assert_true(fabs(m[4] - 3) < 4 * sqrt(96.0 / N));
}

/* All 24 orders of 4 equally often: chi-squared with 23 degrees, 4 sigma above its
 * mean. */
static void
test_permutations_are_equally_likely(void **state)
{
    (void)state;
    enum { N = 24000 };
    dna_rng rng;
    int count[256] = {0};
    double chi2 = 0;
    dna_rng_init(&rng, 1, "permutation", 0, 0, 0);
    for (int i = 0; i < N; i++) {
        int64_t p[4];
        dna_rng_permutation(&rng, p, 4);
        assert_int_equal((1 << p[0]) | (1 << p[1]) | (1 << p[2]) | (1 << p[3]), 15);
        count[p[0] * 64 + p[1] * 16 + p[2] * 4 + p[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        if (count[i] > 0) {
            chi2 += (count[i] - N / 24.0) * (count[i] - N / 24.0) / (N / 24.0);
        }
    }
    assert_true(chi2 < 23 + 4 * sqrt(46));
    dna_rng_permutation(&rng, NULL, 0);
}

static void
test_system_seeds_differ(void **state)
{
    (void)state;
    uint64_t a = dna_rng_os_seed();
    assert_true(a != dna_rng_os_seed());
    assert_true(a <= (uint64_t)INT64_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generator_is_xoshiro256pp),
        cmocka_unit_test(test_seeding_stays_as_it_is),
        cmocka_unit_test(test_every_part_of_the_name_counts),
        cmocka_unit_test(test_neighbouring_streams_are_uncorrelated),
        cmocka_unit_test(test_uniform_is_within_0_and_1_and_flat),
        cmocka_unit_test(test_below_has_no_bias_even_for_large_ranges),
        cmocka_unit_test(test_normal_has_its_moments),
        cmocka_unit_test(test_permutations_are_equally_likely),
        cmocka_unit_test(test_system_seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

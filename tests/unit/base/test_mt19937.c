/* test_mt19937.c - NumPy's legacy generator, draw by draw.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "base/mt19937.h"

/* numpy.random.RandomState(5489).randint(0, 2**32, dtype="uint32"): also the first
 * outputs that the authors publish for their default seed. */
static void
test_outputs_of_the_reference_seed(void **state)
{
    (void)state;
    dna_mt19937 mt;
    dna_mt19937_init(&mt, 5489);
    static const uint32_t first[] = {
        3499211612u, 581869302u, 3890346734u, 3586334585u, 545404204u};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(dna_mt19937_next(&mt), first[i]);
    }
    for (int i = 6; i < 10000; i++) {
        (void)dna_mt19937_next(&mt);
    }
    assert_int_equal(dna_mt19937_next(&mt), 4123659995u); /* C++11 states the 10000th */
}

/* Assign proportions as preprocessing does and shuffle; the results are those of
 * NumPy 1.24. */
static void
check_split(int n, uint32_t seed, const char *slots, const char *expected)
{
    int values[32];
    char got[33] = "";
    dna_mt19937 mt;
    assert_int_equal(strlen(slots), n);
    for (int i = 0; i < n; i++) {
        values[i] = slots[i];
    }
    dna_mt19937_init(&mt, seed);
    dna_mt19937_shuffle(&mt, values, n);
    for (int i = 0; i < n; i++) {
        got[i] = (char)values[i];
    }
    assert_string_equal(got, expected);
}

static void
test_shuffles_are_those_of_numpy(void **state)
{
    (void)state;
    check_split(20, 0, "TTTTTTTTTTTTTTVVVVVV", "VTVTTVTTTTTVTTVTTTVT");
    check_split(15, 0, "TTTTTTTTTTTVVVV", "TTTTVTTVTTVTTTV");
    check_split(10, 1, "UTTTTTTVVE", "TETTUTTVVT");
}

/* The scenario table of one_event for seed 2 and 20 scenarios: 100 draws and more. */
static void
test_uniform_draws_give_the_reference_table(void **state)
{
    (void)state;
    static const int time[] = {1789, 181, 2234, 1786, 1727, 1374, 882, 2507, 1254, 1125,
        2514, 2154, 607, 2093, 803, 3158, 3427, 2017, 3398, 392};
    static const int recent[] = {16003, 5811, 13399, 6244, 6700, 19756, 8413, 6396,
        8303, 11189, 14681, 7956, 21846, 15206, 16003, 12186, 31089, 19009, 7265,
        25102};
    static const int event[] = {16003, 34937, 6460, 8506, 5006, 23275, 10312, 32181,
        5392, 44597, 23463, 26953, 8422, 16988, 8268, 9301, 31667, 8434, 33517, 14392};
    const double n_min = log10(5000);
    const double n_max = log10(50000);
    int sizes[20];
    dna_mt19937 mt;
    dna_mt19937_init(&mt, 2);
    for (int i = 0; i < 20; i++) {
        assert_int_equal((int)(80 + (4000 - 80) * dna_mt19937_uniform(&mt)), time[i]);
    }
    for (int i = 0; i < 20; i++) {
        sizes[i] = (int)pow(10, n_min + (n_max - n_min) * dna_mt19937_uniform(&mt));
        assert_int_equal(sizes[i], recent[i]);
    }
    for (int i = 0; i < 20; i++) {
        double size = 0;
        do {
            size = sizes[i] * pow(10, -1 + 2 * dna_mt19937_uniform(&mt));
        } while (size < pow(10, n_min) || size > pow(10, n_max));
        assert_int_equal((int)size, event[i]);
    }
}

static void
test_bounded_draws_stay_in_range_and_spare_draws(void **state)
{
    (void)state;
    dna_mt19937 a, b;
    dna_mt19937_init(&a, 3);
    dna_mt19937_init(&b, 3);
    assert_int_equal(dna_mt19937_bounded(&a, 0), 0);
    assert_int_equal(dna_mt19937_next(&a), dna_mt19937_next(&b)); /* 0 drew nothing */
    int seen[6] = {0};
    for (int i = 0; i < 1000; i++) {
        seen[dna_mt19937_bounded(&a, 5)]++;
    }
    for (int i = 0; i < 6; i++) {
        assert_true(seen[i] > 100);
    }
    (void)dna_mt19937_bounded(&a, UINT32_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs_of_the_reference_seed),
        cmocka_unit_test(test_shuffles_are_those_of_numpy),
        cmocka_unit_test(test_uniform_draws_give_the_reference_table),
        cmocka_unit_test(test_bounded_draws_stay_in_range_and_spare_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_position.c - conversions of positions.
 *
 * SPDX-License-Identifier: MIT
 *
 * The check values are those of docs/math.md section 1.
 */
#include "unit/popgen/sample_fixture.h"

#include "dnadna/rng.h"
#include "popgen/sample_ops.h"

#define FOUR "0101 1010"
static const double bp[4] = {5, 460, 900, 952};

static dna_position_format
format_of(int distance, int normalized, int circular, int64_t size, double q)
{
    return (dna_position_format){distance, normalized, circular, size, q};
}

static dna_sample *
bp_sample(int64_t size)
{
    dna_position_format f = format_of(0, 0, 0, size, (double)NAN);
    return sample_from_text(FOUR, DNA_I64, bp, &f);
}

/* Convert the four positions in base pairs, L = 1000, and compare. */
static void
check_conversion(dna_position_format to, const double *want, double tol)
{
    dna_sample *s = bp_sample(1000);
    assert_ok(dna_sample_reformat(s, &to));
    assert_positions(s, want, 4, tol);
    dna_sample_free(s);
}

static void
test_check_values_hold(void **state)
{
    (void)state;
    double none = (double)NAN;
    check_conversion(
        format_of(-1, 1, -1, 0, none), (double[]){0.005, 0.46, 0.9, 0.952}, 1e-15);
    check_conversion(format_of(1, -1, -1, 0, none), (double[]){5, 455, 440, 52}, 0);
    check_conversion(
        format_of(1, 1, -1, 0, none), (double[]){0.005, 0.455, 0.44, 0.052}, 1e-15);
    check_conversion(format_of(1, -1, 1, 0, none), (double[]){53, 455, 440, 52}, 0);
    check_conversion(
        format_of(1, 1, 1, 0, none), (double[]){0.053, 0.455, 0.44, 0.052}, 1e-15);
}

static void
test_circular_distances_remember_the_first_position(void **state)
{
    (void)state;
    dna_sample *s = bp_sample(1000);
    dna_position_format to = format_of(1, -1, 1, 0, (double)NAN);
    assert_ok(dna_sample_reformat(s, &to));
    assert_near(s->format.initial_position, 5, 0);
    assert_int_equal(s->format.circular, 1);
    to = format_of(-1, 1, -1, 0, (double)NAN);
    assert_ok(dna_sample_reformat(s, &to));
    assert_near(s->format.initial_position, 0.005, 1e-15);
    to = format_of(-1, -1, 0, 0, (double)NAN);
    assert_ok(dna_sample_reformat(s, &to));
    assert_positions(s, (double[]){0.005, 0.455, 0.44, 0.052}, 4, 1e-15);
    dna_sample_free(s);
}

static void
test_linear_distances_become_circular(void **state)
{
    (void)state;
    dna_position_format f = format_of(1, 1, 0, 0, (double)NAN);
    dna_sample *s =
        sample_from_text(FOUR, DNA_F64, (double[]){0.005, 0.455, 0.44, 0.052}, &f);
    dna_position_format to = format_of(-1, -1, 1, 0, 0.005);
    assert_ok(dna_sample_reformat(s, &to));
    assert_positions(s, (double[]){0.053, 0.455, 0.44, 0.052}, 4, 1e-14);
    dna_sample_free(s);
}

static void
test_normalised_distances_go_back_to_base_pairs(void **state)
{
    (void)state;
    dna_position_format f = format_of(1, 1, 0, 1000, (double)NAN);
    dna_sample *s =
        sample_from_text(FOUR, DNA_F64, (double[]){0.005, 0.455, 0.44, 0.052}, &f);
    dna_position_format to = format_of(0, 0, -1, 0, (double)NAN);
    assert_ok(dna_sample_reformat(s, &to));
    assert_positions(s, bp, 4, 0);
    assert_int_equal(s->pos.dtype, DNA_I64);
    dna_sample_free(s);
}

static void
test_base_pairs_are_rounded_half_to_even(void **state)
{
    (void)state;
    dna_position_format f = format_of(0, 1, 0, 10, (double)NAN);
    dna_sample *s =
        sample_from_text(FOUR, DNA_F64, (double[]){0.05, 0.15, 0.25, 0.75}, &f);
    dna_position_format to = format_of(-1, 0, -1, 0, (double)NAN);
    assert_ok(dna_sample_reformat(s, &to));
    assert_positions(s, (double[]){0, 2, 2, 8}, 4, 0);
    dna_sample_free(s);
}

static void
test_absent_flags_keep_what_is_there(void **state)
{
    (void)state;
    dna_sample *s = bp_sample(0);
    dna_position_format to = DNA_POSITION_FORMAT_INIT;
    assert_ok(dna_sample_reformat(s, &to));
    assert_positions(s, bp, 4, 0);
    assert_int_equal(s->pos.dtype, DNA_I64);
    dna_sample_free(s);
}

static void
test_the_sample_s_own_size_counts_more_than_the_one_given(void **state)
{
    (void)state;
    dna_sample *s = bp_sample(1000);
    dna_position_format to = format_of(-1, 1, -1, 5000, (double)NAN);
    assert_ok(dna_sample_reformat(s, &to));
    assert_near(dna_array_get(&s->pos, 0), 0.005, 1e-15);
    dna_sample_free(s);
    s = bp_sample(0);
    assert_ok(dna_sample_reformat(s, &to));
    assert_near(dna_array_get(&s->pos, 0), 0.001, 1e-15);
    dna_sample_free(s);
}

/* Whatever the chain, the way back gives the positions again. */
static void
test_any_chain_is_reversible(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 300; i++) {
        dna_rng rng;
        dna_rng_init(&rng, 11, "chain", i, 0, 0);
        dna_sample *s = bp_sample(1000);
        for (int k = 0; k < 6; k++) {
            dna_position_format to = format_of((int)dna_rng_below(&rng, 3) - 1,
                (int)dna_rng_below(&rng, 3) - 1, (int)dna_rng_below(&rng, 3) - 1, 0,
                (double)NAN);
            assert_ok(dna_sample_reformat(s, &to));
        }
        dna_position_format back = format_of(0, 0, 0, 0, (double)NAN);
        assert_ok(dna_sample_reformat(s, &back));
        assert_positions(s, bp, 4, 0);
        assert_int_equal(s->format.distance, 0);
        assert_int_equal(s->format.circular, 0);
        dna_sample_free(s);
    }
}

static void
test_missing_knowledge_is_an_error_and_changes_nothing(void **state)
{
    (void)state;
    double none = (double)NAN;
    dna_sample *s = bp_sample(0);
    dna_position_format to = format_of(-1, 1, -1, 0, none);
    assert_fails(dna_sample_reformat(s, &to), DNA_EARG, "needs chromosome_size");
    to = format_of(1, -1, 1, 0, none);
    assert_fails(dna_sample_reformat(s, &to), DNA_EARG, "need chromosome_size");
    assert_positions(s, bp, 4, 0);
    assert_int_equal(s->format.distance, 0);
    dna_sample_free(s);

    dna_position_format f = format_of(1, 0, 1, 0, none);
    s = sample_from_text(FOUR, DNA_I64, (double[]){53, 455, 440, 52}, &f);
    to = format_of(0, -1, -1, 0, none);
    assert_fails(dna_sample_reformat(s, &to), DNA_EARG, "without initial_position");
    to = format_of(-1, -1, 0, 0, none);
    assert_fails(dna_sample_reformat(s, &to), DNA_EARG, "only with initial_position");
    dna_sample_free(s);

    f = format_of(1, 0, 0, 0, none);
    s = sample_from_text(FOUR, DNA_I64, (double[]){5, 455, 440, 52}, &f);
    to = format_of(-1, -1, 1, 0, none);
    assert_fails(dna_sample_reformat(s, &to), DNA_EARG, "need chromosome_size");
    dna_sample_free(s);
}

static void
test_decreasing_positions_have_no_distances(void **state)
{
    (void)state;
    dna_position_format to = format_of(1, -1, -1, 0, (double)NAN);
    dna_sample *s = sample_from_text(FOUR, DNA_I64, (double[]){5, 900, 460, 952}, NULL);
    assert_fails(dna_sample_reformat(s, &to), DNA_EFORMAT,
        "positions decrease at site 2 (460 after 900)");
    dna_sample_free(s);
}

static void
test_equal_positions_have_distance_zero(void **state)
{
    (void)state;
    dna_position_format to = format_of(1, -1, -1, 0, (double)NAN);
    dna_sample *s = sample_from_text(FOUR, DNA_I32, (double[]){5, 5, 460, 952}, NULL);
    assert_ok(dna_sample_reformat(s, &to));
    assert_positions(s, (double[]){5, 0, 455, 492}, 4, 0);
    dna_sample_free(s);
}

static void
test_a_sample_without_positions_cannot_be_converted(void **state)
{
    (void)state;
    dna_position_format to = format_of(1, -1, -1, 0, (double)NAN);
    dna_sample *s = sample_from_text(FOUR, DNA_F64, NULL, NULL);
    assert_fails(dna_sample_reformat(s, &to), DNA_EARG, "has no positions");
    dna_sample_free(s);
}

static void
test_an_empty_sample_is_converted(void **state)
{
    (void)state;
    dna_position_format f = format_of(0, 0, 0, 100, (double)NAN);
    int64_t dim[2] = {3, 0};
    dna_array snp = {0}, pos = {0};
    dna_sample *s = NULL;
    assert_ok(dna_array_init(&snp, DNA_U8, 2, dim));
    assert_ok(dna_array_init(&pos, DNA_I64, 1, &dim[1]));
    assert_ok(dna_sample_new(&s, &snp, &pos, &f, "test"));
    dna_position_format to = format_of(1, 1, 1, 0, (double)NAN);
    assert_ok(dna_sample_reformat(s, &to));
    assert_int_equal(s->format.normalized, 1);
    assert_int_equal(s->pos.dim[0], 0);
    dna_sample_free(s);
    dna_array_clear(&snp);
    dna_array_clear(&pos);
}

static void
test_lack_of_memory_is_survived(void **state)
{
    (void)state;
    dna_sample *s = bp_sample(1000);
    dna_position_format to = format_of(1, 1, 1, 0, (double)NAN);
    for_each_oom(i) {
        int rc = dna_sample_reformat(s, &to);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
        assert_positions(s, bp, 4, 0);
    }
    dna_sample_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_values_hold),
        cmocka_unit_test(test_circular_distances_remember_the_first_position),
        cmocka_unit_test(test_linear_distances_become_circular),
        cmocka_unit_test(test_normalised_distances_go_back_to_base_pairs),
        cmocka_unit_test(test_base_pairs_are_rounded_half_to_even),
        cmocka_unit_test(test_absent_flags_keep_what_is_there),
        cmocka_unit_test(test_the_sample_s_own_size_counts_more_than_the_one_given),
        cmocka_unit_test(test_any_chain_is_reversible),
        cmocka_unit_test(test_missing_knowledge_is_an_error_and_changes_nothing),
        cmocka_unit_test(test_decreasing_positions_have_no_distances),
        cmocka_unit_test(test_equal_positions_have_distance_zero),
        cmocka_unit_test(test_a_sample_without_positions_cannot_be_converted),
        cmocka_unit_test(test_an_empty_sample_is_converted),
        cmocka_unit_test(test_lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

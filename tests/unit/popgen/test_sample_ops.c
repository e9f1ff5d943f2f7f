/* test_sample_ops.c - filters, subsets and rotations of samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/popgen/sample_fixture.h"

#include "dnadna/rng.h"
#include "popgen/sample_ops.h"

/* Sites 0, 3 and 5 vary. */
#define SIX "010010 110110 010011"
static const double pos_6[6] = {10, 20, 30, 45, 70, 90};

static dna_sample *
six(void)
{
    return sample_from_text(SIX, DNA_I64, pos_6, NULL);
}

static void
test_rows_are_kept_in_the_order_asked(void **state)
{
    (void)state;
    dna_sample *s = six();
    assert_ok(dna_sample_keep_rows(s, (int64_t[]){2, 0}, 2));
    assert_matrix(s, "010011 010010");
    assert_positions(s, pos_6, 6, 0);
    assert_fails(dna_sample_keep_rows(s, (int64_t[]){2}, 1), DNA_ESHAPE,
        "row 2 is not among the 2");
    dna_sample_free(s);
}

static void
test_the_first_rows_and_sites_are_kept(void **state)
{
    (void)state;
    dna_sample *s = six();
    assert_ok(dna_sample_keep_first_rows(s, 2));
    assert_ok(dna_sample_keep_first_sites(s, 4));
    assert_matrix(s, "0100 1101");
    assert_positions(s, pos_6, 4, 0);
    assert_ok(dna_sample_keep_first_rows(s, 9));
    assert_ok(dna_sample_keep_first_sites(s, 9));
    assert_matrix(s, "0100 1101");
    assert_ok(dna_sample_keep_first_sites(s, 0));
    assert_int_equal(s->n_site, 0);
    dna_sample_free(s);
}

static void
test_constant_sites_are_dropped(void **state)
{
    (void)state;
    dna_sample *s = six();
    assert_ok(dna_sample_keep_polymorphic(s));
    assert_matrix(s, "000 110 001");
    assert_positions(s, (double[]){10, 45, 90}, 3, 0);
    assert_int_equal(s->pos.dtype, DNA_I64);
    assert_ok(dna_sample_keep_polymorphic(s)); /* idempotent */
    assert_matrix(s, "000 110 001");
    dna_sample_free(s);
}

static void
test_filter_and_crop_at_once_equal_one_after_the_other(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 5; n++) {
        dna_sample *a = six(), *b = six();
        assert_ok(dna_sample_keep_polymorphic(a));
        assert_ok(dna_sample_keep_first_sites(a, n));
        assert_ok(dna_sample_keep_polymorphic_first(b, n));
        assert_int_equal(a->n_site, b->n_site);
        assert_memory_equal(a->snp.data, b->snp.data, (size_t)(3 * a->n_site));
        assert_int_equal(a->pos.dim[0], b->pos.dim[0]);
        for (int64_t i = 0; i < a->n_site; i++) {
            assert_near(dna_array_get(&a->pos, i), dna_array_get(&b->pos, i), 0);
        }
        dna_sample_free(a);
        dna_sample_free(b);
    }
}

static void
test_linear_distances_are_summed_over_dropped_sites(void **state)
{
    (void)state;
    dna_position_format f = {1, 0, 0, 0, (double)NAN};
    dna_sample *s =
        sample_from_text(SIX, DNA_U16, (double[]){10, 10, 10, 15, 25, 20}, &f);
    assert_ok(dna_sample_keep_polymorphic(s));
    assert_positions(s, (double[]){10, 35, 45}, 3, 0);
    dna_sample_free(s);
}

static void
test_circular_distances_close_over_dropped_sites(void **state)
{
    (void)state;
    dna_position_format f = {1, 0, 1, 100, 10};
    double d[6] = {20, 10, 10, 15, 25, 20}; /* 10 is 20 after 90 on a circle of 100 */
    dna_sample *s = sample_from_text("000010 011110 010110", DNA_I64, d, &f);
    assert_ok(dna_sample_keep_polymorphic(s)); /* 20, 30, 45 stay */
    assert_positions(s, (double[]){75, 10, 15}, 3, 0);
    assert_near(s->format.initial_position, 20, 0);
    dna_sample_free(s);

    f.initial_position = (double)NAN; /* not needed for the distances themselves */
    s = sample_from_text("000010 011110 010110", DNA_I64, d, &f);
    assert_ok(dna_sample_keep_polymorphic(s));
    assert_positions(s, (double[]){75, 10, 15}, 3, 0);
    assert_true(isnan(s->format.initial_position));
    dna_sample_free(s);

    f.chromosome_size = 0; /* but the circle is */
    s = sample_from_text("000010 011110 010110", DNA_I64, d, &f);
    assert_fails(dna_sample_keep_polymorphic(s), DNA_EARG, "need chromosome_size");
    assert_matrix(s, "000010 011110 010110");
    dna_sample_free(s);
}

static void
test_crop_of_circular_distances_looks_back_to_the_last_varying_site(void **state)
{
    (void)state;
    dna_position_format f = {1, 0, 1, 100, 10};
    double d[6] = {20, 10, 10, 15, 25, 20};
    dna_sample *s = sample_from_text(SIX, DNA_I64, d, &f); /* 10, 45, 90 vary */
    assert_ok(dna_sample_keep_polymorphic_first(s, 2));
    assert_positions(s, (double[]){20, 35}, 2, 0);
    dna_sample_free(s);
}

/* Every element type finds the same sites. */
static void
test_filter_works_on_any_numeric_type(void **state)
{
    (void)state;
    static const dna_dtype types[] = {DNA_BOOL, DNA_U8, DNA_I8, DNA_U16, DNA_I16,
        DNA_U32, DNA_I32, DNA_U64, DNA_I64, DNA_F16, DNA_F32, DNA_F64};
    for (int64_t t = 0; t < DNA_COUNT(types); t++) {
        dna_array bytes = {0}, snp = {0};
        dna_sample *s = NULL;
        matrix_from_text(&bytes, "01001010010 11011010011 01001010010");
        assert_ok(dna_array_init(&snp, types[t], 2, bytes.dim));
        for (int64_t i = 0; i < dna_array_count(&bytes); i++) {
            dna_array_set(&snp, i, dna_array_get(&bytes, i));
        }
        assert_ok(dna_sample_new(&s, &snp, NULL, NULL, "test"));
        assert_ok(dna_sample_keep_polymorphic(s));
        assert_matrix(s, "000 111 000");
        assert_int_equal(s->snp.dtype, types[t]);
        dna_sample_free(s);
        dna_array_clear(&bytes);
        dna_array_clear(&snp);
    }
}

static void
test_zero_and_minus_zero_are_the_same_value(void **state)
{
    (void)state;
    static const dna_dtype types[] = {DNA_F16, DNA_F32, DNA_F64};
    for (int64_t t = 0; t < DNA_COUNT(types); t++) {
        int64_t dim[2] = {2, 2};
        dna_array snp = {0};
        dna_sample *s = NULL;
        assert_ok(dna_array_init(&snp, types[t], 2, dim));
        dna_array_set(&snp, 0, 0.0);
        dna_array_set(&snp, 2, -0.0);
        dna_array_set(&snp, 1, 0.5);
        assert_ok(dna_sample_new(&s, &snp, NULL, NULL, "test"));
        assert_ok(dna_sample_keep_polymorphic(s));
        assert_int_equal(s->n_site, 1);
        assert_near(dna_array_get(&s->snp, 0), 0.5, 0);
        dna_sample_free(s);
        dna_array_clear(&snp);
    }
}

/* A random matrix: the sites kept are those a plain loop finds, whatever the width. */
static void
test_filter_agrees_with_a_plain_loop(void **state)
{
    (void)state;
    for (int64_t c = 0; c < 200; c++) {
        dna_rng rng;
        dna_rng_init(&rng, 5, "filter", c, 0, 0);
        int64_t dim[2] = {1 + dna_rng_below(&rng, 6), 1 + dna_rng_below(&rng, 40)};
        dna_array snp = {0}, pos = {0};
        dna_sample *s = NULL;
        assert_ok(dna_array_init(&snp, DNA_U8, 2, dim));
        assert_ok(dna_array_init(&pos, DNA_F64, 1, &dim[1]));
        for (int64_t i = 0; i < dim[0] * dim[1]; i++) {
            dna_array_set(&snp, i, dna_rng_below(&rng, 4) == 0);
        }
        for (int64_t j = 0; j < dim[1]; j++) {
            dna_array_set(&pos, j, 2.0 + (double)j);
        }
        assert_ok(dna_sample_new(&s, &snp, &pos, NULL, "test"));
        assert_ok(dna_sample_keep_polymorphic(s));
        int64_t k = 0;
        for (int64_t j = 0; j < dim[1]; j++) {
            bool varies = false;
            for (int64_t i = 1; i < dim[0]; i++) {
                varies =
                    varies
                    || dna_array_get(&snp, i * dim[1] + j) != dna_array_get(&snp, j);
            }
            if (varies) {
                assert_near(dna_array_get(&s->pos, k), 2.0 + (double)j, 0);
                for (int64_t i = 0; i < dim[0]; i++) {
                    assert_near(dna_array_get(&s->snp, i * s->n_site + k),
                        dna_array_get(&snp, i * dim[1] + j), 0);
                }
                k++;
            }
        }
        assert_int_equal(s->n_site, k);
        dna_sample_free(s);
        dna_array_clear(&snp);
        dna_array_clear(&pos);
    }
}

static void
test_rotation_moves_site_j_to_j_plus_k(void **state)
{
    (void)state;
    dna_position_format f = {1, 1, 1, 0, 0.1};
    dna_sample *s =
        sample_from_text("0123 4567", DNA_F64, (double[]){0.3, 0.1, 0.4, 0.2}, &f);
    assert_ok(dna_sample_rotate(s, 1));
    assert_matrix(s, "3012 7456");
    assert_positions(s, (double[]){0.2, 0.3, 0.1, 0.4}, 4, 0);
    assert_near(s->format.initial_position, 0.8, 1e-15); /* sites at .1 .2 .6 .8 */
    dna_sample_free(s);
}

static void
test_two_rotations_are_one_by_the_sum(void **state)
{
    (void)state;
    for (int64_t k = -7; k < 15; k++) {
        dna_sample *a = six(), *b = six();
        assert_ok(dna_sample_rotate(a, k));
        assert_ok(dna_sample_rotate(a, 2));
        assert_ok(dna_sample_rotate(b, k + 2));
        assert_memory_equal(a->snp.data, b->snp.data, 18);
        assert_memory_equal(a->pos.data, b->pos.data, 48);
        assert_ok(dna_sample_rotate(a, -k - 2));
        assert_matrix(a, SIX);
        assert_positions(a, pos_6, 6, 0);
        dna_sample_free(a);
        dna_sample_free(b);
    }
}

static void
test_an_empty_sample_passes_every_filter(void **state)
{
    (void)state;
    int64_t dim[2] = {3, 0};
    dna_array snp = {0};
    dna_sample *s = NULL;
    assert_ok(dna_array_init(&snp, DNA_U8, 2, dim));
    assert_ok(dna_sample_new(&s, &snp, NULL, NULL, "test"));
    assert_ok(dna_sample_keep_polymorphic(s));
    assert_ok(dna_sample_rotate(s, 1));
    assert_ok(dna_sample_keep_first_rows(s, 1));
    assert_int_equal(s->n_hap, 1);
    assert_int_equal(s->n_site, 0);
    dna_sample_free(s);
    dna_array_clear(&snp);
}

static void
test_lack_of_memory_changes_nothing(void **state)
{
    (void)state;
    dna_position_format f = {1, 0, 0, 0, (double)NAN};
    double d[6] = {10, 10, 10, 15, 25, 20};
    for (int op = 0; op < 4; op++) {
        for_each_oom(i) {
            int64_t rows[1] = {1};
            dna_mem_fail_at(0);
            dna_sample *s = sample_from_text(SIX, DNA_I64, d, &f);
            dna_mem_fail_at(i);
            int rc = op == 0   ? dna_sample_keep_polymorphic(s)
                     : op == 1 ? dna_sample_rotate(s, 2)
                     : op == 2 ? dna_sample_keep_rows(s, rows, 1)
                               : dna_sample_keep_first_sites(s, 2);
            bool is_done = oom_done() != 0;
            assert_int_equal(rc, is_done ? DNA_OK : DNA_ENOMEM);
            if (!is_done) {
                assert_matrix(s, SIX);
                assert_positions(s, d, 6, 0);
            }
            dna_sample_free(s);
            if (is_done) {
                break;
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_kept_in_the_order_asked),
        cmocka_unit_test(test_the_first_rows_and_sites_are_kept),
        cmocka_unit_test(test_constant_sites_are_dropped),
        cmocka_unit_test(test_filter_and_crop_at_once_equal_one_after_the_other),
        cmocka_unit_test(test_linear_distances_are_summed_over_dropped_sites),
        cmocka_unit_test(test_circular_distances_close_over_dropped_sites),
        cmocka_unit_test(
            test_crop_of_circular_distances_looks_back_to_the_last_varying_site),
        cmocka_unit_test(test_filter_works_on_any_numeric_type),
        cmocka_unit_test(test_zero_and_minus_zero_are_the_same_value),
        cmocka_unit_test(test_filter_agrees_with_a_plain_loop),
        cmocka_unit_test(test_rotation_moves_site_j_to_j_plus_k),
        cmocka_unit_test(test_two_rotations_are_one_by_the_sum),
        cmocka_unit_test(test_an_empty_sample_passes_every_filter),
        cmocka_unit_test(test_lack_of_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

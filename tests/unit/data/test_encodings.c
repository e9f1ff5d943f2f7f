/* test_encodings.c - inputs in other codings: rows sorted, alleles recoded, sites padded or
 * counted in bins. Truths are worked out by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/data/data_fixture.h"
#include "unit/popgen/sample_fixture.h"

#include "dnadna/rng.h"

/* A sample through a list of transforms. */
static int
run(dna_sample *s, const char *list)
{
    kept_log lines = {0};
    dna_arena *arena = NULL;
    dna_transform_set set;
    dna_rng rng;
    dna_log *log = open_log(&lines);

    assert_ok(dna_arena_new(&arena));
    dna_rng_init(&rng, 3, "test", 0, 0, 0);
    assert_ok(dna_transforms_read(&set, arena, yaml(arena, list), log));
    dna_transform_data data = {.sample = s, .form = DNA_CONCAT, .rng = &rng};
    int rc = dna_transforms_apply(&set.list[DNA_TRAINING], &data);
    dna_log_free(log);
    dna_arena_free(arena);
    return rc;
}

/* The matrix in another type. */
static void
convert(dna_sample *s, dna_dtype dtype)
{
    dna_array snp = {0};
    assert_ok(dna_array_init(&snp, dtype, 2, s->snp.dim));
    for (int64_t i = 0; i < dna_array_count(&snp); i++) {
        dna_array_set(&snp, i, dna_array_get(&s->snp, i));
    }
    dna_array_clear(&s->snp);
    s->snp = snp;
}

/* Entry by entry, for numbers that are no digits. */
static void
assert_entries(
    const dna_sample *s, int64_t n_hap, int64_t n_site, const double *expected)
{
    assert_int_equal(s->n_hap, n_hap);
    assert_int_equal(s->n_site, n_site);
    for (int64_t i = 0; i < n_hap * n_site; i++) {
        double v = dna_array_get(&s->snp, i);
        if (!(v >= expected[i] && v <= expected[i])) {
            fail_msg("entry %d is %g, not %g", (int)i, v, expected[i]);
        }
    }
}

static void
check(const char *matrix, const char *list, const char *expected)
{
    static const dna_dtype types[] = {DNA_U8, DNA_I64, DNA_F32, DNA_F64};
    for (int64_t k = 0; k < DNA_COUNT(types); k++) {
        const double pos[8] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8};
        dna_sample *s = sample_from_text(matrix, DNA_F64, pos, NULL);
        convert(s, types[k]);
        assert_ok(run(s, list));
        assert_matrix(s, expected);
        dna_sample_free(s);
    }
}

/* Distances: first to second 2, third 4, fourth 1: sum 7; second to third 2, fourth 1: 5;
 * third 9; fourth 5. Of two central ones the first counts. */
static void
rows_are_sorted_by_their_distance_to_the_most_central(void **state)
{
    (void)state;
    check("0000 1100 1111 1000", "- sort_rows\n", "1100 1000 0000 1111");
    check("0000 1100 1111 1000", "- sort_rows: medoid\n", "1100 1000 0000 1111");
    check("01", "- sort_rows\n", "01");
    check("0222 2200 2211", "- sort_rows: {by: medoid}\n", "2211 2200 0222");
}

static void
rows_are_sorted_by_the_number_of_equal_ones(void **state)
{
    (void)state;
    check("01 10 10 11 11 10", "- sort_rows: frequency\n", "10 10 10 11 11 01");
    check("01 10 11", "- sort_rows: frequency\n", "01 10 11");
    check("01 11 00 00 11", "- sort_rows: frequency\n", "11 11 00 00 01");
}

static void
rows_are_sorted_by_their_distance_to_the_first(void **state)
{
    (void)state;
    check("0011 1100 0111 0011", "- sort_rows: {by: first}\n", "0011 0011 0111 1100");
}

/* The order in which rows come matters for equal distances only. */
static void
sorted_rows_do_not_depend_on_the_order_they_came_in(void **state)
{
    (void)state;
    check("111100 000000 100000 111111 110000", "- sort_rows\n",
        "110000 100000 111100 000000 111111");
    check("111111 110000 000000 111100 100000", "- sort_rows\n",
        "110000 100000 000000 111100 111111"); /* equal distances: as they came */
}

static void
the_rarer_allele_becomes_1(void **state)
{
    (void)state;
    check("110 101 100", "- major_minor\n", "010 001 000");
    check("10 01", "- major_minor\n", "10 01"); /* as many of both: as it was */
    check("20 21 10", "- major_minor: {ploidy: 2}\n", "00 01 10");
    const double pos[2] = {0.1, 0.2};
    dna_sample *s = sample_from_text("11 10", DNA_F64, pos, NULL);
    convert(s, DNA_I64);
    ((int64_t *)s->snp.data)[3] = -1; /* missing: neither counted nor changed */
    assert_ok(run(s, "- major_minor\n"));
    assert_entries(s, 2, 2, (const double[]){0, 0, 0, -1});
    dna_sample_free(s);
}

static void
alleles_become_minus_and_plus_one(void **state)
{
    const double pos[3] = {0.1, 0.2, 0.3};
    (void)state;
    dna_sample *s = sample_from_text("010 110", DNA_F64, pos, NULL);
    convert(s, DNA_I64);
    ((int64_t *)s->snp.data)[5] = -1;
    assert_ok(run(s, "- plus_minus\n"));
    assert_entries(s, 2, 3, (const double[]){-1, 1, -1, 1, 1, 0});
    dna_sample_free(s);
    s = sample_from_text("012", DNA_F64, pos, NULL);
    assert_ok(run(s, "- plus_minus: 2\n"));
    assert_entries(s, 1, 3, (const double[]){-1, 0, 1});
    dna_sample_free(s);
}

static void
columns_are_appended(void **state)
{
    const double pos[2] = {0.25, 0.5};
    (void)state;
    dna_sample *s = sample_from_text("01 11", DNA_F64, pos, NULL);
    assert_ok(run(s, "- pad: {n_snp: 4, value: -1, position: 1}\n"));
    assert_entries(s, 2, 4, (const double[]){0, 1, -1, -1, 1, 1, -1, -1});
    assert_positions(s, (const double[]){0.25, 0.5, 1, 1}, 4, 0);
    assert_ok(run(s, "- pad: {n_snp: 3}\n")); /* is as wide already */
    assert_int_equal(s->n_site, 4);
    dna_sample_free(s);
    s = sample_from_text("01 11", DNA_F64, NULL, NULL);
    assert_ok(run(s, "- pad: {n_snp: 3}\n"));
    assert_matrix(s, "010 110");
    assert_false(s->has_pos);
    dna_sample_free(s);
}

static void
alleles_are_counted_in_bins(void **state)
{
    const double pos[5] = {0, 0.24, 0.25, 0.6, 1};
    (void)state;
    dna_sample *s = sample_from_text("11101 01011", DNA_F64, pos, NULL);
    assert_ok(run(s, "- bin: {n_bins: 4}\n"));
    assert_matrix(s, "2101 1011");
    assert_positions(s, (const double[]){0.125, 0.375, 0.625, 0.875}, 4, 0);
    dna_sample_free(s);

    const double in_bp[3] = {10, 499, 500};
    dna_position_format f = {0, 0, 0, 1000, 0};
    s = sample_from_text("111", DNA_F64, in_bp, &f);
    assert_ok(run(s, "- bin: 2\n"));
    assert_matrix(s, "21");
    assert_positions(s, (const double[]){250, 750}, 2, 0);
    dna_sample_free(s);
}

static void
what_cannot_be_coded_is_refused(void **state)
{
    const double pos[3] = {0.3, 0.1, 0.2};
    dna_position_format gaps = {1, 1, 0, 0, 0};
    (void)state;
    dna_sample *s = sample_from_text("012", DNA_F64, pos, &gaps);
    assert_fails(run(s, "- plus_minus\n"), DNA_EARG,
        "plus_minus: entry [0, 2] is 2, ploidy 1 allows 0 to it");
    assert_fails(run(s, "- major_minor\n"), DNA_EARG, "major_minor: entry [0, 2] is 2");
    assert_fails(run(s, "- bin: 4\n"), DNA_EARG, "bin: needs absolute positions");
    dna_sample_free(s);
    s = sample_from_text("012", DNA_F64, NULL, NULL);
    assert_fails(run(s, "- bin: 4\n"), DNA_EARG, "bin: needs absolute positions");
    dna_sample_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_by_their_distance_to_the_most_central),
        cmocka_unit_test(rows_are_sorted_by_the_number_of_equal_ones),
        cmocka_unit_test(rows_are_sorted_by_their_distance_to_the_first),
        cmocka_unit_test(sorted_rows_do_not_depend_on_the_order_they_came_in),
        cmocka_unit_test(the_rarer_allele_becomes_1),
        cmocka_unit_test(alleles_become_minus_and_plus_one),
        cmocka_unit_test(columns_are_appended),
        cmocka_unit_test(alleles_are_counted_in_bins),
        cmocka_unit_test(what_cannot_be_coded_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

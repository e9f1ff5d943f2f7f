/* test_transform.c - reading lists of transforms, and what each does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/data/data_fixture.h"
#include "unit/popgen/sample_fixture.h"

#include "popgen/sample_ops.h"

static const double pos_4[4] = {0.1, 0.2, 0.6, 0.8};

/* A list in the test's arena, applied to samples. */
typedef struct {
    dna_arena *arena;
    dna_transform_set set;
    kept_log lines;
    dna_log *log;
    dna_rng rng;
} bench;

static int
setup(void **state)
{
    static bench b;
    memset(&b, 0, sizeof(b));
    *state = &b;
    b.log = open_log(&b.lines);
    dna_rng_init(&b.rng, 3, "test", 0, 0, 0);
    return dna_arena_new(&b.arena);
}

static int
teardown(void **state)
{
    bench *b = *state;
    dna_arena_free(b->arena);
    dna_log_free(b->log);
    return 0;
}

static void
read_ok(bench *b, const char *text)
{
    assert_ok(dna_transforms_read(&b->set, b->arena, yaml(b->arena, text), b->log));
}

/* Run the training list on a sample. */
static int
run(bench *b, dna_sample *s, dna_snp_form *form)
{
    dna_transform_data data = {.sample = s, .form = DNA_CONCAT, .rng = &b->rng};
    int rc = dna_transforms_apply(&b->set.list[DNA_TRAINING], &data);
    if (form != NULL) {
        *form = data.form;
    }
    return rc;
}

/* ---- reading --------------------------------------------------------------------- */

static void
test_every_transform_answers_to_both_names(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"crop", "Crop"}, {"subsample", "Subsample"},
        {"snp_format", "SnpFormat"}, {"validate_snp", "ValidateSnp"},
        {"reformat_position", "ReformatPosition"}, {"rotate", "Rotate"},
        {"sort_rows", "SortRows"}, {"major_minor", "MajorMinor"},
        {"plus_minus", "PlusMinus"}, {"pad", "Pad"}, {"bin", "Bin"}};
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        const dna_transform_def *def = dna_transform_find(names[i][0]);
        assert_non_null(def);
        assert_ptr_equal(def, dna_transform_find(names[i][1]));
        assert_ptr_equal(def, dna_transform_at(i));
        assert_non_null(def->doc);
    }
    assert_null(dna_transform_at(11));
    assert_null(dna_transform_at(-1));
    assert_null(dna_transform_find("maf"));
}

static void
test_split_names_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < DNA_N_SPLIT; i++) {
        assert_int_equal(dna_split_from_name(dna_split_name((dna_split)i)), i);
    }
    assert_int_equal(dna_split_from_name("train"), -1);
}

static void
test_all_forms_of_elements_are_read(void **state)
{
    bench *b = *state;
    read_ok(b, "- rotate\n- rotate:\n- Crop: {max_snp: 3}\n- crop\n"
               "- snp_format: product\n- SnpFormat: {format: concat}\n"
               "- validate_snp: no\n- subsample: {size: [2, 3]}\n");
    for (int s = 0; s < DNA_N_SPLIT; s++) {
        assert_int_equal(b->set.list[s].n, 8);
    }
    assert_string_equal(b->set.list[0].items[2].def->name, "crop");
    assert_int_equal(b->lines.n, 0);
    read_ok(b, "null");
    assert_int_equal(b->set.list[DNA_TRAINING].n, 0);
    read_ok(b, "[]");
    assert_int_equal(b->set.list[DNA_TEST].n, 0);
}

static void
test_each_split_has_its_list_and_test_falls_back(void **state)
{
    bench *b = *state;
    read_ok(b, "training: [rotate, crop]\nvalidation: [crop]\n");
    assert_int_equal(b->set.list[DNA_TRAINING].n, 2);
    assert_int_equal(b->set.list[DNA_VALIDATION].n, 1);
    assert_int_equal(b->set.list[DNA_TEST].n, 1);
    read_ok(b, "training: [rotate]\ntest: []\nvalidation: [crop]\n");
    assert_int_equal(b->set.list[DNA_TEST].n, 0);
    read_ok(b, "training: [rotate]\n");
    assert_int_equal(b->set.list[DNA_VALIDATION].n, 0);
    assert_int_equal(b->set.list[DNA_TEST].n, 0);
}

static void
test_bad_lists_name_their_place(void **state)
{
    bench *b = *state;
    static const struct {
        const char *text;
        int code;
        const char *message;
    } bad[] = {
        {"- crop\n- rotat\n", DNA_ENOTFOUND,
            "test.yml:2: dataset_transforms[1]: no transform is called \"rotat\"; did you mean \"rotate\"? (known: crop, subsample"},
        {"- maf: {min: 1}\n", DNA_ENOTFOUND, "no transform is called \"maf\""},
        {"5\n", DNA_EARG, "dataset_transforms: "},
        {"- 7\n", DNA_EARG, "a transform is a name, or a mapping with one key"},
        {"- {crop: {}, rotate: {}}\n", DNA_EARG, "with another number of keys"},
        {"train: [crop]\n", DNA_EARG,
            "\"train\" is no split (allowed: training, validation, test)"},
        {"unused: [crop]\n", DNA_EARG, "\"unused\" is no split"},
        {"training: crop\n", DNA_EARG, "is not a list of transforms"},
        {"- crop: 400\n", DNA_EARG,
            "dataset_transforms[0].crop: crop takes a mapping of its parameters"},
        {"- crop: {max_snp: 0}\n", DNA_EARG, "max_snp"},
        {"- crop: {max_snp: many}\n", DNA_EARG, "max_snp"},
        {"- rotate: {by: 3}\n", DNA_EARG, "rotate takes no parameters"},
        {"- rotate: 3\n", DNA_EARG, "rotate takes a mapping"},
        {"- snp_format: rows\n", DNA_EARG, "format"},
        {"- subsample\n", DNA_EARG, "size"},
        {"- subsample: {size: 0}\n", DNA_EARG, "sizes are at least 1"},
        {"- subsample: {size: [5, 3]}\n", DNA_EARG, "a pair rises"},
        {"- subsample: {size: [1, 2, 3]}\n", DNA_EARG, "neither an integer nor a pair"},
        {"- subsample: {size: yes}\n", DNA_EARG, "neither an integer nor a pair"},
        {"- subsample: {size: 2.5}\n", DNA_EARG, "neither an integer nor a pair"},
        {"- subsample: {size: [4, 4], upper_bound: exclusive}\n", DNA_EARG,
            "leaves nothing to draw"},
        {"- reformat_position: {chromosome_size: 0}\n", DNA_EARG, "chromosome_size"},
        {"training: [crop, {validate_snp: 3}]\n", DNA_EARG,
            "dataset_transforms.training[1].validate_snp"},
    };
    for (int64_t i = 0; i < DNA_COUNT(bad); i++) {
        int rc =
            dna_transforms_read(&b->set, b->arena, yaml(b->arena, bad[i].text), b->log);
        if (rc >= 0) {
            fail_msg("accepted: %s", bad[i].text);
        }
        assert_has(dna_message(), bad[i].message);
        assert_has(dna_message(), "test.yml:");
        assert_string_equal(dna_status_name(rc), dna_status_name(bad[i].code));
    }
}

static void
test_unknown_parameters_are_refused(void **state)
{
    bench *b = *state;
    const char *text = "- crop: {max_snps: 3}\n";
    assert_fails(dna_transforms_read(&b->set, b->arena, yaml(b->arena, text), b->log),
        DNA_EARG, "crop.max_snps: unknown key; did you mean \"max_snp\"");
}

/* ---- crop, subsample ------------------------------------------------------------- */

static void
test_crop_takes_rows_then_filters_then_takes_sites(void **state)
{
    bench *b = *state;
    dna_sample *s = sample_from_text("0101 1111 0000", DNA_F64, pos_4, NULL);
    read_ok(b, "- crop: {max_indiv: 2, max_snp: 1}\n");
    assert_ok(run(b, s, NULL));
    assert_matrix(s, "0 1"); /* sites 0 and 2 vary among two rows */
    assert_positions(s, (double[]){0.1}, 1, 0);
    dna_sample_free(s);

    s = sample_from_text("0101 1111 0000", DNA_F64, pos_4, NULL);
    read_ok(b, "- crop: {max_indiv: 2, max_snp: 2, keep_polymorphic_only: false}\n");
    assert_ok(run(b, s, NULL));
    assert_matrix(s, "01 11");
    dna_sample_free(s);

    s = sample_from_text("0101 1101 0101", DNA_F64, pos_4, NULL);
    read_ok(b, "- crop: {max_snp: 400}\n"); /* the filter acts without max_indiv too */
    assert_ok(run(b, s, NULL));
    assert_matrix(s, "0 1 0");
    dna_sample_free(s);
}

/* Original: refused, as all positions left look normalised (defect 46). */
static void
test_crop_leaves_base_pairs_base_pairs(void **state)
{
    bench *b = *state;
    dna_position_format f = {0, 0, 0, 0, (double)NAN};
    dna_sample *s =
        sample_from_text("0101 1010", DNA_F64, (double[]){0.4, 1, 60, 70}, &f);
    read_ok(b, "- crop: {max_snp: 2}\n");
    assert_ok(run(b, s, NULL));
    assert_int_equal(s->format.normalized, 0);
    dna_sample_free(s);
}

/* Every subset is a subset of the rows, each row once, and columns stay together. */
static void
test_subsample_keeps_columns_consistent(void **state)
{
    bench *b = *state;
    static const int64_t weights[] = {1, 2, 4, 8, 16, 32};
    bool seen[64] = {false};
    int n_seen = 0;
    read_ok(b, "- subsample: {size: 3, keep_polymorphic_only: false}\n");
    for (int64_t c = 0; c < 200; c++) {
        dna_sample *s = sample_from_text(
            "1000001 0100001 0010001 0001001 0000101 0000011", DNA_F64, NULL, NULL);
        assert_ok(run(b, s, NULL));
        assert_int_equal(s->n_hap, 3);
        assert_int_equal(s->n_site, 7);
        int64_t subset = 0;
        for (int64_t i = 0; i < 3; i++) {
            int64_t row = -1;
            for (int64_t j = 0; j < 6; j++) {
                if (dna_array_get(&s->snp, i * 7 + j) > 0) {
                    assert_int_equal(row, -1);
                    row = j;
                }
            }
            assert_in_range(row, 0, 5);
            assert_false(subset & weights[row]);
            subset |= weights[row];
            assert_near(dna_array_get(&s->snp, i * 7 + 6), 1, 0);
        }
        n_seen += !seen[subset];
        seen[subset] = true;
        dna_sample_free(s);
    }
    assert_int_equal(n_seen, 20); /* all of 6 choose 3, each with chance 1/20 */
}

static void
test_subsample_draws_its_size_from_both_bounds_or_one(void **state)
{
    bench *b = *state;
    static const char *const texts[] = {"- subsample: {size: [2, 4]}\n",
        "- subsample: {size: [2, 4], upper_bound: exclusive}\n"};
    for (int k = 0; k < 2; k++) {
        int count[5] = {0};
        read_ok(b, texts[k]);
        for (int64_t c = 0; c < 200; c++) {
            dna_sample *s =
                sample_from_text("1000 0100 0010 0001", DNA_F64, pos_4, NULL);
            assert_ok(run(b, s, NULL));
            assert_in_range(s->n_hap, 2, 4);
            assert_int_equal(s->n_site, s->n_hap); /* each row has its own site */
            count[s->n_hap]++;
            dna_sample_free(s);
        }
        assert_true(count[2] > 0 && count[3] > 0);
        assert_int_equal(count[4] > 0, k == 0);
    }
}

static void
test_subsample_refuses_more_than_there_are(void **state)
{
    bench *b = *state;
    dna_sample *s = sample_from_text("01 10", DNA_F64, NULL, NULL);
    read_ok(b, "- subsample: {size: 3}\n");
    assert_fails(run(b, s, NULL), DNA_ESHAPE,
        "subsample: 3 individuals are wanted, the sample has 2");
    dna_sample_free(s);
}

/* ---- snp_format, validate_snp ---------------------------------------------------- */

static void
test_forms_are_filled(void **state)
{
    bench *b = *state;
    dna_sample *s = sample_from_text("0121 1010", DNA_F64, pos_4, NULL);
    dna_snp_form form;
    float x[15];
    read_ok(b, "- snp_format: product\n");
    assert_ok(run(b, s, &form));
    assert_int_equal(form, DNA_PRODUCT);
    assert_int_equal(dna_form_n_row(form, 2), 2);
    dna_form_fill(form, s, x);
    static const double product[8] = {0, 0.2, 1.2, 0.8, 0.1, 0, 0.6, 0};
    for (int i = 0; i < 8; i++) {
        assert_true(x[i] == (float)product[i]);
    }
    read_ok(b, "- snp_format: {format: concat}\n");
    assert_ok(run(b, s, &form));
    assert_int_equal(dna_form_n_row(form, 2), 3);
    for (int i = 0; i < 15; i++) {
        x[i] = -1;
    }
    dna_form_fill_rows(form, s, x, 5);
    static const double concat[15] = {
        0.1, 0.2, 0.6, 0.8, -1, 0, 1, 2, 1, -1, 1, 0, 1, 0, -1};
    for (int i = 0; i < 15; i++) {
        assert_true(x[i] == (float)concat[i]);
    }
    read_ok(b, "- snp_format: matrix\n");
    assert_ok(run(b, s, &form));
    assert_int_equal(form, DNA_MATRIX);
    assert_int_equal(dna_form_n_row(form, 2), 2);
    dna_form_fill(form, s, x);
    assert_true(x[2] == 2.0F);
    dna_sample_free(s);
}

static void
test_a_sample_without_positions_is_its_matrix(void **state)
{
    (void)state;
    dna_sample *s = sample_from_text("01 10", DNA_F64, NULL, NULL);
    dna_snp_form form = DNA_CONCAT;
    assert_ok(dna_form_resolve(&form, s));
    assert_int_equal(form, DNA_MATRIX);
    form = DNA_PRODUCT;
    assert_fails(dna_form_resolve(&form, s), DNA_EARG, "product needs positions");
    dna_sample_free(s);
}

static void
test_validate_refuses_other_shapes_than_the_first(void **state)
{
    bench *b = *state;
    struct dna_shape_lock *lock = dna_shape_lock_new();
    dna_sample *samples[] = {sample_from_text("010 100", DNA_F64, NULL, NULL),
        sample_from_text("01 10", DNA_F64, NULL, NULL),
        sample_from_text("010 100 111", DNA_F64, NULL, NULL),
        sample_from_text("111 111", DNA_F64, NULL, NULL)};
    read_ok(b, "- validate_snp\n- crop: {max_indiv: 2}\n- validate_snp: true\n");
    assert_true(dna_shape_lock_is_open(lock, &b->set.list[0]));
    for (int i = 0; i < 4; i++) {
        dna_transform_data data = {.sample = samples[i], .rng = &b->rng, .lock = lock};
        int rc = dna_transforms_apply(&b->set.list[0], &data);
        switch (i) {
        case 0:
            assert_int_equal(rc, DNA_OK);
            assert_int_equal(data.sample->n_site, 2); /* each has its own shape */
            break;
        case 1:
            assert_int_equal(rc, DNA_ESHAPE);
            assert_has(dna_message(),
                "validate_snp: the sample has 2 SNPs, not 3 as the first one");
            break;
        case 2:
            assert_int_equal(rc, DNA_ESHAPE);
            assert_has(dna_message(), "3 individuals, not 2 as the first one");
            break;
        default: /* nothing varies: the second validate_snp refuses what crop leaves */
            assert_int_equal(rc, DNA_ESHAPE);
            assert_has(dna_message(), "the sample is empty: 2 individuals, 0 SNPs");
        }
        dna_sample_free(samples[i]);
    }
    assert_false(dna_shape_lock_is_open(lock, &b->set.list[0]));
    read_ok(b, "- validate_snp: false\n");
    assert_false(dna_shape_lock_is_open(lock, &b->set.list[0]));
    dna_shape_lock_free(lock);
    dna_shape_lock_free(NULL);
}

/* ---- reformat_position, rotate --------------------------------------------------- */

static void
test_positions_are_reformatted_as_the_list_says(void **state)
{
    bench *b = *state;
    dna_sample *s =
        sample_from_text("0101 1010", DNA_I64, (double[]){5, 460, 900, 952}, NULL);
    read_ok(b,
        "- reformat_position: {distance: yes, normalized: true, circular: on, chromosome_size: 1000}\n"
        "- reformat_position: {circular: false}\n");
    assert_ok(run(b, s, NULL));
    assert_positions(s, (double[]){0.005, 0.455, 0.44, 0.052}, 4, 1e-15);
    dna_sample_free(s);
}

static void
test_a_fractional_chromosome_size_is_truncated_with_a_warning(void **state)
{
    bench *b = *state;
    dna_sample *s =
        sample_from_text("0101 1010", DNA_I64, (double[]){5, 460, 900, 952}, NULL);
    read_ok(b, "- reformat_position: {normalized: true, chromosome_size: 1000.7}\n");
    assert_has(b->lines.text, "1000.7");
    assert_has(b->lines.text, "is truncated to 1000");
    assert_ok(run(b, s, NULL));
    assert_near(dna_array_get(&s->pos, 1), 0.46, 1e-15);
    dna_sample_free(s);
}

static void
test_rotation_moves_tied_targets(void **state)
{
    bench *b = *state;
    dna_param p[4] = {{.name = "t", .type = DNA_REGRESSION, .tied_to_position = 1},
        {.name = "free", .type = DNA_REGRESSION},
        {.name = "nowhere", .type = DNA_REGRESSION, .tied_to_position = 1},
        {.name = "missing", .type = DNA_REGRESSION, .tied_to_position = 1}};
    bool seen[4] = {false};
    read_ok(b, "- rotate\n");
    for (int64_t c = 0; c < 60; c++) {
        dna_position_format f = {1, 1, 1, 0, 0.1};
        double targets[4] = {0.42, 0.42, -1, (double)NAN};
        dna_sample *s =
            sample_from_text("0123 0123", DNA_F64, (double[]){0.3, 0.1, 0.4, 0.2}, &f);
        dna_transform_data data = {
            .sample = s, .rng = &b->rng, .targets = targets, .params = p, .n_param = 4};
        assert_ok(dna_transforms_apply(&b->set.list[0], &data));
        int64_t first = (int64_t)dna_array_get(&s->snp, 0); /* which site came first */
        static const double moved[4] = {0.12, 0.32, 0.02, 0.22};
        assert_near(targets[0], moved[first], 1e-15);
        assert_near(targets[1], 0.42, 0);
        assert_near(targets[2], -1, 0);
        assert_true(isnan(targets[3]));
        seen[first] = true;
        dna_sample_free(s);
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
}

static void
test_rotation_needs_a_circle_for_tied_targets(void **state)
{
    bench *b = *state;
    dna_param p = {.name = "t", .type = DNA_REGRESSION, .tied_to_position = 1};
    double target = 30;
    dna_sample *s = sample_from_text("01 10", DNA_I64, (double[]){10, 70}, NULL);
    dna_transform_data data = {
        .sample = s, .rng = &b->rng, .targets = &target, .params = &p, .n_param = 1};
    read_ok(b, "- rotate\n");
    assert_fails(dna_transforms_apply(&b->set.list[0], &data), DNA_EARG,
        "rotate: a target is tied to a position in base pairs, and chromosome_size");
    s->format.chromosome_size = 100;
    assert_ok(dna_transforms_apply(&b->set.list[0], &data));
    double p0 = dna_array_get(&s->pos, 0);
    assert_near(target, p0 > 50 ? 60 : 20, 0);
    dna_sample_free(s);

    s = sample_from_text("01 10", DNA_F64, NULL, NULL);
    data.sample = s;
    assert_fails(dna_transforms_apply(&b->set.list[0], &data), DNA_EARG,
        "rotate: a target is tied to a position, and the sample has no positions");
    dna_sample_free(s);
    s = sample_from_text("01 10", DNA_F64, NULL, NULL);
    assert_ok(dna_sample_keep_first_sites(s, 0));
    data.sample = s;
    assert_fails(
        dna_transforms_apply(&b->set.list[0], &data), DNA_ESHAPE, "no sites to rotate");
    dna_sample_free(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_transform_answers_to_both_names),
        TEST(test_split_names_go_both_ways),
        TEST(test_all_forms_of_elements_are_read),
        TEST(test_each_split_has_its_list_and_test_falls_back),
        TEST(test_bad_lists_name_their_place),
        TEST(test_unknown_parameters_are_refused),
        TEST(test_crop_takes_rows_then_filters_then_takes_sites),
        TEST(test_crop_leaves_base_pairs_base_pairs),
        TEST(test_subsample_keeps_columns_consistent),
        TEST(test_subsample_draws_its_size_from_both_bounds_or_one),
        TEST(test_subsample_refuses_more_than_there_are),
        TEST(test_forms_are_filled),
        TEST(test_a_sample_without_positions_is_its_matrix),
        TEST(test_validate_refuses_other_shapes_than_the_first),
        TEST(test_positions_are_reformatted_as_the_list_says),
        TEST(test_a_fractional_chromosome_size_is_truncated_with_a_warning),
        TEST(test_rotation_moves_tied_targets),
        TEST(test_rotation_needs_a_circle_for_tied_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sample.c - reading, checking, copying and saving samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/popgen/sample_fixture.h"

#include "io/npz.h"

static const double pos_3[3] = {0.1, 0.5, 0.75};

/* Write arrays as an npz of the test folder; NULL arrays are left out. */
static const char *
write_npz(const char *name, const char *snp_key, const dna_array *snp,
    const char *pos_key, const dna_array *pos)
{
    const char *path = test_path(name);
    const char *keys[2];
    dna_array arrays[2];
    int64_t n = 0;
    if (snp != NULL) {
        keys[n] = snp_key;
        arrays[n++] = *snp;
    }
    if (pos != NULL) {
        keys[n] = pos_key;
        arrays[n++] = *pos;
    }
    assert_ok(dna_npz_write(path, keys, arrays, n, true));
    return path;
}

static dna_array
doubles(const double *values, int n_dim, const int64_t *dim)
{
    dna_array a;
    dna_array_borrow(&a, DNA_F64, n_dim, dim, values);
    return a;
}

static void
test_a_saved_sample_reads_back(void **state)
{
    (void)state;
    dna_sample *s = sample_from_text("010 111", DNA_F64, pos_3, NULL), *r = NULL;
    const char *path = test_path("saved.npz");
    int64_t n_hap = 0, n_site = 0;
    assert_ok(dna_sample_save(s, path, NULL));
    assert_ok(dna_sample_load(&r, path, NULL));
    assert_matrix(r, "010 111");
    assert_positions(r, pos_3, 3, 0);
    assert_int_equal(r->snp.dtype, DNA_U8);
    assert_int_equal(r->pos.dtype, DNA_F64);
    assert_int_equal(r->format.normalized, 1);
    assert_int_equal(r->format.distance, 0);
    assert_int_equal(r->format.circular, 0);
    assert_ok(dna_sample_load_shape(&n_hap, &n_site, path, NULL));
    assert_int_equal(n_hap, 2);
    assert_int_equal(n_site, 3);
    dna_sample_free(s);
    dna_sample_free(r);
}

static void
test_array_names_can_be_chosen(void **state)
{
    (void)state;
    dna_sample *s = sample_from_text("010 111", DNA_F64, pos_3, NULL), *r = NULL;
    dna_sample_options o = {.snp_key = "G", .pos_key = "where"};
    const char *path = test_path("named.npz");
    assert_ok(dna_sample_save(s, path, &o));
    assert_ok(dna_sample_load(&r, path, &o));
    assert_matrix(r, "010 111");
    dna_sample_free(r);
    r = NULL;
    assert_fails(dna_sample_load(&r, path, NULL), DNA_EFORMAT,
        "named.npz: no array \"SNP\" (there are: G, where)");
    assert_null(r);
    int64_t a, b;
    assert_fails(
        dna_sample_load_shape(&a, &b, path, NULL), DNA_EFORMAT, "no array \"SNP\"");
    dna_sample_free(s);
}

static void
test_only_float_matrices_may_lack_positions(void **state)
{
    (void)state;
    dna_array bytes = {0};
    dna_sample *s = NULL;
    matrix_from_text(&bytes, "010 111");
    const char *path = write_npz("no_pos.npz", "SNP", &bytes, NULL, NULL);
    assert_fails(dna_sample_load(&s, path, NULL), DNA_EFORMAT,
        "no array \"POS\" (there are: SNP)");
    dna_array floats = doubles((double[]){0.25, -3, 1e6, 0}, 2, (int64_t[]){2, 2});
    path = write_npz("floats.npz", "SNP", &floats, NULL, NULL);
    assert_ok(dna_sample_load(&s, path, NULL));
    assert_false(s->has_pos);
    assert_near(dna_array_get(&s->snp, 2), 1e6, 0);
    dna_sample_free(s);
    dna_array_clear(&bytes);
}

static void
test_positions_may_have_unit_dimensions(void **state)
{
    (void)state;
    dna_array snp = {0};
    dna_sample *s = NULL;
    matrix_from_text(&snp, "010 111");
    dna_array pos = doubles(pos_3, 3, (int64_t[]){1, 3, 1});
    assert_ok(dna_sample_new(&s, &snp, &pos, NULL, "test"));
    assert_positions(s, pos_3, 3, 0);
    dna_sample_free(s);
    dna_array_clear(&snp);
    matrix_from_text(&snp, "0 1");
    pos = doubles(pos_3, 0, NULL);
    assert_ok(dna_sample_new(&s, &snp, &pos, NULL, "test"));
    assert_positions(s, pos_3, 1, 0);
    dna_sample_free(s);
    dna_array_clear(&snp);
}

/* Shapes and values that no sample may have. */
static void
test_bad_arrays_are_refused(void **state)
{
    (void)state;
    dna_array snp = {0}, pos;
    dna_sample *s = NULL;
    matrix_from_text(&snp, "010 111");
    pos = doubles(pos_3, 1, (int64_t[]){2});
    assert_fails(dna_sample_new(&s, &snp, &pos, NULL, "x.npz"), DNA_ESHAPE,
        "x.npz: the matrix has 3 columns, but there are 2 positions");
    pos = doubles((double[]){1, 2, 3, 4, 5, 6}, 2, (int64_t[]){2, 3});
    assert_fails(dna_sample_new(&s, &snp, &pos, NULL, "x.npz"), DNA_ESHAPE,
        "positions have 2 dimensions");
    pos = doubles((double[]){1, -2, 3}, 1, (int64_t[]){3});
    assert_fails(dna_sample_new(&s, &snp, &pos, NULL, "x.npz"), DNA_EFORMAT,
        "position of site 1 is negative (-2)");
    pos = doubles((double[]){1, 2, (double)NAN}, 1, (int64_t[]){3});
    assert_fails(dna_sample_new(&s, &snp, &pos, NULL, "x.npz"), DNA_EFORMAT,
        "position of site 2 is");
    pos = doubles((double[]){(double)INFINITY, 2, 1}, 1, (int64_t[]){3});
    assert_fails(dna_sample_new(&s, &snp, &pos, NULL, "x.npz"), DNA_EFORMAT,
        "position of site 0 is inf");
    dna_array flat = doubles(pos_3, 1, (int64_t[]){3});
    assert_fails(dna_sample_new(&s, &flat, NULL, NULL, "x.npz"), DNA_ESHAPE,
        "the matrix has 1 dimension, not 2");
    dna_array nan = doubles((double[]){1, 2, 3, (double)NAN}, 2, (int64_t[]){2, 2});
    assert_fails(dna_sample_new(&s, &nan, NULL, NULL, "x.npz"), DNA_EFORMAT,
        "value of individual 1 at site 1 is");
    dna_position_format f = DNA_POSITION_FORMAT_INIT;
    f.chromosome_size = -1;
    assert_fails(dna_sample_new(&s, &snp, NULL, &f, "x.npz"), DNA_EARG,
        "chromosome_size -1 is negative");
    f = (dna_position_format)DNA_POSITION_FORMAT_INIT;
    f.distance = 0;
    pos = doubles((double[]){10, 30, 20}, 1, (int64_t[]){3});
    assert_fails(dna_sample_new(&s, &snp, &pos, &f, "x.npz"), DNA_EFORMAT,
        "x.npz: position 20 of site 2 comes after 30: absolute positions never decrease");
    assert_null(s);
    f.distance = -1; /* nobody said what they are */
    assert_ok(dna_sample_new(&s, &snp, &pos, &f, "x.npz"));
    dna_sample_free(s);
    dna_array_clear(&snp);
}

static void
test_the_normalised_flag_must_agree_with_the_values(void **state)
{
    (void)state;
    dna_array snp = {0}, pos;
    dna_sample *s = NULL;
    dna_position_format f = DNA_POSITION_FORMAT_INIT;
    matrix_from_text(&snp, "010 111");
    f.normalized = 1;
    pos = doubles((double[]){0.5, 1, 1.5}, 1, (int64_t[]){3});
    assert_fails(dna_sample_new(&s, &snp, &pos, &f, "x.npz"), DNA_EFORMAT,
        "x.npz: position 1.5 of site 2 is above 1");
    f.normalized = 0;
    pos = doubles(pos_3, 1, (int64_t[]){3});
    assert_fails(dna_sample_new(&s, &snp, &pos, &f, "x.npz"), DNA_EFORMAT,
        "all positions are fractions up to 0.75");
    pos = doubles((double[]){0, 1, 1}, 1, (int64_t[]){3}); /* may be base pairs */
    assert_ok(dna_sample_new(&s, &snp, &pos, &f, "x.npz"));
    assert_int_equal(s->format.normalized, 0);
    dna_sample_free(s);
    f.normalized = -1;
    pos = doubles((double[]){0.5, 1, 1.5}, 1, (int64_t[]){3});
    assert_ok(dna_sample_new(&s, &snp, &pos, &f, "x.npz"));
    assert_int_equal(s->format.normalized, 0);
    dna_sample_free(s);
    dna_array_clear(&snp);
}

/* What one sample shows about its positions does not stick to the next. */
static void
test_a_format_given_to_many_is_not_changed(void **state)
{
    (void)state;
    dna_sample *a = sample_from_text("010 111", DNA_F64, pos_3, NULL);
    dna_sample *b = sample_from_text("010 111", DNA_I64, (double[]){5, 9, 12}, NULL);
    dna_position_format f = DNA_POSITION_FORMAT_INIT;
    dna_sample_options o = {.format = &f};
    dna_sample *s = NULL;
    assert_ok(dna_sample_save(a, test_path("a.npz"), NULL));
    assert_ok(dna_sample_save(b, test_path("b.npz"), NULL));
    assert_ok(dna_sample_load(&s, test_path("a.npz"), &o));
    assert_int_equal(s->format.normalized, 1);
    dna_sample_free(s);
    assert_ok(dna_sample_load(&s, test_path("b.npz"), &o));
    assert_int_equal(s->format.normalized, 0);
    assert_int_equal(f.normalized, -1);
    dna_sample_free(s);
    dna_sample_free(a);
    dna_sample_free(b);
}

static void
test_absent_and_broken_files_are_told_apart(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    int64_t a, b;
    assert_fails(
        dna_sample_load(&s, test_path("none.npz"), NULL), DNA_ENOTFOUND, "none.npz");
    assert_fails(dna_sample_load_shape(&a, &b, test_path("none.npz"), NULL),
        DNA_ENOTFOUND, "none.npz");
    const char *path = write_text("text.npz", "not a zip archive at all");
    assert_fails(dna_sample_load(&s, path, NULL), DNA_EFORMAT, "text.npz");
    dna_array flat = doubles(pos_3, 1, (int64_t[]){3});
    path = write_npz("flat.npz", "SNP", &flat, "POS", &flat);
    assert_fails(dna_sample_load(&s, path, NULL), DNA_ESHAPE, "1 dimension, not 2");
    assert_fails(
        dna_sample_load_shape(&a, &b, path, NULL), DNA_ESHAPE, "1 dimension, not 2");
    assert_null(s);
}

static void
test_a_copy_is_independent(void **state)
{
    (void)state;
    dna_sample *s = sample_from_text("010 111", DNA_F64, pos_3, NULL), *c = NULL;
    assert_ok(dna_sample_copy(&c, s));
    dna_array_set(&s->snp, 0, 7);
    dna_sample_free(s);
    assert_matrix(c, "010 111");
    assert_positions(c, pos_3, 3, 0);
    dna_sample_free(c);
    dna_sample_free(NULL);
}

static void
test_lack_of_memory_is_survived(void **state)
{
    (void)state;
    dna_sample *s = sample_from_text("010 111", DNA_F64, pos_3, NULL);
    assert_ok(dna_sample_save(s, test_path("oom.npz"), NULL));
    dna_sample_free(s);
    for_each_oom(i) {
        dna_sample *r = NULL, *c = NULL;
        int rc = dna_sample_load(&r, test_path("oom.npz"), NULL);
        if (rc == DNA_OK) {
            rc = dna_sample_copy(&c, r);
        }
        bool is_done = oom_done() != 0;
        dna_sample_free(r);
        dna_sample_free(c);
        if (is_done) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
        assert_true(rc < 0);
    }
}

/* All flavours of the same sample give the same matrix. */
static void
test_the_shared_flavours_are_one_sample(void **state)
{
    (void)state;
    static const char *const same[] = {
        "fortran_order", "npy_v2", "snp_bool", "snp_int64", "stored", "pos_float32"};
    const char *base = shared_path("npz/base.npz");
    dna_sample *a = NULL, *b = NULL;
    char name[64];
    if (base == NULL) {
        print_message("skipped: there is no ../shared/data/npz\n");
        skip();
    }
    assert_ok(dna_sample_load(&a, base, NULL));
    for (int64_t i = 0; i < DNA_COUNT(same); i++) {
        snprintf(name, sizeof(name), "npz/%s.npz", same[i]);
        assert_ok(dna_sample_load(&b, shared_path(name), NULL));
        assert_int_equal(a->n_hap, b->n_hap);
        assert_int_equal(a->n_site, b->n_site);
        for (int64_t k = 0; k < dna_array_count(&a->snp); k++) {
            assert_near(dna_array_get(&a->snp, k), dna_array_get(&b->snp, k), 0);
        }
        for (int64_t k = 0; k < a->n_site; k++) {
            assert_near(dna_array_get(&a->pos, k), dna_array_get(&b->pos, k), 1e-6);
        }
        dna_sample_free(b);
        b = NULL;
    }
    assert_ok(dna_sample_load(&b, shared_path("npz/empty_sites.npz"), NULL));
    assert_int_equal(b->n_site, 0);
    dna_sample_free(b);
    b = NULL;
    static const char *const bad[] = {"crc", "no_pos", "object_pickle", "truncated"};
    for (int64_t i = 0; i < DNA_COUNT(bad); i++) {
        snprintf(name, sizeof(name), "npz/bad_%s.npz", bad[i]);
        assert_true(dna_sample_load(&b, shared_path(name), NULL) < 0);
        assert_null(b);
        assert_non_null(strstr(dna_message(), bad[i]));
    }
    dna_sample_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_saved_sample_reads_back),
        cmocka_unit_test(test_array_names_can_be_chosen),
        cmocka_unit_test(test_only_float_matrices_may_lack_positions),
        cmocka_unit_test(test_positions_may_have_unit_dimensions),
        cmocka_unit_test(test_bad_arrays_are_refused),
        cmocka_unit_test(test_the_normalised_flag_must_agree_with_the_values),
        cmocka_unit_test(test_a_format_given_to_many_is_not_changed),
        cmocka_unit_test(test_absent_and_broken_files_are_told_apart),
        cmocka_unit_test(test_a_copy_is_independent),
        cmocka_unit_test(test_lack_of_memory_is_survived),
        cmocka_unit_test(test_the_shared_flavours_are_one_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

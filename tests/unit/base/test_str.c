/* test_str.c - the growing string, names and spelling.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <string.h>

#include "base/str.h"

static void
test_pieces_are_joined(void **state)
{
    (void)state;
    dna_str s;
    dna_str_init(&s, 0);
    assert_string_equal(dna_str_text(&s), "");
    dna_str_add(&s, "a");
    dna_str_addc(&s, '-');
    dna_str_addn(&s, "bcd", 2);
    dna_str_addf(&s, "%d%s", 7, "!");
    assert_string_equal(dna_str_text(&s), "a-bc7!");
    assert_int_equal(s.len, 6);
    for (int i = 0; i < 1000; i++) {
        dna_str_addf(&s, "%03d", i);
    }
    assert_int_equal(s.len, 3006);
    assert_ok(dna_str_status(&s));
    char *text = dna_str_take(&s);
    assert_string_equal(text + 3003, "999");
    assert_int_equal(s.len, 0);
    dna_free(text);
    text = dna_str_take(&s);
    assert_string_equal(text, "");
    dna_free(text);
}

static void
test_maximum_is_a_sticky_error(void **state)
{
    (void)state;
    dna_str s;
    dna_str_init(&s, 5);
    dna_str_add(&s, "12345");
    assert_ok(dna_str_status(&s));
    dna_str_addc(&s, '6');
    assert_fails(dna_str_status(&s), DNA_ESHAPE, "beyond 5 bytes");
    dna_str_addf(&s, "%s", "");
    assert_string_equal(dna_str_text(&s), "12345");
    assert_null(dna_str_take(&s));
    dna_str_addn(&s, "1", SIZE_MAX); /* must not wrap around */
    assert_int_equal(dna_str_status(&s), DNA_ESHAPE);
    dna_str_clear(&s);
    assert_ok(dna_str_status(&s));
}

static void
test_lack_of_memory_is_sticky(void **state)
{
    (void)state;
    for_each_oom(i) {
        dna_str s;
        dna_str_init(&s, 0);
        for (int k = 0; k < 100; k++) {
            dna_str_addf(&s, "%d,", k);
        }
        int rc = dna_str_status(&s);
        char *text = dna_str_take(&s);
        assert_int_equal(rc == DNA_OK, text != NULL);
        dna_free(text);
        if (oom_done()) {
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
}

static void
test_comparisons(void **state)
{
    (void)state;
    assert_true(dna_str_equal("a", "a"));
    assert_false(dna_str_equal("a", "A"));
    assert_true(dna_str_equal(NULL, NULL));
    assert_false(dna_str_equal("a", NULL));
    assert_true(dna_str_equal_nocase("SPIDNA", "spidna"));
    assert_false(dna_str_equal_nocase("SPIDNA", "spidn"));
    assert_false(dna_str_equal_nocase(NULL, "spidn"));
    assert_true(dna_str_ends_with("a.npz", ".npz"));
    assert_false(dna_str_ends_with("npz", ".npz"));
}

static void
check_snake(const char *name, const char *expected)
{
    char out[64];
    dna_snake_case(out, sizeof(out), name);
    assert_string_equal(out, expected);
}

static void
test_snake_case_splits_words_as_the_original_does(void **state)
{
    (void)state;
    char out[4];
    check_snake("CustomCNN", "custom_cnn");
    check_snake("RMSprop", "rm_sprop");
    check_snake("SPIDNA", "spidna");
    check_snake("MyDNANet", "my_dna_net");
    check_snake("Conv2dNet", "conv2d_net");
    check_snake("already_snake", "already_snake");
    check_snake("", "");
    dna_snake_case(out, sizeof(out), "CustomCNN");
    assert_string_equal(out, "cus");
    assert_true(dna_name_matches("CustomCNN", "CustomCNN"));
    assert_true(dna_name_matches("custom_cnn", "CustomCNN"));
    assert_false(dna_name_matches("customcnn", "CustomCNN"));
}

static void
test_edit_distance_counts_slips(void **state)
{
    (void)state;
    assert_int_equal(dna_edit_distance("", ""), 0);
    assert_int_equal(dna_edit_distance("abc", ""), 3);
    assert_int_equal(dna_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(dna_edit_distance("batch", "bacth"), 1);
    assert_int_equal(dna_edit_distance("ca", "abc"), 3); /* string alignment, not 2 */
    char a[200];
    char b[200];
    memset(a, 'a', sizeof(a) - 1);
    memset(b, 'b', sizeof(b) - 1);
    a[199] = b[199] = '\0';
    assert_int_equal(dna_edit_distance(a, b), 64);
}

static void
test_nearest_name_offers_only_likely_ones(void **state)
{
    (void)state;
    static const char *const names[] = {"n_epochs", "batch_size", "seed", "optimizer"};
    assert_string_equal(dna_nearest_name("n_epoch", names, 4), "n_epochs");
    assert_string_equal(dna_nearest_name("bacth_size", names, 4), "batch_size");
    assert_string_equal(dna_nearest_name("SEED", names, 4), "seed");
    assert_string_equal(dna_nearest_name("optimiser", names, 4), "optimizer");
    assert_null(dna_nearest_name("learning_rate", names, 4));
    assert_null(dna_nearest_name("x", names, 0));
}

static void
test_words_are_quoted_for_a_shell_where_needed(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"m/run_000", "m/run_000"}, {"", "''"},
        {"a b", "'a b'"}, {"it's", "'it'\\''s'"}, {"$(x)", "'$(x)'"},
        {"\xc3\xa9", "'\xc3\xa9'"}, {"~/x", "'~/x'"}};
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        dna_str s;
        dna_str_init(&s, 0);
        dna_str_add_shell(&s, cases[i][0]);
        assert_ok(dna_str_status(&s));
        assert_string_equal(dna_str_text(&s), cases[i][1]);
        dna_str_clear(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_joined),
        cmocka_unit_test(test_maximum_is_a_sticky_error),
        cmocka_unit_test(test_lack_of_memory_is_sticky),
        cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_snake_case_splits_words_as_the_original_does),
        cmocka_unit_test(test_edit_distance_counts_slips),
        cmocka_unit_test(test_nearest_name_offers_only_likely_ones),
        cmocka_unit_test(test_words_are_quoted_for_a_shell_where_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

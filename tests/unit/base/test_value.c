/* test_value.c - trees of values: resolution of plain scalars, maps, copies, questions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/value.h"

static dna_arena *arena;

static int
setup(void **state)
{
    (void)state;
    return dna_arena_new(&arena);
}

static int
teardown(void **state)
{
    (void)state;
    dna_arena_free(arena);
    arena = NULL;
    return 0;
}

static void
check_plain(const char *text, dna_value_type type, double number)
{
    const dna_value *v = dna_value_plain(arena, text);
    assert_non_null(v);
    if (v->type != type || strcmp(v->text, text) != 0) {
        fail_msg("%s is %s", text, dna_value_type_name(v));
    }
    if (type == DNA_INT || type == DNA_FLOAT) {
        if (v->number != number && !(isnan(v->number) && isnan(number))) {
            fail_msg("%s is %g", text, v->number);
        }
    }
    if (type == DNA_BOOLEAN) {
        assert_int_equal(v->boolean, number != 0);
    }
}

static void
test_plain_scalars_follow_yaml_1_2(void **state)
{
    (void)state;
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const texts[] = {"yes", "No", "on", "off", "nULL", "tRUE", "1e",
        "0x", "0o8", "0xg", "1.2.3", "nan", "inf", "Infinity", ".", "-", "+", "-.",
        "1 2", "12:30", "2020-01-01", "1_000", "0b1", "-.nan", ".infx", "e5", "1,5",
        "-e"};
    for (int64_t i = 0; i < DNA_COUNT(nulls); i++) {
        check_plain(nulls[i], DNA_NULL, 0);
    }
    for (int64_t i = 0; i < DNA_COUNT(texts); i++) {
        check_plain(texts[i], DNA_STRING, 0);
    }
    check_plain("true", DNA_BOOLEAN, 1);
    check_plain("True", DNA_BOOLEAN, 1);
    check_plain("TRUE", DNA_BOOLEAN, 1);
    check_plain("False", DNA_BOOLEAN, 0);
    check_plain("0", DNA_INT, 0);
    check_plain("007", DNA_INT, 7);
    check_plain("-12", DNA_INT, -12);
    check_plain("+12", DNA_INT, 12);
    check_plain("0x1F", DNA_INT, 31);
    check_plain("0o17", DNA_INT, 15);
    check_plain("9223372036854775807", DNA_INT, 0x1p63);
    check_plain("9223372036854775808", DNA_FLOAT, 0x1p63);
    check_plain("1.5", DNA_FLOAT, 1.5);
    check_plain(".5", DNA_FLOAT, 0.5);
    check_plain("-5.", DNA_FLOAT, -5);
    check_plain("1e-8", DNA_FLOAT, 1e-8);
    check_plain("1E5", DNA_FLOAT, 1e5);
    check_plain(".inf", DNA_FLOAT, (double)INFINITY);
    check_plain("-.Inf", DNA_FLOAT, -(double)INFINITY);
    check_plain("+.INF", DNA_FLOAT, (double)INFINITY);
    check_plain(".NaN", DNA_FLOAT, (double)NAN);
}

static void
check_bool(const char *text, bool is_bool, bool expected)
{
    bool b = false;
    dna_value *v = dna_value_plain(arena, text);
    assert_int_equal(dna_value_as_bool(v, &b), is_bool);
    if (is_bool) {
        assert_int_equal(b, expected);
    }
    v->is_quoted = true;
    v->type = DNA_STRING;
    assert_false(dna_value_as_bool(v, &b)); /* "yes" in quotes is a word */
}

static void
test_flags_take_yaml_1_1_words(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"};
    static const char *const no[] = {
        "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"};
    static const char *const neither[] = {
        "y", "n", "yEs", "1", "0", "", "maybe", "0.0"};
    for (int i = 0; i < 9; i++) {
        check_bool(yes[i], true, true);
        check_bool(no[i], true, false);
    }
    for (int64_t i = 0; i < DNA_COUNT(neither); i++) {
        check_bool(neither[i], false, false);
    }
    assert_false(dna_value_as_bool(NULL, NULL));
}

static void
test_questions_about_numbers(void **state)
{
    (void)state;
    int64_t i = 0;
    double d = 0;
    assert_true(dna_value_as_int(dna_value_plain(arena, "12"), &i) && i == 12);
    assert_true(dna_value_as_int(dna_value_plain(arena, "2e6"), &i) && i == 2000000);
    assert_true(dna_value_as_int(dna_value_float(arena, -3), &i) && i == -3);
    assert_false(dna_value_as_int(dna_value_plain(arena, "2.5"), &i));
    assert_false(dna_value_as_int(dna_value_plain(arena, "1e30"), &i));
    assert_false(dna_value_as_int(dna_value_plain(arena, ".nan"), &i));
    assert_false(dna_value_as_int(dna_value_plain(arena, "true"), &i));
    assert_false(dna_value_as_int(dna_value_string(arena, "12"), &i));
    assert_true(dna_value_as_double(dna_value_int(arena, 5), &d) && d == 5);
    assert_true(dna_value_as_double(dna_value_plain(arena, "1e-8"), &d) && d == 1e-8);
    assert_false(dna_value_as_double(dna_value_string(arena, "5"), &d));
    assert_false(dna_value_as_double(NULL, &d));
}

static void
test_text_is_what_was_written(void **state)
{
    (void)state;
    assert_string_equal(dna_value_as_text(dna_value_plain(arena, "yes")), "yes");
    assert_string_equal(dna_value_as_text(dna_value_plain(arena, "007")), "007");
    assert_string_equal(dna_value_as_text(dna_value_plain(arena, "True")), "True");
    assert_string_equal(dna_value_as_text(dna_value_bool(arena, false)), "false");
    assert_string_equal(
        dna_value_as_text(dna_value_int(arena, INT64_MIN)), "-9223372036854775808");
    assert_string_equal(dna_value_as_text(dna_value_float(arena, 1e-8)), "1e-08");
    assert_null(dna_value_as_text(dna_value_plain(arena, "~")));
    assert_null(dna_value_as_text(dna_value_list(arena)));
    assert_null(dna_value_as_text(NULL));
}

static void
test_maps_keep_order_and_replace_in_place(void **state)
{
    (void)state;
    dna_value *map = dna_value_map(arena);
    char key[8] = "b"; /* keys are copied */
    assert_ok(dna_value_set(arena, map, key, dna_value_int(arena, 1)));
    key[0] = 'a';
    assert_ok(dna_value_set(arena, map, key, dna_value_int(arena, 2)));
    assert_ok(dna_value_set(arena, map, "c", dna_value_int(arena, 3)));
    dna_value *late = dna_value_int(arena, 4);
    late->line = 9;
    assert_ok(dna_value_set(arena, map, "b", late));
    assert_int_equal(map->n, 3);
    assert_string_equal(map->keys[0], "b");
    assert_int_equal(map->items[0]->integer, 4);
    assert_int_equal(map->key_lines[0], 9);
    dna_value_remove(map, "a");
    dna_value_remove(map, "not there");
    dna_value_remove(NULL, "a");
    assert_int_equal(map->n, 2);
    assert_string_equal(map->keys[1], "c");
    assert_null(dna_value_get(map, "a"));
    assert_null(dna_value_get(late, "a"));
    assert_null(dna_value_get(NULL, "a"));
}

static void
test_large_maps_are_found_by_hash(void **state)
{
    (void)state;
    enum { N = 50000 }; /* squared time would be noticed */
    dna_value *map = dna_value_map(arena);
    char key[16];
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        assert_ok(dna_value_set(arena, map, key, dna_value_int(arena, i)));
    }
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        assert_ok(dna_value_set(arena, map, key, dna_value_int(arena, i + 1)));
        assert_int_equal(dna_value_get(map, key)->integer, i + 1);
    }
    assert_int_equal(map->n, N);
    assert_null(dna_value_get(map, "k50000"));
    dna_value_remove(map, "k7");
    assert_null(dna_value_get(map, "k7"));
    assert_int_equal(dna_value_get(map, "k8")->integer, 9);
    assert_int_equal(dna_value_get(map, "k49999")->integer, N);
    assert_ok(dna_value_set(arena, map, "k7", dna_value_int(arena, 0)));
    assert_string_equal(map->keys[N - 1], "k7");
}

static dna_value *
make_tree(dna_arena *a)
{
    dna_value *map = dna_value_map(a);
    dna_value *inner = dna_value_map(a);
    dna_value *list = dna_value_list(a);
    if (map == NULL || inner == NULL || list == NULL
        || dna_value_append(a, list, dna_value_string(a, "SNP")) < 0
        || dna_value_append(a, list, dna_value_float(a, 0.5)) < 0
        || dna_value_set(a, inner, "keys", list) < 0
        || dna_value_set(a, inner, "none", dna_value_null(a)) < 0
        || dna_value_set(a, map, "source", inner) < 0
        || dna_value_set(a, map, "flag", dna_value_bool(a, true)) < 0) {
        return NULL;
    }
    map->file = inner->file = dna_arena_strdup(a, "/x/data.yml");
    inner->line = 4;
    map->key_lines[0] = 3;
    return map->file != NULL ? map : NULL;
}

static void
test_dotted_paths(void **state)
{
    (void)state;
    const dna_value *tree = make_tree(arena);
    assert_int_equal(dna_value_get_path(tree, "source.keys")->n, 2);
    assert_true(dna_value_get_path(tree, "flag")->boolean);
    assert_null(dna_value_get_path(tree, "source.keys.0"));
    assert_null(dna_value_get_path(tree, "source.nope"));
    assert_null(dna_value_get_path(tree, ""));
}

static void
test_copies_are_deep_and_equal(void **state)
{
    (void)state;
    dna_arena *other = NULL;
    assert_ok(dna_arena_new(&other));
    dna_value *tree = make_tree(other);
    dna_value *copy = dna_value_copy(arena, tree);
    assert_true(dna_value_equal(tree, copy));
    dna_arena_free(other); /* under ASan, anything shared would be seen below */
    assert_string_equal(copy->file, "/x/data.yml");
    assert_int_equal(copy->key_lines[0], 3);
    dna_value *inner = dna_value_get(copy, "source");
    assert_string_equal(inner->file, "/x/data.yml");
    assert_int_equal(inner->line, 4);
    assert_string_equal(dna_value_get(inner, "keys")->items[0]->text, "SNP");
    assert_true(dna_value_is_null(dna_value_get(inner, "none")));
}

static void
test_equality_looks_at_meaning(void **state)
{
    (void)state;
    assert_true(dna_value_equal(dna_value_int(arena, 1), dna_value_float(arena, 1)));
    assert_true(dna_value_equal(
        dna_value_plain(arena, "1e-8"), dna_value_plain(arena, "1.0e-08")));
    assert_false(
        dna_value_equal(dna_value_int(arena, 1), dna_value_string(arena, "1")));
    assert_false(dna_value_equal(
        dna_value_int(arena, INT64_MAX), dna_value_int(arena, INT64_MAX - 1)));
    assert_true(dna_value_equal(NULL, dna_value_null(arena)));
    assert_true(dna_value_equal(
        dna_value_plain(arena, ".nan"), dna_value_plain(arena, ".nan")));
    dna_value *a = dna_value_map(arena);
    dna_value *b = dna_value_map(arena);
    assert_ok(dna_value_set(arena, a, "x", dna_value_int(arena, 1)));
    assert_ok(dna_value_set(arena, a, "y", dna_value_int(arena, 2)));
    assert_ok(dna_value_set(arena, b, "y", dna_value_int(arena, 2)));
    assert_false(dna_value_equal(a, b));
    assert_ok(dna_value_set(arena, b, "x", dna_value_int(arena, 1)));
    assert_true(dna_value_equal(a, b)); /* order has no meaning */
    assert_false(dna_value_equal(a, dna_value_list(arena)));
}

static void
check_description(const dna_value *v, size_t size, const char *expected)
{
    char buf[128];
    dna_value_describe(v, buf, size);
    assert_string_equal(buf, expected);
}

static void
test_descriptions_for_messages(void **state)
{
    (void)state;
    check_description(dna_value_string(arena, "abc"), 64, "\"abc\"");
    check_description(dna_value_string(arena, ""), 64, "\"\"");
    check_description(dna_value_plain(arena, "007"), 64, "007");
    check_description(dna_value_plain(arena, ""), 64, "null");
    check_description(NULL, 64, "nothing");
    check_description(dna_value_list(arena), 64, "a list of 0");
    check_description(dna_value_map(arena), 64, "an empty mapping");
    check_description(make_tree(arena), 64, "a mapping (source, ...)");
    check_description(
        dna_value_string(arena, "a very long text of letters"), 16, "\"a very l...\"");
    check_description(dna_value_string(arena, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), 11,
        "\"\xc3\xa9...\"");
    assert_string_equal(dna_value_type_name(make_tree(arena)), "a mapping");
    assert_string_equal(dna_value_type_name(dna_value_int(arena, 1)), "an integer");
}

static void
test_lack_of_memory_is_reported(void **state)
{
    (void)state;
    assert_int_equal(dna_value_append(arena, dna_value_list(arena), NULL), DNA_ENOMEM);
    assert_int_equal(dna_value_set(arena, dna_value_map(arena), "x", NULL), DNA_ENOMEM);
    for_each_oom(i) {
        dna_arena *a = NULL;
        const dna_value *copy = NULL;
        if (dna_arena_new(&a) == DNA_OK) {
            for (int k = 0; k < 20; k++) { /* several blocks */
                const dna_value *tree = make_tree(a);
                copy = tree != NULL ? dna_value_copy(a, tree) : NULL;
                if (copy == NULL) {
                    break;
                }
            }
        }
        bool is_done = oom_done();
        assert_int_equal(copy != NULL, is_done);
        dna_arena_free(a);
        if (is_done) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_plain_scalars_follow_yaml_1_2, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_flags_take_yaml_1_1_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_questions_about_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_is_what_was_written, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_maps_keep_order_and_replace_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_large_maps_are_found_by_hash, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dotted_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_copies_are_deep_and_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_equality_looks_at_meaning, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_descriptions_for_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_lack_of_memory_is_reported, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_json.c - JSON in and out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/arena_fixture.h"

#include <math.h>
#include <string.h>

#include "io/json.h"

static int
parse(dna_value **v, const char *text)
{
    return dna_json_parse(v, arena, text, strlen(text), "t.json");
}

static const char *
written(const dna_value *v, int indent)
{
    dna_str s;
    dna_str_init(&s, 0);
    assert_ok(dna_json_write(&s, v, indent));
    const char *text = dna_arena_strdup(arena, dna_str_text(&s));
    dna_str_clear(&s);
    return text;
}

static void
test_types_are_those_of_json(void **state)
{
    (void)state;
    dna_value *v = NULL;
    assert_ok(parse(&v,
        "{\"a\": 1, \"b\": 1.0, \"c\": \"yes\", \"d\": null, \"e\": [true, false], \"f\": {}}"));
    assert_int_equal(dna_value_get(v, "a")->type, DNA_INT);
    assert_int_equal(dna_value_get(v, "b")->type, DNA_FLOAT);
    assert_int_equal(dna_value_get(v, "c")->type, DNA_STRING);
    assert_true(dna_value_get(v, "c")->is_quoted);
    assert_int_equal(dna_value_get(v, "d")->type, DNA_NULL);
    assert_true(dna_value_get(v, "e")->items[0]->boolean);
    assert_int_equal(dna_value_get(v, "f")->n, 0);
    assert_string_equal(v->file, "t.json");
}

static void
test_mistakes_are_refused(void **state)
{
    (void)state;
    dna_value *v = NULL;
    assert_fails(parse(&v, "{\"a\": 1,\n \"a\": 2}"), DNA_EFORMAT, "t.json:2: ");
    assert_fails(parse(&v, "{\"a\": }"), DNA_EFORMAT, "t.json:1: column");
    assert_fails(parse(&v, ""), DNA_EFORMAT, "t.json");
    assert_fails(parse(&v, "[1] x"), DNA_EFORMAT, "t.json");
    assert_fails(parse(&v, "[99999999999999999999]"), DNA_EFORMAT, "too big");
    assert_fails(parse(&v, "[\"a\\u0000b\"]"), DNA_EFORMAT, "t.json");
    assert_fails(parse(&v, "[NaN]"), DNA_EFORMAT, "t.json");
    char deep[201];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    deep[200] = '\0';
    assert_fails(parse(&v, deep), DNA_EFORMAT, "more than 64 levels");
    assert_fails(
        dna_json_read(&v, arena, test_path("none.json")), DNA_ENOTFOUND, "none.json");
    assert_fails(dna_json_read(&v, arena, test_dir()), DNA_EIO, test_dir());
}

static void
test_files_remember_their_name(void **state)
{
    (void)state;
    dna_value *v = NULL;
    const char *path = write_text("a.json", "{\"k\": [1]}");
    assert_ok(dna_json_read(&v, arena, path));
    assert_string_equal(dna_value_get(v, "k")->items[0]->file, path);
}

static void
test_written_text(void **state)
{
    (void)state;
    dna_value *v = NULL;
    assert_ok(parse(&v, "{\"a\": [1, 2.5, 1e-8], \"b\": {\"q\\\"\\\\\\n\\t\\u0001\": "
                        "null}, \"c\": [], \"d\": \"\xc3\xa9\", \"e\": 0.1}"));
    assert_string_equal(written(v, 0),
        "{\"a\": [1, 2.5, 1e-08], \"b\": {\"q\\\"\\\\\\n\\t\\u0001\": null}, "
        "\"c\": [], \"d\": \"\xc3\xa9\", \"e\": 0.1}");
    assert_ok(parse(&v, "{\"a\": [1], \"b\": {}}"));
    assert_string_equal(written(v, 2), "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
}

static void
test_written_text_reads_back(void **state)
{
    (void)state;
    static const double numbers[] = {0.1, 1.0 / 3, 1e-300, 5e-324,
        1.7976931348623157e308, -0.06392800807952881, 123456789.123};
    dna_value *v = dna_value_list(arena);
    for (int64_t i = 0; i < DNA_COUNT(numbers); i++) {
        assert_ok(dna_value_append(arena, v, dna_value_float(arena, numbers[i])));
    }
    assert_ok(dna_value_append(arena, v, dna_value_int(arena, INT64_MIN)));
    dna_value *again = NULL;
    assert_ok(parse(&again, written(v, 0)));
    assert_true(dna_value_equal(v, again));
    for (int64_t i = 0; i < DNA_COUNT(numbers); i++) {
        assert_true(again->items[i]->number == numbers[i]);
    }
}

static void
test_bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {{"a\xff", "\"a\\ufffd\""}, {"\xc0\x80", "\"\\ufffd\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},
        {"\xf0\x9f\xa7\xac", "\"\xf0\x9f\xa7\xac\""},
        {"\xe2\x82\xac", "\"\xe2\x82\xac\""}};
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        dna_value *again = NULL;
        const char *text = written(dna_value_string(arena, cases[i].text), 0);
        assert_string_equal(text, cases[i].json);
        assert_ok(parse(&again, text));
    }
}

static void
test_nan_is_no_json(void **state)
{
    (void)state;
    dna_str s;
    dna_str_init(&s, 0);
    assert_fails(dna_json_write(&s, dna_value_float(arena, (double)NAN), 0),
        DNA_ENUMERIC, "nan cannot be written as JSON");
    dna_str_clear(&s);
}

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    static const char text[] = "{\"a\": [1, 2.5, \"x\"], \"b\": {\"c\": null}}";
    for_each_oom(i) {
        dna_arena *a = NULL;
        dna_value *v = NULL;
        dna_str s;
        dna_str_init(&s, 0);
        int rc = dna_arena_new(&a);
        if (rc == DNA_OK) {
            rc = dna_json_parse(&v, a, text, strlen(text), "t.json");
        }
        if (rc == DNA_OK) {
            rc = dna_json_write(&s, v, 4);
        }
        assert_true(rc == DNA_OK || (rc == DNA_ENOMEM && dna_mem_has_failed()));
        dna_str_clear(&s);
        dna_arena_free(a);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_types_are_those_of_json, begin, end),
        cmocka_unit_test_setup_teardown(test_mistakes_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_files_remember_their_name, begin, end),
        cmocka_unit_test_setup_teardown(test_written_text, begin, end),
        cmocka_unit_test_setup_teardown(test_written_text_reads_back, begin, end),
        cmocka_unit_test_setup_teardown(
            test_bytes_that_are_no_text_are_replaced, begin, end),
        cmocka_unit_test_setup_teardown(test_nan_is_no_json, begin, end),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

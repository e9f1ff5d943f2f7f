/* test_yaml.c - YAML in and out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/arena_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/yaml.h"

static dna_value *
parsed(const char *text)
{
    dna_value *v = NULL;
    assert_ok(dna_yaml_parse(&v, arena, text, strlen(text), "t.yml"));
    return v;
}

static int
parse_status(const char *text)
{
    dna_value *v = NULL;
    return dna_yaml_parse(&v, arena, text, strlen(text), "t.yml");
}

static const char *
written(const dna_value *v, int indent)
{
    dna_yaml_style style = {.indent = indent};
    dna_str s;
    dna_str_init(&s, 0);
    assert_ok(dna_yaml_write(&s, v, &style));
    const char *text = dna_arena_strdup(arena, dna_str_text(&s));
    dna_str_clear(&s);
    return text;
}

static void
test_plain_scalars_follow_yaml_12(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        dna_value_type type;
        double number;
    } cases[] = {{"12", DNA_INT, 12}, {"-3", DNA_INT, -3}, {"1e-8", DNA_FLOAT, 1e-8},
        {"2.0e+6", DNA_FLOAT, 2e6}, {".5", DNA_FLOAT, 0.5}, {"0x10", DNA_INT, 16},
        {"yes", DNA_STRING, 0}, {"no", DNA_STRING, 0}, {"off", DNA_STRING, 0},
        {"true", DNA_BOOLEAN, 0}, {"null", DNA_NULL, 0}, {"~", DNA_NULL, 0},
        {"'12'", DNA_STRING, 0}, {"\"true\"", DNA_STRING, 0},
        {"1.0.0rc1", DNA_STRING, 0}, {"nan", DNA_STRING, 0}, {"0x1p3", DNA_STRING, 0},
        {"1_000", DNA_STRING, 0}, {"!!str 12", DNA_STRING, 0},
        {"!!float 12", DNA_FLOAT, 12}, {"!!int '12'", DNA_INT, 12}};
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        const dna_value *v = parsed(cases[i].text);
        if (v->type != cases[i].type) {
            fail_msg("%s is %s", cases[i].text, dna_value_type_name(v));
        }
        assert_true(v->number == cases[i].number);
    }
    assert_true(isinf(parsed("-.inf")->number));
    assert_string_equal(parsed("no")->text, "no");
    assert_string_equal(parsed("007")->text, "007");
    assert_true(parsed("'x'")->is_quoted);
    assert_false(parsed("x")->is_quoted);
}

static void
test_values_remember_file_and_line(void **state)
{
    (void)state;
    const dna_value *v = parsed("# head\na: 1\nb:\n  c:\n    - x\n    - y\n");
    assert_int_equal(v->type, DNA_MAP);
    assert_string_equal(v->file, "t.yml");
    assert_int_equal(dna_value_get(v, "a")->line, 2);
    assert_int_equal(v->key_lines[1], 3);
    assert_int_equal(dna_value_get_path(v, "b.c")->items[1]->line, 6);
    assert_string_equal(dna_value_get_path(v, "b.c")->items[1]->file, "t.yml");
}

static void
test_empty_documents_are_null(void **state)
{
    (void)state;
    assert_int_equal(parsed("")->type, DNA_NULL);
    assert_int_equal(parsed("# only a comment\n")->type, DNA_NULL);
    assert_int_equal(parsed("---\n")->type, DNA_NULL);
    assert_int_equal(parsed("a:\n")->items[0]->type, DNA_NULL);
}

static void
test_aliases_are_copies(void **state)
{
    (void)state;
    dna_value *v = parsed("a: &x {k: [1, 2]}\nb: *x\nc: &x 5\nd: *x\n");
    dna_value *a = dna_value_get(v, "a");
    dna_value *b = dna_value_get(v, "b");
    assert_true(dna_value_equal(a, b));
    assert_ptr_not_equal(a, b);
    dna_value_get_path(a, "k")->items[0]->integer = 9;
    assert_int_equal(dna_value_get_path(b, "k")->items[0]->integer, 1);
    assert_int_equal(dna_value_get(v, "d")->integer, 5);
}

static void
test_merge_keys_fill_what_is_missing(void **state)
{
    (void)state;
    const dna_value *v = parsed("base: &b {x: 1, y: 2}\n"
                                "other: &o {y: 7, z: 8}\n"
                                "one: {<<: *b, x: 5}\n"
                                "two:\n  <<: [*b, *o]\n  w: 0\n");
    assert_true(dna_value_equal(dna_value_get(v, "one"), parsed("{x: 5, y: 2}")));
    assert_true(
        dna_value_equal(dna_value_get(v, "two"), parsed("{w: 0, x: 1, y: 2, z: 8}")));
    assert_fails(parse_status("a: {<<: 3}"), DNA_EFORMAT, "<< needs a mapping");
    assert_fails(parse_status("a: {<<: {}, <<: {}}"), DNA_EFORMAT, "already on line 1");
    assert_int_equal(parsed("{'<<': 3}")->n, 1);
}

static void
test_mistakes_name_their_line(void **state)
{
    (void)state;
    assert_fails(parse_status("a: 1\nb: 2\na: 3\n"), DNA_EFORMAT,
        "t.yml:3: the key \"a\" is already on line 1");
    assert_fails(parse_status("a: [1, 2\nb: 3\n"), DNA_EFORMAT, "t.yml:2: ");
    assert_fails(parse_status("a:\n\t- 1\n"), DNA_EFORMAT, "t.yml:2: ");
    assert_fails(parse_status("1: x\n"), DNA_EFORMAT,
        "t.yml:1: the key 1 is not text; write it in quotes");
    assert_fails(parse_status("true: x\n"), DNA_EFORMAT, "the key true is not text");
    assert_fails(parse_status("? [a]\n: x\n"), DNA_EFORMAT, "a key that is not text");
    assert_fails(parse_status("a: *nobody\n"), DNA_EFORMAT, "has no anchor");
    assert_fails(parse_status("a: &a [*a]\n"), DNA_EFORMAT, "has no anchor");
    assert_fails(parse_status("a: 1\n--- \nb: 2\n"), DNA_EFORMAT, "a second document");
    assert_fails(parse_status("a: !!python/tuple [1]\n"), DNA_EUNSUPPORTED,
        "the tag python/tuple is not supported");
    assert_fails(parse_status("a: !x 1\n"), DNA_EUNSUPPORTED, "tag !x");
    assert_fails(parse_status("a: !!int x\n"), DNA_EFORMAT, "\"x\" is not !!int");
    assert_fails(parse_status("a: \"x\\0y\"\n"), DNA_EFORMAT, "a zero byte");
    assert_fails(parse_status("a: \"\xff\"\n"), DNA_EFORMAT, "at byte");
    assert_fails(parse_status("%a\xff"), DNA_EFORMAT, "t.yml: ");
}

static void
test_limits_hold(void **state)
{
    (void)state;
    char deep[400];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    deep[200] = '\0';
    assert_fails(parse_status(deep), DNA_EFORMAT, "more than 64 levels");

    /* each line has nine times the nodes of the one before */
    char bomb[1000] = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 10; i++) {
        char line[120];
        snprintf(line, sizeof(line),
            "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
            i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(bomb, line);
    }
    assert_fails(parse_status(bomb), DNA_EFORMAT, "more than 1000000 values");

    /* aliases may not add up to more depth either */
    char chain[4000] = "a0: &a0 [x]\n";
    for (int i = 1; i < 80; i++) {
        char line[40];
        snprintf(line, sizeof(line), "a%d: &a%d [*a%d]\n", i, i, i - 1);
        strcat(chain, line);
    }
    assert_fails(parse_status(chain), DNA_EFORMAT, "more than 64 levels");

    char key[1200];
    memset(key, 'k', 1100);
    strcpy(key + 1100, ": 1");
    assert_fails(parse_status(key), DNA_EFORMAT, "");

    size_t n = ((size_t)16 << 20) + 1;
    char *large = calloc(n, 1);
    dna_value *v = NULL;
    assert_non_null(large);
    assert_fails(
        dna_yaml_parse(&v, arena, large, n, "t.yml"), DNA_EFORMAT, "more than 16 MiB");
    free(large);
}

static void
test_read_takes_files_only(void **state)
{
    (void)state;
    dna_value *v = NULL;
    const char *path = write_text("a.yml", "x: 1\n");
    assert_ok(dna_yaml_read(&v, arena, path));
    assert_string_equal(v->file, path);
    assert_fails(
        dna_yaml_read(&v, arena, test_path("none.yml")), DNA_ENOTFOUND, "none.yml");
    assert_fails(dna_yaml_read(&v, arena, test_dir()), DNA_EIO, test_dir());
}

static void
test_written_layout(void **state)
{
    (void)state;
    const dna_value *v = parsed("{a: {b: 1, c: {}}, l: [1, x, null], e: [],"
                                "m: [{crop: {k: 5}}, {snp_format: concat}, [[1], 2]]}");
    assert_string_equal(written(v, 4), "a:\n"
                                       "    b: 1\n"
                                       "    c: {}\n"
                                       "l: [1, x, null]\n"
                                       "e: []\n"
                                       "m:\n"
                                       "-   crop:\n"
                                       "        k: 5\n"
                                       "-   snp_format: concat\n"
                                       "-   -   [1]\n"
                                       "    -   2\n");
    assert_string_equal(written(parsed("{m: [{a: 1, b: [{c: 2}]}]}"), 2),
        "m:\n- a: 1\n  b:\n  - c: 2\n");
    assert_string_equal(written(parsed("5"), 4), "5\n");
    assert_string_equal(written(parsed("{a: ., b: ../x}"), 4), "a: .\nb: ../x\n");
}

static const char *
comment(void *payload, const char *path)
{
    (void)payload;
    return path[0] == '\0' ? "Head.\n\nSecond paragraph."
           : strcmp(path, "a.b") == 0
               ? "A long comment that goes on and on until it is longer than a line may be, and then some."
           : strcmp(path, "l") == 0 ? "A list."
                                    : NULL;
}

static void
test_comments_are_wrapped_above_their_key(void **state)
{
    (void)state;
    dna_yaml_style style = {.comment = comment};
    dna_str s;
    dna_str_init(&s, 0);
    assert_ok(dna_yaml_write(&s, parsed("{a: {b: 1}, l: []}"), &style));
    assert_string_equal(dna_str_text(&s),
        "# Head.\n"
        "#\n"
        "# Second paragraph.\n"
        "\n"
        "a:\n"
        "    # A long comment that goes on and on until it is longer than a line may be,\n"
        "    # and then some.\n"
        "    b: 1\n"
        "\n"
        "# A list.\n"
        "l: []\n");
    dna_str_clear(&s);
}

/* Texts that a reader of YAML 1.1 or 1.2 could take for something else. */
static void
test_text_reads_back_as_the_same_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " ", "a", "yes", "No", "on", "y", "null",
        "~", "true", "12", "1e-8", "1_000", "0x1F", "12:30:45", "2022-05-16",
        "2022-05-16T10:00:00.000000+00:00", "1.0.0rc1", "a: b", "a #b", "a:", "- a",
        "-", "?", "'", "\"", "it's", "[", "a, b", "{x}", "&a", "*a", "!t", "%", "@",
        "`", "|", ">", "a\nb", "a\tb", "\t", "tail ", "...", "---", "--- a", "<<", "=",
        "a\\b", "caf\xc3\xa9", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xf0\x9f\xa7\xac",
        "\x7f", "\x01", "\xc2\x85", "scenario_{scenario}/{dataset_name}.npz", "#x",
        ".5", "+1", ".inf", "a:b", "a#b", "A :?", "http://x", ".", "..", "+", ".e",
        ".+", "Cross Entropy", "\xef\xbf\xbe"};
    for (int64_t i = 0; i < DNA_COUNT(texts); i++) {
        dna_value *map = dna_value_map(arena);
        dna_value *list = dna_value_list(arena);
        assert_ok(dna_value_append(arena, list, dna_value_string(arena, texts[i])));
        assert_ok(dna_value_append(arena, list, dna_value_string(arena, "z")));
        assert_ok(dna_value_set(arena, map, "k", dna_value_string(arena, texts[i])));
        assert_ok(dna_value_set(arena, map, "l", list));
        if (texts[i][0] != '\0') {
            assert_ok(dna_value_set(arena, map, texts[i], dna_value_int(arena, 1)));
        }
        const char *text = written(map, 4);
        dna_value *again = NULL;
        if (dna_yaml_parse(&again, arena, text, strlen(text), "w") < 0) {
            fail_msg("%s\n%s", text, dna_message());
        }
        if (!dna_value_equal(map, again)) {
            fail_msg("text %lld is not kept:\n%s", (long long)i, text);
        }
    }
    dna_str s;
    dna_str_init(&s, 0);
    assert_fails(dna_yaml_write(&s, dna_value_string(arena, "a\xff"), NULL),
        DNA_EFORMAT, "is not UTF-8");
    dna_str_clear(&s);
}

static void
test_numbers_are_written_for_both_yamls(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } cases[] = {{1e-8, "1.0e-08\n"}, {0.1, "0.1\n"}, {2e6, "2000000.0\n"},
        {1e300, "1.0e+300\n"}, {-2.5e-7, "-2.5e-07\n"}};
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        assert_string_equal(
            written(dna_value_float(arena, cases[i].v), 4), cases[i].text);
    }
    assert_string_equal(written(dna_value_float(arena, (double)NAN), 4), ".nan\n");
    assert_string_equal(
        written(dna_value_float(arena, -(double)INFINITY), 4), "-.inf\n");
    assert_string_equal(
        written(parsed("[007, 2.50, 1e-8, True]"), 4), "[007, 2.50, 1.0e-8, True]\n");
}

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    static const char text[] = "a: &x {b: [1, 2.5, text], c: null}\n"
                               "d: {<<: *x, e: 'q'}\nf: [*x, [long, list]]\n";
    for_each_oom(i) {
        dna_arena *a = NULL;
        dna_value *v = NULL;
        dna_str s;
        dna_str_init(&s, 0);
        int rc = dna_arena_new(&a);
        if (rc == DNA_OK) {
            rc = dna_yaml_parse(&v, a, text, strlen(text), "t.yml");
        }
        if (rc == DNA_OK) {
            rc = dna_yaml_write(&s, v, NULL);
        }
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        assert_true(rc == DNA_OK || dna_mem_has_failed());
        dna_str_clear(&s);
        dna_arena_free(a);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

static const char *
note(void *payload, const dna_value *v)
{
    return v->type == DNA_INT ? payload : NULL;
}

static void
test_notes_end_the_lines_of_values(void **state)
{
    (void)state;
    dna_value *v = NULL;
    const char *text = "{a: 1, b: {c: 22, d: x}, e: [1, 2], f: [{g: 3}, 4, [5]], "
                       "long: 1000000000000000000}";
    assert_ok(dna_yaml_parse(&v, arena, text, strlen(text), NULL));
    char text_of_note[] = "n\t\xff\xc3\xa9";
    dna_yaml_style style = {.note = note, .payload = text_of_note};
    dna_str s;
    dna_str_init(&s, 0);
    assert_ok(dna_yaml_write(&s, v, &style));
    const char *out = dna_str_text(&s);
    /* in column 40; what a comment cannot hold is a question mark */
    const char *first = "a: 1                                    # n??\xc3\xa9\n";
    assert_int_equal(strncmp(out, first, strlen(first)), 0);
    assert_non_null(strstr(out, "\n    c: 22                               # n??"));
    assert_non_null(strstr(out, "\n    d: x\n"));
    assert_non_null(strstr(out, "\ne: [1, 2]\n"));
    dna_value *again = NULL;
    assert_ok(dna_yaml_parse(&again, arena, out, s.len, NULL));
    assert_true(dna_value_equal(v, again));
    dna_str_clear(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain_scalars_follow_yaml_12, begin, end),
        cmocka_unit_test_setup_teardown(test_values_remember_file_and_line, begin, end),
        cmocka_unit_test_setup_teardown(test_empty_documents_are_null, begin, end),
        cmocka_unit_test_setup_teardown(test_aliases_are_copies, begin, end),
        cmocka_unit_test_setup_teardown(
            test_merge_keys_fill_what_is_missing, begin, end),
        cmocka_unit_test_setup_teardown(test_mistakes_name_their_line, begin, end),
        cmocka_unit_test_setup_teardown(test_limits_hold, begin, end),
        cmocka_unit_test_setup_teardown(test_read_takes_files_only, begin, end),
        cmocka_unit_test_setup_teardown(test_written_layout, begin, end),
        cmocka_unit_test_setup_teardown(
            test_comments_are_wrapped_above_their_key, begin, end),
        cmocka_unit_test_setup_teardown(
            test_text_reads_back_as_the_same_text, begin, end),
        cmocka_unit_test_setup_teardown(
            test_numbers_are_written_for_both_yamls, begin, end),
        cmocka_unit_test_setup_teardown(test_notes_end_the_lines_of_values, begin, end),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

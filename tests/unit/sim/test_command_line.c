/* test_command_line.c - templates of command lines: words, fields, formats.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/command_line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/yaml.h"
#include "support/arena_fixture.h"

static int
read_yaml(dna_command_line **out, const char *yaml, bool is_shell)
{
    dna_value *v = NULL;
    assert_ok(dna_yaml_parse(&v, arena, yaml, strlen(yaml), "t.yml"));
    return dna_command_line_read(out, arena, v, "command", is_shell);
}

/* Words in brackets: "[a][b c]"; fields hold the values. */
static void
check(const char *yaml, bool is_shell, const char *const *values, const char *wanted)
{
    dna_command_line *c = NULL;
    const char *const *argv = NULL;
    dna_str got;

    dna_str_init(&got, 0);
    assert_ok(read_yaml(&c, yaml, is_shell));
    assert_ok(dna_command_line_fill(&argv, c, arena, values));
    for (int64_t i = 0; argv[i] != NULL; i++) {
        dna_str_addf(&got, "[%s]", argv[i]);
    }
    assert_string_equal(dna_str_text(&got), wanted);
    dna_str_clear(&got);
}

static void
test_a_text_is_split_as_by_a_shell(void **state)
{
    (void)state;
    check("ms 10 1 -t 5", false, NULL, "[ms][10][1][-t][5]");
    check("'  ms \n\n 10\t'", false, NULL, "[ms][10]");
    check("|-\n  a 'b  c' \"d \\\" e\" f\\ g ''h '' i\"j\"'k'\n", false, NULL,
        "[a][b  c][d \" e][f g][h][][ijk]");
    check("|-\n  a '$HOME | *' \"|\" \\$ \"\\$\" x#y x~\n", false, NULL,
        "[a][$HOME | *][|][$][$][x#y][x~]");
    check("awk '{{print}}'", false, NULL, "[awk][{print}]");
}

static void
test_values_stay_in_their_word(void **state)
{
    (void)state;
    const char *values[] = {"a b", "'\"; rm -rf $x", ""};
    check("p {x} -y={y}! '{z}'", false, values, "[p][a b][-y='\"; rm -rf $x!][]");
    check("[p, '{x} {y}', 3, '{z}']", false, values, "[p][a b '\"; rm -rf $x][3][]");
}

static void
test_a_shell_gets_the_text_as_it_is(void **state)
{
    (void)state;
    const char *values[] = {"10", "/tmp/x.npz"};
    check("\"scrm {n} | gzip > '{output}' # {{}}\"", true, values,
        "[/bin/sh][-c][scrm 10 | gzip > '/tmp/x.npz' # {}]");
    static const char *const unsafe[] = {"a b", "$(x)", "", "a'b", "x;y", "`x`", "\n"};
    for (int64_t i = 0; i < DNA_COUNT(unsafe); i++) {
        dna_command_line *c = NULL;
        const char *const *argv = NULL;
        assert_ok(read_yaml(&c, "p {x}", true));
        assert_fails(
            dna_command_line_fill(&argv, c, arena, &unsafe[i]), DNA_EARG, "{x} is \"");
    }
}

static void
test_what_is_no_command_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        const char *why;
    } bad[] = {{"a | b", "\"|\" is for a shell"}, {"a > b", "\">\" is for a shell"},
        {"a & b", "\"&\""}, {"a ; b", "\";\""}, {"a $b", "\"$\""}, {"a ~/b", "\"~\""},
        {"'a \"$b\"'", "\"$\" is for a shell"}, {"'a # b'", "\"#\""}, {"a b*", "\"*\""},
        {"a 'b", "a quote ' is not closed"}, {"'a \"b'", "a quote \" is not closed"},
        {"''", "names no program"}, {"'  '", "names no program"}, {"[]", "names no"},
        {"['', b]", "names no program"}, {"a {b", "a \"{\" that belongs to no field"},
        {"a b}", "a \"}\" that belongs to no field"}, {"a {b{c}}", "a \"{\" that"},
        {"a {}", "{} names no field"}, {"a { }", "{} names no field"},
        {"'a {b:x}'", "{b:x}: \"x\" is not a format"}, {"'a {b:.f}'", "\".f\" is not"},
        {"'a {b:101d}'", "\"101d\""}, {"'a {b:.999999999999f}'", "is not a format"},
        {"'a {b:dd}'", "\"dd\""}, {"{a: b}", "a mapping is neither a text nor a list"},
        {"[a, [b]]", "a list is not a word"}, {"null", "neither"},
        {"5", "an integer is neither"}};

    for (int64_t i = 0; i < DNA_COUNT(bad); i++) {
        dna_command_line *c = NULL;
        assert_fails(read_yaml(&c, bad[i].yaml, false), DNA_EARG, bad[i].why);
        assert_non_null(strstr(dna_message(), "t.yml:1: command: "));
    }
    dna_command_line *c = NULL;
    assert_fails(read_yaml(&c, "[a]", true), DNA_EARG, "run without a shell");
}

/* What Python's format() gives. */
static void
test_formats_are_pythons(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        double value;
        const char *text; /* NULL: refused */
    } cases[] = {{"{x}", 10, "10"}, {"{x}", 1e-8, "1e-08"}, {"{x}", 0.1, "0.1"},
        {"{x}", -2.5, "-2.5"}, {"{x}", 2e6, "2000000"}, {"{x}", 1e300, "1e+300"},
        {"{x:d}", 10, "10"}, {"{x:05d}", -42, "-0042"}, {"{x:5d}", 42, "   42"},
        {"{x:+d}", 42, "+42"}, {"{x: d}", 42, " 42"}, {"{x:.0f}", 1234.5678, "1235"},
        {"{x:.2f}", 0.125, "0.12"}, {"{x:f}", 3, "3.000000"},
        {"{x:.3e}", 12345, "1.234e+04"}, {"{x:.3E}", 12345, "1.234E+04"},
        {"{x:g}", 0.00001234, "1.234e-05"}, {"{x:.10g}", 1234567.891, "1234567.891"},
        {"{x:09.3f}", -3.14159, "-0003.142"}, {"{ x : .3f }", 1, NULL},
        {"{x:.3g}", 1234567, "1.23e+06"}, {"{x:d}", 2.5, NULL}, {"{x:s}", 2.5, NULL},
        {"{x:.2d}", 2, NULL}, {"{x:.3}", 0.12345, "0.123"}};

    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        dna_command_line *c = NULL;
        char yaml[64];
        dna_str text;
        dna_str_init(&text, 0);
        snprintf(yaml, sizeof(yaml), "'p %s'", cases[i].field);
        int rc = read_yaml(&c, yaml, false);
        if (rc == DNA_OK) {
            assert_int_equal(dna_command_line_n_field(c), 1);
            const dna_command_field *f = dna_command_line_field(c, 0);
            assert_string_equal(f->text, "x");
            rc = dna_command_field_put_number(&text, f, cases[i].value);
        }
        if (cases[i].text == NULL) {
            assert_int_equal(rc, DNA_EARG);
        } else {
            assert_ok(rc);
            assert_string_equal(dna_str_text(&text), cases[i].text);
        }
        dna_str_clear(&text);
    }
}

static void
test_whole_numbers_and_texts(void **state)
{
    (void)state;
    dna_command_line *c = NULL;
    dna_str text;

    dna_str_init(&text, 0);
    assert_ok(read_yaml(&c, "'p {a} {b:d} {c:s} {d:.3f}'", false));
    assert_ok(
        dna_command_field_put_int(&text, dna_command_line_field(c, 0), INT64_MAX));
    assert_ok(dna_command_field_put_int(&text, dna_command_line_field(c, 1), -1));
    assert_ok(dna_command_field_put_text(&text, dna_command_line_field(c, 0), "%s x"));
    assert_ok(dna_command_field_put_text(&text, dna_command_line_field(c, 2), "y"));
    assert_string_equal(dna_str_text(&text), "9223372036854775807-1%s xy");
    assert_fails(dna_command_field_put_text(&text, dna_command_line_field(c, 1), "z"),
        DNA_EARG, "{b}: the format d is not for a text, z");
    assert_fails(dna_command_field_put_text(&text, dna_command_line_field(c, 3), "z"),
        DNA_EARG, "{d}: the format f is not for a text, z");
    dna_str_clear(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_text_is_split_as_by_a_shell, begin, end),
        cmocka_unit_test_setup_teardown(test_values_stay_in_their_word, begin, end),
        cmocka_unit_test_setup_teardown(
            test_a_shell_gets_the_text_as_it_is, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_no_command_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_formats_are_pythons, begin, end),
        cmocka_unit_test_setup_teardown(test_whole_numbers_and_texts, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_number.c - numbers as text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "number_values.h"

static void
test_doubles_are_written_as_python_writes_them(void **state)
{
    (void)state;
    char buf[DNA_NUMBER_SIZE];
    for (int64_t i = 0; i < DNA_COUNT(number_values); i++) {
        assert_string_equal(
            dna_format_double(buf, number_values[i].value), number_values[i].text);
    }
    assert_string_equal(dna_format_double(buf, (double)NAN), "nan");
    assert_string_equal(dna_format_double(buf, -(double)NAN), "nan");
    assert_string_equal(dna_format_double(buf, (double)INFINITY), "inf");
    assert_string_equal(dna_format_double(buf, -(double)INFINITY), "-inf");
    assert_string_equal(dna_format_double(buf, 0.0), "0.0");
    assert_string_equal(dna_format_double(buf, -0.0), "-0.0");
}

static void
test_text_reads_back_as_the_same_double(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        char buf[DNA_NUMBER_SIZE];
        double v = 0;
        double w = 0;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&v, &bits, sizeof(v));
        if (isnan(v)) {
            continue;
        }
        if (!dna_parse_double(dna_format_double(buf, v), &w) || v != w) {
            fail_msg("%a is written %s, read %a", v, buf, w);
        }
    }
    for (int64_t i = 0; i < DNA_COUNT(number_values); i++) {
        double w = 0;
        assert_true(dna_parse_double(number_values[i].text, &w));
        assert_true(w == number_values[i].value);
    }
}

static void
test_locale_does_not_matter(void **state)
{
    (void)state;
    char buf[DNA_NUMBER_SIZE];
    double v = 0;
    const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    bool is_set = false;
    for (int i = 0; i < 4 && !is_set; i++) {
        is_set = setlocale(LC_NUMERIC, names[i]) != NULL;
    }
    assert_string_equal(dna_format_double(buf, 0.1 + 0.2), "0.30000000000000004");
    assert_true(dna_parse_double("0.30000000000000004", &v) && v == 0.1 + 0.2);
    assert_false(dna_parse_double("0,5", &v));
    setlocale(LC_NUMERIC, "C");
    if (!is_set) {
        print_message("no locale with a decimal comma is installed\n");
        skip();
    }
}

static void
test_integers_are_read_whole_or_not(void **state)
{
    (void)state;
    int64_t v = 5;
    assert_true(dna_parse_int("0", &v) && v == 0);
    assert_true(dna_parse_int("-12", &v) && v == -12);
    assert_true(dna_parse_int("+007", &v) && v == 7);
    assert_true(dna_parse_int("9223372036854775807", &v) && v == INT64_MAX);
    assert_true(dna_parse_int("-9223372036854775808", &v) && v == INT64_MIN);
    v = 5;
    static const char *const bad[] = {"", "-", "+", " 1", "1 ", "1.0", "1e3", "0x1",
        "--1", "9223372036854775808", "-9223372036854775809", "99999999999999999999"};
    for (int64_t i = 0; i < DNA_COUNT(bad); i++) {
        if (dna_parse_int(bad[i], &v)) {
            fail_msg("\"%s\" was read as %lld", bad[i], (long long)v);
        }
    }
    assert_int_equal(v, 5);
}

static void
test_doubles_are_read_whole_or_not(void **state)
{
    (void)state;
    double v = 5;
    assert_true(dna_parse_double("1e-8", &v) && v == 1e-8);
    assert_true(dna_parse_double(".5", &v) && v == 0.5);
    assert_true(dna_parse_double("5.", &v) && v == 5);
    assert_true(dna_parse_double("-1.5E+3", &v) && v == -1500);
    assert_true(dna_parse_double("0.1", &v) && v == 0.1);
    assert_true(dna_parse_double("1e999", &v) && isinf(v));
    assert_true(dna_parse_double("-1e999", &v) && isinf(v) && v < 0);
    assert_true(dna_parse_double("1e-999", &v) && v == 0);
    assert_true(dna_parse_double("1e99999999999999999999", &v) && isinf(v));
    assert_true(dna_parse_double("nan", &v) && isnan(v));
    assert_true(dna_parse_double("-Inf", &v) && isinf(v) && v < 0);
    assert_true(dna_parse_double("Infinity", &v) && isinf(v));
    assert_true(dna_parse_double("123456789012345678901234567890", &v)
                && v == 123456789012345678901234567890.0);
    assert_true(dna_parse_double("-0.0", &v) && v == 0 && signbit(v));
    static const char *const bad[] = {"", ".", "-", "e5", "1e", "1e+", "1 ", " 1",
        "0x10", "1.2.3", "1,5", "1_000", "nanx", "infin", "nan(1)", "1e5.0", "+-1"};
    for (int64_t i = 0; i < DNA_COUNT(bad); i++) {
        if (dna_parse_double(bad[i], &v)) {
            fail_msg("\"%s\" was read as %g", bad[i], v);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_are_written_as_python_writes_them),
        cmocka_unit_test(test_text_reads_back_as_the_same_double),
        cmocka_unit_test(test_locale_does_not_matter),
        cmocka_unit_test(test_integers_are_read_whole_or_not),
        cmocka_unit_test(test_doubles_are_read_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

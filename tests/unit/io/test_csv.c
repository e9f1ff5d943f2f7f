/* test_csv.c - tables of text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "io/csv.h"

static dna_csv csv;

static int
end(void **state)
{
    (void)state;
    dna_csv_clear(&csv);
    return 0;
}

static int
parse(const char *text, char separator)
{
    dna_csv_clear(&csv);
    return dna_csv_parse(&csv, text, strlen(text), "t.csv", separator);
}

static void
assert_cell(int64_t row, int64_t column, const char *text)
{
    assert_true(row < csv.n_row && column < csv.n_column);
    assert_string_equal(dna_csv_cell(&csv, row, column), text);
}

static void
test_separator_is_found_from_the_header(void **state)
{
    (void)state;
    static const char *const texts[] = {"a,b,c\n1,2,3\n", "a;b;c\n1;2;3\n",
        "a\tb\tc\n1\t2\t3\n", "a|b|c\n1|2|3\n", "a b  c\n1   2 3\n",
        " a b c \n 1 2 3 \n", "\357\273\277a,b,c\r\n1,2,3\r\n", "a, b, c\n1, 2 ,\t3",
        "\"a\",\"b\",\"c\"\n\"1\",\"2\",\"3\"\n",
        "\"a\" \"b\" \"c\"\n\"1\"  2 \"3\" \n", "\n\na,b,c\n\n1,2,3\n  \n\n",
        "a;b;\"c\"\n1;2;3"};
    for (int64_t i = 0; i < DNA_COUNT(texts); i++) {
        assert_ok(parse(texts[i], 0));
        if (csv.n_column != 3 || csv.n_row != 1) {
            fail_msg("%s: %lld columns, %lld rows", texts[i], (long long)csv.n_column,
                (long long)csv.n_row);
        }
        assert_string_equal(csv.names[0], "a");
        assert_int_equal(dna_csv_column(&csv, "b"), 1);
        assert_int_equal(dna_csv_column(&csv, "c"), 2);
        assert_int_equal(dna_csv_column(&csv, "d"), -1);
        assert_cell(0, 0, "1");
        assert_cell(0, 1, "2");
        assert_cell(0, 2, "3");
    }
    assert_ok(parse("a,b;c\n1,2;3\n", ';'));
    assert_int_equal(csv.n_column, 2);
    assert_cell(0, 0, "1,2");
}

static void
test_quotes_follow_rfc_4180(void **state)
{
    (void)state;
    assert_ok(
        parse("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\" kept \"\n,\"\"\n"
              "last,1\n",
            0));
    assert_int_equal(csv.n_row, 4);
    assert_cell(0, 0, "x,y");
    assert_cell(0, 1, "say \"hi\"");
    assert_cell(1, 0, "two\nlines");
    assert_cell(1, 1, " kept ");
    assert_cell(2, 0, "");
    assert_cell(2, 1, "");
    assert_int_equal(csv.lines[0], 2);
    assert_int_equal(csv.lines[1], 3);
    assert_int_equal(csv.lines[2], 5);
    assert_int_equal(csv.lines[3], 6);
}

static void
test_one_column_and_no_row(void **state)
{
    (void)state;
    assert_ok(parse("a\n1\n\n2", 0));
    assert_int_equal(csv.n_column, 1);
    assert_int_equal(csv.n_row, 2);
    assert_ok(parse("a,b", 0));
    assert_int_equal(csv.n_row, 0);
    assert_ok(parse(",a,\n0,1,2\n", 0)); /* columns without a name are harmless */
    assert_int_equal(csv.n_column, 3);
    assert_cell(0, 1, "1");
}

static void
test_mistakes_name_their_line(void **state)
{
    (void)state;
    assert_fails(parse("a,b\n1,2\n1,2,3\n", 0), DNA_EFORMAT,
        "t.csv:3: 3 cells, the header has 2");
    assert_fails(parse("a,b\n\n1\n", 0), DNA_EFORMAT, "t.csv:3: 1 cells");
    assert_fails(
        parse("a,b\n1,\"2\n", 0), DNA_EFORMAT, "t.csv:2: a quote that is never closed");
    assert_fails(parse("a,b\n1,\"2\"x\n", 0), DNA_EFORMAT,
        "t.csv:2: text after a closing quote");
    assert_fails(parse("a,b,a\n", 0), DNA_EFORMAT, "two columns are named \"a\"");
    assert_fails(parse("", 0), DNA_EFORMAT, "t.csv: is empty");
    assert_fails(parse("\n \n", 0), DNA_EFORMAT, "is empty");
    assert_fails(
        dna_csv_parse(&csv, "a\0b", 3, "t.csv", 0), DNA_EFORMAT, "a zero byte");
    assert_fails(
        dna_csv_read(&csv, test_path("none.csv"), 0), DNA_ENOTFOUND, "none.csv");
    assert_fails(dna_csv_read(&csv, test_dir(), 0), DNA_EIO, test_dir());
}

static void
test_numbers_and_integers(void **state)
{
    (void)state;
    double v = 0;
    int64_t n = 0;
    assert_ok(parse("x\n1.5e3\n3.0\n-7\nNaN\nNA\nabc\n0x10\n1e20\n\"\"\n", 0));
    assert_ok(dna_csv_number(&csv, 0, 0, &v));
    assert_true(v == 1500);
    assert_ok(dna_csv_integer(&csv, 0, 0, &n));
    assert_int_equal(n, 1500);
    assert_ok(dna_csv_integer(&csv, 1, 0, &n));
    assert_int_equal(n, 3);
    assert_ok(dna_csv_integer(&csv, 2, 0, &n));
    assert_int_equal(n, -7);
    assert_ok(dna_csv_number(&csv, 3, 0, &v));
    assert_true(isnan(v));
    assert_ok(dna_csv_number(&csv, 4, 0, &v));
    assert_true(isnan(v));
    assert_fails(dna_csv_integer(&csv, 4, 0, &n), DNA_EFORMAT,
        "t.csv:6: x: \"NA\" is not an integer");
    assert_fails(dna_csv_number(&csv, 5, 0, &v), DNA_EFORMAT,
        "t.csv:7: x: \"abc\" is not a number");
    assert_fails(
        dna_csv_number(&csv, 6, 0, &v), DNA_EFORMAT, "\"0x10\" is not a number");
    assert_fails(dna_csv_integer(&csv, 7, 0, &n), DNA_EFORMAT, "is not an integer");
    assert_ok(dna_csv_number(&csv, 8, 0, &v));
    assert_true(isnan(v));
}

static void
test_written_cells_read_back(void **state)
{
    (void)state;
    static const char *const cells[] = {
        "a", "", "x,y", "say \"hi\"", "two\nlines", " padded ", "caf\xc3\xa9", "1.5"};
    dna_str s;
    dna_str_init(&s, 0);
    for (int row = 0; row < 2; row++) {
        for (int64_t i = 0; i < DNA_COUNT(cells); i++) {
            dna_csv_put(&s, cells[i], i == 0);
        }
        dna_str_addc(&s, '\n');
    }
    assert_ok(parse(dna_str_text(&s), ','));
    dna_str_clear(&s);
    assert_int_equal(csv.n_row, 1);
    for (int64_t i = 0; i < DNA_COUNT(cells); i++) {
        assert_string_equal(csv.names[i], cells[i]);
        assert_cell(0, i, cells[i]);
    }
}

static void
test_real_table(void **state)
{
    (void)state;
    const char *path = shared_path("one_event/one_event_params.csv");
    double v = 0;
    if (path == NULL) {
        skip(); /* the data folder is not there */
    }
    assert_ok(dna_csv_read(&csv, path, 0));
    assert_true(csv.n_row > 0);
    assert_true(dna_csv_column(&csv, "scenario_idx") >= 0);
    assert_true(dna_csv_column(&csv, "event_time") >= 0);
    assert_ok(dna_csv_number(&csv, 0, dna_csv_column(&csv, "mutation_rate"), &v));
    assert_near(v, 1e-8, 1e-20);
}

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,\"2\"\n3,4\n";
    for_each_oom(i) {
        dna_csv table;
        int rc = dna_csv_parse(&table, text, strlen(text), "t.csv", 0);
        assert_true(rc == DNA_OK || (rc == DNA_ENOMEM && dna_mem_has_failed()));
        dna_csv_clear(&table);
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
        cmocka_unit_test_teardown(test_separator_is_found_from_the_header, end),
        cmocka_unit_test_teardown(test_quotes_follow_rfc_4180, end),
        cmocka_unit_test_teardown(test_one_column_and_no_row, end),
        cmocka_unit_test_teardown(test_mistakes_name_their_line, end),
        cmocka_unit_test_teardown(test_numbers_and_integers, end),
        cmocka_unit_test_teardown(test_written_cells_read_back, end),
        cmocka_unit_test_teardown(test_real_table, end),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_table.c - a CSV table that grows at its end and never loses what it had.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/path.h"
#include "report/table.h"

static const char *const columns[] = {"path", "n", "x"};

static const char *
read_all(const char *path)
{
    static char text[4096];
    unsigned char *data = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(path, sizeof(text) - 1, &data, &n));
    memcpy(text, data, n);
    text[n] = '\0';
    dna_free(data);
    return text;
}

static void
put_row(dna_table *t, const char *path, int64_t n, double x)
{
    dna_table_text(t, path);
    dna_table_integer(t, n);
    dna_table_number(t, x);
    assert_ok(dna_table_end_row(t));
}

static void
test_header_is_written_once_and_rows_are_appended(void **state)
{
    (void)state;
    const char *path = test_path("append.csv");
    for (int i = 0; i < 2; i++) {
        dna_table *t = NULL;
        assert_ok(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3));
        put_row(t, "a,b", i, i == 0 ? (double)-0.06392800807952881f : 1e-8);
        assert_ok(dna_table_flush(t));
        dna_table_free(t);
    }
    assert_string_equal(
        read_all(path), "path,n,x\n\"a,b\",0,-0.06392800807952881\n\"a,b\",1,1e-08\n");
}

static void
test_rows_that_were_not_flushed_do_not_reach_the_file(void **state)
{
    (void)state;
    const char *path = test_path("lost.csv");
    dna_table *t = NULL;
    assert_ok(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3));
    put_row(t, "a", 1, 0.5);
    assert_ok(dna_table_flush(t));
    put_row(t, "b", 2, 0.5);
    dna_table_text(t, "half a row");
    dna_table_free(t);
    assert_string_equal(read_all(path), "path,n,x\na,1,0.5\n");
}

static void
test_a_file_of_the_original_with_cr_lf_is_continued(void **state)
{
    (void)state;
    const char *path = write_text("crlf.csv", "path,n,x\r\na,1,0.5\r\n");
    dna_table *t = NULL;
    assert_ok(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3));
    put_row(t, "b", 2, 1.0);
    assert_ok(dna_table_flush(t));
    dna_table_free(t);
    assert_string_equal(read_all(path), "path,n,x\r\na,1,0.5\r\nb,2,1.0\n");
}

static void
test_other_files_are_refused_and_left_alone(void **state)
{
    (void)state;
    dna_table *t = NULL;
    const char *path = write_text("other.csv", "path,n,y\n1,2,3\n");
    assert_fails(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3), DNA_EEXISTS,
        "its first line is not the header \"path,n,x\"");
    assert_string_equal(read_all(path), "path,n,y\n1,2,3\n");
    path = write_text("short.csv", "path");
    assert_fails(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3), DNA_EEXISTS,
        "short.csv");
    path = write_text("prefix.csv", "path,n,xy\n");
    assert_fails(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3), DNA_EEXISTS,
        "prefix.csv");
    path = write_text("cut.csv", "path,n,x\na,1");
    assert_fails(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3), DNA_EFORMAT,
        "last line is incomplete");
    assert_fails(dna_table_open_file(&t, test_dir(), DNA_APPEND_ALL, columns, 3),
        DNA_EIO, test_dir());
    assert_fails(dna_table_open_file(
                     &t, test_path("no/such/folder.csv"), DNA_APPEND_ALL, columns, 3),
        DNA_EIO, "No such file");
    assert_null(t);
}

static void
test_a_full_disk_leaves_whole_rows_only(void **state)
{
    (void)state;
    const char *path = test_path("full.csv");
    struct rlimit old, tight;
    dna_table *t = NULL;

    assert_ok(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3));
    put_row(t, "a", 1, 0.5);
    assert_ok(dna_table_flush(t));
    /* a limit on file sizes stands for a full disk */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    put_row(t, "b", 2, 0.5);
    int rc = dna_table_flush(t);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, DNA_EIO);
    assert_non_null(strstr(dna_message(), "full.csv: File too large"));
    dna_table_free(t);
    assert_string_equal(read_all(path), "path,n,x\na,1,0.5\n");
}

static void
test_a_stream_gets_header_and_rows(void **state)
{
    (void)state;
    const char *path = test_path("stream.csv");
    FILE *f = fopen(path, "wb");
    dna_table *t = NULL;
    assert_non_null(f);
    assert_ok(dna_table_open_stream(&t, f, columns, 3));
    put_row(t, "a \"b\"", -1, (double)NAN);
    assert_ok(dna_table_flush(t));
    dna_table_free(t);
    assert_int_equal(fclose(f), 0);
    assert_string_equal(read_all(path), "path,n,x\n\"a \"\"b\"\"\",-1,nan\n");

    FILE *full = fopen("/dev/full", "wb");
    if (full != NULL) {
        assert_ok(dna_table_open_stream(&t, full, columns, 3));
        assert_fails(dna_table_flush(t), DNA_EIO, "output: No space left");
        dna_table_free(t);
        fclose(full);
    }
}

static void
test_a_later_run_goes_on_from_a_length_it_noted(void **state)
{
    (void)state;
    const char *path = test_path("noted.csv");
    dna_table *t = NULL;
    int64_t length = 0;
    assert_ok(dna_table_open_file(&t, path, 0, columns, 3));
    put_row(t, "a", 1, 0.5);
    assert_ok(dna_table_sync(t, &length));
    assert_int_equal(length, strlen("path,n,x\na,1,0.5\n"));
    put_row(t, "b", 2, 0.5);
    assert_ok(dna_table_flush(t));
    dna_table_free(t);

    assert_ok(dna_table_open_file(&t, path, length, columns, 3));
    put_row(t, "c", 3, 0.5);
    assert_ok(dna_table_flush(t));
    dna_table_free(t);
    assert_string_equal(read_all(path), "path,n,x\na,1,0.5\nc,3,0.5\n");
    t = NULL;
    assert_fails(dna_table_open_file(&t, path, 1000, columns, 3), DNA_EFORMAT,
        "noted.csv: has 25 bytes, fewer than the 1000 it had");
    assert_fails(dna_table_open_file(&t, path, length - 1, columns, 3), DNA_EFORMAT,
        "last line is incomplete");
    assert_null(t);
    assert_ok(dna_table_open_file(&t, path, 0, columns, 3));
    assert_ok(dna_table_flush(t));
    dna_table_free(t);
    assert_string_equal(read_all(path), "path,n,x\n");
}

static int
make_table(const char *path)
{
    dna_table *t = NULL;
    int rc = DNA_OK;
    DNA_TRY(dna_table_open_file(&t, path, DNA_APPEND_ALL, columns, 3));
    dna_table_text(t, "a rather long name, so that the line must grow ..........");
    dna_table_integer(t, 1);
    dna_table_number(t, 0.5);
    DNA_TRY(dna_table_end_row(t));
    DNA_TRY(dna_table_flush(t));
out:
    dna_table_free(t);
    return rc;
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    const char *path = test_path("oom.csv");
    for_each_oom(i) {
        int rc = make_table(path);
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_is_written_once_and_rows_are_appended),
        cmocka_unit_test(test_rows_that_were_not_flushed_do_not_reach_the_file),
        cmocka_unit_test(test_a_file_of_the_original_with_cr_lf_is_continued),
        cmocka_unit_test(test_other_files_are_refused_and_left_alone),
        cmocka_unit_test(test_a_full_disk_leaves_whole_rows_only),
        cmocka_unit_test(test_a_later_run_goes_on_from_a_length_it_noted),
        cmocka_unit_test(test_a_stream_gets_header_and_rows),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_append.c - files that grow at their end, from a length on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/append.h"
#include "base/path.h"

static void
assert_content(const char *path, const char *expected)
{
    unsigned char *data = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(path, 1000, &data, &n));
    assert_string_equal((const char *)data, expected);
    dna_free(data);
}

static void
test_a_file_grows_and_is_cut_to_a_noted_length(void **state)
{
    (void)state;
    const char *path = test_path("grown");
    char back[8] = "";
    size_t n = 0;
    dna_append *f = NULL;
    assert_ok(dna_append_open(&f, path, DNA_APPEND_ALL));
    assert_int_equal(dna_append_length(f), 0);
    assert_ok(dna_append_write(f, "abc", 3));
    assert_ok(dna_append_write(f, "", 0));
    assert_ok(dna_append_write(f, "def", 3));
    assert_ok(dna_append_sync(f));
    assert_int_equal(dna_append_length(f), 6);
    assert_string_equal(dna_append_path(f), path);
    assert_ok(dna_append_read(f, 2, back, 7, &n));
    assert_int_equal(n, 4);
    assert_string_equal(back, "cdef");
    dna_append_close(f);
    assert_ok(dna_append_open(&f, path, DNA_APPEND_ALL));
    assert_int_equal(dna_append_length(f), 6);
    dna_append_close(f);
    assert_ok(dna_append_open(&f, path, 4));
    assert_ok(dna_append_write(f, "X", 1));
    dna_append_close(f);
    assert_content(path, "abcdX");
    f = NULL;
    assert_fails(dna_append_open(&f, path, 6), DNA_EFORMAT,
        "grown: has 5 bytes, fewer than the 6 it had");
    assert_content(path, "abcdX"); /* left alone */
    assert_fails(
        dna_append_open(&f, test_path("no/such"), 0), DNA_EIO, "no/such: No such file");
    assert_fails(dna_append_open(&f, test_dir(), 0), DNA_EIO, "Is a directory");
    assert_null(f);
}

static void
test_what_another_program_appended_stays(void **state)
{
    (void)state;
    const char *path = test_path("shared");
    dna_append *a = NULL;
    dna_append *b = NULL;
    assert_ok(dna_append_open(&a, path, 0));
    assert_ok(dna_append_open(&b, path, DNA_APPEND_ALL));
    assert_ok(dna_append_write(a, "a\n", 2));
    assert_ok(dna_append_write(b, "b\n", 2));
    assert_ok(dna_append_write(a, "c\n", 2));
    assert_int_equal(dna_append_length(a), 6);
    dna_append_close(a);
    dna_append_close(b);
    assert_content(path, "a\nb\nc\n");
}

static void
test_a_full_disk_takes_nothing_half(void **state)
{
    (void)state;
    const char *path = test_path("full");
    struct rlimit old, tight;
    dna_append *f = NULL;
    assert_ok(dna_append_open(&f, path, 0));
    assert_ok(dna_append_write(f, "first", 5));
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes stands for a full disk */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 8;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int rc = dna_append_write(f, "second", 6);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, DNA_EIO);
    assert_non_null(strstr(dna_message(), "full: File too large"));
    assert_int_equal(dna_append_length(f), 5);
    assert_content(path, "first");
    assert_ok(dna_append_write(f, "third", 5)); /* there is room again */
    dna_append_close(f);
    assert_content(path, "firstthird");
    if (dna_path_exists("/dev/full")) {
        assert_ok(dna_append_open(&f, "/dev/full", 0));
        assert_fails(dna_append_write(f, "x", 1), DNA_EIO, "No space left");
        dna_append_close(f);
    }
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    const char *path = test_path("oom");
    for_each_oom(i) {
        dna_append *f = NULL;
        int rc = dna_append_open(&f, path, 0);
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        dna_append_close(f);
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_grows_and_is_cut_to_a_noted_length),
        cmocka_unit_test(test_what_another_program_appended_stays),
        cmocka_unit_test(test_a_full_disk_takes_nothing_half),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

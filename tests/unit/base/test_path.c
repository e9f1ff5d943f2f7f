/* test_path.c - names, folders, whole reads, atomic writes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

static void
check(char *got, const char *expected)
{
    assert_non_null(got);
    assert_string_equal(got, expected);
    dna_free(got);
}

static void
test_names_are_joined_and_split(void **state)
{
    (void)state;
    check(dna_path_join("a", "b"), "a/b");
    check(dna_path_join("a/", "b"), "a/b");
    check(dna_path_join("a", "/b"), "/b");
    check(dna_path_join("", "b"), "b");
    check(dna_path_join("a", ""), "a");
    check(dna_path_join("/", "b"), "/b");
    check(dna_path_dirname("a/b/c"), "a/b");
    check(dna_path_dirname("a/b/"), "a");
    check(dna_path_dirname("a"), ".");
    check(dna_path_dirname("/a"), "/");
    check(dna_path_dirname("/"), "/");
    check(dna_path_dirname("a//b"), "a");
    assert_string_equal(dna_path_basename("a/b.npz"), "b.npz");
    assert_string_equal(dna_path_basename("b.npz"), "b.npz");
    assert_string_equal(dna_path_basename("a/"), "");
}

static void
test_absolute_names_have_no_dots(void **state)
{
    (void)state;
    check(dna_path_absolute("/a/./b//c/../d"), "/a/b/d");
    check(dna_path_absolute("/../.."), "/");
    check(dna_path_absolute("/"), "/");
    check(dna_path_absolute("/a/...x"), "/a/...x");
    char *here = dna_path_absolute(".");
    char *file = dna_path_absolute("x.yml");
    check(dna_path_join(here, "x.yml"), file);
    dna_free(here);
    dna_free(file);
}

static void
test_relative_names(void **state)
{
    (void)state;
    check(dna_path_relative("/a/b/c", "/a"), "b/c");
    check(dna_path_relative("/a/b", "/a/b"), ".");
    check(dna_path_relative("/a", "/a/b/c"), "../..");
    check(dna_path_relative("/a/x", "/a/b"), "../x");
    check(dna_path_relative("/abc", "/ab"), "../abc");
    check(dna_path_relative("/a", "/"), "a");
    check(dna_path_relative("/", "/a"), "..");
    check(dna_path_relative("a", "a/.."), "a");
}

static void
test_folders_are_made_with_parents(void **state)
{
    (void)state;
    const char *deep = test_path("one/two//three/");
    assert_ok(dna_path_make_dirs(deep));
    assert_ok(dna_path_make_dirs(deep));
    assert_true(dna_path_is_dir(test_path("one/two/three")));
    assert_true(dna_path_exists(deep));
    write_text("plain", "x");
    assert_false(dna_path_is_dir(test_path("plain")));
    assert_fails(dna_path_make_dirs(test_path("plain")), DNA_EEXISTS,
        "plain: is a file, not a folder");
    assert_int_equal(dna_path_make_dirs(test_path("plain/sub")), DNA_EEXISTS);
    assert_fails(dna_path_make_dirs("/proc/nope"), DNA_ENOTFOUND, "/proc/nope: ");
}

static void
test_folders_are_listed_in_order(void **state)
{
    (void)state;
    char **names = NULL;
    int64_t n = 0;
    assert_ok(dna_path_make_dirs(test_path("list/sub")));
    write_text("list/b", "");
    write_text("list/.hidden", "");
    write_text("list/a", "");
    assert_ok(dna_path_list(test_path("list"), &names, &n));
    assert_int_equal(n, 4);
    assert_string_equal(names[0], ".hidden");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "b");
    assert_string_equal(names[3], "sub");
    dna_path_list_free(names, n);
    assert_ok(dna_path_list(test_path("list/sub"), &names, &n));
    assert_int_equal(n, 0);
    dna_path_list_free(names, n);
    assert_fails(dna_path_list(test_path("nowhere"), &names, &n), DNA_ENOTFOUND,
        "nowhere: No such file");
    for_each_oom(i) {
        names = NULL;
        n = 0;
        int rc = dna_path_list(test_path("list"), &names, &n);
        dna_path_list_free(names, n);
        if (oom_done()) {
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
}

static void
test_files_are_read_whole(void **state)
{
    (void)state;
    unsigned char *data = NULL;
    size_t n = 0;
    int64_t size = 0;
    const char *path = write_text("whole.txt", "theta\n");
    assert_ok(dna_file_read(path, 6, &data, &n));
    assert_int_equal(n, 6);
    assert_string_equal((char *)data, "theta\n");
    dna_free(data);
    assert_ok(dna_path_size(path, &size));
    assert_int_equal(size, 6);
    assert_ok(dna_file_read(write_text("empty.txt", ""), 6, &data, &n));
    assert_int_equal(n, 0);
    dna_free(data);
    assert_ok(
        dna_file_read("/proc/self/status", 1 << 20, &data, &n)); /* its size is 0 */
    assert_true(n > 100);
    dna_free(data);
}

static void
test_files_that_cannot_be_read(void **state)
{
    (void)state;
    unsigned char *data = NULL;
    size_t n = 0;
    int64_t size = 0;
    const char *path = write_text("whole.txt", "theta\n");
    assert_fails(dna_file_read(path, 5, &data, &n), DNA_EFORMAT,
        "whole.txt: 6 bytes, more than the 5 allowed");
    assert_fails(
        dna_file_read("/dev/zero", 10000, &data, &n), DNA_EFORMAT, "more than");
    assert_fails(dna_file_read(test_dir(), 99, &data, &n), DNA_EIO, "is a folder");
    assert_fails(dna_file_read(test_path("none"), 99, &data, &n), DNA_ENOTFOUND,
        "none: No such file");
    assert_fails(
        dna_path_size(test_path("none"), &size), DNA_ENOTFOUND, "none: No such");
    assert_fails(dna_path_size(test_dir(), &size), DNA_EIO, "is a folder");
    dna_mem_fail_at(1);
    assert_int_equal(dna_file_read(path, 99, &data, &n), DNA_ENOMEM);
    dna_mem_fail_at(0);
    assert_null(data);
    assert_fails(dna_path_fail("x", EACCES), DNA_EIO, "x: Permission denied");
    assert_int_equal(dna_path_fail("x", ENOMEM), DNA_ENOMEM);
    assert_int_equal(dna_path_fail("x", EEXIST), DNA_EEXISTS);
}

static void
check_content(const char *path, const char *expected)
{
    unsigned char *data = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(path, 1 << 20, &data, &n));
    assert_string_equal((char *)data, expected);
    dna_free(data);
}

static int64_t
count_files(const char *dir)
{
    char **names = NULL;
    int64_t n = 0;
    assert_ok(dna_path_list(dir, &names, &n));
    dna_path_list_free(names, n);
    return n;
}

static void
test_files_appear_at_the_commit(void **state)
{
    (void)state;
    dna_atomic *file = NULL;
    assert_ok(dna_path_make_dirs(test_path("atomic")));
    const char *path = test_path("atomic/out.csv");
    assert_ok(dna_atomic_open(&file, path));
    fprintf(dna_atomic_stream(file), "%d,%d\n", 1, 2);
    assert_false(dna_path_exists(path));
    assert_true(dna_path_exists(dna_atomic_temp_path(file)));
    assert_non_null(strstr(dna_atomic_temp_path(file), "/atomic/.out.csv.tmp-"));
    assert_ok(dna_atomic_commit(&file));
    assert_null(file);
    dna_atomic_abort(file);
    check_content(path, "1,2\n");
    assert_int_equal(count_files(test_path("atomic")), 1);
}

static void
test_an_abort_leaves_the_old_file(void **state)
{
    (void)state;
    dna_atomic *file = NULL;
    assert_ok(dna_path_make_dirs(test_path("abort")));
    const char *path = write_text("abort/a", "old");
    assert_int_equal(chmod(path, 0640), 0);
    assert_ok(dna_atomic_open(&file, path));
    fputs("new", dna_atomic_stream(file));
    dna_atomic_abort(file);
    check_content(path, "old");
    assert_int_equal(count_files(test_path("abort")), 1);
    assert_ok(dna_atomic_write(path, "newer", 5));
    check_content(path, "newer");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640); /* the rights stay */
}

static void
test_links_are_followed(void **state)
{
    (void)state;
    assert_ok(dna_path_make_dirs(test_path("link/real")));
    const char *real = write_text("link/real/file", "old");
    const char *link = test_path("link/name");
    assert_int_equal(symlink("real/file", link), 0);
    assert_ok(dna_atomic_write(link, "new", 3));
    check_content(real, "new");
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void
test_two_writers_of_one_name_do_not_mix(void **state)
{
    (void)state;
    dna_atomic *a = NULL;
    dna_atomic *b = NULL;
    assert_ok(dna_path_make_dirs(test_path("two")));
    const char *path = test_path("two/file");
    assert_ok(dna_atomic_open(&a, path));
    assert_ok(dna_atomic_open(&b, path));
    fputs("aaaa", dna_atomic_stream(a));
    fputs("bb", dna_atomic_stream(b));
    assert_ok(dna_atomic_commit(&a));
    assert_ok(dna_atomic_commit(&b));
    check_content(path, "bb");
    assert_int_equal(count_files(test_path("two")), 1);
}

static void
test_a_full_disk_is_told(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        print_message("no /dev/full here\n");
        skip();
    }
    assert_fails(dna_atomic_write("/dev/full", "x", 1), DNA_EIO,
        "/dev/full: No space left on device");
    static char large[1 << 17]; /* beyond the stream's buffer: fwrite fails already */
    assert_fails(dna_atomic_write("/dev/full", large, sizeof(large)), DNA_EIO,
        "/dev/full: No space left on device");
    assert_ok(dna_atomic_write("/dev/null", "x", 1));
}

static void
test_places_that_cannot_be_written(void **state)
{
    (void)state;
    assert_fails(dna_atomic_write(test_dir(), "x", 1), DNA_EIO, "is a folder");
    assert_fails(dna_atomic_write(test_path("no/dir/x"), "x", 1), DNA_ENOTFOUND,
        "no/dir/x: No such file");
    assert_fails(dna_atomic_write("", "x", 1), DNA_EARG, "empty file name");
    assert_int_equal(dna_atomic_write("/proc/x", "x", 1), DNA_ENOTFOUND);
    if (geteuid() != 0) { /* root may write anywhere */
        assert_ok(dna_path_make_dirs(test_path("locked")));
        const char *path = write_text("locked/f", "old");
        assert_int_equal(chmod(path, 0400), 0);
        assert_fails(dna_atomic_write(path, "x", 1), DNA_EIO, "f: Permission denied");
        assert_int_equal(chmod(test_path("locked"), 0500), 0);
        assert_fails(dna_atomic_write(test_path("locked/g"), "x", 1), DNA_EIO,
            "g: Permission denied");
        assert_int_equal(chmod(test_path("locked"), 0700), 0);
    }
}

static void
test_a_rename_that_fails_removes_the_temporary_file(void **state)
{
    (void)state;
    dna_atomic *file = NULL;
    assert_ok(dna_path_make_dirs(test_path("rename")));
    const char *path = test_path("rename/x");
    assert_ok(dna_atomic_open(&file, path));
    assert_ok(dna_path_make_dirs(path)); /* a folder took the name meanwhile */
    assert_fails(dna_atomic_commit(&file), DNA_EIO, "rename/x: ");
    assert_null(file);
    assert_int_equal(count_files(test_path("rename")), 1);
}

static void
test_lack_of_memory_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_ok(dna_path_make_dirs(test_path("oom")));
    for_each_oom(i) {
        int rc = dna_atomic_write(test_path("oom/f"), "x", 1);
        bool is_done = oom_done();
        if (is_done) {
            assert_ok(rc);
            break;
        }
        /* only the last step, the sync of the folder, may do without memory */
        assert_true(rc == DNA_ENOMEM || dna_path_exists(test_path("oom/f")));
    }
    assert_int_equal(count_files(test_path("oom")), 1);
    for_each_oom(i) {
        char *p = dna_path_relative("a/b", "c");
        dna_free(p);
        if (oom_done()) {
            break;
        }
        assert_null(p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_joined_and_split),
        cmocka_unit_test(test_absolute_names_have_no_dots),
        cmocka_unit_test(test_relative_names),
        cmocka_unit_test(test_folders_are_made_with_parents),
        cmocka_unit_test(test_folders_are_listed_in_order),
        cmocka_unit_test(test_files_are_read_whole),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_files_appear_at_the_commit),
        cmocka_unit_test(test_an_abort_leaves_the_old_file),
        cmocka_unit_test(test_links_are_followed),
        cmocka_unit_test(test_two_writers_of_one_name_do_not_mix),
        cmocka_unit_test(test_a_full_disk_is_told),
        cmocka_unit_test(test_places_that_cannot_be_written),
        cmocka_unit_test(test_a_rename_that_fails_removes_the_temporary_file),
        cmocka_unit_test(test_lack_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

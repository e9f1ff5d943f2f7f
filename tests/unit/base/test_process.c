/* test_process.c - programs that end well, badly, late or never.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "base/pool.h"
#include "support/support.h"

static dna_process_result r;

/* A script of the shell, with what it may do. */
static int
run_with(const char *script, dna_process_options o)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};

    dna_process_clear(&r);
    o.argv = argv;
    int rc = dna_process_run(&r, &o);
    int status = 0;
    assert_int_equal(waitpid(-1, &status, WNOHANG), -1); /* nobody is left to reap */
    assert_int_equal(errno, ECHILD);
    return rc;
}

static int
run(const char *script)
{
    return run_with(script, (dna_process_options){0});
}

static void
test_output_and_exit_code_are_told(void **state)
{
    (void)state;
    assert_ok(run("echo one; echo two >&2; exit 3"));
    assert_string_equal(r.out, "one\n");
    assert_int_equal(r.n_out, 4);
    assert_string_equal(r.err, "two\n");
    assert_false(r.is_err_cut);
    assert_int_equal(r.exit_code, 3);
    assert_int_equal(r.signal, 0);
    assert_ok(run("true"));
    assert_int_equal(r.n_out, 0);
    assert_int_equal(r.exit_code, 0);
    assert_ok(run("kill -9 $$"));
    assert_int_equal(r.signal, SIGKILL);
}

static void
test_there_is_nothing_to_read(void **state)
{
    (void)state;
    assert_ok(run("cat; echo end"));
    assert_string_equal(r.out, "end\n");
}

static void
test_the_environment_is_handed_on(void **state)
{
    (void)state;
    setenv("DNADNA_TEST_WORD", "a b", 1);
    assert_ok(run("printf %s \"$DNADNA_TEST_WORD\""));
    assert_string_equal(r.out, "a b");
}

/* What is open in a child of the system's own popen(): that was here before the test. */
static void
list_open(char *text, size_t size)
{
    FILE *f = popen("ls /proc/self/fd 2>&1", "r");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    pclose(f);
}

static void
test_no_file_is_inherited_that_shall_not_be(void **state)
{
    (void)state;
    char wanted[4096];
    list_open(wanted, sizeof(wanted));
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd > 2);
    assert_ok(run("ls /proc/self/fd 2>&1"));
    assert_string_equal(r.out, wanted);
    close(fd);
}

static void
test_large_output_is_whole(void **state)
{
    (void)state;
    assert_ok(run("yes 0123456789abcde | head -c 3000000; yes e | head -c 300000 >&2"));
    assert_int_equal(r.n_out, 3000000);
    for (size_t i = 0; i < r.n_out; i++) {
        assert_int_equal(r.out[i], "0123456789abcde\n"[i % 16]);
    }
    assert_int_equal(r.n_err, DNA_PROCESS_ERR);
    assert_true(r.is_err_cut);
    assert_ok(run("printf 'a\\000b' >&2"));
    assert_string_equal(r.err, "a b");
}

static void
test_too_much_output_stops_it(void **state)
{
    (void)state;
    dna_process_options o = {.max_output = 1000};
    assert_fails(run_with("yes", o), DNA_EIO, "/bin/sh: wrote more than 1000 bytes");
    assert_ok(run_with("yes | head -c 1000", o));
    assert_int_equal(r.n_out, 1000);
}

static void
test_a_program_that_does_not_end_is_stopped(void **state)
{
    (void)state;
    dna_process_options o = {.timeout = 0.1};
    assert_fails(run_with("echo word >&2; sleep 1000", o), DNA_EIO,
        "did not end within 0.1 seconds and was stopped");
    assert_string_equal(r.err, "word\n");
    assert_int_equal(r.signal, SIGTERM);
    assert_fails(run_with("exec >&- 2>&-; sleep 1000", o), DNA_EIO, "did not end");
    assert_fails(run_with("yes >&2", o), DNA_EIO, "did not end");
}

static void
test_a_program_that_ignores_it_is_killed(void **state)
{
    (void)state;
    dna_process_options o = {.timeout = 0.1};
    assert_fails(run_with("trap '' TERM; while :; do sleep 0.01; done", o), DNA_EIO,
        "did not end");
    assert_int_equal(r.signal, SIGKILL);
}

/* What a script has started ends with it: it would hold the pipe, and write the file. */
static void
test_what_it_started_ends_with_it(void **state)
{
    (void)state;
    char script[512];
    const char *path = test_path("late");

    snprintf(script, sizeof(script), "(sleep 1; echo late > %s) & echo done", path);
    assert_ok(run(script));
    assert_string_equal(r.out, "done\n");
    dna_process_options o = {.timeout = 0.1};
    snprintf(script, sizeof(script), "(sleep 1; echo late > %s) & sleep 1000", path);
    assert_fails(run_with(script, o), DNA_EIO, "did not end");
    sleep(2);
    assert_false(dna_path_exists(path));
}

static int n_check;

static int
cancel_the_third_time(void *payload)
{
    assert_ptr_equal(payload, &n_check);
    return ++n_check < 3 ? DNA_OK : dna_fail(DNA_ECANCEL, "stopped on request");
}

static void
test_a_check_can_stop_it(void **state)
{
    (void)state;
    dna_process_options o = {.check = cancel_the_third_time, .payload = &n_check};
    n_check = 0;
    assert_fails(run_with("sleep 1000", o), DNA_ECANCEL, "stopped on request");
    assert_int_equal(n_check, 3);
}

static void
test_what_cannot_be_run_is_told(void **state)
{
    (void)state;
    const char *none[] = {"no-such-program-here", "x", NULL};
    const char *text[] = {write_text("not_a_program", "x"), NULL};
    dna_process_options o = {.argv = none};

    dna_process_clear(&r);
    assert_fails(dna_process_run(&r, &o), DNA_ENOTFOUND,
        "no-such-program-here: there is no such program");
    o.argv = text;
    assert_fails(dna_process_run(&r, &o), DNA_EIO, "not_a_program: ");
}

static int
echo_task(void *payload, int64_t task, int worker)
{
    (void)worker;
    char script[64], want[32];
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    dna_process_result mine = {0};
    dna_process_options o = {.argv = argv};
    int *n_good = payload;

    snprintf(script, sizeof(script), "echo %lld; exit %lld", (long long)task,
        (long long)task % 7);
    snprintf(want, sizeof(want), "%lld\n", (long long)task);
    int rc = dna_process_run(&mine, &o);
    n_good[task] =
        rc == DNA_OK && strcmp(mine.out, want) == 0 && mine.exit_code == task % 7;
    dna_process_clear(&mine);
    return rc;
}

static void
test_threads_run_programs_at_once(void **state)
{
    (void)state;
    enum { N = 60 };
    int n_good[N] = {0};
    dna_pool *pool = NULL;

    assert_ok(dna_pool_new(&pool, 6));
    assert_ok(dna_pool_run(pool, N, echo_task, n_good));
    dna_pool_free(pool);
    for (int i = 0; i < N; i++) {
        assert_true(n_good[i]);
    }
}

static void
test_closed_standard_streams_do_no_harm(void **state)
{
    (void)state;
    int in = dup(0);
    assert_true(in > 2);
    close(0);
    int rc = run("echo one; cat");
    assert_int_equal(dup2(in, 0), 0);
    close(in);
    assert_ok(rc);
    assert_string_equal(r.out, "one\n");
}

static void
test_memory_that_runs_out(void **state)
{
    (void)state;
    for_each_oom(i) {
        int rc = run("yes | head -c 100000");
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
    assert_int_equal(r.n_out, 100000);
}

static void
test_temporary_folders_are_new_and_go_whole(void **state)
{
    (void)state;
    char *a = NULL, *b = NULL, *out = NULL;

    assert_ok(dna_temp_dir_new(&a, test_dir()));
    assert_ok(dna_temp_dir_new(&b, test_dir()));
    assert_string_not_equal(a, b);
    assert_true(dna_path_is_dir(a));
    char *sub = dna_path_join(a, "x/y"), *file = dna_path_join(a, "x/y/z");
    char *link = dna_path_join(a, "link");
    const char *kept = write_text("kept", "x");
    assert_ok(dna_path_make_dirs(sub));
    assert_ok(dna_atomic_write(file, "x", 1));
    assert_int_equal(symlink(test_dir(), link), 0);
    dna_temp_dir_remove(a);
    dna_temp_dir_remove(b);
    dna_temp_dir_remove(NULL);
    assert_false(dna_path_exists(a));
    assert_false(dna_path_exists(b));
    assert_true(dna_path_exists(kept)); /* what the link led to */
    assert_fails(dna_temp_dir_new(&out, test_path("no")), DNA_ENOTFOUND, "no");
    dna_free(a);
    dna_free(b);
    dna_free(sub);
    dna_free(file);
    dna_free(link);
}

static int
clear(void **state)
{
    (void)state;
    dna_process_clear(&r);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_exit_code_are_told),
        cmocka_unit_test(test_there_is_nothing_to_read),
        cmocka_unit_test(test_the_environment_is_handed_on),
        cmocka_unit_test(test_no_file_is_inherited_that_shall_not_be),
        cmocka_unit_test(test_large_output_is_whole),
        cmocka_unit_test(test_too_much_output_stops_it),
        cmocka_unit_test(test_a_program_that_does_not_end_is_stopped),
        cmocka_unit_test(test_a_program_that_ignores_it_is_killed),
        cmocka_unit_test(test_what_it_started_ends_with_it),
        cmocka_unit_test(test_a_check_can_stop_it),
        cmocka_unit_test(test_what_cannot_be_run_is_told),
        cmocka_unit_test(test_threads_run_programs_at_once),
        cmocka_unit_test(test_closed_standard_streams_do_no_harm),
        cmocka_unit_test(test_memory_that_runs_out),
        cmocka_unit_test(test_temporary_folders_are_new_and_go_whole),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}

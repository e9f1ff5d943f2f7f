/* test_log.c - lines for people.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "dnadna/log.h"

static char *
read_text(const char *path)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(path, 1 << 20, &bytes, &n));
    return (char *)bytes;
}

/* "2026-11-22 17:44:46" */
static void
check_time(const char *line)
{
    const char *form = "dddd-dd-dd dd:dd:dd";
    for (int i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd') {
            assert_true(line[i] >= '0' && line[i] <= '9');
        } else {
            assert_int_equal(line[i], form[i]);
        }
    }
}

static void
test_lines_have_the_original_form(void **state)
{
    (void)state;
    const char *path = test_path("a.log");
    dna_log *log = NULL;
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_file(log, path));
    dna_log_info(log, "%d samples", 3);
    dna_log_debug(log, "not shown");
    dna_log_warning(log, "odd");
    dna_log_write(log, DNA_LOG_CRITICAL, "stop");
    dna_log_free(log);
    char *text = read_text(path);
    check_time(text);
    assert_memory_equal(text + 19, ";     INFO;  3 samples\n", 23);
    const char *second = text + 19 + 23;
    assert_string_equal(strchr(second, ';'), strstr(second, ";  WARNING;  odd\n"));
    assert_non_null(strstr(second, "; CRITICAL;  stop\n"));
    assert_null(strstr(text, "not shown"));
    dna_free(text);
    assert_ok(dna_log_new(&log, DNA_LOG_INFO)); /* a second run appends */
    assert_ok(dna_log_add_file(log, path));
    dna_log_info(log, "again");
    dna_log_free(log);
    text = read_text(path);
    assert_non_null(strstr(text, "3 samples"));
    assert_non_null(strstr(text, "again"));
    dna_free(text);
}

static void
test_long_lines_are_whole_and_escapes_are_not_passed(void **state)
{
    (void)state;
    const char *path = test_path("b.log");
    dna_log *log = NULL;
    assert_ok(dna_log_new(&log, DNA_LOG_DEBUG));
    assert_ok(dna_log_add_file(log, path));
    dna_log_debug(log, "%05000d", 1);
    dna_log_error(log, "file %s", "\033[2Jx");
    dna_log_free(log);
    char *text = read_text(path);
    assert_int_equal(strcspn(text, "\n"), 32 + 5000);
    assert_null(strchr(text, '\033'));
    dna_free(text);
}

static void
test_colors_mark_warnings_on_a_terminal(void **state)
{
    (void)state;
    const char *path = test_path("c.log");
    FILE *f = fopen(path, "w");
    dna_log *log = NULL;
    assert_non_null(f);
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_stream(log, f, true));
    dna_log_info(log, "plain");
    dna_log_error(log, "red");
    dna_log_free(log);
    fclose(f);
    char *text = read_text(path);
    check_time(text);
    assert_non_null(strstr(text, "plain\n\033[31m"));
    assert_non_null(strstr(text, "red\033[0m\n"));
    dna_free(text);
}

typedef struct {
    int n;
    dna_log_level level;
    char text[64];
} heard;

static void
hear(void *payload, dna_log_level level, const char *text)
{
    heard *h = payload;
    h->n++;
    h->level = level;
    snprintf(h->text, sizeof(h->text), "%s", text);
}

static void
test_callbacks_hear_text_and_level(void **state)
{
    (void)state;
    heard h = {0};
    dna_log *log = NULL;
    assert_ok(dna_log_new(&log, DNA_LOG_WARNING));
    for (int i = 0; i < 4; i++) {
        assert_ok(dna_log_add_callback(log, hear, &h));
    }
    assert_fails(dna_log_add_callback(log, hear, &h), DNA_EARG, "at most 4 sinks");
    dna_log_info(log, "quiet");
    assert_int_equal(h.n, 0);
    assert_true(dna_log_is_on(log, DNA_LOG_ERROR));
    assert_false(dna_log_is_on(log, DNA_LOG_INFO));
    dna_log_error(log, "loud");
    assert_int_equal(h.n, 4);
    assert_int_equal(h.level, DNA_LOG_ERROR);
    assert_string_equal(h.text, "loud");
    dna_log_free(log);
}

static void
test_null_is_a_silent_log(void **state)
{
    (void)state;
    dna_log_error(NULL, "nobody");
    assert_false(dna_log_is_on(NULL, DNA_LOG_CRITICAL));
    dna_log_free(NULL);
}

static void
test_files_that_cannot_be_opened(void **state)
{
    (void)state;
    dna_log *log = NULL;
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_fails(dna_log_add_file(log, test_path("no/such/dir.log")), DNA_ENOTFOUND,
        "no/such/dir.log: No such file");
    assert_fails(dna_log_add_file(log, test_dir()), DNA_EIO, "directory");
    dna_log_free(log);
}

static void
keep_line(void *payload, dna_log_level level, const char *text)
{
    char *kept = payload;
    size_t n = strlen(kept);
    snprintf(kept + n, 1000 - n, "%d %s\n", (int)level, text);
}

static void
test_a_file_that_fails_is_told_once(void **state)
{
    (void)state;
    char kept[1000] = "";
    dna_log *log = NULL;
    if (access("/dev/full", W_OK) != 0) {
        skip();
    }
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_file(log, "/dev/full"));
    assert_ok(dna_log_add_callback(log, keep_line, kept));
    dna_log_info(log, "one");
    dna_log_info(log, "two");
    dna_log_free(log);
    assert_string_equal(kept,
        "2 /dev/full: No space left on device: this log file lacks lines\n1 one\n1 two\n");
}

static void
test_level_names(void **state)
{
    (void)state;
    assert_int_equal(dna_log_level_from_name("debug"), DNA_LOG_DEBUG);
    assert_int_equal(dna_log_level_from_name("Critical"), DNA_LOG_CRITICAL);
    assert_int_equal(dna_log_level_from_name("verbose"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_have_the_original_form),
        cmocka_unit_test(test_long_lines_are_whole_and_escapes_are_not_passed),
        cmocka_unit_test(test_colors_mark_warnings_on_a_terminal),
        cmocka_unit_test(test_callbacks_hear_text_and_level),
        cmocka_unit_test(test_null_is_a_silent_log),
        cmocka_unit_test(test_files_that_cannot_be_opened),
        cmocka_unit_test(test_a_file_that_fails_is_told_once),
        cmocka_unit_test(test_level_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

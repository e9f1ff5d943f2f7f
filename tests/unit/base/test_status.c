/* test_status.c - messages, codes and threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static void
test_fail_sets_the_message_and_returns_the_code(void **state)
{
    (void)state;
    assert_int_equal(dna_fail(DNA_EARG, "data.yml:%d: %s", 12, "x"), DNA_EARG);
    assert_string_equal(dna_message(), "data.yml:12: x");
    dna_message_clear();
    assert_string_equal(dna_message(), "");
}

static void
test_context_is_put_in_front(void **state)
{
    (void)state;
    (void)dna_fail(DNA_EIO, "disk full");
    dna_context("scenario %d", 3);
    dna_context("a.csv");
    assert_string_equal(dna_message(), "a.csv: scenario 3: disk full");
}

static void
test_old_message_may_be_an_argument(void **state)
{
    (void)state;
    (void)dna_fail(DNA_EIO, "inner");
    (void)dna_fail(DNA_EIO, "outer (%s)", dna_message());
    assert_string_equal(dna_message(), "outer (inner)");
}

static void
test_message_is_one_printable_line(void **state)
{
    (void)state;
    (void)dna_fail(DNA_EARG, "a\nb\tc\033[31md\x7f"
                             "e\xc2\x9b"
                             "f \xc3\xa9");
    assert_string_equal(dna_message(), "a b c [31md e  f \xc3\xa9");
}

static void
test_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[3000];
    for (size_t i = 0; i < sizeof(text) - 2; i += 2) {
        memcpy(text + i, "\xc3\xa9", 2);
    }
    text[sizeof(text) - 2] = '\0';
    (void)dna_fail(DNA_EARG, "x%s", text);
    size_t n = strlen(dna_message());
    assert_true(n < 1024 && n > 1000);
    assert_string_equal(dna_message() + n - 3, "...");
    assert_int_equal(((unsigned char)dna_message()[n - 4]), 0xa9); /* a whole letter */
    for (int i = 0; i < 300; i++) {
        dna_context("%s", "a rather long place");
    }
    assert_true(strlen(dna_message()) < 1024);
    dna_context("%s", text);
    assert_true(strlen(dna_message()) < 1024);
}

static void
test_fail_keeps_errno(void **state)
{
    (void)state;
    errno = ENOSPC;
    (void)dna_fail(DNA_EIO, "x %d", 1);
    assert_int_equal(errno, ENOSPC);
}

static void *
fail_elsewhere(void *payload)
{
    (void)payload;
    (void)dna_fail(DNA_EIO, "of another thread");
    return NULL;
}

static void
test_message_belongs_to_its_thread(void **state)
{
    (void)state;
    pthread_t t;
    (void)dna_fail(DNA_EIO, "mine");
    assert_int_equal(pthread_create(&t, NULL, fail_elsewhere, NULL), 0);
    pthread_join(t, NULL);
    assert_string_equal(dna_message(), "mine");
}

static void
test_codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(dna_status_name(DNA_OK), "OK");
    assert_string_equal(dna_status_name(DNA_ENOMEM), "ENOMEM");
    assert_string_equal(dna_status_name(DNA_ENOTFOUND), "ENOTFOUND");
    assert_string_equal(dna_status_name(DNA_EEXISTS), "EEXISTS");
    assert_string_equal(dna_status_name(-99), "E?");
    assert_string_equal(dna_status_name(1), "E?");
}

static int
try_and_require(int inner, bool cond)
{
    int rc = DNA_OK;
    DNA_TRY(inner);
    DNA_REQUIRE(cond, DNA_ESHAPE, "cond is %d", cond);
    rc = 7;
out:
    return rc;
}

static void
test_macros_jump_to_out(void **state)
{
    (void)state;
    assert_int_equal(try_and_require(DNA_EIO, true), DNA_EIO);
    assert_fails(try_and_require(DNA_OK, false), DNA_ESHAPE, "cond is 0");
    assert_int_equal(try_and_require(DNA_OK, true), 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_sets_the_message_and_returns_the_code),
        cmocka_unit_test(test_context_is_put_in_front),
        cmocka_unit_test(test_old_message_may_be_an_argument),
        cmocka_unit_test(test_message_is_one_printable_line),
        cmocka_unit_test(test_long_message_is_cut_between_characters),
        cmocka_unit_test(test_fail_keeps_errno),
        cmocka_unit_test(test_message_belongs_to_its_thread),
        cmocka_unit_test(test_codes_have_names),
        cmocka_unit_test(test_macros_jump_to_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

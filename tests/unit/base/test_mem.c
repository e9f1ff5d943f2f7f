/* test_mem.c - sizes that cannot overflow, allocations that can be made to fail.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <string.h>

static void
test_sizes_are_checked(void **state)
{
    (void)state;
    size_t n = 0;
    assert_true(dna_mul_size(6, 7, &n));
    assert_int_equal(n, 42);
    assert_true(dna_mul_size(SIZE_MAX, 0, &n) && n == 0);
    assert_true(dna_mul_size(0, SIZE_MAX, &n) && n == 0);
    assert_false(dna_mul_size(SIZE_MAX / 2 + 1, 2, &n));
    assert_true(dna_add_size(SIZE_MAX - 1, 1, &n) && n == SIZE_MAX);
    assert_false(dna_add_size(SIZE_MAX, 1, &n));
}

static void
test_impossible_sizes_fail_with_a_message(void **state)
{
    (void)state;
    assert_null(dna_calloc(SIZE_MAX / 2, 16));
    assert_non_null(strstr(dna_message(), "out of memory"));
    dna_message_clear();
    assert_null(dna_malloc(SIZE_MAX));
    assert_non_null(strstr(dna_message(), "out of memory"));
    assert_null(dna_alloc_aligned(SIZE_MAX - 8));
    char *p = dna_malloc(8);
    assert_non_null(p);
    memcpy(p, "kept", 5);
    assert_null(dna_realloc(p, SIZE_MAX / 2, 4));
    assert_string_equal(p, "kept");
    dna_free(p);
}

static void
test_nothing_is_something(void **state)
{
    (void)state;
    void *a = dna_calloc(0, 8);
    void *b = dna_malloc(0);
    void *c = dna_realloc(NULL, 0, 1);
    void *d = dna_alloc_aligned(0);
    assert_true(a != NULL && b != NULL && c != NULL && d != NULL);
    dna_free(a);
    dna_free(b);
    dna_free(c);
    dna_free(d);
    dna_free(NULL);
}

static void
test_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    unsigned char *p = dna_calloc(100, 3);
    assert_non_null(p);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(p[i], 0);
    }
    assert_int_equal((uintptr_t)p % 16, 0);
    void *q = dna_alloc_aligned(100);
    assert_int_equal((uintptr_t)q % 64, 0);
    dna_free(p);
    dna_free(q);
}

static void
test_strings_are_copied(void **state)
{
    (void)state;
    char *a = dna_strdup("theta");
    char *b = dna_strndup("theta", 3);
    char *c = dna_strndup("theta", 99);
    assert_string_equal(a, "theta");
    assert_string_equal(b, "the");
    assert_string_equal(c, "theta");
    dna_free(a);
    dna_free(b);
    dna_free(c);
}

static void
test_hook_fails_the_chosen_allocation_and_all_after(void **state)
{
    (void)state;
    dna_mem_fail_at(2);
    void *a = dna_malloc(4);
    assert_non_null(a);
    assert_false(dna_mem_has_failed());
    assert_null(dna_calloc(1, 4));
    assert_true(dna_mem_has_failed());
    assert_null(dna_alloc_aligned(4));
    assert_null(dna_strdup("x"));
    assert_null(dna_realloc(NULL, 1, 1));
    dna_mem_fail_at(0);
    assert_false(dna_mem_has_failed());
    void *b = dna_malloc(4);
    assert_non_null(b);
    dna_free(a);
    dna_free(b);
}

static int
three_allocations(void)
{
    int rc = DNA_OK;
    int *a = NULL;
    int *b = NULL;
    int *c = NULL;
    DNA_NEW(a, 3);
    DNA_NEW(b, 3);
    DNA_NEW(c, 3);
out:
    dna_free(a);
    dna_free(b);
    dna_free(c);
    return rc;
}

static void
test_for_each_oom_visits_each_allocation_once(void **state)
{
    (void)state;
    int n_failed = 0;
    for_each_oom(i) {
        int rc = three_allocations();
        n_failed += rc == DNA_ENOMEM;
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
    assert_int_equal(n_failed, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_checked),
        cmocka_unit_test(test_impossible_sizes_fail_with_a_message),
        cmocka_unit_test(test_nothing_is_something),
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_strings_are_copied),
        cmocka_unit_test(test_hook_fails_the_chosen_allocation_and_all_after),
        cmocka_unit_test(test_for_each_oom_visits_each_allocation_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

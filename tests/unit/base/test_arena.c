/* test_arena.c - many small pieces with one lifetime.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <string.h>

#include "base/arena.h"

static void
test_pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    dna_arena *a = NULL;
    unsigned char *pieces[500];
    assert_ok(dna_arena_new(&a));
    for (int i = 0; i < 500; i++) {
        size_t n = (size_t)(i * 7 % 300);
        pieces[i] = dna_arena_alloc(a, n, 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(pieces[i][j], 0);
        }
        memset(pieces[i], i % 251 + 1, n);
    }
    for (int i = 0; i < 500; i++) {
        for (size_t j = 0; j < (size_t)(i * 7 % 300); j++) {
            assert_int_equal(pieces[i][j], i % 251 + 1);
        }
    }
    assert_true(dna_arena_used(a) >= 500 * 149);
    dna_arena_free(a);
}

static void
test_large_pieces_do_not_waste_the_block_in_use(void **state)
{
    (void)state;
    dna_arena *a = NULL;
    assert_ok(dna_arena_new(&a));
    char *small = dna_arena_alloc(a, 16, 1);
    char *large = dna_arena_alloc(a, (size_t)3 << 20, 1);
    char *next = dna_arena_alloc(a, 16, 1);
    assert_non_null(large);
    large[((size_t)3 << 20) - 1] = 1;
    assert_ptr_equal(next, small + 16);
    dna_arena_free(a);
}

static void
test_texts(void **state)
{
    (void)state;
    dna_arena *a = NULL;
    assert_ok(dna_arena_new(&a));
    assert_string_equal(dna_arena_strdup(a, "pos"), "pos");
    assert_string_equal(dna_arena_strndup(a, "position", 3), "pos");
    assert_string_equal(dna_arena_strndup(a, "pos", 30), "pos");
    assert_string_equal(dna_arena_printf(a, "%s[%d]", "dim", 2), "dim[2]");
    assert_int_equal(strlen(dna_arena_printf(a, "%0*d", 9999, 1)), 9999);
    dna_arena_free(a);
    dna_arena_free(NULL);
}

static void
test_overflow_and_lack_of_memory_give_null(void **state)
{
    (void)state;
    dna_arena *a = NULL;
    assert_ok(dna_arena_new(&a));
    assert_null(dna_arena_alloc(a, SIZE_MAX / 4, 8));
    assert_non_null(strstr(dna_message(), "out of memory"));
    assert_null(dna_arena_alloc(a, PTRDIFF_MAX, 1));
    dna_arena_free(a);
    for_each_oom(i) {
        a = NULL;
        int rc = dna_arena_new(&a);
        if (rc == DNA_OK && dna_arena_alloc(a, 5000, 1) != NULL) {
            (void)dna_arena_strdup(a, "x");
        }
        dna_arena_free(a);
        if (oom_done()) {
            break;
        }
        assert_string_not_equal(dna_message(), "");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_large_pieces_do_not_waste_the_block_in_use),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_overflow_and_lack_of_memory_give_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

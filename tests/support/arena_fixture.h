/* arena_fixture.h - an arena for each test: cmocka_unit_test_setup_teardown(t, begin, end).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_ARENA_FIXTURE_H
#define DNA_TESTS_ARENA_FIXTURE_H

#include "base/arena.h"
#include "support/support.h"

static dna_arena *arena;

static int
begin(void **state)
{
    (void)state;
    return dna_arena_new(&arena);
}

static int
end(void **state)
{
    (void)state;
    dna_arena_free(arena);
    arena = NULL;
    return 0;
}

#endif

/* test_sample_ms.c - samples from ms text.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "popgen/sample_ms.h"
#include "popgen/sample_ops.h"
#include "support/support.h"

static int
first(dna_sample **out, const char *text, int64_t chromosome_size)
{
    dna_ms *ms = NULL;
    assert_ok(dna_ms_open_memory(&ms, text, strlen(text), "t.ms"));
    int rc = dna_sample_next_ms(out, ms, chromosome_size);
    dna_ms_close(ms);
    return rc;
}

static void
test_a_replicate_is_a_sample(void **state)
{
    (void)state;
    static const char text[] = "ms 2 2\n\n//\nsegsites: 3\npositions: 0.25 0.25 1\n"
                               "010\n101\n\n//\nsegsites: 0\n";
    dna_ms *ms = NULL;
    dna_sample *s = NULL;

    assert_ok(dna_ms_open_memory(&ms, text, strlen(text), "t.ms"));
    assert_int_equal(dna_sample_next_ms(&s, ms, 1000), 1);
    assert_int_equal(s->n_hap, 2);
    assert_int_equal(s->n_site, 3);
    assert_true(s->has_pos && s->format.normalized == 1 && s->format.distance == 0);
    const dna_position_format bp = {.normalized = 0};
    assert_ok(dna_sample_reformat(s, &bp));
    assert_true(dna_array_get(&s->pos, 0) == 250 && dna_array_get(&s->pos, 1) == 250
                && dna_array_get(&s->pos, 2) == 1000);
    dna_sample_free(s);
    assert_int_equal(dna_sample_next_ms(&s, ms, 1000), 1);
    assert_int_equal(s->n_hap, 2);
    assert_int_equal(s->n_site, 0);
    dna_sample_free(s);
    assert_int_equal(dna_sample_next_ms(&s, ms, 1000), 0);
    dna_ms_close(ms);
}

static void
test_positions_that_cannot_be_are_refused(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    assert_fails(first(&s, "//\nsegsites: 2\npositions: 0.5 1.5\n01\n", 0), DNA_EFORMAT,
        "t.ms:1: position 1.5 of site 1 is not between 0 and 1");
    assert_fails(first(&s, "\n//\nsegsites: 1\npositions: -0.5\n0\n", 0), DNA_EFORMAT,
        "t.ms:2: position -0.5 of site 0 is not between");
    assert_fails(first(&s, "//\nsegsites: 2\npositions: 0.5 0.25\n01\n", 0),
        DNA_EFORMAT, "t.ms:1: position 0.25 of site 1 comes after 0.5");
    assert_fails(first(&s, "//\nsegsites: 2\npositions: 0.5\n01\n", 0), DNA_EFORMAT,
        "t.ms:3: there is 1 position");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_replicate_is_a_sample),
        cmocka_unit_test(test_positions_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

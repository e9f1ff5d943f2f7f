/* test_haplotypes.c - packing into bits, positions, windows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "haplotypes_fixture.h"
#include "sample_fixture.h"

static void
test_entries_come_back(void **state)
{
    (void)state;
    dna_haplotypes *h = pack_text("010. 1100 0.10 ....", NULL);
    static const int want[4][4] = {
        {0, 1, 0, -1}, {1, 1, 0, 0}, {0, -1, 1, 0}, {-1, -1, -1, -1}};
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            assert_int_equal(entry_at(h, i, j), want[i][j]);
        }
    }
    static const int counts[4] = {1, 2, 1, 0}, called[4] = {3, 2, 3, 2};
    for (int j = 0; j < 4; j++) {
        assert_int_equal(h->count[j], counts[j]);
        assert_int_equal(h->n_called[j], called[j]);
        assert_false(dna_haplotypes_is_complete(h, j));
    }
    assert_true(dna_haplotypes_is_segregating(h, 0));
    assert_false(dna_haplotypes_is_segregating(h, 1)); /* both called have 1 */
    assert_false(dna_haplotypes_is_segregating(h, 3));
    dna_haplotypes_free(h);
}

static void
test_many_words(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(1, 130, 40, 0);
    assert_int_equal(h->n_word, 3);
    assert_null(h->called);
    for (int64_t j = 0; j < h->n_site; j++) {
        int n = 0;
        for (int64_t i = 0; i < h->n_hap; i++) {
            n += entry_at(h, i, j);
        }
        assert_int_equal(h->count[j], n);
    }
    dna_haplotypes_free(h);
}

static void
test_positions_become_base_pairs(void **state)
{
    (void)state;
    static const double fractions[] = {0.1, 0.25, 0.5}, gaps[] = {100, 0, 50};
    dna_position_format f = {0, 1, 0, 1000, (double)NAN};
    dna_sample *s = sample_from_text("010 001", DNA_F64, fractions, &f);
    dna_haplotypes *h = NULL;
    assert_ok(dna_haplotypes_new(&h, s, 0, "s"));
    assert_near(h->pos[1], 250, 0);
    dna_haplotypes_free(h);
    assert_ok(dna_haplotypes_new(&h, s, 2000, "s")); /* what is given goes first */
    assert_near(h->pos[1], 500, 0);
    dna_haplotypes_free(h);
    dna_sample_free(s);

    f = (dna_position_format){1, 0, 0, 1000, (double)NAN};
    s = sample_from_text("010 001", DNA_I64, gaps, &f);
    assert_ok(dna_haplotypes_new(&h, s, 0, "s"));
    assert_near(h->pos[0], 100, 0);
    assert_near(h->pos[1], 100, 0);
    assert_near(h->pos[2], 150, 0);
    dna_haplotypes_free(h);
    dna_sample_free(s);
}

static void
test_what_is_refused(void **state)
{
    (void)state;
    static const double falling[] = {30, 20, 40}, fractions[] = {0.1, 0.2, 0.3};
    dna_haplotypes *h = NULL;
    dna_sample *s = sample_from_text("010 021", DNA_F64, fractions, NULL);
    assert_fails(dna_haplotypes_new(&h, s, 100, "a.npz"), DNA_EUNSUPPORTED,
        "a.npz: 2 of individual 1 at site 1: ");
    dna_sample_free(s);
    s = sample_from_text("010 011", DNA_F64, fractions, NULL);
    assert_fails(dna_haplotypes_new(&h, s, 0, "a.npz"), DNA_EARG, "a.npz: ");
    dna_sample_free(s);
    s = sample_from_text("010 011", DNA_F64, falling, NULL);
    assert_fails(dna_haplotypes_new(&h, s, 0, "a.npz"), DNA_EFORMAT,
        "a.npz: position 20 of site 1 comes after 30");
    dna_sample_free(s);
}

static void
test_windows_hold_their_sites(void **state)
{
    (void)state;
    static const double pos[] = {0, 10, 20, 25, 30, 40};
    dna_haplotypes *h = pack_text("000000 111111", pos);
    dna_window w[4];
    dna_windows_span(w, 4, h);
    static const int last[] = {2, 3, 5, 6};
    for (int i = 0; i < 4; i++) {
        assert_near(w[i].start, 10 * i, 0);
        assert_near(w[i].end, 10 * (i + 1), 0);
        assert_int_equal(w[i].first, i == 0 ? 0 : last[i - 1]);
        assert_int_equal(w[i].last, last[i]);
    }
    dna_haplotypes_free(h);

    static const double same[] = {5, 5};
    h = pack_text("01 10", same);
    dna_windows_span(w, 4, h);
    assert_int_equal(w[0].last, 2);
    assert_int_equal(w[3].first, 2);
    assert_int_equal(w[3].last, 2);
    dna_haplotypes_free(h);

    h = pack_text("", NULL);
    dna_windows_span(w, 2, h);
    assert_int_equal(w[1].last, 0);
    dna_haplotypes_free(h);
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    static const double pos[] = {1, 2, 3};
    dna_array snp = {0}, p = {0};
    static const int8_t entries[] = {0, 1, -1, 1, 0, 1};
    static const int64_t dim[2] = {2, 3};
    dna_sample *s = NULL;
    dna_array_borrow(&snp, DNA_I8, 2, dim, entries);
    dna_array_borrow(&p, DNA_F64, 1, &dim[1], pos);
    assert_ok(dna_sample_new(&s, &snp, &p, NULL, "test"));
    for_each_oom(i) {
        dna_haplotypes *h = NULL;
        int rc = dna_haplotypes_new(&h, s, 100, "test");
        dna_haplotypes_free(h);
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
    dna_sample_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_come_back),
        cmocka_unit_test(test_many_words),
        cmocka_unit_test(test_positions_become_base_pairs),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_windows_hold_their_sites),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

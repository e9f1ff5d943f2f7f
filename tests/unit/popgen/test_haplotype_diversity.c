/* test_haplotype_diversity.c - frequencies of whole haplotypes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "haplotypes_fixture.h"

#include "dnadna/haplotype_diversity.h"

#define TOL 1e-12

static void
test_by_hand(void **state)
{
    (void)state;
    /* frequencies 4/10, 3/10, 2/10, 1/10 */
    dna_haplotypes *h = pack_text("011 011 110 000 110 011 000 110 011 111", NULL);
    dna_haplotype_diversity d;
    assert_ok(dna_haplotype_diversity_compute(&d, h, 0, 3));
    assert_int_equal(d.n_haplotype, 4);
    assert_near(d.h1, 0.16 + 0.09 + 0.04 + 0.01, TOL);
    assert_near(d.h12, 0.49 + 0.04 + 0.01, TOL);
    assert_near(d.h123, 0.81 + 0.01, TOL);
    assert_near(d.h2_h1, 0.14 / 0.30, TOL);
    assert_near(d.diversity, 0.7 * 10 / 9, TOL);
    /* the first site alone: 011 and 000 are the same */
    assert_ok(dna_haplotype_diversity_compute(&d, h, 0, 1));
    assert_int_equal(d.n_haplotype, 2);
    assert_near(d.h1, 0.36 + 0.16, TOL);
    assert_near(d.h12, 1, TOL);
    assert_near(d.h123, 1, TOL);
    dna_haplotypes_free(h);
}

static void
test_limits(void **state)
{
    (void)state;
    dna_haplotype_diversity d;
    dna_haplotypes *h = pack_text("01 01 10", NULL);
    assert_ok(dna_haplotype_diversity_compute(&d, h, 1, 1));
    assert_int_equal(d.n_haplotype, 1);
    assert_near(d.h1, 1, 0);
    assert_near(d.h2_h1, 0, 0);
    dna_haplotypes_free(h);
    h = pack_text("01", NULL);
    assert_ok(dna_haplotype_diversity_compute(&d, h, 0, 2));
    assert_int_equal(d.n_haplotype, 1);
    assert_true(isnan(d.diversity));
    dna_haplotypes_free(h);
    h = pack_text("", NULL);
    assert_ok(dna_haplotype_diversity_compute(&d, h, 0, 0));
    assert_int_equal(d.n_haplotype, 0);
    assert_true(isnan(d.h1) && isnan(d.h12));
    dna_haplotypes_free(h);
    h = pack_text("0.1 001 011 110", NULL); /* the second site is left out */
    assert_ok(dna_haplotype_diversity_compute(&d, h, 0, 3));
    assert_int_equal(d.n_haplotype, 2);
    assert_near(d.h1, 10.0 / 16, TOL);
    dna_haplotypes_free(h);
}

/* Rows compared with rows. */
static void
test_rows_compared(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(7, 150, 12, 0.001);
    for (int64_t first = 0; first < 12; first += 3) {
        for (int64_t last = first; last <= 12; last += 4) {
            double same = 0;
            int64_t different = 0;
            for (int64_t a = 0; a < h->n_hap; a++) {
                bool is_new = true;
                for (int64_t b = 0; b < h->n_hap; b++) {
                    bool is_same = true;
                    for (int64_t j = first; j < last; j++) {
                        is_same = is_same
                                  && (!dna_haplotypes_is_complete(h, j)
                                      || entry_at(h, a, j) == entry_at(h, b, j));
                    }
                    same += is_same;
                    is_new = is_new && !(is_same && b < a);
                }
                different += is_new;
            }
            dna_haplotype_diversity d;
            assert_ok(dna_haplotype_diversity_compute(&d, h, first, last));
            assert_int_equal(d.n_haplotype, different);
            assert_near(d.h1, same / (150.0 * 150.0), TOL);
        }
    }
    for_each_oom(i) {
        dna_haplotype_diversity d;
        int rc = dna_haplotype_diversity_compute(&d, h, 0, 12);
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
    dna_haplotypes_free(h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_rows_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

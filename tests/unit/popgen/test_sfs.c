/* test_sfs.c - spectra and diversity: published values, formulas, the neutral theory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "haplotypes_fixture.h"

#include "dnadna/divergence.h"
#include "dnadna/sfs.h"

#define TOL 1e-10

/* The biallelic sites of the examples in scikit-allel's documentation of
 * mean_pairwise_difference, sequence_diversity and watterson_theta. */
static const char allel[] = "00001 00011 00111 01111";
static const double allel_pos[] = {2, 4, 7, 14, 15};

static void
test_spectrum(void **state)
{
    (void)state;
    dna_haplotypes *h = pack_text("00001. 000110 001110 011110", NULL);
    int64_t sfs[5], folded[5];
    dna_sfs_unfolded(sfs, h, 0, 6);
    static const int64_t want[] = {1, 1, 1, 1, 1}; /* the site with a gap is left out */
    assert_memory_equal(sfs, want, sizeof(want));
    dna_sfs_fold(folded, sfs, 4);
    static const int64_t want_folded[] = {2, 2, 1, 0, 0};
    assert_memory_equal(folded, want_folded, sizeof(want_folded));
    dna_sfs_unfolded(sfs, h, 1, 3);
    static const int64_t part[] = {0, 1, 1, 0, 0};
    assert_memory_equal(sfs, part, sizeof(part));
    dna_haplotypes_free(h);
}

/* xi_k = theta / k, so k xi_k is theta; eta_k = theta (1/k + 1/(n-k)), or theta / k at the
 * half: scaled, theta too. */
static void
test_scaled_spectrum_is_flat(void **state)
{
    (void)state;
    int64_t sfs[13] = {0}, folded[13];
    for (int64_t k = 1; k < 12; k++) {
        sfs[k] = 27720 / k;
        assert_near(dna_sfs_scaled(sfs[k], k, 12, false), 27720, 0);
    }
    dna_sfs_fold(folded, sfs, 12);
    for (int64_t k = 1; k <= 6; k++) {
        assert_near(dna_sfs_scaled(folded[k], k, 12, true), 27720, TOL);
    }
}

static void
test_published_values(void **state)
{
    (void)state;
    dna_haplotypes *h = pack_text(allel, allel_pos);
    static const double pi[] = {0, 0.5, 2.0 / 3, 0.5, 0};
    dna_diversity d;
    for (int64_t i = 0; i < 5; i++) {
        dna_diversity_compute(&d, h, i, i + 1);
        assert_near(d.pi, pi[i], TOL);
    }
    /* windows 1-10 of the examples: 0.11666667 and 0.10909091 a base pair */
    dna_diversity_compute(&d, h, 0, 3);
    assert_near(d.pi / 10, 7.0 / 60, TOL);
    assert_near(d.theta_w / 10, 6.0 / 55, TOL);
    dna_haplotypes_free(h);
    /* its example with missing calls: the mean difference of [0, 1, -1, -1] is 1 */
    h = pack_text("0 1 . .", NULL);
    dna_diversity_compute(&d, h, 0, 1);
    assert_near(d.pi, 1, TOL);
    assert_near(d.theta_w, 1, TOL);
    dna_haplotypes_free(h);
}

/* Pairs counted one by one; Tajima's formula with its coefficients written out for
 * n = 5: a1 = 25/12, a2 = 205/144. */
static void
test_tajima_d_by_hand(void **state)
{
    (void)state;
    dna_haplotypes *h = pack_text("1100 1010 0000 0001 0001", NULL);
    dna_diversity d;
    dna_diversity_compute(&d, h, 0, 4);
    double a1 = 25.0 / 12, a2 = 205.0 / 144, s = 4;
    double c1 = 0.5 - 1 / a1, c2 = 66.0 / 180 - 7 / (5 * a1) + a2 / (a1 * a1);
    double pi = (6 + 4 + 4 + 6) / 10.0; /* of 10 pairs differ */
    assert_int_equal(d.n_segregating, 4);
    assert_near(d.pi, pi, TOL);
    assert_near(d.theta_w, 4 / a1, TOL);
    assert_near(d.tajima_d,
        (pi - 4 / a1) / sqrt(c1 / a1 * s + c2 / (a1 * a1 + a2) * s * (s - 1)), TOL);
    double theta_h = 2 * (4 + 1 + 1 + 4) / 20.0;
    assert_near(d.theta_h, theta_h, TOL);
    assert_near(d.fay_wu_h, pi - theta_h, TOL);
    dna_haplotypes_free(h);
}

/* Against pairs compared one by one, with missing entries. */
static void
test_pairs_with_missing(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(3, 21, 60, 0.15);
    double pi = 0, theta_w = 0, theta_h = 0;
    int64_t n_segregating = 0;
    for (int64_t j = 0; j < h->n_site; j++) {
        double differ = 0, pairs = 0, n = 0, c = 0, a1 = 0;
        for (int64_t a = 0; a < h->n_hap; a++) {
            int x = entry_at(h, a, j);
            n += x >= 0;
            c += x == 1;
            for (int64_t b = 0; b < a; b++) {
                int y = entry_at(h, b, j);
                pairs += x >= 0 && y >= 0;
                differ += x >= 0 && y >= 0 && x != y;
            }
        }
        if (differ > 0) {
            for (int i = 1; i < n; i++) {
                a1 += 1.0 / i;
            }
            n_segregating++;
            pi += differ / pairs;
            theta_w += 1 / a1;
            theta_h += c * c / pairs;
        }
    }
    dna_diversity d;
    dna_diversity_compute(&d, h, 0, h->n_site);
    assert_int_equal(d.n_segregating, n_segregating);
    assert_near(d.pi, pi, TOL);
    assert_near(d.theta_w, theta_w, TOL);
    assert_near(d.theta_h, theta_h, TOL);
    dna_haplotypes_free(h);
}

static void
test_limits(void **state)
{
    (void)state;
    dna_diversity d;
    dna_haplotypes *h = pack_text("0110 1011", NULL); /* two haplotypes: no variance */
    dna_diversity_compute(&d, h, 0, 4);
    assert_near(d.pi, 3, 0);
    assert_true(isnan(d.tajima_d));
    dna_diversity_compute(&d, h, 2, 2);
    assert_int_equal(d.n_segregating, 0);
    assert_near(d.pi, 0, 0);
    dna_haplotypes_free(h);
    h = pack_text("0110", NULL);
    dna_diversity_compute(&d, h, 0, 4);
    assert_int_equal(d.n_segregating, 0);
    assert_true(isnan(d.pi) && isnan(d.theta_w) && isnan(d.fay_wu_h));
    dna_haplotypes_free(h);
    h = pack_text("", NULL);
    int64_t sfs[1] = {7};
    dna_sfs_unfolded(sfs, h, 0, 0);
    assert_int_equal(sfs[0], 0);
    dna_haplotypes_free(h);
    h = pack_text("01 10 00 11", NULL); /* two sites are too few for D */
    dna_diversity_compute(&d, h, 0, 2);
    assert_true(isnan(d.tajima_d));
    dna_haplotypes_free(h);
}

/* scikit-allel's example of hudson_fst and, of the biallelic sites, that of
 * mean_pairwise_difference_between. */
static void
test_divergence_published(void **state)
{
    (void)state;
    static const int64_t a[] = {0, 1, 2, 3}, b[] = {4, 5, 6, 7};
    static const double num[] = {1, -1.0 / 6, 0, -1.0 / 3}, den[] = {1, 0.5, 0, 0.5};
    dna_haplotypes *h = pack_text("0000 0100 0001 0101 1000 1101 100. 110.", NULL);
    dna_divergence d;
    for (int64_t i = 0; i < 4; i++) {
        assert_ok(dna_divergence_compute(&d, h, i, i + 1, a, 4, b, 4));
        assert_near(d.fst_numerator, num[i], TOL);
        assert_near(d.fst_denominator, den[i], TOL);
        assert_same(d.fst, den[i] > 0 ? num[i] / den[i] : (double)NAN, TOL);
    }
    dna_haplotypes_free(h);

    h = pack_text("000010 000110 00111. 01111.", NULL);
    static const double dxy[] = {0, 0.5, 1, 0.5, 0, 0};
    for (int64_t i = 0; i < 6; i++) {
        assert_ok(dna_divergence_compute(&d, h, i, i + 1, a, 2, a + 2, 2));
        assert_near(d.dxy, dxy[i], TOL);
    }
    assert_ok(dna_divergence_compute(&d, h, 0, 3, a, 2, a + 2, 2));
    assert_near(d.dxy / 10, 0.15, TOL); /* its window 1-10 */
    static const int64_t wrong[] = {4};
    assert_fails(dna_divergence_compute(&d, h, 0, 3, a, 2, wrong, 1), DNA_EARG,
        "row 4 of a population: there are 4 rows");
    dna_haplotypes_free(h);
}

/* Against pairs within and between, one by one. */
static void
test_divergence_pairs(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(5, 90, 50, 0.2);
    int64_t a[40], b[50];
    for (int64_t i = 0; i < 90; i++) {
        if (i % 9 < 4) {
            a[i / 9 * 4 + i % 9] = i;
        } else {
            b[i / 9 * 5 + i % 9 - 4] = i;
        }
    }
    double numerator = 0, denominator = 0;
    for (int64_t j = 0; j < h->n_site; j++) {
        double differ[3] = {0}, pairs[3] = {0}; /* a, b, between */
        for (int64_t x = 0; x < 90; x++) {
            for (int64_t y = 0; y < x; y++) {
                int kind = (x % 9 < 4) != (y % 9 < 4) ? 2 : x % 9 < 4 ? 0 : 1;
                int u = entry_at(h, x, j), v = entry_at(h, y, j);
                pairs[kind] += u >= 0 && v >= 0;
                differ[kind] += u >= 0 && v >= 0 && u != v;
            }
        }
        double between = differ[2] / pairs[2];
        denominator += between;
        numerator += between - (differ[0] / pairs[0] + differ[1] / pairs[1]) / 2;
    }
    dna_divergence d;
    assert_ok(dna_divergence_compute(&d, h, 0, h->n_site, a, 40, b, 50));
    assert_near(d.dxy, denominator, TOL);
    assert_near(d.fst, numerator / denominator, TOL);
    for_each_oom(i) {
        int rc = dna_divergence_compute(&d, h, 0, h->n_site, a, 40, b, 50);
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
        cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_scaled_spectrum_is_flat),
        cmocka_unit_test(test_published_values),
        cmocka_unit_test(test_tajima_d_by_hand),
        cmocka_unit_test(test_pairs_with_missing),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_divergence_published),
        cmocka_unit_test(test_divergence_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

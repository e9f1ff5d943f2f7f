/* test_ld.c - r^2 against correlations computed entry by entry; decay, ZnS, omega.
 *
 * SPDX-License-Identifier: MIT
 */
#include "haplotypes_fixture.h"

#include "dnadna/ld.h"

#define TOL 1e-10

/* Squared Pearson correlation of two columns, over the rows where both are called. */
static double
correlation(const dna_haplotypes *h, int64_t a, int64_t b)
{
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < h->n_hap; i++) {
        int u = entry_at(h, i, a), v = entry_at(h, i, b);
        if (u >= 0 && v >= 0) {
            n++;
            x += u;
            y += v;
        }
    }
    for (int64_t i = 0; i < h->n_hap; i++) {
        int u = entry_at(h, i, a), v = entry_at(h, i, b);
        if (u >= 0 && v >= 0) {
            xx += (u - x / n) * (u - x / n);
            yy += (v - y / n) * (v - y / n);
            xy += (u - x / n) * (v - y / n);
        }
    }
    return xx * yy > 1e-9 ? xy * xy / (xx * yy) : (double)NAN;
}

/* The signs of scikit-allel's example of rogers_huff_r, without its missing row. */
static void
test_by_hand(void **state)
{
    (void)state;
    dna_haplotypes *h = pack_text("00101 11010 00100 10010", NULL);
    assert_near(dna_ld_r2(h, 0, 2), 1, TOL);       /* opposite */
    assert_near(dna_ld_r2(h, 0, 3), 1, TOL);       /* the same */
    assert_near(dna_ld_r2(h, 0, 1), 1.0 / 3, TOL); /* 2 of 4, 1 of 4 within */
    assert_near(dna_ld_r2(h, 4, 1), 1.0 / 9, TOL); /* two singletons */
    dna_haplotypes_free(h);
    h = pack_text("01 00 11 10", NULL); /* independent */
    assert_near(dna_ld_r2(h, 0, 1), 0, TOL);
    dna_haplotypes_free(h);
    h = pack_text("01 01", NULL); /* constant */
    assert_true(isnan(dna_ld_r2(h, 0, 1)));
    dna_haplotypes_free(h);
    /* its last row: rows 0, 1 alone are called, where both sites are opposite or the same */
    h = pack_text("000 111 00.", NULL);
    assert_near(dna_ld_r2(h, 0, 2), 1, TOL);
    dna_haplotypes_free(h);
    h = pack_text("00 01 1.", NULL); /* constant where both are called */
    assert_true(isnan(dna_ld_r2(h, 0, 1)));
    dna_haplotypes_free(h);
}

static void
test_every_pair(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        dna_haplotypes *h = draw_haplotypes((uint64_t)k, 60 + 30 * k, 40, k % 2 * 0.1);
        for (int64_t a = 0; a < 40; a++) {
            for (int64_t b = 0; b < 40; b++) {
                assert_same(dna_ld_r2(h, a, b), correlation(h, a, b), TOL);
            }
        }
        dna_haplotypes_free(h);
    }
}

static void
check_decay(const dna_haplotypes *h, const double *edges, int64_t n_bin, double circle,
    const dna_ld_bin *bins)
{
    for (int64_t k = 0; k < n_bin; k++) {
        double n = 0, distance = 0, sum = 0, squares = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (int64_t a = 0; a < h->n_site; a++) {
                for (int64_t b = a + 1; b < h->n_site; b++) {
                    double d = h->pos[b] - h->pos[a];
                    d = circle > 0 ? fmin(d, circle - d) : d;
                    double r2 = correlation(h, a, b);
                    if (d > edges[k] && d <= edges[k + 1] && !isnan(r2)) {
                        n += pass == 0;
                        sum += pass == 0 ? r2 : 0;
                        distance += pass == 0 ? d : 0;
                        squares += pass == 1 ? (r2 - sum / n) * (r2 - sum / n) : 0;
                    }
                }
            }
        }
        assert_near(bins[k].lower, edges[k], 0);
        assert_near(bins[k].upper, edges[k + 1], 0);
        assert_int_equal(bins[k].count, (int64_t)n);
        assert_same(bins[k].distance_mean, n > 0 ? distance / n : (double)NAN, TOL);
        assert_same(bins[k].r2_mean, n > 0 ? sum / n : (double)NAN, TOL);
        assert_same(
            bins[k].r2_sem, n > 1 ? sqrt(squares / (n - 1) / n) : (double)NAN, 1e-8);
    }
}

static void
test_decay(void **state)
{
    (void)state;
    /* 2, 2, 5 and 10 words a column: each way of counting bits */
    static const int64_t n_hap[] = {70, 70, 300, 600}, n_site[] = {300, 100, 100, 60};
    for (int k = 0; k < 4; k++) {
        dna_haplotypes *h = draw_haplotypes(11, n_hap[k], n_site[k], k == 1 ? 0.05 : 0);
        double edges[10];
        dna_ld_bin bins[9], again[9];
        dna_ld_options o = {.n_thread = 1};
        dna_ld_edges(edges, 9, 40000);
        assert_ok(dna_ld_decay(bins, edges, 9, h, &o));
        check_decay(h, edges, 9, 0, bins);
        o.n_thread = 3; /* the same bits */
        assert_ok(dna_ld_decay(again, edges, 9, h, &o));
        assert_memory_equal(bins, again, sizeof(bins));
        o = (dna_ld_options){
            .is_circular = true, .length = h->pos[h->n_site - 1] + 10, .n_thread = 2};
        assert_ok(dna_ld_decay(bins, edges, 9, h, &o));
        check_decay(h, edges, 9, o.length, bins);
        o.length = 10;
        assert_fails(dna_ld_decay(bins, edges, 9, h, &o), DNA_EARG, "positions span ");
        dna_haplotypes_free(h);
    }
}

static void
test_edges(void **state)
{
    (void)state;
    double edges[20];
    dna_ld_edges(edges, 18, 2e6);
    assert_near(edges[0], 0, 0);
    assert_near(edges[1], 100, 1e-9);
    assert_near(edges[18], 2e6, 0);
    for (int i = 2; i < 18; i++) {
        assert_near(edges[i + 1] / edges[i], edges[2] / edges[1], 1e-9);
    }
    dna_ld_edges(edges, 1, 5000);
    assert_near(edges[0], 0, 0);
    assert_near(edges[1], 5000, 0);
    dna_haplotypes *h = pack_text("01 10", NULL);
    static const double wrong[] = {0, 10, 10};
    dna_ld_bin bins[2];
    assert_fails(dna_ld_decay(bins, wrong, 2, h, NULL), DNA_EARG, "10 comes before 10");
    dna_haplotypes_free(h);
}

/* Every split of a range, summed pair by pair. */
static void
check_summary(const dna_haplotypes *h, int64_t first, int64_t last)
{
    int64_t sites[400], n = 0;
    double sum = 0, pairs = 0, omega = (double)NAN;
    for (int64_t i = first; i < last; i++) {
        if (dna_haplotypes_is_segregating(h, i)) {
            sites[n++] = i;
        }
    }
    for (int64_t l = 1; l <= n; l++) {
        double left = 0, right = 0, between = 0;
        sum = pairs = 0;
        for (int64_t a = 0; a < n; a++) {
            for (int64_t b = a + 1; b < n; b++) {
                double r2 = correlation(h, sites[a], sites[b]);
                if (isnan(r2)) {
                    continue;
                }
                pairs++;
                sum += r2;
                left += b < l ? r2 : 0;
                right += a >= l ? r2 : 0;
                between += a < l && b >= l ? r2 : 0;
            }
        }
        double m = (double)n, k = (double)l;
        double within = k * (k - 1) / 2 + (m - k) * (m - k - 1) / 2;
        if (l >= 2 && l <= n - 2 && between > 1e-10) {
            double w = (left + right) / within / (between / (k * (m - k)));
            omega = isnan(omega) || w > omega ? w : omega;
        }
    }
    for (int threads = 1; threads <= 3; threads += 2) {
        dna_ld_summary s;
        assert_ok(dna_ld_summary_compute(&s, h, first, last, threads));
        assert_same(s.zns, pairs > 0 ? sum / pairs : (double)NAN, TOL);
        assert_same(s.omega, omega, 1e-8);
    }
}

static void
test_zns_and_omega(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        dna_haplotypes *h = draw_haplotypes(17, 50, 90, k * 0.1);
        check_summary(h, 0, 90);
        check_summary(h, 13, 40);
        check_summary(h, 5, 8);
        check_summary(h, 5, 6);
        check_summary(h, 5, 5);
        dna_haplotypes_free(h);
    }
    /* two blocks without LD between them: no split divides them by anything above 0, but
     * those that cut a block do */
    dna_haplotypes *h = pack_text("000000 000111 111000 111111", NULL);
    check_summary(h, 0, 6);
    dna_haplotypes_free(h);
}

static void
test_limits(void **state)
{
    (void)state;
    static const double edges[] = {0, 100};
    static const char *const rows[] = {"", "0", "0 1", "00 00", "01"};
    for (int i = 0; i < 5; i++) {
        dna_haplotypes *h = pack_text(rows[i], NULL);
        dna_ld_bin bin;
        dna_ld_summary s;
        assert_ok(dna_ld_decay(&bin, edges, 1, h, NULL));
        assert_int_equal(bin.count, 0);
        assert_true(isnan(bin.r2_mean) && isnan(bin.r2_sem));
        assert_ok(dna_ld_summary_compute(&s, h, 0, h->n_site, 0));
        assert_true(isnan(s.zns) && isnan(s.omega));
        dna_haplotypes_free(h);
    }
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(1, 10, 80, 0);
    static const double edges[] = {0, 100, 5000};
    for_each_oom(i) {
        dna_ld_bin bins[2];
        dna_ld_summary s;
        dna_ld_options o = {.n_thread = 2};
        int rc = dna_ld_decay(bins, edges, 2, h, &o);
        rc = rc < 0 ? rc : dna_ld_summary_compute(&s, h, 0, 80, 2);
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
        cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_zns_and_omega),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

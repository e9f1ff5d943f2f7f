/* test_sumstats.c - all statistics of a sample are those of its parts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "haplotypes_fixture.h"

#include "dnadna/divergence.h"
#include "dnadna/haplotype_diversity.h"
#include "dnadna/sfs.h"
#include "dnadna/sumstats.h"

/* The sample that a packed one came from. */
static dna_sample *
unpack(const dna_haplotypes *h, bool has_pos)
{
    static const dna_position_format base_pairs = {0, 0, 0, 0, __builtin_nan("")};
    int64_t dim[2] = {h->n_hap, h->n_site};
    dna_array snp = {0}, pos = {0};
    dna_sample *s = NULL;
    assert_ok(dna_array_init(&snp, has_pos ? DNA_I8 : DNA_F32, 2, dim));
    for (int64_t i = 0; i < h->n_hap * h->n_site; i++) {
        dna_array_set(&snp, i, entry_at(h, i / h->n_site, i % h->n_site));
    }
    dna_array_borrow(&pos, DNA_F64, 1, &dim[1], h->pos);
    assert_ok(dna_sample_new(&s, &snp, has_pos ? &pos : NULL, &base_pairs, "test"));
    dna_array_clear(&snp);
    return s;
}

static void
assert_range(const double *values, const dna_haplotypes *h, int64_t first, int64_t last)
{
    dna_diversity d;
    dna_haplotype_diversity hd;
    dna_ld_summary ld;
    dna_diversity_compute(&d, h, first, last);
    assert_ok(dna_haplotype_diversity_compute(&hd, h, first, last));
    assert_ok(dna_ld_summary_compute(&ld, h, first, last, 1));
    assert_near(values[DNA_STAT_N_SITE], (double)(last - first), 0);
    assert_near(values[DNA_STAT_N_SEGREGATING], (double)d.n_segregating, 0);
    assert_same(values[DNA_STAT_PI], d.pi, 0);
    assert_same(values[DNA_STAT_THETA_W], d.theta_w, 0);
    assert_same(values[DNA_STAT_THETA_H], d.theta_h, 0);
    assert_same(values[DNA_STAT_TAJIMA_D], d.tajima_d, 0);
    assert_same(values[DNA_STAT_FAY_WU_H], d.fay_wu_h, 0);
    assert_near(values[DNA_STAT_N_HAPLOTYPE], (double)hd.n_haplotype, 0);
    assert_same(values[DNA_STAT_HAPLOTYPE_DIVERSITY], hd.diversity, 0);
    assert_same(values[DNA_STAT_H1], hd.h1, 0);
    assert_same(values[DNA_STAT_H12], hd.h12, 0);
    assert_same(values[DNA_STAT_H123], hd.h123, 0);
    assert_same(values[DNA_STAT_H2_H1], hd.h2_h1, 0);
    assert_same(values[DNA_STAT_ZNS], ld.zns, 0);
    assert_same(values[DNA_STAT_OMEGA], ld.omega, 0);
}

static void
test_each_is_its_own(void **state)
{
    (void)state;
    static const int64_t sizes[] = {10, 15, 5};
    dna_haplotypes *h = draw_haplotypes(9, 30, 200, 0.001);
    dna_sample *sample = unpack(h, true);
    dna_sumstats_options o = DNA_SUMSTATS_OPTIONS_INIT;
    dna_sumstats *s = NULL;
    o.chromosome_size = 1000000;
    o.n_window = 7;
    o.population_sizes = sizes;
    o.n_population = 3;
    o.n_thread = 2;
    assert_ok(dna_sumstats_new(&s, sample, &o, "test"));
    assert_range(s->whole, h, 0, h->n_site);
    dna_window w[7];
    dna_windows_span(w, 7, h);
    assert_int_equal(s->n_window, 7);
    for (int i = 0; i < 7; i++) {
        assert_memory_equal(&s->windows[i], &w[i], sizeof(w[i]));
        assert_range(s->values[i], h, w[i].first, w[i].last);
        double sum = 0, n = 0;
        for (int64_t k = w[i].first; k < w[i].last; k++) {
            sum += isnan(s->ihs[k]) ? 0 : s->ihs[k];
            n += !isnan(s->ihs[k]);
        }
        assert_same(s->values[i][DNA_STAT_IHS], n > 0 ? sum / n : (double)NAN, 1e-12);
    }
    /* pairs of populations: rows 0-9, 10-24, 25-29 */
    int64_t rows[30];
    for (int i = 0; i < 30; i++) {
        rows[i] = i;
    }
    dna_divergence d;
    assert_int_equal(s->n_pair, 3);
    assert_int_equal(s->pairs[1].first, 0);
    assert_int_equal(s->pairs[1].second, 2);
    assert_ok(dna_divergence_compute(&d, h, 0, h->n_site, rows, 10, rows + 25, 5));
    assert_near(s->pairs[1].whole_dxy, d.dxy, 0);
    assert_near(s->pairs[1].whole_fst, d.fst, 0);
    assert_ok(dna_divergence_compute(
        &d, h, w[3].first, w[3].last, rows + 10, 15, rows + 25, 5));
    assert_same(s->pairs[2].fst[3], d.fst, 0);
    assert_near(s->pairs[2].dxy[3], d.dxy, 0);
    /* bins of the default edges */
    double edges[19];
    dna_ld_bin bins[18];
    int64_t counts[18];
    dna_ibs ibs;
    dna_ld_edges(edges, 18, 1000000);
    assert_ok(dna_ld_decay(bins, edges, 18, h, NULL));
    assert_memory_equal(s->ld, bins, sizeof(bins));
    assert_ok(dna_ibs_compute(&ibs, counts, edges, 18, h, 1));
    assert_memory_equal(s->ibs_counts, counts, sizeof(counts));
    dna_sumstats_free(s);
    dna_sample_free(sample);
    dna_haplotypes_free(h);
}

/* Scores of a bin of counts have mean 0, so those of the whole have. */
static void
test_scores_are_standardised(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(4, 40, 400, 0);
    dna_sample *sample = unpack(h, true);
    dna_sumstats_options o = DNA_SUMSTATS_OPTIONS_INIT;
    dna_sumstats *s = NULL;
    o.chromosome_size = 10000000;
    assert_ok(dna_sumstats_new(&s, sample, &o, "test"));
    double squares = 0, n = 0;
    for (int64_t i = 0; i < h->n_site; i++) {
        squares += isnan(s->nsl[i]) ? 0 : s->nsl[i] * s->nsl[i];
        n += !isnan(s->nsl[i]);
    }
    assert_true(n > 100);
    assert_near(s->whole[DNA_STAT_NSL], 0, 1e-12);
    assert_near(s->whole[DNA_STAT_IHS], 0, 1e-12);
    assert_near(squares / n, 1, 1e-9);
    dna_sumstats_free(s);
    dna_sample_free(sample);
    dna_haplotypes_free(h);
}

static void
test_limits(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "0", "1 0", "00 00", "01", ". 1"};
    for (int i = 0; i < 6; i++) {
        dna_haplotypes *h = pack_text(rows[i], NULL);
        dna_sample *sample = unpack(h, true);
        dna_sumstats_options o = DNA_SUMSTATS_OPTIONS_INIT;
        dna_sumstats *s = NULL;
        o.chromosome_size = 1000;
        assert_ok(dna_sumstats_new(&s, sample, &o, "test"));
        assert_true(isnan(s->whole[DNA_STAT_TAJIMA_D]));
        dna_sumstats_free(s);
        dna_sample_free(sample);
        dna_haplotypes_free(h);
    }
}

static void
test_without_positions(void **state)
{
    (void)state;
    dna_haplotypes *h = draw_haplotypes(2, 20, 100, 0);
    dna_sample *sample = unpack(h, false);
    dna_sumstats *s = NULL;
    assert_ok(dna_sumstats_new(&s, sample, NULL, "test"));
    assert_null(s->pos);
    assert_int_equal(s->n_window, 0);
    assert_int_equal(s->n_bin, 0);
    assert_range(s->whole, h, 0, 100);
    for (int i = 0; i < 100; i++) {
        assert_true(isnan(s->ihs[i]));
    }
    dna_sumstats_free(s);
    dna_sample_free(sample);
    dna_haplotypes_free(h);
}

static void
test_what_is_refused(void **state)
{
    (void)state;
    static const int64_t sizes[] = {2, 2};
    dna_haplotypes *h = pack_text("0110 1010 0011", NULL);
    dna_sample *sample = unpack(h, true);
    dna_sumstats_options o = DNA_SUMSTATS_OPTIONS_INIT;
    dna_sumstats *s = NULL;
    assert_fails(dna_sumstats_new(&s, sample, &o, "a"), DNA_EARG,
        "a: bins of distance need chromosome_size, which is unknown");
    o.chromosome_size = 1000;
    o.population_sizes = sizes;
    o.n_population = 2;
    assert_fails(dna_sumstats_new(&s, sample, &o, "a"), DNA_EARG,
        "a: the first 2 populations have 4 rows, but there are 3");
    o.n_population = 0;
    o.is_circular = true;
    o.chromosome_size = 20;
    assert_fails(dna_sumstats_new(&s, sample, &o, "a"), DNA_EARG, "a: ");
    dna_sample_free(sample);
    dna_haplotypes_free(h);
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    static const int64_t sizes[] = {2, 2};
    dna_haplotypes *h = draw_haplotypes(1, 6, 40, 0);
    dna_sample *sample = unpack(h, true);
    for_each_oom(i) {
        dna_sumstats_options o = DNA_SUMSTATS_OPTIONS_INIT;
        dna_sumstats *s = NULL;
        o.chromosome_size = 100000;
        o.n_window = 2;
        o.population_sizes = sizes;
        o.n_population = 2;
        o.n_thread = 1;
        int rc = dna_sumstats_new(&s, sample, &o, "test");
        dna_sumstats_free(s);
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
    dna_sample_free(sample);
    dna_haplotypes_free(h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_its_own),
        cmocka_unit_test(test_scores_are_standardised),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_without_positions),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_window_feed.c - windows that a thread reads ahead are those that were read at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "run/window_feed.h"

#define HEAD                                                    \
    "##fileformat=VCFv4.2\n##contig=<ID=1>\n##contig=<ID=X>\n"  \
    "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">\n" \
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n"

static dna_genotypes *genotypes;
static dna_windows *windows;

/* n sites 10 bp apart on contig 1, 5 on X; the one numbered `bad` comes too late. */
static const char *
write_sites(int n, int bad)
{
    dna_str s;
    dna_str_init(&s, 0);
    dna_str_add(&s, HEAD);
    for (int i = 0; i < n + 5; i++) {
        int position = i == bad ? 1 : 10 * (i + 1);
        dna_str_addf(&s, "%s\t%d\t.\tA\tC\t.\t.\t.\tGT\t%d|1\t0|%d\n",
            i < n ? "1" : "X", position, i % 2, i % 3 == 0);
    }
    const char *path = write_text("sites.vcf", dna_str_text(&s));
    dna_str_clear(&s);
    return path;
}

static int
open_windows(const char *path)
{
    static const dna_genotype_rules rules = {.sample_column = "sample",
        .population_column = "population",
        .ploidy = "auto",
        .phase = "haplotypes",
        .variants = "snp",
        .multiallelic = "drop",
        .polarize = "ref",
        .missing = "keep",
        .monomorphic = "drop",
        .duplicates = "first",
        .chromosome_size = DNA_NULL_INT};
    static const dna_window_rule rule = {
        .unit = DNA_WINDOW_SITES, .size = 4, .step = 4};
    dna_site_source *source = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_site_source_open(&source, path, NULL));
    DNA_TRY(dna_genotypes_new(&genotypes, &source, &rules));
    DNA_TRY(dna_windows_new(&windows, genotypes, &rule));
out:
    dna_site_source_close(source);
    return rc;
}

static int
close_windows(void **state)
{
    (void)state;
    dna_windows_free(windows);
    dna_genotypes_free(genotypes);
    windows = NULL;
    genotypes = NULL;
    return 0;
}

/* 50 sites of contig 1 are 12 windows of 4 and one of 2; 5 of X one of 4 and one of 1. */
static void
test_batches_hold_all_windows(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 3, 64};
    for (int k = 0; k < 3; k++) {
        dna_window_feed *feed = NULL;
        dna_window_batch *b = NULL;
        int64_t n = 0, n_whole = 0;
        int rc;
        assert_ok(open_windows(write_sites(50, -1)));
        assert_ok(dna_window_feed_new(&feed, windows, sizes[k]));
        while ((rc = dna_window_feed_next(feed, &b)) > 0) {
            int64_t n_here = 0;
            for (int64_t i = 0; i < b->n; i++, n++) {
                const dna_fed_window *w = &b->windows[i];
                bool is_x = n >= 13;
                int64_t first = is_x ? 50 + 4 * (n - 13) : 4 * n;
                assert_string_equal(w->contig, is_x ? "X" : "1");
                assert_true(w->window.start == (double)(10 * first + 9));
                assert_int_equal(w->window.n_site, n == 12 ? 2 : n == 14 ? 1 : 4);
                n_here += dna_window_is_whole(&w->window);
            }
            assert_int_equal(n_here, b->n_sample);
            assert_true(n_here <= sizes[k]);
            n_whole += n_here;
        }
        assert_int_equal(rc, 0);
        assert_int_equal(n, 15);
        assert_int_equal(n_whole, 13);
        dna_window_feed_free(feed);
        close_windows(NULL);
    }
}

static void
test_an_error_comes_after_what_was_read(void **state)
{
    (void)state;
    dna_window_feed *feed = NULL;
    dna_window_batch *b = NULL;
    int64_t n = 0;
    int rc;

    assert_ok(open_windows(write_sites(50, 30)));
    assert_ok(dna_window_feed_new(&feed, windows, 2));
    while ((rc = dna_window_feed_next(feed, &b)) > 0) {
        n += b->n;
    }
    assert_int_equal(n, 7); /* of the sites 0 .. 29; the next one is not full */
    assert_int_equal(rc, DNA_EFORMAT);
    assert_non_null(strstr(dna_message(), "1:1 comes after position 300"));
    assert_fails(dna_window_feed_next(feed, &b), DNA_EFORMAT, "1:1 comes after");
    dna_window_feed_free(feed);
}

/* Whoever does not want the rest lets go at any time. */
static void
test_a_feed_may_be_left(void **state)
{
    (void)state;
    for (int n_taken = 0; n_taken < 4; n_taken++) {
        dna_window_feed *feed = NULL;
        dna_window_batch *b = NULL;
        assert_ok(open_windows(write_sites(4000, -1)));
        assert_ok(dna_window_feed_new(&feed, windows, 1));
        for (int i = 0; i < n_taken; i++) {
            assert_int_equal(dna_window_feed_next(feed, &b), 1);
            assert_int_equal(b->n, 1);
        }
        dna_window_feed_free(feed);
        close_windows(NULL);
    }
}

static int
read_all(void)
{
    dna_window_feed *feed = NULL;
    dna_window_batch *b = NULL;
    int rc = open_windows(test_path("sites.vcf"));

    rc = rc < 0 ? rc : dna_window_feed_new(&feed, windows, 3);
    while (rc >= 0 && (rc = dna_window_feed_next(feed, &b)) > 0) {
    }
    dna_window_feed_free(feed);
    close_windows(NULL);
    return rc;
}

static void
test_memory_may_run_out(void **state)
{
    (void)state;
    (void)write_sites(20, -1);
    for_each_oom(i) {
        int rc = read_all();
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_batches_hold_all_windows, close_windows),
        cmocka_unit_test_teardown(
            test_an_error_comes_after_what_was_read, close_windows),
        cmocka_unit_test_teardown(test_a_feed_may_be_left, close_windows),
        cmocka_unit_test_teardown(test_memory_may_run_out, close_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

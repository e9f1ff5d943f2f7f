/* test_genome_track.c - windows along a genome as tracks, summary and figure.
 *
 * SPDX-License-Identifier: MIT
 *
 * Borders, shares and quantiles are worked out by hand.
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "report/genome_track.h"

static const char *const labels[] = {"yes", "not at all"};
static const dna_predicted params[] = {
    {.name = "size"}, {.name = "selection", .n_class = 2, .labels = labels}};

static int
add(dna_genome_track *t, const char *contig, double start, double end, double size,
    double yes)
{
    const double values[] = {size, yes, 1 - yes, yes > 0.5 ? 0 : 1};
    return dna_genome_track_add(t, contig, start, end, values);
}

/* Windows that overlap, one without a prediction, and another contig. */
static int
make_track(dna_genome_track **out)
{
    dna_genome_track *t = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_genome_track_new(&t, params, 2));
    DNA_TRY(add(t, "1", 0, 100, 10, 0.75));
    DNA_TRY(add(t, "1", 50, 150, 20, 0.25));
    DNA_TRY(dna_genome_track_add(t, "1", 100, 200, NULL));
    DNA_TRY(add(t, "1", 150, 250, 30, 0.625));
    DNA_TRY(add(t, "1", 300, 400, 40, 0.5));
    DNA_TRY(add(t, "X", 7, 8, 60, 1));
    *out = t;
    t = NULL;
out:
    dna_genome_track_free(t);
    return rc;
}

static const char *
content(const char *path)
{
    static unsigned char *data;
    size_t n = 0;
    dna_free(data);
    data = NULL;
    assert_ok(dna_file_read(path, 1 << 20, &data, &n));
    return (const char *)data;
}

/* Windows at 0, 50, 100, 150 of 100 bp share 50 bp with the next one: borders are in the
 * middle of these. */
static void
test_bedgraphs_do_not_overlap(void **state)
{
    (void)state;
    dna_genome_track *t = NULL;
    assert_ok(make_track(&t));
    assert_int_equal(dna_genome_track_n(t), 5);
    assert_ok(dna_genome_track_save_bedgraph(t, test_path("cows")));
    assert_string_equal(content(test_path("cows.size.bedgraph")),
        "track type=bedGraph name=\"size\" description=\"size by dnadna predict\"\n"
        "1\t0\t75\t10\n1\t75\t125\t20\n1\t175\t250\t30\n1\t300\t400\t40\nX\t7\t8\t60\n");
    assert_string_equal(content(test_path("cows.selection_not_at_all.bedgraph")),
        "track type=bedGraph name=\"selection_not_at_all\" description=\"selection_not_at_all by dnadna predict\"\n"
        "1\t0\t75\t0.25\n1\t75\t125\t0.75\n1\t175\t250\t0.375\n1\t300\t400\t0.5\n"
        "X\t7\t8\t0\n");
    assert_true(dna_path_exists(test_path("cows.selection_yes.bedgraph")));
    assert_false(dna_path_exists(test_path("cows.selection.bedgraph")));
    assert_fails(dna_genome_track_save_bedgraph(t, test_path("none/cows")),
        DNA_ENOTFOUND, "cows.size.bedgraph");
    dna_genome_track_free(t);
}

static void
test_beds_have_values_as_names(void **state)
{
    (void)state;
    dna_genome_track *t = NULL;
    assert_ok(make_track(&t));
    assert_ok(dna_genome_track_save_bed(t, test_path("cows.bed")));
    assert_string_equal(content(test_path("cows.bed")),
        "1\t0\t100\tsize=10;selection=yes\n1\t50\t150\tsize=20;selection=not at all\n"
        "1\t150\t250\tsize=30;selection=yes\n1\t300\t400\tsize=40;selection=not at all\n"
        "X\t7\t8\tsize=60;selection=yes\n");
    dna_genome_track_free(t);
}

/* Sizes 10 20 30 40 60; probabilities of yes 0.25 0.5 0.625 0.75 1. */
static void
test_summaries_are_over_windows(void **state)
{
    (void)state;
    dna_genome_track *t = NULL;
    char *text = NULL;
    assert_ok(make_track(&t));
    assert_ok(dna_genome_track_save_summary(t, test_path("s.csv")));
    assert_string_equal(content(test_path("s.csv")),
        "parameter,class,n_windows,share,mean,median,q05,q25,q75,q95\n"
        "size,,5,NA,32.0,30.0,12.0,20.0,40.0,56.0\n"
        "selection,yes,5,0.6,0.625,0.625,0.3,0.5,0.75,0.95\n"
        "selection,not at all,5,0.4,0.375,0.375,0.05,0.25,0.5,0.7\n");
    assert_ok(dna_genome_track_tell(t, 0, &text));
    assert_string_equal(
        text, "size: mean 32, median 30, 90 % of windows from 12 to 56");
    dna_free(text);
    assert_ok(dna_genome_track_tell(t, 1, &text));
    assert_string_equal(text, "selection: 60 % yes, 40 % not at all");
    dna_free(text);
    dna_genome_track_free(t);
}

static int64_t
count(const char *text, const char *what)
{
    int64_t n = 0;
    for (const char *c = text; (c = strstr(c, what)) != NULL; c++) {
        n++;
    }
    return n;
}

/* Few windows: paths join their points. Many: still no more than the page has columns. */
static void
test_figures_are_bounded(void **state)
{
    (void)state;
    dna_genome_track *t = NULL;
    assert_ok(make_track(&t));
    assert_ok(dna_genome_track_draw(t, test_path("f.svg")));
    assert_non_null(strstr(content(test_path("f.svg")), "<svg"));
    assert_true(count(content(test_path("f.svg")), "<path") < 150);
    for (int i = 0; i < 30000; i++) {
        assert_ok(add(t, "2", 10.0 * i, 10.0 * i + 10, 1 + i % 97, 0.5));
    }
    assert_ok(dna_genome_track_draw(t, test_path("many.svg")));
    assert_true(count(content(test_path("many.svg")), "<path") < 4000);
    assert_fails(dna_genome_track_draw(t, test_path("f.txt")), DNA_EARG, "f.txt");
    dna_genome_track_free(t);
}

static void
test_memory_may_run_out(void **state)
{
    (void)state;
    for_each_oom(i) {
        dna_genome_track *t = NULL;
        int rc = make_track(&t);
        rc = rc < 0 ? rc : dna_genome_track_save_bedgraph(t, test_path("oom"));
        rc = rc < 0 ? rc : dna_genome_track_save_bed(t, test_path("oom.bed"));
        rc = rc < 0 ? rc : dna_genome_track_save_summary(t, test_path("oom.csv"));
        dna_genome_track_free(t);
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        /* some of it is done without */
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bedgraphs_do_not_overlap),
        cmocka_unit_test(test_beds_have_values_as_names),
        cmocka_unit_test(test_summaries_are_over_windows),
        cmocka_unit_test(test_figures_are_bounded),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_figure.c - ticks, and figures as files.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/support.h"

#include "base/path.h"
#include "report/axis.h"
#include "report/figure.h"
#include "report/sumstats_figure.h"

static void
assert_labels(double min, double max, bool is_log, const char *want)
{
    dna_ticks t;
    char all[512] = "";
    char label[48];
    dna_ticks_find(&t, min, max, is_log, 5);
    for (int i = 0; i < t.n; i++) {
        double place = dna_ticks_place(&t, t.at[i]);
        assert_true(place > -1e-6 && place < 1 + 1e-6);
        if (!t.is_minor[i]) {
            dna_ticks_label(&t, i, label, sizeof(label));
            (void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s ", label);
        }
    }
    assert_string_equal(all, want);
}

static void
test_ticks(void **state)
{
    (void)state;
    assert_labels(0, 1, false, "0.0 0.2 0.4 0.6 0.8 1.0 ");
    assert_labels(-2.3, 2.9, false, "\u22122 \u22121 0 1 2 ");
    assert_labels(0.011, 0.019, false, "0.012 0.014 0.016 0.018 ");
    assert_labels(0, 2e6, false, "0 500000 1000000 1500000 2000000 ");
    assert_labels(50, 2e6, true, "100 10\u00b3 10\u2074 10\u2075 10\u2076 ");
    assert_labels(0.0002, 20, true, "10\u207b\u00b3 0.01 0.1 1 10 ");
    assert_labels(30, 800, true, "50 100 200 500 "); /* below two powers of ten */
    assert_labels(1e-12, 1e12, true,
        "10\u207b\u00b9\u00b2 10\u207b\u00b9\u00b9 10\u207b\u00b9\u2070 10\u207b\u2079 10\u207b\u2078 "
        "10\u207b\u2077 10\u207b\u2076 10\u207b\u2075 10\u207b\u2074 10\u207b\u00b3 0.01 0.1 1 10 100 "
        "10\u00b3 10\u2074 10\u2075 10\u2076 10\u2077 10\u2078 10\u2079 10\u00b9\u2070 10\u00b9\u00b9 "
        "10\u00b9\u00b2 ");
    assert_labels(3, 3, false, "1.5 2.0 2.5 3.0 3.5 4.0 4.5 "); /* no range */
    assert_labels((double)NAN, (double)NAN, false, "0.0 0.2 0.4 0.6 0.8 1.0 ");
    assert_labels(-1, 5, true, "1 2 5 10 ");
}

static void
test_places(void **state)
{
    (void)state;
    dna_ticks t;
    dna_ticks_find(&t, 10, 1000, true, 5);
    assert_near(dna_ticks_place(&t, 10), 0, 1e-12);
    assert_near(dna_ticks_place(&t, 100), 0.5, 1e-12);
    assert_true(isnan(dna_ticks_place(&t, 0)));
    dna_ticks_find(&t, -5, 5, false, 5);
    assert_near(dna_ticks_place(&t, 0), 0.5, 1e-12);
}

/* Every kind of series, with gaps, values that a log axis has not, and no points. */
static int
draw(const char *path)
{
    static const double x[] = {1, 10, 100, 1000, 0};
    const double y[] = {0.5, (double)NAN, 0.25, 0.125, 1};
    static const double low[] = {0.25, 0.125, 0.125, 0, 0},
                        high[] = {1, 1, 0.5, 0.25, 0};
    dna_figure *f = NULL;
    int rc = dna_figure_new(&f, 1, 2);
    if (rc < 0) {
        return rc;
    }
    dna_panel *p = dna_figure_panel(f, 0);
    dna_panel_axes(p, "Decay", (dna_axis){.label = "distance (bp)", .is_log = true},
        (dna_axis){.label = "mean", .has_min = true});
    dna_panel_reference(p, 0.3, "note");
    for (int kind = DNA_SERIES_LINE; kind <= DNA_SERIES_BAND; kind++) {
        dna_panel_add(p, &(dna_series){.kind = (dna_series_kind)kind,
                             .n = kind == DNA_SERIES_POINTS ? 0 : 5,
                             .x = x,
                             .y = y,
                             .low = low,
                             .high = high,
                             .color = dna_palette(kind),
                             .name = kind == DNA_SERIES_LINE ? "series" : NULL});
    }
    rc = dna_figure_save(f, path);
    dna_figure_free(f);
    return rc;
}

static void
assert_begins(const char *path, const char *bytes, size_t n)
{
    unsigned char *data = NULL;
    size_t size = 0;
    assert_ok(dna_file_read(path, 1 << 24, &data, &size));
    assert_true(size > 2000);
    assert_memory_equal(data, bytes, n);
    dna_free(data);
}

static void
test_files(void **state)
{
    (void)state;
    unsigned char *data = NULL;
    size_t size = 0;
    assert_ok(draw(test_path("a.svg")));
    assert_ok(draw(test_path("a.PDF")));
    assert_ok(draw(test_path("a.png")));
    assert_begins(test_path("a.PDF"), "%PDF-", 5);
    assert_begins(test_path("a.png"), "\x89PNG\r\n\x1a\n", 8);
    assert_begins(test_path("a.svg"), "<?xml", 5);
    /* 2 panels of 270 by 205 points, and 4 below; 200 dots an inch */
    assert_ok(dna_file_read(test_path("a.png"), 1 << 24, &data, &size));
    assert_int_equal(data[18] << 8 | data[19], 540 * 200 / 72);
    assert_int_equal(data[22] << 8 | data[23], (209 * 200 + 71) / 72);
    dna_free(data);
    assert_ok(dna_file_read(test_path("a.svg"), 1 << 24, &data, &size));
    assert_non_null(strstr((const char *)data, "</svg>"));
    dna_free(data);
}

static void
test_what_is_refused(void **state)
{
    (void)state;
    assert_fails(
        draw(test_path("a.gif")), DNA_EARG, "a figure is an .svg, .pdf or .png file");
    assert_fails(draw(".png"), DNA_EARG, "a figure is");
    assert_fails(draw(test_path("no/a.svg")), DNA_ENOTFOUND, "no");
    assert_false(dna_path_exists(test_path("a.gif")));
}

/* No scenario, one, and more than there are colours. */
static void
test_sumstats(void **state)
{
    (void)state;
    int64_t sfs[] = {0, 6, 3, 2, 0};
    double values[3][DNA_N_STAT] = {{0}};
    dna_window windows[3] = {{0, 10, 0, 1}, {10, 20, 1, 2}, {20, 30, 2, 3}};
    dna_ld_bin ld[2] = {{0, 100, 3, 50, 0.5, 0.1}, {100, 1000, 0, 0, 0, 0}};
    dna_sumstats s = {.n_hap = 4,
        .sfs = sfs,
        .n_window = 3,
        .windows = windows,
        .values = values,
        .n_bin = 2,
        .ld = ld};
    dna_sumstats *replicates[] = {&s, &s};
    static const int counts[] = {0, 1, 30};
    values[1][DNA_STAT_TAJIMA_D] = (double)NAN;
    ld[1].distance_mean = ld[1].r2_mean = (double)NAN;
    for (int k = 0; k < 6; k++) {
        dna_sumstats_figure *f = NULL;
        assert_ok(dna_sumstats_figure_new(&f, "scenario", k % 2 == 1));
        for (int i = 0; i < counts[k / 2]; i++) {
            s.whole[DNA_STAT_TAJIMA_D] = i;
            assert_ok(dna_sumstats_figure_add(f, i, replicates, 2));
        }
        assert_ok(dna_sumstats_figure_save(f, test_path("s.svg")));
        assert_begins(test_path("s.svg"), "<?xml", 5);
        dna_sumstats_figure_free(f);
    }
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    for_each_oom(i) {
        int rc = draw(test_path("oom.svg"));
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_true(rc == DNA_ENOMEM || rc == DNA_OK); /* OK: only the folder's sync */
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_sumstats),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

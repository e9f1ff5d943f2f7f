/* test_sumstats_table.c - rows of the tables, from statistics made by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/support.h"

#include "report/sumstats_table.h"

typedef int (*put_rows)(dna_table *t, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n);

/* The text of a table without its header. */
static const char *
rows_of(dna_sumstats_table which, put_rows put, const dna_sumstats_rows *rows,
    dna_sumstats *const *replicates, int64_t n)
{
    static char text[8192];
    FILE *f = fopen(test_path("t.csv"), "w+");
    int64_t n_column = 0;
    const char *const *columns = dna_sumstats_table_columns(which, &n_column);
    dna_table *t = NULL;
    assert_non_null(f);
    assert_ok(dna_table_open_stream(&t, f, columns, n_column));
    assert_ok(put(t, rows, replicates, n));
    assert_ok(dna_table_flush(t));
    dna_table_free(t);
    rewind(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    (void)fclose(f);
    return strchr(text, '\n') + 1;
}

static const dna_sumstats_rows plain = {.model = "m", .label = "l,1", .scenario = 4};

/* Two replicates of 4: xi = 6 3 2 and 8 1 0; k xi = 6 6 6 and 8 2 0. */
static void
test_sfs(void **state)
{
    (void)state;
    int64_t one[] = {9, 6, 3, 2, 9}, two[] = {9, 8, 1, 0, 9};
    dna_sumstats a = {.n_hap = 4, .sfs = one}, b = {.n_hap = 4, .sfs = two};
    dna_sumstats *both[] = {&a, &b};
    char want[512];
    double level = (7 + 4 + 3) / 3.0;
    const char *text = rows_of(DNA_TABLE_SFS, dna_sumstats_put_sfs, &plain, both, 2);
    int k = 0;
    double n_snp = 0, i_xi = 0, f = 0, norm = 0, sem = 0, std = 0;
    static const double xi[] = {7, 2, 1}, scaled[] = {7, 4, 3};
    const double sd[] = {sqrt(2), sqrt(8), sqrt(18)};
    for (int i = 1; i <= 3; i++) {
        (void)snprintf(want, sizeof(want), "%d,4,m,\"l,1\",", i);
        assert_memory_equal(text, want, strlen(want));
        text += strlen(want);
        assert_int_equal(sscanf(text, "%lf,%lf,%lf,%d,%lf,%lf,%lf", &n_snp, &i_xi, &f,
                             &k, &norm, &sem, &std),
            7);
        assert_near(n_snp, xi[i - 1], 1e-12);
        assert_near(i_xi, scaled[i - 1], 1e-12);
        assert_near(f, i / 4.0, 0);
        assert_int_equal(k, 4);
        assert_near(norm, scaled[i - 1] / level, 1e-12);
        assert_near(std, sd[i - 1] / level, 1e-12);
        assert_near(sem, sd[i - 1] / sqrt(2) / level, 1e-12);
        text = strchr(text, '\n') + 1;
    }
    assert_string_equal(text, "");
}

/* Folded, of 4: eta = 8 3, scaled by 3/4 and by 2; and a replicate of another number. */
static void
test_folded_and_mixed(void **state)
{
    (void)state;
    int64_t one[] = {9, 6, 3, 2, 9}, two[] = {9, 5, 9};
    dna_sumstats a = {.n_hap = 4, .sfs = one}, b = {.n_hap = 2, .sfs = two};
    dna_sumstats *both[] = {&a, &b};
    dna_sumstats_rows rows = plain;
    rows.is_folded = true;
    rows.label = "";
    assert_string_equal(rows_of(DNA_TABLE_SFS, dna_sumstats_put_sfs, &rows, both, 2),
        "1,4,m,,8.0,6.0,0.25,4,1.0,nan,nan\n"
        "2,4,m,,3.0,6.0,0.5,4,1.0,nan,nan\n"
        "1,4,m,,5.0,5.0,0.5,2,1.0,nan,nan\n");
}

static void
test_ld(void **state)
{
    (void)state;
    double nan = (double)NAN;
    dna_ld_bin one[] = {{0, 100, 4, 50, 0.5, 0.25}, {100, 1000, 0, nan, nan, nan}};
    dna_ld_bin two[] = {{0, 100, 2, 30, 0.25, 0.5}, {100, 1000, 0, nan, nan, nan}};
    dna_sumstats a = {.n_bin = 2, .ld = one}, b = {.n_bin = 2, .ld = two};
    dna_sumstats *both[] = {&a, &b};
    assert_string_equal(rows_of(DNA_TABLE_LD, dna_sumstats_put_ld, &plain, both, 2),
        "\"(0.0, 100.0]\",4,m,\"l,1\",40.0,0.375,3.0,0.375\n"
        "\"(100.0, 1000.0]\",4,m,\"l,1\",nan,nan,0.0,nan\n");
}

static void
test_sel_windows(void **state)
{
    (void)state;
    double nan = (double)NAN;
    double one[2][DNA_N_STAT] = {{0}}, two[2][DNA_N_STAT] = {{0}};
    one[0][DNA_STAT_TAJIMA_D] = 1;
    two[0][DNA_STAT_TAJIMA_D] = 3;
    one[1][DNA_STAT_TAJIMA_D] = nan;
    two[1][DNA_STAT_TAJIMA_D] = -1;
    one[0][DNA_STAT_NSL] = one[1][DNA_STAT_NSL] = nan;
    two[0][DNA_STAT_NSL] = two[1][DNA_STAT_NSL] = nan;
    dna_sumstats a = {.n_window = 2, .values = one}, b = {.n_window = 2, .values = two};
    dna_sumstats *both[] = {&a, &b};
    char want[256];
    (void)snprintf(want, sizeof(want),
        "1,4,m,\"l,1\",2.0,0.0,nan,%.17g,1.0,0.0,0.0,nan,nan\n"
        "2,4,m,\"l,1\",-1.0,0.0,nan,nan,nan,0.0,0.0,nan,nan\n",
        sqrt(2));
    const char *text = rows_of(DNA_TABLE_SEL, dna_sumstats_put_sel, &plain, both, 2);
    assert_string_equal(text, want);
}

/* Per site, replicates of different lengths; D of the sample stands in every row. */
static void
test_sel_sites(void **state)
{
    (void)state;
    double nan = (double)NAN;
    double ihs_one[] = {1, nan}, nsl_one[] = {0.5, 2}, ihs_two[] = {2},
           nsl_two[] = {1.5};
    dna_sumstats a = {.n_site = 2, .ihs = ihs_one, .nsl = nsl_one};
    dna_sumstats b = {.n_site = 1, .ihs = ihs_two, .nsl = nsl_two};
    dna_sumstats *both[] = {&a, &b};
    a.whole[DNA_STAT_TAJIMA_D] = 4;
    b.whole[DNA_STAT_TAJIMA_D] = 4;
    const char *text = rows_of(DNA_TABLE_SEL, dna_sumstats_put_sel, &plain, both, 2);
    static const char first[] = "0,4,m,\"l,1\",4.0,1.5,1.0,0.0,0.0,";
    assert_memory_equal(text, first, strlen(first));
    assert_string_equal(
        strchr(text, '\n') + 1, "1,4,m,\"l,1\",4.0,nan,2.0,nan,nan,nan,nan,nan,nan\n");
}

static int
put_long(dna_table *t, const dna_sumstats_rows *rows, dna_sumstats *const *replicates,
    int64_t n)
{
    dna_sumstats_source source = {
        .path = "a.npz", .label = "", .scenario = -1, .replicate = -1};
    (void)rows;
    (void)n;
    return dna_sumstats_put_long(t, &source, replicates[0]);
}

static void
test_long(void **state)
{
    (void)state;
    int64_t sfs[] = {9, 5, 9}, counts[] = {7};
    dna_ld_bin bin = {0, 100, 4, 50, 0.5, 0.25};
    dna_window window = {10, 60, 0, 3};
    double values[1][DNA_N_STAT] = {{0}}, dxy[] = {1.5}, fst[] = {0.25};
    dna_population_pair pair = {0, 1, 2.5, 0.5, dxy, fst};
    values[0][DNA_STAT_NSL] = -2;
    dna_sumstats s = {.n_hap = 2,
        .sfs = sfs,
        .n_bin = 1,
        .ld = &bin,
        .ibs_counts = counts,
        .ibs = {11, 12, 13},
        .n_window = 1,
        .windows = &window,
        .values = values,
        .n_pair = 1,
        .pairs = &pair};
    dna_sumstats *one[] = {&s};
    s.whole[DNA_STAT_PI] = 0.125;
    const char *text = rows_of(DNA_TABLE_LONG, put_long, &plain, one, 1);
    static const char *const rows[] = {"a.npz,,,,,,,,n_indiv,2.0\n",
        "a.npz,,,,,,,,pi,0.125\n", "a.npz,,,,,,,,fst_0_1,0.5\n",
        "a.npz,,,,,,,1,sfs,5.0\n", "a.npz,,,,,0.0,100.0,1,r2_mean,0.5\n",
        "a.npz,,,,,0.0,100.0,1,ibs_count,7.0\n", "a.npz,,,,,,,,ibs_length_mean,12.0\n",
        "a.npz,,,,1,10.0,60.0,,nsl,-2.0\n", "a.npz,,,,1,10.0,60.0,,dxy_0_1,1.5\n"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strstr(text, rows[i]) == NULL) {
            fail_msg("%s is not in %s", rows[i], text);
        }
    }
    assert_null(strstr(text, "a.npz,,,,,,,,nsl"));
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    int64_t one[] = {9, 6, 3, 2, 9};
    dna_sumstats a = {.n_hap = 4, .sfs = one};
    dna_sumstats *both[] = {&a, &a};
    dna_sumstats_rows rows = plain;
    rows.is_folded = true;
    for_each_oom(i) {
        FILE *f = fopen(test_path("oom.csv"), "w");
        int64_t n = 0;
        const char *const *columns = dna_sumstats_table_columns(DNA_TABLE_SFS, &n);
        dna_table *t = NULL;
        int rc = dna_table_open_stream(&t, f, columns, n);
        rc = rc < 0 ? rc : dna_sumstats_put_sfs(t, &rows, both, 2);
        rc = rc < 0 ? rc : dna_table_flush(t);
        dna_table_free(t);
        (void)fclose(f);
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
        cmocka_unit_test(test_sfs),
        cmocka_unit_test(test_folded_and_mixed),
        cmocka_unit_test(test_ld),
        cmocka_unit_test(test_sel_windows),
        cmocka_unit_test(test_sel_sites),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

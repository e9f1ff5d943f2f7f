/* test_prediction_table.c - columns, rows and summaries of predictions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/prediction_table.h"
#include "report/summary.h"

static const char *const labels[] = {"yes", "not at all"};
static const dna_predicted params[] = {
    {.name = "position"}, {.name = "selection", .n_class = 2, .labels = labels}};

/* What a table of the two parameters above looks like after put() filled it. */
static const char *
table_text(
    const char *const *lead, int64_t n_lead, bool is_summary, void (*put)(dna_table *t))
{
    static char text[4096];
    char **columns = NULL;
    int64_t n = 0;
    dna_table *t = NULL;
    memset(text, 0, sizeof(text));
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_ok(
        dna_prediction_columns(&columns, &n, lead, n_lead, params, 2, is_summary));
    assert_ok(dna_table_open_stream(&t, f, (const char *const *)columns, n));
    put(t);
    assert_ok(dna_table_end_row(t));
    assert_ok(dna_table_flush(t));
    dna_table_free(t);
    dna_columns_free(columns, n);
    rewind(f);
    assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
    fclose(f);
    return text;
}

static void
put_sample(dna_table *t)
{
    const double values[] = {0.123, 0.25, 0.75, 1.0};
    dna_table_text(t, "a.npz");
    dna_prediction_put(t, params, 2, values);
}

static void
test_samples_have_the_columns_of_the_original(void **state)
{
    (void)state;
    const char *const lead[] = {"path"};
    assert_int_equal(dna_predicted_n_value(params, 2), 4);
    assert_string_equal(table_text(lead, 1, false, put_sample),
        "path,position,selection_yes,selection_not at all,selection\n"
        "a.npz,0.123,0.25,0.75,not at all\n");
}

static void
put_scenario(dna_table *t)
{
    /* four replicates; the class of the largest mean probability is not that of most */
    const double values[] = {
        4.0, 0.6, 0.4, 0.0, 1.0, 0.6, 0.4, 0.0, 3.0, 0.6, 0.4, 0.0, 2.0, 0.0, 1.0, 1.0};
    dna_table_integer(t, 7);
    assert_ok(dna_prediction_put_summary(t, params, 2, values, 4));
}

static void
test_scenarios_have_mean_median_quantiles_and_mean_probabilities(void **state)
{
    (void)state;
    const char *const lead[] = {"scenario_idx"};
    /* /usr/bin/python3 -c "import numpy as np;
     *  print(np.quantile([4,1,3,2],[.5,.05,.25,.75,.95]).tolist())"
     * -> 2.5 1.15 1.75 3.25 3.8499999999999996
     */
    const char *text = table_text(lead, 1, true, put_scenario);
    assert_non_null(strstr(text,
        "scenario_idx,position_mean,position_median,position_q05,position_q25,"
        "position_q75,position_q95,selection_yes,selection_not at all,selection\n"
        "7,2.5,2.5,1.15,1.75,3.25,3.8499999999999996,"));
    assert_non_null(strstr(text, ",not at all\n"));
}

static void
test_raw_outputs_are_numbered(void **state)
{
    (void)state;
    const char *const lead[] = {"path", "scenario_idx"};
    char **columns = NULL;
    int64_t n = 0;
    assert_ok(dna_raw_columns(&columns, &n, lead, 2, 11));
    assert_int_equal(n, 13);
    assert_string_equal(columns[1], "scenario_idx");
    assert_string_equal(columns[2], "out_0");
    assert_string_equal(columns[12], "out_10");
    dna_columns_free(columns, n);
}

static void
test_quantiles_are_linear_between_neighbours(void **state)
{
    (void)state;
    double x[] = {(double)NAN, 3.0, 1.0, 2.0};
    dna_sort(x, 4);
    assert_true(x[0] <= 1.0 && x[1] <= 2.0 && x[2] <= 3.0 && isnan(x[3]));
    assert_near(dna_quantile(x, 3, 0.0), 1.0, 0.0);
    assert_near(dna_quantile(x, 3, 0.25), 1.5, 1e-15);
    assert_near(dna_quantile(x, 3, 1.0), 3.0, 0.0);
    assert_near(dna_quantile(x, 1, 0.95), 1.0, 0.0);
    assert_near(dna_mean_of(x, 3), 2.0, 1e-15);
}

static int
make_columns(void)
{
    char **columns = NULL;
    int64_t n = 0;
    const char *const lead[] = {"path"};
    int rc = dna_prediction_columns(&columns, &n, lead, 1, params, 2, true);
    dna_columns_free(columns, n);
    return rc;
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    for_each_oom(i) {
        int rc = make_columns();
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_have_the_columns_of_the_original),
        cmocka_unit_test(
            test_scenarios_have_mean_median_quantiles_and_mean_probabilities),
        cmocka_unit_test(test_raw_outputs_are_numbered),
        cmocka_unit_test(test_quantiles_are_linear_between_neighbours),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

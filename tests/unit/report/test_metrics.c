/* test_metrics.c - RMSE, R2 and the others; their table; their lines.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: the formulas in NumPy 1.24 (the command stands beside the numbers), and cases
 * small enough for a head.
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "base/path.h"
#include "io/csv.h"
#include "report/metrics_table.h"
#include "report/metrics_text.h"

#define NONE ((double)NAN)

static const char *const labels[] = {"a", "b \"quoted\"", "never", "d, with comma"};
static const dna_predicted params[] = {
    {.name = "size"}, {.name = "kind", .n_class = 4, .labels = labels}};

/* Ten samples: size, four probabilities that do not matter, kind. */
#define N_SAMPLE        10
#define ROW(size, kind) size, 0.25, 0.25, 0.25, 0.25, kind
static const double values[N_SAMPLE * 6] = {ROW(100, 0), ROW(-2.5, 0), ROW(0.5, 0),
    ROW(1900.25, 1), ROW(20, 3), ROW(-1, 1), ROW(7.25, 0), ROW(40.125, 3), ROW(1, 3),
    ROW(2, 2)};
static const double truth[N_SAMPLE * 2] = {
    120.5, 0, -3, 0, 0, 0, 2000, 0, 15, 0, 0, 1, 7.25, 1, 42, 3, NONE, 3, NONE, 3};

/* /usr/bin/python3 -c "import numpy as np
 *  t = np.array([120.5,-3,0,2000,15,0,7.25,42])
 *  p = np.array([100,-2.5,0.5,1900.25,20,-1,7.25,40.125])
 *  d = p - t; k = t != 0
 *  print(np.sqrt(np.mean(d**2)), 1 - np.sum(d**2) / np.sum((t - t.mean())**2),
 *      np.mean(np.abs(d[k]) / np.abs(t[k])), d.mean(), (~k).sum())
 *  T = np.array([0,0,0,0,0,1,1,3,3,3]); P = np.array([0,0,0,1,3,1,0,3,3,2])
 *  C = np.zeros((4,4),int); np.add.at(C, (T, P), 1)
 *  r = [C[i,i] / C[i].sum() for i in range(4) if C[i].sum()]
 *  print(C.tolist(), np.mean(T == P), np.mean(r))" */
static void
test_metrics_are_those_of_numpy(void **state)
{
    (void)state;
    static const int64_t confusion[16] = {
        3, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2};
    dna_metrics *m = NULL;
    assert_ok(dna_metrics_new(&m, params, 2));
    for (int again = 0; again < 2; again++) { /* the memory is used again */
        dna_metrics_eval(m, values, truth, N_SAMPLE);
        assert_int_equal(m->each[0].n, 8);
        assert_int_equal(m->each[0].n_zero, 2);
        assert_near(m->each[0].rmse, 36.056081534534506, 1e-14);
        assert_near(m->each[0].r2, 0.9969603608233788, 1e-14);
        assert_near(m->each[0].relative_error, 0.12744038974510966, 1e-14);
        assert_near(m->each[0].bias, -14.640625, 1e-14);
        assert_true(isnan(m->each[0].accuracy));
        assert_null(m->each[0].confusion);
        assert_int_equal(m->each[1].n, 10);
        assert_memory_equal(m->each[1].confusion, confusion, sizeof(confusion));
        assert_near(m->each[1].accuracy, 0.6, 1e-14);
        assert_near(m->each[1].balanced_accuracy, 0.5888888888888889, 1e-14);
        assert_true(isnan(m->each[1].rmse));
    }
    dna_metrics_free(m);
}

static void
test_perfect_mean_and_shifted_predictions_have_known_metrics(void **state)
{
    (void)state;
    const double t[] = {1, 2, 3, 6};
    const double mean[] = {3, 3, 3, 3};
    const double shifted[] = {11, 12, 13, 16};
    dna_metrics *m = NULL;
    assert_ok(dna_metrics_new(&m, params, 1));
    dna_metrics_eval(m, t, t, 4);
    assert_near(m->each[0].r2, 1.0, 0.0);
    assert_near(m->each[0].rmse, 0.0, 0.0);
    dna_metrics_eval(m, mean, t, 4);
    assert_near(m->each[0].r2, 0.0, 0.0);
    assert_near(m->each[0].bias, 0.0, 0.0);
    dna_metrics_eval(m, shifted, t, 4);
    assert_near(m->each[0].rmse, 10.0, 0.0);
    assert_near(m->each[0].bias, 10.0, 0.0);
    assert_near(m->each[0].r2, 1.0 - 400.0 / 14.0, 1e-14);
    assert_near(m->each[0].relative_error, (10 + 5 + 10.0 / 3 + 10.0 / 6) / 4, 1e-14);
    dna_metrics_free(m);
}

static void
test_what_is_not_defined_is_nan(void **state)
{
    (void)state;
    /* the rounded mean of three times 0.1 is not 0.1: still there is no spread */
    const double equal[] = {0.1, 0.1, 0.1};
    const double zero[] = {0, 0, 0};
    const double missing[] = {NONE, NONE, NONE};
    const double p[] = {1, 2, 3};
    const double infinite[] = {1, (double)INFINITY, 3};
    dna_metrics *m = NULL;
    assert_ok(dna_metrics_new(&m, params, 1));
    const dna_metric *one = &m->each[0];
    dna_metrics_eval(m, p, equal, 3);
    assert_true(isnan(one->r2));
    assert_near(one->bias, 1.9, 1e-14);
    dna_metrics_eval(m, p, zero, 3);
    assert_true(isnan(one->relative_error) && isnan(one->r2));
    assert_int_equal(one->n_zero, 3);
    assert_near(one->rmse, sqrt(14.0 / 3.0), 1e-14);
    dna_metrics_eval(m, infinite, p, 3);
    assert_true(isinf(one->rmse) && isinf(one->r2) && one->r2 < 0);
    for (int64_t n = 0; n <= 3; n += 3) { /* no sample; none with a true value */
        dna_metrics_eval(m, p, missing, n);
        assert_int_equal(one->n, 0);
        assert_true(isnan(one->rmse) && isnan(one->r2) && isnan(one->bias));
        assert_true(isnan(one->relative_error));
    }
    dna_metrics_free(m);

    const double probabilities[] = {0.25, 0.25, 0.25, 0.25, 2};
    assert_ok(dna_metrics_new(&m, params + 1, 1));
    dna_metrics_eval(m, probabilities, missing, 1);
    assert_int_equal(m->each[0].n, 0);
    assert_true(isnan(m->each[0].accuracy) && isnan(m->each[0].balanced_accuracy));
    dna_metrics_free(m);
}

static int
write_table(const char *path)
{
    const dna_metrics_row row = {
        .epoch = 2, .batch = 7, .step = 640, .split = "test", .network = "best"};
    const double losses[] = {0.5, NONE};
    dna_metrics *m = NULL;
    dna_table *t = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_metrics_new(&m, params, 2));
    dna_metrics_eval(m, values, truth, N_SAMPLE);
    DNA_TRY(dna_metrics_table_open(&t, path, 0));
    DNA_TRY(dna_metrics_table_losses(t, &row, params, losses, 2, 0.1));
    DNA_TRY(dna_metrics_table_put(t, &row, m));
    DNA_TRY(dna_table_flush(t));
out:
    dna_table_free(t);
    dna_metrics_free(m);
    return rc;
}

/* Cells parameter to value of row i, as our own reader of CSV sees them. */
static const char *
row_text(const dna_csv *csv, int64_t i)
{
    static char text[256];
    snprintf(text, sizeof(text), "%s|%s|%s|%s|%s", dna_csv_cell(csv, i, 5),
        dna_csv_cell(csv, i, 6), dna_csv_cell(csv, i, 7), dna_csv_cell(csv, i, 8),
        dna_csv_cell(csv, i, 9));
    return text;
}

static void
test_the_table_has_one_number_a_row(void **state)
{
    (void)state;
    const char *path = test_path("metrics.csv");
    unsigned char *data = NULL;
    size_t n = 0;
    dna_csv csv;
    assert_ok(write_table(path));
    assert_ok(dna_file_read(path, 100000, &data, &n));
    assert_ptr_equal(strstr((const char *)data,
                         "epoch,batch,step,split,network,parameter,metric,true_class,"
                         "predicted_class,value\n"
                         "2,7,640,test,best,,loss,,,0.1\n"
                         "2,7,640,test,best,size,loss,,,0.5\n"
                         "2,7,640,test,best,kind,loss,,,\n"
                         "2,7,640,test,best,size,rmse,,,36.056081534534"),
        data);
    assert_non_null(strstr((const char *)data,
        ",kind,confusion,\"b \"\"quoted\"\"\",\"d, with comma\",0\n"));
    dna_free(data);
    assert_ok(dna_csv_read(&csv, path, ','));
    assert_int_equal(csv.n_row, 3 + 6 + 3 + 16);
    assert_string_equal(row_text(&csv, 7), "size|n|||8");
    assert_string_equal(row_text(&csv, 8), "size|n_zero|||2");
    assert_string_equal(row_text(&csv, 9), "kind|accuracy|||0.6");
    assert_string_equal(row_text(&csv, 12), "kind|confusion|a|a|3");
    assert_string_equal(row_text(&csv, 15), "kind|confusion|a|d, with comma|1");
    assert_string_equal(row_text(&csv, 16), "kind|confusion|b \"quoted\"|a|1");
    assert_string_equal(
        row_text(&csv, 27), "kind|confusion|d, with comma|d, with comma|2");
    dna_csv_clear(&csv);
}

static void
test_lines_are_aligned(void **state)
{
    (void)state;
    const dna_predicted two[] = {{.name = "\xc2\xb5"}, /* the letter mu: one column */
        {.name = "kind", .n_class = 2, .labels = labels}};
    const double p[] = {100, 0.5, 0.5, 0, -2.5, 0.5, 0.5, 1, 0, 0.5, 0.5, 1};
    const double t[] = {120.5, 0, -3, 0, 0, 1};
    const double none[] = {NONE, NONE, NONE, NONE, NONE, NONE};
    const double losses[] = {0.123456, 2.5};
    dna_metrics *m = NULL;
    dna_str s;
    dna_str_init(&s, 0);
    assert_ok(dna_metrics_new(&m, two, 2));
    dna_metrics_eval(m, p, t, 3);
    assert_ok(dna_metrics_text(&s, m, losses));
    assert_string_equal(dna_str_text(&s),
        "  \xc2\xb5     loss 0.1235  RMSE 11.84  R2 0.9576  relative error 0.1684  "
        "bias -6.667\n"
        "  kind  loss 2.5  accuracy 0.6667  balanced accuracy 0.75\n"
        "      true \\ predicted        a  b \"quoted\"\n"
        "      a                       1           1\n"
        "      b \"quoted\"              0           1\n");
    dna_str_clear(&s);
    dna_metrics_eval(m, p, none, 3);
    assert_ok(dna_metrics_text(&s, m, losses));
    assert_string_equal(dna_str_text(&s), "  \xc2\xb5     no sample has a true value\n"
                                          "  kind  no sample has a true value\n");
    dna_str_clear(&s);
    dna_metrics_free(m);
}

static void
test_numbers_of_a_kind_stand_below_each_other(void **state)
{
    (void)state;
    const dna_predicted three[] = {{.name = "event"}, {.name = "x"}, {.name = "y"}};
    const double p[] = {1, 30, 0, 2, 10000, 0, 3, 20, 0};
    const double t[] = {1, 0, NONE, 1, 0, NONE, 1, 0, NONE};
    const double losses[] = {2, 0.03125, 0};
    dna_metrics *m = NULL;
    dna_str s;
    dna_str_init(&s, 0);
    assert_ok(dna_metrics_new(&m, three, 3));
    dna_metrics_eval(m, p, t, 3);
    assert_ok(dna_metrics_text(&s, m, losses));
    assert_string_equal(dna_str_text(&s),
        "  event  loss 2        RMSE 1.291  R2 -  relative error 1  bias 1\n"
        "  x      loss 0.03125  RMSE 5774   R2 -  relative error -  bias 3350\n"
        "  y      no sample has a true value\n");
    dna_str_clear(&s);
    dna_metrics_free(m);
}

static int
make_all(const char *path)
{
    const double losses[] = {0.5, 0.25};
    dna_metrics *m = NULL;
    dna_str s;
    int rc = DNA_OK;
    dna_str_init(&s, 0);
    DNA_TRY(write_table(path));
    DNA_TRY(dna_metrics_new(&m, params, 2));
    dna_metrics_eval(m, values, truth, N_SAMPLE);
    DNA_TRY(dna_metrics_text(&s, m, losses));
out:
    dna_str_clear(&s);
    dna_metrics_free(m);
    return rc;
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    const char *path = test_path("oom.csv");
    for_each_oom(i) {
        int rc = make_all(path);
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        if (oom_done()) {
            break;
        }
    }
    const dna_predicted many = {.name = "x", .n_class = INT64_MAX / 2};
    dna_metrics *m = NULL;
    assert_fails(dna_metrics_new(&m, &many, 1), DNA_ENOMEM, "x: a confusion matrix");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics_are_those_of_numpy),
        cmocka_unit_test(test_perfect_mean_and_shifted_predictions_have_known_metrics),
        cmocka_unit_test(test_what_is_not_defined_is_nan),
        cmocka_unit_test(test_the_table_has_one_number_a_row),
        cmocka_unit_test(test_lines_are_aligned),
        cmocka_unit_test(test_numbers_of_a_kind_stand_below_each_other),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

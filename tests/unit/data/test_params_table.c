/* test_params_table.c - the table of scenarios.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/data/data_fixture.h"

static const char *labels[] = {"no", "yes"};
static const dna_param params[] = {
    {.name = "time", .type = DNA_REGRESSION},
    {.name = "selected", .type = DNA_CLASSIFICATION, .n_class = 2, .labels = labels},
};

static void
test_rows_are_read_and_sorted(void **state)
{
    (void)state;
    const char *path =
        write_text("t.csv", ",selected,scenario_idx,other,time,n_replicates\n"
                            "0,1,7,x,2.5,3\n"
                            "1,0.0,2,y,,10\n"
                            "2,yes,30,z,-1e-8,0\n");
    dna_params_table t;
    assert_ok(dna_params_table_read(&t, path, params, 2));
    assert_int_equal(t.n_row, 3);
    assert_int_equal(t.scenario[0], 2);
    assert_int_equal(t.scenario[1], 7);
    assert_int_equal(t.scenario[2], 30);
    assert_int_equal(t.n_replicate[0], 10);
    assert_true(isnan(t.targets[0]));
    assert_near(t.targets[1], 0, 0);
    assert_near(t.targets[2], 2.5, 0);
    assert_near(t.targets[3], 1, 0);
    assert_near(t.targets[4], -1e-8, 0);
    assert_near(t.targets[5], 1, 0); /* by its label */
    assert_false(t.has_split);
    assert_int_equal(t.split[0], -1);
    assert_int_equal(t.n_column, 6);
    assert_string_equal(t.columns[4], "time");
    dna_params_table_clear(&t);
    char **names = NULL;
    int64_t n = 0;
    assert_ok(dna_params_table_columns(path, &names, &n));
    assert_int_equal(n, 6);
    assert_string_equal(names[2], "scenario_idx");
    dna_path_list_free(names, n);
}

static void
test_any_usual_separator_is_found(void **state)
{
    (void)state;
    static const char *const texts[] = {"scenario_idx;n_replicates;time\n1;2;0.5\n",
        "scenario_idx\tn_replicates\ttime\n1\t2\t0.5\n"};
    for (int64_t i = 0; i < DNA_COUNT(texts); i++) {
        dna_params_table t;
        assert_ok(dna_params_table_read(&t, write_text("s.csv", texts[i]), params, 1));
        assert_int_equal(t.n_row, 1);
        assert_near(t.targets[0], 0.5, 0);
        dna_params_table_clear(&t);
    }
}

static void
test_a_written_table_reads_back(void **state)
{
    (void)state;
    const char *path =
        write_text("in.csv", "scenario_idx,time,selected,n_replicates,splits\n"
                             "1,0.1,1,3,training\n"
                             "2,,0,2,validation\n"
                             "3,-2,1,1,unused\n"
                             "4,1e-08,1,1,test\n");
    const char *out = test_path("out.csv");
    dna_params_table t, r;
    unsigned char *bytes = NULL;
    size_t size = 0;
    assert_ok(dna_params_table_read(&t, path, params, 2));
    assert_true(t.has_split);
    assert_int_equal(t.split[0], DNA_TRAINING);
    assert_int_equal(t.split[2], DNA_UNUSED);
    assert_int_equal(dna_params_table_drop_split(&t, DNA_UNUSED), 1);
    assert_ok(dna_params_table_write(&t, out, params));
    assert_ok(dna_file_read(out, 1 << 20, &bytes, &size));
    assert_string_equal((char *)bytes,
        "scenario_idx,time,selected,n_replicates,splits\n"
        "1,0.1,1,3,training\n"
        "2,,0,2,validation\n"
        "4,1e-08,1,1,test\n");
    assert_ok(dna_params_table_read(&r, out, params, 2));
    assert_int_equal(r.n_row, 3);
    assert_true(isnan(r.targets[2]));
    assert_near(r.targets[4], 1e-8, 0);
    dna_free(bytes);
    dna_params_table_clear(&r);
    bool keep[3] = {false, true, true};
    assert_int_equal(dna_params_table_keep(&t, keep), 1);
    assert_int_equal(t.scenario[0], 2);
    assert_int_equal(t.scenario[1], 4);
    assert_near(t.targets[2], 1e-8, 0);
    dna_params_table_clear(&t);
    assert_fails(dna_params_table_write(&t, test_path("no/such/dir.csv"), params),
        DNA_ENOTFOUND, "no/such");
}

static void
test_faults_name_file_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *message;
    } bad[] = {
        {"n_replicates,time,selected\n1,2,0\n", DNA_ENOTFOUND,
            "bad.csv: no column \"scenario_idx\" (columns: n_replicates, time, selected)"},
        {"scenario_idx,time,selected\n1,2,0\n", DNA_ENOTFOUND,
            "no column \"n_replicates\""},
        {"scenario_idx,n_replicates,selected\n1,2,0\n", DNA_ENOTFOUND,
            "no column \"time\""},
        {"scenario_idx,n_replicates,time,selected\n", DNA_EFORMAT, "has no row"},
        {"scenario_idx,n_replicates,time,selected\n1,1,0,0\n0,1,0,0\n1,1,0,0\n",
            DNA_EFORMAT, "bad.csv:4: scenario_idx: 1 is already in line 2"},
        {"scenario_idx,n_replicates,time,selected\n-1,1,0,0\n", DNA_EFORMAT,
            "bad.csv:2: scenario_idx: -1 is negative"},
        {"scenario_idx,n_replicates,time,selected\nx,1,0,0\n", DNA_EFORMAT,
            "bad.csv:2: scenario_idx"},
        {"scenario_idx,n_replicates,time,selected\n1.5,1,0,0\n", DNA_EFORMAT,
            "bad.csv:2: scenario_idx"},
        {"scenario_idx,n_replicates,time,selected\n1,-3,0,0\n", DNA_EFORMAT,
            "n_replicates: -3 is not a number of replicates"},
        {"scenario_idx,n_replicates,time,selected\n1,9999999999999,0,0\n", DNA_EFORMAT,
            "n_replicates: 9999999999999"},
        {"scenario_idx,n_replicates,time,selected\n1,1,fast,0\n", DNA_EFORMAT,
            "bad.csv:2: time"},
        {"scenario_idx,n_replicates,time,selected\n1,1,inf,0\n", DNA_EFORMAT,
            "bad.csv:2: time: the value is infinite"},
        {"scenario_idx,n_replicates,time,selected\n1,1,0,2\n", DNA_EFORMAT,
            "bad.csv:2: selected: class index 2 is not an integer from 0 to 1"},
        {"scenario_idx,n_replicates,time,selected\n1,1,0,-1\n", DNA_EFORMAT,
            "class index -1"},
        {"scenario_idx,n_replicates,time,selected\n1,1,0,0.5\n", DNA_EFORMAT,
            "class index 0.5"},
        {"scenario_idx,n_replicates,time,selected\n1,1,0,nan\n", DNA_EFORMAT,
            "class index nan"},
        {"scenario_idx,n_replicates,time,selected\n1,1,0,maybe\n", DNA_EFORMAT,
            "selected: \"maybe\" is neither a class index 0 to 1 nor a class label"},
        {"scenario_idx,n_replicates,time,selected\n1,1,0,\n", DNA_EFORMAT,
            "selected: \"\" is neither"},
        {"scenario_idx,n_replicates,time,selected,splits\n1,1,0,0,train\n", DNA_EFORMAT,
            "bad.csv:2: splits: \"train\" is not training, validation, test or unused"},
    };
    for (int64_t i = 0; i < DNA_COUNT(bad); i++) {
        dna_params_table t;
        assert_fails(
            dna_params_table_read(&t, write_text("bad.csv", bad[i].text), params, 2),
            bad[i].code, bad[i].message);
        assert_null(t.scenario);
    }
    dna_params_table t;
    assert_fails(dna_params_table_read(&t, test_path("none.csv"), params, 2),
        DNA_ENOTFOUND, "none.csv");
}

static void
test_lack_of_memory_is_survived(void **state)
{
    (void)state;
    const char *path =
        write_text("oom.csv", "scenario_idx,n_replicates,time,selected\n1,1,0,0\n");
    for_each_oom(i) {
        dna_params_table t;
        int rc = dna_params_table_read(&t, path, params, 2);
        bool is_read = rc == DNA_OK;
        if (is_read) {
            rc = dna_params_table_write(&t, test_path("oom2.csv"), params);
        }
        bool is_done = oom_done() != 0;
        dna_params_table_clear(&t);
        if (is_done) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
        /* a written file may do without the last, which only syncs its folder */
        assert_true(rc == DNA_ENOMEM || (is_read && rc == DNA_OK));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_read_and_sorted),
        cmocka_unit_test(test_any_usual_separator_is_found),
        cmocka_unit_test(test_a_written_table_reads_back),
        cmocka_unit_test(test_faults_name_file_line_and_column),
        cmocka_unit_test(test_lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_preprocess.c - which scenarios are kept, their splits, the scale of targets.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/data/data_fixture.h"

#include "base/pool.h"
#include "data/preprocess.h"

/* ---- splits ---------------------------------------------------------------------- */

static void
check_split(int64_t n, uint32_t seed, const double p[DNA_N_SPLIT], const char *want)
{
    int split[128];
    char text[129] = "";
    assert_true(n <= 128);
    dna_splits_assign(split, n, p, true, seed);
    for (int64_t i = 0; i < n; i++) {
        text[i] = "TVEU"[split[i]];
        text[i + 1] = '\0';
    }
    assert_string_equal(text, want);
}

/* The first three: docs/math.md section 2. The last:
 *   /usr/bin/python3 -c "import numpy as np, math; n = 25
 *   a = sum([[s] * math.ceil(n * p) for s, p in zip('UTVE', (.2, .3, .2, .3))], [])
 *   a = np.array(a[:n]); np.random.seed(123456789); np.random.shuffle(a)
 *   print(''.join(a))" */
static void
test_check_values_hold(void **state)
{
    (void)state;
    check_split(20, 0, (double[]){0.7, 0.3, 0, 0}, "VTVTTVTTTTTVTTVTTTVT");
    check_split(15, 0, (double[]){0.7, 0.3, 0, 0}, "TTTTVTTVTTVTTTV");
    check_split(10, 1, (double[]){0.6, 0.2, 0.1, 0.1}, "TETTUTTVVT");
    check_split(
        25, 123456789, (double[]){0.3, 0.2, 0.3, 0.2}, "TETTTEVEVUTTVUEEUUVVUTTEE");
}

static void
count_splits(int64_t n, const double p[DNA_N_SPLIT], int64_t count[DNA_N_SPLIT])
{
    int split[128];
    memset(count, 0, DNA_N_SPLIT * sizeof(*count));
    dna_splits_assign(split, n, p, false, 0);
    for (int64_t i = 0; i < n; i++) {
        count[split[i]]++;
    }
}

static void
test_slots_are_rounded_up_in_order(void **state)
{
    (void)state;
    int64_t n[DNA_N_SPLIT];
    count_splits(15, (double[]){0.7, 0.3, 0, 0}, n);
    assert_int_equal(n[DNA_TRAINING], 11);
    assert_int_equal(n[DNA_VALIDATION], 4);
    count_splits(100, (double[]){0.25, 0.25, 0.25, 0.25}, n);
    assert_int_equal(n[DNA_TEST], 25);
    assert_int_equal(n[DNA_UNUSED], 25);
    count_splits(100, (double[]){0.25, 0.25, 0.25, 0}, n); /* the rest stays unused */
    assert_int_equal(n[DNA_UNUSED], 25);
    count_splits(1, (double[]){0.5, 0.5, 0, 0}, n);
    assert_int_equal(n[DNA_TRAINING], 1);
    count_splits(0, (double[]){0.5, 0.5, 0, 0}, n);
    assert_int_equal(n[DNA_TRAINING], 0);
}

/* ---- targets --------------------------------------------------------------------- */

static dna_params_table
table_of(int64_t n, int64_t n_param, double *targets, int *split, int64_t *scenario,
    int64_t *n_replicate)
{
    for (int64_t i = 0; i < n; i++) {
        scenario[i] = i + 100;
        n_replicate[i] = 1;
    }
    return (dna_params_table){.n_row = n,
        .n_param = n_param,
        .targets = targets,
        .split = split,
        .scenario = scenario,
        .n_replicate = n_replicate,
        .has_split = true};
}

static void
test_targets_have_mean_0_and_deviation_1_over_training_rows(void **state)
{
    (void)state;
    int split[5] = {DNA_TRAINING, DNA_VALIDATION, DNA_TRAINING, DNA_TRAINING, DNA_TEST};
    int64_t scenario[5], rep[5];
    /* columns: plain, log, class */
    double v[15] = {
        1, exp(2), 1, 100, exp(5), 0, 2, exp(4), 1, 6, exp(9), 0, (double)NAN, 1, 1};
    dna_param p[3] = {{.name = "a", .type = DNA_REGRESSION},
        {.name = "b", .type = DNA_REGRESSION, .log_transform = 1},
        {.name = "c", .type = DNA_CLASSIFICATION, .n_class = 2}};
    dna_params_table t = table_of(5, 3, v, split, scenario, rep);
    assert_ok(dna_targets_standardise(&t, p, false, NULL));
    assert_near(p[0].mean, 3, 1e-15);
    assert_near(p[0].std, sqrt(7), 1e-15); /* (4 + 1 + 9) / 2 */
    assert_near(p[1].mean, 5, 1e-14);
    assert_near(p[1].std, sqrt(13), 1e-14); /* (9 + 1 + 16) / 2 */
    assert_true(p[0].has_stats && p[1].has_stats && !p[2].has_stats);
    assert_near(v[0], -2 / sqrt(7), 1e-15);
    assert_near(v[3], 97 / sqrt(7), 1e-14);
    assert_near(v[13], -5 / sqrt(13), 1e-14);
    assert_near(v[2], 1, 0);
    assert_true(isnan(v[12]));
}

static void
test_missing_targets_may_become_minus_one(void **state)
{
    (void)state;
    int split[3] = {DNA_TRAINING, DNA_TRAINING, DNA_TRAINING};
    int64_t scenario[3], rep[3];
    double v[3] = {(double)NAN, 1, 3};
    dna_param p = {.name = "a", .type = DNA_REGRESSION};
    dna_params_table t = table_of(3, 1, v, split, scenario, rep);
    assert_ok(dna_targets_standardise(&t, &p, true, NULL));
    assert_near(p.mean, 2, 0);
    assert_near(v[0], -1, 0);
    assert_near(v[1], -1 / sqrt(2), 1e-15);
}

/* Original: a single training scenario made the column -1 (defect 25). */
static void
test_a_column_without_spread_has_deviation_1(void **state)
{
    (void)state;
    int64_t scenario[3], rep[3];
    dna_param p = {.name = "a", .type = DNA_REGRESSION};
    double v[3] = {5, 7, 8};
    int split[3] = {DNA_TRAINING, DNA_VALIDATION, DNA_VALIDATION};
    dna_params_table t = table_of(3, 1, v, split, scenario, rep);
    assert_ok(dna_targets_standardise(&t, &p, false, NULL));
    assert_near(p.std, 1, 0);
    assert_near(v[1], 2, 0);
    double same[3] = {5, 5, 8};
    int split2[3] = {DNA_TRAINING, DNA_TRAINING, DNA_VALIDATION};
    t = table_of(3, 1, same, split2, scenario, rep);
    assert_ok(dna_targets_standardise(&t, &p, false, NULL));
    assert_near(p.std, 1, 0);
    assert_near(same[2], 3, 0);
    /* the mean of three times 0.1 is not 0.1 in binary */
    double tenth[3] = {0.1, 0.1, 0.1};
    int split3[3] = {DNA_TRAINING, DNA_TRAINING, DNA_TRAINING};
    t = table_of(3, 1, tenth, split3, scenario, rep);
    assert_ok(dna_targets_standardise(&t, &p, false, NULL));
    assert_near(p.mean, 0.1, 0);
    assert_near(p.std, 1, 0);
    assert_near(tenth[0], 0, 0);
    double none[3] = {(double)NAN, (double)NAN, 8};
    t = table_of(3, 1, none, split2, scenario, rep);
    assert_ok(dna_targets_standardise(&t, &p, false, NULL));
    assert_near(p.mean, 0, 0);
    assert_near(p.std, 1, 0);
}

static void
test_a_log_of_zero_or_less_is_an_error(void **state)
{
    (void)state;
    int split[2] = {DNA_TRAINING, DNA_TRAINING};
    int64_t scenario[2], rep[2];
    dna_param p = {.name = "size", .type = DNA_REGRESSION, .log_transform = 1};
    double zero[2] = {1, 0}, below[2] = {-3, 1};
    dna_params_table t = table_of(2, 1, zero, split, scenario, rep);
    assert_fails(dna_targets_standardise(&t, &p, false, NULL), DNA_ENUMERIC,
        "scenario 101: size is 0, which has no logarithm");
    t = table_of(2, 1, below, split, scenario, rep);
    assert_fails(dna_targets_standardise(&t, &p, false, NULL), DNA_ENUMERIC,
        "scenario 100: size is -3");
}

/* ---- scenarios ------------------------------------------------------------------- */

typedef struct {
    dna_arena *arena;
    dna_source *source;
    dna_log *log;
    kept_log lines;
    dna_params_table table;
    int64_t done, total;
} job;

static void
note_progress(void *payload, int64_t done, int64_t total)
{
    job *j = payload;
    assert_int_equal(done, j->done + 1);
    j->done = done;
    j->total = total;
}

/* Six scenarios of three replicates: 1 lacks replicate 1, 2 its last one, 3 has a small
 * sample, 4 a broken one, 5 is not there at all. */
static void
make_scenarios(void)
{
    if (dna_path_exists(test_path("check"))) {
        return; /* no test changes them */
    }
    for (int64_t s = 0; s < 5; s++) {
        for (int64_t r = 0; r < 3; r++) {
            char name[128];
            if ((s == 1 && r == 1) || (s == 2 && r == 2)) {
                continue;
            }
            snprintf(name, sizeof(name), "check/scenario_%lld/cows_%lld_%lld.npz",
                (long long)s, (long long)s, (long long)r);
            if (s == 4 && r == 2) {
                write_text(name, "not a zip archive");
            } else {
                write_sample(name, 4, s == 3 && r == 1 ? 5 : 20, s + r);
            }
        }
    }
}

static void
open_job(job *j)
{
    memset(j, 0, sizeof(*j));
    make_scenarios();
    assert_ok(dna_arena_new(&j->arena));
    j->source = open_source(j->arena, "check", "cows", NULL);
    j->log = open_log(&j->lines);
    assert_ok(dna_params_table_read(&j->table,
        write_text("check.csv",
            "scenario_idx,n_replicates,a\n0,3,1\n1,3,1\n2,3,1\n3,3,1\n4,3,1\n5,3,1\n"),
        NULL, 0));
}

static void
close_job(job *j)
{
    dna_params_table_clear(&j->table);
    dna_log_free(j->log);
    dna_source_free(j->source);
    dna_arena_free(j->arena);
}

static dna_scenario_check
options_of(job *j)
{
    return (dna_scenario_check){.min_snp = DNA_NULL_INT,
        .min_indiv = DNA_NULL_INT,
        .log = j->log,
        .progress = note_progress,
        .payload = j};
}

static void
assert_scenarios(const job *j, const int64_t *want, int64_t n)
{
    assert_int_equal(j->table.n_row, n);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(j->table.scenario[i], want[i]);
    }
}

static void
test_scenarios_with_missing_or_small_samples_are_left_out(void **state)
{
    (void)state;
    job j;
    int64_t n_sample = 0;
    open_job(&j);
    dna_scenario_check o = options_of(&j);
    o.min_snp = 10;
    assert_ok(dna_scenarios_check(&j.table, j.source, &o, &n_sample));
    assert_scenarios(&j, (int64_t[]){0}, 1);
    assert_int_equal(n_sample, 3);
    assert_int_equal(j.done, 6);
    assert_int_equal(j.total, 6);
    assert_has(
        j.lines.text, "scenario 1 is left out: no file of scenario 1, replicate 1");
    assert_has(j.lines.text, "cows_3_1.npz: 5 SNPs, min_snp is 10");
    assert_has(j.lines.text, "cows_4_2.npz");
    assert_int_equal(j.lines.n, 5);
    close_job(&j);
}

static void
test_min_indiv_counts_rows(void **state)
{
    (void)state;
    job j;
    int64_t n_sample = 0;
    open_job(&j);
    dna_scenario_check o = options_of(&j);
    o.min_indiv = 5;
    assert_ok(dna_scenarios_check(&j.table, j.source, &o, &n_sample));
    assert_int_equal(j.table.n_row, 0);
    assert_int_equal(n_sample, 0);
    assert_has(j.lines.text, "cows_0_0.npz: 4 individuals, min_indiv is 5");
    close_job(&j);
}

static void
test_missing_replicates_can_be_tolerated(void **state)
{
    (void)state;
    job j;
    int64_t n_sample = 0;
    open_job(&j);
    dna_scenario_check o = options_of(&j);
    o.ignore_missing = true;
    o.progress = NULL;
    assert_ok(dna_scenarios_check(&j.table, j.source, &o, &n_sample));
    assert_scenarios(&j, (int64_t[]){0, 1, 2, 3, 5}, 5); /* 4 is broken, not missing */
    assert_int_equal(j.table.n_replicate[0], 3);
    assert_int_equal(j.table.n_replicate[1], 3); /* a hole cannot be closed */
    assert_int_equal(j.table.n_replicate[2], 2); /* a missing end can */
    assert_int_equal(j.table.n_replicate[4], 0);
    assert_int_equal(n_sample, 10);
    assert_has(j.lines.text, "scenario 2: 1 of 3 replicates are missing: no file of");
    assert_has(j.lines.text, "scenario 4 is left out: ");
    close_job(&j);
}

static void
test_any_number_of_threads_says_the_same(void **state)
{
    (void)state;
    char first[sizeof(((kept_log *)0)->text)] = "";
    for (int n_thread = 1; n_thread <= 3; n_thread += 2) {
        job j;
        dna_pool *pool = NULL;
        int64_t n_sample = 0;
        open_job(&j);
        assert_ok(dna_pool_new(&pool, n_thread));
        dna_scenario_check o = options_of(&j);
        o.min_snp = 10;
        o.pool = pool;
        assert_ok(dna_scenarios_check(&j.table, j.source, &o, &n_sample));
        assert_scenarios(&j, (int64_t[]){0}, 1);
        if (n_thread == 1) {
            strcpy(first, j.lines.text);
        } else {
            assert_string_equal(j.lines.text, first);
        }
        dna_pool_free(pool);
        close_job(&j);
    }
}

static void
test_lack_of_memory_is_survived(void **state)
{
    (void)state;
    for_each_oom(i) {
        job j;
        int64_t n_sample = 0;
        dna_mem_fail_at(0);
        open_job(&j);
        dna_scenario_check o = options_of(&j);
        o.progress = NULL;
        o.log = NULL;
        dna_mem_fail_at(i);
        int rc = dna_scenarios_check(&j.table, j.source, &o, &n_sample);
        bool is_done = oom_done() != 0;
        close_job(&j);
        if (is_done) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_values_hold),
        cmocka_unit_test(test_slots_are_rounded_up_in_order),
        cmocka_unit_test(test_targets_have_mean_0_and_deviation_1_over_training_rows),
        cmocka_unit_test(test_missing_targets_may_become_minus_one),
        cmocka_unit_test(test_a_column_without_spread_has_deviation_1),
        cmocka_unit_test(test_a_log_of_zero_or_less_is_an_error),
        cmocka_unit_test(test_scenarios_with_missing_or_small_samples_are_left_out),
        cmocka_unit_test(test_min_indiv_counts_rows),
        cmocka_unit_test(test_missing_replicates_can_be_tolerated),
        cmocka_unit_test(test_any_number_of_threads_says_the_same),
        cmocka_unit_test(test_lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_optim.c - optimisers against PyTorch's steps; chunks, threads, resuming.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/optim.h"
#include "unit/nn/optim_values.h"

/* An options struct filled row by row of the table: floats, lists, flags. */
static void *
make_opts(const dna_optim_def *def, const double *setting)
{
    char *opts = calloc(1, def->opts_size);
    assert_non_null(opts);
    for (const dna_field *f = def->fields; f->key != NULL; f++) {
        if (f->kind == DNA_KIND_BOOL) {
            int flag = *setting++ != 0.0;
            memcpy(opts + f->offset, &flag, sizeof(flag));
        } else {
            int n = f->kind == DNA_KIND_LIST_FLOAT ? f->n_item : 1;
            memcpy(opts + f->offset, setting, (size_t)n * sizeof(double));
            setting += n;
        }
    }
    return opts;
}

static float
gradient(int64_t step, int64_t i)
{
    return (float)(sin((double)(step + 2 * i)) / (1.0 + (double)step / 2.0));
}

static void
check_vector(
    const optim_value *v, const char *what, const float *is, const double *want)
{
    for (int j = 0; j < 4; j++) {
        if (!(fabs((double)is[j] - want[j]) <= 2e-6 * fmax(1.0, fabs(want[j])))) {
            fail_msg("%s %g: %s[%d] is %.9g, not %.9g", v->name, v->setting[0], what, j,
                (double)is[j], want[j]);
        }
    }
}

static void
test_twenty_steps_end_where_pytorch_ends(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(optim_values); i++) {
        const optim_value *v = &optim_values[i];
        const dna_optim_def *def = dna_optim_find(v->name);
        assert_non_null(def);
        void *opts = make_opts(def, v->setting);
        float w[4] = {1.0F, -2.0F, 0.5F, 0.0F}, g[4];
        dna_optim *optim = NULL;
        assert_ok(dna_optim_new(&optim, def, opts, 4));
        assert_true(dna_optim_lr(optim) == v->setting[0]);
        for (int64_t step = 1; step <= N_STEP; step++) {
            for (int64_t j = 0; j < 4; j++) {
                g[j] = gradient(step, j);
            }
            double factor = v->is_falling ? 1.0 - (double)step / 40.0 : 1.0;
            assert_ok(dna_optim_step(optim, w, g, factor, NULL));
        }
        assert_int_equal(optim->step, N_STEP);
        check_vector(v, "w", w, v->w);
        for (int s = 0; s < def->n_slot; s++) {
            check_vector(v, "slot", optim->slots + 4 * s, v->slots[s]);
        }
        dna_optim_free(optim);
        free(opts);
    }
}

static void
test_names_are_pytorchs_or_their_snake_case(void **state)
{
    static const char *const names[][2] = {{"Adam", "adam"}, {"AdamW", "adam_w"},
        {"Adamax", "adamax"}, {"NAdam", "n_adam"}, {"RAdam", "r_adam"}, {"SGD", "sgd"},
        {"Adagrad", "adagrad"}, {"Adadelta", "adadelta"}, {"RMSprop", "rm_sprop"},
        {"Rprop", "rprop"}, {"ASGD", "asgd"}};
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        const dna_optim_def *def = dna_optim_find(names[i][0]);
        assert_non_null(def);
        assert_string_equal(def->name, names[i][0]);
        assert_ptr_equal(dna_optim_find(names[i][1]), def);
        assert_ptr_equal(dna_optim_at(i), def);
        assert_string_equal(def->fields[0].key, "lr"); /* where dna_optim_lr() looks */
        assert_int_equal(def->fields[0].offset, 0);
        assert_null(dna_optim_why_not(names[i][0]));
        bool is_tested = false;
        for (int64_t k = 0; k < DNA_COUNT(optim_values); k++) {
            is_tested |= strcmp(optim_values[k].name, def->name) == 0;
        }
        assert_true(is_tested);
    }
    assert_null(dna_optim_at(DNA_COUNT(names)));
    assert_null(dna_optim_at(-1));
    assert_null(dna_optim_find(NULL));
}

static void
test_optimisers_that_cannot_be_used_are_refused_with_the_reason(void **state)
{
    static const char *const names[] = {"SparseAdam", "sparse_adam", "LBFGS", "lbfgs"};
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        assert_null(dna_optim_find(names[i]));
        assert_non_null(dna_optim_why_not(names[i]));
    }
    assert_null(dna_optim_why_not("Sparse"));
    assert_null(dna_optim_why_not(NULL));
}

static void
test_settings_that_conflict_are_refused(void **state)
{
    static const struct {
        const char *name;
        double setting[5];
        const char *text;
    } cases[] = {
        {"SGD", {0.1, 0.0, 0.0, 0.0, 1.0},
            "optimizer SGD: nesterov needs a momentum above 0 and a dampening of 0"},
        {"SGD", {0.1, 0.9, 0.1, 0.0, 1.0}, "nesterov needs"},
        {"Rprop", {0.1, 1.1, 1.2, 0.0, 1.0}, "the first of etas must be below 1"},
        {"Rprop", {0.1, 0.5, 1.0, 0.0, 1.0}, "and the second above 1"},
        {"Rprop", {0.1, 0.5, 1.2, 1.0, 0.1}, "the first of step_sizes must not be"},
    };
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        const dna_optim_def *def = dna_optim_find(cases[i].name);
        assert_non_null(def);
        void *opts = make_opts(def, cases[i].setting);
        dna_optim *optim = NULL;
        assert_fails(dna_optim_new(&optim, def, opts, 4), DNA_EARG, cases[i].text);
        assert_null(optim);
        free(opts);
    }
}

static void
test_the_factor_scales_the_learning_rate(void **state)
{
    const dna_optim_def *def = dna_optim_find("SGD");
    const double setting[5] = {0.5, 0.0, 0.0, 0.0, 0.0};
    void *opts = make_opts(def, setting);
    float w = 1.0F;
    const float g = 2.0F;
    dna_optim *optim = NULL;
    (void)state;
    assert_ok(dna_optim_new(&optim, def, opts, 1));
    assert_ok(dna_optim_step(optim, &w, &g, 0.25, NULL));
    assert_true(w == 0.75F); /* 1 - 0.5 * 0.25 * 2 */
    dna_optim_free(optim);
    free(opts);
}

enum { N_LONG = 3 * 16384 + 777 };

/* Steps first .. last of the long vector w. */
static void
run_steps(
    dna_optim *optim, float *w, float *g, int64_t first, int64_t last, dna_pool *pool)
{
    for (int64_t step = first; step <= last; step++) {
        for (int64_t j = 0; j < optim->n; j++) {
            g[j] = gradient(step, j);
        }
        assert_ok(dna_optim_step(optim, w, g, 1.0, pool));
    }
}

static void
test_results_do_not_depend_on_threads_or_on_the_place_in_the_vector(void **state)
{
    float *w = calloc(3 * N_LONG, sizeof(float));
    float *g = w + N_LONG, *w_alone = g + N_LONG;
    dna_pool *pool = NULL;
    (void)state;
    assert_non_null(w);
    assert_ok(dna_pool_new(&pool, 4));
    for (int64_t i = 0; i < DNA_COUNT(optim_values); i++) {
        const dna_optim_def *def = dna_optim_find(optim_values[i].name);
        assert_non_null(def);
        void *opts = make_opts(def, optim_values[i].setting);
        dna_optim *threads = NULL, *alone = NULL;
        assert_ok(dna_optim_new(&threads, def, opts, N_LONG));
        assert_ok(dna_optim_new(&alone, def, opts, N_LONG));
        memset(w, 0, N_LONG * sizeof(float));
        memset(w_alone, 0, N_LONG * sizeof(float));
        run_steps(threads, w, g, 1, 3, pool);
        run_steps(alone, w_alone, g, 1, 3, NULL);
        assert_memory_equal(w, w_alone, N_LONG * sizeof(float));
        assert_memory_equal(threads->slots, alone->slots,
            (size_t)(def->n_slot * N_LONG) * sizeof(float));

        /* the last entry by itself, beyond three chunks, moves as it does in the whole
         */
        dna_optim *single = NULL;
        float w_one = 0.0F;
        assert_ok(dna_optim_new(&single, def, opts, 1));
        for (int64_t step = 1; step <= 3; step++) {
            float g_one = gradient(step, N_LONG - 1);
            assert_ok(dna_optim_step(single, &w_one, &g_one, 1.0, NULL));
        }
        assert_near((double)w[N_LONG - 1], (double)w_one, 1e-6);
        dna_optim_free(single);
        dna_optim_free(alone);
        dna_optim_free(threads);
        free(opts);
    }
    dna_pool_free(pool);
    free(w);
}

static void
test_step_scalars_and_slots_are_the_whole_state(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(optim_values); i++) {
        const dna_optim_def *def = dna_optim_find(optim_values[i].name);
        assert_non_null(def);
        void *opts = make_opts(def, optim_values[i].setting);
        float w[5] = {1.0F, -1.0F, 0.0F, 2.0F, 0.1F}, g[5], w_resumed[5];
        dna_optim *whole = NULL, *resumed = NULL;
        assert_ok(dna_optim_new(&whole, def, opts, 5));
        assert_ok(dna_optim_new(&resumed, def, opts, 5));
        run_steps(whole, w, g, 1, 4, NULL);
        memcpy(w_resumed, w, sizeof(w));
        resumed->step = whole->step;
        memcpy(resumed->scalars, whole->scalars,
            (size_t)def->n_scalar * sizeof(*whole->scalars));
        memcpy(resumed->slots, whole->slots, (size_t)def->n_slot * sizeof(w));
        run_steps(whole, w, g, 5, 7, NULL);
        run_steps(resumed, w_resumed, g, 5, 7, NULL);
        assert_memory_equal(w, w_resumed, sizeof(w));
        dna_optim_free(resumed);
        dna_optim_free(whole);
        free(opts);
    }
}

/* A constant gradient makes the centered variance of RMSprop 0 up to rounding. */
static void
test_rounding_never_turns_a_weight_into_nan(void **state)
{
    const dna_optim_def *def = dna_optim_find("RMSprop");
    const double setting[6] = {0.01, 0.5, 1e-3, 0.0, 0.0, 1.0};
    void *opts = make_opts(def, setting);
    float w[64] = {0}, g[64];
    dna_optim *optim = NULL;
    (void)state;
    for (int j = 0; j < 64; j++) {
        g[j] = 0.1F + 0.37F * (float)j;
    }
    assert_ok(dna_optim_new(&optim, def, opts, 64));
    for (int step = 0; step < 200; step++) {
        assert_ok(dna_optim_step(optim, w, g, 1e-6, NULL));
    }
    for (int j = 0; j < 64; j++) {
        assert_true(isfinite(w[j]));
    }
    dna_optim_free(optim);
    free(opts);
}

static void
test_memory_running_out_leaves_nothing_behind(void **state)
{
    const dna_optim_def *def = dna_optim_find("Adam");
    void *opts = make_opts(def, optim_values[0].setting);
    (void)state;
    for_each_oom(i) {
        dna_optim *optim = NULL;
        int rc = dna_optim_new(&optim, def, opts, 10);
        bool is_done = oom_done();
        assert_int_equal(rc, is_done ? DNA_OK : DNA_ENOMEM);
        dna_optim_free(optim);
        if (is_done) {
            break;
        }
    }
    free(opts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twenty_steps_end_where_pytorch_ends),
        cmocka_unit_test(test_names_are_pytorchs_or_their_snake_case),
        cmocka_unit_test(
            test_optimisers_that_cannot_be_used_are_refused_with_the_reason),
        cmocka_unit_test(test_settings_that_conflict_are_refused),
        cmocka_unit_test(test_the_factor_scales_the_learning_rate),
        cmocka_unit_test(
            test_results_do_not_depend_on_threads_or_on_the_place_in_the_vector),
        cmocka_unit_test(test_step_scalars_and_slots_are_the_whole_state),
        cmocka_unit_test(test_rounding_never_turns_a_weight_into_nan),
        cmocka_unit_test(test_memory_running_out_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

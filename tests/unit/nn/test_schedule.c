/* test_schedule.c - learning rates, clipping, averages and early stopping.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: values of PyTorch 1.13, and closed formulas.
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "config/schema.h"
#include "io/yaml.h"
#include "nn/early_stop.h"
#include "nn/gradient.h"
#include "nn/lr_schedule.h"
#include "nn/weight_average.h"
#include "unit/nn/schedule_values.h"

static dna_arena *arena;

static int
begin(void **state)
{
    (void)state;
    return dna_arena_new(&arena);
}

static int
end(void **state)
{
    (void)state;
    dna_arena_free(arena);
    return 0;
}

/* The options of a schedule from its settings as a user writes them. */
static void *
options(const dna_lr_schedule_def *def, const char *yaml)
{
    dna_value *v = NULL;
    void *opts = dna_arena_alloc(arena, 1, def->opts_size);
    assert_non_null(opts);
    assert_ok(dna_yaml_parse(&v, arena, yaml, strlen(yaml), "s.yml"));
    assert_ok(
        dna_config_check_with(arena, v, def->fields, "params", NULL, DNA_CHECK_STRICT));
    dna_config_bind(v, def->fields, opts);
    return opts;
}

static void
test_learning_rates_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(schedule_values); i++) {
        const schedule_value *v = &schedule_values[i];
        const dna_lr_schedule_def *def = dna_lr_schedule_find(v->name);
        dna_lr_schedule s;
        assert_non_null(def);
        dna_lr_schedule_init(&s, def, options(def, v->setting), 0.1, N_EPOCH, 0);
        for (int64_t epoch = 0; epoch < N_EPOCH; epoch++) {
            double lr = dna_lr_schedule_lr(&s, epoch, 1000 * epoch + 1);
            if (!(fabs(lr - v->lr[epoch]) <= 1e-12)) {
                fail_msg("%s %s, epoch %d: %.17g is not %.17g", v->name, v->setting,
                    (int)epoch, lr, v->lr[epoch]);
            }
            dna_lr_schedule_see(&s, schedule_losses[epoch]);
        }
    }
}

static void
test_cosine_reaches_its_end_with_the_training_unless_told(void **state)
{
    const dna_lr_schedule_def *def = dna_lr_schedule_find("cosine");
    dna_lr_schedule s;
    (void)state;
    dna_lr_schedule_init(&s, def, options(def, "{eta_min: 0.5}"), 2.5, 40, 0);
    assert_near(dna_lr_schedule_lr(&s, 20, 1), 1.5, 1e-12);
    assert_near(dna_lr_schedule_lr(&s, 40, 1), 0.5, 1e-12);
}

static void
test_warm_up_multiplies_every_schedule(void **state)
{
    const dna_lr_schedule_def *def = dna_lr_schedule_find("exponential");
    dna_lr_schedule s;
    (void)state;
    for (int64_t step = 1; step <= 12; step++) {
        dna_lr_schedule_init(&s, NULL, NULL, 0.1, 30, 8);
        assert_near(dna_lr_schedule_lr(&s, 0, step), warmup_values[step - 1], 1e-12);
        dna_lr_schedule_init(&s, def, options(def, "{gamma: 0.5}"), 0.1, 30, 8);
        assert_near(
            dna_lr_schedule_lr(&s, 2, step), 0.25 * warmup_values[step - 1], 1e-12);
    }
    dna_lr_schedule_see(&s, 1.0); /* nobody looks */
}

static void
test_a_plateau_resumes_from_its_four_numbers(void **state)
{
    const schedule_value *v = &schedule_values[6];
    const dna_lr_schedule_def *def = dna_lr_schedule_find(v->name);
    dna_lr_schedule whole, resumed;
    (void)state;
    dna_lr_schedule_init(&whole, def, options(def, v->setting), 0.1, N_EPOCH, 0);
    for (int64_t epoch = 0; epoch < N_EPOCH; epoch++) {
        dna_lr_schedule_init(&resumed, def, whole.opts, 0.1, N_EPOCH, 0);
        resumed.plateau = whole.plateau;
        dna_lr_schedule_see(&resumed, schedule_losses[epoch]);
        dna_lr_schedule_see(&whole, schedule_losses[epoch]);
        assert_memory_equal(&resumed.plateau, &whole.plateau, sizeof(whole.plateau));
    }
}

static void
test_schedules_are_found_by_name(void **state)
{
    int64_t n = 0;
    (void)state;
    for (; dna_lr_schedule_at(n) != NULL; n++) {
        const dna_lr_schedule_def *def = dna_lr_schedule_at(n);
        assert_ptr_equal(dna_lr_schedule_find(def->name), def);
        assert_true((def->lr == NULL) != (def->see == NULL));
    }
    assert_int_equal(n, 4);
    assert_null(dna_lr_schedule_at(-1));
    assert_null(dna_lr_schedule_find("Step"));
    assert_null(dna_lr_schedule_find(NULL));
}

/* ---- clipping -------------------------------------------------------------------- */

static void
test_clipped_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(clip_values); i++) {
        const clip_value *v = &clip_values[i];
        float by_norm[5], by_value[5];
        for (int k = 0; k < 5; k++) {
            by_norm[k] = by_value[k] = (float)v->g[k];
        }
        assert_near(dna_gradient_norm(by_norm, 5), v->norm, 1e-6);
        assert_near(dna_gradient_clip_norm(by_norm, 5, v->max), v->norm, 1e-6);
        assert_true(dna_gradient_norm(by_norm, 5) <= v->max);
        dna_gradient_clip_value(by_value, 5, v->max);
        for (int k = 0; k < 5; k++) {
            assert_near((double)by_norm[k], v->by_norm[k], 1e-6);
            assert_near((double)by_value[k], v->by_value[k], 1e-7);
        }
    }
}

static void
test_a_gradient_that_is_not_finite_is_told_and_left(void **state)
{
    float g[6] = {1.0F, -INFINITY, 2.0F, 0.0F, 0.0F, 5.0F};
    (void)state;
    assert_true(isinf(dna_gradient_clip_norm(g, 6, 1.0)));
    assert_true(g[0] == 1.0F && g[5] == 5.0F);
    g[5] = NAN;
    assert_true(isnan(dna_gradient_clip_norm(g, 6, 1.0)));
    dna_gradient_clip_value(g, 6, 1.5);
    assert_true(g[0] == 1.0F && g[1] == -1.5F && g[2] == 1.5F && isnan(g[5]));
    assert_true(dna_gradient_norm(g, 0) == 0.0);
    /* squares that single precision cannot hold */
    const float large[2] = {3e30F, -4e30F};
    assert_near(dna_gradient_norm(large, 2), 5e30, 1e-6);
}

/* ---- averages -------------------------------------------------------------------- */

enum { N_STEP = 30 };

/* A batch norm has parameters and running statistics. */
static dna_state *
new_state(dna_graph **graph)
{
    const int64_t shape[] = {3, 4, 5}; /* without the batch */
    dna_state *s = NULL;
    assert_ok(dna_graph_new(graph));
    dna_node *x = dna_input(*graph, "x", 3, shape);
    (void)dna_batch_norm(
        *graph, x, "norm", (dna_batch_norm_opts){.momentum = 0.1, .eps = 1e-5});
    assert_ok(dna_state_new(&s, *graph));
    assert_int_equal(dna_state_n_param(s), 6);
    assert_int_equal(dna_state_n_buffer(s), 6);
    return s;
}

static double
weight(int step, int i)
{
    return sin(step + 3.0 * i) + 2.0 * i;
}

/* Check a mean against the same sum in another order, in double. */
static void
check_average(double decay)
{
    dna_graph *graph = NULL;
    dna_state *s = new_state(&graph);
    float *params = dna_state_params(s), *buffers = dna_state_buffers(s);
    dna_weight_average *a = NULL;
    assert_ok(dna_weight_average_new(&a, s, decay));
    params[0] = 7.0F;
    dna_weight_average_swap(a, s); /* no mean yet */
    assert_true(params[0] == 7.0F);
    for (int step = 0; step < N_STEP; step++) {
        for (int i = 0; i < 6; i++) {
            params[i] = (float)weight(step, i);
            buffers[i] = (float)weight(step, i + 6);
        }
        dna_weight_average_add(a, s);
    }
    assert_int_equal(a->n_added, N_STEP);
    dna_weight_average_swap(a, s);
    for (int i = 0; i < 12; i++) {
        double mean = 0.0;
        for (int step = 0; step < N_STEP; step++) {
            double share = 1.0 / N_STEP;
            if (!isnan(decay)) {
                share = pow(decay, N_STEP - 1 - step) * (step > 0 ? 1.0 - decay : 1.0);
            }
            mean += share * weight(step, i);
        }
        assert_near((double)(i < 6 ? params[i] : buffers[i - 6]), mean, 1e-6);
    }
    dna_weight_average_swap(a, s);
    for (int i = 0; i < 6; i++) {
        assert_true(params[i] == (float)weight(N_STEP - 1, i));
        assert_true(buffers[i] == (float)weight(N_STEP - 1, i + 6));
    }
    dna_weight_average_free(a);
    dna_state_free(s);
    dna_graph_free(graph);
}

static void
test_averages_are_their_closed_formulas(void **state)
{
    (void)state;
    check_average((double)NAN);
    check_average(0.9);
    check_average(0.0);
    dna_weight_average_free(NULL);
}

static void
test_an_average_without_memory_is_an_error(void **state)
{
    dna_graph *graph = NULL;
    dna_state *s = new_state(&graph);
    (void)state;
    for_each_oom(i) {
        dna_weight_average *a = NULL;
        int rc = dna_weight_average_new(&a, s, 0.5);
        bool is_done = oom_done();
        assert_int_equal(rc, is_done ? DNA_OK : DNA_ENOMEM);
        dna_weight_average_free(a);
        if (is_done) {
            break;
        }
    }
    dna_state_free(s);
    dna_graph_free(graph);
}

/* ---- early stopping -------------------------------------------------------------- */

static void
test_patience_counts_validations_that_are_not_better(void **state)
{
    static const double losses[] = {3.0, 2.0, 1.95, 1.85, 1.85, 1.75, 1.75};
    static const bool is_over[] = {0, 0, 0, 0, 0, 0, 1};
    static const int64_t n_bad[] = {0, 0, 1, 0, 1, 2, 3};
    dna_early_stop e;
    (void)state;
    dna_early_stop_init(&e, 3, 0.125);
    for (int i = 0; i < 7; i++) {
        dna_early_stop_see(&e, losses[i]);
        assert_int_equal(e.n_bad, n_bad[i]);
        assert_int_equal(dna_early_stop_is_over(&e), is_over[i]);
    }
    assert_true(e.best == 1.85);
    dna_early_stop_init(&e, 0, 0.0);
    for (int i = 0; i < 100; i++) {
        dna_early_stop_see(&e, i);
        assert_false(dna_early_stop_is_over(&e));
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_learning_rates_are_those_of_pytorch),
        T(test_cosine_reaches_its_end_with_the_training_unless_told),
        T(test_warm_up_multiplies_every_schedule),
        T(test_a_plateau_resumes_from_its_four_numbers),
        T(test_schedules_are_found_by_name),
        cmocka_unit_test(test_clipped_gradients_are_those_of_pytorch),
        cmocka_unit_test(test_a_gradient_that_is_not_finite_is_told_and_left),
        cmocka_unit_test(test_averages_are_their_closed_formulas),
        cmocka_unit_test(test_an_average_without_memory_is_an_error),
        cmocka_unit_test(test_patience_counts_validations_that_are_not_better),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

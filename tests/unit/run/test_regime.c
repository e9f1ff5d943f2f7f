/* test_regime.c - what a config says of the learning rate, clipping, averaging and early
 * stopping, and what follows for a training.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "io/yaml.h"
#include "run/regime.h"

static dna_arena *arena;
static dna_graph *graph;
static dna_state *weights; /* two parameters, no buffers */

static int
begin(void **state)
{
    const int64_t dim[] = {1};
    (void)state;
    assert_ok(dna_arena_new(&arena));
    assert_ok(dna_graph_new(&graph));
    (void)dna_linear(
        graph, dna_input(graph, "x", 1, dim), "line", (dna_linear_opts){.out = 1});
    assert_ok(dna_state_new(&weights, graph));
    assert_int_equal(dna_state_n_param(weights), 2);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    dna_state_free(weights);
    dna_graph_free(graph);
    dna_arena_free(arena);
    return 0;
}

/* The table's rows of these keys, and what reads them. */
static int
read(dna_regime_settings *s, const char *yaml)
{
    dna_value *v = NULL;
    int rc = DNA_OK;
    assert_ok(dna_yaml_parse(&v, arena, yaml, strlen(yaml), "t.yml"));
    for (int64_t i = 0; i < v->n; i++) {
        const dna_field *f = dna_field_find(dna_fields_training, v->keys[i]);
        assert_non_null(f);
        if (f->kind == DNA_KIND_MAP && !dna_value_is_null(v->items[i])) {
            DNA_TRY(dna_config_check_with(
                arena, v->items[i], f->fields, f->key, NULL, DNA_CHECK_STRICT));
        }
    }
    DNA_TRY(dna_regime_read(s, arena, v, NULL));
out:
    return rc;
}

static void
test_nothing_is_on_unless_asked_for(void **state)
{
    dna_regime_settings s;
    dna_regime r;
    float g[2] = {3e20F, -4e20F};
    (void)state;
    assert_ok(read(&s, "{n_epochs: 5}"));
    assert_ok(dna_regime_init(&r, &s, 0.25, 5, weights));
    assert_null(r.average);
    assert_true(r.lr == 0.25);
    for (int64_t step = 1; step < 30; step++) {
        assert_true(dna_regime_begin_step(&r, step / 6 + 1, step) == 1.0);
        assert_ok(dna_regime_bound_gradient(&r, g, 2));
        assert_true(g[0] == 3e20F && g[1] == -4e20F);
        dna_regime_end_step(&r, weights, 1);
        dna_regime_end_epoch(&r, weights, 1);
        dna_regime_show_mean(&r, weights);
        dna_regime_see(&r, 1.0);
        assert_false(dna_regime_is_over(&r));
        assert_true(r.lr == 0.25);
    }
    dna_regime_clear(&r);
}

static void
test_settings_are_read(void **state)
{
    dna_regime_settings s;
    (void)state;
    assert_ok(read(&s,
        "{n_epochs: 9, lr_scheduler: {name: step, params: {step_size: 3}, warmup_steps: 4},"
        " gradient_clipping: {max_norm: 2, max_value: 0.5},"
        " early_stopping: {patience: 7, min_delta: 0.25},"
        " weight_averaging: {name: ema, decay: 0.75, start_epoch: 9}}"));
    assert_string_equal(s.schedule->name, "step");
    assert_int_equal(s.warmup_steps, 4);
    assert_true(s.max_norm == 2.0 && s.max_value == 0.5);
    assert_int_equal(s.patience, 7);
    assert_true(s.min_delta == 0.25 && s.decay == 0.75);
    assert_int_equal(s.average, DNA_AVERAGE_EMA);
    assert_int_equal(s.start_epoch, 9);
    assert_ok(read(&s, "{n_epochs: 9, lr_scheduler: {warmup_steps: 4}, "
                       "early_stopping: {patience: 1}, weight_averaging: {name: ema}, "
                       "gradient_clipping: null}"));
    assert_null(s.schedule);
    assert_true(s.min_delta == 0.0 && s.decay == 0.999);
    assert_int_equal(s.start_epoch, 1);
    assert_true(isnan(s.max_norm) && isnan(s.max_value));
}

static void
test_the_equal_average_begins_with_the_last_quarter(void **state)
{
    static const int64_t first[][2] = {
        {1, 1}, {2, 2}, {3, 3}, {4, 4}, {7, 7}, {8, 7}, {100, 76}};
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(first); i++) {
        dna_regime_settings s;
        char text[80];
        snprintf(text, sizeof(text), "{n_epochs: %d, weight_averaging: {name: swa}}",
            (int)first[i][0]);
        assert_ok(read(&s, text));
        assert_int_equal(s.average, DNA_AVERAGE_SWA);
        assert_int_equal(s.start_epoch, first[i][1]);
    }
}

static void
test_mistakes_name_their_place(void **state)
{
    static const char *const cases[][2] = {
        {"lr_scheduler: {name: stairs}",
            "t.yml:1: lr_scheduler.name: \"stairs\" is not one of step|"},
        {"lr_scheduler: {name: step}",
            "lr_scheduler.params.step_size: is required but missing"},
        {"lr_scheduler: {name: exponential, params: {gama: 1}}",
            "lr_scheduler.params.gamma: is required but missing"},
        {"lr_scheduler: {params: {gamma: 1}}",
            "lr_scheduler.params: are settings of a schedule, but lr_scheduler has no name"},
        {"lr_scheduler: {name: plateau, params: {factor: 1}}",
            "lr_scheduler.params.factor: 1 is not below 1"},
        {"lr_scheduler: {name: cosine, params: 3}", "lr_scheduler.params: "},
        {"lr_scheduler: {warmup_steps: -1}", "warmup_steps: -1 is not at least 0"},
        {"gradient_clipping: {}",
            "t.yml:1: gradient_clipping: bounds nothing: max_norm or max_value is missing"},
        {"gradient_clipping: {max_norm: 0}", "max_norm: 0 is not above 0"},
        {"early_stopping: {}", "early_stopping.patience: is required but missing"},
        {"early_stopping: {patience: 0}", "patience: 0 is not at least 1"},
        {"weight_averaging: {decay: 0.5}",
            "weight_averaging.name: is required but missing"},
        {"weight_averaging: {name: mean}", "\"mean\" is not one of ema|swa"},
        {"weight_averaging: {name: swa, decay: 0.5}",
            "weight_averaging.decay: is a setting of ema; swa has none"},
        {"weight_averaging: {name: ema, decay: 1}", "decay: 1 is not below 1"},
        {"weight_averaging: {name: ema, start_epoch: 2}",
            "weight_averaging.start_epoch: 2 is after the last epoch: n_epochs is 1"},
    };
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        dna_regime_settings s;
        assert_fails(read(&s, cases[i][0]), DNA_EARG, cases[i][1]);
    }
}

static void
test_the_factor_is_the_schedules(void **state)
{
    dna_regime_settings s;
    dna_regime r;
    (void)state;
    assert_ok(read(&s, "{n_epochs: 4, lr_scheduler: {name: step, "
                       "params: {step_size: 1, gamma: 0.5}, warmup_steps: 4}}"));
    assert_ok(dna_regime_init(&r, &s, 8.0, 4, weights));
    assert_near(dna_regime_begin_step(&r, 1, 1), 0.25, 1e-15);
    assert_near(r.lr, 2.0, 1e-15);
    assert_near(dna_regime_begin_step(&r, 2, 3), 0.375, 1e-15);
    assert_near(dna_regime_begin_step(&r, 4, 100), 0.125, 1e-15);
    assert_near(r.lr, 1.0, 1e-15);
    dna_regime_clear(&r);
    assert_ok(dna_regime_init(&r, &s, 0.0, 4, weights));
    assert_true(dna_regime_begin_step(&r, 2, 3) == 1.0);
    dna_regime_clear(&r);
}

static void
test_a_gradient_without_a_norm_is_an_error(void **state)
{
    dna_regime_settings s;
    dna_regime r;
    float g[2] = {3.0F, -4.0F};
    (void)state;
    assert_ok(read(&s, "gradient_clipping: {max_norm: 1, max_value: 3}"));
    assert_ok(dna_regime_init(&r, &s, 1.0, 1, weights));
    assert_ok(dna_regime_bound_gradient(&r, g, 2)); /* (3, -3), then length 1 */
    assert_near((double)g[0], sqrt(0.5), 1e-6);
    assert_near((double)g[1], -sqrt(0.5), 1e-6);
    g[0] = NAN;
    assert_fails(dna_regime_bound_gradient(&r, g, 2), DNA_ENUMERIC,
        "the norm of the gradient is nan");
    dna_regime_clear(&r);
}

static void
test_means_count_from_their_first_epoch(void **state)
{
    float *w = dna_state_params(weights);
    (void)state;
    for (int k = 0; k < 2; k++) {
        dna_regime_settings s;
        dna_regime r;
        assert_ok(read(&s, k == 0 ? "{n_epochs: 4, weight_averaging: {name: swa, "
                                    "start_epoch: 3}}"
                                  : "{n_epochs: 4, weight_averaging: {name: ema, "
                                    "start_epoch: 3, decay: 0.5}}"));
        assert_ok(dna_regime_init(&r, &s, 1.0, 4, weights));
        for (int64_t epoch = 1; epoch <= 4; epoch++) {
            for (int step = 0; step < 2; step++) {
                w[0] = (float)(10 * epoch + step);
                dna_regime_end_step(&r, weights, epoch);
            }
            dna_regime_end_epoch(&r, weights, epoch);
            dna_regime_show_mean(&r, weights);
            if (epoch == 2) {
                assert_true(w[0] == 21.0F); /* no mean yet */
            }
            dna_regime_hide_mean(&r, weights);
        }
        dna_regime_show_mean(&r, weights);
        /* (31 + 41) / 2; 30, then half way to 31, to 40 and to 41 */
        assert_true(w[0] == (k == 0 ? 36.0F : 38.125F));
        dna_regime_hide_mean(&r, weights);
        assert_true(w[0] == 41.0F);
        dna_regime_clear(&r);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_nothing_is_on_unless_asked_for),
        T(test_settings_are_read),
        T(test_the_equal_average_begins_with_the_last_quarter),
        T(test_mistakes_name_their_place),
        T(test_the_factor_is_the_schedules),
        T(test_a_gradient_without_a_norm_is_an_error),
        T(test_means_count_from_their_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_objective.c - the weighted losses of all parameters.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: reference values of the original's tests, and sums done by hand.
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "data/transform.h"
#include "run/objective.h"
#include "unit/nn/loss_values.h"

static dna_param
regression(const char *name, double weight)
{
    return (dna_param){.name = name,
        .type = DNA_REGRESSION,
        .loss_func = "MSE",
        .loss_weight = weight,
        .std = 1.0};
}

static dna_param
classification(const char *name, int64_t n_class, const char *weights)
{
    return (dna_param){.name = name,
        .type = DNA_CLASSIFICATION,
        .loss_func = "Cross Entropy",
        .loss_weight = 1.0,
        .n_class = n_class,
        .class_weights = weights};
}

static void
test_two_regressions_have_the_reference_losses(void **state)
{
    (void)state;
    const dna_param params[] = {regression("a", 1.0), regression("b", 1.0)};
    const double target[] = {0, 2, 1, 3};
    const float out[] = {0.1f, 1.8f, 0.9f, 2.8f};
    double losses[2];
    float grad[4];
    dna_objective o;

    assert_ok(dna_objective_init(&o, params, 2, target, NULL, 2));
    assert_int_equal(o.n_output, 2);
    assert_near(dna_objective_eval(&o, out, 2, target, grad, losses), 0.025, 1e-6);
    assert_near(losses[0], 0.01, 1e-6);
    assert_near(losses[1], 0.04, 1e-6);
    /* d/do of (1/2) sum (o - t)^2 = o - t */
    assert_near((double)grad[0], 0.1, 1e-6);
    assert_near((double)grad[3], -0.2, 1e-6);
    dna_objective_clear(&o);
}

static void
test_regression_and_classes_have_the_reference_losses(void **state)
{
    (void)state;
    static const char *const kinds[] = {"balanced", "none"};
    const float z = 5.293529352935294f;
    const double target[] = {0, 0, 1, 2};
    const float out[] = {0.1f, z, 0, 0, 0.9f, 0, 0, z};
    for (int k = 0; k < 2; k++) { /* classes are equally frequent: both are the same */
        const dna_param params[] = {
            regression("a", 1.0), classification("c", 3, kinds[k])};
        double losses[2];
        dna_objective o;
        assert_ok(dna_objective_init(&o, params, 2, target, NULL, 2));
        assert_int_equal(o.n_output, 4);
        dna_objective_eval(&o, out, 2, target, NULL, losses);
        assert_near(losses[0], 0.01, 1e-6);
        assert_near(losses[1], 0.01 / 3.0, 1e-5);
        dna_objective_clear(&o);
    }
}

static void
test_one_sample_of_one_parameter(void **state)
{
    (void)state;
    const dna_param params[] = {regression("a", 1.0)};
    const double target[] = {1.0};
    const float out[] = {0.9f};
    double loss = 0.0;
    dna_objective o;
    assert_ok(dna_objective_init(&o, params, 1, target, NULL, 1));
    assert_near(dna_objective_eval(&o, out, 1, target, NULL, &loss), 0.01, 1e-6);
    dna_objective_clear(&o);
}

static void
test_missing_targets_are_left_out_and_weighed(void **state)
{
    (void)state;
    const dna_param params[] = {regression("a", 0.5)};
    const double table[] = {1.0, (double)NAN, (double)NAN, 2.0};
    const double target[] = {(double)NAN, 1.0};
    const float out[] = {100.0f, 3.0f};
    double loss = 0.0;
    float grad[2] = {9.0f, 9.0f};
    dna_objective o;
    assert_ok(dna_objective_init(&o, params, 1, table, NULL, 4));
    /* 0.5 / (1 - 1/2) * (3 - 1)^2 */
    assert_near(dna_objective_eval(&o, out, 2, target, grad, &loss), 4.0, 1e-12);
    assert_near((double)grad[0], 0.0, 0.0);
    assert_near((double)grad[1], 4.0, 1e-6);
    /* a batch without any target: no loss, no gradient */
    const double none[] = {(double)NAN, (double)NAN};
    assert_near(dna_objective_eval(&o, out, 2, none, grad, &loss), 0.0, 0.0);
    assert_near((double)grad[1], 0.0, 0.0);
    dna_objective_clear(&o);
}

static void
test_rare_classes_weigh_more_when_balanced(void **state)
{
    (void)state;
    const dna_param params[] = {classification("c", 2, "balanced")};
    /* training: three of class 0, one of class 1; the validation row does not count */
    const double table[] = {0, 0, 0, 1, 1};
    const int split[] = {
        DNA_TRAINING, DNA_TRAINING, DNA_TRAINING, DNA_TRAINING, DNA_VALIDATION};
    const double target[] = {0, 1};
    const float out[] = {1.0f, 0.0f, 1.0f, 0.0f};
    const double l0 = log1p(exp(-1.0)), l1 = log1p(exp(1.0));
    const double w0 = 4.0 / 3.0, w1 = 4.0;
    double loss = 0.0;
    float grad[4];
    dna_objective o;
    assert_ok(dna_objective_init(&o, params, 1, table, split, 5));
    dna_objective_eval(&o, out, 2, target, grad, &loss);
    assert_near(loss, 0.5 * (w0 * l0 + w1 * l1) / (w0 + w1), 1e-12);
    /* finite differences of the first output */
    float up[4], down[4];
    double loss_up = 0.0, loss_down = 0.0;
    memcpy(up, out, sizeof(up));
    memcpy(down, out, sizeof(down));
    for (int i = 0; i < 4; i++) {
        up[i] += 1e-3f;
        down[i] -= 1e-3f;
        dna_objective_eval(&o, up, 2, target, NULL, &loss_up);
        dna_objective_eval(&o, down, 2, target, NULL, &loss_down);
        assert_near((double)grad[i],
            (loss_up - loss_down) / ((double)up[i] - (double)down[i]), 1e-5);
        up[i] = down[i] = out[i];
    }
    dna_objective_clear(&o);
}

static void
test_listed_class_weights_are_those_of_pytorch(void **state)
{
    double target[4];
    float out[12], grad[12];
    (void)state;
    for (int i = 0; i < 12; i++) { /* the first rows of the table are the batch */
        out[i] = (float)class_values[i / 3].o[i % 3];
        target[i / 3] = class_values[i / 3].t;
    }
    for (int64_t k = 0; k < DNA_COUNT(weighted_values); k++) {
        const weighted_value *v = &weighted_values[k];
        dna_param param = classification("c", 3, "list");
        double loss = 0.0;
        dna_objective o;
        param.class_weight_list = v->weights;
        param.loss_func = v->name;
        assert_ok(dna_objective_init(&o, &param, 1, target, NULL, 4));
        dna_objective_eval(&o, out, 4, target, grad, &loss);
        assert_near(3.0 * loss, v->loss, 1e-7); /* ours is divided by the classes */
        for (int i = 0; i < 12; i++) {
            assert_near(3.0 * (double)grad[i], v->grad[i / 3][i % 3], 1e-7);
        }
        dna_objective_clear(&o);
    }
}

static void
test_a_batch_of_classes_without_weight_teaches_nothing(void **state)
{
    static const double weights[] = {0.0, 1.0, 1.0};
    const double target[] = {0, 0};
    const float out[6] = {1.0F, 2.0F, 3.0F};
    float grad[6] = {9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F};
    dna_param param = classification("c", 3, "list");
    double loss = 9.0;
    dna_objective o;
    (void)state;
    param.class_weight_list = weights;
    assert_ok(dna_objective_init(&o, &param, 1, target, NULL, 2));
    dna_objective_eval(&o, out, 2, target, grad, &loss);
    assert_true(loss == 0.0);
    for (int i = 0; i < 6; i++) {
        assert_true(grad[i] == 0.0F);
    }
    dna_objective_clear(&o);
    param.loss_func = "Multi Margin";
    assert_fails(dna_objective_check(&param, 1), DNA_EARG,
        "a list of class_weights is for Cross Entropy and NLL, not for Multi Margin");
}

static void
test_the_first_loss_that_is_no_number_is_found(void **state)
{
    (void)state;
    const dna_param params[] = {regression("a", 1.0), regression("b", 1.0)};
    const double target[] = {0, 0};
    const float out[] = {1.0f, NAN};
    double losses[2];
    dna_objective o;
    assert_ok(dna_objective_init(&o, params, 2, target, NULL, 1));
    dna_objective_eval(&o, out, 1, target, NULL, losses);
    assert_int_equal(dna_objective_first_bad(&o, losses), 1);
    losses[1] = 0.0;
    assert_int_equal(dna_objective_first_bad(&o, losses), -1);
    dna_objective_clear(&o);
}

static void
test_losses_must_be_known_and_fit_the_type(void **state)
{
    (void)state;
    dna_param p = regression("event_time", 1.0);
    dna_objective o;
    const double table[] = {(double)NAN};
    p.loss_func = "Mean Squared";
    assert_fails(dna_objective_check(&p, 1), DNA_ENOTFOUND,
        "learned_params.event_time.loss_func: unknown loss \"Mean Squared\", for a regression there are: MSE");
    p.loss_func = "CrossEntropyLoss";
    assert_fails(dna_objective_check(&p, 1), DNA_EARG,
        "Cross Entropy is no loss for a regression");
    p.loss_func = "smooth l1";
    assert_ok(dna_objective_check(&p, 1));
    assert_fails(dna_objective_init(&o, &p, 1, table, NULL, 1), DNA_EARG,
        "event_time: no scenario has a value");
    dna_param c = classification("c", 2, "none");
    c.loss_func = "mse";
    assert_fails(
        dna_objective_check(&c, 1), DNA_EARG, "MSE is no loss for a classification");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_regressions_have_the_reference_losses),
        cmocka_unit_test(test_regression_and_classes_have_the_reference_losses),
        cmocka_unit_test(test_one_sample_of_one_parameter),
        cmocka_unit_test(test_missing_targets_are_left_out_and_weighed),
        cmocka_unit_test(test_rare_classes_weigh_more_when_balanced),
        cmocka_unit_test(test_listed_class_weights_are_those_of_pytorch),
        cmocka_unit_test(test_a_batch_of_classes_without_weight_teaches_nothing),
        cmocka_unit_test(test_the_first_loss_that_is_no_number_is_found),
        cmocka_unit_test(test_losses_must_be_known_and_fit_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

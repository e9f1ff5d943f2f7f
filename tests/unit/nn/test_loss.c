/* test_loss.c - losses against PyTorch's values, and their means over batches.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "base/path.h"
#include "nn/loss.h"
#include "unit/nn/loss_values.h"

/* Relative to the size of the number: gradients of BCE reach 1e12. */
static void
assert_close(const char *name, double a, double b)
{
    if (!(fabs(a - b) <= 1e-8 * fmax(1e-6, fabs(b)))) {
        fail_msg("%s: %.17g is not %.17g", name, a, b);
    }
}

static void
test_regression_losses_and_slopes_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(regression_values); i++) {
        const regression_value *v = &regression_values[i];
        const dna_loss_def *loss = dna_loss_find(v->name);
        double grad = 0.0;
        assert_non_null(loss);
        assert_false(loss->is_classification);
        assert_close(v->name, loss->eval(&v->o, 1, v->t, &grad), v->loss);
        assert_close(v->name, grad, v->grad);
    }
}

static void
test_classification_losses_and_slopes_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(class_values); i++) {
        const class_value *v = &class_values[i];
        const dna_loss_def *loss = dna_loss_find(v->name);
        double grad[3];
        assert_non_null(loss);
        assert_true(loss->is_classification);
        assert_close(v->name, loss->eval(v->o, 3, v->t, grad), v->loss);
        for (int j = 0; j < 3; j++) {
            assert_close(v->name, grad[j], v->grad[j]);
        }
    }
}

static void
test_names_are_found_as_users_write_them(void **state)
{
    static const char *const spellings[][2] = {
        {"mse", "MSE"},
        {"MSELoss", "MSE"},
        {"MSE Loss", "MSE"},
        {"cross_entropy", "Cross Entropy"},
        {"CrossEntropyLoss", "Cross Entropy"},
        {"CROSS ENTROPY", "Cross Entropy"},
        {"smoothl1", "Smooth L1"},
        {"Smooth_L1_Loss", "Smooth L1"},
        {"bce with logits", "BCE With Logits"},
        {"mce", "MCE"},
    };
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(spellings); i++) {
        const dna_loss_def *loss = dna_loss_find(spellings[i][0]);
        assert_non_null(loss);
        assert_string_equal(loss->name, spellings[i][1]);
    }
}

static void
test_unknown_names_are_not_found(void **state)
{
    static const char *const words[] = {"", "loss", "L2", "MSE-", "Cross Entropies",
        "MSE, and then a name that is longer than all others"};
    (void)state;
    assert_null(dna_loss_find(NULL));
    for (int64_t i = 0; i < DNA_COUNT(words); i++) {
        assert_null(dna_loss_find(words[i]));
    }
}

static void
test_the_list_ends_and_every_entry_is_found_by_its_name(void **state)
{
    int64_t n = 0;
    (void)state;
    for (; dna_loss_at(n) != NULL; n++) {
        assert_ptr_equal(dna_loss_find(dna_loss_at(n)->name), dna_loss_at(n));
        assert_non_null(dna_loss_at(n)->doc);
    }
    assert_int_equal(n, 14);
    assert_null(dna_loss_at(-1));
}

/* spec: two MSE parameters, targets [[0, 2], [1, 3]], outputs [[.1, 1.8], [.9, 2.8]] */
static void
test_the_mean_runs_over_one_column_of_the_batch(void **state)
{
    const float out[] = {0.1F, 1.8F, 0.9F, 2.8F};
    const double target[] = {0.0, 2.0, 1.0, 3.0};
    const dna_loss_def *mse = dna_loss_find("MSE");
    int64_t n_valid = 0;
    (void)state;
    assert_near(
        dna_loss_mean(mse, out, 2, 2, 1, target, 2, 1.0, NULL, &n_valid), 0.01, 1e-7);
    assert_int_equal(n_valid, 2);
    assert_near(dna_loss_mean(mse, out + 1, 2, 2, 1, target + 1, 2, 1.0, NULL, NULL),
        0.04, 1e-7);
}

/* spec: MSE and a 3-class cross entropy share rows of four outputs */
static void
test_a_class_loss_reads_its_own_columns(void **state)
{
    const float z = 5.293529352935294F;
    const float out[] = {0.1F, z, 0.0F, 0.0F, 0.9F, 0.0F, 0.0F, z};
    const double target[] = {0.0, 0.0, 1.0, 2.0};
    const dna_loss_def *ce = dna_loss_find("Cross Entropy");
    float grad[8] = {7, 7, 7, 7, 7, 7, 7, 7};
    (void)state;
    double loss =
        dna_loss_mean(ce, out + 1, 2, 4, 3, target + 1, 2, 2.0, grad + 1, NULL);
    /* the loss is log(1 + 2 exp(-z)) in both rows */
    double expected = log1p(2.0 * exp(-(double)z));
    assert_near(loss, expected, 1e-12);
    /* weight 2, mean over 2: the slope of one sample */
    assert_near((double)grad[1], exp(-expected) - 1.0, 1e-7);
    assert_near((double)grad[2], exp(-(double)z - expected), 1e-7);
    assert_near((double)grad[7], exp(-expected) - 1.0, 1e-7);
    assert_true(grad[0] == 7.0F && grad[4] == 7.0F); /* the other parameter's */
}

static void
test_the_mean_over_a_batch_is_that_of_pytorch(void **state)
{
    float out[12];
    double target[4];
    (void)state;
    for (int64_t i = 0; i < 4;
         i++) { /* the first rows of the table are cross entropy */
        for (int64_t j = 0; j < 3; j++) {
            out[3 * i + j] = (float)class_values[i].o[j];
        }
        target[i] = class_values[i].t;
    }
    assert_near(dna_loss_mean(dna_loss_find("Cross Entropy"), out, 4, 3, 3, target, 1,
                    1.0, NULL, NULL),
        cross_entropy_mean, 1e-8);
}

static void
test_missing_targets_are_left_out(void **state)
{
    const float out[] = {1.0F, 2.0F, 5.0F};
    const double target[] = {0.0, (double)NAN, 2.0};
    float grad[3] = {7, 7, 7};
    int64_t n_valid = 0;
    (void)state;
    double loss = dna_loss_mean(
        dna_loss_find("MSE"), out, 3, 1, 1, target, 1, 0.5, grad, &n_valid);
    assert_int_equal(n_valid, 2);
    assert_near(loss, 5.0, 1e-12); /* (1 + 9) / 2 */
    assert_true(grad[0] == 0.5F && grad[1] == 0.0F && grad[2] == 1.5F);
}

static void
test_a_batch_without_targets_has_loss_and_gradient_zero(void **state)
{
    const float out[] = {1.0F, 2.0F};
    const double target[] = {(double)NAN, (double)NAN};
    float grad[2] = {7, 7};
    int64_t n_valid = 9;
    (void)state;
    assert_true(
        dna_loss_mean(dna_loss_find("L1"), out, 2, 1, 1, target, 1, 1.0, grad, &n_valid)
        == 0.0);
    assert_int_equal(n_valid, 0);
    assert_true(grad[0] == 0.0F && grad[1] == 0.0F);
}

static void
test_a_nan_output_is_never_swallowed(void **state)
{
    const float out[3] = {NAN, NAN, NAN};
    (void)state;
    for (int64_t i = 0; dna_loss_at(i) != NULL; i++) {
        const dna_loss_def *loss = dna_loss_at(i);
        for (double t = -1.0; t <= 1.0; t += 1.0) {
            if (!isnan(dna_loss_mean(loss, out, 1, 3, loss->is_classification ? 3 : 1,
                    &t, 1, 1.0, NULL, NULL))) {
                fail_msg("%s swallows NaN at target %g", loss->name, t);
            }
        }
    }
}

static void
test_a_target_that_is_no_class_gives_nan(void **state)
{
    const double wrong[] = {-1.0, 3.0, 0.5, 1e300};
    const float out[3] = {1.0F, 2.0F, 3.0F};
    (void)state;
    for (int64_t i = 0; dna_loss_at(i) != NULL; i++) {
        for (int64_t j = 0; dna_loss_at(i)->is_classification && j < 4; j++) {
            assert_true(isnan(dna_loss_mean(
                dna_loss_at(i), out, 1, 3, 3, &wrong[j], 1, 1.0, NULL, NULL)));
        }
    }
}

static void
test_many_classes_take_memory_and_say_so(void **state)
{
    float out[200] = {0}, grad[200];
    const double target = 199.0;
    const dna_loss_def *ce = dna_loss_find("Cross Entropy");
    (void)state;
    assert_near(dna_loss_mean(ce, out, 1, 200, 200, &target, 1, 1.0, grad, NULL),
        log(200.0), 1e-12);
    assert_near((double)grad[199], 1.0 / 200.0 - 1.0, 1e-6);
    dna_mem_fail_at(1);
    assert_true(
        isnan(dna_loss_mean(ce, out, 1, 200, 200, &target, 1, 1.0, grad, NULL)));
    dna_mem_fail_at(0);
}

static void
test_the_documentation_tells_of_every_loss(void **state)
{
    (void)state;
    unsigned char *text = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(source_path("docs/math.md"), 1 << 20, &text, &n));
    for (int64_t i = 0; dna_loss_at(i) != NULL; i++) {
        char quoted[80];
        snprintf(quoted, sizeof(quoted), "`%s`", dna_loss_at(i)->name);
        if (strstr((const char *)text, quoted) == NULL) {
            fail_msg(
                "docs/math.md does not tell of the loss \"%s\"", dna_loss_at(i)->name);
        }
    }
    dna_free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression_losses_and_slopes_are_those_of_pytorch),
        cmocka_unit_test(test_classification_losses_and_slopes_are_those_of_pytorch),
        cmocka_unit_test(test_names_are_found_as_users_write_them),
        cmocka_unit_test(test_unknown_names_are_not_found),
        cmocka_unit_test(test_the_list_ends_and_every_entry_is_found_by_its_name),
        cmocka_unit_test(test_the_mean_runs_over_one_column_of_the_batch),
        cmocka_unit_test(test_a_class_loss_reads_its_own_columns),
        cmocka_unit_test(test_the_mean_over_a_batch_is_that_of_pytorch),
        cmocka_unit_test(test_missing_targets_are_left_out),
        cmocka_unit_test(test_a_batch_without_targets_has_loss_and_gradient_zero),
        cmocka_unit_test(test_a_nan_output_is_never_swallowed),
        cmocka_unit_test(test_a_target_that_is_no_class_gives_nan),
        cmocka_unit_test(test_many_classes_take_memory_and_say_so),
        cmocka_unit_test(test_the_documentation_tells_of_every_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_values.c - what the networks compute, against PyTorch in double precision.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truths: the check values of the networks' description (six digits, typed in below),
 * and tests/golden/networks (all digits, gradients and running statistics).
 */
#include "support/support.h"

#include "io/npz.h"
#include "nn/optim.h"
#include "unit/nets/net_fixture.h"

static const net_case cases[] = {
    {"spidna_small", "SPIDNA", "n_blocks=2 n_features=3", {20, 4, true, 2}, false},
    {"spidna_odd", "SPIDNA", "n_blocks=3 n_features=5", {53, 7, true, 4}, false},
    {"spidna_one", "SPIDNA", "n_blocks=1 n_features=2", {6, 1, true, 1}, false},
    {"cnn", "CNN", "", {400, 50, true, 3}, false},
    {"cnn_product", "CNN", "", {391, 38, false, 2}, false},
    {"mlp", "MLP", "", {20, 4, true, 3}, false},
    {"mlp_product", "MLP", "", {20, 4, false, 2}, false},
    {"custom_20", "CustomCNN", "", {90, 20, true, 3}, false},
    {"custom_25", "CustomCNN", "", {90, 25, true, 3}, false},
    {"custom_25_corrected", "CustomCNN", "heights=corrected", {90, 25, true, 3}, false},
    {"custom_fewer", "CustomCNN", "n_indiv=21", {172, 24, true, 2}, false},
    {"spidna", "SPIDNA", "n_blocks=7 n_features=50", {400, 50, true, 3}, true},
};

static const net_case *
find_case(const char *name)
{
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        if (strcmp(cases[i].name, name) == 0) {
            return &cases[i];
        }
    }
    fail_msg("no case %s", name);
    return &cases[0];
}

/* Evaluation of samples 0 and 1, then training mode: the description's section 9. */
static const struct {
    const char *name;
    double eval[2][3], train[2][3];
} described[] = {
    {"spidna_small", {{-1.021330, -3.086717}, {-0.997224, -3.026123}},
        {{-0.158626, -1.084192}, {0.200643, 0.008839}}},
    {"spidna", {{-0.082250, -0.822020, -1.135083}, {-0.113938, -0.816250, -1.098264}},
        {{-0.397858, -0.932042, -0.917320}, {-0.586773, -0.864826, -0.668629}}},
    {"cnn", {{0.643873, 0.392806, 0.201781}, {0.644234, 0.390918, 0.202461}},
        {{0.648290, 0.389051, 0.199433}, {0.663002, 0.392668, 0.182728}}},
    {"mlp", {{-0.223170, 0.178460, 0.110561}, {-0.214730, 0.135323, 0.125897}},
        {{-0.223170, 0.178460, 0.110561}, {-0.214730, 0.135323, 0.125897}}},
    {"custom_20",
        {{-1.107893, -0.968460, -0.710010}, {-1.106088, -0.966235, -0.707633}},
        {{1.779169, 2.287132, 2.520347}, {-1.356139, -1.618517, -1.683252}}},
    {"custom_25",
        {{-0.834235, -0.656854, -0.398144}, {-0.847238, -0.675293, -0.419789}},
        {{-1.939638, -1.789410, -1.420871}, {2.368526, 2.465170, 2.265534}}},
};

/* Two samples through the reference; the caller frees it. */
static dna_reference *
run_reference(net_fixture *f, const dna_net_sizes *sizes, bool is_training)
{
    dna_reference *r = NULL;
    assert_ok(dna_reference_new(&r, f->g, f->state, 2, is_training));
    fill_check_values(f, dna_reference_params(r), dna_reference_buffers(r));
    double *x = dna_reference_input(r, 0);
    assert_non_null(x);
    for (int64_t b = 0; b < 2; b++) {
        for (int64_t row = 0; row < dna_net_n_row(sizes); row++) {
            for (int64_t j = 0; j < sizes->n_snp; j++) {
                *x++ = check_input(sizes, b, row, j);
            }
        }
    }
    assert_ok(dna_reference_forward(r));
    return r;
}

/* The same through a compiled program. */
static dna_program *
run_program(net_fixture *f, const dna_net_sizes *sizes, bool is_training)
{
    dna_program *p = NULL;
    dna_program_options options = {.batch = 2, .is_training = is_training};
    fill_state(f);
    assert_ok(dna_program_new(&p, f->g, f->state, &options));
    float *x = dna_program_input(p, 0);
    assert_non_null(x);
    for (int64_t b = 0; b < 2; b++) {
        for (int64_t row = 0; row < dna_net_n_row(sizes); row++) {
            for (int64_t j = 0; j < sizes->n_snp; j++) {
                *x++ = (float)check_input(sizes, b, row, j);
            }
        }
    }
    assert_ok(dna_program_forward(p));
    return p;
}

static void
assert_output(const char *name, const char *mode, double y, double expected, double tol)
{
    if (!(fabs(y - expected) <= tol)) {
        fail_msg("%s, %s: %.9g is not within %g of %.9g", name, mode, y, tol, expected);
    }
}

/* "<case>:<what>" of the golden file as doubles. */
static void
read_golden(dna_npz *npz, const net_case *c, const char *what, dna_array *out)
{
    char key[64];
    snprintf(key, sizeof(key), "%s:%s", c->name, what);
    assert_ok(dna_npz_read(npz, key, out));
    assert_int_equal(out->dtype, DNA_F64);
}

static void
assert_golden(dna_npz *npz, const net_case *c, const char *what, const double *values,
    int64_t n, double tol)
{
    dna_array expected = {0};
    read_golden(npz, c, what, &expected);
    assert_int_equal(dna_array_count(&expected), n);
    for (int64_t i = 0; i < n; i++) {
        double e = dna_array_get(&expected, i);
        assert_output(c->name, what, values[i], e, tol * fmax(1.0, fabs(e)));
    }
    dna_array_clear(&expected);
}

static double
digest(const double *x, int64_t n)
{
    double sum = 0.0;
    for (int64_t e = 0; e < n; e++) {
        sum += x[e] * sin(0.5 + 0.11 * (double)e);
    }
    return sum;
}

/* One digest for each learned tensor, in registration order. */
static int64_t
digest_grads(const net_fixture *f, const double *grads, double *out)
{
    int64_t n = 0;
    for (int layer = 0; layer < f->n_layer; layer++) {
        const dna_tensor *pair[2] = {
            layer_tensor(f, layer, "weight"), layer_tensor(f, layer, "bias")};
        for (int i = 0; i < 2; i++) {
            if (pair[i] != NULL) {
                out[n++] = digest(grads + pair[i]->offset, pair[i]->count);
            }
        }
    }
    return n;
}

static int64_t
digest_running(const net_fixture *f, const double *buffers, double *out)
{
    int64_t n = 0;
    for (int layer = 0; layer < f->n_layer; layer++) {
        const dna_tensor *pair[2] = {layer_tensor(f, layer, "running_mean"),
            layer_tensor(f, layer, "running_var")};
        for (int i = 0; i < 2; i++) {
            if (pair[i] != NULL) {
                out[n++] = digest(buffers + pair[i]->offset, pair[i]->count);
            }
        }
    }
    return n;
}

/* The typed-in values of a case, if there are any. */
static void
assert_described(const net_case *c, bool is_training, const double *y, double tol)
{
    for (int64_t i = 0; i < DNA_COUNT(described); i++) {
        if (strcmp(described[i].name, c->name) != 0) {
            continue;
        }
        for (int64_t k = 0; k < 2 * c->sizes.n_outputs; k++) {
            int64_t b = k / c->sizes.n_outputs, o = k % c->sizes.n_outputs;
            assert_output(c->name, is_training ? "training" : "evaluation", y[k],
                is_training ? described[i].train[b][o] : described[i].eval[b][o], tol);
        }
    }
}

static void
test_the_reference_agrees_with_pytorch(void **state)
{
    dna_npz *npz = NULL;
    (void)state;
    assert_ok(dna_npz_open(&npz, source_path("tests/golden/networks/networks.npz")));
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        const net_case *c = &cases[i];
        int64_t n = 2 * c->sizes.n_outputs;
        double digests[160];
        net_fixture f;
        fixture_open(&f, c);
        dna_reference *r = run_reference(&f, &c->sizes, false);
        assert_golden(npz, c, "eval", dna_reference_output(r), n, 1e-10);
        assert_described(c, false, dna_reference_output(r), 1e-6);
        dna_reference_free(r);

        r = run_reference(&f, &c->sizes, true);
        assert_golden(npz, c, "train", dna_reference_output(r), n, 1e-9);
        assert_described(c, true, dna_reference_output(r), 1e-6);
        int64_t n_running = digest_running(&f, dna_reference_buffers(r), digests);
        assert_golden(npz, c, "running", digests, n_running, 1e-10);
        if (!c->is_large) {
            for (int64_t k = 0; k < n; k++) {
                dna_reference_output_grad(r)[k] =
                    check_output_grad(k / c->sizes.n_outputs, k % c->sizes.n_outputs);
            }
            assert_ok(dna_reference_backward(r));
            int64_t n_grad = digest_grads(&f, dna_reference_grads(r), digests);
            assert_golden(npz, c, "grad", digests, n_grad, 1e-8);
        }
        dna_reference_free(r);
        fixture_close(&f);
    }
    dna_npz_close(npz);
}

static void
test_the_program_agrees_with_pytorch_within_single_precision(void **state)
{
    dna_npz *npz = NULL;
    (void)state;
    assert_ok(dna_npz_open(&npz, source_path("tests/golden/networks/networks.npz")));
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        const net_case *c = &cases[i];
        double y[8];
        net_fixture f;
        fixture_open(&f, c);
        for (int training = 0; training < 2; training++) {
            dna_program *p = run_program(&f, &c->sizes, training != 0);
            for (int64_t k = 0; k < 2 * c->sizes.n_outputs; k++) {
                y[k] = (double)dna_program_output(p)[k];
            }
            assert_golden(npz, c, training ? "train" : "eval", y,
                2 * c->sizes.n_outputs, training ? 1e-4 : 1e-5);
            dna_program_free(p);
        }
        fixture_close(&f);
    }
    dna_npz_close(npz);
}

static double
largest(const double *x, int64_t n)
{
    double size = 0.0;
    for (int64_t e = 0; e < n; e++) {
        size = fmax(size, fabs(x[e]));
    }
    return size;
}

/* Within 2e-3 of the tensor's largest entry; 3e-2 in CustomCNN, whose last batch norm
 * divides by the difference of two samples. A bias before a batch norm has the true
 * gradient 0: there the program's rounding must be small beside the largest gradient of
 * all.
 */
static double
gradient_tolerance(const net_case *c, double size, double all)
{
    if (size < 1e-9 * all) {
        return 1e-3 * all;
    }
    return size * (strcmp(c->net, "CustomCNN") == 0 ? 3e-2 : 2e-3);
}

static void
assert_same_gradients(const net_case *c, net_fixture *f, const double *expected)
{
    double all = largest(expected, dna_state_n_param(f->state));
    for (int64_t j = 0; j < dna_state_n_tensor(f->state); j++) {
        const dna_tensor *t = dna_state_tensor(f->state, j);
        if (t->kind != DNA_TENSOR_PARAM) {
            continue;
        }
        const double *b = expected + t->offset;
        const float *a = dna_state_grads(f->state) + t->offset;
        double tol = gradient_tolerance(c, largest(b, t->count), all);
        for (int64_t e = 0; e < t->count; e++) {
            assert_output(c->name, t->name, (double)a[e], b[e], tol);
        }
    }
}

/* The small networks only: in large ones near-ties of a maximum flip with rounding. */
static void
test_gradients_of_the_program_are_those_of_the_reference(void **state)
{
    static const char *const names[] = {
        "spidna_small", "spidna_odd", "cnn", "mlp", "custom_20", "custom_25_corrected"};
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        const net_case *c = find_case(names[i]);
        net_fixture f;
        fixture_open(&f, c);
        dna_reference *r = run_reference(&f, &c->sizes, true);
        dna_program *p = run_program(&f, &c->sizes, true);
        for (int64_t k = 0; k < 2 * c->sizes.n_outputs; k++) {
            double g =
                check_output_grad(k / c->sizes.n_outputs, k % c->sizes.n_outputs);
            dna_reference_output_grad(r)[k] = g;
            dna_program_output_grad(p)[k] = (float)g;
        }
        assert_ok(dna_reference_backward(r));
        assert_ok(dna_program_backward(p));
        assert_same_gradients(c, &f, dna_reference_grads(r));
        dna_program_free(p);
        dna_reference_free(r);
        fixture_close(&f);
    }
}

/* The description's training check. */
static const double step_losses[3][2] = {
    {0.937667, 0.622598}, {0.922267, 0.597955}, {0.907209, 0.574190}};
static const double step_targets[4] = {0.5, -0.25, -1.0, 0.75};
static const double step_eval[4] = {-0.697207, -2.557785, -0.670777, -2.485605};

/* MSE of the two outputs and its gradient. */
static void
two_losses(const double *y, double *losses, double *grad)
{
    losses[0] = losses[1] = 0.0;
    for (int k = 0; k < 4; k++) {
        double d = y[k] - step_targets[k];
        losses[k % 2] += d * d / 2.0;
        grad[k] = d;
    }
}

typedef struct {
    double lr, betas[2], eps, weight_decay;
    int amsgrad;
} adam_settings; /* as the field table of Adam lays them out */

static const adam_settings adam = {0.001, {0.9, 0.999}, 1e-8, 0.0, 0};

static void
test_three_adam_steps_of_the_reference_are_as_described(void **state)
{
    const net_case *c = find_case("spidna_small");
    net_fixture f;
    dna_optim *optim = NULL;
    (void)state;
    fixture_open(&f, c);
    dna_reference *r = run_reference(&f, &c->sizes, true);
    int64_t n = dna_state_n_param(f.state);
    float *w = calloc((size_t)(2 * n), sizeof(float)), *g = w + n;
    assert_non_null(w);
    assert_ok(dna_optim_new(&optim, dna_optim_find("Adam"), &adam, n));
    for (int64_t i = 0; i < n; i++) {
        w[i] = (float)dna_reference_params(r)[i];
    }
    for (int step = 0; step < 3; step++) {
        double losses[2];
        if (step > 0) {
            assert_ok(dna_reference_forward(r));
        }
        two_losses(dna_reference_output(r), losses, dna_reference_output_grad(r));
        assert_output("loss", "first", losses[0], step_losses[step][0], 1e-6);
        assert_output("loss", "second", losses[1], step_losses[step][1], 1e-6);
        assert_ok(dna_reference_backward(r));
        for (int64_t i = 0; i < n; i++) {
            g[i] = (float)dna_reference_grads(r)[i];
        }
        assert_ok(dna_optim_step(optim, w, g, 1.0, NULL));
        for (int64_t i = 0; i < n; i++) {
            dna_reference_params(r)[i] = (double)w[i];
        }
    }
    dna_reference *eval = run_reference(&f, &c->sizes, false);
    memcpy(dna_reference_params(eval), dna_reference_params(r),
        (size_t)n * sizeof(double));
    memcpy(dna_reference_buffers(eval), dna_reference_buffers(r),
        (size_t)dna_state_n_buffer(f.state) * sizeof(double));
    assert_ok(dna_reference_forward(eval));
    for (int k = 0; k < 4; k++) {
        assert_output(
            "output", "evaluation", dna_reference_output(eval)[k], step_eval[k], 5e-6);
    }
    dna_reference_free(eval);
    free(w);
    dna_optim_free(optim);
    dna_reference_free(r);
    fixture_close(&f);
}

/* In single precision the gradient of a bias before a batch norm is rounding noise,
 * which Adam turns into steps of up to lr: the outputs after them are known to some
 * 1e-3. */
static void
test_three_adam_steps_of_the_program_are_as_described(void **state)
{
    const net_case *c = find_case("spidna_small");
    net_fixture f;
    dna_optim *optim = NULL;
    (void)state;
    fixture_open(&f, c);
    dna_program *p = run_program(&f, &c->sizes, true);
    assert_ok(dna_optim_new(
        &optim, dna_optim_find("Adam"), &adam, dna_state_n_param(f.state)));
    for (int step = 0; step < 3; step++) {
        double y[4], losses[2], grad[4];
        if (step > 0) {
            assert_ok(dna_program_forward(p));
        }
        for (int k = 0; k < 4; k++) {
            y[k] = (double)dna_program_output(p)[k];
        }
        two_losses(y, losses, grad);
        assert_output("loss", "first", losses[0], step_losses[step][0], 1e-4);
        assert_output("loss", "second", losses[1], step_losses[step][1], 1e-4);
        for (int k = 0; k < 4; k++) {
            dna_program_output_grad(p)[k] = (float)grad[k];
        }
        assert_ok(dna_program_backward(p));
        assert_ok(dna_optim_step(
            optim, dna_state_params(f.state), dna_state_grads(f.state), 1.0, NULL));
    }
    for (int64_t i = 0; i < dna_state_n_counter(f.state); i++) {
        assert_int_equal(dna_state_counters(f.state)[i], 3);
    }
    /* the same input again, in evaluation mode on the trained state */
    dna_program *eval = NULL;
    dna_program_options options = {.batch = 2};
    assert_ok(dna_program_new(&eval, f.g, f.state, &options));
    memcpy(dna_program_input(eval, 0), dna_program_input(p, 0),
        (size_t)(2 * dna_net_n_row(&c->sizes) * c->sizes.n_snp) * sizeof(float));
    assert_ok(dna_program_forward(eval));
    for (int k = 0; k < 4; k++) {
        assert_output("output", "evaluation", (double)dna_program_output(eval)[k],
            step_eval[k], 5e-3);
    }
    dna_program_free(eval);
    dna_optim_free(optim);
    dna_program_free(p);
    fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reference_agrees_with_pytorch),
        cmocka_unit_test(test_three_adam_steps_of_the_reference_are_as_described),
        cmocka_unit_test(test_the_program_agrees_with_pytorch_within_single_precision),
        cmocka_unit_test(test_gradients_of_the_program_are_those_of_the_reference),
        cmocka_unit_test(test_three_adam_steps_of_the_program_are_as_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

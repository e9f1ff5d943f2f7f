/* test_files.c - networks with weights that PyTorch made, and a training run of its.
 *
 * SPDX-License-Identifier: MIT
 *
 * Arrays: tests/golden/pytorch_state, and more of the kind beside the project.
 */
#include "support/support.h"

#include "io/npz.h"
#include "nn/loss.h"
#include "nn/optim.h"
#include "unit/nets/net_fixture.h"

/* Copy every tensor of the state from "<prefix><name>" of the file. */
static void
load_state(dna_state *s, dna_npz *npz, const char *prefix)
{
    for (int64_t i = 0; i < dna_state_n_tensor(s); i++) {
        const dna_tensor *t = dna_state_tensor(s, i);
        dna_array a = {0};
        char key[96];
        snprintf(key, sizeof(key), "%s%s", prefix, t->name);
        assert_ok(dna_npz_read(npz, key, &a));
        assert_int_equal(a.n_dim, t->n_dim);
        for (int d = 0; d < a.n_dim; d++) {
            assert_int_equal(a.dim[d], t->dim[d]);
        }
        for (int64_t e = 0; e < t->count; e++) {
            double v = dna_array_get(&a, e);
            if (t->kind == DNA_TENSOR_PARAM) {
                dna_state_params(s)[t->offset + e] = (float)v;
            } else if (t->kind == DNA_TENSOR_BUFFER) {
                dna_state_buffers(s)[t->offset + e] = (float)v;
            } else {
                dna_state_counters(s)[t->offset + e] = (int64_t)v;
            }
        }
        dna_array_clear(&a);
    }
}

static void
assert_outputs(
    const char *what, const dna_array *expected, int64_t i, double y, double tol)
{
    double e = dna_array_get(expected, i);
    if (!(fabs(y - e) <= tol * fmax(1.0, fabs(e)))) {
        fail_msg("%s: output %d is %.9g, not %.9g", what, (int)i, y, e);
    }
}

/* y of PyTorch in single precision to 1e-5, in double precision to 1e-9. */
static void
check_weights(const char *path, const net_case *c)
{
    dna_npz *npz = NULL;
    dna_array x = {0}, y = {0}, y64 = {0};
    dna_program *p = NULL;
    dna_reference *r = NULL;
    net_fixture f;
    fixture_open(&f, c);
    assert_ok(dna_npz_open(&npz, path));
    load_state(f.state, npz, "param:");
    assert_ok(dna_npz_read(npz, "x", &x));
    assert_ok(dna_npz_read(npz, "y", &y));
    assert_ok(dna_npz_read(npz, "y64", &y64));
    int64_t batch = x.dim[0];
    assert_int_equal(dna_array_count(&y), batch * c->sizes.n_outputs);

    assert_ok(dna_reference_new(&r, f.g, f.state, batch, false));
    dna_array_to_double(&x, 0, dna_array_count(&x), dna_reference_input(r, 0));
    assert_ok(dna_reference_forward(r));
    dna_program_options options = {.batch = batch};
    assert_ok(dna_program_new(&p, f.g, f.state, &options));
    dna_array_to_float(&x, 0, dna_array_count(&x), dna_program_input(p, 0));
    assert_ok(dna_program_forward(p));
    for (int64_t i = 0; i < dna_array_count(&y); i++) {
        assert_outputs("reference", &y64, i, dna_reference_output(r)[i], 1e-9);
        assert_outputs("program", &y, i, (double)dna_program_output(p)[i], 1e-5);
    }
    dna_program_free(p);
    dna_reference_free(r);
    dna_array_clear(&y64);
    dna_array_clear(&y);
    dna_array_clear(&x);
    dna_npz_close(npz);
    fixture_close(&f);
}

static const net_case cnn_case = {"cnn", "CNN", "", {400, 50, true, 3}, false};
static const net_case mlp_case = {"mlp", "MLP", "", {40, 10, true, 3}, false};
static const net_case spidna_case = {
    "spidna", "SPIDNA", "n_blocks=2 n_features=8", {100, 10, true, 3}, false};

static void
test_weights_of_pytorch_give_its_outputs(void **state)
{
    (void)state;
    check_weights(source_path("tests/golden/pytorch_state/cnn.npz"), &cnn_case);
    check_weights(source_path("tests/golden/pytorch_state/spidna.npz"), &spidna_case);
}

static void
test_weights_of_all_shared_files_give_their_outputs(void **state)
{
    static const net_case *const cases[] = {&cnn_case, &mlp_case, &spidna_case};
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        char name[32];
        snprintf(name, sizeof(name), "pth/%s.npz", cases[i]->name);
        const char *path = shared_path(name);
        if (path == NULL) {
            print_message("skipped: no shared data beside the project\n");
            skip();
        }
        check_weights(path, cases[i]);
    }
}

/* Ten Adam steps of PyTorch on the published network: tolerances of the data's README.
 */
static const net_case golden_case = {
    "golden", "SPIDNA", "n_blocks=7 n_features=50", {400, 50, true, 21}, false};

typedef struct {
    double lr, betas[2], eps, weight_decay;
    int amsgrad;
} adam_settings; /* as the field table of Adam lays them out */

/* Mean squared error over 10 rows and 21 outputs, and its gradient. */
static double
golden_loss(dna_program *p, const double *targets)
{
    const dna_loss_def *mse = dna_loss_find("MSE");
    double sum = 0.0;
    for (int64_t o = 0; o < 21; o++) {
        sum += dna_loss_mean(mse, dna_program_output(p) + o, 10, 21, 1, targets + o, 21,
            1.0 / 21.0, dna_program_output_grad(p) + o, NULL);
    }
    return sum / 21.0;
}

static void
test_ten_steps_lose_as_pytorch_does(void **state)
{
    static const adam_settings adam = {0.001, {0.9, 0.999}, 1e-8, 0.0, 0};
    const char *path = shared_path("golden/spidna/spidna_golden.npz");
    const char *init = shared_path("golden/spidna/spidna_init_state.npz");
    dna_npz *npz = NULL, *weights = NULL;
    dna_array x = {0}, y = {0}, losses = {0};
    dna_program *p = NULL;
    dna_optim *optim = NULL;
    double targets[10 * 21];
    net_fixture f;
    (void)state;
    if (path == NULL || init == NULL) {
        print_message("skipped: no shared data beside the project\n");
        skip();
        return;
    }
    fixture_open(&f, &golden_case);
    assert_ok(dna_npz_open(&npz, path));
    assert_ok(dna_npz_open(&weights, init));
    load_state(f.state, weights, "");
    assert_ok(dna_npz_read(npz, "X", &x));
    assert_ok(dna_npz_read(npz, "Y", &y));
    assert_ok(dna_npz_read(npz, "losses", &losses));
    dna_program_options options = {.batch = 10, .is_training = true};
    assert_ok(dna_program_new(&p, f.g, f.state, &options));
    assert_ok(dna_optim_new(
        &optim, dna_optim_find("Adam"), &adam, dna_state_n_param(f.state)));
    for (int64_t step = 0; step < 10; step++) {
        int64_t row = step % 2 * 10, n_x = 10 * 51 * 400;
        dna_array_to_float(&x, row * 51 * 400, n_x, dna_program_input(p, 0));
        dna_array_to_double(&y, row * 21, 10 * 21, targets);
        assert_ok(dna_program_forward(p));
        double loss = golden_loss(p, targets), expected = dna_array_get(&losses, step);
        double tol = step == 0 ? 1e-4 : step == 1 ? 2e-3 : 0.05 * expected;
        if (!(fabs(loss - expected) <= tol)) {
            fail_msg("loss %d is %.6f, not %.6f", (int)step + 1, loss, expected);
        }
        assert_ok(dna_program_backward(p));
        assert_ok(dna_optim_step(
            optim, dna_state_params(f.state), dna_state_grads(f.state), 1.0, NULL));
    }
    dna_optim_free(optim);
    dna_program_free(p);
    dna_array_clear(&losses);
    dna_array_clear(&y);
    dna_array_clear(&x);
    dna_npz_close(weights);
    dna_npz_close(npz);
    fixture_close(&f);
}

static void
test_the_state_after_ten_steps_predicts_as_pytorch_does(void **state)
{
    const char *path = shared_path("golden/spidna/spidna_golden.npz");
    const char *after = shared_path("golden/spidna/spidna_after10_state.npz");
    dna_npz *npz = NULL, *weights = NULL;
    dna_array x = {0}, expected = {0};
    dna_program *p = NULL;
    net_fixture f;
    (void)state;
    if (path == NULL || after == NULL) {
        print_message("skipped: no shared data beside the project\n");
        skip();
        return;
    }
    fixture_open(&f, &golden_case);
    assert_ok(dna_npz_open(&npz, path));
    assert_ok(dna_npz_open(&weights, after));
    load_state(f.state, weights, "");
    assert_ok(dna_npz_read(npz, "X", &x));
    assert_ok(dna_npz_read(npz, "eval_out", &expected));
    dna_program_options options = {.batch = 20};
    assert_ok(dna_program_new(&p, f.g, f.state, &options));
    dna_array_to_float(&x, 0, dna_array_count(&x), dna_program_input(p, 0));
    assert_ok(dna_program_forward(p));
    for (int64_t i = 0; i < dna_array_count(&expected); i++) {
        assert_outputs("after", &expected, i, (double)dna_program_output(p)[i], 1e-5);
    }
    dna_program_free(p);
    dna_array_clear(&expected);
    dna_array_clear(&x);
    dna_npz_close(weights);
    dna_npz_close(npz);
    fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_of_pytorch_give_its_outputs),
        cmocka_unit_test(test_weights_of_all_shared_files_give_their_outputs),
        cmocka_unit_test(test_ten_steps_lose_as_pytorch_does),
        cmocka_unit_test(test_the_state_after_ten_steps_predicts_as_pytorch_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

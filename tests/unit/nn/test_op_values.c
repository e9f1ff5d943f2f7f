/* test_op_values.c - layers against PyTorch's values and gradients; what the float kernels
 * lose; what dropout draws.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "dnadna/program.h"
#include "nn/kernels/kernels.h"
#include "nn/node.h"
#include "op_values.h"
#include "support/support.h"

/* ---- PyTorch ---- */

static dna_node *
layer(dna_graph *g, dna_node *x, const char *name)
{
    dna_conv2d_opts conv = {.out = 3,
        .kernel = {2, 3},
        .stride = {2, 1},
        .pad = {3, 2},
        .dilation = {4, 2}};
    dna_conv2d_opts dilated = {
        .out = 2, .kernel = {3, 2}, .dilation = {1, 3}, .no_bias = true};
    dna_conv1d_opts line = {
        .out = 3, .kernel = 3, .stride = 2, .pad = 3, .dilation = 2};
    dna_conv1d_opts plain = {.out = 1, .kernel = 2, .no_bias = true};
    dna_pool_opts max2 = {.kernel = {3, 2}, .stride = {1, 2}, .pad = {1, 1}};
    dna_avg_pool_opts avg2 = {.kernel = {3, 2}, .stride = {2, 1}, .pad = {1, 1}};
    dna_avg_pool_opts exclude2 = {
        .kernel = {2, 3}, .stride = {1, 2}, .pad = {1, 1}, .exclude_pad = true};
    dna_pool1d_opts max1 = {.kernel = 3, .stride = 2, .pad = 1};
    dna_pool1d_opts avg1 = {.kernel = 4, .stride = 3, .pad = 2};
    dna_pool1d_opts exclude1 = {.kernel = 2, .pad = 1, .exclude_pad = true};

#define is(text) (strcmp(name, text) == 0)
    return is("relu")                  ? dna_relu(g, x)
           : is("leaky_relu")          ? dna_leaky_relu(g, x, 0.01)
           : is("leaky_relu_negative") ? dna_leaky_relu(g, x, -0.3)
           : is("elu")                 ? dna_elu(g, x, 1.0)
           : is("elu_alpha")           ? dna_elu(g, x, -0.7)
           : is("gelu")                ? dna_gelu(g, x)
           : is("sigmoid")             ? dna_sigmoid(g, x)
           : is("softplus")            ? dna_softplus(g, x, 1.0, 20.0)
           : is("softplus_beta")       ? dna_softplus(g, x, 2.5, 4.0)
           : is("tanh")                ? dna_tanh(g, x)
           : is("conv2d")              ? dna_conv2d(g, x, "l", conv)
           : is("conv2d_dilated")      ? dna_conv2d(g, x, "l", dilated)
           : is("conv1d")              ? dna_conv1d(g, x, "l", line)
           : is("conv1d_plain")        ? dna_conv1d(g, x, "l", plain)
           : is("max_pool2d")          ? dna_max_pool2d(g, x, max2)
           : is("avg_pool2d")          ? dna_avg_pool2d(g, x, avg2)
           : is("avg_pool2d_exclude")  ? dna_avg_pool2d(g, x, exclude2)
           : is("max_pool1d")          ? dna_max_pool1d(g, x, max1)
           : is("avg_pool1d")          ? dna_avg_pool1d(g, x, avg1)
           : is("avg_pool1d_exclude")  ? dna_avg_pool1d(g, x, exclude1)
           : is("mean")                ? dna_mean(g, x, 2, false)
           : is("sum")                 ? dna_sum(g, x, 2, false)
           : is("max")                 ? dna_max(g, x, 1, false)
           : is("max_last")            ? dna_max(g, x, 3, true)
           : is("softmax")             ? dna_softmax(g, x, 1)
           : is("softmax_last")        ? dna_softmax(g, x, 2)
           : is("slice")               ? dna_slice(g, x, 2, 1, 2)
           : is("transpose")           ? dna_transpose(g, x, (int[]){0, 3, 1, 2})
                                       : NULL;
#undef is
}

static dna_graph *
graph_of(const op_value *v)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", v->n_dim - 1, v->dim + 1);
    x = layer(g, x, v->name);
    if (x == NULL) {
        fail_msg("%s: %s", v->name, dna_message());
    }
    assert_ok(dna_graph_output(g, dna_flatten(g, x)));
    return g;
}

static int64_t
count_in(const op_value *v)
{
    int64_t n = 1;
    for (int d = 0; d < v->n_dim; d++) {
        n *= v->dim[d];
    }
    return n;
}

static double
output_grad(int64_t i)
{
    return cos(0.3 + 1.1 * (double)i);
}

static dna_state *
state_of(const dna_graph *g)
{
    dna_state *s = NULL;
    assert_ok(dna_state_new(&s, g));
    for (int64_t p = 0; p < dna_state_n_tensor(s); p++) {
        const dna_tensor *t = dna_state_tensor(s, p);
        for (int64_t i = 0; i < t->count; i++) {
            dna_state_params(s)[t->offset + i] =
                (float)sin(0.5 + (double)p + 0.7 * (double)i);
        }
    }
    return s;
}

static void
test_the_reference_agrees_with_pytorch(void **state)
{
    (void)state;
    for (size_t k = 0; k < DNA_COUNT(op_values); k++) {
        const op_value *v = &op_values[k];
        dna_graph *g = graph_of(v);
        dna_state *s = state_of(g);
        dna_reference *r = NULL;
        assert_int_equal(dna_node_size(g->output) * v->dim[0], v->n_out);
        assert_int_equal(dna_state_n_param(s), v->n_param);
        assert_ok(dna_reference_new(&r, g, s, v->dim[0], true));
        for (int64_t p = 0; p < dna_state_n_tensor(s); p++) {
            const dna_tensor *t = dna_state_tensor(s, p);
            for (int64_t i = 0; i < t->count; i++) {
                dna_reference_params(r)[t->offset + i] =
                    sin(0.5 + (double)p + 0.7 * (double)i);
            }
        }
        memcpy(dna_reference_input(r, 0), v->x, (size_t)count_in(v) * sizeof(double));
        assert_ok(dna_reference_forward(r));
        for (int64_t i = 0; i < v->n_out; i++) {
            assert_near(dna_reference_output(r)[i], v->y[i], 1e-13);
            dna_reference_output_grad(r)[i] = output_grad(i);
        }
        assert_ok(dna_reference_backward(r));
        for (int64_t i = 0; i < count_in(v); i++) {
            assert_near(dna_reference_input_grad(r, 0)[i], v->dx[i], 1e-13);
        }
        for (int64_t i = 0; i < v->n_param; i++) {
            assert_near(dna_reference_grads(r)[i], v->dw[i], 1e-13);
        }
        dna_reference_free(r);
        dna_state_free(s);
        dna_graph_free(g);
    }
}

static void
test_the_program_agrees_with_pytorch_within_single_precision(void **state)
{
    (void)state;
    for (size_t k = 0; k < DNA_COUNT(op_values); k++) {
        const op_value *v = &op_values[k];
        dna_graph *g = graph_of(v);
        dna_state *s = state_of(g);
        dna_program *p = NULL;
        assert_ok(dna_program_new(
            &p, g, s, &(dna_program_options){.batch = v->dim[0], .is_training = true}));
        for (int64_t i = 0; i < count_in(v); i++) {
            dna_program_input(p, 0)[i] = (float)v->x[i];
        }
        assert_ok(dna_program_forward(p));
        for (int64_t i = 0; i < v->n_out; i++) {
            assert_near((double)dna_program_output(p)[i], v->y[i], 2e-6);
        }
        if (v->n_param > 0) {
            for (int64_t i = 0; i < v->n_out; i++) {
                dna_program_output_grad(p)[i] = (float)output_grad(i);
            }
            assert_ok(dna_program_backward(p));
            for (int64_t i = 0; i < v->n_param; i++) {
                assert_near((double)dna_state_grads(s)[i], v->dw[i], 5e-6);
            }
        }
        dna_program_free(p);
        dna_state_free(s);
        dna_graph_free(g);
    }
}

/* ---- single precision ---- */

/* Largest relative error of the values (and of the slopes, where these are well
 * conditioned in what the kernel is given). */
static void
check_accuracy(const dna_activation_kernel *kernel, dna_activation a, bool has_slopes)
{
    enum { N = 4001 };
    float x[N];
    float y[N];
    float dx[N];
    float ones[N];
    float k[DNA_ACTIVATION_MAX_K];
    for (int i = 0; i < DNA_ACTIVATION_MAX_K; i++) {
        k[i] = (float)a.k[i];
        a.k[i] = (double)k[i];
    }
    for (int i = 0; i < N; i++) { /* small, medium, large */
        double u = ((double)i - N / 2) / (N / 2);
        x[i] = (float)(i % 3 == 0 ? 80.0 * u : i % 3 == 1 ? 5.0 * u : u * u * u * 1e-2);
        ones[i] = 1.0f;
    }
    kernel->forward(y, x, N, k);
    kernel->backward(dx, ones, dna_activation_uses_output(&a) ? y : x, N, k, false);
    for (int i = 0; i < N; i++) {
        double value = dna_activation_value(&a, (double)x[i]);
        double slope = dna_activation_slope(&a, (double)x[i]);
        if (fabs((double)y[i] - value) > 5e-7 * fabs(value) + 1e-38) {
            fail_msg("%s(%.9g) is %.9g, not %.9g", dna_activation_name(&a),
                (double)x[i], (double)y[i], value);
        }
        double size = has_slopes ? fabs(slope) : 1.0;
        if (fabs((double)dx[i] - slope) > 1e-6 * size + 1e-37) {
            fail_msg("slope of %s at %.9g is %.9g, not %.9g", dna_activation_name(&a),
                (double)x[i], (double)dx[i], slope);
        }
    }
}

static void
test_activations_lose_a_few_units_in_the_last_place(void **state)
{
    (void)state;
    static const char *const isas[] = {"c", "avx2", "avx512", "avx512_bf16", "amx"};
    for (int i = 0; i < 5; i++) {
        const dna_kernels *k = dna_kernels_for(isas[i]);
        if (k == NULL) {
            continue;
        }
        check_accuracy(&k->activation[DNA_RELU], (dna_activation){DNA_RELU, {0}}, true);
        check_accuracy(&k->activation[DNA_LEAKY_RELU],
            (dna_activation){DNA_LEAKY_RELU, {0.01}}, true);
        check_accuracy(&k->activation[DNA_ELU], (dna_activation){DNA_ELU, {1.3}}, true);
        /* the slope of gelu crosses 0 */
        check_accuracy(
            &k->activation[DNA_GELU], (dna_activation){DNA_GELU, {0}}, false);
        /* 1 - y says little where y is near 1 */
        check_accuracy(
            &k->activation[DNA_SIGMOID], (dna_activation){DNA_SIGMOID, {0}}, false);
        check_accuracy(
            &k->activation[DNA_TANH], (dna_activation){DNA_TANH, {0}}, false);
        check_accuracy(&k->activation[DNA_SOFTPLUS],
            (dna_activation){DNA_SOFTPLUS, {1.0, 20.0}}, true);
    }
}

static void
test_activations_at_the_ends_of_the_numbers(void **state)
{
    (void)state;
    const dna_kernels *k = dna_kernels_for(NULL);
    const float x[3] = {-INFINITY, INFINITY, NAN};
    const struct {
        dna_activation_kind kind;
        float k[DNA_ACTIVATION_MAX_K];
        float low, high;
    } rows[] = {
        {DNA_RELU, {0}, 0.0f, INFINITY},
        {DNA_LEAKY_RELU, {0.1f}, -INFINITY, INFINITY},
        {DNA_ELU, {2.0f}, -2.0f, INFINITY},
        {DNA_SIGMOID, {0}, 0.0f, 1.0f},
        {DNA_SOFTPLUS, {1.0f, 20.0f}, 0.0f, INFINITY},
        {DNA_TANH, {0}, -1.0f, 1.0f},
    };
    for (size_t i = 0; i < DNA_COUNT(rows); i++) {
        float y[3];
        k->activation[rows[i].kind].forward(y, x, 3, rows[i].k);
        assert_true(y[0] == rows[i].low);
        assert_true(y[1] == rows[i].high);
        assert_true(isnan(y[2]));
    }
    float y[3];
    k->activation[DNA_GELU].forward(y, x, 3, (const float[2]){0});
    assert_true(y[1] == INFINITY && isnan(y[2]));
}

/* ---- maxima ---- */

static void
test_the_first_of_equal_ones_and_nan(void **state)
{
    (void)state;
    static const char *const isas[] = {"c", "avx2", "avx512", "avx512_bf16", "amx"};
    const float x[8] = {1.0f, 3.0f, 3.0f, -1.0f, 2.0f, NAN, 9.0f, NAN};
    const dna_axis_dims rows = {2, 4, 1};    /* {1, 3, 3, -1}, {2, NaN, 9, NaN} */
    const dna_axis_dims columns = {1, 4, 2}; /* {1, 3, 2, 9}, {3, -1, NaN, NaN} */
    for (int i = 0; i < 5; i++) {
        const dna_kernels *k = dna_kernels_for(isas[i]);
        float y[2];
        int32_t at[2];
        if (k == NULL) {
            continue;
        }
        k->axis->max(&rows, y, x, at);
        assert_true(y[0] == 3.0f && isnan(y[1]));
        assert_int_equal(at[0], 1);
        assert_int_equal(at[1], 1);
        k->axis->max(&columns, y, x, at);
        assert_true(y[0] == 9.0f && isnan(y[1]));
        assert_int_equal(at[0], 3);
        assert_int_equal(at[1], 2);
    }
}

/* ---- dropout ---- */

static dna_graph *
dropout_graph(int64_t size, double rate, int n_layer)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 1, &size);
    dna_node *xs[2] = {dna_dropout(g, x, rate), NULL};
    if (n_layer == 2) {
        xs[1] = dna_dropout(g, x, rate);
        x = dna_concat(g, xs, 2, 1);
    } else {
        x = xs[0];
    }
    assert_ok(dna_graph_output(g, x));
    return g;
}

/* What a training program makes of ones: [batch][n_layer * size]. */
static float *
draws(int64_t size, double rate, int n_layer, int64_t batch, uint64_t seed,
    int64_t step, dna_pool *pool)
{
    dna_graph *g = dropout_graph(size, rate, n_layer);
    dna_state *s = NULL;
    dna_program *p = NULL;
    int64_t n = batch * size * n_layer;
    float *y = dna_calloc((size_t)n, sizeof(*y));
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_program_new(&p, g, s,
        &(dna_program_options){.batch = batch, .is_training = true, .pool = pool}));
    dna_program_set_random(p, seed, step);
    for (int64_t i = 0; i < batch * size; i++) {
        dna_program_input(p, 0)[i] = 1.0f;
    }
    assert_ok(dna_program_forward(p));
    memcpy(y, dna_program_output(p), (size_t)n * sizeof(*y));
    dna_program_free(p);
    dna_state_free(s);
    dna_graph_free(g);
    return y;
}

static int64_t
n_zero(const float *y, int64_t n)
{
    int64_t zeros = 0;
    for (int64_t i = 0; i < n; i++) {
        zeros += y[i] == 0.0f ? 1 : 0;
    }
    return zeros;
}

static void
test_dropout_leaves_out_its_share(void **state)
{
    (void)state;
    static const double rates[] = {0.0, 0.1, 0.5, 0.85, 1.0};
    for (size_t k = 0; k < DNA_COUNT(rates); k++) {
        enum { N = 40000 };
        double p = rates[k];
        float *y = draws(N / 8, p, 1, 8, 3, 17, NULL);
        double zeros = (double)n_zero(y, N);
        assert_true(fabs(zeros - p * N) <= 4.0 * sqrt(p * (1.0 - p) * N));
        for (int i = 0; i < N; i++) {
            assert_true(y[i] == 0.0f || y[i] == (float)(1.0 / (1.0 - p)));
        }
        dna_free(y);
    }
}

/* Of two draws with rate 1/2, half of the entries are the same. */
static void
assert_independent(const float *a, const float *b, int64_t n)
{
    int64_t same = 0;
    for (int64_t i = 0; i < n; i++) {
        same += a[i] == b[i] ? 1 : 0;
    }
    assert_true(fabs((double)same - 0.5 * (double)n) <= 2.0 * sqrt((double)n));
}

static void
test_dropout_draws_anew_for_each_seed_step_layer_sample_and_entry(void **state)
{
    (void)state;
    enum { N = 4096 };
    float *a = draws(N, 0.5, 2, 2, 3, 17, NULL);
    float *seed = draws(N, 0.5, 2, 2, 4, 17, NULL);
    float *step = draws(N, 0.5, 2, 2, 3, 18, NULL);
    assert_independent(a, seed, N);
    assert_independent(a, step, N);
    assert_independent(a, a + N, N);     /* layer */
    assert_independent(a, a + 2 * N, N); /* sample */
    assert_independent(a, a + 1, N - 1); /* entry */
    assert_independent(a, a + 64, N - 64);
    dna_free(a);
    dna_free(seed);
    dna_free(step);
}

static void
test_dropout_does_not_depend_on_threads_or_the_size_of_the_batch(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_ok(dna_pool_new(&pool, 3));
    float *a = draws(50, 0.3, 2, 67, 3, 17, NULL);
    float *b = draws(50, 0.3, 2, 67, 3, 17, pool);
    float *c = draws(50, 0.3, 2, 5, 3, 17, pool);
    assert_memory_equal(a, b, 67 * 100 * sizeof(*a));
    assert_memory_equal(a, c, 5 * 100 * sizeof(*a));
    dna_free(a);
    dna_free(b);
    dna_free(c);
    dna_pool_free(pool);
}

/* Another seed and step reach program, reference and both passes alike. */
static void
test_dropout_of_a_step_is_that_of_the_reference(void **state)
{
    (void)state;
    dna_graph *g = NULL;
    dna_state *s = NULL;
    dna_program *p = NULL;
    dna_reference *r = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 3, (int64_t[]){2, 3, 5});
    x = dna_conv2d(g, x, "a", (dna_conv2d_opts){.out = 3, .kernel = {1, 1}});
    x = dna_dropout(g, dna_dropout(g, x, 0.25), 0.25);
    assert_ok(dna_graph_output(g, dna_flatten(g, x)));
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_state_init_random(s, 1));
    assert_ok(dna_program_new(
        &p, g, s, &(dna_program_options){.batch = 20, .is_training = true}));
    assert_ok(dna_reference_new(&r, g, s, 20, true));
    for (int step = 0; step < 3; step++) {
        dna_program_set_random(p, 99, step);
        dna_reference_set_random(r, 99, step);
        for (int64_t i = 0; i < 600; i++) {
            dna_reference_input(r, 0)[i] = output_grad(i);
            dna_program_input(p, 0)[i] = (float)output_grad(i);
        }
        assert_ok(dna_program_forward(p));
        assert_ok(dna_reference_forward(r));
        for (int64_t i = 0; i < 900; i++) {
            assert_near(
                (double)dna_program_output(p)[i], dna_reference_output(r)[i], 1e-6);
            dna_program_output_grad(p)[i] = (float)output_grad(2 * i);
            dna_reference_output_grad(r)[i] = output_grad(2 * i);
        }
        assert_ok(dna_program_backward(p));
        assert_ok(dna_reference_backward(r));
        for (int64_t i = 0; i < dna_state_n_param(s); i++) {
            assert_near((double)dna_state_grads(s)[i], dna_reference_grads(r)[i], 1e-5);
        }
    }
    dna_reference_free(r);
    dna_program_free(p);
    dna_state_free(s);
    dna_graph_free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reference_agrees_with_pytorch),
        cmocka_unit_test(test_the_program_agrees_with_pytorch_within_single_precision),
        cmocka_unit_test(test_activations_lose_a_few_units_in_the_last_place),
        cmocka_unit_test(test_activations_at_the_ends_of_the_numbers),
        cmocka_unit_test(test_the_first_of_equal_ones_and_nan),
        cmocka_unit_test(test_dropout_leaves_out_its_share),
        cmocka_unit_test(
            test_dropout_draws_anew_for_each_seed_step_layer_sample_and_entry),
        cmocka_unit_test(
            test_dropout_does_not_depend_on_threads_or_the_size_of_the_batch),
        cmocka_unit_test(test_dropout_of_a_step_is_that_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_graph.c - recording nodes: shapes, sticky errors, tensors, states, failing
 * memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "dnadna/program.h"
#include "nn/node.h"
#include "ops_cases.h"
#include "support/support.h"

static dna_graph *
new_graph(void)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    return g;
}

static dna_node *
image(dna_graph *g, int64_t c, int64_t h, int64_t w)
{
    return dna_input(g, "x", 3, (int64_t[]){c, h, w});
}

/* The first error of a graph, as its output reports it. */
static void
assert_graph_fails(dna_graph *g, dna_node *x, int code, const char *text)
{
    assert_null(x);
    assert_fails(dna_graph_output(g, x), code, text);
    dna_graph_free(g);
}

static void
test_shapes_follow_the_formulas(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_node *x = image(g, 3, 51, 400);
    x = dna_conv2d(
        g, x, "c", (dna_conv2d_opts){.out = 5, .kernel = {3, 3}, .stride = {2, 2}});
    assert_int_equal(dna_node_n_dim(x), 4);
    assert_int_equal(dna_node_dim(x, 0), -1);
    assert_int_equal(dna_node_dim(x, 1), 5);
    assert_int_equal(dna_node_dim(x, 2), 25);
    assert_int_equal(dna_node_dim(x, 3), 199);
    x = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 2}});
    assert_int_equal(dna_node_dim(x, 2), 12);
    assert_int_equal(dna_node_dim(x, 3), 99);
    x = dna_flatten(g, x);
    assert_int_equal(dna_node_dim(x, 1), 5 * 12 * 99);
    assert_int_equal(dna_node_dim(x, 2), 0);
    assert_int_equal(dna_node_n_dim(NULL), 0);
    assert_ok(dna_graph_output(g, x));
    dna_graph_free(g);
}

static void
test_misfits_name_the_layer_and_its_input(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_node *x = dna_conv2d(
        g, image(g, 1, 2, 9), "stem", (dna_conv2d_opts){.out = 5, .kernel = {3, 3}});
    assert_graph_fails(
        g, x, DNA_ESHAPE, "stem: input [N, 1, 2, 9] is smaller than the kernel 3 x 3");

    g = new_graph();
    x = dna_conv2d(g, dna_flatten(g, image(g, 1, 2, 9)), "c2",
        (dna_conv2d_opts){.out = 1, .kernel = {1, 1}});
    assert_graph_fails(g, x, DNA_ESHAPE, "c2: input [N, 18]");

    g = new_graph();
    x = dna_conv2d(g, image(g, 1, 4, 9), "d",
        (dna_conv2d_opts){.out = 5, .kernel = {3, 3}, .dilation = {2, 4}});
    assert_graph_fails(
        g, x, DNA_ESHAPE, "d: input [N, 1, 4, 9] is smaller than the kernel 5 x 9");

    g = new_graph();
    x = dna_conv2d(g, image(g, 1, 9, 9), "d",
        (dna_conv2d_opts){.out = 5, .kernel = {3, 3}, .dilation = {2, -1}});
    assert_graph_fails(g, x, DNA_EARG, "d: kernel, stride, dilation");

    g = new_graph();
    x = dna_conv2d(g, image(g, 1, 9, 9), "d",
        (dna_conv2d_opts){
            .out = 5, .kernel = {3, 3}, .pad = {4, 5}, .dilation = {2, 2}});
    assert_graph_fails(g, x, DNA_EARG, "padding from 0 to below what the kernel spans");

    g = new_graph();
    x = dna_conv1d(g, dna_input(g, "x", 2, (int64_t[]){3, 8}), "line",
        (dna_conv1d_opts){.out = 5, .kernel = 5, .dilation = 2});
    assert_graph_fails(
        g, x, DNA_ESHAPE, "line: input [N, 3, 8] is shorter than the kernel 9");

    g = new_graph();
    x = dna_conv1d(
        g, image(g, 1, 4, 9), "line", (dna_conv1d_opts){.out = 5, .kernel = 5});
    assert_graph_fails(
        g, x, DNA_ESHAPE, "line: input [N, 1, 4, 9], [N, channels, length] is needed");

    g = new_graph();
    x = dna_dropout(g, image(g, 1, 4, 9), 1.5);
    assert_graph_fails(g, x, DNA_EARG, "dropout: rate 1.5, 0 to 1 are possible");

    g = new_graph();
    x = dna_softmax(g, image(g, 1, 4, 9), 0);
    assert_graph_fails(g, x, DNA_EARG, "softmax: dimension 0, 1 to 3 are possible");

    g = new_graph();
    x = dna_max(g, dna_flatten(g, image(g, 1, 4, 9)), 2, true);
    assert_graph_fails(g, x, DNA_EARG, "max: dimension 2, 1 to 1 are possible");

    g = new_graph();
    x = dna_avg_pool1d(g, image(g, 1, 4, 9), (dna_pool1d_opts){.kernel = 2});
    assert_graph_fails(g, x, DNA_ESHAPE,
        "avg_pool1d: input [N, 1, 4, 9], [N, channels, length] is needed");

    g = new_graph();
    x = dna_avg_pool2d(
        g, image(g, 1, 4, 9), (dna_avg_pool_opts){.kernel = {2, 3}, .pad = {1, 2}});
    assert_graph_fails(g, x, DNA_EARG, "avg_pool2d: kernel and stride must be");

    g = new_graph();
    x = dna_softplus(g, image(g, 1, 4, 9), 0.0, 20.0);
    assert_graph_fails(g, x, DNA_EARG, "softplus: beta is 0, above 0 is needed");

    g = new_graph();
    x = dna_leaky_relu(g, image(g, 1, 4, 9), (double)NAN);
    assert_graph_fails(g, x, DNA_EARG, "leaky_relu: a setting is not finite");

    g = new_graph();
    x = dna_max_pool2d(g, image(g, 1, 1, 9), (dna_pool_opts){.kernel = {2, 2}});
    assert_graph_fails(g, x, DNA_ESHAPE, "smaller than the window 2 x 2");

    g = new_graph();
    x = dna_reshape(g, image(g, 2, 3, 4), 1, (int64_t[]){23});
    assert_graph_fails(g, x, DNA_ESHAPE, "[N, 2, 3, 4] has other entries than [N, 23]");

    g = new_graph();
    x = dna_add(g, image(g, 2, 3, 4), dna_zeros(g, 3, (int64_t[]){2, 2, 4}));
    assert_graph_fails(g, x, DNA_ESHAPE, "[N, 2, 3, 4] and [N, 2, 2, 4]");

    g = new_graph();
    dna_node *xs[2] = {image(g, 2, 3, 4), dna_zeros(g, 3, (int64_t[]){2, 2, 4})};
    assert_graph_fails(g, dna_concat(g, xs, 2, 1), DNA_ESHAPE, "more than dimension 1");

    g = new_graph();
    x = dna_slice(g, image(g, 2, 3, 4), 3, 2, 3);
    assert_graph_fails(g, x, DNA_ESHAPE, "no 3 entries from 2 on in dimension 3");

    g = new_graph();
    x = dna_expand(g, image(g, 2, 3, 4), 2, 5);
    assert_graph_fails(g, x, DNA_ESHAPE, "dimension 2 must have extent 1");

    g = new_graph();
    x = dna_mean(g, image(g, 2, 3, 4), 4, true);
    assert_graph_fails(g, x, DNA_EARG, "mean: dimension 4");

    g = new_graph();
    x = dna_transpose(g, image(g, 2, 3, 4), (int[]){0, 1, 1, 3});
    assert_graph_fails(g, x, DNA_EARG, "each dimension once");
}

static void
test_the_first_error_stays(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_node *x = dna_linear(g, image(g, 1, 2, 3), "a", (dna_linear_opts){.out = 0});
    x = dna_relu(g, dna_linear(g, x, "b", (dna_linear_opts){.out = 0}));
    assert_graph_fails(g, x, DNA_EARG, "a: at least one feature");

    g = new_graph();
    x = dna_graph_fail(g, DNA_ESHAPE, "%d SNPs, at least %d are needed", 3, 90);
    assert_graph_fails(g, x, DNA_ESHAPE, "3 SNPs, at least 90 are needed");

    g = new_graph();
    assert_fails(dna_graph_output(g, image(g, 1, 2, 3)), DNA_ESHAPE, "[N, outputs]");
    assert_fails(dna_graph_output(g, NULL), DNA_EARG, "needs an output");
    dna_graph_free(g);
}

static void
test_impossible_sizes_are_refused(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_node *x = dna_input(g, "x", 2, (int64_t[]){INT64_MAX / 2, 4});
    assert_graph_fails(g, x, DNA_ESHAPE, "impossible");
    g = new_graph();
    x = dna_input(g, "x", 1, (int64_t[]){0});
    assert_graph_fails(g, x, DNA_ESHAPE, "would be 0");
    g = new_graph();
    x = dna_input(g, "x", 5, (int64_t[]){1, 1, 1, 1, 1});
    assert_graph_fails(g, x, DNA_ESHAPE, "at most 4");
}

/* Of which products would not fit into 64 bits. */
static void
test_impossible_settings_are_refused(void **state)
{
    (void)state;
    const int64_t most = (int64_t)1 << 30;
    dna_graph *g = new_graph();
    dna_node *x = dna_conv2d(g, image(g, 1, 2, 2), "c",
        (dna_conv2d_opts){
            .out = 16, .kernel = {most, most}, .pad = {most / 2, most / 2}});
    assert_graph_fails(g, x, DNA_ESHAPE, "c.weight: dimension 4 would be 1073741824");
    g = new_graph();
    x = dna_conv1d(g, dna_input(g, "x", 2, (int64_t[]){1, 9}), "c",
        (dna_conv1d_opts){.out = 1, .kernel = 3, .pad = 1, .stride = INT64_MAX});
    assert_graph_fails(g, x, DNA_EARG, "at most 1073741824");
    g = new_graph();
    x = dna_avg_pool2d(g, image(g, 1, 2, 2),
        (dna_avg_pool_opts){.kernel = {INT64_MAX, 1}, .pad = {INT64_MAX / 2, 0}});
    assert_graph_fails(g, x, DNA_EARG, "at most 1073741824");
    g = new_graph();
    x = dna_linear(g, dna_input(g, "x", 1, (int64_t[]){(int64_t)1 << 40}), "l",
        (dna_linear_opts){.out = (int64_t)1 << 40});
    assert_graph_fails(g, x, DNA_ESHAPE, "l.weight: dimension 2");
    g = new_graph();
    x = dna_gru(g, dna_input(g, "x", 2, (int64_t[]){(int64_t)1 << 40, 1}), "r",
        (dna_rnn_opts){.hidden = INT32_MAX, .final = true});
    assert_graph_fails(g, x, DNA_ESHAPE, "r: dimension 2 would be 2147483647");
    g = new_graph();
    x = dna_slice(g, image(g, 2, 3, 4), 1, 1, INT64_MAX);
    assert_graph_fails(
        g, x, DNA_ESHAPE, "no 9223372036854775807 entries from 1 on in dimension 1");
    g = new_graph();
    x = dna_expand(g, image(g, 2, 1, 4), 2, 0);
    assert_graph_fails(g, x, DNA_ESHAPE, "at least once (0 times)");
    g = new_graph();
    x = dna_batch_norm(g, image(g, 2, 1, 4), "n", (dna_batch_norm_opts){.eps = -1e-5});
    assert_graph_fails(g, x, DNA_EARG, "n: eps is -1e-05, 0 or more is needed");
    g = new_graph();
    x = dna_batch_norm(
        g, image(g, 2, 1, 4), "n", (dna_batch_norm_opts){.momentum = 1.5});
    assert_graph_fails(g, x, DNA_EARG, "n: momentum is 1.5");
    g = new_graph();
    x = dna_layer_norm(
        g, image(g, 2, 1, 4), "n", (dna_layer_norm_opts){.eps = (double)NAN});
    assert_graph_fails(g, x, DNA_EARG, "n: eps is nan");
    g = new_graph();
    x = dna_group_norm(g, image(g, 4, 1, 4), "n",
        (dna_group_norm_opts){.groups = 2, .eps = (double)INFINITY});
    assert_graph_fails(g, x, DNA_EARG, "n: eps is inf");
}

/* Buffers of the whole batch that would not fit into 64 bits. */
static void
test_an_impossible_batch_is_refused(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_state *s = NULL;
    dna_program *p = NULL;
    int64_t dim[2] = {(int64_t)1 << 20, (int64_t)1 << 20};
    dna_node *x = dna_mean(g, dna_input(g, "x", 2, dim), 2, false);
    assert_ok(dna_graph_output(g, x));
    assert_ok(dna_state_new(&s, g));
    assert_fails(dna_program_new(&p, g, s, &(dna_program_options){.batch = INT32_MAX}),
        DNA_ENOMEM, "does not fit into memory");
    dna_state_free(s);
    dna_graph_free(g);
}

static void
test_a_layer_named_twice_shares_its_tensors(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_node *x = dna_input(g, "x", 1, (int64_t[]){4});
    x = dna_linear(g, x, "a", (dna_linear_opts){.out = 4});
    x = dna_linear(g, x, "a", (dna_linear_opts){.out = 4});
    dna_state *s = NULL;
    assert_ok(dna_graph_output(g, x));
    assert_ok(dna_state_new(&s, g));
    assert_int_equal(dna_state_n_tensor(s), 2);
    assert_int_equal(dna_state_n_param(s), 20);
    dna_state_free(s);
    x = dna_linear(g, x, "a", (dna_linear_opts){.out = 3});
    assert_graph_fails(g, x, DNA_ESHAPE, "layer \"a\" is used twice");
}

/* PyTorch's laws: uniform on +-1/sqrt(fan_in): mean 0, variance 1 / (3 fan_in). */
static void
test_initial_laws(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_node *x = dna_conv2d(
        g, image(g, 20, 5, 5), "c", (dna_conv2d_opts){.out = 50, .kernel = {5, 5}});
    x = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    dna_state *s = NULL;
    assert_ok(dna_graph_output(g, dna_flatten(g, x)));
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_state_init_random(s, 3));
    const dna_tensor *w = dna_state_find(s, "c.weight");
    assert_int_equal(w->n_dim, 4);
    assert_int_equal(w->fan_in, 500);
    double n = (double)w->count;
    double bound = 1.0 / sqrt(500.0);
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t i = 0; i < w->count; i++) {
        double v = (double)dna_state_params(s)[w->offset + i];
        assert_true(fabs(v) <= bound * (1.0 + 1e-6));
        sum += v;
        squares += v * v;
    }
    double variance = bound * bound / 3.0;
    assert_true(fabs(sum / n) < 4.0 * sqrt(variance / n));
    /* the variance of v^2 is bound^4 (1/5 - 1/9) */
    assert_true(fabs(squares / n - variance)
                < 4.0 * bound * bound * sqrt((1.0 / 5 - 1.0 / 9) / n));
    const dna_tensor *b = dna_state_find(s, "c.bias");
    assert_true(fabs((double)dna_state_params(s)[b->offset]) <= bound * (1.0 + 1e-6));
    assert_true(dna_state_params(s)[dna_state_find(s, "n.weight")->offset] == 1.0f);
    assert_true(dna_state_params(s)[dna_state_find(s, "n.bias")->offset] == 0.0f);
    assert_true(
        dna_state_buffers(s)[dna_state_find(s, "n.running_var")->offset] == 1.0f);
    assert_true(
        dna_state_buffers(s)[dna_state_find(s, "n.running_mean")->offset] == 0.0f);
    assert_null(dna_state_find(s, "n.missing"));
    dna_state_free(s);
    dna_graph_free(g);
}

static void
test_a_program_refuses_what_it_cannot_train(void **state)
{
    (void)state;
    dna_graph *g = new_graph();
    dna_node *x = dna_input(g, "x", 1, (int64_t[]){4});
    dna_state *s = NULL;
    dna_program *p = NULL;
    assert_ok(
        dna_graph_output(g, dna_batch_norm(g, x, "bn", (dna_batch_norm_opts){0})));
    assert_ok(dna_state_new(&s, g));
    assert_fails(dna_program_new(
                     &p, g, s, &(dna_program_options){.batch = 1, .is_training = true}),
        DNA_ESHAPE, "bn: a batch norm cannot be trained on one value a channel");
    assert_ok(dna_program_new(&p, g, s, &(dna_program_options){.batch = 1}));
    assert_ok(dna_program_forward(p));
    assert_null(dna_program_output_grad(p));
    assert_null(dna_program_input(p, 1));
    assert_fails(dna_program_backward(p), DNA_EARG, "no gradients");
    dna_program_free(p);

    dna_graph *other = op_case_graph(&op_cases[0]);
    p = NULL;
    assert_fails(dna_program_new(&p, other, s, &(dna_program_options){.batch = 1}),
        DNA_ESHAPE, "has no counterpart");
    dna_graph_free(other);
    dna_state_free(s);
    dna_graph_free(g);
}

static void
test_a_workspace_survives_a_program_without_memory(void **state)
{
    (void)state;
    dna_graph *g = op_case_graph(&op_cases[0]);
    dna_state *s = NULL;
    dna_workspace *w = NULL;
    dna_program *p = NULL;
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_workspace_new(&w));
    dna_program_options o = {.batch = 2, .workspace = w};
    assert_ok(dna_program_new(&p, g, s, &o));
    o.batch = 40;
    for_each_oom(i) {
        dna_program *large = NULL;
        int rc = dna_program_new(&large, g, s, &o);
        bool has_failed = dna_mem_has_failed();
        dna_mem_fail_at(0);
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        dna_program_input(p, 0)[0] = 1.0f;
        assert_ok(dna_program_forward(p));
        dna_program_free(large);
        if (!has_failed) {
            break;
        }
    }
    dna_program_free(p);
    dna_workspace_free(w);
    dna_state_free(s);
    dna_graph_free(g);
}

/* Everything from an empty graph to a training step, each allocation failing in turn.
 */
static void
one_life(const op_case *c)
{
    dna_graph *g = NULL;
    dna_state *s = NULL;
    dna_program *p = NULL;
    dna_reference *r = NULL;
    int rc = dna_graph_new(&g);
    if (rc == DNA_OK) {
        rc = dna_graph_output(g, c->build(g, dna_input(g, "x", c->n_dim, c->dim)));
    }
    if (rc == DNA_OK) {
        rc = dna_state_new(&s, g);
    }
    if (rc == DNA_OK) {
        rc = dna_program_new(
            &p, g, s, &(dna_program_options){.batch = c->batch, .is_training = true});
    }
    if (rc == DNA_OK) {
        rc = dna_reference_new(&r, g, s, c->batch, true);
    }
    if (rc == DNA_OK) {
        rc = dna_program_forward(p);
    }
    if (rc == DNA_OK) {
        rc = dna_program_backward(p);
    }
    if (rc != DNA_OK) {
        assert_int_equal(rc, DNA_ENOMEM);
        assert_true(strlen(dna_message()) > 0);
        assert_true(dna_mem_has_failed());
    }
    dna_reference_free(r);
    dna_program_free(p);
    dna_state_free(s);
    dna_graph_free(g);
}

static void
test_any_allocation_may_fail(void **state)
{
    (void)state;
    for (int i = 0; i < n_op_case; i++) {
        if (strcmp(op_cases[i].name, "linear, large") == 0) {
            continue; /* the same allocations as the small one */
        }
        for_each_oom(k) {
            one_life(&op_cases[i]);
            if (oom_done()) {
                break;
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes_follow_the_formulas),
        cmocka_unit_test(test_misfits_name_the_layer_and_its_input),
        cmocka_unit_test(test_the_first_error_stays),
        cmocka_unit_test(test_impossible_sizes_are_refused),
        cmocka_unit_test(test_impossible_settings_are_refused),
        cmocka_unit_test(test_an_impossible_batch_is_refused),
        cmocka_unit_test(test_a_layer_named_twice_shares_its_tensors),
        cmocka_unit_test(test_initial_laws),
        cmocka_unit_test(test_a_program_refuses_what_it_cannot_train),
        cmocka_unit_test(test_a_workspace_survives_a_program_without_memory),
        cmocka_unit_test(test_any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_layers.c - norms and recurrent layers against PyTorch, and what they refuse.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "dnadna/program.h"
#include "layer_values.h"
#include "nn/compile/pass.h"
#include "nn/node.h"
#include "support/support.h"

/* ---- the layers of layer_values.h, in its order ---- */

typedef struct {
    const char *name;
    int n_dim;
    int64_t batch, dim[3];
    dna_node *(*build)(dna_graph *g, dna_node *x);
} layer;

static dna_node *
instance_norm(dna_graph *g, dna_node *x)
{
    return dna_instance_norm(g, x, "m", (dna_instance_norm_opts){.affine = true});
}

static dna_node *
instance_norm_plain(dna_graph *g, dna_node *x)
{
    return dna_instance_norm(g, x, "m", (dna_instance_norm_opts){.eps = 1e-2});
}

static dna_node *
group_norm(dna_graph *g, dna_node *x)
{
    return dna_group_norm(g, x, "m", (dna_group_norm_opts){.groups = 3});
}

static dna_node *
group_norm_features(dna_graph *g, dna_node *x)
{
    return dna_group_norm(g, x, "m", (dna_group_norm_opts){.groups = 2, .eps = 1e-3});
}

static dna_node *
group_norm_plain(dna_graph *g, dna_node *x)
{
    return dna_group_norm(
        g, x, "m", (dna_group_norm_opts){.groups = 1, .no_affine = true});
}

static dna_node *
layer_norm(dna_graph *g, dna_node *x)
{
    return dna_layer_norm(g, x, "m", (dna_layer_norm_opts){0});
}

static dna_node *
layer_norm_two(dna_graph *g, dna_node *x)
{
    return dna_layer_norm(g, x, "m", (dna_layer_norm_opts){.n_dim = 2, .eps = 1e-2});
}

static dna_node *
layer_norm_plain(dna_graph *g, dna_node *x)
{
    return dna_layer_norm(g, x, "m", (dna_layer_norm_opts){.no_affine = true});
}

static const dna_rnn_opts one = {.hidden = 3};
static const dna_rnn_opts two = {.hidden = 2, .n_layer = 2, .bidirectional = true};
static const dna_rnn_opts last = {
    .hidden = 3, .bidirectional = true, .no_bias = true, .final = true};

static dna_node *
gru(dna_graph *g, dna_node *x)
{
    return dna_gru(g, x, "m", one);
}

static dna_node *
gru_two(dna_graph *g, dna_node *x)
{
    return dna_gru(g, x, "m", two);
}

static dna_node *
gru_last(dna_graph *g, dna_node *x)
{
    return dna_gru(g, x, "m", last);
}

static dna_node *
lstm(dna_graph *g, dna_node *x)
{
    return dna_lstm(g, x, "m", one);
}

static dna_node *
lstm_two(dna_graph *g, dna_node *x)
{
    return dna_lstm(g, x, "m", two);
}

static dna_node *
lstm_last(dna_graph *g, dna_node *x)
{
    return dna_lstm(g, x, "m", last);
}

static const layer layers[] = {
    {"instance norm", 3, 2, {2, 2, 3}, instance_norm},
    {"instance norm, no scale", 2, 2, {3, 4}, instance_norm_plain},
    {"group norm", 3, 2, {6, 1, 3}, group_norm},
    {"group norm, features", 1, 3, {6}, group_norm_features},
    {"group norm, no scale", 2, 2, {4, 3}, group_norm_plain},
    {"layer norm", 2, 2, {3, 4}, layer_norm},
    {"layer norm, two dimensions", 3, 2, {2, 3, 2}, layer_norm_two},
    {"layer norm, no scale", 1, 2, {5}, layer_norm_plain},
    {"gru", 2, 2, {4, 3}, gru},
    {"gru, two layers, both directions", 2, 2, {3, 2}, gru_two},
    {"gru, last state", 2, 2, {4, 2}, gru_last},
    {"lstm", 2, 2, {4, 3}, lstm},
    {"lstm, two layers, both directions", 2, 2, {3, 2}, lstm_two},
    {"lstm, last state", 2, 2, {4, 2}, lstm_last},
};

static void
assert_values(const char *name, const char *what, const double *values,
    const double *expected, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (!(fabs(values[i] - expected[i]) <= 1e-10)) {
            fail_msg("%s: %s[%d] is %.17g, PyTorch has %.17g", name, what, (int)i,
                values[i], expected[i]);
        }
    }
}

/* The inputs and parameters that make_layer_values.py describes. */
static void
fill(dna_reference *r, const dna_state *s, const layer_value *v)
{
    bool is_norm = strstr(v->name, "norm") != NULL;
    for (int i = 0; i < v->n_dx; i++) {
        dna_reference_input(r, 0)[i] = sin(1.0 + 0.7 * i) + (is_norm ? i / 10.0 : 0.0);
    }
    for (int64_t t = 0; t < dna_state_n_tensor(s); t++) {
        const dna_tensor *w = dna_state_tensor(s, t);
        assert_non_null(v->params[t]);
        assert_string_equal(w->name, v->params[t]);
        for (int64_t e = 0; e < w->count; e++) {
            dna_reference_params(r)[w->offset + e] =
                0.8 * sin(1.0 + 0.7 * (double)t + 0.37 * (double)e);
        }
    }
}

static void
check_layer(const layer *l, const layer_value *v, bool is_training)
{
    dna_graph *g = NULL;
    dna_state *s = NULL;
    dna_reference *r = NULL;
    assert_string_equal(l->name, v->name);
    assert_ok(dna_graph_new(&g));
    dna_node *x = l->build(g, dna_input(g, "x", l->n_dim, l->dim));
    assert_ok(dna_graph_output(g, dna_flatten(g, x)));
    assert_ok(dna_state_new(&s, g));
    assert_int_equal(dna_state_n_param(s), v->n_grad);
    assert_int_equal(l->batch * dna_node_size(x), v->n_y);
    assert_ok(dna_reference_new(&r, g, s, l->batch, is_training));
    fill(r, s, v);
    assert_ok(dna_reference_forward(r));
    assert_values(v->name, "y", dna_reference_output(r), v->y, v->n_y);
    for (int i = 0; i < v->n_y; i++) {
        dna_reference_output_grad(r)[i] = sin(1.0 + 1.7 * i);
    }
    assert_ok(dna_reference_backward(r));
    assert_values(v->name, "dx", dna_reference_input_grad(r, 0), v->dx, v->n_dx);
    assert_values(v->name, "gradient", dna_reference_grads(r), v->grads, v->n_grad);
    dna_reference_free(r);
    dna_state_free(s);
    dna_graph_free(g);
}

static void
test_layers_give_what_pytorch_gives(void **state)
{
    (void)state;
    assert_int_equal(sizeof(layers) / sizeof(layers[0]),
        sizeof(layer_values) / sizeof(layer_values[0]));
    for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
        check_layer(&layers[i], &layer_values[i], true);
        check_layer(&layers[i], &layer_values[i], false);
    }
}

/* ---- initial laws, refusals ---- */

static void
test_initial_laws(void **state)
{
    (void)state;
    dna_graph *g = NULL;
    dna_state *s = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 2, (int64_t[]){4, 30});
    x = dna_layer_norm(g, x, "n", (dna_layer_norm_opts){0});
    x = dna_gru(g, x, "r", (dna_rnn_opts){.hidden = 25});
    assert_ok(dna_graph_output(g, dna_flatten(g, x)));
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_state_init_random(s, 2));
    for (int64_t t = 0; t < dna_state_n_tensor(s); t++) {
        const dna_tensor *w = dna_state_tensor(s, t);
        const float *v = dna_state_params(s) + w->offset;
        double n = (double)w->count;
        double squares = 0.0;
        for (int64_t e = 0; e < w->count; e++) {
            if (w->name[0] == 'n') {
                assert_true(v[e] == (t == 0 ? 1.0f : 0.0f));
            } else {
                assert_true(fabs((double)v[e]) <= 0.2 * (1.0 + 1e-6));
                squares += (double)v[e] * (double)v[e];
            }
        }
        /* uniform on +-1/sqrt(25): variance b^2/3, that of the squares b^4 (1/5 - 1/9) */
        if (w->name[0] == 'r') {
            assert_true(fabs(squares / n - 0.04 / 3)
                        < 4.0 * 0.04 * sqrt((1.0 / 5 - 1.0 / 9) / n));
        }
    }
    dna_state_free(s);
    dna_graph_free(g);
}

static void
refused(dna_node *(*build)(dna_graph *g, dna_node *x), int n_dim, const int64_t *dim,
    int code, const char *message)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    assert_null(build(g, dna_input(g, "x", n_dim, dim)));
    assert_fails(dna_graph_output(g, NULL), code, message);
    dna_graph_free(g);
}

static dna_node *
layer_norm_four(dna_graph *g, dna_node *x)
{
    return dna_layer_norm(g, x, "m", (dna_layer_norm_opts){.n_dim = 4});
}

static dna_node *
gru_empty(dna_graph *g, dna_node *x)
{
    return dna_gru(g, x, "m", (dna_rnn_opts){0});
}

static dna_node *
gru_twice(dna_graph *g, dna_node *x)
{
    x = dna_gru(g, x, "m", one);
    return dna_gru(g, x, "m", (dna_rnn_opts){.hidden = 4});
}

static void
test_misfits_name_the_layer_and_its_input(void **state)
{
    (void)state;
    refused(instance_norm, 3, (int64_t[]){4, 1, 1}, DNA_ESHAPE,
        "m: input [N, 4, 1, 1] has not two entries a channel");
    refused(instance_norm, 1, (int64_t[]){4}, DNA_ESHAPE, "m: input [N, 4]");
    refused(group_norm, 2, (int64_t[]){4, 2}, DNA_ESHAPE,
        "m: input [N, 4, 2] has no channels in 3 groups of equal size");
    refused(layer_norm_four, 3, (int64_t[]){4, 2, 2}, DNA_ESHAPE,
        "m: input [N, 4, 2, 2] has no 4 last dimensions");
    refused(gru, 1, (int64_t[]){4}, DNA_ESHAPE,
        "m: input [N, 4], [N, length, features] is needed");
    refused(gru_empty, 2, (int64_t[]){4, 2}, DNA_EARG, "m: 0 hidden entries");
    refused(gru_twice, 2, (int64_t[]){4, 3}, DNA_ESHAPE,
        "layer \"m\" is used twice with different shapes of weight_ih_l0");
}

/* Per sample and channel, repeated rows stay one row: a concat with them is taken apart
 * before an instance norm, and no expand is left behind it. */
static void
test_instance_norms_leave_repeated_rows_alone(void **state)
{
    (void)state;
    dna_graph *g = NULL;
    dna_graph *rewritten = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 3, (int64_t[]){2, 4, 5});
    dna_node *xs[2] = {x, dna_expand(g, dna_mean(g, x, 2, true), 2, 4)};
    dna_node *y = dna_instance_norm(
        g, dna_concat(g, xs, 2, 1), "n", (dna_instance_norm_opts){.affine = true});
    y = dna_mean(g, dna_mean(g, dna_relu(g, y), 3, false), 2, false);
    assert_ok(dna_graph_output(g, y));
    assert_ok(dna_pass_all(&rewritten, g, 0));
    int n_norm = 0;
    for (int i = 0; i < rewritten->n_node; i++) {
        const dna_node *node = rewritten->nodes[i];
        assert_int_not_equal(node->kind, DNA_OP_EXPAND);
        if (node->kind == DNA_OP_GROUP_NORM) {
            n_norm++;
            assert_int_equal(node->dim[2], node->param_begin == 0 ? 4 : 1);
        }
    }
    assert_int_equal(n_norm, 2);
    dna_graph_free(g);
    dna_graph_free(rewritten);
}

/* A row that is far from zero, or begins far from the rest, is normalised as exactly as
 * its numbers allow. */
static void
test_offsets_do_not_cost_digits(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        dna_graph *g = NULL;
        dna_state *s = NULL;
        dna_program *p = NULL;
        assert_ok(dna_graph_new(&g));
        dna_node *x = dna_input(g, "x", 1, (int64_t[]){64});
        dna_node *y =
            k == 0 ? dna_layer_norm(g, x, "n", (dna_layer_norm_opts){.no_affine = true})
                   : dna_group_norm(g, x, "n",
                       (dna_group_norm_opts){.groups = 2, .no_affine = true});
        assert_ok(dna_graph_output(g, y));
        assert_ok(dna_state_new(&s, g));
        assert_ok(dna_program_new(&p, g, s, &(dna_program_options){.batch = 1}));
        /* exact in float: 4096 + whole numbers; mean and variance in double */
        double mean = 0.0;
        double squares = 0.0;
        int n = k == 0 ? 64 : 32;
        for (int i = 0; i < 64; i++) {
            dna_program_input(p, 0)[i] = 4096.0f + (float)(i * 37 % 32);
        }
        for (int i = 0; i < n; i++) {
            mean += (double)dna_program_input(p, 0)[i] / n;
        }
        for (int i = 0; i < n; i++) {
            squares += pow((double)dna_program_input(p, 0)[i] - mean, 2);
        }
        assert_ok(dna_program_forward(p));
        for (int i = 0; i < n; i++) {
            double xhat =
                ((double)dna_program_input(p, 0)[i] - mean) / sqrt(squares / n + 1e-5);
            assert_near((double)dna_program_output(p)[i], xhat, 1e-6);
        }
        dna_program_free(p);
        dna_state_free(s);
        dna_graph_free(g);
    }
}

/* Gates so wide open or shut that their functions are flat: finite, and 0 or 1. */
static void
test_cells_bear_large_numbers(void **state)
{
    (void)state;
    dna_graph *g = NULL;
    dna_state *s = NULL;
    dna_program *p = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 2, (int64_t[]){3, 1});
    dna_node *xs[2] = {dna_gru(g, x, "g", (dna_rnn_opts){.hidden = 2, .final = true}),
        dna_lstm(g, x, "l", (dna_rnn_opts){.hidden = 2, .final = true})};
    assert_ok(dna_graph_output(g, dna_concat(g, xs, 2, 1)));
    assert_ok(dna_state_new(&s, g));
    for (int64_t i = 0; i < dna_state_n_param(s); i++) {
        dna_state_params(s)[i] = 1.0f;
    }
    for (int sign = -1; sign <= 1; sign += 2) {
        dna_program_options o = {.batch = 1, .is_training = true};
        assert_ok(dna_program_new(&p, g, s, &o));
        for (int i = 0; i < 3; i++) {
            dna_program_input(p, 0)[i] = (float)sign * 3e4f;
        }
        assert_ok(dna_program_forward(p));
        /* gru: z is 1 and h stays 0, or z is 0 and h is n = -1; lstm: c counts to 3, or
         * the output is shut */
        double h[4] = {0.0, 0.0, tanh(3.0), tanh(3.0)};
        for (int i = 0; i < 4; i++) {
            double expected = sign > 0 ? h[i] : i < 2 ? -1.0 : 0.0;
            assert_near((double)dna_program_output(p)[i], expected, 1e-6);
            dna_program_output_grad(p)[i] = 1.0f;
        }
        assert_ok(dna_program_backward(p));
        for (int64_t i = 0; i < dna_state_n_param(s); i++) {
            assert_true(isfinite(dna_state_grads(s)[i]));
        }
        dna_program_free(p);
    }
    dna_state_free(s);
    dna_graph_free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers_give_what_pytorch_gives),
        cmocka_unit_test(test_initial_laws),
        cmocka_unit_test(test_misfits_name_the_layer_and_its_input),
        cmocka_unit_test(test_instance_norms_leave_repeated_rows_alone),
        cmocka_unit_test(test_offsets_do_not_cost_digits),
        cmocka_unit_test(test_cells_bear_large_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

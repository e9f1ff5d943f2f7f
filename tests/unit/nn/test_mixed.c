/* test_mixed.c - samples of several sizes in one batch: each gives what it gives alone,
 * statistics run over what belongs to the samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "dnadna/program.h"
#include "mixed_cases.h"
#include "nn/compile/pass.h"
#include "nn/extent.h"
#include "nn/kernels/kernels.h"
#include "support/support.h"

/* A state in which every tensor matters: norms away from 1 and 0. */
static dna_state *
random_state(const dna_graph *g)
{
    dna_state *s = NULL;
    dna_rng rng;
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_state_init_random(s, 5));
    dna_rng_init(&rng, 6, "state", 0, 0, 0);
    for (int64_t i = 0; i < dna_state_n_param(s); i++) {
        dna_state_params(s)[i] += (float)(0.3 * (dna_rng_uniform(&rng) - 0.5));
    }
    for (int64_t i = 0; i < dna_state_n_buffer(s); i++) {
        dna_state_buffers(s)[i] += (float)(0.5 * dna_rng_uniform(&rng));
    }
    return s;
}

/* Entry i of sample b. */
static double
entry(int64_t b, int64_t i)
{
    dna_rng rng;
    dna_rng_init(&rng, 7, "x", b, i, 0);
    return (double)(float)dna_rng_normal(&rng);
}

/* A fixed weight of each output: the scalar whose gradient is taken. */
static double
weight_of(int64_t i)
{
    return sin(1.0 + 1.7 * (double)i);
}

static void
fill_mixed(dna_reference *r, const mixture *m)
{
    double *x = dna_reference_input(r, 0);
    for (int64_t i = 0; i < m->n * mixture_size(m, m->full); i++) {
        x[i] = i % 2 == 0 ? (double)NAN : 1e30; /* what is there must not matter */
    }
    for (int64_t b = 0; b < m->n; b++) {
        for (int64_t i = 0; i < mixture_size(m, &m->dim[b * 4]); i++) {
            x[mixture_at(m, b, i)] = entry(b, i);
        }
    }
}

static dna_reference *
mixed_reference(const mixture *m, const dna_graph *g, dna_state *s, bool is_training)
{
    dna_reference *r = NULL;
    assert_ok(dna_reference_new(&r, g, s, m->n, is_training));
    assert_ok(
        dna_reference_set_sizes(r, (const dna_graph *const *)(const void *)m->graphs));
    fill_mixed(r, m);
    return r;
}

static void
weigh_outputs(dna_reference *r, int64_t first, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        dna_reference_output_grad(r)[i] = weight_of(first + i);
    }
}

/* Sample b alone: its output, and its gradients added to grads. */
static void
check_alone(const mixture *m, dna_state *s, int64_t b, const double *output,
    double *grads, bool is_training)
{
    dna_reference *r = NULL;
    int64_t n_out = dna_node_size(m->g->output);
    assert_ok(dna_reference_new(&r, m->graphs[b], s, 1, is_training));
    for (int64_t i = 0; i < mixture_size(m, &m->dim[b * 4]); i++) {
        dna_reference_input(r, 0)[i] = entry(b, i);
    }
    assert_ok(dna_reference_forward(r));
    for (int64_t i = 0; i < n_out; i++) {
        assert_near(output[b * n_out + i], dna_reference_output(r)[i], 1e-12);
    }
    weigh_outputs(r, b * n_out, n_out);
    assert_ok(dna_reference_backward(r));
    for (int64_t i = 0; i < dna_state_n_param(s); i++) {
        grads[i] += dna_reference_grads(r)[i];
    }
    dna_reference_free(r);
}

static void
check_reference(const mixed_case *c, bool is_training)
{
    dna_rng rng;
    dna_rng_init(&rng, 8, c->name, 0, 0, 0);
    mixture m = mixture_new(c, c->batch, &rng);
    dna_state *s = random_state(m.g);
    dna_reference *r = mixed_reference(&m, m.g, s, is_training);
    double *grads = dna_calloc((size_t)dna_state_n_param(s), sizeof(*grads));

    assert_ok(dna_reference_forward(r));
    weigh_outputs(r, 0, m.n * dna_node_size(m.g->output));
    assert_ok(dna_reference_backward(r));
    for (int64_t b = 0; b < m.n; b++) {
        check_alone(&m, s, b, dna_reference_output(r), grads, is_training);
    }
    for (int64_t i = 0; i < dna_state_n_param(s); i++) {
        assert_near(dna_reference_grads(r)[i], grads[i], 1e-11);
    }
    dna_free(grads);
    dna_reference_free(r);
    dna_state_free(s);
    mixture_free(&m);
}

static void
test_the_reference_gives_each_sample_what_it_gives_alone(void **state)
{
    (void)state;
    for (int i = 0; i < n_mixed_case; i++) {
        check_reference(&mixed_cases[i], false);
        if (!mixed_cases[i].is_joined) {
            check_reference(&mixed_cases[i], true);
        }
    }
}

/* ---- batch norm ---- */

static dna_node *
only_norm(dna_graph *g, dna_node *x)
{
    return dna_batch_norm(g, x, "n", (dna_batch_norm_opts){.momentum = 0.2});
}

static dna_node *
norm_then_mean(dna_graph *g, dna_node *x)
{
    return dna_mean(g, only_norm(g, x), 2, false);
}

/* The norm of samples [3, L] is that of all their positions as rows [total, 3]. */
static void
test_batch_norm_counts_what_belongs_to_the_samples(void **state)
{
    (void)state;
    const mixed_case mixed = {"n", 2, {3, 1}, {3, 9}, 6, norm_then_mean, true};
    const mixed_case dense = {"n", 1, {3}, {3}, 1, only_norm, true};
    dna_rng rng;
    dna_rng_init(&rng, 9, "sizes", 0, 0, 0);
    mixture m = mixture_new(&mixed, 6, &rng);
    dna_state *s = random_state(m.g);
    dna_reference *a = mixed_reference(&m, m.g, s, true);
    dna_graph *g = mixed_case_graph(&dense, dense.max);
    dna_reference *b = NULL;
    int64_t total = 0;
    int64_t row = 0;

    for (int64_t k = 0; k < m.n; k++) {
        total += m.dim[k * 4 + 1];
    }
    assert_ok(dna_reference_new(&b, g, s, total, true));
    for (int64_t k = 0; k < m.n; k++) {
        int64_t n = m.dim[k * 4 + 1];
        for (int64_t p = 0; p < n; p++, row++) {
            for (int64_t c = 0; c < 3; c++) {
                dna_reference_input(b, 0)[row * 3 + c] = entry(k, c * n + p);
                dna_reference_output_grad(b)[row * 3 + c] =
                    weight_of(k * 3 + c) / (double)n;
            }
        }
    }
    assert_ok(dna_reference_forward(a));
    assert_ok(dna_reference_forward(b));
    for (int64_t i = 0; i < dna_state_n_buffer(s); i++) {
        assert_near(dna_reference_buffers(a)[i], dna_reference_buffers(b)[i], 1e-13);
    }
    weigh_outputs(a, 0, m.n * 3);
    assert_ok(dna_reference_backward(a));
    assert_ok(dna_reference_backward(b));
    for (int64_t i = 0; i < dna_state_n_param(s); i++) {
        assert_near(dna_reference_grads(a)[i], dna_reference_grads(b)[i], 1e-12);
    }
    row = 0;
    for (int64_t k = 0; k < m.n; k++) {
        for (int64_t p = 0; p < m.full[1]; p++) {
            bool belongs = p < m.dim[k * 4 + 1];
            for (int64_t c = 0; c < 3; c++) {
                double dx = dna_reference_input_grad(a, 0)[(k * 3 + c) * m.full[1] + p];
                assert_near(dx,
                    belongs ? dna_reference_input_grad(b, 0)[row * 3 + c] : 0.0, 1e-12);
            }
            row += belongs ? 1 : 0;
        }
    }
    dna_reference_free(a);
    dna_reference_free(b);
    dna_graph_free(g);
    dna_state_free(s);
    mixture_free(&m);
}

/* ---- gradients ---- */

static double
scalar(dna_reference *r, int64_t n_out, const double *buffers, int64_t n_buffer)
{
    double sum = 0.0;
    memcpy(dna_reference_buffers(r), buffers, (size_t)n_buffer * sizeof(double));
    assert_ok(dna_reference_forward(r));
    for (int64_t i = 0; i < n_out; i++) {
        sum += weight_of(i) * dna_reference_output(r)[i];
    }
    return sum;
}

static void
check_differences(const mixed_case *c)
{
    dna_rng rng;
    dna_rng_init(&rng, 10, c->name, 0, 0, 0);
    mixture m = mixture_new(c, DNA_MIN(c->batch, 6), &rng);
    dna_state *s = random_state(m.g);
    dna_reference *r = mixed_reference(&m, m.g, s, true);
    int64_t n_buffer = dna_state_n_buffer(s);
    int64_t n_out = m.n * dna_node_size(m.g->output);
    double *buffers = dna_calloc((size_t)n_buffer + 1, sizeof(*buffers));

    memcpy(buffers, dna_reference_buffers(r), (size_t)n_buffer * sizeof(double));
    scalar(r, n_out, buffers, n_buffer);
    weigh_outputs(r, 0, n_out);
    assert_ok(dna_reference_backward(r));
    for (int64_t k = 0; k < dna_state_n_param(s) + 20; k++) {
        int64_t b = k % m.n; /* of 20 entries of the input */
        int64_t i = k * 7 % mixture_size(&m, &m.dim[b * 4]);
        bool is_param = k < dna_state_n_param(s);
        double *at = is_param ? &dna_reference_params(r)[k]
                              : &dna_reference_input(r, 0)[mixture_at(&m, b, i)];
        double analytic = is_param
                              ? dna_reference_grads(r)[k]
                              : dna_reference_input_grad(r, 0)[mixture_at(&m, b, i)];
        double h = 1e-6;
        double old = *at;
        *at = old + h;
        double up = scalar(r, n_out, buffers, n_buffer);
        *at = old - h;
        double down = scalar(r, n_out, buffers, n_buffer);
        *at = old;
        double numeric = (up - down) / (2.0 * h);
        if (fabs(numeric - analytic) > 2e-5 * fmax(1.0, fabs(analytic))) {
            fail_msg(
                "%s: gradient %.9g, differences give %.9g", c->name, analytic, numeric);
        }
    }
    dna_free(buffers);
    dna_reference_free(r);
    dna_state_free(s);
    mixture_free(&m);
}

static void
test_gradients_are_the_limits_of_differences(void **state)
{
    (void)state;
    for (int i = 0; i < n_mixed_case; i++) {
        check_differences(&mixed_cases[i]);
    }
}

/* ---- programs ---- */

static const dna_graph *const *
graphs_of(const mixture *m)
{
    return (const dna_graph *const *)(const void *)m->graphs;
}

static void
fill_program(dna_program *p, const mixture *m)
{
    float *x = dna_program_input(p, 0);
    for (int64_t i = 0; i < m->n * mixture_size(m, m->full); i++) {
        x[i] = i % 2 == 0 ? NAN : 1e30f;
    }
    for (int64_t b = 0; b < m->n; b++) {
        for (int64_t i = 0; i < mixture_size(m, &m->dim[b * 4]); i++) {
            x[mixture_at(m, b, i)] = (float)entry(b, i);
        }
    }
}

static void
assert_all_near(const char *name, const char *what, const float *a, const double *b,
    int64_t n, double tol)
{
    double scale = 1.0;
    for (int64_t i = 0; i < n; i++) {
        scale = fmax(scale, fabs(b[i]));
    }
    for (int64_t i = 0; i < n; i++) {
        if (!(fabs((double)a[i] - b[i]) <= tol * scale)) {
            fail_msg("%s: %s[%d] is %.9g, the reference has %.9g", name, what, (int)i,
                (double)a[i], b[i]);
        }
    }
}

/* A batch through a program, and through the reference. */
static void
check_batch(dna_program *p, const mixture *m, dna_state *s, bool is_training)
{
    const char *name = m->c->name;
    int64_t n_out = m->n * dna_node_size(m->g->output);
    dna_reference *r = mixed_reference(m, m->g, s, is_training);

    assert_ok(dna_reference_forward(r));
    assert_ok(dna_program_set_sizes(p, graphs_of(m)));
    fill_program(p, m);
    assert_ok(dna_program_forward(p));
    assert_all_near(
        name, "output", dna_program_output(p), dna_reference_output(r), n_out, 2e-6);
    assert_all_near(name, "buffers", dna_state_buffers(s), dna_reference_buffers(r),
        dna_state_n_buffer(s), 2e-6);
    if (is_training) {
        weigh_outputs(r, 0, n_out);
        for (int64_t i = 0; i < n_out; i++) {
            dna_program_output_grad(p)[i] = (float)weight_of(i);
        }
        assert_ok(dna_reference_backward(r));
        assert_ok(dna_program_backward(p));
        assert_all_near(name, "gradient", dna_state_grads(s), dna_reference_grads(r),
            dna_state_n_param(s), 1e-5);
    }
    dna_reference_free(r);
}

static void
check_program(const mixed_case *c, const dna_program_options *base)
{
    dna_program_options options = *base;
    dna_program *p = NULL;
    dna_rng rng;
    dna_rng_init(&rng, 11, c->name, 0, 0, 0);
    mixture m = mixture_new(c, c->batch, &rng);
    dna_state *s = random_state(m.g);

    options.batch = c->batch;
    options.is_mixed = true;
    assert_ok(dna_program_new(&p, m.g, s, &options));
    check_batch(p, &m, s, options.is_training);
    for (int k = 0; k < 2; k++) { /* other sizes in the same program, then one size */
        mixture other = mixture_new(c, c->batch, &rng);
        for (int64_t b = 0; b < m.n; b++) {
            for (int d = 0; d < c->n_dim; d++) {
                int64_t *extent = &other.dim[b * 4 + d];
                *extent = k == 1 ? m.full[d] : DNA_MIN(*extent, m.full[d]);
            }
            dna_graph_free(other.graphs[b]);
            other.graphs[b] = mixed_case_graph(c, &other.dim[b * 4]);
        }
        dna_graph_free(other.g);
        other.g = mixed_case_graph(c, m.full);
        memcpy(other.full, m.full, sizeof(m.full));
        check_batch(p, &other, s, options.is_training);
        mixture_free(&other);
    }
    dna_program_free(p);
    dna_state_free(s);
    mixture_free(&m);
}

static void
test_programs_equal_the_reference(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_ok(dna_pool_new(&pool, 3));
    for (int i = 0; i < n_mixed_case; i++) {
        for (int k = 0; k < 4; k++) {
            check_program(
                &mixed_cases[i], &(dna_program_options){.is_training = (k & 1) == 1,
                                     .pool = k < 2 ? NULL : pool});
        }
    }
    dna_pool_free(pool);
}

static void
test_every_instruction_set_equals_the_reference(void **state)
{
    (void)state;
    static const char *const isas[] = {"c", "avx2", "avx512", "avx512_bf16", "amx"};
    int n_run = 0;
    for (int k = 0; k < 5; k++) {
        dna_program_options o = {
            .is_training = true, .isa = isas[k], .own_products = true};
        if (dna_kernels_for(isas[k]) == NULL) {
            print_message("%s: not on this processor\n", isas[k]);
            continue;
        }
        for (int i = 0; i < n_mixed_case; i++) {
            check_program(&mixed_cases[i], &o);
        }
        n_run++;
    }
    assert_true(n_run >= 1);
}

/* ---- what is refused ---- */

static dna_node *
deep_if_wide(dna_graph *g, dna_node *x)
{
    x = dna_mean(g, dna_node_dim(x, 2) > 3 ? dna_relu(g, x) : x, 2, false);
    return dna_linear(g, x, "l", (dna_linear_opts){.out = 1});
}

static dna_node *
flat(dna_graph *g, dna_node *x)
{
    return dna_linear(g, dna_flatten(g, x), "l", (dna_linear_opts){.out = 1});
}

static dna_node *
pool_by_size(dna_graph *g, dna_node *x)
{
    x = dna_reshape(g, x, 3, (int64_t[]){1, dna_node_dim(x, 1), dna_node_dim(x, 2)});
    x = dna_max_pool2d(g, x,
        (dna_pool_opts){
            .kernel = {1, dna_node_dim(x, 3) > 3 ? 3 : 2}, .stride = {1, 1}});
    return dna_mean(g, dna_mean(g, x, 3, false), 2, false);
}

static void
check_refusal(dna_node *(*build)(dna_graph *, dna_node *), int64_t full, int64_t own,
    const char *message)
{
    const mixed_case c = {"refused", 2, {2, 1}, {2, 9}, 1, build, false};
    dna_graph *g = mixed_case_graph(&c, (int64_t[]){2, full});
    dna_graph *small = mixed_case_graph(&c, (int64_t[]){2, own});
    const dna_graph *graphs[2] = {NULL, small};
    dna_extents *x = NULL;
    assert_ok(dna_extents_new(&x, g, g, NULL, 0, 2));
    assert_fails(dna_extents_set(x, graphs), DNA_ESHAPE, message);
    assert_true(dna_extents_is_whole(x, 1));
    assert_ok(dna_extents_set(x, NULL));
    dna_extents_free(x);
    dna_graph_free(g);
    dna_graph_free(small);
}

static void
test_other_networks_are_refused(void **state)
{
    (void)state;
    check_refusal(deep_if_wide, 4, 3, "sample 2 of the batch: its network has 3 nodes");
    check_refusal(flat, 4, 3,
        "sample 2 of the batch: its l [N, 1] differs from the l [N, 1] of the largest size");
    check_refusal(pool_by_size, 4, 3, "its max_pool2d [N, 1, 2, 2] differs from the");
    check_refusal(
        norm_then_mean, 3, 4, "sample 2 of the batch: its x [N, 2, 4] is larger");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reference_gives_each_sample_what_it_gives_alone),
        cmocka_unit_test(test_batch_norm_counts_what_belongs_to_the_samples),
        cmocka_unit_test(test_gradients_are_the_limits_of_differences),
        cmocka_unit_test(test_programs_equal_the_reference),
        cmocka_unit_test(test_every_instruction_set_equals_the_reference),
        cmocka_unit_test(test_other_networks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_ops.c - every op: gradients against finite differences, program against
 * reference.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "nn/compile/pass.h"
#include "nn/kernels/kernels.h"
#include "ops_cases.h"
#include "support/support.h"

static int64_t
input_count(const op_case *c)
{
    int64_t n = c->batch;
    for (int i = 0; i < c->n_dim; i++) {
        n *= c->dim[i];
    }
    return n;
}

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

/* Inputs are normal or, as tables need them, 0 and 1. */
static dna_reference *
reference_on(const dna_graph *g, dna_state *s, const op_case *c, bool is_training,
    bool is_binary)
{
    dna_reference *r = NULL;
    dna_rng rng;
    assert_ok(dna_reference_new(&r, g, s, c->batch, is_training));
    dna_rng_init(&rng, 7, "x", 0, 0, 0);
    for (int64_t i = 0; i < input_count(c); i++) {
        double x = (double)(float)dna_rng_normal(&rng);
        dna_reference_input(r, 0)[i] = !is_binary ? x : x > 0.3 ? 1.0 : 0.0;
    }
    return r;
}

static dna_reference *
reference(const dna_graph *g, dna_state *s, const op_case *c, bool is_training)
{
    return reference_on(g, s, c, is_training, false);
}

/* A fixed weighted sum of the outputs: the scalar whose gradient is checked. */
static double
weight_of(int64_t i)
{
    return sin(1.0 + 1.7 * (double)i);
}

static double
scalar(dna_reference *r, const dna_graph *g, const op_case *c, const double *buffers,
    int64_t n_buffer)
{
    double sum = 0.0;
    memcpy(dna_reference_buffers(r), buffers, (size_t)n_buffer * sizeof(double));
    assert_ok(dna_reference_forward(r));
    int64_t n = c->batch * dna_node_size(g->output);
    for (int64_t i = 0; i < n; i++) {
        sum += weight_of(i) * dna_reference_output(r)[i];
    }
    return sum;
}

static void
check_difference(dna_reference *r, const dna_graph *g, const op_case *c,
    const double *buffers, int64_t n_buffer, double *at, double analytic)
{
    double h = 1e-6;
    double old = *at;
    *at = old + h;
    double up = scalar(r, g, c, buffers, n_buffer);
    *at = old - h;
    double down = scalar(r, g, c, buffers, n_buffer);
    *at = old;
    double numeric = (up - down) / (2.0 * h);
    if (fabs(numeric - analytic) > 1e-5 * fmax(1.0, fabs(analytic))) {
        fail_msg(
            "%s: gradient %.9g, differences give %.9g", c->name, analytic, numeric);
    }
}

static void
test_gradients_are_the_limits_of_differences(void **state)
{
    (void)state;
    for (int i = 0; i < n_op_case; i++) {
        const op_case *c = &op_cases[i];
        dna_graph *g = op_case_graph(c);
        dna_state *s = random_state(g);
        for (int training = 0; training < 2; training++) {
            dna_reference *r = reference(g, s, c, training == 1);
            int64_t n_buffer = dna_state_n_buffer(s);
            double *buffers = dna_calloc((size_t)n_buffer + 1, sizeof(*buffers));
            memcpy(
                buffers, dna_reference_buffers(r), (size_t)n_buffer * sizeof(double));
            scalar(r, g, c, buffers, n_buffer);
            for (int64_t k = 0; k < c->batch * dna_node_size(g->output); k++) {
                dna_reference_output_grad(r)[k] = weight_of(k);
            }
            assert_ok(dna_reference_backward(r));
            int64_t step = dna_state_n_param(s) / 60 + 1;
            for (int64_t k = 0; k < dna_state_n_param(s); k += step) {
                check_difference(r, g, c, buffers, n_buffer,
                    &dna_reference_params(r)[k], dna_reference_grads(r)[k]);
            }
            step = input_count(c) / 30 + 1;
            for (int64_t k = 0; k < input_count(c); k += step) {
                check_difference(r, g, c, buffers, n_buffer,
                    &dna_reference_input(r, 0)[k], dna_reference_input_grad(r, 0)[k]);
            }
            dna_free(buffers);
            dna_reference_free(r);
        }
        dna_state_free(s);
        dna_graph_free(g);
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

/* How often a graph normalises with the layer whose counter is tensor t. */
static int64_t
n_norm_use(const dna_graph *g, int t)
{
    int64_t n = 0;
    for (int i = 0; i < g->n_node; i++) {
        n += g->nodes[i]->tensor[DNA_TRACKED] == t ? 1 : 0;
    }
    return n;
}

static void
check_program_on(const op_case *c, const dna_program_options *base, bool is_binary)
{
    bool is_training = base->is_training;
    dna_program_options options = *base;
    dna_graph *g = op_case_graph(c);
    dna_state *s = random_state(g);
    dna_reference *r = reference_on(g, s, c, is_training, is_binary);
    dna_program *p = NULL;
    int64_t n_out = c->batch * dna_node_size(g->output);

    assert_ok(dna_reference_forward(r));
    options.batch = c->batch;
    assert_ok(dna_program_new(&p, g, s, &options));
    for (int repeat = 0; repeat < 2; repeat++) { /* memory is used again: no rests */
        if (repeat == 1 && is_training) {
            assert_ok(dna_reference_forward(r));
        }
        for (int64_t i = 0; i < input_count(c); i++) {
            dna_program_input(p, 0)[i] = (float)dna_reference_input(r, 0)[i];
        }
        assert_ok(dna_program_forward(p));
        assert_all_near(c->name, "output", dna_program_output(p),
            dna_reference_output(r), n_out, 2e-6);
        assert_all_near(c->name, "buffers", dna_state_buffers(s),
            dna_reference_buffers(r), dna_state_n_buffer(s), 2e-6);
        if (!is_training) {
            continue;
        }
        for (int64_t i = 0; i < n_out; i++) {
            dna_program_output_grad(p)[i] = (float)weight_of(i);
            dna_reference_output_grad(r)[i] = weight_of(i);
        }
        assert_ok(dna_reference_backward(r));
        assert_ok(dna_program_backward(p));
        assert_all_near(c->name, "gradient", dna_state_grads(s), dna_reference_grads(r),
            dna_state_n_param(s), 1e-5);
    }
    for (int i = 0; i < g->n_tensor; i++) {
        if (g->tensors[i].kind == DNA_TENSOR_COUNTER) {
            assert_int_equal(dna_state_counters(s)[g->tensors[i].offset],
                is_training ? 2 * n_norm_use(g, i) : 0);
        }
    }
    dna_program_free(p);
    dna_reference_free(r);
    dna_state_free(s);
    dna_graph_free(g);
}

static void
check_program(const op_case *c, const dna_program_options *base)
{
    check_program_on(c, base, false);
}

static void
test_program_equals_reference(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_ok(dna_pool_new(&pool, 3));
    for (int i = 0; i < n_op_case; i++) {
        for (int k = 0; k < 4; k++) {
            check_program(
                &op_cases[i], &(dna_program_options){.is_training = (k & 1) == 1,
                                  .pool = k < 2 ? NULL : pool});
        }
    }
    dna_pool_free(pool);
}

static void
test_every_instruction_set_equals_reference(void **state)
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
        for (int i = 0; i < n_op_case; i++) {
            check_program(&op_cases[i], &o);
            check_program_on(&op_cases[i], &o, true);
        }
        n_run++;
    }
    assert_true(n_run >= 1);
}

/* Each thing that a compilation can leave out, and all, on both kinds of inputs; each
 * pair in training. */
static void
test_what_is_left_out_changes_nothing(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_ok(dna_pool_new(&pool, 2));
    for (int i = 0; i < n_op_case; i++) {
        for (unsigned k = 0; k <= 81; k++) {
            unsigned a = k % 9, b = k / 9;
            bool is_pair = k < 81 && a != b;
            dna_program_options o = {
                .without = k == 81 ? DNA_WITHOUT_ALL : 1u << a | 1u << b, .pool = pool};
            if (k < 81 && a > b) {
                continue;
            }
            for (unsigned mode = 0; mode < (is_pair ? 1 : 4); mode++) {
                o.is_training = (mode & 1) == 0;
                check_program_on(
                    &op_cases[i], &o, is_pair ? (a + b) % 2 == 0 : mode >= 2);
            }
        }
    }
    dna_pool_free(pool);
}

static void
test_passes_have_names(void **state)
{
    (void)state;
    unsigned all = 0;
    for (int64_t i = 0; dna_pass_at(i) != NULL; i++) {
        unsigned without = 0;
        assert_ok(dna_pass_find(&without, dna_pass_at(i)->name));
        assert_int_equal(without, dna_pass_at(i)->without);
        assert_int_equal(all & without, 0);
        all |= without;
    }
    assert_int_equal(all, DNA_WITHOUT_ALL);
    assert_null(dna_pass_at(-1));
    assert_fails(dna_pass_find(&all, "tabels"), DNA_ENOTFOUND,
        "there is no pass \"tabels\"; did you mean \"tables\"?");
    assert_fails(dna_pass_find(&all, "x"), DNA_ENOTFOUND,
        "there is no pass \"x\", there are split, broadcast, ");
}

static void
test_unknown_instruction_sets_are_refused(void **state)
{
    (void)state;
    dna_graph *g = op_case_graph(&op_cases[0]);
    dna_state *s = random_state(g);
    dna_program *p = NULL;
    assert_fails(
        dna_program_new(&p, g, s, &(dna_program_options){.batch = 1, .isa = "sse9"}),
        DNA_EUNSUPPORTED,
        "there are no kernels \"sse9\" here, this processor and build have c");
    assert_fails(dna_program_new(&p, g, s, &(dna_program_options){.batch = 0}),
        DNA_EARG, "a batch of 0 samples");
    dna_state_free(s);
    dna_graph_free(g);
}

/* In evaluation a sample's output has the same bits alone as among others. */
static void
test_batches_do_not_change_a_bit_of_evaluation(void **state)
{
    (void)state;
    for (int i = 0; i < n_op_case; i++) {
        const op_case *c = &op_cases[i];
        dna_graph *g = op_case_graph(c);
        dna_state *s = random_state(g);
        dna_program *all = NULL;
        dna_program *one = NULL;
        int64_t size = input_count(c) / c->batch;
        int64_t n_out = dna_node_size(g->output);
        assert_ok(dna_program_new(&all, g, s, &(dna_program_options){.batch = 37}));
        assert_ok(dna_program_new(&one, g, s, &(dna_program_options){.batch = 1}));
        for (int64_t k = 0; k < 37 * size; k++) {
            dna_program_input(all, 0)[k] = (float)weight_of(k);
        }
        assert_ok(dna_program_forward(all));
        for (int64_t b = 0; b < 37; b++) {
            for (int64_t k = 0; k < size; k++) {
                dna_program_input(one, 0)[k] = (float)weight_of(b * size + k);
            }
            assert_ok(dna_program_forward(one));
            assert_memory_equal(dna_program_output(one),
                dna_program_output(all) + b * n_out, (size_t)n_out * sizeof(float));
        }
        dna_program_free(all);
        dna_program_free(one);
        dna_state_free(s);
        dna_graph_free(g);
    }
}

/* Programs of several sizes in one workspace, in turn, give what they give alone. */
static void
test_programs_share_a_workspace(void **state)
{
    (void)state;
    dna_workspace *w = NULL;
    assert_ok(dna_workspace_new(&w));
    for (int i = 0; i < n_op_case; i++) {
        for (int k = 0; k < 2; k++) {
            check_program(&op_cases[i],
                &(dna_program_options){.is_training = k == 0, .workspace = w});
        }
    }
    dna_workspace_free(w);
    dna_workspace_free(NULL);
}

static void
test_threads_do_not_change_a_bit(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_ok(dna_pool_new(&pool, 4));
    for (int i = 0; i < n_op_case; i++) {
        const op_case *c = &op_cases[i];
        dna_graph *g = op_case_graph(c);
        float *first = NULL;
        for (int threads = 0; threads < 2; threads++) {
            dna_state *s = random_state(g);
            dna_program *p = NULL;
            assert_ok(dna_program_new(&p, g, s,
                &(dna_program_options){.batch = c->batch,
                    .is_training = true,
                    .pool = threads == 0 ? NULL : pool}));
            for (int64_t k = 0; k < input_count(c); k++) {
                dna_program_input(p, 0)[k] = (float)weight_of(3 * k);
            }
            assert_ok(dna_program_forward(p));
            for (int64_t k = 0; k < c->batch * dna_node_size(g->output); k++) {
                dna_program_output_grad(p)[k] = (float)weight_of(k);
            }
            assert_ok(dna_program_backward(p));
            size_t size = (size_t)dna_state_n_param(s) * sizeof(float);
            if (first == NULL) {
                first = dna_malloc(size);
                memcpy(first, dna_state_grads(s), size);
            } else {
                assert_memory_equal(first, dna_state_grads(s), size);
            }
            dna_program_free(p);
            dna_state_free(s);
        }
        dna_free(first);
        dna_graph_free(g);
    }
    dna_pool_free(pool);
}

/* A rewritten graph gives the same results, running statistics and gradients. */
static void
check_pass(
    const op_case *c, const dna_graph *g, const dna_graph *rewritten, bool training)
{
    dna_state *s = random_state(g);
    dna_reference *a = reference(g, s, c, training);
    dna_reference *b = reference(rewritten, s, c, training);
    int64_t n_out = c->batch * dna_node_size(g->output);

    assert_ok(dna_reference_forward(a));
    assert_ok(dna_reference_forward(b));
    for (int64_t i = 0; i < n_out; i++) {
        assert_near(dna_reference_output(b)[i], dna_reference_output(a)[i], 1e-11);
        dna_reference_output_grad(a)[i] = weight_of(i);
        dna_reference_output_grad(b)[i] = weight_of(i);
    }
    for (int64_t i = 0; i < dna_state_n_buffer(s); i++) {
        assert_near(dna_reference_buffers(b)[i], dna_reference_buffers(a)[i], 1e-11);
    }
    assert_ok(dna_reference_backward(a));
    assert_ok(dna_reference_backward(b));
    for (int64_t i = 0; i < dna_state_n_param(s); i++) {
        assert_near(dna_reference_grads(b)[i], dna_reference_grads(a)[i], 1e-9);
    }
    dna_reference_free(a);
    dna_reference_free(b);
    dna_state_free(s);
}

static void
test_passes_keep_results_and_gradients(void **state)
{
    (void)state;
    static int (*const passes[])(dna_graph * *out, const dna_graph *g) = {
        dna_pass_canonical, dna_pass_split_concat, dna_pass_broadcast, dna_pass_mean,
        dna_pass_moves, dna_pass_dead_code};
    const int n_pass = (int)(sizeof(passes) / sizeof(passes[0]));
    for (int i = 0; i < n_op_case; i++) {
        dna_graph *original = op_case_graph(&op_cases[i]);
        dna_graph *chained = op_case_graph(&op_cases[i]);
        for (int k = 0; k < n_pass; k++) {
            dna_graph *g = NULL;
            assert_ok(passes[k](&g, original));
            check_pass(&op_cases[i], original, g, true);
            check_pass(&op_cases[i], original, g, false);
            dna_graph_free(g);
            assert_ok(passes[k](&g, chained));
            check_pass(&op_cases[i], original, g, true);
            dna_graph_free(chained);
            chained = g;
        }
        dna_graph_free(original);
        dna_graph_free(chained);
    }
}

/* What the passes are for: no repeated row is left in an exchangeable network. */
static void
test_repeated_rows_are_computed_once(void **state)
{
    (void)state;
    for (int i = 0; i < n_op_case; i++) {
        if (strcmp(op_cases[i].name, "exchangeable blocks") != 0) {
            continue;
        }
        dna_graph *g = op_case_graph(&op_cases[i]);
        dna_graph *a = NULL;
        dna_graph *b = NULL;
        dna_graph *c = NULL;
        assert_ok(dna_pass_split_concat(&a, g));
        assert_ok(dna_pass_broadcast(&b, a));
        assert_ok(dna_pass_dead_code(&c, b));
        for (int k = 0; k < c->n_node; k++) {
            assert_int_not_equal(c->nodes[k]->kind, DNA_OP_EXPAND);
            assert_int_not_equal(c->nodes[k]->kind, DNA_OP_CONCAT);
        }
        dna_graph_free(g);
        dna_graph_free(a);
        dna_graph_free(b);
        dna_graph_free(c);
        return;
    }
    fail_msg("no exchangeable case");
}

/* Between the ops of a convolution along lines nothing is copied. */
static void
test_lines_stay_images(void **state)
{
    (void)state;
    dna_graph *g = NULL;
    dna_graph *a = NULL;
    dna_graph *b = NULL;
    int n_reshape = 0;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 2, (int64_t[]){2, 30});
    x = dna_conv1d(g, x, "a", (dna_conv1d_opts){.out = 3, .kernel = 3, .pad = 1});
    dna_node *y = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    y = dna_dropout(g, dna_relu(g, y), 0.1);
    y = dna_conv1d(g, y, "b", (dna_conv1d_opts){.out = 3, .kernel = 3, .pad = 1});
    y = dna_max_pool1d(g, dna_add(g, x, y), (dna_pool1d_opts){.kernel = 2});
    assert_ok(dna_graph_output(g, dna_flatten(g, y)));
    assert_ok(dna_pass_canonical(&a, g));
    assert_ok(dna_pass_dead_code(&b, a));
    for (int k = 0; k < b->n_node; k++) {
        n_reshape += b->nodes[k]->kind == DNA_OP_RESHAPE ? 1 : 0;
    }
    assert_int_equal(n_reshape, 3); /* into the first image, out of the last, flatten */
    dna_graph_free(g);
    dna_graph_free(a);
    dna_graph_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_are_the_limits_of_differences),
        cmocka_unit_test(test_passes_keep_results_and_gradients),
        cmocka_unit_test(test_repeated_rows_are_computed_once),
        cmocka_unit_test(test_lines_stay_images),
        cmocka_unit_test(test_program_equals_reference),
        cmocka_unit_test(test_every_instruction_set_equals_reference),
        cmocka_unit_test(test_what_is_left_out_changes_nothing),
        cmocka_unit_test(test_passes_have_names),
        cmocka_unit_test(test_unknown_instruction_sets_are_refused),
        cmocka_unit_test(test_batches_do_not_change_a_bit_of_evaluation),
        cmocka_unit_test(test_programs_share_a_workspace),
        cmocka_unit_test(test_threads_do_not_change_a_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

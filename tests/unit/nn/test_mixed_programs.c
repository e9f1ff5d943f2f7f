/* test_mixed_programs.c - programs for samples of several sizes: threads, memory, and the
 * form that takes over where sizes give other lists of nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "mixed_cases.h"
#include "nn/compile/lower.h"
#include "support/support.h"

static const dna_graph *const *
graphs_of(const mixture *m)
{
    return (const dna_graph *const *)(const void *)m->graphs;
}

static double
weight_of(int64_t i)
{
    return sin(1.0 + 1.7 * (double)i);
}

static mixture
mixture_of(const mixed_case *c)
{
    dna_rng rng;
    dna_rng_init(&rng, 12, c->name, 0, 0, 0);
    return mixture_new(c, c->batch, &rng);
}

static void
fill(dna_program *p, const mixture *m)
{
    for (int64_t i = 0; i < m->n * mixture_size(m, m->full); i++) {
        dna_program_input(p, 0)[i] = (float)weight_of(i);
    }
}

/* Outputs and gradients of one step of training; a heap vector. */
static float *
one_step(const mixture *m, dna_pool *pool, dna_workspace *w, int64_t *n)
{
    dna_state *s = NULL;
    dna_program *p = NULL;
    int64_t n_out = m->n * dna_node_size(m->g->output);
    assert_ok(dna_state_new(&s, m->g));
    assert_ok(dna_state_init_random(s, 5));
    assert_ok(dna_program_new(&p, m->g, s,
        &(dna_program_options){.batch = m->n,
            .is_training = true,
            .is_mixed = true,
            .pool = pool,
            .workspace = w}));
    assert_ok(dna_program_set_sizes(p, graphs_of(m)));
    fill(p, m);
    assert_ok(dna_program_forward(p));
    *n = n_out + dna_state_n_param(s);
    float *results = dna_calloc((size_t)*n, sizeof(*results));
    memcpy(results, dna_program_output(p), (size_t)n_out * sizeof(float));
    for (int64_t i = 0; i < n_out; i++) {
        dna_program_output_grad(p)[i] = (float)weight_of(i);
    }
    assert_ok(dna_program_backward(p));
    memcpy(results + n_out, dna_state_grads(s),
        (size_t)dna_state_n_param(s) * sizeof(float));
    dna_program_free(p);
    dna_state_free(s);
    return results;
}

static void
test_threads_and_a_shared_workspace_do_not_change_a_bit(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    dna_workspace *w = NULL;
    assert_ok(dna_pool_new(&pool, 4));
    assert_ok(dna_workspace_new(&w));
    for (int i = 0; i < n_mixed_case; i++) {
        mixture m = mixture_of(&mixed_cases[i]);
        int64_t n = 0;
        float *one = one_step(&m, NULL, NULL, &n);
        float *four = one_step(&m, pool, w, &n);
        assert_memory_equal(one, four, (size_t)n * sizeof(float));
        dna_free(one);
        dna_free(four);
        mixture_free(&m);
    }
    dna_workspace_free(w);
    dna_pool_free(pool);
}

/* In evaluation the bits of a sample alone, unless the plain form takes over. */
static void
test_a_sample_has_the_bits_it_has_alone(void **state)
{
    (void)state;
    int n_same = 0;
    for (int i = 0; i < n_mixed_case; i++) {
        mixture m = mixture_of(&mixed_cases[i]);
        int64_t n_out = dna_node_size(m.g->output);
        dna_state *s = NULL;
        dna_program *p = NULL;
        assert_ok(dna_state_new(&s, m.g));
        assert_ok(dna_state_init_random(s, 5));
        assert_ok(dna_program_new(
            &p, m.g, s, &(dna_program_options){.batch = m.n, .is_mixed = true}));
        assert_ok(dna_program_set_sizes(p, graphs_of(&m)));
        fill(p, &m);
        assert_ok(dna_program_forward(p));
        for (int64_t b = 0; b < m.n && !p->is_plain; b++) {
            dna_program *one = NULL;
            assert_ok(dna_program_new(
                &one, m.graphs[b], s, &(dna_program_options){.batch = 1}));
            for (int64_t k = 0; k < mixture_size(&m, &m.dim[b * 4]); k++) {
                dna_program_input(one, 0)[k] = (float)weight_of(mixture_at(&m, b, k));
            }
            assert_ok(dna_program_forward(one));
            for (int64_t k = 0; k < n_out; k++) {
                assert_near((double)dna_program_output(p)[b * n_out + k],
                    (double)dna_program_output(one)[k], 1e-6);
                n_same +=
                    dna_program_output(p)[b * n_out + k] == dna_program_output(one)[k];
            }
            dna_program_free(one);
        }
        dna_program_free(p);
        dna_state_free(s);
        mixture_free(&m);
    }
    assert_true(n_same > 0);
}

/* ---- where the list of nodes after the passes depends on the size ---- */

/* A sum of which one operand is repeated in samples of one column only. */
static dna_node *
sum_of_one(dna_graph *g, dna_node *x)
{
    dna_node *all = dna_expand(g, dna_mean(g, x, 2, true), 2, dna_node_dim(x, 2));
    x = dna_relu(g, dna_add(g, all, x));
    x = dna_mean(g, dna_mean(g, x, 3, false), 2, false);
    return dna_linear(g, x, "head", (dna_linear_opts){.out = 2});
}

/* An expand of one row is a repetition, a row that is one by chance is none: with two
 * means in a row the sum of both is repeated for many rows only. */
static dna_node *
sum_of_means(dna_graph *g, dna_node *x)
{
    int64_t n = dna_node_dim(x, 2);
    dna_node *all = dna_expand(g, dna_mean(g, x, 2, true), 2, n);
    dna_node *one = dna_mean(g, dna_relu(g, x), 2, true);
    return sum_of_one(g, dna_add(g, all, one));
}

static void
check_forms(dna_node *(*build)(dna_graph *, dna_node *), bool is_plain)
{
    const mixed_case c = {"forms", 3, {2, 1, 3}, {2, 4, 3}, 2, build, false};
    int64_t dims[3][3] = {{2, 4, 3}, {2, 1, 3}, {2, 3, 3}};
    dna_graph *g[3];
    dna_state *s = NULL;
    dna_program *p = NULL;
    for (int i = 0; i < 3; i++) {
        g[i] = mixed_case_graph(&c, dims[i]);
    }
    assert_ok(dna_state_new(&s, g[0]));
    assert_ok(dna_program_new(
        &p, g[0], s, &(dna_program_options){.batch = 2, .is_mixed = true}));
    assert_ok(dna_program_set_sizes(p, (const dna_graph *[]){NULL, g[2]}));
    assert_false(p->is_plain);
    assert_ok(dna_program_set_sizes(p, (const dna_graph *[]){g[1], g[2]}));
    assert_int_equal(p->is_plain, is_plain);
    assert_ok(dna_program_forward(p));
    assert_ok(dna_program_set_sizes(p, NULL));
    assert_false(p->is_plain);
    dna_program_free(p);
    dna_state_free(s);
    for (int i = 0; i < 3; i++) {
        dna_graph_free(g[i]);
    }
}

static void
test_sizes_with_another_list_of_nodes_use_the_plain_form(void **state)
{
    (void)state;
    check_forms(sum_of_one, false);
    check_forms(sum_of_means, true);
}

static void
test_a_program_for_one_size_has_no_sizes(void **state)
{
    (void)state;
    mixture m = mixture_of(&mixed_cases[0]);
    dna_state *s = NULL;
    dna_program *p = NULL;
    assert_ok(dna_state_new(&s, m.g));
    assert_ok(dna_program_new(&p, m.g, s, &(dna_program_options){.batch = m.n}));
    assert_fails(dna_program_set_sizes(p, graphs_of(&m)), DNA_EARG,
        "the program was compiled for samples of one size");
    dna_program_free(p);
    dna_state_free(s);
    mixture_free(&m);
}

/* A batch norm that has one value a channel in all, whatever the largest size has. */
static dna_node *
norm_of_one(dna_graph *g, dna_node *x)
{
    x = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    return dna_mean(g, x, 2, false);
}

static void
test_a_batch_norm_of_one_value_is_refused(void **state)
{
    (void)state;
    const mixed_case c = {"one", 2, {2, 1}, {2, 3}, 1, norm_of_one, true};
    dna_graph *g = mixed_case_graph(&c, (int64_t[]){2, 3});
    dna_graph *own = mixed_case_graph(&c, (int64_t[]){2, 1});
    dna_state *s = NULL;
    dna_program *p = NULL;
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_program_new(&p, g, s,
        &(dna_program_options){.batch = 1, .is_training = true, .is_mixed = true}));
    assert_ok(dna_program_set_sizes(p, (const dna_graph *[]){own}));
    assert_fails(dna_program_forward(p), DNA_ESHAPE,
        "n: a batch norm cannot be trained on one value a channel");
    assert_ok(dna_program_set_sizes(p, NULL));
    assert_ok(dna_program_forward(p));
    dna_program_free(p);
    dna_state_free(s);
    dna_graph_free(g);
    dna_graph_free(own);
}

/* ---- memory ---- */

static void
one_life(const mixture *m, bool *is_set)
{
    dna_state *s = NULL;
    dna_program *p = NULL;
    int rc = dna_state_new(&s, m->g);
    if (rc == DNA_OK) {
        rc = dna_program_new(&p, m->g, s,
            &(dna_program_options){
                .batch = m->n, .is_training = true, .is_mixed = true});
    }
    if (rc == DNA_OK) {
        rc = dna_program_set_sizes(p, graphs_of(m));
    }
    assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
    *is_set = rc == DNA_OK;
    dna_program_free(p);
    dna_state_free(s);
}

static void
test_any_allocation_may_fail(void **state)
{
    (void)state;
    for (int i = 0; i < n_mixed_case; i += 3) {
        mixture m = mixture_of(&mixed_cases[i]);
        bool is_set = false;
        int64_t n = 0;
        for_each_oom(k) {
            one_life(&m, &is_set);
            n = k;
            if (oom_done()) {
                break;
            }
        }
        assert_true(is_set && n > 100);
        mixture_free(&m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_and_a_shared_workspace_do_not_change_a_bit),
        cmocka_unit_test(test_a_sample_has_the_bits_it_has_alone),
        cmocka_unit_test(test_sizes_with_another_list_of_nodes_use_the_plain_form),
        cmocka_unit_test(test_a_program_for_one_size_has_no_sizes),
        cmocka_unit_test(test_a_batch_norm_of_one_value_is_refused),
        cmocka_unit_test(test_any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

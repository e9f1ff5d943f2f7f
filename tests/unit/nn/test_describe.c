/* test_describe.c - what a program says of its own cost, against sums made by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "dnadna/program.h"
#include "support/support.h"

typedef struct {
    dna_graph *g;
    dna_state *state;
    dna_program *p;
} fixture;

static fixture
compiled(dna_node *(*build)(dna_graph *g), const dna_program_options *o)
{
    fixture f = {0};
    assert_ok(dna_graph_new(&f.g));
    assert_ok(dna_graph_output(f.g, build(f.g)));
    assert_ok(dna_state_new(&f.state, f.g));
    assert_ok(dna_program_new(&f.p, f.g, f.state, o));
    return f;
}

static void
release(fixture *f)
{
    dna_program_free(f->p);
    dna_state_free(f->state);
    dna_graph_free(f->g);
}

static double
flops_of(const dna_program *p, const char *name)
{
    double sum = 0.0;
    dna_program_step s;
    int n = 0;
    for (int64_t i = 0; dna_program_step_at(p, i, &s); i++) {
        if (strcmp(s.name, name) == 0) {
            sum += s.flops;
            n++;
        }
    }
    assert_true(n > 0);
    return sum;
}

static dna_program_step
step_of(const dna_program *p, const char *name)
{
    dna_program_step s;
    for (int64_t i = 0; dna_program_step_at(p, i, &s); i++) {
        if (strcmp(s.name, name) == 0) {
            return s;
        }
    }
    fail_msg("no step %s", name);
    return s;
}

/* 7 -> 5, ReLU, 5 -> 2 */
static dna_node *
two_layers(dna_graph *g)
{
    dna_node *x = dna_input(g, "x", 1, (int64_t[]){7});
    x = dna_linear(g, x, "a", (dna_linear_opts){.out = 5});
    return dna_linear(g, dna_relu(g, x), "b", (dna_linear_opts){.out = 2});
}

static void
test_linear_layers_cost_two_a_weight(void **state)
{
    (void)state;
    const double N = 3;
    fixture f =
        compiled(two_layers, &(dna_program_options){.batch = 3, .is_training = true});
    dna_program_totals t;
    dna_program_total(f.p, &t);
    assert_near(flops_of(f.p, "linear"), N * 2 * (7 * 5 + 5 * 2), 0);
    /* the weights', and one addition an output for the bias */
    assert_near(
        flops_of(f.p, "linear.weight_grad"), N * (2 * (7 * 5 + 5 * 2) + 5 + 2), 0);
    /* the input has none */
    assert_near(flops_of(f.p, "linear.input_grad"), N * 2 * (5 * 2), 0);
    assert_near(flops_of(f.p, "relu"), N * 5 + 2 * N * 5, 0);
    assert_near(t.flops, N * (90 + 97 + 20 + 15), 0);

    dna_program_step s = step_of(f.p, "linear");
    assert_string_equal(s.layer, "a");
    assert_near(s.bytes_read, 4 * (N * 7 + 7 * 5 + 5), 0); /* x, weights, bias */
    assert_true(s.is_chunk && !s.is_backward);
    s = step_of(f.p, "linear.weight_grad");
    assert_string_equal(s.layer, "b");
    assert_near(s.bytes_written, 4 * (5 * 2 + 2), 0);
    assert_true(s.is_backward && !s.is_chunk);
    release(&f);
}

/* 2 channels, 4 x 9; a kernel of 1 x 3 to 6 channels: 4 x 7, pooled to 4 x 3 */
static dna_node *
small_chain(dna_graph *g)
{
    dna_node *x = dna_input(g, "x", 3, (int64_t[]){2, 4, 9});
    x = dna_conv2d(g, x, "c", (dna_conv2d_opts){.out = 6, .kernel = {1, 3}});
    x = dna_max_pool2d(g, dna_relu(g, x), (dna_pool_opts){.kernel = {1, 2}});
    return dna_flatten(g, x);
}

static void
test_chains_cost_what_their_ops_do(void **state)
{
    (void)state;
    const double N = 5, conv = 2 * 4 * 7 * 6 * (3 * 2), pooled = 4 * 3 * 6;
    fixture f =
        compiled(small_chain, &(dna_program_options){.batch = 5, .is_training = true});
    dna_program_step s = step_of(f.p, "chain");
    assert_string_equal(s.fused, "conv2d + max_pool2d + relu");
    assert_near(s.flops, N * (conv + pooled * (1 + 1)), 0); /* compared, ReLU */
    s = step_of(f.p, "chain.gradients");
    assert_near(s.flops, N * (conv + pooled * (1 + 1)), 0); /* ReLU, sum for the bias */
    release(&f);

    f = compiled(small_chain,
        &(dna_program_options){
            .batch = 5, .is_training = true, .without = DNA_WITHOUT_FUSION});
    assert_near(flops_of(f.p, "conv2d"), N * conv, 0);
    assert_near(flops_of(f.p, "max_pool2d"), N * pooled * (1 + 1), 0);
    assert_near(flops_of(f.p, "conv2d.weight_grad"), N * (conv + 4 * 7 * 6), 0);
    release(&f);
}

static dna_node *
pooled_twice(dna_graph *g)
{
    dna_node *x = dna_input(g, "x", 3, (int64_t[]){3, 8, 40});
    x = dna_conv2d(
        g, x, "a", (dna_conv2d_opts){.out = 9, .kernel = {3, 3}, .pad = {1, 1}});
    x = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    x = dna_elu(g, x, 1.0);
    x = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 2}});
    x = dna_conv2d(g, x, "b", (dna_conv2d_opts){.out = 4, .kernel = {2, 5}});
    return dna_linear(
        g, dna_flatten(g, dna_relu(g, x)), "c", (dna_linear_opts){.out = 3});
}

static bool
is_placed(const dna_program_buffer *b)
{
    return b->bytes > 0 && (b->first >= 0 || b->is_pinned);
}

/* No two buffers that are in use at once share a byte, none lies outside, and the block
 * is no larger than it must be. */
static void
check_plan(const dna_program *p, bool is_shared)
{
    dna_program_totals t;
    dna_program_buffer a, b;
    size_t end[2] = {0, 0}, sum[2] = {0, 0};
    dna_program_total(p, &t);
    for (int64_t i = 0; dna_program_buffer_at(p, i, &a); i++) {
        if (!is_placed(&a)) {
            continue;
        }
        assert_true(
            a.offset + a.bytes <= (a.is_local ? t.local_bytes : t.shared_bytes));
        end[a.is_local] = DNA_MAX(end[a.is_local], a.offset + a.bytes);
        sum[a.is_local] += a.bytes;
        for (int64_t k = 0; k < i; k++) {
            assert_true(dna_program_buffer_at(p, k, &b));
            bool meet =
                a.is_pinned || b.is_pinned || (a.first <= b.last && b.first <= a.last);
            if (is_placed(&b) && a.is_local == b.is_local && meet) {
                assert_true(
                    a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset);
            }
        }
    }
    assert_int_equal(end[0], t.shared_bytes);
    assert_int_equal(end[1], t.local_bytes);
    assert_int_equal(t.bytes, t.shared_bytes + (size_t)t.n_thread * t.local_bytes);
    if (is_shared) {
        assert_true(end[0] < sum[0]);
    } else {
        assert_int_equal(end[0], sum[0]);
        assert_int_equal(end[1], sum[1]);
    }
}

static void
test_buffers_that_meet_share_no_memory(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_ok(dna_pool_new(&pool, 2));
    for (unsigned k = 0; k < 8; k++) {
        unsigned without = (k & 1) != 0 ? DNA_WITHOUT_FUSION : 0;
        without |= (k & 2) != 0 ? DNA_WITHOUT_PLAN : 0;
        fixture f = compiled(pooled_twice,
            &(dna_program_options){
                .batch = 17, .is_training = k < 4, .pool = pool, .without = without});
        if (k < 4) {
            check_plan(f.p, (k & 2) == 0);
        } else if ((k & 2) != 0) {
            check_plan(f.p, false);
        }
        release(&f);
    }
    dna_pool_free(pool);
}

static void
test_every_step_names_its_buffers(void **state)
{
    (void)state;
    fixture f =
        compiled(pooled_twice, &(dna_program_options){.batch = 2, .is_training = true});
    dna_program_totals t;
    dna_program_step s;
    dna_program_buffer b;
    int64_t i = 0;
    dna_program_total(f.p, &t);
    for (; dna_program_step_at(f.p, i, &s); i++) {
        for (int64_t k = 0; k < s.n_read; k++) {
            assert_true(dna_program_buffer_at(f.p, s.reads[k], &b));
            assert_true(b.first <= i && i <= b.last);
        }
        for (int64_t k = 0; k < s.n_write; k++) {
            assert_true(dna_program_buffer_at(f.p, s.writes[k], &b));
            assert_true(b.first <= i && i <= b.last);
        }
    }
    assert_int_equal(i, t.n_step);
    assert_true(t.n_barrier > 0 && t.n_barrier <= t.n_step);
    assert_false(dna_program_step_at(f.p, -1, &s));
    assert_false(dna_program_buffer_at(f.p, t.n_buffer, &b));
    assert_true(dna_program_buffer_at(f.p, t.n_buffer - 1, &b));
    release(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_layers_cost_two_a_weight),
        cmocka_unit_test(test_chains_cost_what_their_ops_do),
        cmocka_unit_test(test_buffers_that_meet_share_no_memory),
        cmocka_unit_test(test_every_step_names_its_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

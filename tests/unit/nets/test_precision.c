/* test_precision.c - SPIDNA in every precision and instruction set against the reference.
 *
 * SPDX-License-Identifier: MIT
 *
 * How far bf16 may be off: PyTorch's autocast has errors of 4.5 to 25 % in the gradients of
 * convolutions of this network.
 */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/pool.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "nets/net.h"
#include "nn/kernels/kernels.h"
#include "support/support.h"

static const char *const isas[] = {"c", "avx2", "avx512", "avx512_bf16", "amx"};

typedef struct {
    int64_t n_blocks, n_features, batch, n_row, n_site, n_outputs;
    bool is_binary;
} spidna;

static const spidna cases[] = {
    {2, 3, 4, 7, 60, 2, true},
    {3, 50, 4, 9, 90, 5, true},
    {3, 17, 3, 5, 101, 3, false},
    {1, 2, 1, 1, 20, 1, true},
    {2, 33, 2, 1, 47, 4, false},
};

/* The same network in double, its gradients, and what programs are given. */
typedef struct {
    const spidna *c;
    dna_arena *arena;
    dna_graph *g;
    dna_state *state;
    dna_reference *reference;
    int64_t n_x, n_out;
} fixture;

static dna_value *
number(dna_arena *arena, dna_value *map, const char *key, int64_t n)
{
    assert_ok(dna_value_set(arena, map, key, dna_value_int(arena, n)));
    return map;
}

static fixture
make(const spidna *c)
{
    fixture f = {.c = c};
    const dna_net_def *def = dna_net_find("SPIDNA");
    const void *opts = NULL;
    dna_net_sizes sizes = {.n_snp = c->n_site,
        .n_indiv = c->n_row,
        .concat = true,
        .n_outputs = c->n_outputs};
    dna_rng rng;

    assert_ok(dna_arena_new(&f.arena));
    dna_value *params = dna_value_map(f.arena);
    number(f.arena, params, "n_blocks", c->n_blocks);
    number(f.arena, params, "n_features", c->n_features);
    assert_ok(dna_net_read_params(&opts, f.arena, def, params, &sizes));
    assert_ok(dna_net_build(&f.g, def, opts, &sizes));
    assert_ok(dna_state_new(&f.state, f.g));
    assert_ok(dna_state_init_random(f.state, 3));
    assert_ok(dna_reference_new(&f.reference, f.g, f.state, c->batch, true));
    f.n_x = c->batch * (c->n_row + 1) * c->n_site;
    f.n_out = c->batch * c->n_outputs;
    dna_rng_init(&rng, 9, "spidna", 0, 0, 0);
    for (int64_t i = 0; i < f.n_x; i++) {
        bool is_position = i / c->n_site % (c->n_row + 1) == 0;
        double u = dna_rng_uniform(&rng);
        double x = is_position || !c->is_binary ? (double)(float)u
                   : u < 0.3                    ? 1.0
                                                : 0.0;
        dna_reference_input(f.reference, 0)[i] = x;
    }
    assert_ok(dna_reference_forward(f.reference));
    for (int64_t i = 0; i < f.n_out; i++) {
        dna_reference_output_grad(f.reference)[i] = (double)(float)dna_rng_normal(&rng);
    }
    assert_ok(dna_reference_backward(f.reference));
    return f;
}

static void
clear(fixture *f)
{
    dna_reference_free(f->reference);
    dna_state_free(f->state);
    dna_graph_free(f->g);
    dna_arena_free(f->arena);
}

/* Forward and backward; gradients are in the state afterwards. */
static void
run(const fixture *f, const char *isa, dna_precision precision, dna_pool *pool,
    float *out)
{
    dna_program *p = NULL;
    assert_ok(dna_program_new(&p, f->g, f->state,
        &(dna_program_options){.batch = f->c->batch,
            .is_training = true,
            .isa = isa,
            .pool = pool,
            .precision = precision}));
    for (int64_t i = 0; i < f->n_x; i++) {
        dna_program_input(p, 0)[i] = (float)dna_reference_input(f->reference, 0)[i];
    }
    assert_ok(dna_program_forward(p));
    memcpy(out, dna_program_output(p), (size_t)f->n_out * sizeof(*out));
    for (int64_t i = 0; i < f->n_out; i++) {
        dna_program_output_grad(p)[i] =
            (float)dna_reference_output_grad(f->reference)[i];
    }
    assert_ok(dna_program_backward(p));
    dna_program_free(p);
}

/* Of a to b, in the norm of b. */
static double
distance(const float *a, const double *b, int64_t n)
{
    double d = 0.0, size = 0.0;
    for (int64_t i = 0; i < n; i++) {
        d += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        size += b[i] * b[i];
    }
    return sqrt(d) / fmax(sqrt(size), 1e-12);
}

/* Gradients that are 0 but for rounding (a bias before a batch norm) have no direction. */
static bool
is_nothing(const fixture *f, const dna_tensor *t)
{
    const double *g = dna_reference_grads(f->reference);
    double all = 0.0, own = 0.0;
    for (int64_t i = 0; i < dna_state_n_param(f->state); i++) {
        all = fmax(all, fabs(g[i]));
    }
    for (int64_t i = 0; i < t->count; i++) {
        own = fmax(own, fabs(g[t->offset + i]));
    }
    return own < 1e-6 * all;
}

static void
check(const fixture *f, const char *isa, dna_precision precision, double tol_out,
    double tol_all, double tol_tensor)
{
    float out[64];
    const double *g = dna_reference_grads(f->reference);
    int64_t n = dna_state_n_param(f->state);
    run(f, isa, precision, NULL, out);
    double d = distance(out, dna_reference_output(f->reference), f->n_out);
    if (!(d <= tol_out)) {
        fail_msg("%s: outputs are off by %g", isa, d);
    }
    d = distance(dna_state_grads(f->state), g, n);
    if (!(d <= tol_all)) {
        fail_msg("%s: the gradient is off by %g", isa, d);
    }
    for (int64_t i = 0; i < dna_state_n_tensor(f->state); i++) {
        const dna_tensor *t = dna_state_tensor(f->state, i);
        if (t->kind != DNA_TENSOR_PARAM || is_nothing(f, t)) {
            continue;
        }
        d = distance(dna_state_grads(f->state) + t->offset, g + t->offset, t->count);
        if (!(d <= tol_tensor)) {
            fail_msg("%s: the gradient of %s is off by %g", isa, t->name, d);
        }
    }
}

static void
test_f32_is_within_1e_4_of_double(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture f = make(&cases[i]);
        for (size_t k = 0; k < sizeof(isas) / sizeof(isas[0]); k++) {
            if (dna_kernels_for(isas[k]) != NULL) {
                check(&f, isas[k], DNA_PRECISION_F32, 1e-5, 1e-4, 1e-3);
            }
        }
        clear(&f);
    }
}

static void
test_bf16_is_as_near_as_autocast(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture f = make(&cases[i]);
        for (size_t k = 0; k < sizeof(isas) / sizeof(isas[0]); k++) {
            if (dna_kernels_for(isas[k]) != NULL) {
                check(&f, isas[k], DNA_PRECISION_BF16, 0.05, 0.1, 0.25);
            }
        }
        clear(&f);
    }
}

/* What is rounded does not depend on the instructions; the order of sums does, and with it
 * here and there which of two neighbours is the nearest. */
static void
test_instruction_sets_agree_in_bf16(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture f = make(&cases[i]);
        int64_t n = dna_state_n_param(f.state);
        double *plain = dna_malloc((size_t)n * sizeof(*plain));
        float out[64];
        run(&f, "c", DNA_PRECISION_BF16, NULL, out);
        for (int64_t k = 0; k < n; k++) {
            plain[k] = (double)dna_state_grads(f.state)[k];
        }
        for (size_t k = 1; k < sizeof(isas) / sizeof(isas[0]); k++) {
            if (dna_kernels_for(isas[k]) == NULL) {
                continue;
            }
            run(&f, isas[k], DNA_PRECISION_BF16, NULL, out);
            double d = distance(dna_state_grads(f.state), plain, n);
            if (!(d <= 0.03)) {
                fail_msg("%s: the gradient is %g from that of c", isas[k], d);
            }
        }
        dna_free(plain);
        clear(&f);
    }
}

static void
test_bf16_is_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture f = make(&cases[i]);
        float one[64], three[64];
        size_t size = (size_t)dna_state_n_param(f.state) * sizeof(float);
        float *grads = dna_malloc(size);
        dna_pool *pool = NULL;
        assert_ok(dna_pool_new(&pool, 3));
        run(&f, NULL, DNA_PRECISION_BF16, NULL, one);
        memcpy(grads, dna_state_grads(f.state), size);
        run(&f, NULL, DNA_PRECISION_BF16, pool, three);
        assert_memory_equal(one, three, (size_t)f.n_out * sizeof(float));
        assert_memory_equal(grads, dna_state_grads(f.state), size);
        dna_pool_free(pool);
        dna_free(grads);
        clear(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f32_is_within_1e_4_of_double),
        cmocka_unit_test(test_bf16_is_as_near_as_autocast),
        cmocka_unit_test(test_instruction_sets_agree_in_bf16),
        cmocka_unit_test(test_bf16_is_the_same_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

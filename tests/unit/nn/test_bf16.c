/* test_bf16.c - numbers rounded to bf16: kernels of every instruction set, and chains.
 *
 * SPDX-License-Identifier: MIT
 *
 * Small whole numbers are bf16 themselves, and so are sums of a few of their products up to
 * 256: networks of such numbers must come out exactly, in any order of summation.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "nn/compile/precision.h"
#include "support/support.h"

static const char *const isas[] = {"c", "avx2", "avx512", "avx512_bf16", "amx"};

/* The tiles of AMX in C (tiles_emulated.c), so that they are tested on any processor. */
#if defined(DNA_TEST_TILES)
dna_product_bf16_fn emulated_tiles_plain, emulated_tiles_avx512;
#endif

/* Kernel tables to test: those that the processor can run, and the emulated ones. */
enum { MAX_TABLE = 8 };
static dna_kernels tables[MAX_TABLE];
static dna_bf16_kernels bf16_tables[MAX_TABLE];
static int n_table;

static void
add_table(const dna_kernels *k, const char *name, dna_product_bf16_fn *product)
{
    assert_true(n_table < MAX_TABLE);
    tables[n_table] = *k;
    bf16_tables[n_table] = *k->bf16;
    if (product != NULL) {
        bf16_tables[n_table].product = product;
        tables[n_table].isa = name;
    }
    tables[n_table].bf16 = &bf16_tables[n_table];
    n_table++;
}

static int
list_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++) {
        if (dna_kernels_for(isas[i]) != NULL) {
            add_table(dna_kernels_for(isas[i]), isas[i], NULL);
        }
    }
#if defined(DNA_TEST_TILES)
    add_table(&dna_kernels_c, "tiles", emulated_tiles_plain);
    if (dna_kernels_for("avx512") != NULL) {
        add_table(&dna_kernels_c, "tiles and avx512", emulated_tiles_avx512);
    }
#endif
    return 0;
}

/* ---- kernels ---- */

/* The nearest bf16, by trying the two neighbours. */
static double
nearest_bf16(float x)
{
    int exponent = 0;
    double m = frexp((double)x, &exponent); /* 8 bits: m * 256 is whole */
    return ldexp(nearbyint(m * 256.0), exponent - 8);
}

static void
test_rounding_is_to_the_nearest_even(void **state)
{
    (void)state;
    enum { N = 1003 };
    static float x[N];
    static dna_bf16 y[N + 1];
    dna_rng rng;
    dna_rng_init(&rng, 5, "bf16", 0, 0, 0);
    for (int i = 0; i < N; i++) {
        x[i] = (float)(dna_rng_normal(&rng) * exp(20.0 * dna_rng_normal(&rng)));
        if (i % 4 == 0) { /* halfway between two: 9 bits */
            x[i] = (float)(256 + dna_rng_below(&rng, 256)) + 0.5f;
        }
    }
    for (int i = 0; i < n_table; i++) {
        const dna_kernels *k = &tables[i];
        y[N] = 7;
        k->bf16->round(y, x, N);
        for (int j = 0; j < N; j++) {
            if ((double)dna_bf16_float(y[j]) != nearest_bf16(x[j])) {
                fail_msg("%s: %.9g became %.9g", k->isa, (double)x[j],
                    (double)dna_bf16_float(y[j]));
            }
            assert_true(y[j] == dna_bf16_of(x[j]));
        }
        assert_int_equal(y[N], 7);
        float odd[4] = {NAN, INFINITY, -INFINITY, 3.4e38f};
        k->bf16->round(y, odd, 4);
        assert_true(isnan(dna_bf16_float(y[0])));
        assert_true(dna_bf16_float(y[1]) == INFINITY);
        assert_true(dna_bf16_float(y[2]) == -INFINITY);
        assert_true(dna_bf16_float(y[3]) == INFINITY); /* nearer than the largest */
    }
}

typedef struct {
    int64_t M, K, N, step_m;
    bool is_by_pair; /* pairs of neighbouring rows, as interleave makes them */
} shape;

static const shape shapes[] = {{60, 150, 50, 50, false}, {198, 150, 50, 50, false},
    {37, 33, 17, 33, false}, {33, 300, 70, 7, false}, {35, 131, 65, 4, false},
    {1, 1, 1, 1, false}, {2, 31, 3, 31, false}, {7, 64, 100, 64, false},
    {50, 192, 50, 2, true}, {50, 96, 34, 2, true}, {13, 6, 5, 2, true},
    {1, 2, 1, 2, true}, {70, 64, 33, 2, true}, {19, 254, 49, 2, true},
    {33, 600, 40, 64, false}, {16, 32, 16, 32, false}, {48, 600, 19, 2, true},
    {130, 34, 16, 2, true}, {15, 30, 15, 30, false}, {47, 94, 79, 94, false}};

enum { MAX = 60000 };

static float
number_of(const dna_bf16 *a, const shape *s, int64_t m, int64_t k)
{
    int64_t pair = s->is_by_pair ? k / 2 * 2 * s->M : k / 2 * 2;
    return dna_bf16_float(a[m * s->step_m + pair + k % 2]);
}

static void
check_product(const dna_kernels *k, const shape *s, bool has_first)
{
    static dna_bf16 a[MAX], b[MAX];
    static float first[MAX], c[MAX];
    int64_t ldc = s->N + 1;
    dna_left_bf16 left = {.A = a,
        .M = s->M,
        .K = s->K,
        .step_m = s->step_m,
        .step_pair = s->is_by_pair ? 2 * s->M : 2};
    dna_rng rng;
    dna_rng_init(&rng, 7, "bf16", 0, 0, 0);
    for (int64_t i = 0; i < MAX; i++) {
        a[i] = dna_bf16_of((float)dna_rng_normal(&rng));
        b[i] = dna_bf16_of((float)dna_rng_normal(&rng));
        first[i] = (float)dna_rng_normal(&rng);
        c[i] = 7.0f;
    }
    a[(s->M - 1) * s->step_m + s->K] =
        s->is_by_pair ? a[0] : 0x7fc0; /* NaN behind it */
    k->bf16->product(&left, s->N, b, has_first ? first : NULL, s->N, c, ldc);
    for (int64_t m = 0; m < s->M; m++) {
        for (int64_t n = 0; n < s->N; n++) {
            double sum = has_first ? (double)first[m * s->N + n] : 0.0;
            double size = fabs(sum);
            for (int64_t i = 0; i < s->K; i++) {
                double v = (double)number_of(a, s, m, i)
                           * (double)dna_bf16_float(b[(i / 2 * s->N + n) * 2 + i % 2]);
                sum += v;
                size += fabs(v);
            }
            if (!(fabs((double)c[m * ldc + n] - sum) <= 2e-6 * size)) {
                fail_msg("%s, %d x %d x %d: [%d][%d] is %.9g, not %.9g", k->isa,
                    (int)s->M, (int)s->N, (int)s->K, (int)m, (int)n,
                    (double)c[m * ldc + n], sum);
            }
        }
        assert_true(c[m * ldc + s->N] == 7.0f); /* nothing beyond the row */
    }
}

static void
test_products_are_those_of_double(void **state)
{
    (void)state;
    for (int i = 0; i < n_table; i++) {
        const dna_kernels *k = &tables[i];
        for (size_t n = 0; n < sizeof(shapes) / sizeof(shapes[0]); n++) {
            check_product(k, &shapes[n], false);
            check_product(k, &shapes[n], true);
        }
    }
}

static void
test_rows_are_interleaved(void **state)
{
    (void)state;
    enum { C = 37, ROWS = 7 };
    dna_bf16 x[ROWS * C], pairs[2 * ROWS * C];
    for (int i = 0; i < ROWS * C; i++) {
        x[i] = (dna_bf16)(i + 1);
    }
    for (int i = 0; i < n_table; i++) {
        const dna_kernels *k = &tables[i];
        for (int64_t n = 0; n <= ROWS; n++) {
            k->bf16->interleave(pairs, x, n, ROWS, C);
            for (int64_t r = 0; r < 2 * ROWS; r++) {
                for (int64_t c = 0; c < C; c++) {
                    assert_int_equal(
                        pairs[(r / 2 * C + c) * 2 + r % 2], r < n ? x[r * C + c] : 0);
                }
            }
        }
    }
}

/* ---- chains of small whole numbers ---- */

typedef struct {
    int64_t batch, C, H, W, kernel[3], out[3], pool[2];
} sizes;

/* A convolution that is no chain, and two that are. */
static dna_graph *
whole_graph(const sizes *z)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 3, (int64_t[]){z->C, z->H, z->W});
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        x = dna_conv2d(g, x, names[i],
            (dna_conv2d_opts){.out = z->out[i], .kernel = {1, z->kernel[i]}});
        if (i == 1) {
            x = dna_max_pool2d(g, x,
                (dna_pool_opts){.kernel = {z->pool[0], z->pool[1]},
                    .stride = {z->pool[0], z->pool[1]}});
        }
        x = i > 0 ? dna_relu(g, x) : x;
    }
    assert_ok(dna_graph_output(g, dna_flatten(g, x)));
    return g;
}

static sizes
random_sizes(dna_rng *rng)
{
    sizes z = {.batch = 1 + dna_rng_below(rng, 3),
        .C = 2 + dna_rng_below(rng, 2),
        .H = 1 + dna_rng_below(rng, 4),
        .W = 12 + dna_rng_below(rng, 200)};
    for (int i = 0; i < 3; i++) {
        z.kernel[i] = 1 + dna_rng_below(rng, 3);
        z.out[i] = 1 + dna_rng_below(rng, 40);
    }
    z.pool[0] = z.H > 1 ? 1 + dna_rng_below(rng, 2) : 1;
    z.pool[1] = 1 + dna_rng_below(rng, 3);
    return z;
}

static float
whole_number(dna_rng *rng, int most)
{
    return (float)(dna_rng_below(rng, 2 * most + 1) - most);
}

static void
assert_equal(
    const char *isa, const char *what, const float *a, const double *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if ((double)a[i] != b[i]) {
            fail_msg(
                "%s: %s[%d] is %.9g, not %.9g", isa, what, (int)i, (double)a[i], b[i]);
        }
    }
}

static void
check_whole(const sizes *z, const dna_kernels *k, bool is_training, dna_rng *rng)
{
    dna_graph *g = whole_graph(z);
    dna_state *s = NULL;
    dna_reference *r = NULL;
    dna_program *p = NULL;
    int64_t n_out = z->batch * dna_node_size(g->output);
    assert_ok(dna_state_new(&s, g));
    for (int64_t i = 0; i < dna_state_n_param(s); i++) {
        dna_state_params(s)[i] = whole_number(rng, 1);
    }
    assert_ok(dna_reference_new(&r, g, s, z->batch, is_training));
    assert_ok(dna_program_new(&p, g, s,
        &(dna_program_options){.batch = z->batch,
            .is_training = is_training,
            .precision = DNA_PRECISION_BF16}));
    p->k = k; /* steps ask for it when they run */
    for (int64_t i = 0; i < z->batch * z->C * z->H * z->W; i++) {
        dna_program_input(p, 0)[i] = whole_number(rng, 1);
        dna_reference_input(r, 0)[i] = (double)dna_program_input(p, 0)[i];
    }
    assert_ok(dna_program_forward(p));
    assert_ok(dna_reference_forward(r));
    assert_equal(
        k->isa, "output", dna_program_output(p), dna_reference_output(r), n_out);
    if (is_training) {
        for (int64_t i = 0; i < n_out; i++) {
            dna_program_output_grad(p)[i] = whole_number(rng, 1);
            dna_reference_output_grad(r)[i] = (double)dna_program_output_grad(p)[i];
        }
        assert_ok(dna_program_backward(p));
        assert_ok(dna_reference_backward(r));
        assert_equal(k->isa, "gradient", dna_state_grads(s), dna_reference_grads(r),
            dna_state_n_param(s));
    }
    dna_program_free(p);
    dna_reference_free(r);
    dna_state_free(s);
    dna_graph_free(g);
}

static void
test_whole_numbers_come_out_exactly(void **state)
{
    (void)state;
    dna_rng rng;
    dna_rng_init(&rng, 11, "bf16", 0, 0, 0);
    for (int n = 0; n < 24; n++) {
        sizes z = random_sizes(&rng);
        for (int i = 0; i < n_table; i++) {
            check_whole(&z, &tables[i], n % 4 > 0, &rng);
        }
    }
}

/* The test above would not see a program that rounds nothing. */
static void
test_chains_are_chosen(void **state)
{
    (void)state;
    sizes z = {2, 2, 2, 40, {1, 3, 3}, {5, 6, 7}, {1, 2}};
    dna_graph *g = whole_graph(&z);
    dna_state *s = NULL;
    dna_program *p = NULL;
    int n_bf16 = 0, n_stored = 0;
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_program_new(&p, g, s,
        &(dna_program_options){
            .batch = 2, .is_training = true, .precision = DNA_PRECISION_BF16}));
    for (int i = 0; i < p->g->n_node; i++) {
        const dna_chain *c = p->chains[i];
        if (c != NULL && c->conv == p->g->nodes[i]) {
            n_bf16 += c->is_bf16;
            n_stored += c->stores_bf16;
        }
    }
    assert_int_equal(n_bf16, 2);
    assert_int_equal(n_stored, 1);
    dna_program_free(p);
    dna_state_free(s);
    dna_graph_free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding_is_to_the_nearest_even),
        cmocka_unit_test(test_products_are_those_of_double),
        cmocka_unit_test(test_rows_are_interleaved),
        cmocka_unit_test(test_chains_are_chosen),
        cmocka_unit_test(test_whole_numbers_come_out_exactly),
    };
    return cmocka_run_group_tests(tests, list_tables, NULL);
}

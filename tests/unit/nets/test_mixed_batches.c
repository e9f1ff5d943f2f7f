/* test_mixed_batches.c - samples of several sizes in one batch give what they give alone:
 * random mixtures through SPIDNA and through small convolutional networks.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "nets/net.h"
#include "support/support.h"

#define N_MIXTURE 500
#define MAX_BATCH 12

/* ---- networks ---- */

typedef struct {
    const dna_net_def *def; /* NULL: small_cnn */
    const void *opts;
    int64_t kernel[2], pad[2], stride, features;
    bool has_norm, has_pool;
    int64_t min_site, max_site;
} network;

/* Convolution, norm, pooling and convolution, then the mean over what is left. */
static dna_graph *
small_cnn(const network *n, int64_t n_row, int64_t n_site)
{
    dna_graph *g = NULL;
    assert_ok(dna_graph_new(&g));
    dna_node *x = dna_input(g, "x", 2, (int64_t[]){n_row, n_site});
    x = dna_reshape(g, x, 3, (int64_t[]){1, n_row, n_site});
    x = dna_conv2d(g, x, "a",
        (dna_conv2d_opts){.out = n->features,
            .kernel = {n->kernel[0], n->kernel[1]},
            .stride = {1, n->stride},
            .pad = {n->pad[0], n->pad[1]}});
    if (n->has_norm) {
        x = dna_batch_norm(g, x, "n", (dna_batch_norm_opts){0});
    }
    if (n->has_pool) {
        x = dna_max_pool2d(
            g, x, (dna_pool_opts){.kernel = {2, 2}, .stride = {1, 2}, .pad = {1, 1}});
    }
    x = dna_conv2d(
        g, x, "b", (dna_conv2d_opts){.out = 4, .kernel = {2, 3}, .pad = {1, 1}});
    x = dna_mean(g, dna_mean(g, dna_relu(g, x), 3, false), 2, false);
    assert_ok(
        dna_graph_output(g, dna_linear(g, x, "head", (dna_linear_opts){.out = 3})));
    return g;
}

static dna_graph *
graph_of(const network *n, int64_t n_row, int64_t n_site)
{
    dna_net_sizes sizes = {
        .n_snp = n_site, .n_indiv = n_row - 1, .concat = true, .n_outputs = 3};
    dna_graph *g = NULL;
    if (n->def == NULL) {
        return small_cnn(n, n_row, n_site);
    }
    assert_ok(dna_net_build(&g, n->def, n->opts, &sizes));
    return g;
}

static network
random_network(dna_arena *arena, dna_rng *rng)
{
    network n = {0};
    if (dna_rng_below(rng, 2) == 0) {
        int64_t n_blocks = 1 + dna_rng_below(rng, 3);
        dna_value *params = dna_value_map(arena);
        n.def = dna_net_find("SPIDNA");
        assert_ok(
            dna_value_set(arena, params, "n_blocks", dna_value_int(arena, n_blocks)));
        assert_ok(dna_value_set(arena, params, "n_features",
            dna_value_int(arena, 3 + dna_rng_below(rng, 6))));
        assert_ok(dna_net_read_params(&n.opts, arena, n.def, params, NULL));
        n.min_site = (int64_t)3 << n_blocks;
        n.max_site = n.min_site + 40;
        return n;
    }
    for (int i = 0; i < 2; i++) {
        n.kernel[i] = 1 + dna_rng_below(rng, i == 0 ? 2 : 4);
        n.pad[i] = dna_rng_below(rng, n.kernel[i]);
    }
    n.stride = 1 + dna_rng_below(rng, 2);
    n.features = 1 + dna_rng_below(rng, 20);
    n.has_norm = dna_rng_below(rng, 2) == 0;
    n.has_pool = dna_rng_below(rng, 2) == 0;
    n.min_site = 5;
    n.max_site = 50;
    return n;
}

static dna_state *
random_state(const dna_graph *g, dna_rng *rng)
{
    dna_state *s = NULL;
    assert_ok(dna_state_new(&s, g));
    assert_ok(dna_state_init_random(s, dna_rng_next(rng)));
    for (int64_t i = 0; i < dna_state_n_buffer(s); i++) {
        dna_state_buffers(s)[i] += (float)(0.5 * dna_rng_uniform(rng));
    }
    return s;
}

/* ---- batches ---- */

typedef struct {
    int64_t n, n_row, n_site; /* samples, and the largest of them */
    int64_t n_added;
    int64_t row[MAX_BATCH], site[MAX_BATCH];
    dna_graph *g;
    dna_graph *graphs[MAX_BATCH];
    float *x; /* [n][n_row][n_site] */
} batch;

static void
add_sample(batch *b, const network *n, int64_t row, int64_t site)
{
    int64_t k = b->n_added++;
    b->row[k] = row;
    b->site[k] = site;
    b->n_row = DNA_MAX(b->n_row, row);
    b->n_site = DNA_MAX(b->n_site, site);
    b->graphs[k] = graph_of(n, row, site);
}

/* Random positions and alleles, also where no sample has any. */
static void
fill_batch(batch *b, const network *n, dna_rng *rng)
{
    b->g = graph_of(n, b->n_row, b->n_site);
    b->x = dna_calloc((size_t)(b->n * b->n_row * b->n_site), sizeof(*b->x));
    for (int64_t i = 0; i < b->n * b->n_row * b->n_site; i++) {
        bool is_position = i / b->n_site % b->n_row == 0;
        b->x[i] =
            is_position ? (float)dna_rng_uniform(rng) : (float)dna_rng_below(rng, 2);
    }
}

static batch
random_batch(const network *n, dna_rng *rng)
{
    batch b = {.n = 2 + dna_rng_below(rng, MAX_BATCH - 1)};
    for (int64_t k = 0; k < b.n; k++) {
        int64_t row = 2 + dna_rng_below(rng, 10);
        add_sample(&b, n, row,
            n->min_site + dna_rng_below(rng, n->max_site - n->min_site + 1));
    }
    fill_batch(&b, n, rng);
    return b;
}

static void
free_batch(batch *b)
{
    for (int64_t k = 0; k < b->n; k++) {
        dna_graph_free(b->graphs[k]);
    }
    dna_graph_free(b->g);
    dna_free(b->x);
}

/* Output of sample k alone, compared with what the batch gave. */
static double
difference_alone(const batch *b, int64_t k, dna_state *s, const float *output)
{
    dna_program *p = NULL;
    double most = 0.0;
    int64_t n_out = 3;
    assert_ok(dna_program_new(&p, b->graphs[k], s, &(dna_program_options){.batch = 1}));
    for (int64_t i = 0; i < b->row[k]; i++) {
        memcpy(dna_program_input(p, 0) + i * b->site[k],
            b->x + (k * b->n_row + i) * b->n_site, (size_t)b->site[k] * sizeof(float));
    }
    assert_ok(dna_program_forward(p));
    for (int64_t i = 0; i < n_out; i++) {
        double one = (double)dna_program_output(p)[i];
        double all = (double)output[k * n_out + i];
        assert_true(isfinite(one));
        most = fmax(most, fabs(one - all) / fmax(1.0, fabs(one)));
    }
    dna_program_free(p);
    return most;
}

/* The largest difference of a batch from its samples alone. */
static double
compare(const batch *b, dna_state *s, const char *what)
{
    dna_program *p = NULL;
    float output[MAX_BATCH * 3];
    double most = 0.0;

    assert_ok(dna_program_new(
        &p, b->g, s, &(dna_program_options){.batch = b->n, .is_mixed = true}));
    assert_ok(
        dna_program_set_sizes(p, (const dna_graph *const *)(const void *)b->graphs));
    memcpy(dna_program_input(p, 0), b->x,
        (size_t)(b->n * b->n_row * b->n_site) * sizeof(float));
    assert_ok(dna_program_forward(p));
    memcpy(output, dna_program_output(p), (size_t)b->n * 3 * sizeof(float));
    for (int64_t k = 0; k < b->n; k++) {
        double d = difference_alone(b, k, s, output);
        if (!(d <= 1e-6)) {
            fail_msg("%s: sample %d of %d, %d x %d, differs by %g", what, (int)k + 1,
                (int)b->n, (int)b->row[k], (int)b->site[k], d);
        }
        most = fmax(most, d);
    }
    dna_program_free(p);
    return most;
}

static double
check_mixture(int64_t number)
{
    dna_arena *arena = NULL;
    dna_rng rng;
    char what[64];

    assert_ok(dna_arena_new(&arena));
    dna_rng_init(&rng, 31, "mixture", number, 0, 0);
    network n = random_network(arena, &rng);
    batch b = random_batch(&n, &rng);
    dna_state *s = random_state(b.g, &rng);
    snprintf(what, sizeof(what), "mixture %d, %s", (int)number,
        n.def == NULL ? "small CNN" : n.def->name);
    double most = compare(&b, s, what);
    dna_state_free(s);
    free_batch(&b);
    dna_arena_free(arena);
    return most;
}

static void
test_random_mixtures_equal_their_samples_alone(void **state)
{
    (void)state;
    double most = 0.0;
    for (int64_t i = 0; i < N_MIXTURE; i++) {
        most = fmax(most, check_mixture(i));
    }
    print_message("largest difference of %d mixtures: %.3g\n", N_MIXTURE, most);
}

/* The networks that take a range of sizes, as they are. */
static void
test_other_built_in_networks(void **state)
{
    (void)state;
    static const struct {
        const char *net;
        int64_t row[4], site[4];
    } cases[] = {
        {"CNN", {37, 52, 45, 51}, {404, 389, 400, 395}},
        {"CustomCNN", {24, 21, 26, 22}, {90, 90, 90, 90}},
    };
    for (int i = 0; i < 2; i++) {
        dna_arena *arena = NULL;
        network n = {.def = dna_net_find(cases[i].net)};
        dna_rng rng;
        assert_ok(dna_arena_new(&arena));
        assert_ok(
            dna_net_read_params(&n.opts, arena, n.def, dna_value_map(arena), NULL));
        dna_rng_init(&rng, 32, "built-in", i, 0, 0);
        batch b = {.n = 4};
        for (int64_t k = 0; k < 4; k++) {
            add_sample(&b, &n, cases[i].row[k], cases[i].site[k]);
        }
        fill_batch(&b, &n, &rng);
        dna_state *s = random_state(b.g, &rng);
        assert_true(compare(&b, s, cases[i].net) <= 1e-6);
        dna_state_free(s);
        free_batch(&b);
        dna_arena_free(arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_built_in_networks),
        cmocka_unit_test(test_random_mixtures_equal_their_samples_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

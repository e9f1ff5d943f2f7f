/* networks.c - samples a second of three networks that are not built in.
 *
 * SPDX-License-Identifier: MIT
 *
 *     bench_networks NET BATCH THREADS [SECONDS]
 *
 * Networks of convolutions, norms, pooling and linear layers, built with the C API (graph.h),
 * as a user would. Batches of 50 haplotypes x 400 SNPs (0 and 1), 5 outputs; a step of
 * training is forward, backward of the mean squared error, and Adam. One line: key=value ...
 * The rate is the median of five windows. peer_networks.py has the same in PyTorch,
 * networks.sh runs both in turn.
 *
 *   lines     haplotypes as channels of a line: two convolutions of width 2, mean pooling,
 *             twice; two linear layers. After Flagel, Brandvain and Schrider 2019, Mol. Biol.
 *             Evol. 36:220-238.
 *   residual  haplotypes as channels of a line: convolution, norm, ReLU, pool, then three
 *             blocks of two convolutions with norms and a way round them, the last two with
 *             stride 2. After He et al. 2016, CVPR, fig. 2.
 *   image     kernels of 5 x 5 and 3 x 3 on the matrix, padded, batch norm behind ReLU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/mem.h"
#include "base/pool.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "nn/optim/optim_defs.h"

enum { ROWS = 50, SNPS = 400, OUTPUTS = 5, WINDOWS = 5 };

static dna_node *
dense(dna_graph *g, dna_node *x, const char *name, int64_t out)
{
    return dna_linear(g, x, name, (dna_linear_opts){.out = out});
}

/* ---- lines ----------------------------------------------------------------------- */

static dna_node *
line_conv(dna_graph *g, dna_node *x, const char *name, int64_t out)
{
    return dna_relu(
        g, dna_conv1d(g, x, name, (dna_conv1d_opts){.out = out, .kernel = 2}));
}

static dna_node *
lines(dna_graph *g, dna_node *x)
{
    x = line_conv(g, x, "conv1", 128);
    x = line_conv(g, x, "conv2", 128);
    x = dna_avg_pool1d(g, x, (dna_pool1d_opts){.kernel = 2});
    x = line_conv(g, x, "conv3", 128);
    x = dna_avg_pool1d(g, x, (dna_pool1d_opts){.kernel = 2});
    x = dna_relu(g, dense(g, dna_flatten(g, x), "fc1", 64));
    return dense(g, x, "fc2", OUTPUTS);
}

/* ---- residual -------------------------------------------------------------------- */

static dna_node *
normed_conv(dna_graph *g, dna_node *x, const char *conv, const char *norm, int64_t out,
    int64_t kernel, int64_t stride)
{
    dna_conv1d_opts o = {.out = out,
        .kernel = kernel,
        .stride = stride,
        .pad = kernel / 2,
        .no_bias = true};
    return dna_batch_norm(g, dna_conv1d(g, x, conv, o), norm, (dna_batch_norm_opts){0});
}

static dna_node *
block(dna_graph *g, dna_node *x, int i, int64_t out, int64_t stride)
{
    static const char *const parts[6] = {"a", "a_norm", "b", "b_norm", "c", "c_norm"};
    char name[6][16];
    for (int k = 0; k < 6; k++) {
        snprintf(name[k], sizeof(name[k]), "block%d.%s", i, parts[k]);
    }
    dna_node *y = dna_relu(g, normed_conv(g, x, name[0], name[1], out, 3, stride));
    y = normed_conv(g, y, name[2], name[3], out, 3, 1);
    if (stride > 1) {
        x = normed_conv(g, x, name[4], name[5], out, 1, stride);
    }
    return dna_relu(g, dna_add(g, x, y));
}

static dna_node *
residual(dna_graph *g, dna_node *x)
{
    x = dna_relu(g, normed_conv(g, x, "stem", "stem_norm", 64, 7, 1));
    x = dna_max_pool1d(g, x, (dna_pool1d_opts){.kernel = 2});
    x = block(g, x, 1, 64, 1);
    x = block(g, x, 2, 128, 2);
    x = block(g, x, 3, 128, 2);
    return dense(g, dna_mean(g, x, 2, false), "fc", OUTPUTS);
}

/* ---- image ----------------------------------------------------------------------- */

static dna_node *
image(dna_graph *g, dna_node *x)
{
    static const char *const names[3][2] = {
        {"conv1", "norm1"}, {"conv2", "norm2"}, {"conv3", "norm3"}};
    x = dna_reshape(g, x, 3, (int64_t[]){1, ROWS, SNPS});
    for (int i = 0; i < 3; i++) {
        int64_t kernel = i == 0 ? 5 : 3;
        dna_conv2d_opts o = {.out = 16 << i,
            .kernel = {kernel, kernel},
            .pad = {kernel / 2, kernel / 2}};
        x = dna_relu(g, dna_conv2d(g, x, names[i][0], o));
        x = dna_batch_norm(g, x, names[i][1], (dna_batch_norm_opts){0});
        x = dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 2}});
    }
    return dense(g, dna_flatten(g, x), "fc", OUTPUTS);
}

static const struct {
    const char *name;
    dna_node *(*build)(dna_graph *g, dna_node *x);
} networks[] = {{"lines", lines}, {"residual", residual}, {"image", image}};

/* ---- measuring ------------------------------------------------------------------- */

typedef struct {
    dna_graph *g;
    dna_state *state;
    dna_pool *pool;
    dna_program *program;
    dna_optim *optim;
    float *target;
    int64_t batch;
} bench;

/* What torch.optim.Adam does by default. */
static const dna_adam_opts adam = {.lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8};

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
step(bench *b)
{
    int rc = DNA_OK;
    DNA_TRY(dna_program_forward(b->program));
    const float *y = dna_program_output(b->program);
    float *dy = dna_program_output_grad(b->program);
    for (int64_t i = 0; i < b->batch * OUTPUTS; i++) {
        dy[i] = 2.0f * (y[i] - b->target[i]) / (float)(b->batch * OUTPUTS);
    }
    DNA_TRY(dna_program_backward(b->program));
    DNA_TRY(dna_optim_step(
        b->optim, dna_state_params(b->state), dna_state_grads(b->state), 1.0, b->pool));
out:
    return rc;
}

static int
set_up(bench *b, const char *name, int n_thread)
{
    dna_rng rng;
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new(&b->g));
    dna_node *x = dna_input(b->g, "x", 2, (int64_t[]){ROWS, SNPS});
    dna_node *y = NULL;
    for (int64_t i = 0; i < DNA_COUNT(networks); i++) {
        if (strcmp(networks[i].name, name) == 0) {
            y = networks[i].build(b->g, x);
        }
    }
    DNA_REQUIRE(y != NULL || dna_graph_output(b->g, y) == DNA_OK, DNA_ENOTFOUND,
        "network %s: there are lines, residual and image", name);
    DNA_TRY(dna_graph_output(b->g, y));
    DNA_TRY(dna_state_new(&b->state, b->g));
    DNA_TRY(dna_state_init_random(b->state, 1));
    DNA_TRY(dna_pool_new(&b->pool, n_thread));
    DNA_TRY(dna_optim_new(
        &b->optim, dna_optim_find("Adam"), &adam, dna_state_n_param(b->state)));
    DNA_TRY(dna_program_new(&b->program, b->g, b->state,
        &(dna_program_options){
            .batch = b->batch, .is_training = true, .pool = b->pool}));
    DNA_NEW(b->target, b->batch * OUTPUTS);
    dna_rng_init(&rng, 1, "bench", 0, 0, 0);
    for (int64_t i = 0; i < b->batch * OUTPUTS; i++) {
        b->target[i] = (float)dna_rng_normal(&rng);
    }
    for (int64_t i = 0; i < b->batch * ROWS * SNPS; i++) {
        dna_program_input(b->program, 0)[i] = dna_rng_uniform(&rng) < 0.3 ? 1.0f : 0.0f;
    }
out:
    return rc;
}

static void
tear_down(bench *b)
{
    dna_program_free(b->program);
    dna_optim_free(b->optim);
    dna_pool_free(b->pool);
    dna_state_free(b->state);
    dna_graph_free(b->g);
    dna_free(b->target);
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int
measure(bench *b, double window, double rates[WINDOWS])
{
    int rc = DNA_OK;
    for (int i = 0; i < 2; i++) { /* first touch of memory, caches */
        DNA_TRY(step(b));
    }
    for (int w = 0; w < WINDOWS; w++) {
        double start = seconds(), n = 0;
        while (seconds() - start < window) {
            DNA_TRY(step(b));
            n += (double)b->batch;
        }
        rates[w] = n / (seconds() - start);
    }
    qsort(rates, WINDOWS, sizeof(*rates), compare);
out:
    return rc;
}

int
main(int argc, char **argv)
{
    bench b = {0};
    double rates[WINDOWS];
    struct rusage usage;
    int rc = DNA_OK;

    if (argc < 4) {
        fprintf(stderr, "usage: %s lines|residual|image BATCH THREADS [SECONDS]\n",
            argv[0]);
        return 2;
    }
    b.batch = atoll(argv[2]);
    DNA_TRY(set_up(&b, argv[1], atoi(argv[3])));
    DNA_TRY(measure(&b, argc > 4 ? atof(argv[4]) : 1.0, rates));
    getrusage(RUSAGE_SELF, &usage);
    printf("engine=dnadna net=%s params=%lld rss_mib=%ld spread=%.1f..%.1f "
           "samples_per_s=%.1f\n",
        argv[1], (long long)dna_state_n_param(b.state), usage.ru_maxrss / 1024,
        rates[0], rates[WINDOWS - 1], rates[WINDOWS / 2]);
out:
    if (rc < 0) {
        fprintf(stderr, "%s\n", dna_message());
    }
    tear_down(&b);
    return rc < 0 ? 1 : 0;
}

/* engine.c - samples a second of one network, training or predicting, without loading.
 *
 * SPDX-License-Identifier: MIT
 *
 *     bench_engine NET BATCH THREADS train|predict [SECONDS [ISA [LEFT_OUT [NxS [BLOCKS [f32|bf16]]]]]]
 *
 * ISA is the kernels' ("best"); LEFT_OUT is a sum of DNA_WITHOUT_... (program.h).
 * Batches of N haplotypes x S SNPs (50x400) with positions, 21 outputs; BLOCKS is of
 * networks that have a setting n_blocks. A training step is
 * forward, backward of the mean squared error, and Adam. One line: key=value ... The
 * rate is the median of five windows; cpu_ms is the processor time of a sample, which other
 * work on the machine disturbs less. shapes.sh runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/pool.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "nets/net.h"
#include "nn/optim/optim_defs.h"

enum { OUTPUTS = 21, WINDOWS = 5 };

typedef struct {
    dna_arena *arena;
    dna_graph *g;
    dna_state *state;
    dna_pool *pool;
    dna_program *program;
    dna_optim *optim;
    float *target;
    int64_t batch;
    bool is_training;
    const char *isa;
    unsigned without;
    int64_t rows, snps, blocks; /* blocks 0: the network's default */
    dna_precision precision;
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
    if (b->is_training) {
        const float *y = dna_program_output(b->program);
        float *dy = dna_program_output_grad(b->program);
        for (int64_t i = 0; i < b->batch * OUTPUTS; i++) {
            dy[i] = 2.0f * (y[i] - b->target[i]) / (float)(b->batch * OUTPUTS);
        }
        DNA_TRY(dna_program_backward(b->program));
        DNA_TRY(dna_optim_step(b->optim, dna_state_params(b->state),
            dna_state_grads(b->state), 1.0, b->pool));
    }
out:
    return rc;
}

static int
set_up(bench *b, const char *name, int n_thread)
{
    const dna_net_def *net = dna_net_find(name);
    dna_net_sizes sizes = {
        .n_snp = b->snps, .n_indiv = b->rows, .concat = true, .n_outputs = OUTPUTS};
    const void *opts = NULL;
    dna_rng rng;
    int rc = DNA_OK;

    DNA_REQUIRE(net != NULL, DNA_EARG, "no network is named \"%s\"", name);
    DNA_TRY(dna_arena_new(&b->arena));
    dna_value *params = dna_value_map(b->arena);
    DNA_REQUIRE(params != NULL, DNA_ENOMEM, "%s", dna_message());
    if (b->blocks > 0) {
        DNA_TRY(dna_value_set(
            b->arena, params, "n_blocks", dna_value_int(b->arena, b->blocks)));
    }
    DNA_TRY(dna_net_read_params(&opts, b->arena, net, params, &sizes));
    DNA_TRY(dna_net_build(&b->g, net, opts, &sizes));
    DNA_TRY(dna_state_new(&b->state, b->g));
    DNA_TRY(dna_state_init_random(b->state, 1));
    DNA_TRY(dna_pool_new(&b->pool, n_thread));
    DNA_TRY(dna_optim_new(
        &b->optim, dna_optim_find("Adam"), &adam, dna_state_n_param(b->state)));
    DNA_TRY(dna_program_new(&b->program, b->g, b->state,
        &(dna_program_options){.batch = b->batch,
            .is_training = b->is_training,
            .pool = b->pool,
            .isa = b->isa,
            .without = b->without,
            .precision = b->precision}));
    DNA_NEW(b->target, b->batch * OUTPUTS);
    dna_rng_init(&rng, 1, "bench", 0, 0, 0);
    for (int64_t i = 0; i < b->batch * OUTPUTS; i++) {
        b->target[i] = (float)dna_rng_normal(&rng);
    }
    float *x = dna_program_input(b->program, 0);
    for (int64_t i = 0; i < b->batch * (b->rows + 1) * b->snps; i++) {
        bool is_position = i / b->snps % (b->rows + 1) == 0;
        double u = dna_rng_uniform(&rng);
        x[i] = is_position ? (float)u : u < 0.3 ? 1.0f : 0.0f;
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
    dna_arena_free(b->arena);
    dna_free(b->target);
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int
measure(bench *b, double window, double rates[WINDOWS], double *cpu_ms)
{
    int64_t n_sample = 0;
    int rc = DNA_OK;
    for (int i = 0; i < 2; i++) { /* first touch of memory, caches */
        DNA_TRY(step(b));
    }
    clock_t cpu = clock();
    for (int w = 0; w < WINDOWS; w++) {
        double t0 = seconds();
        double t = t0;
        int64_t n = 0;
        while (t - t0 < window) {
            DNA_TRY(step(b));
            n += b->batch;
            t = seconds();
        }
        rates[w] = (double)n / (t - t0);
        n_sample += n;
    }
    *cpu_ms = 1e3 * (double)(clock() - cpu) / CLOCKS_PER_SEC / (double)n_sample;
    qsort(rates, WINDOWS, sizeof(*rates), compare);
out:
    return rc;
}

int
main(int argc, char **argv)
{
    bench b = {0};
    double rates[WINDOWS], cpu_ms = 0.0;
    struct rusage usage;
    int rc = DNA_OK;

    if (argc < 5) {
        fprintf(stderr,
            "usage: %s NET BATCH THREADS train|predict [SECONDS [ISA [LEFT_OUT [NxS [BLOCKS [f32|bf16]]]]]]\n",
            argv[0]);
        return 2;
    }
    b.batch = atoll(argv[2]);
    b.is_training = strcmp(argv[4], "train") == 0;
    b.isa = argc > 6 && strcmp(argv[6], "best") != 0 ? argv[6] : NULL;
    b.without = argc > 7 ? (unsigned)atoi(argv[7]) : 0;
    b.rows = argc > 8 ? atoll(argv[8]) : 50;
    b.snps = argc > 8 && strchr(argv[8], 'x') != NULL ? atoll(strchr(argv[8], 'x') + 1)
                                                      : 400;
    b.blocks = argc > 9 ? atoll(argv[9]) : 0;
    b.precision = argc > 10 && strcmp(argv[10], "bf16") == 0 ? DNA_PRECISION_BF16
                                                             : DNA_PRECISION_F32;
    DNA_TRY(set_up(&b, argv[1], atoi(argv[3])));
    DNA_TRY(measure(&b, argc > 5 ? atof(argv[5]) : 2.0, rates, &cpu_ms));
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "engine=dnadna net=%s mode=%s batch=%lld threads=%s rss_mib=%ld cpu_ms=%.3f spread=%.1f..%.1f samples_per_s=%.1f\n",
        argv[1], argv[4], (long long)b.batch, argv[3], usage.ru_maxrss / 1024, cpu_ms,
        rates[0], rates[WINDOWS - 1], rates[WINDOWS / 2]);
out:
    if (rc < 0) {
        fprintf(stderr, "%s\n", dna_message());
    }
    tear_down(&b);
    return rc < 0 ? 1 : 0;
}

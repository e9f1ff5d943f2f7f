/* bench_net.c - how many samples a second a network trains on or predicts.
 *
 * SPDX-License-Identifier: MIT
 *
 * Batches of 50 haplotypes x 400 SNPs with positions, 21 outputs, already in memory, or
 * loaded from files by threads of their own; a training step is forward, backward of the
 * mean squared error, and Adam.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/pool.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "nets/net.h"
#include "nn/kernels/kernels.h"
#include "nn/optim/optim_defs.h"
#include "run/bench_data.h"

enum {
    ROWS = DNA_BENCH_ROWS,
    SNPS = DNA_BENCH_SNPS,
    OUTPUTS = DNA_BENCH_OUTPUTS,
    BATCH = DNA_BENCH_BATCH
};

typedef struct {
    dna_arena *arena;
    dna_graph *g;
    dna_state *state;
    dna_pool *pool;
    dna_program *program;
    dna_optim *optim;
    float *target;
    bool is_training;
    dna_bench_data *data; /* NULL: one batch over and over */
} net_bench;

/* What torch.optim.Adam does by default. */
static const dna_adam_opts adam = {.lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8};

static int
load_batch(net_bench *b)
{
    dna_batch *batch = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_bench_data_next(b->data, &batch));
    memcpy(dna_program_input(b->program, 0), batch->x,
        (size_t)BATCH * (ROWS + 1) * SNPS * sizeof(float));
    for (int64_t i = 0; i < BATCH * OUTPUTS; i++) {
        b->target[i] = (float)batch->target[i];
    }
out:
    return rc;
}

static int
step(void *payload)
{
    net_bench *b = payload;
    int rc = DNA_OK;

    if (b->data != NULL) {
        DNA_TRY(load_batch(b));
    }
    DNA_TRY(dna_program_forward(b->program));
    if (b->is_training) {
        const float *y = dna_program_output(b->program);
        float *dy = dna_program_output_grad(b->program);
        for (int64_t i = 0; i < BATCH * OUTPUTS; i++) {
            dy[i] = 2.0f * (y[i] - b->target[i]) / (float)(BATCH * OUTPUTS);
        }
        DNA_TRY(dna_program_backward(b->program));
        DNA_TRY(dna_optim_step(b->optim, dna_state_params(b->state),
            dna_state_grads(b->state), 1.0, b->pool));
    }
out:
    return rc;
}

/* Alleles of frequency 0.3 below a row of positions; normal targets. */
static int
fill_batch(net_bench *b)
{
    dna_rng rng;
    int rc = DNA_OK;

    DNA_NEW(b->target, BATCH * OUTPUTS);
    dna_rng_init(&rng, 1, "bench", 0, 0, 0);
    for (int64_t i = 0; i < BATCH * OUTPUTS; i++) {
        b->target[i] = (float)dna_rng_normal(&rng);
    }
    float *x = dna_program_input(b->program, 0);
    for (int64_t i = 0; i < (int64_t)BATCH * (ROWS + 1) * SNPS; i++) {
        bool is_position = i / SNPS % (ROWS + 1) == 0;
        double u = dna_rng_uniform(&rng);
        x[i] = is_position ? (float)u : u < 0.3 ? 1.0f : 0.0f;
    }
out:
    return rc;
}

static int
set_up(net_bench *b, const dna_bench_case *c, const dna_bench_options *o)
{
    const dna_net_def *net = dna_net_find(c->net);
    dna_net_sizes sizes = {
        .n_snp = SNPS, .n_indiv = ROWS, .concat = true, .n_outputs = OUTPUTS};
    const void *opts = NULL;
    int rc = DNA_OK;

    b->is_training = c->is_training;
    DNA_TRY(dna_arena_new(&b->arena));
    DNA_TRY(dna_net_read_params(&opts, b->arena, net, NULL, &sizes));
    DNA_TRY(dna_net_build(&b->g, net, opts, &sizes));
    DNA_TRY(dna_state_new(&b->state, b->g));
    DNA_TRY(dna_state_init_random(b->state, 1));
    DNA_TRY(dna_pool_new(&b->pool, o->n_thread));
    DNA_TRY(dna_optim_new(
        &b->optim, dna_optim_find("Adam"), &adam, dna_state_n_param(b->state)));
    dna_program_options options = {
        .batch = BATCH, .is_training = c->is_training, .pool = b->pool, .isa = o->isa};
    for (int64_t i = 0; i < o->n_without; i++) {
        DNA_TRY(dna_pass_find(&options.without, o->without[i]));
    }
    DNA_TRY(dna_precision_find(&options.precision, c->precision));
    DNA_TRY(dna_program_new(&b->program, b->g, b->state, &options));
    DNA_TRY(fill_batch(b));
out:
    return rc;
}

static void
tear_down(net_bench *b)
{
    dna_program_free(b->program);
    dna_optim_free(b->optim);
    dna_pool_free(b->pool);
    dna_state_free(b->state);
    dna_graph_free(b->g);
    dna_arena_free(b->arena);
    dna_free(b->target);
}

int
dna_bench_net(const dna_bench_case *c, const dna_bench_options *o, int n_window,
    dna_bench_rates *out)
{
    dna_bench_data data = {0};
    net_bench b = {0};
    int rc = DNA_OK;

    DNA_TRY(set_up(&b, c, o));
    out->n_param = dna_state_n_param(b.state);
    if (c->files != DNA_BENCH_NO_FILES) {
        DNA_TRY(dna_bench_data_open(&data, o->temp_dir, c->files, o->n_thread));
        b.data = &data;
    }
    for (int i = 0; i < 2; i++) { /* first touch of memory, caches */
        DNA_TRY(step(&b));
    }
    DNA_TRY(dna_bench_windows(o, n_window, BATCH, step, &b, out));
    snprintf(out->engine, sizeof(out->engine), "%s", dna_kernels_for(o->isa)->isa);
out:
    dna_bench_data_clear(&data);
    tear_down(&b);
    return rc;
}

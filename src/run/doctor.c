/* doctor.c - dnadna doctor: what this machine gives dnadna, and whether its results hold.
 *
 * SPDX-License-Identifier: MIT
 *
 * The check trains a small SPIDNA for one batch: the program against the double-precision
 * reference, and one thread against all.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/pool.h"
#include "base/value.h"
#include "dnadna/dnadna.h"
#include "dnadna/program.h"
#include "dnadna/rng.h"
#include "dnadna/run.h"
#include "io/libraries.h"
#include "nets/net.h"
#include "nn/gemm.h"
#include "nn/kernels/kernels.h"
#include "report/canvas.h"

enum { ROWS = 12, SNPS = 100, OUTPUTS = 3, BATCH = 4 };

#define LOW_DISK   ((int64_t)1 << 30)
#define LOW_MEMORY ((int64_t)1 << 30)
#define GIB        1073741824.0
#define TOLERANCE  1e-4 /* of gradients: a near-tie in a pool may go the other way */

typedef struct {
    FILE *out;
    int n_warning;
} doctor;

static void
row(const doctor *d, const char *name, const char *value)
{
    fprintf(d->out, "%-12s%s\n", name, value);
}

static void
warn(doctor *d, const char *text)
{
    d->n_warning++;
    fprintf(d->out, "%-12s! %s\n", "", text);
}

/* ---- the check of results -------------------------------------------------------- */

typedef struct {
    dna_arena *arena;
    dna_graph *g;
    dna_state *state;
    dna_reference *reference;
    float *output, *grads; /* of one thread */
    double worst;          /* error against the reference, relative to the largest */
    bool is_same;          /* one thread and all of them give the same bytes */
} check;

static float
input_at(dna_rng *rng, int64_t i)
{
    double u = dna_rng_uniform(rng);
    bool is_position = i / SNPS % (ROWS + 1) == 0;

    return is_position ? (float)u : u < 0.3 ? 1.0f : 0.0f;
}

static int
make(check *c)
{
    const dna_net_def *net = dna_net_find("SPIDNA");
    dna_net_sizes sizes = {
        .n_snp = SNPS, .n_indiv = ROWS, .concat = true, .n_outputs = OUTPUTS};
    const void *opts = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&c->arena));
    dna_value *params = dna_value_map(c->arena);
    DNA_REQUIRE(params != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(dna_value_set(c->arena, params, "n_blocks", dna_value_int(c->arena, 3)));
    DNA_TRY(dna_value_set(c->arena, params, "n_features", dna_value_int(c->arena, 10)));
    DNA_TRY(dna_net_read_params(&opts, c->arena, net, params, &sizes));
    DNA_TRY(dna_net_build(&c->g, net, opts, &sizes));
    DNA_TRY(dna_state_new(&c->state, c->g));
    DNA_TRY(dna_state_init_random(c->state, 1));
    DNA_TRY(dna_reference_new(&c->reference, c->g, c->state, BATCH, true));
    DNA_NEW(c->output, BATCH * OUTPUTS);
    DNA_NEW(c->grads, dna_state_n_param(c->state));
out:
    return rc;
}

static void
clear(check *c)
{
    dna_reference_free(c->reference);
    dna_state_free(c->state);
    dna_graph_free(c->g);
    dna_arena_free(c->arena);
    dna_free(c->output);
    dna_free(c->grads);
}

static int
run_reference(check *c)
{
    dna_rng rng;
    int rc = DNA_OK;

    dna_rng_init(&rng, 1, "doctor", 0, 0, 0);
    double *x = dna_reference_input(c->reference, 0);
    for (int64_t i = 0; i < (int64_t)BATCH * (ROWS + 1) * SNPS; i++) {
        x[i] = (double)input_at(&rng, i);
    }
    DNA_TRY(dna_reference_forward(c->reference));
    double *dy = dna_reference_output_grad(c->reference);
    for (int64_t i = 0; i < BATCH * OUTPUTS; i++) {
        dy[i] = 1.0;
    }
    DNA_TRY(dna_reference_backward(c->reference));
out:
    return rc;
}

static int
run_program(check *c, int n_thread, const char *isa)
{
    dna_pool *pool = NULL;
    dna_program *program = NULL;
    dna_rng rng;
    int rc = DNA_OK;

    DNA_TRY(dna_pool_new(&pool, n_thread));
    dna_program_options o = {
        .batch = BATCH, .is_training = true, .pool = pool, .isa = isa};
    DNA_TRY(dna_program_new(&program, c->g, c->state, &o));
    dna_rng_init(&rng, 1, "doctor", 0, 0, 0);
    float *x = dna_program_input(program, 0);
    for (int64_t i = 0; i < (int64_t)BATCH * (ROWS + 1) * SNPS; i++) {
        x[i] = input_at(&rng, i);
    }
    DNA_TRY(dna_program_forward(program));
    float *dy = dna_program_output_grad(program);
    for (int64_t i = 0; i < BATCH * OUTPUTS; i++) {
        dy[i] = 1.0f;
    }
    DNA_TRY(dna_program_backward(program));
    size_t output_size = BATCH * OUTPUTS * sizeof(float);
    size_t grads_size = (size_t)dna_state_n_param(c->state) * sizeof(float);
    if (n_thread == 1) {
        memcpy(c->output, dna_program_output(program), output_size);
        memcpy(c->grads, dna_state_grads(c->state), grads_size);
    } else {
        c->is_same = memcmp(c->output, dna_program_output(program), output_size) == 0
                     && memcmp(c->grads, dna_state_grads(c->state), grads_size) == 0;
    }
out:
    dna_program_free(program);
    dna_pool_free(pool);
    return rc;
}

static double
distance(const float *a, const double *b, int64_t n)
{
    double error = 0.0, scale = 0.0;

    for (int64_t i = 0; i < n; i++) {
        error = fmax(error, fabs((double)a[i] - b[i]));
        scale = fmax(scale, fabs(b[i]));
    }
    return scale > 0.0 ? error / scale : error;
}

static int
check_results(check *c, const char *isa)
{
    int rc = DNA_OK;

    DNA_TRY(make(c));
    DNA_TRY(run_reference(c));
    DNA_TRY(run_program(c, 1, isa));
    DNA_TRY(run_program(c, DNA_MAX(2, dna_cpu_count()), isa));
    c->worst =
        fmax(distance(c->output, dna_reference_output(c->reference), BATCH * OUTPUTS),
            distance(c->grads, dna_reference_grads(c->reference),
                dna_state_n_param(c->state)));
out:
    return rc;
}

static int
tell_results(doctor *d, const char *isa)
{
    check c = {0};
    char text[160];
    int rc = DNA_OK;

    DNA_TRY(check_results(&c, isa));
    snprintf(text, sizeof(text),
        "a SPIDNA agrees with double precision to %.0e; 1 and %d threads: %s", c.worst,
        DNA_MAX(2, dna_cpu_count()), c.is_same ? "the same bytes" : "DIFFERENT bytes");
    row(d, "results", text);
    DNA_REQUIRE(c.worst < TOLERANCE && c.is_same, DNA_EBACKEND,
        "the kernels %s give wrong results on this machine; DNADNA_ISA=c avoids them",
        dna_kernels_for(isa)->isa);
out:
    clear(&c);
    return rc;
}

/* ---- the machine ----------------------------------------------------------------- */

static void
tell_processor(doctor *d, const char *isa)
{
    char text[512], name[128];
    const dna_kernels *k = dna_kernels_for(isa);

    dna_machine_processor(name, sizeof(name));
    row(d, "processor", name);
    dna_machine_features(text, sizeof(text));
    row(d, "features", text);
    snprintf(text, sizeof(text), "%s%s", k->isa,
        strcmp(k->isa, dna_kernels_for(NULL)->isa) != 0 ? ", forced by DNADNA_ISA"
                                                        : "");
    row(d, "kernels", text);
    snprintf(text, sizeof(text), "%d (affinity and quota regarded)", dna_cpu_count());
    row(d, "threads", text);
}

static void
tell_memory(doctor *d)
{
    char text[128];
    int64_t total = 0, available = 0;

    dna_machine_memory(&total, &available);
    if (total < 0 || available < 0) {
        return;
    }
    snprintf(text, sizeof(text), "%.1f GiB, %.1f available", (double)total / GIB,
        (double)available / GIB);
    row(d, "memory", text);
    if (available < LOW_MEMORY) {
        warn(d, "training a large network takes about half a GiB");
    }
}

static void
tell_libraries(doctor *d)
{
    char text[512], io[256];

    dna_io_libraries(io, sizeof(io));
    snprintf(text, sizeof(text), "%s, cairo %s", io, dna_canvas_library());
    row(d, "libraries", text);
    bool has_onednn = dna_gemm_onednn_version(text, sizeof(text));
    row(d, "oneDNN", has_onednn ? text : "not built in: our own products everywhere");
}

static void
tell_disk(doctor *d, const char *what, const char *path)
{
    char text[512];
    int64_t total = 0, available = 0;

    dna_machine_disk(path, &total, &available);
    if (total < 0) {
        snprintf(text, sizeof(text), "%s is not there", path);
        row(d, what, text);
        d->n_warning++;
        return;
    }
    snprintf(text, sizeof(text), "%s: %.1f of %.1f GiB free", path,
        (double)available / GIB, (double)total / GIB);
    row(d, what, text);
    if (available < LOW_DISK) {
        warn(d, "a dataset takes 0.1 to 1 MB a simulated region");
    }
}

int
dna_run_doctor(const dna_doctor_options *o, FILE *out)
{
    doctor d = {.out = out};
    char *here = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_run_check_isa(o->isa));
    here = dna_path_absolute(".");
    DNA_REQUIRE(here != NULL, DNA_ENOMEM, "out of memory");
    row(&d, "dnadna", DNA_VERSION);
    tell_processor(&d, o->isa);
    tell_memory(&d);
    tell_libraries(&d);
    tell_disk(&d, "this folder", here);
    tell_disk(&d, "temporary", o->temp_dir != NULL ? o->temp_dir : "/tmp");
    DNA_TRY(tell_results(&d, o->isa));
    fprintf(out, "\n%s\n",
        d.n_warning > 0 ? "works, but see the lines with !" : "all is well");
out:
    dna_free(here);
    return rc;
}

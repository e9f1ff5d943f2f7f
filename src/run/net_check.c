/* net_check.c - dnadna net check: the test bench for authors of networks.
 *
 * SPDX-License-Identifier: MIT
 *
 * Inputs are random haplotypes with positions, parameters begin at random (of a network file
 * they are its own where nothing is learned). Gradients are those of the reference in double
 * precision, compared with differences of its outputs, at the smallest size that the network
 * takes; and those of the compiled program, compared with the reference. All draws follow from
 * fixed seeds: the same network gives the same verdicts.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/str.h"
#include "dnadna/rng.h"
#include "nn/optim.h"
#include "run/golden.h"
#include "run/net_cost.h"
#include "run/net_target.h"

#define SEED       20260101
#define BATCH      4
#define N_LEARN    8    /* samples of the batch that is learned by heart */
#define MAX_STEP   400  /* steps for that */
#define MAX_FLOPS  3e9  /* spent on differences */
#define MAX_ENTRY  200  /* parameters that are varied */
#define STEP       1e-6 /* by how much */
#define SAME_TOL   2e-5 /* of single precision */
#define GRAD_TOL   1e-4 /* of differences, relative */
#define KINK_SHARE 0.05 /* entries that may differ, where a maximum changes hands */

typedef struct {
    dna_net_target t;
    dna_pool *pool;
    dna_str s;
    int n_failed;
} bench;

static void
verdict(bench *b, const char *what, const char *word, const char *detail)
{
    dna_str_addf(&b->s, "%-26s %-8s %s\n", what, word, detail);
    b->n_failed += strcmp(word, "FAILED") == 0 ? 1 : 0;
}

/* ---- inputs and states -------------------------------------------------------------- */

static int64_t
sample_size(const dna_net_sizes *sizes)
{
    return dna_net_n_row(sizes) * sizes->n_snp;
}

static int
new_state(dna_state **out, const dna_graph *g)
{
    int rc = DNA_OK;

    DNA_TRY(dna_state_new(out, g));
    DNA_TRY(dna_state_init_random(*out, SEED));
out:
    return rc;
}

/* The state of evaluations: what was learned, else a random one (*own, to be freed). */
static int
evaluation_state(bench *b, dna_state **out, dna_state **own)
{
    int rc = DNA_OK;

    if (b->t.net == NULL) {
        DNA_TRY(new_state(own, b->t.g));
    }
    *out = b->t.net != NULL ? b->t.net->state : *own;
out:
    return rc;
}

static int
new_program(bench *b, dna_program **out, const dna_graph *g, dna_state *state,
    int64_t batch, bool is_training)
{
    dna_program_options o = {
        .batch = batch, .is_training = is_training, .pool = b->pool};
    return dna_program_new(out, g, state, &o);
}

/* |a - b| in units of what single precision leaves. */
static double
distance(double a, double b)
{
    return fabs(a - b) / (1.0 + fmax(fabs(a), fabs(b)));
}

/* ---- sizes -------------------------------------------------------------------------- */

/* Whether other sizes work with the same parameters; if so, outputs must be finite. */
static int
try_sizes(
    bench *b, dna_state *state, const dna_net_sizes *sizes, bool *fits, bool *finite)
{
    dna_graph *g = NULL;
    dna_program *p = NULL;
    int rc = dna_net_build(&g, b->t.def, b->t.opts, sizes);

    *fits = rc == DNA_OK && dna_net_check_same(b->t.def, b->t.g, g, sizes) == DNA_OK;
    rc = rc == DNA_ENOMEM ? rc : DNA_OK;
    if (rc < 0 || !*fits) {
        goto out;
    }
    DNA_TRY(new_program(b, &p, g, state, 1, false));
    dna_golden_input(dna_program_input(p, 0), sizes, 0);
    DNA_TRY(dna_program_forward(p));
    for (int64_t i = 0; i < sizes->n_outputs; i++) {
        *finite = *finite && isfinite(dna_program_output(p)[i]);
    }
out:
    dna_program_free(p);
    dna_graph_free(g);
    return rc;
}

static int
check_sizes(bench *b)
{
    const dna_net_sizes s = b->t.sizes;
    const int64_t tries[][2] = {{s.n_indiv, s.n_snp}, {s.n_indiv - 1, s.n_snp},
        {s.n_indiv + 1, s.n_snp}, {2 * s.n_indiv, s.n_snp}, {s.n_indiv, s.n_snp - 1},
        {s.n_indiv, s.n_snp + 1}, {s.n_indiv, 2 * s.n_snp}};
    dna_state *state = NULL, *own = NULL;
    dna_str takes;
    int n_other = 0;
    bool finite = true;
    int rc = DNA_OK;

    dna_str_init(&takes, 0);
    DNA_TRY(evaluation_state(b, &state, &own));
    for (int64_t i = 0; i < DNA_COUNT(tries); i++) {
        dna_net_sizes sizes = s;
        bool fits = false;
        sizes.n_indiv = tries[i][0];
        sizes.n_snp = tries[i][1];
        if (sizes.n_indiv > 0 && sizes.n_snp > 0) {
            DNA_TRY(try_sizes(b, state, &sizes, &fits, &finite));
        }
        if (fits && i > 0) {
            dna_str_addf(&takes, "%s%" PRId64 " x %" PRId64,
                n_other++ > 0 ? ", " : "; also ", sizes.n_indiv, sizes.n_snp);
        }
    }
    dna_str text;
    dna_str_init(&text, 0);
    dna_str_addf(&text, "%" PRId64 " x %" PRId64 "%s%s%s", s.n_indiv, s.n_snp,
        n_other > 0 ? dna_str_text(&takes) : "; none of six other sizes near it",
        n_other > 0 ? "" : " works with the same parameters",
        finite ? "" : "; an output is not finite");
    verdict(b, "sizes", finite ? "ok" : "FAILED", dna_str_text(&text));
    dna_str_clear(&text);
out:
    dna_str_clear(&takes);
    dna_state_free(own);
    return rc;
}

/* ---- gradients ---------------------------------------------------------------------- */

/* The smallest size that halving reaches: differences take two passes for each number. */
static int
smaller_graph(bench *b, dna_graph **out, dna_net_sizes *sizes)
{
    int rc = DNA_OK;

    *sizes = b->t.sizes;
    DNA_TRY(dna_net_build(out, b->t.def, b->t.opts, sizes));
    for (int k = 0; k < 32; k++) {
        dna_net_sizes next = *sizes;
        dna_graph *g = NULL;
        int64_t *side = k % 2 == 0 ? &next.n_snp : &next.n_indiv;
        *side = DNA_MAX(*side / 2, 2);
        rc = dna_net_build(&g, b->t.def, b->t.opts, &next);
        if (rc == DNA_OK) {
            dna_graph_free(*out);
            *out = g;
            *sizes = next;
        }
        DNA_TRY(rc == DNA_ENOMEM ? rc : DNA_OK);
    }
out:
    return rc;
}

/* What is differentiated: the outputs, each times a number. */
static double
weight_of(int64_t i)
{
    return sin(1.0 + 2.0 * (double)i);
}

static int
objective(dna_reference *r, int64_t n, double *out)
{
    int rc = DNA_OK;

    DNA_TRY(dna_reference_forward(r));
    *out = 0;
    for (int64_t i = 0; i < n; i++) {
        *out += weight_of(i) * dna_reference_output(r)[i];
    }
out:
    return rc;
}

typedef struct {
    dna_graph *g;
    dna_net_sizes sizes;
    dna_state *state;
    dna_reference *r;
    double *grads; /* of the parameters */
    float *x;
    int64_t n_param, n_output; /* of the batch */
} gradients;

/* Outputs and gradients of the reference on a batch in training. */
static int
start_gradients(bench *b, gradients *d)
{
    int rc = DNA_OK;

    DNA_TRY(smaller_graph(b, &d->g, &d->sizes));
    DNA_TRY(new_state(&d->state, d->g));
    DNA_TRY(dna_reference_new(&d->r, d->g, d->state, BATCH, true));
    d->n_param = dna_state_n_param(d->state);
    d->n_output = BATCH * d->sizes.n_outputs;
    int64_t size = sample_size(&d->sizes);
    DNA_NEW(d->x, BATCH * size);
    DNA_NEW(d->grads, DNA_MAX(d->n_param, 1));
    for (int64_t i = 0; i < BATCH; i++) {
        dna_golden_input(d->x + i * size, &d->sizes, i);
    }
    for (int64_t i = 0; i < BATCH * size; i++) {
        dna_reference_input(d->r, 0)[i] = (double)d->x[i];
    }
    dna_reference_set_random(d->r, SEED, 0);
    DNA_TRY(dna_reference_forward(d->r));
    for (int64_t i = 0; i < d->n_output; i++) {
        dna_reference_output_grad(d->r)[i] = weight_of(i);
    }
    DNA_TRY(dna_reference_backward(d->r));
    memcpy(d->grads, dna_reference_grads(d->r), (size_t)d->n_param * sizeof(*d->grads));
out:
    return rc;
}

static void
end_gradients(gradients *d)
{
    dna_free(d->grads);
    dna_free(d->x);
    dna_reference_free(d->r);
    dna_state_free(d->state);
    dna_graph_free(d->g);
}

static int
check_differences(bench *b, gradients *d)
{
    double flops = 0, most = 0;
    char text[160];
    int64_t n_wrong = 0, n = 0;
    dna_rng rng;
    int rc = DNA_OK;

    for (int i = 0; i < d->g->n_node; i++) {
        flops += 2 * BATCH * dna_node_flops(d->g->nodes[i]) + BATCH;
    }
    n = (int64_t)fmin(MAX_ENTRY, fmax(MAX_FLOPS / flops, 10));
    n = DNA_MIN(n, d->n_param);
    double scale = 0;
    for (int64_t i = 0; i < d->n_param; i++) {
        scale = fmax(scale, fabs(d->grads[i]));
    }
    dna_rng_init(&rng, SEED, "net check entries", 0, 0, 0);
    for (int64_t i = 0; i < n; i++) {
        double *w = dna_reference_params(d->r);
        int64_t at = n == d->n_param ? i : dna_rng_below(&rng, d->n_param);
        double old = w[at], up = 0, down = 0;
        w[at] = old + STEP;
        DNA_TRY(objective(d->r, d->n_output, &up));
        w[at] = old - STEP;
        DNA_TRY(objective(d->r, d->n_output, &down));
        w[at] = old;
        double slope = (up - down) / (2 * STEP);
        /* rounding leaves 1e-16 / 1e-6 of the outputs */
        double off = fabs(slope - d->grads[at])
                     / fmax(fmax(fabs(slope), fabs(d->grads[at])), 1e-3 * scale + 1e-6);
        most = off > GRAD_TOL ? most : fmax(most, off);
        n_wrong += off > GRAD_TOL ? 1 : 0;
    }
    bool is_good = (double)n_wrong <= KINK_SHARE * (double)n;
    snprintf(text, sizeof(text),
        "%" PRId64 " of %" PRId64 " parameters at %" PRId64 " x %" PRId64
        ": within %.1e%s",
        n, d->n_param, d->sizes.n_indiv, d->sizes.n_snp, most,
        n_wrong > 0 && is_good ? ", a few at kinks" : "");
    if (!is_good) {
        snprintf(text, sizeof(text), "%" PRId64 " of %" PRId64 " parameters differ",
            n_wrong, n);
    }
    verdict(b, "gradients, differences", is_good ? "ok" : "FAILED", text);
out:
    return rc;
}

/* The compiled program against the reference. */
static int
check_program(bench *b, const gradients *d)
{
    dna_program *p = NULL;
    double off = 0, norm = 0;
    char text[120];
    int rc = DNA_OK;

    DNA_TRY(new_program(b, &p, d->g, d->state, BATCH, true));
    memcpy(dna_program_input(p, 0), d->x,
        (size_t)(BATCH * sample_size(&d->sizes)) * sizeof(float));
    dna_program_set_random(p, SEED, 0);
    DNA_TRY(dna_program_forward(p));
    if (dna_program_output_grad(p) == NULL) {
        verdict(b, "gradients, compiled", "ok", "no parameter leads to the output");
        goto out;
    }
    for (int64_t i = 0; i < d->n_output; i++) {
        dna_program_output_grad(p)[i] = (float)weight_of(i);
    }
    DNA_TRY(dna_program_backward(p));
    for (int64_t i = 0; i < d->n_param; i++) {
        double diff = (double)dna_state_grads(d->state)[i] - d->grads[i];
        off += diff * diff;
        norm += d->grads[i] * d->grads[i];
    }
    double relative = sqrt(off / fmax(norm, 1e-30));
    snprintf(
        text, sizeof(text), "the program's and the reference's: %.1e apart", relative);
    verdict(b, "gradients, compiled", relative < 1e-2 ? "ok" : "FAILED", text);
out:
    dna_program_free(p);
    return rc;
}

static int
check_gradients(bench *b)
{
    gradients d = {0};
    int rc = DNA_OK;

    DNA_TRY(start_gradients(b, &d));
    DNA_TRY(check_differences(b, &d));
    DNA_TRY(check_program(b, &d));
out:
    end_gradients(&d);
    return rc;
}

/* ---- evaluation --------------------------------------------------------------------- */

static int
evaluate(bench *b, dna_state *state, const float *x, int64_t n, float *y)
{
    dna_program *p = NULL;
    int rc = DNA_OK;

    DNA_TRY(new_program(b, &p, b->t.g, state, n, false));
    memcpy(dna_program_input(p, 0), x,
        (size_t)(n * sample_size(&b->t.sizes)) * sizeof(float));
    DNA_TRY(dna_program_forward(p));
    memcpy(
        y, dna_program_output(p), (size_t)(n * b->t.sizes.n_outputs) * sizeof(float));
out:
    dna_program_free(p);
    return rc;
}

static double
largest_distance(const float *a, const float *c, int64_t n)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = distance((double)a[i], (double)c[i]);
        most = d > most || isnan(d) ? (isnan(d) ? (double)INFINITY : d) : most;
    }
    return most;
}

/* Rows of haplotypes in another order; positions stay. */
static void
permute(float *to, const float *from, const dna_net_sizes *sizes, const int64_t *order)
{
    int64_t w = sizes->n_snp, first = sizes->concat ? 1 : 0;

    memcpy(to, from, (size_t)(first * w) * sizeof(*to));
    for (int64_t i = 0; i < sizes->n_indiv; i++) {
        memcpy(to + (first + i) * w, from + (first + order[i]) * w,
            (size_t)w * sizeof(*to));
    }
}

static int
check_order(
    bench *b, dna_state *state, const float *x, const float *y, float *x2, float *y2)
{
    const dna_net_sizes *s = &b->t.sizes;
    int64_t *order = NULL;
    int64_t size = sample_size(s);
    char text[160];
    dna_rng rng;
    int rc = DNA_OK;

    DNA_NEW(order, s->n_indiv);
    dna_rng_init(&rng, SEED, "net check order", 0, 0, 0);
    for (int64_t i = 0; i < BATCH; i++) {
        dna_rng_permutation(&rng, order, s->n_indiv);
        permute(x2 + i * size, x + i * size, s, order);
    }
    DNA_TRY(evaluate(b, state, x2, BATCH, y2));
    double d = largest_distance(y, y2, BATCH * s->n_outputs);
    bool is_same = d <= 10 * SAME_TOL;
    snprintf(text, sizeof(text), "%s (%.1e apart)%s",
        is_same ? "the order of individuals does not matter"
                : "the order of individuals matters",
        d,
        b->t.def->is_exchangeable ? ", as claimed"
        : is_same                 ? "; exchangeable: true would claim it"
                                  : "; not claimed otherwise");
    if (b->t.def->is_exchangeable && !is_same) {
        snprintf(text, sizeof(text),
            "the order of individuals matters (%.1e apart), against the claim", d);
    }
    verdict(b, "permuted haplotypes",
        is_same                     ? "ok"
        : b->t.def->is_exchangeable ? "FAILED"
                                    : "-",
        text);
out:
    dna_free(order);
    return rc;
}

static int
check_evaluation(bench *b)
{
    const int64_t size = sample_size(&b->t.sizes), n_out = b->t.sizes.n_outputs;
    dna_state *state = NULL, *own = NULL;
    float *x = NULL, *x2 = NULL, *y = NULL, *y2 = NULL;
    char text[80];
    int rc = DNA_OK;

    DNA_TRY(evaluation_state(b, &state, &own));
    DNA_NEW(x, BATCH * size);
    DNA_NEW(x2, BATCH * size);
    DNA_NEW(y, BATCH * n_out);
    DNA_NEW(y2, BATCH * n_out);
    for (int64_t i = 0; i < BATCH; i++) {
        dna_golden_input(x + i * size, &b->t.sizes, i);
    }
    DNA_TRY(evaluate(b, state, x, BATCH, y));
    for (int64_t i = 0; i < BATCH; i++) {
        DNA_TRY(evaluate(b, state, x + i * size, 1, y2 + i * n_out));
    }
    double d = largest_distance(y, y2, BATCH * n_out);
    snprintf(text, sizeof(text), "outputs %.1e apart", d);
    verdict(b, "alone as in a batch", d <= SAME_TOL ? "ok" : "FAILED", text);
    DNA_TRY(check_order(b, state, x, y, x2, y2));
out:
    dna_free(y2);
    dna_free(y);
    dna_free(x2);
    dna_free(x);
    dna_state_free(own);
    return rc;
}

/* ---- learning ----------------------------------------------------------------------- */

static double
target_of(int64_t i)
{
    dna_rng rng;
    dna_rng_init(&rng, SEED, "net check target", i, 0, 0);
    return dna_rng_normal(&rng);
}

/* One step on the batch; the mean squared error before it. */
static int
learn_once(dna_program *p, dna_state *state, dna_optim *optim, dna_pool *pool,
    int64_t n, double *loss)
{
    int rc = DNA_OK;

    dna_program_set_random(p, SEED, optim->step);
    DNA_TRY(dna_program_forward(p));
    *loss = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)dna_program_output(p)[i] - target_of(i);
        *loss += d * d / (double)n;
        dna_program_output_grad(p)[i] = (float)(2 * d / (double)n);
    }
    DNA_TRY(dna_program_backward(p));
    DNA_TRY(dna_optim_step(
        optim, dna_state_params(state), dna_state_grads(state), 1.0, pool));
out:
    return rc;
}

/* Adam from a fresh start; *first and *least get losses. */
static int
learn(bench *b, double lr, double *first, double *least, int *n_step)
{
    const dna_optim_def *adam = dna_optim_find("Adam");
    const int64_t n = N_LEARN * b->t.sizes.n_outputs;
    dna_value *params = dna_value_map(b->t.arena);
    dna_state *state = NULL;
    dna_program *p = NULL;
    dna_optim *optim = NULL;
    void *opts = NULL;
    double loss = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(params != NULL, DNA_ENOMEM, "%s", dna_message());
    DNA_TRY(dna_value_set(b->t.arena, params, "lr", dna_value_float(b->t.arena, lr)));
    DNA_TRY(dna_config_check(b->t.arena, params, adam->fields, "", NULL));
    opts = dna_arena_alloc(b->t.arena, 1, adam->opts_size);
    DNA_REQUIRE(opts != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_config_bind(params, adam->fields, opts);
    DNA_TRY(new_state(&state, b->t.g));
    DNA_TRY(new_program(b, &p, b->t.g, state, N_LEARN, true));
    DNA_TRY(dna_optim_new(&optim, adam, opts, dna_state_n_param(state)));
    *n_step = 0;
    *first = *least = 0;
    while (*n_step < MAX_STEP && (*n_step == 0 || *least > 0.01 * *first)) {
        for (int64_t i = 0; i < N_LEARN; i++) { /* the input's room is the program's */
            dna_golden_input(
                dna_program_input(p, 0) + i * sample_size(&b->t.sizes), &b->t.sizes, i);
        }
        DNA_TRY(learn_once(p, state, optim, b->pool, n, &loss));
        *first = *n_step == 0 ? loss : *first;
        *least = *n_step == 0 || loss < *least ? loss : *least;
        ++*n_step;
        if (!isfinite(loss)) {
            break;
        }
    }
out:
    dna_optim_free(optim);
    dna_program_free(p);
    dna_state_free(state);
    return rc;
}

static int
check_learning(bench *b)
{
    static const double rates[] = {1e-3, 1e-2, 1e-4};
    double first = 0, least = 0;
    char text[120];
    int n_step = 0;
    bool is_learned = false;
    int rc = DNA_OK;

    for (int64_t i = 0; i < DNA_COUNT(rates) && !is_learned; i++) {
        DNA_TRY(learn(b, rates[i], &first, &least, &n_step));
        is_learned = least < 0.1 * first;
        snprintf(text, sizeof(text),
            "%d samples by heart: loss %.3g to %.3g in %d steps of Adam, lr %g",
            N_LEARN, first, least, n_step, rates[i]);
    }
    verdict(b, "one batch learned", is_learned ? "ok" : "FAILED", text);
out:
    return rc;
}

/* ---- all ---------------------------------------------------------------------------- */

int
dna_run_net_check(const dna_net_look_options *o, FILE *out, int *n_failed)
{
    bench b = {.pool = NULL};
    int rc = DNA_OK;

    *n_failed = 0;
    dna_str_init(&b.s, 0);
    DNA_TRY(dna_net_target_open(&b.t, o));
    DNA_TRY(dna_pool_new(&b.pool, o->n_thread));
    dna_str_addf(&b.s, "%s\n", b.t.def->name);
    DNA_TRY(check_sizes(&b));
    DNA_TRY(check_gradients(&b));
    DNA_TRY(check_evaluation(&b));
    DNA_TRY(check_learning(&b));
    DNA_TRY(dna_str_status(&b.s));
    bool is_written =
        fwrite(dna_str_text(&b.s), 1, b.s.len, out) == b.s.len && fflush(out) == 0;
    DNA_REQUIRE(is_written, DNA_EIO, "output: %s", strerror(errno));
    *n_failed = b.n_failed;
out:
    dna_pool_free(b.pool);
    dna_net_target_close(&b.t);
    dna_str_clear(&b.s);
    return rc;
}

/* net_explain.c - what a network becomes when it is compiled: steps, buffers, costs.
 *
 * SPDX-License-Identifier: MIT
 *
 * Numbers are those of dna_program_step_at() and its neighbours (program.h): this file
 * looks for the network and writes tables.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/str.h"
#include "dnadna/run.h"
#include "run/network.h"
#include "run/parts.h"

typedef struct {
    dna_arena *arena;
    dna_network *net; /* of a file; NULL: a built-in one */
    const char *name;
    dna_graph *g;
    dna_state *own_state; /* of a built-in one */
    dna_pool *pool;
    dna_program *program;
    dna_net_sizes sizes;
    unsigned without;
} explanation;

/* ---- the network ----------------------------------------------------------------- */

static int
from_name(explanation *x, const dna_net_explain_options *o, const dna_net_def *def)
{
    const void *opts = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&x->arena));
    dna_value *params = dna_value_map(x->arena);
    if (params == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_parts_override(params, x->arena, o->overrides, o->n_override));
    x->sizes = (dna_net_sizes){.n_snp = o->n_snp,
        .n_indiv = o->n_indiv,
        .concat = true,
        .n_outputs = DNA_MAX(o->n_outputs, 1)};
    DNA_TRY(dna_net_read_params(&opts, x->arena, def, params, &x->sizes));
    DNA_TRY(dna_net_build(&x->g, def, opts, &x->sizes));
    DNA_TRY(dna_state_new(&x->own_state, x->g));
    x->name = def->name;
out:
    return rc;
}

static int
from_file(explanation *x, const dna_net_explain_options *o)
{
    int rc = DNA_OK;

    DNA_REQUIRE(o->n_override == 0, DNA_EARG,
        "%s: the settings of a trained network are fixed", o->network);
    DNA_TRY(dna_network_load(&x->net, o->network));
    DNA_REQUIRE(o->n_outputs == 0 || o->n_outputs == x->net->sizes.n_outputs, DNA_EARG,
        "%s has %" PRId64 " outputs", o->network, x->net->sizes.n_outputs);
    x->sizes = x->net->sizes;
    x->sizes.n_snp = o->n_snp;
    x->sizes.n_indiv = o->n_indiv;
    DNA_TRY(dna_net_build(&x->g, x->net->def, x->net->opts, &x->sizes));
    x->name = x->net->def->name;
out:
    return rc;
}

static int
find_network(explanation *x, const dna_net_explain_options *o)
{
    const dna_net_def *def = dna_net_find(o->network);
    return def != NULL ? from_name(x, o, def) : from_file(x, o);
}

/* ---- numbers for people ---------------------------------------------------------- */

#define NUMBER 24

/* "1.23 M": with the prefix that leaves 1 to 999. */
static const char *
with_prefix(char *buf, double v, double base)
{
    static const char *const prefixes[2][5] = {
        {"", " k", " M", " G", " T"}, {" B", " KiB", " MiB", " GiB", " TiB"}};
    int k = 0;
    while (v >= 0.9995 * base && k < 4) {
        v /= base;
        k++;
    }
    snprintf(buf, NUMBER,
        v == 0.0             ? "%.0f%s"
        : v < 10.0 && k > 0  ? "%.2f%s"
        : v < 100.0 && k > 0 ? "%.1f%s"
                             : "%.0f%s",
        v, prefixes[base == 1024.0][k]);
    return buf;
}

static const char *
flops(char *buf, double v)
{
    return with_prefix(buf, v, 1000.0);
}

static const char *
bytes(char *buf, double v)
{
    return with_prefix(buf, v, 1024.0);
}

/* ---- tables ---------------------------------------------------------------------- */

static void
put_buffers_of(dna_str *s, const dna_program_step *step)
{
    for (int64_t i = 0; i < step->n_read; i++) {
        dna_str_addf(s, " b%" PRId64, step->reads[i]);
    }
    dna_str_add(s, " ->");
    for (int64_t i = 0; i < step->n_write; i++) {
        dna_str_addf(s, " b%" PRId64, step->writes[i]);
    }
}

static void
put_steps(dna_str *s, const dna_program *p, bool is_backward)
{
    char a[NUMBER], b[NUMBER], c[NUMBER];
    dna_program_step step;

    dna_str_addf(s, "\n%s\n%5s %5s %6s  %-24s %-20s %9s %10s %10s  %s\n",
        is_backward ? "Backward" : "Forward", "step", "level", "tasks", "kernel",
        "layer", "FLOP", "read", "written", "buffers; ops that are fused");
    for (int64_t i = 0; dna_program_step_at(p, i, &step); i++) {
        if (step.is_backward != is_backward) {
            continue;
        }
        dna_str_addf(s,
            "%5" PRId64 " %5" PRId64 " %5" PRId64 "%c  %-24s %-20s %9s %10s %10s ", i,
            step.level, step.n_task, step.is_chunk ? 'c' : ' ', step.name,
            step.layer != NULL ? step.layer : "-", flops(a, step.flops),
            bytes(b, step.bytes_read), bytes(c, step.bytes_written));
        put_buffers_of(s, &step);
        if (step.fused != NULL) {
            dna_str_addf(s, "; %s", step.fused);
        }
        dna_str_addc(s, '\n');
    }
}

static void
put_shape(dna_str *s, const dna_program_buffer *b)
{
    char text[96] = "-";
    size_t n = 0;

    for (int d = 0; d < b->n_dim; d++) {
        n += (size_t)snprintf(
            text + n, sizeof(text) - n, "%s%" PRId64, d == 0 ? "[" : ", ", b->dim[d]);
    }
    dna_str_addf(s, " %-24s", n == 0 ? text : strcat(text, "]"));
}

static void
put_buffers(dna_str *s, const dna_program *p)
{
    char a[NUMBER], life[48];
    dna_program_buffer b;

    dna_str_addf(s, "\nBuffers\n%6s  %-18s %-20s %-24s %10s %14s  %s\n", "buffer",
        "what", "of", "shape", "bytes", "place", "steps");
    for (int64_t i = 0; dna_program_buffer_at(p, i, &b); i++) {
        if (b.bytes == 0 || (b.first < 0 && !b.is_pinned)) {
            continue; /* only orders steps, or no step is left that uses it */
        }
        snprintf(life, sizeof(life), "%" PRId64 "..%" PRId64, b.first, b.last);
        dna_str_addf(s, "%5s%-3" PRId64 " %-18s %-20s", "b", i, b.what,
            b.of != NULL ? b.of : "-");
        put_shape(s, &b);
        dna_str_addf(s, " %10s %c%13zu  %s\n", bytes(a, (double)b.bytes),
            b.is_local ? 'T' : ' ', b.offset, b.is_pinned ? "always" : life);
    }
}

/* What the buffers would take without sharing memory. */
static double
sum_of_buffers(const dna_program *p, int64_t n_thread)
{
    double sum = 0.0;
    dna_program_buffer b;
    for (int64_t i = 0; dna_program_buffer_at(p, i, &b); i++) {
        sum += b.first < 0 && !b.is_pinned
                   ? 0.0
                   : (double)b.bytes * (double)(b.is_local ? n_thread : 1);
    }
    return sum;
}

static double
forward_flops(const dna_program *p)
{
    double sum = 0.0;
    dna_program_step step;
    for (int64_t i = 0; dna_program_step_at(p, i, &step); i++) {
        sum += step.is_backward ? 0.0 : step.flops;
    }
    return sum;
}

static void
put_totals(dna_str *s, const dna_program *p, int64_t batch)
{
    char a[NUMBER], b[NUMBER], c[NUMBER], d[NUMBER];
    dna_program_totals t;

    dna_program_total(p, &t);
    double forward = forward_flops(p);
    dna_str_add(s, "\nTotals\n");
    dna_str_addf(s, "    %-10s %s: forward %s, backward %s; %s a sample\n", "FLOP",
        flops(a, t.flops), flops(b, forward), flops(c, t.flops - forward),
        flops(d, t.flops / (double)batch));
    dna_str_addf(s, "    %-10s %s read, %s written: %.1f FLOP a byte\n", "traffic",
        bytes(a, t.bytes_read), bytes(b, t.bytes_written),
        t.flops / (t.bytes_read + t.bytes_written));
    dna_str_addf(s, "    %-10s %s: %s shared, %" PRId64 " x %s of the threads; ",
        "memory", bytes(a, (double)t.bytes), bytes(b, (double)t.shared_bytes),
        t.n_thread, bytes(c, (double)t.local_bytes));
    dna_str_addf(
        s, "the buffers one by one: %s\n", bytes(d, sum_of_buffers(p, t.n_thread)));
    dna_str_addf(s, "    %-10s %" PRId64 ", with %" PRId64 " barrier%s\n", "steps",
        t.n_step, t.n_barrier, DNA_PLURAL(t.n_barrier));
}

static void
put_head(
    dna_str *s, const explanation *x, const dna_net_explain_options *o, int64_t batch)
{
    dna_program_totals t;

    dna_program_total(x->program, &t);
    dna_str_addf(s,
        "%s: %" PRId64 " haplotypes x %" PRId64 " SNPs, %" PRId64
        " output%s; %s, batch of %" PRId64 "\n",
        x->name, x->sizes.n_indiv, x->sizes.n_snp, x->sizes.n_outputs,
        DNA_PLURAL(x->sizes.n_outputs), o->is_prediction ? "prediction" : "training",
        batch);
    dna_str_addf(s,
        "kernels %s, %" PRId64 " thread%s, %" PRId64 " chunk%s of %" PRId64 " sample%s",
        t.isa, t.n_thread, DNA_PLURAL(t.n_thread), t.n_chunk, DNA_PLURAL(t.n_chunk),
        t.chunk, DNA_PLURAL(t.chunk));
    bool is_first = true;
    for (int64_t i = 0; dna_pass_at(i) != NULL; i++) {
        if ((x->without & dna_pass_at(i)->without) != 0) {
            dna_str_addf(
                s, "%s%s", is_first ? "; without " : ", ", dna_pass_at(i)->name);
            is_first = false;
        }
    }
    dna_str_add(s,
        "\nimages [N, C, H, W] lie in memory channels last; c: a step on chunks of the batch; T: a place in each thread's own part of memory\n");
}

int
dna_run_net_explain(const dna_net_explain_options *o, FILE *out)
{
    explanation x = {0};
    int64_t batch = o->batch > 0 ? o->batch : 64;
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    for (int64_t i = 0; i < o->n_without; i++) {
        DNA_TRY(dna_pass_find(&x.without, o->without[i]));
    }
    DNA_TRY(find_network(&x, o));
    DNA_TRY(dna_pool_new(&x.pool, o->n_thread > 0 ? o->n_thread : dna_cpu_count()));
    dna_program_options options = {.batch = batch,
        .is_training = !o->is_prediction,
        .pool = x.pool,
        .isa = o->isa,
        .without = x.without};
    DNA_TRY(dna_program_new(
        &x.program, x.g, x.net != NULL ? x.net->state : x.own_state, &options));
    put_head(&s, &x, o, batch);
    put_steps(&s, x.program, false);
    if (!o->is_prediction) {
        put_steps(&s, x.program, true);
    }
    put_buffers(&s, x.program);
    put_totals(&s, x.program, batch);
    DNA_TRY(dna_str_status(&s));
    fputs(dna_str_text(&s), out);
out:
    dna_str_clear(&s);
    dna_program_free(x.program);
    dna_pool_free(x.pool);
    dna_state_free(x.own_state);
    dna_graph_free(x.g);
    dna_network_free(x.net);
    dna_arena_free(x.arena);
    return rc;
}

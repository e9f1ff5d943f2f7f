/* lower_table.c - forward steps of nodes that have tables (table.h).
 *
 * SPDX-License-Identifier: MIT
 *
 *   encode (chunks): bits -> codes; how often each code occurs, where that is wanted
 *   count (one task): the same of the batch
 *   one small task a node: its table from that of its input
 *   mean over rows (chunks): shares of the codes at each position x table
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/norm.h"
#include "nn/compile/table.h"
#include "nn/compile/table_args.h"

enum { N_CODE = 1 << DNA_TABLE_MAX_BITS };

/* ---- codes ---- */

typedef struct {
    const dna_bits *of;
    dna_tensor_value x;
    int64_t H, W;
} encode_args;

/* Add how often the codes of a row occur, among those whose bits are all there. */
static void
count_row(const dna_bits *of, const uint8_t *codes, int64_t W, double *counts)
{
    for (int b = 1; b <= of->bits; b++) {
        int32_t n[4][N_CODE] = {{0}};
        int shift = of->bits - b;
        if (!of->is_used[b]) {
            continue;
        }
        for (int64_t p = 0; p + b <= W; p++) {
            n[p & 3][codes[p] >> shift]++;
        }
        for (int c = 0; c < 1 << b; c++) {
            counts[b * N_CODE + c] += (double)(n[0][c] + n[1][c] + n[2][c] + n[3][c]);
        }
    }
}

static void
place_row(const encode_args *a, int b, const uint8_t *codes, float *places)
{
    int shift = a->of->bits - b;
    float share = 1.0f / (float)a->H;
    for (int64_t p = 0; p + b <= a->W; p++) {
        places[(p << b) + (codes[p] >> shift)] += share;
    }
}

static int
run_encode(const dna_exec *e, const void *args)
{
    const encode_args *a = args;
    const dna_bits *of = a->of;
    int64_t size = a->H * a->W;
    double *counts = (double *)dna_bytes_at(&(dna_exec){.p = e->p}, of->partial)
                     + e->task * (of->bits + 1) * N_CODE;
    memset(counts, 0, (size_t)(of->bits + 1) * N_CODE * sizeof(*counts));
    for (int64_t s = 0; s < e->n; s++) {
        const float *x = dna_at(e, &a->x) + s * a->x.stride[0];
        uint8_t *codes = (uint8_t *)dna_bytes_at(e, of->codes) + s * size;
        for (int64_t h = 0; h < a->H; h++) {
            e->p->k->tables->encode(codes + h * a->W, x + h * a->W, a->W, of->bits);
            if (e->p->is_training) {
                count_row(of, codes + h * a->W, a->W, counts);
            }
        }
        for (int b = 1; b <= of->bits; b++) {
            if (of->places[b] == NULL) {
                continue;
            }
            int64_t n = (a->W - b + 1) << b;
            float *places = (float *)dna_bytes_at(e, of->places[b]) + s * n;
            memset(places, 0, (size_t)n * sizeof(*places));
            for (int64_t h = 0; h < a->H; h++) {
                place_row(a, b, codes + h * a->W, places);
            }
        }
    }
    return DNA_OK;
}

static int
run_count(const dna_exec *e, const void *args)
{
    const encode_args *a = args;
    const double *partial = dna_bytes_at(e, a->of->partial);
    double *counts = dna_bytes_at(e, a->of->counts);
    int64_t n = (a->of->bits + 1) * N_CODE;
    memset(counts, 0, (size_t)n * sizeof(*counts));
    for (int64_t k = 0; k < e->p->n_chunk; k++) {
        for (int64_t i = 0; i < n; i++) {
            counts[i] += partial[k * n + i];
        }
    }
    return DNA_OK;
}

/* The steps that make codes and counts, once for all tables of an image. */
static int
lower_codes(dna_program *p, dna_bits *of)
{
    encode_args a = {.of = of,
        .x = p->values[of->image->id],
        .H = of->image->dim[2],
        .W = of->image->dim[3]};
    size_t sums = (size_t)(of->bits + 1) * N_CODE * sizeof(double);
    int rc = DNA_OK;

    of->codes = dna_buffer_new(p, (size_t)(a.H * a.W), 0, "codes");
    of->partial = dna_buffer_new(p, 0, sums * (size_t)p->n_chunk, "shares");
    of->counts = dna_buffer_new(p, 0, sums, "counts");
    DNA_REQUIRE(of->codes != NULL && of->partial != NULL && of->counts != NULL,
        DNA_ENOMEM, "%s", dna_message());
    for (int b = 1; b <= of->bits; b++) {
        if (of->is_placed[b]) {
            of->places[b] = dna_buffer_new(
                p, (size_t)((a.W - b + 1) << b) * sizeof(float), 0, "shares of codes");
            DNA_REQUIRE(of->places[b] != NULL, DNA_ENOMEM, "%s", dna_message());
        }
    }
    dna_step *s =
        dna_step_add(p, &p->forward, "table.encode", NULL, run_encode, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, of->codes);
    dna_step_writes(s, of->partial);
    for (int b = 1; b <= of->bits; b++) {
        if (of->places[b] != NULL) {
            dna_step_writes(s, of->places[b]);
        }
    }
    if (p->is_training) {
        s = dna_step_add(p, &p->forward, "table.count", NULL, run_count, &a, sizeof(a));
        DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
        s->is_chunk = false;
        dna_step_reads(s, of->partial);
        dna_step_writes(s, of->counts);
    }
out:
    return rc;
}

/* ---- tables ---- */

const float *
dna_table_input(const dna_exec *e, const dna_table_args *a)
{
    static const float bits[2] = {0.0f, 1.0f};
    return a->in == NULL ? bits : dna_bytes_at(e, a->in->value);
}

static int
run_conv(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    const dna_node *node = a->node;
    const float *w = dna_node_param(e->p, node, DNA_WEIGHT);
    const float *bias = dna_node_param(e->p, node, DNA_BIAS);
    const float *x = dna_table_input(e, a);
    float *y = dna_bytes_at(e, a->table->value);
    int64_t O = node->dim[1];
    for (int code = 0; code < 1 << a->table->bits; code++) {
        for (int64_t o = 0; o < O; o++) {
            double sum = bias == NULL ? 0.0 : (double)bias[o];
            for (int t = 0; t < a->n_tap; t++) {
                const float *row = x + dna_table_part(a, code, t) * a->C;
                for (int64_t c = 0; c < a->C; c++) {
                    sum +=
                        (double)w[dna_table_weight(e->p, a, o, c, t)] * (double)row[c];
                }
            }
            y[code * O + o] = (float)sum;
        }
    }
    return DNA_OK;
}

/* Mean and variance of channel c, each code as often as it occurs. */
static double
statistics(const double *counts, const float *x, int n, int64_t C, int64_t c,
    double *mean, double *var)
{
    double count = 0.0;
    double sum = 0.0;
    double squares = 0.0;
    for (int k = 0; k < n; k++) {
        count += counts[k];
        sum += counts[k] * (double)x[k * C + c];
    }
    *mean = sum / count;
    for (int k = 0; k < n; k++) {
        double d = (double)x[k * C + c] - *mean;
        squares += counts[k] * d * d;
    }
    *var = squares / count;
    return count;
}

static int
run_norm(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    const dna_program *p = e->p;
    const double *counts = dna_table_counts(e, a);
    const float *x = dna_table_input(e, a);
    float *y = dna_bytes_at(e, a->table->value);
    float *v = dna_bytes_at(e, a->vectors);
    int n = 1 << a->table->bits;
    for (int64_t c = 0; c < a->C; c++) {
        int64_t k = a->node->param_begin + c;
        if (p->is_training) {
            double mean = 0.0;
            double var = 0.0;
            double count = statistics(counts, x, n, a->C, c, &mean, &var);
            dna_norm_set(p, a->node, v, c, mean, var);
            dna_norm_move(p, a->node, c, mean, var, count);
        } else {
            dna_norm_set(p, a->node, v, c,
                (double)dna_node_buffer(p, a->node, DNA_RUNNING_MEAN)[k],
                (double)dna_node_buffer(p, a->node, DNA_RUNNING_VAR)[k]);
        }
    }
    p->k->normalise(y, x, n, a->C, v + DNA_NORM_MEAN * a->C, v + DNA_NORM_SCALE * a->C,
        v + DNA_NORM_SHIFT * a->C);
    return DNA_OK;
}

static int
run_activation(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    float k[DNA_ACTIVATION_MAX_K];
    for (int i = 0; i < DNA_ACTIVATION_MAX_K; i++) {
        k[i] = (float)a->node->activation.k[i];
    }
    e->p->k->activation[a->node->activation.kind].forward(
        dna_bytes_at(e, a->table->value), dna_table_input(e, a), a->C << a->table->bits,
        k);
    return DNA_OK;
}

/* ---- means over rows ---- */

static int
run_mean(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    const float *table = dna_bytes_at(&(dna_exec){.p = e->p}, a->in->value);
    int64_t K = (int64_t)1 << a->in->bits;
    int64_t W = a->node->dim[3];
    for (int64_t b = 0; b < e->n; b++) {
        const float *places = dna_bytes_at(e, a->in->of->places[a->in->bits]);
        dna_left left = {
            .A = places + b * W * K, .M = W, .K = K, .U = 1, .step_m = K, .step_k = 1};
        e->p->k->product_from(&left, a->C, table, a->C, NULL, 0,
            dna_at(e, &a->mean) + b * a->mean.stride[0], a->C);
    }
    return DNA_OK;
}

static int
lower_mean(dna_program *p, const dna_node *node)
{
    dna_table_args a = {
        .node = node, .in = p->tables[node->in[0]->id], .C = node->dim[1]};
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.mean = p->values[node->id];
    dna_step *s =
        dna_step_add(p, &p->forward, "table.mean", NULL, run_mean, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = 2.0 * dna_entries(p, &a.mean) * (double)(1 << a.in->bits);
    dna_step_reads(s, a.in->value);
    dna_step_reads(s, a.in->of->places[a.in->bits]);
    dna_step_writes(s, a.mean.buf);
out:
    return rc;
}

const char *
dna_table_op(const dna_node *node)
{
    return node->kind == DNA_OP_ACTIVATION ? dna_activation_name(&node->activation)
                                           : dna_op(node->kind)->name;
}

double
dna_table_params(const dna_program *p, const dna_table_args *a)
{
    const dna_node *node = a->node;
    double n = 0.0;
    if (node->kind == DNA_OP_CONV2D) {
        n = (double)(a->n_tap * a->C * node->dim[1]);
        n += node->tensor[DNA_BIAS] < 0 ? 0.0 : (double)node->dim[1];
    } else if (node->kind == DNA_OP_BATCH_NORM) {
        n = (p->is_training ? 2.0 : 4.0) * (double)node->dim[1];
    }
    return n;
}

double
dna_table_flops(const dna_table_args *a)
{
    double entries = (double)(a->node->dim[1] << a->table->bits);
    return a->node->kind == DNA_OP_CONV2D ? 2.0 * (double)(a->n_tap * a->C) * entries
           : a->node->kind == DNA_OP_BATCH_NORM ? 8.0 * entries
                                                : entries;
}

dna_table_args
dna_table_args_of(const dna_program *p, const dna_node *node)
{
    dna_table_args a = {.node = node,
        .table = p->tables[node->id],
        .in = p->tables[node->in[0]->id],
        .C = node->in[0]->dim[1]};
    a.n_tap = node->kind == DNA_OP_CONV2D ? (int)node->conv.kernel[1] : 1;
    a.vectors = p->saved[node->id];
    return a;
}

int
dna_lower_table(dna_program *p, const dna_node *node)
{
    dna_table_args a = dna_table_args_of(p, node);
    dna_step_fn run = run_conv;
    int rc = DNA_OK;

    if (a.table == NULL) {
        return lower_mean(p, node);
    }
    if (a.table->of->codes == NULL) {
        DNA_TRY(lower_codes(p, a.table->of));
    }
    if (node->kind == DNA_OP_BATCH_NORM) {
        a.vectors = dna_buffer_new(
            p, 0, DNA_N_NORM_VECTOR * (size_t)a.C * sizeof(float), "norm");
        DNA_REQUIRE(a.vectors != NULL, DNA_ENOMEM, "%s", dna_message());
        p->saved[node->id] = a.vectors;
        run = run_norm;
    } else if (node->kind == DNA_OP_ACTIVATION) {
        run = run_activation;
    }
    dna_step *s =
        dna_step_add(p, &p->forward, "table", node->layer, run, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    s->fused = dna_table_op(node);
    s->flops = dna_table_flops(&a);
    s->params_read = dna_table_params(p, &a);
    if (a.in != NULL) {
        dna_step_reads(s, a.in->value);
    }
    dna_step_writes(s, a.table->value);
    if (a.vectors != NULL) {
        dna_step_writes(s, a.vectors);
        if (p->is_training) {
            dna_step_reads(s, a.table->of->counts);
            DNA_TRY(dna_norm_keep_order(p, node, s));
        }
    }
out:
    return rc;
}

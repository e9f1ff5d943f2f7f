/* lower_table_backward.c - backward steps of nodes that have tables (table.h).
 *
 * SPDX-License-Identifier: MIT
 *
 * The gradient of a table is the sum of those of all places where its rows were looked
 * up. Chunks make shares of it; one task a table adds them, in the order of the chunks.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/norm.h"
#include "nn/compile/table.h"
#include "nn/compile/table_args.h"

/* The gradient of a table, and whether it holds something already. */
static int
grad_of(dna_program *p, const dna_node *node, dna_table *t, bool *is_add)
{
    *is_add = t->grad != NULL;
    if (!*is_add) {
        t->grad = dna_buffer_new(p, 0,
            ((size_t)node->dim[1] << t->bits) * sizeof(float), "gradient of table");
    }
    return t->grad == NULL ? DNA_ENOMEM : DNA_OK;
}

static int
add_task(dna_program *p, const char *name, dna_step_fn run, const dna_table_args *a,
    dna_step **out)
{
    *out = dna_step_add(p, &p->backward, name, a->node->layer, run, a, sizeof(*a));
    if (*out == NULL) {
        return DNA_ENOMEM;
    }
    (*out)->is_chunk = false;
    return DNA_OK;
}

/* ---- shares of the chunks ---- */

static int
run_join(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    int64_t n = a->node->dim[1] << a->table->bits;
    const float *partial = dna_bytes_at(e, a->partial);
    float *grad = dna_bytes_at(e, a->table->grad);
    for (int64_t i = 0; i < n; i++) {
        double sum = a->is_add ? (double)grad[i] : 0.0;
        for (int64_t k = 0; k < e->p->n_chunk; k++) {
            sum += (double)partial[k * n + i];
        }
        grad[i] = (float)sum;
    }
    return DNA_OK;
}

int
dna_table_add_partial(dna_program *p, const dna_node *node, dna_buffer *partial)
{
    dna_table_args a = dna_table_args_of(p, node);
    dna_step *s = NULL;
    int rc = DNA_OK;

    a.partial = partial;
    DNA_TRY(grad_of(p, node, a.table, &a.is_add));
    DNA_TRY(add_task(p, "table.join", run_join, &a, &s));
    s->flops = (double)((node->dim[1] << a.table->bits) * p->n_chunk);
    dna_step_reads(s, partial);
    dna_step_writes(s, a.table->grad);
out:
    return rc;
}

static int
run_mean(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    int64_t K = (int64_t)1 << a->in->bits;
    int64_t W = a->node->dim[3];
    float *sums =
        (float *)dna_bytes_at(&(dna_exec){.p = e->p}, a->partial) + e->task * K * a->C;
    memset(sums, 0, (size_t)(K * a->C) * sizeof(*sums));
    for (int64_t b = 0; b < e->n; b++) {
        const float *places = dna_bytes_at(e, a->in->of->places[a->in->bits]);
        dna_left left = {
            .A = places + b * W * K, .M = K, .K = W, .U = 1, .step_m = 1, .step_k = K};
        e->p->k->product(
            &left, a->C, dna_at(e, &a->mean) + b * a->mean.stride[0], a->C, sums, a->C);
    }
    return DNA_OK;
}

static int
lower_mean(dna_program *p, const dna_node *node)
{
    dna_table_args a = {.node = node,
        .in = p->tables[node->in[0]->id],
        .C = node->dim[1],
        .mean = p->grads[node->id]};
    int rc = DNA_OK;

    if (a.mean.buf == NULL) {
        return DNA_OK;
    }
    size_t share = ((size_t)a.C << a.in->bits) * sizeof(float);
    a.partial = dna_buffer_new(p, 0, share * (size_t)p->n_chunk, "shares");
    DNA_REQUIRE(a.partial != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step *s = dna_step_add(
        p, &p->backward, "table.mean.backward", NULL, run_mean, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = 2.0 * dna_entries(p, &a.mean) * (double)(1 << a.in->bits);
    dna_step_reads(s, a.mean.buf);
    dna_step_reads(s, a.in->of->places[a.in->bits]);
    dna_step_writes(s, a.partial);
    DNA_TRY(dna_table_add_partial(p, node->in[0], a.partial));
out:
    return rc;
}

/* ---- tables ---- */

static int
run_conv(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    const dna_node *node = a->node;
    const float *w = dna_node_param(e->p, node, DNA_WEIGHT);
    const float *x = dna_table_input(e, a);
    const float *dy = dna_bytes_at(e, a->table->grad);
    float *dx = a->in == NULL ? NULL : dna_bytes_at(e, a->in->grad);
    float *dw = dna_node_grad(e->p, node, DNA_WEIGHT);
    float *db = dna_node_grad(e->p, node, DNA_BIAS);
    int64_t O = node->dim[1];
    int n = 1 << a->table->bits;

    if (dx != NULL && !a->is_add) {
        memset(dx, 0, (size_t)(a->C << a->in->bits) * sizeof(*dx));
    }
    for (int64_t o = 0; o < O; o++) {
        double sum = 0.0;
        for (int code = 0; code < n; code++) {
            sum += (double)dy[code * O + o];
        }
        if (db != NULL) {
            db[o] += (float)sum;
        }
        for (int64_t c = 0; c < a->C; c++) {
            for (int t = 0; t < a->n_tap; t++) {
                int64_t at = dna_table_weight(e->p, a, o, c, t);
                double total = 0.0;
                for (int code = 0; code < n; code++) {
                    int64_t i = dna_table_part(a, code, t) * a->C + c;
                    total += (double)x[i] * (double)dy[code * O + o];
                    if (dx != NULL) {
                        dx[i] += w[at] * dy[code * O + o];
                    }
                }
                dw[at] += (float)total;
            }
        }
    }
    return DNA_OK;
}

/* As the backward step of a batch norm (lower_norm_backward.c), with what passes through
 * the statistics as often as the code occurs. */
static int
run_norm(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    const dna_program *p = e->p;
    const double *counts = dna_table_counts(e, a);
    const float *v = dna_bytes_at(e, a->vectors);
    const float *x = dna_table_input(e, a);
    const float *dy = a->table->grad == NULL ? NULL : dna_bytes_at(e, a->table->grad);
    const double *follower =
        a->follower_sums == NULL ? NULL : dna_bytes_at(e, a->follower_sums);
    float *dx = dna_bytes_at(e, a->in->grad);
    int64_t C = a->C;
    int n = 1 << a->table->bits;
    for (int64_t c = 0; c < C; c++) {
        int64_t k = a->node->param_begin + c;
        double mean = (double)v[DNA_NORM_MEAN * C + c];
        double inv_std = (double)v[DNA_NORM_INV_STD * C + c];
        double scale = (double)v[DNA_NORM_SCALE * C + c];
        double count = 0.0;
        double sum = 0.0;
        double sum_x = 0.0;
        for (int i = 0; i < n; i++) {
            double g = dy == NULL ? 0.0 : (double)dy[i * C + c];
            count += counts[i];
            sum += g;
            sum_x += g * ((double)x[i * C + c] - mean);
        }
        for (int64_t i = 0; follower != NULL && i < p->n_chunk; i++) {
            sum += follower[2 * i * C + c];
            sum_x += follower[(2 * i + 1) * C + c];
        }
        dna_node_grad(p, a->node, DNA_WEIGHT)[k] += (float)(sum_x * inv_std);
        dna_node_grad(p, a->node, DNA_BIAS)[k] += (float)sum;
        for (int i = 0; i < n; i++) {
            double xc = (double)x[i * C + c] - mean;
            double g = dy == NULL ? 0.0 : scale * (double)dy[i * C + c];
            g -= counts[i] * scale * (sum + xc * inv_std * inv_std * sum_x) / count;
            dx[i * C + c] = (float)(a->is_add ? (double)dx[i * C + c] + g : g);
        }
    }
    return DNA_OK;
}

static int
run_activation(const dna_exec *e, const void *args)
{
    const dna_table_args *a = args;
    float k[DNA_ACTIVATION_MAX_K];
    bool by_result = dna_activation_uses_output(&a->node->activation);
    for (int i = 0; i < DNA_ACTIVATION_MAX_K; i++) {
        k[i] = (float)a->node->activation.k[i];
    }
    e->p->k->activation[a->node->activation.kind].backward(dna_bytes_at(e, a->in->grad),
        dna_bytes_at(e, a->table->grad),
        by_result ? dna_bytes_at(e, a->table->value) : dna_table_input(e, a),
        a->C << a->table->bits, k, a->is_add);
    return DNA_OK;
}

int
dna_lower_table_backward(dna_program *p, const dna_node *node)
{
    dna_table_args a = dna_table_args_of(p, node);
    dna_step_fn run = node->kind == DNA_OP_CONV2D       ? run_conv
                      : node->kind == DNA_OP_BATCH_NORM ? run_norm
                                                        : run_activation;
    dna_step *s = NULL;
    int rc = DNA_OK;

    if (a.table == NULL) {
        return lower_mean(p, node);
    }
    a.follower_sums = p->follower_sums[node->id];
    if (a.table->grad == NULL && a.follower_sums == NULL) {
        return DNA_OK;
    }
    if (a.in != NULL) {
        DNA_TRY(grad_of(p, node->in[0], a.in, &a.is_add));
    }
    DNA_TRY(add_task(p, "table.backward", run, &a, &s));
    s->fused = dna_table_op(node);
    s->flops = (a.in == NULL ? 1.0 : 2.0) * dna_table_flops(&a);
    s->params_read = a.in == NULL ? 0.0 : dna_table_params(p, &a);
    s->params_written = dna_table_params(p, &a);
    if (a.table->grad != NULL) {
        dna_step_reads(s, a.table->grad);
    }
    dna_step_reads(s, a.table->value);
    if (a.follower_sums != NULL) {
        dna_step_reads(s, a.follower_sums);
    }
    if (a.vectors != NULL) {
        dna_step_reads(s, a.vectors);
        dna_step_reads(s, a.table->of->counts);
    }
    if (a.in != NULL) {
        dna_step_reads(s, a.in->value);
        dna_step_writes(s, a.in->grad);
    }
out:
    return rc;
}

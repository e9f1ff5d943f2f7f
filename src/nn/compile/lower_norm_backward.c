/* lower_norm_backward.c - gradients of batch norms.
 *
 * SPDX-License-Identifier: MIT
 *
 * sums (chunks) -> finish (one task) -> apply (chunks), where
 *
 * - sums come out of the weight gradient of a convolution that the norm is folded into;
 * - what a norm_as adds to them was summed by its own backward step;
 * - nothing is applied where the chain that made x applies the slopes as it reads
 *   (dna_deferred_grad).
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/fuse.h"
#include "nn/compile/norm.h"

enum { SLOPE_DY, SLOPE_X, CONSTANT, N_SLOPE };

typedef struct {
    const dna_node *node;
    dna_tensor_value x, dy, dx; /* dy.buf NULL: nobody read the result itself */
    int64_t C, P;
    bool is_add;
    bool is_deferred;          /* the constant holds the mean's part: a dy + b x + c */
    const dna_chain *chain;    /* that the norm is folded into; NULL */
    dna_buffer *partial;       /* [n_chunk][2][C]: sums of dy and of dy (x - mean) */
    dna_buffer *follower_sums; /* the same of a norm_as; NULL */
    dna_buffer *vectors;       /* of the forward pass */
    dna_buffer *slopes;        /* [N_SLOPE][C]: dx = a dy + b (x - mean) + c */
    dna_buffer *scratch;       /* several sizes: slopes of a sample */
} norm_backward_args;

static int
run_sums(const dna_exec *e, const void *args)
{
    const norm_backward_args *a = args;
    dna_exec all = {.p = e->p};
    const float *mean =
        (const float *)dna_bytes_at(&all, a->vectors) + DNA_NORM_MEAN * a->C;
    double *sum = (double *)dna_bytes_at(&all, a->partial) + 2 * a->C * e->task;
    const float *x = dna_at(e, &a->x);
    const float *dy = dna_at(e, &a->dy);
    memset(sum, 0, 2 * (size_t)a->C * sizeof(*sum));
    for (int64_t b = 0; b < e->n; b++) {
        e->p->k->norm_sums(dy + b * a->dy.stride[0], x + b * a->x.stride[0], a->P, a->C,
            mean, sum, sum + a->C);
    }
    return DNA_OK;
}

/* Sums of the gradient and of it times (x - mean), of channel c, over the chunks. */
static void
add_chunks(const dna_exec *e, const norm_backward_args *a, const dna_buffer *partial,
    int64_t c, double *sum, double *sum_x)
{
    if (partial == NULL) {
        return;
    }
    const double *sums = dna_bytes_at(e, partial);
    for (int64_t i = 0; i < e->p->n_chunk; i++) {
        *sum += sums[2 * i * a->C + c];
        *sum_x += sums[(2 * i + 1) * a->C + c];
    }
}

/* The same out of the gradients of the weights that the norm is folded into. With no
 * padding every tap w[o][c][t] meets every gradient dt[p][o] once, so
 *     sum over p of dy[p][c]           = sum over o, t of  w * (sum over p of dt[p][o])
 *     sum over p of dy[p][c] x[p][c]   = sum over o, t of  w * (sum over p of x dt) */
static void
add_folded(const dna_exec *e, const norm_backward_args *a, int64_t c, double mean,
    double *sum, double *sum_x)
{
    const dna_chain *chain = a->chain;
    if (chain == NULL) {
        return;
    }
    const dna_node *conv = chain->conv;
    const float *w = dna_node_param(e->p, conv, DNA_WEIGHT);
    const double *dw = dna_bytes_at(e, chain->joined);
    int64_t taps = conv->conv.kernel[0] * conv->conv.kernel[1];
    int64_t O = conv->dim[1];
    int64_t channels = e->p->g->tensors[conv->tensor[DNA_WEIGHT]].dim[1];
    const double *bias = dw + taps * a->C * O;
    double s = 0.0;
    double s_x = 0.0;
    for (int64_t o = 0; o < O; o++) {
        for (int64_t t = 0; t < taps; t++) {
            float x = w[(o * channels + conv->param_begin + c) * taps + t];
            double v = (double)(chain->is_bf16 ? dna_bf16_round(x) : x);
            s += v * bias[o];
            s_x += v * dw[(t * a->C + c) * O + o];
        }
    }
    *sum += s;
    *sum_x += s_x - mean * s;
}

/* Source: Ioffe and Szegedy 2015, section 3: with m values a channel and xhat = (x -
 * mean) inv_std, dx = scale inv_std (dy - sum(dy) / m - xhat sum(dy xhat) / m). */
static int
run_finish(const dna_exec *e, const void *args)
{
    const norm_backward_args *a = args;
    const dna_program *p = e->p;
    const float *vectors = dna_bytes_at(e, a->vectors);
    float *slopes = dna_bytes_at(e, a->slopes);
    double count = dna_norm_count(p, a->node, a->P, 0, p->batch);

    for (int64_t c = 0; c < a->C; c++) {
        int64_t k = a->node->param_begin + c;
        double inv_std = (double)vectors[DNA_NORM_INV_STD * a->C + c];
        double mean = (double)vectors[DNA_NORM_MEAN * a->C + c];
        double sum = 0.0;
        double sum_x = 0.0;
        add_chunks(e, a, a->partial, c, &sum, &sum_x);
        add_chunks(e, a, a->follower_sums, c, &sum, &sum_x);
        add_folded(e, a, c, mean, &sum, &sum_x);
        double scale = (double)dna_node_param(p, a->node, DNA_WEIGHT)[k] * inv_std;
        double slope_x = -scale * inv_std * inv_std * sum_x / count;
        dna_node_grad(p, a->node, DNA_WEIGHT)[k] += (float)(sum_x * inv_std);
        dna_node_grad(p, a->node, DNA_BIAS)[k] += (float)sum;
        slopes[SLOPE_DY * a->C + c] = a->dy.buf == NULL ? 0.0f : (float)scale;
        slopes[SLOPE_X * a->C + c] = (float)slope_x;
        slopes[CONSTANT * a->C + c] =
            (float)(-scale * sum / count - (a->is_deferred ? slope_x * mean : 0.0));
    }
    return DNA_OK;
}

/* The slopes of a sample: what comes by way of the statistics counts as often as its
 * entries do. */
static const float *
sample_slopes(
    const norm_backward_args *a, const float *slopes, double times, float *scratch)
{
    if (times == 1.0) {
        return slopes;
    }
    for (int64_t c = 0; c < a->C; c++) {
        scratch[SLOPE_DY * a->C + c] = slopes[SLOPE_DY * a->C + c];
    }
    for (int64_t c = 0; c < a->C; c++) {
        scratch[SLOPE_X * a->C + c] = (float)times * slopes[SLOPE_X * a->C + c];
        scratch[CONSTANT * a->C + c] = (float)times * slopes[CONSTANT * a->C + c];
    }
    return scratch;
}

static int
run_backward_apply(const dna_exec *e, const void *args)
{
    const norm_backward_args *a = args;
    dna_exec all = {.p = e->p};
    const float *mean =
        (const float *)dna_bytes_at(&all, a->vectors) + DNA_NORM_MEAN * a->C;
    float *scratch = a->scratch == NULL ? NULL : dna_bytes_at(e, a->scratch);
    for (int64_t b = 0; b < e->n; b++) {
        dna_positions at = dna_positions_of(e, a->node, a->P, b);
        const float *slopes =
            sample_slopes(a, dna_bytes_at(&all, a->slopes), at.times, scratch);
        float *dx = dna_at(e, &a->dx) + b * a->dx.stride[0];
        const float *dy = dna_at(e, &a->dy) + b * a->dy.stride[0];
        const float *x = dna_at(e, &a->x) + b * a->x.stride[0];
        for (int64_t i = 0, k = 0; i < at.n; i++, k += at.step * a->C) {
            e->p->k->norm_backward(dx + k, dy + k, x + k, at.length, a->C, mean,
                slopes + SLOPE_DY * a->C, slopes + SLOPE_X * a->C,
                slopes + CONSTANT * a->C, a->is_add);
        }
    }
    return DNA_OK;
}

static int
lower_apply(dna_program *p, norm_backward_args *a)
{
    const dna_node *x = a->node->in[0];
    int rc = DNA_OK;

    if (a->dy.buf == NULL) { /* its slope is 0: anything finite will do */
        a->dy = a->x;
        DNA_TRY(dna_grad_of(p, x, &(dna_tensor_value *){NULL}, &a->is_add));
    } else if (p->grads[x->id].buf == NULL) {
        p->grads[x->id] = a->dy; /* in place: dy is not needed any more */
    } else {
        a->is_add = true;
    }
    a->dx = p->grads[x->id];
    DNA_TRY(dna_norm_scratch(p, N_SLOPE * (size_t)a->C * sizeof(float), &a->scratch));
    dna_step *s = dna_step_add(p, &p->backward, "batch_norm.backward", a->node->layer,
        run_backward_apply, a, sizeof(*a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (a->is_add ? 6.0 : 5.0) * dna_entries(p, &a->x);
    dna_step_reads(s, a->x.buf);
    dna_step_reads(s, a->dy.buf);
    dna_step_reads(s, a->vectors);
    dna_step_reads(s, a->slopes);
    dna_step_writes(s, a->dx.buf);
    if (a->scratch != NULL) {
        dna_step_writes(s, a->scratch);
    }
out:
    return rc;
}

/* A step that sums dy and dy (x - mean) over each chunk. */
static int
lower_sums(dna_program *p, norm_backward_args *a)
{
    int rc = DNA_OK;
    a->partial = dna_buffer_new(
        p, 0, 2 * (size_t)(a->C * p->n_chunk) * sizeof(double), "shares");
    DNA_REQUIRE(a->partial != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step *s = dna_step_add(
        p, &p->backward, "batch_norm.sums", a->node->layer, run_sums, a, sizeof(*a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = 4.0 * dna_entries(p, &a->x);
    dna_step_reads(s, a->x.buf);
    dna_step_reads(s, a->dy.buf);
    dna_step_reads(s, a->vectors);
    dna_step_writes(s, a->partial);
out:
    return rc;
}

static norm_backward_args
args_of(const dna_program *p, const dna_node *node, const dna_node *norm)
{
    return (norm_backward_args){.node = node,
        .x = p->values[node->in[0]->id],
        .dy = p->grads[node->id],
        .C = node->dim[1],
        .P = dna_node_span(node, 2),
        .vectors = p->saved[norm->id]};
}

int
dna_lower_batch_norm_backward(dna_program *p, const dna_node *node)
{
    const dna_node *x = node->in[0];
    const dna_chain *from = dna_chain_of_result(p, x);
    norm_backward_args a = args_of(p, node, node);
    int rc = DNA_OK;

    a.chain = dna_chain_of_norm(p, node);
    if (a.chain != NULL && a.chain->joined == NULL) {
        a.chain = NULL; /* nothing needs its result: the statistics were read alone */
    }
    a.follower_sums = p->follower_sums[node->id];
    a.is_deferred = from != NULL && from->is_deferred;
    a.slopes = dna_buffer_new(p, 0, N_SLOPE * (size_t)a.C * sizeof(float), "slopes");
    DNA_REQUIRE(a.slopes != NULL, DNA_ENOMEM, "%s", dna_message());
    if (a.chain == NULL && a.dy.buf != NULL) {
        DNA_TRY(lower_sums(p, &a));
    }
    dna_step *s = dna_step_add(p, &p->backward, "batch_norm.backward.finish",
        node->layer, run_finish, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    s->params_read = (double)a.C;
    s->params_written = 2.0 * (double)a.C;
    dna_step_reads(s, a.vectors);
    if (a.partial != NULL) {
        dna_step_reads(s, a.partial);
    }
    if (a.follower_sums != NULL) {
        dna_step_reads(s, a.follower_sums);
    }
    if (a.chain != NULL) {
        dna_step_reads(s, a.chain->joined);
    }
    dna_step_writes(s, a.slopes);
    if (a.is_deferred) {
        p->deferred[x->id] =
            (dna_deferred_grad){.is_set = true, .dy = a.dy, .slopes = a.slopes};
    } else if (p->needs_grad[x->id]) {
        DNA_TRY(lower_apply(p, &a));
    }
out:
    return rc;
}

/* What goes past the statistics goes straight through; the rest is left to the batch
 * norm, as sums. */
static int
run_norm_as(const dna_exec *e, const void *args)
{
    const norm_backward_args *a = args;
    const float *scale = (const float *)dna_bytes_at(&(dna_exec){.p = e->p}, a->vectors)
                         + DNA_NORM_SCALE * a->C;
    for (int64_t b = 0; b < e->n; b++) {
        float *dx = dna_at(e, &a->dx) + b * a->dx.stride[0];
        const float *dy = dna_at(e, &a->dy) + b * a->dy.stride[0];
        for (int64_t i = 0; i < a->P * a->C; i++) {
            float v = scale[i % a->C] * dy[i];
            dx[i] = a->is_add ? dx[i] + v : v;
        }
    }
    return DNA_OK;
}

int
dna_lower_norm_as_backward(dna_program *p, const dna_node *node)
{
    norm_backward_args a = args_of(p, node, node->in[2]);
    dna_tensor_value *dx = NULL;
    int rc = DNA_OK;

    DNA_TRY(lower_sums(p, &a));
    p->follower_sums[node->in[2]->id] = a.partial;
    if (p->needs_grad[node->in[0]->id]) {
        DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
        a.dx = *dx;
        dna_step *s = dna_step_add(p, &p->backward, "norm_as.backward", node->layer,
            run_norm_as, &a, sizeof(a));
        DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
        s->flops = (a.is_add ? 2.0 : 1.0) * dna_entries(p, &a.dx);
        dna_step_reads(s, a.dy.buf);
        dna_step_reads(s, a.vectors);
        dna_step_writes(s, a.dx.buf);
    }
out:
    return rc;
}

/* ---- gradients of weight and bias of the other norms ---- */

typedef struct {
    const dna_node *node;
    dna_buffer *partial;
    int64_t n;
} weight_grad_args;

/* In the order of the chunks. */
static int
run_weight_grad(const dna_exec *e, const void *args)
{
    const weight_grad_args *a = args;
    const double *partial = dna_bytes_at(e, a->partial);
    float *dw = dna_node_grad(e->p, a->node, DNA_WEIGHT) + a->node->param_begin;
    float *db = dna_node_grad(e->p, a->node, DNA_BIAS) + a->node->param_begin;
    for (int64_t i = 0; i < a->n; i++) {
        double sum_w = 0.0;
        double sum_b = 0.0;
        for (int64_t k = 0; k < e->p->n_chunk; k++) {
            sum_w += partial[2 * k * a->n + i];
            sum_b += partial[(2 * k + 1) * a->n + i];
        }
        dw[i] += (float)sum_w;
        db[i] += (float)sum_b;
    }
    return DNA_OK;
}

int
dna_lower_norm_weight_grad(
    dna_program *p, const dna_node *node, dna_buffer *partial, int64_t n)
{
    weight_grad_args a = {.node = node, .partial = partial, .n = n};
    dna_step *s = dna_step_add(p, &p->backward, "norm.weight_grad", node->layer,
        run_weight_grad, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    s->is_chunk = false;
    s->flops = 2.0 * (double)(n * p->n_chunk);
    s->params_written = 2.0 * (double)n;
    dna_step_reads(s, partial);
    return DNA_OK;
}

/* lower_group_norm.c - group and instance norms: sample by sample, channels-last.
 *
 * SPDX-License-Identifier: MIT
 *
 * The kernels of batch norms, run on one sample, give sums of each channel. Channels of
 * a group are joined in double (Chan, Golub and LeVeque 1983, Am. Stat. 37:242-247, eq.
 * 1.5, for equal counts) and the result handed back to each channel.
 *
 * A sample of several sizes may have fewer channels than there are; the others are zero
 * and stay so.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

/* Kept of each group of a sample: the mean rounded to float, what that added to it, and
 * 1/sqrt(var + eps). */
enum { MEAN, REST, INV_STD, N_SAVED };

typedef struct {
    const dna_node *node;
    dna_tensor_value x, y, dx; /* y: dy in backward */
    int64_t C, P;              /* channels; positions of a sample of full size */
    bool wants_dx, is_add;
    dna_buffer *saved;   /* a sample: [groups][N_SAVED] */
    dna_buffer *scratch; /* a chunk: doubles [2][C], floats [4][C] */
    dna_buffer
        *partial; /* [n_chunk][2][C] doubles: sums of weight and bias gradients */
} group_args;

static group_args
args_of(const dna_node *node)
{
    return (group_args){.node = node, .C = node->dim[1], .P = dna_node_span(node, 2)};
}

/* What one sample normalises: its groups, `size` channels each, and their positions. */
typedef struct {
    int64_t groups, size;
    dna_positions at;
} sample_groups;

static sample_groups
groups_of(const dna_exec *e, const group_args *a, int64_t b)
{
    const dna_node *own = dna_own_node(e, a->node, b);
    int64_t groups = dna_node_groups(own);
    return (sample_groups){
        groups, own->dim[1] / groups, dna_positions_of(e, a->node, a->P, b)};
}

static size_t
scratch_bytes(const group_args *a)
{
    return (size_t)a->C * (2 * sizeof(double) + 4 * sizeof(float));
}

static int
make_scratch(dna_program *p, group_args *a)
{
    a->scratch = dna_buffer_new(p, scratch_bytes(a), 0, "scratch");
    return a->scratch == NULL ? DNA_ENOMEM : DNA_OK;
}

/* Mean and 1/sqrt(var + eps) of the channels c0 .. c1-1 from their sums about shift over
 * n positions. */
static void
join_channels(const group_args *a, int64_t c0, int64_t c1, double n, const float *shift,
    const double *sum, const double *squares, double *mean, double *inv_std)
{
    double m = 0.0;
    double s = 0.0;
    for (int64_t c = c0; c < c1; c++) {
        m += ((double)shift[c] + sum[c] / n) / (double)(c1 - c0);
    }
    for (int64_t c = c0; c < c1; c++) {
        double d = (double)shift[c] + sum[c] / n - m;
        s += squares[c] - sum[c] * sum[c] / n + n * d * d;
    }
    *mean = m;
    *inv_std = 1.0 / sqrt(DNA_MAX(s, 0.0) / (n * (double)(c1 - c0)) + a->node->eps);
}

static void
forward_sample(const dna_exec *e, const group_args *a, sample_groups s, float *y,
    const float *x, float *saved, double *sum)
{
    const dna_kernels *k = e->p->k;
    dna_positions at = s.at;
    const float *weight = dna_node_param(e->p, a->node, DNA_WEIGHT);
    const float *bias = dna_node_param(e->p, a->node, DNA_BIAS);
    float *means = (float *)(sum + 2 * a->C);
    float *scales = means + a->C;
    float *shifts = scales + a->C;

    memset(sum, 0, scratch_bytes(a));
    /* about the first row: near the mean, so nothing cancels */
    for (int64_t i = 0; i < at.n; i++) {
        k->moments(x + i * at.step * a->C, at.length, a->C, x, sum, sum + a->C);
    }
    for (int64_t g = 0; g < s.groups; g++) {
        double mean = 0.0;
        double inv_std = 0.0;
        join_channels(a, g * s.size, (g + 1) * s.size, (double)(at.n * at.length), x,
            sum, sum + a->C, &mean, &inv_std);
        double rest = (double)(float)mean - mean;
        saved[N_SAVED * g + MEAN] = (float)mean;
        saved[N_SAVED * g + REST] = (float)rest;
        saved[N_SAVED * g + INV_STD] = (float)inv_std;
        for (int64_t c = g * s.size; c < (g + 1) * s.size; c++) {
            int64_t w = a->node->param_begin + c;
            double scale = inv_std * (weight == NULL ? 1.0 : (double)weight[w]);
            means[c] = (float)mean;
            scales[c] = (float)scale;
            shifts[c] = (float)(rest * scale + (bias == NULL ? 0.0 : (double)bias[w]));
        }
    }
    for (int64_t i = 0; i < at.n; i++) {
        int64_t row = i * at.step * a->C;
        k->normalise(y + row, x + row, at.length, a->C, means, scales, shifts);
    }
}

static int
run_forward(const dna_exec *e, const void *args)
{
    const group_args *a = args;
    float *y = dna_at(e, &a->y);
    const float *x = dna_at(e, &a->x);
    float *saved = dna_bytes_at(e, a->saved);
    for (int64_t b = 0; b < e->n; b++) {
        forward_sample(e, a, groups_of(e, a, b), y + b * a->y.stride[0],
            x + b * a->x.stride[0], saved + N_SAVED * dna_node_groups(a->node) * b,
            dna_bytes_at(e, a->scratch));
    }
    return DNA_OK;
}

int
dna_lower_group_norm(dna_program *p, const dna_node *node)
{
    group_args a = args_of(node);
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    DNA_TRY(make_scratch(p, &a));
    a.x = p->values[node->in[0]->id];
    a.y = p->values[node->id];
    a.saved = dna_buffer_new(
        p, N_SAVED * (size_t)dna_node_groups(node) * sizeof(float), 0, "norm");
    DNA_REQUIRE(a.saved != NULL, DNA_ENOMEM, "%s", dna_message());
    p->saved[node->id] = a.saved;
    dna_step *s = dna_step_add(
        p, &p->forward, "group_norm", node->layer, run_forward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = 7.0 * dna_entries(p, &a.y); /* moments, then y */
    s->params_read = node->tensor[DNA_WEIGHT] < 0 ? 0.0 : 2.0 * (double)a.C;
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, a.y.buf);
    dna_step_writes(s, a.saved);
    dna_step_writes(s, a.scratch);
out:
    return rc;
}

/* With xhat = (x - mean) inv_std and g = w dy: dx = inv_std (g - mean(g) - xhat mean(g
 * xhat)), as slopes of dy and x - mean and a constant. */
static void
backward_sample(const dna_exec *e, const group_args *a, sample_groups s, float *dx,
    const float *dy, const float *x, const float *saved, double *sum, double *partial)
{
    const dna_kernels *k = e->p->k;
    dna_positions at = s.at;
    const float *weight = dna_node_param(e->p, a->node, DNA_WEIGHT);
    double n = (double)(at.n * at.length * s.size);
    double *sum_x = sum + a->C;
    float *means = (float *)(sum + 2 * a->C);
    float *slopes = means + a->C; /* of dy, of x, then the constants */

    memset(sum, 0, scratch_bytes(a));
    for (int64_t c = 0; c < s.groups * s.size; c++) {
        means[c] = saved[N_SAVED * (c / s.size) + MEAN];
    }
    for (int64_t i = 0; i < at.n; i++) {
        int64_t row = i * at.step * a->C;
        k->norm_sums(dy + row, x + row, at.length, a->C, means, sum, sum_x);
    }
    for (int64_t g = 0; g < s.groups; g++) {
        double inv_std = (double)saved[N_SAVED * g + INV_STD];
        double rest = (double)saved[N_SAVED * g + REST];
        double sum_g = 0.0;
        double sum_gx = 0.0;
        for (int64_t c = g * s.size; c < (g + 1) * s.size; c++) {
            double w = weight == NULL ? 1.0 : (double)weight[a->node->param_begin + c];
            sum_x[c] += rest * sum[c]; /* about the mean itself */
            partial[c] += sum_x[c] * inv_std;
            partial[a->C + c] += sum[c];
            sum_g += w * sum[c];
            sum_gx += w * sum_x[c];
            slopes[c] = (float)(w * inv_std);
        }
        double slope = -inv_std * inv_std * inv_std * sum_gx / n;
        for (int64_t c = g * s.size; c < (g + 1) * s.size; c++) {
            slopes[a->C + c] = (float)slope;
            slopes[2 * a->C + c] = (float)(rest * slope - inv_std * sum_g / n);
        }
    }
    for (int64_t i = 0; a->wants_dx && i < at.n; i++) {
        int64_t row = i * at.step * a->C;
        k->norm_backward(dx + row, dy + row, x + row, at.length, a->C, means, slopes,
            slopes + a->C, slopes + 2 * a->C, a->is_add);
    }
}

static int
run_backward(const dna_exec *e, const void *args)
{
    const group_args *a = args;
    const float *x = dna_at(e, &a->x);
    const float *dy = dna_at(e, &a->y);
    float *dx = a->wants_dx ? dna_at(e, &a->dx) : NULL;
    const float *saved = dna_bytes_at(e, a->saved);
    double *partial =
        (double *)dna_bytes_at(&(dna_exec){.p = e->p}, a->partial) + 2 * a->C * e->task;
    memset(partial, 0, 2 * (size_t)a->C * sizeof(*partial));
    for (int64_t b = 0; b < e->n; b++) {
        backward_sample(e, a, groups_of(e, a, b),
            a->wants_dx ? dx + b * a->dx.stride[0] : NULL, dy + b * a->y.stride[0],
            x + b * a->x.stride[0], saved + N_SAVED * dna_node_groups(a->node) * b,
            dna_bytes_at(e, a->scratch), partial);
    }
    return DNA_OK;
}

int
dna_lower_group_norm_backward(dna_program *p, const dna_node *node)
{
    group_args a = args_of(node);
    const dna_node *in = node->in[0];
    int rc = DNA_OK;

    a.x = p->values[in->id];
    a.y = p->grads[node->id];
    a.saved = p->saved[node->id];
    a.wants_dx = p->needs_grad[in->id];
    if (a.wants_dx && p->grads[in->id].buf == NULL) {
        p->grads[in->id] = a.y; /* in place: dy is not needed any more */
    } else {
        a.is_add = true;
    }
    a.dx = p->grads[in->id];
    DNA_TRY(make_scratch(p, &a));
    a.partial =
        dna_buffer_new(p, 0, 2 * (size_t)(a.C * p->n_chunk) * sizeof(double), "shares");
    DNA_REQUIRE(a.partial != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step *s = dna_step_add(p, &p->backward, "group_norm.backward", node->layer,
        run_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (a.wants_dx ? 9.0 : 4.0) * dna_entries(p, &a.x); /* sums, then dx */
    s->params_read = node->tensor[DNA_WEIGHT] < 0 ? 0.0 : (double)a.C;
    dna_step_reads(s, a.x.buf);
    dna_step_reads(s, a.y.buf);
    dna_step_reads(s, a.saved);
    dna_step_writes(s, a.scratch);
    dna_step_writes(s, a.partial);
    if (a.wants_dx) {
        dna_step_writes(s, a.dx.buf);
    }
    if (node->tensor[DNA_WEIGHT] >= 0) {
        DNA_TRY(dna_lower_norm_weight_grad(p, node, a.partial, a.C));
    }
out:
    return rc;
}

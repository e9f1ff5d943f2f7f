/* lower_norm.c - batch norm: sums over chunks, one step that joins them, one that
 * applies.
 *
 * SPDX-License-Identifier: MIT
 *
 * Training, forward:   moments (chunks) -> finish (one task) -> apply (chunks)
 * Training, backward:  sums (chunks) -> finish (one task) -> apply (chunks)
 * Evaluation:          fold the running statistics (one task) -> apply (chunks)
 *
 * Means and squares of the chunks are joined in the order of the chunks, in double.
 * Source: Chan, Golub and LeVeque 1983, Am. Stat. 37:242-247, eq. 1.5.
 *
 * In batches of several sizes sums run over the rows of each sample's own extents, and a
 * sample's entries count as often as its own graph repeats them.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

/* Vectors of C floats each, in one fixed buffer. */
enum { MEAN, INV_STD, SCALE, SHIFT, N_VECTOR };
enum { SLOPE_DY, SLOPE_X, CONSTANT, N_SLOPE };

typedef struct {
    const dna_node *node;
    dna_tensor_value x, y;
    int64_t C, P;        /* channels; positions a sample */
    dna_buffer *partial; /* [n_chunk] of C means, C sums of squares about them, and how
                          * much the chunk counts; doubles */
    dna_buffer *scratch; /* several sizes: [2][C] doubles a sample */
    dna_buffer *vectors; /* [N_VECTOR][C] */
} norm_args;

typedef struct {
    const dna_node *node;
    dna_tensor_value x, dy, dx;
    int64_t C, P;
    bool is_add;
    dna_buffer *partial; /* [n_chunk][2][C]: sums of dy and of dy (x - mean) */
    dna_buffer *vectors; /* of the forward pass */
    dna_buffer *slopes;  /* [N_SLOPE][C]: dx = a dy + b (x - mean) + c */
    dna_buffer *scratch; /* several sizes: slopes of a sample */
} norm_backward_args;

dna_positions
dna_positions_of(const dna_exec *e, const dna_node *node, int64_t P, int64_t b)
{
    const dna_node *own = dna_own_node(e, node, b);
    if (e->p->extents == NULL) {
        return (dna_positions){1, P, P, 1.0};
    }
    if (own == node || node->n_dim < 4) {
        return (dna_positions){1, P, P, (double)own->repeat};
    }
    return (dna_positions){own->dim[2], own->dim[3], node->dim[3], (double)own->repeat};
}

/* How much samples b0 .. b0+n-1 count. */
static double
count_of(const dna_program *p, const dna_node *node, int64_t P, int64_t b0, int64_t n)
{
    dna_exec e = {.p = p, .b0 = b0};
    double count = 0.0;
    if (p->extents == NULL) {
        return (double)(n * P);
    }
    for (int64_t b = 0; b < n; b++) {
        dna_positions at = dna_positions_of(&e, node, P, b);
        count += at.times * (double)(at.n * at.length);
    }
    return count;
}

/* Sums of one sample: added to `sums` if each entry counts once, else by way of
 * `scratch`. Both hold 2 C numbers. */
static void
sample_moments(const dna_exec *e, const norm_args *a, int64_t b, const float *x,
    const float *shift, double *sums, double *scratch)
{
    dna_positions at = dna_positions_of(e, a->node, a->P, b);
    bool is_plain = at.times == 1.0;
    double *to = is_plain ? sums : scratch;
    if (!is_plain) {
        memset(scratch, 0, 2 * (size_t)a->C * sizeof(*scratch));
    }
    for (int64_t i = 0; i < at.n; i++) {
        e->p->k->moments(x + i * at.step * a->C, at.length, a->C, shift, to, to + a->C);
    }
    for (int64_t c = 0; !is_plain && c < 2 * a->C; c++) {
        sums[c] += at.times * scratch[c];
    }
}

static int
run_moments(const dna_exec *e, const void *args)
{
    const norm_args *a = args;
    const float *x = dna_at(e, &a->x);
    double *mean = (double *)dna_bytes_at(&(dna_exec){.p = e->p}, a->partial)
                   + (2 * a->C + 1) * e->task;
    double *squares = mean + a->C;
    double *scratch = a->scratch == NULL ? NULL : dna_bytes_at(e, a->scratch);
    const float *shift =
        x; /* the chunk's first row: near the mean, so nothing cancels */
    double count = count_of(e->p, a->node, a->P, e->b0, e->n);

    memset(mean, 0, 2 * (size_t)a->C * sizeof(*mean));
    for (int64_t b = 0; b < e->n; b++) {
        sample_moments(e, a, b, x + b * a->x.stride[0], shift, mean, scratch);
    }
    for (int64_t c = 0; c < a->C; c++) {
        squares[c] -= mean[c] * mean[c] / count;
        mean[c] = (double)shift[c] + mean[c] / count;
    }
    squares[a->C] = count;
    return DNA_OK;
}

/* Vectors of y = (x - mean) * scale + shift for given statistics of channel c. */
static void
set_vectors(const dna_program *p, const norm_args *a, float *vectors, int64_t c,
    double mean, double var)
{
    int64_t k = a->node->param_begin + c;
    double inv_std = 1.0 / sqrt(var + a->node->eps);
    double scale = (double)dna_node_param(p, a->node, DNA_WEIGHT)[k] * inv_std;
    vectors[MEAN * a->C + c] = (float)mean;
    vectors[INV_STD * a->C + c] = (float)inv_std;
    vectors[SCALE * a->C + c] = (float)scale;
    /* what rounding the mean to float takes away */
    double rest = ((double)(float)mean - mean) * scale;
    vectors[SHIFT * a->C + c] =
        (float)((double)dna_node_param(p, a->node, DNA_BIAS)[k] + rest);
}

static void
join_chunks(const dna_exec *e, const norm_args *a, int64_t c, double *mean, double *var)
{
    const double *partial = dna_bytes_at(e, a->partial);
    double total = 0.0;
    double m = 0.0;
    double squares = 0.0;
    for (int64_t k = 0; k < e->p->n_chunk; k++, partial += 2 * a->C + 1) {
        double count = partial[2 * a->C];
        double d = partial[c] - m;
        squares += partial[a->C + c] + d * d * total * count / (total + count);
        m += d * count / (total + count);
        total += count;
    }
    *mean = m;
    *var = squares / total;
}

static int
too_few(const dna_node *node)
{
    return dna_fail(DNA_ESHAPE,
        "%s: a batch norm cannot be trained on one value a channel: a batch of at least 2 samples is needed",
        node->layer);
}

static int
run_finish(const dna_exec *e, const void *args)
{
    const norm_args *a = args;
    const dna_program *p = e->p;
    float *vectors = dna_bytes_at(e, a->vectors);
    float *running_mean = dna_node_buffer(p, a->node, DNA_RUNNING_MEAN);
    float *running_var = dna_node_buffer(p, a->node, DNA_RUNNING_VAR);
    double count = count_of(p, a->node, a->P, 0, p->batch);
    double m = a->node->momentum;

    if (p->extents == NULL) {
        count *= (double)a->node->repeat;
    } else if (count <= 1.0) {
        return too_few(a->node);
    }
    for (int64_t c = 0; c < a->C; c++) {
        int64_t k = a->node->param_begin + c;
        double mean = 0.0;
        double var = 0.0;
        join_chunks(e, a, c, &mean, &var);
        set_vectors(p, a, vectors, c, mean, var);
        running_mean[k] = (float)((1.0 - m) * (double)running_mean[k] + m * mean);
        running_var[k] = (float)((1.0 - m) * (double)running_var[k]
                                 + m * var * count / (count - 1.0));
    }
    if (a->node->param_begin == 0) {
        dna_state_counters(
            p->state)[p->g->tensors[a->node->tensor[DNA_TRACKED]].offset]++;
    }
    return DNA_OK;
}

static int
run_fold(const dna_exec *e, const void *args)
{
    const norm_args *a = args;
    float *vectors = dna_bytes_at(e, a->vectors);
    const float *mean = dna_node_buffer(e->p, a->node, DNA_RUNNING_MEAN);
    const float *var = dna_node_buffer(e->p, a->node, DNA_RUNNING_VAR);
    for (int64_t c = 0; c < a->C; c++) {
        int64_t k = a->node->param_begin + c;
        set_vectors(e->p, a, vectors, c, (double)mean[k], (double)var[k]);
    }
    return DNA_OK;
}

static int
run_apply(const dna_exec *e, const void *args)
{
    const norm_args *a = args;
    const float *vectors = dna_bytes_at(&(dna_exec){.p = e->p}, a->vectors);
    float *y = dna_at(e, &a->y);
    const float *x = dna_at(e, &a->x);
    for (int64_t b = 0; b < e->n; b++) {
        e->p->k->normalise(y + b * a->y.stride[0], x + b * a->x.stride[0], a->P, a->C,
            vectors + MEAN * a->C, vectors + SCALE * a->C, vectors + SHIFT * a->C);
    }
    return DNA_OK;
}

static int
add_step(dna_program *p, const char *name, dna_step_fn run, const norm_args *a,
    bool is_chunk, dna_step **out)
{
    *out = dna_step_add(p, &p->forward, name, a->node->layer, run, a, sizeof(*a));
    if (*out == NULL) {
        return DNA_ENOMEM;
    }
    (*out)->is_chunk = is_chunk;
    return DNA_OK;
}

/* A layer used twice moves its running statistics in the order of the graph. */
static int
keep_order(dna_program *p, const dna_node *node, dna_step *s)
{
    dna_buffer **b = &p->statistics[node->tensor[DNA_RUNNING_MEAN]];
    if (*b == NULL) {
        *b = dna_buffer_new(p, 0, 0);
    }
    if (*b == NULL) {
        return DNA_ENOMEM;
    }
    dna_step_writes(s, *b);
    return DNA_OK;
}

static int
scratch_for_mixed(dna_program *p, size_t sample_bytes, dna_buffer **scratch)
{
    *scratch = NULL;
    if (p->extents == NULL) {
        return DNA_OK;
    }
    *scratch = dna_buffer_new(p, sample_bytes, 0);
    return *scratch == NULL ? DNA_ENOMEM : DNA_OK;
}

int
dna_lower_batch_norm(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    norm_args a = {
        .node = node, .x = *x, .C = node->dim[1], .P = dna_node_span(node, 2)};
    dna_step *s = NULL;
    int rc = DNA_OK;

    if (p->is_training && p->batch * a.P * node->repeat == 1) {
        return too_few(node);
    }
    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.y = p->values[node->id];
    a.vectors = dna_buffer_new(p, 0, N_VECTOR * (size_t)a.C * sizeof(float));
    a.partial =
        dna_buffer_new(p, 0, (size_t)((2 * a.C + 1) * p->n_chunk) * sizeof(double));
    DNA_REQUIRE(
        a.vectors != NULL && a.partial != NULL, DNA_ENOMEM, "%s", dna_message());
    p->saved[node->id] = a.vectors;
    if (p->is_training) {
        DNA_TRY(scratch_for_mixed(p, 2 * (size_t)a.C * sizeof(double), &a.scratch));
        DNA_TRY(add_step(p, "batch_norm.moments", run_moments, &a, true, &s));
        dna_step_reads(s, x->buf);
        dna_step_writes(s, a.partial);
        if (a.scratch != NULL) {
            dna_step_writes(s, a.scratch);
        }
        DNA_TRY(add_step(p, "batch_norm.finish", run_finish, &a, false, &s));
        dna_step_reads(s, a.partial);
        dna_step_writes(s, a.vectors);
        DNA_TRY(keep_order(p, node, s));
    } else {
        DNA_TRY(add_step(p, "batch_norm.fold", run_fold, &a, false, &s));
        dna_step_writes(s, a.vectors);
    }
    DNA_TRY(add_step(p, "batch_norm", run_apply, &a, true, &s));
    dna_step_reads(s, x->buf);
    dna_step_reads(s, a.vectors);
    dna_step_writes(s, a.y.buf);
out:
    return rc;
}

static int
run_sums(const dna_exec *e, const void *args)
{
    const norm_backward_args *a = args;
    dna_exec all = {.p = e->p};
    const float *mean = (const float *)dna_bytes_at(&all, a->vectors) + MEAN * a->C;
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

/* Source: Ioffe and Szegedy 2015, section 3: with m values a channel and xhat = (x -
 * mean) inv_std, dx = scale inv_std (dy - sum(dy) / m - xhat sum(dy xhat) / m). */
static int
run_backward_finish(const dna_exec *e, const void *args)
{
    const norm_backward_args *a = args;
    const dna_program *p = e->p;
    const float *inv_stds = (const float *)dna_bytes_at(e, a->vectors) + INV_STD * a->C;
    const double *partial = dna_bytes_at(e, a->partial);
    float *slopes = dna_bytes_at(e, a->slopes);
    double count = count_of(p, a->node, a->P, 0, p->batch);

    for (int64_t c = 0; c < a->C; c++) {
        int64_t k = a->node->param_begin + c;
        double inv_std = (double)inv_stds[c];
        double sum = 0.0;
        double sum_x = 0.0;
        for (int64_t i = 0; i < p->n_chunk; i++) {
            sum += partial[2 * i * a->C + c];
            sum_x += partial[(2 * i + 1) * a->C + c];
        }
        double scale = (double)dna_node_param(p, a->node, DNA_WEIGHT)[k] * inv_std;
        dna_node_grad(p, a->node, DNA_WEIGHT)[k] += (float)(sum_x * inv_std);
        dna_node_grad(p, a->node, DNA_BIAS)[k] += (float)sum;
        slopes[SLOPE_DY * a->C + c] = (float)scale;
        slopes[SLOPE_X * a->C + c] =
            (float)(-scale * inv_std * inv_std * sum_x / count);
        slopes[CONSTANT * a->C + c] = (float)(-scale * sum / count);
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
    const float *mean = (const float *)dna_bytes_at(&all, a->vectors) + MEAN * a->C;
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

int
dna_lower_batch_norm_backward(dna_program *p, const dna_node *node)
{
    norm_backward_args a = {.node = node,
        .x = p->values[node->in[0]->id],
        .dy = p->grads[node->id],
        .C = node->dim[1],
        .P = dna_node_span(node, 2),
        .vectors = p->saved[node->id]};
    dna_step_list *list = &p->backward;
    int rc = DNA_OK;

    a.slopes = dna_buffer_new(p, 0, N_SLOPE * (size_t)a.C * sizeof(float));
    a.partial = dna_buffer_new(p, 0, 2 * (size_t)(a.C * p->n_chunk) * sizeof(double));
    DNA_REQUIRE(a.slopes != NULL && a.partial != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step *s =
        dna_step_add(p, list, "batch_norm.sums", node->layer, run_sums, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.x.buf);
    dna_step_reads(s, a.dy.buf);
    dna_step_reads(s, a.vectors);
    dna_step_writes(s, a.partial);
    s = dna_step_add(p, list, "batch_norm.backward.finish", node->layer,
        run_backward_finish, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    dna_step_reads(s, a.vectors);
    dna_step_reads(s, a.partial);
    dna_step_writes(s, a.slopes);
    if (!p->needs_grad[node->in[0]->id]) {
        return DNA_OK;
    }
    if (p->grads[node->in[0]->id].buf == NULL) {
        p->grads[node->in[0]->id] = a.dy; /* in place: dy is not needed any more */
    } else {
        a.is_add = true;
    }
    a.dx = p->grads[node->in[0]->id];
    DNA_TRY(scratch_for_mixed(p, N_SLOPE * (size_t)a.C * sizeof(float), &a.scratch));
    s = dna_step_add(
        p, list, "batch_norm.backward", node->layer, run_backward_apply, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.x.buf);
    dna_step_reads(s, a.dy.buf);
    dna_step_reads(s, a.vectors);
    dna_step_reads(s, a.slopes);
    dna_step_writes(s, a.dx.buf);
    if (a.scratch != NULL) {
        dna_step_writes(s, a.scratch);
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
    dna_step_reads(s, partial);
    return DNA_OK;
}

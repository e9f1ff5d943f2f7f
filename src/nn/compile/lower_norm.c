/* lower_norm.c - batch norm: sums over chunks, one step that joins them, one that
 * applies.
 *
 * SPDX-License-Identifier: MIT
 *
 * Training, forward:   moments (chunks) -> finish (one task) -> apply (chunks)
 * Evaluation:          fold the running statistics (one task) -> apply (chunks)
 *
 * The moments are not made where the chain that makes the input has made them, and
 * nothing is applied where the norm is folded into a convolution (fuse.h).
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
#include "nn/compile/fuse.h"
#include "nn/compile/norm.h"

typedef struct {
    const dna_node *node;
    dna_tensor_value x, y;
    int64_t C, P;        /* channels; positions a sample */
    dna_buffer *partial; /* [n_chunk] of C means, C sums of squares about them, and how
                          * much the chunk counts; doubles */
    dna_buffer *scratch; /* several sizes: [2][C] doubles a sample */
    dna_buffer *vectors; /* [N_VECTOR][C] */
} norm_args;

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

double
dna_norm_count(
    const dna_program *p, const dna_node *node, int64_t P, int64_t b0, int64_t n)
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
    double count = dna_norm_count(e->p, a->node, a->P, e->b0, e->n);

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

void
dna_norm_set(const dna_program *p, const dna_node *node, float *vectors, int64_t c,
    double mean, double var)
{
    int64_t C = node->dim[1];
    int64_t k = node->param_begin + c;
    double inv_std = 1.0 / sqrt(var + node->eps);
    double scale = (double)dna_node_param(p, node, DNA_WEIGHT)[k] * inv_std;
    vectors[DNA_NORM_MEAN * C + c] = (float)mean;
    vectors[DNA_NORM_INV_STD * C + c] = (float)inv_std;
    vectors[DNA_NORM_SCALE * C + c] = (float)scale;
    /* what rounding the mean to float takes away */
    double rest = ((double)(float)mean - mean) * scale;
    vectors[DNA_NORM_SHIFT * C + c] =
        (float)((double)dna_node_param(p, node, DNA_BIAS)[k] + rest);
}

void
dna_norm_move(const dna_program *p, const dna_node *node, int64_t c, double mean,
    double var, double count)
{
    int64_t k = node->param_begin + c;
    float *running_mean = dna_node_buffer(p, node, DNA_RUNNING_MEAN);
    float *running_var = dna_node_buffer(p, node, DNA_RUNNING_VAR);
    double m = node->momentum;
    running_mean[k] = (float)((1.0 - m) * (double)running_mean[k] + m * mean);
    running_var[k] =
        (float)((1.0 - m) * (double)running_var[k] + m * var * count / (count - 1.0));
    if (k == 0) {
        dna_state_counters(p->state)[p->g->tensors[node->tensor[DNA_TRACKED]].offset]++;
    }
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
    double count = dna_norm_count(p, a->node, a->P, 0, p->batch);

    if (p->extents == NULL) {
        count *= (double)a->node->repeat;
    } else if (count <= 1.0) {
        return too_few(a->node);
    }
    for (int64_t c = 0; c < a->C; c++) {
        double mean = 0.0;
        double var = 0.0;
        join_chunks(e, a, c, &mean, &var);
        dna_norm_set(p, a->node, vectors, c, mean, var);
        dna_norm_move(p, a->node, c, mean, var, count);
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
        dna_norm_set(e->p, a->node, vectors, c, (double)mean[k], (double)var[k]);
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
            vectors + DNA_NORM_MEAN * a->C, vectors + DNA_NORM_SCALE * a->C,
            vectors + DNA_NORM_SHIFT * a->C);
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
int
dna_norm_keep_order(dna_program *p, const dna_node *node, dna_step *s)
{
    dna_buffer **b = &p->statistics[node->tensor[DNA_RUNNING_MEAN]];
    if (*b == NULL) {
        *b = dna_buffer_new(p, 0, 0, "order");
    }
    if (*b == NULL) {
        return DNA_ENOMEM;
    }
    dna_step_writes(s, *b);
    return DNA_OK;
}

int
dna_norm_scratch(dna_program *p, size_t sample_bytes, dna_buffer **scratch)
{
    *scratch = NULL;
    if (p->extents == NULL) {
        return DNA_OK;
    }
    *scratch = dna_buffer_new(p, sample_bytes, 0, "scratch");
    return *scratch == NULL ? DNA_ENOMEM : DNA_OK;
}

/* The steps of training that end with the vectors. */
static int
lower_statistics(dna_program *p, norm_args *a)
{
    const dna_chain *from = dna_chain_of_result(p, a->node->in[0]);
    bool are_made = from != NULL && from->next_norm == a->node;
    dna_step *s = NULL;
    int rc = DNA_OK;

    a->partial =
        are_made ? from->moments
                 : dna_buffer_new(p, 0,
                     (size_t)((2 * a->C + 1) * p->n_chunk) * sizeof(double), "moments");
    DNA_REQUIRE(a->partial != NULL, DNA_ENOMEM, "%s", dna_message());
    if (!are_made) {
        DNA_TRY(dna_norm_scratch(p, 2 * (size_t)a->C * sizeof(double), &a->scratch));
        DNA_TRY(add_step(p, "batch_norm.moments", run_moments, a, true, &s));
        s->flops = 4.0 * dna_entries(p, &a->x); /* x - shift, its sum, its square's */
        dna_step_reads(s, a->x.buf);
        dna_step_writes(s, a->partial);
        if (a->scratch != NULL) {
            dna_step_writes(s, a->scratch);
        }
    }
    DNA_TRY(add_step(p, "batch_norm.finish", run_finish, a, false, &s));
    s->params_read = 4.0 * (double)a->C; /* running statistics, too */
    s->params_written = 2.0 * (double)a->C;
    dna_step_reads(s, a->partial);
    dna_step_writes(s, a->vectors);
    DNA_TRY(dna_norm_keep_order(p, a->node, s));
out:
    return rc;
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
    a.vectors =
        dna_buffer_new(p, 0, DNA_N_NORM_VECTOR * (size_t)a.C * sizeof(float), "norm");
    DNA_REQUIRE(a.vectors != NULL, DNA_ENOMEM, "%s", dna_message());
    p->saved[node->id] = a.vectors;
    if (p->is_training) {
        DNA_TRY(lower_statistics(p, &a));
    } else {
        DNA_TRY(add_step(p, "batch_norm.fold", run_fold, &a, false, &s));
        s->params_read = 4.0 * (double)a.C;
        dna_step_writes(s, a.vectors);
    }
    if (dna_chain_of_norm(p, node) != NULL) {
        return DNA_OK;
    }
    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.y = p->values[node->id];
    DNA_TRY(add_step(p, "batch_norm", run_apply, &a, true, &s));
    s->flops = 3.0 * dna_entries(p, &a.y);
    dna_step_reads(s, x->buf);
    dna_step_reads(s, a.vectors);
    dna_step_writes(s, a.y.buf);
out:
    return rc;
}

int
dna_lower_norm_again(dna_program *p, const dna_node *node, const dna_tensor_value *y,
    const dna_tensor_value *after)
{
    norm_args a = {.node = node,
        .x = p->values[node->in[0]->id],
        .y = *y,
        .C = node->dim[1],
        .P = dna_node_span(node, 2),
        .vectors = p->saved[node->id]};
    dna_step *s = dna_step_add(
        p, &p->backward, "batch_norm.again", node->layer, run_apply, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    s->flops = 3.0 * dna_entries(p, y);
    dna_step_reads(s, a.x.buf);
    dna_step_reads(s, a.vectors);
    dna_step_reads(s, after->buf); /* so that y lives no longer than it must */
    dna_step_writes(s, y->buf);
    return DNA_OK;
}

int
dna_lower_norm_as(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    norm_args a = {.node = node,
        .x = *x,
        .C = node->dim[1],
        .P = dna_node_span(node, 2),
        .vectors = p->saved[node->in[2]->id]};
    dna_step *s = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.y = p->values[node->id];
    DNA_TRY(add_step(p, "norm_as", run_apply, &a, true, &s));
    s->flops = 3.0 * dna_entries(p, &a.y);
    dna_step_reads(s, x->buf);
    dna_step_reads(s, a.vectors);
    dna_step_writes(s, a.y.buf);
out:
    return rc;
}

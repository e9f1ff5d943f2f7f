/* lower_chain_backward.c - the backward steps of a chain (fuse.h).
 *
 * SPDX-License-Identifier: MIT
 *
 *   gradients (chunks): a row of the gradient of the products is made in cache from that
 *                       of the result (put together on the way, see dna_deferred_grad),
 *                       and at once used for the weights and for x
 *   join (tasks):       sums over the chunks, in their order
 *   unpack (one task):  the chain rule through the folded batch norm
 *
 * With y = (x - mean) scale + shift folded into w, and dW, db the gradients of what was
 * multiplied with x and of the bias, that of w is scale dW + (shift - mean scale) db: no
 * padding, so each tap meets every gradient once.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/chain.h"
#include "nn/compile/norm.h"
#include "nn/compile/table.h"

#define N_JOIN 8 /* tasks that join the chunks */

typedef struct {
    const dna_chain *chain;
    dna_conv_dims dims;
    dna_windows windows;
    int64_t rows, columns, block;
    int64_t n_weight;
    bool is_by_row;
    const dna_table *table;    /* where products were looked up; NULL */
    bool wants_x;              /* dx is wanted */
    bool adds_x, adds_row;     /* to what others left there */
    dna_tensor_value x, y, dx; /* dx: that of the norm's result if there is one */
    dna_tensor_value dy;       /* buf NULL: 0 */
    dna_buffer *slopes;        /* NULL: dy is the gradient */
    dna_tensor_value mean;     /* gradient of the mean; buf NULL: none */
    dna_tensor_value row;      /* gradient of the row */
    int64_t n_sum;             /* n_weight + O; numbers of the table */
    dna_buffer *partial;       /* [n_chunk][n_sum] */
    dna_buffer *scratch;
    dna_buffer *scratch_bf16; /* bf16: rows of the gradient of the products, and that of
                               * dna_chain_row_gradients() */
    dna_buffer *vectors;
} back_args;

/* Pointers of one sample. */
typedef struct {
    const float *x, *back;
    const dna_bf16 *x_bf16; /* instead of x */
    const uint8_t *codes;   /* instead of x */
    dna_window_grad grad;   /* of the sample's first window */
    float *dx, *dw;
    dna_bf16 *dx_bf16; /* instead of dx */
    double *db;
    float *dt;         /* gradient of the products */
    dna_bf16 *dt_bf16; /* instead of dt */
    void *row_scratch;
} sample;

/* A row of dt has room for kw - 1 zeros at both ends. */
static int64_t
row_length(const back_args *a)
{
    return (a->dims.OW + 2 * (a->dims.kw - 1)) * a->dims.O;
}

static int64_t
n_dt(const back_args *a)
{
    return a->is_by_row ? a->windows.kh * row_length(a)
                        : a->dims.OH * a->dims.OW * a->dims.O;
}

/* The gradient of the products of a row of windows, at number `to` of dt; rows are `row`
 * apart. */
static void
spread(const dna_exec *e, const back_args *a, const sample *s, int64_t i, int64_t to,
    int64_t row)
{
    int64_t O = a->dims.O;
    for (int64_t j = 0; j < a->columns; j += a->block) {
        dna_windows w = a->windows;
        dna_window_grad g = s->grad;
        int64_t from = (i * a->columns + j) * O;
        w.n = DNA_MIN(a->block, a->columns - j);
        w.row = row;
        g.dy = g.dy == NULL ? NULL : g.dy + from;
        g.dy_bf16 = g.dy_bf16 == NULL ? NULL : g.dy_bf16 + from;
        g.y = g.y == NULL ? NULL : g.y + from;
        g.y_bf16 = g.y_bf16 == NULL ? NULL : g.y_bf16 + from;
        g.at = g.at == NULL ? NULL : g.at + from;
        g.row = g.row == NULL ? NULL : g.row + j * O;
        g.row_sums = g.row_sums == NULL ? NULL : g.row_sums + j * w.kw * O;
        int64_t at = to + j * w.kw * O;
        g.dt_bf16 = s->dt_bf16 == NULL ? NULL : s->dt_bf16 + at;
        e->p->k->windows->backward(&w, &g, s->dt == NULL ? NULL : s->dt + at);
        for (int64_t c = 0; c < O; c++) {
            s->db[c] += (double)g.sums[c];
        }
    }
}

/* Positions whose gradients stay in the first cache while all weights pass by. */
#define WEIGHT_BLOCK 96

static void
weight_row(
    const dna_exec *e, const back_args *a, const sample *s, int64_t i, const float *dt)
{
    const dna_conv_dims *d = &a->dims;
    int64_t used = a->columns * a->windows.kw; /* the rest is zero */
    for (int64_t j = 0; j < used; j += WEIGHT_BLOCK) {
        dna_left left = {.A = s->x + (i * d->W + j) * d->C,
            .M = d->kw * d->C,
            .K = DNA_MIN(WEIGHT_BLOCK, used - j),
            .U = 1,
            .step_m = 1,
            .step_k = d->C};
        e->p->k->product(&left, d->O, dt + j * d->O, d->O, s->dw, d->O);
    }
}

/* dx[j] gathers dt[j - kw + 1 .. j] times the taps in reverse. */
static void
input_row(
    const dna_exec *e, const back_args *a, const sample *s, int64_t i, const float *dt)
{
    const dna_conv_dims *d = &a->dims;
    float *dx = s->dx + i * d->W * d->C;
    dna_left left = {.A = dt - (d->kw - 1) * d->O,
        .M = d->W,
        .K = d->kw * d->O,
        .U = 1,
        .step_m = d->O,
        .step_k = 1};
    e->p->k->product_from(
        &left, d->C, s->back, d->C, a->adds_x ? dx : NULL, d->C, dx, d->C);
}

/* The gradient of the table that products were looked up in. */
static void
table_row(
    const dna_exec *e, const back_args *a, const sample *s, int64_t i, const float *dt)
{
    const dna_bits *of = a->table->of;
    e->p->k->tables->scatter(s->dw, dt, s->codes + i * of->image->dim[3],
        of->bits - a->table->bits, a->columns * a->windows.kw, a->dims.O);
}

/* Gradients of conv row h out of that of its products, at number `at` of dt. */
static void
row_gradients(
    const dna_exec *e, const back_args *a, const sample *s, int64_t h, int64_t at)
{
    const dna_conv_dims *d = &a->dims;
    int64_t row = h * d->W * d->C;
    if (a->chain->is_bf16) {
        dna_chain_row r = {.dims = d,
            .used = a->columns * a->windows.kw,
            .x = s->x == NULL ? NULL : s->x + row,
            .x_bf16 = s->x_bf16 == NULL ? NULL : s->x_bf16 + row,
            .dt = s->dt_bf16 + at,
            .back = (const dna_bf16 *)s->back,
            .dw = s->dw,
            .dx = s->dx == NULL ? NULL : s->dx + row,
            .dx_bf16 = s->dx_bf16 == NULL ? NULL : s->dx_bf16 + row,
            .adds_x = a->adds_x,
            .scratch = s->row_scratch};
        dna_chain_row_gradients(e->p->k, &r);
        return;
    }
    (a->table == NULL ? weight_row : table_row)(e, a, s, h, s->dt + at);
    if (s->dx != NULL) {
        input_row(e, a, s, h, s->dt + at);
    }
}

static void
by_row(const dna_exec *e, const back_args *a, const sample *s)
{
    const dna_conv_dims *d = &a->dims;
    int64_t length = row_length(a);
    int64_t first = (d->kw - 1) * d->O;
    int64_t used = a->rows * a->windows.kh;
    size_t left = (size_t)((d->H - used) * d->W * d->C); /* numbers of rows without */
    for (int64_t i = 0; i < a->rows; i++) {
        spread(e, a, s, i, first, length);
        for (int64_t u = 0; u < a->windows.kh; u++) {
            row_gradients(e, a, s, i * a->windows.kh + u, first + u * length);
        }
    }
    if (s->dx != NULL && !a->adds_x) {
        memset(s->dx + used * d->W * d->C, 0, left * sizeof(*s->dx));
    }
    if (s->dx_bf16 != NULL) {
        memset(s->dx_bf16 + used * d->W * d->C, 0, left * sizeof(*s->dx_bf16));
    }
}

static void
by_sample(const dna_exec *e, const back_args *a, const sample *s)
{
    const dna_conv_dims *d = &a->dims;
    int64_t row = d->OW * d->O;
    for (int64_t i = 0; i < a->rows; i++) {
        spread(e, a, s, i, i * a->windows.kh * row, row);
    }
    dna_conv_weight_grad(e->p->k, d, s->dw, s->x, s->dt);
    if (s->dx != NULL) {
        if (!a->adds_x) {
            memset(s->dx, 0, (size_t)a->dx.size * sizeof(*s->dx));
        }
        dna_conv_input_grad(e->p->k, d, s->dx, s->dt, s->back, NULL);
    }
}

/* Where sample b of the chunk lies, apart from scratch. */
static void
point_at(const dna_exec *e, const back_args *a, int64_t b, sample *s)
{
    const dna_chain *c = a->chain;
    dna_exec all = {.p = e->p};
    if (a->table == NULL && a->x.is_bf16) {
        s->x_bf16 = dna_bf16_at(e, &a->x) + b * a->x.stride[0];
    } else if (a->table == NULL) {
        s->x = dna_at(e, &a->x) + b * a->x.stride[0];
    } else {
        s->codes = (const uint8_t *)dna_bytes_at(e, a->table->of->codes)
                   + b * dna_node_size(a->table->of->image);
    }
    if (a->wants_x && a->dx.is_bf16) {
        s->dx_bf16 = dna_bf16_at(e, &a->dx) + b * a->dx.stride[0];
    } else if (a->wants_x) {
        s->dx = dna_at(e, &a->dx) + b * a->dx.stride[0];
    }
    if (a->y.is_bf16) {
        s->grad.y_bf16 = dna_bf16_at(e, &a->y) + b * a->y.stride[0];
    } else {
        s->grad.y = dna_at(e, &a->y) + b * a->y.stride[0];
    }
    s->grad.at =
        c->at == NULL ? NULL : (const uint8_t *)dna_bytes_at(e, c->at) + b * a->y.size;
    if (a->dy.buf != NULL && a->dy.is_bf16) {
        s->grad.dy_bf16 = dna_bf16_at(e, &a->dy) + b * a->dy.stride[0];
    } else if (a->dy.buf != NULL) {
        s->grad.dy = dna_at(e, &a->dy) + b * a->dy.stride[0];
    }
    if (a->slopes != NULL) {
        s->grad.slopes = dna_bytes_at(&all, a->slopes);
    }
    if (a->mean.buf != NULL) {
        s->grad.row = dna_at(e, &a->mean) + b * a->mean.stride[0];
        s->grad.row_factor = 1.0f / (float)a->rows;
    }
    if (c->row != NULL) {
        s->grad.row_sums = dna_at(e, &a->row) + b * a->row.stride[0];
        if (!a->adds_row) {
            memset(s->grad.row_sums, 0, (size_t)a->row.size * sizeof(float));
        }
    }
}

static int
run_gradients(const dna_exec *e, const void *args)
{
    const back_args *a = args;
    const dna_chain *c = a->chain;
    dna_exec all = {.p = e->p};
    int64_t O = a->dims.O;
    int64_t stride = a->n_sum;
    sample s = {.back = c->back == NULL ? NULL : dna_bytes_at(&all, c->back),
        .dw = (float *)dna_bytes_at(&all, a->partial) + e->task * stride,
        .db = dna_bytes_at(e, a->scratch)};

    s.grad.sums = (float *)(s.db + O);
    memset(s.dw, 0, (size_t)stride * sizeof(*s.dw));
    memset(s.db, 0, (size_t)O * sizeof(*s.db));
    if (c->is_bf16) {
        s.row_scratch = dna_bytes_at(e, a->scratch_bf16);
        s.dt_bf16 = (dna_bf16 *)s.row_scratch
                    + dna_chain_row_scratch(&a->dims) / sizeof(dna_bf16);
        memset(s.dt_bf16, 0, (size_t)n_dt(a) * sizeof(*s.dt_bf16));
    } else { /* zero where no window covers it */
        s.dt = s.grad.sums + O;
        memset(s.dt, 0, (size_t)n_dt(a) * sizeof(*s.dt));
    }
    for (int64_t b = 0; b < e->n; b++) {
        point_at(e, a, b, &s);
        (a->is_by_row ? by_row : by_sample)(e, a, &s);
    }
    for (int64_t o = 0; a->table == NULL && o < O; o++) {
        s.dw[a->n_weight + o] = (float)s.db[o];
    }
    return DNA_OK;
}

/* ---- weights ---- */

/* A part of the sums over the chunks, in their order. */
static int
run_join(const dna_exec *e, const void *args)
{
    const back_args *a = args;
    int64_t n = a->n_sum;
    int64_t first = n * e->task / N_JOIN;
    int64_t end = n * (e->task + 1) / N_JOIN;
    dna_exec all = {.p = e->p};
    const float *partial = dna_bytes_at(&all, a->partial);
    double *joined = dna_bytes_at(&all, a->chain->joined);
    for (int64_t i = first; i < end; i++) {
        joined[i] = 0.0;
    }
    for (int64_t k = 0; k < e->p->n_chunk; k++) {
        for (int64_t i = first; i < end; i++) {
            joined[i] += (double)partial[k * n + i];
        }
    }
    return DNA_OK;
}

static int
run_unpack(const dna_exec *e, const void *args)
{
    const back_args *a = args;
    const dna_conv_dims *d = &a->dims;
    const dna_node *conv = a->chain->conv;
    const double *joined = dna_bytes_at(e, a->chain->joined);
    const double *bias = joined + a->n_weight;
    const float *v = a->vectors == NULL ? NULL : dna_bytes_at(e, a->vectors);
    float *dw = dna_node_grad(e->p, conv, DNA_WEIGHT);
    float *db = dna_node_grad(e->p, conv, DNA_BIAS);
    for (int64_t c = 0; c < d->C; c++) {
        double scale = v == NULL ? 1.0 : (double)v[DNA_NORM_SCALE * d->C + c];
        double mean = v == NULL ? 0.0 : (double)v[DNA_NORM_MEAN * d->C + c];
        double rest =
            v == NULL ? 0.0 : (double)v[DNA_NORM_SHIFT * d->C + c] - mean * scale;
        for (int64_t o = 0; o < d->O; o++) {
            for (int64_t t = 0; t < d->kh * d->kw; t++) {
                double g = joined[(t * d->C + c) * d->O + o];
                dw[dna_chain_torch_index(e->p, conv, o, c, t)] +=
                    (float)(scale * g + rest * bias[o]);
            }
        }
    }
    for (int64_t o = 0; db != NULL && o < d->O; o++) {
        db[o] += (float)bias[o];
    }
    return DNA_OK;
}

/* ---- lowering ---- */

/* The gradients that come in and those that go out. */
static int
find_gradients(dna_program *p, const dna_chain *c, back_args *a)
{
    const dna_deferred_grad *deferred = &p->deferred[c->last->id];
    dna_tensor_value *v = NULL;
    int rc = DNA_OK;

    a->dy = deferred->is_set ? deferred->dy : p->grads[c->last->id];
    a->slopes = deferred->is_set ? deferred->slopes : NULL;
    if (deferred->is_set && c->mean != NULL) {
        a->mean = p->grads[c->mean->id];
    }
    if (c->row != NULL) {
        DNA_TRY(dna_grad_of(p, c->row, &v, &a->adds_row));
        a->row = *v;
    }
    a->wants_x = a->table == NULL && p->needs_grad[c->x->id];
    if (a->wants_x) {
        const dna_node *to = c->norm == NULL ? c->x : c->norm;
        const dna_chain *from = dna_chain_of_result(p, c->x);
        if (c->is_bf16 && c->norm != NULL && from != NULL && from->is_deferred) {
            /* that chain alone reads it */
            DNA_TRY(dna_value_new_bf16(p, &p->grads[to->id], to));
            a->dx = p->grads[to->id];
        } else {
            DNA_TRY(dna_grad_of(p, to, &v, &a->adds_x));
            a->dx = *v;
        }
    }
out:
    return rc;
}

/* Of one sample: the gradient of the products, then what is done with it. */
static double
gradient_flops(const back_args *a)
{
    const dna_chain *c = a->chain;
    double products = (double)(a->dims.OH * a->dims.OW * a->dims.O);
    double each = 1.0 + (a->slopes != NULL ? 4.0 : 0.0)
                  + (a->mean.buf != NULL ? 2.0 : 0.0) + (c->relu != NULL ? 1.0 : 0.0);
    double conv = dna_conv_flops(&a->dims);
    return each * (double)a->y.size + (c->row != NULL ? products : 0.0)
           + (a->table != NULL ? products : conv) + (a->wants_x ? conv : 0.0);
}

static int
add_gradients(dna_program *p, const back_args *a)
{
    const dna_chain *c = a->chain;
    const dna_tensor_value *ins[] = {&a->x, &a->y, &a->dy, &a->mean};
    dna_step *s = dna_step_add(p, &p->backward, "chain.gradients", c->conv->layer,
        run_gradients, a, sizeof(*a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    s->fused = dna_chain_text(p, c);
    s->flops = (double)p->batch * gradient_flops(a);
    for (int i = 0; i < (int)DNA_COUNT(ins); i++) {
        if (ins[i]->buf != NULL) {
            dna_step_reads(s, ins[i]->buf);
        }
    }
    if (c->at != NULL) {
        dna_step_reads(s, c->at);
    }
    if (a->slopes != NULL) {
        dna_step_reads(s, a->slopes);
    }
    if (a->wants_x) {
        dna_step_reads(s, c->back);
        dna_step_writes(s, a->dx.buf);
    }
    if (c->row != NULL) {
        dna_step_writes(s, a->row.buf);
    }
    if (a->table != NULL) {
        dna_step_reads(s, a->table->of->codes);
    }
    dna_step_writes(s, a->partial);
    dna_step_writes(s, a->scratch);
    if (a->scratch_bf16 != NULL) {
        dna_step_writes(s, a->scratch_bf16);
    }
    return DNA_OK;
}

static int
add_tasks(dna_program *p, const back_args *a)
{
    const char *layer = a->chain->conv->layer;
    dna_step *s =
        dna_step_add(p, &p->backward, "chain.join", layer, run_join, a, sizeof(*a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    s->is_chunk = false;
    s->n_task = N_JOIN;
    s->flops = (double)(a->n_sum * p->n_chunk);
    dna_step_reads(s, a->partial);
    dna_step_writes(s, a->chain->joined);
    s = dna_step_add(p, &p->backward, "chain.unpack", layer, run_unpack, a, sizeof(*a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    s->is_chunk = false;
    s->flops = (a->vectors == NULL ? 1.0 : 4.0) * (double)a->n_sum;
    s->params_written = (double)a->n_sum;
    dna_step_reads(s, a->chain->joined);
    if (a->vectors != NULL) {
        dna_step_reads(s, a->vectors);
    }
    return DNA_OK;
}

int
dna_lower_chain_backward(dna_program *p, dna_chain *c)
{
    back_args a = {.chain = c, .dims = dna_conv_dims_of(c->conv)};
    const dna_conv_dims *d = &a.dims;
    int rc = DNA_OK;

    a.windows = dna_chain_windows(c);
    dna_chain_extent(c, &a.rows, &a.columns);
    a.n_weight = dna_chain_n_weight(d);
    a.block = DNA_MIN(dna_chain_block(d, a.windows.kw), a.columns);
    a.is_by_row = d->kh == 1 && d->sh == 1 && d->sw == 1 && d->ph == 0 && d->pw == 0
                  && d->dw == 1;
    a.x = p->values[c->x->id];
    a.y = p->values[c->last->id];
    a.vectors = c->norm == NULL ? NULL : p->saved[c->norm->id];
    a.table = c->is_by_table ? p->tables[c->conv->id] : NULL;
    a.n_sum = a.table == NULL ? a.n_weight + d->O : d->O << a.table->bits;
    DNA_TRY(find_gradients(p, c, &a));
    a.partial =
        dna_buffer_new(p, 0, (size_t)(a.n_sum * p->n_chunk) * sizeof(float), "shares");
    a.scratch = dna_buffer_new(p,
        (size_t)d->O * sizeof(double)
            + (size_t)((c->is_bf16 ? 0 : n_dt(&a)) + d->O) * sizeof(float),
        0, "scratch");
    if (c->is_bf16) {
        size_t dt = (size_t)n_dt(&a) * sizeof(dna_bf16);
        a.scratch_bf16 = dna_buffer_new(p, dna_chain_row_scratch(d) + dt, 0, "scratch");
        DNA_REQUIRE(a.scratch_bf16 != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    DNA_REQUIRE(
        a.partial != NULL && a.scratch != NULL, DNA_ENOMEM, "%s", dna_message());
    DNA_TRY(add_gradients(p, &a));
    if (a.table != NULL) {
        DNA_TRY(dna_table_add_partial(p, c->conv, a.partial));
    } else {
        c->joined = dna_buffer_new(
            p, 0, (size_t)a.n_sum * sizeof(double), "gradient of weights");
        DNA_REQUIRE(c->joined != NULL, DNA_ENOMEM, "%s", dna_message());
        DNA_TRY(add_tasks(p, &a));
    }
out:
    return rc;
}

/* lower_chain.c - the forward steps of a chain (fuse.h): one pass over memory.
 *
 * SPDX-License-Identifier: MIT
 *
 *   pack (one task): the weights in our order (lower_chain_pack.c)
 *   chain (chunks), for a sample, a row of windows, a block of them:
 *
 *        x rows in memory        scratch, first cache            memory
 *       +----------------+      +--------------------+      +---------------+
 *       | kw * C numbers | -W-> | block * kw  x  O   | ---> | block  x  O   | y
 *       | overlap        |      | begins as row or   | max, +---------------+
 *       +----------------+      | bias               | ReLU   1 byte each     places
 *                               +--------------------+        O sums, squares for the
 *                                                             next norm; + mean row
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/compile/chain.h"
#include "nn/compile/norm.h"
#include "nn/compile/table.h"

typedef struct {
    const dna_chain *chain;
    dna_conv_dims dims;
    dna_windows windows;
    int64_t rows, columns; /* of windows */
    int64_t block;         /* windows at once */
    int64_t n_packed;      /* floats that hold the weights: as many, or pairs of bf16 */
    bool is_by_row;        /* products go row by row; else a sample's come first */
    dna_tensor_value x, y, row, mean;
    dna_buffer *vectors;    /* of the norm that is folded */
    const dna_table *table; /* where products are looked up */
    dna_buffer *scratch;
    dna_buffer *rounded; /* bf16: rows of x; NULL where x is rounded */
} chain_args;

int64_t
dna_chain_block(const dna_conv_dims *dims, int64_t kw)
{
    int64_t most = DNA_MAX(((int64_t)3 << 10) / dims->O, 6); /* 12 KiB of products */
    most = DNA_MIN(most / 6 * 6, 96);                        /* whole tiles */
    return DNA_MAX(most / kw, 1);
}

dna_windows
dna_chain_windows(const dna_chain *c)
{
    return (dna_windows){.C = c->conv->dim[1],
        .kh = c->pool == NULL ? 1 : c->pool->pool.kernel[0],
        .kw = c->pool == NULL ? 1 : c->pool->pool.kernel[1],
        .is_relu = c->relu != NULL};
}

void
dna_chain_extent(const dna_chain *c, int64_t *rows, int64_t *columns)
{
    *rows = c->last->dim[2];
    *columns = c->last->dim[3];
}

int64_t
dna_chain_n_weight(const dna_conv_dims *d)
{
    return d->kh * d->kw * d->C * d->O;
}

size_t
dna_chain_packed_bytes(const dna_chain *c, int64_t K, int64_t N)
{
    const dna_conv_dims d = dna_conv_dims_of(c->conv);
    return c->is_bf16 ? (size_t)((K + 1) / 2 * N) * 2 * sizeof(dna_bf16)
                      : (size_t)(d.kh * K * N) * sizeof(float);
}

int64_t
dna_chain_n_packed(const dna_chain *c)
{
    const dna_conv_dims d = dna_conv_dims_of(c->conv);
    return (int64_t)(dna_chain_packed_bytes(c, d.kw * d.C, d.O) / sizeof(float));
}

int64_t
dna_chain_torch_index(
    const dna_program *p, const dna_node *conv, int64_t o, int64_t c, int64_t t)
{
    int64_t channels = p->g->tensors[conv->tensor[DNA_WEIGHT]].dim[1];
    int64_t taps = conv->conv.kernel[0] * conv->conv.kernel[1];
    return (o * channels + conv->param_begin + c) * taps + t;
}

const char *
dna_chain_text(const dna_program *p, const dna_chain *c)
{
    char text[160];
    snprintf(text, sizeof(text), "%s%s%s%s%s%s%s",
        c->norm != NULL ? "batch_norm + " : "",
        c->is_by_table ? "table of conv2d"
        : c->is_bf16   ? "conv2d in bf16"
                       : "conv2d",
        c->row != NULL ? " + row" : "", c->pool != NULL ? " + max_pool2d" : "",
        c->relu != NULL ? " + relu" : "",
        p->is_training && c->next_norm != NULL ? " + moments" : "",
        c->mean != NULL ? " + mean" : "");
    return dna_arena_strdup(p->arena, text);
}

/* What is done to the products of one sample: a maximum, ReLU, sums. */
static double
epilogue_flops(const dna_program *p, const chain_args *a)
{
    const dna_chain *c = a->chain;
    double products = (double)(a->dims.OH * a->dims.OW * a->dims.O);
    double each = (double)(a->windows.kh * a->windows.kw - 1)
                  + (c->relu != NULL ? 1.0 : 0.0) + (c->mean != NULL ? 1.0 : 0.0)
                  + (p->is_training && c->next_norm != NULL ? 4.0 : 0.0);
    return each * (double)a->y.size + (c->row != NULL ? products : 0.0);
}

/* ---- a sample ---- */

/* Pointers of one sample. */
typedef struct {
    const float *x;
    const dna_bf16 *x_bf16; /* instead of x, from this row on: */
    int64_t first_row;
    const uint8_t *codes; /* instead of x */
    float *y, *mean;
    dna_bf16 *y_bf16; /* instead of y */
    uint8_t *at;
    const float *packed, *first; /* products begin as this */
    int64_t ld_first;
    float *products, *sums;
    float *shift; /* the chunk's first result: near the mean, nothing cancels */
    bool has_shift;
    dna_bf16 *rounded; /* scratch; NULL */
    double *moments;   /* [2][C]; NULL */
} sample;

/* Products of conv row i, positions j .. j+n-1. */
static void
products_of(const dna_exec *e, const chain_args *a, const sample *s, int64_t i,
    int64_t j, int64_t n, float *out)
{
    const dna_conv_dims *d = &a->dims;
    if (a->table != NULL) {
        const dna_bits *of = a->table->of;
        e->p->k->tables->gather(out, s->packed, s->codes + i * of->image->dim[3] + j,
            of->bits - a->table->bits, n, d->O,
            s->ld_first == 0 ? NULL : s->first + j * d->O, d->O);
        return;
    }
    const float *first = s->first + j * s->ld_first;
    if (a->chain->is_bf16) {
        dna_left_bf16 left = {.A = s->x_bf16 + ((i - s->first_row) * d->W + j) * d->C,
            .M = n,
            .K = d->kw * d->C,
            .step_m = d->C,
            .step_pair = 2};
        e->p->k->bf16->product(
            &left, d->O, (const dna_bf16 *)s->packed, first, s->ld_first, out, d->O);
        return;
    }
    dna_left left = {.A = s->x + (i * d->sh * d->W + j * d->sw) * d->C,
        .M = n,
        .K = d->kw * d->C,
        .U = d->kh,
        .step_m = d->sw * d->C,
        .step_k = 1,
        .step_u = d->dh * d->W * d->C};
    e->p->k->product_from(&left, d->O, s->packed, d->O, first, s->ld_first, out, d->O);
}

/* What the results of a block go to, from number `at` of the sample on. */
static dna_window_result
results_at(const sample *s, int64_t at, int64_t place)
{
    return (dna_window_result){.y = s->y == NULL ? NULL : s->y + at,
        .y_bf16 = s->y_bf16 == NULL ? NULL : s->y_bf16 + at,
        .at = s->at == NULL ? NULL : s->at + at,
        .row_sums = s->mean == NULL ? NULL : s->mean + place,
        .sums = s->moments == NULL ? NULL : s->sums,
        .shift = s->has_shift ? s->shift : NULL};
}

/* Sums of a block, about the first result of the chunk. */
static void
add_moments(const chain_args *a, sample *s, const dna_window_result *r)
{
    int64_t O = a->dims.O;
    for (int64_t c = 0; !s->has_shift && c < O; c++) {
        s->shift[c] = r->y != NULL ? r->y[c] : dna_bf16_float(r->y_bf16[c]);
    }
    s->has_shift = true;
    for (int64_t c = 0; c < 2 * O; c++) {
        s->moments[c] += (double)s->sums[c];
    }
}

/* A row of windows, whose products lie at t, `row` apart, if they are made already. */
static void
row_of_windows(
    const dna_exec *e, const chain_args *a, sample *s, int64_t i, const float *t)
{
    const dna_conv_dims *d = &a->dims;
    int64_t O = d->O;
    if (s->rounded != NULL) {
        int64_t n = d->W * d->C;
        s->first_row = i * a->windows.kh;
        e->p->k->bf16->round(s->rounded, s->x + s->first_row * n, a->windows.kh * n);
        s->x_bf16 = s->rounded;
    }
    for (int64_t j = 0; j < a->columns; j += a->block) {
        dna_windows w = a->windows;
        const float *from = t == NULL ? s->products : t + j * w.kw * O;
        w.n = DNA_MIN(a->block, a->columns - j);
        w.row = t == NULL ? a->block * w.kw * O : d->OW * O;
        for (int64_t u = 0; t == NULL && u < w.kh; u++) {
            products_of(
                e, a, s, i * w.kh + u, j * w.kw, w.n * w.kw, s->products + u * w.row);
        }
        dna_window_result r = results_at(s, (i * a->columns + j) * O, j * O);
        e->p->k->windows->forward(&w, &r, from);
        if (s->moments != NULL) {
            add_moments(a, s, &r);
        }
    }
}

/* Products of the whole sample, where rows are padded or dilated. */
static void
sample_products(const dna_exec *e, const chain_args *a, const sample *s)
{
    const dna_conv_dims *d = &a->dims;
    bool has_row = s->ld_first != 0;
    int64_t n = d->OW * d->O;
    dna_conv_forward(
        e->p->k, d, s->products, s->x, s->packed, has_row ? NULL : s->first);
    for (int64_t k = 0; has_row && k < d->OH * n; k++) {
        s->products[k] += s->first[k % n];
    }
}

static void
run_sample(const dna_exec *e, const chain_args *a, sample *s)
{
    int64_t n = a->columns * a->dims.O;
    if (s->mean != NULL) {
        memset(s->mean, 0, (size_t)n * sizeof(*s->mean));
    }
    if (!a->is_by_row) {
        sample_products(e, a, s);
    }
    for (int64_t i = 0; i < a->rows; i++) {
        row_of_windows(e, a, s, i,
            a->is_by_row ? NULL
                         : s->products + i * a->windows.kh * a->dims.OW * a->dims.O);
    }
    for (int64_t k = 0; s->mean != NULL && k < n; k++) {
        s->mean[k] /= (float)a->rows;
    }
}

/* The bias is part of what is added to all rows. */
static void
add_bias(const chain_args *a, const float *bias, const float *row, float *out)
{
    for (int64_t j = 0; j < a->dims.OW; j++) {
        for (int64_t o = 0; o < a->dims.O; o++) {
            out[j * a->dims.O + o] = row[j * a->dims.O + o] + bias[o];
        }
    }
}

static int64_t
n_product(const chain_args *a)
{
    return a->is_by_row ? a->windows.kh * a->block * a->windows.kw * a->dims.O
                        : a->dims.OH * a->dims.OW * a->dims.O;
}

static int
run_chain(const dna_exec *e, const void *args)
{
    const chain_args *a = args;
    const dna_chain *c = a->chain;
    dna_exec all = {.p = e->p};
    int64_t O = a->dims.O;
    sample s = {
        .packed = dna_bytes_at(&all, a->table == NULL ? c->packed : a->table->value),
        .products = dna_bytes_at(e, a->scratch)};
    s.sums = s.products + n_product(a);
    s.shift = s.sums + 2 * O;
    float *first = s.shift + O;
    double count = (double)(e->n * a->rows * a->columns);

    if (c->moments != NULL) {
        s.moments = (double *)dna_bytes_at(&all, c->moments) + (2 * O + 1) * e->task;
        memset(s.moments, 0, 2 * (size_t)O * sizeof(*s.moments));
    }
    s.rounded = a->rounded == NULL ? NULL : dna_bytes_at(e, a->rounded);
    for (int64_t b = 0; b < e->n; b++) {
        if (a->table == NULL && a->x.is_bf16) {
            s.x_bf16 = dna_bf16_at(e, &a->x) + b * a->x.stride[0];
        } else if (a->table == NULL) {
            s.x = dna_at(e, &a->x) + b * a->x.stride[0];
        } else {
            s.codes = (const uint8_t *)dna_bytes_at(e, a->table->of->codes)
                      + b * dna_node_size(a->table->of->image);
        }
        if (a->y.is_bf16) {
            s.y_bf16 = dna_bf16_at(e, &a->y) + b * a->y.stride[0];
        } else {
            s.y = dna_at(e, &a->y) + b * a->y.stride[0];
        }
        s.at = c->at == NULL ? NULL : (uint8_t *)dna_bytes_at(e, c->at) + b * a->y.size;
        s.mean = c->mean == NULL ? NULL : dna_at(e, &a->mean) + b * a->mean.stride[0];
        s.first = s.packed + a->n_packed;
        if (c->row != NULL && a->table != NULL) {
            s.first = dna_at(e, &a->row) + b * a->row.stride[0];
            s.ld_first = O;
        } else if (c->row != NULL) {
            add_bias(a, s.first, dna_at(e, &a->row) + b * a->row.stride[0], first);
            s.first = first;
            s.ld_first = O;
        }
        run_sample(e, a, &s);
    }
    for (int64_t k = 0; c->moments != NULL && k < O; k++) {
        double mean = s.moments[k] / count;
        s.moments[O + k] -= s.moments[k] * mean;
        s.moments[k] = (double)s.shift[k] + mean;
    }
    if (c->moments != NULL) {
        s.moments[2 * O] = count;
    }
    return DNA_OK;
}

/* ---- lowering ---- */

static int
new_buffers(dna_program *p, dna_chain *c, chain_args *a)
{
    int64_t O = a->dims.O;
    bool needs_x = p->is_training && p->needs_grad[c->x->id];
    bool has_moments = p->is_training && c->next_norm != NULL;
    int rc = DNA_OK;

    if (a->table == NULL) {
        c->packed =
            dna_buffer_new(p, 0, (size_t)(a->n_packed + O) * sizeof(float), "weights");
        DNA_REQUIRE(c->packed != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    if (needs_x && a->table == NULL) {
        c->back = dna_buffer_new(p, 0,
            dna_chain_packed_bytes(c, a->dims.kw * a->dims.O, a->dims.C),
            "weights, turned");
        DNA_REQUIRE(c->back != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    if (p->is_training && c->pool != NULL) {
        c->at = dna_buffer_new(p, (size_t)a->y.size, 0, "places");
        DNA_REQUIRE(c->at != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    if (has_moments) {
        c->moments = dna_buffer_new(
            p, 0, (size_t)((2 * O + 1) * p->n_chunk) * sizeof(double), "moments");
        DNA_REQUIRE(c->moments != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    int64_t row = c->row == NULL ? 0 : a->dims.OW * O;
    a->scratch = dna_buffer_new(
        p, (size_t)(n_product(a) + 3 * O + row) * sizeof(float), 0, "scratch");
    DNA_REQUIRE(a->scratch != NULL, DNA_ENOMEM, "%s", dna_message());
    if (c->is_bf16 && !a->x.is_bf16) {
        int64_t n = a->windows.kh * a->dims.W * a->dims.C;
        a->rounded = dna_buffer_new(p, (size_t)n * sizeof(dna_bf16), 0, "scratch");
        DNA_REQUIRE(a->rounded != NULL, DNA_ENOMEM, "%s", dna_message());
    }
out:
    return rc;
}

static int
add_chain(dna_program *p, const dna_chain *c, const chain_args *a)
{
    dna_step *s =
        dna_step_add(p, &p->forward, "chain", c->conv->layer, run_chain, a, sizeof(*a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    s->fused = dna_chain_text(p, c);
    s->flops =
        (double)p->batch
        * (epilogue_flops(p, a) + (a->table == NULL ? dna_conv_flops(&a->dims) : 0.0));
    if (a->table == NULL) {
        dna_step_reads(s, c->packed);
        dna_step_reads(s, a->x.buf);
    } else {
        dna_step_reads(s, a->table->value);
        dna_step_reads(s, a->table->of->codes);
    }
    if (c->row != NULL) {
        dna_step_reads(s, a->row.buf);
    }
    dna_step_writes(s, a->scratch);
    if (a->rounded != NULL) {
        dna_step_writes(s, a->rounded);
    }
    dna_step_writes(s, a->y.buf);
    if (c->at != NULL) {
        dna_step_writes(s, c->at);
    }
    if (c->moments != NULL) {
        dna_step_writes(s, c->moments);
    }
    if (c->mean != NULL) {
        dna_step_writes(s, a->mean.buf);
    }
    return DNA_OK;
}

int
dna_lower_chain(dna_program *p, dna_chain *c)
{
    chain_args a = {.chain = c, .dims = dna_conv_dims_of(c->conv)};
    const dna_conv_dims *d = &a.dims;
    int rc = DNA_OK;

    a.windows = dna_chain_windows(c);
    dna_chain_extent(c, &a.rows, &a.columns);
    a.n_packed = dna_chain_n_packed(c);
    a.block = DNA_MIN(dna_chain_block(d, a.windows.kw), a.columns);
    a.is_by_row = d->ph == 0 && d->pw == 0 && d->dw == 1;
    DNA_TRY((c->stores_bf16 ? dna_value_new_bf16 : dna_value_new)(
        p, &p->values[c->last->id], c->last));
    if (c->mean != NULL) {
        DNA_TRY(dna_value_new(p, &p->values[c->mean->id], c->mean));
        a.mean = p->values[c->mean->id];
    }
    a.table = c->is_by_table ? p->tables[c->conv->id] : NULL;
    a.x = p->values[c->x->id];
    a.y = p->values[c->last->id];
    a.row = c->row == NULL ? (dna_tensor_value){0} : p->values[c->row->id];
    a.vectors = c->norm == NULL ? NULL : p->saved[c->norm->id];
    DNA_TRY(new_buffers(p, c, &a));
    if (a.table == NULL) { /* the convolution has made its table itself */
        DNA_TRY(dna_lower_chain_pack(p, c, a.vectors));
    }
    DNA_TRY(add_chain(p, c, &a));
out:
    return rc;
}

/* lower_pool.c - pooling as a chunk step.
 *
 * SPDX-License-Identifier: MIT
 *
 * For a maximum, one byte an output remembers in training which entry of the window was the
 * largest, so that neither the input nor the output has to be kept for the backward pass.
 *
 * Maxima of windows side by side, of a vector of channels or more, are made by the kernels
 * that chains use (dna_window_kernels).
 *
 * In batches of several sizes a padded window ends at the border of the sample, not of
 * the full shape: a smaller sample is taken out, pooled with its own shapes and
 * put back. Without padding its own windows lie within it anyway.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

typedef struct {
    const dna_node *node;
    dna_pool_dims dims;
    dna_tensor_value y, x;
    dna_buffer *at;      /* NULL: not wanted */
    dna_buffer *scratch; /* several sizes and padding: input and output of a sample */
} pool_args;

typedef struct {
    const dna_node *node;
    dna_pool_dims dims;
    dna_tensor_value dx, dy;
    dna_buffer *at, *scratch;
    dna_buffer
        *sums; /* scratch of C numbers where windows are side by side; else NULL */
    bool is_add;
} pool_backward_args;

static dna_pool_dims
dims_of(const dna_node *node)
{
    const dna_node *x = node->in[0];
    const dna_pool_opts *o = &node->pool;
    return (dna_pool_dims){.C = x->dim[1],
        .H = x->dim[2],
        .W = x->dim[3],
        .OH = node->dim[2],
        .OW = node->dim[3],
        .kernel = {o->kernel[0], o->kernel[1]},
        .stride = {o->stride[0], o->stride[1]},
        .pad = {o->pad[0], o->pad[1]}};
}

#define VECTOR 16 /* channels from which on the kernels of windows are worth it */

static bool
is_side_by_side(const dna_program *p, const dna_node *node)
{
    const dna_pool_opts *o = &node->pool;
    return node->kind == DNA_OP_MAX_POOL2D && p->extents == NULL
           && node->dim[1] >= VECTOR && o->pad[0] == 0 && o->pad[1] == 0
           && o->stride[0] == o->kernel[0] && o->stride[1] == o->kernel[1];
}

/* A row of windows. */
static dna_windows
windows_of(const dna_pool_dims *d)
{
    return (dna_windows){.C = d->C,
        .n = d->OW,
        .kh = d->kernel[0],
        .kw = d->kernel[1],
        .row = d->W * d->C};
}

static void
pool_windows(
    const dna_exec *e, const dna_pool_dims *d, float *y, const float *x, uint8_t *at)
{
    dna_windows w = windows_of(d);
    for (int64_t i = 0; i < d->OH; i++) {
        int64_t to = i * d->OW * d->C;
        e->p->k->windows->forward(&w,
            &(dna_window_result){.y = y + to, .at = at == NULL ? NULL : at + to},
            x + i * w.kh * w.row);
    }
}

static void
pool_windows_backward(const dna_exec *e, const dna_pool_dims *d, float *dx,
    const float *dy, const uint8_t *at, float *sums)
{
    dna_windows w = windows_of(d);
    if (d->OH * w.kh < d->H || d->OW * w.kw < d->W) {
        memset(dx, 0, (size_t)(d->H * w.row) * sizeof(*dx)); /* what no window covers */
    }
    for (int64_t i = 0; i < d->OH; i++) {
        int64_t from = i * d->OW * d->C;
        dna_window_grad g = {
            .dy = dy + from, .y = dy + from, .at = at + from, .sums = sums};
        e->p->k->windows->backward(&w, &g, dx + i * w.kh * w.row);
    }
}

/* Whether a sample must be pooled with its own shapes. */
static bool
is_apart(const dna_buffer *scratch, const dna_node *node, const dna_node *own)
{
    return scratch != NULL && own != node;
}

static void
pool(const dna_exec *e, const dna_node *node, const dna_pool_dims *d, float *y,
    const float *x, uint8_t *at)
{
    if (node->kind == DNA_OP_AVG_POOL2D) {
        e->p->k->pool->avg(d, y, x, node->exclude_pad);
    } else {
        e->p->k->pool->max(d, y, x, at);
    }
}

static void
pool_backward(const dna_exec *e, const dna_node *node, const dna_pool_dims *d,
    float *dx, const float *dy, const uint8_t *at)
{
    if (node->kind == DNA_OP_AVG_POOL2D) {
        e->p->k->pool->avg_backward(d, dx, dy, node->exclude_pad);
    } else {
        e->p->k->pool->max_backward(d, dx, dy, at);
    }
}

static int
run_pool(const dna_exec *e, const void *args)
{
    const pool_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        float *y = dna_at(e, &a->y) + b * a->y.stride[0];
        const float *x = dna_at(e, &a->x) + b * a->x.stride[0];
        uint8_t *at =
            a->at == NULL ? NULL : (uint8_t *)dna_bytes_at(e, a->at) + b * a->y.size;
        if (is_apart(a->scratch, a->node, own)) {
            dna_pool_dims dims = dims_of(own);
            float *dense_x = dna_bytes_at(e, a->scratch);
            float *dense_y = dense_x + a->x.size;
            dna_sample_take(e, &a->x, own->in[0], x, dense_x);
            pool(e, own, &dims, dense_y, dense_x, at);
            dna_sample_put(e, &a->y, own, y, dense_y, false);
        } else if (is_side_by_side(e->p, a->node)) {
            pool_windows(e, &a->dims, y, x, at);
        } else {
            pool(e, a->node, &a->dims, y, x, at);
        }
    }
    return DNA_OK;
}

static int
run_pool_backward(const dna_exec *e, const void *args)
{
    const pool_backward_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        float *dx = dna_at(e, &a->dx) + b * a->dx.stride[0];
        const float *dy = dna_at(e, &a->dy) + b * a->dy.stride[0];
        const uint8_t *at =
            a->at == NULL ? NULL : (uint8_t *)dna_bytes_at(e, a->at) + b * a->dy.size;
        if (a->sums != NULL) {
            pool_windows_backward(e, &a->dims, dx, dy, at, dna_bytes_at(e, a->sums));
            continue;
        }
        if (!a->is_add) {
            memset(dx, 0, (size_t)a->dx.size * sizeof(*dx));
        }
        if (is_apart(a->scratch, a->node, own)) {
            dna_pool_dims dims = dims_of(own);
            float *dense_dx = dna_bytes_at(e, a->scratch);
            float *dense_dy = dense_dx + a->dx.size;
            memset(dense_dx, 0, (size_t)dna_node_size(own->in[0]) * sizeof(*dense_dx));
            dna_sample_take(e, &a->dy, own, dy, dense_dy);
            pool_backward(e, own, &dims, dense_dx, dense_dy, at);
            dna_sample_put(e, &a->dx, own->in[0], dx, dense_dx, true);
        } else {
            pool_backward(e, a->node, &a->dims, dx, dy, at);
        }
    }
    return DNA_OK;
}

static int
scratch_for_mixed(dna_program *p, const dna_node *node, dna_buffer **scratch)
{
    *scratch = NULL;
    return node->pool.pad[0] == 0 && node->pool.pad[1] == 0
               ? DNA_OK
               : dna_sample_scratch(p, node, scratch);
}

/* Comparisons or additions of a window, and how many more there are. */
static double
window_flops(const dna_node *node, double more)
{
    return (double)(node->pool.kernel[0] * node->pool.kernel[1]) + more;
}

int
dna_lower_pool2d(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];
    pool_args a = {.node = node, .dims = dims_of(node)};
    int rc = DNA_OK;

    bool is_max = node->kind == DNA_OP_MAX_POOL2D;
    DNA_REQUIRE(!is_max || node->pool.kernel[0] * node->pool.kernel[1] <= 255,
        DNA_EUNSUPPORTED,
        "max_pool2d: a window of %lld x %lld, at most 255 entries are possible",
        (long long)node->pool.kernel[0], (long long)node->pool.kernel[1]);
    DNA_TRY(dna_value_new(p, y, node));
    if (is_max && dna_lower_has_backward(p, node)) {
        a.at = dna_buffer_new(p, (size_t)y->size, 0, "places");
        DNA_REQUIRE(a.at != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    DNA_TRY(scratch_for_mixed(p, node, &a.scratch));
    p->saved[node->id] = a.at;
    a.y = *y;
    a.x = *x;
    dna_step *s = dna_step_add(
        p, &p->forward, dna_op(node->kind)->name, NULL, run_pool, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = window_flops(node, is_max ? -1.0 : 1.0) * dna_entries(p, y);
    dna_step_reads(s, x->buf);
    dna_step_writes(s, y->buf);
    if (a.at != NULL) {
        dna_step_writes(s, a.at);
    }
    if (a.scratch != NULL) {
        dna_step_writes(s, a.scratch);
    }
out:
    return rc;
}

int
dna_lower_pool2d_backward(dna_program *p, const dna_node *node)
{
    pool_backward_args a = {.node = node,
        .dims = dims_of(node),
        .dy = p->grads[node->id],
        .at = p->saved[node->id]};
    dna_tensor_value *dx = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
    a.dx = *dx;
    DNA_TRY(scratch_for_mixed(p, node, &a.scratch));
    if (is_side_by_side(p, node) && !a.is_add) { /* they store, and do not add */
        a.sums = dna_buffer_new(p, (size_t)a.dims.C * sizeof(float), 0, "scratch");
        DNA_REQUIRE(a.sums != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    dna_step *s = dna_step_add(p, &p->backward, dna_op(node->kind)->name, NULL,
        run_pool_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (node->kind == DNA_OP_AVG_POOL2D ? window_flops(node, 1.0) : 1.0)
               * dna_entries(p, &a.dy);
    dna_step_reads(s, a.dy.buf);
    if (a.at != NULL) {
        dna_step_reads(s, a.at);
    }
    dna_step_writes(s, a.dx.buf);
    if (a.sums != NULL) {
        dna_step_writes(s, a.sums);
    }
    if (a.scratch != NULL) {
        dna_step_writes(s, a.scratch);
    }
out:
    return rc;
}

/* lower_axis.c - softmax and maximum along a dimension as chunk steps.
 *
 * SPDX-License-Identifier: MIT
 *
 * In storage order a sample is [outer][extent][inner] around any dimension. A maximum
 * is made in that order with the dimension kept; where the op drops it and the order of
 * what is left is another one, a copy follows.
 *
 * In batches of several sizes a smaller sample is taken out, computed with its own shapes
 * and put back.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

/* x, as the sample has it, around a dimension; channels-last for four dimensions. */
static dna_axis_dims
dims_of(const dna_node *x, int axis)
{
    dna_axis_dims d = {1, x->dim[axis], 1};
    if (x->n_dim != 4) {
        d.inner = dna_node_span(x, axis + 1);
    } else if (axis > 1) {
        d.inner = (axis == 2 ? x->dim[3] : 1) * x->dim[1];
    }
    d.outer = dna_node_size(x) / (d.extent * d.inner);
    return d;
}

/* ---- softmax ---- */

typedef struct {
    const dna_node *node;
    dna_tensor_value y, x;
    dna_buffer *scratch; /* several sizes: two samples */
} softmax_args;

typedef struct {
    const dna_node *node;
    dna_tensor_value dx, dy, y;
    dna_buffer *scratch;
    bool is_add;
} softmax_backward_args;

static int
run_softmax(const dna_exec *e, const void *args)
{
    const softmax_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        dna_axis_dims d = dims_of(own, own->axis);
        float *y = dna_at(e, &a->y) + b * a->y.stride[0];
        const float *x = dna_at(e, &a->x) + b * a->x.stride[0];
        if (own == a->node) {
            e->p->k->axis->softmax(&d, y, x);
            continue;
        }
        float *dense = dna_bytes_at(e, a->scratch);
        dna_sample_take(e, &a->x, own, x, dense);
        e->p->k->axis->softmax(&d, dense, dense);
        dna_sample_put(e, &a->y, own, y, dense, false);
    }
    return DNA_OK;
}

int
dna_lower_softmax(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    softmax_args a = {.node = node, .x = p->values[node->in[0]->id]};
    int rc = DNA_OK;

    if (dna_lower_may_overwrite(p, node->in[0])) {
        *y = a.x;
    } else {
        DNA_TRY(dna_value_new(p, y, node));
    }
    a.y = *y;
    DNA_TRY(dna_sample_scratch(p, node, &a.scratch));
    dna_step *s =
        dna_step_add(p, &p->forward, "softmax", NULL, run_softmax, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = 5.0 * dna_entries(p, &a.y); /* largest, minus it, exp, sum, quotient */
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, a.y.buf);
    if (a.scratch != NULL) {
        dna_step_writes(s, a.scratch);
    }
out:
    return rc;
}

static int
run_softmax_backward(const dna_exec *e, const void *args)
{
    const softmax_backward_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        dna_axis_dims d = dims_of(own, own->axis);
        float *dx = dna_at(e, &a->dx) + b * a->dx.stride[0];
        const float *dy = dna_at(e, &a->dy) + b * a->dy.stride[0];
        const float *y = dna_at(e, &a->y) + b * a->y.stride[0];
        if (own == a->node) {
            e->p->k->axis->softmax_backward(&d, dx, dy, y, a->is_add);
            continue;
        }
        float *dense = dna_bytes_at(e, a->scratch);
        float *dense_y = dense + a->y.size;
        dna_sample_take(e, &a->dy, own, dy, dense);
        dna_sample_take(e, &a->y, own, y, dense_y);
        e->p->k->axis->softmax_backward(&d, dense, dense, dense_y, false);
        dna_sample_put(e, &a->dx, own, dx, dense, a->is_add);
    }
    return DNA_OK;
}

int
dna_lower_softmax_backward(dna_program *p, const dna_node *node)
{
    dna_tensor_value *dx = &p->grads[node->in[0]->id];
    softmax_backward_args a = {.node = node,
        .dy = p->grads[node->id],
        .y = p->values[node->id],
        .is_add = dx->buf != NULL};
    int rc = DNA_OK;

    if (!a.is_add) {
        *dx = a.dy; /* in place */
    }
    a.dx = *dx;
    DNA_TRY(dna_sample_scratch(p, node, &a.scratch));
    dna_step *s = dna_step_add(
        p, &p->backward, "softmax", NULL, run_softmax_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (a.is_add ? 5.0 : 4.0) * dna_entries(p, &a.dy);
    dna_step_reads(s, a.dy.buf);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.dx.buf);
    if (a.scratch != NULL) {
        dna_step_writes(s, a.scratch);
    }
out:
    return rc;
}

/* ---- maximum ---- */

typedef struct {
    const dna_node *node;
    dna_tensor_value y, x; /* y with the dimension kept; backward: gradients */
    dna_buffer *at;        /* int32 [outer][inner] of the sample; NULL: not wanted */
    dna_buffer *scratch;   /* several sizes: the input and the output of a sample */
    bool is_add;           /* backward */
} max_args;

/* The output of a maximum with its dimension kept. */
static dna_node
kept_output(const dna_node *node)
{
    dna_node kept = *node;
    kept.n_dim = node->in[0]->n_dim;
    memcpy(kept.dim, node->in[0]->dim, sizeof(kept.dim));
    kept.dim[node->axis] = 1;
    return kept;
}

/* v, a value of node, in the storage order of the kept output: v itself where that is the
 * same, else a new value. */
static int
kept_value(dna_program *p, const dna_node *node, const dna_tensor_value *v,
    dna_tensor_value *out)
{
    dna_node kept = kept_output(node);
    dna_tensor_value view = dna_value_with_axis(v, node);
    if (dna_value_is_dense(&view)) {
        *out = view;
        return DNA_OK;
    }
    return dna_value_new(p, out, &kept);
}

static int32_t *
places(const dna_exec *e, const max_args *a, int64_t b)
{
    return a->at == NULL ? NULL : (int32_t *)dna_bytes_at(e, a->at) + b * a->y.size;
}

static int
run_max(const dna_exec *e, const void *args)
{
    const max_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        dna_axis_dims d = dims_of(own->in[0], own->axis);
        float *y = dna_at(e, &a->y) + b * a->y.stride[0];
        const float *x = dna_at(e, &a->x) + b * a->x.stride[0];
        if (own == a->node) {
            e->p->k->axis->max(&d, y, x, places(e, a, b));
            continue;
        }
        dna_node kept = kept_output(own);
        float *dense_x = dna_bytes_at(e, a->scratch);
        float *dense_y = dense_x + a->x.size;
        dna_sample_take(e, &a->x, own->in[0], x, dense_x);
        e->p->k->axis->max(&d, dense_y, dense_x, places(e, a, b));
        dna_sample_put(e, &a->y, &kept, y, dense_y, false);
    }
    return DNA_OK;
}

int
dna_lower_max(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    max_args a = {.node = node, .x = p->values[node->in[0]->id]};
    int rc = DNA_OK;

    DNA_REQUIRE(node->in[0]->dim[node->axis] <= INT32_MAX, DNA_EUNSUPPORTED,
        "max: a dimension of %lld, at most %d is possible",
        (long long)node->in[0]->dim[node->axis], INT32_MAX);
    DNA_TRY(dna_value_new(p, y, node));
    DNA_TRY(kept_value(p, node, y, &a.y));
    if (dna_lower_has_backward(p, node)) {
        a.at = dna_buffer_new(p, (size_t)y->size * sizeof(int32_t), 0, "places");
        DNA_REQUIRE(a.at != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    p->saved[node->id] = a.at;
    DNA_TRY(dna_sample_scratch(p, node, &a.scratch));
    dna_step *s = dna_step_add(p, &p->forward, "max", NULL, run_max, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = dna_entries(p, &a.x);
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, a.y.buf);
    if (a.at != NULL) {
        dna_step_writes(s, a.at);
    }
    if (a.scratch != NULL) {
        dna_step_writes(s, a.scratch);
    }
    if (a.y.buf != y->buf) {
        dna_tensor_value view = dna_value_with_axis(y, node);
        DNA_TRY(dna_lower_copy(p, &p->forward, "max", &view, &a.y, 1.0f, false, false));
    }
out:
    return rc;
}

static int
run_max_backward(const dna_exec *e, const void *args)
{
    const max_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        dna_axis_dims d = dims_of(own->in[0], own->axis);
        const float *dy = dna_at(e, &a->y) + b * a->y.stride[0];
        float *dx = dna_at(e, &a->x) + b * a->x.stride[0];
        if (!a->is_add) {
            memset(dx, 0, (size_t)a->x.size * sizeof(*dx));
        }
        if (own == a->node) {
            e->p->k->axis->max_backward(&d, dx, dy, places(e, a, b));
            continue;
        }
        dna_node kept = kept_output(own);
        float *dense_dx = dna_bytes_at(e, a->scratch);
        float *dense_dy = dense_dx + a->x.size;
        memset(dense_dx, 0, (size_t)dna_node_size(own->in[0]) * sizeof(*dense_dx));
        dna_sample_take(e, &a->y, &kept, dy, dense_dy);
        e->p->k->axis->max_backward(&d, dense_dx, dense_dy, places(e, a, b));
        dna_sample_put(e, &a->x, own->in[0], dx, dense_dx, true);
    }
    return DNA_OK;
}

int
dna_lower_max_backward(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *dy = &p->grads[node->id];
    max_args a = {.node = node, .at = p->saved[node->id]};
    dna_tensor_value *dx = NULL;
    int rc = DNA_OK;

    DNA_TRY(kept_value(p, node, dy, &a.y));
    if (a.y.buf != dy->buf) {
        dna_tensor_value view = dna_value_with_axis(dy, node);
        DNA_TRY(
            dna_lower_copy(p, &p->backward, "max", &a.y, &view, 1.0f, false, false));
    }
    DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
    a.x = *dx;
    DNA_TRY(dna_sample_scratch(p, node, &a.scratch));
    dna_step *s =
        dna_step_add(p, &p->backward, "max", NULL, run_max_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = dna_entries(p, &a.y);
    dna_step_reads(s, a.y.buf);
    dna_step_reads(s, a.at);
    dna_step_writes(s, a.x.buf);
    if (a.scratch != NULL) {
        dna_step_writes(s, a.scratch);
    }
out:
    return rc;
}

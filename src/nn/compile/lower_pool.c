/* lower_pool.c - max pooling as a chunk step.
 *
 * SPDX-License-Identifier: MIT
 *
 * In training one byte an output remembers which entry of the window was the largest,
 * so that neither the input nor the output has to be kept for the backward pass.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

typedef struct {
    dna_pool_dims dims;
    dna_tensor_value y, x;
    dna_buffer *at; /* NULL: not wanted */
} pool_args;

typedef struct {
    dna_pool_dims dims;
    dna_tensor_value dx, dy;
    dna_buffer *at;
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

static int
run_pool(const dna_exec *e, const void *args)
{
    const pool_args *a = args;
    float *y = dna_at(e, &a->y);
    const float *x = dna_at(e, &a->x);
    uint8_t *at = a->at == NULL ? NULL : dna_bytes_at(e, a->at);
    for (int64_t b = 0; b < e->n; b++) {
        e->p->k->max_pool(&a->dims, y + b * a->y.stride[0], x + b * a->x.stride[0],
            at == NULL ? NULL : at + b * a->y.size);
    }
    return DNA_OK;
}

static int
run_pool_backward(const dna_exec *e, const void *args)
{
    const pool_backward_args *a = args;
    float *dx = dna_at(e, &a->dx);
    const float *dy = dna_at(e, &a->dy);
    const uint8_t *at = dna_bytes_at(e, a->at);
    for (int64_t b = 0; b < e->n; b++) {
        float *out = dx + b * a->dx.stride[0];
        if (!a->is_add) {
            memset(out, 0, (size_t)a->dx.size * sizeof(*out));
        }
        e->p->k->max_pool_backward(
            &a->dims, out, dy + b * a->dy.stride[0], at + b * a->dy.size);
    }
    return DNA_OK;
}

int
dna_lower_max_pool2d(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];
    pool_args a = {.dims = dims_of(node)};
    int rc = DNA_OK;

    DNA_REQUIRE(node->pool.kernel[0] * node->pool.kernel[1] <= 255, DNA_EUNSUPPORTED,
        "max_pool2d: a window of %lld x %lld, at most 255 entries are possible",
        (long long)node->pool.kernel[0], (long long)node->pool.kernel[1]);
    DNA_TRY(dna_value_new(p, y, node));
    if (p->is_training && p->needs_grad[node->in[0]->id]) {
        a.at = dna_buffer_new(p, (size_t)y->size, 0);
        DNA_REQUIRE(a.at != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    p->saved[node->id] = a.at;
    a.y = *y;
    a.x = *x;
    dna_step *s =
        dna_step_add(p, &p->forward, "max_pool2d", NULL, run_pool, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, x->buf);
    dna_step_writes(s, y->buf);
    if (a.at != NULL) {
        dna_step_writes(s, a.at);
    }
out:
    return rc;
}

int
dna_lower_max_pool2d_backward(dna_program *p, const dna_node *node)
{
    pool_backward_args a = {
        .dims = dims_of(node), .dy = p->grads[node->id], .at = p->saved[node->id]};
    dna_tensor_value *dx = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
    a.dx = *dx;
    dna_step *s = dna_step_add(
        p, &p->backward, "max_pool2d.backward", NULL, run_pool_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.dy.buf);
    dna_step_reads(s, a.at);
    dna_step_writes(s, a.dx.buf);
out:
    return rc;
}

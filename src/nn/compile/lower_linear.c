/* lower_linear.c - linear layers as products of matrices.
 *
 * SPDX-License-Identifier: MIT
 *
 * With X the rows of all samples [R, I], W [O, I], Y = X W' + b:
 *     dX = dY W      dW = dY' X      db = column sums of dY
 * A small layer works chunk by chunk. A large one, whose weights would be read again
 * for every chunk, is cut along its outputs (or inputs) instead, over the whole batch.
 * dW always is, so that its sums run over the batch in order.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

#define LARGE (64 * 1024) /* weights; more than that is read once a batch */
#define BLOCK 16          /* outputs a task */
#define WIDE  1024        /* inputs a task */

typedef struct {
    const dna_node *node;
    dna_tensor_value x, y; /* or dx, dy */
    int64_t R, I, O;       /* rows a sample, features in and out */
    int64_t ld;            /* inputs of the whole weight tensor */
    bool is_large, is_add;
} linear_args;

static int64_t
row_stride(const linear_args *a, const dna_tensor_value *v, int64_t features)
{
    return a->R == 1 ? v->stride[0] : features;
}

static const float *
weights(const dna_exec *e, const linear_args *a)
{
    return dna_node_param(e->p, a->node, DNA_WEIGHT) + a->node->param_begin;
}

/* Outputs o0 .. o1-1 of the rows at hand. */
static int
forward_part(const dna_exec *e, const linear_args *a, int64_t o0, int64_t o1)
{
    const float *bias = dna_node_param(e->p, a->node, DNA_BIAS);
    const float *x = dna_at(e, &a->x);
    float *y = dna_at(e, &a->y);
    int64_t rows = e->n * a->R;
    for (int64_t r = 0; bias != NULL && r < rows; r++) {
        memcpy(y + r * a->O + o0, bias + o0, (size_t)(o1 - o0) * sizeof(*y));
    }
    return dna_gemm(e, false, true, rows, o1 - o0, a->I, x, row_stride(a, &a->x, a->I),
        weights(e, a) + o0 * a->ld, a->ld, bias != NULL, y + o0, a->O);
}

static int
run_forward(const dna_exec *e, const void *args)
{
    const linear_args *a = args;
    if (!a->is_large) {
        return forward_part(e, a, 0, a->O);
    }
    return forward_part(e, a, e->task * BLOCK, DNA_MIN((e->task + 1) * BLOCK, a->O));
}

/* x must have one distance from row to row: copy it if a slice left gaps. */
static int
even_rows(dna_program *p, dna_tensor_value *out, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->id];
    if (node->n_dim == 2 || x->stride[0] == x->size) {
        *out = *x;
        return DNA_OK;
    }
    int rc = dna_value_new(p, out, node);
    return rc < 0 ? rc
                  : dna_lower_copy(p, &p->forward, "rows", out, x, 1.0f, false, false);
}

static linear_args
args_of(const dna_program *p, const dna_node *node)
{
    int last = node->n_dim - 1;
    linear_args a = {.node = node,
        .I = node->in[0]->dim[last],
        .O = node->dim[last],
        .ld = p->g->tensors[node->tensor[DNA_WEIGHT]].dim[1]};
    a.R = dna_node_size(node) / a.O;
    /* evaluation runs chunk by chunk all through: its buffers stay in cache */
    a.is_large = p->is_training && a.I * a.O > LARGE;
    return a;
}

/* Two a weight and row. */
static double
n_flop(const dna_program *p, const linear_args *a)
{
    return 2.0 * (double)(p->batch * a->R) * (double)(a->I * a->O);
}

int
dna_lower_linear(dna_program *p, const dna_node *node)
{
    linear_args a = args_of(p, node);
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    DNA_TRY(even_rows(p, &a.x, node->in[0]));
    p->operands[node->id] = a.x;
    a.y = p->values[node->id];
    dna_step *s =
        dna_step_add(p, &p->forward, "linear", node->layer, run_forward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    if (a.is_large) {
        s->is_chunk = false;
        s->n_task = (a.O + BLOCK - 1) / BLOCK;
    }
    s->flops = n_flop(p, &a);
    s->params_read = (double)(a.I * a.O + (node->tensor[DNA_BIAS] < 0 ? 0 : a.O));
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, a.y.buf);
out:
    return rc;
}

/* dX, inputs i0 .. i1-1 */
static int
input_part(const dna_exec *e, const linear_args *a, int64_t i0, int64_t i1)
{
    return dna_gemm(e, false, false, e->n * a->R, i1 - i0, a->O, dna_at(e, &a->y), a->O,
        weights(e, a) + i0, a->ld, a->is_add, dna_at(e, &a->x) + i0,
        row_stride(a, &a->x, a->I));
}

static int
run_input_grad(const dna_exec *e, const void *args)
{
    const linear_args *a = args;
    if (!a->is_large) {
        return input_part(e, a, 0, a->I);
    }
    return input_part(e, a, e->task * WIDE, DNA_MIN((e->task + 1) * WIDE, a->I));
}

static int
run_weight_grad(const dna_exec *e, const void *args)
{
    const linear_args *a = args;
    int64_t o0 = e->task * BLOCK;
    int64_t o1 = DNA_MIN(o0 + BLOCK, a->O);
    int64_t rows = e->n * a->R;
    const float *dy = dna_at(e, &a->y);
    float *db = dna_node_grad(e->p, a->node, DNA_BIAS);
    for (int64_t r = 0; db != NULL && r < rows; r++) {
        for (int64_t o = o0; o < o1; o++) {
            db[o] += dy[r * a->O + o];
        }
    }
    return dna_gemm(e, true, false, o1 - o0, a->I, rows, dy + o0, a->O,
        dna_at(e, &a->x), row_stride(a, &a->x, a->I), true,
        dna_node_grad(e->p, a->node, DNA_WEIGHT) + a->node->param_begin + o0 * a->ld,
        a->ld);
}

int
dna_lower_linear_backward(dna_program *p, const dna_node *node)
{
    linear_args a = args_of(p, node);
    dna_tensor_value *dx = NULL;
    int rc = DNA_OK;

    a.x = p->operands[node->id];
    a.y = p->grads[node->id];
    dna_step *s = dna_step_add(p, &p->backward, "linear.weight_grad", node->layer,
        run_weight_grad, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    s->n_task = (a.O + BLOCK - 1) / BLOCK;
    s->flops = n_flop(p, &a);
    s->params_written = (double)(a.I * a.O);
    if (node->tensor[DNA_BIAS] >= 0) {
        s->flops += dna_entries(p, &a.y);
        s->params_written += (double)a.O;
    }
    dna_step_reads(s, a.x.buf);
    dna_step_reads(s, a.y.buf);
    if (!p->needs_grad[node->in[0]->id]) {
        return DNA_OK;
    }
    DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
    a.x = *dx;
    s = dna_step_add(p, &p->backward, "linear.input_grad", node->layer, run_input_grad,
        &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    if (a.is_large) {
        s->is_chunk = false;
        s->n_task = (a.I + WIDE - 1) / WIDE;
    }
    s->flops = n_flop(p, &a);
    s->params_read = (double)(a.I * a.O);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.x.buf);
out:
    return rc;
}

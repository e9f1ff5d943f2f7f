/* lower_moves.c - ops that only move numbers.
 *
 * SPDX-License-Identifier: MIT
 *
 * What need not be copied is a view: of a value that is dense as it is, of a place in the
 * concat that will be its only reader, and backward of a part of a concat's gradient.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

typedef struct {
    dna_tensor_value v;
} zero_args;

static int
run_zero(const dna_exec *e, const void *args)
{
    const zero_args *a = args;
    float *x = dna_at(e, &a->v);
    for (int64_t b = 0; b < e->n; b++) {
        memset(x + b * a->v.stride[0], 0, (size_t)a->v.size * sizeof(*x));
    }
    return DNA_OK;
}

int
dna_lower_zero(dna_program *p, dna_step_list *list, const dna_tensor_value *v,
    const dna_tensor_value *after)
{
    zero_args a = {*v};
    dna_step *s = dna_step_add(p, list, "zeros", NULL, run_zero, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    if (after != NULL) {
        dna_step_reads(s, after->buf);
    }
    dna_step_writes(s, v->buf);
    return DNA_OK;
}

/* ---- moves, whose results may be parts of other values ---- */

/* The only node that reads x, where x is not the output. */
static const dna_node *
only_reader(const dna_program *p, const dna_node *x)
{
    for (int i = x->id + 1; p->n_use[x->id] == 1 && i < p->g->n_node; i++) {
        const dna_node *node = p->g->nodes[i];
        for (int k = 0; k < node->n_in; k++) {
            if (node->in[k] == x) {
                return x == p->g->output ? NULL : node;
            }
        }
    }
    return NULL;
}

/* A value that is to be copied into: its place in a concat if only that reads it. */
static int
value_to_fill(dna_program *p, const dna_node *node)
{
    const dna_node *reader = only_reader(p, node);
    dna_tensor_value *y = &p->values[node->id];
    int64_t begin = 0;
    int rc = DNA_OK;

    if (reader == NULL || reader->kind != DNA_OP_CONCAT || node->n_dim != 4) {
        return dna_value_new(p, y, node);
    }
    dna_tensor_value *whole = &p->values[reader->id];
    if (whole->buf == NULL) {
        DNA_TRY(dna_value_new(p, whole, reader));
    }
    for (int k = 0; reader->in[k] != node; k++) {
        begin += reader->in[k]->dim[reader->axis];
    }
    *y = dna_value_sliced(whole, reader->axis, begin, node->dim[reader->axis]);
out:
    return rc;
}

int
dna_lower_reshape(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];

    dna_value_shape(y, node);
    if (dna_value_is_row_major(x) && dna_value_is_row_major(y)) {
        *y = dna_value_seen_as(x, node->n_dim, node->dim);
        return DNA_OK;
    }
    int rc = value_to_fill(p, node);
    return rc < 0 ? rc : dna_lower_reshaped_copy(p, &p->forward, y, x, false);
}

int
dna_lower_slice(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];
    dna_tensor_value view =
        dna_value_sliced(x, node->axis, node->begin, node->dim[node->axis]);

    const dna_node *reader = only_reader(p, node);
    bool is_copied_on = reader != NULL && reader->kind == DNA_OP_RESHAPE;
    if (dna_value_is_dense(&view) || is_copied_on) {
        *y = view; /* a reshape copies what is not dense */
        return DNA_OK;
    }
    int rc = value_to_fill(p, node);
    return rc < 0
               ? rc
               : dna_lower_copy(p, &p->forward, "slice", y, &view, 1.0f, false, false);
}

int
dna_lower_concat(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    int64_t begin = 0;
    int rc = DNA_OK;

    if (y->buf == NULL) { /* else some inputs were put into their places */
        DNA_TRY(dna_value_new(p, y, node));
    }
    for (int k = 0; k < node->n_in; k++) {
        int64_t n = node->in[k]->dim[node->axis];
        const dna_tensor_value *x = &p->values[node->in[k]->id];
        dna_tensor_value part = dna_value_sliced(y, node->axis, begin, n);
        if (x->buf != y->buf) {
            DNA_TRY(
                dna_lower_copy(p, &p->forward, "concat", &part, x, 1.0f, false, false));
        }
        begin += n;
    }
out:
    return rc;
}

/* ---- backward ---- */

int
dna_lower_slice_backward(dna_program *p, const dna_node *node)
{
    const dna_node *in = node->in[0];
    dna_tensor_value *dx = NULL;
    bool is_add = false;
    int rc = DNA_OK;

    DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
    if (!is_add) {
        DNA_TRY(
            dna_lower_zero(p, &p->backward, dx, &p->grads[node->id])); /* not before */
    }
    dna_tensor_value part =
        dna_value_sliced(dx, node->axis, node->begin, node->dim[node->axis]);
    DNA_TRY(dna_lower_copy(p, &p->backward, "slice.backward", &part,
        &p->grads[node->id], 1.0f, true, false));
out:
    return rc;
}

int
dna_lower_concat_backward(dna_program *p, const dna_node *node)
{
    int64_t begin = 0;
    int rc = DNA_OK;

    for (int k = 0; k < node->n_in; k++) {
        const dna_node *in = node->in[k];
        int64_t n = in->dim[node->axis];
        if (p->needs_grad[in->id]) {
            dna_tensor_value *dx = NULL;
            bool is_add = false;
            dna_tensor_value part =
                dna_value_sliced(&p->grads[node->id], node->axis, begin, n);
            begin += n;
            if (p->grads[in->id].buf == NULL && in->n_dim == 4
                && dna_value_is_dense(&part)) {
                p->grads[in->id] = part; /* nobody else needs this part */
                continue;
            }
            DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
            DNA_TRY(dna_lower_copy(
                p, &p->backward, "concat.backward", dx, &part, 1.0f, is_add, false));
        } else {
            begin += n;
        }
    }
out:
    return rc;
}

/* Ops with one input whose gradient is a copy through strides. */
int
dna_lower_move_backward(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *dy = &p->grads[node->id];
    const dna_node *in = node->in[0];
    dna_tensor_value *dx = NULL;
    dna_tensor_value view;
    bool is_add = false;
    int rc = DNA_OK;

    DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
    if (node->kind == DNA_OP_MEAN || node->kind == DNA_OP_SUM) {
        view = dna_value_with_axis(dy, node);
        DNA_TRY(dna_lower_copy(p, &p->backward, dna_op(node->kind)->name, dx, &view,
            (float)dna_node_factor(node), is_add, false));
    } else if (node->kind == DNA_OP_EXPAND) {
        DNA_TRY(dna_lower_copy(
            p, &p->backward, "expand.backward", dx, dy, 1.0f, true, !is_add));
    } else if (node->kind == DNA_OP_TRANSPOSE) {
        view = dna_value_permuted(dx, node->perm);
        DNA_TRY(dna_lower_copy(
            p, &p->backward, "transpose.backward", &view, dy, 1.0f, is_add, false));
    } else {
        DNA_TRY(dna_lower_reshaped_copy(p, &p->backward, dx, dy, is_add));
    }
out:
    return rc;
}

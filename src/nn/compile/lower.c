/* lower.c - every op's way to its steps; the ops that only move numbers have theirs here.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/compile/fuse.h"
#include "nn/compile/table.h"

#include <string.h>

#include "base/mem.h"

/* ---- forward ---- */

static int
lower_input(dna_program *p, const dna_node *node)
{
    dna_tensor_value *v = &p->values[node->id];
    dna_tensor_value given;
    int rc = DNA_OK;

    dna_value_shape(&given, node);
    dna_value_set_strides(&given, false);
    given.buf = dna_buffer_new(p, (size_t)given.size * sizeof(float), 0, "value");
    DNA_REQUIRE(given.buf != NULL, DNA_ENOMEM, "%s", dna_message());
    given.buf->shape = node;
    given.buf->is_pinned = true;
    given.buf->is_input = true;
    DNA_TRY(dna_lower_mask(p, &p->forward, &given, node));
    *v = given;
    if (!dna_value_is_dense(&given)) { /* four dimensions: to channels-last */
        DNA_TRY(dna_value_new(p, v, node));
        DNA_TRY(dna_lower_copy(p, &p->forward, "input", v, &given, 1.0f, false, false));
    }
    for (int i = 0; i < p->g->n_input; i++) {
        if (p->g->inputs[i] == node) {
            p->inputs[i] = given;
        }
    }
out:
    return rc;
}

/* Ops whose own backward does not need their output, which is no view of another value
 * (activations and dropout: see below). */
static const bool output_is_free[DNA_N_OP] = {
    [DNA_OP_CONV2D] = true,
    [DNA_OP_LINEAR] = true,
    [DNA_OP_BATCH_NORM] = true,
    [DNA_OP_NORM_AS] = true,
    [DNA_OP_GROUP_NORM] = true,
    [DNA_OP_LAYER_NORM] = true,
    [DNA_OP_MAX_POOL2D] = true,
    [DNA_OP_AVG_POOL2D] = true,
    [DNA_OP_MEAN] = true,
    [DNA_OP_SUM] = true,
    [DNA_OP_MAX] = true,
    [DNA_OP_EXPAND] = true,
    [DNA_OP_CONCAT] = true,
    [DNA_OP_ADD] = true,
    [DNA_OP_TRANSPOSE] = true,
};

/* Whether node's own backward reads its output. */
static bool
needs_output(const dna_program *p, const dna_node *node)
{
    const dna_chain *chain = dna_chain_of_result(p, node);
    if (chain != NULL && chain->relu != NULL) {
        return p->is_training;
    }
    if (node->kind == DNA_OP_ACTIVATION) {
        return dna_lower_has_backward(p, node) && !dna_lower_is_made_again(p, node)
               && dna_activation_uses_output(&node->activation);
    }
    if (node->kind == DNA_OP_DROPOUT) {
        return !p->is_training; /* then it is its input */
    }
    return !output_is_free[node->kind];
}

bool
dna_lower_has_backward(const dna_program *p, const dna_node *node)
{
    return p->is_training && p->needs_grad[node->in[0]->id];
}

bool
dna_lower_may_overwrite(const dna_program *p, const dna_node *in)
{
    return !needs_output(p, in) && p->n_use[in->id] == 1;
}

static bool
same_dims(const dna_node *a, const dna_node *b)
{
    return memcmp(a->dim, b->dim, (size_t)a->n_dim * sizeof(*a->dim)) == 0;
}

static int
lower_add(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    int first = same_dims(node->in[0], node) ? 0 : 1; /* the operand to start from */
    int rc = DNA_OK;

    if (same_dims(node->in[first], node)
        && dna_lower_may_overwrite(p, node->in[first])) {
        *y = p->values[node->in[first]->id];
    } else {
        DNA_TRY(dna_value_new(p, y, node));
        DNA_TRY(dna_lower_copy(p, &p->forward, "add", y,
            &p->values[node->in[first]->id], 1.0f, false, false));
    }
    DNA_TRY(dna_lower_copy(p, &p->forward, "add", y,
        &p->values[node->in[1 - first]->id], 1.0f, true, false));
out:
    return rc;
}

static int
lower_mean(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    const dna_node *x = node->in[0];
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, y, node));
    dna_tensor_value view = dna_value_with_axis(y, node);
    DNA_TRY(dna_lower_copy(p, &p->forward, dna_op(node->kind)->name, &view,
        &p->values[x->id], (float)dna_node_factor(node), true, true));
out:
    return rc;
}

static int
lower_op(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = node->n_in > 0 ? &p->values[node->in[0]->id] : NULL;
    dna_tensor_value *y = &p->values[node->id];
    int rc = DNA_OK;

    switch (node->kind) {
    case DNA_OP_INPUT:
        return lower_input(p, node);
    case DNA_OP_ZEROS:
        rc = dna_value_new(p, y, node);
        return rc < 0 ? rc : dna_lower_zero(p, &p->forward, y, NULL);
    case DNA_OP_CONV2D:
        return dna_lower_conv2d(p, node);
    case DNA_OP_LINEAR:
        return dna_lower_linear(p, node);
    case DNA_OP_BATCH_NORM:
        return dna_lower_batch_norm(p, node);
    case DNA_OP_NORM_AS:
        return dna_lower_norm_as(p, node);
    case DNA_OP_GROUP_NORM:
        return dna_lower_group_norm(p, node);
    case DNA_OP_LAYER_NORM:
        return dna_lower_layer_norm(p, node);
    case DNA_OP_GRU:
    case DNA_OP_LSTM:
        return dna_lower_rnn(p, node);
    case DNA_OP_ACTIVATION:
        return dna_lower_activation(p, node);
    case DNA_OP_MAX_POOL2D:
    case DNA_OP_AVG_POOL2D:
        return dna_lower_pool2d(p, node);
    case DNA_OP_MAX:
        return dna_lower_max(p, node);
    case DNA_OP_SOFTMAX:
        return dna_lower_softmax(p, node);
    case DNA_OP_DROPOUT:
        return dna_lower_dropout(p, node);
    case DNA_OP_MEAN:
    case DNA_OP_SUM:
        return lower_mean(p, node);
    case DNA_OP_EXPAND:
        rc = dna_value_new(p, y, node);
        return rc < 0
                   ? rc
                   : dna_lower_copy(p, &p->forward, "expand", y, x, 1.0f, false, false);
    case DNA_OP_CONCAT:
        return dna_lower_concat(p, node);
    case DNA_OP_ADD:
        return lower_add(p, node);
    case DNA_OP_SLICE:
        return dna_lower_slice(p, node);
    case DNA_OP_RESHAPE:
        return dna_lower_reshape(p, node);
    case DNA_OP_TRANSPOSE: {
        rc = dna_value_new(p, y, node);
        dna_tensor_value view = dna_value_permuted(x, node->perm);
        return rc < 0 ? rc
                      : dna_lower_copy(
                          p, &p->forward, "transpose", y, &view, 1.0f, false, false);
    }
    case DNA_N_OP:
    default:
        return dna_fail(DNA_EUNSUPPORTED, "op %d", (int)node->kind);
    }
}

/* Ops that give zeros where they read zeros; so do those of lower_mixed.c. */
static const bool zeros_stay[DNA_N_OP] = {
    [DNA_OP_INPUT] = true, /* masked before it is copied */
    [DNA_OP_ZEROS] = true,
    [DNA_OP_GRU] = true, /* go by the samples' extents */
    [DNA_OP_LSTM] = true,
};

int
dna_lower_forward(dna_program *p, const dna_node *node)
{
    int rc = DNA_OK;

    dna_chain *chain = p->chains[node->id];
    if (dna_is_by_table(p, node)) {
        return dna_lower_table(p, node);
    }
    if (p->is_made[node->id]) {
        return DNA_OK;
    }
    if (chain != NULL && node != chain->norm) { /* all of it where its result is due */
        return node == chain->last ? dna_lower_chain(p, chain) : DNA_OK;
    }
    if (dna_lower_is_mixed_move(p, node)) {
        return dna_lower_mixed_move(p, node);
    }
    DNA_TRY(lower_op(p, node));
    if (!zeros_stay[node->kind]) {
        DNA_TRY(dna_lower_mask(p, &p->forward, &p->values[node->id], node));
    }
out:
    return rc;
}

/* ---- backward ---- */

static int
add_backward(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *dy = &p->grads[node->id];
    bool is_given = false; /* dy's own memory went to one operand */
    int rc = DNA_OK;

    for (int k = 1; k >= 0; k--) {
        const dna_node *in = node->in[k];
        dna_tensor_value *dx = NULL;
        bool is_add = false;
        if (!p->needs_grad[in->id]) {
            continue;
        }
        bool is_same = same_dims(in, node);
        if (is_same && k == 0 && !is_given && p->grads[in->id].buf == NULL
            && node->in[0] != node->in[1]) {
            p->grads[in->id] = *dy;
            is_given = true;
            continue;
        }
        DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
        DNA_TRY(dna_lower_copy(p, &p->backward, "add.backward", dx, dy, 1.0f,
            is_add || !is_same, !is_add && !is_same));
    }
out:
    return rc;
}

static int
lower_op_backward(dna_program *p, const dna_node *node)
{
    bool in_needs = node->n_in > 0 && p->needs_grad[node->in[0]->id];
    switch (node->kind) {
    case DNA_OP_CONV2D:
        return dna_lower_conv2d_backward(p, node);
    case DNA_OP_LINEAR:
        return dna_lower_linear_backward(p, node);
    case DNA_OP_BATCH_NORM:
        return dna_lower_batch_norm_backward(p, node);
    case DNA_OP_NORM_AS:
        return dna_lower_norm_as_backward(p, node);
    case DNA_OP_GROUP_NORM:
        return dna_lower_group_norm_backward(p, node);
    case DNA_OP_LAYER_NORM:
        return dna_lower_layer_norm_backward(p, node);
    case DNA_OP_GRU:
    case DNA_OP_LSTM:
        return dna_lower_rnn_backward(p, node);
    case DNA_OP_MAX_POOL2D:
    case DNA_OP_AVG_POOL2D:
        return in_needs ? dna_lower_pool2d_backward(p, node) : DNA_OK;
    case DNA_OP_MAX:
        return in_needs ? dna_lower_max_backward(p, node) : DNA_OK;
    case DNA_OP_SOFTMAX:
        return in_needs ? dna_lower_softmax_backward(p, node) : DNA_OK;
    case DNA_OP_DROPOUT:
        return in_needs ? dna_lower_dropout_backward(p, node) : DNA_OK;
    case DNA_OP_ACTIVATION:
        return in_needs ? dna_lower_activation_backward(p, node) : DNA_OK;
    case DNA_OP_ADD:
        return add_backward(p, node);
    case DNA_OP_SLICE:
        return in_needs ? dna_lower_slice_backward(p, node) : DNA_OK;
    case DNA_OP_CONCAT:
        return dna_lower_concat_backward(p, node);
    case DNA_OP_MEAN:
    case DNA_OP_SUM:
    case DNA_OP_EXPAND:
    case DNA_OP_RESHAPE:
    case DNA_OP_TRANSPOSE:
        return in_needs ? dna_lower_move_backward(p, node) : DNA_OK;
    case DNA_OP_INPUT:
    case DNA_OP_ZEROS:
    case DNA_N_OP:
    default:
        return DNA_OK;
    }
}

/* Ops whose gradients are zero where those of their output, or their inputs, are. */
static const bool zero_grads_stay[DNA_N_OP] = {
    [DNA_OP_LINEAR] = true,
    [DNA_OP_BATCH_NORM] = true, /* these go by the samples' extents */
    [DNA_OP_GROUP_NORM] = true,
    [DNA_OP_LAYER_NORM] = true,
    [DNA_OP_GRU] = true,
    [DNA_OP_LSTM] = true,
    [DNA_OP_MAX_POOL2D] = true,
    [DNA_OP_AVG_POOL2D] = true,
    [DNA_OP_MAX] = true,
    [DNA_OP_SOFTMAX] = true,
    [DNA_OP_DROPOUT] = true,
    [DNA_OP_ACTIVATION] = true, /* slopes at 0 are finite */
};

int
dna_lower_backward(dna_program *p, const dna_node *node)
{
    int rc = DNA_OK;

    dna_chain *chain = p->chains[node->id];
    if (dna_is_by_table(p, node)) {
        return dna_lower_table_backward(p, node);
    }
    bool is_wanted = p->grads[node->id].buf != NULL || p->deferred[node->id].is_set
                     || p->follower_sums[node->id] != NULL
                     || (chain != NULL && node == chain->norm && chain->joined != NULL);
    if (!p->needs_grad[node->id] || !is_wanted) {
        return DNA_OK;
    }
    if (chain != NULL && node != chain->norm) {
        return node == chain->last ? dna_lower_chain_backward(p, chain) : DNA_OK;
    }
    if (p->is_made[node->id] && dna_chain_of_result(p, node->in[0])->is_deferred) {
        return DNA_OK; /* the chain reads it */
    }
    if (dna_lower_is_mixed_move(p, node)) {
        return dna_lower_mixed_move_backward(p, node);
    }
    DNA_TRY(lower_op_backward(p, node));
    for (int k = 0; !zero_grads_stay[node->kind] && k < node->n_in; k++) {
        if (p->needs_grad[node->in[k]->id]) {
            DNA_TRY(dna_lower_mask(
                p, &p->backward, &p->grads[node->in[k]->id], node->in[k]));
        }
    }
out:
    return rc;
}

/* lower_activation.c - functions of one number as chunk steps.
 *
 * SPDX-License-Identifier: MIT
 *
 * Where the slope is found from the result, the result may stand in the place of the
 * input; where it is not, the input stays for the backward pass.
 */
#include "base/mem.h"
#include "nn/compile/norm.h"

typedef struct {
    const dna_activation_kernel *kernel;
    float k[DNA_ACTIVATION_MAX_K];
    dna_tensor_value y, x;
} activation_args;

typedef struct {
    const dna_activation_kernel *kernel;
    float k[DNA_ACTIVATION_MAX_K];
    dna_tensor_value dx, dy;
    dna_tensor_value v; /* the result or the input */
    bool is_add;
} backward_args;

static void
settings_of(const dna_node *node, float k[DNA_ACTIVATION_MAX_K])
{
    for (int i = 0; i < DNA_ACTIVATION_MAX_K; i++) {
        k[i] = (float)node->activation.k[i];
    }
}

static int
run_activation(const dna_exec *e, const void *args)
{
    const activation_args *a = args;
    float *y = dna_at(e, &a->y);
    const float *x = dna_at(e, &a->x);
    for (int64_t b = 0; b < e->n; b++) {
        a->kernel->forward(
            y + b * a->y.stride[0], x + b * a->x.stride[0], a->y.size, a->k);
    }
    return DNA_OK;
}

/* Ops whose backward step does not read their input. */
static const bool forgets_input[DNA_N_OP] = {
    [DNA_OP_MAX_POOL2D] = true,
    [DNA_OP_AVG_POOL2D] = true,
    [DNA_OP_MEAN] = true,
    [DNA_OP_SUM] = true,
    [DNA_OP_MAX] = true,
    [DNA_OP_EXPAND] = true,
    [DNA_OP_CONCAT] = true,
    [DNA_OP_ADD] = true,
    [DNA_OP_SLICE] = true,
    [DNA_OP_RESHAPE] = true,
    [DNA_OP_TRANSPOSE] = true,
};

bool
dna_lower_is_made_again(const dna_program *p, const dna_node *node)
{
    const dna_node *norm = node->in[0];
    bool is_plain = p->is_training && p->extents == NULL
                    && norm->kind == DNA_OP_BATCH_NORM && p->n_use[norm->id] == 1
                    && p->chains[norm->id] == NULL && p->tables[norm->id] == NULL
                    && (p->options.without & DNA_WITHOUT_FUSION) == 0;
    for (int i = node->id + 1; is_plain && i < p->g->n_node; i++) {
        const dna_node *reader = p->g->nodes[i];
        for (int k = 0; k < reader->n_in; k++) {
            is_plain =
                is_plain && (reader->in[k] != node || forgets_input[reader->kind]);
        }
    }
    return is_plain && node != p->g->output;
}

int
dna_lower_activation(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];
    activation_args a = {.kernel = &p->k->activation[node->activation.kind]};
    bool keeps_x = dna_lower_has_backward(p, node) && !dna_lower_is_made_again(p, node)
                   && !dna_activation_uses_output(&node->activation);
    int rc = DNA_OK;

    if (!keeps_x && dna_lower_may_overwrite(p, node->in[0])) {
        *y = *x;
    } else {
        DNA_TRY(dna_value_new(p, y, node));
    }
    settings_of(node, a.k);
    a.y = *y;
    a.x = *x;
    dna_step *s = dna_step_add(p, &p->forward, dna_activation_name(&node->activation),
        NULL, run_activation, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = dna_entries(p, y);
    dna_step_reads(s, x->buf);
    dna_step_writes(s, y->buf);
out:
    return rc;
}

static int
run_backward(const dna_exec *e, const void *args)
{
    const backward_args *a = args;
    float *dx = dna_at(e, &a->dx);
    const float *dy = dna_at(e, &a->dy);
    const float *v = dna_at(e, &a->v);
    for (int64_t b = 0; b < e->n; b++) {
        a->kernel->backward(dx + b * a->dx.stride[0], dy + b * a->dy.stride[0],
            v + b * a->v.stride[0], a->dy.size, a->k, a->is_add);
    }
    return DNA_OK;
}

/* The value that the slope is found from, once more. */
static int
make_again(dna_program *p, const dna_node *node, dna_tensor_value *v)
{
    activation_args a = {.kernel = &p->k->activation[node->activation.kind]};
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, v, node->in[0]));
    DNA_TRY(dna_lower_norm_again(p, node->in[0], v, &p->grads[node->id]));
    if (!dna_activation_uses_output(&node->activation)) {
        return DNA_OK;
    }
    settings_of(node, a.k);
    a.y = *v;
    a.x = *v;
    dna_step *s = dna_step_add(p, &p->backward, dna_activation_name(&node->activation),
        NULL, run_activation, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = dna_entries(p, v);
    dna_step_reads(s, v->buf);
    dna_step_writes(s, v->buf);
out:
    return rc;
}

int
dna_lower_activation_backward(dna_program *p, const dna_node *node)
{
    const dna_node *in = node->in[0];
    backward_args a = {.kernel = &p->k->activation[node->activation.kind],
        .dy = p->grads[node->id],
        .v = p->values[dna_activation_uses_output(&node->activation) ? node->id
                                                                     : in->id]};
    int rc = DNA_OK;

    if (dna_lower_is_made_again(p, node)) {
        DNA_TRY(make_again(p, node, &a.v));
    }
    settings_of(node, a.k);
    if (p->grads[in->id].buf == NULL) {
        p->grads[in->id] = a.dy; /* in place */
    } else {
        a.is_add = true;
    }
    a.dx = p->grads[in->id];
    dna_step *s = dna_step_add(p, &p->backward, dna_activation_name(&node->activation),
        NULL, run_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (a.is_add ? 3.0 : 2.0) * dna_entries(p, &a.dx);
    dna_step_reads(s, a.dy.buf);
    dna_step_reads(s, a.v.buf);
    dna_step_writes(s, a.dx.buf);
out:
    return rc;
}

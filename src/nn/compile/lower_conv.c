/* lower_conv.c - convolutions: weights in our order, then samples in chunks.
 *
 * SPDX-License-Identifier: MIT
 *
 * The loops over a sample are in conv_sample.c. Weights are brought into the order that
 * they want once a pass, gradients back into PyTorch's.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/conv_sample.h"
#include "nn/compile/lower.h"

typedef struct {
    const dna_node *node;
    dna_conv_dims dims;
    dna_tensor_value x, y;    /* values; in backward x is dx where it is written */
    dna_tensor_value x_value; /* backward: the input's value */
    int64_t n_weight;         /* kh * kw * C * O */
    dna_buffer *packed;       /* [kh][kw][C][O]; backward: what the forward pass kept */
    dna_buffer *packed_back;  /* [kh][kw in reverse][O][C]; NULL: not wanted */
    dna_buffer *turned;       /* tall kernels, backward: scratch of a chunk */
    dna_buffer *partial;      /* [n_chunk][n_weight + O]: sums of a chunk */
    bool is_add;
} conv_args;

static conv_args
args_of(const dna_node *node)
{
    conv_args a = {.node = node, .dims = dna_conv_dims_of(node)};
    a.n_weight = a.dims.kh * a.dims.kw * a.dims.C * a.dims.O;
    return a;
}

/* ---- weights between PyTorch's order [O][C][kh][kw] and ours ---- */

static int64_t
torch_index(const dna_program *p, const conv_args *a, int64_t o, int64_t c, int64_t t)
{
    int64_t channels = p->g->tensors[a->node->tensor[DNA_WEIGHT]].dim[1];
    return (o * channels + a->node->param_begin + c) * a->dims.kh * a->dims.kw + t;
}

static int
run_pack(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    const dna_conv_dims *d = &a->dims;
    const float *w = dna_node_param(e->p, a->node, DNA_WEIGHT);
    float *packed = dna_bytes_at(e, a->packed);
    float *back = a->packed_back == NULL ? NULL : dna_bytes_at(e, a->packed_back);
    for (int64_t t = 0; t < d->kh * d->kw; t++) {
        for (int64_t c = 0; c < d->C; c++) {
            for (int64_t o = 0; o < d->O; o++) {
                float v = w[torch_index(e->p, a, o, c, t)];
                packed[(t * d->C + c) * d->O + o] = v;
                if (back != NULL) {
                    int64_t reversed = t + d->kw - 1 - 2 * (t % d->kw);
                    back[(reversed * d->O + o) * d->C + c] = v;
                }
            }
        }
    }
    return DNA_OK;
}

/* Add the partial sums of all chunks, in their order. */
static int
run_unpack(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    const dna_conv_dims *d = &a->dims;
    const float *partial = dna_bytes_at(e, a->partial);
    float *dw = dna_node_grad(e->p, a->node, DNA_WEIGHT);
    float *db = dna_node_grad(e->p, a->node, DNA_BIAS);
    int64_t stride = a->n_weight + d->O;
    for (int64_t t = 0; t < d->kh * d->kw; t++) {
        for (int64_t c = 0; c < d->C; c++) {
            for (int64_t o = 0; o < d->O; o++) {
                float sum = 0.0f;
                for (int64_t k = 0; k < e->p->n_chunk; k++) {
                    sum += partial[k * stride + (t * d->C + c) * d->O + o];
                }
                dw[torch_index(e->p, a, o, c, t)] += sum;
            }
        }
    }
    for (int64_t o = 0; db != NULL && o < d->O; o++) {
        for (int64_t k = 0; k < e->p->n_chunk; k++) {
            db[o] += partial[k * stride + a->n_weight + o];
        }
    }
    return DNA_OK;
}

/* ---- steps ---- */

static int
run_forward(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    const float *w = dna_bytes_at(&(dna_exec){.p = e->p}, a->packed);
    const float *bias = dna_node_param(e->p, a->node, DNA_BIAS);
    for (int64_t b = 0; b < e->n; b++) {
        dna_conv_forward(e->p->k, &a->dims, dna_at(e, &a->y) + b * a->y.stride[0],
            dna_at(e, &a->x) + b * a->x.stride[0], w, bias);
    }
    return DNA_OK;
}

static int
run_weight_grad(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    int64_t stride = a->n_weight + a->dims.O;
    float *dw =
        (float *)dna_bytes_at(&(dna_exec){.p = e->p}, a->partial) + e->task * stride;
    memset(dw, 0, (size_t)stride * sizeof(*dw));
    for (int64_t b = 0; b < e->n; b++) {
        const float *x = dna_at(e, &a->x_value) + b * a->x_value.stride[0];
        const float *dy = dna_at(e, &a->y) + b * a->y.stride[0];
        dna_conv_weight_grad(e->p->k, &a->dims, dw, x, dy);
        e->p->k->column_sums(dw + a->n_weight, dy, a->dims.OH * a->dims.OW, a->dims.O);
    }
    return DNA_OK;
}

static int
run_input_grad(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    const float *w = dna_bytes_at(&(dna_exec){.p = e->p}, a->packed);
    float *turned = a->turned == NULL ? NULL : dna_bytes_at(e, a->turned);
    for (int64_t b = 0; b < e->n; b++) {
        float *dx = dna_at(e, &a->x) + b * a->x.stride[0];
        const float *dy = dna_at(e, &a->y) + b * a->y.stride[0];
        if (!a->is_add) {
            memset(dx, 0, (size_t)a->x.size * sizeof(*dx));
        }
        dna_conv_input_grad(e->p->k, &a->dims, dx, dy, w, turned);
    }
    return DNA_OK;
}

int
dna_lower_conv2d(dna_program *p, const dna_node *node)
{
    conv_args a = args_of(node);
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.x = p->values[node->in[0]->id];
    a.y = p->values[node->id];
    a.packed = dna_buffer_new(p, 0, (size_t)a.n_weight * sizeof(float), "weights");
    DNA_REQUIRE(a.packed != NULL, DNA_ENOMEM, "%s", dna_message());
    if (p->is_training && p->needs_grad[node->in[0]->id]
        && !dna_conv_is_tall(&a.dims)) {
        a.packed_back =
            dna_buffer_new(p, 0, (size_t)a.n_weight * sizeof(float), "weights, turned");
        DNA_REQUIRE(a.packed_back != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    p->saved[node->id] = dna_conv_is_tall(&a.dims) ? a.packed : a.packed_back;
    dna_step *s = dna_step_add(
        p, &p->forward, "conv2d.pack", node->layer, run_pack, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    s->params_read = (double)a.n_weight;
    dna_step_writes(s, a.packed);
    if (a.packed_back != NULL) {
        dna_step_writes(s, a.packed_back);
    }
    s = dna_step_add(p, &p->forward, "conv2d", node->layer, run_forward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (double)p->batch * dna_conv_flops(&a.dims);
    s->params_read = node->tensor[DNA_BIAS] < 0 ? 0.0 : (double)a.dims.O;
    dna_step_reads(s, a.packed);
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, a.y.buf);
out:
    return rc;
}

int
dna_lower_conv2d_backward(dna_program *p, const dna_node *node)
{
    conv_args a = args_of(node);
    dna_step_list *list = &p->backward;
    dna_tensor_value *dx = NULL;
    int rc = DNA_OK;

    a.y = p->grads[node->id];
    a.x_value = p->values[node->in[0]->id];
    a.packed = p->saved[node->id];
    a.partial = dna_buffer_new(
        p, 0, (size_t)((a.n_weight + a.dims.O) * p->n_chunk) * sizeof(float), "shares");
    DNA_REQUIRE(a.partial != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step *s = dna_step_add(
        p, list, "conv2d.weight_grad", node->layer, run_weight_grad, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (double)p->batch * dna_conv_flops(&a.dims) + dna_entries(p, &a.y);
    dna_step_reads(s, a.x_value.buf);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.partial);
    s = dna_step_add(p, list, "conv2d.unpack", node->layer, run_unpack, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    s->flops = (double)((a.n_weight + a.dims.O) * p->n_chunk);
    s->params_written = (double)(a.n_weight + a.dims.O);
    dna_step_reads(s, a.partial);
    if (!p->needs_grad[node->in[0]->id]) {
        return DNA_OK;
    }
    DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
    a.x = *dx;
    if (dna_conv_is_tall(&a.dims)) {
        a.turned = dna_buffer_new(p,
            (size_t)((a.dims.O + a.dims.kh) * a.dims.OW) * sizeof(float), 0, "scratch");
        DNA_REQUIRE(a.turned != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    s = dna_step_add(
        p, list, "conv2d.input_grad", node->layer, run_input_grad, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (double)p->batch * dna_conv_flops(&a.dims);
    dna_step_reads(s, a.packed);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.x.buf);
    if (a.turned != NULL) {
        dna_step_writes(s, a.turned);
    }
out:
    return rc;
}

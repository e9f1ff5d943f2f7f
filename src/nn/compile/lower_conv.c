/* lower_conv.c - convolutions as products of matrices, without copying windows.
 *
 * SPDX-License-Identifier: MIT
 *
 * In channels-last storage the kw * C inputs under one row of the kernel are
 * contiguous, and the next window begins sw * C further on. So a row of outputs is a
 * product of a matrix with overlapping rows (OW rows of K = kw * C, row distance sw *
 * C) and the weights of that kernel row, summed over the kernel's rows:
 *
 *     Y[i] = b + sum over u of  X[i * sh + u] (OW x kw C)  *  W[u] (kw C x O)
 *
 * The weight gradient is the transposed product; the input gradient goes tap by tap,
 * because windows overlap there. With padding the forward pass goes tap by tap too.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

typedef struct {
    const dna_node *node;
    dna_tensor_value x, y;    /* values; in backward x is dx where it is written */
    dna_tensor_value x_value; /* backward: the input's value */
    int64_t C, H, W, O, OH, OW;
    int64_t kh, kw, sh, sw, ph, pw;
    int64_t n_weight;        /* kh * kw * C * O */
    dna_buffer *packed;      /* [kh][kw][C][O] */
    dna_buffer *packed_back; /* [kh][kw][O][C] */
    dna_buffer *partial;     /* [n_chunk][n_weight + O]: sums of a chunk */
    bool wants_dx, is_add;
} conv_args;

static conv_args
args_of(const dna_node *node)
{
    const dna_node *x = node->in[0];
    const dna_conv2d_opts *o = &node->conv;
    conv_args a = {.node = node,
        .C = x->dim[1],
        .H = x->dim[2],
        .W = x->dim[3],
        .O = node->dim[1],
        .OH = node->dim[2],
        .OW = node->dim[3],
        .kh = o->kernel[0],
        .kw = o->kernel[1],
        .sh = o->stride[0],
        .sw = o->stride[1],
        .ph = o->pad[0],
        .pw = o->pad[1]};
    a.n_weight = a.kh * a.kw * a.C * a.O;
    return a;
}

/* ---- weights between PyTorch's order [O][C][kh][kw] and ours ---- */

static int64_t
torch_index(const dna_program *p, const conv_args *a, int64_t o, int64_t c, int64_t t)
{
    int64_t channels = p->g->tensors[a->node->tensor[DNA_WEIGHT]].dim[1];
    return (o * channels + a->node->param_begin + c) * a->kh * a->kw + t;
}

static int
run_pack(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    const float *w = dna_node_param(e->p, a->node, DNA_WEIGHT);
    float *packed = dna_bytes_at(e, a->packed);
    float *back = a->packed_back == NULL ? NULL : dna_bytes_at(e, a->packed_back);
    for (int64_t t = 0; t < a->kh * a->kw; t++) {
        for (int64_t c = 0; c < a->C; c++) {
            for (int64_t o = 0; o < a->O; o++) {
                float v = w[torch_index(e->p, a, o, c, t)];
                packed[(t * a->C + c) * a->O + o] = v;
                if (back != NULL) {
                    back[(t * a->O + o) * a->C + c] = v;
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
    const float *partial = dna_bytes_at(e, a->partial);
    float *dw = dna_node_grad(e->p, a->node, DNA_WEIGHT);
    float *db = dna_node_grad(e->p, a->node, DNA_BIAS);
    int64_t stride = a->n_weight + a->O;
    for (int64_t t = 0; t < a->kh * a->kw; t++) {
        for (int64_t c = 0; c < a->C; c++) {
            for (int64_t o = 0; o < a->O; o++) {
                float sum = 0.0f;
                for (int64_t k = 0; k < e->p->n_chunk; k++) {
                    sum += partial[k * stride + (t * a->C + c) * a->O + o];
                }
                dw[torch_index(e->p, a, o, c, t)] += sum;
            }
        }
    }
    for (int64_t o = 0; db != NULL && o < a->O; o++) {
        for (int64_t k = 0; k < e->p->n_chunk; k++) {
            db[o] += partial[k * stride + a->n_weight + o];
        }
    }
    return DNA_OK;
}

/* ---- one sample ---- */

/* Outputs j0 .. j1-1 of a row whose tap v falls inside the input. */
static void
valid_outputs(const conv_args *a, int64_t v, int64_t *j0, int64_t *j1)
{
    int64_t first = a->pw - v;
    int64_t last = a->W - 1 + a->pw - v; /* largest j * sw */
    *j0 = first <= 0 ? 0 : (first + a->sw - 1) / a->sw;
    *j1 = last < 0 ? 0 : DNA_MIN(last / a->sw + 1, a->OW);
}

static int
forward_sample(const dna_exec *e, const conv_args *a, float *y, const float *x)
{
    const float *bias = dna_node_param(e->p, a->node, DNA_BIAS);
    const float *w = dna_bytes_at(&(dna_exec){.p = e->p}, a->packed);
    for (int64_t p = 0; p < a->OH * a->OW; p++) {
        if (bias != NULL) {
            memcpy(y + p * a->O, bias, (size_t)a->O * sizeof(*y));
        } else {
            memset(y + p * a->O, 0, (size_t)a->O * sizeof(*y));
        }
    }
    for (int64_t i = 0; i < a->OH; i++) {
        float *out = y + i * a->OW * a->O;
        for (int64_t u = 0; u < a->kh; u++) {
            int64_t h = i * a->sh + u - a->ph;
            const float *row = x + h * a->W * a->C;
            int rc = DNA_OK;
            if (h < 0 || h >= a->H) {
                continue;
            }
            if (a->pw == 0) {
                rc = e->p->gemm(false, false, a->OW, a->O, a->kw * a->C, row,
                    a->sw * a->C, w + u * a->kw * a->C * a->O, a->O, true, out, a->O);
            }
            for (int64_t v = 0; a->pw > 0 && v < a->kw && rc == DNA_OK; v++) {
                int64_t j0 = 0;
                int64_t j1 = 0;
                valid_outputs(a, v, &j0, &j1);
                if (j0 < j1) {
                    rc = e->p->gemm(false, false, j1 - j0, a->O, a->C,
                        row + (j0 * a->sw + v - a->pw) * a->C, a->sw * a->C,
                        w + (u * a->kw + v) * a->C * a->O, a->O, true, out + j0 * a->O,
                        a->O);
                }
            }
            if (rc < 0) {
                return rc;
            }
        }
    }
    return DNA_OK;
}

static int
input_grad_sample(const dna_exec *e, const conv_args *a, float *dx, const float *dy)
{
    const float *w = dna_bytes_at(&(dna_exec){.p = e->p}, a->packed_back);
    for (int64_t i = 0; i < a->OH; i++) {
        for (int64_t t = 0; t < a->kh * a->kw; t++) {
            int64_t h = i * a->sh + t / a->kw - a->ph;
            int64_t v = t % a->kw;
            int64_t j0 = 0;
            int64_t j1 = 0;
            valid_outputs(a, v, &j0, &j1);
            if (h < 0 || h >= a->H || j0 >= j1) {
                continue;
            }
            int rc = e->p->gemm(false, false, j1 - j0, a->C, a->O,
                dy + (i * a->OW + j0) * a->O, a->O, w + t * a->O * a->C, a->C, true,
                dx + (h * a->W + j0 * a->sw + v - a->pw) * a->C, a->sw * a->C);
            if (rc < 0) {
                return rc;
            }
        }
    }
    return DNA_OK;
}

static int
weight_grad_sample(
    const dna_exec *e, const conv_args *a, float *dw, const float *x, const float *dy)
{
    for (int64_t i = 0; i < a->OH; i++) {
        const float *grad = dy + i * a->OW * a->O;
        for (int64_t u = 0; u < a->kh; u++) {
            int64_t h = i * a->sh + u - a->ph;
            const float *row = x + h * a->W * a->C;
            int rc = DNA_OK;
            if (h < 0 || h >= a->H) {
                continue;
            }
            if (a->pw == 0) {
                rc = e->p->gemm(true, false, a->kw * a->C, a->O, a->OW, row,
                    a->sw * a->C, grad, a->O, true, dw + u * a->kw * a->C * a->O, a->O);
            }
            for (int64_t v = 0; a->pw > 0 && v < a->kw && rc == DNA_OK; v++) {
                int64_t j0 = 0;
                int64_t j1 = 0;
                valid_outputs(a, v, &j0, &j1);
                if (j0 < j1) {
                    rc = e->p->gemm(true, false, a->C, a->O, j1 - j0,
                        row + (j0 * a->sw + v - a->pw) * a->C, a->sw * a->C,
                        grad + j0 * a->O, a->O, true,
                        dw + (u * a->kw + v) * a->C * a->O, a->O);
                }
            }
            if (rc < 0) {
                return rc;
            }
        }
    }
    return DNA_OK;
}

/* ---- steps ---- */

static int
run_forward(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    float *y = dna_at(e, &a->y);
    const float *x = dna_at(e, &a->x);
    for (int64_t b = 0; b < e->n; b++) {
        int rc = forward_sample(e, a, y + b * a->y.stride[0], x + b * a->x.stride[0]);
        if (rc < 0) {
            return rc;
        }
    }
    return DNA_OK;
}

static int
run_weight_grad(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    int64_t stride = a->n_weight + a->O;
    float *dw =
        (float *)dna_bytes_at(&(dna_exec){.p = e->p}, a->partial) + e->task * stride;
    const float *x = dna_at(e, &a->x_value);
    const float *dy = dna_at(e, &a->y);
    memset(dw, 0, (size_t)stride * sizeof(*dw));
    for (int64_t b = 0; b < e->n; b++) {
        const float *grad = dy + b * a->y.stride[0];
        int rc = weight_grad_sample(e, a, dw, x + b * a->x_value.stride[0], grad);
        if (rc < 0) {
            return rc;
        }
        e->p->k->column_sums(dw + a->n_weight, grad, a->OH * a->OW, a->O);
    }
    return DNA_OK;
}

static int
run_input_grad(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    float *dx = dna_at(e, &a->x);
    const float *dy = dna_at(e, &a->y);
    for (int64_t b = 0; b < e->n; b++) {
        float *out = dx + b * a->x.stride[0];
        if (!a->is_add) {
            memset(out, 0, (size_t)a->x.size * sizeof(*out));
        }
        int rc = input_grad_sample(e, a, out, dy + b * a->y.stride[0]);
        if (rc < 0) {
            return rc;
        }
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
    a.packed = dna_buffer_new(p, 0, (size_t)a.n_weight * sizeof(float));
    DNA_REQUIRE(a.packed != NULL, DNA_ENOMEM, "%s", dna_message());
    if (p->is_training && p->needs_grad[node->in[0]->id]) {
        a.packed_back = dna_buffer_new(p, 0, (size_t)a.n_weight * sizeof(float));
        DNA_REQUIRE(a.packed_back != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    p->saved[node->id] = a.packed_back;
    dna_step *s = dna_step_add(
        p, &p->forward, "conv2d.pack", node->layer, run_pack, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    dna_step_writes(s, a.packed);
    if (a.packed_back != NULL) {
        dna_step_writes(s, a.packed_back);
    }
    s = dna_step_add(p, &p->forward, "conv2d", node->layer, run_forward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
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
    a.packed_back = p->saved[node->id];
    a.partial =
        dna_buffer_new(p, 0, (size_t)((a.n_weight + a.O) * p->n_chunk) * sizeof(float));
    DNA_REQUIRE(a.partial != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step *s = dna_step_add(
        p, list, "conv2d.weight_grad", node->layer, run_weight_grad, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.x_value.buf);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.partial);
    s = dna_step_add(p, list, "conv2d.unpack", node->layer, run_unpack, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    dna_step_reads(s, a.partial);
    if (a.packed_back == NULL) {
        return DNA_OK;
    }
    DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
    a.x = *dx;
    s = dna_step_add(
        p, list, "conv2d.input_grad", node->layer, run_input_grad, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.packed_back);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.x.buf);
out:
    return rc;
}

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
 * which is one product whose left rows are kh pieces of kw * C numbers (dna_left).
 * The weight gradient is the transposed product. For the input gradient with stride 1
 * the roles turn: dX[j] gathers dY[j - kw + 1 .. j], which are contiguous too, times
 * the taps in reverse order; near the ends fewer of them. Other strides and padding go
 * tap by tap. A dilated kernel row is no contiguous window: forward it is kw pieces of C
 * numbers, dw * C apart, backward it goes tap by tap.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

typedef struct {
    const dna_node *node;
    dna_tensor_value x, y;    /* values; in backward x is dx where it is written */
    dna_tensor_value x_value; /* backward: the input's value */
    int64_t C, H, W, O, OH, OW;
    int64_t kh, kw, sh, sw, ph, pw, dh, dw;
    int64_t n_weight;        /* kh * kw * C * O */
    dna_buffer *packed;      /* [kh][kw][C][O] */
    dna_buffer *packed_back; /* [kh][kw][O][C] */
    dna_buffer *turned;      /* tall kernels, backward: scratch of a chunk */
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
        .pw = o->pad[1],
        .dh = o->kernel[0] == 1 ? 1 : o->dilation[0],
        .dw = o->kernel[1] == 1 ? 1 : o->dilation[1]};
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
                    int64_t reversed = t + a->kw - 1 - 2 * (t % a->kw);
                    back[(reversed * a->O + o) * a->C + c] = v;
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
    int64_t first = a->pw - v * a->dw;
    int64_t last = a->W - 1 + a->pw - v * a->dw; /* largest j * sw */
    *j0 = first <= 0 ? 0 : (first + a->sw - 1) / a->sw;
    *j1 = last < 0 ? 0 : DNA_MIN(last / a->sw + 1, a->OW);
}

/* Taps one by one where the ends of a row are padded (or, backward, the kernel dilated);
 * `row` is the input row, w one
 * kernel row. */
static void
forward_taps(
    const dna_exec *e, const conv_args *a, float *y, const float *row, const float *w)
{
    for (int64_t v = 0; v < a->kw; v++) {
        int64_t j0 = 0;
        int64_t j1 = 0;
        valid_outputs(a, v, &j0, &j1);
        dna_left left = {.A = row + (j0 * a->sw + v * a->dw - a->pw) * a->C,
            .M = j1 - j0,
            .K = a->C,
            .U = 1,
            .step_m = a->sw * a->C,
            .step_k = 1};
        if (j0 < j1) {
            e->p->k->product(
                &left, a->O, w + v * a->C * a->O, a->O, y + j0 * a->O, a->O);
        }
    }
}

static void
weight_grad_taps(
    const dna_exec *e, const conv_args *a, float *dw, const float *row, const float *dy)
{
    for (int64_t v = 0; v < a->kw; v++) {
        int64_t j0 = 0;
        int64_t j1 = 0;
        valid_outputs(a, v, &j0, &j1);
        dna_left left = {.A = row + (j0 * a->sw + v * a->dw - a->pw) * a->C,
            .M = a->C,
            .K = j1 - j0,
            .U = 1,
            .step_m = 1,
            .step_k = a->sw * a->C};
        if (j0 < j1) {
            e->p->k->product(
                &left, a->O, dy + j0 * a->O, a->O, dw + v * a->C * a->O, a->O);
        }
    }
}

/* Kernel rows u0 .. u1-1 of output row i hit the image. */
static void
valid_kernel_rows(const conv_args *a, int64_t i, int64_t *u0, int64_t *u1)
{
    int64_t h = i * a->sh - a->ph;
    int64_t room = a->H - 1 - h;
    *u0 = h >= 0 ? 0 : (-h + a->dh - 1) / a->dh;
    *u1 = room < 0 ? 0 : DNA_MIN(room / a->dh + 1, a->kh);
}

/* An output row without padding at its ends, kernel row by kernel row. */
static void
forward_dilated(const dna_exec *e, const conv_args *a, int64_t i, float *y,
    const float *x, const float *w)
{
    int64_t u0 = 0;
    int64_t u1 = 0;
    valid_kernel_rows(a, i, &u0, &u1);
    for (int64_t u = u0; u < u1; u++) {
        dna_left left = {.A = x + (i * a->sh - a->ph + u * a->dh) * a->W * a->C,
            .M = a->OW,
            .K = a->C,
            .U = a->kw,
            .step_m = a->sw * a->C,
            .step_k = 1,
            .step_u = a->dw * a->C};
        e->p->k->product(
            &left, a->O, w + u * a->kw * a->C * a->O, a->O, y + i * a->OW * a->O, a->O);
    }
}

/* Output rows without padding at their ends: all kernel rows that hit the image at
 * once. */
static void
forward_row(const dna_exec *e, const conv_args *a, int64_t i, float *y, const float *x,
    const float *w)
{
    int64_t u0 = 0;
    int64_t u1 = 0;
    valid_kernel_rows(a, i, &u0, &u1);
    if (u0 >= u1) {
        return;
    }
    int64_t h = i * a->sh - a->ph;
    dna_left left = {.A = x + (h + u0 * a->dh) * a->W * a->C,
        .M = a->OW,
        .K = a->kw * a->C,
        .U = u1 - u0,
        .step_m = a->sw * a->C,
        .step_k = 1,
        .step_u = a->dh * a->W * a->C};
    e->p->k->product(
        &left, a->O, w + u0 * a->kw * a->C * a->O, a->O, y + i * a->OW * a->O, a->O);
}

/* Gradients of a kernel row from as many output rows at once as leave dy in the first
 * cache. */
static void
weight_grad_rows(const dna_exec *e, const conv_args *a, int64_t u, float *dw,
    const float *x, const float *dy)
{
    int64_t most = DNA_MAX(((int64_t)8 << 10) / (a->OW * a->O), 1);
    int64_t below = a->ph - u * a->dh; /* first output row whose input row exists */
    int64_t first = below <= 0 ? 0 : (below + a->sh - 1) / a->sh;
    int64_t room = a->H - 1 + a->ph - u * a->dh;
    int64_t end = room < 0 ? 0 : DNA_MIN(room / a->sh + 1, a->OH);
    for (int64_t i = first; i < end; i += most) {
        dna_left left = {.A = x + (i * a->sh + u * a->dh - a->ph) * a->W * a->C,
            .M = a->kw * a->C,
            .K = a->OW,
            .U = DNA_MIN(most, end - i),
            .step_m = 1,
            .step_k = a->sw * a->C,
            .step_u = a->sh * a->W * a->C};
        e->p->k->product(&left, a->O, dy + i * a->OW * a->O, a->O, dw, a->O);
    }
}

/* Stride 1, no padding: dx[j] += dy[j - kw + 1 .. j] times the taps in reverse, the
 * whole middle at once. w is one kernel row, [kw reversed][O][C]. */
static void
input_grad_gathered(
    const dna_exec *e, const conv_args *a, float *dx, const float *dy, const float *w)
{
    const dna_kernels *k = e->p->k;
    dna_left left = {.A = dy,
        .M = a->OW - a->kw + 1,
        .K = a->kw * a->O,
        .U = 1,
        .step_m = a->O,
        .step_k = 1};
    if (a->OW >= a->kw) {
        k->product(&left, a->C, w, a->C, dx + (a->kw - 1) * a->C, a->C);
    }
    for (int64_t j = 0; j < a->W; j++) {
        if (j >= a->kw - 1 && j < a->OW) {
            continue;
        }
        int64_t first = DNA_MAX(j - a->kw + 1, 0); /* outputs that j is part of */
        int64_t n = DNA_MIN(j, a->OW - 1) - first + 1;
        int64_t tap = first - (j - a->kw + 1); /* place in the reversed taps */
        left.A = dy + first * a->O;
        left.M = 1;
        left.K = n * a->O;
        k->product(&left, a->C, w + tap * a->O * a->C, a->C, dx + j * a->C, a->C);
    }
}

static void
input_grad_row(
    const dna_exec *e, const conv_args *a, float *row, const float *dy, const float *w)
{
    if (a->sw == 1 && a->pw == 0 && a->dw == 1) {
        input_grad_gathered(e, a, row, dy, w);
        return;
    }
    for (int64_t v = 0; v < a->kw; v++) {
        int64_t j0 = 0;
        int64_t j1 = 0;
        valid_outputs(a, v, &j0, &j1);
        dna_left left = {.A = dy + j0 * a->O,
            .M = j1 - j0,
            .K = a->O,
            .U = 1,
            .step_m = a->O,
            .step_k = 1};
        if (j0 < j1) {
            e->p->k->product(&left, a->C, w + (a->kw - 1 - v) * a->O * a->C, a->C,
                row + (j0 * a->sw + v * a->dw - a->pw) * a->C, a->sw * a->C);
        }
    }
}

/* ---- tall kernels: the gradients run down the kernel's rows instead ----
 *
 * Where a kernel has more rows than numbers in a row (few channels), products along a
 * row are short. Then M is the kernel's height, one product a place t in the row.
 */

static bool
is_tall(const conv_args *a)
{
    return a->kh > a->kw * a->C && a->ph == 0 && a->pw == 0;
}

/* Where number t of a kernel row, of channel t % C, stands in an image row. */
static int64_t
place_in_row(const conv_args *a, int64_t t)
{
    return t / a->C * a->dw * a->C + t % a->C;
}

static void
weight_grad_tall(
    const dna_exec *e, const conv_args *a, float *dw, const float *x, const float *dy)
{
    int64_t n = a->kw * a->C;
    for (int64_t i = 0; i < a->OH; i++) {
        for (int64_t t = 0; t < n; t++) {
            dna_left left = {.A = x + i * a->sh * a->W * a->C + place_in_row(a, t),
                .M = a->kh,
                .K = a->OW,
                .U = 1,
                .step_m = a->dh * a->W * a->C,
                .step_k = a->sw * a->C};
            e->p->k->product(
                &left, a->O, dy + i * a->OW * a->O, a->O, dw + t * a->O, n * a->O);
        }
    }
}

/* dX[i * sh + u * dh][j * sw * C + place of t] += sum over o of W[u][t][o] dY[i][j][o]:
 * the sums of one t are made for all j at once, [kh][OW], and then spread over the rows. dY
 * is turned first, so that j is contiguous. */
static void
input_grad_tall(
    const dna_exec *e, const conv_args *a, float *dx, const float *dy, const float *w)
{
    int64_t n = a->kw * a->C;
    float *turned = dna_bytes_at(e, a->turned); /* [O][OW], then [kh][OW] */
    float *sums = turned + a->O * a->OW;
    for (int64_t i = 0; i < a->OH; i++) {
        const float *grad = dy + i * a->OW * a->O;
        for (int64_t o = 0; o < a->O; o++) {
            for (int64_t j = 0; j < a->OW; j++) {
                turned[o * a->OW + j] = grad[j * a->O + o];
            }
        }
        for (int64_t t = 0; t < n; t++) {
            float *out = dx + i * a->sh * a->W * a->C + place_in_row(a, t);
            memset(sums, 0, (size_t)(a->kh * a->OW) * sizeof(*sums));
            dna_left left = {.A = w + t * a->O,
                .M = a->kh,
                .K = a->O,
                .U = 1,
                .step_m = n * a->O,
                .step_k = 1};
            e->p->k->product(&left, a->OW, turned, a->OW, sums, a->OW);
            for (int64_t u = 0; u < a->kh; u++) {
                for (int64_t j = 0; j < a->OW; j++) {
                    out[u * a->dh * a->W * a->C + j * a->sw * a->C] +=
                        sums[u * a->OW + j];
                }
            }
        }
    }
}

/* For every output row i and kernel row u whose input row h exists. */
#define for_each_row(a, i, u, h)                                                       \
    for (int64_t i = 0; i < (a)->OH; i++)                                              \
        for (int64_t u = 0, h = i * (a)->sh - (a)->ph; u < (a)->kh; u++, h += (a)->dh) \
            if (h >= 0 && h < (a)->H)

static void
start_with_bias(const dna_exec *e, const conv_args *a, float *y)
{
    const float *bias = dna_node_param(e->p, a->node, DNA_BIAS);
    if (bias == NULL) {
        memset(y, 0, (size_t)(a->OH * a->OW * a->O) * sizeof(*y));
        return;
    }
    for (int64_t p = 0; p < a->OH * a->OW; p++) {
        memcpy(y + p * a->O, bias, (size_t)a->O * sizeof(*y));
    }
}

/* ---- steps ---- */

static int
run_forward(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    const float *w = dna_bytes_at(&(dna_exec){.p = e->p}, a->packed);
    for (int64_t b = 0; b < e->n; b++) {
        float *y = dna_at(e, &a->y) + b * a->y.stride[0];
        const float *x = dna_at(e, &a->x) + b * a->x.stride[0];
        start_with_bias(e, a, y);
        for (int64_t i = 0; a->pw == 0 && i < a->OH; i++) {
            (a->dw == 1 ? forward_row : forward_dilated)(e, a, i, y, x, w);
        }
        if (a->pw == 0) {
            continue;
        }
        for_each_row(a, i, u, h) {
            forward_taps(e, a, y + i * a->OW * a->O, x + h * a->W * a->C,
                w + u * a->kw * a->C * a->O);
        }
    }
    return DNA_OK;
}

static void
weight_grad_sample(
    const dna_exec *e, const conv_args *a, float *dw, const float *x, const float *dy)
{
    int64_t row = a->kw * a->C * a->O;
    if (is_tall(a)) {
        weight_grad_tall(e, a, dw, x, dy);
        return;
    }
    if (a->pw == 0 && a->dw == 1) {
        for (int64_t u = 0; u < a->kh; u++) {
            weight_grad_rows(e, a, u, dw + u * row, x, dy);
        }
        return;
    }
    for_each_row(a, i, u, h) {
        weight_grad_taps(
            e, a, dw + u * row, x + h * a->W * a->C, dy + i * a->OW * a->O);
    }
}

static int
run_weight_grad(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    int64_t stride = a->n_weight + a->O;
    float *dw =
        (float *)dna_bytes_at(&(dna_exec){.p = e->p}, a->partial) + e->task * stride;
    memset(dw, 0, (size_t)stride * sizeof(*dw));
    for (int64_t b = 0; b < e->n; b++) {
        const float *x = dna_at(e, &a->x_value) + b * a->x_value.stride[0];
        const float *dy = dna_at(e, &a->y) + b * a->y.stride[0];
        weight_grad_sample(e, a, dw, x, dy);
        e->p->k->column_sums(dw + a->n_weight, dy, a->OH * a->OW, a->O);
    }
    return DNA_OK;
}

static int
run_input_grad(const dna_exec *e, const void *args)
{
    const conv_args *a = args;
    const float *w = dna_bytes_at(&(dna_exec){.p = e->p}, a->packed_back);
    for (int64_t b = 0; b < e->n; b++) {
        float *dx = dna_at(e, &a->x) + b * a->x.stride[0];
        const float *dy = dna_at(e, &a->y) + b * a->y.stride[0];
        if (!a->is_add) {
            memset(dx, 0, (size_t)a->x.size * sizeof(*dx));
        }
        if (is_tall(a)) {
            const float *packed = dna_bytes_at(&(dna_exec){.p = e->p}, a->packed);
            input_grad_tall(e, a, dx, dy, packed);
            continue;
        }
        for_each_row(a, i, u, h) {
            input_grad_row(e, a, dx + h * a->W * a->C, dy + i * a->OW * a->O,
                w + u * a->kw * a->O * a->C);
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
    if (p->is_training && p->needs_grad[node->in[0]->id] && !is_tall(&a)) {
        a.packed_back = dna_buffer_new(p, 0, (size_t)a.n_weight * sizeof(float));
        DNA_REQUIRE(a.packed_back != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    p->saved[node->id] = is_tall(&a) ? a.packed : a.packed_back;
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
    a.packed = p->saved[node->id]; /* one of the two */
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
    if (!p->needs_grad[node->in[0]->id]) {
        return DNA_OK;
    }
    DNA_TRY(dna_grad_of(p, node->in[0], &dx, &a.is_add));
    a.x = *dx;
    if (is_tall(&a)) {
        a.turned = dna_buffer_new(p, (size_t)((a.O + a.kh) * a.OW) * sizeof(float), 0);
        DNA_REQUIRE(a.turned != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    s = dna_step_add(
        p, list, "conv2d.input_grad", node->layer, run_input_grad, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.packed_back);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.x.buf);
    if (a.turned != NULL) {
        dna_step_writes(s, a.turned);
    }
out:
    return rc;
}

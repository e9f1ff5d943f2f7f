/* conv_sample.c - a convolution of one sample as products of matrices, without copying
 * windows.
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
#include "nn/compile/conv_sample.h"

#include <string.h>

#include "base/mem.h"

dna_conv_dims
dna_conv_dims_of(const dna_node *node)
{
    const dna_node *x = node->in[0];
    const dna_conv2d_opts *o = &node->conv;
    return (dna_conv_dims){.C = x->dim[1],
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
}

/* ---- rows ---- */

/* Outputs j0 .. j1-1 of a row whose tap v falls inside the input. */
static void
valid_outputs(const dna_conv_dims *a, int64_t v, int64_t *j0, int64_t *j1)
{
    int64_t first = a->pw - v * a->dw;
    int64_t last = a->W - 1 + a->pw - v * a->dw; /* largest j * sw */
    *j0 = first <= 0 ? 0 : (first + a->sw - 1) / a->sw;
    *j1 = last < 0 ? 0 : DNA_MIN(last / a->sw + 1, a->OW);
}

/* Taps one by one where the ends of a row are padded (or, backward, the kernel dilated);
 * `row` is the input row, w one kernel row. */
static void
forward_taps(const dna_kernels *k, const dna_conv_dims *a, float *y, const float *row,
    const float *w)
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
            k->product(&left, a->O, w + v * a->C * a->O, a->O, y + j0 * a->O, a->O);
        }
    }
}

static void
weight_grad_taps(const dna_kernels *k, const dna_conv_dims *a, float *dw,
    const float *row, const float *dy)
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
            k->product(&left, a->O, dy + j0 * a->O, a->O, dw + v * a->C * a->O, a->O);
        }
    }
}

/* Kernel rows u0 .. u1-1 of output row i hit the image. */
static void
valid_kernel_rows(const dna_conv_dims *a, int64_t i, int64_t *u0, int64_t *u1)
{
    int64_t h = i * a->sh - a->ph;
    int64_t room = a->H - 1 - h;
    *u0 = h >= 0 ? 0 : (-h + a->dh - 1) / a->dh;
    *u1 = room < 0 ? 0 : DNA_MIN(room / a->dh + 1, a->kh);
}

/* An output row without padding at its ends, kernel row by kernel row. */
static void
forward_dilated(const dna_kernels *k, const dna_conv_dims *a, int64_t i, float *y,
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
        k->product(
            &left, a->O, w + u * a->kw * a->C * a->O, a->O, y + i * a->OW * a->O, a->O);
    }
}

/* Output rows without padding at their ends: all kernel rows that hit the image at
 * once. */
static void
forward_row(const dna_kernels *k, const dna_conv_dims *a, int64_t i, float *y,
    const float *x, const float *w)
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
    k->product(
        &left, a->O, w + u0 * a->kw * a->C * a->O, a->O, y + i * a->OW * a->O, a->O);
}

/* Gradients of a kernel row from as many output rows at once as leave dy in the first
 * cache. */
static void
weight_grad_rows(const dna_kernels *k, const dna_conv_dims *a, int64_t u, float *dw,
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
        k->product(&left, a->O, dy + i * a->OW * a->O, a->O, dw, a->O);
    }
}

/* Stride 1, no padding: dx[j] += dy[j - kw + 1 .. j] times the taps in reverse, the
 * whole middle at once. w is one kernel row, [kw reversed][O][C]. */
static void
input_grad_gathered(const dna_kernels *k, const dna_conv_dims *a, float *dx,
    const float *dy, const float *w)
{
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
input_grad_row(const dna_kernels *k, const dna_conv_dims *a, float *row,
    const float *dy, const float *w)
{
    if (a->sw == 1 && a->pw == 0 && a->dw == 1) {
        input_grad_gathered(k, a, row, dy, w);
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
            k->product(&left, a->C, w + (a->kw - 1 - v) * a->O * a->C, a->C,
                row + (j0 * a->sw + v * a->dw - a->pw) * a->C, a->sw * a->C);
        }
    }
}

/* ---- tall kernels: the gradients run down the kernel's rows instead ----
 *
 * Where a kernel has more rows than numbers in a row (few channels), products along a
 * row are short. Then M is the kernel's height, one product a place t in the row.
 */

double
dna_conv_flops(const dna_conv_dims *a)
{
    return 2.0 * (double)(a->OH * a->OW) * (double)(a->kh * a->kw)
           * (double)(a->C * a->O);
}

bool
dna_conv_is_tall(const dna_conv_dims *a)
{
    return a->kh > a->kw * a->C && a->ph == 0 && a->pw == 0;
}

/* Where number t of a kernel row, of channel t % C, stands in an image row. */
static int64_t
place_in_row(const dna_conv_dims *a, int64_t t)
{
    return t / a->C * a->dw * a->C + t % a->C;
}

static void
weight_grad_tall(const dna_kernels *k, const dna_conv_dims *a, float *dw,
    const float *x, const float *dy)
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
            k->product(
                &left, a->O, dy + i * a->OW * a->O, a->O, dw + t * a->O, n * a->O);
        }
    }
}

/* dX[i * sh + u * dh][j * sw * C + place of t] += sum over o of W[u][t][o] dY[i][j][o]:
 * the sums of one t are made for all j at once, [kh][OW], and then spread over the rows. dY
 * is turned first, so that j is contiguous. */
static void
input_grad_tall(const dna_kernels *k, const dna_conv_dims *a, float *dx,
    const float *dy, const float *w, float *turned)
{
    int64_t n = a->kw * a->C;
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
            k->product(&left, a->OW, turned, a->OW, sums, a->OW);
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

/* ---- a sample ---- */

static void
start_with_bias(const dna_conv_dims *a, float *y, const float *bias)
{
    if (bias == NULL) {
        memset(y, 0, (size_t)(a->OH * a->OW * a->O) * sizeof(*y));
        return;
    }
    for (int64_t p = 0; p < a->OH * a->OW; p++) {
        memcpy(y + p * a->O, bias, (size_t)a->O * sizeof(*y));
    }
}

void
dna_conv_forward(const dna_kernels *k, const dna_conv_dims *a, float *y, const float *x,
    const float *w, const float *bias)
{
    start_with_bias(a, y, bias);
    if (a->pw == 0) {
        for (int64_t i = 0; i < a->OH; i++) {
            (a->dw == 1 ? forward_row : forward_dilated)(k, a, i, y, x, w);
        }
        return;
    }
    for_each_row(a, i, u, h) {
        forward_taps(k, a, y + i * a->OW * a->O, x + h * a->W * a->C,
            w + u * a->kw * a->C * a->O);
    }
}

void
dna_conv_weight_grad(const dna_kernels *k, const dna_conv_dims *a, float *dw,
    const float *x, const float *dy)
{
    int64_t row = a->kw * a->C * a->O;
    if (dna_conv_is_tall(a)) {
        weight_grad_tall(k, a, dw, x, dy);
        return;
    }
    if (a->pw == 0 && a->dw == 1) {
        for (int64_t u = 0; u < a->kh; u++) {
            weight_grad_rows(k, a, u, dw + u * row, x, dy);
        }
        return;
    }
    for_each_row(a, i, u, h) {
        weight_grad_taps(
            k, a, dw + u * row, x + h * a->W * a->C, dy + i * a->OW * a->O);
    }
}

void
dna_conv_input_grad(const dna_kernels *k, const dna_conv_dims *a, float *dx,
    const float *dy, const float *w, float *turned)
{
    if (dna_conv_is_tall(a)) {
        input_grad_tall(k, a, dx, dy, w, turned);
        return;
    }
    for_each_row(a, i, u, h) {
        input_grad_row(k, a, dx + h * a->W * a->C, dy + i * a->OW * a->O,
            w + u * a->kw * a->O * a->C);
    }
}

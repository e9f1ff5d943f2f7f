/* lower_layer_norm.c - layer norms: a sample is some rows of n neighbouring numbers.
 *
 * SPDX-License-Identifier: MIT
 *
 * The canonical pass leaves two or three dimensions, stored row-major, of which the
 * last is normalised.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

/* Kept of each row: the mean rounded to float, what that added to it, and 1/sqrt(var +
 * eps). */
enum { MEAN, REST, INV_STD, N_SAVED };

typedef struct {
    const dna_node *node;
    dna_tensor_value x, y, dx; /* y: dy in backward */
    int64_t rows, n;           /* rows a sample of full size, and their length */
    bool wants_dx, is_add;
    dna_buffer *saved; /* a sample: [rows][N_SAVED] */
    dna_buffer
        *partial; /* [n_chunk][2][n] doubles: sums of weight and bias gradients */
} layer_args;

static layer_args
args_of(const dna_node *node)
{
    layer_args a = {.node = node, .n = node->dim[node->n_dim - 1]};
    a.rows = dna_node_size(node) / a.n;
    return a;
}

/* The mean about the first number of a row, then the squares about the mean. */
static void
forward_row(const dna_exec *e, const layer_args *a, int64_t length, float *y,
    const float *x, float *saved)
{
    const dna_row_kernels *k = e->p->k->rows;
    double n = (double)length;
    double sum = 0.0;
    double squares = 0.0;
    k->moments(x, length, x[0], &sum, &squares);
    float about = (float)((double)x[0] + sum / n);
    sum = 0.0;
    squares = 0.0;
    k->moments(x, length, about, &sum, &squares);
    double var = (squares - sum * sum / n) / n;
    double inv_std = 1.0 / sqrt(DNA_MAX(var, 0.0) + a->node->eps);
    saved[MEAN] = about;
    saved[REST] = (float)(-sum / n);
    saved[INV_STD] = (float)inv_std;
    k->normalise(y, x, length, about, (float)inv_std, (float)(-sum / n * inv_std),
        dna_node_param(e->p, a->node, DNA_WEIGHT),
        dna_node_param(e->p, a->node, DNA_BIAS));
}

/* Rows of sample b, and their length. */
static void
extents_of(const dna_exec *e, const layer_args *a, int64_t b, int64_t *rows, int64_t *n)
{
    const dna_node *own = dna_own_node(e, a->node, b);
    *n = own->dim[own->n_dim - 1];
    *rows = dna_node_size(own) / *n;
}

static int
run_forward(const dna_exec *e, const void *args)
{
    const layer_args *a = args;
    float *y = dna_at(e, &a->y);
    const float *x = dna_at(e, &a->x);
    float *saved = dna_bytes_at(e, a->saved);
    for (int64_t b = 0; b < e->n; b++) {
        int64_t rows = 0;
        int64_t n = 0;
        extents_of(e, a, b, &rows, &n);
        for (int64_t r = 0; r < rows; r++) {
            forward_row(e, a, n, y + b * a->y.stride[0] + r * a->n,
                x + b * a->x.stride[0] + r * a->n, saved + N_SAVED * (b * a->rows + r));
        }
    }
    return DNA_OK;
}

int
dna_lower_layer_norm(dna_program *p, const dna_node *node)
{
    layer_args a = args_of(node);
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.x = p->values[node->in[0]->id];
    a.y = p->values[node->id];
    a.saved = dna_buffer_new(p, N_SAVED * (size_t)a.rows * sizeof(float), 0, "norm");
    DNA_REQUIRE(a.saved != NULL, DNA_ENOMEM, "%s", dna_message());
    p->saved[node->id] = a.saved;
    dna_step *s = dna_step_add(
        p, &p->forward, "layer_norm", node->layer, run_forward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    bool is_affine = node->tensor[DNA_WEIGHT] >= 0;
    s->flops = (is_affine ? 9.0 : 7.0) * dna_entries(p, &a.y); /* moments, then y */
    s->params_read = is_affine ? 2.0 * (double)a.n : 0.0;
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, a.y.buf);
    dna_step_writes(s, a.saved);
out:
    return rc;
}

/* With xhat = (x - mean) inv_std and g = w dy: dx = inv_std (g - mean(g) - xhat mean(g
 * xhat)). */
static void
backward_row(const dna_exec *e, const layer_args *a, int64_t length, float *dx,
    const float *dy, const float *x, const float *saved, double *partial)
{
    const dna_row_kernels *k = e->p->k->rows;
    const float *weight = dna_node_param(e->p, a->node, DNA_WEIGHT);
    double n = (double)length;
    double rest = (double)saved[REST];
    double inv_std = (double)saved[INV_STD];
    double sum = 0.0;
    double sum_x = 0.0;
    if (weight != NULL) {
        k->weight_grad(partial, partial + a->n, dy, x, length, saved[MEAN], saved[REST],
            saved[INV_STD]);
    }
    if (a->wants_dx) {
        k->sums(dy, x, length, saved[MEAN], weight, &sum, &sum_x);
        sum_x += rest * sum; /* about the mean itself */
        double slope = -inv_std * inv_std * inv_std * sum_x / n;
        k->backward(dx, dy, x, length, saved[MEAN], weight, saved[INV_STD],
            (float)slope, (float)(rest * slope - inv_std * sum / n), a->is_add);
    }
}

static int
run_backward(const dna_exec *e, const void *args)
{
    const layer_args *a = args;
    const float *x = dna_at(e, &a->x);
    const float *dy = dna_at(e, &a->y);
    float *dx = a->wants_dx ? dna_at(e, &a->dx) : NULL;
    const float *saved = dna_bytes_at(e, a->saved);
    double *partial = NULL;
    if (a->partial != NULL) {
        partial = (double *)dna_bytes_at(&(dna_exec){.p = e->p}, a->partial)
                  + 2 * a->n * e->task;
        memset(partial, 0, 2 * (size_t)a->n * sizeof(*partial));
    }
    for (int64_t b = 0; b < e->n; b++) {
        int64_t rows = 0;
        int64_t n = 0;
        extents_of(e, a, b, &rows, &n);
        for (int64_t r = 0; r < rows; r++) {
            backward_row(e, a, n,
                dx == NULL ? NULL : dx + b * a->dx.stride[0] + r * a->n,
                dy + b * a->y.stride[0] + r * a->n, x + b * a->x.stride[0] + r * a->n,
                saved + N_SAVED * (b * a->rows + r), partial);
        }
    }
    return DNA_OK;
}

int
dna_lower_layer_norm_backward(dna_program *p, const dna_node *node)
{
    layer_args a = args_of(node);
    const dna_node *in = node->in[0];
    int rc = DNA_OK;

    a.x = p->values[in->id];
    a.y = p->grads[node->id];
    a.saved = p->saved[node->id];
    a.wants_dx = p->needs_grad[in->id];
    if (a.wants_dx && p->grads[in->id].buf == NULL) {
        p->grads[in->id] = a.y; /* in place: dy is not needed any more */
    } else {
        a.is_add = true;
    }
    a.dx = p->grads[in->id];
    if (node->tensor[DNA_WEIGHT] >= 0) {
        a.partial = dna_buffer_new(
            p, 0, 2 * (size_t)(a.n * p->n_chunk) * sizeof(double), "shares");
        DNA_REQUIRE(a.partial != NULL, DNA_ENOMEM, "%s", dna_message());
    }
    dna_step *s = dna_step_add(p, &p->backward, "layer_norm.backward", node->layer,
        run_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    /* sums, gradients of weight and bias, dx */
    s->flops = (5.0 + (a.partial != NULL ? 5.0 : 0.0) + (a.wants_dx ? 6.0 : 0.0))
               * dna_entries(p, &a.x);
    s->params_read = a.partial == NULL ? 0.0 : (double)a.n;
    dna_step_reads(s, a.x.buf);
    dna_step_reads(s, a.y.buf);
    dna_step_reads(s, a.saved);
    if (a.wants_dx) {
        dna_step_writes(s, a.dx.buf);
    }
    if (a.partial != NULL) {
        dna_step_writes(s, a.partial);
        DNA_TRY(dna_lower_norm_weight_grad(p, node, a.partial, a.n));
    }
out:
    return rc;
}

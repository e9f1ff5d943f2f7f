/* lower_rnn.c - GRU and LSTM: one product for all inputs, then step by step through time.
 *
 * SPDX-License-Identifier: MIT
 *
 * Every entry has four blocks of H numbers: sums of products that become gates, and in
 * backward the gradients of those sums. Each side of the sums is one range of columns:
 *
 *                      block 0   1   2   3
 *     gru              n         r   z   the part of n that comes from the state
 *       from x         0 ------------|
 *       from h                   1 ----------------|
 *     lstm             i         f   g   o
 *       from x and h   0 ------------------|
 *
 * so that a step is one product for all samples of a chunk, whose rows of a time stand
 * one sample apart:      G[:, t, from h] += H[:, t - 1] * W_hh'
 * and going back:        dH[:, t - 1]    += dG[:, t, from h] * W_hh
 * The gradients of the weights are products over the whole batch at the end, cut along
 * their rows.
 *
 * In batches of several sizes all samples of a chunk go through all steps. Behind the end
 * of a sample its states, cells and gates are zero, which is also what a sample that is
 * read from its end begins with.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

#define BLOCK      16   /* rows of the weights a task */
#define GATE_FLOPS 10.0 /* functions, products and sums of a state entry and step */

typedef struct {
    const dna_node *node;
    bool is_gru;
    int64_t L, I, H;
    int64_t N;                /* columns of a side: gates * H */
    int64_t from_h;           /* first column of the state's side */
    dna_tensor_value x, y, h; /* h: all states, which is y unless only the last is */
    dna_tensor_value dx, dy;  /* backward */
    bool is_add;              /* to dx */
    dna_buffer *gates;        /* a sample: [L][4][H], lstm: then cells [L][H] */
    int64_t gates_size;       /* floats of it */
    dna_buffer *w_ih, *w_hh;  /* [I][N], [H][N] in the order of the blocks */
    dna_buffer *bias;         /* [4][H] */
    dna_buffer *dh;           /* a chunk: [n][H], lstm: then of cells [n][H] */
} rnn_args;

static rnn_args
args_of(const dna_node *node)
{
    const dna_node *x = node->in[0];
    rnn_args a = {.node = node,
        .is_gru = node->kind == DNA_OP_GRU,
        .L = x->dim[1],
        .I = x->dim[2],
        .H = node->dim[node->n_dim - 1]};
    a.N = (a.is_gru ? 3 : 4) * a.H;
    a.from_h = a.is_gru ? a.H : 0;
    a.gates_size = a.L * (a.is_gru ? 4 : 5) * a.H;
    return a;
}

/* The block of gate k (PyTorch's order) on each side. */
static int64_t
block_from_x(const rnn_args *a, int64_t k)
{
    return a->is_gru ? (k + 1) % 3 : k;
}

static int64_t
block_from_h(const rnn_args *a, int64_t k)
{
    return a->is_gru ? k + 1 : k;
}

/* Where step s stands in time. */
static int64_t
time_of(const rnn_args *a, int64_t s)
{
    return a->node->is_reverse ? a->L - 1 - s : s;
}

/* Entries of sample b. */
static int64_t
length_of(const dna_exec *e, const rnn_args *a, int64_t b)
{
    return dna_own_node(e, a->node, b)->in[0]->dim[1];
}

/* Where sample b is read last. */
static int64_t
end_of(const dna_exec *e, const rnn_args *a, int64_t b)
{
    return a->node->is_reverse ? 0 : length_of(e, a, b) - 1;
}

/* ---- weights and biases in the order of the blocks ---- */

static int
run_pack(const dna_exec *e, const void *args)
{
    const rnn_args *a = args;
    const float *w_ih = dna_node_param(e->p, a->node, DNA_WEIGHT);
    const float *w_hh = dna_node_param(e->p, a->node, DNA_WEIGHT_HH);
    const float *b_ih = dna_node_param(e->p, a->node, DNA_BIAS_IH);
    const float *b_hh = dna_node_param(e->p, a->node, DNA_BIAS_HH);
    float *packed_ih = dna_bytes_at(e, a->w_ih);
    float *packed_hh = dna_bytes_at(e, a->w_hh);
    float *bias = dna_bytes_at(e, a->bias);

    memset(bias, 0, 4 * (size_t)a->H * sizeof(*bias));
    for (int64_t row = 0; row < a->N; row++) {
        int64_t k = row / a->H;
        int64_t j = row % a->H;
        int64_t x_at = block_from_x(a, k) * a->H + j;
        int64_t h_at = block_from_h(a, k) * a->H + j;
        for (int64_t i = 0; i < a->I; i++) {
            packed_ih[i * a->N + x_at] = w_ih[row * a->I + i];
        }
        for (int64_t i = 0; i < a->H; i++) {
            packed_hh[i * a->N + h_at - a->from_h] = w_hh[row * a->H + i];
        }
        if (b_ih != NULL) {
            bias[x_at] += b_ih[row];
            bias[h_at] += b_hh[row];
        }
    }
    return DNA_OK;
}

/* ---- forward ---- */

/* Biases and the products with all inputs. */
static int
sums_from_x(const dna_exec *e, const rnn_args *a, float *gates, const float *x)
{
    dna_exec all = {.p = e->p};
    const float *bias = dna_bytes_at(&all, a->bias);
    int rc = DNA_OK;

    for (int64_t b = 0; b < e->n; b++) {
        float *g = gates + b * a->gates_size;
        for (int64_t t = 0; t < a->L; t++) {
            memcpy(g + 4 * t * a->H, bias, 4 * (size_t)a->H * sizeof(*g));
        }
        DNA_TRY(dna_gemm(e, false, false, a->L, a->N, a->I, x + b * a->x.stride[0],
            a->I, dna_bytes_at(&all, a->w_ih), a->N, true, g, 4 * a->H));
    }
out:
    return rc;
}

/* Step s of all samples: the products with the states before, then the gates. */
static void
step(const dna_exec *e, const rnn_args *a, int64_t s, float *gates, float *h)
{
    const dna_kernels *k = e->p->k;
    int64_t t = time_of(a, s);
    int64_t before = s == 0 ? -1 : time_of(a, s - 1);
    if (s > 0) {
        dna_left left = {.A = h + before * a->H,
            .M = e->n,
            .K = a->H,
            .U = 1,
            .step_m = a->h.stride[0],
            .step_k = 1};
        k->product(&left, a->N, dna_bytes_at(&(dna_exec){.p = e->p}, a->w_hh), a->N,
            gates + 4 * t * a->H + a->from_h, a->gates_size);
    }
    for (int64_t b = 0; b < e->n; b++) {
        float *g = gates + b * a->gates_size;
        float *states = h + b * a->h.stride[0];
        float *cells = g + 4 * a->L * a->H;
        if (t >= length_of(e, a, b)) {
            memset(g + 4 * t * a->H, 0, 4 * (size_t)a->H * sizeof(*g));
            memset(states + t * a->H, 0, (size_t)a->H * sizeof(*states));
            if (!a->is_gru) {
                memset(cells + t * a->H, 0, (size_t)a->H * sizeof(*cells));
            }
        } else if (a->is_gru) {
            k->cells->gru(a->H, g + 4 * t * a->H,
                s == 0 ? NULL : states + before * a->H, states + t * a->H);
        } else {
            k->cells->lstm(a->H, g + 4 * t * a->H,
                s == 0 ? NULL : cells + before * a->H, cells + t * a->H,
                states + t * a->H);
        }
    }
}

static int
run_forward(const dna_exec *e, const void *args)
{
    const rnn_args *a = args;
    float *gates = dna_bytes_at(e, a->gates);
    float *h = dna_at(e, &a->h);
    int rc = DNA_OK;

    DNA_TRY(sums_from_x(e, a, gates, dna_at(e, &a->x)));
    for (int64_t s = 0; s < a->L; s++) {
        step(e, a, s, gates, h);
    }
    for (int64_t b = 0; a->node->is_final && b < e->n; b++) {
        memcpy(dna_at(e, &a->y) + b * a->y.stride[0],
            h + b * a->h.stride[0] + end_of(e, a, b) * a->H, (size_t)a->H * sizeof(*h));
    }
out:
    return rc;
}

int
dna_lower_rnn(dna_program *p, const dna_node *node)
{
    rnn_args a = args_of(node);
    const char *name = dna_op(node->kind)->name;
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.x = p->values[node->in[0]->id];
    a.y = p->values[node->id];
    a.h = a.y;
    if (node->is_final) {
        a.h = (dna_tensor_value){.n_dim = 3, .dim = {-1, a.L, a.H}};
        dna_value_set_strides(&a.h, false);
        a.h.buf = dna_buffer_new(p, (size_t)a.h.size * sizeof(float), 0, "states");
    }
    a.gates = dna_buffer_new(p, (size_t)a.gates_size * sizeof(float), 0, "gates");
    a.w_ih = dna_buffer_new(p, 0, (size_t)(a.I * a.N) * sizeof(float), "weights");
    a.w_hh = dna_buffer_new(p, 0, (size_t)(a.H * a.N) * sizeof(float), "weights");
    a.bias = dna_buffer_new(p, 0, 4 * (size_t)a.H * sizeof(float), "bias");
    DNA_REQUIRE(a.h.buf != NULL && a.gates != NULL && a.w_ih != NULL && a.w_hh != NULL
                    && a.bias != NULL,
        DNA_ENOMEM, "%s", dna_message());
    p->saved[node->id] = a.gates;
    p->operands[node->id] = a.h;
    dna_step *s =
        dna_step_add(p, &p->forward, "rnn.pack", node->layer, run_pack, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    s->params_read = (double)((a.I + a.H) * a.N + 2 * a.N);
    dna_step_writes(s, a.w_ih);
    dna_step_writes(s, a.w_hh);
    dna_step_writes(s, a.bias);
    s = dna_step_add(p, &p->forward, name, node->layer, run_forward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (double)(p->batch * a.L)
               * (2.0 * (double)(a.N * (a.I + a.H)) + GATE_FLOPS * (double)a.H);
    dna_step_reads(s, a.w_ih);
    dna_step_reads(s, a.w_hh);
    dna_step_reads(s, a.bias);
    dna_step_reads(s, a.x.buf);
    dna_step_writes(s, a.gates);
    dna_step_writes(s, a.h.buf);
    if (node->is_final) {
        dna_step_writes(s, a.y.buf);
    }
out:
    return rc;
}

/* ---- backward ---- */

/* Step s of all samples: gates become gradients of their sums, dh that of the states
 * before. */
static void
step_back(const dna_exec *e, const rnn_args *a, int64_t s, float *gates, const float *h,
    float *dh)
{
    const dna_kernels *k = e->p->k;
    int64_t t = time_of(a, s);
    int64_t before = s == 0 ? -1 : time_of(a, s - 1);
    for (int64_t b = 0; b < e->n; b++) {
        float *g = gates + b * a->gates_size;
        const float *cells = g + 4 * a->L * a->H;
        float *grad = dh + b * a->H;
        if (t >= length_of(e, a, b)) {
            continue; /* its gates are zero */
        }
        if (a->is_gru) {
            k->cells->gru_backward(a->H, g + 4 * t * a->H,
                s == 0 ? NULL : h + b * a->h.stride[0] + before * a->H, grad);
        } else {
            k->cells->lstm_backward(a->H, g + 4 * t * a->H,
                s == 0 ? NULL : cells + before * a->H, cells + t * a->H, grad,
                grad + e->n * a->H);
            memset(grad, 0, (size_t)a->H * sizeof(*grad));
        }
    }
    if (s > 0) {
        dna_left left = {.A = gates + 4 * t * a->H + a->from_h,
            .M = e->n,
            .K = a->N,
            .U = 1,
            .step_m = a->gates_size,
            .step_k = 1};
        k->product(
            &left, a->H, dna_node_param(e->p, a->node, DNA_WEIGHT_HH), a->H, dh, a->H);
    }
}

/* What y's gradient gives to the states of time t. */
static void
add_dy(const dna_exec *e, const rnn_args *a, int64_t t, float *dh)
{
    for (int64_t b = 0; b < e->n; b++) {
        const float *dy = dna_at(e, &a->dy) + b * a->dy.stride[0];
        if (!a->node->is_final) {
            e->p->k->column_sums(dh + b * a->H, dy + t * a->H, 1, a->H);
        } else if (t == end_of(e, a, b)) {
            e->p->k->column_sums(dh + b * a->H, dy, 1, a->H);
        }
    }
}

static int
run_backward(const dna_exec *e, const void *args)
{
    const rnn_args *a = args;
    float *gates = dna_bytes_at(e, a->gates);
    const float *h = dna_at(e, &a->h);
    float *dh = dna_bytes_at(e, a->dh);
    memset(dh, 0, (size_t)(e->n * (a->is_gru ? 1 : 2) * a->H) * sizeof(*dh));
    for (int64_t s = a->L - 1; s >= 0; s--) {
        add_dy(e, a, time_of(a, s), dh);
        step_back(e, a, s, gates, h, dh);
    }
    return DNA_OK;
}

/* dX = dG[from x] * W_ih; of a gru the block of its last gate comes first. */
static int
run_input_grad(const dna_exec *e, const void *args)
{
    const rnn_args *a = args;
    const float *w = dna_node_param(e->p, a->node, DNA_WEIGHT);
    const float *gates = dna_bytes_at(e, a->gates);
    float *dx = dna_at(e, &a->dx);
    int64_t first = block_from_x(a, 0) * a->H; /* columns of the gates in their order */
    int rc = DNA_OK;

    for (int64_t b = 0; b < e->n; b++) {
        const float *g = gates + b * a->gates_size;
        float *out = dx + b * a->dx.stride[0];
        DNA_TRY(dna_gemm(e, false, false, a->L, a->I, a->N - first, g + first, 4 * a->H,
            w, a->I, a->is_add, out, a->I));
        if (first > 0) {
            DNA_TRY(dna_gemm(e, false, false, a->L, a->I, first, g, 4 * a->H,
                w + (a->N - first) * a->I, a->I, true, out, a->I));
        }
    }
out:
    return rc;
}

/* Rows j0 .. j0+n-1 of gate k of one weight matrix: += dG' V, and their bias. */
static int
weight_rows(const dna_exec *e, const rnn_args *a, bool is_state, int64_t k, int64_t j0,
    int64_t n)
{
    dna_exec all = {.p = e->p, .n = e->n};
    int64_t block = is_state ? block_from_h(a, k) : block_from_x(a, k);
    const dna_tensor_value *v = is_state ? &a->h : &a->x;
    int64_t width = is_state ? a->H : a->I;
    int64_t row = k * a->H + j0;
    float *dw = dna_node_grad(e->p, a->node, is_state ? DNA_WEIGHT_HH : DNA_WEIGHT);
    float *db = dna_node_grad(e->p, a->node, is_state ? DNA_BIAS_HH : DNA_BIAS_IH);
    const float *gates =
        (const float *)dna_bytes_at(&all, a->gates) + block * a->H + j0;
    const float *values = dna_at(&all, v);
    double bias[BLOCK] = {0};
    /* the states are those before: one entry apart from the gates */
    int64_t skip = is_state ? 1 : 0;
    int64_t first_g = a->node->is_reverse ? 0 : skip;
    int64_t first_v = a->node->is_reverse ? skip : 0;
    int rc = DNA_OK;

    for (int64_t b = 0; b < e->n; b++) {
        const float *g = gates + b * a->gates_size;
        for (int64_t t = 0; t < a->L; t++) {
            for (int64_t j = 0; j < n; j++) {
                bias[j] += (double)g[4 * t * a->H + j];
            }
        }
        if (a->L > skip) {
            DNA_TRY(
                dna_gemm(e, true, false, n, width, a->L - skip, g + 4 * first_g * a->H,
                    4 * a->H, values + b * v->stride[0] + first_v * width, width, true,
                    dw + row * width, width));
        }
    }
    for (int64_t j = 0; db != NULL && j < n; j++) {
        db[row + j] += (float)bias[j];
    }
out:
    return rc;
}

static int
run_weight_grad(const dna_exec *e, const void *args)
{
    const rnn_args *a = args;
    int64_t blocks = (a->H + BLOCK - 1) / BLOCK; /* of a gate */
    int64_t gates = a->N / a->H;
    int64_t task = e->task % (gates * blocks);
    int64_t j0 = task % blocks * BLOCK;
    return weight_rows(
        e, a, e->task >= gates * blocks, task / blocks, j0, DNA_MIN(BLOCK, a->H - j0));
}

static int
lower_input_grad(dna_program *p, rnn_args *a)
{
    dna_tensor_value *dx = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_grad_of(p, a->node->in[0], &dx, &a->is_add));
    a->dx = *dx;
    dna_step *s = dna_step_add(p, &p->backward, "rnn.input_grad", a->node->layer,
        run_input_grad, a, sizeof(*a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = 2.0 * (double)(p->batch * a->L) * (double)(a->I * a->N);
    s->params_read = (double)(a->I * a->N);
    dna_step_reads(s, a->gates);
    dna_step_writes(s, a->dx.buf);
out:
    return rc;
}

int
dna_lower_rnn_backward(dna_program *p, const dna_node *node)
{
    rnn_args a = args_of(node);
    int rc = DNA_OK;

    a.x = p->values[node->in[0]->id];
    a.h = p->operands[node->id];
    a.dy = p->grads[node->id];
    a.gates = p->saved[node->id];
    a.dh = dna_buffer_new(
        p, (a.is_gru ? 1 : 2) * (size_t)a.H * sizeof(float), 0, "scratch");
    DNA_REQUIRE(a.dh != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step *s = dna_step_add(
        p, &p->backward, "rnn.backward", node->layer, run_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->flops = (double)(p->batch * a.L)
               * (2.0 * (double)(a.N * a.H) + 2.0 * GATE_FLOPS * (double)a.H);
    s->params_read = (double)(a.H * a.N);
    dna_step_reads(s, a.dy.buf);
    dna_step_reads(s, a.h.buf);
    dna_step_writes(s, a.gates);
    dna_step_writes(s, a.dh);
    s = dna_step_add(p, &p->backward, "rnn.weight_grad", node->layer, run_weight_grad,
        &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    s->is_chunk = false;
    s->n_task = 2 * a.N / a.H * ((a.H + BLOCK - 1) / BLOCK);
    s->flops = 2.0 * (double)(p->batch * a.L) * (double)(a.N * (a.I + a.H + 1));
    s->params_written = (double)((a.I + a.H) * a.N + 2 * a.N);
    dna_step_reads(s, a.gates);
    dna_step_reads(s, a.h.buf);
    dna_step_reads(s, a.x.buf);
    if (p->needs_grad[node->in[0]->id]) {
        DNA_TRY(lower_input_grad(p, &a));
    }
out:
    return rc;
}

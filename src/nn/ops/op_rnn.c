/* op_rnn.c - GRU and LSTM. A node is one layer in one direction; the builder stacks
 * layers and joins directions.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/node.h"

/* ---- builders ---- */

static int
tensor(dna_graph *g, const char *layer, const char *kind, int level, bool is_reverse,
    int n_dim, const int64_t *dim, int64_t hidden)
{
    char suffix[64];
    snprintf(
        suffix, sizeof(suffix), "%s_l%d%s", kind, level, is_reverse ? "_reverse" : "");
    return dna_graph_tensor(g, layer, suffix, DNA_TENSOR_PARAM, n_dim, dim, hidden);
}

static dna_node *
direction(dna_graph *g, dna_op_kind kind, dna_node *x, const char *layer, int level,
    bool is_reverse, bool is_final, const dna_rnn_opts *o)
{
    if (x == NULL) {
        return NULL;
    }
    int64_t all[2] = {x->dim[1], o->hidden}; /* states, also where the last is wanted */
    if (!dna_graph_fits(g, layer, 2, all)) {
        return NULL;
    }
    dna_node *node =
        dna_node_new(g, kind, &x, 1, is_final ? 1 : 2, is_final ? &o->hidden : all);
    if (node == NULL) {
        return NULL;
    }
    int64_t rows = (kind == DNA_OP_GRU ? 3 : 4) * o->hidden;
    int64_t w_ih[2] = {rows, x->dim[2]};
    int64_t w_hh[2] = {rows, o->hidden};
    node->tensor[DNA_WEIGHT] =
        tensor(g, layer, "weight_ih", level, is_reverse, 2, w_ih, o->hidden);
    node->tensor[DNA_WEIGHT_HH] =
        tensor(g, layer, "weight_hh", level, is_reverse, 2, w_hh, o->hidden);
    if (!o->no_bias) {
        node->tensor[DNA_BIAS_IH] =
            tensor(g, layer, "bias_ih", level, is_reverse, 1, &rows, o->hidden);
        node->tensor[DNA_BIAS_HH] =
            tensor(g, layer, "bias_hh", level, is_reverse, 1, &rows, o->hidden);
    }
    node->is_reverse = is_reverse;
    node->is_final = is_final;
    return dna_node_name(g, node, layer);
}

static dna_node *
rnn(dna_graph *g, dna_op_kind kind, dna_node *x, const char *layer,
    const dna_rnn_opts *o)
{
    int n_layer = o->n_layer == 0 ? 1 : o->n_layer;
    if (x == NULL) {
        return NULL;
    }
    if (x->n_dim != 3) {
        char shape[DNA_SHAPE_TEXT];
        return dna_graph_fail(g, DNA_ESHAPE,
            "%s: input %s, [N, length, features] is needed", layer,
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    if (o->hidden < 1 || o->hidden > INT32_MAX || n_layer < 1) {
        return dna_graph_fail(g, DNA_EARG,
            "%s: %lld hidden entries in %d layers, at least one in one is needed",
            layer, (long long)o->hidden, n_layer);
    }
    for (int k = 0; k < n_layer; k++) {
        bool is_final = o->final && k == n_layer - 1;
        dna_node *both[2] = {direction(g, kind, x, layer, k, false, is_final, o), NULL};
        if (o->bidirectional) {
            both[1] = direction(g, kind, x, layer, k, true, is_final, o);
        }
        x = both[0];
        if (o->bidirectional) {
            x = dna_concat(g, both, 2, is_final ? 1 : 2);
        }
    }
    return x;
}

dna_node *
dna_gru(dna_graph *g, dna_node *x, const char *layer, dna_rnn_opts o)
{
    return rnn(g, DNA_OP_GRU, x, layer, &o);
}

dna_node *
dna_lstm(dna_graph *g, dna_node *x, const char *layer, dna_rnn_opts o)
{
    return rnn(g, DNA_OP_LSTM, x, layer, &o);
}

/* ---- reference ---- */

/* Kept of each entry, H numbers each: the gates, then the part of n that comes from the
 * state (gru) or the cell (lstm), and the state. Behind the entries of a sample: what
 * backward needs of one step. */
enum { GRU_R, GRU_Z, GRU_N, GRU_HN };
enum { LSTM_I, LSTM_F, LSTM_G, LSTM_O, LSTM_C };
enum { STATE = 5, N_KEPT = 6 };
enum { DH = 0, DC = 1, FROM_X = 2, FROM_H = 6, N_SCRATCH = 10 };

static int64_t
n_saved(const dna_node *node)
{
    int64_t H = node->dim[node->n_dim - 1];
    return (node->in[0]->dim[1] * N_KEPT + N_SCRATCH) * H;
}

typedef struct {
    const dna_ref_args *a;
    int64_t L, I, H;
    int64_t rows; /* of the weights: gates * H */
} walk;

static walk
walk_of(const dna_ref_args *a)
{
    const dna_node *node = a->node;
    int64_t H = node->dim[node->n_dim - 1];
    return (walk){.a = a,
        .L = node->in[0]->dim[1],
        .I = node->in[0]->dim[2],
        .H = H,
        .rows = (node->kind == DNA_OP_GRU ? 3 : 4) * H};
}

/* Where step s stands in time. */
static int64_t
time_of(const walk *w, int64_t s)
{
    return w->a->node->is_reverse ? w->L - 1 - s : s;
}

static double *
kept(const walk *w, int64_t b, int64_t t)
{
    return w->a->saved + b * n_saved(w->a->node) + t * N_KEPT * w->H;
}

static double
logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* Row k of W_ih x + b_ih. */
static double
from_input(const walk *w, int64_t k, const double *x)
{
    const double *bias = w->a->w[DNA_BIAS_IH];
    double sum = bias == NULL ? 0.0 : bias[k];
    for (int64_t i = 0; i < w->I; i++) {
        sum += w->a->w[DNA_WEIGHT][k * w->I + i] * x[i];
    }
    return sum;
}

/* Row k of W_hh h + b_hh; h NULL: zero. */
static double
from_state(const walk *w, int64_t k, const double *h)
{
    const double *bias = w->a->w[DNA_BIAS_HH];
    double sum = bias == NULL ? 0.0 : bias[k];
    for (int64_t i = 0; h != NULL && i < w->H; i++) {
        sum += w->a->w[DNA_WEIGHT_HH][k * w->H + i] * h[i];
    }
    return sum;
}

static void
gru_step(const walk *w, const double *x, const double *before, double *now)
{
    int64_t H = w->H;
    const double *h = before == NULL ? NULL : before + STATE * H;
    for (int64_t j = 0; j < H; j++) {
        int64_t r_row = GRU_R * H + j;
        int64_t z_row = GRU_Z * H + j;
        int64_t n_row = GRU_N * H + j;
        double r = logistic(from_input(w, r_row, x) + from_state(w, r_row, h));
        double z = logistic(from_input(w, z_row, x) + from_state(w, z_row, h));
        double hn = from_state(w, n_row, h);
        double n = tanh(from_input(w, n_row, x) + r * hn);
        now[r_row] = r;
        now[z_row] = z;
        now[n_row] = n;
        now[GRU_HN * H + j] = hn;
        now[STATE * H + j] = (1.0 - z) * n + z * (h == NULL ? 0.0 : h[j]);
    }
}

static void
lstm_step(const walk *w, const double *x, const double *before, double *now)
{
    int64_t H = w->H;
    const double *h = before == NULL ? NULL : before + STATE * H;
    for (int64_t j = 0; j < H; j++) {
        double v[4];
        for (int64_t k = 0; k < 4; k++) {
            v[k] = from_input(w, k * H + j, x) + from_state(w, k * H + j, h);
            v[k] = k == LSTM_G ? tanh(v[k]) : logistic(v[k]);
            now[k * H + j] = v[k];
        }
        double c = before == NULL ? 0.0 : before[LSTM_C * H + j];
        c = v[LSTM_F] * c + v[LSTM_I] * v[LSTM_G];
        now[LSTM_C * H + j] = c;
        now[STATE * H + j] = v[LSTM_O] * tanh(c);
    }
}

static void
rnn_forward(const dna_ref_args *a)
{
    walk w = walk_of(a);
    for (int64_t b = 0; b < a->batch; b++) {
        const double *before = NULL;
        for (int64_t s = 0; s < w.L; s++) {
            int64_t t = time_of(&w, s);
            const double *x = a->x[0] + (b * w.L + t) * w.I;
            double *now = kept(&w, b, t);
            (a->node->kind == DNA_OP_GRU ? gru_step : lstm_step)(&w, x, before, now);
            if (!a->node->is_final || s == w.L - 1) {
                double *y = a->y + (a->node->is_final ? b : b * w.L + t) * w.H;
                memcpy(y, now + STATE * w.H, (size_t)w.H * sizeof(*y));
            }
            before = now;
        }
    }
}

/* From DH to the gradients of the gates before their functions (FROM_X, FROM_H: as they
 * came from the input and from the state); DH becomes the part of the state before that
 * does not pass through W_hh. */
static void
gru_step_back(const walk *w, const double *before, const double *now, double *d)
{
    int64_t H = w->H;
    for (int64_t j = 0; j < H; j++) {
        double r = now[GRU_R * H + j];
        double z = now[GRU_Z * H + j];
        double n = now[GRU_N * H + j];
        double h = before == NULL ? 0.0 : before[STATE * H + j];
        double dh = d[DH * H + j];
        double dn = dh * (1.0 - z) * (1.0 - n * n);
        double dz = dh * (h - n) * z * (1.0 - z);
        double dr = dn * now[GRU_HN * H + j] * r * (1.0 - r);
        d[(FROM_X + GRU_R) * H + j] = d[(FROM_H + GRU_R) * H + j] = dr;
        d[(FROM_X + GRU_Z) * H + j] = d[(FROM_H + GRU_Z) * H + j] = dz;
        d[(FROM_X + GRU_N) * H + j] = dn;
        d[(FROM_H + GRU_N) * H + j] = dn * r;
        d[DH * H + j] = dh * z;
    }
}

static void
lstm_step_back(const walk *w, const double *before, const double *now, double *d)
{
    int64_t H = w->H;
    for (int64_t j = 0; j < H; j++) {
        double i = now[LSTM_I * H + j];
        double f = now[LSTM_F * H + j];
        double g = now[LSTM_G * H + j];
        double o = now[LSTM_O * H + j];
        double tanh_c = tanh(now[LSTM_C * H + j]);
        double c = before == NULL ? 0.0 : before[LSTM_C * H + j];
        double dh = d[DH * H + j];
        double dc = d[DC * H + j] + dh * o * (1.0 - tanh_c * tanh_c);
        double v[4] = {[LSTM_I] = dc * g * i * (1.0 - i),
            [LSTM_F] = dc * c * f * (1.0 - f),
            [LSTM_G] = dc * i * (1.0 - g * g),
            [LSTM_O] = dh * tanh_c * o * (1.0 - o)};
        for (int64_t k = 0; k < 4; k++) {
            d[(FROM_X + k) * H + j] = d[(FROM_H + k) * H + j] = v[k];
        }
        d[DC * H + j] = dc * f;
        d[DH * H + j] = 0.0;
    }
}

/* The products of one step, transposed. */
static void
spread(const walk *w, const double *x, double *dx, const double *h, double *d)
{
    const dna_ref_args *a = w->a;
    for (int64_t k = 0; k < w->rows; k++) {
        double from_x = d[FROM_X * w->H + k];
        double from_h = d[FROM_H * w->H + k];
        for (int64_t i = 0; i < w->I; i++) {
            a->dw[DNA_WEIGHT][k * w->I + i] += from_x * x[i];
            dx[i] += from_x * a->w[DNA_WEIGHT][k * w->I + i];
        }
        for (int64_t i = 0; i < w->H; i++) {
            a->dw[DNA_WEIGHT_HH][k * w->H + i] += from_h * (h == NULL ? 0.0 : h[i]);
            d[DH * w->H + i] += from_h * a->w[DNA_WEIGHT_HH][k * w->H + i];
        }
        if (a->dw[DNA_BIAS_IH] != NULL) {
            a->dw[DNA_BIAS_IH][k] += from_x;
            a->dw[DNA_BIAS_HH][k] += from_h;
        }
    }
}

static void
rnn_backward(const dna_ref_args *a)
{
    walk w = walk_of(a);
    for (int64_t b = 0; b < a->batch; b++) {
        double *d = kept(&w, b, w.L);
        memset(d, 0, (size_t)(2 * w.H) * sizeof(*d)); /* DH, DC */
        for (int64_t s = w.L - 1; s >= 0; s--) {
            int64_t t = time_of(&w, s);
            const double *before = s == 0 ? NULL : kept(&w, b, time_of(&w, s - 1));
            int64_t at = (b * w.L + t) * w.I;
            for (int64_t j = 0; j < w.H && (!a->node->is_final || s == w.L - 1); j++) {
                d[j] += a->dy[(a->node->is_final ? b : b * w.L + t) * w.H + j];
            }
            (a->node->kind == DNA_OP_GRU ? gru_step_back : lstm_step_back)(
                &w, before, kept(&w, b, t), d);
            spread(&w, a->x[0] + at, a->dx[0] + at,
                before == NULL ? NULL : before + STATE * w.H, d);
        }
    }
}

const dna_op_def dna_op_gru = {.name = "gru",
    .forward = rnn_forward,
    .backward = rnn_backward,
    .n_saved = n_saved};

const dna_op_def dna_op_lstm = {.name = "lstm",
    .forward = rnn_forward,
    .backward = rnn_backward,
    .n_saved = n_saved};

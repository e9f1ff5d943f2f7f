/* reference.c - run a graph naively in double precision: the truth for the rest.
 *
 * SPDX-License-Identifier: MIT
 *
 * Every node has its own value and gradient; nothing is shared, planned or skipped. In a
 * batch of several sizes each sample is taken out of the batch, given to the op alone
 * with the shapes of its own size, and put back.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/extent.h"
#include "nn/node.h"

struct dna_reference {
    const dna_graph *g;
    int64_t batch;
    bool is_training;
    uint64_t seed;
    int64_t step;
    double **y, **dy, **saved;       /* by node id; saved has room for every sample */
    dna_extents *extents;            /* NULL: no sizes were set */
    double *ins, *dins, *out, *dout; /* one sample of a node, as large as any needs */
    double *params, *grads, *buffers;
    int64_t n_param, n_buffer;
};

static int64_t
vector_length(const dna_graph *g, dna_tensor_kind kind)
{
    int64_t n = 0;
    for (int i = 0; i < g->n_tensor; i++) {
        n += g->tensors[i].kind == kind ? g->tensors[i].count : 0;
    }
    return n;
}

int
dna_reference_new(dna_reference **out, const dna_graph *g, dna_state *s, int64_t batch,
    bool is_training)
{
    dna_reference *r = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(g->output != NULL, DNA_EARG, "the graph has no output");
    DNA_REQUIRE(batch >= 1, DNA_EARG, "a batch of %lld, at least 1 is needed",
        (long long)batch);
    DNA_NEW(r, 1);
    r->g = g;
    r->batch = batch;
    r->is_training = is_training;
    r->n_param = vector_length(g, DNA_TENSOR_PARAM);
    r->n_buffer = vector_length(g, DNA_TENSOR_BUFFER);
    DNA_NEW(r->y, g->n_node);
    DNA_NEW(r->dy, g->n_node);
    DNA_NEW(r->saved, g->n_node);
    DNA_NEW(r->params, DNA_MAX(r->n_param, 1));
    DNA_NEW(r->grads, DNA_MAX(r->n_param, 1));
    DNA_NEW(r->buffers, DNA_MAX(r->n_buffer, 1));
    for (int i = 0; i < g->n_node; i++) {
        const dna_node *node = g->nodes[i];
        const dna_op_def *op = dna_op(node->kind);
        DNA_NEW(r->y[i], batch * dna_node_size(node));
        DNA_NEW(r->dy[i], batch * dna_node_size(node));
        if (op->n_saved != NULL) {
            DNA_NEW(r->saved[i], batch * op->n_saved(node));
        }
    }
    DNA_REQUIRE(
        dna_state_n_param(s) == r->n_param && dna_state_n_buffer(s) == r->n_buffer,
        DNA_ESHAPE, "the graph has %lld parameters, the state %lld",
        (long long)r->n_param, (long long)dna_state_n_param(s));
    for (int64_t i = 0; i < r->n_param; i++) {
        r->params[i] = (double)dna_state_params(s)[i];
    }
    for (int64_t i = 0; i < r->n_buffer; i++) {
        r->buffers[i] = (double)dna_state_buffers(s)[i];
    }
    *out = r;
    r = NULL;
out:
    dna_reference_free(r);
    return rc;
}

void
dna_reference_free(dna_reference *r)
{
    if (r == NULL) {
        return;
    }
    for (int i = 0; i < r->g->n_node; i++) {
        dna_free(r->y == NULL ? NULL : r->y[i]);
        dna_free(r->dy == NULL ? NULL : r->dy[i]);
        dna_free(r->saved == NULL ? NULL : r->saved[i]);
    }
    dna_free(r->y);
    dna_free(r->dy);
    dna_free(r->saved);
    dna_free(r->params);
    dna_free(r->grads);
    dna_free(r->buffers);
    dna_extents_free(r->extents);
    dna_free(r->ins);
    dna_free(r->dins);
    dna_free(r->out);
    dna_free(r->dout);
    dna_free(r);
}

static int
make_extents(dna_reference *r)
{
    int64_t n_in = 1;
    int64_t n_out = 1;
    int rc = DNA_OK;

    for (int i = 0; i < r->g->n_node; i++) {
        const dna_node *node = r->g->nodes[i];
        int64_t n = 0;
        for (int k = 0; k < node->n_in; k++) {
            n += dna_node_size(node->in[k]);
        }
        n_in = DNA_MAX(n_in, n);
        n_out = DNA_MAX(n_out, dna_node_size(node));
    }
    DNA_NEW(r->ins, n_in);
    DNA_NEW(r->dins, n_in);
    DNA_NEW(r->out, n_out);
    DNA_NEW(r->dout, n_out);
    DNA_TRY(dna_extents_new(&r->extents, r->g, r->g, NULL, 0, r->batch));
out:
    return rc;
}

int
dna_reference_set_sizes(dna_reference *r, const dna_graph *const *graphs)
{
    int rc = DNA_OK;

    if (r->extents == NULL) {
        DNA_TRY(make_extents(r));
    }
    DNA_TRY(dna_extents_set(r->extents, graphs));
out:
    return rc;
}

void
dna_reference_set_random(dna_reference *r, uint64_t seed, int64_t step)
{
    r->seed = seed;
    r->step = step;
}

double *
dna_reference_params(dna_reference *r)
{
    return r->params;
}

double *
dna_reference_grads(dna_reference *r)
{
    return r->grads;
}

double *
dna_reference_buffers(dna_reference *r)
{
    return r->buffers;
}

double *
dna_reference_input(dna_reference *r, int i)
{
    return i < 0 || i >= r->g->n_input ? NULL : r->y[r->g->inputs[i]->id];
}

double *
dna_reference_input_grad(dna_reference *r, int i)
{
    return i < 0 || i >= r->g->n_input ? NULL : r->dy[r->g->inputs[i]->id];
}

const double *
dna_reference_output(const dna_reference *r)
{
    return r->y[r->g->output->id];
}

double *
dna_reference_output_grad(dna_reference *r)
{
    return r->dy[r->g->output->id];
}

#define MAX_IN 64

/* Collect what one op sees; ins and dins hold MAX_IN entries. */
static dna_ref_args
args_of(dna_reference *r, const dna_node *node, const double **ins, double **dins)
{
    dna_ref_args a = {.node = node,
        .batch = r->batch,
        .is_training = r->is_training,
        .seed = r->seed,
        .step = r->step,
        .x = ins,
        .dx = dins,
        .y = r->y[node->id],
        .dy = r->dy[node->id],
        .saved = r->saved[node->id],
        .extents = r->extents};
    for (int k = 0; k < node->n_in; k++) {
        ins[k] = r->y[node->in[k]->id];
        dins[k] = r->dy[node->in[k]->id];
    }
    for (int k = 0; k < DNA_NODE_MAX_TENSOR; k++) {
        if (node->tensor[k] < 0) {
            continue;
        }
        const dna_tensor *t = &r->g->tensors[node->tensor[k]];
        if (t->kind == DNA_TENSOR_PARAM) {
            a.w[k] = r->params + t->offset;
            a.dw[k] = r->grads + t->offset;
        } else if (t->kind == DNA_TENSOR_BUFFER) {
            a.w[k] = r->buffers + t->offset;
        }
    }
    return a;
}

/* ---- one sample of its own size ---- */

typedef struct {
    double *to;
    const double *from;
    enum { TAKE, PUT, ADD } what;
} move;

static void
move_row(void *payload, int64_t at, int64_t own_at, int64_t n)
{
    const move *m = payload;
    for (int64_t i = 0; i < n; i++) {
        if (m->what == TAKE) {
            m->to[own_at + i] = m->from[at + i];
        } else if (m->what == PUT) {
            m->to[at + i] = m->from[own_at + i];
        } else {
            m->to[at + i] += m->from[own_at + i];
        }
    }
}

/* The entries of sample b in `batch` (a value of `node`) to or from `dense`. */
static void
take(double *dense, const double *batch, const dna_node *node, const dna_node *own,
    int64_t b)
{
    move m = {dense, batch + b * dna_node_size(node), TAKE};
    dna_extents_rows(node, own, move_row, &m);
}

static void
put(double *batch, const double *dense, const dna_node *node, const dna_node *own,
    int64_t b)
{
    move m = {batch + b * dna_node_size(node), dense, PUT};
    memset(m.to, 0, (size_t)dna_node_size(node) * sizeof(*m.to));
    dna_extents_rows(node, own, move_row, &m);
}

static void
add_to(double *batch, const double *dense, const dna_node *node, const dna_node *own,
    int64_t b)
{
    move m = {batch + b * dna_node_size(node), dense, ADD};
    dna_extents_rows(node, own, move_row, &m);
}

/* What the op sees of sample b; a is what it sees of the batch. */
static dna_ref_args
sample_args(const dna_reference *r, const dna_ref_args *a, int64_t b,
    const double **ins, double **dins)
{
    const dna_node *own = dna_extents_node(r->extents, a->node, b);
    dna_ref_args one = *a;
    int64_t at = 0;

    one.node = own;
    one.first = b;
    one.batch = 1;
    one.x = ins;
    one.dx = dins;
    one.y = r->out;
    one.dy = r->dout;
    if (a->saved != NULL) {
        one.saved = a->saved + b * dna_op(own->kind)->n_saved(a->node);
    }
    for (int k = 0; k < own->n_in; k++) {
        take(r->ins + at, a->x[k], a->node->in[k], own->in[k], b);
        ins[k] = r->ins + at;
        dins[k] = r->dins + at;
        at += dna_node_size(own->in[k]);
    }
    memset(r->dins, 0, (size_t)at * sizeof(*r->dins));
    return one;
}

static void
forward_samples(const dna_reference *r, const dna_ref_args *a)
{
    const double *ins[MAX_IN];
    double *dins[MAX_IN];
    for (int64_t b = 0; b < r->batch; b++) {
        dna_ref_args one = sample_args(r, a, b, ins, dins);
        if (a->node->kind == DNA_OP_INPUT) { /* the caller filled it */
            take(r->out, a->y, a->node, one.node, b);
        } else {
            dna_op(a->node->kind)->forward(&one);
        }
        put(a->y, r->out, a->node, one.node, b);
    }
}

static void
backward_samples(const dna_reference *r, const dna_ref_args *a)
{
    const double *ins[MAX_IN];
    double *dins[MAX_IN];
    for (int64_t b = 0; b < r->batch; b++) {
        dna_ref_args one = sample_args(r, a, b, ins, dins);
        take(r->out, a->y, a->node, one.node, b);
        take(r->dout, a->dy, a->node, one.node, b);
        dna_op(a->node->kind)->backward(&one);
        for (int k = 0; k < one.node->n_in; k++) {
            add_to(a->dx[k], dins[k], a->node->in[k], one.node->in[k], b);
        }
    }
}

/* ---- run ---- */

int
dna_reference_forward(dna_reference *r)
{
    const double *ins[MAX_IN];
    double *dins[MAX_IN];
    for (int i = 0; i < r->g->n_node; i++) {
        const dna_node *node = r->g->nodes[i];
        const dna_op_def *op = dna_op(node->kind);
        if (node->n_in > MAX_IN) {
            return dna_fail(DNA_EUNSUPPORTED, "%d pieces in one node, at most %d",
                node->n_in, MAX_IN);
        }
        dna_ref_args a = args_of(r, node, ins, dins);
        if (r->extents != NULL && !op->joins_samples) {
            forward_samples(r, &a);
        } else {
            op->forward(&a);
        }
    }
    return DNA_OK;
}

int
dna_reference_backward(dna_reference *r)
{
    const double *ins[MAX_IN];
    double *dins[MAX_IN];
    memset(r->grads, 0, (size_t)r->n_param * sizeof(*r->grads));
    for (int i = 0; i < r->g->n_node; i++) {
        if (r->g->nodes[i] != r->g->output) {
            memset(r->dy[i], 0,
                (size_t)(r->batch * dna_node_size(r->g->nodes[i])) * sizeof(**r->dy));
        }
    }
    for (int i = r->g->n_node - 1; i >= 0; i--) {
        const dna_node *node = r->g->nodes[i];
        const dna_op_def *op = dna_op(node->kind);
        if (op->backward == NULL || node->n_in > MAX_IN) {
            continue;
        }
        dna_ref_args a = args_of(r, node, ins, dins);
        if (r->extents != NULL && !op->joins_samples) {
            backward_samples(r, &a);
        } else {
            op->backward(&a);
        }
    }
    return DNA_OK;
}

/* pass_broadcast.c - keep repeated rows symbolic.
 *
 * SPDX-License-Identifier: MIT
 *
 * A node of the old graph is known by a compact node, whose repeated dimensions have
 * extent 1, and how often each of them is repeated. An op that treats every row alike
 * acts on the compact node; one that does not gets the rows written out (expand). What an
 * expand makes counts as repeated even where that is once, so that the list of nodes
 * depends on the sizes as little as can be: batches of several sizes need it.
 */
#include "nn/compile/pass.h"

#include <string.h>

#include "base/mem.h"

typedef struct {
    dna_node *compact;
    bool repeated[DNA_GRAPH_MAX_DIM];
    int64_t times[DNA_GRAPH_MAX_DIM]; /* 1 where not repeated */
    dna_node *whole;
} form;

static form
plain(dna_node *node)
{
    form f = {.compact = node, .whole = node};
    for (int d = 0; d < DNA_GRAPH_MAX_DIM; d++) {
        f.times[d] = 1;
    }
    return f;
}

static dna_node *
whole(dna_graph *g, form *f)
{
    if (f->whole == NULL) {
        dna_node *x = f->compact;
        for (int d = 1; x != NULL && d < x->n_dim; d++) {
            if (f->repeated[d]) {
                x = dna_expand(g, x, d, f->times[d]);
            }
        }
        f->whole = x;
    }
    return f->whole;
}

static bool
is_repeated(const form *f)
{
    for (int d = 1; d < DNA_GRAPH_MAX_DIM; d++) {
        if (f->repeated[d]) {
            return true;
        }
    }
    return false;
}

/* A window of extent 1 that moves by 1 leaves a dimension's rows apart. */
static bool
is_rowwise(
    const int64_t kernel[2], const int64_t stride[2], const int64_t pad[2], int i)
{
    return kernel[i] == 1 && stride[i] == 1 && pad[i] == 0;
}

static bool
passes_through(const dna_node *node, const form *in)
{
    switch (node->kind) {
    case DNA_OP_ACTIVATION:
        return true;
    case DNA_OP_BATCH_NORM:
    case DNA_OP_GROUP_NORM: /* repeats do not change a mean or a variance */
        return !in->repeated[1];
    case DNA_OP_LAYER_NORM: /* neither, but every entry has its own weight */
        for (int d = node->axis; d < node->n_dim; d++) {
            if (in->repeated[d]) {
                return false;
            }
        }
        return true;
    case DNA_OP_LINEAR:
        return !in->repeated[node->n_dim - 1];
    case DNA_OP_SOFTMAX:
        return !in->repeated[node->axis];
    case DNA_OP_CONV2D:
    case DNA_OP_MAX_POOL2D:
    case DNA_OP_AVG_POOL2D:
        for (int i = 0; i < 2; i++) {
            bool fits = node->kind == DNA_OP_CONV2D
                            ? is_rowwise(
                                node->conv.kernel, node->conv.stride, node->conv.pad, i)
                            : is_rowwise(node->pool.kernel, node->pool.stride,
                                node->pool.pad, i);
            if (in->repeated[2 + i] && !fits) {
                return false;
            }
        }
        return !in->repeated[1];
    case DNA_OP_INPUT:
    case DNA_OP_ZEROS:
    case DNA_OP_NORM_AS:
    case DNA_OP_MEAN:
    case DNA_OP_SUM:
    case DNA_OP_MAX:
    case DNA_OP_DROPOUT: /* every row has its own draw */
    case DNA_OP_EXPAND:
    case DNA_OP_CONCAT:
    case DNA_OP_ADD:
    case DNA_OP_SLICE:
    case DNA_OP_RESHAPE:
    case DNA_OP_TRANSPOSE:
    case DNA_OP_GRU:
    case DNA_OP_LSTM:
    case DNA_N_OP:
    default:
        return false;
    }
}

/* The op on the compact node; repeated dimensions keep extent 1. */
static form
on_compact(dna_graph *g, const dna_node *node, const form *in)
{
    form f = *in;
    int64_t dim[DNA_GRAPH_MAX_DIM];
    dna_node *x = in->compact;
    for (int d = 1; d < node->n_dim; d++) {
        dim[d - 1] = in->repeated[d] ? 1 : node->dim[d];
    }
    f.whole = NULL;
    f.compact = dna_node_like(g, node, &x, 1, dim);
    if (f.compact != NULL && node->kind == DNA_OP_BATCH_NORM) {
        for (int d = 1; d < node->n_dim; d++) {
            f.compact->repeat *= in->times[d];
        }
    }
    return f;
}

static bool
is_reduction(const dna_node *node)
{
    return node->kind == DNA_OP_MEAN || node->kind == DNA_OP_SUM
           || node->kind == DNA_OP_MAX;
}

/* The mean or maximum of equal rows is the row, their sum a multiple of it; over another
 * dimension each row has its own. */
static form
reduce(dna_graph *g, const dna_node *node, const form *in)
{
    form f = plain(NULL);
    int64_t dim[DNA_GRAPH_MAX_DIM];
    int n = 1;
    for (int d = 1; d < node->in[0]->n_dim; d++) {
        if (d != node->axis || node->keep) {
            f.times[n] = d == node->axis ? 1 : in->times[d];
            f.repeated[n] = d != node->axis && in->repeated[d];
            dim[n - 1] = f.repeated[n] ? 1 : node->dim[n];
            n++;
        }
    }
    dna_node *x = in->compact;
    if (!in->repeated[node->axis] || node->kind == DNA_OP_SUM) {
        f.compact = dna_node_like(g, node, &x, 1, dim);
        if (f.compact != NULL) {
            f.compact->repeat *= in->times[node->axis];
        }
    } else {
        f.compact = node->keep ? x : dna_reshape(g, x, n - 1, dim);
    }
    f.whole = is_repeated(&f) ? NULL : f.compact;
    return f;
}

static form
add(dna_graph *g, const dna_node *node, const form *a, const form *b)
{
    form f = plain(NULL);
    for (int d = 1; d < node->n_dim; d++) {
        bool a_is_one = a->compact == NULL || a->compact->dim[d] == 1;
        bool b_is_one = b->compact == NULL || b->compact->dim[d] == 1;
        f.times[d] = a_is_one && b_is_one ? node->dim[d] : 1;
        f.repeated[d] = f.times[d] > 1 || (a->repeated[d] && b->repeated[d]);
    }
    f.compact = dna_add(g, a->compact, b->compact);
    f.whole = is_repeated(&f) ? NULL : f.compact;
    return f;
}

static form
slice(dna_graph *g, const dna_node *node, const form *in)
{
    form f = *in;
    if (in->repeated[node->axis]) {
        f.times[node->axis] = node->dim[node->axis];
    } else {
        f.compact =
            dna_slice(g, in->compact, node->axis, node->begin, node->dim[node->axis]);
    }
    f.whole = is_repeated(&f) ? NULL : f.compact;
    return f;
}

static form
rewrite(dna_graph *g, const dna_node *node, form *forms)
{
    form *in = node->n_in > 0 ? &forms[node->in[0]->id] : NULL;

    if (in != NULL && node->kind == DNA_OP_EXPAND) {
        form f = *in;
        f.repeated[node->axis] = true;
        f.times[node->axis] = node->dim[node->axis];
        f.whole = NULL;
        return f;
    }
    if (in != NULL && is_repeated(in) && passes_through(node, in)) {
        return on_compact(g, node, in);
    }
    if (in != NULL && is_reduction(node) && is_repeated(in)) {
        return reduce(g, node, in);
    }
    if (in != NULL && node->kind == DNA_OP_SLICE && is_repeated(in)) {
        return slice(g, node, in);
    }
    if (in != NULL && node->kind == DNA_OP_ADD
        && (is_repeated(in) || is_repeated(&forms[node->in[1]->id]))) {
        return add(g, node, in, &forms[node->in[1]->id]);
    }
    dna_node *ins[64];
    for (int k = 0; k < node->n_in; k++) {
        if (k >= 64) {
            return plain(
                dna_graph_fail(g, DNA_EUNSUPPORTED, "concat of more than 64 pieces"));
        }
        ins[k] = whole(g, &forms[node->in[k]->id]);
    }
    return plain(dna_pass_copy(g, node, ins));
}

int
dna_pass_broadcast(dna_graph **out, const dna_graph *old)
{
    dna_graph *g = NULL;
    form *forms = NULL;
    dna_node **map = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new_like(&g, old));
    DNA_NEW(forms, old->n_node);
    DNA_NEW(map, old->n_node);
    for (int i = 0; i < old->n_node && g->rc == DNA_OK; i++) {
        forms[i] = rewrite(g, old->nodes[i], forms);
    }
    for (int i = 0; i < old->n_input && g->rc == DNA_OK; i++) {
        map[old->inputs[i]->id] = forms[old->inputs[i]->id].compact;
    }
    DNA_TRY(dna_pass_finish(g, old, map, whole(g, &forms[old->output->id])));
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    dna_free(forms);
    dna_free(map);
    return rc;
}

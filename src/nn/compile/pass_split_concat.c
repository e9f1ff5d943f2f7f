/* pass_split_concat.c - work on the pieces of a concat instead of the whole.
 *
 * SPDX-License-Identifier: MIT
 *
 * A node of the old graph is known by its pieces along the channels (dimension 1). Ops
 * that treat channels apart (batch norm, activation, pooling, mean, softmax and the like
 * over space) act on each piece; a convolution or linear layer becomes a sum of one term a
 * piece, the first with the bias; anything else gets the pieces joined again.
 */
#include "nn/compile/pass.h"

#include "base/mem.h"

#define MAX_PIECE 64

typedef struct {
    int n;
    dna_node **piece;
    dna_node *whole;  /* the pieces joined, once somebody needed it */
    bool is_repeated; /* in the old graph: every row of it is the same */
} form;

static form
single(dna_graph *g, dna_node *node)
{
    form f = {
        .n = 1, .piece = dna_arena_alloc(g->arena, 1, sizeof(*f.piece)), .whole = node};
    if (f.piece == NULL) {
        dna_graph_fail(g, DNA_ENOMEM, "%s", dna_message());
        return (form){.n = 0};
    }
    f.piece[0] = node;
    return f;
}

static dna_node *
whole(dna_graph *g, form *f)
{
    if (f->whole == NULL && f->n > 0) {
        f->whole = f->n == 1 ? f->piece[0] : dna_concat(g, f->piece, f->n, 1);
    }
    return f->whole;
}

/* Whether a concat is worth splitting: over channels, with a repeated piece. */
static bool
is_worth_it(const dna_node *node, const form *forms)
{
    bool any = false;
    int pieces = 0;
    for (int k = 0; k < node->n_in; k++) {
        any = any || forms[node->in[k]->id].is_repeated;
        pieces += forms[node->in[k]->id].n;
    }
    return node->axis == 1 && any && pieces <= MAX_PIECE;
}

static form
join(dna_graph *g, const dna_node *node, form *forms)
{
    form f = {0};
    f.piece = dna_arena_alloc(g->arena, MAX_PIECE, sizeof(*f.piece));
    if (f.piece == NULL) {
        dna_graph_fail(g, DNA_ENOMEM, "%s", dna_message());
        return f;
    }
    for (int k = 0; k < node->n_in; k++) {
        const form *in = &forms[node->in[k]->id];
        for (int i = 0; i < in->n; i++) {
            f.piece[f.n++] = in->piece[i];
        }
    }
    return f;
}

/* The same op on each piece, with its part of the op's tensors. */
static form
each_piece(dna_graph *g, const dna_node *node, const form *in)
{
    form f = {.piece = dna_arena_alloc(g->arena, (size_t)in->n, sizeof(*f.piece))};
    int64_t begin = node->param_begin;
    if (f.piece == NULL) {
        dna_graph_fail(g, DNA_ENOMEM, "%s", dna_message());
        return f;
    }
    for (int i = 0; i < in->n; i++) {
        dna_node *x = in->piece[i];
        int64_t dim[DNA_GRAPH_MAX_DIM];
        if (x == NULL) {
            return f;
        }
        for (int d = 1; d < node->n_dim; d++) {
            dim[d - 1] = d == 1 ? x->dim[1] : node->dim[d];
        }
        f.piece[i] = dna_node_like(g, node, &x, 1, dim);
        if (f.piece[i] == NULL) {
            return f;
        }
        if (node->kind == DNA_OP_BATCH_NORM || node->kind == DNA_OP_GROUP_NORM) {
            f.piece[i]->param_begin = begin;
            f.piece[i]->groups = 0;
        }
        begin += x->dim[1];
        f.n++;
    }
    return f;
}

/* op(concat(x1, x2, ...)) = op(x1; first inputs of w) + op(x2; next inputs) + ... */
static dna_node *
sum_of_pieces(dna_graph *g, const dna_node *node, const form *in)
{
    int64_t begin = node->param_begin;
    dna_node *sum = NULL;
    for (int i = 0; i < in->n; i++) {
        dna_node *x = in->piece[i];
        dna_node *y = dna_node_like(g, node, &x, 1, node->dim + 1);
        if (x == NULL || y == NULL) {
            return NULL;
        }
        y->param_begin = begin;
        if (i > 0) {
            y->tensor[DNA_BIAS] = -1;
        }
        begin += x->dim[1];
        sum = i == 0 ? y : dna_add(g, sum, y);
    }
    return sum;
}

/* Channels begin .. begin+length-1 of the pieces. */
static form
slice_channels(dna_graph *g, const dna_node *node, const form *in)
{
    form f = {.piece = dna_arena_alloc(g->arena, (size_t)in->n, sizeof(*f.piece))};
    int64_t at = 0;
    if (f.piece == NULL) {
        dna_graph_fail(g, DNA_ENOMEM, "%s", dna_message());
        return f;
    }
    for (int i = 0; i < in->n && in->piece[i] != NULL; i++) {
        int64_t n = in->piece[i]->dim[1];
        int64_t first = DNA_MAX(node->begin - at, 0);
        int64_t last = DNA_MIN(node->begin + node->dim[1] - at, n);
        if (first < last) {
            f.piece[f.n++] = first == 0 && last == n
                                 ? in->piece[i]
                                 : dna_slice(g, in->piece[i], 1, first, last - first);
        }
        at += n;
    }
    return f;
}

/* Ops whose output has equal rows if their input has. */
static const bool rows_stay_equal[DNA_N_OP] = {
    [DNA_OP_ACTIVATION] = true,
    [DNA_OP_BATCH_NORM] = true,
    [DNA_OP_GROUP_NORM] = true,
    [DNA_OP_MAX_POOL2D] = true,
    [DNA_OP_AVG_POOL2D] = true,
    [DNA_OP_SOFTMAX] = true,
    [DNA_OP_CONV2D] = true,
};

/* Ops that treat channels apart; those along a dimension do so unless it is that of the
 * channels. (Dropout draws by the place in the whole.) */
static const bool is_by_channel[DNA_N_OP] = {
    [DNA_OP_ACTIVATION] = true,
    [DNA_OP_BATCH_NORM] = true,
    [DNA_OP_MAX_POOL2D] = true,
    [DNA_OP_AVG_POOL2D] = true,
};
static const bool is_along[DNA_N_OP] = {
    [DNA_OP_MEAN] = true,
    [DNA_OP_SUM] = true,
    [DNA_OP_MAX] = true,
    [DNA_OP_SOFTMAX] = true,
    [DNA_OP_EXPAND] = true,
};
/* A group norm that treats channels apart. */
static bool
is_instance_norm(const dna_node *node)
{
    return node->kind == DNA_OP_GROUP_NORM && dna_node_groups(node) == node->dim[1];
}

static form
rewrite(dna_graph *g, const dna_node *node, form *forms)
{
    form *in = node->n_in > 0 ? &forms[node->in[0]->id] : NULL;
    bool is_split = in != NULL && in->n > 1;

    if (node->kind == DNA_OP_CONCAT && is_worth_it(node, forms)) {
        return join(g, node, forms);
    }
    if (is_split
        && (is_by_channel[node->kind] || is_instance_norm(node)
            || (is_along[node->kind] && node->axis > 1))) {
        return each_piece(g, node, in);
    }
    if (is_split && node->kind == DNA_OP_SLICE && node->axis == 1) {
        return slice_channels(g, node, in);
    }
    if (is_split
        && (node->kind == DNA_OP_CONV2D
            || (node->kind == DNA_OP_LINEAR && node->n_dim == 2))) {
        return single(g, sum_of_pieces(g, node, in));
    }
    dna_node *ins[MAX_PIECE];
    for (int k = 0; k < node->n_in; k++) {
        if (k >= MAX_PIECE) {
            dna_graph_fail(
                g, DNA_EUNSUPPORTED, "concat of more than %d pieces", MAX_PIECE);
            return (form){0};
        }
        ins[k] = whole(g, &forms[node->in[k]->id]);
    }
    return single(g, dna_pass_copy(g, node, ins));
}

int
dna_pass_split_concat(dna_graph **out, const dna_graph *old)
{
    dna_graph *g = NULL;
    form *forms = NULL;
    dna_node **map = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new_like(&g, old));
    DNA_NEW(forms, old->n_node);
    DNA_NEW(map, old->n_node);
    for (int i = 0; i < old->n_node && g->rc == DNA_OK; i++) {
        const dna_node *node = old->nodes[i];
        forms[i] = rewrite(g, node, forms);
        forms[i].is_repeated =
            (node->kind == DNA_OP_EXPAND && node->axis > 1)
            || (rows_stay_equal[node->kind] && forms[node->in[0]->id].is_repeated);
    }
    for (int i = 0; i < old->n_input && g->rc == DNA_OK; i++) {
        map[old->inputs[i]->id] = whole(g, &forms[old->inputs[i]->id]);
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

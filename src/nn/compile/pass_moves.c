/* pass_moves.c - slices and concats of slices and concats become fewer.
 *
 * SPDX-License-Identifier: MIT
 *
 * Each of them copies numbers, so a network that stacks images one by one, cropping them to
 * the narrowest, copies the first of them again and again:
 *
 *     concat(concat(a, b), c)     =  concat(a, b, c)
 *     slice(concat(a, b))         =  concat(slice(a), slice(b)), or slice of one of them
 *     slice(reshape(x))           =  reshape(slice(x)), where the reshape leaves alone the
 *                                    sliced dimension and those behind it
 *     slice(slice(x))             =  slice(x)
 *
 * where nobody else reads what is in the middle.
 */
#include "nn/compile/pass.h"

#include <string.h>

#include "base/mem.h"

enum { MOST_PIECES = 64 };

typedef struct {
    dna_graph *g;
    const bool *is_shared; /* by id in the new graph: several read it */
    int n;
} moves;

static bool
is_single(const moves *m, const dna_node *x)
{
    return x->id < m->n && !m->is_shared[x->id];
}

static dna_node *sliced(
    const moves *m, dna_node *x, int axis, int64_t begin, int64_t n);

static dna_node *
sliced_concat(const moves *m, const dna_node *x, int axis, int64_t begin, int64_t n)
{
    dna_node *in[MOST_PIECES];
    for (int k = 0; k < x->n_in; k++) {
        in[k] = sliced(m, x->in[k], axis, begin, n);
    }
    return dna_concat(m->g, in, x->n_in, x->axis);
}

/* The piece of a concat in which entries begin .. begin+n-1 lie; *begin counts in it. NULL:
 * in several. */
static dna_node *
piece_of(const dna_node *x, int64_t *begin, int64_t n)
{
    for (int k = 0; k < x->n_in; k++) {
        int64_t length = x->in[k]->dim[x->axis];
        if (*begin < length) {
            return *begin + n <= length ? x->in[k] : NULL;
        }
        *begin -= length;
    }
    return NULL;
}

/* The dimension of the input that a reshape leaves alone as `axis`, with those behind it;
 * 0: it does not. */
static int
kept_axis(const dna_node *x, int axis)
{
    const dna_node *in = x->in[0];
    int last = in->n_dim - 1, n_behind = x->n_dim - 1 - axis;
    for (int d = 0; d <= n_behind; d++) {
        if (last - d < 1 || in->dim[last - d] != x->dim[x->n_dim - 1 - d]) {
            return 0;
        }
    }
    return last - n_behind;
}

static dna_node *
sliced(const moves *m, dna_node *x, int axis, int64_t begin, int64_t n)
{
    if (x == NULL || (begin == 0 && n == x->dim[axis])) {
        return x;
    }
    if (is_single(m, x) && x->kind == DNA_OP_SLICE && x->axis == axis) {
        return sliced(m, x->in[0], axis, x->begin + begin, n);
    }
    if (is_single(m, x) && x->kind == DNA_OP_CONCAT && x->axis != axis) {
        return sliced_concat(m, x, axis, begin, n);
    }
    if (is_single(m, x) && x->kind == DNA_OP_CONCAT) {
        int64_t first = begin;
        dna_node *piece = piece_of(x, &first, n);
        return piece != NULL ? sliced(m, piece, axis, first, n)
                             : dna_slice(m->g, x, axis, begin, n);
    }
    if (is_single(m, x) && x->kind == DNA_OP_RESHAPE && kept_axis(x, axis) > 0) {
        int64_t dim[DNA_GRAPH_MAX_DIM];
        memcpy(dim, x->dim + 1, (size_t)(x->n_dim - 1) * sizeof(*dim));
        dim[axis - 1] = n;
        return dna_reshape(
            m->g, sliced(m, x->in[0], kept_axis(x, axis), begin, n), x->n_dim - 1, dim);
    }
    return dna_slice(m->g, x, axis, begin, n);
}

static dna_node *
joined(const moves *m, dna_node *const *in, int n_in, int axis)
{
    dna_node *pieces[MOST_PIECES];
    int n = 0;
    for (int k = 0; k < n_in; k++) {
        bool is_inner = in[k] != NULL && in[k]->kind == DNA_OP_CONCAT
                        && in[k]->axis == axis && is_single(m, in[k])
                        && n + in[k]->n_in + n_in - k - 1 <= MOST_PIECES;
        for (int i = 0; is_inner && i < in[k]->n_in; i++) {
            pieces[n++] = in[k]->in[i];
        }
        if (!is_inner) {
            pieces[n++] = in[k];
        }
    }
    return dna_concat(m->g, pieces, n, axis);
}

static void
count_uses(const dna_graph *g, int *n_use)
{
    for (int i = 0; i < g->n_node; i++) {
        for (int k = 0; k < g->nodes[i]->n_in; k++) {
            n_use[g->nodes[i]->in[k]->id]++;
        }
    }
    n_use[g->output->id]++;
}

int
dna_pass_moves(dna_graph **out, const dna_graph *old)
{
    dna_graph *g = NULL;
    dna_node **map = NULL;
    bool *is_shared = NULL;
    int *n_use = NULL;
    moves m = {.n = 8 * old->n_node + 8}; /* those beyond count as shared */
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new_like(&g, old));
    DNA_NEW(map, old->n_node);
    DNA_NEW(n_use, old->n_node);
    DNA_NEW(is_shared, m.n);
    count_uses(old, n_use);
    m.g = g;
    m.is_shared = is_shared;
    for (int i = 0; i < old->n_node && g->rc == DNA_OK; i++) {
        const dna_node *node = old->nodes[i];
        dna_node *in[MOST_PIECES];
        DNA_REQUIRE(node->n_in <= MOST_PIECES, DNA_EUNSUPPORTED,
            "concat of more than %d pieces", MOST_PIECES);
        for (int k = 0; k < node->n_in; k++) {
            in[k] = map[node->in[k]->id];
        }
        if (node->kind == DNA_OP_SLICE) {
            map[i] = sliced(&m, in[0], node->axis, node->begin, node->dim[node->axis]);
        } else if (node->kind == DNA_OP_CONCAT) {
            map[i] = joined(&m, in, node->n_in, node->axis);
        } else {
            map[i] = dna_pass_copy(g, node, in);
        }
        if (map[i] != NULL && map[i]->id < m.n && n_use[i] > 1) {
            is_shared[map[i]->id] = true;
        }
    }
    DNA_TRY(dna_pass_finish(g, old, map, map[old->output->id]));
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    dna_free(map);
    dna_free(n_use);
    dna_free(is_shared);
    return rc;
}

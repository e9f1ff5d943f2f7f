/* lower_mixed.c - batches of several sizes: ops that move numbers, and the zeros outside
 * of the samples' extents.
 *
 * SPDX-License-Identifier: MIT
 *
 * A move is one step an input: the sample's own node says which box of the output's
 * memory meets which box of the input's. Backward is the same pair the other way round.
 * A reshape whose own dimensions are not those of its input goes through the
 * sample's own row-major order.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

const dna_node *
dna_own_node(const dna_exec *e, const dna_node *node, int64_t b)
{
    return dna_extents_node(e->p->extents, node, e->b0 + b);
}

/* v as the sample has it: its extents at the strides of the full shape. */
static dna_tensor_value
own_value(const dna_tensor_value *v, const dna_node *own)
{
    dna_tensor_value view = *v;
    memcpy(view.dim, own->dim, sizeof(view.dim));
    return view;
}

/* ---- zeros outside ---- */

/* The dimensions of v, from the largest stride down. */
static void
order_of(const dna_tensor_value *v, int order[DNA_GRAPH_MAX_DIM])
{
    for (int d = 1; d < v->n_dim; d++) {
        int k = d - 1;
        for (; k > 0 && v->stride[order[k - 1]] < v->stride[d]; k--) {
            order[k] = order[k - 1];
        }
        order[k] = d;
    }
}

/* Only dimensions order[level] and after it are left to be looked at. */
static void
zero_outside(float *x, const dna_tensor_value *v, const dna_node *own, const int *order,
    int level)
{
    int deepest = level - 1; /* the last dimension in which something is outside */
    for (int k = level; k < v->n_dim - 1; k++) {
        deepest = own->dim[order[k]] < v->dim[order[k]] ? k : deepest;
    }
    if (deepest < level) {
        return;
    }
    int d = order[level];
    int64_t n = own->dim[d];
    memset(
        x + n * v->stride[d], 0, (size_t)((v->dim[d] - n) * v->stride[d]) * sizeof(*x));
    for (int64_t i = 0; deepest > level && i < n; i++) {
        zero_outside(x + i * v->stride[d], v, own, order, level + 1);
    }
}

typedef struct {
    const dna_node *node;
    dna_tensor_value v;
    int order[DNA_GRAPH_MAX_DIM];
} mask_args;

static int
run_mask(const dna_exec *e, const void *args)
{
    const mask_args *a = args;
    float *x = dna_at(e, &a->v);
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        if (own != a->node) {
            zero_outside(x + b * a->v.stride[0], &a->v, own, a->order, 0);
        }
    }
    return DNA_OK;
}

int
dna_lower_mask(dna_program *p, dna_step_list *list, const dna_tensor_value *v,
    const dna_node *node)
{
    mask_args a = {.node = node, .v = *v};
    if (p->extents == NULL) {
        return DNA_OK;
    }
    order_of(v, a.order);
    dna_step *s = dna_step_add(p, list, "mask", node->layer, run_mask, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    dna_step_writes(s, v->buf);
    return DNA_OK;
}

/* ---- moves ---- */

/* Input k of a node and where it stands in the output. */
typedef struct {
    const dna_node *node;
    int k;
    dna_tensor_value y, x; /* values; backward: gradients */
    int order[DNA_GRAPH_MAX_DIM];
    bool is_first; /* forward: nothing is in y yet; backward: nothing in dx */
    bool sums;     /* several entries of x meet one of y (forward), or of y one of x */
} move_args;

typedef struct {
    dna_tensor_value y, x;
    float scale;
} move_pair;

/* The entries of a sample's output that come from input k, and those they come from. */
static move_pair
pair_of(const move_args *a, const dna_node *own)
{
    move_pair m = {own_value(&a->y, own), own_value(&a->x, own->in[a->k]), 1.0f};
    int64_t begin = 0;

    if (own->kind == DNA_OP_CONCAT) {
        for (int k = 0; k < a->k; k++) {
            begin += own->in[k]->dim[own->axis];
        }
        m.y = dna_value_sliced(&m.y, own->axis, begin, own->in[a->k]->dim[own->axis]);
    } else if (own->kind == DNA_OP_SLICE) {
        m.x = dna_value_sliced(&m.x, own->axis, own->begin, own->dim[own->axis]);
    } else if (own->kind == DNA_OP_MEAN || own->kind == DNA_OP_SUM) {
        m.y = dna_value_with_axis(&m.y, own);
        m.scale = (float)dna_node_factor(own);
    } else if (own->kind == DNA_OP_TRANSPOSE) {
        m.x = dna_value_permuted(&m.x, own->perm);
    } /* in the others extents of 1 are repeated */
    return m;
}

/* Where entry i of the row-major order of own stands in v. */
static int64_t
place_of(const dna_tensor_value *v, int64_t i)
{
    int64_t at = 0;
    for (int d = v->n_dim - 1; d > 0; d--) {
        at += i % v->dim[d] * v->stride[d];
        i /= v->dim[d];
    }
    return at;
}

/* Whether both have the same extents apart from those of 1; then src is seen with the
 * dimensions of dst. */
static bool
see_alike(const dna_tensor_value *dst, dna_tensor_value *src)
{
    dna_tensor_value view = *src;
    int k = 1;
    view.n_dim = dst->n_dim;
    for (int d = 1; d < dst->n_dim; d++) {
        view.dim[d] = 1;
        view.stride[d] = 0;
        if (dst->dim[d] == 1) {
            continue;
        }
        while (k < src->n_dim && src->dim[k] == 1) {
            k++;
        }
        if (k == src->n_dim || src->dim[k] != dst->dim[d]) {
            return false;
        }
        view.dim[d] = src->dim[k];
        view.stride[d] = src->stride[k++];
    }
    for (; k < src->n_dim; k++) {
        if (src->dim[k] != 1) {
            return false;
        }
    }
    *src = view;
    return true;
}

/* dst (+)= src in the row-major order of their own dims, in runs along the shorter of the
 * last dimensions. */
static void
reshaped(const dna_kernels *k, const dna_tensor_value *dst, float *to,
    const dna_tensor_value *src, const float *from, bool is_add)
{
    int dl = dst->n_dim - 1;
    int sl = src->n_dim - 1;
    int64_t size = 1;
    for (int d = 1; d <= dl; d++) {
        size *= dst->dim[d];
    }
    for (int64_t i = 0; i < size;) {
        int64_t n =
            DNA_MIN(dst->dim[dl] - i % dst->dim[dl], src->dim[sl] - i % src->dim[sl]);
        dna_strided row = {.extent = {1, 1, 1, n},
            .dst_stride = {0, 0, 0, dst->stride[dl]},
            .src_stride = {0, 0, 0, src->stride[sl]},
            .scale = 1.0f,
            .is_add = is_add};
        k->strided(&row, to + place_of(dst, i), from + place_of(src, i));
        i += n;
    }
}

/* to (+)= scale * from; to and from are the first floats of the sample's values, without
 * the offsets of the views. */
static void
run_pair(const dna_exec *e, const move_args *a, const dna_tensor_value *dst, float *to,
    dna_tensor_value *src, const float *from, float scale, bool is_add)
{
    if (a->node->kind == DNA_OP_RESHAPE && !see_alike(dst, src)) {
        reshaped(e->p->k, dst, to, src, from, is_add);
        return;
    }
    dna_strided loops;
    dna_copy_loops(&loops, dst, src);
    loops.scale = scale;
    loops.is_add = is_add;
    e->p->k->strided(&loops, to, from);
}

static int
run_move(const dna_exec *e, const void *args)
{
    const move_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        float *y = dna_at(e, &a->y) + b * a->y.stride[0];
        const float *x = dna_at(e, &a->x) + b * a->x.stride[0];
        move_pair m = pair_of(a, own);
        if (a->is_first && a->sums) {
            memset(y, 0, (size_t)a->y.size * sizeof(*y));
        } else if (a->is_first && own != a->node) {
            zero_outside(y, &a->y, own, a->order, 0);
        }
        run_pair(e, a, &m.y, y + m.y.offset - a->y.offset, &m.x,
            x + m.x.offset - a->x.offset, m.scale, a->sums);
    }
    return DNA_OK;
}

static int
run_move_backward(const dna_exec *e, const void *args)
{
    const move_args *a = args;
    for (int64_t b = 0; b < e->n; b++) {
        const dna_node *own = dna_own_node(e, a->node, b);
        const float *dy = dna_at(e, &a->y) + b * a->y.stride[0];
        float *dx = dna_at(e, &a->x) + b * a->x.stride[0];
        move_pair m = pair_of(a, own);
        if (a->is_first) {
            memset(dx, 0, (size_t)a->x.size * sizeof(*dx));
        }
        run_pair(e, a, &m.x, dx + m.x.offset - a->x.offset, &m.y,
            dy + m.y.offset - a->y.offset, m.scale, true);
    }
    return DNA_OK;
}

/* ---- lowering ---- */

static const bool is_move[DNA_N_OP] = {
    [DNA_OP_MEAN] = true,
    [DNA_OP_SUM] = true,
    [DNA_OP_EXPAND] = true,
    [DNA_OP_CONCAT] = true,
    [DNA_OP_ADD] = true,
    [DNA_OP_SLICE] = true,
    [DNA_OP_RESHAPE] = true,
    [DNA_OP_TRANSPOSE] = true,
};

bool
dna_lower_is_mixed_move(const dna_program *p, const dna_node *node)
{
    return p->extents != NULL && is_move[node->kind];
}

int
dna_lower_mixed_move(dna_program *p, const dna_node *node)
{
    move_args a = {.node = node};
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, &p->values[node->id], node));
    a.y = p->values[node->id];
    order_of(&a.y, a.order);
    for (a.k = 0; a.k < node->n_in; a.k++) {
        a.x = p->values[node->in[a.k]->id];
        a.is_first = a.k == 0;
        a.sums = node->kind == DNA_OP_MEAN || node->kind == DNA_OP_SUM
                 || (node->kind == DNA_OP_ADD && a.k > 0);
        dna_step *s = dna_step_add(
            p, &p->forward, dna_op(node->kind)->name, NULL, run_move, &a, sizeof(a));
        DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
        dna_step_reads(s, a.x.buf);
        dna_step_writes(s, a.y.buf);
    }
out:
    return rc;
}

int
dna_lower_mixed_move_backward(dna_program *p, const dna_node *node)
{
    move_args a = {.node = node, .y = p->grads[node->id]};
    int rc = DNA_OK;

    for (a.k = 0; a.k < node->n_in; a.k++) {
        dna_tensor_value *dx = NULL;
        bool is_add = false;
        if (!p->needs_grad[node->in[a.k]->id]) {
            continue;
        }
        DNA_TRY(dna_grad_of(p, node->in[a.k], &dx, &is_add));
        a.x = *dx;
        a.is_first = !is_add;
        dna_step *s = dna_step_add(p, &p->backward, dna_op(node->kind)->name, NULL,
            run_move_backward, &a, sizeof(a));
        DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
        dna_step_reads(s, a.y.buf);
        dna_step_writes(s, a.x.buf);
    }
out:
    return rc;
}

/* ---- samples without gaps ---- */

int
dna_sample_scratch(dna_program *p, const dna_node *node, dna_buffer **scratch)
{
    *scratch = NULL;
    if (p->extents == NULL) {
        return DNA_OK;
    }
    int64_t n = dna_node_size(node->in[0]) + dna_node_size(node);
    *scratch = dna_buffer_new(p, (size_t)n * sizeof(float), 0, "scratch");
    return *scratch == NULL ? DNA_ENOMEM : DNA_OK;
}

static dna_tensor_value
dense_value(const dna_tensor_value *v, const dna_node *own)
{
    dna_tensor_value dense = own_value(v, own);
    dna_value_set_strides(&dense, dense.n_dim == 4);
    return dense;
}

void
dna_sample_take(const dna_exec *e, const dna_tensor_value *v, const dna_node *own,
    const float *x, float *dense)
{
    dna_tensor_value src = own_value(v, own);
    dna_tensor_value dst = dense_value(v, own);
    dna_strided loops;
    dna_copy_loops(&loops, &dst, &src);
    loops.scale = 1.0f;
    loops.is_add = false;
    e->p->k->strided(&loops, dense, x);
}

void
dna_sample_put(const dna_exec *e, const dna_tensor_value *v, const dna_node *own,
    float *x, const float *dense, bool is_add)
{
    dna_tensor_value dst = own_value(v, own);
    dna_tensor_value src = dense_value(v, own);
    dna_strided loops;
    dna_copy_loops(&loops, &dst, &src);
    loops.scale = 1.0f;
    loops.is_add = is_add;
    e->p->k->strided(&loops, x, dense);
}

/* lower.c - values, gradients and steps; the ops that only move numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/compile/lower.h"

#include <string.h>

#include "base/mem.h"

/* ---- buffers and values ---- */

dna_buffer *
dna_buffer_new(dna_program *p, size_t sample_bytes, size_t fixed_bytes)
{
    if (p->n_buffer == p->cap_buffer) {
        int cap = p->cap_buffer == 0 ? 64 : 2 * p->cap_buffer;
        dna_buffer **buffers = dna_realloc(p->buffers, (size_t)cap, sizeof(*buffers));
        if (buffers == NULL) {
            return NULL;
        }
        p->buffers = buffers;
        p->cap_buffer = cap;
    }
    dna_buffer *b = dna_arena_alloc(p->arena, 1, sizeof(*b));
    if (b != NULL) {
        b->id = p->n_buffer;
        b->sample_bytes = sample_bytes;
        b->fixed_bytes = fixed_bytes;
        b->first = -1;
        p->buffers[p->n_buffer++] = b;
    }
    return b;
}

/* Strides of a dense tensor: row-major, or channels-last for four dimensions. */
static void
dense_strides(dna_tensor_value *v, bool channels_last)
{
    int64_t step = 1;
    if (channels_last) {
        v->stride[1] = 1;
        step = v->dim[1];
    }
    for (int d = v->n_dim - 1; d > (channels_last ? 1 : 0); d--) {
        v->stride[d] = step;
        step *= v->dim[d];
    }
    v->stride[0] = step;
    v->size = step;
    v->offset = 0;
}

static void
value_shape(dna_tensor_value *v, const dna_node *shape)
{
    memset(v, 0, sizeof(*v));
    v->n_dim = shape->n_dim;
    memcpy(v->dim, shape->dim, sizeof(v->dim));
    dense_strides(v, v->n_dim == 4);
}

int
dna_value_new(dna_program *p, dna_tensor_value *v, const dna_node *shape)
{
    value_shape(v, shape);
    v->buf = dna_buffer_new(p, (size_t)v->size * sizeof(float), 0);
    return v->buf == NULL ? DNA_ENOMEM : DNA_OK;
}

/* Whether v's strides are those of the order, where they matter. */
static bool
has_order(const dna_tensor_value *v, bool channels_last)
{
    dna_tensor_value dense = *v;
    dense_strides(&dense, channels_last);
    for (int d = 1; d < v->n_dim; d++) {
        if (v->dim[d] > 1 && v->stride[d] != dense.stride[d]) {
            return false;
        }
    }
    return true;
}

bool
dna_value_is_channels_last(const dna_tensor_value *v)
{
    return v->n_dim == 4 && has_order(v, true);
}

bool
dna_value_is_row_major(const dna_tensor_value *v)
{
    return has_order(v, false);
}

bool
dna_value_is_dense(const dna_tensor_value *v)
{
    return has_order(v, v->n_dim == 4);
}

int
dna_grad_of(dna_program *p, const dna_node *node, dna_tensor_value **grad, bool *is_add)
{
    dna_tensor_value *v = &p->grads[node->id];
    *grad = v;
    *is_add = v->buf != NULL;
    return *is_add ? DNA_OK : dna_value_new(p, v, node);
}

/* ---- steps ---- */

dna_step *
dna_step_add(dna_program *p, dna_step_list *list, const char *name, const char *layer,
    dna_step_fn run, const void *args, size_t args_size)
{
    if (list->n == list->cap) {
        int cap = list->cap == 0 ? 64 : 2 * list->cap;
        dna_step *steps = dna_realloc(list->steps, (size_t)cap, sizeof(*steps));
        if (steps == NULL) {
            return NULL;
        }
        list->steps = steps;
        list->cap = cap;
    }
    void *kept = dna_arena_alloc(p->arena, 1, args_size);
    if (kept == NULL) {
        return NULL;
    }
    memcpy(kept, args, args_size);
    dna_step *s = &list->steps[list->n++];
    *s = (dna_step){.name = name,
        .layer = layer,
        .is_chunk = true,
        .n_task = 1,
        .run = run,
        .args = kept};
    return s;
}

void
dna_step_reads(dna_step *s, dna_buffer *b)
{
    s->reads[s->n_read++] = b;
}

void
dna_step_writes(dna_step *s, dna_buffer *b)
{
    s->writes[s->n_write++] = b;
}

/* ---- copies ---- */

typedef struct {
    dna_strided loops;
    dna_tensor_value dst, src;
    bool zero_first;
} copy_args;

static int
run_copy(const dna_exec *e, const void *args)
{
    const copy_args *a = args;
    float *dst = dna_at(e, &a->dst);
    const float *src = dna_at(e, &a->src);
    for (int64_t b = 0; b < e->n; b++) {
        if (a->zero_first) {
            memset(dst, 0, (size_t)a->dst.size * sizeof(*dst));
        }
        e->p->k->strided(&a->loops, dst, src);
        dst += a->dst.stride[0];
        src += a->src.stride[0];
    }
    return DNA_OK;
}

typedef struct {
    int64_t extent, dst, src;
} loop;

/* Larger strides outside, neighbouring loops joined where both sides are contiguous. */
static void
order_loops(dna_strided *out, loop *l, int n)
{
    for (int i = 1; i < n; i++) {
        loop x = l[i];
        int k = i;
        for (; k > 0 && DNA_MAX(l[k - 1].dst, l[k - 1].src) < DNA_MAX(x.dst, x.src);
             k--) {
            l[k] = l[k - 1];
        }
        l[k] = x;
    }
    int m = 0;
    for (int i = 0; i < n; i++) {
        loop *outer = m > 0 ? &l[m - 1] : NULL;
        if (outer != NULL && outer->dst == l[i].dst * l[i].extent
            && outer->src == l[i].src * l[i].extent) {
            *outer = (loop){outer->extent * l[i].extent, l[i].dst, l[i].src};
        } else {
            l[m++] = l[i];
        }
    }
    for (int i = 0; i < DNA_STRIDED_DIM; i++) {
        int from = i - (DNA_STRIDED_DIM - m);
        loop one = from < 0 ? (loop){1, 0, 0} : l[from];
        out->extent[i] = one.extent;
        out->dst_stride[i] = one.dst;
        out->src_stride[i] = one.src;
    }
}

int
dna_lower_copy(dna_program *p, dna_step_list *list, const char *name,
    const dna_tensor_value *dst, const dna_tensor_value *src, float scale, bool is_add,
    bool zero_first)
{
    copy_args a = {.dst = *dst, .src = *src, .zero_first = zero_first};
    loop l[DNA_GRAPH_MAX_DIM];
    int n = 0;
    for (int d = 1; d < dst->n_dim; d++) {
        int64_t extent = DNA_MAX(dst->dim[d], src->dim[d]);
        if (extent > 1) {
            l[n++] = (loop){extent, dst->dim[d] == 1 ? 0 : dst->stride[d],
                src->dim[d] == 1 ? 0 : src->stride[d]};
        }
    }
    a.loops.scale = scale;
    a.loops.is_add = is_add;
    order_loops(&a.loops, l, n);
    dna_step *s = dna_step_add(p, list, name, NULL, run_copy, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    dna_step_reads(s, src->buf);
    dna_step_writes(s, dst->buf);
    return DNA_OK;
}

/* v seen as [N, dim...] in row-major order; v must be row-major. */
static dna_tensor_value
seen_as(const dna_tensor_value *v, int n_dim, const int64_t *dim)
{
    dna_tensor_value view = *v;
    int64_t batch_stride = v->stride[0];
    int64_t offset = v->offset;
    view.n_dim = n_dim;
    memcpy(view.dim, dim, (size_t)n_dim * sizeof(*dim));
    dense_strides(&view, false);
    view.stride[0] = batch_stride;
    view.offset = offset;
    return view;
}

/* dst (+)= src where both have the same entries in row-major order of their own dims.
 */
static int
copy_reshaped(dna_program *p, dna_step_list *list, const dna_tensor_value *dst,
    const dna_tensor_value *src, bool is_add)
{
    if (dna_value_is_row_major(src)) {
        dna_tensor_value view = seen_as(src, dst->n_dim, dst->dim);
        return dna_lower_copy(p, list, "reshape", dst, &view, 1.0f, is_add, false);
    }
    if (dna_value_is_row_major(dst)) {
        dna_tensor_value view = seen_as(dst, src->n_dim, src->dim);
        return dna_lower_copy(p, list, "reshape", &view, src, 1.0f, is_add, false);
    }
    dna_tensor_value between = *src;
    int rc = DNA_OK;
    dense_strides(&between, false);
    between.buf = dna_buffer_new(p, (size_t)between.size * sizeof(float), 0);
    DNA_REQUIRE(between.buf != NULL, DNA_ENOMEM, "%s", dna_message());
    DNA_TRY(dna_lower_copy(p, list, "reshape", &between, src, 1.0f, false, false));
    DNA_TRY(copy_reshaped(p, list, dst, &between, is_add));
out:
    return rc;
}

static dna_tensor_value
sliced(const dna_tensor_value *v, int axis, int64_t begin, int64_t length)
{
    dna_tensor_value view = *v;
    view.size = v->size / v->dim[axis] * length;
    view.dim[axis] = length;
    view.offset += begin * v->stride[axis];
    return view;
}

static dna_tensor_value
permuted(const dna_tensor_value *v, const int *perm)
{
    dna_tensor_value view = *v;
    for (int d = 1; d < v->n_dim; d++) {
        view.dim[d] = v->dim[perm[d]];
        view.stride[d] = v->stride[perm[d]];
    }
    return view;
}

/* ---- forward ---- */

static int
lower_input(dna_program *p, const dna_node *node)
{
    dna_tensor_value *v = &p->values[node->id];
    dna_tensor_value given;
    int rc = DNA_OK;

    value_shape(&given, node);
    dense_strides(&given, false);
    given.buf = dna_buffer_new(p, (size_t)given.size * sizeof(float), 0);
    DNA_REQUIRE(given.buf != NULL, DNA_ENOMEM, "%s", dna_message());
    given.buf->is_pinned = true;
    *v = given;
    if (!dna_value_is_dense(&given)) { /* four dimensions: to channels-last */
        DNA_TRY(dna_value_new(p, v, node));
        DNA_TRY(dna_lower_copy(p, &p->forward, "input", v, &given, 1.0f, false, false));
    }
    for (int i = 0; i < p->g->n_input; i++) {
        if (p->g->inputs[i] == node) {
            p->inputs[i] = given;
        }
    }
out:
    return rc;
}

typedef struct {
    dna_tensor_value v;
} zero_args;

static int
run_zero(const dna_exec *e, const void *args)
{
    const zero_args *a = args;
    float *x = dna_at(e, &a->v);
    for (int64_t b = 0; b < e->n; b++) {
        memset(x + b * a->v.stride[0], 0, (size_t)a->v.size * sizeof(*x));
    }
    return DNA_OK;
}

static int
lower_zero(dna_program *p, dna_step_list *list, const dna_tensor_value *v)
{
    zero_args a = {*v};
    dna_step *s = dna_step_add(p, list, "zeros", NULL, run_zero, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    dna_step_writes(s, v->buf);
    return DNA_OK;
}

static int
lower_reshape(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];

    value_shape(y, node);
    if (dna_value_is_row_major(x) && dna_value_is_row_major(y)) {
        *y = seen_as(x, node->n_dim, node->dim);
        return DNA_OK;
    }
    int rc = dna_value_new(p, y, node);
    return rc < 0 ? rc : copy_reshaped(p, &p->forward, y, x, false);
}

static int
lower_slice(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];
    dna_tensor_value view = sliced(x, node->axis, node->begin, node->dim[node->axis]);

    if (dna_value_is_dense(&view)) {
        *y = view;
        return DNA_OK;
    }
    int rc = dna_value_new(p, y, node);
    return rc < 0
               ? rc
               : dna_lower_copy(p, &p->forward, "slice", y, &view, 1.0f, false, false);
}

static int
lower_concat(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    int64_t begin = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, y, node));
    for (int k = 0; k < node->n_in; k++) {
        int64_t n = node->in[k]->dim[node->axis];
        dna_tensor_value part = sliced(y, node->axis, begin, n);
        DNA_TRY(dna_lower_copy(p, &p->forward, "concat", &part,
            &p->values[node->in[k]->id], 1.0f, false, false));
        begin += n;
    }
out:
    return rc;
}

/* Whether an op may write its result over the value of `in`: nobody else reads it, and
 * its own backward does not need it. */
static bool
may_overwrite(const dna_program *p, const dna_node *in)
{
    switch (in->kind) {
    case DNA_OP_CONV2D:
    case DNA_OP_LINEAR:
    case DNA_OP_BATCH_NORM:
    case DNA_OP_MAX_POOL2D:
    case DNA_OP_MEAN:
    case DNA_OP_EXPAND:
    case DNA_OP_CONCAT:
    case DNA_OP_ADD:
    case DNA_OP_TRANSPOSE:
        return p->n_use[in->id] == 1;
    case DNA_OP_INPUT:
    case DNA_OP_ZEROS:
    case DNA_OP_RELU:
    case DNA_OP_SLICE:
    case DNA_OP_RESHAPE:
    case DNA_N_OP:
    default:
        return false;
    }
}

static bool
same_dims(const dna_node *a, const dna_node *b)
{
    return memcmp(a->dim, b->dim, (size_t)a->n_dim * sizeof(*a->dim)) == 0;
}

static int
lower_add(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    int first = same_dims(node->in[0], node) ? 0 : 1; /* the operand to start from */
    int rc = DNA_OK;

    if (same_dims(node->in[first], node) && may_overwrite(p, node->in[first])) {
        *y = p->values[node->in[first]->id];
    } else {
        DNA_TRY(dna_value_new(p, y, node));
        DNA_TRY(dna_lower_copy(p, &p->forward, "add", y,
            &p->values[node->in[first]->id], 1.0f, false, false));
    }
    DNA_TRY(dna_lower_copy(p, &p->forward, "add", y,
        &p->values[node->in[1 - first]->id], 1.0f, true, false));
out:
    return rc;
}

/* A value of a mean with the dropped dimension back as extent 1. */
static dna_tensor_value
with_axis(const dna_tensor_value *v, const dna_node *mean)
{
    dna_tensor_value view = *v;
    if (mean->keep) {
        return view;
    }
    view.n_dim = v->n_dim + 1;
    for (int d = view.n_dim - 1; d > mean->axis; d--) {
        view.dim[d] = v->dim[d - 1];
        view.stride[d] = v->stride[d - 1];
    }
    view.dim[mean->axis] = 1;
    view.stride[mean->axis] = 0;
    return view;
}

static int
lower_mean(dna_program *p, const dna_node *node)
{
    dna_tensor_value *y = &p->values[node->id];
    const dna_node *x = node->in[0];
    int rc = DNA_OK;

    DNA_TRY(dna_value_new(p, y, node));
    dna_tensor_value view = with_axis(y, node);
    DNA_TRY(dna_lower_copy(p, &p->forward, "mean", &view, &p->values[x->id],
        1.0f / (float)x->dim[node->axis], true, true));
out:
    return rc;
}

typedef struct {
    dna_tensor_value y, x;
} relu_args;

static int
run_relu(const dna_exec *e, const void *args)
{
    const relu_args *a = args;
    float *y = dna_at(e, &a->y);
    const float *x = dna_at(e, &a->x);
    for (int64_t b = 0; b < e->n; b++) {
        e->p->k->relu(y + b * a->y.stride[0], x + b * a->x.stride[0], a->y.size);
    }
    return DNA_OK;
}

static int
lower_relu(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = &p->values[node->in[0]->id];
    dna_tensor_value *y = &p->values[node->id];
    int rc = DNA_OK;

    if (may_overwrite(p, node->in[0])) {
        *y = *x;
    } else {
        DNA_TRY(dna_value_new(p, y, node));
    }
    relu_args a = {*y, *x};
    dna_step *s = dna_step_add(p, &p->forward, "relu", NULL, run_relu, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, x->buf);
    dna_step_writes(s, y->buf);
out:
    return rc;
}

int
dna_lower_forward(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *x = node->n_in > 0 ? &p->values[node->in[0]->id] : NULL;
    dna_tensor_value *y = &p->values[node->id];
    int rc = DNA_OK;

    switch (node->kind) {
    case DNA_OP_INPUT:
        return lower_input(p, node);
    case DNA_OP_ZEROS:
        rc = dna_value_new(p, y, node);
        return rc < 0 ? rc : lower_zero(p, &p->forward, y);
    case DNA_OP_CONV2D:
        return dna_lower_conv2d(p, node);
    case DNA_OP_LINEAR:
        return dna_lower_linear(p, node);
    case DNA_OP_BATCH_NORM:
        return dna_lower_batch_norm(p, node);
    case DNA_OP_RELU:
        return lower_relu(p, node);
    case DNA_OP_MAX_POOL2D:
        return dna_lower_max_pool2d(p, node);
    case DNA_OP_MEAN:
        return lower_mean(p, node);
    case DNA_OP_EXPAND:
        rc = dna_value_new(p, y, node);
        return rc < 0
                   ? rc
                   : dna_lower_copy(p, &p->forward, "expand", y, x, 1.0f, false, false);
    case DNA_OP_CONCAT:
        return lower_concat(p, node);
    case DNA_OP_ADD:
        return lower_add(p, node);
    case DNA_OP_SLICE:
        return lower_slice(p, node);
    case DNA_OP_RESHAPE:
        return lower_reshape(p, node);
    case DNA_OP_TRANSPOSE: {
        rc = dna_value_new(p, y, node);
        dna_tensor_value view = permuted(x, node->perm);
        return rc < 0 ? rc
                      : dna_lower_copy(
                          p, &p->forward, "transpose", y, &view, 1.0f, false, false);
    }
    case DNA_N_OP:
    default:
        return dna_fail(DNA_EUNSUPPORTED, "op %d", (int)node->kind);
    }
}

/* ---- backward ---- */

static int
add_backward(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *dy = &p->grads[node->id];
    bool is_given = false; /* dy's own memory went to one operand */
    int rc = DNA_OK;

    for (int k = 1; k >= 0; k--) {
        const dna_node *in = node->in[k];
        dna_tensor_value *dx = NULL;
        bool is_add = false;
        if (!p->needs_grad[in->id]) {
            continue;
        }
        bool is_same = same_dims(in, node);
        if (is_same && k == 0 && !is_given && p->grads[in->id].buf == NULL
            && node->in[0] != node->in[1]) {
            p->grads[in->id] = *dy;
            is_given = true;
            continue;
        }
        DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
        DNA_TRY(dna_lower_copy(p, &p->backward, "add.backward", dx, dy, 1.0f,
            is_add || !is_same, !is_add && !is_same));
    }
out:
    return rc;
}

static int
slice_backward(dna_program *p, const dna_node *node)
{
    const dna_node *in = node->in[0];
    dna_tensor_value *dx = NULL;
    bool is_add = false;
    int rc = DNA_OK;

    DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
    if (!is_add) {
        DNA_TRY(lower_zero(p, &p->backward, dx));
    }
    dna_tensor_value part = sliced(dx, node->axis, node->begin, node->dim[node->axis]);
    DNA_TRY(dna_lower_copy(p, &p->backward, "slice.backward", &part,
        &p->grads[node->id], 1.0f, true, false));
out:
    return rc;
}

static int
concat_backward(dna_program *p, const dna_node *node)
{
    int64_t begin = 0;
    int rc = DNA_OK;

    for (int k = 0; k < node->n_in; k++) {
        const dna_node *in = node->in[k];
        int64_t n = in->dim[node->axis];
        if (p->needs_grad[in->id]) {
            dna_tensor_value *dx = NULL;
            bool is_add = false;
            dna_tensor_value part = sliced(&p->grads[node->id], node->axis, begin, n);
            DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
            DNA_TRY(dna_lower_copy(
                p, &p->backward, "concat.backward", dx, &part, 1.0f, is_add, false));
        }
        begin += n;
    }
out:
    return rc;
}

/* Ops with one input whose gradient is a copy through strides. */
static int
move_backward(dna_program *p, const dna_node *node)
{
    const dna_tensor_value *dy = &p->grads[node->id];
    const dna_node *in = node->in[0];
    dna_tensor_value *dx = NULL;
    dna_tensor_value view;
    bool is_add = false;
    int rc = DNA_OK;

    DNA_TRY(dna_grad_of(p, in, &dx, &is_add));
    if (node->kind == DNA_OP_MEAN) {
        view = with_axis(dy, node);
        DNA_TRY(dna_lower_copy(p, &p->backward, "mean.backward", dx, &view,
            1.0f / (float)in->dim[node->axis], is_add, false));
    } else if (node->kind == DNA_OP_EXPAND) {
        DNA_TRY(dna_lower_copy(
            p, &p->backward, "expand.backward", dx, dy, 1.0f, true, !is_add));
    } else if (node->kind == DNA_OP_TRANSPOSE) {
        view = permuted(dx, node->perm);
        DNA_TRY(dna_lower_copy(
            p, &p->backward, "transpose.backward", &view, dy, 1.0f, is_add, false));
    } else {
        DNA_TRY(copy_reshaped(p, &p->backward, dx, dy, is_add));
    }
out:
    return rc;
}

typedef struct {
    dna_tensor_value dx, dy, y;
    bool is_add;
} relu_backward_args;

static int
run_relu_backward(const dna_exec *e, const void *args)
{
    const relu_backward_args *a = args;
    float *dx = dna_at(e, &a->dx);
    const float *dy = dna_at(e, &a->dy);
    const float *y = dna_at(e, &a->y);
    for (int64_t b = 0; b < e->n; b++) {
        e->p->k->relu_backward(dx + b * a->dx.stride[0], dy + b * a->dy.stride[0],
            y + b * a->y.stride[0], a->y.size, a->is_add);
    }
    return DNA_OK;
}

static int
relu_backward(dna_program *p, const dna_node *node)
{
    relu_backward_args a = {.dy = p->grads[node->id], .y = p->values[node->id]};
    int rc = DNA_OK;

    if (p->grads[node->in[0]->id].buf == NULL) {
        p->grads[node->in[0]->id] = a.dy; /* in place */
    } else {
        a.is_add = true;
    }
    a.dx = p->grads[node->in[0]->id];
    dna_step *s = dna_step_add(
        p, &p->backward, "relu.backward", NULL, run_relu_backward, &a, sizeof(a));
    DNA_REQUIRE(s != NULL, DNA_ENOMEM, "%s", dna_message());
    dna_step_reads(s, a.dy.buf);
    dna_step_reads(s, a.y.buf);
    dna_step_writes(s, a.dx.buf);
out:
    return rc;
}

int
dna_lower_backward(dna_program *p, const dna_node *node)
{
    if (!p->needs_grad[node->id] || p->grads[node->id].buf == NULL) {
        return DNA_OK;
    }
    bool in_needs = node->n_in > 0 && p->needs_grad[node->in[0]->id];
    switch (node->kind) {
    case DNA_OP_CONV2D:
        return dna_lower_conv2d_backward(p, node);
    case DNA_OP_LINEAR:
        return dna_lower_linear_backward(p, node);
    case DNA_OP_BATCH_NORM:
        return dna_lower_batch_norm_backward(p, node);
    case DNA_OP_MAX_POOL2D:
        return in_needs ? dna_lower_max_pool2d_backward(p, node) : DNA_OK;
    case DNA_OP_RELU:
        return in_needs ? relu_backward(p, node) : DNA_OK;
    case DNA_OP_ADD:
        return add_backward(p, node);
    case DNA_OP_SLICE:
        return in_needs ? slice_backward(p, node) : DNA_OK;
    case DNA_OP_CONCAT:
        return concat_backward(p, node);
    case DNA_OP_MEAN:
    case DNA_OP_EXPAND:
    case DNA_OP_RESHAPE:
    case DNA_OP_TRANSPOSE:
        return in_needs ? move_backward(p, node) : DNA_OK;
    case DNA_OP_INPUT:
    case DNA_OP_ZEROS:
    case DNA_N_OP:
    default:
        return DNA_OK;
    }
}

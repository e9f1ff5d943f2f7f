/* value.c - buffers seen through strides, steps on them, and copies between them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

/* ---- buffers and values ---- */

dna_buffer *
dna_buffer_new(
    dna_program *p, size_t sample_bytes, size_t fixed_bytes, const char *what)
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
        b->what = what;
        p->buffers[p->n_buffer++] = b;
    }
    return b;
}

/* Strides of a dense tensor: row-major, or channels-last for four dimensions. */
void
dna_value_set_strides(dna_tensor_value *v, bool channels_last)
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

void
dna_value_shape(dna_tensor_value *v, const dna_node *shape)
{
    memset(v, 0, sizeof(*v));
    v->n_dim = shape->n_dim;
    memcpy(v->dim, shape->dim, sizeof(v->dim));
    dna_value_set_strides(v, v->n_dim == 4);
}

int
dna_value_new(dna_program *p, dna_tensor_value *v, const dna_node *shape)
{
    dna_value_shape(v, shape);
    v->buf = dna_buffer_new(p, (size_t)v->size * sizeof(float), 0, "value");
    if (v->buf == NULL) {
        return DNA_ENOMEM;
    }
    v->buf->shape = shape;
    return DNA_OK;
}

int
dna_value_new_bf16(dna_program *p, dna_tensor_value *v, const dna_node *shape)
{
    dna_value_shape(v, shape);
    v->is_bf16 = true;
    v->buf = dna_buffer_new(p, (size_t)v->size * sizeof(dna_bf16), 0, "value");
    if (v->buf == NULL) {
        return DNA_ENOMEM;
    }
    v->buf->shape = shape;
    return DNA_OK;
}

/* Whether v's strides are those of the order, where they matter. */
static bool
has_order(const dna_tensor_value *v, bool channels_last)
{
    dna_tensor_value dense = *v;
    dna_value_set_strides(&dense, channels_last);
    for (int d = 1; d < v->n_dim; d++) {
        if (v->dim[d] > 1 && v->stride[d] != dense.stride[d]) {
            return false;
        }
    }
    return true;
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
    if (*is_add) {
        return DNA_OK;
    }
    int rc = dna_value_new(p, v, node);
    if (rc == DNA_OK) {
        v->buf->what = "gradient";
    }
    return rc;
}

double
dna_entries(const dna_program *p, const dna_tensor_value *v)
{
    return (double)p->batch * (double)v->size;
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

void
dna_copy_loops(
    dna_strided *loops, const dna_tensor_value *dst, const dna_tensor_value *src)
{
    loop l[DNA_GRAPH_MAX_DIM];
    int n = 0;
    for (int d = 1; d < dst->n_dim; d++) {
        int64_t extent = DNA_MAX(dst->dim[d], src->dim[d]);
        if (extent > 1) {
            l[n++] = (loop){extent, dst->dim[d] == 1 ? 0 : dst->stride[d],
                src->dim[d] == 1 ? 0 : src->stride[d]};
        }
    }
    order_loops(loops, l, n);
}

int
dna_lower_copy(dna_program *p, dna_step_list *list, const char *name,
    const dna_tensor_value *dst, const dna_tensor_value *src, float scale, bool is_add,
    bool zero_first)
{
    copy_args a = {.dst = *dst, .src = *src, .zero_first = zero_first};
    dna_copy_loops(&a.loops, dst, src);
    a.loops.scale = scale;
    a.loops.is_add = is_add;
    dna_step *s = dna_step_add(p, list, name, NULL, run_copy, &a, sizeof(a));
    if (s == NULL) {
        return DNA_ENOMEM;
    }
    /* entries of the larger side are scaled, and added where several meet */
    s->flops = ((scale == 1.0f ? 0.0 : 1.0) + (is_add ? 1.0 : 0.0))
               * DNA_MAX(dna_entries(p, dst), dna_entries(p, src));
    dna_step_reads(s, src->buf);
    dna_step_writes(s, dst->buf);
    return DNA_OK;
}

/* v seen as [N, dim...] in row-major order; v must be row-major. */
dna_tensor_value
dna_value_seen_as(const dna_tensor_value *v, int n_dim, const int64_t *dim)
{
    dna_tensor_value view = *v;
    int64_t batch_stride = v->stride[0];
    int64_t offset = v->offset;
    view.n_dim = n_dim;
    memcpy(view.dim, dim, (size_t)n_dim * sizeof(*dim));
    dna_value_set_strides(&view, false);
    view.stride[0] = batch_stride;
    view.offset = offset;
    return view;
}

/* dst (+)= src where both have the same entries in row-major order of their own dims.
 */
int
dna_lower_reshaped_copy(dna_program *p, dna_step_list *list,
    const dna_tensor_value *dst, const dna_tensor_value *src, bool is_add)
{
    if (dna_value_is_row_major(src)) {
        dna_tensor_value view = dna_value_seen_as(src, dst->n_dim, dst->dim);
        return dna_lower_copy(p, list, "reshape", dst, &view, 1.0f, is_add, false);
    }
    if (dna_value_is_row_major(dst)) {
        dna_tensor_value view = dna_value_seen_as(dst, src->n_dim, src->dim);
        return dna_lower_copy(p, list, "reshape", &view, src, 1.0f, is_add, false);
    }
    dna_tensor_value between = *src;
    int rc = DNA_OK;
    dna_value_set_strides(&between, false);
    between.buf = dna_buffer_new(p, (size_t)between.size * sizeof(float), 0, "value");
    DNA_REQUIRE(between.buf != NULL, DNA_ENOMEM, "%s", dna_message());
    DNA_TRY(dna_lower_copy(p, list, "reshape", &between, src, 1.0f, false, false));
    DNA_TRY(dna_lower_reshaped_copy(p, list, dst, &between, is_add));
out:
    return rc;
}

dna_tensor_value
dna_value_sliced(const dna_tensor_value *v, int axis, int64_t begin, int64_t length)
{
    dna_tensor_value view = *v;
    view.size = v->size / v->dim[axis] * length;
    view.dim[axis] = length;
    view.offset += begin * v->stride[axis];
    return view;
}

dna_tensor_value
dna_value_with_axis(const dna_tensor_value *v, const dna_node *mean)
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

dna_tensor_value
dna_value_permuted(const dna_tensor_value *v, const int *perm)
{
    dna_tensor_value view = *v;
    for (int d = 1; d < v->n_dim; d++) {
        view.dim[d] = v->dim[perm[d]];
        view.stride[d] = v->stride[perm[d]];
    }
    return view;
}

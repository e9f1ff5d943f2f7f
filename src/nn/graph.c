/* graph.c - nodes in an arena, the tensors they name, and the first error.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const dna_op_def *const op_table[DNA_N_OP] = {
    [DNA_OP_INPUT] = &dna_op_input,
    [DNA_OP_ZEROS] = &dna_op_zeros,
    [DNA_OP_CONV2D] = &dna_op_conv2d,
    [DNA_OP_LINEAR] = &dna_op_linear,
    [DNA_OP_BATCH_NORM] = &dna_op_batch_norm,
    [DNA_OP_NORM_AS] = &dna_op_norm_as,
    [DNA_OP_GROUP_NORM] = &dna_op_group_norm,
    [DNA_OP_LAYER_NORM] = &dna_op_layer_norm,
    [DNA_OP_ACTIVATION] = &dna_op_activation,
    [DNA_OP_MAX_POOL2D] = &dna_op_max_pool2d,
    [DNA_OP_AVG_POOL2D] = &dna_op_avg_pool2d,
    [DNA_OP_MEAN] = &dna_op_mean,
    [DNA_OP_SUM] = &dna_op_sum,
    [DNA_OP_MAX] = &dna_op_max,
    [DNA_OP_SOFTMAX] = &dna_op_softmax,
    [DNA_OP_DROPOUT] = &dna_op_dropout,
    [DNA_OP_EXPAND] = &dna_op_expand,
    [DNA_OP_CONCAT] = &dna_op_concat,
    [DNA_OP_ADD] = &dna_op_add,
    [DNA_OP_SLICE] = &dna_op_slice,
    [DNA_OP_RESHAPE] = &dna_op_reshape,
    [DNA_OP_TRANSPOSE] = &dna_op_transpose,
    [DNA_OP_GRU] = &dna_op_gru,
    [DNA_OP_LSTM] = &dna_op_lstm,
};

const dna_op_def *
dna_op(dna_op_kind kind)
{
    return op_table[kind];
}

int
dna_graph_new(dna_graph **out)
{
    dna_graph *g = NULL;
    int rc = DNA_OK;

    DNA_NEW(g, 1);
    DNA_TRY(dna_arena_new(&g->arena));
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    return rc;
}

void
dna_graph_free(dna_graph *g)
{
    if (g != NULL) {
        dna_arena_free(g->arena);
        dna_free(g->nodes);
        dna_free(g->tensors);
        dna_free(g);
    }
}

int
dna_graph_new_like(dna_graph **out, const dna_graph *from)
{
    dna_graph *g = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new(&g));
    DNA_NEW(g->tensors, DNA_MAX(from->n_tensor, 1));
    g->cap_tensor = DNA_MAX(from->n_tensor, 1);
    for (int i = 0; i < from->n_tensor; i++) {
        g->tensors[i] = from->tensors[i];
        g->tensors[i].name = dna_arena_strdup(g->arena, from->tensors[i].name);
        if (g->tensors[i].name == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        g->n_tensor++;
    }
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    return rc;
}

/* Keep the first error; later ones follow from it. */
static void
keep_error(dna_graph *g, int rc)
{
    if (g->rc == DNA_OK) {
        g->rc = rc;
        snprintf(g->message, sizeof(g->message), "%s", dna_message());
    }
}

dna_node *
dna_graph_fail(dna_graph *g, int code, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    keep_error(g, dna_fail(code, "%s", text));
    return NULL;
}

int
dna_graph_output(dna_graph *g, dna_node *x)
{
    if (g->rc != DNA_OK) {
        return dna_fail(g->rc, "%s", g->message);
    }
    if (x == NULL) {
        return dna_fail(DNA_EARG, "a network needs an output");
    }
    if (x->n_dim != 2) {
        char shape[DNA_SHAPE_TEXT];
        return dna_fail(DNA_ESHAPE, "the output has shape %s, [N, outputs] is needed",
            dna_node_shape_text(x, shape, sizeof(shape)));
    }
    g->output = x;
    return DNA_OK;
}

int
dna_node_n_dim(const dna_node *x)
{
    return x == NULL ? 0 : x->n_dim;
}

int64_t
dna_node_dim(const dna_node *x, int i)
{
    return x == NULL || i < 0 || i >= x->n_dim ? 0 : x->dim[i];
}

int64_t
dna_node_span(const dna_node *x, int first)
{
    int64_t n = 1;
    for (int i = first; i < x->n_dim; i++) {
        n *= x->dim[i];
    }
    return n;
}

int64_t
dna_node_size(const dna_node *x)
{
    return dna_node_span(x, 1);
}

const char *
dna_node_shape_text(const dna_node *x, char *buf, size_t size)
{
    size_t used = (size_t)snprintf(buf, size, "[N");
    for (int i = 1; i < x->n_dim && used < size; i++) {
        used +=
            (size_t)snprintf(buf + used, size - used, ", %lld", (long long)x->dim[i]);
    }
    if (used < size) {
        snprintf(buf + used, size - used, "]");
    }
    return buf;
}

/* Grow a pointer or struct array to hold one more; doubles its room. */
static void *
grow(void *items, int n, int *cap, size_t size)
{
    if (n < *cap) {
        return items;
    }
    int new_cap = *cap == 0 ? 32 : 2 * *cap;
    void *p = dna_realloc(items, (size_t)new_cap, size);
    if (p != NULL) {
        *cap = new_cap;
    }
    return p;
}

bool
dna_graph_fits(dna_graph *g, const char *name, int n_dim, const int64_t *dim)
{
    size_t size = sizeof(double);

    if (n_dim < 0 || n_dim > DNA_GRAPH_MAX_DIM - 1) {
        dna_graph_fail(g, DNA_ESHAPE, "%s: %d dimensions, at most %d are possible",
            name, n_dim, DNA_GRAPH_MAX_DIM - 1);
        return false;
    }
    for (int i = 0; i < n_dim; i++) {
        if (dim[i] < 1 || !dna_mul_size(size, (size_t)dim[i], &size)
            || size > SIZE_MAX / 1048576) {
            dna_graph_fail(g, DNA_ESHAPE,
                "%s: dimension %d would be %lld, which is impossible", name, i + 1,
                (long long)dim[i]);
            return false;
        }
    }
    return true;
}

dna_node *
dna_node_new(dna_graph *g, dna_op_kind kind, dna_node *const *in, int n_in, int n_dim,
    const int64_t *dim)
{
    for (int i = 0; i < n_in; i++) {
        if (in[i] == NULL) {
            if (g->rc == DNA_OK) {
                dna_graph_fail(
                    g, DNA_EARG, "%s: an input is missing", dna_op(kind)->name);
            }
            return NULL;
        }
    }
    if (g->rc != DNA_OK || !dna_graph_fits(g, dna_op(kind)->name, n_dim, dim)) {
        return NULL;
    }
    dna_node **nodes = grow(g->nodes, g->n_node, &g->cap_node, sizeof(*nodes));
    if (nodes != NULL) {
        g->nodes = nodes;
    }
    dna_node *node = dna_arena_alloc(g->arena, 1, sizeof(*node));
    dna_node **ins = dna_arena_alloc(g->arena, (size_t)DNA_MAX(n_in, 1), sizeof(*ins));
    if (nodes == NULL || node == NULL || ins == NULL) {
        keep_error(g, DNA_ENOMEM);
        return NULL;
    }
    node->kind = kind;
    node->id = g->n_node;
    node->graph = g;
    node->in = ins;
    node->n_in = n_in;
    node->n_dim = n_dim + 1;
    node->dim[0] = -1;
    node->repeat = 1;
    for (int i = 0; i < n_in; i++) {
        ins[i] = in[i];
    }
    for (int i = 0; i < n_dim; i++) {
        node->dim[i + 1] = dim[i];
    }
    for (int i = 0; i < DNA_NODE_MAX_TENSOR; i++) {
        node->tensor[i] = -1;
    }
    g->nodes[g->n_node++] = node;
    return node;
}

dna_node *
dna_node_like(dna_graph *g, const dna_node *like, dna_node *const *in, int n_in,
    const int64_t *dim)
{
    dna_node *node = dna_node_new(g, like->kind, in, n_in, like->n_dim - 1, dim);
    if (node == NULL) {
        return NULL;
    }
    dna_node fresh = *node;
    *node = *like;
    node->id = fresh.id;
    node->graph = g;
    node->in = fresh.in;
    node->n_in = fresh.n_in;
    memcpy(node->dim, fresh.dim, sizeof(node->dim));
    return like->layer == NULL ? node : dna_node_name(g, node, like->layer);
}

dna_node *
dna_node_name(dna_graph *g, dna_node *node, const char *layer)
{
    if (node == NULL || g->rc != DNA_OK) {
        return NULL;
    }
    node->layer = dna_arena_strdup(g->arena, layer);
    if (node->layer == NULL) {
        keep_error(g, DNA_ENOMEM);
        return NULL;
    }
    return node;
}

int64_t
dna_fan_in(int n_dim, const int64_t *dim)
{
    size_t n = 1;
    for (int i = 1; i < n_dim; i++) {
        if (!dna_mul_size(n, (size_t)dim[i], &n) || n > INT64_MAX) {
            return 0;
        }
    }
    return (int64_t)n;
}

int
dna_graph_tensor(dna_graph *g, const char *layer, const char *suffix,
    dna_tensor_kind kind, int n_dim, const int64_t *dim, int64_t fan_in)
{
    if (g->rc != DNA_OK) {
        return -1;
    }
    char *name = dna_arena_printf(g->arena, "%s.%s", layer, suffix);
    dna_tensor *tensors =
        grow(g->tensors, g->n_tensor, &g->cap_tensor, sizeof(*tensors));
    if (tensors != NULL) {
        g->tensors = tensors;
    }
    if (name == NULL || tensors == NULL) {
        keep_error(g, DNA_ENOMEM);
        return -1;
    }
    if (!dna_graph_fits(g, name, n_dim, dim)) {
        return -1;
    }
    int64_t count = 1;
    int64_t offset = 0;
    for (int i = 0; i < n_dim; i++) {
        count *= dim[i];
    }
    for (int i = 0; i < g->n_tensor; i++) {
        const dna_tensor *t = &g->tensors[i];
        if (strcmp(t->name, name) == 0) {
            bool is_same = t->kind == kind && t->n_dim == n_dim;
            for (int d = 0; is_same && d < n_dim; d++) {
                is_same = t->dim[d] == dim[d];
            }
            if (!is_same) {
                dna_graph_fail(g, DNA_ESHAPE,
                    "layer \"%s\" is used twice with different shapes of %s", layer,
                    suffix);
                return -1;
            }
            return i;
        }
        if (t->kind == kind) {
            offset = t->offset + t->count;
        }
    }
    dna_tensor *t = &g->tensors[g->n_tensor];
    *t = (dna_tensor){.name = name,
        .kind = kind,
        .n_dim = n_dim,
        .count = count,
        .offset = offset,
        .fan_in = fan_in};
    for (int d = 0; d < n_dim; d++) {
        t->dim[d] = dim[d];
    }
    return g->n_tensor++;
}

/* Whether a tensor's name is "<layer>.<part>", or "<layer>.<part>_l0" and so on. */
static bool
is_part(const char *name, const char *layer, const char *part)
{
    size_t n = strlen(layer), m = strlen(part);
    if (strncmp(name, layer, n) != 0 || name[n] != '.'
        || strncmp(name + n + 1, part, m) != 0) {
        return false;
    }
    const char *rest = name + n + 1 + m;
    return *rest == '\0'
           || (strncmp(rest, "_l", 2) == 0 && rest[2] >= '0' && rest[2] <= '9');
}

int
dna_graph_init(dna_graph *g, const char *layer, const char *part, dna_init init)
{
    int n = 0;
    for (int i = 0; i < g->n_tensor; i++) {
        dna_tensor *t = &g->tensors[i];
        if (t->kind == DNA_TENSOR_PARAM && is_part(t->name, layer, part)) {
            t->init = init;
            n++;
        }
    }
    return n;
}

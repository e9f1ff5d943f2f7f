/* extent.c - the own shapes of samples in batches of several sizes.
 *
 * SPDX-License-Identifier: MIT
 *
 * Sizes return from batch to batch, so the rewritten shapes of the last few hundred are
 * kept, and found again by the extents of all nodes of the graph they came from.
 */
#include "nn/extent.h"

#include <string.h>

#include "base/mem.h"

#define MAX_KEPT 256 /* sizes, more only within one batch */

/* The nodes of g as samples of one size have them. */
typedef struct {
    uint64_t hash;
    int64_t *key;    /* [n_key] the graph it came from */
    dna_node *nodes; /* [g->n_node] */
    dna_node **ins;  /* what nodes[i].in points into */
    bool fits;       /* its rewritten graph is the same list of nodes as g */
} size_entry;

struct dna_extents {
    const dna_graph *source, *g;
    dna_rewrite rewrite;
    unsigned without;
    int64_t batch;
    int64_t n_key;
    int64_t *full_key; /* of source */
    int64_t *key;      /* scratch */
    size_entry *sizes;
    int n_size, cap_size;
    int *of_sample; /* [batch] index into sizes; -1: as large as g */
};

/* What is free in a graph of the same list of nodes: extents, and where slices begin. */
static void
fill_key(const dna_graph *g, int64_t *key)
{
    for (int i = 0; i < g->n_node; i++) {
        const dna_node *node = g->nodes[i];
        for (int d = 1; d < node->n_dim; d++) {
            *key++ = node->dim[d];
        }
        *key++ = node->begin;
    }
}

static int64_t
key_length(const dna_graph *g)
{
    int64_t n = 0;
    for (int i = 0; i < g->n_node; i++) {
        n += g->nodes[i]->n_dim;
    }
    return n;
}

/* Source: Fowler, Noll and Vo, hash FNV-1a, on words. */
static uint64_t
hash_of(const int64_t *key, int64_t n)
{
    uint64_t h = 14695981039346656037ULL;
    for (int64_t i = 0; i < n; i++) {
        h = (h ^ (uint64_t)key[i]) * 1099511628211ULL;
    }
    return h;
}

int
dna_extents_new(dna_extents **out, const dna_graph *source, const dna_graph *g,
    dna_rewrite rewrite, unsigned without, int64_t batch)
{
    dna_extents *x = NULL;
    int rc = DNA_OK;

    DNA_NEW(x, 1);
    x->source = source;
    x->g = g;
    x->rewrite = rewrite;
    x->without = without;
    x->batch = batch;
    x->n_key = key_length(source);
    DNA_NEW(x->full_key, x->n_key);
    DNA_NEW(x->key, x->n_key);
    DNA_NEW(x->of_sample, batch);
    fill_key(source, x->full_key);
    for (int64_t b = 0; b < batch; b++) {
        x->of_sample[b] = -1;
    }
    *out = x;
    x = NULL;
out:
    dna_extents_free(x);
    return rc;
}

static void
free_size(size_entry *s)
{
    dna_free(s->key);
    dna_free(s->nodes);
    dna_free(s->ins);
}

static void
free_sizes(dna_extents *x)
{
    for (int i = 0; i < x->n_size; i++) {
        free_size(&x->sizes[i]);
    }
    x->n_size = 0;
}

void
dna_extents_free(dna_extents *x)
{
    if (x != NULL) {
        free_sizes(x);
        dna_free(x->sizes);
        dna_free(x->full_key);
        dna_free(x->key);
        dna_free(x->of_sample);
        dna_free(x);
    }
}

/* ---- the same list of nodes ---- */

static bool
same_options(const dna_node *a, const dna_node *b)
{
    const dna_conv2d_opts *c = &a->conv;
    const dna_conv2d_opts *d = &b->conv;
    bool is_same = a->axis == b->axis && a->keep == b->keep && a->eps == b->eps
                   && a->momentum == b->momentum && a->param_begin == b->param_begin
                   && c->out == d->out && c->no_bias == d->no_bias
                   && a->exclude_pad == b->exclude_pad && a->rate == b->rate
                   && a->stream == b->stream && a->activation.kind == b->activation.kind
                   && a->groups == b->groups && a->is_reverse == b->is_reverse
                   && a->is_final == b->is_final
                   && memcmp(a->perm, b->perm, sizeof(a->perm)) == 0;
    for (int i = 0; is_same && i < DNA_ACTIVATION_MAX_K; i++) {
        is_same = a->activation.k[i] == b->activation.k[i];
    }
    for (int i = 0; is_same && i < 2; i++) {
        is_same = c->kernel[i] == d->kernel[i] && c->stride[i] == d->stride[i]
                  && c->pad[i] == d->pad[i] && c->dilation[i] == d->dilation[i]
                  && a->pool.kernel[i] == b->pool.kernel[i]
                  && a->pool.stride[i] == b->pool.stride[i]
                  && a->pool.pad[i] == b->pool.pad[i];
    }
    return is_same;
}

static bool
same_tensor(const dna_tensor *a, const dna_tensor *b)
{
    bool is_same = a->kind == b->kind && a->n_dim == b->n_dim && a->offset == b->offset
                   && strcmp(a->name, b->name) == 0;
    for (int d = 0; is_same && d < a->n_dim; d++) {
        is_same = a->dim[d] == b->dim[d];
    }
    return is_same;
}

/* Whether `own` is the node of g under other extents. */
static bool
same_node(
    const dna_graph *g, const dna_node *node, const dna_graph *of, const dna_node *own)
{
    bool is_same = node->kind == own->kind && node->n_in == own->n_in
                   && node->n_dim == own->n_dim && same_options(node, own);
    for (int k = 0; is_same && k < node->n_in; k++) {
        is_same = node->in[k]->id == own->in[k]->id;
    }
    for (int k = 0; is_same && k < DNA_NODE_MAX_TENSOR; k++) {
        int t = node->tensor[k];
        is_same = t == own->tensor[k]
                  && (t < 0 || same_tensor(&g->tensors[t], &of->tensors[t]));
    }
    return is_same;
}

/* Index of the first node that differs, g->n_node if all are the same; -1 if there are
 * fewer or more of them. */
static int
first_difference(const dna_graph *g, const dna_graph *own)
{
    if (g->n_node != own->n_node || g->n_tensor != own->n_tensor
        || g->n_input != own->n_input || g->output->id != own->output->id) {
        return -1;
    }
    for (int i = 0; i < g->n_node; i++) {
        if (!same_node(g, g->nodes[i], own, own->nodes[i])) {
            return i;
        }
    }
    return g->n_node;
}

static const char *
name_of(const dna_node *node)
{
    return node->layer == NULL ? dna_op(node->kind)->name : node->layer;
}

static int
check_source(const dna_graph *g, const dna_graph *own, int64_t b)
{
    static const char *const hint =
        "a network whose layers depend on the size of a sample cannot take several sizes in one batch";
    char large[DNA_SHAPE_TEXT];
    char text[DNA_SHAPE_TEXT];

    if (own->output == NULL) {
        return dna_fail(DNA_EARG, "the graph of sample %lld of the batch has no output",
            (long long)b + 1);
    }
    int at = first_difference(g, own);
    if (at < 0) {
        return dna_fail(DNA_ESHAPE,
            "sample %lld of the batch: its network has %d nodes and %d tensors, that of the largest size %d and %d: %s",
            (long long)b + 1, own->n_node, own->n_tensor, g->n_node, g->n_tensor, hint);
    }
    if (at < g->n_node) {
        return dna_fail(DNA_ESHAPE,
            "sample %lld of the batch: its %s %s differs from the %s %s of the largest size in more than its extent: %s",
            (long long)b + 1, name_of(own->nodes[at]),
            dna_node_shape_text(own->nodes[at], text, sizeof(text)),
            name_of(g->nodes[at]),
            dna_node_shape_text(g->nodes[at], large, sizeof(large)), hint);
    }
    for (int i = 0; i < g->n_node; i++) {
        for (int d = 1; d < g->nodes[i]->n_dim; d++) {
            if (own->nodes[i]->dim[d] > g->nodes[i]->dim[d]) {
                return dna_fail(DNA_ESHAPE,
                    "sample %lld of the batch: its %s %s is larger than the %s that the batch is computed with",
                    (long long)b + 1, name_of(own->nodes[i]),
                    dna_node_shape_text(own->nodes[i], text, sizeof(text)),
                    dna_node_shape_text(g->nodes[i], large, sizeof(large)));
            }
        }
    }
    return DNA_OK;
}

/* ---- sizes ---- */

static bool
is_not_larger(const dna_graph *own, const dna_graph *g)
{
    for (int i = 0; i < g->n_node; i++) {
        for (int d = 1; d < g->nodes[i]->n_dim; d++) {
            if (own->nodes[i]->dim[d] > g->nodes[i]->dim[d]) {
                return false;
            }
        }
    }
    return true;
}

/* Copies of own's nodes that name g's tensors and layers. */
static int
copy_nodes(const dna_extents *x, size_entry *s, const dna_graph *own)
{
    int64_t n_in = 0;
    int rc = DNA_OK;

    for (int i = 0; i < own->n_node; i++) {
        n_in += own->nodes[i]->n_in;
    }
    DNA_NEW(s->nodes, own->n_node);
    DNA_NEW(s->ins, DNA_MAX(n_in, 1));
    dna_node **ins = s->ins;
    for (int i = 0; i < own->n_node; i++) {
        const dna_node *node = own->nodes[i];
        s->nodes[i] = *node;
        s->nodes[i].graph = x->g->nodes[i]->graph;
        s->nodes[i].layer = x->g->nodes[i]->layer;
        s->nodes[i].in = ins;
        for (int k = 0; k < node->n_in; k++) {
            *ins++ = &s->nodes[node->in[k]->id];
        }
    }
out:
    return rc;
}

static int
fill_size(const dna_extents *x, size_entry *s, const dna_graph *own)
{
    dna_graph *rewritten = NULL;
    int rc = DNA_OK;

    if (x->rewrite != NULL) {
        DNA_TRY(x->rewrite(&rewritten, own, x->without));
        own = rewritten;
    }
    s->fits = first_difference(x->g, own) == x->g->n_node && is_not_larger(own, x->g);
    if (s->fits) {
        DNA_TRY(copy_nodes(x, s, own));
    }
out:
    dna_graph_free(rewritten);
    return rc;
}

static int
new_size(dna_extents *x, const dna_graph *own, uint64_t hash)
{
    size_entry s = {.hash = hash};
    int rc = DNA_OK;

    if (x->n_size == x->cap_size) {
        int cap = x->cap_size == 0 ? 64 : 2 * x->cap_size;
        size_entry *sizes = dna_realloc(x->sizes, (size_t)cap, sizeof(*sizes));
        DNA_REQUIRE(sizes != NULL, DNA_ENOMEM, "%s", dna_message());
        x->sizes = sizes;
        x->cap_size = cap;
    }
    DNA_NEW(s.key, DNA_MAX(x->n_key, 1));
    memcpy(s.key, x->key, (size_t)x->n_key * sizeof(*s.key));
    DNA_TRY(fill_size(x, &s, own));
    x->sizes[x->n_size++] = s;
    s = (size_entry){0};
out:
    free_size(&s);
    return rc;
}

/* The place of a sample's size; -1: as large as g; -2: an error, in *error. */
static int
find_size(dna_extents *x, const dna_graph *own, int64_t b, int *error)
{
    size_t bytes = (size_t)x->n_key * sizeof(*x->key);
    int rc = own == x->source ? DNA_OK : check_source(x->source, own, b);

    *error = rc;
    if (rc < 0) {
        return -2;
    }
    fill_key(own, x->key);
    if (memcmp(x->key, x->full_key, bytes) == 0) {
        return -1;
    }
    uint64_t hash = hash_of(x->key, x->n_key);
    for (int i = 0; i < x->n_size; i++) {
        if (x->sizes[i].hash == hash && memcmp(x->sizes[i].key, x->key, bytes) == 0) {
            return i;
        }
    }
    *error = new_size(x, own, hash);
    return *error < 0 ? -2 : x->n_size - 1;
}

static void
reset(dna_extents *x)
{
    for (int64_t b = 0; b < x->batch; b++) {
        x->of_sample[b] = -1;
    }
}

int
dna_extents_set(dna_extents *x, const dna_graph *const *graphs)
{
    bool fits = true;
    int rc = DNA_OK;

    reset(x);
    if (x->n_size > MAX_KEPT) {
        free_sizes(x);
    }
    for (int64_t b = 0; graphs != NULL && b < x->batch; b++) {
        int *place = &x->of_sample[b];
        if (graphs[b] == NULL) {
            continue;
        }
        *place = b > 0 && graphs[b] == graphs[b - 1] ? x->of_sample[b - 1]
                                                     : find_size(x, graphs[b], b, &rc);
        if (rc < 0) {
            break;
        }
        fits = fits && (*place < 0 || x->sizes[*place].fits);
    }
    if (rc < 0 || !fits) {
        reset(x);
    }
    return rc < 0 ? rc : !fits;
}

const dna_node *
dna_extents_node(const dna_extents *x, const dna_node *node, int64_t b)
{
    return dna_extents_is_whole(x, b) ? node
                                      : &x->sizes[x->of_sample[b]].nodes[node->id];
}

bool
dna_extents_is_whole(const dna_extents *x, int64_t b)
{
    return x == NULL || x->of_sample[b] < 0;
}

void
dna_extents_rows(const dna_node *node, const dna_node *own,
    void (*run)(void *payload, int64_t at, int64_t own_at, int64_t n), void *payload)
{
    int last = node->n_dim - 1;
    int64_t n = last > 0 ? own->dim[last] : 1;
    int64_t rows = dna_node_size(own) / n;
    for (int64_t r = 0; r < rows; r++) {
        int64_t rest = r;
        int64_t at = 0;
        int64_t stride = last > 0 ? node->dim[last] : 1;
        for (int d = last - 1; d > 0; d--) {
            at += rest % own->dim[d] * stride;
            rest /= own->dim[d];
            stride *= node->dim[d];
        }
        run(payload, at, r * n, n);
    }
}

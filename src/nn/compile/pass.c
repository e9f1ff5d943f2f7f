/* pass.c - what the passes share, and the two simplest ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/compile/pass.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

dna_node *
dna_pass_copy(dna_graph *g, const dna_node *old, dna_node *const *in)
{
    return dna_node_like(g, old, in, old->n_in, old->dim + 1);
}

int
dna_pass_finish(
    dna_graph *g, const dna_graph *old, dna_node *const *map, dna_node *output)
{
    g->inputs = dna_arena_alloc(g->arena, (size_t)old->n_input + 1, sizeof(*g->inputs));
    if (g->inputs == NULL) {
        return DNA_ENOMEM;
    }
    for (int i = 0; i < old->n_input; i++) {
        g->inputs[i] = map[old->inputs[i]->id];
    }
    g->n_input = old->n_input;
    return dna_graph_output(g, output);
}

static void
mark_needed(const dna_graph *g, bool *is_needed)
{
    is_needed[g->output->id] = true;
    for (int i = g->n_node - 1; i >= 0; i--) {
        for (int k = 0; is_needed[i] && k < g->nodes[i]->n_in; k++) {
            is_needed[g->nodes[i]->in[k]->id] = true;
        }
    }
    for (int i = 0; i < g->n_input; i++) {
        is_needed[g->inputs[i]->id] = true;
    }
}

int
dna_pass_dead_code(dna_graph **out, const dna_graph *old)
{
    dna_graph *g = NULL;
    bool *is_needed = NULL;
    dna_node **map = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new_like(&g, old));
    DNA_NEW(is_needed, old->n_node);
    DNA_NEW(map, old->n_node);
    mark_needed(old, is_needed);
    for (int i = 0; i < old->n_node; i++) {
        const dna_node *node = old->nodes[i];
        dna_node *in[64];
        DNA_REQUIRE(
            node->n_in <= 64, DNA_EUNSUPPORTED, "concat of more than 64 pieces");
        for (int k = 0; k < node->n_in; k++) {
            in[k] = map[node->in[k]->id];
        }
        map[i] = is_needed[i] ? dna_pass_copy(g, node, in) : NULL;
    }
    DNA_TRY(dna_pass_finish(g, old, map, map[old->output->id]));
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    dna_free(is_needed);
    dna_free(map);
    return rc;
}

/* reshape(x) -> op -> reshape back to the op's own shape */
static dna_node *
between_reshapes(dna_graph *g, const dna_node *old, dna_node *x, int n_dim,
    const int64_t *in_dim, const int64_t *out_dim)
{
    dna_node *y = dna_reshape(g, x, n_dim, in_dim);
    dna_node like = *old;
    like.n_dim = n_dim + 1;
    y = dna_node_like(g, &like, &y, 1, out_dim);
    return dna_reshape(g, y, old->n_dim - 1, old->dim + 1);
}

/* ---- lines ---- */

/* The image that a line was made of, or NULL. */
static dna_node *
image_of(const dna_node *x)
{
    return x != NULL && x->line == DNA_IMAGE_AS_LINE ? x->in[0] : NULL;
}

/* Whether an op does the same to images as to the lines made of them. */
static bool
works_on_images(const dna_node *node, dna_node *const *in)
{
    bool fits = node->kind == DNA_OP_ACTIVATION || node->kind == DNA_OP_DROPOUT
                || node->kind == DNA_OP_ADD;
    for (int k = 0; k < node->n_in; k++) {
        fits = fits && image_of(in[k]) != NULL;
    }
    return fits;
}

static dna_node *
on_images(dna_graph *g, const dna_node *node, dna_node *const *in)
{
    int64_t dim[3] = {node->dim[1], 1, node->dim[2]};
    dna_node *images[2] = {image_of(in[0]), node->n_in > 1 ? image_of(in[1]) : NULL};
    dna_node like = *node;
    like.n_dim = 4;
    return dna_node_image_as_line(g, dna_node_like(g, &like, images, node->n_in, dim));
}

/* A batch or group norm of a line, or of five dimensions, as one of an image. */
static dna_node *
norm_on_image(dna_graph *g, const dna_node *node, dna_node *x)
{
    int64_t dim[3] = {node->dim[1], 1, dna_node_span(node, 2)};
    if (node->n_dim == 5) {
        return between_reshapes(g, node, x, 3, dim, dim);
    }
    dna_node *image = image_of(x) != NULL ? image_of(x) : dna_node_line_as_image(g, x);
    dna_node like = *node;
    like.n_dim = 4;
    return dna_node_image_as_line(g, dna_node_like(g, &like, &image, 1, dim));
}

static dna_node *
linear_on_rows(dna_graph *g, const dna_node *node, dna_node *x)
{
    int64_t features = node->in[0]->dim[node->n_dim - 1];
    int64_t rows = dna_node_size(node->in[0]) / features;
    int64_t in_dim[2] = {rows, features};
    int64_t out_dim[2] = {rows, node->dim[node->n_dim - 1]};
    return between_reshapes(g, node, x, 2, in_dim, out_dim);
}

/* A layer norm whose entries are one dimension. */
static dna_node *
norm_on_rows(dna_graph *g, const dna_node *node, dna_node *x)
{
    int64_t entries = dna_node_span(node, node->axis);
    int64_t dim[2] = {dna_node_size(node) / entries, entries};
    dna_node like = *node;
    like.axis = 2;
    return between_reshapes(g, &like, x, 2, dim, dim);
}

static dna_node *
canonical(dna_graph *g, const dna_node *node, dna_node *const *in)
{
    if ((node->kind == DNA_OP_BATCH_NORM || node->kind == DNA_OP_GROUP_NORM)
        && (node->n_dim == 3 || node->n_dim == 5)) {
        return norm_on_image(g, node, in[0]);
    }
    if (node->kind == DNA_OP_LAYER_NORM
        && (node->n_dim > 3 || (node->n_dim == 3 && node->axis == 1))) {
        return norm_on_rows(g, node, in[0]);
    }
    if (node->kind == DNA_OP_LINEAR && node->n_dim > 3) {
        return linear_on_rows(g, node, in[0]);
    }
    if (node->line == DNA_LINE_AS_IMAGE && image_of(in[0]) != NULL) {
        return image_of(in[0]);
    }
    if (node->n_dim == 3 && works_on_images(node, in)) {
        return on_images(g, node, in);
    }
    return dna_pass_copy(g, node, in);
}

int
dna_pass_canonical(dna_graph **out, const dna_graph *old)
{
    dna_graph *g = NULL;
    dna_node **map = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_graph_new_like(&g, old));
    DNA_NEW(map, old->n_node);
    for (int i = 0; i < old->n_node; i++) {
        const dna_node *node = old->nodes[i];
        dna_node *in[64];
        DNA_REQUIRE(
            node->n_in <= 64, DNA_EUNSUPPORTED, "concat of more than 64 pieces");
        for (int k = 0; k < node->n_in; k++) {
            in[k] = map[node->in[k]->id];
        }
        map[i] = canonical(g, node, in);
    }
    DNA_TRY(dna_pass_finish(g, old, map, map[old->output->id]));
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    dna_free(map);
    return rc;
}

/* ---- all of them ---- */

typedef struct {
    int (*run)(dna_graph **out, const dna_graph *g);
    unsigned without; /* the bit that leaves it out; 0: lowering needs it */
} graph_pass;

static int
run_passes(dna_graph **out, const dna_graph *g, const graph_pass *passes, int n,
    unsigned without)
{
    dna_graph *last = NULL;
    for (int i = 0; i < n; i++) {
        dna_graph *next = NULL;
        if ((passes[i].without & without) != 0) {
            continue;
        }
        int rc = passes[i].run(&next, last == NULL ? g : last);
        dna_graph_free(last);
        if (rc < 0) {
            return rc;
        }
        last = next;
    }
    *out = last;
    return DNA_OK;
}

int
dna_pass_all(dna_graph **out, const dna_graph *g, unsigned without)
{
    static const graph_pass passes[] = {{dna_pass_canonical, 0},
        {dna_pass_split_concat, DNA_WITHOUT_SPLIT},
        {dna_pass_broadcast, DNA_WITHOUT_BROADCAST}, {dna_pass_mean, DNA_WITHOUT_MEANS},
        {dna_pass_moves, DNA_WITHOUT_MOVES},
        {dna_pass_dead_code, DNA_WITHOUT_DEAD_CODE}};
    return run_passes(out, g, passes, (int)DNA_COUNT(passes), without);
}

int
dna_pass_mixed(dna_graph **out, const dna_graph *g, unsigned without)
{
    return dna_pass_all(out, g, without | DNA_WITHOUT_MEANS | DNA_WITHOUT_MOVES);
}

int
dna_pass_plain(dna_graph **out, const dna_graph *g, unsigned without)
{
    return dna_pass_all(out, g,
        without | DNA_WITHOUT_SPLIT | DNA_WITHOUT_BROADCAST | DNA_WITHOUT_MEANS
            | DNA_WITHOUT_MOVES);
}

/* ---- what can be left out ---- */

static const dna_pass_info infos[] = {
    {"split", DNA_WITHOUT_SPLIT,
        "convolutions and linear layers over a concat become one term a piece"},
    {"broadcast", DNA_WITHOUT_BROADCAST,
        "rows that are repeated are computed once, and repeated late"},
    {"means", DNA_WITHOUT_MEANS,
        "means over rows move up through convolutions, which are linear"},
    {"moves", DNA_WITHOUT_MOVES, "slices and concats of each other become fewer"},
    {"dead-code", DNA_WITHOUT_DEAD_CODE, "what the output does not need goes"},
    {"fusion", DNA_WITHOUT_FUSION,
        "a convolution and what surrounds it make one pass over memory; "
        "folding and tables go with it"},
    {"folding", DNA_WITHOUT_FOLDING,
        "a batch norm goes into the weights of the convolution behind it"},
    {"tables", DNA_WITHOUT_TABLES,
        "what a few neighbouring zeros and ones decide is looked up"},
    {"plan", DNA_WITHOUT_PLAN, "buffers that are not needed at once share memory"},
};

const dna_pass_info *
dna_pass_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(infos) ? &infos[i] : NULL;
}

int
dna_pass_find(unsigned *without, const char *name)
{
    const char *names[DNA_COUNT(infos)];
    int rc = DNA_OK;

    for (int64_t i = 0; i < DNA_COUNT(infos); i++) {
        names[i] = infos[i].name;
        if (strcmp(name, names[i]) == 0) {
            *without |= infos[i].without;
            return rc;
        }
    }
    const char *near = dna_nearest_name(name, names, DNA_COUNT(infos));
    DNA_REQUIRE(near == NULL, DNA_ENOTFOUND,
        "there is no pass \"%s\"; did you mean \"%s\"?", name, near);
    rc = dna_fail(DNA_ENOTFOUND,
        "there is no pass \"%s\", there are split, broadcast, means, moves, dead-code, fusion, folding, tables and plan",
        name);
out:
    return rc;
}

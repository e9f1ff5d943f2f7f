/* fuse.c - decides which nodes are fused; fuse.h says what a chain is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/compile/fuse.h"

#include "base/mem.h"
#include "nn/compile/conv_sample.h"

/* The one node that reads x, if only one does and does so once. */
static const dna_node *
only_user(const dna_program *p, const dna_node *x)
{
    if (p->n_use[x->id] != 1 || x == p->g->output) {
        return NULL;
    }
    for (int i = x->id + 1; i < p->g->n_node; i++) {
        const dna_node *node = p->g->nodes[i];
        for (int k = 0; k < node->n_in; k++) {
            if (node->in[k] == x) {
                return p->chains[node->id] == NULL ? node : NULL;
            }
        }
    }
    return NULL;
}

/* What `add` adds to x, if it is one row for all rows of x. */
static const dna_node *
added_row(const dna_node *add, const dna_node *x)
{
    const dna_node *other = add->in[0] == x ? add->in[1] : add->in[0];
    bool fits = add->kind == DNA_OP_ADD && other != x && other->n_dim == 4
                && other->dim[1] == x->dim[1] && other->dim[2] == 1
                && other->dim[3] == x->dim[3];
    return fits ? other : NULL;
}

/* Pooling whose windows do not overlap and are not padded. */
static bool
is_plain_pool(const dna_node *node)
{
    const dna_pool_opts *o = &node->pool;
    return node->kind == DNA_OP_MAX_POOL2D && o->stride[0] == o->kernel[0]
           && o->stride[1] == o->kernel[1] && o->pad[0] == 0 && o->pad[1] == 0
           && o->kernel[0] * o->kernel[1] <= 255;
}

/* ReLU and maximum may stand in either order: both keep the order of numbers. */
static void
add_what_follows(const dna_program *p, dna_chain *c)
{
    const dna_node *next = only_user(p, c->last);
    c->row = next == NULL ? NULL : added_row(next, c->last);
    if (c->row != NULL) {
        c->last = next;
        next = only_user(p, c->last);
    }
    for (; next != NULL; next = only_user(p, c->last)) {
        if (c->pool == NULL && is_plain_pool(next)) {
            c->pool = next;
        } else if (c->relu == NULL && next->kind == DNA_OP_ACTIVATION
                   && next->activation.kind == DNA_RELU) {
            c->relu = next;
        } else {
            return;
        }
        c->last = next;
    }
}

/* A batch norm folds into a convolution that pads nothing, if nobody else reads what it
 * makes (a norm_as reads its statistics only). */
static bool
folds(const dna_program *p, const dna_node *norm, const dna_node *conv)
{
    if (norm->kind != DNA_OP_BATCH_NORM || norm->n_dim != 4 || conv->conv.pad[0] != 0
        || conv->conv.pad[1] != 0) {
        return false;
    }
    for (int i = norm->id + 1; i < p->g->n_node; i++) {
        const dna_node *node = p->g->nodes[i];
        for (int k = 0; k < node->n_in; k++) {
            if (node->in[k] == norm && node != conv && node->kind != DNA_OP_NORM_AS) {
                return false;
            }
        }
    }
    return true;
}

/* Who reads the result: their sums are made in passing where the chain can. */
static void
look_at_readers(const dna_program *p, dna_chain *c)
{
    int others = c->last == p->g->output ? 1 : 0;
    for (int i = c->last->id + 1; i < p->g->n_node; i++) {
        const dna_node *node = p->g->nodes[i];
        for (int k = 0; k < node->n_in; k++) {
            if (node->in[k] != c->last || (node->kind == DNA_OP_NORM_AS && k == 1)) {
                continue;
            }
            if (node->kind == DNA_OP_BATCH_NORM && c->next_norm == NULL) {
                c->next_norm = node;
            } else if (node->kind == DNA_OP_MEAN && node->axis == 2 && node->keep
                       && c->mean == NULL) {
                c->mean = node;
            } else {
                others++;
            }
        }
    }
    c->is_deferred = p->is_training && others == 0 && c->next_norm != NULL;
}

static int
try_chain(dna_program *p, const dna_node *conv)
{
    dna_chain found = {.x = conv->in[0], .conv = conv, .last = conv};
    dna_conv_dims dims = dna_conv_dims_of(conv);
    dna_chain *c = NULL;

    if (p->chains[conv->id] != NULL) {
        return DNA_OK;
    }
    add_what_follows(p, &found);
    if ((p->options.without & DNA_WITHOUT_FOLDING) == 0
        && folds(p, conv->in[0], conv)) {
        found.norm = conv->in[0];
        found.x = found.norm->in[0];
    }
    look_at_readers(p, &found);
    bool makes_sums = p->is_training && found.next_norm != NULL;
    bool is_tall =
        dna_conv_is_tall(&dims) && p->is_training && p->needs_grad[found.x->id];
    if (is_tall
        || (found.pool == NULL && found.relu == NULL && found.norm == NULL
            && !makes_sums)) {
        return DNA_OK;
    }
    c = dna_arena_alloc(p->arena, 1, sizeof(*c));
    if (c == NULL) {
        return DNA_ENOMEM;
    }
    *c = found;
    const dna_node *node = c->last;
    for (; node != conv; node = node->in[node->in[0] == c->row ? 1 : 0]) {
        p->chains[node->id] = c;
    }
    p->chains[conv->id] = c;
    if (c->norm != NULL) {
        p->chains[c->norm->id] = c;
    }
    if (c->mean != NULL) {
        p->is_made[c->mean->id] = true;
    }
    return DNA_OK;
}

int
dna_fuse(dna_program *p)
{
    int rc = DNA_OK;
    for (int i = 0; i < p->g->n_node && rc == DNA_OK; i++) {
        if (p->g->nodes[i]->kind == DNA_OP_CONV2D) {
            rc = try_chain(p, p->g->nodes[i]);
        }
    }
    return rc;
}

const dna_chain *
dna_chain_of_result(const dna_program *p, const dna_node *node)
{
    const dna_chain *c = p->chains[node->id];
    return c != NULL && c->last == node ? c : NULL;
}

dna_chain *
dna_chain_of_norm(const dna_program *p, const dna_node *norm)
{
    dna_chain *c = p->chains[norm->id];
    return c != NULL && c->norm == norm ? c : NULL;
}

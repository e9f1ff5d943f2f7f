/* table.c - which nodes have tables; codes and how often they occur.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/compile/table.h"

#include <string.h>

#include "base/mem.h"
#include "nn/compile/fuse.h"

enum { N_CODE = 1 << DNA_TABLE_MAX_BITS };

/* ---- which nodes ---- */

/* An image of one channel and several rows that is a part of an input. */
static bool
is_source(const dna_node *node)
{
    if (node->n_dim != 4 || node->dim[1] != 1 || node->dim[2] < 2) {
        return false;
    }
    while (node->kind == DNA_OP_RESHAPE || node->kind == DNA_OP_SLICE) {
        node = node->in[0];
    }
    return node->kind == DNA_OP_INPUT;
}

/* Bits that a value depends on if its input does on `in` bits; 0: more than a table has
 * codes for, or not on neighbours in a row alone. */
static int
bits_of(const dna_node *node, int in)
{
    const dna_conv2d_opts *o = &node->conv;
    if (in == 0 || node->n_dim != 4) {
        return 0;
    }
    if (node->kind == DNA_OP_ACTIVATION || node->kind == DNA_OP_BATCH_NORM) {
        return in;
    }
    bool is_plain = node->kind == DNA_OP_CONV2D && o->kernel[0] == 1
                    && o->stride[0] == 1 && o->stride[1] == 1 && o->pad[0] == 0
                    && o->pad[1] == 0 && (o->kernel[1] == 1 || o->dilation[1] == 1);
    if (!is_plain || o->kernel[1] > DNA_TABLE_MAX_BITS) {
        return 0;
    }
    int bits = in + (int)o->kernel[1] - 1;
    return bits <= DNA_TABLE_MAX_BITS ? bits : 0;
}

static bool
is_row_mean(const dna_node *node)
{
    return node->kind == DNA_OP_MEAN && node->axis == 2 && node->keep;
}

/* Whether `user` can read x, its input k, as a table. */
static bool
reads_tables(const dna_program *p, const int *bits, const dna_node *user, int k,
    const dna_node *x)
{
    const dna_chain *c = p->chains[x->id];
    return bits[user->id] > 0 || is_row_mean(user)
           || (user->kind == DNA_OP_NORM_AS && k > 0)
           || (c != NULL && c->conv == x && c == p->chains[user->id]);
}

/* Keep those all of whose readers can do with a table. */
static void
drop_others(const dna_program *p, int *bits)
{
    const dna_graph *g = p->g;
    for (int i = g->n_node - 1; i >= 0; i--) {
        const dna_node *user = g->nodes[i];
        if (user == g->output) {
            bits[i] = 0;
        }
        for (int k = 0; k < user->n_in; k++) {
            const dna_node *x = user->in[k];
            if (!reads_tables(p, bits, user, k, x)) {
                bits[x->id] = 0;
            }
        }
    }
    for (int i = 0; i < g->n_node; i++) { /* and whose input still is one */
        const dna_node *node = g->nodes[i];
        if (bits[i] > 0 && !is_source(node->in[0]) && bits[node->in[0]->id] == 0) {
            bits[i] = 0;
        }
    }
}

static int
find_bits(dna_program *p, const dna_node *image, dna_bits **out)
{
    for (int i = 0; i < p->n_bits; i++) {
        if (p->bits[i]->image == image) {
            *out = p->bits[i];
            return DNA_OK;
        }
    }
    if (p->n_bits == DNA_MAX_BITS) {
        *out = NULL;
        return DNA_OK;
    }
    *out = dna_arena_alloc(p->arena, 1, sizeof(**out));
    if (*out == NULL) {
        return DNA_ENOMEM;
    }
    (*out)->image = image;
    p->bits[p->n_bits++] = *out;
    return DNA_OK;
}

static int
new_table(dna_program *p, const dna_node *node, int bits)
{
    const dna_node *in = node->in[0];
    dna_table *t = NULL;
    dna_chain *chain = p->chains[node->id];
    dna_bits *of = NULL;
    int rc = DNA_OK;

    if (is_source(in)) {
        DNA_TRY(find_bits(p, in, &of));
    } else {
        of = p->tables[in->id] == NULL ? NULL : p->tables[in->id]->of;
    }
    if (of == NULL) {
        return DNA_OK;
    }
    t = dna_arena_alloc(p->arena, 1, sizeof(*t));
    DNA_REQUIRE(t != NULL, DNA_ENOMEM, "%s", dna_message());
    *t = (dna_table){.of = of, .bits = bits};
    size_t size = ((size_t)node->dim[1] << bits) * sizeof(float);
    t->value = dna_buffer_new(p, 0, size, "table");
    DNA_REQUIRE(t->value != NULL, DNA_ENOMEM, "%s", dna_message());
    of->bits = DNA_MAX(of->bits, bits);
    of->is_used[bits] = true;
    p->tables[node->id] = t;
    if (chain != NULL && chain->conv == node) { /* the norm has a table of its own */
        if (chain->norm != NULL) {
            p->chains[chain->norm->id] = NULL;
        }
        chain->norm = NULL;
        chain->x = node;
        chain->is_by_table = true;
    }
out:
    return rc;
}

int
dna_find_tables(dna_program *p)
{
    const dna_graph *g = p->g;
    int *bits = NULL;
    int rc = DNA_OK;

    DNA_NEW(bits, g->n_node);
    for (int i = 0; i < g->n_node; i++) {
        const dna_node *node = g->nodes[i];
        const dna_node *in = node->n_in > 0 ? node->in[0] : NULL;
        bool is_inner = p->chains[i] != NULL && node != p->chains[i]->conv
                        && node != p->chains[i]->norm;
        if (in != NULL && !is_inner) {
            bits[i] = bits_of(node, is_source(in) ? 1 : bits[in->id]);
        }
    }
    drop_others(p, bits);
    for (int i = 0; i < g->n_node; i++) {
        if (bits[i] > 0) {
            DNA_TRY(new_table(p, g->nodes[i], bits[i]));
        }
    }
    for (int i = 0; i < g->n_node; i++) {
        const dna_node *node = g->nodes[i];
        dna_table *t = node->n_in > 0 ? p->tables[node->in[0]->id] : NULL;
        if (t != NULL && is_row_mean(node)) {
            t->of->is_placed[t->bits] = true;
        }
    }
out:
    dna_free(bits);
    return rc;
}

bool
dna_is_by_table(const dna_program *p, const dna_node *node)
{
    return p->tables[node->id] != NULL
           || (is_row_mean(node) && p->tables[node->in[0]->id] != NULL);
}

/* ---- the input at hand ---- */

typedef struct {
    const dna_program *p;
    bool is_other[DNA_MAX_CHUNK]; /* by chunk */
} fit_run;

static int
run_fit(void *payload, int64_t chunk, int worker)
{
    fit_run *f = payload;
    const dna_program *p = f->p;
    int64_t b0 = chunk * p->chunk;
    dna_exec e = {.p = p, .b0 = b0, .worker = worker};
    bool fits = true;
    for (int i = 0; i < p->n_bits; i++) {
        const dna_tensor_value *x = &p->values[p->bits[i]->image->id];
        for (int64_t b = 0; fits && b < DNA_MIN(p->chunk, p->batch - b0); b++) {
            fits = p->k->tables->is_binary(dna_at(&e, x) + b * x->stride[0], x->size);
        }
    }
    f->is_other[chunk] = !fits;
    return DNA_OK;
}

int
dna_tables_fit(const dna_program *p, bool *fit)
{
    fit_run f = {.p = p};
    int rc = dna_pool_run(p->pool, p->n_chunk, run_fit, &f);
    *fit = true;
    for (int64_t k = 0; k < p->n_chunk; k++) {
        *fit = *fit && !f.is_other[k];
    }
    return rc;
}

/* description_build.c - from a description and sizes to a graph.
 *
 * SPDX-License-Identifier: MIT
 *
 * The layers are unfolded into a flat list (description_unfold.c); then each is recorded in
 * order. A layer reads layers before it, so a list in order has no cycles; what looks forward
 * is told apart from what goes round.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "nets/description_builder.h"
#include "nn/node.h"

/* ---- inputs ------------------------------------------------------------------------- */

/* Whether u reads, over other layers, the layer `aim`; the way there is added to s. Each
 * layer is looked at once. */
static bool
leads_to(dna_net_builder *b, dna_layer_unit *u, const char *aim, dna_str *s)
{
    const int at = (int)(u - b->units);
    const bool reads_before = u->item->n_from == 0 && u->item->op->min_in > 0 && at > 0;
    bool found = false;

    if (u->is_seen) {
        return false;
    }
    u->is_seen = true;
    for (int i = 0; i < u->item->n_from && !found; i++) {
        dna_layer_unit *next = dna_net_find_unit(b, b->n_unit, u->from[i]);
        found =
            strcmp(u->from[i], aim) == 0 || (next != NULL && leads_to(b, next, aim, s));
    }
    if (reads_before) {
        dna_layer_unit *next = &b->units[at - 1];
        found = dna_str_equal(next->name, aim) || leads_to(b, next, aim, s);
    }
    if (found) {
        dna_str_addf(s, " <- \"%s\"", u->name != NULL ? u->name : u->item->op->name);
    }
    return found;
}

static int
missing_input(dna_net_builder *b, int at, const char *name)
{
    const dna_layer_unit *u = &b->units[at];
    dna_layer_unit *later = dna_net_find_unit(b, b->n_unit, name);
    const char **names = NULL;
    dna_str s;
    int n = 0;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    if (u->name != NULL && later != NULL && leads_to(b, later, u->name, &s)) {
        rc = DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
            "a cycle: \"%s\"%s <- \"%s\"; a layer can read those before it only",
            u->name, later == u ? "" : dna_str_text(&s), u->name);
    } else if (later != NULL) {
        rc = DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
            "reads \"%s\", which comes later (line %d): put it before", name,
            later->item->source->line);
    } else {
        names = dna_arena_alloc(b->arena, (size_t)at + 3, sizeof(*names));
        DNA_REQUIRE(names != NULL, DNA_ENOMEM, "%s", dna_message());
        names[n++] = "input";
        names[n++] = "snps";
        names[n++] = "positions";
        for (int i = 0; i < at; i++) {
            if (b->units[i].name != NULL) {
                names[n++] = b->units[i].name;
            }
        }
        const char *nearest = dna_nearest_name(name, names, n);
        rc = DNA_LAYER_FAIL(b, DNA_ENOTFOUND, u->item->source,
            "there is no layer or input \"%s\"%s%s%s", name,
            nearest != NULL ? ", did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "");
    }
out:
    dna_str_clear(&s);
    return rc;
}

/* What the network reads: the matrix, or one part of it. */
static int
find_source(
    dna_node **out, dna_net_builder *b, const dna_layer_unit *u, const char *name)
{
    const dna_net_sizes *s = b->sizes;

    if (strcmp(name, "positions") == 0) {
        if (!s->concat) {
            return DNA_LAYER_FAIL(b, DNA_ESHAPE, u->item->source,
                "reads positions, and the data have no row of them (snp_format: concat)");
        }
        b->positions =
            b->positions != NULL ? b->positions : dna_slice(b->g, b->x, 1, 0, 1);
        *out = b->positions;
    } else if (strcmp(name, "snps") == 0 && s->concat) {
        b->snps = b->snps != NULL ? b->snps : dna_slice(b->g, b->x, 1, 1, s->n_indiv);
        *out = b->snps;
    } else {
        *out = b->x;
    }
    return DNA_OK;
}

static int
find_inputs(dna_node **in, int *n, dna_net_builder *b, int at)
{
    dna_layer_unit *u = &b->units[at];
    int rc = DNA_OK;

    *n = u->item->n_from;
    if (*n == 0 && u->item->op->min_in > 0) {
        *n = 1;
        in[0] = at == 0 ? b->x : b->units[at - 1].node;
        if (at > 0) {
            b->units[at - 1].n_use++;
        }
    }
    for (int i = 0; i < u->item->n_from; i++) {
        dna_layer_unit *from = dna_net_find_unit(b, at, u->from[i]);
        if (from != NULL) {
            from->n_use++;
            in[i] = from->node;
        } else if (dna_net_is_source(u->from[i])) {
            DNA_TRY(find_source(&in[i], b, u, u->from[i]));
        } else {
            rc = missing_input(b, at, u->from[i]);
            goto out;
        }
    }
out:
    return rc;
}

/* ---- layers ------------------------------------------------------------------------- */

/* "fc1: " of what has a name that the engine's messages do not say. */
static const char *
prefix(const dna_layer_unit *u, char *buf, size_t size)
{
    if (u->name == NULL || u->item->op->has_params) {
        return "";
    }
    snprintf(buf, size, "%s: ", u->name);
    return buf;
}

static int
whole_number(dna_net_builder *b, const dna_layer_unit *u, const dna_layer_arg *arg,
    double v, int64_t *out)
{
    const char *name = u->name != NULL ? u->name : u->item->op->name;

    if (v != floor(v) || fabs(v) > DNA_LAYER_MAX_EXTENT) {
        return DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
            "%s: %s is %.10g, not a whole number", name, arg->name, v);
    }
    if (v < arg->min) {
        return DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
            "%s: %s is %.10g, at least %.10g is needed", name, arg->name, v, arg->min);
    }
    *out = (int64_t)v;
    return DNA_OK;
}

static int
read_argument(dna_net_builder *b, const dna_layer_unit *u, int i, dna_arg_value *out)
{
    const dna_layer_arg *arg = &u->item->op->args[i];
    const dna_layer_formulas *f = &u->item->arg[i];
    double v = 0;
    int rc = DNA_OK;

    *out = dna_layer_arg_default(arg);
    if (f->count == 0) {
        return DNA_OK;
    }
    out->count = f->count;
    for (int k = 0; k < f->count; k++) {
        DNA_TRY(dna_net_evaluate(b, f->e[k], u->values, u->item->source, "layers", &v));
        out->number = v;
        if (arg->kind == DNA_ARG_FLAG) {
            out->n[k] = v != 0;
        } else if (arg->kind != DNA_ARG_NUMBER) {
            DNA_TRY(whole_number(b, u, arg, v, &out->n[k]));
        } else if (v < arg->min || (v == arg->min && arg->is_min_open)) {
            rc = DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
                "%s: %s is %g, %s %g is needed",
                u->name != NULL ? u->name : u->item->op->name, arg->name, v,
                arg->is_min_open ? "above" : "at least", arg->min);
            goto out;
        }
    }
out:
    return rc;
}

static int
init_layer(dna_net_builder *b, const dna_layer_unit *u, const char *layer)
{
    for (int i = 0; i < u->item->n_init; i++) {
        const dna_layer_init *init = &u->item->init[i];
        if (dna_graph_init(b->g, layer, init->part, init->init) == 0) {
            return DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
                "%s: init: it has no parameter \"%s\"", layer, init->part);
        }
    }
    return DNA_OK;
}

/* The layer whose parameters u uses: its own, or those of one before. */
static int
find_params(dna_net_builder *b, int at, const char **layer)
{
    const dna_layer_unit *u = &b->units[at];

    *layer = u->name != NULL ? u->name : "";
    if (u->shares == NULL) {
        return DNA_OK;
    }
    const dna_layer_unit *other = dna_net_find_unit(b, at, u->shares);
    if (other == NULL || other->item->op != u->item->op || !u->item->op->has_params) {
        return DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
            "%s: shares the parameters of \"%s\", which is no %s before it", *layer,
            u->shares, u->item->op->name);
    }
    *layer = other->name;
    return DNA_OK;
}

/* Record a node, or the message of the engine with the place in the file. */
static int
record(dna_net_builder *b, dna_layer_unit *u, const dna_layer_op *op,
    const dna_layer_call *call)
{
    char buf[DNA_LAYER_MAX_NAME + 4];

    u->node = op->build(b->g, call);
    if (u->node == NULL || b->g->rc < 0) {
        int rc = dna_graph_output(b->g, NULL);
        return rc == DNA_ENOMEM ? rc
                                : DNA_LAYER_FAIL(b, rc, u->item->source, "%s%s",
                                    prefix(u, buf, sizeof(buf)), dna_message());
    }
    return DNA_OK;
}

static int
add_layer(dna_net_builder *b, int at)
{
    dna_layer_unit *u = &b->units[at];
    const dna_layer_op *op = u->item->op;
    dna_node *in[64] = {NULL};
    dna_arg_value args[DNA_LAYER_MAX_ARG];
    dna_layer_call call = {.in = in, .arg = args};
    int rc = DNA_OK;

    DNA_TRY(find_inputs(in, &call.n_in, b, at));
    for (int i = 0; i < 4; i++) { /* d1 to d4 */
        bool has_dim = call.n_in > 0 && i + 1 < dna_node_n_dim(in[0]);
        u->values[DNA_LAYER_D1 + i] =
            has_dim ? (double)dna_node_dim(in[0], i + 1) : (double)NAN;
    }
    for (int i = 0; i < dna_layer_op_n_arg(op); i++) {
        DNA_TRY(read_argument(b, u, i, &args[i]));
    }
    DNA_TRY(find_params(b, at, &call.layer));
    DNA_TRY(record(b, u, op, &call));
    DNA_TRY(init_layer(b, u, call.layer));
    if (u->item->activation != NULL) {
        op = u->item->activation;
        in[0] = u->node;
        call.n_in = 1;
        for (int i = 0; i < dna_layer_op_n_arg(op); i++) {
            args[i] = dna_layer_arg_default(&op->args[i]);
        }
        DNA_TRY(record(b, u, op, &call));
    }
out:
    return rc;
}

static int
find_output(dna_node **out, dna_net_builder *b)
{
    const dna_value *source = b->d->output_source;
    dna_layer_unit *last = b->n_unit > 0 ? &b->units[b->n_unit - 1] : NULL;
    const char *wanted = "the last one";
    char shape[DNA_SHAPE_TEXT];

    if (b->d->output != NULL) {
        int rc = dna_net_expand_text(&wanted, b, b->d->output, source);
        if (rc < 0) {
            return rc;
        }
        last = dna_net_find_unit(b, b->n_unit, wanted);
    }
    if (last == NULL) {
        return dna_net_description_fail(DNA_ENOTFOUND, b->def->name,
            source != NULL ? source : b->d->source, "output",
            "there is no layer \"%s\"", wanted);
    }
    last->n_use++;
    *out = last->node;
    if (dna_node_n_dim(*out) != 2 || dna_node_dim(*out, 1) != b->sizes->n_outputs) {
        return dna_net_description_fail(DNA_ESHAPE, b->def->name, last->item->source,
            "output",
            "layer \"%s\" gives %s, the output must be [N, n_outputs], [N, %lld] here",
            last->name != NULL ? last->name : last->item->op->name,
            dna_node_shape_text(*out, shape, sizeof(shape)),
            (long long)b->sizes->n_outputs);
    }
    for (int i = 0; i < b->n_unit; i++) {
        const dna_layer_unit *u = &b->units[i];
        if (u->n_use == 0) {
            return DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
                "nothing reads layer \"%s\", and it is not the output",
                u->name != NULL ? u->name : u->item->op->name);
        }
    }
    return DNA_OK;
}

int
dna_net_description_build(dna_node **out, dna_graph *g, const dna_net_def *def,
    const void *opts, const dna_net_sizes *sizes, dna_node *x)
{
    dna_net_builder b = {
        .def = def, .d = def->description, .sizes = sizes, .g = g, .x = x};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&b.arena));
    DNA_TRY(dna_net_fill_values(&b, opts));
    DNA_TRY(dna_net_check_needs(&b));
    DNA_TRY(dna_net_unfold(&b, b.d->items, b.d->n_item));
    for (int i = 0; i < b.n_unit; i++) {
        DNA_TRY(add_layer(&b, i));
    }
    DNA_TRY(find_output(out, &b));
out:
    dna_free(b.units);
    dna_arena_free(b.arena);
    return rc;
}

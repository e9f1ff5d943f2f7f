/* description_build.c - from a description and sizes to a graph.
 *
 * SPDX-License-Identifier: MIT
 *
 * First the layers are unfolded into a flat list with their names and the values that
 * formulas see; then each is recorded in order. A layer reads layers before it, so a list
 * in order has no cycles; what looks forward is told apart from what goes round.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "nets/description_parts.h"
#include "nn/node.h"

#define MAX_ROUND  65536 /* of all repeats together */
#define MAX_EXTENT ((double)((int64_t)1 << 40))

/* A layer of the unfolded list. */
typedef struct {
    const dna_layer_item *item;
    const char *name, *shares; /* NULL: none */
    const char **from;         /* [item->n_from] */
    double *values;            /* what formulas see */
    dna_node *node;
    int n_use;
    bool is_seen; /* of a search for cycles */
} unit;

typedef struct {
    const dna_net_def *def;
    const struct dna_net_description *d;
    const dna_net_sizes *sizes;
    dna_graph *g;
    dna_arena *arena; /* gone after the build */
    double values[DNA_LAYER_MAX_VALUE];
    unit *units;
    int n_unit, cap_unit;
    int64_t n_round;
    dna_node *x, *snps, *positions;
} builder;

#define FAIL(b, code, at, ...) \
    dna_net_description_fail(code, (b)->def->name, at, "layers", __VA_ARGS__)

/* ---- values ------------------------------------------------------------------------- */

static int
evaluate(builder *b, const dna_expression *e, const double *values, const dna_value *at,
    const char *key, double *out)
{
    int rc = dna_expression_eval(e, values, NULL, out);
    if (rc < 0) {
        return dna_net_description_fail(rc, b->def->name, at, key, "%s", dna_message());
    }
    if (!isfinite(*out)) {
        return dna_net_description_fail(
            DNA_EARG, b->def->name, at, key, "a formula gives %g", *out);
    }
    return DNA_OK;
}

/* A setting as a number; a text is the place in its choices. */
static int
param_value(builder *b, const dna_field *f, int place, const void *opts, double *out)
{
    const char *at = (const char *)opts + f->offset;
    const dna_expression_name *name = &b->d->names[place];
    int64_t integer = 0;
    int flag = 0;
    const char *text = NULL;

    if (f->kind == DNA_KIND_INT) {
        memcpy(&integer, at, sizeof(integer));
        *out = (double)integer;
    } else if (f->kind == DNA_KIND_BOOL) {
        memcpy(&flag, at, sizeof(flag));
        *out = flag;
    } else if (f->kind == DNA_KIND_FLOAT) {
        memcpy(out, at, sizeof(*out));
    } else {
        memcpy(&text, at, sizeof(text));
        for (int64_t i = 0; i < name->n_label; i++) {
            if (dna_str_equal(text, name->labels[i])) {
                *out = (double)i;
                return DNA_OK;
            }
        }
        return dna_fail(DNA_EARG, "network %s: params.%s: \"%s\" is none of %s",
            b->def->name, f->key, text != NULL ? text : "", f->choices);
    }
    return DNA_OK;
}

static int
fill_values(builder *b, const void *opts)
{
    const struct dna_net_description *d = b->d;
    const dna_net_sizes *s = b->sizes;
    int place = DNA_LAYER_N_FIXED;
    int rc = DNA_OK;

    for (int i = 0; i < DNA_LAYER_N_SNP; i++) {
        b->values[i] = (double)NAN;
    }
    b->values[DNA_LAYER_N_SNP] = (double)s->n_snp;
    b->values[DNA_LAYER_N_INDIV] = (double)s->n_indiv;
    b->values[DNA_LAYER_N_ROWS] = (double)dna_net_n_row(s);
    b->values[DNA_LAYER_N_OUTPUTS] = (double)s->n_outputs;
    b->values[DNA_LAYER_HAS_POSITIONS] = s->concat;
    for (int i = 0; i < d->n_param; i++, place++) {
        DNA_TRY(param_value(b, &b->def->fields[i], place, opts, &b->values[place]));
    }
    for (int i = 0; i < d->n_let; i++, place++) {
        DNA_TRY(evaluate(
            b, d->let[i], b->values, d->let_source[i], "let", &b->values[place]));
    }
out:
    return rc;
}

typedef struct {
    const builder *b;
    dna_str *s;
    uint64_t told[DNA_LAYER_MAX_VALUE / 64];
} told_values;

static int
tell_value(void *payload, int64_t place)
{
    told_values *t = payload;
    uint64_t bit = (uint64_t)1 << (place % 64);
    const dna_expression_name *name = &t->b->d->names[place];

    if ((t->told[place / 64] & bit) == 0) {
        t->told[place / 64] |= bit;
        dna_str_addf(t->s, "%s%s is ", t->s->len > 0 ? ", " : "", name->name);
        if (name->labels != NULL) {
            dna_str_add(t->s, name->labels[(int64_t)t->b->values[place]]);
        } else {
            dna_str_addf(t->s, "%.10g", t->b->values[place]);
        }
    }
    return DNA_OK;
}

static int
check_needs(builder *b)
{
    const struct dna_net_description *d = b->d;
    double holds = 0;
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    for (int i = 0; i < d->n_need; i++) {
        DNA_TRY(evaluate(b, d->need[i], b->values, d->need_source[i], "needs", &holds));
        if (holds == 0) {
            told_values t = {.b = b, .s = &s};
            DNA_TRY(dna_expression_each_use(d->need[i], tell_value, &t));
            rc = dna_fail(DNA_ESHAPE, "network %s: needs %s; %s", b->def->name,
                d->need_source[i]->text, dna_str_text(&s));
            goto out;
        }
    }
out:
    dna_str_clear(&s);
    return rc;
}

/* ---- unfolding ---------------------------------------------------------------------- */

static bool
is_name(const char *s)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return s[0] != '\0' && strspn(s, allowed) == strlen(s);
}

static int
expand_text(const char **out, builder *b, const dna_layer_text *t, const dna_value *at)
{
    dna_str s;
    double v = 0;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    for (int i = 0; i < t->n; i++) {
        if (t->text[i] != NULL) {
            dna_str_add(&s, t->text[i]);
            continue;
        }
        DNA_TRY(evaluate(b, t->formula[i], b->values, at, "layers", &v));
        if (v != floor(v) || fabs(v) > MAX_EXTENT) {
            rc = FAIL(b, DNA_EARG, at, "a formula in a name gives %.10g", v);
            goto out;
        }
        dna_str_addf(&s, "%lld", (long long)v);
    }
    DNA_TRY(dna_str_status(&s));
    if (!is_name(dna_str_text(&s)) || s.len >= DNA_LAYER_MAX_NAME) {
        rc = FAIL(b, DNA_EARG, at,
            "\"%.60s\" is no name of a layer: up to %d letters, digits, _, . and -",
            dna_str_text(&s), DNA_LAYER_MAX_NAME - 1);
        goto out;
    }
    *out = dna_arena_strdup(b->arena, dna_str_text(&s));
    rc = *out == NULL ? DNA_ENOMEM : DNA_OK;
out:
    dna_str_clear(&s);
    return rc;
}

static unit *
find_unit(const builder *b, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (b->units[i].name != NULL && strcmp(b->units[i].name, name) == 0) {
            return &b->units[i];
        }
    }
    return NULL;
}

static bool
is_source(const char *name)
{
    return strcmp(name, "input") == 0 || strcmp(name, "snps") == 0
           || strcmp(name, "positions") == 0;
}

static int
check_new_name(builder *b, const unit *u)
{
    const unit *old = find_unit(b, b->n_unit, u->name);

    if (is_source(u->name)) {
        return FAIL(b, DNA_EARG, u->item->source,
            "\"%s\" is the name of an input of the network", u->name);
    }
    if (old == NULL) {
        return DNA_OK;
    }
    return old->item == u->item ? FAIL(b, DNA_EARG, u->item->source,
               "the name \"%s\" comes in each round; one such as \"%s.{k}\" with index: k does not",
               u->name, u->name)
                                : FAIL(b, DNA_EARG, u->item->source,
                                    "there are two layers \"%s\"; the first is in line %d",
                                    u->name, old->item->source->line);
}

static int
unfold_layer(builder *b, const dna_layer_item *item)
{
    const size_t n_value = DNA_LAYER_MAX_VALUE;
    int rc = DNA_OK;

    if (b->n_unit == b->cap_unit) {
        int cap = b->cap_unit == 0 ? 64 : 2 * b->cap_unit;
        unit *units = dna_realloc(b->units, (size_t)cap, sizeof(*units));
        DNA_REQUIRE(units != NULL, DNA_ENOMEM, "%s", dna_message());
        b->units = units;
        b->cap_unit = cap;
    }
    if (b->n_unit == DNA_LAYER_MAX_COUNT) {
        rc = FAIL(b, DNA_EARG, item->source, "more than %d layers in all",
            DNA_LAYER_MAX_COUNT);
        goto out;
    }
    unit *u = &b->units[b->n_unit];
    *u = (unit){.item = item};
    u->from =
        dna_arena_alloc(b->arena, (size_t)DNA_MAX(item->n_from, 1), sizeof(*u->from));
    u->values = dna_arena_alloc(b->arena, n_value, sizeof(*u->values));
    DNA_REQUIRE(u->from != NULL && u->values != NULL, DNA_ENOMEM, "%s", dna_message());
    memcpy(u->values, b->values, n_value * sizeof(*u->values));
    for (int i = 0; i < item->n_from; i++) {
        DNA_TRY(expand_text(&u->from[i], b, item->from[i], item->source));
    }
    if (item->shares != NULL) {
        DNA_TRY(expand_text(&u->shares, b, item->shares, item->source));
    }
    if (item->name != NULL) {
        DNA_TRY(expand_text(&u->name, b, item->name, item->source));
        DNA_TRY(check_new_name(b, u));
    }
    b->n_unit++;
out:
    return rc;
}

static int unfold(builder *b, const dna_layer_item *items, int64_t n);

static int
unfold_repeat(builder *b, const dna_layer_item *item)
{
    double times = (double)item->n_list_entry;
    int rc = DNA_OK;

    if (item->times != NULL) {
        DNA_TRY(evaluate(b, item->times, b->values, item->source, "layers", &times));
    }
    if (times != floor(times) || times < 0 || times > DNA_LAYER_MAX_COUNT) {
        rc = FAIL(b, DNA_EARG, item->source,
            "repeat is %.10g, 0 to %d whole times are possible", times,
            DNA_LAYER_MAX_COUNT);
        goto out;
    }
    for (int64_t k = 0; k < (int64_t)times; k++) {
        if (b->n_round++ > MAX_ROUND) {
            rc = FAIL(b, DNA_EARG, item->source, "too many rounds, over %d", MAX_ROUND);
            goto out;
        }
        for (int i = 0; i < item->n_list; i++) {
            DNA_TRY(evaluate(b, item->list[i].e[k], b->values, item->source, "layers",
                &b->values[item->list[i].place]));
        }
        if (item->index >= 0) {
            b->values[item->index] = (double)k;
        }
        DNA_TRY(unfold(b, item->items, item->n_item));
    }
out:
    return rc;
}

static int
unfold(builder *b, const dna_layer_item *items, int64_t n)
{
    double holds = 1;
    int rc = DNA_OK;

    for (int64_t i = 0; i < n; i++) {
        const dna_layer_item *item = &items[i];
        holds = 1;
        if (item->when != NULL) {
            DNA_TRY(evaluate(b, item->when, b->values, item->source, "layers", &holds));
        }
        if (holds != 0) {
            DNA_TRY(item->op == NULL ? unfold_repeat(b, item) : unfold_layer(b, item));
        }
    }
out:
    return rc;
}

/* ---- inputs ------------------------------------------------------------------------- */

/* Whether u reads, over other layers, the layer `aim`; the way there is added to s. Each
 * layer is looked at once. */
static bool
leads_to(builder *b, unit *u, const char *aim, dna_str *s)
{
    const int at = (int)(u - b->units);
    const bool reads_before = u->item->n_from == 0 && u->item->op->min_in > 0 && at > 0;
    bool found = false;

    if (u->is_seen) {
        return false;
    }
    u->is_seen = true;
    for (int i = 0; i < u->item->n_from && !found; i++) {
        unit *next = find_unit(b, b->n_unit, u->from[i]);
        found =
            strcmp(u->from[i], aim) == 0 || (next != NULL && leads_to(b, next, aim, s));
    }
    if (reads_before) {
        unit *next = &b->units[at - 1];
        found = dna_str_equal(next->name, aim) || leads_to(b, next, aim, s);
    }
    if (found) {
        dna_str_addf(s, " <- \"%s\"", u->name != NULL ? u->name : u->item->op->name);
    }
    return found;
}

static int
missing_input(builder *b, int at, const char *name)
{
    const unit *u = &b->units[at];
    unit *later = find_unit(b, b->n_unit, name);
    const char **names = NULL;
    dna_str s;
    int n = 0;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    if (u->name != NULL && later != NULL && leads_to(b, later, u->name, &s)) {
        rc = FAIL(b, DNA_EARG, u->item->source,
            "a cycle: \"%s\"%s <- \"%s\"; a layer can read those before it only",
            u->name, later == u ? "" : dna_str_text(&s), u->name);
    } else if (later != NULL) {
        rc = FAIL(b, DNA_EARG, u->item->source,
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
        rc = FAIL(b, DNA_ENOTFOUND, u->item->source,
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
find_source(dna_node **out, builder *b, const unit *u, const char *name)
{
    const dna_net_sizes *s = b->sizes;

    if (strcmp(name, "positions") == 0) {
        if (!s->concat) {
            return FAIL(b, DNA_ESHAPE, u->item->source,
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
find_inputs(dna_node **in, int *n, builder *b, int at)
{
    unit *u = &b->units[at];
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
        unit *from = find_unit(b, at, u->from[i]);
        if (from != NULL) {
            from->n_use++;
            in[i] = from->node;
        } else if (is_source(u->from[i])) {
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
prefix(const unit *u, char *buf, size_t size)
{
    if (u->name == NULL || u->item->op->has_params) {
        return "";
    }
    snprintf(buf, size, "%s: ", u->name);
    return buf;
}

static int
whole_number(
    builder *b, const unit *u, const dna_layer_arg *arg, double v, int64_t *out)
{
    const char *name = u->name != NULL ? u->name : u->item->op->name;

    if (v != floor(v) || fabs(v) > MAX_EXTENT) {
        return FAIL(b, DNA_EARG, u->item->source, "%s: %s is %.10g, not a whole number",
            name, arg->name, v);
    }
    if (v < arg->min) {
        return FAIL(b, DNA_EARG, u->item->source,
            "%s: %s is %.10g, at least %.10g is needed", name, arg->name, v, arg->min);
    }
    *out = (int64_t)v;
    return DNA_OK;
}

static int
read_argument(builder *b, const unit *u, int i, dna_arg_value *out)
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
        DNA_TRY(evaluate(b, f->e[k], u->values, u->item->source, "layers", &v));
        out->number = v;
        if (arg->kind == DNA_ARG_FLAG) {
            out->n[k] = v != 0;
        } else if (arg->kind != DNA_ARG_NUMBER) {
            DNA_TRY(whole_number(b, u, arg, v, &out->n[k]));
        } else if (v < arg->min || (v == arg->min && arg->is_min_open)) {
            rc = FAIL(b, DNA_EARG, u->item->source, "%s: %s is %g, %s %g is needed",
                u->name != NULL ? u->name : u->item->op->name, arg->name, v,
                arg->is_min_open ? "above" : "at least", arg->min);
            goto out;
        }
    }
out:
    return rc;
}

static int
init_layer(builder *b, const unit *u, const char *layer)
{
    for (int i = 0; i < u->item->n_init; i++) {
        const dna_layer_init *init = &u->item->init[i];
        if (dna_graph_init(b->g, layer, init->part, init->init) == 0) {
            return FAIL(b, DNA_EARG, u->item->source,
                "%s: init: it has no parameter \"%s\"", layer, init->part);
        }
    }
    return DNA_OK;
}

/* The layer whose parameters u uses: its own, or those of one before. */
static int
find_params(builder *b, int at, const char **layer)
{
    const unit *u = &b->units[at];

    *layer = u->name != NULL ? u->name : "";
    if (u->shares == NULL) {
        return DNA_OK;
    }
    const unit *other = find_unit(b, at, u->shares);
    if (other == NULL || other->item->op != u->item->op || !u->item->op->has_params) {
        return FAIL(b, DNA_EARG, u->item->source,
            "%s: shares the parameters of \"%s\", which is no %s before it", *layer,
            u->shares, u->item->op->name);
    }
    *layer = other->name;
    return DNA_OK;
}

/* Record a node, or the message of the engine with the place in the file. */
static int
record(builder *b, unit *u, const dna_layer_op *op, const dna_layer_call *call)
{
    char buf[DNA_LAYER_MAX_NAME + 4];

    u->node = op->build(b->g, call);
    if (u->node == NULL || b->g->rc < 0) {
        int rc = dna_graph_output(b->g, NULL);
        return rc == DNA_ENOMEM ? rc
                                : FAIL(b, rc, u->item->source, "%s%s",
                                    prefix(u, buf, sizeof(buf)), dna_message());
    }
    return DNA_OK;
}

static int
add_layer(builder *b, int at)
{
    unit *u = &b->units[at];
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
find_output(dna_node **out, builder *b)
{
    const dna_value *source = b->d->output_source;
    unit *last = b->n_unit > 0 ? &b->units[b->n_unit - 1] : NULL;
    const char *wanted = "the last one";
    char shape[DNA_SHAPE_TEXT];

    if (b->d->output != NULL) {
        int rc = expand_text(&wanted, b, b->d->output, source);
        if (rc < 0) {
            return rc;
        }
        last = find_unit(b, b->n_unit, wanted);
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
        const unit *u = &b->units[i];
        if (u->n_use == 0) {
            return FAIL(b, DNA_EARG, u->item->source,
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
    builder b = {.def = def, .d = def->description, .sizes = sizes, .g = g, .x = x};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&b.arena));
    DNA_TRY(fill_values(&b, opts));
    DNA_TRY(check_needs(&b));
    DNA_TRY(unfold(&b, b.d->items, b.d->n_item));
    for (int i = 0; i < b.n_unit; i++) {
        DNA_TRY(add_layer(&b, i));
    }
    DNA_TRY(find_output(out, &b));
out:
    dna_free(b.units);
    dna_arena_free(b.arena);
    return rc;
}

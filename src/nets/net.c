/* net.c - the list of networks; from settings to options to a graph.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nets/net.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"
#include "nets/description_parts.h"
#include "nets/net_defs.h"
#include "nn/node.h"

static const dna_net_def *const defs[] = {
    &dna_net_cnn,
    &dna_net_custom_cnn,
    &dna_net_mlp,
    &dna_net_spidna,
};

const dna_net_def *
dna_net_find(const char *name)
{
    for (int64_t i = 0; name != NULL && i < DNA_COUNT(defs); i++) {
        if (dna_name_matches(name, defs[i]->name)) {
            return defs[i];
        }
    }
    return NULL;
}

const dna_net_def *
dna_net_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(defs) ? defs[i] : NULL;
}

int64_t
dna_net_n_row(const dna_net_sizes *sizes)
{
    return sizes->n_indiv + (sizes->concat ? 1 : 0);
}

int
dna_net_expect_size(const char *net, const char *key, int64_t given, int64_t actual)
{
    if (given == DNA_NULL_INT || given == actual) {
        return DNA_OK;
    }
    return dna_fail(DNA_ESHAPE,
        "network %s: the data have %s %lld, it is made for %lld", net, key,
        (long long)actual, (long long)given);
}

/* The place of a setting in an options struct. */
static void *
slot(void *opts, const dna_field *f)
{
    return (char *)opts + f->offset;
}

static const void *
const_slot(const void *opts, const dna_field *f)
{
    return (const char *)opts + f->offset;
}

/* Null everywhere: what no row of params and no default fills stays "not given". */
static void
set_null(void *opts, const dna_field *fields)
{
    const double missing = (double)NAN;
    const int64_t no_int = DNA_NULL_INT;
    const int no_flag = -1;

    for (const dna_field *f = fields; f->key != NULL; f++) {
        if (f->kind == DNA_KIND_INT) {
            memcpy(slot(opts, f), &no_int, sizeof(no_int));
        } else if (f->kind == DNA_KIND_BOOL) {
            memcpy(slot(opts, f), &no_flag, sizeof(no_flag));
        } else if (f->kind == DNA_KIND_FLOAT) {
            memcpy(slot(opts, f), &missing, sizeof(missing));
        }
    }
}

/* Give an integer that is not there yet, or (is_forced) any, the data's value. */
static void
fill_int(
    void *opts, const dna_net_def *def, const char *key, int64_t value, bool is_forced)
{
    const dna_field *f = dna_field_find(def->fields, key);
    int64_t old = 0;
    if (f == NULL || value <= 0) {
        return;
    }
    memcpy(&old, slot(opts, f), sizeof(old));
    if (is_forced || old == DNA_NULL_INT) {
        memcpy(slot(opts, f), &value, sizeof(value));
    }
}

static void
fill_computed(void *opts, const dna_net_def *def, const dna_net_sizes *sizes)
{
    fill_int(opts, def, "n_outputs", sizes->n_outputs, true);
    if (!def->is_fixed_size) {
        return;
    }
    fill_int(opts, def, "n_snp", sizes->n_snp, false);
    fill_int(opts, def, "n_indiv", sizes->n_indiv, false);
    const dna_field *f = dna_field_find(def->fields, "concat");
    if (f != NULL && sizes->n_indiv > 0) {
        int flag = -1;
        memcpy(&flag, slot(opts, f), sizeof(flag));
        if (flag < 0) {
            flag = sizes->concat;
            memcpy(slot(opts, f), &flag, sizeof(flag));
        }
    }
}

int
dna_net_read_params(const void **opts, dna_arena *arena, const dna_net_def *def,
    dna_value *params, const dna_net_sizes *sizes)
{
    int rc = DNA_OK;

    if (dna_value_is_null(params)) {
        params = dna_value_map(arena);
        if (params == NULL) {
            return DNA_ENOMEM;
        }
    }
    DNA_TRY(dna_config_check(arena, params, def->fields, "network.params", NULL));
    void *bound = dna_arena_alloc(arena, 1, def->opts_size);
    if (bound == NULL) {
        return DNA_ENOMEM;
    }
    set_null(bound, def->fields);
    dna_config_bind(params, def->fields, bound);
    if (sizes != NULL) {
        fill_computed(bound, def, sizes);
        if (sizes->n_snp > 0 && sizes->n_indiv > 0 && sizes->n_outputs > 0) {
            DNA_TRY(dna_net_check(def, bound, sizes));
        }
    }
    *opts = bound;
out:
    return rc;
}

/* A setting as a value, NULL when memory is out; null stays null. */
static dna_value *
setting_value(dna_arena *arena, const dna_field *f, const void *place)
{
    int64_t integer = 0;
    double number = 0.0;
    int flag = 0;
    const char *text = NULL;

    if (f->kind == DNA_KIND_INT) {
        memcpy(&integer, place, sizeof(integer));
        return integer == DNA_NULL_INT ? dna_value_null(arena)
                                       : dna_value_int(arena, integer);
    }
    if (f->kind == DNA_KIND_BOOL) {
        memcpy(&flag, place, sizeof(flag));
        return flag < 0 ? dna_value_null(arena) : dna_value_bool(arena, flag != 0);
    }
    if (f->kind == DNA_KIND_FLOAT) {
        memcpy(&number, place, sizeof(number));
        return isnan(number) ? dna_value_null(arena) : dna_value_float(arena, number);
    }
    memcpy(&text, place, sizeof(text)); /* CHOICE and STRING: the only others in use */
    return text == NULL ? dna_value_null(arena) : dna_value_string(arena, text);
}

int
dna_net_params_to_value(dna_value **out, dna_arena *arena, const dna_net_def *def,
    const void *opts, const dna_net_sizes *sizes)
{
    int rc = DNA_OK;

    dna_value *map = dna_value_map(arena);
    if (map == NULL) {
        return DNA_ENOMEM;
    }
    for (const dna_field *f = def->fields; f->key != NULL; f++) {
        dna_value *item = strcmp(f->key, "n_outputs") == 0
                              ? dna_value_int(arena, sizes->n_outputs)
                              : setting_value(arena, f, const_slot(opts, f));
        if (item == NULL || !dna_value_is_null(item)) {
            DNA_TRY(dna_value_set(arena, map, f->key, item));
        }
    }
    *out = map;
out:
    return rc;
}

static int
check_range(const dna_net_def *def, const char *what, int64_t n, int64_t max)
{
    if (n >= 1 && n <= max) {
        return DNA_OK;
    }
    return dna_fail(DNA_ESHAPE, "network %s: %lld %s, of 1 to %lld", def->name,
        (long long)n, what, (long long)max);
}

static int
check_sizes(const dna_net_def *def, const dna_net_sizes *sizes)
{
    int rc = DNA_OK;

    DNA_TRY(check_range(def, "individuals", sizes->n_indiv, DNA_NET_MAX_INDIV));
    DNA_TRY(check_range(def, "SNPs", sizes->n_snp, DNA_NET_MAX_SNP));
    DNA_TRY(check_range(def, "outputs", sizes->n_outputs, DNA_NET_MAX_OUTPUTS));
out:
    return rc;
}

int
dna_net_check(const dna_net_def *def, const void *opts, const dna_net_sizes *sizes)
{
    dna_graph *g = NULL;
    int rc = DNA_OK;

    if (def->description != NULL) { /* all is known when it is built */
        DNA_TRY(dna_net_build(&g, def, opts, sizes));
        goto out;
    }
    DNA_TRY(check_sizes(def, sizes));
    DNA_TRY(def->check(opts, sizes));
out:
    dna_graph_free(g);
    return rc;
}

static int
record(
    dna_graph *g, const dna_net_def *def, const void *opts, const dna_net_sizes *sizes)
{
    const int64_t dim[2] = {dna_net_n_row(sizes), sizes->n_snp};
    dna_node *x = dna_input(g, "x", 2, dim);
    dna_node *y = NULL;
    int rc = DNA_OK;

    if (def->description != NULL) {
        DNA_TRY(x == NULL ? dna_graph_output(g, NULL) : DNA_OK);
        DNA_TRY(dna_net_description_build(&y, g, def, opts, sizes, x));
        return dna_graph_output(g, y);
    }
    rc = dna_graph_output(g, def->build(g, opts, sizes, x));
    if (rc < 0) {
        dna_context("network %s", def->name);
    }
out:
    return rc;
}

int
dna_net_build(dna_graph **out, const dna_net_def *def, const void *opts,
    const dna_net_sizes *sizes)
{
    dna_graph *g = NULL;
    int rc = DNA_OK;

    DNA_TRY(def->description != NULL ? check_sizes(def, sizes)
                                     : dna_net_check(def, opts, sizes));
    DNA_TRY(dna_graph_new(&g));
    DNA_TRY(record(g, def, opts, sizes));
    *out = g;
    g = NULL;
out:
    dna_graph_free(g);
    return rc;
}

/* A batch norm that sees one entry a channel has no variance. */
bool
dna_net_needs_batch_of_two(const dna_net_def *def, const dna_graph *g)
{
    bool needs = def->needs_batch_of_two;
    for (int i = 0; i < g->n_node; i++) {
        const dna_node *node = g->nodes[i];
        needs =
            needs || (node->kind == DNA_OP_BATCH_NORM && dna_node_span(node, 2) == 1);
    }
    return needs;
}

static bool
is_same_tensor(const dna_tensor *a, const dna_tensor *b)
{
    bool is_same = strcmp(a->name, b->name) == 0 && a->n_dim == b->n_dim;
    for (int i = 0; is_same && i < a->n_dim; i++) {
        is_same = a->dim[i] == b->dim[i];
    }
    return is_same;
}

int
dna_net_check_same(const dna_net_def *def, const dna_graph *g, const dna_graph *other,
    const dna_net_sizes *sizes)
{
    bool is_same = g->n_node == other->n_node && g->n_tensor == other->n_tensor;
    const char *tensor = NULL;

    for (int i = 0; is_same && i < g->n_node; i++) {
        is_same = g->nodes[i]->kind == other->nodes[i]->kind;
    }
    for (int i = 0; is_same && tensor == NULL && i < g->n_tensor; i++) {
        if (!is_same_tensor(&g->tensors[i], &other->tensors[i])) {
            tensor = g->tensors[i].name;
        }
    }
    if (is_same && tensor == NULL) {
        return DNA_OK;
    }
    const dna_node *x = g->inputs[0];
    return dna_fail(DNA_ESHAPE,
        "network %s: %lld individuals and %lld SNPs need other %s%s than the %lld and %lld it was trained on",
        def->name, (long long)sizes->n_indiv, (long long)sizes->n_snp,
        tensor != NULL ? "parameters " : "layers", tensor != NULL ? tensor : "",
        (long long)(x->dim[1] - (sizes->concat ? 1 : 0)), (long long)x->dim[2]);
}

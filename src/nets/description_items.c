/* description_items.c - read the layers of a description.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "nets/description_parts.h"

static void *
alloc(dna_net_reader *r, int64_t n, size_t size)
{
    return dna_arena_alloc(r->arena, (size_t)DNA_MAX(n, 1), size);
}

/* ---- texts with formulas ------------------------------------------------------------ */

/* The formula in braces that begins at *at, which then is behind it. */
static int
read_piece(dna_expression **out, dna_net_reader *r, const dna_value *v, const char **at)
{
    const char *end = strchr(*at, '}');
    int rc = DNA_OK;

    if (end == NULL) {
        return dna_net_description_fail(
            DNA_EARG, r->net, v, r->at, "\"%s\": a { has no }", v->text);
    }
    dna_value piece = *v;
    piece.type = DNA_STRING;
    piece.text = dna_arena_printf(r->arena, "%.*s", (int)(end - *at - 1), *at + 1);
    DNA_REQUIRE(piece.text != NULL, DNA_ENOMEM, "%s", dna_message());
    DNA_TRY(dna_net_read_formula(out, r, &piece, false, false));
    *at = end + 1;
out:
    return rc;
}

int
dna_net_read_text(const dna_layer_text **out, dna_net_reader *r, const dna_value *v)
{
    dna_layer_text *t = alloc(r, 1, sizeof(*t));
    const char *text = dna_value_as_text(v);
    int rc = DNA_OK;

    if (text == NULL || text[0] == '\0' || strlen(text) >= DNA_LAYER_MAX_NAME) {
        return dna_net_description_fail(DNA_EARG, r->net, v, r->at,
            "a layer's name is a text of 1 to %d letters", DNA_LAYER_MAX_NAME - 1);
    }
    DNA_REQUIRE(t != NULL, DNA_ENOMEM, "%s", dna_message());
    int64_t most = (int64_t)strlen(text) + 1;
    t->text = alloc(r, most, sizeof(*t->text));
    t->formula = alloc(r, most, sizeof(*t->formula));
    DNA_REQUIRE(t->text != NULL && t->formula != NULL, DNA_ENOMEM, "%s", dna_message());
    while (*text != '\0') {
        if (*text == '{') {
            DNA_TRY(read_piece(&t->formula[t->n], r, v, &text));
        } else {
            size_t n = strcspn(text, "{");
            t->text[t->n] = dna_arena_printf(r->arena, "%.*s", (int)n, text);
            DNA_REQUIRE(t->text[t->n] != NULL, DNA_ENOMEM, "%s", dna_message());
            text += n;
        }
        t->n++;
    }
    *out = t;
out:
    return rc;
}

static int
read_from(dna_layer_item *item, dna_net_reader *r, const dna_value *from)
{
    bool is_list = from->type == DNA_LIST;
    int64_t n = is_list ? from->n : 1;
    int rc = DNA_OK;

    if (n < item->op->min_in || n > item->op->max_in) {
        const char *many = item->op->max_in > item->op->min_in ? " or more" : "";
        return dna_net_description_fail(DNA_EARG, r->net, from, r->at,
            "%s reads %lld inputs, it takes %d%s", item->op->name, (long long)n,
            item->op->min_in, many);
    }
    item->from = alloc(r, n, sizeof(*item->from));
    DNA_REQUIRE(item->from != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(dna_net_read_text(&item->from[i], r, is_list ? from->items[i] : from));
        item->n_from++;
    }
out:
    return rc;
}

/* ---- arguments ---------------------------------------------------------------------- */

static int
read_flag(dna_layer_formulas *out, dna_net_reader *r, const dna_value *v,
    const dna_layer_arg *arg)
{
    bool flag = false;

    if (!dna_value_as_bool(v, &flag)) {
        return dna_net_description_fail(
            DNA_EARG, r->net, v, r->at, "%s is true or false", arg->name);
    }
    out->e[0] = dna_expression_number(r->arena, flag);
    out->count = 1;
    return out->e[0] == NULL ? DNA_ENOMEM : DNA_OK;
}

static int
read_arg(dna_layer_formulas *out, dna_net_reader *r, const dna_value *v,
    const dna_layer_arg *arg)
{
    const bool is_list = v->type == DNA_LIST;
    const int64_t n = is_list ? v->n : 1;
    const char *what = NULL;
    int rc = DNA_OK;

    if (arg->kind == DNA_ARG_FLAG) {
        return read_flag(out, r, v, arg);
    }
    if (arg->kind == DNA_ARG_DIMS) {
        bool fits = is_list && n >= 1 && n < DNA_GRAPH_MAX_DIM;
        what = fits ? NULL : "a list of one to four numbers or formulas";
    } else if (arg->kind == DNA_ARG_PAIR) {
        what = !is_list || n == 2 ? NULL : "one number or formula, or a list of two";
    } else {
        what = !is_list ? NULL : "a number or formula, not a list";
    }
    if (what != NULL) {
        return dna_net_description_fail(
            DNA_EARG, r->net, v, r->at, "%s is %s", arg->name, what);
    }
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(dna_net_read_formula(
            &out->e[i], r, is_list ? v->items[i] : v, true, false));
        out->count++;
    }
    if (arg->kind == DNA_ARG_PAIR && out->count == 1) {
        out->e[out->count++] = out->e[0];
    }
out:
    return rc;
}

static int
read_args(dna_layer_item *item, dna_net_reader *r, const dna_value *v)
{
    const int n = dna_layer_op_n_arg(item->op);
    int rc = DNA_OK;

    for (int i = 0; i < n; i++) {
        const dna_layer_arg *arg = &item->op->args[i];
        const dna_value *given = dna_value_get(v, arg->name);
        if (given != NULL) {
            DNA_TRY(read_arg(&item->arg[i], r, given, arg));
        } else if (arg->is_required) {
            rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at,
                "%s needs \"%s\": %s", item->op->name, arg->name, arg->doc);
            goto out;
        }
    }
out:
    return rc;
}

/* ---- initial laws ------------------------------------------------------------------- */

static const struct {
    const char *name;
    dna_init_law law;
    int n;
} laws[] = {
    {"default", DNA_INIT_DEFAULT, 0},
    {"constant", DNA_INIT_CONSTANT, 1},
    {"uniform", DNA_INIT_UNIFORM, 2},
    {"normal", DNA_INIT_NORMAL, 2},
    {"truncated_normal", DNA_INIT_TRUNCATED_NORMAL, 2},
    {"glorot_uniform", DNA_INIT_GLOROT_UNIFORM, 0},
    {"glorot_normal", DNA_INIT_GLOROT_NORMAL, 0},
    {"he_uniform", DNA_INIT_HE_UNIFORM, 0},
    {"he_normal", DNA_INIT_HE_NORMAL, 0},
    {"lecun_uniform", DNA_INIT_LECUN_UNIFORM, 0},
    {"lecun_normal", DNA_INIT_LECUN_NORMAL, 0},
};

static int
unknown_law(dna_net_reader *r, const dna_value *v)
{
    dna_str s;
    dna_str_init(&s, 0);
    for (int64_t i = 0; i < DNA_COUNT(laws); i++) {
        dna_str_addf(&s, "%s%s%s", i > 0 ? ", " : "", laws[i].name,
            laws[i].n == 2   ? ": [., .]"
            : laws[i].n == 1 ? ": ."
                             : "");
    }
    int rc = dna_net_description_fail(
        DNA_EARG, r->net, v, r->at, "init: there are %s", dna_str_text(&s));
    dna_str_clear(&s);
    return rc;
}

/* 0.01, glorot_uniform, or {normal: [0, 0.05]}. */
static int
read_law(dna_init *out, dna_net_reader *r, const dna_value *v)
{
    const bool is_map = v->type == DNA_MAP && v->n == 1;
    const char *name = is_map ? v->keys[0] : dna_value_as_text(v);
    const dna_value *args = is_map ? v->items[0] : NULL;
    const bool is_list = args != NULL && args->type == DNA_LIST;
    double a[2] = {0, 0};

    if (!is_map && v->type != DNA_STRING && dna_value_as_double(v, &a[0])) {
        *out = (dna_init){.law = DNA_INIT_CONSTANT, .a = a[0]};
        return DNA_OK;
    }
    for (int64_t i = 0; name != NULL && i < DNA_COUNT(laws); i++) {
        int64_t n = args == NULL ? 0 : is_list ? args->n : 1;
        bool fits = strcmp(name, laws[i].name) == 0 && n == laws[i].n;
        for (int64_t k = 0; fits && k < n; k++) {
            fits = dna_value_as_double(is_list ? args->items[k] : args, &a[k])
                   && isfinite(a[k]);
        }
        if (fits) {
            *out = (dna_init){.law = laws[i].law, .a = a[0], .b = a[1]};
            return DNA_OK;
        }
    }
    return unknown_law(r, v);
}

static int
read_init(dna_layer_item *item, dna_net_reader *r, const dna_value *v)
{
    int rc = DNA_OK;

    if (dna_value_is_null(v)) {
        return DNA_OK;
    }
    if (v->type != DNA_MAP || !item->op->has_params) {
        return dna_net_description_fail(DNA_EARG, r->net, v, r->at,
            item->op->has_params ? "init is a mapping: {weight: ..., bias: ...}"
                                 : "init: %s has no parameters",
            item->op->name);
    }
    item->init = alloc(r, v->n, sizeof(*item->init));
    DNA_REQUIRE(item->init != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < v->n; i++) {
        item->init[i].part = v->keys[i];
        DNA_TRY(read_law(&item->init[i].init, r, v->items[i]));
        item->n_init++;
    }
out:
    return rc;
}

/* ---- a layer ------------------------------------------------------------------------ */

static int
find_op(const dna_layer_op **out, dna_net_reader *r, const dna_value *v,
    const dna_value *name)
{
    const char *text = dna_value_as_text(name);

    *out = dna_layer_op_find(text);
    if (*out != NULL) {
        return DNA_OK;
    }
    if (text == NULL) {
        return dna_net_description_fail(DNA_EARG, r->net, v, r->at,
            "a layer needs \"op\" (dnadna net ops lists them), or \"layers\" to repeat");
    }
    const char *nearest = dna_layer_op_nearest(text);
    return dna_net_description_fail(DNA_ENOTFOUND, r->net, name, r->at,
        "unknown op \"%s\"%s%s%s", text,
        nearest != NULL ? ", did you mean \"" : "; dnadna net ops lists all",
        nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static int
check_layer_keys(dna_net_reader *r, const dna_value *v, const dna_layer_op *op)
{
    static const char *const common[] = {
        "op", "name", "from", "when", "activation", "init", "shares"};
    const char *known[DNA_COUNT(common) + DNA_LAYER_MAX_ARG + 1] = {NULL};
    int n = 0;

    for (int64_t i = 0; i < DNA_COUNT(common); i++) {
        known[n++] = common[i];
    }
    for (int i = 0; i < dna_layer_op_n_arg(op); i++) {
        known[n++] = op->args[i].name;
    }
    return dna_net_check_keys(r, v, known, op->name);
}

static int
read_layer(dna_layer_item *item, dna_net_reader *r, const dna_value *v)
{
    const dna_value *name = dna_value_get(v, "name");
    const dna_value *from = dna_value_get(v, "from");
    const dna_value *when = dna_value_get(v, "when");
    const dna_value *shares = dna_value_get(v, "shares");
    const dna_value *activation = dna_value_get(v, "activation");
    int rc = DNA_OK;

    DNA_TRY(find_op(&item->op, r, v, dna_value_get(v, "op")));
    DNA_TRY(check_layer_keys(r, v, item->op));
    DNA_TRY(name != NULL ? dna_net_read_text(&item->name, r, name) : DNA_OK);
    DNA_TRY(from != NULL ? read_from(item, r, from) : DNA_OK);
    DNA_TRY(when != NULL ? dna_net_read_formula(&item->when, r, when, false, true)
                         : DNA_OK);
    if (item->op->has_params && item->name == NULL) {
        rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at,
            "%s needs a name, under which its parameters are kept", item->op->name);
        goto out;
    }
    if (from == NULL && item->op->min_in > 1) {
        rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at,
            "%s needs \"from\": the names of what it reads, %d or more", item->op->name,
            item->op->min_in);
        goto out;
    }
    if (shares != NULL) {
        DNA_TRY(dna_net_read_text(&item->shares, r, shares));
    }
    if (activation != NULL) {
        DNA_TRY(find_op(&item->activation, r, v, activation));
        if (!item->activation->is_activation) {
            rc = dna_net_description_fail(DNA_EARG, r->net, activation, r->at,
                "%s is no activation", item->activation->name);
            goto out;
        }
    }
    DNA_TRY(read_init(item, r, dna_value_get(v, "init")));
    DNA_TRY(read_args(item, r, v));
out:
    return rc;
}

/* ---- repeats ------------------------------------------------------------------------ */

static int
read_lists(dna_layer_item *item, dna_net_reader *r, const dna_value *with)
{
    int rc = DNA_OK;

    if (with->type != DNA_MAP || with->n == 0) {
        return dna_net_description_fail(DNA_EARG, r->net, with, r->at,
            "with is a mapping of names to lists, one entry a round");
    }
    item->list = alloc(r, with->n, sizeof(*item->list));
    DNA_REQUIRE(item->list != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < with->n; i++) {
        const dna_value *v = with->items[i];
        bool fits =
            v->type == DNA_LIST && v->n >= 1 && (i == 0 || v->n == item->n_list_entry);
        if (!fits) {
            rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at,
                "with: %s is no list, empty, or not as long as the one before",
                with->keys[i]);
            goto out;
        }
        dna_layer_list *list = &item->list[i];
        item->n_list_entry = v->n;
        list->e = alloc(r, v->n, sizeof(*list->e));
        DNA_REQUIRE(list->e != NULL, DNA_ENOMEM, "%s", dna_message());
        for (int64_t k = 0; k < v->n; k++) {
            DNA_TRY(dna_net_read_formula(&list->e[k], r, v->items[k], false, false));
        }
    }
    for (int64_t i = 0; i < with->n; i++) {
        DNA_TRY(
            dna_net_add_name(r, with->items[i], with->keys[i], &item->list[i].place));
        item->n_list++;
    }
out:
    return rc;
}

static int
read_repeat(dna_layer_item *item, dna_net_reader *r, const dna_value *v)
{
    static const char *const known[] = {
        "layers", "repeat", "index", "with", "when", NULL};
    const dna_value *times = dna_value_get(v, "repeat");
    const dna_value *index = dna_value_get(v, "index");
    const dna_value *with = dna_value_get(v, "with");
    const dna_value *when = dna_value_get(v, "when");
    const int n_name = r->d->n_name;
    int rc = DNA_OK;

    item->index = -1;
    DNA_TRY(dna_net_check_keys(r, v, known, "a repeat"));
    if (times != NULL ? with != NULL : with == NULL && when == NULL) {
        rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at,
            "layers within layers need either \"repeat\", how often, or \"with\", lists of values, or only \"when\"");
        goto out;
    }
    item->n_list_entry = 1;
    DNA_TRY(when != NULL ? dna_net_read_formula(&item->when, r, when, false, true)
                         : DNA_OK);
    DNA_TRY(times != NULL ? dna_net_read_formula(&item->times, r, times, false, false)
                          : DNA_OK);
    DNA_TRY(with != NULL ? read_lists(item, r, with) : DNA_OK);
    if (index != NULL) {
        if (dna_value_as_text(index) == NULL) {
            rc = dna_net_description_fail(
                DNA_EARG, r->net, index, r->at, "index is a name");
            goto out;
        }
        DNA_TRY(dna_net_add_name(r, index, dna_value_as_text(index), &item->index));
    }
    DNA_TRY(
        dna_net_read_items(&item->items, &item->n_item, r, dna_value_get(v, "layers")));
out:
    r->d->n_name = n_name; /* its names end with it */
    return rc;
}

int
dna_net_read_items(
    dna_layer_item **out, int64_t *n, dna_net_reader *r, const dna_value *list)
{
    int rc = DNA_OK;

    if (list->type != DNA_LIST || list->n == 0 || list->n > DNA_LAYER_MAX_COUNT) {
        return dna_net_description_fail(DNA_EARG, r->net, list, r->at,
            "is no list of 1 to %d layers", DNA_LAYER_MAX_COUNT);
    }
    if (++r->depth > DNA_LAYER_MAX_DEPTH) {
        return dna_net_description_fail(DNA_EARG, r->net, list, r->at,
            "repeats are nested more than %d deep", DNA_LAYER_MAX_DEPTH);
    }
    dna_layer_item *items = alloc(r, list->n, sizeof(*items));
    DNA_REQUIRE(items != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < list->n; i++) {
        const dna_value *v = list->items[i];
        items[i].source = v;
        if (v->type != DNA_MAP) {
            rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at,
                "a layer is a mapping, such as {op: relu}, not %s",
                dna_value_type_name(v));
            goto out;
        }
        DNA_TRY(dna_value_get(v, "layers") != NULL && dna_value_get(v, "op") == NULL
                    ? read_repeat(&items[i], r, v)
                    : read_layer(&items[i], r, v));
    }
    *out = items;
    *n = list->n;
out:
    r->depth--;
    return rc;
}

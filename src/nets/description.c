/* description.c - read the description of a network: its settings, what it needs, and the
 * values that formulas may use.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "nets/description_parts.h"

typedef struct dna_net_description description;

static const char *const fixed_names[DNA_LAYER_N_FIXED] = {[DNA_LAYER_D1] = "d1",
    [DNA_LAYER_D2] = "d2",
    [DNA_LAYER_D3] = "d3",
    [DNA_LAYER_D4] = "d4",
    [DNA_LAYER_N_SNP] = "n_snp",
    [DNA_LAYER_N_INDIV] = "n_indiv",
    [DNA_LAYER_N_ROWS] = "n_rows",
    [DNA_LAYER_N_OUTPUTS] = "n_outputs",
    [DNA_LAYER_HAS_POSITIONS] = "has_positions"};

int
dna_net_description_fail(int code, const char *net, const dna_value *at,
    const char *key, const char *fmt, ...)
{
    char text[1200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    code = dna_config_fail(code, at, key, "%s", text);
    if (at == NULL || at->file == NULL) {
        dna_context("network %s", net);
    }
    return code;
}

int
dna_net_check_keys(
    dna_net_reader *r, const dna_value *map, const char *const *known, const char *what)
{
    int64_t n = 0;

    if (map->type != DNA_MAP) {
        return dna_net_description_fail(DNA_EARG, r->net, map, r->at,
            "%s is %s, not a mapping", what, dna_value_type_name(map));
    }
    while (known[n] != NULL) {
        n++;
    }
    for (int64_t i = 0; i < map->n; i++) {
        bool is_known = false;
        for (int64_t k = 0; k < n && !is_known; k++) {
            is_known = strcmp(map->keys[i], known[k]) == 0;
        }
        if (!is_known) {
            const char *nearest = dna_nearest_name(map->keys[i], known, n);
            return dna_net_description_fail(DNA_EARG, r->net, map->items[i], r->at,
                "%s has no \"%s\"%s%s%s", what, map->keys[i],
                nearest != NULL ? ", did you mean \"" : "",
                nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        }
    }
    return DNA_OK;
}

/* ---- formulas ---------------------------------------------------------------------- */

static int
refuse_extent(void *payload, int64_t place)
{
    (void)payload;
    return place < DNA_LAYER_N_SNP ? dna_fail(DNA_EARG,
               "%s is known in the arguments of a layer only", fixed_names[place])
                                   : DNA_OK;
}

static int
parse_formula(dna_expression **out, dna_net_reader *r, const char *text,
    bool is_argument, bool is_condition)
{
    const dna_expression_scope scope = {r->d->names, r->d->n_name};
    int rc = DNA_OK;

    DNA_TRY(dna_expression_parse(out, r->arena, text, &scope, is_condition));
    DNA_REQUIRE(!dna_expression_draws(*out), DNA_EARG,
        "\"%.80s\" draws a number: a network has no chance in it", text);
    DNA_TRY(is_argument ? DNA_OK : dna_expression_each_use(*out, refuse_extent, NULL));
out:
    return rc;
}

int
dna_net_read_formula(dna_expression **out, dna_net_reader *r, const dna_value *v,
    bool is_argument, bool is_condition)
{
    double number = 0;
    int rc = DNA_OK;

    if (!dna_value_is_null(v) && v->type != DNA_STRING && !is_condition
        && dna_value_as_double(v, &number)) {
        *out = dna_expression_number(r->arena, number);
        rc = *out == NULL ? DNA_ENOMEM : DNA_OK;
        goto out;
    }
    if (dna_value_is_null(v) || v->type != DNA_STRING) {
        rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at, "%s is no %s",
            dna_value_is_null(v) ? "null" : dna_value_type_name(v),
            is_condition ? "condition, such as \"n_snp >= 400\"" : "number or formula");
        goto out;
    }
    rc = parse_formula(out, r, v->text, is_argument, is_condition);
    if (rc < 0 && rc != DNA_ENOMEM) {
        rc = dna_net_description_fail(rc, r->net, v, r->at, "%s", dna_message());
    }
out:
    return rc;
}

int
dna_net_add_name(dna_net_reader *r, const dna_value *at, const char *name, int *place)
{
    description *d = r->d;

    if (!dna_expression_is_name(name)) {
        return dna_net_description_fail(DNA_EARG, r->net, at, r->at,
            "\"%s\" is no name for a value: letters, digits and _, no word of formulas",
            name);
    }
    for (int i = 0; i < d->n_name; i++) {
        if (strcmp(d->names[i].name, name) == 0) {
            return dna_net_description_fail(
                DNA_EARG, r->net, at, r->at, "there is a value \"%s\" already", name);
        }
    }
    if (d->n_name == DNA_LAYER_MAX_VALUE) {
        return dna_net_description_fail(
            DNA_EARG, r->net, at, r->at, "more than %d values", DNA_LAYER_MAX_VALUE);
    }
    d->names[d->n_name] = (dna_expression_name){.name = name};
    *place = d->n_name++;
    return DNA_OK;
}

/* ---- params ------------------------------------------------------------------------ */

/* The default of a setting: itself, or `default` of a mapping. */
static const dna_value *
default_of(const dna_value *v)
{
    return v->type == DNA_MAP ? dna_value_get(v, "default") : v;
}

static int
read_choices(
    dna_net_reader *r, dna_field *f, dna_expression_name *name, const dna_value *list)
{
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    bool is_list = list->type == DNA_LIST && list->n > 0;
    for (int64_t i = 0; is_list && i < list->n; i++) {
        const char *text = dna_value_as_text(list->items[i]);
        is_list = text != NULL && text[0] != '\0' && strchr(text, '|') == NULL;
    }
    if (!is_list) {
        rc = dna_net_description_fail(
            DNA_EARG, r->net, list, "params", "choices is a list of texts");
        goto out;
    }
    const char **labels = dna_arena_alloc(r->arena, (size_t)list->n, sizeof(*labels));
    DNA_REQUIRE(labels != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < list->n; i++) {
        labels[i] = dna_value_as_text(list->items[i]);
        dna_str_addf(&s, "%s%s", i > 0 ? "|" : "", labels[i]);
    }
    DNA_TRY(dna_str_status(&s));
    f->choices = dna_arena_strdup(r->arena, dna_str_text(&s));
    DNA_REQUIRE(f->choices != NULL, DNA_ENOMEM, "%s", dna_message());
    name->labels = labels;
    name->n_label = list->n;
out:
    dna_str_clear(&s);
    return rc;
}

static int
read_param(dna_net_reader *r, dna_field *f, const char *key, const dna_value *v)
{
    static const char *const known[] = {
        "default", "min", "max", "choices", "doc", NULL};
    const dna_value *dflt = default_of(v);
    const dna_value *choices = dna_value_get(v, "choices");
    int place = 0;
    int rc = DNA_OK;

    DNA_TRY(v->type == DNA_MAP ? dna_net_check_keys(r, v, known, key) : DNA_OK);
    DNA_TRY(dna_net_add_name(r, v, key, &place));
    f->key = key;
    f->dflt = dna_value_as_text(dflt);
    f->has_min = dna_value_as_double(dna_value_get(v, "min"), &f->min);
    f->has_max = dna_value_as_double(dna_value_get(v, "max"), &f->max);
    f->doc = dna_value_as_text(dna_value_get(v, "doc"));
    f->kind = choices != NULL             ? DNA_KIND_CHOICE
              : dna_value_is_null(dflt)   ? DNA_KIND_ANY
              : dflt->type == DNA_BOOLEAN ? DNA_KIND_BOOL
              : dflt->type == DNA_INT     ? DNA_KIND_INT
              : dflt->type == DNA_FLOAT   ? DNA_KIND_FLOAT
                                          : DNA_KIND_ANY;
    if (f->kind == DNA_KIND_ANY || f->dflt == NULL) {
        rc = dna_net_description_fail(DNA_EARG, r->net, v, r->at,
            "%s needs a default: a number, a flag, or one of the texts of choices",
            key);
        goto out;
    }
    if (choices != NULL) {
        DNA_TRY(read_choices(r, f, &r->d->names[place], choices));
    }
out:
    return rc;
}

/* A config gives its own values as defaults: they must be in range, too. */
static int
check_defaults(dna_net_reader *r, const dna_field *fields, const dna_value *params)
{
    dna_value *map = dna_value_map(r->arena);
    int rc = DNA_OK;

    DNA_REQUIRE(map != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; !dna_value_is_null(params) && i < params->n; i++) {
        DNA_TRY(dna_value_set(r->arena, map, params->keys[i],
            dna_value_copy(r->arena, default_of(params->items[i]))));
    }
    DNA_TRY(dna_config_check(r->arena, map, fields, "network.params", NULL));
out:
    return rc;
}

static int
read_params(dna_net_reader *r, dna_net_def *def, const dna_value *params)
{
    int rc = DNA_OK;

    r->at = "params";
    if (!dna_value_is_null(params) && params->type != DNA_MAP) {
        return dna_net_description_fail(DNA_EARG, r->net, params, r->at,
            "is %s, not a mapping", dna_value_type_name(params));
    }
    int64_t n = dna_value_is_null(params) ? 0 : params->n;
    dna_field *fields = dna_arena_alloc(r->arena, (size_t)n + 1, sizeof(*fields));
    DNA_REQUIRE(fields != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < n; i++) {
        fields[i].offset = (size_t)i * sizeof(double); /* room for each kind */
        DNA_TRY(read_param(r, &fields[i], params->keys[i], params->items[i]));
    }
    r->d->n_param = (int)n;
    DNA_TRY(check_defaults(r, fields, params));
    def->fields = fields;
    def->opts_size = ((size_t)n + 1) * sizeof(double);
out:
    return rc;
}

/* ---- let, needs -------------------------------------------------------------------- */

static int
read_let(dna_net_reader *r, const dna_value *let)
{
    description *d = r->d;
    int place = 0;
    int rc = DNA_OK;

    r->at = "let";
    if (dna_value_is_null(let)) {
        goto out;
    }
    if (let->type != DNA_MAP) {
        rc = dna_net_description_fail(DNA_EARG, r->net, let, r->at,
            "is %s, not a mapping of names to formulas", dna_value_type_name(let));
        goto out;
    }
    d->let = dna_arena_alloc(r->arena, (size_t)let->n + 1, sizeof(*d->let));
    d->let_source = dna_arena_alloc(r->arena, (size_t)let->n + 1, sizeof(let));
    DNA_REQUIRE(
        d->let != NULL && d->let_source != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < let->n; i++) {
        DNA_TRY(dna_net_read_formula(&d->let[i], r, let->items[i], false, false));
        DNA_TRY(dna_net_add_name(r, let->items[i], let->keys[i], &place));
        d->let_source[i] = let->items[i];
        d->n_let++;
    }
out:
    return rc;
}

static int
read_needs(dna_net_reader *r, const dna_value *needs)
{
    description *d = r->d;
    int rc = DNA_OK;

    r->at = "needs";
    if (dna_value_is_null(needs)) {
        goto out;
    }
    bool is_list = needs->type == DNA_LIST;
    int64_t n = is_list ? needs->n : 1;
    d->need = dna_arena_alloc(r->arena, (size_t)n + 1, sizeof(*d->need));
    d->need_source = dna_arena_alloc(r->arena, (size_t)n + 1, sizeof(needs));
    DNA_REQUIRE(
        d->need != NULL && d->need_source != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < n; i++) {
        d->need_source[i] = is_list ? needs->items[i] : needs;
        DNA_TRY(dna_net_read_formula(&d->need[i], r, d->need_source[i], false, true));
        d->n_need++;
    }
out:
    return rc;
}

/* ---- all --------------------------------------------------------------------------- */

static int
read_all(dna_net_reader *r, dna_net_def *def, const dna_value *v)
{
    static const char *const known[] = {"name", "params", "description", "citation",
        "licence", "exchangeable", "let", "needs", "layers", "output", NULL};
    description *d = r->d;
    const dna_value *layers = dna_value_get(v, "layers");
    const dna_value *claim = dna_value_get(v, "exchangeable");
    int rc = DNA_OK;

    r->at = "network";
    DNA_TRY(dna_net_check_keys(r, v, known, "a network"));
    DNA_TRY(read_params(r, def, dna_value_get(v, "params")));
    DNA_TRY(read_let(r, dna_value_get(v, "let")));
    DNA_TRY(read_needs(r, dna_value_get(v, "needs")));
    r->at = "layers";
    if (dna_value_is_null(layers)) {
        rc = dna_net_description_fail(
            DNA_EARG, r->net, v, r->at, "is missing; a network needs a list of layers");
        goto out;
    }
    DNA_TRY(dna_net_read_items(&d->items, &d->n_item, r, layers));
    d->output_source = dna_value_get(v, "output");
    if (!dna_value_is_null(d->output_source)) {
        r->at = "output";
        DNA_TRY(dna_net_read_text(&d->output, r, d->output_source));
    }
    if (claim != NULL && !dna_value_as_bool(claim, &def->is_exchangeable)) {
        rc = dna_net_description_fail(
            DNA_EARG, r->net, claim, "exchangeable", "is no flag");
    }
out:
    return rc;
}

int
dna_net_describe(const dna_net_def **out, dna_arena *arena, const dna_value *value)
{
    dna_net_def *def = dna_arena_alloc(arena, 1, sizeof(*def));
    description *d = dna_arena_alloc(arena, 1, sizeof(*d));
    const dna_value *name = dna_value_get(value, "name");
    const dna_value *doc = dna_value_get(value, "description");
    int rc = DNA_OK;

    DNA_REQUIRE(def != NULL && d != NULL, DNA_ENOMEM, "%s", dna_message());
    def->name = dna_value_is_null(name) || name->is_default ? "described"
                                                            : dna_value_as_text(name);
    def->doc = dna_value_is_null(doc) ? "" : dna_value_as_text(doc);
    def->description = d;
    d->source = value;
    for (int i = 0; i < DNA_LAYER_N_FIXED; i++) {
        d->names[d->n_name++] = (dna_expression_name){.name = fixed_names[i]};
    }
    if (def->name == NULL || def->doc == NULL || def->name[0] == '\0') {
        rc = dna_net_description_fail(DNA_EARG, "described",
            def->doc == NULL ? doc : name, "network", "name and description are texts");
        goto out;
    }
    dna_net_reader r = {.arena = arena, .d = d, .net = def->name};
    DNA_TRY(read_all(&r, def, value));
    *out = def;
out:
    return rc;
}

int
dna_net_read_file(
    const dna_net_def **out, dna_value **value, dna_arena *arena, const char *path)
{
    int rc = DNA_OK;

    DNA_TRY(dna_config_load(value, arena, path));
    DNA_TRY(dna_net_describe(out, arena, *value));
out:
    return rc;
}

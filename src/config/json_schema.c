/* json_schema.c - field tables as JSON Schema.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/json_schema.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/yaml.h"

/* --- building blocks ----------------------------------------------------------------
 */

static dna_value *
keep(dna_schema *s, dna_value *v)
{
    if (v == NULL && s->rc == DNA_OK) {
        s->rc = DNA_ENOMEM;
    }
    return v;
}

dna_value *
dna_schema_map(dna_schema *s)
{
    return s->rc < 0 ? NULL : keep(s, dna_value_map(s->arena));
}

dna_value *
dna_schema_list(dna_schema *s)
{
    return s->rc < 0 ? NULL : keep(s, dna_value_list(s->arena));
}

dna_value *
dna_schema_text(dna_schema *s, const char *text)
{
    return s->rc < 0 ? NULL : keep(s, dna_value_string(s->arena, text));
}

dna_value *
dna_schema_parse(dna_schema *s, const char *yaml)
{
    dna_value *v = NULL;
    if (s->rc == DNA_OK) {
        s->rc = dna_yaml_parse(&v, s->arena, yaml, strlen(yaml), NULL);
    }
    return s->rc < 0 ? NULL : v;
}

dna_value *
dna_schema_ref(dna_schema *s, const char *name)
{
    dna_value *ref = dna_schema_map(s);
    const char *text = NULL;
    if (ref != NULL) {
        text = dna_arena_printf(s->arena, "#/definitions/%s", name);
    }
    dna_schema_put(s, ref, "$ref", text != NULL ? dna_schema_text(s, text) : NULL);
    return ref;
}

void
dna_schema_put(dna_schema *s, dna_value *map, const char *key, dna_value *item)
{
    if (s->rc == DNA_OK) {
        s->rc = dna_value_set(s->arena, map, key, item);
    }
}

void
dna_schema_add(dna_schema *s, dna_value *list, dna_value *item)
{
    if (s->rc == DNA_OK) {
        s->rc = dna_value_append(s->arena, list, item);
    }
}

static void
put_text(dna_schema *s, dna_value *map, const char *key, const char *text)
{
    dna_schema_put(s, map, key, dna_schema_text(s, text));
}

/* [item] */
static dna_value *
list_of(dna_schema *s, dna_value *item)
{
    dna_value *list = dna_schema_list(s);
    dna_schema_add(s, list, item);
    return list;
}

dna_value *
dna_schema_when(
    dna_schema *s, const char *key, dna_value *texts, bool is_default, dna_value *then)
{
    dna_value *when = dna_schema_map(s);
    dna_value *condition = dna_schema_map(s);
    dna_value *properties = dna_schema_map(s);
    dna_value *choice = dna_schema_map(s);

    dna_schema_put(s, choice, "enum", texts);
    dna_schema_put(s, properties, key, choice);
    dna_schema_put(s, condition, "properties", properties);
    if (!is_default) {
        dna_schema_put(s, condition, "required", list_of(s, dna_schema_text(s, key)));
    }
    dna_schema_put(s, when, "if", condition);
    dna_schema_put(s, when, "then", then);
    return when;
}

dna_value *
dna_schema_unless_inherited(dna_schema *s, dna_value *complete)
{
    dna_value *v = dna_schema_parse(s, "{if: {required: [inherit]}}");
    dna_schema_put(s, v, "else", complete);
    return v;
}

/* --- one row ------------------------------------------------------------------------
 */

static void
put_number(dna_schema *s, dna_value *map, const char *key, double x)
{
    bool is_integer = x == floor(x) && fabs(x) < 0x1p53;
    dna_schema_put(s, map, key,
        is_integer ? dna_value_int(s->arena, (int64_t)x)
                   : dna_value_float(s->arena, x));
}

/* "minimum" or "exclusiveMinimum", ... */
static void
put_range(dna_schema *s, dna_value *m, const dna_field *f)
{
    if (s->rc == DNA_OK && f->has_min) {
        put_number(s, m, f->is_min_open ? "exclusiveMinimum" : "minimum", f->min);
    }
    if (s->rc == DNA_OK && f->has_max) {
        put_number(s, m, f->is_max_open ? "exclusiveMaximum" : "maximum", f->max);
    }
}

/* What is counted: letters, entries. */
static void
put_count(dna_schema *s, dna_value *m, const dna_field *f, const char *least,
    const char *most)
{
    if (s->rc == DNA_OK && f->has_min && f->min > 0) {
        put_number(s, m, least, f->min);
    }
    if (s->rc == DNA_OK && f->has_max) {
        put_number(s, m, most, f->max);
    }
}

static void
put_integer(dna_schema *s, dna_value *m, const dna_field *f)
{
    put_text(s, m, "type", "integer");
    put_range(s, m, f);
    if (s->rc == DNA_OK && !f->has_min) {
        dna_schema_put(s, m, "minimum", dna_value_int(s->arena, INT64_MIN));
    }
    if (s->rc == DNA_OK && !f->has_max) {
        dna_schema_put(s, m, "maximum", dna_value_int(s->arena, INT64_MAX));
    }
}

/* Numbers and flags count as text, as in the check; but the length of such a text is
 * more than a schema can say. */
static void
put_string(dna_schema *s, dna_value *m, const dna_field *f)
{
    bool has_length = f->has_max || (f->has_min && f->min > 1);
    dna_schema_put(s, m, "type",
        has_length ? dna_schema_text(s, "string")
                   : dna_schema_parse(s, "[string, number, boolean]"));
    if (f->kind == DNA_KIND_PATH) {
        dna_schema_put(s, m, "minLength", dna_schema_parse(s, "1"));
    } else {
        put_count(s, m, f, "minLength", "maxLength");
    }
}

static void
put_choices(dna_schema *s, dna_value *m, const dna_field *f)
{
    dna_value *list = dna_schema_list(s);
    for (const char *p = f->choices; s->rc == DNA_OK && *p != '\0';) {
        size_t n = strcspn(p, "|");
        const char *one = dna_arena_strndup(s->arena, p, n);
        dna_schema_add(s, list, one != NULL ? dna_schema_text(s, one) : NULL);
        p += n + (p[n] == '|');
    }
    put_text(s, m, "type", "string");
    dna_schema_put(s, m, "enum", list);
}

static void
put_list(dna_schema *s, dna_value *m, const dna_field *f)
{
    put_text(s, m, "type", "array");
    if (f->kind == DNA_KIND_LIST_FLOAT) {
        dna_value *item = dna_schema_parse(s, "{type: number}");
        put_range(s, item, f);
        dna_schema_put(s, m, "items", item);
        put_number(s, m, "minItems", f->n_item);
        put_number(s, m, "maxItems", f->n_item);
        return;
    }
    if (f->item != NULL) {
        dna_schema_put(s, m, "items", dna_schema_field(s, f->item, DNA_SCHEMA_IN_LIST));
    }
    put_count(s, m, f, "minItems", "maxItems");
}

static void
put_all(dna_schema *s, dna_value *to, const dna_value *from)
{
    for (int64_t i = 0; from != NULL && i < from->n; i++) {
        dna_schema_put(s, to, from->keys[i], from->items[i]);
    }
}

static void
put_named(dna_schema *s, dna_value *m, const dna_field *f, unsigned flags)
{
    put_text(s, m, "type", "object");
    if ((flags & DNA_SCHEMA_IN_LIST) == 0) {
        dna_value *inherit = dna_schema_map(s);
        dna_schema_put(s, inherit, "inherit", dna_schema_ref(s, "inherit"));
        dna_schema_put(s, m, "properties", inherit);
    }
    if (f->item != NULL) {
        dna_schema_put(
            s, m, "additionalProperties", dna_schema_field(s, f->item, flags));
    }
}

static void
put_kind(dna_schema *s, dna_value *m, const dna_field *f, unsigned flags)
{
    unsigned strict = f->is_strict ? DNA_SCHEMA_STRICT : 0;
    switch (f->kind) {
    case DNA_KIND_BOOL:
        put_text(s, m, "type", "boolean");
        break;
    case DNA_KIND_INT:
        put_integer(s, m, f);
        break;
    case DNA_KIND_FLOAT:
        put_text(s, m, "type", "number");
        put_range(s, m, f);
        break;
    case DNA_KIND_STRING:
    case DNA_KIND_PATH:
        put_string(s, m, f);
        break;
    case DNA_KIND_CHOICE:
        put_choices(s, m, f);
        break;
    case DNA_KIND_LIST:
    case DNA_KIND_LIST_FLOAT:
        put_list(s, m, f);
        break;
    case DNA_KIND_MAP:
        put_all(s, m,
            dna_schema_fields(s, f->fields, strict | (flags & DNA_SCHEMA_IN_LIST)));
        break;
    case DNA_KIND_NAMED:
        put_named(s, m, f, flags & DNA_SCHEMA_IN_LIST);
        break;
    case DNA_KIND_ANY:
        break; /* `schema` says it */
    }
}

/* Allow null, too. */
static void
add_null(dna_schema *s, dna_value *m)
{
    dna_value *type = dna_value_get(m, "type");
    dna_value *choices = dna_value_get(m, "enum");

    if (type != NULL && type->type == DNA_STRING) {
        type = list_of(s, type);
        dna_schema_put(s, m, "type", type);
    }
    if (type != NULL) {
        dna_schema_add(s, type, dna_schema_text(s, "null"));
    }
    if (choices != NULL && s->rc == DNA_OK) {
        dna_schema_add(s, choices, dna_value_null(s->arena));
    }
}

/* A row of any kind of value: all that is known is what the row itself says. */
static void
put_any(dna_schema *s, dna_value *m, const dna_field *f)
{
    if (f->schema == NULL) {
        if (!f->is_nullable) {
            dna_schema_put(s, m, "not", dna_schema_parse(s, "{type: 'null'}"));
        }
        return;
    }
    dna_value *own = dna_schema_parse(s, f->schema);
    if (f->is_nullable) {
        dna_value *list = list_of(s, own);
        dna_schema_add(s, list, dna_schema_parse(s, "{type: 'null'}"));
        dna_schema_put(s, m, "anyOf", list);
    } else {
        dna_schema_put(s, m, "allOf", list_of(s, own));
    }
}

dna_value *
dna_schema_field(dna_schema *s, const dna_field *f, unsigned flags)
{
    dna_value *m = dna_schema_map(s);

    if (f->doc != NULL) {
        put_text(s, m, "description", f->is_deprecated ? f->notice : f->doc);
    }
    if (f->is_deprecated) {
        return m;
    }
    if (f->dflt != NULL) {
        dna_schema_put(s, m, "default", dna_schema_parse(s, f->dflt));
    }
    if (f->kind == DNA_KIND_ANY) {
        put_any(s, m, f);
        return s->rc < 0 ? NULL : m;
    }
    put_kind(s, m, f, flags);
    if (f->schema != NULL) {
        dna_value *own = dna_schema_parse(s, f->schema);
        if (dna_value_get(own, "$ref") != NULL) { /* beside it nothing else counts */
            dna_schema_put(s, m, "allOf", list_of(s, own));
        } else {
            put_all(s, m, own);
        }
    }
    if (f->is_nullable) {
        add_null(s, m);
    }
    return s->rc < 0 ? NULL : m;
}

/* --- tables -------------------------------------------------------------------------
 */

/* Required keys; NULL if there are none. A key with a default is never missing. */
static dna_value *
required_keys(dna_schema *s, const dna_field *fields)
{
    dna_value *list = dna_schema_list(s);
    for (const dna_field *f = fields; f != NULL && f->key != NULL; f++) {
        if (f->is_required && f->dflt == NULL && f->unless == NULL) {
            dna_schema_add(s, list, dna_schema_text(s, f->key));
        }
    }
    return s->rc < 0 || list->n == 0 ? NULL : list;
}

/* {anyOf: [{the key is there}, {the other one is a mapping}]} for each such row. */
static void
put_unless(dna_schema *s, dna_value *m, const dna_field *fields)
{
    dna_value *all = dna_schema_list(s);

    for (const dna_field *f = fields; f != NULL && f->key != NULL; f++) {
        if (f->unless != NULL) {
            dna_value *rule = dna_schema_map(s);
            dna_value *either = dna_schema_list(s);
            dna_value *there = dna_schema_map(s), *other = dna_schema_map(s);
            dna_value *properties = dna_schema_map(s);
            dna_schema_put(
                s, there, "required", list_of(s, dna_schema_text(s, f->key)));
            dna_schema_put(
                s, other, "required", list_of(s, dna_schema_text(s, f->unless)));
            dna_schema_put(
                s, properties, f->unless, dna_schema_parse(s, "{type: object}"));
            dna_schema_put(s, other, "properties", properties);
            dna_schema_add(s, either, there);
            dna_schema_add(s, either, other);
            dna_schema_put(s, rule, "anyOf", either);
            dna_schema_add(s, all, rule);
        }
    }
    if (all != NULL && all->n > 0) {
        dna_schema_put(s, m, "allOf", all);
    }
}

dna_value *
dna_schema_fields(dna_schema *s, const dna_field *fields, unsigned flags)
{
    dna_value *m = dna_schema_parse(s, "{type: object}");
    dna_value *properties = dna_schema_map(s);
    bool is_in_list = (flags & DNA_SCHEMA_IN_LIST) != 0;

    for (const dna_field *f = fields; f != NULL && f->key != NULL; f++) {
        dna_schema_put(
            s, properties, f->key, dna_schema_field(s, f, flags & DNA_SCHEMA_IN_LIST));
    }
    if (!is_in_list) {
        dna_schema_put(s, properties, "inherit", dna_schema_ref(s, "inherit"));
    }
    dna_schema_put(s, m, "properties", properties);
    dna_value *required = is_in_list ? required_keys(s, fields) : NULL;
    if (required != NULL) {
        dna_schema_put(s, m, "required", required);
    }
    if ((flags & DNA_SCHEMA_STRICT) != 0) {
        dna_schema_put(s, m, "additionalProperties", dna_schema_parse(s, "false"));
        if (!is_in_list) { /* "key!" */
            dna_schema_put(
                s, m, "patternProperties", dna_schema_parse(s, "{'!$': true}"));
        }
    }
    return s->rc < 0 ? NULL : m;
}

dna_value *
dna_schema_complete(dna_schema *s, const dna_field *fields)
{
    dna_value *m = dna_schema_map(s);
    dna_value *properties = dna_schema_map(s);
    dna_value *required = required_keys(s, fields);

    if (required != NULL) {
        dna_schema_put(s, m, "required", required);
    }
    for (const dna_field *f = fields; s->rc == DNA_OK && f->key != NULL; f++) {
        dna_value *inner = NULL;
        if (f->schema_complete != NULL) {
            inner = dna_schema_parse(s, f->schema_complete);
        } else if (f->kind == DNA_KIND_MAP && f->fields != NULL) {
            inner = dna_schema_complete(s, f->fields);
        }
        if (inner != NULL && inner->n > 0) {
            dna_schema_put(
                s, properties, f->key, dna_schema_unless_inherited(s, inner));
        }
    }
    put_unless(s, m, fields);
    if (properties != NULL && properties->n > 0) {
        dna_schema_put(s, m, "properties", properties);
    }
    return s->rc < 0 ? NULL : m;
}

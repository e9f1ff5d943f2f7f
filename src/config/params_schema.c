/* params_schema.c - learned_params as JSON Schema: both forms, both types.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/mem.h"
#include "config/json_schema.h"
#include "config/tables.h"

static const struct {
    const char *type;
    const dna_field *fields;
} types[] = {{"regression", dna_fields_regression},
    {"classification", dna_fields_classification}};

static dna_value *
type_texts(dna_schema *s, int64_t i)
{
    dna_value *list = dna_schema_list(s);
    dna_schema_add(s, list, dna_schema_text(s, types[i].type));
    return list;
}

/* A file may give the type and its children the rest: then any key of any type will do.
 */
static dna_value *
without_type(dna_schema *s)
{
    dna_value *keys = dna_schema_parse(s, "[inherit]");
    for (int64_t i = 0; i < DNA_COUNT(types); i++) {
        for (const dna_field *f = types[i].fields; f->key != NULL; f++) {
            if (i == 0 || dna_field_find(types[0].fields, f->key) == NULL) {
                dna_schema_add(s, keys, dna_schema_text(s, f->key));
            }
        }
    }
    dna_value *v = dna_schema_parse(s, "{if: {not: {required: [type]}}}");
    dna_value *known = dna_schema_map(s);
    dna_value *names = dna_schema_parse(s, "[{pattern: '!$'}]");
    dna_value *then = dna_schema_map(s);
    dna_value *any = dna_schema_map(s);
    dna_schema_put(s, known, "enum", keys);
    dna_schema_add(s, names, known);
    dna_schema_put(s, any, "anyOf", names);
    dna_schema_put(s, then, "propertyNames", any);
    dna_schema_put(s, v, "then", then);
    return v;
}

/* The settings of one parameter. */
static dna_value *
one_param(dna_schema *s, unsigned flags)
{
    dna_value *v = dna_schema_parse(s, "{type: object}");
    dna_value *properties = dna_schema_map(s);
    dna_value *all = dna_schema_list(s);

    dna_schema_put(
        s, properties, "type", dna_schema_field(s, &dna_fields_regression[0], flags));
    dna_schema_put(s, v, "properties", properties);
    if ((flags & DNA_SCHEMA_IN_LIST) != 0) {
        dna_schema_put(s, v, "required", dna_schema_parse(s, "[type]"));
    } else {
        dna_schema_add(s, all, without_type(s));
    }
    for (int64_t i = 0; i < DNA_COUNT(types); i++) {
        dna_schema_add(s, all,
            dna_schema_when(s, "type", type_texts(s, i), false,
                dna_schema_fields(s, types[i].fields, flags | DNA_SCHEMA_STRICT)));
    }
    dna_schema_put(s, v, "allOf", all);
    return v;
}

static dna_value *
names(dna_schema *s)
{
    dna_value *v = dna_schema_parse(s, "{minLength: 1}");
    dna_value *taken = dna_schema_map(s);
    dna_value *list = dna_schema_list(s);
    for (int64_t i = 0; dna_params_taken[i] != NULL; i++) {
        dna_schema_add(s, list, dna_schema_text(s, dna_params_taken[i]));
    }
    dna_schema_put(s, taken, "enum", list);
    dna_schema_put(s, v, "not", taken);
    return v;
}

static dna_value *
params(dna_schema *s)
{
    dna_value *v = dna_schema_parse(s, "{type: [object, array], minItems: 1}");
    dna_value *item =
        dna_schema_parse(s, "{type: object, minProperties: 1, maxProperties: 1}");
    dna_value *inherit = dna_schema_map(s);

    dna_schema_put(s, inherit, "inherit", dna_schema_ref(s, "inherit"));
    dna_schema_put(s, v, "properties", inherit);
    dna_schema_put(s, v, "additionalProperties", one_param(s, 0));
    dna_schema_put(s, v, "propertyNames", names(s));
    dna_schema_put(s, item, "additionalProperties", one_param(s, DNA_SCHEMA_IN_LIST));
    dna_schema_put(s, item, "propertyNames", names(s));
    dna_schema_put(s, v, "items", item);
    if (s->rc == DNA_OK) {
        dna_schema_put(s, v, "maxItems", dna_value_int(s->arena, DNA_PARAMS_MAX));
        dna_schema_put(s, v, "maxProperties", dna_value_int(s->arena, DNA_PARAMS_MAX));
    }
    return v;
}

static dna_value *
params_complete(dna_schema *s)
{
    dna_value *v =
        dna_schema_parse(s, "{minProperties: 1, properties: {inherit: true}}");
    dna_value *one = dna_schema_parse(s, "{required: [type]}");
    dna_value *all = dna_schema_list(s);

    for (int64_t i = 0; i < DNA_COUNT(types); i++) {
        dna_schema_add(s, all,
            dna_schema_when(s, "type", type_texts(s, i), false,
                dna_schema_complete(s, types[i].fields)));
    }
    dna_schema_put(s, one, "allOf", all);
    dna_schema_put(s, v, "additionalProperties", dna_schema_unless_inherited(s, one));
    return v;
}

void
dna_schema_add_definitions(dna_schema *s, dna_value *definitions, bool is_model)
{
    dna_schema_put(s, definitions, "inherit",
        dna_schema_parse(s,
            "{description: 'A config, or a list of configs, that gives the keys that are missing here; of a list the last goes first.',"
            " type: [string, array], minLength: 1, items: {type: string, minLength: 1}}"));
    if (is_model) {
        dna_schema_put(s, definitions, "learned_params", params(s));
        dna_schema_put(s, definitions, "learned_params_complete", params_complete(s));
    }
}

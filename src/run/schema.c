/* schema.c - the JSON Schema of a whole config: tables of all layers together.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/json_schema.h"
#include "data/transform.h"
#include "dnadna/run.h"
#include "io/json.h"
#include "nets/net.h"
#include "nn/loss.h"
#include "nn/lr_schedule.h"
#include "nn/optim.h"
#include "run/kind.h"
#include "run/schema_layers.h"
#include "run/schema_simulators.h"

/* ---- what has a name and params: networks, optimizers, schedules ------------------ */

typedef struct {
    const char *name;
    const dna_field *fields;
} named_part;

typedef bool (*part_at)(int64_t i, named_part *out);

static bool
net_at(int64_t i, named_part *out)
{
    const dna_net_def *def = dna_net_at(i);
    if (def != NULL) {
        *out = (named_part){def->name, def->fields};
    }
    return def != NULL;
}

static bool
optim_at(int64_t i, named_part *out)
{
    const dna_optim_def *def = dna_optim_at(i);
    if (def != NULL) {
        *out = (named_part){def->name, def->fields};
    }
    return def != NULL;
}

static bool
schedule_at(int64_t i, named_part *out)
{
    const dna_lr_schedule_def *def = dna_lr_schedule_at(i);
    if (def != NULL) {
        *out = (named_part){def->name, def->fields};
    }
    return def != NULL;
}

/* The name as it is, and in snake case. */
static void
add_names(dna_schema *s, dna_value *list, const char *name)
{
    char snake[64];
    dna_snake_case(snake, sizeof(snake), name);
    dna_schema_add(s, list, dna_schema_text(s, name));
    if (strcmp(snake, name) != 0) {
        dna_schema_add(s, list, dna_schema_text(s, snake));
    }
}

static dna_value *
names_of(dna_schema *s, const char *name)
{
    dna_value *list = dna_schema_list(s);
    add_names(s, list, name);
    return list;
}

/* {properties: {<key>: item}} */
static dna_value *
with_property(dna_schema *s, const char *key, dna_value *item)
{
    dna_value *v = dna_schema_map(s);
    dna_value *properties = dna_schema_map(s);
    dna_schema_put(s, properties, key, item);
    dna_schema_put(s, v, "properties", properties);
    return v;
}

/* learning_rate is another name of lr. */
static dna_value *
params_shape(dna_schema *s, const dna_field *fields)
{
    dna_value *shape = dna_schema_fields(s, fields, 0);
    dna_value *properties = dna_value_get(shape, "properties");
    dna_value *lr = dna_value_get(properties, "lr");
    if (lr != NULL) {
        dna_schema_put(s, properties, "learning_rate", lr);
    }
    return shape;
}

/* What must be there; NULL if nothing. */
static dna_value *
params_complete(dna_schema *s, const dna_field *fields)
{
    dna_value *complete = dna_schema_complete(s, fields);
    dna_value *required = dna_value_get(complete, "required");
    dna_value *others = dna_schema_list(s);
    bool has_lr = false;

    for (int64_t i = 0; required != NULL && s->rc == DNA_OK && i < required->n; i++) {
        if (strcmp(required->items[i]->text, "lr") == 0) {
            has_lr = true;
        } else {
            dna_schema_add(s, others, required->items[i]);
        }
    }
    if (has_lr) {
        dna_schema_put(s, complete, "required", others);
        dna_schema_put(s, complete, "anyOf",
            dna_schema_parse(s, "[{required: [lr]}, {required: [learning_rate]}]"));
    }
    return s->rc < 0 || complete->n == 0 ? NULL : complete;
}

static const char *
definition(dna_schema *s, const char *what, const char *suffix)
{
    const char *name = dna_arena_printf(s->arena, "%s_%s", what, suffix);
    if (name == NULL && s->rc == DNA_OK) {
        s->rc = DNA_ENOMEM;
    }
    return name != NULL ? name : "";
}

/* Without a name there are no params: name: null, or, where nothing is inherited, none. */
static void
add_nameless(dna_schema *s, dna_value *all_names, dna_value *shapes, dna_value *rules)
{
    static const char none[] =
        "{properties: {params: {type: object, maxProperties: 0}}}";
    if (s->rc == DNA_OK) {
        dna_schema_add(s, all_names, dna_value_null(s->arena));
        dna_schema_add(s, shapes,
            dna_schema_when(s, "name", dna_schema_parse(s, "[null]"), false,
                dna_schema_parse(s, none)));
        dna_schema_add(s, rules,
            dna_schema_when(s, "name", dna_schema_parse(s, "[null]"), true,
                dna_schema_parse(s, none)));
    }
}

/* Definitions <what>, <what>_complete and <what>_<name> for each name. The name may be
 * missing: in a file because it is inherited; where nothing is, it is the default. */
static void
add_named(dna_schema *s, dna_value *definitions, const char *what, part_at at)
{
    const dna_field *row = dna_field_find(dna_fields_training, what);
    const dna_field *name_row = dna_field_find(row->fields, "name");
    dna_value *all_names = dna_schema_list(s);
    dna_value *shapes = dna_schema_list(s);
    dna_value *rules = dna_schema_list(s);
    named_part part;

    for (int64_t i = 0; at(i, &part) && s->rc == DNA_OK; i++) {
        bool is_default = dna_name_matches(name_row->dflt, part.name);
        const char *name = definition(s, what, part.name);
        add_names(s, all_names, part.name);
        dna_value *params = params_shape(s, part.fields);
        dna_schema_put(s, definitions, name, params);
        dna_schema_add(s, shapes,
            dna_schema_when(s, "name", names_of(s, part.name), false,
                with_property(s, "params", dna_schema_ref(s, name))));
        if (is_default) {
            dna_schema_add(s, rules,
                dna_schema_when(s, "name", names_of(s, part.name), true,
                    with_property(s, "params", dna_schema_ref(s, name))));
        }
        dna_value *complete = params_complete(s, part.fields);
        if (complete != NULL) {
            dna_value *then =
                with_property(s, "params", dna_schema_unless_inherited(s, complete));
            dna_schema_put(s, then, "required", dna_schema_parse(s, "[params]"));
            dna_schema_add(s, rules,
                dna_schema_when(s, "name", names_of(s, part.name), is_default, then));
        }
    }
    if (name_row->is_nullable) {
        add_nameless(s, all_names, shapes, rules);
    }
    dna_value *choice = dna_schema_map(s);
    dna_schema_put(s, choice, "enum", all_names);
    dna_value *shape = with_property(s, "name", choice);
    dna_schema_put(s, shape, "allOf", shapes);
    dna_schema_put(s, definitions, what, shape);
    dna_value *complete = dna_schema_map(s);
    if (rules != NULL && rules->n > 0) {
        dna_schema_put(s, complete, "allOf", rules);
    }
    dna_schema_put(s, definitions, definition(s, what, "complete"), complete);
}

/* ---- losses ---------------------------------------------------------------------- */

/* Case, spaces, underscores and a final Loss do not count: "[ _]*[mM][ _]*..." */
static void
add_pattern(dna_str *out, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        int c = (unsigned char)*letters;
        if (isalpha(c)) {
            dna_str_addf(out, "[ _]*[%c%c]", tolower(c), toupper(c));
        } else if (c != ' ' && c != '_') {
            dna_str_addf(out, "[ _]*%c", c);
        }
    }
}

static void
add_losses(dna_schema *s, dna_value *definitions, const char *what, bool is_class)
{
    dna_value *loss = dna_schema_parse(s, "{type: string}");
    dna_value *either = dna_schema_list(s);
    dna_value *known = dna_schema_map(s);
    dna_value *names = dna_schema_list(s);
    dna_value *spelt = dna_schema_map(s);
    dna_str pattern;

    dna_str_init(&pattern, 0);
    dna_str_add(&pattern, "^(?:");
    const dna_loss_def *def = NULL;
    for (int64_t i = 0; (def = dna_loss_at(i)) != NULL; i++) {
        if (def->is_classification == is_class) {
            dna_str_add(&pattern, names != NULL && names->n > 0 ? "|" : "");
            add_pattern(&pattern, def->name);
            dna_schema_add(s, names, dna_schema_text(s, def->name));
        }
    }
    dna_str_add(&pattern, ")(?:");
    add_pattern(&pattern, "loss");
    dna_str_add(&pattern, ")?[ _]*$");
    if (s->rc == DNA_OK) {
        s->rc = dna_str_status(&pattern);
    }
    dna_schema_put(s, known, "enum", names); /* what an editor offers */
    dna_schema_put(s, spelt, "pattern", dna_schema_text(s, dna_str_text(&pattern)));
    dna_schema_add(s, either, known);
    dna_schema_add(s, either, spelt);
    dna_schema_put(s, loss, "anyOf", either);
    dna_schema_put(s, definitions, what, loss);
    dna_str_clear(&pattern);
}

/* ---- transforms ------------------------------------------------------------------ */

static bool
needs_params(const dna_transform_def *def)
{
    bool needs = false;
    for (const dna_field *f = def->fields; f != NULL && f->key != NULL; f++) {
        needs = needs || (f->is_required && f->dflt == NULL);
    }
    return needs;
}

/* A mapping; nothing, if there are defaults; the only option itself. */
static dna_value *
transform_params(dna_schema *s, const dna_transform_def *def)
{
    const dna_field *f = def->fields;
    dna_value *either = dna_schema_list(s);
    dna_value *v = dna_schema_map(s);

    dna_schema_add(
        s, either, dna_schema_fields(s, f, DNA_SCHEMA_IN_LIST | DNA_SCHEMA_STRICT));
    if (!needs_params(def)) {
        dna_schema_add(s, either, dna_schema_parse(s, "{type: 'null'}"));
    }
    if (f != NULL && f[0].key != NULL && f[1].key == NULL) {
        dna_schema_add(s, either, dna_schema_field(s, f, DNA_SCHEMA_IN_LIST));
    }
    dna_schema_put(s, v, "description", dna_schema_text(s, def->doc));
    dna_schema_put(s, v, "anyOf", either);
    return v;
}

static dna_value *
transform_element(dna_schema *s)
{
    dna_value *v = dna_schema_map(s);
    dna_value *either = dna_schema_list(s);
    dna_value *map = dna_schema_parse(s,
        "{type: object, minProperties: 1, maxProperties: 1, additionalProperties: false}");
    dna_value *properties = dna_schema_map(s);
    dna_value *bare = dna_schema_map(s);
    dna_value *names = dna_schema_list(s);

    const dna_transform_def *def = NULL;
    for (int64_t i = 0; (def = dna_transform_at(i)) != NULL; i++) {
        dna_value *params = transform_params(s, def);
        dna_schema_put(s, properties, def->name, params);
        dna_schema_put(s, properties, def->class_name, params);
        if (!needs_params(def)) {
            dna_schema_add(s, names, dna_schema_text(s, def->name));
            dna_schema_add(s, names, dna_schema_text(s, def->class_name));
        }
    }
    dna_schema_put(s, map, "properties", properties);
    dna_schema_put(s, bare, "enum", names);
    dna_schema_add(s, either, map);
    dna_schema_add(s, either, bare);
    dna_schema_put(s, v, "anyOf", either);
    return v;
}

static void
add_transforms(dna_schema *s, dna_value *definitions)
{
    static const dna_split splits[] = {DNA_TRAINING, DNA_VALIDATION, DNA_TEST};
    dna_value *all = dna_schema_parse(s,
        "{type: [array, object], additionalProperties: false, patternProperties: {'!$': true}}");
    dna_value *properties = dna_schema_map(s);

    dna_schema_put(s, properties, "inherit", dna_schema_ref(s, "inherit"));
    for (int64_t i = 0; i < DNA_COUNT(splits); i++) {
        dna_value *list = dna_schema_parse(s, "{type: [array, 'null']}");
        dna_schema_put(s, list, "items", dna_schema_ref(s, "transform"));
        dna_schema_put(s, properties, dna_split_name(splits[i]), list);
    }
    dna_schema_put(s, all, "properties", properties);
    dna_schema_put(s, all, "items", dna_schema_ref(s, "transform"));
    dna_schema_put(s, definitions, "transform", transform_element(s));
    dna_schema_put(s, definitions, "dataset_transforms", all);
}

/* ---- all ------------------------------------------------------------------------- */

/* Keys that another command reads are told, and may be anything. */
static void
add_foreign(dna_schema *s, dna_value *properties, const dna_config_kind *kind)
{
    for (const dna_field *f = kind->also; f != NULL && f->key != NULL; f++) {
        if (dna_field_find(kind->fields, f->key) == NULL) {
            dna_value *any = dna_schema_map(s);
            dna_schema_put(s, any, "description", dna_schema_text(s, f->doc));
            dna_schema_put(s, properties, f->key, any);
        }
    }
}

static dna_value *
whole(dna_schema *s, const dna_config_kind *kind)
{
    dna_value *v = dna_schema_map(s);
    dna_value *definitions = dna_schema_map(s);
    dna_value *shape = dna_schema_fields(s, kind->fields, 0);
    dna_value *rules =
        dna_schema_unless_inherited(s, dna_schema_complete(s, kind->fields));

    add_foreign(s, dna_value_get(shape, "properties"), kind);
    dna_schema_add_definitions(s, definitions, kind->is_model);
    if (kind->is_model) {
        add_losses(s, definitions, "regression_loss", false);
        add_losses(s, definitions, "classification_loss", true);
    }
    if (kind->is_training) {
        add_named(s, definitions, "network", net_at);
        dna_schema_layers(s, definitions);
        add_named(s, definitions, "optimizer", optim_at);
        add_named(s, definitions, "lr_scheduler", schedule_at);
        add_transforms(s, definitions);
    }
    if (kind->is_simulation) {
        dna_schema_put(s, v, "allOf", dna_schema_simulators(s, definitions));
    }
    dna_schema_put(
        s, v, "$schema", dna_schema_text(s, "http://json-schema.org/draft-07/schema#"));
    dna_schema_put(s, v, "title", dna_schema_text(s, kind->title));
    const dna_value *parts[] = {shape, rules};
    for (int64_t i = 0; i < DNA_COUNT(parts); i++) {
        for (int64_t k = 0; parts[i] != NULL && k < parts[i]->n; k++) {
            dna_schema_put(s, v, parts[i]->keys[k], parts[i]->items[k]);
        }
    }
    dna_schema_put(s, v, "definitions", definitions);
    return v;
}

int
dna_run_schema(const char *name, FILE *out)
{
    const dna_config_kind *kind = NULL;
    dna_schema s = {0};
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_config_kind_find(&kind, name));
    DNA_TRY(dna_arena_new(&s.arena));
    const dna_value *schema = whole(&s, kind);
    DNA_TRY(s.rc);
    DNA_TRY(dna_json_write(&text, schema, 2));
    dna_str_addc(&text, '\n');
    DNA_TRY(dna_str_status(&text));
    bool is_written =
        fwrite(dna_str_text(&text), 1, text.len, out) == text.len && fflush(out) == 0;
    DNA_REQUIRE(
        is_written, DNA_EIO, "the schema could not be written: %s", strerror(errno));
out:
    dna_str_clear(&text);
    dna_arena_free(s.arena);
    return rc;
}

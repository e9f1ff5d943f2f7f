/* schema_simulators.c - simulators by name, and what a value that may be drawn can be.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/schema_simulators.h"

#include <ctype.h>
#include <stdio.h>

#include "config/distribution.h"
#include "sim/simulator.h"

/* ---- values ------------------------------------------------------------------------ */

/* [low, high], {low: ..., high: ...}, or the only argument itself. */
static dna_value *
arguments(dna_schema *s, const dna_distribution *d)
{
    dna_value *v = dna_schema_map(s);
    dna_value *either = dna_schema_list(s);
    dna_value *map = dna_schema_parse(s, "{type: object, additionalProperties: false}");
    dna_value *properties = dna_schema_map(s);
    dna_value *required = dna_schema_list(s);
    char list[128];

    snprintf(list, sizeof(list),
        "{type: array, minItems: %d, maxItems: %d, items: {type: [number, string]}}",
        d->n_arg, d->n_arg);
    dna_schema_add(s, either, dna_schema_parse(s, list));
    for (int i = 0; i < d->n_arg; i++) {
        dna_schema_put(
            s, properties, d->args[i], dna_schema_parse(s, "{type: [number, string]}"));
        dna_schema_add(s, required, dna_schema_text(s, d->args[i]));
    }
    dna_schema_put(s, map, "properties", properties);
    dna_schema_put(s, map, "required", required);
    dna_schema_add(s, either, map);
    if (d->n_arg == 1) {
        dna_schema_add(s, either, dna_schema_parse(s, "{type: [number, string]}"));
    }
    dna_schema_put(s, v, "description", dna_schema_text(s, d->doc));
    dna_schema_put(s, v, "anyOf", either);
    return v;
}

static void
add_kind(dna_schema *s, dna_value *kinds, dna_value *properties, const char *name,
    dna_value *shape)
{
    dna_value *one = dna_schema_map(s);
    dna_value *required = dna_schema_list(s);

    dna_schema_put(s, properties, name, shape);
    dna_schema_add(s, required, dna_schema_text(s, name));
    dna_schema_put(s, one, "required", required);
    dna_schema_add(s, kinds, one);
}

/* A number, a formula, or one distribution, choice or expression. */
static dna_value *
prior(dna_schema *s)
{
    dna_value *v = dna_schema_map(s);
    dna_value *either = dna_schema_list(s);
    dna_value *map = dna_schema_parse(s, "{type: object, additionalProperties: false}");
    dna_value *properties = dna_schema_map(s);
    dna_value *kinds = dna_schema_list(s);
    const dna_distribution *d = NULL;

    for (int64_t i = 0; (d = dna_distribution_at(i)) != NULL; i++) {
        add_kind(s, kinds, properties, d->name, arguments(s, d));
    }
    add_kind(s, kinds, properties, "expression",
        dna_schema_parse(s, "{type: [number, string], minLength: 1}"));
    add_kind(s, kinds, properties, "choice",
        dna_schema_parse(s,
            "{type: array, minItems: 1, maxItems: 10000, items: {type: [number, string, "
            "boolean]}, description: 'one of numbers, or of texts'}"));
    dna_schema_put(s, properties, "within",
        dna_schema_parse(s,
            "{type: array, minItems: 2, maxItems: 2, items: {type: [number, string]}, "
            "description: 'low and high; drawn again until within'}"));
    dna_schema_put(s, properties, "weights",
        dna_schema_parse(s, "{type: array, items: {type: number, minimum: 0}}"));
    dna_schema_put(s, map, "properties", properties);
    dna_schema_put(s, map, "oneOf", kinds);
    dna_schema_put(s, map, "dependencies", dna_schema_parse(s, "{weights: [choice]}"));
    dna_schema_add(
        s, either, dna_schema_parse(s, "{type: [number, string], minLength: 1}"));
    dna_schema_add(s, either, map);
    dna_schema_put(s, v, "anyOf", either);
    return v;
}

/* ---- simulators -------------------------------------------------------------------- */

/* one_event, and OneEvent */
static dna_value *
simulator_names(dna_schema *s, const char *name)
{
    dna_value *list = dna_schema_list(s);
    char class_name[64];
    size_t n = 0;

    dna_schema_add(s, list, dna_schema_text(s, name));
    for (bool is_start = true; *name != '\0' && n + 1 < sizeof(class_name); name++) {
        if (*name != '_') {
            class_name[n++] = (char)(is_start ? toupper((unsigned char)*name) : *name);
        }
        is_start = *name == '_';
    }
    class_name[n] = '\0';
    dna_schema_add(s, list, dna_schema_text(s, class_name));
    return list;
}

/* Definitions simulator_<name>; `shapes` and `rules` get what holds for its settings. */
static void
add_simulators(
    dna_schema *s, dna_value *definitions, dna_value *shapes, dna_value *rules)
{
    const dna_simulator_def *def = NULL;

    for (int64_t i = 0; (def = dna_simulator_at(i)) != NULL && s->rc == DNA_OK; i++) {
        char name[80];
        dna_value *complete = dna_schema_complete(s, def->fields);
        snprintf(name, sizeof(name), "simulator_%s", def->name);
        dna_schema_put(s, definitions, name, dna_schema_fields(s, def->fields, 0));
        dna_schema_add(s, shapes,
            dna_schema_when(s, "simulator_name", simulator_names(s, def->name), false,
                dna_schema_ref(s, name)));
        dna_schema_add(s, rules,
            dna_schema_when(
                s, "simulator_name", simulator_names(s, def->name), false, complete));
    }
}

dna_value *
dna_schema_simulators(dna_schema *s, dna_value *definitions)
{
    dna_value *shapes = dna_schema_list(s);
    dna_value *rules = dna_schema_list(s);
    dna_value *all = dna_schema_map(s);

    dna_schema_put(s, definitions, "prior", prior(s));
    add_simulators(s, definitions, shapes, rules);
    dna_schema_put(s, all, "allOf", rules);
    dna_schema_add(s, shapes, dna_schema_unless_inherited(s, all));
    return shapes;
}

/* schema_layers.c - the JSON Schema of networks made of layers, from their table.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/schema_layers.h"

#include "base/mem.h"
#include "nets/layer_op.h"

/* What every layer may have beside its arguments; `from` is told by the op. */
static const char common[] =
    "op: {}\n"
    "name: {type: string, description: 'Its name, for others and for its parameters; "
    "formulas in braces are replaced: conv{k}.'}\n"
    "from: {anyOf: [{type: string}, {type: array, items: {type: string}, minItems: 1}], "
    "description: 'What it reads: names of layers before it, or input, snps, positions; by "
    "default the layer before.'}\n"
    "when: {type: string, description: 'A condition: only then there is this layer.'}\n"
    "activation: {}\n"
    "init: {type: object, description: 'How its parameters begin: {weight: {normal: [0, "
    "0.05]}, bias: 0}.'}\n"
    "shares: {type: string, description: 'An earlier layer of this kind, whose parameters "
    "it uses.'}\n";

static const char repeat[] =
    "type: object\n"
    "required: [layers]\n"
    "anyOf: [{required: [repeat]}, {required: [with]}, {required: [when]}]\n"
    "not: {required: [repeat, with]}\n"
    "additionalProperties: false\n"
    "properties:\n"
    "  layers: {$ref: '#/definitions/network_layers'}\n"
    "  repeat: {anyOf: [{type: number}, {type: string}], description: 'How often.'}\n"
    "  index: {type: string, description: 'Name of the round, from 0, in formulas.'}\n"
    "  with: {type: object, additionalProperties: {type: array, minItems: 1}, description: "
    "'Values of names, one a round.'}\n"
    "  when: {type: string, description: 'A condition: only then there are these layers.'}\n";

static dna_value *
argument(dna_schema *s, const dna_layer_arg *arg)
{
    static const char *const shapes[] = {
        [DNA_ARG_COUNT] = "{anyOf: [{type: number}, {type: string}]}",
        [DNA_ARG_NUMBER] = "{anyOf: [{type: number}, {type: string}]}",
        [DNA_ARG_FLAG] = "{type: boolean}",
        [DNA_ARG_PAIR] =
            "{anyOf: [{type: number}, {type: string}, {type: array, items: {type: [number, "
            "string]}, minItems: 2, maxItems: 2}]}",
        [DNA_ARG_DIMS] = "{type: array, items: {type: [number, string]}, minItems: 1, "
                         "maxItems: 4}"};
    dna_value *v = dna_schema_parse(s, shapes[arg->kind]);
    dna_schema_put(s, v, "description", dna_schema_text(s, arg->doc));
    return v;
}

/* {if: {properties: {op: {const: name}}}, then: its arguments} */
static dna_value *
layer_rule(dna_schema *s, const dna_layer_op *op)
{
    dna_value *then = dna_schema_map(s);
    dna_value *properties = dna_schema_map(s);
    dna_value *required = dna_schema_list(s);
    dna_value *names =
        dna_schema_parse(s, "[op, name, from, when, activation, init, shares]");
    dna_value *only = dna_schema_map(s);
    dna_value *text = dna_schema_list(s);

    for (int i = 0; i < dna_layer_op_n_arg(op); i++) {
        const dna_layer_arg *arg = &op->args[i];
        dna_schema_put(s, properties, arg->name, argument(s, arg));
        dna_schema_add(s, names, dna_schema_text(s, arg->name));
        if (arg->is_required) {
            dna_schema_add(s, required, dna_schema_text(s, arg->name));
        }
    }
    if (op->has_params) {
        dna_schema_add(s, required, dna_schema_text(s, "name"));
    }
    if (op->min_in > 1) {
        dna_schema_add(s, required, dna_schema_text(s, "from"));
    }
    dna_schema_put(s, only, "enum", names);
    dna_schema_put(s, then, "description", dna_schema_text(s, op->doc));
    dna_schema_put(s, then, "propertyNames", only);
    dna_schema_put(s, then, "properties", properties);
    dna_schema_put(s, then, "required", required);
    dna_schema_add(s, text, dna_schema_text(s, op->name));
    return dna_schema_when(s, "op", text, false, then);
}

static dna_value *
names_of(dna_schema *s, bool is_activation)
{
    dna_value *choice = dna_schema_map(s);
    dna_value *names = dna_schema_list(s);
    const dna_layer_op *op = NULL;

    for (int64_t i = 0; (op = dna_layer_op_at(i)) != NULL; i++) {
        if (!is_activation || op->is_activation) {
            dna_schema_add(s, names, dna_schema_text(s, op->name));
        }
    }
    dna_schema_put(s, choice, "enum", names);
    return choice;
}

static dna_value *
layer(dna_schema *s)
{
    dna_value *v = dna_schema_parse(s, "{type: object, required: [op]}");
    dna_value *properties = dna_schema_parse(s, common);
    dna_value *rules = dna_schema_list(s);
    const dna_layer_op *op = NULL;

    dna_schema_put(s, properties, "op", names_of(s, false));
    dna_schema_put(s, properties, "activation", names_of(s, true));
    for (int64_t i = 0; (op = dna_layer_op_at(i)) != NULL; i++) {
        dna_schema_add(s, rules, layer_rule(s, op));
    }
    dna_schema_put(s, v, "properties", properties);
    dna_schema_put(s, v, "allOf", rules);
    return v;
}

/* Rules of the built-in networks, only where there are no layers. */
static void
limit(dna_schema *s, dna_value *definitions, const char *key, const char *built_in)
{
    dna_value *v = dna_schema_parse(s,
        "{if: {anyOf: [{required: [layers]}, {required: [file]}]}, then: {not: {required: "
        "[layers, file]}}}");
    dna_schema_put(s, v, "else", dna_schema_ref(s, built_in));
    dna_schema_put(s, definitions, key, v);
}

void
dna_schema_layers(dna_schema *s, dna_value *definitions)
{
    dna_schema_put(s, definitions, "network_layer", layer(s));
    dna_schema_put(s, definitions, "network_repeat", dna_schema_parse(s, repeat));
    dna_schema_put(s, definitions, "network_layers",
        dna_schema_parse(s,
            "{type: array, minItems: 1, items: {if: {required: [op]}, then: {$ref: "
            "'#/definitions/network_layer'}, else: {$ref: '#/definitions/network_repeat'}}}"));
    limit(s, definitions, "any_network", "network");
    limit(s, definitions, "any_network_complete", "network_complete");
}

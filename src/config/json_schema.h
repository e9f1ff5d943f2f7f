/* json_schema.h - JSON Schema (draft 7) made from field tables, for editors.
 *
 * SPDX-License-Identifier: MIT
 *
 * A schema is a tree of values that is written as JSON. A config file is rarely
 * complete: most inherit. So what a value must be and what must be there are made apart:
 *
 *     dna_schema_fields()    shape: types, ranges, choices; nothing is required
 *     dna_schema_complete()  what is required, level by level; the owner of the whole
 *                            applies it only where a mapping has no key `inherit`
 *
 * A config whose inheritance is resolved has no such key, and the two together are
 * exact for it. In lists nothing is ever inherited: with DNA_SCHEMA_IN_LIST shapes say
 * at once what is required.
 *
 * Rows of DNA_KIND_ANY, and rules that a table has no column for, are said by the row
 * itself: `schema` and `schema_complete` (dnadna/field.h), which may refer to
 * "#/definitions/<name>"; who writes the whole schema adds these definitions.
 *
 * Errors are sticky: functions return NULL once anything failed, and take NULL.
 */
#ifndef DNA_CONFIG_JSON_SCHEMA_H
#define DNA_CONFIG_JSON_SCHEMA_H

#include "base/value.h"
#include "dnadna/field.h"

typedef struct {
    dna_arena *arena;
    int rc; /* the first error */
} dna_schema;

enum {
    DNA_SCHEMA_IN_LIST = 1, /* no `inherit`, no "key!"; required keys are required */
    DNA_SCHEMA_STRICT = 2   /* an unknown key is an error */
};

/* Building blocks. */
dna_value *dna_schema_map(dna_schema *s);
dna_value *dna_schema_list(dna_schema *s);
dna_value *dna_schema_text(dna_schema *s, const char *text);
/** A piece of schema written as YAML: "{type: string, minLength: 1}". */
dna_value *dna_schema_parse(dna_schema *s, const char *yaml);
/** {"$ref": "#/definitions/<name>"} */
dna_value *dna_schema_ref(dna_schema *s, const char *name);
void dna_schema_put(dna_schema *s, dna_value *map, const char *key, dna_value *item);
void dna_schema_add(dna_schema *s, dna_value *list, dna_value *item);
/** {if: <key> is one of the texts, then: <then>}; is_default: also if it is not given. */
dna_value *dna_schema_when(
    dna_schema *s, const char *key, dna_value *texts, bool is_default, dna_value *then);
/** <complete>, but only for mappings without a key `inherit`. */
dna_value *dna_schema_unless_inherited(dna_schema *s, dna_value *complete);

/** What the value of one row must be. */
dna_value *dna_schema_field(dna_schema *s, const dna_field *f, unsigned flags);
/** What a mapping must be that a table describes. */
dna_value *dna_schema_fields(dna_schema *s, const dna_field *fields, unsigned flags);
/** What must be there; an empty mapping if nothing need be. */
dna_value *dna_schema_complete(dna_schema *s, const dna_field *fields);

/** Definitions that rows of the tables of this layer refer to: `inherit`, and with
 * is_model learned_params and learned_params_complete. */
void dna_schema_add_definitions(dna_schema *s, dna_value *definitions, bool is_model);

#endif

/* schema.h - check a config against a field table, fill defaults, bind it to a struct.
 *
 * SPDX-License-Identifier: MIT
 *
 * dna_config_check() walks value and table together: kinds, ranges, required keys;
 * inserts missing keys that have a default (marked is_default); makes PATH values
 * absolute against the folder of the file that supplied them (the current directory
 * without a file); converts flags and numbers (`yes` for a BOOL becomes a boolean,
 * "1e-8" for a FLOAT a float; a STRING keeps its text); warns of unknown keys with the
 * nearest known name. The first error ends it:
 *     my_training_config.yml:12: optimizer.params.lr: "fast" is not a number
 */
#ifndef DNA_CONFIG_SCHEMA_H
#define DNA_CONFIG_SCHEMA_H

#include "base/str.h"
#include "base/value.h"
#include "dnadna/field.h"
#include "dnadna/log.h"

/** at: dotted path of `value` for messages ("" at the top). log may be NULL. */
int dna_config_check(dna_arena *arena, dna_value *value, const dna_field *fields,
    const char *at, dna_log *log) DNA_MUST_CHECK;
/** Store a checked mapping into a struct by the offsets of the table. Texts borrow. */
void dna_config_bind(const dna_value *value, const dna_field *fields, void *opts);
/** Set the message "file:line: dotted: <text>" for a value and return code. */
int dna_config_fail(int code, const dna_value *value, const char *dotted,
    const char *fmt, ...) DNA_PRINTF(4, 5);
/** The row of a key, NULL if unknown. Dotted paths descend into MAP fields. */
const dna_field *dna_field_find(const dna_field *fields, const char *dotted);
/** Reference text of a table for `dnadna help` and docs. */
void dna_field_help(dna_str *out, const dna_field *fields, int indent);

#endif

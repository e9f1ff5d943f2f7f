/* schema.h - check a config against a field table, fill defaults, bind it to a struct.
 *
 * SPDX-License-Identifier: MIT
 *
 * dna_config_check() walks value and table together: kinds, ranges, required keys;
 * inserts missing keys that have a default (marked is_default); makes PATH values
 * absolute against the folder of the file that supplied them (the current directory
 * without a file); converts flags and numbers (`yes` for a BOOL becomes a boolean,
 * "1e-8" for a FLOAT a float; a STRING keeps its text); warns of unknown keys with the
 * nearest known name (an error where the row says is_strict, and for what the command
 * line gave). The first error ends it:
 *     my_training_config.yml:12: optimizer.params.lr: "fast" is not a number
 * Files below the current directory are shown relative to it.
 *
 * A table with a row `simulator_name` describes settings that a simulator may add to:
 * when that key is given, unknown keys of its mapping are the simulator's and silent.
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
enum {
    DNA_CHECK_KEEP_PATHS = 1, /* leave PATH texts as they are and look at no file */
    DNA_CHECK_STRICT = 2      /* an unknown key is an error, not a warning */
};
/** The same with flags: for settings that did not come from a file of the user. */
int dna_config_check_with(dna_arena *arena, dna_value *value, const dna_field *fields,
    const char *at, dna_log *log, unsigned flags) DNA_MUST_CHECK;
/** The same, where top-level keys of the table `also` are known too and left alone:
 * those that another command reads. */
int dna_config_check_also(dna_arena *arena, dna_value *value, const dna_field *fields,
    const dna_field *also, dna_log *log) DNA_MUST_CHECK;
/** Store a checked mapping into a struct by the offsets of the table. Texts borrow. */
void dna_config_bind(const dna_value *value, const dna_field *fields, void *opts);
/** Set the message "file:line: dotted: <text>" for a value and return code. */
int dna_config_fail(int code, const dna_value *value, const char *dotted,
    const char *fmt, ...) DNA_PRINTF(4, 5);
/** The same place as a warning in a log. */
void dna_config_warn(dna_log *log, const dna_value *value, const char *dotted,
    const char *fmt, ...) DNA_PRINTF(4, 5);
/** The same with the text as it is, and the line of something else, such as its key. */
void dna_config_warn_line(dna_log *log, const dna_value *value, int line,
    const char *dotted, const char *text);
/** Where a value came from: "file:line", "--set a.b", nothing if it is not known. */
void dna_config_origin(dna_str *out, const dna_value *value);
/** "parent.key", or "key" if parent is "". In the arena; NULL when memory is out. */
const char *dna_config_join(dna_arena *arena, const char *parent, const char *key);
/** The row of a key, NULL if unknown. Dotted paths descend into MAP fields. */
const dna_field *dna_field_find(const dna_field *fields, const char *dotted);
/** Reference text of a table for `dnadna help` and docs. */
void dna_field_help(dna_str *out, const dna_field *fields, int indent);

#endif

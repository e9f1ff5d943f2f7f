/* json.h - JSON text and value trees, through jansson. Duplicate keys are errors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_JSON_H
#define DNA_IO_JSON_H

#include "base/str.h"
#include "base/value.h"

int dna_json_read(dna_value **out, dna_arena *arena, const char *path) DNA_MUST_CHECK;
int dna_json_parse(dna_value **out, dna_arena *arena, const char *text, size_t n,
    const char *name) DNA_MUST_CHECK;
/** indent 0: one line. NaN and infinities are errors (DNA_ENUMERIC). Doubles are
 *  written as shortest round-trip text. */
int dna_json_write(dna_str *out, const dna_value *value, int indent) DNA_MUST_CHECK;
/** What a failed jansson parser means: DNA_ENOMEM, where it says so or says nothing,
 *  else DNA_EFORMAT. Its lexer calls a text it had no memory for an invalid token. */
int dna_json_failure(int error_code, const char *error_text);
bool dna_is_utf8(const char *text);

#endif

/* command_line.h - the template of a command line: words with fields in braces.
 *
 * SPDX-License-Identifier: MIT
 *
 *     scrm {n_samples} 1 -t {4 * size * mu * segment_length:.10g} -seed {seed} > {output}
 *
 * A text is split into words as a shell splits it: at blanks, with '...', "..." and \ to
 * keep characters; but no shell is run, so what only a shell can do ($HOME, |, >, ~) is
 * refused outside quotes. Fields are filled in afterwards: whatever a value holds, it is
 * part of one word. A list gives the words themselves. As a shell command the text is one
 * word, handed to /bin/sh, and values must be harmless there.
 *
 * A field is {name} or {formula}, with a format as in Python after a colon: sign, 0,
 * width, precision, and one of d f F e E g G s. {{ and }} are braces.
 */
#ifndef DNA_SIM_COMMAND_LINE_H
#define DNA_SIM_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/value.h"

typedef struct dna_command_line dna_command_line;

typedef struct {
    const char *text; /* name or formula */
    char sign;        /* '+', ' ' or 0 */
    bool has_zeros;
    int width, precision; /* precision -1: not given */
    char type;            /* 0: not given */
} dna_command_field;

/** In the arena, which must outlive it. value: a text or a list of texts and numbers; at:
 *  its dotted path. Errors: DNA_EARG, with file, line and key. */
int dna_command_line_read(dna_command_line **out, dna_arena *arena,
    const dna_value *value, const char *at, bool is_shell) DNA_MUST_CHECK;

bool dna_command_line_is_shell(const dna_command_line *c);
/** Fields in order; one that occurs twice counts twice. */
int64_t dna_command_line_n_field(const dna_command_line *c);
const dna_command_field *dna_command_line_field(const dna_command_line *c, int64_t i);

/** A value in the format of a field, appended. Without a format whole numbers have
 *  neither point nor exponent below 2^53, others the fewest digits that read back the
 *  same. Errors: DNA_EARG (a format that is not for such a value). */
int dna_command_field_put_int(
    dna_str *out, const dna_command_field *f, int64_t value) DNA_MUST_CHECK;
int dna_command_field_put_number(
    dna_str *out, const dna_command_field *f, double value) DNA_MUST_CHECK;
int dna_command_field_put_text(
    dna_str *out, const dna_command_field *f, const char *value) DNA_MUST_CHECK;

/** The argv of the texts of all fields, in the arena. Errors: DNA_EARG (a value that is
 *  not safe in a shell command, no program), DNA_ENOMEM. */
int dna_command_line_fill(const char *const **argv, const dna_command_line *c,
    dna_arena *arena, const char *const *values) DNA_MUST_CHECK;

#endif

/* file_name.h - fill templates such as
 * {model_name}_{run_name}_{checkpoint}_net.safetensors.
 *
 * SPDX-License-Identifier: MIT
 *
 * Syntax: {field} or {field:spec}, {{ and }} for braces. The spec of a number is a
 * width, zero-padded if it begins with 0, and an optional d; text takes none.
 */
#ifndef DNA_RUN_FILE_NAME_H
#define DNA_RUN_FILE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct {
    const char *name;
    const char *text; /* NULL: a number */
    int64_t number;
    int default_width; /* zero padding of a number without a spec */
} dna_name_field;

/** A heap string. what: names the template in messages ("run_name_format").
 *  Errors: DNA_EARG for an unknown field (the known ones are listed) or bad syntax. */
int dna_name_fill(char **out, const char *template_text, const dna_name_field *fields,
    int64_t n_field, const char *what) DNA_MUST_CHECK;
/** Whether the template has a field. */
bool dna_name_has_field(const char *template_text, const char *field);

#endif

/* template.h - file names with the fields {dataset_name}, {scenario} and {replicate}.
 *
 * SPDX-License-Identifier: MIT
 *
 *     scenario_{scenario}/{dataset_name}_{scenario:05}_{replicate}.npz
 *
 * A template is a list of parts: pieces of text, slashes and fields. {{ and }} stand
 * for braces. A number may carry a format spec of Python: an optional fill and
 * alignment, a zero, a width, `d`; a backslash counts as a slash.
 */
#ifndef DNA_DATA_TEMPLATE_H
#define DNA_DATA_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define DNA_TEMPLATE_MAX_PART 64
#define DNA_TEMPLATE_MAX_PAD  64 /* widest padded number */

typedef enum {
    DNA_PART_TEXT,
    DNA_PART_SLASH,
    DNA_PART_NAME,
    DNA_PART_NUMBER
} dna_part_kind;
typedef enum { DNA_SCENARIO, DNA_REPLICATE, DNA_N_NUMBER } dna_number_field;

typedef struct {
    dna_part_kind kind;
    char *text;             /* DNA_PART_TEXT */
    dna_number_field field; /* DNA_PART_NUMBER */
    bool has_spec;
    char fill;
    char align; /* '<', '>', '^' or '=' */
    int width;
} dna_template_part;

typedef struct {
    dna_template_part part[DNA_TEMPLATE_MAX_PART];
    int n;
    bool has_field[DNA_N_NUMBER];
    bool has_spec; /* some number has one: names are exact */
} dna_template;

/** text may not be empty, absolute, or lack {scenario}. */
int dna_template_parse(dna_template *t, const char *text) DNA_MUST_CHECK;
void dna_template_clear(dna_template *t);
/** Append a part's number; `width` zero-pads it where the part has no spec of its own.
 */
void dna_template_put_number(
    dna_str *out, const dna_template_part *part, int64_t value, int width);

typedef struct {
    int64_t number[DNA_N_NUMBER];     /* -1: any; after a match the numbers found */
    const char *dataset_name;         /* NULL: any text without a slash */
    int width[DNA_TEMPLATE_MAX_PART]; /* after a match: digits of each number part, 0 if
                                       * they do not begin with a padding zero */
} dna_template_match;

/** Whether name matches the parts [first, last), none of them a slash. On success the
 *  numbers and widths found are stored in m; otherwise m stays as it was. */
bool dna_template_match_name(const dna_template *t, int first, int last,
    const char *name, dna_template_match *m);

#endif

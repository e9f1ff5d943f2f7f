/* yaml.h - YAML text and value trees, through libyaml.
 *
 * SPDX-License-Identifier: MIT
 *
 * Plain scalars are resolved by the YAML 1.2 core rules plus numbers such as 1e-8;
 * quoted scalars are text. Anchors, aliases and `<<` work within limits (depth 64,
 * a million nodes, 16 MiB); a repeated key is an error that names both lines.
 */
#ifndef DNA_IO_YAML_H
#define DNA_IO_YAML_H

#include "base/str.h"
#include "base/value.h"

/** Read a file; values remember `path` made absolute and their line. An empty document
 * is a null value. */
int dna_yaml_read(dna_value **out, dna_arena *arena, const char *path) DNA_MUST_CHECK;
int dna_yaml_parse(dna_value **out, dna_arena *arena, const char *text, size_t n,
    const char *name) DNA_MUST_CHECK;

/** Gives the comment above a key (dotted path, "" for the whole file); NULL: none. */
typedef const char *(*dna_yaml_comment_fn)(void *payload, const char *dotted_path);

/** Gives the comment that ends the line of a value (of a scalar, or a list or mapping
 * that is written on one line); NULL: none. Characters that YAML has no room for in a
 * comment are written as "?". */
typedef const char *(*dna_yaml_note_fn)(void *payload, const dna_value *value);

typedef struct {
    int indent;                  /* spaces a level, 0: 4 */
    dna_yaml_comment_fn comment; /* may be NULL */
    dna_yaml_note_fn note;       /* may be NULL */
    void *payload;
} dna_yaml_style;

/** Block style, keys in order, short scalar-only lists in flow style; text that would
 *  read back as something else is quoted. style may be NULL. */
int dna_yaml_write(
    dna_str *out, const dna_value *value, const dna_yaml_style *style) DNA_MUST_CHECK;

#endif

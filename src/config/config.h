/* config.h - read a config file with its inheritance, write it annotated.
 *
 * SPDX-License-Identifier: MIT
 *
 * Files are YAML (.yml, .yaml) or JSON (.json). `inherit` (one file or a list, at any
 * depth of mappings) and `key!` follow the rules of docs/config.md; cycles are errors
 * that list the chain of files. Values keep the file and line they came from.
 */
#ifndef DNA_CONFIG_CONFIG_H
#define DNA_CONFIG_CONFIG_H

#include "config/schema.h"

/** Load, resolve inheritance. The result is a map in `arena`. */
int dna_config_load(dna_value **out, dna_arena *arena, const char *path) DNA_MUST_CHECK;
/** The same for text in memory (relative names against base_dir). */
int dna_config_parse(dna_value **out, dna_arena *arena, const char *text,
    const char *name, const char *base_dir) DNA_MUST_CHECK;
/** Resolve the `inherit` keys of a tree that is already in memory. */
int dna_config_resolve(
    dna_value **out, dna_arena *arena, dna_value *raw) DNA_MUST_CHECK;
/** Merge layers, the highest priority first, by the rules of docs/config.md. */
int dna_config_merge(dna_value **out, dna_arena *arena, dna_value *const *layers,
    int64_t n_layer) DNA_MUST_CHECK;
/** Write atomically; .json plain, else YAML with each known key preceded by the `doc`
 *  of its row (fields may be NULL: no comments) and `title` at the top. */
int dna_config_write(const char *path, const dna_value *value, const dna_field *fields,
    const char *title, int indent) DNA_MUST_CHECK;

#endif

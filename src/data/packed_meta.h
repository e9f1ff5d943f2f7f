/* packed_meta.h - what a packed dataset says of itself: its metadata, as JSON.
 *
 * SPDX-License-Identifier: MIT
 *
 * Keys: docs/formats.md. The parameter table is in it as the text of its CSV file, so that
 * one file is all that training needs.
 */
#ifndef DNA_DATA_PACKED_META_H
#define DNA_DATA_PACKED_META_H

#include "base/str.h"
#include "data/packed.h"

typedef struct {
    const dna_value *dataset_config; /* checked: name and positions are its */
    const char *table;               /* text of the parameter table; NULL: none */
    dna_value *record;               /* of the simulation that made it; NULL: none */
    dna_value *genotypes; /* rules by which samples were made of data; NULL: none */
} dna_packed_meta_options;

/** The metadata as text; the same for the same contents. */
int dna_packed_meta_text(
    dna_str *out, dna_arena *arena, const dna_packed_meta_options *o) DNA_MUST_CHECK;
/** The parameter table that a packed file brings along, a heap string; *n its bytes. Errors:
 * those of dna_packed_open(); DNA_EFORMAT if it has none. */
int dna_packed_read_table(char **text, size_t *n, const char *path) DNA_MUST_CHECK;
/** The dataset config that reads a packed file, or its slices: data_root, dataset_name, data_source. *meta
 *  (may be NULL) gets the metadata. */
int dna_packed_dataset_config(dna_value **out, dna_value **meta, dna_arena *arena,
    const char *path) DNA_MUST_CHECK;
/** What the metadata says of positions, where the format given does not. */
int dna_packed_add_format(
    dna_position_format *format, const dna_packed *p) DNA_MUST_CHECK;

#endif

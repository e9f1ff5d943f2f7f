/* source.h - where samples come from: a folder of npz files named by a template.
 *
 * SPDX-License-Identifier: MIT
 *
 * The template is relative to data_root and has the fields {dataset_name}, {scenario},
 * {replicate}, each possibly with a format spec such as {scenario:05}. Without a spec
 * the zero padding is guessed from the files (docs/formats.md).
 */
#ifndef DNA_DATA_SOURCE_H
#define DNA_DATA_SOURCE_H

#include "base/value.h"
#include "dnadna/log.h"
#include "dnadna/sample.h"

typedef struct dna_source dna_source;

/** From a checked dataset config. Keeps: config (its arena) until free. */
int dna_source_new(dna_source **out, const dna_value *dataset_config) DNA_MUST_CHECK;
void dna_source_free(dna_source *source);
/** The file of (scenario, replicate); a heap string; DNA_ENOTFOUND if there is none.
 *  Threads: safe. */
int dna_source_path(dna_source *source, int64_t scenario, int64_t replicate,
    char **path) DNA_MUST_CHECK;
/** Say whether positions are distances, if the config did not. Before threads use it. */
void dna_source_settle_distance(dna_source *source, bool is_distance);
const dna_sample_options *dna_source_sample_options(const dna_source *source);

typedef struct {
    int64_t scenario, replicate;
    char *path; /* absolute */
} dna_source_entry;

/** Every file that matches the template, in walk order (folders and names sorted as
 * text); files of another dataset name if there are none of this one's. */
int dna_source_list(
    dna_source *source, dna_source_entry **entries, int64_t *n) DNA_MUST_CHECK;
/** The same, of this dataset's name alone; there may be none. */
int dna_source_list_own(
    dna_source *source, dna_source_entry **entries, int64_t *n) DNA_MUST_CHECK;
void dna_source_list_free(dna_source_entry *entries, int64_t n);

/** The name that a new file of (scenario, replicate) gets, zero-padded to these numbers
 *  of digits where the template has no format spec; a heap string. */
int dna_source_new_path(dna_source *source, int64_t scenario, int64_t replicate,
    int scenario_width, int replicate_width, char **path) DNA_MUST_CHECK;
/** Whether each scenario has a folder of its own, or several. */
bool dna_source_has_scenario_folders(const dna_source *source);
/** Whether the template tells replicates apart. */
bool dna_source_has_replicates(const dna_source *source);

#endif

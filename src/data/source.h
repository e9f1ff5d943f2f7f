/* source.h - where samples come from: a folder of npz files, or a packed dataset.
 *
 * SPDX-License-Identifier: MIT
 *
 * Npz files are named by a template.
 * The template is relative to data_root and has the fields {dataset_name}, {scenario},
 * {replicate}, each possibly with a format spec such as {scenario:05}. Without a spec
 * the zero padding is guessed from the files (docs/formats.md).
 */
#ifndef DNA_DATA_SOURCE_H
#define DNA_DATA_SOURCE_H

#include "base/value.h"
#include "data/packed_set.h"
#include "dnadna/log.h"
#include "dnadna/sample.h"

typedef struct dna_source dna_source;

/** From a checked dataset config. A packed dataset is opened; files are looked for when they
 * are asked for. Keeps: config (its arena) until free. */
int dna_source_new(dna_source **out, const dna_value *dataset_config) DNA_MUST_CHECK;
void dna_source_free(dna_source *source);
/** Whether samples are in a packed dataset; NULL: they are files. */
const dna_packed_set *dna_source_packed(const dna_source *source);
/** The file of (scenario, replicate), of a packed dataset "<file>#<scenario>/<replicate>"; a
 *  heap string; DNA_ENOTFOUND if there is none. Threads: safe. */
int dna_source_path(dna_source *source, int64_t scenario, int64_t replicate,
    char **path) DNA_MUST_CHECK;
/** The sample of (scenario, replicate), checked. Of `part` (NULL: all) as much is done as the
 *  source can do faster than others could: *is_part tells whether it was. Threads: safe. */
int dna_source_load(dna_sample **out, dna_source *source, int64_t scenario,
    int64_t replicate, const dna_sample_part *part, bool *is_part) DNA_MUST_CHECK;
/** Only shape[n_hap, n_site]. *path is as of dna_source_path(), also where the sample cannot
 * be read, NULL where it is not there. */
int dna_source_load_shape(int64_t shape[2], char **path, dna_source *source,
    int64_t scenario, int64_t replicate) DNA_MUST_CHECK;
/** Say whether positions are distances, if the config did not. Before threads use it. */
void dna_source_settle_distance(dna_source *source, bool is_distance);
const dna_sample_options *dna_source_sample_options(const dna_source *source);

typedef struct {
    int64_t scenario, replicate;
    char *path; /* absolute; see dna_source_path() */
} dna_source_entry;

/** Every file that matches the template, in walk order (folders and names sorted as
 * text); files of another dataset name if there are none of this one's. Or all samples of a
 * packed dataset, in order of scenario and replicate. */
int dna_source_list(
    dna_source *source, dna_source_entry **entries, int64_t *n) DNA_MUST_CHECK;
/** The sample of an entry; options (NULL: the source's) with what is known of positions. */
int dna_source_load_entry(dna_sample **out, dna_source *source,
    const dna_source_entry *entry, const dna_sample_options *options) DNA_MUST_CHECK;
/** The same list, of files of this dataset's name alone; there may be none. */
int dna_source_list_own(
    dna_source *source, dna_source_entry **entries, int64_t *n) DNA_MUST_CHECK;
void dna_source_list_free(dna_source_entry *entries, int64_t n);

/* Of sources of npz files: */
/** The name that a new file of (scenario, replicate) gets, zero-padded to these numbers
 *  of digits where the template has no format spec; a heap string. */
int dna_source_new_path(dna_source *source, int64_t scenario, int64_t replicate,
    int scenario_width, int replicate_width, char **path) DNA_MUST_CHECK;
/** Whether each scenario has a folder of its own, or several. */
bool dna_source_has_scenario_folders(const dna_source *source);
/** Whether the template tells replicates apart. */
bool dna_source_has_replicates(const dna_source *source);

#endif

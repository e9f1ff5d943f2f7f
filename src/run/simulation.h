/* simulation.h - what the parts of `simulation run` share: the job.
 *
 * SPDX-License-Identifier: MIT
 *
 * A job is a simulator, the whole parameter table, and the slice of scenarios that this
 * call makes. The order of events: read and check everything; look at what is there
 * already (simulation_files.c); write the table and the record (simulation_table.c);
 * make the samples that are missing (simulation.c). Files of samples depend on
 * the config and the seed alone, so slices, threads and restarts give the same ones. Samples
 * may go into one packed file instead (simulation_packed.c), and the same holds.
 */
#ifndef DNA_RUN_SIMULATION_H
#define DNA_RUN_SIMULATION_H

#include "base/str.h"
#include "data/packed_writer.h"
#include "data/source.h"
#include "dnadna/run.h"
#include "sim/simulator.h"

typedef struct {
    const dna_simulation_options *o;
    dna_log *log;
    dna_arena *arena;
    dna_value *config;   /* checked */
    dna_value *settings; /* as written, without paths of places: goes to the record */
    uint64_t seed;
    bool has_seed; /* of the config */
    dna_simulator *sim;
    double *values; /* [n_scenario, n_column] the whole table */
    dna_source *source;
    dna_sample_options save; /* how samples are written */
    char *table_path, *record_path;
    dna_str table;                       /* its text */
    int64_t first, n_slice;              /* scenarios of this call */
    bool is_whole;                       /* the slice is the table */
    int scenario_width, replicate_width; /* digits in file names */
    bool is_kept;                        /* files that are there stay: --resume */
    char *packed_path;  /* of the packed file of this call; NULL: a file a sample */
    char *packed_whole; /* of that of all scenarios */
    dna_packed_writer *writer; /* NULL: there is nothing to be written any more */
} dna_simulation_job;

/** The text of the whole parameter table. */
int dna_simulation_table_text(dna_simulation_job *j) DNA_MUST_CHECK;
/** The seed of the record that is there, for a config without one; *found says whether
 * there is one. */
int dna_simulation_record_seed(
    dna_simulation_job *j, uint64_t *seed, bool *found) DNA_MUST_CHECK;
/** Whether table and record on disk are those of this job: DNA_OK, DNA_ENOTFOUND (there
 *  are none) or DNA_EEXISTS with a message that says what differs. */
int dna_simulation_compare(const dna_simulation_job *j) DNA_MUST_CHECK;
/** Write record and table, unless they are there. */
int dna_simulation_write_table(const dna_simulation_job *j) DNA_MUST_CHECK;

/** What the record says: simulator, seed, settings. */
int dna_simulation_record(const dna_simulation_job *j, dna_value **out) DNA_MUST_CHECK;

/** Do as the options say with what is there: refuse, remove, move away, or keep. */
int dna_simulation_make_room(dna_simulation_job *j) DNA_MUST_CHECK;
/** The file of a sample. */
int dna_simulation_sample_path(const dna_simulation_job *j, int64_t scenario,
    int64_t replicate, char **path) DNA_MUST_CHECK;
/** The tree sequence beside the file of a sample: ".trees" in the place of ".npz"; a heap
 * string, NULL when memory is out. */
char *dna_simulation_trees_path(const char *sample_path);

/* Of a simulation into a packed file: */
/** Set the names of the files. */
int dna_simulation_packed_names(dna_simulation_job *j) DNA_MUST_CHECK;
/** What this call's files are, finished or not, those that are there. */
int dna_simulation_packed_list(
    const dna_simulation_job *j, dna_source_entry **entries, int64_t *n) DNA_MUST_CHECK;
/** Begin the file, or go on with it. *n_kept gets the number of samples that are there; all of
 *  them: the file is finished, and j->writer NULL. */
int dna_simulation_packed_open(dna_simulation_job *j, int64_t *n_kept) DNA_MUST_CHECK;

#endif

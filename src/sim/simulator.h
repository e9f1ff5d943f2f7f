/* simulator.h - what makes samples under known parameters: one interface, many origins.
 *
 * SPDX-License-Identifier: MIT
 *
 * A simulator draws a row of parameters for each scenario and, given the row, as many
 * independent replicates as are asked for. It knows no files and no threads: the caller
 * numbers scenarios and replicates, and gives each thread a worker.
 *
 *     DNA_TRY(dna_simulator_new(&sim, config, seed, log));
 *     DNA_NEW(values, sim->n_scenario * sim->n_column);
 *     DNA_TRY(dna_simulator_table(sim, values));
 *     DNA_TRY(dna_simulator_worker_new(&worker, sim));
 *     DNA_TRY(dna_simulator_run(worker, row, seed, scenario, replicate, 0, &sample));
 *
 * Everything is a function of (config, seed, scenario, replicate): the threads, their
 * number and the order of the calls change nothing.
 *
 * A simulator is one file sim_<name>.c and one row dna_simulator_def.
 */
#ifndef DNA_SIM_SIMULATOR_H
#define DNA_SIM_SIMULATOR_H

#include <stdbool.h>

#include "base/value.h"
#include "dnadna/field.h"
#include "dnadna/log.h"
#include "dnadna/rng.h"
#include "dnadna/sample.h"
#include "dnadna/tree_tables.h"

/** More rows of one table are a mistake. */
#define DNA_SCENARIOS_MAX INT64_C(100000000)

enum { DNA_SIM_INPUTS_MAX = 8 };

typedef struct dna_simulator dna_simulator;

/* A column of the parameter table. Values are doubles; of a column of texts they are
 * indices of its labels. */
typedef struct {
    const char *name;
    bool is_integer;
    const char *const *labels; /* [n_label]; NULL: numbers */
    int64_t n_label;
} dna_sim_column;

typedef struct dna_simulator_def {
    const char *name;        /* "one_event"; answers to its class name "OneEvent" too */
    const char *doc;         /* its first sentence stands alone in lists */
    const dna_field *fields; /* own settings, beside those of a dataset config */
    size_t opts_size;
    /* YAML: what `simulation init` writes besides the defaults of `fields`, and what is
     * recommended for `dnadna init` and `dnadna preprocess`; NULL: nothing. */
    const char *config, *preprocessing, *training;

    /* With sim->opts bound and sim->config checked: what a table cannot say, then set
     * columns, n_column and replicate_column. Errors name file, line and key. */
    int (*open)(dna_simulator *sim);
    void (*close)(dna_simulator *sim); /* frees sim->state; NULL: nothing to do */
    /* All rows at once; NULL: draw() each. */
    int (*table)(const dna_simulator *sim, double *values);
    /* One row from its own stream. */
    int (*draw)(const dna_simulator *sim, dna_rng *rng, double *values);
    /* Working memory of one thread. */
    int (*worker_new)(void **worker, const dna_simulator *sim);
    void (*worker_free)(void *worker);
    /* Positions may be in any format that the sample says; max_snp as below. */
    int (*run)(void *worker, const dna_simulator *sim, const double *values,
        uint64_t seed, int64_t scenario, int64_t replicate, int64_t max_snp,
        dna_sample **out);
    /* The tree sequence of a worker's last replicate, if sim->has_trees; NULL: the
     * simulator has none. */
    const dna_tree_tables *(*trees)(void *worker);
} dna_simulator_def;

struct dna_simulator {
    const dna_simulator_def *def;
    dna_arena *arena;
    const dna_value *config; /* checked; borrowed from the caller */
    void *opts;              /* def->opts_size bytes, bound by def->fields */
    void *state;             /* the def's own */
    dna_log *log;
    uint64_t seed;
    int64_t n_scenario, n_replicate; /* n_replicate: of every scenario */
    const dna_sim_column *columns; /* all but scenario_idx, in the order of the file */
    int64_t n_column;
    int64_t replicate_column;   /* "n_replicates" */
    dna_position_format format; /* of the positions wanted: config's position_format,
                                 * else normalized */
    bool has_trees; /* workers keep the tree sequence of the last replicate: config's
                     * write_trees; may be changed before workers are made */
    /* Files whose content counts like settings: Demes files, maps, tables. */
    const char *inputs[DNA_SIM_INPUTS_MAX]; /* [n_input] absolute */
    int64_t n_input;
    bool (*is_cancelled)(void *payload); /* long replicates ask it; may be NULL */
    void *payload;
};

const dna_simulator_def *dna_simulator_find(const char *name);
/** i-th built-in, NULL past the end. */
const dna_simulator_def *dna_simulator_at(int64_t i);
/** The one of a name; DNA_ENOTFOUND with a message that lists the known ones. */
int dna_simulator_named(const dna_simulator_def **out, const char *name) DNA_MUST_CHECK;

/** Open the simulator that a checked dataset config names, after checking its own
 *  settings (defaults are added to config). seed is used for all draws.
 *  Keeps: config, log. Errors: DNA_ENOTFOUND (no simulator of the name: known ones are
 *  listed), DNA_EARG and others with file, line and key. */
int dna_simulator_new(dna_simulator **out, dna_arena *config_arena, dna_value *config,
    uint64_t seed, dna_log *log) DNA_MUST_CHECK;
void dna_simulator_free(dna_simulator *sim);

/** values[n_scenario, n_column]: the parameters of all scenarios.
 *  Random: streams (seed, "scenario", scenario), or the simulator's own generator. */
int dna_simulator_table(const dna_simulator *sim, double *values) DNA_MUST_CHECK;
/** values[n_column]: one row outside the table, for samples without end. The same
 *  distribution as the table's rows. Random: stream (seed, "scenario", scenario). */
int dna_simulator_draw(const dna_simulator *sim, uint64_t seed, int64_t scenario,
    double *values) DNA_MUST_CHECK;

typedef struct dna_simulator_worker dna_simulator_worker;
/** For one thread at a time. Keeps: sim. */
int dna_simulator_worker_new(
    dna_simulator_worker **out, const dna_simulator *sim) DNA_MUST_CHECK;
void dna_simulator_worker_free(dna_simulator_worker *worker);
/** One replicate of the scenario with these parameters; positions in sim->format.
 *  max_snp: only the first sites are needed (0: all); more may come.
 *  Random: streams of (seed, scenario, replicate). */
int dna_simulator_run(dna_simulator_worker *worker, const double *values, uint64_t seed,
    int64_t scenario, int64_t replicate, int64_t max_snp,
    dna_sample **out) DNA_MUST_CHECK;

/** The tree sequence of the worker's last replicate, valid until its next one; NULL unless
 *  sim->has_trees. dna_tree_tables_save() writes it. Trees are of all sites: max_snp is
 *  then 0. */
const dna_tree_tables *dna_simulator_trees(const dna_simulator_worker *worker);

/** The column of a name, -1 if there is none. */
int64_t dna_simulator_column(const dna_simulator *sim, const char *name);

extern const dna_simulator_def dna_simulator_one_event;
extern const dna_simulator_def dna_simulator_coalescent;
extern const dna_simulator_def dna_simulator_size_history;
extern const dna_simulator_def dna_simulator_two_populations;
extern const dna_simulator_def dna_simulator_command;

#endif

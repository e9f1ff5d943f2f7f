/* demes.h - demographic models in the language of Demes, whose numbers may be drawn.
 *
 * SPDX-License-Identifier: MIT
 *
 * A model is read from a tree (of a YAML file or of a config) once: its populations, which
 * descends from which, its epochs, migrations and pulses are then fixed. Its numbers are
 * constants or values of a set of priors, so that each scenario has a history of its own:
 *
 *     DNA_TRY(dna_demes_read(&model, arena, priors, tree, "demography"));
 *     DNA_TRY(dna_priors_finish(priors));
 *     DNA_TRY(dna_history_new(&history, model));
 *     DNA_TRY(dna_history_set(history, values));  // for each scenario
 *     ... dna_history_demography(history) ...
 *
 * Everything of the specification is there but sizes that change linearly, selfing and
 * cloning, which are refused by name. Times of the model are in its own units; those of
 * the history are in generations.
 *
 * Source: Gower et al. 2022, Genetics 222:iyac131; the specification of Demes, 1.0.
 */
#ifndef DNA_SIM_DEMES_H
#define DNA_SIM_DEMES_H

#include "base/value.h"
#include "dnadna/demography.h"
#include "sim/prior.h"

typedef struct dna_demes dna_demes;

/** A value that the tree may refer to as "$name". */
typedef struct {
    const char *name;
    int64_t place; /* in the priors */
} dna_demes_parameter;

/** priors may be NULL: then all numbers must be numbers. at: path of the tree, for
 *  messages. Keeps: tree, priors (all in the arena's lifetime).
 *  Errors: DNA_EFORMAT (keys and types that Demes has not), DNA_ENOTFOUND (populations),
 *  DNA_EUNSUPPORTED, DNA_EARG (numbers), with file, line and key. */
int dna_demes_read(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *tree, const char *at, const dna_demes_parameter *parameters,
    int64_t n_parameter) DNA_MUST_CHECK;

/** One population by windows of time: the size of window i holds from times[i] back to
 *  times[i + 1], the last for ever; times are of n windows, or of those after the first,
 *  which then begins at 0. growth (may be NULL): of each window, forwards in time, per
 *  generation; sizes are then those at the windows' young ends.
 *  Names of values that are drawn: size_0, time_1, growth_0, ... */
int dna_demes_read_windows(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *times, const dna_value *sizes, const dna_value *growth,
    const char *at) DNA_MUST_CHECK;

int64_t dna_demes_count(const dna_demes *model);
const char *dna_demes_name(const dna_demes *model, int64_t i);
int64_t dna_demes_find(const dna_demes *model, const char *name); /* -1: none */

/** The history of a model for one row of values; for one thread. */
typedef struct dna_history dna_history;

/** Keeps: model. */
int dna_history_new(dna_history **out, const dna_demes *model) DNA_MUST_CHECK;
void dna_history_free(dna_history *h);
/** values: of the priors that the model was read with; NULL if there were none.
 *  Errors: DNA_EARG (times, sizes, rates that cannot be), with file, line and key. */
int dna_history_set(dna_history *h, const double *values) DNA_MUST_CHECK;
/** The populations and events of the last set; groups are the caller's to add. */
const dna_demography *dna_history_demography(const dna_history *h);

#endif

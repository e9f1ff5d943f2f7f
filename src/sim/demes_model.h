/* demes_model.h - what is fixed of a Demes model; its numbers by index.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_DEMES_MODEL_H
#define DNA_SIM_DEMES_MODEL_H

#include "sim/demes.h"

enum { DNA_DEMES_NONE = -1 }; /* a number that is not given */

typedef enum {
    DNA_DEMES_SIZE,     /* > 0 */
    DNA_DEMES_TIME,     /* >= 0 */
    DNA_DEMES_POSITIVE, /* > 0: generation_time, times of pulses and starts */
    DNA_DEMES_FRACTION, /* 0 to 1 */
    DNA_DEMES_GROWTH    /* any */
} dna_demes_kind;

typedef struct {
    dna_demes_kind kind;
    double value;  /* if place is -1 */
    int64_t place; /* in the priors */
    const dna_value *source;
    const char *at;
} dna_demes_number;

/* Indices of numbers; DNA_DEMES_NONE where the specification has a default. */
typedef struct {
    int64_t end_time, start_size, end_size;
    int64_t growth; /* of windows, instead of start_size */
    bool is_constant;
    const dna_value *source;
    const char *at;
} dna_demes_epoch;

typedef struct {
    const char *name;
    int64_t start_time;   /* NONE: for ever */
    int64_t *ancestors;   /* [n_ancestor] populations */
    int64_t *proportions; /* [n_ancestor] numbers; NULL: one ancestor */
    int64_t n_ancestor;
    dna_demes_epoch *epochs; /* [n_epoch] from old to young */
    int64_t n_epoch;
    const dna_value *source;
    const char *at;
} dna_demes_deme;

typedef struct {
    int64_t source, dest;               /* populations */
    int64_t start_time, end_time, rate; /* NONE: while both exist */
    bool is_start_infinite;
    const dna_value *tree;
    const char *at;
} dna_demes_migration;

typedef struct {
    int64_t dest;
    int64_t *sources, *proportions; /* [n_source] populations, numbers */
    int64_t n_source, time;
    const dna_value *tree;
    const char *at;
} dna_demes_pulse;

struct dna_demes {
    dna_arena *arena;
    dna_demes_number *numbers;
    int64_t n_number, cap_number;
    int64_t generation_time; /* NONE: times are in generations */
    dna_demes_deme *demes;
    int64_t n_deme;
    dna_demes_migration *migrations;
    int64_t n_migration;
    dna_demes_pulse *pulses;
    int64_t n_pulse;
};

/** A new number; at is kept. */
int dna_demes_add_number(dna_demes *m, int64_t *out, dna_demes_number number);
/** DNA_EARG unless v is of the kind. */
int dna_demes_check_number(const dna_demes_number *number, double v);

/* What numbers are read with. */
typedef struct {
    dna_demes *m;
    dna_priors *priors;
    const dna_demes_parameter *parameters;
    int64_t n_parameter;
} dna_demes_reader;

/** A number, formula or distribution; name: of its column if it is drawn. */
int dna_demes_read_number(dna_demes_reader *r, int64_t *out, dna_demes_kind kind,
    const dna_value *v, const char *at, const char *name) DNA_MUST_CHECK;

/* ---- parts of the tree; errors as dna_demes_read() ---- */

enum { DNA_DEMES_NAME_SIZE = 160 }; /* of a column */

/** The mapping has no other keys; keys end with NULL. */
int dna_demes_check_keys(
    const dna_value *v, const char *at, const char *const *keys) DNA_MUST_CHECK;
/** The same for defaults (NULL: none), whose constants are checked also where nothing uses
 *  them. */
int dna_demes_check_defaults(
    const dna_value *v, const char *at, const char *const *keys) DNA_MUST_CHECK;
/** v is NULL or a list of `least` items or more. */
int dna_demes_check_list(
    const dna_value *v, const char *at, int64_t least) DNA_MUST_CHECK;
/** The value of a key in the first of three trees that has it; NULL: none has. */
const dna_value *dna_demes_pick(const dna_value *own, const dna_value *local,
    const dna_value *global, const char *key);
/** "at.key[i]", without the index if it is below 0. NULL when memory is out. */
const char *dna_demes_path(
    dna_demes_reader *r, const char *at, const char *key, int64_t i);
bool dna_demes_is_infinity(const dna_value *v);
/** A population that was read before. */
int dna_demes_read_population(dna_demes_reader *r, int64_t *out, const dna_value *v,
    const char *at) DNA_MUST_CHECK;
/** A list of populations without repetition; v may be NULL: none. */
int dna_demes_read_populations(dna_demes_reader *r, int64_t **out, int64_t *n,
    const dna_value *v, const char *at, int64_t least) DNA_MUST_CHECK;
/** n fractions; name: the start of their columns' names. */
int dna_demes_read_proportions(dna_demes_reader *r, int64_t **out, int64_t n,
    const dna_value *v, const char *at, const char *name) DNA_MUST_CHECK;
/** Migrations and pulses, once the populations are there. */
int dna_demes_read_flows(dna_demes_reader *r, const dna_value *tree, const char *at,
    const dna_value *defaults) DNA_MUST_CHECK;

#endif

/* tables.h - the field tables of every config file: the single source of keys, types,
 * ranges, defaults and their documentation.
 *
 * SPDX-License-Identifier: MIT
 *
 * Settings that belong to a thing (a network's params, a transform, an optimiser) are
 * described by that thing's own table; here they are DNA_KIND_ANY and checked by it.
 */
#ifndef DNA_CONFIG_TABLES_H
#define DNA_CONFIG_TABLES_H

#include "config/schema.h"

/** `schema` of a row that is described elsewhere (config/json_schema.h). */
#define DNA_DEFINITION(name) "$ref: '#/definitions/" name "'"

extern const dna_field dna_fields_dataset[]; /* a simulation config is one too */
extern const dna_field dna_fields_position_format[];
extern const dna_field dna_fields_sumstats[];        /* within a dataset config ... */
extern const dna_field dna_fields_sumstats_config[]; /* ... or with one in it */
extern const dna_field dna_fields_regression[];      /* one learned parameter */
extern const dna_field dna_fields_classification[];
extern const dna_field dna_fields_preprocessing[];
extern const dna_field dna_fields_training[];
extern const dna_field dna_fields_training_run[];

/* More are a mistake. */
#define DNA_PARAMS_MAX  10000
#define DNA_CLASSES_MAX 10000
/** Columns of the parameter table that no parameter can be called; NULL at the end. */
extern const char *const dna_params_taken[];

/* One parameter that a network learns. */
typedef enum { DNA_REGRESSION, DNA_CLASSIFICATION } dna_param_type;
typedef struct {
    const char *name;
    dna_param_type type;
    const char *loss_func;
    double loss_weight;
    int log_transform;
    int tied_to_position;
    int64_t n_class;     /* classification */
    const char **labels; /* [n_class] */
    double mean, std;    /* of the (log) targets over training rows; 0 and 1 if none */
    int has_stats;
    const char *class_weights;       /* classification: "balanced", "none", "list" */
    const double *class_weight_list; /* [n_class] of "list"; else NULL */
    const dna_value *source; /* its settings, where messages point; may be NULL */
} dna_param;

/** Read `learned_params` (mapping or list form) into an array in the arena. In mapping
 *  form params are re-ordered as columns[0..n_column-1]; a name that is no column is an
 *  error (columns may be NULL: the order as written). */
int dna_params_read(dna_param **out, int64_t *n, dna_arena *arena, dna_value *learned,
    const char *const *columns, int64_t n_column, dna_log *log) DNA_MUST_CHECK;
/** Fill mean and std of the regressions from `train_mean` and `train_std` of a training
 *  config (or of a network's metadata). Without both, has_stats stays 0; one without
 * the other, a missing name, or a deviation that is not above 0 is an error. */
int dna_params_read_stats(
    dna_param *params, int64_t n, const dna_value *config) DNA_MUST_CHECK;
/** The list form with all defaults spelled out. */
int dna_params_to_value(dna_value **out, dna_arena *arena, const dna_param *params,
    int64_t n) DNA_MUST_CHECK;
/** A regression target on the scale of the network (docs/math.md section 3) in the unit
 * of the parameter, and the way back. What rounding leaves of a 0 is 0. */
double dna_param_to_natural(const dna_param *param, double target);
double dna_param_to_target(const dna_param *param, double value);
/** Number of network outputs: one a regression, n_class a classification. */
int64_t dna_params_n_output(const dna_param *params, int64_t n);

/* Check and default a whole config of a kind (paths absolute, flags typed). The trees
 * of the built-in templates are what `dnadna init` writes. */
int dna_config_check_dataset(dna_arena *a, dna_value *v, dna_log *log) DNA_MUST_CHECK;
int dna_config_check_sumstats(dna_arena *a, dna_value *v, dna_log *log) DNA_MUST_CHECK;
int dna_config_check_preprocessing(
    dna_arena *a, dna_value *v, dna_log *log) DNA_MUST_CHECK;
int dna_config_check_training(dna_arena *a, dna_value *v, dna_log *log) DNA_MUST_CHECK;
int dna_config_check_training_run(
    dna_arena *a, dna_value *v, dna_log *log) DNA_MUST_CHECK;
/** What the table of summary statistics cannot say, of such settings at a dotted path. */
int dna_config_check_sumstats_rules(
    const dna_value *sumstats, const char *at) DNA_MUST_CHECK;
/** What a checked dataset config says of positions, `data_source.position_format`
 * before `position_format`, key by key. Flags are 0, 1 or -1 (not said), the size 0 and
 * the initial position NaN if not said. Returns the number of keys that were said. */
int dna_config_position_format(const dna_value *dataset, int *distance, int *normalized,
    int *circular, int64_t *chromosome_size, double *initial_position);
int dna_config_template_dataset(dna_value **out, dna_arena *a) DNA_MUST_CHECK;
int dna_config_template_preprocessing(dna_value **out, dna_arena *a) DNA_MUST_CHECK;
int dna_config_template_training(dna_value **out, dna_arena *a) DNA_MUST_CHECK;
/** `plugins:` entries: built-in ones are silent, a Python plugin gets one line naming
 *  what replaces it; then `use_cuda`/`cuda_device` get one line "CPU only". */
void dna_config_notices(const dna_value *config, dna_log *log);

#endif

/* transform.h - operations applied to a sample each time it is loaded.
 *
 * SPDX-License-Identifier: MIT
 *
 * A transform is one file transform_<name>.c and one row dna_transform_def; the list of
 * a config becomes a dna_transform_list. Random ones draw from the rng they are given
 * (derived from seed, epoch and sample), so a sample changes in the same way whatever
 * the threads.
 */
#ifndef DNA_DATA_TRANSFORM_H
#define DNA_DATA_TRANSFORM_H

#include "base/value.h"
#include "config/tables.h"
#include "dnadna/field.h"
#include "dnadna/rng.h"
#include "dnadna/sample.h"
#include "popgen/packed_sample.h"

/* How the network input is made of a sample. */
typedef enum {
    DNA_CONCAT,  /* positions as row 0, then the matrix: [n_hap + 1, n_site] */
    DNA_PRODUCT, /* matrix times positions: [n_hap, n_site] */
    DNA_MATRIX   /* the matrix alone (samples without positions): [n_hap, n_site] */
} dna_snp_form;

/* What a transform may change. */
typedef struct {
    dna_sample *sample;
    dna_snp_form form;
    double *targets; /* in natural units, [n_param]; NULL in prediction */
    const dna_param *params;
    int64_t n_param;
    dna_rng *rng;
    struct dna_shape_lock *lock; /* for validate_snp: the first shape seen */
    int64_t n_done; /* 1 + the transform that was done in loading, 0: none */
} dna_transform_data;

#define DNA_SITES_ALL  0
#define DNA_SITES_SAME (-1)

typedef struct dna_transform_def {
    const char *name;       /* "crop"; answers to "Crop" too */
    const char *class_name; /* "Crop" */
    const char *doc;
    const dna_field *fields; /* ends with a zero row; none: NULL */
    size_t opts_size;
    int (*apply)(const void *opts, dna_transform_data *data);
    /* After the table is bound: read DNA_KIND_ANY keys, check what a table cannot say.
     * `at` is the dotted path of params. NULL: nothing to do. */
    int (*finish)(void *opts, const dna_value *params, const char *at, dna_log *log);
    /* How many of the first sites of what it gets it looks at, DNA_SITES_ALL, or
     * DNA_SITES_SAME: site j of what it gives depends on sites 0 .. j. NULL: all. */
    int64_t (*first_sites)(const void *opts);
    /* Whether it is nothing but taking a part, and which. NULL: it is not. */
    bool (*part)(const void *opts, dna_sample_part *part);
    bool keeps_sample;  /* changes neither matrix nor positions */
    bool moves_targets; /* may change targets of parameters tied to a position */
} dna_transform_def;

const dna_transform_def *dna_transform_find(const char *name);
/** i-th built-in, NULL past the end. */
const dna_transform_def *dna_transform_at(int64_t i);

typedef struct {
    const dna_transform_def *def;
    void *opts;
} dna_transform;

typedef struct {
    int64_t n;
    dna_transform *items;
} dna_transform_list;

typedef enum {
    DNA_TRAINING,
    DNA_VALIDATION,
    DNA_TEST,
    DNA_UNUSED,
    DNA_N_SPLIT
} dna_split;
const char *dna_split_name(dna_split split);
int dna_split_from_name(const char *name); /* -1: unknown */

/* The lists of each split (list form: the same for all). */
typedef struct {
    dna_transform_list list[DNA_N_SPLIT];
} dna_transform_set;

/** Parse `dataset_transforms` (list, mapping of splits, null). Splits not named get no
 *  transform; `test` falls back to `validation` when it is not named. Everything lives
 * in the arena; nothing is to be freed. Prediction uses list[DNA_TEST]. */
int dna_transforms_read(dna_transform_set *out, dna_arena *arena, dna_value *config,
    dna_log *log) DNA_MUST_CHECK;
/** The first shape seen by each validate_snp, shared between threads. NULL: no memory.
 */
struct dna_shape_lock *dna_shape_lock_new(void);
void dna_shape_lock_free(struct dna_shape_lock *lock);
/** How many of the first sites of a sample decide what the list makes of it, if all its
 *  sites vary and positions are not circular distances; DNA_SITES_ALL: all do. */
int64_t dna_transforms_first_sites(const dna_transform_list *list);
/** 1 + the number of the transform that takes a part of what is loaded, and which part; 0: there
 *  is none, or others come before it. */
int64_t dna_transforms_part(const dna_transform_list *list, dna_sample_part *part);
/** Run a list, but for the transform that is done already; the message begins with the name of the transform that failed. */
int dna_transforms_apply(
    const dna_transform_list *list, dna_transform_data *data) DNA_MUST_CHECK;
/** Whether the list holds a validate_snp whose expected shape is not known yet. */
bool dna_shape_lock_is_open(
    struct dna_shape_lock *lock, const dna_transform_list *list);
/** The form that a sample can really take: concat without positions is the matrix
 * alone, product without positions an error. */
int dna_form_resolve(dna_snp_form *form, const dna_sample *s) DNA_MUST_CHECK;
/** Rows of the network input of a sample in a form. */
int64_t dna_form_n_row(dna_snp_form form, int64_t n_hap);
/** Write the network input [n_row, n_site] as float. */
void dna_form_fill(dna_snp_form form, const dna_sample *s, float *out);
/** The same into the upper left corner of rows of `stride` floats. */
void dna_form_fill_rows(
    dna_snp_form form, const dna_sample *s, float *out, int64_t stride);

#endif

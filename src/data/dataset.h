/* dataset.h - the numbered samples of a preprocessed table, and batches of them.
 *
 * SPDX-License-Identifier: MIT
 *
 * Samples are numbered 0, 1, 2, ... over the rows of the preprocessed table and, within
 * a row, its replicates. Samples that a maker makes (data/maker.h) are numbered over the
 * training set, then the validation set, then the test set; in the training set a number
 * is another sample in each epoch. A loader prepares whole batches ahead in its own threads;
 * order and randomness depend on (seed, epoch, sample) only.
 *
 *     DNA_TRY(dna_loader_new(&loader, ds, &options, epoch));
 *     while ((rc = dna_loader_next(loader, &batch)) == 1) {
 *         train(batch->x, batch->target, batch->n);
 *     }
 */
#ifndef DNA_DATA_DATASET_H
#define DNA_DATA_DATASET_H

#include "data/maker.h"
#include "data/params_table.h"
#include "data/source.h"
#include "data/transform.h"

typedef struct dna_dataset dna_dataset;

typedef struct {
    const dna_sample_maker *maker;       /* borrowed; NULL: samples are files */
    dna_source *source;                  /* of files; borrowed, outlives the dataset */
    const dna_params_table *table;       /* of files; preprocessed; borrowed */
    const dna_transform_set *transforms; /* borrowed */
    const dna_param *params;             /* borrowed, with mean and std */
    int64_t n_param;
    uint64_t seed;
    bool cache_validation_set;
    dna_log *log;
} dna_dataset_options;

int dna_dataset_new(dna_dataset **out, const dna_dataset_options *o) DNA_MUST_CHECK;
void dna_dataset_free(dna_dataset *ds);
int64_t dna_dataset_count(const dna_dataset *ds, dna_split split);
/** The n-th sample number of a split. */
int64_t dna_dataset_index(const dna_dataset *ds, dna_split split, int64_t i);
/** Load one sample with the transforms of its split (epoch 0); for sizing the network.
 *  The sample is the caller's; form is already resolved. */
int dna_dataset_probe(dna_dataset *ds, int64_t index, dna_sample **sample,
    dna_snp_form *form) DNA_MUST_CHECK;

typedef struct {
    int64_t number;        /* in the pass, from 0; empty batches have one too */
    int64_t n;             /* samples */
    int64_t n_row, n_site; /* of the largest */
    float
        *x; /* [n, n_row, n_site]; a smaller sample has the first of the rows and of the
               * sites, the rest of its place is 0 */
    int64_t *rows, *sites; /* [n] each sample's own */
    bool is_mixed;         /* they differ */
    double *target;        /* [n, n_param] standardised; NaN: missing; class index */
    int64_t *index;        /* [n] sample numbers */
    int64_t *scenario;     /* [n] */
    int64_t *replicate;    /* [n] */
    int64_t n_redrawn, n_given_up; /* sums over the samples (data/maker.h) */
    bool is_binary; /* all matrix rows are 0/1 (the first row of concat form aside);
                     * false for the product form */
    dna_snp_form form;
} dna_batch;

typedef struct dna_loader dna_loader;

typedef struct {
    dna_split split;
    int64_t batch_size;
    int n_worker; /* loading threads; 0: load in the caller */
    bool is_shuffled;
    bool drop_single;    /* join a last batch of one sample to the one before it; failed
                       * samples can still leave a batch of one */
    int64_t first_batch; /* begin here: samples of the batches before are not loaded */
} dna_loader_options;

/** One pass over a split; epochs are numbered from 1. Keeps: ds. */
int dna_loader_new(dna_loader **out, dna_dataset *ds, const dna_loader_options *o,
    int64_t epoch) DNA_MUST_CHECK;
/** 1: *batch is the next batch, valid until the next call; 0: the pass is over; < 0:
 * error. Samples that fail are left out with a warning (those that cannot be made are an
 * error: DNA_ECANCEL when the maker was told to stop); empty batches are skipped. A
 * whole pass in which every sample fails ends with an error. The targets of a batch are those
 * of the table, except where a transform moved them. */
int dna_loader_next(dna_loader *loader, dna_batch **batch) DNA_MUST_CHECK;
int64_t dna_loader_n_batch(const dna_loader *loader);
void dna_loader_free(dna_loader *loader);

#endif

/* train_evaluate.h - a network on a whole split of the dataset: losses and metrics.
 *
 * SPDX-License-Identifier: MIT
 *
 * All outputs are gathered first; losses are then those of the whole split at once, not
 * means over batches, and metrics compare values in natural units: what dnadna predict
 * would write, and the true values.
 *
 *     DNA_TRY(dna_evaluation_init(&e, t, DNA_VALIDATION));
 *     DNA_TRY(dna_evaluation_run(&e, t->net, 0));
 *     printf("%g\n", e.loss);
 */
#ifndef DNA_RUN_TRAIN_EVALUATE_H
#define DNA_RUN_TRAIN_EVALUATE_H

#include "report/metrics.h"
#include "run/train.h"

typedef struct {
    dna_training *t; /* borrowed */
    dna_split split;
    int64_t n_sample; /* that the split has */
    int64_t n_param;
    dna_predicted *params; /* [n_param] */
    float *out;            /* [n_sample, n_output] */
    double *target;        /* [n_sample, n_param] as the loss sees them */
    double *values;        /* [n_sample, n_value] in natural units */
    double *truth;         /* [n_sample, n_param] in natural units */
    /* results of the last run */
    int64_t n;      /* samples that could be loaded */
    double *losses; /* [n_param] */
    double loss;    /* their mean */
    dna_metrics *metrics;
} dna_evaluation;

/** Clear in any case. */
int dna_evaluation_init(
    dna_evaluation *e, dna_training *t, dna_split split) DNA_MUST_CHECK;
void dna_evaluation_clear(dna_evaluation *e);
/** epoch: of the random draws of transforms. Errors: DNA_EIO if no sample could be
 *  loaded; DNA_ECANCEL, without a message, when it was cut short on request. A loss
 *  that is no number is for the caller to see. */
int dna_evaluation_run(
    dna_evaluation *e, dna_network *net, int64_t epoch) DNA_MUST_CHECK;
/** Into the log, a line a parameter. */
int dna_evaluation_log(const dna_evaluation *e) DNA_MUST_CHECK;

/** What programs must know of a batch's samples. */
dna_batch_sizes dna_training_sizes(const dna_batch *b);
/** rc; if it is an error of sample `bad` of the batch (>= 0), the message names it. */
int dna_training_blame(int rc, const dna_batch *b, int64_t bad) DNA_MUST_CHECK;

#endif

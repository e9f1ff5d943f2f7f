/* train_loop.h - where a training stands, shared by its loop, validations, checkpoints.
 *
 * SPDX-License-Identifier: MIT
 *
 * train_loop.c runs epochs and batches, train_validate.c the validation set;
 * train_checkpoint.c writes networks.
 */
#ifndef DNA_RUN_TRAIN_LOOP_H
#define DNA_RUN_TRAIN_LOOP_H

#include "run/train_evaluate.h"
#include "run/train_record.h"

typedef struct {
    dna_training *t;
    dna_record *record;        /* NULL: none yet */
    dna_evaluation validation; /* the last one */
    double *losses;            /* [n_param] of the last batch */
    double *losses_sum;        /* [n_param] of the batches of this epoch */
    int64_t epoch;             /* from 1 */
    int64_t batch;             /* from 0 */
    int64_t step;              /* samples seen before this batch */
    int64_t n_validation;      /* made so far */
    double loss_sum;           /* of the batches of this epoch */
    int64_t loss_n;            /* batches in both sums */
    double best;               /* NaN: none yet */
    double start;              /* seconds */
    double validating;         /* seconds spent in validations */
} dna_loop;

/** The mean loss of the batches of this epoch so far; NaN: none yet. */
double dna_loop_running_loss(const dna_loop *l);
/** Fail with the parameter whose loss is NaN or infinite; `place` says when. */
int dna_loop_bad_loss(const dna_loop *l, const double *losses, int64_t bad,
    const char *place, bool is_untrained);

/** The loss over the whole validation set at once, not a mean over batches. */
int dna_loop_validate(dna_loop *l, double *loss) DNA_MUST_CHECK;

/** Write the network as the named checkpoint; *path gets its file, a heap string. */
int dna_loop_save(const dna_loop *l, const char *name, double validation_loss,
    char **path) DNA_MUST_CHECK;
/** Write it as "best" if its loss is the least so far. */
int dna_loop_save_best(dna_loop *l, double loss) DNA_MUST_CHECK;
/** A validation and what it saves. */
int dna_loop_checkpoint(dna_loop *l) DNA_MUST_CHECK;
/** On request: keep what was learned, and say so (DNA_ECANCEL). */
int dna_loop_stop(dna_loop *l) DNA_MUST_CHECK;
/** The last validation, the network of the last epoch, the test. */
int dna_loop_finish(dna_loop *l) DNA_MUST_CHECK;
/** The test split with the networks `best` and `last_epoch` as their files have them;
 * nothing if it is empty. */
int dna_loop_test(dna_loop *l) DNA_MUST_CHECK;

#endif

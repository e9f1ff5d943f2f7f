/* train_record.h - what a training leaves of its course: metrics.csv and curves for
 * TensorBoard.
 *
 * SPDX-License-Identifier: MIT
 *
 * Rows and events are added at each validation. A training that goes on from a
 * checkpoint must not tell things twice: the checkpoint keeps marks, and both files are
 * cut back to them. So metrics.csv ends as that of a training that never stopped, and
 * so do the events but for their times. The events stay in one file, which readers of
 * any kind take as it is; TensorBoard's own way (a file more for each start, the later
 * one meant to win) leaves it to each reader to sort out which points are void.
 *
 *     DNA_TRY(dna_record_open(&record, t, &marks));   // marks all zero: a new run
 *     DNA_TRY(dna_record_validation(record, &point));
 *     DNA_TRY(dna_record_sync(record, &marks));       // into the checkpoint
 */
#ifndef DNA_RUN_TRAIN_RECORD_H
#define DNA_RUN_TRAIN_RECORD_H

#include "run/train.h"
#include "run/train_evaluate.h"

typedef struct dna_record dna_record;

/* How far the files of a run are good; all zero: there are none yet. */
typedef struct {
    int64_t metrics_length; /* bytes of metrics.csv */
    int64_t events_length;  /* bytes of the event file */
    int64_t events_time;    /* seconds since 1970, a part of the event file's name */
} dna_record_marks;

/* A validation, or a test. */
typedef struct {
    int64_t epoch, batch, step;     /* from 1; from 0; samples seen */
    double training_loss;           /* mean over the batches of the epoch so far */
    const double *training_losses;  /* [n_param] the same of each parameter */
    double learning_rate;           /* of the last step */
    const dna_evaluation *measured; /* the whole split */
} dna_record_point;

/** The files of the run's folder, as they were at `from`. Event files of an earlier run
 * in the folder are removed when a new one begins. Errors: DNA_EIO, DNA_EFORMAT if a
 * file has less than it had. */
int dna_record_open(dna_record **out, const dna_training *t,
    const dna_record_marks *from) DNA_MUST_CHECK;
void dna_record_close(dna_record *r); /* NULL is fine */
int dna_record_validation(dna_record *r, const dna_record_point *p) DNA_MUST_CHECK;
/** Rows of the test split; network: "best" or "last_epoch". */
int dna_record_test(
    dna_record *r, const dna_record_point *p, const char *network) DNA_MUST_CHECK;
/** Until all so far would survive a loss of power. */
int dna_record_sync(dna_record *r, dna_record_marks *marks) DNA_MUST_CHECK;

#endif

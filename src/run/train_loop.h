/* train_loop.h - where a training stands, shared by its loop, validations, checkpoints.
 *
 * SPDX-License-Identifier: MIT
 *
 * train_loop.c runs epochs and batches, train_validate.c the validation set;
 * train_checkpoint.c writes networks and the state, train_state_parts.c says what is in
 * the state.
 *
 * A process may be killed between any two writes. The state is the last file of those
 * that belong together: what came after it is done again when the run goes on, with the
 * same result, and written again over what is there.
 */
#ifndef DNA_RUN_TRAIN_LOOP_H
#define DNA_RUN_TRAIN_LOOP_H

#include "run/fine_tuning.h"
#include "run/train_evaluate.h"
#include "run/train_record.h"

typedef struct {
    dna_training *t;
    dna_record *record;        /* NULL: none yet */
    dna_record_marks marks;    /* of the last state before the end */
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
    dna_regime regime;
    dna_freeze *freeze; /* NULL: all is learned */
    int64_t n_redrawn,
        n_given_up; /* of the fresh samples learned from (data/maker.h) */
    /* between two batches */
    int64_t next_batch;  /* of the loader's pass */
    int64_t n_uncounted; /* samples of the last batch, not in step yet */
    bool is_pending;     /* the validation after the last batch was cut short */
    bool is_epoch_done;  /* all batches of `epoch` are */
    bool is_precision_told;
    bool is_finished; /* all epochs, the last validation and the last network */
    /* seconds, of this process */
    double start;
    double validating;  /* spent in validations */
    double last_state;  /* when the state was written */
    int64_t first_step; /* steps that others made */
} dna_loop;

/** Ready for the first batch, or where t->state says. Clear in any case. */
int dna_loop_init(dna_loop *l, dna_training *t) DNA_MUST_CHECK;
void dna_loop_clear(dna_loop *l);
/** All epochs that are left, and the end. DNA_ECANCEL when stopped on request. */
int dna_loop_run(dna_loop *l) DNA_MUST_CHECK;

/** The mean loss of the batches of this epoch so far; NaN: none yet. */
double dna_loop_running_loss(const dna_loop *l);
/** Fail with the parameter whose loss is NaN or infinite; `place` says when. */
int dna_loop_bad_loss(const dna_loop *l, const double *losses, int64_t bad,
    const char *place, bool is_untrained);

/** The loss over the whole validation set at once, not a mean over batches. DNA_ECANCEL,
 * without a message, when it was cut short on request: nothing has changed then. */
int dna_loop_validate(dna_loop *l, double *loss) DNA_MUST_CHECK;

/** Write the network as the named checkpoint; *path gets its file, a heap string. */
int dna_loop_save(const dna_loop *l, const char *name, double validation_loss,
    char **path) DNA_MUST_CHECK;
/** Write it as "best" if its loss is the least so far. */
int dna_loop_save_best(dna_loop *l, double loss) DNA_MUST_CHECK;
/** A validation and what it saves. Cut short on request, it is pending after. */
int dna_loop_checkpoint(dna_loop *l) DNA_MUST_CHECK;
/** Write or read all that the loop, the network and the optimiser are now. */
int dna_loop_exchange(dna_loop *l, dna_train_state *s) DNA_MUST_CHECK;
/** Write the state file, from which another process can go on. */
int dna_loop_save_state(dna_loop *l) DNA_MUST_CHECK;
/** On request: keep what was learned, and say so (DNA_ECANCEL). */
int dna_loop_stop(dna_loop *l) DNA_MUST_CHECK;
/** The last validation, the network of the last epoch, the test. */
int dna_loop_finish(dna_loop *l) DNA_MUST_CHECK;
/** The test split with the networks `best` and `last_epoch` as their files have them;
 * nothing if it is empty. */
int dna_loop_test(dna_loop *l) DNA_MUST_CHECK;

#endif

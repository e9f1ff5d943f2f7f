/* lr_schedule.h - how the learning rate changes in the course of a training.
 *
 * SPDX-License-Identifier: MIT
 *
 * step, exponential and cosine are functions of the epoch, by the formulas of PyTorch's
 * StepLR, ExponentialLR and CosineAnnealingLR; plateau looks at each validation's loss,
 * as ReduceLROnPlateau (mode min). A linear warm-up over the first optimiser steps
 * multiplies any of them, or none:
 *
 *     lr(epoch, step) = schedule(epoch) * min(1, step / warmup_steps)
 *
 * where epoch counts the epochs that are over (0 in the first one) and step the
 * optimiser's steps from 1. That warm-up is LinearLR with start_factor 1 / warmup_steps
 * and total_iters warmup_steps - 1, counted in steps.
 *
 *     dna_lr_schedule s;
 *     DNA_TRY(dna_lr_schedule_init(&s, dna_lr_schedule_find("cosine"), opts, 0.01, 30, 100));
 *     double lr = dna_lr_schedule_lr(&s, epoch - 1, optim->step + 1);
 *
 * State: the four numbers of `plateau` are all of it; restored, they resume exactly.
 */
#ifndef DNA_NN_LR_SCHEDULE_H
#define DNA_NN_LR_SCHEDULE_H

#include <stdint.h>

#include "dnadna/field.h"
#include "dnadna/status.h"

/* What a plateau remembers. */
typedef struct {
    double lr;        /* now, without warm-up */
    double best;      /* the least loss; infinite: none yet */
    int64_t n_bad;    /* validations since, outside of a cooldown */
    int64_t cooldown; /* validations that are still let pass */
} dna_lr_plateau;

typedef struct dna_lr_schedule dna_lr_schedule;

typedef struct {
    const char *name; /* "step" */
    const char *doc;  /* formula, source */
    const dna_field *fields;
    size_t opts_size;
    /* The learning rate after `epoch` epochs. NULL: s->plateau.lr. */
    double (*lr)(const dna_lr_schedule *s, int64_t epoch);
    /* Look at the loss of a validation. NULL: it does not matter. */
    void (*see)(dna_lr_schedule *s, double loss);
} dna_lr_schedule_def;

struct dna_lr_schedule {
    const dna_lr_schedule_def *def; /* NULL: constant */
    const void *opts;               /* borrowed */
    double lr;                      /* of the optimiser's settings */
    int64_t n_epoch;                /* of the whole training */
    int64_t warmup_steps;           /* 0: none */
    dna_lr_plateau plateau;
};

const dna_lr_schedule_def *dna_lr_schedule_find(const char *name);
const dna_lr_schedule_def *dna_lr_schedule_at(int64_t i); /* NULL past the end */

/** Keeps: opts. def NULL: a constant learning rate, with its warm-up. */
void dna_lr_schedule_init(dna_lr_schedule *s, const dna_lr_schedule_def *def,
    const void *opts, double lr, int64_t n_epoch, int64_t warmup_steps);
/** The learning rate of optimiser step `step` (from 1), after `epoch` whole epochs. */
double dna_lr_schedule_lr(const dna_lr_schedule *s, int64_t epoch, int64_t step);
/** To be told of the loss of each validation. */
void dna_lr_schedule_see(dna_lr_schedule *s, double loss);

#endif

/* weight_average.h - a mean of a network's weights over its training.
 *
 * SPDX-License-Identifier: MIT
 *
 * Two kinds, over parameters and running statistics alike:
 *
 *     ema   mean = decay * mean + (1 - decay) * weights
 *           (exponential moving average; Polyak and Juditsky 1992)
 *     swa   mean = mean + (weights - mean) / (n + 1) after n earlier ones
 *           (equal average; Izmailov et al. 2018, UAI, eq. 1)
 *
 * The first weights that are added are the mean, as in AveragedModel of PyTorch. Sums
 * are double, the mean is kept in single precision.
 *
 *     DNA_TRY(dna_weight_average_new(&a, state, 0.999));
 *     dna_weight_average_add(a, state);      // after a step (ema) or an epoch (swa)
 *     dna_weight_average_swap(a, state);     // the network now has the mean ...
 *     ... validate, save ...
 *     dna_weight_average_swap(a, state);     // ... and again its own weights
 *
 * State: n_added and the vectors are all of it; restored, they resume exactly.
 */
#ifndef DNA_NN_WEIGHT_AVERAGE_H
#define DNA_NN_WEIGHT_AVERAGE_H

#include "dnadna/program.h"

typedef struct {
    double decay;    /* NaN: equal average */
    int64_t n_added; /* 0: there is no mean yet */
    int64_t n_param, n_buffer;
    float *params;  /* [n_param] */
    float *buffers; /* [n_buffer] */
} dna_weight_average;

/** decay: of the moving average, 0 to below 1; NaN: an equal average. */
int dna_weight_average_new(
    dna_weight_average **out, const dna_state *state, double decay) DNA_MUST_CHECK;
void dna_weight_average_free(dna_weight_average *a);
/** As new: nothing was added. */
void dna_weight_average_reset(dna_weight_average *a);
void dna_weight_average_add(dna_weight_average *a, dna_state *state);
/** Exchange mean and weights; nothing happens before the first were added. */
void dna_weight_average_swap(dna_weight_average *a, dna_state *state);

#endif

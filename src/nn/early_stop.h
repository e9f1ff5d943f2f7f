/* early_stop.h - end a training whose validation loss no longer falls.
 *
 * SPDX-License-Identifier: MIT
 *
 * A loss is better if it is below the best one so far by more than min_delta; after
 * `patience` validations in a row that are not, training is over (EarlyStopping of
 * PyTorch Lightning).
 *
 * State: best and n_bad.
 */
#ifndef DNA_NN_EARLY_STOP_H
#define DNA_NN_EARLY_STOP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t patience; /* validations; 0: never stop */
    double min_delta;
    double best;   /* infinite: none yet */
    int64_t n_bad; /* validations since the best one */
} dna_early_stop;

void dna_early_stop_init(dna_early_stop *e, int64_t patience, double min_delta);
/** To be told of the loss of each validation. */
void dna_early_stop_see(dna_early_stop *e, double loss);
bool dna_early_stop_is_over(const dna_early_stop *e);

#endif

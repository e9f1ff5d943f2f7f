/* fine_tuning.h - training that starts from another network's weights.
 *
 * SPDX-License-Identifier: MIT
 *
 * `fine_tuning` of a training config: which network, which of its layers stay as they are,
 * which begin anew. The network's own description takes the place of the config's, so that
 * the layers are the same; the outputs are those of the config's learned_params, and tensors
 * whose shape changes with them begin at random.
 *
 * Frozen tensors are put back after each step, bit by bit: parameters, running statistics and
 * counters. Their gradients do not count where gradients are bounded.
 */
#ifndef DNA_RUN_FINE_TUNING_H
#define DNA_RUN_FINE_TUNING_H

#include "run/train.h"

/** Read the network to start from, if there is one, and put its description into the config;
 *  `fine_tuning` gets its checksum and what it is. Nothing is read for a run that is
 *  resumed. */
int dna_fine_tuning_begin(dna_training *t, const char *from) DNA_MUST_CHECK;
/** Copy its weights into the network of the run. */
int dna_fine_tuning_apply(dna_training *t) DNA_MUST_CHECK;

typedef struct dna_freeze dna_freeze;

/** The tensors that stay; NULL if none do. Errors: DNA_ENOTFOUND, a pattern without layer. */
int dna_freeze_new(dna_freeze **out, const dna_training *t) DNA_MUST_CHECK;
void dna_freeze_free(dna_freeze *f);
/** Set the gradients of what is frozen to 0; f may be NULL. */
void dna_freeze_gradient(const dna_freeze *f, dna_state *state);
/** Put back what is frozen; f may be NULL. */
void dna_freeze_restore(const dna_freeze *f);

#endif

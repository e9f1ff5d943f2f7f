/* optim_defs.h - the optimisers that optim.c lists, one file each.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_OPTIM_DEFS_H
#define DNA_NN_OPTIM_DEFS_H

#include "nn/optim.h"

extern const dna_optim_def dna_optim_adam;
extern const dna_optim_def dna_optim_adamw;
extern const dna_optim_def dna_optim_sgd;
extern const dna_optim_def dna_optim_rmsprop;

/* Settings of Adam and AdamW, whose only difference is where the decay acts. */
typedef struct {
    double lr;
    double betas[2];
    double eps;
    double weight_decay;
    int amsgrad;
} dna_adam_opts;

double dna_adam_lr(const void *opts);
/** The update both share; decay is what the gradient gets (0 for AdamW). */
void dna_adam_apply(const dna_adam_opts *o, int64_t step, double lr, double decay,
    int64_t n, float *w, const float *g, float *const *slot);
/** For settings that cannot conflict. */
const char *dna_optim_no_conflict(const void *opts);

#endif

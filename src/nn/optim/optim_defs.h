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

/* The rows of both tables; they differ in what the decay is and how much by default. */
#define DNA_ADAM_FIELDS(decay, decay_doc)                                            \
    {.key = "lr",                                                                    \
        .kind = DNA_KIND_FLOAT,                                                      \
        .has_min = true,                                                             \
        .dflt = "0.001",                                                             \
        .offset = offsetof(dna_adam_opts, lr),                                       \
        .doc = "Learning rate; learning_rate is another name for it."},              \
        {.key = "betas",                                                             \
            .kind = DNA_KIND_LIST_FLOAT,                                             \
            .has_min = true,                                                         \
            .has_max = true,                                                         \
            .is_max_open = true,                                                     \
            .max = 1.0,                                                              \
            .n_item = 2,                                                             \
            .dflt = "[0.9, 0.999]",                                                  \
            .offset = offsetof(dna_adam_opts, betas),                                \
            .doc = "Decay of the running means of the gradient and of its square."}, \
        {.key = "eps",                                                               \
            .kind = DNA_KIND_FLOAT,                                                  \
            .has_min = true,                                                         \
            .dflt = "1.0e-08",                                                       \
            .offset = offsetof(dna_adam_opts, eps),                                  \
            .doc = "Added to the root in the denominator."},                         \
        {.key = "weight_decay",                                                      \
            .kind = DNA_KIND_FLOAT,                                                  \
            .has_min = true,                                                         \
            .dflt = decay,                                                           \
            .offset = offsetof(dna_adam_opts, weight_decay),                         \
            .doc = decay_doc},                                                       \
    {                                                                                \
        .key = "amsgrad", .kind = DNA_KIND_BOOL, .dflt = "false",                    \
        .offset = offsetof(dna_adam_opts, amsgrad),                                  \
        .doc = "Divide by the largest running mean of squares seen so far."          \
    }

double dna_adam_lr(const void *opts);
/** The update both share; decay is what the gradient gets (0 for AdamW). */
void dna_adam_apply(const dna_adam_opts *o, int64_t step, double lr, double decay,
    int64_t n, float *w, const float *g, float *const *slot);
/** For settings that cannot conflict. */
const char *dna_optim_no_conflict(const void *opts);

#endif

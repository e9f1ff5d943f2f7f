/* optim_defs.h - the optimisers that optim.c lists, one file each, and what they share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_OPTIM_DEFS_H
#define DNA_NN_OPTIM_DEFS_H

#include "nn/optim.h"

extern const dna_optim_def dna_optim_adadelta;
extern const dna_optim_def dna_optim_adagrad;
extern const dna_optim_def dna_optim_adam;
extern const dna_optim_def dna_optim_adamax;
extern const dna_optim_def dna_optim_adamw;
extern const dna_optim_def dna_optim_asgd;
extern const dna_optim_def dna_optim_nadam;
extern const dna_optim_def dna_optim_radam;
extern const dna_optim_def dna_optim_rmsprop;
extern const dna_optim_def dna_optim_rprop;
extern const dna_optim_def dna_optim_sgd;

/* Rows that several tables have. opts: the struct that they fill. */
#define DNA_OPTIM_LR_ROW(opts, value)                                          \
    {                                                                          \
        .key = "lr", .kind = DNA_KIND_FLOAT, .has_min = true, .dflt = (value), \
        .offset = offsetof(opts, lr),                                          \
        .doc = "Learning rate; learning_rate is another name for it."          \
    }
#define DNA_OPTIM_BETAS_ROW(opts, text)                                                \
    {                                                                                  \
        .key = "betas", .kind = DNA_KIND_LIST_FLOAT, .has_min = true, .has_max = true, \
        .is_max_open = true, .max = 1.0, .n_item = 2, .dflt = "[0.9, 0.999]",          \
        .offset = offsetof(opts, betas), .doc = (text)                                 \
    }
#define DNA_OPTIM_EPS_ROW(opts, value, text)                                    \
    {                                                                           \
        .key = "eps", .kind = DNA_KIND_FLOAT, .has_min = true, .dflt = (value), \
        .offset = offsetof(opts, eps), .doc = (text)                            \
    }
#define DNA_OPTIM_DECAY_ROW(opts, value, text)                                 \
    {                                                                          \
        .key = "weight_decay", .kind = DNA_KIND_FLOAT, .has_min = true,        \
        .dflt = (value), .offset = offsetof(opts, weight_decay), .doc = (text) \
    }

#define DNA_OPTIM_MOMENTS_DOC \
    "Decay of the running means of the gradient and of its square."
#define DNA_OPTIM_EPS_DOC "Added to the root in the denominator."
#define DNA_OPTIM_L2_DOC \
    "L2 penalty: this many times the weights is added to the gradient."

/* Settings of Adam and AdamW, whose only difference is where the decay acts. */
typedef struct {
    double lr;
    double betas[2];
    double eps;
    double weight_decay;
    int amsgrad;
} dna_adam_opts;

#define DNA_ADAM_FIELDS(decay, decay_doc)                                   \
    DNA_OPTIM_LR_ROW(dna_adam_opts, "0.001"),                               \
        DNA_OPTIM_BETAS_ROW(dna_adam_opts, DNA_OPTIM_MOMENTS_DOC),          \
        DNA_OPTIM_EPS_ROW(dna_adam_opts, "1.0e-08", DNA_OPTIM_EPS_DOC),     \
        DNA_OPTIM_DECAY_ROW(dna_adam_opts, decay, decay_doc),               \
    {                                                                       \
        .key = "amsgrad", .kind = DNA_KIND_BOOL, .dflt = "false",           \
        .offset = offsetof(dna_adam_opts, amsgrad),                         \
        .doc = "Divide by the largest running mean of squares seen so far." \
    }

/** The update both share; decay is what the gradient gets (0 for AdamW). */
void dna_adam_apply(const dna_adam_opts *o, const dna_optim_now *now, double decay,
    int64_t n, float *w, const float *g, float *const *slot);

#endif

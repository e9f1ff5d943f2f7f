/* adamw.c - Adam whose weight decay acts on the weights, not through the gradient.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Loshchilov and Hutter 2019, ICLR, as in torch.optim.AdamW of PyTorch 1.13.
 */
#include "nn/optim/optim_defs.h"

static const dna_field adamw_fields[] = {
    {.key = "lr",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.001",
        .offset = offsetof(dna_adam_opts, lr),
        .doc = "Learning rate; learning_rate is another name for it."},
    {.key = "betas",
        .kind = DNA_KIND_LIST_FLOAT,
        .has_min = true,
        .has_max = true,
        .is_max_open = true,
        .max = 1.0,
        .n_item = 2,
        .dflt = "[0.9, 0.999]",
        .offset = offsetof(dna_adam_opts, betas),
        .doc = "Decay of the running means of the gradient and of its square."},
    {.key = "eps",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "1.0e-08",
        .offset = offsetof(dna_adam_opts, eps),
        .doc = "Added to the root in the denominator."},
    {.key = "weight_decay",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.01",
        .offset = offsetof(dna_adam_opts, weight_decay),
        .doc = "Each step shrinks the weights by lr times this."},
    {.key = "amsgrad",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .offset = offsetof(dna_adam_opts, amsgrad),
        .doc = "Divide by the largest running mean of squares seen so far."},
    {0},
};

static void
adamw_update(const void *opts, int64_t step, double lr, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const dna_adam_opts *o = opts;
    float keep = (float)(1.0 - lr * o->weight_decay);
    for (int64_t i = 0; i < n; i++) {
        w[i] *= keep;
    }
    dna_adam_apply(o, step, lr, 0.0, n, w, g, slot);
}

const dna_optim_def dna_optim_adamw = {
    .name = "AdamW",
    .doc =
        "w *= 1 - lr weight_decay, then Adam's update without decay (Loshchilov and Hutter 2019).",
    .fields = adamw_fields,
    .opts_size = sizeof(dna_adam_opts),
    .n_slot = 3,
    .update = adamw_update,
    .lr = dna_adam_lr,
    .check = dna_optim_no_conflict,
};

/* adamw.c - Adam whose weight decay acts on the weights, not through the gradient.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Loshchilov and Hutter 2019, ICLR, as in torch.optim.AdamW of PyTorch 1.13.
 */
#include "nn/optim/optim_defs.h"

static const dna_field adamw_fields[] = {
    DNA_ADAM_FIELDS("0.01", "Each step shrinks the weights by lr times this."),
    {0},
};

static void
adamw_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const dna_adam_opts *o = opts;
    float keep = (float)(1.0 - now->lr * o->weight_decay);
    for (int64_t i = 0; i < n; i++) {
        w[i] *= keep;
    }
    dna_adam_apply(o, now, 0.0, n, w, g, slot);
}

const dna_optim_def dna_optim_adamw = {
    .name = "AdamW",
    .doc =
        "w *= 1 - lr weight_decay, then Adam's update without decay (Loshchilov and Hutter 2019).",
    .fields = adamw_fields,
    .opts_size = sizeof(dna_adam_opts),
    .n_slot = 3,
    .update = adamw_update,
};

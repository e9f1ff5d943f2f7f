/* adagrad.c - steps divided by the root of the sum of all squared gradients.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Duchi, Hazan and Singer 2011, JMLR 12:2121-2159, as in torch.optim.Adagrad of
 * PyTorch 1.13.
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

typedef struct {
    double lr;
    double lr_decay;
    double weight_decay;
    double initial_accumulator_value;
    double eps;
} adagrad_opts;

static const dna_field adagrad_fields[] = {
    DNA_OPTIM_LR_ROW(adagrad_opts, "0.01"),
    {.key = "lr_decay",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0",
        .offset = offsetof(adagrad_opts, lr_decay),
        .doc = "Step k has the learning rate lr / (1 + (k - 1) lr_decay)."},
    DNA_OPTIM_DECAY_ROW(adagrad_opts, "0", DNA_OPTIM_L2_DOC),
    {.key = "initial_accumulator_value",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0",
        .offset = offsetof(adagrad_opts, initial_accumulator_value),
        .doc = "Where the sums of squares start."},
    DNA_OPTIM_EPS_ROW(adagrad_opts, "1.0e-10", DNA_OPTIM_EPS_DOC),
    {0},
};

static void
adagrad_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const adagrad_opts *o = opts;
    float lr = (float)(now->lr / (1.0 + (double)(now->step - 1) * o->lr_decay));
    float eps = (float)o->eps, decay = (float)o->weight_decay;
    float start = (float)o->initial_accumulator_value;
    float *sum = slot[0];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        sum[i] = (now->step == 1 ? start : sum[i]) + gi * gi;
        w[i] -= lr * (gi / (sqrtf(sum[i]) + eps));
    }
}

const dna_optim_def dna_optim_adagrad = {
    .name = "Adagrad",
    .doc = "g += weight_decay w; s += g^2; "
           "w -= lr / (1 + (k - 1) lr_decay) g / (sqrt(s) + eps) at step k; "
           "s starts at initial_accumulator_value (Duchi et al. 2011).",
    .fields = adagrad_fields,
    .opts_size = sizeof(adagrad_opts),
    .n_slot = 1,
    .update = adagrad_update,
};

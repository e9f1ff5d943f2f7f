/* adamax.c - Adam with the largest gradient in the place of the root mean square.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Kingma and Ba 2015, ICLR, algorithm 2, as in torch.optim.Adamax of PyTorch
 * 1.13: eps is added to each gradient's size before the maximum is taken.
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

enum { SLOT_M, SLOT_LARGEST, N_SLOT };

typedef struct {
    double lr;
    double betas[2];
    double eps;
    double weight_decay;
} adamax_opts;

static const dna_field adamax_fields[] = {
    DNA_OPTIM_LR_ROW(adamax_opts, "0.002"),
    DNA_OPTIM_BETAS_ROW(adamax_opts,
        "Decay of the running mean of the gradient and of its largest size."),
    DNA_OPTIM_EPS_ROW(adamax_opts, "1.0e-08", "Added to the size of each gradient."),
    DNA_OPTIM_DECAY_ROW(adamax_opts, "0", DNA_OPTIM_L2_DOC),
    {0},
};

static void
adamax_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const adamax_opts *o = opts;
    double correction = 1.0 - pow(o->betas[0], (double)now->step);
    float beta1 = (float)o->betas[0], rest1 = (float)(1.0 - o->betas[0]);
    float beta2 = (float)o->betas[1];
    float step_size = (float)(now->lr / correction);
    float eps = (float)o->eps, decay = (float)o->weight_decay;
    float *m = slot[SLOT_M], *largest = slot[SLOT_LARGEST];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        m[i] = beta1 * m[i] + rest1 * gi;
        float size = fabsf(gi) + eps, old = beta2 * largest[i];
        largest[i] = old > size ? old : size;
        w[i] -= step_size * (m[i] / largest[i]);
    }
}

const dna_optim_def dna_optim_adamax = {
    .name = "Adamax",
    .doc = "g += weight_decay w; m = b1 m + (1 - b1) g; u = max(b2 u, |g| + eps); "
           "w -= lr / (1 - b1^k) m / u at step k (Kingma and Ba 2015).",
    .fields = adamax_fields,
    .opts_size = sizeof(adamax_opts),
    .n_slot = N_SLOT,
    .update = adamax_update,
};

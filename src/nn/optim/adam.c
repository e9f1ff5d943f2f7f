/* adam.c - Adam with PyTorch's coupled weight decay and AMSGrad.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Kingma and Ba 2015, ICLR; Reddi et al. 2018, ICLR (AMSGrad), as in
 * torch.optim.Adam of PyTorch 1.13: the bias correction of v is inside the root, eps
 * outside, and AMSGrad keeps the maximum of the uncorrected v.
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

enum { SLOT_M, SLOT_V, SLOT_V_MAX, N_SLOT };

static const dna_field adam_fields[] = {
    DNA_ADAM_FIELDS("0", DNA_OPTIM_L2_DOC),
    {0},
};

void
dna_adam_apply(const dna_adam_opts *o, const dna_optim_now *now, double decay,
    int64_t n, float *w, const float *g, float *const *slot)
{
    double correction1 = 1.0 - pow(o->betas[0], (double)now->step);
    double correction2 = 1.0 - pow(o->betas[1], (double)now->step);
    float beta1 = (float)o->betas[0], rest1 = (float)(1.0 - o->betas[0]);
    float beta2 = (float)o->betas[1], rest2 = (float)(1.0 - o->betas[1]);
    float step_size = (float)(now->lr / correction1);
    float root = (float)sqrt(correction2);
    float eps = (float)o->eps, decay_f = (float)decay;
    float *m = slot[SLOT_M], *v = slot[SLOT_V], *v_max = slot[SLOT_V_MAX];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay_f * w[i];
        m[i] = beta1 * m[i] + rest1 * gi;
        v[i] = beta2 * v[i] + rest2 * gi * gi;
        float largest = v[i];
        if (o->amsgrad) {
            largest = v_max[i] > v[i] ? v_max[i] : v[i];
            v_max[i] = largest;
        }
        w[i] -= step_size * (m[i] / (sqrtf(largest) / root + eps));
    }
}

static void
adam_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const dna_adam_opts *o = opts;
    dna_adam_apply(o, now, o->weight_decay, n, w, g, slot);
}

const dna_optim_def dna_optim_adam = {
    .name = "Adam",
    .doc =
        "g += weight_decay w; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; "
        "w -= lr (m / (1 - b1^k)) / (sqrt(v / (1 - b2^k)) + eps) at step k (Kingma and Ba 2015).",
    .fields = adam_fields,
    .opts_size = sizeof(dna_adam_opts),
    .n_slot = N_SLOT,
    .update = adam_update,
};

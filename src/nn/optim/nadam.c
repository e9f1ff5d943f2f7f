/* nadam.c - Adam with Nesterov's momentum, which looks one step ahead.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Dozat 2016, ICLR workshop, algorithm 2 with the schedule of momenta of its
 * section 3, as in torch.optim.NAdam of PyTorch 1.13, whose product of the momenta of
 * the next step holds this step's momentum twice; so does ours.
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

enum { SLOT_M, SLOT_V, N_SLOT };
enum { SCALAR_MU_PRODUCT, N_SCALAR };

typedef struct {
    double lr;
    double betas[2];
    double eps;
    double weight_decay;
    double momentum_decay;
} nadam_opts;

static const dna_field nadam_fields[] = {
    DNA_OPTIM_LR_ROW(nadam_opts, "0.002"),
    DNA_OPTIM_BETAS_ROW(nadam_opts, DNA_OPTIM_MOMENTS_DOC),
    DNA_OPTIM_EPS_ROW(nadam_opts, "1.0e-08", DNA_OPTIM_EPS_DOC),
    DNA_OPTIM_DECAY_ROW(nadam_opts, "0", DNA_OPTIM_L2_DOC),
    {.key = "momentum_decay",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.004",
        .offset = offsetof(nadam_opts, momentum_decay),
        .doc = "How fast the momentum rises from half its value to all of it."},
    {0},
};

static double
momentum(const nadam_opts *o, int64_t step)
{
    return o->betas[0] * (1.0 - 0.5 * pow(0.96, (double)step * o->momentum_decay));
}

static void
nadam_advance(const void *opts, dna_optim_now *now)
{
    double before = now->step == 1 ? 1.0 : now->scalars[SCALAR_MU_PRODUCT];
    now->scalars[SCALAR_MU_PRODUCT] = before * momentum(opts, now->step);
}

static void
nadam_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const nadam_opts *o = opts;
    double mu = momentum(o, now->step), mu_next = momentum(o, now->step + 1);
    double product = now->scalars[SCALAR_MU_PRODUCT];
    float take_g = (float)(now->lr * (1.0 - mu) / (1.0 - product));
    float take_m = (float)(now->lr * mu_next / (1.0 - product * mu * mu_next));
    float correction = (float)(1.0 - pow(o->betas[1], (double)now->step));
    float beta1 = (float)o->betas[0], rest1 = (float)(1.0 - o->betas[0]);
    float beta2 = (float)o->betas[1], rest2 = (float)(1.0 - o->betas[1]);
    float eps = (float)o->eps, decay = (float)o->weight_decay;
    float *m = slot[SLOT_M], *v = slot[SLOT_V];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        m[i] = beta1 * m[i] + rest1 * gi;
        v[i] = beta2 * v[i] + rest2 * gi * gi;
        float root = sqrtf(v[i] / correction) + eps;
        w[i] -= take_g * (gi / root) + take_m * (m[i] / root);
    }
}

const dna_optim_def dna_optim_nadam = {
    .name = "NAdam",
    .doc = "g += weight_decay w; u_k = b1 (1 - 0.96^(k momentum_decay) / 2); "
           "P_k = u_1 ... u_k; m, v as in Adam; "
           "w -= lr ((1 - u_k) g / (1 - P_k) + u_(k+1) m / (1 - P_k u_k u_(k+1))) "
           "/ (sqrt(v / (1 - b2^k)) + eps) at step k (Dozat 2016).",
    .fields = nadam_fields,
    .opts_size = sizeof(nadam_opts),
    .n_slot = N_SLOT,
    .n_scalar = N_SCALAR,
    .advance = nadam_advance,
    .update = nadam_update,
};

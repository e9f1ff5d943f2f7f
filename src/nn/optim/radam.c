/* radam.c - Adam that takes plain steps until its variance can be trusted.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Liu et al. 2020, ICLR, algorithm 2, as in torch.optim.RAdam of PyTorch 1.13:
 * eps is added to the root before the bias of v is corrected, and the threshold is 5.
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

enum { SLOT_M, SLOT_V, N_SLOT };

typedef struct {
    double lr;
    double betas[2];
    double eps;
    double weight_decay;
} radam_opts;

static const dna_field radam_fields[] = {
    DNA_OPTIM_LR_ROW(radam_opts, "0.001"),
    DNA_OPTIM_BETAS_ROW(radam_opts, DNA_OPTIM_MOMENTS_DOC),
    DNA_OPTIM_EPS_ROW(radam_opts, "1.0e-08", DNA_OPTIM_EPS_DOC),
    DNA_OPTIM_DECAY_ROW(radam_opts, "0", DNA_OPTIM_L2_DOC),
    {0},
};

/* What the step is multiplied by besides 1 / (sqrt(v) + eps); 0: no such division. */
static double
rectification(double beta2, int64_t step)
{
    double power = pow(beta2, (double)step);
    double rho_inf = 2.0 / (1.0 - beta2) - 1.0;
    double rho = rho_inf - 2.0 * (double)step * power / (1.0 - power);
    if (!(rho > 5.0)) {
        return 0.0;
    }
    double r =
        (rho - 4.0) * (rho - 2.0) * rho_inf / ((rho_inf - 4.0) * (rho_inf - 2.0) * rho);
    return sqrt(r * (1.0 - power));
}

static void
radam_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const radam_opts *o = opts;
    double correction = 1.0 - pow(o->betas[0], (double)now->step);
    double rect = rectification(o->betas[1], now->step);
    float beta1 = (float)o->betas[0], rest1 = (float)(1.0 - o->betas[0]);
    float beta2 = (float)o->betas[1], rest2 = (float)(1.0 - o->betas[1]);
    float plain = (float)(now->lr / correction);
    float adaptive = (float)(now->lr / correction * rect);
    float eps = (float)o->eps, decay = (float)o->weight_decay;
    float *m = slot[SLOT_M], *v = slot[SLOT_V];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        m[i] = beta1 * m[i] + rest1 * gi;
        v[i] = beta2 * v[i] + rest2 * gi * gi;
        w[i] -= rect > 0.0 ? adaptive * (m[i] / (sqrtf(v[i]) + eps)) : plain * m[i];
    }
}

const dna_optim_def dna_optim_radam = {
    .name = "RAdam",
    .doc = "g += weight_decay w; m, v as in Adam; R = 2 / (1 - b2) - 1; "
           "q = R - 2 k b2^k / (1 - b2^k); w -= lr m / (1 - b1^k), and if q > 5 times "
           "sqrt((q - 4) (q - 2) R / ((R - 4) (R - 2) q)) sqrt(1 - b2^k) "
           "/ (sqrt(v) + eps) at step k (Liu et al. 2020).",
    .fields = radam_fields,
    .opts_size = sizeof(radam_opts),
    .n_slot = N_SLOT,
    .update = radam_update,
};

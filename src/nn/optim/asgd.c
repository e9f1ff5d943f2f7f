/* asgd.c - gradient descent with falling steps, and the average of its weights.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Polyak and Juditsky 1992, SIAM J. Control Optim. 30:838-855, as in
 * torch.optim.ASGD of PyTorch 1.13. The average is state only, there and here: the
 * network keeps the weights of the last step (weight_averaging puts a mean in it).
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

/* the step size of this step, and of the next one */
enum { SCALAR_ETA, SCALAR_ETA_NEXT, N_SCALAR };

typedef struct {
    double lr;
    double lambd;
    double alpha;
    double t0;
    double weight_decay;
} asgd_opts;

static const dna_field asgd_fields[] = {
    DNA_OPTIM_LR_ROW(asgd_opts, "0.01"),
    {.key = "lambd",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.0001",
        .offset = offsetof(asgd_opts, lambd),
        .doc = "Each step shrinks the weights by its size times this."},
    {.key = "alpha",
        .kind = DNA_KIND_FLOAT,
        .dflt = "0.75",
        .offset = offsetof(asgd_opts, alpha),
        .doc = "The power by which steps become smaller."},
    {.key = "t0",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "1000000",
        .offset = offsetof(asgd_opts, t0),
        .doc = "Steps before averaging. The average is kept with the optimizer's state "
               "and is not put into the network, as in PyTorch."},
    DNA_OPTIM_DECAY_ROW(asgd_opts, "0", DNA_OPTIM_L2_DOC),
    {0},
};

static void
asgd_advance(const void *opts, dna_optim_now *now)
{
    const asgd_opts *o = opts;
    double *eta = now->scalars;
    eta[SCALAR_ETA] = now->step == 1 ? now->lr : eta[SCALAR_ETA_NEXT];
    eta[SCALAR_ETA_NEXT] =
        now->lr / pow(1.0 + o->lambd * now->lr * (double)now->step, o->alpha);
}

static void
asgd_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const asgd_opts *o = opts;
    double eta = now->scalars[SCALAR_ETA];
    float eta_f = (float)eta, keep = (float)(1.0 - o->lambd * eta);
    float share = (float)(1.0 / fmax(1.0, (double)(now->step - 1) - o->t0));
    float decay = (float)o->weight_decay;
    float *mean = slot[0];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        w[i] = keep * w[i] - eta_f * gi;
        mean[i] = share == 1.0F ? w[i] : mean[i] + share * (w[i] - mean[i]);
    }
}

const dna_optim_def dna_optim_asgd = {
    .name = "ASGD",
    .doc = "g += weight_decay w; w *= 1 - lambd e; w -= e g, "
           "where e = lr / (1 + lambd lr (k - 1))^alpha at step k "
           "(Polyak and Juditsky 1992).",
    .fields = asgd_fields,
    .opts_size = sizeof(asgd_opts),
    .n_slot = 1,
    .n_scalar = N_SCALAR,
    .advance = asgd_advance,
    .update = asgd_update,
};

/* adadelta.c - steps in the units of the weights, from two running means of squares.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Zeiler 2012, arXiv:1212.5701, algorithm 1, as in torch.optim.Adadelta of
 * PyTorch 1.13: eps is inside both roots, and lr multiplies the step.
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

enum { SLOT_SQUARE, SLOT_MOVE, N_SLOT };

typedef struct {
    double lr;
    double rho;
    double eps;
    double weight_decay;
} adadelta_opts;

static const dna_field adadelta_fields[] = {
    DNA_OPTIM_LR_ROW(adadelta_opts, "1"),
    {.key = "rho",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .has_max = true,
        .max = 1.0,
        .dflt = "0.9",
        .offset = offsetof(adadelta_opts, rho),
        .doc = "Decay of the running means of squares."},
    DNA_OPTIM_EPS_ROW(adadelta_opts, "1.0e-06", "Added under both roots."),
    DNA_OPTIM_DECAY_ROW(adadelta_opts, "0", DNA_OPTIM_L2_DOC),
    {0},
};

static void
adadelta_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const adadelta_opts *o = opts;
    float lr = (float)now->lr, rho = (float)o->rho, rest = (float)(1.0 - o->rho);
    float eps = (float)o->eps, decay = (float)o->weight_decay;
    float *square = slot[SLOT_SQUARE], *moved = slot[SLOT_MOVE];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        square[i] = rho * square[i] + rest * gi * gi;
        float move = sqrtf(moved[i] + eps) / sqrtf(square[i] + eps) * gi;
        moved[i] = rho * moved[i] + rest * move * move;
        w[i] -= lr * move;
    }
}

const dna_optim_def dna_optim_adadelta = {
    .name = "Adadelta",
    .doc = "g += weight_decay w; v = rho v + (1 - rho) g^2; "
           "d = sqrt(u + eps) / sqrt(v + eps) g; u = rho u + (1 - rho) d^2; "
           "w -= lr d (Zeiler 2012).",
    .fields = adadelta_fields,
    .opts_size = sizeof(adadelta_opts),
    .n_slot = N_SLOT,
    .update = adadelta_update,
};

/* rmsprop.c - steps divided by a running root mean square of the gradient.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Tieleman and Hinton 2012, Coursera lecture 6.5; centered: Graves 2013,
 * arXiv:1308.0850, eq. 40; in the form of torch.optim.RMSprop of PyTorch 1.13. One
 * difference: where rounding makes the centered variance negative, PyTorch's root is
 * NaN, and here the variance is 0.
 */
#include <math.h>

#include "nn/optim/optim_defs.h"

enum { SLOT_SQUARE, SLOT_MOMENTUM, SLOT_MEAN, N_SLOT };

typedef struct {
    double lr;
    double alpha;
    double eps;
    double weight_decay;
    double momentum;
    int centered;
} rmsprop_opts;

static const dna_field rmsprop_fields[] = {
    DNA_OPTIM_LR_ROW(rmsprop_opts, "0.01"),
    {.key = "alpha",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.99",
        .offset = offsetof(rmsprop_opts, alpha),
        .doc = "Decay of the running mean of squares."},
    DNA_OPTIM_EPS_ROW(rmsprop_opts, "1.0e-08", DNA_OPTIM_EPS_DOC),
    DNA_OPTIM_DECAY_ROW(rmsprop_opts, "0", DNA_OPTIM_L2_DOC),
    {.key = "momentum",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0",
        .offset = offsetof(rmsprop_opts, momentum),
        .doc = "How much of the last step's direction is kept."},
    {.key = "centered",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .offset = offsetof(rmsprop_opts, centered),
        .doc = "Divide by the running deviation instead of the root mean square."},
    {0},
};

static void
rmsprop_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const rmsprop_opts *o = opts;
    float alpha = (float)o->alpha, rest = (float)(1.0 - o->alpha);
    float lr_f = (float)now->lr, eps = (float)o->eps, decay = (float)o->weight_decay;
    float momentum = (float)o->momentum;
    bool has_momentum = o->momentum > 0.0;
    float *v = slot[SLOT_SQUARE], *b = slot[SLOT_MOMENTUM], *mean = slot[SLOT_MEAN];

    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        v[i] = alpha * v[i] + rest * gi * gi;
        float square = v[i];
        if (o->centered) {
            mean[i] = alpha * mean[i] + rest * gi;
            square -= mean[i] * mean[i];
            square = square < 0.0F ? 0.0F : square;
        }
        float move = gi / (sqrtf(square) + eps);
        if (has_momentum) {
            b[i] = momentum * b[i] + move;
            move = b[i];
        }
        w[i] -= lr_f * move;
    }
}

const dna_optim_def dna_optim_rmsprop = {
    .name = "RMSprop",
    .doc =
        "g += weight_decay w; v = alpha v + (1 - alpha) g^2; "
        "b = momentum b + g / (sqrt(v) + eps); w -= lr b; "
        "centered: v less the square of the running mean of g (Tieleman and Hinton 2012).",
    .fields = rmsprop_fields,
    .opts_size = sizeof(rmsprop_opts),
    .n_slot = N_SLOT,
    .update = rmsprop_update,
};

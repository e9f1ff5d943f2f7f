/* sgd.c - stochastic gradient descent with momentum.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Sutskever et al. 2013, ICML, in the form of torch.optim.SGD of PyTorch 1.13:
 * the learning rate multiplies the momentum's sum, and the first step takes the whole
 * gradient into it, without dampening.
 */
#include "nn/optim/optim_defs.h"

typedef struct {
    double lr;
    double momentum;
    double dampening;
    double weight_decay;
    int nesterov;
} sgd_opts;

static const dna_field sgd_fields[] = {
    {.key = "lr",
        .kind = DNA_KIND_FLOAT,
        .is_required = true,
        .has_min = true,
        .offset = offsetof(sgd_opts, lr),
        .doc =
            "Learning rate, which has no default; learning_rate is another name for it."},
    {.key = "momentum",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0",
        .offset = offsetof(sgd_opts, momentum),
        .doc = "How much of the last step's direction is kept."},
    {.key = "dampening",
        .kind = DNA_KIND_FLOAT,
        .dflt = "0",
        .offset = offsetof(sgd_opts, dampening),
        .doc = "The gradient enters the momentum 1 - dampening times."},
    DNA_OPTIM_DECAY_ROW(sgd_opts, "0", DNA_OPTIM_L2_DOC),
    {.key = "nesterov",
        .kind = DNA_KIND_BOOL,
        .dflt = "false",
        .offset = offsetof(sgd_opts, nesterov),
        .doc = "Look one step ahead; needs a momentum and no dampening."},
    {0},
};

static void
sgd_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const sgd_opts *o = opts;
    float lr_f = (float)now->lr, decay = (float)o->weight_decay;
    float momentum = (float)o->momentum;
    float old = now->step == 1 ? 0.0F : momentum;
    float take = now->step == 1 ? 1.0F : (float)(1.0 - o->dampening);
    float *b = slot[0];

    if (o->momentum == 0.0) {
        for (int64_t i = 0; i < n; i++) {
            w[i] -= lr_f * (g[i] + decay * w[i]);
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        float gi = g[i] + decay * w[i];
        b[i] = old * b[i] + take * gi;
        w[i] -= lr_f * (o->nesterov ? gi + momentum * b[i] : b[i]);
    }
}

static const char *
sgd_check(const void *opts)
{
    const sgd_opts *o = opts;
    if (o->nesterov && (!(o->momentum > 0.0) || o->dampening != 0.0)) {
        return "nesterov needs a momentum above 0 and a dampening of 0";
    }
    return NULL;
}

const dna_optim_def dna_optim_sgd = {
    .name = "SGD",
    .doc = "g += weight_decay w; "
           "b = momentum b + (1 - dampening) g (b = g at the first step); "
           "w -= lr b, or lr (g + momentum b) if nesterov (Sutskever et al. 2013).",
    .fields = sgd_fields,
    .opts_size = sizeof(sgd_opts),
    .n_slot = 1,
    .update = sgd_update,
    .check = sgd_check,
};

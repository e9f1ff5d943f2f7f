/* rprop.c - a step size of its own for each weight, from the gradient's sign alone.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Riedmiller and Braun 1993, IEEE ICNN 586-591, without taking a step back
 * (iRprop-, Igel and Huesken 2000), as in torch.optim.Rprop of PyTorch 1.13. lr is the
 * size of the first step; later ones do not depend on it.
 */
#include "nn/optim/optim_defs.h"

enum { SLOT_GRADIENT, SLOT_SIZE, N_SLOT };

typedef struct {
    double lr;
    double etas[2];
    double step_sizes[2];
} rprop_opts;

static const dna_field rprop_fields[] = {
    {.key = "lr",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.01",
        .offset = offsetof(rprop_opts, lr),
        .doc = "Size of the first step; learning_rate is another name for it."},
    {.key = "etas",
        .kind = DNA_KIND_LIST_FLOAT,
        .has_min = true,
        .is_min_open = true,
        .n_item = 2,
        .dflt = "[0.5, 1.2]",
        .schema = "items: [{type: number, exclusiveMinimum: 0, exclusiveMaximum: 1}, "
                  "{type: number, exclusiveMinimum: 1}]",
        .offset = offsetof(rprop_opts, etas),
        .doc = "What a step size is multiplied by when the gradient changes its sign, "
               "and when it keeps it."},
    {.key = "step_sizes",
        .kind = DNA_KIND_LIST_FLOAT,
        .has_min = true,
        .n_item = 2,
        .dflt = "[1.0e-06, 50]",
        .offset = offsetof(rprop_opts, step_sizes),
        .doc = "The least and the largest step size."},
    {0},
};

static float
sign(float x)
{
    return x > 0.0F ? 1.0F : x < 0.0F ? -1.0F : x; /* NaN stays NaN */
}

static void
rprop_update(const void *opts, const dna_optim_now *now, int64_t n, float *w,
    const float *g, float *const *slot)
{
    const rprop_opts *o = opts;
    float shrink = (float)o->etas[0], grow = (float)o->etas[1];
    float least = (float)o->step_sizes[0], largest = (float)o->step_sizes[1];
    float *before = slot[SLOT_GRADIENT], *size = slot[SLOT_SIZE];

    for (int64_t i = 0; i < n; i++) {
        float agreement = g[i] * before[i];
        float s = now->step == 1 ? (float)now->lr : size[i];
        s *= agreement > 0.0F ? grow : agreement < 0.0F ? shrink : 1.0F;
        size[i] = s < least ? least : s > largest ? largest : s;
        before[i] = agreement < 0.0F ? 0.0F : g[i]; /* past a minimum: wait a step */
        w[i] -= sign(before[i]) * size[i];
    }
}

static const char *
rprop_check(const void *opts)
{
    const rprop_opts *o = opts;
    if (!(o->etas[0] < 1.0 && o->etas[1] > 1.0)) {
        return "the first of etas must be below 1 and the second above 1";
    }
    if (!(o->step_sizes[0] <= o->step_sizes[1])) {
        return "the first of step_sizes must not be above the second";
    }
    return NULL;
}

const dna_optim_def dna_optim_rprop = {
    .name = "Rprop",
    .doc = "s *= etas[1] where g keeps its sign, etas[0] where it changes (g is then 0 "
           "for this step and the next comparison); s is kept within step_sizes; "
           "w -= s sign(g); s starts at lr (Riedmiller and Braun 1993).",
    .fields = rprop_fields,
    .opts_size = sizeof(rprop_opts),
    .n_slot = N_SLOT,
    .update = rprop_update,
    .check = rprop_check,
};

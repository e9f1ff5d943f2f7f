/* weight_average.c - a mean of a network's weights over its training.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/weight_average.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

int
dna_weight_average_new(dna_weight_average **out, const dna_state *state, double decay)
{
    dna_weight_average *a = NULL;
    int rc = DNA_OK;

    DNA_NEW(a, 1);
    a->decay = decay;
    a->n_param = dna_state_n_param(state);
    a->n_buffer = dna_state_n_buffer(state);
    DNA_NEW(a->params, DNA_MAX(a->n_param, 1));
    DNA_NEW(a->buffers, DNA_MAX(a->n_buffer, 1));
    *out = a;
    a = NULL;
out:
    dna_weight_average_free(a);
    return rc;
}

void
dna_weight_average_free(dna_weight_average *a)
{
    if (a != NULL) {
        dna_free(a->params);
        dna_free(a->buffers);
        dna_free(a);
    }
}

void
dna_weight_average_reset(dna_weight_average *a)
{
    memset(a->params, 0, (size_t)a->n_param * sizeof(*a->params));
    memset(a->buffers, 0, (size_t)a->n_buffer * sizeof(*a->buffers));
    a->n_added = 0;
}

/* share: how much of the new numbers enters the mean. */
static void
blend(float *mean, const float *now, int64_t n, double share)
{
    for (int64_t i = 0; i < n; i++) {
        double m = (double)mean[i];
        mean[i] = (float)(m + share * ((double)now[i] - m));
    }
}

void
dna_weight_average_add(dna_weight_average *a, dna_state *state)
{
    const float *params = dna_state_params(state);
    const float *buffers = dna_state_buffers(state);

    if (a->n_added == 0) {
        memcpy(a->params, params, (size_t)a->n_param * sizeof(*params));
        memcpy(a->buffers, buffers, (size_t)a->n_buffer * sizeof(*buffers));
    } else {
        double share =
            isnan(a->decay) ? 1.0 / (double)(a->n_added + 1) : 1.0 - a->decay;
        blend(a->params, params, a->n_param, share);
        blend(a->buffers, buffers, a->n_buffer, share);
    }
    a->n_added++;
}

static void
swap(float *a, float *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        float t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

void
dna_weight_average_swap(dna_weight_average *a, dna_state *state)
{
    if (a->n_added > 0) {
        swap(a->params, dna_state_params(state), a->n_param);
        swap(a->buffers, dna_state_buffers(state), a->n_buffer);
    }
}

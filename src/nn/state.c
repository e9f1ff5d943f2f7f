/* state.c - the parameters, gradients and buffers of a network, each in one vector.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "dnadna/rng.h"
#include "nn/node.h"

struct dna_state {
    dna_arena *arena;
    dna_tensor *tensors;
    int64_t n_tensor;
    float *params, *grads, *buffers;
    int64_t *counters;
    int64_t n[3]; /* lengths by dna_tensor_kind */
};

int
dna_state_new(dna_state **out, const dna_graph *g)
{
    dna_state *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    DNA_TRY(dna_arena_new(&s->arena));
    DNA_NEW(s->tensors, DNA_MAX(g->n_tensor, 1));
    s->n_tensor = g->n_tensor;
    for (int64_t i = 0; i < s->n_tensor; i++) {
        dna_tensor *t = &s->tensors[i];
        *t = g->tensors[i];
        t->name = dna_arena_strdup(s->arena, t->name);
        if (t->name == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        s->n[t->kind] += t->count;
    }
    DNA_NEW(s->params, DNA_MAX(s->n[DNA_TENSOR_PARAM], 1));
    DNA_NEW(s->grads, DNA_MAX(s->n[DNA_TENSOR_PARAM], 1));
    DNA_NEW(s->buffers, DNA_MAX(s->n[DNA_TENSOR_BUFFER], 1));
    DNA_NEW(s->counters, DNA_MAX(s->n[DNA_TENSOR_COUNTER], 1));
    *out = s;
    s = NULL;
out:
    dna_state_free(s);
    return rc;
}

void
dna_state_free(dna_state *s)
{
    if (s != NULL) {
        dna_arena_free(s->arena);
        dna_free(s->tensors);
        dna_free(s->params);
        dna_free(s->grads);
        dna_free(s->buffers);
        dna_free(s->counters);
        dna_free(s);
    }
}

int64_t
dna_state_n_tensor(const dna_state *s)
{
    return s->n_tensor;
}

const dna_tensor *
dna_state_tensor(const dna_state *s, int64_t i)
{
    return i >= 0 && i < s->n_tensor ? &s->tensors[i] : NULL;
}

const dna_tensor *
dna_state_find(const dna_state *s, const char *name)
{
    for (int64_t i = 0; i < s->n_tensor; i++) {
        if (strcmp(s->tensors[i].name, name) == 0) {
            return &s->tensors[i];
        }
    }
    return NULL;
}

float *
dna_state_params(dna_state *s)
{
    return s->params;
}

float *
dna_state_grads(dna_state *s)
{
    return s->grads;
}

int64_t
dna_state_n_param(const dna_state *s)
{
    return s->n[DNA_TENSOR_PARAM];
}

float *
dna_state_buffers(dna_state *s)
{
    return s->buffers;
}

int64_t
dna_state_n_buffer(const dna_state *s)
{
    return s->n[DNA_TENSOR_BUFFER];
}

int64_t *
dna_state_counters(dna_state *s)
{
    return s->counters;
}

int64_t
dna_state_n_counter(const dna_state *s)
{
    return s->n[DNA_TENSOR_COUNTER];
}

int
dna_state_init_random(dna_state *s, uint64_t seed)
{
    for (int64_t i = 0; i < s->n_tensor; i++) {
        const dna_tensor *t = &s->tensors[i];
        if (t->kind == DNA_TENSOR_COUNTER) {
            memset(s->counters + t->offset, 0, (size_t)t->count * sizeof(*s->counters));
        } else if (t->kind == DNA_TENSOR_BUFFER) {
            float v = dna_str_ends_with(t->name, "running_var") ? 1.0f : 0.0f;
            for (int64_t e = 0; e < t->count; e++) {
                s->buffers[t->offset + e] = v;
            }
        } else if (t->fan_in > 0) {
            double a = 1.0 / sqrt((double)t->fan_in);
            dna_rng rng;
            dna_rng_init(&rng, seed, t->name, 0, 0, 0);
            for (int64_t e = 0; e < t->count; e++) {
                s->params[t->offset + e] =
                    (float)(a * (2.0 * dna_rng_uniform(&rng) - 1.0));
            }
        } else { /* a norm's scale and shift */
            float v = dna_str_ends_with(t->name, "weight") ? 1.0f : 0.0f;
            for (int64_t e = 0; e < t->count; e++) {
                s->params[t->offset + e] = v;
            }
        }
    }
    return DNA_OK;
}

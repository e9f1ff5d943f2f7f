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

static void
fill(float *x, int64_t n, float v)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] = v;
    }
}

static void
fill_uniform(float *x, int64_t n, dna_rng *rng, double low, double high)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] = (float)(low + (high - low) * dna_rng_uniform(rng));
    }
}

/* limit: in deviations; INFINITY for all. */
static void
fill_normal(float *x, int64_t n, dna_rng *rng, double mean, double sd, double limit)
{
    for (int64_t i = 0; i < n; i++) {
        double z = dna_rng_normal(rng);
        while (fabs(z) > limit) {
            z = dna_rng_normal(rng);
        }
        x[i] = (float)(mean + sd * z);
    }
}

/* PyTorch's: +-1/sqrt(fan_in), or what a norm begins with. */
static void
fill_default(float *x, const dna_tensor *t, dna_rng *rng)
{
    if (t->fan_in > 0) {
        double a = 1.0 / sqrt((double)t->fan_in);
        for (int64_t e = 0; e < t->count; e++) {
            x[e] = (float)(a * (2.0 * dna_rng_uniform(rng) - 1.0));
        }
    } else {
        fill(x, t->count, dna_str_ends_with(t->name, "weight") ? 1.0f : 0.0f);
    }
}

static void
fill_param(float *x, const dna_tensor *t, uint64_t seed)
{
    const double a = t->init.a, b = t->init.b;
    const int64_t n = t->count;
    const double fan_in = (double)DNA_MAX(t->fan_in, 1);
    /* a weight is [O, I, k...]; what has one dimension has no other fan */
    const double fan_out = t->n_dim > 1 ? (double)(n / t->dim[1]) : fan_in;
    const double both = fan_in + fan_out;
    dna_rng rng;

    dna_rng_init(&rng, seed, t->name, 0, 0, 0);
    switch (t->init.law) {
    case DNA_INIT_DEFAULT:
        fill_default(x, t, &rng);
        break;
    case DNA_INIT_CONSTANT:
        fill(x, n, (float)a);
        break;
    case DNA_INIT_UNIFORM:
        fill_uniform(x, n, &rng, a, b);
        break;
    case DNA_INIT_NORMAL:
        fill_normal(x, n, &rng, a, b, (double)INFINITY);
        break;
    case DNA_INIT_TRUNCATED_NORMAL:
        fill_normal(x, n, &rng, a, b, 2.0);
        break;
    case DNA_INIT_GLOROT_UNIFORM:
        fill_uniform(x, n, &rng, -sqrt(6.0 / both), sqrt(6.0 / both));
        break;
    case DNA_INIT_GLOROT_NORMAL:
        fill_normal(x, n, &rng, 0.0, sqrt(2.0 / both), (double)INFINITY);
        break;
    case DNA_INIT_HE_UNIFORM:
        fill_uniform(x, n, &rng, -sqrt(6.0 / fan_in), sqrt(6.0 / fan_in));
        break;
    case DNA_INIT_HE_NORMAL:
        fill_normal(x, n, &rng, 0.0, sqrt(2.0 / fan_in), (double)INFINITY);
        break;
    case DNA_INIT_LECUN_UNIFORM:
        fill_uniform(x, n, &rng, -sqrt(3.0 / fan_in), sqrt(3.0 / fan_in));
        break;
    case DNA_INIT_LECUN_NORMAL:
        fill_normal(x, n, &rng, 0.0, sqrt(1.0 / fan_in), (double)INFINITY);
        break;
    }
}

int
dna_state_init_random(dna_state *s, uint64_t seed)
{
    for (int64_t i = 0; i < s->n_tensor; i++) {
        const dna_tensor *t = &s->tensors[i];
        if (t->kind == DNA_TENSOR_COUNTER) {
            memset(s->counters + t->offset, 0, (size_t)t->count * sizeof(*s->counters));
        } else if (t->kind == DNA_TENSOR_BUFFER) {
            fill(s->buffers + t->offset, t->count,
                dna_str_ends_with(t->name, "running_var") ? 1.0f : 0.0f);
        } else {
            fill_param(s->params + t->offset, t, seed);
        }
    }
    return DNA_OK;
}

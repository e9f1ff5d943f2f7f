/* net_fixture.h - networks with the parameters and inputs of
 * tests/golden/make_networks.py.
 *
 * SPDX-License-Identifier: MIT
 *
 * The formulas are in that script. Layers are listed here in the order in which the
 * original registers them, because the values depend on a tensor's number.
 */
#ifndef DNA_TESTS_NET_FIXTURE_H
#define DNA_TESTS_NET_FIXTURE_H

#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnadna/program.h"
#include "nets/net.h"

typedef struct {
    const char *name; /* key in networks.npz */
    const char *net;
    const char *params; /* "n_blocks=2 n_features=3": integers, or words */
    dna_net_sizes sizes;
    bool is_large; /* its backward pass takes the reference many seconds */
} net_case;

typedef struct {
    dna_arena *arena;
    const dna_net_def *def;
    const void *opts;
    dna_graph *g;
    dna_state *state;
    char layer[80][32]; /* in registration order */
    int n_layer;
} net_fixture;

static inline dna_value *
params_of(dna_arena *arena, const char *text)
{
    dna_value *map = dna_value_map(arena);
    char copy[128], *save = NULL;
    assert_non_null(map);
    snprintf(copy, sizeof(copy), "%s", text != NULL ? text : "");
    for (char *word = strtok_r(copy, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');
        assert_non_null(equals);
        *equals = '\0';
        assert_ok(dna_value_set(arena, map, word, dna_value_plain(arena, equals + 1)));
    }
    return map;
}

static inline void
list_spidna_layers(net_fixture *f)
{
    static const char *const stem[] = {
        "conv_pos", "conv_pos_bn", "conv_snp", "conv_snp_bn"};
    static const char *const block[] = {"phi", "phi_bn", "fc"};
    for (int i = 0; i < 4; i++) {
        snprintf(f->layer[f->n_layer++], 32, "%s", stem[i]);
    }
    for (int k = 0;; k++) {
        char name[64];
        snprintf(name, sizeof(name), "blocks.%d.fc.weight", k);
        if (dna_state_find(f->state, name) == NULL) {
            return;
        }
        for (int i = 0; i < 3; i++) {
            snprintf(f->layer[f->n_layer++], 32, "blocks.%d.%s", k, block[i]);
        }
    }
}

static inline void
list_custom_layers(net_fixture *f)
{
    for (int stage = 1; stage <= 3; stage++) {
        for (int norm = 0; norm < 2; norm++) {
            for (int i = 0; i < 5; i++) {
                snprintf(f->layer[f->n_layer++], 32,
                    norm ? "batch_norm%d.%d" : "conv%d.%d", stage, i);
            }
        }
    }
    for (int stage = 4; stage <= 8; stage++) {
        snprintf(f->layer[f->n_layer++], 32, "conv%d", stage);
        snprintf(f->layer[f->n_layer++], 32, "batch_norm%d", stage);
    }
    snprintf(f->layer[f->n_layer++], 32, "fc1");
    snprintf(f->layer[f->n_layer++], 32, "batch_norm9");
    snprintf(f->layer[f->n_layer++], 32, "fc2");
}

static inline void
list_layers(net_fixture *f)
{
    static const char *const cnn[] = {"conv1", "bn1", "conv2", "fc1", "fc2", "fc3"};
    static const char *const mlp[] = {"fc1", "fc2", "fc3", "fc4"};
    f->n_layer = 0;
    if (strcmp(f->def->name, "SPIDNA") == 0) {
        list_spidna_layers(f);
    } else if (strcmp(f->def->name, "CustomCNN") == 0) {
        list_custom_layers(f);
    } else {
        bool is_cnn = strcmp(f->def->name, "CNN") == 0;
        for (int i = 0; i < (is_cnn ? 6 : 4); i++) {
            snprintf(f->layer[f->n_layer++], 32, "%s", is_cnn ? cnn[i] : mlp[i]);
        }
    }
}

/* The tensor "<layer>.<what>", NULL if the layer has none. */
static inline const dna_tensor *
layer_tensor(const net_fixture *f, int layer, const char *what)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.%s", f->layer[layer], what);
    return dna_state_find(f->state, name);
}

static inline double
check_value(const dna_tensor *t, const dna_tensor *weight, int p, int64_t e)
{
    double s = sin(1.0 + 0.7 * p + 0.37 * (double)e);
    if (weight->n_dim == 1) { /* batch norm: scale around 1, shift around 0 */
        return t == weight ? 1.0 + 0.2 * s : 0.2 * s;
    }
    return s / sqrt((double)(weight->count / weight->dim[0]));
}

/* Fill parameters (double or float) and running statistics with the check values. */
static inline void
fill_check_values(const net_fixture *f, double *params, double *buffers)
{
    static const char *const whats[] = {"weight", "bias"};
    int p = 0;
    for (int layer = 0; layer < f->n_layer; layer++) {
        const dna_tensor *weight = layer_tensor(f, layer, "weight");
        assert_non_null(weight);
        for (int i = 0; i < 2; i++) {
            const dna_tensor *t = layer_tensor(f, layer, whats[i]);
            for (int64_t e = 0; t != NULL && e < t->count; e++) {
                params[t->offset + e] = check_value(t, weight, p, e);
            }
            p += t != NULL;
        }
        const dna_tensor *mean = layer_tensor(f, layer, "running_mean");
        const dna_tensor *var = layer_tensor(f, layer, "running_var");
        for (int64_t e = 0; mean != NULL && e < mean->count; e++) {
            assert_non_null(var);
            buffers[mean->offset + e] = 0.0;
            buffers[var->offset + e] = 1.0;
        }
    }
}

static inline double
check_input(const dna_net_sizes *sizes, int64_t b, int64_t row, int64_t j)
{
    int64_t i = row - (sizes->concat ? 1 : 0);
    if (i < 0) {
        return (double)(j + 1) / (double)(sizes->n_snp + 1 + b);
    }
    return (7 * i * i + 3 * j * j + i * j + 5 * b) % 11 < 4 ? 1.0 : 0.0;
}

static inline double
check_output_grad(int64_t b, int64_t o)
{
    return sin(2.0 + (double)b + 3.0 * (double)o);
}

static inline void
fixture_open(net_fixture *f, const net_case *c)
{
    memset(f, 0, sizeof(*f));
    assert_ok(dna_arena_new(&f->arena));
    f->def = dna_net_find(c->net);
    assert_non_null(f->def);
    assert_ok(dna_net_read_params(
        &f->opts, f->arena, f->def, params_of(f->arena, c->params), &c->sizes));
    assert_ok(dna_net_build(&f->g, f->def, f->opts, &c->sizes));
    assert_ok(dna_state_new(&f->state, f->g));
    list_layers(f);
}

static inline void
fixture_close(net_fixture *f)
{
    dna_state_free(f->state);
    dna_graph_free(f->g);
    dna_arena_free(f->arena);
}

/* Put the check values into the float state. */
static inline void
fill_state(net_fixture *f)
{
    int64_t n = dna_state_n_param(f->state), n_buffer = dna_state_n_buffer(f->state);
    double *params = calloc((size_t)(n + n_buffer), sizeof(double));
    assert_non_null(params);
    fill_check_values(f, params, params + n);
    for (int64_t i = 0; i < n; i++) {
        dna_state_params(f->state)[i] = (float)params[i];
    }
    for (int64_t i = 0; i < n_buffer; i++) {
        dna_state_buffers(f->state)[i] = (float)params[n + i];
    }
    free(params);
}

#endif

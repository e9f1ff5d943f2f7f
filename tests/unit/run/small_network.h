/* small_network.h - a SPIDNA of two blocks with the check values of docs/networks.md:
 * learnable tensor number p of the original's order has at element e
 * s = sin(1 + 0.7 p + 0.37 e): s / sqrt(fan_in), or 1 + 0.2 s and 0.2 s for batch
 * norms.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_SMALL_NETWORK_H
#define DNA_TESTS_SMALL_NETWORK_H

#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/json.h"
#include "run/network.h"

#define SMALL_N_HAP  4
#define SMALL_N_SITE 20

/* What a network file says; %s takes the place of further entries. */
static const char small_meta[] =
    "{\"format_version\": 1, \"dnadna_version\": \"0.1.0\","
    " \"network\": {\"name\": \"SPIDNA\", \"params\": {\"n_blocks\": 2, \"n_features\": 3}},"
    " \"input\": {\"n_snp\": 20, \"n_indiv\": 4, \"form\": \"concat\"},"
    " \"learned_params\": [{\"a\": {\"type\": \"regression\", \"log_transform\": true}},"
    " {\"b\": {\"type\": \"regression\"}}],"
    " \"train_mean\": {\"a\": 2.5, \"b\": -1}, \"train_std\": {\"a\": 0.5, \"b\": 3},"
    " \"dataset_transforms\": [{\"crop\": {\"max_snp\": 20, \"keep_polymorphic_only\": false}}, {\"snp_format\": \"concat\"}],"
    " \"position_format\": {\"distance\": false, \"normalized\": true, \"circular\": false,"
    " \"chromosome_size\": 1000},"
    " \"keys\": [\"SNP\", \"POS\"], \"preprocessing\": {\"min_snp\": 12, \"min_indiv\": 2,"
    " \"seed\": 99}, \"provenance\": {\"model_name\": \"m\", \"seed\": 7}}";

static inline dna_network *
network_from_text(const char *text)
{
    dna_network *net = NULL;
    dna_arena *arena = NULL;
    dna_value *meta = NULL;
    assert_ok(dna_arena_new(&arena));
    assert_ok(dna_json_parse(&meta, arena, text, strlen(text), "test"));
    assert_ok(dna_network_from_meta(&net, arena, meta, "test"));
    assert_ok(dna_network_allocate(net));
    return net;
}

static inline void
fill_tensor(dna_network *net, const char *layer, const char *what, int *p, bool is_norm)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.%s", layer, what);
    const dna_tensor *t = dna_state_find(net->state, name);
    assert_non_null(t);
    float *w = dna_state_params(net->state) + t->offset;
    bool is_weight = strcmp(what, "weight") == 0;
    for (int64_t e = 0; e < t->count; e++) {
        double s = sin(1.0 + 0.7 * *p + 0.37 * (double)e);
        double v =
            is_norm ? (is_weight ? 1.0 : 0.0) + 0.2 * s : s / sqrt((double)t->fan_in);
        w[e] = (float)v;
    }
    (*p)++;
}

static inline void
fill_small(dna_network *net)
{
    static const char *const layers[] = {"conv_pos", "conv_pos_bn", "conv_snp",
        "conv_snp_bn", "blocks.0.phi", "blocks.0.phi_bn", "blocks.0.fc", "blocks.1.phi",
        "blocks.1.phi_bn", "blocks.1.fc"};
    int p = 0;
    assert_ok(dna_state_init_random(net->state, 1)); /* running statistics 0 and 1 */
    for (int64_t i = 0; i < DNA_COUNT(layers); i++) {
        bool is_norm = strstr(layers[i], "_bn") != NULL;
        fill_tensor(net, layers[i], "weight", &p, is_norm);
        fill_tensor(net, layers[i], "bias", &p, is_norm);
    }
}

static inline dna_network *
small_network(void)
{
    dna_network *net = network_from_text(small_meta);
    fill_small(net);
    return net;
}

/* Sample b of the check values: positions (j + 1) / (S + 1 + b). */
static inline dna_sample *
small_sample(int64_t b, int64_t n_hap, int64_t n_site)
{
    dna_array snp = {0}, pos = {0};
    dna_sample *s = NULL;
    const dna_position_format format = {0, 1, 0, 0, (double)NAN};
    assert_ok(dna_array_init(&snp, DNA_U8, 2, (const int64_t[]){n_hap, n_site}));
    assert_ok(dna_array_init(&pos, DNA_F64, 1, &n_site));
    for (int64_t j = 0; j < n_site; j++) {
        dna_array_set(&pos, j, (double)(j + 1) / (double)(n_site + 1 + b));
        for (int64_t i = 0; i < n_hap; i++) {
            int64_t m = (7 * i * i + 3 * j * j + i * j + 5 * b) % 11;
            dna_array_set(&snp, i * n_site + j, m < 4 ? 1.0 : 0.0);
        }
    }
    assert_ok(dna_sample_new(&s, &snp, &pos, &format, "sample"));
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    return s;
}

#endif

/* spidna.c - SPIDNA: exchangeable over individuals, adaptive to sample size and SNPs.
 *
 * SPDX-License-Identifier: MIT
 *
 * Convolutions run along the SNPs of each haplotype with shared weights; the mean over
 * haplotypes is the only way they speak to each other, so their order does not matter
 * and their number may vary. Each block adds its own linear reading of the means to
 * the output.
 *
 * Source: Sanchez et al. 2021, Molecular Ecology Resources 21:2645-2660.
 */
#include <stdio.h>

#include "nets/net_defs.h"

typedef struct {
    int64_t n_blocks;
    int64_t n_features;
    int64_t n_outputs;
} spidna_opts;

/* 3 * 2^28 SNPs would be a human genome in one input. */
#define MAX_BLOCKS   28
#define MAX_FEATURES 65536

static const dna_field spidna_fields[] = {
    {.key = "n_blocks",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = MAX_BLOCKS,
        .dflt = "7",
        .offset = offsetof(spidna_opts, n_blocks),
        .doc = "Blocks; each halves the SNPs, so inputs need 3 * 2^n_blocks of them."},
    {.key = "n_features",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = MAX_FEATURES,
        .dflt = "50",
        .offset = offsetof(spidna_opts, n_features),
        .doc = "Features of a block, at least the number of outputs."},
    {.key = "n_outputs",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(spidna_opts, n_outputs),
        .doc = "Always computed from learned_params, whatever is given here."},
    {0},
};

static int
spidna_check(const void *opts, const dna_net_sizes *sizes)
{
    const spidna_opts *o = opts;
    int64_t least = (int64_t)3 << o->n_blocks;
    int rc = DNA_OK;

    DNA_REQUIRE(sizes->concat, DNA_ESHAPE,
        "network SPIDNA: the data have no row of positions, which it needs (snp_format: concat)");
    DNA_REQUIRE(o->n_features >= sizes->n_outputs, DNA_ESHAPE,
        "network SPIDNA: n_features %lld is below its %lld outputs",
        (long long)o->n_features, (long long)sizes->n_outputs);
    DNA_REQUIRE(sizes->n_snp >= least, DNA_ESHAPE,
        "network SPIDNA: %lld SNPs; with n_blocks %lld it needs at least %lld",
        (long long)sizes->n_snp, (long long)o->n_blocks, (long long)least);
out:
    return rc;
}

/* Convolution of three SNPs, batch norm, ReLU: x [N, 1, rows, S] -> [N, F, rows, S -
 * 2]. */
static dna_node *
stem(dna_graph *g, dna_node *x, const char *conv, const char *norm, int64_t n_features)
{
    x = dna_conv2d(g, x, conv, (dna_conv2d_opts){.out = n_features, .kernel = {1, 3}});
    x = dna_batch_norm(g, x, norm, (dna_batch_norm_opts){0});
    return dna_relu(g, x);
}

/* Features per haplotype beside their equal for all: [N, 2F, n, W]. */
static dna_node *
join(dna_graph *g, dna_node *first, dna_node *second)
{
    dna_node *const both[2] = {first, second};
    return dna_concat(g, both, 2, 1);
}

typedef struct {
    dna_node *x;      /* [N, 2F, n, W] */
    dna_node *output; /* [N, n_outputs], NULL before the first block */
} spidna_flow;

static void
add_block(dna_graph *g, const spidna_opts *o, const dna_net_sizes *sizes, int64_t k,
    spidna_flow *flow)
{
    char norm[48], conv[48], fc[48];
    snprintf(norm, sizeof(norm), "blocks.%lld.phi_bn", (long long)k);
    snprintf(conv, sizeof(conv), "blocks.%lld.phi", (long long)k);
    snprintf(fc, sizeof(fc), "blocks.%lld.fc", (long long)k);

    dna_node *phi = dna_batch_norm(g, flow->x, norm, (dna_batch_norm_opts){0});
    phi = dna_conv2d(
        g, phi, conv, (dna_conv2d_opts){.out = o->n_features, .kernel = {1, 3}});
    dna_node *psi = dna_mean(g, phi, 2, true); /* over individuals: [N, F, 1, W - 2] */

    dna_node *s = dna_slice(g, psi, 1, 0, sizes->n_outputs);
    s = dna_flatten(g, dna_mean(g, s, 3, false)); /* over SNPs: [N, n_outputs] */
    s = dna_linear(g, s, fc, (dna_linear_opts){.out = sizes->n_outputs});
    flow->output = k == 0 ? s : dna_add(g, flow->output, s);

    if (k + 1 < o->n_blocks) { /* nothing reads the last block's features */
        flow->x = join(g, phi, dna_expand(g, psi, 2, sizes->n_indiv));
        flow->x = dna_max_pool2d(g, flow->x, (dna_pool_opts){.kernel = {1, 2}});
        flow->x = dna_relu(g, flow->x);
    }
}

static dna_node *
spidna_build(dna_graph *g, const void *opts, const dna_net_sizes *sizes, dna_node *x)
{
    const spidna_opts *o = opts;
    const int64_t pos_dim[3] = {1, 1, sizes->n_snp};
    const int64_t snp_dim[3] = {1, sizes->n_indiv, sizes->n_snp};
    spidna_flow flow = {NULL, NULL};

    dna_node *pos = dna_reshape(g, dna_slice(g, x, 1, 0, 1), 3, pos_dim);
    pos = stem(g, pos, "conv_pos", "conv_pos_bn", o->n_features);
    dna_node *snp = dna_reshape(g, dna_slice(g, x, 1, 1, sizes->n_indiv), 3, snp_dim);
    snp = stem(g, snp, "conv_snp", "conv_snp_bn", o->n_features);

    flow.x = join(g, dna_expand(g, pos, 2, sizes->n_indiv), snp);
    for (int64_t k = 0; k < o->n_blocks; k++) {
        add_block(g, o, sizes, k, &flow);
    }
    return flow.output;
}

const dna_net_def dna_net_spidna = {
    .name = "SPIDNA",
    .doc =
        "Exchangeable over individuals and adaptive to their number and to the number of SNPs "
        "(at least 3 * 2^n_blocks); "
        "needs the row of positions. "
        "As published: 7 blocks, 50 features, 400 SNPs, 50 individuals (Sanchez et al. "
        "2021).",
    .fields = spidna_fields,
    .opts_size = sizeof(spidna_opts),
    .is_exchangeable = true,
    .check = spidna_check,
    .build = spidna_build,
};

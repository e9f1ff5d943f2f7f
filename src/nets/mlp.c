/* mlp.c - a perceptron with three hidden layers on the flattened matrix: the baseline.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nets/net_defs.h"

typedef struct {
    int64_t n_snp;
    int64_t n_indiv;
    int64_t n_outputs;
    int concat;
} mlp_opts;

static const dna_field mlp_fields[] = {
    {.key = "n_snp",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(mlp_opts, n_snp),
        .doc = "SNPs of every input; by default those of the first sample."},
    {.key = "n_indiv",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(mlp_opts, n_indiv),
        .doc = "Individuals of every input; by default those of the first sample."},
    {.key = "n_outputs",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(mlp_opts, n_outputs),
        .doc = "Always computed from learned_params, whatever is given here."},
    {.key = "concat",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .offset = offsetof(mlp_opts, concat),
        .doc =
            "Whether a row of positions comes before the SNPs; by default as the snp_format transform makes it."},
    {0},
};

static int
mlp_check(const void *opts, const dna_net_sizes *sizes)
{
    const mlp_opts *o = opts;
    int rc = DNA_OK;

    DNA_TRY(dna_net_expect_size("MLP", "n_snp", o->n_snp, sizes->n_snp));
    DNA_TRY(dna_net_expect_size("MLP", "n_indiv", o->n_indiv, sizes->n_indiv));
    DNA_REQUIRE(o->concat < 0 || (o->concat != 0) == sizes->concat, DNA_ESHAPE,
        "network MLP: the data are in %s format, its params say concat: %s",
        sizes->concat ? "concat" : "product", o->concat != 0 ? "true" : "false");
out:
    return rc;
}

static dna_node *
hidden(dna_graph *g, dna_node *x, const char *layer, int64_t n)
{
    return dna_relu(g, dna_linear(g, x, layer, (dna_linear_opts){.out = n}));
}

static dna_node *
mlp_build(dna_graph *g, const void *opts, const dna_net_sizes *sizes, dna_node *x)
{
    (void)opts; /* sizes say it all */
    x = dna_flatten(g, x);
    x = hidden(g, x, "fc1", 100);
    x = hidden(g, x, "fc2", 50);
    x = hidden(g, x, "fc3", 5);
    return dna_linear(g, x, "fc4", (dna_linear_opts){.out = sizes->n_outputs});
}

const dna_net_def dna_net_mlp = {
    .name = "MLP",
    .doc =
        "A perceptron with three hidden layers (100, 50, 5) on the flattened matrix; "
        "regression and classification, any size that is the same for all samples. "
        "A baseline.",
    .fields = mlp_fields,
    .opts_size = sizeof(mlp_opts),
    .is_fixed_size = true,
    .check = mlp_check,
    .build = mlp_build,
};

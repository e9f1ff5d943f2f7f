/* cnn.c - a small convolutional network on the matrix as an image: the second baseline.
 *
 * SPDX-License-Identifier: MIT
 *
 * Its first linear layer has 480 = 10 x 2 x 24 inputs, so the sizes that fit are few.
 */
#include "nets/net_defs.h"

typedef struct {
    int64_t n_snp;
    int64_t n_indiv;
    int64_t n_outputs;
} cnn_opts;

/* The extents that two convolutions of stride 2 and two poolings bring to 2 x 24. */
enum { MIN_ROW = 37, MAX_ROW = 52, MIN_SNP = 389, MAX_SNP = 404 };

static const dna_field cnn_fields[] = {
    {.key = "n_snp",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(cnn_opts, n_snp),
        .doc = "If given, every input must have this many SNPs (389 to 404 fit)."},
    {.key = "n_indiv",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(cnn_opts, n_indiv),
        .doc = "If given, every input must have this many individuals "
               "(36 to 51 fit with a row of positions, 37 to 52 without)."},
    {.key = "n_outputs",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(cnn_opts, n_outputs),
        .doc = "Always computed from learned_params, whatever is given here."},
    {0},
};

static int
cnn_check(const void *opts, const dna_net_sizes *sizes)
{
    const cnn_opts *o = opts;
    int rc = DNA_OK;

    DNA_TRY(dna_net_expect_size("CNN", "n_snp", o->n_snp, sizes->n_snp));
    DNA_TRY(dna_net_expect_size("CNN", "n_indiv", o->n_indiv, sizes->n_indiv));
    int64_t n_row = dna_net_n_row(sizes);
    DNA_REQUIRE(n_row >= MIN_ROW && n_row <= MAX_ROW, DNA_ESHAPE,
        "network CNN: %lld individuals; it takes %d to %d %s a row of positions",
        (long long)sizes->n_indiv, MIN_ROW - sizes->concat, MAX_ROW - sizes->concat,
        sizes->concat ? "with" : "without");
    DNA_REQUIRE(sizes->n_snp >= MIN_SNP && sizes->n_snp <= MAX_SNP, DNA_ESHAPE,
        "network CNN: %lld SNPs; it takes %d to %d", (long long)sizes->n_snp, MIN_SNP,
        MAX_SNP);
out:
    return rc;
}

/* Convolution 3 x 3 with stride 2 and without bias, ReLU, maximum of 2 x 2. */
static dna_node *
stage(dna_graph *g, dna_node *x, const char *layer, int64_t n_channel)
{
    dna_conv2d_opts conv = {
        .out = n_channel, .kernel = {3, 3}, .stride = {2, 2}, .no_bias = true};
    x = dna_relu(g, dna_conv2d(g, x, layer, conv));
    return dna_max_pool2d(g, x, (dna_pool_opts){.kernel = {2, 2}});
}

static dna_node *
cnn_build(dna_graph *g, const void *opts, const dna_net_sizes *sizes, dna_node *x)
{
    (void)opts; /* sizes say it all */
    const int64_t image[3] = {1, dna_net_n_row(sizes), sizes->n_snp};

    x = dna_reshape(g, x, 3, image);
    x = stage(g, x, "conv1", 5);
    x = dna_batch_norm(g, x, "bn1", (dna_batch_norm_opts){0});
    x = stage(g, x, "conv2", 10);
    x = dna_flatten(g, x);
    x = dna_relu(g, dna_linear(g, x, "fc1", (dna_linear_opts){.out = 10}));
    x = dna_relu(g, dna_linear(g, x, "fc2", (dna_linear_opts){.out = 5}));
    return dna_linear(g, x, "fc3", (dna_linear_opts){.out = sizes->n_outputs});
}

const dna_net_def dna_net_cnn = {
    .name = "CNN",
    .doc =
        "Two convolutions and three linear layers; regression and classification. "
        "Takes 389 to 404 SNPs and 37 to 52 rows (individuals, and the row of positions if there is one); "
        "made for 400 SNPs of 50. A baseline.",
    .fields = cnn_fields,
    .opts_size = sizeof(cnn_opts),
    .check = cnn_check,
    .build = cnn_build,
};

/* custom_cnn.c - CustomCNN: five filter shapes side by side, then a column of
 * convolutions.
 *
 * SPDX-License-Identifier: MIT
 *
 * Each filter shape reads positions and SNPs; its feature maps are laid out as rows of
 * a stack, the five stacks are put on top of each other, and five tall filters read one
 * slice of rows each. The published network cuts the slices with the heights of
 * stacks made from 20 individuals, whatever the number of individuals: `heights:
 * original` keeps that, `corrected` cuts where the stacks end. For 20 individuals both
 * are the same.
 *
 * Source: Sanchez et al. 2021, Molecular Ecology Resources 21:2645-2660.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nets/net_defs.h"

typedef struct {
    int64_t n_snp;
    int64_t n_indiv;
    int64_t n_outputs;
    int concat;
    const char *heights;
} custom_cnn_opts;

#define N_FILTER  5
#define N_POS_MAP 5  /* feature maps of the positions, a filter */
#define N_SNP_MAP 20 /* of the SNPs */
#define N_DEEP    50 /* of every later convolution */
#define MIN_INDIV 20 /* the tallest filter */
#define MIN_SNP   90 /* one column is left after four convolutions of stride 3 */

/* Height (individuals) and width (SNPs) of the filters. */
static const int64_t filters[N_FILTER][2] = {{2, 2}, {5, 4}, {3, 8}, {2, 10}, {20, 1}};

static const dna_field custom_cnn_fields[] = {
    {.key = "n_snp",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = MIN_SNP,
        .offset = offsetof(custom_cnn_opts, n_snp),
        .doc = "SNPs of every input; by default those of the first sample."},
    {.key = "n_indiv",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = MIN_INDIV,
        .offset = offsetof(custom_cnn_opts, n_indiv),
        .doc =
            "Individuals that are read, further ones are not; by default those of the first sample."},
    {.key = "n_outputs",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(custom_cnn_opts, n_outputs),
        .doc = "Always computed from learned_params, whatever is given here."},
    {.key = "concat",
        .kind = DNA_KIND_BOOL,
        .is_nullable = true,
        .offset = offsetof(custom_cnn_opts, concat),
        .doc =
            "Without effect, as in the original: the first row of the input is always read as positions."},
    {.key = "heights",
        .kind = DNA_KIND_CHOICE,
        .dflt = "original",
        .choices = "original|corrected",
        .offset = offsetof(custom_cnn_opts, heights),
        .doc = "Rows that each tall filter reads: original, as published, "
               "those of 20 individuals whatever their number (1485 rows, "
               "the rest is not read); "
               "corrected, each filter's own stack."},
    {0},
};

/* Individuals that the network reads: those it was made for, or the fewer there are. */
static int64_t
n_read(const custom_cnn_opts *o, const dna_net_sizes *sizes)
{
    return o->n_indiv == DNA_NULL_INT ? sizes->n_indiv
                                      : DNA_MIN(o->n_indiv, sizes->n_indiv);
}

static bool
is_corrected(const custom_cnn_opts *o)
{
    return o->heights != NULL && strcmp(o->heights, "corrected") == 0;
}

/* Rows of the stack that filter f makes from n individuals. */
static int64_t
stack_height(int f, int64_t n)
{
    return N_POS_MAP + N_SNP_MAP * (n - filters[f][0] + 1);
}

static int
custom_cnn_check(const void *opts, const dna_net_sizes *sizes)
{
    const custom_cnn_opts *o = opts;
    int rc = DNA_OK;

    DNA_REQUIRE(sizes->concat, DNA_ESHAPE,
        "network CustomCNN: the data have no row of positions, which it needs (snp_format: concat)");
    DNA_REQUIRE(n_read(o, sizes) >= MIN_INDIV, DNA_ESHAPE,
        "network CustomCNN: %lld individuals; it needs at least %d",
        (long long)n_read(o, sizes), MIN_INDIV);
    DNA_REQUIRE(sizes->n_snp >= MIN_SNP, DNA_ESHAPE,
        "network CustomCNN: %lld SNPs; it needs at least %d", (long long)sizes->n_snp,
        MIN_SNP);
    DNA_TRY(dna_net_expect_size("CustomCNN", "n_snp", o->n_snp, sizes->n_snp));
    DNA_REQUIRE(
        !is_corrected(o) || o->n_indiv == DNA_NULL_INT || sizes->n_indiv >= o->n_indiv,
        DNA_ESHAPE,
        "network CustomCNN: %lld individuals; with heights: corrected it needs the %lld of its params",
        (long long)sizes->n_indiv, (long long)o->n_indiv);
out:
    return rc;
}

/* "conv" + number, with an index if f >= 0: "conv2.0", "batch_norm4". */
static const char *
layer_name(char buf[32], const char *kind, int number, int f)
{
    if (f < 0) {
        snprintf(buf, 32, "%s%d", kind, number);
    } else {
        snprintf(buf, 32, "%s%d.%d", kind, number, f);
    }
    return buf;
}

/* Batch norm, ReLU; layer batch_norm<number>. */
static dna_node *
norm_stage(dna_graph *g, dna_node *x, int number, int f)
{
    char name[32];
    x = dna_batch_norm(
        g, x, layer_name(name, "batch_norm", number, f), (dna_batch_norm_opts){0});
    return dna_relu(g, x);
}

/* Convolution, batch norm, ReLU; layers conv<number> and batch_norm<number>. */
static dna_node *
conv_stage(dna_graph *g, dna_node *x, int number, int f, dna_conv2d_opts conv)
{
    char name[32];
    x = dna_conv2d(g, x, layer_name(name, "conv", number, f), conv);
    return norm_stage(g, x, number, f);
}

/* [N, C, H, W] -> [N, 1, C * H, W]: feature maps become rows of an image. */
static dna_node *
maps_to_rows(dna_graph *g, dna_node *x)
{
    const int64_t dim[3] = {
        1, dna_node_dim(x, 1) * dna_node_dim(x, 2), dna_node_dim(x, 3)};
    return dna_reshape(g, x, 3, dim);
}

/* The middle of the columns: an odd one too many goes on the right. */
static dna_node *
crop_columns(dna_graph *g, dna_node *x, int64_t width)
{
    int64_t excess = dna_node_dim(x, 3) - width;
    return excess == 0 ? x : dna_slice(g, x, 3, excess / 2, width);
}

static dna_node *
join_rows(dna_graph *g, dna_node *top, dna_node *bottom)
{
    int64_t width = DNA_MIN(dna_node_dim(top, 3), dna_node_dim(bottom, 3));
    dna_node *const both[2] = {
        crop_columns(g, top, width), crop_columns(g, bottom, width)};
    return dna_concat(g, both, 2, 2);
}

/* The same on the positions, a line [N, 1, S], whose feature maps become rows. */
static dna_node *
pos_stage(dna_graph *g, dna_node *pos, int f, int64_t width)
{
    char name[32];
    dna_conv1d_opts conv = {.out = N_POS_MAP, .kernel = width};
    dna_node *x = dna_conv1d(g, pos, layer_name(name, "conv", 1, f), conv);
    x = norm_stage(g, x, 1, f);
    return dna_reshape(g, x, 3, (int64_t[]){1, N_POS_MAP, dna_node_dim(x, 2)});
}

/* Filter f on positions and on SNPs: [N, 1, 5 + 20 (n - h + 1), S - w + 1]. */
static dna_node *
filter_stack(dna_graph *g, dna_node *pos, dna_node *snp, int f)
{
    int64_t height = filters[f][0], width = filters[f][1];
    dna_conv2d_opts on_snp = {.out = N_SNP_MAP, .kernel = {height, width}};
    dna_node *a = pos_stage(g, pos, f, width);
    dna_node *b = maps_to_rows(g, conv_stage(g, snp, 2, f, on_snp));
    return join_rows(g, a, b);
}

/* Each tall filter on its slice of the rows, then all side by side: [N, 1, 250, T]. */
static dna_node *
tall_filters(dna_graph *g, dna_node *stack, int64_t n_slice_indiv)
{
    dna_node *parts[N_FILTER];
    int64_t first = 0;

    for (int f = 0; f < N_FILTER; f++) {
        int64_t height = stack_height(f, n_slice_indiv);
        dna_node *rows = dna_slice(g, stack, 2, first, height);
        dna_conv2d_opts conv = {.out = N_DEEP, .kernel = {height, 1}};
        parts[f] = maps_to_rows(g, conv_stage(g, rows, 3, f, conv));
        first += height;
    }
    return dna_concat(g, parts, N_FILTER, 2);
}

static dna_node *
custom_cnn_build(
    dna_graph *g, const void *opts, const dna_net_sizes *sizes, dna_node *x)
{
    const custom_cnn_opts *o = opts;
    const int64_t n = n_read(o, sizes);
    const int64_t snp_dim[3] = {1, n, sizes->n_snp};
    dna_node *pos = dna_slice(g, x, 1, 0, 1);
    dna_node *snp = dna_reshape(g, dna_slice(g, x, 1, 1, n), 3, snp_dim);

    x = filter_stack(g, pos, snp, 0);
    for (int f = 1; f < N_FILTER; f++) {
        x = join_rows(g, x, filter_stack(g, pos, snp, f));
    }
    x = tall_filters(g, x, is_corrected(o) ? n : MIN_INDIV);

    dna_conv2d_opts all_rows = {.out = N_DEEP, .kernel = {N_FILTER * N_DEEP, 1}};
    x = maps_to_rows(g, conv_stage(g, x, 4, -1, all_rows));
    for (int number = 5; number <= 8; number++) {
        dna_conv2d_opts conv = {.out = N_DEEP, .kernel = {N_DEEP, 3}, .stride = {3, 3}};
        x = maps_to_rows(g, conv_stage(g, x, number, -1, conv));
    }
    x = dna_linear(g, dna_flatten(g, x), "fc1", (dna_linear_opts){.out = N_DEEP});
    x = dna_relu(g, dna_batch_norm(g, x, "batch_norm9", (dna_batch_norm_opts){0}));
    return dna_linear(g, x, "fc2", (dna_linear_opts){.out = sizes->n_outputs});
}

const dna_net_def dna_net_custom_cnn = {
    .name = "CustomCNN",
    .doc =
        "Five filter shapes on positions and SNPs, then convolutions along the SNPs; "
        "regression. "
        "Takes the same number of SNPs in all samples, at least 90, and at least 20 individuals; "
        "needs the row of positions. "
        "Made for 400 SNPs or more of 50 individuals (Sanchez et al. 2021).",
    .fields = custom_cnn_fields,
    .opts_size = sizeof(custom_cnn_opts),
    .is_fixed_size = true,
    .check = custom_cnn_check,
    .build = custom_cnn_build,
    .needs_batch_of_two = true,
};

/* transform_snp_format.c - what the network sees of a sample.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/str.h"
#include "data/transforms.h"

typedef struct {
    const char *format;
} snp_format_opts;

static const dna_field snp_format_fields[] = {
    {.key = "format",
        .kind = DNA_KIND_CHOICE,
        .choices = "concat|product|matrix",
        .dflt = "concat",
        .offset = offsetof(snp_format_opts, format),
        .doc = "concat: positions as the first row, then the matrix "
               "(the matrix alone if samples have no positions). "
               "product: the matrix times the position of each site. "
               "matrix: the matrix alone, positions unseen."},
    {0}};

static int
snp_format_apply(const void *opts, dna_transform_data *data)
{
    const snp_format_opts *o = opts;

    if (dna_str_equal(o->format, "product")) {
        data->form = DNA_PRODUCT;
    } else if (dna_str_equal(o->format, "matrix")) {
        data->form = DNA_MATRIX;
    } else {
        data->form = DNA_CONCAT;
    }
    return DNA_OK;
}

static int64_t
snp_format_first_sites(const void *opts)
{
    (void)opts;
    return DNA_SITES_SAME;
}

const dna_transform_def dna_transform_snp_format = {
    .name = "snp_format",
    .class_name = "SnpFormat",
    .doc = "Choose the form of the network's input.",
    .fields = snp_format_fields,
    .opts_size = sizeof(snp_format_opts),
    .apply = snp_format_apply,
    .first_sites = snp_format_first_sites,
    .keeps_sample = true,
};

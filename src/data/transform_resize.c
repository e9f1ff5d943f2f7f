/* transform_resize.c - matrices of one width: columns appended, or sites counted in bins.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source of bins: Gower et al. 2021, eLife 10:e64669 (genomatnn).
 */
#include <math.h>

#include "base/mem.h"
#include "data/transforms.h"

static void
replace(dna_sample *s, dna_array *snp, dna_array *pos)
{
    dna_array_clear(&s->snp);
    s->snp = *snp;
    s->n_site = s->snp.dim[1];
    *snp = (dna_array){0};
    if (s->has_pos) {
        dna_array_clear(&s->pos);
        s->pos = *pos;
        *pos = (dna_array){0};
    }
}

/* ---- pad ---------------------------------------------------------------------------- */

typedef struct {
    int64_t n_snp;
    double value, position;
} pad_opts;

static const dna_field pad_fields[] = {
    {.key = "n_snp",
        .kind = DNA_KIND_INT,
        .is_required = true,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = 1e8,
        .offset = offsetof(pad_opts, n_snp),
        .doc = "Columns that there are at least afterwards."},
    {.key = "value",
        .kind = DNA_KIND_FLOAT,
        .dflt = "0",
        .offset = offsetof(pad_opts, value),
        .doc = "Of the entries that are appended."},
    {.key = "position",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .min = 0,
        .dflt = "0",
        .offset = offsetof(pad_opts, position),
        .doc = "Of their positions."},
    {0}};

static int
pad_apply(const void *opts, dna_transform_data *data)
{
    const pad_opts *o = opts;
    dna_sample *s = data->sample;
    dna_array snp = {0}, pos = {0};
    int64_t dim[2] = {s->n_hap, o->n_snp};
    int rc = DNA_OK;

    if (s->n_site >= o->n_snp) {
        goto out;
    }
    DNA_TRY(dna_array_init(&snp, DNA_F32, 2, dim));
    float *out = snp.data;
    for (int64_t i = 0; i < s->n_hap; i++) {
        for (int64_t j = 0; j < o->n_snp; j++) {
            double v =
                j < s->n_site ? dna_array_get(&s->snp, i * s->n_site + j) : o->value;
            out[i * o->n_snp + j] = (float)v;
        }
    }
    if (s->has_pos) {
        DNA_TRY(dna_array_init(&pos, DNA_F64, 1, &o->n_snp));
        for (int64_t j = 0; j < o->n_snp; j++) {
            ((double *)pos.data)[j] =
                j < s->n_site ? dna_array_get(&s->pos, j) : o->position;
        }
    }
    replace(s, &snp, &pos);
out:
    dna_array_clear(&pos);
    dna_array_clear(&snp);
    return rc;
}

static int64_t
pad_first_sites(const void *opts)
{
    (void)opts;
    return DNA_SITES_SAME;
}

const dna_transform_def dna_transform_pad = {
    .name = "pad",
    .class_name = "Pad",
    .doc = "Append columns until there are n_snp; larger samples stay as they are.",
    .fields = pad_fields,
    .opts_size = sizeof(pad_opts),
    .apply = pad_apply,
    .first_sites = pad_first_sites,
};

/* ---- bin ---------------------------------------------------------------------------- */

typedef struct {
    int64_t n_bins;
} bin_opts;

static const dna_field bin_fields[] = {
    {.key = "n_bins",
        .kind = DNA_KIND_INT,
        .is_required = true,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = 1e8,
        .offset = offsetof(bin_opts, n_bins),
        .doc = "Bins of equal length along the chromosome; the columns afterwards."},
    {0}};

static int
bin_apply(const void *opts, dna_transform_data *data)
{
    const bin_opts *o = opts;
    dna_sample *s = data->sample;
    dna_array snp = {0}, pos = {0};
    int64_t dim[2] = {s->n_hap, o->n_bins};
    int rc = DNA_OK;

    DNA_REQUIRE(s->has_pos && s->format.distance == 0, DNA_EARG,
        "needs absolute positions (reformat_position: {distance: false})");
    DNA_REQUIRE(s->format.normalized == 1 || s->format.chromosome_size > 0, DNA_EARG,
        "positions are in base pairs, and chromosome_size is unknown");
    double size = s->format.normalized == 1 ? 1.0 : (double)s->format.chromosome_size;
    DNA_TRY(dna_array_init(&snp, DNA_F32, 2, dim));
    DNA_TRY(dna_array_init(&pos, DNA_F64, 1, &o->n_bins));
    float *out = snp.data;
    for (int64_t j = 0; j < s->n_site; j++) {
        double place = dna_array_get(&s->pos, j) / size * (double)o->n_bins;
        int64_t bin = (int64_t)fmin(floor(place), (double)(o->n_bins - 1));
        for (int64_t i = 0; i < s->n_hap; i++) {
            double v = dna_array_get(&s->snp, i * s->n_site + j);
            out[i * o->n_bins + bin] += v > 0 ? (float)v : 0.0f; /* missing: nothing */
        }
    }
    for (int64_t j = 0; j < o->n_bins; j++) {
        ((double *)pos.data)[j] = ((double)j + 0.5) / (double)o->n_bins * size;
    }
    replace(s, &snp, &pos);
out:
    dna_array_clear(&pos);
    dna_array_clear(&snp);
    return rc;
}

const dna_transform_def dna_transform_bin = {
    .name = "bin",
    .class_name = "Bin",
    .doc =
        "Count the alleles 1 of each individual in bins along the chromosome; positions "
        "become the centres of the bins. After major_minor these are minor alleles.",
    .fields = bin_fields,
    .opts_size = sizeof(bin_opts),
    .apply = bin_apply,
};

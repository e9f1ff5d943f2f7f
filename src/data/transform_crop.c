/* transform_crop.c - keep the first individuals and the first sites.
 *
 * SPDX-License-Identifier: MIT
 *
 * Smaller samples stay smaller: nothing is padded here. The sample is not checked again
 * afterwards, since a sample in base pairs whose first positions are 0 or 1 is still
 * one.
 */
#include "base/mem.h"
#include "data/transforms.h"
#include "popgen/sample_ops.h"

typedef struct {
    int64_t max_snp, max_indiv;
    int keep_polymorphic_only;
} crop_opts;

static const dna_field crop_fields[] = {
    {.key = "max_snp",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .offset = offsetof(crop_opts, max_snp),
        .doc = "Keep this many sites, the first ones; null keeps all."},
    {.key = "max_indiv",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .offset = offsetof(crop_opts, max_indiv),
        .doc = "Keep this many individuals, the first ones; null keeps all."},
    {.key = "keep_polymorphic_only",
        .kind = DNA_KIND_BOOL,
        .dflt = "true",
        .offset = offsetof(crop_opts, keep_polymorphic_only),
        .doc =
            "Drop the sites at which all remaining individuals are the same, after max_indiv and before max_snp."},
    {0}};

static int
crop_apply(const void *opts, dna_transform_data *data)
{
    const crop_opts *o = opts;
    dna_sample *s = data->sample;
    int64_t n_site = o->max_snp == DNA_NULL_INT ? s->n_site : o->max_snp;
    int rc = DNA_OK;

    if (o->max_indiv != DNA_NULL_INT) {
        DNA_TRY(dna_sample_keep_first_rows(s, o->max_indiv));
    }
    if (o->keep_polymorphic_only) {
        DNA_TRY(dna_sample_keep_polymorphic_first(s, n_site));
    } else {
        DNA_TRY(dna_sample_keep_first_sites(s, n_site));
    }
out:
    return rc;
}

/* Sites that fewer rows no longer vary at make room for later ones. */
static int64_t
crop_first_sites(const void *opts)
{
    const crop_opts *o = opts;
    bool has_gaps = o->max_indiv != DNA_NULL_INT && o->keep_polymorphic_only;

    return o->max_snp == DNA_NULL_INT || has_gaps ? DNA_SITES_ALL : o->max_snp;
}

static bool
crop_part(const void *opts, dna_sample_part *part)
{
    const crop_opts *o = opts;

    *part = (dna_sample_part){.n_hap = o->max_indiv == DNA_NULL_INT ? -1 : o->max_indiv,
        .n_site = o->max_snp == DNA_NULL_INT ? -1 : o->max_snp,
        .only_polymorphic = o->keep_polymorphic_only};
    return true;
}

const dna_transform_def dna_transform_crop = {
    .name = "crop",
    .class_name = "Crop",
    .doc = "Keep at most max_indiv individuals and max_snp sites, the first ones.",
    .fields = crop_fields,
    .opts_size = sizeof(crop_opts),
    .apply = crop_apply,
    .first_sites = crop_first_sites,
    .part = crop_part,
};

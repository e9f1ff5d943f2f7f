/* transform_recode.c - alleles as minor and major, or as -1 and +1.
 *
 * SPDX-License-Identifier: MIT
 *
 * Entries are alleles 0 and 1, or their number in individuals of `ploidy` chromosomes;
 * negative ones are missing.
 */
#include <math.h>

#include "base/mem.h"
#include "data/transforms.h"

typedef struct {
    int64_t ploidy;
} recode_opts;

static const dna_field recode_fields[] = {
    {.key = "ploidy",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = 127,
        .dflt = "1",
        .offset = offsetof(recode_opts, ploidy),
        .doc = "The largest entry: 1 of haplotypes, 2 of diploid genotypes."},
    {0}};

/* Entries are at most the ploidy; else the setting is wrong. */
static int
check_entries(const dna_sample *s, int64_t ploidy)
{
    for (int64_t i = 0; i < s->n_hap * s->n_site; i++) {
        double v = dna_array_get(&s->snp, i);
        if (v > (double)ploidy) {
            return dna_fail(DNA_EARG,
                "entry [%lld, %lld] is %g, ploidy %lld allows 0 to it",
                (long long)(i / s->n_site), (long long)(i % s->n_site), v,
                (long long)ploidy);
        }
    }
    return DNA_OK;
}

/* Entries of one column: out = f(in); the matrix becomes numbers of 32 bits. */
static int
new_matrix(dna_array *out, const dna_sample *s)
{
    int64_t dim[2] = {s->n_hap, s->n_site};
    return dna_array_init(out, DNA_F32, 2, dim);
}

static void
replace(dna_sample *s, dna_array *snp)
{
    dna_array_clear(&s->snp);
    s->snp = *snp;
    *snp = (dna_array){0};
}

/* ---- major_minor -------------------------------------------------------------------- */

static bool
is_major(const dna_sample *s, int64_t site, double ploidy)
{
    double sum = 0;
    int64_t n = 0;

    for (int64_t i = 0; i < s->n_hap; i++) {
        double v = dna_array_get(&s->snp, i * s->n_site + site);
        sum += v >= 0 ? v : 0;
        n += v >= 0 ? 1 : 0;
    }
    return 2 * sum > ploidy * (double)n;
}

static int
major_minor_apply(const void *opts, dna_transform_data *data)
{
    const recode_opts *o = opts;
    const double ploidy = (double)o->ploidy;
    dna_sample *s = data->sample;
    dna_array snp = {0};
    int rc = DNA_OK;

    DNA_TRY(check_entries(s, o->ploidy));
    DNA_TRY(new_matrix(&snp, s));
    float *out = snp.data;
    for (int64_t j = 0; j < s->n_site; j++) {
        bool flips = is_major(s, j, ploidy);
        for (int64_t i = 0; i < s->n_hap; i++) {
            double v = dna_array_get(&s->snp, i * s->n_site + j);
            out[i * s->n_site + j] = (float)(flips && v >= 0 ? ploidy - v : v);
        }
    }
    replace(s, &snp);
out:
    dna_array_clear(&snp);
    return rc;
}

static int64_t
site_by_site(const void *opts)
{
    (void)opts;
    return DNA_SITES_SAME;
}

const dna_transform_def dna_transform_major_minor = {
    .name = "major_minor",
    .class_name = "MajorMinor",
    .doc =
        "Code the allele that is more frequent in the sample as 0, the other one as 1; "
        "at equal frequencies nothing changes. For data without ancestral alleles.",
    .fields = recode_fields,
    .opts_size = sizeof(recode_opts),
    .apply = major_minor_apply,
    .first_sites = site_by_site,
};

/* ---- plus_minus --------------------------------------------------------------------- */

static int
plus_minus_apply(const void *opts, dna_transform_data *data)
{
    const recode_opts *o = opts;
    dna_sample *s = data->sample;
    dna_array snp = {0};
    int rc = DNA_OK;

    DNA_TRY(check_entries(s, o->ploidy));
    DNA_TRY(new_matrix(&snp, s));
    float *out = snp.data;
    for (int64_t i = 0; i < s->n_hap * s->n_site; i++) {
        double v = dna_array_get(&s->snp, i);
        out[i] = v < 0 ? 0.0f : (float)(2 * v / (double)o->ploidy - 1);
    }
    replace(s, &snp);
out:
    dna_array_clear(&snp);
    return rc;
}

const dna_transform_def dna_transform_plus_minus = {
    .name = "plus_minus",
    .class_name = "PlusMinus",
    .doc = "Code alleles 0 and 1 as -1 and +1, numbers of alleles evenly between them, "
           "missing entries as 0.",
    .fields = recode_fields,
    .opts_size = sizeof(recode_opts),
    .apply = plus_minus_apply,
    .first_sites = site_by_site,
};

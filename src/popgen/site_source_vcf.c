/* site_source_vcf.c - sites of VCF and BCF.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "io/vcf.h"
#include "popgen/site_source_parts.h"

typedef struct {
    dna_vcf *vcf;
    dna_allele *alleles;
    int room;
} vcf_source;

static void
close_vcf(void *p)
{
    vcf_source *v = p;
    dna_vcf_close(v->vcf);
    dna_free(v->alleles);
    dna_free(v);
}

static int
next_vcf(void *p, dna_site *site)
{
    vcf_source *v = p;
    dna_vcf_record r;
    int rc = dna_vcf_next(v->vcf, &r);

    if (rc <= 0) {
        return rc;
    }
    if (r.n_allele > v->room) {
        dna_allele *more =
            dna_realloc(v->alleles, (size_t)r.n_allele, sizeof(*v->alleles));
        if (more == NULL) {
            return DNA_ENOMEM;
        }
        v->alleles = more;
        v->room = r.n_allele;
    }
    for (int i = 0; i < r.n_allele; i++) {
        v->alleles[i] = (dna_allele){r.alleles[i], (int64_t)strlen(r.alleles[i])};
    }
    *site = (dna_site){.contig = r.contig,
        .position = (double)r.position,
        .n_allele = r.n_allele,
        .alleles = v->alleles,
        .ancestral = r.ancestral,
        .n_copy = r.n_copy,
        .call = r.call,
        .phased = r.phased,
        .is_complete = r.is_complete};
    return 1;
}

static const char *
vcf_sample(void *p, int64_t i)
{
    return dna_vcf_sample(((const vcf_source *)p)->vcf, i);
}

static const char *
vcf_contig(void *p, int64_t i)
{
    return dna_vcf_contig(((const vcf_source *)p)->vcf, i);
}

static double
vcf_length(void *p, int64_t i)
{
    return (double)dna_vcf_contig_length(((const vcf_source *)p)->vcf, i);
}

static const dna_site_format format = {
    next_vcf, close_vcf, vcf_sample, vcf_contig, vcf_length};

int
dna_site_open_vcf(dna_site_source *s, dna_data_file **file, const dna_site_options *o)
{
    vcf_source *v = NULL;
    int rc = DNA_OK;

    DNA_NEW(v, 1);
    s->self = v;
    s->format = &format;
    DNA_TRY(dna_vcf_open(&v->vcf, file));
    s->n_sample = dna_vcf_n_sample(v->vcf);
    s->is_integer = true;
    DNA_REQUIRE(s->n_sample > 0, DNA_EFORMAT, "%s: has no samples", s->name);
    DNA_TRY(dna_vcf_set_threads(v->vcf, o->n_worker));
    if (o->wants_ancestral) {
        dna_vcf_want_ancestral(v->vcf);
    }
    if (o->contig != NULL) {
        DNA_TRY(dna_vcf_set_region(v->vcf, o->contig, o->from, o->to, &s->is_indexed));
    }
out:
    return rc;
}

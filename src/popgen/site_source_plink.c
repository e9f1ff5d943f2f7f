/* site_source_plink.c - sites of PLINK 1 files: A2 is allele 0, A1 allele 1.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/mem.h"
#include "io/plink.h"
#include "popgen/site_source_parts.h"

typedef struct {
    dna_plink *plink;
    int64_t n_sample;
    int8_t *call;    /* [n_sample, 2] */
    uint8_t *phased; /* [n_sample] zeros */
    dna_allele alleles[2];
    const char **contigs; /* as they come */
    int64_t n_contig;
} plink_source;

static void
close_plink(void *p)
{
    plink_source *k = p;
    dna_plink_close(k->plink);
    dna_free(k->call);
    dna_free(k->phased);
    dna_free(k->contigs);
    dna_free(k);
}

static int
find_contig(plink_source *k, const char *name, int32_t *contig)
{
    for (int64_t i = k->n_contig - 1; i >= 0; i--) {
        if (strcmp(k->contigs[i], name) == 0) {
            *contig = (int32_t)i;
            return DNA_OK;
        }
    }
    const char **more =
        dna_realloc(k->contigs, (size_t)k->n_contig + 1, sizeof(*k->contigs));
    if (more == NULL) {
        return DNA_ENOMEM;
    }
    k->contigs = more;
    k->contigs[k->n_contig] = name;
    *contig = (int32_t)k->n_contig++;
    return DNA_OK;
}

static int
next_plink(void *p, dna_site *site)
{
    static const int8_t codes[4][2] = {{1, 1}, {-1, -1}, {0, 1}, {0, 0}};
    plink_source *k = p;
    dna_plink_variant v;
    bool is_complete = true;
    int32_t contig = 0;
    int rc = dna_plink_next(k->plink, &v);

    if (rc <= 0) {
        return rc;
    }
    rc = find_contig(k, v.chromosome, &contig);
    if (rc < 0) {
        return rc;
    }
    for (int64_t i = 0; i < k->n_sample; i++) {
        int code = v.row[i / 4] >> (2 * (i % 4)) & 3;
        k->call[2 * i] = codes[code][0];
        k->call[2 * i + 1] = codes[code][1];
        is_complete = is_complete && code != 1;
    }
    /* 0: an allele that nobody has */
    bool has_a1 = strcmp(v.a1, "0") != 0;
    k->alleles[0] = (dna_allele){v.a2, (int64_t)strlen(v.a2)};
    k->alleles[1] = (dna_allele){v.a1, (int64_t)strlen(v.a1)};
    *site = (dna_site){.contig = contig,
        .position = (double)v.position,
        .n_allele = has_a1 ? 2 : 1,
        .alleles = k->alleles,
        .n_copy = 2,
        .call = k->call,
        .phased = k->phased,
        .is_complete = is_complete};
    return 1;
}

static const char *
plink_sample(void *p, int64_t i)
{
    return dna_plink_sample(((const plink_source *)p)->plink, i);
}

static const char *
plink_contig(void *p, int64_t i)
{
    const plink_source *k = p;
    return i >= 0 && i < k->n_contig ? k->contigs[i] : NULL;
}

static double
plink_length(void *p, int64_t i)
{
    (void)p;
    (void)i;
    return 0;
}

static const dna_site_format format = {
    next_plink, close_plink, plink_sample, plink_contig, plink_length};

int
dna_site_open_plink(dna_site_source *s, const char *path)
{
    plink_source *k = NULL;
    int rc = DNA_OK;

    DNA_NEW(k, 1);
    s->self = k;
    s->format = &format;
    s->is_integer = true;
    DNA_TRY(dna_plink_open(&k->plink, path));
    s->n_sample = k->n_sample = dna_plink_n_sample(k->plink);
    DNA_NEW(k->call, 2 * k->n_sample);
    DNA_NEW(k->phased, k->n_sample);
out:
    return rc;
}

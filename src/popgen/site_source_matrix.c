/* site_source_matrix.c - sites of samples that are matrices already: npz and ms text.
 *
 * SPDX-License-Identifier: MIT
 *
 * A replicate of ms text is a contig "1", "2", ...; an npz file is one contig "1". Rows are
 * haploid samples "1", "2", ... Normalized positions become base pairs where the size of
 * the chromosome is known.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/npz.h"
#include "popgen/sample_ms.h"
#include "popgen/site_source_parts.h"

#define MAX_FILE ((size_t)16 << 30)

typedef struct {
    const char *path;
    unsigned char *bytes; /* of the file */
    dna_ms *ms;           /* NULL: npz */
    dna_sample *sample;   /* the current replicate */
    int64_t replicate, site, n_hap, chromosome_size;
    int8_t *call;
    char sample_name[24], contig_name[24]; /* the last that were asked for */
} matrix_source;

static void
close_matrix(void *p)
{
    matrix_source *m = p;
    dna_sample_free(m->sample);
    dna_ms_close(m->ms);
    dna_free(m->call);
    dna_free(m->bytes);
    dna_free(m);
}

static int
next_replicate(matrix_source *m)
{
    dna_sample *s = NULL;
    int rc = DNA_OK;

    if (m->ms == NULL) {
        return 0;
    }
    DNA_TRY(dna_sample_next_ms(&s, m->ms, m->chromosome_size));
    if (rc > 0) {
        dna_sample_free(m->sample);
        m->sample = s;
        m->replicate++;
        m->site = 0;
    }
out:
    return rc;
}

static int
read_column(matrix_source *m, bool *is_complete, int *n_allele)
{
    const dna_sample *s = m->sample;
    int rc = DNA_OK;

    for (int64_t i = 0; i < s->n_hap; i++) {
        double v = dna_array_get(&s->snp, i * s->n_site + m->site);
        DNA_REQUIRE(v == floor(v) && v >= -1 && v < DNA_SITE_MAX_ALLELE, DNA_EFORMAT,
            "%s: row %lld of site %lld is %g: no allele and not -1 for missing",
            m->path, (long long)i, (long long)m->site, v);
        m->call[i] = (int8_t)v;
        *is_complete = *is_complete && v >= 0;
        *n_allele = DNA_MAX(*n_allele, (int)v + 1);
    }
out:
    return rc;
}

static int
next_matrix(void *p, dna_site *site)
{
    matrix_source *m = p;
    bool is_complete = true;
    int n_allele = 2;
    int rc = DNA_OK;

    while (m->site == m->sample->n_site) {
        rc = next_replicate(m);
        if (rc <= 0) {
            return rc;
        }
    }
    DNA_TRY(read_column(m, &is_complete, &n_allele));
    const dna_sample *s = m->sample;
    double position = s->has_pos ? dna_array_get(&s->pos, m->site) : (double)m->site;
    if (s->has_pos && s->format.normalized == 1 && m->chromosome_size > 0) {
        position *= (double)m->chromosome_size;
    }
    *site = (dna_site){.contig = (int32_t)m->replicate,
        .position = position,
        .n_allele = n_allele,
        .n_copy = 1,
        .call = m->call,
        .is_complete = is_complete};
    m->site++;
    rc = 1;
out:
    return rc;
}

static const char *
matrix_sample(void *p, int64_t i)
{
    matrix_source *m = p;
    snprintf(m->sample_name, sizeof(m->sample_name), "%lld", (long long)i + 1);
    return m->sample_name;
}

static const char *
matrix_contig(void *p, int64_t i)
{
    matrix_source *m = p;
    snprintf(m->contig_name, sizeof(m->contig_name), "%lld", (long long)i + 1);
    return i >= 0 && i <= m->replicate ? m->contig_name : NULL;
}

static double
matrix_length(void *p, int64_t i)
{
    (void)i;
    return (double)((const matrix_source *)p)->chromosome_size;
}

static const dna_site_format format = {
    next_matrix, close_matrix, matrix_sample, matrix_contig, matrix_length};

static int
finish(dna_site_source *s, matrix_source *m)
{
    const dna_sample *first = m->sample;
    int rc = DNA_OK;

    s->n_sample = m->n_hap = first->n_hap;
    bool is_normalized = first->has_pos && first->format.normalized == 1;
    s->is_normalized = is_normalized && m->chromosome_size == 0;
    s->is_integer = first->has_pos && !is_normalized && first->pos.dtype != DNA_F64
                    && first->pos.dtype != DNA_F32 && first->pos.dtype != DNA_F16;
    DNA_NEW(m->call, m->n_hap);
out:
    return rc;
}

int
dna_site_open_ms(dna_site_source *s, dna_data_file *file, const dna_site_options *o)
{
    matrix_source *m = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(m, 1);
    s->self = m;
    s->format = &format;
    *m = (matrix_source){
        .path = s->name, .replicate = -1, .chromosome_size = o->chromosome_size};
    DNA_TRY(dna_data_read(file, MAX_FILE, &m->bytes, &n));
    DNA_TRY(dna_ms_open_memory(&m->ms, m->bytes, n, s->name));
    DNA_TRY(next_replicate(m));
    DNA_REQUIRE(rc > 0, DNA_EFORMAT, "%s: has no replicate", s->name);
    DNA_TRY(finish(s, m));
out:
    return rc;
}

/* A sample of arrays in memory, read as dna_sample_load() does from a file. */
static int
read_npz(dna_sample **out, const unsigned char *bytes, size_t n, const char *name,
    const dna_site_options *o)
{
    const char *snp_key = o->snp_key != NULL ? o->snp_key : "SNP";
    const char *pos_key = o->pos_key != NULL ? o->pos_key : "POS";
    dna_array snp = {0}, pos = {0};
    dna_npz *npz = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_npz_open_memory(&npz, bytes, n, name));
    DNA_TRY(dna_npz_read(npz, snp_key, &snp));
    DNA_TRY(dna_npz_read(npz, pos_key, &pos));
    DNA_TRY(dna_sample_new(out, &snp, &pos, NULL, name));
out:
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    dna_npz_close(npz);
    return rc;
}

int
dna_site_open_npz(dna_site_source *s, dna_data_file *file, const dna_site_options *o)
{
    matrix_source *m = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(m, 1);
    s->self = m;
    s->format = &format;
    *m = (matrix_source){.path = s->name, .chromosome_size = o->chromosome_size};
    DNA_TRY(dna_data_read(file, MAX_FILE, &m->bytes, &n));
    DNA_TRY(read_npz(&m->sample, m->bytes, n, s->name, o));
    dna_free(m->bytes);
    m->bytes = NULL;
    DNA_TRY(finish(s, m));
out:
    return rc;
}

/* site_source.c - open genotypes of any format.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/site_source.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "io/plink.h"
#include "popgen/site_source_parts.h"

static int
open_kind(dna_site_source *s, dna_data_file **file, const dna_site_options *o)
{
    dna_data_kind kind = dna_data_kind_of(*file);
    int rc = DNA_OK;

    s->format_name = dna_data_kind_name(kind);
    switch (kind) {
    case DNA_DATA_VCF:
    case DNA_DATA_BCF:
        return dna_site_open_vcf(s, file, o);
    case DNA_DATA_TREES:
    case DNA_DATA_OLD_TREES:
        return dna_site_open_trees(s, *file);
    case DNA_DATA_NPZ:
        return dna_site_open_npz(s, *file, o);
    case DNA_DATA_MS:
        return dna_site_open_ms(s, *file, o);
    case DNA_DATA_PLINK:
        DNA_REQUIRE(strcmp(s->name, "standard input") != 0, DNA_EUNSUPPORTED,
            "PLINK data are three files and cannot come from standard input");
        return dna_site_open_plink(s, s->name);
    case DNA_DATA_UNKNOWN:
        break;
    }
    rc = dna_fail(DNA_EFORMAT,
        "%s: is none of the formats that can be read: VCF, BCF, .trees, PLINK 1 (bed, bim, fam), ms text, npz",
        s->name);
out:
    return rc;
}

int
dna_site_source_open(
    dna_site_source **out, const char *path, const dna_site_options *options)
{
    static const dna_site_options none = {0};
    const dna_site_options *o = options != NULL ? options : &none;
    dna_data_file *file = NULL;
    dna_site_source *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    s->name = dna_strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    if (s->name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (o->contig != NULL) {
        s->contig = dna_strdup(o->contig);
        s->from = o->from;
        s->to = o->to;
        if (s->contig == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
    }
    bool is_bed = strlen(path) > 4 && strcmp(path + strlen(path) - 4, ".bed") == 0;
    if (!is_bed && dna_plink_is_name(path)) {
        s->format_name = dna_data_kind_name(DNA_DATA_PLINK);
        DNA_TRY(dna_site_open_plink(s, path));
    } else {
        DNA_TRY(dna_data_open(&file, path));
        DNA_TRY(open_kind(s, &file, o));
    }
    *out = s;
    s = NULL;
out:
    dna_data_close(file);
    dna_site_source_close(s);
    return rc;
}

int
dna_site_source_open_memory(dna_site_source **out, const void *bytes, size_t n,
    const char *name, const dna_site_options *options)
{
    static const dna_site_options none = {0};
    dna_data_file *file = NULL;
    dna_site_source *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    s->name = dna_strdup(name);
    if (s->name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_data_open_memory(&file, bytes, n, s->name));
    DNA_REQUIRE(dna_data_kind_of(file) != DNA_DATA_PLINK, DNA_EUNSUPPORTED,
        "%s: PLINK data are three files", name);
    DNA_TRY(open_kind(s, &file, options != NULL ? options : &none));
    *out = s;
    s = NULL;
out:
    dna_data_close(file);
    dna_site_source_close(s);
    return rc;
}

void
dna_site_source_close(dna_site_source *s)
{
    if (s != NULL) {
        if (s->self != NULL) {
            s->format->close(s->self);
        }
        dna_free(s->contig);
        dna_free(s->name);
        dna_free(s);
    }
}

int
dna_site_source_next(dna_site_source *s, dna_site *site)
{
    int rc = 0;
    do {
        rc = s->format->next(s->self, site);
    } while (rc > 0 && s->contig != NULL
             && (site->position < (double)s->from || site->position > (double)s->to
                 || strcmp(s->format->contig(s->self, site->contig), s->contig) != 0));
    return rc;
}

const char *
dna_site_source_format(const dna_site_source *s)
{
    return s->format_name;
}

const char *
dna_site_source_name(const dna_site_source *s)
{
    return s->name;
}

int64_t
dna_site_source_n_sample(const dna_site_source *s)
{
    return s->n_sample;
}

const char *
dna_site_source_sample(const dna_site_source *s, int64_t i)
{
    return s->format->sample(s->self, i);
}

const char *
dna_site_source_contig(const dna_site_source *s, int64_t i)
{
    return s->format->contig(s->self, i);
}

double
dna_site_source_contig_length(const dna_site_source *s, int64_t i)
{
    return s->format->length(s->self, i);
}

bool
dna_site_source_is_integer(const dna_site_source *s)
{
    return s->is_integer;
}

bool
dna_site_source_is_normalized(const dna_site_source *s)
{
    return s->is_normalized;
}

bool
dna_site_source_is_indexed(const dna_site_source *s)
{
    return s->is_indexed;
}

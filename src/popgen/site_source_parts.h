/* site_source_parts.h - what a format brings to dna_site_source.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_SITE_SOURCE_PARTS_H
#define DNA_POPGEN_SITE_SOURCE_PARTS_H

#include "io/data_file.h"
#include "popgen/site_source.h"

typedef struct {
    int (*next)(void *self, dna_site *site);
    void (*close)(void *self);
    const char *(*sample)(void *self, int64_t i);
    const char *(*contig)(void *self, int64_t i);
    double (*length)(void *self, int64_t i);
} dna_site_format;

struct dna_site_source {
    const dna_site_format *format;
    void *self;
    char *name;
    const char *format_name;
    int64_t n_sample;
    bool is_integer, is_normalized, is_indexed;
    char *contig; /* a region that the format does not choose by itself */
    int64_t from, to;
};

/* Each sets format, self, n_sample and flags of the source; takes *file if it reads it. */
int dna_site_open_vcf(
    dna_site_source *s, dna_data_file **file, const dna_site_options *o) DNA_MUST_CHECK;
int dna_site_open_trees(dna_site_source *s, dna_data_file *file) DNA_MUST_CHECK;
int dna_site_open_plink(dna_site_source *s, const char *path) DNA_MUST_CHECK;
int dna_site_open_npz(
    dna_site_source *s, dna_data_file *file, const dna_site_options *o) DNA_MUST_CHECK;
int dna_site_open_ms(
    dna_site_source *s, dna_data_file *file, const dna_site_options *o) DNA_MUST_CHECK;

#endif

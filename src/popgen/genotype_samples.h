/* genotype_samples.h - which samples, in which order.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_GENOTYPE_SAMPLES_H
#define DNA_POPGEN_GENOTYPE_SAMPLES_H

#include "popgen/genotypes.h"

/** Numbers of the samples that the rules choose: a heap array. Errors: DNA_EARG,
 *  DNA_ENOTFOUND with the nearest name, those of reading. */
int dna_genotype_samples(int64_t **out, int64_t *n, const dna_site_source *source,
    const dna_genotype_rules *rules) DNA_MUST_CHECK;

#endif

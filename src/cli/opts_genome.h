/* opts_genome.h - options of the commands that read genotype data.
 *
 * SPDX-License-Identifier: MIT
 *
 * The values of such a command begin with a dna_genome_values.
 */
#ifndef DNA_CLI_OPTS_GENOME_H
#define DNA_CLI_OPTS_GENOME_H

#include "cli/command.h"

#define DNA_N_RULE 21

typedef struct {
    dna_common common;
    const char *genotypes, *region;
    int64_t window_sites, window_bp, window_step;
    const char *rules[DNA_N_RULE]; /* as opts_genome.c lists them */
    bool sort;
} dna_genome_values;

extern const dna_opt dna_opts_genome[];

/** Fill the options from the values; chromosome_size 0: not told. Clear in any case. */
int dna_genome_values_read(dna_genome_options *o, const dna_genome_values *v,
    int64_t chromosome_size) DNA_MUST_CHECK;
void dna_genome_values_clear(dna_genome_options *o);

#endif

/* genome.h - genotype data opened with all that the user asked for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_GENOME_H
#define DNA_RUN_GENOME_H

#include "base/arena.h"
#include "base/str.h"
#include "dnadna/run.h"
#include "popgen/windows.h"

typedef struct {
    dna_arena *arena;
    dna_genotype_rules rules;
    dna_genotypes *genotypes;
    dna_windows *windows;
    dna_window_rule window;
    char *contig; /* of the region; NULL: all */
    int64_t from, to;
} dna_genome;

/** Open one file. n_site: sites of a window where none was asked for; 0: whole contigs.
 *  The rules in force are logged. Clear in any case. */
int dna_genome_open(dna_genome *genome, const char *path, const dna_genome_options *o,
    int64_t n_site, dna_log *log) DNA_MUST_CHECK;
void dna_genome_clear(dna_genome *genome);
/** Whether the options ask for anything of genotype data. */
bool dna_genome_is_asked(const dna_genome_options *o);
/** "24990 sites read, 21000 kept; 3990 monomorphic", to the log. */
void dna_genome_log_counts(const dna_genome *genome, dna_log *log);
/** All rules with their values, "samples: null, phase: haplotypes, ...". */
void dna_genome_put_rules(dna_str *out, const dna_genotype_rules *rules);
/** "size: 400 sites, step: 400, region: all"; region as the user says it, or NULL. */
void dna_genome_put_windows(dna_str *out, const dna_genome *genome, const char *region);

#endif

/* command_genotypes.h - what an outside program wrote as VCF, BCF or tree sequence.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_SIM_COMMAND_GENOTYPES_H
#define DNA_SIM_COMMAND_GENOTYPES_H

#include "base/arena.h"
#include "dnadna/sample.h"

/** Bytes as a sample: haplotypes of all samples at biallelic SNPs, positions absolute in
 *  bp, by the rules of popgen/genotypes.h with their defaults. The contig must be one.
 *  The arena is for the time of the call. Errors name the output. */
int dna_command_read_genotypes(dna_sample **out, dna_arena *arena, const void *bytes,
    size_t n, const char *name) DNA_MUST_CHECK;

#endif

/* intervals.h - pieces of contigs from a BED file, and the sequence of a FASTA file.
 *
 * SPDX-License-Identifier: MIT
 *
 * BED counts from 0 and ends before `end`; queries here count as VCF does, from 1: the
 * position p lies in a piece if start < p <= end.
 */
#ifndef DNA_IO_INTERVALS_H
#define DNA_IO_INTERVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_intervals dna_intervals;

/** Lines "contig start end [name ...]"; lines of "#", "track" and "browser" are passed
 *  over. Pieces may overlap and come in any order. needs_name: a fourth column must be
 *  there. Errors name the line. */
int dna_intervals_read(
    dna_intervals **out, const char *path, bool needs_name) DNA_MUST_CHECK;
void dna_intervals_free(dna_intervals *set);
/** A piece that holds the position; its name ("" without one), NULL if there is none.
 *  Fast where positions come in order. */
const char *dna_intervals_find(
    dna_intervals *set, const char *contig, int64_t position);

typedef struct dna_fasta dna_fasta;
/** A FASTA file (plain or BGZF) with its index (.fai). */
int dna_fasta_open(dna_fasta **out, const char *path) DNA_MUST_CHECK;
void dna_fasta_close(dna_fasta *fasta);
/** The base at a position from 1 on; 0 if the contig or the position is not there. */
int dna_fasta_base(
    dna_fasta *fasta, const char *contig, int64_t position, char *base) DNA_MUST_CHECK;

#endif

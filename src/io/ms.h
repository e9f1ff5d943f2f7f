/* ms.h - text as Hudson's ms prints it: samples of zeros and ones, one after the other.
 *
 * SPDX-License-Identifier: MIT
 *
 *     ms 4 2 -t 5              the command line: 4 haplotypes, 2 replicates
 *     27473 35858 4389         seeds
 *                              (anything)
 *     //                       a replicate; more may follow on the line
 *                              (anything: trees, times, "prob:")
 *     segsites: 3
 *     positions: 0.1 0.52 0.9
 *     010                      4 lines of 3
 *     ...
 *                              (anything: a spectrum, a blank line)
 *
 * Without sites ms prints neither positions nor haplotypes. The first line may be absent,
 * or be none of the form "word number number": then the first replicate must have sites,
 * and the others must have as many haplotypes. What the command line promises must be
 * there: a file that was cut is refused, wherever it was cut.
 *
 *     DNA_TRY(dna_ms_open(&ms, path));
 *     while ((rc = dna_ms_next(ms, &snp, &pos)) > 0) {
 *         ...
 *         dna_array_clear(&snp);
 *         dna_array_clear(&pos);
 *     }
 *
 * Memory is taken for what was read, never for what a number promises. Messages name the
 * file and the line.
 *
 * Source: Hudson 2002, Bioinformatics 18:337-338, and the manual of ms; also what scrm,
 * mspms, msms, discoal and SLiM write in its name.
 */
#ifndef DNA_IO_MS_H
#define DNA_IO_MS_H

#include "dnadna/array.h"

typedef struct dna_ms dna_ms;

/** Bytes the matrix or the positions of one replicate may have; more are refused. */
#define DNA_MS_MAX_ARRAY ((size_t)4 << 30)

int dna_ms_open(dna_ms **out, const char *path) DNA_MUST_CHECK;
/** The same on bytes that the caller keeps; `name` stands for the path in messages. */
int dna_ms_open_memory(
    dna_ms **out, const void *bytes, size_t n, const char *name) DNA_MUST_CHECK;
void dna_ms_close(dna_ms *ms);
/** 1: snp is uint8 [n_hap, n_site] of 0 and 1, pos float64 [n_site] as written (finite,
 *  nothing else is asked of them); both are initialised here. 0: there are no more.
 *  After an error only dna_ms_close() makes sense.
 *  Errors: DNA_EFORMAT, DNA_EIO, DNA_ENOMEM. */
int dna_ms_next(dna_ms *ms, dna_array *snp, dna_array *pos) DNA_MUST_CHECK;
/** Line of the "//" of the last replicate, 0 before the first. */
int64_t dna_ms_line(const dna_ms *ms);
/** The name it was opened with. */
const char *dna_ms_name(const dna_ms *ms);

#endif

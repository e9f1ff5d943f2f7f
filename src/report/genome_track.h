/* genome_track.h - predictions of windows along a genome, and what is made of them all:
 * tracks for genome browsers, a summary, a figure.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_genome_track_new(&track, params, n_param));
 *     for each window: DNA_TRY(dna_genome_track_add(track, "chr5", start, end, values));
 *     DNA_TRY(dna_genome_track_save_bedgraph(track, "out/cows"));
 *
 * Windows come in their order on the genome. A window takes 20 bytes and 4 a value: values
 * have the 32 bits that networks compute with.
 */
#ifndef DNA_REPORT_GENOME_TRACK_H
#define DNA_REPORT_GENOME_TRACK_H

#include "report/prediction_table.h"

typedef struct dna_genome_track dna_genome_track;

/** Keeps: params, whose values come in the order of prediction_table.h. */
int dna_genome_track_new(dna_genome_track **out, const dna_predicted *params,
    int64_t n_param) DNA_MUST_CHECK;
void dna_genome_track_free(dna_genome_track *t);
/** A window [start, end), from 0; values NULL: it has no prediction. */
int dna_genome_track_add(dna_genome_track *t, const char *contig, double start,
    double end, const double *values) DNA_MUST_CHECK;
/** Windows with a prediction. */
int64_t dna_genome_track_n(const dna_genome_track *t);

/** A bedGraph for every regression, <prefix>.<name>.bedgraph, and for every class,
 *  <prefix>.<name>_<label>.bedgraph. Where windows overlap, which bedGraph does not allow,
 *  each gives half of what two of them share. Windows without a prediction are gaps. */
int dna_genome_track_save_bedgraph(
    const dna_genome_track *t, const char *prefix) DNA_MUST_CHECK;
/** A BED with the windows that have a prediction, "size=1234;age=80" as their names. */
int dna_genome_track_save_bed(
    const dna_genome_track *t, const char *path) DNA_MUST_CHECK;
/** A CSV with a row a regression and a row a class: parameter, class, n_windows, share (of
 *  windows whose most probable class it is), mean, median, q05, q25, q75, q95 over windows.
 */
int dna_genome_track_save_summary(
    const dna_genome_track *t, const char *path) DNA_MUST_CHECK;
/** "size: mean 1.2e+04, median ...", one text a parameter; free it. There must be windows
 *  with a prediction. */
int dna_genome_track_tell(
    const dna_genome_track *t, int64_t param, char **text) DNA_MUST_CHECK;
/** Draw it: a panel a parameter (report/canvas.h tells the kinds of files). */
int dna_genome_track_draw(const dna_genome_track *t, const char *path) DNA_MUST_CHECK;

#endif

/* predict_windows.h - predict genotype data in windows along the genome.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_PREDICT_WINDOWS_H
#define DNA_RUN_PREDICT_WINDOWS_H

#include "dnadna/run.h"
#include "run/network.h"

/** Whether the inputs go in windows: genotype data, or npz files with options that only
 *  genotype data have. Options that do not belong to the kind of input are DNA_EARG. */
int dna_predict_wants_windows(
    const dna_predict_files_options *o, bool *yes) DNA_MUST_CHECK;
/** A row a window of every input; then tracks, summary and figure. The first error ends
 *  it: rows that were written stay, files made of all windows are not written. */
int dna_predict_windows(
    const dna_predict_files_options *o, dna_network *net) DNA_MUST_CHECK;

#endif

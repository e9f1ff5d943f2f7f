/* golden.h - what a network answers to a few made-up inputs, kept in its file.
 *
 * SPDX-License-Identifier: MIT
 *
 * The inputs follow from their number and the sizes alone (random haplotypes under a fixed
 * seed), so the file holds the outputs only. Whoever has the file can tell whether a machine
 * gives the same numbers.
 */
#ifndef DNA_RUN_GOLDEN_H
#define DNA_RUN_GOLDEN_H

#include "run/network.h"

#define DNA_N_GOLDEN 3

/** Input `number` of these sizes, [rows, n_snp]: positions that grow from 0 to 1, if there is a
 *  row of them, and sites of various frequencies. */
void dna_golden_input(float *x, const dna_net_sizes *sizes, int64_t number);
/** The network's outputs for the first inputs, [DNA_N_GOLDEN, n_outputs]. */
int dna_golden_outputs(dna_network *net, float *out) DNA_MUST_CHECK;
/** The largest difference to those in its file, relative to 1 + their size; -1: the file has
 *  none. */
int dna_golden_verify(dna_network *net, double *most) DNA_MUST_CHECK;

#endif

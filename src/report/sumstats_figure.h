/* sumstats_figure.h - summary statistics of scenarios or samples as a figure.
 *
 * SPDX-License-Identifier: MIT
 *
 * Four panels: the scaled spectrum, r^2 by distance, Tajima's D along the chromosome
 * (neighbouring windows averaged), and of the whole. Up to DNA_N_PALETTE scenarios have a colour each, with standard errors over
 * replicates; of more, the mean of all is drawn over the range of 90 % of them.
 */
#ifndef DNA_REPORT_SUMSTATS_FIGURE_H
#define DNA_REPORT_SUMSTATS_FIGURE_H

#include "dnadna/sumstats.h"

typedef struct dna_sumstats_figure dna_sumstats_figure;

/** what: "scenario" or "sample", for labels. */
int dna_sumstats_figure_new(
    dna_sumstats_figure **out, const char *what, bool is_folded) DNA_MUST_CHECK;
void dna_sumstats_figure_free(dna_sumstats_figure *f);
/** A scenario with its replicates; what is drawn of them is kept, they are not. */
int dna_sumstats_figure_add(dna_sumstats_figure *f, int64_t number,
    dna_sumstats *const *replicates, int64_t n) DNA_MUST_CHECK;
int dna_sumstats_figure_save(
    const dna_sumstats_figure *f, const char *path) DNA_MUST_CHECK;

#endif

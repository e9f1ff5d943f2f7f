/* prediction_figure.h - what was predicted against what is true, a panel a parameter.
 *
 * SPDX-License-Identifier: MIT
 *
 * A regression: points about the line where both are equal, with R² of natural units, and of
 * logarithms where the axes are such (all values above 0, over more than a decade); of
 * predictions by scenario the medians, with bars from the 5 % to the 95 % quantile. A
 * classification: the confusion matrix.
 */
#ifndef DNA_REPORT_PREDICTION_FIGURE_H
#define DNA_REPORT_PREDICTION_FIGURE_H

#include "io/csv.h"

/** predictions: a table of `predict` (docs/formats.md section 6) with a column
 *  scenario_idx, or paths that end in _<scenario>_<replicate> and an extension. truth: a
 *  parameter table. Errors name the column or row that is missing. */
int dna_prediction_figure_draw(
    const dna_csv *predictions, const dna_csv *truth, const char *path) DNA_MUST_CHECK;

#endif

/* metrics_figure.h - the curves of a training, out of its table of metrics.
 *
 * SPDX-License-Identifier: MIT
 *
 * Panels: the losses; R² of the regressions and accuracy of the classifications in
 * validation; the learning rate, if it changed; a confusion matrix a classification, of the
 * test if there was one, else of the last validation.
 */
#ifndef DNA_REPORT_METRICS_FIGURE_H
#define DNA_REPORT_METRICS_FIGURE_H

#include <stdbool.h>

#include "io/csv.h"

/** Whether a table has the columns of metrics (docs/formats.md section 7). */
bool dna_metrics_figure_fits(const dna_csv *table);
/** Draw to a file; DNA_EFORMAT if there is nothing to draw. */
int dna_metrics_figure_draw(const dna_csv *table, const char *path) DNA_MUST_CHECK;

#endif

/* metrics_text.h - losses and metrics as lines for people.
 *
 * SPDX-License-Identifier: MIT
 *
 *     event_time  loss 0.8121  RMSE 812.4  R2 0.31    relative error 0.45   bias -12.3
 *     event_size  loss 0.1349  RMSE 2424   R2 0.5772  relative error 0.245  bias 14
 *     history     loss 0.2991  accuracy 0.75  balanced accuracy 0.7667
 *         true \ predicted  decline  expansion
 *         decline                12          3
 *         expansion               4          9
 */
#ifndef DNA_REPORT_METRICS_TEXT_H
#define DNA_REPORT_METRICS_TEXT_H

#include "base/str.h"
#include "report/metrics.h"

/** The lines of all parameters, each ended by a newline; losses [n_param]. A confusion
 * matrix is shown of up to DNA_METRICS_TEXT_CLASSES classes. */
int dna_metrics_text(
    dna_str *out, const dna_metrics *metrics, const double *losses) DNA_MUST_CHECK;

#define DNA_METRICS_TEXT_CLASSES 8

#endif

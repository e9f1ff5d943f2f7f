/* prediction_table.h - the columns of predictions, one row a sample or a scenario.
 *
 * SPDX-License-Identifier: MIT
 *
 * A sample's values come in order of the parameters: one number for a regression; for a
 * classification a probability per class, then the index of the most probable class.
 *
 *   samples:   <name>                             | <name>_<label>..., <name>
 *   scenarios: <name>_mean, <name>_median, <name>_q05, _q25, _q75, _q95
 *                                                 | <name>_<label>..., <name>
 */
#ifndef DNA_REPORT_PREDICTION_TABLE_H
#define DNA_REPORT_PREDICTION_TABLE_H

#include <stdbool.h>

#include "report/table.h"

typedef struct {
    const char *name;
    int64_t n_class;           /* 0: regression */
    const char *const *labels; /* [n_class] */
} dna_predicted;

/** Numbers per sample. */
int64_t dna_predicted_n_value(const dna_predicted *params, int64_t n_param);
/** Column names after the leading ones (copied): heap strings in a heap list, to be
 * freed with dna_columns_free(). Raw: out_0, out_1, ... */
int dna_prediction_columns(char ***columns, int64_t *n_column, const char *const *lead,
    int64_t n_lead, const dna_predicted *params, int64_t n_param,
    bool is_summary) DNA_MUST_CHECK;
int dna_raw_columns(char ***columns, int64_t *n_column, const char *const *lead,
    int64_t n_lead, int64_t n_raw) DNA_MUST_CHECK;
void dna_columns_free(char **columns, int64_t n_column);

/** The cells of one sample. */
void dna_prediction_put(dna_table *table, const dna_predicted *params, int64_t n_param,
    const double *values);
/** The cells of n >= 1 samples of one scenario, values [n, n_value]: mean, median and
 *  quantiles; mean probabilities and the class of the largest. */
int dna_prediction_put_summary(dna_table *table, const dna_predicted *params,
    int64_t n_param, const double *values, int64_t n) DNA_MUST_CHECK;

#endif

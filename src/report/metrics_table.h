/* metrics_table.h - metrics.csv: what was measured in a training, one number a row.
 *
 * SPDX-License-Identifier: MIT
 *
 * Columns: epoch, batch, step, split, network, parameter, metric, true_class,
 * predicted_class, value. A number that is not known is an empty cell. No durations:
 * the same training gives the same bytes.
 *
 *     DNA_TRY(dna_metrics_table_open(&table, path, 0));
 *     dna_metrics_row row = {.epoch = 1, .step = 64, .split = "validation"};
 *     DNA_TRY(dna_metrics_table_losses(table, &row, names, losses, n, total));
 *     DNA_TRY(dna_metrics_table_put(table, &row, metrics));
 *     DNA_TRY(dna_table_sync(table, &length));
 */
#ifndef DNA_REPORT_METRICS_TABLE_H
#define DNA_REPORT_METRICS_TABLE_H

#include "report/metrics.h"

/* What the rows of one measurement have in common. */
typedef struct {
    int64_t epoch, batch, step;
    const char *split;   /* "training", "validation", "test" */
    const char *network; /* "best", "last_epoch"; "": the one in training */
} dna_metrics_row;

/** The table in a file, of which the first `keep` bytes stay (report/table.h). */
int dna_metrics_table_open(
    dna_table **out, const char *path, int64_t keep) DNA_MUST_CHECK;
/** A row with one number; parameter "": it is of all together. */
int dna_metrics_table_number(dna_table *table, const dna_metrics_row *row,
    const char *parameter, const char *metric, double value) DNA_MUST_CHECK;
/** Rows `loss`: the total, then that of each parameter. */
int dna_metrics_table_losses(dna_table *table, const dna_metrics_row *row,
    const dna_predicted *params, const double *losses, int64_t n,
    double total) DNA_MUST_CHECK;
/** All metrics: rmse, r2, relative_error, bias, n, n_zero of a regression; accuracy,
 * balanced_accuracy, n and a row `confusion` a cell of a classification. */
int dna_metrics_table_put(dna_table *table, const dna_metrics_row *row,
    const dna_metrics *metrics) DNA_MUST_CHECK;

#endif

/* metrics_table.c - metrics.csv: what was measured in a training, one number a row.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/metrics_table.h"

#include <math.h>

#include "base/mem.h"

static const char *const columns[] = {"epoch", "batch", "step", "split", "network",
    "parameter", "metric", "true_class", "predicted_class", "value"};

int
dna_metrics_table_open(dna_table **out, const char *path, int64_t keep)
{
    return dna_table_open_file(out, path, keep, columns, DNA_COUNT(columns));
}

/* All cells but the last one. */
static void
put_lead(dna_table *t, const dna_metrics_row *row, const char *parameter,
    const char *metric, const char *true_class, const char *predicted_class)
{
    dna_table_integer(t, row->epoch);
    dna_table_integer(t, row->batch);
    dna_table_integer(t, row->step);
    dna_table_text(t, row->split);
    dna_table_text(t, row->network);
    dna_table_text(t, parameter);
    dna_table_text(t, metric);
    dna_table_text(t, true_class);
    dna_table_text(t, predicted_class);
}

static int
put_integer(dna_table *t, const dna_metrics_row *row, const char *parameter,
    const char *metric, int64_t value)
{
    put_lead(t, row, parameter, metric, "", "");
    dna_table_integer(t, value);
    return dna_table_end_row(t);
}

int
dna_metrics_table_number(dna_table *t, const dna_metrics_row *row,
    const char *parameter, const char *metric, double value)
{
    put_lead(t, row, parameter, metric, "", "");
    if (isnan(value)) {
        dna_table_text(t, "");
    } else {
        dna_table_number(t, value);
    }
    return dna_table_end_row(t);
}

int
dna_metrics_table_losses(dna_table *t, const dna_metrics_row *row,
    const dna_predicted *params, const double *losses, int64_t n, double total)
{
    int rc = DNA_OK;

    DNA_TRY(dna_metrics_table_number(t, row, "", "loss", total));
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(dna_metrics_table_number(t, row, params[i].name, "loss", losses[i]));
    }
out:
    return rc;
}

static int
put_regression(dna_table *t, const dna_metrics_row *row, const dna_predicted *param,
    const dna_metric *m)
{
    const char *name = param->name;
    int rc = DNA_OK;

    DNA_TRY(dna_metrics_table_number(t, row, name, "rmse", m->rmse));
    DNA_TRY(dna_metrics_table_number(t, row, name, "r2", m->r2));
    DNA_TRY(
        dna_metrics_table_number(t, row, name, "relative_error", m->relative_error));
    DNA_TRY(dna_metrics_table_number(t, row, name, "bias", m->bias));
    DNA_TRY(put_integer(t, row, name, "n", m->n));
    DNA_TRY(put_integer(t, row, name, "n_zero", m->n_zero));
out:
    return rc;
}

static int
put_classes(dna_table *t, const dna_metrics_row *row, const dna_predicted *param,
    const dna_metric *m)
{
    const char *name = param->name;
    int rc = DNA_OK;

    DNA_TRY(dna_metrics_table_number(t, row, name, "accuracy", m->accuracy));
    DNA_TRY(dna_metrics_table_number(
        t, row, name, "balanced_accuracy", m->balanced_accuracy));
    DNA_TRY(put_integer(t, row, name, "n", m->n));
    for (int64_t i = 0; i < param->n_class; i++) {
        for (int64_t j = 0; j < param->n_class; j++) {
            put_lead(t, row, name, "confusion", param->labels[i], param->labels[j]);
            dna_table_integer(t, m->confusion[i * param->n_class + j]);
            DNA_TRY(dna_table_end_row(t));
        }
    }
out:
    return rc;
}

int
dna_metrics_table_put(
    dna_table *t, const dna_metrics_row *row, const dna_metrics *metrics)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < metrics->n_param; i++) {
        const dna_predicted *param = &metrics->params[i];
        const dna_metric *m = &metrics->each[i];
        DNA_TRY(param->n_class > 0 ? put_classes(t, row, param, m)
                                   : put_regression(t, row, param, m));
    }
out:
    return rc;
}

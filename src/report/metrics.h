/* metrics.h - how good predictions are, in the units of the parameters themselves.
 *
 * SPDX-License-Identifier: MIT
 *
 * Of n samples with true values t and predictions p (docs/math.md section 8); samples
 * without a true value (NaN) are left out, n counts the others:
 *
 *   regression
 *     rmse            sqrt(mean of (p - t)^2)
 *     r2              1 - sum of (p - t)^2 / sum of (t - mean of t)^2
 *     relative_error  mean of |p - t| / |t|, where t is not 0 (n_zero counts t = 0)
 *     bias            mean of p - t
 *   classification
 *     confusion       [true class, predicted class] samples
 *     accuracy        share of samples whose class is right
 *     balanced_accuracy  mean over the classes that occur of the share that is right
 *
 * rmse and bias have the parameter's unit. r2 is 1 for perfect predictions, 0 for those
 * no better than the mean of the true values, and below 0 for worse ones; it is the
 * coefficient of determination (Wright 1921, J. Agric. Res. 20:557-585), not the square
 * of a correlation: predictions that are off by a constant lower it. balanced_accuracy
 * (Brodersen et al. 2010, ICPR 20:3121-3124, for two classes) is 1 / number of classes
 * for guesses that ignore the sample, however frequent the classes are.
 *
 * What is not defined is NaN: everything if no sample has a true value; r2 if all true
 * values are equal; relative_error if all are 0.
 *
 *     DNA_TRY(dna_metrics_new(&m, params, n_param));
 *     dna_metrics_eval(m, values, truth, n);
 *     printf("%g\n", m->each[0].rmse);
 */
#ifndef DNA_REPORT_METRICS_H
#define DNA_REPORT_METRICS_H

#include "report/prediction_table.h"

/* Of one parameter; what is of the other type is NaN or NULL. */
typedef struct {
    int64_t n; /* samples that have a true value */
    double rmse, r2, relative_error, bias;
    int64_t n_zero;
    double accuracy, balanced_accuracy;
    int64_t *confusion; /* [n_class, n_class] */
} dna_metric;

typedef struct {
    const dna_predicted *params; /* borrowed */
    int64_t n_param;
    dna_metric *each; /* [n_param] */
} dna_metrics;

/** Room for the metrics of some parameters. Keeps: params. */
int dna_metrics_new(
    dna_metrics **out, const dna_predicted *params, int64_t n_param) DNA_MUST_CHECK;
void dna_metrics_free(dna_metrics *m); /* NULL is fine */
/** All metrics of n samples.
 *  Shapes: values [n, dna_predicted_n_value()] as predictions are (prediction_table.h);
 *  truth [n, n_param], NaN where there is none; a class is its index.
 *  Units: both in those of the parameters. */
void dna_metrics_eval(
    dna_metrics *m, const double *values, const double *truth, int64_t n);

#endif

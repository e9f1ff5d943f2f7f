/* objective.h - what training makes small: the weighted losses of all parameters.
 *
 * SPDX-License-Identifier: MIT
 *
 *     L_i = w_i * loss_i(outputs of i, targets of i)
 *     optimised: sum of L_i; reported: mean of L_i
 *     w_i = loss_weight / (1 - share of missing targets)   regression
 *     w_i = loss_weight / n_classes                        classification
 *
 * With class_weights balanced, cross entropy is the weighted mean over samples, a class
 * weighing the inverse of its frequency among the training scenarios; with a list of
 * weights so are cross entropy and NLL, as with weight= in PyTorch. A batch whose
 * classes all weigh nothing has no loss and no gradient.
 *
 * Missing targets (NaN) are left out of a loss. Output columns lie in parameter order,
 * one for a regression, n_class for a classification.
 */
#ifndef DNA_RUN_OBJECTIVE_H
#define DNA_RUN_OBJECTIVE_H

#include "config/tables.h"
#include "nn/loss.h"

typedef struct {
    const char *name; /* of the parameter */
    const dna_loss_def *loss;
    int64_t column, n_column; /* its outputs */
    double weight;
    double *class_weights; /* [n_column]; NULL: all samples count alike */
} dna_objective_term;

typedef struct {
    int64_t n;
    dna_objective_term *terms;
    int64_t n_output;
} dna_objective;

/** Only the names: every parameter has a known loss of its own type. */
int dna_objective_check(const dna_param *params, int64_t n) DNA_MUST_CHECK;
/** From the whole preprocessed table: targets [n_row, n], and the split of each row
 * (NULL: all are training). Keeps: params' names. Errors: as the check; DNA_EARG if a
 * parameter has no target at all. */
int dna_objective_init(dna_objective *o, const dna_param *params, int64_t n,
    const double *targets, const int *split, int64_t n_row) DNA_MUST_CHECK;
void dna_objective_clear(dna_objective *o);
/** losses[n] of n_sample outputs [n_sample, n_output] and targets [n_sample, n]; if
 * grad is not NULL it gets the derivative of their sum. Returns the mean of the losses.
 */
double dna_objective_eval(const dna_objective *o, const float *out, int64_t n_sample,
    const double *target, float *grad, double *losses);
/** The first parameter whose loss is NaN or infinite, -1 if all are finite. */
int64_t dna_objective_first_bad(const dna_objective *o, const double *losses);

#endif

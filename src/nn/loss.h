/* loss.h - what training makes small: losses by PyTorch's names, mean reduction.
 *
 * SPDX-License-Identifier: MIT
 *
 * d = o - t. Targets that are NaN are left out of the mean (and get zero gradient).
 * The formulas, names and corner cases are those of PyTorch 1.13's loss classes as
 * constructed without arguments; those that cannot be called with (output, target)
 * alone (CTC, Gaussian NLL, Triplet Margin, ...) are not here.
 *
 *     const dna_loss_def *mse = dna_loss_find("MSE");
 *     double mean = dna_loss_mean(mse, out, n, n_output, 1, target, n_param, 1.0, grad,
 *         &n_valid);
 */
#ifndef DNA_NN_LOSS_H
#define DNA_NN_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_loss_def {
    const char *name; /* "MSE", "Cross Entropy" */
    bool is_classification;
    const char *doc; /* formula and source */
    /* One sample: loss, and its derivative by the k outputs into grad[k]. k is 1 for
     * regression losses; target is then a number, else a class index (anything that is
     * not one of 0 .. k-1 gives a loss of NaN). A NaN among the outputs gives NaN. */
    double (*eval)(const double *o, int64_t k, double target, double *grad);
} dna_loss_def;

/** By name as users write it: case, spaces, underscores, and a final "Loss" do not
 * count. */
const dna_loss_def *dna_loss_find(const char *name);
const dna_loss_def *dna_loss_at(int64_t i); /* NULL past the end */

/** Mean loss over n samples whose k outputs are out[i * stride .. + k-1]; targets
 *  target[i * target_stride]. If grad is not NULL, weight * d(mean)/d(out) is stored
 *  at grad[i * stride ..]; the returned mean is without the weight. *n_valid (may be
 *  NULL) gets the number of targets that are not NaN; the loss is 0 when there are
 * none. Threads: sums run over samples in order, so the result is always the same bits.
 *  Returns NaN with the message set if memory for very many classes could not be had.
 */
double dna_loss_mean(const dna_loss_def *loss, const float *out, int64_t n,
    int64_t stride, int64_t k, const double *target, int64_t target_stride,
    double weight, float *grad, int64_t *n_valid);

#endif

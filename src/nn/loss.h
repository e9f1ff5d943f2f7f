/* loss.h - what training makes small: losses by PyTorch's names, mean reduction.
 *
 * SPDX-License-Identifier: MIT
 *
 * d = o - t. Targets that are NaN are left out of the mean (and get zero gradient).
 */
#ifndef DNA_NN_LOSS_H
#define DNA_NN_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_loss_def {
    const char *name;          /* "MSE", "Cross Entropy" */
    bool is_classification;
    const char *doc;           /* formula and source */
    /* One sample: loss, and its derivative by the k outputs into grad[k]. k is 1 for
     * regression losses; target is then a number, else a class index. */
    double (*eval)(const double *o, int64_t k, double target, double *grad);
} dna_loss_def;

/** By name as users write it: case, spaces, underscores, and a final "Loss" do not count. */
const dna_loss_def *dna_loss_find(const char *name);
const dna_loss_def *dna_loss_at(int64_t i); /* NULL past the end */

/** Mean loss over n samples whose k outputs are out[i * stride .. + k-1]; targets
 *  target[i * target_stride]. If grad is not NULL, weight * d(mean)/d(out) is stored
 *  at grad[i * stride ..]. *n_valid gets the number of targets that are not NaN; the
 *  loss is 0 when there are none. */
double dna_loss_mean(const dna_loss_def *loss, const float *out, int64_t n, int64_t stride,
    int64_t k, const double *target, int64_t target_stride, double weight, float *grad,
    int64_t *n_valid);

#endif

/* norm_rows.h - the reference of norms that treat rows of neighbouring entries apart: a row
 * is a group of channels (group norm) or the last dimensions (layer norm).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_OPS_NORM_ROWS_H
#define DNA_NN_OPS_NORM_ROWS_H

#include "nn/node.h"

/* The batch as rows of n entries. `times` neighbours share a weight; n_weight of them in
 * turn, from first_weight on. */
typedef struct {
    int64_t n_row, n;
    int64_t n_weight, first_weight, times;
} dna_norm_rows;

/** y = (x - mean) / sqrt(var + eps) * weight + bias, row by row. a->saved gets mean and
 *  1 / sqrt(var + eps) of each row. */
void dna_norm_rows_forward(const dna_ref_args *a, const dna_norm_rows *r);
void dna_norm_rows_backward(const dna_ref_args *a, const dna_norm_rows *r);

#endif

/* activation.h - functions of one number that networks put between their layers.
 *
 * SPDX-License-Identifier: MIT
 *
 * One row a function: in double precision in ops/op_activation.c, for programs in
 * kernels/activation.c.
 */
#ifndef DNA_NN_ACTIVATION_H
#define DNA_NN_ACTIVATION_H

#include <stdbool.h>

typedef enum {
    DNA_RELU,
    DNA_LEAKY_RELU, /* k: slope */
    DNA_ELU,        /* k: alpha */
    DNA_GELU,
    DNA_SIGMOID,
    DNA_SOFTPLUS, /* k: beta, threshold */
    DNA_TANH,
    DNA_N_ACTIVATION
} dna_activation_kind;

#define DNA_ACTIVATION_MAX_K 2

typedef struct {
    dna_activation_kind kind;
    double k[DNA_ACTIVATION_MAX_K];
} dna_activation;

const char *dna_activation_name(const dna_activation *a);
double dna_activation_value(const dna_activation *a, double x);
double dna_activation_slope(const dna_activation *a, double x);
/** Whether programs find the slope from the result, so that the input need not stay. */
bool dna_activation_uses_output(const dna_activation *a);

#endif

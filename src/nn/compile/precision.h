/* precision.h - which numbers of a program are rounded to bf16.
 *
 * SPDX-License-Identifier: MIT
 *
 * The rule is in program.h at dna_precision. Chains (fuse.h) do it: is_bf16 and stores_bf16
 * say so of each.
 */
#ifndef DNA_NN_COMPILE_PRECISION_H
#define DNA_NN_COMPILE_PRECISION_H

#include "nn/compile/fuse.h"

/** After dna_fuse() and dna_find_tables(), before lowering. */
void dna_choose_bf16(dna_program *p);

#endif

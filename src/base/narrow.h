/* narrow.h - arrays of numbers in fewer bytes, without losing any.
 *
 * SPDX-License-Identifier: MIT
 *
 * Positions below 2^16 that came as int64 are the same numbers as uint16. Bytes are
 * little-endian, as in files.
 */
#ifndef DNA_BASE_NARROW_H
#define DNA_BASE_NARROW_H

#include "dnadna/array.h"

/** The type of fewest bytes that holds each number of `a` exactly, to the bit: its own, or one
 *  of uint8, int8, uint16, int16, uint32, int32, and float32 for float64. */
dna_dtype dna_narrowest(const dna_array *a);
/** The numbers of `a` as `dtype`, its own or dna_narrowest(a); out has room for
 *  count * dna_dtype_size(dtype) bytes. */
void dna_narrow(void *out, dna_dtype dtype, const dna_array *a);
/** Whether dna_narrow() can have given `stored` for an array of `dtype`. */
bool dna_may_narrow(dna_dtype dtype, dna_dtype stored);
/** n numbers of type `stored` at `in` back into out->data, whose
 *  type is out->dtype. */
void dna_widen(dna_array *out, dna_dtype stored, const void *in, int64_t n);

#endif

/* pth_write.h - write files that torch.load reads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_PTH_WRITE_H
#define DNA_IO_PTH_WRITE_H

#include "base/value.h"
#include "dnadna/array.h"

/** A zip file as PyTorch writes since 1.6, atomically: one dict with the entries of
 *  `entries` (a map) and `state_dict`, an OrderedDict of the tensors in their order; each
 *  has a storage of its own. The same content gives the same bytes. Errors: DNA_EIO;
 *  DNA_EUNSUPPORTED for an array type that PyTorch has not. */
int dna_pth_write(const char *path, const dna_value *entries, const char *const *names,
    const dna_array *arrays, int64_t n) DNA_MUST_CHECK;

#endif

/* network_pth.h - networks out of PyTorch's files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_NETWORK_PTH_H
#define DNA_RUN_NETWORK_PTH_H

#include "io/pth.h"
#include "run/network.h"

/** The mapping of tensors by name in a file: its state_dict, or the whole object. NULL:
 *  none. */
const dna_pickle *dna_pth_state_dict(const dna_pickle *root);
/** Its tensors, in float32 where they are floats. Clear in any case. Messages lack the
 *  file's name where they are about the state_dict as a whole. */
int dna_pth_network_tensors(dna_safetensors *st, dna_pth *pth) DNA_MUST_CHECK;
/** A network as the original saved it, without its tensors, which come in st (clear it in
 *  any case) and are not checked yet. */
int dna_network_from_pth(dna_network **out, dna_safetensors *st, dna_pth *pth,
    const char *name) DNA_MUST_CHECK;

#endif

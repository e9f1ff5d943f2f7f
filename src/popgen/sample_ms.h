/* sample_ms.h - samples from ms text.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_SAMPLE_MS_H
#define DNA_POPGEN_SAMPLE_MS_H

#include "dnadna/sample.h"
#include "io/ms.h"

/** The next replicate as a checked sample: 1, or 0 at the end. Positions are absolute
 *  and normalized: from 0 to 1, never decreasing (sites that ms rounds to the same place
 *  stay as they are, in its order). chromosome_size (base pairs; 0: unknown) is kept for
 *  a later conversion. Errors: as dna_ms_next(), with file and line. */
int dna_sample_next_ms(
    dna_sample **out, dna_ms *ms, int64_t chromosome_size) DNA_MUST_CHECK;

#endif

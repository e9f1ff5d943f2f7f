/* sample_ops.h - changes to a sample that several transforms need.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_SAMPLE_OPS_H
#define DNA_POPGEN_SAMPLE_OPS_H

#include "dnadna/sample.h"

/** Keep rows[0..n-1], in that order. */
int dna_sample_keep_rows(dna_sample *s, const int64_t *rows, int64_t n) DNA_MUST_CHECK;
/** Keep the first n columns (and positions). */
int dna_sample_keep_first_sites(dna_sample *s, int64_t n) DNA_MUST_CHECK;
/** Drop columns that are constant over the rows; distances are accumulated over dropped
 *  sites (circular ones need initial_position). */
int dna_sample_keep_polymorphic(dna_sample *s) DNA_MUST_CHECK;
/** Roll columns and positions to the right by k: site j moves to (j + k) mod n_site. */
int dna_sample_rotate(dna_sample *s, int64_t k) DNA_MUST_CHECK;
/** Convert positions; unknown (-1) flags of `to` are kept. Formulas: docs/math.md. */
int dna_sample_reformat(dna_sample *s, const dna_position_format *to) DNA_MUST_CHECK;

#endif

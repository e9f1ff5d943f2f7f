/* sample_ops.h - changes to a sample that several transforms need.
 *
 * SPDX-License-Identifier: MIT
 *
 * Each either succeeds or leaves the sample as it was. None checks the sample again: a
 * sample in base pairs stays one even if all positions left are 0 or 1.
 */
#ifndef DNA_POPGEN_SAMPLE_OPS_H
#define DNA_POPGEN_SAMPLE_OPS_H

#include "dnadna/sample.h"

/** Keep rows[0..n-1], in that order. */
int dna_sample_keep_rows(dna_sample *s, const int64_t *rows, int64_t n) DNA_MUST_CHECK;
/** Keep the first n rows; a sample with fewer stays as it is. */
int dna_sample_keep_first_rows(dna_sample *s, int64_t n) DNA_MUST_CHECK;
/** Keep the first n columns (and positions). */
int dna_sample_keep_first_sites(dna_sample *s, int64_t n) DNA_MUST_CHECK;
/** Drop columns that are constant over the rows; distances are accumulated over dropped
 *  sites (circular ones need initial_position). */
int dna_sample_keep_polymorphic(dna_sample *s) DNA_MUST_CHECK;
/** The same followed by dna_sample_keep_first_sites(s, n), without the detour through a
 *  matrix of all polymorphic sites; n < 0: no limit. */
int dna_sample_keep_polymorphic_first(dna_sample *s, int64_t n) DNA_MUST_CHECK;
/** Roll columns and positions to the right by k: site j moves to (j + k) mod n_site. */
int dna_sample_rotate(dna_sample *s, int64_t k) DNA_MUST_CHECK;
/** How many positions are smaller than the one before them; *first (may be NULL) gets
 * the first such site, -1 if there is none. Absolute positions never decrease; of
 * distances about every second does. */
int64_t dna_sample_count_decreases(const dna_sample *s, int64_t *first);
/** Convert positions; unknown (-1) flags of `to` are kept, its chromosome_size and
 *  initial_position (in the sample's own unit) serve where the sample has none.
 *  Formulas: docs/math.md. */
int dna_sample_reformat(dna_sample *s, const dna_position_format *to) DNA_MUST_CHECK;

#endif

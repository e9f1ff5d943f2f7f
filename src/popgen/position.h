/* position.h - the positions of a sample while they are being converted.
 *
 * SPDX-License-Identifier: MIT
 *
 * A track is a working copy of a sample's positions in double precision, with the
 * format they have now. Conversions act on the track; dna_track_store() puts it back.
 * So a conversion that fails leaves the sample as it was. Formulas: docs/math.md.
 */
#ifndef DNA_POPGEN_POSITION_H
#define DNA_POPGEN_POSITION_H

#include "dnadna/sample.h"

typedef struct {
    double *p; /* [n] */
    int64_t n;
    bool is_integer; /* stored back as int64 rather than float64 */
    dna_position_format format;
} dna_track;

/** A copy of the positions. The sample must have some. */
int dna_track_init(dna_track *t, const dna_sample *s) DNA_MUST_CHECK;
void dna_track_clear(dna_track *t);

/** Divide by the chromosome size, or multiply and round (half to even) to base pairs.
 */
int dna_track_normalize(dna_track *t, bool to_normalized) DNA_MUST_CHECK;
/** Absolute positions to distances; `circular` is the kind of distance 0 wanted.
 *  Errors: DNA_EFORMAT if positions decrease, DNA_EARG if the size is needed and
 * unknown. */
int dna_track_to_distances(dna_track *t, bool circular) DNA_MUST_CHECK;
/** Distances to absolute positions; circular ones need initial_position. */
int dna_track_to_positions(dna_track *t) DNA_MUST_CHECK;
/** Distances stay distances, distance 0 changes its meaning. */
int dna_track_set_circular(dna_track *t, bool circular) DNA_MUST_CHECK;

/** Replace the positions and the format of s; n must be its number of sites. */
int dna_track_store(const dna_track *t, dna_sample *s) DNA_MUST_CHECK;

#endif

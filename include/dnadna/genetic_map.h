/* genetic_map.h - rates along the sequence, constant by pieces.
 *
 * SPDX-License-Identifier: MIT
 *
 * Piece i reaches from pos[i] to pos[i + 1] base pairs and has rate[i] per base pair and
 * generation: of crossing over in a recombination map, of mutation in a mutation map.
 * Files give genetic positions in centimorgans, 0.01 expected crossovers each:
 *
 *     dna_rate_map *map = NULL;
 *     DNA_TRY(dna_rate_map_read_hapmap(&map, "genetic_map_chr20.txt"));
 *     DNA_TRY(dna_rate_map_window(&window, map, 20e6, 22e6));
 */
#ifndef DNA_GENETIC_MAP_H
#define DNA_GENETIC_MAP_H

#include <stdint.h>

#include "dnadna/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t n;    /* pieces */
    double *pos;  /* [n + 1], base pairs, increasing */
    double *rate; /* [n], per base pair per generation, >= 0 */
} dna_rate_map;

/** Copy pieces. Errors: DNA_EARG (positions that do not increase, negative rates). */
DNA_API int dna_rate_map_new(dna_rate_map **out, const double *pos, const double *rate,
    int64_t n) DNA_MUST_CHECK;
DNA_API void dna_rate_map_free(dna_rate_map *map);
/** The invariants above; name is for messages. */
DNA_API int dna_rate_map_check(
    const dna_rate_map *map, const char *name) DNA_MUST_CHECK;

/** HapMap text: a header line that names a position (bp) and a rate (cM/Mb) or, without
 *  one, a map column (cM), and perhaps a chromosome; then a line each. The rate of a line
 *  holds up to the next line's position, so the last line's is not used. Before the first
 *  position the rate is 0. One chromosome a file. Errors: DNA_EFORMAT with the line. */
DNA_API int dna_rate_map_read_hapmap(
    dna_rate_map **out, const char *path) DNA_MUST_CHECK;
/** PLINK .map text without a header: chromosome, name, position (cM), position (bp).
 *  Rates are differences of cM over differences of bp. Errors: DNA_EFORMAT with the line.
 */
DNA_API int dna_rate_map_read_plink(
    dna_rate_map **out, const char *path) DNA_MUST_CHECK;

/** The part from start to end, moved to begin at 0; rate 0 where `map` says nothing. */
DNA_API int dna_rate_map_window(dna_rate_map **out, const dna_rate_map *map,
    double start, double end) DNA_MUST_CHECK;
/** The integral of the rate up to x: expected crossovers (or mutations) a generation. */
DNA_API double dna_rate_map_mass(const dna_rate_map *map, double x);

#ifdef __cplusplus
}
#endif
#endif

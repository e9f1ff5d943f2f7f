/* windows.h - a genome in pieces, each a sample for a network.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_windows_new(&w, genotypes, &rule));
 *     while ((rc = dna_windows_next(w, &window)) > 0) {
 *         ... window.sample, which is the caller's ...
 *     }
 *
 * Windows of sites: `size` sites, each `step` sites on; positions count from the first
 * site. Windows of base pairs: [start, start + size) with starts at multiples of `step`
 * (from the region's start, if there is one), from the first that holds a site to the last;
 * positions count from the start. A whole contig: positions as they are. Memory is that of
 * one window.
 */
#ifndef DNA_POPGEN_WINDOWS_H
#define DNA_POPGEN_WINDOWS_H

#include "dnadna/sample.h"
#include "popgen/genotypes.h"

typedef enum { DNA_WINDOW_CONTIG, DNA_WINDOW_SITES, DNA_WINDOW_BP } dna_window_unit;

typedef struct {
    dna_window_unit unit;
    int64_t size, step; /* sites or bp */
    int64_t origin;     /* BP: starts are origin + i * step */
} dna_window_rule;

typedef struct {
    int32_t contig;
    double start, end; /* as BED: from 0, end not included */
    int64_t n_site;
    double missing;   /* share of the matrix; 0 for no sites */
    bool is_complete; /* SITES: has `size` sites */
    dna_sample
        *sample; /* NULL: no sites. SNP uint8 (int8 with missing), POS int64 where
                         * the data have whole numbers, else float64 */
} dna_window;

typedef struct dna_windows dna_windows;
/** Keeps: g. */
int dna_windows_new(
    dna_windows **out, dna_genotypes *g, const dna_window_rule *rule) DNA_MUST_CHECK;
void dna_windows_free(dna_windows *w);
int dna_windows_next(dna_windows *w, dna_window *window) DNA_MUST_CHECK;
/** Name of a contig of a window, valid until the next call. */
const char *dna_windows_contig(const dna_windows *w, int32_t contig);

#endif

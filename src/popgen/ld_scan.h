/* ld_scan.h - r^2 of all pairs of a range of sites, row by row.
 *
 * SPDX-License-Identifier: MIT
 *
 * The segregating sites of the range are numbered 0 .. n-1. A task computes some of them,
 * tile by tile, against all later ones, a block of columns at a time, which stays in the
 * cache while all rows of the tile use it. What is made of the numbers is the owner's; to
 * be the same for any number of threads it must depend on the task alone.
 */
#ifndef DNA_POPGEN_LD_SCAN_H
#define DNA_POPGEN_LD_SCAN_H

#include "dnadna/haplotypes.h"

#define DNA_LD_TILE  32
#define DNA_LD_BLOCK 256

typedef struct dna_ld_scan dna_ld_scan;

/* r2[0..n-1] of site a with the later sites b .. b+n-1; NaN where there is none. Rows of a tile
 * take turns, but each sees its columns in rising order. */
typedef void (*dna_ld_row_fn)(
    void *payload, int64_t task, int64_t a, int64_t b, int64_t n, const double *r2);

struct dna_ld_scan {
    const dna_haplotypes *h;
    int64_t n;      /* segregating sites */
    int64_t *sites; /* [n] */
    double *weight; /* [n] 1 / (c (n - c)); not used with missing entries */
    int64_t n_row;  /* sites a task */
    dna_ld_row_fn fn;
    void *payload;
};

int dna_ld_scan_init(dna_ld_scan *scan, const dna_haplotypes *h, int64_t first,
    int64_t last) DNA_MUST_CHECK;
void dna_ld_scan_clear(dna_ld_scan *scan);
int64_t dna_ld_scan_n_task(const dna_ld_scan *scan);
int dna_ld_scan_run(dna_ld_scan *scan, int n_thread) DNA_MUST_CHECK;

#endif

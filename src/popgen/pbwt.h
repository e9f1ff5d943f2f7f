/* pbwt.h - haplotypes sorted by what precedes a site, and where their matches begin.
 *
 * SPDX-License-Identifier: MIT
 *
 * Columns are taken one after the other: step 0, 1, 2, ... over the complete sites of a
 * sample, from the left or from the right. After a step the haplotypes are sorted by their
 * reversed prefixes: first those with 0 at the last column. start[k] is the step at which
 * the match between neighbours order[k-1] and order[k], which lasts up to the last column,
 * begins; one more than the last step if there is none.
 *
 * A pair at places u < v of the order matches from the largest of start[u+1] .. start[v]
 * on; dna_match_tally_add() counts the pairs of a group by this number.
 *
 * For threads: dna_pbwt_path_init() goes over all columns once and keeps the state now and
 * then, so that a task can begin in the middle.
 *
 * Source: Durbin 2014, Bioinformatics 30:1266-1272, algorithms 1 and 2.
 */
#ifndef DNA_POPGEN_PBWT_H
#define DNA_POPGEN_PBWT_H

#include "dnadna/haplotypes.h"

/* The columns in the order of the steps, and the state before some of them. */
typedef struct {
    const dna_haplotypes *h;
    int64_t n_step;
    int64_t *sites; /* [n_step] the site of each step */
    int64_t chunk;  /* steps between two states that are kept */
    int64_t n_chunk;
    int32_t *order, *start; /* [n_chunk, n_hap] */
} dna_pbwt_path;

typedef struct {
    const dna_pbwt_path *path;
    int64_t n_taken; /* steps so far */
    int64_t n_zero;  /* haplotypes with 0 at the last column: order[0 .. n_zero-1] */
    int32_t *order, *start;           /* [n_hap] */
    int32_t *next_order, *next_start; /* [n_hap] */
} dna_pbwt;

int dna_pbwt_path_init(
    dna_pbwt_path *path, const dna_haplotypes *h, bool from_right) DNA_MUST_CHECK;
void dna_pbwt_path_clear(dna_pbwt_path *path);
/** The state before step chunk * path->chunk. */
int dna_pbwt_init(dna_pbwt *p, const dna_pbwt_path *path, int64_t chunk) DNA_MUST_CHECK;
void dna_pbwt_clear(dna_pbwt *p);
void dna_pbwt_step(dna_pbwt *p);

/* Pairs by the step at which their match begins. */
typedef struct {
    int64_t n_step;
    int64_t *pairs;    /* [n_step + 1] */
    uint64_t *touched; /* one bit for each of them that is not 0 */
    int64_t start_sum; /* of all that were added, since the tally was empty */
    int64_t highest;   /* word of `touched` with the last bit set, -1: none */
    struct dna_match_entry *stack; /* [n_hap] */
} dna_match_tally;

int dna_match_tally_init(
    dna_match_tally *y, int64_t n_step, int64_t n_hap) DNA_MUST_CHECK;
void dna_match_tally_clear(dna_match_tally *y);
/** Add `sign` for each pair of places first .. last-1 of an order. */
void dna_match_tally_add(dna_match_tally *y, const int32_t *start, int64_t first,
    int64_t last, int64_t sign);
/** Take out the largest step that was added to: *step and *pairs (which may be 0); false
 * if none is left. Taking all leaves an empty tally. */
bool dna_match_tally_take(dna_match_tally *y, int64_t *step, int64_t *pairs);
/** Forget all. */
void dna_match_tally_empty(dna_match_tally *y);

#endif

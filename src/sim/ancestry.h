/* ancestry.h - ancestral material on its way back: segments, lineages, mutations.
 *
 * SPDX-License-Identifier: MIT
 *
 * What the event loops (single.c, structured.c) share. A segment is a run of cells whose
 * material is ancestral to the same genomes; its tag says to whom:
 *
 *   carriers  n <= 64: bit i is set if genome i descends from it;
 *   node      n > 64: (number of genomes << 32) | node of the tree sequence.
 *
 * Either way equal tags and births are one material, and a tag equal to all genomes is
 * finished: no tree is kept. Segments live in one array that only grows at its end; what
 * no lineage points to is left behind when the array is copied (collected).
 */
#ifndef DNA_SIM_ANCESTRY_H
#define DNA_SIM_ANCESTRY_H

#include "sim/axis.h"
#include "sim/draw.h"
#include "sim/lineages.h"
#include "sim/record.h"

typedef struct {
    uint32_t left, right; /* cells */
    uint64_t tag;
    double birth; /* generations: where the branch above begins */
} dna_segment;

typedef struct {
    dna_rng rng;
    dna_ziggurat ziggurat;
    const dna_axis *axis;
    uint32_t begin, end; /* the block of cells being simulated */
    int64_t n_sample;
    bool is_node;    /* what tags are */
    bool has_record; /* nodes and edges are written down: always if is_node */
    uint64_t full;   /* finished: all carriers, or n_sample */
    double time;

    dna_segment *seg, *spare;
    uint32_t n_seg, room;          /* room: before the next collection */
    uint32_t seg_size, spare_size; /* what is allocated */
    dna_lineages *set;             /* [n_set] all that point into seg */
    int64_t n_set;

    double to_mutation; /* expected mutations up to the next one */
    double branch_length;
    dna_sites sites;
    dna_record record;  /* nodes and edges, if has_record */
    int32_t population; /* of nodes to come */
    dna_log log;
    bool has_log;
    const double *probe; /* bp */
    double *tmrca;
    int64_t n_probe;

    int64_t n_event, n_recombination, max_events;
    size_t max_memory;
    bool (*is_cancelled)(void *payload);
    void *payload;
    int rc; /* the first failure where nothing could be returned */
} dna_ancestry;

/** Begin a block with its stream set; sets and records are emptied. */
void dna_ancestry_begin(dna_ancestry *a, uint32_t begin, uint32_t end);
void dna_ancestry_clear(dna_ancestry *a);

/** Room for n more segments. May move all of them: lineages of the sets stay right,
 *  copies do not. */
int dna_ancestry_reserve(dna_ancestry *a, uint64_t n) DNA_MUST_CHECK;
/** Material of genome `sample` over the whole block, from now on. Needs room for 1. */
dna_lineage dna_ancestry_sample(dna_ancestry *a, int64_t sample);
/** The common ancestor of two lineages, now: their materials as one; n == 0 if nothing
 *  unfinished is left. Needs room for 2 * (x.n + y.n). Mutations fall on the branches
 *  that end here. */
dna_lineage dna_ancestry_merge(dna_ancestry *a, dna_lineage x, dna_lineage y);
/** Cut at a border inside the hull; *right begins there or later, what is returned ends
 *  there or before (its n is 0 if it has nothing). */
dna_lineage dna_ancestry_cut(
    const dna_ancestry *a, dna_lineage x, uint32_t border, dna_lineage *right);
enum { DNA_POLL_EVENTS = 4096 };
/** Every DNA_POLL_EVENTS: limits, cancellation, failures so far. */
int dna_ancestry_poll(dna_ancestry *a) DNA_MUST_CHECK;

/** An event of now into the log. */
static inline int
dna_ancestry_log(
    dna_ancestry *a, dna_log_kind kind, uint32_t x, uint32_t y, uint32_t right)
{
    return dna_log_add(&a->log, (dna_log_entry){a->time, (uint32_t)kind, x, y, right});
}

/** Room for the segments of a coalescence. */
static inline uint64_t
dna_merge_room(dna_lineage x, dna_lineage y)
{
    return 2 * ((uint64_t)x.n + y.n);
}

#endif

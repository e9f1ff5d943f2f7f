/* structured.h - the state of the event loop of any history.
 *
 * SPDX-License-Identifier: MIT
 *
 * Shared by structured.c, which draws events, and led.c, which repeats those of a log.
 */
#ifndef DNA_SIM_STRUCTURED_H
#define DNA_SIM_STRUCTURED_H

#include "sim/loops.h"

typedef struct {
    uint32_t population, slot;
} dna_place;

typedef struct {
    dna_ancestry *a;
    const dna_history *h;
    const dna_log *before;
    int64_t n;                     /* populations */
    double *size, *growth, *since; /* [n] N(t) = size exp(-growth (t - since)) */
    double *migration;             /* [n * n] */
    double *leave;                 /* [n] sums of its rows */
    double *pairs;                 /* [n] coalescence rate if it does not grow */
    dna_place *where;              /* [before->n_id] of led lineages */
    int64_t next_entry, next_event, next_group;
} dna_loop;

/** Lineages of this block alone, and led ones. */
static inline dna_lineages *
dna_loop_own(const dna_loop *l, int64_t population)
{
    return &l->a->set[2 * population];
}

static inline dna_lineages *
dna_loop_led(const dna_loop *l, int64_t population)
{
    return &l->a->set[2 * population + 1];
}

/** The name in the log being written. */
static inline uint32_t
dna_loop_name(uint64_t id)
{
    return (uint32_t)id;
}

/** Material `m` of this block for a led lineage whose own ends at `end`. */
static inline dna_lineage
dna_loop_led_line(dna_lineage m, uint32_t end)
{
    return (dna_lineage){m.first, m.n, end - 1, m.n > 0 ? m.right : end};
}

/** Add a lineage, with room made. */
int dna_loop_push(dna_lineages *s, dna_lineage line, uint64_t id) DNA_MUST_CHECK;
/** A new name for the log, 0 if none is written. */
uint32_t dna_loop_new_name(dna_loop *l);
/** Into the log, if one is written. */
int dna_loop_log(dna_loop *l, dna_log_kind kind, uint32_t x, uint32_t y,
    uint32_t right) DNA_MUST_CHECK;
/** y went into x; or both are gone. */
int dna_loop_log_merge(
    dna_loop *l, uint32_t x, uint32_t y, bool is_gone, uint32_t right) DNA_MUST_CHECK;
/** Let the led lineages do what an entry of the log before says. */
int dna_loop_replay(dna_loop *l, const dna_log_entry *e) DNA_MUST_CHECK;

#endif

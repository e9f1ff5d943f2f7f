/* lineages.h - a set of lineages from which one is drawn by the length of its hull.
 *
 * SPDX-License-Identifier: MIT
 *
 * A lineage's ancestral material is segments[first .. first + n), an array that never
 * changes and that several lineages may share; its hull [left, right) clips the first
 * and the last of them. Breakpoints can fall on the right - left - 1 borders of cells
 * inside the hull: the lineage's mass, an integer, so sums are exact.
 *
 * Lineages are dense: the last fills the place of one that goes. Sums over 16 and over
 * 512 neighbours make drawing by mass a short walk.
 */
#ifndef DNA_SIM_LINEAGES_H
#define DNA_SIM_LINEAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/status.h"

typedef struct {
    uint32_t first, n, left, right;
} dna_lineage;

enum { DNA_BLOCK_BITS = 4, DNA_SUPER_BITS = 9 };

typedef struct {
    uint64_t mass; /* of all */
    uint32_t n, room;
    dna_lineage *line;       /* [room] */
    uint64_t *block, *super; /* sums of mass over 16 and 512 lineages */
    uint64_t *id;            /* [room] names in the event log */
} dna_lineages;

/** Room for one more. */
int dna_lineages_grow(dna_lineages *s) DNA_MUST_CHECK;
void dna_lineages_clear(dna_lineages *s);
/** Keep memory, forget lineages. */
void dna_lineages_reset(dna_lineages *s);

static inline uint64_t
dna_lineage_mass(dna_lineage l)
{
    return l.right - l.left - 1;
}

/* sums are modulo 2^64, so a negative change may be added */
static inline void
dna_lineages_add_mass(dna_lineages *s, uint32_t i, uint64_t change)
{
    s->mass += change;
    s->block[i >> DNA_BLOCK_BITS] += change;
    s->super[i >> DNA_SUPER_BITS] += change;
}

static inline void
dna_lineages_put(dna_lineages *s, uint32_t i, dna_lineage l)
{
    dna_lineages_add_mass(s, i, dna_lineage_mass(l) - dna_lineage_mass(s->line[i]));
    s->line[i] = l;
}

/** There must be room. */
static inline void
dna_lineages_push(dna_lineages *s, dna_lineage l, uint64_t id)
{
    uint32_t i = s->n++;
    s->line[i] = l;
    s->id[i] = id;
    dna_lineages_add_mass(s, i, dna_lineage_mass(l));
}

static inline void
dna_lineages_remove(dna_lineages *s, uint32_t i)
{
    uint32_t last = --s->n;
    uint64_t mass = dna_lineage_mass(s->line[last]);
    dna_lineages_add_mass(s, last, 0 - mass);
    if (i != last) {
        dna_lineages_add_mass(s, i, mass - dna_lineage_mass(s->line[i]));
        s->line[i] = s->line[last];
        s->id[i] = s->id[last];
    }
}

/** The lineage in which border number x of all lies (x < mass); *at its border there:
 *  left < *at < right. */
static inline uint32_t
dna_lineages_find(const dna_lineages *s, uint64_t x, uint32_t *at)
{
    uint32_t i = 0;
    while (x >= s->super[i]) {
        x -= s->super[i++];
    }
    i <<= DNA_SUPER_BITS - DNA_BLOCK_BITS;
    while (x >= s->block[i]) {
        x -= s->block[i++];
    }
    i <<= DNA_BLOCK_BITS;
    while (x >= dna_lineage_mass(s->line[i])) {
        x -= dna_lineage_mass(s->line[i++]);
    }
    *at = s->line[i].left + 1 + (uint32_t)x;
    return i;
}

#endif

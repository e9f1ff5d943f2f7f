/* axis.h - places along the sequence: cells of the simulation, base pairs, mutations.
 *
 * SPDX-License-Identifier: MIT
 *
 * The ancestry is simulated on DNA_CELLS cells between which breakpoints fall uniformly:
 * a cell is a unit of recombination, so a genetic map costs nothing while lineages are
 * chosen. Cells become base pairs where sites are placed and lengths are summed.
 */
#ifndef DNA_SIM_AXIS_H
#define DNA_SIM_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "dnadna/coalescent.h"

/** 2^32 - 1: borders 0 .. DNA_CELLS fit a 32-bit number. */
#define DNA_CELLS UINT32_MAX

typedef struct {
    double length;
    double link;          /* recombination rate between two neighbouring cells */
    double bp_per_cell;   /* if uniform */
    double mutation_rate; /* if uniform */
    bool is_uniform;      /* both rates */
    /* else the borders of the pieces of both maps, with what has accumulated there */
    int64_t n;
    double *pos, *cell, *mass; /* [n + 1] */
} dna_axis;

int dna_axis_init(dna_axis *axis, const dna_coalescent_model *model) DNA_MUST_CHECK;
void dna_axis_clear(dna_axis *axis);

/** Left border of a cell in base pairs. */
double dna_axis_bp(const dna_axis *axis, uint32_t cell);
/** The first border at or right of a place in base pairs. */
uint32_t dna_axis_cell(const dna_axis *axis, double bp);
/** Expected mutations per generation from 0 up to a border. */
double dna_axis_mass(const dna_axis *axis, uint32_t cell);
/** The place, in base pairs, up to which `mass` is expected. */
double dna_axis_bp_of_mass(const dna_axis *axis, double mass);
/** A place in cells [left, right) by u uniform on [0, 1), in proportion to the mutation
 *  rate; below the length. */
double dna_axis_place(const dna_axis *axis, uint32_t left, uint32_t right, double u);

#endif

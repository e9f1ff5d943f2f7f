/* programs.h - compiled programs of one network, kept by shape, batch size and mode.
 *
 * SPDX-License-Identifier: MIT
 *
 * A program is compiled for a fixed shape; last batches and those of several sizes have
 * others. The few used last are kept; they work in turn, in the same memory.
 */
#ifndef DNA_RUN_PROGRAMS_H
#define DNA_RUN_PROGRAMS_H

#include "base/pool.h"
#include "dnadna/program.h"
#include "nets/net.h"

typedef struct dna_programs dna_programs;

typedef struct {
    const dna_net_def *def;
    const void *opts;       /* of the net */
    const dna_graph *graph; /* that the state was made for */
    bool concat;            /* the first row of an input is the positions */
    int64_t n_outputs;
    dna_state *state;
} dna_programs_options;

/** Keeps: all that the options point to. */
int dna_programs_new(dna_programs **out, const dna_programs_options *o) DNA_MUST_CHECK;
void dna_programs_free(dna_programs *programs);
/** Threads for programs compiled from now on; programs made before are dropped if it is
 *  another pool. May be NULL. Keeps: pool. */
void dna_programs_set_pool(dna_programs *programs, dna_pool *pool);
/** Kernels for programs compiled from now on, by name (program.h; NULL: the best); programs
 *  made before are dropped if it is another. DNA_EUNSUPPORTED: not here. */
int dna_programs_set_isa(dna_programs *programs, const char *isa) DNA_MUST_CHECK;
/** How numbers are multiplied by programs got from now on (program.h); at first it is f32.
 *  Returns what it was. */
dna_precision dna_programs_set_precision(
    dna_programs *programs, dna_precision precision);
/* A batch: samples of rows[i] x sites[i], the largest extents are n_row and n_site. */
typedef struct {
    int64_t n, n_row, n_site;
    const int64_t *rows, *sites; /* [n]; NULL: all are n_row x n_site */
} dna_batch_sizes;

/** Whether the network can take a sample of this size; an error says why not. */
int dna_programs_check(
    dna_programs *programs, int64_t n_row, int64_t n_site) DNA_MUST_CHECK;
/** *out stays valid until the next call; its samples have the sizes told. bad (may be
 *  NULL) gets the first sample that the network cannot take, -1 if it is none. Errors:
 *  those of dna_net_build() (a size that the network cannot take) and
 *  dna_program_set_sizes(). */
int dna_programs_get(dna_programs *programs, const dna_batch_sizes *sizes,
    bool is_training, dna_program **out, int64_t *bad) DNA_MUST_CHECK;

#endif

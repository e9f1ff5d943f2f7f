/* programs.h - compiled programs of one network, kept by shape, batch size and mode.
 *
 * SPDX-License-Identifier: MIT
 *
 * A program is compiled for a fixed shape; last and padded batches have others. The few
 * used last are kept; they work in turn, in the same memory.
 */
#ifndef DNA_RUN_PROGRAMS_H
#define DNA_RUN_PROGRAMS_H

#include "base/pool.h"
#include "dnadna/program.h"
#include "nets/net.h"

typedef struct dna_programs dna_programs;

typedef struct {
    const dna_net_def *def;
    const void *opts; /* of the net */
    bool concat;      /* the first row of an input is the positions */
    int64_t n_outputs;
    dna_state *state;
} dna_programs_options;

/** Keeps: all that the options point to. */
int dna_programs_new(dna_programs **out, const dna_programs_options *o) DNA_MUST_CHECK;
void dna_programs_free(dna_programs *programs);
/** Threads for programs compiled from now on; programs made before are dropped if it is
 *  another pool. May be NULL. Keeps: pool. */
void dna_programs_set_pool(dna_programs *programs, dna_pool *pool);
/** *out stays valid until the next call. Errors: those of dna_net_build() (a size that
 * the network cannot take) and dna_program_new(). */
int dna_programs_get(dna_programs *programs, int64_t n_row, int64_t n_site,
    int64_t batch, bool is_training, dna_program **out) DNA_MUST_CHECK;

#endif

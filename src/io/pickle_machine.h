/* pickle_machine.h - the stack machine of pickles, shared by pickle.c and
 * pickle_scalars.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_PICKLE_MACHINE_H
#define DNA_IO_PICKLE_MACHINE_H

#include "io/pickle.h"

typedef struct {
    dna_arena *arena;
    const unsigned char *bytes;
    size_t n, at;
    size_t op_at; /* of the opcode that is being run */
    dna_pickle_role_fn role;
    int64_t n_object;
    dna_pickle_list stack; /* NULL entries are marks */
    dna_pickle_list memo;  /* by number, NULL: not set */
    dna_pickle_list refs;
    bool is_done;
} dna_pickle_machine;

/** Set the error's message: the place of the opcode, then the text. */
void dna_pickle_tell(const dna_pickle_machine *m, const char *fmt, ...)
    DNA_PRINTF(2, 3);
/** DNA_EFORMAT with the place of the opcode. A macro, so that the compiler sees that a
 * fault is never DNA_OK: what was not found is then known not to be used. */
#define dna_pickle_fault(m, ...) (dna_pickle_tell((m), __VA_ARGS__), DNA_EFORMAT)

int dna_pickle_new(
    dna_pickle_machine *m, dna_pickle_kind kind, dna_pickle **out) DNA_MUST_CHECK;
int dna_pickle_add(
    dna_pickle_machine *m, dna_pickle_list *list, dna_pickle *item) DNA_MUST_CHECK;
int dna_pickle_push(dna_pickle_machine *m, dna_pickle *item) DNA_MUST_CHECK;
/** Push a new, empty object. */
int dna_pickle_push_new(dna_pickle_machine *m, dna_pickle_kind kind) DNA_MUST_CHECK;

/** The next n bytes, which must be there. */
int dna_pickle_take(
    dna_pickle_machine *m, size_t n, const unsigned char **out) DNA_MUST_CHECK;
/** An unsigned little-endian number of `size` bytes. */
int dna_pickle_take_number(
    dna_pickle_machine *m, size_t size, uint64_t *out) DNA_MUST_CHECK;
/** A line without its end, which must be there; a copy in the arena. */
int dna_pickle_take_line(
    dna_pickle_machine *m, const char **out, size_t *n) DNA_MUST_CHECK;

/** Opcodes of texts and numbers (pickle_scalars.c). */
int dna_pickle_run_scalar(dna_pickle_machine *m, unsigned char op) DNA_MUST_CHECK;
/** Say why an opcode is not run. */
int dna_pickle_unknown(const dna_pickle_machine *m, unsigned char op);

#endif

/* arena.h - a region of memory whose pieces are freed all at once.
 *
 * SPDX-License-Identifier: MIT
 *
 * For many small things with one lifetime: config trees, graph nodes.
 */
#ifndef DNA_BASE_ARENA_H
#define DNA_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "dnadna/status.h"

typedef struct dna_arena dna_arena;

int dna_arena_new(dna_arena **out) DNA_MUST_CHECK;
void dna_arena_free(dna_arena *arena);
/** n * size bytes, zeroed, aligned to 16. NULL with the message set on failure. */
void *dna_arena_alloc(dna_arena *arena, size_t n, size_t size);
char *dna_arena_strdup(dna_arena *arena, const char *s);
char *dna_arena_strndup(dna_arena *arena, const char *s, size_t n);
char *dna_arena_printf(dna_arena *arena, const char *fmt, ...) DNA_PRINTF(2, 3);
/** Bytes handed out so far. */
size_t dna_arena_used(const dna_arena *arena);

#endif

/* arena.c - pieces cut from a chain of growing blocks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ALIGNMENT   ((size_t)16)
#define FIRST_BLOCK ((size_t)4096)
#define LAST_BLOCK  ((size_t)256 << 10) /* blocks double up to this */

typedef struct block {
    struct block *next;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
} block;

struct dna_arena {
    block *blocks; /* the first one is being filled */
    size_t next_size;
    size_t used;
};

int
dna_arena_new(dna_arena **out)
{
    dna_arena *arena = dna_calloc(1, sizeof(*arena));
    if (arena == NULL) {
        return DNA_ENOMEM;
    }
    arena->next_size = FIRST_BLOCK;
    *out = arena;
    return DNA_OK;
}

void
dna_arena_free(dna_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    block *b = arena->blocks;
    while (b != NULL) {
        block *next = b->next;
        dna_free(b);
        b = next;
    }
    dna_free(arena);
}

static block *
add_block(dna_arena *arena, size_t size)
{
    block *b = dna_calloc(1, sizeof(*b) + size); /* pieces are promised zeroed */
    if (b == NULL) {
        return NULL;
    }
    b->size = size;
    if (arena->blocks != NULL && size > arena->next_size) {
        b->next = arena->blocks->next; /* one big piece: keep filling the old block */
        arena->blocks->next = b;
    } else {
        b->next = arena->blocks;
        arena->blocks = b;
    }
    return b;
}

void *
dna_arena_alloc(dna_arena *arena, size_t n, size_t size)
{
    size_t total = 0;
    if (!dna_mul_size(n, size, &total)
        || total > PTRDIFF_MAX - sizeof(block) - ALIGNMENT) {
        (void)dna_fail(DNA_ENOMEM, "out of memory: %zu times %zu bytes", n, size);
        return NULL;
    }
    total = total == 0 ? ALIGNMENT : (total + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block *b = arena->blocks;
    if (b == NULL || b->size - b->used < total) {
        b = add_block(arena, DNA_MAX(total, arena->next_size));
        if (b == NULL) {
            return NULL;
        }
        if (arena->next_size < LAST_BLOCK) {
            arena->next_size *= 2;
        }
    }
    void *p = b->bytes + b->used;
    b->used += total;
    arena->used += total;
    return p;
}

char *
dna_arena_strdup(dna_arena *arena, const char *s)
{
    return dna_arena_strndup(arena, s, strlen(s));
}

char *
dna_arena_strndup(dna_arena *arena, const char *s, size_t n)
{
    const char *end = memchr(s, '\0', n);
    size_t len = end != NULL ? (size_t)(end - s) : n;
    char *copy = dna_arena_alloc(arena, len + 1, 1);
    if (copy != NULL) {
        memcpy(copy, s, len);
    }
    return copy;
}

char *
dna_arena_printf(dna_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = NULL;
    if (n < 0) {
        (void)dna_fail(DNA_ENOMEM, "text cannot be formatted");
    } else {
        text = dna_arena_alloc(arena, (size_t)n + 1, 1);
        if (text != NULL) {
            vsnprintf(text, (size_t)n + 1, fmt, again);
        }
    }
    va_end(again);
    return text;
}

size_t
dna_arena_used(const dna_arena *arena)
{
    return arena->used;
}

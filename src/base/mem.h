/* mem.h - checked allocation, with a hook that lets a test fail any of them.
 *
 * SPDX-License-Identifier: MIT
 *
 * All memory of dnadna comes from here, so that sizes from files cannot overflow and
 * tests can make allocation number 1, 2, 3 ... fail. On failure the message is set and
 * NULL returned (DNA_ENOMEM for the caller to return).
 */
#ifndef DNA_BASE_MEM_H
#define DNA_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnadna/status.h"

/** n * size bytes, zeroed, aligned to 16; never NULL for n == 0. */
void *dna_calloc(size_t n, size_t size);
/** Not zeroed. */
void *dna_malloc(size_t size);
/** Old content kept, new bytes not zeroed; old block stays valid on failure. */
void *dna_realloc(void *p, size_t n, size_t size);
/** Aligned to 64 bytes (a cache line), not zeroed; freed with dna_free(). */
void *dna_alloc_aligned(size_t size);
void dna_free(void *p);
char *dna_strdup(const char *s);
char *dna_strndup(const char *s, size_t n);

/** *out = a * b; false on overflow (no message). */
bool dna_mul_size(size_t a, size_t b, size_t *out);
bool dna_add_size(size_t a, size_t b, size_t *out);

/** Test hook of the whole process: the n-th allocation from now fails, and all after it
 *  (0: never). */
void dna_mem_fail_at(int64_t n);
/** Whether the hook has fired since it was set. */
bool dna_mem_has_failed(void);

#define DNA_MIN(a, b) ((a) < (b) ? (a) : (b))
#define DNA_MAX(a, b) ((a) > (b) ? (a) : (b))
#define DNA_COUNT(a)  ((int64_t)(sizeof(a) / sizeof((a)[0])))

/* ptr = zeroed array of n elements, or rc = DNA_ENOMEM and goto out. */
#define DNA_NEW(ptr, n)                                  \
    do {                                                 \
        (ptr) = dna_calloc((size_t)(n), sizeof(*(ptr))); \
        if ((ptr) == NULL) {                             \
            rc = DNA_ENOMEM;                             \
            goto out;                                    \
        }                                                \
    } while (0)

#endif

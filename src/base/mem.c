/* mem.c - checked allocation and its test hook.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The hook: allocations left until one fails. Only tests set it; they may run threads.
 */
static atomic_bool is_armed;
static atomic_llong n_left;
static atomic_bool has_failed;

void
dna_mem_fail_at(int64_t n)
{
    atomic_store(&has_failed, false);
    atomic_store(&n_left, n);
    atomic_store(&is_armed, n > 0);
}

bool
dna_mem_has_failed(void)
{
    return atomic_load(&has_failed);
}

static bool
is_refused(void)
{
    if (!atomic_load_explicit(&is_armed, memory_order_relaxed)) {
        return false;
    }
    if (atomic_fetch_sub(&n_left, 1) > 1) {
        return false;
    }
    atomic_store(&has_failed, true);
    return true;
}

static void
tell(size_t n, size_t size)
{
    if (n > 1 && size > 1) {
        (void)dna_fail(DNA_ENOMEM, "out of memory: %zu times %zu bytes", n, size);
    } else {
        (void)dna_fail(DNA_ENOMEM, "out of memory: %zu bytes", n > 1 ? n : size);
    }
}

bool
dna_mul_size(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b) {
        return false;
    }
    *out = a * b;
    return true;
}

bool
dna_add_size(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b) {
        return false;
    }
    *out = a + b;
    return true;
}

void *
dna_calloc(size_t n, size_t size)
{
    void *p = NULL;
    size_t total = 0;
    if (dna_mul_size(n, size, &total) && total <= PTRDIFF_MAX && !is_refused()) {
        p = calloc(total == 0 ? 1 : total, 1);
    }
    if (p == NULL) {
        tell(n, size);
    }
    return p;
}

void *
dna_malloc(size_t size)
{
    void *p = NULL;
    if (size <= PTRDIFF_MAX && !is_refused()) {
        p = malloc(size == 0 ? 1 : size);
    }
    if (p == NULL) {
        tell(1, size);
    }
    return p;
}

void *
dna_realloc(void *p, size_t n, size_t size)
{
    size_t total = 0;
    void *q = NULL;
    if (dna_mul_size(n, size, &total) && total <= PTRDIFF_MAX && !is_refused()) {
        q = realloc(p, total == 0 ? 1 : total);
    }
    if (q == NULL) {
        tell(n, size);
    }
    return q;
}

void *
dna_alloc_aligned(size_t size)
{
    void *p = NULL;
    if (size > PTRDIFF_MAX || is_refused()
        || posix_memalign(&p, 64, size == 0 ? 1 : size) != 0) {
        tell(1, size);
        return NULL;
    }
    return p;
}

void
dna_free(void *p)
{
    free(p);
}

char *
dna_strdup(const char *s)
{
    return dna_strndup(s, strlen(s));
}

char *
dna_strndup(const char *s, size_t n)
{
    const char *end = memchr(s, '\0', n);
    size_t len = end != NULL ? (size_t)(end - s) : n;
    char *copy = dna_malloc(len + 1);
    if (copy != NULL) {
        memcpy(copy, s, len);
        copy[len] = '\0';
    }
    return copy;
}

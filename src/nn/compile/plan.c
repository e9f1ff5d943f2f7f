/* plan.c - one block of memory for all buffers of a program.
 *
 * SPDX-License-Identifier: MIT
 *
 * Buffers are placed inputs and then largest first, each at the lowest offset where no buffer that lives at
 * the same time stands. Those that live within one level of chunk steps are placed
 * in a smaller arena of which every thread has its own copy.
 */
#define _DEFAULT_SOURCE /* madvise */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

#define ALIGN ((size_t)64)

static void
extend_life(dna_buffer *b, int level, int place)
{
    if (b->first < 0) {
        b->first = level;
        b->first_step = place;
    }
    b->last = level;
    b->last_step = place;
}

static void
find_lives(dna_program *p)
{
    const dna_step_list *lists[2] = {&p->forward, &p->backward};
    int level0 = 0;
    int place = 0;
    for (int i = 0; i < p->n_buffer; i++) {
        p->buffers[i]->first = -1;
    }
    for (int l = 0; l < 2; l++) {
        for (int i = 0; i < lists[l]->n; i++, place++) {
            dna_step *s = &lists[l]->steps[i];
            for (int u = 0; u < s->n_read; u++) {
                extend_life(s->reads[u], level0 + s->level, place);
            }
            for (int u = 0; u < s->n_write; u++) {
                extend_life(s->writes[u], level0 + s->level, place);
            }
        }
        level0 += lists[l]->n_level;
        level0 += level0 & 1; /* keep chunk levels odd */
    }
}

size_t
dna_buffer_bytes(const dna_program *p, const dna_buffer *b)
{
    size_t n = b->is_local ? (size_t)p->chunk : (size_t)p->batch;
    size_t bytes = b->fixed_bytes + b->sample_bytes * n;
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static bool
live_together(const dna_program *p, const dna_buffer *a, const dna_buffer *b)
{
    if (a->is_pinned || b->is_pinned || (p->options.without & DNA_WITHOUT_PLAN) != 0) {
        return true;
    }
    return a->is_local ? a->first_step <= b->last_step && b->first_step <= a->last_step
                       : a->first <= b->last && b->first <= a->last;
}

/* The lowest offset for `b` among the placed ones (sorted by offset). */
static size_t
lowest_gap(const dna_program *p, const dna_buffer *b, dna_buffer *const *placed, int n)
{
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (!live_together(p, b, placed[i])) {
            continue;
        }
        if (at + dna_buffer_bytes(p, b) <= placed[i]->offset) {
            break;
        }
        at = DNA_MAX(at, placed[i]->offset + dna_buffer_bytes(p, placed[i]));
    }
    return at;
}

/* Place all buffers with this `is_local`; returns the size of their arena. order is
 * sorted by decreasing size; placed is scratch. */
static size_t
place_all(
    const dna_program *p, dna_buffer *const *order, dna_buffer **placed, bool is_local)
{
    size_t total = 0;
    int n = 0;
    for (int i = 0; i < p->n_buffer; i++) {
        dna_buffer *b = order[i];
        if (b->is_local != is_local || (b->first < 0 && !b->is_pinned)) {
            continue;
        }
        b->offset = lowest_gap(p, b, placed, n);
        total = DNA_MAX(total, b->offset + dna_buffer_bytes(p, b));
        int k = n++;
        for (; k > 0 && placed[k - 1]->offset > b->offset; k--) {
            placed[k] = placed[k - 1];
        }
        placed[k] = b;
    }
    return total;
}

/* Whether a is placed before b, which is the younger: inputs first, so that programs for
 * the same input have it at the same place; then larger ones. */
static bool
is_before(const dna_program *p, const dna_buffer *a, const dna_buffer *b)
{
    return a->is_input != b->is_input
               ? a->is_input
               : dna_buffer_bytes(p, a) >= dna_buffer_bytes(p, b);
}

/* Of equal ones the older, so that the plan is the same every time. */
static void
sort_by_size(const dna_program *p, dna_buffer **order)
{
    for (int i = 1; i < p->n_buffer; i++) {
        dna_buffer *b = order[i];
        int k = i;
        for (; k > 0 && !is_before(p, order[k - 1], b); k--) {
            order[k] = order[k - 1];
        }
        order[k] = b;
    }
}

int
dna_workspace_new(dna_workspace **out)
{
    dna_workspace *w = dna_calloc(1, sizeof(*w));
    if (w == NULL) {
        return DNA_ENOMEM;
    }
    *out = w;
    return DNA_OK;
}

void
dna_workspace_free(dna_workspace *w)
{
    if (w != NULL) {
        dna_free(w->memory);
        dna_free(w);
    }
}

/* At least this many bytes; what was in it is gone if it grows. */
static bool
reserve(dna_workspace *w, size_t size)
{
    if (w->size >= size) {
        return true;
    }
    unsigned char *memory = dna_alloc_aligned(size);
    if (memory == NULL) {
        return false; /* smaller programs keep what they have */
    }
    dna_free(w->memory);
    w->memory = memory;
    w->size = size;
#if defined(MADV_HUGEPAGE)
    /* fewer page faults for large networks; a wish that may be refused */
    size_t page = (size_t)2 << 20;
    uintptr_t begin = ((uintptr_t)w->memory + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)w->memory + size) / page * page;
    if (end > begin) {
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
#endif
    return true;
}

int
dna_plan_memory(dna_program *p)
{
    dna_buffer **order = NULL;
    dna_buffer **placed = NULL;
    int rc = DNA_OK;

    DNA_NEW(order, DNA_MAX(p->n_buffer, 1));
    DNA_NEW(placed, DNA_MAX(p->n_buffer, 1));
    find_lives(p);
    for (int i = 0; i < p->n_buffer; i++) {
        dna_buffer *b = p->buffers[i];
        order[i] = b;
        b->is_local = !b->is_pinned && b->sample_bytes > 0 && b->fixed_bytes == 0
                      && b->first >= 0 && b->first == b->last && (b->first & 1) == 1;
    }
    sort_by_size(p, order);
    p->shared_size = place_all(p, order, placed, false);
    p->local_size = place_all(p, order, placed, true);
    size_t locals = 0;
    DNA_REQUIRE(dna_mul_size(p->local_size, (size_t)p->n_worker, &locals)
                    && dna_add_size(locals, p->shared_size, &p->memory_size),
        DNA_ENOMEM, "a network of this size does not fit into memory");
    p->memory_size = DNA_MAX(p->memory_size, ALIGN);
    DNA_REQUIRE(reserve(p->workspace, p->memory_size), DNA_ENOMEM,
        "%.1f GB of memory for a batch of %lld cannot be had: a smaller batch_size needs less",
        (double)p->memory_size / 1e9, (long long)p->batch);
out:
    dna_free(order);
    dna_free(placed);
    return rc;
}

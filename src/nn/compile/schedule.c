/* schedule.c - order steps into levels with as few barriers as possible.
 *
 * SPDX-License-Identifier: MIT
 *
 * Chunk steps get odd levels, task steps even ones. A step's level is the smallest that
 * comes after every step it depends on: the writer of what it reads, the readers and
 * the writer of what it overwrites. Two chunk steps may share a level, since the
 * order within a level is the order of emission and a chunk is one thread's.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/compile/lower.h"

typedef struct {
    int last_write; /* level, -1: none */
    int last_read;
    bool write_is_chunk, read_is_chunk;
} history;

/* The least level of this kind at or after `level` (strictly after for the other kind).
 */
static int
next_level(int level, bool was_chunk, bool is_chunk)
{
    if (level < 0) {
        return is_chunk ? 1 : 0;
    }
    if (was_chunk && is_chunk) {
        return level;
    }
    return was_chunk == is_chunk ? level + 2 : level + 1;
}

static int
level_of(const dna_step *s, const history *h)
{
    int level = s->is_chunk ? 1 : 0;
    for (int i = 0; i < s->n_read; i++) {
        const history *b = &h[s->reads[i]->id];
        level =
            DNA_MAX(level, next_level(b->last_write, b->write_is_chunk, s->is_chunk));
    }
    for (int i = 0; i < s->n_write; i++) {
        const history *b = &h[s->writes[i]->id];
        level =
            DNA_MAX(level, next_level(b->last_write, b->write_is_chunk, s->is_chunk));
        level = DNA_MAX(level, next_level(b->last_read, b->read_is_chunk, s->is_chunk));
    }
    return level;
}

static void
remember(const dna_step *s, history *h)
{
    for (int i = 0; i < s->n_read; i++) {
        history *b = &h[s->reads[i]->id];
        if (s->level > b->last_read) {
            b->last_read = s->level;
            b->read_is_chunk = s->is_chunk;
        }
    }
    for (int i = 0; i < s->n_write; i++) {
        history *b = &h[s->writes[i]->id];
        b->last_write = s->level;
        b->write_is_chunk = s->is_chunk;
    }
}

int
dna_schedule(dna_program *p, dna_step_list *list)
{
    history *h = NULL;
    dna_step *sorted = NULL;
    int rc = DNA_OK;

    DNA_NEW(h, DNA_MAX(p->n_buffer, 1));
    DNA_NEW(sorted, DNA_MAX(list->n, 1));
    for (int i = 0; i < p->n_buffer; i++) {
        h[i].last_write = -1;
        h[i].last_read = -1;
    }
    for (int i = 0; i < list->n; i++) {
        dna_step *s = &list->steps[i];
        s->level = level_of(s, h);
        remember(s, h);
        list->n_level = DNA_MAX(list->n_level, s->level + 1);
    }
    int n = 0;
    for (int level = 0; level < list->n_level; level++) {
        for (int i = 0; i < list->n; i++) {
            if (list->steps[i].level == level) {
                sorted[n++] = list->steps[i];
            }
        }
    }
    if (n > 0) {
        memcpy(list->steps, sorted, (size_t)n * sizeof(*sorted));
    }
out:
    dna_free(h);
    dna_free(sorted);
    return rc;
}

/* lineages.c - memory of a set of lineages.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/lineages.h"

#include <string.h>

#include "base/mem.h"

int
dna_lineages_grow(dna_lineages *s)
{
    enum { LEAST = 1 << DNA_SUPER_BITS };
    uint32_t room = s->room == 0 ? LEAST : 2 * s->room;
    uint32_t n_block = room >> DNA_BLOCK_BITS;
    uint32_t n_super = room >> DNA_SUPER_BITS;
    void *p = NULL;

    if (room > UINT32_MAX / 4) {
        return dna_fail(DNA_ENOMEM, "more than %u lineages at once", s->room);
    }
    if ((p = dna_realloc(s->line, room, sizeof(*s->line))) == NULL) {
        return DNA_ENOMEM;
    }
    s->line = p;
    if ((p = dna_realloc(s->id, room, sizeof(*s->id))) == NULL) {
        return DNA_ENOMEM;
    }
    s->id = p;
    if ((p = dna_realloc(s->block, n_block, sizeof(*s->block))) == NULL) {
        return DNA_ENOMEM;
    }
    s->block = p;
    if ((p = dna_realloc(s->super, n_super, sizeof(*s->super))) == NULL) {
        return DNA_ENOMEM;
    }
    s->super = p;
    uint32_t old_block = s->room >> DNA_BLOCK_BITS;
    uint32_t old_super = s->room >> DNA_SUPER_BITS;
    memset(s->block + old_block, 0, (n_block - old_block) * sizeof(*s->block));
    memset(s->super + old_super, 0, (n_super - old_super) * sizeof(*s->super));
    s->room = room;
    return DNA_OK;
}

void
dna_lineages_clear(dna_lineages *s)
{
    dna_free(s->line);
    dna_free(s->id);
    dna_free(s->block);
    dna_free(s->super);
    *s = (dna_lineages){0};
}

void
dna_lineages_reset(dna_lineages *s)
{
    if (s->room > 0) {
        memset(s->block, 0, (s->room >> DNA_BLOCK_BITS) * sizeof(*s->block));
        memset(s->super, 0, (s->room >> DNA_SUPER_BITS) * sizeof(*s->super));
    }
    s->mass = 0;
    s->n = 0;
}

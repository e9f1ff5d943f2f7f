/* node_sets.h - sets of samples kept for nodes of a tree, while they are of use.
 *
 * SPDX-License-Identifier: MIT
 *
 * A set is a bit a sample. Nodes without a set are the rule; who keeps sets says what is in
 * them, and drops those that no longer hold. Memory grows with the sets held at once, up to a
 * limit.
 */
#ifndef DNA_POPGEN_NODE_SETS_H
#define DNA_POPGEN_NODE_SETS_H

#include <stdint.h>

#include "dnadna/status.h"

typedef struct {
    int64_t n_word;      /* of a set: 64 samples each */
    int64_t n_slot, cap; /* slots that were ever used, that there is room for */
    int64_t n_free, limit;
    uint64_t *words;        /* [cap, n_word] */
    int32_t *of_node;       /* [n_node] slot or -1 */
    int32_t *free;          /* [cap] slots that are used no longer */
    uint8_t spread[256][8]; /* of a byte of a set, each bit as a byte */
} dna_node_sets;

/** At most `limit` bytes of sets. */
int dna_node_sets_init(
    dna_node_sets *s, int64_t n_node, int64_t n_sample, int64_t limit) DNA_MUST_CHECK;
void dna_node_sets_clear(dna_node_sets *s);

/** An empty set for a node that has none; NULL: the limit is reached, or memory. Moves the
 *  others. */
uint64_t *dna_node_sets_add(dna_node_sets *s, int32_t node);

/** NULL: it has none. */
static inline const uint64_t *
dna_node_set(const dna_node_sets *s, int32_t node)
{
    int32_t slot = s->of_node[node];
    return slot < 0 ? NULL : s->words + slot * s->n_word;
}

/** The node has no set from now on; it must have one. */
static inline void
dna_node_sets_drop(dna_node_sets *s, int32_t node)
{
    s->free[s->n_free++] = s->of_node[node];
    s->of_node[node] = -1;
}

/** The samples of another set, too. */
void dna_node_sets_join(const dna_node_sets *s, uint64_t *set, const uint64_t *other);
/** to[i] becomes `value` where bit i of a set is one; to has room for all bits of its
 *  words. */
void dna_node_sets_put(
    const dna_node_sets *s, const uint64_t *set, int8_t *to, int8_t value);

#endif

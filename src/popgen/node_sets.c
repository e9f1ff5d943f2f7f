/* node_sets.c - sets of samples kept for nodes of a tree, while they are of use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/node_sets.h"

#include <string.h>

#include "base/mem.h"

int
dna_node_sets_init(dna_node_sets *s, int64_t n_node, int64_t n_sample, int64_t limit)
{
    int rc = DNA_OK;

    *s = (dna_node_sets){.n_word = DNA_MAX((n_sample + 63) / 64, (int64_t)1)};
    s->limit = limit / (s->n_word * (int64_t)sizeof(*s->words));
    DNA_NEW(s->of_node, n_node);
    for (int64_t i = 0; i < n_node; i++) {
        s->of_node[i] = -1;
    }
    for (int byte = 0; byte < 256; byte++) {
        for (int bit = 0; bit < 8; bit++) {
            s->spread[byte][bit] = (uint8_t)(byte >> bit & 1);
        }
    }
out:
    return rc;
}

void
dna_node_sets_clear(dna_node_sets *s)
{
    dna_free(s->words);
    dna_free(s->of_node);
    dna_free(s->free);
    *s = (dna_node_sets){0};
}

static int
grow(dna_node_sets *s)
{
    int64_t cap = DNA_MIN(DNA_MAX(2 * s->cap, (int64_t)64), s->limit);
    int rc = DNA_OK;

    DNA_REQUIRE(cap > s->cap, DNA_ENOMEM, "sets of samples need more than their share");
    uint64_t *words = dna_realloc(s->words, (size_t)(cap * s->n_word), sizeof(*words));
    DNA_REQUIRE(words != NULL, DNA_ENOMEM, "out of memory");
    s->words = words;
    int32_t *slots = dna_realloc(s->free, (size_t)cap, sizeof(*slots));
    DNA_REQUIRE(slots != NULL, DNA_ENOMEM, "out of memory");
    s->free = slots;
    s->cap = cap;
out:
    return rc;
}

uint64_t *
dna_node_sets_add(dna_node_sets *s, int32_t node)
{
    if (s->n_free == 0 && s->n_slot == s->cap && grow(s) < 0) {
        return NULL;
    }
    int32_t slot = s->n_free > 0 ? s->free[--s->n_free] : (int32_t)s->n_slot++;
    uint64_t *set = s->words + slot * s->n_word;
    s->of_node[node] = slot;
    memset(set, 0, (size_t)s->n_word * sizeof(*set));
    return set;
}

void
dna_node_sets_join(const dna_node_sets *s, uint64_t *set, const uint64_t *other)
{
    for (int64_t i = 0; i < s->n_word; i++) {
        set[i] |= other[i];
    }
}

void
dna_node_sets_put(const dna_node_sets *s, const uint64_t *set, int8_t *to, int8_t value)
{
    uint64_t fill = (uint64_t)(uint8_t)value;

    for (int64_t w = 0; w < s->n_word; w++) {
        uint64_t bits = set[w];
        for (int8_t *at = to + 64 * w; bits != 0; at += 8, bits >>= 8) {
            uint64_t ones = 0, had = 0; /* a byte a sample */
            memcpy(&ones, s->spread[bits & 0xff], sizeof(ones));
            memcpy(&had, at, sizeof(had));
            had = (had & ~(ones * 0xff)) | ones * fill;
            memcpy(at, &had, sizeof(had));
        }
    }
}

/* tree_sequence_parts.h - the tables of a tree sequence in memory, checked.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_POPGEN_TREE_SEQUENCE_PARTS_H
#define DNA_POPGEN_TREE_SEQUENCE_PARTS_H

#include "io/kastore.h"
#include "popgen/tree_sequence.h"

/* A column of texts: text i is bytes offset[i] .. offset[i+1]. */
typedef struct {
    const char *bytes;
    const uint32_t *offset32; /* one of the two */
    const uint64_t *offset64;
} dna_text_column;

struct dna_tree_sequence {
    unsigned char *bytes; /* of the file; the columns lie in it */
    char *name;
    double length;
    int64_t n_node, n_edge, n_site, n_mutation, n_sample;
    const double *time;                 /* [n_node] */
    const uint32_t *flags;              /* [n_node] bit 0: a sample */
    const double *left, *right;         /* [n_edge] */
    const int32_t *parent, *child;      /* [n_edge] */
    const int32_t *insertion, *removal; /* [n_edge] edges by left, by right */
    int32_t *own_index;                 /* both, where the file has none */
    const double *position;             /* [n_site] strictly growing */
    const int32_t *mutation_site;       /* [n_mutation] never decreasing */
    const int32_t *mutation_node;       /* [n_mutation] */
    dna_text_column ancestral, derived;
    int32_t *samples; /* [n_sample] nodes */
};

/** Text i of a column. */
static inline dna_allele
dna_text_at(const dna_text_column *c, int64_t i)
{
    uint64_t a = c->offset32 != NULL ? c->offset32[i] : c->offset64[i];
    uint64_t b = c->offset32 != NULL ? c->offset32[i + 1] : c->offset64[i + 1];
    return (dna_allele){c->bytes + a, (int64_t)(b - a)};
}

#endif

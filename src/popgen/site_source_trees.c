/* site_source_trees.c - sites of a tree sequence: a contig "1", haploid samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/mem.h"
#include "popgen/site_source_parts.h"

#define MAX_FILE ((size_t)256 << 30)

typedef struct {
    dna_tree_sequence *ts;
    dna_tree_walk *walk;
    char (*names)[16];
} trees_source;

static void
close_trees(void *p)
{
    trees_source *t = p;
    dna_tree_walk_free(t->walk);
    dna_tree_sequence_free(t->ts);
    dna_free(t->names);
    dna_free(t);
}

static int
next_trees(void *p, dna_site *site)
{
    trees_source *t = p;
    dna_tree_site tree;
    int rc = dna_tree_walk_next(t->walk, &tree);

    if (rc > 0) {
        *site = (dna_site){.position = tree.position,
            .n_allele = tree.n_allele,
            .alleles = tree.alleles,
            .n_copy = 1,
            .call = tree.genotypes,
            .is_complete = tree.is_complete};
    }
    return rc;
}

static const char *
trees_sample(void *p, int64_t i)
{
    return ((const trees_source *)p)->names[i];
}

static const char *
trees_contig(void *p, int64_t i)
{
    (void)p;
    return i == 0 ? "1" : NULL;
}

static double
trees_length(void *p, int64_t i)
{
    (void)i;
    return dna_tree_sequence_length(((const trees_source *)p)->ts);
}

static const dna_site_format format = {
    next_trees, close_trees, trees_sample, trees_contig, trees_length};

int
dna_site_open_trees(dna_site_source *s, dna_data_file *file)
{
    trees_source *t = NULL;
    unsigned char *bytes = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(t, 1);
    s->self = t;
    s->format = &format;
    DNA_TRY(dna_data_read(file, MAX_FILE, &bytes, &n));
    rc = dna_tree_sequence_parse(&t->ts, bytes, n, s->name);
    bytes = NULL;
    DNA_TRY(rc);
    DNA_TRY(dna_tree_walk_new(&t->walk, t->ts));
    s->n_sample = dna_tree_sequence_n_sample(t->ts);
    DNA_NEW(t->names, s->n_sample);
    for (int64_t i = 0; i < s->n_sample; i++) {
        snprintf(t->names[i], sizeof(t->names[i]), "%d",
            dna_tree_sequence_sample(t->ts, i)); /* the number of the node */
    }
out:
    dna_free(bytes);
    return rc;
}

/* tree_tables.h - a tree sequence: how a sample's genomes are related along the sequence.
 *
 * SPDX-License-Identifier: MIT
 *
 * Nodes are genomes that lived at a time. An edge says that from left to right (bp) a node
 * is inherited from another. At each place the edges there are a tree whose leaves are the
 * samples. Sites have one mutation each, from 0 to 1, above a node: who descends from it
 * there carries it. The terms are tskit's (Kelleher et al. 2016, PLoS Comput. Biol.
 * 12:e1004842).
 */
#ifndef DNA_TREE_TABLES_H
#define DNA_TREE_TABLES_H

#include <stdint.h>

#include "dnadna/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Nodes 0 .. n_sample - 1 are the samples; further nodes follow from young to old. Edges
 *  are sorted by (parent, child, left), sites by position. */
typedef struct {
    double length;
    int64_t n_sample, n_population, n_node, n_edge, n_site;
    const double *node_time;                     /* [n_node] generations */
    const int32_t *node_population;              /* [n_node] */
    const double *edge_left, *edge_right;        /* [n_edge] base pairs */
    const int32_t *edge_parent, *edge_child;     /* [n_edge] */
    const double *site_position, *mutation_time; /* [n_site] */
    const int32_t *mutation_node;                /* [n_site] above it */
} dna_tree_tables;

/** Write a .trees file (format 12.7), atomically; the same tables give the same bytes.
 *  Errors: DNA_EIO, DNA_ENOTFOUND, DNA_ENOMEM. */
DNA_API int dna_tree_tables_save(
    const dna_tree_tables *t, const char *path) DNA_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif

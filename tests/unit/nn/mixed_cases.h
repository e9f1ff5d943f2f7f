/* mixed_cases.h - small networks that take samples of several sizes, each in all ops'
 * odd shapes: what the tests of mixed batches run through.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_MIXED_CASES_H
#define DNA_TESTS_MIXED_CASES_H

#include "dnadna/graph.h"
#include "dnadna/rng.h"

typedef struct {
    const char *name;
    int n_dim;
    int64_t min[4], max[4]; /* extents of a sample */
    int64_t batch;
    dna_node *(*build)(dna_graph *g, dna_node *x);
    bool
        is_joined; /* in training a sample's result depends on the others (batch norm), or
                       on its place among them (dropout) */
} mixed_case;

extern const mixed_case mixed_cases[];
extern const int n_mixed_case;

/** The graph of a case for one size, with its output set. */
dna_graph *mixed_case_graph(const mixed_case *c, const int64_t *dim);

/* A batch with random sizes: the graph of the largest, those of the samples. */
typedef struct {
    const mixed_case *c;
    int64_t n;
    int64_t full[4];
    int64_t *dim; /* [n][4] */
    dna_graph *g;
    dna_graph **graphs; /* [n] */
} mixture;

mixture mixture_new(const mixed_case *c, int64_t n, dna_rng *rng);
void mixture_free(mixture *m);
/** Entries of a sample of these extents. */
int64_t mixture_size(const mixture *m, const int64_t *dim);
/** Index in the batch's input of entry i of sample b. */
int64_t mixture_at(const mixture *m, int64_t b, int64_t i);

#endif

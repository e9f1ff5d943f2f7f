/* ops_cases.h - small networks that use every op in odd shapes: what the tests of the
 * reference, the program and the passes run through.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_OPS_CASES_H
#define DNA_TESTS_OPS_CASES_H

#include "dnadna/graph.h"

typedef struct {
    const char *name;
    int n_dim;
    int64_t dim[4];
    int64_t batch;
    dna_node *(*build)(dna_graph *g, dna_node *x);
} op_case;

extern const op_case op_cases[];
extern const int n_op_case;

/** The graph of a case, with its output set. */
dna_graph *op_case_graph(const op_case *c);

#endif

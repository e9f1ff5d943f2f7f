/* layer_cases.h - small networks of norms and recurrent layers, for the tables of
 * ops_cases.c and mixed_cases.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_LAYER_CASES_H
#define DNA_TESTS_LAYER_CASES_H

#include "dnadna/graph.h"

dna_node *case_norm_instances(dna_graph *g, dna_node *x);
dna_node *case_norm_groups(dna_graph *g, dna_node *x);
dna_node *case_norm_layers(dna_graph *g, dna_node *x);
dna_node *case_norm_long_rows(dna_graph *g, dna_node *x);
dna_node *case_norm_repeated(dna_graph *g, dna_node *x);
dna_node *case_rnn_gru(dna_graph *g, dna_node *x);
dna_node *case_rnn_lstm(dna_graph *g, dna_node *x);
dna_node *case_rnn_stacked(dna_graph *g, dna_node *x);
dna_node *case_rnn_final(dna_graph *g, dna_node *x);

/* Inputs may differ in size from sample to sample. */
dna_node *mixed_norm_samples(dna_graph *g, dna_node *x);
dna_node *mixed_norm_rows(dna_graph *g, dna_node *x);
dna_node *mixed_norm_repeated(dna_graph *g, dna_node *x);
dna_node *mixed_norm_channels(dna_graph *g, dna_node *x);
dna_node *mixed_recurrent(dna_graph *g, dna_node *x);
dna_node *mixed_recurrent_last(dna_graph *g, dna_node *x);

#endif

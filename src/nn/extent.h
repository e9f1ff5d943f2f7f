/* extent.h - which entries of a value belong to a sample, in batches of several sizes.
 *
 * SPDX-License-Identifier: MIT
 *
 * A batch of samples of different sizes is computed with the graph of the largest size.
 * What a smaller sample means by each node is told by the graph that the network
 * has for that sample's own size: the same list of nodes with other extents. So every
 * sample has an own node for each node: its shape (never larger), its input's
 * shapes, its begin of a slice, its repeats of a batch norm.
 *
 * A sample's entries of a value are the box [0, own dim) in every dimension, at the
 * strides of the full shape. Everything outside of it is zero, in values and in
 * gradients alike, before and after every op. Most ops keep that by themselves; after
 * the others the evaluator or the program writes the zeros again.
 */
#ifndef DNA_NN_EXTENT_H
#define DNA_NN_EXTENT_H

#include "nn/node.h"

typedef struct dna_extents dna_extents;

/* A rewriting of graphs (the passes); *out is a new graph. */
typedef int (*dna_rewrite)(dna_graph **out, const dna_graph *g, unsigned without);

/** For batches run with graph g. If g was made from another graph (source) by `rewrite`,
 *  samples are described by graphs like source, which are rewritten in the same
 *  way, without what was left out; else source is g and rewrite NULL. At first all samples
 *  are as large as g.
 *  Keeps: source and g. */
int dna_extents_new(dna_extents **out, const dna_graph *source, const dna_graph *g,
    dna_rewrite rewrite, unsigned without, int64_t batch) DNA_MUST_CHECK;
void dna_extents_free(dna_extents *x);
/** Give each sample its graph: graphs[b] like source, of the same size or smaller; NULL
 *  (or graphs NULL): as large as g. They need to live during the call only.
 *  1: the rewritten graphs of some sizes are not the same list of nodes, so that g cannot
 *  compute them. Errors: DNA_ESHAPE for a graph that is larger than source or not the
 *  same list of nodes. After both all samples count as as large as g. */
int dna_extents_set(dna_extents *x, const dna_graph *const *graphs) DNA_MUST_CHECK;
/** The node of g as sample b has it: its dim, in[k]->dim, begin and repeat. The node
 *  itself if the sample is as large as g, or x is NULL. */
const dna_node *dna_extents_node(const dna_extents *x, const dna_node *node, int64_t b);
/** Whether sample b is as large as g in all nodes; true if x is NULL. */
bool dna_extents_is_whole(const dna_extents *x, int64_t b);

/** One sample's box: calls run(payload, offset in the value, offset in the sample's own
 *  row-major order, n) for every row of n entries along the last dimension. `node` is
 *  the full one (row-major), `own` the sample's. */
void dna_extents_rows(const dna_node *node, const dna_node *own,
    void (*run)(void *payload, int64_t at, int64_t own_at, int64_t n), void *payload);

#endif

/* pass.h - rewrite a graph into an equal one that costs less.
 *
 * SPDX-License-Identifier: MIT
 *
 * Every pass takes a graph with an output and makes a new one with the same inputs and
 * tensors, the same results and the same gradients (up to rounding). So a pass is
 * tested by running both graphs in the reference evaluator.
 *
 * What they are for: in an exchangeable network such as SPIDNA half of every block's
 * channels are equal for all haplotypes. Written down, they are repeated (expand),
 * joined to the others (concat) and convolved n times. After split_concat and broadcast
 * the repeated half is one row, computed once:
 *
 *     conv(concat(x, expand(p)))  =  conv(x; first half of w) + expand(conv(p; second
 * half))
 */
#ifndef DNA_NN_COMPILE_PASS_H
#define DNA_NN_COMPILE_PASS_H

#include "nn/node.h"

/** Bring ops to the ranks that lowering knows: batch_norm and group_norm to 2 or 4
 * dimensions, linear to at most 3, layer_norm to the last of 2 or 3, by reshapes around
 * them. Lines [N, C, L] that came from a convolution or pooling stay images [N, C, 1, L]
 * from op to op. */
int dna_pass_canonical(dna_graph **out, const dna_graph *g) DNA_MUST_CHECK;
/** Compute convolutions, linear layers and everything between on the pieces of a concat
 * over channels, where at least one piece is repeated by an expand. */
int dna_pass_split_concat(dna_graph **out, const dna_graph *g) DNA_MUST_CHECK;
/** Move expands down behind the ops that act on each row alike. */
int dna_pass_broadcast(dna_graph **out, const dna_graph *g) DNA_MUST_CHECK;
/** Move means over rows up through the convolutions, batch norms and sums that treat rows
 * alike. */
int dna_pass_mean(dna_graph **out, const dna_graph *g) DNA_MUST_CHECK;
/** Join slices and concats of each other, which only move numbers. */
int dna_pass_moves(dna_graph **out, const dna_graph *g) DNA_MUST_CHECK;
/** Leave out nodes that the output does not need (inputs stay). */
int dna_pass_dead_code(dna_graph **out, const dna_graph *g) DNA_MUST_CHECK;

/** All passes in their order, but those of DNA_WITHOUT_... (program.h). */
int dna_pass_all(dna_graph **out, const dna_graph *g, unsigned without) DNA_MUST_CHECK;
/** All but dna_pass_mean() and dna_pass_moves(), whose nodes know no extents. */
int dna_pass_mixed(
    dna_graph **out, const dna_graph *g, unsigned without) DNA_MUST_CHECK;
/** Only those whose list of nodes does not depend on the extents: what makes graphs of
 *  different sizes comparable even where a dimension has one entry in some of them. */
int dna_pass_plain(
    dna_graph **out, const dna_graph *g, unsigned without) DNA_MUST_CHECK;

/* For passes: a node copied with its inputs replaced. */
dna_node *dna_pass_copy(dna_graph *g, const dna_node *old, dna_node *const *in);
/** Make `node` of the new graph its output, and take its inputs into the list of
 * inputs. */
int dna_pass_finish(
    dna_graph *g, const dna_graph *old, dna_node *const *map, dna_node *output);

#endif

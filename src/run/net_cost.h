/* net_cost.h - what the nodes of a network cost, as recorded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_NET_COST_H
#define DNA_RUN_NET_COST_H

#include "nn/node.h"

/** Additions and multiplications of a node for one sample, forward: two for each product of
 *  convolutions, linear and recurrent layers; else one an entry read or written, whichever is
 *  more; none where entries only change their place. */
double dna_node_flops(const dna_node *node);
/** Learned numbers that the node names and no node before it did. */
int64_t dna_node_n_param(const dna_node *node);
/** "conv2d", "relu", "group_norm": the word of networks in YAML. */
const char *dna_node_op_name(const dna_node *node);

#endif

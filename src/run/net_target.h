/* net_target.h - the network that a command of `dnadna net` is about: built in, in YAML, or
 * trained.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_NET_TARGET_H
#define DNA_RUN_NET_TARGET_H

#include "dnadna/run.h"
#include "run/network.h"

typedef struct {
    dna_arena *arena;
    dna_network *net; /* of a network file, else NULL */
    const dna_net_def *def;
    const void *opts;
    dna_net_sizes sizes;
    dna_graph *g; /* for them */
} dna_net_target;

/** Open by the name of a built-in network, a YAML or JSON file of layers, or a network file,
 *  and build it. Sizes of 0: those of training, else 50 individuals, 400 SNPs, 2 outputs. */
int dna_net_target_open(
    dna_net_target *t, const dna_net_look_options *o) DNA_MUST_CHECK;
void dna_net_target_close(dna_net_target *t);

#endif

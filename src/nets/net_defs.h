/* net_defs.h - the nets that net.c lists, one file each.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NETS_NET_DEFS_H
#define DNA_NETS_NET_DEFS_H

#include "nets/net.h"

extern const dna_net_def dna_net_cnn;
extern const dna_net_def dna_net_mlp;
extern const dna_net_def dna_net_custom_cnn;
extern const dna_net_def dna_net_spidna;

/* Largest extents a net is built for: products of any three stay far inside int64_t, so
 * that a lying file ends in a message and not in an overflow. */
#define DNA_NET_MAX_SNP     ((int64_t)1 << 31)
#define DNA_NET_MAX_INDIV   ((int64_t)1 << 24)
#define DNA_NET_MAX_OUTPUTS ((int64_t)1 << 16)

/* DNA_ESHAPE unless a size given in the params (null: any) is the data's. */
int dna_net_expect_size(
    const char *net, const char *key, int64_t given, int64_t actual) DNA_MUST_CHECK;

#endif

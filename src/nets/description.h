/* description.h - networks that are data: a mapping of YAML or JSON that says which layers
 * there are, instead of a function in C.
 *
 * SPDX-License-Identifier: MIT
 *
 *     name: Small
 *     params: {n_filters: 16}
 *     layers:
 *       - {op: reshape, from: snps, shape: [1, n_indiv, n_snp]}
 *       - {op: conv2d, name: conv, out: n_filters, kernel: [1, 5], activation: relu}
 *       - {op: mean, axis: 2}                  # over individuals
 *       - {op: max, axis: 2}                   # over SNPs
 *       - {op: linear, name: fc, out: n_outputs}
 *
 * The whole language: docs/networks.md. Layers are rows of layer_op.h. Reading checks all
 * that needs no sizes; building evaluates the formulas for given sizes and records nodes.
 * What comes from a stranger's file is bounded: repeats, depth, names, extents.
 *
 *     DNA_TRY(dna_net_describe(&def, arena, value));
 *     DNA_TRY(dna_net_read_params(&opts, arena, def, params, &sizes));    // as any net
 *     DNA_TRY(dna_net_build(&g, def, opts, &sizes));
 */
#ifndef DNA_NETS_DESCRIPTION_H
#define DNA_NETS_DESCRIPTION_H

#include "nets/net.h"

/** A net of a description. It lives in the arena and borrows value. Messages name file and
 *  line. Errors: DNA_EARG, DNA_ENOTFOUND (a layer or name that does not exist). */
int dna_net_describe(
    const dna_net_def **out, dna_arena *arena, const dna_value *value) DNA_MUST_CHECK;
/** The same from a file of its own (YAML or JSON); the value read comes too. */
int dna_net_read_file(const dna_net_def **out, dna_value **value, dna_arena *arena,
    const char *path) DNA_MUST_CHECK;
#endif

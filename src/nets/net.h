/* net.h - networks: functions that record a graph, or descriptions that say the same.
 *
 * SPDX-License-Identifier: MIT
 *
 * A built-in net is one file and one row dna_net_def; a description (description.h) makes
 * such a row, too. Its options are filled from
 * `network.params`; what the data decide (n_snp, n_indiv, concat, n_outputs) is in
 * dna_net_sizes. From a config to a graph:
 *
 *     const dna_net_def *def = dna_net_find("SPIDNA");
 *     DNA_TRY(dna_config_check(arena, params, def->fields, "network.params", log));
 *     DNA_TRY(dna_net_read_params(&opts, arena, def, params, &sizes));
 *     DNA_TRY(dna_net_build(&g, def, opts, &sizes));
 *
 * Layers, shapes and limits of each net: docs/networks.md.
 */
#ifndef DNA_NETS_NET_H
#define DNA_NETS_NET_H

#include "base/value.h"
#include "dnadna/field.h"
#include "dnadna/graph.h"

/* What one input looks like, and what the answers are. */
typedef struct {
    int64_t n_snp;   /* columns */
    int64_t n_indiv; /* matrix rows */
    bool concat;     /* a position row is stacked on top: n_indiv + 1 rows */
    int64_t n_outputs;
} dna_net_sizes;

typedef struct dna_net_def {
    const char *name;        /* "SPIDNA", answers to snake case "spidna" */
    const char *doc;         /* what it is, for which sizes, source */
    const dna_field *fields; /* of network.params, computed ones included */
    size_t opts_size;
    bool is_fixed_size; /* n_snp and n_indiv become part of the parameters */
    /* Refuse sizes the network cannot take, or that contradict its options, saying the
     * least that works. Called with sizes that are all known and positive. */
    int (*check)(const void *opts, const dna_net_sizes *sizes);
    /* Input: the node [N, rows, n_snp]; record and return the output [N, n_outputs]. */
    dna_node *(*build)(
        dna_graph *g, const void *opts, const dna_net_sizes *sizes, dna_node *x);
    bool needs_batch_of_two; /* training on one sample fails (batch norm on [1, C]) */
    bool is_exchangeable;    /* claims that the order of individuals does not matter */
    const struct dna_net_description *description; /* instead of check and build */
} dna_net_def;

const dna_net_def *dna_net_find(const char *name);
const dna_net_def *dna_net_at(int64_t i);

/** Whether training on one sample fails, of a graph that was built. */
bool dna_net_needs_batch_of_two(const dna_net_def *def, const dna_graph *g);
/** Whether a graph of the net for other sizes works with the parameters of g: the same layers
 *  with the same tensors. Errors: DNA_ESHAPE, which names the layer. */
int dna_net_check_same(const dna_net_def *def, const dna_graph *g,
    const dna_graph *other, const dna_net_sizes *sizes) DNA_MUST_CHECK;

/** Rows of the input: n_indiv, and the position row if there is one. */
int64_t dna_net_n_row(const dna_net_sizes *sizes);

/** Check `params` (may be NULL) against the net's table and bind it to an options
 * struct in the arena; missing defaults are added to params. Computed ones that params
 * lack are taken from `sizes`; n_outputs always is. Sizes that the net cannot take, or
 * that contradict params, are an error. sizes may be NULL, or 0 where not known yet:
 * then only the params are read, and dna_net_build() checks. The texts of opts belong
 * to params. */
int dna_net_read_params(const void **opts, dna_arena *arena, const dna_net_def *def,
    dna_value *params, const dna_net_sizes *sizes) DNA_MUST_CHECK;
/** The complete params, computed ones included, as stored in a network file. */
int dna_net_params_to_value(dna_value **out, dna_arena *arena, const dna_net_def *def,
    const void *opts, const dna_net_sizes *sizes) DNA_MUST_CHECK;
/** def->check() after what holds for every net: sizes positive and not absurd. */
int dna_net_check(const dna_net_def *def, const void *opts,
    const dna_net_sizes *sizes) DNA_MUST_CHECK;
/** dna_net_check(), then a new graph with one input "x" [N, rows, n_snp] and the net's
 * output. */
int dna_net_build(dna_graph **out, const dna_net_def *def, const void *opts,
    const dna_net_sizes *sizes) DNA_MUST_CHECK;

#endif

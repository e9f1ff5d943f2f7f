/* description_builder.h - what is known while the graph of a description is built.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NETS_DESCRIPTION_BUILDER_H
#define DNA_NETS_DESCRIPTION_BUILDER_H

#include "nets/description_parts.h"

#define DNA_LAYER_MAX_EXTENT ((double)((int64_t)1 << 40))

/* A layer of the unfolded list. */
typedef struct {
    const dna_layer_item *item;
    const char *name, *shares; /* NULL: none */
    const char **from;         /* [item->n_from] */
    double *values;            /* what formulas see */
    dna_node *node;
    int n_use;
    bool is_seen; /* of a search for cycles */
} dna_layer_unit;

typedef struct {
    const dna_net_def *def;
    const struct dna_net_description *d;
    const dna_net_sizes *sizes;
    dna_graph *g;
    dna_arena *arena; /* gone after the build */
    double values[DNA_LAYER_MAX_VALUE];
    dna_layer_unit *units;
    int n_unit, cap_unit;
    int64_t n_round;
    dna_node *x, *snps, *positions;
} dna_net_builder;

#define DNA_LAYER_FAIL(b, code, at, ...) \
    dna_net_description_fail(code, (b)->def->name, at, "layers", __VA_ARGS__)

/** The value of a formula; an error names `key` and the place of `at`. */
int dna_net_evaluate(dna_net_builder *b, const dna_expression *e, const double *values,
    const dna_value *at, const char *key, double *out) DNA_MUST_CHECK;
/** Sizes, settings and `let`, for formulas; and whether `needs` is met. */
int dna_net_fill_values(dna_net_builder *b, const void *opts) DNA_MUST_CHECK;
int dna_net_check_needs(dna_net_builder *b) DNA_MUST_CHECK;
/** A name with its formulas replaced, in the builder's arena. */
int dna_net_expand_text(const char **out, dna_net_builder *b, const dna_layer_text *t,
    const dna_value *at) DNA_MUST_CHECK;
/** Add layers to the flat list. */
int dna_net_unfold(
    dna_net_builder *b, const dna_layer_item *items, int64_t n) DNA_MUST_CHECK;
/** The layer of a name among the first n, NULL if there is none. */
dna_layer_unit *dna_net_find_unit(const dna_net_builder *b, int n, const char *name);
/** Whether a name is that of an input of the network. */
bool dna_net_is_source(const char *name);

#endif

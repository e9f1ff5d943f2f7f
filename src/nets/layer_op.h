/* layer_op.h - the kinds of layers that a network in YAML is made of, as one table.
 *
 * SPDX-License-Identifier: MIT
 *
 * A row is an op of the engine (dnadna/graph.h) with what a file may say of it. Checks,
 * defaults, messages, the JSON Schema and `dnadna net ops` read the same rows. All
 * arguments but flags may be formulas.
 */
#ifndef DNA_NETS_LAYER_OP_H
#define DNA_NETS_LAYER_OP_H

#include "dnadna/graph.h"

#define DNA_LAYER_MAX_ARG 8

typedef enum {
    DNA_ARG_COUNT,  /* a whole number */
    DNA_ARG_NUMBER, /* any number */
    DNA_ARG_FLAG,
    DNA_ARG_PAIR, /* one whole number for both, or [height, width] */
    DNA_ARG_DIMS  /* a list of up to four whole numbers */
} dna_arg_kind;

typedef struct {
    const char *name;
    dna_arg_kind kind;
    bool is_required;
    double min;       /* least value */
    bool is_min_open; /* which itself is not allowed */
    double dflt;      /* without is_required; 0 of a pair or count below its min: that
                         of the engine, as `doc` says */
    const char *doc;
} dna_layer_arg;

/* An argument as given. */
typedef struct {
    int count; /* of n */
    int64_t n[DNA_GRAPH_MAX_DIM];
    double number;
} dna_arg_value;

typedef struct {
    const char *layer; /* its name; "" without */
    dna_node *const *in;
    int n_in;
    const dna_arg_value *arg; /* in the order of the row */
} dna_layer_call;

typedef struct {
    const char *name;
    int min_in, max_in;
    bool has_params;    /* needs a name, under which its parameters are kept */
    bool is_activation; /* can be another layer's `activation`, with the defaults */
    const char *doc;    /* what it does to which shape */
    dna_layer_arg args[DNA_LAYER_MAX_ARG]; /* ends with a row without name */
    dna_node *(*build)(dna_graph *g, const dna_layer_call *c);
} dna_layer_op;

/** By name, NULL if there is none; i-th, NULL past the end. */
const dna_layer_op *dna_layer_op_find(const char *name);
const dna_layer_op *dna_layer_op_at(int64_t i);
/** The name that was probably meant, NULL if none is near. */
const char *dna_layer_op_nearest(const char *name);
int dna_layer_op_n_arg(const dna_layer_op *op);
/** The default of an argument. */
dna_arg_value dna_layer_arg_default(const dna_layer_arg *arg);

#endif

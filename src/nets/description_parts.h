/* description_parts.h - what a description is once it is read.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NETS_DESCRIPTION_PARTS_H
#define DNA_NETS_DESCRIPTION_PARTS_H

#include "config/expression.h"
#include "nets/description.h"
#include "nets/layer_op.h"

#define DNA_LAYER_MAX_VALUE 128  /* names that formulas may use */
#define DNA_LAYER_MAX_DEPTH 8    /* repeats in repeats */
#define DNA_LAYER_MAX_COUNT 4096 /* layers, repeats unfolded */
#define DNA_LAYER_MAX_NAME  128

/* Values that every formula may use, by place; params, `let` and loops come after. */
enum {
    DNA_LAYER_D1, /* extents of the layer's first input: in its arguments only */
    DNA_LAYER_D2,
    DNA_LAYER_D3,
    DNA_LAYER_D4,
    DNA_LAYER_N_SNP,
    DNA_LAYER_N_INDIV,
    DNA_LAYER_N_ROWS,
    DNA_LAYER_N_OUTPUTS,
    DNA_LAYER_HAS_POSITIONS,
    DNA_LAYER_N_FIXED
};

/* A text with formulas in braces: "blocks.{k}.phi". */
typedef struct {
    int n; /* pieces: texts, or formulas where text is NULL */
    const char **text;
    dna_expression **formula;
} dna_layer_text;

typedef struct {
    int count; /* 0: not given */
    dna_expression *e[DNA_GRAPH_MAX_DIM];
} dna_layer_formulas;

typedef struct {
    const char *part; /* "weight" */
    dna_init init;
} dna_layer_init;

typedef struct {
    int place;
    dna_expression **e; /* one for each round */
} dna_layer_list;

/* A layer, or layers that are repeated. */
typedef struct dna_layer_item dna_layer_item;
struct dna_layer_item {
    const dna_value *source; /* its mapping */
    const dna_layer_op *op;  /* NULL: a repeat */
    const dna_layer_op *activation;
    const dna_layer_text *name, *shares; /* NULL: not given */
    const dna_layer_text **from;
    int n_from; /* 0: the layer before */
    dna_expression *when;
    dna_layer_formulas arg[DNA_LAYER_MAX_ARG];
    dna_layer_init *init;
    int n_init;
    /* of a repeat */
    dna_expression *times; /* NULL: as often as the lists are long */
    int64_t n_list_entry;
    int index; /* place of the counter, -1: none */
    dna_layer_list *list;
    int n_list;
    dna_layer_item *items;
    int64_t n_item;
};

struct dna_net_description {
    const dna_value *source;
    dna_expression_name names[DNA_LAYER_MAX_VALUE];
    int n_name;  /* fixed, params and let; loops only while reading */
    int n_param; /* their places begin at DNA_LAYER_N_FIXED */
    int n_let;
    dna_expression **let;
    const dna_value **let_source;
    int n_need;
    dna_expression **need;
    const dna_value **need_source;
    dna_layer_item *items;
    int64_t n_item;
    const dna_layer_text *output; /* NULL: the last layer */
    const dna_value *output_source;
};

/** "file:line: layers: text", with the network's name where no file is known. */
int dna_net_description_fail(int code, const char *net, const dna_value *at,
    const char *key, const char *fmt, ...) DNA_PRINTF(5, 6);

/* What is being read. */
typedef struct {
    dna_arena *arena;
    struct dna_net_description *d;
    const char *net; /* its name */
    int depth;       /* of repeats */
    const char *at;  /* key that is read: "layers" */
} dna_net_reader;

/** A number or a formula of value; kind of formula: in arguments d1 to d4 are known. */
int dna_net_read_formula(dna_expression **out, dna_net_reader *r, const dna_value *v,
    bool is_argument, bool is_condition) DNA_MUST_CHECK;
/** A new name for formulas; *place gets its place. */
int dna_net_add_name(dna_net_reader *r, const dna_value *at, const char *name,
    int *place) DNA_MUST_CHECK;
/** A name with formulas in braces. */
int dna_net_read_text(
    const dna_layer_text **out, dna_net_reader *r, const dna_value *v) DNA_MUST_CHECK;
/** A list of layers. */
int dna_net_read_items(dna_layer_item **out, int64_t *n, dna_net_reader *r,
    const dna_value *list) DNA_MUST_CHECK;
/** Refuse keys of a mapping that are not among `known`, which ends with NULL. */
int dna_net_check_keys(dna_net_reader *r, const dna_value *map,
    const char *const *known, const char *what) DNA_MUST_CHECK;

/** Record the network's nodes; the output in *out. */
int dna_net_description_build(dna_node **out, dna_graph *g, const dna_net_def *def,
    const void *opts, const dna_net_sizes *sizes, dna_node *x) DNA_MUST_CHECK;

#endif

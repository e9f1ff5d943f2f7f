/* expression_node.h - the tree that a formula is parsed into.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_CONFIG_EXPRESSION_NODE_H
#define DNA_CONFIG_EXPRESSION_NODE_H

#include "config/distribution.h"
#include "config/expression.h"

typedef enum { DNA_EXPR_NUMBER, DNA_EXPR_CONDITION, DNA_EXPR_TEXT } dna_expression_type;

typedef enum {
    DNA_EXPR_CONSTANT, /* number */
    DNA_EXPR_NAME,     /* place */
    DNA_EXPR_LITERAL,  /* text in quotes, until it is compared */
    DNA_EXPR_NEGATE,
    DNA_EXPR_ADD,
    DNA_EXPR_SUBTRACT,
    DNA_EXPR_MULTIPLY,
    DNA_EXPR_DIVIDE,
    DNA_EXPR_POWER,
    DNA_EXPR_LESS,
    DNA_EXPR_LESS_EQUAL,
    DNA_EXPR_GREATER,
    DNA_EXPR_GREATER_EQUAL,
    DNA_EXPR_EQUAL,
    DNA_EXPR_NOT_EQUAL,
    DNA_EXPR_BETWEEN, /* arg[0] first arg[1] second arg[2] */
    DNA_EXPR_AND,
    DNA_EXPR_OR,
    DNA_EXPR_NOT,
    DNA_EXPR_IF,
    DNA_EXPR_FUNCTION, /* function */
    DNA_EXPR_DRAW      /* distribution */
} dna_expression_op;

typedef struct {
    const char *name;
    int n_arg;
    bool is_integer; /* whatever its arguments are */
    bool keeps_integer;
    double (*one)(double);
    double (*two)(double, double);
} dna_expression_function;

struct dna_expression {
    dna_expression_op op;
    dna_expression_type type;
    dna_expression_op first, second; /* comparisons */
    double number;
    int64_t place;
    const char *text;
    const char *const *labels; /* of a name that is a text */
    int64_t n_label;
    const dna_expression_function *function;
    const dna_distribution *distribution;
    dna_expression *arg[DNA_DISTRIBUTION_MAX_ARGS];
    int n_arg;
};

#endif

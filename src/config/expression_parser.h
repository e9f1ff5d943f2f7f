/* expression_parser.h - the parser of formulas, in two files: what is loose (operators)
 * and what is tight (numbers, names, calls).
 *
 * SPDX-License-Identifier: MIT
 *
 * Errors are sticky: the first one is kept, and every rule gives NULL after it.
 */
#ifndef DNA_CONFIG_EXPRESSION_PARSER_H
#define DNA_CONFIG_EXPRESSION_PARSER_H

#include "config/expression_node.h"

enum { DNA_PARSER_MAX_NAME = 128 };

typedef struct {
    dna_arena *arena;
    const dna_expression_scope *scope;
    const char *text, *at;
    int depth, rc;
    bool may_draw;
} dna_parser;

/** Keep an error at the place where the parser is; NULL. */
dna_expression *dna_parser_refuse(dna_parser *p, int code, const char *fact);
/** A node of up to two arguments. */
dna_expression *dna_parser_make(dna_parser *p, dna_expression_op op,
    dna_expression_type type, dna_expression *a, dna_expression *b);
dna_expression *dna_parser_draw(
    dna_parser *p, const dna_distribution *d, dna_expression *const *args);
void dna_parser_skip_space(dna_parser *p);
/** Whether the text goes on with this sign or word, which is then behind. */
bool dna_parser_take(dna_parser *p, const char *sign);
/** Whether e is of a type; else an error at `at`. */
bool dna_parser_is_type(
    dna_parser *p, const dna_expression *e, dna_expression_type type, const char *at);
/** A number, name, call, text in quotes or what is in parentheses. */
dna_expression *dna_parser_primary(dna_parser *p);
/** The loosest rule: anything. */
dna_expression *dna_parser_condition(dna_parser *p);

#endif

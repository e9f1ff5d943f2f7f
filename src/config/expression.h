/* expression.h - formulas over named values: `recent_size * 10 ^ uniform(-1, 1)`.
 *
 * SPDX-License-Identifier: MIT
 *
 * + - * / ^ (or **), unary minus, parentheses; min, max, log, log10, exp, sqrt, abs,
 * floor, ceil, round; if(condition, a, b); every distribution of distribution.h as a
 * function, which draws. Conditions compare with < <= > >= == != (chains such as
 * 10 < x < 100 too) and join with `and`, `or`, `not`. A value that is a text is compared
 * with a text in quotes: model == "split". ^ binds most tightly and to the right:
 * -2 ^ 2 is -4.
 *
 * Names are resolved once, into places of an array of values.
 */
#ifndef DNA_CONFIG_EXPRESSION_H
#define DNA_CONFIG_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "dnadna/rng.h"
#include "dnadna/status.h"

typedef struct dna_expression dna_expression;

/* A name that formulas may use. */
typedef struct {
    const char *name;
    const char *const *labels; /* of a text; NULL: a number */
    int64_t n_label;
} dna_expression_name;

typedef struct {
    const dna_expression_name *names; /* [n]; the place is the index */
    int64_t n;
} dna_expression_scope;

/** A formula whose value is a number; with is_condition one that holds or not, and that
 *  draws nothing. Errors: DNA_EARG with the text and the place in it, DNA_ENOTFOUND for
 *  a name that is not in the scope. */
int dna_expression_parse(dna_expression **out, dna_arena *arena, const char *text,
    const dna_expression_scope *scope, bool is_condition) DNA_MUST_CHECK;
/** The same as one call of a distribution whose arguments are formulas. name must be a
 *  distribution's. */
int dna_expression_call(dna_expression **out, dna_arena *arena, const char *name,
    dna_expression *const *args) DNA_MUST_CHECK;
/** A constant. NULL when memory is out. */
dna_expression *dna_expression_number(dna_arena *arena, double v);

/** values: of the scope; conditions give 0 or 1. rng may be NULL if nothing is drawn.
 *  Errors: DNA_EARG (arguments that a distribution cannot have). */
int dna_expression_eval(const dna_expression *e, const double *values, dna_rng *rng,
    double *out) DNA_MUST_CHECK;
/** What can be said before: arguments of a distribution that are constants and that it
 *  cannot have. Errors: DNA_EARG. */
int dna_expression_check(const dna_expression *e) DNA_MUST_CHECK;
/** Call fn for each place of the scope that the formula reads; stops at an error. */
int dna_expression_each_use(const dna_expression *e,
    int (*fn)(void *payload, int64_t place), void *payload) DNA_MUST_CHECK;
/** Whether it draws, and whether it is a number that is never another. */
bool dna_expression_draws(const dna_expression *e);
bool dna_expression_is_constant(const dna_expression *e);
/** Whether it is no more than a name. */
bool dna_expression_is_alias(const dna_expression *e);
/** Whether its value is always whole; whole[i] tells it of the scope's values. */
bool dna_expression_is_integer(const dna_expression *e, const bool *whole);
/** Whether a text is a name that a value can have: letters, digits and _, and no word of
 *  the language. */
bool dna_expression_is_name(const char *text);

#endif

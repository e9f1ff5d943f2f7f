/* expression.c - formulas are evaluated, and asked what they use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/expression.h"

#include <math.h>

#include "config/expression_node.h"

typedef struct {
    const double *values;
    dna_rng *rng;
    int rc;
} evaluation;

static double eval(evaluation *v, const dna_expression *e);

static double
draw(evaluation *v, const dna_expression *e)
{
    double a[DNA_DISTRIBUTION_MAX_ARGS] = {0};

    for (int i = 0; i < e->n_arg; i++) {
        a[i] = eval(v, e->arg[i]);
        if (v->rc == DNA_OK && !isfinite(a[i])) {
            v->rc = dna_fail(DNA_EARG, "%s: %s is %g", e->distribution->name,
                e->distribution->args[i], a[i]);
        }
    }
    if (v->rc == DNA_OK) {
        v->rc = e->distribution->check(a);
        if (v->rc < 0) {
            dna_context("%s", e->distribution->name);
        }
    }
    return v->rc == DNA_OK ? e->distribution->draw(a, v->rng) : 0;
}

static double
call(evaluation *v, const dna_expression *e)
{
    double x = eval(v, e->arg[0]);
    return e->n_arg == 1 ? e->function->one(x)
                         : e->function->two(x, eval(v, e->arg[1]));
}

static double
combine(dna_expression_op op, double x, double y)
{
    switch ((int)op) {
    case DNA_EXPR_ADD:
        return x + y;
    case DNA_EXPR_SUBTRACT:
        return x - y;
    case DNA_EXPR_MULTIPLY:
        return x * y;
    case DNA_EXPR_DIVIDE:
        return x / y;
    case DNA_EXPR_POWER:
        return pow(x, y);
    case DNA_EXPR_LESS:
        return x < y;
    case DNA_EXPR_LESS_EQUAL:
        return x <= y;
    case DNA_EXPR_GREATER:
        return x > y;
    case DNA_EXPR_GREATER_EQUAL:
        return x >= y;
    case DNA_EXPR_EQUAL:
        return x == y;
    default:
        return x != y;
    }
}

static double
binary(evaluation *v, const dna_expression *e)
{
    double x = eval(v, e->arg[0]);
    return combine(e->op, x, eval(v, e->arg[1]));
}

static double
between(evaluation *v, const dna_expression *e)
{
    double x = eval(v, e->arg[0]);
    double y = eval(v, e->arg[1]);
    double z = eval(v, e->arg[2]);
    return combine(e->first, x, y) != 0 && combine(e->second, y, z) != 0;
}

static double
eval(evaluation *v, const dna_expression *e)
{
    if (v->rc < 0) {
        return 0;
    }
    switch ((int)e->op) {
    case DNA_EXPR_CONSTANT:
        return e->number;
    case DNA_EXPR_NAME:
        return v->values[e->place];
    case DNA_EXPR_NEGATE:
        return -eval(v, e->arg[0]);
    case DNA_EXPR_AND:
        return eval(v, e->arg[0]) != 0 && eval(v, e->arg[1]) != 0;
    case DNA_EXPR_OR:
        return eval(v, e->arg[0]) != 0 || eval(v, e->arg[1]) != 0;
    case DNA_EXPR_NOT:
        return eval(v, e->arg[0]) == 0;
    case DNA_EXPR_IF:
        return eval(v, e->arg[eval(v, e->arg[0]) != 0 ? 1 : 2]);
    case DNA_EXPR_BETWEEN:
        return between(v, e);
    case DNA_EXPR_FUNCTION:
        return call(v, e);
    case DNA_EXPR_DRAW:
        return draw(v, e);
    default:
        return binary(v, e);
    }
}

int
dna_expression_eval(
    const dna_expression *e, const double *values, dna_rng *rng, double *out)
{
    evaluation v = {values, rng, DNA_OK};
    double x = eval(&v, e);

    if (v.rc == DNA_OK) {
        *out = x;
    }
    return v.rc;
}

int
dna_expression_check(const dna_expression *e)
{
    double a[DNA_DISTRIBUTION_MAX_ARGS] = {0};
    const double no_values[1] = {0}; /* constants read none */
    bool is_known = e->op == DNA_EXPR_DRAW;
    int rc = DNA_OK;

    for (int i = 0; i < e->n_arg; i++) {
        DNA_TRY(dna_expression_check(e->arg[i]));
        is_known = is_known && dna_expression_is_constant(e->arg[i]);
    }
    for (int i = 0; is_known && i < e->n_arg; i++) {
        DNA_TRY(dna_expression_eval(e->arg[i], no_values, NULL, &a[i]));
        DNA_REQUIRE(isfinite(a[i]), DNA_EARG, "%s: %s is %g", e->distribution->name,
            e->distribution->args[i], a[i]);
    }
    if (is_known) {
        rc = e->distribution->check(a);
        if (rc < 0) {
            dna_context("%s", e->distribution->name);
        }
    }
out:
    return rc;
}

int
dna_expression_each_use(
    const dna_expression *e, int (*fn)(void *payload, int64_t place), void *payload)
{
    int rc = DNA_OK;

    if (e->op == DNA_EXPR_NAME) {
        return fn(payload, e->place);
    }
    for (int i = 0; i < e->n_arg; i++) {
        DNA_TRY(dna_expression_each_use(e->arg[i], fn, payload));
    }
out:
    return rc;
}

bool
dna_expression_draws(const dna_expression *e)
{
    bool draws = e->op == DNA_EXPR_DRAW;
    for (int i = 0; i < e->n_arg; i++) {
        draws = draws || dna_expression_draws(e->arg[i]);
    }
    return draws;
}

bool
dna_expression_is_constant(const dna_expression *e)
{
    bool is_constant = e->op != DNA_EXPR_DRAW && e->op != DNA_EXPR_NAME;
    for (int i = 0; i < e->n_arg; i++) {
        is_constant = is_constant && dna_expression_is_constant(e->arg[i]);
    }
    return is_constant;
}

bool
dna_expression_is_alias(const dna_expression *e)
{
    return e->op == DNA_EXPR_NAME;
}

bool
dna_expression_is_integer(const dna_expression *e, const bool *whole)
{
    bool all = true;

    for (int i = e->op == DNA_EXPR_IF ? 1 : 0; i < e->n_arg; i++) {
        all = all && dna_expression_is_integer(e->arg[i], whole);
    }
    switch ((int)e->op) {
    case DNA_EXPR_CONSTANT:
        return e->number == floor(e->number);
    case DNA_EXPR_NAME:
        return whole[e->place];
    case DNA_EXPR_DRAW:
        return e->distribution->is_integer;
    case DNA_EXPR_FUNCTION:
        return e->function->is_integer || (e->function->keeps_integer && all);
    case DNA_EXPR_NEGATE:
    case DNA_EXPR_ADD:
    case DNA_EXPR_SUBTRACT:
    case DNA_EXPR_MULTIPLY:
    case DNA_EXPR_IF:
        return all;
    default:
        return false;
    }
}

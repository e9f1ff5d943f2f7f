/* expression_parse.c - text into a tree, by recursive descent: operators and conditions.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/expression_parser.h"

enum { MAX_LENGTH = 4096, MAX_DEPTH = 64 };

/* ---- arithmetic, from tight to loose ------------------------------------------------ */

static dna_expression *
parse_unary(dna_parser *p)
{
    dna_expression *e = NULL;
    const char *at = p->at;

    if (++p->depth > MAX_DEPTH) {
        return dna_parser_refuse(p, DNA_EARG, "this is nested too deeply");
    }
    if (dna_parser_take(p, "-")) {
        at = p->at;
        e = parse_unary(p);
        if (p->rc == DNA_OK && dna_parser_is_type(p, e, DNA_EXPR_NUMBER, at)) {
            e = dna_parser_make(p, DNA_EXPR_NEGATE, DNA_EXPR_NUMBER, e, NULL);
        }
    } else if (dna_parser_take(p, "+")) {
        at = p->at;
        e = parse_unary(p);
        if (p->rc == DNA_OK) {
            (void)dna_parser_is_type(p, e, DNA_EXPR_NUMBER, at);
        }
    } else {
        e = dna_parser_primary(p);
        if (p->rc == DNA_OK && (dna_parser_take(p, "**") || dna_parser_take(p, "^"))) {
            const char *exponent_at = p->at;
            dna_expression *exponent = parse_unary(p);
            if (p->rc == DNA_OK && dna_parser_is_type(p, e, DNA_EXPR_NUMBER, at)
                && dna_parser_is_type(p, exponent, DNA_EXPR_NUMBER, exponent_at)) {
                e = dna_parser_make(p, DNA_EXPR_POWER, DNA_EXPR_NUMBER, e, exponent);
            }
        }
    }
    p->depth--;
    return e;
}

static dna_expression *
parse_term(dna_parser *p)
{
    const char *at = p->at;
    dna_expression *e = parse_unary(p);

    while (p->rc == DNA_OK) {
        dna_expression_op op = dna_parser_take(p, "*")   ? DNA_EXPR_MULTIPLY
                               : dna_parser_take(p, "/") ? DNA_EXPR_DIVIDE
                                                         : DNA_EXPR_CONSTANT;
        if (op == DNA_EXPR_CONSTANT) {
            break;
        }
        const char *right_at = p->at;
        dna_expression *right = parse_unary(p);
        if (p->rc == DNA_OK && dna_parser_is_type(p, e, DNA_EXPR_NUMBER, at)
            && dna_parser_is_type(p, right, DNA_EXPR_NUMBER, right_at)) {
            e = dna_parser_make(p, op, DNA_EXPR_NUMBER, e, right);
        }
    }
    return e;
}

static dna_expression *
parse_sum(dna_parser *p)
{
    const char *at = p->at;
    dna_expression *e = parse_term(p);

    while (p->rc == DNA_OK) {
        dna_expression_op op = dna_parser_take(p, "+")   ? DNA_EXPR_ADD
                               : dna_parser_take(p, "-") ? DNA_EXPR_SUBTRACT
                                                         : DNA_EXPR_CONSTANT;
        if (op == DNA_EXPR_CONSTANT) {
            break;
        }
        const char *right_at = p->at;
        dna_expression *right = parse_term(p);
        if (p->rc == DNA_OK && dna_parser_is_type(p, e, DNA_EXPR_NUMBER, at)
            && dna_parser_is_type(p, right, DNA_EXPR_NUMBER, right_at)) {
            e = dna_parser_make(p, op, DNA_EXPR_NUMBER, e, right);
        }
    }
    return e;
}

/* ---- conditions ------------------------------------------------------------------ */

/* The literal becomes the index of its label. */
static void
resolve_literal(dna_parser *p, dna_expression *literal, const dna_expression *name)
{
    char fact[2 * DNA_PARSER_MAX_NAME];

    for (int64_t i = 0; i < name->n_label; i++) {
        if (strcmp(name->labels[i], literal->text) == 0) {
            literal->op = DNA_EXPR_CONSTANT;
            literal->number = (double)i;
            return;
        }
    }
    const char *nearest = dna_nearest_name(literal->text, name->labels, name->n_label);
    snprintf(fact, sizeof(fact), "\"%.60s\" is none of the texts%s%.60s%s",
        literal->text, nearest != NULL ? ", did you mean \"" : "",
        nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    p->rc = dna_fail(DNA_EARG, "\"%.80s\": %s", p->text, fact);
}

static dna_expression *
compare(dna_parser *p, dna_expression_op op, dna_expression *a, dna_expression *b,
    const char *at)
{
    if (p->rc < 0) {
        return NULL;
    }
    if (a->type == DNA_EXPR_TEXT || b->type == DNA_EXPR_TEXT) {
        bool is_one = (a->op == DNA_EXPR_NAME && b->op == DNA_EXPR_LITERAL)
                      || (a->op == DNA_EXPR_LITERAL && b->op == DNA_EXPR_NAME);
        if (!is_one || (op != DNA_EXPR_EQUAL && op != DNA_EXPR_NOT_EQUAL)
            || a->type != b->type) {
            p->at = at;
            dna_parser_skip_space(p);
            return dna_parser_refuse(
                p, DNA_EARG, "a text is compared with a text in quotes, by == or !=,");
        }
        if (a->op == DNA_EXPR_LITERAL) {
            resolve_literal(p, a, b);
        } else {
            resolve_literal(p, b, a);
        }
    } else if (!dna_parser_is_type(p, a, DNA_EXPR_NUMBER, at)
               || !dna_parser_is_type(p, b, DNA_EXPR_NUMBER, at)) {
        return NULL;
    }
    return dna_parser_make(p, op, DNA_EXPR_CONDITION, a, b);
}

static bool
take_comparison(dna_parser *p, dna_expression_op *op)
{
    static const struct {
        const char *sign;
        dna_expression_op op;
    } signs[] = {{"<=", DNA_EXPR_LESS_EQUAL}, {">=", DNA_EXPR_GREATER_EQUAL},
        {"==", DNA_EXPR_EQUAL}, {"!=", DNA_EXPR_NOT_EQUAL}, {"<", DNA_EXPR_LESS},
        {">", DNA_EXPR_GREATER}};

    for (int64_t i = 0; i < DNA_COUNT(signs); i++) {
        if (dna_parser_take(p, signs[i].sign)) {
            *op = signs[i].op;
            return true;
        }
    }
    if (*p->at == '=') {
        (void)dna_parser_refuse(p, DNA_EARG, "equality is written ==; = is wrong");
    }
    return false;
}

/* a < b < c: b is between. */
static dna_expression *
parse_between(dna_parser *p, dna_expression *a, dna_expression_op first,
    dna_expression *b, dna_expression_op second)
{
    const char *at = p->at;
    dna_expression *c = parse_sum(p);
    dna_expression *e = NULL;

    if (p->rc == DNA_OK && dna_parser_is_type(p, a, DNA_EXPR_NUMBER, p->text)
        && dna_parser_is_type(p, b, DNA_EXPR_NUMBER, p->text)
        && dna_parser_is_type(p, c, DNA_EXPR_NUMBER, at)) {
        e = dna_parser_make(p, DNA_EXPR_BETWEEN, DNA_EXPR_CONDITION, a, b);
    }
    if (e != NULL) {
        e->first = first;
        e->second = second;
        e->arg[e->n_arg++] = c;
    }
    return e;
}

static dna_expression *
parse_comparison(dna_parser *p)
{
    const char *at = p->at;
    dna_expression *left = parse_sum(p);
    dna_expression_op first = DNA_EXPR_LESS, second = DNA_EXPR_LESS;

    if (p->rc < 0 || !take_comparison(p, &first)) {
        return left;
    }
    dna_expression *right = parse_sum(p);
    if (p->rc == DNA_OK && take_comparison(p, &second)) {
        dna_expression *chain = parse_between(p, left, first, right, second);
        if (p->rc == DNA_OK && take_comparison(p, &first)) {
            return dna_parser_refuse(p, DNA_EARG,
                "comparisons of more than three values are joined with and; the fourth begins");
        }
        return chain;
    }
    return compare(p, first, left, right, at);
}

static dna_expression *
parse_not(dna_parser *p)
{
    dna_expression *e = NULL;

    if (!dna_parser_take(p, "not")) {
        return parse_comparison(p);
    }
    if (++p->depth > MAX_DEPTH) {
        return dna_parser_refuse(p, DNA_EARG, "this is nested too deeply");
    }
    const char *at = p->at;
    e = parse_not(p);
    p->depth--;
    return p->rc == DNA_OK && dna_parser_is_type(p, e, DNA_EXPR_CONDITION, at)
               ? dna_parser_make(p, DNA_EXPR_NOT, DNA_EXPR_CONDITION, e, NULL)
               : NULL;
}

static dna_expression *
parse_joined(dna_parser *p, const char *word, dna_expression_op op,
    dna_expression *(*part)(dna_parser *))
{
    const char *at = p->at;
    dna_expression *e = part(p);

    while (p->rc == DNA_OK && dna_parser_take(p, word)) {
        const char *right_at = p->at;
        dna_expression *right = part(p);
        if (p->rc == DNA_OK && dna_parser_is_type(p, e, DNA_EXPR_CONDITION, at)
            && dna_parser_is_type(p, right, DNA_EXPR_CONDITION, right_at)) {
            e = dna_parser_make(p, op, DNA_EXPR_CONDITION, e, right);
        }
    }
    return e;
}

static dna_expression *
parse_and(dna_parser *p)
{
    return parse_joined(p, "and", DNA_EXPR_AND, parse_not);
}

dna_expression *
dna_parser_condition(dna_parser *p)
{
    return parse_joined(p, "or", DNA_EXPR_OR, parse_and);
}

/* ---- the whole --------------------------------------------------------------------- */

int
dna_expression_parse(dna_expression **out, dna_arena *arena, const char *text,
    const dna_expression_scope *scope, bool is_condition)
{
    dna_parser p = {.arena = arena,
        .scope = scope,
        .text = text,
        .at = text,
        .may_draw = !is_condition};
    dna_expression *e = NULL;

    if (strlen(text) > MAX_LENGTH) {
        return dna_fail(DNA_EARG, "\"%.20s...\" is longer than %d characters", text,
            (int)MAX_LENGTH);
    }
    e = dna_parser_condition(&p);
    dna_parser_skip_space(&p);
    if (p.rc == DNA_OK && *p.at != '\0') {
        (void)dna_parser_refuse(&p, DNA_EARG, "an operator is expected");
    }
    if (p.rc == DNA_OK
        && dna_parser_is_type(
            &p, e, is_condition ? DNA_EXPR_CONDITION : DNA_EXPR_NUMBER, text)) {
        *out = e;
    }
    return p.rc;
}

int
dna_expression_call(dna_expression **out, dna_arena *arena, const char *name,
    dna_expression *const *args)
{
    dna_parser p = {.arena = arena};
    dna_expression *e = dna_parser_draw(&p, dna_distribution_find(name), args);

    if (p.rc == DNA_OK) {
        *out = e;
    }
    return p.rc;
}

dna_expression *
dna_expression_number(dna_arena *arena, double v)
{
    dna_parser p = {.arena = arena};
    dna_expression *e =
        dna_parser_make(&p, DNA_EXPR_CONSTANT, DNA_EXPR_NUMBER, NULL, NULL);

    if (e != NULL) {
        e->number = v;
    }
    return e;
}

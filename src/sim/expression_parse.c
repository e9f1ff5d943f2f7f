/* expression_parse.c - text into a tree, by recursive descent.
 *
 * SPDX-License-Identifier: MIT
 *
 * Errors are sticky: the first one is kept, and every rule gives NULL after it.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "sim/expression_node.h"

enum { MAX_LENGTH = 4096, MAX_DEPTH = 64, MAX_NAME = 128 };

typedef struct {
    dna_arena *arena;
    const dna_expression_scope *scope;
    const char *text, *at;
    int depth, rc;
    bool may_draw;
} parser;

static dna_expression *parse_condition(parser *p);

/* ---- errors and small parts -------------------------------------------------------- */

static dna_expression *
refuse(parser *p, int code, const char *fact)
{
    if (p->rc == DNA_OK) {
        p->rc =
            *p->at == '\0'
                ? dna_fail(code, "\"%.80s\": %s at its end", p->text, fact)
                : dna_fail(code, "\"%.80s\": %s at \"%.20s\"", p->text, fact, p->at);
    }
    return NULL;
}

static dna_expression *
make(parser *p, dna_expression_op op, dna_expression_type type, dna_expression *a,
    dna_expression *b)
{
    if (p->rc < 0) {
        return NULL;
    }
    dna_expression *e = dna_arena_alloc(p->arena, 1, sizeof(*e));
    if (e == NULL) {
        p->rc = DNA_ENOMEM;
        return NULL;
    }
    e->op = op;
    e->type = type;
    e->arg[0] = a;
    e->arg[1] = b;
    e->n_arg = (a != NULL) + (b != NULL);
    return e;
}

static void
skip_space(parser *p)
{
    while (isspace((unsigned char)*p->at)) {
        p->at++;
    }
}

static bool
is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool
is_name_rest(char c)
{
    return is_name_start(c) || isdigit((unsigned char)c);
}

/* Whether the text goes on with this sign, which is then behind. */
static bool
take(parser *p, const char *sign)
{
    size_t n = strlen(sign);

    skip_space(p);
    if (strncmp(p->at, sign, n) != 0
        || (is_name_start(sign[0]) && is_name_rest(p->at[n]))) {
        return false;
    }
    p->at += n;
    return true;
}

static bool
is_type(parser *p, const dna_expression *e, dna_expression_type type, const char *at)
{
    static const char *const what[] = {
        [DNA_EXPR_NUMBER] = "a number is expected, not a condition or a text,",
        [DNA_EXPR_CONDITION] =
            "a condition, such as a < b, is expected, not a number or a text,",
        [DNA_EXPR_TEXT] = "a text is expected"};

    if (p->rc == DNA_OK && e->type != type) {
        p->at = at;
        skip_space(p);
        (void)refuse(p, DNA_EARG, what[type]);
    }
    return p->rc == DNA_OK;
}

/* ---- functions ------------------------------------------------------------------- */

static double
least(double a, double b)
{
    return a < b ? a : b;
}

static double
most(double a, double b)
{
    return a > b ? a : b;
}

static const dna_expression_function functions[] = {{"log", 1, false, false, log, NULL},
    {"log10", 1, false, false, log10, NULL}, {"exp", 1, false, false, exp, NULL},
    {"sqrt", 1, false, false, sqrt, NULL}, {"abs", 1, false, true, fabs, NULL},
    {"floor", 1, true, true, floor, NULL}, {"ceil", 1, true, true, ceil, NULL},
    {"round", 1, true, true, round, NULL}, {"min", 2, false, true, NULL, least},
    {"max", 2, false, true, NULL, most}};

static const char *const words[] = {"and", "or", "not", "if"};

static const dna_expression_function *
find_function(const char *name)
{
    for (int64_t i = 0; i < DNA_COUNT(functions); i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return &functions[i];
        }
    }
    return NULL;
}

static bool
is_word(const char *name)
{
    for (int64_t i = 0; i < DNA_COUNT(words); i++) {
        if (strcmp(words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* "(a, b)"; min and max of more than two are nested. Returns how many there were. */
static int
parse_args(parser *p, dna_expression **args, int most_args, const char *name)
{
    int n = 0;
    char fact[MAX_NAME + 64];

    do {
        if (n == most_args) {
            snprintf(fact, sizeof(fact), "%s has %d argument%s, more come", name,
                most_args, DNA_PLURAL(most_args));
            (void)refuse(p, DNA_EARG, fact);
            return n;
        }
        const char *at = p->at;
        args[n] = parse_condition(p);
        bool is_test = strcmp(name, "if") == 0 && n == 0;
        if (p->rc < 0
            || !is_type(
                p, args[n], is_test ? DNA_EXPR_CONDITION : DNA_EXPR_NUMBER, at)) {
            return n;
        }
        n++;
    } while (take(p, ","));
    if (!take(p, ")")) {
        (void)refuse(p, DNA_EARG, "\")\" is missing");
    }
    return n;
}

static bool
has_args(parser *p, const char *name, int n, int wanted)
{
    char fact[MAX_NAME + 64];

    if (p->rc == DNA_OK && n != wanted) {
        snprintf(fact, sizeof(fact), "%s has %d argument%s, not %d,", name, wanted,
            DNA_PLURAL(wanted), n);
        (void)refuse(p, DNA_EARG, fact);
    }
    return p->rc == DNA_OK;
}

static dna_expression *
make_function(parser *p, const dna_expression_function *f, dna_expression **args, int n)
{
    bool is_fold = f->two != NULL;
    dna_expression *e = NULL;

    if (is_fold ? n < 2 : n != f->n_arg) {
        (void)has_args(p, f->name, n, f->n_arg);
    }
    e = make(p, DNA_EXPR_FUNCTION, DNA_EXPR_NUMBER, args[0], is_fold ? args[1] : NULL);
    for (int i = 2; e != NULL && i < n; i++) {
        e->function = f;
        e = make(p, DNA_EXPR_FUNCTION, DNA_EXPR_NUMBER, e, args[i]);
    }
    if (e != NULL) {
        e->function = f;
    }
    return e;
}

static dna_expression *
make_draw(parser *p, const dna_distribution *d, dna_expression *const *args)
{
    dna_expression *e = make(p, DNA_EXPR_DRAW, DNA_EXPR_NUMBER, NULL, NULL);

    if (e != NULL) {
        e->distribution = d;
        e->n_arg = d->n_arg;
        memcpy(e->arg, args, (size_t)d->n_arg * sizeof(dna_expression *));
    }
    return e;
}

static dna_expression *
parse_call(parser *p, const char *name)
{
    const dna_expression_function *f = find_function(name);
    const dna_distribution *d = dna_distribution_find(name);
    dna_expression *args[16] = {NULL};
    char fact[MAX_NAME + 64];
    int n = 0;

    if (f == NULL && d == NULL && strcmp(name, "if") != 0) {
        snprintf(fact, sizeof(fact), "there is no function \"%s\"", name);
        return refuse(p, DNA_ENOTFOUND, fact);
    }
    if (d != NULL && !p->may_draw) {
        snprintf(fact, sizeof(fact), "%s would draw, which a condition may not,", name);
        return refuse(p, DNA_EARG, fact);
    }
    n = parse_args(p, args, f != NULL && f->two != NULL ? 16 : 4, name);
    if (f != NULL) {
        return make_function(p, f, args, n);
    }
    if (!has_args(p, name, n, d != NULL ? d->n_arg : 3)) {
        return NULL;
    }
    if (d != NULL) {
        return make_draw(p, d, args);
    }
    dna_expression *e = make(p, DNA_EXPR_IF, DNA_EXPR_NUMBER, args[0], args[1]);
    if (e != NULL) {
        e->arg[e->n_arg++] = args[2];
    }
    return e;
}

/* ---- primaries ------------------------------------------------------------------- */

static dna_expression *
unknown_name(parser *p, const char *name)
{
    const char *nearest = NULL;
    const char **names = NULL;
    char fact[2 * MAX_NAME + 64];

    if (p->rc < 0) {
        return NULL;
    }
    names = dna_arena_alloc(p->arena, (size_t)p->scope->n + 1, sizeof(*names));
    if (names == NULL) {
        p->rc = DNA_ENOMEM;
        return NULL;
    }
    for (int64_t i = 0; i < p->scope->n; i++) {
        names[i] = p->scope->names[i].name;
    }
    nearest = dna_nearest_name(name, names, p->scope->n);
    snprintf(fact, sizeof(fact), "there is no value \"%s\"%s%.*s%s", name,
        nearest != NULL ? ", did you mean \"" : "", MAX_NAME,
        nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    p->rc = dna_fail(DNA_ENOTFOUND, "\"%.80s\": %s", p->text, fact);
    return NULL;
}

static dna_expression *
parse_name(parser *p)
{
    const char *start = p->at;
    char name[MAX_NAME];
    size_t n = 0;

    while (is_name_rest(p->at[n])) {
        n++;
    }
    if (n >= sizeof(name)) {
        return refuse(p, DNA_EARG, "the name is too long");
    }
    memcpy(name, p->at, n);
    name[n] = '\0';
    p->at += n;
    if (take(p, "(")) {
        return parse_call(p, name);
    }
    if (is_word(name)) {
        p->at = start;
        return refuse(p, DNA_EARG, "a value is expected");
    }
    for (int64_t i = 0; i < p->scope->n; i++) {
        const dna_expression_name *known = &p->scope->names[i];
        if (strcmp(known->name, name) == 0) {
            bool is_text = known->labels != NULL;
            dna_expression *e = make(p, DNA_EXPR_NAME,
                is_text ? DNA_EXPR_TEXT : DNA_EXPR_NUMBER, NULL, NULL);
            if (e != NULL) {
                e->place = i;
                e->labels = known->labels;
                e->n_label = known->n_label;
            }
            return e;
        }
    }
    return unknown_name(p, name);
}

static dna_expression *
parse_number(parser *p)
{
    char buf[64];
    size_t n = strspn(p->at, "0123456789.");
    double v = 0;

    if (p->at[n] == 'e' || p->at[n] == 'E') {
        size_t sign = p->at[n + 1] == '+' || p->at[n + 1] == '-';
        size_t digits = strspn(p->at + n + 1 + sign, "0123456789");
        n += digits > 0 ? 1 + sign + digits : 0;
    }
    if (n >= sizeof(buf)) {
        return refuse(p, DNA_EARG, "the number is too long");
    }
    memcpy(buf, p->at, n);
    buf[n] = '\0';
    if (!dna_parse_double(buf, &v) || !isfinite(v) || is_name_rest(p->at[n])) {
        return refuse(p, DNA_EARG, "this is not a number");
    }
    p->at += n;
    dna_expression *e = make(p, DNA_EXPR_CONSTANT, DNA_EXPR_NUMBER, NULL, NULL);
    if (e != NULL) {
        e->number = v;
    }
    return e;
}

static dna_expression *
parse_literal(parser *p)
{
    char quote = *p->at;
    const char *end = strchr(p->at + 1, quote);

    if (end == NULL) {
        return refuse(p, DNA_EARG, "the text in quotes does not end");
    }
    dna_expression *e = make(p, DNA_EXPR_LITERAL, DNA_EXPR_TEXT, NULL, NULL);
    if (e != NULL) {
        e->text = dna_arena_strndup(p->arena, p->at + 1, (size_t)(end - p->at - 1));
        p->rc = e->text == NULL ? DNA_ENOMEM : p->rc;
    }
    p->at = end + 1;
    return e;
}

static dna_expression *
parse_primary(parser *p)
{
    dna_expression *e = NULL;

    skip_space(p);
    if (p->rc < 0) {
        return NULL;
    }
    if (isdigit((unsigned char)*p->at) || *p->at == '.') {
        return parse_number(p);
    }
    if (is_name_start(*p->at)) {
        return parse_name(p);
    }
    if (*p->at == '"' || *p->at == '\'') {
        return parse_literal(p);
    }
    if (!take(p, "(")) {
        return refuse(p, DNA_EARG, "a value is expected");
    }
    e = parse_condition(p);
    if (p->rc == DNA_OK && !take(p, ")")) {
        return refuse(p, DNA_EARG, "\")\" is missing");
    }
    return e;
}

/* ---- arithmetic, from tight to loose ------------------------------------------------ */

static dna_expression *
parse_unary(parser *p)
{
    dna_expression *e = NULL;
    const char *at = p->at;

    if (++p->depth > MAX_DEPTH) {
        return refuse(p, DNA_EARG, "this is nested too deeply");
    }
    if (take(p, "-")) {
        at = p->at;
        e = parse_unary(p);
        if (p->rc == DNA_OK && is_type(p, e, DNA_EXPR_NUMBER, at)) {
            e = make(p, DNA_EXPR_NEGATE, DNA_EXPR_NUMBER, e, NULL);
        }
    } else if (take(p, "+")) {
        at = p->at;
        e = parse_unary(p);
        if (p->rc == DNA_OK) {
            (void)is_type(p, e, DNA_EXPR_NUMBER, at);
        }
    } else {
        e = parse_primary(p);
        if (p->rc == DNA_OK && (take(p, "**") || take(p, "^"))) {
            const char *exponent_at = p->at;
            dna_expression *exponent = parse_unary(p);
            if (p->rc == DNA_OK && is_type(p, e, DNA_EXPR_NUMBER, at)
                && is_type(p, exponent, DNA_EXPR_NUMBER, exponent_at)) {
                e = make(p, DNA_EXPR_POWER, DNA_EXPR_NUMBER, e, exponent);
            }
        }
    }
    p->depth--;
    return e;
}

static dna_expression *
parse_term(parser *p)
{
    const char *at = p->at;
    dna_expression *e = parse_unary(p);

    while (p->rc == DNA_OK) {
        dna_expression_op op = take(p, "*")   ? DNA_EXPR_MULTIPLY
                               : take(p, "/") ? DNA_EXPR_DIVIDE
                                              : DNA_EXPR_CONSTANT;
        if (op == DNA_EXPR_CONSTANT) {
            break;
        }
        const char *right_at = p->at;
        dna_expression *right = parse_unary(p);
        if (p->rc == DNA_OK && is_type(p, e, DNA_EXPR_NUMBER, at)
            && is_type(p, right, DNA_EXPR_NUMBER, right_at)) {
            e = make(p, op, DNA_EXPR_NUMBER, e, right);
        }
    }
    return e;
}

static dna_expression *
parse_sum(parser *p)
{
    const char *at = p->at;
    dna_expression *e = parse_term(p);

    while (p->rc == DNA_OK) {
        dna_expression_op op = take(p, "+")   ? DNA_EXPR_ADD
                               : take(p, "-") ? DNA_EXPR_SUBTRACT
                                              : DNA_EXPR_CONSTANT;
        if (op == DNA_EXPR_CONSTANT) {
            break;
        }
        const char *right_at = p->at;
        dna_expression *right = parse_term(p);
        if (p->rc == DNA_OK && is_type(p, e, DNA_EXPR_NUMBER, at)
            && is_type(p, right, DNA_EXPR_NUMBER, right_at)) {
            e = make(p, op, DNA_EXPR_NUMBER, e, right);
        }
    }
    return e;
}

/* ---- conditions ------------------------------------------------------------------ */

/* The literal becomes the index of its label. */
static void
resolve_literal(parser *p, dna_expression *literal, const dna_expression *name)
{
    char fact[2 * MAX_NAME];

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
compare(parser *p, dna_expression_op op, dna_expression *a, dna_expression *b,
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
            skip_space(p);
            return refuse(
                p, DNA_EARG, "a text is compared with a text in quotes, by == or !=,");
        }
        if (a->op == DNA_EXPR_LITERAL) {
            resolve_literal(p, a, b);
        } else {
            resolve_literal(p, b, a);
        }
    } else if (!is_type(p, a, DNA_EXPR_NUMBER, at)
               || !is_type(p, b, DNA_EXPR_NUMBER, at)) {
        return NULL;
    }
    return make(p, op, DNA_EXPR_CONDITION, a, b);
}

static bool
take_comparison(parser *p, dna_expression_op *op)
{
    static const struct {
        const char *sign;
        dna_expression_op op;
    } signs[] = {{"<=", DNA_EXPR_LESS_EQUAL}, {">=", DNA_EXPR_GREATER_EQUAL},
        {"==", DNA_EXPR_EQUAL}, {"!=", DNA_EXPR_NOT_EQUAL}, {"<", DNA_EXPR_LESS},
        {">", DNA_EXPR_GREATER}};

    for (int64_t i = 0; i < DNA_COUNT(signs); i++) {
        if (take(p, signs[i].sign)) {
            *op = signs[i].op;
            return true;
        }
    }
    if (*p->at == '=') {
        (void)refuse(p, DNA_EARG, "equality is written ==; = is wrong");
    }
    return false;
}

/* a < b < c: b is between. */
static dna_expression *
parse_between(parser *p, dna_expression *a, dna_expression_op first, dna_expression *b,
    dna_expression_op second)
{
    const char *at = p->at;
    dna_expression *c = parse_sum(p);
    dna_expression *e = NULL;

    if (p->rc == DNA_OK && is_type(p, a, DNA_EXPR_NUMBER, p->text)
        && is_type(p, b, DNA_EXPR_NUMBER, p->text)
        && is_type(p, c, DNA_EXPR_NUMBER, at)) {
        e = make(p, DNA_EXPR_BETWEEN, DNA_EXPR_CONDITION, a, b);
    }
    if (e != NULL) {
        e->first = first;
        e->second = second;
        e->arg[e->n_arg++] = c;
    }
    return e;
}

static dna_expression *
parse_comparison(parser *p)
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
            return refuse(p, DNA_EARG,
                "comparisons of more than three values are joined with and; the fourth begins");
        }
        return chain;
    }
    return compare(p, first, left, right, at);
}

static dna_expression *
parse_not(parser *p)
{
    dna_expression *e = NULL;

    if (!take(p, "not")) {
        return parse_comparison(p);
    }
    if (++p->depth > MAX_DEPTH) {
        return refuse(p, DNA_EARG, "this is nested too deeply");
    }
    const char *at = p->at;
    e = parse_not(p);
    p->depth--;
    return p->rc == DNA_OK && is_type(p, e, DNA_EXPR_CONDITION, at)
               ? make(p, DNA_EXPR_NOT, DNA_EXPR_CONDITION, e, NULL)
               : NULL;
}

static dna_expression *
parse_joined(parser *p, const char *word, dna_expression_op op,
    dna_expression *(*part)(parser *))
{
    const char *at = p->at;
    dna_expression *e = part(p);

    while (p->rc == DNA_OK && take(p, word)) {
        const char *right_at = p->at;
        dna_expression *right = part(p);
        if (p->rc == DNA_OK && is_type(p, e, DNA_EXPR_CONDITION, at)
            && is_type(p, right, DNA_EXPR_CONDITION, right_at)) {
            e = make(p, op, DNA_EXPR_CONDITION, e, right);
        }
    }
    return e;
}

static dna_expression *
parse_and(parser *p)
{
    return parse_joined(p, "and", DNA_EXPR_AND, parse_not);
}

static dna_expression *
parse_condition(parser *p)
{
    return parse_joined(p, "or", DNA_EXPR_OR, parse_and);
}

/* ---- the whole --------------------------------------------------------------------- */

int
dna_expression_parse(dna_expression **out, dna_arena *arena, const char *text,
    const dna_expression_scope *scope, bool is_condition)
{
    parser p = {.arena = arena,
        .scope = scope,
        .text = text,
        .at = text,
        .may_draw = !is_condition};
    dna_expression *e = NULL;

    if (strlen(text) > MAX_LENGTH) {
        return dna_fail(DNA_EARG, "\"%.20s...\" is longer than %d characters", text,
            (int)MAX_LENGTH);
    }
    e = parse_condition(&p);
    skip_space(&p);
    if (p.rc == DNA_OK && *p.at != '\0') {
        (void)refuse(&p, DNA_EARG, "an operator is expected");
    }
    if (p.rc == DNA_OK
        && is_type(&p, e, is_condition ? DNA_EXPR_CONDITION : DNA_EXPR_NUMBER, text)) {
        *out = e;
    }
    return p.rc;
}

int
dna_expression_call(dna_expression **out, dna_arena *arena, const char *name,
    dna_expression *const *args)
{
    parser p = {.arena = arena};
    dna_expression *e = make_draw(&p, dna_distribution_find(name), args);

    if (p.rc == DNA_OK) {
        *out = e;
    }
    return p.rc;
}

dna_expression *
dna_expression_number(dna_arena *arena, double v)
{
    parser p = {.arena = arena};
    dna_expression *e = make(&p, DNA_EXPR_CONSTANT, DNA_EXPR_NUMBER, NULL, NULL);

    if (e != NULL) {
        e->number = v;
    }
    return e;
}

bool
dna_expression_is_name(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++) {
        if (i == 0 ? !is_name_start(text[i]) : !is_name_rest(text[i])) {
            return false;
        }
    }
    return n > 0 && n < MAX_NAME && !is_word(text) && find_function(text) == NULL
           && dna_distribution_find(text) == NULL;
}

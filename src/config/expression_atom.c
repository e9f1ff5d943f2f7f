/* expression_atom.c - numbers, names and calls of formulas, and the parser's small parts.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "config/expression_parser.h"

/* ---- errors and small parts -------------------------------------------------------- */

dna_expression *
dna_parser_refuse(dna_parser *p, int code, const char *fact)
{
    if (p->rc == DNA_OK) {
        p->rc =
            *p->at == '\0'
                ? dna_fail(code, "\"%.80s\": %s at its end", p->text, fact)
                : dna_fail(code, "\"%.80s\": %s at \"%.20s\"", p->text, fact, p->at);
    }
    return NULL;
}

dna_expression *
dna_parser_make(dna_parser *p, dna_expression_op op, dna_expression_type type,
    dna_expression *a, dna_expression *b)
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

void
dna_parser_skip_space(dna_parser *p)
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
bool
dna_parser_take(dna_parser *p, const char *sign)
{
    size_t n = strlen(sign);

    dna_parser_skip_space(p);
    if (strncmp(p->at, sign, n) != 0
        || (is_name_start(sign[0]) && is_name_rest(p->at[n]))) {
        return false;
    }
    p->at += n;
    return true;
}

bool
dna_parser_is_type(
    dna_parser *p, const dna_expression *e, dna_expression_type type, const char *at)
{
    static const char *const what[] = {
        [DNA_EXPR_NUMBER] = "a number is expected, not a condition or a text,",
        [DNA_EXPR_CONDITION] =
            "a condition, such as a < b, is expected, not a number or a text,",
        [DNA_EXPR_TEXT] = "a text is expected"};

    if (p->rc == DNA_OK && e->type != type) {
        p->at = at;
        dna_parser_skip_space(p);
        (void)dna_parser_refuse(p, DNA_EARG, what[type]);
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
parse_args(dna_parser *p, dna_expression **args, int most_args, const char *name)
{
    int n = 0;
    char fact[DNA_PARSER_MAX_NAME + 64];

    do {
        if (n == most_args) {
            snprintf(fact, sizeof(fact), "%s has %d argument%s, more come", name,
                most_args, DNA_PLURAL(most_args));
            (void)dna_parser_refuse(p, DNA_EARG, fact);
            return n;
        }
        const char *at = p->at;
        args[n] = dna_parser_condition(p);
        bool is_test = strcmp(name, "if") == 0 && n == 0;
        if (p->rc < 0
            || !dna_parser_is_type(
                p, args[n], is_test ? DNA_EXPR_CONDITION : DNA_EXPR_NUMBER, at)) {
            return n;
        }
        n++;
    } while (dna_parser_take(p, ","));
    if (!dna_parser_take(p, ")")) {
        (void)dna_parser_refuse(p, DNA_EARG, "\")\" is missing");
    }
    return n;
}

static bool
has_args(dna_parser *p, const char *name, int n, int wanted)
{
    char fact[DNA_PARSER_MAX_NAME + 64];

    if (p->rc == DNA_OK && n != wanted) {
        snprintf(fact, sizeof(fact), "%s has %d argument%s, not %d,", name, wanted,
            DNA_PLURAL(wanted), n);
        (void)dna_parser_refuse(p, DNA_EARG, fact);
    }
    return p->rc == DNA_OK;
}

static dna_expression *
make_function(
    dna_parser *p, const dna_expression_function *f, dna_expression **args, int n)
{
    bool is_fold = f->two != NULL;
    dna_expression *e = NULL;

    if (is_fold ? n < 2 : n != f->n_arg) {
        (void)has_args(p, f->name, n, f->n_arg);
    }
    e = dna_parser_make(
        p, DNA_EXPR_FUNCTION, DNA_EXPR_NUMBER, args[0], is_fold ? args[1] : NULL);
    for (int i = 2; e != NULL && i < n; i++) {
        e->function = f;
        e = dna_parser_make(p, DNA_EXPR_FUNCTION, DNA_EXPR_NUMBER, e, args[i]);
    }
    if (e != NULL) {
        e->function = f;
    }
    return e;
}

dna_expression *
dna_parser_draw(dna_parser *p, const dna_distribution *d, dna_expression *const *args)
{
    dna_expression *e = dna_parser_make(p, DNA_EXPR_DRAW, DNA_EXPR_NUMBER, NULL, NULL);

    if (e != NULL) {
        e->distribution = d;
        e->n_arg = d->n_arg;
        memcpy(e->arg, args, (size_t)d->n_arg * sizeof(dna_expression *));
    }
    return e;
}

static dna_expression *
parse_call(dna_parser *p, const char *name)
{
    const dna_expression_function *f = find_function(name);
    const dna_distribution *d = dna_distribution_find(name);
    dna_expression *args[16] = {NULL};
    char fact[DNA_PARSER_MAX_NAME + 64];
    int n = 0;

    if (f == NULL && d == NULL && strcmp(name, "if") != 0) {
        snprintf(fact, sizeof(fact), "there is no function \"%s\"", name);
        return dna_parser_refuse(p, DNA_ENOTFOUND, fact);
    }
    if (d != NULL && !p->may_draw) {
        snprintf(fact, sizeof(fact), "%s would draw, which a condition may not,", name);
        return dna_parser_refuse(p, DNA_EARG, fact);
    }
    n = parse_args(p, args, f != NULL && f->two != NULL ? 16 : 4, name);
    if (f != NULL) {
        return make_function(p, f, args, n);
    }
    if (!has_args(p, name, n, d != NULL ? d->n_arg : 3)) {
        return NULL;
    }
    if (d != NULL) {
        return dna_parser_draw(p, d, args);
    }
    dna_expression *e =
        dna_parser_make(p, DNA_EXPR_IF, DNA_EXPR_NUMBER, args[0], args[1]);
    if (e != NULL) {
        e->arg[e->n_arg++] = args[2];
    }
    return e;
}

/* ---- primaries ------------------------------------------------------------------- */

static dna_expression *
unknown_name(dna_parser *p, const char *name)
{
    const char *nearest = NULL;
    const char **names = NULL;
    char fact[2 * DNA_PARSER_MAX_NAME + 64];

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
        nearest != NULL ? ", did you mean \"" : "", DNA_PARSER_MAX_NAME,
        nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    p->rc = dna_fail(DNA_ENOTFOUND, "\"%.80s\": %s", p->text, fact);
    return NULL;
}

static dna_expression *
parse_name(dna_parser *p)
{
    const char *start = p->at;
    char name[DNA_PARSER_MAX_NAME];
    size_t n = 0;

    while (is_name_rest(p->at[n])) {
        n++;
    }
    if (n >= sizeof(name)) {
        return dna_parser_refuse(p, DNA_EARG, "the name is too long");
    }
    memcpy(name, p->at, n);
    name[n] = '\0';
    p->at += n;
    if (dna_parser_take(p, "(")) {
        return parse_call(p, name);
    }
    if (is_word(name)) {
        p->at = start;
        return dna_parser_refuse(p, DNA_EARG, "a value is expected");
    }
    for (int64_t i = 0; i < p->scope->n; i++) {
        const dna_expression_name *known = &p->scope->names[i];
        if (strcmp(known->name, name) == 0) {
            bool is_text = known->labels != NULL;
            dna_expression *e = dna_parser_make(p, DNA_EXPR_NAME,
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
parse_number(dna_parser *p)
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
        return dna_parser_refuse(p, DNA_EARG, "the number is too long");
    }
    memcpy(buf, p->at, n);
    buf[n] = '\0';
    if (!dna_parse_double(buf, &v) || !isfinite(v) || is_name_rest(p->at[n])) {
        return dna_parser_refuse(p, DNA_EARG, "this is not a number");
    }
    p->at += n;
    dna_expression *e =
        dna_parser_make(p, DNA_EXPR_CONSTANT, DNA_EXPR_NUMBER, NULL, NULL);
    if (e != NULL) {
        e->number = v;
    }
    return e;
}

static dna_expression *
parse_literal(dna_parser *p)
{
    char quote = *p->at;
    const char *end = strchr(p->at + 1, quote);

    if (end == NULL) {
        return dna_parser_refuse(p, DNA_EARG, "the text in quotes does not end");
    }
    dna_expression *e = dna_parser_make(p, DNA_EXPR_LITERAL, DNA_EXPR_TEXT, NULL, NULL);
    if (e != NULL) {
        e->text = dna_arena_strndup(p->arena, p->at + 1, (size_t)(end - p->at - 1));
        p->rc = e->text == NULL ? DNA_ENOMEM : p->rc;
    }
    p->at = end + 1;
    return e;
}

dna_expression *
dna_parser_primary(dna_parser *p)
{
    dna_expression *e = NULL;

    dna_parser_skip_space(p);
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
    if (!dna_parser_take(p, "(")) {
        return dna_parser_refuse(p, DNA_EARG, "a value is expected");
    }
    e = dna_parser_condition(p);
    if (p->rc == DNA_OK && !dna_parser_take(p, ")")) {
        return dna_parser_refuse(p, DNA_EARG, "\")\" is missing");
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
    return n > 0 && n < DNA_PARSER_MAX_NAME && !is_word(text)
           && find_function(text) == NULL && dna_distribution_find(text) == NULL;
}

/* prior.c - a set of named values: its members and their order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/prior.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"
#include "io/yaml.h"
#include "sim/prior_set.h"

enum { UNSEEN, OPEN, DONE };

int
dna_priors_new(dna_priors **out)
{
    dna_priors *p = NULL;
    int rc = DNA_OK;

    DNA_NEW(p, 1);
    DNA_TRY(dna_arena_new(&p->arena));
    *out = p;
    p = NULL;
out:
    dna_priors_free(p);
    return rc;
}

void
dna_priors_free(dna_priors *p)
{
    if (p != NULL) {
        dna_free(p->priors);
        dna_arena_free(p->arena);
        dna_free(p);
    }
}

int64_t
dna_priors_find(const dna_priors *p, const char *name)
{
    for (int64_t i = 0; i < p->n; i++) {
        if (strcmp(p->priors[i].column.name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- members --------------------------------------------------------------------- */

static int
refuse_twice(const dna_prior *first, const dna_prior *second)
{
    return dna_config_fail(DNA_EARG, second->source, second->at,
        "there is a value \"%s\" already: %s", second->column.name, first->at);
}

int
dna_priors_append(dna_priors *p, dna_prior **out, const char *name,
    const dna_value *source, const char *at)
{
    if (p->n == DNA_PRIORS_MAX) {
        return dna_config_fail(
            DNA_EARG, source, at, "more than %d values", DNA_PRIORS_MAX);
    }
    if (p->n == p->cap) {
        int64_t cap = p->cap > 0 ? 2 * p->cap : 32;
        dna_prior *priors = dna_realloc(p->priors, (size_t)cap, sizeof(*priors));
        if (priors == NULL) {
            return DNA_ENOMEM;
        }
        p->priors = priors;
        p->cap = cap;
    }
    dna_prior *prior = &p->priors[p->n];
    memset(prior, 0, sizeof(*prior));
    prior->column.name = dna_arena_strdup(p->arena, name);
    prior->at = dna_arena_strdup(p->arena, at);
    prior->source = source;
    if (prior->column.name == NULL || prior->at == NULL) {
        return DNA_ENOMEM;
    }
    p->n++;
    *out = prior;
    return DNA_OK;
}

int
dna_priors_add(dna_priors *p, int64_t *place, const char *name, const dna_value *value,
    const char *at, unsigned flags)
{
    dna_prior *prior = NULL;
    int rc = DNA_OK;

    if (!dna_expression_is_name(name)) {
        return dna_config_fail(DNA_EARG, value, at,
            "\"%s\" cannot be the name of a value: letters, digits and _, and no function",
            name);
    }
    if (strcmp(name, "scenario_idx") == 0 || strcmp(name, "splits") == 0) {
        return dna_config_fail(DNA_EARG, value, at,
            "\"%s\" is a column of the parameter table with a meaning of its own",
            name);
    }
    DNA_TRY(dna_priors_append(p, &prior, name, value, at));
    assert(prior != NULL);
    prior->flags = flags;
    DNA_TRY(dna_prior_read_choice(p, prior));
    if (place != NULL) {
        *place = p->n - 1;
    }
out:
    return rc;
}

int
dna_priors_add_number(dna_priors *p, int64_t *place, const char *name, double value)
{
    const dna_value *v = dna_value_float(p->arena, value);
    return v == NULL ? DNA_ENOMEM : dna_priors_add(p, place, name, v, name, 0);
}

int
dna_priors_add_text(
    dna_priors *p, int64_t *place, const char *name, const char *yaml, unsigned flags)
{
    dna_value *v = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_yaml_parse(&v, p->arena, yaml, strlen(yaml), name));
    DNA_TRY(dna_priors_add(p, place, name, v, name, flags));
out:
    return rc;
}

static int
read_parameters(dna_priors *p, const dna_value *parameters)
{
    char at[160];
    int rc = DNA_OK;

    if (dna_value_is_null(parameters)) {
        return DNA_OK;
    }
    if (parameters->type != DNA_MAP) {
        return dna_config_fail(DNA_EARG, parameters, "parameters",
            "%s is not a mapping of names to values", dna_value_type_name(parameters));
    }
    for (int64_t i = 0; i < parameters->n; i++) {
        snprintf(at, sizeof(at), "parameters.%.128s", parameters->keys[i]);
        DNA_TRY(
            dna_priors_add(p, NULL, parameters->keys[i], parameters->items[i], at, 0));
    }
out:
    return rc;
}

/* A list of texts, or one. */
static int
read_conditions(dna_priors *p, const dna_value *v)
{
    bool is_list = !dna_value_is_null(v) && v->type == DNA_LIST;
    int64_t n = is_list ? v->n : dna_value_is_null(v) ? 0 : 1;

    p->conditions = dna_arena_alloc(p->arena, (size_t)n + 1, sizeof(*p->conditions));
    if (p->conditions == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        dna_prior_condition *c = &p->conditions[p->n_condition++];
        c->source = is_list ? v->items[i] : v;
        c->at = is_list ? dna_arena_printf(p->arena, "conditions[%lld]", (long long)i)
                        : "conditions";
        if (c->at == NULL) {
            return DNA_ENOMEM;
        }
        if (c->source->type != DNA_STRING) {
            return dna_config_fail(DNA_EARG, c->source, c->at,
                "%s is not a text such as \"a < 2 * b\"",
                dna_value_type_name(c->source));
        }
    }
    return DNA_OK;
}

int
dna_priors_read(dna_priors *p, const dna_value *config)
{
    const dna_value *table = dna_value_get(config, "table");
    const dna_value *n_scenarios = dna_value_get(config, "n_scenarios");
    int64_t n = 0;
    int rc = DNA_OK;

    if (!dna_value_is_null(table)) {
        DNA_TRY(dna_priors_read_table(p, table));
        if (dna_value_as_int(n_scenarios, &n) && n > p->n_row) {
            return dna_config_fail(DNA_EARG, n_scenarios, "n_scenarios",
                "%lld are more than the %lld rows of %s", (long long)n,
                (long long)p->n_row, p->table);
        }
    }
    DNA_TRY(read_parameters(p, dna_value_get(config, "parameters")));
    DNA_TRY(read_conditions(p, dna_value_get(config, "conditions")));
out:
    return rc;
}

/* ---- order ------------------------------------------------------------------------- */

typedef struct {
    dna_priors *p;
    int64_t n;      /* values in order so far */
    int64_t *stack; /* [n_stack] each uses the next */
    int64_t n_stack;
    bool is_constant; /* all that the current value uses is */
} walk;

static int visit(walk *w, int64_t i);

static int
visit_use(void *payload, int64_t place)
{
    walk *w = payload;
    bool is_constant = w->is_constant;
    int rc = DNA_OK;

    DNA_TRY(visit(w, place));
    w->is_constant = is_constant && w->p->priors[place].is_constant;
out:
    return rc;
}

static bool
is_whole(const dna_priors *p, const dna_prior *prior)
{
    if (prior->expression != NULL) {
        return dna_expression_is_integer(prior->expression, p->whole);
    }
    for (int64_t k = 0; k < prior->n_choice; k++) {
        if (prior->choices[k] != floor(prior->choices[k])) {
            return false;
        }
    }
    return prior->choices != NULL ? prior->column.labels == NULL
                                  : prior->column.is_integer;
}

/* A value whose uses are in order: whether it is whole, and what it is if constant. */
static int
settle(walk *w, int64_t i)
{
    dna_priors *p = w->p;
    dna_prior *prior = &p->priors[i];
    int rc = DNA_OK;

    prior->column.is_integer = is_whole(p, prior);
    p->whole[i] = prior->column.is_integer;
    prior->is_constant = prior->expression != NULL && !prior->draws
                         && prior->low == NULL && w->is_constant;
    prior->is_column = (prior->flags & DNA_PRIOR_IS_SETTING) == 0 || prior->draws
                       || (!prior->is_constant && !prior->is_hidden
                           && (prior->flags & DNA_PRIOR_IS_UNNAMED) == 0
                           && !dna_expression_is_alias(prior->expression));
    p->has_draws = p->has_draws || prior->draws;
    if (prior->is_constant) {
        DNA_TRY(dna_expression_eval(
            prior->expression, p->constants, NULL, &p->constants[i]));
        if (!isfinite(p->constants[i])) {
            rc = dna_config_fail(DNA_EARG, prior->source, prior->at,
                "the value is %g, not a finite number", p->constants[i]);
        }
    }
out:
    return rc;
}

/* "a -> b -> a" */
static int
refuse_cycle(const walk *w, int64_t i)
{
    const dna_prior *prior = &w->p->priors[i];
    int64_t start = w->n_stack - 1;
    dna_str chain;

    while (w->stack[start] != i) {
        start--;
    }
    dna_str_init(&chain, 0);
    for (int64_t k = start; k < w->n_stack && k < start + 10; k++) {
        dna_str_addf(&chain, "%s -> ", w->p->priors[w->stack[k]].column.name);
    }
    int rc = dna_config_fail(DNA_EARG, prior->source, prior->at,
        "the value depends on itself: %s%s%s", dna_str_text(&chain),
        w->n_stack > start + 10 ? "... -> " : "", prior->column.name);
    dna_str_clear(&chain);
    return rc;
}

static int
visit(walk *w, int64_t i)
{
    enum { MAX_CHAIN = 1000 };
    dna_prior *prior = &w->p->priors[i];
    int rc = DNA_OK;

    if (prior->mark == DONE) {
        w->is_constant = prior->is_constant;
        return DNA_OK;
    }
    if (prior->mark == OPEN) {
        return refuse_cycle(w, i);
    }
    if (w->n_stack == MAX_CHAIN) {
        return dna_config_fail(DNA_EARG, prior->source, prior->at,
            "more than %d values depend on one another in a chain", (int)MAX_CHAIN);
    }
    prior->mark = OPEN;
    w->stack[w->n_stack++] = i;
    w->is_constant = true;
    const dna_expression *const parts[] = {prior->expression, prior->low, prior->high};
    for (int64_t k = 0; k < DNA_COUNT(parts); k++) {
        if (parts[k] != NULL) {
            DNA_TRY(dna_expression_each_use(parts[k], visit_use, w));
        }
    }
    DNA_TRY(settle(w, i));
    w->n_stack--;
    prior->mark = DONE;
    w->p->order[w->n++] = i;
out:
    return rc;
}

/* Names are of one value each; a setting gives way to another value. */
static int
read_names(dna_priors *p)
{
    for (int64_t i = 0; i < p->n; i++) {
        dna_prior *prior = &p->priors[i];
        const dna_sim_column *c = &prior->column;
        p->names[i] = (dna_expression_name){c->name, c->labels, c->n_label};
        if ((prior->flags & DNA_PRIOR_IS_UNNAMED) != 0) {
            p->names[i].name = "";
            continue;
        }
        for (int64_t k = 0; k < i; k++) {
            dna_prior *other = &p->priors[k];
            if (strcmp(p->names[k].name, c->name) != 0) {
                continue;
            }
            bool is_setting = (prior->flags & DNA_PRIOR_IS_SETTING) != 0;
            if (!is_setting && (other->flags & DNA_PRIOR_IS_SETTING) == 0) {
                return refuse_twice(other, prior);
            }
            int64_t hidden = is_setting ? i : k;
            p->priors[hidden].is_hidden = true;
            p->names[hidden].name = "";
        }
    }
    return DNA_OK;
}

static int
read_all(dna_priors *p)
{
    dna_expression_scope scope = {p->names, p->n};
    int rc = DNA_OK;

    DNA_TRY(read_names(p));
    for (int64_t i = 0; i < p->n; i++) {
        DNA_TRY(dna_prior_read(p, &p->priors[i], &scope));
    }
    for (int64_t i = 0; i < p->n_condition; i++) {
        dna_prior_condition *c = &p->conditions[i];
        rc = dna_expression_parse(
            &c->expression, p->arena, c->source->text, &scope, true);
        if (rc < 0) {
            return dna_prior_place_error(c->source, c->at, rc);
        }
    }
out:
    return rc;
}

int
dna_priors_finish(dna_priors *p)
{
    walk w = {.p = p};
    size_t n = (size_t)p->n + 1;
    int rc = DNA_OK;

    p->names = dna_arena_alloc(p->arena, n, sizeof(*p->names));
    p->order = dna_arena_alloc(p->arena, n, sizeof(*p->order));
    p->whole = dna_arena_alloc(p->arena, n, sizeof(*p->whole));
    p->constants = dna_arena_alloc(p->arena, n, sizeof(*p->constants));
    w.stack = dna_arena_alloc(p->arena, n, sizeof(*w.stack));
    p->columns = dna_arena_alloc(p->arena, n, sizeof(*p->columns));
    p->place = dna_arena_alloc(p->arena, n, sizeof(*p->place));
    if (p->names == NULL || p->order == NULL || p->whole == NULL || p->constants == NULL
        || w.stack == NULL || p->columns == NULL || p->place == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(read_all(p));
    for (int64_t i = 0; i < p->n; i++) {
        DNA_TRY(visit(&w, i));
    }
    for (int64_t i = 0; i < p->n; i++) {
        if (p->priors[i].is_column) {
            if (p->priors[i].is_hidden) {
                return refuse_twice(
                    &p->priors[dna_priors_find(p, p->priors[i].column.name)],
                    &p->priors[i]);
            }
            p->columns[p->n_column] = p->priors[i].column;
            p->place[p->n_column++] = i;
        }
    }
out:
    return rc;
}

/* ---- what is known ----------------------------------------------------------------- */

int64_t
dna_priors_count(const dna_priors *p)
{
    return p->n;
}

int64_t
dna_priors_n_row(const dna_priors *p)
{
    return p->n_row;
}

bool
dna_priors_constant(const dna_priors *p, int64_t place, double *out)
{
    if (p->priors[place].is_constant) {
        *out = p->constants[place];
    }
    return p->priors[place].is_constant;
}

const dna_sim_column *
dna_priors_column(const dna_priors *p, int64_t place)
{
    return &p->priors[place].column;
}

void
dna_priors_columns(const dna_priors *p, const dna_sim_column **columns,
    const int64_t **place, int64_t *n)
{
    *columns = p->columns;
    *n = p->n_column;
    if (place != NULL) {
        *place = p->place;
    }
}

int
dna_priors_fail(const dna_priors *p, int64_t place, int code, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return dna_config_fail(
        code, p->priors[place].source, p->priors[place].at, "%s", text);
}

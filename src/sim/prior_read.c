/* prior_read.c - a value of a config as a formula, a distribution or a choice.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/distribution.h"
#include "config/schema.h"
#include "sim/prior_set.h"

int
dna_prior_place_error(const dna_value *source, const char *at, int code)
{
    return code == DNA_ENOMEM ? code
                              : dna_config_fail(code, source, at, "%s", dna_message());
}

/* ---- choices --------------------------------------------------------------------- */

static int
read_weights(dna_priors *p, dna_prior *prior, const dna_value *weights)
{
    double *sums = dna_arena_alloc(p->arena, (size_t)prior->n_choice, sizeof(*sums));
    double sum = 0;

    if (sums == NULL) {
        return DNA_ENOMEM;
    }
    if (weights != NULL
        && (weights->type != DNA_LIST || weights->n != prior->n_choice)) {
        return dna_config_fail(DNA_EARG, weights, prior->at,
            "weights are not a list of %lld numbers, one for each choice",
            (long long)prior->n_choice);
    }
    for (int64_t i = 0; i < prior->n_choice; i++) {
        double w = 1;
        if (weights != NULL
            && (!dna_value_as_double(weights->items[i], &w) || !isfinite(w) || w < 0)) {
            return dna_config_fail(DNA_EARG, weights->items[i], prior->at,
                "weight %lld is not a number from 0 on", (long long)i);
        }
        sum += w;
        sums[i] = sum;
    }
    if (!(sum > 0) || !isfinite(sum)) {
        return dna_config_fail(
            DNA_EARG, weights, prior->at, "the weights add up to %g", sum);
    }
    for (int64_t i = 0; i < prior->n_choice; i++) {
        sums[i] /= sum;
    }
    prior->cumulative = sums;
    return DNA_OK;
}

static bool
are_numbers(const dna_value *list)
{
    double v = 0;

    for (int64_t i = 0; i < list->n; i++) {
        const dna_value *item = list->items[i];
        if (item->is_quoted || item->type == DNA_STRING
            || !dna_value_as_double(item, &v)) {
            return false;
        }
    }
    return true;
}

static int
read_labels(dna_priors *p, dna_prior *prior, const dna_value *list)
{
    const char **labels = dna_arena_alloc(p->arena, (size_t)list->n, sizeof(*labels));

    if (labels == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < list->n; i++) {
        labels[i] = dna_value_as_text(list->items[i]);
        if (labels[i] == NULL) {
            return dna_config_fail(DNA_EARG, list->items[i], prior->at,
                "choice %lld is %s, not a number or a text", (long long)i,
                dna_value_type_name(list->items[i]));
        }
        for (int64_t k = 0; k < i; k++) {
            if (strcmp(labels[k], labels[i]) == 0) {
                return dna_config_fail(DNA_EARG, list->items[i], prior->at,
                    "\"%s\" is there twice; weights make a choice more frequent",
                    labels[i]);
            }
        }
    }
    prior->column.labels = labels;
    prior->column.n_label = list->n;
    return DNA_OK;
}

int
dna_prior_read_choice(dna_priors *p, dna_prior *prior)
{
    const dna_value *list = dna_value_get(prior->source, "choice");
    bool is_text = false;
    double *choices = NULL;
    int rc = DNA_OK;

    if (list == NULL) {
        return DNA_OK;
    }
    if (list->type != DNA_LIST || list->n < 1 || list->n > DNA_PRIORS_MAX) {
        return dna_config_fail(DNA_EARG, list, prior->at,
            "choice is not a list of 1 to %d numbers or texts", DNA_PRIORS_MAX);
    }
    choices = dna_arena_alloc(p->arena, (size_t)list->n, sizeof(*choices));
    if (choices == NULL) {
        return DNA_ENOMEM;
    }
    is_text = !are_numbers(list);
    if (is_text) {
        DNA_TRY(read_labels(p, prior, list));
    }
    for (int64_t i = 0; i < list->n; i++) {
        choices[i] = (double)i;
        if (!is_text) {
            (void)dna_value_as_double(list->items[i], &choices[i]);
            if (!isfinite(choices[i])) {
                rc = dna_config_fail(DNA_EARG, list->items[i], prior->at,
                    "%g is not finite", choices[i]);
                goto out;
            }
        }
    }
    prior->choices = choices;
    prior->n_choice = list->n;
    DNA_TRY(read_weights(p, prior, dna_value_get(prior->source, "weights")));
out:
    return rc;
}

/* ---- formulas -------------------------------------------------------------------- */

static int
read_formula(dna_expression **out, dna_priors *p, const dna_prior *prior,
    const dna_value *v, const dna_expression_scope *scope)
{
    double number = 0;
    int rc = DNA_OK;

    if (v->type == DNA_INT || v->type == DNA_FLOAT) {
        (void)dna_value_as_double(v, &number);
        if (!isfinite(number)) {
            return dna_config_fail(
                DNA_EARG, v, prior->at, "%g is not a finite number", number);
        }
        *out = dna_expression_number(p->arena, number);
        return *out == NULL ? DNA_ENOMEM : DNA_OK;
    }
    if (v->type != DNA_STRING) {
        return dna_config_fail(DNA_EARG, v, prior->at,
            "%s is not a number or a formula", dna_value_type_name(v));
    }
    DNA_TRY(dna_expression_parse(out, p->arena, v->text, scope, false));
out:
    return rc < 0 ? dna_prior_place_error(v, prior->at, rc) : rc;
}

/* [low, high] or {low: ..., high: ...} */
static int
read_args(dna_expression **args, dna_priors *p, const dna_prior *prior,
    const dna_distribution *d, const dna_value *v, const dna_expression_scope *scope)
{
    bool is_single = d->n_arg == 1 && v->type != DNA_LIST && v->type != DNA_MAP;
    int rc = DNA_OK;

    if (!is_single
        && ((v->type != DNA_LIST && v->type != DNA_MAP) || v->n != d->n_arg)) {
        dna_str wanted;
        dna_str_init(&wanted, 0);
        for (int i = 0; i < d->n_arg; i++) {
            dna_str_addf(&wanted, "%s%s", i > 0 ? ", " : "", d->args[i]);
        }
        rc = dna_config_fail(DNA_EARG, v, prior->at, "%s is not a list [%s]", d->name,
            dna_str_text(&wanted));
        dna_str_clear(&wanted);
        return rc;
    }
    for (int i = 0; i < d->n_arg; i++) {
        const dna_value *arg = v;
        if (!is_single) {
            arg = v->type == DNA_LIST ? v->items[i] : dna_value_get(v, d->args[i]);
        }
        if (arg == NULL) {
            return dna_config_fail(
                DNA_EARG, v, prior->at, "%s lacks %s", d->name, d->args[i]);
        }
        DNA_TRY(read_formula(&args[i], p, prior, arg, scope));
    }
out:
    return rc;
}

static int
unknown_key(const dna_prior *prior, const char *key)
{
    const char *known[32] = {"choice", "expression"};
    int64_t n = 2;
    dna_str names;

    for (; dna_distribution_at(n - 2) != NULL; n++) {
        known[n] = dna_distribution_at(n - 2)->name;
    }
    dna_str_init(&names, 0);
    for (int64_t i = 0; i < n; i++) {
        dna_str_addf(&names, "%s%s", i > 0 ? ", " : "", known[i]);
    }
    const char *nearest = key != NULL ? dna_nearest_name(key, known, n) : NULL;
    int rc = key == NULL ? dna_config_fail(DNA_EARG, prior->source, prior->at,
                 "the mapping names no distribution: one of %s", dna_str_text(&names))
                         : dna_config_fail(DNA_EARG, prior->source, prior->at,
                             "\"%s\" is no distribution%s%s%s; known are %s", key,
                             nearest != NULL ? ", did you mean \"" : "",
                             nearest != NULL ? nearest : "",
                             nearest != NULL ? "\"?" : "", dna_str_text(&names));
    dna_str_clear(&names);
    return rc;
}

static int
read_within(dna_priors *p, dna_prior *prior, const dna_value *v,
    const dna_expression_scope *scope)
{
    int rc = DNA_OK;

    if (v->type != DNA_LIST || v->n != 2) {
        return dna_config_fail(
            DNA_EARG, v, prior->at, "within is not a list [low, high]");
    }
    if (prior->column.labels != NULL) {
        return dna_config_fail(DNA_EARG, v, prior->at, "within is not for texts");
    }
    DNA_TRY(read_formula(&prior->low, p, prior, v->items[0], scope));
    DNA_TRY(read_formula(&prior->high, p, prior, v->items[1], scope));
    if (dna_expression_draws(prior->low) || dna_expression_draws(prior->high)) {
        rc = dna_config_fail(DNA_EARG, v, prior->at, "the bounds of within would draw");
    }
out:
    return rc;
}

static int
read_map(dna_priors *p, dna_prior *prior, const dna_expression_scope *scope)
{
    const dna_value *v = prior->source;
    dna_expression *args[DNA_DISTRIBUTION_MAX_ARGS] = {NULL};
    int64_t n_kind = 0;
    int rc = DNA_OK;

    for (int64_t i = 0; i < v->n; i++) {
        const char *key = v->keys[i];
        const dna_distribution *d = dna_distribution_find(key);
        if (strcmp(key, "within") == 0
            || (strcmp(key, "weights") == 0 && prior->choices != NULL)) {
            continue;
        }
        if (n_kind++ > 0) {
            return dna_config_fail(DNA_EARG, v->items[i], prior->at,
                "\"%s\" is a second way to the value; one is enough", key);
        }
        if (d != NULL) {
            DNA_TRY(read_args(args, p, prior, d, v->items[i], scope));
            DNA_TRY(dna_expression_call(&prior->expression, p->arena, key, args));
        } else if (strcmp(key, "expression") == 0) {
            DNA_TRY(read_formula(&prior->expression, p, prior, v->items[i], scope));
        } else if (strcmp(key, "choice") != 0) {
            return unknown_key(prior, key);
        }
    }
    if (n_kind == 0) {
        return unknown_key(prior, NULL);
    }
    const dna_value *within = dna_value_get(v, "within");
    if (within != NULL) {
        DNA_TRY(read_within(p, prior, within, scope));
    }
out:
    return rc;
}

int
dna_prior_read(dna_priors *p, dna_prior *prior, const dna_expression_scope *scope)
{
    int rc = DNA_OK;

    if (prior->source == NULL || prior->expression != NULL || prior->rows != NULL) {
        return DNA_OK;
    }
    if (prior->source->type == DNA_MAP) {
        DNA_TRY(read_map(p, prior, scope));
    } else if (prior->source->type == DNA_INT || prior->source->type == DNA_FLOAT
               || prior->source->type == DNA_STRING) {
        DNA_TRY(read_formula(&prior->expression, p, prior, prior->source, scope));
    } else {
        return dna_config_fail(DNA_EARG, prior->source, prior->at,
            "%s is not a number, a formula or a distribution",
            dna_value_type_name(prior->source));
    }
    if (prior->expression != NULL) {
        rc = dna_expression_check(prior->expression);
        if (rc < 0) {
            return dna_prior_place_error(prior->source, prior->at, rc);
        }
    }
    prior->draws = prior->choices != NULL || dna_expression_draws(prior->expression);
out:
    return rc;
}

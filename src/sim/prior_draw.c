/* prior_draw.c - rows of values that satisfy the conditions.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "sim/prior_set.h"

/* Tries of a value until it is within its bounds, and of a row until it is accepted; and
 * values drawn for one row in all, so that the product of the two is bounded too. */
enum { MAX_TRIES = 100000, MAX_VALUES = 10000000 };

static double
choose(const dna_prior *prior, dna_rng *rng)
{
    double u = dna_rng_uniform(rng);
    int64_t low = 0, high = prior->n_choice - 1;

    while (low < high) { /* the first whose sum is above u */
        int64_t middle = (low + high) / 2;
        if (prior->cumulative[middle] > u) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return prior->choices[low];
}

static int
draw_once(const dna_prior *prior, const double *values, dna_rng *rng, double *out)
{
    int rc = DNA_OK;

    if (prior->choices != NULL) {
        *out = choose(prior, rng);
        return DNA_OK;
    }
    rc = dna_expression_eval(prior->expression, values, rng, out);
    if (rc < 0) {
        return dna_prior_place_error(prior->source, prior->at, rc);
    }
    if (!isfinite(*out)) {
        return dna_config_fail(DNA_ENUMERIC, prior->source, prior->at,
            "the value is %g, not a finite number", *out);
    }
    return DNA_OK;
}

static int
draw_within(const dna_prior *prior, const double *values, dna_rng *rng, double *out,
    int64_t *n_value)
{
    double low = 0, high = 0;
    int64_t n_try = prior->draws ? MAX_TRIES : 1;
    int rc = DNA_OK;

    DNA_TRY(dna_expression_eval(prior->low, values, NULL, &low));
    DNA_TRY(dna_expression_eval(prior->high, values, NULL, &high));
    for (int64_t i = 0; i < n_try; i++) {
        DNA_TRY(draw_once(prior, values, rng, out));
        ++*n_value;
        if (*out >= low && *out <= high) {
            return DNA_OK;
        }
    }
    rc = dna_config_fail(DNA_EARG, prior->source, prior->at,
        "of %lld value%s none was within [%.10g, %.10g]; the last was %.10g",
        (long long)n_try, n_try == 1 ? "" : "s", low, high, *out);
out:
    return rc;
}

/* *n_value counts what is drawn. */
static int
draw_value(const dna_priors *p, int64_t place, double *values, dna_rng *rng,
    int64_t row, int64_t *n_value)
{
    const dna_prior *prior = &p->priors[place];
    double *out = &values[place];

    if (prior->rows != NULL) {
        *out = prior->rows[row];
        return DNA_OK;
    }
    if (prior->is_constant) {
        *out = p->constants[place];
        return DNA_OK;
    }
    ++*n_value;
    return prior->low != NULL ? draw_within(prior, values, rng, out, n_value)
                              : draw_once(prior, values, rng, out);
}

/* The first condition that does not hold, n_condition if all do. */
static int
first_failed(const dna_priors *p, const double *values, int64_t *out)
{
    double holds = 1;
    int64_t i = 0;
    int rc = DNA_OK;

    for (; i < p->n_condition; i++) {
        DNA_TRY(dna_expression_eval(p->conditions[i].expression, values, NULL, &holds));
        if (holds == 0) {
            break;
        }
    }
    *out = i;
out:
    return rc;
}

static int
refuse_conditions(const dna_priors *p, const int64_t *n_failed, int64_t n_try)
{
    int64_t most = 0;

    for (int64_t i = 1; i < p->n_condition; i++) {
        if (n_failed[i] > n_failed[most]) {
            most = i;
        }
    }
    const dna_prior_condition *c = &p->conditions[most];
    return dna_config_fail(DNA_EARG, c->source, c->at,
        "\"%s\" did not hold in %lld of %lld rows drawn, and no row satisfied all "
        "conditions",
        c->source->text, (long long)n_failed[most], (long long)n_try);
}

static int
draw_row(const dna_priors *p, dna_rng *rng, int64_t row, double *values)
{
    int64_t most = p->has_draws ? MAX_TRIES : 1;
    int64_t n_try = 0, n_value = 0, failed = 0;
    int64_t *n_failed = NULL;
    int rc = DNA_OK;

    DNA_NEW(n_failed, p->n_condition + 1);
    for (; n_try < most && n_value < MAX_VALUES; n_try++) {
        for (int64_t k = 0; k < p->n; k++) {
            DNA_TRY(draw_value(p, p->order[k], values, rng, row, &n_value));
        }
        DNA_TRY(first_failed(p, values, &failed));
        if (failed == p->n_condition) {
            goto out;
        }
        n_failed[failed]++;
    }
    rc = refuse_conditions(p, n_failed, n_try);
out:
    dna_free(n_failed);
    return rc;
}

int
dna_priors_draw(const dna_priors *p, dna_rng *rng, int64_t row, double *columns)
{
    double *values = NULL;
    int rc = DNA_OK;

    DNA_NEW(values, p->n + 1);
    if (row < 0 && p->n_row > 0) {
        row = dna_rng_below(rng, p->n_row);
    }
    DNA_TRY(draw_row(p, rng, row, values));
    for (int64_t i = 0; i < p->n_column; i++) {
        columns[i] = values[p->place[i]];
    }
out:
    dna_free(values);
    return rc;
}

int
dna_priors_table(
    const dna_priors *p, uint64_t seed, int64_t n_scenario, double *columns)
{
    dna_rng rng;
    int rc = DNA_OK;

    for (int64_t i = 0; i < n_scenario; i++) {
        dna_rng_init(&rng, seed, "scenario", i, 0, 0);
        rc = dna_priors_draw(p, &rng, p->n_row > 0 ? i : -1, columns + i * p->n_column);
        if (rc < 0) {
            dna_context("scenario %lld", (long long)i);
            break;
        }
    }
    return rc;
}

int
dna_priors_restore(const dna_priors *p, const double *columns, double *values)
{
    int64_t n_value = 0;
    int rc = DNA_OK;

    for (int64_t i = 0; i < p->n_column; i++) {
        values[p->place[i]] = columns[i];
    }
    for (int64_t k = 0; k < p->n; k++) {
        int64_t place = p->order[k];
        if (!p->priors[place].is_column) {
            DNA_TRY(draw_value(p, place, values, NULL, 0, &n_value));
        }
    }
out:
    return rc;
}

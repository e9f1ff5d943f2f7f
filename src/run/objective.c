/* objective.c - what training makes small: the weighted losses of all parameters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/objective.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/transform.h"

static int
find_loss(const dna_loss_def **out, const dna_param *param)
{
    const dna_loss_def *loss = dna_loss_find(param->loss_func);
    bool is_class = param->type == DNA_CLASSIFICATION;
    dna_str known;
    int rc = DNA_OK;

    char at[256];
    snprintf(at, sizeof(at), "learned_params.%.200s.loss_func", param->name);
    const dna_value *place = dna_value_get(param->source, "loss_func");
    dna_str_init(&known, 0);
    const dna_loss_def *each = NULL;
    for (int64_t i = 0; (each = dna_loss_at(i)) != NULL; i++) {
        if (each->is_classification == is_class) {
            dna_str_addf(&known, "%s%s", known.len > 0 ? ", " : "", each->name);
        }
    }
    const char *kind = is_class ? "classification" : "regression";
    if (loss == NULL) {
        rc = dna_config_fail(DNA_ENOTFOUND, place, at,
            "unknown loss \"%s\", for a %s there are: %s", param->loss_func, kind,
            dna_str_text(&known));
    } else if (loss->is_classification != is_class) {
        rc = dna_config_fail(DNA_EARG, place, at,
            "%s is no loss for a %s, there are: %s", loss->name, kind,
            dna_str_text(&known));
    } else if (param->class_weight_list != NULL
               && strcmp(loss->name, "Multi Margin") == 0) {
        rc = dna_config_fail(DNA_EARG, dna_value_get(param->source, "class_weights"),
            at, "a list of class_weights is for Cross Entropy and NLL, not for %s",
            loss->name);
    }
    *out = loss;
    dna_str_clear(&known);
    return rc;
}

int
dna_objective_check(const dna_param *params, int64_t n)
{
    int rc = DNA_OK;
    for (int64_t i = 0; i < n; i++) {
        const dna_loss_def *loss = NULL;
        DNA_TRY(find_loss(&loss, &params[i]));
    }
out:
    return rc;
}

static double
share_missing(const double *targets, int64_t n, int64_t i, int64_t n_row)
{
    int64_t n_missing = 0;
    for (int64_t row = 0; row < n_row; row++) {
        n_missing += isnan(targets[row * n + i]) != 0;
    }
    return n_row > 0 ? (double)n_missing / (double)n_row : 1.0;
}

/* Column i of the table: total / count of each class among the training rows. */
static int
balance(dna_objective_term *t, const double *targets, const int *split, int64_t n,
    int64_t i, int64_t n_row)
{
    int64_t total = 0;
    int rc = DNA_OK;

    DNA_NEW(t->class_weights, t->n_column);
    for (int64_t row = 0; row < n_row; row++) {
        double c = targets[row * n + i];
        if ((split == NULL || split[row] == DNA_TRAINING) && c >= 0.0
            && c < (double)t->n_column) {
            t->class_weights[(int64_t)c] += 1.0;
            total++;
        }
    }
    for (int64_t c = 0; c < t->n_column; c++) {
        /* a class that training never shows counts as if it had one scenario */
        t->class_weights[c] = (double)total / fmax(t->class_weights[c], 1.0);
    }
out:
    return rc;
}

int
dna_objective_init(dna_objective *o, const dna_param *params, int64_t n,
    const double *targets, const int *split, int64_t n_row)
{
    int rc = DNA_OK;

    *o = (dna_objective){0};
    DNA_NEW(o->terms, n);
    o->n = n;
    for (int64_t i = 0; i < n; i++) {
        dna_objective_term *t = &o->terms[i];
        bool is_class = params[i].type == DNA_CLASSIFICATION;
        double missing = share_missing(targets, n, i, n_row);
        DNA_REQUIRE(missing < 1.0, DNA_EARG,
            "%s: no scenario has a value of this parameter", params[i].name);
        DNA_TRY(find_loss(&t->loss, &params[i]));
        t->name = params[i].name;
        t->column = o->n_output;
        t->n_column = is_class ? params[i].n_class : 1;
        o->n_output += t->n_column;
        t->weight = params[i].loss_weight
                    / (is_class ? (double)params[i].n_class : 1.0 - missing);
        if (params[i].class_weight_list != NULL) {
            DNA_NEW(t->class_weights, t->n_column);
            memcpy(t->class_weights, params[i].class_weight_list,
                (size_t)t->n_column * sizeof(*t->class_weights));
        } else if (is_class && strcmp(t->loss->name, "Cross Entropy") == 0
                   && dna_str_equal(params[i].class_weights, "balanced")) {
            DNA_TRY(balance(t, targets, split, n, i, n_row));
        }
    }
out:
    if (rc < 0) {
        dna_objective_clear(o);
    }
    return rc;
}

void
dna_objective_clear(dna_objective *o)
{
    for (int64_t i = 0; o->terms != NULL && i < o->n; i++) {
        dna_free(o->terms[i].class_weights);
    }
    dna_free(o->terms);
    *o = (dna_objective){0};
}

/* Weighted mean over samples: sum of w[t] l / sum of w[t]. Two passes: the gradient
 * needs the sum of the weights. */
static double
weighted_mean(const dna_objective *o, const dna_objective_term *t, const float *out,
    int64_t n_sample, const double *target, float *grad)
{
    double sum = 0.0;
    double weights = 0.0;
    for (int64_t s = 0; s < n_sample; s++) {
        double c = target[s * o->n];
        weights += isnan(c) ? 0.0 : t->class_weights[(int64_t)c];
    }
    for (int64_t s = 0; s < n_sample; s++) {
        double c = target[s * o->n];
        /* of one sample; a missing target gives 0 and no gradient */
        double share =
            isnan(c) || !(weights > 0.0) ? 0.0 : t->class_weights[(int64_t)c] / weights;
        sum += share
               * dna_loss_mean(t->loss, out + s * o->n_output, 1, o->n_output,
                   t->n_column, target + s * o->n, o->n, t->weight * share,
                   grad != NULL ? grad + s * o->n_output : NULL, NULL);
    }
    return sum;
}

double
dna_objective_eval(const dna_objective *o, const float *out, int64_t n_sample,
    const double *target, float *grad, double *losses)
{
    double sum = 0.0;
    for (int64_t i = 0; i < o->n; i++) {
        const dna_objective_term *t = &o->terms[i];
        float *to = grad != NULL ? grad + t->column : NULL;
        double loss =
            t->class_weights != NULL
                ? weighted_mean(o, t, out + t->column, n_sample, target + i, to)
                : dna_loss_mean(t->loss, out + t->column, n_sample, o->n_output,
                    t->n_column, target + i, o->n, t->weight, to, NULL);
        losses[i] = t->weight * loss;
        sum += losses[i];
    }
    return sum / (double)o->n;
}

int64_t
dna_objective_first_bad(const dna_objective *o, const double *losses)
{
    for (int64_t i = 0; i < o->n; i++) {
        if (!isfinite(losses[i])) {
            return i;
        }
    }
    return -1;
}

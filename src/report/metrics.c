/* metrics.c - how good predictions are, in the units of the parameters themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/metrics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

/* The numbers of one parameter among those of all. */
typedef struct {
    const double *predicted, *truth; /* of sample 0 */
    int64_t predicted_step, truth_step;
    int64_t n;
} column;

static double
predicted_of(const column *c, int64_t i)
{
    return c->predicted[i * c->predicted_step];
}

static double
truth_of(const column *c, int64_t i)
{
    return c->truth[i * c->truth_step];
}

int
dna_metrics_new(dna_metrics **out, const dna_predicted *params, int64_t n_param)
{
    dna_metrics *m = NULL;
    int rc = DNA_OK;

    DNA_NEW(m, 1);
    m->params = params;
    DNA_NEW(m->each, n_param);
    m->n_param = n_param;
    for (int64_t i = 0; i < n_param; i++) {
        size_t n_cell = 0;
        size_t n_class = (size_t)params[i].n_class;
        DNA_REQUIRE(dna_mul_size(n_class, n_class, &n_cell), DNA_ENOMEM,
            "%s: a confusion matrix of %lld classes", params[i].name,
            (long long)params[i].n_class);
        if (n_class > 0) {
            DNA_NEW(m->each[i].confusion, n_cell);
        }
    }
    *out = m;
    m = NULL;
out:
    dna_metrics_free(m);
    return rc;
}

void
dna_metrics_free(dna_metrics *m)
{
    if (m == NULL) {
        return;
    }
    for (int64_t i = 0; i < m->n_param; i++) {
        dna_free(m->each[i].confusion);
    }
    dna_free(m->each);
    dna_free(m);
}

/* NaN where there is nothing to take a mean of. */
static double
mean(double sum, int64_t n)
{
    return n > 0 ? sum / (double)n : (double)NAN;
}

/* Sum of (t - mean of t)^2, in two passes: large values that differ little would cancel
 * in one. Exactly 0 if all are equal, which their rounded mean does not promise. */
static double
spread(const column *c, double mean_truth)
{
    double sum = 0.0;
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (int64_t i = 0; i < c->n; i++) {
        double t = truth_of(c, i);
        if (!isnan(t)) {
            double d = t - mean_truth;
            sum += d * d;
            low = fmin(low, t);
            high = fmax(high, t);
        }
    }
    return high > low ? sum : 0.0;
}

static void
eval_regression(dna_metric *m, const column *c)
{
    double squares = 0.0, differences = 0.0, shares = 0.0, truths = 0.0;

    for (int64_t i = 0; i < c->n; i++) {
        double t = truth_of(c, i);
        double d = predicted_of(c, i) - t;
        if (isnan(t)) {
            continue;
        }
        m->n++;
        truths += t;
        differences += d;
        squares += d * d;
        if (t == 0.0) {
            m->n_zero++;
        } else {
            shares += fabs(d) / fabs(t);
        }
    }
    double total = spread(c, mean(truths, m->n));
    m->rmse = sqrt(mean(squares, m->n));
    m->bias = mean(differences, m->n);
    m->relative_error = mean(shares, m->n - m->n_zero);
    m->r2 = total > 0.0 ? 1.0 - squares / total : (double)NAN;
}

static void
eval_classes(dna_metric *m, const column *c, int64_t n_class)
{
    int64_t n_right = 0, n_present = 0;
    double recalls = 0.0;

    for (int64_t i = 0; i < c->n; i++) {
        if (isnan(truth_of(c, i))) {
            continue;
        }
        int64_t t = (int64_t)truth_of(c, i);
        int64_t p = (int64_t)predicted_of(c, i);
        assert(t >= 0 && t < n_class && p >= 0 && p < n_class);
        m->n++;
        m->confusion[t * n_class + p]++;
        n_right += t == p;
    }
    for (int64_t t = 0; t < n_class; t++) {
        int64_t n_true = 0;
        for (int64_t p = 0; p < n_class; p++) {
            n_true += m->confusion[t * n_class + p];
        }
        if (n_true > 0) {
            recalls += (double)m->confusion[t * n_class + t] / (double)n_true;
            n_present++;
        }
    }
    m->accuracy = mean((double)n_right, m->n);
    m->balanced_accuracy = mean(recalls, n_present);
}

/* Forget all but the memory. */
static void
reset(dna_metric *m, int64_t n_class)
{
    const double none = (double)NAN;
    int64_t *confusion = m->confusion;

    *m = (dna_metric){.rmse = none,
        .r2 = none,
        .relative_error = none,
        .bias = none,
        .accuracy = none,
        .balanced_accuracy = none,
        .confusion = confusion};
    if (confusion != NULL) {
        memset(confusion, 0, (size_t)(n_class * n_class) * sizeof(*confusion));
    }
}

void
dna_metrics_eval(dna_metrics *m, const double *values, const double *truth, int64_t n)
{
    int64_t at = 0;
    column c = {.predicted_step = dna_predicted_n_value(m->params, m->n_param),
        .truth_step = m->n_param,
        .n = n};

    for (int64_t i = 0; i < m->n_param; i++) {
        int64_t n_class = m->params[i].n_class;
        reset(&m->each[i], n_class);
        c.truth = truth + i;
        c.predicted = values + at + n_class; /* a class comes after its probabilities */
        if (n_class > 0) {
            eval_classes(&m->each[i], &c, n_class);
        } else {
            eval_regression(&m->each[i], &c);
        }
        at += n_class + 1;
    }
}

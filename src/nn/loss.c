/* loss.c - the losses: one small function each, and their mean over a batch.
 *
 * SPDX-License-Identifier: MIT
 *
 * Every comparison is written so that a NaN output ends in a NaN loss: training stops
 * on it, and a maximum or minimum that swallowed it would hide a diverged network.
 */
#include "nn/loss.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Regression: one output o[0], target t a number. */

static double
mse_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    double d = o[0] - t;
    grad[0] = 2.0 * d;
    return d * d;
}

static double
sign(double d)
{
    return d > 0.0 ? 1.0 : d < 0.0 ? -1.0 : 0.0;
}

static double
l1_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    double d = o[0] - t;
    grad[0] = sign(d);
    return fabs(d);
}

/* Smooth L1 with beta 1 and Huber with delta 1 are the same function. */
static double
huber_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    double d = o[0] - t;
    if (fabs(d) < 1.0) {
        grad[0] = d;
        return 0.5 * d * d;
    }
    grad[0] = sign(d);
    return fabs(d) - 0.5;
}

/* x mod 1 in [0, 1), as Python's % (fmod keeps the sign of x). */
static double
wrap(double x)
{
    double r = fmod(x, 1.0);
    return r < 0.0 ? r + 1.0 : r;
}

static double
mce_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    double right = wrap(o[0] - t); /* how far o lies after t on the circle */
    double left = wrap(t - o[0]);
    /* at a tie (o on t, or opposite to it) both slopes count half and cancel */
    grad[0] = right < left ? 1.0 : right > left ? -1.0 : 0.0;
    return right < left ? right : left;
}

static double
poisson_nll_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    double rate = exp(o[0]);
    grad[0] = rate - t;
    return rate - t * o[0];
}

static double
kl_div_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    grad[0] = -t;
    return (t == 0.0 ? 0.0 : t * log(t)) - t * o[0];
}

/* log(1 + exp(x)) and its derivative, without overflow. */
static double
softplus(double x)
{
    return (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)));
}

static double
logistic(double x)
{
    return x >= 0.0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x));
}

static double
bce_with_logits_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    grad[0] = logistic(o[0]) - t;
    return softplus(o[0]) - o[0] * t;
}

static double
bce_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    double p = o[0];
    if (!(p >= 0.0 && p <= 1.0)) {
        grad[0] = (double)NAN;
        return (double)NAN; /* no probability */
    }
    /* PyTorch bounds the logarithms at -100 and the slope's divisor at 1e-12 */
    double log_p = log(p) > -100.0 ? log(p) : -100.0;
    double log_q = log1p(-p) > -100.0 ? log1p(-p) : -100.0;
    grad[0] = (p - t) / DNA_MAX(p * (1.0 - p), 1e-12);
    return -(t * log_p + (1.0 - t) * log_q);
}

static double
soft_margin_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    grad[0] = -t * logistic(-t * o[0]);
    return softplus(-t * o[0]);
}

/* Targets other than 1 and -1 get both terms, as in PyTorch. */
static double
hinge_embedding_eval(const double *o, int64_t k, double t, double *grad)
{
    (void)k;
    double loss = 0.0;
    grad[0] = 0.0;
    if (t != 1.0 && !(1.0 - o[0] < 0.0)) {
        loss += 1.0 - o[0];
        grad[0] -= 1.0;
    }
    if (t != -1.0) {
        loss += o[0];
        grad[0] += 1.0;
    }
    return loss;
}

/* Classification: k outputs, target the index of the true class. */

static bool
is_class(double t, int64_t k)
{
    return t >= 0.0 && t < (double)k && floor(t) == t;
}

static double
no_class(int64_t k, double *grad)
{
    for (int64_t j = 0; j < k; j++) {
        grad[j] = (double)NAN;
    }
    return (double)NAN;
}

static double
cross_entropy_eval(const double *o, int64_t k, double t, double *grad)
{
    if (!is_class(t, k)) {
        return no_class(k, grad);
    }
    double top = o[0];
    for (int64_t j = 1; j < k; j++) {
        top = o[j] > top ? o[j] : top;
    }
    double sum = 0.0;
    for (int64_t j = 0; j < k; j++) {
        grad[j] = exp(o[j] - top);
        sum += grad[j];
    }
    for (int64_t j = 0; j < k; j++) {
        grad[j] /= sum;
    }
    grad[(int64_t)t] -= 1.0;
    return log(sum) + top - o[(int64_t)t];
}

static double
nll_eval(const double *o, int64_t k, double t, double *grad)
{
    if (!is_class(t, k)) {
        return no_class(k, grad);
    }
    for (int64_t j = 0; j < k; j++) {
        grad[j] = 0.0;
    }
    grad[(int64_t)t] = -1.0;
    return -o[(int64_t)t];
}

static double
multi_margin_eval(const double *o, int64_t k, double t, double *grad)
{
    if (!is_class(t, k)) {
        return no_class(k, grad);
    }
    int64_t truth = (int64_t)t;
    double loss = 0.0, slope = 1.0 / (double)k;
    for (int64_t j = 0; j < k; j++) {
        grad[j] = 0.0;
    }
    for (int64_t j = 0; j < k; j++) {
        double z = 1.0 - o[truth] + o[j];
        if (j != truth && !(z <= 0.0)) {
            loss += z;
            grad[j] += slope;
            grad[truth] -= slope;
        }
    }
    return loss * slope;
}

static const dna_loss_def losses[] = {
    {"MSE", false, "d^2", mse_eval},
    {"L1", false, "|d|", l1_eval},
    {"Smooth L1", false, "d^2 / 2 if |d| < 1, else |d| - 1/2", huber_eval},
    {"Huber", false, "d^2 / 2 if |d| < 1, else |d| - 1/2 (delta 1)", huber_eval},
    {"MCE", false,
        "min((o - t) mod 1, (t - o) mod 1): distance on a circle of length 1, for positions along a circular chromosome",
        mce_eval},
    {"Poisson NLL", false, "exp(o) - t o: o is the logarithm of a rate",
        poisson_nll_eval},
    {"KL Div", false, "t (log t - o), 0 at t = 0: o is a log-probability", kl_div_eval},
    {"BCE With Logits", false, "log(1 + exp(o)) - t o, t in [0, 1]",
        bce_with_logits_eval},
    {"BCE", false, "-(t log o + (1 - t) log(1 - o)), o in [0, 1]", bce_eval},
    {"Soft Margin", false, "log(1 + exp(-t o)), t = 1 or -1", soft_margin_eval},
    {"Hinge Embedding", false, "o if t = 1, max(0, 1 - o) if t = -1",
        hinge_embedding_eval},
    {"Cross Entropy", true, "-log softmax(o)[t]", cross_entropy_eval},
    {"NLL", true, "-o[t]: the outputs are log-probabilities", nll_eval},
    {"Multi Margin", true, "sum over j != t of max(0, 1 - o[t] + o[j]) / k",
        multi_margin_eval},
};

/* The letters of a name that count, lower case; "Loss" at the end does not. */
static void
normalize_name(char *out, size_t size, const char *name)
{
    size_t n = 0;
    for (; *name != '\0' && n + 1 < size; name++) {
        if (*name != ' ' && *name != '_') {
            out[n++] = (char)tolower((unsigned char)*name);
        }
    }
    out[n] = '\0';
    if (*name != '\0') {
        out[0] = '\0'; /* longer than any name we know */
    } else if (n > 4 && strcmp(out + n - 4, "loss") == 0) {
        out[n - 4] = '\0';
    }
}

const dna_loss_def *
dna_loss_find(const char *name)
{
    char wanted[32], known[32];
    if (name == NULL) {
        return NULL;
    }
    normalize_name(wanted, sizeof(wanted), name);
    for (int64_t i = 0; i < DNA_COUNT(losses); i++) {
        normalize_name(known, sizeof(known), losses[i].name);
        if (strcmp(wanted, known) == 0) {
            return &losses[i];
        }
    }
    return NULL;
}

const dna_loss_def *
dna_loss_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(losses) ? &losses[i] : NULL;
}

static int64_t
count_valid(const double *target, int64_t n, int64_t stride)
{
    int64_t n_valid = 0;
    for (int64_t i = 0; i < n; i++) {
        n_valid += !isnan(target[i * stride]);
    }
    return n_valid;
}

double
dna_loss_mean(const dna_loss_def *loss, const float *out, int64_t n, int64_t stride,
    int64_t k, const double *target, int64_t target_stride, double weight, float *grad,
    int64_t *n_valid)
{
    double small[2 * 64];
    double *scratch = small; /* outputs and slopes of one sample as doubles */
    double sum = 0.0;
    int64_t n_used = count_valid(target, n, target_stride);

    if (n_valid != NULL) {
        *n_valid = n_used;
    }
    if (k > 64) {
        scratch = dna_calloc((size_t)k, 2 * sizeof(*scratch));
        if (scratch == NULL) {
            return (double)NAN;
        }
    }
    double scale = n_used > 0 ? weight / (double)n_used : 0.0;
    for (int64_t i = 0; i < n; i++) {
        double t = target[i * target_stride];
        bool is_used = !isnan(t);
        if (is_used) {
            for (int64_t j = 0; j < k; j++) {
                scratch[j] = (double)out[i * stride + j];
            }
            sum += loss->eval(scratch, k, t, scratch + k);
        }
        for (int64_t j = 0; grad != NULL && j < k; j++) {
            grad[i * stride + j] = is_used ? (float)(scale * scratch[k + j]) : 0.0F;
        }
    }
    if (scratch != small) {
        dna_free(scratch);
    }
    return n_used > 0 ? sum / (double)n_used : 0.0;
}

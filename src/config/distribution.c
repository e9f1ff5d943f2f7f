/* distribution.c - uniform, normal and other distributions, drawn exactly.
 *
 * SPDX-License-Identifier: MIT
 *
 * Gamma: Marsaglia and Tsang 2000, ACM TOMS 26:363. Beta: from two gammas, in logarithms
 * so that small shapes do not give 0 / 0. Truncated normal: Robert 1995, Stat. Comput.
 * 5:121, whose rejection accepts a fair share wherever the bounds are.
 */
#include "config/distribution.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Whole numbers beyond are not all doubles. */
static const double most_whole = 9007199254740992.0;

/* ---- uniform --------------------------------------------------------------------- */

static int
check_order(const double *a)
{
    return a[0] <= a[1]
               ? DNA_OK
               : dna_fail(DNA_EARG, "low %.10g is above high %.10g", a[0], a[1]);
}

static double
draw_uniform(const double *a, dna_rng *rng)
{
    double u = dna_rng_uniform(rng);
    double x = a[0] * (1 - u) + a[1] * u;
    return DNA_MIN(DNA_MAX(x, a[0]), a[1]);
}

static int
check_log_uniform(const double *a)
{
    if (!(a[0] > 0)) {
        return dna_fail(DNA_EARG, "low %.10g is not above 0", a[0]);
    }
    return check_order(a);
}

static double
draw_log_uniform(const double *a, dna_rng *rng)
{
    double u = dna_rng_uniform(rng);
    double x = exp(log(a[0]) * (1 - u) + log(a[1]) * u);
    return DNA_MIN(DNA_MAX(x, a[0]), a[1]);
}

static int
check_integer(const double *a)
{
    for (int i = 0; i < 2; i++) {
        if (a[i] != floor(a[i]) || fabs(a[i]) > most_whole) {
            return dna_fail(DNA_EARG, "%s %.17g is not a whole number up to 2^53",
                i == 0 ? "low" : "high", a[i]);
        }
    }
    return check_order(a);
}

static double
draw_integer(const double *a, dna_rng *rng)
{
    return (
        double)((int64_t)a[0] + dna_rng_below(rng, (int64_t)a[1] - (int64_t)a[0] + 1));
}

/* ---- normal ---------------------------------------------------------------------- */

static int
check_normal(const double *a)
{
    return a[1] >= 0 ? DNA_OK : dna_fail(DNA_EARG, "sd %.10g is below 0", a[1]);
}

static double
draw_normal(const double *a, dna_rng *rng)
{
    return a[0] + a[1] * dna_rng_normal(rng);
}

static double
draw_log_normal(const double *a, dna_rng *rng)
{
    return exp(draw_normal(a, rng));
}

static int
check_truncated_normal(const double *a)
{
    if (!(a[1] > 0)) {
        return dna_fail(DNA_EARG, "sd %.10g is not above 0", a[1]);
    }
    return check_order(a + 2);
}

/* Standard normal between bounds on both sides of 0. */
static double
draw_around(double low, double high, dna_rng *rng)
{
    double x = 0;

    if (high - low > 2.5066282746310002) { /* sqrt(2 pi) */
        do {
            x = dna_rng_normal(rng);
        } while (x < low || x > high);
        return x;
    }
    do {
        x = low + (high - low) * dna_rng_uniform(rng);
    } while (dna_rng_uniform(rng) > exp(-0.5 * x * x));
    return x;
}

/* Standard normal between bounds above 0: from an exponential, or, in a narrow interval,
 * from a uniform. */
static double
draw_tail(double low, double high, dna_rng *rng)
{
    double root = sqrt(low * low + 4);
    double rate = 0.5 * (low + root);
    double wide = exp(0.5 + 0.25 * low * (low - root)) / rate;
    double x = 0;

    if (high - low <= wide) {
        do {
            x = low + (high - low) * dna_rng_uniform(rng);
        } while (dna_rng_uniform(rng) > exp(0.5 * (low - x) * (low + x)));
        return x;
    }
    do {
        x = low - log(1 - dna_rng_uniform(rng)) / rate;
    } while (x > high || dna_rng_uniform(rng) > exp(-0.5 * (x - rate) * (x - rate)));
    return x;
}

static double
draw_truncated_normal(const double *a, dna_rng *rng)
{
    double low = (a[2] - a[0]) / a[1];
    double high = (a[3] - a[0]) / a[1];
    double z = 0;

    if (a[2] == a[3]) {
        return a[2];
    }
    if (low > 0) {
        z = draw_tail(low, high, rng);
    } else if (high < 0) {
        z = -draw_tail(-high, -low, rng);
    } else {
        z = draw_around(low, high, rng);
    }
    return DNA_MIN(DNA_MAX(a[0] + a[1] * z, a[2]), a[3]);
}

/* ---- gamma and its kin ------------------------------------------------------------- */

/* The logarithm of a gamma number of scale 1. */
static double
draw_log_gamma(double shape, dna_rng *rng)
{
    double boost = 0;

    if (shape < 1) { /* G(shape) = G(shape + 1) U^(1 / shape) */
        boost = log(1 - dna_rng_uniform(rng)) / shape;
        shape += 1;
    }
    double d = shape - 1.0 / 3;
    double c = 1 / sqrt(9 * d);
    for (;;) {
        double x = dna_rng_normal(rng);
        double v = 1 + c * x;
        if (v <= 0) {
            continue;
        }
        v = v * v * v;
        double u = 1 - dna_rng_uniform(rng);
        if (log(u) < 0.5 * x * x + d * (1 - v + log(v))) {
            return log(d * v) + boost;
        }
    }
}

static int
check_two_shapes(const double *a)
{
    if (a[0] > 0 && a[1] > 0) {
        return DNA_OK;
    }
    return dna_fail(DNA_EARG, "%.10g is not above 0", a[0] > 0 ? a[1] : a[0]);
}

static double
draw_beta(const double *a, dna_rng *rng)
{
    double x = draw_log_gamma(a[0], rng);
    double y = draw_log_gamma(a[1], rng);
    return 1 / (1 + exp(y - x));
}

static double
draw_gamma(const double *a, dna_rng *rng)
{
    return a[1] * exp(draw_log_gamma(a[0], rng));
}

static int
check_exponential(const double *a)
{
    return a[0] > 0 ? DNA_OK : dna_fail(DNA_EARG, "mean %.10g is not above 0", a[0]);
}

static double
draw_exponential(const double *a, dna_rng *rng)
{
    return -a[0] * log(1 - dna_rng_uniform(rng));
}

/* ---- the table ------------------------------------------------------------------- */

static const dna_distribution distributions[] = {
    {"uniform", {"low", "high"}, 2, false, check_order, draw_uniform,
        "a number between low and high"},
    {"log_uniform", {"low", "high"}, 2, false, check_log_uniform, draw_log_uniform,
        "a number whose logarithm is uniform"},
    {"integer", {"low", "high"}, 2, true, check_integer, draw_integer,
        "a whole number from low to high, both included"},
    {"normal", {"mean", "sd"}, 2, false, check_normal, draw_normal,
        "mean and standard deviation"},
    {"log_normal", {"mean", "sd"}, 2, false, check_normal, draw_log_normal,
        "a number whose natural logarithm has this mean and standard deviation"},
    {"truncated_normal", {"mean", "sd", "low", "high"}, 4, false,
        check_truncated_normal, draw_truncated_normal,
        "a normal number given that it is between low and high"},
    {"beta", {"a", "b"}, 2, false, check_two_shapes, draw_beta,
        "between 0 and 1, with mean a / (a + b)"},
    {"gamma", {"shape", "scale"}, 2, false, check_two_shapes, draw_gamma,
        "mean shape * scale"},
    {"exponential", {"mean"}, 1, false, check_exponential, draw_exponential,
        "a waiting time with this mean"}};

const dna_distribution *
dna_distribution_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(distributions) ? &distributions[i] : NULL;
}

const dna_distribution *
dna_distribution_find(const char *name)
{
    for (int64_t i = 0; i < DNA_COUNT(distributions); i++) {
        if (strcmp(distributions[i].name, name) == 0) {
            return &distributions[i];
        }
    }
    return NULL;
}

/* axis.c - ticks of linear and logarithmic axes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
add(dna_ticks *t, double v, bool is_minor)
{
    double slack = 1e-9 * (t->is_log ? v : t->max - t->min);
    if (t->n < DNA_TICKS_MAX && v >= t->min - slack && v <= t->max + slack) {
        t->is_minor[t->n] = is_minor;
        t->at[t->n++] = v;
    }
}

static void
find_linear(dna_ticks *t, int n_wanted)
{
    static const double nice[] = {1, 2, 5, 10};
    double rough = 0.8 * (t->max - t->min) / DNA_MAX(n_wanted, 1);
    double power = pow(10, floor(log10(rough)));
    double step = power;

    for (int i = 0; i < (int)DNA_COUNT(nice) && step < rough * (1 - 1e-9); i++) {
        step = nice[i] * power;
    }
    t->n_digit = DNA_MAX(0, (int)-floor(log10(step) + 1e-9));
    double first = ceil(t->min / step - 1e-9);
    for (int i = 0; i < DNA_TICKS_MAX; i++) {
        add(t, (first + i) * step, false);
    }
}

static void
find_log(dna_ticks *t)
{
    double low = floor(log10(t->min) + 1e-9);
    double high = ceil(log10(t->max) - 1e-9);
    bool is_short = log10(t->max) - log10(t->min) < 2;
    bool is_long = high - low > 6;

    for (double e = low; e <= high; e++) {
        for (int k = 1; k < 10; k++) {
            bool is_labelled = k == 1 || (is_short && (k == 2 || k == 5));
            if (is_labelled || !is_long) {
                add(t, k * pow(10, e), !is_labelled);
            }
        }
    }
}

void
dna_ticks_find(dna_ticks *t, double min, double max, bool is_log, int n_wanted)
{
    *t = (dna_ticks){.min = min, .max = max, .is_log = is_log};
    if (!isfinite(min) || !isfinite(max) || (is_log && !(min > 0)) || min > max) {
        t->min = is_log ? 1 : 0;
        t->max = is_log ? 10 : 1;
    } else if (is_log && !(max > min * 1.0001)) {
        t->min = min / 2;
        t->max = max * 2;
    } else if (!is_log && !(max - min > 1e-9 * (fabs(max) + fabs(min)))) {
        double half = max == 0 ? 1 : fabs(max) / 2;
        t->min = min - half;
        t->max = max + half;
    }
    if (is_log) {
        find_log(t);
    } else {
        find_linear(t, n_wanted);
    }
}

double
dna_ticks_place(const dna_ticks *t, double v)
{
    if (t->is_log) {
        return v > 0 ? (log10(v) - log10(t->min)) / (log10(t->max) - log10(t->min))
                     : (double)NAN;
    }
    return (v - t->min) / (t->max - t->min);
}

/* "10" with the exponent in small digits. */
static void
label_power(int e, char *text, int64_t size)
{
    static const char *const digits[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3",
        "\u2074", "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    char number[16];

    (void)snprintf(text, (size_t)size, "10%s", e < 0 ? "\u207b" : "");
    (void)snprintf(number, sizeof(number), "%d", e < 0 ? -e : e);
    for (const char *d = number; *d != '\0'; d++) {
        size_t n = strlen(text);
        (void)snprintf(text + n, (size_t)size - n, "%s", digits[*d - '0']);
    }
}

static bool
is_power(double v)
{
    double e = log10(v);
    return fabs(e - nearbyint(e)) < 1e-6;
}

/* Powers are written as such where all labels are powers: 1000 beside 2000, not 10³. */
static bool
has_powers_alone(const dna_ticks *t)
{
    for (int i = 0; i < t->n; i++) {
        if (!t->is_minor[i] && !is_power(t->at[i])) {
            return false;
        }
    }
    return true;
}

void
dna_ticks_label(const dna_ticks *t, int i, char *text, int64_t size)
{
    double v = t->at[i];

    if (t->is_log) {
        int e = (int)nearbyint(log10(v));
        if (is_power(v) && abs(e) > 2 && (has_powers_alone(t) || abs(e) > 5)) {
            label_power(e, text, size);
        } else {
            (void)snprintf(text, (size_t)size, "%.6g", v);
        }
        return;
    }
    if (fabs(v) < 1e-12 * (t->max - t->min)) {
        v = 0;
    }
    (void)snprintf(
        text, (size_t)size, "%s%.*f", v < 0 ? "\u2212" : "", t->n_digit, fabs(v));
}

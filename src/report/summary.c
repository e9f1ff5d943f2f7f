/* summary.c - mean, median and quantiles of a few numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/summary.h"

#include <math.h>
#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    if (isnan(x) || isnan(y)) {
        return (isnan(x) != 0) - (isnan(y) != 0);
    }
    return (x > y) - (x < y);
}

void
dna_sort(double *values, int64_t n)
{
    qsort(values, (size_t)n, sizeof(*values), compare);
}

double
dna_quantile(const double *sorted, int64_t n, double p)
{
    double at = p * (double)(n - 1);
    int64_t i = (int64_t)floor(at);
    if (i >= n - 1) {
        return sorted[n - 1];
    }
    double share = at - (double)i;
    return sorted[i] + share * (sorted[i + 1] - sorted[i]);
}

double
dna_mean_of(const double *values, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum / (double)n;
}

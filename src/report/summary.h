/* summary.h - mean, median and quantiles of a few numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_REPORT_SUMMARY_H
#define DNA_REPORT_SUMMARY_H

#include <stdint.h>

/** Quantile p (0 to 1) of n >= 1 sorted numbers, linear between neighbours.
 *  Source: Hyndman and Fan 1996, Am. Stat. 50:361-365, definition 7 (NumPy's default).
 */
double dna_quantile(const double *sorted, int64_t n, double p);
/** Sort in place; NaN last. */
void dna_sort(double *values, int64_t n);
/** Mean of n >= 1 numbers. */
double dna_mean_of(const double *values, int64_t n);

#endif

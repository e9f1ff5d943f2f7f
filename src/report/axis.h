/* axis.h - where ticks are and how they read.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_REPORT_AXIS_H
#define DNA_REPORT_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#define DNA_TICKS_MAX 64

typedef struct {
    double min, max; /* of the axis; of a log axis above 0 */
    bool is_log;
    int n;
    double at[DNA_TICKS_MAX];
    bool is_minor[DNA_TICKS_MAX]; /* a short tick without a label */
    int n_digit;                  /* after the point, of a linear axis */
} dna_ticks;

/** Ticks of an axis from min to max: about n_wanted of them at 1, 2 or 5 times a power of
 * ten; of a log axis the powers of ten, with minor ones between (or the 1, 2, 5 if there
 * are fewer than two powers). Limits that are no range are widened. */
void dna_ticks_find(dna_ticks *t, double min, double max, bool is_log, int n_wanted);
/** 0 at min, 1 at max. */
double dna_ticks_place(const dna_ticks *t, double v);
/** "0.5", "−2", "1000", "10⁴" (UTF-8). */
void dna_ticks_label(const dna_ticks *t, int i, char *text, int64_t size);

#endif

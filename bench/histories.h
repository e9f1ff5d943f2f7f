/* histories.h - the six population size histories of the benchmarks.
 *
 * SPDX-License-Identifier: MIT
 *
 * 21 windows of time as in Sanchez et al. 2020 (Mol. Ecol. Resour., after Boitard et al.
 * 2016): window i begins at (exp(ln(1 + 0.06 * 130000) * i / 20) - 1) / 0.06 generations;
 * sizes are log10 of the diploid number, window 0 the most recent.
 */
#ifndef DNA_BENCH_HISTORIES_H
#define DNA_BENCH_HISTORIES_H

#include <math.h>

#include "dnadna/demography.h"

enum { HISTORY_WINDOWS = 21, HISTORIES = 6 };

static const struct {
    const char *name;
    double log_size[HISTORY_WINDOWS];
} histories[HISTORIES] = {
    {"Medium", {3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7,
                   3.7, 3.7, 3.7, 3.7, 3.7, 3.7, 3.7}},
    {"Large", {4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7,
                  4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7}},
    {"Decline", {2.5, 2.5, 3, 3, 3, 3, 3.2, 3.4, 3.6, 3.8, 4, 4.2, 4.6, 4.6, 4.6, 4.6,
                    4.6, 4.6, 4.6, 4.6, 4.6}},
    {"Expansion", {4.7, 4.7, 4.7, 4.6, 4.6, 4.5, 4.4, 4.3, 4, 3.7, 3.4, 3.4, 3.4, 3.4,
                      3.4, 3.4, 3.4, 3.4, 3.4, 3.4, 3.4}},
    {"Bottleneck", {4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.5, 4.15, 3.8, 4.3,
                       4.8, 4.55, 4.3, 4.05, 3.8, 3.8, 3.8, 3.8}},
    {"Zigzag", {4.8, 4.8, 4.8, 4.5, 4.15, 3.8, 4.15, 4.5, 4.8, 4.5, 4.15, 3.8, 4.3, 4.8,
                   4.55, 4.3, 4.05, 3.8, 3.8, 3.8, 3.8}},
};

/* When window i begins, in generations. */
static inline double
history_start(int i)
{
    return (exp(log(1 + 0.06 * 130000) * i / 20) - 1) / 0.06;
}

static inline double
history_size(int history, int i)
{
    return pow(10, histories[history].log_size[i]);
}

/* The events of a history, for a population of size history_size(history, 0). */
static inline void
history_events(int history, dna_demographic_event *event)
{
    for (int i = 1; i < HISTORY_WINDOWS; i++) {
        event[i - 1] = (dna_demographic_event){.time = history_start(i),
            .kind = DNA_EVENT_SIZE,
            .value = history_size(history, i)};
    }
}

#endif

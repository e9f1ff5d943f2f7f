/* early_stop.c - end a training whose validation loss no longer falls.
 *
 * SPDX-License-Identifier: MIT
 */
#include "nn/early_stop.h"

#include <math.h>

void
dna_early_stop_init(dna_early_stop *e, int64_t patience, double min_delta)
{
    *e = (dna_early_stop){
        .patience = patience, .min_delta = min_delta, .best = (double)INFINITY};
}

void
dna_early_stop_see(dna_early_stop *e, double loss)
{
    if (loss < e->best - e->min_delta) {
        e->best = loss;
        e->n_bad = 0;
    } else {
        e->n_bad++;
    }
}

bool
dna_early_stop_is_over(const dna_early_stop *e)
{
    return e->patience > 0 && e->n_bad >= e->patience;
}

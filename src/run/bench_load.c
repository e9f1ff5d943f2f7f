/* bench_load.c - how many samples a second the loader brings, from files to batches.
 *
 * SPDX-License-Identifier: MIT
 *
 * One thread does it all. The files have just been written, so that the system has them
 * in memory: the speed of the disk is not measured.
 */
#include <stdio.h>

#include "base/mem.h"
#include "run/bench_data.h"
#include "run/settings.h"

static int
step(void *payload)
{
    dna_batch *batch = NULL;
    return dna_bench_data_next(payload, &batch);
}

int
dna_bench_load(const dna_bench_case *c, const dna_bench_options *o, int n_window,
    dna_bench_rates *out)
{
    dna_bench_data data = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_bench_data_open(&data, o->temp_dir, c->files, 0));
    /* an epoch, in which a packed dataset is verified, or a window's time of it */
    double end = dna_seconds() + o->seconds;
    for (int i = 0; i < 2048 / DNA_BENCH_BATCH && dna_seconds() < end; i++) {
        DNA_TRY(step(&data));
    }
    DNA_TRY(dna_bench_windows(o, n_window, DNA_BENCH_BATCH, step, &data, out));
    snprintf(out->engine, sizeof(out->engine), "-");
out:
    dna_bench_data_clear(&data);
    return rc;
}

/* bench_data.h - a dataset on disk for the cases of `dnadna bench` that read one.
 *
 * SPDX-License-Identifier: MIT
 *
 * 2048 samples of the coalescent, 50 genomes and 500 to 699 SNPs each, 21 targets; its
 * batches are cropped to 400 SNPs, with the transforms that a config usually has.
 */
#ifndef DNA_RUN_BENCH_DATA_H
#define DNA_RUN_BENCH_DATA_H

#include "data/dataset.h"
#include "run/bench.h"

/* Of all batches of `dnadna bench`. */
enum {
    DNA_BENCH_ROWS = 50,
    DNA_BENCH_SNPS = 400,
    DNA_BENCH_OUTPUTS = 21,
    DNA_BENCH_BATCH = 64
};

/** Write it into a folder that is there. */
int dna_bench_data_write(const char *folder, dna_bench_files files,
    const dna_bench_options *o) DNA_MUST_CHECK;

typedef struct {
    dna_arena *arena;
    dna_source *source;
    dna_params_table table;
    dna_transform_set transforms;
    dna_param *params;
    dna_dataset *dataset;
    dna_loader *loader; /* of the epoch */
    int64_t epoch;
    int n_worker;
} dna_bench_data;

/** The dataset in a folder, to be loaded by n_worker threads (0: by the caller). Clear in any
 * case. */
int dna_bench_data_open(dna_bench_data *d, const char *folder, dna_bench_files files,
    int n_worker) DNA_MUST_CHECK;
/** The next batch, epoch after epoch, in an order that is new in each. */
int dna_bench_data_next(dna_bench_data *d, dna_batch **batch) DNA_MUST_CHECK;
void dna_bench_data_clear(dna_bench_data *d);

#endif

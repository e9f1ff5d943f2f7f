/* fresh.c - samples a second of a training config, as its loader hands them out, without
 * any training.
 *
 * SPDX-License-Identifier: MIT
 *
 *     bench_fresh CONFIG [EPOCHS]
 *
 * For 0, 1, 2 ... loading threads, as many as there are processors: the median rate of the
 * epochs (5), after one that warms up. One line each: key=value ... The simulation, the
 * redraws for min_snp and the transforms are all in it. fresh.sh compares with training.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "run/settings.h"
#include "run/train.h"

#define MOST_EPOCHS 100

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int
one_pass(double *rate, dna_training *t, int n_worker, int64_t epoch)
{
    dna_loader_options o = {
        .split = DNA_TRAINING, .batch_size = t->batch_size, .n_worker = n_worker};
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    int64_t n = 0;
    double begin = dna_seconds();
    int rc = DNA_OK;

    DNA_TRY(dna_loader_new(&loader, t->dataset, &o, epoch));
    while ((rc = dna_loader_next(loader, &b)) > 0) {
        n += b->n;
    }
    DNA_TRY(rc);
    *rate = (double)n / (dna_seconds() - begin);
out:
    dna_loader_free(loader);
    return rc;
}

static int
measure(dna_training *t, int n_worker, int n_epoch)
{
    double rates[MOST_EPOCHS + 1];
    int rc = DNA_OK;

    for (int i = 0; i <= n_epoch; i++) {
        DNA_TRY(one_pass(&rates[i], t, n_worker, i + 1));
    }
    qsort(rates + 1, (size_t)n_epoch, sizeof(*rates), compare);
    printf("threads=%d samples_per_s=%.0f min=%.0f max=%.0f\n", n_worker,
        rates[1 + n_epoch / 2], rates[1], rates[n_epoch]);
out:
    return rc;
}

int
main(int argc, char **argv)
{
    dna_train_options o = {.config = argc > 1 ? argv[1] : NULL, .run_id = "bench"};
    int n_epoch = argc > 2 ? atoi(argv[2]) : 5;
    dna_training t = {.lock = -1};
    int rc = DNA_OK;

    if (o.config == NULL || n_epoch < 1 || n_epoch > MOST_EPOCHS) {
        fprintf(stderr, "usage: bench_fresh CONFIG [EPOCHS]\n");
        return 2;
    }
    DNA_TRY(dna_training_init(&t, &o));
    for (int n = 0; n <= dna_cpu_count(); n++) {
        DNA_TRY(measure(&t, n, n_epoch));
    }
out:
    if (rc < 0) {
        fprintf(stderr, "bench_fresh: %s\n", dna_message());
    }
    dna_training_clear(&t);
    return rc < 0;
}

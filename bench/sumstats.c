/* sumstats.c - seconds of the summary statistics that take long.
 *
 * SPDX-License-Identifier: MIT
 *
 *     bench_sumstats [N_HAP [N_SITE [THREADS]]]     (1000 20000 2)
 *
 * Haplotypes are mosaics of 50 ancestors, so that matches have lengths as in data. One line
 * a statistic: key=value, seconds of the clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "dnadna/ehh.h"
#include "dnadna/ibs.h"
#include "dnadna/ld.h"
#include "dnadna/rng.h"
#include "dnadna/sfs.h"

#define ANCESTORS 50

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
draw(dna_sample **out, int64_t n_hap, int64_t n_site)
{
    static const dna_position_format base_pairs = {0, 0, 0, 0, __builtin_nan("")};
    int64_t dim[2] = {n_hap, n_site};
    dna_array snp = {0};
    dna_array pos = {0};
    int8_t *old = NULL;
    dna_rng rng;
    int rc = DNA_OK;

    dna_rng_init(&rng, 1, "bench", 0, 0, 0);
    DNA_TRY(dna_array_init(&snp, DNA_I8, 2, dim));
    DNA_TRY(dna_array_init(&pos, DNA_F64, 1, &dim[1]));
    DNA_NEW(old, ANCESTORS * n_site);
    for (int64_t i = 0; i < n_site; i++) {
        double u = dna_rng_uniform(&rng);
        for (int64_t a = 0; a < ANCESTORS; a++) {
            old[a * n_site + i] = dna_rng_uniform(&rng) < u * u;
        }
        dna_array_set(&pos, i, 100 * (double)i);
    }
    for (int64_t h = 0; h < n_hap; h++) {
        int64_t from = dna_rng_below(&rng, ANCESTORS);
        for (int64_t i = 0; i < n_site; i++) {
            if (dna_rng_uniform(&rng) < 0.003) {
                from = dna_rng_below(&rng, ANCESTORS);
            }
            int8_t v = old[from * n_site + i];
            bool is_new = dna_rng_uniform(&rng) < 0.0005;
            ((int8_t *)snp.data)[h * n_site + i] = is_new ? (int8_t)!v : v;
        }
    }
    DNA_TRY(dna_sample_new(out, &snp, &pos, &base_pairs, "bench"));
out:
    dna_free(old);
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    return rc;
}

static double
tell(const char *what, double start)
{
    double now = seconds();
    printf("%s=%.3f\n", what, now - start);
    return seconds();
}

static int
measure(const dna_sample *sample, int n_thread)
{
    enum { BINS = 18 };
    double edges[BINS + 1];
    dna_ld_bin bins[BINS];
    int64_t counts[BINS];
    dna_ld_options ld = {.n_thread = n_thread};
    dna_ehh_options options = DNA_EHH_OPTIONS_INIT;
    dna_haplotypes *h = NULL;
    dna_diversity diversity;
    dna_ld_summary summary;
    dna_ibs ibs;
    dna_ehh *ehh = NULL;
    int rc = DNA_OK;

    options.n_thread = n_thread;
    double at = seconds();
    DNA_TRY(dna_haplotypes_new(&h, sample, 0, "bench"));
    at = tell("pack", at);
    dna_diversity_compute(&diversity, h, 0, h->n_site);
    at = tell("diversity", at);
    dna_ld_edges(edges, BINS, 100 * (double)h->n_site);
    DNA_TRY(dna_ld_decay(bins, edges, BINS, h, &ld));
    at = tell("ld_decay", at);
    DNA_TRY(dna_ld_summary_compute(&summary, h, 0, h->n_site, n_thread));
    at = tell("zns_omega", at);
    DNA_TRY(dna_ehh_new(&ehh, h, &options));
    at = tell("ihs_nsl", at);
    DNA_TRY(dna_ehh_standardize(ehh->ihs, h));
    at = tell("standardize", at);
    DNA_TRY(dna_ibs_compute(&ibs, counts, edges, BINS, h, n_thread));
    tell("ibs", at);
    printf("tajima_d=%.4f zns=%.4f omega=%.4f ibs_mean=%.1f\n", diversity.tajima_d,
        summary.zns, summary.omega, ibs.length_mean);
out:
    dna_ehh_free(ehh);
    dna_haplotypes_free(h);
    return rc;
}

int
main(int argc, char **argv)
{
    int64_t n_hap = argc > 1 ? atoll(argv[1]) : 1000;
    int64_t n_site = argc > 2 ? atoll(argv[2]) : 20000;
    int n_thread = argc > 3 ? atoi(argv[3]) : 2;
    dna_sample *sample = NULL;

    int rc = draw(&sample, n_hap, n_site);
    rc = rc < 0 ? rc : measure(sample, n_thread);
    if (rc < 0) {
        fprintf(stderr, "bench_sumstats: %s\n", dna_message());
    }
    dna_sample_free(sample);
    return rc < 0;
}

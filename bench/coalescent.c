/* coalescent.c - replicates a second of the coalescent, matrices included.
 *
 * SPDX-License-Identifier: MIT
 *
 *     bench_coalescent HISTORY [MAX_SNP [SECONDS [RECOMBINATION_RATE]]]
 *     bench_coalescent scrm HISTORY     (only prints scrm's arguments)
 *
 * 50 genomes of 2 Mb, mutation rate 1e-8, recombination rate 5e-9. One line key=value;
 * the rate is per second of processor time. bench/coalescent.sh runs it against scrm.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "dnadna/coalescent.h"
#include "histories.h"

static double
cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
find_history(const char *name)
{
    for (int i = 0; i < HISTORIES; i++) {
        if (strcmp(histories[i].name, name) == 0) {
            return i;
        }
    }
    fprintf(stderr, "bench_coalescent: there is no history %s\n", name);
    return -1;
}

/* scrm measures time in 4 N0 generations and sizes in N0. */
static void
print_scrm(int h, double length, double u, double r)
{
    double n0 = history_size(h, 0);
    printf("-t %.17g -r %.17g %.17g", 4 * n0 * u * length, 4 * n0 * r * length, length);
    for (int i = 1; i < HISTORY_WINDOWS; i++) {
        if (history_size(h, i) != history_size(h, i - 1)) {
            printf(" -eN %.17g %.17g", history_start(i) / (4 * n0),
                history_size(h, i) / n0);
        }
    }
    printf("\n");
}

static int
measure(const dna_coalescent_model *model, double seconds, const char *name)
{
    dna_coalescent *sim = NULL;
    double sites = 0;
    double events = 0;
    double extensions = 0;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_coalescent_new(&sim));
    DNA_TRY(dna_coalescent_set(sim, model));
    double start = cpu_seconds();
    double end = start;
    while (end - start < seconds) {
        dna_sample *sample = NULL;
        DNA_TRY(dna_coalescent_run(sim, 1, 0, n++, &sample));
        const dna_coalescent_info *info = dna_coalescent_last(sim);
        sites += (double)sample->n_site;
        events += (double)info->n_event;
        extensions += (double)info->n_extension;
        dna_sample_free(sample);
        end = cpu_seconds();
    }
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf(
        "program=dnadna history=%s max_snp=%lld sites=%.1f events=%.0f ns_event=%.1f "
        "extensions=%.4f memory_mib=%.1f rate=%.2f\n",
        name, (long long)model->max_snp, sites / (double)n, events / (double)n,
        1e9 * (end - start) / events, extensions / (double)n,
        (double)use.ru_maxrss / 1024, (double)n / (end - start));
out:
    if (rc < 0) {
        fprintf(stderr, "bench_coalescent: %s\n", dna_message());
    }
    dna_coalescent_free(sim);
    return rc;
}

int
main(int argc, char **argv)
{
    bool is_scrm = argc > 2 && strcmp(argv[1], "scrm") == 0;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_coalescent [scrm] HISTORY [MAX_SNP [SECONDS "
                        "[RECOMBINATION_RATE]]]\n");
        return 2;
    }
    int h = find_history(argv[is_scrm ? 2 : 1]);
    if (h < 0) {
        return 2;
    }
    dna_demographic_event event[HISTORY_WINDOWS];
    history_events(h, event);
    dna_population one = {.size = history_size(h, 0)};
    dna_sample_group group = {.n = 50};
    dna_demography d = {.population = &one,
        .n_population = 1,
        .event = event,
        .n_event = HISTORY_WINDOWS - 1,
        .group = &group,
        .n_group = 1};
    dna_coalescent_model model = {.demography = &d,
        .length = 2e6,
        .recombination_rate = argc > 4 ? atof(argv[4]) : 5e-9,
        .mutation_rate = 1e-8,
        .max_snp = argc > 2 ? atoll(argv[2]) : 0};
    if (is_scrm) {
        print_scrm(h, model.length, model.mutation_rate, 5e-9);
        return 0;
    }
    return measure(&model, argc > 3 ? atof(argv[3]) : 1, histories[h].name) < 0;
}

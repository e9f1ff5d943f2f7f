/* genotypes.c - seconds from a file of genotype data to a matrix in memory.
 *
 * SPDX-License-Identifier: MIT
 *
 *     bench_genotypes FILE...
 *
 * One line a file, opening included, the least of 5 rounds: by the default rules, every contig
 * a matrix of rows by sites (rules=); and of a tree sequence its genotypes as they are, sites
 * by samples (walk=). Rates are of the bytes of the matrix.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "popgen/windows.h"

enum { ROUNDS = 5 };

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* *bytes of all matrices. */
static int
read_by_rules(const char *path, double *bytes)
{
    static const dna_genotype_rules rules = {.sample_column = "sample",
        .population_column = "population",
        .ploidy = "auto",
        .phase = "haplotypes",
        .variants = "snp",
        .multiallelic = "drop",
        .polarize = "ref",
        .missing = "keep",
        .monomorphic = "drop",
        .duplicates = "first",
        .chromosome_size = DNA_NULL_INT};
    static const dna_window_rule whole = {.unit = DNA_WINDOW_CONTIG};
    dna_site_source *source = NULL;
    dna_genotypes *genotypes = NULL;
    dna_windows *windows = NULL;
    dna_window window = {0};
    int rc = DNA_OK;

    *bytes = 0;
    DNA_TRY(dna_site_source_open(&source, path, NULL));
    DNA_TRY(dna_genotypes_new(&genotypes, &source, &rules));
    DNA_TRY(dna_windows_new(&windows, genotypes, &whole));
    for (;;) {
        DNA_TRY(dna_windows_next(windows, &window));
        if (rc == 0) {
            break;
        }
        *bytes += (double)(window.sample->n_hap * window.sample->n_site);
        dna_sample_free(window.sample);
        window.sample = NULL;
    }
out:
    dna_windows_free(windows);
    dna_genotypes_free(genotypes);
    dna_site_source_close(source);
    return rc;
}

static int
walk_trees(const char *path, double *bytes)
{
    dna_tree_sequence *ts = NULL;
    dna_tree_walk *walk = NULL;
    int8_t *genotypes = NULL;
    double *positions = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_tree_sequence_load(&ts, path));
    int64_t n_site = dna_tree_sequence_n_site(ts);
    int64_t n = dna_tree_sequence_n_sample(ts);
    *bytes = (double)(n * n_site);
    genotypes = dna_malloc((size_t)DNA_MAX(n * n_site, 1));
    positions = dna_malloc((size_t)DNA_MAX(n_site, 1) * sizeof(*positions));
    if (genotypes == NULL || positions == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_tree_walk_new(&walk, ts));
    DNA_TRY(dna_tree_walk_matrix(walk, genotypes, positions));
out:
    dna_free(genotypes);
    dna_free(positions);
    dna_tree_walk_free(walk);
    dna_tree_sequence_free(ts);
    return rc;
}

static int
measure(const char *what, int (*run)(const char *path, double *bytes), const char *path)
{
    double least = 0, bytes = 0;
    int rc = DNA_OK;

    for (int i = 0; i < ROUNDS; i++) {
        double begin = seconds();
        DNA_TRY(run(path, &bytes));
        double time = seconds() - begin;
        least = i == 0 || time < least ? time : least;
    }
    printf(" %s=%.4fs %.3fGB/s", what, least, 1e-9 * bytes / least);
out:
    return rc;
}

int
main(int argc, char **argv)
{
    int rc = DNA_OK;

    for (int i = 1; i < argc; i++) {
        size_t n = strlen(argv[i]);
        printf("%s:", argv[i]);
        DNA_TRY(measure("rules", read_by_rules, argv[i]));
        if (n > 6 && strcmp(argv[i] + n - 6, ".trees") == 0) {
            DNA_TRY(measure("walk", walk_trees, argv[i]));
        }
        printf("\n");
    }
out:
    if (rc < 0) {
        printf("\n");
        fprintf(stderr, "%s\n", dna_message());
    }
    return rc < 0;
}

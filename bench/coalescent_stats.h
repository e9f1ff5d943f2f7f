/* coalescent_stats.h - statistics of simulated samples, and their comparison.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_BENCH_COALESCENT_STATS_H
#define DNA_BENCH_COALESCENT_STATS_H

#include <stdbool.h>

#include "dnadna/coalescent.h"

enum { MOST_HAP = 64, BINS = 5, MOST = MOST_HAP + 24, MOST_EVENTS = 32 };

/* Columns: SFS classes 1 .. n-1, then these. */
enum { DV, TMRCA, LENGTH, SPAN, R2, N_MORE = R2 + BINS };

typedef struct {
    int64_t n_hap;
    double value[MOST];
} row;

typedef struct {
    int64_t n_hap, n;
    row *at;
} rows;

typedef double (*statistic)(const row *r, int which);

typedef struct {
    double n, mean, se, variance, variance_se;
} moments;

typedef struct {
    int64_t n, n_bad;
    double worst, sum2;
} score;

/** All columns of one sample, of its first n_site sites. */
int stats_measure(
    row *r, const dna_sample *s, int64_t n_site, const dna_coalescent_info *info);
/** Draw out->n replicates; first_snps: of whole sequences only these, 0: all. */
int stats_simulate(
    rows *out, const dna_coalescent_model *model, int64_t first_snps, uint64_t seed);
/** Statistics of a replicate: a column; S; pi; a class of the folded spectrum. */
double stats_plain(const row *r, int which);
double stats_sites(const row *r, int which);
double stats_pi(const row *r, int which);
double stats_folded(const row *r, int which);
/** Mean and variance over the replicates that have the statistic, with standard errors. */
moments stats_moments_of(const rows *s, statistic f, int which);
/** One comparison; what is off is printed. */
void stats_judge(score *sc, const char *setting, const char *name, double ours,
    double our_se, double theirs, double their_se);
/** Mean [m] of the columns and the covariance [m * m] of what each replicate adds to them;
 *  columns from n_plain on are squared deviations of S, D and TMRCA from center. */
void stats_covariance(const rows *s, int64_t m, int64_t n_plain, const double *center,
    const bool *is_used, double *mean, double *cov);
/** d' C^-1 d for a covariance C in its lower triangle; columns without variance are left
 *  out and *rank says how many are not. Both arrays are used up. */
double stats_mahalanobis(double *c, double *d, int64_t m, int64_t *rank);
/** The line of a setting; whether all is well. */
bool stats_report(const char *setting, const score *sc, double chi2, int64_t rank);

#endif

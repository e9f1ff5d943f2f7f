/* bench.h - what the parts of `dnadna bench` share: cases and how one is measured.
 *
 * SPDX-License-Identifier: MIT
 *
 * A case does its work over and over for windows of time; its rate is the median of the
 * windows. Each runs in a process of its own, so that its peak of memory is its own.
 */
#ifndef DNA_RUN_BENCH_H
#define DNA_RUN_BENCH_H

#include "dnadna/run.h"

enum { DNA_BENCH_WINDOWS_MAX = 64 };

/* Samples, files or replicates a second in each window. */
typedef struct {
    double rate[DNA_BENCH_WINDOWS_MAX];
    int n;
    int64_t peak_mib;
    int64_t n_param; /* of a network */
    char engine[64]; /* the kernels, or the version of the peer */
} dna_bench_rates;

/* The dataset that a case reads. */
typedef enum {
    DNA_BENCH_NO_FILES,
    DNA_BENCH_STORED,   /* npz */
    DNA_BENCH_DEFLATED, /* npz */
    DNA_BENCH_PACKED
} dna_bench_files;

typedef struct dna_bench_case dna_bench_case;
struct dna_bench_case {
    const char *name;      /* "spidna-train" */
    const char *doc;       /* what one unit of it is */
    const char *net;       /* networks: of nets/ and of the peer's script */
    const char *precision; /* "f32" */
    bool is_training;
    int64_t max_snp;       /* simulation: first sites; 0: all */
    dna_bench_files files; /* written before into o->temp_dir, which is then its own */
    bool is_one_thread;    /* whatever --threads says */
    int (*run)(const dna_bench_case *c, const dna_bench_options *o, int n_window,
        dna_bench_rates *out);
    bool has_peer; /* PyTorch can do the same work */
};

typedef struct {
    const dna_bench_case *c;
    dna_bench_rates ours, peer; /* sorted */
    bool has_peer;
} dna_bench_result;

/* Call `step`, which does `unit` units of work, for n_window windows of o->seconds. */
int dna_bench_windows(const dna_bench_options *o, int n_window, double unit,
    int (*step)(void *payload), void *payload, dna_bench_rates *out) DNA_MUST_CHECK;

int dna_bench_net(const dna_bench_case *c, const dna_bench_options *o, int n_window,
    dna_bench_rates *out) DNA_MUST_CHECK;
int dna_bench_load(const dna_bench_case *c, const dna_bench_options *o, int n_window,
    dna_bench_rates *out) DNA_MUST_CHECK;
int dna_bench_simulate(const dna_bench_case *c, const dna_bench_options *o,
    int n_window, dna_bench_rates *out) DNA_MUST_CHECK;
/* The same work in PyTorch, tuned. DNA_ENOTFOUND where it is not installed. */
int dna_bench_peer(const dna_bench_case *c, const dna_bench_options *o, int n_window,
    dna_bench_rates *out) DNA_MUST_CHECK;

/** A case and its peer in turn, each in a process of its own. result->c is the caller's. */
int dna_bench_measure(
    dna_bench_result *result, const dna_bench_options *o) DNA_MUST_CHECK;
double dna_bench_median(const dna_bench_rates *rates); /* sorted ones */

void dna_bench_print_head(const dna_bench_options *o, FILE *out);
void dna_bench_print_row(const dna_bench_result *result, FILE *out);
int dna_bench_print_json(const dna_bench_result *all, int64_t n,
    const dna_bench_options *o, FILE *out) DNA_MUST_CHECK;

#endif

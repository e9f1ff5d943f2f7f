/* cmd_bench.c - dnadna bench: what this machine does.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/number.h"
#include "base/pool.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/pass_words.h"

/* Debian's Python, which finds Debian's packages. */
#define PYTHON "/usr/bin/python3"

typedef struct {
    dna_common common;
    dna_opt_list cases;
    int64_t n_thread;
    const char *seconds;
    dna_opt_list without;
    bool is_json, no_peer, list;
    const char *python, *temp_dir;
} bench_values;

static const dna_opt options[] = {{.name = "case",
                                      .letter = 'c',
                                      .kind = OPT_LIST,
                                      .metavar = "NAME",
                                      .offset = offsetof(bench_values, cases),
                                      .doc = "Only this case (repeatable)."},
    {.name = "list",
        .kind = OPT_FLAG,
        .offset = offsetof(bench_values, list),
        .doc = "Name the cases and exit."},
    {.name = "threads",
        .letter = 't',
        .kind = OPT_INT,
        .metavar = "N",
        .min = 0,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(bench_values, n_thread),
        .doc = "Threads (default 0: as many as there are processors)."},
    {.name = "seconds",
        .kind = OPT_TEXT,
        .metavar = "S",
        .offset = offsetof(bench_values, seconds),
        .doc = "Length of a window (default 1); a rate is the median of six."},
    DNA_OPT_WITHOUT(bench_values, without),
    {.name = "json",
        .kind = OPT_FLAG,
        .offset = offsetof(bench_values, is_json),
        .doc = "Print JSON."},
    {.name = "no-peer",
        .kind = OPT_FLAG,
        .offset = offsetof(bench_values, no_peer),
        .doc = "Do not run PyTorch beside, even where it is installed."},
    {.name = "python",
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(bench_values, python),
        .doc = "Which Python has PyTorch (default: " PYTHON ")."},
    {.name = "temp-dir",
        .kind = OPT_TEXT,
        .metavar = "DIR",
        .offset = offsetof(bench_values, temp_dir),
        .doc =
            "Where datasets are written and removed again (default: $TMPDIR, or /tmp)."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna bench",
    .doc =
        "Measure training and prediction of the built-in networks, loading, and simulation, on this "
        "machine: samples or replicates a second, and the peak of memory. "
        "Where PyTorch is installed it does the same work in turn, and the ratio is shown.",
    .example = "dnadna bench --case spidna-train --case spidna-predict",
    .opts = {dna_opts_common, options}};

static int
run(const void *values, dna_log *log)
{
    const bench_values *v = values;
    const char *tmpdir = getenv("TMPDIR");
    double seconds = 1.0;

    (void)log;
    if (v->seconds != NULL
        && !(
            dna_parse_double(v->seconds, &seconds) && seconds > 0 && seconds <= 3600)) {
        (void)dna_fail(
            DNA_EARG, "--seconds %s: is no number above 0, up to 3600", v->seconds);
        return DNA_EXIT_USAGE;
    }
    if (v->list) {
        dna_run_bench_list(stdout);
        return DNA_EXIT_OK;
    }
    dna_bench_options o = {.cases = v->cases.items,
        .n_case = v->cases.n,
        .n_thread = (int)v->n_thread,
        .isa = v->common.isa,
        .seconds = seconds,
        .is_json = v->is_json,
        .without = v->without.items,
        .n_without = v->without.n,
        .python = v->no_peer          ? NULL
                  : v->python != NULL ? v->python
                                      : PYTHON,
        .temp_dir = v->temp_dir != NULL                   ? v->temp_dir
                    : tmpdir != NULL && tmpdir[0] != '\0' ? tmpdir
                                                          : NULL,
        .stop = dna_console_catch_signals()};
    return dna_run_bench(&o, stdout);
}

const dna_command dna_command_bench = {.name = "bench",
    .summary = "Measure what this machine does",
    .spec = &spec,
    .values_size = sizeof(bench_values),
    .run = run};

/* bench_peer.c - the same work in PyTorch, by the script bench/peer_torch.py, which is
 * built into the program.
 *
 * SPDX-License-Identifier: MIT
 *
 * PyTorch keeps its memory mapped (MALLOC_MMAP_MAX_=0), which makes it about twice as
 * fast: the fair peer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"
#include "run/bench.h"

static const char script[] = {
#include "run/bench_peer_script.h"
    , 0};

/* "engine=torch-1.13.1 ... rss_mib=4900 rates=1.5,1.6,1.6" */
static const char *
value_of(const char *line, const char *key)
{
    const char *p = strstr(line, key);
    return p != NULL ? p + strlen(key) : NULL;
}

static int
read_line(const char *line, dna_bench_rates *out)
{
    const char *engine = value_of(line, "engine=");
    const char *memory = value_of(line, "rss_mib=");
    const char *n_param = value_of(line, "params=");
    const char *rates = value_of(line, "rates=");
    int rc = DNA_OK;

    DNA_REQUIRE(engine != NULL && memory != NULL && n_param != NULL && rates != NULL,
        DNA_EFORMAT, "PyTorch: its script wrote \"%.60s\"", line);
    snprintf(
        out->engine, sizeof(out->engine), "%.*s", (int)strcspn(engine, " "), engine);
    out->peak_mib = strtoll(memory, NULL, 10);
    out->n_param = strtoll(n_param, NULL, 10);
    out->n = 0;
    while (out->n < DNA_BENCH_WINDOWS_MAX) {
        char *end = NULL;
        double rate = strtod(rates, &end);
        if (end == rates) {
            break;
        }
        out->rate[out->n++] = rate;
        rates = *end == ',' ? end + 1 : end;
    }
    DNA_REQUIRE(out->n > 0, DNA_EFORMAT, "PyTorch: its script gave no rates");
out:
    return rc;
}

static int
check_stop(void *payload)
{
    const dna_bench_options *o = payload;
    return o->stop != NULL && *o->stop != 0
               ? dna_fail(DNA_ECANCEL, "stopped on request")
               : DNA_OK;
}

int
dna_bench_peer(const dna_bench_case *c, const dna_bench_options *o, int n_window,
    dna_bench_rates *out)
{
    char threads[16], seconds[32], windows[16];
    dna_process_result r = {0};
    dna_bench_options options = *o;
    int rc = DNA_OK;

    snprintf(threads, sizeof(threads), "%d", o->n_thread);
    snprintf(seconds, sizeof(seconds), "%g", o->seconds);
    snprintf(windows, sizeof(windows), "%d", n_window);
    const char *argv[] = {"env", "MALLOC_MMAP_MAX_=0",
        "MALLOC_TRIM_THRESHOLD_=100000000000", o->python, "-c", script, c->net, "64",
        threads, c->is_training ? "train" : "predict", seconds, windows, c->precision,
        c->files != DNA_BENCH_NO_FILES ? o->temp_dir : NULL, NULL};
    DNA_TRY(dna_process_run(&r, &(dna_process_options){.argv = argv,
                                    .timeout = 1800,
                                    .max_output = 1 << 16,
                                    .check = check_stop,
                                    .payload = &options}));
    DNA_REQUIRE(strstr(r.err, "No module named 'torch'") == NULL, DNA_ENOTFOUND,
        "PyTorch is not installed");
    DNA_REQUIRE(r.signal == 0 && r.exit_code == 0, DNA_EBACKEND,
        "PyTorch failed: %.300s", r.err);
    DNA_TRY(read_line(r.out, out));
out:
    dna_process_clear(&r);
    return rc;
}

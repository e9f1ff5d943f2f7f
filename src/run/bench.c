/* bench.c - the standard measurements: what this machine does with this build.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/bench.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/pool.h"
#include "base/value.h"
#include "dnadna/program.h"

#define NETWORK_IN(id, network, training, how)                                 \
    {                                                                          \
        .name = id, .net = network, .is_training = training, .precision = how, \
        .run = dna_bench_net, .has_peer = true,                                \
        .doc = training ? "samples of a training step" : "samples predicted"   \
    }
#define NETWORK(id, network, training) NETWORK_IN(id, network, training, "f32")
/* Peers read the same files. */
#define FROM_FILES(id, network)                                              \
    {                                                                        \
        .name = id, .net = network, .is_training = true, .precision = "f32", \
        .files = DNA_BENCH_STORED, .run = dna_bench_net, .has_peer = true,   \
        .doc = "samples of a training step, from stored npz files"           \
    }

static const dna_bench_case cases[] = {NETWORK("spidna-train", "SPIDNA", true),
    NETWORK("spidna-predict", "SPIDNA", false),
    NETWORK_IN("spidna-train-bf16", "SPIDNA", true, "bf16"),
    NETWORK_IN("spidna-predict-bf16", "SPIDNA", false, "bf16"),
    NETWORK("cnn-train", "CNN", true), NETWORK("cnn-predict", "CNN", false),
    NETWORK("mlp-train", "MLP", true), NETWORK("mlp-predict", "MLP", false),
    NETWORK("custom-cnn-train", "CustomCNN", true),
    NETWORK("custom-cnn-predict", "CustomCNN", false), FROM_FILES("cnn-files", "CNN"),
    FROM_FILES("mlp-files", "MLP"), FROM_FILES("custom-cnn-files", "CustomCNN"),
    {.name = "load-npz",
        .precision = "f32",
        .files = DNA_BENCH_STORED,
        .is_one_thread = true,
        .run = dna_bench_load,
        .doc = "samples from stored npz files to batches, one thread"},
    {.name = "load-npz-deflate",
        .precision = "f32",
        .files = DNA_BENCH_DEFLATED,
        .is_one_thread = true,
        .run = dna_bench_load,
        .doc = "the same, from deflated npz files"},
    {.name = "load-packed",
        .precision = "f32",
        .files = DNA_BENCH_PACKED,
        .is_one_thread = true,
        .run = dna_bench_load,
        .doc = "the same, from a packed dataset"},
    {.name = "simulate",
        .precision = "exact",
        .is_one_thread = true,
        .run = dna_bench_simulate,
        .doc = "replicates of the coalescent, all sites, one thread"},
    {.name = "simulate-400",
        .precision = "exact",
        .is_one_thread = true,
        .max_snp = 400,
        .run = dna_bench_simulate,
        .doc = "the same, the first 400 SNPs"}};

/* ---- the command ----------------------------------------------------------------- */

static int
choose(dna_bench_result *all, int64_t *n, const dna_bench_options *o)
{
    const char *names[DNA_COUNT(cases)];
    int rc = DNA_OK;

    *n = 0;
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        names[i] = cases[i].name;
        bool is_wanted = o->n_case == 0;
        for (int64_t k = 0; k < o->n_case; k++) {
            is_wanted = is_wanted || strcmp(o->cases[k], names[i]) == 0;
        }
        if (is_wanted) {
            all[(*n)++].c = &cases[i];
        }
    }
    for (int64_t k = 0; k < o->n_case; k++) {
        bool is_known = false;
        for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
            is_known = is_known || strcmp(o->cases[k], names[i]) == 0;
        }
        const char *nearest = dna_nearest_name(o->cases[k], names, DNA_COUNT(cases));
        DNA_REQUIRE(is_known, DNA_ENOTFOUND, "there is no case \"%s\"%s%s%s",
            o->cases[k], nearest != NULL ? "; did you mean \"" : ", --list shows them",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"" : "");
    }
out:
    return rc;
}

void
dna_run_bench_list(FILE *out)
{
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        fprintf(out, "%-20s %s\n", cases[i].name, cases[i].doc);
    }
}

int
dna_run_bench(const dna_bench_options *options, FILE *out)
{
    dna_bench_options o = *options;
    dna_bench_result *all = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    o.n_thread = o.n_thread > 0 ? o.n_thread : dna_cpu_count();
    o.seconds = o.seconds > 0 ? o.seconds : 1.0;
    o.temp_dir = o.temp_dir != NULL ? o.temp_dir : "/tmp";
    if (o.python != NULL && !dna_path_exists(o.python)) {
        o.python = NULL;
    }
    for (int64_t i = 0; i < o.n_without; i++) { /* before anything is printed */
        unsigned without = 0;
        DNA_TRY(dna_pass_find(&without, o.without[i]));
    }
    DNA_NEW(all, DNA_COUNT(cases));
    DNA_TRY(choose(all, &n, &o));
    if (!o.is_json) {
        dna_bench_print_head(&o, out);
    }
    bool has_peer = false, lacks_peer = false;
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(dna_bench_measure(&all[i], &o));
        has_peer = has_peer || all[i].has_peer;
        lacks_peer = lacks_peer || (all[i].c->has_peer && options->python != NULL);
        if (!o.is_json) {
            dna_bench_print_row(&all[i], out);
        }
        if (o.progress != NULL) {
            dna_progress p = {.what = "measuring", .done = i + 1, .total = n};
            o.progress(o.payload, &p);
        }
    }
    if (o.is_json) {
        DNA_TRY(dna_bench_print_json(all, n, &o, out));
    } else if (lacks_peer && !has_peer) {
        fputs("\nPyTorch is not installed (python3-torch): no ratios\n", out);
    }
out:
    dna_free(all);
    return rc;
}

/* cmd_pack.c - dnadna pack: a dataset into one packed file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/pool.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/console.h"

typedef struct {
    dna_common common;
    int64_t n_cpus;
    bool force;
    const char *dataset, *path;
} pack_values;

static const dna_opt options[] = {
    {.name = "n-cpus",
        .kind = OPT_INT,
        .metavar = "N",
        .min = -1,
        .max = DNA_MOST_THREADS,
        .offset = offsetof(pack_values, n_cpus),
        .doc =
            "Threads; below 1: as many as there are processors (default). The file is the same for any number."},
    {.name = "force",
        .letter = 'f',
        .kind = OPT_FLAG,
        .offset = offsetof(pack_values, force),
        .doc = "Replace a file that is there."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "DATASET",
        .offset = offsetof(pack_values, dataset),
        .doc =
            "A dataset or simulation config; or a packed dataset, cows.dnapack, that is "
            "there in slices such as cows.000-499.dnapack, which are joined."},
    {.name = "OUT",
        .offset = offsetof(pack_values, path),
        .doc = "The file to write; its name ends in .dnapack."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna pack",
    .doc =
        "Write all samples of a dataset into one file: haplotypes a bit each, checksummed, "
        "with the parameter table; smaller than npz files and much faster to train from.",
    .example =
        "dnadna pack my_dataset/my_dataset_simulation_config.yml my_dataset.dnapack",
    .opts = {dna_opts_common, options, dna_opts_log},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const pack_values *v = values;
    dna_pack_options o = {.dataset = v->dataset,
        .path = v->path,
        .force = v->force,
        .n_thread = (int)v->n_cpus,
        .log = log,
        .log_file = v->common.log_file,
        .progress = dna_console_progress,
        .stop = dna_console_catch_signals()};
    dna_str quoted;

    int rc = dna_run_pack(&o);
    dna_console_finish();
    if (rc == DNA_OK) {
        dna_str_init(&quoted, 0);
        dna_str_add_shell(&quoted, v->path);
        dna_log_info(log, "to train: dnadna init --dataset-config %s MODEL-NAME",
            dna_str_text(&quoted));
        dna_str_clear(&quoted);
    }
    return rc;
}

const dna_command dna_command_pack = {.name = "pack",
    .summary = "Write a dataset into one packed file",
    .spec = &spec,
    .values_size = sizeof(pack_values),
    .is_logging = true,
    .run = run};

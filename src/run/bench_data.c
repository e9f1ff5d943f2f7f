/* bench_data.c - a dataset on disk for the cases of `dnadna bench` that read one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/bench_data.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "data/packed_meta.h"
#include "data/packed_writer.h"
#include "dnadna/coalescent.h"
#include "io/yaml.h"

enum { N_SCENARIO = 64, N_REPLICATE = 32, LEAST_SNP = 500, SNP_RANGE = 200 };
/* Replicates that are one simulation: files like others to a reader. */
enum { N_SAME = 16 };

static const char dataset_name[] = "bench";

static const char transforms_text[] = "- crop: {max_snp: 400}\n"
                                      "- snp_format: concat\n"
                                      "- validate_snp: {uniform_shape: true}\n";

/* ---- writing --------------------------------------------------------------------- */

typedef struct {
    const char *folder;
    dna_bench_files files;
    dna_coalescent *sim;
    dna_packed_writer *packed; /* NULL: npz files */
    char *path;
} writer;

/* 50 genomes of 2 Mb of a population of 5,000: about 1800 sites, of which the first ones. */
static int
draw(writer *w, int64_t scenario, int64_t replicate, dna_sample **out)
{
    dna_population population = {.size = 5000};
    dna_sample_group group = {.n = DNA_BENCH_ROWS};
    dna_demography demography = {
        .population = &population, .n_population = 1, .group = &group, .n_group = 1};
    int64_t number = scenario * N_REPLICATE + replicate;
    dna_coalescent_model model = {.demography = &demography,
        .length = 2e6,
        .recombination_rate = 5e-9,
        .mutation_rate = 1e-8,
        .max_snp = LEAST_SNP + number * 37 % SNP_RANGE};
    int rc = DNA_OK;

    DNA_TRY(dna_coalescent_set(w->sim, &model));
    DNA_TRY(dna_coalescent_run(w->sim, 1, scenario, replicate, out));
out:
    return rc;
}

static int
open_packed(writer *w)
{
    dna_arena *arena = NULL;
    dna_packed_meta_options o = {0};
    dna_value *config = NULL;
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, DNA_PACKED_MAX_META);
    DNA_TRY(dna_arena_new(&arena));
    config = dna_value_map(arena);
    w->path = dna_path_join(w->folder, "bench" DNA_PACKED_SUFFIX);
    if (config == NULL || w->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_value_set(
        arena, config, "dataset_name", dna_value_string(arena, dataset_name)));
    o.dataset_config = config;
    DNA_TRY(dna_packed_meta_text(&text, arena, &o));
    DNA_TRY(dna_packed_writer_open(
        &w->packed, w->path, dna_str_text(&text), text.len, false));
out:
    dna_str_clear(&text);
    dna_arena_free(arena);
    return rc;
}

static int
save(writer *w, int64_t scenario, int64_t replicate, const dna_sample *sample)
{
    dna_sample_options o = {
        .is_stored = w->files != DNA_BENCH_DEFLATED, .skips_sync = true};
    char name[128];
    int rc = DNA_OK;

    if (w->packed != NULL) {
        return dna_packed_writer_put(w->packed, scenario * N_REPLICATE + replicate,
            scenario, replicate, sample, false);
    }
    snprintf(name, sizeof(name), "scenario_%lld/%s_%lld_%lld.npz", (long long)scenario,
        dataset_name, (long long)scenario, (long long)replicate);
    dna_free(w->path);
    w->path = dna_path_join(w->folder, name);
    DNA_REQUIRE(w->path != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(dna_sample_save(sample, w->path, &o));
out:
    return rc;
}

static int
write_scenario(writer *w, int64_t scenario)
{
    dna_sample *sample = NULL;
    char name[96], *folder = NULL;
    int rc = DNA_OK;

    snprintf(name, sizeof(name), "scenario_%lld", (long long)scenario);
    folder = dna_path_join(w->folder, name);
    DNA_REQUIRE(folder != NULL, DNA_ENOMEM, "out of memory");
    if (w->packed == NULL) {
        DNA_TRY(dna_path_make_dirs(folder));
    }
    for (int64_t r = 0; r < N_REPLICATE; r++) {
        if (r % N_SAME == 0) {
            dna_sample_free(sample);
            sample = NULL;
            DNA_TRY(draw(w, scenario, r, &sample));
        }
        DNA_TRY(save(w, scenario, r, sample));
    }
out:
    dna_sample_free(sample);
    dna_free(folder);
    return rc;
}

int
dna_bench_data_write(
    const char *folder, dna_bench_files files, const dna_bench_options *o)
{
    writer w = {.folder = folder, .files = files};
    int rc = DNA_OK;

    DNA_TRY(dna_coalescent_new(&w.sim));
    if (files == DNA_BENCH_PACKED) {
        DNA_TRY(open_packed(&w));
    }
    for (int64_t s = 0; s < N_SCENARIO; s++) {
        DNA_REQUIRE(
            o->stop == NULL || *o->stop == 0, DNA_ECANCEL, "stopped on request");
        DNA_TRY(write_scenario(&w, s));
    }
    if (w.packed != NULL) {
        DNA_TRY(dna_packed_writer_finish(w.packed, N_SCENARIO * N_REPLICATE));
    }
out:
    dna_packed_writer_close(w.packed);
    dna_coalescent_free(w.sim);
    dna_free(w.path);
    return rc;
}

/* ---- reading --------------------------------------------------------------------- */

/* All scenarios are training ones; the targets are not those of the samples. */
static int
make_table(dna_bench_data *d)
{
    dna_params_table *t = &d->table;
    dna_rng rng;
    int rc = DNA_OK;

    t->n_row = N_SCENARIO;
    t->n_param = DNA_BENCH_OUTPUTS;
    t->has_split = true;
    DNA_NEW(t->scenario, t->n_row);
    DNA_NEW(t->n_replicate, t->n_row);
    DNA_NEW(t->split, t->n_row);
    DNA_NEW(t->targets, t->n_row * t->n_param);
    dna_rng_init(&rng, 1, "bench", 0, 0, 0);
    for (int64_t i = 0; i < t->n_row; i++) {
        t->scenario[i] = i;
        t->n_replicate[i] = N_REPLICATE;
        t->split[i] = DNA_TRAINING;
    }
    for (int64_t i = 0; i < t->n_row * t->n_param; i++) {
        t->targets[i] = dna_rng_normal(&rng);
    }
    d->params = dna_arena_alloc(d->arena, DNA_BENCH_OUTPUTS, sizeof(*d->params));
    DNA_REQUIRE(d->params != NULL, DNA_ENOMEM, "out of memory");
    for (int64_t i = 0; i < DNA_BENCH_OUTPUTS; i++) {
        d->params[i] = (dna_param){.name = "target", .type = DNA_REGRESSION, .std = 1};
    }
out:
    return rc;
}

static int
open_source(dna_bench_data *d, const char *folder, dna_bench_files files)
{
    dna_value *config = dna_value_map(d->arena), *data = dna_value_map(d->arena);
    const char *format = files == DNA_BENCH_PACKED ? "packed" : "dnadna";
    int rc = DNA_OK;

    if (config == NULL || data == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_value_set(
        d->arena, config, "data_root", dna_value_string(d->arena, folder)));
    DNA_TRY(dna_value_set(
        d->arena, config, "dataset_name", dna_value_string(d->arena, dataset_name)));
    DNA_TRY(
        dna_value_set(d->arena, data, "format", dna_value_string(d->arena, format)));
    DNA_TRY(dna_value_set(d->arena, config, "data_source", data));
    DNA_TRY(dna_source_new(&d->source, config));
    dna_source_settle_distance(d->source, false);
out:
    return rc;
}

int
dna_bench_data_open(
    dna_bench_data *d, const char *folder, dna_bench_files files, int n_worker)
{
    dna_value *transforms = NULL;
    int rc = DNA_OK;

    *d = (dna_bench_data){.n_worker = n_worker};
    DNA_TRY(dna_arena_new(&d->arena));
    DNA_TRY(make_table(d));
    DNA_TRY(open_source(d, folder, files));
    DNA_TRY(dna_yaml_parse(
        &transforms, d->arena, transforms_text, strlen(transforms_text), "bench"));
    DNA_TRY(dna_transforms_read(&d->transforms, d->arena, transforms, NULL));
    dna_dataset_options options = {.source = d->source,
        .table = &d->table,
        .transforms = &d->transforms,
        .params = d->params,
        .n_param = DNA_BENCH_OUTPUTS,
        .seed = 1};
    DNA_TRY(dna_dataset_new(&d->dataset, &options));
out:
    return rc;
}

int
dna_bench_data_next(dna_bench_data *d, dna_batch **batch)
{
    dna_loader_options options = {.split = DNA_TRAINING,
        .batch_size = DNA_BENCH_BATCH,
        .n_worker = d->n_worker,
        .is_shuffled = true};
    int rc = 0;

    while (rc == 0) {
        if (d->loader == NULL) {
            DNA_TRY(dna_loader_new(&d->loader, d->dataset, &options, ++d->epoch));
        }
        rc = dna_loader_next(d->loader, batch);
        if (rc == 0) { /* the epoch is over */
            dna_loader_free(d->loader);
            d->loader = NULL;
        }
    }
    DNA_TRY(rc);
    DNA_REQUIRE((*batch)->n == DNA_BENCH_BATCH, DNA_EFORMAT,
        "only %lld samples of a batch could be read", (long long)(*batch)->n);
    rc = DNA_OK;
out:
    return rc;
}

void
dna_bench_data_clear(dna_bench_data *d)
{
    dna_loader_free(d->loader);
    dna_dataset_free(d->dataset);
    dna_source_free(d->source);
    dna_params_table_clear(&d->table);
    dna_arena_free(d->arena);
    *d = (dna_bench_data){0};
}

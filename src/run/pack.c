/* pack.c - all samples of a dataset into one packed file.
 *
 * SPDX-License-Identifier: MIT
 *
 * Samples of files are numbered in the order of scenario and replicate. What a packed
 * dataset says of itself is taken over word for word, so that joined slices are the file
 * that a simulation without slices writes.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/pool.h"
#include "config/config.h"
#include "config/tables.h"
#include "data/packed_meta.h"
#include "data/packed_writer.h"
#include "data/source.h"
#include "dnadna/run.h"
#include "io/json.h"
#include "run/settings.h"

#define TABLE_MAX  ((size_t)1 << 29)
#define RECORD_MAX ((size_t)1 << 24)

typedef struct {
    const dna_pack_options *o;
    dna_arena *arena;
    dna_value *config; /* of the dataset */
    dna_source *source;
    dna_source_entry *entries; /* in the order of the file */
    int64_t n;
    dna_packed_writer *writer;
    pthread_mutex_t mutex; /* guards n_done */
    bool has_mutex;
    int64_t n_done;
    double start;
} pack_job;

static void
job_clear(pack_job *j)
{
    dna_packed_writer_close(j->writer);
    dna_source_list_free(j->entries, j->n);
    dna_source_free(j->source);
    if (j->has_mutex) {
        pthread_mutex_destroy(&j->mutex);
    }
    dna_arena_free(j->arena);
}

/* ---- the dataset ----------------------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
    const dna_source_entry *x = a, *y = b;

    if (x->scenario != y->scenario) {
        return x->scenario < y->scenario ? -1 : 1;
    }
    return (x->replicate > y->replicate) - (x->replicate < y->replicate);
}

static int
list_samples(pack_job *j)
{
    int rc = DNA_OK;

    DNA_TRY(dna_source_list(j->source, &j->entries, &j->n));
    qsort(j->entries, (size_t)j->n, sizeof(*j->entries), by_number);
    for (int64_t i = 1; i < j->n; i++) {
        DNA_REQUIRE(by_number(&j->entries[i - 1], &j->entries[i]) != 0, DNA_EFORMAT,
            "%s: is scenario %lld, replicate %lld, as is %s", j->entries[i].path,
            (long long)j->entries[i].scenario, (long long)j->entries[i].replicate,
            j->entries[i - 1].path);
    }
out:
    return rc;
}

static int
open_dataset(pack_job *j)
{
    const char *path = j->o->dataset;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&j->arena));
    if (dna_str_ends_with(path, DNA_PACKED_SUFFIX)) {
        DNA_TRY(dna_packed_dataset_config(&j->config, NULL, j->arena, path));
    } else {
        DNA_TRY(dna_config_load(&j->config, j->arena, path));
    }
    DNA_TRY(dna_config_check_dataset(j->arena, j->config, j->o->log));
    DNA_TRY(dna_setting_check_folder(j->config, "data_root"));
    DNA_TRY(dna_source_new(&j->source, j->config));
    DNA_TRY(list_samples(j));
out:
    return rc;
}

/* ---- its metadata ---------------------------------------------------------------- */

/* The record that a simulation leaves beside its table; *out is NULL without one. */
static int
read_record(pack_job *j, const char *table, dna_value **out)
{
    const char *path = dna_arena_printf(j->arena, "%s.record.json", table);
    unsigned char *text = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(path != NULL, DNA_ENOMEM, "out of memory");
    if (dna_path_exists(path)) {
        DNA_TRY(dna_file_read(path, RECORD_MAX, &text, &n));
        DNA_TRY(dna_json_parse(out, j->arena, (const char *)text, n, path));
    }
out:
    dna_free(text);
    return rc;
}

/* A dataset of files: its table and record, as far as they are there. */
static int
make_meta(pack_job *j, dna_str *out)
{
    const char *table = dna_setting_text(j->config, "scenario_params_path");
    dna_packed_meta_options o = {.dataset_config = j->config};
    unsigned char *text = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    if (table != NULL && dna_path_exists(table)) {
        DNA_TRY(dna_file_read(table, TABLE_MAX, &text, &n));
        DNA_REQUIRE(strlen((const char *)text) == n && dna_is_utf8((const char *)text),
            DNA_EFORMAT, "%s: is no text in UTF-8", table);
        o.table = (const char *)text;
        DNA_TRY(read_record(j, table, &o.record));
    } else if (table != NULL) {
        dna_log_warning(
            j->o->log, "%s: is not there: packed without a parameter table", table);
    }
    DNA_TRY(dna_packed_meta_text(out, j->arena, &o));
out:
    dna_free(text);
    return rc;
}

static int
take_meta(pack_job *j, dna_str *out)
{
    const dna_packed_set *set = dna_source_packed(j->source);
    size_t n = 0;

    if (set == NULL) {
        return make_meta(j, out);
    }
    const char *text = dna_packed_meta(set->files[0], &n);
    dna_str_addn(out, text, n);
    return dna_str_status(out);
}

/* ---- packing --------------------------------------------------------------------- */

static void
show_progress(pack_job *j)
{
    const dna_pack_options *o = j->o;

    pthread_mutex_lock(&j->mutex);
    j->n_done++;
    if (o->progress != NULL) {
        double seconds = dna_seconds() - j->start;
        dna_progress p = {.what = "packing", .done = j->n_done, .total = j->n};
        p.per_second = seconds > 0.0 ? (double)j->n_done / seconds : 0.0;
        p.seconds_left =
            p.per_second > 0.0 ? (double)(p.total - p.done) / p.per_second : 0.0;
        o->progress(o->payload, &p);
    }
    pthread_mutex_unlock(&j->mutex);
}

static int
pack_sample(void *payload, int64_t i, int worker)
{
    pack_job *j = payload;
    const dna_source_entry *e = &j->entries[i];
    dna_sample *sample = NULL;
    int rc = DNA_OK;

    (void)worker;
    DNA_REQUIRE(j->o->stop == NULL || *j->o->stop == 0, DNA_ECANCEL,
        "%s: not written: stopped on request", j->o->path);
    DNA_TRY(dna_source_load_entry(&sample, j->source, e, NULL));
    DNA_TRY(
        dna_packed_writer_put(j->writer, i, e->scenario, e->replicate, sample, true));
    show_progress(j);
out:
    if (rc < 0) {
        dna_packed_writer_stop(j->writer, rc); /* others may wait for this sample */
    }
    dna_sample_free(sample);
    return rc;
}

/* What was begun is of no use to anybody: samples are read faster than compared. */
static void
remove_part(const pack_job *j)
{
    char *part = dna_packed_part_path(j->o->path);

    if (part != NULL) {
        (void)unlink(part);
    }
    dna_free(part);
}

static int
write_all(pack_job *j)
{
    dna_pool *pool = NULL;
    dna_str meta;
    int rc = DNA_OK;

    dna_str_init(&meta, DNA_PACKED_MAX_META);
    DNA_TRY(take_meta(j, &meta));
    DNA_TRY(dna_pool_new(&pool, j->o->n_thread));
    j->has_mutex = pthread_mutex_init(&j->mutex, NULL) == 0;
    DNA_REQUIRE(j->has_mutex, DNA_ENOMEM, "the system has no mutex left");
    j->start = dna_seconds();
    DNA_TRY(dna_packed_writer_open(
        &j->writer, j->o->path, dna_str_text(&meta), meta.len, false));
    rc = dna_pool_run(pool, j->n, pack_sample, j);
    if (rc == DNA_OK) {
        rc = dna_packed_writer_finish(j->writer, j->n);
    }
    if (rc < 0) {
        remove_part(j);
    }
out:
    dna_pool_free(pool);
    dna_str_clear(&meta);
    return rc;
}

int
dna_run_pack(const dna_pack_options *o)
{
    pack_job j = {.o = o};
    int64_t size = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(dna_str_ends_with(o->path, DNA_PACKED_SUFFIX), DNA_EARG,
        "%s: the name of a packed dataset ends in %s", o->path, DNA_PACKED_SUFFIX);
    DNA_REQUIRE(o->force || !dna_path_exists(o->path), DNA_EEXISTS,
        "%s: is there already; --force replaces it", o->path);
    if (o->log_file != NULL && o->log != NULL) {
        DNA_TRY(dna_log_add_file(o->log, o->log_file));
    }
    DNA_TRY(open_dataset(&j));
    DNA_TRY(write_all(&j));
    DNA_TRY(dna_path_size(o->path, &size));
    dna_log_info(o->log, "%s: %lld sample%s, %.1f MB", o->path, (long long)j.n,
        DNA_PLURAL(j.n), (double)size / 1e6);
out:
    job_clear(&j);
    return rc;
}

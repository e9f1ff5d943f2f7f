/* sumstats.c - summary statistics of a dataset or of files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/sumstats.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/pool.h"
#include "popgen/sample_ops.h"
#include "run/settings.h"

#define FEW_SITES  8 /* so few may happen to have growing distances */
#define PER_THREAD 4 /* samples in memory, whole scenarios aside */

/* ---- one sample ------------------------------------------------------------------ */

/* Nobody said whether positions are distances: of these, every second is smaller than the
 * one before; a file out of order has fewer, and is refused later. */
static void
recognise_distances(dna_sample *s, const dna_position_format *known)
{
    if (s->has_pos && known->distance < 0 && s->n_site >= FEW_SITES
        && 4 * dna_sample_count_decreases(s, NULL) > s->n_site) {
        s->format.distance = 1;
    }
}

static int
compute(const dna_sumstats_job *j, const dna_sumstats_input *in, int n_thread,
    dna_sumstats **out)
{
    const dna_source_entry entry = {in->scenario, in->replicate, in->path};
    dna_sumstats_options options = j->stats;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    options.n_thread = n_thread;
    DNA_TRY(j->source != NULL ? dna_source_load_entry(&s, j->source, &entry, &j->read)
                              : dna_sample_load(&s, in->path, &j->read));
    recognise_distances(s, &j->format);
    if (s->format.distance == 1 && !(s->format.initial_position >= 0)) {
        s->format.initial_position =
            0; /* no statistic depends on where a circle begins */
    }
    DNA_TRY(dna_sumstats_new(out, s, &options, in->path));
out:
    dna_sample_free(s);
    return rc;
}

/* ---- batches --------------------------------------------------------------------- */

typedef struct {
    dna_sumstats_job *j;
    int64_t first; /* sample of task 0 */
    dna_sumstats **stats;
    double start;
    pthread_mutex_t mutex; /* guards what follows */
    int64_t n_done;
} batch;

static void
tell_progress(batch *b)
{
    const dna_sumstats_run_options *o = b->j->o;
    double took = dna_seconds() - b->start;

    pthread_mutex_lock(&b->mutex);
    b->n_done++;
    dna_progress p = {.what = "samples",
        .done = b->n_done,
        .total = b->j->n,
        .per_second = took > 0 ? (double)b->n_done / took : 0};
    p.seconds_left = p.per_second > 0 ? (double)(p.total - p.done) / p.per_second : 0;
    if (o->progress != NULL) {
        o->progress(o->payload, &p);
    }
    pthread_mutex_unlock(&b->mutex);
}

static int
compute_one(batch *b, int64_t task, int n_thread)
{
    const dna_sumstats_run_options *o = b->j->o;
    const dna_sumstats_input *in = &b->j->inputs[b->first + task];
    int rc = DNA_OK;

    if (o->stop != NULL && *o->stop != 0) {
        return dna_fail(DNA_ECANCEL, "stopped on request; the tables so far stay");
    }
    DNA_TRY(compute(b->j, in, n_thread, &b->stats[task]));
    tell_progress(b);
out:
    return rc;
}

static int
run_task(void *payload, int64_t task, int worker)
{
    (void)worker;
    return compute_one(payload, task, 1);
}

/* The end of the scenario that begins with a sample; plain files stand alone. */
static int64_t
group_end(const dna_sumstats_job *j, int64_t first)
{
    int64_t i = first + 1;

    while (i < j->n && j->inputs[i].scenario >= 0
           && j->inputs[i].scenario == j->inputs[first].scenario) {
        i++;
    }
    return i;
}

static int
write_batch(const batch *b, int64_t n)
{
    int rc = DNA_OK;

    for (int64_t i = b->first; i < b->first + n;) {
        int64_t end = group_end(b->j, i);
        DNA_TRY(dna_sumstats_output(b->j, i, end, b->stats + (i - b->first)));
        i = end;
    }
out:
    return rc;
}

/* Samples from b->first on: scenarios until every thread has enough to do. One sample
 * alone is computed by all threads. */
static int
run_batch(batch *b, dna_pool *pool, int64_t *n)
{
    int64_t end = group_end(b->j, b->first);
    int rc = DNA_OK;

    while (end < b->j->n
           && end - b->first < PER_THREAD * (int64_t)dna_pool_n_thread(pool)) {
        end = group_end(b->j, end);
    }
    *n = end - b->first;
    DNA_NEW(b->stats, *n);
    if (*n == 1) {
        DNA_TRY(compute_one(b, 0, dna_pool_n_thread(pool)));
    } else {
        DNA_TRY(dna_pool_run(pool, *n, run_task, b));
    }
    DNA_TRY(write_batch(b, *n));
out:
    for (int64_t i = 0; b->stats != NULL && i < *n; i++) {
        dna_sumstats_free(b->stats[i]);
    }
    dna_free(b->stats);
    b->stats = NULL;
    return rc;
}

static int
run_all(dna_sumstats_job *j)
{
    batch b = {.j = j, .start = dna_seconds()};
    dna_pool *pool = NULL;
    bool has_mutex = false;
    int rc = DNA_OK;

    DNA_TRY(dna_pool_new(&pool, j->o->n_thread));
    has_mutex = pthread_mutex_init(&b.mutex, NULL) == 0;
    DNA_REQUIRE(has_mutex, DNA_ENOMEM, "the system has no mutex left");
    dna_log_info(j->log, "summary statistics of %lld sample%s on %d thread%s",
        (long long)j->n, DNA_PLURAL(j->n), dna_pool_n_thread(pool),
        DNA_PLURAL(dna_pool_n_thread(pool)));
    for (int64_t n = 0; b.first < j->n; b.first += n) {
        DNA_TRY(run_batch(&b, pool, &n));
    }
    if (j->long_path != NULL) {
        dna_log_info(j->log, "done: %s", j->long_path);
    }
    if (j->figure != NULL) {
        DNA_TRY(dna_sumstats_figure_save(j->figure, j->o->figure));
        dna_log_info(j->log, "figure: %s", j->o->figure);
    }
out:
    if (has_mutex) {
        pthread_mutex_destroy(&b.mutex);
    }
    dna_pool_free(pool);
    return rc;
}

/* ---- whole ----------------------------------------------------------------------- */

static void
job_clear(dna_sumstats_job *j)
{
    dna_sumstats_figure_free(j->figure);
    dna_table_free(j->table);
    for (int64_t i = 0; i < j->n; i++) {
        dna_free(j->inputs[i].path);
    }
    dna_free(j->inputs);
    dna_free(j->ld_edges);
    dna_free(j->population_sizes);
    dna_free(j->long_path);
    dna_source_free(j->source);
    dna_arena_free(j->arena);
}

int
dna_run_sumstats(const dna_sumstats_run_options *o)
{
    dna_sumstats_job j = {
        .o = o, .log = o->log, .label = o->label != NULL ? o->label : ""};
    int rc = DNA_OK;

    if (o->log_file != NULL && o->log != NULL) {
        DNA_TRY(dna_log_add_file(o->log, o->log_file));
    }
    DNA_TRY(dna_sumstats_inputs(&j));
    DNA_TRY(dna_sumstats_output_check(&j));
    DNA_TRY(run_all(&j));
out:
    job_clear(&j);
    return rc;
}

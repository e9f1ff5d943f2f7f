/* simulation.c - draw the parameters, simulate every replicate, write the files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/simulation.h"

#include <pthread.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/pool.h"
#include "config/config.h"
#include "config/tables.h"
#include "run/parts.h"
#include "run/settings.h"

/* Samples made first, spread over all, from which time and room are estimated. */
#define N_PILOT       16
#define PILOT_AT_MOST 8 /* share of all: 1 / 8 */

static void
job_clear(dna_simulation_job *j)
{
    dna_packed_writer_close(j->writer);
    dna_free(j->packed_path);
    dna_free(j->packed_whole);
    dna_simulator_free(j->sim);
    dna_source_free(j->source);
    dna_free(j->values);
    dna_free(j->table_path);
    dna_free(j->record_path);
    dna_str_clear(&j->table);
    dna_arena_free(j->arena);
}

/* Of a file that a simulator reads. */
#define INPUT_MAX ((size_t)1 << 30)

/* ---- reading --------------------------------------------------------------------- */

/* Keys that say where things are, or are read by others. */
static const char *const not_settings[] = {"data_root", "scenario_params_path",
    "dataset_name", "dnadna_version", "plugins", "summary_statistics", "seed",
    "ignore_missing", "cache_validation_set"};

static int
take_settings(dna_simulation_job *j)
{
    j->settings = dna_value_copy(j->arena, j->config);
    if (j->settings == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < DNA_COUNT(not_settings); i++) {
        dna_value_remove(j->settings, not_settings[i]);
    }
    return DNA_OK;
}

static int
ask_for_packed(dna_simulation_job *j)
{
    static const char *const override = "data_source.format=packed";
    return dna_parts_override(j->config, j->arena, &override, 1);
}

static int
read_config(dna_simulation_job *j)
{
    const dna_simulation_options *o = j->o;
    int rc = DNA_OK;

    DNA_TRY(dna_config_load(&j->config, j->arena, o->config));
    DNA_TRY(dna_parts_override(j->config, j->arena, o->overrides, o->n_override));
    DNA_TRY(o->packed ? ask_for_packed(j) : DNA_OK);
    DNA_TRY(take_settings(j));
    DNA_TRY(dna_config_check_dataset(j->arena, j->config, o->log));
    dna_config_notices(j->config, o->log);
    DNA_TRY(dna_setting_check_folder(j->config, "data_root"));
    const char *table = dna_setting_text(j->config, "scenario_params_path");
    if (table == NULL) {
        rc = dna_config_fail(DNA_EARG, j->config, "scenario_params_path",
            "is not given: where shall the parameter table go");
        goto out;
    }
    dna_str record;
    dna_str_init(&record, 0);
    dna_str_addf(&record, "%s.record.json", table);
    j->table_path = dna_strdup(table);
    j->record_path = dna_str_take(&record);
    dna_str_clear(&record);
    if (j->table_path == NULL || j->record_path == NULL) {
        rc = DNA_ENOMEM;
    }
out:
    return rc;
}

/* The config's, that of the simulation to go on with, or one of the system. */
static int
choose_seed(dna_simulation_job *j)
{
    int64_t seed = dna_setting_int(j->config, "seed", DNA_NULL_INT);
    bool is_slice = j->o->first_scenario > 0 || j->o->n_scenario > 0;
    bool found = false;
    int rc = DNA_OK;

    j->has_seed = seed != DNA_NULL_INT;
    if (j->has_seed) {
        j->seed = (uint64_t)seed;
        goto out;
    }
    if (j->o->resume || (is_slice && !j->o->overwrite && !j->o->backup)) {
        DNA_TRY(dna_simulation_record_seed(j, &j->seed, &found));
    }
    if (!found && is_slice) {
        rc = dna_config_fail(DNA_EARG, j->config, "seed",
            "is not given: slices of one simulation need the same one");
        goto out;
    }
    if (!found) {
        j->seed = dna_rng_os_seed() & UINT32_MAX;
    }
    dna_log_info(j->log, "seed %llu%s", (unsigned long long)j->seed,
        found ? ", of the simulation that is there" : "");
out:
    return rc;
}

/* Decimal digits of a number >= 0. */
static int
n_digit(int64_t v)
{
    int n = 1;
    for (; v >= 10; v /= 10) {
        n++;
    }
    return n;
}

static int
choose_slice(dna_simulation_job *j)
{
    const dna_simulation_options *o = j->o;
    int64_t total = j->sim->n_scenario;
    int rc = DNA_OK;

    DNA_REQUIRE(o->first_scenario >= 0 && o->first_scenario < total, DNA_EARG,
        "scenario %lld: the table has scenarios 0 to %lld",
        (long long)o->first_scenario, (long long)total - 1);
    DNA_REQUIRE(j->source == NULL || dna_source_has_replicates(j->source)
                    || j->sim->n_replicate == 1,
        DNA_EARG,
        "%s: data_source.filename_format: has no {replicate}, but there are %lld a scenario",
        o->config, (long long)j->sim->n_replicate);
    j->first = o->first_scenario;
    j->n_slice = total - j->first;
    if (o->n_scenario > 0) {
        j->n_slice = DNA_MIN(j->n_slice, o->n_scenario);
    }
    j->is_whole = j->n_slice == total;
    j->scenario_width = n_digit(total - 1);
    j->replicate_width = n_digit(j->sim->n_replicate - 1);
out:
    return rc;
}

static bool
is_stopped(void *payload)
{
    const dna_simulation_job *j = payload;
    return j->o->stop != NULL && *j->o->stop != 0;
}

/* "content of model.yml": FNV-1a of it */
static int
take_input(dna_simulation_job *j, const char *path)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    unsigned char *data = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_file_read(path, INPUT_MAX, &data, &n));
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    }
    const char *key =
        dna_arena_printf(j->arena, "content of %s", dna_path_basename(path));
    const char *text = dna_arena_printf(j->arena, "%016llx", (unsigned long long)hash);
    if (key == NULL || text == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(
        dna_value_set(j->arena, j->settings, key, dna_value_string(j->arena, text)));
out:
    dna_free(data);
    return rc;
}

static int
open_simulator(dna_simulation_job *j)
{
    int rc = DNA_OK;

    DNA_TRY(dna_simulator_new(&j->sim, j->arena, j->config, j->seed, j->log));
    for (int64_t i = 0; i < j->sim->n_input; i++) {
        DNA_TRY(take_input(j, j->sim->inputs[i]));
    }
    j->sim->is_cancelled = is_stopped;
    j->sim->payload = j;
    if (!dna_setting_is(j->config, "data_source.format", "packed")) {
        DNA_TRY(dna_source_new(&j->source, j->config));
        j->save = *dna_source_sample_options(j->source);
        j->save.is_stored = !dna_setting_bool(j->config, "data_source.compress", true);
        j->save.skips_sync = true; /* what is lost can be made again */
    }
    DNA_TRY(choose_slice(j));
    DNA_TRY(j->source == NULL ? dna_simulation_packed_names(j) : DNA_OK);
    DNA_NEW(j->values, j->sim->n_scenario * j->sim->n_column);
    DNA_TRY(dna_simulator_table(j->sim, j->values));
    DNA_TRY(dna_simulation_table_text(j));
out:
    return rc;
}

/* ---- samples --------------------------------------------------------------------- */

/* What the threads share. */
typedef struct {
    dna_simulation_job *j;
    dna_simulator_worker **workers; /* [n_thread], made when first needed */
    const int64_t *todo;            /* [n] samples of the slice, by number */
    int64_t n;
    bool is_in_order;      /* numbers of todo rise */
    pthread_mutex_t mutex; /* guards what follows */
    int64_t n_done, n_kept, n_total;
    double bytes, start;
    int64_t n_before; /* done when start was taken */
} work;

/* Whether the tree sequence of a sample is there, if there shall be one. It is written
 * before the sample. */
static int
has_trees(const dna_simulation_job *j, const char *path, bool *out)
{
    *out = true;
    if (j->sim->has_trees) {
        int64_t size = 0;
        char *trees = dna_simulation_trees_path(path);
        if (trees == NULL) {
            return DNA_ENOMEM;
        }
        *out = dna_path_size(trees, &size) == DNA_OK && size > 0;
        dna_free(trees);
    }
    return DNA_OK;
}

/* Whether a file is there that can be kept. */
static int
check_kept(const dna_simulation_job *j, const char *path, bool *is_kept)
{
    dna_sample *sample = NULL;
    bool has_all = false;
    int rc = DNA_OK;

    *is_kept = false;
    if (!j->is_kept || !dna_path_exists(path)) {
        goto out;
    }
    DNA_TRY(has_trees(j, path, &has_all));
    if (!has_all) {
        goto out;
    }
    rc = dna_sample_load(&sample, path, &j->save);
    *is_kept = rc == DNA_OK;
    if (rc < 0 && rc != DNA_ENOMEM) {
        dna_log_warning(j->log, "made again: %s", dna_message());
        rc = DNA_OK;
    }
out:
    dna_sample_free(sample);
    return rc;
}

/* trees may be NULL. */
static int
save_sample(const dna_simulation_job *j, const dna_sample *sample,
    const dna_tree_tables *trees, const char *path)
{
    char *dir = dna_path_dirname(path);
    char *trees_path = dna_simulation_trees_path(path);
    int rc = DNA_OK;

    if (dir == NULL || trees_path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (!dna_path_is_dir(dir)) {
        DNA_TRY(dna_path_make_dirs(dir));
    }
    if (trees != NULL) {
        DNA_TRY(dna_tree_tables_save(trees, trees_path));
    }
    DNA_TRY(dna_sample_save(sample, path, &j->save));
out:
    dna_free(trees_path);
    dna_free(dir);
    return rc;
}

static int
make_sample(work *w, int64_t scenario, int64_t replicate, int worker, const char *path)
{
    dna_simulation_job *j = w->j;
    const double *row = j->values + scenario * j->sim->n_column;
    dna_sample *sample = NULL;
    int rc = DNA_OK;

    if (w->workers[worker] == NULL) {
        DNA_TRY(dna_simulator_worker_new(&w->workers[worker], j->sim));
    }
    DNA_TRY(dna_simulator_run(
        w->workers[worker], row, j->seed, scenario, replicate, 0, &sample));
    if (j->writer != NULL) {
        int64_t number = (scenario - j->first) * j->sim->n_replicate + replicate;
        DNA_TRY(dna_packed_writer_put(
            j->writer, number, scenario, replicate, sample, w->is_in_order));
        goto out;
    }
    DNA_TRY(save_sample(j, sample, dna_simulator_trees(w->workers[worker]), path));
out:
    dna_sample_free(sample);
    return rc;
}

static void
count_done(work *w, const char *path, bool is_kept)
{
    const dna_simulation_options *o = w->j->o;
    int64_t size = 0;

    if (path != NULL && !is_kept && dna_path_size(path, &size) < 0) {
        size = 0; /* gone already: the estimate is none of its business */
    }
    pthread_mutex_lock(&w->mutex);
    w->n_done++;
    w->n_kept += is_kept;
    w->bytes += (double)size;
    if (o->progress != NULL) {
        double seconds = dna_seconds() - w->start;
        double n = (double)(w->n_done - w->n_before);
        dna_progress p = {.what = "simulating", .done = w->n_done, .total = w->n_total};
        p.per_second = seconds > 0.0 ? n / seconds : 0.0;
        p.seconds_left =
            p.per_second > 0.0 ? (double)(p.total - p.done) / p.per_second : 0.0;
        o->progress(o->payload, &p);
    }
    pthread_mutex_unlock(&w->mutex);
}

static int
one_sample(void *payload, int64_t task, int worker)
{
    work *w = payload;
    dna_simulation_job *j = w->j;
    int64_t n_replicate = j->sim->n_replicate;
    int64_t scenario = j->first + w->todo[task] / n_replicate;
    int64_t replicate = w->todo[task] % n_replicate;
    char *path = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(!is_stopped(j), DNA_ECANCEL, "stopped on request");
    bool is_kept = false;
    if (j->writer == NULL) {
        DNA_TRY(dna_simulation_sample_path(j, scenario, replicate, &path));
        DNA_TRY(check_kept(j, path, &is_kept));
    }
    if (!is_kept) {
        DNA_TRY(make_sample(w, scenario, replicate, worker, path));
    }
    count_done(w, path, is_kept);
out:
    if (rc < 0 && j->writer != NULL) {
        dna_packed_writer_stop(j->writer, rc); /* others may wait for this sample */
    }
    dna_free(path);
    return rc;
}

/* ---- the estimate ---------------------------------------------------------------- */

static void
put_time(char *out, size_t size, double seconds)
{
    if (seconds < 1.0) {
        snprintf(out, size, "less than 1 s");
    } else if (seconds < 90.0) {
        snprintf(out, size, "%.0f s", seconds);
    } else if (seconds < 5400.0) {
        snprintf(out, size, "%.0f min", seconds / 60.0);
    } else {
        snprintf(out, size, "%.1f hours", seconds / 3600.0);
    }
}

static void
put_size(char *out, size_t size, double bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    int u = 0;
    bytes /= 1e3;
    for (; bytes >= 1e3 && u < 3; u++) {
        bytes /= 1e3;
    }
    snprintf(out, size, bytes < 10 ? "%.1f %s" : "%.0f %s", bytes, units[u]);
}

/* From the samples made so far, what the rest will take. */
static void
tell_estimate(const work *w, double seconds, int64_t n_left)
{
    const dna_simulation_job *j = w->j;
    double n = (double)(w->n_done - w->n_kept);
    struct statvfs disk;
    char room[32], time_left[32], is_free[32];

    if (n < 1) {
        return;
    }
    double made = j->writer == NULL
                      ? w->bytes
                      : (double)dna_packed_writer_length(j->writer) - w->bytes;
    double bytes = made / n * (double)n_left;
    put_size(room, sizeof(room), bytes);
    put_time(time_left, sizeof(time_left), seconds / n * (double)n_left);
    dna_log_info(j->log, "estimated from %.0f simulation%s: %s on disk, %s", n,
        DNA_PLURAL((int64_t)n), room, time_left);
    if (statvfs(dna_setting_text(j->config, "data_root"), &disk) == 0) {
        double left = (double)disk.f_bavail * (double)disk.f_frsize;
        if (left < bytes) {
            put_size(is_free, sizeof(is_free), left);
            dna_log_warning(j->log, "%s: %s are free, about %s are needed",
                dna_setting_text(j->config, "data_root"), is_free, room);
        }
    }
}

/* ---- running --------------------------------------------------------------------- */

static int
run_tasks(work *w, dna_pool *pool, const int64_t *todo, int64_t n)
{
    w->todo = todo;
    w->n = n;
    return dna_pool_run(pool, n, one_sample, w);
}

/* A few spread over all, then an estimate, then the others. */
static int
run_all(work *w, dna_pool *pool, int64_t *todo, int64_t n)
{
    int64_t n_pilot = DNA_MIN(N_PILOT, n / PILOT_AT_MOST);
    int rc = DNA_OK;

    w->start = dna_seconds();
    for (int64_t i = 0; i < n_pilot; i++) { /* to the front */
        int64_t at = i + (n - n_pilot) / n_pilot * i;
        int64_t t = todo[at];
        memmove(todo + i + 1, todo + i, (size_t)(at - i) * sizeof(*todo));
        todo[i] = t;
    }
    if (n_pilot > 0) {
        DNA_TRY(run_tasks(w, pool, todo, n_pilot));
        double seconds = dna_seconds() - w->start;
        tell_estimate(w, seconds, n - n_pilot);
    }
    w->is_in_order = true;
    DNA_TRY(run_tasks(w, pool, todo + n_pilot, n - n_pilot));
out:
    return rc;
}

static int
make_samples(dna_simulation_job *j)
{
    work w = {.j = j};
    dna_pool *pool = NULL;
    int64_t *todo = NULL;
    int64_t n_first = 0; /* samples that a packed file has already: the first ones */
    bool has_mutex = false;
    int rc = DNA_OK;

    DNA_TRY(dna_pool_new(&pool, j->o->n_thread));
    w.n_total = j->n_slice * j->sim->n_replicate;
    if (j->packed_path != NULL) {
        DNA_TRY(dna_simulation_packed_open(j, &n_first));
        w.bytes = j->writer != NULL ? (double)dna_packed_writer_length(j->writer) : 0;
        w.n_done = w.n_kept = w.n_before = n_first;
    }
    DNA_NEW(w.workers, dna_pool_n_thread(pool));
    DNA_NEW(todo, w.n_total);
    for (int64_t i = n_first; i < w.n_total; i++) {
        todo[i - n_first] = i;
    }
    has_mutex = pthread_mutex_init(&w.mutex, NULL) == 0;
    DNA_REQUIRE(has_mutex, DNA_ENOMEM, "the system has no mutex left");
    rc = run_all(&w, pool, todo, w.n_total - n_first);
    if (rc == DNA_OK && j->writer != NULL) {
        rc = dna_packed_writer_finish(j->writer, w.n_total);
    }
    if (w.n_kept > 0) {
        dna_log_info(j->log, "%lld sample%s %s there already", (long long)w.n_kept,
            DNA_PLURAL(w.n_kept), w.n_kept == 1 ? "was" : "were");
    }
out:
    for (int i = 0; w.workers != NULL && i < dna_pool_n_thread(pool); i++) {
        dna_simulator_worker_free(w.workers[i]);
    }
    if (has_mutex) {
        pthread_mutex_destroy(&w.mutex);
    }
    dna_free(w.workers);
    dna_free(todo);
    dna_pool_free(pool);
    return rc;
}

static void
log_scenarios(const dna_simulation_job *j)
{
    const dna_simulator *sim = j->sim;

    for (int64_t i = j->first; i < j->first + j->n_slice; i++) {
        dna_str line;
        dna_str_init(&line, 0);
        dna_str_addf(&line, "scenario %lld:", (long long)i);
        for (int64_t c = 0; c < sim->n_column; c++) {
            const dna_sim_column *column = &sim->columns[c];
            double v = j->values[i * sim->n_column + c];
            if (column->labels != NULL) {
                dna_str_addf(&line, " %s=%s", column->name, column->labels[(int64_t)v]);
            } else {
                dna_str_addf(&line, " %s=%.10g", column->name, v);
            }
        }
        dna_log_info(j->log, "%s", dna_str_text(&line));
        dna_str_clear(&line);
    }
}

static int
run_job(dna_simulation_job *j)
{
    const dna_simulation_options *o = j->o;
    int rc = DNA_OK;

    DNA_REQUIRE(!o->resume || !(o->overwrite || o->backup), DNA_EARG,
        "resume keeps what is there: it goes neither with overwrite nor with backup");
    DNA_TRY(dna_arena_new(&j->arena));
    DNA_TRY(read_config(j));
    if (o->log_file != NULL && j->log != NULL) {
        DNA_TRY(dna_log_add_file(j->log, o->log_file));
    }
    DNA_TRY(choose_seed(j));
    DNA_TRY(open_simulator(j));
    DNA_TRY(dna_simulation_make_room(j));
    DNA_TRY(dna_simulation_write_table(j));
    dna_log_info(j->log, "simulator %s, n_scenarios=%lld, n_replicates=%lld%s",
        j->sim->def->name, (long long)j->sim->n_scenario,
        (long long)j->sim->n_replicate, j->is_whole ? "" : ", a slice:");
    if (!j->is_whole) {
        dna_log_info(j->log, "  scenarios %lld to %lld", (long long)j->first,
            (long long)(j->first + j->n_slice - 1));
    }
    if (o->verbose) {
        log_scenarios(j);
    }
    rc = make_samples(j);
    if (rc == DNA_ECANCEL) {
        rc = dna_fail(rc, "stopped on request; --resume goes on");
    } else if (rc < 0) {
        dna_log_info(j->log, "what is made stays; --resume makes the rest");
    }
    DNA_TRY(rc);
    dna_log_info(j->log, "simulation complete: %s", j->table_path);
    if (j->packed_path != NULL) {
        dna_log_info(j->log, "packed in %s", j->packed_path);
        if (o->packed_path != NULL) {
            *o->packed_path = dna_strdup(j->packed_whole);
            DNA_REQUIRE(*o->packed_path != NULL, DNA_ENOMEM, "out of memory");
        }
    }
out:
    return rc;
}

int
dna_run_simulation(const dna_simulation_options *o)
{
    dna_simulation_job j = {.o = o, .log = o->log};
    dna_str_init(&j.table, 0);
    int rc = run_job(&j);
    job_clear(&j);
    return rc;
}

/* predict.c - predict files: load a batch, run it, write its rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/config.h"
#include "run/ensemble.h"
#include "run/predict_inputs.h"
#include "run/predict_windows.h"
#include "run/run_dir.h"
#include "run/settings.h"

#define DEFAULT_BATCH 64

typedef struct {
    const dna_predict_files_options *o;
    dna_network *net;
    dna_ensemble ensemble; /* with other networks, if there are any */
    dna_predict_inputs inputs;
    dna_predicted *own_params;   /* of one network */
    const dna_predicted *params; /* [n_param] of the table */
    int64_t n_param;
    dna_pool *load_pool;
    dna_table *table;
    int64_t n_value;        /* numbers a sample */
    double *values;         /* [n of a batch, n_value]; by scenario: of all inputs */
    int *status;            /* the same */
    dna_sample **samples;   /* of a batch */
    char **messages;        /* of a batch */
    int64_t first, n_batch; /* the current batch */
    int64_t n_failed;
    double start;
} predict_job;

/* ---- the network ----------------------------------------------------------------- */

/* The network file of a run, from its final config and the name of a checkpoint. */
static int
find_in_run(char **path, const dna_predict_files_options *o)
{
    dna_arena *arena = NULL;
    dna_value *config = NULL;
    dna_run_name run = {0};
    bool is_renamed = false;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(dna_config_load(&config, arena, o->model));
    DNA_TRY(dna_config_check_training_run(arena, config, o->log));
    const dna_value *id = dna_value_get(config, "run_id");
    run.is_number = id->type == DNA_INT;
    run.number = id->integer;
    run.dir = dna_path_dirname(o->model);
    run.name = dna_strdup(dna_setting_text(config, "run_name"));
    run.id = dna_strdup(dna_value_as_text(id) != NULL ? dna_value_as_text(id) : "");
    if (run.dir == NULL || run.name == NULL || run.id == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    rc = dna_run_network_path(path, &run, dna_setting_text(config, "model_name"),
        dna_setting_text(config, "model_filename_format"),
        o->checkpoint != NULL ? o->checkpoint : "best", &is_renamed);
    if (rc < 0) {
        dna_context("%s", o->model);
    }
out:
    dna_run_name_clear(&run);
    dna_arena_free(arena);
    return rc;
}

static int
load_network(predict_job *j)
{
    const dna_predict_files_options *o = j->o;
    char *path = NULL;
    int rc = DNA_OK;

    if (dna_is_config_name(o->model)) {
        DNA_TRY(find_in_run(&path, o));
    } else {
        DNA_REQUIRE(o->checkpoint == NULL || dna_str_equal(o->checkpoint, "best"),
            DNA_EARG,
            "%s: a checkpoint is chosen with a run's final config as the model",
            o->model);
        DNA_TRY(dna_network_find(&path, o->model));
        if (strcmp(path, o->model) != 0) {
            dna_log_info(o->log, "%s: the network of this name is %s", o->model,
                dna_path_basename(path));
        }
    }
    DNA_TRY(dna_network_load(&j->net, path));
out:
    dna_free(path);
    return rc;
}

/* ---- setup ----------------------------------------------------------------------- */

static int
open_table(predict_job *j)
{
    static const char *const lead_file[] = {"path"};
    static const char *const lead_dataset[] = {"path", "scenario_idx", "replicate_idx"};
    static const char *const lead_scenario[] = {"scenario_idx", "n_replicates"};
    const dna_predict_files_options *o = j->o;
    const char *const *lead = lead_file;
    int64_t n_lead = 1;
    char **columns = NULL;
    int64_t n_column = 0;
    int rc = DNA_OK;

    if (o->by_scenario) {
        lead = lead_scenario;
        n_lead = DNA_COUNT(lead_scenario);
    } else if (j->inputs.is_dataset) {
        lead = lead_dataset;
        n_lead = DNA_COUNT(lead_dataset);
    }
    if (o->is_raw) {
        DNA_TRY(dna_raw_columns(&columns, &n_column, lead, n_lead, j->n_value));
    } else {
        DNA_TRY(dna_prediction_columns(
            &columns, &n_column, lead, n_lead, j->params, j->n_param, o->by_scenario));
    }
    if (o->out_path != NULL) {
        DNA_TRY(dna_table_open_file(&j->table, o->out_path, DNA_APPEND_ALL,
            (const char *const *)columns, n_column));
    } else {
        DNA_TRY(dna_table_open_stream(
            &j->table, o->out, (const char *const *)columns, n_column));
    }
out:
    dna_columns_free(columns, n_column);
    return rc;
}

static int
prepare(predict_job *j)
{
    const dna_predict_files_options *o = j->o;
    int rc = DNA_OK;

    DNA_REQUIRE(!o->by_scenario || !o->is_raw, DNA_EARG,
        "raw outputs are per sample: --raw and --by scenario exclude each other");
    DNA_TRY(dna_predict_inputs_init(&j->inputs, o, j->net));
    DNA_REQUIRE(!o->by_scenario || j->inputs.is_dataset, DNA_EARG,
        "--by scenario needs a dataset config as input: npz files have no scenario");
    DNA_TRY(dna_network_predicted(&j->own_params, j->net));
    j->params = j->own_params;
    j->n_param = j->net->n_param;
    j->n_value = o->is_raw ? dna_network_n_output(j->net) : dna_network_n_value(j->net);
    if (o->n_also > 0) {
        DNA_TRY(dna_ensemble_open(&j->ensemble, j->net, o->also, o->n_also));
        j->params = j->ensemble.params;
        j->n_param = j->ensemble.n_param;
        j->n_value = j->ensemble.n_value;
    }
    int64_t batch = o->batch_size > 0 ? o->batch_size : DEFAULT_BATCH;
    batch = DNA_MIN(batch, j->inputs.n);
    j->n_batch = batch;
    DNA_NEW(j->values, (o->by_scenario ? j->inputs.n : batch) * j->n_value);
    DNA_NEW(j->status, o->by_scenario ? j->inputs.n : batch);
    DNA_NEW(j->samples, batch);
    DNA_NEW(j->messages, batch);
    if (batch > 1) {
        DNA_TRY(
            dna_pool_new(&j->load_pool, o->n_worker > 0 ? o->n_worker : o->n_thread));
    }
    DNA_TRY(open_table(j));
out:
    return rc;
}

static void
job_clear(predict_job *j)
{
    dna_table_free(j->table);
    dna_pool_free(j->load_pool);
    dna_free(j->messages);
    dna_free(j->samples);
    dna_free(j->status);
    dna_free(j->values);
    dna_free(j->own_params);
    dna_ensemble_clear(&j->ensemble);
    dna_predict_inputs_clear(&j->inputs);
    dna_network_free(j->net);
}

/* ---- batches --------------------------------------------------------------------- */

/* Load one sample; a file that cannot be read is told where its row would be. */
static int
load_task(void *payload, int64_t task, int worker)
{
    predict_job *j = payload;
    (void)worker;
    int rc = dna_predict_inputs_load(&j->inputs, j->first + task, &j->samples[task]);
    if (rc == DNA_ENOMEM) {
        return rc;
    }
    if (rc < 0) {
        size_t size = strlen(dna_message()) + 1;
        j->messages[task] = malloc(size);
        if (j->messages[task] == NULL) {
            return dna_fail(DNA_ENOMEM, "out of memory");
        }
        memcpy(j->messages[task], dna_message(), size);
    }
    return DNA_OK;
}

static int
put_row(predict_job *j, int64_t i, const double *values)
{
    const dna_source_entry *e = &j->inputs.entries[i];
    dna_table_text(j->table, e->path);
    if (j->inputs.is_dataset) {
        dna_table_integer(j->table, e->scenario);
        dna_table_integer(j->table, e->replicate);
    }
    for (int64_t k = 0; j->o->is_raw && k < j->n_value; k++) {
        dna_table_number(j->table, values[k]);
    }
    if (!j->o->is_raw) {
        dna_prediction_put(j->table, j->params, j->n_param, values);
    }
    return dna_table_end_row(j->table);
}

/* Whether --preprocess asks to pass a sample over. */
static bool
is_too_small(const predict_job *j, const dna_sample *s)
{
    return j->o->preprocess && s != NULL
           && (s->n_site < dna_network_min_snp(j->net)
               || s->n_hap < dna_network_min_indiv(j->net));
}

/* Sample i of the current batch has no row: say why. */
static void
report_failure(predict_job *j, int64_t i, const char *why)
{
    const char *path = j->inputs.entries[j->first + i].path;
    if (j->messages[i] != NULL) {
        dna_log_error(j->o->log, "%s: no prediction", j->messages[i]);
        j->n_failed++;
    } else if (is_too_small(j, j->samples[i])) {
        dna_log_warning(j->o->log, "%s: skipped: %s", path, why);
    } else {
        dna_log_error(j->o->log, "%s: no prediction: %s", path, why);
        j->n_failed++;
    }
}

static int
run_batch(predict_job *j, int64_t n)
{
    const dna_predict_files_options *o = j->o;
    int64_t at = o->by_scenario ? j->first : 0;
    double *values = j->values + at * j->n_value;
    int *status = j->status + at;
    char **run_messages = NULL;
    const char **names = NULL;
    dna_predict_options options = {.is_raw = o->is_raw,
        .check_min_sizes = o->preprocess,
        .no_transforms = o->no_transforms,
        .seed = o->seed,
        .first_index = j->first,
        .n_thread = o->n_thread,
        .precision = o->precision,
        .isa = o->isa,
        .log = o->log};
    int rc = DNA_OK;

    DNA_NEW(run_messages, n);
    DNA_NEW(names, n);
    for (int64_t i = 0; i < n; i++) {
        names[i] = j->inputs.entries[j->first + i].path;
    }
    options.names = names;
    DNA_TRY(dna_pool_run(j->load_pool, n, load_task, j));
    const dna_sample *const *samples = (const dna_sample *const *)j->samples;
    DNA_TRY(o->n_also > 0 ? dna_ensemble_predict(
                &j->ensemble, samples, n, &options, values, status, run_messages)
                          : dna_network_predict(j->net, samples, n, &options, values,
                              status, run_messages));
    for (int64_t i = 0; i < n; i++) {
        if (status[i] < 0) {
            report_failure(j, i,
                run_messages[i] != NULL ? run_messages[i] : dna_status_name(status[i]));
        } else if (!o->by_scenario) {
            DNA_TRY(put_row(j, j->first + i, values + i * j->n_value));
        }
    }
    DNA_TRY(dna_table_flush(j->table));
out:
    for (int64_t i = 0; i < n; i++) {
        dna_sample_free(j->samples[i]);
        j->samples[i] = NULL;
        free(j->messages[i]);
        j->messages[i] = NULL;
        if (run_messages != NULL) {
            free(run_messages[i]);
        }
    }
    dna_free(names);
    dna_free(run_messages);
    return rc;
}

static void
show_progress(const predict_job *j, int64_t done)
{
    dna_progress p = {.what = "predicting", .done = done, .total = j->inputs.n};
    double seconds = dna_seconds() - j->start;
    if (j->o->progress == NULL) {
        return;
    }
    p.per_second = seconds > 0.0 ? (double)done / seconds : 0.0;
    p.seconds_left = p.per_second > 0.0 ? (double)(p.total - done) / p.per_second : 0.0;
    j->o->progress(j->o->payload, &p);
}

/* ---- scenarios ------------------------------------------------------------------- */

typedef struct {
    int64_t scenario, index;
} place;

static int
compare_places(const void *a, const void *b)
{
    const place *x = a;
    const place *y = b;
    if (x->scenario != y->scenario) {
        return x->scenario < y->scenario ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

static int
put_scenario(predict_job *j, int64_t scenario, const double *values, int64_t n)
{
    int rc = DNA_OK;

    dna_table_integer(j->table, scenario);
    dna_table_integer(j->table, n);
    DNA_TRY(dna_prediction_put_summary(j->table, j->params, j->n_param, values, n));
    DNA_TRY(dna_table_end_row(j->table));
out:
    return rc;
}

/* One row a scenario, in order of their numbers; files without a prediction do not
 * count. */
static int
put_scenarios(predict_job *j)
{
    const int64_t n = j->inputs.n;
    place *places = NULL;
    double *values = NULL;
    int rc = DNA_OK;

    DNA_NEW(places, n);
    DNA_NEW(values, n * j->n_value);
    for (int64_t i = 0; i < n; i++) {
        places[i] = (place){j->inputs.entries[i].scenario, i};
    }
    qsort(places, (size_t)n, sizeof(*places), compare_places);
    int64_t n_here = 0;
    for (int64_t i = 0; i < n; i++) {
        if (j->status[places[i].index] == DNA_OK) {
            memcpy(values + n_here++ * j->n_value,
                j->values + places[i].index * j->n_value,
                (size_t)j->n_value * sizeof(*values));
        }
        bool is_last = i == n - 1 || places[i + 1].scenario != places[i].scenario;
        if (is_last && n_here > 0) {
            DNA_TRY(put_scenario(j, places[i].scenario, values, n_here));
            n_here = 0;
        }
    }
    DNA_TRY(dna_table_flush(j->table));
out:
    dna_free(values);
    dna_free(places);
    return rc;
}

static int
run_all(predict_job *j)
{
    const volatile int *stop = j->o->stop;
    int rc = DNA_OK;

    /* the header is there even if no file can be predicted */
    DNA_TRY(dna_table_flush(j->table));
    for (j->first = 0; j->first < j->inputs.n; j->first += j->n_batch) {
        DNA_REQUIRE(stop == NULL || *stop == 0, DNA_ECANCEL,
            "stopped on request after %lld of %lld inputs", (long long)j->first,
            (long long)j->inputs.n);
        int64_t n = DNA_MIN(j->n_batch, j->inputs.n - j->first);
        DNA_TRY(run_batch(j, n));
        show_progress(j, j->first + n);
    }
    if (j->o->by_scenario) {
        DNA_TRY(put_scenarios(j));
    }
out:
    return rc;
}

int
dna_run_predict(const dna_predict_files_options *o, int64_t *n_failed)
{
    predict_job j = {.o = o, .start = dna_seconds()};
    bool in_windows = false;
    int rc = DNA_OK;

    DNA_TRY(dna_predict_wants_windows(o, &in_windows));
    DNA_REQUIRE(o->n_also == 0 || !o->is_raw, DNA_EARG,
        "raw outputs are those of one network: --raw and --also exclude each other");
    DNA_TRY(load_network(&j));
    if (in_windows) {
        DNA_TRY(dna_predict_windows(o, j.net));
        goto out;
    }
    DNA_TRY(prepare(&j));
    DNA_TRY(run_all(&j));
out:
    *n_failed = j.n_failed;
    job_clear(&j);
    return rc;
}

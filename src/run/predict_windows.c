/* predict_windows.c - predict genotype data in windows along the genome.
 *
 * SPDX-License-Identifier: MIT
 *
 * A thread reads windows (window_feed), this one has the network compute a batch of them
 * and writes their rows. Batches hold as many whole windows as those of npz files hold
 * samples, so that both are computed alike, to the bit.
 */
#include "run/predict_windows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "report/genome_track.h"
#include "run/ensemble.h"
#include "run/genome.h"
#include "run/settings.h"
#include "run/window_feed.h"

enum { DEFAULT_BATCH = 64, MOST_WARNINGS = 5 };

typedef struct {
    const dna_predict_files_options *o;
    dna_network *net;
    dna_genome_options genome; /* the user's, completed */
    const char **rules;        /* of it */
    dna_ensemble ensemble;     /* with other networks, if there are any */
    dna_predicted *own_params; /* of one network; raw: an output each */
    const dna_predicted *params;
    char **raw_names;
    int64_t n_param, n_value;
    dna_table *table;
    dna_genome_track *track;
    dna_log *warnings; /* of single windows, the first few */
    int64_t n_warning;
    int64_t n_batch;
    const char *path; /* of the current input */
    int64_t n_window, n_predicted;
    char *why_not; /* of the first window without a prediction */
    /* of a batch */
    const dna_sample **samples;
    char **names;
    double *values;
    int *status;
    char **messages;
    double start;
} windows_job;

/* ---- setup ------------------------------------------------------------------------- */

/* The few first warnings of single windows go to the log. */
static void
pass_warning(void *payload, dna_log_level level, const char *text)
{
    windows_job *j = payload;
    if (j->n_warning++ < MOST_WARNINGS) {
        dna_log_write(j->o->log, level, "%s", text);
    }
}

static int
name_values(windows_job *j)
{
    int rc = DNA_OK;

    j->n_param = j->net->n_param;
    if (j->o->n_also > 0) {
        DNA_TRY(dna_ensemble_open(&j->ensemble, j->net, j->o->also, j->o->n_also));
        j->params = j->ensemble.params;
        j->n_param = j->ensemble.n_param;
        j->n_value = j->ensemble.n_value;
        goto out;
    }
    if (!j->o->is_raw) {
        DNA_TRY(dna_network_predicted(&j->own_params, j->net));
        j->params = j->own_params;
        j->n_value = dna_network_n_value(j->net);
        goto out;
    }
    DNA_TRY(dna_raw_columns(
        &j->raw_names, &j->n_param, NULL, 0, dna_network_n_output(j->net)));
    j->n_value = j->n_param;
    DNA_NEW(j->own_params, j->n_param);
    for (int64_t i = 0; i < j->n_param; i++) {
        j->own_params[i].name = j->raw_names[i];
    }
    j->params = j->own_params;
out:
    return rc;
}

/* Under which rules the rows are made, as comments before the header line. */
static void
put_notes(dna_str *s, const dna_genome *genome, const windows_job *j)
{
    char format[DNA_POSITION_TEXT];

    dna_str_add(s, "# genotypes: ");
    dna_genome_put_rules(s, &genome->rules);
    dna_str_add(s, "\n# windows: ");
    dna_genome_put_windows(s, genome, j->genome.region);
    dna_str_addc(s, '\n');
    dna_str_addf(s,
        "# positions: from the start of each window, given to the network as %s\n",
        j->net->has_format
            ? dna_position_format_text(&j->net->format, format, sizeof(format))
            : "they are");
}

static int
open_table(windows_job *j, const dna_genome *genome)
{
    static const char *const lead[] = {
        "path", "contig", "start", "end", "n_snp", "missing"};
    const dna_predict_files_options *o = j->o;
    int64_t skip = o->n_input == 1; /* the path says nothing */
    char **columns = NULL, **more = NULL;
    int64_t n_column = 0;
    dna_str notes;
    int rc = DNA_OK;

    dna_str_init(&notes, 0);
    DNA_TRY(dna_prediction_columns(&columns, &n_column, lead + skip,
        DNA_COUNT(lead) - skip, j->params, j->n_param, false));
    more = dna_realloc(columns, (size_t)n_column + 1, sizeof(*columns));
    if (more == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    columns = more;
    columns[n_column] = dna_strdup("reason");
    if (columns[n_column] == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    n_column++;
    put_notes(&notes, genome, j);
    DNA_TRY(dna_str_status(&notes));
    DNA_TRY(dna_table_open_noted(&j->table, o->out_path, o->out, notes.data,
        (const char *const *)columns, n_column));
    DNA_TRY(dna_table_flush(j->table));
out:
    dna_columns_free(columns, n_column);
    dna_str_clear(&notes);
    return rc;
}

/* What is written at the end shall not fail for want of a folder. */
static int
make_folders(const dna_predict_files_options *o)
{
    const char *const paths[] = {o->bedgraph, o->bed, o->summary, o->figure};
    int rc = DNA_OK;

    for (int i = 0; i < (int)DNA_COUNT(paths); i++) {
        if (paths[i] == NULL) {
            continue;
        }
        char *folder = dna_path_dirname(paths[i]);
        rc = folder != NULL ? dna_path_make_dirs(folder) : DNA_ENOMEM;
        dna_free(folder);
        DNA_TRY(rc);
    }
out:
    return rc;
}

static int
prepare(windows_job *j)
{
    int rc = DNA_OK;

    DNA_TRY(make_folders(j->o));
    DNA_TRY(name_values(j));
    DNA_TRY(dna_genome_track_new(&j->track, j->params, j->n_param));
    DNA_TRY(dna_log_new(&j->warnings, DNA_LOG_WARNING));
    DNA_TRY(dna_log_add_callback(j->warnings, pass_warning, j));
    j->n_batch = j->o->batch_size > 0 ? j->o->batch_size : DEFAULT_BATCH;
    DNA_NEW(j->samples, j->n_batch);
    DNA_NEW(j->names, j->n_batch);
    DNA_NEW(j->values, j->n_batch * j->n_value);
    DNA_NEW(j->status, j->n_batch);
    DNA_NEW(j->messages, j->n_batch);
out:
    return rc;
}

static void
job_clear(windows_job *j)
{
    dna_table_free(j->table);
    dna_genome_track_free(j->track);
    dna_log_free(j->warnings);
    dna_free(j->own_params);
    dna_ensemble_clear(&j->ensemble);
    dna_columns_free(j->raw_names, j->n_param);
    dna_free(j->why_not);
    dna_free((void *)j->rules);
    dna_free((void *)j->samples);
    dna_free(j->names);
    dna_free(j->values);
    dna_free(j->status);
    dna_free(j->messages);
}

/* ---- rows -------------------------------------------------------------------------- */

static int
put_row(windows_job *j, const dna_fed_window *w, const double *values, const char *why)
{
    int rc = DNA_OK;

    if (j->o->n_input > 1) {
        dna_table_text(j->table, j->path);
    }
    dna_table_text(j->table, w->contig);
    dna_table_integer(j->table, (int64_t)w->window.start);
    dna_table_integer(j->table, (int64_t)w->window.end);
    dna_table_integer(j->table, w->window.n_site);
    dna_table_number(j->table, w->window.missing);
    for (int64_t k = 0; values == NULL && k < j->n_value; k++) {
        dna_table_text(j->table, "NA");
    }
    if (values != NULL) {
        dna_prediction_put(j->table, j->params, j->n_param, values);
    }
    dna_table_text(j->table, why);
    DNA_TRY(dna_table_end_row(j->table));
    DNA_TRY(dna_genome_track_add(
        j->track, w->contig, w->window.start, w->window.end, values));
    j->n_window++;
    j->n_predicted += values != NULL;
    if (values == NULL && j->why_not == NULL) {
        j->why_not = dna_strdup(why);
        rc = j->why_not == NULL ? DNA_ENOMEM : DNA_OK;
    }
out:
    return rc;
}

/* A window that is not whole. */
static int
put_part(windows_job *j, const dna_fed_window *w, int64_t size)
{
    char why[96] = "no sites";
    if (w->window.n_site > 0) {
        snprintf(why, sizeof(why), "%" PRId64 " of %" PRId64 " sites: the contig ends",
            w->window.n_site, size);
    }
    return put_row(j, w, NULL, why);
}

static int
compute(windows_job *j, int64_t n, int64_t first)
{
    dna_predict_options options = {.is_raw = j->o->is_raw,
        .check_min_sizes = j->o->preprocess,
        .no_transforms = j->o->no_transforms,
        .seed = j->o->seed,
        .first_index = first,
        .n_thread = j->o->n_thread,
        .log = j->warnings,
        .names = (const char *const *)j->names};
    return j->o->n_also > 0 ? dna_ensemble_predict(
               &j->ensemble, j->samples, n, &options, j->values, j->status, j->messages)
                            : dna_network_predict(j->net, j->samples, n, &options,
                                j->values, j->status, j->messages);
}

/* Name and sample of each whole window. */
static int
gather(windows_job *j, const dna_window_batch *b)
{
    int64_t n = 0;
    dna_str name;
    int rc = DNA_OK;

    dna_str_init(&name, 0);
    for (int64_t i = 0; i < b->n; i++) {
        const dna_window *w = &b->windows[i].window;
        if (!dna_window_is_whole(w)) {
            continue;
        }
        dna_str_addf(&name, "%s:%.0f-%.0f", b->windows[i].contig, w->start + 1, w->end);
        DNA_TRY(dna_str_status(&name));
        j->names[n] = dna_str_take(&name);
        if (j->names[n] == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        if (j->o->format.chromosome_size > 0) {
            w->sample->format.chromosome_size = j->o->format.chromosome_size;
        }
        j->samples[n++] = w->sample;
    }
out:
    dna_str_clear(&name);
    return rc;
}

static int
run_batch(windows_job *j, const dna_window_batch *b, int64_t size, int64_t first)
{
    int64_t at = 0;
    int rc = DNA_OK;

    DNA_TRY(gather(j, b));
    if (b->n_sample > 0) {
        DNA_TRY(compute(j, b->n_sample, first));
    }
    for (int64_t i = 0; i < b->n; i++) {
        const dna_fed_window *w = &b->windows[i];
        if (!dna_window_is_whole(&w->window)) {
            DNA_TRY(put_part(j, w, size));
            continue;
        }
        bool is_done = j->status[at] == DNA_OK;
        DNA_TRY(put_row(j, w, is_done ? j->values + at * j->n_value : NULL,
            is_done                   ? ""
            : j->messages[at] != NULL ? j->messages[at]
                                      : dna_status_name(j->status[at])));
        at++;
    }
    DNA_TRY(dna_table_flush(j->table));
out:
    for (int64_t i = 0; i < b->n_sample; i++) {
        free(j->messages[i]);
        j->messages[i] = NULL;
        dna_free(j->names[i]);
        j->names[i] = NULL;
    }
    return rc;
}

static void
show_progress(const windows_job *j)
{
    dna_progress p = {.what = "predicting windows", .done = j->n_window};
    double seconds = dna_seconds() - j->start;
    if (j->o->progress != NULL) {
        p.per_second = seconds > 0.0 ? (double)j->n_window / seconds : 0.0;
        j->o->progress(j->o->payload, &p);
    }
}

static int
run_input(windows_job *j, const char *path)
{
    const dna_predict_files_options *o = j->o;
    dna_genome genome = {0};
    dna_window_feed *feed = NULL;
    dna_window_batch *b = NULL;
    int64_t first = 0;
    int rc = DNA_OK;

    j->path = path;
    DNA_TRY(dna_genome_open(&genome, path, &j->genome, j->net->sizes.n_snp, o->log));
    DNA_REQUIRE(
        o->bedgraph == NULL && o->bed == NULL
            ? true
            : !dna_site_source_is_normalized(dna_genotypes_source(genome.genotypes)),
        DNA_EARG,
        "%s: its positions are from 0 to 1: tracks need the length of the sequence (--chromosome-size)",
        path);
    if (j->table == NULL) {
        DNA_TRY(open_table(j, &genome));
    }
    DNA_TRY(dna_window_feed_new(&feed, genome.windows, j->n_batch));
    for (;;) {
        DNA_TRY(dna_window_feed_next(feed, &b));
        if (rc == 0) {
            break;
        }
        DNA_TRY(run_batch(j, b, genome.window.size, first));
        first += b->n_sample;
        show_progress(j);
        DNA_REQUIRE(o->stop == NULL || *o->stop == 0, DNA_ECANCEL,
            "stopped on request after %" PRId64 " windows", j->n_window);
    }
    dna_genome_log_counts(&genome, o->log);
out:
    dna_window_feed_free(feed);
    dna_genome_clear(&genome);
    return rc;
}

/* ---- what is made of all windows --------------------------------------------------- */

static int
save_files(const windows_job *j)
{
    const dna_predict_files_options *o = j->o;
    int rc = DNA_OK;

    if (o->bedgraph != NULL) {
        DNA_TRY(dna_genome_track_save_bedgraph(j->track, o->bedgraph));
    }
    if (o->bed != NULL) {
        DNA_TRY(dna_genome_track_save_bed(j->track, o->bed));
    }
    if (o->summary != NULL) {
        DNA_TRY(dna_genome_track_save_summary(j->track, o->summary));
    }
    if (o->figure != NULL) {
        DNA_TRY(dna_genome_track_draw(j->track, o->figure));
    }
out:
    return rc;
}

static int
tell(const windows_job *j)
{
    dna_log *log = j->o->log;
    int64_t n_without = j->n_window - j->n_predicted;
    char *text = NULL;
    int rc = DNA_OK;

    if (j->n_warning > MOST_WARNINGS) {
        dna_log_warning(log, "%" PRId64 " more such warnings of other windows",
            j->n_warning - MOST_WARNINGS);
    }
    dna_log_info(log, "%" PRId64 " windows, %" PRId64 " without a prediction%s%s",
        j->n_window, n_without, n_without > 0 ? ", the first: " : "",
        n_without > 0 ? j->why_not : "");
    DNA_REQUIRE(j->n_window > 0, DNA_EFORMAT, "%s: no site is left to predict from",
        j->o->inputs[0]);
    DNA_REQUIRE(j->n_predicted > 0, DNA_ESHAPE,
        "no window could be predicted; the first: %s", j->why_not);
    for (int64_t i = 0; i < j->n_param; i++) {
        DNA_TRY(dna_genome_track_tell(j->track, i, &text));
        dna_log_info(log, "%s", text);
        dna_free(text);
        text = NULL;
    }
out:
    return rc;
}

/* The user's rules, with the length that is an option of all inputs. */
static int
complete_rules(windows_job *j, char **size)
{
    const int64_t bp = j->o->format.chromosome_size;
    const int64_t n = j->genome.n_rule;
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_NEW(j->rules, n + 1);
    for (int64_t i = 0; i < n; i++) {
        j->rules[i] = j->genome.rules[i];
    }
    if (bp > 0) {
        dna_str_addf(&text, "chromosome_size=%" PRId64, bp);
        DNA_TRY(dna_str_status(&text));
        *size = dna_str_take(&text);
        j->rules[j->genome.n_rule++] = *size;
    }
    j->genome.rules = j->rules;
    j->genome.n_worker = j->o->n_worker;
    j->genome.snp_key = j->o->snp_key != NULL ? j->o->snp_key : j->net->snp_key;
    j->genome.pos_key = j->o->pos_key != NULL ? j->o->pos_key : j->net->pos_key;
out:
    dna_str_clear(&text);
    return rc;
}

int
dna_predict_windows(const dna_predict_files_options *o, dna_network *net)
{
    windows_job j = {.o = o, .net = net, .genome = o->genome, .start = dna_seconds()};
    char *size = NULL;
    int rc = DNA_OK;

    DNA_TRY(complete_rules(&j, &size));
    DNA_TRY(prepare(&j));
    for (int64_t i = 0; i < o->n_input; i++) {
        DNA_TRY(run_input(&j, o->inputs[i]));
    }
    DNA_TRY(tell(&j));
    DNA_TRY(save_files(&j));
out:
    job_clear(&j);
    dna_free(size);
    return rc;
}

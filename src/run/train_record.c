/* train_record.c - what a training leaves of its course: metrics.csv and curves for
 * TensorBoard.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/train_record.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "io/tfevents.h"
#include "report/metrics_table.h"

#define FOLDER   "tensorboard"
#define PREFIX   "events.out.tfevents."
#define HOST_MAX 64

struct dna_record {
    dna_table *table;
    dna_tfevents *events;
    int64_t events_time;
};

/* ---- the event file -------------------------------------------------------------- */

static double
wall_time(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The name of this computer, as far as it suits a file name. */
static void
host_name(char *name, size_t size)
{
    if (gethostname(name, size) != 0) {
        name[0] = '\0';
    }
    name[size - 1] = '\0';
    for (char *p = name; *p != '\0'; p++) {
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.') {
            *p = '_';
        }
    }
    if (name[0] == '\0') {
        snprintf(name, size, "localhost");
    }
}

/* The file that was begun at that time, on whatever computer; *path NULL: none. */
static int
find_events(char **path, const char *folder, int64_t time)
{
    char prefix[64];
    char **names = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    *path = NULL;
    snprintf(prefix, sizeof(prefix), PREFIX "%lld.", (long long)time);
    DNA_TRY(dna_path_list(folder, &names, &n));
    for (int64_t i = 0; i < n && *path == NULL; i++) {
        if (strncmp(names[i], prefix, strlen(prefix)) == 0) {
            *path = dna_path_join(folder, names[i]);
            rc = *path == NULL ? DNA_ENOMEM : DNA_OK;
        }
    }
out:
    dna_path_list_free(names, n);
    return rc;
}

/* Event files of an earlier run would show as one curve with those of the new one. */
static int
remove_events(const char *folder)
{
    char **names = NULL;
    char *path = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_path_list(folder, &names, &n));
    for (int64_t i = 0; i < n; i++) {
        if (strncmp(names[i], PREFIX, strlen(PREFIX)) != 0) {
            continue;
        }
        path = dna_path_join(folder, names[i]);
        if (path == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        if (unlink(path) != 0) {
            rc = dna_path_fail(path, errno);
            goto out;
        }
        dna_free(path);
        path = NULL;
    }
out:
    dna_free(path);
    dna_path_list_free(names, n);
    return rc;
}

static int
begin_events(dna_record *r, const char *folder)
{
    char host[HOST_MAX];
    dna_str path;
    int rc = DNA_OK;

    dna_str_init(&path, 0);
    host_name(host, sizeof(host));
    DNA_TRY(remove_events(folder));
    r->events_time = (int64_t)time(NULL);
    dna_str_addf(
        &path, "%s/" PREFIX "%lld.%s", folder, (long long)r->events_time, host);
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_tfevents_open(&r->events, dna_str_text(&path), 0, wall_time()));
out:
    dna_str_clear(&path);
    return rc;
}

static int
open_events(dna_record *r, const dna_training *t, const dna_record_marks *from)
{
    char *folder = dna_path_join(t->run.dir, FOLDER);
    char *path = NULL;
    int rc = DNA_OK;

    if (folder == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_path_make_dirs(folder));
    if (from->events_length > 0) {
        DNA_TRY(find_events(&path, folder, from->events_time));
        if (path != NULL) {
            r->events_time = from->events_time;
            DNA_TRY(
                dna_tfevents_open(&r->events, path, from->events_length, wall_time()));
            goto out;
        }
        /* curves alone: no reason not to go on */
        dna_log_warning(t->log,
            "%s: the event file of this run is gone; a new one is begun", folder);
    }
    DNA_TRY(begin_events(r, folder));
out:
    dna_free(path);
    dna_free(folder);
    return rc;
}

/* ---- both ------------------------------------------------------------------------ */

int
dna_record_open(dna_record **out, const dna_training *t, const dna_record_marks *from)
{
    dna_record *r = NULL;
    char *path = NULL;
    int rc = DNA_OK;

    DNA_NEW(r, 1);
    DNA_TRY(dna_training_file(&path, t, DNA_METRICS_SUFFIX));
    DNA_TRY(dna_metrics_table_open(&r->table, path, from->metrics_length));
    DNA_TRY(open_events(r, t, from));
    DNA_TRY(dna_table_flush(r->table));
    *out = r;
    r = NULL;
out:
    dna_free(path);
    dna_record_close(r);
    return rc;
}

void
dna_record_close(dna_record *r)
{
    if (r != NULL) {
        dna_tfevents_close(r->events);
        dna_table_free(r->table);
        dna_free(r);
    }
}

static int
put_table(dna_record *r, const dna_record_point *p)
{
    const dna_evaluation *e = p->measured;
    dna_metrics_row row = {
        .epoch = p->epoch, .batch = p->batch, .step = p->step, .network = ""};
    int rc = DNA_OK;

    row.split = dna_split_name(DNA_TRAINING);
    DNA_TRY(dna_metrics_table_losses(
        r->table, &row, e->params, p->training_losses, e->n_param, p->training_loss));
    DNA_TRY(dna_metrics_table_number(
        r->table, &row, "", "learning_rate", p->learning_rate));
    row.split = dna_split_name(e->split);
    DNA_TRY(dna_metrics_table_losses(
        r->table, &row, e->params, e->losses, e->n_param, e->loss));
    DNA_TRY(dna_metrics_table_put(r->table, &row, e->metrics));
    DNA_TRY(dna_table_flush(r->table));
out:
    return rc;
}

/* Tag "metric/parameter". */
static int
put_scalar(dna_record *r, const char *metric, const char *parameter, double value)
{
    dna_str tag;
    int rc = DNA_OK;

    dna_str_init(&tag, 0);
    dna_str_addf(&tag, "%s/%s", metric, parameter);
    DNA_TRY(dna_str_status(&tag));
    dna_tfevents_scalar(r->events, dna_str_text(&tag), value);
out:
    dna_str_clear(&tag);
    return rc;
}

static int
put_events(dna_record *r, const dna_record_point *p)
{
    const dna_evaluation *e = p->measured;
    int rc = DNA_OK;

    dna_tfevents_scalar(r->events, "loss/training", p->training_loss);
    dna_tfevents_scalar(r->events, "loss/validation", e->loss);
    dna_tfevents_scalar(r->events, "learning_rate", p->learning_rate);
    for (int64_t i = 0; i < e->n_param; i++) {
        const char *name = e->params[i].name;
        const dna_metric *m = &e->metrics->each[i];
        if (e->params[i].n_class > 0) {
            DNA_TRY(put_scalar(r, "accuracy", name, m->accuracy));
            DNA_TRY(put_scalar(r, "balanced_accuracy", name, m->balanced_accuracy));
        } else {
            DNA_TRY(put_scalar(r, "rmse", name, m->rmse));
            DNA_TRY(put_scalar(r, "r2", name, m->r2));
            DNA_TRY(put_scalar(r, "relative_error", name, m->relative_error));
        }
    }
    DNA_TRY(dna_tfevents_put(r->events, p->step, wall_time()));
out:
    return rc;
}

int
dna_record_validation(dna_record *r, const dna_record_point *p)
{
    int rc = DNA_OK;

    DNA_TRY(put_table(r, p));
    DNA_TRY(put_events(r, p));
out:
    return rc;
}

int
dna_record_test(dna_record *r, const dna_record_point *p, const char *network)
{
    const dna_evaluation *e = p->measured;
    const dna_metrics_row row = {.epoch = p->epoch,
        .batch = p->batch,
        .step = p->step,
        .split = dna_split_name(e->split),
        .network = network};
    int rc = DNA_OK;

    DNA_TRY(dna_metrics_table_losses(
        r->table, &row, e->params, e->losses, e->n_param, e->loss));
    DNA_TRY(dna_metrics_table_put(r->table, &row, e->metrics));
    DNA_TRY(dna_table_flush(r->table));
out:
    return rc;
}

int
dna_record_sync(dna_record *r, dna_record_marks *marks)
{
    dna_record_marks now = {.events_time = r->events_time};
    int rc = DNA_OK;

    DNA_TRY(dna_table_sync(r->table, &now.metrics_length));
    DNA_TRY(dna_tfevents_sync(r->events, &now.events_length));
    *marks = now;
out:
    return rc;
}

/* packed_writer.c - write a packed dataset, sample by sample, from many threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/packed_writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/append.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "base/path.h"

/* Bytes that may wait for samples before them. */
#define MOST_WAITING ((size_t)128 << 20)

/* A packed sample that waits for its turn. */
typedef struct early early;
struct early {
    int64_t number;
    dna_packed_sample record;
    unsigned char *payload;
    early *next; /* with a higher number */
};

struct dna_packed_writer {
    char *path, *part;
    dna_append *file;
    int64_t n_kept;
    pthread_mutex_t mutex; /* guards all below, and file */
    pthread_cond_t has_moved;
    bool has_sync;
    unsigned char *index; /* [n, DNA_RECORD_HEADER]: what is written */
    int64_t n, cap;
    early *waiting;
    size_t n_waiting; /* bytes */
    bool is_stopped;
    int stop_code; /* why: of whoever stopped it first, so that all tell the same */
    char stop_message[1024];
};

char *
dna_packed_part_path(const char *path)
{
    dna_str s;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s%s", path, DNA_PACKED_PART);
    return dna_str_take(&s);
}

/* ---- what is there --------------------------------------------------------------- */

static int
add_to_index(dna_packed_writer *w, const dna_packed_sample *r)
{
    if (w->n == w->cap) {
        int64_t cap = w->cap > 0 ? w->cap * 2 : 256;
        unsigned char *grown = dna_realloc(w->index, (size_t)cap, DNA_RECORD_HEADER);
        if (grown == NULL) {
            return DNA_ENOMEM;
        }
        w->index = grown;
        w->cap = cap;
    }
    dna_packed_sample_put(w->index + (size_t)w->n * DNA_RECORD_HEADER, r);
    w->n++;
    return DNA_OK;
}

/* The samples of a partial file as far as they are whole and in order; *length gets the
 * bytes up to there, 0 if not even the metadata is. */
static int
recover(dna_packed_writer *w, const char *meta, size_t n_meta, int64_t *length)
{
    const unsigned char *there = NULL;
    size_t n_there = 0;
    dna_mapped file = {0};
    dna_packed_sample r, last = {.scenario = -1};
    int rc = DNA_OK;

    *length = 0;
    DNA_TRY(dna_mapped_open(&file, w->part));
    if (dna_packed_get_header(&there, &n_there, file.data, file.size, w->part) < 0) {
        goto out;
    }
    DNA_REQUIRE(n_there == n_meta && memcmp(there, meta, n_meta) == 0, DNA_EEXISTS,
        "%s: is the beginning of another dataset", w->part);
    uint64_t at = dna_packed_first_record(n_meta);
    while (dna_packed_check_record(&r, file.data, file.size, at, w->part) == DNA_OK
           && (r.scenario > last.scenario
               || (r.scenario == last.scenario && r.replicate > last.replicate))) {
        DNA_TRY(add_to_index(w, &r));
        at += DNA_RECORD_HEADER + r.payload;
        last = r;
    }
    *length = (int64_t)at;
out:
    dna_mapped_close(&file);
    return rc;
}

static int
write_beginning(dna_packed_writer *w, const char *meta, size_t n_meta)
{
    size_t n = (size_t)dna_packed_first_record(n_meta);
    unsigned char *bytes = NULL;
    int rc = DNA_OK;

    DNA_NEW(bytes, n);
    dna_packed_put_header(bytes, meta, n_meta);
    memcpy(bytes + DNA_PACKED_HEADER, meta, n_meta);
    DNA_TRY(dna_append_write(w->file, bytes, n));
out:
    dna_free(bytes);
    return rc;
}

int
dna_packed_writer_open(dna_packed_writer **out, const char *path, const char *meta,
    size_t n_meta, bool keep)
{
    dna_packed_writer *w = NULL;
    int64_t length = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(n_meta <= DNA_PACKED_MAX_META, DNA_EUNSUPPORTED,
        "%s: %zu bytes of metadata, more than the %zu allowed", path, n_meta,
        DNA_PACKED_MAX_META);
    DNA_NEW(w, 1);
    w->path = dna_strdup(path);
    w->part = dna_packed_part_path(path);
    if (w->path == NULL || w->part == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    w->has_sync = pthread_mutex_init(&w->mutex, NULL) == 0
                  && pthread_cond_init(&w->has_moved, NULL) == 0;
    DNA_REQUIRE(w->has_sync, DNA_ENOMEM, "the system has no mutex left");
    if (keep && dna_path_exists(w->part)) {
        DNA_TRY(recover(w, meta, n_meta, &length));
    }
    w->n_kept = w->n;
    DNA_TRY(dna_append_open(
        &w->file, w->part, dna_path_exists(w->part) ? length : DNA_APPEND_ALL));
    if (length == 0) {
        DNA_TRY(write_beginning(w, meta, n_meta));
    }
    *out = w;
    w = NULL;
out:
    dna_packed_writer_close(w);
    return rc;
}

void
dna_packed_writer_close(dna_packed_writer *w)
{
    if (w == NULL) {
        return;
    }
    while (w->waiting != NULL) {
        early *e = w->waiting;
        w->waiting = e->next;
        dna_free(e->payload);
        dna_free(e);
    }
    if (w->has_sync) {
        pthread_mutex_destroy(&w->mutex);
        pthread_cond_destroy(&w->has_moved);
    }
    dna_append_close(w->file);
    dna_free(w->index);
    dna_free(w->path);
    dna_free(w->part);
    dna_free(w);
}

int64_t
dna_packed_writer_n_kept(const dna_packed_writer *w)
{
    return w->n_kept;
}

int
dna_packed_writer_kept(dna_packed_sample *r, const dna_packed_writer *w, int64_t i)
{
    return dna_packed_sample_get(r, w->index + (size_t)i * DNA_RECORD_HEADER, w->part);
}

/* ---- adding samples -------------------------------------------------------------- */

/* With the mutex held. */
static int
write_record(dna_packed_writer *w, dna_packed_sample *r, unsigned char *payload)
{
    int64_t at = dna_append_length(w->file);
    unsigned char header[DNA_RECORD_HEADER];
    int rc = DNA_OK;

    r->offset = (uint64_t)at;
    dna_packed_sample_put(header, r);
    DNA_TRY(dna_append_write(w->file, header, sizeof(header)));
    if (r->payload > 0) {
        DNA_TRY(dna_append_write(w->file, payload, (size_t)r->payload));
    }
    DNA_TRY(add_to_index(w, r));
out:
    return rc;
}

/* All that wait for nothing any more. With the mutex held. */
static int
write_ready(dna_packed_writer *w)
{
    int rc = DNA_OK;

    while (rc == DNA_OK && w->waiting != NULL && w->waiting->number == w->n) {
        early *e = w->waiting;
        rc = write_record(w, &e->record, e->payload);
        w->waiting = e->next;
        w->n_waiting -= (size_t)e->record.payload;
        dna_free(e->payload);
        dna_free(e);
    }
    pthread_cond_broadcast(&w->has_moved);
    return rc;
}

/* With the mutex held. */
static void
insert(dna_packed_writer *w, early *e)
{
    early **at = &w->waiting;

    while (*at != NULL && (*at)->number < e->number) {
        at = &(*at)->next;
    }
    e->next = *at;
    *at = e;
    w->n_waiting += (size_t)e->record.payload;
}

int
dna_packed_writer_put(dna_packed_writer *w, int64_t number, int64_t scenario,
    int64_t replicate, const dna_sample *sample, bool may_wait)
{
    early *e = NULL;
    int rc = DNA_OK;

    DNA_NEW(e, 1);
    DNA_TRY(dna_packed_sample_pack(&e->record, &e->payload, sample));
    e->number = number;
    e->record.scenario = scenario;
    e->record.replicate = replicate;
    pthread_mutex_lock(&w->mutex);
    while (
        may_wait && number != w->n && w->n_waiting > MOST_WAITING && !w->is_stopped) {
        pthread_cond_wait(&w->has_moved, &w->mutex);
    }
    if (w->is_stopped) {
        rc = dna_fail(w->stop_code, "%s", w->stop_message);
    } else {
        insert(w, e);
        e = NULL;
        rc = write_ready(w);
    }
    pthread_mutex_unlock(&w->mutex);
out:
    if (e != NULL) {
        dna_free(e->payload);
        dna_free(e);
    }
    if (rc < 0) {
        dna_packed_writer_stop(w, rc);
    }
    return rc;
}

void
dna_packed_writer_stop(dna_packed_writer *w, int code)
{
    pthread_mutex_lock(&w->mutex);
    if (!w->is_stopped) {
        w->is_stopped = true;
        w->stop_code = code;
        snprintf(w->stop_message, sizeof(w->stop_message), "%s", dna_message());
    }
    pthread_cond_broadcast(&w->has_moved);
    pthread_mutex_unlock(&w->mutex);
}

int64_t
dna_packed_writer_length(dna_packed_writer *w)
{
    pthread_mutex_lock(&w->mutex);
    int64_t length = dna_append_length(w->file) + (int64_t)w->n_waiting;
    pthread_mutex_unlock(&w->mutex);
    return length;
}

int
dna_packed_writer_finish(dna_packed_writer *w, int64_t n)
{
    unsigned char end[DNA_PACKED_END];
    uint64_t index_at = (uint64_t)dna_append_length(w->file);
    int rc = DNA_OK;

    DNA_REQUIRE(w->n == n && w->waiting == NULL, DNA_EARG,
        "%s: %lld samples, not the %lld that there are to be", w->path, (long long)w->n,
        (long long)n);
    dna_packed_put_end(end, index_at, w->index, w->n);
    if (w->n > 0) {
        DNA_TRY(dna_append_write(w->file, w->index, (size_t)w->n * DNA_RECORD_HEADER));
    }
    DNA_TRY(dna_append_write(w->file, end, sizeof(end)));
    DNA_TRY(dna_append_sync(w->file));
    if (rename(w->part, w->path) != 0) {
        rc = dna_path_fail(w->path, errno);
        goto out;
    }
    dna_path_sync_folder(w->path);
out:
    return rc;
}

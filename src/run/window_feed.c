/* window_feed.c - windows of genotype data, read ahead by a thread of their own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/window_feed.h"

#include <pthread.h>

#include "base/mem.h"

/* A batch ends with the window that makes it larger than this. */
enum { MOST_BYTES = 1 << 24 };
/* Windows that are not whole are small; still there is an end to them. */
enum { MOST_WINDOWS = 4096 };

struct dna_window_feed {
    dna_windows *windows;
    int64_t n_sample;
    dna_window_batch batches[2];
    pthread_t thread;
    bool has_thread, has_mutex, has_cond;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t change;
    int64_t n_read, n_taken; /* batches; the thread works on number n_read */
    bool is_over, must_stop;
    int error;
    char *message;
};

bool
dna_window_is_whole(const dna_window *window)
{
    return window->sample != NULL && window->is_complete;
}

static void
batch_clear(dna_window_batch *b)
{
    for (int64_t i = 0; i < b->n; i++) {
        dna_sample_free(b->windows[i].window.sample);
        dna_free(b->windows[i].contig);
    }
    b->n = b->n_sample = b->n_byte = 0;
}

/* ---- the thread -------------------------------------------------------------------- */

static int
add_window(dna_window_feed *f, dna_window_batch *b, dna_window *window)
{
    int rc = DNA_OK;

    if (b->n == b->room) {
        int64_t room = b->room > 0 ? 2 * b->room : 64;
        dna_fed_window *more =
            dna_realloc(b->windows, (size_t)room, sizeof(*b->windows));
        if (more == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        b->windows = more;
        b->room = room;
    }
    char *contig = dna_strdup(dna_windows_contig(f->windows, window->contig));
    if (contig == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    b->windows[b->n++] = (dna_fed_window){contig, *window};
    if (dna_window_is_whole(window)) {
        b->n_sample++;
        b->n_byte += window->sample->n_hap * window->sample->n_site;
    }
    window->sample = NULL;
out:
    dna_sample_free(window->sample);
    return rc;
}

static bool
is_stopped(dna_window_feed *f)
{
    pthread_mutex_lock(&f->mutex);
    bool must_stop = f->must_stop;
    pthread_mutex_unlock(&f->mutex);
    return must_stop;
}

/* 1: there may be more; 0: the end. */
static int
fill(dna_window_feed *f, dna_window_batch *b)
{
    dna_window window = {0};
    int rc = DNA_OK;

    while (b->n_sample < f->n_sample && b->n_byte < MOST_BYTES && b->n < MOST_WINDOWS) {
        if (is_stopped(f)) {
            return 0;
        }
        DNA_TRY(dna_windows_next(f->windows, &window));
        if (rc == 0) {
            return 0;
        }
        DNA_TRY(add_window(f, b, &window));
    }
    rc = 1;
out:
    return rc;
}

static void *
thread_main(void *payload)
{
    dna_window_feed *f = payload;
    int rc = 1;

    while (rc > 0) {
        pthread_mutex_lock(&f->mutex);
        while (!f->must_stop && f->n_read - f->n_taken >= 2) {
            pthread_cond_wait(&f->change, &f->mutex);
        }
        dna_window_batch *b = &f->batches[f->n_read % 2];
        bool must_stop = f->must_stop;
        pthread_mutex_unlock(&f->mutex);
        if (must_stop) {
            break;
        }
        batch_clear(b);
        rc = fill(f, b);
        pthread_mutex_lock(&f->mutex);
        f->n_read++;
        if (rc < 0) {
            f->error = rc;
            f->message = dna_strdup(dna_message());
        }
        f->is_over = rc <= 0;
        pthread_cond_broadcast(&f->change);
        pthread_mutex_unlock(&f->mutex);
    }
    return NULL;
}

/* ---- the caller -------------------------------------------------------------------- */

int
dna_window_feed_new(dna_window_feed **out, dna_windows *windows, int64_t n_sample)
{
    dna_window_feed *f = NULL;
    int rc = DNA_OK;

    DNA_NEW(f, 1);
    f->windows = windows;
    f->n_sample = n_sample;
    f->n_taken = -1; /* none is with the caller yet */
    f->has_mutex = pthread_mutex_init(&f->mutex, NULL) == 0;
    f->has_cond = pthread_cond_init(&f->change, NULL) == 0;
    DNA_REQUIRE(
        f->has_mutex && f->has_cond, DNA_ENOMEM, "the system has no mutex left");
    DNA_REQUIRE(pthread_create(&f->thread, NULL, thread_main, f) == 0, DNA_ENOMEM,
        "the system has no thread left");
    f->has_thread = true;
    *out = f;
    f = NULL;
out:
    dna_window_feed_free(f);
    return rc;
}

void
dna_window_feed_free(dna_window_feed *f)
{
    if (f == NULL) {
        return;
    }
    if (f->has_thread) {
        pthread_mutex_lock(&f->mutex);
        f->must_stop = true;
        pthread_cond_broadcast(&f->change);
        pthread_mutex_unlock(&f->mutex);
        pthread_join(f->thread, NULL);
    }
    for (int i = 0; i < 2; i++) {
        batch_clear(&f->batches[i]);
        dna_free(f->batches[i].windows);
    }
    if (f->has_cond) {
        pthread_cond_destroy(&f->change);
    }
    if (f->has_mutex) {
        pthread_mutex_destroy(&f->mutex);
    }
    dna_free(f->message);
    dna_free(f);
}

int
dna_window_feed_next(dna_window_feed *f, dna_window_batch **batch)
{
    int rc = DNA_OK;

    pthread_mutex_lock(&f->mutex);
    f->n_taken++; /* gives the batch before back */
    pthread_cond_broadcast(&f->change);
    while (f->n_read == f->n_taken && !f->is_over) {
        pthread_cond_wait(&f->change, &f->mutex);
    }
    *batch = f->n_read > f->n_taken ? &f->batches[f->n_taken % 2] : NULL;
    pthread_mutex_unlock(&f->mutex);
    if (*batch != NULL && (*batch)->n > 0) {
        rc = 1;
    } else if (f->error < 0) { /* the thread has ended */
        rc =
            dna_fail(f->error, "%s", f->message != NULL ? f->message : "out of memory");
    }
    return rc;
}

/* pool.c - a fixed set of threads that take numbered tasks.
 *
 * SPDX-License-Identifier: MIT
 *
 * Tasks are handed out in rising order, so when one fails all lower ones have been
 * taken and will finish: the lowest failure, and so the message, does not depend on
 * timing. Between runs a worker looks for a while before it sleeps, since the next run
 * often follows at once and waking a thread costs more than a small task.
 */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define SPINS        2000
#define MESSAGE_SIZE 1024

typedef struct {
    dna_pool *pool;
    pthread_t thread;
    int index;
} worker;

struct dna_pool {
    int n_thread;
    int n_started;
    worker *workers; /* [n_thread - 1]: the caller is worker 0 */
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    atomic_bool is_running;
    atomic_bool must_stop;
    atomic_long round;    /* counts runs; a worker sees a new one */
    atomic_int n_working; /* workers that have not finished the round */

    dna_task_fn fn;
    void *payload;
    int64_t n_task;
    atomic_llong next_task;
    atomic_bool has_failed;
    int64_t failed_task;
    int failed_code;
    char failed_message[MESSAGE_SIZE];
};

static void
note_failure(dna_pool *pool, int64_t task, int code)
{
    pthread_mutex_lock(&pool->lock);
    if (!atomic_load(&pool->has_failed) || task < pool->failed_task) {
        pool->failed_task = task;
        pool->failed_code = code;
        snprintf(
            pool->failed_message, sizeof(pool->failed_message), "%s", dna_message());
    }
    atomic_store(&pool->has_failed, true);
    pthread_mutex_unlock(&pool->lock);
}

static void
work(dna_pool *pool, int index)
{
    while (!atomic_load(&pool->has_failed)) {
        int64_t task = atomic_fetch_add(&pool->next_task, 1);
        if (task >= pool->n_task) {
            return;
        }
        int rc = pool->fn(pool->payload, task, index);
        if (rc < 0) {
            note_failure(pool, task, rc);
        }
    }
}

static void
wait_for_round(dna_pool *pool, long seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&pool->round) != seen) {
            return;
        }
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->round) == seen) {
        pthread_cond_wait(&pool->begin, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

static void *
worker_main(void *argument)
{
    const worker *w = argument;
    dna_pool *pool = w->pool;
    long seen = 0;
    for (;;) {
        wait_for_round(pool, seen);
        seen++;
        if (atomic_load(&pool->must_stop)) {
            return NULL;
        }
        work(pool, w->index);
        if (atomic_fetch_sub(&pool->n_working, 1) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->end);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void
start_round(dna_pool *pool)
{
    atomic_store(&pool->n_working, pool->n_started);
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->round, 1);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->lock);
}

static void
wait_for_end(dna_pool *pool)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&pool->n_working) == 0) {
            return;
        }
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->n_working) != 0) {
        pthread_cond_wait(&pool->end, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

/* Signals are the main thread's business: the workers start with all of them blocked.
 */
static int
start_workers(dna_pool *pool)
{
    int rc = DNA_OK;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < pool->n_thread - 1; i++) {
        worker *w = &pool->workers[i];
        w->pool = pool;
        w->index = i + 1;
        int err = pthread_create(&w->thread, NULL, worker_main, w);
        if (err != 0) {
            rc = dna_fail(DNA_EIO, "thread %d of %d cannot be started%s", i + 2,
                pool->n_thread, err == EAGAIN ? ": the system allows no more" : "");
            break;
        }
        pool->n_started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int
dna_pool_new(dna_pool **out, int n_thread)
{
    int rc = DNA_OK;
    dna_pool *pool = NULL;
    if (n_thread < 1) {
        n_thread = dna_cpu_count();
    }
    DNA_REQUIRE(n_thread <= DNA_MOST_THREADS, DNA_EARG,
        "%d threads, but at most %d work", n_thread, DNA_MOST_THREADS);
    pool = dna_calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return DNA_ENOMEM;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->end, NULL);
    pool->n_thread = n_thread;
    DNA_NEW(pool->workers, n_thread);
    DNA_TRY(start_workers(pool));
    *out = pool;
    pool = NULL;
out:
    dna_pool_free(pool);
    return rc;
}

void
dna_pool_free(dna_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    atomic_store(&pool->must_stop, true);
    start_round(pool);
    for (int i = 0; i < pool->n_started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->begin);
    pthread_cond_destroy(&pool->end);
    pthread_mutex_destroy(&pool->lock);
    dna_free(pool->workers);
    dna_free(pool);
}

int
dna_pool_n_thread(const dna_pool *pool)
{
    return pool != NULL ? pool->n_thread : 1;
}

int
dna_pool_run(dna_pool *pool, int64_t n_task, dna_task_fn fn, void *payload)
{
    if (pool == NULL) {
        for (int64_t task = 0; task < n_task; task++) {
            int rc = fn(payload, task, 0);
            if (rc < 0) {
                return rc;
            }
        }
        return DNA_OK;
    }
    if (atomic_exchange(&pool->is_running, true)) {
        return dna_fail(DNA_EARG, "a thread pool does one run at a time");
    }
    pool->fn = fn;
    pool->payload = payload;
    pool->n_task = n_task;
    atomic_store(&pool->next_task, 0);
    atomic_store(&pool->has_failed, false);
    bool is_shared = n_task > 1 && pool->n_started > 0;
    if (is_shared) {
        start_round(pool);
    }
    work(pool, 0);
    if (is_shared) {
        wait_for_end(pool);
    }
    int rc = DNA_OK;
    if (atomic_load(&pool->has_failed)) {
        rc = dna_fail(pool->failed_code, "%s", pool->failed_message);
    }
    atomic_store(&pool->is_running, false);
    return rc;
}

/* Processors. */

static int
affinity_count(void)
{
    int n = 0;
    for (size_t most = 1024; most <= 65536;
         most *= 4) { /* the kernel's mask may be wide */
        cpu_set_t *set = CPU_ALLOC(most);
        if (set == NULL) {
            return 0;
        }
        size_t size = CPU_ALLOC_SIZE(most);
        if (sched_getaffinity(0, size, set) == 0) {
            n = CPU_COUNT_S(size, set);
        }
        int err = errno;
        CPU_FREE(set);
        if (n > 0 || err != EINVAL) {
            break;
        }
    }
    return n;
}

static bool
read_line(const char *path, char *line, int size)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return false;
    }
    bool is_read = fgets(line, size, f) != NULL;
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    return is_read;
}

/* Processors' worth of time that a cgroup may use, 0 if unlimited: "max 100000" or
 * "150000 100000". A part of one counts as one. */
static int
quota_of(const char *group)
{
    char path[4352];
    char line[64];
    snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", group);
    if (!read_line(path, line, sizeof(line))) {
        return 0;
    }
    char *end = NULL;
    long long quota = strtoll(line, &end, 10);
    long long period = strtoll(end, NULL, 10);
    if (end == line || quota <= 0 || period <= 0) {
        return 0;
    }
    long long n = (quota + period - 1) / period;
    return (int)DNA_MIN(n, (long long)DNA_MOST_THREADS);
}

/* The smallest quota of this process's cgroup (version 2) and of those above it. */
static int
quota_count(void)
{
    char group[4096];
    int least = 0;
    if (!read_line("/proc/self/cgroup", group, sizeof(group))
        || strncmp(group, "0::/", 4) != 0) {
        return quota_of("");
    }
    memmove(group, group + 3, strlen(group + 3) + 1);
    for (;;) {
        if (strcmp(group, "/") == 0) {
            group[0] = '\0';
        }
        int n = quota_of(group);
        if (n > 0 && (least == 0 || n < least)) {
            least = n;
        }
        char *slash = strrchr(group, '/');
        if (slash == NULL) {
            return least;
        }
        *slash = '\0';
    }
}

int
dna_cpu_count(void)
{
    int n = affinity_count();
    if (n < 1) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        n = online > 0 ? (int)online : 1;
    }
    int quota = quota_count();
    if (quota > 0 && quota < n) {
        n = quota;
    }
    return DNA_MIN(n, DNA_MOST_THREADS);
}

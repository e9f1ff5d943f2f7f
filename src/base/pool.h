/* pool.h - threads: the one place that decides how many work.
 *
 * SPDX-License-Identifier: MIT
 *
 * dna_pool_run() calls fn(payload, task, worker) for task 0 .. n_task-1; idle workers
 * take the next task, so a slow one holds up nobody; the caller works too (worker 0).
 * Results must depend on `task` alone, never on `worker` (which is for scratch memory).
 * A task that fails makes the whole run fail with the message of the lowest failed
 * task that ran; remaining tasks are skipped. Runs do not nest.
 */
#ifndef DNA_BASE_POOL_H
#define DNA_BASE_POOL_H

#include <stdint.h>

#include "dnadna/status.h"

typedef struct dna_pool dna_pool;
typedef int (*dna_task_fn)(void *payload, int64_t task, int worker);

#define DNA_MOST_THREADS 1024 /* of one pool */

/** n_thread < 1: as many as this process may use (affinity, then cgroup quota). */
int dna_pool_new(dna_pool **out, int n_thread) DNA_MUST_CHECK;
void dna_pool_free(dna_pool *pool);
int dna_pool_n_thread(const dna_pool *pool); /* 1 for NULL */
/** pool may be NULL: the caller does all tasks in order. */
int dna_pool_run(
    dna_pool *pool, int64_t n_task, dna_task_fn fn, void *payload) DNA_MUST_CHECK;
/** Processors this process may use, at least 1. */
int dna_cpu_count(void);

#endif

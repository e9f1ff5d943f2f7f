/* test_pool.c - tasks on threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/pool.h"

enum { N_TASK = 1000 };

typedef struct {
    atomic_int count[N_TASK];
    atomic_int n_by_worker[8];
    int64_t fails_from;
    dna_pool *pool;
} job;

static int
count_task(void *payload, int64_t task, int worker)
{
    job *j = payload;
    atomic_fetch_add(&j->count[task], 1);
    atomic_fetch_add(&j->n_by_worker[worker], 1);
    if (j->fails_from > 0 && task >= j->fails_from) {
        if (task == j->fails_from) {
            for (int i = 0; i < 1000; i++) {
                sched_yield(); /* let higher tasks fail earlier in time */
            }
        }
        return dna_fail(DNA_ENUMERIC, "task %d is bad", (int)task);
    }
    return DNA_OK;
}

static void
test_each_task_is_done_once(void **state)
{
    (void)state;
    for (int n_thread = 1; n_thread <= 8; n_thread *= 2) {
        dna_pool *pool = NULL;
        assert_ok(dna_pool_new(&pool, n_thread));
        assert_int_equal(dna_pool_n_thread(pool), n_thread);
        for (int round = 0; round < 50; round++) {
            static job j;
            memset(&j, 0, sizeof(j));
            assert_ok(dna_pool_run(
                pool, round % 5 == 4 ? round % 3 : N_TASK, count_task, &j));
            for (int i = 0; round % 5 != 4 && i < N_TASK; i++) {
                assert_int_equal(atomic_load(&j.count[i]), 1);
            }
            for (int w = n_thread; w < 8; w++) {
                assert_int_equal(atomic_load(&j.n_by_worker[w]), 0);
            }
        }
        dna_pool_free(pool);
    }
}

static void
test_no_pool_means_the_caller_in_order(void **state)
{
    (void)state;
    static job j;
    memset(&j, 0, sizeof(j));
    assert_ok(dna_pool_run(NULL, N_TASK, count_task, &j));
    assert_int_equal(atomic_load(&j.n_by_worker[0]), N_TASK);
    assert_int_equal(dna_pool_n_thread(NULL), 1);
    j.fails_from = 10;
    assert_fails(dna_pool_run(NULL, N_TASK, count_task, &j), DNA_ENUMERIC, "task 10 ");
    assert_int_equal(atomic_load(&j.count[10]), 2);
    assert_int_equal(atomic_load(&j.count[11]), 1); /* only from the first run */
    dna_pool_free(NULL);
}

static void
test_message_of_the_lowest_failure_reaches_the_caller(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_ok(dna_pool_new(&pool, 4));
    for (int round = 0; round < 100; round++) {
        static job j;
        memset(&j, 0, sizeof(j));
        j.fails_from = 20 + round;
        char expected[32];
        snprintf(expected, sizeof(expected), "task %d is bad", 20 + round);
        int rc = dna_pool_run(pool, N_TASK, count_task, &j);
        assert_int_equal(rc, DNA_ENUMERIC);
        assert_string_equal(dna_message(), expected);
        assert_int_equal(
            atomic_load(&j.count[N_TASK - 1]), 0); /* the rest is skipped */
    }
    static job good;
    assert_ok(dna_pool_run(pool, N_TASK, count_task, &good)); /* the pool is as new */
    dna_pool_free(pool);
}

static int
run_inside(void *payload, int64_t task, int worker)
{
    job *j = payload;
    (void)task;
    (void)worker;
    return dna_pool_run(j->pool, 2, count_task, j);
}

static void
test_runs_do_not_nest(void **state)
{
    (void)state;
    static job j;
    assert_ok(dna_pool_new(&j.pool, 2));
    assert_fails(
        dna_pool_run(j.pool, 3, run_inside, &j), DNA_EARG, "one run at a time");
    dna_pool_free(j.pool);
}

static void
test_counts_of_threads_and_processors(void **state)
{
    (void)state;
    dna_pool *pool = NULL;
    assert_true(dna_cpu_count() >= 1);
    assert_ok(dna_pool_new(&pool, 0));
    assert_int_equal(dna_pool_n_thread(pool), dna_cpu_count());
    dna_pool_free(pool);
    pool = NULL;
    assert_fails(dna_pool_new(&pool, 100000), DNA_EARG, "100000 threads");
    assert_null(pool);
}

static void
test_lack_of_memory(void **state)
{
    (void)state;
    for_each_oom(i) {
        dna_pool *pool = NULL;
        int rc = dna_pool_new(&pool, 2);
        dna_pool_free(pool);
        if (oom_done()) {
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_task_is_done_once),
        cmocka_unit_test(test_no_pool_means_the_caller_in_order),
        cmocka_unit_test(test_message_of_the_lowest_failure_reaches_the_caller),
        cmocka_unit_test(test_runs_do_not_nest),
        cmocka_unit_test(test_counts_of_threads_and_processors),
        cmocka_unit_test(test_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

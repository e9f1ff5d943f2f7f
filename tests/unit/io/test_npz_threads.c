/* test_npz_threads.c - the first archives of a process, written by two threads at once.
 *
 * SPDX-License-Identifier: MIT
 *
 * libzip before 1.9 fills static variables at its first archive without a lock (its issue
 * 289): a second thread then found its archive "read-only". Each try is a process of its
 * own, since only the first archives are concerned.
 */
#include "support/support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/npz.h"

enum { N_TRY = 300 };

static atomic_int n_ready;
static const char *const keys[] = {"SNP"};

static void *
write_one(void *payload)
{
    uint8_t byte = 1;
    dna_array a;

    dna_array_borrow(&a, DNA_U8, 1, (int64_t[]){1}, &byte);
    atomic_fetch_add(&n_ready, 1);
    while (atomic_load(&n_ready) < 2) { /* both begin at once */
    }
    int rc = dna_npz_write_unsynced(payload, keys, &a, 1, true);
    return rc == DNA_OK ? NULL : payload;
}

/* In a child. */
static int
write_two(void)
{
    static char first[256], second[256];
    pthread_t thread;
    void *failed = NULL;

    snprintf(first, sizeof(first), "%s/first.npz", test_dir());
    snprintf(second, sizeof(second), "%s/second.npz", test_dir());
    if (pthread_create(&thread, NULL, write_one, second) != 0) {
        return 2;
    }
    bool has_failed = write_one(first) != NULL;
    pthread_join(thread, &failed);
    return has_failed || failed != NULL;
}

static void
test_the_first_archives_of_two_threads(void **state)
{
    int n_failed = 0;

    (void)state;
    for (int i = 0; i < N_TRY; i++) {
        int status = 0;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            _exit(write_two());
        }
        assert_true(waitpid(pid, &status, 0) == pid);
        n_failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    assert_int_equal(n_failed, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_archives_of_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

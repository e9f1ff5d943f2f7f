/* test_resume.c - a training that is killed or stopped anywhere ends as one that was not.
 *
 * SPDX-License-Identifier: MIT
 *
 * Not at random moments but at every one that can matter: a process of its own trains and
 * dies before its first, second, third ... change to the disk (in a write: after half of
 * it), and a stop is asked for at the first, second, third ... line of the log. Each is
 * resumed and compared with the training that nobody disturbed.
 */
#include "support/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "dnadna/run.h"
#include "io/safetensors.h"

#define DEATH 77

/* ---- a disk that kills ----------------------------------------------------------- */

/* The program's own calls come here instead of the system's library. */
static int64_t n_change, deadly_change;

static bool
is_deadly(void)
{
    return deadly_change > 0 && ++n_change == deadly_change;
}

static void
survive(void)
{
    if (is_deadly()) {
        _exit(DEATH);
    }
}

int
rename(const char *from, const char *to)
{
    survive();
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
mkdir(const char *path, mode_t mode)
{
    survive();
    return mkdirat(AT_FDCWD, path, mode);
}

int
unlink(const char *path)
{
    survive();
    return unlinkat(AT_FDCWD, path, 0);
}

int
fsync(int fd)
{
    survive();
    (void)fd; /* it is the process that dies, not the machine */
    return 0;
}

ssize_t
write(int fd, const void *data, size_t n)
{
    bool is_last = is_deadly();
    struct iovec piece = {.iov_len = is_last ? n / 2 : n};
    memcpy(&piece.iov_base, &data, sizeof(data));
    ssize_t done = writev(fd, &piece, 1);
    if (is_last) {
        _exit(DEATH);
    }
    return done;
}

/* ---- a small training ------------------------------------------------------------ */

static const char *
write_table(void)
{
    static const char *const splits[] = {"training", "training", "training", "training",
        "validation", "validation", "test"};
    static char text[1024];
    int at =
        snprintf(text, sizeof(text), "scenario_idx,event_time,n_replicates,splits\n");
    for (int i = 0; i < 7; i++) {
        at += snprintf(text + at, sizeof(text) - (size_t)at, "%d,%d,3,%s\n", i,
            100 * (i * i % 5 + 1), splits[i]);
    }
    return write_text("table.csv", text);
}

static char *training_config;

static int
setup(void **state)
{
    char text[4096];
    (void)state;
    snprintf(text, sizeof(text),
        "model_name: m\nmodel_root: %s\n"
        "dataset: {inherit: %s/one_event_dataset_config.yml, scenario_params_path: %s}\n"
        "learned_params: {event_time: {type: regression, log_transform: true}}\n"
        "dataset_splits: {training: 0.6, validation: 0.3, test: 0.1}\npreprocessing: {min_snp: 100, seed: 1}\n",
        test_dir(), source_path("tests/data/one_event_small"), write_table());
    dna_preprocess_options o = {.config = write_text("pre.yml", text)};
    char *made = NULL;
    assert_ok(dna_run_preprocess(&o, &made));
    /* the rate is too large on purpose, so that the best network comes in the middle;
     * what is random is drawn anew at each validation: it has to go on, too */
    snprintf(text, sizeof(text),
        "inherit: %s\nnetwork: {name: SPIDNA, params: {n_blocks: 1, n_features: 3}}\n"
        "dataset_transforms: [{crop: {max_snp: 40}}, {subsample: {size: [20, 30]}}]\n"
        "random_transforms_in_validation: fresh\n"
        "optimizer!: {name: Adam, params: {lr: 0.1}}\n"
        "batch_size: 5\nevaluation_interval: 2\nn_epochs: 2\nseed: 3\n",
        made);
    training_config = dna_strdup(write_text("train.yml", text));
    free(made);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    dna_free(training_config);
    return 0;
}

typedef struct {
    volatile int stop;
    int n_line, last_line; /* a stop is asked for at this line of the log; 0: never */
} watcher;

static void
hear(void *payload, dna_log_level level, const char *text)
{
    watcher *w = payload;
    (void)level;
    (void)text;
    if (++w->n_line == w->last_line) {
        w->stop = 1;
    }
}

/* Train a new run, or go on with it if its folder is there. */
static int
train(const char *id, int last_line)
{
    char dir[1024];
    watcher w = {.last_line = last_line};
    dna_log *log = NULL;
    dna_train_options o = {.n_thread = 1, .stop = &w.stop};
    snprintf(dir, sizeof(dir), "%s/run_%s", test_dir(), id);
    if (dna_path_exists(dir)) {
        o.resume = dir;
    } else {
        o.config = training_config;
        o.run_id = id;
    }
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_callback(log, hear, &w));
    o.log = log;
    int rc = dna_run_train(&o, NULL);
    dna_log_free(log);
    return rc;
}

/* ---- what it leaves -------------------------------------------------------------- */

static void
read_run_file(const char *id, const char *name, unsigned char **data, size_t *n)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/run_%s/m_run_%s_%s", test_dir(), id, id, name);
    assert_ok(dna_file_read(path, 1 << 26, data, n));
}

static void
assert_same_tensors(const char *a, const char *b, const char *name)
{
    unsigned char *bytes[2] = {NULL, NULL};
    dna_safetensors st[2];
    size_t n[2];
    const char *const ids[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        read_run_file(ids[k], name, &bytes[k], &n[k]);
        assert_ok(dna_safetensors_parse(&st[k], bytes[k], n[k], name));
        dna_free(bytes[k]);
    }
    assert_true(st[0].n_tensor > 0);
    assert_int_equal(st[0].n_tensor, st[1].n_tensor);
    for (int64_t i = 0; i < st[0].n_tensor; i++) {
        assert_string_equal(st[0].names[i], st[1].names[i]);
        size_t size = dna_dtype_size(st[0].arrays[i].dtype)
                      * (size_t)dna_array_count(&st[0].arrays[i]);
        assert_memory_equal(st[0].arrays[i].data, st[1].arrays[i].data, size);
    }
    dna_safetensors_clear(&st[0]);
    dna_safetensors_clear(&st[1]);
}

static void
assert_same_metrics(const char *a, const char *b)
{
    unsigned char *x = NULL;
    unsigned char *y = NULL;
    size_t n = 0, m = 0;
    read_run_file(a, "metrics.csv", &x, &n);
    read_run_file(b, "metrics.csv", &y, &m);
    assert_string_equal((const char *)x, (const char *)y);
    dna_free(x);
    dna_free(y);
}

/* Everything of run `id` is that of the run "whole"; then it is removed. */
static void
assert_as_whole(const char *id)
{
    static const char *const names[] = {"best_net.safetensors",
        "last_checkpoint_net.safetensors", "last_epoch_net.safetensors",
        "training_state.safetensors"};
    char command[2048];
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        assert_same_tensors("whole", id, names[i]);
    }
    assert_same_metrics("whole", id);
    snprintf(command, sizeof(command), "rm -rf '%s/run_%s'", test_dir(), id);
    assert_int_equal(system(command), 0);
}

/* ---- tests ----------------------------------------------------------------------- */

/* Train in a process that dies before change number n. Whether it did. */
static bool
train_mortally(const char *id, int64_t n)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        deadly_change = n;
        _exit(train(id, 0) == DNA_OK ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != DEATH) {
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    return WEXITSTATUS(status) == DEATH;
}

static void
test_killed_at_any_change_to_the_disk(void **state)
{
    (void)state;
    int64_t n = 1;
    assert_ok(train("whole", 0));
    while (train_mortally("killed", n)) {
        assert_ok(train("killed", 0));
        assert_as_whole("killed");
        n++;
    }
    assert_as_whole("killed");
    print_message("%lld changes to the disk\n", (long long)n - 1);
    assert_true(n > 60);
}

/* It never gets far, but each time further. */
static void
test_killed_again_and_again(void **state)
{
    (void)state;
    assert_ok(train("whole", 0));
    int64_t n_death = 0;
    while (train_mortally("often", 23 + n_death % 7)) {
        n_death++;
        assert_true(n_death < 50);
    }
    assert_true(n_death > 2);
    assert_as_whole("often");
}

static void
test_stopped_at_any_line(void **state)
{
    (void)state;
    int line = 1;
    int rc = DNA_ECANCEL;
    assert_ok(train("whole", 0));
    for (; rc == DNA_ECANCEL; line++) {
        rc = train("stopped", line);
        if (rc == DNA_ECANCEL) {
            assert_non_null(strstr(dna_message(), "to go on: dnadna train --resume "));
            assert_ok(train("stopped", 0));
        }
        assert_ok(rc == DNA_ECANCEL ? DNA_OK : rc);
        assert_as_whole("stopped");
    }
    assert_true(line > 30);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_any_change_to_the_disk),
        cmocka_unit_test(test_killed_again_and_again),
        cmocka_unit_test(test_stopped_at_any_line),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

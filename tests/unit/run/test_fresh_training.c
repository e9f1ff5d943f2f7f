/* test_fresh_training.c - trainings on fresh samples: the same for any number of threads,
 * for a first draw of preprocessing or of their own, and after any interruption.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "dnadna/run.h"
#include "io/safetensors.h"
#include "run/network.h"
#include "run/settings.h"

static const char text[] =
    "model_name: m\n"
    "dataset: {simulator_name: one_event, data_root: nowhere, dataset_name: d, n_samples: 6,\n"
    "    segment_length: 20000, data_source: {format: dnadna}}\n"
    "learned_params: {event_time: {type: regression},\n"
    "    recent_size: {type: regression, log_transform: true}}\n"
    "preprocessing: {min_snp: 20}\n"
    "fresh_samples: {n_training: 17, n_validation: 6, n_test: 4, n_first_draw: 50, max_redraws: 2, seed: 3}\n"
    "network: {name: SPIDNA, params: {n_blocks: 1, n_features: 3}}\n"
    "dataset_transforms: [{crop: {max_snp: 20}}, {subsample: {size: [4, 6], keep_polymorphic_only: false}}]\n"
    "batch_size: 5\nevaluation_interval: 2\nn_epochs: 2\nseed: 3\n";

static const char *config;

static int
setup(void **state)
{
    (void)state;
    config = write_text("fresh.yml", text);
    return config != NULL ? 0 : -1;
}

typedef struct {
    volatile int stop;
    int n_line;
    int last_line; /* a stop is asked for at this line of the log; 0: never; -n: at line
                    * n the process dies */
} watcher;

static void
hear(void *payload, dna_log_level level, const char *line)
{
    watcher *w = payload;
    (void)level;
    (void)line;
    if (++w->n_line == w->last_line) {
        w->stop = 1;
    }
    if (w->n_line == -w->last_line) {
        (void)raise(SIGKILL);
    }
}

/* Train a new run with some loading threads, or go on with it if its folder is there. */
static int
train(const char *from, const char *id, int n_worker, int n_thread, int last_line)
{
    char dir[1024], workers[64];
    const char *const overrides[] = {workers};
    watcher w = {.last_line = last_line};
    dna_log *log = NULL;
    dna_train_options o = {.n_thread = n_thread, .stop = &w.stop};
    snprintf(dir, sizeof(dir), "%s/run_%s", test_dir(), id);
    snprintf(workers, sizeof(workers), "loader_num_workers=%d", n_worker);
    if (dna_path_exists(dir)) {
        o.resume = dir;
    } else {
        o.config = from;
        o.run_id = id;
        o.overrides = overrides;
        o.n_override = 1;
    }
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_callback(log, hear, &w));
    o.log = log;
    int rc = dna_run_train(&o, NULL);
    dna_log_free(log);
    return rc;
}

static const char *
run_file(const char *id, const char *name)
{
    static char path[2][1024];
    static int k;
    k = 1 - k;
    snprintf(
        path[k], sizeof(path[k]), "%s/run_%s/m_run_%s_%s", test_dir(), id, id, name);
    return path[k];
}

static void
assert_same_bytes(const char *a, const char *b, const char *name)
{
    unsigned char *bytes[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    assert_ok(dna_file_read(run_file(a, name), 1 << 26, &bytes[0], &n[0]));
    assert_ok(dna_file_read(run_file(b, name), 1 << 26, &bytes[1], &n[1]));
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    dna_free(bytes[0]);
    dna_free(bytes[1]);
}

static void
assert_same_tensors(const char *a, const char *b, const char *name)
{
    const char *const ids[2] = {a, b};
    dna_safetensors st[2];
    for (int k = 0; k < 2; k++) {
        unsigned char *bytes = NULL;
        size_t n = 0;
        assert_ok(dna_file_read(run_file(ids[k], name), 1 << 26, &bytes, &n));
        assert_ok(dna_safetensors_parse(&st[k], bytes, n, name));
        dna_free(bytes);
    }
    assert_true(st[0].n_tensor > 0);
    assert_int_equal(st[0].n_tensor, st[1].n_tensor);
    for (int64_t i = 0; i < st[0].n_tensor; i++) {
        size_t size = dna_dtype_size(st[0].arrays[i].dtype)
                      * (size_t)dna_array_count(&st[0].arrays[i]);
        assert_memory_equal(st[0].arrays[i].data, st[1].arrays[i].data, size);
    }
    dna_safetensors_clear(&st[0]);
    dna_safetensors_clear(&st[1]);
}

/* What the network files say of the simulation. */
static int64_t
count_of(const char *id, const char *key)
{
    dna_network *net = NULL;
    char dotted[64];
    snprintf(dotted, sizeof(dotted), "simulation.%s", key);
    assert_ok(dna_network_load(&net, run_file(id, "last_epoch_net.safetensors")));
    int64_t n = dna_setting_int(net->meta, dotted, -1);
    dna_network_free(net);
    return n;
}

static void
assert_same_run(const char *a, const char *b)
{
    static const char *const names[] = {"best_net.safetensors",
        "last_checkpoint_net.safetensors", "last_epoch_net.safetensors",
        "training_state.safetensors"};
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        assert_same_tensors(a, b, names[i]);
    }
    assert_same_bytes(a, b, "metrics.csv");
    assert_same_bytes(a, b, "preprocessed_params.csv");
    assert_int_equal(count_of(a, "n_samples"), count_of(b, "n_samples"));
    assert_int_equal(count_of(a, "n_redrawn"), count_of(b, "n_redrawn"));
    assert_int_equal(count_of(a, "n_given_up"), count_of(b, "n_given_up"));
}

static void
forget(const char *id)
{
    char command[2048];
    snprintf(command, sizeof(command), "rm -rf '%s/run_%s'", test_dir(), id);
    assert_int_equal(system(command), 0);
}

/* ---- tests ----------------------------------------------------------------------- */

static void
test_threads_change_nothing(void **state)
{
    (void)state;
    assert_ok(train(config, "whole", 0, 1, 0));
    for (int n_worker = 0; n_worker <= 3; n_worker++) {
        for (int n_thread = 1; n_thread <= 2; n_thread++) {
            assert_ok(train(config, "other", n_worker, n_thread, 0));
            assert_same_run("whole", "other");
            forget("other");
        }
    }
}

static void
test_the_network_file_says_how_samples_were_drawn(void **state)
{
    dna_network *net = NULL;
    (void)state;
    assert_int_equal(count_of("whole", "n_samples"), 34);
    assert_true(count_of("whole", "n_redrawn") > 2);
    assert_true(count_of("whole", "n_given_up") > 0);
    assert_int_equal(count_of("whole", "seed"), 3);
    assert_int_equal(count_of("whole", "settings.n_samples"), 6);
    assert_ok(dna_network_load(&net, run_file("whole", "best_net.safetensors")));
    assert_string_equal(
        dna_setting_text(net->meta, "simulation.simulator_name"), "one_event");
    assert_int_equal(net->min_snp, 20);
    assert_int_equal(net->format.normalized, 1);
    assert_int_equal(net->format.chromosome_size, 20000);
    assert_null(dna_value_get_path(net->meta, "simulation.settings.data_root"));
    dna_network_free(net);
}

/* The stored first draw is as good as one of its own, and so is a run's final config. */
static void
test_preprocessing_draws_the_same(void **state)
{
    dna_preprocess_options o = {.config = config};
    char *made = NULL;
    (void)state;
    assert_ok(dna_run_preprocess(&o, &made));
    const char *from = write_text("from_draw.yml",
        "inherit: m_training_config.yml\n"
        "network!: {name: SPIDNA, params: {n_blocks: 1, n_features: 3}}\n"
        "optimizer!: {}\n"
        "dataset_transforms: [{crop: {max_snp: 20}}, {subsample: {size: [4, 6], keep_polymorphic_only: false}}]\n"
        "batch_size: 5\nevaluation_interval: 2\nn_epochs: 2\nseed: 3\n");
    assert_ok(train(from, "drawn", 1, 1, 0));
    assert_same_run("whole", "drawn");
    assert_ok(train(run_file("drawn", "final_config.yml"), "again", 0, 1, 0));
    assert_same_run("whole", "again");
    forget("drawn");
    forget("again");
    free(made);
}

static void
test_seeds_matter(void **state)
{
    char other[2048];
    (void)state;
    snprintf(other, sizeof(other), "%s", text);
    memcpy(strstr(other, "2\nseed: 3\n"), "2\nseed: 4\n", 10);
    assert_ok(train(write_text("other.yml", other), "other", 0, 1, 0));
    dna_network *a = NULL, *b = NULL;
    assert_ok(dna_network_load(&a, run_file("whole", "best_net.safetensors")));
    assert_ok(dna_network_load(&b, run_file("other", "best_net.safetensors")));
    assert_true(memcmp(dna_state_params(a->state), dna_state_params(b->state),
                    (size_t)dna_state_n_param(a->state) * sizeof(float))
                != 0);
    dna_network_free(a);
    dna_network_free(b);
    assert_same_bytes("whole", "other", "preprocessed_params.csv");
    forget("other");
}

/* Asked for at each line of the log, with samples on their way in the loader. */
static void
test_stopped_at_any_line(void **state)
{
    int line = 1, n_stopped = 0;
    int rc = DNA_ECANCEL;
    char dir[1024];
    (void)state;
    snprintf(dir, sizeof(dir), "%s/run_stopped", test_dir());
    for (; rc == DNA_ECANCEL; line++) {
        rc = train(config, "stopped", line % 3, 1, line);
        if (rc == DNA_ECANCEL && dna_path_exists(dir)) {
            n_stopped++;
            assert_non_null(strstr(dna_message(), "to go on: dnadna train --resume "));
            assert_ok(train(config, "stopped", 0, 1, 0));
        } else if (rc == DNA_ECANCEL) { /* before there is a run */
            continue;
        }
        assert_ok(rc == DNA_ECANCEL ? DNA_OK : rc);
        assert_same_run("whole", "stopped");
        forget("stopped");
    }
    assert_true(n_stopped > 25);
}

static void
test_killed_and_resumed(void **state)
{
    (void)state;
    for (int line = 8; line < 40; line += 5) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            (void)train(config, "killed", 2, 1, -line);
            _exit(0);
        }
        assert_true(child > 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_ok(train(config, "killed", 1, 1, 0));
        assert_same_run("whole", "killed");
        forget("killed");
    }
}

static void
test_the_cache_changes_nothing(void **state)
{
    char other[2048];
    (void)state;
    snprintf(other, sizeof(other), "%s", text);
    char *at = strstr(other, "dataset_name: d,");
    assert_non_null(at);
    memmove(at + 29, at, strlen(at) + 1);
    memcpy(at, "cache_validation_set: false, ", 29);
    assert_ok(train(write_text("uncached.yml", other), "uncached", 1, 1, 0));
    assert_same_run("whole", "uncached");
    forget("uncached");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_the_network_file_says_how_samples_were_drawn),
        cmocka_unit_test(test_preprocessing_draws_the_same),
        cmocka_unit_test(test_seeds_matter),
        cmocka_unit_test(test_stopped_at_any_line),
        cmocka_unit_test(test_killed_and_resumed),
        cmocka_unit_test(test_the_cache_changes_nothing),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

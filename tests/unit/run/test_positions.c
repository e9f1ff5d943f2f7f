/* test_positions.c - positions of one dataset in two forms, from training to
 * prediction.
 *
 * SPDX-License-Identifier: MIT
 *
 * The same samples are written with absolute positions and with distances, neither
 * declared. A network trained on one form must predict the same from both.
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/rng.h"
#include "dnadna/run.h"
#include "dnadna/sample.h"

enum { N_SCENARIO = 10, N_HAP = 6, N_SITE = 40 };

typedef struct {
    char text[65536];
    size_t used;
} told;

static void
remember(void *payload, dna_log_level level, const char *text)
{
    told *t = payload;
    (void)level;
    t->used +=
        (size_t)snprintf(t->text + t->used, sizeof(t->text) - t->used, "%s\n", text);
    assert_true(t->used < sizeof(t->text));
}

static dna_log *
listen(told *t)
{
    dna_log *log = NULL;
    *t = (told){.used = 0};
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_callback(log, remember, t));
    return log;
}

/* Sample i; swapped: two neighbours out of order. */
static void
save_sample(const char *path, int64_t i, bool is_distance, bool is_swapped)
{
    uint8_t snp[N_HAP * N_SITE];
    int64_t pos[N_SITE];
    dna_array a;
    dna_array b;
    dna_sample *s = NULL;
    dna_rng rng;
    dna_rng_init(&rng, 11, "sample", i, 0, 0);
    for (int k = 0; k < N_HAP * N_SITE; k++) {
        snp[k] = dna_rng_uniform(&rng) < 0.4 ? 1 : 0;
    }
    for (int k = 0; k < N_SITE; k++) {
        snp[k] = 1; /* polymorphic: a one and a zero in each column */
        snp[N_SITE + k] = 0;
        pos[k] = 1 + dna_rng_below(&rng, 1000);
    }
    for (int k = 1; !is_distance && k < N_SITE; k++) {
        pos[k] += pos[k - 1];
    }
    if (is_swapped) {
        int64_t first = pos[10];
        pos[10] = pos[11];
        pos[11] = first;
    }
    dna_array_borrow(&a, DNA_U8, 2, (int64_t[]){N_HAP, N_SITE}, snp);
    dna_array_borrow(&b, DNA_I64, 1, (int64_t[]){N_SITE}, pos);
    assert_ok(dna_sample_new(&s, &a, &b, NULL, path));
    assert_ok(dna_sample_save(s, path, NULL));
    dna_sample_free(s);
}

static const char *
in_folder(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return test_path(path);
}

/* A dataset, preprocessed and trained on for one epoch; returns the network file. */
static const char *
train(const char *folder, bool is_distance, told *t)
{
    char text[4096];
    char *path = NULL;
    char *run = NULL;
    assert_ok(dna_path_make_dirs(test_path(folder)));
    size_t used =
        (size_t)snprintf(text, sizeof(text), "scenario_idx,size,n_replicates\n");
    for (int i = 0; i < N_SCENARIO; i++) {
        char name[64];
        snprintf(name, sizeof(name), "d_%d_0.npz", i);
        save_sample(in_folder(folder, name), i, is_distance, false);
        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%d,%d,1\n", i, 100 + 7 * i);
    }
    char name[64];
    snprintf(name, sizeof(name), "%s/params.csv", folder);
    write_text(name, text);
    snprintf(name, sizeof(name), "%s/p.yml", folder);
    const char *config = write_text(name,
        "model_name: m\n"
        "dataset:\n"
        "    data_root: .\n"
        "    dataset_name: d\n"
        "    scenario_params_path: params.csv\n"
        "    data_source: {format: dnadna, filename_format: '{dataset_name}_{scenario}_{replicate}.npz'}\n"
        "learned_params: {size: {type: regression}}\n"
        "dataset_splits: {training: 0.6, validation: 0.4}\n"
        "preprocessing: {seed: 1}\n");
    dna_log *log = listen(t);
    assert_ok(dna_run_preprocess(
        &(dna_preprocess_options){.config = config, .log = log}, &path));
    free(path);
    snprintf(name, sizeof(name), "%s/t.yml", folder);
    config = write_text(name,
        "inherit: m_training_config.yml\n"
        "network: {name: SPIDNA, params: {n_blocks: 2, n_features: 3}}\n"
        "dataset_transforms: [snp_format: concat]\n"
        "batch_size: 3\nseed: 4\n");
    assert_ok(dna_run_train(
        &(dna_train_options){.config = config, .log = log, .n_thread = 1}, &run));
    free(run);
    dna_log_free(log);
    return in_folder(folder, "run_000/m_run_000_last_epoch_net.safetensors");
}

/* The last cell of the only row that prediction writes for one file. */
static double
predict(const char *net, const char *file, int distance, told *t)
{
    char line[1024];
    int64_t n_failed = -1;
    FILE *out = tmpfile();
    dna_log *log = listen(t);
    dna_predict_files_options o = DNA_PREDICT_FILES_OPTIONS_INIT;
    assert_non_null(out);
    o.model = net;
    o.inputs = &file;
    o.n_input = 1;
    o.out = out;
    o.log = log;
    o.n_thread = 1;
    o.format.distance = distance;
    assert_ok(dna_run_predict(&o, &n_failed));
    rewind(out);
    assert_non_null(fgets(line, sizeof(line), out)); /* header */
    double v = (double)n_failed;
    if (n_failed == 0) {
        assert_non_null(fgets(line, sizeof(line), out));
        v = strtod(strrchr(line, ',') + 1, NULL);
    }
    fclose(out);
    dna_log_free(log);
    return v;
}

static void
test_a_network_predicts_the_same_from_both_forms(void **state)
{
    (void)state;
    static told t;
    const char *by_distance = train("dist", true, &t);
    assert_non_null(strstr(t.text, "taken for distances"));
    const char *distances = test_path("dist/d_3_0.npz");
    const char *absolute = test_path("absolute.npz");
    save_sample(absolute, 3, false, false);
    double v = predict(by_distance, distances, 1, &t);
    assert_true(v == predict(by_distance, distances, -1, &t));
    assert_true(v == predict(by_distance, absolute, -1, &t));
    assert_true(v == predict(by_distance, absolute, 0, &t));
    assert_null(strstr(t.text, "region-start"));
    const char *swapped = test_path("swapped_absolute.npz");
    save_sample(swapped, 3, false, true);
    assert_true(predict(by_distance, swapped, -1, &t) == 1.0); /* neither of the two */
    assert_non_null(strstr(t.text, "of site 11 comes after"));
}

static void
test_positions_out_of_order_are_no_distances(void **state)
{
    (void)state;
    static told t;
    const char *net = train("abs", false, &t);
    assert_null(strstr(t.text, "taken for distances"));
    const char *swapped = test_path("swapped.npz");
    save_sample(swapped, 3, false, true);
    assert_true(predict(net, swapped, -1, &t) == 1.0); /* one file failed */
    assert_non_null(strstr(t.text, "of site 11 comes after"));
    assert_non_null(strstr(t.text, "absolute positions never decrease"));
    assert_non_null(strstr(t.text, "swapped.npz"));
    const char *distances = test_path("distances.npz");
    save_sample(distances, 3, true, false);
    double v = predict(net, test_path("abs/d_3_0.npz"), -1, &t);
    assert_true(v == predict(net, distances, 1, &t)); /* told so: converted */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_network_predicts_the_same_from_both_forms),
        cmocka_unit_test(test_positions_out_of_order_are_no_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_oom.c - memory that runs out at any point of loading, compiling, training, saving
 * and going on.
 *
 * SPDX-License-Identifier: MIT
 *
 * Allocation 1, 2, 3 ... and all after it fail. Each time there is DNA_ENOMEM with a
 * message, or all is done although something that helps was missing (the sync of a
 * folder); what is on the disk is whole; and nothing leaks (AddressSanitizer tells).
 * A second time memory of jansson is counted with ours; its lexer takes a text without
 * memory for an invalid token, so DNA_EFORMAT is fine then. That of libyaml, libzip,
 * zlib, oneDNN and the C library is out of reach: they let no other allocator in, or
 * not this way.
 */
#include "support/support.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "dnadna/run.h"
#include "nn/optim.h"
#include "run/network.h"

enum { N_HAP = 40, N_SITE = 400, N_SCENARIO = 5 };

static void
save_sample(const char *path, int64_t i)
{
    uint8_t snp[N_HAP * N_SITE];
    double pos[N_SITE];
    dna_array a, b;
    dna_sample *s = NULL;
    for (int k = 0; k < N_HAP * N_SITE; k++) {
        snp[k] = (uint8_t)((k * 7 + i * 3 + k / 5) % 3 == 0);
    }
    for (int k = 0; k < N_SITE; k++) {
        snp[k] = 1; /* polymorphic: a one and a zero in each column */
        snp[N_SITE + k] = 0;
        pos[k] = (k + 0.5) / N_SITE;
    }
    dna_array_borrow(&a, DNA_U8, 2, (int64_t[]){N_HAP, N_SITE}, snp);
    dna_array_borrow(&b, DNA_F64, 1, (int64_t[]){N_SITE}, pos);
    assert_ok(dna_sample_new(&s, &a, &b, NULL, path));
    assert_ok(dna_sample_save(s, path, NULL));
    dna_sample_free(s);
}

/* Five scenarios of one sample each, preprocessed. */
static int
begin(void **state)
{
    char table[512] = "scenario_idx,size,sel,n_replicates,splits\n";
    static const char *const splits[] = {
        "training", "training", "training", "validation", "test"};
    char *path = NULL;
    (void)state;
    for (int i = 0; i < N_SCENARIO; i++) {
        char name[64];
        snprintf(name, sizeof(name), "d_%d_0.npz", i);
        save_sample(test_path(name), i);
        size_t used = strlen(table);
        snprintf(table + used, sizeof(table) - used, "%d,%d,%d,1,%s\n", i, 10 + 7 * i,
            i % 2, splits[i]);
    }
    write_text("params.csv", table);
    const char *config = write_text("p.yml",
        "model_name: m\n"
        "dataset:\n"
        "    data_root: .\n"
        "    dataset_name: d\n"
        "    scenario_params_path: params.csv\n"
        "    data_source: {format: dnadna, filename_format: '{dataset_name}_{scenario}_{replicate}.npz'}\n"
        "learned_params: {size: {type: regression}, sel: {type: classification, classes: 2}}\n"
        "dataset_splits: {training: 0.6, validation: 0.2, test: 0.2}\n"
        "preprocessing: {seed: 1}\n");
    assert_ok(dna_run_preprocess(&(dna_preprocess_options){.config = config}, &path));
    free(path);
    return 0;
}

static const char *
config_of(const char *id, const char *network, const char *more)
{
    char text[1024], name[64];
    bool is_small = strcmp(network, "SPIDNA") == 0;
    snprintf(text, sizeof(text),
        "inherit: m_training_config.yml\n"
        "network: {name: %s%s}\n"
        "dataset_transforms: [crop: {max_snp: %d, max_indiv: 40}, snp_format: concat]\n"
        "evaluation_interval: 2\nseed: 4\nrun_id: %s\n%s",
        network, is_small ? ", params: {n_blocks: 1, n_features: 3}" : "",
        is_small ? 20 : N_SITE, id, more);
    snprintf(name, sizeof(name), "%s.yml", id);
    return write_text(name, text);
}

static void
network_path(char *path, size_t size, const char *id, const char *checkpoint)
{
    snprintf(path, size, "%s/run_%s/m_run_%s_%s_net.safetensors", test_dir(), id, id,
        checkpoint);
}

static bool is_jansson_ours;

static void
check_round(int64_t i, int rc, bool has_failed)
{
    if (is_jansson_ours && has_failed && rc == DNA_EFORMAT) {
        return;
    }
    bool is_expected = rc == DNA_OK || (rc == DNA_ENOMEM && has_failed);
    if (!is_expected) {
        dna_mem_fail_at(0);
        fail_msg("allocation %lld: %s: %s", (long long)i, dna_status_name(rc),
            dna_message());
    }
    if (rc != DNA_OK && strstr(dna_message(), "memory") == NULL) {
        dna_mem_fail_at(0);
        fail_msg("allocation %lld: message \"%s\"", (long long)i, dna_message());
    }
}

/* ---- one network ----------------------------------------------------------------- */

/* Load, compile for training, take a step, compile for evaluation, save. */
static int
one_life(const char *path, const char *copy)
{
    static float x[2 * (N_HAP + 1) * N_SITE], y[2 * 3];
    const dna_checkpoint checkpoint = {.checkpoint = "best", .epoch = 1};
    const dna_optim_def *def = dna_optim_find("SGD");
    const double sgd[8] = {0.001}; /* lr; all else zero */
    dna_network *net = NULL;
    dna_program *p = NULL;
    dna_optim *optim = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_network_load(&net, path));
    int64_t n_row = net->sizes.n_indiv + 1, n_site = net->sizes.n_snp;
    const int64_t rows[] = {n_row, n_row}, sites[] = {n_site, n_site - 1};
    const dna_batch_sizes sizes = {2, n_row, n_site, rows, sites};
    DNA_TRY(dna_programs_get(net->programs, &sizes, true, &p, NULL));
    memset(dna_program_input(p, 0), 0, (size_t)(2 * n_row * n_site) * sizeof(*x));
    DNA_TRY(dna_program_forward(p));
    memset(dna_program_output_grad(p), 0, sizeof(y));
    DNA_TRY(dna_program_backward(p));
    DNA_TRY(dna_optim_new(&optim, def, sgd, dna_state_n_param(net->state)));
    DNA_TRY(dna_optim_step(
        optim, dna_state_params(net->state), dna_state_grads(net->state), 1.0, NULL));
    DNA_TRY(dna_network_forward(net, x, &sizes, 2, y, NULL));
    DNA_TRY(dna_network_save(net, copy, &checkpoint));
out:
    dna_optim_free(optim);
    dna_network_free(net);
    return rc;
}

static void
test_a_network_without_memory(void **state)
{
    static const char *const names[] = {"SPIDNA", "CNN"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        char path[512];
        const dna_train_options o = {
            .config = config_of(names[k], names[k], "batch_size: 3\n"),
            .overwrite = true,
            .n_thread = 1};
        assert_ok(dna_run_train(&o, NULL));
        network_path(path, sizeof(path), names[k], "last_epoch");
        const char *copy = test_path("copy.safetensors");
        for_each_oom(i) {
            dna_message_clear();
            (void)unlink(copy);
            int rc = one_life(path, copy);
            check_round(i, rc, dna_mem_has_failed());
            bool is_done = oom_done();
            dna_network *net = NULL;
            if (access(copy, F_OK) == 0) { /* whole, or not there */
                assert_ok(dna_network_load(&net, copy));
                dna_network_free(net);
            } else {
                assert_true(rc < 0);
            }
            if (is_done) {
                break;
            }
        }
    }
}

static void
test_a_network_without_memory_for_json(void **state)
{
    json_malloc_t old_malloc = NULL;
    json_free_t old_free = NULL;
    json_get_alloc_funcs(&old_malloc, &old_free);
    json_set_alloc_funcs(dna_malloc, dna_free);
    is_jansson_ours = true;
    test_a_network_without_memory(state);
    is_jansson_ours = false;
    json_set_alloc_funcs(old_malloc, old_free);
}

/* ---- whole trainings ------------------------------------------------------------- */

/* Every network file that is there can be read. */
static void
check_files(const char *id)
{
    static const char *const names[] = {"best", "last_checkpoint", "last_epoch"};
    for (int i = 0; i < 3; i++) {
        char path[512];
        dna_network *net = NULL;
        network_path(path, sizeof(path), id, names[i]);
        if (access(path, F_OK) == 0) {
            assert_ok(dna_network_load(&net, path));
            dna_network_free(net);
        }
    }
}

#define EVERYTHING                                     \
    "optimizer: {name: NAdam}\n"                       \
    "lr_scheduler: {name: plateau, warmup_steps: 2}\n" \
    "gradient_clipping: {max_norm: 1}\n"               \
    "early_stopping: {patience: 9}\n"                  \
    "weight_averaging: {name: ema, decay: 0.5}\n"

static void
test_a_training_without_memory(void **state)
{
    (void)state;
    dna_train_options o = {
        .config = config_of("t", "SPIDNA", EVERYTHING "batch_size: 3\n"),
        .overwrite = true,
        .n_thread = 1};
    for_each_oom(i) {
        dna_message_clear();
        int rc = dna_run_train(&o, NULL);
        check_round(i, rc, dna_mem_has_failed());
        bool is_done = oom_done();
        if (is_done || i % 16 == 0) {
            check_files("t");
        }
        if (is_done) {
            break;
        }
    }
}

static void
stop_at_once(void *payload, const dna_progress *p)
{
    (void)p;
    *(volatile int *)payload = 1;
}

static void
assert_same(const char *a, const char *b)
{
    char path[512];
    dna_network *x = NULL, *y = NULL;
    network_path(path, sizeof(path), a, "last_epoch");
    assert_ok(dna_network_load(&x, path));
    network_path(path, sizeof(path), b, "last_epoch");
    assert_ok(dna_network_load(&y, path));
    assert_memory_equal(dna_state_params(x->state), dna_state_params(y->state),
        (size_t)dna_state_n_param(x->state) * sizeof(float));
    assert_memory_equal(dna_state_buffers(x->state), dna_state_buffers(y->state),
        (size_t)dna_state_n_buffer(x->state) * sizeof(float));
    dna_network_free(y);
    dna_network_free(x);
}

/* Each round goes on from where an earlier one had the memory to come. */
static void
test_a_training_goes_on_after_memory_ran_out(void **state)
{
    volatile int stop = 0;
    (void)state;
    dna_train_options o = {.config = config_of("whole", "SPIDNA",
                               EVERYTHING "n_epochs: 2\nbatch_size: 2\n"),
        .n_thread = 1};
    assert_ok(dna_run_train(&o, NULL));
    o.config = config_of("cut", "SPIDNA", EVERYTHING "n_epochs: 2\nbatch_size: 2\n");
    o.progress = stop_at_once;
    o.payload = (void *)(uintptr_t)&stop;
    o.stop = &stop;
    assert_int_equal(dna_run_train(&o, NULL), DNA_ECANCEL);
    o = (dna_train_options){.resume = test_path("run_cut"), .n_thread = 1};
    for_each_oom(i) {
        dna_message_clear();
        int rc = dna_run_train(&o, NULL);
        check_round(i, rc, dna_mem_has_failed());
        if (oom_done()) {
            break;
        }
    }
    assert_same("whole", "cut");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_network_without_memory),
        cmocka_unit_test(test_a_network_without_memory_for_json),
        cmocka_unit_test(test_a_training_without_memory),
        cmocka_unit_test(test_a_training_goes_on_after_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

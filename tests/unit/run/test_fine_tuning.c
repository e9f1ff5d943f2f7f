/* test_fine_tuning.c - training that starts from another network's weights.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: the tensors of the network it starts from. With SGD and a learning rate that is lost
 * in rounding, what was copied is still there at the end; what is frozen is there with any.
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/run.h"
#include "run/network.h"
#include "run/settings.h"

static char told[1 << 18];

static void
remember(void *payload, dna_log_level level, const char *text)
{
    size_t used = strlen(told);
    (void)payload;
    (void)level;
    snprintf(told + used, sizeof(told) - used, "%s\n", text);
}

#define TIME "event_time: {type: regression, log_transform: true}"
#define SIZE "recent_size: {type: regression, log_transform: true}"

static void
preprocess(const char *model, const char *params)
{
    char text[1024], name[64];
    char *path = NULL;
    char *data = dna_path_absolute(
        source_path("tests/data/one_event_small/one_event_dataset_config.yml"));
    assert_non_null(data);
    snprintf(text, sizeof(text),
        "model_name: %s\ndataset: {inherit: \"%s\"}\nlearned_params: {%s}\n"
        "dataset_splits: {training: 0.5, validation: 0.3, test: 0.2}\n"
        "preprocessing: {seed: 1}\n",
        model, data, params);
    snprintf(name, sizeof(name), "%s_preprocessing.yml", model);
    const char *config = write_text(name, text);
    assert_ok(dna_run_preprocess(&(dna_preprocess_options){.config = config}, &path));
    free(path);
    dna_free(data);
}

#define NETWORK "network: {name: SPIDNA, params: {n_blocks: 1, n_features: 2}}\n"
#define STILL   "optimizer!: {name: SGD, params: {lr: 1.0e-30}}\n"
#define FAST \
    "optimizer!: {name: SGD, params: {lr: 0.01, momentum: 0.9, weight_decay: 0.1}}\n"

static int
train(const char *model, const char *id, const char *from, const char *more)
{
    char text[2048], name[64];
    dna_log *log = NULL;
    snprintf(text, sizeof(text),
        "inherit: %s_training_config.yml\nnetwork: {name: MLP}\n"
        "dataset_transforms: [{crop: {max_snp: 60, max_indiv: 6}}, {snp_format: concat}]\n"
        "run_id: %s\nseed: 4\n%s",
        model, id, more);
    snprintf(name, sizeof(name), "%s.yml", id);
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_callback(log, remember, NULL));
    told[0] = '\0';
    dna_train_options o = {.config = write_text(name, text),
        .from = from != NULL ? test_path(from) : NULL,
        .log = log,
        .n_thread = 1};
    int rc = dna_run_train(&o, NULL);
    dna_log_free(log);
    return rc;
}

static dna_network *
load(const char *model, const char *id)
{
    char path[256];
    dna_network *net = NULL;
    snprintf(path, sizeof(path), "run_%s/%s_run_%s_last_epoch_net.safetensors", id,
        model, id);
    assert_ok(dna_network_load(&net, test_path(path)));
    return net;
}

/* Whether a tensor of both networks has the same bytes. */
static bool
is_same(const dna_network *a, const dna_network *b, const char *name)
{
    const dna_tensor *x = dna_state_find(a->state, name);
    const dna_tensor *y = dna_state_find(b->state, name);
    assert_non_null(x);
    assert_non_null(y);
    size_t size = x->kind == DNA_TENSOR_COUNTER ? 8 : 4;
    return x->count == y->count
           && memcmp(dna_network_tensor_data(a, x), dna_network_tensor_data(b, y),
                  size * (size_t)x->count)
                  == 0;
}

#define BASE "run_base/m_run_base_last_epoch_net.safetensors"

static int
begin(void **state)
{
    (void)state;
    preprocess("m", TIME);
    preprocess("two", TIME ", " SIZE);
    char text[2048];
    dna_log *log = NULL;
    assert_ok(dna_log_new(&log, DNA_LOG_ERROR));
    snprintf(text, sizeof(text),
        "inherit: m_training_config.yml\n" NETWORK
        "dataset_transforms: [{crop: {max_snp: 60, max_indiv: 6}}, {snp_format: concat}]\n"
        "run_id: base\nseed: 3\nn_epochs: 1\n");
    dna_train_options o = {
        .config = write_text("base.yml", text), .log = log, .n_thread = 1};
    assert_ok(dna_run_train(&o, NULL));
    dna_log_free(log);
    return 0;
}

/* The layers are those of the other network, whatever the config says, and its weights. */
static void
it_starts_from_the_weights(void **state)
{
    (void)state;
    assert_ok(train("m", "still", BASE, "n_epochs: 1\n" STILL));
    dna_network *base = load("m", "base"), *net = load("m", "still");
    assert_string_equal(net->def->name, "SPIDNA");
    for (int64_t i = 0; i < dna_state_n_tensor(base->state); i++) {
        const dna_tensor *t = dna_state_tensor(base->state, i);
        if (t->kind == DNA_TENSOR_PARAM) {
            assert_true(is_same(base, net, t->name));
        }
    }
    assert_non_null(strstr(told, "23 of 23 tensors\n"));
    const dna_value *tuned = dna_value_get_path(net->meta, "provenance.fine_tuning");
    assert_string_equal(
        dna_setting_text(tuned, "origin"), "SPIDNA m run_base last_epoch");
    assert_int_equal(strncmp(dna_setting_text(tuned, "checksum"), "crc32:", 6), 0);
    dna_network_free(base);
    dna_network_free(net);
}

static void
frozen_layers_stay_to_the_bit(void **state)
{
    (void)state;
    assert_ok(train("m", "frozen", BASE,
        "n_epochs: 3\n" FAST
        "fine_tuning: {freeze: ['conv_*', blocks.0.phi.weight]}\n"));
    dna_network *base = load("m", "base"), *net = load("m", "frozen");
    static const char *const stay[] = {"conv_pos.weight", "conv_pos.bias",
        "conv_pos_bn.running_mean", "conv_pos_bn.num_batches_tracked",
        "conv_snp_bn.weight", "blocks.0.phi.weight"};
    static const char *const move[] = {"blocks.0.phi.bias", "blocks.0.fc.weight",
        "blocks.0.phi_bn.weight", "blocks.0.phi_bn.running_var"};
    for (int64_t i = 0; i < DNA_COUNT(stay); i++) {
        if (!is_same(base, net, stay[i])) {
            fail_msg("%s moved", stay[i]);
        }
    }
    for (int64_t i = 0; i < DNA_COUNT(move); i++) {
        if (is_same(base, net, move[i])) {
            fail_msg("%s stayed", move[i]);
        }
    }
    dna_network_free(base);
    dna_network_free(net);
}

static void
a_resumed_run_is_one_that_never_stopped(void **state)
{
    const char *more = FAST "fine_tuning: {freeze: ['conv_*']}\n";
    char text[400];
    (void)state;
    snprintf(text, sizeof(text), "n_epochs: 3\n%s", more);
    assert_ok(train("m", "whole", BASE, text));
    snprintf(text, sizeof(text), "n_epochs: 1\n%s", more);
    assert_ok(train("m", "part", BASE, text));
    const char *epochs = "n_epochs=3";
    dna_train_options o = {.resume = test_path("run_part"),
        .overrides = &epochs,
        .n_override = 1,
        .n_thread = 1};
    dna_log *log = NULL;
    assert_ok(dna_log_new(&log, DNA_LOG_ERROR));
    o.log = log;
    assert_ok(dna_run_train(&o, NULL));
    dna_log_free(log);
    dna_network *a = load("m", "whole"), *b = load("m", "part");
    for (int64_t i = 0; i < dna_state_n_tensor(a->state); i++) {
        assert_true(is_same(a, b, dna_state_tensor(a->state, i)->name));
    }
    dna_network_free(a);
    dna_network_free(b);
}

static void
other_targets_get_a_new_head(void **state)
{
    (void)state;
    assert_ok(train("two", "head", BASE, "n_epochs: 1\n" STILL));
    dna_network *base = load("m", "base"), *net = load("two", "head");
    assert_int_equal(net->sizes.n_outputs, 2);
    assert_true(is_same(base, net, "conv_pos.weight"));
    assert_true(is_same(base, net, "blocks.0.phi.weight"));
    assert_false(is_same(base, net, "blocks.0.fc.weight"));
    assert_non_null(
        strstr(told, "beginning anew: blocks.0.fc.weight, blocks.0.fc.bias"));
    dna_network_free(net);

    assert_ok(train("m", "reset", BASE,
        "n_epochs: 1\n" STILL "fine_tuning: {reset: [conv_pos]}\n"));
    net = load("m", "reset");
    assert_false(is_same(base, net, "conv_pos.weight"));
    assert_false(is_same(base, net, "conv_pos.bias"));
    assert_true(is_same(base, net, "conv_pos_bn.weight"));
    assert_true(is_same(base, net, "blocks.0.fc.weight"));
    dna_network_free(base);
    dna_network_free(net);
}

static void
what_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_fails(train("m", "bad", BASE, "fine_tuning: {freeze: [cnv_pos]}\n"),
        DNA_ENOTFOUND,
        "freeze: no layer is called \"cnv_pos\"; there are conv_pos, conv_pos_bn");
    assert_fails(train("m", "bad", BASE, "fine_tuning: {reset: ['fc*']}\n"),
        DNA_ENOTFOUND, "reset: no layer is called \"fc*\"");
    assert_fails(train("m", "bad", NULL, "fine_tuning: {freeze: [conv_pos]}\n"),
        DNA_EARG, "fine_tuning: from is missing");
    assert_fails(train("m", "bad", BASE, "fine_tuning: {freze: [conv_pos]}\n"),
        DNA_EARG, "freze");
    assert_fails(
        train("m", "bad", "none.safetensors", ""), DNA_ENOTFOUND, "none.safetensors");
    assert_false(dna_path_exists(test_path("run_bad")));
    assert_fails(train("m", "all", BASE, "fine_tuning: {freeze: ['*']}\n"), DNA_EARG,
        "freeze: nothing is left to be learned");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_from_the_weights),
        cmocka_unit_test(frozen_layers_stay_to_the_bit),
        cmocka_unit_test(a_resumed_run_is_one_that_never_stopped),
        cmocka_unit_test(other_targets_get_a_new_head),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

/* test_training.c - schedules, clipping, averages and early stopping in whole trainings.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: the same steps put together by hand from the networks of plain runs. With one
 * batch an epoch and SGD, w(k) after k epochs is w(k-1) - lr g(w(k-1)).
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/run.h"
#include "run/network.h"

typedef struct {
    char text[1 << 18];
    size_t used;
} told;

static told told_text;

static void
remember(void *payload, dna_log_level level, const char *text)
{
    told *t = payload;
    (void)level;
    t->used +=
        (size_t)snprintf(t->text + t->used, sizeof(t->text) - t->used, "%s\n", text);
    assert_true(t->used < sizeof(t->text));
}

/* A preprocessed model, once. */
static int
begin(void **state)
{
    char text[1024];
    char *path = NULL;
    (void)state;
    char *data = dna_path_absolute(
        source_path("tests/data/one_event_small/one_event_dataset_config.yml"));
    assert_non_null(data);
    snprintf(text, sizeof(text),
        "model_name: m\n"
        "dataset: {inherit: \"%s\"}\n"
        "learned_params: {event_time: {type: regression, log_transform: true}}\n"
        "dataset_splits: {training: 0.5, validation: 0.3, test: 0.2}\n"
        "preprocessing: {seed: 1}\n",
        data);
    const char *config = write_text("p.yml", text);
    assert_ok(dna_run_preprocess(&(dna_preprocess_options){.config = config}, &path));
    free(path);
    dna_free(data);
    return 0;
}

/* A run on one thread, whose log goes to told_text. */
static int
train(dna_train_options o)
{
    dna_log *log = NULL;
    assert_ok(dna_log_new(&log, DNA_LOG_INFO));
    assert_ok(dna_log_add_callback(log, remember, &told_text));
    told_text.used = 0;
    o.log = log;
    o.n_thread = 1;
    int rc = dna_run_train(&o, NULL);
    dna_log_free(log);
    return rc;
}

#define SPIDNA "network: {name: SPIDNA, params: {n_blocks: 1, n_features: 2}}\n"
#define MLP    "network: {name: MLP}\n"

/* Writes <id>.yml; training takes all samples in one batch unless `more` says else. */
static const char *
config_of(const char *id, const char *network, const char *more)
{
    char text[2048], name[64];
    snprintf(text, sizeof(text),
        "inherit: m_training_config.yml\n%s"
        "dataset_transforms: [{crop: {max_snp: 60, max_indiv: 6}}, {snp_format: concat}]\n"
        "run_id: %s\nseed: 3\n%s%s",
        network, id, strstr(more, "batch_size") != NULL ? "" : "batch_size: 1000\n",
        more);
    snprintf(name, sizeof(name), "%s.yml", id);
    return write_text(name, text);
}

static dna_network *
network_of(const char *id, const char *checkpoint)
{
    dna_network *net = NULL;
    char name[128];
    snprintf(
        name, sizeof(name), "run_%s/m_run_%s_%s_net.safetensors", id, id, checkpoint);
    assert_ok(dna_network_load(&net, test_path(name)));
    return net;
}

/* Train and load the network of the last epoch. */
static dna_network *
trained(const char *id, const char *network, const char *more)
{
    assert_ok(train((dna_train_options){.config = config_of(id, network, more)}));
    return network_of(id, "last_epoch");
}

static const float *
weights(const dna_network *net)
{
    return dna_state_params(net->state);
}

/* |got - (from + share * (to - from))| is small against the step. */
static void
check_between(const dna_network *got, const dna_network *from, const dna_network *to,
    double share)
{
    int64_t n = dna_state_n_param(got->state);
    const float *a = weights(from), *b = weights(to), *w = weights(got);
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double step = (double)b[i] - (double)a[i];
        largest = fmax(largest, fabs(step));
        assert_near((double)w[i], (double)a[i] + share * step, 2e-7);
    }
    assert_true(largest > 1e-4); /* there was a step */
}

static void
test_schedules_and_warm_up_scale_the_steps(void **state)
{
    (void)state;
    static const char sgd[] = "optimizer!: {name: SGD, params: {lr: 0.125}}\n";
    char more[512];
    dna_network *w0 = trained(
        "w0", SPIDNA, "optimizer!: {name: SGD, params: {lr: 0}}\nn_epochs: 1\n");
    snprintf(more, sizeof(more), "%sn_epochs: 1\n", sgd);
    dna_network *w1 = trained("w1", SPIDNA, more);
    snprintf(more, sizeof(more), "%sn_epochs: 2\n", sgd);
    dna_network *w2 = trained("w2", SPIDNA, more);
    static const struct {
        const char *scheduler;
        double share; /* of the second step */
    } cases[] = {
        {"{name: step, params: {step_size: 1, gamma: 0.25}}", 0.25},
        {"{name: step, params: {step_size: 2, gamma: 0.25}}", 1.0},
        {"{name: exponential, params: {gamma: 0.5}}", 0.5},
        {"{name: cosine}", 0.5},
        {"{name: cosine, params: {T_max: 1, eta_min: 0.03125}}", 0.25},
        /* the loss of the first validation is never better than nothing by this much */
        {"{name: plateau, params: {patience: 0, factor: 0.5, threshold: 2, "
         "threshold_mode: rel}}",
            0.5},
    };
    for (int i = 0; i < DNA_COUNT(cases); i++) {
        char id[16];
        snprintf(id, sizeof(id), "s%d", i);
        snprintf(more, sizeof(more), "%sn_epochs: 2\nlr_scheduler: %s\n", sgd,
            cases[i].scheduler);
        dna_network *got = trained(id, SPIDNA, more);
        check_between(got, w1, w2, cases[i].share);
        dna_network_free(got);
    }
    snprintf(
        more, sizeof(more), "%sn_epochs: 1\nlr_scheduler: {warmup_steps: 4}\n", sgd);
    dna_network *warm = trained("warm", SPIDNA, more);
    check_between(warm, w0, w1, 0.25);
    assert_non_null(strstr(told_text.text, "\nlearning rate 0.03125\n"));
    dna_network_free(warm);
    dna_network_free(w2);
    dna_network_free(w1);
    dna_network_free(w0);
}

static void
test_clipping_bounds_the_step(void **state)
{
    (void)state;
    static const char sgd[] = "optimizer!: {name: SGD, params: {lr: 1}}\nn_epochs: 1\n";
    char more[512];
    dna_network *w0 = trained(
        "c0", SPIDNA, "optimizer!: {name: SGD, params: {lr: 0}}\nn_epochs: 1\n");
    dna_network *w1 = trained("c1", SPIDNA, sgd);
    int64_t n = dna_state_n_param(w0->state);
    double norm = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double g = (double)weights(w1)[i] - (double)weights(w0)[i];
        norm += g * g;
    }
    norm = sqrt(norm);

    double bound = norm / 16.0;
    snprintf(
        more, sizeof(more), "%sgradient_clipping: {max_norm: %.17g}\n", sgd, bound);
    dna_network *by_norm = trained("c2", SPIDNA, more);
    check_between(by_norm, w0, w1, bound / (norm + 1e-6));
    snprintf(
        more, sizeof(more), "%sgradient_clipping: {max_value: %.17g}\n", sgd, bound);
    dna_network *by_value = trained("c3", SPIDNA, more);
    int64_t n_cut = 0;
    for (int64_t i = 0; i < n; i++) {
        double from = (double)weights(w0)[i];
        double g = from - (double)weights(w1)[i];
        n_cut += fabs(g) > bound;
        double bounded = fmin(fmax(g, -bound), bound);
        assert_near((double)weights(by_value)[i], from - bounded, 2e-7);
    }
    assert_true(n_cut > 0 && n_cut < n);
    dna_network_free(by_value);
    dna_network_free(by_norm);
    dna_network_free(w1);
    dna_network_free(w0);
}

/* share[k] of the networks after 1, 2, 3 epochs, in weights and running statistics. */
static void
check_mean(const dna_network *got, dna_network *const *w, const double *share)
{
    for (int64_t i = 0; i < dna_state_n_param(got->state); i++) {
        double mean = 0.0;
        for (int k = 0; k < 3; k++) {
            mean += share[k] * (double)weights(w[k])[i];
        }
        assert_near((double)weights(got)[i], mean, 1e-6);
    }
    assert_true(dna_state_n_buffer(got->state) > 0);
    for (int64_t i = 0; i < dna_state_n_buffer(got->state); i++) {
        double mean = 0.0;
        for (int k = 0; k < 3; k++) {
            mean += share[k] * (double)dna_state_buffers(w[k]->state)[i];
        }
        assert_near((double)dna_state_buffers(got->state)[i], mean, 1e-6);
    }
}

static void
test_saved_networks_are_the_mean_of_the_weights(void **state)
{
    (void)state;
    static const char adam[] = "optimizer!: {params: {lr: 0.05}}\n";
    char more[512];
    dna_network *w[3] = {NULL};
    for (int k = 0; k < 3; k++) {
        char id[16];
        snprintf(id, sizeof(id), "a%d", k);
        snprintf(more, sizeof(more), "%sn_epochs: %d\n", adam, k + 1);
        w[k] = trained(id, SPIDNA, more);
    }
    static const struct {
        const char *averaging;
        double share[3];
    } cases[] = {
        {"{name: ema, decay: 0.5}", {0.25, 0.25, 0.5}},
        {"{name: ema, decay: 0.75, start_epoch: 2}", {0.0, 0.75, 0.25}},
        {"{name: swa, start_epoch: 1}", {1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0}},
        {"{name: swa, start_epoch: 2}", {0.0, 0.5, 0.5}},
        {"{name: swa}", {0.0, 0.0, 1.0}}, /* the last quarter of three */
    };
    for (int i = 0; i < DNA_COUNT(cases); i++) {
        char id[16];
        snprintf(id, sizeof(id), "m%d", i);
        snprintf(more, sizeof(more), "%sn_epochs: 3\nweight_averaging: %s\n", adam,
            cases[i].averaging);
        dna_network *got = trained(id, SPIDNA, more);
        check_mean(got, w, cases[i].share);
        dna_network_free(got);
        got = network_of(id, "last_checkpoint");
        check_mean(got, w, cases[i].share);
        dna_network_free(got);
    }
    for (int k = 0; k < 3; k++) {
        dna_network_free(w[k]);
    }
}

static int64_t
count(const char *needle)
{
    int64_t n = 0;
    for (const char *p = told_text.text; (p = strstr(p, needle)) != NULL; p++) {
        n++;
    }
    return n;
}

static void
test_early_stopping_is_a_normal_end(void **state)
{
    (void)state;
    /* without learning no loss is better than the first one */
    dna_network *net = trained("early", MLP,
        "optimizer!: {name: SGD, params: {lr: 0}}\nn_epochs: 9\nbatch_size: 8\n"
        "evaluation_interval: 2\nearly_stopping: {patience: 4}\n");
    assert_non_null(strstr(
        told_text.text, "early stopping: no better loss in the last 4 validations"));
    /* 45 samples are 6 batches: validations after batches 1, 3, 5 and again 3, 5 */
    assert_int_equal(dna_value_get_path(net->meta, "provenance.epoch")->integer, 2);
    assert_int_equal(dna_value_get_path(net->meta, "provenance.batch")->integer, 4);
    assert_int_equal(count(": validation\n"), 5 + 1);
    assert_int_equal(count("\ntest of "), 2);
    dna_network_free(net);
    /* it is finished; with more epochs it goes on, and is patient again */
    dna_train_options o = {.resume = test_path("run_early")};
    assert_ok(train(o));
    assert_non_null(strstr(told_text.text, "nothing to do"));
    static const char *const more[] = {"n_epochs=20"};
    o.overrides = more;
    o.n_override = 1;
    assert_ok(train(o));
    assert_int_equal(count(": validation\n"), 4 + 1);
    assert_int_equal(count("early stopping: no better"), 1);
}

/* ---- going on -------------------------------------------------------------------- */

typedef struct {
    int64_t stop_at; /* samples */
    volatile int stop;
} stopper;

static void
watch(void *payload, const dna_progress *p)
{
    stopper *s = payload;
    s->stop |= p->done >= s->stop_at;
}

static void
assert_same(const char *a, const char *b, const char *checkpoint)
{
    dna_network *x = network_of(a, checkpoint), *y = network_of(b, checkpoint);
    assert_memory_equal(
        weights(x), weights(y), (size_t)dna_state_n_param(x->state) * sizeof(float));
    assert_memory_equal(dna_state_buffers(x->state), dna_state_buffers(y->state),
        (size_t)dna_state_n_buffer(x->state) * sizeof(float));
    dna_network_free(y);
    dna_network_free(x);
}

static void
test_a_run_goes_on_exactly_with_everything_on(void **state)
{
    (void)state;
    static const char *const regimes[] = {
        ("optimizer!: {name: NAdam}\n"
         "lr_scheduler: {name: plateau, warmup_steps: 5,\n"
         "               params: {patience: 0, factor: 0.5, cooldown: 1}}\n"
         "weight_averaging: {name: ema, decay: 0.9}\n"
         "early_stopping: {patience: 6, min_delta: 0.01}\n"),
        ("optimizer!: {name: ASGD}\n"
         "lr_scheduler: {name: cosine, warmup_steps: 15}\n"
         "weight_averaging: {name: swa, start_epoch: 2}\n"
         "early_stopping: {patience: 9}\n"),
        ("optimizer!: {name: Rprop}\n"
         "lr_scheduler: {name: exponential, params: {gamma: 0.9}}\n"),
    };
    for (int i = 0; i < DNA_COUNT(regimes); i++) {
        char id[16], whole[16], more[1024], run[32];
        snprintf(more, sizeof(more),
            "n_epochs: 4\nbatch_size: 8\nevaluation_interval: 2\n"
            "gradient_clipping: {max_norm: 1, max_value: 0.25}\n%s",
            regimes[i]);
        snprintf(whole, sizeof(whole), "e%d", i);
        dna_network_free(trained(whole, SPIDNA, more));
        snprintf(id, sizeof(id), "r%d", i);
        snprintf(run, sizeof(run), "run_%s", id);
        stopper s = {.stop_at = 1};
        dna_train_options o = {.config = config_of(id, SPIDNA, more),
            .progress = watch,
            .payload = &s,
            .stop = &s.stop};
        int rc = DNA_ECANCEL;
        for (int n = 0; rc == DNA_ECANCEL; n++) {
            assert_true(n < 40);
            rc = train(o);
            o.config = NULL;
            o.resume = test_path(run);
            s.stop = 0;
            s.stop_at += 17; /* every second or third batch */
        }
        assert_ok(rc);
        assert_same(whole, id, "last_epoch");
        assert_same(whole, id, "best");
        assert_same(whole, id, "last_checkpoint");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedules_and_warm_up_scale_the_steps),
        cmocka_unit_test(test_clipping_bounds_the_step),
        cmocka_unit_test(test_saved_networks_are_the_mean_of_the_weights),
        cmocka_unit_test(test_early_stopping_is_a_normal_end),
        cmocka_unit_test(test_a_run_goes_on_exactly_with_everything_on),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

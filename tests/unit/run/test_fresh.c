/* test_fresh.c - samples that the simulator of a config draws.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "data/preprocess.h"
#include "run/fresh.h"

enum { N_HAP = 6, N_DRAW = 4000 };

/* event_time, recent_size and event_size are learned; a short segment is quick. */
static const char base_text[] =
    "model_name: m\n"
    "dataset: {simulator_name: one_event, data_root: ., dataset_name: d, n_samples: 6,\n"
    "    segment_length: 20000, seed: 3, data_source: {format: dnadna}}\n"
    "learned_params: {event_time: {type: regression},\n"
    "    recent_size: {type: regression, log_transform: true}}\n";

static const dna_fresh_draw alone; /* one thread, no progress */

typedef struct {
    dna_arena *arena;
    dna_value *config;
    dna_fresh *fresh;
    dna_param *params;
    int64_t n_param;
    dna_transform_set set;
} fixture;

static int
setup(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof(f));
    *state = &f;
    assert_ok(dna_arena_new(&f.arena));
    return 0;
}

static void
close_fresh(fixture *f)
{
    dna_fresh_free(f->fresh);
    f->fresh = NULL;
}

static int
teardown(void **state)
{
    fixture *f = *state;
    close_fresh(f);
    dna_arena_free(f->arena);
    return 0;
}

static int
try_open(fixture *f, const char *more, const volatile int *stop)
{
    char text[2048];
    int rc = DNA_OK;
    snprintf(text, sizeof(text), "%s%s", base_text, more);
    close_fresh(f);
    DNA_TRY(dna_config_parse(&f->config, f->arena, text, "test.yml", test_dir()));
    DNA_TRY(dna_config_check_training(f->arena, f->config, NULL));
    DNA_TRY(dna_transforms_read(
        &f->set, f->arena, dna_value_get(f->config, "dataset_transforms"), NULL));
    DNA_TRY(dna_fresh_new(&f->fresh, f->arena, f->config, stop, NULL));
    DNA_TRY(dna_fresh_read_params(f->fresh, &f->params, &f->n_param));
    dna_fresh_begin(f->fresh, 7, &f->set);
out:
    return rc;
}

static void
open_fresh(fixture *f, const char *more)
{
    assert_ok(try_open(f, more, NULL));
}

/* One sample by a worker of its own. */
static int
make(const fixture *f, dna_split split, int64_t number, dna_made *out, double *target)
{
    const dna_sample_maker *m = &f->fresh->maker;
    void *worker = NULL;
    int rc = m->worker_new(&worker, m->payload);
    *out = (dna_made){0};
    if (rc == DNA_OK) {
        rc = m->make(worker, split, number, out, target);
        m->worker_free(worker);
    }
    return rc;
}

static void
assert_same_sample(const dna_sample *a, const dna_sample *b)
{
    assert_int_equal(a->n_site, b->n_site);
    assert_int_equal(a->n_hap, b->n_hap);
    assert_memory_equal(a->snp.data, b->snp.data, (size_t)(a->n_hap * a->n_site));
    assert_memory_equal(
        a->pos.data, b->pos.data, (size_t)a->n_site * dna_dtype_size(a->pos.dtype));
}

static void
test_a_sample_is_its_number(void **state)
{
    fixture *f = *state;
    const dna_sample_maker *m = NULL;
    void *worker = NULL;
    dna_made one, other;
    double t[2], u[2];
    open_fresh(f, "fresh_samples: {}\n");
    m = &f->fresh->maker;
    assert_int_equal(m->count[DNA_TRAINING], 10000);
    assert_ok(m->worker_new(&worker, m->payload));
    for (int split = DNA_TRAINING; split <= DNA_TEST; split++) {
        for (int64_t i = 40; i >= 0; i -= 8) { /* other order, other worker */
            assert_ok(m->make(worker, (dna_split)split, i, &one, t));
            assert_ok(make(f, (dna_split)split, i, &other, u));
            assert_memory_equal(t, u, sizeof(t));
            assert_int_equal(one.scenario, i);
            assert_same_sample(one.sample, other.sample);
            dna_sample_free(one.sample);
            dna_sample_free(other.sample);
        }
    }
    m->worker_free(worker);
}

/* Parameters are real numbers or large integers: two equal ones are a sample that came
 * twice, or sets that share their draws. */
static void
test_no_two_samples_are_alike(void **state)
{
    fixture *f = *state;
    double seen[300][2];
    int n = 0;
    dna_made made;
    open_fresh(f, "fresh_samples: {}\n");
    for (int split = DNA_TRAINING; split <= DNA_TEST; split++) {
        for (int64_t i = 0; i < 100; i++, n++) {
            assert_ok(make(f, (dna_split)split, i, &made, seen[n]));
            dna_sample_free(made.sample);
            for (int k = 0; k < n; k++) {
                assert_true(memcmp(seen[k], seen[n], sizeof(seen[n])) != 0);
            }
        }
    }
}

static void
test_seeds(void **state)
{
    fixture *f = *state;
    dna_made made;
    double first[3][2], t[2];
    for (int s = 0; s < 3; s++) {
        open_fresh(f, "fresh_samples: {seed: 5}\n");
        assert_ok(make(f, (dna_split)s, 0, &made, first[s]));
        dna_sample_free(made.sample);
        /* the training set has the seed of the training, the others their own */
        dna_fresh_begin(f->fresh, 8, &f->set);
        assert_ok(make(f, (dna_split)s, 0, &made, t));
        dna_sample_free(made.sample);
        assert_true((memcmp(first[s], t, sizeof(t)) == 0) == (s != DNA_TRAINING));
        open_fresh(f, "fresh_samples: {seed: 6}\n");
        assert_ok(make(f, (dna_split)s, 0, &made, t));
        dna_sample_free(made.sample);
        assert_true((memcmp(first[s], t, sizeof(t)) == 0) == (s == DNA_TRAINING));
    }
    open_fresh(f, "fresh_samples: {}\n");
    assert_int_equal(f->fresh->seed, 3); /* of the dataset, and written down */
    int64_t seed = 0;
    assert_true(
        dna_value_as_int(dna_value_get_path(f->config, "fresh_samples.seed"), &seed));
    assert_int_equal(seed, 3);
}

static void
test_replicates_share_parameters(void **state)
{
    fixture *f = *state;
    dna_made a, b;
    double t[2], u[2];
    open_fresh(f, "fresh_samples: {n_replicates: 3}\n");
    for (int64_t i = 0; i < 12; i++) {
        assert_ok(make(f, DNA_TRAINING, i, &a, t));
        assert_ok(make(f, DNA_TRAINING, i + 1, &b, u));
        assert_int_equal(a.scenario, i / 3);
        assert_int_equal(a.replicate, i % 3);
        assert_true((memcmp(t, u, sizeof(t)) == 0) == (i % 3 < 2));
        assert_true(a.sample->n_site != b.sample->n_site
                    || memcmp(a.sample->pos.data, b.sample->pos.data,
                           (size_t)a.sample->n_site * sizeof(double))
                           != 0);
        dna_sample_free(a.sample);
        dna_sample_free(b.sample);
    }
}

/* ---- the scale of the targets ---------------------------------------------------- */

/* Mean and deviation of n numbers of a uniform distribution on [a, b], within 5 standard
 * errors; the variance of the sample variance of it is s^4 (0.8 / n). */
static void
assert_uniform(double mean, double std, double a, double b, double n)
{
    double s = (b - a) / sqrt(12.0);
    assert_true(fabs(mean - (a + b) / 2.0) < 5.0 * s / sqrt(n));
    assert_true(fabs(std * std - s * s) < 5.0 * s * s * sqrt(0.8 / n));
}

static void
test_the_first_draw_is_the_prior(void **state)
{
    fixture *f = *state;
    dna_params_table t = {0};
    double sum[2] = {0, 0}, sum_of_squares[2] = {0, 0};
    open_fresh(f, "fresh_samples: {n_first_draw: 4000}\n");
    assert_ok(dna_fresh_first_draw(f->fresh, &alone, &t));
    assert_int_equal(t.n_row, N_DRAW);
    assert_ok(dna_targets_standardise(&t, f->params, false, NULL));
    /* generations 2000/25 to 100000/25, cut to whole ones; sizes log-uniform */
    assert_uniform(f->params[0].mean, f->params[0].std, 79.5, 3999.5, N_DRAW);
    assert_uniform(f->params[1].mean, f->params[1].std, 3.6989700043360187 * log(10.0),
        4.698970004336019 * log(10.0), N_DRAW);
    for (int64_t i = 0; i < t.n_row; i++) {
        assert_int_equal(t.split[i], DNA_TRAINING);
        for (int p = 0; p < 2; p++) {
            sum[p] += t.targets[2 * i + p];
            sum_of_squares[p] += t.targets[2 * i + p] * t.targets[2 * i + p];
        }
    }
    for (int p = 0; p < 2; p++) {
        assert_true(fabs(sum[p]) < 1e-8 * N_DRAW);
        assert_true(fabs(sum_of_squares[p] / (N_DRAW - 1) - 1.0) < 1e-8);
    }
    dna_params_table_clear(&t);
}

/* Targets of samples on the scale of the first draw: like its rows, but not its rows. */
static void
test_targets_have_the_scale_of_the_first_draw(void **state)
{
    fixture *f = *state;
    dna_params_table t = {0};
    dna_made made;
    double target[2], sum = 0.0;
    enum { N = 400 };
    open_fresh(f, "fresh_samples: {n_first_draw: 4000}\n");
    assert_ok(dna_fresh_first_draw(f->fresh, &alone, &t));
    assert_ok(dna_targets_standardise(&t, f->params, false, NULL));
    for (int64_t i = 0; i < N; i++) {
        assert_ok(make(f, DNA_TRAINING, i, &made, target));
        dna_sample_free(made.sample);
        assert_true(fabs(target[0]) < 1.8 && fabs(target[1]) < 1.8); /* sqrt(3) */
        sum += target[0];
        for (int64_t k = 0; k < t.n_row; k++) {
            assert_true(memcmp(target, &t.targets[2 * k], sizeof(target)) != 0);
        }
    }
    assert_true(fabs(sum / N) < 5.0 * sqrt(1.0 / N + 1.0 / N_DRAW));
    dna_params_table_clear(&t);
}

/* With min_snp the parameters are those that samples have, not those of the prior: few
 * SNPs come from small populations. The threads change nothing. */
static void
test_the_first_draw_is_of_samples_that_are_large_enough(void **state)
{
    fixture *f = *state;
    enum { N = 600, N_FIRST = 1500 };
    dna_params_table one = {0}, two = {0};
    dna_fresh_draw how = {0};
    dna_made made;
    double target[2], sum = 0.0, prior = 0.0;
    open_fresh(f,
        "preprocessing: {min_snp: 80}\nfresh_samples: {n_first_draw: 1500, max_redraws: 0}\n");
    assert_ok(dna_pool_new(&how.pool, 2));
    assert_ok(dna_fresh_first_draw(f->fresh, &alone, &one));
    assert_ok(dna_fresh_first_draw(f->fresh, &how, &two));
    assert_memory_equal(one.targets, two.targets, 2 * N_FIRST * sizeof(double));
    assert_ok(dna_targets_standardise(&one, f->params, false, NULL));
    for (int64_t i = 0; i < N; i++) {
        assert_ok(make(f, DNA_TRAINING, i, &made, target));
        dna_sample_free(made.sample);
        sum += target[1];
    }
    assert_true(fabs(sum / N) < 5.0 * sqrt(1.0 / N + 1.0 / N_FIRST));
    /* far from the prior, whose mean is this on the same scale */
    prior = dna_param_to_target(
        &f->params[1], pow(10.0, (3.6989700043360187 + 4.698970004336019) / 2.0));
    assert_true(prior < -5.0 * sqrt(2.0 / N_FIRST));
    dna_params_table_clear(&one);
    dna_params_table_clear(&two);
    dna_pool_free(how.pool);
}

/* ---- min_snp --------------------------------------------------------------------- */

static void
test_small_replicates_are_drawn_again(void **state)
{
    fixture *f = *state;
    enum { N = 150, MIN_SNP = 20 };
    static double plain[N][2];
    static int64_t n_site[N];
    dna_made made;
    double t[2];
    int n_small = 0, n_redrawn = 0, n_new = 0;
    open_fresh(f, "fresh_samples: {}\n");
    for (int64_t i = 0; i < N; i++) {
        assert_ok(make(f, DNA_TRAINING, i, &made, plain[i]));
        n_site[i] = made.sample->n_site;
        dna_sample_free(made.sample);
    }
    open_fresh(f,
        "preprocessing: {min_snp: 20}\nfresh_samples: {max_redraws: 3, n_replicates: 1}\n");
    for (int64_t i = 0; i < N; i++) {
        assert_ok(make(f, DNA_TRAINING, i, &made, t));
        assert_true(made.sample->n_site >= MIN_SNP);
        dna_sample_free(made.sample);
        /* what was large enough is left as it was; else other replicates, numbered on,
         * and only in the end other parameters */
        assert_true((made.n_redrawn > 0) == (n_site[i] < MIN_SNP));
        assert_true((memcmp(plain[i], t, sizeof(t)) == 0) == (made.n_given_up == 0));
        assert_int_equal(made.n_given_up, made.n_redrawn / 4);
        assert_int_equal(made.replicate, made.n_redrawn % 4);
        n_small += n_site[i] < MIN_SNP;
        n_redrawn += made.n_redrawn > 0 && made.n_given_up == 0;
        n_new += made.n_given_up > 0;
    }
    assert_true(n_small > 10 && n_redrawn > 5 && n_new > 2); /* all cases were there */
    open_fresh(f, "preprocessing: {min_snp: 20}\nfresh_samples: {max_redraws: 0}\n");
    for (int64_t i = 0; i < N; i++) {
        assert_ok(make(f, DNA_TRAINING, i, &made, t));
        assert_int_equal(made.n_given_up, made.n_redrawn);
        dna_sample_free(made.sample);
    }
}

static void
test_out_of_reach(void **state)
{
    fixture *f = *state;
    dna_made made;
    double t[2];
    open_fresh(f, "preprocessing: {min_indiv: 7}\nfresh_samples: {max_redraws: 0}\n");
    assert_fails(make(f, DNA_VALIDATION, 2, &made, t), DNA_EARG,
        "simulator one_event, validation sample 2: 1000 draws of the parameters");
    assert_null(made.sample);
}

/* Only as many sites as are needed, where that is the same. */
static void
test_the_first_sites_are_enough(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *text;
        int64_t max_snp;
    } cases[] = {{"dataset_transforms: [{crop: {max_snp: 5}}]\n", 5},
        {"dataset_transforms: [{crop: {max_snp: 5}}]\npreprocessing: {min_snp: 8}\n",
            8},
        {"dataset_transforms: [{subsample: {size: 4}}, {crop: {max_snp: 5}}]\n", 0},
        {"dataset_transforms: []\npreprocessing: {min_snp: 8}\n", 0}};
    dna_made made;
    double t[2];
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        char text[512];
        snprintf(text, sizeof(text), "%sfresh_samples: {}\n", cases[i].text);
        open_fresh(f, text);
        assert_int_equal(f->fresh->max_snp[DNA_TRAINING], cases[i].max_snp);
        assert_ok(make(f, DNA_TRAINING, 0, &made, t));
        assert_true(cases[i].max_snp == 0 || made.sample->n_site <= cases[i].max_snp);
        dna_sample_free(made.sample);
    }
}

/* ---- errors, a request to stop, memory ------------------------------------------- */

static void
test_what_cannot_be(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *text, *message;
        int code;
    } cases[] = {
        {"dataset: {data_root: ., dataset_name: d, data_source: {format: dnadna}}\nfresh_samples: {}\n",
            "names no simulator", DNA_EARG},
        {"dataset: {simulator_name: one_even, data_root: ., dataset_name: d, data_source: {format: dnadna}}\nfresh_samples: {}\n",
            "did you mean \"one_event\"", DNA_ENOTFOUND},
        {"learned_params: {size: {type: regression}}\nfresh_samples: {}\n",
            "no column \"size\"", DNA_ENOTFOUND},
        {"learned_params: [{size: {type: regression}}]\nfresh_samples: {}\n", "size",
            DNA_ENOTFOUND},
        {"fresh_samples: {n_training: 0}\n", "n_training: 0 is not at least 1",
            DNA_EARG},
        {"fresh_samples: {n_trainin: 5}\n", "did you mean \"n_training\"", DNA_EARG},
        {"preprocessing: {}\n", "dataset_splits: is required", DNA_EARG},
        {"fresh_samples: null\n", "dataset_splits: is required", DNA_EARG}};
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        char text[2048], head[32];
        size_t n = strcspn(cases[i].text, ":");
        int rc = DNA_OK;
        snprintf(head, sizeof(head), "\n%.*s:", (int)n, cases[i].text);
        snprintf(text, sizeof(text), "%s%s",
            strstr(base_text, head) != NULL ? "model_name: m\n" : base_text,
            cases[i].text);
        if (strstr(base_text, head) != NULL) { /* replaces a key: keep the others */
            bool is_dataset = strncmp(cases[i].text, "dataset", 7) == 0;
            const char *learned = strstr(base_text, "learned_params");
            const char *dataset = strstr(base_text, "dataset:");
            size_t used = strlen(text);
            snprintf(text + used, sizeof(text) - used, "%.*s",
                is_dataset ? (int)strlen(learned) : (int)(learned - dataset),
                is_dataset ? learned : dataset);
        }
        close_fresh(f);
        rc = dna_config_parse(&f->config, f->arena, text, "test.yml", test_dir());
        if (rc == DNA_OK) {
            rc = dna_config_check_training(f->arena, f->config, NULL);
        }
        if (rc == DNA_OK) {
            rc = dna_fresh_new(&f->fresh, f->arena, f->config, NULL, NULL);
        }
        if (rc == DNA_OK) {
            rc = dna_fresh_read_params(f->fresh, &f->params, &f->n_param);
        }
        assert_fails(rc, cases[i].code, cases[i].message);
    }
}

static void
test_a_request_to_stop(void **state)
{
    fixture *f = *state;
    static volatile int stop;
    dna_made made;
    double t[2];
    stop = 0;
    assert_ok(try_open(f, "fresh_samples: {}\n", &stop));
    assert_ok(make(f, DNA_TRAINING, 0, &made, t));
    dna_sample_free(made.sample);
    stop = 1;
    assert_fails(make(f, DNA_TRAINING, 0, &made, t), DNA_ECANCEL, "stopped on request");
}

static void
test_without_memory(void **state)
{
    fixture *f = *state;
    for_each_oom(i) {
        dna_params_table table = {0};
        dna_made made = {0};
        double t[2];
        int rc = try_open(f,
            "fresh_samples: {n_first_draw: 5}\ndataset_transforms: [{crop: {max_snp: 5}}]\n",
            NULL);
        if (rc == DNA_OK) {
            rc = dna_fresh_first_draw(f->fresh, &alone, &table);
        }
        if (rc == DNA_OK) {
            rc = make(f, DNA_TRAINING, 0, &made, t);
        }
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        dna_sample_free(made.sample);
        dna_params_table_clear(&table);
        if (oom_done()) {
            break;
        }
    }
}

/* ---- another simulator ----------------------------------------------------------- */

/* Columns of texts and classes, and a draw that may be impossible. */
static const char *const labels[] = {"growth", "decline"};
static const dna_sim_column columns[] = {
    {.name = "model", .labels = labels, .n_label = 2}, {.name = "kind"},
    {.name = "n_replicates", .is_integer = true}};

static int
draw_row(const dna_simulator *sim, dna_rng *rng, double *values)
{
    int rc = DNA_OK;
    const double *kind = sim->state;
    DNA_REQUIRE(*kind >= 0.0, DNA_ENUMERIC, "no parameters fulfil the conditions");
    values[0] = (double)dna_rng_below(rng, 2);
    values[1] = *kind + values[0];
    values[2] = 1;
out:
    return rc;
}

static int
no_worker(void **worker, const dna_simulator *sim)
{
    (void)sim;
    *worker = NULL;
    return DNA_OK;
}

static void
no_worker_free(void *worker)
{
    (void)worker;
}

static void
test_classes_and_their_labels(void **state)
{
    fixture *f = *state;
    static double kind = 0.0;
    static const dna_field no_fields[] = {{0}};
    dna_simulator_def def = {.name = "fake",
        .fields = no_fields,
        .draw = draw_row,
        .worker_new = no_worker,
        .worker_free = no_worker_free};
    dna_simulator sim = {
        .def = &def, .columns = columns, .n_column = 3, .state = &kind};
    dna_fresh fresh = {.arena = f->arena, .sim = &sim, .n_first_draw = 100, .seed = 1};
    dna_params_table t = {0};
    int n_decline = 0;
    assert_ok(dna_config_parse(&fresh.config, f->arena,
        "learned_params: [{model: {type: classification, classes: [decline, other, growth]}},"
        " {kind: {type: classification, classes: 2}}]\n",
        "test.yml", test_dir()));
    assert_ok(dna_fresh_read_params(&fresh, &f->params, &f->n_param));
    assert_ok(dna_fresh_first_draw(&fresh, &alone, &t));
    for (int64_t i = 0; i < t.n_row; i++) { /* growth: class 2, kind 0 */
        bool is_decline = t.targets[2 * i + 1] > 0.5;
        assert_true(t.targets[2 * i] == (is_decline ? 0.0 : 2.0));
        n_decline += is_decline;
    }
    assert_in_range(n_decline, 20, 80);
    dna_params_table_clear(&t);
    kind = 0.5;
    assert_fails(dna_fresh_first_draw(&fresh, &alone, &t), DNA_EARG,
        "no class index from 0 to 1");
    kind = -1.0;
    assert_fails(dna_fresh_first_draw(&fresh, &alone, &t), DNA_ENUMERIC,
        "first draw of simulator fake: scenario 0: no parameters fulfil");
    assert_ok(dna_config_parse(&fresh.config, f->arena,
        "learned_params: {model: {type: classification, classes: [growth, stasis]}}\n",
        "test.yml", test_dir()));
    assert_fails(dna_fresh_read_params(&fresh, &f->params, &f->n_param), DNA_EARG,
        "\"decline\", which is none of its classes");
    assert_ok(dna_config_parse(&fresh.config, f->arena,
        "learned_params: {model: {type: regression}}\n", "test.yml", test_dir()));
    assert_fails(dna_fresh_read_params(&fresh, &f->params, &f->n_param), DNA_EARG,
        "a regression, but simulator fake gives texts");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_sample_is_its_number),
        TEST(test_no_two_samples_are_alike),
        TEST(test_seeds),
        TEST(test_replicates_share_parameters),
        TEST(test_the_first_draw_is_the_prior),
        TEST(test_targets_have_the_scale_of_the_first_draw),
        TEST(test_the_first_draw_is_of_samples_that_are_large_enough),
        TEST(test_small_replicates_are_drawn_again),
        TEST(test_out_of_reach),
        TEST(test_the_first_sites_are_enough),
        TEST(test_what_cannot_be),
        TEST(test_a_request_to_stop),
        TEST(test_without_memory),
        TEST(test_classes_and_their_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

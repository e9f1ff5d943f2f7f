/* test_maker.c - batches of samples that are made on demand.
 *
 * SPDX-License-Identifier: MIT
 *
 * The maker here makes sample `number` of a set from these two alone, and notes what it
 * was asked for.
 */
#include "unit/data/data_fixture.h"

#include <pthread.h>

enum { N_HAP = 4, N_SITE = 12, N_TRAINING = 10, N_VALIDATION = 5, N_TEST = 3 };

typedef struct {
    dna_sample_maker maker;
    pthread_mutex_t mutex;
    int n_open, n_opened; /* workers now, and ever */
    int made[DNA_N_SPLIT][64];
    int64_t bad_number; /* of the training set fails; -1: none */
    int bad_code;
    int64_t small_number; /* has no site left after the crop; -1: none */
} factory;

static factory plant;

static int
worker_new(void **worker, void *payload)
{
    factory *f = payload;
    int rc = DNA_OK;
    factory **own = NULL;

    DNA_NEW(own, 1);
    *own = f;
    pthread_mutex_lock(&f->mutex);
    f->n_open++;
    f->n_opened++;
    pthread_mutex_unlock(&f->mutex);
    *worker = own;
out:
    return rc;
}

static void
worker_free(void *worker)
{
    factory *f = *(factory **)worker;
    f->n_open--;
    dna_free(worker);
}

/* Rows are the binary digits of number + site, so that all sites vary. */
static int
make(void *worker, dna_split split, int64_t number, dna_made *out, double *target)
{
    factory *f = *(factory **)worker;
    int64_t dim[2] = {N_HAP, N_SITE};
    dna_array snp = {0}, pos = {0};
    int rc = DNA_OK;

    pthread_mutex_lock(&f->mutex);
    f->made[split][number]++;
    pthread_mutex_unlock(&f->mutex);
    DNA_REQUIRE(split != DNA_TRAINING || number != f->bad_number, f->bad_code,
        "number %lld is impossible", (long long)number);
    DNA_TRY(dna_array_init(&snp, DNA_U8, 2, dim));
    DNA_TRY(dna_array_init(&pos, DNA_F64, 1, &dim[1]));
    for (int64_t j = 0; j < N_SITE; j++) {
        dna_array_set(&pos, j, ((double)j + 0.5) / N_SITE);
        for (int64_t i = 0; i < N_HAP; i++) {
            int64_t digits = 1 + (number + j + (int64_t)split * 3) % 14;
            bool is_one = ((digits >> i) & 1) != 0 && number != f->small_number;
            dna_array_set(&snp, i * N_SITE + j, is_one);
        }
    }
    DNA_TRY(dna_sample_new(&out->sample, &snp, &pos, NULL, "made"));
    out->scenario = number;
    out->replicate = split;
    out->n_redrawn = 2;
    out->n_given_up = number % 2;
    target[0] = (double)number + 100.0 * (double)split;
out:
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    return rc;
}

typedef struct {
    dna_arena *arena;
    dna_transform_set set;
    dna_param param;
    kept_log lines;
    dna_log *log;
    dna_dataset *ds;
} fixture;

static int
setup(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof(f));
    *state = &f;
    plant = (factory){.maker = {.count = {N_TRAINING, N_VALIDATION, N_TEST},
                          .worker_new = worker_new,
                          .worker_free = worker_free,
                          .make = make,
                          .payload = &plant},
        .bad_number = -1,
        .small_number = -1};
    assert_int_equal(pthread_mutex_init(&plant.mutex, NULL), 0);
    f.param = (dna_param){.name = "a", .type = DNA_REGRESSION};
    f.log = open_log(&f.lines);
    assert_ok(dna_arena_new(&f.arena));
    return 0;
}

static int
teardown(void **state)
{
    fixture *f = *state;
    dna_dataset_free(f->ds);
    assert_int_equal(plant.n_open, 0);
    pthread_mutex_destroy(&plant.mutex);
    dna_arena_free(f->arena);
    dna_log_free(f->log);
    return 0;
}

static int
try_open(fixture *f, bool is_cached)
{
    dna_dataset_options o = {.maker = &plant.maker,
        .transforms = &f->set,
        .params = &f->param,
        .n_param = 1,
        .seed = 17,
        .cache_validation_set = is_cached,
        .log = f->log};
    dna_dataset_free(f->ds);
    f->ds = NULL;
    return dna_dataset_new(&f->ds, &o);
}

static void
open_dataset(fixture *f, const char *transforms, bool is_cached)
{
    assert_ok(
        dna_transforms_read(&f->set, f->arena, yaml(f->arena, transforms), f->log));
    assert_ok(try_open(f, is_cached));
}

typedef struct {
    int rc;
    int64_t n, n_batch, n_redrawn, n_given_up;
    double target[64];
    double x[64 * N_HAP * N_SITE + 64 * N_SITE];
    int64_t n_x;
} pass;

static void
run(fixture *f, pass *p, dna_split split, int64_t epoch, int n_worker, int64_t first)
{
    dna_loader_options o = {.split = split,
        .batch_size = 3,
        .n_worker = n_worker,
        .is_shuffled = split == DNA_TRAINING,
        .first_batch = first};
    dna_loader *loader = NULL;
    dna_batch *b = NULL;

    memset(p, 0, sizeof(*p));
    assert_ok(dna_loader_new(&loader, f->ds, &o, epoch));
    while ((p->rc = dna_loader_next(loader, &b)) > 0) {
        for (int64_t i = 0; i < b->n; i++) {
            p->target[p->n++] = b->target[i];
        }
        for (int64_t i = 0; i < b->n * b->n_row * b->n_site; i++) {
            p->x[p->n_x++] = (double)b->x[i];
        }
        p->n_redrawn += b->n_redrawn;
        p->n_given_up += b->n_given_up;
        p->n_batch++;
    }
    dna_loader_free(loader);
}

static void
test_no_training_sample_comes_twice(void **state)
{
    fixture *f = *state;
    static pass p;
    open_dataset(f, "[snp_format: concat]", false);
    for (int64_t epoch = 1; epoch <= 4; epoch++) {
        run(f, &p, DNA_TRAINING, epoch, (int)epoch - 1, 0);
        assert_int_equal(p.rc, 0);
        assert_int_equal(p.n, N_TRAINING);
        assert_int_equal(p.n_redrawn, 2 * N_TRAINING);
        assert_int_equal(p.n_given_up, N_TRAINING / 2);
    }
    for (int i = 0; i < 64; i++) {
        assert_int_equal(plant.made[DNA_TRAINING][i], i < 4 * N_TRAINING);
    }
    assert_in_range(plant.n_opened, 1, 3); /* workers are kept from pass to pass */
}

static void
test_threads_change_nothing(void **state)
{
    fixture *f = *state;
    static pass one, other;
    open_dataset(f, "[{subsample: {size: [2, 3]}}]", false);
    for (int split = DNA_TRAINING; split <= DNA_TEST; split++) {
        run(f, &one, (dna_split)split, 2, 0, 0);
        for (int n_worker = 1; n_worker <= 3; n_worker++) {
            run(f, &other, (dna_split)split, 2, n_worker, 0);
            assert_memory_equal(&one, &other, sizeof(one));
        }
    }
}

static void
test_a_pass_begins_anywhere(void **state)
{
    fixture *f = *state;
    static pass all, rest;
    open_dataset(f, "[crop]", false);
    run(f, &all, DNA_TRAINING, 3, 2, 0);
    run(f, &rest, DNA_TRAINING, 3, 2, 2);
    assert_int_equal(rest.n, N_TRAINING - 6);
    assert_memory_equal(rest.target, all.target + 6, 4 * sizeof(double));
    assert_memory_equal(
        rest.x, all.x + all.n_x - rest.n_x, (size_t)rest.n_x * sizeof(double));
}

static void
test_other_sets_are_fixed(void **state)
{
    fixture *f = *state;
    static pass one, other;
    for (int is_cached = 0; is_cached < 2; is_cached++) {
        memset(plant.made, 0, sizeof(plant.made));
        open_dataset(f, "[crop]", is_cached != 0);
        for (int64_t epoch = 0; epoch < 4; epoch++) {
            run(f, epoch == 0 ? &one : &other, DNA_VALIDATION, epoch, (int)epoch, 0);
            if (epoch > 0) { /* a sample from memory was not drawn again */
                other.n_redrawn = one.n_redrawn;
                other.n_given_up = one.n_given_up;
                assert_memory_equal(&one, &other, sizeof(one));
            }
        }
        assert_int_equal(one.n, N_VALIDATION);
        for (int i = 0; i < 64; i++) {
            int expected = i < N_VALIDATION ? (is_cached ? 1 : 4) : 0;
            assert_int_equal(plant.made[DNA_VALIDATION][i], expected);
        }
    }
}

static void
test_an_error_ends_the_pass(void **state)
{
    fixture *f = *state;
    static const int codes[] = {DNA_ENUMERIC, DNA_ECANCEL, DNA_ENOMEM};
    static pass p;
    open_dataset(f, "[crop]", false);
    for (int n_worker = 0; n_worker <= 2; n_worker++) {
        for (int i = 0; i < 3; i++) {
            plant.bad_number = 17; /* of epoch 2 */
            plant.bad_code = codes[i];
            run(f, &p, DNA_TRAINING, 2, n_worker, 0);
            assert_int_equal(p.rc, codes[i]);
            assert_has(dna_message(), "number 17 is impossible");
        }
    }
    run(f, &p, DNA_TRAINING, 1, 2, 0);
    assert_int_equal(p.rc, 0);
    assert_int_equal(f->lines.n, 0);
}

static void
test_what_a_transform_refuses_is_left_out(void **state)
{
    fixture *f = *state;
    static pass p;
    plant.small_number = 4;
    open_dataset(f, "[crop]", false);
    run(f, &p, DNA_TRAINING, 1, 2, 0);
    assert_int_equal(p.rc, 0);
    assert_int_equal(p.n, N_TRAINING - 1);
    assert_int_equal(f->lines.n, 1);
    assert_has(f->lines.text, "scenario 4, replicate 0 is left out: nothing is left");
}

static void
test_probing(void **state)
{
    fixture *f = *state;
    dna_sample *s = NULL;
    dna_snp_form form;
    open_dataset(f, "[{crop: {max_snp: 5}}]", false);
    assert_int_equal(dna_dataset_count(f->ds, DNA_TEST), N_TEST);
    assert_int_equal(dna_dataset_index(f->ds, DNA_VALIDATION, 1), N_TRAINING + 1);
    assert_ok(dna_dataset_probe(f->ds, N_TRAINING + N_VALIDATION, &s, &form));
    assert_int_equal(s->n_site, 5);
    dna_sample_free(s);
    assert_int_equal(plant.made[DNA_TEST][0], 1);
    assert_fails(
        dna_dataset_probe(f->ds, N_TRAINING + N_VALIDATION + N_TEST, &s, &form),
        DNA_EARG, "is not among");
    plant.maker.count[DNA_TEST] = -1;
    assert_fails(try_open(f, false), DNA_EARG, "no number of test samples");
}

static void
test_the_first_sites_that_matter(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *list;
        int64_t n;
    } cases[] = {{"[]", 0}, {"[crop: {max_snp: 7}]", 7},
        {"[snp_format: concat, crop: {max_snp: 7}, rotate]", 7},
        {"[reformat_position: {distance: true}, crop: {max_snp: 7}]", 7},
        {"[reformat_position: {distance: true, circular: true}, crop: {max_snp: 7}]",
            0},
        {"[crop: {max_snp: 7, max_indiv: 3}]", 0},
        {"[crop: {max_snp: 7, max_indiv: 3, keep_polymorphic_only: false}]", 7},
        {"[crop: {max_indiv: 3}, crop: {max_snp: 7}]", 0},
        {"[subsample: {size: 3}, crop: {max_snp: 7}]", 0},
        {"[rotate, crop: {max_snp: 7}]", 0}, {"[validate_snp, crop: {max_snp: 7}]", 0}};
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        assert_ok(dna_transforms_read(
            &f->set, f->arena, yaml(f->arena, cases[i].list), f->log));
        assert_int_equal(dna_transforms_first_sites(&f->set.list[0]), cases[i].n);
    }
}

static void
test_without_memory(void **state)
{
    fixture *f = *state;
    static pass whole, p;
    open_dataset(f, "[{crop: {max_snp: 5}}]", true);
    run(f, &whole, DNA_VALIDATION, 1, 0, 0);
    for_each_oom(i) {
        dna_loader_options o = {
            .split = DNA_VALIDATION, .batch_size = 3, .n_worker = 2};
        dna_loader *loader = NULL;
        dna_batch *b = NULL;
        int rc = try_open(f, true);
        memset(&p, 0, sizeof(p));
        if (rc == DNA_OK) {
            rc = dna_loader_new(&loader, f->ds, &o, 1);
        }
        while (rc == DNA_OK && (rc = dna_loader_next(loader, &b)) > 0) {
            p.n += b->n;
            rc = DNA_OK;
        }
        dna_loader_free(loader);
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        assert_true(rc < 0 || p.n == N_VALIDATION);
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_no_training_sample_comes_twice),
        TEST(test_threads_change_nothing),
        TEST(test_a_pass_begins_anywhere),
        TEST(test_other_sets_are_fixed),
        TEST(test_an_error_ends_the_pass),
        TEST(test_what_a_transform_refuses_is_left_out),
        TEST(test_probing),
        TEST(test_the_first_sites_that_matter),
        TEST(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

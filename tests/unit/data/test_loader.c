/* test_loader.c - datasets and their batches.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/data/data_fixture.h"

#include "data/packed_writer.h"
#include "dnadna/rng.h"

#define SAMPLES "loader"

/* A dataset of 9 scenarios with 1 to 3 replicates; all scenarios but 4 and 8 are
 * training ones. Scenario 2 lacks replicate 1, scenario 6 has a broken one. */
typedef struct {
    dna_arena *arena;
    dna_source *source;
    dna_params_table table;
    dna_transform_set set;
    dna_param params[2];
    kept_log lines;
    dna_log *log;
    dna_dataset *ds;
} fixture;

static void
write_samples(void)
{
    for (int64_t s = 0; s < 9; s++) {
        for (int64_t r = 0; r < 3; r++) {
            char name[128];
            snprintf(name, sizeof(name), SAMPLES "/scenario_%lld/cows_%lld_%lld.npz",
                (long long)s, (long long)s, (long long)r);
            if (s == 6 && r == 0) {
                (void)path_with_folder(name);
                write_text(name, "broken");
            } else if (!(s == 2 && r == 1)) {
                write_sample(name, 6, 30 + s, s * 3 + r);
            }
        }
    }
}

static const char table_text[] = "scenario_idx,a,b,n_replicates,splits\n"
                                 "0,0.5,0,3,training\n1,-1,1,3,training\n"
                                 "2,0.25,0,3,training\n3,,0,1,training\n"
                                 "4,1,1,3,validation\n5,2,0,2,training\n"
                                 "6,3,0,2,training\n7,4,1,3,training\n"
                                 "8,5,1,2,validation\n";

static int
setup(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof(f));
    *state = &f;
    write_samples();
    f.params[0] = (dna_param){
        .name = "a", .type = DNA_REGRESSION, .mean = 0.5, .std = 0.25, .has_stats = 1};
    f.params[1] = (dna_param){.name = "b", .type = DNA_CLASSIFICATION, .n_class = 2};
    f.log = open_log(&f.lines);
    assert_ok(dna_arena_new(&f.arena));
    f.source = open_source(f.arena, SAMPLES, "cows", NULL);
    assert_ok(dna_params_table_read(
        &f.table, write_text("loader.csv", table_text), f.params, 2));
    return 0;
}

static int
teardown(void **state)
{
    fixture *f = *state;
    dna_dataset_free(f->ds);
    dna_params_table_clear(&f->table);
    dna_source_free(f->source);
    dna_arena_free(f->arena);
    dna_log_free(f->log);
    return 0;
}

static void
open_dataset(fixture *f, const char *transforms, bool is_cached)
{
    assert_ok(
        dna_transforms_read(&f->set, f->arena, yaml(f->arena, transforms), f->log));
    dna_dataset_options o = {.source = f->source,
        .table = &f->table,
        .transforms = &f->set,
        .params = f->params,
        .n_param = 2,
        .seed = 17,
        .cache_validation_set = is_cached,
        .log = f->log};
    dna_dataset_free(f->ds);
    f->ds = NULL;
    assert_ok(dna_dataset_new(&f->ds, &o));
}

/* One pass over a split, all numbers one after the other in memory. */
typedef struct {
    int64_t n_batch;
    int64_t size[64]; /* samples of each batch */
    int64_t index[256];
    int64_t n;
    double *numbers; /* shapes, inputs and targets of all batches */
    int64_t n_number, cap;
    bool is_mixed, is_binary;
} pass;

static void
add_number(pass *p, double v)
{
    if (p->n_number == p->cap) {
        p->cap = p->cap > 0 ? p->cap * 2 : 4096;
        p->numbers = realloc(p->numbers, (size_t)p->cap * sizeof(double));
        assert_non_null(p->numbers);
    }
    p->numbers[p->n_number++] = v;
}

static void
add_batch(pass *p, const dna_batch *b)
{
    p->size[p->n_batch++] = b->n;
    p->is_mixed = p->is_mixed || b->is_mixed;
    p->is_binary = p->is_binary && b->is_binary;
    add_number(p, (double)b->n_row);
    add_number(p, (double)b->n_site);
    for (int64_t i = 0; i < b->n; i++) {
        p->index[p->n++] = b->index[i];
        add_number(p, (double)b->scenario[i]);
        add_number(p, (double)b->replicate[i]);
        add_number(p, (double)b->rows[i]);
        add_number(p, (double)b->sites[i]);
    }
    for (int64_t i = 0; i < b->n * 2; i++) {
        add_number(p, b->target[i]);
    }
    for (int64_t i = 0; i < b->n * b->n_row * b->n_site; i++) {
        add_number(p, (double)b->x[i]);
    }
}

static int
run_pass(fixture *f, pass *p, dna_loader_options o, int64_t epoch)
{
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    int rc;
    *p = (pass){.is_binary = true};
    assert_ok(dna_loader_new(&loader, f->ds, &o, epoch));
    while ((rc = dna_loader_next(loader, &b)) == 1) {
        add_batch(p, b);
    }
    assert_null(b);
    dna_loader_free(loader);
    return rc;
}

static void
assert_same_pass(const pass *a, const pass *b)
{
    assert_int_equal(a->n_batch, b->n_batch);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->index, b->index, sizeof(a->index));
    assert_int_equal(a->n_number, b->n_number);
    assert_memory_equal(a->numbers, b->numbers, (size_t)a->n_number * sizeof(double));
}

static void
test_samples_are_numbered_over_rows_and_replicates(void **state)
{
    fixture *f = *state;
    open_dataset(f, "[]", false);
    assert_int_equal(dna_dataset_count(f->ds, DNA_TRAINING), 17);
    assert_int_equal(dna_dataset_count(f->ds, DNA_VALIDATION), 5);
    assert_int_equal(dna_dataset_count(f->ds, DNA_TEST), 0);
    static const int64_t validation[5] = {10, 11, 12, 20, 21};
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(dna_dataset_index(f->ds, DNA_VALIDATION, i), validation[i]);
    }
    assert_int_equal(dna_dataset_index(f->ds, DNA_TRAINING, 9), 9);
    assert_int_equal(dna_dataset_index(f->ds, DNA_TRAINING, 10), 13);
}

static void
test_a_pass_in_order_gives_every_good_sample_once(void **state)
{
    fixture *f = *state;
    pass p;
    open_dataset(f, "[]", false);
    dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 4};
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_int_equal(p.n, 15); /* one is missing, one is broken */
    assert_int_equal(p.n_batch, 5);
    assert_int_equal(p.size[0], 4);
    assert_int_equal(p.size[1], 3); /* of 4, 5, 6 and the missing 7 */
    assert_int_equal(p.size[4], 1);
    assert_int_equal(f->lines.n, 2);
    assert_has(
        f->lines.text, "scenario 2, replicate 1 is left out: no file of scenario 2");
    assert_has(f->lines.text, "scenario 6, replicate 0 is left out: ");
    assert_has(f->lines.text, "cows_6_0.npz");
    assert_true(p.is_mixed);
    free(p.numbers);
}

/* Samples of 6 rows and 30 or 31 sites. */
static void
test_smaller_samples_begin_at_the_first_row_and_site(void **state)
{
    fixture *f = *state;
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    open_dataset(f, "[]", false);
    dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 4};
    assert_ok(dna_loader_new(&loader, f->ds, &o, 0));
    assert_int_equal(dna_loader_n_batch(loader), 5);
    assert_int_equal(dna_loader_next(loader, &b), 1);
    assert_int_equal(b->n, 4);
    assert_int_equal(b->n_row, 7);
    assert_int_equal(b->n_site, 31);
    assert_int_equal(b->form, DNA_CONCAT);
    assert_true(b->is_mixed);
    assert_true(b->is_binary);
    for (int64_t k = 0; k < 4; k++) {
        const float *x = b->x + k * 7 * 31;
        assert_int_equal(b->rows[k], 7);
        assert_int_equal(b->sites[k], k < 3 ? 30 : 31);
        assert_true((x[30] > 0) == (k == 3)); /* the last position */
        assert_near((double)x[0], 0.5 / (double)(30 + (k == 3) + k), 1e-7);
        for (int64_t i = 1; i < 7; i++) {
            for (int64_t j = 0; j < 31; j++) {
                int64_t salt = k; /* sample k of the first batch has this number */
                bool bit = ((i - 1) * 3 + j * 5 + salt * i) % 7 < 3;
                double want = k < 3 && j == 30 ? 0 : bit;
                assert_near((double)x[i * 31 + j], want, 0);
            }
        }
    }
    assert_near(b->target[0], 0.5, 0);
    assert_near(b->target[7], 1, 0);
    assert_int_equal(b->scenario[3], 1);
    assert_int_equal(b->replicate[3], 0);
    dna_loader_free(loader);
}

/* Samples of 2 to 6 individuals: what is beyond a sample's rows is 0. */
static void
test_rows_may_differ_too(void **state)
{
    fixture *f = *state;
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    int64_t most = 0, least = 7;
    open_dataset(f,
        "- subsample: {size: [2, 6], keep_polymorphic_only: false}\n"
        "- crop: {max_snp: 5, keep_polymorphic_only: false}\n",
        false);
    dna_loader_options o = {.split = DNA_VALIDATION, .batch_size = 5};
    assert_ok(dna_loader_new(&loader, f->ds, &o, 0));
    assert_int_equal(dna_loader_next(loader, &b), 1);
    assert_int_equal(b->n, 5);
    assert_int_equal(b->n_site, 5);
    assert_true(b->is_mixed);
    for (int64_t k = 0; k < 5; k++) {
        const float *x = b->x + k * b->n_row * 5;
        most = DNA_MAX(most, b->rows[k]);
        least = DNA_MIN(least, b->rows[k]);
        assert_int_equal(b->sites[k], 5);
        assert_true(x[0] > 0 && x[4] > x[0]); /* positions */
        for (int64_t i = b->rows[k] * 5; i < b->n_row * 5; i++) {
            assert_true(x[i] == 0);
        }
    }
    assert_int_equal(most, b->n_row);
    assert_true(least >= 3 && least < most && most <= 7);
    dna_loader_free(loader);
}

/* The heart of it: any number of threads, the same batches, bit by bit. */
static void
test_threads_change_nothing(void **state)
{
    fixture *f = *state;
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        pass p[4];
        char warnings[sizeof(f->lines.text)];
        for (int i = 0; i < 4; i++) {
            static const int n_worker[4] = {0, 1, 3, 8};
            open_dataset(f,
                "- subsample: {size: [3, 5]}\n- rotate\n"
                "- crop: {max_snp: 12}\n- validate_snp: false\n",
                false);
            memset(&f->lines, 0, sizeof(f->lines));
            dna_loader_options o = {.split = DNA_TRAINING,
                .batch_size = 4,
                .n_worker = n_worker[i],
                .is_shuffled = true};
            assert_int_equal(run_pass(f, &p[i], o, epoch), 0);
            assert_same_pass(&p[0], &p[i]);
            if (i == 0) {
                strcpy(warnings, f->lines.text);
            }
            assert_string_equal(f->lines.text, warnings);
        }
        for (int i = 0; i < 4; i++) {
            free(p[i].numbers);
        }
    }
}

/* The shape that counts is that of the first sample of the split, not of the fastest.
 */
static void
test_threads_agree_on_the_first_shape(void **state)
{
    fixture *f = *state;
    for (int n_worker = 0; n_worker < 4; n_worker++) {
        for (int64_t epoch = 0; epoch < 2; epoch++) {
            pass p;
            open_dataset(f, "- validate_snp\n", false);
            dna_loader_options o = {.split = DNA_TRAINING,
                .batch_size = 2,
                .n_worker = n_worker,
                .is_shuffled = true};
            assert_int_equal(run_pass(f, &p, o, epoch), 0);
            assert_int_equal(p.n, 3); /* scenario 0 alone has 30 sites */
            assert_false(p.is_mixed);
            assert_true(p.is_binary);
            free(p.numbers);
        }
    }
}

static void
test_order_and_draws_depend_on_the_epoch(void **state)
{
    fixture *f = *state;
    pass a, b, again;
    open_dataset(f, "- subsample: {size: 3}\n", false);
    dna_loader_options o = {
        .split = DNA_TRAINING, .batch_size = 17, .is_shuffled = true};
    assert_int_equal(run_pass(f, &a, o, 0), 0);
    assert_int_equal(run_pass(f, &b, o, 1), 0);
    assert_int_equal(run_pass(f, &again, o, 0), 0);
    assert_same_pass(&a, &again);
    assert_true(memcmp(a.index, b.index, sizeof(a.index)) != 0);
    free(a.numbers);
    free(b.numbers);
    free(again.numbers);
    o.is_shuffled = false;
    assert_int_equal(run_pass(f, &a, o, 0), 0);
    assert_int_equal(run_pass(f, &b, o, 1), 0);
    assert_memory_equal(a.index, b.index, sizeof(a.index));
    assert_true(
        a.n_number != b.n_number
        || memcmp(a.numbers, b.numbers, (size_t)a.n_number * sizeof(double)) != 0);
    free(a.numbers);
    free(b.numbers);
}

static void
test_a_single_last_sample_can_join_the_batch_before(void **state)
{
    fixture *f = *state;
    pass p;
    open_dataset(f, "[]", false);
    dna_loader_options o = {
        .split = DNA_TRAINING, .batch_size = 8, .drop_single = true, .n_worker = 2};
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_int_equal(p.n_batch, 2);
    assert_int_equal(p.size[1], 8); /* places 8 to 16, one of them broken */
    free(p.numbers);
    o.batch_size = 100;
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_int_equal(p.n_batch, 1);
    free(p.numbers);
}

static void
test_each_split_has_its_own_transforms(void **state)
{
    fixture *f = *state;
    pass p;
    open_dataset(f,
        "training: [{crop: {max_snp: 7, keep_polymorphic_only: no}}]\n"
        "validation: [{crop: {max_snp: 9, keep_polymorphic_only: no}}]\n",
        false);
    dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 50};
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_near(p.numbers[1], 7, 0);
    free(p.numbers);
    o.split = DNA_VALIDATION;
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_near(p.numbers[1], 9, 0);
    free(p.numbers);
}

static void
test_a_cached_validation_set_needs_its_files_once(void **state)
{
    fixture *f = *state;
    pass a, b;
    open_dataset(f, "- subsample: {size: 3}\n", true);
    dna_loader_options o = {.split = DNA_VALIDATION, .batch_size = 2, .n_worker = 2};
    assert_int_equal(run_pass(f, &a, o, 0), 0);
    assert_int_equal(remove(test_path(SAMPLES "/scenario_4/cows_4_1.npz")), 0);
    assert_int_equal(run_pass(f, &b, o, 0), 0);
    assert_same_pass(&a, &b);
    open_dataset(f, "- subsample: {size: 3}\n", false);
    free(b.numbers);
    assert_int_equal(run_pass(f, &b, o, 0), 0);
    assert_int_equal(b.n, a.n - 1);
    free(a.numbers);
    free(b.numbers);
}

static void
test_moved_targets_are_moved_in_their_natural_unit(void **state)
{
    fixture *f = *state;
    pass p;
    f->params[0].tied_to_position = 1;
    f->params[0].log_transform = 1;
    open_dataset(f, "- rotate\n- snp_format: product\n", false);
    dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 3};
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    assert_ok(dna_loader_new(&loader, f->ds, &o, 0));
    assert_int_equal(dna_loader_next(loader, &b), 1);
    assert_int_equal(b->form, DNA_PRODUCT);
    assert_false(b->is_binary);
    for (int64_t k = 0; k < 3; k++) {
        dna_sample *s = NULL;
        dna_snp_form form;
        assert_ok(dna_dataset_probe(f->ds, b->index[k], &s, &form));
        double raw = exp(0.5 * 0.25 + 0.5); /* the table has 0.5 */
        double moved = fmod(raw - dna_array_get(&s->pos, 0), 1.0);
        moved = moved < 0 ? moved + 1 : moved;
        assert_near(b->target[k * 2], (log(moved) - 0.5) / 0.25, 1e-12);
        assert_near(b->target[k * 2 + 1], 0, 0);
        dna_sample_free(s);
    }
    dna_loader_free(loader);
    f->params[0].tied_to_position = 0; /* not tied: the very bits of the table */
    open_dataset(f, "- rotate\n", false);
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_true(p.numbers[2 + 12] == 0.5);
    free(p.numbers);
}

static void
test_a_pass_without_one_good_sample_is_an_error(void **state)
{
    fixture *f = *state;
    for (int n_worker = 0; n_worker < 3; n_worker += 2) {
        pass p;
        open_dataset(f, "- subsample: {size: 7}\n", false);
        dna_loader_options o = {
            .split = DNA_VALIDATION, .batch_size = 2, .n_worker = n_worker};
        assert_int_equal(run_pass(f, &p, o, 0), DNA_EFORMAT);
        assert_has(dna_message(),
            "not one of the 5 samples of the validation set could be used; the last one: subsample: 7 individuals");
        assert_int_equal(p.n_batch, 0);
    }
    pass p;
    dna_loader_options none = {.split = DNA_TEST, .batch_size = 2, .n_worker = 2};
    assert_int_equal(run_pass(f, &p, none, 0), 0); /* nothing asked, nothing missing */
}

/* Crop can leave nothing where no site varies. */
static void
test_a_sample_without_sites_is_left_out(void **state)
{
    fixture *f = *state;
    dna_sample *s = NULL;
    dna_snp_form form;
    open_dataset(f, "- crop: {max_indiv: 1}\n", false);
    assert_fails(dna_dataset_probe(f->ds, 0, &s, &form), DNA_EFORMAT,
        "scenario 0, replicate 0: nothing is left of the sample: 1 individuals, 0 sites");
    assert_null(s);
}

static void
test_probe_applies_the_transforms(void **state)
{
    fixture *f = *state;
    dna_sample *s = NULL;
    dna_snp_form form;
    open_dataset(f, "- crop: {max_snp: 10, keep_polymorphic_only: false}\n", false);
    assert_ok(dna_dataset_probe(f->ds, 0, &s, &form));
    assert_int_equal(s->n_hap, 6);
    assert_int_equal(s->n_site, 10);
    assert_int_equal(form, DNA_CONCAT);
    dna_sample_free(s);
    assert_fails(dna_dataset_probe(f->ds, 22, &s, &form), DNA_EARG,
        "sample 22 is not among the 22");
    assert_fails(dna_dataset_probe(f->ds, 7, &s, &form), DNA_EFORMAT,
        "scenario 2, replicate 1: no file of scenario 2");
}

/* Stopping in the middle leaves no thread and no memory behind. */
static void
test_a_loader_can_be_left_early(void **state)
{
    fixture *f = *state;
    open_dataset(f, "[]", false);
    for (int n_next = 0; n_next < 4; n_next++) {
        dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 2, .n_worker = 3};
        dna_loader *loader = NULL;
        dna_batch *b = NULL;
        assert_ok(dna_loader_new(&loader, f->ds, &o, 0));
        for (int i = 0; i < n_next; i++) {
            assert_int_equal(dna_loader_next(loader, &b), 1);
        }
        dna_loader_free(loader);
    }
    dna_loader_free(NULL);
}

/* The rest of a pass is the same whether the batches before were loaded or not. */
static void
test_a_pass_can_begin_at_any_batch(void **state)
{
    fixture *f = *state;
    for (int n_worker = 0; n_worker < 4; n_worker += 3) {
        for (int64_t first = 0; first < 7; first++) {
            pass whole, rest, before = {0};
            open_dataset(f, "- subsample: {size: [3, 5]}\n", false);
            dna_loader_options o = {.split = DNA_TRAINING,
                .batch_size = 4,
                .n_worker = n_worker,
                .is_shuffled = true,
                .drop_single = true};
            assert_int_equal(run_pass(f, &whole, o, 5), 0);
            assert_int_equal(whole.n_batch, 4); /* 4, 4, 4 and 5 places */
            o.first_batch = first;
            assert_int_equal(run_pass(f, &rest, o, 5), 0);
            for (int64_t b = 0; b < first && b < 4; b++) {
                before.n += whole.size[b];
            }
            assert_int_equal(rest.n_batch, first < 4 ? 4 - first : 0);
            assert_int_equal(rest.n, whole.n - before.n);
            assert_memory_equal(rest.index, whole.index + before.n,
                (size_t)rest.n * sizeof(*rest.index));
            assert_memory_equal(rest.numbers,
                whole.numbers + (whole.n_number - rest.n_number),
                (size_t)rest.n_number * sizeof(double));
            free(whole.numbers);
            free(rest.numbers);
        }
    }
}

static void
test_batches_are_numbered_from_the_first_of_the_pass(void **state)
{
    fixture *f = *state;
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 1, .first_batch = 3};
    open_dataset(f, "[]", false);
    assert_ok(dna_loader_new(&loader, f->ds, &o, 0));
    assert_int_equal(dna_loader_n_batch(loader), 17);
    /* 7 is missing, 12 is broken */
    static const int64_t expected[] = {3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16};
    int64_t at = 0;
    while (dna_loader_next(loader, &b) == 1) {
        assert_int_equal(b->number, expected[at]);
        at++;
    }
    assert_int_equal(at, 12);
    dna_loader_free(loader);
    loader = NULL;
    o.first_batch = -1;
    assert_fails(dna_loader_new(&loader, f->ds, &o, 0), DNA_EARG, "first_batch -1");
}

static void
test_samples_without_positions_do_not_mix_with_others(void **state)
{
    fixture *f = *state;
    static const char *const keys[1] = {"SNP"};
    static const double values[6] = {0.5, 1, 2, 3, 4, 5};
    dna_array snp;
    pass p;
    dna_array_borrow(&snp, DNA_F64, 2, (int64_t[]){2, 3}, values);
    assert_ok(dna_npz_write(
        test_path(SAMPLES "/scenario_0/cows_0_1.npz"), keys, &snp, 1, false));
    open_dataset(f, "[]", false);
    dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 3};
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_int_equal(p.size[0], 2);
    assert_has(f->lines.text,
        "scenario 0, replicate 1 is left out: has no positions, while other samples");
    free(p.numbers);
    o.batch_size = 1;
    assert_int_equal(run_pass(f, &p, o, 0), 0);
    assert_int_equal(p.n, 15);
    free(p.numbers);
}

static void
test_impossible_settings_are_refused(void **state)
{
    fixture *f = *state;
    dna_loader *loader = NULL;
    dna_dataset *ds = NULL;
    open_dataset(f, "[]", false);
    dna_loader_options o = {.split = DNA_TRAINING, .batch_size = 0};
    assert_fails(dna_loader_new(&loader, f->ds, &o, 0), DNA_EARG, "batch_size 0");
    assert_null(loader);
    dna_params_table plain;
    assert_ok(dna_params_table_read(&plain,
        write_text("plain.csv", "scenario_idx,a,n_replicates\n0,1,1\n"), f->params, 1));
    dna_dataset_options d = {.source = f->source,
        .table = &plain,
        .transforms = &f->set,
        .params = f->params,
        .n_param = 1};
    assert_fails(dna_dataset_new(&ds, &d), DNA_EARG, "plain.csv: no column \"splits\"");
    plain.has_split = true;
    d.n_param = 2;
    assert_fails(dna_dataset_new(&ds, &d), DNA_ESHAPE, "was read with 1 parameters");
    assert_null(ds);
    dna_params_table_clear(&plain);
}

static void
test_lack_of_memory_is_survived(void **state)
{
    fixture *f = *state;
    for (int n_worker = 0; n_worker < 3; n_worker += 2) {
        for_each_oom(i) {
            dna_mem_fail_at(0);
            open_dataset(f, "- rotate\n- crop: {max_snp: 5}\n- validate_snp\n", true);
            dna_loader_options o = {
                .split = DNA_VALIDATION, .batch_size = 4, .n_worker = n_worker};
            dna_loader *loader = NULL;
            dna_batch *b = NULL;
            dna_mem_fail_at(i);
            int rc = dna_loader_new(&loader, f->ds, &o, 0);
            if (rc == DNA_OK) {
                while ((rc = dna_loader_next(loader, &b)) == 1) {
                }
            }
            bool is_done = oom_done() != 0;
            dna_loader_free(loader);
            if (is_done) {
                assert_int_equal(rc, 0);
                break;
            }
            assert_int_equal(rc, DNA_ENOMEM);
        }
    }
}

/* The project's own dataset of simulations, if it is at hand. */
static void
test_the_shared_dataset_loads_whole(void **state)
{
    fixture *f = *state;
    static const char *const names[2] = {"one_event", "one_event_dist"};
    for (int k = 0; k < 2; k++) {
        char name[64], text[1024];
        dna_source *source = NULL;
        dna_dataset *ds = NULL;
        dna_loader *loader = NULL;
        dna_params_table table;
        dna_batch *b = NULL;
        int64_t n = 0;
        dna_param p = {.name = "event_time", .type = DNA_REGRESSION};
        snprintf(name, sizeof(name), "%s/%s_params.csv", names[k], names[k]);
        const char *path = shared_path(name);
        if (path == NULL) {
            print_message("skipped: there is no ../shared/data/%s\n", names[k]);
            skip();
        }
        snprintf(text, sizeof(text),
            "data_root: \"%s\"\ndataset_name: %s\ndata_source: {format: dnadna}\n"
            "position_format: {distance: %s}\n",
            shared_path(names[k]), names[k], k == 1 ? "true" : "false");
        assert_ok(dna_source_new(&source, yaml(f->arena, text)));
        assert_ok(dna_params_table_read(&table, path, &p, 1));
        assert_int_equal(table.n_row, 30);
        table.has_split = true;
        for (int64_t i = 0; i < table.n_row; i++) {
            table.split[i] = DNA_TRAINING;
        }
        assert_ok(dna_transforms_read(&f->set, f->arena,
            yaml(f->arena, "- crop: {max_snp: 400}\n- validate_snp\n"), f->log));
        dna_dataset_options d = {.source = source,
            .table = &table,
            .transforms = &f->set,
            .params = &p,
            .n_param = 1,
            .log = f->log};
        assert_ok(dna_dataset_new(&ds, &d));
        dna_loader_options o = {.split = DNA_TRAINING,
            .batch_size = 32,
            .n_worker = 2,
            .is_shuffled = true};
        assert_ok(dna_loader_new(&loader, ds, &o, 0));
        int rc;
        while ((rc = dna_loader_next(loader, &b)) == 1) {
            assert_int_equal(b->n_row, 51);
            assert_int_equal(b->n_site, 400);
            assert_true(b->is_binary);
            assert_false(b->is_mixed);
            n += b->n;
        }
        assert_int_equal(rc, 0);
        assert_int_equal(n, 90);
        assert_int_equal(f->lines.n, 0);
        dna_loader_free(loader);
        dna_dataset_free(ds);
        dna_params_table_clear(&table);
        dna_source_free(source);
    }
}

static dna_source *
open_source_of(fixture *f, const char *format, const char *folder, const char *distance)
{
    char text[1024];
    dna_source *source = NULL;

    snprintf(text, sizeof(text),
        "{data_root: \"%s\", dataset_name: cows, data_source: {format: %s}, position_format: {distance: %s}}",
        test_path(folder), format, distance);
    assert_ok(dna_source_new(&source, yaml(f->arena, text)));
    return source;
}

/* The good samples of the folder in a packed file, and a source of it. */
static dna_source *
pack_samples(fixture *f, const char *distance)
{
    const char *path = test_path("cows.dnapack");
    dna_packed_writer *w = NULL;
    int64_t n = 0;

    assert_ok(dna_packed_writer_open(&w, path, "{}", 2, false));
    for (int64_t i = 0; i < 27; i++) {
        dna_sample *s = NULL;
        if (dna_source_load(&s, f->source, i / 3, i % 3, NULL, NULL) == DNA_OK) {
            assert_ok(dna_packed_writer_put(w, n++, i / 3, i % 3, s, true));
            dna_sample_free(s);
        }
    }
    assert_int_equal(n, 25);
    assert_ok(dna_packed_writer_finish(w, n));
    dna_packed_writer_close(w);
    return open_source_of(f, "packed", ".", distance);
}

/* Whatever the transforms, and whatever is done of them in loading. */
static void
test_batches_of_a_packed_dataset_are_those_of_its_files(void **state)
{
    static const char *const lists[] = {"[]", "[crop: {max_snp: 12}]",
        "[crop: {max_snp: 12, max_indiv: 3}]", "[crop: {max_indiv: 2}]",
        "[crop: {max_snp: 12, max_indiv: 3, keep_polymorphic_only: false}]",
        "[{snp_format: product}, {crop: {max_snp: 9, max_indiv: 2}}, validate_snp]",
        "[{validate_snp: {uniform_shape: false}}, {crop: {max_snp: 9}}]",
        "[{subsample: {size: 3}}, {crop: {max_snp: 10}}]",
        "[{crop: {max_snp: 20, max_indiv: 4}}, {subsample: {size: [2, 3]}}]",
        "[rotate, {crop: {max_snp: 10}}]",
        "{training: [{crop: {max_indiv: 2}}], validation: [{crop: {max_indiv: 3}}]}"};
    static const char *const distances[] = {"false", "true"};
    fixture *f = *state;

    for (int64_t d = 0; d < DNA_COUNT(distances); d++) {
        dna_source *packed = pack_samples(f, distances[d]);
        dna_source *files = open_source_of(f, "dnadna", SAMPLES, distances[d]);
        dna_source *before = f->source;
        f->source = files;
        for (int64_t i = 0; i < DNA_COUNT(lists); i++) {
            for (int c = 0; c < 4; c++) {
                dna_loader_options o = {.batch_size = 4,
                    .n_worker = c,
                    .is_shuffled = c > 1,
                    .split = c == 3 ? DNA_VALIDATION : DNA_TRAINING};
                pass a, b;
                open_dataset(f, lists[i], c == 3);
                assert_int_equal(run_pass(f, &a, o, 1), 0);
                f->source = packed;
                open_dataset(f, lists[i], c == 3);
                for (int again = 0; again < 2; again++) { /* verified, then trusted */
                    assert_int_equal(run_pass(f, &b, o, 1), 0);
                    assert_same_pass(&a, &b);
                    free(b.numbers);
                }
                f->source = files;
                free(a.numbers);
            }
        }
        dna_dataset_free(f->ds);
        f->ds = NULL;
        f->source = before;
        dna_source_free(files);
        dna_source_free(packed);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_samples_are_numbered_over_rows_and_replicates),
        TEST(test_a_pass_in_order_gives_every_good_sample_once),
        TEST(test_smaller_samples_begin_at_the_first_row_and_site),
        TEST(test_rows_may_differ_too),
        TEST(test_threads_change_nothing),
        TEST(test_threads_agree_on_the_first_shape),
        TEST(test_order_and_draws_depend_on_the_epoch),
        TEST(test_a_single_last_sample_can_join_the_batch_before),
        TEST(test_each_split_has_its_own_transforms),
        TEST(test_a_cached_validation_set_needs_its_files_once),
        TEST(test_moved_targets_are_moved_in_their_natural_unit),
        TEST(test_a_pass_without_one_good_sample_is_an_error),
        TEST(test_a_sample_without_sites_is_left_out),
        TEST(test_probe_applies_the_transforms),
        TEST(test_a_loader_can_be_left_early),
        TEST(test_a_pass_can_begin_at_any_batch),
        TEST(test_batches_are_numbered_from_the_first_of_the_pass),
        TEST(test_samples_without_positions_do_not_mix_with_others),
        TEST(test_impossible_settings_are_refused),
        TEST(test_lack_of_memory_is_survived),
        TEST(test_the_shared_dataset_loads_whole),
        TEST(test_batches_of_a_packed_dataset_are_those_of_its_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

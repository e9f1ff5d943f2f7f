/* test_train_record.c - metrics.csv and event files over validations, kills and tests.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: the numbers put in; event files are read by code of their own
 * (support/event_file.h).
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "run/train_record.h"
#include "support/event_file.h"

static const char *const labels[] = {"no", "yes"};
static const dna_predicted params[] = {
    {.name = "size"}, {.name = "sel", .n_class = 2, .labels = labels}};
/* two samples: size, two probabilities, class */
static const double values[] = {12, 0.75, 0.25, 0, 20, 0.25, 0.75, 1};
static const double truth[] = {10, 0, 20, 0};

/* A training of which only the folder is known, and a measured split. */
typedef struct {
    dna_training t;
    dna_evaluation e;
    dna_record_point p;
    dna_predicted params[2];
    double losses[2], training_losses[2];
} fixture;

static void
begin(fixture *f, const char *dir)
{
    *f = (fixture){.training_losses = {0.5, 0.25}, .losses = {1.0, 2.0}};
    memcpy(f->params, params, sizeof(params));
    f->t.model_name = "m";
    f->t.run.name = dna_strdup("run_000");
    f->t.run.dir = dna_strdup(dir);
    assert_ok(dna_path_make_dirs(dir));
    f->e = (dna_evaluation){.split = DNA_VALIDATION,
        .n_param = 2,
        .params = f->params,
        .losses = f->losses,
        .loss = 1.5};
    assert_ok(dna_metrics_new(&f->e.metrics, f->params, 2));
    dna_metrics_eval(f->e.metrics, values, truth, 2);
    f->p = (dna_record_point){.epoch = 1,
        .training_loss = 0.375,
        .training_losses = f->training_losses,
        .learning_rate = 0.001,
        .measured = &f->e};
}

static void
end(fixture *f)
{
    dna_metrics_free(f->e.metrics);
    dna_run_name_clear(&f->t.run);
}

static int
validate(fixture *f, dna_record *r, int64_t batch)
{
    f->p.batch = batch;
    f->p.step = 16 * batch;
    return dna_record_validation(r, &f->p);
}

static char *
read_table(const char *dir)
{
    char path[1024];
    unsigned char *data = NULL;
    size_t n = 0;
    snprintf(path, sizeof(path), "%s/m_run_000_metrics.csv", dir);
    assert_ok(dna_file_read(path, 1 << 20, &data, &n));
    return (char *)data;
}

/* The one event file of a run. */
static int
read_events(const char *dir, event *events, int max)
{
    char folder[1024], path[2048];
    char **names = NULL;
    int64_t n = 0;
    snprintf(folder, sizeof(folder), "%s/tensorboard", dir);
    assert_ok(dna_path_list(folder, &names, &n));
    assert_int_equal(n, 1);
    assert_ptr_equal(strstr(names[0], "events.out.tfevents."), names[0]);
    snprintf(path, sizeof(path), "%s/%s", folder, names[0]);
    dna_path_list_free(names, n);
    return read_event_file(path, events, max);
}

static void
assert_scalar(const event *e, int i, const char *tag, double value)
{
    assert_string_equal(e->values[i].tag, tag);
    assert_true(e->values[i].value == (float)value);
}

static const char header[] = "epoch,batch,step,split,network,parameter,metric,true_"
                             "class,predicted_class,value\n";
static const char first_rows[] = "1,0,0,training,,,loss,,,0.375\n"
                                 "1,0,0,training,,size,loss,,,0.5\n"
                                 "1,0,0,training,,sel,loss,,,0.25\n"
                                 "1,0,0,training,,,learning_rate,,,0.001\n"
                                 "1,0,0,validation,,,loss,,,1.5\n"
                                 "1,0,0,validation,,size,loss,,,1.0\n"
                                 "1,0,0,validation,,sel,loss,,,2.0\n"
                                 "1,0,0,validation,,size,rmse,,,1.4142135623730951\n"
                                 "1,0,0,validation,,size,r2,,,0.92\n"
                                 "1,0,0,validation,,size,relative_error,,,0.1\n"
                                 "1,0,0,validation,,size,bias,,,1.0\n"
                                 "1,0,0,validation,,size,n,,,2\n"
                                 "1,0,0,validation,,size,n_zero,,,0\n"
                                 "1,0,0,validation,,sel,accuracy,,,0.5\n"
                                 "1,0,0,validation,,sel,balanced_accuracy,,,0.5\n"
                                 "1,0,0,validation,,sel,n,,,2\n"
                                 "1,0,0,validation,,sel,confusion,no,no,1\n"
                                 "1,0,0,validation,,sel,confusion,no,yes,1\n"
                                 "1,0,0,validation,,sel,confusion,yes,no,0\n"
                                 "1,0,0,validation,,sel,confusion,yes,yes,0\n";

static void
test_a_validation_is_rows_and_an_event(void **state)
{
    (void)state;
    const char *dir = test_path("one");
    dna_record *r = NULL;
    event events[4];
    fixture f;
    begin(&f, dir);
    assert_ok(dna_record_open(&r, &f.t, &(dna_record_marks){0}));
    assert_ok(validate(&f, r, 0));
    char *text = read_table(dir); /* there at once, not when the run ends */
    assert_int_equal(strncmp(text, header, strlen(header)), 0);
    assert_string_equal(text + strlen(header), first_rows);
    dna_free(text);
    f.e.metrics->each[0].r2 = (double)NAN;
    assert_ok(validate(&f, r, 3));
    assert_int_equal(read_events(dir, events, 4), 3);
    assert_string_equal(events[0].version, "brain.Event:2");
    assert_int_equal(events[1].step, 0);
    assert_int_equal(events[1].n_value, 8);
    assert_scalar(&events[1], 0, "loss/training", 0.375);
    assert_scalar(&events[1], 1, "loss/validation", 1.5);
    assert_scalar(&events[1], 2, "learning_rate", 0.001);
    assert_scalar(&events[1], 3, "rmse/size", sqrt(2.0));
    assert_scalar(&events[1], 4, "r2/size", 0.92);
    assert_scalar(&events[1], 5, "relative_error/size", 0.1);
    assert_scalar(&events[1], 6, "accuracy/sel", 0.5);
    assert_scalar(&events[1], 7, "balanced_accuracy/sel", 0.5);
    assert_true(events[1].wall_time > 1.7e9 && events[1].wall_time < 1e11);
    assert_int_equal(events[2].step, 48);
    assert_int_equal(
        events[2].n_value, 7); /* a metric that is not defined is no point */
    assert_scalar(&events[2], 4, "relative_error/size", 0.1);
    dna_record_close(r);
    text = read_table(dir);
    assert_non_null(strstr(text, "1,3,48,validation,,size,r2,,,\n"));
    dna_free(text);
    end(&f);
}

static void
test_a_test_is_rows_alone(void **state)
{
    (void)state;
    const char *dir = test_path("tested");
    dna_record *r = NULL;
    event events[4];
    fixture f;
    begin(&f, dir);
    f.e.split = DNA_TEST;
    f.p.step = 640;
    assert_ok(dna_record_open(&r, &f.t, &(dna_record_marks){0}));
    assert_ok(dna_record_test(r, &f.p, "best"));
    dna_record_close(r);
    char *text = read_table(dir);
    assert_non_null(strstr(text, "value\n1,0,640,test,best,,loss,,,1.5\n"));
    assert_non_null(strstr(text, "1,0,640,test,best,size,rmse,,,1.4142135623730951\n"));
    assert_null(strstr(text, "training"));
    dna_free(text);
    assert_int_equal(read_events(dir, events, 4), 1);
    end(&f);
}

/* A kill after the checkpoint of batch 3: batch 6 was told, maybe half of it. */
static void
test_a_resumed_run_ends_as_one_that_never_stopped(void **state)
{
    (void)state;
    const char *whole = test_path("whole");
    const char *dir = test_path("killed");
    dna_record_marks marks = {0};
    dna_record *r = NULL;
    event events[8], again[8];
    fixture f;

    begin(&f, whole);
    assert_ok(dna_record_open(&r, &f.t, &marks));
    for (int64_t batch = 0; batch < 9; batch += 3) {
        assert_ok(validate(&f, r, batch));
    }
    dna_record_close(r);
    end(&f);

    begin(&f, dir);
    assert_ok(dna_record_open(&r, &f.t, &marks));
    assert_ok(validate(&f, r, 0));
    assert_ok(validate(&f, r, 3));
    assert_ok(dna_record_sync(r, &marks));
    f.losses[0] = 77.0; /* told, and then lost */
    assert_ok(validate(&f, r, 6));
    dna_record_close(r);
    char half[1024];
    snprintf(half, sizeof(half), "%s/m_run_000_metrics.csv", dir);
    FILE *table = fopen(half, "ab");
    assert_non_null(table);
    fputs("1,9,144,validation,,size,rm", table);
    fclose(table);
    f.losses[0] = 1.0;
    assert_ok(dna_record_open(&r, &f.t, &marks));
    assert_ok(validate(&f, r, 6));
    dna_record_marks last = {0};
    assert_ok(dna_record_sync(r, &last));
    assert_int_equal(last.events_time, marks.events_time);
    dna_record_close(r);
    end(&f);

    char *expected = read_table(whole);
    char *found = read_table(dir);
    assert_string_equal(found, expected);
    assert_int_equal(last.metrics_length, strlen(found));
    dna_free(expected);
    dna_free(found);
    int n = read_events(whole, events, 8);
    assert_int_equal(n, 4);
    assert_int_equal(read_events(dir, again, 8), n);
    for (int i = 0; i < n; i++) {
        assert_int_equal(again[i].step, events[i].step);
        assert_int_equal(again[i].n_value, events[i].n_value);
        for (int k = 0; k < events[i].n_value; k++) {
            assert_scalar(&again[i], k, events[i].values[k].tag,
                (double)events[i].values[k].value);
        }
    }
}

static void
test_a_new_run_in_an_old_folder_begins_anew(void **state)
{
    (void)state;
    const char *dir = test_path("anew");
    char other[1024], text[64];
    dna_record *r = NULL;
    event events[4];
    fixture f;
    begin(&f, dir);
    for (int i = 0; i < 2; i++) {
        assert_ok(dna_record_open(&r, &f.t, &(dna_record_marks){0}));
        assert_ok(validate(&f, r, 0));
        dna_record_close(r);
        /* as an earlier run on another computer would have left one */
        snprintf(
            other, sizeof(other), "%s/tensorboard/events.out.tfevents.12345.far", dir);
        snprintf(text, sizeof(text), "round %d", i);
        if (i == 0) {
            assert_ok(dna_atomic_write(other, text, strlen(text)));
        }
    }
    char *table = read_table(dir);
    assert_string_equal(table + strlen(header), first_rows);
    dna_free(table);
    assert_int_equal(read_events(dir, events, 4), 2);
    end(&f);
}

static void
test_files_that_are_gone_or_cut(void **state)
{
    (void)state;
    const char *dir = test_path("gone");
    dna_record_marks marks = {0};
    dna_record *r = NULL;
    event events[4];
    char path[1024];
    fixture f;
    begin(&f, dir);
    assert_ok(dna_record_open(&r, &f.t, &marks));
    assert_ok(validate(&f, r, 0));
    assert_ok(dna_record_sync(r, &marks));
    dna_record_close(r);
    r = NULL;
    /* curves are a by-product: a new file is begun */
    dna_record_marks elsewhere = marks;
    elsewhere.events_time = 1;
    assert_ok(dna_record_open(&r, &f.t, &elsewhere));
    dna_record_close(r);
    r = NULL;
    assert_int_equal(read_events(dir, events, 4), 1);
    /* numbers are not: what was there is missed */
    snprintf(path, sizeof(path), "%s/m_run_000_metrics.csv", dir);
    assert_ok(dna_atomic_write(path, header, strlen(header)));
    assert_fails(dna_record_open(&r, &f.t, &marks), DNA_EFORMAT,
        "m_run_000_metrics.csv: has 81 bytes, fewer than the");
    assert_null(r);
    end(&f);
}

static int
record(fixture *f)
{
    dna_record_marks marks = {0};
    dna_record *r = NULL;
    int rc = DNA_OK;
    DNA_TRY(dna_record_open(&r, &f->t, &marks));
    DNA_TRY(validate(f, r, 0));
    DNA_TRY(dna_record_sync(r, &marks));
    dna_record_close(r);
    r = NULL;
    DNA_TRY(dna_record_open(&r, &f->t, &marks));
    DNA_TRY(dna_record_test(r, &f->p, "last_epoch"));
out:
    dna_record_close(r);
    return rc;
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    fixture f;
    begin(&f, test_path("oom"));
    for_each_oom(i) {
        int rc = record(&f);
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        if (oom_done()) {
            break;
        }
    }
    end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_validation_is_rows_and_an_event),
        cmocka_unit_test(test_a_test_is_rows_alone),
        cmocka_unit_test(test_a_resumed_run_ends_as_one_that_never_stopped),
        cmocka_unit_test(test_a_new_run_in_an_old_folder_begins_anew),
        cmocka_unit_test(test_files_that_are_gone_or_cut),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

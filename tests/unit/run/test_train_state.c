/* test_train_state.c - the container of a training's state, written, read and refused.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "io/safetensors.h"
#include "run/train_state.h"

/* What a section may have. */
typedef struct {
    int64_t count;
    bool flag;
    double numbers[8];
    float hands[6];
    int64_t ticks;
} clock_state;

static int
exchange(dna_train_state *s, clock_state *c)
{
    const int64_t dim[2] = {2, 3};
    char key[32];
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_section(s, "clock"));
    DNA_TRY(dna_train_state_same_text(s, "maker", "us"));
    DNA_TRY(dna_train_state_same_int(s, "model", 7));
    DNA_TRY(dna_train_state_int(s, "count", &c->count, 0, 1000));
    DNA_TRY(dna_train_state_flag(s, "flag", &c->flag));
    for (int i = 0; i < 8; i++) {
        snprintf(key, sizeof(key), "number_%d", i);
        DNA_TRY(dna_train_state_double(s, key, &c->numbers[i]));
    }
    DNA_TRY(dna_train_state_tensor(s, "hands", DNA_F32, 2, dim, c->hands));
    DNA_TRY(dna_train_state_section(s, "tower"));
    DNA_TRY(dna_train_state_tensor(s, "ticks", DNA_I64, 0, NULL, &c->ticks));
    if (dna_train_state_is_read(s)) {
        DNA_TRY(dna_train_state_check_rest(s));
    }
out:
    return rc;
}

static const clock_state example = {.count = 12,
    .flag = true,
    .numbers = {0.1, -0.0, DBL_MIN / 3.0, DBL_MAX, 1.0 / 3.0, (double)INFINITY,
        -(double)INFINITY, (double)NAN},
    .hands = {0.1f, -0.0f, FLT_MIN / 8.0f, INFINITY, 5.0f, 6.0f},
    .ticks = (int64_t)1 << 60};

static int
save(const char *path, const clock_state *what)
{
    dna_arena *a = NULL;
    dna_train_state *s = NULL;
    clock_state c = *what;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&a));
    dna_value *config = dna_value_map(a);
    if (config == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_value_set(a, config, "limit", dna_value_float(a, (double)INFINITY)));
    DNA_TRY(dna_train_state_new(&s, config));
    DNA_TRY(exchange(s, &c));
    DNA_TRY(dna_train_state_write(s, path));
out:
    dna_train_state_free(s);
    dna_arena_free(a);
    return rc;
}

static int
load(const char *path, clock_state *c)
{
    dna_train_state *s = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_read(&s, path));
    DNA_TRY(exchange(s, c));
out:
    dna_train_state_free(s);
    return rc;
}

static void
test_all_comes_back_to_the_bit(void **state)
{
    (void)state;
    const char *path = test_path("a.safetensors");
    clock_state c = {0};
    dna_train_state *s = NULL;
    int64_t v = 0;
    assert_ok(save(path, &example));
    assert_ok(load(path, &c));
    assert_int_equal(c.count, 12);
    assert_true(c.flag);
    assert_memory_equal(c.numbers, example.numbers, 7 * sizeof(double));
    assert_true(isnan(c.numbers[7]));
    assert_memory_equal(c.hands, example.hands, sizeof(c.hands));
    assert_int_equal(c.ticks, example.ticks);
    assert_ok(dna_train_state_read(&s, path));
    assert_true(dna_train_state_peek(s, "clock.count", &v));
    assert_int_equal(v, 12);
    assert_true(dna_train_state_peek(s, "clock.flag", &v));
    assert_int_equal(v, 1);
    assert_false(dna_train_state_peek(s, "clock.none", &v));
    const dna_value *limit = dna_value_get(dna_train_state_config(s), "limit");
    assert_true(limit != NULL && isinf(limit->number));
    dna_train_state_free(s);
    /* NaN in a tensor is a training that has diverged */
    c = example;
    c.hands[4] = NAN;
    assert_fails(save(path, &c), DNA_ENUMERIC, "tensor clock/hands: entry 4 is nan");
    assert_ok(load(path, &c));
}

/* The file with a text of its header replaced by another of the same length. */
static const char *
altered(const char *from, const char *to)
{
    unsigned char *data = NULL;
    size_t n = 0;
    bool is_found = false;
    const char *path = test_path("b.safetensors");
    assert_int_equal(strlen(from), strlen(to));
    assert_ok(dna_file_read(test_path("a.safetensors"), 1 << 20, &data, &n));
    for (size_t i = 0; i + strlen(from) <= n && !is_found; i++) {
        is_found = memcmp(data + i, from, strlen(from)) == 0;
        if (is_found) {
            memcpy(data + i, to, strlen(to));
        }
    }
    assert_true(is_found);
    assert_ok(dna_atomic_write(path, data, n));
    dna_free(data);
    return path;
}

static void
test_what_does_not_belong_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        int code;
        const char *message;
    } cases[] = {
        {"\\\"count\\\": 12", "\\\"count\\\": -2", DNA_EFORMAT,
            "b.safetensors: clock.count: is -2, expected is an integer from 0 to 1000"},
        {"\\\"count\\\": 12", "\\\"count\\\": {}", DNA_EFORMAT, "clock.count: is "},
        {"\\\"count\\\": 12", "\\\"cuunt\\\": 12", DNA_EFORMAT,
            "clock.count: is missing"},
        {"\\\"flag\\\": true", "\\\"flag\\\":    1", DNA_EFORMAT,
            "clock.flag: is 1, expected is true or false"},
        {"\\\"number_5\\\": \\\"inf\\\"", "\\\"number_5\\\": \\\"ten\\\"", DNA_EFORMAT,
            "clock.number_5: is \"ten\", expected is a number"},
        {"\\\"us\\\"", "\\\"me\\\"", DNA_EARG,
            "clock.maker: is me, this run has us: the state of another training"},
        {"\\\"model\\\": 7", "\\\"model\\\": 8", DNA_EARG,
            "clock.model: is 8, this run has 7"},
        {"\\\"tower\\\"", "\\\"power\\\"", DNA_EFORMAT, "has no section \"tower\""},
        {"\\\"format_version\\\": 1", "\\\"format_version\\\": 2", DNA_EUNSUPPORTED,
            "format_version 2, this program reads 1"},
        {"format_version", "farmat_version", DNA_EFORMAT, "has no format_version"},
        {"dnadna_training_state", "dnadna_straining_tate", DNA_EFORMAT,
            "not the state of a training"},
        {"\"final_config\"", "\"fatal_config\"", DNA_EFORMAT,
            "not the state of a training"},
        {"clock/hands", "clock/heads", DNA_ENOTFOUND, "tensor clock/hands: is missing"},
        {"[2,3]", "[3,2]", DNA_ESHAPE, "tensor clock/hands: has another type or shape"},
        {"[2,3]", "[2,4]", DNA_EFORMAT, "its shape asks for 32"},
        {"\"F32\"", "\"I32\"", DNA_ESHAPE,
            "tensor clock/hands: has another type or shape"},
    };
    clock_state c = {0};
    assert_ok(save(test_path("a.safetensors"), &example));
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        assert_fails(load(altered(cases[i].from, cases[i].to), &c), cases[i].code,
            cases[i].message);
    }
}

/* One tensor more, and one that is no number, in a file that is right otherwise. */
static void
test_other_tensors_are_refused(void **state)
{
    (void)state;
    const char *path = test_path("c.safetensors");
    clock_state c = {0};
    dna_safetensors st = {0};
    const char *names[3];
    dna_array arrays[3];
    float more = 1.0f;
    assert_ok(save(test_path("a.safetensors"), &example));
    assert_ok(dna_safetensors_read(&st, test_path("a.safetensors")));
    assert_int_equal(st.n_tensor, 2);
    for (int i = 0; i < 2; i++) {
        names[i] = st.names[i];
        arrays[i] = st.arrays[i];
    }
    names[2] = "clock/cuckoo";
    dna_array_borrow(&arrays[2], DNA_F32, 0, NULL, &more);
    const char *const *keys = (const char *const *)st.meta_keys;
    const char *const *texts = (const char *const *)st.meta_texts;
    assert_ok(dna_safetensors_write(path, names, arrays, 3, keys, texts, st.n_meta));
    assert_fails(load(path, &c), DNA_EFORMAT,
        "c.safetensors: tensor clock/cuckoo: this run has none of this name");
    for (int i = 0; i < 2; i++) {
        if (arrays[i].dtype == DNA_F32) {
            dna_array_set(&arrays[i], 3, (double)NAN);
        }
    }
    assert_ok(dna_safetensors_write(path, names, arrays, 2, keys, texts, st.n_meta));
    assert_fails(load(path, &c), DNA_ENUMERIC,
        "c.safetensors: tensor clock/hands: entry 3 is nan");
    dna_safetensors_clear(&st);
    assert_fails(load(test_path("none"), &c), DNA_ENOTFOUND, "none: No such file");
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    const char *path = test_path("oom.safetensors");
    for_each_oom(i) {
        clock_state c = {0};
        int rc = save(path, &example);
        if (rc == DNA_OK) {
            rc = load(path, &c);
        }
        bool has_failed = dna_mem_has_failed();
        if (!has_failed) {
            assert_ok(rc);
        } else {
            assert_true(rc == DNA_ENOMEM || rc == DNA_OK);
        }
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_comes_back_to_the_bit),
        cmocka_unit_test(test_what_does_not_belong_is_refused),
        cmocka_unit_test(test_other_tensors_are_refused),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

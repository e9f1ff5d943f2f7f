/* test_override.c - settings of the command line: where they go, what they refuse.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/arena_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/override.h"
#include "config/tables.h"
#include "io/yaml.h"

static dna_value *
yaml(const char *text)
{
    dna_value *v = NULL;
    assert_ok(dna_yaml_parse(&v, arena, text, strlen(text), NULL));
    return v;
}

static int
set(dna_value *config, const char *text)
{
    dna_override *o = NULL;
    int rc = dna_overrides_read(&o, arena, &text, 1);
    return rc < 0 ? rc : dna_overrides_apply(config, arena, o, 1);
}

/* config with each of the texts (NULL ends them) is what `expected` says */
static void
assert_set(const char *config, const char *expected, const char *const *texts)
{
    dna_value *v = yaml(config);
    for (; *texts != NULL; texts++) {
        assert_ok(set(v, *texts));
    }
    if (!dna_value_equal(v, yaml(expected))) {
        dna_str s;
        dna_str_init(&s, 0);
        assert_ok(dna_yaml_write(&s, v, NULL));
        fail_msg("%s is\n%s, not %s", config, dna_str_text(&s), expected);
    }
}
#define ASSERT_SET(config, expected, ...) \
    assert_set(config, expected, (const char *const[]){__VA_ARGS__, NULL})

static void
test_a_value_takes_the_place_of_the_old_one(void **state)
{
    (void)state;
    ASSERT_SET("{a: 1, b: 2}", "{a: 3, b: 2}", "a=3");
    ASSERT_SET("{a: {b: 1, c: 2}}", "{a: {b: [1, x], c: 2}}", "a.b=[1, x]");
    ASSERT_SET("{a: {b: 1, c: 2}}", "{a: {d: 4}}", "a={d: 4}"); /* not merged */
    ASSERT_SET("{a: {b: 1}}", "{a: {b: null}}", "a.b=null");
    ASSERT_SET("{a: {b: 1}}", "{a: {b: null}}", "a.b=");
    ASSERT_SET("{a: 1}", "{a: 'x=y'}", "a=x=y");
    ASSERT_SET("{a: 1}", "{a: 0.001}", "a=1e-3");
    ASSERT_SET("{a: 1}", "{a: '1'}", "a='1'");
    ASSERT_SET("{a: 1}", "{a: 3}", "a=2", "a=3"); /* the last one counts */
    ASSERT_SET("{a: {b: 1}}", "{a: {c: 2, b: 3}}", "a={c: 2}", "a.b=3");
}

static void
test_missing_mappings_are_made(void **state)
{
    (void)state;
    ASSERT_SET("{}", "{a: {b: {c: 1}}}", "a.b.c=1");
    ASSERT_SET("{a: null}", "{a: {b: 1}}", "a.b=1");
    ASSERT_SET("{x: 1}", "{x: 1, a: 2}", "a=2");
}

static void
test_list_entries_go_by_number_or_name(void **state)
{
    (void)state;
#define PARAMS "{p: [{t: {type: r}}, {u: {type: c}}]}"
    ASSERT_SET("{a: [1, 2, 3]}", "{a: [1, 5, 3]}", "a.1=5");
    ASSERT_SET(PARAMS, "{p: [{t: {type: r}}, {u: {type: x}}]}", "p.1.u.type=x");
    ASSERT_SET(PARAMS, "{p: [{t: {type: r}}, {u: {type: x}}]}", "p.u.type=x");
    ASSERT_SET(PARAMS, "{p: [{t: {type: r, w: 2}}, {u: {type: c}}]}", "p.t.w=2");
    ASSERT_SET(PARAMS, "{p: [{t: 7}, {u: {type: c}}]}", "p.t=7");
    ASSERT_SET(PARAMS, "{p: [{t: {type: r}}, 7]}", "p.1=7");
    /* an entry that is a name alone */
    ASSERT_SET("{d: [crop, rotate]}", "{d: [{crop: {max_snp: 3}}, rotate]}",
        "d.crop.max_snp=3");
    ASSERT_SET("{d: [crop, rotate]}", "{d: [{crop: {max_snp: 3}}, rotate]}",
        "d.crop={max_snp: 3}");
    dna_value *v = yaml(PARAMS);
    assert_fails(set(v, "p.2=1"), DNA_ENOTFOUND,
        "--set p.2: the list p has no entry \"2\"; it has 0 (t), 1 (u)");
    assert_fails(set(v, "p.-1=1"), DNA_ENOTFOUND, "has no entry \"-1\"");
    assert_fails(set(v, "p.w.type=r"), DNA_ENOTFOUND, "has no entry \"w\"");
    assert_fails(set(yaml("{p: []}"), "p.0=1"), DNA_ENOTFOUND, "it has none");
    assert_fails(set(yaml("{d: [{crop: {}}, {crop: {}}]}"), "d.crop.max_snp=1"),
        DNA_EARG, "--set d.crop.max_snp: the list d has several entries \"crop\"");
}

static void
test_keys_may_have_dots(void **state)
{
    (void)state;
    ASSERT_SET("{p: {N.e: {w: 1}}}", "{p: {N.e: {w: 2}}}", "p.N.e.w=2");
    ASSERT_SET("{a: {b.c: 1, b: {c: 2}}}", "{a: {b.c: 3, b: {c: 2}}}", "a.b.c=3");
    ASSERT_SET("{p: [{N.e: {w: 1}}, {N: {w: 1}}]}", "{p: [{N.e: {w: 2}}, {N: {w: 3}}]}",
        "p.N.e.w=2", "p.N.w=3");
}

static void
test_what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    dna_value *v = yaml("{a: 1, b: text}");
    assert_fails(set(v, "a"), DNA_EARG, "--set a: has the form KEY=VALUE");
    assert_fails(set(v, "=1"), DNA_EARG, "has the form KEY=VALUE");
    assert_fails(set(v, "a..b=1"), DNA_EARG, "--set a..b: a part of the key is empty");
    assert_fails(set(v, ".a=1"), DNA_EARG, "is empty");
    assert_fails(set(v, "a.=1"), DNA_EARG, "is empty");
    assert_fails(set(v, "inherit=x.yml"), DNA_EARG, "inherit works in files only");
    assert_fails(set(v, "c.inherit=x.yml"), DNA_EARG, "inherit works in files only");
    assert_fails(
        set(v, "c={inherit: x.yml}"), DNA_EARG, "--set c: inherit works in files only");
    assert_fails(set(v, "c!={d: 1}"), DNA_EARG, "works in files only");
    assert_fails(set(v, "a=[1"), DNA_EFORMAT, "--set a:");
    assert_fails(
        set(v, "a.b=1"), DNA_EARG, "--set a.b: a is 1, not a mapping or a list");
    assert_fails(set(v, "b.c.d=1"), DNA_EARG, "b is \"text\", not a mapping");
    char text[1200];
    memset(text, 'k', sizeof(text));
    memcpy(text + sizeof(text) - 3, "=1", 3);
    assert_fails(set(v, text), DNA_EARG, "more than 1000 letters");
    assert_true(dna_value_equal(v, yaml("{a: 1, b: text}")));
}

#define MODEL                                                                \
    "{model_name: m, dataset: {data_root: ., dataset_name: d, data_source: " \
    "{format: dnadna}}, learned_params: [{t: {type: regression}}], "         \
    "dataset_splits: {training: 0.7, validation: 0.3}, preprocessing: {}}"

static int
check_status(const char *text)
{
    dna_value *v = yaml(MODEL);
    assert_ok(set(v, text));
    return dna_config_check_training(arena, v, NULL);
}

static void
test_messages_name_the_option(void **state)
{
    (void)state;
    assert_fails(check_status("batch_size=0"), DNA_EARG,
        "--set batch_size: 0 is not at least 1");
    assert_fails(check_status("bach_size=3"), DNA_EARG,
        "--set bach_size: unknown key; did you mean \"batch_size\"");
    assert_fails(check_status("preprocessing.min_spn=3"), DNA_EARG,
        "--set preprocessing.min_spn: unknown key; did you mean \"min_snp\"");
    assert_fails(check_status("optimzer.params.lr=3"), DNA_EARG,
        "--set optimzer.params.lr: optimzer: unknown key; did you mean \"optimizer\"");
    assert_fails(check_status("dataset_splits={training: 2, validation: 0.1}"),
        DNA_EARG, "--set dataset_splits: dataset_splits.training: 2 is not below 1");
    assert_fails(check_status("dataset_splits={traning: 0.2, validation: 0.1}"),
        DNA_EARG, "dataset_splits.traning: unknown key; did you mean \"training\"");
    assert_fails(check_status("learned_params.t.los_func=L1"), DNA_EARG,
        "--set learned_params.t.los_func: learned_params.t: unknown key \"los_func\"");
    assert_fails(check_status("learned_params.t.loss_weight=2"), DNA_EARG,
        "--set learned_params.t.loss_weight: 2 is not at most 1");
    assert_fails(
        check_status("learned_params={}"), DNA_EARG, "--set learned_params: is empty");
}

static void
test_paths_are_relative_to_the_current_directory(void **state)
{
    (void)state;
    char cwd[4096];
    char expected[4200];
    dna_value *v = yaml(MODEL);
    assert_non_null(getcwd(cwd, sizeof(cwd)));
    dna_value_get_path(v, "dataset.data_root")->file = "/far/away/d.yml";
    assert_ok(set(v, "model_root=here/there"));
    assert_ok(dna_config_check_training(arena, v, NULL));
    snprintf(expected, sizeof(expected), "%s/here/there", cwd);
    assert_string_equal(dna_value_get(v, "model_root")->text, expected);
    assert_string_equal(dna_value_get_path(v, "dataset.data_root")->text, "/far/away");
    v = yaml(MODEL);
    dna_value_get_path(v, "dataset.data_root")->file = "/far/away/d.yml";
    assert_ok(set(v, "dataset.data_root=x"));
    assert_ok(dna_config_check_training(arena, v, NULL));
    snprintf(expected, sizeof(expected), "%s/x", cwd);
    assert_string_equal(dna_value_get_path(v, "dataset.data_root")->text, expected);
}

/* What is collected, merged over the file as it was, is the file as it became. */
static void
test_collected_overrides_repeat_the_change(void **state)
{
    (void)state;
    static const char *const changes[] = {"a.b=5", "a={z: 1}", "n.e.w=1", "l.0=7",
        "l=[]", "p.t.type=x", "a.c=null", "m=", "a={}"};
    const char *before = "{a: {b: 1, c: 2}, l: [1, 2], p: [{t: {type: r}}], m: {k: 1}}";
    for (int64_t i = 0; i < DNA_COUNT(changes); i++) {
        dna_value *v = yaml(before);
        dna_value *layers[2] = {NULL, yaml(before)};
        dna_value *again = NULL;
        assert_ok(set(v, changes[i]));
        assert_ok(dna_overrides_collect(&layers[0], arena, v));
        assert_ok(dna_config_merge(&again, arena, layers, 2));
        if (!dna_value_equal(again, v) || layers[0]->n != 1) {
            fail_msg("%s is not repeated", changes[i]);
        }
    }
    dna_value *layer = NULL;
    assert_ok(dna_overrides_collect(&layer, arena, yaml(before)));
    assert_int_equal(layer->n, 0);
    dna_value *v = yaml("{a: {b: 1, c: 2}}");
    assert_ok(set(v, "a.b=5"));
    assert_ok(dna_overrides_collect(&layer, arena, v));
    assert_true(dna_value_equal(layer, yaml("{a: {b: 5}}"))); /* nothing more */
}

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    for_each_oom(i) {
        dna_arena *a = NULL;
        dna_override *o = NULL;
        dna_value *v = NULL;
        dna_value *layer = NULL;
        static const char *const texts[] = {
            "a.b.c=[1, 2]", "p.t.x={y: 1}", "d.crop.m=1"};
        const char *text = "{p: [{t: {}}], d: [crop]}";
        int rc = dna_arena_new(&a);
        if (rc == DNA_OK) {
            rc = dna_yaml_parse(&v, a, text, strlen(text), NULL);
        }
        if (rc == DNA_OK) {
            rc = dna_overrides_read(&o, a, texts, DNA_COUNT(texts));
        }
        if (rc == DNA_OK) {
            rc = dna_overrides_apply(v, a, o, DNA_COUNT(texts));
        }
        if (rc == DNA_OK) {
            rc = dna_overrides_collect(&layer, a, v);
        }
        if (rc != DNA_OK && (rc != DNA_ENOMEM || !dna_mem_has_failed())) {
            fail_msg("%lld: %s", (long long)i, dna_message());
        }
        dna_arena_free(a);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_value_takes_the_place_of_the_old_one),
        T(test_missing_mappings_are_made),
        T(test_list_entries_go_by_number_or_name),
        T(test_keys_may_have_dots),
        T(test_what_makes_no_sense_is_refused),
        T(test_messages_name_the_option),
        T(test_paths_are_relative_to_the_current_directory),
        T(test_collected_overrides_repeat_the_change),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

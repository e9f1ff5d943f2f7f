/* test_params.c - learned parameters in both forms.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/log_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/tables.h"

static dna_param *params;
static int64_t n_param;

static int
read_with(const char *text, const char *const *columns, int64_t n_column)
{
    dna_value *v = NULL;
    params = NULL;
    assert_ok(dna_config_parse(&v, arena, text, "t.yml", "/t"));
    return dna_params_read(&params, &n_param, arena, dna_value_get(v, "learned_params"),
        columns, n_column, log_);
}

static int
read(const char *text)
{
    return read_with(text, NULL, 0);
}

static void
test_settings_and_defaults(void **state)
{
    (void)state;
    assert_ok(read("learned_params:\n"
                   "  event_time: {type: regression, log_transform: yes}\n"
                   "  size: {type: regression, loss_weight: 0.5, loss_func: smooth l1,"
                   " tied_to_position: on}\n"
                   "  sel: {type: classification, classes: [no, yes]}\n"
                   "  k: {type: classification, classes: 3, class_weights: none}\n"));
    assert_int_equal(n_param, 4);
    assert_string_equal(params[0].name, "event_time");
    assert_int_equal(params[0].type, DNA_REGRESSION);
    assert_int_equal(params[0].log_transform, 1);
    assert_int_equal(params[0].tied_to_position, 0);
    assert_string_equal(params[0].loss_func, "MSE");
    assert_true(
        params[0].loss_weight == 1 && params[0].std == 1 && params[0].mean == 0);
    assert_int_equal(params[0].has_stats, 0);
    assert_true(params[1].loss_weight == 0.5);
    assert_string_equal(params[1].loss_func, "smooth l1");
    assert_int_equal(params[1].tied_to_position, 1);
    assert_int_equal(params[2].type, DNA_CLASSIFICATION);
    assert_int_equal(params[2].n_class, 2);
    assert_string_equal(params[2].labels[0], "no");
    assert_string_equal(params[2].labels[1], "yes");
    assert_string_equal(params[2].loss_func, "Cross Entropy");
    assert_string_equal(params[2].class_weights, "balanced");
    assert_int_equal(params[3].n_class, 3);
    assert_string_equal(params[3].labels[2], "2");
    assert_string_equal(params[3].class_weights, "none");
    assert_int_equal(dna_params_n_output(params, n_param), 2 + 2 + 3);
    assert_string_equal(lines, "");
}

static void
test_mapping_follows_the_table_and_list_does_not(void **state)
{
    (void)state;
    static const char *const columns[] = {
        "scenario_idx", "param1", "param2", "n_replicates", "param3"};
    assert_ok(read_with(
        "learned_params: {param3: {type: regression}, param2: {type: regression}, param1: {type: regression}}",
        columns, 5));
    assert_string_equal(params[0].name, "param1");
    assert_string_equal(params[1].name, "param2");
    assert_string_equal(params[2].name, "param3");
    assert_ok(read_with("learned_params:\n- param2: {type: regression}\n"
                        "- param1: {type: regression}\n",
        columns, 5));
    assert_string_equal(params[0].name, "param2");
    assert_string_equal(params[1].name, "param1");
    assert_ok(read("learned_params: {b: {type: regression}, a: {type: regression}}"));
    assert_string_equal(params[0].name, "b");
    assert_fails(read_with("learned_params: {parma1: {type: regression}}", columns, 5),
        DNA_ENOTFOUND,
        "t.yml:1: learned_params: the parameter table has no column \"parma1\"; did you mean \"param1\"");
    assert_fails(read_with("learned_params: [qq: {type: regression}]", columns, 5),
        DNA_ENOTFOUND, "has no column \"qq\"");
}

static void
test_labels_keep_their_text_and_count_once(void **state)
{
    (void)state;
    assert_ok(read("learned_params:\n"
                   "  a:\n    type: classification\n"
                   "    classes: [007, 1.50, true, 007, x]\n"
                   "    n_classes: 5\n"));
    assert_int_equal(params[0].n_class, 4);
    assert_string_equal(params[0].labels[0], "007");
    assert_string_equal(params[0].labels[1], "1.50");
    assert_string_equal(params[0].labels[2], "true");
    assert_string_equal(params[0].labels[3], "x");
    assert_non_null(strstr(lines,
        "t.yml:4: learned_params.a.classes: the label \"007\" is there twice and counts once"));
    assert_non_null(strstr(lines, "n_classes is 5, but there are 4 classes"));
}

static void
test_mistakes_are_explained(void **state)
{
    (void)state;
    assert_fails(read("a: 1"), DNA_EARG,
        "learned_params: nothing is not a mapping or a list of parameters");
    assert_fails(read("learned_params: {}"), DNA_EARG,
        "t.yml:1: learned_params: is empty, at least one parameter is needed; write \"name: {type: regression}\"");
    assert_fails(read("learned_params: []"), DNA_EARG, "is empty");
    assert_fails(read("learned_params: 5"), DNA_EARG, "5 is not a mapping or a list");
    assert_fails(read("learned_params: {a: regression}"), DNA_EARG,
        "learned_params.a: \"regression\" is not a mapping; write");
    assert_fails(read("learned_params:\n- a\n"), DNA_EARG,
        "t.yml:2: learned_params[0]: \"a\" is not one parameter; write");
    assert_fails(read("learned_params: [{a: {type: regression}, b: {}}]"), DNA_EARG,
        "learned_params[0]: a mapping (a, ...) is not one parameter");
    assert_fails(read("learned_params: {a: {log_transform: yes}}"), DNA_EARG,
        "learned_params.a: type is missing");
    assert_fails(read("learned_params: {a: {type: regresion}}"), DNA_EARG,
        "learned_params.a: type is \"regresion\"");
    assert_fails(read("learned_params: {a: {type: regression, log_trasform: yes}}"),
        DNA_EARG, "unknown key \"log_trasform\"; did you mean \"log_transform\"");
    assert_fails(read("learned_params: {a: {type: regression, classes: 2}}"), DNA_EARG,
        "only a classification has \"classes\"");
    assert_fails(read("learned_params: {a: {type: classification}}"), DNA_EARG,
        "learned_params.a.classes: is required but missing");
    assert_fails(read("learned_params: {a: {type: classification, classes: 0}}"),
        DNA_EARG, "0 classes are not between 1 and 10000");
    assert_fails(read("learned_params: {a: {type: classification, classes: []}}"),
        DNA_EARG, "0 classes are not between");
    assert_fails(read("learned_params: {a: {type: classification, classes: two}}"),
        DNA_EARG, "\"two\" is not a number of classes or a list of their labels");
    assert_fails(read("learned_params: {a: {type: classification, classes: [[x]]}}"),
        DNA_EARG, "a list of 1 is not a label");
    assert_fails(read("learned_params: {a: {type: regression, loss_weight: 2}}"),
        DNA_EARG, "learned_params.a.loss_weight: 2 is not at most 1");
    assert_fails(read("learned_params: [a: {type: regression}, a: {type: regression}]"),
        DNA_EARG, "\"a\" is there twice");
    assert_fails(read("learned_params: {splits: {type: regression}}"), DNA_EARG,
        "has a meaning of its own");
    char *many = malloc(400000);
    assert_non_null(many);
    char *end = many + sprintf(many, "learned_params: [");
    for (int i = 0; i <= 10000; i++) {
        end += sprintf(end, "{},");
    }
    strcpy(end, "]");
    assert_fails(read(many), DNA_EARG, "10001 parameters are more than 10000");
    free(many);
    assert_fails(read("learned_params: {'': {type: regression}}"), DNA_EARG,
        "a parameter without a name");
}

static void
test_list_form_reads_back(void **state)
{
    (void)state;
    dna_value *list = NULL;
    dna_value *expected = NULL;
    assert_ok(read("learned_params:\n  t: {type: regression, log_transform: yes}\n"
                   "  s: {type: classification, classes: ['no', 'yes']}\n"));
    assert_ok(dna_params_to_value(&list, arena, params, n_param));
    assert_ok(dna_config_parse(&expected, arena,
        "l:\n"
        "- t: {type: regression, log_transform: true, loss_func: MSE, loss_weight: 1,"
        " tied_to_position: false}\n"
        "- s: {type: classification, classes: ['no', 'yes'], n_classes: 2,"
        " loss_func: Cross Entropy, loss_weight: 1, class_weights: balanced}\n",
        "t.yml", "/t"));
    assert_true(dna_value_equal(list, dna_value_get(expected, "l")));
    dna_param *again = NULL;
    int64_t n = 0;
    assert_ok(dna_params_read(&again, &n, arena, list, NULL, 0, log_));
    assert_int_equal(n, 2);
    assert_string_equal(again[1].labels[0], "no");
}

static void
test_class_weights_may_be_a_list(void **state)
{
    (void)state;
#define CLASSES "learned_params: {s: {type: classification, classes: 3, class_weights: "
    dna_value *list = NULL;
    dna_param *again = NULL;
    int64_t n = 0;
    assert_ok(read(CLASSES "[0.5, 2, 1e-1]}}"));
    assert_ok(dna_params_to_value(&list, arena, params, n_param));
    assert_ok(dna_params_read(&again, &n, arena, list, NULL, 0, log_));
    for (int i = 0; i < 2; i++) {
        const dna_param *p = i == 0 ? params : again;
        assert_string_equal(p->class_weights, "list");
        assert_true(p->class_weight_list[0] == 0.5 && p->class_weight_list[1] == 2.0
                    && p->class_weight_list[2] == 0.1);
    }
    assert_fails(read(CLASSES "[1, 2]}}"), DNA_EARG,
        "learned_params.s.class_weights: 2 weights for 3 classes");
    assert_fails(read(CLASSES "[1, -1, 2]}}"), DNA_EARG,
        "class_weights: -1 is not a finite number from 0 on");
    assert_fails(read(CLASSES "[1, .inf, 2]}}"), DNA_EARG, "is not a finite number");
    assert_fails(read(CLASSES "[1, a, 2]}}"), DNA_EARG, "\"a\" is not a finite number");
    assert_fails(read(CLASSES "[0, 0, 0]}}"), DNA_EARG, "the weights add up to 0");
    assert_fails(read(CLASSES "rare}}"), DNA_EARG,
        "class_weights: \"rare\" is not balanced, none or a list of one number a class");
    assert_fails(read(CLASSES "{a: 1}}}"), DNA_EARG, "is not balanced, none or a list");
    assert_fails(read(CLASSES "null}}"), DNA_EARG, "is null: nothing is given");
#undef CLASSES
}

static int
read_stats(const char *text)
{
    dna_value *v = NULL;
    assert_ok(dna_config_parse(&v, arena, text, "t.yml", "/t"));
    assert_ok(read(
        "learned_params: [t: {type: regression}, c: {type: classification, classes: 2}]"));
    return dna_params_read_stats(params, n_param, v);
}

static void
test_statistics_are_filled_in(void **state)
{
    (void)state;
    assert_ok(read_stats("{train_mean: {t: 7}, train_std: {t: 0.5}}"));
    assert_true(params[0].mean == 7 && params[0].std == 0.5);
    assert_int_equal(params[0].has_stats, 1);
    assert_int_equal(params[1].has_stats, 0);
    assert_ok(read_stats("{a: 1}"));
    assert_int_equal(params[0].has_stats, 0);
    assert_fails(read_stats("{train_mean: {t: 7}}"), DNA_EARG, "come together");
    assert_fails(read_stats("{train_mean: {x: 7}, train_std: {t: 1}}"), DNA_ENOTFOUND,
        "train_mean: has no \"t\"");
    assert_fails(read_stats("{train_mean: {t: a}, train_std: {t: 1}}"), DNA_EARG,
        "train_mean: t: \"a\" is not a finite number");
    assert_fails(read_stats("{train_mean: {t: 1}, train_std: {t: .nan}}"), DNA_EARG,
        "is not a finite number");
    assert_fails(read_stats("{train_mean: {t: 1}, train_std: {t: 0}}"), DNA_EARG,
        "train_std: t: 0 is not above 0");
}

static void
test_memory_running_out_is_an_error(void **state)
{
    (void)state;
    for_each_oom(i) {
        static const char text[] =
            "learned_params: {a: {type: regression}, b: {type: classification, classes: [x, y], class_weights: [1, 2]}}";
        dna_arena *a = NULL;
        dna_value *v = NULL;
        dna_param *p = NULL;
        int64_t n = 0;
        int rc = dna_arena_new(&a);
        if (rc == DNA_OK) {
            rc = dna_config_parse(&v, a, text, "t.yml", "/t");
        }
        if (rc == DNA_OK) {
            rc = dna_params_read(
                &p, &n, a, dna_value_get(v, "learned_params"), NULL, 0, NULL);
        }
        if (rc == DNA_OK) {
            rc = dna_params_to_value(&v, a, p, n);
        }
        assert_true(rc == DNA_OK || (rc == DNA_ENOMEM && dna_mem_has_failed()));
        dna_arena_free(a);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

static void
test_targets_come_back_in_their_own_unit(void **state)
{
    (void)state;
    const dna_param plain = {.std = 1.0};
    const dna_param scaled = {.mean = 10.0, .std = 4.0, .has_stats = 1};
    const dna_param logs = {
        .mean = 2.0, .std = 0.5, .has_stats = 1, .log_transform = 1};
    assert_near(dna_param_to_natural(&plain, 3.25), 3.25, 0.0);
    assert_near(dna_param_to_target(&plain, 3.25), 3.25, 0.0);
    assert_near(dna_param_to_natural(&scaled, -0.5), 8.0, 0.0);
    assert_near(dna_param_to_target(&scaled, 8.0), -0.5, 0.0);
    /* exp(2 - 2 * 0.5) = e */
    assert_near(dna_param_to_natural(&logs, -2.0), 2.718281828459045, 1e-15);
    assert_near(dna_param_to_target(&logs, 2.718281828459045), -2.0, 1e-15);
    assert_true(isnan(dna_param_to_natural(&logs, (double)NAN)));
    /* 0 survives whatever mean and deviation it was scaled with */
    for (int i = 1; i < 2000; i++) {
        const dna_param odd = {
            .mean = 1000.0 / (double)i, .std = 0.1 * sqrt((double)i), .has_stats = 1};
        double zero = dna_param_to_natural(&odd, dna_param_to_target(&odd, 0.0));
        assert_true(zero == 0.0);
        double small = dna_param_to_natural(&odd, dna_param_to_target(&odd, 1e-9));
        assert_near(small / 1e-9, 1.0, 1e-3);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_settings_and_defaults),
        T(test_mapping_follows_the_table_and_list_does_not),
        T(test_labels_keep_their_text_and_count_once),
        T(test_mistakes_are_explained),
        T(test_list_form_reads_back),
        T(test_class_weights_may_be_a_list),
        T(test_statistics_are_filled_in),
        cmocka_unit_test(test_targets_come_back_in_their_own_unit),
        cmocka_unit_test(test_memory_running_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_expression.c - formulas: values, names, types, and what is said of wrong ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/expression.h"

#include <math.h>
#include <string.h>

#include "support/arena_fixture.h"

static const char *const labels[] = {"no", "split"};
static const dna_expression_name names[] = {
    {"a", NULL, 0}, {"b", NULL, 0}, {"recent_size", NULL, 0}, {"model", labels, 2}};
static const double values[] = {2, 3, 1000, 1};
static const dna_expression_scope scope = {names, 4};

static double
value_of(const char *text)
{
    dna_expression *e = NULL;
    dna_rng rng;
    double v = 0;

    dna_rng_init(&rng, 1, "test", 0, 0, 0);
    assert_ok(dna_expression_parse(&e, arena, text, &scope, false));
    assert_ok(dna_expression_eval(e, values, &rng, &v));
    return v;
}

static bool
holds(const char *text)
{
    dna_expression *e = NULL;
    double v = 0;

    assert_ok(dna_expression_parse(&e, arena, text, &scope, true));
    assert_ok(dna_expression_eval(e, values, NULL, &v));
    return v != 0;
}

static void
test_arithmetic_is_that_of_mathematics(void **state)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1 + 2 * 3", 7}, {"(1 + 2) * 3", 9}, {"8 - 4 - 2", 2},
        {"16 / 4 / 2", 2}, {"2 ^ 3 ^ 2", 512}, {"2 ** 3", 8}, {"-2 ^ 2", -4},
        {"2 ^ -1", 0.5}, {"- -3", 3}, {"+a", 2}, {"3--2", 5}, {"1e-8 * 1E8", 1},
        {".5 + 1.", 1.5}, {"a*b+recent_size", 1006}, {"min(a, b)", 2},
        {"max(1, a, b, 2)", 3}, {"log(exp(2))", 2}, {"log10(recent_size)", 3},
        {"sqrt(16)", 4}, {"abs(a - b)", 1}, {"floor(2.7) + ceil(2.2)", 5},
        {"round(2.5)", 3}, {"if(a < b, 10, 20)", 10}, {"if(not a < b, 10, 20)", 20},
        {"if(model == \"split\", a, b)", 2}, {"  a\t", 2}};

    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        assert_near(value_of(cases[i].text), cases[i].value, 1e-14);
    }
}

static void
test_conditions_compare_and_join(void **state)
{
    (void)state;
    assert_true(holds("a < b"));
    assert_false(holds("a >= b"));
    assert_true(holds("1 < a < b"));
    assert_false(holds("1 < b < a"));
    assert_true(holds("a < b and b < 5 * a"));
    assert_true(holds("a > b or b == 3"));
    assert_true(holds("a > b and b > 9 or a == 2")); /* and binds more tightly */
    assert_false(holds("a > b and (b > 9 or a == 2)"));
    assert_true(holds("not (a > b)"));
    assert_true(holds("a != b"));
    assert_true(holds("model == 'split'"));
    assert_true(holds("'no' != model"));
    assert_true(holds("a <= 2 and a >= 2"));
}

static void
refuse(const char *text, int code, const char *why)
{
    dna_expression *e = NULL;
    assert_fails(dna_expression_parse(&e, arena, text, &scope, false), code, why);
    assert_null(e);
}

static void
refuse_condition(const char *text, const char *why)
{
    dna_expression *e = NULL;
    assert_fails(dna_expression_parse(&e, arena, text, &scope, true), DNA_EARG, why);
}

static void
test_wrong_formulas_are_refused_with_the_place(void **state)
{
    (void)state;
    refuse("a +", DNA_EARG, "\"a +\": a value is expected at its end");
    refuse("", DNA_EARG, "a value is expected");
    refuse("a + * b", DNA_EARG, "a value is expected at \"* b\"");
    refuse("a b", DNA_EARG, "an operator is expected at \"b\"");
    refuse("(a", DNA_EARG, "\")\" is missing");
    refuse("min(a, b", DNA_EARG, "\")\" is missing");
    refuse("recnt_size * 2", DNA_ENOTFOUND, "did you mean \"recent_size\"?");
    refuse("sin(a)", DNA_ENOTFOUND, "there is no function \"sin\"");
    refuse("log(a, b)", DNA_EARG, "log has 1 argument, not 2");
    refuse("max(a)", DNA_EARG, "max has 2 arguments, not 1");
    refuse("uniform(1)", DNA_EARG, "uniform has 2 arguments, not 1");
    refuse("uniform(1, 2, 3, 4, 5)", DNA_EARG, "more come");
    refuse("if(a, 1, 2)", DNA_EARG, "a condition, such as a < b, is expected");
    refuse("a < b", DNA_EARG, "a number is expected");
    refuse("(a < b) + 1", DNA_EARG, "a number is expected");
    refuse("model * 2", DNA_EARG, "a number is expected");
    refuse("'x'", DNA_EARG, "a number is expected");
    refuse("1.2.3", DNA_EARG, "this is not a number");
    refuse("2x", DNA_EARG, "this is not a number");
    refuse("1e999", DNA_EARG, "this is not a number");
    refuse("a and b", DNA_EARG, "a condition");
    refuse("and", DNA_EARG, "a value is expected");
    refuse_condition("a", "a condition");
    refuse_condition("a = b", "equality is written ==");
    refuse_condition("1 < a < b < 4", "joined with and");
    refuse_condition("a < uniform(0, 1)", "would draw");
    refuse_condition("model == 'splt'", "did you mean \"split\"?");
    refuse_condition("model < 'split'", "by == or !=");
    refuse_condition("model == a", "by == or !=");
    refuse_condition("a == 'x'", "by == or !=");
    refuse_condition("model == 'split", "does not end");
}

static void
test_depth_and_length_are_bounded(void **state)
{
    char text[5000];

    (void)state;
    memset(text, '(', 4000);
    text[4000] = '\0';
    refuse(text, DNA_EARG, "nested too deeply");
    memset(text, '-', 4000);
    refuse(text, DNA_EARG, "nested too deeply");
    memset(text, '1', 4500);
    text[4500] = '\0';
    refuse(text, DNA_EARG, "is longer than 4096 characters");
    for (int i = 0; i < 4000; i += 2) {
        memcpy(text + i, "1+", 2);
    }
    memcpy(text + 4000, "1", 2);
    assert_near(value_of(text), 2001, 0);
}

static void
test_what_is_known_before(void **state)
{
    static const bool whole[] = {true, false, true, false};
    static const struct {
        const char *text;
        bool draws, is_constant, is_integer;
    } cases[] = {{"1", false, true, true}, {"1.5 * 2", false, true, false},
        {"a * 3 - 1", false, false, true}, {"a * b", false, false, false},
        {"floor(b * 2.5)", false, false, true}, {"a / 2", false, false, false},
        {"uniform(1, 2)", true, false, false}, {"integer(1, 2) + a", true, false, true},
        {"floor(10 ^ uniform(1, 5))", true, false, true},
        {"if(b > 1, a, 2)", false, false, true}, {"max(a, b)", false, false, false},
        {"log(10)", false, true, false}};

    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        dna_expression *e = NULL;
        assert_ok(dna_expression_parse(&e, arena, cases[i].text, &scope, false));
        assert_int_equal(dna_expression_draws(e), cases[i].draws);
        assert_int_equal(dna_expression_is_constant(e), cases[i].is_constant);
        assert_int_equal(dna_expression_is_integer(e, whole), cases[i].is_integer);
    }
}

static void
test_arguments_of_a_draw_are_checked(void **state)
{
    dna_expression *e = NULL;
    double v = 0;
    dna_rng rng;

    (void)state;
    dna_rng_init(&rng, 1, "test", 0, 0, 0);
    assert_ok(dna_expression_parse(&e, arena, "1 + uniform(b, a)", &scope, false));
    assert_ok(dna_expression_check(e)); /* not known before */
    assert_fails(dna_expression_eval(e, values, &rng, &v), DNA_EARG,
        "uniform: low 3 is above high 2");
    assert_ok(dna_expression_parse(&e, arena, "a + uniform(3, 2)", &scope, false));
    assert_fails(dna_expression_check(e), DNA_EARG, "uniform: low 3 is above high 2");
    assert_ok(dna_expression_parse(&e, arena, "normal(log(-1), 1)", &scope, false));
    assert_fails(dna_expression_check(e), DNA_EARG, "normal: mean is");
    assert_ok(dna_expression_parse(&e, arena, "normal(log(a - b), 1)", &scope, false));
    assert_fails(dna_expression_eval(e, values, &rng, &v), DNA_EARG, "normal: mean is");
}

static void
test_names(void **state)
{
    (void)state;
    assert_true(dna_expression_is_name("N0"));
    assert_true(dna_expression_is_name("_x_1"));
    assert_false(dna_expression_is_name(""));
    assert_false(dna_expression_is_name("1x"));
    assert_false(dna_expression_is_name("a-b"));
    assert_false(dna_expression_is_name("log"));
    assert_false(dna_expression_is_name("uniform"));
    assert_false(dna_expression_is_name("and"));
}

static void
test_every_allocation_may_fail(void **state)
{
    (void)state;
    for_each_oom(i) {
        dna_arena *own = NULL;
        dna_expression *e = NULL;
        int rc = dna_arena_new(&own);
        if (rc == DNA_OK) {
            rc = dna_expression_parse(&e, own,
                "if(1 < a < 3 and model == 'no', min(a, b, 1), -uniform(a, b) ^ 2)",
                &scope, false);
        }
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        dna_arena_free(own);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_arithmetic_is_that_of_mathematics, begin, end),
        cmocka_unit_test_setup_teardown(test_conditions_compare_and_join, begin, end),
        cmocka_unit_test_setup_teardown(
            test_wrong_formulas_are_refused_with_the_place, begin, end),
        cmocka_unit_test_setup_teardown(test_depth_and_length_are_bounded, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_known_before, begin, end),
        cmocka_unit_test_setup_teardown(
            test_arguments_of_a_draw_are_checked, begin, end),
        cmocka_unit_test(test_names), cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_prior.c - values of a scenario: distributions against theory, order, conditions,
 * tables, and what is said of wrong ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/prior.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "support/support.h"

typedef struct {
    dna_arena *arena;
    dna_priors *p;
} set;

static int
try_read(set *s, const char *text)
{
    dna_value *config = NULL;
    int rc = DNA_OK;

    *s = (set){0};
    DNA_TRY(dna_arena_new(&s->arena));
    DNA_TRY(dna_config_parse(&config, s->arena, text, "t.yml", "/"));
    DNA_TRY(dna_priors_new(&s->p));
    DNA_TRY(dna_priors_read(s->p, config));
    DNA_TRY(dna_priors_finish(s->p));
out:
    return rc;
}

static void
clear(set *s)
{
    dna_priors_free(s->p);
    dna_arena_free(s->arena);
}

static void
refuse(const char *text, int code, const char *why)
{
    set s;
    assert_fails(try_read(&s, text), code, why);
    clear(&s);
}

/* ---- distributions against theory --------------------------------------------------- */

enum { N_DRAW = 20000 };

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* n draws of the only parameter of a config. */
static double *
draw_many(const char *text)
{
    set s;
    char whole[512];
    double *x = calloc(N_DRAW, sizeof(*x));

    snprintf(whole, sizeof(whole), "parameters: {x: %s}\n", text);
    assert_ok(try_read(&s, whole));
    assert_ok(dna_priors_table(s.p, 7, N_DRAW, x));
    clear(&s);
    return x;
}

typedef double (*cdf_fn)(double x);

/* Kolmogorov and Smirnov: D sqrt(n) is above 1.95 once in a thousand. */
static void
assert_follows(const char *text, cdf_fn cdf)
{
    double *x = draw_many(text);
    double most = 0;

    qsort(x, N_DRAW, sizeof(*x), compare);
    for (int i = 0; i < N_DRAW; i++) {
        double f = cdf(x[i]);
        most = fmax(most, fmax(f - (double)i / N_DRAW, (i + 1.0) / N_DRAW - f));
    }
    if (most * sqrt(N_DRAW) > 1.95) {
        fail_msg("%s: D sqrt(n) is %g", text, most * sqrt(N_DRAW));
    }
    free(x);
}

static void
assert_moments(const char *text, double mean, double variance)
{
    double *x = draw_many(text);
    double sum = 0, squares = 0;

    for (int i = 0; i < N_DRAW; i++) {
        sum += x[i] - mean;
        squares += (x[i] - mean) * (x[i] - mean);
    }
    if (fabs(sum / N_DRAW) > 4 * sqrt(variance / N_DRAW)) {
        fail_msg("%s: mean %g, not %g", text, mean + sum / N_DRAW, mean);
    }
    assert_near(squares / N_DRAW / variance, 1, 0.1);
    free(x);
}

static double
phi(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

static double
cdf_uniform(double x)
{
    return (x + 2) / 5;
}
static double
cdf_log_uniform(double x)
{
    return log(x / 10) / log(1e4);
}
static double
cdf_normal(double x)
{
    return phi((x - 3) / 2);
}
static double
cdf_log_normal(double x)
{
    return phi((log(x) - 3) / 2);
}
static double
cdf_exponential(double x)
{
    return -expm1(-x / 50);
}
static double
cdf_beta_1_3(double x) /* 1 - (1 - x)^3 */
{
    return 1 - (1 - x) * (1 - x) * (1 - x);
}
static double
cdf_beta_half(double x) /* the arcsine law */
{
    return asin(sqrt(x)) * 2 / 3.14159265358979323846;
}
static double
cdf_beta_small(double x) /* a = 0.1, b = 1: x^0.1 */
{
    return pow(x, 0.1);
}
static double
cdf_gamma_2(double x) /* shape 2, scale 3 */
{
    return 1 - exp(-x / 3) * (1 + x / 3);
}
static double
cdf_gamma_half(double x) /* half a chi square: shape 0.5, scale 2 */
{
    return erf(sqrt(x / 2));
}

static double
truncated(double x, double low, double high)
{
    /* upper tails, so that far ones keep their digits */
    return (erfc(low / sqrt(2)) - erfc(x / sqrt(2)))
           / (erfc(low / sqrt(2)) - erfc(high / sqrt(2)));
}
static double
cdf_wide(double x)
{
    return truncated(x, -1, 4);
}
static double
cdf_narrow(double x)
{
    return truncated(x, -0.5, 0.7);
}
static double
cdf_tail(double x)
{
    return truncated(x, 3, 20);
}
static double
cdf_tail_narrow(double x)
{
    return truncated(x, 5, 5.05);
}
static double
cdf_left(double x) /* mean 10, sd 2, below 5 */
{
    return 1 - truncated(-(x - 10) / 2, 2.5, 20);
}

static void
test_draws_follow_their_distributions(void **state)
{
    (void)state;
    assert_follows("{uniform: [-2, 3]}", cdf_uniform);
    assert_follows("{uniform: {high: 3, low: -2}}", cdf_uniform);
    assert_follows("{expression: \"uniform(-2, 3)\"}", cdf_uniform);
    assert_follows("{log_uniform: [10, 100000]}", cdf_log_uniform);
    assert_follows("\"10 ^ uniform(1, 5)\"", cdf_log_uniform);
    assert_follows("{normal: [3, 2]}", cdf_normal);
    assert_follows("{log_normal: [3, 2]}", cdf_log_normal);
    assert_follows("{exponential: 50}", cdf_exponential);
    assert_follows("{exponential: [50]}", cdf_exponential);
    assert_follows("{beta: [1, 3]}", cdf_beta_1_3);
    assert_follows("{beta: [0.5, 0.5]}", cdf_beta_half);
    assert_follows("{beta: [0.1, 1]}", cdf_beta_small);
    assert_follows("{gamma: [2, 3]}", cdf_gamma_2);
    assert_follows("{gamma: [0.5, 2]}", cdf_gamma_half);
    assert_follows("{truncated_normal: [0, 1, -1, 4]}", cdf_wide);
    assert_follows("{truncated_normal: [0, 1, -0.5, 0.7]}", cdf_narrow);
    assert_follows("{truncated_normal: [0, 1, 3, 20]}", cdf_tail);
    assert_follows("{truncated_normal: [0, 1, 5, 5.05]}", cdf_tail_narrow);
    assert_follows(
        "{truncated_normal: {mean: 10, sd: 2, low: -30, high: 5}}", cdf_left);
    assert_follows("{normal: [0, 1], within: [-1, 4]}", cdf_wide);
}

static void
test_moments_are_those_of_theory(void **state)
{
    (void)state;
    assert_moments("{uniform: [-2, 3]}", 0.5, 25.0 / 12);
    assert_moments("{integer: [-3, 6]}", 1.5, 99.0 / 12);
    assert_moments("{beta: [2, 5]}", 2.0 / 7, 10.0 / (49 * 8));
    assert_moments("{gamma: [7.5, 2]}", 15, 30);
    assert_moments("{choice: [1, 2, 5], weights: [2, 1, 1]}", 2.25, 7.75 - 5.0625);
    assert_moments("{choice: [0, 1]}", 0.5, 0.25);
}

static void
test_bounds_are_kept_and_met(void **state)
{
    double *x = draw_many("{integer: [3, 7]}");
    int64_t n[10] = {0};

    (void)state;
    for (int i = 0; i < N_DRAW; i++) {
        assert_true(x[i] == floor(x[i]) && x[i] >= 3 && x[i] <= 7);
        n[(int)x[i]]++;
    }
    for (int k = 3; k <= 7; k++) { /* 4000 each, sd 56.6 */
        assert_true(fabs((double)n[k] - 4000) < 4 * 56.6);
    }
    free(x);
    x = draw_many("{log_uniform: [7, 7]}");
    assert_true(x[0] == 7 && x[N_DRAW - 1] == 7);
    free(x);
    x = draw_many("{truncated_normal: [0, 1, 2, 2]}");
    assert_true(x[0] == 2);
    free(x);
    x = draw_many("{choice: [4, 5], weights: [0, 1]}");
    for (int i = 0; i < N_DRAW; i++) {
        assert_true(x[i] == 5);
    }
    free(x);
}

/* ---- values of values ---------------------------------------------------------------- */

static void
test_a_value_may_depend_on_one_written_later(void **state)
{
    set s;
    double row[4], again[4], values[4];
    const dna_sim_column *columns = NULL;
    int64_t n = 0;
    dna_rng rng;

    (void)state;
    assert_ok(try_read(&s, "parameters:\n"
                           "  event_size: floor(recent_size * x)\n"
                           "  recent_size: {integer: [1000, 2000]}\n"
                           "  x: {log_uniform: [0.1, 10]}\n"
                           "  kind: {choice: [no, yes, 'a b']}\n"));
    dna_priors_columns(s.p, &columns, NULL, &n);
    assert_int_equal(n, 4);
    assert_string_equal(columns[0].name, "event_size");
    assert_true(columns[0].is_integer && columns[1].is_integer);
    assert_false(columns[2].is_integer);
    assert_int_equal(columns[3].n_label, 3);
    assert_string_equal(columns[3].labels[0], "no");
    assert_string_equal(columns[3].labels[2], "a b");
    for (int i = 0; i < 50; i++) {
        dna_rng_init(&rng, 3, "test", i, 0, 0);
        assert_ok(dna_priors_draw(s.p, &rng, -1, row));
        assert_true(row[0] == floor(row[1] * row[2]));
        dna_rng_init(&rng, 3, "test", i, 0, 0);
        assert_ok(dna_priors_draw(s.p, &rng, -1, again));
        assert_memory_equal(row, again, sizeof(row));
    }
    assert_ok(dna_priors_restore(s.p, row, values));
    assert_memory_equal(row, values, sizeof(row));
    clear(&s);
}

static void
test_the_order_written_is_the_order_drawn(void **state)
{
    set s;
    double row[2], expected[2];
    dna_rng rng;

    (void)state;
    assert_ok(
        try_read(&s, "parameters: {zz: {uniform: [0, 1]}, aa: {uniform: [0, 1]}}"));
    dna_rng_init(&rng, 3, "test", 0, 0, 0);
    expected[0] = dna_rng_uniform(&rng);
    expected[1] = dna_rng_uniform(&rng);
    dna_rng_init(&rng, 3, "test", 0, 0, 0);
    assert_ok(dna_priors_draw(s.p, &rng, -1, row));
    assert_memory_equal(row, expected, sizeof(row));
    clear(&s);
}

static void
test_settings_are_no_columns_unless_drawn(void **state)
{
    dna_priors *p = NULL;
    const dna_sim_column *columns = NULL;
    const int64_t *place = NULL;
    int64_t n = 0, at[5];
    double row[3], values[6], v = 0;
    dna_rng rng;

    (void)state;
    assert_ok(dna_priors_new(&p));
    assert_ok(dna_priors_add_text(p, &at[0], "length", "2e6", DNA_PRIOR_IS_SETTING));
    assert_ok(dna_priors_add_text(
        p, &at[1], "size_0", "{uniform: [1, 2]}", DNA_PRIOR_IS_SETTING));
    assert_ok(dna_priors_add_text(
        p, &at[2], "size_1", "size_0 * half", DNA_PRIOR_IS_SETTING));
    assert_ok(dna_priors_add_text(p, &at[3], "half", "1 / 2", DNA_PRIOR_IS_SETTING));
    assert_ok(dna_priors_add_text(p, &at[4], "n", "size_1", DNA_PRIOR_IS_SETTING));
    assert_ok(dna_priors_add_number(p, NULL, "n", 50));
    assert_ok(dna_priors_finish(p));
    dna_priors_columns(p, &columns, &place, &n);
    assert_int_equal(n, 3);
    assert_string_equal(columns[0].name, "size_0");
    assert_string_equal(columns[1].name, "size_1");
    assert_string_equal(columns[2].name, "n");
    assert_int_equal(place[0], at[1]);
    assert_true(dna_priors_constant(p, at[0], &v) && v == 2e6);
    assert_true(dna_priors_constant(p, at[3], &v) && v == 0.5);
    assert_false(dna_priors_constant(p, at[2], &v));
    dna_rng_init(&rng, 3, "test", 0, 0, 0);
    assert_ok(dna_priors_draw(p, &rng, -1, row));
    assert_ok(dna_priors_restore(p, row, values));
    assert_true(values[at[0]] == 2e6 && values[at[2]] == row[0] / 2);
    assert_true(values[at[4]] == row[1] && row[2] == 50);
    assert_int_equal(dna_priors_find(p, "half"), at[3]);
    assert_int_equal(dna_priors_find(p, "no"), -1);
    dna_priors_free(p);
}

static void
test_conditions_hold_in_every_row(void **state)
{
    set s;
    double *rows = calloc(3 * 2000, sizeof(*rows));
    int64_t n_split = 0;

    (void)state;
    assert_ok(try_read(&s, "parameters:\n"
                           "  a: {uniform: [0, 1]}\n"
                           "  b: {uniform: [0, 1]}\n"
                           "  model: {choice: [one, split]}\n"
                           "conditions: [a < b, \"model == 'one' or b < 0.5\"]\n"));
    assert_ok(dna_priors_table(s.p, 1, 2000, rows));
    for (int i = 0; i < 2000; i++) {
        const double *r = rows + (ptrdiff_t)3 * i;
        assert_true(r[0] < r[1] && (r[2] == 0 || r[1] < 0.5));
        n_split += r[2] == 1;
    }
    /* P(split) = (1/8) / (1/8 + 1/2) = 0.2, sd of the count 17.9 */
    assert_true(fabs((double)n_split - 400) < 4 * 17.9);
    clear(&s);
    free(rows);
}

static void
test_conditions_that_never_hold_are_named(void **state)
{
    set s;
    double row[2];

    (void)state;
    assert_ok(try_read(&s, "parameters: {a: {uniform: [0, 1]}, b: {uniform: [0, 1]}}\n"
                           "conditions:\n- a > 0.1\n- a + b > 2\n"));
    assert_fails(dna_priors_table(s.p, 1, 1, row), DNA_EARG,
        "scenario 0: /t.yml:4: conditions[1]: \"a + b > 2\" did not hold");
    clear(&s);
    /* two loops within one another end too */
    assert_ok(try_read(
        &s, "parameters: {a: {normal: [0, 1], within: [3, 9]}}\nconditions: a < 0\n"));
    assert_fails(dna_priors_table(s.p, 1, 1, row), DNA_EARG, "did not hold in 1");
    clear(&s);
    assert_ok(try_read(&s, "parameters: {a: 1, b: a + 1}\nconditions: a > b\n"));
    assert_fails(dna_priors_table(s.p, 1, 1, row), DNA_EARG, "in 1 of 1 rows");
    clear(&s);
    assert_ok(try_read(&s, "parameters: {a: {normal: [0, 1], within: [50, 60]}}\n"));
    assert_fails(dna_priors_table(s.p, 1, 1, row), DNA_EARG,
        "parameters.a: of 100000 values none was within [50, 60]");
    clear(&s);
}

/* ---- tables ------------------------------------------------------------------------- */

static void
test_a_table_gives_values_by_rows(void **state)
{
    set s;
    char text[512];
    double rows[3 * 4];
    const dna_sim_column *columns = NULL;
    int64_t n = 0;

    (void)state;
    const char *path = write_text(
        "p.csv", "scenario_idx,N0,kind,f\n0,100,x,0.5\n1,200,y,1e-3\n2,300,x,2\n");
    snprintf(text, sizeof(text),
        "n_scenarios: 3\ntable: %s\nparameters: {N1: N0 * f}\n", path);
    assert_ok(try_read(&s, text));
    dna_priors_columns(s.p, &columns, NULL, &n);
    assert_int_equal(n, 4);
    assert_string_equal(columns[0].name, "N0");
    assert_true(columns[0].is_integer && !columns[2].is_integer);
    assert_string_equal(columns[1].labels[1], "y");
    assert_ok(dna_priors_table(s.p, 1, 3, rows));
    const double expected[] = {100, 0, 0.5, 50, 200, 1, 1e-3, 0.2, 300, 0, 2, 600};
    assert_memory_equal(rows, expected, sizeof(rows));
    clear(&s);
    snprintf(text, sizeof(text), "n_scenarios: 4\ntable: %s\n", path);
    refuse(text, DNA_EARG, "n_scenarios: 4 are more than the 3 rows");
    snprintf(text, sizeof(text), "table: %s\nparameters: {N0: 1}\n", path);
    refuse(text, DNA_EARG, "there is a value \"N0\" already: table: column N0");
    snprintf(text, sizeof(text), "table: %s\n", write_text("q.csv", "a,b\n1,2\n3,\n"));
    refuse(text, DNA_EFORMAT, ":3: b: the cell is empty");
    snprintf(text, sizeof(text), "table: %s\n", write_text("q.csv", "a,b\n"));
    refuse(text, DNA_EFORMAT, "the table has no rows");
    snprintf(text, sizeof(text), "table: %s\n", write_text("q.csv", "a\ninf\n"));
    refuse(text, DNA_EFORMAT, "inf is not finite");
}

/* ---- refusals ----------------------------------------------------------------------- */

static void
test_wrong_values_are_refused_with_file_and_line(void **state)
{
    (void)state;
    refuse("parameters:\n  a: 1\n  b: c * 2\n", DNA_ENOTFOUND,
        "/t.yml:3: parameters.b: \"c * 2\": there is no value \"c\"");
    refuse("parameters: {a: b, b: 2 * c, c: a}\n", DNA_EARG,
        "the value depends on itself: a -> b -> c -> a");
    refuse("parameters: {a: a + 1}\n", DNA_EARG, "depends on itself: a -> a");
    refuse("parameters: {a: {uniform: [1, b]}, b: a}\n", DNA_EARG, "depends on itself");
    refuse(
        "parameters: {a: {unifrm: [1, 2]}}\n", DNA_EARG, "did you mean \"uniform\"?");
    refuse("parameters: {a: {uniform: [1, 2, 3]}}\n", DNA_EARG,
        "uniform is not a list [low, high]");
    refuse("parameters: {a: {uniform: {low: 1, hgh: 2}}}\n", DNA_EARG, "lacks high");
    refuse("parameters: {a: {uniform: 3}}\n", DNA_EARG, "is not a list");
    refuse("parameters: {a: {uniform: [2, 1]}}\n", DNA_EARG,
        "t.yml:1: parameters.a: uniform: low 2 is above high 1");
    refuse("parameters: {a: {log_uniform: [0, 1]}}\n", DNA_EARG, "0 is not above 0");
    refuse("parameters: {a: {integer: [0.5, 1]}}\n", DNA_EARG, "not a whole number");
    refuse("parameters: {a: {normal: [0, -1]}}\n", DNA_EARG, "sd -1 is below 0");
    refuse("parameters: {a: {truncated_normal: [0, 0, 1, 2]}}\n", DNA_EARG, "sd 0");
    refuse("parameters: {a: {beta: [0, 1]}}\n", DNA_EARG, "beta: 0 is not above 0");
    refuse("parameters: {a: {exponential: 0}}\n", DNA_EARG, "mean 0 is not above 0");
    refuse("parameters: {a: {uniform: [0, .inf]}}\n", DNA_EARG, "inf");
    refuse("parameters: {a: .nan}\n", DNA_EARG, "nan");
    refuse("parameters: {a: 1 / 0}\n", DNA_EARG, "the value is inf");
    refuse("parameters: {a: [1, 2]}\n", DNA_EARG, "a list is not a number");
    refuse("parameters: {a: null}\n", DNA_EARG, "is not a number");
    refuse("parameters: {a: {}}\n", DNA_EARG, "names no distribution");
    refuse("parameters: {a: {within: [1, 2]}}\n", DNA_EARG, "names no distribution");
    refuse(
        "parameters: {a: {uniform: [1, 2], normal: [1, 2]}}\n", DNA_EARG, "second way");
    refuse(
        "parameters: {a: {uniform: [1, 2], weights: [1]}}\n", DNA_EARG, "second way");
    refuse(
        "parameters: {a: {uniform: [1, 2], within: 3}}\n", DNA_EARG, "within is not");
    refuse("parameters: {a: {uniform: [1, 2], within: [\"uniform(0, 1)\", 2]}}\n",
        DNA_EARG, "would draw");
    refuse("parameters: {a: {choice: []}}\n", DNA_EARG, "choice is not a list");
    refuse("parameters: {a: {choice: [x, x]}}\n", DNA_EARG, "\"x\" is there twice");
    refuse("parameters: {a: {choice: [1, [2]]}}\n", DNA_EARG, "choice 1 is a list");
    refuse("parameters: {a: {choice: [1, 2], weights: [1]}}\n", DNA_EARG, "2 numbers");
    refuse(
        "parameters: {a: {choice: [1, 2], weights: [1, -1]}}\n", DNA_EARG, "weight 1");
    refuse("parameters: {a: {choice: [1, 2], weights: [0, 0]}}\n", DNA_EARG,
        "add up to 0");
    refuse("parameters: {a-b: 1}\n", DNA_EARG, "\"a-b\" cannot be the name");
    refuse("parameters: {log: 1}\n", DNA_EARG, "\"log\" cannot be the name");
    refuse("parameters: {scenario_idx: 1}\n", DNA_EARG, "a meaning of its own");
    refuse("parameters: 3\n", DNA_EARG, "is not a mapping");
    refuse("parameters: {a: 1}\nconditions: [3]\n", DNA_EARG, "conditions[0]");
    refuse("parameters: {a: 1}\nconditions: [a]\n", DNA_EARG, "a condition");
    refuse("parameters: {a: 1}\nconditions: [a < b]\n", DNA_ENOTFOUND,
        "t.yml:2: conditions[0]: \"a < b\": there is no value \"b\"");
}

static void
test_values_that_cannot_be_are_refused_when_drawn(void **state)
{
    set s;
    double row[2];

    (void)state;
    assert_ok(try_read(&s, "parameters:\n  a: {uniform: [-2, -1]}\n  b: log(a)\n"));
    assert_fails(dna_priors_table(s.p, 1, 1, row), DNA_ENUMERIC,
        "scenario 0: /t.yml:3: parameters.b: the value is");
    clear(&s);
    assert_ok(
        try_read(&s, "parameters:\n  a: {uniform: [2, 3]}\n  b: {uniform: [a, 1]}\n"));
    assert_fails(dna_priors_table(s.p, 1, 1, row), DNA_EARG,
        "/t.yml:3: parameters.b: uniform: low");
    clear(&s);
}

static void
test_every_allocation_may_fail(void **state)
{
    static const char csv[] = "N0,kind\n100,x\n200,y\n";
    char text[512];

    (void)state;
    snprintf(text, sizeof(text),
        "table: %s\n"
        "parameters: {a: {choice: [u, v]}, b: {uniform: [1, 2], within: [0, c]}, c: 2 * 5}\n"
        "conditions: [b > 0.5]\n",
        write_text("oom.csv", csv));
    for_each_oom(i) {
        set s;
        double rows[10];
        int rc = try_read(&s, text);
        if (rc == DNA_OK) {
            rc = dna_priors_table(s.p, 1, 2, rows);
        }
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        clear(&s);
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
        cmocka_unit_test(test_draws_follow_their_distributions),
        cmocka_unit_test(test_moments_are_those_of_theory),
        cmocka_unit_test(test_bounds_are_kept_and_met),
        cmocka_unit_test(test_a_value_may_depend_on_one_written_later),
        cmocka_unit_test(test_the_order_written_is_the_order_drawn),
        cmocka_unit_test(test_settings_are_no_columns_unless_drawn),
        cmocka_unit_test(test_conditions_hold_in_every_row),
        cmocka_unit_test(test_conditions_that_never_hold_are_named),
        cmocka_unit_test(test_a_table_gives_values_by_rows),
        cmocka_unit_test(test_wrong_values_are_refused_with_file_and_line),
        cmocka_unit_test(test_values_that_cannot_be_are_refused_when_drawn),
        cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

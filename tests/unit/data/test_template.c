/* test_template.c - file-name templates.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/data/data_fixture.h"

#include "data/template.h"

/* The template written for numbers, without padding of its own. */
static void
check_fill(const char *text, int64_t scenario, int64_t replicate, const char *want)
{
    dna_template t;
    dna_str out;
    int64_t number[2] = {scenario, replicate};
    assert_ok(dna_template_parse(&t, text));
    dna_str_init(&out, 0);
    for (int i = 0; i < t.n; i++) {
        switch (t.part[i].kind) {
        case DNA_PART_TEXT:
            dna_str_add(&out, t.part[i].text);
            break;
        case DNA_PART_SLASH:
            dna_str_addc(&out, '/');
            break;
        case DNA_PART_NAME:
            dna_str_add(&out, "cows");
            break;
        case DNA_PART_NUMBER:
        default:
            dna_template_put_number(&out, &t.part[i], number[t.part[i].field], 0);
            break;
        }
    }
    assert_string_equal(dna_str_text(&out), want);
    dna_str_clear(&out);
    dna_template_clear(&t);
}

/* Expected texts are what Python's str.format() gives. */
static void
test_fields_are_filled_as_python_does(void **state)
{
    (void)state;
    check_fill("s_{scenario}/{dataset_name}_{scenario}_{replicate}.npz", 3, 12,
        "s_3/cows_3_12.npz");
    check_fill("{scenario:05}_{replicate:02d}.npz", 42, 7, "00042_07.npz");
    check_fill("{scenario:2}x{scenario:<3}y", 123456, 0, "123456x123456y");
    check_fill("{scenario:4}|{scenario:<4}|{scenario:^4}|{scenario:x>4}", 7, 0,
        "   7|7   | 7  |xxx7");
    check_fill("a\\b//{{{scenario}}}", 1, 0, "a/b/{1}");
}

static void
test_bad_templates_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "is not a file name relative to data_root"},
        {"/abs/{scenario}.npz", "is not a file name relative to data_root"},
        {"x_{replicate}.npz", "has no field {scenario}"},
        {"{scenario}/", "names a folder"},
        {"{name}_{scenario}", "unknown field {name} (allowed: dataset_name"},
        {"{scenario", "{ without }"},
        {"scenario}", "} without {"},
        {"{scenario:5.2f}", "{scenario:5.2f} has no format of a padded number"},
        {"{scenario:099}", "has no format of a padded number"},
        {"{dataset_name:5}_{scenario}", "{dataset_name} takes no format"},
        {"{scenario}{"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
            "unknown field"},
    };
    for (int64_t i = 0; i < DNA_COUNT(bad); i++) {
        dna_template t;
        assert_fails(dna_template_parse(&t, bad[i][0]), DNA_EARG, bad[i][1]);
    }
    char many[1024] = "";
    for (int i = 0; i < 70; i++) {
        strcat(many, "{scenario}");
    }
    dna_template t;
    assert_fails(dna_template_parse(&t, many), DNA_EARG, "more than 64 parts");
}

/* Match a one-component template; want NULL: no match. */
static bool
matches(const char *text, const char *dataset, const char *name, int64_t *numbers)
{
    dna_template t;
    dna_template_match m = {.number = {-1, -1}, .dataset_name = dataset};
    assert_ok(dna_template_parse(&t, text));
    bool is_match = dna_template_match_name(&t, 0, t.n, name, &m);
    memcpy(numbers, m.number, sizeof(m.number));
    dna_template_clear(&t);
    return is_match;
}

static void
test_names_are_matched(void **state)
{
    (void)state;
    int64_t n[2];
    const char *t = "{dataset_name}_{scenario}_{replicate}.npz";
    assert_true(matches(t, "cows", "cows_003_12.npz", n));
    assert_int_equal(n[0], 3);
    assert_int_equal(n[1], 12);
    assert_true(
        matches(t, NULL, "a-b.c_1_2_3.npz", n)); /* any name, also with numbers */
    assert_int_equal(n[0], 2);
    assert_int_equal(n[1], 3);
    assert_true(matches(t, "my-cows.v2", "my-cows.v2_0_0.npz", n));
    assert_false(matches(t, "cows", "sheep_3_12.npz", n));
    assert_false(matches(t, "cows", "cows_3_12.npz.bak", n));
    assert_false(matches(t, "cows", "cows_3_x.npz", n));
    assert_false(matches(t, "cows", "cows_3_.npz", n));
    assert_true(matches("{scenario}{replicate:02}", NULL, "12307", n));
    assert_int_equal(n[0], 123);
    assert_int_equal(n[1], 7);
    assert_false(matches("{scenario:03}", NULL, "07", n));
    assert_true(matches("{scenario:4}x", NULL, "   7x", n));
    assert_int_equal(n[0], 7);
}

static void
test_a_repeated_field_must_agree(void **state)
{
    (void)state;
    int64_t n[2];
    assert_true(matches("{scenario}_{scenario}", NULL, "01_1", n));
    assert_false(matches("{scenario}_{scenario}", NULL, "1_2", n));
    assert_int_equal(n[0], -1);
}

static void
test_numbers_beyond_int64_do_not_match(void **state)
{
    (void)state;
    int64_t n[2];
    assert_false(matches("{scenario}", NULL, "99999999999999999999999", n));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_filled_as_python_does),
        cmocka_unit_test(test_bad_templates_are_refused),
        cmocka_unit_test(test_names_are_matched),
        cmocka_unit_test(test_a_repeated_field_must_agree),
        cmocka_unit_test(test_numbers_beyond_int64_do_not_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

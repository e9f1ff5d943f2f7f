/* test_file_name.c - templates of file names.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <string.h>

#include "run/file_name.h"

static const dna_name_field fields[] = {{.name = "model_name", .text = "m"},
    {.name = "run_id", .number = 7, .default_width = 3}};

static void
assert_filled(const char *template_text, const char *expected)
{
    char *text = NULL;
    assert_ok(dna_name_fill(&text, template_text, fields, 2, "run_name_format"));
    assert_string_equal(text, expected);
    dna_free(text);
}

static void
test_fields_are_replaced_and_numbers_padded(void **state)
{
    (void)state;
    assert_filled("run_{run_id}", "run_007");
    assert_filled("{model_name}_{run_id:05}{run_id:d}{run_id:5d}.{model_name}",
        "m_000077    7.m");
    assert_filled("plain {{x}}", "plain {x}");
    assert_filled("", "");
    assert_true(dna_name_has_field("a{{b}}{run_id:03}", "run_id"));
    assert_false(dna_name_has_field("{{run_id}}", "run_id"));
    assert_false(dna_name_has_field("{run_id", "run_id"));
}

static void
test_bad_templates_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{name}",
            "run_name_format: unknown field {name}, known are {model_name}, {run_id}"},
        {"a{run_id", "\"a{run_id\" has a { without its }"},
        {"a}b", "has a } without its {"},
        {"{run_id:x}", "a format is a width of at most 64, such as 03"},
        {"{run_id:999999999999}", "a format is a width"},
        {"{model_name:03}", "text takes no format"},
        {"{}", "unknown field {}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = NULL;
        assert_fails(dna_name_fill(&text, cases[i].text, fields, 2, "run_name_format"),
            DNA_EARG, cases[i].message);
        assert_null(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_replaced_and_numbers_padded),
        cmocka_unit_test(test_bad_templates_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_opt.c - command lines described as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "cli/opt.h"

typedef struct {
    bool help, quiet, verbose;
    const char *run_id, *run_mode, *level;
    int64_t n;
    dna_opt_list plugins;
    const char *config;
    dna_opt_list inputs;
} values;

static const dna_opt options[] = {{.name = "help",
                                      .letter = 'h',
                                      .kind = OPT_FLAG,
                                      .offset = offsetof(values, help),
                                      .doc = "Help."},
    {.name = "quiet",
        .letter = 'q',
        .kind = OPT_FLAG,
        .exclusive = 1,
        .offset = offsetof(values, quiet),
        .doc = "Say less."},
    {.name = "verbose",
        .letter = 'v',
        .kind = OPT_FLAG,
        .exclusive = 1,
        .offset = offsetof(values, verbose),
        .doc = "Say more."},
    {.name = "run-id",
        .letter = 'r',
        .kind = OPT_TEXT,
        .offset = offsetof(values, run_id),
        .doc = "The run."},
    {.name = "run-mode",
        .kind = OPT_TEXT,
        .offset = offsetof(values, run_mode),
        .doc = "The mode."},
    {.name = "n",
        .letter = 'n',
        .kind = OPT_INT,
        .min = 1,
        .max = 9,
        .offset = offsetof(values, n),
        .doc =
            "A number of things, with a description so long that it has to go on in the line that follows."},
    {0}};
static const dna_opt more[] = {{.name = "level",
                                   .kind = OPT_CHOICE,
                                   .choices = "LOW|HIGH",
                                   .offset = offsetof(values, level),
                                   .doc = "The level."},
    {.name = "plugin",
        .kind = OPT_LIST,
        .offset = offsetof(values, plugins),
        .doc = "A plugin."},
    {.name = "debug",
        .kind = OPT_FLAG,
        .is_hidden = true,
        .offset = offsetof(values, quiet),
        .doc = "Hidden."},
    {0}};
static const dna_arg args[] = {
    {.name = "CONFIG", .offset = offsetof(values, config), .doc = "The config."},
    {.name = "INPUT",
        .is_optional = true,
        .is_repeated = true,
        .offset = offsetof(values, inputs),
        .doc = "Files."},
    {0}};
static const dna_opt_spec spec = {
    .name = "prog", .doc = "Does it.", .opts = {options, more}, .args = args};

/* Split a line at blanks and parse it. */
static int
parse(const char *line, values *v)
{
    static char copy[512];
    static char *argv[64];
    int argc = 0, n_used = 0;
    snprintf(copy, sizeof(copy), "prog %s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    *v = (values){.n = 5};
    return dna_opt_parse(&spec, argc, argv, v, &n_used);
}

static void
test_all_gnu_forms_are_understood(void **state)
{
    (void)state;
    values v;
    assert_ok(parse(
        "--run-id 7 c.yml -n3 --level=high -q a.npz --plugin x --plugin=y b.npz", &v));
    assert_string_equal(v.run_id, "7");
    assert_int_equal(v.n, 3);
    assert_string_equal(v.level, "high");
    assert_true(v.quiet && !v.verbose);
    assert_string_equal(v.config, "c.yml");
    assert_int_equal(v.inputs.n, 2);
    assert_string_equal(v.inputs.items[1], "b.npz");
    assert_int_equal(v.plugins.n, 2);
    assert_string_equal(v.plugins.items[0], "x");
    dna_opt_clear(&spec, &v);
    assert_int_equal(v.plugins.n, 0);
}

static void
test_what_is_not_given_keeps_its_value(void **state)
{
    (void)state;
    values v;
    assert_ok(parse("c.yml", &v));
    assert_int_equal(v.n, 5);
    assert_null(v.run_id);
    dna_opt_clear(&spec, &v);
}

static void
test_unambiguous_prefixes_are_enough(void **state)
{
    (void)state;
    values v;
    assert_ok(parse("c.yml --run-i 1 --verb --le=LOW", &v));
    assert_string_equal(v.run_id, "1");
    assert_true(v.verbose);
    dna_opt_clear(&spec, &v);
    assert_fails(parse("c.yml --run 1", &v), DNA_EARG,
        "option --run is ambiguous: --run-id, --run-mode");
    assert_fails(parse("c.yml --deb", &v), DNA_EARG, "unknown option --deb");
    assert_ok(parse("c.yml --debug", &v));
    dna_opt_clear(&spec, &v);
}

static void
test_values_may_look_like_options(void **state)
{
    (void)state;
    values v;
    assert_ok(parse("c.yml -r -1 -- -x --quiet", &v));
    assert_string_equal(v.run_id, "-1");
    assert_int_equal(v.inputs.n, 2);
    assert_string_equal(v.inputs.items[1], "--quiet");
    assert_false(v.quiet);
    dna_opt_clear(&spec, &v);
    assert_ok(parse("-qr7 -", &v)); /* letters together; - is an argument */
    assert_true(v.quiet);
    assert_string_equal(v.run_id, "7");
    assert_string_equal(v.config, "-");
    dna_opt_clear(&spec, &v);
}

static void
test_mistakes_are_told_in_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"c.yml --runid 3", "unknown option --runid; did you mean --run-id?"},
        {"c.yml --xyzzy", "unknown option --xyzzy"},
        {"c.yml -x", "unknown option -x"},
        {"c.yml --run-id", "--run-id needs a value"},
        {"c.yml -r", "--run-id needs a value"},
        {"c.yml --run-id=", "--run-id: the value is empty"},
        {"c.yml --quiet=yes", "--quiet takes no value"},
        {"c.yml -n two", "--n: \"two\" is not an integer"},
        {"c.yml -n 0", "--n: 0 is below 1"},
        {"c.yml -n 10", "--n: 10 is above 9"},
        {"c.yml --level middle", "--level: \"middle\" is not one of LOW|HIGH"},
        {"c.yml --quiet --verbose", "--quiet and --verbose exclude each other"},
        {"-q", "CONFIG is missing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        values v;
        assert_fails(parse(cases[i].line, &v), DNA_EARG, cases[i].message);
        dna_opt_clear(&spec, &v);
    }
    values v;
    dna_opt_spec one = spec;
    const dna_arg only[] = {args[0], {0}};
    one.args = only;
    char *argv[] = {(char[]){"prog"}, (char[]){"a"}, (char[]){"b"}};
    int n_used = 0;
    v = (values){0};
    assert_fails(dna_opt_parse(&one, 3, argv, &v, &n_used), DNA_EARG,
        "\"b\" is one argument too many");
}

static void
test_help_needs_no_arguments(void **state)
{
    (void)state;
    values v;
    assert_ok(parse("--help", &v));
    assert_true(v.help);
    dna_opt_clear(&spec, &v);
}

static void
test_a_group_stops_at_its_command(void **state)
{
    (void)state;
    values v = {0};
    dna_opt_spec group = spec;
    group.is_group = true;
    group.args = NULL;
    char *argv[] = {
        (char[]){"prog"}, (char[]){"-q"}, (char[]){"train"}, (char[]){"--nonsense"}};
    int n_used = 0;
    assert_ok(dna_opt_parse(&group, 4, argv, &v, &n_used));
    assert_int_equal(n_used, 2);
    assert_true(v.quiet);
}

static void
test_usage_and_help_come_from_the_table(void **state)
{
    (void)state;
    char text[4096] = "";
    FILE *f = tmpfile();
    assert_non_null(f);
    dna_opt_help(&spec, f);
    rewind(f);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    assert_non_null(strstr(text, "usage: prog [-h] [-q] [-v] [-r RUN_ID]"));
    assert_non_null(strstr(text, "CONFIG"));
    assert_non_null(strstr(text, "[INPUT]..."));
    assert_non_null(strstr(text, "  -r, --run-id RUN_ID       The run."));
    assert_null(strstr(text, "debug"));
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        assert_true(length <= 80);
        line += length + (line[length] == '\n');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_gnu_forms_are_understood),
        cmocka_unit_test(test_what_is_not_given_keeps_its_value),
        cmocka_unit_test(test_unambiguous_prefixes_are_enough),
        cmocka_unit_test(test_values_may_look_like_options),
        cmocka_unit_test(test_mistakes_are_told_in_one_line),
        cmocka_unit_test(test_help_needs_no_arguments),
        cmocka_unit_test(test_a_group_stops_at_its_command),
        cmocka_unit_test(test_usage_and_help_come_from_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

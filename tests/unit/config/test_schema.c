/* test_schema.c - configs against a field table: types, ranges, defaults, warnings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "config/config.h"
#include "config/schema.h"

typedef struct {
    int flag;
    int64_t count;
    double rate;
    const char *name;
    const char *kind;
    double betas[2];
    int64_t limit;
} options;

static const dna_field inner_fields[] = {
    {.key = "size", .kind = DNA_KIND_INT, .has_min = true, .min = 1, .dflt = "3"},
    {.key = "note", .kind = DNA_KIND_STRING}, {0}};
static const dna_field text_item[] = {{.kind = DNA_KIND_STRING}};
static const dna_field number_item[] = {{.kind = DNA_KIND_FLOAT}};

static const dna_field fields[] = {{.key = "flag",
                                       .kind = DNA_KIND_BOOL,
                                       .dflt = "false",
                                       .offset = offsetof(options, flag),
                                       .doc = "A flag."},
    {.key = "count",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .has_max = true,
        .min = 1,
        .max = 10,
        .offset = offsetof(options, count),
        .doc =
            "A count of things, with a documentation that is long enough to need more than one line of text."},
    {.key = "rate",
        .kind = DNA_KIND_FLOAT,
        .is_min_open = true,
        .is_max_open = true,
        .has_min = true,
        .has_max = true,
        .min = 0,
        .max = 1,
        .dflt = "1e-8",
        .offset = offsetof(options, rate)},
    {.key = "name",
        .kind = DNA_KIND_STRING,
        .has_min = true,
        .min = 1,
        .offset = offsetof(options, name)},
    {.key = "kind",
        .kind = DNA_KIND_CHOICE,
        .choices = "red|green",
        .dflt = "red",
        .offset = offsetof(options, kind)},
    {.key = "betas",
        .kind = DNA_KIND_LIST_FLOAT,
        .n_item = 2,
        .has_min = true,
        .has_max = true,
        .is_max_open = true,
        .min = 0,
        .max = 1,
        .dflt = "[0.9, 0.999]",
        .offset = offsetof(options, betas)},
    {.key = "limit",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .dflt = "null",
        .offset = offsetof(options, limit)},
    {.key = "path", .kind = DNA_KIND_PATH, .offset = offsetof(options, name)},
    {.key = "folder",
        .kind = DNA_KIND_PATH,
        .must_exist = true,
        .offset = offsetof(options, name)},
    {.key = "labels",
        .kind = DNA_KIND_LIST,
        .item = text_item,
        .has_min = true,
        .min = 1,
        .has_max = true,
        .max = 3},
    {.key = "pair",
        .kind = DNA_KIND_LIST,
        .item = text_item,
        .has_min = true,
        .min = 2,
        .has_max = true,
        .max = 2},
    {.key = "means", .kind = DNA_KIND_NAMED, .item = number_item},
    {.key = "inner", .kind = DNA_KIND_MAP, .fields = inner_fields, .dflt = "{}"},
    {.key = "old",
        .kind = DNA_KIND_ANY,
        .is_deprecated = true,
        .notice = "has no effect any more"},
    {0}};

static const dna_field needy[] = {
    {.key = "needed", .kind = DNA_KIND_INT, .is_required = true},
    {.key = "simulator_name", .kind = DNA_KIND_STRING}, {0}};

static dna_arena *arena;
static dna_log *log_;
static char lines[4096];

static void
keep_line(void *payload, dna_log_level level, const char *text)
{
    (void)payload;
    assert_int_equal(level, DNA_LOG_WARNING);
    strncat(lines, text, sizeof(lines) - strlen(lines) - 2);
    strcat(lines, "\n");
}

static int
begin(void **state)
{
    (void)state;
    lines[0] = '\0';
    return dna_arena_new(&arena) == DNA_OK && dna_log_new(&log_, DNA_LOG_INFO) == DNA_OK
                   && dna_log_add_callback(log_, keep_line, NULL) == DNA_OK
               ? 0
               : -1;
}

static int
end(void **state)
{
    (void)state;
    dna_log_free(log_);
    dna_arena_free(arena);
    return 0;
}

static int
check(dna_value **v, const char *text)
{
    assert_ok(dna_config_parse(v, arena, text, "t.yml", test_dir()));
    return dna_config_check(arena, *v, fields, "", log_);
}

static dna_value *
checked(const char *text)
{
    dna_value *v = NULL;
    assert_ok(check(&v, text));
    return v;
}

static void
assert_refused(const char *text, const char *message)
{
    dna_value *v = NULL;
    assert_fails(check(&v, text), DNA_EARG, message);
    assert_non_null(strstr(dna_message(), "t.yml:"));
}

static void
test_flags_take_all_spellings(void **state)
{
    (void)state;
    static const char *const yes[] = {"yes", "Yes", "YES", "on", "true", "True"};
    static const char *const no[] = {"no", "No", "off", "OFF", "false", "FALSE"};
    char text[32];
    for (int64_t i = 0; i < DNA_COUNT(yes); i++) {
        snprintf(text, sizeof(text), "flag: %s", yes[i]);
        const dna_value *v = dna_value_get(checked(text), "flag");
        assert_int_equal(v->type, DNA_BOOLEAN);
        assert_true(v->boolean);
        snprintf(text, sizeof(text), "flag: %s", no[i]);
        v = dna_value_get(checked(text), "flag");
        assert_int_equal(v->type, DNA_BOOLEAN);
        assert_false(v->boolean);
    }
    assert_refused("flag: 1", "t.yml:1: flag: 1 is not a flag");
    assert_refused("flag: 'yes'", "\"yes\" is not a flag");
    assert_refused("flag: maybe", "\"maybe\" is not a flag");
}

static void
test_numbers_are_typed(void **state)
{
    (void)state;
    const dna_value *v = checked("count: 5.0\nrate: 1e-4\n");
    assert_int_equal(dna_value_get(v, "count")->type, DNA_INT);
    assert_int_equal(dna_value_get(v, "count")->integer, 5);
    assert_int_equal(dna_value_get(v, "rate")->type, DNA_FLOAT);
    assert_true(dna_value_get(v, "rate")->number == 1e-4);
    assert_refused("a: 1\ncount: 5.5", "t.yml:2: count: 5.5 is not an integer");
    assert_refused("count: '5'", "count: \"5\" is not an integer");
    assert_refused("count: true", "count: true is not an integer");
    assert_refused("rate: fast", "rate: \"fast\" is not a number");
    assert_refused("rate: yes", "rate: \"yes\" is not a number");
    assert_refused("rate: .nan", "rate: .nan is not a finite number");
    assert_refused("rate: [1]", "rate: a list of 1 is not a number");
}

static void
test_ranges_hold(void **state)
{
    (void)state;
    assert_refused("count: 0", "count: 0 is not at least 1");
    assert_refused("count: 11", "count: 11 is not at most 10");
    assert_refused("rate: 0", "rate: 0 is not above 0");
    assert_refused("rate: 1.5", "rate: 1.5 is not below 1");
    assert_refused("name: ''", "name: is empty");
    assert_refused("labels: []", "labels: 0 entries are not at least 1");
    assert_refused("labels: [a, b, c, d]", "labels: 4 entries are not at most 3");
    assert_refused("pair: [a]", "pair: has 1 entry, not 2");
    assert_refused("betas: [0.9, 1]", "betas[1]: 1 is not below 1");
}

static void
test_text_keeps_its_spelling(void **state)
{
    (void)state;
    const dna_value *v = checked("name: 007\nlabels: [no, yes, 1.50]\n");
    assert_string_equal(dna_value_get(v, "name")->text, "007");
    assert_int_equal(dna_value_get(v, "name")->type, DNA_STRING);
    assert_string_equal(dna_value_get(v, "labels")->items[0]->text, "no");
    assert_string_equal(dna_value_get(v, "labels")->items[2]->text, "1.50");
    assert_refused("name: [x]", "name: a list of 1 is not text");
    assert_refused("name: null", "name: null is not text");
    assert_refused("labels: [{a: 1}]", "labels[0]: a mapping (a) is not text");
    assert_refused("kind: blue", "kind: \"blue\" is not one of red|green");
    assert_refused("kind: re", "kind: \"re\" is not one of red|green");
}

static void
test_null_only_where_allowed(void **state)
{
    (void)state;
    assert_int_equal(dna_value_get(checked("limit: null"), "limit")->type, DNA_NULL);
    assert_refused("count: null", "count: null is not an integer");
    assert_refused("inner: null", "inner: null is not a mapping");
    assert_refused("inner: 5", "inner: 5 is not a mapping");
    assert_refused("means: [1]", "means: a list of 1 is not a mapping");
    assert_refused("means: {a: x}", "means.a: \"x\" is not a number");
    assert_refused("labels: a", "labels: \"a\" is not a list");
    assert_refused("betas: 1", "betas: 1 is not a list of 2 numbers");
    assert_refused("betas: [1, 2, 3]", "is not a list of 2 numbers");
}

static void
test_defaults_are_filled_and_marked(void **state)
{
    (void)state;
    const dna_value *v = checked("{}");
    assert_int_equal(dna_value_get_path(v, "inner.size")->integer, 3);
    assert_true(dna_value_get_path(v, "inner.size")->is_default);
    assert_true(dna_value_get(v, "flag")->is_default);
    assert_true(dna_value_get(v, "rate")->number == 1e-8);
    assert_null(dna_value_get(v, "count"));
    assert_false(dna_value_get(checked("flag: no"), "flag")->is_default);
}

static void
test_binding_fills_the_struct(void **state)
{
    (void)state;
    options o;
    memset(&o, 0x5a, sizeof(o));
    dna_config_bind(checked("{flag: on, count: 4, name: x, limit: 7}"), fields, &o);
    assert_int_equal(o.flag, 1);
    assert_int_equal(o.count, 4);
    assert_true(o.rate == 1e-8);
    assert_string_equal(o.kind, "red");
    assert_true(o.betas[0] == 0.9 && o.betas[1] == 0.999);
    assert_int_equal(o.limit, 7);
    memset(&o, 0x5a, sizeof(o));
    dna_config_bind(checked("{}"), fields, &o);
    assert_int_equal(o.flag, 0);
    assert_true(o.count == DNA_NULL_INT);
    assert_true(o.limit == DNA_NULL_INT);
    assert_null(o.name);
}

static void
test_paths_are_relative_to_their_file(void **state)
{
    (void)state;
    dna_value *v = NULL;
    char *expected = dna_path_join(test_dir(), "x/y.csv");
    assert_string_equal(
        dna_value_get(checked("path: ./x/../x/y.csv"), "path")->text, expected);
    dna_free(expected);
    assert_string_equal(dna_value_get(checked("path: /a/b"), "path")->text, "/a/b");
    assert_refused("path: ''", "path: is empty, not a path");
    checked("folder: .");
    assert_fails(check(&v, "folder: nowhere"), DNA_ENOTFOUND, "nowhere does not exist");
    /* settings without a file */
    assert_ok(dna_config_parse(&v, arena, "{path: a, folder: nowhere}", "t.yml", "/z"));
    assert_ok(dna_config_check_with(arena, v, fields, "", log_, DNA_CHECK_KEEP_PATHS));
    assert_string_equal(dna_value_get(v, "path")->text, "a");
}

static void
test_unknown_keys_may_be_errors_or_known_elsewhere(void **state)
{
    (void)state;
    static const dna_field other[] = {{.key = "epochs", .kind = DNA_KIND_INT}, {0}};
    const char *text = "{flag: yes, epochs: many, inner: {size: 4}}";
    dna_value *v = NULL;
    lines[0] = '\0';
    assert_ok(dna_config_parse(&v, arena, text, "t.yml", "/z"));
    assert_ok(dna_config_check_also(arena, v, fields, other, log_));
    assert_string_equal(lines, "");
    assert_fails(dna_config_check_with(arena, v, fields, "", log_, DNA_CHECK_STRICT),
        DNA_EARG, "t.yml:1: epochs: unknown key");
    assert_ok(
        dna_config_parse(&v, arena, "epoch: 3\ninner: {epochs: 1}\n", "t.yml", "/z"));
    assert_ok(dna_config_check_also(arena, v, fields, other, log_));
    assert_non_null(
        strstr(lines, "epoch: unknown key, ignored; did you mean \"epochs\""));
    assert_non_null(
        strstr(lines, "inner.epochs: unknown key, ignored; known: size, note\n"));
}

static void
test_unknown_keys_warn_with_the_nearest(void **state)
{
    (void)state;
    checked("flag: yes\ninner:\n  sise: 4\ncuont: 3\nqqqqqq: 1\n");
    assert_non_null(strstr(
        lines, "t.yml:3: inner.sise: unknown key, ignored; did you mean \"size\"\n"));
    assert_non_null(strstr(
        lines, "t.yml:4: cuont: unknown key, ignored; did you mean \"count\"\n"));
    assert_non_null(strstr(lines, "t.yml:5: qqqqqq: unknown key, ignored\n"));
    char many[2048] = "";
    for (int i = 0; i < 100; i++) {
        sprintf(many + strlen(many), "x%d: 1\n", i);
    }
    lines[0] = '\0';
    checked(many);
    assert_non_null(strstr(lines, "t.yml:20: x19: unknown key, ignored\n"));
    assert_non_null(
        strstr(lines, "t.yml:21: x20: unknown key, and there may be more\n"));
    assert_null(strstr(lines, "x21"));
    lines[0] = '\0';
    checked("old: 5");
    assert_non_null(strstr(lines, "t.yml:1: old: has no effect any more"));
}

static void
test_required_keys_and_keys_of_a_simulator(void **state)
{
    (void)state;
    dna_value *v = NULL;
    assert_ok(dna_config_parse(&v, arena, "\nx: 1\n", "t.yml", test_dir()));
    assert_fails(dna_config_check(arena, v, needy, "dataset", log_), DNA_EARG,
        "t.yml:2: dataset.needed: is required but missing");
    lines[0] = '\0';
    assert_ok(dna_config_parse(
        &v, arena, "{needed: 1, simulator_name: s, tmax: 5}", "t.yml", test_dir()));
    assert_ok(dna_config_check(arena, v, needy, "", log_));
    assert_string_equal(lines, "");
    assert_ok(dna_config_parse(&v, arena, "{needed: 1, tmax: 5}", "t.yml", test_dir()));
    assert_ok(dna_config_check(arena, v, needy, "", log_));
    assert_non_null(strstr(lines, "tmax: unknown key"));
}

static void
test_files_of_the_current_folder_are_shown_short(void **state)
{
    (void)state;
    char cwd[4096];
    dna_value *v = NULL;
    assert_non_null(getcwd(cwd, sizeof(cwd)));
    const char *path = write_text("short.yml", "a: 1\n\ncount: x\n");
    assert_int_equal(chdir(test_dir()), 0);
    assert_ok(dna_config_load(&v, arena, path));
    int rc = dna_config_check(arena, v, fields, "", NULL);
    assert_int_equal(chdir(cwd), 0);
    assert_int_equal(rc, DNA_EARG);
    assert_string_equal(dna_message(), "short.yml:3: count: \"x\" is not an integer");
}

static void
test_rows_are_found_by_path(void **state)
{
    (void)state;
    assert_ptr_equal(dna_field_find(fields, "inner.size"), &inner_fields[0]);
    assert_ptr_equal(dna_field_find(fields, "flag"), &fields[0]);
    assert_null(dna_field_find(fields, "inner.nothing"));
    assert_null(dna_field_find(fields, "flag.x"));
    assert_null(dna_field_find(fields, "fla"));
    assert_null(dna_field_find(NULL, "x"));
}

static void
test_help_tells_every_row(void **state)
{
    (void)state;
    dna_str s;
    dna_str_init(&s, 0);
    dna_field_help(&s, fields, 2);
    assert_ok(dna_str_status(&s));
    const char *text = dna_str_text(&s);
    assert_non_null(strstr(text, "  flag (flag; default false)\n      A flag.\n"));
    assert_non_null(strstr(text,
        "  count (integer, at least 1, at most 10)\n"
        "      A count of things, with a documentation that is long enough to need more\n"
        "      than one line of text.\n"));
    assert_non_null(strstr(text, "  rate (number, above 0, below 1; default 1e-8)\n"));
    assert_non_null(strstr(text, "  kind (one of red|green; default red)\n"));
    assert_non_null(strstr(text, "  limit (integer, or null; default null)\n"));
    assert_non_null(strstr(text, "  pair (list, 2 entries)\n"));
    assert_non_null(strstr(text, "      size (integer, at least 1; default 3)\n"));
    dna_str_clear(&s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_flags_take_all_spellings),
        T(test_numbers_are_typed),
        T(test_ranges_hold),
        T(test_text_keeps_its_spelling),
        T(test_null_only_where_allowed),
        T(test_defaults_are_filled_and_marked),
        T(test_binding_fills_the_struct),
        T(test_paths_are_relative_to_their_file),
        T(test_unknown_keys_may_be_errors_or_known_elsewhere),
        T(test_unknown_keys_warn_with_the_nearest),
        T(test_required_keys_and_keys_of_a_simulator),
        T(test_files_of_the_current_folder_are_shown_short),
        T(test_rows_are_found_by_path),
        T(test_help_tells_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_source.c - finding the files of a dataset.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/data/data_fixture.h"

typedef struct {
    dna_arena *arena;
} fixture;

static int
setup(void **state)
{
    static fixture f;
    *state = &f;
    return dna_arena_new(&f.arena);
}

static int
teardown(void **state)
{
    dna_arena_free(((fixture *)*state)->arena);
    return 0;
}

static dna_arena *
arena_of(void **state)
{
    return ((fixture *)*state)->arena;
}

/* An empty file: a source only looks for names. */
static void
touch(const char *name)
{
    FILE *f = fopen(path_with_folder(name), "wb");
    assert_non_null(f);
    fclose(f);
}

static void
assert_path(dna_source *s, int64_t scenario, int64_t replicate, const char *want)
{
    char *path = NULL;
    assert_ok(dna_source_path(s, scenario, replicate, &path));
    assert_string_equal(path, test_path(want));
    dna_free(path);
}

static void
assert_no_path(dna_source *s, int64_t scenario, int64_t replicate, const char *text)
{
    char *path = NULL;
    assert_fails(dna_source_path(s, scenario, replicate, &path), DNA_ENOTFOUND, text);
    assert_null(path);
}

static void
test_plain_names_are_found(void **state)
{
    dna_source *s = open_source(arena_of(state), "plain", "cows", NULL);
    touch("plain/scenario_0/cows_0_0.npz");
    touch("plain/scenario_12/cows_12_3.npz");
    assert_path(s, 0, 0, "plain/scenario_0/cows_0_0.npz");
    assert_path(s, 12, 3, "plain/scenario_12/cows_12_3.npz");
    assert_no_path(s, 12, 4,
        "no file of scenario 12, replicate 4: there is no "
        "");
    assert_no_path(s, 12, 4, "scenario_12/cows_12_4.npz, nor one with padded numbers");
    dna_source_free(s);
}

static void
test_padding_is_guessed(void **state)
{
    dna_source *s = open_source(arena_of(state), "padded", "cows", NULL);
    touch("padded/scenario_00/cows_00_0.npz");
    touch("padded/scenario_07/cows_07_0.npz");
    touch("padded/scenario_07/cows_07_10.npz");
    touch("padded/scenario_12/cows_12_1.npz");
    touch("padded/scenario_120/cows_0120_001.npz");
    touch("padded/notes.txt");
    assert_path(s, 12, 1, "padded/scenario_12/cows_12_1.npz");
    assert_path(s, 0, 0, "padded/scenario_00/cows_00_0.npz");
    assert_path(s, 7, 0, "padded/scenario_07/cows_07_0.npz");
    assert_path(s, 7, 10, "padded/scenario_07/cows_07_10.npz");
    assert_path(s, 120, 1, "padded/scenario_120/cows_0120_001.npz");
    assert_path(s, 7, 0, "padded/scenario_07/cows_07_0.npz");
    assert_no_path(s, 1, 0, "nor one with padded numbers");
    dna_source_free(s);
}

static void
test_a_format_spec_is_taken_as_written(void **state)
{
    dna_source *s = open_source(arena_of(state), "spec", "cows",
        "{dataset_name}/{scenario:03}_{replicate}.npz");
    touch("spec/cows/007_1.npz");
    touch("spec/cows/08_1.npz");
    assert_path(s, 7, 1, "spec/cows/007_1.npz");
    assert_no_path(s, 8, 1, "there is no ");
    dna_source_free(s);
}

/* Original: letters, digits and underscores only (defect 22). */
static void
test_names_may_hold_hyphens_and_dots(void **state)
{
    dna_source *s = open_source(arena_of(state), "odd", "my-cows.v2", NULL);
    touch("odd/scenario_001/my-cows.v2_001_00.npz");
    assert_path(s, 1, 0, "odd/scenario_001/my-cows.v2_001_00.npz");
    dna_source_entry *e = NULL;
    int64_t n = 0;
    assert_ok(dna_source_list(s, &e, &n));
    assert_int_equal(n, 1);
    dna_source_list_free(e, n);
    dna_source_free(s);
}

static void
test_another_name_serves_if_the_configured_one_is_nowhere(void **state)
{
    dna_source *s = open_source(arena_of(state), "other", "generic", NULL);
    touch("other/scenario_01/cows_01_0.npz");
    assert_path(s, 1, 0, "other/scenario_01/cows_01_0.npz");
    touch("other/scenario_01/generic_1_0.npz");
    assert_path(s, 1, 0, "other/scenario_01/generic_1_0.npz");
    dna_source_free(s);
}

/* Original: the file name had to hold both fields (defect 23). */
static void
test_folders_may_hold_the_numbers(void **state)
{
    dna_source *s =
        open_source(arena_of(state), "deep", "cows", "{scenario}/{replicate}/data.npz");
    touch("deep/03/1/data.npz");
    touch("deep/03/0/data.npz");
    touch("deep/1/0/data.npz");
    touch("deep/1/0/other.npz");
    assert_path(s, 3, 1, "deep/03/1/data.npz");
    dna_source_entry *e = NULL;
    int64_t n = 0;
    assert_ok(dna_source_list(s, &e, &n));
    assert_int_equal(n, 3);
    assert_int_equal(e[0].scenario, 3);
    assert_int_equal(e[0].replicate, 0);
    assert_int_equal(e[1].replicate, 1);
    assert_int_equal(e[2].scenario, 1);
    dna_source_list_free(e, n);
    dna_source_free(s);
}

static void
test_a_template_without_replicate_has_one_a_scenario(void **state)
{
    dna_source *s = open_source(arena_of(state), "single", "cows", "s{scenario}.npz");
    touch("single/s4.npz");
    assert_path(s, 4, 0, "single/s4.npz");
    assert_no_path(s, 4, 1, "replicate 1");
    dna_source_free(s);
}

static void
test_all_files_are_listed_in_text_order(void **state)
{
    dna_source *s = open_source(arena_of(state), "list", "cows", NULL);
    static const char *const names[] = {"scenario_10/cows_10_0.npz",
        "scenario_2/cows_2_0.npz", "scenario_2/cows_2_1.npz",
        "scenario_2/cows_2_10.npz"};
    touch("list/scenario_2/cows_2_1.npz");
    touch("list/scenario_2/cows_2_10.npz");
    touch("list/scenario_2/cows_2_0.npz");
    touch("list/scenario_10/cows_10_0.npz");
    touch("list/scenario_10/cows_11_0.npz"); /* numbers disagree: not of this form */
    touch("list/scenario_2/sheep_2_0.npz");
    touch("list/scenario_x/cows_1_0.npz");
    assert_ok(
        dna_path_make_dirs(test_path("list/scenario_2/cows_2_5.npz"))); /* folder */
    dna_source_entry *e = NULL;
    int64_t n = 0;
    assert_ok(dna_source_list(s, &e, &n));
    assert_int_equal(n, 4);
    for (int64_t i = 0; i < n; i++) {
        char name[128];
        snprintf(name, sizeof(name), "list/%s", names[i]);
        assert_string_equal(e[i].path, test_path(name));
    }
    assert_int_equal(e[3].scenario, 2);
    assert_int_equal(e[3].replicate, 10);
    dna_source_list_free(e, n);
    dna_source_free(s);
}

static void
test_nothing_to_list_is_an_error(void **state)
{
    dna_source_entry *e = NULL;
    int64_t n = 0;
    dna_source *s = open_source(arena_of(state), "nowhere", "cows", NULL);
    assert_fails(dna_source_list(s, &e, &n), DNA_ENOTFOUND, "nowhere");
    assert_no_path(s, 0, 0, "scenario_0/cows_0_0.npz");
    dna_source_free(s);
    touch("empty/readme");
    s = open_source(arena_of(state), "empty", "cows", NULL);
    assert_fails(
        dna_source_list(s, &e, &n), DNA_ENOTFOUND, "no file below this folder");
    assert_null(e);
    dna_source_free(s);
}

static void
test_keys_and_both_position_formats_are_read(void **state)
{
    dna_source *s = NULL;
    assert_ok(dna_source_new(&s,
        yaml(arena_of(state),
            "data_root: /tmp\n"
            "dataset_name: x\n"
            "data_source:\n"
            "  keys: [G, where]\n"
            "  position_format: {normalized: false, initial_position: 7}\n"
            "position_format: {normalized: true, distance: true, chromosome_size: 5000}\n")));
    const dna_sample_options *o = dna_source_sample_options(s);
    assert_string_equal(o->snp_key, "G");
    assert_string_equal(o->pos_key, "where");
    assert_int_equal(o->format->normalized, 0);
    assert_int_equal(o->format->distance, 1);
    assert_int_equal(o->format->circular, -1);
    assert_int_equal(o->format->chromosome_size, 5000);
    assert_near(o->format->initial_position, 7, 0);
    dna_source_free(s);
}

static void
test_a_bad_template_names_its_line(void **state)
{
    dna_source *s = NULL;
    assert_fails(
        dna_source_new(&s, yaml(arena_of(state), "data_root: /tmp\n"
                                                 "data_source:\n"
                                                 "  filename_format: 'x{oops}'\n")),
        DNA_EARG, "test.yml:3: filename_format \"x{oops}\": unknown field {oops}");
    assert_null(s);
}

static void
test_lack_of_memory_is_survived(void **state)
{
    dna_value *config = yaml(arena_of(state), "dataset_name: cows\n");
    assert_ok(dna_value_set(arena_of(state), config, "data_root",
        dna_value_string(arena_of(state), test_path("padded"))));
    touch("padded/scenario_00/cows_00_0.npz");
    for_each_oom(i) {
        dna_source *s = NULL;
        char *path = NULL;
        dna_source_entry *e = NULL;
        int64_t n = 0;
        int rc = dna_source_new(&s, config);
        if (rc == DNA_OK) {
            rc = dna_source_path(s, 0, 0, &path);
        }
        if (rc == DNA_OK) {
            rc = dna_source_list(s, &e, &n);
        }
        bool is_done = oom_done() != 0;
        dna_source_list_free(e, n);
        dna_free(path);
        dna_source_free(s);
        if (is_done) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
        assert_true(rc < 0);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_plain_names_are_found),
        TEST(test_padding_is_guessed),
        TEST(test_a_format_spec_is_taken_as_written),
        TEST(test_names_may_hold_hyphens_and_dots),
        TEST(test_another_name_serves_if_the_configured_one_is_nowhere),
        TEST(test_folders_may_hold_the_numbers),
        TEST(test_a_template_without_replicate_has_one_a_scenario),
        TEST(test_all_files_are_listed_in_text_order),
        TEST(test_nothing_to_list_is_an_error),
        TEST(test_keys_and_both_position_formats_are_read),
        TEST(test_a_bad_template_names_its_line),
        TEST(test_lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

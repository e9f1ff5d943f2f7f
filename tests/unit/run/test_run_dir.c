/* test_run_dir.c - which number a run gets.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "run/run_dir.h"

/* A model's folder with these sub-folders; those ending in / get a file. */
static const char *
make_root(const char *name, const char *const *dirs)
{
    const char *root = test_path(name);
    char path[512];
    assert_ok(dna_path_make_dirs(root));
    for (; *dirs != NULL; dirs++) {
        snprintf(path, sizeof(path), "%s/%s", root, *dirs);
        bool has_file = path[strlen(path) - 1] == '/';
        assert_ok(dna_path_make_dirs(path));
        if (has_file) {
            strcat(path, "x");
            assert_ok(dna_atomic_write(path, "x", 1));
        }
    }
    return root;
}

static void
assert_run(const char *root, const char *format, const char *wanted, const char *name,
    bool has_files)
{
    dna_run_wish wish = {
        .model_root = root, .model_name = "m", .format = format, .wanted = wanted};
    dna_run_name run = {0};
    assert_ok(dna_run_name_choose(&run, &wish));
    assert_string_equal(run.name, name);
    assert_int_equal(run.has_files, has_files);
    dna_run_name_clear(&run);
}

static void
test_the_next_free_number_is_taken(void **state)
{
    (void)state;
    const char *none[] = {NULL};
    const char *full[] = {
        "run_000/", "run_007/", "run_12abc/", "run_/", "xrun_090/", NULL};
    const char *open[] = {"run_000/", "run_003", NULL};
    assert_run(make_root("none", none), "run_{run_id}", NULL, "run_000", false);
    assert_run(make_root("full", full), "run_{run_id}", NULL, "run_008", false);
    assert_run(make_root("open", open), "run_{run_id}", NULL, "run_003", false);
    assert_run("/no/such/folder", "run_{run_id}", NULL, "run_000", false);
}

static void
test_files_and_other_formats_are_no_runs(void **state)
{
    (void)state;
    const char *dirs[] = {"m-0004-b/", "run_009/", NULL};
    const char *root = make_root("formats", dirs);
    char path[512];
    snprintf(path, sizeof(path), "%s/m-0008-b", root);
    assert_ok(dna_atomic_write(path, "x", 1));
    assert_run(root, "{model_name}-{run_id:04}-b", NULL, "m-0005-b", false);
    const char *twice[] = {"1_2/", "5_5/", NULL};
    assert_run(make_root("twice", twice), "{run_id:d}_{run_id:d}", NULL, "6_6", false);
    const char *fixed[] = {"only/", NULL};
    assert_run(make_root("fixed", fixed), "only", NULL, "only", true);
}

static void
test_a_wish_is_a_number_or_any_text(void **state)
{
    (void)state;
    const char *dirs[] = {"run_005/", NULL};
    const char *root = make_root("wish", dirs);
    assert_run(root, "run_{run_id}", "5", "run_005", true);
    assert_run(root, "run_{run_id}", "12", "run_012", false);
    assert_run(root, "run_{run_id}", "-1", "run_-1", false);
    assert_run(root, "run_{run_id}", "lr 0.1", "run_lr 0.1", false);
}

static void
test_impossible_names_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *format, *wanted, *message;
    } cases[] = {
        {"run_{run_id}", "", "run id: is empty"},
        {"run_{run_id}", "99999999999999999999", "the number is too large"},
        {"run_{run_id}", "../../x", "cannot be a folder's name"},
        {"{run_id}", "..", "cannot be a folder's name"},
        {"run_{id}", "1", "run_name_format: unknown field {id}"},
        {"run_{run_id:03}", "a", "text takes no format"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        dna_run_wish wish = {.model_root = test_dir(),
            .model_name = "m",
            .format = cases[i].format,
            .wanted = cases[i].wanted};
        dna_run_name run = {0};
        assert_fails(dna_run_name_choose(&run, &wish), DNA_EARG, cases[i].message);
        assert_null(run.name);
    }
    dna_run_name run = {0};
    dna_run_wish wish = {.model_root = test_dir(),
        .model_name = "m",
        .format = "run_{run_id}",
        .wanted = "7"};
    write_text("run_007", "a file");
    assert_fails(dna_run_name_choose(&run, &wish), DNA_EEXISTS, "is no folder");
}

static void
test_names_of_pytorch_files_mean_ours(void **state)
{
    (void)state;
    dna_run_name run = {.is_number = true,
        .number = 3,
        .id = (char[]){"3"},
        .name = (char[]){"run_003"},
        .dir = (char[]){"/m/run_003"}};
    bool is_renamed = false;
    char *path = NULL;
    assert_ok(dna_run_network_path(&path, &run, "m",
        "{model_name}_{run_name}_{checkpoint}_net.pth", "best", &is_renamed));
    assert_string_equal(path, "/m/run_003/m_run_003_best_net.safetensors");
    assert_true(is_renamed);
    dna_free(path);
    assert_ok(dna_run_network_path(
        &path, &run, "m", "{checkpoint}.safetensors", "last_epoch", &is_renamed));
    assert_string_equal(path, "/m/run_003/last_epoch.safetensors");
    assert_false(is_renamed);
    dna_free(path);
    assert_fails(dna_run_network_path(&path, &run, "m", "net.pth", "best", &is_renamed),
        DNA_EARG, "model_filename_format: \"net.pth\" has no {checkpoint}");
    assert_fails(
        dna_run_network_path(&path, &run, "m", "../{checkpoint}", "best", &is_renamed),
        DNA_EARG, "names a folder");
}

/* Writes the text of payload into the file "mark" of a run's folder; fails for none. */
static int
fill(void *payload, const char *dir)
{
    char *path = dna_path_join(dir, "mark");
    int rc = payload != NULL ? dna_atomic_write(path, payload, strlen(payload))
                             : dna_fail(DNA_EIO, "%s: full", dir);
    dna_free(path);
    return rc;
}

static void
assert_mark(const char *dir, const char *text)
{
    char *path = dna_path_join(dir, "mark");
    unsigned char *data = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(path, 100, &data, &n));
    assert_string_equal((const char *)data, text);
    dna_free(data);
    dna_free(path);
}

/* Names in a folder, hidden ones too. */
static int64_t
count_names(const char *dir)
{
    char **names = NULL;
    int64_t n = 0;
    assert_ok(dna_path_list(dir, &names, &n));
    dna_path_list_free(names, n);
    return n;
}

static void
claim(const dna_run_name *run, const char *text, bool expect_taken, int *lock)
{
    char buf[32];
    bool is_taken = !expect_taken;
    snprintf(buf, sizeof(buf), "%s", text);
    assert_ok(dna_run_dir_claim(lock, &is_taken, run, fill, buf));
    assert_int_equal(is_taken, expect_taken);
    assert_int_equal(*lock < 0, expect_taken);
}

static void
test_a_folder_appears_whole_and_is_held_by_one(void **state)
{
    (void)state;
    const char *dirs[] = {"run_000/", NULL};
    const char *root = make_root("held", dirs);
    dna_run_wish wish = {
        .model_root = root, .model_name = "m", .format = "run_{run_id}"};
    dna_run_name first = {0};
    dna_run_name second = {0};
    int lock = -1;
    int other = -1;
    bool is_taken = false;
    assert_ok(dna_run_name_choose(&first, &wish));
    assert_ok(dna_run_name_choose(&second, &wish));
    assert_string_equal(first.name, "run_001");
    assert_string_equal(second.name, "run_001");
    assert_true(first.is_free_choice);
    claim(&first, "first", false, &lock);
    assert_mark(first.dir, "first");
    /* another one that looked before the first was there */
    claim(&second, "second", true, &other);
    assert_mark(first.dir, "first");
    assert_int_equal(count_names(root), 2);
    assert_ok(dna_run_dir_hold(&other, &is_taken, first.dir));
    assert_true(is_taken);
    assert_int_equal(other, -1);
    wish.not_below = second.number + 1;
    dna_run_name_clear(&second);
    assert_ok(dna_run_name_choose(&second, &wish));
    assert_string_equal(second.name, "run_002");
    dna_run_name_clear(&second);
    /* the first has ended: still taken for who thought it empty */
    close(lock);
    claim(&first, "again", true, &lock);
    first.has_files = true; /* who knows of them and overwrites */
    claim(&first, "over", false, &lock);
    assert_mark(first.dir, "over");
    /* but not while another has it */
    claim(&first, "late", true, &other);
    assert_mark(first.dir, "over");
    close(lock);
    dna_run_name_clear(&first);
}

static void
test_an_empty_folder_is_used(void **state)
{
    (void)state;
    const char *dirs[] = {"run_5", "elsewhere", NULL};
    const char *root = make_root("used", dirs);
    dna_run_wish wish = {
        .model_root = root, .model_name = "m", .format = "run_{run_id}", .wanted = "x"};
    dna_run_name run = {0};
    char *to = dna_path_join(root, "elsewhere");
    int lock = -1;
    assert_ok(dna_run_name_choose(&run, &wish));
    assert_ok(dna_path_make_dirs(run.dir));
    claim(&run, "empty", false, &lock);
    assert_mark(run.dir, "empty");
    close(lock);
    dna_run_name_clear(&run);
    /* a link to a folder on another disk stays one */
    wish.wanted = "link";
    assert_ok(dna_run_name_choose(&run, &wish));
    assert_int_equal(symlink(to, run.dir), 0);
    claim(&run, "linked", false, &lock);
    assert_mark(to, "linked");
    close(lock);
    claim(&run, "again", true, &lock);
    assert_int_equal(count_names(root), 4);
    dna_run_name_clear(&run);
    dna_free(to);
}

static void
test_a_folder_that_cannot_be_filled_does_not_appear(void **state)
{
    (void)state;
    const char *none[] = {NULL};
    const char *root = make_root("unfilled", none);
    dna_run_wish wish = {
        .model_root = root, .model_name = "m", .format = "run_{run_id}"};
    dna_run_name run = {0};
    int lock = -1;
    bool is_taken = true;
    assert_ok(dna_run_name_choose(&run, &wish));
    assert_fails(
        dna_run_dir_claim(&lock, &is_taken, &run, fill, NULL), DNA_EIO, "full");
    assert_int_equal(lock, -1);
    assert_int_equal(count_names(root), 0);
    dna_run_name_clear(&run);
    wish.model_root = "/no/such/folder";
    assert_ok(dna_run_name_choose(&run, &wish));
    assert_fails(dna_run_dir_claim(&lock, &is_taken, &run, fill, NULL), DNA_ENOTFOUND,
        "/no/such/folder/run_000: ");
    dna_run_name_clear(&run);
    assert_fails(dna_run_dir_hold(&lock, &is_taken, "/no/such/folder"), DNA_ENOTFOUND,
        "/no/such/folder: ");
}

static int
choose(const char *root)
{
    dna_run_wish wish = {
        .model_root = root, .model_name = "m", .format = "run_{run_id}"};
    dna_run_name run = {0};
    int rc = dna_run_name_choose(&run, &wish);
    dna_run_name_clear(&run);
    return rc;
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    const char *dirs[] = {"run_000/", "run_001/", NULL};
    const char *root = make_root("oom", dirs);
    for_each_oom(i) {
        int rc = choose(root);
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_free_number_is_taken),
        cmocka_unit_test(test_files_and_other_formats_are_no_runs),
        cmocka_unit_test(test_a_wish_is_a_number_or_any_text),
        cmocka_unit_test(test_impossible_names_are_refused),
        cmocka_unit_test(test_names_of_pytorch_files_mean_ours),
        cmocka_unit_test(test_a_folder_appears_whole_and_is_held_by_one),
        cmocka_unit_test(test_an_empty_folder_is_used),
        cmocka_unit_test(test_a_folder_that_cannot_be_filled_does_not_appear),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

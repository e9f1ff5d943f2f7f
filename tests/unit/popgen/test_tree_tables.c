/* test_tree_tables.c - tree sequence files, read back byte by byte.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

#include "base/path.h"
#include "dnadna/tree_tables.h"

/* Two trees of three genomes: ((0,1)3,2)4 up to 40, then (0,(1,2)3)4. */
static const double node_time[] = {0, 0, 0, 1.5, 4};
static const int32_t node_population[] = {0, 0, 1, 0, 1};
static const double left[] = {0, 0, 40, 40, 0, 0};
static const double right[] = {40, 100, 100, 100, 40, 100};
static const int32_t parent[] = {3, 3, 3, 4, 4, 4};
static const int32_t child[] = {0, 1, 2, 0, 2, 3};
static const double position[] = {10.25, 60};
static const double mutation_time[] = {2, 0.5};
static const int32_t mutation_node[] = {3, 2};

static dna_tree_tables
small_tables(void)
{
    return (dna_tree_tables){.length = 100,
        .n_sample = 3,
        .n_population = 2,
        .n_node = 5,
        .n_edge = 6,
        .n_site = 2,
        .node_time = node_time,
        .node_population = node_population,
        .edge_left = left,
        .edge_right = right,
        .edge_parent = parent,
        .edge_child = child,
        .site_position = position,
        .mutation_time = mutation_time,
        .mutation_node = mutation_node};
}

static uint64_t
number(const unsigned char *at, int n_byte)
{
    uint64_t v = 0;
    for (int i = n_byte - 1; i >= 0; i--) {
        v = v << 8 | at[i];
    }
    return v;
}

/* An array of a file by its key: its bytes, elements and type. */
static const unsigned char *
find_item(const unsigned char *file, const char *key, uint64_t *n, int *type)
{
    for (uint64_t i = 0; i < number(file + 12, 4); i++) {
        const unsigned char *item = file + 64 * (i + 1);
        uint64_t length = number(item + 16, 8);
        if (length == strlen(key)
            && memcmp(file + number(item + 8, 8), key, length) == 0) {
            *n = number(item + 32, 8);
            *type = item[0];
            return file + number(item + 24, 8);
        }
    }
    fail_msg("%s is not in the file", key);
    return NULL;
}

static void
assert_item(const unsigned char *file, const char *key, int type, const void *data,
    uint64_t n, size_t size)
{
    uint64_t n_found = 0;
    int type_found = 0;
    const unsigned char *at = find_item(file, key, &n_found, &type_found);
    assert_int_equal(type_found, type);
    assert_int_equal(n_found, n);
    assert_int_equal((uint64_t)(at - file) % 8, 0);
    if (n > 0) {
        assert_memory_equal(at, data, n * size);
    }
}

static unsigned char *
save_and_read(const dna_tree_tables *t, size_t *size)
{
    unsigned char *file = NULL;
    assert_ok(dna_tree_tables_save(t, test_path("a.trees")));
    assert_ok(dna_file_read(test_path("a.trees"), 1 << 20, &file, size));
    return file;
}

static void
test_columns_are_there(void **state)
{
    (void)state;
    enum { I8, U8, I32 = 4, U32, F64 = 9 };
    size_t size = 0;
    dna_tree_tables t = small_tables();
    unsigned char *file = save_and_read(&t, &size);
    assert_memory_equal(file, "\x89KAS\r\n\x1a\n\1\0\0\0", 12);
    assert_int_equal(number(file + 16, 8), size);
    assert_item(file, "nodes/time", F64, node_time, 5, 8);
    assert_item(file, "nodes/population", I32, node_population, 5, 4);
    assert_item(file, "nodes/flags", U32, (uint32_t[]){1, 1, 1, 0, 0}, 5, 4);
    assert_item(file, "nodes/individual", I32, (int32_t[]){-1, -1, -1, -1, -1}, 5, 4);
    assert_item(file, "edges/left", F64, left, 6, 8);
    assert_item(file, "edges/child", I32, child, 6, 4);
    assert_item(file, "sites/position", F64, position, 2, 8);
    assert_item(file, "sites/ancestral_state", U8, "00", 2, 1);
    assert_item(file, "mutations/derived_state", U8, "11", 2, 1);
    assert_item(
        file, "mutations/derived_state_offset", U32, (uint32_t[]){0, 1, 2}, 3, 4);
    assert_item(file, "mutations/site", I32, (int32_t[]){0, 1}, 2, 4);
    assert_item(file, "mutations/time", F64, mutation_time, 2, 8);
    assert_item(file, "populations/metadata_offset", U32, (uint32_t[]){0, 0, 0}, 3, 4);
    assert_item(file, "sequence_length", F64, &t.length, 1, 8);
    assert_item(file, "time_units", I8, "generations", 11, 1);
    assert_item(file, "format/version", U32, (uint32_t[]){12, 7}, 2, 4);
    /* by left end, young parents first; by right end, old parents first */
    assert_item(
        file, "indexes/edge_insertion_order", I32, (int32_t[]){0, 1, 4, 5, 2, 3}, 6, 4);
    assert_item(
        file, "indexes/edge_removal_order", I32, (int32_t[]){4, 0, 5, 3, 2, 1}, 6, 4);
    size_t size2 = 0;
    unsigned char *again = save_and_read(&t, &size2);
    assert_int_equal(size, size2);
    assert_memory_equal(file, again, size);
    dna_free(again);
    dna_free(file);
}

/* Every array that tskit wrote, with its type, in its order; and its own indexes. */
static void
test_files_have_the_form_of_tskits(void **state)
{
    (void)state;
    const char *path = shared_path("trees/const_n50.trees");
    unsigned char *theirs = NULL;
    size_t size = 0;
    if (path == NULL) {
        skip();
    }
    assert_ok(dna_file_read(path, 1 << 24, &theirs, &size));
    dna_tree_tables t = small_tables();
    unsigned char *ours = save_and_read(&t, &size);
    assert_int_equal(number(ours + 12, 4), number(theirs + 12, 4));
    for (uint64_t i = 1; i <= number(ours + 12, 4); i++) {
        const unsigned char *a = ours + 64 * i;
        const unsigned char *b = theirs + 64 * i;
        assert_int_equal(a[0], b[0]);
        assert_int_equal(number(a + 16, 8), number(b + 16, 8));
        assert_memory_equal(
            ours + number(a + 8, 8), theirs + number(b + 8, 8), number(a + 16, 8));
    }
    dna_free(ours);

    uint64_t n = 0;
    int type = 0;
    t = (dna_tree_tables){.length = 1};
    const void *column = find_item(theirs, "edges/left", &n, &type);
    t.n_edge = (int64_t)n;
    t.edge_left = column;
    column = find_item(theirs, "edges/right", &n, &type);
    t.edge_right = column;
    column = find_item(theirs, "edges/parent", &n, &type);
    t.edge_parent = column;
    column = find_item(theirs, "edges/child", &n, &type);
    t.edge_child = column;
    ours = save_and_read(&t, &size);
    column = find_item(theirs, "indexes/edge_insertion_order", &n, &type);
    assert_item(ours, "indexes/edge_insertion_order", 4, column, n, 4);
    column = find_item(theirs, "indexes/edge_removal_order", &n, &type);
    assert_item(ours, "indexes/edge_removal_order", 4, column, n, 4);
    dna_free(ours);
    dna_free(theirs);
}

static void
test_what_cannot_be_written_is_told(void **state)
{
    (void)state;
    dna_tree_tables t = small_tables();
    assert_fails(
        dna_tree_tables_save(&t, test_path("no/a.trees")), DNA_ENOTFOUND, "no");
    for_each_oom(i) {
        int rc = dna_tree_tables_save(&t, test_path("oom.trees"));
        bool is_done = oom_done();
        if (is_done) {
            assert_ok(rc);
            break;
        }
        assert_true(rc == DNA_ENOMEM || rc == DNA_OK); /* OK: only the folder's sync */
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_there),
        cmocka_unit_test(test_files_have_the_form_of_tskits),
        cmocka_unit_test(test_what_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

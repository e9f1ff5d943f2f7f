/* test_tree_sequence.c - tree sequences: genotypes against tskit's, and damaged files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/tree_tables.h"
#include "io/npz.h"
#include "popgen/tree_sequence.h"

/* ---- files made by msprime and tskit ------------------------------------------------- */

static void
check_shared(const char *name)
{
    char path[128];
    dna_tree_sequence *ts = NULL;
    dna_tree_walk *walk = NULL;
    dna_npz *npz = NULL;
    dna_array g = {0}, pos = {0}, samples = {0}, n_allele = {0};
    dna_tree_site site;

    snprintf(path, sizeof(path), "trees/%s.npz", name);
    assert_ok(dna_npz_open(&npz, shared_path(path)));
    assert_ok(dna_npz_read(npz, "G", &g));
    assert_ok(dna_npz_read(npz, "POS", &pos));
    assert_ok(dna_npz_read(npz, "samples", &samples));
    assert_ok(dna_npz_read(npz, "num_alleles", &n_allele));
    snprintf(path, sizeof(path), "trees/%s.trees", name);
    assert_ok(dna_tree_sequence_load(&ts, shared_path(path)));
    int64_t n = dna_tree_sequence_n_sample(ts);
    assert_int_equal(n, dna_array_count(&samples));
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(
            dna_tree_sequence_sample(ts, i), (int)dna_array_get(&samples, i));
    }
    assert_int_equal(dna_tree_sequence_n_site(ts), g.dim[0]);
    assert_ok(dna_tree_walk_new(&walk, ts));
    for (int64_t i = 0; i < g.dim[0]; i++) {
        assert_int_equal(dna_tree_walk_next(walk, &site), 1);
        assert_true(site.position == dna_array_get(&pos, i));
        assert_memory_equal(site.genotypes, (int8_t *)g.data + i * n, (size_t)n);
        assert_int_equal(site.n_allele, (int)dna_array_get(&n_allele, i));
    }
    assert_int_equal(dna_tree_walk_next(walk, &site), 0);
    dna_tree_walk_free(walk);
    dna_tree_sequence_free(ts);
    dna_array_clear(&g);
    dna_array_clear(&pos);
    dna_array_clear(&samples);
    dna_array_clear(&n_allele);
    dna_npz_close(npz);
}

static void
test_genotypes_are_those_of_tskit(void **state)
{
    static const char *const names[] = {"const_n50", "split_migration_n40",
        "missing_isolated", "jc69_multiallelic", "jc69_offset64", "no_sites",
        "no_edges", "full_arg_unary", "permuted_samples_subset", "internal_samples",
        "indel_alleles_metadata"};
    (void)state;
    if (shared_path("trees") == NULL) {
        skip();
    }
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        check_shared(names[i]);
    }
}

static void
test_bad_files_are_refused(void **state)
{
    dna_tree_sequence *ts = NULL;
    (void)state;
    if (shared_path("trees") == NULL) {
        skip();
    }
    assert_fails(dna_tree_sequence_load(&ts, shared_path("trees/bad_empty.trees")),
        DNA_EFORMAT, "is no tree sequence");
    assert_fails(dna_tree_sequence_load(&ts, shared_path("trees/bad_magic.trees")),
        DNA_EFORMAT, "is no tree sequence");
    assert_fails(dna_tree_sequence_load(&ts, shared_path("trees/bad_truncated.trees")),
        DNA_EFORMAT, "truncated");
}

/* ---- a small one of our own ----------------------------------------------------------- */

/* Two trees of samples 0, 1, 2. Left of 5: ((0,1)3,2)4; from 5 on: (0,(1,2)3)4. */
static const char *
small_trees(void)
{
    static const double time[] = {0, 0, 0, 1, 2};
    static const int32_t population[] = {0, 0, 0, 0, 0};
    static const double left[] = {0, 0, 5, 5, 0, 0};
    static const double right[] = {5, 10, 10, 10, 5, 10};
    static const int32_t parent[] = {3, 3, 3, 4, 4, 4};
    static const int32_t child[] = {0, 1, 2, 0, 2, 3};
    static const double position[] = {1, 2, 6, 7.5, 8};
    static const double mutation_time[] = {1.5, 0.5, 1.5, 0.5, 2.5};
    static const int32_t mutation_node[] = {3, 2, 3, 0, 4};
    static const dna_tree_tables tables = {.length = 10,
        .n_sample = 3,
        .n_population = 1,
        .n_node = 5,
        .n_edge = 6,
        .n_site = 5,
        .node_time = time,
        .node_population = population,
        .edge_left = left,
        .edge_right = right,
        .edge_parent = parent,
        .edge_child = child,
        .site_position = position,
        .mutation_time = mutation_time,
        .mutation_node = mutation_node};
    const char *path = test_path("small.trees");
    assert_ok(dna_tree_tables_save(&tables, path));
    return path;
}

static void
test_mutations_mark_who_descends_from_them(void **state)
{
    static const int8_t expected[5][3] = {
        {1, 1, 0}, {0, 0, 1}, {0, 1, 1}, {1, 0, 0}, {1, 1, 1}};
    static const double positions[] = {1, 2, 6, 7.5, 8};
    dna_tree_sequence *ts = NULL;
    dna_tree_walk *walk = NULL;
    int8_t g[15];
    double pos[5];
    (void)state;
    assert_ok(dna_tree_sequence_load(&ts, small_trees()));
    assert_true(dna_tree_sequence_length(ts) == 10);
    assert_ok(dna_tree_walk_new(&walk, ts));
    assert_ok(dna_tree_walk_matrix(walk, g, pos));
    assert_memory_equal(g, expected, sizeof(g));
    assert_memory_equal(pos, positions, sizeof(pos));
    dna_tree_walk_free(walk);
    dna_tree_sequence_free(ts);
}

static int
parse_copy(const unsigned char *bytes, size_t n)
{
    dna_tree_sequence *ts = NULL;
    dna_tree_walk *walk = NULL;
    dna_tree_site site;
    unsigned char *copy = dna_malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    int rc = dna_tree_sequence_parse(&ts, copy, n, "copy");
    if (rc == DNA_OK) {
        assert_ok(dna_tree_walk_new(&walk, ts));
        while (dna_tree_walk_next(walk, &site) > 0) {
            assert_true(site.position < 10);
        }
    }
    dna_tree_walk_free(walk);
    dna_tree_sequence_free(ts);
    return rc;
}

static void
test_damage_anywhere_does_no_harm(void **state)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    int n_refused = 0;
    (void)state;
    assert_ok(dna_file_read(small_trees(), 1 << 20, &bytes, &n));
    assert_ok(parse_copy(bytes, n));
    for (size_t cut = 0; cut < n; cut++) {
        assert_int_equal(parse_copy(bytes, cut), DNA_EFORMAT);
    }
    for (size_t at = 0; at < n; at++) {
        unsigned char old = bytes[at];
        bytes[at] = (unsigned char)~old;
        n_refused += parse_copy(bytes, n) < 0;
        bytes[at] = old;
    }
    assert_in_range(n_refused, 1000, (int)n);
    dna_free(bytes);
}

static void
test_old_formats_are_named(void **state)
{
    static const char hdf[] =
        "\x89HDF\r\n\x1a\n................................................................";
    (void)state;
    assert_int_equal(
        parse_copy((const unsigned char *)hdf, sizeof(hdf)), DNA_EUNSUPPORTED);
    assert_non_null(strstr(dna_message(), "before kastore"));
}

static void
test_memory_that_runs_out_is_told(void **state)
{
    const char *path = small_trees();
    (void)state;
    for_each_oom(i) {
        dna_tree_sequence *ts = NULL;
        dna_tree_walk *walk = NULL;
        int rc = dna_tree_sequence_load(&ts, path);
        rc = rc == DNA_OK ? dna_tree_walk_new(&walk, ts) : rc;
        assert_int_equal(rc, dna_mem_has_failed() ? DNA_ENOMEM : DNA_OK);
        dna_tree_walk_free(walk);
        dna_tree_sequence_free(ts);
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genotypes_are_those_of_tskit),
        cmocka_unit_test(test_bad_files_are_refused),
        cmocka_unit_test(test_mutations_mark_who_descends_from_them),
        cmocka_unit_test(test_damage_anywhere_does_no_harm),
        cmocka_unit_test(test_old_formats_are_named),
        cmocka_unit_test(test_memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

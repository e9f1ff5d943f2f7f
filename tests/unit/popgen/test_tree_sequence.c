/* test_tree_sequence.c - tree sequences: genotypes against tskit's, and damaged files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "dnadna/rng.h"
#include "dnadna/tree_tables.h"
#include "io/npz.h"
#include "popgen/node_sets.h"
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

/* ---- many samples ---------------------------------------------------------------------- */

enum { MANY = 300, NODES = 2 * MANY - 1, MOVES = 400, EDGES = NODES + MOVES };

typedef struct {
    double left, right;
    int32_t parent, child;
} edge;

static int
compare_edges(const void *a, const void *b)
{
    const edge *x = a, *y = b;
    if (x->parent != y->parent) {
        return (x->parent > y->parent) - (x->parent < y->parent);
    }
    if (x->child != y->child) {
        return (x->child > y->child) - (x->child < y->child);
    }
    return (x->left > y->left) - (x->left < y->left);
}

static int32_t
draw_below(dna_rng *rng, int64_t n)
{
    return (int32_t)(dna_rng_uniform(rng) * (double)n);
}

/* Pairs of lineages at random have a parent. */
static void
random_tree(dna_rng *rng, int32_t *parent)
{
    int32_t lineages[MANY];
    int32_t n = MANY;

    for (int32_t i = 0; i < MANY; i++) {
        lineages[i] = i;
    }
    for (int32_t u = MANY; u < NODES; u++) {
        for (int k = 0; k < 2; k++) {
            int32_t i = draw_below(rng, n);
            parent[lineages[i]] = u;
            lineages[i] = lineages[--n];
        }
        lineages[n++] = u;
    }
    parent[NODES - 1] = -1;
}

/* At each of the positions 0, 1, 2, ... one node goes below another one that is older, so
 * nodes with one child, with many and with none appear; there is a mutation, too. Truth:
 * up from each sample. */
static void
test_many_samples_carry_what_lies_above_them(void **state)
{
    static int32_t parent[NODES], nodes[MOVES], parents[EDGES], children[EDGES];
    static int32_t population[NODES];
    static double time[NODES], left[EDGES], right[EDGES], begin[NODES];
    static double positions[MOVES], mutation_time[MOVES];
    static int8_t expected[MOVES][MANY], found[MOVES][MANY];
    static double found_positions[MOVES];
    static edge edges[EDGES];
    dna_tree_sequence *ts = NULL;
    dna_tree_walk *walk = NULL;
    dna_rng rng;
    int64_t n_edge = 0;
    (void)state;

    dna_rng_init(&rng, 7, "trees", 0, 0, 0);
    random_tree(&rng, parent);
    for (int32_t u = 0; u < NODES; u++) {
        time[u] = u < MANY ? 0 : u - MANY + 1;
    }
    for (int32_t s = 0; s < MOVES; s++) {
        int32_t c = draw_below(&rng, NODES - 1);
        int32_t q = DNA_MAX(c + 1, MANY);
        q += draw_below(&rng, NODES - q);
        if (q != parent[c] && s > 0) {
            edges[n_edge++] = (edge){begin[c], s, parent[c], c};
            begin[c] = s;
            parent[c] = q;
        }
        /* often far up, where many descend */
        nodes[s] = draw_below(&rng, 2) == 0 ? draw_below(&rng, NODES)
                                            : NODES - 1 - draw_below(&rng, 20);
        positions[s] = s;
        mutation_time[s] = time[nodes[s]];
        for (int32_t i = 0; i < MANY; i++) {
            int32_t u = i;
            while (u >= 0 && u != nodes[s]) {
                u = parent[u];
            }
            expected[s][i] = u >= 0;
        }
    }
    for (int32_t u = 0; u < NODES - 1; u++) {
        edges[n_edge++] = (edge){begin[u], MOVES, parent[u], u};
    }
    qsort(edges, (size_t)n_edge, sizeof(edges[0]), compare_edges);
    for (int64_t e = 0; e < n_edge; e++) {
        left[e] = edges[e].left;
        right[e] = edges[e].right;
        parents[e] = edges[e].parent;
        children[e] = edges[e].child;
    }
    const dna_tree_tables tables = {.length = MOVES,
        .n_sample = MANY,
        .n_population = 1,
        .n_node = NODES,
        .n_edge = n_edge,
        .n_site = MOVES,
        .node_time = time,
        .node_population = population,
        .edge_left = left,
        .edge_right = right,
        .edge_parent = parents,
        .edge_child = children,
        .site_position = positions,
        .mutation_time = mutation_time,
        .mutation_node = nodes};
    const char *path = test_path("many.trees");
    assert_ok(dna_tree_tables_save(&tables, path));
    assert_ok(dna_tree_sequence_load(&ts, path));
    assert_ok(dna_tree_walk_new(&walk, ts));
    assert_ok(dna_tree_walk_matrix(walk, found[0], found_positions));
    assert_memory_equal(found, expected, sizeof(found));
    dna_tree_walk_free(walk);
    dna_tree_sequence_free(ts);
}

static void
test_sets_are_kept_up_to_a_limit(void **state)
{
    dna_node_sets s;
    int8_t to[128];
    (void)state;

    assert_ok(dna_node_sets_init(&s, 10, 65, 3 * 16)); /* room for three */
    for (int32_t u = 0; u < 3; u++) {
        uint64_t *set = dna_node_sets_add(&s, 2 * u);
        assert_non_null(set);
        set[0] = (uint64_t)1 << (9 * u);
        set[1] = u == 2;
    }
    assert_null(dna_node_sets_add(&s, 9));
    assert_null(dna_node_set(&s, 9));
    dna_node_sets_drop(&s, 2);
    assert_null(dna_node_set(&s, 2));
    const uint64_t *again = dna_node_sets_add(&s, 9);
    assert_non_null(again);
    assert_true(again[0] == 0 && again[1] == 0);
    memset(to, 5, sizeof(to));
    dna_node_sets_put(&s, dna_node_set(&s, 4), to, -3);
    for (int i = 0; i < 128; i++) {
        assert_int_equal(to[i], i == 18 || i == 64 ? -3 : 5);
    }
    dna_node_sets_clear(&s);
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
        cmocka_unit_test(test_many_samples_carry_what_lies_above_them),
        cmocka_unit_test(test_sets_are_kept_up_to_a_limit),
        cmocka_unit_test(test_damage_anywhere_does_no_harm),
        cmocka_unit_test(test_old_formats_are_named),
        cmocka_unit_test(test_memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

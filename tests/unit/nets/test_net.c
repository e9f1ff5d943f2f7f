/* test_net.c - the list of networks, their settings, and the sizes they take.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include "unit/nets/net_fixture.h"

static void
test_networks_answer_to_both_names(void **state)
{
    static const char *const names[][2] = {{"CNN", "cnn"}, {"CustomCNN", "custom_cnn"},
        {"MLP", "mlp"}, {"SPIDNA", "spidna"}};
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        const dna_net_def *def = dna_net_find(names[i][0]);
        assert_non_null(def);
        assert_string_equal(def->name, names[i][0]);
        assert_ptr_equal(dna_net_find(names[i][1]), def);
        assert_ptr_equal(dna_net_at(i), def);
        assert_non_null(def->doc);
    }
    assert_null(dna_net_at(DNA_COUNT(names)));
    assert_null(dna_net_at(-1));
    assert_null(dna_net_find("ResNet"));
    assert_null(dna_net_find(NULL));
}

/* Parameters of the description of the networks, batch-norm statistics not counted. */
static void
test_parameter_counts_are_the_published_ones(void **state)
{
    static const struct {
        net_case c;
        int64_t n_param;
    } counts[] = {
        {{"", "MLP", "", {400, 50, true, 3}, false}, 2045423},
        {{"", "CNN", "", {400, 50, true, 3}, false}, 5388},
        {{"", "SPIDNA", "n_blocks=7 n_features=50", {400, 50, true, 3}, false}, 107434},
        {{"", "SPIDNA", "", {384, 10, true, 21}, false}, 110584},
        {{"", "SPIDNA", "n_blocks=2 n_features=3", {20, 4, true, 3}, false}, 198},
        {{"", "CustomCNN", "", {400, 20, true, 3}, false}, 130813},
        {{"", "CustomCNN", "", {400, 50, true, 3}, false}, 130813},
        {{"", "CustomCNN", "", {500, 50, true, 3}, false}, 135813},
    };
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(counts); i++) {
        net_fixture f;
        fixture_open(&f, &counts[i].c);
        assert_int_equal(dna_state_n_param(f.state), counts[i].n_param);
        fixture_close(&f);
    }
}

static void
assert_tensor(const net_fixture *f, const char *name, int n_dim, const int64_t *dim)
{
    const dna_tensor *t = dna_state_find(f->state, name);
    if (t == NULL) {
        fail_msg("no tensor %s", name);
        return;
    }
    assert_int_equal(t->n_dim, n_dim);
    for (int i = 0; i < n_dim; i++) {
        assert_int_equal(t->dim[i], dim[i]);
    }
}

static void
test_tensors_have_the_originals_names_and_shapes(void **state)
{
    const net_case spidna = {"", "SPIDNA", "", {400, 50, true, 3}, false};
    const net_case custom = {"", "CustomCNN", "", {400, 50, true, 3}, false};
    const net_case cnn = {"", "CNN", "", {400, 50, true, 3}, false};
    net_fixture f;
    (void)state;
    fixture_open(&f, &spidna);
    assert_tensor(&f, "conv_pos.weight", 4, (int64_t[]){50, 1, 1, 3});
    assert_tensor(&f, "blocks.0.phi.weight", 4, (int64_t[]){50, 100, 1, 3});
    assert_tensor(&f, "blocks.0.phi_bn.running_var", 1, (int64_t[]){100});
    assert_tensor(&f, "blocks.6.phi_bn.num_batches_tracked", 0, NULL);
    assert_tensor(&f, "blocks.6.fc.bias", 1, (int64_t[]){3});
    assert_int_equal(dna_state_n_tensor(f.state), 2 * (2 + 5) + 7 * (2 + 5 + 2));
    fixture_close(&f);

    fixture_open(&f, &custom);
    assert_tensor(&f, "conv1.0.weight", 3, (int64_t[]){5, 1, 2});
    assert_tensor(&f, "conv1.4.weight", 3, (int64_t[]){5, 1, 1});
    assert_tensor(&f, "conv2.3.weight", 4, (int64_t[]){20, 1, 2, 10});
    assert_tensor(&f, "conv3.2.weight", 4, (int64_t[]){50, 1, 365, 1});
    assert_tensor(&f, "conv8.weight", 4, (int64_t[]){50, 1, 50, 3});
    assert_tensor(&f, "fc1.weight", 2, (int64_t[]){50, 200});
    assert_int_equal(dna_state_n_tensor(f.state), 20 * 7 + 4 + 5);
    fixture_close(&f);

    fixture_open(&f, &cnn);
    assert_null(dna_state_find(f.state, "conv1.bias"));
    assert_null(dna_state_find(f.state, "conv2.bias"));
    assert_tensor(&f, "fc1.weight", 2, (int64_t[]){10, 480});
    assert_int_equal(dna_state_n_tensor(f.state), 2 + 5 + 6);
    fixture_close(&f);
}

static void
test_corrected_heights_follow_the_individuals(void **state)
{
    const net_case c = {
        "", "CustomCNN", "heights=corrected", {400, 50, true, 3}, false};
    net_fixture f;
    (void)state;
    fixture_open(&f, &c);
    assert_tensor(&f, "conv3.0.weight", 4, (int64_t[]){50, 1, 20 * 49 + 5, 1});
    assert_tensor(&f, "conv3.4.weight", 4, (int64_t[]){50, 1, 20 * 31 + 5, 1});
    fixture_close(&f);
}

/* Read params for sizes; a build follows if that went well. */
static int
try_net(const char *net, const char *params, dna_net_sizes sizes)
{
    dna_arena *arena = NULL;
    dna_graph *g = NULL;
    const void *opts = NULL;
    const dna_net_def *def = dna_net_find(net);
    assert_non_null(def);
    assert_ok(dna_arena_new(&arena));
    int rc = dna_net_read_params(&opts, arena, def, params_of(arena, params), &sizes);
    if (rc == DNA_OK) {
        assert_ok(dna_net_build(&g, def, opts, &sizes));
    }
    dna_graph_free(g);
    dna_arena_free(arena);
    return rc;
}

#define SIZES(n_indiv, n_snp, n_outputs)      \
    (dna_net_sizes)                           \
    {                                         \
        (n_snp), (n_indiv), true, (n_outputs) \
    }
#define PRODUCT(n_indiv, n_snp)      \
    (dna_net_sizes)                  \
    {                                \
        (n_snp), (n_indiv), false, 3 \
    }

static void
test_cnn_takes_37_to_52_rows_and_389_to_404_snps(void **state)
{
    (void)state;
    assert_ok(try_net("CNN", "", SIZES(36, 389, 3)));
    assert_ok(try_net("CNN", "", SIZES(51, 404, 3)));
    assert_ok(try_net("CNN", "", PRODUCT(37, 400)));
    assert_ok(try_net("CNN", "", PRODUCT(52, 400)));
    assert_fails(try_net("CNN", "", SIZES(35, 400, 3)), DNA_ESHAPE,
        "network CNN: 35 individuals; it takes 36 to 51 with a row of positions");
    assert_fails(try_net("CNN", "", SIZES(52, 400, 3)), DNA_ESHAPE, "36 to 51 with");
    assert_fails(try_net("CNN", "", PRODUCT(53, 400)), DNA_ESHAPE,
        "network CNN: 53 individuals; it takes 37 to 52 without a row of positions");
    assert_fails(try_net("CNN", "", PRODUCT(36, 400)), DNA_ESHAPE, "37 to 52 without");
    assert_fails(try_net("CNN", "", SIZES(50, 388, 3)), DNA_ESHAPE,
        "network CNN: 388 SNPs; it takes 389 to 404");
    assert_fails(try_net("CNN", "", SIZES(50, 405, 3)), DNA_ESHAPE, "405 SNPs");
}

static void
test_cnn_checks_the_sizes_of_its_params(void **state)
{
    (void)state;
    assert_ok(try_net("CNN", "n_snp=400 n_indiv=50", SIZES(50, 400, 3)));
    assert_fails(try_net("CNN", "n_snp=400", SIZES(50, 401, 3)), DNA_ESHAPE,
        "network CNN: the data have n_snp 401, it is made for 400");
    assert_fails(try_net("CNN", "n_indiv=49", SIZES(50, 400, 3)), DNA_ESHAPE,
        "network CNN: the data have n_indiv 50, it is made for 49");
}

static void
test_mlp_takes_the_sizes_it_was_made_for(void **state)
{
    (void)state;
    assert_ok(try_net("MLP", "", SIZES(1, 1, 1)));
    assert_ok(try_net("MLP", "n_snp=20 n_indiv=4 concat=true", SIZES(4, 20, 3)));
    assert_ok(try_net("MLP", "concat=false", PRODUCT(4, 20)));
    assert_fails(try_net("MLP", "n_snp=21", SIZES(4, 20, 3)), DNA_ESHAPE,
        "network MLP: the data have n_snp 20, it is made for 21");
    assert_fails(try_net("MLP", "n_indiv=5", SIZES(4, 20, 3)), DNA_ESHAPE,
        "network MLP: the data have n_indiv 4, it is made for 5");
    assert_fails(try_net("MLP", "concat=true", PRODUCT(4, 20)), DNA_ESHAPE,
        "network MLP: the data are in product format, its params say concat: true");
    assert_fails(try_net("MLP", "concat=false", SIZES(4, 20, 3)), DNA_ESHAPE,
        "network MLP: the data are in concat format, its params say concat: false");
}

static void
test_spidna_needs_enough_snps_for_its_blocks(void **state)
{
    (void)state;
    assert_ok(try_net("SPIDNA", "", SIZES(2, 384, 50)));
    assert_ok(try_net("SPIDNA", "n_blocks=1", SIZES(1, 6, 3)));
    assert_fails(try_net("SPIDNA", "", SIZES(50, 383, 3)), DNA_ESHAPE,
        "network SPIDNA: 383 SNPs; with n_blocks 7 it needs at least 384");
    assert_fails(
        try_net("SPIDNA", "n_blocks=1", SIZES(2, 5, 3)), DNA_ESHAPE, "at least 6");
    assert_fails(try_net("SPIDNA", "n_blocks=28", SIZES(2, 1 << 20, 3)), DNA_ESHAPE,
        "at least 805306368");
}

static void
test_spidna_needs_positions_and_features_for_its_outputs(void **state)
{
    (void)state;
    assert_fails(try_net("SPIDNA", "", PRODUCT(50, 400)), DNA_ESHAPE,
        "network SPIDNA: the data have no row of positions, which it needs (snp_format: concat)");
    assert_fails(try_net("SPIDNA", "n_features=2", SIZES(50, 400, 3)), DNA_ESHAPE,
        "network SPIDNA: n_features 2 is below its 3 outputs");
    assert_ok(try_net("SPIDNA", "n_features=3", SIZES(50, 400, 3)));
}

static void
test_custom_cnn_needs_20_individuals_and_90_snps(void **state)
{
    (void)state;
    assert_ok(try_net("CustomCNN", "", SIZES(20, 90, 3)));
    assert_fails(try_net("CustomCNN", "", SIZES(19, 90, 3)), DNA_ESHAPE,
        "network CustomCNN: 19 individuals; it needs at least 20");
    assert_fails(try_net("CustomCNN", "", SIZES(20, 89, 3)), DNA_ESHAPE,
        "network CustomCNN: 89 SNPs; it needs at least 90");
    assert_fails(try_net("CustomCNN", "", PRODUCT(20, 90)), DNA_ESHAPE,
        "network CustomCNN: the data have no row of positions");
    assert_fails(try_net("CustomCNN", "n_snp=100", SIZES(20, 90, 3)), DNA_ESHAPE,
        "network CustomCNN: the data have n_snp 90, it is made for 100");
}

static void
test_custom_cnn_reads_as_many_individuals_as_its_params_say(void **state)
{
    (void)state;
    assert_ok(try_net("CustomCNN", "n_indiv=25", SIZES(40, 90, 3)));
    assert_ok(try_net("CustomCNN", "n_indiv=40", SIZES(25, 90, 3)));
    assert_ok(try_net("CustomCNN", "n_indiv=25 heights=corrected", SIZES(40, 90, 3)));
    assert_fails(try_net("CustomCNN", "n_indiv=40 heights=corrected", SIZES(25, 90, 3)),
        DNA_ESHAPE,
        "network CustomCNN: 25 individuals; with heights: corrected it needs the 40 of its params");
}

static void
test_only_custom_cnn_needs_batches_of_two(void **state)
{
    (void)state;
    for (int64_t i = 0; dna_net_at(i) != NULL; i++) {
        assert_int_equal(dna_net_at(i)->needs_batch_of_two,
            strcmp(dna_net_at(i)->name, "CustomCNN") == 0);
    }
}

static void
test_impossible_params_are_refused_by_name(void **state)
{
    static const struct {
        const char *net, *params, *text;
    } wrong[] = {
        {"SPIDNA", "n_blocks=0", "network.params.n_blocks"},
        {"SPIDNA", "n_blocks=29", "network.params.n_blocks"},
        {"SPIDNA", "n_features=many", "network.params.n_features"},
        {"SPIDNA", "n_features=100000", "network.params.n_features"},
        {"MLP", "n_snp=0", "network.params.n_snp"},
        {"MLP", "concat=maybe", "network.params.concat"},
        {"CustomCNN", "n_snp=89", "network.params.n_snp"},
        {"CustomCNN", "n_indiv=19", "network.params.n_indiv"},
        {"CustomCNN", "heights=tall", "network.params.heights"},
        {"CNN", "n_indiv=1.5", "network.params.n_indiv"},
    };
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(wrong); i++) {
        assert_fails(try_net(wrong[i].net, wrong[i].params, SIZES(50, 400, 3)),
            DNA_EARG, wrong[i].text);
    }
}

static void
test_absurd_sizes_are_refused_before_anything_is_multiplied(void **state)
{
    static const struct {
        dna_net_sizes sizes;
        const char *text;
    } absurd[] = {
        {{0, 50, true, 3}, "network MLP: 0 SNPs, of 1 to 2147483648"},
        {{INT64_MAX, 50, true, 3}, "SNPs"},
        {{400, -1, true, 3}, "network MLP: -1 individuals, of 1 to 16777216"},
        {{400, INT64_MAX, true, 3}, "individuals"},
        {{400, 50, true, 0}, "network MLP: 0 outputs, of 1 to 65536"},
        {{400, 50, true, INT64_MAX}, "outputs"},
    };
    dna_arena *arena = NULL;
    const void *opts = NULL;
    const dna_net_def *def = dna_net_find("MLP");
    (void)state;
    assert_non_null(def);
    assert_ok(dna_arena_new(&arena));
    assert_ok(dna_net_read_params(&opts, arena, def, NULL, NULL));
    for (int64_t i = 0; i < DNA_COUNT(absurd); i++) {
        dna_graph *g = NULL;
        assert_fails(
            dna_net_build(&g, def, opts, &absurd[i].sizes), DNA_ESHAPE, absurd[i].text);
        assert_null(g);
    }
    dna_arena_free(arena);
}

static void
test_n_outputs_of_the_params_does_not_count(void **state)
{
    const net_case c = {"", "MLP", "n_outputs=7", {20, 4, true, 3}, false};
    net_fixture f;
    (void)state;
    fixture_open(&f, &c);
    assert_tensor(&f, "fc4.weight", 2, (int64_t[]){3, 5});
    fixture_close(&f);
}

static void
assert_int_key(const dna_value *map, const char *key, int64_t expected)
{
    int64_t v = 0;
    if (!dna_value_as_int(dna_value_get(map, key), &v)) {
        fail_msg("no integer %s", key);
    }
    assert_int_equal(v, expected);
}

static void
test_complete_params_hold_what_was_computed_and_read_back(void **state)
{
    const net_case custom = {"", "CustomCNN", "", {90, 25, true, 3}, false};
    const net_case spidna = {"", "SPIDNA", "n_blocks=2", {20, 4, true, 2}, false};
    const net_case cnn = {"", "CNN", "", {400, 50, true, 3}, false};
    dna_value *map = NULL;
    const void *opts = NULL;
    net_fixture f;
    (void)state;
    fixture_open(&f, &custom);
    assert_ok(dna_net_params_to_value(&map, f.arena, f.def, f.opts, &custom.sizes));
    assert_int_equal(map->n, 5);
    assert_int_key(map, "n_snp", 90);
    assert_int_key(map, "n_indiv", 25);
    assert_int_key(map, "n_outputs", 3);
    assert_true(dna_value_get(map, "concat")->boolean);
    assert_string_equal(dna_value_as_text(dna_value_get(map, "heights")), "original");

    /* read back without data: a size is remembered, and contradicted data are refused
     */
    const dna_net_sizes shorter = {91, 25, true, 3};
    dna_graph *g = NULL;
    assert_ok(dna_net_read_params(&opts, f.arena, f.def, map, NULL));
    assert_fails(dna_net_build(&g, f.def, opts, &shorter), DNA_ESHAPE, "n_snp 91");
    fixture_close(&f);

    fixture_open(&f, &spidna);
    assert_ok(dna_net_params_to_value(&map, f.arena, f.def, f.opts, &spidna.sizes));
    assert_int_equal(map->n, 3);
    assert_int_key(map, "n_blocks", 2);
    assert_int_key(map, "n_features", 50);
    assert_int_key(map, "n_outputs", 2);
    fixture_close(&f);

    fixture_open(&f, &cnn); /* takes a range of sizes: none is written down */
    assert_ok(dna_net_params_to_value(&map, f.arena, f.def, f.opts, &cnn.sizes));
    assert_int_equal(map->n, 1);
    assert_int_key(map, "n_outputs", 3);
    fixture_close(&f);
}

static void
test_unknown_sizes_are_not_taken_as_given(void **state)
{
    const dna_net_sizes outputs_only = {.n_outputs = 3};
    dna_arena *arena = NULL;
    const void *opts = NULL;
    dna_value *map = NULL;
    const dna_net_def *def = dna_net_find("MLP");
    (void)state;
    assert_non_null(def);
    assert_ok(dna_arena_new(&arena));
    assert_ok(dna_net_read_params(&opts, arena, def, NULL, &outputs_only));
    assert_ok(dna_net_params_to_value(&map, arena, def, opts, &outputs_only));
    assert_int_equal(map->n, 1);
    dna_arena_free(arena);
}

static void
test_memory_running_out_is_reported(void **state)
{
    const dna_net_sizes sizes = {20, 4, true, 2};
    const dna_net_def *def = dna_net_find("SPIDNA");
    (void)state;
    assert_non_null(def);
    for_each_oom(i) {
        dna_arena *arena = NULL;
        dna_graph *g = NULL;
        dna_value *map = NULL;
        const void *opts = NULL;
        int rc = dna_arena_new(&arena);
        rc = rc < 0 ? rc : DNA_OK;
        if (rc == DNA_OK) {
            map = dna_value_map(arena);
            rc = map == NULL
                     ? DNA_ENOMEM
                     : dna_value_set(arena, map, "n_blocks", dna_value_int(arena, 2));
        }
        if (rc == DNA_OK) {
            rc = dna_net_read_params(&opts, arena, def, map, &sizes);
        }
        if (rc == DNA_OK) {
            rc = dna_net_build(&g, def, opts, &sizes);
        }
        if (rc == DNA_OK) {
            rc = dna_net_params_to_value(&map, arena, def, opts, &sizes);
        }
        bool is_done = oom_done();
        assert_int_equal(rc, is_done ? DNA_OK : DNA_ENOMEM);
        dna_graph_free(g);
        dna_arena_free(arena);
        if (is_done) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_answer_to_both_names),
        cmocka_unit_test(test_parameter_counts_are_the_published_ones),
        cmocka_unit_test(test_tensors_have_the_originals_names_and_shapes),
        cmocka_unit_test(test_corrected_heights_follow_the_individuals),
        cmocka_unit_test(test_cnn_takes_37_to_52_rows_and_389_to_404_snps),
        cmocka_unit_test(test_cnn_checks_the_sizes_of_its_params),
        cmocka_unit_test(test_mlp_takes_the_sizes_it_was_made_for),
        cmocka_unit_test(test_spidna_needs_enough_snps_for_its_blocks),
        cmocka_unit_test(test_spidna_needs_positions_and_features_for_its_outputs),
        cmocka_unit_test(test_custom_cnn_needs_20_individuals_and_90_snps),
        cmocka_unit_test(test_custom_cnn_reads_as_many_individuals_as_its_params_say),
        cmocka_unit_test(test_only_custom_cnn_needs_batches_of_two),
        cmocka_unit_test(test_impossible_params_are_refused_by_name),
        cmocka_unit_test(test_absurd_sizes_are_refused_before_anything_is_multiplied),
        cmocka_unit_test(test_n_outputs_of_the_params_does_not_count),
        cmocka_unit_test(test_complete_params_hold_what_was_computed_and_read_back),
        cmocka_unit_test(test_unknown_sizes_are_not_taken_as_given),
        cmocka_unit_test(test_memory_running_out_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

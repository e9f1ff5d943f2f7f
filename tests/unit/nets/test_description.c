/* test_description.c - networks in YAML: the built-in ones are the same graphs as those in
 * C; what is wrong is told with its place.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include "base/mem.h"
#include "base/path.h"
#include "io/yaml.h"
#include "nets/description.h"
#include "nets/layer_op.h"
#include "nn/node.h"
#include "unit/nets/net_fixture.h"

/* ---- the built-in networks --------------------------------------------------------- */

static const struct {
    const char *file;
    net_case c;
} twins[] = {
    {"spidna", {"", "SPIDNA", "n_blocks=2 n_features=3", {20, 4, true, 2}, false}},
    {"spidna", {"", "SPIDNA", "n_blocks=1 n_features=2", {6, 1, true, 1}, false}},
    {"spidna", {"", "SPIDNA", "", {400, 50, true, 3}, false}},
    {"cnn", {"", "CNN", "", {400, 50, true, 3}, false}},
    {"cnn", {"", "CNN", "", {391, 38, false, 2}, false}},
    {"mlp", {"", "MLP", "", {20, 4, true, 3}, false}},
    {"mlp", {"", "MLP", "", {20, 4, false, 2}, false}},
    {"custom_cnn", {"", "CustomCNN", "", {90, 20, true, 3}, false}},
    {"custom_cnn", {"", "CustomCNN", "", {172, 25, true, 3}, false}},
    {"custom_cnn", {"", "CustomCNN", "heights=corrected", {90, 25, true, 3}, false}},
};

static const dna_net_def *
read_example(dna_arena *arena, const char *name)
{
    const dna_net_def *def = NULL;
    dna_value *value = NULL;
    char path[512];
    const char *root = getenv("DNADNA_SOURCE_DIR");

    assert_non_null(root);
    snprintf(path, sizeof(path), "%s/examples/networks/%s.yml", root, name);
    assert_ok(dna_net_read_file(&def, &value, arena, path));
    return def;
}

static void
assert_same_node(const dna_node *a, const dna_node *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->n_in, b->n_in);
    for (int i = 0; i < a->n_in; i++) {
        assert_int_equal(a->in[i]->id, b->in[i]->id);
    }
    assert_int_equal(a->n_dim, b->n_dim);
    assert_memory_equal(a->dim, b->dim, sizeof(a->dim));
    assert_memory_equal(a->tensor, b->tensor, sizeof(a->tensor));
    assert_memory_equal(&a->conv, &b->conv, offsetof(dna_conv2d_opts, no_bias));
    assert_int_equal(a->conv.no_bias, b->conv.no_bias);
    assert_memory_equal(&a->pool, &b->pool, sizeof(a->pool));
    assert_int_equal(a->axis, b->axis);
    assert_int_equal(a->begin, b->begin);
    assert_int_equal(a->keep, b->keep);
    assert_float_equal(a->eps, b->eps, 0);
    assert_float_equal(a->momentum, b->momentum, 0);
}

/* The same list of nodes on the same tensors: so numbers, names and speed are equal. */
static void
built_in_networks_are_the_same_as_data(void **state)
{
    (void)state;
    for (int64_t k = 0; k < DNA_COUNT(twins); k++) {
        net_fixture f;
        const void *opts = NULL;
        dna_graph *g = NULL;

        fixture_open(&f, &twins[k].c);
        const dna_net_def *def = read_example(f.arena, twins[k].file);
        assert_ok(dna_net_read_params(&opts, f.arena, def,
            params_of(f.arena, twins[k].c.params), &twins[k].c.sizes));
        assert_ok(dna_net_build(&g, def, opts, &twins[k].c.sizes));
        assert_int_equal(g->n_tensor, f.g->n_tensor);
        for (int i = 0; i < g->n_tensor; i++) {
            assert_string_equal(g->tensors[i].name, f.g->tensors[i].name);
            assert_int_equal(g->tensors[i].offset, f.g->tensors[i].offset);
            assert_int_equal(g->tensors[i].count, f.g->tensors[i].count);
            assert_int_equal(g->tensors[i].fan_in, f.g->tensors[i].fan_in);
            assert_int_equal(g->tensors[i].init.law, DNA_INIT_DEFAULT);
        }
        assert_int_equal(g->n_node, f.g->n_node);
        for (int i = 0; i < g->n_node; i++) {
            assert_same_node(g->nodes[i], f.g->nodes[i]);
        }
        assert_int_equal(g->output->id, f.g->output->id);
        assert_int_equal(dna_net_needs_batch_of_two(def, g), f.def->needs_batch_of_two);
        assert_int_equal(def->is_exchangeable, f.def->is_exchangeable);
        assert_ok(dna_net_check_same(def, f.g, g, &twins[k].c.sizes));
        dna_graph_free(g);
        fixture_close(&f);
    }
}

/* ---- small ones --------------------------------------------------------------------- */

static const dna_net_sizes small = {20, 4, true, 2};

/* The graph of a description in YAML, for sizes. */
static int
try_build(dna_arena *arena, const char *text, const dna_net_sizes *sizes, dna_graph **g)
{
    dna_value *v = NULL;
    const dna_net_def *def = NULL;
    const void *opts = NULL;
    int rc = DNA_OK;

    *g = NULL;
    DNA_TRY(dna_yaml_parse(&v, arena, text, strlen(text), "n.yml"));
    DNA_TRY(dna_net_describe(&def, arena, v));
    DNA_TRY(dna_net_read_params(&opts, arena, def, NULL, NULL));
    DNA_TRY(dna_net_build(g, def, opts, sizes));
out:
    return rc;
}

#define END "  - {op: flatten}\n  - {op: linear, name: fc, out: n_outputs}\n"

/* For each op, layers around it that fit, to the 2 outputs. */
static const char *const uses[][2] = {
    {"conv2d",
        "- {op: reshape, shape: [1, d1, d2]}\n  - {op: conv2d, name: c, out: 3, kernel: [2, 3], stride: [1, 2], padding: 1, dilation: 2, bias: false}\n"},
    {"conv1d",
        "- {op: conv1d, name: c, out: 3, kernel: 3, stride: 2, padding: 1, dilation: 2}\n"},
    {"linear", "- {op: linear, name: l, out: 7, bias: false}\n"},
    {"batch_norm", "- {op: batch_norm, name: n, eps: 1e-3, momentum: 0.2}\n"},
    {"instance_norm", "- {op: instance_norm, name: n, affine: true}\n"},
    {"group_norm", "- {op: group_norm, name: n, groups: 5}\n"},
    {"layer_norm", "- {op: layer_norm, name: n, dims: 2}\n"},
    {"relu", "- {op: relu}\n"},
    {"leaky_relu", "- {op: leaky_relu, slope: 0.3}\n"},
    {"elu", "- {op: elu, alpha: 2}\n"},
    {"gelu", "- {op: gelu}\n"},
    {"sigmoid", "- {op: sigmoid}\n"},
    {"softplus", "- {op: softplus, beta: 2, threshold: 10}\n"},
    {"tanh", "- {op: tanh}\n"},
    {"max_pool2d",
        "- {op: reshape, shape: [1, d1, -1]}\n  - {op: max_pool2d, kernel: 2, stride: [1, 2], padding: 1}\n"},
    {"avg_pool2d",
        "- {op: reshape, shape: [1, d1, d2]}\n  - {op: avg_pool2d, kernel: [2, 3], count_padding: false}\n"},
    {"max_pool1d", "- {op: max_pool1d, kernel: 2, stride: 3, padding: 1}\n"},
    {"avg_pool1d", "- {op: avg_pool1d, kernel: 2, count_padding: false}\n"},
    {"mean", "- {op: mean, axis: 1}\n"},
    {"sum", "- {op: sum, axis: 2, keep: true}\n"},
    {"max", "- {op: max, axis: 2}\n"},
    {"softmax", "- {op: softmax, axis: 2}\n"},
    {"dropout", "- {op: dropout, rate: 0.25}\n"},
    {"expand",
        "- {op: mean, axis: 1, keep: true}\n  - {op: expand, axis: 1, times: n_snp / 4}\n"},
    {"concat", "- {op: concat, from: [snps, positions, input], axis: 1}\n"},
    {"add", "- {op: add, from: [snps, positions, positions]}\n"},
    {"slice", "- {op: slice, axis: 2, begin: 3, length: d2 - 3}\n"},
    {"crop", "- {op: crop, axis: 2, length: 7}\n"},
    {"reshape", "- {op: reshape, shape: [2, -1]}\n"},
    {"flatten", "- {op: flatten}\n"},
    {"transpose", "- {op: transpose, order: [2, 1]}\n"},
    {"gru",
        "- {op: gru, name: r, hidden: 3, layers: 2, bidirectional: true, final: true}\n"},
    {"lstm", "- {op: lstm, name: r, hidden: 3, bias: false}\n"},
    {"zeros",
        "- {op: zeros, name: z, shape: [5, 20]}\n  - {op: add, from: [z, input]}\n"},
    {"same", "- {op: same, name: again}\n"},
};

static void
each_op_builds_what_it_says(void **state)
{
    dna_arena *arena = NULL;
    (void)state;
    assert_ok(dna_arena_new(&arena));
    for (int64_t i = 0; dna_layer_op_at(i) != NULL; i++) {
        char text[600];
        dna_graph *g = NULL;
        assert_true(i < DNA_COUNT(uses));
        assert_string_equal(uses[i][0], dna_layer_op_at(i)->name);
        snprintf(text, sizeof(text), "layers:\n  %s" END, uses[i][1]);
        if (try_build(arena, text, &small, &g) < 0) {
            fail_msg("%s: %s", uses[i][0], dna_message());
        }
        dna_graph_free(g);
    }
    assert_int_equal(dna_layer_op_find("conv3d") == NULL, 1);
    assert_string_equal(dna_layer_op_nearest("conv_2d"), "conv2d");
    dna_arena_free(arena);
}

/* Arguments reach the engine: one graph against the same made by hand. */
static void
arguments_are_those_of_the_engine(void **state)
{
    static const char text[] =
        "params: {n: 3}\n"
        "let: {twice: 2 * n}\n"
        "layers:\n"
        "  - {op: reshape, from: snps, shape: [1, n_indiv, n_snp]}\n"
        "  - {op: conv2d, name: c, out: twice, kernel: [2, n], stride: [1, 2], padding: [1, 0], dilation: [2, 1], bias: false, activation: leaky_relu}\n"
        "  - {op: avg_pool2d, kernel: 2, stride: [1, 2], padding: 1, count_padding: false}\n"
        "  - {op: group_norm, name: g, groups: n, eps: 0.5, affine: false}\n"
        "  - {op: mean, axis: 2}\n"
        "  - {op: transpose, order: [2, 1]}\n"
        "  - {op: gru, name: r, hidden: 4, bidirectional: true, final: true}\n"
        "  - {op: linear, name: fc, out: n_outputs}\n";
    dna_arena *arena = NULL;
    dna_graph *g = NULL, *h = NULL;
    (void)state;
    assert_ok(dna_arena_new(&arena));
    assert_ok(try_build(arena, text, &small, &g));
    assert_ok(dna_graph_new(&h));
    dna_node *x = dna_input(h, "x", 2, (int64_t[]){5, 20});
    x = dna_reshape(h, dna_slice(h, x, 1, 1, 4), 3, (int64_t[]){1, 4, 20});
    dna_conv2d_opts conv = {.out = 6,
        .kernel = {2, 3},
        .stride = {1, 2},
        .pad = {1, 0},
        .dilation = {2, 1},
        .no_bias = true};
    x = dna_leaky_relu(h, dna_conv2d(h, x, "c", conv), 0.01);
    dna_avg_pool_opts pool = {
        .kernel = {2, 2}, .stride = {1, 2}, .pad = {1, 1}, .exclude_pad = true};
    x = dna_avg_pool2d(h, x, pool);
    x = dna_group_norm(
        h, x, "g", (dna_group_norm_opts){.groups = 3, .eps = 0.5, .no_affine = true});
    x = dna_transpose(h, dna_mean(h, x, 2, false), (int[]){0, 2, 1});
    x = dna_gru(
        h, x, "r", (dna_rnn_opts){.hidden = 4, .bidirectional = true, .final = true});
    assert_ok(dna_graph_output(h, dna_linear(h, x, "fc", (dna_linear_opts){.out = 2})));
    assert_int_equal(g->n_node, h->n_node);
    for (int i = 0; i < g->n_node; i++) {
        assert_same_node(g->nodes[i], h->nodes[i]);
        assert_int_equal(g->nodes[i]->exclude_pad, h->nodes[i]->exclude_pad);
        assert_int_equal(g->nodes[i]->groups, h->nodes[i]->groups);
        assert_int_equal(g->nodes[i]->is_final, h->nodes[i]->is_final);
        assert_int_equal(g->nodes[i]->is_reverse, h->nodes[i]->is_reverse);
        assert_memory_equal(g->nodes[i]->perm, h->nodes[i]->perm, sizeof(int[4]));
    }
    dna_graph_free(g);
    dna_graph_free(h);
    dna_arena_free(arena);
}

/* ---- initial laws -------------------------------------------------------------------- */

static void
moments(const float *x, int64_t n, double *mean, double *sd, double *most)
{
    double sum = 0, squares = 0;
    *most = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
        *most = fmax(*most, fabs((double)x[i]));
    }
    *mean = sum / (double)n;
    *sd = sqrt(squares / (double)n - *mean * *mean);
}

/* conv2d of 40 to 60 channels by 3 x 2: fan_in 240, fan_out 360. */
static void
parameters_begin_by_their_laws(void **state)
{
    static const struct {
        const char *law;
        double mean, sd, limit; /* of entries; 0: none */
    } cases[] = {
        {"0.25", 0.25, 0, 0.25},
        {"{constant: 0.25}", 0.25, 0, 0.25},
        {"{uniform: [-1, 3]}", 1, 4 / 3.4641016, 3},
        {"{normal: [2, 0.5]}", 2, 0.5, 0},
        {"{truncated_normal: [0, 1]}", 0, 0.8796256, 2},
        {"glorot_uniform", 0, 0.0577350, 0.1},
        {"glorot_normal", 0, 0.0577350, 0},
        {"he_uniform", 0, 0.0912871, 0.1581139},
        {"he_normal", 0, 0.0912871, 0},
        {"lecun_uniform", 0, 0.0645497, 0.1118034},
        {"lecun_normal", 0, 0.0645497, 0},
        {"default", 0, 0.0372678, 0.0645497},
    };
    dna_arena *arena = NULL;
    (void)state;
    assert_ok(dna_arena_new(&arena));
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        char text[400];
        dna_graph *g = NULL;
        dna_state *s = NULL;
        double mean = 0, sd = 0, most = 0;
        snprintf(text, sizeof(text),
            "layers:\n  - {op: reshape, from: snps, shape: [40, n_indiv / 40, n_snp]}\n"
            "  - {op: conv2d, name: c, out: 60, kernel: [3, 2], init: {weight: %s, bias: 0.5}}\n" END,
            cases[i].law);
        assert_ok(try_build(arena, text, &(dna_net_sizes){20, 160, true, 2}, &g));
        assert_ok(dna_state_new(&s, g));
        assert_ok(dna_state_init_random(s, 3));
        const dna_tensor *w = dna_state_find(s, "c.weight");
        const dna_tensor *bias = dna_state_find(s, "c.bias");
        assert_non_null(w);
        assert_non_null(bias);
        moments(dna_state_params(s) + w->offset, w->count, &mean, &sd, &most);
        /* 14,400 entries: four standard errors of mean and deviation */
        if (fabs(mean - cases[i].mean) > 0.034 * cases[i].sd
            || fabs(sd - cases[i].sd) > 0.024 * cases[i].sd + 1e-6
            || (cases[i].limit > 0 && most > cases[i].limit * (1 + 1e-6))) {
            fail_msg(
                "%s: mean %g, deviation %g, largest %g", cases[i].law, mean, sd, most);
        }
        assert_float_equal(dna_state_params(s)[bias->offset + 7], 0.5, 0);
        dna_state_free(s);
        dna_graph_free(g);
    }
    dna_arena_free(arena);
}

/* ---- what is wrong is told ---------------------------------------------------------- */

static const struct {
    const char *text;
    int code;
    const char *message; /* a part of it */
} wrong[] = {
    {"name: x\n", DNA_EARG, "layers: is missing"},
    {"layers: []\n", DNA_EARG, "layers: is no list of 1 to"},
    {"layers: [relu]\n", DNA_EARG, "a layer is a mapping, such as {op: relu}, not"},
    {"layer: []\n", DNA_EARG, "a network has no \"layer\", did you mean \"layers\"?"},
    {"layers:\n  - {op: conv2, name: a}\n", DNA_ENOTFOUND,
        "n.yml:2: layers: unknown op \"conv2\", did you mean \"conv2d\"?"},
    {"layers:\n  - {op: transformer}\n", DNA_ENOTFOUND,
        "unknown op \"transformer\"; dnadna net ops lists all"},
    {"layers:\n  - {op: linear, name: a, outs: 3}\n", DNA_EARG,
        "linear has no \"outs\", did you mean \"out\"?"},
    {"layers:\n  - {op: linear, name: a}\n", DNA_EARG,
        "linear needs \"out\": Output features."},
    {"layers:\n  - {op: linear, out: 3}\n", DNA_EARG, "linear needs a name"},
    {"layers:\n  - {op: relu, init: {weight: 0}}\n", DNA_EARG,
        "init: relu has no parameters"},
    {"layers:\n  - {op: linear, name: a, out: 2, init: {weight: {normal: 3}}}\n",
        DNA_EARG, "init: there are default, constant: ., uniform: [., .], normal"},
    {"layers:\n  - {op: flatten}\n  - {op: linear, name: a, out: 2, init: {scale: 1}}\n",
        DNA_EARG, "n.yml:3: layers: a: init: it has no parameter \"scale\""},
    {"layers:\n  - {op: add, from: [snps]}\n", DNA_EARG,
        "add reads 1 inputs, it takes 2 or more"},
    {"layers:\n  - {op: add}\n", DNA_EARG, "add needs \"from\""},
    {"layers:\n  - {op: flatten, activation: softmax}\n", DNA_EARG,
        "softmax is no activation"},
    {"layers:\n  - {op: slice, axis: 1, length: [2, 3]}\n", DNA_EARG,
        "length is a number or formula, not a list"},
    {"layers:\n  - {op: linear, name: a, out: n_output}\n", DNA_ENOTFOUND,
        "did you mean \"n_outputs\"?"},
    {"layers:\n  - {op: linear, name: a, out: 'uniform(1, 2)'}\n", DNA_EARG,
        "draws a number"},
    {"layers:\n  - {op: linear, name: a, out: n_snp / 3}\n", DNA_EARG,
        "n.yml:2: layers: a: out is 6.666666667, not a whole number"},
    {"layers:\n  - {op: linear, name: a, out: n_snp - 30}\n", DNA_EARG,
        "a: out is -10, at least 1 is needed"},
    {"layers:\n  - {op: batch_norm, name: a, eps: 0}\n", DNA_EARG,
        "a: eps is 0, above 0 is needed"},
    {"let: {a: d1}\nlayers: [{op: relu}]\n", DNA_EARG,
        "d1 is known in the arguments of a layer only"},
    {"let: {n_snp: 3}\nlayers: [{op: relu}]\n", DNA_EARG,
        "there is a value \"n_snp\" already"},
    {"params: {a: text}\nlayers: [{op: relu}]\n", DNA_EARG, "a needs a default"},
    {"params: {a: {default: 3, max: 2}}\nlayers: [{op: relu}]\n", DNA_EARG,
        "network.params.a: 3 is not at most 2"},
    /* names */
    {"layers:\n  - {op: relu, name: a}\n  - {op: relu, name: a}\n", DNA_EARG,
        "n.yml:3: layers: there are two layers \"a\"; the first is in line 2"},
    {"layers:\n  - repeat: 2\n    layers: [{op: relu, name: a}]\n", DNA_EARG,
        "the name \"a\" comes in each round"},
    {"layers:\n  - {op: relu, name: snps}\n", DNA_EARG,
        "\"snps\" is the name of an input"},
    {"layers:\n  - {op: relu, name: a b}\n", DNA_EARG, "\"a b\" is no name of a layer"},
    {"layers:\n  - {op: relu, name: 'a{n_snp'}\n", DNA_EARG, "a { has no }"},
    {"layers:\n  - {op: relu, name: first}\n  - {op: relu, from: fist}\n",
        DNA_ENOTFOUND, "there is no layer or input \"fist\", did you mean \"first\"?"},
    {"layers:\n  - {op: relu, name: a, from: b}\n  - {op: tanh, name: b, from: snps}\n",
        DNA_EARG, "n.yml:2: layers: reads \"b\", which comes later (line 3)"},
    {"layers:\n  - {op: relu, name: a, from: c}\n  - {op: relu, name: b, from: a}\n  - {op: relu, name: c}\n",
        DNA_EARG, "a cycle: \"a\" <- \"b\" <- \"c\" <- \"a\""},
    {"layers:\n  - {op: relu, name: a, from: a}\n", DNA_EARG,
        "a cycle: \"a\" <- \"a\""},
    {"layers:\n  - {op: relu, name: a}\n" END, DNA_OK, ""},
    {"layers:\n  - {op: relu, name: a}\n  - {op: flatten, from: snps}\n  - {op: linear, name: fc, out: 2}\n",
        DNA_EARG, "n.yml:2: layers: nothing reads layer \"a\""},
    {"output: b\nlayers:\n  - {op: relu, name: a}\n", DNA_ENOTFOUND,
        "output: there is no layer \"b\""},
    /* shapes */
    {"layers:\n  - {op: flatten}\n  - {op: conv1d, name: c, out: 3, kernel: 3}\n",
        DNA_ESHAPE,
        "n.yml:3: layers: c: input [N, 100], [N, channels, length] is needed"},
    {"layers:\n  - {op: max_pool2d, name: p, kernel: 2}\n", DNA_ESHAPE,
        "p: max_pool2d"},
    {"layers:\n  - {op: flatten}\n  - {op: linear, name: fc, out: 3}\n", DNA_ESHAPE,
        "layer \"fc\" gives [N, 3], the output must be [N, n_outputs], [N, 2] here"},
    {"layers:\n  - {op: reshape, shape: [7, -1]}\n", DNA_ESHAPE, "reshape"},
    {"layers:\n  - {op: reshape, shape: [-1, -1]}\n", DNA_EARG, "or once -1"},
    {"layers:\n  - {op: transpose, order: [2, 1, 3]}\n", DNA_ESHAPE,
        "order has 3 dimensions, the input has 2"},
    {"needs: n_snp >= 400 and n_indiv > 2\nlayers: [{op: relu}]\n", DNA_ESHAPE,
        "needs n_snp >= 400 and n_indiv > 2; n_snp is 20, n_indiv is 4"},
    {"layers:\n  - {op: flatten}\n  - {op: linear, name: a, out: 2}\n  - {op: linear, name: b, out: 3, shares: a}\n",
        DNA_ESHAPE, "used twice with different shapes"},
    {"layers:\n  - {op: flatten}\n  - {op: linear, name: b, out: 3, shares: a}\n",
        DNA_EARG, "which is no linear before it"},
    /* what a stranger's file could ask for */
    {"layers:\n  - repeat: 1e9\n    layers: [{op: relu}]\n", DNA_EARG,
        "repeat is 1000000000"},
    {"layers:\n  - repeat: 4000\n    layers: [{repeat: 4000, layers: [{op: relu}]}]\n",
        DNA_EARG, "more than 4096 layers in all"},
    {"layers:\n  - repeat: 4096\n    layers: [{repeat: 4096, layers: [{repeat: 4096, layers: [{repeat: 4096, layers: [{op: relu, when: 1 > 2}]}]}]}]\n",
        DNA_EARG, "too many rounds"},
    {"layers:\n  - {op: linear, name: a, out: 1e12}\n", DNA_ESHAPE, "a"},
    {"layers:\n  - {op: linear, name: a, out: 1e300}\n", DNA_EARG,
        "not a whole number"},
};

static void
what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(wrong); i++) {
        dna_arena *arena = NULL;
        dna_graph *g = NULL;
        assert_ok(dna_arena_new(&arena));
        int rc = try_build(arena, wrong[i].text, &small, &g);
        if (rc != wrong[i].code
            || (rc < 0 && strstr(dna_message(), wrong[i].message) == NULL)) {
            fail_msg("%s gives %d: %s", wrong[i].text, rc, rc < 0 ? dna_message() : "");
        }
        dna_graph_free(g);
        dna_arena_free(arena);
    }
}

static void
positions_are_there_or_refused(void **state)
{
    const dna_net_sizes none = {20, 4, false, 2};
    dna_arena *arena = NULL;
    dna_graph *g = NULL;
    (void)state;
    assert_ok(dna_arena_new(&arena));
    assert_fails(
        try_build(arena, "layers:\n  - {op: flatten, from: positions}\n", &none, &g),
        DNA_ESHAPE, "reads positions, and the data have no row of them");
    assert_ok(try_build(
        arena, "layers:\n  - {op: add, from: [snps, input]}\n" END, &none, &g));
    dna_graph_free(g);
    dna_arena_free(arena);
}

/* Parameters that depend on the size: another one is refused; else any is taken. */
static void
other_sizes_fit_or_are_refused(void **state)
{
    const dna_net_sizes longer = {31, 4, true, 2};
    static const char *const texts[] = {"layers:\n" END,
        "layers:\n  - {op: mean, axis: 2}\n" END,
        "layers:\n  - {op: relu, when: n_snp > 25}\n  - {op: mean, axis: 2}\n" END};
    dna_arena *arena = NULL;
    (void)state;
    assert_ok(dna_arena_new(&arena));
    for (int i = 0; i < 3; i++) {
        const dna_net_def def = {.name = "n"};
        dna_graph *a = NULL, *b = NULL;
        assert_ok(try_build(arena, texts[i], &small, &a));
        assert_ok(try_build(arena, texts[i], &longer, &b));
        if (i == 1) {
            assert_ok(dna_net_check_same(&def, a, b, &longer));
        } else {
            assert_fails(dna_net_check_same(&def, a, b, &longer), DNA_ESHAPE,
                i == 0 ? "31 SNPs need other parameters fc.weight than the 4 and 20"
                       : "need other layers than");
        }
        dna_graph_free(a);
        dna_graph_free(b);
    }
    dna_arena_free(arena);
}

static void
layers_share_parameters(void **state)
{
    dna_arena *arena = NULL;
    dna_graph *g = NULL;
    (void)state;
    assert_ok(dna_arena_new(&arena));
    assert_ok(try_build(arena,
        "layers:\n"
        "  - {op: conv1d, name: a, from: snps, out: 2, kernel: 3}\n"
        "  - {op: conv1d, name: b, from: snps, out: 2, kernel: 3, shares: a}\n"
        "  - {op: add, from: [a, b]}\n" END,
        &small, &g));
    assert_int_equal(g->n_tensor, 4); /* a.weight, a.bias, fc.weight, fc.bias */
    dna_graph_free(g);
    dna_arena_free(arena);
}

static void
memory_running_out_is_an_error(void **state)
{
    static const char text[] =
        "name: n\nparams: {k: {default: a, choices: [a, b]}, n: 2}\nlet: {m: n + 1}\n"
        "needs: n_snp > 3\nlayers:\n"
        "  - repeat: m\n    index: i\n    layers:\n"
        "      - {op: linear, name: 'l{i}', out: 3, activation: relu, init: {bias: 0}}\n" END;
    (void)state;
    for_each_oom(i) {
        dna_arena *arena = NULL;
        dna_graph *g = NULL;
        int rc = dna_arena_new(&arena);
        if (rc == DNA_OK) {
            rc = try_build(arena, text, &small, &g);
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

/* docs/networks.md has a row for each op, with each argument. */
static void
the_documentation_tells_of_every_op(void **state)
{
    unsigned char *text = NULL;
    size_t n = 0;
    char path[512];
    const dna_layer_op *op = NULL;
    (void)state;
    snprintf(path, sizeof(path), "%s/docs/networks.md", getenv("DNADNA_SOURCE_DIR"));
    assert_ok(dna_file_read(path, 1 << 20, &text, &n));
    char *doc = calloc(n + 1, 1);
    assert_non_null(doc);
    memcpy(doc, text, n);
    const char *ops = strstr(doc, "\n### Ops\n");
    assert_non_null(ops);
    for (int64_t i = 0; (op = dna_layer_op_at(i)) != NULL; i++) {
        char row[64];
        snprintf(row, sizeof(row), "\n| `%s` | ", op->name);
        char *line = strstr(ops, row);
        if (line == NULL) {
            fail_msg("docs/networks.md has no op %s", op->name);
        }
        char *end = strchr(line + 1, '\n');
        assert_non_null(end);
        *end = '\0';
        for (int k = 0; k < dna_layer_op_n_arg(op); k++) {
            snprintf(row, sizeof(row), "`%s`", op->args[k].name);
            if (strstr(line + 1, row) == NULL) {
                fail_msg("docs/networks.md: %s has no %s", op->name, op->args[k].name);
            }
        }
        *end = '\n';
    }
    free(doc);
    dna_free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_op_builds_what_it_says),
        cmocka_unit_test(arguments_are_those_of_the_engine),
        cmocka_unit_test(parameters_begin_by_their_laws),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(positions_are_there_or_refused),
        cmocka_unit_test(other_sizes_fit_or_are_refused),
        cmocka_unit_test(layers_share_parameters),
        cmocka_unit_test(memory_running_out_is_an_error),
        cmocka_unit_test(the_documentation_tells_of_every_op),
        cmocka_unit_test(built_in_networks_are_the_same_as_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

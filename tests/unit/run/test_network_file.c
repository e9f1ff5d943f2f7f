/* test_network_file.c - network files: what is written is read, and nothing else is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/run.h"
#include "io/safetensors.h"
#include "unit/run/small_network.h"

static const dna_checkpoint checkpoint = {.checkpoint = "best",
    .epoch = 3,
    .batch = 4,
    .step = 500,
    .training_loss = 0.25,
    .validation_loss = 0.5};

static const char *
save_small(const char *name)
{
    const char *path = test_path(name);
    dna_network *net = small_network();
    assert_ok(dna_network_save(net, path, &checkpoint));
    dna_network_free(net);
    return path;
}

static void
read_bytes(const char *path, unsigned char **bytes, size_t *n)
{
    assert_ok(dna_file_read(path, (size_t)1 << 20, bytes, n));
}

static void
test_everything_survives_a_round_trip(void **state)
{
    (void)state;
    const char *path = save_small("round.safetensors");
    dna_network *a = small_network();
    dna_network *b = NULL;
    assert_ok(dna_network_load(&b, path));
    assert_int_equal(dna_state_n_tensor(a->state), dna_state_n_tensor(b->state));
    assert_memory_equal(dna_state_params(a->state), dna_state_params(b->state),
        (size_t)dna_state_n_param(a->state) * sizeof(float));
    assert_memory_equal(dna_state_buffers(a->state), dna_state_buffers(b->state),
        (size_t)dna_state_n_buffer(a->state) * sizeof(float));
    assert_int_equal(dna_network_n_param(b), 2);
    assert_string_equal(dna_network_param_name(b, 1), "b");
    assert_null(dna_network_param_name(b, 2));
    assert_int_equal(dna_network_min_snp(b), 12);
    assert_int_equal(dna_network_min_indiv(b), 2);
    assert_int_equal(b->format.chromosome_size, 1000);
    assert_int_equal(b->params[0].log_transform, 1);
    assert_near(b->params[1].mean, -1.0, 0.0);
    assert_near(b->params[1].std, 3.0, 0.0);
    assert_int_equal(b->transforms.list[DNA_TEST].n, 2);
    const dna_value *origin = dna_value_get(b->meta, "provenance");
    assert_int_equal(dna_value_get(origin, "epoch")->integer, 3);
    assert_string_equal(dna_value_get(origin, "checkpoint")->text, "best");
    assert_string_equal(dna_value_get(origin, "model_name")->text, "m");
    assert_near(dna_value_get(origin, "validation_loss")->number, 0.5, 0.0);
    dna_network_free(a);
    dna_network_free(b);
}

static void
test_tensors_have_the_names_and_types_of_the_original(void **state)
{
    (void)state;
    dna_safetensors st;
    assert_ok(dna_safetensors_read(&st, save_small("names.safetensors")));
    const dna_array *w = dna_safetensors_find(&st, "blocks.1.phi.weight");
    assert_non_null(w);
    assert_int_equal(w->dtype, DNA_F32);
    assert_int_equal(w->n_dim, 4);
    assert_int_equal(w->dim[1], 6);
    const dna_array *n = dna_safetensors_find(&st, "conv_pos_bn.num_batches_tracked");
    assert_non_null(n);
    assert_int_equal(n->dtype, DNA_I64);
    assert_int_equal(n->n_dim, 0);
    dna_safetensors_clear(&st);
}

static void
test_a_pth_name_means_the_file_beside_it(void **state)
{
    (void)state;
    dna_network *net = NULL;
    save_small("pth_net.safetensors");
    assert_ok(dna_network_load(&net, test_path("pth_net.pth")));
    dna_network_free(net);
    net = NULL;
    assert_fails(dna_network_load(&net, test_path("none.pth")), DNA_ENOTFOUND,
        "no .safetensors of this name");
    write_text("torch.pth", "PK\3\4");
    assert_fails(dna_network_load(&net, test_path("torch.safetensors")), DNA_EFORMAT,
        "torch.pth: not a complete zip archive"); /* the file beside it */
    assert_fails(
        dna_network_load(&net, write_text("zip.safetensors", "PK\3\4 and more")),
        DNA_EFORMAT, "not a complete zip archive");
    assert_null(net);
}

static void
test_a_file_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    unsigned char *bytes = NULL;
    size_t n = 0;
    read_bytes(save_small("cut.safetensors"), &bytes, &n);
    for (size_t length = 0; length < n; length++) {
        /* a block of its own, so that a sanitizer sees what is read beyond it */
        unsigned char *part = malloc(length > 0 ? length : 1);
        dna_network *net = NULL;
        assert_non_null(part);
        memcpy(part, bytes, length);
        assert_true(dna_network_parse(&net, part, length, "cut") < 0);
        assert_null(net);
        assert_int_equal(strncmp(dna_message(), "cut", 3), 0);
        free(part);
    }
    dna_network *net = NULL;
    assert_ok(dna_network_parse(&net, bytes, n, "whole"));
    dna_network_free(net);
    dna_free(bytes);
}

static void
test_any_byte_may_be_wrong_without_harm(void **state)
{
    (void)state;
    unsigned char *bytes = NULL;
    size_t n = 0;
    read_bytes(save_small("flip.safetensors"), &bytes, &n);
    for (size_t i = 0; i < n; i++) {
        static const unsigned char masks[] = {0x01, 0x80};
        for (size_t k = 0; k < sizeof(masks); k++) {
            dna_network *net = NULL;
            bytes[i] ^= masks[k];
            int rc = dna_network_parse(&net, bytes, n, "flip");
            assert_true(rc == DNA_OK || net == NULL);
            dna_network_free(net);
            bytes[i] ^= masks[k];
        }
    }
    dna_free(bytes);
}

/* The small network's file with its description replaced. */
static int
load_with_meta(const char *meta)
{
    const char *from = save_small("meta_from.safetensors");
    const char *to = test_path("meta_to.safetensors");
    const char *key = "dnadna";
    dna_safetensors st;
    dna_network *net = NULL;
    assert_ok(dna_safetensors_read(&st, from));
    assert_ok(dna_safetensors_write(to, (const char *const *)st.names, st.arrays,
        st.n_tensor, &key, &meta, meta != NULL ? 1 : 0));
    dna_safetensors_clear(&st);
    int rc = dna_network_load(&net, to);
    assert_true(rc == DNA_OK || net == NULL);
    dna_network_free(net);
    return rc;
}

/* small_meta with one piece of text replaced. */
static const char *
changed(const char *what, const char *with)
{
    static char text[4096];
    const char *at = strstr(small_meta, what);
    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - small_meta), small_meta, with,
        at + strlen(what));
    return text;
}

static void
test_descriptions_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *with;
        int code;
        const char *message;
    } cases[] = {
        {"\"format_version\": 1", "\"format_version\": 2", DNA_EUNSUPPORTED,
            "newer dnadna"},
        {"\"format_version\": 1", "\"format_version\": \"one\"", DNA_EFORMAT,
            "no format_version"},
        {"\"name\": \"SPIDNA\"", "\"name\": \"Transformer\"", DNA_ENOTFOUND,
            "network.name: \"Transformer\" is not built in"},
        {"\"name\": \"SPIDNA\", \"params\": {\"n_blocks\": 2, \"n_features\": 3}",
            "\"name\": \"MLP\"", DNA_ENOTFOUND, "tensor fc1.weight: is missing"},
        {"\"name\": \"SPIDNA\"", "\"name\": \"MLP\"", DNA_EARG,
            "network.params.n_blocks: unknown key"},
        {"\"n_features\": 3", "\"n_features\": 4", DNA_ESHAPE,
            "has shape [3, 1, 1, 3], the network needs [4, 1, 1, 3]"},
        {"\"n_features\": 3", "\"n_features\": 60000", DNA_ESHAPE, "has shape"},
        {"\"n_blocks\": 2", "\"n_blocks\": 1", DNA_EFORMAT, "the network has none"},
        {"\"n_blocks\": 2", "\"n_blocks\": -1", DNA_EARG, "n_blocks"},
        {"\"n_blocks\": 2", "\"n_blocks\": [2]", DNA_EARG, "n_blocks"},
        {"\"n_blocks\": 2", "\"n_block\": 2", DNA_EARG,
            "network.params.n_block: unknown key; did you mean \"n_blocks\""},
        {"\"n_blocks\": 2", "\"n_blocks\": 2, \"n_outputs\": 3", DNA_ESHAPE,
            "n_outputs: is 3, but learned_params need 2"},
        {"\"n_blocks\": 2", "\"n_blocks\": 2, \"n_outputs\": 1000000000", DNA_ESHAPE,
            "n_outputs: is 1000000000"},
        {"\"n_snp\": 20", "\"n_snp\": 1e15", DNA_EARG, "input.n_snp"},
        {"\"n_snp\": 20", "\"n_snp\": 3", DNA_ESHAPE, "SNPs"},
        {"\"n_snp\": 20", "\"n_snp\": true", DNA_EARG, "input.n_snp"},
        {"\"n_indiv\": 4", "\"n_indiv\": 0", DNA_EARG, "input.n_indiv"},
        {"\"form\": \"concat\"", "\"form\": \"pickle\"", DNA_EARG, "input.form"},
        {"\"train_mean\": {\"a\": 2.5, \"b\": -1}", "\"train_mean\": {\"a\": 2.5}",
            DNA_ENOTFOUND, "train_mean"},
        {"\"b\": -1}", "\"b\": \"x\"}", DNA_EARG, "train_mean"},
        {"\"a\": 0.5", "\"a\": 0", DNA_EARG, "train_std"},
        {"\"a\": 0.5", "\"a\": -1", DNA_EARG, "train_std"},
        {"{\"b\": {\"type\": \"regression\"}}", "7", DNA_EARG, "learned_params"},
        {"\"max_snp\": 20", "\"max_snp\": \"many\"", DNA_EARG, "max_snp"},
        {"{\"crop\":", "{\"exec\":", DNA_ENOTFOUND, "exec"},
        {"\"distance\": false", "\"distance\": 3", DNA_EARG, "distance"},
        {"\"chromosome_size\": 1000", "\"chromosome_size\": -5", DNA_EARG,
            "chromosome_size"},
        {"[\"SNP\", \"POS\"]", "[\"SNP\"]", DNA_EARG, "keys"},
        {"\"min_snp\": 12", "\"min_snp\": \"12 SNPs\"", DNA_EARG, "min_snp"},
        {"\"position_format\": {", "\"position_format\": null, \"x\": {", DNA_EFORMAT,
            "needs positions"},
    };
    assert_ok(load_with_meta(small_meta));
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        int rc = load_with_meta(changed(cases[i].what, cases[i].with));
        if (rc >= 0 || strstr(dna_message(), cases[i].message) == NULL
            || strncmp(dna_message(), test_dir(), strlen(test_dir())) != 0) {
            fail_msg("%s: %s: %s", cases[i].with, dna_status_name(rc), dna_message());
        }
        if (rc != cases[i].code && rc != DNA_EFORMAT) {
            fail_msg("%s: %s, not %s: %s", cases[i].with, dna_status_name(rc),
                dna_status_name(cases[i].code), dna_message());
        }
    }
    assert_fails(load_with_meta("{"), DNA_EFORMAT, "metadata");
    assert_fails(load_with_meta("[1]"), DNA_EFORMAT, "not a mapping");
    assert_fails(load_with_meta("{}"), DNA_EFORMAT, "no format_version");
    assert_fails(load_with_meta(NULL), DNA_EFORMAT, "not a network file of dnadna");
}

static void
test_tensors_must_be_exactly_those_of_the_network(void **state)
{
    (void)state;
    const char *from = save_small("tensors.safetensors");
    const char *to = test_path("tensors_bad.safetensors");
    dna_network *net = NULL;
    dna_safetensors st;
    const char *key = "dnadna";
    assert_ok(dna_safetensors_read(&st, from));
    const char *meta = dna_safetensors_meta(&st, key);

    assert_ok(dna_safetensors_write(
        to, (const char *const *)st.names, st.arrays, st.n_tensor - 1, &key, &meta, 1));
    assert_fails(dna_network_load(&net, to), DNA_ENOTFOUND, "is missing");

    for (int64_t i = 0; i < st.n_tensor; i++) {
        if (st.arrays[i].dtype == DNA_F32) {
            ((float *)st.arrays[i].data)[0] = (float)NAN;
            break;
        }
    }
    assert_ok(dna_safetensors_write(
        to, (const char *const *)st.names, st.arrays, st.n_tensor, &key, &meta, 1));
    assert_fails(dna_network_load(&net, to), DNA_ENUMERIC, "entry 0 is nan");

    for (int64_t i = 0; i < st.n_tensor; i++) {
        if (st.arrays[i].dtype == DNA_I64) {
            st.arrays[i].dtype = DNA_F64;
        }
    }
    ((float *)st.arrays[0].data)[0] = 0.0f;
    assert_ok(dna_safetensors_write(
        to, (const char *const *)st.names, st.arrays, st.n_tensor, &key, &meta, 1));
    assert_fails(dna_network_load(&net, to), DNA_EFORMAT, "is float64, not int64");
    assert_null(net);
    dna_safetensors_clear(&st);
}

static void
test_a_variance_below_zero_is_refused(void **state)
{
    (void)state;
    const char *from = save_small("var.safetensors");
    const char *to = test_path("var_bad.safetensors");
    dna_network *net = NULL;
    dna_safetensors st;
    const char *key = "dnadna";
    assert_ok(dna_safetensors_read(&st, from));
    const char *meta = dna_safetensors_meta(&st, key);
    for (int64_t i = 0; i < st.n_tensor; i++) {
        if (strcmp(st.names[i], "conv_snp_bn.running_var") == 0) {
            ((float *)st.arrays[i].data)[1] = -0.25f;
        }
    }
    assert_ok(dna_safetensors_write(
        to, (const char *const *)st.names, st.arrays, st.n_tensor, &key, &meta, 1));
    assert_fails(dna_network_load(&net, to), DNA_ENUMERIC,
        "tensor conv_snp_bn.running_var: entry 1 is -0.25");
    assert_null(net);
    dna_safetensors_clear(&st);
}

static void
test_networks_that_are_no_numbers_are_not_saved(void **state)
{
    (void)state;
    const char *path = save_small("nan.safetensors");
    unsigned char *before = NULL, *after = NULL;
    size_t n_before = 0, n_after = 0;
    dna_network *net = small_network();
    read_bytes(path, &before, &n_before);
    dna_state_params(net->state)[5] = (float)INFINITY;
    assert_fails(dna_network_save(net, path, &checkpoint), DNA_ENUMERIC, "is inf");
    assert_fails(dna_network_save(net, "/no/such/folder/x", &checkpoint), DNA_ENUMERIC,
        "is inf");
    dna_state_params(net->state)[5] = 0.0f;
    assert_true(dna_network_save(net, "/no/such/folder/x", &checkpoint) < 0);
    read_bytes(path, &after, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    dna_free(before);
    dna_free(after);
    dna_network_free(net);
}

static void
test_inspect_describes_the_file(void **state)
{
    (void)state;
    char text[8192] = "";
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_ok(dna_run_inspect(save_small("inspect.safetensors"), f));
    rewind(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    static const char *const pieces[] = {"Network: SPIDNA", "n_features: 3", "min_snp",
        "regression of the natural logarithm, mean 2.5, deviation 0.5", "max_snp: 20",
        "absolute positions, divided by the chromosome size", "1000 bp",
        "validation loss  0.5", "blocks.0.phi.weight", "F32 [3, 6, 1, 3]"};
    for (int64_t i = 0; i < DNA_COUNT(pieces); i++) {
        if (strstr(text, pieces[i]) == NULL) {
            fail_msg("\"%s\" is missing in:\n%s", pieces[i], text);
        }
    }
    assert_fails(dna_run_inspect(test_dir(), stdout), DNA_EIO, test_dir());
    assert_fails(dna_run_inspect(write_text("text.safetensors", "hello"), stdout),
        DNA_EFORMAT, "text.safetensors");
}

static int
save_and_load(const char *path)
{
    dna_network *net = NULL;
    int rc = DNA_OK;
    DNA_TRY(dna_network_load(&net, path));
    DNA_TRY(dna_network_save(net, test_path("oom_copy.safetensors"), &checkpoint));
out:
    dna_network_free(net);
    return rc;
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    const char *path = save_small("oom.safetensors");
    for_each_oom(i) {
        int rc = save_and_load(path);
        bool has_failed = dna_mem_has_failed();
        /* once the file is in place, forgetting to sync its folder is no failure */
        if (rc != DNA_OK && !(has_failed && rc == DNA_ENOMEM)) {
            fail_msg("allocation %lld: %s: %s", (long long)i, dna_status_name(rc),
                dna_message());
        }
        if (oom_done()) {
            break;
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_survives_a_round_trip),
        cmocka_unit_test(test_tensors_have_the_names_and_types_of_the_original),
        cmocka_unit_test(test_a_pth_name_means_the_file_beside_it),
        cmocka_unit_test(test_a_file_cut_at_any_byte_is_refused),
        cmocka_unit_test(test_any_byte_may_be_wrong_without_harm),
        cmocka_unit_test(test_descriptions_that_lie_are_refused),
        cmocka_unit_test(test_tensors_must_be_exactly_those_of_the_network),
        cmocka_unit_test(test_a_variance_below_zero_is_refused),
        cmocka_unit_test(test_networks_that_are_no_numbers_are_not_saved),
        cmocka_unit_test(test_inspect_describes_the_file),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

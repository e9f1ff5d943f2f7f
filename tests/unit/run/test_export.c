/* test_export.c - networks written for other programs.
 *
 * SPDX-License-Identifier: MIT
 *
 * PyTorch and onnxruntime read these files in tests/e2e/export.py.
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/run.h"
#include "io/npz.h"
#include "io/pth.h"
#include "run/network.h"

static const char *
golden(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "tests/golden/pth/%s", name);
    return source_path(path);
}

static int export(const char *from, const char *to)
{
    const dna_export_options o = {.network = from, .out = to, .force = true};
    return dna_run_export(&o);
}

/* Every tensor of a .pth file, bit by bit, in another. */
static void
check_same_tensors(const char *a_path, const char *b_path)
{
    dna_safetensors a, b;
    dna_pth *a_pth = NULL, *b_pth = NULL;
    assert_ok(dna_pth_read(&a_pth, a_path));
    assert_ok(dna_pth_read(&b_pth, b_path));
    assert_ok(
        dna_pth_tensors(&a, a_pth, dna_pth_get(dna_pth_root(a_pth), "state_dict")));
    assert_ok(
        dna_pth_tensors(&b, b_pth, dna_pth_get(dna_pth_root(b_pth), "state_dict")));
    assert_int_equal(a.n_tensor, 32);
    assert_int_equal(b.n_tensor, 32);
    for (int64_t i = 0; i < a.n_tensor; i++) {
        const dna_array *x = &a.arrays[i];
        const dna_array *y = dna_safetensors_find(&b, a.names[i]);
        assert_non_null(y);
        assert_int_equal(x->dtype, y->dtype);
        assert_int_equal(x->n_dim, y->n_dim);
        assert_memory_equal(x->dim, y->dim, (size_t)x->n_dim * sizeof(x->dim[0]));
        assert_memory_equal(
            x->data, y->data, (size_t)dna_array_count(x) * dna_dtype_size(x->dtype));
    }
    dna_safetensors_clear(&a);
    dna_safetensors_clear(&b);
    dna_pth_free(a_pth);
    dna_pth_free(b_pth);
}

static void
test_pth_to_ours_to_pth(void **state)
{
    (void)state;
    char first[512];
    snprintf(first, sizeof(first), "%s", golden("spidna_zip.pth"));
    assert_ok(export(first, test_path("a.safetensors")));
    assert_ok(export(test_path("a.safetensors"), test_path("b.pth")));
    check_same_tensors(first, test_path("b.pth"));
    assert_ok(export(test_path("b.pth"), test_path("c.pt")));
    check_same_tensors(first, test_path("c.pt"));
}

static void
test_pth_keeps_the_description(void **state)
{
    (void)state;
    dna_network *a = NULL, *b = NULL;
    assert_ok(export(golden("spidna_nested.pth"), test_path("d.pth")));
    assert_ok(dna_network_load(&a, golden("spidna_nested.pth")));
    assert_ok(dna_network_load(&b, test_path("d.pth")));
    assert_true(dna_value_equal(a->meta, b->meta));
    dna_network_free(a);
    dna_network_free(b);

    /* what the original looks for is there by its names, too */
    dna_pth *pth = NULL;
    assert_ok(dna_pth_read(&pth, test_path("d.pth")));
    static const char *const keys[] = {"network", "learned_params", "train_mean",
        "train_std", "dataset_transforms", "preprocessing", "state_dict",
        "model_datetime", "step"};
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        assert_non_null(dna_pth_get(dna_pth_root(pth), keys[i]));
    }
    dna_pth_free(pth);
}

static void
test_npz_has_every_tensor(void **state)
{
    (void)state;
    dna_network *net = NULL;
    dna_npz *npz = NULL;
    assert_ok(export(golden("spidna_zip.pth"), test_path("a.npz")));
    assert_ok(dna_network_load(&net, golden("spidna_zip.pth")));
    assert_ok(dna_npz_open(&npz, test_path("a.npz")));
    assert_int_equal(dna_npz_count(npz), dna_state_n_tensor(net->state) + 1);
    for (int64_t i = 0; i < dna_state_n_tensor(net->state); i++) {
        const dna_tensor *t = dna_state_tensor(net->state, i);
        dna_array a;
        assert_ok(dna_npz_read(npz, t->name, &a));
        assert_memory_equal(a.data, dna_network_tensor_data(net, t),
            (size_t)t->count * dna_dtype_size(a.dtype));
        dna_array_clear(&a);
    }
    dna_npz_close(npz);
    dna_network_free(net);
}

static void
test_refused(void **state)
{
    (void)state;
    dna_export_options o = {
        .network = golden("spidna_zip.pth"), .out = test_path("a.h5")};
    assert_fails(dna_run_export(&o), DNA_EARG, "a.h5: the ending says the form");
    o.out = write_text("there.pth", "mine");
    assert_fails(dna_run_export(&o), DNA_EEXISTS, "there.pth: exists already");
    o.out = test_path("no/folder.pth");
    assert_true(dna_run_export(&o) < 0);
    o.out = test_path("small.onnx");
    o.n_snp = 3;
    assert_fails(dna_run_export(&o), DNA_ESHAPE, "it needs at least 12");
    assert_false(dna_path_exists(test_path("small.onnx")));
    o.out = test_path("small.pth");
    assert_fails(dna_run_export(&o), DNA_EARG, "only an ONNX model");
}

static void
test_out_of_memory(void **state)
{
    (void)state;
    static const char *const outs[] = {"m.pth", "m.onnx", "m.npz"};
    for (int64_t k = 0; k < DNA_COUNT(outs); k++) {
        for_each_oom(i) {
            int rc = export(golden("spidna_legacy.pth"), test_path(outs[k]));
            bool has_failed = dna_mem_has_failed();
            bool is_done = oom_done();
            if (rc != DNA_OK
                && !(has_failed && (rc == DNA_ENOMEM || rc == DNA_EFORMAT))) {
                fail_msg("allocation %lld: %s", (long long)i, dna_message());
            }
            if (is_done) {
                assert_ok(rc);
                break;
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pth_to_ours_to_pth),
        cmocka_unit_test(test_pth_keeps_the_description),
        cmocka_unit_test(test_npz_has_every_tensor), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

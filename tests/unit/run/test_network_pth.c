/* test_network_pth.c - networks of PyTorch's files answer as PyTorch does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "io/npz.h"
#include "run/network.h"

static const char *
golden(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "tests/golden/pth/%s", name);
    return source_path(path);
}

/* |ours - y| over all outputs of the network to the inputs x. */
static double
difference(const char *net_path, const char *npz_path)
{
    float out[64];
    dna_network *net = NULL;
    dna_npz *npz = NULL;
    dna_array x, y;
    double worst = 0.0;

    assert_ok(dna_network_load(&net, net_path));
    assert_ok(dna_npz_open(&npz, npz_path));
    assert_ok(dna_npz_read(npz, "x", &x));
    assert_ok(dna_npz_read(npz, "y", &y));
    assert_int_equal(x.dtype, DNA_F32);
    const int64_t n_out = dna_network_n_output(net);
    assert_int_equal(y.dim[1], n_out);
    assert_true(x.dim[0] * n_out <= DNA_COUNT(out));
    const dna_batch_sizes sizes = {x.dim[0], x.dim[1], x.dim[2], NULL, NULL};
    assert_ok(dna_network_forward(net, x.data, &sizes, x.dim[0], out, NULL));
    for (int64_t i = 0; i < x.dim[0] * n_out; i++) {
        worst = fmax(worst, fabs((double)out[i] - dna_array_get(&y, i)));
    }
    dna_array_clear(&x);
    dna_array_clear(&y);
    dna_npz_close(npz);
    dna_network_free(net);
    return worst;
}

static void
test_equal_to_pytorch(void **state)
{
    (void)state;
    static const char *const files[] = {"spidna_zip.pth", "spidna_legacy.pth",
        "spidna_p1.pth", "spidna_p4.pth", "spidna_p5.pth", "spidna_nested.pth",
        "spidna_config.pth", "spidna_config_p1.pth", "spidna_parallel_f64.pth"};
    char npz[256];
    snprintf(npz, sizeof(npz), "%s", golden("spidna.npz"));
    for (int64_t i = 0; i < DNA_COUNT(files); i++) {
        double d = difference(golden(files[i]), npz);
        if (!(d <= 1e-5)) {
            fail_msg("%s: differs by %g", files[i], d);
        }
    }
}

static void
test_the_shared_files(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"cnn_zip", "cnn"}, {"cnn_legacy", "cnn"},
        {"mlp_zip", "mlp"}, {"mlp_nested_zip", "mlp"}, {"spidna_zip", "spidna"},
        {"spidna_legacy", "spidna"}, {"spidna_nested_zip", "spidna"}};
    if (shared_path("pth") == NULL) {
        skip();
    }
    for (int64_t i = 0; i < DNA_COUNT(files); i++) {
        char pth[64], npz[64], npz_path[512];
        snprintf(pth, sizeof(pth), "pth/%s.pth", files[i][0]);
        snprintf(npz, sizeof(npz), "pth/%s.npz", files[i][1]);
        snprintf(npz_path, sizeof(npz_path), "%s", shared_path(npz));
        double d = difference(shared_path(pth), npz_path);
        if (!(d <= 1e-5)) {
            fail_msg("%s: differs by %g", pth, d);
        }
    }
}

static void
test_what_the_file_says(void **state)
{
    (void)state;
    dna_network *net = NULL;
    int64_t n = 0;
    assert_ok(dna_network_load(&net, golden("spidna_zip.pth")));
    assert_int_equal(net->n_param, 2);
    assert_string_equal(net->params[0].name, "a");
    assert_true(net->params[0].log_transform);
    assert_true(net->params[0].mean == 2.5 && net->params[0].std == 0.5);
    assert_true(net->params[1].mean == -1.0 && net->params[1].std == 3.0);
    assert_int_equal(net->sizes.n_snp, 20);
    assert_int_equal(net->sizes.n_indiv, 4);
    assert_int_equal(net->min_snp, 12);
    assert_int_equal(net->form, DNA_CONCAT);
    assert_true(net->has_format && net->format.distance < 0);
    assert_int_equal(net->transforms.list[DNA_TEST].n, 2);
    assert_true(dna_value_as_int(dna_value_get_path(net->meta, "provenance.step"), &n));
    assert_int_equal(n, 40);
    const dna_tensor *t =
        dna_state_find(net->state, "blocks.1.phi_bn.num_batches_tracked");
    assert_non_null(t);
    assert_true(dna_state_counters(net->state)[t->offset] == ((int64_t)1 << 33) + 5);
    dna_network_free(net);

    assert_ok(dna_network_load(&net, golden("spidna_nested.pth")));
    assert_int_equal(net->format.normalized, 1); /* of the dataset in its config */
    dna_network_free(net);
}

static void
test_refused(void **state)
{
    (void)state;
    dna_network *net = NULL;
    assert_fails(dna_network_load(&net, golden("hostile_system.pth")), DNA_EUNSUPPORTED,
        "hostile_system.pth: pickle, byte");
    assert_fails(dna_network_load(&net, golden("views.pth")), DNA_EFORMAT,
        "has 9 tensors, but does not say of which network");
    assert_false(dna_path_exists("dna_was_here"));
}

/* A name may mean the file beside it: configs of the original say .pth. */
static void
test_endings(void **state)
{
    (void)state;
    unsigned char *bytes = NULL;
    dna_network *net = NULL;
    char *path = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(golden("spidna_zip.pth"), 1 << 20, &bytes, &n));
    assert_ok(dna_atomic_write(test_path("a.pth"), bytes, n));
    dna_free(bytes);
    assert_ok(dna_network_find(&path, test_path("a.safetensors")));
    assert_string_equal(path, test_path("a.pth"));
    dna_free(path);
    assert_ok(dna_network_load(&net, test_path("a.pth")));
    const dna_checkpoint c = {.checkpoint = "best",
        .training_loss = (double)NAN,
        .validation_loss = (double)NAN};
    assert_ok(dna_network_save(net, test_path("a.safetensors"), &c));
    dna_network_free(net);
    assert_ok(dna_network_find(&path, test_path("a.safetensors")));
    assert_string_equal(path, test_path("a.safetensors"));
    dna_free(path);
    assert_ok(dna_network_load(&net, test_path("a.safetensors")));
    assert_int_equal(net->format.distance, -1); /* still not known */
    dna_network_free(net);
    assert_true(difference(test_path("a.safetensors"), golden("spidna.npz")) <= 1e-5);
    assert_fails(
        dna_network_find(&path, test_path("b.pth")), DNA_ENOTFOUND, "b.pth: No such");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equal_to_pytorch),
        cmocka_unit_test(test_the_shared_files),
        cmocka_unit_test(test_what_the_file_says), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_endings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

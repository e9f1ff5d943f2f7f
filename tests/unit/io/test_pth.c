/* test_pth.c - files that PyTorch wrote: tensors, values, damage.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "io/json.h"
#include "io/pth.h"

static const char *
golden(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "tests/golden/pth/%s", name);
    return source_path(path);
}

static const dna_array *
find(const dna_safetensors *st, const char *name)
{
    const dna_array *a = dna_safetensors_find(st, name);
    assert_non_null(a);
    return a;
}

/* The numbers of make_pth.py: a[i][j][k] = 12 i + 4 j + k. */
static void
check_views(const dna_safetensors *st)
{
    const dna_array *t = find(st, "t"); /* t[k][j][i] */
    assert_int_equal(t->n_dim, 3);
    assert_true(t->dim[0] == 4 && t->dim[1] == 3 && t->dim[2] == 2);
    for (int k = 0; k < 4; k++) {
        for (int j = 0; j < 3; j++) {
            for (int i = 0; i < 2; i++) {
                assert_true(
                    dna_array_get(t, (k * 3 + j) * 2 + i) == 12 * i + 4 * j + k);
            }
        }
    }
    const dna_array *s = find(st, "s"); /* a[1, 1:, ::2] */
    const double want[] = {16, 18, 20, 22};
    assert_true(s->n_dim == 2 && s->dim[0] == 2 && s->dim[1] == 2);
    for (int i = 0; i < 4; i++) {
        assert_true(dna_array_get(s, i) == want[i]);
    }
}

static void
test_views_of_a_storage(void **state)
{
    (void)state;
    static const char *const files[] = {"views.pth", "views_legacy.pth"};
    for (int64_t i = 0; i < DNA_COUNT(files); i++) {
        dna_safetensors st;
        dna_pth *pth = NULL;
        assert_ok(dna_pth_read(&pth, golden(files[i])));
        assert_ok(dna_pth_tensors(&st, pth, dna_pth_root(pth)));
        check_views(&st);
        dna_safetensors_clear(&st);
        dna_pth_free(pth);
    }
}

static void
test_types(void **state)
{
    (void)state;
    dna_safetensors st;
    dna_pth *pth = NULL;
    assert_ok(dna_pth_read(&pth, golden("views.pth")));
    assert_ok(dna_pth_tensors(&st, pth, dna_pth_root(pth)));
    assert_int_equal(st.n_tensor, 9); /* x is none */
    assert_int_equal(find(&st, "w")->dtype, DNA_F32);
    assert_int_equal(find(&st, "h")->dtype, DNA_F16);
    assert_int_equal(find(&st, "b")->dtype, DNA_F32); /* bfloat16 */
    assert_int_equal(find(&st, "i")->dtype, DNA_I16);
    assert_int_equal(find(&st, "n")->dtype, DNA_BOOL);
    static const char *const same[] = {"w", "h", "b", "i"};
    for (int64_t k = 0; k < DNA_COUNT(same); k++) {
        for (int i = 0; i < 12; i++) {
            assert_true(dna_array_get(find(&st, same[k]), i) == i);
        }
    }
    for (int i = 0; i < 12; i++) {
        assert_true(dna_array_get(find(&st, "n"), i) == (i > 4));
    }
    assert_int_equal(find(&st, "z")->n_dim, 0);
    assert_true(dna_array_get(find(&st, "z"), 0) == 3.0);
    assert_true(find(&st, "e")->n_dim == 2 && find(&st, "e")->dim[0] == 0);
    dna_safetensors_clear(&st);
    dna_pth_free(pth);
}

static void
test_values(void **state)
{
    (void)state;
    static const char *const files[] = {
        "spidna_zip.pth", "spidna_legacy.pth", "spidna_p1.pth", "spidna_p5.pth"};
    for (int64_t i = 0; i < DNA_COUNT(files); i++) {
        dna_arena *arena = NULL;
        dna_value *v = NULL;
        dna_pth *pth = NULL;
        assert_ok(dna_arena_new(&arena));
        assert_ok(dna_pth_read(&pth, golden(files[i])));
        const dna_pickle *root = dna_pth_root(pth);
        assert_ok(dna_pth_value(&v, arena, pth, dna_pth_get(root, "train_mean")));
        assert_true(dna_value_get(v, "a")->number == 2.5);  /* of NumPy */
        assert_true(dna_value_get(v, "b")->number == -1.0); /* a tensor */
        assert_ok(dna_pth_value(&v, arena, pth, dna_pth_get(root, "train_std")));
        assert_true(dna_value_get(v, "a")->number == 0.5);
        assert_int_equal(dna_value_get(v, "b")->type, DNA_INT);
        assert_ok(dna_pth_value(&v, arena, pth, dna_pth_get(root, "note")));
        assert_string_equal(v->text, "\xc3\xa9t\xc3\xa9");
        assert_ok(dna_pth_value(&v, arena, pth, dna_pth_get(root, "huge")));
        assert_true(v->type == DNA_FLOAT && v->number == ldexp(1.0, 70));
        const dna_pickle *sizes = dna_pth_get(root, "sizes");
        assert_ok(dna_pth_value(&v, arena, pth, sizes->items.items[0]));
        assert_true(v->n == 2 && v->items[1]->integer == 4);
        assert_ok(dna_pth_value(&v, arena, pth, sizes->items.items[1]));
        assert_true(v->n == 2); /* a set */
        assert_null(dna_pth_get(root, "nothing"));
        assert_null(dna_pth_get(dna_pth_get(root, "note"), "nothing"));
        assert_fails(dna_pth_value(&v, arena, pth, dna_pth_get(root, "state_dict")),
            DNA_EUNSUPPORTED, "a tensor where a number");
        dna_pth_free(pth);
        dna_arena_free(arena);
    }
}

/* The original's mappings are chains: the first that has a key counts, at any depth. */
static void
test_configuration_mappings(void **state)
{
    (void)state;
    static const char *const files[] = {"spidna_config.pth", "spidna_config_p1.pth"};
    for (int64_t i = 0; i < DNA_COUNT(files); i++) {
        dna_arena *arena = NULL;
        dna_value *v = NULL;
        dna_pth *pth = NULL;
        assert_ok(dna_arena_new(&arena));
        assert_ok(dna_pth_read(&pth, golden(files[i])));
        const dna_pickle *root = dna_pth_root(pth);
        assert_ok(dna_pth_value(&v, arena, pth, dna_pth_get(root, "network")));
        assert_string_equal(dna_value_get(v, "name")->text, "SPIDNA");
        assert_int_equal(dna_value_get_path(v, "params.n_blocks")->integer, 2);
        assert_int_equal(dna_value_get_path(v, "params.n_features")->integer, 3);
        assert_ok(dna_pth_value(&v, arena, pth, dna_pth_get(root, "train_std")));
        assert_true(dna_value_get(v, "a")->number == 0.5);
        assert_true(dna_value_get(v, "b")->number == 3.0);
        const dna_pickle *a = dna_pth_get(dna_pth_get(root, "train_std"), "a");
        assert_true(a->kind == DNA_PICKLE_FLOAT && a->number == 0.5);
        dna_pth_free(pth);
        dna_arena_free(arena);
    }
}

static void
test_hostile_files(void **state)
{
    (void)state;
    static const struct {
        const char *file, *wants;
    } rows[] = {{"hostile_system.pth", "wants posix.system"},
        {"hostile_eval.pth", "wants __builtin__.eval"},
        {"hostile_getattr.pth", "wants __builtin__.getattr"},
        {"hostile_module.pth", "wants torch.nn.modules.linear.Linear"},
        {"hostile_legacy.pth", "wants posix.system"},
        {"hostile_global.pkl", "wants os.system"},
        {"hostile_inst.pkl", "wants os.system"},
        {"hostile_stack_global.pkl", "wants posix.system"}};
    for (int64_t i = 0; i < DNA_COUNT(rows); i++) {
        dna_pth *pth = NULL;
        assert_fails(
            dna_pth_read(&pth, golden(rows[i].file)), DNA_EUNSUPPORTED, rows[i].wants);
        assert_non_null(strstr(dna_message(), rows[i].file));
    }
    assert_false(dna_path_exists("dna_was_here"));
}

/* Read what can be read of bytes that were changed. */
static int
try_all(const unsigned char *bytes, size_t n)
{
    dna_safetensors st = {0};
    dna_arena *arena = NULL;
    dna_value *v = NULL;
    dna_pth *pth = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(dna_pth_parse(&pth, bytes, n, "x.pth"));
    const dna_pickle *state = dna_pth_get(dna_pth_root(pth), "state_dict");
    (void)!dna_pth_value(&v, arena, pth, dna_pth_root(pth));
    DNA_REQUIRE(dna_pth_is_mapping(state), DNA_EFORMAT, "x.pth: no state_dict");
    DNA_TRY(dna_pth_tensors(&st, pth, state));
    DNA_REQUIRE(st.n_tensor == 32, DNA_EFORMAT, "x.pth: tensors are missing");
out:
    dna_safetensors_clear(&st);
    dna_pth_free(pth);
    dna_arena_free(arena);
    return rc;
}

static void
test_every_cut_is_noticed(void **state)
{
    (void)state;
    static const char *const files[] = {"spidna_zip.pth", "spidna_legacy.pth"};
    for (int64_t i = 0; i < DNA_COUNT(files); i++) {
        unsigned char *bytes = NULL;
        size_t n = 0;
        assert_ok(dna_file_read(golden(files[i]), 1 << 20, &bytes, &n));
        assert_ok(try_all(bytes, n));
        for (size_t k = 0; k < n; k += 7) {
            assert_true(try_all(bytes, k) < 0);
            assert_non_null(strstr(dna_message(), "x.pth"));
        }
        for (size_t k = 0; k < n; k++) { /* any byte may be wrong: no harm */
            bytes[k] ^= 0x55;
            (void)!try_all(bytes, n);
            bytes[k] ^= 0x55;
        }
        dna_free(bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_views_of_a_storage),
        cmocka_unit_test(test_types), cmocka_unit_test(test_values),
        cmocka_unit_test(test_configuration_mappings),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_every_cut_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

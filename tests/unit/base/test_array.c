/* test_array.c - n-dimensional arrays of any numeric type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "dnadna/array.h"

static const dna_dtype all[] = {DNA_BOOL, DNA_U8, DNA_I8, DNA_U16, DNA_I16, DNA_U32,
    DNA_I32, DNA_U64, DNA_I64, DNA_F16, DNA_F32, DNA_F64};

static void
test_types_have_sizes_and_names(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
    static const char *const names[] = {"bool", "uint8", "int8", "uint16", "int16",
        "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"};
    for (int i = 0; i < 12; i++) {
        assert_int_equal(dna_dtype_size(all[i]), sizes[i]);
        assert_string_equal(dna_dtype_name(all[i]), names[i]);
    }
}

static void
test_new_arrays_are_zero_and_take_small_integers(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        dna_array a;
        float f[6];
        double d[6];
        const int64_t dim[] = {2, 3};
        assert_ok(dna_array_init(&a, all[i], 2, dim));
        assert_int_equal(dna_array_count(&a), 6);
        for (int64_t k = 0; k < 6; k++) {
            assert_true(dna_array_get(&a, k) == 0);
            dna_array_set(&a, k, (double)(k % 2));
        }
        dna_array_to_float(&a, 1, 5, f);
        dna_array_to_double(&a, 1, 5, d);
        for (int64_t k = 1; k < 6; k++) {
            assert_true(dna_array_get(&a, k) == (double)(k % 2));
            assert_true(f[k - 1] == (float)(k % 2) && d[k - 1] == (double)(k % 2));
        }
        dna_array_clear(&a);
        assert_null(a.data);
    }
}

static void
test_zeros_and_ones_are_told_from_others(void **state)
{
    static const double others[] = {2, -1, 0.5, (double)NAN};
    (void)state;
    for (int i = 0; i < 12; i++) {
        dna_array a;
        const int64_t dim[] = {7, 9};
        assert_ok(dna_array_init_unset(&a, all[i], 2, dim));
        for (int64_t k = 0; k < 63; k++) {
            dna_array_set(&a, k, (double)(k % 3 % 2));
        }
        assert_true(dna_array_is_binary(&a));
        for (int k = 0; k < 4; k++) {
            dna_array_set(&a, 62, others[k]);
            double v = dna_array_get(&a, 62);
            assert_true(dna_array_is_binary(&a) == (v == 0 || v == 1));
        }
        dna_array_clear(&a);
    }
}

static double
through(dna_dtype type, double v)
{
    dna_array a;
    const int64_t dim[] = {1};
    assert_ok(dna_array_init(&a, type, 1, dim));
    dna_array_set(&a, 0, v);
    double w = dna_array_get(&a, 0);
    dna_array_clear(&a);
    return w;
}

static void
test_values_out_of_range_stop_at_the_border(void **state)
{
    (void)state;
    assert_true(through(DNA_U8, 300) == 255 && through(DNA_U8, -1) == 0);
    assert_true(through(DNA_I8, -1000) == -128 && through(DNA_I8, 127.9) == 127);
    assert_true(through(DNA_U16, 1e9) == 65535 && through(DNA_I16, -1e9) == -32768);
    assert_true(through(DNA_U32, 1e19) == 4294967295.0);
    assert_true(through(DNA_I32, -1e19) == -2147483648.0);
    assert_true(through(DNA_I64, 1e30) == 9223372036854774784.0);
    assert_true(through(DNA_I64, -1e30) == -0x1p63);
    assert_true(through(DNA_U64, 1e30) == 18446744073709549568.0);
    assert_true(through(DNA_I32, (double)NAN) == 0);
    assert_true(through(DNA_BOOL, -0.5) == 1);
    assert_true(isnan(through(DNA_F32, (double)NAN)));
}

/* numpy: numpy.array(v).astype("f2").view("u2") */
static void
test_halves_round_as_numpy_does(void **state)
{
    (void)state;
    static const struct {
        double v;
        uint16_t bits;
    } table[] = {
        {0x1.0000000000000p+0, 0x3c00},
        {-0x1.0000000000000p+1, 0xc000},
        {0x1.ffc0000000000p+15, 0x7bff},
        {0x1.ffdffae147ae1p+15, 0x7bff},
        {0x1.ffe0000000000p+15, 0x7c00},
        {0x1.0000000000000p-24, 0x0001},
        {0x1.0000000000000p-25, 0x0000},
        {0x1.00068db8bac71p-25, 0x0001},
        {0x1.f75104d551d69p-15, 0x03ef},
        {0x1.999999999999ap-4, 0x2e66},
        {0x1.921f9f01b866ep+1, 0x4248},
        {0x1.5555555555555p-2, 0x3555},
        {0x1.0020000000000p+11, 0x6800},
        {0x1.0060000000000p+11, 0x6802},
        {0x1.0000000000000p-14, 0x0400},
        {0x1.ffe0000000000p-15, 0x0400},
    };
    uint16_t bits = 0;
    dna_array a;
    const int64_t dim[] = {1};
    dna_array_borrow(&a, DNA_F16, 1, dim, &bits);
    for (int64_t i = 0; i < DNA_COUNT(table); i++) {
        dna_array_set(&a, 0, table[i].v);
        assert_int_equal(bits, table[i].bits);
    }
    for (unsigned h = 0; h < 0x10000; h++) { /* every half survives the round trip */
        bits = (uint16_t)h;
        double v = dna_array_get(&a, 0);
        dna_array_set(&a, 0, v);
        if (isnan(v)) {
            assert_int_equal(h & 0x7c00, 0x7c00);
        } else {
            assert_int_equal(bits, h);
        }
    }
}

static void
test_borrowed_memory_is_left_alone(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4};
    const int64_t dim[] = {2, 2};
    dna_array a, b;
    dna_array_borrow(&a, DNA_F32, 2, dim, x);
    assert_true(a.is_borrowed);
    assert_ok(dna_array_copy(&b, &a));
    assert_false(b.is_borrowed);
    assert_true(b.data != a.data && dna_array_get(&b, 3) == 4);
    dna_array_clear(&a);
    dna_array_clear(&a);
    dna_array_clear(NULL);
    dna_array_clear(&b);
}

static void
test_scalars_and_empty_arrays(void **state)
{
    (void)state;
    dna_array a, b;
    const int64_t dim[] = {50, 0};
    assert_ok(dna_array_init(&a, DNA_F64, 0, NULL));
    assert_int_equal(dna_array_count(&a), 1);
    dna_array_clear(&a);
    assert_ok(dna_array_init(&a, DNA_U8, 2, dim));
    assert_int_equal(dna_array_count(&a), 0);
    assert_non_null(a.data);
    assert_ok(dna_array_copy(&b, &a));
    dna_array_clear(&a);
    dna_array_clear(&b);
}

static void
test_impossible_shapes_are_refused(void **state)
{
    (void)state;
    dna_array a;
    const int64_t negative[] = {2, -1};
    const int64_t large[] = {INT64_C(1) << 40, INT64_C(1) << 40};
    const int64_t hidden[] = {
        INT64_C(1) << 62, 2, 0}; /* the count would overflow first */
    assert_fails(dna_array_init(&a, DNA_U8, 2, negative), DNA_ESHAPE, "negative");
    assert_fails(dna_array_init(&a, DNA_U8, 2, large), DNA_ESHAPE, "too large");
    assert_fails(dna_array_init(&a, DNA_U8, 3, hidden), DNA_ESHAPE, "too large");
    assert_fails(dna_array_init(&a, DNA_U8, 9, large), DNA_ESHAPE, "9 dimensions");
    assert_null(a.data);
    dna_mem_fail_at(1);
    assert_fails(dna_array_init(&a, DNA_U8, 0, NULL), DNA_ENOMEM, "out of memory");
    dna_mem_fail_at(0);
    dna_array_clear(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_have_sizes_and_names),
        cmocka_unit_test(test_new_arrays_are_zero_and_take_small_integers),
        cmocka_unit_test(test_zeros_and_ones_are_told_from_others),
        cmocka_unit_test(test_values_out_of_range_stop_at_the_border),
        cmocka_unit_test(test_halves_round_as_numpy_does),
        cmocka_unit_test(test_borrowed_memory_is_left_alone),
        cmocka_unit_test(test_scalars_and_empty_arrays),
        cmocka_unit_test(test_impossible_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

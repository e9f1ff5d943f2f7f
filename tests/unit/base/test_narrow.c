/* test_narrow.c - arrays of numbers in fewer bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/narrow.h"
#include "support/support.h"

static void
fill(dna_array *a, dna_dtype dtype, const double *v, int64_t n)
{
    assert_ok(dna_array_init(a, dtype, 1, &n));
    for (int64_t i = 0; i < n; i++) {
        dna_array_set(a, i, v[i]);
    }
}

/* Narrowed to `want`, and back to the same bytes. */
static void
check(dna_dtype dtype, const double *v, int64_t n, dna_dtype want)
{
    dna_array a = {0}, back = {0};
    unsigned char room[1024 * 8];

    fill(&a, dtype, v, n);
    assert_int_equal(dna_narrowest(&a), want);
    assert_true(dna_may_narrow(dtype, want));
    dna_narrow(room, want, &a);
    assert_ok(dna_array_init(&back, dtype, 1, &n));
    dna_widen(&back, want, room, n);
    assert_memory_equal(a.data, back.data, (size_t)n * dna_dtype_size(dtype));
    dna_array_clear(&a);
    dna_array_clear(&back);
}

static void
test_integers_take_the_type_that_holds_them(void **state)
{
    (void)state;
    check(DNA_I64, (const double[]){0, 3, 255}, 3, DNA_U8);
    check(DNA_I64, (const double[]){-1, 0, 127}, 3, DNA_I8);
    check(DNA_I64, (const double[]){0, 256}, 2, DNA_U16);
    check(DNA_I64, (const double[]){-1, 128}, 2, DNA_I16);
    check(DNA_I64, (const double[]){65536, 4294967295.0}, 2, DNA_U32);
    check(DNA_I64, (const double[]){-1, 65536}, 2, DNA_I32);
    check(DNA_I64, (const double[]){4294967296.0}, 1, DNA_I64);
    check(DNA_I64, (const double[]){-1, 4294967295.0}, 2, DNA_I64);
    check(DNA_U64, (const double[]){65536}, 1, DNA_U32);
    check(DNA_U32, (const double[]){65536}, 1, DNA_U32);
    check(DNA_I32, (const double[]){40000}, 1, DNA_U16);
    check(DNA_I16, (const double[]){-3}, 1, DNA_I8);
    check(DNA_U8, (const double[]){1, 2}, 2, DNA_U8);
}

static void
test_floats_are_narrowed_when_nothing_is_lost(void **state)
{
    (void)state;
    check(DNA_F64, (const double[]){0, 12, 1999999}, 3, DNA_U32);
    check(DNA_F64, (const double[]){0, 0.5, 0.25}, 3, DNA_F32);
    check(DNA_F64, (const double[]){0.1}, 1, DNA_F64);
    check(DNA_F64, (const double[]){-0.0, 1}, 2, DNA_F32);
    check(DNA_F64, (const double[]){1e300}, 1, DNA_F64);
    check(DNA_F32, (const double[]){-2, 100}, 2, DNA_I8);
    check(DNA_F32, (const double[]){-0.0}, 1, DNA_F32);
    check(DNA_F32, (const double[]){0.5}, 1, DNA_F32);
    check(DNA_F16, (const double[]){1, 2}, 2, DNA_F16);
    check(DNA_F64, NULL, 0, DNA_U8);
}

/* More than one chunk of the loops, the one that does not fit at the end. */
static void
test_long_arrays(void **state)
{
    double v[1000];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        v[i] = i;
    }
    check(DNA_F64, v, 1000, DNA_U16);
    v[999] = 0.1;
    check(DNA_F64, v, 1000, DNA_F64);
    v[999] = (double)NAN;
    check(DNA_F64, v, 1000, DNA_F64);
}

static void
test_what_cannot_be_is_refused(void **state)
{
    (void)state;
    assert_false(dna_may_narrow(DNA_U8, DNA_I8));
    assert_false(dna_may_narrow(DNA_U8, DNA_U16));
    assert_false(dna_may_narrow(DNA_U16, DNA_I8)); /* never negative */
    assert_false(dna_may_narrow(DNA_I64, DNA_F32));
    assert_false(dna_may_narrow(DNA_F32, DNA_F16));
    assert_false(dna_may_narrow(DNA_F64, DNA_BOOL));
    assert_false(dna_may_narrow(DNA_F16, DNA_U8));
    assert_true(dna_may_narrow(DNA_F64, DNA_F32));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_take_the_type_that_holds_them),
        cmocka_unit_test(test_floats_are_narrowed_when_nothing_is_lost),
        cmocka_unit_test(test_long_arrays),
        cmocka_unit_test(test_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

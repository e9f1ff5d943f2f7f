/* test_npy.c - headers and numbers of .npy files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "io/npy.h"
#include "npy_files.h"

/* A file of NumPy out of the table: header text, padding, numbers. */
static unsigned char *
assemble(int64_t i, size_t *n)
{
    size_t n_before = (size_t)npy_files[i].n_before;
    size_t n_space = (size_t)npy_files[i].n_space;
    size_t n_number = (size_t)npy_files[i].n_number;
    *n = n_before + n_space + 1 + n_number;
    unsigned char *bytes = dna_malloc(*n);
    assert_non_null(bytes);
    memcpy(bytes, npy_files[i].before, n_before);
    memset(bytes + n_before, ' ', n_space);
    bytes[n_before + n_space] = '\n';
    memcpy(bytes + n_before + n_space + 1, npy_files[i].numbers, n_number);
    return bytes;
}

static void
test_files_of_numpy_are_read(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DNA_COUNT(npy_files); i++) {
        size_t n = 0;
        dna_npy_header h;
        dna_array a;
        unsigned char *bytes = assemble(i, &n);
        assert_ok(dna_npy_parse_header(&h, bytes, n, npy_files[i].what));
        assert_int_equal(h.n_dim, 2);
        assert_int_equal(h.data_offset + h.data_size, n);
        assert_ok(dna_npy_decode(
            &a, &h, bytes + h.data_offset, n - h.data_offset, npy_files[i].what));
        assert_int_equal(a.dim[0], 2);
        assert_int_equal(a.dim[1], 3);
        for (int64_t k = 0; k < 6; k++) {
            double expected = (double)(a.dtype == DNA_BOOL ? k % 2 : k);
            if (dna_array_get(&a, k) != expected) {
                fail_msg("%s: element %d is %g", npy_files[i].what, (int)k,
                    dna_array_get(&a, k));
            }
        }
        dna_array_clear(&a);
        dna_free(bytes);
    }
}

static void
test_our_bytes_are_those_of_numpy(void **state)
{
    (void)state;
    int n_same = 0;
    for (int64_t i = 0; i < DNA_COUNT(npy_files); i++) {
        size_t n = 0;
        size_t m = 0;
        dna_npy_header h;
        dna_array a;
        unsigned char *ours = NULL;
        unsigned char *bytes = assemble(i, &n);
        assert_ok(dna_npy_parse_header(&h, bytes, n, "x"));
        assert_ok(dna_npy_decode(&a, &h, bytes + h.data_offset, h.data_size, "x"));
        if (!h.is_big_endian && !h.is_fortran && bytes[6] == 1) {
            assert_ok(dna_npy_encode(&ours, &m, &a));
            assert_int_equal(m, n);
            assert_memory_equal(ours, bytes, n);
            n_same++;
        }
        dna_free(ours);
        dna_array_clear(&a);
        dna_free(bytes);
    }
    assert_int_equal(n_same, 12); /* every type */
}

static void
check_round_trip(int n_dim, const int64_t *dim)
{
    dna_array a, b;
    dna_npy_header h;
    unsigned char *bytes = NULL;
    size_t n = 0;
    assert_ok(dna_array_init(&a, DNA_I16, n_dim, dim));
    for (int64_t i = 0; i < dna_array_count(&a); i++) {
        dna_array_set(&a, i, (double)(i * 3 - 7));
    }
    assert_ok(dna_npy_encode(&bytes, &n, &a));
    assert_ok(dna_npy_parse_header(&h, bytes, n, "x"));
    assert_int_equal(h.data_offset % 64, 0);
    assert_ok(dna_npy_decode(&b, &h, bytes + h.data_offset, n - h.data_offset, "x"));
    assert_int_equal(b.n_dim, n_dim);
    assert_memory_equal(b.dim, a.dim, sizeof(a.dim));
    assert_memory_equal(b.data, a.data, (size_t)dna_array_count(&a) * 2);
    dna_array_clear(&a);
    dna_array_clear(&b);
    dna_free(bytes);
}

static void
test_shapes_survive(void **state)
{
    (void)state;
    check_round_trip(0, NULL);
    check_round_trip(1, (const int64_t[]){5});
    check_round_trip(2, (const int64_t[]){50, 0});
    check_round_trip(8, (const int64_t[]){1, 2, 1, 3, 1, 2, 1, 2});
}

/* Element (i, j, k) of a column-major array lies at i + 2 j + 6 k. */
static void
test_column_major_in_three_dimensions(void **state)
{
    (void)state;
    dna_npy_header h = {.dtype = DNA_U8,
        .is_fortran = true,
        .n_dim = 3,
        .dim = {2, 3, 4},
        .data_size = 24};
    unsigned char bytes[24];
    dna_array a;
    for (unsigned char i = 0; i < 24; i++) {
        bytes[i] = i;
    }
    assert_ok(dna_npy_decode(&a, &h, bytes, 24, "x"));
    for (int64_t i = 0; i < 2; i++) {
        for (int64_t j = 0; j < 3; j++) {
            for (int64_t k = 0; k < 4; k++) {
                assert_true(dna_array_get(&a, (i * 3 + j) * 4 + k)
                            == (double)(i + 2 * j + 6 * k));
            }
        }
    }
    dna_array_clear(&a);
}

/* Parse a version 1 header with this dictionary; the code and part of the message. */
static void
check_header(const char *dict, int code, const char *message)
{
    unsigned char bytes[512] = "\x93NUMPY\x01";
    dna_npy_header h;
    size_t n = strlen(dict);
    bytes[8] = (unsigned char)n;
    memcpy(bytes + 10, dict, n);
    int rc = dna_npy_parse_header(&h, bytes, 10 + n, "a.npz: SNP");
    if (rc != code) {
        fail_msg("%s: %s: %s", dict, dna_status_name(rc), dna_message());
    }
    if (code < 0 && strstr(dna_message(), message) == NULL) {
        fail_msg("%s: \"%s\" lacks \"%s\"", dict, dna_message(), message);
    }
    if (code < 0) {
        assert_true(strncmp(dna_message(), "a.npz: SNP: ", 12) == 0);
    }
}

static void
test_dictionaries(void **state)
{
    (void)state;
    check_header(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }\n", 0, "");
    check_header("{\"shape\":(5),\"fortran_order\":True,\"descr\":\"|u1\"}", 0, "");
    check_header("{'descr': '=i4', 'fortran_order': False, 'shape': ( ) }", 0, "");
    check_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        DNA_EUNSUPPORTED, "Python objects");
    check_header("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,)}",
        DNA_EUNSUPPORTED, "array of records");
    check_header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
        DNA_EUNSUPPORTED, "type \"<c8\"");
    check_header("{'descr': '<U3', 'fortran_order': False, 'shape': (1,)}",
        DNA_EUNSUPPORTED, "type \"<U3\"");
    check_header("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}",
        DNA_EUNSUPPORTED, "type \"<f16\"");
    check_header("{'descr': '', 'fortran_order': False, 'shape': (1,)}",
        DNA_EUNSUPPORTED, "type \"\"");
    check_header("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", DNA_EFORMAT,
        "True or False");
    check_header(
        "{'descr': '<f4', 'fortran_order': False}", DNA_EFORMAT, "shape is missing");
    check_header(
        "{'shape': (1,), 'fortran_order': False}", DNA_EFORMAT, "descr is missing");
    check_header(
        "{'shape': (1,), 'descr': '<f4'}", DNA_EFORMAT, "fortran_order is missing");
    check_header("{'shape': (1,), 'shape': (1,)}", DNA_EFORMAT, "given twice");
    check_header("{'x': 1}", DNA_EFORMAT, "unknown key \"x\"");
    check_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        DNA_EFORMAT, "\"-1,)}\", but a dimension is expected");
    check_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
        DNA_EFORMAT, "a comma or )");
    check_header("{'descr': '<f4', 'fortran_order': False, 'shape': [1]}", DNA_EFORMAT,
        "a tuple is expected");
    check_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        DNA_EFORMAT, "\"x\", but its end");
    check_header("{'descr': '<f4", DNA_EFORMAT, "a closing quote");
    check_header("{'descr'", DNA_EFORMAT, "its end, but a colon");
    check_header("{'descr': '<f4' 'shape'", DNA_EFORMAT, "a comma or }");
    check_header("{descr", DNA_EFORMAT, "quoted text");
    check_header("", DNA_EFORMAT, "its end, but {");
    check_header(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
        DNA_EUNSUPPORTED, "more than 8 dimensions");
    check_header(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
        DNA_EFORMAT, "dimension is too large");
    check_header(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}",
        DNA_EFORMAT, "too large for this machine");
}

static void
test_broken_beginnings(void **state)
{
    (void)state;
    dna_npy_header h;
    unsigned char bytes[16] = "\x93NUMPY\x01\x00\x10\x00";
    assert_fails(dna_npy_parse_header(&h, bytes, 6, "x"), DNA_EFORMAT, "too short");
    assert_fails(dna_npy_parse_header(&h, bytes, 12, "x"), DNA_EFORMAT,
        "x: npy header is cut off: 2 of 16 bytes");
    bytes[8] = bytes[9] = 0xff; /* with the 10 bytes before it, it is too long */
    assert_fails(dna_npy_parse_header(&h, bytes, 12, "x"), DNA_EFORMAT,
        "npy header of 65545 bytes, more than the 65536 allowed");
    bytes[8] = 0x10;
    bytes[9] = 0;
    bytes[6] = 4;
    assert_fails(
        dna_npy_parse_header(&h, bytes, 12, "x"), DNA_EUNSUPPORTED, "npy version 4.0");
    bytes[6] = 2;
    assert_fails(dna_npy_parse_header(&h, bytes, 11, "x"), DNA_EFORMAT, "cut off");
    bytes[11] = 0x7f;
    assert_fails(
        dna_npy_parse_header(&h, bytes, 12, "x"), DNA_EFORMAT, "more than the");
    bytes[0] = 0;
    assert_fails(dna_npy_parse_header(&h, bytes, 12, "x"), DNA_EFORMAT, "not a NumPy");
}

static void
test_numbers_must_fill_the_shape(void **state)
{
    (void)state;
    dna_npy_header h = {.dtype = DNA_F32, .n_dim = 1, .dim = {3}, .data_size = 12};
    const unsigned char bytes[16] = {0};
    dna_array a;
    assert_fails(dna_npy_decode(&a, &h, bytes, 11, "x"), DNA_EFORMAT,
        "x: 11 bytes of numbers, but the shape asks for 12");
    assert_fails(dna_npy_decode(&a, &h, bytes, 13, "x"), DNA_EFORMAT, "asks for 12");
    dna_mem_fail_at(1);
    assert_fails(
        dna_npy_decode(&a, &h, bytes, 12, "x"), DNA_ENOMEM, "x: out of memory");
    dna_mem_fail_at(0);
    assert_null(a.data);
    h.dtype = DNA_BOOL;
    h.data_size = 3;
    assert_ok(dna_npy_decode(&a, &h, (const unsigned char *)"\x00\x02\xff", 3, "x"));
    assert_memory_equal(a.data, "\x00\x01\x01", 3); /* a flag is 0 or 1 */
    dna_array_clear(&a);
}

static void
test_lack_of_memory_while_encoding(void **state)
{
    (void)state;
    dna_array a;
    assert_ok(dna_array_init(&a, DNA_F64, 1, (const int64_t[]){1000}));
    for_each_oom(i) {
        unsigned char *bytes = NULL;
        size_t n = 0;
        int rc = dna_npy_encode(&bytes, &n, &a);
        dna_free(bytes);
        if (oom_done()) {
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
    dna_array_clear(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_numpy_are_read),
        cmocka_unit_test(test_our_bytes_are_those_of_numpy),
        cmocka_unit_test(test_shapes_survive),
        cmocka_unit_test(test_column_major_in_three_dimensions),
        cmocka_unit_test(test_dictionaries),
        cmocka_unit_test(test_broken_beginnings),
        cmocka_unit_test(test_numbers_must_fill_the_shape),
        cmocka_unit_test(test_lack_of_memory_while_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

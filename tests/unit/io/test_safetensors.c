/* test_safetensors.c - named tensors and metadata, whole, damaged and hostile.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "io/safetensors.h"

/* A file of a header's text (its length put before) and n bytes of data 0, 1, 2 ... */
static int
parse_with_length(
    dna_safetensors *st, const char *header, uint64_t length, size_t n_data)
{
    static unsigned char bytes[8192];
    size_t n = strlen(header);
    assert_true(8 + n + n_data <= sizeof(bytes));
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(length >> (8 * i));
    }
    memcpy(bytes + 8, header, n);
    for (size_t i = 0; i < n_data; i++) {
        bytes[8 + n + i] = (unsigned char)i;
    }
    return dna_safetensors_parse(st, bytes, 8 + n + n_data, "net.safetensors");
}

static int
parse(dna_safetensors *st, const char *header, size_t n_data)
{
    return parse_with_length(st, header, strlen(header), n_data);
}

static void
test_a_file_by_hand_is_read(void **state)
{
    (void)state;
    dna_safetensors st;
    assert_ok(parse(&st,
        "{\"__metadata__\":{\"format\":\"pt\",\"dnadna\":\"{}\"},"
        "\"w\":{\"dtype\":\"U16\",\"shape\":[2,1],\"data_offsets\":[8,12]},"
        "\"k\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"e\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[8,8]}}   ",
        12));
    assert_int_equal(st.n_tensor, 3);
    assert_string_equal(st.names[0], "w"); /* in the order of the header */
    const dna_array *w = dna_safetensors_find(&st, "w");
    const dna_array *k = dna_safetensors_find(&st, "k");
    assert_int_equal(w->dtype, DNA_U16);
    assert_int_equal(w->dim[0], 2);
    assert_true(dna_array_get(w, 0) == 0x0908 && dna_array_get(w, 1) == 0x0b0a);
    assert_int_equal(k->n_dim, 0);
    assert_true(dna_array_get(k, 0) == (double)0x0706050403020100);
    assert_int_equal(dna_array_count(dna_safetensors_find(&st, "e")), 0);
    assert_null(dna_safetensors_find(&st, "x"));
    assert_string_equal(dna_safetensors_meta(&st, "format"), "pt");
    assert_null(dna_safetensors_meta(&st, "w"));
    dna_safetensors_clear(&st);
    dna_safetensors_clear(&st);
    assert_ok(parse(&st, "{}", 0));
    assert_int_equal(st.n_tensor, 0);
    dna_safetensors_clear(&st);
}

#define U8(offsets) "{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" offsets "}"

static void
check_refused(const char *header, size_t n_data, int code, const char *message)
{
    dna_safetensors st;
    int rc = parse(&st, header, n_data);
    if (rc != code || strstr(dna_message(), message) == NULL) {
        fail_msg("%s: %s: %s", header, dna_status_name(rc), dna_message());
    }
    assert_true(strncmp(dna_message(), "net.safetensors: ", 17) == 0);
    assert_null(st.names);
    assert_null(st.meta_keys);
}

static void
test_lies_about_places_are_refused(void **state)
{
    (void)state;
    check_refused("{\"a\":" U8("[0,4]") ",\"b\":" U8("[2,6]") "}", 6, DNA_EFORMAT,
        "\"b\": begins at byte 2 of the data, but the one before it ends at 4");
    check_refused("{\"a\":" U8("[0,4]") ",\"b\":" U8("[5,9]") "}", 9, DNA_EFORMAT,
        "\"b\": begins at byte 5 of the data, but there is a hole at 4");
    check_refused("{\"a\":" U8("[0,4]") "}", 5, DNA_EFORMAT,
        "end at byte 4 of the data, which has 5");
    check_refused("{\"a\":" U8("[0,4]") "}", 3, DNA_EFORMAT,
        "\"a\": ends at byte 4 of the data, which has 3");
    check_refused("{\"a\":" U8("[4,0]") "}", 4, DNA_EFORMAT, "not [begin, end]");
    check_refused("{\"a\":" U8("[-4,0]") "}", 4, DNA_EFORMAT, "not [begin, end]");
    check_refused("{\"a\":" U8("[0,4,8]") "}", 8, DNA_EFORMAT, "not [begin, end]");
    check_refused("{\"a\":" U8("[0,\"4\"]") "}", 4, DNA_EFORMAT, "not [begin, end]");
    check_refused("{\"a\":" U8("7") "}", 4, DNA_EFORMAT, "not [begin, end]");
    check_refused("{\"a\":" U8("[0,3]") "}", 3, DNA_EFORMAT,
        "\"a\": 3 bytes, but its shape asks for 4");
}

static void
test_lies_about_shapes_and_types_are_refused(void **state)
{
    (void)state;
    check_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776,1099511627776],"
                  "\"data_offsets\":[0,0]}}",
        0, DNA_EFORMAT, "too large");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,0]}}", 0,
        DNA_EFORMAT, "shape[0] is not a size");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,0]}}",
        0, DNA_EFORMAT, "shape[0] is not a size");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":3,\"data_offsets\":[0,3]}}", 3,
        DNA_EFORMAT, "no shape");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],"
                  "\"data_offsets\":[0,1]}}",
        1, DNA_EUNSUPPORTED, "9 dimensions");
    check_refused("{\"a\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}",
        2, DNA_EUNSUPPORTED, "\"a\": dtype \"BF16\"");
    check_refused(
        "{\"a\":{\"shape\":[1],\"data_offsets\":[0,2]}}", 2, DNA_EFORMAT, "no dtype");
    check_refused("{\"a\":[1]}", 0, DNA_EFORMAT, "not described by a mapping");
    check_refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],"
                  "\"code\":\"x\"}}",
        1, DNA_EFORMAT, "more than dtype");
    check_refused("{\"__metadata__\":{\"a\":1}}", 0, DNA_EFORMAT, "\"a\": not text");
    check_refused("{\"__metadata__\":[]}", 0, DNA_EFORMAT, "not a mapping");
}

static void
test_lies_about_the_header_are_refused(void **state)
{
    (void)state;
    dna_safetensors st;
    check_refused(
        "{\"a\":" U8("[0,4]") ",\"a\":" U8("[0,4]") "}", 4, DNA_EFORMAT, "duplicate");
    check_refused("{\"a\":", 0, DNA_EFORMAT, "header, byte");
    check_refused("[]", 0, DNA_EFORMAT, "does not begin with {");
    check_refused("{} x", 0, DNA_EFORMAT, "header, byte");
    check_refused("{\"\xff\":1}", 0, DNA_EFORMAT, "header, byte");
    check_refused("", 0, DNA_EFORMAT, "does not begin with {");
    assert_fails(parse_with_length(&st, "{}", 3, 0), DNA_EFORMAT,
        "cut off: a header of 3 bytes, but 2 are left");
    assert_fails(parse_with_length(&st, "{}", UINT64_MAX, 0), DNA_EFORMAT,
        "not a safetensors file");
    assert_fails(dna_safetensors_parse(&st, (const unsigned char *)"abc", 3, "x"),
        DNA_EFORMAT, "x: 3 bytes, too short");
}

static const dna_dtype all[] = {DNA_BOOL, DNA_U8, DNA_I8, DNA_U16, DNA_I16, DNA_U32,
    DNA_I32, DNA_U64, DNA_I64, DNA_F16, DNA_F32, DNA_F64};

/* One tensor of each type. */
static void
make_tensors(dna_array *arrays, const char **names)
{
    for (int i = 0; i < 12; i++) {
        const int64_t dim[] = {i % 3, 2, 3};
        assert_ok(dna_array_init(&arrays[i], all[i], 3, dim));
        for (int64_t k = 0; k < dna_array_count(&arrays[i]); k++) {
            dna_array_set(&arrays[i], k, (double)(k % 5));
        }
        names[i] = dna_dtype_name(all[i]);
    }
}

static const char *const meta_keys[] = {"dnadna", "note"};
static const char *const meta_texts[] = {
    "{\"a\": [1, \"\xc3\xa9\"]}", "two\nlines \"q\""};

static void
test_tensors_of_every_type_survive(void **state)
{
    (void)state;
    dna_array in[12];
    const char *names[12];
    dna_safetensors st;
    const char *path = test_path("all.safetensors");
    make_tensors(in, names);
    assert_ok(dna_safetensors_write(path, names, in, 12, meta_keys, meta_texts, 2));
    assert_ok(dna_safetensors_read(&st, path));
    assert_int_equal(st.n_tensor, 12);
    for (int i = 0; i < 12; i++) {
        const dna_array *a = dna_safetensors_find(&st, names[i]);
        assert_ptr_equal(a, &st.arrays[i]);
        assert_int_equal(a->dtype, all[i]);
        assert_memory_equal(a->dim, in[i].dim, sizeof(a->dim));
        assert_memory_equal(
            a->data, in[i].data, (size_t)dna_array_count(a) * dna_dtype_size(a->dtype));
        dna_array_clear(&in[i]);
    }
    assert_string_equal(dna_safetensors_meta(&st, "dnadna"), meta_texts[0]);
    assert_string_equal(dna_safetensors_meta(&st, "note"), meta_texts[1]);
    dna_safetensors_clear(&st);
    unsigned char *bytes = NULL;
    size_t n = 0;
    assert_ok(dna_file_read(path, 1 << 20, &bytes, &n));
    assert_int_equal(bytes[0] % 8, 0); /* the data are aligned */
    dna_free(bytes);
}

static void
test_what_cannot_be_written(void **state)
{
    (void)state;
    dna_array in[12];
    const char *names[12];
    const char *path = test_path("bad.safetensors");
    const char *const bad_texts[] = {"\xff", ""};
    make_tensors(in, names);
    names[3] = names[2];
    assert_fails(dna_safetensors_write(path, names, in, 12, NULL, NULL, 0), DNA_EARG,
        "two entries named \"int8\"");
    names[3] = "__metadata__";
    assert_fails(dna_safetensors_write(path, names, in, 12, NULL, NULL, 0), DNA_EARG,
        "__metadata__");
    assert_fails(dna_safetensors_write(path, names, in, 1, meta_keys, bad_texts, 2),
        DNA_EARG, "\"dnadna\": not UTF-8");
    assert_fails(dna_safetensors_write(test_path("no/x"), names, in, 1, NULL, NULL, 0),
        DNA_ENOTFOUND, "no/x: No such file");
    assert_false(dna_path_exists(path));
    for (int i = 0; i < 12; i++) {
        dna_array_clear(&in[i]);
    }
}

static void
test_files_cut_or_flipped_anywhere(void **state)
{
    (void)state;
    dna_array in[12];
    const char *names[12];
    dna_safetensors st;
    unsigned char *bytes = NULL;
    size_t n = 0;
    const char *path = test_path("cut.safetensors");
    make_tensors(in, names);
    assert_ok(dna_safetensors_write(path, names, in, 12, meta_keys, meta_texts, 2));
    assert_ok(dna_file_read(path, 1 << 20, &bytes, &n));
    for (size_t k = 0; k < n; k++) {
        unsigned char *cut = dna_malloc(k); /* exact, so that ASan sees one byte more */
        memcpy(cut, bytes, k);
        assert_int_equal(dna_safetensors_parse(&st, cut, k, "x"), DNA_EFORMAT);
        dna_free(cut);
    }
    for (size_t k = 0; k < n; k++) {
        bytes[k] ^= 0x11;
        if (dna_safetensors_parse(&st, bytes, n, "x") == DNA_OK) {
            dna_safetensors_clear(&st);
        } else {
            assert_true(strncmp(dna_message(), "x: ", 3) == 0);
        }
        bytes[k] ^= 0x11;
    }
    assert_fails(
        dna_safetensors_read(&st, test_path("absent")), DNA_ENOTFOUND, "absent");
    assert_fails(dna_safetensors_read(&st, test_dir()), DNA_EIO, "is a folder");
    dna_free(bytes);
    for (int i = 0; i < 12; i++) {
        dna_array_clear(&in[i]);
    }
}

static void
test_lack_of_memory(void **state)
{
    (void)state;
    dna_array in[12];
    const char *names[12];
    make_tensors(in, names);
    for_each_oom(i) {
        dna_safetensors st = {0};
        const char *path = test_path("oom.safetensors");
        int rc = dna_safetensors_write(path, names, in, 12, meta_keys, meta_texts, 2);
        if (rc == DNA_OK) {
            rc = dna_safetensors_read(&st, path);
        }
        dna_safetensors_clear(&st);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
        assert_true(rc == DNA_ENOMEM || rc == DNA_OK); /* OK: only the folder's sync */
    }
    for (int i = 0; i < 12; i++) {
        dna_array_clear(&in[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_by_hand_is_read),
        cmocka_unit_test(test_lies_about_places_are_refused),
        cmocka_unit_test(test_lies_about_shapes_and_types_are_refused),
        cmocka_unit_test(test_lies_about_the_header_are_refused),
        cmocka_unit_test(test_tensors_of_every_type_survive),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_files_cut_or_flipped_anywhere),
        cmocka_unit_test(test_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

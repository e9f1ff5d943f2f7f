/* test_zip_directory.c - plain archives are read here as libzip reads them.
 *
 * SPDX-License-Identifier: MIT
 *
 * A comment behind an archive changes nothing in it, but it is plain no longer: so libzip is
 * the truth for every archive, whole or damaged.
 */
#include "support/support.h"

#include <string.h>

#include "base/path.h"
#include "io/npz.h"
#include "io/zip_directory.h"

#define NUMPY_FILE \
    source_path("tests/data/one_event_small/scenario_18/one_event_18_0.npz")

/* CRC-32 of zip, bit by bit. */
static uint32_t
checksum(const unsigned char *data, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

/* An archive of two small arrays as this program writes it. */
static void
write_archive(unsigned char **bytes, size_t *n, bool is_deflated)
{
    static const char *const keys[] = {"SNP", "POS"};
    uint8_t snp[60];
    double pos[12];
    dna_array arrays[2];

    for (int i = 0; i < 60; i++) {
        snp[i] = (uint8_t)(i * i % 7 % 2);
    }
    for (int i = 0; i < 12; i++) {
        pos[i] = 0.07 * i;
    }
    dna_array_borrow(&arrays[0], DNA_U8, 2, (int64_t[]){5, 12}, snp);
    dna_array_borrow(&arrays[1], DNA_F64, 1, (int64_t[]){12}, pos);
    assert_ok(dna_npz_write(test_path("plain.npz"), keys, arrays, 2, is_deflated));
    assert_ok(dna_file_read(test_path("plain.npz"), (size_t)1 << 20, bytes, n));
}

static void
test_members_are_where_the_directory_says(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) { /* stored, deflated, NumPy's */
        dna_zip_entry entries[DNA_ZIP_MOST];
        unsigned char *bytes = NULL, *content = NULL;
        int64_t n_entry = 0;
        bool is_good = true;
        size_t n = 0;
        if (form < 2) {
            write_archive(&bytes, &n, form == 1);
        } else {
            assert_ok(dna_file_read(NUMPY_FILE, (size_t)1 << 20, &bytes, &n));
        }
        assert_true(dna_zip_read_directory(entries, &n_entry, bytes, n));
        assert_int_equal(n_entry, 2);
        assert_string_equal(entries[0].name, "SNP.npy");
        assert_string_equal(entries[1].name, "POS.npy");
        for (int k = 0; k < 2; k++) {
            const dna_zip_entry *e = &entries[k];
            assert_true(e->is_deflated == (form > 0));
            content = dna_malloc(e->size);
            assert_non_null(content);
            if (e->is_deflated) {
                assert_ok(dna_zip_inflate(content, &is_good, e, bytes));
                assert_true(is_good);
            } else {
                memcpy(content, bytes + e->offset, e->size);
            }
            assert_memory_equal(content, "\x93NUMPY", 6);
            assert_int_equal(checksum(content, e->size), e->crc);
            dna_free(content);
        }
        dna_free(bytes);
    }
}

/* What a reader is told: the code and both arrays. */
typedef struct {
    int rc;
    dna_array arrays[2];
} result;

static result
read_both(const unsigned char *bytes, size_t n)
{
    static const char *const keys[] = {"SNP", "POS"};
    result r = {0};
    dna_npz *npz = NULL;

    r.rc = dna_npz_open_memory(&npz, bytes, n, "mem.npz");
    for (int k = 0; k < 2 && r.rc == DNA_OK; k++) {
        r.rc = dna_npz_read(npz, keys[k], &r.arrays[k]);
    }
    dna_npz_close(npz);
    return r;
}

static void
assert_same_result(const result *a, const result *b, size_t at)
{
    if (a->rc != b->rc) {
        fail_msg("byte %zu: %s, but libzip says %s", at, dna_status_name(a->rc),
            dna_status_name(b->rc));
    }
    for (int k = 0; k < 2 && a->rc == DNA_OK; k++) {
        const dna_array *x = &a->arrays[k], *y = &b->arrays[k];
        assert_int_equal(x->dtype, y->dtype);
        assert_memory_equal(x->dim, y->dim, sizeof(x->dim));
        assert_memory_equal(
            x->data, y->data, (size_t)dna_array_count(x) * dna_dtype_size(x->dtype));
    }
}

static void
compare_with_libzip(unsigned char *bytes, size_t n, size_t at)
{
    dna_zip_entry entries[DNA_ZIP_MOST];
    int64_t n_entry = 0;
    unsigned char *commented = dna_malloc(n + 1);

    assert_non_null(commented);
    memcpy(commented, bytes, n);
    commented[n] = '!';
    commented[n - 2]++; /* the length of the comment */
    assert_false(dna_zip_read_directory(entries, &n_entry, commented, n + 1));
    result a = read_both(bytes, n), b = read_both(commented, n + 1);
    assert_same_result(&a, &b, at);
    for (int k = 0; k < 2; k++) {
        dna_array_clear(&a.arrays[k]);
        dna_array_clear(&b.arrays[k]);
    }
    dna_free(commented);
}

static void
test_damage_is_judged_as_libzip_judges_it(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        unsigned char *bytes = NULL;
        size_t n = 0;
        if (form < 2) {
            write_archive(&bytes, &n, form == 1);
        } else {
            assert_ok(dna_file_read(NUMPY_FILE, (size_t)1 << 20, &bytes, &n));
        }
        compare_with_libzip(bytes, n, n);
        for (size_t i = 0; i < n - 2; i++) { /* but for the length of the comment */
            for (int bit = i + 200 > n || i < 60 ? 0 : 7; bit < 8; bit++) {
                bytes[i] ^= (unsigned char)(1 << bit);
                compare_with_libzip(bytes, n, i);
                bytes[i] ^= (unsigned char)(1 << bit);
            }
        }
        dna_free(bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_where_the_directory_says),
        cmocka_unit_test(test_damage_is_judged_as_libzip_judges_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_npz.c - archives of arrays, whole, damaged and hostile.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "io/npz.h"
#include "npz_streams.h"

/* A zip archive written byte by byte, so that each field can lie. */
typedef struct {
    unsigned char bytes[8192];
    size_t n;
} raw;

typedef struct {
    const char *name;
    const void *data; /* as stored */
    size_t n_data;
    unsigned method, flags;
    uint32_t crc, claimed, claimed_stored; /* claimed sizes, in both directories */
} raw_member;

static void
put(raw *r, uint32_t v, int n_byte)
{
    for (int i = 0; i < n_byte; i++) {
        assert_true(r->n < sizeof(r->bytes));
        r->bytes[r->n++] = (unsigned char)(v >> (8 * i));
    }
}

static void
put_bytes(raw *r, const void *data, size_t n)
{
    assert_true(r->n + n <= sizeof(r->bytes));
    memcpy(r->bytes + r->n, data, n);
    r->n += n;
}

/* What the local header and the directory have in common. */
static void
put_fields(raw *r, const raw_member *m)
{
    put(r, 20, 2);
    put(r, m->flags, 2);
    put(r, m->method, 2);
    put(r, 0x00210000, 4); /* 1980-01-01 */
    put(r, m->crc, 4);
    put(r, m->claimed_stored, 4);
    put(r, m->claimed, 4);
    put(r, (uint32_t)strlen(m->name), 2);
    put(r, 0, 2);
}

static void
make_zip(raw *r, const raw_member *members, int n)
{
    uint32_t at[8];
    r->n = 0;
    for (int i = 0; i < n; i++) {
        at[i] = (uint32_t)r->n;
        put(r, 0x04034b50, 4);
        put_fields(r, &members[i]);
        put_bytes(r, members[i].name, strlen(members[i].name));
        put_bytes(r, members[i].data, members[i].n_data);
    }
    uint32_t begin = (uint32_t)r->n;
    for (int i = 0; i < n; i++) {
        put(r, 0x02014b50, 4);
        put(r, 20, 2);
        put_fields(r, &members[i]);
        put(r, 0, 4); /* comment, disk */
        put(r, 0, 2);
        put(r, 0, 4);
        put(r, at[i], 4);
        put_bytes(r, members[i].name, strlen(members[i].name));
    }
    uint32_t end = (uint32_t)r->n;
    put(r, 0x06054b50, 4);
    put(r, 0, 4);
    put(r, (uint32_t)n, 2);
    put(r, (uint32_t)n, 2);
    put(r, end - begin, 4);
    put(r, begin, 4);
    put(r, 0, 2);
}

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

/* A stored member holding 0 .. n-1 as uint8, all fields true. The caller frees data. */
static raw_member
honest(const char *name, int64_t n, unsigned char **data)
{
    raw_member m = {.name = name};
    dna_array a;
    size_t size = 0;
    assert_ok(dna_array_init(&a, DNA_U8, 1, &n));
    for (int64_t i = 0; i < n; i++) {
        dna_array_set(&a, i, (double)i);
    }
    assert_ok(dna_npy_encode(data, &size, &a));
    dna_array_clear(&a);
    m.data = *data;
    m.n_data = size;
    m.crc = checksum(*data, size);
    m.claimed = m.claimed_stored = (uint32_t)size;
    return m;
}

/* Open and read "x" from an archive in memory. */
static int
read_x(const raw *r)
{
    dna_npz *npz = NULL;
    dna_array a = {0};
    int rc = dna_npz_open_memory(&npz, r->bytes, r->n, "mem.npz");
    if (rc == DNA_OK) {
        rc = dna_npz_read(npz, "x", &a);
    }
    dna_array_clear(&a);
    dna_npz_close(npz);
    return rc;
}

static void
test_members_whose_fields_lie_are_refused(void **state)
{
    (void)state;
    static raw r;
    unsigned char *data = NULL;
    const raw_member good = honest("x.npy", 20, &data);
    raw_member m = good;
    make_zip(&r, &m, 1);
    assert_ok(read_x(&r));

    m.crc ^= 1;
    make_zip(&r, &m, 1);
    assert_fails(read_x(&r), DNA_EFORMAT, "mem.npz: x: wrong checksum");

    m = good; /* a stored member of two sizes */
    m.claimed = 4000000000u;
    make_zip(&r, &m, 1);
    assert_fails(read_x(&r), DNA_EFORMAT, "sizes cannot be true");

    m = good; /* beyond the end of the file */
    m.claimed = m.claimed_stored = 4000000000u;
    make_zip(&r, &m, 1);
    assert_int_equal(read_x(&r), DNA_EFORMAT);

    m = good; /* the array is cut */
    m.claimed = m.claimed_stored = (uint32_t)m.n_data - 1;
    m.n_data--;
    make_zip(&r, &m, 1);
    assert_fails(
        read_x(&r), DNA_EFORMAT, "mem.npz: x: 147 bytes, but header and shape");

    m = good;
    m.claimed = m.claimed_stored = 5;
    m.n_data = 5;
    make_zip(&r, &m, 1);
    assert_fails(read_x(&r), DNA_EFORMAT, "too short");

    m = good;
    m.method = 12;
    make_zip(&r, &m, 1);
    assert_fails(read_x(&r), DNA_EUNSUPPORTED, "compression method 12");

    m = good;
    m.flags = 1;
    make_zip(&r, &m, 1);
    assert_fails(read_x(&r), DNA_EUNSUPPORTED, "is encrypted");

    const raw_member two[] = {good, good};
    make_zip(&r, two, 2);
    assert_fails(read_x(&r), DNA_EFORMAT, "mem.npz: ");
    dna_free(data);
}

static int
read_deflated(const unsigned char *stream, size_t n, uint32_t crc, uint32_t claimed)
{
    static raw r;
    raw_member m = {.name = "x.npy", .data = stream, .n_data = n, .method = 8};
    m.claimed = claimed;
    m.claimed_stored = (uint32_t)n;
    m.crc = crc;
    make_zip(&r, &m, 1);
    return read_x(&r);
}

static void
test_deflated_members_whose_sizes_lie_are_refused(void **state)
{
    (void)state;
    unsigned char rubbish[sizeof(honest_stream)];
    size_t n = sizeof(honest_stream);
    assert_ok(read_deflated(honest_stream, n, honest_crc, 100128));
    /* says 1000, gives 100128 */
    assert_fails(read_deflated(honest_stream, n, honest_crc, 1000), DNA_EFORMAT,
        "x: 1000 bytes, but header and shape ask for 100128");
    /* more than there is, yet possible */
    assert_fails(read_deflated(honest_stream, n, honest_crc, 120000), DNA_EFORMAT,
        "ask for 100128");
    /* no deflate stream is as dense */
    assert_fails(read_deflated(honest_stream, n, honest_crc, 4000000000u), DNA_EFORMAT,
        "sizes cannot be true");
    assert_fails(read_deflated(honest_stream, n, honest_crc ^ 1, 100128), DNA_EFORMAT,
        "x: wrong checksum");
    /* directory and header agree on a lie */
    assert_fails(read_deflated(modest_stream, sizeof(modest_stream), modest_crc, 1000),
        DNA_EFORMAT, "more bytes than the 1000");
    assert_int_equal(
        read_deflated(greedy_stream, sizeof(greedy_stream), greedy_crc, 100128),
        DNA_EFORMAT);
    memcpy(rubbish, honest_stream, n);
    memset(rubbish + n / 2, 0xff, 40);
    assert_int_equal(read_deflated(rubbish, n, honest_crc, 100128), DNA_EFORMAT);
}

static void
test_object_arrays_are_refused_by_name(void **state)
{
    (void)state;
    static raw r;
    static const char npy[] = "\x93NUMPY\x01\x00\x36\x00"
                              "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
                              "cos\nsystem\n";
    raw_member m = {.name = "x.npy", .data = npy, .n_data = sizeof(npy) - 1};
    m.claimed = m.claimed_stored = (uint32_t)m.n_data;
    m.crc = checksum((const unsigned char *)npy, m.n_data);
    make_zip(&r, &m, 1);
    assert_fails(
        read_x(&r), DNA_EUNSUPPORTED, "mem.npz: x: an array of Python objects");
}

static const dna_dtype all[] = {DNA_BOOL, DNA_U8, DNA_I8, DNA_U16, DNA_I16, DNA_U32,
    DNA_I32, DNA_U64, DNA_I64, DNA_F16, DNA_F32, DNA_F64};

/* Two arrays of a type: 3 x 500, and one without elements. */
static void
make_arrays(dna_array *arrays, dna_dtype type)
{
    const int64_t dim[] = {3, 500};
    const int64_t none[] = {0};
    assert_ok(dna_array_init(&arrays[0], type, 2, dim));
    assert_ok(dna_array_init(&arrays[1], type, 1, none));
    for (int64_t i = 0; i < 1500; i++) {
        dna_array_set(&arrays[0], i, (double)(i * i % 101));
    }
}

static void
test_arrays_of_every_type_survive(void **state)
{
    (void)state;
    const char *const keys[] = {"SNP", "POS"};
    for (int t = 0; t < 24; t++) {
        dna_array in[2];
        dna_npz *npz = NULL;
        const char *path = test_path("types.npz");
        make_arrays(in, all[t % 12]);
        assert_ok(dna_npz_write(path, keys, in, 2, t >= 12));
        assert_ok(dna_npz_open(&npz, path));
        assert_int_equal(dna_npz_count(npz), 2);
        for (int k = 0; k < 2; k++) {
            dna_array out;
            dna_npy_header h;
            assert_string_equal(dna_npz_name(npz, k), keys[k]);
            assert_ok(dna_npz_header(npz, keys[k], &h));
            assert_int_equal(h.dtype, all[t % 12]);
            assert_ok(dna_npz_read(npz, keys[k], &out));
            assert_int_equal(out.dtype, in[k].dtype);
            assert_int_equal(out.n_dim, in[k].n_dim);
            assert_memory_equal(out.dim, in[k].dim, sizeof(out.dim));
            assert_memory_equal(out.data, in[k].data, h.data_size);
            dna_array_clear(&out);
            dna_array_clear(&in[k]);
        }
        dna_npz_close(npz);
    }
}

static void
test_same_arrays_give_the_same_bytes(void **state)
{
    (void)state;
    const char *const keys[] = {"SNP", "POS"};
    for (int is_deflated = 0; is_deflated < 2; is_deflated++) {
        dna_array in[2];
        unsigned char *bytes[2];
        size_t n[2];
        make_arrays(in, DNA_I32);
        for (int k = 0; k < 2; k++) {
            const char *path = test_path(k == 0 ? "one.npz" : "two.npz");
            assert_ok(dna_npz_write(path, keys, in, 2, is_deflated == 1));
            assert_ok(dna_file_read(path, 1 << 20, &bytes[k], &n[k]));
        }
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(bytes[0], bytes[1], n[0]);
        assert_true(is_deflated == 1 ? n[0] < 6000 : n[0] > 6000);
        for (int k = 0; k < 2; k++) {
            dna_free(bytes[k]);
            dna_array_clear(&in[k]);
        }
    }
}

static void
test_keys(void **state)
{
    (void)state;
    static raw r;
    unsigned char *data = NULL;
    raw_member m[] = {honest("x.npy", 3, &data), {.name = "readme.txt", .data = ""}};
    dna_npz *npz = NULL;
    dna_array a;
    dna_npy_header h;
    make_zip(&r, m, 2);
    assert_ok(dna_npz_open_memory(&npz, r.bytes, r.n, "a.npz"));
    assert_true(dna_npz_has(npz, "x"));
    assert_false(dna_npz_has(npz, "x.npy"));
    assert_false(dna_npz_has(npz, "readme.txt"));
    assert_int_equal(dna_npz_count(npz), 2);
    assert_null(dna_npz_name(npz, 1));
    assert_null(dna_npz_name(npz, 2));
    assert_null(dna_npz_name(npz, -1));
    assert_fails(dna_npz_read(npz, "POS", &a), DNA_ENOTFOUND,
        "a.npz: no array \"POS\"; the archive has: x");
    assert_fails(dna_npz_header(npz, "POS", &h), DNA_ENOTFOUND, "no array \"POS\"");
    dna_npz_close(npz);
    dna_npz_close(NULL);
    dna_free(data);

    assert_ok(dna_npz_write(test_path("none.npz"), NULL, NULL, 0, true));
    assert_ok(dna_npz_open(&npz, test_path("none.npz")));
    assert_int_equal(dna_npz_count(npz), 0);
    assert_fails(dna_npz_read(npz, "x", &a), DNA_ENOTFOUND, "no arrays at all");
    dna_npz_close(npz);
}

static void
test_files_that_are_no_archives(void **state)
{
    (void)state;
    dna_npz *npz = NULL;
    assert_fails(dna_npz_open(&npz, test_path("absent.npz")), DNA_ENOTFOUND,
        "absent.npz: No such file");
    assert_fails(dna_npz_open(&npz, test_dir()), DNA_EIO, "is a folder");
    assert_fails(dna_npz_open(&npz, write_text("empty.npz", "")), DNA_EFORMAT,
        "empty.npz: the file is empty");
    assert_fails(
        dna_npz_open(&npz, write_text("text.npz", "scenario_idx,theta\n0,1\n")),
        DNA_EFORMAT, "text.npz: not a complete zip archive");
    assert_fails(dna_npz_open_memory(&npz, "", 0, "nothing"), DNA_EFORMAT, "is empty");
    assert_null(npz);
}

static void
test_writing_refuses_what_cannot_be(void **state)
{
    (void)state;
    const char *const keys[] = {"SNP", "SNP"};
    dna_array in[2];
    make_arrays(in, DNA_U8);
    assert_fails(dna_npz_write(test_path("twice.npz"), keys, in, 2, true), DNA_EARG,
        "twice.npz: two arrays named \"SNP\"");
    assert_false(dna_path_exists(test_path("twice.npz")));
    assert_fails(dna_npz_write(test_path("no/such.npz"), keys, in, 1, true),
        DNA_ENOTFOUND, "no/such.npz: No such file");
    dna_array_clear(&in[0]);
    dna_array_clear(&in[1]);
}

static void
test_a_name_that_is_there_twice_is_refused(void **state)
{
    (void)state;
    const char *const keys[] = {"SNP", "SNQ"};
    const char *path = test_path("same.npz");
    unsigned char *bytes = NULL;
    size_t n = 0;
    dna_npz *npz = NULL;
    dna_array in[2];
    make_arrays(in, DNA_U8);
    assert_ok(dna_npz_write(path, keys, in, 2, true));
    assert_ok(dna_file_read(path, (size_t)1 << 20, &bytes, &n));
    for (size_t i = 0; i + 3 <= n; i++) {
        if (memcmp(bytes + i, "SNQ", 3) == 0) {
            bytes[i + 2] = 'P';
        }
    }
    assert_fails(dna_npz_open_memory(&npz, bytes, n, "same.npz"), DNA_EFORMAT,
        "same.npz: two members of the archive have the same name");
    assert_null(npz);
    dna_free(bytes);
    dna_array_clear(&in[0]);
    dna_array_clear(&in[1]);
}

/* Every prefix is refused; every flipped byte is refused or harmless, never a crash. */
static void
test_damage_anywhere_is_survived(void **state)
{
    (void)state;
    static raw r;
    static raw damaged;
    unsigned char *data = NULL;
    raw_member m = honest("x.npy", 20, &data);
    make_zip(&r, &m, 1);
    for (size_t n = 0; n < r.n; n++) {
        memcpy(damaged.bytes, r.bytes, n);
        damaged.n = n;
        int rc = read_x(&damaged);
        if (rc != DNA_EFORMAT) {
            fail_msg("%zu of %zu bytes: %s", n, r.n, dna_status_name(rc));
        }
    }
    int n_refused = 0;
    for (size_t i = 0; i < r.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            damaged = r;
            damaged.bytes[i] ^= (unsigned char)(1 << bit);
            n_refused += read_x(&damaged) < 0;
        }
    }
    /* all the bits of header and numbers, and more of the directory */
    assert_true(n_refused > 8 * (int)m.n_data);
    dna_free(data);
}

static void
test_lack_of_memory(void **state)
{
    (void)state;
    const char *const keys[] = {"SNP", "POS"};
    dna_array in[2];
    make_arrays(in, DNA_U8);
    for_each_oom(i) {
        dna_npz *npz = NULL;
        dna_array out = {0};
        const char *path = test_path("oom.npz");
        int rc = dna_npz_write(path, keys, in, 2, true);
        if (rc == DNA_OK) {
            rc = dna_npz_open(&npz, path);
        }
        if (rc == DNA_OK) {
            rc = dna_npz_read(npz, "SNP", &out);
        }
        dna_array_clear(&out);
        dna_npz_close(npz);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
        assert_true(rc == DNA_ENOMEM || rc == DNA_OK); /* OK: only the folder's sync */
    }
    dna_array_clear(&in[0]);
    dna_array_clear(&in[1]);
}

/* The same sample in many flavours: all equal to the first. */
static void
test_every_flavour_of_the_shared_sample(void **state)
{
    (void)state;
    static const char *const names[] = {"npz/base.npz", "npz/stored.npz",
        "npz/fortran_order.npz", "npz/npy_v2.npz", "npz/snp_bool.npz",
        "npz/snp_int64.npz", "npz/pos_float32.npz", "npz/pos_int32_bp.npz",
        "npz/pos_int64_bp.npz"};
    dna_array base = {0};
    if (shared_path(names[0]) == NULL) {
        print_message("no shared data beside the project\n");
        skip();
    }
    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        dna_npz *npz = NULL;
        dna_array snp, pos;
        assert_ok(dna_npz_open(&npz, shared_path(names[i])));
        assert_ok(dna_npz_read(npz, "SNP", &snp));
        assert_ok(dna_npz_read(npz, "POS", &pos));
        assert_int_equal(snp.n_dim, 2);
        assert_int_equal(snp.dim[0], 50);
        assert_int_equal(snp.dim[1], 300);
        assert_int_equal(pos.n_dim, 1);
        assert_int_equal(pos.dim[0], 300);
        for (int64_t k = 0; i > 0 && k < 50 * 300; k++) {
            assert_true(dna_array_get(&snp, k) == dna_array_get(&base, k));
        }
        dna_npz_close(npz);
        dna_array_clear(&pos);
        if (i == 0) {
            base = snp;
        } else {
            dna_array_clear(&snp);
        }
    }
    dna_array_clear(&base);
}

static void
check_bad(const char *name, const char *key, int code, const char *message)
{
    dna_npz *npz = NULL;
    dna_array a = {0};
    const char *path = shared_path(name);
    if (path == NULL) {
        print_message("no shared data beside the project\n");
        skip();
    }
    int rc = dna_npz_open(&npz, path);
    if (rc == DNA_OK) {
        rc = dna_npz_read(npz, key, &a);
    }
    dna_npz_close(npz);
    assert_fails(rc, code, message);
    assert_non_null(strstr(dna_message(), strchr(name, '/') + 1));
}

static void
test_broken_shared_samples_are_refused(void **state)
{
    (void)state;
    check_bad("npz/bad_crc.npz", "SNP", DNA_EFORMAT, "SNP: wrong checksum");
    check_bad("npz/bad_no_pos.npz", "POS", DNA_ENOTFOUND, "no array \"POS\"");
    check_bad("npz/bad_object_pickle.npz", "SNP", DNA_EUNSUPPORTED, "Python objects");
    check_bad("npz/bad_truncated.npz", "SNP", DNA_EFORMAT, "cut off");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_whose_fields_lie_are_refused),
        cmocka_unit_test(test_deflated_members_whose_sizes_lie_are_refused),
        cmocka_unit_test(test_object_arrays_are_refused_by_name),
        cmocka_unit_test(test_arrays_of_every_type_survive),
        cmocka_unit_test(test_same_arrays_give_the_same_bytes),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_files_that_are_no_archives),
        cmocka_unit_test(test_writing_refuses_what_cannot_be),
        cmocka_unit_test(test_a_name_that_is_there_twice_is_refused),
        cmocka_unit_test(test_damage_anywhere_is_survived),
        cmocka_unit_test(test_lack_of_memory),
        cmocka_unit_test(test_every_flavour_of_the_shared_sample),
        cmocka_unit_test(test_broken_shared_samples_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_packed.c - packed datasets: written, read, damaged, gone on with.
 *
 * SPDX-License-Identifier: MIT
 */
#include <pthread.h>
#include <unistd.h>

#include "unit/data/data_fixture.h"

#include "base/pool.h"
#include "data/packed.h"
#include "data/packed_writer.h"

#define N_SAMPLE 16
static const char meta[] = "{\"dataset_name\": \"cows\"}";

/* Sample k: 5 genomes, k sites. */
static dna_sample *
make_sample(int64_t k)
{
    int64_t dim[2] = {5, k};
    dna_array snp = {0}, pos = {0};
    dna_sample *s = NULL;

    assert_ok(dna_array_init(&snp, DNA_U8, 2, dim));
    assert_ok(dna_array_init(&pos, DNA_I64, 1, &k));
    for (int64_t i = 0; i < 5 * k; i++) {
        dna_array_set(&snp, i, (double)(i * i % 7 % 2));
    }
    for (int64_t j = 0; j < k; j++) {
        dna_array_set(&pos, j, (double)(2 + 10 * j));
    }
    assert_ok(dna_sample_new(&s, &snp, &pos, NULL, "made"));
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    return s;
}

static int
put_sample(void *payload, int64_t i, int worker)
{
    dna_sample *s = make_sample(i);
    int rc = dna_packed_writer_put(payload, i, i / 2, i % 2, s, true);
    (void)worker;
    dna_sample_free(s);
    return rc;
}

static void
write_packed(const char *path, int n_thread)
{
    dna_packed_writer *w = NULL;
    dna_pool *pool = NULL;

    assert_ok(dna_pool_new(&pool, n_thread));
    assert_ok(dna_packed_writer_open(&w, path, meta, strlen(meta), false));
    assert_ok(dna_pool_run(pool, N_SAMPLE, put_sample, w));
    assert_ok(dna_packed_writer_finish(w, N_SAMPLE));
    dna_packed_writer_close(w);
    dna_pool_free(pool);
}

static void
read_bytes(const char *path, unsigned char **data, size_t *n)
{
    assert_ok(dna_file_read(path, 1 << 24, data, n));
}

static void
write_bytes(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void
assert_same_files(const char *a, const char *b)
{
    unsigned char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    read_bytes(a, &x, &n);
    read_bytes(b, &y, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    dna_free(x);
    dna_free(y);
}

static void
assert_sample(dna_packed *p, int64_t i)
{
    dna_sample *want = make_sample(i), *got = NULL;
    int64_t at = dna_packed_find(p, i / 2, i % 2);

    assert_int_equal(at, i);
    assert_ok(dna_packed_load(&got, p, at, NULL, NULL, NULL));
    assert_int_equal(got->n_hap, 5);
    assert_int_equal(got->n_site, i);
    assert_int_equal(got->pos.dtype, DNA_I64);
    assert_int_equal(got->format.normalized, want->format.normalized);
    assert_int_equal(got->format.distance, 0);
    if (i > 0) {
        assert_memory_equal(got->snp.data, want->snp.data, (size_t)(5 * i));
        assert_memory_equal(got->pos.data, want->pos.data, (size_t)(8 * i));
    }
    dna_sample_free(got);
    dna_sample_free(want);
}

static void
test_what_was_written_is_read(void **state)
{
    const char *path = test_path("cows.dnapack");
    dna_packed *p = NULL;
    size_t n = 0;

    (void)state;
    write_packed(path, 1);
    assert_ok(dna_packed_open(&p, path));
    assert_int_equal(dna_packed_count(p), N_SAMPLE);
    const char *text = dna_packed_meta(p, &n);
    assert_int_equal(n, strlen(meta));
    assert_memory_equal(text, meta, n);
    for (int pass = 0; pass < 2; pass++) { /* verified, then trusted */
        for (int64_t i = 0; i < N_SAMPLE; i++) {
            assert_sample(p, i);
        }
    }
    assert_int_equal(dna_packed_find(p, 0, 2), -1);
    assert_int_equal(dna_packed_find(p, N_SAMPLE, 0), -1);
    assert_int_equal(dna_packed_find(p, -1, 0), -1);
    dna_packed_close(p);
}

static void
test_threads_change_no_byte(void **state)
{
    const char *one = test_path("one.dnapack"), *four = test_path("four.dnapack");
    (void)state;
    write_packed(one, 1);
    for (int round = 0; round < 5; round++) {
        write_packed(four, 4);
        assert_same_files(one, four);
    }
}

/* The last one comes first, and nobody waits for it. */
static void
test_samples_may_come_in_any_order(void **state)
{
    const char *one = test_path("in_order.dnapack"),
               *two = test_path("reverse.dnapack");
    dna_packed_writer *w = NULL;

    (void)state;
    write_packed(one, 1);
    assert_ok(dna_packed_writer_open(&w, two, meta, strlen(meta), false));
    for (int64_t i = N_SAMPLE - 1; i >= 0; i--) {
        assert_fails(dna_packed_writer_finish(w, N_SAMPLE), DNA_EARG,
            "0 samples, not the 16 that there are to be");
        dna_sample *s = make_sample(i);
        assert_ok(dna_packed_writer_put(w, i, i / 2, i % 2, s, false));
        dna_sample_free(s);
    }
    assert_ok(dna_packed_writer_finish(w, N_SAMPLE));
    dna_packed_writer_close(w);
    assert_same_files(one, two);
}

/* Whatever a killed writer left: every length from nothing to the whole. */
static void
test_a_partial_file_is_gone_on_with(void **state)
{
    const char *whole = test_path("whole.dnapack"), *path = test_path("cut.dnapack");
    const char *part = test_path("cut.dnapack.part");
    unsigned char *bytes = NULL;
    size_t n = 0;
    int64_t n_kept_before = 0;

    (void)state;
    write_packed(whole, 1);
    read_bytes(whole, &bytes, &n);
    for (size_t cut = 0; cut <= n; cut += cut < 200 || cut > n - 70 ? 7 : 101) {
        dna_packed_writer *w = NULL;
        write_bytes(part, bytes, cut);
        assert_ok(dna_packed_writer_open(&w, path, meta, strlen(meta), true));
        int64_t n_kept = dna_packed_writer_n_kept(w);
        assert_true(n_kept >= n_kept_before);
        n_kept_before = n_kept;
        for (int64_t i = n_kept; i < N_SAMPLE; i++) {
            assert_ok(put_sample(w, i, 0));
        }
        assert_ok(dna_packed_writer_finish(w, N_SAMPLE));
        dna_packed_writer_close(w);
        assert_same_files(path, whole);
        assert_int_not_equal(access(part, F_OK), 0);
    }
    assert_int_equal(n_kept_before, N_SAMPLE);
    dna_free(bytes);
}

static void
test_a_partial_file_of_another_dataset_is_kept(void **state)
{
    const char *path = test_path("other.dnapack");
    dna_packed_writer *w = NULL;

    (void)state;
    assert_ok(dna_packed_writer_open(&w, path, meta, strlen(meta), true));
    assert_ok(put_sample(w, 0, 0));
    dna_packed_writer_close(w);
    assert_fails(dna_packed_writer_open(&w, path, "{}", 2, true), DNA_EEXISTS,
        "other.dnapack.part: is the beginning of another dataset");
    assert_ok(dna_packed_writer_open(&w, path, "{}", 2, false)); /* begins anew */
    assert_int_equal(dna_packed_writer_n_kept(w), 0);
    dna_packed_writer_close(w);
}

static void
test_a_stopped_writer_refuses(void **state)
{
    dna_packed_writer *w = NULL;
    (void)state;
    assert_ok(dna_packed_writer_open(
        &w, test_path("stopped.dnapack"), meta, strlen(meta), false));
    dna_packed_writer_stop(w, dna_fail(DNA_EFORMAT, "d_0_0.npz: is no archive"));
    dna_packed_writer_stop(w, dna_fail(DNA_ENOMEM, "another thread, later"));
    assert_fails(put_sample(w, 0, 0), DNA_EFORMAT, "d_0_0.npz: is no archive");
    dna_packed_writer_close(w);
}

/* Made with struct and zlib of Python, from docs/formats.md. */
static void
test_a_file_of_another_program_is_read(void **state)
{
    const uint8_t matrix[] = {0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1};
    const int64_t pos[] = {1, 2, 3, 9};
    dna_packed *p = NULL;
    dna_sample *s = NULL;

    (void)state;
    assert_ok(dna_packed_open(&p, source_path("fuzz/corpus/packed/whole_file")));
    assert_int_equal(dna_packed_count(p), 1);
    assert_ok(dna_packed_load(&s, p, 0, NULL, NULL, NULL));
    assert_int_equal(s->n_hap, 3);
    assert_int_equal(s->n_site, 4);
    assert_int_equal(s->snp.dtype, DNA_U8);
    assert_memory_equal(s->snp.data, matrix, sizeof(matrix));
    assert_int_equal(s->pos.dtype, DNA_I64);
    assert_memory_equal(s->pos.data, pos, sizeof(pos));
    dna_sample_free(s);
    dna_packed_close(p);
}

/* Read all there is; the first error, or DNA_OK. */
static int
read_all(const char *path)
{
    dna_packed *p = NULL;
    int rc = dna_packed_open(&p, path);
    for (int64_t i = 0; rc == DNA_OK && i < dna_packed_count(p); i++) {
        dna_sample *s = NULL;
        rc = dna_packed_load(&s, p, i, NULL, NULL, NULL);
        dna_sample_free(s);
    }
    dna_packed_close(p);
    return rc;
}

/* One changed byte, wherever it is, is noticed; but for bytes that nobody reads: the zeros
 * behind the metadata. */
static void
test_any_changed_byte_is_noticed(void **state)
{
    const char *path = test_path("good.dnapack"), *bad = test_path("bad.dnapack");
    unsigned char *bytes = NULL;
    size_t n = 0;

    (void)state;
    write_packed(path, 1);
    read_bytes(path, &bytes, &n);
    for (size_t i = 0; i < n; i++) {
        bool is_filler = i >= DNA_PACKED_HEADER + strlen(meta)
                         && i < dna_packed_first_record(strlen(meta));
        bytes[i] ^= 0x40;
        write_bytes(bad, bytes, n);
        int rc = read_all(bad);
        bytes[i] ^= 0x40;
        if (!is_filler && rc != DNA_EFORMAT && rc != DNA_EUNSUPPORTED) {
            fail_msg("byte %zu: %s", i, dna_status_name(rc));
        }
    }
    dna_free(bytes);
}

static void
test_a_cut_file_is_refused(void **state)
{
    const char *path = test_path("good.dnapack"), *bad = test_path("bad.dnapack");
    unsigned char *bytes = NULL;
    size_t n = 0;

    (void)state;
    write_packed(path, 1);
    read_bytes(path, &bytes, &n);
    for (size_t cut = 0; cut < n; cut += 11) {
        write_bytes(bad, bytes, cut);
        assert_int_equal(read_all(bad), DNA_EFORMAT);
    }
    write_bytes(bad, bytes, n - 1);
    assert_fails(read_all(bad), DNA_EFORMAT, "bad.dnapack: is cut off, or still being");
    write_bytes(bad, "PK", 2);
    assert_fails(read_all(bad), DNA_EFORMAT, "bad.dnapack: is not a packed dataset");
    bytes[8] = 2;
    write_bytes(bad, bytes, n);
    assert_fails(read_all(bad), DNA_EUNSUPPORTED, "is of version 2 of the format");
    assert_fails(read_all(test_dir()), DNA_EIO, "is a folder, not a file");
    assert_fails(read_all(test_path("none.dnapack")), DNA_ENOTFOUND, "none.dnapack: ");
    dna_free(bytes);
}

/* Also where the checksums fit: the checks of a sample are those of a file. */
static void
test_samples_are_checked(void **state)
{
    const char *path = test_path("checked.dnapack");
    dna_position_format f = DNA_POSITION_FORMAT_INIT;
    dna_packed_writer *w = NULL;
    dna_packed *p = NULL;
    dna_sample *s = make_sample(3);

    (void)state;
    dna_array_set(&s->pos, 1, 50);
    assert_ok(dna_packed_writer_open(&w, path, meta, strlen(meta), false));
    assert_ok(dna_packed_writer_put(w, 0, 4, 1, s, false));
    assert_ok(dna_packed_writer_finish(w, 1));
    dna_packed_writer_close(w);
    dna_sample_free(s);
    assert_ok(dna_packed_open(&p, path));
    for (int pass = 0; pass < 2; pass++) {
        f = (dna_position_format)DNA_POSITION_FORMAT_INIT;
        assert_ok(dna_packed_load(&s, p, 0, &f, NULL, NULL));
        assert_int_equal(s->format.normalized, 0);
        dna_sample_free(s);
        f.distance = 0;
        s = NULL;
        assert_fails(dna_packed_load(&s, p, 0, &f, NULL, NULL), DNA_EFORMAT,
            "absolute positions never decrease");
        assert_non_null(strstr(dna_message(), "scenario 4, replicate 1: "));
        f.distance = 1;
        f.normalized = 1;
        assert_fails(dna_packed_load(&s, p, 0, &f, NULL, NULL), DNA_EFORMAT,
            "says that positions are normalized");
    }
    dna_packed_close(p);
}

static void
test_out_of_memory(void **state)
{
    const char *path = test_path("oom.dnapack");
    dna_sample *made = make_sample(6);

    (void)state;
    for_each_oom(i) {
        dna_packed_writer *w = NULL;
        dna_packed *p = NULL;
        dna_sample *s = NULL;
        int rc = dna_packed_writer_open(&w, path, meta, strlen(meta), false);
        rc = rc == DNA_OK ? dna_packed_writer_put(w, 0, 0, 0, made, false) : rc;
        rc = rc == DNA_OK ? dna_packed_writer_finish(w, 1) : rc;
        dna_packed_writer_close(w);
        rc = rc == DNA_OK ? dna_packed_open(&p, path) : rc;
        rc = rc == DNA_OK ? dna_packed_load(&s, p, 0, NULL, NULL, NULL) : rc;
        dna_sample_free(s);
        dna_packed_close(p);
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
    dna_sample_free(made);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_read),
        cmocka_unit_test(test_threads_change_no_byte),
        cmocka_unit_test(test_samples_may_come_in_any_order),
        cmocka_unit_test(test_a_partial_file_is_gone_on_with),
        cmocka_unit_test(test_a_partial_file_of_another_dataset_is_kept),
        cmocka_unit_test(test_a_stopped_writer_refuses),
        cmocka_unit_test(test_a_file_of_another_program_is_read),
        cmocka_unit_test(test_any_changed_byte_is_noticed),
        cmocka_unit_test(test_a_cut_file_is_refused),
        cmocka_unit_test(test_samples_are_checked),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_packed_sample.c - samples in few bytes and back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/popgen/sample_fixture.h"

#include "base/narrow.h"
#include "dnadna/rng.h"
#include "popgen/bit_matrix.h"
#include "popgen/packed_sample.h"
#include "popgen/sample_ops.h"

/* A matrix of n_value values from `low` on, and rising positions. */
static dna_sample *
random_sample(dna_rng *rng, int64_t n_hap, int64_t n_site, dna_dtype dtype, int low,
    int n_value, dna_dtype pos_dtype)
{
    int64_t dim[2] = {n_hap, n_site};
    double scale = pos_dtype == DNA_F32 || pos_dtype == DNA_F64 ? 1.0 / 4096 : 3;
    dna_array snp = {0}, pos = {0};
    dna_sample *s = NULL;

    assert_ok(dna_array_init(&snp, dtype, 2, dim));
    assert_ok(dna_array_init(&pos, pos_dtype, 1, &n_site));
    for (int64_t j = 0; j < n_site; j++) {
        bool is_constant = dna_rng_below(rng, 3) == 0;
        int64_t all = dna_rng_below(rng, n_value);
        for (int64_t i = 0; i < n_hap; i++) {
            int64_t v = is_constant ? all : dna_rng_below(rng, n_value);
            dna_array_set(&snp, i * n_site + j, (double)(low + v));
        }
        dna_array_set(&pos, j, (double)j * scale);
    }
    assert_ok(dna_sample_new(&s, &snp, &pos, NULL, "random"));
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    return s;
}

static void
assert_same_array(const dna_array *a, const dna_array *b)
{
    assert_int_equal(a->dtype, b->dtype);
    assert_int_equal(a->n_dim, b->n_dim);
    for (int i = 0; i < a->n_dim; i++) {
        assert_int_equal(a->dim[i], b->dim[i]);
    }
    size_t n = (size_t)dna_array_count(a) * dna_dtype_size(a->dtype);
    if (n > 0) {
        assert_memory_equal(a->data, b->data, n);
    }
}

static void
assert_same(const dna_sample *a, const dna_sample *b)
{
    assert_int_equal(a->n_hap, b->n_hap);
    assert_int_equal(a->n_site, b->n_site);
    assert_int_equal(a->has_pos, b->has_pos);
    assert_same_array(&a->snp, &b->snp);
    if (a->has_pos) {
        assert_same_array(&a->pos, &b->pos);
    }
}

static void
check_round_trip(const dna_sample *s, int coding)
{
    unsigned char header[DNA_RECORD_HEADER];
    unsigned char *payload = NULL;
    dna_packed_sample r, again;
    dna_sample *back = NULL;

    assert_ok(dna_packed_sample_pack(&r, &payload, s));
    assert_int_equal(r.snp_coding, coding);
    r.scenario = 7;
    r.replicate = 1;
    r.offset = 4096;
    dna_packed_sample_put(header, &r);
    assert_ok(dna_packed_sample_get(&again, header, "test"));
    assert_int_equal(again.scenario, 7);
    assert_int_equal(again.replicate, 1);
    assert_int_equal(again.offset, 4096);
    assert_ok(dna_packed_sample_unpack(&back, &again, payload, NULL));
    assert_same(s, back);
    dna_sample_free(back);
    dna_free(payload);
}

static void
test_any_shape_and_type_comes_back(void **state)
{
    static const int64_t sizes[] = {0, 1, 7, 8, 9, 50, 65};
    static const dna_dtype types[] = {
        DNA_U8, DNA_I8, DNA_BOOL, DNA_I64, DNA_F16, DNA_F32, DNA_F64, DNA_U16};
    static const dna_dtype pos_types[] = {DNA_I64, DNA_F64, DNA_F32, DNA_U16};
    dna_rng rng;

    (void)state;
    dna_rng_init(&rng, 1, "packed", 0, 0, 0);
    for (int64_t t = 0; t < DNA_COUNT(types); t++) {
        for (int64_t i = 0; i < DNA_COUNT(sizes); i++) {
            for (int64_t j = 0; j < DNA_COUNT(sizes); j++) {
                dna_sample *s = random_sample(&rng, sizes[i], sizes[j], types[t], 0, 2,
                    pos_types[(i + j) % DNA_COUNT(pos_types)]);
                check_round_trip(s, DNA_CODED_AS_BITS);
                dna_sample_free(s);
            }
        }
    }
    dna_sample *s = random_sample(&rng, 11, 2500, DNA_U8, 0, 2, DNA_F64);
    check_round_trip(s, DNA_CODED_AS_BITS);
    dna_sample_free(s);
}

static void
test_other_matrices_take_the_narrowest_type(void **state)
{
    dna_rng rng;
    dna_sample *s = NULL;

    (void)state;
    dna_rng_init(&rng, 2, "packed", 0, 0, 0);
    s = random_sample(&rng, 9, 100, DNA_I8, -1, 4, DNA_I64); /* dosages, -1 missing */
    check_round_trip(s, DNA_I8);
    dna_sample_free(s);
    s = random_sample(&rng, 9, 100, DNA_I64, -1, 4, DNA_F64);
    check_round_trip(s, DNA_I8);
    dna_sample_free(s);
    s = random_sample(&rng, 9, 100, DNA_F64, 0, 300, DNA_F64);
    check_round_trip(s, DNA_U16);
    dna_array_set(&s->snp, 5, 0.1);
    check_round_trip(s, DNA_F64);
    dna_array_set(&s->snp, 5, -0.0);
    check_round_trip(s, DNA_F32);
    dna_sample_free(s);
}

static void
test_positions_may_be_absent(void **state)
{
    dna_sample *s = sample_from_text("010 110", DNA_F64, NULL, NULL);
    (void)state;
    check_round_trip(s, DNA_CODED_AS_BITS);
    dna_sample_free(s);
}

/* A bit an entry, and two bytes a position below 65536. */
static void
test_the_bytes_are_as_documented(void **state)
{
    const double pos[] = {1, 300, 700};
    const unsigned char want[] = {
        0x2, 0x3, 0x5, 0, 0, 0, 0, 0, 1, 0, 44, 1, 188, 2, 0, 0};
    dna_sample *s = sample_from_text("011 110 001", DNA_I64, pos, NULL);
    unsigned char *payload = NULL;
    dna_packed_sample r;

    (void)state;
    assert_ok(dna_packed_sample_pack(&r, &payload, s));
    assert_int_equal(r.payload, sizeof(want));
    assert_int_equal(r.pos_dtype, DNA_I64);
    assert_int_equal(r.pos_coding, DNA_U16);
    assert_memory_equal(payload, want, sizeof(want));
    dna_free(payload);
    dna_sample_free(s);
}

/* Against what the same steps make of the whole sample. */
static void
check_parts(int64_t n_hap, int64_t n_all)
{
    static const int64_t wanted[] = {-1, 1, 8, 20, 33, 2000};
    dna_rng rng;

    dna_rng_init(&rng, 3, "packed", 0, 0, 0);
    for (int64_t c = 0; c < 2 * DNA_COUNT(wanted) * DNA_COUNT(wanted); c++) {
        dna_sample_part part = {.only_polymorphic = c % 2 == 1,
            .n_hap = wanted[c / 2 % DNA_COUNT(wanted)],
            .n_site = wanted[c / 2 / DNA_COUNT(wanted)]};
        dna_sample *s = random_sample(&rng, n_hap, n_all, DNA_U8, 0, 2, DNA_F64);
        unsigned char *payload = NULL;
        dna_packed_sample r;
        dna_sample *got = NULL;
        int64_t n_site = part.n_site < 0 ? s->n_site : part.n_site;

        assert_ok(dna_packed_sample_pack(&r, &payload, s));
        assert_true(dna_packed_sample_has_parts(&r, false));
        assert_false(dna_packed_sample_has_parts(&r, true));
        assert_ok(dna_packed_sample_unpack(&got, &r, payload, &part));
        if (part.n_hap >= 0) {
            assert_ok(dna_sample_keep_first_rows(s, part.n_hap));
        }
        assert_ok(part.only_polymorphic ? dna_sample_keep_polymorphic_first(s, n_site)
                                        : dna_sample_keep_first_sites(s, n_site));
        assert_same(s, got);
        dna_sample_free(got);
        dna_free(payload);
        dna_sample_free(s);
    }
}

static void
test_parts_are_those_of_the_whole(void **state)
{
    (void)state;
    check_parts(21, 77);
    check_parts(3, 2500);
}

/* At site k haplotype k alone has a 1, or alone a 0: the first m see it for k < m. */
static void
test_sites_vary_where_one_haplotype_differs(void **state)
{
    enum { N = 150 };
    int64_t dim[2] = {N, N}, index[N];
    dna_array snp = {0};
    unsigned char bits[N * ((N + 7) / 8)];

    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        assert_ok(dna_array_init(&snp, DNA_U8, 2, dim));
        for (int64_t i = 0; i < N * N; i++) {
            dna_array_set(&snp, i, (i / N == i % N) == (alone == 1));
        }
        dna_bits_pack(bits, snp.data, N, N);
        for (int64_t m = 2; m <= N; m++) {
            int64_t n =
                dna_bits_find_polymorphic(index, N, bits, dna_bit_width(N), m, N);
            assert_int_equal(n, m);
            for (int64_t k = 0; k < n; k++) {
                assert_int_equal(index[k], k);
            }
        }
        dna_array_clear(&snp);
    }
}

static void
refuse(const dna_packed_sample *r, const char *text)
{
    unsigned char header[DNA_RECORD_HEADER];
    dna_packed_sample again;

    dna_packed_sample_put(header, r);
    assert_fails(dna_packed_sample_get(&again, header, "x.dnapack"), DNA_EFORMAT, text);
}

static void
test_headers_that_lie_are_refused(void **state)
{
    const dna_packed_sample good = {.n_hap = 3,
        .n_site = 4,
        .payload = 8,
        .snp_dtype = DNA_U8,
        .snp_coding = DNA_CODED_AS_BITS,
        .pos_dtype = DNA_CODED_NONE,
        .pos_coding = DNA_CODED_NONE};
    unsigned char header[DNA_RECORD_HEADER];
    dna_packed_sample r;

    (void)state;
    dna_packed_sample_put(header, &good);
    assert_ok(dna_packed_sample_get(&r, header, "x.dnapack"));
    header[30] ^= 1;
    assert_fails(dna_packed_sample_get(&r, header, "x.dnapack"), DNA_EFORMAT,
        "x.dnapack: damaged: the checksum of the header of a sample is wrong");
    r = good;
    r.n_site = 9;
    refuse(&r, "x.dnapack: 8 bytes for a sample of 3 x 9");
    r = good;
    r.n_hap = INT64_MAX;
    refuse(&r, "impossible values");
    r = good;
    r.n_hap = DNA_RECORD_MOST_HAP;
    refuse(&r, "impossible values");
    r = good;
    r.n_hap = -1;
    refuse(&r, "impossible values");
    r = good;
    r.snp_coding = DNA_F32; /* no bytes are made of floats */
    refuse(&r, "impossible values");
    r = good;
    r.pos_coding = DNA_U8;
    refuse(&r, "impossible values");
    r = good;
    r.n_hap = 0; /* a matrix of nothing, with as many sites as one likes */
    r.n_site = DNA_RECORD_MOST_SITE - 1;
    r.snp_coding = DNA_U8;
    r.payload = 0;
    refuse(&r, "0 bytes for a sample of 0 x 2147483647");
    r = good;
    r.n_hap = DNA_RECORD_MOST_HAP - 1;
    r.n_site = DNA_RECORD_MOST_SITE - 1;
    r.snp_dtype = r.snp_coding = DNA_F64;
    r.payload = 16;
    refuse(&r, "16 bytes for a sample");
}

static void
test_out_of_memory(void **state)
{
    const double pos[] = {0, 0.25, 0.5};
    dna_sample *s = sample_from_text("011 110 001", DNA_F64, pos, NULL);
    dna_sample_part part = {.n_hap = 2, .n_site = 2, .only_polymorphic = true};

    (void)state;
    for_each_oom(i) {
        unsigned char *payload = NULL;
        dna_sample *all = NULL, *some = NULL;
        dna_packed_sample r;
        int rc = dna_packed_sample_pack(&r, &payload, s);
        if (rc == DNA_OK) {
            rc = dna_packed_sample_unpack(&all, &r, payload, NULL);
        }
        if (rc == DNA_OK) {
            rc = dna_packed_sample_unpack(&some, &r, payload, &part);
        }
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        dna_sample_free(all);
        dna_sample_free(some);
        dna_free(payload);
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
    dna_sample_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_shape_and_type_comes_back),
        cmocka_unit_test(test_other_matrices_take_the_narrowest_type),
        cmocka_unit_test(test_positions_may_be_absent),
        cmocka_unit_test(test_the_bytes_are_as_documented),
        cmocka_unit_test(test_parts_are_those_of_the_whole),
        cmocka_unit_test(test_sites_vary_where_one_haplotype_differs),
        cmocka_unit_test(test_headers_that_lie_are_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_ms.c - ms text of several programs, and what is no ms text.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "io/ms.h"
#include "io/npz.h"
#include "support/support.h"

/* Replicates of a text as one line: "2x3 0.1 0.5 0.9 : 010 100 | 2x0 : |". */
static int
read_all(const char *text, char *out, size_t size)
{
    dna_ms *ms = NULL;
    int rc = dna_ms_open_memory(&ms, text, strlen(text), "t.ms");
    size_t n = 0;

    out[0] = '\0';
    while (rc >= 0) {
        dna_array snp = {0}, pos = {0};
        rc = dna_ms_next(ms, &snp, &pos);
        if (rc <= 0) {
            break;
        }
        assert_int_equal(snp.dtype, DNA_U8);
        assert_int_equal(pos.dim[0], snp.dim[1]);
        n += (size_t)snprintf(out + n, size - n, "%s%lldx%lld", n > 0 ? " | " : "",
            (long long)snp.dim[0], (long long)snp.dim[1]);
        for (int64_t i = 0; i < pos.dim[0]; i++) {
            n += (size_t)snprintf(out + n, size - n, " %g", dna_array_get(&pos, i));
        }
        for (int64_t i = 0; i < dna_array_count(&snp); i++) {
            n += (size_t)snprintf(out + n, size - n, "%s%g",
                i == 0                ? " : "
                : i % snp.dim[1] == 0 ? " "
                                      : "",
                dna_array_get(&snp, i));
        }
        dna_array_clear(&snp);
        dna_array_clear(&pos);
    }
    dna_ms_close(ms);
    return rc;
}

static void
check(const char *text, const char *wanted)
{
    char got[512];
    assert_ok(read_all(text, got, sizeof(got)));
    assert_string_equal(got, wanted);
}

static void
refuse(const char *text, const char *why)
{
    char got[512];
    assert_fails(read_all(text, got, sizeof(got)), DNA_EFORMAT, why);
}

static void
test_replicates_are_read_one_by_one(void **state)
{
    (void)state;
    check("ms 2 2 -t 3\n1 2 3\n\n//\nsegsites: 3\npositions: 0.1 0.5 0.9 \n010\n101\n\n"
          "//\nsegsites: 1\npositions: 0.25 \n1\n0\n",
        "2x3 0.1 0.5 0.9 : 010 101 | 2x1 0.25 : 1 0");
    check("//\nsegsites: 2\npositions: 0 1\n01\n10\n11", "3x2 0 1 : 01 10 11");
    check("ms 2 1\r\n\r\n//\r\nsegsites: 1\r\npositions: .5\r\n0\r\n1\r\n",
        "2x1 0.5 : 0 1");
}

static void
test_replicates_may_have_no_sites(void **state)
{
    (void)state;
    check("ms 3 3 -t 1\n\n//\nsegsites: 0\n\n//\nsegsites: 1\npositions: 0.5\n0\n1\n1\n"
          "\n//\nsegsites: 0\npositions:\n\n\n",
        "3x0 | 3x1 0.5 : 0 1 1 | 3x0");
    check("//\nsegsites: 1\npositions: 0.5\n0\n1\n\n//\nsegsites: 0\n",
        "2x1 0.5 : 0 1 | 2x0");
}

static void
test_what_programs_add_is_skipped(void **state)
{
    (void)state;
    check("/usr/bin/ms 2 2 -t 3 -T -L\n1 2 3\n\n//\t0.5 10\n[4](1:0.2,2:0.2);\n"
          "time:\t1.0 2.0\nprob: 0.1\nsegsites: 1\npositions: 1e-3 \n0 \n1\nSFS: 1 \n\n"
          "//\nsegsites: 0\nSFS: 0\n",
        "2x1 0.001 : 0 1 | 2x0");
    check("#OUT: 1000 1000 SM p1 2\n//\nsegsites: 1\npositions: 0.5\n0\n1\nSFS: 1\n",
        "2x1 0.5 : 0 1");
    check("java -jar msms 2 1\nx\n//\nsegsites: 1\npositions: 0.5\n0\n1\n",
        "2x1 0.5 : 0 1");
}

#define HEAD "ms 2 1\n\n//\n"

static void
test_what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    refuse("", "t.ms: is empty");
    refuse("\x1f\x8b\x08", "is compressed (gzip)");
    refuse("hello\n", "t.ms: has no replicate");
    refuse("ms 2 1\n1 2 3\n",
        "t.ms:3: the file ends after 0 replicates, its first line "
        "asks for 1");
    refuse("ms 1 2\n//\nsegsites: 0\n",
        "t.ms:4: the file ends after 1 replicate, its first line asks for 2");
    refuse("ms 1 2\nsegsites: 0\n", "t.ms:2: \"segsites:\" without a line \"//\"");
    refuse(HEAD, "t.ms:4: \"segsites:\" is missing in the replicate of line 3");
    refuse(HEAD "\n//\nsegsites: 0\n", "t.ms:5: \"segsites:\" is missing");
    refuse(HEAD "segsites:\n", "t.ms:4: segsites: \"\" is not a number of sites");
    refuse(HEAD "segsites: -1\n", "segsites: \"-1\" is not");
    refuse(HEAD "segsites: 1 2\n", "segsites: \"1\" is not");
    refuse(HEAD "segsites: 1\n0\n1\n", "t.ms:7: \"positions:\" is missing");
    refuse(HEAD "segsites: 2\npositions: 0.5\n01\n10\n",
        "t.ms:5: there is 1 position, but segsites says 2");
    refuse(HEAD "segsites: 1\npositions: 0.5 0.6\n0\n1\n",
        "t.ms:5: there are 2 positions, but segsites says 1");
    refuse(HEAD "segsites: 1\npositions: x\n0\n1\n",
        "t.ms:5: position 1: \"x\" is not a number");
    refuse(HEAD "segsites: 1\npositions: nan\n0\n1\n", "position 1: \"nan\" is not");
    refuse(HEAD "segsites: 2\npositions: 0 1\n02\n10\n",
        "t.ms:6: column 2: '2' is not an allele");
    refuse(HEAD "segsites: 2\npositions: 0 1\n0\x01\n10\n",
        "t.ms:6: column 2: byte 1 is not an allele");
    refuse(HEAD "segsites: 2\npositions: 0 1\n01\n1\n",
        "t.ms:7: the haplotype has 1 site, but segsites says 2");
    refuse(HEAD "segsites: 2\npositions: 0 1\n01\n101\n",
        "t.ms:7: the haplotype has more sites than the 2");
    refuse(HEAD "segsites: 2\npositions: 0 1\n01\n\n",
        "t.ms:7: the replicate of line 3 has 1 haplotype, but the first line asks for 2");
    refuse(HEAD "segsites: 1\npositions: 0\n0\n1\n1\n",
        "t.ms:8: the replicate of line 3 has more than 2 haplotypes, but the first line asks for 2");
    refuse("//\nsegsites: 1\npositions: 0\n0\n\n//\nsegsites: 1\npositions: 0\n0\n1\n",
        "t.ms:10: the replicate of line 6 has more than 1 haplotype, but the first replicate has 1");
    refuse("//\nsegsites: 1\npositions: 0\n\n", "line 1 has no haplotypes");
    refuse("//\nsegsites: 0\n\n", "t.ms:2: no sites, and nothing before says");
}

/* What a number promises takes no memory. */
static void
test_hostile_numbers_are_harmless(void **state)
{
    (void)state;
    refuse("ms 2147483647 1\n//\nsegsites: 9223372036854775807\npositions: 1\n0\n",
        "there is 1 position");
    refuse("ms 2147483647 1\n//\nsegsites: 1\npositions: 1\n0\n",
        "has 1 haplotype, but the first line asks for 2147483647");
    refuse("//\nsegsites: 99999999999999999999\n", "is not a number of sites");
}

/* Cut anywhere, a text is refused, or it lacks no more than the end of its last line. */
static void
test_a_text_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char whole[] =
        "ms 2 2 -t 3\n1 2 3\n\n//\nsegsites: 2\npositions: 0.125 0.5 \n01\n10\n\n"
        "//\nsegsites: 2\npositions: 0.25 0.75 \n11\n00\n";
    char text[sizeof(whole)], got[512];

    for (size_t n = 0; n + 2 < sizeof(whole); n++) {
        memcpy(text, whole, n);
        text[n] = '\0';
        assert_int_equal(read_all(text, got, sizeof(got)), DNA_EFORMAT);
    }
    memcpy(text, whole, sizeof(whole));
    text[sizeof(whole) - 2] = '\0';
    check(text, "2x2 0.125 0.5 : 01 10 | 2x2 0.25 0.75 : 11 00");
}

static void
test_files_longer_than_the_buffer(void **state)
{
    (void)state;
    enum { N = 300, S = 1000 };
    const char *path = test_path("long.ms");
    dna_ms *ms = NULL;
    dna_array snp = {0}, pos = {0};
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    fprintf(f, "ms %d 1\n\n//\nsegsites: %d\npositions:", N, S);
    for (int i = 0; i < S; i++) {
        fprintf(f, " %.4f", i / 1000.0);
    }
    for (int i = 0; i < N * S; i++) {
        fprintf(f, "%s%d", i % S == 0 ? "\n" : "", i % 7 == 0);
    }
    fclose(f);
    assert_ok(dna_ms_open(&ms, path));
    assert_int_equal(dna_ms_next(ms, &snp, &pos), 1);
    assert_int_equal(dna_ms_line(ms), 3);
    assert_string_equal(dna_ms_name(ms), path);
    assert_int_equal(snp.dim[0], N);
    for (int64_t i = 0; i < N * S; i++) {
        assert_true(dna_array_get(&snp, i) == (i % 7 == 0));
    }
    for (int64_t i = 0; i < S; i++) {
        assert_near(dna_array_get(&pos, i), (double)i / 1000, 1e-15);
    }
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    assert_int_equal(dna_ms_next(ms, &snp, &pos), 0);
    dna_ms_close(ms);
    assert_fails(dna_ms_open(&ms, test_path("no.ms")), DNA_ENOTFOUND, "no.ms");
    assert_fails(dna_ms_open(&ms, test_dir()), DNA_EIO, "directory");
}

/* Files of scrm and mspms against arrays that another program took from them. */
static void
test_files_of_programs(void **state)
{
    (void)state;
    static const char *const names[] = {"const_t_r", "eN_bottleneck_p12", "mspms", "n2",
        "sfs_lines", "single_rep_n200", "some_zero_segsites", "trees_and_times",
        "variant_no_final_newline", "variant_no_trailing_space"};
    int n_replicate = 0;

    if (shared_path("ms/n2.ms") == NULL) {
        print_message("skipped: ../shared/data/ms is not there\n");
        skip();
    }
    for (int i = 0; i < (int)DNA_COUNT(names); i++) {
        char path[64], key[32];
        dna_ms *ms = NULL;
        dna_npz *npz = NULL;
        dna_array snp = {0}, pos = {0}, want_snp = {0}, want_pos = {0};

        snprintf(path, sizeof(path), "ms/%s.ms", names[i]);
        assert_ok(dna_ms_open(&ms, shared_path(path)));
        snprintf(path, sizeof(path), "ms/%s.npz", names[i]);
        assert_ok(dna_npz_open(&npz, shared_path(path)));
        int k = 0;
        for (; dna_ms_next(ms, &snp, &pos) > 0; k++, n_replicate++) {
            snprintf(key, sizeof(key), "SNP_%d", k);
            assert_ok(dna_npz_read(npz, key, &want_snp));
            snprintf(key, sizeof(key), "POS_%d", k);
            assert_ok(dna_npz_read(npz, key, &want_pos));
            assert_memory_equal(snp.dim, want_snp.dim, sizeof(snp.dim));
            assert_int_equal(pos.dim[0], want_pos.dim[0]);
            assert_memory_equal(snp.data, want_snp.data, (size_t)dna_array_count(&snp));
            assert_memory_equal(
                pos.data, want_pos.data, (size_t)pos.dim[0] * sizeof(double));
            dna_array_clear(&snp);
            dna_array_clear(&pos);
            dna_array_clear(&want_snp);
            dna_array_clear(&want_pos);
        }
        assert_int_equal(2 * k, dna_npz_count(npz));
        dna_ms_close(ms);
        dna_npz_close(npz);
    }
    assert_int_equal(n_replicate, 43);
}

static int
read_file(const char *path, int64_t *n)
{
    dna_ms *ms = NULL;
    dna_array snp = {0}, pos = {0};
    int rc = dna_ms_open(&ms, path);

    for (*n = 0; rc >= 0 && (rc = dna_ms_next(ms, &snp, &pos)) > 0; ++*n) {
        dna_array_clear(&snp);
        dna_array_clear(&pos);
    }
    dna_ms_close(ms);
    return rc;
}

static void
test_broken_files_of_programs(void **state)
{
    (void)state;
    int64_t n = 0;

    if (shared_path("ms/n2.ms") == NULL) {
        print_message("skipped: ../shared/data/ms is not there\n");
        skip();
    }
    assert_fails(read_file(shared_path("ms/bad_allele_char.ms"), &n), DNA_EFORMAT,
        ":8: column 1: '2' is not an allele");
    assert_fails(read_file(shared_path("ms/bad_missing_row.ms"), &n), DNA_EFORMAT,
        "has 19 haplotypes, but the first line asks for 20");
    assert_fails(read_file(shared_path("ms/bad_segsites_count.ms"), &n), DNA_EFORMAT,
        ":6: there are 117 positions, but segsites says 9999");
    assert_ok(read_file(shared_path("ms/omegaplus_ms.out"), &n));
    assert_int_equal(n, 1);
}

static void
test_memory_that_runs_out(void **state)
{
    (void)state;
    static const char text[] = HEAD "segsites: 2\npositions: 0 1\n01\n10\n";
    char got[512];

    for_each_oom(i) {
        int rc = read_all(text, got, sizeof(got));
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicates_are_read_one_by_one),
        cmocka_unit_test(test_replicates_may_have_no_sites),
        cmocka_unit_test(test_what_programs_add_is_skipped),
        cmocka_unit_test(test_what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(test_hostile_numbers_are_harmless),
        cmocka_unit_test(test_a_text_cut_anywhere_is_refused),
        cmocka_unit_test(test_files_longer_than_the_buffer),
        cmocka_unit_test(test_files_of_programs),
        cmocka_unit_test(test_broken_files_of_programs),
        cmocka_unit_test(test_memory_that_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

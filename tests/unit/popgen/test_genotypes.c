/* test_genotypes.c - from VCF, PLINK, ms and npz to rows, rule by rule.
 *
 * SPDX-License-Identifier: MIT
 *
 * Rows that are expected are worked out by hand from the records.
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "io/npz.h"
#include "popgen/windows.h"

#define HEAD                                                    \
    "##fileformat=VCFv4.2\n"                                    \
    "##contig=<ID=1,length=1000>\n##contig=<ID=2>\n"            \
    "##INFO=<ID=AA,Number=1,Type=String,Description=\"x\">\n"   \
    "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">\n" \
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\tc\n"
#define REC(contig, pos, ref, alt, info, gts) \
    contig "\t" pos "\t.\t" ref "\t" alt "\t.\t.\t" info "\tGT\t" gts "\n"

static dna_genotype_rules
defaults(void)
{
    return (dna_genotype_rules){.sample_column = "sample",
        .population_column = "population",
        .ploidy = "auto",
        .phase = "haplotypes",
        .variants = "snp",
        .multiallelic = "drop",
        .polarize = "ref",
        .missing = "keep",
        .monomorphic = "drop",
        .duplicates = "first",
        .chromosome_size = DNA_NULL_INT};
}

static int
open_genotypes(dna_genotypes **g, const char *path, const dna_genotype_rules *rules)
{
    dna_site_options o = {.wants_ancestral = true,
        .chromosome_size =
            rules->chromosome_size == DNA_NULL_INT ? 0 : rules->chromosome_size};
    dna_site_source *source = NULL;
    int rc = dna_site_source_open(&source, path, &o);
    return rc < 0 ? rc : dna_genotypes_new(g, &source, rules);
}

/* All rows as text: "contig:position rows|..." with . for missing. */
static int
read_rows(char *out, const char *path, const dna_genotype_rules *rules)
{
    dna_genotypes *g = NULL;
    dna_kept_site site;
    int rc = open_genotypes(&g, path, rules);
    *out = '\0';
    while (rc >= 0 && (rc = dna_genotypes_next(g, &site)) > 0) {
        out += sprintf(out, "%s:%g ",
            dna_site_source_contig(dna_genotypes_source(g), site.contig),
            site.position);
        for (int64_t i = 0; i < dna_genotypes_n_row(g); i++) {
            *out++ = (char)(site.row[i] < 0 ? '.' : '0' + site.row[i]);
        }
        *out++ = '|';
        *out = '\0';
    }
    dna_genotypes_free(g);
    return rc;
}

static char rows[4096];

#define assert_rows(path, rules, expected)           \
    do {                                             \
        assert_ok(read_rows(rows, (path), (rules))); \
        assert_string_equal(rows, (expected));       \
    } while (0)

static const char *
plain_vcf(void)
{
    return write_text("plain.vcf",
        HEAD REC("1", "10", "A", "C", "AA=C", "0|1\t1|1\t0|0")
            REC("1", "20", "A", "C,G", "AA=a|||", "0|1\t2|1\t0|0")
                REC("1", "30", "AT", "A", ".", "0|1\t0|0\t0|0")
                    REC("1", "40", "G", "T", "AA=N", "0|0\t0|0\t0|0")
                        REC("1", "50", "G", "T", "AA=G", ".|1\t0|0\t0|1")
                            REC("2", "5", "G", "T", ".", "1|1\t1|1\t0|1"));
}

static void
test_defaults_keep_complete_biallelic_snps(void **state)
{
    dna_genotype_rules r = defaults();
    (void)state;
    assert_rows(plain_vcf(), &r, "1:10 011100|2:5 111101|");
}

static void
test_each_rule_changes_what_it_says(void **state)
{
    const char *path = plain_vcf();
    dna_genotype_rules r = defaults();
    (void)state;
    r.max_missing = 0.2;
    assert_rows(path, &r, "1:10 011100|1:50 .10001|2:5 111101|");
    r.monomorphic = "keep";
    assert_rows(path, &r, "1:10 011100|1:40 000000|1:50 .10001|2:5 111101|");
    r = defaults();
    r.variants = "all";
    assert_rows(path, &r, "1:10 011100|1:30 010000|2:5 111101|");
    r = defaults();
    r.multiallelic = "first";
    assert_rows(path, &r, "1:10 011100|1:20 010100|2:5 111101|");
    r.multiallelic = "split";
    assert_rows(path, &r, "1:10 011100|1:20 010100|1:20 001000|2:5 111101|");
    r.polarize = "aa"; /* C is ancestral at 10, A at 20; elsewhere unknown */
    r.max_missing = 0.2;
    assert_rows(path, &r, "1:10 100011|1:20 010100|1:20 001000|1:50 .10001|");
    r = defaults();
    r.polarize = "minor";
    assert_rows(path, &r, "1:10 011100|2:5 000010|");
    r.phase = "dosage";
    assert_rows(path, &r, "1:10 120|2:5 001|");
    r = defaults();
    r.min_mac = 2;
    assert_rows(path, &r, "1:10 011100|");
    r = defaults();
    r.samples = "c,a";
    assert_rows(path, &r, "1:10 0001|2:5 0111|");
    r = defaults();
    r.mask_in = write_text("in.bed", "1\t8\t9\n1\t9\t10\n");
    assert_rows(path, &r, "1:10 011100|");
    r.mask_in = NULL;
    r.mask_out = write_text("out.bed", "#x\n1\t9\t10\n2\t0\t4\n");
    assert_rows(path, &r, "2:5 111101|");
    r = defaults();
    r.polarize = "bed";
    r.ancestral_file = write_text("aa.bed", "1\t9\t10\tC\n2\t4\t5\tG\n");
    assert_rows(path, &r, "1:10 100011|2:5 111101|");
}

static void
test_populations_choose_samples(void **state)
{
    dna_genotype_rules r = defaults();
    (void)state;
    r.populations = "q,p";
    r.population_file =
        write_text("pop.tsv", "sample\tpopulation\na\tp\nb\tx\nc\tq\nzz\tq\n");
    assert_rows(plain_vcf(), &r, "1:10 0001|2:5 0111|");
    r.population_file = write_text("nohead.tsv", "a\tp\nb\tx\nc\tq\n");
    r.sample_column = "1";
    r.population_column = "2";
    assert_rows(plain_vcf(), &r, "1:10 0001|2:5 0111|");
    r.populations = "nobody";
    assert_fails(read_rows(rows, plain_vcf(), &r), DNA_ENOTFOUND, "nobody");
    r = defaults();
    r.samples = "a,aa";
    assert_fails(
        read_rows(rows, plain_vcf(), &r), DNA_ENOTFOUND, "\"aa\" is no sample");
    r.samples = "a,a";
    assert_fails(read_rows(rows, plain_vcf(), &r), DNA_EARG, "twice");
}

static void
test_unphased_genotypes_need_a_choice(void **state)
{
    const char *path =
        write_text("unphased.vcf", HEAD REC("1", "10", "A", "C", ".", "0/0\t1/1\t0|1")
                                       REC("1", "20", "A", "C", ".", "0/0\t0/1\t0/1"));
    dna_genotype_rules r = defaults();
    char first[sizeof(rows)];
    (void)state;
    assert_fails(read_rows(rows, path, &r), DNA_EARG, "1:20: sample b is heterozygous");
    r.phase = "dosage";
    assert_rows(path, &r, "1:10 021|1:20 011|");
    r.phase = "pseudo";
    int n_seen[2] = {0, 0};
    for (int seed = 0; seed < 64; seed++) {
        r.seed = seed;
        assert_ok(read_rows(rows, path, &r));
        assert_memory_equal(rows, "1:10 001101|1:20 00", 19);
        assert_int_equal(rows[19] + rows[20], '0' + '1');
        assert_int_equal(rows[21] + rows[22], '0' + '1');
        n_seen[rows[19] - '0']++;
        snprintf(first, sizeof(first), "%s", rows);
        assert_rows(path, &r, first); /* the same seed, the same order */
    }
    assert_in_range(n_seen[0], 12, 52); /* 5 sigma */
}

static void
test_ploidy(void **state)
{
    const char *path =
        write_text("ploidy.vcf", HEAD REC("1", "10", "A", "C", ".", "1\t0|1\t1|1")
                                     REC("1", "20", "A", "C", ".", "0\t.\t1|1"));
    dna_genotype_rules r = defaults();
    (void)state;
    assert_fails(read_rows(rows, path, &r), DNA_EARG, "sample a has 1 copy here, 2");
    r.ploidy = "mixed";
    r.max_missing = 0.5;
    assert_rows(path, &r, "1:10 10111|1:20 0..11|");
    r.ploidy = "2";
    assert_rows(path, &r, "1:10 1.0111|1:20 0...11|");
    r.ploidy = "1";
    r.monomorphic = "keep";
    assert_rows(path, &r, "1:10 1.1|1:20 0.1|");
    r.ploidy = "9";
    assert_fails(read_rows(rows, path, &r), DNA_EARG, "ploidy");
}

static void
test_imputed_entries_follow_the_frequency(void **state)
{
    dna_genotype_rules r = defaults();
    int n_one = 0;
    (void)state;
    const char *path =
        write_text("impute.vcf", HEAD REC("1", "10", "A", "C", ".", ".|.\t0|1\t1|1"));
    r.missing = "impute";
    r.max_missing = 0.5;
    for (int seed = 0; seed < 200; seed++) {
        r.seed = seed;
        assert_ok(read_rows(rows, path, &r));
        assert_null(strchr(rows, '.'));
        n_one += rows[5] == '1';
        n_one += rows[6] == '1';
    }
    assert_in_range(n_one, 257, 343); /* 400 * 3/4, 5 sigma of 8.66 */
}

static void
test_order_and_duplicates(void **state)
{
    const char *path = write_text("order.vcf",
        HEAD REC("1", "20", "A", "C", ".", "0|1\t0|0\t0|0") REC("2", "7", "A", "C", ".",
            "0|0\t0|1\t0|0") REC("1", "10", "A", "C", ".", "0|0\t0|0\t0|1")
            REC("1", "20", "A", "G", ".", "1|1\t0|0\t0|1"));
    dna_genotype_rules r = defaults();
    (void)state;
    assert_fails(read_rows(rows, path, &r), DNA_EFORMAT, "--sort");
    r.sort = 1;
    assert_rows(path, &r, "1:10 000001|1:20 010000|2:7 000100|");
    r.duplicates = "keep";
    assert_rows(path, &r, "1:10 000001|1:20 010000|1:20 110001|2:7 000100|");
    r.duplicates = "error";
    assert_fails(read_rows(rows, path, &r), DNA_EFORMAT, "two sites at 1:20");
}

static void
test_damaged_vcf_is_refused(void **state)
{
    dna_genotype_rules r = defaults();
    (void)state;
    assert_fails(
        read_rows(rows,
            write_text("pos.vcf", HEAD REC("1", "x", "A", "C", ".", "0|1\t0|0\t0|0")),
            &r),
        DNA_EFORMAT, "record 1");
    assert_fails(
        read_rows(rows,
            write_text("few.vcf", HEAD REC("1", "10", "A", "C", ".", "0|1\t0|0\t0|0")
                                      REC("1", "11", "A", "C", ".", "0|1\t0|0")),
            &r),
        DNA_EFORMAT, "record 2");
    assert_fails(read_rows(rows,
                     write_text("allele.vcf",
                         HEAD REC("1", "10", "A", "C", ".", "0|1\t0|0\t0|2")),
                     &r),
        DNA_EFORMAT, "allele 2");
    assert_fails(read_rows(rows, write_text("none.txt", "hello\n"), &r), DNA_EFORMAT,
        "none of the formats");
    assert_fails(
        read_rows(rows, "http://example.org/a.vcf", &r), DNA_EARG, "addresses");
    assert_fails(read_rows(rows, test_path("absent.vcf"), &r), DNA_ENOTFOUND, "absent");
    const char *empty = write_text("empty.vcf", HEAD);
    assert_rows(empty, &r, "");
}

static void
test_plink_has_a2_as_0(void **state)
{
    dna_genotype_rules r = defaults();
    (void)state;
    write_text("p.fam",
        "f a 0 0 0 -9\nf b 0 0 0 -9\nf c 0 0 0 -9\nf d 0 0 0 -9\nf e 0 0 0 -9\n");
    write_text("p.bim", "1 s1 0 10 C A\n1\ts2\t0\t20\tG\tT\n");
    FILE *f = fopen(test_path("p.bed"), "wb");
    assert_non_null(f);
    /* a 00, b 10, c 11, d 01 missing, e 00; then all 11 but e 10 */
    static const unsigned char bytes[] = {0x6c, 0x1b, 1, 0x78, 0x00, 0xff, 0x02};
    fwrite(bytes, 1, sizeof(bytes), f);
    fclose(f);
    r.phase = "dosage";
    r.max_missing = 0.5;
    assert_rows(test_path("p.bed"), &r, "1:10 210.2|1:20 00001|");
    assert_rows(test_path("p"), &r, "1:10 210.2|1:20 00001|");
    write_text("p.bim", "1 s1 0 10 C A\n");
    assert_fails(read_rows(rows, test_path("p.bed"), &r), DNA_EFORMAT, "7 bytes");
}

static void
test_ms_and_npz_are_sources_too(void **state)
{
    const char *path = write_text("two.ms",
        "ms 3 2\n1 2 3\n\n//\nsegsites: 2\npositions: 0.25 0.5\n01\n11\n00\n\n//\nsegsites: 1\npositions: 0.75\n1\n0\n0\n");
    dna_genotype_rules r = defaults();
    (void)state;
    assert_rows(path, &r, "1:0.25 010|1:0.5 110|2:0.75 100|");
    r.chromosome_size = 1000;
    assert_rows(path, &r, "1:250 010|1:500 110|2:750 100|");
    static const int64_t dim[2] = {2, 3};
    static const uint8_t snp[6] = {0, 1, 1, 1, 0, 1};
    static const int64_t pos[3] = {5, 8, 9};
    dna_array arrays[2];
    static const char *const keys[] = {"SNP", "POS"};
    dna_array_borrow(&arrays[0], DNA_U8, 2, dim, snp);
    dna_array_borrow(&arrays[1], DNA_I64, 1, dim + 1, pos);
    assert_ok(dna_npz_write(test_path("m.npz"), keys, arrays, 2, true));
    r = defaults();
    assert_rows(test_path("m.npz"), &r, "1:5 01|1:8 10|");
}

/* ---- windows --------------------------------------------------------------------------- */

static int
read_windows(char *out, const char *path, const dna_window_rule *rule)
{
    dna_genotype_rules r = defaults();
    dna_genotypes *g = NULL;
    dna_windows *w = NULL;
    dna_window window;
    r.monomorphic = "keep";
    assert_ok(open_genotypes(&g, path, &r));
    assert_ok(dna_windows_new(&w, g, rule));
    int rc;
    *out = '\0';
    while ((rc = dna_windows_next(w, &window)) > 0) {
        out += sprintf(out, "%d:%g-%g%s", window.contig, window.start, window.end,
            window.is_complete ? "" : "!");
        for (int64_t i = 0; i < window.n_site; i++) {
            out += sprintf(out, " %g/%g%g", dna_array_get(&window.sample->pos, i),
                dna_array_get(&window.sample->snp, i),
                dna_array_get(&window.sample->snp, 5 * window.n_site + i));
        }
        out += sprintf(out, "|");
        dna_sample_free(window.sample);
    }
    dna_windows_free(w);
    dna_genotypes_free(g);
    return rc;
}

static void
test_windows_of_sites_and_of_base_pairs(void **state)
{
    const char *path = write_text("windows.vcf",
        HEAD REC("1", "10", "A", "C", ".", "1|0\t0|0\t0|0") REC("1", "20", "A", "C",
            ".", "0|0\t0|0\t0|1") REC("1", "21", "A", "C", ".", "1|0\t0|0\t0|1")
            REC("1", "60", "A", "C", ".", "0|0\t0|0\t0|0") REC("1", "61", "A", "C", ".",
                "1|0\t0|0\t0|0") REC("2", "5", "A", "C", ".", "0|0\t0|0\t0|1"));
    char text[1024];
    (void)state;
    assert_ok(read_windows(text, path,
        &(dna_window_rule){.unit = DNA_WINDOW_SITES, .size = 2, .step = 2}));
    assert_string_equal(
        text, "0:9-20 0/10 10/01|0:20-60 0/11 39/00|0:60-61! 0/10|1:4-5! 0/01|");
    assert_ok(read_windows(text, path,
        &(dna_window_rule){.unit = DNA_WINDOW_SITES, .size = 3, .step = 1}));
    assert_string_equal(text, "0:9-21 0/10 10/01 11/11|0:19-60 0/01 1/11 40/00|"
                              "0:20-61 0/11 39/00 40/10|1:4-5! 0/01|");
    assert_ok(read_windows(text, path,
        &(dna_window_rule){.unit = DNA_WINDOW_SITES, .size = 1, .step = 3}));
    assert_string_equal(text, "0:9-10 0/10|0:59-60 0/00|1:4-5 0/01|");
    assert_ok(read_windows(
        text, path, &(dna_window_rule){.unit = DNA_WINDOW_BP, .size = 20, .step = 20}));
    assert_string_equal(text, "0:0-20 9/10 19/01|0:20-40 0/11|0:40-60 19/00|"
                              "0:60-80 0/10|1:0-20 4/01|");
    assert_ok(read_windows(
        text, path, &(dna_window_rule){.unit = DNA_WINDOW_BP, .size = 10, .step = 20}));
    assert_string_equal(
        text, "0:0-10 9/10|0:20-30 0/11|0:40-50|0:60-70 0/10|1:0-10 4/01|");
    assert_ok(read_windows(text, path, &(dna_window_rule){.unit = DNA_WINDOW_CONTIG}));
    assert_string_equal(text, "0:9-61 10/10 20/01 21/11 60/00 61/10|1:4-5 5/01|");
}

/* Of more rows and sites than the blocks of the transposition. */
static void
test_the_matrix_is_transposed_exactly(void **state)
{
    enum { N_ROW = 21, N_SITE = 43 };
    static uint8_t snp[N_ROW * N_SITE];
    int64_t pos[N_SITE];
    static const char *const keys[] = {"SNP", "POS"};
    static const int64_t dim[2] = {N_ROW, N_SITE};
    dna_array arrays[2];
    dna_genotype_rules r = defaults();
    dna_genotypes *g = NULL;
    dna_windows *w = NULL;
    dna_window window;
    (void)state;
    for (int i = 0; i < N_ROW * N_SITE; i++) {
        snp[i] = (uint8_t)((i * 7919 >> 3) & 1);
    }
    for (int i = 0; i < N_SITE; i++) {
        pos[i] = 3 * i;
    }
    dna_array_borrow(&arrays[0], DNA_U8, 2, dim, snp);
    dna_array_borrow(&arrays[1], DNA_I64, 1, dim + 1, pos);
    assert_ok(dna_npz_write(test_path("t.npz"), keys, arrays, 2, true));
    r.monomorphic = "keep";
    assert_ok(open_genotypes(&g, test_path("t.npz"), &r));
    assert_ok(dna_windows_new(&w, g, &(dna_window_rule){.unit = DNA_WINDOW_CONTIG}));
    assert_int_equal(dna_windows_next(w, &window), 1);
    assert_int_equal(window.sample->snp.dtype, DNA_U8);
    assert_memory_equal(window.sample->snp.data, snp, sizeof(snp));
    assert_memory_equal(window.sample->pos.data, pos, sizeof(pos));
    dna_sample_free(window.sample);
    dna_windows_free(w);
    dna_genotypes_free(g);
}

/* ---- the data beside the project ------------------------------------------------------- */

static void
test_real_files_give_what_they_must(void **state)
{
    dna_genotype_rules r = defaults();
    (void)state;
    if (shared_path("vcf") == NULL) {
        skip();
    }
    dna_genotypes *g = NULL;
    dna_kept_site site;
    dna_npz *npz = NULL;
    dna_array snp = {0}, pos = {0};
    assert_ok(dna_npz_open(
        &npz, shared_path("vcf/derived_1000G_GBR30_chr20_1-4Mb_dnadna.npz")));
    assert_ok(dna_npz_read(npz, "SNP", &snp));
    assert_ok(dna_npz_read(npz, "POS", &pos));
    assert_ok(open_genotypes(
        &g, shared_path("vcf/derived_1000G_GBR30_chr20_1-4Mb.vcf.gz"), &r));
    for (int64_t i = 0; i < snp.dim[1]; i++) {
        assert_int_equal(dna_genotypes_next(g, &site), 1);
        assert_true(site.position == dna_array_get(&pos, i));
        for (int64_t k = 0; k < snp.dim[0]; k++) {
            assert_int_equal(site.row[k], ((uint8_t *)snp.data)[k * snp.dim[1] + i]);
        }
    }
    assert_int_equal(dna_genotypes_next(g, &site), 0);
    dna_genotypes_free(g);
    dna_array_clear(&snp);
    dna_array_clear(&pos);
    dna_npz_close(npz);

    dna_genotypes *h = NULL;
    dna_kept_site other;
    int rc = 1;
    assert_ok(open_genotypes(
        &g, shared_path("vcf/shapeit4_1000G_chr20_reference.vcf.gz"), &r));
    assert_ok(
        open_genotypes(&h, shared_path("vcf/shapeit4_1000G_chr20_reference.bcf"), &r));
    while ((rc = dna_genotypes_next(g, &site)) > 0) {
        assert_int_equal(dna_genotypes_next(h, &other), 1);
        assert_true(site.position == other.position);
        assert_memory_equal(site.row, other.row, 600);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(dna_genotypes_next(h, &other), 0);
    assert_int_equal(dna_genotypes_n_read(g), 24990); /* bcftools view -H | wc -l */
    dna_genotypes_free(g);
    dna_genotypes_free(h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_keep_complete_biallelic_snps),
        cmocka_unit_test(test_each_rule_changes_what_it_says),
        cmocka_unit_test(test_populations_choose_samples),
        cmocka_unit_test(test_unphased_genotypes_need_a_choice),
        cmocka_unit_test(test_ploidy),
        cmocka_unit_test(test_imputed_entries_follow_the_frequency),
        cmocka_unit_test(test_order_and_duplicates),
        cmocka_unit_test(test_damaged_vcf_is_refused),
        cmocka_unit_test(test_plink_has_a2_as_0),
        cmocka_unit_test(test_ms_and_npz_are_sources_too),
        cmocka_unit_test(test_windows_of_sites_and_of_base_pairs),
        cmocka_unit_test(test_the_matrix_is_transposed_exactly),
        cmocka_unit_test(test_real_files_give_what_they_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

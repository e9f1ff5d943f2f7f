/* test_predict_windows.c - a network along a genome, in memory and on disk.
 *
 * SPDX-License-Identifier: MIT
 *
 * Values are those that the network gives for the same windows as samples.
 */
#include "small_network.h"

#include "base/number.h"
#include "base/path.h"
#include "base/str.h"
#include "run/genome.h"
#include "run/predict_windows.h"

#define HEAD                                                    \
    "##fileformat=VCFv4.2\n##contig=<ID=1>\n"                   \
    "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">\n" \
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n"

/* Two windows of 20 sites and one of 5. */
static const char *
write_sites(void)
{
    dna_str s;
    dna_str_init(&s, 0);
    dna_str_add(&s, HEAD);
    for (int i = 0; i < 45; i++) {
        dna_str_addf(&s, "1\t%d\t.\tA\tC\t.\t.\t.\tGT\t%d|1\t0|%d\n", 5 + 7 * i, i % 2,
            i % 3 == 0);
    }
    const char *path = write_text("sites.vcf", dna_str_text(&s));
    dna_str_clear(&s);
    return path;
}

static const char *inputs[1];

static dna_predict_files_options
options_of(const char *table)
{
    dna_predict_files_options o = DNA_PREDICT_FILES_OPTIONS_INIT;
    inputs[0] = write_sites();
    o.inputs = inputs;
    o.n_input = 1;
    o.out_path = table;
    o.n_thread = 1;
    return o;
}

static void
test_rows_are_what_the_network_says_of_each_window(void **state)
{
    (void)state;
    dna_network *net = small_network();
    dna_predict_files_options o = options_of(test_path("rows.csv"));
    dna_genome genome = {0};
    unsigned char *text = NULL;
    size_t n = 0;
    dna_str expected;

    o.summary = test_path("new/summary.csv");
    assert_ok(dna_predict_windows(&o, net));
    assert_ok(dna_file_read(o.out_path, 1 << 20, &text, &n));
    assert_true(dna_path_exists(o.summary));

    dna_str_init(&expected, 0);
    assert_ok(dna_genome_open(&genome, inputs[0], &o.genome, SMALL_N_SITE, NULL));
    for (int i = 0; i < 2; i++) {
        dna_window w = {0};
        double values[2];
        int status[1];
        assert_int_equal(dna_windows_next(genome.windows, &w), 1);
        assert_ok(dna_network_predict(
            net, (const dna_sample *const *)&w.sample, 1, NULL, values, status, NULL));
        assert_ok(status[0]);
        char a[64], b[64];
        dna_str_addf(&expected, "1,%d,%d,20,0.0,%s,%s,\n", 4 + 140 * i, 138 + 140 * i,
            dna_format_double(a, values[0]), dna_format_double(b, values[1]));
        dna_sample_free(w.sample);
    }
    dna_str_add(&expected, "1,284,313,5,0.0,NA,NA,5 of 20 sites: the contig ends\n");
    const char *rows =
        strstr((const char *)text, "\ncontig,start,end,n_snp,missing,a,b,reason\n");
    assert_non_null(rows);
    assert_string_equal(strchr(rows + 1, '\n') + 1, dna_str_text(&expected));
    dna_str_clear(&expected);
    dna_genome_clear(&genome);
    dna_free(text);
    dna_network_free(net);
}

static void
test_what_fits_nowhere_is_told(void **state)
{
    (void)state;
    dna_network *net = small_network();
    dna_predict_files_options o = options_of(test_path("none.csv"));

    o.genome.window_sites = 46;
    o.bed = test_path("none.bed");
    assert_fails(dna_predict_windows(&o, net), DNA_ESHAPE,
        "no window could be predicted; the first: 45 of 46 sites: the contig ends");
    assert_false(dna_path_exists(o.bed));
    o.genome.window_bp = 5;
    assert_fails(
        dna_predict_windows(&o, net), DNA_EARG, "of sites or of base pairs, not both");
    dna_network_free(net);
}

static void
test_memory_may_run_out(void **state)
{
    (void)state;
    dna_network *net = small_network();
    dna_predict_files_options o = options_of(test_path("oom.csv"));

    o.bedgraph = test_path("oom");
    o.summary = test_path("oom_summary.csv");
    for_each_oom(i) {
        int rc = dna_predict_windows(&o, net);
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        /* some of it is done without: a folder's name is synced, a line logged */
        assert_true(rc == DNA_ENOMEM || rc == DNA_OK);
    }
    dna_network_free(net);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_what_the_network_says_of_each_window),
        cmocka_unit_test(test_what_fits_nowhere_is_told),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sumstats.c - summary statistics of files in several forms, and out of memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

#include "base/path.h"
#include "dnadna/rng.h"
#include "dnadna/run.h"

#define N_HAP  12
#define N_SITE 40

/* The same sample with positions that rise, or as distances; divided by 100,000 or not. */
static const char *
save_sample(const char *name, bool is_distance, bool is_normalized)
{
    static const int64_t dim[2] = {N_HAP, N_SITE};
    uint8_t entries[N_HAP * N_SITE];
    double pos[N_SITE], written[N_SITE];
    dna_array snp = {0}, p = {0};
    dna_sample *s = NULL;
    dna_rng rng;

    dna_rng_init(&rng, 1, "test", 0, 0, 0);
    for (int i = 0; i < N_HAP * N_SITE; i++) {
        entries[i] = dna_rng_uniform(&rng) < 0.4;
    }
    for (int i = 0; i < N_SITE; i++) {
        pos[i] = (i > 0 ? pos[i - 1] : 0) + 1 + (double)dna_rng_below(&rng, 2000);
        written[i] = is_distance && i > 0 ? pos[i] - pos[i - 1] : pos[i];
        written[i] /= is_normalized ? 100000 : 1;
    }
    dna_array_borrow(&snp, DNA_U8, 2, dim, entries);
    dna_array_borrow(&p, DNA_F64, 1, &dim[1], written);
    assert_ok(dna_sample_new(&s, &snp, &p, NULL, "test"));
    assert_ok(dna_sample_save(s, test_path(name), NULL));
    dna_sample_free(s);
    return test_path(name);
}

/* The long table without its first column, the path. */
static char *
table_of(const char *input, dna_position_format format)
{
    dna_sumstats_run_options o = DNA_SUMSTATS_RUN_OPTIONS_INIT;
    unsigned char *data = NULL;
    size_t size = 0, n = 0;
    FILE *f = fopen(test_path("out.csv"), "w");
    assert_non_null(f);
    o.inputs = &input;
    o.n_input = 1;
    o.n_thread = 1;
    o.format = format;
    o.format.chromosome_size = 100000;
    o.out = f;
    assert_ok(dna_run_sumstats(&o));
    (void)fclose(f);
    assert_ok(dna_file_read(test_path("out.csv"), 1 << 24, &data, &size));
    bool is_path = true;
    for (size_t i = 0; i < size; i++) {
        is_path = is_path && data[i] != ',';
        if (!is_path) {
            data[n++] = data[i];
        }
        is_path = is_path || data[i] == '\n';
    }
    data[n] = '\0';
    return (char *)data;
}

static void
test_forms_of_positions(void **state)
{
    (void)state;
    static const dna_position_format unknown = DNA_POSITION_FORMAT_INIT;
    dna_position_format circular = unknown;
    char *want = table_of(save_sample("bp.npz", false, false), unknown);
    assert_non_null(strstr(want, ",pi,"));
    assert_non_null(strstr(want, ",r2_mean,"));
    const char *others[] = {save_sample("fraction.npz", false, true),
        save_sample("distance.npz", true, false), save_sample("both.npz", true, true)};
    for (int i = 0; i < 3; i++) { /* seen from the values */
        char *found = table_of(others[i], unknown);
        assert_string_equal(found, want);
        dna_free(found);
    }
    dna_free(want);
    /* where a circle begins does not matter: pi is the same */
    circular.distance = circular.circular = 1;
    char *found = table_of(others[1], circular);
    assert_non_null(strstr(found, ",pi,"));
    dna_free(found);
}

static void
test_out_of_order_is_refused(void **state)
{
    (void)state;
    static const int64_t dim[2] = {2, 10};
    static const uint8_t entries[20] = {1};
    static const double pos[10] = {10, 20, 30, 25, 40, 50, 60, 70, 80, 90};
    dna_array snp = {0}, p = {0};
    dna_sample *s = NULL;
    dna_array_borrow(&snp, DNA_U8, 2, dim, entries);
    dna_array_borrow(&p, DNA_F64, 1, &dim[1], pos);
    assert_ok(dna_sample_new(&s, &snp, &p, NULL, "test"));
    assert_ok(dna_sample_save(s, test_path("order.npz"), NULL));
    dna_sample_free(s);
    const char *input = test_path("order.npz");
    dna_sumstats_run_options o = DNA_SUMSTATS_RUN_OPTIONS_INIT;
    o.inputs = &input;
    o.n_input = 1;
    o.out_path = test_path("none.csv");
    assert_fails(dna_run_sumstats(&o), DNA_EFORMAT,
        "order.npz: position 25 of site 3 comes after 30: absolute positions never decrease");
    assert_false(dna_path_exists(test_path("none.csv")));
    o.n_input = 0;
    assert_fails(dna_run_sumstats(&o), DNA_EARG, "no config and no file is given");
}

static void
test_stop(void **state)
{
    (void)state;
    const char *input = save_sample("bp.npz", false, false);
    const int stop = 1;
    dna_sumstats_run_options o = DNA_SUMSTATS_RUN_OPTIONS_INIT;
    o.inputs = &input;
    o.n_input = 1;
    o.out_path = test_path("none.csv");
    o.stop = &stop;
    assert_fails(dna_run_sumstats(&o), DNA_ECANCEL, "stopped on request");
    assert_false(dna_path_exists(test_path("none.csv")));
}

/* A dataset of two scenarios with one and two replicates, without a table. */
static void
test_out_of_memory(void **state)
{
    (void)state;
    static const char *const names[] = {"d_0_0.npz", "d_1_0.npz", "d_1_1.npz"};
    for (int i = 0; i < 3; i++) {
        (void)save_sample(names[i], false, true);
    }
    const char *input = write_text("d.yml",
        "data_root: .\ndataset_name: d\n"
        "data_source: {format: dnadna, filename_format: \"{dataset_name}_{scenario}_{replicate}.npz\"}\n"
        "summary_statistics: {chromosome_size: 1e5, sel_options: {window: 2}, population_sizes: [5, 7]}\n");
    for_each_oom(i) {
        dna_sumstats_run_options o = DNA_SUMSTATS_RUN_OPTIONS_INIT;
        o.inputs = &input;
        o.n_input = 1;
        o.overwrite = true;
        o.n_thread = 1;
        int rc = dna_run_sumstats(&o);
        if (oom_done()) {
            assert_ok(rc);
            break;
        }
        assert_true(rc == DNA_ENOMEM || rc == DNA_OK); /* OK: only a folder's sync */
    }
    assert_true(dna_path_exists(test_path("sumstats/d_sumstats.csv")));
    assert_true(dna_path_exists(test_path("sumstats/scenario_1/d_1_sel.csv")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_of_positions),
        cmocka_unit_test(test_out_of_order_is_refused),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

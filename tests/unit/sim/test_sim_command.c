/* test_sim_command.c - programs as simulators: scripts that do well, badly or too much.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/pool.h"
#include "config/config.h"
#include "config/tables.h"
#include "io/npz.h"
#include "sim/simulator.h"
#include "support/log_fixture.h"

#define BASE                          \
    "data_root: .\n"                  \
    "dataset_name: t\n"               \
    "scenario_params_path: t\n"       \
    "data_source: {format: dnadna}\n" \
    "simulator_name: command\n"

/* A sample of ms text whose first position is the second argument's digits. */
#define MS                                                            \
    "printf 'ms 2 1\\n\\n//\\nsegsites: 2\\npositions: 0.%s 0.%s\\n'" \
    " 2$2 7$2; echo 01; echo 10\n"

static dna_simulator *sim;
static dna_simulator_worker *worker;
static double row[32];
static const char *temp;

static void
close_simulator(void)
{
    dna_simulator_worker_free(worker);
    dna_simulator_free(sim);
    worker = NULL;
    sim = NULL;
}

/* The simulator of the rest of a config; {output} lies in `temp`. */
static int
try_open(const char *text)
{
    dna_value *config = NULL;
    dna_str whole;
    int rc = DNA_OK;

    close_simulator();
    dna_str_init(&whole, 0);
    dna_str_addf(&whole, "%stemp_dir: %s\n%s", BASE, temp, text);
    DNA_TRY(dna_str_status(&whole));
    DNA_TRY(dna_config_parse(&config, arena, whole.data, "t.yml", "/"));
    DNA_TRY(dna_config_check_dataset(arena, config, log_));
    DNA_TRY(dna_simulator_new(&sim, arena, config, 1, log_));
    DNA_TRY(dna_simulator_draw(sim, 1, 0, row));
    DNA_TRY(dna_simulator_worker_new(&worker, sim));
out:
    dna_str_clear(&whole);
    return rc;
}

/* Two haplotypes by the script with words after its name. */
static int
try_script(const char *script, const char *words, const char *settings)
{
    char text[2048];
    const char *path = write_text("script.sh", script);
    snprintf(text, sizeof(text), "n_samples: 2\n%scommand: \"/bin/sh %s %s\"\n",
        settings, path, words);
    return try_open(text);
}

static int
run(int64_t scenario, int64_t replicate, dna_sample **out)
{
    int rc = dna_simulator_run(worker, row, 1, scenario, replicate, 0, out);
    char **names = NULL;
    int64_t n = 0;
    assert_ok(dna_path_list(temp, &names, &n));
    dna_path_list_free(names, n);
    assert_int_equal(n, 0); /* nothing stays, whatever happened */
    return rc;
}

static void
refuse_config(const char *text, int code, const char *why)
{
    assert_fails(try_open(text), code, why);
}

/* The script is run and refused. */
static void
refuse_run(const char *script, const char *words, const char *settings, int code,
    const char *why)
{
    dna_sample *s = NULL;
    char message[256];

    assert_ok(try_script(script, words, settings));
    snprintf(message, sizeof(message), "scenario 3, replicate 1: %s", why);
    int rc = run(3, 1, &s);
    if (rc == code && strstr(dna_message(), message) == dna_message()) {
        return;
    }
    fail_msg("%s: %s, not %s", dna_status_name(rc), dna_message(), message);
}

/* ---- what a program gets ------------------------------------------------------------- */

static double
first_position(int64_t scenario, int64_t replicate)
{
    dna_sample *s = NULL;
    assert_ok(run(scenario, replicate, &s));
    assert_int_equal(s->n_hap, 2);
    assert_int_equal(s->n_site, 2);
    double v = dna_array_get(&s->pos, 0);
    dna_sample_free(s);
    return v;
}

static void
test_parameters_and_formulas_reach_the_program(void **state)
{
    (void)state;
    assert_ok(try_script(MS, "x {size:.0f}{2 * size + segment_length:04d}{kind}",
        "segment_length: 5\nparameters: {size: 31, kind: {choice: ['8', '9']}}\n"));
    double got = first_position(0, 0);
    assert_true(fabs(got - 0.23100678) < 1e-12 || fabs(got - 0.23100679) < 1e-12);
    assert_ok(try_script(MS, "x {scenario:02d}{replicate}", ""));
    assert_near(first_position(3, 4), 0.2034, 1e-12);
    assert_ok(try_script(MS, "x {n_samples}{n_replicates}", "n_replicates: 7\n"));
    assert_near(first_position(3, 4), 0.227, 1e-12);
}

static void
test_columns_are_those_of_the_config(void **state)
{
    (void)state;
    assert_ok(try_open("command: 'x {size} {2 * size} {seed}'\n"
                       "parameters: {size: {uniform: [10, 20]}, twice: 2 * size}\n"));
    static const char *const names[] = {
        "size", "twice", "n_replicates", "n_samples", "segment_length"};
    assert_int_equal(sim->n_column, 5);
    for (int64_t i = 0; i < 5; i++) {
        assert_string_equal(sim->columns[i].name, names[i]);
    }
    assert_int_equal(sim->replicate_column, 2);
    assert_true(row[0] >= 10 && row[0] <= 20 && row[1] == 2 * row[0] && row[3] == 50);
}

static void
test_each_replicate_has_a_seed(void **state)
{
    (void)state;
    double seen[20];

    assert_ok(try_script(MS, "x {seed}", "seed_bits: 63\n"));
    for (int k = 0; k < 20; k++) {
        seen[k] = first_position(k / 4, k % 4);
        for (int i = 0; i < k; i++) {
            assert_true(seen[i] != seen[k]);
        }
    }
    for (int k = 0; k < 20; k++) { /* in any order */
        assert_true(first_position((19 - k) / 4, (19 - k) % 4) == seen[19 - k]);
    }
    assert_ok(try_script(MS, "x {seed:03d}{seed2:03d}", "seed_bits: 8\n"));
    int n_same = 0;
    for (int k = 0; k < 20; k++) {
        int digits = (int)round(first_position(0, k) * 1e7) - 2000000;
        assert_true(digits / 1000 >= 1 && digits / 1000 <= 255);
        assert_true(digits % 1000 >= 1 && digits % 1000 <= 255);
        n_same += digits / 1000 == digits % 1000;
    }
    assert_true(n_same < 5);
}

static void
test_a_command_without_seed_is_told(void **state)
{
    (void)state;
    assert_ok(try_script(MS, "x 1{seed}", ""));
    assert_null(strstr(lines, "has no {seed}"));
    assert_ok(try_script(MS, "x 1", ""));
    assert_non_null(strstr(lines, "t.yml:8: command: has no {seed}"));
}

/* ---- what a program gives ------------------------------------------------------------ */

static void
test_ms_text_on_both_ways(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    const char *way[] = {"x 5", "x 5 {output}"};
    const char *script[] = {MS, "out=$3\n(" MS ") > \"$out\"; echo talk\n"};

    for (int k = 0; k < 2; k++) {
        assert_ok(try_script(script[k], way[k],
            "segment_length: 1000\nposition_format: {normalized: false}\n"));
        assert_ok(run(0, 0, &s));
        assert_int_equal(s->snp.dtype, DNA_U8);
        assert_true(dna_array_get(&s->snp, 0) == 0 && dna_array_get(&s->snp, 1) == 1
                    && dna_array_get(&s->snp, 2) == 1
                    && dna_array_get(&s->snp, 3) == 0);
        assert_int_equal(s->pos.dtype, DNA_I64);
        assert_true(
            dna_array_get(&s->pos, 0) == 250 && dna_array_get(&s->pos, 1) == 750);
        dna_sample_free(s);
    }
}

#define VCF                                                                 \
    "printf '##fileformat=VCFv4.2\\n##contig=<ID=1>\\n'\n"                  \
    "printf '##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">\\n'\n" \
    "printf '#CHROM\\tPOS\\tID\\tREF\\tALT\\tQUAL\\tFILTER\\tINFO\\tFORMAT\\ta\\n'\n"

#define RECORD(contig, pos, gt) \
    "printf '" contig "\\t" pos "\\t.\\tA\\tC\\t.\\t.\\t.\\tGT\\t" gt "\\n'\n"

/* One diploid sample: two haplotypes; positions in bp, from 1. */
static void
test_vcf_on_both_ways(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    const char *way[] = {"x 5", "x 5 {output}", "x 5"};
    const char *script[] = {VCF RECORD("1", "250", "0|1") RECORD("1", "750", "1|0"),
        "exec > $3\n" VCF RECORD("1", "250", "0|1") RECORD("1", "750", "1|0"),
        VCF RECORD("1", "250", "0|1") RECORD("1", "600", "0|0")
            RECORD("1", "750", "1|0")};

    for (int k = 0; k < 3; k++) {
        assert_ok(try_script(script[k], way[k],
            k == 2
                ? "format: vcf\nsegment_length: 1000\nposition_format: {normalized: false}\n"
                : "segment_length: 1000\nposition_format: {normalized: false}\n"));
        assert_ok(run(0, 0, &s));
        assert_int_equal(s->n_hap, 2);
        assert_int_equal(s->n_site, 2);
        assert_true(dna_array_get(&s->snp, 0) == 0 && dna_array_get(&s->snp, 1) == 1
                    && dna_array_get(&s->snp, 2) == 1
                    && dna_array_get(&s->snp, 3) == 0);
        assert_true(
            dna_array_get(&s->pos, 0) == 250 && dna_array_get(&s->pos, 1) == 750);
        dna_sample_free(s);
    }
}

static void
test_genotypes_are_one_phased_contig(void **state)
{
    (void)state;
    const char *two = VCF RECORD("1", "250", "0|1") RECORD("2", "750", "1|0");

    refuse_run(two, "x 1{seed}", "", DNA_EFORMAT,
        "output of sh: has more than one contig; a replicate is one");
    refuse_run(VCF RECORD("1", "250", "0/1"), "x 1{seed}", "", DNA_EARG,
        "output of sh: 1:250: ");
    refuse_run(VCF RECORD("1", "250", "0|1"), "x 1{seed}", "segment_length: 200\n",
        DNA_EFORMAT, "sh: the last position, 250, is beyond segment_length 200");
    refuse_run(VCF RECORD("1", "250", "0|1"), "x 1{seed}", "format: trees\n",
        DNA_EFORMAT, "output of sh: is not a tree sequence, as `format` says");
    refuse_run(MS, "x 1{seed}", "format: vcf\n", DNA_EFORMAT,
        "output of sh: is not VCF or BCF, as `format` says");
    refuse_run("head -c 30000 /dev/zero", "x 1{seed}", "format: trees\n", DNA_EFORMAT,
        "output of sh: is not a tree sequence, as `format` says");
}

/* A file of another program, with the arrays that it should give. */
static void
test_tree_sequences_are_read(void **state)
{
    (void)state;
    const char *path = shared_path("trees/split_migration_n40.trees");
    dna_sample *s = NULL;
    dna_npz *npz = NULL;
    dna_array g = {0};
    char text[1024];
    int64_t site = 0;

    if (path == NULL) {
        skip();
    }
    snprintf(text, sizeof(text), "cat '%s'\n", path);
    const char *script = write_text("script.sh", text);
    snprintf(text, sizeof(text),
        "n_samples: 40\nsegment_length: 1000000000\ncommand: \"/bin/sh %s\"\n", script);
    assert_ok(try_open(text));
    assert_ok(run(0, 0, &s));
    assert_ok(dna_npz_open(&npz, shared_path("trees/split_migration_n40.npz")));
    assert_ok(dna_npz_read(npz, "G", &g));
    assert_int_equal(s->n_hap, 40);
    for (int64_t i = 0; i < g.dim[0]; i++) { /* [sites, samples] */
        double most = 0, sum = 0;
        for (int64_t k = 0; k < 40; k++) {
            double v = dna_array_get(&g, i * 40 + k);
            most = v > most ? v : most;
            sum += v;
        }
        if (most != 1 || sum == 40) { /* multiallelic or monomorphic: dropped */
            continue;
        }
        assert_true(site < s->n_site);
        for (int64_t k = 0; k < 40; k++) {
            assert_true(dna_array_get(&g, i * 40 + k)
                        == dna_array_get(&s->snp, k * s->n_site + site));
        }
        site++;
    }
    assert_int_equal(site, s->n_site);
    dna_array_clear(&g);
    dna_npz_close(npz);
    dna_sample_free(s);
}

static void
test_a_shell_may_be_run(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    char text[1024];
    snprintf(text, sizeof(text),
        "n_samples: 2\nshell: true\ncommand: /bin/sh %s x 5{seed} | cat > '{output}'\n",
        write_text("script.sh", MS));
    assert_ok(try_open(text));
    assert_ok(run(0, 0, &s));
    assert_int_equal(s->n_site, 2);
    dna_sample_free(s);
}

static const unsigned char snp[6] = {0, 1, 1, 1, 0, 0};

static const char *
save_npz(const char *name, dna_dtype dtype, const void *pos)
{
    const int64_t dim[2] = {2, 3};
    dna_array a, p;
    dna_sample *s = NULL;
    const char *path = test_path(name);

    dna_array_borrow(&a, DNA_U8, 2, dim, snp);
    dna_array_borrow(&p, dtype, 1, dim + 1, pos);
    assert_ok(dna_sample_new(&s, &a, &p, NULL, "t"));
    assert_ok(dna_sample_save(s, path, NULL));
    dna_sample_free(s);
    return path;
}

static void
check_npz(const char *path, const char *script, const char *words, double scale)
{
    dna_sample *s = NULL;
    char all[512];

    snprintf(all, sizeof(all), "%s %s {seed}", path, words);
    assert_ok(try_script(script, all, "segment_length: 1000\n"));
    assert_ok(run(0, 0, &s));
    assert_memory_equal(s->snp.data, snp, sizeof(snp));
    assert_near(dna_array_get(&s->pos, 0), 0, 1e-15);
    assert_near(dna_array_get(&s->pos, 1), 1 * scale, 1e-15);
    assert_near(dna_array_get(&s->pos, 2), 1 * scale, 1e-15);
    dna_sample_free(s);
}

/* Integers are base pairs, even if all are 0 or 1. */
static void
test_npz_on_both_ways(void **state)
{
    (void)state;
    static const int64_t bp[3] = {0, 1, 1};
    static const double fraction[3] = {0, 0.5, 0.5}, far[3] = {0, 500, 500};
    const char *a = save_npz("bp.npz", DNA_I64, bp);
    const char *b = save_npz("fraction.npz", DNA_F64, fraction);
    const char *c = save_npz("far.npz", DNA_F64, far);

    check_npz(a, "cat $1", "", 0.001);
    check_npz(b, "cat $1", "", 0.5);
    check_npz(c, "cat $1", "", 0.5);
    check_npz(a, "cp $1 $2", "{output}", 0.001);
    check_npz(b, "cp $1 $2; touch $2.log", "{output}", 0.5);
}

static void
test_samples_are_as_many_as_told(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    assert_ok(try_script(MS, "x 5{seed}", ""));
    assert_ok(run(0, 0, &s));
    dna_sample_free(s);
    char text[512];
    snprintf(text, sizeof(text), "command: /bin/sh %s x 5{seed}\nn_samples: 3\n",
        write_text("script.sh", MS));
    assert_ok(try_open(text));
    assert_fails(run(0, 0, &s), DNA_ESHAPE, "wrote 2 haplotypes, but n_samples is 3");
    snprintf(text, sizeof(text), "command: /bin/sh %s x 5{seed}\nn_samples: null\n",
        write_text("script.sh", MS));
    assert_ok(try_open(text));
    assert_int_equal(dna_simulator_column(sim, "n_samples"), -1);
    assert_ok(run(0, 0, &s));
    dna_sample_free(s);
}

/* ---- what goes wrong ----------------------------------------------------------------- */

static void
test_failures_are_told_with_what_the_program_said(void **state)
{
    (void)state;
    refuse_run("echo out; echo one >&2; printf 'two\\033[1m\\n\\n' >&2; exit 3",
        "{seed}", "", DNA_EIO,
        "sh: ended with exit code 3; its standard error: one | two [1m");
    refuse_run("exit 1", "{seed}", "", DNA_EIO, "sh: ended with exit code 1");
    refuse_run("kill -9 $$", "{seed}", "", DNA_EIO, "sh: was ended by signal 9 (");
    refuse_run("yes error | head -n 9999 >&2; echo last >&2; "
               "exit 1",
        "{seed}", "timeout: 20\n", DNA_EIO, "sh: ");
    refuse_run("echo end >&2; exec sleep 1000", "{seed}", "timeout: 0.1\n", DNA_EIO,
        "/bin/sh: did not end within 0.1 seconds and was stopped; its standard error: end");
    refuse_run("trap '' TERM; while :; do sleep 0.01; done", "{seed}", "timeout: 0.1\n",
        DNA_EIO, "/bin/sh: did not end within");
}

static void
test_output_that_is_none_is_refused(void **state)
{
    (void)state;
    refuse_run("true", "{seed}", "", DNA_EFORMAT, "sh: wrote nothing to its standard");
    refuse_run(MS, "x 1{seed} {output}", "", DNA_EFORMAT, "sh: wrote no file {output}");
    refuse_run(": > $2", "{seed} {output}", "", DNA_EFORMAT, "sh: {output} is empty");
    refuse_run(
        "mkdir $2", "{seed} {output}", "", DNA_EFORMAT, "sh: {output} is no ordin");
    refuse_run(
        "mkfifo $2", "{seed} {output}", "", DNA_EFORMAT, "sh: {output} is no ord");
    refuse_run("echo garbage; echo why >&2", "{seed}", "", DNA_EFORMAT,
        "output of sh: has no replicate (a line \"//\"): it is not ms text; its standard "
        "error: why");
    refuse_run("head -c 1000 /dev/urandom", "{seed}", "format: npz\n", DNA_EFORMAT,
        "output of sh: ");
    refuse_run("echo PK garbage", "{seed}", "", DNA_EFORMAT, "output of sh: ");
    refuse_run("printf 'ms 2 1\\n//\\nsegsites: 1\\npositions: 2\\n0\\n1\\n'", "{seed}",
        "", DNA_EFORMAT, "output of sh:2: position 2 of site 0 is not between 0 and 1");
    refuse_run(
        "for i in 1 2; do printf '//\\nsegsites: 1\\npositions: 0\\n0\\n1\\n\\n'; "
        "done",
        "{seed}", "", DNA_EFORMAT, "output of sh: has more than one replicate");
    refuse_run("yes", "{seed}", "max_output: 5000\n", DNA_EIO,
        "/bin/sh: wrote more than 5000 bytes to its standard output");
    refuse_run("yes > $2", "{seed} {output}", "max_output: 5000\n", DNA_EIO,
        "sh: wrote more than 5000 bytes to {output}");
    refuse_run("yes | head -c 6000 > $2", "{seed} {output}", "max_output: 5000\n",
        DNA_EIO, "sh: wrote more than 5000 bytes to {output}");
}

/* An archive that was cut, as by a program that was killed: never taken, wherever it is
 * cut, and nothing stays that a later call could find. */
static void
test_a_file_that_was_cut_is_refused(void **state)
{
    (void)state;
    static const double pos[3] = {0, 0.5, 0.5};
    const char *path = save_npz("whole.npz", DNA_F64, pos);
    int64_t size = 0;
    dna_sample *s = NULL;
    char words[512];

    assert_ok(dna_path_size(path, &size));
    for (int64_t n = 1; n < size; n += 1 + size / 40) {
        snprintf(words, sizeof(words), "%lld %s {output} {seed}", (long long)n, path);
        refuse_run("head -c $1 $2 > $3", words, "", DNA_EFORMAT, "output of sh: ");
    }
    snprintf(words, sizeof(words), "%s {output} {seed}", path);
    refuse_run("head -c 50 $1 > $2; kill -9 $$", words, "", DNA_EIO, "sh: was ended");
    assert_ok(try_script("test ! -e $2 && cp $1 $2", words, ""));
    assert_ok(run(3, 1, &s));
    dna_sample_free(s);
}

static void
test_positions_lie_within_the_segment(void **state)
{
    (void)state;
    static const int64_t bp[3] = {0, 1, 1001};
    char words[512];
    snprintf(words, sizeof(words), "%s {seed}", save_npz("beyond.npz", DNA_I64, bp));
    refuse_run("cat $1", words, "segment_length: 1000\n", DNA_EFORMAT,
        "sh: the last position, 1001, is beyond segment_length 1000");
}

static void
test_settings_are_checked(void **state)
{
    (void)state;
    refuse_config("", DNA_EARG, "command");
    refuse_config("command: no-such-thing {x}\n", DNA_ENOTFOUND,
        "t.yml:7: command: \"x\": there is no value \"x\"");
    refuse_config(
        "command: a | b\n", DNA_EARG, "t.yml:7: command: \"|\" is for a shell");
    refuse_config("command: a {2 *}\n", DNA_EARG, "t.yml:7: command: ");
    refuse_config("command: 'a {uniform(0, 1)} {seed}'\n", DNA_EARG,
        "{uniform(0, 1)} draws: it needs a name, under \"parameters\"");
    refuse_config("command: a\nparameters: {seed: 1}\n", DNA_EARG,
        "parameters.seed: {seed} is a field of every command");
    refuse_config("command: a\nn_samples: 0\n", DNA_EARG, "n_samples: 0 is not from 1");
    refuse_config(
        "command: a\nsegment_length: 0.5\n", DNA_EARG, "segment_length: 0.5 is");
    refuse_config("command: a\nsegment_length: null\n", DNA_EARG, "segment_length");
    refuse_config("command: a\ntimeout: 0\n", DNA_EARG, "timeout: 0");
    refuse_config("command: a\nformat: hdf5\n", DNA_EARG, "format");
    refuse_config("command: a\nseed_bits: 64\n", DNA_EARG, "seed_bits");
    refuse_config("command: a\nwrite_trees: true\n", DNA_EUNSUPPORTED, "write_trees");
    assert_ok(try_open("command: no-such-thing {seed}\n"));
    dna_sample *s = NULL;
    assert_fails(run(0, 0, &s), DNA_ENOTFOUND,
        "scenario 0, replicate 0: no-such-thing: there is no such program");
}

static void
test_a_table_gives_the_values(void **state)
{
    (void)state;
    double values[2 * 8];
    char text[512];
    const char *path = write_text("table.csv",
        "scenario_idx,size,n_replicates,n_samples\n0,5,3,2\n1,6,3,2\n2,7,4,2\n");

    snprintf(text, sizeof(text),
        "command: /bin/sh %s x {size}{seed}\ntable: %s\nn_scenarios: 2\n",
        write_text("script.sh", MS), path);
    assert_ok(try_open(text));
    assert_int_equal(sim->n_column, 4);
    assert_ok(dna_simulator_table(sim, values));
    assert_true(values[0] == 5 && values[4] == 6);
    dna_sample *s = NULL;
    assert_ok(dna_simulator_run(worker, values + 4, 1, 1, 0, 0, &s));
    assert_int_equal((int)(dna_array_get(&s->pos, 0) * 100), 26);
    dna_sample_free(s);
    strcpy(strstr(text, "n_scenarios"), "n_scenarios: 4\n");
    assert_fails(try_open(text), DNA_EARG, "n_scenarios: 4 are more than the 3 rows");
}

/* ---- stopping, threads, memory --------------------------------------------------------- */

static bool
is_cancelled(void *payload)
{
    int *n = payload;
    return --*n <= 0;
}

static void
test_a_call_can_be_cancelled(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    int n = 3;

    assert_ok(try_script("echo x > $2; sleep 1000", "{seed} {output}", ""));
    sim->is_cancelled = is_cancelled;
    sim->payload = &n;
    assert_fails(run(0, 0, &s), DNA_ECANCEL, "stopped on request");
    assert_int_equal(n, 0);
}

typedef struct {
    dna_simulator_worker *workers[4];
    dna_sample *samples[40];
} threads;

static int
one_task(void *payload, int64_t task, int w)
{
    threads *t = payload;
    if (t->workers[w] == NULL) {
        int rc = dna_simulator_worker_new(&t->workers[w], sim);
        if (rc < 0) {
            return rc;
        }
    }
    return dna_simulator_run(
        t->workers[w], row, 1, task / 4, task % 4, 0, &t->samples[task]);
}

static void
test_threads_change_nothing(void **state)
{
    (void)state;
    threads t = {0};
    dna_pool *pool = NULL;

    assert_ok(try_script(
        "out=$3\n(" MS ") > \"$out\"\n", "x {seed} {output}", "seed_bits: 50\n"));
    assert_ok(dna_pool_new(&pool, 4));
    assert_ok(dna_pool_run(pool, 40, one_task, &t));
    dna_pool_free(pool);
    for (int k = 0; k < 40; k++) {
        dna_sample *s = NULL;
        assert_ok(run(k / 4, k % 4, &s));
        assert_memory_equal(s->pos.data, t.samples[k]->pos.data, 2 * sizeof(double));
        dna_sample_free(s);
        dna_sample_free(t.samples[k]);
    }
    for (int w = 0; w < 4; w++) {
        dna_simulator_worker_free(t.workers[w]);
    }
}

static void
test_memory_that_runs_out(void **state)
{
    (void)state;
    dna_sample *s = NULL;
    const char *settings =
        "n_replicates: 2\nparameters: {size: {uniform: [1, 9]}, k: 2 * size}\n";

    for_each_oom(i) {
        s = NULL;
        dna_mem_fail_at(0);
        write_text("script.sh", "out=$3\n(" MS ") > \"$out\"\n");
        const char *path = test_path("script.sh");
        char text[1024];
        snprintf(text, sizeof(text),
            "n_samples: 2\n%scommand: /bin/sh %s x {k:.0f}{seed} {output}\n", settings,
            path);
        dna_mem_fail_at(i);
        int rc = try_open(text);
        if (rc == DNA_OK) {
            rc = dna_simulator_run(worker, row, 1, 0, 0, 0, &s);
        }
        bool is_done = oom_done();
        if (is_done) {
            assert_ok(rc);
            assert_int_equal(s->n_site, 2);
            dna_sample_free(s);
            break;
        }
        assert_int_equal(rc, DNA_ENOMEM);
        assert_null(s);
    }
}

/* ---- scrm ------------------------------------------------------------------------------ */

/* Segregating sites without recombination: mean theta a1, variance theta a1 + theta^2 a2
 * with a_k = sum of 1 / i^k up to n - 1 (Watterson 1975). */
static void
test_scrm_gives_what_theory_says(void **state)
{
    (void)state;
    enum { N = 10, R = 300 };
    const double theta = 4;
    double a1 = 0, a2 = 0, sum = 0;

    if (system("command -v scrm > /dev/null") != 0) {
        print_message("skipped: scrm is not installed\n");
        skip();
    }
    assert_ok(try_open("command: scrm {n_samples} 1 -t {theta:.10g} -seed {seed}\n"
                       "n_samples: 10\nparameters: {theta: 4}\n"));
    for (int i = 1; i < N; i++) {
        a1 += 1.0 / i;
        a2 += 1.0 / (i * i);
    }
    for (int k = 0; k < R; k++) {
        dna_sample *s = NULL;
        assert_ok(run(k / 10, k % 10, &s));
        assert_int_equal(s->n_hap, N);
        sum += (double)s->n_site;
        dna_sample_free(s);
    }
    double sd = sqrt((theta * a1 + theta * theta * a2) / R);
    assert_true(fabs(sum / R - theta * a1) < 4 * sd);
}

static int
start(void **state)
{
    temp = test_path("temp");
    return dna_path_make_dirs(temp) == DNA_OK ? begin(state) : -1;
}

static int
finish(void **state)
{
    close_simulator();
    return end(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_parameters_and_formulas_reach_the_program),
        TEST(test_columns_are_those_of_the_config),
        TEST(test_each_replicate_has_a_seed),
        TEST(test_a_command_without_seed_is_told),
        TEST(test_ms_text_on_both_ways),
        TEST(test_vcf_on_both_ways),
        TEST(test_genotypes_are_one_phased_contig),
        TEST(test_tree_sequences_are_read),
        TEST(test_a_shell_may_be_run),
        TEST(test_npz_on_both_ways),
        TEST(test_samples_are_as_many_as_told),
        TEST(test_failures_are_told_with_what_the_program_said),
        TEST(test_output_that_is_none_is_refused),
        TEST(test_a_file_that_was_cut_is_refused),
        TEST(test_positions_lie_within_the_segment),
        TEST(test_settings_are_checked),
        TEST(test_a_table_gives_the_values),
        TEST(test_a_call_can_be_cancelled),
        TEST(test_threads_change_nothing),
        TEST(test_memory_that_runs_out),
        TEST(test_scrm_gives_what_theory_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

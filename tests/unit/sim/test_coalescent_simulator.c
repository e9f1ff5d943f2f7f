/* test_coalescent_simulator.c - simulators behind the coalescent: their columns, what
 * they draw, samples of several populations, maps, and what is refused when.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/tables.h"
#include "io/yaml.h"
#include "sim/demography_section.h"
#include "sim/simulator.h"
#include "unit/sim/sim_fixture.h"

#define BASE                    \
    "data_root: .\n"            \
    "dataset_name: t\n"         \
    "scenario_params_path: t\n" \
    "data_source: {format: dnadna}\n"
#define ANY  "simulator_name: coalescent\nsegment_length: 1e4\n"
#define FLAT ANY "demography: {model: constant, size: 1000}\n"

typedef struct {
    dna_arena *arena;
    dna_simulator *sim;
    double *rows;
} opened;

static int
try_open(opened *o, const char *text)
{
    dna_value *config = NULL;
    char whole[4096];
    int rc = DNA_OK;

    *o = (opened){0};
    snprintf(whole, sizeof(whole), "%s%s", BASE, text);
    DNA_TRY(dna_arena_new(&o->arena));
    DNA_TRY(dna_config_parse(&config, o->arena, whole, "t.yml", test_dir()));
    DNA_TRY(dna_config_check_dataset(o->arena, config, NULL));
    DNA_TRY(dna_simulator_new(&o->sim, o->arena, config, 3, NULL));
out:
    return rc;
}

static int
try_rows(opened *o, const char *text)
{
    int rc = DNA_OK;

    DNA_TRY(try_open(o, text));
    DNA_NEW(o->rows, o->sim->n_scenario * o->sim->n_column);
    DNA_TRY(dna_simulator_table(o->sim, o->rows));
out:
    return rc;
}

static void
clear(opened *o)
{
    dna_free(o->rows);
    dna_simulator_free(o->sim);
    dna_arena_free(o->arena);
}

static double
cell(const opened *o, int64_t row, const char *column)
{
    int64_t c = dna_simulator_column(o->sim, column);
    assert_true(c >= 0);
    return o->rows[row * o->sim->n_column + c];
}

/* "a, b, c" */
static void
assert_columns(const opened *o, const char *names)
{
    char text[2048] = "";

    for (int64_t i = 0; i < o->sim->n_column; i++) {
        strcat(text, i > 0 ? ", " : "");
        strcat(text, o->sim->columns[i].name);
    }
    assert_string_equal(text, names);
}

static dna_sample *
run(const opened *o, int64_t scenario, int64_t replicate, int64_t max_snp)
{
    dna_simulator_worker *w = NULL;
    dna_sample *s = NULL;

    assert_ok(dna_simulator_worker_new(&w, o->sim));
    assert_ok(dna_simulator_run(
        w, o->rows + scenario * o->sim->n_column, 3, scenario, replicate, max_snp, &s));
    dna_simulator_worker_free(w);
    return s;
}

/* ---- size_history ----------------------------------------------------------------------- */

static void
test_size_history_draws_as_published(void **state)
{
    opened o;
    double n_first = 0, first = 0, squares = 0;

    (void)state;
    assert_ok(try_rows(&o, "simulator_name: size_history\nn_scenarios: 2000\n"));
    assert_columns(&o,
        "size_0, size_1, size_2, size_3, size_4, size_5, size_6, size_7, size_8, "
        "size_9, size_10, size_11, size_12, size_13, size_14, size_15, size_16, "
        "size_17, size_18, size_19, size_20, mutation_rate, recombination_rate, "
        "n_replicates, n_samples, segment_length");
    for (int64_t i = 0; i < 2000; i++) {
        const double *r = o.rows + i * o.sim->n_column;
        for (int k = 0; k < 21; k++) {
            assert_true(r[k] >= 10 && r[k] <= 1e5);
            assert_true(k == 0 || fabs(log10(r[k] / r[k - 1])) <= 1 + 1e-12);
        }
        first += log10(r[0]);
        squares += log10(r[0]) * log10(r[0]);
        n_first += cell(&o, i, "recombination_rate");
        assert_true(cell(&o, i, "mutation_rate") == 1e-8);
        assert_true(cell(&o, i, "n_samples") == 50);
        assert_true(cell(&o, i, "n_replicates") == 100);
        assert_true(cell(&o, i, "segment_length") == 2e6);
    }
    /* log10 of the first is uniform on [1, 5]: mean 3, variance 4 / 3 */
    assert_true(fabs(first / 2000 - 3) < 4 * sqrt(4.0 / 3 / 2000));
    assert_near(squares / 2000, 9 + 4.0 / 3, 0.6);
    assert_true(fabs(n_first / 2000 - 5.5e-9) < 4 * 9e-9 / sqrt(12 * 2000.0));
    clear(&o);
}

/* E[T] of a pair = the integral of the chance not to have met. */
static double
expected_meeting(const double *sizes)
{
    double mean = 0, left = 1;

    for (int i = 0; i < 21; i++) {
        double begin = (exp(log(1 + 0.06 * 130000) * i / 20) - 1) / 0.06;
        double end = i < 20 ? (exp(log(1 + 0.06 * 130000) * (i + 1) / 20) - 1) / 0.06
                            : (double)INFINITY;
        double e = exp(-(end - begin) / (2 * sizes[i]));
        mean += left * 2 * sizes[i] * (1 - e);
        left *= e;
    }
    return mean;
}

/* Windows begin where the tutorial's formula says: the number of SNPs of pairs tells. */
static void
test_size_history_has_the_windows_of_the_formula(void **state)
{
    static const double log_sizes[21] = {4.8, 4.8, 4.8, 4.5, 4.15, 3.8, 4.15, 4.5, 4.8,
        4.5, 4.15, 3.8, 4.3, 4.8, 4.55, 4.3, 4.05, 3.8, 3.8, 3.8, 3.8}; /* zigzag */
    char text[2048] = "simulator_name: size_history\nn_scenarios: 1\nn_samples: 2\n"
                      "segment_length: 1e6\nparameters:\n";
    double sizes[21];
    opened o;
    int64_t n = 0;
    enum { N = 400 };
    double squares = 0;

    (void)state;
    for (int i = 0; i < 21; i++) {
        char line[64];
        sizes[i] = pow(10, log_sizes[i]);
        snprintf(line, sizeof(line), "  size_%d: 10 ^ %g\n", i, log_sizes[i]);
        strcat(text, line);
    }
    assert_ok(try_rows(&o, text));
    for (int k = 0; k < N; k++) {
        dna_sample *s = run(&o, 0, k, 0);
        n += s->n_site;
        squares += (double)s->n_site * (double)s->n_site;
        dna_sample_free(s);
    }
    double mean = (double)n / N, expected = 2e-8 * 1e6 * expected_meeting(sizes);
    double sd = sqrt((squares / N - mean * mean) / N);
    if (fabs(mean - expected) > 4 * sd || sd > 0.02 * expected) {
        fail_msg("%g SNPs (sd %g), not %g", mean, sd, expected);
    }
    clear(&o);
}

static void
test_every_number_of_size_history_is_a_setting(void **state)
{
    opened o;

    (void)state;
    assert_ok(try_rows(&o,
        "simulator_name: SizeHistory\nn_scenarios: 50\nn_windows: 3\nsize_min: 100\n"
        "size_max: 200\nsize_factor: 1.1\nrecombination_rate: 0\n"));
    assert_columns(&o, "size_0, size_1, size_2, mutation_rate, recombination_rate, "
                       "n_replicates, n_samples, segment_length");
    for (int64_t i = 0; i < 50; i++) {
        double a = cell(&o, i, "size_0"), b = cell(&o, i, "size_1");
        assert_true(a >= 100 && a <= 200 && b <= 1.1000001 * a && a <= 1.1000001 * b);
    }
    clear(&o);
    assert_fails(
        try_open(&o, "simulator_name: size_history\nsize_min: 9\nsize_max: 8\n"),
        DNA_EARG, "size_min: 9 is above size_max 8");
    clear(&o);
}

/* ---- two_populations, and others --------------------------------------------------------- */

static void
test_two_populations(void **state)
{
    opened o;
    double between = 0;
    enum { N = 2000 };

    (void)state;
    assert_ok(try_rows(&o,
        "simulator_name: two_populations\nn_scenarios: 2\nn_samples: {A: 1, B: 1}\n"
        "segment_length: 1e4\nmutation_rate: 1e-6\nsize_A: 200\nsize_B: 300\n"
        "split_time: 3000\nancestral_size: size_A * 5\nmigration_AB: 0\n"
        "migration_BA: 0\n"));
    assert_columns(&o, "size_A, size_B, ancestral_size, split_time, migration_AB, "
                       "migration_BA, mutation_rate, recombination_rate, n_replicates, "
                       "n_samples, segment_length");
    assert_true(cell(&o, 1, "ancestral_size") == 1000);
    assert_true(cell(&o, 1, "n_samples") == 2);
    for (int k = 0; k < N; k++) {
        dna_sample *s = run(&o, 0, k, 0);
        between += (double)s->n_site;
        dna_sample_free(s);
    }
    /* 2 mu L (T + 2 N) = 100; the variance is that of the time plus Poisson's */
    assert_true(fabs(between / N - 100) < 4 * sqrt((1600 + 100) / (double)N));
    clear(&o);
}

static void
test_built_in_models_are_models(void **state)
{
    const dna_demography_model *model = NULL;

    (void)state;
    for (int64_t i = 0; (model = dna_demography_model_at(i)) != NULL; i++) {
        char text[1024];
        opened o;
        bool has_c = strcmp(model->name, "admixture") == 0;
        int n = snprintf(text, sizeof(text),
            ANY "n_scenarios: 1\nn_samples: %s\ndemography: {model: %s",
            has_c                                    ? "{A: 2, B: 2, C: 2}"
            : strstr(model->yaml, "name: A") != NULL ? "{A: 2, B: 4}"
                                                     : "6",
            model->name);
        for (int k = 0; k < 8 && model->parameters[k] != NULL; k++) {
            const char *p = model->parameters[k];
            const char *v = strstr(p, "size") != NULL     ? "{log_uniform: [100, 1000]}"
                            : strstr(p, "split") != NULL  ? "500"
                            : strstr(p, "_start") != NULL ? "{uniform: [300, 400]}"
                            : strstr(p, "proportion") != NULL ? "{beta: [2, 2]}"
                            : strstr(p, "migration") != NULL  ? "1e-4"
                                                              : "{uniform: [10, 90]}";
            n += snprintf(text + n, sizeof(text) - (size_t)n, ", %.*s: %s",
                (int)strcspn(p, "?"), p, v);
        }
        snprintf(text + n, sizeof(text) - (size_t)n, "}\n");
        assert_ok(try_rows(&o, text));
        dna_sample *s = run(&o, 0, 0, 0);
        assert_int_equal(s->n_hap, 6);
        dna_sample_free(s);
        clear(&o);
        assert_non_null(strstr(
            dna_field_find(dna_fields_demography, "model")->choices, model->name));
    }
}

static void
test_values_of_windows_are_columns_if_they_vary(void **state)
{
    opened o;

    (void)state;
    assert_ok(try_rows(&o, ANY "n_scenarios: 3\nn_samples: 4\n"
                               "parameters: {N: {uniform: [100, 200]}, size_3: 7}\n"
                               "demography:\n"
                               "  times: [0, 10, {uniform: [20, 30]}, time_2 + 5]\n"
                               "  sizes: [N, 2 * N, {integer: [5, 9]}, size_3]\n"
                               "recombination_rate: {choice: [0, 1e-8]}\n"));
    assert_columns(&o, "N, size_3, size_1, size_2, time_2, time_3, mutation_rate, "
                       "recombination_rate, n_replicates, n_samples, segment_length");
    for (int64_t i = 0; i < 3; i++) {
        assert_true(cell(&o, i, "size_1") == 2 * cell(&o, i, "N"));
        assert_true(cell(&o, i, "time_3") == 5 + cell(&o, i, "time_2"));
    }
    assert_true(o.sim->columns[dna_simulator_column(o.sim, "size_2")].is_integer);
    clear(&o);
}

static void
test_a_demes_file_and_values_set_in_it(void **state)
{
    opened o;

    (void)state;
    write_text("model.yml", "time_units: years\ngeneration_time: 10\n"
                            "defaults: {epoch: {start_size: 100}}\n"
                            "demes:\n"
                            "- {name: x, epochs: [{end_time: 1000}]}\n"
                            "- {name: a, ancestors: [x]}\n"
                            "- {name: b, ancestors: [x]}\n");
    assert_ok(
        try_rows(&o, ANY "n_scenarios: 20\nn_samples: {a: 3, b: 2}\n"
                         "demography:\n"
                         "  demes: model.yml\n"
                         "  set:\n"
                         "    demes.x.epochs[0].end_time: {uniform: [500, 900]}\n"
                         "    demes[2].epochs: [{start_size: x_end_time / 2}]\n"));
    assert_columns(&o, "x_end_time, b_start_size, mutation_rate, recombination_rate, "
                       "n_replicates, n_samples, segment_length");
    assert_true(cell(&o, 7, "b_start_size") == cell(&o, 7, "x_end_time") / 2);
    dna_sample *s = run(&o, 1, 0, 0);
    assert_int_equal(s->n_hap, 5);
    dna_sample_free(s);
    clear(&o);
    assert_fails(
        try_open(&o, ANY "demography: {demes: model.yml, set: {demes.z.name: 1}}"),
        DNA_ENOTFOUND, "the Demes file has nothing at \"demes.z.name\"");
    clear(&o);
    assert_fails(try_open(&o, ANY "demography: {demes: model.yml, set: {nope: 1}}"),
        DNA_EFORMAT, "Demes has no key \"nope\"");
    clear(&o);
    assert_fails(try_open(&o, ANY "demography: {demes: none.yml}"), DNA_ENOTFOUND,
        "none.yml does not exist");
    clear(&o);
    assert_fails(try_open(&o, ANY "demography: {demes: model.yml}"), DNA_EARG,
        "there are the populations x, a, b");
    clear(&o);
}

static void
test_demes_in_the_config_with_groups_of_several_times(void **state)
{
    opened o;

    (void)state;
    assert_ok(try_rows(&o, ANY
        "n_scenarios: 4\n"
        "parameters: {T: {uniform: [100, 200]}}\n"
        "n_samples:\n"
        "- {population: b, n: 3}\n"
        "- {population: a, n: 4, time: T / 2}\n"
        "- {population: a, n: 1, time: {uniform: [1, 9]}}\n"
        "demography:\n"
        "  time_units: generations\n"
        "  demes:\n"
        "  - {name: a, epochs: [{start_size: 500}]}\n"
        "  - {name: b, ancestors: [a], start_time: T, epochs: [{start_size: 100}]}\n"
        "  migrations: [{demes: [a, b], rate: {uniform: [0, 0.01]}}]\n"));
    assert_columns(&o, "T, migration_0_rate, mutation_rate, recombination_rate, "
                       "n_replicates, sample_time_1, sample_time_2, n_samples, "
                       "segment_length");
    dna_sample *s = run(&o, 3, 0, 0);
    assert_int_equal(s->n_hap, 8);
    dna_sample_free(s);
    clear(&o);
}

static void
test_max_snp_is_the_smaller_one(void **state)
{
    opened o;

    (void)state;
    assert_ok(try_rows(&o, "simulator_name: coalescent\nn_scenarios: 1\nmax_snp: 20\n"
                           "demography: {model: constant, size: 10000}\n"));
    dna_sample *s = run(&o, 0, 0, 0);
    assert_int_equal(s->n_site, 20);
    dna_sample_free(s);
    s = run(&o, 0, 0, 50);
    assert_int_equal(s->n_site, 20);
    dna_sample_free(s);
    s = run(&o, 0, 0, 7);
    assert_int_equal(s->n_site, 7);
    dna_sample_free(s);
    clear(&o);
}

static void
test_smc_is_an_option(void **state)
{
    opened o;
    double n_hudson = 0, n_smc = 0;

    (void)state;
    for (int k = 0; k < 2; k++) {
        double *n = k == 0 ? &n_hudson : &n_smc;
        char text[512];
        snprintf(text, sizeof(text),
            "simulator_name: coalescent\nn_scenarios: 1\n"
            "segment_length: 1e5\nn_samples: 4\nancestry: %s\n"
            "demography: {model: constant, size: 10000}\n",
            k == 0 ? "hudson" : "smc_prime");
        assert_ok(try_rows(&o, text));
        for (int i = 0; i < 400; i++) {
            dna_sample *s = run(&o, 0, i, 0);
            *n += (double)s->n_site / 400;
            dna_sample_free(s);
        }
        clear(&o);
        /* 4 N u L (1 + 1/2 + 1/3) = 73.3; sd of one below 40 (without recombination) */
        assert_true(fabs(*n - 40 * 11.0 / 6) < 4 * 40 / 20.0);
    }
    assert_true(n_hudson != n_smc);
}

static void
test_maps_replace_rates(void **state)
{
    opened o;
    int64_t n_left = 0, n_right = 0;

    (void)state;
    write_text("rec.txt", "pos rate\n0 0\n30000 2\n60000 0\n");
    write_text("mut.txt", "pos rate\n0 0\n25000 100\n60000 0\n");
    assert_ok(try_rows(&o,
        "simulator_name: coalescent\nn_scenarios: 1\nsegment_length: 20000\n"
        "map_start: 20000\nrecombination_map: rec.txt\nmutation_map: mut.txt\n"
        "position_format: {normalized: false}\n"
        "demography: {model: constant, size: 1000}\n"));
    assert_near(cell(&o, 0, "recombination_rate"), 1e-8, 1e-20);
    assert_near(cell(&o, 0, "mutation_rate"), 0.75e-6, 1e-18);
    for (int k = 0; k < 20; k++) {
        dna_sample *s = run(&o, 0, k, 0);
        for (int64_t i = 0; i < s->n_site; i++) {
            *(dna_array_get(&s->pos, i) < 5000 ? &n_left : &n_right) += 1;
        }
        dna_sample_free(s);
    }
    assert_int_equal(n_left, 0);
    assert_true(n_right > 100);
    clear(&o);
    assert_fails(try_open(&o, ANY "map_start: 55000\nrecombination_map: rec.txt\n"
                                  "demography: {model: constant, size: 10}\n"),
        DNA_EARG, "the map ends at 60000, before map_start + segment_length 65000");
    clear(&o);
    assert_fails(try_open(&o, "simulator_name: coalescent\nrecombination_map: rec.txt\n"
                              "segment_length: {uniform: [1, 2]}\n"
                              "demography: {model: constant, size: 10}\n"),
        DNA_EARG, "with a map the length is a number");
    clear(&o);
}

static void
test_a_table_gives_what_it_has(void **state)
{
    opened o;

    (void)state;
    write_text(
        "t.csv", "scenario_idx,size,recombination_rate\n0,100,1e-9\n1,200,2e-9\n");
    assert_ok(try_rows(&o, ANY "n_scenarios: 2\ntable: t.csv\n"
                               "demography: {model: constant, size: size}\n"));
    assert_columns(&o, "size, recombination_rate, mutation_rate, n_replicates, "
                       "n_samples, segment_length");
    assert_true(
        cell(&o, 1, "size") == 200 && cell(&o, 1, "recombination_rate") == 2e-9);
    clear(&o);
}

/* ---- refusals ----------------------------------------------------------------------------- */

static void
refuse(const char *text, int code, const char *why)
{
    opened o;
    assert_fails(try_open(&o, text), code, why);
    clear(&o);
}

static void
refuse_row(const char *text, const char *why)
{
    opened o;
    assert_fails(try_rows(&o, text), DNA_EARG, why);
    assert_non_null(o.sim); /* it could be opened */
    clear(&o);
}

static void
test_what_cannot_happen_is_refused_at_once(void **state)
{
    (void)state;
    refuse(ANY, DNA_EARG, "demography");
    refuse(ANY "demography: {}\n", DNA_EARG, "no sizes, no model and no demes");
    refuse(ANY "demography: {model: constnt}\n", DNA_EARG, "is not one of");
    refuse(ANY "demography: {model: constant}\n", DNA_EARG,
        "\"size\" is missing: it is a parameter of the model constant");
    refuse(ANY "demography: {model: constant, size: 1, recent_size: 2}\n", DNA_EARG,
        "\"recent_size\" is no parameter of the model constant, which has size");
    refuse(ANY "demography: {model: constant, size: -1}\n", DNA_EARG,
        "size: -1 is not a size above 0");
    refuse(ANY "demography: {sizs: [1]}\n", DNA_EARG, "sizs");
    refuse(ANY "demography: {sizes: [1, 2]}\n", DNA_EARG, "times is not a list");
    refuse(ANY "demography: {sizes: [1, 2], times: [1, 2]}\n", DNA_EARG,
        "times[0] is not 0");
    refuse(ANY "demography: {sizes: [1, 2, 3], times: [20, 10]}\n", DNA_EARG,
        "the epoch ends at");
    refuse(ANY "demography: {sizes: [1, 0], times: [0, 10]}\n", DNA_EARG,
        "demography.sizes[1]: 0 is not a size above 0");
    refuse(ANY "demography: {sizes: [1], model: constant, size: 2}\n", DNA_EARG,
        "\"sizes\" is no parameter");
    refuse(FLAT "n_samples: 1\n", DNA_EARG, "1 genome, at least 2");
    refuse(FLAT "n_samples: 0\n", DNA_EARG, "0 genomes");
    refuse(FLAT "n_samples: {b: 3}\n", DNA_EARG, "there are the populations pop");
    refuse(FLAT "n_samples: many\n", DNA_EARG, "not a number of genomes");
    refuse(
        FLAT "n_samples: [{population: pop, n: 4, tiem: 3}]\n", DNA_EARG, "n_samples");
    refuse(FLAT "recombination_rate: -1e-8\n", DNA_EARG, "recombination_rate: -1e-08");
    refuse(FLAT "mutation_rate: 2\n", DNA_EARG, "mutation_rate: 2 is not a rate");
    refuse("simulator_name: coalescent\nsegment_length: 0\n"
           "demography: {model: constant, size: 10}\n",
        DNA_EARG, "segment_length: 0 is not a length above 0");
    refuse(FLAT "n_samples: [{population: pop, n: 4, time: -3}]\n", DNA_EARG, "-3");
    refuse(ANY "n_samples: {a: 2, b: 2}\n"
               "demography: {time_units: generations, demes: [\n"
               "  {name: a, epochs: [{start_size: 9}]},\n"
               "  {name: b, epochs: [{start_size: 9}]}]}\n",
        DNA_EARG, "can never meet");
    refuse(ANY "demography: {sizes: [100], growth: [-0.01]}\n", DNA_EARG,
        "growth -0.01 for ever");
    refuse(FLAT "write_trees: true\nmax_snp: 3\n", DNA_EUNSUPPORTED, "write_trees");
    refuse(
        FLAT "write_trees: true\nancestry: smc_prime\n", DNA_EUNSUPPORTED, "no trees");
    refuse(FLAT "n_samples: 100\nancestry: smc_prime\n", DNA_EUNSUPPORTED, "64");
    refuse(FLAT "ancestry: smc\n", DNA_EARG, "is not one of hudson|smc_prime");
}

static void
test_what_cannot_happen_in_a_scenario_names_it(void **state)
{
    (void)state;
    refuse_row(ANY "demography: {model: one_event, recent_size: 10,\n"
                   "  event_size: {uniform: [-9, -8]}, event_time: 5}\n",
        "scenario 0: ");
    refuse_row(ANY "demography: {sizes: [1, 2, 3],\n"
                   "  times: [{uniform: [9, 10]}, {uniform: [1, 2]}]}\n",
        "the epoch ends at");
    refuse_row(FLAT "mutation_rate: {uniform: [-2, -1]}\n", "mutation_rate: -1");
    refuse_row(FLAT "n_samples: [{population: pop, n: 4, time: {uniform: [-2, -1]}}]\n",
        "scenario 0: demography: sample group 0: time");
}

static void
test_rows_do_not_depend_on_what_ran_before(void **state)
{
    opened o;
    double row[32];

    (void)state;
    assert_ok(try_rows(&o, "simulator_name: two_populations\nn_scenarios: 3\n"
                           "segment_length: 1e5\nn_samples: {A: 3, B: 3}\n"));
    assert_ok(dna_simulator_draw(o.sim, 3, 2, row));
    assert_memory_equal(
        row, o.rows + 2 * o.sim->n_column, (size_t)o.sim->n_column * sizeof(double));
    dna_sample *a = run(&o, 2, 1, 0);
    dna_sample *b = run(&o, 0, 0, 0);
    dna_sample *c = run(&o, 2, 1, 0);
    assert_int_equal(a->n_site, c->n_site);
    for (int64_t i = 0; i < a->n_site; i++) {
        assert_true(dna_array_get(&a->pos, i) == dna_array_get(&c->pos, i));
    }
    dna_sample_free(a);
    dna_sample_free(b);
    dna_sample_free(c);
    clear(&o);
}

static void
test_every_allocation_may_fail(void **state)
{
    static const char *const texts[] = {
        "simulator_name: size_history\nn_scenarios: 1\nn_windows: 2\nsegment_length: 1e3\n"
        "n_samples: 2\nrecombination_map: rec.txt\n",
        ANY "n_scenarios: 1\nn_samples: [{population: a, n: 2, time: T / 2}]\n"
            "parameters: {T: {uniform: [100, 200]}}\n"
            "demography: {demes: oom.yml, set: {\"demes.x.epochs[0].end_time\": T}}\n",
        "simulator_name: two_populations\nn_scenarios: 1\nsegment_length: 1e3\n"
        "n_samples: {A: 1, B: 1}\n"};

    (void)state;
    write_text("rec.txt", "pos rate\n0 2\n60000 0\n");
    write_text("oom.yml", "time_units: generations\n"
                          "defaults: {epoch: {start_size: 100}}\n"
                          "demes:\n"
                          "- {name: x, epochs: [{end_time: 1000}]}\n"
                          "- {name: a, ancestors: [x]}\n");
    for (int64_t k = 0; k < DNA_COUNT(texts); k++) {
        for_each_oom(i) {
            opened o;
            dna_simulator_worker *w = NULL;
            dna_sample *s = NULL;
            int rc = try_rows(&o, texts[k]);
            if (rc == DNA_OK) {
                rc = dna_simulator_worker_new(&w, o.sim);
            }
            if (rc == DNA_OK) {
                rc = dna_simulator_run(w, o.rows, 1, 0, 0, 0, &s);
            }
            if (rc != DNA_OK && rc != DNA_ENOMEM) {
                fail_msg("%s", dna_message());
            }
            dna_sample_free(s);
            dna_simulator_worker_free(w);
            clear(&o);
            if (oom_done()) {
                assert_int_equal(rc, DNA_OK);
                break;
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_history_draws_as_published),
        cmocka_unit_test(test_size_history_has_the_windows_of_the_formula),
        cmocka_unit_test(test_every_number_of_size_history_is_a_setting),
        cmocka_unit_test(test_two_populations),
        cmocka_unit_test(test_built_in_models_are_models),
        cmocka_unit_test(test_values_of_windows_are_columns_if_they_vary),
        cmocka_unit_test(test_a_demes_file_and_values_set_in_it),
        cmocka_unit_test(test_demes_in_the_config_with_groups_of_several_times),
        cmocka_unit_test(test_max_snp_is_the_smaller_one),
        cmocka_unit_test(test_smc_is_an_option),
        cmocka_unit_test(test_maps_replace_rates),
        cmocka_unit_test(test_a_table_gives_what_it_has),
        cmocka_unit_test(test_what_cannot_happen_is_refused_at_once),
        cmocka_unit_test(test_what_cannot_happen_in_a_scenario_names_it),
        cmocka_unit_test(test_rows_do_not_depend_on_what_ran_before),
        cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

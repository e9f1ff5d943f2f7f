/* test_simulator.c - simulators by name, their settings, parameter tables and samples.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/tables.h"
#include "sim/simulator.h"
#include "unit/sim/sim_fixture.h"

#define BASE                    \
    "data_root: .\n"            \
    "dataset_name: t\n"         \
    "scenario_params_path: t\n" \
    "data_source: {format: dnadna}\n"

/* The simulator of a config text, with its arena. */
typedef struct {
    dna_arena *arena;
    dna_simulator *sim;
} opened;

static int
try_open(opened *o, const char *text, uint64_t seed)
{
    dna_value *config = NULL;
    char whole[2048];
    int rc = DNA_OK;

    *o = (opened){0};
    snprintf(whole, sizeof(whole), "%s%s", BASE, text);
    DNA_TRY(dna_arena_new(&o->arena));
    DNA_TRY(dna_config_parse(&config, o->arena, whole, "t.yml", "/"));
    DNA_TRY(dna_config_check_dataset(o->arena, config, NULL));
    DNA_TRY(dna_simulator_new(&o->sim, o->arena, config, seed, NULL));
out:
    return rc;
}

static void
close_opened(opened *o)
{
    dna_simulator_free(o->sim);
    dna_arena_free(o->arena);
}

static void
refuse(const char *text, int code, const char *why)
{
    opened o;
    assert_fails(try_open(&o, text, 1), code, why);
    close_opened(&o);
}

static void
test_simulators_are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(dna_simulator_find("one_event"), &dna_simulator_one_event);
    assert_ptr_equal(dna_simulator_find("OneEvent"), &dna_simulator_one_event);
    assert_null(dna_simulator_find("Oneevent"));
    assert_null(dna_simulator_find("one_even"));
    assert_null(dna_simulator_find(NULL));
    assert_ptr_equal(dna_simulator_at(0), &dna_simulator_one_event);
    assert_null(dna_simulator_at(-1));
    assert_null(dna_simulator_at(100));
}

static void
test_trees_are_kept_if_they_are_to_be_written(void **state)
{
    opened o;
    dna_simulator_worker *worker = NULL;
    dna_sample *sample = NULL;
    double *row = NULL;

    (void)state;
    assert_ok(try_open(
        &o, "simulator_name: one_event\nwrite_trees: true\nsegment_length: 1e5\n", 2));
    row = calloc((size_t)o.sim->n_column, sizeof(*row));
    assert_ok(dna_simulator_draw(o.sim, 2, 0, row));
    assert_ok(dna_simulator_worker_new(&worker, o.sim));
    assert_ok(dna_simulator_run(worker, row, 2, 0, 0, 0, &sample));
    const dna_tree_tables *trees = dna_simulator_trees(worker);
    assert_non_null(trees);
    assert_int_equal(trees->n_site, sample->n_site);
    assert_int_equal(trees->n_sample, 50);
    dna_sample_free(sample);
    sample = NULL;
    o.sim->has_trees = false;
    assert_ok(dna_simulator_run(worker, row, 2, 0, 0, 0, &sample));
    assert_null(dna_simulator_trees(worker));
    dna_sample_free(sample);
    dna_simulator_worker_free(worker);
    close_opened(&o);
    free(row);
}

static void
test_settings_are_checked(void **state)
{
    (void)state;
    refuse("simulator_name: one_evnt\n", DNA_ENOTFOUND, "did you mean \"one_event\"");
    refuse("simulator_name: one_event\ntmin: 200000\n", DNA_EARG,
        "tmin: 200000 is above tmax 100000");
    refuse("simulator_name: one_event\nn_min: 5\nn_max: 4\n", DNA_EARG,
        "n_min: 5 is above n_max 4");
    refuse("simulator_name: one_event\nn_samples: 1\n", DNA_EARG, "n_samples: 1");
    refuse("simulator_name: one_event\nmutation_rate: -1\n", DNA_EARG,
        "mutation_rate: -1");
}

/* The original's table for `seed: 2`, `n_scenarios: 20`, drawn by NumPy: event_time,
 * recent_size, event_size. */
static const int one_event_rows[20][3] = {{1789, 16003, 16003}, {181, 5811, 34937},
    {2234, 13399, 6460}, {1786, 6244, 8506}, {1727, 6700, 5006}, {1374, 19756, 23275},
    {882, 8413, 10312}, {2507, 6396, 32181}, {1254, 8303, 5392}, {1125, 11189, 44597},
    {2514, 14681, 23463}, {2154, 7956, 26953}, {607, 21846, 8422}, {2093, 15206, 16988},
    {803, 16003, 8268}, {3158, 12186, 9301}, {3427, 31089, 31667}, {2017, 19009, 8434},
    {3398, 7265, 33517}, {392, 25102, 14392}};

static void
test_one_event_draws_the_originals_table(void **state)
{
    (void)state;
    static const char *const names[] = {"mutation_rate", "recombination_rate",
        "event_time", "recent_size", "event_size", "n_replicates", "n_samples",
        "segment_length"};
    double values[20 * 8];
    opened o;

    assert_ok(try_open(&o, "simulator_name: one_event\nn_scenarios: 20\n", 2));
    assert_int_equal(o.sim->n_column, 8);
    for (int64_t i = 0; i < 8; i++) {
        assert_string_equal(o.sim->columns[i].name, names[i]);
    }
    assert_ok(dna_simulator_table(o.sim, values));
    for (int64_t i = 0; i < 20; i++) {
        const double *row = values + 8 * i;
        for (int64_t k = 0; k < 3; k++) {
            assert_int_equal((int)row[2 + k], one_event_rows[i][k]);
        }
        assert_true(row[0] == 1e-8 && row[1] == 1e-8);
        assert_true(row[5] == 3 && row[6] == 50 && row[7] == 2000000);
    }
    close_opened(&o);
}

/* Mean and deviation of log event_time over the prior: floor of U(80, 4000), about
 * 7.374 and 0.825; of log10 recent_size uniform on its range. */
static void
test_rows_without_a_table_have_its_distribution(void **state)
{
    (void)state;
    enum { N = 20000 };
    double row[8], sum = 0, sum2 = 0, size_sum = 0;
    opened o;

    assert_ok(try_open(&o, "simulator_name: one_event\n", 1));
    for (int64_t i = 0; i < N; i++) {
        assert_ok(dna_simulator_draw(o.sim, 5, i, row));
        assert_true(row[2] >= 80 && row[2] < 4000);
        assert_true(row[4] >= 5000 && row[4] <= 50000);
        assert_true(row[4] >= 0.0999 * row[3] && row[4] <= 10 * row[3]);
        sum += log(row[2]);
        sum2 += log(row[2]) * log(row[2]);
        size_sum += log10(row[3]);
    }
    double mean = sum / N, sd = sqrt(sum2 / N - mean * mean);
    assert_true(fabs(mean - 7.374) < 4.5 * 0.825 / sqrt(N) + 0.001);
    assert_true(fabs(sd - 0.825) < 0.02);
    assert_true(fabs(size_sum / N - (3.69897 + 4.69897) / 2) < 4.5 * 0.2887 / sqrt(N));
    close_opened(&o);
}

static void
test_positions_have_the_format_asked_for(void **state)
{
    (void)state;
    static const char *const text[] = {"", "position_format: {normalized: false}\n",
        "position_format: {distance: true, normalized: false}\n"};
    dna_sample *sample[3];
    double row[8];

    for (int64_t k = 0; k < 3; k++) {
        dna_simulator_worker *w = NULL;
        char config[256];
        opened o;
        snprintf(config, sizeof(config),
            "simulator_name: one_event\nsegment_length: 1e5\n%s", text[k]);
        assert_ok(try_open(&o, config, 1));
        assert_ok(dna_simulator_draw(o.sim, 1, 0, row));
        assert_ok(dna_simulator_worker_new(&w, o.sim));
        assert_ok(dna_simulator_run(w, row, 1, 0, 0, 0, &sample[k]));
        assert_ok(dna_sample_check(sample[k], "drawn"));
        dna_simulator_worker_free(w);
        close_opened(&o);
    }
    int64_t n = sample[0]->n_site, before = 0;
    assert_true(n > 20);
    assert_int_equal(sample[1]->pos.dtype, DNA_I64);
    assert_int_equal(sample[2]->pos.dtype, DNA_I64);
    for (int64_t i = 0; i < n; i++) {
        double fraction = dna_array_get(&sample[0]->pos, i);
        int64_t bp = (int64_t)dna_array_get(&sample[1]->pos, i);
        assert_true(fraction >= 0 && fraction < 1);
        assert_int_equal(bp, (int64_t)floor(fraction * 1e5 + 1e-9));
        assert_int_equal((int64_t)dna_array_get(&sample[2]->pos, i), bp - before);
        before = bp;
    }
    for (int64_t k = 0; k < 3; k++) {
        dna_sample_free(sample[k]);
    }
}

static void
test_max_snp_gives_the_first_sites(void **state)
{
    (void)state;
    dna_sample *all = NULL, *some = NULL;
    dna_simulator_worker *w = NULL;
    double row[8];
    opened o;

    assert_ok(try_open(&o, "simulator_name: one_event\n", 1));
    assert_ok(dna_simulator_draw(o.sim, 1, 0, row));
    assert_ok(dna_simulator_worker_new(&w, o.sim));
    assert_ok(dna_simulator_run(w, row, 1, 0, 0, 0, &all));
    assert_ok(dna_simulator_run(w, row, 1, 0, 0, 100, &some));
    assert_int_equal(some->n_site, 100);
    assert_int_equal(some->n_hap, 50);
    assert_true(all->n_site > 100);
    dna_sample_free(all);
    dna_sample_free(some);
    dna_simulator_worker_free(w);
    close_opened(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulators_are_found_by_name),
        cmocka_unit_test(test_trees_are_kept_if_they_are_to_be_written),
        cmocka_unit_test(test_settings_are_checked),
        cmocka_unit_test(test_one_event_draws_the_originals_table),
        cmocka_unit_test(test_rows_without_a_table_have_its_distribution),
        cmocka_unit_test(test_positions_have_the_format_asked_for),
        cmocka_unit_test(test_max_snp_gives_the_first_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

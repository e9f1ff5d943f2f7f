/* test_simulation.c - simulations through the library: refusals, stops, memory that runs
 * out. What files they make: tests/e2e/simulation.sh.
 *
 * SPDX-License-Identifier: MIT
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "dnadna/run.h"

static const char *
config_text(const char *more)
{
    char text[1024];
    snprintf(text, sizeof(text),
        "simulator_name: one_event\n"
        "data_root: .\n"
        "dataset_name: d\n"
        "scenario_params_path: tables/d.csv\n"
        "data_source: {format: dnadna}\n"
        "n_scenarios: 2\nn_replicates: 2\nn_samples: 3\nsegment_length: 2000\n%s",
        more);
    return write_text("sim.yml", text);
}

static int
simulate(dna_simulation_options o, const char *more)
{
    o.config = config_text(more);
    return dna_run_simulation(&o);
}

static bool
is_there(const char *name)
{
    return dna_path_exists(test_path(name));
}

static void
test_a_simulation_writes_table_record_and_samples(void **state)
{
    (void)state;
    dna_sample *s = NULL;

    assert_ok(simulate((dna_simulation_options){0}, "seed: 1\n"));
    assert_true(is_there("tables/d.csv"));
    assert_true(is_there("tables/d.csv.record.json"));
    assert_ok(dna_sample_load(&s, test_path("scenario_1/d_1_1.npz"), NULL));
    assert_int_equal(s->n_hap, 3);
    assert_true(s->format.normalized == 1);
    dna_sample_free(s);
    assert_fails(simulate((dna_simulation_options){0}, "seed: 1\n"), DNA_EEXISTS,
        "a simulation is there already");
    assert_ok(simulate((dna_simulation_options){.overwrite = true}, "seed: 2\n"));
}

static void
test_impossible_settings_touch_nothing(void **state)
{
    (void)state;
    assert_ok(simulate((dna_simulation_options){.overwrite = true}, "seed: 1\n"));
    static const struct {
        const char *more, *why;
    } bad[] = {{"mutation_rate: -1e-8\n", "mutation_rate: -1e-08 is not"},
        {"recombination_rate: -1\n", "recombination_rate: -1"},
        {"tmin: 3\ntmax: 2\n", "tmin: 3 is above tmax 2"}, {"n_max: nan\n", "n_max"},
        {"seed: 5000000000\n", "seed: 5000000000 is above 4294967295"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_fails(simulate((dna_simulation_options){.overwrite = true}, bad[i].more),
            DNA_EARG, bad[i].why);
    }
    assert_fails(simulate((dna_simulation_options){.first_scenario = 2}, "seed: 1\n"),
        DNA_EARG, "scenarios 0 to 1");
    assert_fails(
        simulate((dna_simulation_options){.resume = true, .backup = true}, "seed: 1\n"),
        DNA_EARG, "resume keeps what is there");
    assert_true(is_there("scenario_0/d_0_0.npz"));
    assert_true(is_there("tables/d.csv"));
}

static void
test_a_stop_is_told_and_gone_on_from(void **state)
{
    (void)state;
    volatile int stop = 1;
    assert_fails(simulate((dna_simulation_options){.overwrite = true, .stop = &stop},
                     "seed: 1\n"),
        DNA_ECANCEL, "stopped on request; --resume goes on");
    assert_false(is_there("scenario_0/d_0_0.npz"));
    stop = 0;
    assert_ok(
        simulate((dna_simulation_options){.resume = true, .stop = &stop}, "seed: 1\n"));
    assert_true(is_there("scenario_1/d_1_1.npz"));
}

/* Each time there is a message about memory, or all was done; --resume then ends it. */
static void
test_memory_that_runs_out(void **state)
{
    (void)state;
    bool is_over = false;
    for (int64_t i = 1; !is_over; i += i < 300 ? 1 : 7) {
        const char *config = config_text("seed: 1\n");
        dna_simulation_options o = {.config = config, .overwrite = true, .n_thread = 1};
        dna_mem_fail_at(i);
        int rc = dna_run_simulation(&o);
        is_over = !dna_mem_has_failed();
        dna_mem_fail_at(0);
        if (rc != DNA_OK
            && !((rc == DNA_ENOMEM || rc == DNA_EFORMAT)
                 && strstr(dna_message(), "memory") != NULL)) {
            fail_msg("allocation %lld: %d, %s", (long long)i, rc, dna_message());
        }
        o.overwrite = false;
        o.resume = true;
        assert_ok(dna_run_simulation(&o));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_simulation_writes_table_record_and_samples),
        cmocka_unit_test(test_impossible_settings_touch_nothing),
        cmocka_unit_test(test_a_stop_is_told_and_gone_on_from),
        cmocka_unit_test(test_memory_that_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

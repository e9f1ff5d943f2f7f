/* test_demography.c - histories that cannot happen are refused, by name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit/sim/sim_fixture.h"

#define INF  ((double)INFINITY)
#define NONE ((double)NAN)

/* Two populations, two genomes of each; population 1 merges into 0 at 100. */
typedef struct {
    dna_population population[3];
    double migration[9];
    dna_demographic_event event[4];
    dna_sample_group group[2];
    dna_demography d;
} two;

static two *
two_new(void)
{
    static two t;
    t = (two){.population = {{.size = 10}, {.size = 20}, {.size = 30}},
        .event = {{100, DNA_EVENT_MOVE, 1, 0, 1}},
        .group = {{2, 0, 0}, {2, 1, 0}}};
    t.d = (dna_demography){.population = t.population,
        .n_population = 2,
        .event = t.event,
        .n_event = 1,
        .group = t.group,
        .n_group = 2};
    return &t;
}

static void
refuse(const two *t, const char *why)
{
    assert_fails(dna_demography_check(&t->d), DNA_EARG, why);
}

static void
test_possible_histories_pass(void **state)
{
    (void)state;
    two *t = two_new();
    assert_ok(dna_demography_check(&t->d));
    assert_int_equal(dna_demography_n_sample(&t->d), 4);
    t->d.n_event = 0; /* migration one way is enough: all end in 0 */
    t->migration[2] = 1e-3;
    t->d.migration = t->migration;
    assert_ok(dna_demography_check(&t->d));
    t->d.migration = NULL;
    t->group[1].population = 0; /* nobody is in population 1 */
    assert_ok(dna_demography_check(&t->d));
}

static void
test_impossible_values_are_refused(void **state)
{
    (void)state;
    static const double bad_sizes[] = {0, -1, INF, NONE};
    static const double bad_rates[] = {-1e-9, INF, NONE};
    for (int i = 0; i < DNA_COUNT(bad_sizes); i++) {
        two *t = two_new();
        t->population[1].size = bad_sizes[i];
        refuse(t, "population 1: size ");
        t = two_new();
        t->event[0] = (dna_demographic_event){5, DNA_EVENT_SIZE, 0, 0, bad_sizes[i]};
        refuse(t, "event 0: size ");
    }
    for (int i = 0; i < DNA_COUNT(bad_rates); i++) {
        two *t = two_new();
        t->migration[1] = bad_rates[i];
        t->d.migration = t->migration;
        refuse(t, "migration rate from 0 to 1: ");
        t = two_new();
        t->event[0] =
            (dna_demographic_event){5, DNA_EVENT_MIGRATION, 0, 1, bad_rates[i]};
        refuse(t, "event 0: migration rate ");
        t = two_new();
        t->event[0].time = bad_rates[i];
        refuse(t, "event 0: time ");
        t = two_new();
        t->group[1].time = bad_rates[i];
        refuse(t, "sample group 1: time ");
    }
    two *t = two_new();
    t->population[0].name = "Yoruba";
    t->population[0].growth = NONE;
    refuse(t, "population \"Yoruba\": growth nan");
    t = two_new();
    t->event[0].value = 1.5;
    refuse(t, "event 0: fraction 1.5 is not in [0, 1]");
    t->event[0].value = NONE;
    refuse(t, "event 0: fraction nan");
    t = two_new();
    t->migration[3] = 0.1;
    t->d.migration = t->migration;
    refuse(t, "migration rate from 1 to itself");
}

static void
test_impossible_structure_is_refused(void **state)
{
    (void)state;
    two *t = two_new();
    t->event[1] = (dna_demographic_event){99, DNA_EVENT_SIZE, 0, 0, 5};
    t->d.n_event = 2;
    refuse(t, "event 1: time 99 is before 100");
    t = two_new();
    t->event[0].other = 2;
    refuse(t, "event 0: there is no population 2");
    t->event[0].other = 1;
    refuse(t, "event 0: population 1 and itself");
    t->event[0] = (dna_demographic_event){5, DNA_EVENT_MIGRATION, DNA_EVERY, 1, 0};
    refuse(t, "event 0: one side is every population");
    t->event[0] = (dna_demographic_event){5, (dna_event_kind)9, 0, 1, 0};
    refuse(t, "event 0: 9 is not a kind of event");
    t = two_new();
    t->group[0].population = -1;
    refuse(t, "sample group 0: there is no population -1");
    t = two_new();
    t->group[0].n = 0;
    refuse(t, "sample group 0: 0 genomes");
    t = two_new();
    t->d.n_group = 1;
    t->group[0].n = 1;
    refuse(t, "1 genomes sampled, at least 2 are needed");
    t->d.n_population = 0;
    refuse(t, "0 populations");
}

static void
test_lineages_must_be_able_to_meet(void **state)
{
    (void)state;
    two *t = two_new();
    t->d.n_event = 0;
    refuse(t, "population 0 and population 1 can never meet");
    t = two_new();
    t->event[0].value = 0.5; /* half of them stay behind */
    refuse(t, "can never meet");
    t = two_new();
    t->event[0].value = 0;
    refuse(t, "can never meet");
    t = two_new(); /* migration that ends too early is no help */
    t->event[0] =
        (dna_demographic_event){100, DNA_EVENT_MIGRATION, DNA_EVERY, DNA_EVERY, 0};
    t->migration[1] = 1e-3;
    t->d.migration = t->migration;
    refuse(t, "can never meet");
    t = two_new();
    t->population[0].growth = -1e-3; /* larger and larger into the past */
    refuse(t, "lineages may never meet");
    t->event[1] = (dna_demographic_event){200, DNA_EVENT_GROWTH, 0, 0, 0};
    t->d.n_event = 2;
    assert_ok(dna_demography_check(&t->d));
    t->event[1].time = 1e7; /* exp(1e4) overflows */
    refuse(t, "makes its size inf");
}

static void
test_lineages_stay_within_lifetimes(void **state)
{
    (void)state;
    two *t = two_new();
    t->population[1].start_time = 100;
    assert_ok(dna_demography_check(&t->d));
    t->population[1].start_time = 99;
    refuse(t, "population 1 does not exist at 99 generations");
    t = two_new();
    t->population[0].end_time = 50;
    refuse(t, "sample group 0: population 0 does not exist at 0 generations");
    t->group[0].population = 1;
    assert_ok(dna_demography_check(&t->d));
    t->population[0].end_time = 101;
    refuse(t, "population 0 does not exist at 100 generations");
    t->population[0].start_time = 101;
    refuse(t, "start_time 101 is not before");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_possible_histories_pass),
        cmocka_unit_test(test_impossible_values_are_refused),
        cmocka_unit_test(test_impossible_structure_is_refused),
        cmocka_unit_test(test_lineages_must_be_able_to_meet),
        cmocka_unit_test(test_lineages_stay_within_lifetimes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_demes.c - Demes models as histories: defaults, order of events, and expected times
 * of coalescence by theory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/demes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dnadna/coalescent.h"
#include "io/yaml.h"
#include "support/arena_fixture.h"

static int
try_history(dna_history **out, const char *text)
{
    dna_value *tree = NULL;
    dna_demes *model = NULL;
    int rc = DNA_OK;

    *out = NULL;
    DNA_TRY(dna_yaml_parse(&tree, arena, text, strlen(text), "/d.yml"));
    DNA_TRY(dna_demes_read(&model, arena, NULL, tree, "", NULL, 0));
    DNA_TRY(dna_history_new(out, model));
    DNA_TRY(dna_history_set(*out, NULL));
out:
    return rc;
}

static dna_history *
history_of(const char *text)
{
    dna_history *h = NULL;
    assert_ok(try_history(&h, text));
    return h;
}

static void
assert_event(const dna_history *h, int64_t i, double time, dna_event_kind kind,
    int population, int other, double value)
{
    const dna_demography *d = dna_history_demography(h);

    assert_true(i < d->n_event);
    assert_near(d->event[i].time, time, 1e-12);
    assert_int_equal(d->event[i].kind, kind);
    assert_int_equal(d->event[i].population, population);
    if (kind == DNA_EVENT_MOVE || kind == DNA_EVENT_MIGRATION) {
        assert_int_equal(d->event[i].other, other);
    }
    assert_near(d->event[i].value, value, 1e-12);
}

/* ---- resolution ------------------------------------------------------------------------ */

static void
test_epochs_become_sizes_and_growth(void **state)
{
    dna_history *h = history_of("time_units: generations\n"
                                "demes:\n"
                                "- name: a\n"
                                "  epochs:\n"
                                "  - {start_size: 1000, end_time: 500}\n"
                                "  - {start_size: 200, end_size: 800, end_time: 100}\n"
                                "  - {end_size: 50, size_function: exponential}\n");
    const dna_demography *d = dna_history_demography(h);

    (void)state;
    assert_int_equal(d->n_population, 1);
    assert_string_equal(d->population[0].name, "a");
    assert_near(d->population[0].size, 50, 0);
    assert_near(d->population[0].growth, log(50.0 / 800) / 100, 1e-15);
    assert_near(d->population[0].start_time, 0, 0);
    assert_int_equal(d->n_event, 4);
    assert_event(h, 0, 100, DNA_EVENT_SIZE, 0, 0, 800);
    assert_event(h, 1, 100, DNA_EVENT_GROWTH, 0, 0, log(4.0) / 400);
    assert_event(h, 2, 500, DNA_EVENT_SIZE, 0, 0, 1000);
    assert_event(h, 3, 500, DNA_EVENT_GROWTH, 0, 0, 0);
    dna_history_free(h);
}

static void
test_defaults_fill_what_is_not_given(void **state)
{
    dna_history *h =
        history_of("time_units: years\n"
                   "generation_time: 25\n"
                   "doi: [x]\n"
                   "metadata: {any: [1, 2]}\n"
                   "defaults:\n"
                   "  epoch: {start_size: 100, end_time: 0}\n"
                   "  deme: {ancestors: [x]}\n"
                   "  migration: {rate: 0.01}\n"
                   "  pulse: {dest: c, proportions: [0.25]}\n"
                   "demes:\n"
                   "- {name: x, ancestors: [], epochs: [{end_time: 1000}]}\n"
                   "- {name: b, defaults: {epoch: {start_size: 300}}}\n"
                   "- {name: c, start_time: 1000}\n"
                   "migrations:\n"
                   "- demes: [b, c]\n"
                   "pulses:\n"
                   "- {sources: [b], time: 500}\n");
    const dna_demography *d = dna_history_demography(h);

    (void)state;
    assert_int_equal(d->n_population, 3);
    assert_near(d->population[0].end_time, 40, 0);
    assert_near(d->population[1].size, 300, 0);
    assert_near(d->population[1].start_time, 40, 0);
    assert_near(d->population[2].size, 100, 0);
    assert_near(d->migration[1 * 3 + 2], 0.01, 0);
    assert_near(d->migration[2 * 3 + 1], 0.01, 0);
    assert_int_equal(d->n_event, 5);
    assert_event(h, 0, 20, DNA_EVENT_MOVE, 2, 1, 0.25);
    assert_event(h, 1, 40, DNA_EVENT_MOVE, 1, 0, 1);
    assert_event(h, 2, 40, DNA_EVENT_MOVE, 2, 0, 1);
    assert_event(h, 3, 40, DNA_EVENT_MIGRATION, 2, 1, 0); /* b to c stops */
    assert_event(h, 4, 40, DNA_EVENT_MIGRATION, 1, 2, 0);
    dna_history_free(h);
}

#define THREE                                        \
    "time_units: generations\n"                      \
    "defaults: {epoch: {start_size: 1000}}\n"        \
    "demes:\n"                                       \
    "- {name: a}\n"                                  \
    "- {name: b, ancestors: [a], start_time: 900}\n" \
    "- {name: c, ancestors: [a], start_time: 800}\n"

static void
test_pulses_of_one_time_are_undone_from_the_last(void **state)
{
    dna_history *h = history_of(
        THREE "- {name: d, ancestors: [a, b, c], start_time: 100,\n"
              "   proportions: [0.5, 0.2, 0.3]}\n"
              "pulses:\n"
              "- {sources: [a], dest: b, time: 50, proportions: [0.1]}\n"
              "- {sources: [b, c], dest: a, time: 50, proportions: [0.2, 0.4]}\n"
              "- {sources: [c], dest: d, time: 100, proportions: [0.7]}\n"
              "- {sources: [b], dest: c, time: 20, proportions: [1]}\n");

    (void)state;
    assert_event(h, 0, 20, DNA_EVENT_MOVE, 2, 1, 1);
    assert_event(h, 1, 50, DNA_EVENT_MOVE, 0, 1, 0.2);
    assert_event(h, 2, 50, DNA_EVENT_MOVE, 0, 2, 0.4 / 0.8);
    assert_event(h, 3, 50, DNA_EVENT_MOVE, 1, 0, 0.1);
    assert_event(h, 4, 100, DNA_EVENT_MOVE, 3, 2, 0.7); /* before its ancestors */
    assert_event(h, 5, 100, DNA_EVENT_MOVE, 3, 0, 0.5);
    assert_event(h, 6, 100, DNA_EVENT_MOVE, 3, 1, 0.2 / 0.5);
    assert_event(h, 7, 100, DNA_EVENT_MOVE, 3, 2, 1);
    dna_history_free(h);
}

static void
test_migration_stops_before_another_begins(void **state)
{
    dna_history *h = history_of(
        THREE "migrations:\n"
              "- {source: a, dest: b, rate: 1e-3, start_time: 600, end_time: 300}\n"
              "- {source: a, dest: b, rate: 2e-3, start_time: 300}\n"
              "- {source: b, dest: c, rate: 5e-4, end_time: 100}\n");
    const dna_demography *d = dna_history_demography(h);

    (void)state;
    assert_near(d->migration[1 * 3 + 0], 2e-3, 0); /* lineages of b go to a */
    assert_near(d->migration[0 * 3 + 1], 0, 0);
    assert_near(d->migration[2 * 3 + 1], 0, 0);
    assert_event(h, 0, 100, DNA_EVENT_MIGRATION, 2, 1, 5e-4);
    assert_event(h, 1, 300, DNA_EVENT_MIGRATION, 1, 0, 0);
    assert_event(h, 2, 300, DNA_EVENT_MIGRATION, 1, 0, 1e-3);
    assert_event(h, 3, 600, DNA_EVENT_MIGRATION, 1, 0, 0);
    assert_event(h, 4, 800, DNA_EVENT_MOVE, 2, 0, 1);
    assert_event(h, 5, 800, DNA_EVENT_MIGRATION, 2, 1, 0);
    assert_event(h, 6, 900, DNA_EVENT_MOVE, 1, 0, 1);
    dna_history_free(h);
}

/* ---- refusals --------------------------------------------------------------------------- */

static void
refuse(const char *text, int code, const char *why)
{
    dna_history *h = NULL;
    assert_fails(try_history(&h, text), code, why);
    dna_history_free(h);
}

#define ONE(epochs) \
    "time_units: generations\ndemes:\n- {name: a, epochs: [" epochs "]}\n"

static void
test_what_demes_has_not_is_refused(void **state)
{
    (void)state;
    refuse("[]", DNA_EFORMAT, "is not a mapping");
    refuse("demes: [{name: a}]", DNA_EFORMAT, "time_units is missing");
    refuse("time_units: generations", DNA_EFORMAT, "there is no list demes");
    refuse("time_units: generations\ndemes: []", DNA_EFORMAT, "there is no list demes");
    refuse("time_units: years\ndemes: [{name: a}]", DNA_EFORMAT, "generation_time is");
    refuse("time_units: generations\ngeneration_time: 2\ndemes: [{name: a}]",
        DNA_EFORMAT, "generation_time is not 1");
    refuse("time_units: generations\ndemse: []\ndemes: [{name: a}]", DNA_EFORMAT,
        "no key \"demse\" here, did you mean \"demes\"?");
    refuse(ONE("{start_szie: 1}"), DNA_EFORMAT,
        "/d.yml:3: demes[0].epochs[0]: Demes has no key \"start_szie\"");
    refuse(ONE("{end_time: 0}"), DNA_EFORMAT, "neither start_size nor end_size");
    refuse(ONE("{start_size: 1}, {}"), DNA_EFORMAT, "the epoch has no end_time");
    refuse(ONE("{start_size: 1, size_function: linear}"), DNA_EUNSUPPORTED,
        "size_function linear is not supported");
    refuse(ONE("{start_size: 1, size_function: cubic}"), DNA_EFORMAT,
        "size_function is not constant or exponential");
    refuse(ONE("{start_size: 1, selfing_rate: 0.1}"), DNA_EUNSUPPORTED,
        "selfing_rate 0.1 is not supported");
    refuse(ONE("{start_size: 1, cloning_rate: 1}"), DNA_EUNSUPPORTED, "cloning_rate 1");
    refuse(ONE("{start_size: 1, cloning_rate: 2}"), DNA_EFORMAT, "cloning_rate is not");
    refuse(ONE("{start_size: many}"), DNA_EFORMAT, "text is not a number");
    refuse("time_units: generations\ndemes: [{name: 1a, epochs: [{start_size: 1}]}]",
        DNA_EFORMAT, "no name of letters");
    refuse(THREE "- {name: a}", DNA_EFORMAT, "two populations \"a\"");
    refuse(THREE "- {name: d, ancestors: [e]}", DNA_ENOTFOUND, "no population \"e\"");
    refuse(THREE "- {name: d, ancestors: [a, a]}", DNA_EFORMAT, "\"a\" is there twice");
    refuse(THREE "- {name: d, ancestors: [a]}", DNA_EFORMAT, "lives until 0");
    refuse(THREE "- {name: d, ancestors: [a, b], start_time: 3}", DNA_EFORMAT,
        "needs proportions");
    refuse(THREE "- {name: d, ancestors: [a, b], proportions: [0.5, 0.5]}", DNA_EFORMAT,
        "needs a start_time");
    refuse(THREE "- {name: d, start_time: 5}", DNA_EFORMAT, "but no ancestors");
    refuse(
        THREE "- {name: d, ancestors: [a], start_time: .inf}", DNA_EFORMAT, "for ever");
    refuse(
        THREE "migrations: [{source: a, rate: 0.1}]", DNA_EFORMAT, "either demes, or");
    refuse(THREE "migrations: [{source: a, dest: b, demes: [a, b], rate: 0.1}]",
        DNA_EFORMAT, "either demes, or");
    refuse(THREE "migrations: [{demes: [a], rate: 0.1}]", DNA_EFORMAT, "2 or more");
    refuse(THREE "migrations: [{demes: [a, b]}]", DNA_EFORMAT, "rate is missing");
    refuse(THREE "migrations: [{demes: [a, z], rate: 0}]", DNA_ENOTFOUND, "\"z\"");
    refuse(THREE "pulses: [{sources: [a], dest: b, time: 5}]", DNA_EFORMAT,
        "proportions is missing");
    refuse(THREE "pulses: [{sources: [a], dest: a, time: 5, proportions: [1]}]",
        DNA_EFORMAT, "dest is one of the sources");
    refuse(THREE "pulses: [{sources: [a], dest: b, time: 5, proportions: [0.1, 0.2]}]",
        DNA_EFORMAT, "a list of 1 numbers");
}

static void
test_numbers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    refuse(ONE("{start_size: 0}"), DNA_EARG, "0 is not a size above 0");
    refuse("defaults: {epoch: {start_size: 0}}\n" ONE("{start_size: 1}"), DNA_EARG,
        "defaults.epoch: 0 is not a size above 0");
    refuse("defaults: {pulse: {time: []}}\n" ONE("{start_size: 1}"), DNA_EFORMAT,
        "defaults.pulse: time: a list is not a number");
    refuse(ONE("{start_size: .inf}"), DNA_EARG, "not a size above 0");
    refuse(
        ONE("{start_size: 1, end_time: -1}"), DNA_EARG, "-1 is not a time from 0 on");
    refuse(ONE("{start_size: 1, end_time: 10}, {end_time: 20}"), DNA_EARG,
        "demes[0].epochs[1]: the epoch ends at 20 generations");
    refuse(
        ONE("{start_size: 1, end_size: 2}"), DNA_EARG, "in an epoch without a start");
    refuse(ONE("{start_size: 1, end_time: 5}, {end_size: 2, size_function: constant}"),
        DNA_EARG, "in an epoch of constant size");
    refuse(THREE "- {name: d, ancestors: [b], start_time: 950}", DNA_EARG,
        "its ancestor \"b\", of [0, 900), is not there");
    refuse(THREE "- {name: d, ancestors: [b], start_time: 900}", DNA_EARG, "not there");
    refuse(THREE
        "- {name: d, ancestors: [a, b], start_time: 5, proportions: [0.5, 0.4]}",
        DNA_EARG, "add up to 0.9, not 1");
    refuse(
        THREE "migrations: [{demes: [a, b], rate: 1.5}]", DNA_EARG, "between 0 and 1");
    refuse(THREE "migrations: [{source: a, dest: a, rate: 0.1}]", DNA_EARG, "are one");
    refuse(THREE "migrations: [{demes: [a, b], rate: 0, start_time: 950}]", DNA_EARG,
        "are not both there from 0 to 950");
    refuse(THREE "migrations: [{demes: [a, b], rate: 0, start_time: 5, end_time: 5}]",
        DNA_EARG, "not before (above) its end");
    refuse(THREE "migrations:\n- {demes: [a, b], rate: 0.1}\n"
                 "- {source: b, dest: a, rate: 0.1, end_time: 10}",
        DNA_EARG, "another migration from \"b\" to \"a\" at the same time");
    refuse(THREE "migrations:\n- {source: b, dest: a, rate: 0.6}\n"
                 "- {source: c, dest: a, rate: 0.6, end_time: 10}",
        DNA_EARG, "the rates into \"a\" add up to 1.2");
    refuse(THREE "pulses: [{sources: [b], dest: c, time: 900, proportions: [1]}]",
        DNA_EARG, "the source \"b\" is not there at 900");
    refuse(THREE "pulses: [{sources: [a], dest: c, time: 850, proportions: [1]}]",
        DNA_EARG, "the dest \"c\" is not there");
    refuse(THREE
        "pulses: [{sources: [a, b], dest: c, time: 8, proportions: [0.6, 0.6]}]",
        DNA_EARG, "add up to 1.2, more than 1");
}

/* ---- times of coalescence ------------------------------------------------------------------ */

enum { N_LOCUS = 20000 };

/* Mean time at which a genome of i and one of j meet; *sd of the mean. */
static double
mean_meeting(const dna_history *h, int64_t i, int64_t j, double *sd)
{
    dna_demography d = *dna_history_demography(h);
    dna_sample_group groups[2] = {
        {.n = 1, .population = (int32_t)i}, {.n = 1, .population = (int32_t)j}};
    double place = 0.5, sum = 0, squares = 0;
    dna_coalescent *c = NULL;

    d.group = groups;
    d.n_group = 2;
    assert_ok(dna_demography_check(&d));
    assert_ok(dna_coalescent_new(&c));
    assert_ok(dna_coalescent_set(
        c, &(dna_coalescent_model){
               .demography = &d, .length = 1, .probe = &place, .n_probe = 1}));
    for (int64_t k = 0; k < N_LOCUS; k++) {
        assert_ok(dna_coalescent_run(c, 5, i * 10 + j, k, NULL));
        double t = dna_coalescent_last(c)->tmrca[0];
        sum += t;
        squares += t * t;
    }
    dna_coalescent_free(c);
    double mean = sum / N_LOCUS;
    *sd = sqrt((squares / N_LOCUS - mean * mean) / N_LOCUS);
    return mean;
}

static void
assert_meeting(const dna_history *h, int64_t i, int64_t j, double expected)
{
    double sd = 0;
    double mean = mean_meeting(h, i, j, &sd);

    if (fabs(mean - expected) > 4 * sd) {
        fail_msg("%lld and %lld meet after %g (sd %g), not %g", (long long)i,
            (long long)j, mean, sd, expected);
    }
}

static void
test_two_populations_meet_after_their_split(void **state)
{
    dna_history *h =
        history_of("time_units: generations\n"
                   "demes:\n"
                   "- {name: x, epochs: [{start_size: 500, end_time: 2000}]}\n"
                   "- {name: a, ancestors: [x], epochs: [{start_size: 1000}]}\n"
                   "- {name: b, ancestors: [x], epochs: [{start_size: 50}]}\n");

    (void)state;
    assert_meeting(h, 1, 2, 2000 + 2 * 500);
    /* 2 N (1 - e) + e 2 M, e = exp(-T / 2 N) */
    double e = exp(-2000.0 / 2000);
    assert_meeting(h, 1, 1, 2000 * (1 - e) + e * 1000);
    assert_meeting(h, 2, 2, 100);
    dna_history_free(h);
}

static void
test_migration_goes_from_source_to_dest(void **state)
{
    dna_history *h = history_of("time_units: generations\n"
                                "demes:\n"
                                "- {name: a, epochs: [{start_size: 300}]}\n"
                                "- {name: b, ancestors: [a], start_time: 1000000,\n"
                                "   epochs: [{start_size: 4000}]}\n"
                                "migrations: [{source: a, dest: b, rate: 0.001}]\n");

    (void)state;
    assert_meeting(h, 0, 0, 600); /* none leaves a backwards */
    assert_meeting(h, 0, 1, 1 / 0.001 + 600);
    dna_history_free(h);
    h = history_of("time_units: generations\n"
                   "demes:\n"
                   "- {name: a, epochs: [{start_size: 250}]}\n"
                   "- {name: b, epochs: [{start_size: 250}]}\n"
                   "migrations: [{demes: [a, b], rate: 0.002}]\n");
    assert_meeting(h, 0, 0, 4 * 250); /* whatever the rate */
    assert_meeting(h, 0, 1, 4 * 250 + 1 / (2 * 0.002));
    dna_history_free(h);
}

static void
test_admixture_and_pulses_by_theory(void **state)
{
    /* d is 0.3 a and 0.7 b since 100; before, 0.25 of b came from c by a pulse at 400 */
    dna_history *h =
        history_of("time_units: generations\n"
                   "defaults: {epoch: {start_size: 1e9}}\n"
                   "demes:\n"
                   "- {name: x, epochs: [{start_size: 100, end_time: 5000}]}\n"
                   "- {name: a, ancestors: [x]}\n"
                   "- {name: b, ancestors: [x]}\n"
                   "- {name: c, ancestors: [a], start_time: 900,\n"
                   "   epochs: [{start_size: 100}]}\n"
                   "- {name: d, ancestors: [a, b], start_time: 100,\n"
                   "   proportions: [0.3, 0.7]}\n"
                   "pulses: [{sources: [c], dest: b, time: 400,\n"
                   "  proportions: [0.25]}]\n");
    double late = 5000 + 200, p = 0.7 * 0.25;
    double e = exp(-500.0 / 200); /* not met in c by 900; then apart in the vast a */

    (void)state;
    assert_meeting(
        h, 3, 4, (1 - p) * late + p * (400 + 200 * (1 - e) + e * (late - 900)));
    dna_history_free(h);
}

/* ---- Gutenkunst et al. 2009 --------------------------------------------------------------- */

static const char ooa[] =
    "description: Out of Africa, Gutenkunst et al. 2009, PLoS Genet. 5:e1000695\n"
    "time_units: years\n"
    "generation_time: 25\n"
    "demes:\n"
    "- {name: ancestral, epochs: [{end_time: 220e3, start_size: 7300}]}\n"
    "- {name: AMH, ancestors: [ancestral], epochs: [{end_time: 140e3, start_size: 12300}]}\n"
    "- {name: OOA, ancestors: [AMH], epochs: [{end_time: 21.2e3, start_size: 2100}]}\n"
    "- {name: YRI, ancestors: [AMH], epochs: [{start_size: 12300}]}\n"
    "- {name: CEU, ancestors: [OOA], epochs: [{start_size: 1000, end_size: 29725}]}\n"
    "- {name: CHB, ancestors: [OOA], epochs: [{start_size: 510, end_size: 54090}]}\n"
    "migrations:\n"
    "- {demes: [YRI, OOA], rate: 25e-5}\n"
    "- {demes: [YRI, CEU], rate: 3e-5}\n"
    "- {demes: [YRI, CHB], rate: 1.9e-5}\n"
    "- {demes: [CEU, CHB], rate: 9.6e-5}\n";

/* The chance that two lineages are in (i, j), i <= j, of YRI, CEU (or OOA), CHB and have
 * not met, followed by small steps; the mean time is its integral. */
static double
pair_time(int i, int j)
{
    static const double m3[3][3] = {
        {0, 3e-5, 1.9e-5}, {3e-5, 0, 9.6e-5}, {1.9e-5, 9.6e-5, 0}};
    double p[3][3] = {{0}};
    double mean = 0;
    const double step = 0.1, split = 848, ooa_time = 5600, amh = 8800;

    p[i][j] = 1;
    for (int64_t k = 0; (double)k * step < ooa_time; k++) {
        double t = ((double)k + 0.5) * step, q[3][3];
        bool is_three = t < split;
        double n[3] = {12300, is_three ? 29725 * exp(-log(29.725) * t / split) : 2100,
            is_three ? 54090 * exp(-log(54090.0 / 510) * t / split) : 1};
        if (!is_three) { /* CHB is OOA too */
            for (int a = 0; a < 3; a++) {
                p[a][1] += p[a][2];
                p[a][2] = 0;
            }
            for (int b = 0; b < 3; b++) {
                p[1][b] += p[2][b];
                p[2][b] = 0;
            }
        }
        memcpy(q, p, sizeof(q));
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++) {
                mean += p[a][b] * step;
                for (int c = 0; c < 3; c++) {
                    double out = is_three ? m3[a][c] : a + c == 1 ? 25e-5 : 0;
                    double out_b = is_three ? m3[b][c] : b + c == 1 ? 25e-5 : 0;
                    q[a][b] -= p[a][b] * (out + out_b) * step;
                    q[c][b] += p[a][b] * out * step;
                    q[a][c] += p[a][b] * out_b * step;
                }
                if (a == b) {
                    q[a][a] -= p[a][a] / (2 * n[a]) * step;
                }
            }
        }
        memcpy(p, q, sizeof(p));
    }
    double left = 0;
    for (int a = 0; a < 9; a++) {
        left += p[a / 3][a % 3];
    }
    double e = exp(-(amh - ooa_time) / (2 * 12300));
    return mean + left * (2 * 12300 * (1 - e) + e * 2 * 7300);
}

static void
test_out_of_africa_by_theory(void **state)
{
    dna_history *h = history_of(ooa);

    (void)state;
    for (int i = 0; i < 3; i++) {
        for (int j = i; j < 3; j++) {
            assert_meeting(h, 3 + i, 3 + j, pair_time(i, j));
        }
    }
    dna_history_free(h);
}

static void
test_every_allocation_may_fail(void **state)
{
    (void)state;
    for_each_oom(i) {
        dna_arena *kept = arena;
        dna_history *h = NULL;
        int rc = dna_arena_new(&arena);
        if (rc == DNA_OK) {
            rc = try_history(&h, ooa);
        }
        assert_true(rc == DNA_OK || rc == DNA_ENOMEM);
        dna_history_free(h);
        if (arena != kept) {
            dna_arena_free(arena);
        }
        arena = kept;
        if (oom_done()) {
            assert_int_equal(rc, DNA_OK);
            break;
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_epochs_become_sizes_and_growth),
        TEST(test_defaults_fill_what_is_not_given),
        TEST(test_pulses_of_one_time_are_undone_from_the_last),
        TEST(test_migration_stops_before_another_begins),
        TEST(test_what_demes_has_not_is_refused),
        TEST(test_numbers_that_cannot_be_are_refused),
        TEST(test_two_populations_meet_after_their_split),
        TEST(test_migration_goes_from_source_to_dest),
        TEST(test_admixture_and_pulses_by_theory), TEST(test_out_of_africa_by_theory),
        TEST(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

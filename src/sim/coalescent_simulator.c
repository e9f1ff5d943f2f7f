/* coalescent_simulator.c - rows of parameters, and replicates of the coalescent under them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/coalescent_simulator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"
#include "dnadna/coalescent.h"
#include "sim/demography_section.h"

/* Genomes of a population at a time. */
typedef struct {
    int64_t n, population;
    int64_t time; /* place of the value; -1: now */
} group;

typedef struct {
    dna_priors *priors;
    dna_demes *model;
    group *groups;
    int64_t n_group;
    int64_t length, recombination, mutation; /* places */
    dna_rate_map *recombination_map, *mutation_map;
} state;

/* What a row needs to be checked and run. */
typedef struct {
    dna_coalescent *coalescent;
    dna_history *history;
    dna_sample_group *groups;
    double *values;
} worker;

static bool
is_smc(const dna_simulator *sim)
{
    const dna_sim_coalescent_opts *o = sim->opts;
    return strcmp(o->ancestry, "smc_prime") == 0;
}

/* ---- samples ------------------------------------------------------------------------- */

static int
refuse_groups(const state *s, const dna_value *v)
{
    dna_str names;

    dna_str_init(&names, 0);
    for (int64_t i = 0; i < dna_demes_count(s->model) && i < 20; i++) {
        dna_str_addf(&names, "%s%s", i > 0 ? ", " : "", dna_demes_name(s->model, i));
    }
    int rc = dna_config_fail(DNA_EARG, v, "n_samples",
        "this is not a number of genomes, {population: number, ...} or [{population: "
        "..., n: ..., time: ...}, ...]; there are the populations %s",
        dna_str_text(&names));
    dna_str_clear(&names);
    return rc;
}

static int
add_group(state *s, const dna_value *v, const dna_value *n, const char *population)
{
    group *g = &s->groups[s->n_group];

    *g = (group){.time = -1};
    g->population = population != NULL ? dna_demes_find(s->model, population) : -1;
    if (!dna_value_as_int(n, &g->n) || g->population < 0) {
        return refuse_groups(s, v);
    }
    if (g->n < 1 || g->n > 1000000) {
        return dna_config_fail(DNA_EARG, n, "n_samples",
            "%lld genomes of \"%s\", not 1 to 1000000", (long long)g->n, population);
    }
    s->n_group++;
    return DNA_OK;
}

/* {population: A, n: 10, time: 100} */
static int
read_group(state *s, const dna_value *v, int64_t i)
{
    const dna_value *time = dna_value_get(v, "time");
    char name[64];
    char at[64];
    int rc = DNA_OK;

    for (int64_t k = 0; v->type == DNA_MAP && k < v->n; k++) {
        if (strcmp(v->keys[k], "population") != 0 && strcmp(v->keys[k], "n") != 0
            && strcmp(v->keys[k], "time") != 0) {
            return refuse_groups(s, v);
        }
    }
    DNA_TRY(add_group(s, v, dna_value_get(v, "n"),
        dna_value_as_text(dna_value_get(v, "population"))));
    if (time != NULL) {
        snprintf(name, sizeof(name), "sample_time_%lld", (long long)i);
        snprintf(at, sizeof(at), "n_samples[%lld].time", (long long)i);
        DNA_TRY(dna_priors_add(s->priors, &s->groups[s->n_group - 1].time, name, time,
            at, DNA_PRIOR_IS_SETTING));
    }
out:
    return rc;
}

/* A number alone is of the only population, or of the only one that is sampled now. */
static int
read_samples(dna_simulator *sim, state *s)
{
    const dna_value *v = dna_value_get(sim->config, "n_samples");
    int64_t total = 0;
    int rc = DNA_OK;

    s->groups = dna_arena_alloc(sim->arena,
        v->type == DNA_MAP || v->type == DNA_LIST ? (size_t)v->n + 1 : 1,
        sizeof(*s->groups));
    if (s->groups == NULL) {
        return DNA_ENOMEM;
    }
    if (v->type == DNA_MAP) {
        for (int64_t i = 0; i < v->n; i++) {
            DNA_TRY(add_group(s, v, v->items[i], v->keys[i]));
        }
    } else if (v->type == DNA_LIST) {
        for (int64_t i = 0; i < v->n; i++) {
            DNA_TRY(read_group(s, v->items[i], i));
        }
    } else if (dna_demes_count(s->model) > 1) {
        return refuse_groups(s, v);
    } else {
        DNA_TRY(add_group(s, v, v, dna_demes_name(s->model, 0)));
    }
    for (int64_t i = 0; i < s->n_group; i++) {
        total += s->groups[i].n;
    }
    if (total < 2) {
        return dna_config_fail(DNA_EARG, v, "n_samples",
            "%lld genome%s, at least 2 are needed", (long long)total,
            DNA_PLURAL(total));
    }
    DNA_TRY(dna_priors_add_number(s->priors, NULL, "n_samples", (double)total));
out:
    return rc;
}

/* ---- maps ------------------------------------------------------------------------------ */

/* The window of a map's file, and its mean as a column instead of the rate's value. */
static int
read_map(const dna_simulator *sim, dna_rate_map **out, const char *path,
    const char *key, double length)
{
    const dna_sim_coalescent_opts *o = sim->opts;
    dna_rate_map *whole = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_str_ends_with(path, ".map") ? dna_rate_map_read_plink(&whole, path)
                                            : dna_rate_map_read_hapmap(&whole, path));
    if (o->map_start + length > whole->pos[whole->n]) {
        rc = dna_config_fail(DNA_EARG, dna_value_get(sim->config, key), key,
            "the map ends at %.10g, before map_start + segment_length %.10g",
            whole->pos[whole->n], o->map_start + length);
        goto out;
    }
    DNA_TRY(dna_rate_map_window(out, whole, o->map_start, o->map_start + length));
out:
    dna_rate_map_free(whole);
    return rc;
}

static int
read_rate(dna_simulator *sim, state *s, int64_t *place, const char *key,
    const char *map_key, const char *path, dna_rate_map **map)
{
    const dna_value *length_value = dna_value_get(sim->config, "segment_length");
    double length = 0;
    int rc = DNA_OK;

    *place = dna_priors_find(s->priors, key); /* of a table, or a parameter */
    if (path == NULL) {
        if (*place < 0) {
            DNA_TRY(dna_priors_add(
                s->priors, place, key, dna_value_get(sim->config, key), key, 0));
        }
        goto out;
    }
    if (*place >= 0) {
        rc = dna_config_fail(DNA_EARG, dna_value_get(sim->config, map_key), map_key,
            "there is a value \"%s\" too", key);
        goto out;
    }
    if (!dna_value_as_double(length_value, &length) || !(length > 0)
        || !isfinite(length)) {
        rc = dna_config_fail(DNA_EARG, length_value, "segment_length",
            "with a map the length is a number above 0, not drawn");
        goto out;
    }
    DNA_TRY(read_map(sim, map, path, map_key, length));
    DNA_TRY(dna_priors_add_number(
        s->priors, place, key, dna_rate_map_mass(*map, length) / length));
out:
    return rc;
}

/* ---- rows -------------------------------------------------------------------------------- */

static int
check_value(const state *s, int64_t place, double v, bool may_be_zero, bool may_be_big)
{
    bool is_good = (may_be_zero ? v >= 0 : v > 0) && (may_be_big || v <= 1);

    return is_good ? DNA_OK
                   : dna_priors_fail(s->priors, place, DNA_EARG, "%.10g is not %s", v,
                       may_be_zero ? "a rate between 0 and 1" : "a length above 0");
}

/* The history of a row with its samples; of the worker. */
static int
set_history(worker *w, const state *s, const double *row, dna_demography *out)
{
    const double *values = w->values;
    int rc = DNA_OK;

    DNA_TRY(dna_priors_restore(s->priors, row, w->values));
    DNA_TRY(check_value(s, s->length, values[s->length], false, true));
    DNA_TRY(check_value(s, s->recombination, values[s->recombination], true, false));
    DNA_TRY(check_value(s, s->mutation, values[s->mutation], true, false));
    DNA_TRY(dna_history_set(w->history, values));
    for (int64_t i = 0; i < s->n_group; i++) {
        const group *g = &s->groups[i];
        w->groups[i] = (dna_sample_group){.n = g->n,
            .population = (int32_t)g->population,
            .time = g->time < 0 ? 0 : values[g->time]};
    }
    *out = *dna_history_demography(w->history);
    out->group = w->groups;
    out->n_group = s->n_group;
out:
    return rc;
}

static int
set_model(worker *w, const dna_simulator *sim, const dna_demography *demography,
    int64_t max_snp)
{
    const state *s = sim->state;

    return dna_coalescent_set(
        w->coalescent, &(dna_coalescent_model){.demography = demography,
                           .length = w->values[s->length],
                           .recombination_rate = w->values[s->recombination],
                           .mutation_rate = w->values[s->mutation],
                           .recombination_map = s->recombination_map,
                           .mutation_map = s->mutation_map,
                           .max_snp = max_snp,
                           .has_tables = sim->has_trees,
                           .is_smc = is_smc(sim),
                           .is_cancelled = sim->is_cancelled,
                           .payload = sim->payload});
}

/* Whether a row can happen. */
static int
check_row(const dna_simulator *sim, const double *row)
{
    void *w = NULL;
    dna_demography d;
    int rc = DNA_OK;

    DNA_TRY(dna_sim_coalescent_worker_new(&w, sim));
    DNA_TRY(set_history(w, sim->state, row, &d));
    rc = dna_demography_check(&d);
    if (rc < 0) {
        dna_context("demography");
        goto out;
    }
    if (is_smc(sim)) {
        DNA_TRY(set_model(w, sim, &d, 0));
    }
out:
    dna_sim_coalescent_worker_free(w);
    return rc;
}

int
dna_sim_coalescent_draw(const dna_simulator *sim, dna_rng *rng, double *row)
{
    const state *s = sim->state;
    int rc = DNA_OK;

    DNA_TRY(dna_priors_draw(s->priors, rng, -1, row));
    DNA_TRY(check_row(sim, row));
out:
    return rc;
}

int
dna_sim_coalescent_table(const dna_simulator *sim, double *values)
{
    const state *s = sim->state;
    int rc = DNA_OK;

    DNA_TRY(dna_priors_table(s->priors, sim->seed, sim->n_scenario, values));
    for (int64_t i = 0; i < sim->n_scenario; i++) {
        rc = check_row(sim, values + i * sim->n_column);
        if (rc < 0) {
            dna_context("scenario %lld", (long long)i);
            goto out;
        }
    }
out:
    return rc;
}

/* Whatever is constant can be checked before anything is drawn. */
static int
check_constants(const dna_simulator *sim)
{
    const state *s = sim->state;
    double *row = NULL;
    bool is_constant = true;
    const int64_t *place = NULL;
    const dna_sim_column *columns = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    dna_priors_columns(s->priors, &columns, &place, &n);
    DNA_NEW(row, n + 1);
    for (int64_t i = 0; i < n; i++) {
        is_constant = dna_priors_constant(s->priors, place[i], &row[i]) && is_constant;
    }
    const int64_t places[] = {s->length, s->recombination, s->mutation};
    for (int64_t i = 0; i < DNA_COUNT(places); i++) {
        double v = 0;
        if (dna_priors_constant(s->priors, places[i], &v)) {
            DNA_TRY(check_value(s, places[i], v, i > 0, i == 0));
        }
    }
    if (is_constant) {
        DNA_TRY(check_row(sim, row));
    }
out:
    dna_free(row);
    return rc;
}

/* ---- opening ----------------------------------------------------------------------------- */

static int
check_options(const dna_simulator *sim)
{
    const dna_sim_coalescent_opts *o = sim->opts;

    if (sim->has_trees && o->max_snp != DNA_NULL_INT) {
        return dna_config_fail(DNA_EUNSUPPORTED, dna_value_get(sim->config, "max_snp"),
            "max_snp",
            "trees are of all SNPs: write_trees and max_snp exclude one another");
    }
    if (is_smc(sim)
        && (sim->has_trees || o->recombination_map != NULL
            || o->mutation_map != NULL)) {
        return dna_config_fail(DNA_EUNSUPPORTED, dna_value_get(sim->config, "ancestry"),
            "ancestry", "smc_prime has no trees to write and knows no maps");
    }
    return DNA_OK;
}

/* Values in the order of their columns. */
static int
read_values(dna_simulator *sim, state *s)
{
    const dna_sim_coalescent_opts *o = sim->opts;
    int64_t replicates = 0;
    int rc = DNA_OK;

    DNA_TRY(read_rate(sim, s, &s->mutation, "mutation_rate", "mutation_map",
        o->mutation_map, &s->mutation_map));
    DNA_TRY(read_rate(sim, s, &s->recombination, "recombination_rate",
        "recombination_map", o->recombination_map, &s->recombination_map));
    DNA_TRY(dna_priors_add_number(
        s->priors, &replicates, "n_replicates", (double)o->n_replicates));
    DNA_TRY(read_samples(sim, s));
    s->length = dna_priors_find(s->priors, "segment_length");
    if (s->length < 0) {
        DNA_TRY(dna_priors_add(s->priors, &s->length, "segment_length",
            dna_value_get(sim->config, "segment_length"), "segment_length", 0));
    }
out:
    return rc;
}

/* What --resume compares besides the settings. */
static void
note_inputs(dna_simulator *sim, const dna_value *section)
{
    const dna_sim_coalescent_opts *o = sim->opts;
    const dna_value *demes = dna_value_get(section, "demes");
    const char *const paths[] = {
        demes != NULL && demes->type == DNA_STRING ? demes->text : NULL,
        o->recombination_map, o->mutation_map,
        dna_value_as_text(dna_value_get(sim->config, "table"))};

    for (int64_t i = 0; i < DNA_COUNT(paths); i++) {
        if (paths[i] != NULL) {
            sim->inputs[sim->n_input++] = paths[i];
        }
    }
}

int
dna_sim_coalescent_open(
    dna_simulator *sim, dna_priors *priors, const dna_value *section, const char *at)
{
    state *s = dna_arena_alloc(sim->arena, 1, sizeof(*s));
    int rc = DNA_OK;

    if (s == NULL) {
        dna_priors_free(priors);
        return DNA_ENOMEM;
    }
    s->priors = priors;
    sim->state = s;
    DNA_TRY(dna_demography_read(&s->model, sim->arena, priors, section, at));
    DNA_TRY(read_values(sim, s));
    note_inputs(sim, section);
    DNA_TRY(dna_priors_finish(priors));
    dna_priors_columns(priors, &sim->columns, NULL, &sim->n_column);
    sim->replicate_column = dna_simulator_column(sim, "n_replicates");
    DNA_TRY(check_options(sim));
    DNA_TRY(check_constants(sim));
out:
    return rc;
}

void
dna_sim_coalescent_close(dna_simulator *sim)
{
    state *s = sim->state;

    if (s != NULL) {
        dna_priors_free(s->priors);
        dna_rate_map_free(s->recombination_map);
        dna_rate_map_free(s->mutation_map);
    }
}

/* ---- replicates -------------------------------------------------------------------------- */

int
dna_sim_coalescent_worker_new(void **out, const dna_simulator *sim)
{
    const state *s = sim->state;
    worker *w = NULL;
    int rc = DNA_OK;

    DNA_NEW(w, 1);
    DNA_TRY(dna_coalescent_new(&w->coalescent));
    DNA_TRY(dna_history_new(&w->history, s->model));
    DNA_NEW(w->groups, s->n_group);
    DNA_NEW(w->values, dna_priors_count(s->priors));
    *out = w;
    w = NULL;
out:
    dna_sim_coalescent_worker_free(w);
    return rc;
}

void
dna_sim_coalescent_worker_free(void *pointer)
{
    worker *w = pointer;

    if (w != NULL) {
        dna_coalescent_free(w->coalescent);
        dna_history_free(w->history);
        dna_free(w->groups);
        dna_free(w->values);
        dna_free(w);
    }
}

/* The smaller of the two that are given. */
static int64_t
smaller_max(int64_t setting, int64_t asked)
{
    if (setting == DNA_NULL_INT) {
        return asked;
    }
    return asked > 0 ? DNA_MIN(asked, setting) : setting;
}

int
dna_sim_coalescent_run(void *pointer, const dna_simulator *sim, const double *row,
    uint64_t seed, int64_t scenario, int64_t replicate, int64_t max_snp,
    dna_sample **out)
{
    const dna_sim_coalescent_opts *o = sim->opts;
    const state *s = sim->state;
    worker *w = pointer;
    dna_demography demography;
    dna_sample *sample = NULL;
    int rc = DNA_OK;

    max_snp = smaller_max(o->max_snp, max_snp);
    DNA_TRY(set_history(w, s, row, &demography));
    DNA_TRY(set_model(w, sim, &demography, max_snp));
    DNA_TRY(dna_coalescent_run(w->coalescent, seed, scenario, replicate, &sample));
    *out = sample;
    sample = NULL;
out:
    dna_sample_free(sample);
    return rc;
}

const dna_tree_tables *
dna_sim_coalescent_trees(void *pointer)
{
    return dna_coalescent_tables(((worker *)pointer)->coalescent);
}

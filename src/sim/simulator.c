/* simulator.c - the simulators there are; opening one, drawing and running.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/simulator.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/tables.h"
#include "popgen/sample_ops.h"

static const dna_simulator_def *const simulators[] = {
    &dna_simulator_one_event,
    &dna_simulator_size_history,
    &dna_simulator_two_populations,
    &dna_simulator_coalescent,
    &dna_simulator_command,
};

struct dna_simulator_worker {
    const dna_simulator *sim;
    void *state;
};

const dna_simulator_def *
dna_simulator_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(simulators) ? simulators[i] : NULL;
}

/* "one_event", or the class name of the original: "OneEvent". */
static bool
has_name(const dna_simulator_def *def, const char *name)
{
    const char *p = def->name;
    bool is_start = true;

    if (strcmp(def->name, name) == 0) {
        return true;
    }
    for (; *p != '\0'; p++) {
        if (*p == '_') {
            is_start = true;
            continue;
        }
        char wanted = is_start && *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        if (*name++ != wanted) {
            return false;
        }
        is_start = false;
    }
    return *name == '\0';
}

const dna_simulator_def *
dna_simulator_find(const char *name)
{
    for (int64_t i = 0; name != NULL && i < DNA_COUNT(simulators); i++) {
        if (has_name(simulators[i], name)) {
            return simulators[i];
        }
    }
    return NULL;
}

/* ---- opening --------------------------------------------------------------------- */

/* "one_event, two_populations" */
static void
list_names(dna_str *out, const char *names[])
{
    dna_str_init(out, 0);
    for (int64_t i = 0; i < DNA_COUNT(simulators); i++) {
        names[i] = simulators[i]->name;
        dna_str_addf(out, "%s%s", i > 0 ? ", " : "", names[i]);
    }
}

int
dna_simulator_named(const dna_simulator_def **out, const char *name)
{
    const char *names[DNA_COUNT(simulators)];
    dna_str known;
    int rc = DNA_OK;

    list_names(&known, names);
    *out = dna_simulator_find(name);
    if (*out == NULL) {
        const char *nearest = dna_nearest_name(name, names, DNA_COUNT(names));
        rc = dna_fail(DNA_ENOTFOUND, "there is no simulator \"%s\"%s%s%s; known are %s",
            name, nearest != NULL ? "; did you mean \"" : "",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"" : "",
            dna_str_text(&known));
    }
    dna_str_clear(&known);
    return rc;
}

static int
find_of_config(const dna_simulator_def **out, const dna_value *config)
{
    const dna_value *v = dna_value_get(config, "simulator_name");
    const char *name = dna_value_as_text(v);

    if (name == NULL) {
        const char *names[DNA_COUNT(simulators)];
        dna_str known;
        list_names(&known, names);
        int rc = dna_config_fail(DNA_ENOTFOUND, config, "simulator_name",
            "is not given; one of %s", dna_str_text(&known));
        dna_str_clear(&known);
        return rc;
    }
    int rc = dna_simulator_named(out, name);
    return rc < 0 ? dna_config_fail(rc, v, "simulator_name", "%s", dna_message()) : rc;
}

/* Positions are normalized unless the config says otherwise. */
static void
read_format(dna_simulator *sim)
{
    dna_position_format *f = &sim->format;

    (void)dna_config_position_format(sim->config, &f->distance, &f->normalized,
        &f->circular, &f->chromosome_size, &f->initial_position);
    f->distance = f->distance == 1;
    f->normalized = f->normalized != 0;
    f->circular = f->circular == 1;
}

static int64_t
setting_count(const dna_value *config, const char *key)
{
    int64_t n = 1;
    (void)dna_value_as_int(dna_value_get(config, key), &n);
    return n;
}

static int
read_trees(dna_simulator *sim)
{
    const dna_value *v = dna_value_get(sim->config, "write_trees");

    if (dna_value_as_bool(v, &sim->has_trees) && sim->has_trees
        && sim->def->trees == NULL) {
        return dna_config_fail(DNA_EUNSUPPORTED, v, "write_trees",
            "the simulator %s has no tree sequences", sim->def->name);
    }
    return DNA_OK;
}

static int
check_columns(const dna_simulator *sim)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < sim->n_column; i++) {
        const char *name = sim->columns[i].name;
        DNA_REQUIRE(
            strcmp(name, "scenario_idx") != 0 && dna_simulator_column(sim, name) == i,
            DNA_EARG, "simulator %s: two columns are called \"%s\"", sim->def->name,
            name);
    }
out:
    return rc;
}

int
dna_simulator_new(dna_simulator **out, dna_arena *config_arena, dna_value *config,
    uint64_t seed, dna_log *log)
{
    const dna_simulator_def *def = NULL;
    dna_simulator *sim = NULL;
    int rc = DNA_OK;

    DNA_TRY(find_of_config(&def, config));
    assert(def != NULL);
    DNA_TRY(dna_config_check_also(
        config_arena, config, def->fields, dna_fields_dataset, log));
    DNA_NEW(sim, 1);
    sim->def = def;
    sim->config = config;
    sim->log = log;
    sim->seed = seed;
    DNA_TRY(dna_arena_new(&sim->arena));
    sim->opts = dna_arena_alloc(sim->arena, 1, DNA_MAX(def->opts_size, 1));
    if (sim->opts == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    dna_config_bind(config, def->fields, sim->opts);
    sim->n_scenario = setting_count(config, "n_scenarios");
    sim->n_replicate = setting_count(config, "n_replicates");
    DNA_REQUIRE(sim->n_scenario <= DNA_SCENARIOS_MAX, DNA_EARG,
        "n_scenarios: %lld are more than %lld", (long long)sim->n_scenario,
        (long long)DNA_SCENARIOS_MAX);
    read_format(sim);
    DNA_TRY(read_trees(sim));
    DNA_TRY(def->open(sim));
    DNA_TRY(check_columns(sim));
    *out = sim;
    sim = NULL;
out:
    dna_simulator_free(sim);
    return rc;
}

void
dna_simulator_free(dna_simulator *sim)
{
    if (sim == NULL) {
        return;
    }
    if (sim->def->close != NULL) {
        sim->def->close(sim);
    }
    dna_arena_free(sim->arena);
    dna_free(sim);
}

int64_t
dna_simulator_column(const dna_simulator *sim, const char *name)
{
    for (int64_t i = 0; i < sim->n_column; i++) {
        if (strcmp(sim->columns[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- drawing --------------------------------------------------------------------- */

int
dna_simulator_draw(
    const dna_simulator *sim, uint64_t seed, int64_t scenario, double *values)
{
    dna_rng rng;
    int rc = DNA_OK;

    dna_rng_init(&rng, seed, "scenario", scenario, 0, 0);
    DNA_TRY(sim->def->draw(sim, &rng, values));
    for (int64_t i = 0; i < sim->n_column; i++) {
        DNA_REQUIRE(isfinite(values[i]), DNA_ENUMERIC, "%s is %g", sim->columns[i].name,
            values[i]);
    }
out:
    if (rc < 0) {
        dna_context("scenario %lld", (long long)scenario);
    }
    return rc;
}

int
dna_simulator_table(const dna_simulator *sim, double *values)
{
    int rc = DNA_OK;

    if (sim->def->table != NULL) {
        return sim->def->table(sim, values);
    }
    for (int64_t i = 0; i < sim->n_scenario; i++) {
        DNA_TRY(dna_simulator_draw(sim, sim->seed, i, values + i * sim->n_column));
    }
out:
    return rc;
}

/* ---- running --------------------------------------------------------------------- */

int
dna_simulator_worker_new(dna_simulator_worker **out, const dna_simulator *sim)
{
    dna_simulator_worker *worker = NULL;
    int rc = DNA_OK;

    DNA_NEW(worker, 1);
    worker->sim = sim;
    DNA_TRY(sim->def->worker_new(&worker->state, sim));
    *out = worker;
    worker = NULL;
out:
    dna_simulator_worker_free(worker);
    return rc;
}

void
dna_simulator_worker_free(dna_simulator_worker *worker)
{
    if (worker != NULL) {
        worker->sim->def->worker_free(worker->state);
        dna_free(worker);
    }
}

const dna_tree_tables *
dna_simulator_trees(const dna_simulator_worker *worker)
{
    const dna_simulator *sim = worker->sim;
    return sim->has_trees && sim->def->trees != NULL ? sim->def->trees(worker->state)
                                                     : NULL;
}

/* Base pairs are whole numbers: the cell of the continuous sequence a site lies in. */
static int
round_positions(dna_sample *s)
{
    dna_array whole = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_array_init(&whole, DNA_I64, 1, &s->n_site));
    for (int64_t i = 0; i < s->n_site; i++) {
        ((int64_t *)whole.data)[i] = (int64_t)floor(dna_array_get(&s->pos, i));
    }
    dna_array_clear(&s->pos);
    s->pos = whole;
out:
    return rc;
}

/* From whatever the simulator gives to the format that is wanted. */
static int
store_positions(dna_sample *s, const dna_position_format *format)
{
    int rc = DNA_OK;

    if (s->has_pos) {
        if (format->normalized == 0 && s->format.normalized == 0
            && s->format.distance == 0 && s->pos.dtype == DNA_F64) {
            DNA_TRY(round_positions(s));
        }
        DNA_TRY(dna_sample_reformat(s, format));
    }
out:
    return rc;
}

int
dna_simulator_run(dna_simulator_worker *worker, const double *values, uint64_t seed,
    int64_t scenario, int64_t replicate, int64_t max_snp, dna_sample **out)
{
    const dna_simulator *sim = worker->sim;
    dna_sample *sample = NULL;
    int rc = DNA_OK;

    DNA_TRY(sim->def->run(
        worker->state, sim, values, seed, scenario, replicate, max_snp, &sample));
    DNA_TRY(store_positions(sample, &sim->format));
    *out = sample;
    sample = NULL;
out:
    if (rc < 0) {
        dna_context(
            "scenario %lld, replicate %lld", (long long)scenario, (long long)replicate);
    }
    dna_sample_free(sample);
    return rc;
}

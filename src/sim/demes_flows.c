/* demes_flows.c - migrations and pulses of a Demes model.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "sim/demes_model.h"

static const char *const migration_keys[] = {
    "demes", "source", "dest", "start_time", "end_time", "rate", NULL};
static const char *const pulse_keys[] = {
    "sources", "dest", "time", "proportions", NULL};

static int
read_migration_numbers(
    dna_demes_reader *r, dna_demes_migration *g, int64_t i, const dna_value *defaults)
{
    const dna_value *start = dna_demes_pick(g->tree, NULL, defaults, "start_time");
    const dna_value *end = dna_demes_pick(g->tree, NULL, defaults, "end_time");
    const dna_value *rate = dna_demes_pick(g->tree, NULL, defaults, "rate");
    char column[DNA_DEMES_NAME_SIZE];
    int rc = DNA_OK;

    g->start_time = g->end_time = DNA_DEMES_NONE;
    if (rate == NULL) {
        return dna_config_fail(DNA_EFORMAT, g->tree, g->at, "rate is missing");
    }
    snprintf(column, sizeof(column), "migration_%lld_rate", (long long)i);
    DNA_TRY(
        dna_demes_read_number(r, &g->rate, DNA_DEMES_FRACTION, rate, g->at, column));
    g->is_start_infinite = start != NULL && dna_demes_is_infinity(start);
    if (start != NULL && !g->is_start_infinite) {
        snprintf(column, sizeof(column), "migration_%lld_start_time", (long long)i);
        DNA_TRY(dna_demes_read_number(
            r, &g->start_time, DNA_DEMES_POSITIVE, start, g->at, column));
    }
    if (end != NULL) {
        snprintf(column, sizeof(column), "migration_%lld_end_time", (long long)i);
        DNA_TRY(
            dna_demes_read_number(r, &g->end_time, DNA_DEMES_TIME, end, g->at, column));
    }
out:
    return rc;
}

/* One migration for each ordered pair of `demes`, or one from source to dest. */
static int
read_migration(dna_demes_reader *r, int64_t i, const dna_value *tree, const char *at,
    const dna_value *defaults, int64_t *cap)
{
    dna_demes *m = r->m;
    const dna_value *demes = dna_demes_pick(tree, NULL, defaults, "demes");
    const dna_value *source = dna_demes_pick(tree, NULL, defaults, "source");
    const dna_value *dest = dna_demes_pick(tree, NULL, defaults, "dest");
    dna_demes_migration one = {.tree = tree, .at = at};
    int64_t *pops = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_demes_check_keys(tree, at, migration_keys));
    if ((demes != NULL) == (source != NULL) || (source != NULL) != (dest != NULL)) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "either demes, or source and dest, tell who migrates");
    }
    DNA_TRY(read_migration_numbers(r, &one, i, defaults));
    if (demes != NULL) {
        DNA_TRY(dna_demes_read_populations(r, &pops, &n, demes, at, 2));
    } else {
        DNA_TRY(dna_demes_read_population(r, &one.source, source, at));
        DNA_TRY(dna_demes_read_population(r, &one.dest, dest, at));
    }
    int64_t n_new = demes != NULL ? n * (n - 1) : 1;
    if (m->n_migration + n_new > *cap) {
        *cap = 2 * (m->n_migration + n_new);
        dna_demes_migration *more =
            dna_arena_alloc(m->arena, (size_t)*cap, sizeof(*more));
        if (more == NULL) {
            return DNA_ENOMEM;
        }
        if (m->n_migration > 0) {
            memcpy(more, m->migrations, (size_t)m->n_migration * sizeof(*more));
        }
        m->migrations = more;
    }
    if (demes == NULL) {
        m->migrations[m->n_migration++] = one;
    }
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = 0; b < n; b++) {
            if (a != b) {
                one.source = pops[a];
                one.dest = pops[b];
                m->migrations[m->n_migration++] = one;
            }
        }
    }
out:
    return rc;
}

static int
read_pulse(dna_demes_reader *r, int64_t i, const dna_value *tree, const char *at,
    const dna_value *defaults)
{
    dna_demes_pulse *p = &r->m->pulses[r->m->n_pulse];
    const dna_value *proportions = NULL;
    const dna_value *time = NULL;
    char column[DNA_DEMES_NAME_SIZE];
    int rc = DNA_OK;

    *p = (dna_demes_pulse){.tree = tree, .at = at};
    DNA_TRY(dna_demes_check_keys(tree, at, pulse_keys));
    proportions = dna_demes_pick(tree, NULL, defaults, "proportions");
    time = dna_demes_pick(tree, NULL, defaults, "time");
    if (proportions == NULL || time == NULL) {
        return dna_config_fail(DNA_EFORMAT, tree, at, "%s is missing",
            time == NULL ? "time" : "proportions");
    }
    const dna_value *sources = dna_demes_pick(tree, NULL, defaults, "sources");
    if (sources == NULL) {
        return dna_config_fail(DNA_EFORMAT, tree, at, "sources is missing");
    }
    DNA_TRY(dna_demes_read_populations(r, &p->sources, &p->n_source, sources, at, 1));
    DNA_TRY(dna_demes_read_population(
        r, &p->dest, dna_demes_pick(tree, NULL, defaults, "dest"), at));
    for (int64_t k = 0; k < p->n_source; k++) {
        if (p->sources[k] == p->dest) {
            return dna_config_fail(DNA_EFORMAT, tree, at, "dest is one of the sources");
        }
    }
    snprintf(column, sizeof(column), "pulse_%lld", (long long)i);
    DNA_TRY(dna_demes_read_proportions(
        r, &p->proportions, p->n_source, proportions, at, column));
    snprintf(column, sizeof(column), "pulse_%lld_time", (long long)i);
    DNA_TRY(dna_demes_read_number(r, &p->time, DNA_DEMES_POSITIVE, time, at, column));
    r->m->n_pulse++;
out:
    return rc;
}

int
dna_demes_read_flows(dna_demes_reader *r, const dna_value *tree, const char *at,
    const dna_value *defaults)
{
    const dna_value *migrations = dna_value_get(tree, "migrations");
    const dna_value *pulses = dna_value_get(tree, "pulses");
    const dna_value *migration = dna_value_get(defaults, "migration");
    const dna_value *pulse = dna_value_get(defaults, "pulse");
    int64_t cap = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_demes_check_defaults(migration, "defaults.migration", migration_keys));
    DNA_TRY(dna_demes_check_defaults(pulse, "defaults.pulse", pulse_keys));
    DNA_TRY(dna_demes_check_list(migrations, "migrations", 0));
    DNA_TRY(dna_demes_check_list(pulses, "pulses", 0));
    for (int64_t i = 0; migrations != NULL && i < migrations->n; i++) {
        const char *item_at = dna_demes_path(r, at, "migrations", i);
        if (item_at == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(read_migration(r, i, migrations->items[i], item_at, migration, &cap));
    }
    if (pulses == NULL || pulses->n == 0) {
        goto out;
    }
    r->m->pulses =
        dna_arena_alloc(r->m->arena, (size_t)pulses->n, sizeof(*r->m->pulses));
    for (int64_t i = 0; i < pulses->n; i++) {
        const char *item_at = dna_demes_path(r, at, "pulses", i);
        if (item_at == NULL || r->m->pulses == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(read_pulse(r, i, pulses->items[i], item_at, pulse));
    }
out:
    return rc;
}

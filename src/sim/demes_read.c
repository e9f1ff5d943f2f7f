/* demes_read.c - the tree of a Demes file as a model: defaults filled in, names found.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"
#include "sim/demes_model.h"
#include "sim/expression.h"

enum { NAME_SIZE = 120 };

/* ---- trees --------------------------------------------------------------------------- */

/* keys: up to NULL. */
static int
check_keys(const dna_value *v, const char *at, const char *const *keys)
{
    int64_t n = 0;

    if (v->type != DNA_MAP) {
        return dna_config_fail(
            DNA_EFORMAT, v, at, "%s is not a mapping", dna_value_type_name(v));
    }
    while (keys[n] != NULL) {
        n++;
    }
    for (int64_t i = 0; i < v->n; i++) {
        int64_t k = 0;
        while (k < n && strcmp(keys[k], v->keys[i]) != 0) {
            k++;
        }
        if (k == n) {
            const char *nearest = dna_nearest_name(v->keys[i], keys, n);
            return dna_config_fail(DNA_EFORMAT, v->items[i], at,
                "Demes has no key \"%s\" here%s%s%s", v->keys[i],
                nearest != NULL ? ", did you mean \"" : "",
                nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        }
    }
    return DNA_OK;
}

/* The value of a key in the first of three trees that has it. */
static const dna_value *
pick(const dna_value *own, const dna_value *local, const dna_value *global,
    const char *key)
{
    const dna_value *v = dna_value_get(own, key);
    v = v != NULL ? v : dna_value_get(local, key);
    return v != NULL ? v : dna_value_get(global, key);
}

static int
check_list(const dna_value *v, const char *at, int64_t least)
{
    if (v != NULL && (v->type != DNA_LIST || v->n < least)) {
        return dna_config_fail(DNA_EFORMAT, v, at,
            least > 0 ? "this is not a list with %lld or more items"
                      : "this is not a list",
            (long long)least);
    }
    return DNA_OK;
}

static const char *
path(dna_demes_reader *r, const char *at, const char *key, int64_t i)
{
    const char *dot = at[0] != '\0' ? "." : "";
    return i < 0 ? dna_arena_printf(r->m->arena, "%s%s%s", at, dot, key)
                 : dna_arena_printf(
                     r->m->arena, "%s%s%s[%lld]", at, dot, key, (long long)i);
}

static bool
is_infinity(const dna_value *v)
{
    return (v->type == DNA_FLOAT && isinf(v->number) && v->number > 0)
           || (v->type == DNA_STRING && strcmp(v->text, "Infinity") == 0);
}

/* As in Python; letters beyond ASCII are not looked at. */
static bool
is_identifier(const char *s)
{
    if (s[0] == '\0' || strlen(s) > 100 || isdigit((unsigned char)s[0])) {
        return false;
    }
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < 128 && !isalnum((unsigned char)*s) && *s != '_') {
            return false;
        }
    }
    return true;
}

static int
read_population(dna_demes_reader *r, int64_t *out, const dna_value *v, const char *at)
{
    dna_demes *m = r->m;
    const char *names[64];
    int64_t n = DNA_MIN(m->n_deme, DNA_COUNT(names));

    if (v == NULL || v->type != DNA_STRING) {
        return dna_config_fail(
            DNA_EFORMAT, v, at, "this is not the name of a population");
    }
    *out = dna_demes_find(m, v->text);
    if (*out >= 0) {
        return DNA_OK;
    }
    for (int64_t i = 0; i < n; i++) {
        names[i] = m->demes[i].name;
    }
    const char *nearest = dna_nearest_name(v->text, names, n);
    return dna_config_fail(DNA_ENOTFOUND, v, at,
        "there is no population \"%s\" before this%s%s%s", v->text,
        nearest != NULL ? ", did you mean \"" : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "\"?" : "");
}

/* A list of populations without repetition. */
static int
read_populations(dna_demes_reader *r, int64_t **out, int64_t *n, const dna_value *v,
    const char *at, int64_t least)
{
    int rc = DNA_OK;

    if (v == NULL) {
        v = dna_value_list(r->m->arena);
        if (v == NULL) {
            return DNA_ENOMEM;
        }
    }
    DNA_TRY(check_list(v, at, least));
    int64_t *list = dna_arena_alloc(r->m->arena, (size_t)v->n + 1, sizeof(*list));
    if (list == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < v->n; i++) {
        DNA_TRY(read_population(r, &list[i], v->items[i], at));
        for (int64_t k = 0; k < i; k++) {
            if (list[k] == list[i]) {
                return dna_config_fail(DNA_EFORMAT, v->items[i], at,
                    "\"%s\" is there twice", v->items[i]->text);
            }
        }
    }
    *out = list;
    *n = v->n;
out:
    return rc;
}

static int
read_proportions(dna_demes_reader *r, int64_t **out, int64_t n, const dna_value *v,
    const char *at, const char *name)
{
    char column[NAME_SIZE + 40];
    int rc = DNA_OK;

    if (v->type != DNA_LIST || v->n != n) {
        return dna_config_fail(DNA_EFORMAT, v, at,
            "this is not a list of %lld numbers, one for each population",
            (long long)n);
    }
    *out = dna_arena_alloc(r->m->arena, (size_t)n + 1, sizeof(**out));
    if (*out == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        snprintf(column, sizeof(column), "%s_proportion_%lld", name, (long long)i);
        DNA_TRY(dna_demes_read_number(
            r, &(*out)[i], DNA_DEMES_FRACTION, v->items[i], at, column));
    }
out:
    return rc;
}

/* ---- epochs -------------------------------------------------------------------------- */

static const char *const epoch_keys[] = {"end_time", "start_size", "end_size",
    "size_function", "cloning_rate", "selfing_rate", NULL};

/* Rates that must be 0. */
static int
refuse_mating(const dna_value *v, const char *at, const char *key)
{
    double rate = 0;

    if (v == NULL) {
        return DNA_OK;
    }
    if (!dna_value_as_double(v, &rate) || !(rate >= 0 && rate <= 1)) {
        return dna_config_fail(DNA_EFORMAT, v, at, "%s is not between 0 and 1", key);
    }
    return rate == 0 ? DNA_OK
                     : dna_config_fail(DNA_EUNSUPPORTED, v, at,
                         "%s %g is not supported: mating is random here", key, rate);
}

static int
read_size_function(dna_demes_epoch *e, const dna_value *v)
{
    const char *name = v == NULL ? "exponential" : dna_value_as_text(v);

    e->is_constant = name != NULL && strcmp(name, "constant") == 0;
    if (name != NULL && strcmp(name, "linear") == 0) {
        return dna_config_fail(DNA_EUNSUPPORTED, v, e->at,
            "size_function linear is not supported; constant and exponential are");
    }
    if (name == NULL || (!e->is_constant && strcmp(name, "exponential") != 0)) {
        return dna_config_fail(
            DNA_EFORMAT, v, e->at, "size_function is not constant or exponential");
    }
    return DNA_OK;
}

/* "A_end_size", with the number of the epoch if there are several. */
static const char *
column_of(char *buf, const dna_demes_deme *d, const char *what, int64_t epoch)
{
    if (d->n_epoch > 1) {
        snprintf(buf, NAME_SIZE + 40, "%s_%s_%lld", d->name, what, (long long)epoch);
    } else {
        snprintf(buf, NAME_SIZE + 40, "%s_%s", d->name, what);
    }
    return buf;
}

static int
read_epoch(dna_demes_reader *r, dna_demes_deme *d, int64_t i, const dna_value *own,
    const dna_value *local, const dna_value *global)
{
    dna_demes_epoch *e = &d->epochs[i];
    const dna_value *end_time = pick(own, local, global, "end_time");
    const dna_value *start_size = pick(own, local, global, "start_size");
    const dna_value *end_size = pick(own, local, global, "end_size");
    char column[NAME_SIZE + 40];
    int rc = DNA_OK;

    *e = (dna_demes_epoch){.end_time = DNA_DEMES_NONE,
        .start_size = DNA_DEMES_NONE,
        .end_size = DNA_DEMES_NONE,
        .growth = DNA_DEMES_NONE,
        .source = own != NULL ? own : d->source,
        .at = own != NULL ? path(r, d->at, "epochs", i) : d->at};
    if (e->at == NULL) {
        return DNA_ENOMEM;
    }
    if (own != NULL) {
        DNA_TRY(check_keys(own, e->at, epoch_keys));
    }
    DNA_TRY(
        refuse_mating(pick(own, local, global, "cloning_rate"), e->at, "cloning_rate"));
    DNA_TRY(
        refuse_mating(pick(own, local, global, "selfing_rate"), e->at, "selfing_rate"));
    DNA_TRY(read_size_function(e, pick(own, local, global, "size_function")));
    if (end_time != NULL) {
        DNA_TRY(dna_demes_read_number(r, &e->end_time, DNA_DEMES_TIME, end_time, e->at,
            column_of(column, d, "end_time", i)));
    } else if (i + 1 < d->n_epoch) {
        return dna_config_fail(DNA_EFORMAT, e->source, e->at,
            "the epoch has no end_time, which only the last need not have");
    }
    if (start_size != NULL) {
        DNA_TRY(dna_demes_read_number(r, &e->start_size, DNA_DEMES_SIZE, start_size,
            e->at, column_of(column, d, "start_size", i)));
    }
    if (end_size != NULL) {
        DNA_TRY(dna_demes_read_number(r, &e->end_size, DNA_DEMES_SIZE, end_size, e->at,
            column_of(column, d, "end_size", i)));
    }
    if (e->start_size == DNA_DEMES_NONE) {
        e->start_size = i > 0 ? d->epochs[i - 1].end_size : e->end_size;
    }
    if (e->start_size == DNA_DEMES_NONE) {
        return dna_config_fail(
            DNA_EFORMAT, e->source, e->at, "neither start_size nor end_size is given");
    }
    e->end_size = e->end_size == DNA_DEMES_NONE ? e->start_size : e->end_size;
out:
    return rc;
}

/* ---- demes --------------------------------------------------------------------------- */

static int
read_start_time(
    dna_demes_reader *r, dna_demes_deme *d, const dna_value *v, const dna_value *tree)
{
    char column[NAME_SIZE + 40];

    d->start_time = DNA_DEMES_NONE;
    if (v != NULL && !is_infinity(v)) {
        snprintf(column, sizeof(column), "%s_start_time", d->name);
        if (d->n_ancestor == 0) {
            return dna_config_fail(DNA_EFORMAT, v, d->at,
                "the population has a start_time, but no ancestors");
        }
        return dna_demes_read_number(
            r, &d->start_time, DNA_DEMES_POSITIVE, v, d->at, column);
    }
    if (v != NULL && d->n_ancestor > 0) {
        return dna_config_fail(DNA_EFORMAT, v, d->at,
            "the population has ancestors, but has been there for ever");
    }
    if (d->n_ancestor > 1) {
        return dna_config_fail(DNA_EFORMAT, tree, d->at,
            "a population with several ancestors needs a start_time");
    }
    if (d->n_ancestor == 1) {
        const dna_demes_deme *a = &r->m->demes[d->ancestors[0]];
        d->start_time = a->epochs[a->n_epoch - 1].end_time;
        if (d->start_time == DNA_DEMES_NONE) {
            return dna_config_fail(DNA_EFORMAT, tree, d->at,
                "the ancestor \"%s\" lives until 0, so a start_time is needed",
                a->name);
        }
    }
    return DNA_OK;
}

static int
read_epochs(dna_demes_reader *r, dna_demes_deme *d, const dna_value *tree,
    const dna_value *global)
{
    static const char *const local_keys[] = {"epoch", NULL};
    const dna_value *epochs = dna_value_get(tree, "epochs");
    const dna_value *defaults = dna_value_get(tree, "defaults");
    const dna_value *local = dna_value_get(defaults, "epoch");
    int rc = DNA_OK;

    DNA_TRY(check_list(epochs, d->at, 0));
    if (defaults != NULL) {
        DNA_TRY(check_keys(defaults, d->at, local_keys));
    }
    if (local != NULL) {
        DNA_TRY(check_keys(local, d->at, epoch_keys));
    }
    d->n_epoch = epochs != NULL ? DNA_MAX(epochs->n, 1) : 1;
    d->epochs = dna_arena_alloc(r->m->arena, (size_t)d->n_epoch, sizeof(*d->epochs));
    if (d->epochs == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < d->n_epoch; i++) {
        bool has_own = epochs != NULL && epochs->n > 0;
        DNA_TRY(read_epoch(r, d, i, has_own ? epochs->items[i] : NULL, local, global));
    }
out:
    return rc;
}

static int
read_deme(dna_demes_reader *r, const dna_value *tree, const char *at,
    const dna_value *global_deme, const dna_value *global_epoch)
{
    static const char *const keys[] = {"name", "description", "start_time", "ancestors",
        "proportions", "epochs", "defaults", NULL};
    dna_demes_deme *d = &r->m->demes[r->m->n_deme];
    const dna_value *proportions = NULL;
    int rc = DNA_OK;

    *d = (dna_demes_deme){.source = tree, .at = at};
    DNA_TRY(check_keys(tree, at, keys));
    d->name = dna_value_as_text(dna_value_get(tree, "name"));
    if (d->name == NULL || !is_identifier(d->name)) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "the population has no name of letters, digits and _ (100 at most)");
    }
    if (dna_demes_find(r->m, d->name) >= 0) {
        return dna_config_fail(
            DNA_EFORMAT, tree, at, "there are two populations \"%s\"", d->name);
    }
    DNA_TRY(read_populations(r, &d->ancestors, &d->n_ancestor,
        pick(tree, NULL, global_deme, "ancestors"), at, 0));
    proportions = pick(tree, NULL, global_deme, "proportions");
    if (proportions != NULL) {
        DNA_TRY(read_proportions(
            r, &d->proportions, d->n_ancestor, proportions, at, d->name));
    } else if (d->n_ancestor > 1) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "a population with several ancestors needs proportions");
    }
    DNA_TRY(read_start_time(r, d, pick(tree, NULL, global_deme, "start_time"), tree));
    DNA_TRY(read_epochs(r, d, tree, global_epoch));
    r->m->n_deme++;
out:
    return rc;
}

static int
read_demes(dna_demes_reader *r, const dna_value *list, const char *at,
    const dna_value *defaults)
{
    static const char *const deme_keys[] = {
        "description", "start_time", "ancestors", "proportions", NULL};
    const dna_value *global_deme = dna_value_get(defaults, "deme");
    const dna_value *global_epoch = dna_value_get(defaults, "epoch");
    int rc = DNA_OK;

    if (global_deme != NULL) {
        DNA_TRY(check_keys(global_deme, "defaults.deme", deme_keys));
    }
    if (global_epoch != NULL) {
        DNA_TRY(check_keys(global_epoch, "defaults.epoch", epoch_keys));
    }
    if (list->n > DNA_MAX_POPULATIONS) {
        return dna_config_fail(
            DNA_EARG, list, at, "more than %d populations", DNA_MAX_POPULATIONS);
    }
    r->m->demes =
        dna_arena_alloc(r->m->arena, (size_t)list->n + 1, sizeof(*r->m->demes));
    if (r->m->demes == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < list->n; i++) {
        const char *item_at = path(r, at, "demes", i);
        if (item_at == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(read_deme(r, list->items[i], item_at, global_deme, global_epoch));
    }
out:
    return rc;
}

/* ---- migrations and pulses ----------------------------------------------------------- */

static const char *const migration_keys[] = {
    "demes", "source", "dest", "start_time", "end_time", "rate", NULL};
static const char *const pulse_keys[] = {
    "sources", "dest", "time", "proportions", NULL};

static int
read_migration_numbers(
    dna_demes_reader *r, dna_demes_migration *g, int64_t i, const dna_value *defaults)
{
    const dna_value *start = pick(g->tree, NULL, defaults, "start_time");
    const dna_value *end = pick(g->tree, NULL, defaults, "end_time");
    const dna_value *rate = pick(g->tree, NULL, defaults, "rate");
    char column[NAME_SIZE];
    int rc = DNA_OK;

    g->start_time = g->end_time = DNA_DEMES_NONE;
    if (rate == NULL) {
        return dna_config_fail(DNA_EFORMAT, g->tree, g->at, "rate is missing");
    }
    snprintf(column, sizeof(column), "migration_%lld_rate", (long long)i);
    DNA_TRY(
        dna_demes_read_number(r, &g->rate, DNA_DEMES_FRACTION, rate, g->at, column));
    g->is_start_infinite = start != NULL && is_infinity(start);
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
    const dna_value *demes = pick(tree, NULL, defaults, "demes");
    const dna_value *source = pick(tree, NULL, defaults, "source");
    const dna_value *dest = pick(tree, NULL, defaults, "dest");
    dna_demes_migration one = {.tree = tree, .at = at};
    int64_t *pops = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(check_keys(tree, at, migration_keys));
    if ((demes != NULL) == (source != NULL) || (source != NULL) != (dest != NULL)) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "either demes, or source and dest, tell who migrates");
    }
    DNA_TRY(read_migration_numbers(r, &one, i, defaults));
    if (demes != NULL) {
        DNA_TRY(read_populations(r, &pops, &n, demes, at, 2));
    } else {
        DNA_TRY(read_population(r, &one.source, source, at));
        DNA_TRY(read_population(r, &one.dest, dest, at));
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
    char column[NAME_SIZE];
    int rc = DNA_OK;

    *p = (dna_demes_pulse){.tree = tree, .at = at};
    DNA_TRY(check_keys(tree, at, pulse_keys));
    proportions = pick(tree, NULL, defaults, "proportions");
    time = pick(tree, NULL, defaults, "time");
    if (proportions == NULL || time == NULL) {
        return dna_config_fail(DNA_EFORMAT, tree, at, "%s is missing",
            time == NULL ? "time" : "proportions");
    }
    const dna_value *sources = pick(tree, NULL, defaults, "sources");
    if (sources == NULL) {
        return dna_config_fail(DNA_EFORMAT, tree, at, "sources is missing");
    }
    DNA_TRY(read_populations(r, &p->sources, &p->n_source, sources, at, 1));
    DNA_TRY(read_population(r, &p->dest, pick(tree, NULL, defaults, "dest"), at));
    for (int64_t k = 0; k < p->n_source; k++) {
        if (p->sources[k] == p->dest) {
            return dna_config_fail(DNA_EFORMAT, tree, at, "dest is one of the sources");
        }
    }
    snprintf(column, sizeof(column), "pulse_%lld", (long long)i);
    DNA_TRY(read_proportions(r, &p->proportions, p->n_source, proportions, at, column));
    snprintf(column, sizeof(column), "pulse_%lld_time", (long long)i);
    DNA_TRY(dna_demes_read_number(r, &p->time, DNA_DEMES_POSITIVE, time, at, column));
    r->m->n_pulse++;
out:
    return rc;
}

static int
read_migrations_and_pulses(dna_demes_reader *r, const dna_value *tree, const char *at,
    const dna_value *defaults)
{
    const dna_value *migrations = dna_value_get(tree, "migrations");
    const dna_value *pulses = dna_value_get(tree, "pulses");
    const dna_value *migration = dna_value_get(defaults, "migration");
    const dna_value *pulse = dna_value_get(defaults, "pulse");
    int64_t cap = 0;
    int rc = DNA_OK;

    if (migration != NULL) {
        DNA_TRY(check_keys(migration, "defaults.migration", migration_keys));
    }
    if (pulse != NULL) {
        DNA_TRY(check_keys(pulse, "defaults.pulse", pulse_keys));
    }
    DNA_TRY(check_list(migrations, "migrations", 0));
    DNA_TRY(check_list(pulses, "pulses", 0));
    for (int64_t i = 0; migrations != NULL && i < migrations->n; i++) {
        const char *item_at = path(r, at, "migrations", i);
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
        const char *item_at = path(r, at, "pulses", i);
        if (item_at == NULL || r->m->pulses == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(read_pulse(r, i, pulses->items[i], item_at, pulse));
    }
out:
    return rc;
}

/* ---- the whole ----------------------------------------------------------------------- */

static int
read_units(dna_demes_reader *r, const dna_value *tree, const char *at)
{
    const char *units = dna_value_as_text(dna_value_get(tree, "time_units"));
    const dna_value *time = dna_value_get(tree, "generation_time");
    bool is_generations = units != NULL && strcmp(units, "generations") == 0;
    double v = 0;

    r->m->generation_time = DNA_DEMES_NONE;
    if (units == NULL) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "time_units is missing: generations, or years with a generation_time");
    }
    if (is_generations) {
        return time == NULL || (dna_value_as_double(time, &v) && v == 1)
                   ? DNA_OK
                   : dna_config_fail(DNA_EFORMAT, time, at,
                       "generation_time is not 1, but time_units are generations");
    }
    if (time == NULL) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "generation_time is missing: time_units are %s", units);
    }
    return dna_demes_read_number(
        r, &r->m->generation_time, DNA_DEMES_POSITIVE, time, at, "generation_time");
}

int
dna_demes_read(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *tree, const char *at, const dna_demes_parameter *parameters,
    int64_t n_parameter)
{
    static const char *const keys[] = {"description", "time_units", "generation_time",
        "doi", "metadata", "defaults", "demes", "migrations", "pulses", NULL};
    static const char *const defaults_keys[] = {
        "deme", "epoch", "migration", "pulse", NULL};
    dna_demes *m = dna_arena_alloc(arena, 1, sizeof(*m));
    dna_demes_reader r = {m, priors, parameters, n_parameter};
    const dna_value *defaults = dna_value_get(tree, "defaults");
    const dna_value *demes = dna_value_get(tree, "demes");
    int rc = DNA_OK;

    if (m == NULL) {
        return DNA_ENOMEM;
    }
    m->arena = arena;
    DNA_TRY(check_keys(tree, at, keys));
    if (defaults != NULL) {
        DNA_TRY(check_keys(defaults, "defaults", defaults_keys));
    }
    if (demes == NULL || demes->type != DNA_LIST || demes->n == 0) {
        return dna_config_fail(
            DNA_EFORMAT, demes != NULL ? demes : tree, at, "there is no list demes");
    }
    DNA_TRY(read_units(&r, tree, at));
    DNA_TRY(read_demes(&r, demes, at, defaults));
    DNA_TRY(read_migrations_and_pulses(&r, tree, at, defaults));
    *out = m;
out:
    return rc;
}

int64_t
dna_demes_count(const dna_demes *model)
{
    return model->n_deme;
}

const char *
dna_demes_name(const dna_demes *model, int64_t i)
{
    return model->demes[i].name;
}

int64_t
dna_demes_find(const dna_demes *model, const char *name)
{
    for (int64_t i = 0; i < model->n_deme; i++) {
        if (strcmp(model->demes[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

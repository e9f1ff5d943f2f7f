/* demes_read.c - the tree of a Demes file as a model: populations and their epochs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/expression.h"
#include "config/schema.h"
#include "sim/demes_model.h"

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
        snprintf(
            buf, DNA_DEMES_NAME_SIZE, "%s_%s_%lld", d->name, what, (long long)epoch);
    } else {
        snprintf(buf, DNA_DEMES_NAME_SIZE, "%s_%s", d->name, what);
    }
    return buf;
}

static int
read_epoch(dna_demes_reader *r, dna_demes_deme *d, int64_t i, const dna_value *own,
    const dna_value *local, const dna_value *global)
{
    dna_demes_epoch *e = &d->epochs[i];
    const dna_value *end_time = dna_demes_pick(own, local, global, "end_time");
    const dna_value *start_size = dna_demes_pick(own, local, global, "start_size");
    const dna_value *end_size = dna_demes_pick(own, local, global, "end_size");
    char column[DNA_DEMES_NAME_SIZE];
    int rc = DNA_OK;

    *e = (dna_demes_epoch){.end_time = DNA_DEMES_NONE,
        .start_size = DNA_DEMES_NONE,
        .end_size = DNA_DEMES_NONE,
        .growth = DNA_DEMES_NONE,
        .source = own != NULL ? own : d->source,
        .at = own != NULL ? dna_demes_path(r, d->at, "epochs", i) : d->at};
    if (e->at == NULL) {
        return DNA_ENOMEM;
    }
    if (own != NULL) {
        DNA_TRY(dna_demes_check_keys(own, e->at, epoch_keys));
    }
    DNA_TRY(refuse_mating(
        dna_demes_pick(own, local, global, "cloning_rate"), e->at, "cloning_rate"));
    DNA_TRY(refuse_mating(
        dna_demes_pick(own, local, global, "selfing_rate"), e->at, "selfing_rate"));
    DNA_TRY(read_size_function(e, dna_demes_pick(own, local, global, "size_function")));
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
    char column[DNA_DEMES_NAME_SIZE];

    d->start_time = DNA_DEMES_NONE;
    if (v != NULL && !dna_demes_is_infinity(v)) {
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

    DNA_TRY(dna_demes_check_list(epochs, d->at, 0));
    if (defaults != NULL) {
        DNA_TRY(dna_demes_check_keys(defaults, d->at, local_keys));
    }
    DNA_TRY(dna_demes_check_defaults(local, d->at, epoch_keys));
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
    DNA_TRY(dna_demes_check_keys(tree, at, keys));
    d->name = dna_value_as_text(dna_value_get(tree, "name"));
    if (d->name == NULL || !is_identifier(d->name)) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "the population has no name of letters, digits and _ (100 at most)");
    }
    if (dna_demes_find(r->m, d->name) >= 0) {
        return dna_config_fail(
            DNA_EFORMAT, tree, at, "there are two populations \"%s\"", d->name);
    }
    DNA_TRY(dna_demes_read_populations(r, &d->ancestors, &d->n_ancestor,
        dna_demes_pick(tree, NULL, global_deme, "ancestors"), at, 0));
    proportions = dna_demes_pick(tree, NULL, global_deme, "proportions");
    if (proportions != NULL) {
        DNA_TRY(dna_demes_read_proportions(
            r, &d->proportions, d->n_ancestor, proportions, at, d->name));
    } else if (d->n_ancestor > 1) {
        return dna_config_fail(DNA_EFORMAT, tree, at,
            "a population with several ancestors needs proportions");
    }
    DNA_TRY(read_start_time(
        r, d, dna_demes_pick(tree, NULL, global_deme, "start_time"), tree));
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

    DNA_TRY(dna_demes_check_defaults(global_deme, "defaults.deme", deme_keys));
    DNA_TRY(dna_demes_check_defaults(global_epoch, "defaults.epoch", epoch_keys));
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
        const char *item_at = dna_demes_path(r, at, "demes", i);
        if (item_at == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(read_deme(r, list->items[i], item_at, global_deme, global_epoch));
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
    DNA_TRY(dna_demes_check_keys(tree, at, keys));
    if (defaults != NULL) {
        DNA_TRY(dna_demes_check_keys(defaults, "defaults", defaults_keys));
    }
    if (demes == NULL || demes->type != DNA_LIST || demes->n == 0) {
        return dna_config_fail(
            DNA_EFORMAT, demes != NULL ? demes : tree, at, "there is no list demes");
    }
    DNA_TRY(read_units(&r, tree, at));
    DNA_TRY(read_demes(&r, demes, at, defaults));
    DNA_TRY(dna_demes_read_flows(&r, tree, at, defaults));
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

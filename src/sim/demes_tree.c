/* demes_tree.c - parts of the tree of a Demes file: keys, lists, names of populations.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"
#include "sim/demes_model.h"

/* keys: up to NULL. */
int
dna_demes_check_keys(const dna_value *v, const char *at, const char *const *keys)
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

int
dna_demes_check_defaults(const dna_value *v, const char *at, const char *const *keys)
{
    static const struct {
        const char *key;
        dna_demes_kind kind;
    } kinds[] = {{"end_time", DNA_DEMES_TIME}, {"start_size", DNA_DEMES_SIZE},
        {"end_size", DNA_DEMES_SIZE}, {"rate", DNA_DEMES_FRACTION},
        {"time", DNA_DEMES_POSITIVE}, {"start_time", DNA_DEMES_POSITIVE}};
    int rc = DNA_OK;

    if (v == NULL) {
        return DNA_OK;
    }
    DNA_TRY(dna_demes_check_keys(v, at, keys));
    for (int64_t i = 0; i < DNA_COUNT(kinds); i++) {
        const dna_value *item = dna_value_get(v, kinds[i].key);
        if (item == NULL || dna_demes_is_infinity(item)) {
            continue;
        }
        if (item->type == DNA_INT || item->type == DNA_FLOAT) {
            dna_demes_number number = {kinds[i].kind, 0, -1, item, at};
            DNA_TRY(dna_demes_check_number(&number, item->number));
        } else if (item->type != DNA_STRING && item->type != DNA_MAP) {
            return dna_config_fail(DNA_EFORMAT, item, at, "%s: %s is not a number",
                kinds[i].key, dna_value_type_name(item));
        }
    }
out:
    return rc;
}

/* The value of a key in the first of three trees that has it. */
const dna_value *
dna_demes_pick(const dna_value *own, const dna_value *local, const dna_value *global,
    const char *key)
{
    const dna_value *v = dna_value_get(own, key);
    v = v != NULL ? v : dna_value_get(local, key);
    return v != NULL ? v : dna_value_get(global, key);
}

int
dna_demes_check_list(const dna_value *v, const char *at, int64_t least)
{
    if (v != NULL && (v->type != DNA_LIST || v->n < least)) {
        return dna_config_fail(DNA_EFORMAT, v, at,
            least > 0 ? "this is not a list with %lld or more items"
                      : "this is not a list",
            (long long)least);
    }
    return DNA_OK;
}

const char *
dna_demes_path(dna_demes_reader *r, const char *at, const char *key, int64_t i)
{
    const char *dot = at[0] != '\0' ? "." : "";
    return i < 0 ? dna_arena_printf(r->m->arena, "%s%s%s", at, dot, key)
                 : dna_arena_printf(
                     r->m->arena, "%s%s%s[%lld]", at, dot, key, (long long)i);
}

bool
dna_demes_is_infinity(const dna_value *v)
{
    return (v->type == DNA_FLOAT && isinf(v->number) && v->number > 0)
           || (v->type == DNA_STRING && strcmp(v->text, "Infinity") == 0);
}

int
dna_demes_read_population(
    dna_demes_reader *r, int64_t *out, const dna_value *v, const char *at)
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
int
dna_demes_read_populations(dna_demes_reader *r, int64_t **out, int64_t *n,
    const dna_value *v, const char *at, int64_t least)
{
    int rc = DNA_OK;

    if (v == NULL) {
        v = dna_value_list(r->m->arena);
        if (v == NULL) {
            return DNA_ENOMEM;
        }
    }
    DNA_TRY(dna_demes_check_list(v, at, least));
    int64_t *list = dna_arena_alloc(r->m->arena, (size_t)v->n + 1, sizeof(*list));
    if (list == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < v->n; i++) {
        DNA_TRY(dna_demes_read_population(r, &list[i], v->items[i], at));
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

int
dna_demes_read_proportions(dna_demes_reader *r, int64_t **out, int64_t n,
    const dna_value *v, const char *at, const char *name)
{
    char column[DNA_DEMES_NAME_SIZE];
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

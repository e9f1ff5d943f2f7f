/* demography_section.c - windows, a built-in model, a Demes file or its content.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/demography_section.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"
#include "io/yaml.h"

/* ---- built-in models ------------------------------------------------------------------ */

/* "migration_AB?" without the mark. */
static bool
is_parameter(const char *listed, const char *key)
{
    size_t n = strcspn(listed, "?");
    return strlen(key) == n && strncmp(listed, key, n) == 0;
}

static bool
has_parameter(const dna_demography_model *model, const char *key)
{
    for (int64_t i = 0; i < DNA_COUNT(model->parameters); i++) {
        if (model->parameters[i] != NULL && is_parameter(model->parameters[i], key)) {
            return true;
        }
    }
    return false;
}

static int
refuse_parameter(const dna_demography_model *model, const dna_value *v, const char *at,
    const char *fact, const char *key)
{
    dna_str names;

    dna_str_init(&names, 0);
    for (int64_t i = 0; i < DNA_COUNT(model->parameters); i++) {
        const char *p = model->parameters[i];
        if (p != NULL) {
            dna_str_addf(&names, "%s%.*s", i > 0 ? ", " : "", (int)strcspn(p, "?"), p);
        }
    }
    int rc = dna_config_fail(DNA_EARG, v, at, "\"%s\" %s of the model %s, which has %s",
        key, fact, model->name, dna_str_text(&names));
    dna_str_clear(&names);
    return rc;
}

static int
read_parameters(dna_demes_parameter *out, int64_t *n, dna_arena *arena,
    dna_priors *priors, const dna_demography_model *model, const dna_value *section,
    const char *at)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < section->n; i++) {
        if (strcmp(section->keys[i], "model") != 0
            && !has_parameter(model, section->keys[i])) {
            return refuse_parameter(
                model, section->items[i], at, "is no parameter", section->keys[i]);
        }
    }
    for (*n = 0; *n < DNA_COUNT(model->parameters); (*n)++) {
        const char *listed = model->parameters[*n];
        if (listed == NULL) {
            break;
        }
        bool is_optional = strchr(listed, '?') != NULL;
        const char *name = dna_arena_strndup(arena, listed, strcspn(listed, "?"));
        const char *name_at =
            name != NULL ? dna_arena_printf(arena, "%s.%s", at, name) : NULL;
        if (name_at == NULL) {
            return DNA_ENOMEM;
        }
        const dna_value *v = dna_value_get(section, name);
        if (v == NULL && is_optional) {
            v = dna_value_int(arena, 0);
            if (v == NULL) {
                return DNA_ENOMEM;
            }
        }
        if (v == NULL) {
            return refuse_parameter(
                model, section, at, "is missing: it is a parameter", name);
        }
        out[*n].name = name;
        DNA_TRY(dna_priors_add(
            priors, &out[*n].place, name, v, name_at, DNA_PRIOR_IS_SETTING));
    }
out:
    return rc;
}

static int
read_model(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *section, const char *at)
{
    const char *name = dna_value_as_text(dna_value_get(section, "model"));
    const dna_demography_model *model = NULL;
    dna_demes_parameter parameters[DNA_COUNT(((dna_demography_model *)0)->parameters)];
    dna_value *tree = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    for (int64_t i = 0; (model = dna_demography_model_at(i)) != NULL; i++) {
        if (name != NULL && strcmp(model->name, name) == 0) {
            break;
        }
    }
    if (model == NULL) {
        return dna_config_fail(DNA_ENOTFOUND, dna_value_get(section, "model"), at,
            "there is no model \"%s\"", name != NULL ? name : "");
    }
    DNA_TRY(read_parameters(parameters, &n, arena, priors, model, section, at));
    DNA_TRY(
        dna_yaml_parse(&tree, arena, model->yaml, strlen(model->yaml), model->name));
    DNA_TRY(dna_demes_read(out, arena, priors, tree, at, parameters, n));
out:
    return rc;
}

/* ---- a Demes file ----------------------------------------------------------------------- */

static dna_value *
item_called(const dna_value *list, const char *name)
{
    for (int64_t i = 0; i < list->n; i++) {
        const char *text = dna_value_as_text(dna_value_get(list->items[i], "name"));
        if (text != NULL && strcmp(text, name) == 0) {
            return list->items[i];
        }
    }
    return NULL;
}

/* One step of a path: "name", ".name" or "[3]". Empty at its end, NULL if it is none. */
static const char *
next_step(char *step, size_t size, const char *path)
{
    size_t n = 0;

    if (*path == '[') {
        n = strspn(path + 1, "0123456789");
        if (n == 0 || n >= 9 || path[n + 1] != ']') {
            return NULL;
        }
        snprintf(step, size, "[%.*s", (int)n, path + 1);
        return path + n + 2;
    }
    path += *path == '.';
    n = strcspn(path, ".[");
    if (n >= size || n == 0) {
        return NULL;
    }
    snprintf(step, size, "%.*s", (int)n, path);
    return path + n;
}

static int
set_value(
    dna_arena *arena, dna_value *tree, const char *path, dna_value *v, const char *at)
{
    dna_value *node = tree;
    char step[128];
    int rc = DNA_OK;

    for (const char *rest = path; node != NULL;) {
        rest = next_step(step, sizeof(step), rest);
        if (rest == NULL) {
            break;
        }
        bool is_last = *rest == '\0';
        if (node->type == DNA_LIST) {
            int64_t i = step[0] == '[' ? strtol(step + 1, NULL, 10) : -1;
            dna_value *item = i >= 0 && i < node->n ? node->items[i] : NULL;
            if (item != NULL && is_last) {
                node->items[i] = v;
                return DNA_OK;
            }
            node = step[0] == '[' ? item : item_called(node, step);
        } else if (node->type == DNA_MAP && step[0] != '[') {
            if (is_last) {
                DNA_TRY(dna_value_set(arena, node, step, v));
                return DNA_OK;
            }
            node = dna_value_get(node, step);
        } else {
            break;
        }
        if (is_last) {
            break;
        }
    }
    rc = dna_config_fail(DNA_ENOTFOUND, v, at,
        "the Demes file has nothing at \"%s\"; a path is like demes.A.epochs[0].end_time",
        path);
out:
    return rc;
}

static int
read_file(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *section, const char *at)
{
    const dna_value *file = dna_value_get(section, "demes");
    const dna_value *set = dna_value_get(section, "set");
    dna_value *tree = NULL;
    int rc = DNA_OK;

    for (int64_t i = 0; i < section->n; i++) {
        if (strcmp(section->keys[i], "demes") != 0
            && strcmp(section->keys[i], "set") != 0) {
            return dna_config_fail(DNA_EARG, section->items[i], at,
                "\"%s\" beside a Demes file; set replaces its values",
                section->keys[i]);
        }
    }
    DNA_TRY(dna_yaml_read(&tree, arena, file->text));
    if (tree->type != DNA_MAP) {
        return dna_config_fail(DNA_EFORMAT, tree, "", "this is not a Demes model");
    }
    if (set != NULL && set->type != DNA_MAP) {
        return dna_config_fail(
            DNA_EARG, set, at, "set is not a mapping of paths to values");
    }
    for (int64_t i = 0; set != NULL && i < set->n; i++) {
        const char *set_at = dna_arena_printf(arena, "%s.set", at);
        if (set_at == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(set_value(arena, tree, set->keys[i], set->items[i], set_at));
    }
    DNA_TRY(dna_demes_read(out, arena, priors, tree, "", NULL, 0));
out:
    return rc;
}

/* ---- the section -------------------------------------------------------------------------- */

static int
read_windows(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *section, const char *at)
{
    static const char *const keys[] = {"sizes", "times", "growth"};

    for (int64_t i = 0; i < section->n; i++) {
        bool is_known = false;
        for (int64_t k = 0; k < DNA_COUNT(keys); k++) {
            is_known = is_known || strcmp(section->keys[i], keys[k]) == 0;
        }
        if (!is_known) {
            return dna_config_fail(DNA_EARG, section->items[i], at,
                "\"%s\" beside sizes: windows have sizes, times and growth",
                section->keys[i]);
        }
    }
    return dna_demes_read_windows(out, arena, priors, dna_value_get(section, "times"),
        dna_value_get(section, "sizes"), dna_value_get(section, "growth"), at);
}

int
dna_demography_read(dna_demes **out, dna_arena *arena, dna_priors *priors,
    const dna_value *section, const char *at)
{
    const dna_value *demes = dna_value_get(section, "demes");

    if (section == NULL || section->type != DNA_MAP) {
        return dna_config_fail(DNA_EARG, section, at,
            "this is not a mapping with sizes and times, a model, or demes");
    }
    if (dna_value_get(section, "model") != NULL) {
        return read_model(out, arena, priors, section, at);
    }
    if (dna_value_get(section, "sizes") != NULL) {
        return read_windows(out, arena, priors, section, at);
    }
    if (demes != NULL && demes->type == DNA_STRING) {
        return read_file(out, arena, priors, section, at);
    }
    if (demes != NULL) {
        return dna_demes_read(out, arena, priors, section, at, NULL, 0);
    }
    return dna_config_fail(
        DNA_EARG, section, at, "there are no sizes, no model and no demes");
}

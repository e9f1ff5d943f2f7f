/* params.c - what a network learns: the `learned_params` of a config.
 *
 * SPDX-License-Identifier: MIT
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/tables.h"

const char *const dna_params_taken[] = {"scenario_idx", "n_replicates", "splits", NULL};

#define FORMS                                                                        \
    "write \"name: {type: regression}\" or \"name: {type: classification, classes: " \
    "2}\""

static const dna_field *
other_table(const dna_field *fields)
{
    return fields == dna_fields_regression ? dna_fields_classification
                                           : dna_fields_regression;
}

/* The original refuses unknown keys here, and so do we. */
static int
check_keys(const dna_value *v, const dna_field *fields, const char *at)
{
    const char *names[16];
    int64_t n = 0;
    for (const dna_field *f = fields; f->key != NULL && n < DNA_COUNT(names); f++) {
        names[n++] = f->key;
    }
    for (int64_t i = 0; i < v->n; i++) {
        const char *key = v->keys[i];
        if (dna_field_find(fields, key) != NULL) {
            continue;
        }
        if (dna_field_find(other_table(fields), key) != NULL) {
            return dna_config_fail(DNA_EARG, v->items[i], at, "only a %s has \"%s\"",
                fields == dna_fields_regression ? "classification" : "regression", key);
        }
        const char *nearest = dna_nearest_name(key, names, n);
        return dna_config_fail(DNA_EARG, v->items[i], at, "unknown key \"%s\"%s%s%s",
            key, nearest != NULL ? "; did you mean \"" : "",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"" : "");
    }
    return DNA_OK;
}

static int
numbered_labels(dna_param *p, dna_arena *arena)
{
    for (int64_t i = 0; i < p->n_class; i++) {
        p->labels[i] = dna_arena_printf(arena, "%" PRId64, i);
        if (p->labels[i] == NULL) {
            return DNA_ENOMEM;
        }
    }
    return DNA_OK;
}

/* Labels keep the text of the file: [no, yes], [007]. Repeated ones count once. */
static int
listed_labels(
    dna_param *p, dna_arena *arena, const dna_value *list, const char *at, dna_log *log)
{
    p->n_class = 0;
    for (int64_t i = 0; i < list->n; i++) {
        const char *text = dna_value_as_text(list->items[i]);
        bool is_new = true;
        if (text == NULL) {
            char found[80];
            dna_value_describe(list->items[i], found, sizeof(found));
            return dna_config_fail(DNA_EARG, list->items[i], at,
                "%s is not a label (text or integer)", found);
        }
        for (int64_t k = 0; k < p->n_class && is_new; k++) {
            is_new = strcmp(p->labels[k], text) != 0;
        }
        if (!is_new) {
            dna_config_warn(log, list->items[i], at,
                "the label \"%s\" is there twice and counts once", text);
            continue;
        }
        p->labels[p->n_class] = dna_arena_strdup(arena, text);
        if (p->labels[p->n_class] == NULL) {
            return DNA_ENOMEM;
        }
        p->n_class++;
    }
    return DNA_OK;
}

static int
read_classes(
    dna_param *p, dna_arena *arena, const dna_value *v, const char *at, dna_log *log)
{
    const dna_value *classes = dna_value_get(v, "classes");
    const char *classes_at = dna_config_join(arena, at, "classes");
    int64_t n = 0;
    int64_t given = 0;
    int rc = DNA_OK;

    if (classes_at == NULL) {
        return DNA_ENOMEM;
    }
    bool is_list = classes->type == DNA_LIST;
    if (is_list) {
        n = classes->n;
    } else if (!dna_value_as_int(classes, &n)) {
        char found[80];
        dna_value_describe(classes, found, sizeof(found));
        return dna_config_fail(DNA_EARG, classes, classes_at,
            "%s is not a number of classes or a list of their labels", found);
    }
    if (n < 1 || n > DNA_CLASSES_MAX) {
        return dna_config_fail(DNA_EARG, classes, classes_at,
            "%lld classes are not between 1 and %d", (long long)n, DNA_CLASSES_MAX);
    }
    p->labels = dna_arena_alloc(arena, (size_t)n, sizeof(*p->labels));
    if (p->labels == NULL) {
        return DNA_ENOMEM;
    }
    p->n_class = n;
    DNA_TRY(is_list ? listed_labels(p, arena, classes, classes_at, log)
                    : numbered_labels(p, arena));
    if (dna_value_as_int(dna_value_get(v, "n_classes"), &given)
        && given != p->n_class) {
        dna_config_warn(log, dna_value_get(v, "n_classes"), at,
            "n_classes is %lld, but there are %lld classes; it is not to be set by hand",
            (long long)given, (long long)p->n_class);
    }
out:
    return rc;
}

static int
class_weights_fail(const dna_value *v, const char *at)
{
    char found[80];
    dna_value_describe(v, found, sizeof(found));
    return dna_config_fail(DNA_EARG, v, at,
        "%s is not balanced, none or a list of one number a class", found);
}

static int
read_weight_list(dna_param *p, dna_arena *arena, const dna_value *list, const char *at)
{
    double *weights = dna_arena_alloc(arena, (size_t)p->n_class, sizeof(*weights));
    double sum = 0.0;

    if (weights == NULL) {
        return DNA_ENOMEM;
    }
    if (list->n != p->n_class) {
        return dna_config_fail(DNA_EARG, list, at, "%lld weight%s for %lld classes",
            (long long)list->n, DNA_PLURAL(list->n), (long long)p->n_class);
    }
    for (int64_t i = 0; i < list->n; i++) {
        if (!dna_value_as_double(list->items[i], &weights[i]) || !(weights[i] >= 0.0)
            || !isfinite(weights[i])) {
            char found[80];
            dna_value_describe(list->items[i], found, sizeof(found));
            return dna_config_fail(DNA_EARG, list->items[i], at,
                "%s is not a finite number from 0 on", found);
        }
        sum += weights[i];
    }
    if (!(sum > 0.0 && isfinite(sum))) {
        return dna_config_fail(DNA_EARG, list, at, "the weights add up to %.10g", sum);
    }
    p->class_weights = "list";
    p->class_weight_list = weights;
    return DNA_OK;
}

/* After the classes, whose number a list must have. */
static int
read_class_weights(dna_param *p, dna_arena *arena, const dna_value *v, const char *at)
{
    const dna_value *weights = dna_value_get(v, "class_weights");
    const char *weights_at = dna_config_join(arena, at, "class_weights");

    if (weights_at == NULL) {
        return DNA_ENOMEM;
    }
    if (weights->type == DNA_LIST) {
        return read_weight_list(p, arena, weights, weights_at);
    }
    p->class_weights = dna_value_as_text(weights);
    if (dna_str_equal(p->class_weights, "balanced")
        || dna_str_equal(p->class_weights, "none")) {
        return DNA_OK;
    }
    return class_weights_fail(weights, weights_at);
}

static int
read_param(dna_param *p, dna_arena *arena, const char *name, dna_value *v, dna_log *log)
{
    const char *at = dna_config_join(arena, "learned_params", name);
    int rc = DNA_OK;

    if (at == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; dna_params_taken[i] != NULL; i++) {
        if (strcmp(name, dna_params_taken[i]) == 0) {
            return dna_config_fail(DNA_EARG, v, at,
                "this column of the parameter table has a meaning of its own");
        }
    }
    if (v->type != DNA_MAP) {
        char found[80];
        dna_value_describe(v, found, sizeof(found));
        return dna_config_fail(DNA_EARG, v, at, "%s is not a mapping; " FORMS, found);
    }
    const char *type = dna_value_as_text(dna_value_get(v, "type"));
    bool is_class = dna_str_equal(type, "classification");
    if (type == NULL || (!is_class && strcmp(type, "regression") != 0)) {
        return dna_config_fail(DNA_EARG, type != NULL ? dna_value_get(v, "type") : v,
            at, "type is %s%s%s; " FORMS, type != NULL ? "\"" : "",
            type != NULL ? type : "missing", type != NULL ? "\"" : "");
    }
    const dna_field *fields =
        is_class ? dna_fields_classification : dna_fields_regression;
    DNA_TRY(check_keys(v, fields, at));
    DNA_TRY(dna_config_check(arena, v, fields, at, log));
    dna_config_bind(v, fields, p);
    p->source = v;
    p->type = is_class ? DNA_CLASSIFICATION : DNA_REGRESSION;
    p->name = dna_arena_strdup(arena, name);
    if (p->name == NULL) {
        return DNA_ENOMEM;
    }
    p->std = 1;
    if (is_class) {
        DNA_TRY(read_classes(p, arena, v, at, log));
        DNA_TRY(read_class_weights(p, arena, v, at));
    }
out:
    return rc;
}

/* The name and settings of entry i of either form. */
static int
entry_at(dna_value *learned, int64_t i, const char **name, dna_value **settings)
{
    dna_value *entry = learned;
    int64_t k = i;
    if (learned->type == DNA_LIST) {
        entry = learned->items[i];
        k = 0;
        if (entry->type != DNA_MAP || entry->n != 1) {
            char at[48];
            char found[80];
            snprintf(at, sizeof(at), "learned_params[%lld]", (long long)i);
            dna_value_describe(entry, found, sizeof(found));
            return dna_config_fail(
                DNA_EARG, entry, at, "%s is not one parameter; " FORMS, found);
        }
    }
    *name = entry->keys[k];
    *settings = entry->items[k];
    if ((*name)[0] == '\0') {
        return dna_config_fail(
            DNA_EARG, *settings, "learned_params", "a parameter without a name");
    }
    return DNA_OK;
}

static int
check_column(const dna_param *p, const dna_value *v, const char *const *columns,
    int64_t n_column)
{
    for (int64_t i = 0; i < n_column; i++) {
        if (strcmp(columns[i], p->name) == 0) {
            return DNA_OK;
        }
    }
    const char *nearest = dna_nearest_name(p->name, columns, n_column);
    return dna_config_fail(DNA_ENOTFOUND, v, "learned_params",
        "the parameter table has no column \"%s\"%s%s%s", p->name,
        nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "\"" : "");
}

/* Order of the columns of the table; all names are known to be there. */
static void
sort_by_column(
    dna_param *params, int64_t n, const char *const *columns, int64_t n_column)
{
    int64_t done = 0;
    for (int64_t c = 0; c < n_column && done < n; c++) {
        for (int64_t i = done; i < n; i++) {
            if (strcmp(params[i].name, columns[c]) == 0) {
                dna_param p = params[i];
                memmove(params + done + 1, params + done,
                    (size_t)(i - done) * sizeof(*params));
                params[done++] = p;
                break;
            }
        }
    }
}

int
dna_params_read(dna_param **out, int64_t *n, dna_arena *arena, dna_value *learned,
    const char *const *columns, int64_t n_column, dna_log *log)
{
    int rc = DNA_OK;

    if (learned == NULL || (learned->type != DNA_MAP && learned->type != DNA_LIST)) {
        char found[80];
        dna_value_describe(learned, found, sizeof(found));
        return dna_config_fail(DNA_EARG, learned, "learned_params",
            "%s is not a mapping or a list of parameters; " FORMS, found);
    }
    if (learned->n == 0) {
        return dna_config_fail(DNA_EARG, learned, "learned_params",
            "is empty, at least one parameter is needed; " FORMS);
    }
    if (learned->n > DNA_PARAMS_MAX) {
        return dna_config_fail(DNA_EARG, learned, "learned_params",
            "%lld parameters are more than %d", (long long)learned->n, DNA_PARAMS_MAX);
    }
    dna_param *params = dna_arena_alloc(arena, (size_t)learned->n, sizeof(*params));
    if (params == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < learned->n; i++) {
        const char *name = NULL;
        dna_value *settings = NULL;
        DNA_TRY(entry_at(learned, i, &name, &settings));
        DNA_TRY(read_param(&params[i], arena, name, settings, log));
        for (int64_t k = 0; k < i; k++) {
            if (strcmp(params[k].name, params[i].name) == 0) {
                return dna_config_fail(DNA_EARG, settings, "learned_params",
                    "\"%s\" is there twice", name);
            }
        }
        if (columns != NULL) {
            DNA_TRY(check_column(&params[i], settings, columns, n_column));
        }
    }
    if (columns != NULL && learned->type == DNA_MAP) {
        sort_by_column(params, learned->n, columns, n_column);
    }
    *out = params;
    *n = learned->n;
out:
    return rc;
}

static int
read_stat(const dna_value *stats, const dna_param *p, const char *key, double *out)
{
    const dna_value *v = dna_value_get(stats, p->name);
    if (v == NULL) {
        return dna_config_fail(
            DNA_ENOTFOUND, stats, key, "has no \"%s\", which is learned", p->name);
    }
    if (!dna_value_as_double(v, out) || !isfinite(*out)) {
        char found[80];
        dna_value_describe(v, found, sizeof(found));
        return dna_config_fail(
            DNA_EARG, v, key, "%s: %s is not a finite number", p->name, found);
    }
    return DNA_OK;
}

int
dna_params_read_stats(dna_param *params, int64_t n, const dna_value *config)
{
    const dna_value *mean = dna_value_get(config, "train_mean");
    const dna_value *std = dna_value_get(config, "train_std");
    int rc = DNA_OK;

    if (dna_value_is_null(mean) && dna_value_is_null(std)) {
        return DNA_OK;
    }
    if (dna_value_is_null(mean) || dna_value_is_null(std)) {
        return dna_config_fail(DNA_EARG, config, "",
            "train_mean and train_std come together, one is missing");
    }
    for (int64_t i = 0; i < n; i++) {
        dna_param *p = &params[i];
        if (p->type == DNA_REGRESSION) {
            DNA_TRY(read_stat(mean, p, "train_mean", &p->mean));
            DNA_TRY(read_stat(std, p, "train_std", &p->std));
            if (p->std <= 0) {
                return dna_config_fail(DNA_EARG, dna_value_get(std, p->name),
                    "train_std", "%s: %.10g is not above 0", p->name, p->std);
            }
            p->has_stats = 1;
        }
    }
out:
    return rc;
}

static dna_value *
number_value(dna_arena *arena, double v)
{
    bool is_integer = v == floor(v) && fabs(v) < 1e15;
    return is_integer ? dna_value_int(arena, (int64_t)v) : dna_value_float(arena, v);
}

static int
class_settings(dna_value *map, dna_arena *arena, const dna_param *p)
{
    dna_value *labels = dna_value_list(arena);
    int rc = DNA_OK;

    for (int64_t i = 0; i < p->n_class; i++) {
        DNA_TRY(dna_value_append(arena, labels, dna_value_string(arena, p->labels[i])));
    }
    DNA_TRY(dna_value_set(arena, map, "classes", labels));
    DNA_TRY(dna_value_set(arena, map, "n_classes", dna_value_int(arena, p->n_class)));
    if (p->class_weight_list != NULL) {
        dna_value *weights = dna_value_list(arena);
        for (int64_t i = 0; i < p->n_class; i++) {
            DNA_TRY(dna_value_append(
                arena, weights, number_value(arena, p->class_weight_list[i])));
        }
        DNA_TRY(dna_value_set(arena, map, "class_weights", weights));
    } else {
        DNA_TRY(dna_value_set(arena, map, "class_weights",
            dna_value_string(
                arena, p->class_weights != NULL ? p->class_weights : "balanced")));
    }
out:
    return rc;
}

static int
regression_settings(dna_value *map, dna_arena *arena, const dna_param *p)
{
    int rc = DNA_OK;

    DNA_TRY(dna_value_set(
        arena, map, "log_transform", dna_value_bool(arena, p->log_transform == 1)));
    DNA_TRY(dna_value_set(arena, map, "tied_to_position",
        dna_value_bool(arena, p->tied_to_position == 1)));
out:
    return rc;
}

int
dna_params_to_value(
    dna_value **out, dna_arena *arena, const dna_param *params, int64_t n)
{
    dna_value *list = dna_value_list(arena);
    int rc = DNA_OK;

    for (int64_t i = 0; i < n; i++) {
        const dna_param *p = &params[i];
        bool is_class = p->type == DNA_CLASSIFICATION;
        dna_value *entry = dna_value_map(arena);
        dna_value *map = dna_value_map(arena);
        DNA_TRY(dna_value_set(arena, map, "type",
            dna_value_string(arena, is_class ? "classification" : "regression")));
        DNA_TRY(is_class ? class_settings(map, arena, p)
                         : regression_settings(map, arena, p));
        DNA_TRY(dna_value_set(
            arena, map, "loss_func", dna_value_string(arena, p->loss_func)));
        DNA_TRY(dna_value_set(
            arena, map, "loss_weight", number_value(arena, p->loss_weight)));
        DNA_TRY(dna_value_set(arena, entry, p->name, map));
        DNA_TRY(dna_value_append(arena, list, entry));
    }
    *out = list;
out:
    return rc;
}

double
dna_param_to_natural(const dna_param *p, double target)
{
    double v = target;
    if (p->has_stats) {
        v = target * p->std + p->mean;
        /* a quotient and a product were rounded between a 0 and here */
        if (fabs(v) <= 2.0 * DBL_EPSILON * fabs(p->mean)) {
            v = 0.0;
        }
    }
    return p->log_transform ? exp(v) : v;
}

double
dna_param_to_target(const dna_param *p, double value)
{
    double v = p->log_transform ? log(value) : value;
    return p->has_stats ? (v - p->mean) / p->std : v;
}

int64_t
dna_params_n_output(const dna_param *params, int64_t n)
{
    int64_t n_output = 0;
    for (int64_t i = 0; i < n; i++) {
        n_output += params[i].type == DNA_REGRESSION ? 1 : params[i].n_class;
    }
    return n_output;
}

/* transform.c - the list of transforms, reading it from a config, running it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/transform.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/transforms.h"

static const dna_transform_def *const transforms[] = {&dna_transform_crop,
    &dna_transform_subsample, &dna_transform_snp_format, &dna_transform_validate_snp,
    &dna_transform_reformat_position, &dna_transform_rotate, &dna_transform_sort_rows,
    &dna_transform_major_minor, &dna_transform_plus_minus, &dna_transform_pad,
    &dna_transform_bin};

static const char *const split_names[DNA_N_SPLIT] = {
    [DNA_TRAINING] = "training",
    [DNA_VALIDATION] = "validation",
    [DNA_TEST] = "test",
    [DNA_UNUSED] = "unused",
};

const dna_transform_def *
dna_transform_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(transforms) ? transforms[i] : NULL;
}

const dna_transform_def *
dna_transform_find(const char *name)
{
    for (int64_t i = 0; i < DNA_COUNT(transforms); i++) {
        if (strcmp(transforms[i]->name, name) == 0
            || strcmp(transforms[i]->class_name, name) == 0) {
            return transforms[i];
        }
    }
    return NULL;
}

const char *
dna_split_name(dna_split split)
{
    return split >= 0 && split < DNA_N_SPLIT ? split_names[split] : "none";
}

int
dna_split_from_name(const char *name)
{
    for (int i = 0; i < DNA_N_SPLIT; i++) {
        if (strcmp(split_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- reading --------------------------------------------------------------------- */

/* What reading one list needs all the way down. */
typedef struct {
    dna_arena *arena;
    dna_log *log;
    char at[96]; /* dotted path of the element that is being read */
} reader;

static int
fail_unknown(const reader *r, const dna_value *item, const char *name)
{
    const char *names[DNA_COUNT(transforms)];
    const char *nearest;
    dna_str known;
    int rc;

    dna_str_init(&known, 512);
    for (int64_t i = 0; i < DNA_COUNT(transforms); i++) {
        names[i] = transforms[i]->name;
        dna_str_addf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    nearest = dna_nearest_name(name, names, DNA_COUNT(transforms));
    rc = dna_config_fail(DNA_ENOTFOUND, item, r->at,
        "no transform is called \"%s\"%s%s%s (known: %s)", name,
        nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
        nearest != NULL ? "\"?" : "", dna_str_text(&known));
    dna_str_clear(&known);
    return rc;
}

static int64_t
count_fields(const dna_field *fields)
{
    int64_t n = 0;

    while (fields != NULL && fields[n].key != NULL) {
        n++;
    }
    return n;
}

/* The params as a mapping, whatever the form of the element: `name`, `name: {..}`,
 * `name:` and, for a transform with one parameter, `name: value`. */
static int
read_params(dna_value **out, const reader *r, const dna_transform_def *def,
    const dna_value *item, dna_value *given)
{
    dna_value *params;
    int rc = DNA_OK;

    if (given != NULL && given->type == DNA_MAP) {
        *out = given;
        return DNA_OK;
    }
    params = dna_value_map(r->arena);
    DNA_REQUIRE(params != NULL, DNA_ENOMEM, "out of memory");
    params->file = item->file;
    params->line = item->line;
    if (!dna_value_is_null(given)) {
        if (count_fields(def->fields) != 1) {
            rc = dna_config_fail(DNA_EARG, given, r->at,
                "%s takes a mapping of its parameters, not %s", def->name,
                dna_value_type_name(given));
            goto out;
        }
        DNA_TRY(dna_value_set(r->arena, params, def->fields[0].key, given));
    }
    *out = params;
out:
    return rc;
}

static int
read_item(dna_transform *out, reader *r, dna_value *item)
{
    const char *name = NULL;
    dna_value *given = NULL, *params = NULL;
    size_t len = strlen(r->at);
    int rc = DNA_OK;

    if (item->type == DNA_STRING) {
        name = item->text;
    } else if (item->type == DNA_MAP && item->n == 1) {
        name = item->keys[0];
        given = item->items[0];
    } else {
        rc = dna_config_fail(DNA_EARG, item, r->at,
            "a transform is a name, or a mapping with one key, its name; this is %s%s",
            dna_value_type_name(item),
            item->type == DNA_MAP ? " with another number of keys" : "");
        goto out;
    }
    out->def = dna_transform_find(name);
    if (out->def == NULL) {
        rc = fail_unknown(r, item, name);
        goto out;
    }
    snprintf(r->at + len, sizeof(r->at) - len, ".%s", out->def->name);
    DNA_TRY(read_params(&params, r, out->def, item, given));
    if (out->def->fields != NULL) {
        DNA_TRY(dna_config_check_with(
            r->arena, params, out->def->fields, r->at, r->log, DNA_CHECK_STRICT));
    } else if (params != NULL && params->n > 0) {
        rc = dna_config_fail(
            DNA_EARG, params, r->at, "%s takes no parameters", out->def->name);
        goto out;
    }
    out->opts = dna_arena_alloc(r->arena, 1, DNA_MAX(out->def->opts_size, (size_t)1));
    DNA_REQUIRE(out->opts != NULL, DNA_ENOMEM, "out of memory");
    if (out->def->fields != NULL) {
        dna_config_bind(params, out->def->fields, out->opts);
    }
    if (out->def->finish != NULL) {
        DNA_TRY(out->def->finish(out->opts, params, r->at, r->log));
    }
out:
    return rc;
}

static int
read_list(dna_transform_list *out, reader *r, const dna_value *list, const char *at)
{
    int rc = DNA_OK;

    *out = (dna_transform_list){0};
    if (dna_value_is_null(list)) {
        return DNA_OK;
    }
    if (list->type != DNA_LIST) {
        rc = dna_config_fail(DNA_EARG, list, at, "%s is not a list of transforms",
            dna_value_type_name(list));
        goto out;
    }
    out->items =
        dna_arena_alloc(r->arena, (size_t)DNA_MAX(list->n, 1), sizeof(*out->items));
    DNA_REQUIRE(out->items != NULL, DNA_ENOMEM, "out of memory");
    for (int64_t i = 0; i < list->n; i++) {
        snprintf(r->at, sizeof(r->at), "%s[%lld]", at, (long long)i);
        DNA_TRY(read_item(&out->items[i], r, list->items[i]));
        out->n++;
    }
out:
    return rc;
}

static int
read_splits(dna_transform_set *out, reader *r, const dna_value *config)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < config->n; i++) {
        int split = dna_split_from_name(config->keys[i]);
        char at[64];
        if (split < 0 || split == DNA_UNUSED) {
            rc = dna_config_fail(DNA_EARG, config, "dataset_transforms",
                "\"%s\" is no split (allowed: training, validation, test)",
                config->keys[i]);
            goto out;
        }
        snprintf(at, sizeof(at), "dataset_transforms.%s", split_names[split]);
        DNA_TRY(read_list(&out->list[split], r, config->items[i], at));
    }
    if (dna_value_get(config, "test") == NULL) {
        out->list[DNA_TEST] = out->list[DNA_VALIDATION];
    }
out:
    return rc;
}

int
dna_transforms_read(
    dna_transform_set *out, dna_arena *arena, dna_value *config, dna_log *log)
{
    reader r = {.arena = arena, .log = log};
    int rc = DNA_OK;

    *out = (dna_transform_set){0};
    if (!dna_value_is_null(config) && config->type == DNA_MAP) {
        DNA_TRY(read_splits(out, &r, config));
    } else {
        DNA_TRY(read_list(&out->list[0], &r, config, "dataset_transforms"));
        for (int i = 1; i < DNA_N_SPLIT; i++) {
            out->list[i] = out->list[0];
        }
    }
out:
    return rc;
}

int
dna_transforms_apply(const dna_transform_list *list, dna_transform_data *data)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < list->n; i++) {
        if (i + 1 == data->n_done) {
            continue;
        }
        rc = list->items[i].def->apply(list->items[i].opts, data);
        if (rc < 0) {
            dna_context("%s", list->items[i].def->name);
            break;
        }
    }
    return rc;
}

int64_t
dna_transforms_part(const dna_transform_list *list, dna_sample_part *part)
{
    for (int64_t i = 0; i < list->n; i++) {
        const dna_transform *t = &list->items[i];
        if (t->def->part != NULL && t->def->part(t->opts, part)) {
            return i + 1;
        }
        if (!t->def->keeps_sample) {
            break;
        }
    }
    return 0;
}

int64_t
dna_transforms_first_sites(const dna_transform_list *list)
{
    for (int64_t i = 0; i < list->n; i++) {
        const dna_transform *t = &list->items[i];
        int64_t n =
            t->def->first_sites != NULL ? t->def->first_sites(t->opts) : DNA_SITES_ALL;
        if (n != DNA_SITES_SAME) {
            return n;
        }
    }
    return DNA_SITES_ALL;
}

/* ---- the network input ----------------------------------------------------------- */

int
dna_form_resolve(dna_snp_form *form, const dna_sample *s)
{
    int rc = DNA_OK;

    DNA_REQUIRE(s->has_pos || *form != DNA_PRODUCT, DNA_EARG,
        "snp_format product needs positions, and this sample has none; use concat or matrix");
    if (!s->has_pos) {
        *form = DNA_MATRIX;
    }
out:
    return rc;
}

int64_t
dna_form_n_row(dna_snp_form form, int64_t n_hap)
{
    return form == DNA_CONCAT ? n_hap + 1 : n_hap;
}

/* out[i,j] = snp[i,j] * pos[j], by blocks of columns so that both stay on the stack. */
static void
fill_product(const dna_sample *s, float *out, int64_t stride)
{
    double p[256], x[256];

    for (int64_t first = 0; first < s->n_site; first += DNA_COUNT(p)) {
        int64_t n = DNA_MIN(DNA_COUNT(p), s->n_site - first);
        dna_array_to_double(&s->pos, first, n, p);
        for (int64_t i = 0; i < s->n_hap; i++) {
            dna_array_to_double(&s->snp, i * s->n_site + first, n, x);
            for (int64_t j = 0; j < n; j++) {
                out[i * stride + first + j] = (float)(x[j] * p[j]);
            }
        }
    }
}

void
dna_form_fill_rows(dna_snp_form form, const dna_sample *s, float *out, int64_t stride)
{
    if (form == DNA_PRODUCT) {
        fill_product(s, out, stride);
        return;
    }
    if (form == DNA_CONCAT) {
        dna_array_to_float(&s->pos, 0, s->n_site, out);
        out += stride;
    }
    for (int64_t i = 0; i < s->n_hap; i++) {
        dna_array_to_float(&s->snp, i * s->n_site, s->n_site, out + i * stride);
    }
}

void
dna_form_fill(dna_snp_form form, const dna_sample *s, float *out)
{
    dna_form_fill_rows(form, s, out, s->n_site);
}

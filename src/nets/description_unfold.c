/* description_unfold.c - the values that formulas of a description see, and its layers with
 * all repeats unfolded into a flat list.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "nets/description_builder.h"

#define MAX_ROUND 65536 /* of all repeats together */

/* ---- values ------------------------------------------------------------------------- */

int
dna_net_evaluate(dna_net_builder *b, const dna_expression *e, const double *values,
    const dna_value *at, const char *key, double *out)
{
    int rc = dna_expression_eval(e, values, NULL, out);
    if (rc < 0) {
        return dna_net_description_fail(rc, b->def->name, at, key, "%s", dna_message());
    }
    if (!isfinite(*out)) {
        return dna_net_description_fail(
            DNA_EARG, b->def->name, at, key, "a formula gives %g", *out);
    }
    return DNA_OK;
}

/* A setting as a number; a text is the place in its choices. */
static int
param_value(
    dna_net_builder *b, const dna_field *f, int place, const void *opts, double *out)
{
    const char *at = (const char *)opts + f->offset;
    const dna_expression_name *name = &b->d->names[place];
    int64_t integer = 0;
    int flag = 0;
    const char *text = NULL;

    if (f->kind == DNA_KIND_INT) {
        memcpy(&integer, at, sizeof(integer));
        *out = (double)integer;
    } else if (f->kind == DNA_KIND_BOOL) {
        memcpy(&flag, at, sizeof(flag));
        *out = flag;
    } else if (f->kind == DNA_KIND_FLOAT) {
        memcpy(out, at, sizeof(*out));
    } else {
        memcpy(&text, at, sizeof(text));
        for (int64_t i = 0; i < name->n_label; i++) {
            if (dna_str_equal(text, name->labels[i])) {
                *out = (double)i;
                return DNA_OK;
            }
        }
        return dna_fail(DNA_EARG, "network %s: params.%s: \"%s\" is none of %s",
            b->def->name, f->key, text != NULL ? text : "", f->choices);
    }
    return DNA_OK;
}

int
dna_net_fill_values(dna_net_builder *b, const void *opts)
{
    const struct dna_net_description *d = b->d;
    const dna_net_sizes *s = b->sizes;
    int place = DNA_LAYER_N_FIXED;
    int rc = DNA_OK;

    for (int i = 0; i < DNA_LAYER_N_SNP; i++) {
        b->values[i] = (double)NAN;
    }
    b->values[DNA_LAYER_N_SNP] = (double)s->n_snp;
    b->values[DNA_LAYER_N_INDIV] = (double)s->n_indiv;
    b->values[DNA_LAYER_N_ROWS] = (double)dna_net_n_row(s);
    b->values[DNA_LAYER_N_OUTPUTS] = (double)s->n_outputs;
    b->values[DNA_LAYER_HAS_POSITIONS] = s->concat;
    for (int i = 0; i < d->n_param; i++, place++) {
        DNA_TRY(param_value(b, &b->def->fields[i], place, opts, &b->values[place]));
    }
    for (int i = 0; i < d->n_let; i++, place++) {
        DNA_TRY(dna_net_evaluate(
            b, d->let[i], b->values, d->let_source[i], "let", &b->values[place]));
    }
out:
    return rc;
}

typedef struct {
    const dna_net_builder *b;
    dna_str *s;
    uint64_t told[DNA_LAYER_MAX_VALUE / 64];
} told_values;

static int
tell_value(void *payload, int64_t place)
{
    told_values *t = payload;
    uint64_t bit = (uint64_t)1 << (place % 64);
    const dna_expression_name *name = &t->b->d->names[place];

    if ((t->told[place / 64] & bit) == 0) {
        t->told[place / 64] |= bit;
        dna_str_addf(t->s, "%s%s is ", t->s->len > 0 ? ", " : "", name->name);
        if (name->labels != NULL) {
            dna_str_add(t->s, name->labels[(int64_t)t->b->values[place]]);
        } else {
            dna_str_addf(t->s, "%.10g", t->b->values[place]);
        }
    }
    return DNA_OK;
}

int
dna_net_check_needs(dna_net_builder *b)
{
    const struct dna_net_description *d = b->d;
    double holds = 0;
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    for (int i = 0; i < d->n_need; i++) {
        DNA_TRY(dna_net_evaluate(
            b, d->need[i], b->values, d->need_source[i], "needs", &holds));
        if (holds == 0) {
            told_values t = {.b = b, .s = &s};
            DNA_TRY(dna_expression_each_use(d->need[i], tell_value, &t));
            rc = dna_fail(DNA_ESHAPE, "network %s: needs %s; %s", b->def->name,
                d->need_source[i]->text, dna_str_text(&s));
            goto out;
        }
    }
out:
    dna_str_clear(&s);
    return rc;
}

/* ---- unfolding ---------------------------------------------------------------------- */

static bool
is_name(const char *s)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return s[0] != '\0' && strspn(s, allowed) == strlen(s);
}

int
dna_net_expand_text(
    const char **out, dna_net_builder *b, const dna_layer_text *t, const dna_value *at)
{
    dna_str s;
    double v = 0;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    for (int i = 0; i < t->n; i++) {
        if (t->text[i] != NULL) {
            dna_str_add(&s, t->text[i]);
            continue;
        }
        DNA_TRY(dna_net_evaluate(b, t->formula[i], b->values, at, "layers", &v));
        if (v != floor(v) || fabs(v) > DNA_LAYER_MAX_EXTENT) {
            rc = DNA_LAYER_FAIL(b, DNA_EARG, at, "a formula in a name gives %.10g", v);
            goto out;
        }
        dna_str_addf(&s, "%lld", (long long)v);
    }
    DNA_TRY(dna_str_status(&s));
    if (!is_name(dna_str_text(&s)) || s.len >= DNA_LAYER_MAX_NAME) {
        rc = DNA_LAYER_FAIL(b, DNA_EARG, at,
            "\"%.60s\" is no name of a layer: up to %d letters, digits, _, . and -",
            dna_str_text(&s), DNA_LAYER_MAX_NAME - 1);
        goto out;
    }
    *out = dna_arena_strdup(b->arena, dna_str_text(&s));
    rc = *out == NULL ? DNA_ENOMEM : DNA_OK;
out:
    dna_str_clear(&s);
    return rc;
}

dna_layer_unit *
dna_net_find_unit(const dna_net_builder *b, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (b->units[i].name != NULL && strcmp(b->units[i].name, name) == 0) {
            return &b->units[i];
        }
    }
    return NULL;
}

bool
dna_net_is_source(const char *name)
{
    return strcmp(name, "input") == 0 || strcmp(name, "snps") == 0
           || strcmp(name, "positions") == 0;
}

static int
check_new_name(dna_net_builder *b, const dna_layer_unit *u)
{
    const dna_layer_unit *old = dna_net_find_unit(b, b->n_unit, u->name);

    if (dna_net_is_source(u->name)) {
        return DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
            "\"%s\" is the name of an input of the network", u->name);
    }
    if (old == NULL) {
        return DNA_OK;
    }
    return old->item == u->item ? DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
               "the name \"%s\" comes in each round; one such as \"%s.{k}\" with index: k does not",
               u->name, u->name)
                                : DNA_LAYER_FAIL(b, DNA_EARG, u->item->source,
                                    "there are two layers \"%s\"; the first is in line %d",
                                    u->name, old->item->source->line);
}

static int
unfold_layer(dna_net_builder *b, const dna_layer_item *item)
{
    const size_t n_value = DNA_LAYER_MAX_VALUE;
    int rc = DNA_OK;

    if (b->n_unit == b->cap_unit) {
        int cap = b->cap_unit == 0 ? 64 : 2 * b->cap_unit;
        dna_layer_unit *units = dna_realloc(b->units, (size_t)cap, sizeof(*units));
        DNA_REQUIRE(units != NULL, DNA_ENOMEM, "%s", dna_message());
        b->units = units;
        b->cap_unit = cap;
    }
    if (b->n_unit == DNA_LAYER_MAX_COUNT) {
        rc = DNA_LAYER_FAIL(b, DNA_EARG, item->source, "more than %d layers in all",
            DNA_LAYER_MAX_COUNT);
        goto out;
    }
    dna_layer_unit *u = &b->units[b->n_unit];
    *u = (dna_layer_unit){.item = item};
    u->from =
        dna_arena_alloc(b->arena, (size_t)DNA_MAX(item->n_from, 1), sizeof(*u->from));
    u->values = dna_arena_alloc(b->arena, n_value, sizeof(*u->values));
    DNA_REQUIRE(u->from != NULL && u->values != NULL, DNA_ENOMEM, "%s", dna_message());
    memcpy(u->values, b->values, n_value * sizeof(*u->values));
    for (int i = 0; i < item->n_from; i++) {
        DNA_TRY(dna_net_expand_text(&u->from[i], b, item->from[i], item->source));
    }
    if (item->shares != NULL) {
        DNA_TRY(dna_net_expand_text(&u->shares, b, item->shares, item->source));
    }
    if (item->name != NULL) {
        DNA_TRY(dna_net_expand_text(&u->name, b, item->name, item->source));
        DNA_TRY(check_new_name(b, u));
    }
    b->n_unit++;
out:
    return rc;
}

static int
unfold_repeat(dna_net_builder *b, const dna_layer_item *item)
{
    double times = (double)item->n_list_entry;
    int rc = DNA_OK;

    if (item->times != NULL) {
        DNA_TRY(dna_net_evaluate(
            b, item->times, b->values, item->source, "layers", &times));
    }
    if (times != floor(times) || times < 0 || times > DNA_LAYER_MAX_COUNT) {
        rc = DNA_LAYER_FAIL(b, DNA_EARG, item->source,
            "repeat is %.10g, 0 to %d whole times are possible", times,
            DNA_LAYER_MAX_COUNT);
        goto out;
    }
    for (int64_t k = 0; k < (int64_t)times; k++) {
        if (b->n_round++ > MAX_ROUND) {
            rc = DNA_LAYER_FAIL(
                b, DNA_EARG, item->source, "too many rounds, over %d", MAX_ROUND);
            goto out;
        }
        for (int i = 0; i < item->n_list; i++) {
            DNA_TRY(dna_net_evaluate(b, item->list[i].e[k], b->values, item->source,
                "layers", &b->values[item->list[i].place]));
        }
        if (item->index >= 0) {
            b->values[item->index] = (double)k;
        }
        DNA_TRY(dna_net_unfold(b, item->items, item->n_item));
    }
out:
    return rc;
}

int
dna_net_unfold(dna_net_builder *b, const dna_layer_item *items, int64_t n)
{
    double holds = 1;
    int rc = DNA_OK;

    for (int64_t i = 0; i < n; i++) {
        const dna_layer_item *item = &items[i];
        holds = 1;
        if (item->when != NULL) {
            DNA_TRY(dna_net_evaluate(
                b, item->when, b->values, item->source, "layers", &holds));
        }
        if (holds != 0) {
            DNA_TRY(item->op == NULL ? unfold_repeat(b, item) : unfold_layer(b, item));
        }
    }
out:
    return rc;
}

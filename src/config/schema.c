/* schema.c - walk a config and its field table together.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "io/yaml.h"

#define MAX_NAME 128
/* warnings of one mapping: a file of another kind would give thousands */
#define MAX_UNKNOWN 20
/* keys that a message lists */
#define MAX_LISTED 8

typedef struct {
    dna_arena *arena;
    dna_log *log;
    unsigned flags;
    const dna_field *also; /* keys of the top mapping that are not ours to check */
} checker;

static int check_value(
    const checker *c, dna_value *v, const dna_field *field, const char *at);

/* "x" is not an integer */
static int
wrong_kind(const dna_value *v, const char *at, const char *expected)
{
    char text[80];
    dna_value_describe(v, text, sizeof(text));
    return dna_config_fail(DNA_EARG, v, at, "%s is not %s", text, expected);
}

/* --- scalars -----------------------------------------------------------------------
 */

/* What a range counts; NULL: the value itself. */
typedef struct {
    const char *one, *many;
} range_unit;

static const range_unit letters = {" letter is", " letters are"};
static const range_unit entries = {" entry is", " entries are"};

static int
check_range(const dna_value *v, const dna_field *f, double x, const range_unit *unit,
    const char *at)
{
    char found[DNA_NUMBER_SIZE];
    char limit[DNA_NUMBER_SIZE];
    const char *relation = NULL;
    double bound = 0;

    if (f->has_min && (f->is_min_open ? x <= f->min : x < f->min)) {
        relation = f->is_min_open ? "above" : "at least";
        bound = f->min;
    } else if (f->has_max && (f->is_max_open ? x >= f->max : x > f->max)) {
        relation = f->is_max_open ? "below" : "at most";
        bound = f->max;
    }
    if (relation == NULL) {
        return DNA_OK;
    }
    snprintf(found, sizeof(found), "%.10g", x);
    snprintf(limit, sizeof(limit), "%.10g", bound);
    const char *is = " is";
    if (unit != NULL) {
        is = x == 1 ? unit->one : unit->many;
    }
    return dna_config_fail(
        DNA_EARG, v, at, "%s%s not %s %s", found, is, relation, limit);
}

static int
check_bool(dna_value *v, const char *at)
{
    bool flag = false;
    if (!dna_value_as_bool(v, &flag)) {
        return wrong_kind(v, at, "a flag (true or false)");
    }
    v->type = DNA_BOOLEAN;
    v->boolean = flag;
    v->is_quoted = false;
    v->text = flag ? "true" : "false";
    return DNA_OK;
}

static int
check_int(const checker *c, dna_value *v, const dna_field *f, const char *at)
{
    int64_t i = 0;
    if (!dna_value_as_int(v, &i)) {
        return wrong_kind(v, at, "an integer");
    }
    if (v->type != DNA_INT) { /* 5.0 */
        v->text = dna_arena_printf(c->arena, "%" PRId64, i);
        if (v->text == NULL) {
            return DNA_ENOMEM;
        }
    }
    v->type = DNA_INT;
    v->integer = i;
    v->number = (double)i;
    return check_range(v, f, (double)i, NULL, at);
}

/* An integer stays one, so that it is written back as it was. */
static int
check_float(dna_value *v, const dna_field *f, const char *at)
{
    double x = 0;
    if (!dna_value_as_double(v, &x)) {
        return wrong_kind(v, at, "a number");
    }
    if (!isfinite(x)) {
        return wrong_kind(v, at, "a finite number");
    }
    if (v->type != DNA_INT) {
        v->type = DNA_FLOAT;
        v->number = x;
        v->is_quoted = false;
    }
    return check_range(v, f, x, NULL, at);
}

/* Characters of UTF-8, as a JSON Schema counts them. */
static int64_t
count_letters(const char *text)
{
    int64_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return n;
}

static int
check_text(dna_value *v, const dna_field *f, const char *at)
{
    const char *text = dna_value_as_text(v);
    if (text == NULL) {
        return wrong_kind(v, at, "text");
    }
    v->type = DNA_STRING;
    v->text = text;
    v->is_quoted = true;
    if (f->has_min && f->min >= 1 && text[0] == '\0') {
        return dna_config_fail(DNA_EARG, v, at, "is empty");
    }
    return check_range(v, f, (double)count_letters(text), &letters, at);
}

static int
check_choice(dna_value *v, const dna_field *f, const char *at)
{
    int rc = check_text(v, f, at);
    if (rc < 0) {
        return rc;
    }
    size_t n = strlen(v->text);
    for (const char *p = f->choices; *p != '\0';) {
        size_t len = strcspn(p, "|");
        if (len == n && strncmp(p, v->text, n) == 0) {
            return DNA_OK;
        }
        p += len + (p[len] == '|');
    }
    return dna_config_fail(
        DNA_EARG, v, at, "\"%s\" is not one of %s", v->text, f->choices);
}

/* Relative to the folder of the file that supplied the text. */
static int
check_path(const checker *c, dna_value *v, const dna_field *f, const char *at)
{
    char *dir = NULL;
    char *joined = NULL;
    char *absolute = NULL;
    int rc = DNA_OK;

    if (f->may_be_tree && (v->type == DNA_LIST || v->type == DNA_MAP)) {
        return DNA_OK;
    }
    DNA_TRY(check_text(v, f, at));
    if (v->text[0] == '\0') {
        rc = dna_config_fail(DNA_EARG, v, at, "is empty, not a path");
        goto out;
    }
    if ((c->flags & DNA_CHECK_KEEP_PATHS) != 0) {
        goto out;
    }
    dir = v->file != NULL ? dna_path_dirname(v->file) : dna_strdup(".");
    joined = dir != NULL ? dna_path_join(dir, v->text) : NULL;
    absolute = joined != NULL ? dna_path_absolute(joined) : NULL;
    const char *text = absolute != NULL ? dna_arena_strdup(c->arena, absolute) : NULL;
    if (text == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    v->text = text;
    if (f->must_exist && !dna_path_exists(text)) {
        rc = dna_config_fail(DNA_ENOTFOUND, v, at, "%s does not exist", text);
    }
out:
    dna_free(absolute);
    dna_free(joined);
    dna_free(dir);
    return rc;
}

/* --- collections -------------------------------------------------------------------
 */

static int
check_list(const checker *c, dna_value *v, const dna_field *f, const char *at)
{
    int rc = DNA_OK;

    if (v->type != DNA_LIST) {
        return wrong_kind(v, at, "a list");
    }
    if (f->has_min && f->has_max && (double)v->n != f->min && f->min == f->max) {
        return dna_config_fail(DNA_EARG, v, at, "has %lld entr%s, not %.0f",
            (long long)v->n, v->n == 1 ? "y" : "ies", f->min);
    }
    DNA_TRY(check_range(v, f, (double)v->n, &entries, at));
    for (int64_t i = 0; i < v->n && f->item != NULL; i++) {
        const char *item_at = dna_arena_printf(c->arena, "%s[%lld]", at, (long long)i);
        if (item_at == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(check_value(c, v->items[i], f->item, item_at));
    }
out:
    return rc;
}

static int
check_list_float(const checker *c, dna_value *v, const dna_field *f, const char *at)
{
    int rc = DNA_OK;

    if (v->type != DNA_LIST || v->n != f->n_item) {
        char expected[48];
        snprintf(expected, sizeof(expected), "a list of %d numbers", f->n_item);
        return wrong_kind(v, at, expected);
    }
    for (int64_t i = 0; i < v->n; i++) {
        const char *item_at = dna_arena_printf(c->arena, "%s[%lld]", at, (long long)i);
        if (item_at == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(check_float(v->items[i], f, item_at));
    }
out:
    return rc;
}

static int
check_named(const checker *c, dna_value *v, const dna_field *f, const char *at)
{
    int rc = DNA_OK;

    if (v->type != DNA_MAP) {
        return wrong_kind(v, at, "a mapping");
    }
    for (int64_t i = 0; i < v->n && f->item != NULL; i++) {
        const char *item_at = dna_config_join(c->arena, at, v->keys[i]);
        if (item_at == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(check_value(c, v->items[i], f->item, item_at));
    }
out:
    return rc;
}

static const dna_field *
find_row(const dna_field *fields, const char *key)
{
    for (const dna_field *f = fields; f != NULL && f->key != NULL; f++) {
        if (strcmp(f->key, key) == 0) {
            return f;
        }
    }
    return NULL;
}

/* The key that was meant, or, where there are but a few, those that are known. */
static void
put_hint(char *hint, size_t size, const char *key, const char *const *names, int64_t n)
{
    const char *nearest = dna_nearest_name(key, names, n);
    int used = 0;

    hint[0] = '\0';
    if (nearest != NULL) {
        snprintf(hint, size, "; did you mean \"%s\"", nearest);
        return;
    }
    for (int64_t i = 0; n <= MAX_LISTED && i < n && (size_t)used < size; i++) {
        used += snprintf(hint + used, size - (size_t)used, "%s%s",
            i == 0 ? "; known: " : ", ", names[i]);
    }
}

/* n_before: unknown keys of this mapping before this one. */
static int
tell_unknown(const checker *c, const dna_value *map, int64_t i, const dna_field *fields,
    const char *at, bool is_strict, int64_t n_before)
{
    const char *names[MAX_NAME];
    int64_t n = 0;
    bool is_top = strcmp(at, map->keys[i]) == 0;
    bool is_heard = dna_log_is_on(c->log, DNA_LOG_WARNING) && n_before <= MAX_UNKNOWN;
    if (!is_strict && !is_heard) {
        return DNA_OK;
    }
    for (const dna_field *f = fields; f->key != NULL && n < MAX_NAME; f++) {
        names[n++] = f->key;
    }
    for (const dna_field *f = is_top ? c->also : NULL;
         f != NULL && f->key != NULL && n < MAX_NAME; f++) {
        names[n++] = f->key;
    }
    char hint[400];
    put_hint(hint, sizeof(hint), map->keys[i], names, n);
    if (is_strict) {
        return dna_config_fail(DNA_EARG, map->items[i], at, "unknown key%s", hint);
    }
    int line = map->key_lines != NULL ? map->key_lines[i] : 0;
    char text[500];
    snprintf(text, sizeof(text), "unknown key, %s%s",
        n_before < MAX_UNKNOWN ? "ignored" : "and there may be more",
        n_before < MAX_UNKNOWN ? hint : "");
    dna_config_warn_line(c->log, map->items[i], line, at, text);
    return DNA_OK;
}

static void
mark_default(dna_value *v, const dna_value *map)
{
    v->is_default = true;
    v->file = map->file;
    v->option = map->option;
    v->line = 0;
    for (int64_t i = 0; i < v->n; i++) {
        mark_default(v->items[i], map);
    }
}

/* Whether the key that stands for a missing one is there. */
static bool
is_spared(const dna_value *map, const dna_field *f)
{
    const dna_value *other = f->unless != NULL ? dna_value_get(map, f->unless) : NULL;
    return other != NULL && other->type == DNA_MAP;
}

static int
insert_defaults(
    const checker *c, dna_value *map, const dna_field *fields, const char *at)
{
    int rc = DNA_OK;

    for (const dna_field *f = fields; f->key != NULL; f++) {
        if (dna_value_get(map, f->key) != NULL) {
            continue;
        }
        if (f->dflt != NULL) {
            dna_value *v = NULL;
            DNA_TRY(dna_yaml_parse(&v, c->arena, f->dflt, strlen(f->dflt), NULL));
            mark_default(v, map);
            DNA_TRY(dna_value_set(c->arena, map, f->key, v));
        } else if (f->is_required && !is_spared(map, f)) {
            const char *key_at = dna_config_join(c->arena, at, f->key);
            if (key_at == NULL) {
                return DNA_ENOMEM;
            }
            return dna_config_fail(DNA_EARG, map, key_at, "is required but missing");
        }
    }
out:
    return rc;
}

/* What somebody gave on the command line is never ignored: there an unknown key is an
 * error everywhere. */
static int
check_unknown(const checker *c, const dna_value *map, const dna_field *fields,
    const char *at, bool is_strict)
{
    bool is_open = find_row(fields, "simulator_name") != NULL
                   && !dna_value_is_null(dna_value_get(map, "simulator_name"));
    int64_t n_unknown = 0;
    int rc = DNA_OK;

    for (int64_t i = 0; i < map->n && !is_open; i++) {
        const char *key = map->keys[i];
        bool is_foreign = at[0] == '\0' && find_row(c->also, key) != NULL;
        if (find_row(fields, key) != NULL || is_foreign) {
            continue;
        }
        const char *key_at = dna_config_join(c->arena, at, key);
        if (key_at == NULL) {
            return DNA_ENOMEM;
        }
        bool is_error = is_strict || map->items[i]->option != NULL;
        DNA_TRY(tell_unknown(c, map, i, fields, key_at, is_error, n_unknown++));
    }
out:
    return rc;
}

static int
check_map(const checker *c, dna_value *v, const dna_field *fields, const char *at,
    bool is_strict)
{
    int rc = DNA_OK;

    if (v->type != DNA_MAP) {
        return wrong_kind(v, at, "a mapping");
    }
    if (fields == NULL) {
        return DNA_OK;
    }
    /* before a required key is missed: it may be there, misspelt */
    DNA_TRY(check_unknown(c, v, fields, at, is_strict));
    DNA_TRY(insert_defaults(c, v, fields, at));
    for (int64_t i = 0; i < v->n; i++) {
        const dna_field *f = find_row(fields, v->keys[i]);
        if (f != NULL) {
            const char *key_at = dna_config_join(c->arena, at, v->keys[i]);
            if (key_at == NULL) {
                return DNA_ENOMEM;
            }
            DNA_TRY(check_value(c, v->items[i], f, key_at));
        }
    }
out:
    return rc;
}

static const char *
kind_name(const dna_field *f)
{
    switch (f->kind) {
    case DNA_KIND_BOOL:
        return "a flag (true or false)";
    case DNA_KIND_INT:
        return "an integer";
    case DNA_KIND_FLOAT:
        return "a number";
    case DNA_KIND_STRING:
    case DNA_KIND_CHOICE:
        return "text";
    case DNA_KIND_PATH:
        return "a path";
    case DNA_KIND_LIST:
        return "a list";
    case DNA_KIND_LIST_FLOAT:
        return "a list of numbers";
    case DNA_KIND_MAP:
    case DNA_KIND_NAMED:
        return "a mapping";
    case DNA_KIND_ANY:
        return "a value";
    }
    return "a value";
}

static int
check_value(const checker *c, dna_value *v, const dna_field *f, const char *at)
{
    if (f->is_deprecated) {
        if (!v->is_default) {
            dna_config_warn_line(
                c->log, v, v->line, at, f->notice != NULL ? f->notice : "is ignored");
        }
        return DNA_OK;
    }
    if (v->type == DNA_NULL) {
        /* an unquoted `null` or `~` may be what a text is meant to be: not here */
        if (!f->is_nullable && f->kind == DNA_KIND_ANY) {
            return dna_config_fail(DNA_EARG, v, at, "is null: nothing is given");
        }
        return f->is_nullable ? DNA_OK : wrong_kind(v, at, kind_name(f));
    }
    switch (f->kind) {
    case DNA_KIND_BOOL:
        return check_bool(v, at);
    case DNA_KIND_INT:
        return check_int(c, v, f, at);
    case DNA_KIND_FLOAT:
        return check_float(v, f, at);
    case DNA_KIND_STRING:
        return check_text(v, f, at);
    case DNA_KIND_PATH:
        return check_path(c, v, f, at);
    case DNA_KIND_CHOICE:
        return check_choice(v, f, at);
    case DNA_KIND_LIST:
        return check_list(c, v, f, at);
    case DNA_KIND_LIST_FLOAT:
        return check_list_float(c, v, f, at);
    case DNA_KIND_MAP:
        return check_map(
            c, v, f->fields, at, f->is_strict || (c->flags & DNA_CHECK_STRICT) != 0);
    case DNA_KIND_NAMED:
        return check_named(c, v, f, at);
    case DNA_KIND_ANY:
        return DNA_OK;
    }
    return DNA_OK;
}

int
dna_config_check_with(dna_arena *arena, dna_value *value, const dna_field *fields,
    const char *at, dna_log *log, unsigned flags)
{
    checker c = {arena, log, flags, NULL};
    return check_map(&c, value, fields, at, (flags & DNA_CHECK_STRICT) != 0);
}

int
dna_config_check(dna_arena *arena, dna_value *value, const dna_field *fields,
    const char *at, dna_log *log)
{
    return dna_config_check_with(arena, value, fields, at, log, 0);
}

int
dna_config_check_also(dna_arena *arena, dna_value *value, const dna_field *fields,
    const dna_field *also, dna_log *log)
{
    checker c = {arena, log, 0, also};
    return check_map(&c, value, fields, "", false);
}

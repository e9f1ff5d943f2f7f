/* override.c - put settings of the command line into a config.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/override.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "io/yaml.h"

#define MAX_KEY 1000 /* as in YAML */

/* --- reading ------------------------------------------------------------------------
 */

static int
check_key(const char *key)
{
    const char *part = key;
    int rc = DNA_OK;

    DNA_REQUIRE(strlen(key) <= MAX_KEY, DNA_EARG,
        "--set %.40s...: a key of more than %d letters", key, MAX_KEY);
    for (;;) {
        size_t n = strcspn(part, ".");
        DNA_REQUIRE(n > 0, DNA_EARG, "--set %s: a part of the key is empty", key);
        DNA_REQUIRE(n != strlen("inherit") || strncmp(part, "inherit", n) != 0,
            DNA_EARG, "--set %s: inherit works in files only", key);
        DNA_REQUIRE(part[n - 1] != '!', DNA_EARG,
            "--set %s: \"!\" works in files only; a mapping given here is never merged",
            key);
        if (part[n] == '\0') {
            break;
        }
        part += n + 1;
    }
out:
    return rc;
}

/* Mark all of a value as given by this option; it belongs to no file. */
static int
mark(dna_value *v, const char *option)
{
    int rc = DNA_OK;

    v->option = option;
    v->file = NULL;
    v->line = 0;
    for (int64_t i = 0; i < v->n; i++) {
        DNA_REQUIRE(v->type != DNA_MAP || strcmp(v->keys[i], "inherit") != 0, DNA_EARG,
            "%s: inherit works in files only", option);
        DNA_TRY(mark(v->items[i], option));
    }
out:
    return rc;
}

static int
read_one(dna_override *out, dna_arena *arena, const char *text)
{
    const char *equal = strchr(text, '=');
    int rc = DNA_OK;

    DNA_REQUIRE(equal != NULL && equal > text, DNA_EARG,
        "--set %s: has the form KEY=VALUE, such as batch_size=16", text);
    out->key = dna_arena_strndup(arena, text, (size_t)(equal - text));
    if (out->key == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(check_key(out->key));
    const char *option = dna_arena_printf(arena, "--set %s", out->key);
    if (option == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_yaml_parse(&out->value, arena, equal + 1, strlen(equal + 1), option));
    DNA_TRY(mark(out->value, option));
out:
    return rc;
}

int
dna_overrides_read(
    dna_override **out, dna_arena *arena, const char *const *texts, int64_t n)
{
    int rc = DNA_OK;

    dna_override *list = dna_arena_alloc(arena, (size_t)DNA_MAX(n, 1), sizeof(*list));
    if (list == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(read_one(&list[i], arena, texts[i]));
    }
    *out = list;
out:
    return rc;
}

/* --- applying -----------------------------------------------------------------------
 */

/* One step of a key: from its part `at` on. */
typedef struct {
    dna_arena *arena;
    const dna_override *o;
    const char *at;
} walker;

/* What of the key is walked already, for messages. */
static const char *
walked(const walker *w)
{
    size_t n = (size_t)(w->at - w->o->key);
    const char *text = dna_arena_strndup(w->arena, w->o->key, n > 0 ? n - 1 : 0);
    return text != NULL ? text : "";
}

/* The next part of the key in a mapping: the longest that is there, else up to the next
 * dot. NULL: no memory. */
static const char *
next_key(const walker *w, const dna_value *map)
{
    for (size_t n = strlen(w->at); n > 0; n--) {
        if (w->at[n] == '\0' || w->at[n] == '.') {
            const char *part = dna_arena_strndup(w->arena, w->at, n);
            if (part == NULL || dna_value_get(map, part) != NULL) {
                return part;
            }
        }
    }
    return dna_arena_strndup(w->arena, w->at, strcspn(w->at, "."));
}

/* The only key of a list's entry, or the entry itself if it is a name; else NULL. */
static const char *
entry_name(const dna_value *entry)
{
    if (entry->type == DNA_STRING) {
        return entry->text;
    }
    return entry->type == DNA_MAP && entry->n == 1 ? entry->keys[0] : NULL;
}

static int
no_entry(const walker *w, const dna_value *list)
{
    dna_str known;
    dna_str_init(&known, 0);
    for (int64_t i = 0; i < list->n; i++) {
        const char *name = entry_name(list->items[i]);
        dna_str_addf(&known, "%s%lld", i > 0 ? ", " : "", (long long)i);
        if (name != NULL) {
            dna_str_addf(&known, " (%.60s)", name);
        }
    }
    int rc = dna_fail(DNA_ENOTFOUND, "%s: the list %s has no entry \"%.*s\"; it has %s",
        w->o->value->option, walked(w), (int)strcspn(w->at, "."), w->at,
        list->n > 0 ? dna_str_text(&known) : "none");
    dna_str_clear(&known);
    return rc;
}

/* The number of the entry that the key means. By a name the key stays where it is: the
 * name is the next key, within the entry. */
static int
find_entry(walker *w, const dna_value *list, int64_t *entry)
{
    char part[MAX_KEY + 1];
    size_t n = strcspn(w->at, ".");
    int64_t found = -1;

    memcpy(part, w->at, n);
    part[n] = '\0';
    if (dna_parse_int(part, &found)) {
        if (found < 0 || found >= list->n) {
            return no_entry(w, list);
        }
        w->at += n;
        *entry = found;
        return DNA_OK;
    }
    size_t longest = 0;
    for (int64_t i = 0; i < list->n; i++) {
        const char *name = entry_name(list->items[i]);
        n = name != NULL ? strlen(name) : 0;
        bool is_it = n > 0 && strncmp(w->at, name, n) == 0
                     && (w->at[n] == '\0' || w->at[n] == '.');
        if (is_it && n == longest) {
            return dna_fail(DNA_EARG,
                "%s: the list %s has several entries \"%s\"; give the number of one",
                w->o->value->option, walked(w), name);
        }
        if (is_it && n > longest) {
            longest = n;
            found = i;
        }
    }
    *entry = found;
    return found >= 0 ? DNA_OK : no_entry(w, list);
}

static dna_value *
new_map(const walker *w)
{
    dna_value *map = dna_value_map(w->arena);
    if (map != NULL) {
        map->option = w->o->value->option;
    }
    return map;
}

/* One step into a mapping: *v gets the value of the next key; NULL if that was the last
 * part and the new value is set. */
static int
step_map(walker *w, dna_value **v)
{
    dna_value *map = *v;
    const char *key = next_key(w, map);
    int rc = DNA_OK;

    if (key == NULL) {
        return DNA_ENOMEM;
    }
    w->at += strlen(key);
    if (*w->at == '\0') {
        *v = NULL;
        return dna_value_set(w->arena, map, key, w->o->value);
    }
    w->at++;
    *v = dna_value_get(map, key);
    if (dna_value_is_null(*v)) {
        *v = new_map(w);
        DNA_TRY(dna_value_set(w->arena, map, key, *v));
    }
out:
    return rc;
}

/* The same into a list. An entry that is a name becomes {name: {...}}. */
static int
step_list(walker *w, dna_value **v)
{
    dna_value *list = *v;
    const char *before = w->at;
    int64_t i = 0;
    int rc = DNA_OK;

    DNA_TRY(find_entry(w, list, &i));
    if (w->at == before) {
        dna_value *entry = list->items[i];
        if (entry->type == DNA_STRING) {
            entry = new_map(w);
            DNA_TRY(dna_value_set(
                w->arena, entry, list->items[i]->text, dna_value_null(w->arena)));
            list->items[i] = entry;
        }
        *v = entry;
    } else if (*w->at == '\0') {
        list->items[i] = w->o->value;
        *v = NULL;
    } else {
        w->at++;
        *v = list->items[i];
    }
out:
    return rc;
}

static int
apply(dna_value *config, dna_arena *arena, const dna_override *o)
{
    walker w = {arena, o, o->key};
    dna_value *v = config;
    int rc = DNA_OK;

    while (v != NULL) {
        if (v->type == DNA_LIST) {
            DNA_TRY(step_list(&w, &v));
        } else if (v->type == DNA_MAP) {
            DNA_TRY(step_map(&w, &v));
        } else {
            char found[80];
            dna_value_describe(v, found, sizeof(found));
            rc = dna_fail(DNA_EARG, "%s: %s is %s, not a mapping or a list",
                o->value->option, walked(&w), found);
            goto out;
        }
    }
out:
    return rc;
}

int
dna_overrides_apply(
    dna_value *config, dna_arena *arena, const dna_override *overrides, int64_t n)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(apply(config, arena, &overrides[i]));
    }
out:
    return rc;
}

/* --- collecting ---------------------------------------------------------------------
 */

static bool
has_option(const dna_value *v)
{
    bool has = v->option != NULL;
    for (int64_t i = 0; i < v->n && !has; i++) {
        has = has_option(v->items[i]);
    }
    return has;
}

int
dna_overrides_collect(dna_value **out, dna_arena *arena, const dna_value *config)
{
    dna_value *layer = dna_value_map(arena);
    int rc = DNA_OK;

    if (layer == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; config->type == DNA_MAP && i < config->n; i++) {
        const dna_value *v = config->items[i];
        const char *key = config->keys[i];
        dna_value *part = NULL;
        if (!has_option(v)) {
            continue;
        }
        if (v->type == DNA_MAP && v->option == NULL) {
            DNA_TRY(dna_overrides_collect(&part, arena, v));
        } else {
            part = dna_value_copy(arena, v);
            key = v->type == DNA_MAP ? dna_arena_printf(arena, "%s!", key) : key;
        }
        if (part == NULL || key == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(dna_value_set(arena, layer, key, part));
    }
    *out = layer;
out:
    return rc;
}
